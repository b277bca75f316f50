"""The tracking domain and the URLs under it.

`{base}/o/{token}` is a pixel, `{base}/c/{token}` a click. `/w/{token}` is the link to withdraw and `/u/{token}` the
link to unsubscribe, under the base or under a base of their own. A token is one path segment of letters, digits, `-`
and `_`: nothing a mail client, wrapper or log escapes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from lmtrack._checks import check_type, plain_str
from lmtrack._pattern import compile_pattern
from lmtrack._tokens.body import KINDS, VERSION
from lmtrack._tokens.keys import Keys
from lmtrack._tokens.text import to_octets, verified_body
from lmtrack._url.destination import is_destination
from lmtrack._url.reader import read_authority, read_url
from lmtrack._url.tracking_path import TrackingBase, TrackingPath, locate, read_base
from lmtrack.errors import BadToken, MalformedToken

__all__ = [
    "TrackingDomain",
    "click_url",
    "open_url",
    "unsubscribe_url",
    "withdraw_url",
]

# RFC 6761: these names never leave the machine, so a test server may do without a certificate.
_LOCAL_HOSTS: Final = frozenset(("localhost", "127.0.0.1", "[::1]"))
# RFC 952 and 1123, or an IPv6 literal: what is in every attribute value as it is, quoted or bare.
_HOST: Final = re.compile(r"[A-Za-z0-9.-]++|\[[0-9A-Fa-f:.]*+\]")
# Unreserved marks are the same for every reader of the URL; anything else in a base is a mistake. So is a segment `.`
# or `..`, which browsers take out.
_PATH: Final = compile_pattern(r"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]++)*+")


@dataclass(frozen=True, slots=True)
class TrackingDomain:
    """The host that receives opens and clicks, and the keys with which its tokens are signed.

    Attributes:
        base_url: `https://` host, optional port and path; one trailing slash is dropped. `http://` is accepted for
            localhost, 127.0.0.1 and [::1] only, because anyone who reads a token along the way can send it. ASCII; an
            internationalised name is given in its `xn--` form.
        keys: What `make_keys` returned; not part of the repr.
        ways_out_url: The base of the opt-out links, `/w/` and `/u/`, by the same rules; None means `base_url`. Use a
            host that people know you by: blocklists block tracking hosts, and with such a host the opt-out links of
            people who object.

    Raises:
        TypeError: A URL is not a str, or `keys` was not returned by `make_keys`.
        ValueError: A URL has another scheme, a query, a fragment, userinfo, or is not one a click could go to.

    >>> from lmtrack import TrackingDomain, make_keys
    >>> TrackingDomain("https://track.example/t/", make_keys(b"an example secret"))
    TrackingDomain(base_url='https://track.example/t')
    """

    base_url: str
    keys: Keys = field(repr=False)
    ways_out_url: str | None = field(default=None, kw_only=True, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.keys, Keys):
            raise TypeError(f"keys must be made by make_keys, not {type(self.keys).__name__}")
        object.__setattr__(self, "base_url", plain_base(self.base_url, "base_url"))  # frozen: part of its construction
        if self.ways_out_url is not None:
            object.__setattr__(self, "ways_out_url", plain_base(self.ways_out_url, "ways_out_url"))

    def locate(self, url: str, /) -> TrackingPath | None:
        """Return which of our paths a URL asks for, its token unverified; None for other URLs (internal).

        One that lacks the base path, which proxies cut, is ours only if our keys signed its token: the host may have
        other pages.
        """
        for base in self.bases():
            path = locate(url, base)
            if path is not None and (path.under_base or self._signed(path.token)):
                return path
        return None

    def bases(self) -> tuple[TrackingBase, ...]:
        """Return the bases that our URLs are under, ready to be compared (internal)."""
        urls = (self.base_url,) if self.ways_out_url is None else (self.base_url, self.ways_out_url)
        return tuple(map(read_base, urls))

    def _signed(self, token: str, /) -> bool:
        try:
            verified_body(self.keys, token, seek_copy=False)
        except BadToken:
            return False
        return True

    def holds(self, url: str, /) -> bool:
        """Return whether a URL is one of ours: this host, and under `/c/`, `/o/`, `/w/` or `/u/` of this base URL.

        The URL is read as leniently as the endpoint reads it: case of scheme and host, a final dot, default ports,
        percent escapes, doubled slashes and whatever follows the token are ignored. Content is never refused.

        >>> from lmtrack import TrackingDomain, make_keys
        >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
        >>> domain.holds("HTTPS://Track.Example:443/c/x?y"), domain.holds("https://track.example/news")
        (True, False)
        """
        return self.locate(url) is not None

    def token_in(self, url: str, kind: str, /) -> str | None:
        """Return the token after `/{kind}/` (`c`, `o`, `w` or `u`) in one of our URLs, unverified; None for others.

        >>> from lmtrack import TrackingDomain, make_keys
        >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
        >>> domain.token_in("https://track.example/c/x", "c")
        'x'
        """
        path = self.locate(url)
        return path.token if path is not None and path.kind == kind else None


def plain_base(url: object, name: str, /) -> str:
    """Check a base URL and write it in one way (internal).

    Raises:
        TypeError: It is not a str.
        ValueError: It is not a base URL.
    """
    base_url = plain_str(url, name).removesuffix("/")
    parts = read_url(base_url)
    user, host, _ = read_authority(parts.authority or "")
    extra = (user, parts.query, parts.fragment)
    if extra != (None, None, None) or not _HOST.fullmatch(host) or not is_destination(base_url):
        raise ValueError(
            f"{name} must be https://host, with a port and path if you like, and without user, query or fragment"
        )
    if parts.scheme != "https" and host.lower() not in _LOCAL_HOSTS:
        raise ValueError(f"{name} must begin with https:// (http:// is for localhost only)")
    if not _PATH.fullmatch(parts.path):
        raise ValueError(f"the path of {name} may hold letters, digits and . _ ~ - between single slashes")
    # Some sanitisers empty an href whose scheme is in capitals (js-xss 1.0.17).
    return f"{parts.origin.lower()}{parts.path}"


def open_url(domain: TrackingDomain, token: str) -> str:
    """Make the URL of a tracking pixel.

    Raises:
        TypeError: An argument has the wrong type.

    >>> from lmtrack import TrackingDomain, make_keys, open_url
    >>> open_url(TrackingDomain("https://track.example", make_keys(b"an example secret")), "token")
    'https://track.example/o/token'
    """
    return _under(domain, "o", token)


def click_url(domain: TrackingDomain, token: str) -> str:
    """Make the URL of a tracked link.

    Raises:
        TypeError: An argument has the wrong type.

    >>> from lmtrack import TrackingDomain, click_url, make_keys
    >>> click_url(TrackingDomain("https://track.example", make_keys(b"an example secret")), "token")
    'https://track.example/c/token'
    """
    return _under(domain, "c", token)


def withdraw_url(domain: TrackingDomain, token: str) -> str:
    """Make the URL by which a recipient withdraws consent to tracking.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: The token is of another kind, so the link would be dead.

    >>> from lmtrack import TrackingDomain, make_keys, withdraw_url
    >>> withdraw_url(TrackingDomain("https://track.example", make_keys(b"an example secret")), "token")
    'https://track.example/w/token'
    """
    return _way_out(domain, "withdraw", token)


def unsubscribe_url(domain: TrackingDomain, token: str) -> str:
    """Make the URL by which a recipient leaves the list; for a footer and for `unsubscribe_headers`.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: The token is of another kind, so the link would be dead.

    >>> from lmtrack import TrackingDomain, make_keys, unsubscribe_url
    >>> keys = make_keys(b"an example secret")
    >>> domain = TrackingDomain("https://track.example", keys, ways_out_url="https://shop.example/mail")
    >>> unsubscribe_url(domain, "token")
    'https://shop.example/mail/u/token'
    """
    return _way_out(domain, "unsubscribe", token)


def _way_out(domain: TrackingDomain, purpose: str, token: str, /) -> str:
    """Make the URL of a way out; only a recipient would notice that it leads nowhere."""
    url = _under(domain, purpose[0], token)
    try:
        first = to_octets(token)[0]
    except MalformedToken:
        return url  # such as a merge field
    kind = KINDS.get(first & 0xF) if first >> 4 == VERSION else None
    if kind and kind.purpose != purpose:
        raise ValueError(f"token must be made by make_{purpose}_token; this one is for {kind.purpose}")
    return url


def _under(domain: TrackingDomain, kind: str, token: str, /) -> str:
    check_type(TrackingDomain, domain=domain)
    base = domain.ways_out_url if kind in "wu" else None
    return f"{base or domain.base_url}/{kind}/{plain_str(token, 'token')}"
