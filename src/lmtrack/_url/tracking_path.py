"""Which of a tracking domain's paths a URL asks for: one answer for every reader of one of our URLs.

Between the message and the host a URL is wrapped, linked, logged, proxied and typed off: its host may be in capitals,
its path escaped or without the base, and what follows the token belongs to others. The URL is forgiven much, the token
nothing: it has one spelling, and its reader says whether that is it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from lmtrack._pattern import compile_pattern
from lmtrack._url.reader import cleaned, effective_port, plain_host, read_authority, read_url, remote_url, without_dots

PathKind: TypeAlias = Literal["o", "c", "w", "u"]

# A token is at most 4,096 characters and a base URL 2,048, each of which may be escaped as three; the rest of a longer
# path says nothing. The slack keeps a token that is too long from being cut to one that is not.
_LIMIT: Final = 3 * (4096 + 2048) + 16

_QUERY: Final = re.compile(r"[?#]")
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_SLASHES: Final = re.compile(r"//++")
_KIND: Final = re.compile(r"/([ocwu])/")
# A token never ends in a dash or a low line (mail clients cut those), so its end is certain: from the first sign that
# cannot be its own on, a run of dashes and low lines included, everything was added by others (13 programs that make
# links of text were tried, November 2026).
_TOKEN: Final = compile_pattern(r"(?:[_-]*+[A-Za-z0-9]++)++")
# An open may be called an image, because some clients want to see the type; a click or a page that is called one was
# made by a scanner. `.tvs` is `.gif` by ROT13.
_IMAGE: Final = re.compile(r"\.(?:gif|tvs)(?![A-Za-z0-9])", re.IGNORECASE)
_SCHEME: Final = re.compile(r"https?:", re.IGNORECASE)


class TrackingBase(NamedTuple):
    """A tracking domain's base URL, ready to be compared; made by `read_base`."""

    host: str
    port: str
    path: str


class TrackingPath(NamedTuple):
    """One of our paths.

    Attributes:
        kind: `o` for an open, `c` for a click, `w` for a withdrawal, `u` for leaving a list.
        token: What stands where the token belongs, unverified; all that is left of the path if it can be none.
        under_base: Whether the base path stands before the kind; a proxy may have cut it.
    """

    kind: PathKind
    token: str
    under_base: bool


@lru_cache(maxsize=64)
def read_base(base_url: str, /) -> TrackingBase:
    """Take apart a base URL that a tracking domain has accepted."""
    parts = read_url(base_url)
    authority = read_authority(parts.authority or "")
    return TrackingBase(plain_host(authority.host), effective_port(parts.scheme, authority.port), parts.path)


def locate(target: str, base: TrackingBase, /) -> TrackingPath | None:
    """Find kind and token in an absolute URL; None if it is none of our paths. Content is never refused."""
    path = _path_on_host(target, base)
    return None if path is None else path_in(path, base.path)


def locate_request(target: str, base: TrackingBase, /) -> TrackingPath | None:
    """Find kind and token in a request target, which is a path, or a URL if a proxy was asked (RFC 9112 3.2)."""
    path = requested_path(target, base)
    return None if path is None else path_in(path, base.path)


def requested_path(target: str, base: TrackingBase, /) -> str | None:
    """Return the path of a request target, still escaped, without its query; None if another host is meant."""
    path: str | None = target
    if not target.startswith("/") or target[1:2] in {"/", "\\"}:
        path = _path_on_host(target, base)
        if path is None and not _SCHEME.match(cleaned(target[:_LIMIT])):
            path = f"/{target}"  # one slash too many does not count
    return None if path is None else _QUERY.split(path, maxsplit=1)[0]


def _path_on_host(target: str, base: TrackingBase, /) -> str | None:
    url = remote_url(target)
    if url is None:
        return None
    parts = read_url(url)
    if parts.scheme not in {"http", "https"}:
        return None
    authority = read_authority(parts.authority or "")
    # A proxy that ends TLS calls the same resource http, so no default port differs from any other.
    port = effective_port(parts.scheme, authority.port)
    if port != base.port or plain_host(authority.host) != base.host:
        return None
    return url[len(parts.origin) :]


def path_in(path: str, base_path: str, /) -> TrackingPath | None:
    """Find kind and token in what follows the host."""
    asked = path[:_LIMIT]
    if end := _QUERY.search(asked):
        asked = asked[: end.start()]
    if "%" in asked:
        asked = _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), asked)
    if "//" in asked:
        asked = _SLASHES.sub("/", asked)
    if "/." in asked:
        asked = without_dots(asked)
    for prefix in (base_path, ""):  # a base may look like a kind: it goes first
        kind = _KIND.match(asked, len(prefix)) if asked.startswith(prefix) else None
        if kind:
            token = _TOKEN.match(asked, kind.end())
            if token is None or (kind[1] != "o" and _IMAGE.match(asked, token.end())):
                return TrackingPath(kind[1], asked[kind.end() :], prefix == base_path)  # type: ignore[arg-type]
            return TrackingPath(kind[1], token[0], prefix == base_path)  # type: ignore[arg-type]
    return None
