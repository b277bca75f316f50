"""The rules "in body", and what the rules of all insertion modes share. Source: WHATWG HTML 13.2.6.4.7."""

from __future__ import annotations

from enum import IntEnum, auto
from typing import TYPE_CHECKING, Final

from lmtrack._html.entities import decode_attribute
from lmtrack._html.formatting import ActiveFormatting
from lmtrack._html.grammar import RAW_TEXT, ascii_lower
from lmtrack._html.stack import (
    BLOCK_END,
    CLOSES_P,
    FORMATTING,
    HEADINGS,
    HTML_ENCODINGS,
    IGNORED_IN_BODY,
    IMPLIED_END,
    MARKED,
    VOID_APART,
    VOID_IN_LINE,
    Border,
    ElementStack,
)
from lmtrack._html.tokenizer import Token, attributes, is_self_closing

if TYPE_CHECKING:
    from collections.abc import Callable


class Mode(IntEnum):
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
    "caption": Mode.CAPTION, "colgroup": Mode.COLUMN_GROUP, "table": Mode.TABLE, "tbody": Mode.TABLE_BODY,
    "tfoot": Mode.TABLE_BODY, "thead": Mode.TABLE_BODY, "tr": Mode.ROW, "td": Mode.CELL, "th": Mode.CELL,
}  # fmt: skip


class Builder:
    """The state of the tree builder, as far as open elements depend on it.

    Attributes:
        html: The document.
        tag: The start tag being processed.
        stack: The open elements.
        formatting: The active formatting elements.
        mode: The insertion mode.
        templates: The stack of template insertion modes.
        form: The form element pointer: the offset of that element, 0 if it is no longer open, -1 for null.
        quirks: Whether the document is in quirks mode.
    """

    __slots__ = ("form", "formatting", "html", "mode", "quirks", "stack", "tag", "templates")

    def __init__(self, html: str, /) -> None:
        self.html = html
        self.tag = Token(0, 0, "")
        self.stack = ElementStack()
        self.formatting = ActiveFormatting(html, self.stack)
        self.mode = Mode.BODY
        self.templates: list[Mode] = []
        self.form = -1
        self.quirks = True

    def self_closing(self) -> bool:
        """Return whether the start tag ends in `/>`."""
        return self.html[self.tag.end - 2] == "/" and is_self_closing(self.html, self.tag)

    def attribute(self, name: str, /) -> str:
        """An attribute of the start tag, decoded and in lower case; empty if there is none."""
        for attribute in attributes(self.html, self.tag):
            if attribute.name == name:
                return ascii_lower(decode_attribute(self.html[attribute.value_start : attribute.value_end]))
        return ""

    def open_foreign(self, space: str, name: str, /) -> None:
        """Insert an svg or math element."""
        if not self.self_closing():
            island = space == "math" and name == "annotation-xml" and self.attribute("encoding") in HTML_ENCODINGS
            self.stack.push_foreign(f"{space} {name}", island=island)

    def open_marked(self, name: str, /) -> None:
        """Insert an element with a list of active formatting elements of its own."""
        self.stack.push(name)
        self.formatting.push_marker()

    def open_template(self) -> None:
        """Insert a template."""
        self.open_marked("template")
        self.mode = Mode.TEMPLATE
        self.templates.append(Mode.TEMPLATE)

    def close_template(self) -> None:
        """Process `</template>` ("in head")."""
        if (offset := self.stack.last("template")) >= 0:
            self.stack.pop_to(offset)
            self.formatting.clear_to_marker()
            self.templates.pop()
            self.reset_mode()

    def reset_mode(self) -> None:
        """Reset the insertion mode appropriately."""
        offset = self.stack.top(Border.TABLE_STATE)
        if offset < 0:
            self.mode = Mode.BODY
        else:
            self.mode = _RESET.get(self.stack.name_at(offset)) or self.templates[-1]

    def close_p(self) -> None:
        """Close a p element if one is in button scope."""
        self.stack.pop_name("p", Border.BUTTON_SCOPE)


def start_in_body(builder: Builder, name: str, /) -> bool:
    """Process a start tag; False, as no rule here asks for the token to be processed again."""
    _START.get(name, _start_ordinary)(builder, name)
    return False


def end_in_body(builder: Builder, name: str, /) -> bool:
    """Process an end tag; False, as no rule here asks for the token to be processed again."""
    _END.get(name, _end_ordinary)(builder, name)
    return False


def _start_ordinary(builder: Builder, name: str, /) -> None:
    builder.formatting.reconstruct()
    builder.stack.push(name)


def _start_ignored(builder: Builder, name: str, /) -> None:
    pass


def _start_void(builder: Builder, name: str, /) -> None:  # noqa: ARG001 - the table's signature
    builder.formatting.reconstruct()


def _start_block(builder: Builder, name: str, /) -> None:
    builder.close_p()
    builder.stack.push(name)


def _start_heading(builder: Builder, name: str, /) -> None:
    builder.close_p()
    if builder.stack.current in HEADINGS:
        builder.stack.pop()
    builder.stack.push(name)


def _start_table(builder: Builder, name: str, /) -> None:
    if not builder.quirks:
        builder.close_p()
    builder.stack.push(name)
    builder.mode = Mode.TABLE


def _start_form(builder: Builder, name: str, /) -> None:
    in_template = bool(builder.templates)
    if builder.form < 0 or in_template:
        _start_block(builder, name)
        if not in_template:
            builder.form = builder.stack.height - 1


