"""Where the lines of a header field with values in it are folded."""

from __future__ import annotations

import email
import email.policy
from email.header import decode_header, make_header
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import example, given, strategies as st

from lmtrack import BadValue, Consent, Route, TrackingDomain, make_keys, resolve, track_message

DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"an example secret"))
OFF: Final = resolve(Route(), consent=Consent.GRANTED)


def lines_of(field: str, value: str) -> list[str]:
    raw = field.encode() + b"\r\n\r\nx"
    tracked = track_message(raw, OFF, domain=DOMAIN, message_id="m", slots={"x": "{{ x }}"}, values={"x": value})
    return tracked.raw.decode("ascii").removesuffix("\r\n\r\nx").split("\r\n")


PAGE: Final = "<https://s.example/{{ x }}>"


@pytest.mark.parametrize("between", [", ", ",", ",  ", ",\r\n ", ",\t"])
def test_urls_of_a_list_are_folded_between_two(between: str) -> None:
    assert lines_of(f"List-Unsubscribe: {PAGE}{between}{PAGE}", "x" * 60) == [
        f"List-Unsubscribe: <https://s.example/{'x' * 60}>,",
        f" <https://s.example/{'x' * 60}>",
    ]
    assert lines_of(f"List-Unsubscribe: {PAGE}{between}{PAGE}", "x" * 400)[1] == f" <https://s.example/{'x' * 400}>"
    assert len(lines_of(f"List-Unsubscribe: {between.join([PAGE] * 5)}", "x" * 900)) == 5
    short = lines_of(f"List-Help: {PAGE}{between}{PAGE}", "x" * 4)
    assert short == [f"List-Help: {PAGE}{between}{PAGE}".replace("{{ x }}", "xxxx").replace("\r\n", "")]


def test_nothing_is_folded_inside_of_a_url() -> None:
    field = f"List-Unsubscribe: (leave here, or) {PAGE} (or,) <https://s.example/a,b?{'c' * 80}>"
    assert lines_of(field, "y" * 60) == [field.replace("{{ x }}", "y" * 60)]
    with pytest.raises(BadValue, match="998"):
        lines_of(f"List-Unsubscribe: {PAGE}", "y" * 980)


PIECES: Final = st.sampled_from([*'aé \U0001f600退"\\=?<>,;:@', "a" * 30, "é" * 30, "=?utf-8?q?a?="])
HOSTILE: Final = st.lists(PIECES, max_size=40).map("".join)
FIELDS: Final = (
    *("Subject: {{ x }}", "X-A: b {{ x }} c", "To: {{ x }} <a@b.example>", "Return-Receipt-To: {{ x }} <a@b.example>"),
    *("To: c@d.example, {{ x }} <a@b.example>, {{ x }} <a@b.example>, e@f.example", "List-Id: {{ x }} <a.example>"),
    "Reply-To: {{ x }} <" + "a" * 150 + "@b.example>, {{ x }} <" + "c" * 60 + "@b.example>",
)


@example("Subject: {{ x }}", "é" * 60)
@example("To: {{ x }} <a@b.example>", "é" * 60)
@given(st.sampled_from(FIELDS), HOSTILE)
def test_lines_are_as_long_as_their_clauses_allow(field: str, value: str) -> None:
    lines = lines_of(field, value)
    assert not [line for line in lines if "=?" in line and len(line) > 76]  # RFC 2047 section 2
    written = "".join(lines)
    for line in (lines[0].partition(":")[2], *lines[1:]):
        # RFC 5322 section 2.1.1, where there is a blank to fold at.
        assert len(line) <= 78 or len(line.split()) == 1 or '"' in line
    message = email.message_from_string(written + "\n\n", policy=email.policy.default)
    name, _, _ = field.partition(":")
    if hasattr(message[name], "addresses"):
        assert len(message[name].addresses) == field.count("@")
    elif name in {"Subject", "X-A"}:
        assert message[name] == field.partition(": ")[2].replace("{{ x }}", value)


def test_a_name_that_no_line_has_room_for_is_encoded() -> None:
    for name in ("a" * 3000, '"' * 900, "a " * 900 + "a"):
        lines = lines_of("To: {{ x }} <a@b.example>", name)
        assert max(map(len, lines)) <= 76
        message = email.message_from_string("\r\n".join(lines) + "\r\n\r\n")
        assert str(make_header(decode_header(message["To"].rpartition(" <")[0]))) == name
    [line, rest] = lines_of("To: {{ x }} <a@b.example>", "Ann B." * 12)
    assert (line, rest) == (f'To: "{"Ann B." * 12}"', " <a@b.example>")


@given(st.lists(st.integers(1, 200), min_size=1, max_size=9))
def test_no_line_of_urls_is_longer_than_it_has_to_be(sizes: list[int]) -> None:
    urls = [f"<https://s.example/{'a' * size}/{{{{ x }}}}>" for size in sizes]
    lines = lines_of(f"List-Unsubscribe: {', '.join(urls)}", "7")
    assert "".join(lines) == f"List-Unsubscribe: {', '.join(urls)}".replace("{{ x }}", "7")
    assert all(len(line) <= 78 or line.count("<") == 1 for line in lines)
    assert all(len(before + after.partition(">")[0] + ">,") > 78 for before, after in pairwise([*lines, "x" * 78]))


def test_ids_are_folded_between_two() -> None:
    ids = [f"<{'a' * size}@shop.example>" for size in (30, 60, 80, 7)]
    assert lines_of(f"References: {' '.join(ids)} <{{{{ x }}}}@b>", "x") == [
        f"References: {ids[0]}",
        *(f" {one}" for one in ids[1:3]),
        f" {ids[3]} <x@b>",
    ]


def test_a_long_word_anywhere_in_a_text_is_encoded() -> None:
    for value in ("x" * 1500 + " y", "y " + "x" * 1500, "a " + "x" * 1500 + " y"):
        lines = lines_of("Subject: {{ x }}", value)
        assert max(map(len, lines)) < 100
        assert lines[0].startswith("Subject: =?utf-8?b?")
