from __future__ import annotations

import pickle
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from typing import TYPE_CHECKING, Any, get_args
from uuid import UUID

import pytest
from html5lib._tokenizer import HTMLTokenizer
from html5lib.constants import tokenTypes
from hypothesis import assume, example, given, strategies as st
from selectolax.lexbor import LexborHTMLParser

from lmtrack import (
    BadDestination,
    Campaign,
    Consent,
    Decision,
    LinkPolicy,
    Override,
    Route,
    TrackingDomain,
    TrackingMode,
    campaign_urls,
    click_url,
    make_click_token,
    make_keys,
    make_open_token,
    open_url,
    pixel_tag,
    read_click_token,
    read_open_token,
    resolve,
    revert_html,
    rewrite_html,
    scan_html,
    track_html,
    untrack_html,
    withdraw_url,
)
from lmtrack._linking.optout_attributes import HINTS, REMOVABLE
from lmtrack._rewriting.splice import splice
from lmtrack.html import HtmlDocument, PixelPosition, RewrittenHtml
from lmtrack.links import Edit, Link
from strategies import LINK_DOCUMENTS, link_tags

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = b"a fixed key of tests, 32 octets."
KEYS = make_keys(SECRET)
DOMAIN = TrackingDomain("https://track.example", KEYS)
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=400)
CAMPAIGN = Campaign(
    id="spring-2026",
    started_at=datetime(2026, 3, 1, tzinfo=UTC),
    urls=["https://shop.example/", "https://b.example/"],
)
SHOP = '<a href="https://shop.example/">Shop</a>'
PIXEL = "https://track.example/o/x"
OFF, AGGREGATE, DELIVERABILITY, INDIVIDUAL = TrackingMode


def decision_for(opens: TrackingMode, clicks: TrackingMode) -> Decision:
    """A decision with these modes, made the way a sender gets one."""
    granted = Consent.GRANTED
    decision = resolve(
        Route(
            track_opens=opens is not TrackingMode.OFF,
            track_clicks=clicks is not TrackingMode.OFF,
            require_consent=True,
            without_consent=DELIVERABILITY if opens is DELIVERABILITY else AGGREGATE,
        ),
        consent=granted if opens in {TrackingMode.INDIVIDUAL, TrackingMode.OFF} else Consent.UNKNOWN,
        clicks_consent=granted if clicks in {TrackingMode.INDIVIDUAL, TrackingMode.OFF} else Consent.UNKNOWN,
    )
    assert (decision.opens, decision.clicks) == (opens, clicks)
    return decision


BOTH = decision_for(INDIVIDUAL, INDIVIDUAL)
CLICKS = decision_for(OFF, INDIVIDUAL)
OPENS = decision_for(INDIVIDUAL, OFF)
NONE = decision_for(OFF, OFF)
SUM = decision_for(AGGREGATE, AGGREGATE)
LAST_DAY = decision_for(DELIVERABILITY, AGGREGATE)


def numbered(link: Link) -> str:
    return f"https://t.example/{link.index}"


def track(
    source: str | HtmlDocument,
    decision: Decision = BOTH,
    *,
    message_id: str | UUID = "m-1",
    recipient: int = 0,
    campaign: Campaign | None = None,
    policy: LinkPolicy | None = None,
    now: datetime = NOW,
) -> RewrittenHtml:
    return track_html(
        source,
        decision,
        domain=DOMAIN,
        message_id=message_id,
        recipient=recipient,
        campaign=campaign,
        policy=policy or LinkPolicy(),
        now=now,
    )


def hrefs(html: str) -> list[str]:
    """What lexbor reads as links, in tree order."""
    nodes = LexborHTMLParser(html.encode(errors="replace")).css("a[href], area[href]")
    return [(node.attributes["href"] or "").strip("\t\n\f\r ") for node in nodes]


def images(html: str) -> list[str | None]:
    return [node.attributes["src"] for node in LexborHTMLParser(html.encode(errors="replace")).css("img[src]")]


# Edits: the value, the pixel, the attribute; everything else stays.


def test_only_the_value_of_href_changes() -> None:
    mail = (
        "<!DOCTYPE HTML>\r\n<P CLASS=x\tTitle = 'é'>"
        "<A\nHREF = 'https://shop.example/?a&amp;b' Target=_blank >Shop</A\n>"
        "&nbsp;\0</p"
    )
    result = rewrite_html(mail, click_url=numbered)
    assert result.html == mail.replace("https://shop.example/?a&amp;b", "https://t.example/0")
    assert result.edits == (Edit(mail.index("https"), "https://shop.example/?a&amp;b", "https://t.example/0"),)


def test_nothing_to_do_gives_the_very_same_object() -> None:
    mail = f"<p>{SHOP}</p>"
    document = scan_html(mail)
    assert rewrite_html(mail).html is mail
    assert rewrite_html(mail, click_url=lambda _: None).html is mail
    assert rewrite_html(mail, click_url=lambda link: link.url).html is mail
    assert track(mail, NONE).html is mail
    assert track(document, NONE).html is mail
    assert track("<p>mailto", CLICKS).edits == ()
    assert untrack_html(mail, domain=DOMAIN) is mail


def test_where_no_link_is_tracked_no_attribute_is_removed() -> None:
    mail = '<a data-lm-no-track href="https://shop.example/">x'
    assert track(mail, CLICKS).html is mail
    assert track(mail, NONE).html is mail
    assert rewrite_html(mail, click_url=numbered).html is mail
    two = mail + SHOP
    assert rewrite_html(two, click_url=lambda _: None).html is two
    assert track(mail, BOTH).html.startswith(mail)


def test_edits_are_in_order_of_the_source_and_undo_exactly() -> None:
    mail = f"<body>{SHOP}<a data-lm-no-track href=https://a.example>x</a>{SHOP}</body>"
    result = track(mail)
    offsets = [edit.offset for edit in result.edits]
    assert len(offsets) == 4
    assert offsets == sorted(offsets)
    assert [mail[edit.offset : edit.offset + len(edit.old)] for edit in result.edits] == [e.old for e in result.edits]
    assert revert_html(result.html, result.edits) == mail
    assert revert_html(result.html, list(result.edits)) == mail


@pytest.mark.parametrize(
    ("html", "edits"),
    [
        ("abc", [Edit(1, "x", "q")]),
        ("abc", [Edit(4, "", "")]),
        ("abc", [Edit(-1, "x", "a")]),
        ("abc", [Edit(1, "x", "b"), Edit(0, "y", "a")]),
        ("abc", [Edit(0, "xyz", "a"), Edit(1, "x", "b")]),
        ("abc", [Edit(2, "x", "cd")]),
    ],
)
def test_edits_that_do_not_fit_are_refused(html: str, edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match=r"^the edits do not fit this document$"):
        revert_html(html, edits)


def test_what_was_taken_from_the_end_comes_back() -> None:
    assert revert_html("abc", [Edit(3, "x", "")]) == "abcx"


# Which links.


@pytest.mark.parametrize(
    "html",
    [
        "<a href={}>",
        "<a/href={}>",
        '<a x="1"href="{}">',
        "<A HREF='{}'>",
        "<a\thref\n=\r\n{}\f>",
        "<a href='{}' href='https://late.example/'>",
        "<a ='' href={}>",
        "<area href={}>",
        "<noscript><a href={}></noscript>",
        "</html><a href={}>",
        "<svg><a href={}></svg>",
        "<math><mtext><a href={}>",
        "<!--[if !mso]><!--><a href={}><!--<![endif]-->",
        "<![if !mso]><a href={}><![endif]>",
        "<!--><a href={}>-->",
        "<!---><a href={}>-->",
        "<!----!><a href={}>-->",
        "<!x><a href={}>",
        "<? x ?><a href={}>",
        "</ x><a href={}>",
        "<title></title><a href={}>",
        "<script><!--<script></script></script>--></script><a href={}>",
        "<script><!--></script><a href={}>",
        "<svg><title><a href={}></title></svg>",
        "<svg><style><a href={}></style></svg>",
        "<a href={} <b>",
        "<p <a href={}>",
        "< a><a href={}>",
        "<!--[if mso]><a href={}><![endif]-->",
        "<!--[if mso]><AREA href={}><![endif]-->",
        "<!--[if gte mso 9]><v:rect href='{}'></v:rect><![endif]-->",
        "<!--[if (gte mso 9)|(IE)]><v:roundrect href='{}'></v:roundrect><![endif]-->",
        "<!--[IF MSO]><V:OVAL HREF={}><![endif]-->",
        "<!--[if mso]><v:fill href='x'/><v:image href='{}'><![endif]-->",
        '<!--[if mso]><v:rect href="{}" style="x"><center>Buy</center></v:rect><![endif]-->',
        '<!--[if mso]><a href="{}">Buy</a><![endif]-->',
        '<!--[if mso]>Buy <v:rect href="{}"/> now <i title="-->',
        '<!--[if mso]><!x><style>a{}</style><![if x]></ y><a href="{}"><![endif]-->'.replace("a{}", "a"),
        "<!--[if mso]><script>x</script><AREA HREF='{}'><![endif]-->",
        "<svg><b></svg><!-- x --><p><a href={}>",
        "<svg></svg><!--[if mso]><v:rect href='{}'><![endif]-->",
    ],
)
def test_links_live_or_for_outlook_are_found(html: str) -> None:
    url = "https://shop.example/x"
    source = html.replace("{}", url)
    if "<p <a" in source:  # `<` in a tag is an attribute's name
        assert rewrite_html(source).links == ()
        return
    result = rewrite_html(source, click_url=lambda _: "https://t.example/0")
    assert [link.url for link in result.links] == [url]
    assert result.html == source.replace(url, "https://t.example/0")


