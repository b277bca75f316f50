"""Quoted-printable, edited where it stands: every octet beside an edit stays as it is written (RFC 2045 section 6.7).

A new value begins on the line of the old one and is folded with soft line breaks, so that no line we write is over 76
octets. What other encoders got wrong (bare `=`, lines that are too long) is read as the standard library reads it and
stays.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._mime.raw_edit import RawEdit

if TYPE_CHECKING:
    from lmtrack._mime.raw_edit import Span

_LONGEST: Final = 76
_CUT: Final = _LONGEST - 1  # without the `=` of a soft break
# What is longer than what it stands for: an escape, a soft break (to the next LF, as the standard library has it),
# a doubled `=` of broken encoders, and one with which the body ends. A `=` before anything else stands for itself.
_UNIT: Final = re.compile(rb"=(?:[0-9A-Fa-f]{2}|\n|\r[^\n]*+\n?+|=|\Z)")
# Our choice: everything printable but `=` stays, as RFC 2045 lets it; blanks do too, since none ends a value.
_UNSAFE: Final = re.compile(rb"[^ -<>-~]")
_BESIDE_EQUALS: Final = re.compile(rb"[^ -~]")
_ESCAPED: Final = {octet: b"=%02X" % octet for octet in range(256)}
_new = tuple.__new__  # a named tuple's own takes twice as long


class _Slot(NamedTuple):
    start: int
    old: bytes
    prefix: bytes  # what comes before the value in the place
    unit: int  # octets before it that move to the next line, since its line is full; 0 if there is room for a `=`
    first: bool  # on its line
    lead: int  # octets between what comes before it on its line and it
    rest: int  # octets from its end to the next slot on its line, or to the line's end
    room: int  # how long its line may get with the rest
    guard: bool  # whether what follows must not begin a line
    blank: bool  # whether a blank stands before it


class QuotedBody:
    """A quoted-printable body."""

    __slots__ = ("_end", "_eol", "_mapped", "_raw", "_start", "content")

    def __init__(self, raw: bytes, start: int, end: int, eol: bytes, /) -> None:
        self._raw, self._start, self._end, self._eol = raw, start, end, eol
        self.content = a2b_qp(raw[start:end])
        # Parallel: where decoded and where encoded octets go on one by one. In one value and whole, as other threads
        # may be asking.
        self._mapped: tuple[list[int], list[int]] | None = None

    def place(self, spans: list[Span], /) -> QuotedPlaces:
        """Find the spans, and what stands around them on their lines."""
        raw, slots = self._raw, list[_Slot]()
        places = [(self._offset(start), self._offset_after(start, end)) for start, end, _ in spans]
        line_end = before = -1
        for number, (begin, end) in enumerate(places):
            start, first = begin, begin > line_end
            if first:
                before = max(raw.rfind(b"\n", self._start, start) + 1, self._start)
            if first or end > line_end:
                line_end = self._line_end(end)
            following = places[number + 1][0] if number + 1 < len(places) else line_end + 1
            last = following > line_end
            decoded = spans[number][0]
            back = self._bare_before(start, decoded, before)
            prefix = b"=3D" + raw[start - back + 1 : start] if back else b""
            start -= back
            slots.append(
                _Slot(
                    start=start,
                    old=raw[start:end],
                    prefix=prefix,
                    unit=self._unit_before(start, decoded - back) if start - before >= _LONGEST else 0,
                    first=first,
                    lead=start - before,
                    rest=(line_end if last else following) - end,
                    room=_LONGEST if last else _CUT,
                    guard=raw.startswith(b"From ", end),
                    blank=start > before and raw[start - 1] in b" \t",
                )
            )
            before = end
        return QuotedPlaces(raw, b"=" + self._eol, slots)

    def _bare_before(self, encoded: int, decoded: int, limit: int, /) -> int:
        """How far before a place a bare `=` stands that could be read together with what comes to stand there."""
        for back in (1, 2):
            if encoded - back < limit or self._offset(decoded - back) != encoded - back:
                return 0
            if self._raw[encoded - back] == 0x3D:
                return back
        return 0

    def _is_bare(self, encoded: int, decoded: int, /) -> bool:
        """Whether an octet is a `=` that stands for itself."""
        return self._raw[encoded] == 0x3D and self._offset(decoded) == encoded

    def _unit_before(self, encoded: int, decoded: int, /) -> int:
        """How many octets write the character before a place, and a bare `=` before it."""
        start = self._offset(decoded - 1)
        if start > self._start and self._is_bare(start - 1, decoded - 2):
            start -= 1
        return encoded - start

    def _map(self) -> tuple[list[int], list[int]]:
        decoded = encoded = self._start
        mapped = [0], [encoded]
        for unit in _UNIT.finditer(self._raw, self._start, self._end):
            start, end = unit.span()
            if end == self._end and (unit[0] == b"=" or (unit[0][1:2] == b"\r" and unit[0][-1:] != b"\n")):
                break  # a soft break without its LF: what comes last goes before it
            decoded += start - encoded
            encoded = end
            if end - start > 1 and self._raw[start + 1] not in b"\r\n":
                decoded += 1
            mapped[0].append(decoded - self._start)
            mapped[1].append(encoded)
        return mapped

    def _offset(self, decoded: int, /) -> int:
        """Where a decoded octet begins, behind any soft break before it."""
        mapped = self._mapped
        if mapped is None:
            mapped = self._mapped = self._map()
        place = bisect_right(mapped[0], decoded) - 1
        return mapped[1][place] + decoded - mapped[0][place]

    def _offset_after(self, start: int, end: int, /) -> int:
        """Where a span ends, before any soft break behind it."""
        if end == start:
            return self._offset(end)
        last = self._offset(end - 1)
        unit = _UNIT.match(self._raw, last, self._end)
        return unit.end() if unit else last + 1

    def _line_end(self, position: int, /) -> int:
        """Where the line ends, without its CR and LF."""
        found = self._raw.find(b"\n", position, self._end)
        if found < 0:
            return self._end
        return found - 1 if found > position and self._raw[found - 1] == 0x0D else found


class QuotedPlaces(NamedTuple):
    """Places in a quoted-printable body."""

    raw: bytes
    soft_break: bytes
    slots: list[_Slot]

    def fill(self, values: list[bytes], /) -> list[RawEdit] | None:
        """Write one value in each place."""
        edits: list[RawEdit] = []
        column = 0
        clean = not _BESIDE_EQUALS.search(b"".join(values))  # one search for all, since most values are URLs
        for slot, value in zip(self.slots, values, strict=True):
            start, old, prefix, unit, first, lead, rest, room, guard, blank = slot
            written = prefix + (value if clean and b"=" not in value else _escape(value))
            column = lead if first else column + lead
            total = column + len(written)
            # A blank that an edit leaves at the end of a line is one that decoders drop.
            if total + rest <= room and (written or rest or not blank):
                edits.append(_new(RawEdit, (start, old, written)))
                column = total
            elif unit or guard or column >= _LONGEST or b"=" in written:
                edit, column = self._fold(slot, written, column)
                edits.append(edit)
            else:  # the same for the usual value, which may be cut anywhere
                cut = _CUT - column
                lines = [written[:cut], *[written[at : at + _CUT] for at in range(cut, len(written), _CUT)]]
                column = len(lines[-1]) if len(lines) > 1 else total
                if column + rest > room or not (rest or written):
                    lines.append(b"")
                    column = 0
                edits.append(_new(RawEdit, (start, old, self.soft_break.join(lines))))
        return edits

    def _fold(self, slot: _Slot, written: bytes, column: int, /) -> tuple[RawEdit, int]:
        """Write a value with soft breaks; also says how long the last line is up to its end."""
        start, old, soft_break = slot.start, slot.old, self.soft_break
        opening = b""
        if slot.unit:
            start -= slot.unit
            moved = self.raw[start : slot.start]
            old, opening, column = moved + old, soft_break + moved, slot.unit
        lines: list[bytes] = []
        position, size = 0, len(written)
        while (end := max(position, position + _CUT - column)) < size:
            if end > position and (escape := written.find(b"=", max(position, end - 2), end)) >= 0:
                end = escape
            lines.append(written[position:end])
            position, column = end, 0
        tail = written[position:]
        column += len(tail)
        if column + slot.rest <= slot.room and (tail or slot.rest or lines):
            lines.append(tail)
        elif slot.guard and len(tail) > 1 and 1 + slot.rest <= slot.room and b"=" not in tail[-3:]:
            lines += [tail[:-1], tail[-1:]]
            column = 1
        else:
            lines += [tail, b""]
            column = 0
        return RawEdit(start, old, opening + soft_break.join(lines)), column


def _escape(value: bytes, /) -> bytes:
    return _UNSAFE.sub(lambda found: _ESCAPED[found[0][0]], value)
