from __future__ import annotations

import json
import pickle
import re
from datetime import UTC, datetime
from html import escape
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, strategies as st

from lmtrack import Campaign, Consent, Route, TrackingDomain, TrackingMode, make_keys, resolve, rewrite_html, track_html
from lmtrack.audit import Difference, compare_renderings
from strategies import LINK_DOCUMENTS, hostile_html
from test_corpus import bodies, decoded

if TYPE_CHECKING:
    from pathlib import Path

    from lmtrack.links import Link

DOMAIN = TrackingDomain("https://track.example", make_keys(b"a fixed key of tests, 32 octets."))
NOW = datetime(2026, 3, 20, tzinfo=UTC)
ROUTE = Route(track_opens=True, track_clicks=True, after_refusal=TrackingMode.AGGREGATE)
ON, SUM = resolve(ROUTE, consent=Consent.GRANTED), resolve(ROUTE, consent=Consent.DENIED)
CAMPAIGN = Campaign(id="spring-2026", started_at=NOW)
ANN, BOB = "https://t.example/i?m=1", "https://t.example/i?m=2"

# Where a URL can stand, URL being it, and M what is personal in it; the second half is spelled as few expect it.
FORMS = """\
<a href="URL">
<area href="URL">
<img src="URL" width="1">
<img srcset="/a.png 1x, URL 2x">
<input type="image" src="URL">
<table background="URL">
<td background='URL'>
<p style="background:url(URL)">
<p style="background-image: url('URL')">
<style>p { background: url("URL") }</style>
<style>@import "URL";</style>
<style>@import url(URL);</style>
<style>@font-face { font-family: x; src: url(URL) }</style>
<link rel="stylesheet" href="URL">
<link rel="prefetch" href="URL">
<link rel="unknown" href="URL">
<video poster="URL"></video>
<audio src="URL"></audio>
<source srcset="URL">
<svg><image href="URL"/></svg>
<svg><image xlink:href="URL"/></svg>
<bgsound src="URL">
<iframe src="URL"></iframe>
<embed src="URL">
<object data="URL"></object>
<form action="URL"></form>
<button formaction="URL">
<a ping="URL" href="/">
<meta http-equiv="refresh" content="0;url=URL">
<base href="URL/">
<!--[if mso]><v:rect href="URL"></v:rect><![endif]-->
<!--[if mso]><v:fill src="URL"/><![endif]-->
<!--[if gte mso 9]><img src="URL"><![endif]-->
<!--[if !mso]><!--><img src="URL"><!--<![endif]-->
<noscript><img src="URL"></noscript>
<amp-img src="URL"></amp-img>
<amp-pixel src="URL"></amp-pixel>
<script type="application/ld+json">{"image": "URL"}</script>
<img data-src="URL">
<div data-json='{"u": "URL"}'>
<p onclick="location.href = 'URL'">
<p>See URL</p>
<p>See (URL).</p>
<blockquote cite="URL">
<a href=URL>
<A HREF = 'URL' >
<a/href=URL/>
<a x=1"href="URL">
<IMG␊SRC␊=␉"URL">
<img src=" URL ">
<img src="␊URL␊">
<image src="URL">
<P STYLE='BACKGROUND:URL("URL")'>
<style>p{background:\\75rl(URL)}</style>
<!--[IF MSO]><IMG SRC=URL><![ENDIF]-->
<script>{"image": "https:\\/\\/t.example\\/i?m=M"}</script>
<img src="https:\\\\t.example/i?m=M">
<img src="//t.example/i?m=M">
<img src="ht␊tps://t.example/i?m=M">
<img src="&#104;ttps&colon;//t.example/i?m&equals;M">
<img src="/i?m=M">
<a href="mailto:stop+M@t.example">
<a href="shop://product/M">
<base href="https://t.example/"><img src="i?m=M">
<svg><style>p{background:url(URL)}</style></svg>
<math><mi></math><a href="URL">
<svg><title><img src="URL"></title></svg>
<iframe srcdoc="<img src='URL'>">
<img src="data:text/html,<img src='URL'>">
</body></html><img src="URL">
""".splitlines()


def rendered(form: str, who: str, number: int) -> str:
    form = (
        form.replace("URL", "https://t.example/i?m=M")
        .replace("m=M", f"m={number}")
        .replace("equals;M", f"equals;{number}")
    )
    for before, after in (("␊", "\n"), ("␉", "\t"), ("+M@", f"+{number}@"), ("/M", f"/{number}")):
        form = form.replace(before, after)
    return f"<p>Hello {who}</p>{form}"