@pytest.mark.parametrize(
    "html",
    [
        "<!-- <a href={}> -->",
        "<!--[if IE]><a href={}><![endif]-->",
        "<!--[if !mso]><!--x--><!--<a href={}>--><![endif]-->",
        "<!--[if mso]><v:fill href='{}'/><v:imagedata href='{}'/><![endif]-->",
        "<!--[if mso]><!-- <a href={}> --><![endif]-->",
        "<!--[if mso]><style><a href={}></style><![endif]-->",
        "<!--[if mso]><style><a href={}><![endif]-->",
        "<!--[if mso]>href<![endif]-->",
        "<!--[if mso]><![endif]--><!-- <a href={}> -->",
        '<!--[if IE]><a href="{}"><![endif]-->',
        '<!--[if mso]><v:fill href="{}"><v:imagedata href="{}"/><![endif]-->',
        '<!--[if mso]><!-- <v:rect href="{}"> --><![endif]-->',
        "<!--[if mso]><a href={}",
        "<script><a href={}></script>",
        "<style><a href={}></style>",
        "<title><a href={}></title>",
        "<textarea><a href={}></textarea>",
        "<xmp><a href={}></xmp>",
        "<iframe><a href={}></iframe>",
        "<noembed><a href={}></noembed>",
        "<noframes><a href={}></noframes>",
        "<plaintext><a href={}>",
        "<script><!--<script></script><a href={}>--></script>",
        "<title/><a href={}>",
        "<v:rect href={}></v:rect>",
        "<link href={}>",
        "<base href={}>",
        "<abbr href={}>",
        "<a xlink:href={}>",
        "<a data-href={}>",
        "<a x=1href={}>",
        "<form action={}>",
        "<svg><area href={}></svg>",
        "<a href='{}",
        "<a href={}",
        "<svg><![CDATA[<a href={}>]]></svg>",
        "<a title='<a href={}>'>",
    ],
)
def test_what_is_no_link_is_left(html: str) -> None:
    source = html.replace("{}", "https://shop.example/x")
    result = rewrite_html(source, click_url=numbered)
    assert result.html is source
    assert result.links == ()


def test_a_later_href_of_a_tag_stays() -> None:
    mail = "<a href='https://a.example/' HREF='https://b.example/'>"
    assert rewrite_html(mail, click_url=numbered).html == "<a href='https://t.example/0' HREF='https://b.example/'>"


def test_conditional_links_are_left_out_on_demand() -> None:
    mail = f"<!--[if mso]><v:rect data-lm-no-track href='https://shop.example/'><![endif]-->{SHOP}"
    policy = LinkPolicy(track_conditional=False)
    result = rewrite_html(mail, click_url=numbered, policy=policy)
    assert result.html == mail.replace(SHOP, SHOP.replace("https://shop.example/", "https://t.example/0"))
    assert [link.conditional for link in result.links] == [False]
    assert result.skipped == ()
    assert [link.conditional for link, _ in rewrite_html(mail).skipped] == [True]


def test_links_say_where_they_stand() -> None:
    mail = f"{SHOP}<area href=https://b.example><!--[if mso]><v:Rect href='https://c.example/'><![endif]-->"
    assert [(link.element, link.conditional) for link in rewrite_html(mail).links] == [
        ("a", False),
        ("area", False),
        ("v:rect", True),
    ]


# Values are written for the quotes they stand in.


@pytest.mark.parametrize(
    ("attribute", "url", "written"),
    [
        ('"{}"', "https://t.example/?a&b", '"https://t.example/?a&amp;b"'),
        ("'{}'", "https://t.example/?a&b", "'https://t.example/?a&amp;b'"),
        ("{}", "https://t.example/?a&b", "https://t.example/?a&amp;b"),
        ('"{}"', "{{ f(\"x\", 'y') }}", "\"{{ f(&quot;x&quot;, 'y') }}\""),
        ("'{}'", "{{ f(\"x\", 'y') }}", "'{{ f(\"x\", &#39;y&#39;) }}'"),
        ("{}", "{{ u3 }}", '"{{ u3 }}"'),
        ("{}", '{{"u3"}}', '"{{&quot;u3&quot;}}"'),
        ("{}", "a`b", '"a`b"'),
        ("{}", "a>b", '"a>b"'),
        ("{}", "", '""'),
        ("'{}'", "", "''"),
        ("{}", "*|URL|*", "*|URL|*"),
        ("{}", "https://t.example/0/", "https://t.example/0/"),
    ],
)
def test_a_new_value_is_escaped_for_its_quotes(attribute: str, url: str, written: str) -> None:
    mail = f"<a href={attribute.format('https://shop.example/')}>x</a>"
    result = rewrite_html(mail, click_url=lambda _: url)
    assert result.html == f"<a href={written}>x</a>"
    assert hrefs(result.html) == [url]


def test_a_bare_value_that_ends_in_a_slash_is_replaced_whole() -> None:
    assert rewrite_html("<a href=https://shop.example/>x", click_url=numbered).html == "<a href=https://t.example/0>x"


# Indices.


def test_links_are_counted_after_the_policy_in_source_order() -> None:
    mail = f"{SHOP}<a href='mailto:x'>{SHOP}<area href=https://b.example><a href='/x'>{SHOP}"
    result = rewrite_html(mail)
    assert [link.index for link in result.links] == [0, 1, 2, 3]
    assert [link.index for link, _ in result.skipped] == [-1, -1]


def test_a_link_that_gets_no_url_keeps_its_index() -> None:
    result = rewrite_html(SHOP * 3, click_url=lambda link: None if link.index == 1 else numbered(link))
    assert hrefs(result.html) == ["https://t.example/0", "https://shop.example/", "https://t.example/2"]
    assert len(result.links) == 3
    assert len(result.edits) == 2


def vml(url: str) -> str:
    return f"<!--[if mso]><v:rect href='{url}'></v:rect><![endif]-->"


@pytest.mark.parametrize(
    ("mail", "indices"),
    [
        (vml("https://a.example/") + "<a href='https://a.example/'>", [0, 0]),
        ("<a href='https://a.example/'>" + vml("https://a.example/"), [0, 0]),
        ("<a href='https://b.example/'>" + vml("https://a.example/") + "<a href=https://a.example/>", [0, 1, 1]),
        ("<a href='https://a.example/?x&amp;y'>" + vml("&#104;ttps://a.example/?x&y"), [0, 0]),
        (vml("https://a.example/") + "<a href='https://b.example/'>", [0, 1]),
        (vml("https://a.example/") * 2, [0, 1]),
        (vml("https://a.example/") * 2 + "<a href='https://a.example/'>", [0, 0, 0]),
        # Three live twins: each drawn button goes by the one next to it.
        (
            "<a href='https://a.example/'>" + "x" * 99 + vml("https://a.example/") + "<a href='https://a.example/'>"
            "<a href='https://b.example/'>" + vml("https://a.example/") + "x" * 999 + "<a href='https://a.example/'>",
            [0, 1, 1, 2, 1, 3],
        ),
        ("<a data-lm-no-track href='https://a.example/'>" + vml("https://a.example/"), []),
        ("<a data-lm-no-track href='https://a.example/'>" + vml("https://b.example/"), [0]),
        (
            "<a data-lm-no-track href='https://a.example/'><a href='https://a.example/'>" + vml("https://a.example/"),
            [0, 0],
        ),
        ("<base href='https://a.example/'>" + vml("x") + "<a href='https://a.example/x'>", [0, 0]),
    ],
)
def test_a_button_drawn_twice_is_one_link(mail: str, indices: list[int]) -> None:
    result = track(mail, CLICKS)
    assert [link.index for link in result.links] == indices
    written = [edit.new for edit in result.edits if edit.new]
    assert len(set(written)) == len(set(indices))
    by_index = dict(zip(indices, written, strict=True))
    assert [by_index[index] for index in indices] == written


