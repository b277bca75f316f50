from __future__ import annotations

import json
import pickle
import re
import struct
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from codecs import encode
from copy import copy, deepcopy
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from hmac import digest as hmac_digest
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import itsdangerous
import pytest
from hypothesis import example, given, strategies as st

from lmtrack._tokens import body as _token_body
from lmtrack.errors import (
    BadDestination,
    BadToken,
    BadTokenSignature,
    LmtrackError,
    MalformedToken,
    TokenExpired,
    TokenNotYetValid,
    TokenRevoked,
    UnknownKey,
    UnknownVersion,
    WrongPurpose,
)
from lmtrack.resolver import TrackingMode
from lmtrack.tokens import (
    ClickToken,
    Keys,
    OpenToken,
    TokenHeader,
    UnsubscribeToken,
    WithdrawToken,
    explain_token,
    make_click_token,
    make_click_tokens,
    make_keys,
    make_open_token,
    make_unsubscribe_token,
    make_withdraw_token,
    read_click_token,
    read_open_token,
    read_unsubscribe_token,
    read_withdraw_token,
)
from strategies import destinations, message_ids

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


# Making and reading


def test_open_token_says_what_was_signed() -> None:
    token = make_open_token(KEYS, ID, recipient=7, now=NOW)
    assert read_open_token(KEYS, token, now=NOW) == OpenToken(ID, 7, TrackingMode.INDIVIDUAL, NOW)


def test_click_token_says_what_was_signed() -> None:
    token = make_click_token(KEYS, ID, 3, url=URL, recipient=7, now=NOW)
    assert read_click_token(KEYS, token, now=NOW) == ClickToken(ID, 7, TrackingMode.INDIVIDUAL, NOW, 3, URL)


def test_click_token_by_id_has_no_url() -> None:
    token = make_click_token(KEYS, ID, 3, recipient=7, now=NOW)
    assert read_click_token(KEYS, token, now=NOW) == ClickToken(ID, 7, TrackingMode.INDIVIDUAL, NOW, 3, None)


def test_withdraw_token_says_what_was_signed_and_never_expires() -> None:
    token = make_withdraw_token(KEYS, ID, recipient=7, now=NOW)
    assert read_withdraw_token(KEYS, token, now=NOW + timedelta(days=36500)) == WithdrawToken(ID, 7, NOW)


def test_default_time_is_the_current_one() -> None:
    before = datetime.now(UTC) - SECOND  # noqa: TID251 - to compare with the library's clock
    opened = read_open_token(KEYS, make_open_token(KEYS, ID))
    clicked = read_click_token(KEYS, make_click_token(KEYS, ID, 0))
    withdrawn = read_withdraw_token(KEYS, make_withdraw_token(KEYS, ID))
    after = datetime.now(UTC)  # noqa: TID251 - the same
    assert all(before <= token.issued_at <= after for token in (opened, clicked, withdrawn))


