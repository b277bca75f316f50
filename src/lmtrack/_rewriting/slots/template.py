"""The holes of a document with slots, found once, and what one recipient's values make of them."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING, Final, TypeAlias

from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import WHITESPACE
from lmtrack._linking.placeholders import IN_TEXT_URL
from lmtrack._pattern import compile_pattern
from lmtrack._rewriting.slots.holes import TextHole, UrlHole
from lmtrack._rewriting.slots.places import find_holes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lmtrack._html.scan import FoundLink
    from lmtrack._rewriting.slots.holes import Hole
    from lmtrack._rewriting.slots.markers import Marker, Slots, Values

# One replacement: where it begins and ends in the source, and what is there then.
Change: TypeAlias = tuple[int, int, str]


class Template:
    """The slots of a document, each in its hole.

    Attributes:
        holes: All holes, in order.
        names: The names of their slots, each once.
        texts: The holes that are text or attributes.
        text_starts: Where those begin.
    """

    def __init__(self, html: str, slots: Slots, holes: Sequence[Hole], markers: Iterable[Marker], /) -> None:
        self._html = html
        self._markers = sorted(markers)
        self.slots = slots
        self.holes: tuple[Hole, ...] = tuple(holes)
        self.names: tuple[str, ...] = tuple(dict.fromkeys(name for hole in holes for name in hole.names))
        self.texts: tuple[TextHole, ...] = tuple(hole for hole in holes if isinstance(hole, TextHole))
        self.text_starts: tuple[int, ...] = tuple(hole.start for hole in self.texts)
        self._urls = {hole.start: hole for hole in holes if isinstance(hole, UrlHole)}

    @cached_property
    def loads(self) -> tuple[str, ...]:
        """The URLs with slots that a reader fetches by itself, as the template has them."""
        holes = [hole for hole in self._urls.values() if hole.loaded]
        return tuple(decode_attribute(self._html[hole.start : hole.end]).strip(WHITESPACE) for hole in holes)

    @cached_property
    def unfilled(self) -> tuple[str, ...]:
        """What looks like a marker and is not one that a value goes to."""
        holes, markers = self.holes, []
        position = 0
        for marker in self._markers:
            while position < len(holes) and holes[position].end <= marker.start:
                position += 1
            if position < len(holes) and holes[position].start <= marker.start:
                markers.append(marker)
        return unfilled(self._html, markers)

    def link_holes(self, found: Sequence[FoundLink], /) -> dict[int, UrlHole]:
        """Find the links with slots in their URL, by their position among the links found."""
        urls = self._urls
        return {position: urls[link[2]] for position, link in enumerate(found) if link[2] in urls} if urls else {}

    def texts_between(self, start: int, end: int, /) -> tuple[TextHole, ...]:
        """Find the holes in a stretch of the document that are text or attributes."""
        return self.texts[bisect_left(self.text_starts, start) : bisect_left(self.text_starts, end)]

    def fill(self, values: Values | None, /, *, without: str | None = None) -> FilledTemplate:
        """Write one recipient's values into every hole; the slot `without` is left empty.

        Raises:
            BadValue: A value cannot be written in the place of its slot.
            MissingValue: A slot has neither a value nor a default.
            TypeError: A value is neither str nor None.
        """
        found = self.slots.read(values, self.names if without is None else [n for n in self.names if n != without])
        if without is not None:
            found[without] = ""
        return FilledTemplate(self.holes, found)


class FilledTemplate:
    """The holes of a document with one recipient's values.

    Attributes:
        changes: What is written in each hole, in order.
        urls: Where the URLs with slots lead, decoded, by where their holes begin.
    """

    __slots__ = ("_values", "changes", "urls")

    def __init__(self, holes: Sequence[Hole], values: Mapping[str, str], /) -> None:
        self._values = values
        self.changes: list[Change] = []
        self.urls: dict[int, str] = {}
        for hole in holes:
            if isinstance(hole, TextHole):
                self.changes.append((hole.start, hole.end, hole.fill(values)))
            else:
                pieces = hole.url.pieces(values)
                self.urls[hole.start] = hole.url.joined(pieces)
                self.changes.append((hole.start, hole.end, hole.write(pieces)))

    def worded(self, text: str, holes: Sequence[TextHole], /) -> str:
        """Put the values into a link's visible text."""
        for hole in holes:
            text = text.replace(hole.marker, self._values[hole.names[0]])
        return " ".join(text.split())


# Placeholders that do not occur in running text by chance, and our own spelling.
_MARKER: Final = compile_pattern(
    rf"""
    {IN_TEXT_URL} | %%[A-Za-z_][^%\r\n<>]*+%% | %(?![0-9A-Fa-f]{{2}})[A-Za-z_][A-Za-z0-9_.-]*+%
  | (?<![^\W_]) slot-[A-Za-z0-9]{{8,64}}+-[A-Za-z0-9_-]{{1,100}}?-slot (?![^\W_])
    """,
    re.VERBOSE,
)


def unfilled(source: str, markers: Iterable[Marker] = (), /) -> tuple[str, ...]:
    """Find what looks like a marker in a document, each once; `markers` are those that values go to."""
    found: dict[str, None] = {}
    position = 0
    for start, end in [*(marker[:2] for marker in markers), (len(source), 0)]:
        found |= dict.fromkeys(hit[0] for hit in _MARKER.finditer(source, position, start))
        position = end
    return tuple(found)


def read_template(html: str, readable: str, markers: Sequence[Marker], slots: Slots, /) -> Template:
    """Find the holes of a document.

    Raises:
        BadSlot: A marker is where no value can be written.
    """
    escaped = slots.find_escaped(html, markers)
    return Template(html, slots, find_holes(html, readable, markers, escaped), [*markers, *escaped])
