"""Where a request goes: one of our three paths with a token at its end. The URL is forgiven much, the token nothing.

Between the mail and the host a URL is wrapped, logged, proxied and typed off: its host may be in capitals, its path
escaped or without the base, and what follows the token is somebody else's. A token is left as it is; it has one
spelling, and its reader says whether that is it.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from codecs import encode
from itertools import product
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from lmtrack._clock import epoch_seconds
from lmtrack._pattern import compile_pattern
from lmtrack._tokens.kinds import HEADER, KINDS, VERSION
from lmtrack._tokens.text import verified_body
from lmtrack._tokens.window import LEEWAY, MAX_AGE, valid_window
from lmtrack.errors import (
    BadToken,
    BadTokenSignature,
    MalformedToken,
    UnknownKey,
    UnknownVersion,
)
from lmtrack.tokens import ClickToken, OpenToken, WithdrawToken, read_click_token, read_open_token, read_withdraw_token
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from datetime import datetime, timedelta

Token: TypeAlias = OpenToken | ClickToken | WithdrawToken

# A token is at most 4,096 characters and a base URL 2,048, each of which may be escaped as three; the rest of a longer
# path says nothing. The slack keeps a token that is too long from being cut to one that is not.
_LIMIT: Final = 3 * (4096 + 2048) + 16

# RFC 9112 section 3.2: a request target is a path, or a whole URL if a proxy was asked.
_SCHEME: Final = re.compile(r"([Hh][Tt][Tt][Pp][Ss]?):(?=//)")
# RFC 3986 section 3.2, without userinfo: no client sends it to a server.
_AUTHORITY: Final = re.compile(r"//(\[[0-9A-Fa-f:.]*+\]|[^/:@?#\[\]]++)(?::([0-9]*+))?(?=[/?#]|\Z)")
_PORTS: Final = {"https": "443", "http": "80"}

_QUERY: Final = re.compile(r"[?#]")
_ESCAPE: Final = re.compile(r"%([0-9A-Fa-f]{2})")
_SLASHES: Final = re.compile(r"//++")
_KIND: Final = re.compile(r"/([ocw])/")
# Behind the token a slash, a bracket, a full stop: what stood behind the link in a text. Or a query whose mark was
# escaped, or that was hung on with `&` or `;` by somebody who expected one. An open may be called an image, because
# some clients want to see the type; `.tvs` is `.gif` by ROT13.
_TOKEN: Final = compile_pattern(r"([A-Za-z0-9_-]++)[^A-Za-z0-9_?#&;-]*+(?:[?#&;].*+)?+", re.DOTALL)
_IMAGE: Final = compile_pattern(
    r"([A-Za-z0-9_-]++)(?:\.(?:[Gg][Ii][Ff]|[Tt][Vv][Ss]))?+[^A-Za-z0-9_?#&;-]*+(?:[?#&;].*+)?+", re.DOTALL
)
# Of one case, in the shape of a token: 31 to 4,096 characters.
_FOLDED: Final = re.compile(r"[a-z0-9_-]{31,4096}+|[A-Z0-9_-]{31,4096}+")
_FOLDED_LETTERS_MIN: Final = 20  # our choice: fewer are of one case by chance in one of 500,000 tokens
_FIRST_OCTETS: Final = frozenset(VERSION << 4 | number for number in KINDS)
_STANDARD: Final = str.maketrans("-_", "+/")


class Place(NamedTuple):
    """One of our paths.

    Attributes:
        kind: `o` for an open, `c` for a click, `w` for a withdrawal.
        token: What stands where the token belongs, unverified; all that is left of the path if it can be none.
    """

    kind: Literal["o", "c", "w"]
    token: str


def read_tracking_url(
    url_or_path: str,
    /,
    *,
    domain: TrackingDomain,
    max_age: timedelta | None = MAX_AGE,
    issued_after: datetime | None = None,
    now: datetime | None = None,
) -> OpenToken | ClickToken | WithdrawToken:
    """Verify the token in a request target or a URL of the tracking domain, and give what it holds.

    Of the URL these are ignored: the scheme, the case of the host, a default port, query and fragment, percent
    escapes, doubled slashes, `.gif` behind an open, and whatever follows the token and could not be part of it. The
    base path may be missing, because a proxy may have cut it. `BadToken.scanner` is also True for a URL whose path was
    turned by 13 places with the token, and for a token all of whose letters were put into one case.

    Args:
        url_or_path: What the request line says, or a whole URL.
        domain: The tracking domain; a URL of another host is refused.
        max_age: How old an open or a click may be; None for any age. A withdrawal never expires.
        issued_after: Refuse opens and clicks made at this time or before, for a whole tenant.
        now: The time of the request.

    Raises:
        MalformedToken: It is no tracking URL of this domain.
        BadToken: The token was refused, in the leaves of `read_open_token` and `read_click_token`.
        TypeError: An argument has another type.
        ValueError: A duration is negative, or a time naive.

    >>> from datetime import UTC, datetime
    >>> from lmtrack.tokens import make_keys, make_open_token
    >>> domain = TrackingDomain("https://track.example/t", make_keys(b"an example secret"))
    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> token = make_open_token(domain.keys, "welcome-42", now=now)
    >>> read_tracking_url(f"HTTP://Track.example:80//t/o/{token}.gif?x=1", domain=domain, now=now).message_id
    'welcome-42'
    """
    if not isinstance(url_or_path, str):
        raise TypeError(f"url_or_path must be a str, not {type(url_or_path).__name__}")
    if not isinstance(domain, TrackingDomain):
        raise TypeError(f"domain must be a TrackingDomain, not {type(domain).__name__}")
    valid_window(max_age, LEEWAY, issued_after, now)  # a caller's mistake shows whatever the URL says
    place = locate(url_or_path, domain)
    if place is None:
        raise MalformedToken(scanner=is_moved_copy(url_or_path, domain, now=now))
    return read_place(place, domain, max_age=max_age, issued_after=issued_after, now=now)


def locate(target: str, domain: TrackingDomain, /) -> Place | None:
    """Find kind and token in a request target; None if it is none of our paths. Content is never refused."""
    path = _path_of(target, domain)
    return None if path is None else _place(path, _base_path(domain))


def read_place(
    place: Place,
    domain: TrackingDomain,
    /,
    *,
    max_age: timedelta | None = MAX_AGE,
    issued_after: datetime | None = None,
    now: datetime | None = None,
) -> Token:
    """Verify the token of a place by the reader of its kind.

    Raises:
        BadToken: As the reader does.
    """
    keys, token = domain.keys, place.token
    try:
        if place.kind == "o":
            return read_open_token(keys, token, max_age=max_age, issued_after=issued_after, now=now)
        if place.kind == "c":
            return read_click_token(keys, token, max_age=max_age, issued_after=issued_after, now=now)
        return read_withdraw_token(keys, token, now=now)
    except (MalformedToken, UnknownVersion, UnknownKey, BadTokenSignature) as error:
        error.scanner = error.scanner or _is_folded_copy(token, domain, now)
        raise


def is_moved_copy(target: str, domain: TrackingDomain, /, *, now: datetime | None = None) -> bool:
    """Say whether a target that is none of our paths was one before a scanner changed the letters of its path.

    Turned by 13 places: the token behind it verifies. Put into capitals: see `_is_folded_copy`.
    """
    base_path = _base_path(domain)
    path = _path_of(target, domain)
    # The whole URL, or no more than its path: the host a request came to was never turned.
    for turned in (_path_of(encode(target, "rot13"), domain), path and encode(path, "rot13")):
        place = _place(turned or "", base_path)
        if place is not None and _is_signed(place.token, domain):
            return True
    if path is None or path != path.upper():
        return False
    place = _place(path.lower(), base_path.lower())
    return place is not None and _is_folded_copy(place.token, domain, now)


def _is_signed(token: str, domain: TrackingDomain, /) -> bool:
    try:
        verified_body(domain.keys, token, seek_copy=False)
    except BadToken:
        return False
    return True


def _path_of(target: str, domain: TrackingDomain, /) -> str | None:
    """Give the path that is asked for, still escaped, without query; None if another host is meant."""
    scheme = _SCHEME.match(target)
    asked = _AUTHORITY.match(target, scheme.end() if scheme else 0)
    if asked and _is_host(asked, scheme, domain):
        path = target[asked.end() :]
    elif scheme:
        return None
    else:
        path = f"/{target}"  # one slash too many is none
    end = _QUERY.search(path)
    return (path[: end.start()] if end else path)[:_LIMIT]


def _is_host(asked: re.Match[str], scheme: re.Match[str] | None, domain: TrackingDomain, /) -> bool:
    our_scheme, _, _ = domain.base_url.partition(":")
    ours = _AUTHORITY.match(domain.base_url, len(our_scheme) + 1)
    return ours is not None and _host_and_port(ours, our_scheme) == _host_and_port(
        asked, scheme[1] if scheme else our_scheme
    )


def _host_and_port(parts: re.Match[str], scheme: str, /) -> tuple[str, str]:
    # A proxy that ends TLS calls the same resource http: so no default port is the same as any other.
    port = parts[2] and (parts[2].lstrip("0") or "0")
    return parts[1].lower().removesuffix("."), "" if port == _PORTS[scheme.lower()] else port or ""


def _base_path(domain: TrackingDomain, /) -> str:
    _, _, rest = domain.base_url.partition("//")
    _, slash, path = rest.partition("/")
    return slash + path


def _place(path: str, base_path: str, /) -> Place | None:
    path = _SLASHES.sub("/", _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), path))
    for candidate in (path.removeprefix(base_path), path):  # a base may look like a kind: it goes first
        kind = _KIND.match(candidate)
        if kind:
            rest = candidate[kind.end() :]
            token = (_IMAGE if kind[1] == "o" else _TOKEN).fullmatch(rest)
            return Place(kind[1], token[1] if token else rest)  # type: ignore[arg-type] # the pattern has no other
    return None


def _is_folded_copy(text: str, domain: TrackingDomain, now: datetime | None, /) -> bool:
    """Say whether a text is a token of ours whose letters were all put into one case.

    What the letters were is lost, so no signature can tell. But a token has about forty letters of both cases, and
    its first eight characters are its header: of their up to 256 spellings one must say version, kind, a hint of the
    ring and a time that has come. With one key about one in 5,000 made-up texts of one case passes (our measurement).
    """
    if not _FOLDED.fullmatch(text) or sum(map(str.isalpha, text)) < _FOLDED_LETTERS_MIN:
        return False
    latest = epoch_seconds(now) + LEEWAY.total_seconds()
    for spelling in product(*({letter.lower(), letter.upper()} for letter in text[:8])):
        first, hint, seconds = HEADER.unpack(a2b_base64("".join(spelling).translate(_STANDARD)))
        if first in _FIRST_OCTETS and hint in domain.keys.makers_by_hint and seconds <= latest:
            return True
    return False