def test_issue_time_is_rounded_down_and_comes_back_in_utc() -> None:
    local = datetime(2026, 1, 1, 2, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    issued_at = read_open_token(KEYS, make_open_token(KEYS, ID, now=local), now=NOW).issued_at
    assert issued_at == NOW
    assert issued_at.tzinfo is UTC


@pytest.mark.parametrize("recipient", [0, 1, 127, 128, 300, 16383, 16384, 65535])
def test_recipient_comes_back(recipient: int) -> None:
    opened = read_open_token(KEYS, make_open_token(KEYS, ID, recipient=recipient, now=NOW), now=NOW)
    withdrawn = read_withdraw_token(KEYS, make_withdraw_token(KEYS, ID, recipient=recipient, now=NOW), now=NOW)
    assert opened.recipient == withdrawn.recipient == recipient


@pytest.mark.parametrize("link_index", [0, 127, 128, 16383, 16384, 65535])
@pytest.mark.parametrize("url", [None, URL])
def test_link_index_comes_back(link_index: int, url: str | None) -> None:
    token = make_click_token(KEYS, ID, link_index, url=url, now=NOW)
    assert read_click_token(KEYS, token, now=NOW).link_index == link_index


@pytest.mark.parametrize("number", [TrackingMode.OFF, TrackingMode.DELIVERABILITY])
def test_an_enum_member_is_a_number(number: TrackingMode) -> None:
    token = make_open_token(KEYS, ID, recipient=number, now=NOW)
    assert token == make_open_token(KEYS, ID, recipient=number.value, now=NOW)


def test_recipient_that_is_not_named_is_the_first() -> None:
    assert read_open_token(KEYS, make_open_token(KEYS, ID, now=NOW), now=NOW).recipient == 0
    assert read_click_token(KEYS, make_click_token(KEYS, ID, 3, now=NOW), now=NOW).recipient == 0
    assert read_click_token(KEYS, make_click_tokens(KEYS, ID, [None], now=NOW)[0], now=NOW).recipient == 0
    assert read_withdraw_token(KEYS, make_withdraw_token(KEYS, ID, now=NOW), now=NOW).recipient == 0


@pytest.mark.parametrize(
    "message_id",
    [
        ID,
        ID.upper(),
        ID.replace("-", ""),
        ID[:-1],
        ID + "0",
        ID[:8] + "_" + ID[9:],
        "{" + ID + "}",
        "00000000-0000-0000-0000-000000000000",
        "21212121-2121-2121-2121-212121212121",
        "x",
        "!",
        "~",
        "fifteen-letters",
        "sixteen-letters.",
        "seventeen-letters",
        "\\" * 64,
    ],
)
def test_message_id_comes_back_as_it_was(message_id: str) -> None:
    cases: list[tuple[str, Callable[..., Any]]] = [
        (make_open_token(KEYS, message_id, now=NOW), read_open_token),
        (make_click_token(KEYS, message_id, 0, now=NOW), read_click_token),
        (make_click_token(KEYS, message_id, 0, url=URL, now=NOW), read_click_token),
        (make_withdraw_token(KEYS, message_id, now=NOW), read_withdraw_token),
    ]
    for token, reader in cases:
        assert reader(KEYS, token, now=NOW).message_id == message_id


def test_uuid_object_and_its_lower_case_text_make_one_token() -> None:
    assert make_open_token(KEYS, UUID(ID), now=NOW) == make_open_token(KEYS, ID, now=NOW)


def test_aggregate_tokens_hold_no_recipient() -> None:
    opened = read_open_token(KEYS, ALL_KINDS["aggregate open"][0], now=NOW)
    clicked = read_click_token(KEYS, ALL_KINDS["aggregate click"][0], now=NOW)
    assert (opened.recipient, opened.mode) == (clicked.recipient, clicked.mode) == (0, TrackingMode.AGGREGATE)
    assert len(octets_of(ALL_KINDS["aggregate open"][0])) == len(octets_of(ALL_KINDS["open"][0])) - 1


def test_deliverability_open_comes_back_with_its_recipient() -> None:
    token = make_open_token(KEYS, ID, recipient=9, mode=TrackingMode.DELIVERABILITY, now=NOW)
    opened = read_open_token(KEYS, token, now=NOW)
    assert (opened.recipient, opened.mode) == (9, TrackingMode.DELIVERABILITY)


@pytest.mark.parametrize("mode", [TrackingMode.INDIVIDUAL, TrackingMode.AGGREGATE])
def test_tokens_of_one_message_are_the_tokens_of_its_links(mode: TrackingMode) -> None:
    urls = [URL, None, LONG_URL, "https://bücher.example/"]
    tokens = make_click_tokens(KEYS, "welcome-42", iter(urls), mode=mode, now=NOW)
    assert tokens == [
        make_click_token(KEYS, "welcome-42", index, url=url, mode=mode, now=NOW) for index, url in enumerate(urls)
    ]


def test_each_of_many_tokens_has_the_guard_it_would_have_alone() -> None:
    message_id = "welcome-4"  # 33 octets, so that the last character holds six bits and can be any
    tokens = make_click_tokens(KEYS, message_id, [None] * 128, now=NOW)
    assert tokens == [make_click_token(KEYS, message_id, index, now=NOW) for index in range(128)]
    assert any(len(token) == 45 and token[-2:] in {"-0", "_0"} for token in tokens)


def test_no_links_make_no_tokens() -> None:
    assert make_click_tokens(KEYS, ID, [], now=NOW) == []


def test_65537_links_are_too_many() -> None:
    with pytest.raises(ValueError, match=r"^link_index must be 0 to 65535$"):
        make_click_tokens(KEYS, ID, [None] * 65537, now=NOW)


def test_lengths_are_those_of_the_design() -> None:
    url = "https://shop.example/" + "abcdefghijklmnopqrstuvwxyz0123456789" * 2 + "x"
    assert len(url) == 94
    assert len(make_open_token(KEYS, ID, now=NOW).removesuffix("0")) == 52
    assert len(make_click_token(KEYS, ID, 0, now=NOW)) == 54
    assert len(make_click_token(KEYS, ID, 0, url="https://e.example/" + "x" * 76, now=NOW)) in {180, 181}


def test_long_url_is_deflated_if_that_saves_sixteen_octets() -> None:
    assert len(_token_body.pack_url(LONG_URL)) <= len(LONG_URL) - 16
    plain = "https://shop.example/?" + urlsafe_b64encode(sha256(b"1").digest() + sha256(b"2").digest()).decode()
    assert _token_body.pack_url(plain) == plain.encode()


def test_url_of_an_aggregate_token_is_stored_as_it_is() -> None:
    """Builds of zlib deflate differently, and all hosts of a fleet must make the same token."""
    mode = TrackingMode.AGGREGATE
    one = make_click_token(KEYS, "summer-2026", 0, url=LONG_URL, mode=mode, now=NOW)
    (listed,) = make_click_tokens(KEYS, "summer-2026", [LONG_URL], mode=mode, now=NOW)
    assert one == listed == signed(header(7) + b"\0" + b"\x0bsummer-2026" + LONG_URL.encode())


def url_that_saves(octets: int) -> str:
    """Repeat part of an incompressible URL until deflating it gains that much."""
    noise = urlsafe_b64encode(sha256(b"1").digest() + sha256(b"2").digest()).decode().rstrip("=")
    urls = (f"https://shop.example/{noise}/{noise[:length]}" for length in range(len(noise)))
    return next(url for url in urls if len(url) - 1 - len(deflated(url.encode())) == octets)


def test_url_is_deflated_from_a_gain_of_sixteen_octets() -> None:
    for gain in (14, 15):
        url = url_that_saves(gain)
        assert _token_body.pack_url(url) == url.encode()
        with pytest.raises(MalformedToken):
            read_click_token(KEYS, click_with(b"\0" + deflated(url.encode())), now=NOW)
    for gain in (16, 17):
        url = url_that_saves(gain)
        assert len(_token_body.pack_url(url)) == len(url) - gain
        assert read_click_token(KEYS, click_with(b"\0" + deflated(url.encode())), now=NOW).url == url


def test_url_is_deflated_from_96_octets() -> None:
    url = "https://shop.example/".ljust(95, "x")
    assert _token_body.pack_url(url) == url.encode()
    assert _token_body.pack_url(url + "x").startswith(b"\0")


@pytest.mark.parametrize("last", ["x", "ü"])
def test_longest_url_comes_back(last: str) -> None:
    url = "https://shop.example/" + "x" * (2027 - len(last.encode())) + last
    assert len(url.encode()) == 2048
    token = make_click_token(KEYS, "x" * 64, 65535, url=url, recipient=65535, now=NOW)
    assert read_click_token(KEYS, token, now=NOW).url == url


def test_longest_incompressible_token_stays_within_the_limit() -> None:
    noise = "".join(sha256(str(n).encode()).hexdigest() for n in range(32))[: 2048 - 21]
    stored = "https://shop.example/" + noise
    body = header(3) + b"\xff\xff\x03" * 2 + b"\x40" + b"x" * 64 + stored.encode()
    token = signed(body)
    assert len(token) <= 4096
    assert read_click_token(KEYS, token, now=NOW).url == stored


# What a caller does wrong


@pytest.mark.parametrize(
    "message_id",
    ["", "a@b.test", "a%40b.test", "a b", "a\n", "ü", "x" * 65, "\x7f", "\x00", "\ud800", " ", "sixteen-letters\u00e9"],
)
def test_message_id_out_of_its_alphabet_is_a_value_error_that_does_not_repeat_it(message_id: str) -> None:
    with pytest.raises(ValueError, match=r"^message_id must be 1 to 64 printable ASCII characters") as caught:
        make_open_token(KEYS, message_id)
    assert "b.test" not in str(caught.value)


def test_id_of_an_early_release_is_still_read() -> None:
    assert read_open_token(KEYS, signed(header(1) + b"\0" + b"a%40b.test"), now=NOW).message_id == "a%40b.test"


def test_id_may_be_of_a_subclass_of_str() -> None:
    class Text(str):
        __slots__ = ()

        def replace(self, *_: object) -> str:
            return ""

    for message_id in (ID, "welcome-42"):
        assert make_open_token(KEYS, Text(message_id), now=NOW) == make_open_token(KEYS, message_id, now=NOW)


@pytest.mark.parametrize("message_id", [None, 5, b"welcome-42", UUID(ID).bytes])
def test_message_id_of_another_type_is_a_type_error(message_id: Any) -> None:  # noqa: ANN401 - wrong on purpose
    text = f"^message_id must be a str or a uuid.UUID, not {type(message_id).__name__}$"
    with pytest.raises(TypeError, match=text):
        make_open_token(KEYS, message_id)


@pytest.mark.parametrize("number", [-1, 65536, 2**70])
def test_number_out_of_range_is_a_value_error(number: int) -> None:
    with pytest.raises(ValueError, match=r"^recipient must be 0 to 65535$"):
        make_open_token(KEYS, ID, recipient=number)
    with pytest.raises(ValueError, match=r"^link_index must be 0 to 65535$"):
        make_click_token(KEYS, ID, number)


@pytest.mark.parametrize("number", [None, "1", 1.0, True])
def test_number_of_another_type_is_a_type_error(number: Any) -> None:  # noqa: ANN401 - wrong on purpose
    rule = f"must be an int, not {type(number).__name__}$"
    with pytest.raises(TypeError, match=f"^recipient {rule}"):
        make_open_token(KEYS, ID, recipient=number)
    with pytest.raises(TypeError, match=f"^recipient {rule}"):
        make_open_token(KEYS, ID, recipient=number, mode=TrackingMode.AGGREGATE)
    with pytest.raises(TypeError, match=f"^link_index {rule}"):
        make_click_token(KEYS, ID, number)


def test_mode_without_a_token_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="OFF"):
        make_open_token(KEYS, ID, mode=TrackingMode.OFF)
    for mode in (TrackingMode.OFF, TrackingMode.DELIVERABILITY):
        for url in (None, URL):
            with pytest.raises(ValueError, match=mode.name):
                make_click_token(KEYS, ID, 0, url=url, mode=mode)
        with pytest.raises(ValueError, match=mode.name):
            make_click_tokens(KEYS, ID, [URL], mode=mode)


