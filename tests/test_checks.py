"""Argument checks: errors that name the argument and what to pass, and text and bytes made plain."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from lmtrack import scan_html
from lmtrack._checks import check_type, plain_bytes, plain_str, plain_str_or_none, wrong_type


class Text(str):
    """A str whose own methods are of no use."""

    __slots__ = ()

    def __str__(self) -> str:
        return "asked"

    def __getitem__(self, key: object) -> str:
        return "asked"


class Octets(bytes):
    """The same for bytes."""

    def __bytes__(self) -> bytes:
        return b"asked"

    def __getitem__(self, key: object) -> bytes:  # type: ignore[override]
        return b"asked"


def test_plain_text_and_bytes_come_back_as_they_are() -> None:
    text, octets = "ab", b"ab"
    assert plain_str(text, "text") is text
    assert plain_bytes(octets, "raw") is octets


def test_text_and_bytes_of_a_subclass_become_plain_and_their_methods_are_not_asked() -> None:
    text, octets = plain_str(Text("a\u00e9"), "text"), plain_bytes(Octets(b"a\0"), "raw")
    assert (type(text), text) == (str, "a\u00e9")
    assert (type(octets), octets) == (bytes, b"a\0")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("text", r"^raw must be bytes, not str$"),
        (bytearray(b"a"), r"^raw must be bytes, not bytearray: pass bytes\(raw\)$"),
        (memoryview(b"a"), r"^raw must be bytes, not memoryview: pass bytes\(raw\)$"),
        (EmailMessage(), r"^raw must be bytes, not EmailMessage: pass message_bytes\(raw\)$"),
        (None, r"^raw must be bytes, not NoneType$"),
    ],
)
def test_what_is_not_bytes_is_refused_with_what_to_pass(value: object, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        plain_bytes(value, "raw")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"octets", r"^html must be a str, not bytes$"),
        (scan_html("<p>"), r"^html must be a str, not HtmlDocument: pass its html$"),
        (None, r"^html must be a str, not NoneType$"),
    ],
)
def test_what_is_not_text_is_refused_with_what_to_pass(value: object, text: str) -> None:
    with pytest.raises(TypeError, match=text):
        plain_str(value, "html")


def test_a_type_is_named_with_its_article() -> None:
    check_type(int, number=1)
    with pytest.raises(TypeError, match=r"^number must be an int, not str$"):
        check_type(int, number="1")
    with pytest.raises(TypeError, match=r"^flag must be a bool, not int$"):
        check_type(bool, flag=1)
    assert str(wrong_type("one", "a str or None", 1)) == "one must be a str or None, not int"


def test_text_may_be_missing_where_it_says_so() -> None:
    assert plain_str_or_none(None, "agent") is None
    assert plain_str_or_none(Text("a"), "agent") == "a"
    with pytest.raises(TypeError, match=r"^agent must be a str or None, not int$"):
        plain_str_or_none(1, "agent")