def test_the_live_twin_speaks_for_both() -> None:
    asked: list[Link] = []

    def destination(link: Link) -> str:
        asked.append(link)
        return link.url + "?utm_source=mail"

    mail = vml("https://a.example/") + "<a href='https://a.example/'>Buy</a>" + vml("https://b.example/")
    result = track_html(mail, CLICKS, domain=DOMAIN, message_id="m-1", destination=destination)
    assert [(link.index, link.conditional) for link in asked] == [(0, False), (1, True)]
    tokens = [edit.new.rsplit("/", 1)[1] for edit in result.edits]
    assert [read_click_token(KEYS, token).url for token in tokens] == [
        *("https://a.example/?utm_source=mail",) * 2,
        "https://b.example/?utm_source=mail",
    ]


def test_a_token_counts_to_65535_and_later_links_are_left() -> None:
    one = "<a href=https://a.example/>"
    late = "<!--[if mso]><v:rect href='https://a.example/'><![endif]-->"
    mail = (
        one * 65_536
        + "<a href=mailto:x><a href=https://b.example/>"
        + late
        + "<a href='https://b.example/?2'>"
        + vml("x:y")
    )
    document = scan_html(mail)
    result = track_html(document, CLICKS, domain=DOMAIN, message_id="m-1", destinations="by_id")
    assert [link.index for link in result.links] == [*range(65_536), 65_535]
    assert [(link.url, reason, link.index) for link, reason in result.skipped] == [
        ("mailto:x", "scheme", -1),
        ("https://b.example/", "too_many", -1),
        ("https://b.example/?2", "too_many", -1),
        ("x:y", "scheme", -1),
    ]
    assert len(result.edits) == 65_537
    assert revert_html(result.html, result.edits) == mail
    assert track(result.html, CLICKS).html is result.html


# Opt-out attributes.


@pytest.mark.parametrize(
    "attribute",
    [
        "data-lm-no-track",
        "DATA-LM-NO-TRACK=''",
        "data-lm-no-track=false",
        "data-pm-no-track",
        "ses:no-track",
        "ses:no-track=''",
        "mc:disable-tracking",
        "disable-tracking=true",
        'Disable-Tracking=" TRUE "',
        "clicktracking=off",
        "clicktracking='&#111;ff'",
        "clicktracking=OFF",
        'data-msys-clicktrack="0"',
    ],
)
def test_each_vendors_attribute_opts_out(attribute: str) -> None:
    for html in (f"<a {attribute} href='https://a.example/'>", f'<area href="https://a.example/" {attribute}>'):
        result = rewrite_html(html + SHOP, click_url=numbered)
        assert [(link.url, reason) for link, reason in result.skipped] == [("https://a.example/", "opt_out")]
        assert [link.index for link in result.links] == [0]


@pytest.mark.parametrize(
    "attribute",
    [
        "disable-tracking",
        "disable-tracking=false",
        "clicktracking=on",
        "clicktracking",
        "clicktracking=on clicktracking=off",
        "data-msys-clicktrack=1",
        "data-msys-clicktrack",
        "no-track",
        "title='data-lm-no-track'",
        "data-lm-no-track-x",
    ],
)
def test_other_attributes_and_values_do_not(attribute: str) -> None:
    result = rewrite_html(f"<a {attribute} href='https://a.example/'>", policy=LinkPolicy(strip_opt_out="all"))
    assert len(result.links) == 1
    assert result.edits == ()


def test_opt_out_counts_inside_conditional_comments_and_on_vml() -> None:
    mail = SHOP + "<!--[if mso]><v:rect href='https://a.example/' data-lm-no-track></v:rect><![endif]-->"
    result = rewrite_html(mail, click_url=numbered)
    assert [reason for _, reason in result.skipped] == ["opt_out"]
    assert result.html.endswith("<!--[if mso]><v:rect href='https://a.example/'></v:rect><![endif]-->")


@pytest.mark.parametrize(
    ("written", "own", "everything"),
    [
        ("<a data-lm-no-track href=x:y>", "<a href=x:y>", "<a href=x:y>"),
        ("<a href=x:y data-lm-no-track>", "<a href=x:y>", "<a href=x:y>"),
        ("<a href=x:y data-lm-no-track/>", "<a href=x:y />", "<a href=x:y />"),
        ("<a href=x:y data-lm-no-track=1/>", "<a href=x:y>", "<a href=x:y>"),
        ("<a href=x:y\n\tdata-lm-no-track = '1' >", "<a href=x:y >", "<a href=x:y >"),
        ('<a data-lm-no-track=""href="x:y">', '<a href="x:y">', '<a href="x:y">'),
        ('<a href="x:y"data-lm-no-track title=z>', '<a href="x:y" title=z>', '<a href="x:y" title=z>'),
        ('<a href=x:y data-lm-no-track=""title=z>', "<a href=x:y title=z>", "<a href=x:y title=z>"),
        ("<a/data-lm-no-track/href=x:y>", "<a//href=x:y>", "<a//href=x:y>"),
        ('<a href="x:y"/data-lm-no-track>', '<a href="x:y">', '<a href="x:y">'),
        ("<a href=x:y/ data-lm-no-track>", "<a href=x:y/>", "<a href=x:y/>"),
        ("<a href=x:y data-lm-no-track data-lm-no-track=2>", "<a href=x:y>", "<a href=x:y>"),
        ("<a data-lm-no-track ses:no-track href=x:y>", "<a ses:no-track href=x:y>", "<a href=x:y>"),
        ("<a clicktracking=off href=x:y>", "<a clicktracking=off href=x:y>", "<a href=x:y>"),
        ("<a clicktracking=off clicktracking=on href=x:y>", None, "<a href=x:y>"),
        ("<a clicktracking=on href=x:y>", None, None),
        ("<a href=x:y data-lm-no-track/ses:no-track/>", "<a href=x:y /ses:no-track/>", "<a href=x:y //>"),
        ('<a download data-lm-no-track="" =z href=x:y>', None, None),
        ('<a download data-lm-no-track=""=z href=x:y>', None, None),
    ],
)
def test_an_opt_out_attribute_goes_without_a_trace(written: str, own: str | None, everything: str | None) -> None:
    for choice, expected in (("own", own), ("all", everything), ("none", None)):
        policy = LinkPolicy(strip_opt_out=choice)  # type: ignore[arg-type]
        result = rewrite_html(written + SHOP, click_url=numbered, policy=policy)
        assert result.html.removesuffix('<a href="https://t.example/0">Shop</a>') == (expected or written)


def test_a_hint_is_part_of_every_mark() -> None:
    assert all(any(hint in name for hint in HINTS) for name in REMOVABLE)


@given(link_tags(), st.sampled_from(["own", "all", "none"]))
@example("<a download data-lm-no-track='' =x href='https://shop.example/0'>", "own")
@example("<a href='https://shop.example/0'/data-lm-no-track>", "own")
def test_removing_attributes_leaves_the_rest_of_the_tag_as_parsers_read_it(tag: str, choice: str) -> None:
    policy = LinkPolicy(strip_opt_out=choice)  # type: ignore[arg-type]
    source = SHOP + tag
    result = rewrite_html(source, click_url=lambda link: link.url if link.start else PIXEL, policy=policy)
    before, after = tags(source)[1:], tags(result.html)[1:]
    gone = REMOVABLE if choice == "all" else {"data-lm-no-track", "data-lm-label"} if choice == "own" else {}
    assert len(before) == len(after)
    for (name, attributes, closed), (new_name, new_attributes, new_closed) in zip(before, after, strict=True):
        assert (name, closed) == (new_name, new_closed)
        removed = attributes.keys() - new_attributes.keys()
        assert removed <= set(gone)
        assert {key: value for key, value in attributes.items() if key not in removed | {"href"}} == {
            key: value for key, value in new_attributes.items() if key != "href"
        }
        if choice != "none" and "data-lm-no-track" in new_attributes:
            is_link = name in {"a", "area"} and "href" in attributes
            assert not is_link or any(key.startswith("=") for key in attributes)


def tags(html: str) -> list[tuple[str, dict[str, str], bool]]:
    """The start tags that html5lib's tokeniser reads: name, attributes, whether it closes itself."""
    return [
        (str(token["name"]), dict(token["data"]), bool(token["selfClosing"]))  # type: ignore[arg-type]
        for token in HTMLTokenizer(html.encode(errors="replace").decode())
        if token["type"] == tokenTypes["StartTag"]
    ]


# The pixel.


