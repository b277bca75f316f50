"""What bytes an encoded body may stand for: one answer where decoders agree, several and a problem where not."""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_qp
from typing import Final, NamedTuple

from lmtrack._checking.finding import FindingKind
from lmtrack._mime.walk import IDENTITY

# RFC 2045 section 6.7. A blank between `=` and the line end goes for some (rule 3 takes it off), stays for others.
_BROKEN_QUOTED: Final = re.compile(rb"=(?![0-9A-Fa-f]{2}|\r*+\n|\Z)")
_QUOTED_CUT: Final = re.compile(rb"=[0-9A-Fa-f]?+\Z")
_UNIT: Final = re.compile(rb"=(?:([0-9A-Fa-f]{2})|[ \t]*+\r*+\n|\Z)")

_BLANKS: Final = b" \t\r\n"
_LETTERS: Final = re.compile(rb"[A-Za-z0-9+/]++")
_SOUND: Final = re.compile(rb"[A-Za-z0-9+/]*+={0,2}+")


class Problem(NamedTuple):
    """Why a content is not sure."""

    kind: FindingKind
    why: str


class Octets(NamedTuple):
    """What a body stands for.

    Attributes:
        readings: Its content as decoders have it, the most likely one first; at least one.
        problem: Why there may be others; None if there are none.
    """

    readings: tuple[bytes, ...]
    problem: Problem | None = None


def read_octets(body: bytes, encoding: str, /, *, closed: bool) -> Octets:
    """Undo a transfer encoding; `closed` says whether the body's end is sure. Never fails, linear."""
    if encoding in IDENTITY:
        return Octets((body,))
    if encoding == "quoted-printable":
        return _quoted(body, closed=closed)
    if encoding == "base64":
        return _base64(body)
    return Octets((body,), Problem(FindingKind.UNDECODABLE, "its transfer encoding is unknown"))


def _quoted(body: bytes, /, *, closed: bool) -> Octets:
    content = a2b_qp(body)
    cut = _QUOTED_CUT.search(body, max(len(body) - 2, 0))
    if cut and not (closed and cut[0] == b"="):
        return _several(Problem(FindingKind.TRUNCATED, "its last escape is cut off"), content, _leniently(body))
    if _BROKEN_QUOTED.search(body):
        why = "its quoted-printable is broken, and programs repair it differently"
        return _several(Problem(FindingKind.UNDECODABLE, why), content, _leniently(body))
    return Octets((content,))


def _several(problem: Problem, /, *readings: bytes) -> Octets:
    return Octets(tuple(dict.fromkeys(readings)), problem)


def _leniently(body: bytes, /) -> bytes:
    """Decode what is an escape and leave everything else, as most programs do."""
    return _UNIT.sub(lambda unit: bytes.fromhex(unit[1].decode("ascii")) if unit[1] else b"", body)


def _base64(body: bytes, /) -> Octets:
    letters = body.translate(None, _BLANKS)
    if _SOUND.fullmatch(letters):
        if len(letters) % 4 == 0:
            return Octets((a2b_base64(letters),))
        return Octets((_block(letters.rstrip(b"=")),), Problem(FindingKind.TRUNCATED, "its base64 ends in the middle"))
    # Foreign bytes are passed over or end it; a padding in the middle ends it or begins another block.
    blocks = [b"".join(_LETTERS.findall(block)) for block in letters.split(b"=")]
    whole = b"".join(map(_block, blocks))
    problem = Problem(FindingKind.UNDECODABLE, "its base64 is broken, and programs repair it differently")
    return _several(problem, whole, _block(b"".join(blocks)), _block(b"".join(_LETTERS.findall(letters)[:1])))


def _block(letters: bytes, /) -> bytes:
    """Decode letters that may lack their padding, or the last of their kind."""
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return a2b_base64(letters + b"=" * (-len(letters) % 4))
