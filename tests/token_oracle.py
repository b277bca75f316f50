"""Tokens of every kind, and what signs and takes apart a body without the library: for the tests of tokens."""

from __future__ import annotations

import json
import struct
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import digest as hmac_digest
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import itsdangerous
import pytest

from lmtrack.errors import BadToken
from lmtrack.resolver import TrackingMode
from lmtrack.tokens import (
    ClickToken,
    Keys,
    OpenToken,
    UnsubscribeToken,
    WithdrawToken,
    make_click_token,
    make_keys,
    make_open_token,
    make_unsubscribe_token,
    make_withdraw_token,
    read_click_token,
    read_open_token,
    read_unsubscribe_token,
    read_withdraw_token,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = b"secret of the year 2026, 32 octets"
OLD_SECRET = b"secret of the year 2025, 32 octets"
KEYS = make_keys(SECRET)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ID = "01890a5d-ac96-774b-bcce-b302099a8057"
URL = "https://shop.example/products/summer-shoes"
LONG_URL = "https://shop.example/?" + "&".join(f"utm_campaign_{n}=summer" for n in range(12))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
MODES = [mode for mode in TrackingMode if mode is not TrackingMode.OFF]

READERS: list[Callable[..., OpenToken | ClickToken | WithdrawToken | UnsubscribeToken]] = [
    read_open_token,
    read_click_token,
    read_withdraw_token,
    read_unsubscribe_token,
]

GOLDEN = json.loads((Path(__file__).parent / "corpus" / "golden-tokens.json").read_text(encoding="utf-8"))

# One of every kind, with the reader that takes it.
ALL_KINDS: dict[str, tuple[str, Callable[..., OpenToken | ClickToken | WithdrawToken | UnsubscribeToken]]] = {
    "open": (make_open_token(KEYS, ID, now=NOW), read_open_token),
    "open of a text id": (make_open_token(KEYS, "mail-0189abc", now=NOW), read_open_token),
    "click by id": (make_click_token(KEYS, ID, 3, now=NOW), read_click_token),
    "click": (make_click_token(KEYS, ID, 3, url=URL, now=NOW), read_click_token),
    "click, deflated": (make_click_token(KEYS, ID, 3, url=LONG_URL, now=NOW), read_click_token),
    "withdraw": (make_withdraw_token(KEYS, ID, now=NOW), read_withdraw_token),
    "unsubscribe": (make_unsubscribe_token(KEYS, ID, now=NOW), read_unsubscribe_token),
    "aggregate open": (make_open_token(KEYS, ID, mode=TrackingMode.AGGREGATE, now=NOW), read_open_token),
    "aggregate click by id": (
        make_click_token(KEYS, ID, 3, mode=TrackingMode.AGGREGATE, now=NOW),
        read_click_token,
    ),
    "aggregate click": (
        make_click_token(KEYS, ID, 3, url=URL, mode=TrackingMode.AGGREGATE, now=NOW),
        read_click_token,
    ),
    "deliverability open": (make_open_token(KEYS, ID, mode=TrackingMode.DELIVERABILITY, now=NOW), read_open_token),
}
every_kind = pytest.mark.parametrize(("token", "reader"), ALL_KINDS.values(), ids=ALL_KINDS)


def text_of(octets: bytes) -> str:
    text = urlsafe_b64encode(octets).decode().rstrip("=")
    return text + "0" if text[-1] in "-_" else text


def octets_of(text: str) -> bytes:
    if len(text) % 4 == 1:
        text = text[:-1]
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def stock_signer(secret: bytes = SECRET, tenant: bytes = b"") -> itsdangerous.Signer:
    salt = b"lmtrack.token.v1" + (b"\0" + tenant if tenant else b"")
    return itsdangerous.Signer(secret, salt=salt, key_derivation="hmac", digest_method=sha256)


def signed(body: bytes, *, secret: bytes = SECRET) -> str:
    """Sign any body as itsdangerous does, for what no maker would make."""
    signature = itsdangerous.encoding.base64_decode(stock_signer(secret).get_signature(body))
    return text_of(body + signature[:16])


def hint_of(secret: bytes = SECRET) -> int:
    return hmac_digest(stock_signer(secret).derive_key(), b"kid", "sha256")[0]


def header(kind: int, *, version: int = 1, hint: int | None = None, seconds: int | None = None) -> bytes:
    return struct.pack(
        ">BBI",
        version << 4 | kind,
        hint_of() if hint is None else hint,
        int(NOW.timestamp()) if seconds is None else seconds,
    )


def refused(token: str, *, leaf: type[BadToken] = BadToken, keys: Keys = KEYS) -> None:
    """Every reader refuses the text, and for the same reason."""
    for reader in READERS:
        with pytest.raises(leaf):
            reader(keys, token, now=NOW)


def deflated(octets: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflater.compress(octets) + deflater.flush()


def click_with(field: bytes) -> str:
    return signed(header(3) + b"\0\0\x10" + UUID(ID).bytes + field)


def number_at(body: bytes, place: int) -> tuple[str, int]:
    end = place
    while body[end] & 0x80:
        end += 1
    return f"`{body[place : end + 1].hex()}`", end + 1