def test_the_tag_of_a_pixel_is_the_printed_one_with_its_url_escaped() -> None:
    assert pixel_tag('https://t.example/o/x?a&"b"') == (
        '<img src="https://t.example/o/x?a&amp;&quot;b&quot;" width="1" height="1" '
        'style="display:block!important;width:1px!important;height:1px!important;min-width:0!important;'
        'min-height:0!important;border:0!important;margin:0!important;padding:0!important" alt="">'
    )


@pytest.mark.parametrize(
    ("end", "start"),
    [
        ("<html><body>x$</body></html>", "<html><body>$x</body></html>"),
        ("<BODY CLASS='>'>x$</BODY\n></HTML>", "<BODY CLASS='>'>$x</BODY\n></HTML>"),
        ("<body>x</body>y<body>z$</body>", "<body>$x</body>y<body>z</body>"),
        ("<body>x$</body>y</html>z", "<body>$x</body>y</html>z"),
        ("<head></head>x$</html>y", "<head></head>$x</html>y"),
        ("<head></head></head>x$", "<head></head>$</head>x"),
        ("x</html>y$</html>z", "x</html>y$</html>z"),
        ("x$", "x$"),
        ("$", "$"),
        ("x<!-- </body> -->$", "x<!-- </body> -->$"),
        ("x<script>'</body>'</script>$", "x<script>'</body>'</script>$"),
        ("x<p title='</body>'>$", "x<p title='</body>'>$"),
        ("x<!--[if mso]></body><![endif]-->$", "x<!--[if mso]></body><![endif]-->$"),
        ("<!-- <body> --><body>x$</body><!-- </body> -->", "<!-- <body> --><body>$x</body><!-- </body> -->"),
        ("<!--[if mso]><body class=x><![endif]--><body>x$", "<!--[if mso]><body class=x><![endif]--><body>$x"),
        (
            "<!--[if !mso]><!--><body><!--<![endif]-->x$</body>",
            "<!--[if !mso]><!--><body><!--<![endif]-->$x</body>",
        ),
        ("<!--[if !mso]><!--><body>\n<!--[endif]-->x$", "<!--[if !mso]><!--><body>\n<!--[endif]-->$x"),
        ("<![if !mso]><body>\r\n<![endif]>x$</body>", "<![if !mso]><body>\r\n<![endif]>$x</body>"),
        ("<![if !mso]><body><![ENDIF]>x$</body>", "<![if !mso]><body><![ENDIF]>$x</body>"),
        ("<body><!-- [endif] -->x$", "<body>$<!-- [endif] -->x"),
        ("<body><![if mso]>x$", "<body>$<![if mso]>x"),
        ("x$<a href='", "x$<a href='"),
        ("x$<b", "x$<b"),
        ("x$</b", "x$</b"),
        ("x$<!-- y", "x$<!-- y"),
        ("x$<!y", "x$<!y"),
        ("x$<script>y", "x$<script>y"),
        ("x$<style>y</styl", "x$<style>y</styl"),
        ("x$<title>y", "x$<title>y"),
        ("x$<title>y</title\n", "x$<title>y</title\n"),
        ("x$<STYLE>y</Style z='>", "x$<STYLE>y</Style z='>"),
        ("x$<script></script ", "x$<script></script "),
        ("x<title>y</title>z$</title\n", "x<title>y</title>z$</title\n"),
        ("<svg></svg>x$<textarea>y</textarea\n", "<svg></svg>x$<textarea>y</textarea\n"),
        ("<svg></svg>x<textarea>y</textarea>$</b\n", "<svg></svg>x<textarea>y</textarea>$</b\n"),
        ("x$<plaintext>y</body>", "x$<plaintext>y</body>"),
        ("x<$", "x<$"),
        ("x< y$", "x< y$"),
        ("<body>x$</body><a href='", "<body>$x</body><a href='"),
        ("<svg></svg><body>x$</body>", "<svg></svg><body>$x</body>"),
        ("<svg><b>x$<!-- y", "<svg><b>x$<!-- y"),
        ("<svg>x<![CDATA[</body>]]></svg>$", "<svg>x<![CDATA[</body>]]></svg>$"),
        ("x<bodyx></bodyx>$", "x<bodyx></bodyx>$"),
    ],
)
def test_the_pixel_stands_at_the_end_or_the_start_of_what_is_shown(end: str, start: str) -> None:
    tag = pixel_tag(PIXEL)
    positions: list[tuple[PixelPosition, str]] = [("end", end), ("auto", end), ("start", start)]
    for position, marked in positions:
        source = marked.replace("$", "")
        result = rewrite_html(source, pixel_url=PIXEL, pixel_position=position)
        assert result.html == marked.replace("$", tag)
        assert result.pixel_offset == marked.index("$")
        assert result.edits == (Edit(marked.index("$"), "", tag),)


def test_the_offset_of_the_pixel_is_where_it_is_in_the_output() -> None:
    mail = f"<body>{SHOP}é<a href=https://a.example data-lm-no-track>x</a></body>{SHOP}"
    for position in get_args(PixelPosition):
        result = track_html(mail, BOTH, domain=DOMAIN, message_id="m-1", pixel_position=position)
        assert result.pixel_offset == result.html.index("<img")
        assert revert_html(result.html, result.edits) == mail
    assert track(mail, CLICKS).pixel_offset is None


@pytest.mark.parametrize("filler", ["x", "é", "€", "\U0001f600", "\ud800"])
def test_auto_turns_to_the_start_where_the_output_is_over_100000_octets(filler: str) -> None:
    size = len(filler.encode(errors="surrogatepass"))
    frame = len("<body></body>") + len(pixel_tag(PIXEL))
    room, rest = divmod(100_000 - frame, size)
    fits = f"<body>{filler * room}{'x' * rest}</body>"
    result = rewrite_html(fits, pixel_url=PIXEL, pixel_position="auto")
    assert len(result.html.encode(errors="surrogatepass")) == 100_000
    assert result.html.endswith("</body>")
    assert result.html.index("<img") > 7
    over = fits.replace("</body>", "x</body>")
    assert rewrite_html(over, pixel_url=PIXEL, pixel_position="auto").pixel_offset == 6
    assert rewrite_html(over, pixel_url=PIXEL).html.endswith('alt=""></body>')


@pytest.mark.parametrize(("old", "new"), [("", ""), ("é", ""), ("", "é"), ("é", "é")])
def test_auto_counts_what_the_links_became(old: str, new: str) -> None:
    frame = f"<body><a href='https://a.example/{old}'></body>"
    url = "https://t.example/" + new * 300 + "x" * 300
    size = len(rewrite_html(frame, click_url=lambda _: url, pixel_url=PIXEL).html.encode())
    fits = frame.replace("</body>", "y" * (100_000 - size) + "</body>")
    for mail, offset in ((fits, None), (fits + "y", 6)):
        result = rewrite_html(mail, click_url=lambda _: url, pixel_url=PIXEL, pixel_position="auto")
        assert len(result.html.encode()) == 100_000 + (offset is not None)
        assert result.pixel_offset == (offset or result.html.index("<img"))
        assert (result.pixel_offset == 6) is (offset == 6)


def test_auto_without_a_body_is_where_content_begins() -> None:
    assert rewrite_html("x" * 100_001, pixel_url=PIXEL, pixel_position="auto").pixel_offset == 0
    assert rewrite_html("x" * 99_000, pixel_url=PIXEL, pixel_position="auto").pixel_offset == 99_000


OURS = open_url(DOMAIN, make_open_token(KEYS, "m-1", now=NOW))
OLDER = open_url(DOMAIN, make_open_token(KEYS, "m-0", now=NOW))


@pytest.mark.parametrize(
    "image",
    [
        f'<img src="{OURS}">',
        f"<IMG ALT=x SRC = '\n{OURS} '>",
        f"<img src={OURS}>",
        f"<image src='{OURS}'/>",
        # mustache.js escapes slashes, other writers every sign.
        f"<img src='{OURS.replace('/', '&#x2F;')}'>",
        f"<img src='{OURS.replace('/o/', '&#047;o&#X2f;')}'>",
        f"<img src='{OURS.replace('/o/', '/o&#47')}'>",
        f"<img src='{OURS.replace('/o/', '&sol;o/')}'>",
        f"<img src='{OURS.replace('/o/', '/&#x6F/')}'>",
        f"<img src='{OURS.replace('/o/', '&#47;&#111;/')}'>",
        f"<img src='{OURS.replace('/', '&sol;')}'>",
        f"<img src='{OURS.replace('o', '&#111;')}'>",
        f"<img src='{''.join(f'&#{ord(char)};' for char in OURS)}'>",
        f"<img src='{OURS.replace('track.example', 'TRACK.example:443').replace('https', 'HTTPS')}'>",
        f"<svg></svg><img src='{OURS}'>",
        f"<svg><img src='{OURS}'>",
        f"<img src='{open_url(DOMAIN, make_open_token(KEYS, 'm-1', mode=DELIVERABILITY, now=LATER))}'>",
        f"<img src='{open_url(DOMAIN, make_open_token(KEYS, CAMPAIGN.id, mode=AGGREGATE, now=LATER))}'>",
    ],
)
def test_a_live_pixel_of_this_message_is_enough(image: str) -> None:
    mail = f"<body>{image}</body>"
    for decision in (OPENS, decision_for(DELIVERABILITY, OFF), decision_for(AGGREGATE, OFF)):
        assert track(mail, decision, campaign=CAMPAIGN).html is mail
    assert OURS not in untrack_html(mail, domain=DOMAIN)


