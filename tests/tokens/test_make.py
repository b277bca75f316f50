from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from lmtrack._tokens import body as _token_body
from lmtrack.errors import BadDestination, MalformedToken
from lmtrack.resolver import TrackingMode
from lmtrack.tokens import (
    ClickToken,
    OpenToken,
    UnsubscribeToken,
    WithdrawToken,
    explain_token,
    make_click_token,
    make_click_tokens,
    make_open_token,
    make_unsubscribe_token,
    make_withdraw_token,
    read_click_token,
    read_open_token,
    read_unsubscribe_token,
    read_withdraw_token,
)
from token_oracle import (
    ALL_KINDS,
    ID,
    KEYS,
    LONG_URL,
    NOW,
    READERS,
    SECOND,
    SECRET,
    URL,
    click_with,
    deflated,
    header,
    octets_of,
    signed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_unsubscribe_token_says_what_was_signed_and_never_expires() -> None:
    token = make_unsubscribe_token(KEYS, ID, recipient=7, now=NOW)
    assert read_unsubscribe_token(KEYS, token, now=NOW + timedelta(days=36500)) == UnsubscribeToken(ID, 7, NOW)


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
    assert read_unsubscribe_token(KEYS, make_unsubscribe_token(KEYS, ID, now=NOW), now=NOW).recipient == 0


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
    message_id = "welcome-4"  # 33 bytes, so that the last character holds six bits and can be any
    tokens = make_click_tokens(KEYS, message_id, [None] * 128, now=NOW)
    assert tokens == [make_click_token(KEYS, message_id, index, now=NOW) for index in range(128)]
    assert any(len(token) == 45 and token[-2:] in {"-0", "_0"} for token in tokens)


def test_no_links_make_no_tokens() -> None:
    assert make_click_tokens(KEYS, ID, [], now=NOW) == []


def test_65537_links_are_too_many() -> None:
    with pytest.raises(ValueError, match=r"^link_index must be 0 to 65535$"):
        make_click_tokens(KEYS, ID, [None] * 65537, now=NOW)


@pytest.mark.parametrize(("first", "count"), [(0, 0), (0, 128), (5, 7), (100, 60), (127, 2), (128, 3), (65535, 1)])
def test_a_range_of_numbers_is_packed_as_each_of_them(first: int, count: int) -> None:
    alone = [_token_body.pack_number(number, "one") for number in range(first, first + count)]
    assert _token_body.pack_numbers(first, count) == alone


def test_a_range_of_numbers_ends_at_65535() -> None:
    with pytest.raises(ValueError, match=r"^a number must be 0 to 65535$"):
        _token_body.pack_numbers(65535, 2)


def test_many_destinations_are_packed_as_each_of_them() -> None:
    urls = [URL, LONG_URL, "https://bücher.example/", *("https://shop.example/".ljust(size, "x") for size in (95, 96))]
    assert _token_body.pack_checked_urls(urls) == [_token_body.pack_url(url) for url in urls]


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


@pytest.mark.parametrize(
    "message_id",
    ["", "a@b.test", "a%40b.test", "a b", "a\n", "ü", "x" * 65, "\x7f", "\x00", "\ud800", " ", "sixteen-letters\u00e9"],
)
def test_message_id_out_of_its_alphabet_is_a_value_error_that_does_not_repeat_it(message_id: str) -> None:
    rule = "must be 1 to 64 printable ASCII characters without spaces and without @"
    with pytest.raises(ValueError, match=f"^message_id {rule}$"):
        make_open_token(KEYS, message_id)


def test_a_message_id_header_is_a_value_error_that_says_what_to_pass() -> None:
    rule = "must be 1 to 64 printable ASCII characters without spaces and without @"
    hint = "your own id for the message, not its Message-ID header"
    with pytest.raises(ValueError, match=f"^message_id {rule}: {hint}$"):
        make_open_token(KEYS, "<welcome-42@b.test>")


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
    with pytest.raises(
        ValueError, match=r"^issued_after must be an aware datetime; add a time zone, for example datetime\.UTC$"
    ):
        read_open_token(KEYS, token, now=NOW, issued_after=naive)
    with pytest.raises(ValueError, match="aware"):
        read_withdraw_token(KEYS, token, now=naive)


def test_reader_arguments_are_checked_before_the_token() -> None:
    with pytest.raises(ValueError, match=r"^max_age must not be negative$"):
        read_open_token(KEYS, "", max_age=timedelta(seconds=-1))
    with pytest.raises(ValueError, match=r"^leeway must not be negative$"):
        read_click_token(KEYS, "", leeway=timedelta(microseconds=-1))
    with pytest.raises(TypeError, match=r"^max_age must be a timedelta, not int$"):
        read_open_token(KEYS, "", max_age=3600)  # type: ignore[arg-type] # the test's purpose
    with pytest.raises(TypeError, match=r"^leeway must be a timedelta, not NoneType$"):
        read_open_token(KEYS, "", leeway=None)  # type: ignore[arg-type] # the test's purpose
    with pytest.raises(TypeError, match=r"^issued_after must be an aware datetime or None, not int$"):
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


def test_a_url_of_another_type_is_a_type_error() -> None:
    with pytest.raises(TypeError, match=r"^a URL must be a str, not bytes$"):
        make_click_token(KEYS, ID, 0, url=URL.encode())  # type: ignore[arg-type] # the test's purpose


def test_bad_destination_is_refused_when_signing() -> None:
    with pytest.raises(BadDestination):
        make_click_token(KEYS, ID, 0, url="javascript:alert(1)")
    with pytest.raises(BadDestination):
        make_click_tokens(KEYS, ID, [URL, "https://a@b.test/"])