def test_mode_of_another_type_is_a_type_error() -> None:
    for mode in (3, "individual", None, True):
        with pytest.raises(TypeError, match=f"^mode must be a TrackingMode, not {type(mode).__name__}$"):
            make_open_token(KEYS, ID, mode=mode)  # type: ignore[arg-type] # the test's purpose


def test_aggregate_token_with_a_recipient_is_a_value_error() -> None:
    with pytest.raises(ValueError, match=r"^an aggregate token holds no recipient; recipient must be 0$"):
        make_open_token(KEYS, ID, recipient=1, mode=TrackingMode.AGGREGATE)
    with pytest.raises(ValueError, match=r"^an aggregate token holds no recipient; recipient must be 0$"):
        make_click_tokens(KEYS, ID, [URL], recipient=1, mode=TrackingMode.AGGREGATE)


@pytest.mark.parametrize(
    "moment", [datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2106, 2, 7, 6, 28, 16, tzinfo=UTC)]
)
def test_time_that_no_token_can_hold_is_a_value_error(moment: datetime) -> None:
    with pytest.raises(ValueError, match=r"^now must be between 1970-01-01 and 2106-02-07 to be signed$"):
        make_open_token(KEYS, ID, now=moment)


def test_naive_times_are_value_errors() -> None:
    naive = NOW.replace(tzinfo=None)
    token = ALL_KINDS["open"][0]
    with pytest.raises(ValueError, match="aware"):
        make_open_token(KEYS, ID, now=naive)
    with pytest.raises(ValueError, match="aware"):
        read_open_token(KEYS, token, now=naive)
    with pytest.raises(ValueError, match="issued_after"):
        read_open_token(KEYS, token, now=NOW, issued_after=naive)
    with pytest.raises(ValueError, match="aware"):
        read_withdraw_token(KEYS, token, now=naive)


def test_reader_arguments_are_checked_before_the_token() -> None:
    with pytest.raises(ValueError, match="max_age"):
        read_open_token(KEYS, "", max_age=timedelta(seconds=-1))
    with pytest.raises(ValueError, match="leeway"):
        read_click_token(KEYS, "", leeway=timedelta(microseconds=-1))
    with pytest.raises(TypeError, match="max_age"):
        read_open_token(KEYS, "", max_age=3600)  # type: ignore[arg-type] # the test's purpose
    with pytest.raises(TypeError, match="leeway"):
        read_open_token(KEYS, "", leeway=None)  # type: ignore[arg-type] # the test's purpose
    with pytest.raises(TypeError, match="issued_after"):
        read_open_token(KEYS, "", issued_after=1767225600)  # type: ignore[arg-type] # the test's purpose


def test_keys_of_another_type_are_a_type_error() -> None:
    for keys in (SECRET, None, "secret"):
        with pytest.raises(TypeError, match=f"^keys must be made by make_keys, not {type(keys).__name__}$"):
            make_open_token(keys, ID)  # type: ignore[arg-type] # the test's purpose
        with pytest.raises(TypeError, match=f"^keys must be made by make_keys, not {type(keys).__name__}$"):
            read_open_token(keys, ALL_KINDS["open"][0])  # type: ignore[arg-type] # the test's purpose


def test_token_of_another_type_is_a_type_error() -> None:
    for token in (None, 5, ALL_KINDS["open"][0].encode(), list(ALL_KINDS["open"][0])):
        for reader in READERS:
            with pytest.raises(TypeError, match=f"^a token must be a str, not {type(token).__name__}$"):
                reader(KEYS, token)
        with pytest.raises(TypeError, match="token"):
            explain_token(token)  # type: ignore[arg-type] # the test's purpose


def test_one_url_for_many_is_a_type_error() -> None:
    for urls in (URL, URL.encode()):
        with pytest.raises(TypeError, match=r"^urls must be the URLs of a message's links, not one of them$"):
            make_click_tokens(KEYS, ID, urls)  # type: ignore[arg-type] # the test's purpose


def test_bad_destination_is_refused_when_signing() -> None:
    with pytest.raises(BadDestination):
        make_click_token(KEYS, ID, 0, url="javascript:alert(1)")
    with pytest.raises(BadDestination):
        make_click_tokens(KEYS, ID, [URL, "https://a@b.test/"])


# Keys


def test_previous_keys_read_and_dropped_keys_do_not() -> None:
    old = make_open_token(make_keys(OLD_SECRET), ID, now=NOW)
    rotated = make_keys(SECRET, [OLD_SECRET])
    assert read_open_token(rotated, old, now=NOW).message_id == ID
    assert make_open_token(rotated, ID, now=NOW) == make_open_token(KEYS, ID, now=NOW)
    refused(old, leaf=UnknownKey)


def test_another_tenant_does_not_read() -> None:
    token = make_open_token(make_keys(SECRET, tenant=b"one"), ID, now=NOW)
    for tenant in (b"", b"two", b"one\0", b"\0one"):
        with pytest.raises((UnknownKey, BadTokenSignature)):
            read_open_token(make_keys(SECRET, tenant=tenant), token, now=NOW)


def colliding_secrets(count: int) -> list[bytes]:
    """Secrets whose derived keys have the hint of `SECRET`."""
    candidates = (b"colliding secret number %d" % number for number in range(100_000))
    return [secret for secret, _ in zip((s for s in candidates if hint_of(s) == hint_of()), range(count), strict=False)]


def test_keys_with_one_hint_all_read() -> None:
    secrets = colliding_secrets(2)
    ring = make_keys(SECRET, secrets)
    for secret in (SECRET, *secrets):
        assert read_open_token(ring, make_open_token(make_keys(secret), ID, now=NOW), now=NOW).message_id == ID
    refused(make_open_token(make_keys(secrets[0]), ID, now=NOW), leaf=BadTokenSignature)


def test_newest_of_the_keys_with_one_hint_is_tried_first() -> None:
    ring = make_keys(SECRET, colliding_secrets(2))
    assert ring.makers_by_hint[hint_of()][0](b"body") == KEYS.make_tag(b"body")