@pytest.mark.parametrize(
    "image",
    [
        f'<!-- <img src="{OURS}"> -->',
        f'<!--[if mso]><img src="{OURS}"><![endif]-->',
        f"<script><img src='{OURS}'></script>",
        f"<textarea><img src='{OURS}'></textarea>",
        f"<img alt='{OURS}'>",
        f"<img src=x src='{OURS}'>",
        f"<svg><image src='{OURS}'></svg>",
        f"<a href='{OURS}'>",
        f"<img src='{OURS[:-5]}AAAAA'>",
        f"<img src='{OURS.replace('/o/', '/c/')}'>",
        f"<img src='{OLDER}'>",
        f"<img src='{open_url(DOMAIN, make_open_token(KEYS, 'm-1', recipient=1, now=NOW))}'>",
        f"<img src='{open_url(DOMAIN, make_open_token(KEYS, 'm-1', mode=AGGREGATE, now=NOW))}'>",
        f"<img src='{open_url(DOMAIN, make_open_token(make_keys(b'a key of somebody else'), 'm-1', now=NOW))}'>",
        f"<img src='{OURS.replace('track.example', 'other.example')}'>",
        f"<p>{OURS}</p>",
        "<img src='/o/x'><img src='&#47;o/'><img>",
    ],
)
def test_what_is_no_live_pixel_of_this_message_stays_and_one_is_added(image: str) -> None:
    mail = f"<body>{image}</body>"
    result = track(mail, OPENS, campaign=CAMPAIGN)
    assert result.html == f"<body>{image}{pixel_tag(OURS)}</body>"


@pytest.mark.parametrize(
    "image",
    [
        '<img src="https://t.example/o/?a&amp;b">',
        "<IMG SRC = ' https://t.example/o/?a&b\n'>",
        "<img src=https://t.example/o/?a&b>",
    ],
)
def test_a_pixel_url_that_is_shown_already_is_not_added(image: str) -> None:
    url = "https://t.example/o/?a&b"
    assert rewrite_html(image, pixel_url=url).html is image
    assert rewrite_html(f"<!-- {image} -->", pixel_url=url).pixel_offset is not None
    assert rewrite_html(image, pixel_url=url + "c").pixel_offset is not None


@pytest.mark.parametrize(
    "url", ["{{ pixel }}", '{{ f("x") }}', " x\r\ny\0 ", "*|PIXEL|*", "https://t.example/?a&amp;b"]
)
def test_a_second_pass_finds_its_own_pixel_whatever_it_is_called(url: str) -> None:
    once = rewrite_html("<body>&#65;</body>", pixel_url=url).html
    assert "<img" in once
    assert rewrite_html(once, pixel_url=url).html is once


# Tracking: what the tokens say.


def click_tokens(result: RewrittenHtml) -> list[str]:
    return [edit.new.removeprefix("https://track.example/c/") for edit in result.edits if "/c/" in edit.new]


def open_token(result: RewrittenHtml) -> str:
    (src,) = images(result.html)
    assert src
    return src.removeprefix("https://track.example/o/")


def test_individual_tokens_name_message_recipient_link_and_time() -> None:
    mail = f'{SHOP}<a href="https://b.example/?a=1&amp;b=é">B</a>'
    result = track(mail, recipient=7)
    opened = read_open_token(KEYS, open_token(result), now=NOW)
    assert (opened.message_id, opened.recipient, opened.mode, opened.issued_at) == ("m-1", 7, INDIVIDUAL, NOW)
    for index, (token, url) in enumerate(
        zip(click_tokens(result), ["https://shop.example/", "https://b.example/?a=1&b=é"], strict=True)
    ):
        clicked = read_click_token(KEYS, token, now=NOW)
        assert clicked == ("m-1", 7, INDIVIDUAL, NOW, index, url)
    assert result.decision is BOTH


def test_each_flag_goes_its_own_way() -> None:
    assert click_tokens(track(SHOP, OPENS, campaign=CAMPAIGN)) == []
    assert images(track(SHOP, CLICKS, campaign=CAMPAIGN).html) == []
    for opens in (DELIVERABILITY, AGGREGATE, INDIVIDUAL):
        for clicks in (AGGREGATE, INDIVIDUAL):
            result = track(SHOP, decision_for(opens, clicks), recipient=3, campaign=CAMPAIGN)
            opened = read_open_token(KEYS, open_token(result), now=NOW)
            clicked = read_click_token(KEYS, click_tokens(result)[0], now=NOW)
            assert (opened.mode, clicked.mode) == (opens, clicks)
            for token in (opened, clicked):
                shared = token.mode is AGGREGATE
                assert token.message_id == (CAMPAIGN.id if shared else "m-1")
                assert token.recipient == (0 if shared else 3)
                assert token.issued_at == (CAMPAIGN.started_at if shared else NOW)


def test_uuids_are_as_good_as_their_text() -> None:
    uuid = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    result = track(SHOP, message_id=uuid)
    assert result.html == track(SHOP, message_id=str(uuid)).html
    assert track(result.html, message_id=str(uuid)).html is result.html
    campaign = Campaign(id=uuid, started_at=NOW)
    shared = track(SHOP, SUM, campaign=campaign)
    assert track(shared.html, SUM, campaign=Campaign(id=str(uuid), started_at=NOW)).html is shared.html


def test_an_aggregate_mail_is_the_same_for_everybody() -> None:
    mail = f"<body>{SHOP}{vml('https://b.example/')}<a data-lm-no-track href='https://c.example/'>x</a></body>"
    uuid = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    results = [
        track(mail, SUM, campaign=CAMPAIGN),
        track(mail, SUM, campaign=CAMPAIGN, message_id=uuid, recipient=65_535, now=LATER),
        track(mail, SUM, campaign=CAMPAIGN, message_id="m-2", now=NOW.replace(microsecond=5)),
        track(scan_html(mail), SUM, campaign=CAMPAIGN, now=NOW.astimezone(timezone(timedelta(hours=9)))),
        track_html(mail, SUM, domain=DOMAIN, message_id="m-3", campaign=CAMPAIGN),
    ]
    assert len({result.html for result in results}) == 1
    assert len({result.edits for result in results}) == 1
    assert results[0].html != track(mail, SUM, campaign=Campaign(id="other", started_at=CAMPAIGN.started_at)).html
    assert results[0].html != track(mail, SUM, campaign=Campaign(id=CAMPAIGN.id, started_at=NOW)).html


def test_aggregate_without_a_campaign_is_off_and_says_so() -> None:
    result = track(SHOP, SUM)
    assert result.html is SHOP
    assert result.decision is not None
    assert (result.decision.opens, result.decision.clicks) == (OFF, OFF)
    assert [reason for reason in result.decision.reasons if "campaign" in reason] == [
        "opens:aggregate_without_campaign",
        "clicks:aggregate_without_campaign",
    ]
    mixed = track(SHOP, LAST_DAY)
    assert mixed.decision is not None
    assert (mixed.decision.opens, mixed.decision.clicks) == (DELIVERABILITY, OFF)
    assert click_tokens(mixed) == []
    assert read_open_token(KEYS, open_token(mixed), now=NOW).mode is DELIVERABILITY
    assert track(SHOP, SUM, campaign=CAMPAIGN).decision is SUM
    assert track(SHOP, BOTH).decision is BOTH


def test_destinations_by_id_are_not_in_the_token() -> None:
    for decision in (CLICKS, decision_for(OFF, AGGREGATE)):
        result = track_html(
            SHOP * 2, decision, domain=DOMAIN, message_id="m-1", campaign=CAMPAIGN, destinations="by_id", now=NOW
        )
        read = [read_click_token(KEYS, token, now=NOW) for token in click_tokens(result)]
        assert [(token.link_index, token.url) for token in read] == [(0, None), (int(decision is CLICKS), None)]
        assert [link.url for link in result.links] == ["https://shop.example/"] * 2


def test_a_destination_that_no_click_may_go_to_is_refused() -> None:
    with pytest.raises(BadDestination):
        track_html(SHOP, CLICKS, domain=DOMAIN, message_id="m-1", destination=lambda _: "javascript:x")
    for answer in (b"https://b.example/", 5):
        with pytest.raises(TypeError):
            track_html(SHOP, CLICKS, domain=DOMAIN, message_id="m-1", destination=lambda _, a=answer: a)  # type: ignore[misc]


