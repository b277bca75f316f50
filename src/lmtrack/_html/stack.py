"""The stack of open elements and the list of active formatting elements, without a tree.

The standard walks the stack to find an element or the border of a scope. Here each name and each kind of border keeps
the list of its own offsets, so every question is a comparison of two numbers and hostile nesting costs no more than
tidy nesting. Two things are coarser than the standard: the list of formatting elements holds at most three of a name
whatever their attributes, and the adoption agency runs all its rounds at once. Source: WHATWG HTML 13.2.4.2, 13.2.4.3.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

from lmtrack._html.elements import (
    HEADINGS,
    LIST_SCOPE,
    LIST_TRANSPARENT,
    MATHML_TEXT,
    SCOPE,
    SPECIAL,
    SVG_HTML,
    TABLE_SCOPE,
    TABLE_STATES,
)


class Border(IntEnum):
    """What an open element can be besides itself; `ElementStack` keeps the offsets of each kind."""

    HTML = 0  # an HTML element
    SPECIAL = 1
    LIST_STOP = 2  # special, and stops the search for an open li, dd or dt
    SCOPE = 3
    BUTTON_SCOPE = 4
    LIST_SCOPE = 5
    TABLE_SCOPE = 6
    TABLE_STATE = 7  # tells the insertion mode when it is reset
    HEADING = 8
    ISLAND = 9  # foreign, but its content is HTML (an integration point)


_EVERY_SCOPE: Final = (Border.SCOPE, Border.BUTTON_SCOPE, Border.LIST_SCOPE)


def _borders_of(name: str, /) -> tuple[Border, ...]:
    kinds = [Border.HTML]
    if name in SPECIAL:
        kinds.append(Border.SPECIAL)
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
_BORDERS: Final = (
    {name: _borders_of(name) for name in sorted(SPECIAL | SCOPE | HEADINGS | TABLE_STATES)}
    | {f"math {name}": (*_FOREIGN_SCOPE, Border.ISLAND) for name in sorted(MATHML_TEXT)}
    | {f"svg {name}": (*_FOREIGN_SCOPE, Border.ISLAND) for name in sorted(SVG_HTML)}
    | {"math annotation-xml": _FOREIGN_SCOPE}
)
_PLAIN: Final = (Border.HTML,)
_FOREIGN: Final[tuple[Border, ...]] = ()


class _Formatting(NamedTuple):
    """An active formatting element: where it stands on the stack, or -1 if it was popped and may come back."""

    name: str
    offset: int


class ElementStack:
    """HTML elements under their name, svg and math elements as `svg NAME` and `math NAME`; all in lower case.

    The root elements html and body stand at 0 and 1 and are never popped.
    """

    __slots__ = ("_at", "_borders", "_formatting", "_names")

    def __init__(self) -> None:
        self._names: list[str] = []  # "" where an element was taken out of the middle
        self._at: dict[str, list[int]] = {}
        self._borders: list[list[int]] = [[-1] for _ in Border]
        self._formatting: list[_Formatting | None] = []  # None is a marker
        self.push("html")
        self.push("body")

    @property
    def current(self) -> str:
        """The current node."""
        return self._names[-1]

    @property
    def foreign(self) -> bool:
        """Whether the current node is an svg or math element."""
        return " " in self._names[-1]

    @property
    def island(self) -> bool:
        """Whether the current node is an integration point: a foreign element with HTML content."""
        return self._borders[Border.ISLAND][-1] == len(self._names) - 1

    def last(self, name: str, /) -> int:
        """The offset of the topmost open element `name`; -1 if there is none."""
        places = self._at.get(name)
        return places[-1] if places else -1

    def top(self, border: Border, /) -> int:
        """The offset of the topmost element that is such a border; -1 if there is none."""
        return self._borders[border][-1]

    def name_at(self, offset: int, /) -> str:
        """The element at an offset."""
        return self._names[offset]

    def has(self, name: str, scope: Border = Border.SCOPE, /) -> bool:
        """Whether `name` is open with no border of the scope above it (it may be that border itself)."""
        return 0 <= self._borders[scope][-1] <= self.last(name)

    def push(self, name: str, /, *, island: bool = False) -> None:
        """Open an element; `island` makes an annotation-xml with an HTML encoding an integration point."""
        offset = len(self._names)
        self._names.append(name)
        self._at.setdefault(name, [-1]).append(offset)
        for border in _BORDERS.get(name, _FOREIGN if " " in name else _PLAIN):
            self._borders[border].append(offset)
        if island:
            self._borders[Border.ISLAND].append(offset)

    def pop(self) -> None:
        """Pop the current node."""
        self.pop_to(len(self._names) - 1)

    def pop_to(self, offset: int, /) -> None:
        """Pop the element at `offset` and all above it."""
        names = self._names
        offset = max(offset, 2)
        while not names[offset - 1]:
            offset -= 1
        lost = len(names) > offset
        while len(names) > offset:
            if name := names.pop():
                self._at[name].pop()
        for places in self._borders:
            while places[-1] >= offset:
                places.pop()
        if lost and self._formatting:
            self._formatting = [
                entry._replace(offset=-1) if entry is not None and entry.offset >= offset else entry
                for entry in self._formatting
            ]

    def pop_name(self, name: str, scope: Border = Border.SCOPE, /) -> bool:
        """Pop to the topmost `name` if it is in scope, and say whether it was."""
        if not self.has(name, scope):
            return False
        self.pop_to(self.last(name))
        return True

    def clear_to(self, *names: str) -> None:
        """Pop until one of `names`, a template or html is current."""
        self.pop_to(1 + max(self.last(name) for name in (*names, "template", "html")))

    def remove(self, offset: int, /) -> None:
        """Take one element out of the middle; its place stays empty until what lies above is popped."""
        if offset == len(self._names) - 1:
            self.pop_to(offset)
            return
        name = self._names[offset]
        self._at[name].remove(offset)
        for places in self._borders:
            if offset in places:
                places.remove(offset)
        self._names[offset] = ""

    # The list of active formatting elements.

    def push_marker(self) -> None:
        """Begin a list of its own (a table cell, a caption, an object)."""
        self._formatting.append(None)

    def clear_to_marker(self) -> None:
        """End the list begun by the last marker."""
        while self._formatting and self._formatting.pop() is not None:
            pass

    def reconstruct(self) -> None:
        """Open again the formatting elements that a closing block popped."""
        first = len(self._formatting)
        while first and (entry := self._formatting[first - 1]) is not None and entry.offset < 0:
            first -= 1
        for index in range(first, len(self._formatting)):
            entry = self._formatting[index]
            if entry is not None:
                self._formatting[index] = entry._replace(offset=len(self._names))
                self.push(entry.name)

    def push_formatting(self, name: str, /) -> None:
        """Open a formatting element."""
        same = [index for index in range(self._own(), len(self._formatting)) if self._named(index, name)]
        if len(same) >= 3:  # the "Noah's Ark clause", without its look at the attributes
            del self._formatting[same[0]]
        self._formatting.append(_Formatting(name, len(self._names)))
        self.push(name)

    def is_formatting(self, name: str, /) -> bool:
        """Whether `name` is in the list since the last marker."""
        return any(self._named(index, name) for index in range(self._own(), len(self._formatting)))

    def adopt(self, name: str, /) -> bool:
        """Run the adoption agency for an end tag; False if the tag is to be handled like any other."""
        index = len(self._formatting) - 1
        while index >= 0 and self._formatting[index] is not None and not self._named(index, name):
            index -= 1
        entry = self._formatting[index] if index >= 0 else None
        if entry is None:
            return False
        offset = entry.offset
        if 0 <= offset < self.top(Border.SCOPE):
            return True
        del self._formatting[index]
        if offset < 0:
            return True
        furthest = self.top(Border.SPECIAL)
        if furthest < offset:
            self.pop_to(offset)
            return True
        # A block stands above: the element goes, and with it what only decorated the way from it to the block.
        places = self._borders[Border.SPECIAL]
        lowest = len(places) - 1
        while places[lowest - 1] > offset:
            lowest -= 1
        kept = {entry.offset for entry in self._formatting[-3:] if entry is not None}
        self.pop_to(furthest + 1)
        for place in range(places[lowest] - 1, offset, -1):
            if self._names[place] and place not in kept:
                self.remove(place)
        self.remove(offset)
        return True

    def _own(self) -> int:
        index = len(self._formatting)
        while index and self._formatting[index - 1] is not None:
            index -= 1
        return index

    def _named(self, index: int, name: str, /) -> bool:
        entry = self._formatting[index]
        return entry is not None and entry.name == name
