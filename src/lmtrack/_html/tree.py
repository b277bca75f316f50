"""Which elements are open: the tree builder's rules for tags, applied to the stack alone.

One question needs it: is the current node an svg or math element? There `<style>` holds markup, CDATA is real, `/>`
closes, and which tags lead out depends on every element open around. Source: WHATWG HTML 13.2.6.

Left out, as nothing in mail depends on it: frameset documents, quirks mode by doctype (only its absence counts).
"""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from lmtrack._html.elements import (
    BLOCK_END,
    BREAKOUT,
    BREAKOUT_FONT,
    CELLS,
    CLOSES_P,
    FORMATTING,
    HEADINGS,
    IGNORED_IN_BODY,
    IN_HEAD,
    TABLE_PARTS,
    TABLE_SECTIONS,
    VOID,
)
from lmtrack._html.grammar import RAW_TEXT
from lmtrack._html.stack import Border, ElementStack

if TYPE_CHECKING:
    from collections.abc import Callable


class StartTag(NamedTuple):
    """What the rules look at in a start tag: lower-case name, lower-case attribute names, and two details."""

    name: str
    attribute_names: frozenset[str] = frozenset()
    self_closing: bool = False
    encoding: str = ""  # of annotation-xml, lower case


class _Mode(Enum):
    """The insertion modes that matter once the head is over (13.2.4.1)."""

    BODY = auto()
    TABLE = auto()
    CAPTION = auto()
    COLUMN_GROUP = auto()
    TABLE_BODY = auto()
    ROW = auto()
    CELL = auto()
    TEMPLATE = auto()


_RESET: Final = {
    "caption": _Mode.CAPTION, "colgroup": _Mode.COLUMN_GROUP, "table": _Mode.TABLE, "tbody": _Mode.TABLE_BODY,
    "tfoot": _Mode.TABLE_BODY, "thead": _Mode.TABLE_BODY, "tr": _Mode.ROW, "td": _Mode.CELL, "th": _Mode.CELL,
    "template": _Mode.TEMPLATE,
}  # fmt: skip
_IN_TEMPLATE: Final = {
    "caption": _Mode.TABLE, "colgroup": _Mode.TABLE, "tbody": _Mode.TABLE, "tfoot": _Mode.TABLE, "thead": _Mode.TABLE,
    "col": _Mode.COLUMN_GROUP, "tr": _Mode.TABLE_BODY, "td": _Mode.ROW, "th": _Mode.ROW,
}  # fmt: skip


_HTML_ENCODINGS: Final = frozenset(("text/html", "application/xhtml+xml"))


