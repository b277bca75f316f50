"""The stack of open elements, without a tree, and the sets of elements that the tree builder decides by.

The standard walks the stack to find an element or the border of a scope. Here each name and each kind of border keeps
the list of its own offsets, so every question is a comparison of two numbers and hostile nesting costs no more than
tidy nesting. Source: WHATWG HTML 13.2.4.2; of the sets 13.2.4.3, 13.2.5.2 and 13.2.6 too.
"""

from __future__ import annotations

from bisect import bisect_left
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from lmtrack._pattern import word_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack._html.tokenizer import Token

# "Special" HTML elements; the foreign ones (mi mo mn ms mtext annotation-xml, foreignObject desc title) are below.
SPECIAL: Final = word_set(
    "address applet area article aside base basefont bgsound blockquote body br button caption center col colgroup dd "
    "details dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header "
    "hgroup hr html iframe img input keygen li link listing main marquee menu meta nav noembed noframes noscript "
    "object ol p param plaintext pre script search section select source style summary table tbody td template "
    "textarea tfoot th thead title tr track ul wbr xmp"
)
# Special elements that do not stop the search for an open li, dd or dt.
LIST_TRANSPARENT: Final = word_set("address div p")
SCOPE: Final = word_set("applet caption html table td th marquee object select template")
TABLE_SCOPE: Final = word_set("html table template")
LIST_SCOPE: Final = word_set("ol ul")
FORMATTING: Final = word_set("a b big code em font i nobr s small strike strong tt u")
HEADINGS: Final = word_set("h1 h2 h3 h4 h5 h6")
# "Generate implied end tags" pops these.
IMPLIED_END: Final = word_set("dd dt li optgroup option p rb rp rt rtc")
_BLOCKS: Final = word_set(
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer header hgroup "
    "listing main menu nav ol pre search section summary ul"
)
# Start tags that close an open p and are then inserted ("in body"), form and table apart.
CLOSES_P: Final = _BLOCKS | word_set("p plaintext")
# End tags "in body" that pop to their element if it is in scope.
BLOCK_END: Final = _BLOCKS | word_set("button dd dt select")
# Start tags of elements that cannot stay open: after "reconstruct the active formatting elements", and without it.
VOID_IN_LINE: Final = word_set("area br embed image img keygen wbr")
VOID_APART: Final = word_set("base basefont bgsound link meta param source track")
# Elements with a list of active formatting elements of their own.
MARKED: Final = word_set("applet marquee object")

TABLE_PARTS: Final = word_set("caption col colgroup tbody td tfoot th thead tr")
TABLE_SECTIONS: Final = word_set("tbody tfoot thead")
CELLS: Final = word_set("td th")
# Elements that tell the insertion mode when it is reset (13.2.4.1).
TABLE_STATES: Final = word_set("caption colgroup table tbody td template tfoot th thead tr")
# Current nodes under which the text of a table is collected first ("in table": a character token).
TABLE_TEXT: Final = word_set("table tbody template tfoot thead tr")

# Start tags "in body" ignores because they belong to documents or tables.
IGNORED_IN_BODY: Final = TABLE_PARTS | word_set("body frame frameset head html")
# Start tags "in head" takes, and those "in template" hands to it.
IN_HEAD: Final = word_set("base basefont bgsound head html link meta noframes noscript script style template title")
IN_TEMPLATE_HEAD: Final = IN_HEAD - word_set("head html noscript")
# Start tags "in head noscript" takes or ignores.
IN_HEAD_NOSCRIPT: Final = word_set("basefont bgsound head html link meta noframes noscript style")

# 13.2.6.5: start tags that end foreign content; `font` does with one of these attributes.
BREAKOUT: Final = word_set(
    "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta "
    "nobr ol p pre ruby s small span strong strike sub sup table tt u ul var"
)
BREAKOUT_FONT: Final = word_set("color face size")
MATHML_TEXT: Final = word_set("mi mn mo ms mtext")
SVG_HTML: Final = word_set("desc foreignobject title")
# "MathML text integration point": these two stay MathML there.
MATHML_IN_TEXT: Final = word_set("malignmark mglyph")
# Encodings that make an annotation-xml an integration point.
HTML_ENCODINGS: Final = word_set("text/html application/xhtml+xml")


