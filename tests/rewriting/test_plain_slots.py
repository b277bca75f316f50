"""Slots in plain text: as they are in words, percent-encoded in URLs, refused in hosts."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from lmtrack import (
    BadSlot,
    Consent,
    Route,
    TrackingDomain,
    make_keys,
    read_click_token,
    resolve,
    revert_text,
    rewrite_text,
    track_text,
)
from slot_strategies import BRACES, VALUES

KEYS = make_keys(b"a fixed key of tests, 32 octets.")
DOMAIN = TrackingDomain("https://track.example", KEYS)
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
ON = resolve(Route(track_clicks=True), consent=Consent.GRANTED)
TEXT = (
    "Dear {{ name }},\r\nyour order (https://shop.example/{{ id }}?a=1&n={{ name }}#{{ id }}), {{ name }}.\r\n"
    "{{ url }}\r\n"
)


def filled(text: str, **values: str) -> str:
    result = rewrite_text(text, click_url=lambda _: None, slots=BRACES, values=values)
    assert revert_text(result.text, result.edits) == text
    return result.text


def test_words_are_written_as_they_are_and_parts_of_urls_are_encoded() -> None:
    assert filled(TEXT, name="Ann & Bö", id="4 7/1", url="https://x.example/ y") == (
        "Dear Ann & Bö,\r\nyour order (https://shop.example/4%207%2F1?a=1&n=Ann%20%26%20B%C3%B6#4%207%2F1), "
        "Ann & Bö.\r\nhttps://x.example/ y\r\n"
    )


@given(VALUES.filter(lambda value: value not in {".", ".."}))
def test_any_value_is_read_back(value: str) -> None:
    template = "a {} https://s.example/?q={}&b <https://s.example/{}/c> git+ssh://h/{} &{}"
    encoded = quote(value, "")
    text = filled(template.format("{{ x }}", "{{ x }}", "%7B%7Bx%7D%7D", "{{ x }}", "{{ x }}"), x=value)
    assert text == template.format(value, encoded, encoded, encoded, value)


@pytest.mark.parametrize(
    "text",
    [
        "https://{{ x }}/",
        "a\nhttps://s.example{{ x }}",
        "https://s.example:{{ x }}/",
        "ftp://{{ x }}",
        "<ws://{{ x }}>",
    ],
)
def test_a_slot_in_a_host_is_refused(text: str) -> None:
    with pytest.raises(BadSlot, match="host") as caught:
        filled(text, x="x")
    assert caught.value.line == 1 + text.count("\n")


@pytest.mark.parametrize("text", ["{{ x }}/a", "see: {{ x }}", "://{{ x }}", "%7B%7Bx%7D%7D", "{{ x }}{{ x }}"])
def test_whatever_is_no_url_is_words(text: str) -> None:
    assert filled(text, x="<é>") == text.replace("{{ x }}", "<é>")


def test_personal_links_are_tracked_to_their_value() -> None:
    options = {"slots": BRACES, "values": {"name": "Ann", "id": "7", "url": "https://evil.example/"}}
    text = "https://shop.example/ https://shop.example/{{ id }} https://shop.example/?email={{ name }} {{ url }}"
    result = track_text(text, ON, domain=DOMAIN, message_id="m-1", now=NOW, **options)  # type: ignore[arg-type]
    tokens = [read_click_token(KEYS, token, now=NOW) for token in re.findall("/c/([\\w-]+)", result.text)]
    assert [(token.link_index, token.url) for token in tokens] == [
        (0, "https://shop.example/"),
        (1, "https://shop.example/7"),
    ]
    assert result.text.endswith(" https://shop.example/?email=Ann https://evil.example/")
    assert [link.personal for link in result.links] == [False, True]
    assert [link.url for link in result.personal_links] == [link.url for link in result.links[1:]] + [
        "https://shop.example/?email={{ name }}"
    ]
    assert result.unfilled == ()
    assert revert_text(result.text, result.edits) == text


PIECES = st.sampled_from(["{{ x }}", "https://s.example/", " ", "a", "\n", "(", ")", "<", ">", "&", "%7B%7Bx%7D%7D"])


@given(st.lists(PIECES))
def test_rewriting_chosen_urls_reverts(pieces: list[str]) -> None:
    text = "".join(pieces)
    try:
        result = rewrite_text(text, click_url=lambda _: "https://t.example/", slots=BRACES, values={"x": "é"})
    except BadSlot:
        return
    assert revert_text(result.text, result.edits) == text
