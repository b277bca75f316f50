"""The quick look, which says yes only where the rules do."""

from __future__ import annotations

import json
import re
from itertools import permutations, product
from pathlib import Path
from random import Random  # noqa: TID251 - seeded, in tests only
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, strategies as st

from link_reasons import WIDE
from lmtrack import LinkPolicy
from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import WHITESPACE
from lmtrack._linking import words
from lmtrack._linking.prefilter import _beginnings, surely_trackable
from lmtrack._linking.ways_out import plain
from lmtrack.links import skip_reason
from strategies import LINK_VALUES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


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


@given(st.lists(st.text("abc", min_size=1, max_size=4), min_size=1), st.text("abcd", max_size=5))
@example(["abc", "acb", "b"], "acb")
@example(["abc", "acb", "b"], "ac")
def test_a_pattern_of_beginnings_matches_what_begins_like_one_of_them(pieces: list[str], word: str) -> None:
    assert bool(re.match(_beginnings(pieces), word)) is word.startswith(tuple(pieces))


# Every word of the tables in every place of a URL where a rule may look, each with a value that gives it away.
FORMS = [
    "{}/{random}", "x{}/{random}", "{}ed/{random}", "{}-{random}", "{}?a={random}", "a?{}={random}", "a?{}ed={random}",
    "a?my-{}={random}", "a?y_{}={random}", "a?x{}={random}", "a?2{}={random}", "a?*{}={random}", "a?%2{}={random}",
    "a?b={}/{random}", "a?b=c=d&{}={random}", "a?b%26{}={random}", "a?b%2526{}%253D{random}",
    "a?u=https://b.example/{}/{random}", "a?u=https%3A%2F%2Fb.example%2F{}%2F{random}",
    "{}", "{}/9", "a?{}=1", "a?b={}", "a?b=1&c={}", "a?b&{}", "#{}", "#/{}/{random}", "a#{}={random}",
]  # fmt: skip
RANDOM = ["Zk3x9Qp2Lm8w7RtV", "zk3x9qp2lm8w7rtv", "+49 170 1234567", "Ann+Lee", "1990-03-04", "482913"]
TABLES = [table for name, table in vars(words).items() if name.isupper() and isinstance(table, frozenset)]
LISTED = frozenset[str]().union(*TABLES)


@pytest.mark.parametrize("form", FORMS)
def test_the_quick_look_passes_no_word_of_the_tables(form: str) -> None:
    values = [
        f"https://shop.example/{form.format(written, random=random)}"
        for word in sorted(LISTED | set(map(plain, LISTED)))
        for written in (word, word.upper(), word.title(), f"user{word.title()}", f"{word}User", word.replace("-", "_"))
        for random in (RANDOM if "random" in form else RANDOM[:1])
    ]
    for value, url in zip(values, surely_trackable(values), strict=True):
        assert not url or skip_reason(url, LinkPolicy()) is None, value


def test_a_two_stands_for_every_digit_of_the_tables() -> None:
    assert {char for word in LISTED for char in word if char.isdigit()} == {"2"}


@pytest.mark.parametrize("form", ["/{}-{}", "/{}/{}", "/turn/{}/{}", "/?a={}_{}"])
@pytest.mark.parametrize(("one", "other"), words.WAYS_OUT_PAIRS)
def test_the_quick_look_sees_every_pair(form: str, one: frozenset[str], other: frozenset[str]) -> None:
    urls = [f"https://shop.example{form.format(*both)}" for pair in product(one, other) for both in permutations(pair)]
    assert [url for url in urls if surely_trackable([url])[0] and skip_reason(url, WIDE)] == []
    assert sum(skip_reason(url, WIDE) is not None for url in urls) > len(urls) / 3