class Border(IntEnum):
    """What an open element can be besides itself; `ElementStack` keeps the offsets of each kind."""

    SPECIAL = 0
    LIST_STOP = 1  # special, and stops the search for an open li, dd or dt
    SCOPE = 2
    BUTTON_SCOPE = 3
    LIST_SCOPE = 4
    TABLE_SCOPE = 5
    TABLE_STATE = 6  # tells the insertion mode when it is reset
    HEADING = 7


_EVERY_SCOPE: Final = (Border.SCOPE, Border.BUTTON_SCOPE, Border.LIST_SCOPE)


def _borders_of(name: str, /) -> tuple[Border, ...]:
    kinds = [Border.SPECIAL]
    if name not in LIST_TRANSPARENT:
        kinds.append(Border.LIST_STOP)
    if name in SCOPE:
        kinds.extend(_EVERY_SCOPE)
    elif name == "button":
        kinds.append(Border.BUTTON_SCOPE)
    elif name in LIST_SCOPE:
        kinds.append(Border.LIST_SCOPE)
    if name in TABLE_SCOPE:
        kinds.append(Border.TABLE_SCOPE)
    if name in TABLE_STATES:
        kinds.append(Border.TABLE_STATE)
    if name in HEADINGS:
        kinds.append(Border.HEADING)
    return tuple(kinds)


# mi, foreignObject and their like are special and bound every scope but the table's.
_FOREIGN_SCOPE: Final = (Border.SPECIAL, Border.LIST_STOP, *_EVERY_SCOPE)
_ISLANDS: Final = frozenset(f"math {name}" for name in MATHML_TEXT) | frozenset(f"svg {name}" for name in SVG_HTML)
_BORDERS: Final = {name: _borders_of(name) for name in sorted(SPECIAL)}
_BORDERS.update(dict.fromkeys(sorted(_ISLANDS), _FOREIGN_SCOPE), **{"math annotation-xml": _FOREIGN_SCOPE})


class Formatting:
    """An active formatting element.

    Attributes:
        name: The element.
        tag: Its start tag.
        offset: Where it is on the stack; -1 if it was popped and may come back.
        ghost: The adoption agency left it open in the middle of the stack: it stands right above `offset`, with no
            offset of its own. It is in reach of its end tag and comes back like any other, but is never current.
        described: Its attributes, once they were asked for.
    """

    __slots__ = ("described", "ghost", "name", "offset", "tag")

    def __init__(self, name: str, tag: Token, offset: int, /) -> None:
        self.name = name
        self.tag = tag
        self.offset = offset
        self.ghost = False
        # `<b>` has none, and needs no look.
        self.described = _NO_ATTRIBUTES if tag[1] - tag[0] == len(name) + 2 else None


_NO_ATTRIBUTES: Final[frozenset[tuple[str, str]] | None] = frozenset()


