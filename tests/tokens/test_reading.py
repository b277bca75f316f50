from __future__ import annotations

import pickle
from codecs import encode
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import itsdangerous
import pytest

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
    OpenToken,
    TokenHeader,
    WithdrawToken,
    explain_token,
    make_keys,
    make_open_token,
    read_click_token,
    read_open_token,
)
from token_oracle import (
    ALL_KINDS,
    ID,
    KEYS,
    NOW,
    OLD_SECRET,
    READERS,
    SECOND,
    URL,
    every_kind,
    header,
    hint_of,
    octets_of,
    refused,
    signed,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable


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


def test_rot13_copy_of_the_longest_token_tells_a_scanner() -> None:
    token = signed(header(1) + b"x" * (3072 - 16 - 6))
    assert len(token) == 4096
    with pytest.raises(BadToken) as caught:
        read_open_token(KEYS, encode(token, "rot13"), now=NOW)
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
