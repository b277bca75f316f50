"""What an encoded body may stand for: its bytes, and then its characters, in every reading that a program may have.

There is one answer where decoders agree, several and a problem where not. In all charsets of today's mail but a few,
the bytes of ASCII mean ASCII, and then every program sees the same tags and the same hosts, whatever it takes the rest
for. The few (UTF-16, UTF-7, ISO-2022, EBCDIC and their like) are read by the label, by what the document says of
itself, and as ASCII too, for programs that do not know them.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_qp
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.finding import FindingKind
from lmtrack._mime.charsets import (
    BYTE_ORDER_MARKS,
    MULTI_BYTE,
    NOT_ASCII,
    codec_named,
    codec_of,
    is_unsafe,
    read_content,
)
from lmtrack._mime.walk import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Iterator

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


# RFC 2781 section 4.3 has UTF-16 without a mark in big-endian order, WHATWG in little-endian.
_ORDERS: Final = {"utf-16": ("utf-16-le", "utf-16-be"), "utf-32": ("utf-32-le", "utf-32-be")}
# Where a byte of ASCII may be the second of a character.
_SWALLOWING: Final = MULTI_BYTE.keys() - {"utf-8"}
# What a document says of itself: HTML's `meta`, XML's declaration, CSS's `@charset`.
_DECLARED: Final = re.compile(
    rb"(?i:(?:charset|encoding)[ \t\r\n]*+=[ \t\r\n]*+[\"']?|@charset[ \t\r\n]*+[\"'])([A-Za-z0-9_.:-]{2,40}+)"
)
_MOST_DECLARED: Final = 2  # our choice: a document has one

_UNKNOWN: Final = Problem(FindingKind.UNDECODABLE, "its charset is unknown")
_WRONG: Final = Problem(
    FindingKind.UNDECODABLE, "its bytes are invalid in its charset, and programs handle that differently"
)
_DISGUISED: Final = Problem(FindingKind.UNDECODABLE, "its bytes look like a different charset from the one it declares")


class Characters(NamedTuple):
    """What a content stands for: its readings, the most likely one first, and what is not sure about them."""

    readings: tuple[str, ...]
    problems: tuple[Problem, ...] = ()


def read_characters(content: bytes, label: str | None, /) -> Characters:
    """Read a content by its label and in every other way that programs may; never fails, linear."""
    if label is not None and not label.strip("\"' \t\r\n"):
        label = None
    view = read_content(content, label)
    readings: list[str] = []
    problems: list[Problem] = []
    labels = [one for one in (label, *_declared(content)) if one is not None and is_unsafe(one, b"")]
    for odd in labels:
        decoded, problem = _by_label(content, odd)
        readings += decoded
        problems += problem
    if not labels and is_unsafe(None, content):
        problems.append(_DISGUISED)
        for guess in ("utf-16", "iso2022_jp_2"):
            readings += _decoded(content, guess)[0]
    if label is not None and label not in labels:
        codec = codec_of(label)
        if codec is None:
            problems.append(_UNKNOWN)
        elif codec in _SWALLOWING and not view.explained:
            decoded, problem = _decoded(content, codec)
            readings += decoded
            problems += problem
    if not readings and not problems and b"\0" in content:
        readings.append(view.shown().replace("\0", ""))  # some programs pass over it, and read a tag around it
    # Programs that do not know a charset, or trust another sign than the label, see ASCII where ASCII stands.
    return Characters(tuple(dict.fromkeys([*readings, view.shown()])), tuple(dict.fromkeys(problems)))


def _declared(content: bytes, /) -> Iterator[str]:
    found = dict.fromkeys(match[1].lower() for match in _DECLARED.finditer(content))
    unsafe = [label for octets in found if is_unsafe(label := octets.decode("ascii"), b"")]
    return iter(unsafe[:_MOST_DECLARED])


def _by_label(content: bytes, label: str, /) -> tuple[list[str], list[Problem]]:
    codec = codec_named(label)
    return _decoded(content, codec) if codec in NOT_ASCII else ([], [_UNKNOWN])


def _decoded(content: bytes, codec: str, /) -> tuple[list[str], list[Problem]]:
    orders = _ORDERS.get(codec, (codec,))
    if len(orders) > 1 and content.startswith(BYTE_ORDER_MARKS):
        orders = (codec,)
    readings: list[str] = []
    problems: list[Problem] = []
    for order in orders:
        try:
            readings.append(content.decode(order))
        except UnicodeDecodeError:
            readings.append(content.decode(order, "replace"))
            problems.append(_WRONG)
    return readings, problems