class ElementStack:
    """HTML elements under their name, svg and math elements as `svg NAME` and `math NAME`; all in lower case.

    The root elements html and body stand at 0 and 1 and are never popped.

    Attributes:
        current: The current node.
        foreign: Whether the current node is an svg or math element.
        opened: The active formatting elements that are open, lowest first.
    """

    __slots__ = ("_at", "_borders", "_islands", "_jumps", "_names", "_removed", "_runs", "current", "foreign", "opened")

    def __init__(self) -> None:
        self.current = ""
        self.foreign = False
        self.opened: list[Formatting] = []
        self._names: list[str] = []  # "" where an element was taken out of the middle
        self._at: dict[str, list[int]] = {}
        self._borders: list[list[int]] = [[-1] for _ in Border]
        self._islands = [-1]  # integration points: foreign elements with HTML content
        self._runs = [-1]  # foreign elements that stand right above an HTML element
        self._removed: dict[int, str] = {}  # what was where "" is now, as long as `_at` names that offset
        self._jumps: dict[int, int] = {}  # from where "" is to the nearest offset below that may hold an element
        self.push("html")
        self.push("body")

    @property
    def island(self) -> bool:
        """Return whether the current node is an integration point."""
        return self._islands[-1] == len(self._names) - 1

    @property
    def has_foreign(self) -> bool:
        """Return whether an svg or math element is open."""
        return self._runs[-1] >= 0

    @property
    def height(self) -> int:
        """The offset the next element will get."""
        return len(self._names)

    def last(self, name: str, /) -> int:
        """The offset of the topmost open element `name`; -1 if there is none."""
        offsets = self._at.get(name)
        if offsets is None:
            return -1
        names = self._names
        while not names[offsets[-1]]:
            del self._removed[offsets.pop()]
        return offsets[-1]

    def top(self, border: Border, /) -> int:
        """The offset of the topmost element that is such a border; -1 if there is none."""
        return self._borders[border][-1]

    def name_at(self, offset: int, /) -> str:
        """The element at an offset."""
        return self._names[offset]

    def has(self, name: str, scope: Border = Border.SCOPE, /) -> bool:
        """Return whether `name` is open with no border of the scope above it (it may be that border itself)."""
        return self.last(name) >= self._borders[scope][-1]

    def foreign_offset(self, name: str, /) -> int:
        """Where an end tag finds its svg or math element above the topmost HTML element; -1 if nowhere."""
        offset = max(self.last(f"svg {name}"), self.last(f"math {name}"))
        return offset if offset >= self._runs[-1] else -1

    def push(self, name: str, /) -> int:
        """Open an HTML element and return its offset."""
        names = self._names
        offset = len(names)
        names.append(name)
        offsets = self._at.get(name)
        if offsets is None:
            self._at[name] = [-1, offset]
        else:
            offsets.append(offset)
        for border in _BORDERS.get(name, ()):
            self._borders[border].append(offset)
        self.current = name
        self.foreign = False
        return offset

    def push_foreign(self, name: str, /, *, island: bool = False) -> None:
        """Open an svg or math element; `island` makes an annotation-xml an integration point."""
        if not self.foreign:
            self._runs.append(len(self._names))
        if island or name in _ISLANDS:
            self._islands.append(len(self._names))
        self.push(name)
        self.foreign = True

    def pop(self) -> None:
        """Pop the current node."""
        self.pop_to(len(self._names) - 1)

    def pop_to(self, offset: int, /) -> None:
        """Pop the element at `offset` and all above it."""
        names, at, borders = self._names, self._at, self._borders
        offset = max(offset, 2)
        while len(names) > offset or not names[-1]:
            if name := names.pop():
                at[name].pop()
                for border in _BORDERS.get(name, ()):
                    borders[border].pop()
            elif name := self._removed.pop(len(names), ""):
                at[name].pop()
        while self.opened and self.opened[-1].offset >= offset:
            self.opened.pop().offset = -1
        while self._islands[-1] >= offset:
            self._islands.pop()
        while self._runs[-1] >= offset:
            self._runs.pop()
        self.current = names[-1]
        self.foreign = " " in self.current

    def pop_name(self, name: str, scope: Border = Border.SCOPE, /) -> bool:
        """Pop to the topmost `name` if it is in scope, and say whether it was."""
        if not self.has(name, scope):
            return False
        self.pop_to(self._at[name][-1])
        return True

    def pop_while(self, names: frozenset[str], /) -> None:
        """Pop as long as the current node is one of `names`."""
        while self.current in names:
            self.pop()

    def clear_to(self, *names: str) -> None:
        """Pop until one of `names`, a template or html is current."""
        self.pop_to(1 + max(self.last(name) for name in (*names, "template", "html")))

    def specials_above(self, offset: int, most: int, /) -> list[int]:
        """The lowest special elements above an offset, at most so many."""
        offsets = self._borders[Border.SPECIAL]
        first = bisect_left(offsets, offset + 1)
        return offsets[first : first + most]

    def between(self, low: int, high: int, /) -> Iterator[int]:
        """Go down from the element below `high` to the one above `low`; the elements met may be removed."""
        offset = self._below(high)
        while offset > low:
            yield offset
            offset = self._below(offset)

    def remove(self, offset: int, /) -> None:
        """Take one element out of the middle; its offset stays empty until what lies above is popped."""
        if offset == len(self._names) - 1:
            self.pop_to(offset)
            return
        name = self._names[offset]
        for border in _BORDERS.get(name, ()):
            offsets = self._borders[border]
            del offsets[bisect_left(offsets, offset)]
        self._names[offset] = ""
        self._removed[offset] = name
        self._jumps[offset] = offset - 1
        above = bisect_left(self._runs, offset)
        if above < len(self._runs) and " " in self._names[self._below(self._runs[above])]:
            del self._runs[above]  # it was between svg or math elements

    def _below(self, offset: int, /) -> int:
        names, jumps = self._names, self._jumps
        first = below = offset - 1
        while not names[below]:
            below = jumps[below]
        if below != first:
            jumps[first] = below
        return below
