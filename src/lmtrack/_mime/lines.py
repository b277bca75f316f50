"""A body that is sent as it is (7bit, 8bit, binary), edited in place, with no line over what SMTP carries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._mime.raw_edit import RawEdit

if TYPE_CHECKING:
    from lmtrack._mime.raw_edit import Span

LONGEST_LINE: Final = 998  # RFC 5322 section 2.1.1, without CRLF
NO_LIMIT: Final = 1 << 62
_PIXEL_START: Final = b"<img "
_new = tuple.__new__  # a named tuple's own takes twice as long


class _Slot(NamedTuple):
    start: int
    old: bytes
    break_at: int  # where the line may be broken before it; -1 for nowhere


class _Line(NamedTuple):
    """A line with slots in it."""

    start: int
    end: int
    kept: int  # its octets that stay
    first: int  # of its slots
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

    def place(self, spans: list[Span], /) -> LinesPlaces:
        """Find the lines that the spans stand on."""
        raw, shift = self._raw, self._start
        slots: list[_Slot] = []
        lines: list[_Line] = []
        ends = [shift + end for _, end, _ in spans]
        for number, (start, end, break_at) in enumerate(spans):
            begin, stop = shift + start, shift + end
            earlier = ends[number - 1] if number else shift
            later = spans[number + 1 : number + 2]
            usable = break_at >= 0 and shift + break_at >= earlier and not (later and later[0][0] <= break_at)
            slots.append(_Slot(begin, raw[begin:stop], shift + break_at if usable else -1))
            if lines and begin <= lines[-1].end:
                line = lines[-1]
                line_end = line.end if stop <= line.end else self._line_end(stop)
                kept = line.kept + (line_end - line.end) - (stop - begin)
                lines[-1] = line._replace(end=line_end, kept=kept, last=number + 1)
            else:
                found = raw.rfind(self._line_break, shift, begin)
                line_start = found + len(self._line_break) if found >= 0 else shift
                line_end = self._line_end(stop)
                lines.append(_Line(line_start, line_end, line_end - line_start - (stop - begin), number, number + 1))
        return LinesPlaces(slots, lines, self._eol, self._limit)

    def _line_end(self, position: int, /) -> int:
        found = self._raw.find(self._line_break, position, self._end)
        return found if found >= 0 else self._end


class LinesPlaces(NamedTuple):
    """Places in a body that is its own content."""

    slots: list[_Slot]
    lines: list[_Line]
    eol: bytes
    limit_octets: int

    def without_limit(self) -> LinesPlaces:
        """The same places, whatever lines come of them."""
        return self._replace(limit_octets=NO_LIMIT)

    def fill(self, values: list[bytes], /) -> list[RawEdit] | None:
        """Write one value in each place; a line that gets too long is broken inside its tags, if that is enough."""
        edits: list[RawEdit] = []
        for line in self.lines:
            slots, new = self.slots[line.first : line.last], values[line.first : line.last]
            if line.kept + sum(map(len, new)) <= self.limit_octets:
                edits += [_new(RawEdit, (slot.start, slot.old, value)) for slot, value in zip(slots, new, strict=True)]
            elif not self._break(line, slots, new, edits):
                return None
        return edits

    def _break(self, line: _Line, slots: list[_Slot], values: list[bytes], edits: list[RawEdit], /) -> bool:
        """Break a line before each link and inside the pixel; False if a piece is still too long."""
        column, position, longest = 0, line.start, 0
        for slot, value in zip(slots, values, strict=True):
            if slot.break_at >= position:
                edits.append(RawEdit(slot.break_at, b"", self.eol))
                longest = max(longest, column + slot.break_at - position)
                column, position = 0, slot.break_at
            column += slot.start - position
            written = value
            if value.startswith(_PIXEL_START):
                written = value.replace(_PIXEL_START, b"<img" + self.eol + b" ", 1)
                longest = max(longest, column + 4)
                column = len(value) - 4
            else:
                column += len(value)
            edits.append(RawEdit(slot.start, slot.old, written))
            position = slot.start + len(slot.old)
        return max(longest, column + line.end - position) <= self.limit_octets
