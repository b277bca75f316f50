from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from lmtrack import (
    Consent,
    Route,
    TrackingDomain,
    make_keys,
    resolve,
    rewrite_html,
    track_html,
    track_message,
    verify_rewrite,
)
from lmtrack._html.scan import content_start

PIXEL = "https://t.example/o/1"
DOMAIN = TrackingDomain("https://track.example", make_keys(b"a fixed key of tests, 32 octets."))
BOTH = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
LONG = "x" * 126_000


@pytest.mark.parametrize(
    ("html", "url"),
    [
        ('<svg><a xlink:href="{}">x</a></svg>', "https://a.example/"),
        ("<SVG><A XLINK:HREF='{}'>x</a></svg>", "https://a.example/"),
        ('<svg><a xlink:href="{}"/></svg>', "https://a.example/"),
        ('<svg><g><a xlink:href="https://b.example/" href="{}">x</a></g></svg>', "https://a.example/"),
        ('<svg><foreignObject><a href="{}">x</a></foreignObject></svg>', "https://a.example/"),
        ('<svg><foreignObject><svg><a xlink:href="{}">x</a></svg></foreignObject></svg>', "https://a.example/"),
        ('<a xlink:href="{}">x</a>', None),
        ('<math><a xlink:href="{}">x</a></math>', None),
        ('<svg><foreignObject><a xlink:href="{}">x</a></foreignObject></svg>', None),
        ('<svg><use xlink:href="{}"/></svg>', None),
    ],
)
def test_a_link_of_svg_may_have_the_older_name(html: str, url: str | None) -> None:
    source = html.format("https://a.example/")
    result = rewrite_html(source, click_url=lambda _: "https://t.example/0")
    assert [link.url for link in result.links] == ([url] if url else [])
    assert result.html == (html.format("https://t.example/0") if url else source)
    assert verify_rewrite(source, result.html) == []


@pytest.mark.parametrize("html", ["<!DOCTYPE html", " \n<!doctype", "<!-- x --><!DocType html PUBLIC '"])
def test_no_pixel_goes_before_a_doctype_that_is_not_finished(html: str) -> None:
    result = track_html(html, BOTH, domain=DOMAIN, message_id="m-1")
    assert (result.html, result.pixel_offset) == (html, None)
    assert result.decision is not None
    assert "opens:no_html" in result.decision.reasons
    assert rewrite_html(html, pixel_url=PIXEL).html is html
    raw = b"Content-Type: text/html\n\n" + html.encode()
    assert track_message(raw, BOTH, domain=DOMAIN, message_id="m-1").raw == raw


def test_a_doctype_behind_content_is_none() -> None:
    assert rewrite_html("text <!DOCTYPE", pixel_url=PIXEL).pixel_offset == 5


@pytest.mark.parametrize(
    ("before", "content"),
    [
        ("", "<p>"),
        ("<!doctype html>\n<!-- x -->\n", "<table><tr><td>"),
        ("<!doctype html><html><head><meta charset=utf-8><title>a < b</title><style>p{}</style><link>", "<p>"),
        ("\n\n", "text"),
        ("<script>'<p>'</script>", "<div>"),
        ("<title></title>", "</p>"),
    ],
)
def test_a_long_document_without_body_has_its_pixel_where_content_begins(before: str, content: str) -> None:
    html = before + content + LONG
    assert content_start(html) == len(before)
    result = rewrite_html(html, pixel_url=PIXEL, pixel_position="auto")
    assert result.pixel_offset == len(before)
    assert verify_rewrite(html, result.html) == []
    at_end = rewrite_html(html, pixel_url=PIXEL, pixel_position="start")
    assert at_end.pixel_offset == len(html)
    raw = b"Content-Type: text/html\n\n" + html.replace("xxxxxxxx", "xxxxxxx\n").encode()
    tracked = track_message(raw, BOTH, domain=DOMAIN, message_id="m-1").raw
    assert tracked.index(b"<img") == len("Content-Type: text/html\n\n") + len(before)


@pytest.mark.parametrize(
    "html", ["", " ", "<!-- x", "<title>x", "<frameset>x", "<!doctype html><html>", "<p", "<script>"]
)
def test_where_no_content_begins_there_is_no_place(html: str) -> None:
    assert content_start(html) == -1


@given(st.text("<>!-/ ptile=x'\"\n", max_size=40))
def test_a_place_is_where_something_begins(html: str) -> None:
    place = content_start(html)
    assert place == -1 or html[place] not in " \n"


def test_an_svg_link_without_a_target_is_not_one() -> None:
    assert rewrite_html('<svg><a id="x">y</a></svg>').links == ()
