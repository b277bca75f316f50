from __future__ import annotations

import textwrap

import pytest
from hypothesis import given, strategies as st

from lmtrack import LinkPolicy, rewrite_text

U = "https://shop.example/a-room-and-the-hall"
WIDE = "x" * 60
LINE = "https://shop.example/".ljust(60, "x")


def urls(text: str) -> list[str]:
    return [link.url for link in rewrite_text(text, click_url=lambda _: None).links]


@pytest.mark.parametrize(
    "text",
    [
        # html2text 2025.4.15, as it wraps by default; Markdown and its references
        "[the hall](https://shop.example/a-room-and-\nthe-hall?page=1)",
        "[hall](https://shop.example/a/b\nc?page=1)",
        "  [1]: https://shop.example/users\n=dpkg-list",
        "(https://shop.example/a\nb)",
        "(https://shop.example/a\r\n  b) and on",
        "[https://shop.example/a\nb]",
        # a line that ends in a hyphen, a line that goes on in a sign
        "https://shop.example/a-\nb",
        "> https://shop.example/a-\n> b",
        "https://shop.example/a\n/b",
        "https://shop.example/a\r?b=c",
        "https://shop.example/a\n&b=c",
        "https://shop.example/a\n%20b",
        "https://shop.example/a\n=b",
        "https://shop.example/a\n--b",
        # an unsubscribe word in the second line
        "https://shop.example/u?do=\n    &x=unsubscribe",
        # textwrap: a line that is full
        f"https://shop.example/{WIDE}\nab and more\nshort",
        f"some words {'https://shop.example/'.ljust(59, 'x')}\nab and more",
        # brackets that are never closed
        "https://shop.example/lamps(new and old)",
        "https://shop.example/7[image: logo]",
        "https://shop.example/a(b]c)",
        "https://shop.example/{a b}",
        "https://shop.example/(a(b)",
        # a bracket that closes behind an empty line, or in a line that begins with a host; a blank inside
        "[lamp](https://shop.example/trans.\n\ngif) and on",
        "(https://shop.example/n/http://\nwww.shop.example/a)",
        "[Remove](https://shop.example/rm?mail=example. org)",
        "[https://shop.example/a?]",
        "(https://shop.example/a.)",
        "[1]: https://shop.example/a?\n",
        "  [1]:\nhttps://shop.example/a.\n\norg",
        "[Ebay](https://shop.example/item=174 9445282), and on",
        "Ebay [https://shop.example/item=174 9445282] and on",
        "https://shop.example/a?\n   b=c&d=e and on",
        "https://shop.example/?a=#mail\n#\nand on",
        "   [4]: https://shop.example/item=174\n\n9445282\n\n   [5]: the last",
        "[a](https://shop.example/n\nb\n\n\nsellers/1)",
        # html-to-text 10.0.1, told to wrap behind slashes
        "[https://shop.example/n/\na-page-of-\nlamps] and on",
        f"{'x' * 40} https://shop.example/\nwww.shop.example/{WIDE}\nand more",
        f"https://shop.example/\nreset?number={WIDE}\nand more",
        f"{'x' * 40} https://shop.example/\n{'ab' * 9}/cd\nand more {WIDE}",
        "[https://shop.example/item=174 9445282] and on",
        "]: https://shop.example/a?\nand on",
        f"{LINE}\r\nab and more\r\nshort",
        f"short\r{LINE}\rab and more\rshort",
        f"https://shop.example/\n{'y' * 30} and on",
        # emphasis that began before
        "_See https://shop.example/a_",
        "~~gone https://shop.example/a~~",
    ],
)
def test_what_may_be_longer_or_shorter_than_it_looks_is_left(text: str) -> None:
    assert urls(text) == []
    assert rewrite_text(text, click_url=lambda _: "https://t.example/0").text is text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"{U}\nNext line", [U]),
        (f"{U}\n\n/b", [U]),
        (f"{U}\n=====\n", [U]),
        (f"{U}\n=\n", [U]),
        (f"{U}\n& more", [U]),
        (f"{U}\n/ more", [U]),
        (f"{U}\n-- \nAnn", [U]),
        (f"{U}\n- a list", [U]),
        (f"({U}\nand more", [U]),
        (f"({U})\n(more)", [U]),
        (f"({U}, {U}/b)", [U, f"{U}/b"]),
        (f"Have you seen {U}?\nWe have\n{WIDE}{WIDE}", [U]),
        (f"({U})? [{U}]: so", [U, U]),
        (f"[1]: {U}\n", [U]),
        (f"[1]: {U}\n\n[2]: {U}/b\n\nAll the best", [U, f"{U}/b"]),
        (f'[a]({U} "A title") ({U} and more)', [U, U]),
        (f"https://shop.example/{WIDE}\nwww.shop.example", [f"https://shop.example/{WIDE}"]),
        ("https://shop.example/\nand more of them", ["https://shop.example/"]),
        (f"See https://shop.example/\n{U}", ["https://shop.example/", U]),
        (f"{U}\n{U}", [U, U]),
        (f"{U}-\n\nx", [f"{U}-"]),
        (f"{U}- \nx", [f"{U}-"]),
        (f"https://shop.example/{WIDE}\n\nab", [f"https://shop.example/{WIDE}"]),
        (f"https://shop.example/{WIDE}\nab\n{'y' * 90}", [f"https://shop.example/{WIDE}"]),
        (f"https://shop.example/{WIDE}", [f"https://shop.example/{WIDE}"]),
        (f"{U}(a)(b)", [f"{U}(a)(b)"]),
        (f"({U}(a)", [f"{U}(a)"]),
        (f"({U})?)", [U]),
        (f"a) b\n({U}\nand no more", [U]),
        (f"https://shop.example/\n{'y' * 29} and on", ["https://shop.example/"]),
        (f"aa\nbb\n{LINE}\nab and\n{'y' * 63}", [LINE]),
        (f"aa\rbb\r{LINE}\rab and\r{'y' * 63}", [LINE]),
        (f"{LINE}\nab and\n{'y' * 61}", [LINE]),
        (f"\n{LINE}\nab and\n{'y' * 61}", [LINE]),
        (f"\r{LINE}\rab and\r{'y' * 61}", [LINE]),
        (f"See <{U}(b> and on", [f"{U}(b"]),
        (f"_{U}_", [U]),
        (f"*{U}*", [U]),
        (f"snake_case {U}_", [f"{U}_"]),
        (f"_a_ {U}_", [f"{U}_"]),
        # format=flowed, RFC 3676: the blank before the line end belongs to the text
        (f"See {U} \nand more", [U]),
        (f"> {U}\n> and more", [U]),
    ],
)
def test_what_ends_where_it_seems_to_is_found(text: str, found: list[str]) -> None:
    assert urls(text) == found