def test_a_destination_is_asked_for_only_where_links_are_tracked() -> None:
    def destination(link: Link) -> str:
        raise AssertionError(link)

    track_html(SHOP, OPENS, domain=DOMAIN, message_id="m-1", destination=destination)
    track_html("<a href='mailto:x'>", CLICKS, domain=DOMAIN, message_id="m-1", destination=destination)


def test_tokens_are_issued_now_unless_told_otherwise() -> None:
    before = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - what the default is measured against
    opened = read_open_token(KEYS, open_token(track_html(SHOP, BOTH, domain=DOMAIN, message_id="m-1")))
    assert before <= opened.issued_at <= datetime.now(UTC)  # noqa: TID251 - the same


def test_bare_values_stay_bare() -> None:
    result = track("<a href=https://shop.example/>x</a><a href='https://shop.example/'>x</a>", CLICKS)
    first, second = click_tokens(result)
    assert result.html == (
        f"<a href=https://track.example/c/{first}>x</a><a href='https://track.example/c/{second}'>x</a>"
    )


def test_a_message_of_the_domain_with_a_port_and_a_path_is_recognised_again() -> None:
    for base in (
        "https://track.example:443",
        "http://localhost:8000/a/b",
        "HTTPS://Track.example:8443/T",
        "https://[::1]",
    ):
        domain = TrackingDomain(base, KEYS)
        once = track_html(SHOP, BOTH, domain=domain, message_id="m-1", now=NOW)
        assert track_html(once.html, BOTH, domain=domain, message_id="m-1", now=LATER).html is once.html
        assert untrack_html(once.html, domain=domain) == SHOP


def test_links_of_the_domain_are_left_whoever_signed_them() -> None:
    withdraw = withdraw_url(DOMAIN, "x")
    mail = f"<a href='{withdraw}'><a href='{click_url(DOMAIN, 'forged')}'><a href='https://track.example/'>"
    result = track(mail, CLICKS)
    assert [reason for _, reason in result.skipped] == ["tracked", "tracked"]
    assert [link.url for link in result.links] == ["https://track.example/"]


# A second pass.


OPTED_OUT = "<a data-lm-no-track href='https://c.example/'>x</a>"


@pytest.mark.parametrize("strip", ["own", "all", "none"])
@pytest.mark.parametrize("first", [BOTH, CLICKS, SUM, LAST_DAY])
@pytest.mark.parametrize("second", [BOTH, SUM, LAST_DAY, decision_for(AGGREGATE, INDIVIDUAL)])
def test_a_second_pass_changes_nothing(first: Decision, second: Decision, strip: str) -> None:
    policy = LinkPolicy(strip_opt_out=strip)  # type: ignore[arg-type]
    mail = f"<body>{SHOP}{vml('https://b.example/')}{OPTED_OUT}<a clicktracking=off href='https://d.example/'></body>"
    once = track(mail, first, campaign=CAMPAIGN, policy=policy)
    again = track(once.html, second, campaign=CAMPAIGN, policy=policy, now=LATER)
    if first.track_opens or not second.track_opens:
        assert again.html is once.html
        assert again.edits == ()
        assert again.pixel_offset is None
    else:
        assert [edit.old for edit in again.edits] == [""]
    assert track(again.html, first, campaign=CAMPAIGN, policy=policy).html is again.html


def test_a_flag_that_was_off_at_first_is_done_later() -> None:
    mail = f"<body>{SHOP}{OPTED_OUT}</body>"
    opened = track(mail, OPENS)
    assert track(opened.html, BOTH).html == track(mail, BOTH).html


def test_another_message_may_quote_a_tracked_one() -> None:
    older = track(SHOP, message_id="m-0").html
    result = track(f"{SHOP}<blockquote>{older}</blockquote>", message_id="m-1")
    assert older in result.html
    assert len(click_tokens(result)) == 1
    assert [src for src in images(result.html) if src] == [
        src for src in images(result.html) if src and src.startswith("https://track.example/o/")
    ]
    assert len(images(result.html)) == 2
    assert track(result.html, message_id="m-1").html is result.html


def test_a_mail_to_another_recipient_is_another_message() -> None:
    first = track(SHOP, recipient=0).html
    result = track(first + SHOP, recipient=1)
    assert len(click_tokens(result)) == 1
    assert len(images(result.html)) == 2


def test_a_click_made_by_hand_keeps_the_links_of_its_message_from_being_counted_anew() -> None:
    by_hand = click_url(DOMAIN, make_click_token(KEYS, "m-1", 0, url="https://b.example/", now=NOW))
    mail = f"<a href='{by_hand}'>B</a>{SHOP}"
    assert track(mail, CLICKS).html is mail
    assert len(click_tokens(track(mail, CLICKS, message_id="m-2"))) == 1


# Untracking.


def test_untracking_gives_destinations_back_and_takes_our_pixels_away() -> None:
    mail = (
        f"<body>{SHOP}<a href='https://b.example/?a&amp;b=&quot;&#39;'>B</a><a href=https://c.example/é>C</a>"
        f"{vml('https://d.example/')}<img src='https://other.example/o/x'></body>"
    )
    for decision in (BOTH, SUM, LAST_DAY):
        tracked = track(mail, decision, campaign=CAMPAIGN)
        plain = untrack_html(tracked.html, domain=DOMAIN)
        assert "track.example" not in plain
        assert [link.url for link in rewrite_html(plain).links] == [link.url for link in rewrite_html(mail).links]
        assert images(plain) == ["https://other.example/o/x"]
        assert plain == mail.replace("&#39;", "'").replace("&quot;'", "&quot;&#39;'") or hrefs(plain) == hrefs(mail)
        assert untrack_html(plain, domain=DOMAIN) is plain


def test_untracking_restores_links_that_a_destination_changed_to_where_they_lead() -> None:
    tracked = track_html(SHOP, CLICKS, domain=DOMAIN, message_id="m-1", destination=lambda _: "https://b.example/?'\"&")
    assert hrefs(untrack_html(tracked.html, domain=DOMAIN)) == ["https://b.example/?'\"&"]


def test_untracking_leaves_what_holds_no_destination_or_is_not_ours() -> None:
    by_id = track_html(SHOP, CLICKS, domain=DOMAIN, message_id="m-1", destinations="by_id").html
    assert untrack_html(by_id, domain=DOMAIN) is by_id
    ours = track(SHOP, BOTH).html
    assert untrack_html(ours, domain=TrackingDomain("https://other.example", KEYS)) is ours
    stranger = TrackingDomain("https://track.example", make_keys(b"a key of somebody else"))
    assert untrack_html(ours, domain=stranger) is ours
    rotated = TrackingDomain("https://track.example", make_keys(b"a key of the next year", [SECRET]))
    assert untrack_html(ours, domain=rotated) == SHOP
    withdraw = f"<a href='{withdraw_url(DOMAIN, 'x')}'>"
    assert untrack_html(withdraw, domain=DOMAIN) is withdraw


def test_untracking_reads_whatever_a_client_made_of_our_links() -> None:
    token = make_click_token(KEYS, "m-1", 0, url="https://b.example/?a&b", now=NOW)
    url = click_url(DOMAIN, token)
    for written in (f"'{url.replace('/', '&#47;')}'", f'" {url}\n"', url, f"'{url.replace('https://t', 'HTTPS://T')}'"):
        assert hrefs(untrack_html(f"<a href={written}>", domain=DOMAIN)) == ["https://b.example/?a&b"]
    mail = f"<!--[if mso]><v:rect href='{url}'><![endif]-->"
    assert untrack_html(mail, domain=DOMAIN) == "<!--[if mso]><v:rect href='https://b.example/?a&amp;b'><![endif]-->"
    comment = f"<!-- <a href='{url}'> -->"
    assert untrack_html(comment, domain=DOMAIN) is comment


# Values.


def test_a_document_is_its_text() -> None:
    mail = f"<p>secret</p>{SHOP}"
    document = scan_html(mail)
    track(document)
    assert document == scan_html(mail) == HtmlDocument(mail)
    assert hash(document) == hash(scan_html(mail))
    assert document != scan_html(SHOP)
    assert repr(document) == f"HtmlDocument({len(mail)} characters, 1 links)"
    copy = pickle.loads(pickle.dumps(document))  # noqa: S301 - our own bytes
    assert copy == document
    assert track(copy) == track(document) == track(mail)
    assert document.html is mail
    with pytest.raises(AttributeError):
        document.html = ""  # type: ignore[misc]


