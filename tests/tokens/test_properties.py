from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import example, given, strategies as st

from lmtrack._tokens import body as _token_body
from lmtrack.errors import BadToken
from lmtrack.resolver import TrackingMode
from lmtrack.tokens import (
    ClickToken,
    OpenToken,
    UnsubscribeToken,
    WithdrawToken,
    make_click_token,
    make_open_token,
    make_unsubscribe_token,
    make_withdraw_token,
    read_click_token,
    read_open_token,
    read_withdraw_token,
)
from strategies import destinations, message_ids
from token_oracle import ALL_KINDS, ALPHABET, ID, KEYS, MODES, NOW, READERS, header, octets_of, refused, signed

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
