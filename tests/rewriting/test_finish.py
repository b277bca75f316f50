"""The last step of a rewriting: what goes into links, where the pixel goes, and what the options may be."""

from __future__ import annotations

import email
from base64 import encodebytes

import html5lib
import pytest

from lmtrack import (
    click_url,
    make_click_token,
    pixel_tag,
    rewrite_html,
    scan_html,
    scan_message,
    track_html,
    track_message,
    untrack_html,
)
from lmtrack._rewriting.finish import link_changes
from lmtrack._rewriting.judge import MessageContext
from lmtrack.links import LinkPolicy, SkipReason
from page_cases import BOTH, CLICKS, DOMAIN, KEYS, NOW, OPENS, PIXEL, SHOP, track

URL = "https://t.example/"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("'{}'", "'https://b.example/?a=\"1\"&amp;b=>'"),
        ('"{}"', '"https://b.example/?a=&quot;1&quot;&amp;b=>"'),
        ("{}", '"https://b.example/?a=&quot;1&quot;&amp;b=>"'),  # a bare value gets quotes
    ],
)
def test_a_restored_destination_is_escaped_for_where_it_is(before: str, after: str) -> None:
    token = make_click_token(KEYS, "m-1", 0, url='https://b.example/?a="1"&b=>', now=NOW)
    tag = f"<a href={before}>B</a>"
    assert untrack_html(tag.format(click_url(DOMAIN, token)), domain=DOMAIN) == f"<a href={after}>B</a>"


def test_where_no_link_is_to_be_changed_none_is() -> None:
    mail = f"{SHOP}{SHOP}<a data-lm-no-track href='https://b.example/'>x</a>"
    assert rewrite_html(mail, click_url=lambda _: None).html is mail
    assert track_html(mail, CLICKS, domain=DOMAIN, message_id="m-1", destination=lambda _: None).html is mail


@pytest.mark.parametrize("refused", [{}, {0: SkipReason.PERSONAL}])
def test_texts_go_by_index_whatever_the_first_one_is(refused: dict[int, SkipReason]) -> None:
    context = MessageContext(first_index=3)
    plan = scan_html(SHOP * 3).make_plan(LinkPolicy(), DOMAIN, context)
    starts = [link[2] for link in plan.found]
    written = [(start, text) for start, _, text in link_changes(plan, ["a", "b", "c"], refused)]
    assert written == list(zip(starts, "abc", strict=True))[len(refused) :]
    assert [text for _, _, text in link_changes(plan, ["a", None, "c"], {})] == ["a", "c"]


def test_no_new_url_is_asked_for_where_the_values_forbid_it() -> None:
    mail = f'<a href="https://shop.example/{{x}}">A</a>{SHOP}'
    asked = []
    result = rewrite_html(
        mail,
        click_url=lambda link: asked.append(link.url) or f"{URL}{link.index}",  # type: ignore[func-returns-value]
        slots={"x": "{x}"},
        values={"x": "unsubscribe"},
    )
    assert asked == ["https://shop.example/"]
    assert result.html == f'<a href="https://shop.example/unsubscribe">A</a><a href="{URL}1">Shop</a>'


def test_a_new_url_of_a_subclass_of_text_becomes_plain_text() -> None:
    class Loud(str):
        __slots__ = ()

    result = rewrite_html(SHOP * 2, click_url=lambda link: Loud(URL) if link.index else None)
    assert result.html == f'{SHOP}<a href="{URL}">Shop</a>'
    assert [type(edit.new) for edit in result.edits] == [str]


def test_a_document_that_has_no_place_for_a_pixel_says_so() -> None:
    mail = "<!doctype html"
    for decision in (BOTH, OPENS):
        result = track(mail, decision)
        assert result.html is mail
        assert result.decision is not None
        assert [reason for reason in result.decision.reasons if reason.startswith("opens")] == ["opens:no_html"]
        assert (result.decision.opens, result.decision.clicks) == (0, decision.clicks)
    assert rewrite_html(mail, pixel_url=PIXEL).decision is None


def test_the_pixel_goes_into_its_slot_and_not_into_the_one_before() -> None:
    document = scan_html("<body>{name}{pixel}, x</body>", slots={"name": "{name}", "pixel": "{pixel}"})
    result = rewrite_html(document, values={"name": "Ann"}, pixel_url=PIXEL, pixel_slot="pixel")
    assert result.html == f"<body>Ann{pixel_tag(PIXEL)}, x</body>"
    assert result.pixel_offset == 9


def text_by_html5lib(html: str) -> str:
    [element] = html5lib.parse(html, namespaceHTMLElements=False).iter("pre")
    return "".join(element.itertext())


@pytest.mark.parametrize("text", ["{pixel}{x}", "{x}{pixel}{y}{x}", "{x}{pixel}\nb", "{pixel}\n{x}", "{x}\r\n{pixel}"])
@pytest.mark.parametrize("value", ["", "\n", "\na", "a\n"])
def test_no_line_feed_is_lost_or_added_where_the_pixel_is_left_out(text: str, value: str) -> None:
    slots = {name: f"{{{name}}}" for name in ("pixel", "x", "y")}
    document = scan_html(f"<pre>{text}</pre>", slots=slots)
    values = {"x": value, "y": ""}
    shown = text.format(pixel="", **values).replace("\r\n", "\n")
    for url in (PIXEL, None):
        result = rewrite_html(document, values=values, pixel_url=url, pixel_slot="pixel")
        assert text_by_html5lib(result.html) == shown
        assert result.html.count("<img") == (url is not None)
    for limit in (20, 998):
        options = {"values": values, "pixel_slot": "pixel", "max_line": limit, "now": NOW}
        tracked = track_html(document, OPENS, domain=DOMAIN, message_id="m-1", **options)  # type: ignore[arg-type]
        assert text_by_html5lib(tracked.html) == shown
        assert tracked.html.count("<img") == (limit == 998)
    for encoding, filler in (("base64", ""), ("8bit", ""), ("8bit", "z" * 900)):
        body = f"<pre>{text}</pre>{filler}"
        written = encodebytes(body.encode()).decode() if encoding == "base64" else body
        raw = f"Content-Type: text/html\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{written}".encode()
        mail = track_message(
            scan_message(raw, slots=slots),
            OPENS,
            domain=DOMAIN,
            message_id="m",
            now=NOW,
            values=values,
            pixel_slot="pixel",
        )
        page = email.message_from_bytes(mail.raw).get_payload(decode=True)
        assert text_by_html5lib(page.decode()) == shown  # type: ignore[union-attr]


def test_auto_counts_links_that_are_most_of_the_document() -> None:
    mail = f"<body>{SHOP}</body>"
    long = rewrite_html(mail, click_url=lambda _: URL + "x" * 100_000, pixel_url=PIXEL, pixel_position="auto")
    assert long.pixel_offset == 6
    short = rewrite_html(mail, click_url=lambda _: URL + "x" * 90_000, pixel_url=PIXEL, pixel_position="auto")
    assert short.html.endswith('alt=""></body>')


def test_the_shortest_limit_of_a_line_is_one_byte() -> None:
    result = track_html("<p>a</p>", CLICKS, domain=DOMAIN, message_id="m-1", max_line=1)
    assert (result.html, result.decision) == ("<p>a</p>", CLICKS)