def test_a_document_is_asked_for_its_images_once_for_every_pixel() -> None:
    document = scan_html(f"<body><img src='{PIXEL}'></body>")
    for _ in range(2):
        assert rewrite_html(document, pixel_url=PIXEL).html is document.html
        assert track(document, OPENS).html == document.html.replace("</body>", f"{pixel_tag(OURS)}</body>")
    assert rewrite_html(document, pixel_url=OURS).pixel_offset is not None


def test_a_document_serves_policies_domains_and_recipients_in_any_order() -> None:
    mail = f"{SHOP}<a href='https://shop.example/unsubscribe'>{vml('https://b.example/')}{OPTED_OUT}"
    document = scan_html(mail)
    policies = [LinkPolicy(), LinkPolicy(track_unsubscribe=True), LinkPolicy(track_conditional=False), LinkPolicy()]
    for recipient, policy in enumerate(policies * 2):
        result = track(document, recipient=recipient, policy=policy)
        assert result == track(mail, recipient=recipient, policy=policy)
        assert rewrite_html(document, click_url=numbered, policy=policy) == rewrite_html(
            mail, click_url=numbered, policy=policy
        )


def test_a_result_is_a_value_that_does_not_show_the_document() -> None:
    mail = f"<p>secret</p>{SHOP}"
    result = track(mail)
    assert result == track(mail)
    assert result != track(mail, recipient=1)
    assert hash(result) == hash(track(mail))
    assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301 - our own bytes
    assert deepcopy(result) == result
    assert "secret" not in repr(result)
    assert "track.example" not in repr(result)
    with pytest.raises(AttributeError):
        result.html = ""  # type: ignore[misc]
    assert rewrite_html(mail).decision is None


