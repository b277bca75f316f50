"""Key rings: what a key file holds, and that a ring shows its secrets nowhere."""

from __future__ import annotations

import dataclasses
from copy import deepcopy
from typing import Any, TypeAlias

import pytest

from lmtrack.tokens import make_keys, read_keys
from lmtrack.urls import TrackingDomain

Anything: TypeAlias = Any  # what a type checker would refuse

SECRET_TEXT = "the-new-key-of-2027"
SECRET = SECRET_TEXT.encode()
KEYS = make_keys(SECRET)


def test_a_ring_shows_its_secrets_nowhere_but_in_its_pickle() -> None:
    domain = TrackingDomain("https://track.example", KEYS)
    shown = f"{domain!r} {dataclasses.asdict(domain)!r} {dataclasses.astuple(domain)!r} {KEYS!r} {KEYS}"
    assert SECRET.decode() not in shown
    assert deepcopy(domain) == domain
    assert hash(KEYS) == hash(make_keys(SECRET))
    assert make_keys(SECRET, tenant=b"ann") != KEYS
    assert KEYS != SECRET


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("the key of 2027-as-made", None),
        (f"{SECRET_TEXT}\n", [SECRET_TEXT]),
        (f"{SECRET_TEXT}", [SECRET_TEXT]),
        (f"\n\n{SECRET_TEXT}\r\n\r\nthe-old-key-of-2026\n", [SECRET_TEXT, "the-old-key-of-2026"]),
        ("", None),
        ("\r\n", None),
        (f" {SECRET_TEXT}", None),
        (f"{SECRET_TEXT}\r", None),
        (f"{SECRET_TEXT}\rthe-old-key-of-2026", None),
        (f"\ufeff{SECRET_TEXT}", None),
        (f"{SECRET_TEXT}\ud800", None),
        (f"{SECRET_TEXT}\n{SECRET_TEXT}", None),
        (f"{SECRET_TEXT}\nshort", None),
    ],
)
def test_a_key_file_is_one_key_a_line_and_the_first_signs(text: str, keys: list[str] | None) -> None:
    for content in (text, text.encode("utf-8", "surrogatepass")):
        if keys is None:
            with pytest.raises(ValueError) as caught:  # noqa: PT011 - of whichever rule it is
                read_keys(content)
            assert SECRET_TEXT not in str(caught.value)
        else:
            current, *previous = (key.encode() for key in keys)
            assert read_keys(content) == make_keys(current, previous)
            assert read_keys(content, tenant=b"ann") == make_keys(current, previous, tenant=b"ann")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("\n", "no key in it"),
        (
            f"{SECRET_TEXT}\nthe key of 2027-as-made",
            "key 2 is not printable ASCII without spaces; lmtrack keys makes one",
        ),
        (f"{SECRET_TEXT}\ud800", "key 1 is not printable ASCII without spaces; lmtrack keys makes one"),
    ],
)
def test_a_key_file_that_is_refused_says_which_key_it_is(text: str, rule: str) -> None:
    for content in (text, text.encode("utf-8", "surrogatepass")):
        with pytest.raises(ValueError, match=f"^{rule}$"):
            read_keys(content)


@pytest.mark.parametrize("text", [None, 3, bytearray(b"x" * 20), ["x" * 20]])
def test_a_key_file_is_text_or_bytes(text: Anything) -> None:
    with pytest.raises(TypeError, match=f"^text must be a str or bytes, not {type(text).__name__}$"):
        read_keys(text)


@pytest.mark.parametrize(
    "secret", [b"key-one-of-2026.\nkey-two-of-2026.", b"key-one-of-2026.\n", b"key-one-of-2026.\r\n"]
)
def test_a_line_end_in_a_secret_of_text_is_a_key_file_read_as_one_key(secret: bytes) -> None:
    for ring in ((secret, []), (SECRET, [secret])):
        with pytest.raises(ValueError, match=r"^a secret must not contain a line break"):
            make_keys(*ring)
    make_keys(bytes(range(32)))  # a random secret may hold any byte


@pytest.mark.parametrize("name", ["/run/secrets/lmtrack.key", "keys-of-the-shop.txt", r"C:\secrets\lmtrack.pem"])
def test_the_name_of_a_key_file_is_no_key(name: str) -> None:
    with pytest.raises(ValueError, match=r"^key 1 looks like a file name; pass what is in the file$"):
        read_keys(name)
    assert read_keys("0123456789abcdef.keyed") == make_keys(b"0123456789abcdef.keyed")
