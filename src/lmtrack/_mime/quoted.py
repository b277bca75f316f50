"""Quoted-printable, edited where it is: every byte beside an edit stays as it is written (RFC 2045 section 6.7).

A new value begins on the line of the old one and is folded with soft line breaks, so that no line we write is over 76
bytes, and none begins with what a gateway or a mailbox would change. What other encoders got wrong (bare `=`, lines
that are too long) is read as the standard library reads it and stays.
"""

from __future__ import annotations

import re
from binascii import a2b_qp
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._mime.raw_edit import NO_INSTEAD, Content, FilledBody, RawEdit, splice_octets
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lmtrack._mime.raw_edit import Span

_LONGEST: Final = 76
_CUT: Final = _LONGEST - 1  # without the `=` of a soft break
# What is longer than what it stands for: an escape, a soft break (to the next LF, as the standard library has it),
# a doubled `=` of broken encoders, and one with which the body ends. A `=` before anything else stands for itself.
_UNIT: Final = re.compile(rb"=(?:[0-9A-Fa-f]{2}|\n|\r[^\n]*+\n?+|=|\Z)")
# Whole units, none of them broken.
_SOUND: Final = compile_pattern(rb"[^=]*+(?:=(?:[0-9A-Fa-f]{2}|\r?+\n)[^=]*+)*+")
# Our choice: everything printable but `=` stays, as RFC 2045 lets it; so do blanks, except where a line ends.
_UNSAFE: Final = re.compile(rb"[^\n -<>-~]| (?=\n)")
_LINE_ENDS: Final = re.compile(rb"\r\n?+")
# What begins no line that is written: a dot, which SMTP doubles and gateways have lost (RFC 5321 section 4.5.2), a
# hyphen, which may begin a delimiter, and `From `, which a mailbox changes (both RFC 2049 section 3).
_RISKY: Final = re.compile(rb"\.|-(?=-|\Z)|F(?=rom |r?o?m?\Z)")
_RISKY_REST: Final = re.compile(rb"(?=\.|-(?:-|\Z)|F(?:rom |r?o?m?\Z))[.F-]++")
_BEGINS_BADLY: Final = re.compile(rb"\n(?=\.|--|From )")
_RISKY_SIGNS: Final = b".-F"
_LONGEST_RISKY: Final = len(b"From ")
# What may go on to be a delimiter: signs that a boundary may hold (RFC 2046 section 5.1.1), and a space.
_OF_DELIMITER: Final = re.compile(rb"-(?:-[0-9A-Za-z'()+_,./:=? -]*+)?")
_ESCAPED: Final = {octet: b"=%02X" % octet for octet in range(256)}
_new = tuple.__new__  # a named tuple's own takes twice as long


class _Hole(NamedTuple):
    """A stretch of the encoded body that values are written to, and what is around it on its line."""

    start: int
    old: bytes
    first: bool  # on its line
    lead: int  # bytes between what comes before it on its line and it
    rest: int  # bytes from its end to the next hole on its line, or to the line's end
    room: int  # how long its line may get with the rest
    plain: bool  # whether the bytes beside it matter to nobody


