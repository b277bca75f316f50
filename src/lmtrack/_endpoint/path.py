"""What a request asks for: the token in one of our paths, verified, and whether a scanner made the request's URL."""

from __future__ import annotations

import re
from binascii import a2b_base64
from codecs import encode
from datetime import datetime, timedelta
from itertools import product
from typing import Final, TypeAlias

from lmtrack._checks import check_type, plain_str
from lmtrack._clock import epoch_seconds
from lmtrack._tokens.body import HEADER, KINDS, VERSION
from lmtrack._tokens.text import LEEWAY, MAX_AGE, valid_window, verified_body
from lmtrack._url.tracking_path import TrackingBase, TrackingPath, locate_request, path_in, requested_path
from lmtrack.errors import (
    BadToken,
    BadTokenSignature,
    MalformedToken,
    UnknownKey,
    UnknownVersion,
)
from lmtrack.tokens import (
    ClickToken,
    OpenToken,
    UnsubscribeToken,
    WithdrawToken,
    read_click_token,
    read_open_token,
    read_unsubscribe_token,
    read_withdraw_token,
)
from lmtrack.urls import TrackingDomain

Token: TypeAlias = OpenToken | ClickToken | WithdrawToken | UnsubscribeToken

# Of one case, in the shape of a token: 31 to 4,096 characters.
_FOLDED: Final = re.compile(r"[a-z0-9_-]{31,4096}+|[A-Z0-9_-]{31,4096}+")
_FOLDED_LETTERS_MIN: Final = 20  # our choice: fewer are of one case by chance in one of 500,000 tokens
_FIRST_OCTETS: Final = frozenset(VERSION << 4 | number for number in KINDS)
_STANDARD: Final = str.maketrans("-_", "+/")


def read_tracking_url(
    url_or_path: str,
    /,
    *,
    domain: TrackingDomain,
    max_age: timedelta | None = MAX_AGE,
    issued_after: datetime | None = None,
    now: datetime | None = None,
) -> OpenToken | ClickToken | WithdrawToken | UnsubscribeToken:
    """Verify the token in a request target or a URL of the tracking domain, and return what it holds.

    These parts of the URL are ignored: the scheme, the spelling of the host, a default port, a user, percent escapes,
    doubled slashes, and whatever follows the token and could not be part of it: a query, a fragment, the marks that
    programs leave there when they make links of text, `.gif` after an open (after a click it is refused). The base path
    may be missing, because a proxy may have stripped it. The token itself must be exact. `BadToken.scanner` is also
    True for a URL whose path was rotated by 13 places with the token, and for a token whose letters were all put into
    one case.

    Args:
        url_or_path: What the request line says, or a whole URL.
        domain: The tracking domain; a URL of another host is refused.
        max_age: How old an open or a click may be; None for any age. Opt-out links never expire.
        issued_after: Refuse opens and clicks made at this time or before, for a whole tenant.
        now: The time of the request.

    Raises:
        MalformedToken: It is not a tracking URL of this domain.
        BadToken: The token was refused, by one of the subclasses that `read_open_token` and `read_click_token` raise.
        TypeError: An argument has the wrong type.
        ValueError: A duration is negative, or a time naive.

    >>> from datetime import UTC, datetime
    >>> from lmtrack.tokens import make_keys, make_open_token
    >>> domain = TrackingDomain("https://track.example/t", make_keys(b"an example secret"))
    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> token = make_open_token(domain.keys, "welcome-42", now=now)
    >>> read_tracking_url(f"HTTP://Track.example:80//t/o/{token}.gif?x=1", domain=domain, now=now).message_id
    'welcome-42'
    """
    url_or_path = plain_str(url_or_path, "url_or_path")
    check_type(TrackingDomain, domain=domain)
    valid_window(max_age, LEEWAY, issued_after, now)  # a caller's mistake shows whatever the URL says
    path = locate(url_or_path, domain)
    if path is None:
        raise MalformedToken(scanner=is_moved_copy(url_or_path, domain, now=now))
    return read_path(path, domain, max_age=max_age, issued_after=issued_after, now=now)


def locate(target: str, domain: TrackingDomain, /) -> TrackingPath | None:
    """Find kind and token in a request target; None if it is none of our paths. Content is never refused."""
    return next((path for base in domain.bases() if (path := locate_request(target, base)) is not None), None)


def read_path(
    path: TrackingPath,
    domain: TrackingDomain,
    /,
    *,
    max_age: timedelta | None = MAX_AGE,
    issued_after: datetime | None = None,
    now: datetime | None = None,
) -> Token:
    """Verify the token in one of our paths by the reader of its kind.

    Raises:
        BadToken: As the reader does.
    """
    keys, token = domain.keys, path.token
    try:
        if path.kind == "o":
            return read_open_token(keys, token, max_age=max_age, issued_after=issued_after, now=now)
        if path.kind == "c":
            return read_click_token(keys, token, max_age=max_age, issued_after=issued_after, now=now)
        if path.kind == "u":
            return read_unsubscribe_token(keys, token)
        return read_withdraw_token(keys, token)
    except (MalformedToken, UnknownVersion, UnknownKey, BadTokenSignature) as error:
        error.scanner = error.scanner or _is_folded_copy(token, domain, now)
        raise


def is_moved_copy(target: str, domain: TrackingDomain, /, *, now: datetime | None = None) -> bool:
    """Return whether a target that is not one of our paths was one before a scanner changed the letters of its path.

    Turned by 13 places: the token behind it verifies. Put into capitals: see `_is_folded_copy`.
    """
    return any(_is_moved_copy(target, base, domain, now) for base in domain.bases())


def _is_moved_copy(target: str, base: TrackingBase, domain: TrackingDomain, now: datetime | None, /) -> bool:
    path = requested_path(target, base)
    # The whole URL, or no more than its path: the host a request came to was never turned.
    for turned in (requested_path(encode(target, "rot13"), base), path and encode(path, "rot13")):
        found = path_in(turned or "", base.path)
        if found is not None and _is_signed(found.token, domain):
            return True
    if path is None or path != path.upper():
        return False
    found = path_in(path.lower(), base.path.lower())
    return found is not None and _is_folded_copy(found.token, domain, now)


def _is_signed(token: str, domain: TrackingDomain, /) -> bool:
    try:
        verified_body(domain.keys, token, seek_copy=False)
    except BadToken:
        return False
    return True


def _is_folded_copy(text: str, domain: TrackingDomain, now: datetime | None, /) -> bool:
    """Return whether a text is one of our tokens whose letters were all put into one case.

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