def test_keys_show_no_secret() -> None:
    keys = make_keys(SECRET, [OLD_SECRET], tenant=b"tenant-7")
    assert repr(keys) == str(keys) == "<Keys: 1 current, 1 previous>"


def test_keys_are_equal_by_their_secrets_and_tenant() -> None:
    keys = make_keys(SECRET, [OLD_SECRET], tenant=b"t")
    assert keys == make_keys(SECRET, (OLD_SECRET,), tenant=b"t")
    assert hash(keys) == hash(make_keys(SECRET, [OLD_SECRET], tenant=b"t"))
    assert keys != make_keys(OLD_SECRET, [SECRET], tenant=b"t")
    assert keys != make_keys(SECRET, [OLD_SECRET])
    assert keys != make_keys(SECRET, tenant=b"t")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_keys_survive_pickling_and_copying(protocol: int) -> None:
    keys = make_keys(SECRET, [OLD_SECRET], tenant=b"t")
    for again in (pickle.loads(pickle.dumps(keys, protocol)), copy(keys), deepcopy(keys)):  # noqa: S301 - our own bytes
        assert again == keys
        assert make_open_token(again, ID, now=NOW) == make_open_token(keys, ID, now=NOW)


def test_keys_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        KEYS.hint = 0


def test_short_secrets_are_value_errors() -> None:
    make_keys(b"x" * 16)
    with pytest.raises(ValueError, match="16"):
        make_keys(b"x" * 15)
    with pytest.raises(ValueError, match="16"):
        make_keys(SECRET, [b""])


@pytest.mark.parametrize(
    "previous",
    [
        [SECRET],
        [OLD_SECRET, OLD_SECRET],
        [SECRET + b"\0"],  # HMAC fills a key up with zero octets: this is the same key
        [b"x" * 65, sha256(b"x" * 65).digest()],  # and hashes a long one
    ],
)
def test_one_secret_twice_is_a_value_error(previous: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"^a secret stands in the ring twice$"):
        make_keys(SECRET, previous)


@pytest.mark.parametrize("secret", ["secret of the year 2026, 32 octets", None, bytearray(32), 32])
def test_secrets_of_another_type_are_type_errors(secret: Any) -> None:  # noqa: ANN401 - wrong on purpose
    rule = f"must be bytes, not {type(secret).__name__}"
    with pytest.raises(TypeError, match=f"^a secret {rule}"):
        make_keys(secret)
    with pytest.raises(TypeError, match=f"^a secret {rule}"):
        make_keys(SECRET, [secret])
    with pytest.raises(TypeError, match=f"^tenant {rule}"):
        make_keys(SECRET, tenant=secret)


@pytest.mark.parametrize("previous", [OLD_SECRET, "old secret"])
def test_one_previous_secret_that_is_no_sequence_is_a_type_error(previous: Any) -> None:  # noqa: ANN401 - wrong on purpose
    with pytest.raises(TypeError, match=r"^previous must be a sequence of bytes, not one secret$"):
        make_keys(SECRET, previous)


# Time


@pytest.mark.parametrize("reader", [read_open_token, read_click_token])
@pytest.mark.parametrize(
    ("age", "error"),
    [
        (timedelta(minutes=-5) - SECOND, TokenNotYetValid),
        (timedelta(minutes=-5), None),
        (timedelta(0), None),
        (timedelta(days=30), None),
        (timedelta(days=30) + SECOND, TokenExpired),
    ],
)
def test_token_is_valid_from_leeway_to_max_age(
    reader: Callable[..., OpenToken | ClickToken], age: timedelta, error: type[BadToken] | None
) -> None:
    token = ALL_KINDS["open" if reader is read_open_token else "click"][0]
    for options in ({}, {"max_age": timedelta(days=30, seconds=0), "leeway": timedelta(seconds=300, microseconds=0)}):
        if error is None:
            assert reader(KEYS, token, now=NOW + age, **options).message_id == ID
        else:
            with pytest.raises(error):
                reader(KEYS, token, now=NOW + age, **options)


def test_max_age_none_is_any_age() -> None:
    token = make_open_token(KEYS, ID, now=datetime(1970, 1, 1, tzinfo=UTC))
    assert read_open_token(KEYS, token, max_age=None, now=datetime(9999, 1, 1, tzinfo=UTC)).message_id == ID


def test_max_age_and_leeway_of_zero_are_this_second() -> None:
    token = ALL_KINDS["open"][0]
    now = timedelta(0)
    assert read_open_token(KEYS, token, max_age=now, leeway=now, now=NOW + SECOND / 2)
    with pytest.raises(TokenExpired):
        read_open_token(KEYS, token, max_age=now, leeway=now, now=NOW + SECOND)
    with pytest.raises(TokenNotYetValid):
        read_open_token(KEYS, token, max_age=now, leeway=now, now=NOW - SECOND / 2)


def test_expired_token_carries_what_it_says() -> None:
    with pytest.raises(TokenExpired) as caught:
        read_click_token(KEYS, ALL_KINDS["click"][0], now=NOW + timedelta(days=31))
    assert caught.value.token == ClickToken(ID, 0, TrackingMode.INDIVIDUAL, NOW, 3, URL)
    assert caught.value.date_signed == NOW
    assert caught.value.reason == "expired"


@pytest.mark.parametrize(
    ("after", "revoked"), [(-SECOND, False), (timedelta(0), True), (SECOND / 2, True), (SECOND, True)]
)
def test_token_made_at_issued_after_or_before_is_revoked(after: timedelta, revoked: bool) -> None:
    token = ALL_KINDS["click"][0]
    if not revoked:
        assert read_click_token(KEYS, token, issued_after=NOW + after, now=NOW).url == URL
        return
    with pytest.raises(TokenRevoked) as caught:
        read_click_token(KEYS, token, issued_after=NOW + after, now=NOW)
    assert isinstance(caught.value.token, ClickToken)
    assert caught.value.token.url == URL


def test_revoked_is_told_before_expired() -> None:
    with pytest.raises(TokenRevoked):
        read_open_token(KEYS, ALL_KINDS["open"][0], issued_after=NOW, now=NOW + timedelta(days=365))


def test_revoked_is_told_at_the_end_of_the_leeway() -> None:
    with pytest.raises(TokenRevoked):
        read_open_token(KEYS, ALL_KINDS["open"][0], issued_after=NOW, now=NOW - timedelta(minutes=5))


def test_issued_after_before_1970_revokes_nothing() -> None:
    token = make_open_token(KEYS, ID, now=datetime(1970, 1, 1, tzinfo=UTC))
    long_ago = datetime(1969, 1, 1, tzinfo=UTC)
    assert read_open_token(KEYS, token, max_age=None, issued_after=long_ago, now=NOW).message_id == ID


@pytest.mark.parametrize("kind", ["withdraw", "unsubscribe"])
@pytest.mark.parametrize("minutes", [-6, 0, 6, -60 * 24 * 999, 60 * 24 * 999])
def test_a_way_out_is_heard_whatever_the_clocks_say(kind: str, minutes: int) -> None:
    token, read = ALL_KINDS[kind]
    assert read(KEYS, token, now=NOW + timedelta(minutes=minutes)).message_id == ID
    with pytest.raises(ValueError, match="aware"):
        read(KEYS, token, now=NOW.replace(tzinfo=None))


