"""The outside of a token: one text for each body, a signature over all of it, and the times at which it counts.

    text = unpadded base64url of (body + tag), and a `0` behind it if it would end in `-` or `_`
    body = version and kind (1 byte), key hint (1), issued-at (4), then what `_tokens.body` packs

Read in this order: form, version, key hint, tag. Only then is anything of the body believed. Times are compared
as whole Unix seconds.
"""

from __future__ import annotations

import string
from binascii import a2b_base64, b2a_base64
from datetime import datetime, timedelta
from hmac import compare_digest
from typing import TYPE_CHECKING

from lmtrack._checks import plain_str
from lmtrack._clock import epoch_seconds
from lmtrack._tokens.body import VERSION
from lmtrack._tokens.keys import TAG_OCTETS, Keys
from lmtrack.errors import BadToken, BadTokenSignature, MalformedToken, UnknownKey, UnknownVersion

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_AGE = timedelta(days=30)  # our choice: what a reader takes that is told nothing else
LEEWAY = timedelta(minutes=5)  # our choice: two hosts without NTP; itsdangerous issue 400 met one or two seconds
_MAX_AGE_SECONDS = MAX_AGE.total_seconds()
_LEEWAY_SECONDS = LEEWAY.total_seconds()
_NEVER = -1  # no token is from before 1970


def valid_window(
    max_age: timedelta | None, leeway: timedelta, issued_after: datetime | None, now: datetime | None
) -> tuple[float, float, int]:
    """Return the earliest and the latest issue time that counts at `now`, and the latest that is revoked.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: A duration is negative, or a time is naive.
    """
    seconds = epoch_seconds(now)
    if max_age is MAX_AGE and leeway is LEEWAY and issued_after is None:  # worked out when imported
        return seconds - _MAX_AGE_SECONDS, seconds + _LEEWAY_SECONDS, _NEVER
    earliest = _NEVER if max_age is None else seconds - _duration(max_age, "max_age")
    latest = seconds + _duration(leeway, "leeway")
    if issued_after is None:
        return earliest, latest, _NEVER
    if not isinstance(issued_after, datetime):
        raise TypeError(f"issued_after must be an aware datetime or None, not {type(issued_after).__name__}")
    if issued_after.utcoffset() is None:
        raise ValueError("issued_after must be an aware datetime; add a time zone, for example datetime.UTC")
    return earliest, latest, epoch_seconds(issued_after)


def _duration(value: timedelta, name: str) -> float:
    if not isinstance(value, timedelta):
        raise TypeError(f"{name} must be a timedelta, not {type(value).__name__}")
    seconds = value.total_seconds()
    if seconds < 0:
        raise ValueError(f"{name} must not be negative")
    return seconds


# Header, an id of one byte, tag: 23 bytes. Upper limit: our choice, well over the longest destination's token.
_MIN_CHARACTERS = 31
_MAX_CHARACTERS = 4096

_URL_SAFE = bytes.maketrans(b"+/", b"-_")  # RFC 4648 section 5
_NO_BASE64URL = b"=\n"  # padding, and the line end that asking binascii to leave out costs more than deleting it
_STANDARD = bytes.maketrans(b"-_+/", b"+/  ")  # the other alphabet's marks become what neither has
# Clients that turn plain text into links drop a trailing mark (devise issue 501, Thunderbird bug 1418548). A `0` behind
# it is not base64: no bytes give a length of 4n + 1.
_CUT_OFF = "-_"
_GUARD = "0"

_LOWER, _UPPER = string.ascii_lowercase, string.ascii_uppercase
_ROT13 = str.maketrans(_LOWER + _UPPER, _LOWER[13:] + _LOWER[:13] + _UPPER[13:] + _UPPER[:13])


def seal(keys: Keys, body: bytes) -> str:
    """Sign a body with the current key and spell it as text."""
    text = b2a_base64(body + keys.make_tag(body)).translate(_URL_SAFE, _NO_BASE64URL).decode()
    return text + _GUARD if text[-1] in _CUT_OFF else text


def seal_all(keys: Keys, bodies: Iterable[bytes]) -> list[str]:
    """Sign and spell many bodies, each as `seal` would; a tenth faster than one by one."""
    make_tag = keys.make_tag
    texts = [b2a_base64(body + make_tag(body)).translate(_URL_SAFE, _NO_BASE64URL).decode() for body in bodies]
    return [text + _GUARD if text[-1] in _CUT_OFF else text for text in texts]


def to_octets(text: str) -> bytes:
    """Read token text back; the spelling that `seal` would choose is the only one accepted.

    Raises:
        MalformedToken: The text is not one that `seal` can return.
        TypeError: `text` is not a `str`.
    """
    text = plain_str(text, "a token")
    if not _MIN_CHARACTERS <= len(text) <= _MAX_CHARACTERS:
        raise MalformedToken
    core = text
    if len(text) % 4 == 1:
        if text[-1] != _GUARD or text[-2] not in _CUT_OFF:
            raise MalformedToken
        core = text[:-1]
    elif text[-1] in _CUT_OFF:
        raise MalformedToken
    try:
        standard = core.encode().translate(_STANDARD)
        # Lax on purpose, padding always there: whatever is lax about it, spelling it again shows.
        octets = a2b_base64(standard + b"==")
    except ValueError:  # a lone surrogate; a length that no bytes give
        raise MalformedToken from None
    if b2a_base64(octets, newline=False).rstrip(b"=") != standard:
        raise MalformedToken
    return octets


def verified_body(keys: Keys, text: str, *, seek_copy: bool = True) -> bytes:
    """Return the body of a token that a key of the ring signed.

    Args:
        keys: The ring.
        text: The token.
        seek_copy: If the text is refused, check whether its ROT13 copy is a token of the ring.

    Raises:
        BadToken: One of its leaves `MalformedToken`, `UnknownVersion`, `UnknownKey`, `BadTokenSignature`.
        TypeError: `keys` is not a key ring, or `text` is not a `str`.
    """
    if not isinstance(keys, Keys):
        raise TypeError(f"keys must be made by make_keys, not {type(keys).__name__}")
    try:
        octets = to_octets(text)
        if octets[0] >> 4 != VERSION:
            raise UnknownVersion(octets[0] >> 4)
        makers = keys.makers_by_hint.get(octets[1])
        if makers is None:
            raise UnknownKey
        body = octets[:-TAG_OCTETS]
        for make_tag in makers:
            if compare_digest(make_tag(body), octets[-TAG_OCTETS:]):
                return body
        raise BadTokenSignature
    except BadToken as error:
        error.scanner = seek_copy and _is_scanner_copy(keys, text)
        raise


def _is_scanner_copy(keys: Keys, text: str) -> bool:
    if len(text) > _MAX_CHARACTERS:
        return False
    try:  # neither digits nor marks move, so a guard stays one
        verified_body(keys, text.translate(_ROT13), seek_copy=False)
    except BadToken:
        return False
    return True