WORDS = st.sampled_from(["Our", "new", "lamps:", "and", "(", ")", "see", "well-made", "-", "ja"])
PATHS = st.text("abc-/?=&_.0%2", min_size=0, max_size=120)


LINKS = PATHS.map(lambda path: "https://shop.example/" + path.replace("%", "%20"))


@given(
    st.lists(WORDS | LINKS, min_size=1, max_size=12),
    st.integers(50, 90),
    st.booleans(),
    st.sampled_from(["", "> ", "    "]),
)
def test_no_link_of_a_wrapped_text_leads_to_half_a_url(words: list[str], width: int, long: bool, indent: str) -> None:
    wholes = {word for word in words if word.startswith("https://")}
    text = textwrap.fill(" ".join(words), width, break_long_words=long, initial_indent=indent, subsequent_indent=indent)
    for url in urls(text):
        # But for marks at its end, which every reader leaves out.
        assert any(whole.startswith(url) and not whole[len(url) :].strip(".?") for whole in wholes), text


def test_a_mark_behind_a_url_opts_it_out() -> None:
    text = f'{U}[[data-msys-clicktrack="0"]] and {U} [[data-msys-clicktrack="0"]]'
    result = rewrite_text(text, click_url=lambda _: "https://t.example/0", policy=LinkPolicy())
    assert [reason for _, reason in result.skipped] == ["opt_out"]
    assert [link.url for link in result.links] == [U]


def test_emphasis_before_a_placeholder_is_emphasis() -> None:
    result = rewrite_text("_See https://shop.example/a_{{ x }} there", click_url=lambda _: None)
    assert (result.links, result.skipped) == ((), ())
