"""Links that a base makes absolute."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from hypothesis import given, strategies as st

from link_reasons import reason_of
from lmtrack import rewrite_html


@pytest.mark.parametrize(
    ("before", "value", "url"),
    [
        ("<base href='https://base.example/dir/page?x#y'>", "news", "https://base.example/dir/news"),
        ("<base href='https://base.example/dir/'>", "/news?a", "https://base.example/news?a"),
        ("<base href='https://base.example/dir/p?x'>", "?a=1", "https://base.example/dir/p?a=1"),
        ("<base href='https://base.example'>", "news", "https://base.example/news"),
        ("<base href='https://base.example'>", "?a", "https://base.example/?a"),
        ("<base href='https://base.example/a/b/c'>", "../news/./x/..", "https://base.example/a/news/"),
        ("<base href='https://base.example/a/'>", "../../%2E%2e/x", "https://base.example/x"),
        (
            "<base href='https://base.example/a/'>",
            "go/https://shop.example/",
            "https://base.example/a/go/https://shop.example/",
        ),
        ("<base href='https://base.example//a//'>", "b//c", "https://base.example//a//b//c"),
        ("<base href='https://base.example/'>", "a?u=../b#../c", "https://base.example/a?u=../b#../c"),
        ("<base href='https://base.example/a/./b/../c'>", "?x", "https://base.example/a/c?x"),
        ("<base href='https://base.example/a/b/'>", "..", "https://base.example/a/"),
        ("<base href='https://base.example/a/b/'>", "x/../..", "https://base.example/a/"),
        ("<base href='https://base.example/a/'>", ".", "https://base.example/a/"),
        ("<base href='https://base.example/a/'>", "./../..//b", "https://base.example//b"),
        ("<BASE HREF=HTTPS://Base.example/x>", "y", "https://Base.example/y"),
        ("<base href='&#104;ttp://base.example/'>", "x", "http://base.example/x"),
        ("<base href=' https://base.example/ '>", "x", "https://base.example/x"),
        ("<base target=_blank><base href='https://base.example/'>", "x", "https://base.example/x"),
        ("<base href='https://base.example/'><base href='https://late.example/'>", "x", "https://base.example/x"),
        ("<base href='https://base.example/'>", "https://shop.example/", "https://shop.example/"),
        ("<svg></svg><base href='https://base.example/'>", "x", "https://base.example/x"),
    ],
)
def test_a_base_resolves_relative_links(before: str, value: str, url: str) -> None:
    (link,) = rewrite_html(f'{before}<a href="{value}">').links
    assert link.url == url


@pytest.mark.parametrize(
    ("before", "value", "reason"),
    [
        ("<base href='/dir/'>", "x", "relative"),
        ("<base href='ftp://base.example/'>", "x", "relative"),
        ("<base href='http:/base.example/'>", "x", "relative"),
        ("<base href='https://base.example/a\\b'>", "x", "relative"),
        ("<base href='https://base.exa\tmple/'>", "x", "relative"),
        (f"<base href='https://base.example/{'x' * 512}'>", "/x", "relative"),
        ("<base href=''><base href='https://late.example/'>", "x", "relative"),
        ("<base href='ftp://base.example/'><base href='https://late.example/'>", "x", "relative"),
        ("<!-- <base href='https://base.example/'> -->", "x", "relative"),
        ("<!--[if mso]><base href='https://base.example/'><![endif]-->", "x", "relative"),
        ("<script><base href='https://base.example/'></script>", "x", "relative"),
        ("<base href='https://base.example/'>", "x\ty", "relative"),
        ("<base href='https://base.example/'>", "\\x", "relative"),
        ("<base href='https://base.example/'>", "//x", "scheme_relative"),
        ("<base href='https://base.example/'>", "#x", "fragment"),
        ("<base href='https://base.example/'>", "", "empty"),
        ("<base href='https://ann@base.example/'>", "x", "bad_destination"),
        ("<base href='https://[::1/'>", "x", "bad_destination"),
        ("<base href='https://base.example/'>", "unsubscribe", "unsubscribe"),
        ("<base href='https://base.example/'>", "x" * 2000, "too_long"),
        ("<base href='https://track.example/t/'>", "c/abc", "tracked"),
        ("<base href='https://track.example:443/'>", "/t/c/abc", "tracked"),
    ],
)
def test_what_a_base_does_not_make_trackable(before: str, value: str, reason: str) -> None:
    assert reason_of(value, before=before) == reason


def test_a_base_counts_for_the_links_before_it() -> None:
    (link,) = rewrite_html('<a href="news"><base href="https://base.example/">').links
    assert link.url == "https://base.example/news"


SEGMENTS = st.lists(st.sampled_from(["a", "b.c", "...", "..", "."]), min_size=1, max_size=6).map("/".join)


@given(
    SEGMENTS,
    st.sampled_from(["", "/"]),
    st.sampled_from(["", "/"]),
    SEGMENTS,
    st.sampled_from(["", "/", "?x=../y", "#z/.."]),
)
def test_relative_links_resolve_as_the_standard_library_says(
    folder: str, end: str, start: str, path: str, rest: str
) -> None:
    # It takes the dots of a base out only when that is resolved itself.
    base = urljoin("https://base.example/", f"/{folder}{end}")
    (link,) = rewrite_html(f"<base href='https://base.example/{folder}{end}'><a href='{start}{path}{rest}'>").links
    assert link.url == urljoin(base, start + path + rest)
