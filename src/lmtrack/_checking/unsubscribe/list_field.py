"""The value of a List-Unsubscribe field, taken apart by RFC 2369 section 2 and by what senders write instead."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from lmtrack._headers import BLANKS
from lmtrack._linking import placeholders
from lmtrack._mime.part_headers import COMMENT_SIGN
from lmtrack._url.reader import SCHEME, address_of, read_authority, read_url

# RFC 2047 section 2.
_ENCODED_WORD: Final = re.compile(r"=\?[^?\s]++\?[bBqQ]\?[^?]*+\?=")
_PIECE: Final = re.compile(
    r"""
      (?P<gap> [ \t\r\n]++ )
    | (?P<comma> , )
    | (?P<comment> \( )
    | < (?P<uri> [^<>]*+ ) >
    | (?P<bare> [^ \t\r\n,(<]++ | < )
    """,
    re.VERBOSE,
)
_OUTER: Final = " \t\r\n"
# RFC 3986 section 2: a URI is written in these; brackets stand around an IPv6 address only.
# `&amp;` is HTML's, and makes another parameter of what follows.
_NOT_IN_URI: Final = re.compile(r"[^!#-;=?-Z_a-z~]|%(?![0-9A-Fa-f]{2})|&amp;")
_PORT: Final = re.compile(r"0*+(?:[0-9]{0,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])")
_MAILBOX: Final = re.compile(r"[^?@]++@[^?@]|[^?]*?%40[^?]", re.IGNORECASE)  # RFC 6068 section 2: what it is sent to
_HOST_IN_BRACKETS: Final = re.compile(r"(//)\[[0-9A-Fa-f:.]*+\]")
# What template languages beside those of `lmtrack.links` leave behind: MailPoet's `[link:...]` and every other use of
# brackets and braces, none of which a URI may hold. Each stops where another could begin, so a row is read once.
_TEMPLATE: Final = re.compile(r"\[[^\[\]]*+\]|\{[^{}]*+\}|<%|%>")


class Uri(NamedTuple):
    """One URI of the field.

    Attributes:
        text: Without the blanks in it.
        scheme: Lower case; empty if there is none.
        split: Whether there were blanks or a line end in it.
        end: Where it ends on its line; on the first one, in the value.
        is_first: Whether it is on the first line.
    """

    text: str
    scheme: str
    split: bool
    end: int = 0
    is_first: bool = True


class ListField(NamedTuple):
    """A field taken apart.

    Attributes:
        uris: In order, those without angle brackets too.
        encoded: Whether there is an encoded word; then nothing else is read.
        well_formed: Whether it is a list of URIs in angle brackets.
    """

    uris: tuple[Uri, ...]
    encoded: bool
    well_formed: bool


def read_list_field(value: str, /) -> ListField:
    """Take a field's value apart, which may still be folded; never fails, linear."""
    if _ENCODED_WORD.search(value):
        return ListField((), encoded=True, well_formed=False)
    uris: list[Uri] = []
    well_formed = True
    between = True  # whether a comma, or the beginning, was the last thing that counts
    position = line = seen = 0
    while piece := _PIECE.match(value, position):
        position = piece.end()
        kind = piece.lastgroup
        if kind == "comment":
            position = _comment_end(value, piece.start())
            if position < 0:
                return ListField(tuple(uris), encoded=False, well_formed=False)
        elif kind == "comma":
            between = True
        elif kind in {"uri", "bare"}:
            uri = _uri(piece[kind])
            well_formed = well_formed and kind == "uri" and between and _is_absolute(uri)
            between = False
            if kind == "uri" or uri.scheme or is_placeholder(uri.text):
                line = max(line, value.rfind("\n", seen, position) + 1)
                seen = position
                uris.append(uri._replace(end=position - line, is_first=not line))
    return ListField(tuple(uris), encoded=False, well_formed=well_formed and bool(uris))


def _comment_end(value: str, start: int, /) -> int:
    depth = 0
    for sign in COMMENT_SIGN.finditer(value, start):
        depth += {"(": 1, ")": -1}.get(sign[0], 0)
        if depth == 0:
            return sign.end()
    return -1


def _uri(written: str, /) -> Uri:
    inner = written.strip(_OUTER)
    text = BLANKS.sub("", inner)
    scheme = SCHEME.match(text)
    return Uri(text, scheme[1].lower() if scheme else "", len(text) != len(written))


def _is_absolute(uri: Uri, /) -> bool:
    """Return whether it leads somewhere at all; a placeholder is another matter."""
    if is_placeholder(uri.text):
        return True
    rest = uri.text[len(uri.scheme) + 1 :]
    if uri.scheme in {"http", "https"}:
        port = read_authority(read_url(uri.text).authority or "").port or ""
        return rest.startswith("//") and bool(address_of(uri.text).host) and _PORT.fullmatch(port) is not None
    if uri.scheme == "mailto":
        return _MAILBOX.match(rest) is not None
    return bool(uri.scheme) and not rest.startswith("?") and bool(rest)


def is_placeholder(text: str, /) -> bool:
    """Return whether a URL holds what a template would have replaced."""
    return _TEMPLATE.search(_HOST_IN_BRACKETS.sub(r"\1host", text)) is not None or placeholders.is_placeholder(text)


def has_bad_character(uri: str, /) -> bool:
    """Return whether a URI holds anything that none may hold."""
    return _NOT_IN_URI.search(_HOST_IN_BRACKETS.sub(r"\1host", uri)) is not None
