"""The quick look, which says yes only where the rules do."""

from __future__ import annotations

import re
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, strategies as st

from link_reasons import WIDE
from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import WHITESPACE
from lmtrack._linking.prefilter import surely_trackable
from lmtrack._linking.ways_out import plain
from lmtrack._linking.words import (
    SECRET_SEGMENT_ENDS,
    SECRET_SEGMENTS,
    SECRET_SEGMENTS_SPLIT,
    WAYS_OUT,
    WAYS_OUT_WHOLE,
)
from lmtrack.links import skip_reason
from strategies import LINK_VALUES

if TYPE_CHECKING:
    from pathlib import Path


@given(LINK_VALUES)
@example("https://shop.example/dar/de/baja")
@example("https://shop.example/?utm_campaign=opt-out")
@example("https://shop.example/?utm_content=abmelden")
@example("https://shop.example/?a=1&amp;copy=2")
@example("https://shop.example/?idotp=1")
@example("https://shop.example/?wpauthtoken=1")
@example("https://shop.example/\u212aey")
def test_the_quick_look_says_yes_only_where_the_rules_do(value: str) -> None:
    (url,) = surely_trackable([value])
    if url:
        assert url == decode_attribute(value).strip(WHITESPACE)
        assert skip_reason(url, WIDE) is None


SAYING = SECRET_SEGMENTS | SECRET_SEGMENT_ENDS | SECRET_SEGMENTS_SPLIT
LEAVING = frozenset(map(plain, WAYS_OUT | WAYS_OUT_WHOLE))


@pytest.mark.parametrize("form", ["/{}", "/{}/9", "/?{}=1", "/?a={}", "/?a=1&b={}", "/#{}", "/#/{}"])
def test_the_quick_look_sees_every_way_out_of_the_tables(form: str) -> None:
    urls = [f"https://shop.example{form.format(word)}" for word in LEAVING]
    assert set(surely_trackable(urls)) == {""}
    assert [url for url in urls if surely_trackable([url])[0]] == []


@pytest.mark.parametrize("secret", ["k3jd9slq0xwzv7nm2btr", "K3Jd9sLq0XwZv7Nm2BtR", "482913"])
@pytest.mark.parametrize(
    "form", ["/{}/{}", "/x{}/{}", "/#/{}/{}", "/{}-{}", "/?{}={}", "/?x{}={}", "/{}?a={}", "/my-{}?a={}"]
)
def test_the_quick_look_sees_every_word_that_says_what_is_behind_it(form: str, secret: str) -> None:
    urls = [f"https://shop.example{form.format(word, secret)}" for word in SAYING]
    assert [url for url in urls if surely_trackable([url])[0] and skip_reason(url, WIDE)] == []


WORDS = st.sampled_from(["shop", "news", "design", "sale", "2026", "A", "Blog"])


@given(
    st.lists(WORDS, max_size=4), st.lists(st.tuples(st.sampled_from(["a", "utm_source", "page"]), WORDS), max_size=3)
)
def test_the_quick_look_says_yes_to_ordinary_links(path: list[str], query: list[tuple[str, str]]) -> None:
    url = f"https://shop.example/{'/'.join(path)}"
    if query:
        url += "?" + "&".join(f"{name}={value}" for name, value in query)
    assert surely_trackable([url, url.replace("&", "&amp;")]) == [url, url]


@given(
    st.lists(
        LINK_VALUES | st.sampled_from(["https://shop.example/?a=1", "https://shop.example/UNSUBSCRIBE"]), max_size=6
    )
)
def test_the_quick_look_at_many_is_the_quick_look_at_each(values: list[str]) -> None:
    assert surely_trackable(values) == [surely_trackable([value])[0] for value in values]


def test_the_quick_look_takes_no_digit_for_another_in_what_it_returns() -> None:
    values = [f"https://shop.example/item/{number}/lamp?page={number}" for number in range(40)]
    odd = ["https://shop.example/?x=a.0123456789-0123456789-01234", "https://shop.example/?x=a.0123456789"]
    assert surely_trackable(values) == values
    assert surely_trackable([*values, *odd]) == [*values, "", odd[1]]
    assert surely_trackable([*values[:2], *odd]) == [*values[:2], "", odd[1]]


def test_the_quick_look_keeps_no_long_url_in_memory() -> None:
    tracemalloc.start()
    try:
        for letter in "abcdefghij":
            surely_trackable([f"https://shop.example/{letter * 100_000}"])
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 500_000


def test_the_quick_look_agrees_with_the_rules_on_real_mail(shared: Path) -> None:
    values = set()
    for path in sorted((shared / "corpus").rglob("*.html")) + sorted((shared / "corpus").rglob("*.eml")):
        text = path.read_bytes().decode("latin-1")
        values |= {
            match[1] or match[2] or "" for match in re.finditer(r"""href=(?:3D)?(?:"([^"]*)"|'([^']*)')""", text)
        }
    answers = dict(zip(sorted(values), surely_trackable(sorted(values)), strict=True))
    quick = [value for value, url in answers.items() if url]
    assert len(quick) > 1000
    for value in quick:
        assert answers[value] == decode_attribute(value).strip(WHITESPACE)
        assert skip_reason(answers[value], WIDE) is None, value