# Purpose, version, key


@every_kind
def test_no_other_reader_takes_a_token(token: str, reader: Callable[..., object]) -> None:
    assert reader(KEYS, token, now=NOW)
    for other in READERS:
        if other is not reader:
            with pytest.raises(WrongPurpose) as caught:
                other(KEYS, token, now=NOW)
            assert caught.value.kind == octets_of(token)[0] & 0xF


@pytest.mark.parametrize("kind", [0, *range(10, 16)])
def test_kind_not_in_use_has_no_purpose(kind: int) -> None:
    token = signed(header(kind) + b"\0welcome-42")
    refused(token, leaf=WrongPurpose)
    explained = explain_token(token)
    assert (explained.kind, explained.purpose, explained.mode) == (kind, None, None)


@pytest.mark.parametrize("version", [0, *range(2, 16)])
def test_other_version_is_refused_though_signed(version: int) -> None:
    token = signed(header(1, version=version) + b"\0welcome-42")
    refused(token, leaf=UnknownVersion)
    with pytest.raises(UnknownVersion) as caught:
        explain_token(token)
    assert caught.value.version == version


def test_unknown_hint_is_an_unknown_key() -> None:
    refused(signed(header(1, hint=hint_of() ^ 1) + b"\0welcome-42"), leaf=UnknownKey)


def test_wrong_tag_is_a_bad_signature() -> None:
    octets = bytearray(octets_of(ALL_KINDS["open"][0]))
    octets[-1] ^= 1
    refused(text_of(bytes(octets)), leaf=BadTokenSignature)


@every_kind
def test_header_is_explained_without_a_key(token: str, reader: Callable[..., object]) -> None:
    explained = explain_token(token)
    assert explained == TokenHeader(
        version=1,
        kind=octets_of(token)[0] & 0xF,
        purpose=explained.purpose,
        mode=explained.mode,
        key_hint=hint_of(),
        issued_at=NOW,
    )
    assert reader.__name__ == f"read_{explained.purpose}_token"
    if explained.purpose not in {"withdraw", "unsubscribe"}:
        verified: Any = reader(KEYS, token, now=NOW)
        assert verified.mode is explained.mode


def test_explaining_garbage_is_malformed() -> None:
    with pytest.raises(MalformedToken) as caught:
        explain_token("garbage")
    assert not caught.value.scanner


# One spelling


@every_kind
def test_every_change_of_one_character_is_refused(token: str, reader: Callable[..., object]) -> None:
    assert reader(KEYS, token, now=NOW)
    for place, original in enumerate(token):
        for character in ALPHABET + "=+/.~ \n%é\x00":
            if character != original:
                with pytest.raises(BadToken):
                    reader(KEYS, token[:place] + character + token[place + 1 :], now=NOW)


@every_kind
def test_every_deletion_truncation_insertion_and_swap_is_refused(token: str, reader: Callable[..., object]) -> None:
    changed = {token[:place] + token[place + 1 :] for place in range(len(token))}
    changed |= {token[:place] for place in range(len(token))}
    changed |= {token[place:] for place in range(1, len(token))}
    changed |= {token[:place] + mark + token[place:] for place in range(len(token) + 1) for mark in "A0-_=\n "}
    changed |= {token[:p] + token[p + 1] + token[p] + token[p + 2 :] for p in range(len(token) - 1)}
    changed |= {token[:place] + "AAAA" + token[place:] for place in range(len(token) + 1)}
    changed |= {token[:place] + "====" + token[place:] for place in range(len(token) + 1)}
    for text in changed - {token}:
        with pytest.raises(BadToken):
            reader(KEYS, text, now=NOW)


@every_kind
def test_every_change_of_one_bit_is_refused(token: str, reader: Callable[..., object]) -> None:
    octets = octets_of(token)
    for bit in range(len(octets) * 8):
        changed = bytearray(octets)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadToken):
            reader(KEYS, text_of(bytes(changed)), now=NOW)


@every_kind
def test_other_dress_of_the_text_is_refused(token: str, reader: Callable[..., object]) -> None:
    standard = token.replace("-", "+").replace("_", "/")
    for text in (
        token + "=",
        token + "==",
        token + "0",
        token + "00",
        " " + token,
        token + "\n",
        token.lower(),
        token.upper(),
        token.swapcase(),
        token[::-1],
        token + token,
        standard if standard != token else standard + "+",
        token.replace(token[5], f"%{ord(token[5]):02x}", 1),
        encode(token, "rot13"),
    ):
        with pytest.raises(BadToken):
            reader(KEYS, text, now=NOW)


@pytest.mark.parametrize("last", "-_")
def test_text_never_ends_in_a_mark_and_the_guard_belongs_to_it(last: str) -> None:
    tokens = (make_open_token(KEYS, f"mail-{number:04}-", now=NOW) for number in range(10_000))
    token = next(token for token in tokens if token[-2:] == last + "0" and len(token) % 4 == 1)
    assert read_open_token(KEYS, token, now=NOW)
    refused(token[:-1], leaf=MalformedToken)
    for guard in ("1", "00", "A", "-", "=", "\ud800"):
        refused(token[:-1] + guard, leaf=MalformedToken)


def test_other_alphabet_of_a_guarded_token_is_refused() -> None:
    tokens = (make_open_token(KEYS, f"mail-{number:04}-", now=NOW) for number in range(10_000))
    token = next(token for token in tokens if token.endswith(("-0", "_0")))
    refused(token.replace("-", "+").replace("_", "/"), leaf=MalformedToken)


def test_trailing_bits_are_refused() -> None:
    token = make_open_token(KEYS, ID, recipient=128, now=NOW)
    assert len(token) % 4 == 2
    for character in set(ALPHABET) - {token[-1]}:
        text = token[:-1] + character
        if octets_of(text) == octets_of(token):
            refused(text, leaf=MalformedToken)


# Second packings, signed with the real key


VARINTS = [
    b"\x80\x00",  # 0 in two octets
    b"\x81\x00",  # 1 in two
    b"\x80\x80\x00",  # 0 in three
    b"\xff\x80\x00",  # 127 in three
    b"\x80\x80\x04",  # 65,536
    b"\xff\xff\x7f",  # 2,097,151
    b"\x80\x80\x80\x00",  # four octets
    b"\xff\xff\xff\x7f",
]


@pytest.mark.parametrize("number", VARINTS)
def test_number_in_another_packing_is_malformed(number: bytes) -> None:
    field = UUID(ID).bytes
    for kind in (1, 4, 8):
        with pytest.raises(MalformedToken):
            READERS[2 if kind == 4 else 0](KEYS, signed(header(kind) + number + field), now=NOW)
    for body in (
        header(2) + number + b"\0" + field,
        header(2) + b"\0" + number + field,
        header(3) + number + b"\0\x10" + field + URL.encode(),
        header(3) + b"\0" + number + b"\x10" + field + URL.encode(),
        header(3) + b"\0\0" + number + field + URL.encode(),
        header(6) + number + field,
        header(7) + number + b"\x10" + field + URL.encode(),
        header(7) + b"\0" + number + field + URL.encode(),
    ):
        with pytest.raises(MalformedToken):
            read_click_token(KEYS, signed(body), now=NOW)