@pytest.mark.parametrize(
    "value",
    [
        "https://shop.example/?a=1&copy_b=2",  # read as a copyright sign
        "https://shop.example/?a=1&#46;b",
        "https://shop.example/?a=%name%",
        "https://shop.example/%%name%%",
        "https://un-sub.example/8e1c",
        "https://shop.example/?forgot=Zk3x9Qp2Lm8w7RtV",
        "https://shop.example/?a=%0Aopt-out",
        "https://shop.example/a\nb",
        "https://shop.example/a\nb\nc",  # more line ends than values
        "%68ttps://shop.example/",  # what is before the first slash is read as it is written
        "https://shop%2Eexample/",
    ],
)
def test_the_quick_look_leaves_what_is_read_in_another_way_to_the_rules(value: str) -> None:
    assert surely_trackable([value]) == [""]
    assert surely_trackable(["https://shop.example/"] * 5 + [value])[5] == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/?to%26ken=1",  # a name is read before its escapes are undone
        "https://shop.example/?action=%252ac%74ivate&x=Zk3x9Qp2Lm8w7RtV",  # escapes are undone once, and twice
        "https://shop.example/?oa-uth2_code=1",
        "https://shop.example/?m=YW5uLmxlZS+saXN0QHNob3AuZXhhbXBsZQ",
        "https://shop.example/m/YW5uLmxlZS/saXN0QHNob3AuZXhhbXBsZQ",
        "https://shop.example/code?b/er28uiscxd939m0lj0",
        "https://shop.example/code%3Fb/er28uiscxd939m0lj0",
        "https://a-eyJ1IjoiYW5u.b.example/",
        "https://shop.example/?m=xeyJ1IjoiYW5u.a.b",
        f"https://shop.example/xgAAAAA{'a1' * 30}",
        "https://shop.example/run_sub/1",
        "https://shop.example/?q=run+sub",
        "https://shop.example/?q=run%20sub",
    ],
)
def test_the_quick_look_leaves_what_the_rules_refuse_to_them(url: str) -> None:
    assert surely_trackable([url]) == [""]
    assert surely_trackable(["https://shop.example/"] * 5 + [url])[5] == ""
    assert skip_reason(url, WIDE) is not None


BLIND = [row["url"] for row in json.loads((Path(__file__).parent / "corpus/blind-links.json").read_text())["links"]]


def damaged(url: str, urls: Sequence[str], random: Random) -> str:
    """A URL with one thing at random in its place: a character escaped, changed or gone, a piece of another URL."""
    at = random.randint(min(8, len(url)), len(url))
    before, char, after = url[:at], url[at : at + 1], url[at + 1 :]
    other = random.choice(urls)
    start = random.randrange(len(other))
    sign = random.choice("%+=&?/#;:@.-_~+?/%aEIW7")
    ways: list[Callable[[], str]] = [
        lambda: f"{before}{f'%{ord(char):02x}' if '!' <= char <= '~' else char}{after}",
        lambda: f"{before}{char.swapcase()}{after}",
        lambda: f"{before}{sign}{after}",
        lambda: f"{before}{sign}{char}{after}",
        lambda: before + after,
        lambda: before + other[start:],
        lambda: f"{before}{sign}{other[start : start + 30]}{char}{after}",
        lambda: f"{url}{sign}{other[start:]}",
    ]
    return random.choice(ways)()


def test_the_quick_look_passes_no_damaged_url_that_the_rules_refuse() -> None:
    random = Random(54)  # noqa: S311 - no secret is made here
    urls = []
    for _ in range(60_000):
        url = random.choice(BLIND)
        for _ in range(random.randint(1, 3)):
            url = damaged(url, BLIND, random)
        urls.append(url)
    passing = [url for url in surely_trackable(urls) if url]
    assert len(passing) > 10_000
    assert [url for url in passing if skip_reason(url, WIDE) is not None] == []


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/FP_61638.HTM?IOGR015",
        "https://shop.example/?&tid027",
        "https://shop.example/r/prev/*http://news.example/news?tmpl=story2&u=/020929/161/2cf6p.html&e=1&ncid=",
        "https://shop.example/go?tag=ex.0.235&destUrl=http%3A%2F%2Fwww%2Eother%2Eexample%2Fr%2Easp%3Fn%3D10281",
        "https://shop.example/search?q=dsl%20modem",
        "https://click.example/Click?q=0e--eOTIiQzHxrBSNz4r8dJx98lbK4R",
        "https://shop.example/dinefindfilm",  # could be base64, but an `@` needs a capital there
    ],
)
def test_the_quick_look_says_yes_to_what_real_mail_has(url: str) -> None:
    assert surely_trackable([url]) == [url]
    assert surely_trackable([url] * 6) == [url] * 6
    assert skip_reason(url, LinkPolicy()) is None


def test_the_quick_look_reads_references_to_an_ampersand() -> None:
    for number in (1, 6):
        values = ["https://shop.example/?a=1&amp;b=2&amp;b=3"] * number
        assert surely_trackable(values) == ["https://shop.example/?a=1&b=2&b=3"] * number


def test_the_quick_look_leaves_what_is_long_to_the_rules() -> None:
    url = f"https://shop.example/{'a' * 1_979}"
    assert surely_trackable([url]) == [url]
    assert surely_trackable([f"{url}a"]) == [""]
    assert surely_trackable([f"https://shop.example/?{'x' * 64}=1"]) != [""]
    assert surely_trackable([f"https://shop.example/?{'x' * 65}=1"]) == [""]


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
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy's has nothing behind it
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
