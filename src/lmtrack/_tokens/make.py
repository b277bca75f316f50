"""Making tokens: arguments are checked, packed in the order of the format, signed."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

from lmtrack._clock import epoch_seconds
from lmtrack._token_values import TrackingMode
from lmtrack._tokens.body import (
    AGGREGATE,
    HEADER,
    INDIVIDUAL,
    KINDS,
    ONE_OCTET,
    VERSION,
    pack_id,
    pack_number,
    pack_url,
)
from lmtrack._tokens.keys import Keys
from lmtrack._tokens.text import seal, seal_all

# Link index and destination of each link, packed; None is a destination by id.
PackedLinks: TypeAlias = list[tuple[bytes, bytes | None]]

# First byte of the body for each mode that such a token can have.
_OPENS: Final = {kind.mode: VERSION << 4 | kind.number for kind in KINDS.values() if kind.purpose == "open"}
_CLICKS: Final = {
    kind.mode: VERSION << 4 | kind.number for kind in KINDS.values() if kind.purpose == "click" and not kind.inline
}
_INLINE_CLICKS: Final = {kind.mode: VERSION << 4 | kind.number for kind in KINDS.values() if kind.inline}
_WITHDRAWS: Final = {kind.mode: VERSION << 4 | kind.number for kind in KINDS.values() if kind.purpose == "withdraw"}
_UNSUBSCRIBES: Final = {
    kind.mode: VERSION << 4 | kind.number for kind in KINDS.values() if kind.purpose == "unsubscribe"
}

_pack_header: Final = HEADER.pack
_pack_header_and_octet: Final = struct.Struct(HEADER.format + "B").pack


def make_open_token(
    keys: Keys,
    message_id: str | UUID,
    *,
    recipient: int = 0,
    mode: TrackingMode = INDIVIDUAL,
    now: datetime | None = None,
) -> str:
    """Sign the token that an opened message sends back: 52 or 53 characters for a UUID.

    The same arguments always make the same token.

    Args:
        keys: The ring; its current key signs.
        message_id: The sender's own id for the message: a UUID (shortest), or 1 to 64 characters U+0021 to U+007E
            without `@`, because an email address has no place in a URL.
        recipient: Position in the message's recipient list, 0 to 65,535; must be 0 for `AGGREGATE`.
        mode: What the token allows you to record. An `AGGREGATE` token contains no recipient, so that everyone can get
            the same token.
        now: When the token is made, 1970 to 2106, in whole seconds rounded down.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An id, number or time is out of range; `mode` is `OFF`; `AGGREGATE` with a recipient.

    >>> from datetime import UTC, datetime
    >>> from lmtrack.tokens import make_keys
    >>> keys = make_keys(b"an example key of 32 octets, not")
    >>> make_open_token(keys, "01890a5d-ac96-774b-bcce-b302099a8057", now=datetime(2026, 1, 1, tzinfo=UTC))
    'EZ1pVbkAAAGJCl2slndLvM6zAgmagFcbod6VhZZCJrtyModBlyP8'
    """
    return seal(keys, _start(keys, _OPENS, mode, recipient, now) + pack_id(message_id))


def make_click_token(
    keys: Keys,
    message_id: str | UUID,
    link_index: int,
    *,
    url: str | None = None,
    recipient: int = 0,
    mode: TrackingMode = INDIVIDUAL,
    now: datetime | None = None,
) -> str:
    """Sign the token of one tracked link: 54 or 55 characters for a UUID, and four more for three bytes of the URL.

    Args:
        keys: The ring; its current key signs.
        message_id: The sender's own id for the message, a UUID or 1 to 64 printable characters.
        link_index: Which link of the message, 0 to 65,535.
        url: Where the click goes, at most 2,048 bytes. None: the host that answers the click looks it up by message id
            and link index, and the token stays short.
        recipient: Position in the message's recipient list, 0 to 65,535; 0 for `AGGREGATE`.
        mode: `INDIVIDUAL` or `AGGREGATE`; a click has no `DELIVERABILITY`.
        now: When the token is made, an aware datetime from 1970 to 2106.

    Raises:
        BadDestination: A click may not go to `url`.
        TypeError: An argument has the wrong type.
        ValueError: An id, number or time is out of range; `mode` is `OFF` or `DELIVERABILITY`; `AGGREGATE` with a
            recipient.

    >>> from datetime import UTC, datetime
    >>> from lmtrack.tokens import make_keys
    >>> keys = make_keys(b"an example key of 32 octets, not")
    >>> make_click_token(keys, "welcome-42", 0, url="https://shop.example/", now=datetime(2026, 1, 1, tzinfo=UTC))
    'E51pVbkAAAAKd2VsY29tZS00Mmh0dHBzOi8vc2hvcC5leGFtcGxlL5m7n5sDqQZLmVx8vZWwImM'
    """
    field = pack_id(message_id)
    index = pack_number(link_index, "link_index")
    if url is None:
        return seal(keys, _start(keys, _CLICKS, mode, recipient, now) + index + field)
    start = _start(keys, _INLINE_CLICKS, mode, recipient, now)
    return seal(keys, start + index + ONE_OCTET[len(field)] + field + pack_url(url, deflate=mode is not AGGREGATE))


def make_click_tokens(
    keys: Keys,
    message_id: str | UUID,
    urls: Iterable[str | None],
    *,
    recipient: int = 0,
    mode: TrackingMode = INDIVIDUAL,
    now: datetime | None = None,
) -> list[str]:
    """Sign the tokens of one message's links, each as `make_click_token` signs that URL with its position.

    Args:
        keys: The ring; its current key signs.
        message_id: The sender's own id for the message, a UUID or 1 to 64 printable characters.
        urls: Destinations in link order; None for a click by id.
        recipient: Position in the message's recipient list, 0 to 65,535; 0 for `AGGREGATE`.
        mode: `INDIVIDUAL` or `AGGREGATE`; a click has no `DELIVERABILITY`.
        now: When the tokens are made, the same time for all; an aware datetime from 1970 to 2106.

    Raises:
        BadDestination: A click may not go to one of the URLs.
        TypeError: An argument has the wrong type.
        ValueError: An id, number or time is out of range; `mode` is `OFF` or `DELIVERABILITY`; `AGGREGATE` with a
            recipient; more than 65,536 URLs.

    >>> from lmtrack.tokens import make_keys, read_click_token
    >>> keys = make_keys(b"an example key of 32 octets, not")
    >>> tokens = make_click_tokens(keys, "welcome-42", ["https://shop.example/", "https://shop.example/help"])
    >>> [read_click_token(keys, token).link_index for token in tokens]
    [0, 1]
    """
    links = pack_links(urls, deflate=mode is not AGGREGATE)
    return seal_links(keys, message_id, links, recipient=recipient, mode=mode, now=now)


def pack_links(urls: Iterable[str | None], *, deflate: bool) -> PackedLinks:
    """Pack what a message's click tokens share with those of every other recipient: link indices and destinations.

    Pass `deflate=False` for aggregate tokens, as for `pack_url`.

    Raises:
        BadDestination: A click may not go to one of the URLs.
        TypeError: `urls` is one URL, or holds something other than `str` and None.
        ValueError: There are more than 65,536.
    """
    if isinstance(urls, (str, bytes)):
        raise TypeError("urls must be the URLs of a message's links, not one of them")
    return [
        (pack_number(index, "link_index"), None if url is None else pack_url(url, deflate=deflate))
        for index, url in enumerate(urls)
    ]


def seal_links(
    keys: Keys,
    message_id: str | UUID,
    links: PackedLinks,
    *,
    recipient: int,
    mode: TrackingMode,
    now: datetime | None,
) -> list[str]:
    """Sign the click tokens of one message from packed links; arguments and errors are those of `make_click_tokens`."""
    by_id = _start(keys, _CLICKS, mode, recipient, now)
    inline = bytes((_INLINE_CLICKS[mode],)) + by_id[1:]  # the clock is asked once
    field = pack_id(message_id)
    sized_field = ONE_OCTET[len(field)] + field
    return seal_all(
        keys, [by_id + index + field if url is None else inline + index + sized_field + url for index, url in links]
    )


def make_withdraw_token(keys: Keys, message_id: str | UUID, *, recipient: int = 0, now: datetime | None = None) -> str:
    """Sign the token of the "stop tracking me" link; it never expires.

    Args:
        keys: The ring; its current key signs.
        message_id: The sender's own id for the message, a UUID or 1 to 64 printable characters.
        recipient: Position in the message's recipient list, 0 to 65,535.
        now: When the token is made, an aware datetime from 1970 to 2106.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An id, number or time is out of range.

    >>> from lmtrack.tokens import make_keys, read_withdraw_token
    >>> keys = make_keys(b"an example key of 32 octets, not")
    >>> read_withdraw_token(keys, make_withdraw_token(keys, "welcome-42", recipient=3)).recipient
    3
    """
    return seal(keys, _start(keys, _WITHDRAWS, INDIVIDUAL, recipient, now) + pack_id(message_id))


def make_unsubscribe_token(
    keys: Keys, message_id: str | UUID, *, recipient: int = 0, now: datetime | None = None
) -> str:
    """Sign the token of an unsubscribe link, for a footer and for List-Unsubscribe; it never expires.

    Args:
        keys: The ring; its current key signs.
        message_id: Your own id, as for `make_open_token`. People click such links after years, so use an id for the
            person and the list that you keep for as long as you mail them, not the id of a single message.
        recipient: Position in the message's recipient list, 0 to 65,535.
        now: When the token is made, 1970 to 2106, in whole seconds rounded down.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: An id, number or time is out of range.

    >>> from lmtrack.tokens import make_keys, read_unsubscribe_token
    >>> keys = make_keys(b"an example key of 32 octets, not")
    >>> read_unsubscribe_token(keys, make_unsubscribe_token(keys, "9b2e-letters")).message_id
    '9b2e-letters'
    """
    return seal(keys, _start(keys, _UNSUBSCRIBES, INDIVIDUAL, recipient, now) + pack_id(message_id))


def _start(
    keys: Keys, kinds: dict[TrackingMode, int], mode: TrackingMode, recipient: int, now: datetime | None
) -> bytes:
    """Pack what every token begins with: the header, and the recipient where the kind has one."""
    if type(keys) is not Keys:
        raise TypeError(f"keys must be made by make_keys, not {type(keys).__name__}")
    if type(mode) is not TrackingMode:
        raise TypeError(f"mode must be a TrackingMode, not {type(mode).__name__}")
    first = kinds.get(mode)
    if first is None:
        raise ValueError(f"there is no such token for {mode.name}")
    seconds = epoch_seconds(now)
    try:
        if mode is AGGREGATE:
            if pack_number(recipient, "recipient") != ONE_OCTET[0]:
                raise ValueError("an aggregate token holds no recipient; recipient must be 0")
            return _pack_header(first, keys.hint, seconds)
        if type(recipient) is int and 0 <= recipient < 0x80:  # almost always, and a call less
            return _pack_header_and_octet(first, keys.hint, seconds, recipient)
        return _pack_header(first, keys.hint, seconds) + pack_number(recipient, "recipient")
    except struct.error:  # more than 32 bits, or less than none
        raise ValueError("now must be between 1970-01-01 and 2106-02-07 to be signed") from None
