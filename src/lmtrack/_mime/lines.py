"""A body that is sent as it is (7bit, 8bit, binary), edited in place, with no line over what SMTP carries.

A line that gets too long is broken inside its tags, where a line end means no more than the blank it precedes. What
still does not fit is left as it was, by itself: the other holes of its line are filled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._headers import LONGEST_LINE
from lmtrack._mime.raw_edit import NO_INSTEAD, Content, FilledBody, RawEdit, splice_octets
from lmtrack._rewriting.edits import break_before, fit_lines
from lmtrack.links import Edit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lmtrack._mime.raw_edit import Span

NO_LIMIT: Final = 1 << 62
_LINE_END: Final = re.compile(rb"[\r\n]")
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
    has_slot: bool
    may_delimit: bool  # whether it begins with a hole or a hyphen, or holds what some take for a line end


class LinesBody:
    """A body that is its own content."""

    __slots__ = ("_delimiters", "_end", "_eol", "_is_html", "_limit", "_line_break", "_raw", "_start", "content")

    def __init__(
        self,
        raw: bytes,
        start: int,
        end: int,
        eol: bytes,
        /,
        *,
        is_html: bool,
        limit_octets: int = LONGEST_LINE,
        delimiters: tuple[bytes, ...] = (),
    ) -> None:
        self._raw, self._start, self._end, self._eol, self._limit = raw, start, end, eol, limit_octets
        self._is_html = is_html
        self._delimiters = delimiters
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
                has_slot = line.has_slot or content is Content.SLOT
                may_delimit = line.may_delimit or line_end > line.end
                lines[-1] = _new(_Line, (line.start, line_end, kept, line.first, number + 1, has_slot, may_delimit))
            else:
                found = raw.rfind(self._line_break, shift, begin)
                line_start = found + len(self._line_break) if found >= 0 else shift
                line_end = self._line_end(stop)
                kept = line_end - line_start - (stop - begin)
                has_slot = content is Content.SLOT
                may_delimit = line_start == begin or raw[line_start] == 0x2D
                may_delimit = may_delimit or _LINE_END.search(raw, line_start, line_end) is not None
                lines.append(_new(_Line, (line_start, line_end, kept, number, number + 1, has_slot, may_delimit)))
        return LinesStencil(raw, self._eol, self._limit, holes, lines, self._is_html, self._delimiters)

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
    is_html: bool
    delimiters: tuple[bytes, ...]

    def without_limit(self) -> LinesStencil:
        """The same holes, whatever lines come of them."""
        return self._replace(limit_octets=NO_LIMIT)

    def fill(self, values: list[bytes], instead: Mapping[int, bytes] = NO_INSTEAD, /) -> FilledBody:
        """Write one value in each hole that its line has room for."""
        filled = FilledBody([], [])
        edits, holes, limit = filled.edits, self.holes, self.limit_octets
        for line in self.lines:
            _, _, kept, first, last, has_slot, may_delimit = line
            before = len(edits)
            new: Sequence[bytes]
            if last - first == 1:  # nearly every line
                new = (values[first],)
                size = len(values[first])
            else:
                new = values[first:last]
                size = sum(map(len, new))
            if kept + size <= limit:
                for (start, old, _), value in zip(holes[first:last], new, strict=True):
                    edits.append(_new(RawEdit, (start, old, value)))
                unsure = has_slot and (may_delimit or b"\n" in b"".join(new))
            else:
                self._break(line, new, instead, filled)
                unsure = has_slot
            if unsure and self._is_bad(line, edits[before:]):
                filled.left.extend([number for number in range(first, last) if holes[number].content is Content.SLOT])
        return filled

    def _is_bad(self, line: _Line, edits: list[RawEdit], /) -> bool:
        """Return whether a line is longer with values than it may be, or begins like one that ends the part.

        RFC 2046 section 5.1.1: the rest of such a line does not matter. Some readers end a line at any CR or LF.
        """
        source = self.raw[line.start : line.end]
        written = splice_octets(source, [edit._replace(offset=edit.offset - line.start) for edit in edits])
        longest = max(self.limit_octets, *map(len, source.split(self.eol)))
        if any(len(one) > longest for one in written.split(self.eol)):
            return True
        return any(one.startswith(self.delimiters) for one in _LINE_END.split(written))

    def _break(self, line: _Line, values: Sequence[bytes], given: Mapping[int, bytes], filled: FilledBody, /) -> None:
        """Fill the holes of a line that has to be broken; it is read byte by byte, in whatever charset."""
        shift, raw = line.start, self.raw
        # A bare LF that ends no line is a blank like any other.
        text = raw[shift : line.end].decode("latin-1").replace("\n", "\f")
        edits: list[Edit] = []
        instead: dict[int, str] = {}
        numbers: dict[int, int] = {}
        for number, value in enumerate(values, line.first):
            start, old, content = self.holes[number]
            written = value.decode("latin-1").replace("\r\n", "\n")
            edit = Edit(start - shift, text[start - shift : start - shift + len(old)], written)
            edits.append(edit)
            if content in {Content.LINK, Content.PIXEL}:
                kept = given.get(number)
                instead[edit.offset] = edit.old if kept is None else kept.decode("latin-1")
                numbers[edit.offset] = number
        fitted = fit_lines(
            text,
            edits,
            self.limit_octets,
            instead=instead,
            size_of=len,
            find_break=break_before if self.is_html else _nowhere,
        )
        for edit in fitted.edits:
            start = edit.offset + shift
            new = edit.new.encode("latin-1").replace(b"\n", self.eol)
            filled.edits.append(RawEdit(start, raw[start : start + len(edit.old)], new))
        filled.left.extend(sorted(numbers[offset] for offset in fitted.given_up))


def _nowhere(text: str, start: int, /) -> int:  # noqa: ARG001 - in plain text every line end is seen
    return -1