class QuotedBody:
    """A quoted-printable body."""

    __slots__ = ("_end", "_eol", "_raw", "_start", "content")

    def __init__(self, raw: bytes, start: int, end: int, eol: bytes, /) -> None:
        self._raw, self._start, self._end, self._eol = raw, start, end, eol
        self.content = a2b_qp(memoryview(raw)[start:end])  # a copy is slow where memory is new

    def cut(self, spans: list[Span], /) -> QuotedStencil:
        """Find the spans, and what is around them on their lines."""
        raw = self._raw
        located = self._locate(spans)
        holes: list[_Hole] = []
        line_end = before = -1
        for number, (start, end) in enumerate(located):
            first = start > line_end
            if first:
                before = max(raw.rfind(b"\n", self._start, start) + 1, self._start)
            found = raw.rfind(b"\r", before, start) + 1
            if found:  # some readers end a line there
                first, before = True, found
            if end > line_end:
                line_end = self._line_end(end)
            following = located[number + 1][0] if number + 1 < len(located) else line_end + 1
            last = following > line_end
            rest = (line_end if last else following) - end
            plain = b"=" not in raw[max(start - 2, before) : start] and raw[end : end + 1] not in _RISKY_SIGNS
            if first and before < start and raw[before] == 0x2D and _OF_DELIMITER.fullmatch(raw, before, start):
                plain = False
            room = _LONGEST if last else _CUT
            holes.append(_new(_Hole, (start, raw[start:end], first, start - before, rest, room, plain)))
            before = end
        return QuotedStencil(raw, self._eol, holes)

    def _locate(self, spans: list[Span], /) -> list[tuple[int, int]]:
        """Find where spans of the content are written: behind a soft break before them, before one behind them."""
        raw, end = self._raw, self._end
        located: list[tuple[int, int]] = []
        encoded, decoded = self._start, 0
        for span in spans:
            start, stop, _ = span
            if start > decoded:
                encoded = self._advance(encoded, start - decoded)
            while raw[encoded : encoded + 1] == b"=" and raw[encoded + 1 : encoded + 2] in {b"\r", b"\n"}:
                found = raw.find(b"\n", encoded, end)
                if found < 0:  # a soft break that never ends: what comes last goes before it
                    break
                encoded = found + 1
            begin, decoded = encoded, stop
            if stop > start:
                encoded = self._find_end(encoded, start, stop)
            located.append((begin, encoded))
        return located

    def _find_end(self, encoded: int, start: int, stop: int, /) -> int:
        """Find where a span ends that begins here: most often at the first sign like the one behind it, a quote."""
        raw, content, size = self._raw, self.content, stop - start
        found = raw.find(content[stop : stop + 1], encoded + size, encoded + 4 * size) if stop < len(content) else -1
        if (
            found >= 0
            and raw[found - 1] != 0x0A
            and _SOUND.fullmatch(raw, encoded, found)
            and a2b_qp(raw[encoded:found]) == content[start:stop]
        ):
            return found
        return self._advance(encoded, size)

    def _advance(self, encoded: int, count: int, /) -> int:
        """Go on from the beginning of a unit over a number of decoded bytes.

        No byte is written in less than one byte. So the lines that end within the next `count` bytes can be decoded at
        once and are never too many; as each LF ends a unit, they decode by themselves as they do in the body.
        """
        raw, end = self._raw, self._end
        while cut := raw.rfind(b"\n", encoded, encoded + count) + 1:
            count -= len(a2b_qp(raw[encoded:cut]))
            encoded = cut
        if raw.find(b"=", encoded, encoded + count) < 0:  # plain to its end
            return encoded + count
        for unit in _UNIT.finditer(raw, encoded, end):
            start, stop = unit.span()
            if start - encoded >= count:
                break
            count -= start - encoded
            encoded = stop
            if raw[start + 1] not in b"\r\n":
                count -= 1
                if not count:
                    break
        return encoded + count

    def _line_end(self, position: int, /) -> int:
        """Where the line ends, without its CR and LF."""
        found = self._raw.find(b"\n", position, self._end)
        if found < 0:
            return self._end
        return found - 1 if found > position and self._raw[found - 1] == 0x0D else found


class RequotedBody:
    """A body in lines that is written again as quoted-printable, since a value may hold what its lines cannot."""

    __slots__ = ("_encoded", "_offset", "_old", "_quoted", "content")

    def __init__(self, raw: bytes, start: int, end: int, eol: bytes, /) -> None:
        self._offset, self._old = start, raw[start:end]
        empty = QuotedBody(b"", 0, 0, eol).cut([(0, 0, Content.NOTHING)])
        self._encoded = empty.fill([self._old]).edits[0].new
        self._quoted = QuotedBody(self._encoded, 0, len(self._encoded), eol)
        self.content = self._quoted.content

    def cut(self, spans: list[Span], /) -> RequotedStencil:
        """Find the spans in what is written."""
        return RequotedStencil(self._offset, self._old, self._encoded, self._quoted.cut(spans))


class RequotedStencil(NamedTuple):
    """Holes in a body that is written again."""

    offset: int
    old: bytes
    encoded: bytes
    stencil: QuotedStencil

    def fill(self, values: list[bytes], instead: Mapping[int, bytes] = NO_INSTEAD, /) -> FilledBody:
        """Write one value in each hole, and the body around them."""
        edits, left = self.stencil.fill(values, instead)
        return FilledBody([RawEdit(self.offset, self.old, splice_octets(self.encoded, edits))], left)