def _start_list_item(builder: Builder, name: str, /) -> None:
    stack = builder.stack
    stop = stack.top(Border.LIST_STOP)
    if stack.name_at(stop) in ({"li"} if name == "li" else {"dd", "dt"}):
        stack.pop_to(stop)
    _start_block(builder, name)


def _start_button(builder: Builder, name: str, /) -> None:
    builder.stack.pop_name(name)
    _start_ordinary(builder, name)


def _start_formatting(builder: Builder, name: str, /) -> None:
    builder.formatting.push(name, builder.tag)


def _start_link(builder: Builder, name: str, /) -> None:
    builder.formatting.start_link()
    _start_formatting(builder, name)


def _start_nobr(builder: Builder, name: str, /) -> None:
    builder.formatting.reconstruct()
    if builder.formatting.is_open(name):
        builder.formatting.adopt(name)
    _start_formatting(builder, name)


def _start_marked(builder: Builder, name: str, /) -> None:
    builder.formatting.reconstruct()
    builder.open_marked(name)


def _start_select(builder: Builder, name: str, /) -> None:
    if not builder.stack.pop_name(name):
        _start_ordinary(builder, name)


def _start_input(builder: Builder, name: str, /) -> None:  # noqa: ARG001 - the table's signature
    builder.stack.pop_name("select")
    builder.formatting.reconstruct()


def _start_option(builder: Builder, name: str, /) -> None:
    stack = builder.stack
    if stack.has("select"):
        stack.pop_while(IMPLIED_END - {"optgroup"} if name == "option" else IMPLIED_END)
    elif stack.current == "option":
        stack.pop()
    _start_ordinary(builder, name)


def _start_rule(builder: Builder, name: str, /) -> None:  # noqa: ARG001 - the table's signature
    builder.close_p()
    if builder.stack.has("select"):
        builder.stack.pop_while(IMPLIED_END)


def _start_ruby_part(builder: Builder, name: str, /) -> None:
    stack = builder.stack
    if stack.has("ruby"):
        stack.pop_while(IMPLIED_END - {"rtc"} if name in {"rp", "rt"} else IMPLIED_END)
    stack.push(name)


def _start_raw_text(builder: Builder, name: str, /) -> None:
    if name == "xmp":
        builder.close_p()
        builder.formatting.reconstruct()
    builder.stack.push(name)


def _start_foreign(builder: Builder, name: str, /) -> None:
    builder.formatting.reconstruct()
    builder.open_foreign(name, name)


def _start_template(builder: Builder, name: str, /) -> None:  # noqa: ARG001 - the table's signature
    builder.open_template()


def _end_ordinary(builder: Builder, name: str, /) -> None:
    if (offset := builder.stack.last(name)) >= builder.stack.top(Border.SPECIAL):
        builder.stack.pop_to(offset)


def _end_ignored(builder: Builder, name: str, /) -> None:
    pass


def _end_block(builder: Builder, name: str, /) -> None:
    builder.stack.pop_name(name)


def _end_heading(builder: Builder, name: str, /) -> None:  # noqa: ARG001 - any of the six closes any
    if (offset := builder.stack.top(Border.HEADING)) > builder.stack.top(Border.SCOPE):
        builder.stack.pop_to(offset)


def _end_p(builder: Builder, name: str, /) -> None:  # noqa: ARG001 - the table's signature
    builder.close_p()


def _end_li(builder: Builder, name: str, /) -> None:
    builder.stack.pop_name(name, Border.LIST_SCOPE)


def _end_formatting(builder: Builder, name: str, /) -> None:
    if not builder.formatting.adopt(name):
        _end_ordinary(builder, name)


def _end_marked(builder: Builder, name: str, /) -> None:
    if builder.stack.pop_name(name):
        builder.formatting.clear_to_marker()


def _end_form(builder: Builder, name: str, /) -> None:
    stack = builder.stack
    if builder.templates:
        stack.pop_name(name)
        return
    offset, builder.form = builder.form, -1
    if offset > stack.top(Border.SCOPE) and offset < stack.height and stack.name_at(offset) == name:
        stack.pop_while(IMPLIED_END)
        stack.remove(offset)


_START: Final[dict[str, Callable[[Builder, str], None]]] = {
    **dict.fromkeys(IGNORED_IN_BODY | VOID_APART, _start_ignored),
    **dict.fromkeys(VOID_IN_LINE, _start_void),
    **dict.fromkeys(CLOSES_P, _start_block),
    **dict.fromkeys(HEADINGS, _start_heading),
    **dict.fromkeys(FORMATTING, _start_formatting),
    **dict.fromkeys(MARKED, _start_marked),
    **dict.fromkeys(RAW_TEXT, _start_raw_text),
    **dict.fromkeys(("dd", "dt", "li"), _start_list_item),
    **dict.fromkeys(("optgroup", "option"), _start_option),
    **dict.fromkeys(("rb", "rp", "rt", "rtc"), _start_ruby_part),
    **dict.fromkeys(("math", "svg"), _start_foreign),
    "a": _start_link,
    "button": _start_button,
    "form": _start_form,
    "hr": _start_rule,
    "input": _start_input,
    "nobr": _start_nobr,
    "select": _start_select,
    "table": _start_table,
    "template": _start_template,
}
_END: Final[dict[str, Callable[[Builder, str], None]]] = {
    **dict.fromkeys(BLOCK_END, _end_block),
    **dict.fromkeys(HEADINGS, _end_heading),
    **dict.fromkeys(FORMATTING, _end_formatting),
    **dict.fromkeys(MARKED, _end_marked),
    **dict.fromkeys(("body", "html"), _end_ignored),
    "br": _start_void,
    "form": _end_form,
    "li": _end_li,
    "p": _end_p,
}