@pytest.mark.parametrize(
    "rest",
    [
        b"\0",
        b"\0\0",
        b"\0\xff",
        b"\0\xff\xff",
        b"\0\0\x10",
        b"\0\0\x11" + b"x" * 16,
        b"\0\0\0" + URL.encode(),
        b"\0\0\x80\x80",
    ],
)
def test_body_that_breaks_off_is_malformed(rest: bytes) -> None:
    with pytest.raises(MalformedToken):
        read_click_token(KEYS, signed(header(3) + rest), now=NOW)


def test_click_by_id_without_an_id_is_malformed() -> None:
    with pytest.raises(MalformedToken):
        read_click_token(KEYS, signed(header(6) + b"\0"), now=NOW)


@pytest.mark.parametrize(
    "field",
    [
        b"x" * 65,
        b"x" * 14 + b"\xff",
        b"x" * 14 + b"\n",
        b"a@b.test",
        b"a b",
        b"\x80",
        b"\x80" + b"x" * 15 + b"x" * 2,
        b"\x80" + b"x" * 14 + b"\n" + b"x",
        b"\x80" + b"x" * 15 + b"@",
        b"\x80\x80" + b"x" * 15,
        ID.encode(),
        "größe".encode(),
    ],
)
def test_id_field_that_no_id_packs_to_is_malformed(field: bytes) -> None:
    cases: list[tuple[bytes, Callable[..., Any]]] = [
        (header(1) + b"\0" + field, read_open_token),
        (header(4) + b"\0" + field, read_withdraw_token),
        (header(2) + b"\0\0" + field, read_click_token),
        (header(5) + field, read_open_token),
    ]
    for body, reader in cases:
        with pytest.raises(MalformedToken):
            reader(KEYS, signed(body), now=NOW)
    with pytest.raises(MalformedToken):
        read_click_token(KEYS, signed(header(3) + b"\0\0" + bytes((len(field),)) + field + URL.encode()), now=NOW)


def test_id_of_seventeen_printable_octets_is_text() -> None:
    token = signed(header(1) + b"\0" + b"seventeen-letters")
    assert read_open_token(KEYS, token, now=NOW).message_id == "seventeen-letters"


def deflated(octets: bytes) -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return deflater.compress(octets) + deflater.flush()


def click_with(field: bytes) -> str:
    return signed(header(3) + b"\0\0\x10" + UUID(ID).bytes + field)


def test_deflated_url_of_another_window_and_level_is_read() -> None:
    for level, window in [(1, -15), (9, -15), (6, -12)]:
        deflater = zlib.compressobj(level, zlib.DEFLATED, window)
        field = b"\0" + deflater.compress(LONG_URL.encode()) + deflater.flush()
        assert read_click_token(KEYS, click_with(field), now=NOW).url == LONG_URL


@pytest.mark.parametrize(
    "field",
    [
        b"\0",
        b"\0garbage, not deflate",
        b"\0" + deflated(LONG_URL.encode())[:-1],
        b"\0" + deflated(LONG_URL.encode()) + b"\0",
        b"\0" + deflated(LONG_URL.encode()) * 2,
        b"\0" + zlib.compress(LONG_URL.encode()),
        b"\0" + deflated(URL.encode()),  # saves nothing
        b"\0" + deflated(b""),
        b"\0" + deflated(b"https://shop.example/" + b"x" * 10**6),
        b"\0" + deflated(b"https://shop.example/" + b"x" * 2029),  # 2,050 octets are not inflated to the end
        b"\0" + deflated(b"\0" + deflated(LONG_URL.encode())),
        b"\0" + deflated(b"https://shop.example/\xff" + b"x" * 500),
        b"https://shop.example/\xff",
        b"https://shop.example/\xc0\xaf",
        b"https://shop.example/\xed\xa0\x80",
    ],
)
def test_url_field_that_no_url_packs_to_is_malformed(field: bytes) -> None:
    with pytest.raises(MalformedToken):
        read_click_token(KEYS, click_with(field), now=NOW)


@pytest.mark.parametrize(
    "field",
    [
        b"",
        b"javascript:alert(1)",
        b"//shop.example/",
        b"https://user@shop.example/",
        b"https://shop.example/a b",
        b"https://shop.example/" + b"x" * 2028,
        b"\0" + deflated(b"https://shop.example/" + b"x" * 2028),
        b"\0" + deflated(b"javascript:" + b"x" * 500),
        "https://straße.example/".encode(),
    ],
)
def test_destination_is_checked_again_when_reading(field: bytes) -> None:
    with pytest.raises(BadDestination) as caught:
        read_click_token(KEYS, click_with(field), now=NOW)
    assert not caught.value.scanner


# Anything else


@pytest.mark.parametrize("filler", ["A", "=", "-", "é", "\ud800", "\x00"])
def test_ten_megabytes_are_refused(filler: str) -> None:
    refused(filler * 10**7, leaf=MalformedToken)


def test_text_of_31_to_4096_characters_can_be_a_token() -> None:
    for octets in (23, 3072):
        assert explain_token(text_of(header(1).ljust(octets, b"x"))).kind == 1
    for octets in (22, 3073):
        with pytest.raises(MalformedToken):
            explain_token(text_of(header(1).ljust(octets, b"x")))
    guarded = text_of(header(1).ljust(3071, b"x") + b"\x3e")
    assert len(guarded) == 4097
    with pytest.raises(MalformedToken):
        explain_token(guarded)


@pytest.mark.parametrize("length", [*range(48), *range(4090, 4102)])
@pytest.mark.parametrize("filler", ["A", "E", "=", "-", "é", "\ud800"])
def test_garbage_of_any_length_is_refused(length: int, filler: str) -> None:
    refused(filler * length)


# Scanners


@every_kind
def test_rot13_copy_tells_a_scanner_whatever_is_asked(token: str, reader: Callable[..., object]) -> None:
    scrambled = encode(token, "rot13")
    for asked in READERS:
        with pytest.raises(BadToken) as caught:
            asked(KEYS, scrambled, now=NOW)
        assert caught.value.scanner
    with pytest.raises(BadToken) as caught:
        reader(KEYS, scrambled, now=NOW + timedelta(days=999))
    assert caught.value.scanner


def test_text_too_long_for_a_token_tells_no_scanner() -> None:
    with pytest.raises(MalformedToken) as caught:
        read_open_token(KEYS, "A" * 4097, now=NOW)
    assert not caught.value.scanner


def test_reader_names_the_version_it_does_not_know() -> None:
    with pytest.raises(UnknownVersion) as caught:
        read_open_token(KEYS, signed(header(0, version=6) + b"\0" + UUID(ID).bytes), now=NOW)
    assert caught.value.version == 6