class OpenElements:
    """Feed it every tag, and say when text stood between them; ask `foreign` and whether raw text follows."""

    __slots__ = ("_form", "_in_head", "_mode", "_quirks", "_stack", "_template_modes")

    def __init__(self) -> None:
        self._stack = ElementStack()
        self._mode = _Mode.BODY
        self._template_modes: list[_Mode] = []
        self._form = -1  # the offset of the form element pointer
        self._in_head = True
        self._quirks = True

    @property
    def foreign(self) -> bool:
        """Whether the current node is an svg or math element, so that CDATA sections count."""
        return self._stack.foreign

    @property
    def in_svg(self) -> bool:
        """Whether a link opened now would be an svg element."""
        return self._stack.current.startswith("svg ")

    def doctype(self) -> None:
        """Note a doctype: the document is not in quirks mode."""
        self._quirks = False

    def text(self) -> None:
        """Note text that is more than white space."""
        stack = self._stack
        if stack.foreign and not stack.island:
            return
        self._leave_head()
        if self._mode is _Mode.COLUMN_GROUP and stack.current == "colgroup":
            self._leave("colgroup", _Mode.TABLE)
        stack.reconstruct()

    def start(self, tag: StartTag, /) -> bool:
        """Open an element; True if the tokeniser reads its content as raw text."""
        stack, name = self._stack, tag.name
        if stack.foreign and not self._by_html_rules(name):
            if name not in BREAKOUT and not (name == "font" and not BREAKOUT_FONT.isdisjoint(tag.attribute_names)):
                self._open_foreign(stack.current.split(" ", 1)[0], tag)
                return False
            self._break_out()
        if self._head_rules() and name in IN_HEAD and not (name == "noscript" == stack.current):
            if name in {"noscript", "template"}:
                self._start_in_body(tag)
        else:
            self._leave_head()
            while self._START[self._mode](self, tag):
                pass
        return name in RAW_TEXT and not stack.foreign

    def end(self, name: str, /) -> None:
        """Close an element by its end tag (`name` without the slash)."""
        stack = self._stack
        if stack.foreign:
            if name in {"br", "p"}:
                self._break_out()
            else:
                offset = max(stack.last(f"svg {name}"), stack.last(f"math {name}"))
                if offset > stack.top(Border.HTML):
                    stack.pop_to(offset)
                    return
        if self._head_rules():
            if name == "noscript" == stack.current:
                stack.pop()
                return
            if name not in {"body", "br", "head", "html", "template"}:
                return
            if name != "template":
                self._leave_head()
        if name == "template":
            self._end_template()
            return
        while self._END[self._mode](self, name):
            pass

    # Foreign content (13.2.6.5).

    def _by_html_rules(self, name: str, /) -> bool:
        stack = self._stack
        if stack.current == "math annotation-xml" and name == "svg":
            return True
        return stack.island and not (stack.current.startswith("math ") and name in {"mglyph", "malignmark"})

    def _break_out(self) -> None:
        while self._stack.foreign and not self._stack.island:
            self._stack.pop()

    def _open_foreign(self, space: str, tag: StartTag, /) -> None:
        if tag.self_closing:
            return
        island = space == "math" and tag.name == "annotation-xml" and tag.encoding in _HTML_ENCODINGS
        self._stack.push(f"{space} {tag.name}", island=island)

    # HTML content. A rule that answers True has changed the insertion mode and wants the token processed again.

    def _head_rules(self) -> bool:
        return self._in_head and self._stack.last("template") < 0

    def _leave_head(self) -> None:
        if self._head_rules():
            self._in_head = False
            if self._stack.current == "noscript":
                self._stack.pop()

    def _leave(self, name: str, mode: _Mode, /) -> bool:
        """Close a part of a table and take the mode of what is around it; False if it is not open."""
        if not self._stack.pop_name(name, Border.TABLE_SCOPE):
            return False
        if name in CELLS or name == "caption":
            self._stack.clear_to_marker()
        self._mode = mode
        return True

    def _open(self, name: str, mode: _Mode, /, *context: str) -> None:
        self._stack.clear_to(*context)
        self._stack.push(name)
        self._mode = mode
        if name in CELLS or name == "caption":
            self._stack.push_marker()

    def _reset(self) -> None:
        offset = self._stack.top(Border.TABLE_STATE)
        self._mode = _RESET[self._stack.name_at(offset)] if offset >= 0 else _Mode.BODY
        if self._mode is _Mode.TEMPLATE:
            self._mode = self._template_modes[-1]

    def _open_section(self) -> str:
        return max(TABLE_SECTIONS, key=self._stack.last)

    def _open_cell(self) -> str:
        return max(CELLS, key=self._stack.last)

    def _end_template(self) -> None:
        if self._stack.last("template") >= 0:
            self._stack.pop_to(self._stack.last("template"))
            self._stack.clear_to_marker()
            self._template_modes.pop()
            self._reset()

    def _start_in_body(self, tag: StartTag, /) -> bool:
        stack, name = self._stack, tag.name
        if name in IGNORED_IN_BODY:
            return False
        if name in CLOSES_P or name in {"hr", "plaintext", "xmp"} or (name == "table" and not self._quirks):
            if name != "form" or self._form < 0:
                stack.pop_name("p", Border.BUTTON_SCOPE)
        elif name in {"li", "dd", "dt"}:
            self._start_list_item(name)
        if name in VOID or name in RAW_TEXT:
            if name not in IN_HEAD and name not in {"iframe", "noembed", "param", "source", "textarea", "track", "hr"}:
                stack.reconstruct()
        elif name in FORMATTING:
            if (name == "a" and stack.is_formatting("a")) or (name == "nobr" and stack.has("nobr")):
                stack.adopt(name)
            stack.reconstruct()
            stack.push_formatting(name)
        elif name in {"svg", "math"}:
            stack.reconstruct()
            self._open_foreign(name, tag)
        elif name == "form":
            if self._form < 0 or stack.last("template") >= 0:
                stack.push(name)
                self._form = stack.last(name)
        else:
            self._start_ordinary(name)
        return False

    def _start_ordinary(self, name: str, /) -> None:
        stack = self._stack
        if stack.current in (HEADINGS if name in HEADINGS else {"option"} if name in {"option", "optgroup"} else ()):
            stack.pop()
        elif name in {"button", "select"} and stack.has(name):
            stack.pop_name(name)
            if name == "select":
                return
        elif name == "table":
            self._mode = _Mode.TABLE
        if name not in CLOSES_P and name not in {"dd", "dt", "li", "table", "template"}:
            stack.reconstruct()
        stack.push(name)
        if name in {"applet", "marquee", "object", "template"}:
            stack.push_marker()
        if name == "template":
            self._mode = _Mode.TEMPLATE
            self._template_modes.append(_Mode.TEMPLATE)

    def _start_list_item(self, name: str, /) -> None:
        stack = self._stack
        stop = stack.top(Border.LIST_STOP)
        if stack.name_at(stop) in ({"li"} if name == "li" else {"dd", "dt"}):
            stack.pop_to(stop)
        stack.pop_name("p", Border.BUTTON_SCOPE)

    def _end_in_body(self, name: str, /) -> bool:  # noqa: PLR0912 - one branch a clause, in the standard's order
        stack = self._stack
        if name in FORMATTING:
            if not stack.adopt(name):
                self._end_ordinary(name)
        elif name in BLOCK_END or name in {"dd", "dt"}:
            stack.pop_name(name)
        elif name in HEADINGS:
            if (offset := stack.top(Border.HEADING)) > stack.top(Border.SCOPE):
                stack.pop_to(offset)
        elif name == "p":
            stack.pop_name("p", Border.BUTTON_SCOPE)
        elif name == "li":
            stack.pop_name("li", Border.LIST_SCOPE)
        elif name in {"applet", "marquee", "object"}:
            if stack.pop_name(name):
                stack.clear_to_marker()
        elif name == "form":
            if self._form >= 0 and stack.last("form") == self._form > stack.top(Border.SCOPE):
                stack.remove(self._form)
            self._form = -1
        elif name == "br":
            stack.reconstruct()
        elif name not in {"body", "html"}:
            self._end_ordinary(name)
        return False

    def _end_ordinary(self, name: str, /) -> None:
        if (offset := self._stack.last(name)) >= 0 and offset >= self._stack.top(Border.SPECIAL):
            self._stack.pop_to(offset)

    def _start_in_table(self, tag: StartTag, /) -> bool:
        name = tag.name
        if name == "caption":
            self._open(name, _Mode.CAPTION, "table")
        elif name in {"col", "colgroup"}:
            self._open("colgroup", _Mode.COLUMN_GROUP, "table")
        elif name in TABLE_SECTIONS:
            self._open(name, _Mode.TABLE_BODY, "table")
        elif name in TABLE_PARTS:
            self._open("tbody", _Mode.TABLE_BODY, "table")
            return True
        elif name == "table":
            if self._stack.pop_name("table", Border.TABLE_SCOPE):
                self._reset()
                return True
        elif name == "form":  # it becomes the form, but holds nothing
            if self._form < 0 and self._stack.last("template") < 0:
                self._form = 0  # not its place: popped at once, so no end tag will find it open
        else:
            return self._start_in_body(tag)
        return False

    def _end_in_table(self, name: str, /) -> bool:
        if name == "table":
            if self._stack.pop_name("table", Border.TABLE_SCOPE):
                self._reset()
            return False
        return False if name in TABLE_PARTS else self._end_in_body(name)

    def _start_in_caption(self, tag: StartTag, /) -> bool:
        if tag.name in TABLE_PARTS:
            return self._leave("caption", _Mode.TABLE)
        return self._start_in_body(tag)

    def _end_in_caption(self, name: str, /) -> bool:
        if name in {"caption", "table"}:
            return self._leave("caption", _Mode.TABLE) and name == "table"
        return False if name in TABLE_PARTS else self._end_in_body(name)

    def _start_in_column_group(self, tag: StartTag, /) -> bool:
        if tag.name in {"col", "template"}:
            return tag.name == "template" and self._start_in_body(tag)
        return self._stack.current == "colgroup" and self._leave("colgroup", _Mode.TABLE)

    def _end_in_column_group(self, name: str, /) -> bool:
        if name == "col" or self._stack.current != "colgroup":
            return False
        return self._leave("colgroup", _Mode.TABLE) and name != "colgroup"

    def _start_in_table_body(self, tag: StartTag, /) -> bool:
        name = tag.name
        if name == "tr" or name in CELLS:
            self._open("tr", _Mode.ROW, *TABLE_SECTIONS)
            return name != "tr"
        if name in TABLE_PARTS:
            return self._leave(self._open_section(), _Mode.TABLE)
        return self._start_in_table(tag)

    def _end_in_table_body(self, name: str, /) -> bool:
        if name in TABLE_SECTIONS:
            self._leave(name, _Mode.TABLE)
            return False
        if name == "table":
            return self._leave(self._open_section(), _Mode.TABLE)
        return self._end_in_table(name)

    def _start_in_row(self, tag: StartTag, /) -> bool:
        if tag.name in CELLS:
            self._open(tag.name, _Mode.CELL, "tr")
            return False
        if tag.name in TABLE_PARTS:
            return self._leave("tr", _Mode.TABLE_BODY)
        return self._start_in_table(tag)

    def _end_in_row(self, name: str, /) -> bool:
        if name in {"tr", "table"}:
            return self._leave("tr", _Mode.TABLE_BODY) and name == "table"
        if name in TABLE_SECTIONS:
            return self._stack.has(name, Border.TABLE_SCOPE) and self._leave("tr", _Mode.TABLE_BODY)
        return self._end_in_table(name)

    def _start_in_cell(self, tag: StartTag, /) -> bool:
        if tag.name in TABLE_PARTS:
            return self._leave(self._open_cell(), _Mode.ROW)
        return self._start_in_body(tag)

    def _end_in_cell(self, name: str, /) -> bool:
        if name in CELLS:
            self._leave(name, _Mode.ROW)
            return False
        if name in TABLE_SECTIONS or name in {"table", "tr"}:
            return self._stack.has(name, Border.TABLE_SCOPE) and self._leave(self._open_cell(), _Mode.ROW)
        return False if name in TABLE_PARTS else self._end_in_body(name)

    def _start_in_template(self, tag: StartTag, /) -> bool:
        if tag.name in IN_HEAD:
            return self._start_in_body(tag)
        self._mode = self._template_modes[-1] = _IN_TEMPLATE.get(tag.name, _Mode.BODY)
        return True

    def _end_in_template(self, name: str, /) -> bool:
        del name  # only `</template>` ends anything here, and it never comes this way
        return False

    _START: ClassVar[dict[_Mode, Callable[[OpenElements, StartTag], bool]]] = {
        _Mode.BODY: _start_in_body,
        _Mode.TABLE: _start_in_table,
        _Mode.CAPTION: _start_in_caption,
        _Mode.COLUMN_GROUP: _start_in_column_group,
        _Mode.TABLE_BODY: _start_in_table_body,
        _Mode.ROW: _start_in_row,
        _Mode.CELL: _start_in_cell,
        _Mode.TEMPLATE: _start_in_template,
    }
    _END: ClassVar[dict[_Mode, Callable[[OpenElements, str], bool]]] = {
        _Mode.BODY: _end_in_body,
        _Mode.TABLE: _end_in_table,
        _Mode.CAPTION: _end_in_caption,
        _Mode.COLUMN_GROUP: _end_in_column_group,
        _Mode.TABLE_BODY: _end_in_table_body,
        _Mode.ROW: _end_in_row,
        _Mode.CELL: _end_in_cell,
        _Mode.TEMPLATE: _end_in_template,
    }