@pytest.mark.parametrize("form", FORMS)
def test_a_personal_url_is_found_wherever_it_stands(form: str) -> None:
    first, second = rendered(form, "Ann", 17), rendered(form, "Bob", 18)
    found = compare_renderings([first, second])
    assert found, form
    assert not any(difference.expected for difference in found)
    assert all(None not in difference.values for difference in found)
    assert any("17" in str(difference.values[0]) for difference in found)
    assert compare_renderings([first, rendered(form, "Bob", 17)]) == []


def test_what_leads_nowhere_and_other_text_may_differ() -> None:
    mail = (
        "<!DOCTYPE html><title>{0}</title><!-- {0} {1} --><p class='{0}' id={2}>Dear {0}, {2} for you"
        '<img src="data:image/png;base64,{2}"><img src="cid:{2}@x"><input type=hidden value={2}>'
        "<style>.{0} {{ background: url(data:image/png;base64,{2}) }}</style><a href='https://shop.example/'>{0}</a>"
    )
    pages = [mail.format(name, f"https://t.example/{name}", number) for name, number in (("Ann", 17), ("Bob", 18))]
    assert compare_renderings(pages) == []


def test_one_url_in_two_spellings_is_the_same() -> None:
    spelled = (
        '<a href="https://shop.example/?a=1&b=2">', "<A HREF='https://shop.example/?a=1&amp;b=2'>",
        "<a href=https://shop.example/?a=1&#38;b=2>", '<a href=" https://shop.example/?a=1&b=2\n">',
        '<a href="HTTPS://shop.example/?a=1&b=2">', '<a href="https:\\\\shop.example/?a=1&b=2">',
        '<base href="https://shop.example/"><a href="?a=1&b=2">',
    )  # fmt: skip
    assert compare_renderings(spelled[:-1]) == []
    (base,) = compare_renderings(spelled)
    assert base.place.startswith("base href")
    for other in ("https://shop.example/?a=1&b=3", "https://Shop.example/?a=1&b=2", "https://shop.example/?a=1&b=2#x"):
        assert len(compare_renderings([spelled[0], f'<a href="{other}">'])) == 1


def test_what_differs_stands_side_by_side() -> None:
    mail = '<img src=/logo.png><a href="/1/{0}">\n<a href=/same><a href="/2/{0}">{1}<img src="/o/{0}">'
    pages = [mail.format(who, "<a href=/offer>" if who == "bob" else "") for who in ("ann", "bob", "eve")]
    found = compare_renderings(pages)
    assert [(difference.place, difference.values) for difference in found] == [
        ("a href, line 1", ("/1/ann", "/1/bob", "/1/eve")),
        ("a href, line 2", ("/2/ann", "/2/bob", "/2/eve")),
        ("a href, line 2", (None, "/offer", None)),
        ("img src, line 2", ("/o/ann", "/o/bob", "/o/eve")),
    ]
    assert {difference.why for difference in found if None not in difference.values} == {
        "the URL is not the same for everyone, so a request for it may identify the recipient"
    }
    assert "not as often" in found[2].why


def test_the_order_of_urls_does_not_matter_but_their_number_does() -> None:
    assert compare_renderings(["<img src=/a><img src=/b>", "<img src=/b><img src=/a>"]) == []
    (twice,) = compare_renderings(["<img src=/a>", "<img src=/a><img src=/a>"])
    assert twice.values == (None, "/a")


def test_personal_urls_can_be_declared() -> None:
    mail = '<a href="https://shop.example/u/{0}">Stop</a><a href="https://shop.example/me?{0}"><img src="/o/{0}">'
    pages = [mail.format(number) for number in (1, 2)]
    allow: list[str | re.Pattern[str]] = [
        "https://shop.example/me?1",
        "https://shop.example/me?2",
        re.compile(r"^https://shop\.example/u/"),
    ]
    found = compare_renderings(pages, allow=allow)
    assert [(difference.values[0], difference.expected) for difference in found] == [
        ("https://shop.example/u/1", True),
        ("https://shop.example/me?1", True),
        ("/o/1", False),
    ]
    assert "declared" in found[0].why
    # One that is declared for some only is not declared.
    assert [one.values for one in compare_renderings(pages, allow=allow[1:]) if not one.expected] == [
        ("https://shop.example/me?1", None),
        ("/o/1", "/o/2"),
    ]


def test_tracking_that_is_the_same_for_everyone_shows_as_such() -> None:
    mail = "<p>{0}</p><a href='https://a.example/'>A</a><a href='https://b.example/'>B</a></body>"
    together = [
        track_html(mail.format(who), SUM, domain=DOMAIN, message_id=who, campaign=CAMPAIGN, now=NOW).html
        for who in ("ann", "bob", "eve")
    ]
    assert "https://track.example/o/" in together[0]
    assert compare_renderings(together) == []
    each = [
        track_html(mail.format(who), ON, domain=DOMAIN, message_id=who, now=NOW).html for who in ("ann", "bob", "eve")
    ]
    assert len(compare_renderings(each)) == 3
    assert [difference.place for difference in compare_renderings([*together[:2], each[0]])] == [
        "a href, line 1",
        "a href, line 1",
        "img src, line 1",
    ]


