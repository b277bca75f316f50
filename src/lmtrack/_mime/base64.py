"""Base64, edited where it stands: all before the first edit stays as it is written (RFC 2045 section 6.8).

After an edit nothing can stay, because three octets make four letters. What follows is encoded anew, in lines as long
as before. Only a body that every decoder reads alike is edited: lines of letters, one padding, at the very end.
Decoders that meet two padded blocks stop after the first, so writing such a body anew could delete half a mail.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, b2a_base64
from bisect import bisect_right
from functools import lru_cache
from itertools import accumulate, chain
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._mime.raw_edit import RawEdit

if TYPE_CHECKING:
    from lmtrack._mime.raw_edit import Span

_BLANKS: Final = b" \t\r\n"
_LINE: Final = re.compile(rb"[A-Za-z0-9+/=]++")
_STRICT: Final = re.compile(rb"[A-Za-z0-9+/]*+={0,2}+")
_LONGEST: Final = 76
_BLOCK: Final = 64  # lines


class Base64Body:
    """A base64 body; `content` is empty and `sound` False if decoders read it differently."""

    __slots__ = ("_end", "_eol", "_lines", "_raw", "_start", "content", "sound")

    def __init__(self, raw: bytes, start: int, end: int, eol: bytes, /) -> None:
        self._raw, self._start, self._end, self._eol = raw, start, end, eol
        self._lines: list[tuple[int, int]] | None = None
        self.content = b""
        letters = raw[start:end].translate(None, _BLANKS)
        self.sound = len(letters) % 4 == 0 and _STRICT.fullmatch(letters) is not None
        if self.sound:
            self.content = a2b_base64(letters)

    def place(self, spans: list[Span], /) -> Base64Places:
        """Find the letter from which everything is written anew."""
        if self._lines is None:
            self._lines = [line.span() for line in _LINE.finditer(self._raw, self._start, self._end)]
        lines = self._lines
        letter = min(start for start, _, _ in spans) // 3 * 4
        ends = list(accumulate(end - start for start, end in lines))
        number = bisect_right(ends, letter)
        if number < len(lines):
            offset = lines[number][0] + letter - (ends[number - 1] if number else 0)
        else:  # nothing is there, or an insertion stands at its very end
            offset = lines[-1][1] if lines else self._start
        column = offset - max(self._raw.rfind(b"\n", self._start, offset) + 1, self._start)
        width = min(lines[0][1] - lines[0][0], _LONGEST) if len(lines) > 1 else _LONGEST
        end = lines[-1][1] if lines else offset
        kept = letter // 4 * 3
        pieces: list[_Piece] = []
        position = kept
        for start, stop, _ in spans:
            pieces.append(_Piece(self.content[position:start]))
            position = stop
        pieces.append(_Piece(self.content[position:]))
        return Base64Places(offset, self._raw[offset:end], self._eol, column, width, pieces)


class _Piece:
    """Content between two places, encoded once for each way it can be aligned in groups of three octets."""

    __slots__ = ("_content", "_cuts")

    def __init__(self, content: bytes, /) -> None:
        self._content = content
        self._cuts: dict[int, tuple[bytes, bytes, bytes]] = {}

    def cut(self, skip: int, /) -> tuple[bytes, bytes, bytes]:
        """Give the octets that complete a group, the letters of all whole groups behind, and the octets left over."""
        cut = self._cuts.get(skip)
        if cut is None:
            end = max(len(self._content) - skip, 0) // 3 * 3 + skip
            letters = b2a_base64(self._content[skip:end], newline=False)
            cut = self._cuts[skip] = (self._content[:skip], letters, self._content[end:])
        return cut


class Base64Places(NamedTuple):
    """Places in a base64 body."""

    offset: int
    old: bytes
    eol: bytes
    column: int
    width: int
    pieces: list[_Piece]

    def fill(self, values: list[bytes], /) -> list[RawEdit] | None:
        """Write the values between the pieces, and all of it as base64."""
        encoded: list[bytes] = []
        pending = b""
        for piece, value in zip(self.pieces, [*values, b""], strict=True):
            opening, whole, rest = piece.cut(-len(pending) % 3)
            pending += opening
            if whole:
                encoded += (b2a_base64(pending, newline=False), whole)
                pending = b""
            pending += rest + value
        encoded.append(b2a_base64(pending, newline=False))
        letters = b"".join(encoded)
        room = self.width - self.column
        if self.column and room > 0:
            first, letters = letters[:room], letters[room:]
        else:
            first = b""
        lines = _cut(letters, self.width)
        if self.column and (first or lines):
            lines.insert(0, first)
        return [RawEdit(self.offset, self.old, self.eol.join(lines))]


def _cut(letters: bytes, width: int, /) -> list[bytes]:
    """Cut into lines, by the block: in half the time that slicing takes."""
    blocks = len(letters) // (width * _BLOCK) * width * _BLOCK
    lines = list(chain.from_iterable(_block_of(width).iter_unpack(memoryview(letters)[:blocks])))
    lines += [letters[start : start + width] for start in range(blocks, len(letters), width)]
    return lines


@lru_cache(maxsize=_LONGEST)
def _block_of(width: int, /) -> Struct:
    return Struct(f"{width}s" * _BLOCK)
