"""What a message's own header says to a tracker: wishes to remove, signatures to respect, ways to unsubscribe."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from lmtrack._headers import find_body, iter_fields, unfold
from lmtrack._mime.raw_edit import RawEdit
from lmtrack._override import Override, parse_headers

# RFC 6376, RFC 8617, RFC 1864, RFC 4870, and the one Google adds of its own: any change breaks them.
_SIGNATURES: Final = frozenset(("dkim-signature", "content-md5", "domainkey-signature", "x-google-dkim-signature"))
_SIGNATURE_PREFIX: Final = "arc-"
_LIST_UNSUBSCRIBE: Final = "list-unsubscribe"
# RFC 2369 section 2: URIs in angle brackets; blanks inside come from folding and do not count.
_URI: Final = re.compile(r"<([^<>]*+)>")
_BLANKS: Final = re.compile(r"[ \t\r\n]++")
_ORIGIN: Final = re.compile(r"([A-Za-z]++://[^/?#]*+)(/?+)([^#]*+)")
_ENCODED_WORD: Final = re.compile(r"=\?[^?\s]++\?[bBqQ]\?[^?\s]*+\?=")


class MessageHeaders(NamedTuple):
    """The header fields that matter to tracking.

    Attributes:
        signed: Whether the message is signed as it stands.
        unsubscribe: The message's List-Unsubscribe URLs, as `unsubscribe_key` writes them.
    """

    signed: bool
    unsubscribe: frozenset[str]


class Controls(NamedTuple):
    """What a message's own override headers say, and what takes them out."""

    override: Override
    removals: tuple[RawEdit, ...]


def read_message_headers(raw: bytes, /) -> MessageHeaders:
    """Read the header of a message; never fails, linear."""
    signed = False
    unsubscribe: list[str] = []
    for field in iter_fields(raw):
        name = field.name.lower()
        signed = signed or name in _SIGNATURES or name.startswith(_SIGNATURE_PREFIX)
        if name == _LIST_UNSUBSCRIBE:
            unsubscribe += _uris(field.value)
    return MessageHeaders(signed, frozenset(map(unsubscribe_key, unsubscribe)))


def read_controls(raw: bytes, prefix: str, /) -> Controls:
    """Find a message's override headers, malformed ones too.

    Raises:
        TypeError: `prefix` is no str.
        ValueError: `prefix` is no header name.
    """
    block = raw[: find_body(raw)[1]]
    override = parse_headers(block, prefix=prefix)
    wanted = prefix.lower()
    return Controls(
        override,
        tuple(
            RawEdit(field.start, raw[field.start : field.end], b"")
            for field in iter_fields(block)
            if field.name.lower().startswith(wanted)
        ),
    )


def unsubscribe_key(url: str, /) -> str:
    """Write URLs that lead to the same place in one way: host and scheme in lower case, no fragment, no empty path."""
    parts = _ORIGIN.match(url)
    return f"{parts[1].lower()}/{parts[3]}" if parts else url


def _uris(value: str, /) -> list[str]:
    text = unfold(value)
    if _ENCODED_WORD.search(text):  # against RFC 2369, and the standard library does it to long ones
        from email.header import decode_header, make_header  # noqa: PLC0415 - rarely needed

        try:
            text = str(make_header(decode_header(text)))
        except (LookupError, ValueError):  # an unknown charset, octets that are none of it, broken base64
            return []
    return [_BLANKS.sub("", uri) for uri in _URI.findall(text)]