@pytest.mark.parametrize("limit", ["<div>" * 3_000, "<a " + " ".join(f"x{n}" for n in range(3_000)) + ">"])
def test_what_was_not_read_to_its_end_is_no_proof(limit: str) -> None:
    assert compare_renderings([limit, limit]) == []
    found = compare_renderings([limit + "Ann", limit + "Bob"])
    assert found
    assert all(
        (one.place, one.values, one.expected) == ("document", (None, None), False) and "not read to its end" in one.why
        for one in found
    )


@pytest.mark.parametrize(
    "hostile",
    [
        "<img src=" * 20_000, "<a href='" + "x" * 200_000 + "'>", "<!--[if mso]>" * 20_000, "<style>" + "url(" * 50_000,
        "https://" * 20_000, "<img src=/x>" * 5_000, "\0\ud800" * 20_000, "<base href=https://a.example/>" * 5_000, "",
        "<p style='" + "background:url(x);" * 10_000 + "'>", "\ufeff", " ",
    ],
    ids=lambda text: text[:10].encode("ascii", "backslashreplace").decode(),
)  # fmt: skip
def test_no_input_is_too_odd(hostile: str) -> None:
    assert compare_renderings([hostile, hostile]) == []
    (found, *_) = compare_renderings([hostile, f"<img src={ANN}>" + hostile, f"<img src={BOB}>" + hostile])
    assert not found.expected


@given(LINK_DOCUMENTS | hostile_html(), st.text(max_size=5))
def test_equal_renderings_have_no_difference_whatever_they_hold(html: str, name: str) -> None:
    assert compare_renderings([html] * 3) == []
    assume("<plaintext>" not in html)
    plain = escape(re.sub(r"[^\w ]", "", name))
    pages = [f"<p>{who}</p>{html}" for who in ("Ann", plain)]
    assert all(None in one.values for one in compare_renderings(pages))


@given(st.lists(LINK_DOCUMENTS, min_size=2, max_size=4), st.permutations(range(4)))
def test_the_order_of_renderings_changes_nothing_but_the_order_of_urls(pages: list[str], order: list[int]) -> None:
    order = [number for number in order if number < len(pages)]
    found = compare_renderings(pages)
    other = compare_renderings([pages[number] for number in order])
    flat = sorted(str(url) for one in found for url in one.values if url)
    assert flat == sorted(str(url) for one in other for url in one.values if url)
    assert sorted(map(repr, ([one.values[number] for number in order] for one in found))) == sorted(
        repr(list(one.values)) for one in other
    )


@given(LINK_DOCUMENTS, st.data())
def test_one_personal_link_among_others_is_found(html: str, data: st.DataObject) -> None:
    links = rewrite_html(html).links
    assume(links)
    chosen = data.draw(st.integers(0, len(links) - 1))

    def page(who: str) -> str:
        def click_url(link: Link) -> str | None:
            return f"https://t.example/{who}" if link.start == links[chosen].start else None

        return rewrite_html(html, click_url=click_url).html

    pages = [page("ann"), page("bob")]
    found = compare_renderings(pages)
    assert ("https://t.example/ann", "https://t.example/bob") in {one.values for one in found}


def test_real_mail_has_one_difference_a_link_and_one_for_the_pixel(shared: Path) -> None:
    paths = sorted((shared / "corpus").rglob("*.html"))[::3] + sorted((shared / "corpus").rglob("*.eml"))[::5]
    count = 0
    for path in paths:
        for body, charset in bodies(path):
            for html in decoded(body, charset):
                together = [
                    track_html(html, SUM, domain=DOMAIN, message_id=who, campaign=CAMPAIGN).html
                    for who in ("a", "b", "c")
                ]
                assert compare_renderings(together) == [], path
                results = [track_html(html, ON, domain=DOMAIN, message_id=who, now=NOW) for who in ("a", "b", "c")]
                found = compare_renderings([result.html for result in results])
                assert len(found) == len(results[0].links) + 1, path
                assert not any(None in one.values or one.expected for one in found), path
                count += 1
    assert count > 80


def test_a_difference_is_a_value() -> None:
    (found,) = compare_renderings([f"<img src='{ANN}'>", f"<img src='{BOB}'>"])
    assert found == Difference(place="img src, line 1", values=(ANN, BOB), expected=False, why=found.why)
    assert pickle.loads(pickle.dumps(found)) == found  # noqa: S301 - our own bytes
    assert json.loads(json.dumps(found.to_dict())) == {
        "place": "img src, line 1",
        "values": [ANN, BOB],
        "expected": False,
        "why": found.why,
    }