def test_a_campaign_is_a_value() -> None:
    urls = ("https://shop.example/", "https://b.example/")
    assert Campaign(id="spring-2026", started_at=datetime(2026, 3, 1, tzinfo=UTC), urls=urls) == CAMPAIGN
    assert hash(CAMPAIGN) == hash(deepcopy(CAMPAIGN))
    assert pickle.loads(pickle.dumps(CAMPAIGN)) == CAMPAIGN  # noqa: S301 - our own bytes
    assert Campaign(id="x", started_at=NOW) != CAMPAIGN
    with pytest.raises(AttributeError):
        CAMPAIGN.id = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("campaign_id", "started_at", "error"),
    [
        ("x", None, TypeError),
        ("x", "2026-03-01", TypeError),
        ("x", 0, TypeError),
        (5, NOW, TypeError),
        (None, NOW, TypeError),
        ("x", datetime(2026, 3, 1), ValueError),  # noqa: DTZ001 - naive on purpose
        ("", NOW, ValueError),
        ("ann@shop.example", NOW, ValueError),
        ("x" * 65, NOW, ValueError),
    ],
)
def test_a_campaign_refuses_what_no_token_could_hold(
    campaign_id: object, started_at: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        Campaign(id=campaign_id, started_at=started_at)  # type: ignore[arg-type]


def test_wrong_types_are_type_errors() -> None:
    wrong: list[Callable[[], object]] = [
        lambda: scan_html(b"x"),  # type: ignore[arg-type]
        lambda: scan_html(None),  # type: ignore[arg-type]
        lambda: rewrite_html(b"x"),  # type: ignore[arg-type]
        lambda: rewrite_html(SHOP, click_url=lambda _: 5),  # type: ignore[arg-type,return-value]
        lambda: rewrite_html(SHOP, click_url=lambda _: b"x"),  # type: ignore[arg-type,return-value]
        lambda: rewrite_html(SHOP, click_url="x"),  # type: ignore[arg-type]
        lambda: rewrite_html(SHOP, pixel_url=b"x"),  # type: ignore[arg-type]
        lambda: rewrite_html(SHOP, policy=None),  # type: ignore[arg-type]
        lambda: track_html(SHOP, None, domain=DOMAIN, message_id="m-1"),  # type: ignore[arg-type]
        lambda: track_html(SHOP, True, domain=DOMAIN, message_id="m-1"),  # type: ignore[arg-type]
        lambda: track_html(SHOP, NONE, domain="https://track.example", message_id="m-1"),  # type: ignore[arg-type]
        lambda: track_html(SHOP, CLICKS, domain=DOMAIN, message_id=5),  # type: ignore[arg-type]
        lambda: track_html(SHOP, OPENS, domain=DOMAIN, message_id=None),  # type: ignore[arg-type]
        lambda: track_html(SHOP, BOTH, domain=DOMAIN, message_id="m-1", recipient="0"),  # type: ignore[arg-type]
        lambda: track_html(SHOP, BOTH, domain=DOMAIN, message_id="m-1", recipient=True),
        lambda: track_html(SHOP, NONE, domain=DOMAIN, message_id="m-1", campaign="x"),  # type: ignore[arg-type]
        lambda: track_html(SHOP, NONE, domain=DOMAIN, message_id="m-1", policy={}),  # type: ignore[arg-type]
        lambda: track_html(SHOP, NONE, domain=DOMAIN, message_id="m-1", now="2026"),  # type: ignore[arg-type]
        lambda: track_html(5, NONE, domain=DOMAIN, message_id="m-1"),  # type: ignore[arg-type]
        lambda: untrack_html(b"x", domain=DOMAIN),  # type: ignore[arg-type]
        lambda: untrack_html(scan_html(SHOP), domain=DOMAIN),  # type: ignore[arg-type]
        lambda: untrack_html(SHOP, domain=5),  # type: ignore[arg-type]
        lambda: revert_html(b"x", []),  # type: ignore[arg-type]
        lambda: pixel_tag(None),  # type: ignore[arg-type]
    ]
    for call in wrong:
        with pytest.raises(TypeError):
            call()


def test_wrong_values_are_value_errors() -> None:
    naive = datetime(2026, 3, 20)  # noqa: DTZ001 - naive on purpose
    wrong: list[Callable[[], object]] = [
        lambda: rewrite_html(SHOP, pixel_position="middle"),  # type: ignore[arg-type]
        lambda: track_html(SHOP, NONE, domain=DOMAIN, message_id="m-1", pixel_position=""),  # type: ignore[arg-type]
        lambda: track_html(SHOP, NONE, domain=DOMAIN, message_id="m-1", destinations="id"),  # type: ignore[arg-type]
        lambda: track_html(SHOP, NONE, domain=DOMAIN, message_id="m-1", now=naive),
        lambda: track_html(SHOP, BOTH, domain=DOMAIN, message_id="m-1", now=naive),
        lambda: track_html(SHOP, SUM, domain=DOMAIN, message_id="m-1", campaign=CAMPAIGN, now=naive),
        lambda: track_html(SHOP, BOTH, domain=DOMAIN, message_id="ann@shop.example"),
        lambda: track_html(SHOP, CLICKS, domain=DOMAIN, message_id=""),
        lambda: track_html("", OPENS, domain=DOMAIN, message_id="m-1", recipient=65_536),
        lambda: track_html("", CLICKS, domain=DOMAIN, message_id="m-1", recipient=-1),
    ]
    for call in wrong:
        with pytest.raises(ValueError):  # noqa: PT011 - which one is the callee's to say
            call()


def test_an_override_holds_for_the_mail_it_came_with() -> None:
    decision = resolve(Route(track_opens=True, track_clicks=True), Override(track_opens=False), consent=Consent.GRANTED)
    result = track(SHOP, decision)
    assert images(result.html) == []
    assert len(click_tokens(result)) == 1


# Properties on documents that are broken in every way.


DECISIONS = st.sampled_from([BOTH, CLICKS, OPENS, SUM, LAST_DAY])
POLICIES = st.builds(
    LinkPolicy,
    track_unsubscribe=st.booleans(),
    track_sensitive=st.booleans(),
    track_conditional=st.booleans(),
    skip_url_text=st.sampled_from([True, False, "foreign"]),
    strip_opt_out=st.sampled_from(["own", "all", "none"]),
    skip_urls=st.sampled_from([[], ["https://shop.example/1?a=1&b=2"]]),
)
DOCUMENTS = LINK_DOCUMENTS | st.text()


def apply(source: str, edits: tuple[Edit, ...]) -> str:
    """Carry edits out from the last to the first, and check that they lie where they say."""
    end = len(source)
    for offset, old, new in reversed(edits):
        assert 0 <= offset <= offset + len(old) <= end
        assert source[offset : offset + len(old)] == old
        assert old != new
        source = source[:offset] + new + source[offset + len(old) :]
        end = offset
    return source


@given(DOCUMENTS, DECISIONS, POLICIES, st.sampled_from(get_args(PixelPosition)))
def test_output_and_edits_say_the_same(
    html: str, decision: Decision, policy: LinkPolicy, position: PixelPosition
) -> None:
    result = track_html(
        html,
        decision,
        domain=DOMAIN,
        message_id="m-1",
        campaign=CAMPAIGN,
        policy=policy,
        pixel_position=position,
        now=NOW,
    )
    assert result.html == apply(html, result.edits) == splice(html, result.edits)
    assert revert_html(result.html, result.edits) == html
    assert (result.html is html) is (not result.edits)
    clicks = [edit for edit in result.edits if edit.new.startswith("https://track.example/c/")]
    pixels = [edit for edit in result.edits if edit.new.startswith("<img ")]
    removals = [edit for edit in result.edits if not edit.new]
    assert len(clicks) + len(pixels) + len(removals) == len(result.edits)
    assert len(clicks) == (len(result.links) if decision.track_clicks else 0)
    assert len(pixels) == decision.track_opens
    assert bool(removals) <= bool(clicks)
    assert all("track" in edit.old.lower() for edit in removals)
    for edit, link in zip(clicks, result.links, strict=decision.track_clicks):
        token = read_click_token(KEYS, edit.new.removeprefix("https://track.example/c/"), now=NOW)
        assert token.link_index == link.index
        assert token.url == next(other.url for other in result.links if other.index == link.index)
        assert link.start < edit.offset
    if pixels:
        assert result.pixel_offset is not None
        assert result.html.startswith(pixels[0].new, result.pixel_offset)


@given(DOCUMENTS, DECISIONS, DECISIONS, POLICIES)
@example(f"{SHOP}{OPTED_OUT}", BOTH, BOTH, LinkPolicy())
@example("<a data-lm-no-track data-lm-no-track href='https://a.example/'>" + SHOP, BOTH, BOTH, LinkPolicy())
def test_a_second_pass_changes_nothing_of_any_document(
    html: str, first: Decision, second: Decision, policy: LinkPolicy
) -> None:
    campaign = replace(CAMPAIGN, urls=campaign_urls(html, policy=policy))
    once = track(html, first, campaign=campaign, policy=policy)
    clicked = any("/c/" in edit.new for edit in once.edits)
    # What the first pass did not do, a later one may.
    assume(clicked or not second.track_clicks or not once.links)
    assume(first.track_opens or not second.track_opens)
    assert track(once.html, second, campaign=campaign, policy=policy, now=LATER).html is once.html


@given(DOCUMENTS, DECISIONS, POLICIES)
def test_untracking_restores_every_destination(html: str, decision: Decision, policy: LinkPolicy) -> None:
    assume("track.example" not in html.lower())
    tracked = track(html, decision, campaign=CAMPAIGN, policy=policy)
    plain = untrack_html(tracked.html, domain=DOMAIN)
    everything = LinkPolicy(track_unsubscribe=True, track_sensitive=True, strip_opt_out="none")
    before, after = rewrite_html(html, policy=everything), rewrite_html(plain, policy=everything)
    before_urls = [link.url for link in sorted([*before.links, *(link for link, _ in before.skipped)], key=start)]
    after_urls = [link.url for link in sorted([*after.links, *(link for link, _ in after.skipped)], key=start)]
    assert after_urls == before_urls
    assert "track.example" not in plain
    if tracked.edits:
        assert plain != tracked.html


def start(link: Link) -> int:
    return link.start


@given(DOCUMENTS, POLICIES)
def test_a_parser_finds_exactly_the_new_urls_at_those_places(html: str, policy: LinkPolicy) -> None:
    # A base makes another URL of the value, and an area inside svg or math is no link.
    assume(not any(name in html.lower() for name in ("<base", "<svg", "<math")))

    def new_url(link: Link) -> str:
        return f"https://t.example/?{escape(link.url)}"

    result = rewrite_html(html, click_url=new_url, policy=policy)
    tracked = {link.url: new_url(link) for link in result.links}
    assume(not tracked.keys() & {link.url for link, _ in result.skipped})
    found = {url.encode(errors="replace").decode(): new for url, new in tracked.items()}
    conditional = Counter(link.url for link in result.links if link.conditional)
    live = Counter(link.url for link in result.links if not link.conditional)
    before, after = hrefs(html), hrefs(result.html)
    if policy.track_conditional or not conditional:
        # Browsers drop tabs and line ends inside a URL, and so do we.
        assert after == [found.get(url.translate({9: None, 10: None, 13: None}), url) for url in before]
    assert sum(live.values()) + sum(conditional.values()) == len(result.edits) - sum(not e.new for e in result.edits)


@given(DOCUMENTS, DECISIONS, POLICIES)
def test_tracking_is_a_function_of_its_arguments(html: str, decision: Decision, policy: LinkPolicy) -> None:
    result = track(html, decision, campaign=CAMPAIGN, policy=policy)
    document = scan_html(html)
    rewrite_html(document)
    for source in (html, document, document, pickle.loads(pickle.dumps(document))):  # noqa: S301 - our own bytes
        assert track(source, decision, campaign=CAMPAIGN, policy=policy) == result


@given(DOCUMENTS, POLICIES, st.text("abz09._-", max_size=5), st.integers(0, 65_535))
def test_an_aggregate_document_is_the_same_for_everybody(
    html: str, policy: LinkPolicy, message: str, recipient: int
) -> None:
    first = track(html, SUM, campaign=CAMPAIGN, policy=policy)
    other = track(html, SUM, campaign=CAMPAIGN, policy=policy, message_id=f"m{message}", recipient=recipient, now=LATER)
    assert first == other
    assert first.edits


@given(LINK_DOCUMENTS)
def test_the_pixel_is_shown(html: str) -> None:
    # Where a parser drops images or reads on as text, no place is right.
    assume(not any(name in html.lower() for name in ("<select", "<template", "<math", "<svg", "<table")))
    result = rewrite_html(html, pixel_url=PIXEL + "y")
    assert images(result.html).count(PIXEL + "y") == 1


@given(st.text() | LINK_DOCUMENTS)
def test_a_pixel_tag_holds_exactly_its_url(url: str) -> None:
    clean = url.encode(errors="replace").decode().replace("\0", "").replace("\r", "")
    assert images(pixel_tag(clean)) == [clean]


@given(DOCUMENTS, st.lists(st.builds(Edit, st.integers(-2, 40), st.text(max_size=3), st.text(max_size=3)), max_size=4))
def test_reverting_gives_a_source_or_a_value_error(html: str, edits: list[Edit]) -> None:
    try:
        source = revert_html(html, edits)
    except ValueError:
        return
    assert splice(source, edits) == html


@pytest.mark.parametrize("url", ["https://a.example/?q=-->hello", "https://a.example/?q=--!><b>"])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_no_value_ends_the_conditional_comment_it_stands_in(url: str, quote: str) -> None:
    written = url.replace(">", "&gt;").replace("<", "&lt;")
    mail = f"<!--[if mso]><a href={quote}{written}{quote}>B</a><![endif]--><p>z</p>"
    tracked = track(mail, CLICKS)
    for html in (untrack_html(tracked.html, domain=DOMAIN), rewrite_html(mail, click_url=lambda link: link.url).html):
        assert html.count("-->") == html.count("--!>") + 1 == 1
        assert [link.url for link in rewrite_html(html).links] == [url]


@pytest.mark.parametrize(
    "mail", ["<svg><![CDATA[<b><a href='https://a.example/'>x</a>", "<p><math><mi><svg><style><![CDATA[ <a href=b>"]
)
def test_a_pixel_does_not_bring_an_unfinished_section_to_life(mail: str) -> None:
    tracked = rewrite_html(mail, pixel_url=PIXEL)
    assert tracked.pixel_offset == min(mail.index(name) for name in ("<svg", "<math") if name in mail)
    assert rewrite_html(tracked.html, pixel_url=PIXEL).html is tracked.html
    assert not rewrite_html(tracked.html).links


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"message_id": "a@b.example"}, ValueError),
        ({"message_id": None}, TypeError),
        ({"recipient": -1}, ValueError),
        ({"recipient": True}, TypeError),
        ({"destination": "https://a.example/"}, TypeError),
    ],
)
def test_arguments_are_checked_whatever_the_decision(wrong: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        track("<p>", resolve(Route()), **wrong)
    with pytest.raises(TypeError, match="click_url must be callable"):
        rewrite_html("<p>", click_url="https://a.example/")  # type: ignore[arg-type]


def test_a_campaign_is_refused_before_its_first_mail() -> None:
    with pytest.raises(ValueError, match="started_at must be between"):
        Campaign(id="spring", started_at=datetime(1960, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="started_at must be an aware"):
        Campaign(id="spring", started_at=datetime(2026, 1, 1))  # noqa: DTZ001 - refused
    with pytest.raises(ValueError, match="id must be 1 to 64"):
        Campaign(id="a@b.example", started_at=NOW)