class QuotedStencil(NamedTuple):
    """Holes in a quoted-printable body."""

    raw: bytes
    eol: bytes
    holes: list[_Hole]

    def fill(self, values: list[bytes], instead: Mapping[int, bytes] = NO_INSTEAD, /) -> FilledBody:  # noqa: ARG002 - all fits
        """Write one value in each hole."""
        edits: list[RawEdit] = []
        soft_break = b"=" + self.eol
        column = 0  # of the line that is being written
        clean = _is_clean(b"".join(values))  # one look at all, since most values are URLs
        for hole, value in zip(self.holes, values, strict=True):
            start, old, first, lead, rest, room, plain = hole
            column = lead if first else column + lead
            if plain and 0 < column < _LONGEST and rest and b"=" not in value and (clean or _is_clean(value)):
                total = column + len(value)
                if total + rest <= room:
                    edits.append(_new(RawEdit, (start, old, value)))
                    column = total
                    continue
                cut = _CUT - column
                lines = [value[:cut], *[value[at : at + _CUT] for at in range(cut, len(value), _CUT)]]
                is_folded = len(lines) > 1
                last = len(lines[-1]) if is_folded else total
                is_short = is_folded and last < _LONGEST_RISKY  # it may be the beginning of something
                if last + rest > room:
                    lines.append(b"")
                    last = 0
                written = soft_break.join(lines)
                if not (is_short or _BEGINS_BADLY.search(written)):
                    edits.append(_new(RawEdit, (start, old, written)))
                    column = last
                    continue
            edit, column = self._fill_carefully(hole, value, column)
            edits.append(edit)
        return FilledBody(edits, [])

    def _fill_carefully(self, hole: _Hole, value: bytes, column: int, /) -> tuple[RawEdit, int]:
        """Write a value, with regard to the bytes around it; also says in which column of its line it ends."""
        raw, soft_break = self.raw, b"=" + self.eol
        start, end, begin, rest = hole.start, hole.start + len(hole.old), hole.start - hole.lead, hole.rest
        written = _escape(value)
        if back := _bare_before(raw, begin, start):
            start, column = start - back, column - back
            written = b"=3D" + raw[start + 1 : start + back] + written
        if hole.first and _OF_DELIMITER.fullmatch(raw, begin, start):
            written = _ESCAPED[0x2D] + raw[begin + 1 : start] + written
            start, column = begin, 0
        lines: list[bytes] = []
        if column >= _LONGEST:  # no room for the `=` of a soft break: the character before it moves to the next line
            moved = start
            start = _last_unit(raw, begin, start)
            written = raw[start:moved] + written
            lines.append(b"")
            column = 0
        first, *others = written.split(b"\n")
        if others or not rest:
            first = _without_blank(first)
            others[-1:] = [_without_blank(other) if not rest else other for other in others[-1:]]
        column = _fold(first, column, lines)
        new = soft_break.join(lines)
        if not new and (others or not rest) and raw[start - 1 : start] in {b" ", b"\t"}:
            new = soft_break  # a blank that an edit leaves at the end of a line
            column = 0
        parts = [new]
        for other in others:
            lines = []
            column = _fold(other, 0, lines)
            parts += (self.eol, soft_break.join(lines))
        new = b"".join(parts)
        if column + rest > hole.room:
            new += soft_break
            column = 0
        if not column and (risky := _RISKY_REST.match(raw, end, end + rest)):
            new += b"".join([_ESCAPED[octet] for octet in risky[0]])
            end = risky.end()
            column = 2 * len(risky[0])
            if column + rest > hole.room:
                new += soft_break
                column = -len(risky[0])
        return RawEdit(start, raw[start:end], new), column


def _is_clean(value: bytes, /) -> bool:
    """Return whether all of a value is printable ASCII, which needs no escape but for `=` and a blank at the end."""
    return value.isascii() and value.decode("ascii").isprintable()


def _fold(written: bytes, column: int, lines: list[bytes], /) -> int:
    """Cut one encoded line into lines that soft breaks go between; return the column in which the last one ends."""
    position, size = 0, len(written)
    while True:
        opening = b""
        if not column and _RISKY.match(written, position):
            opening = _ESCAPED[written[position]]
            position += 1
        column += len(opening)
        end = max(position, position + _CUT - column)
        if end >= size:
            lines.append(opening + written[position:])
            return column + size - position
        if end > position and (escape := written.find(b"=", max(position, end - 2), end)) >= 0:
            end = escape
        lines.append(opening + written[position:end])
        position, column = end, 0


def _without_blank(written: bytes, /) -> bytes:
    """Spell a blank at the end of a line so that no decoder drops it."""
    return written[:-1] + _ESCAPED[written[-1]] if written.endswith((b" ", b"\t")) else written


def _escape(value: bytes, /) -> bytes:
    """Write the bytes of a value; line ends are LF for now."""
    if _is_clean(value):  # a pixel's tag, say
        return value.replace(b"=", _ESCAPED[0x3D])
    if b"\r" in value:
        value = _LINE_ENDS.sub(b"\n", value)
    return _UNSAFE.sub(lambda found: _ESCAPED[found[0][0]], value)


def _bare_before(raw: bytes, begin: int, start: int, /) -> int:
    """How far before a hole a bare `=` is that could be read together with what is written there; 0 for none."""
    before = raw[max(start - 2, begin) : start]
    if b"=" not in before:
        return 0
    ends = {end for _, end in _units(raw, begin, start)}
    if start in ends:
        return 0
    if before.endswith(b"="):
        return 1
    return 0 if start - 1 in ends else 2


def _last_unit(raw: bytes, begin: int, start: int, /) -> int:
    """Where the character before a hole is written, with a bare `=` before it."""
    begins = {end: begin for begin, end in _units(raw, begin, start)}
    unit = begins.get(start, start - 1)
    return unit - 1 if unit > begin and raw[unit - 1] == 0x3D and unit not in begins else unit


def _units(raw: bytes, begin: int, end: int, /) -> list[tuple[int, int]]:
    """Whatever is longer than what it stands for, in a stretch of one line that begins with a unit."""
    return [unit.span() for unit in _UNIT.finditer(raw, begin, end) if unit.end() - unit.start() > 1]