def test_rot13_copy_of_a_guarded_token_tells_a_scanner() -> None:
    token = next(t for n in range(999) if (t := make_open_token(KEYS, f"mail-{n:04}-", now=NOW)).endswith(("-0", "_0")))
    with pytest.raises(BadToken) as caught:
        read_open_token(KEYS, encode(token, "rot13"), now=NOW)
    assert caught.value.scanner


@every_kind
def test_no_other_damage_tells_a_scanner(token: str, reader: Callable[..., object]) -> None:
    strange = make_open_token(make_keys(OLD_SECRET), ID, now=NOW)
    for text in (
        token[:-1],
        token.swapcase(),
        token[:9] + "A" + token[10:] + "A",
        strange,
        encode(strange, "rot13"),
        "",
    ):
        with pytest.raises(BadToken) as caught:
            reader(KEYS, text, now=NOW)
        assert not caught.value.scanner


# Errors


def test_each_error_has_a_code_and_is_both_families() -> None:
    leaves: dict[type[BadToken], str] = {
        MalformedToken: "malformed",
        UnknownVersion: "unknown_version",
        UnknownKey: "unknown_key",
        BadTokenSignature: "bad_signature",
        WrongPurpose: "wrong_purpose",
        TokenExpired: "expired",
        TokenNotYetValid: "not_yet_valid",
        TokenRevoked: "revoked",
        BadDestination: "bad_destination",
    }
    assert set(BadToken.__subclasses__()) == set(leaves)
    for leaf, reason in leaves.items():
        assert leaf.reason == reason
        assert issubclass(leaf, LmtrackError)
        assert issubclass(leaf, itsdangerous.BadData)
    assert issubclass(BadTokenSignature, itsdangerous.BadSignature)
    assert issubclass(UnknownKey, itsdangerous.BadSignature)
    assert issubclass(TokenExpired, itsdangerous.SignatureExpired)
    assert issubclass(TokenNotYetValid, itsdangerous.BadTimeSignature)
    assert issubclass(BadDestination, ValueError)


def all_errors() -> list[BadToken]:
    clicked = ClickToken(ID, 4711, TrackingMode.INDIVIDUAL, NOW, 3, URL)
    return [
        BadToken(scanner=True),
        MalformedToken(scanner=True),
        UnknownVersion(7, scanner=True),
        UnknownKey(),
        BadTokenSignature(scanner=True),
        WrongPurpose(3),
        TokenExpired(clicked),
        TokenNotYetValid(),
        TokenRevoked(OpenToken(ID, 4711, TrackingMode.INDIVIDUAL, NOW)),
        BadDestination("host"),
    ]


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.reason)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_error_survives_pickling(error: BadToken, protocol: int) -> None:
    for again in (pickle.loads(pickle.dumps(error, protocol)), copy(error)):  # noqa: S301 - our own bytes
        assert type(again) is type(error)
        assert again.args == error.args
        assert str(again) == str(error)
        assert vars(again) == vars(error)


@pytest.mark.parametrize("error", all_errors(), ids=lambda error: error.reason)
def test_error_shows_nothing_of_the_token(error: BadToken) -> None:
    for text in (str(error), repr(error), str(error.args), error.message):
        assert text
        assert not any(secret in text for secret in (ID, "4711", "shop.example"))


def test_raised_errors_show_nothing_of_the_token() -> None:
    token = ALL_KINDS["click"][0]
    for changed in (token[:-1], token[:-2] + "AA", encode(token, "rot13"), token + "é"):
        with pytest.raises(BadToken) as caught:
            read_click_token(KEYS, changed, now=NOW)
        assert changed[8:20] not in repr(caught.value) + str(caught.value)


def test_values_show_neither_recipient_nor_url() -> None:
    clicked = ClickToken(ID, 4711, TrackingMode.INDIVIDUAL, NOW, 3, URL)
    values = (clicked, OpenToken(ID, 4711, TrackingMode.INDIVIDUAL, NOW), WithdrawToken(ID, 4711, NOW))
    for value in values:
        assert repr(value).startswith(f"{type(value).__name__}(message_id='{ID}', ")
        assert "4711" not in repr(value)
        assert "shop.example" not in repr(value)
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301 - our own bytes


# The oracle, and what lies in mailboxes


@every_kind
def test_tag_is_the_first_half_of_a_stock_itsdangerous_signature(token: str, reader: Callable[..., object]) -> None:
    octets = octets_of(token)
    signature = itsdangerous.encoding.base64_decode(stock_signer().get_signature(octets[:-16]))
    assert octets[-16:] == signature[:16]
    assert octets[1] == hint_of()
    assert signed(octets[:-16]) == token
    assert reader(KEYS, token, now=NOW)


def golden_keys(row: dict[str, Any]) -> Keys:
    return make_keys(GOLDEN["keys"][row["key"]].encode(), tenant=row["tenant"].encode())


@pytest.mark.parametrize("row", GOLDEN["tokens"], ids=lambda row: row["name"])
def test_golden_token_is_read(row: dict[str, Any]) -> None:
    moment = datetime.fromisoformat(row["issued_at"])
    ring = make_keys(
        GOLDEN["keys"]["current"].encode(), [GOLDEN["keys"]["previous"].encode()], tenant=row["tenant"].encode()
    )
    value: Any
    if row["purpose"] == "withdraw":
        value = read_withdraw_token(ring, row["token"], now=moment)
    elif row["purpose"] == "open":
        value = read_open_token(ring, row["token"], now=moment)
    else:
        value = read_click_token(ring, row["token"], now=moment)
        assert (value.link_index, value.url) == (row["link_index"], row["url"])
    assert (value.message_id, value.recipient, value.issued_at) == (row["message_id"], row["recipient"], moment)
    if row["purpose"] != "withdraw":
        assert value.mode is TrackingMode[row["mode"].upper()]
    explained = explain_token(row["token"])
    assert (explained.kind, explained.purpose, explained.issued_at) == (row["kind"], row["purpose"], moment)


@pytest.mark.parametrize("row", [row for row in GOLDEN["tokens"] if not row["deflated"]], ids=lambda row: row["name"])
def test_golden_token_is_made(row: dict[str, Any]) -> None:
    common: dict[str, Any] = {"recipient": row["recipient"], "now": datetime.fromisoformat(row["issued_at"])}
    keys = golden_keys(row)
    if row["purpose"] == "withdraw":
        token = make_withdraw_token(keys, row["message_id"], **common)
    elif row["purpose"] == "open":
        token = make_open_token(keys, row["message_id"], mode=TrackingMode[row["mode"].upper()], **common)
    else:
        mode = TrackingMode[row["mode"].upper()]
        token = make_click_token(keys, row["message_id"], row["link_index"], url=row["url"], mode=mode, **common)
    assert token == row["token"]


@pytest.mark.parametrize("row", GOLDEN["tokens"], ids=lambda row: row["name"])
def test_golden_tag_is_that_of_itsdangerous(row: dict[str, Any]) -> None:
    octets = octets_of(row["token"])
    signer = stock_signer(GOLDEN["keys"][row["key"]].encode(), row["tenant"].encode())
    assert octets[-16:] == itsdangerous.encoding.base64_decode(signer.get_signature(octets[:-16]))[:16]
    assert text_of(octets) == row["token"]


