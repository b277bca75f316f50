"""One grammar for URLs, in two strictnesses: what every reader agrees on, and what some client may ask for.

The strict reading is RFC 3986's: nothing is repaired, and the caller decides what to refuse. The forgiving one is the
WHATWG URL standard's (sections 4.4 "basic URL parser" and 3.5 "host parsing"), as generous as any client is: what one
of them might ask another machine for is remote. Both return the same parts, so that hosts, ports and paths are compared
in one way everywhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from unicodedata import normalize

from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

_PATH: Final = re.compile(r"[^?#]*+")

DEFAULT_PORTS: Final = {"https": "443", "http": "80"}

# RFC 3986 section 3.1.
SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*+):")
# RFC 3986 appendix B: each part ends where the next may begin, so every text has exactly one reading.
_PARTS: Final = compile_pattern(
    r"(?:([A-Za-z][A-Za-z0-9+.-]*+):)? (?://([^/?\#]*+))? ([^?\#]*+) (?:\?([^\#]*+))? (?:\#(.*+))?",
    re.VERBOSE | re.DOTALL,
)
_BRACKETED: Final = re.compile(r"(\[[^\]]*+\])(?::(.*+))?", re.DOTALL)

# `file:` with a host is a share on a network; Outlook asks for it.
_REMOTE_SCHEMES: Final = frozenset(("http", "https", "ftp", "file"))
_WITH_SLASHES: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*+):([/\\]*+)")
# Outer controls and blanks go, tabs and line ends inside too (4.4, first steps).
OUTER: Final = "".join(map(chr, range(0x21)))
DROPPED: Final = {ord(char): None for char in "\t\n\r"}
_DOTTED: Final = frozenset((".", "%"))  # how dot segments begin
_NO_SLASHES: Final = re.compile(r"https?:(?=[^/\\])", re.IGNORECASE)
# What may be in a host once it is decoded (3.5, "forbidden domain code point").
_HOST: Final = compile_pattern(r"\[[0-9a-f:.]++\]|[^\x00-\x20#%/:<>?@\[\\\]^`{|}\x7f]{1,253}+")
_PLAIN_HOST: Final = compile_pattern(r"[a-z0-9-]++(?:\.[a-z0-9-]++)*+")
_LONGEST_HOST: Final = 1_000  # our choice: RFC 1035 allows 253 bytes
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


class Url(NamedTuple):
    """A URL taken apart by RFC 3986 appendix B; None where a part is missing, which an empty one is not.

    Attributes:
        scheme: Lower case; empty if there is none.
        authority: User, host and port as written.
        path: As written.
        query: What follows the first question mark, as written.
        fragment: What follows the first number sign, as written.
    """

    scheme: str
    authority: str | None
    path: str
    query: str | None
    fragment: str | None

    @property
    def origin(self) -> str:
        """The URL up to its path."""
        return f"{self.scheme}://{self.authority}"


class Authority(NamedTuple):
    """An authority taken apart by RFC 3986 section 3.2, each piece as written; None where a piece is missing."""

    user: str | None
    host: str
    port: str | None


def read_url(text: str, /) -> Url:
    """Take a URL apart as it is written; never fails, linear.

    >>> read_url("https://shop.example:8080/a?b#c")
    Url(scheme='https', authority='shop.example:8080', path='/a', query='b', fragment='c')
    """
    scheme, authority, path, query, fragment = _PARTS.fullmatch(text).groups()  # type: ignore[union-attr]  # matches all
    return Url((scheme or "").lower(), authority, path, query, fragment)


def read_authority(text: str, /) -> Authority:
    """Take an authority apart as it is written; never fails.

    >>> read_authority("ann@[::1]:443")
    Authority(user='ann', host='[::1]', port='443')
    """
    user, at, rest = text.rpartition("@")
    literal = _BRACKETED.fullmatch(rest)
    if literal:
        return Authority(user if at else None, literal[1], literal[2])
    host, colon, port = rest.partition(":")
    return Authority(user if at else None, host, port if colon else None)


def effective_port(scheme: str, port: str | None, /) -> str:
    """Write a port in one way: without leading zeros, and empty for the scheme's default (WHATWG URL 4.4).

    >>> effective_port("https", "0443"), effective_port("http", "443")
    ('', '443')
    """
    number = port and (port.lstrip("0") or "0")
    return "" if not number or number == DEFAULT_PORTS.get(scheme) else number


def plain_host(text: str, /) -> str:
    """Write a host in one way: decoded, lower case, `xn--`, no final dot; empty if it is none.

    >>> plain_host("Shop%2eExample."), plain_host("a b")
    ('shop.example', '')
    """
    if _PLAIN_HOST.fullmatch(text) and len(text) <= 253:
        return text
    from urllib.parse import unquote  # noqa: PLC0415 - rare in mail, and 2 ms of every import

    host = unquote(text).translate(_IGNORED)
    if len(host) > _LONGEST_HOST:
        return ""
    if host.isascii():
        host = host.lower()
    else:
        # One by one, since a sigma's small letter depends on what is around it.
        host = normalize("NFKC", "".join(map(str.lower, normalize("NFKC", host)))).translate(_DOTS)
        host = ".".join(label if label.isascii() else _in_ascii(label) for label in host.split("."))
    host = host.rstrip(".")
    return host if _HOST.fullmatch(host) else ""


def _in_ascii(label: str, /) -> str:
    # Python's own codec knows the characters of 2002, and takes some for others that browsers no longer do.
    return "xn--" + label.encode("punycode").decode() if len(label) <= _LONGEST_LABEL else " "  # no host has one


def host_of(url: str, /) -> str:
    """Return the host of an absolute URL in its one spelling; empty if there is none.

    >>> host_of("https://ann@Shop.example:8080/")
    'shop.example'
    """
    return plain_host(read_authority(read_url(url).authority or "").host)


def join(base: Url, reference: str, /) -> str:
    """Resolve a reference without scheme and authority against a base (RFC 3986 section 5.2).

    Empty segments are kept, as browsers do; `urljoin` drops them, so that `go/https://shop.example/` would lead
    elsewhere. Dot segments go, percent-encoded ones too (WHATWG URL 4.4, "path state").

    >>> join(read_url("https://shop.example/a/b?c"), "../d?e")
    'https://shop.example/d?e'
    """
    path = _PATH.match(reference)[0]  # type: ignore[index]  # matches all
    behind = reference[len(path) :]
    if not path:
        joined = base.path or "/"
        if not behind.startswith("?") and base.query is not None:
            behind = f"?{base.query}{behind}"
    elif path.startswith("/"):
        joined = without_dots(path)
    else:
        joined = without_dots(base.path[: base.path.rfind("/") + 1] or "/", path)
    return f"{base.origin}{joined}{behind}"


def without_dots(folder: str, reference: str = "", /) -> str:
    """Append a path to a folder and take the dot segments out; a folder that ends in a slash holds none."""
    if not reference:
        folder, reference = "/", folder.removeprefix("/")
    end = len(folder)
    kept: list[str] = []
    segments = reference.split("/")
    for index, segment in enumerate(segments):
        dots = segment.lower().replace("%2e", ".") if segment[:1] in _DOTTED else segment
        if dots not in {".", ".."}:
            kept.append(segment)
            continue
        if dots == ".." and kept:
            kept.pop()
        elif dots == "..":
            end = folder.rfind("/", 0, end - 1) + 1 or 1
        if index == len(segments) - 1:
            kept.append("")
    return folder[:end] + "/".join(kept)


def plain_path(path: str, /) -> str:
    """Decode a path and take out what servers ignore in it: `.`, `..` and empty segments.

    >>> plain_path("/t//%63/./x/")
    '/t/c/x/'
    """
    from urllib.parse import unquote  # noqa: PLC0415 - 2 ms of every import

    kept: list[str] = []
    for segment in unquote(path).split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {"", "."}:
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if path.endswith("/") and kept else "")


# The forgiving reading


def cleaned(text: str, /) -> str:
    """Drop what clients drop from a URL: outer blanks and controls, and tabs and line ends wherever they stand."""
    return text.strip(OUTER).translate(DROPPED)


def remote_url(text: str, base: str = "", /) -> str | None:
    """Return the absolute URL a value leads to; None if that is not another machine.

    A relative one counts if `base` (the document's own, itself remote) is given.

    >>> remote_url(" HTTP:shop.example"), remote_url("mailto:ann@shop.example")
    ('http://shop.example', None)
    """
    return next(iter(_remote(cleaned(text), [read_url(base)] if base else [])), None)


def remote_urls(text: str, bases: Sequence[Url], /) -> list[str]:
    """Return every absolute URL a value leads to, resolved with each base, in order.

    A scheme without slashes is the base's own to browsers if it is the same, and another machine's to others.
    """
    text = cleaned(text)
    found = _remote(text, bases)
    if bases and (scheme := _NO_SLASHES.match(text)):
        same, reference = scheme[0].lower().removesuffix(":"), text[scheme.end() :]
        found += [join(base, reference) for base in bases if base.scheme == same]
    return list(dict.fromkeys(found)) if found[1:] else found


def _remote(text: str, bases: Sequence[Url], /) -> list[str]:
    match = _WITH_SLASHES.match(text)
    if match is None:
        url = _slashed(text)
        if url.startswith("//"):
            return [f"https:{url}"] if (url := "//" + url.lstrip("/")) != "//" else []
        return [join(base, url) for base in bases] if url and url[0] != "#" else []
    scheme = match[1].lower()
    if scheme not in _REMOTE_SCHEMES or (scheme == "file" and len(match[2]) in {0, 1, 3}):  # three: the reader's own
        return []
    rest = _slashed(text[match.end() :])
    return [f"{scheme}://{rest}"] if rest else []


def _slashed(text: str, /) -> str:
    """Turn the backslashes before query and fragment into slashes, as browsers do."""
    if "\\" not in text:
        return text
    end = min((index for mark in "?#" if (index := text.find(mark)) >= 0), default=len(text))
    return text[:end].replace("\\", "/") + text[end:]


def browser_url(url: str, /) -> str:
    """Write a URL as browsers ask for it where its author left blanks in it: `%20` behind the host, tabs dropped.

    WHATWG URL 4.4: tabs and line ends go wherever they stand; a space is percent-encoded in path, query and fragment,
    and fails in a host. Nothing else is changed, and nothing at all if the host holds one.

    >>> browser_url("https://shop.example/our lamps.pdf")
    'https://shop.example/our%20lamps.pdf'
    """
    if url.isprintable() and " " not in url:
        return url
    text = url.translate(DROPPED)
    if SCHEME.match(text) is None:
        return url
    parts = read_url(text)
    return url if parts.authority is None or " " in parts.authority else text.replace(" ", "%20")


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


def address_of(url: str, /) -> Address:
    """Take apart what `remote_url` returned."""
    parts = read_url(url)
    authority = parts.authority or ""
    user, host = None, authority
    if not _PLAIN_HOST.fullmatch(authority):  # of nearly all that is all there is
        user, host, _ = read_authority(authority)
    bare = user is None and parts.query is None and parts.fragment is None
    return Address(url, plain_host(host), parts.path, parts.query or "", bare)
