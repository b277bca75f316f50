"""Base64, edited where it is: all before the first edit stays as it is written (RFC 2045 section 6.8).

After an edit nothing can stay, because three bytes make four letters. What follows is encoded again, in lines as long
as before. Only a body that every decoder reads alike is edited: lines of letters, one padding, at the very end.
Decoders that meet two padded blocks stop after the first, so encoding such a body again could delete half a message.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, b2a_base64
from functools import lru_cache
from itertools import chain
from struct import Struct
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._mime.raw_edit import NO_INSTEAD, FilledBody, RawEdit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lmtrack._mime.raw_edit import Span

_BLANKS: Final = b" \t\r\n"
_LINE: Final = re.compile(rb"[A-Za-z0-9+/=]++")
_LONGEST: Final = 76
_BLOCK: Final = 64  # lines


def _decode(letters: bytes, /) -> bytes:
    """Decode strictly; before Python 3.13 the strict mode takes more padding than there is room for."""
    if len(letters) % 4 or letters.endswith(b"==="):
        raise Error("excess padding")
    return a2b_base64(letters, strict_mode=True)


class Base64Body:
    """A base64 body; `content` is empty and `sound` False if decoders read it differently."""

    __slots__ = ("_end", "_eol", "_raw", "_start", "content", "sound")

    def __init__(self, raw: bytes, start: int, end: int, eol: bytes, /) -> None:
        self._raw, self._start, self._end, self._eol = raw, start, end, eol
        try:
            self.content = _decode(raw[start:end].translate(None, _BLANKS))
        except Error:
            self.content = b""
            self.sound = False
        else:
            self.sound = True

    def cut(self, spans: list[Span], /) -> Base64Stencil:
        """Find the letter from which everything is written again."""
        raw, start = self._raw, self._start
        end = start + len(raw[start : self._end].rstrip(_BLANKS))
        kept = spans[0][0] // 3 * 3
        offset = self._find_letter(kept // 3 * 4, end)
        column = offset - max(raw.rfind(b"\n", start, offset) + 1, start)
        pieces: list[_Piece] = []
        position = kept
        for begin, stop, _ in spans:
            pieces.append(_Piece(self.content[position:begin]))
            position = stop
        pieces.append(_Piece(self.content[position:]))
        first = _LINE.search(raw, start, end)
        width = first.end() - first.start() if first and first.end() < end else _LONGEST
        return Base64Stencil(offset, raw[offset:end], self._eol, column, min(width, _LONGEST), pieces)

    def _find_letter(self, letter: int, end: int, /) -> int:
        """Where a letter is, or the end of all: no letter takes less than a byte, so that many bytes can be passed."""
        position = self._start
        while letter and position < end:
            passed = self._raw[position : min(position + letter, end)]
            position += len(passed)
            letter -= len(passed.translate(None, _BLANKS))
        while position < end and self._raw[position] in _BLANKS:
            position += 1
        return position


class _Piece:
    """Content between two holes, encoded once for each way it can be aligned in groups of three bytes."""

    __slots__ = ("_content", "_cuts")

    def __init__(self, content: bytes, /) -> None:
        self._content = content
        self._cuts: dict[int, tuple[bytes, bytes, bytes]] = {}

    def cut(self, skip: int, /) -> tuple[bytes, bytes, bytes]:
        """Return the bytes that complete a group, the letters of all whole groups behind, and the bytes left over."""
        cut = self._cuts.get(skip)
        if cut is None:
            end = max(len(self._content) - skip, 0) // 3 * 3 + skip
            letters = b2a_base64(self._content[skip:end], newline=False)
            cut = self._cuts[skip] = (self._content[:skip], letters, self._content[end:])
        return cut


class Base64Stencil(NamedTuple):
    """Holes in a base64 body."""

    offset: int
    old: bytes
    eol: bytes
    column: int
    width: int
    pieces: list[_Piece]

    def fill(self, values: list[bytes], instead: Mapping[int, bytes] = NO_INSTEAD, /) -> FilledBody:  # noqa: ARG002 - all fits
        """Write the values between the pieces, and all of it as base64."""
        encoded: list[bytes] = []
        pending = bytearray()  # where slots are close together, no piece completes a group: it gets long
        for piece, value in zip(self.pieces, [*values, b""], strict=True):
            opening, whole, rest = piece.cut(-len(pending) % 3)
            pending += opening
            if whole:
                encoded += (b2a_base64(pending, newline=False), whole)
                pending.clear()
            pending += rest
            pending += value
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
        return FilledBody([RawEdit(self.offset, self.old, self.eol.join(lines))], [])


def _cut(letters: bytes, width: int, /) -> list[bytes]:
    """Cut into lines, by the block: in half the time that slicing takes."""
    blocks = len(letters) // (width * _BLOCK) * width * _BLOCK
    lines = list(chain.from_iterable(_block_of(width).iter_unpack(memoryview(letters)[:blocks])))
    lines += [letters[start : start + width] for start in range(blocks, len(letters), width)]
    return lines


@lru_cache(maxsize=_LONGEST)
def _block_of(width: int, /) -> Struct:
    return Struct(f"{width}s" * _BLOCK)