def test_every_kind_has_a_golden_token() -> None:
    assert {row["kind"] for row in GOLDEN["tokens"]} == set(range(1, 9))


def number_at(body: bytes, place: int) -> tuple[str, int]:
    end = place
    while body[end] & 0x80:
        end += 1
    return f"`{body[place : end + 1].hex()}`", end + 1


def row_of_page(row: dict[str, Any]) -> str:
    """Take a golden token apart with nothing of the library's, as the page on the format shows it."""
    octets = octets_of(row["token"])
    body, tag = octets[:-16], octets[-16:]
    place = 6
    recipient = index = size = url = ""
    if row["kind"] not in {5, 6, 7}:
        recipient, place = number_at(body, place)
    if row["kind"] in {2, 3, 6, 7}:
        index, place = number_at(body, place)
    field = body[place:]
    if row["kind"] in {3, 7}:
        size, place = number_at(body, place)
        end = place + int(size.strip("`"), 16)
        field, stored = body[place:end], body[end:]
        url = f"`00` and {len(stored) - 1} octets of deflate" if stored[0] == 0 else f"{len(stored)} octets of UTF-8"
    if len(field) == 16:
        message_id = f"`{field.hex()}`"
    else:
        message_id = f"`80`, `{field[1:].decode()}`" if field[0] == 0x80 else f"`{field.decode()}`"
    guard = ", guard" if len(row["token"]) % 4 == 1 else ""
    cells = [
        row["name"],
        f"`{body[0]:02x}`",
        f"`{body[1]:02x}`",
        f"`{body[2:6].hex()}`",
        recipient,
        index,
        size,
        message_id,
        url,
        f"`{tag.hex()}`",
        f"{len(row['token'])}{guard}",
    ]
    return f"| {' | '.join(cells)} |"


def test_page_on_the_format_shows_every_golden_token() -> None:
    page = Path(__file__).parent.parent / "docs" / "explanation" / "token-format.md"
    lines = page.read_text(encoding="utf-8").splitlines()
    assert [
        line for line in lines if line.startswith(("| open", "| click", "| aggregate", "| deliver", "| withdraw"))
    ] == [row_of_page(row) for row in GOLDEN["tokens"]]


# Properties

numbers = st.integers(0, 65535) | st.integers(0, 300)
moments = st.datetimes(datetime(1970, 1, 1), datetime(2106, 2, 7), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants naive bounds


@given(message_ids(), numbers, st.sampled_from(MODES), moments)
def test_open_round_trip(message_id: str, recipient: int, mode: TrackingMode, now: datetime) -> None:
    recipient = 0 if mode is TrackingMode.AGGREGATE else recipient
    token = make_open_token(KEYS, message_id, recipient=recipient, mode=mode, now=now)
    assert re.fullmatch(r"[A-Za-z0-9_-]*[A-Za-z0-9]", token)
    expected = OpenToken(message_id, recipient, mode, now.replace(microsecond=0))
    assert read_open_token(KEYS, token, now=now) == expected
    assert token == signed(octets_of(token)[:-16])


@given(message_ids(), numbers, numbers, st.none() | destinations(), st.booleans(), moments)
def test_click_round_trip(  # noqa: PLR0917 - hypothesis hands them over by position
    message_id: str, link_index: int, recipient: int, url: str | None, aggregate: bool, now: datetime
) -> None:
    mode = TrackingMode.AGGREGATE if aggregate else TrackingMode.INDIVIDUAL
    recipient = 0 if aggregate else recipient
    token = make_click_token(KEYS, message_id, link_index, url=url, recipient=recipient, mode=mode, now=now)
    expected = ClickToken(message_id, recipient, mode, now.replace(microsecond=0), link_index, url)
    assert read_click_token(KEYS, token, now=now) == expected
    assert re.fullmatch(r"[A-Za-z0-9_-]*[A-Za-z0-9]", token)


@given(message_ids(), numbers, moments)
def test_withdraw_round_trip(message_id: str, recipient: int, now: datetime) -> None:
    token = make_withdraw_token(KEYS, message_id, recipient=recipient, now=now)
    assert read_withdraw_token(KEYS, token, now=now) == WithdrawToken(message_id, recipient, now.replace(microsecond=0))


@given(st.text() | st.text(ALPHABET, min_size=25, max_size=90) | st.text(st.characters(min_codepoint=0xD7F0)))
@example("E" + "A" * 51)
@example("\ud800" * 52)
def test_any_text_is_refused_by_a_bad_token(text: str) -> None:
    refused(text)


@given(st.binary(min_size=1, max_size=120), st.integers(0, 15))
@example(b"\0" + UUID(ID).bytes, 1)
def test_signed_body_is_read_in_one_spelling_or_refused(rest: bytes, kind: int) -> None:
    token = signed(header(kind) + rest)
    for reader in READERS:
        try:
            value = reader(KEYS, token, now=NOW)
        except BadToken:
            continue
        if isinstance(value, WithdrawToken):
            again = make_withdraw_token(KEYS, value.message_id, recipient=value.recipient, now=NOW)
        elif isinstance(value, UnsubscribeToken):
            again = make_unsubscribe_token(KEYS, value.message_id, recipient=value.recipient, now=NOW)
        elif isinstance(value, ClickToken):
            again = make_click_token(
                KEYS,
                value.message_id,
                value.link_index,
                url=value.url,
                recipient=value.recipient,
                mode=value.mode,
                now=NOW,
            )
        else:
            again = make_open_token(KEYS, value.message_id, recipient=value.recipient, mode=value.mode, now=NOW)
        assert again == token


@given(st.sampled_from(list(ALL_KINDS)), st.integers(0, 300), st.sampled_from(ALPHABET), st.integers(0, 3))
def test_damaged_token_is_refused(kind: str, place: int, character: str, cut: int) -> None:
    token, reader = ALL_KINDS[kind]
    place %= len(token)
    damaged = token[:place] + character + token[place + cut :]
    if damaged != token:
        with pytest.raises(BadToken):
            reader(KEYS, damaged, now=NOW)


@given(st.integers(0, 65535))
def test_number_has_one_packing(number: int) -> None:
    packed = _token_body.pack_number(number, "number")
    assert _token_body.unpack_number(packed, 0) == (number, len(packed))
    assert len(packed) == 1 + (number >= 1 << 7) + (number >= 1 << 14)


@given(message_ids())
def test_id_has_one_packing(message_id: str) -> None:
    packed = _token_body.pack_id(message_id)
    assert _token_body.unpack_id(packed) == message_id
    canonical = re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", message_id)
    assert (len(packed) == 16) == (canonical is not None)


@given(destinations())
def test_url_is_stored_plain_or_at_least_sixteen_octets_shorter(url: str) -> None:
    packed = _token_body.pack_url(url)
    assert _token_body.unpack_url(packed) == url
    assert packed == url.encode() or (packed[0] == 0 and len(packed) <= len(url.encode()) - 16)
