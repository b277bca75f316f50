"""The list of active formatting elements and the adoption agency.

Exact but for what would let a megabyte of tags open billions of elements: see the two limits. Source: WHATWG HTML
13.2.4.3 and 13.2.6.4.7.
"""

from __future__ import annotations

from bisect import bisect_left, insort_left
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from lmtrack._html.entities import decode_attribute
from lmtrack._html.stack import Border, Formatting
from lmtrack._html.tokenizer import attributes

if TYPE_CHECKING:
    from lmtrack._html.stack import ElementStack
    from lmtrack._html.tokenizer import Token

# Our choice: of more elements that wait to be opened again in one table cell or object the oldest are forgotten.
# Browsers limit the depth of the tree instead (Chromium: 512 elements).
_MOST_ACTIVE: Final = 64
# Our choice: no email opens so many again; after that none is.
_MOST_REOPENED: Final = 50_000
# "Outer loop counter" and "inner loop counter" of the adoption agency.
_ROUNDS: Final = 8
_KEPT: Final = 3
# The "Noah's Ark clause": so many of one name with the same attributes.
_SAME: Final = 3


_offset = attrgetter("offset")


class ActiveFormatting:
    """The list, with the stack its elements are opened on."""

    __slots__ = ("_entries", "_html", "_reopened", "_stack", "_starts")

    def __init__(self, html: str, stack: ElementStack, /) -> None:
        self._html = html
        self._stack = stack
        self._entries: list[Formatting] = []
        self._starts = [0]  # where the part after each marker begins
        self._reopened = 0

    def push_marker(self) -> None:
        """Begin a list of its own (a table cell, a caption, an object)."""
        self._starts.append(len(self._entries))

    def clear_to_marker(self) -> None:
        """End the list begun by the last marker."""
        del self._entries[self._starts.pop() :]

    def reconstruct(self) -> None:
        """Open again the formatting elements that a closing block popped."""
        entries, stack, start = self._entries, self._stack, self._starts[-1]
        first = len(entries)
        while first > start and entries[first - 1].offset < 0:
            first -= 1
        if first == len(entries):
            return
        self._reopened += len(entries) - first
        if self._reopened > _MOST_REOPENED:
            del entries[first:]
        for entry in entries[first:]:
            entry.offset, entry.ghost = stack.push(entry.name), False
            stack.opened.append(entry)

    def push(self, name: str, tag: Token, /) -> None:
        """Open a formatting element, after those that wait to be opened again."""
        stack, entries, start = self._stack, self._entries, self._starts[-1]
        if entries and entries[-1].offset < 0:
            self.reconstruct()
        entry = Formatting(name, tag, -1)
        if len(entries) - start >= _SAME:
            alike = [other for other in entries[start:] if other.name == name]
            if len(alike) >= _SAME:
                alike = self._like(entry, alike)
            if len(alike) >= _SAME:
                self._forget(alike[0])
            elif len(entries) - start >= _MOST_ACTIVE:
                self._forget(entries[start])
        entry.offset = stack.push(name)
        entries.append(entry)
        stack.opened.append(entry)

    def is_open(self, name: str, /) -> bool:
        """Return whether such an element is open in scope."""
        entry = self._find(name)
        ghost = entry is not None and entry.ghost and entry.offset >= self._stack.top(Border.SCOPE)
        return ghost or self._stack.has(name)

    def start_link(self) -> None:
        """End the `a` that is open or waits to be opened again, as another one begins."""
        entry = self._find("a")
        if entry is None:
            return
        stack = self._stack
        if entry.offset == stack.height - 1 and not entry.ghost:  # the usual case: it is the current node
            del self._entries[self._index(entry)]
            stack.pop()
        elif self.adopt("a") and self._find("a") is entry:  # out of the adoption agency's reach
            self._forget(entry)
            if entry.offset >= 0 and not entry.ghost:
                stack.remove(entry.offset)

    def adopt(self, name: str, /) -> bool:
        """Run the adoption agency for an end tag; False if the tag is to be handled like any other."""
        stack = self._stack
        entry = self._find(name)
        if stack.current == name:
            top = stack.opened[-1] if stack.opened else None
            if top is None or top.offset != stack.height - 1:  # not in the list
                stack.pop()
                return True
            if top is entry:
                del self._entries[self._index(top)]
                stack.pop()
                return True
        if entry is None:
            return False
        if entry.offset < 0:
            self._forget(entry)
        elif entry.offset >= stack.top(Border.SCOPE):
            self._move(entry)
        return True

    def _move(self, entry: Formatting, /) -> None:
        """Take an open element from under the blocks that stand on it.

        The standard does it in rounds: each moves the element above one more block, the eighth leaves it there.
        """
        stack, offset = self._stack, entry.offset
        low = offset
        blocks = stack.specials_above(offset, _ROUNDS)
        for block in blocks:
            self._thin_out(entry, low, block)
            low = block
        if len(blocks) == _ROUNDS:
            ghost = Formatting(entry.name, entry.tag, low)
            ghost.ghost = True
            self._entries[self._index(entry)] = ghost
            self._forget_opened(entry)
            if not entry.ghost:
                stack.remove(offset)
            insort_left(stack.opened, ghost, key=_offset)  # below the ghosts that are there
            return
        self._forget(entry)
        if entry.ghost or blocks:
            stack.pop_to(low + 1)
            while stack.opened and stack.opened[-1].offset >= low:  # other ghosts of that block
                stack.opened.pop().offset = -1
        if not entry.ghost:
            stack.remove(offset) if blocks else stack.pop_to(offset)

    def _thin_out(self, entry: Formatting, low: int, block: int, /) -> None:
        """Keep of what is between two blocks the three nearest to the upper one, if they are in the list."""
        entries, stack = self._entries, self._stack
        above: Formatting | None = None
        for count, offset in enumerate(stack.between(low, block)):
            node = self._opened_at(offset)
            if node is not None and count < _KEPT:
                above = above or node
                continue
            if node is not None:
                self._forget(node)
            stack.remove(offset)
        if above is not None:  # the "bookmark" moves behind it
            del entries[self._index(entry)]
            entries.insert(self._index(above) + 1, entry)

    def _find(self, name: str, /) -> Formatting | None:
        """The last `name` since the last marker."""
        entries = self._entries
        for index in range(len(entries) - 1, self._starts[-1] - 1, -1):
            if entries[index].name == name:
                return entries[index]
        return None

    def _index(self, entry: Formatting, /) -> int:
        return self._entries.index(entry, self._starts[-1])

    def _forget(self, entry: Formatting, /) -> None:
        """Take an element off the list; it stays open if it is."""
        del self._entries[self._index(entry)]
        if entry.offset >= 0:
            self._forget_opened(entry)

    def _forget_opened(self, entry: Formatting, /) -> None:
        opened = self._stack.opened
        index = len(opened) - 1  # it is one of the last few: what stands above it is in the same part of the list
        while opened[index] is not entry:
            index -= 1
        del opened[index]

    def _opened_at(self, offset: int, /) -> Formatting | None:
        opened = self._stack.opened
        index = bisect_left(opened, offset, key=_offset)
        return opened[index] if index < len(opened) and opened[index].offset == offset else None

    def _like(self, entry: Formatting, others: list[Formatting], /) -> list[Formatting]:
        """Those of the elements that have the attributes of `entry`."""
        described = entry.described
        if described is None:
            described = self._describe(entry)
        return [
            other
            for other in others
            if (self._describe(other) if other.described is None else other.described) == described
        ]

    def _describe(self, entry: Formatting, /) -> frozenset[tuple[str, str]]:
        """Learn the attributes of an element: the first of each name, values decoded."""
        found: dict[str, str] = {}
        for attribute in attributes(self._html, entry.tag):
            value = decode_attribute(self._html[attribute.value_start : attribute.value_end])
            found.setdefault(attribute.name, value)
        entry.described = frozenset(found.items())
        return entry.described
