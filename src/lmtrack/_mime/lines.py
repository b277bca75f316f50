"""A body that is sent as it is (7bit, 8bit, binary), edited in place, with no line over what SMTP carries.

A line that gets too long is broken inside its tags, where a line end means no more than the blank it precedes. What
still does not fit is left as it was, by itself: the other holes of its line are filled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._mime.raw_edit import Content, Filled, RawEdit

if TYPE_CHECKING:
    from lmtrack._mime.raw_edit import Span

LONGEST_LINE: Final = 998  # RFC 5322 section 2.1.1, without CRLF
NO_LIMIT: Final = 1 << 62
_PIXEL_START: Final = b"<img"
# The blank before the attribute whose value begins here; a line may be broken at it.
_BLANK_BEFORE_NAME: Final = re.compile(rb"([\t\n\f\r ])[^\t\n\f\r \"'>/=]++[\t\n\f\r ]*+=[\t\n\f\r ]*+[\"']?+\Z")
_LONGEST_NAME: Final = 100  # of an attribute with the blanks around it; our choice
_new = tuple.__new__  # a named tuple's own takes twice as long


class _Hole(NamedTuple):
    """A stretch of the body that values are written to."""

    start: int
    old: bytes
    content: Content


class _Line(NamedTuple):
    """A line with holes in it."""

    start: int
    end: int
    kept: int  # its bytes that stay
    first: int  # of its holes
    last: int


class LinesBody:
    """A body that is its own content."""

    __slots__ = ("_end", "_eol", "_limit", "_line_break", "_raw", "_start", "content")

    def __init__(self, raw: bytes, start: int, end: int, eol: bytes, /, *, limit_octets: int = LONGEST_LINE) -> None:
        self._raw, self._start, self._end, self._eol, self._limit = raw, start, end, eol, limit_octets
        self.content = raw[start:end]
        # With CRLF in it, a bare LF ends no line on the wire.
        self._line_break = b"\n"
        if b"\r\n" in self.content:
            self._line_break = self._eol = b"\r\n"

    def cut(self, spans: list[Span], /) -> LinesStencil:
        """Find the lines that the spans are on."""
        raw, shift = self._raw, self._start
        holes: list[_Hole] = []
        lines: list[_Line] = []
        for number, (start, end, content) in enumerate(spans):
            begin, stop = shift + start, shift + end
            holes.append(_new(_Hole, (begin, raw[begin:stop], content)))
            if lines and begin <= lines[-1].end:
                line = lines[-1]
                line_end = line.end if stop <= line.end else self._line_end(stop)
                kept = line.kept + (line_end - line.end) - (stop - begin)
                lines[-1] = _new(_Line, (line.start, line_end, kept, line.first, number + 1))
            else:
                found = raw.rfind(self._line_break, shift, begin)
                line_start = found + len(self._line_break) if found >= 0 else shift
                line_end = self._line_end(stop)
                kept = line_end - line_start - (stop - begin)
                lines.append(_new(_Line, (line_start, line_end, kept, number, number + 1)))
        return LinesStencil(raw, self._eol, self._limit, holes, lines)

    def _line_end(self, position: int, /) -> int:
        found = self._raw.find(self._line_break, position, self._end)
        return found if found >= 0 else self._end


class LinesStencil(NamedTuple):
    """Holes in a body that is its own content."""

    raw: bytes
    eol: bytes
    limit_octets: int
    holes: list[_Hole]
    lines: list[_Line]

    def without_limit(self) -> LinesStencil:
        """The same holes, whatever lines come of them."""
        return self._replace(limit_octets=NO_LIMIT)

    def fill(self, values: list[bytes], /) -> Filled:
        """Write one value in each hole that its line has room for."""
        edits: list[RawEdit] = []
        left: list[int] = []
        for line in self.lines:
            first, last = line.first, line.last
            new = values[first:last]
            if line.kept + sum(map(len, new)) <= self.limit_octets:
                edits += [
                    _new(RawEdit, (hole.start, hole.old, value))
                    for hole, value in zip(self.holes[first:last], new, strict=True)
                ]
            else:
                self._fill_pieces(line, values, edits, left)
        return Filled(edits, left)

    def _fill_pieces(self, line: _Line, values: list[bytes], edits: list[RawEdit], left: list[int], /) -> None:
        """Break a line before each of its links and inside the pixel, and write what the pieces have room for."""
        limit = self.limit_octets
        numbers = range(line.first, line.last)
        breaks = self._breaks(line)
        sizes, pieces = self._measure(line, breaks, values)
        written: set[int] = set()
        for number in numbers:
            if self.holes[number].content is Content.PIXEL and max(sizes[at] for at in pieces[number]) > limit:
                left.append(number)  # without it, its pieces are one
                values = [*values[:number], b"", *values[number + 1 :]]
                sizes, pieces = self._measure(line, breaks, values)
        for number in numbers:
            hole, piece = self.holes[number], pieces[number]
            if hole.content is Content.LINK:
                grown = len(values[number]) - len(hole.old)
                if sizes[piece[0]] + grown > limit:
                    left.append(number)
                    continue
                sizes[piece[0]] += grown
            if values[number] or hole.old:
                written.add(number)
        broken = any(self.holes[number].content is not Content.NOTHING for number in written)
        for number in numbers:
            hole = self.holes[number]
            if broken and number in breaks:
                edits.append(RawEdit(breaks[number], b"", self.eol))
            if number in written:
                value = values[number]
                if hole.content is Content.PIXEL:
                    value = self.eol.join(self._segments(hole, value))
                edits.append(RawEdit(hole.start, hole.old, value))

    def _measure(
        self, line: _Line, breaks: dict[int, int], values: list[bytes], /
    ) -> tuple[list[int], dict[int, range]]:
        """How long each piece of a line gets while its links stay as they are, and the pieces of each hole."""
        sizes: list[int] = []
        pieces: dict[int, range] = {}
        size, position = 0, line.start
        for number in range(line.first, line.last):
            hole = self.holes[number]
            if number in breaks:
                sizes.append(size + breaks[number] - position)
                size, position = 0, breaks[number]
            first, *others = self._segments(hole, values[number])
            pieces[number] = range(len(sizes), len(sizes) + len(others) + 1)
            size += hole.start - position + len(first)
            for other in others:
                sizes.append(size)
                size = len(other)
            position = hole.start + len(hole.old)
        sizes.append(size + line.end - position)
        return sizes, pieces

    def _segments(self, hole: _Hole, value: bytes, /) -> list[bytes]:
        """The pieces in which a value is written."""
        if hole.content is Content.LINK:
            return [hole.old]
        if hole.content is Content.PIXEL and value:
            return [_PIXEL_START, value.removeprefix(_PIXEL_START)]
        return value.split(self.eol)

    def _breaks(self, line: _Line, /) -> dict[int, int]:
        """Where a line may be broken: at the blank before the attribute that a hole is the value of."""
        breaks: dict[int, int] = {}
        position = line.start
        for number in range(line.first, line.last):
            hole = self.holes[number]
            if hole.content is Content.LINK:
                earliest = max(hole.start - _LONGEST_NAME, position)
                if found := _BLANK_BEFORE_NAME.search(self.raw, earliest, hole.start):
                    breaks[number] = found.start(1)
            position = hole.start + len(hole.old)
        return breaks
