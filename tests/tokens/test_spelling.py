from __future__ import annotations

import zlib
from codecs import encode
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from lmtrack.errors import BadDestination, BadToken, MalformedToken
from lmtrack.tokens import explain_token, make_open_token, read_click_token, read_open_token, read_withdraw_token
from token_oracle import (
    ALPHABET,
    ID,
    KEYS,
    LONG_URL,
    NOW,
    READERS,
    URL,
    click_with,
    deflated,
    every_kind,
    header,
    octets_of,
    refused,
    signed,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable


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


VARINTS = [
    b"\x80\x00",  # 0 in two bytes
    b"\x81\x00",  # 1 in two
    b"\x80\x80\x00",  # 0 in three
    b"\xff\x80\x00",  # 127 in three
    b"\x80\x80\x04",  # 65,536
    b"\xff\xff\x7f",  # 2,097,151
    b"\x80\x80\x80\x00",  # four bytes
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
        b"\0" + deflated(b"https://shop.example/" + b"x" * 2029),  # 2,050 bytes are not inflated to the end
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
