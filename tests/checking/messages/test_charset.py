"""The charset of a part: each reading that a program may have, and what is not sure about them."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from lmtrack._checking.messages.body_readings import read_characters

PIXEL = '<img src="https://t.example/o/1" width="1" height="1">'


def problems(content: bytes, label: str | None) -> list[str]:
    return [str(problem.kind) for problem in read_characters(content, label).problems]


@pytest.mark.parametrize("label", [None, "", "utf-8", "us-ascii", "iso-8859-1", "gbk", "'utf-8'", "windows-1252"])
def test_ascii_has_one_reading(label: str | None) -> None:
    assert read_characters(PIXEL.encode(), label) == ((PIXEL,), ())


@pytest.mark.parametrize(
    ("text", "codec", "label"),
    [
        ("Gr\u00fc\u00dfe", "utf-8", "utf-8"),
        ("Gr\u00fc\u00dfe", "utf-8", None),
        ("Gr\u00fc\u00dfe", "latin-1", "iso-8859-1"),
        ("\u9000\u8ba2", "gbk", "gb2312"),
        ("\u914d\u4fe1", "shift_jis", "shift_jis"),
    ],
)
def test_a_true_label_has_one_reading(text: str, codec: str, label: str | None) -> None:
    assert read_characters((text + PIXEL).encode(codec), label) == ((text + PIXEL,), ())


def test_a_lie_between_charsets_that_agree_about_ascii_changes_no_tag() -> None:
    for codec, label in [("latin-1", "utf-8"), ("utf-8", "iso-8859-1"), ("utf-8", "us-ascii"), ("latin-1", None)]:
        read = read_characters(f"Gr\u00fc\u00dfe{PIXEL}".encode(codec), label)
        assert read.problems == ()
        assert all(text.endswith(PIXEL) for text in read.readings)


def test_octets_that_swallow_a_tag_for_some_are_a_problem() -> None:
    content = b'<a title="\x81"><b title="' + PIXEL.encode()
    assert problems(content, "gbk") == ["undecodable"]
    assert problems(b"\xfe\xfe" + PIXEL.encode(), "shift_jis") == ["undecodable"]


@pytest.mark.parametrize("label", ["x-unknown", "foo", "utf-9", "x" * 50, "\0"])
def test_an_unknown_charset_is_a_problem_and_read_as_ascii(label: str) -> None:
    read = read_characters(PIXEL.encode(), label)
    assert read.readings == (PIXEL,)
    assert problems(PIXEL.encode(), label) == ["undecodable"]


@pytest.mark.parametrize(
    "codec",
    ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "iso2022_jp", "iso2022_kr", "hz", "cp037", "cp500"],
)
def test_odd_charsets_are_read_by_their_label(codec: str) -> None:
    label = {"hz": "hz-gb-2312", "iso2022_jp": "ISO-2022-JP", "iso2022_kr": "iso-2022-kr"}.get(codec, codec)
    read = read_characters(PIXEL.encode(codec), label)
    assert any(PIXEL in text for text in read.readings)
    assert read.problems == ()


def test_utf_16_without_a_mark_is_read_in_both_orders() -> None:
    for codec in ("utf-16-le", "utf-16-be"):
        assert PIXEL in read_characters(PIXEL.encode(codec), "utf-16").readings


def test_utf_7_and_iso_2022_are_read_as_ascii_too() -> None:
    for label in ("utf-7", "iso-2022-jp"):
        assert PIXEL in read_characters(PIXEL.encode(), label).readings
    assert any(PIXEL in text for text in read_characters(PIXEL.replace("<", "+ADw-").encode(), "utf-7").readings)


@pytest.mark.parametrize(
    "declaration", ['<meta charset="utf-7">', "<meta content='text/html; charset = UTF-7'>", '<?xml encoding="utf-7"?>',
                    '@charset "utf-7";'],
)  # fmt: skip
def test_what_a_document_says_of_itself_counts(declaration: str) -> None:
    content = (declaration + PIXEL.replace("<", "+ADw-")).encode()
    assert any(PIXEL in text for text in read_characters(content, "utf-8").readings)
    assert read_characters(content.replace(b"7", b"8"), "utf-8").readings == (content.replace(b"7", b"8").decode(),)


def test_octets_that_are_none_of_an_odd_charset_are_a_problem() -> None:
    assert problems(PIXEL.encode() + b"x", "utf-32") == ["undecodable"]
    assert problems(b"\x1b$BA", "iso-2022-jp") == ["undecodable"]
    for label in ("utf-7-imap", "x-imap4-modified-utf7", "unicode", "utf-16\0", "unicode_escape", "hex-utf-16"):
        assert problems(b"x", label) == ["undecodable"]


@pytest.mark.parametrize("content", [PIXEL.encode("utf-16"), PIXEL.encode("utf-16-be"), b"\x1b$B" + PIXEL.encode()])
def test_an_odd_charset_under_a_plain_label_is_a_problem(content: bytes) -> None:
    for label in ("utf-8", None, "iso-8859-1"):
        assert "undecodable" in problems(content, label)
    if b"\0" in content:
        assert any(PIXEL in text for text in read_characters(content, "utf-8").readings)


@given(st.binary() | st.text().map(str.encode), st.none() | st.text(max_size=12) | st.sampled_from(["utf-16", "utf-7"]))
def test_any_octets_have_readings(content: bytes, label: str | None) -> None:
    assert read_characters(content, label).readings