def test_what_cannot_be_compared_is_refused() -> None:
    for few in ([], ["<p>"]):
        with pytest.raises(ValueError, match="two or more are needed"):
            compare_renderings(few)
    with pytest.raises(TypeError, match="one str cannot be compared"):
        compare_renderings("<p>")
    with pytest.raises(TypeError, match="each must be a str, not bytes"):
        compare_renderings(["<p>", b"<p>"])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="allow must be a sequence"):
        compare_renderings(["", ""], allow="https://shop.example/")
    with pytest.raises(TypeError, match="allow must be a sequence"):
        compare_renderings(["", ""], allow=re.compile("x"))  # type: ignore[arg-type]
    for wrong in (1, re.compile(b"x")):
        with pytest.raises(TypeError, match="allow must hold str"):
            compare_renderings(["", ""], allow=[wrong])  # type: ignore[list-item]


CHOSEN = {
    "an image here is a link there": (
        '<a href="/1">x</a><img src="/2">', '<a href="/2">x</a><img src="/1">',
    ),
    "what another attribute loads": ('<img src="/1" data-src="/2">', '<img src="/2" data-src="/1">'),
    "what is preloaded": (
        '<link rel="preload" href="/1"><link rel="next" href="/2">',
        '<link rel="preload" href="/2"><link rel="next" href="/1">',
    ),
    "the screen it is for": (
        '<picture><source media="all" srcset="/1"></picture>',
        '<picture><source media="not all" srcset="/1"></picture>',
    ),
    "the width it is for": ('<img srcset="/1 1x, /2 9x">', '<img srcset="/1 9x, /2 1x">'),
    "a condition in a sheet": (
        "<style>@media all { p { background: url(/1) } }</style>",
        "<style>@media print { p { background: url(/1) } }</style>",
    ),
    "a class of one": (
        "<style>.a { background: url(/1) } .b { background: url('/2') }</style><p class='A'>",
        "<style>.a { background: url(/1) } .b { background: url('/2') }</style><p class='b'>",
    ),
    "an id of one": (
        "<style>#a { background: url(/1) }</style><p id=A>",
        "<style>#a { background: url(/1) }</style><p>",
    ),
    "an attribute of one": (
        "<style>[lang] { background: url(/1) }</style><p lang=a>", "<style>[lang] { background: url(/1) }</style><p>",
    ),
    "a value of one": (
        '<style>p[lang="a"] { background: url(/1) }</style><p lang=A>',
        '<style>p[lang="a"] { background: url(/1) }</style><p lang=b>',
    ),
    "the width it is for, of many": (
        f'<img srcset="{"/1 1x, " * 99}/2 9x">', f'<img srcset="{"/1 1x, " * 98}/2 1x, /1 9x">',
    ),
    "only Outlook loads it": ('<!--[if mso]><img src="/1"><![endif]-->', '<img src="/1">'),
}  # fmt: skip


@pytest.mark.parametrize("name", CHOSEN)
def test_the_same_urls_may_be_asked_for_by_some_only(name: str) -> None:
    found = compare_renderings(CHOSEN[name])
    assert found
    assert not any(one.expected for one in found)


def test_a_url_that_is_the_same_says_what_is_not() -> None:
    (found,) = compare_renderings(CHOSEN["the screen it is for"])
    assert found.values == ("/1", "/1")
    assert found.why.startswith("whether this URL is requested")


def test_what_chooses_nothing_may_differ() -> None:
    sheet = "<style>.a, p [title^='x'] { background: url(/%s) } @font-face { src: url('//a/%s') }</style>"
    for one, other in (
        (
            "<p title='Ann' class=a><img src=/1 alt=Ann width=600>",
            "<p title='Bob' class=a><img src=/1 alt=Bob width=500>",
        ),
        ("<img src=/1><div>x<img src=/2>", "<img src=/2><div>y<img src=/1>"),
        ("<a href=/1 rel=x class=b>1</a><area href=/2>", "<a href=/2 class=c>1</a><area href=/1>"),
        ("<p>node.js/react for Ann.Lee or a+1@a.example/", "<p>node.js/react for Bob.Lee or a+1@a.example/"),
    ):
        assert compare_renderings([sheet + one, sheet + other]) == []
    assert len(compare_renderings([sheet % (1, 2), sheet % (3, 2)])) == 1


def test_what_scripts_and_readers_of_text_make_of_a_url() -> None:
    for text in (
        "<p>see shop.example/%s now",
        '<script type="application/ld+json">{"url": "https:\\u002f\\u002fshop.example\\u002f%s"}</script>',
        "<script>x = 'https:\\x2f\\x2fshop.example/%s'</script>",
    ):
        (found,) = compare_renderings([text % 4471, text % 4472])
        assert [one and one.partition("shop.example/")[2] for one in found.values] == ["4471", "4472"]
