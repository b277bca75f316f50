"""Which machine a URL of a mail leads to, however it is spelled.

Source: WHATWG URL, sections 4.4 "basic URL parser" and 3.5 "host parsing", read as generously as any client does: what
one of them might ask another machine for is remote.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from unicodedata import normalize
from urllib.parse import unquote

from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

# `file:` with a host is a share on a network; Outlook asks for it.
_SCHEMES: Final = frozenset(("http", "https", "ftp", "file"))
_ABSOLUTE: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*+):([/\\]*+)")
# Outer controls and blanks go, tabs and line ends inside too (4.4, first steps).
_OUTER: Final = "".join(map(chr, range(0x21)))
_DROPPED: Final = {ord(char): None for char in "\t\n\r"}
_NO_SLASHES: Final = re.compile(r"https?:(?=[^/\\])", re.IGNORECASE)
_PORT: Final = re.compile(r":[0-9]*+\Z")
# What may stand in a host once it is decoded (3.5, "forbidden domain code point").
_HOST: Final = compile_pattern(r"\[[0-9a-f:.]++\]|[^\x00-\x20#%/:<>?@\[\\\]^`{|}\x7f]{1,253}+")
_LONGEST_HOST: Final = 1_000  # our choice: RFC 1035 allows 253 octets
_LONGEST_LABEL: Final = 63  # RFC 1035, section 2.3.4
# UTS 46: these are dots, too (NFKC has turned the full-width one into one), and these are nothing.
_DOTS: Final = dict.fromkeys(map(ord, "\u3002\uff61"), ".")
_IGNORED: Final = dict.fromkeys(
    (
        0xAD,
        0x34F,
        0x180B,
        0x180C,
        0x180D,
        0x180F,
        0x200B,
        0x2060,
        0x2064,
        0xFEFF,
        *range(0xFE00, 0xFE10),
        *range(0x1BCA0, 0x1BCA4),
        *range(0xE0100, 0xE01F0),
    )
)
_LONGEST_SHOWN: Final = 2_000  # our choice: a longer URL says no more to a person


class Address(NamedTuple):
    """A remote URL taken apart.

    Attributes:
        url: As a reader would ask for it.
        host: In its one spelling; empty if it is none that exists.
        path: As written, without query and fragment.
        query: What follows the question mark, as written.
        bare: Whether there is neither user, query nor fragment.
    """

    url: str
    host: str
    path: str
    query: str
    bare: bool


def remote_url(text: str, base: str = "", /) -> str | None:
    """Give the absolute URL a value leads to; None if that is no other machine.

    A relative one counts if `base` (the document's own, itself remote) is given.
    """
    text = text.strip(_OUTER).translate(_DROPPED)
    match = _ABSOLUTE.match(text)
    if match is None:
        url = _slashed(text)
        if url.startswith("//"):
            return f"https:{url}" if (url := "//" + url.lstrip("/")) != "//" else None
        return _joined(base, url) if base and url and url[0] != "#" else None
    scheme = match[1].lower()
    if scheme not in _SCHEMES or (scheme == "file" and len(match[2]) in {0, 1, 3}):  # three: a file of the reader's own
        return None
    rest = _slashed(text[match.end() :])
    return f"{scheme}://{rest}" if rest else None


def remote_urls(text: str, bases: Sequence[str], /) -> list[str]:
    """Give every absolute URL a value leads to, resolved with each base, in order.

    A scheme without slashes is the base's own to browsers if it is the same, and another machine's to others.
    """
    found = [url for base in bases or ("",) if (url := remote_url(text, base))]
    if bases and (scheme := _NO_SLASHES.match(text := text.strip(_OUTER).translate(_DROPPED))):
        same = scheme[0].lower()
        found += [_joined(base, text[scheme.end() :]) for base in bases if base.startswith(same)]
    return list(dict.fromkeys(found))


def _slashed(text: str, /) -> str:
    """Turn the backslashes before query and fragment into slashes, as browsers do."""
    if "\\" not in text:
        return text
    end = min((at for mark in "?#" if (at := text.find(mark)) >= 0), default=len(text))
    return text[:end].replace("\\", "/") + text[end:]


class _Parts(NamedTuple):
    scheme: str
    authority: str
    path: str
    query: str | None
    fragment: str | None


def _parts(url: str, /) -> _Parts:
    scheme, _, rest = url.partition("://")
    rest, number_sign, fragment = rest.partition("#")
    rest, question_mark, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    return _Parts(scheme, authority, slash + path, query if question_mark else None, fragment if number_sign else None)


def _joined(base: str, url: str, /) -> str:
    parts = _parts(base)
    origin = f"{parts.scheme}://{parts.authority}"
    if url[0] == "/":
        return origin + url
    if url[0] == "?":
        return origin + parts.path + url
    return f"{origin}{parts.path[: parts.path.rfind('/')]}/{url}"


def address_of(url: str, /) -> Address:
    """Take apart what `remote_url` gave."""
    parts = _parts(url)
    _, at, host = parts.authority.rpartition("@")
    bare = not at and parts.query is None and parts.fragment is None
    return Address(url, host_of(_PORT.sub("", host)), parts.path, parts.query or "", bare)


def host_of(text: str, /) -> str:
    """Give a host name in its one spelling: decoded, lower case, `xn--`, no final dot; empty if it is none."""
    host = unquote(text).translate(_IGNORED)
    if len(host) > _LONGEST_HOST:
        return ""
    if host.isascii():
        host = host.lower()
    else:
        # One by one, since a sigma's small letter depends on what stands around it.
        host = normalize("NFKC", "".join(map(str.lower, normalize("NFKC", host)))).translate(_DOTS)
        host = ".".join(label if label.isascii() else _in_ascii(label) for label in host.split("."))
    host = host.rstrip(".")
    return host if _HOST.fullmatch(host) else ""


def _in_ascii(label: str, /) -> str:
    # Python's own codec knows the characters of 2002, and takes some for others that browsers no longer do.
    return "xn--" + label.encode("punycode").decode("ascii") if len(label) <= _LONGEST_LABEL else " "  # no host has one


def plain_path(path: str, /) -> str:
    """Decode a path and take out what servers ignore in it: `.`, `..` and empty segments."""
    kept: list[str] = []
    for segment in unquote(path).split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if path.endswith("/") and kept else "")


def shown(url: str, /) -> str:
    """Give a URL for a finding: whole, or its first 1,999 characters and an ellipsis."""
    return url if len(url) <= _LONGEST_SHOWN else url[: _LONGEST_SHOWN - 1] + "\u2026"
