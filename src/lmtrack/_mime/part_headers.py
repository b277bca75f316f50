"""What the header fields of a message or part say about its content, with parameters (RFC 2045 section 5.1, RFC 2231).

A field that readers would take apart differently (a quote that never ends, a parameter given twice with different
values, words where none belong) is marked as such: a part is then left alone rather than read in one of the ways.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._deciding.override import PREFIX, find_controls
from lmtrack._headers import iter_fields, unfold
from lmtrack._mime.fields import ESCAPED
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmtrack._headers import HeaderField

# RFC 2045 section 5.1. Beyond ASCII everything is taken too: names of files are written so. Linear: each piece is
# decided by its first character, every repeat is possessive, and a quote that never ends takes the rest with it.
_VALUE: Final = re.compile(r"[^ \t\r\n()<>@,;:\\\"=\[\]?]++")
_NAME: Final = re.compile(r"([^ \t\r\n()<>@,;:\\\"=\[\]?/*]++)(?:\*(0|[1-9][0-9]{0,2}+))?(\*)?")
_QUOTED: Final = compile_pattern(r'"((?:[^"\\]|\\.)*+)("?+)', re.DOTALL)
# Boundaries such as `----=_Part_1` stand bare in much mail; the RFC wants quotes around `=`, `/`, `:` and their like.
_BARE: Final = re.compile(r"[^ \t\r\n();\"\\]++")
_REST: Final = compile_pattern(r'(?:[^;"]|"(?:[^"\\]|\\.)*+(?:"|\\?+\Z))*+', re.DOTALL)
_BLANK_RUN: Final = re.compile(r"[ \t\r\n]*+")
COMMENT_SIGN: Final = re.compile(r"[()]|\\.", re.DOTALL)
_PERCENT: Final = re.compile(r"%([0-9A-Fa-f]{2})")

# What nearly every field is: a word, or one with one parameter. Both are read at a tenth of the price.
_PLAIN_VALUE: Final = re.compile(r"[A-Za-z0-9/.+-]++")
_PLAIN_PARAMETER: Final = re.compile(
    r"([A-Za-z0-9/.+-]++);(?:\r?\n)?[ \t]*+([A-Za-z0-9-]++)=(?:([A-Za-z0-9=_.+/:'?-]++)|\"([^\"\\\r\n]*+)\")"
)


class FieldValue(NamedTuple):
    """A value and its parameters.

    Attributes:
        value: Lower case, such as `text/html` or `attachment`; empty if there is none.
        parameters: By lower-case name, as they are meant: without quotes, joined and unescaped. Bytes beyond ASCII are
            characters of Latin-1.
        clear: False if readers differ about the field.
    """

    value: str
    parameters: dict[str, str]
    clear: bool


def read_field(text: str, /) -> FieldValue:
    r"""Take a field's value apart; never fails, linear.

    >>> read_field('Text/HTML; charset="utf-8" (yes)')
    FieldValue(value='text/html', parameters={'charset': 'utf-8'}, clear=True)
    """
    if _PLAIN_VALUE.fullmatch(text):
        return FieldValue(text.lower(), {}, clear=True)
    if plain := _PLAIN_PARAMETER.fullmatch(text):
        value = plain[3] if plain[4] is None else plain[4]
        return FieldValue(plain[1].lower(), {plain[2].lower(): value}, clear=True)
    text = unfold(text)
    position, clear = _skip(text, 0)
    value = _VALUE.match(text, position)
    sections: list[tuple[str, int, bool, str]] = []
    if value:
        position, ended = _skip(text, value.end())
        clear = clear and ended
    while position < len(text):
        position, parameter, understood = _parameter(text, position)
        clear = clear and understood
        if parameter:
            sections.append(parameter)
    parameters, joined = _join(sections)
    return FieldValue(value[0].lower() if value else "", parameters, clear and joined and value is not None)


def _parameter(text: str, position: int, /) -> tuple[int, tuple[str, int, bool, str] | None, bool]:
    """Read from one semicolon to the next: where that is, what was there, and whether it was understood."""
    understood = text[position] == ";"
    position, ended = _skip(text, position + understood)
    understood = understood and ended
    if text[position : position + 1] in {"", ";"}:  # a semicolon too many
        return position, None, understood
    parameter = None
    if name := _NAME.match(text, position):
        position, ended = _skip(text, name.end())
        if ended and text.startswith("=", position):
            position, ended = _skip(text, position + 1)
            if quoted := _QUOTED.match(text, position):
                value, ended = ESCAPED.sub(r"\1", quoted[1]), ended and bool(quoted[2])
                position = quoted.end()
            else:
                bare = _BARE.match(text, position)
                value, ended = bare[0] if bare else "", ended and bare is not None
                position = bare.end() if bare else position
            parameter = (name[1].lower(), int(name[2] or -1), bool(name[3]), value)
            position, closed = _skip(text, position)
            understood = understood and ended and closed
    end = _REST.match(text, position)
    rest = end.end() if end else position  # it matches always, the empty string too
    return rest, parameter, understood and parameter is not None and rest == position


def _skip(text: str, position: int, /) -> tuple[int, bool]:
    """Where the blanks and comments end that begin here, and whether every comment did."""
    while True:
        blanks = _BLANK_RUN.match(text, position)
        position = blanks.end() if blanks else position
        if not text.startswith("(", position):
            return position, True
        depth = 0
        for sign in COMMENT_SIGN.finditer(text, position):
            depth += {"(": 1, ")": -1}.get(sign[0], 0)
            if depth == 0:
                position = sign.end()
                break
        else:
            return len(text), False


def _join(sections: list[tuple[str, int, bool, str]], /) -> tuple[dict[str, str], bool]:
    """Put continued parameters together (RFC 2231 section 3) and undo their percent escapes (section 4)."""
    parameters: dict[str, str] = {}
    clear = True
    continued: dict[str, dict[int, str]] = {}
    for name, number, extended, written in sections:
        value = written
        if extended:
            if number <= 0:  # charset'language'value, in the first section only
                value = value.split("'", 2)[-1]
            value = _PERCENT.sub(lambda escape: chr(int(escape[1], 16)), value)
        if number >= 0:
            clear = clear and continued.setdefault(name, {}).setdefault(number, value) == value
        else:
            clear = clear and parameters.setdefault(name, value) == value
    for name, pieces in continued.items():
        value = "".join(pieces[number] for number in sorted(pieces))
        clear = clear and sorted(pieces) == list(range(len(pieces))) and parameters.setdefault(name, value) == value
    return parameters, clear


_MEDIA_TYPE: Final = re.compile(r"[^/]++/[^/]++")
_BLANKS: Final = " \t\r\n"
_LONGEST_KEPT: Final = 200
_NOTHING: Final = FieldValue("", {}, clear=True)


class PartHeaders(NamedTuple):
    """What the fields say.

    Attributes:
        content_type: Lower case; without a field `text/plain`, in a digest `message/rfc822` (RFC 2046 section 5.1.5).
        boundary: Bytes of the `boundary` parameter; empty without one.
        charset: The `charset` parameter; None without one.
        encoding: The transfer encoding, lower case; `7bit` without a field.
        attached: Whether the disposition is another one than `inline` (RFC 2183 section 2.8).
        named: Whether the part has a file name.
        content_id: The Content-ID without its angle brackets; empty without one.
        root_id: The `start` parameter of a multipart/related, without brackets.
        checksum: Whether there is a Content-MD5 (RFC 1864).
        flowed: Whether the text is format=flowed (RFC 3676).
        delsp: Whether lines of the text that end in a blank are joined without it (RFC 3676 section 4.1).
        clear: Whether readers agree about the fields that matter.
    """

    content_type: str
    boundary: bytes
    charset: str | None
    encoding: str
    attached: bool
    named: bool
    content_id: str
    root_id: str
    checksum: bool
    flowed: bool
    delsp: bool
    clear: bool


def read_part_headers(block: bytes, /, *, in_digest: bool = False) -> PartHeaders:
    """Read the header block of a message or part; never fails, linear."""
    # A sender's parts say the same in every message, but for the names of files.
    if len(block) <= _LONGEST_KEPT and b"name" not in block:
        return _read_short(block, in_digest)
    return read_fields(iter_fields(block), in_digest=in_digest)


@lru_cache(maxsize=256)
def _read_short(block: bytes, in_digest: bool, /) -> PartHeaders:  # noqa: FBT001 - internal
    return read_fields(iter_fields(block), in_digest=in_digest)


def read_top_headers(block: bytes, fields: Iterable[HeaderField], /) -> PartHeaders:
    """Read the header of a whole message; a malformed override header, which will be removed, confuses nobody."""
    headers = read_fields(fields)
    if headers.clear:
        return headers
    spans = [(0, 0), *((field.start, field.end) for field in find_controls(block, PREFIX)), (len(block), len(block))]
    return read_part_headers(b"".join([block[end:start] for (_, end), (start, _) in pairwise(spans)]))


def read_fields(fields: Iterable[HeaderField], /, *, in_digest: bool = False) -> PartHeaders:
    """Read the header fields of a message or part."""
    found: dict[str, list[str]] = {}
    clear = True
    for name, value, _, _, certain in fields:
        clear = clear and certain
        if name[:8].lower() == "content-":
            found.setdefault(name.lower(), []).append(value.strip(_BLANKS))
    kind, kind_clear = _read_values(found.get("content-type"))
    encoding, encoding_clear = _read_values(found.get("content-transfer-encoding"))
    written = found.get("content-transfer-encoding", [""])[0]
    disposition, disposition_clear = _read_values(found.get("content-disposition"))
    content_type = kind.value
    if "content-type" not in found:
        content_type = "message/rfc822" if in_digest else "text/plain"
    elif not _MEDIA_TYPE.fullmatch(content_type):  # RFC 2045 section 5.2 has it read as plain text
        content_type, kind_clear = "text/plain", False
    return PartHeaders(
        content_type=content_type,
        # Blanks at the end of a delimiter line are padding, so at the end of a boundary they cannot count.
        boundary=kind.parameters.get("boundary", "").rstrip(" \t").encode("latin-1", "replace"),
        charset=kind.parameters.get("charset"),
        encoding=encoding.value or "7bit",
        attached=disposition.value not in {"", "inline"},
        named="filename" in disposition.parameters or "name" in kind.parameters,
        content_id=_bare_id(found.get("content-id", [""])[0]),
        root_id=_bare_id(kind.parameters.get("start", "")),
        checksum="content-md5" in found,
        flowed=kind.parameters.get("format", "").lower() == "flowed",
        delsp=kind.parameters.get("delsp", "").lower() == "yes",
        # Some readers take `base64;` or `base64 (really)` for base64, others for an encoding they do not know.
        clear=clear and kind_clear and encoding_clear and encoding.value == written.lower() and disposition_clear,
    )


def _read_values(values: Iterable[str] | None, /) -> tuple[FieldValue, bool]:
    """Take a field apart; given twice it has to say the same twice."""
    if values is None:
        return _NOTHING, True
    first, *others = values
    read = read_field(first)
    return read, read.clear and all(other == first for other in others)


def _bare_id(written: str, /) -> str:
    return written.strip(" \t\r\n<>")
