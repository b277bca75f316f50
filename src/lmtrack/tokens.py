"""Signed tokens: what an open, click or withdraw URL says, in as few characters as it takes.

A token is signed, not encrypted: it holds the sender's message id and the position of a recipient, never an address.
Making and reading are plain functions of their arguments; nothing is stored. `docs/explanation/token-format.md`
shows every byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from lmtrack._clock import epoch_seconds
from lmtrack._token_values import (
    ClickToken as ClickToken,
    OpenToken as OpenToken,
    TrackingMode,
    UnsubscribeToken as UnsubscribeToken,
    WithdrawToken as WithdrawToken,
)
from lmtrack._tokens.body import HEADER, KINDS, VERSION, Purpose, unpack_click, unpack_open, unpack_way_out
from lmtrack._tokens.keys import Keys as Keys, make_keys, read_keys
from lmtrack._tokens.make import (
    make_click_token,
    make_click_tokens,
    make_open_token,
    make_unsubscribe_token,
    make_withdraw_token,
)
from lmtrack._tokens.text import LEEWAY, MAX_AGE, to_octets, valid_window, verified_body
from lmtrack.errors import TokenExpired, TokenNotYetValid, TokenRevoked, UnknownVersion

__all__ = [
    "explain_token",
    "make_click_token",
    "make_click_tokens",
    "make_keys",
    "make_open_token",
    "make_unsubscribe_token",
    "make_withdraw_token",
    "read_click_token",
    "read_keys",
    "read_open_token",
    "read_unsubscribe_token",
    "read_withdraw_token",
]

_Timed = TypeVar("_Timed", OpenToken, ClickToken)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenHeader:
    """What a token says about itself before any key is tried, from `explain_token`; anyone can write such a header.

    Attributes:
        version: Format version; 1.
        kind: Kind of token, 0 to 15.
        purpose: What tokens of that kind are for; None for a kind not in use.
        mode: The kind's tracking mode; None for a kind not in use.
        key_hint: First byte of a hash of the key, 0 to 255; tells keys of one ring apart.
        issued_at: When the token claims to have been made.
    """

    version: int
    kind: int
    purpose: Purpose | None
    mode: TrackingMode | None
    key_hint: int
    issued_at: datetime


def read_open_token(
    keys: Keys,
    token: str,
    *,
    max_age: timedelta | None = MAX_AGE,
    leeway: timedelta = LEEWAY,
    issued_after: datetime | None = None,
    now: datetime | None = None,
) -> OpenToken:
    """Verify an open token and return what it holds.

    A token is valid if `-leeway <= age <= max_age`, both ends included, in whole seconds.

    Args:
        keys: The ring; a token signed by any of its keys is accepted.
        token: The text as it was received; only one spelling of each token is accepted.
        max_age: The maximum age; None for any age.
        leeway: How far ahead the clock of the host that made the token may be.
        issued_after: Refuse tokens made at this time or before, in whole seconds: for a whole tenant, after an
            incident.
        now: The time of the request.

    Raises:
        MalformedToken: The text is not a token.
        UnknownVersion: A later release made the token.
        UnknownKey: No key of the ring signed the token.
        BadTokenSignature: The token was changed or made up.
        WrongPurpose: The token was made for another purpose.
        TokenNotYetValid: The token comes from the future.
        TokenRevoked: `issued_after` revokes the token; `.token` has its content.
        TokenExpired: The token is too old; `.token` has its content.
        TypeError: An argument has the wrong type.
        ValueError: A duration is negative, or a time naive.

    >>> from datetime import UTC, datetime
    >>> keys = make_keys(b"an example key of 32 octets, not")
    >>> token = make_open_token(keys, "welcome-42", now=datetime(2026, 1, 1, 12, tzinfo=UTC))
    >>> read_open_token(keys, token, now=datetime(2026, 1, 2, tzinfo=UTC))
    OpenToken(message_id='welcome-42', mode=INDIVIDUAL, issued_at='2026-01-01 12:00:00+00:00')
    """
    window = valid_window(max_age, leeway, issued_after, now)
    body = verified_body(keys, token)
    return _timely(unpack_open(body), body, window)


def read_click_token(
    keys: Keys,
    token: str,
    *,
    max_age: timedelta | None = MAX_AGE,
    leeway: timedelta = LEEWAY,
    issued_after: datetime | None = None,
    now: datetime | None = None,
) -> ClickToken:
    """Verify a click token and return what it holds.

    Its URL is checked by the destination rules again. A click with an expired or revoked token should still redirect,
    although nothing is recorded: `.token` of the error has the URL. The arguments are those of `read_open_token`.

    Raises:
        BadDestination: The URL was signed under rules that no longer apply.
        BadToken: The token was refused, by one of the subclasses that `read_open_token` raises.
        TypeError: An argument has the wrong type.
        ValueError: A duration is negative, or a time naive.

    >>> keys = make_keys(b"an example key of 32 octets, not")
    >>> token = make_click_token(keys, "welcome-42", 0, url="https://shop.example/")
    >>> read_click_token(keys, token).url
    'https://shop.example/'
    """
    window = valid_window(max_age, leeway, issued_after, now)
    body = verified_body(keys, token)
    return _timely(unpack_click(body), body, window)


def read_withdraw_token(keys: Keys, token: str, *, now: datetime | None = None) -> WithdrawToken:
    """Verify a withdraw token and return what it holds; its age does not matter.

    Args:
        keys: The ring; a token signed by any of its keys is accepted.
        token: The text as it was received; only one spelling of each token is accepted.
        now: The time of the request. A token made at any time, even later, is accepted.

    Raises:
        WrongPurpose: The token was made for another purpose.
        BadToken: The token is malformed, unknown or forged; a subclass that `read_open_token` raises says which.
        TypeError: An argument has the wrong type.
        ValueError: `now` is naive.

    >>> from datetime import UTC, datetime
    >>> keys = make_keys(b"an example key of 32 octets, not")
    >>> token = make_withdraw_token(keys, "welcome-42", now=datetime(2020, 1, 1, tzinfo=UTC))
    >>> read_withdraw_token(keys, token)
    WithdrawToken(message_id='welcome-42', issued_at='2020-01-01 00:00:00+00:00')
    """
    epoch_seconds(now)  # a caller's mistake shows whatever the token says
    return WithdrawToken(*unpack_way_out(verified_body(keys, token), "withdraw"))


def read_unsubscribe_token(keys: Keys, token: str, *, now: datetime | None = None) -> UnsubscribeToken:
    """Verify an unsubscribe token and return what it holds; its age does not matter.

    The arguments are those of `read_withdraw_token`.

    Raises:
        WrongPurpose: The token was made for another purpose.
        BadToken: The token is malformed, unknown or forged; a subclass that `read_open_token` raises says which.
        TypeError: An argument has the wrong type.
        ValueError: `now` is naive.

    >>> from datetime import UTC, datetime
    >>> keys = make_keys(b"an example key of 32 octets, not")
    >>> token = make_unsubscribe_token(keys, "9b2e-letters", now=datetime(2020, 1, 1, tzinfo=UTC))
    >>> read_unsubscribe_token(keys, token)
    UnsubscribeToken(message_id='9b2e-letters', issued_at='2020-01-01 00:00:00+00:00')
    """
    epoch_seconds(now)  # a caller's mistake shows whatever the token says
    return UnsubscribeToken(*unpack_way_out(verified_body(keys, token), "unsubscribe"))


def explain_token(token: str, /) -> TokenHeader:
    """Return the header of a token without verifying it: for support, never for a decision.

    Raises:
        MalformedToken: The text is not a token.
        UnknownVersion: A later release made the token; the rest of it may mean anything.
        TypeError: `token` is not a `str`.

    >>> from datetime import UTC, datetime
    >>> keys = make_keys(b"an example key of 32 octets, not")
    >>> header = explain_token(make_open_token(keys, "welcome-42", now=datetime(2026, 1, 1, tzinfo=UTC)))
    >>> header.purpose, str(header.issued_at)
    ('open', '2026-01-01 00:00:00+00:00')
    """
    first, hint, seconds = HEADER.unpack_from(to_octets(token))
    version, number = first >> 4, first & 0xF
    if version != VERSION:
        raise UnknownVersion(version)
    kind = KINDS.get(number)
    return TokenHeader(
        version=version,
        kind=number,
        purpose=kind.purpose if kind else None,
        mode=kind.mode if kind else None,
        key_hint=hint,
        issued_at=datetime.fromtimestamp(seconds, UTC),
    )


def _timely(token: _Timed, body: bytes, window: tuple[float, float, int], /) -> _Timed:
    """Return a token that counts at the time asked about."""
    _, _, seconds = HEADER.unpack_from(body)
    earliest, latest, revoked_until = window
    if earliest <= seconds <= latest and seconds > revoked_until:
        return token
    if seconds > latest:
        raise TokenNotYetValid
    if seconds <= revoked_until:
        raise TokenRevoked(token)
    raise TokenExpired(token)
