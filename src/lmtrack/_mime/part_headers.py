"""What the header fields of a message or part say about its content; a field that readers differ about is marked."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._deciding.override import find_controls
from lmtrack._headers import iter_fields
from lmtrack._mime.parameters import FieldValue, read_field

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmtrack._headers import HeaderField

_MEDIA_TYPE: Final = re.compile(r"[^/]++/[^/]++")
_BLANKS: Final = " \t\r\n"
_PREFIX: Final = "X-LM-Override-"  # Lettermint's; with other names such a message is left alone
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
    # A sender's parts say the same in every mail, but for the names of files.
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
    spans = [(0, 0), *((field.start, field.end) for field in find_controls(block, _PREFIX)), (len(block), len(block))]
    return read_part_headers(b"".join([block[end:start] for (_, end), (start, _) in pairwise(spans)]))


def read_fields(fields: Iterable[HeaderField], /, *, in_digest: bool = False) -> PartHeaders:
    """Read the header fields of a message or part."""
    found: dict[str, list[str]] = {}
    clear = True
    for name, value, _, _, certain in fields:
        clear = clear and certain
        if name[:8].lower() == "content-":
            found.setdefault(name.lower(), []).append(value.strip(_BLANKS))
    kind, kind_clear = _read(found.get("content-type"))
    encoding, encoding_clear = _read(found.get("content-transfer-encoding"))
    written = found.get("content-transfer-encoding", [""])[0]
    disposition, disposition_clear = _read(found.get("content-disposition"))
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


def _read(values: Iterable[str] | None, /) -> tuple[FieldValue, bool]:
    """Take a field apart; given twice it has to say the same twice."""
    if values is None:
        return _NOTHING, True
    first, *others = values
    read = read_field(first)
    return read, read.clear and all(other == first for other in others)


def _bare_id(written: str, /) -> str:
    return written.strip(" \t\r\n<>")
