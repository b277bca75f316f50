"""What a message's own header says to a tracker: wishes to remove, signatures to respect, ways to unsubscribe."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, a2b_qp
from typing import Final, NamedTuple

from lmtrack._deciding.override import Override, parse_headers
from lmtrack._headers import find_body, iter_fields, unfold
from lmtrack._mime.raw_edit import RawEdit

# RFC 6376, RFC 8617, RFC 1864, RFC 4870, and the one Google adds of its own: any change breaks them.
_SIGNATURES: Final = frozenset(("dkim-signature", "content-md5", "domainkey-signature", "x-google-dkim-signature"))
_SIGNATURE_PREFIX: Final = "arc-"
_LIST_UNSUBSCRIBE: Final = "list-unsubscribe"
# RFC 2369 section 2: URIs in angle brackets; blanks inside come from folding and do not count.
_URI: Final = re.compile(r"<([^<>]*+)>")
_BLANKS: Final = re.compile(r"[ \t\r\n]++")
# Some write the URL without brackets.
_BARE_URI: Final = re.compile(r"[hH][tT][tT][pP][sS]?://[^\s<>\",]++")
_SCHEME: Final = re.compile(r"([A-Za-z]++://)([^/?#]*+)/?+([^#]*+)")
_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]++")
_LONGEST_HOST: Final = 253  # RFC 1035 section 3.1, as text
# RFC 2047 section 2; between two of them blanks do not count (section 6.2).
_ENCODED_WORD: Final = re.compile(r"=\?[^?\s]++\?([bBqQ])\?([^?\s]*+)\?=")
_BETWEEN_WORDS: Final = re.compile(r"(?<=\?=)[ \t\r\n]++(?==\?)")


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
    """Write URLs that lead to the same place in one way.

    Scheme and host are in lower case, letters beyond ASCII as a browser sends them; no fragment, no empty path.
    """
    parts = _SCHEME.match(url)
    if parts is None:
        return url
    scheme, host, rest = parts.groups()
    rest = _BEYOND_ASCII.sub(_escaped, _ESCAPE.sub(lambda escape: escape[0].upper(), rest))
    return f"{scheme.lower()}{_ascii_host(host.lower())}/{rest}"


def _ascii_host(host: str, /) -> str:
    if host.isascii() or len(host) > _LONGEST_HOST:
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def _escaped(found: re.Match[str], /) -> str:
    return "".join(f"%{octet:02X}" for octet in found[0].encode("utf-8", "surrogatepass"))


def _uris(value: str, /) -> list[str]:
    text = _as_utf8(unfold(value).encode("latin-1"))
    texts = [text]
    if _ENCODED_WORD.search(text):  # against RFC 2369, and the standard library does it to long ones
        texts.append(_ENCODED_WORD.sub(_decoded, _BETWEEN_WORDS.sub("", text)))
    return [_BLANKS.sub("", uri) for text in texts for uri in _URI.findall(text) or _BARE_URI.findall(text)]


def _decoded(word: re.Match[str], /) -> str:
    """Read an encoded word; its charset does not matter, as a URL is ASCII in each."""
    octets = word[2].encode("utf-8")
    try:
        return _as_utf8(a2b_qp(octets, header=True) if word[1] in "qQ" else a2b_base64(octets + b"=="))
    except Error:  # one letter too many
        return ""


def _as_utf8(octets: bytes, /) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")
