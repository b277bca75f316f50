"""Links with slots in them: what is tracked for whom, under which index, and what results say of them."""

from __future__ import annotations

import pickle
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lmtrack import (
    BadSlot,
    BadValue,
    Campaign,
    Consent,
    Decision,
    LinkPolicy,
    Route,
    SkipReason,
    TrackingDomain,
    TrackingMode,
    campaign_urls,
    compare_renderings,
    make_keys,
    read_click_token,
    resolve,
    revert_html,
    rewrite_html,
    scan_html,
    track_html,
)
from slot_strategies import BRACES

if TYPE_CHECKING:
    from lmtrack.html import HtmlDocument, RewrittenHtml

KEYS = make_keys(b"a fixed key of tests, 32 octets.")
DOMAIN = TrackingDomain("https://track.example", KEYS)
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
TOKEN = re.compile(r"https://track\.example/c/([\w-]{20,})")
ON = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
OFF = resolve(Route())
COUNTED = resolve(
    Route(track_opens=True, track_clicks=True, require_consent=True, without_consent=TrackingMode.AGGREGATE),
    consent=Consent.UNKNOWN,
)
# Every kind of link in one template: three that are tracked, one of them drawn twice, and one that is filled only.
SHOP = '<a href="https://shop.example/">Shop</a>'
YOURS = '<a href="https://shop.example/?u={{ id }}">Yours</a>'
TWIN = '<!--[if mso]><v:rect href="https://shop.example/?u={{ id }}"></v:rect><![endif]-->'
NAMED = '<a href="https://shop.example/cart">Cart of {{ name }}</a>'
WHOLE = '<a href="{{ url }}">Offer</a>'
TEMPLATE = f"<body>{SHOP}{YOURS}{TWIN}{WHOLE}{NAMED}</body>"
VALUES = {"id": "4471", "name": "Ann", "url": "https://offers.example/7"}


def document_of(template: str) -> HtmlDocument:
    slots = {name: f"{{{{ {name} }}}}" for name in re.findall(r"\{\{ (\w+) \}\}", template)}
    return scan_html(template, slots=slots)


def track(template: str, decision: Decision = ON, policy: LinkPolicy | None = None, **values: str) -> RewrittenHtml:
    policy = policy or LinkPolicy()
    document = document_of(template)
    campaign = Campaign(id="spring", started_at=NOW, urls=campaign_urls(document, policy=policy))
    return track_html(
        document,
        decision,
        domain=DOMAIN,
        message_id="m-1",
        campaign=campaign,
        policy=policy,
        values={**VALUES, **values},
        now=NOW,
    )


def clicks(result: RewrittenHtml) -> list[tuple[int, str | None]]:
    tokens = [read_click_token(KEYS, token, now=NOW) for token in TOKEN.findall(result.html)]
    return [(token.link_index, token.url) for token in tokens]


def test_personal_links_lead_where_the_value_says_and_keep_their_index() -> None:
    result = track(TEMPLATE)
    assert clicks(result) == [
        (0, "https://shop.example/"),
        (1, "https://shop.example/?u=4471"),
        (1, "https://shop.example/?u=4471"),
        (2, "https://shop.example/cart"),
    ]
    assert [(link.index, link.url, link.personal) for link in result.links] == [
        (0, "https://shop.example/", False),
        (1, "https://shop.example/?u=4471", True),
        (1, "https://shop.example/?u=4471", True),
        (2, "https://shop.example/cart", True),
    ]
    assert '<a href="https://offers.example/7">' in result.html
    assert [(link.to_dict()["url"], reason) for link, reason in result.skipped] == [("{{ url }}", SkipReason.PERSONAL)]
    starts = [TEMPLATE.index(tag) for tag in (YOURS, TWIN[13:], WHOLE, NAMED)]
    assert [link.start for link in result.personal_links] == starts


def test_what_is_shown_of_a_link_is_the_template() -> None:
    [_, yours, *_] = track(TEMPLATE, id="secret-4471").links
    assert "secret" in yours.url
    assert "secret" not in repr(yours) + str(yours.to_dict()) + repr(track(TEMPLATE, id="secret-4471"))
    assert yours.to_dict()["url"] == "https://shop.example/?u={{ id }}"


def test_one_that_may_not_be_tracked_gets_its_value_and_shifts_no_other() -> None:
    policy = LinkPolicy(slot_hosts=["good.example", "Shop.example"], skip_urls=[re.compile("banned")])
    template = '<a href="{{ url }}">1</a><a href="https://shop.example/{{ id }}">2</a>' + SHOP
    cases = {
        ("https://good.example/", "7"): [0, 1, 2],
        ("https://evil.example/", "7"): [1, 2],
        ("https://good.example/", "banned"): [0, 2],
        ("https://track.example/c/x", "7"): [1, 2],
        ("", "7"): [1, 2],
        ("mailto:ann@reader.example", "7"): [1, 2],
        ("https://good.example/unsubscribe", "x" * 2000): [2],
    }
    reasons = []
    for (url, number), indices in cases.items():
        result = track(template, policy=policy, url=url, id=number)
        assert [index for index, _ in clicks(result)] == indices
        assert 0 in indices or f'href="{url}"' in result.html
        reasons += [reason.value for _, reason in result.skipped]
        assert revert_html(result.html, result.edits) == template
    assert reasons == ["personal", "listed", "tracked", "empty", "scheme", "unsubscribe", "too_long"]


def test_the_beginning_of_a_url_is_tracked_to_named_hosts_only() -> None:
    template = '<a href="{{ base }}/x?u={{ id }}">1</a>' + SHOP
    assert clicks(track(template, base="https://shop.example"))[0] == (0, "https://shop.example/")
    policy = LinkPolicy(slot_hosts=["shop.example"])
    assert clicks(track(template, policy=policy, base="https://shop.example"))[0] == (
        0,
        "https://shop.example/x?u=4471",
    )
    lengthened = track(template, policy=policy, base="https://shop.example.evil.example")
    assert [index for index, _ in clicks(lengthened)] == [1]


@pytest.mark.parametrize(
    ("href", "reason"),
    [
        ("{{ unsubscribe_url }}", "unsubscribe"),
        ("https://s.example/{{ unsubscribeToken }}", "unsubscribe"),
        ("{{ reset_link }}", "sensitive"),
        ("https://s.example/?t={{ auth_token }}", "sensitive"),
        ("https://s.example/?token={{ id }}", "sensitive"),
        ("https://s.example/{{ id }}/{{% x %}}", "placeholder"),
        ("mailto:{{ id }}", "scheme"),
        ("#{{ id }}", "fragment"),
        ("/path/{{ id }}", "relative"),
        ("https://s.example/?n={{ skipped }}", "listed"),
        ("{{ url }}", "personal"),
    ],
)
def test_names_and_the_template_alone_can_rule_a_link_out(href: str, reason: str) -> None:
    names = re.findall(r"\{\{ (\w+) \}\}", href)
    policy = LinkPolicy(skip_slots=["skipped"])
    document = document_of(f'<a href="{href}">a</a>{SHOP}')
    value = "https://x.example/" if href.startswith("{{ ") else "7"
    result = rewrite_html(document, policy=policy, values=dict.fromkeys(names, value))
    assert [(link.personal, why.value) for link, why in result.skipped] == [(True, reason)]
    assert [link.index for link in result.links] == [0]


def test_a_base_resolves_personal_links_too() -> None:
    result = track('<base href="https://shop.example/de/"><a href="x?u={{ id }}">a</a><a href="../{{ id }}">b</a>')
    assert [url for _, url in clicks(result)] == ["https://shop.example/de/x?u=4471", "https://shop.example/4471"]


def test_aggregate_tokens_are_equal_and_personal_links_are_not_tracked() -> None:
    one, two = (track(TEMPLATE, COUNTED, id=who, name=who, url=f"https://o.example/{who}") for who in ("ann", "bob"))
    assert clicks(one) == clicks(two) == [(0, "https://shop.example/")]
    assert TOKEN.findall(one.html) == TOKEN.findall(two.html)
    assert [(link.to_dict()["url"], reason.value) for link, reason in one.skipped] == [
        ("https://shop.example/?u={{ id }}", "personal"),
        ("https://shop.example/?u={{ id }}", "personal"),
        ("{{ url }}", "personal"),
        ("https://shop.example/cart", "personal"),
    ]
    differences = compare_renderings([one.html, two.html])
    assert {value for difference in differences for value in difference.values} == {
        *(f"https://shop.example/?u={who}" for who in ("ann", "bob")),
        *(f"https://o.example/{who}" for who in ("ann", "bob")),
    }


def test_mail_rendered_per_person_hides_nobody_in_an_aggregate_token() -> None:
    template = SHOP + '<a href="https://shop.example/?u={}">You</a><a href="https://shop.example/a">A</a>'
    campaign = Campaign(id="spring", started_at=NOW, urls=["https://shop.example/a", "https://shop.example/"])
    seen = set()
    for who in ("ann", "bob"):
        result = track_html(template.format(who), COUNTED, domain=DOMAIN, message_id=who, campaign=campaign)
        assert clicks(result) == [(1, "https://shop.example/"), (0, "https://shop.example/a")]
        assert [link.index for link in result.links] == [1, 0]
        assert [reason.value for _, reason in result.skipped] == ["personal"]
        seen.update(TOKEN.findall(result.html))
    assert len(seen) == 2

    tagged: Any = {"destination": lambda link: f"{link.url}?who={link.index}"}
    hidden = track_html(template.format("ann"), COUNTED, domain=DOMAIN, message_id="m", campaign=campaign, **tagged)
    assert clicks(hidden) == []
    assert [reason.value for _, reason in hidden.skipped] == ["personal"] * 3


@pytest.mark.parametrize("urls", [None, ()])
def test_a_campaign_without_urls_tracks_no_link(urls: tuple[str, ...] | None) -> None:
    campaign = Campaign(id="spring", started_at=NOW, urls=urls)
    result = track_html(SHOP, COUNTED, domain=DOMAIN, message_id="m", campaign=campaign)
    assert clicks(result) == []
    assert [reason.value for _, reason in result.skipped] == ["personal"]


@pytest.mark.parametrize("urls", ["https://shop.example/", [5], ["https://shop.example/"] * 65_537])
def test_urls_of_a_campaign_are_a_sequence_of_str(urls: Any) -> None:  # noqa: ANN401 - wrong on purpose
    with pytest.raises((TypeError, ValueError)):
        Campaign(id="spring", started_at=NOW, urls=urls)


def test_urls_of_a_campaign_are_those_that_everyone_gets() -> None:
    assert campaign_urls(document_of(TEMPLATE)) == ("https://shop.example/",)
    assert campaign_urls(SHOP * 2 + YOURS) == ("https://shop.example/",)
    raw = b"Content-Type: text/html\r\n\r\n" + SHOP.encode()
    assert campaign_urls(raw) == ("https://shop.example/",)
    wrong: Any = 5
    with pytest.raises(TypeError):
        campaign_urls(wrong)


def test_by_id_and_a_callers_destination_go_with_slots() -> None:
    document = document_of(TEMPLATE)
    options: Any = {"domain": DOMAIN, "message_id": "m-1", "values": VALUES, "now": NOW}
    by_id = track_html(document, ON, destinations="by_id", **options)
    assert clicks(by_id) == [(0, None), (1, None), (1, None), (2, None)]
    chosen = track_html(
        document, ON, destination=lambda link: None if link.index == 0 else f"{link.url}&a=b", **options
    )
    assert clicks(chosen) == [
        (1, "https://shop.example/?u=4471&a=b"),
        (1, "https://shop.example/?u=4471&a=b"),
        (2, "https://shop.example/cart&a=b"),
    ]
    assert SHOP in chosen.html


def test_equal_values_give_equal_bytes_and_off_writes_the_values_alone() -> None:
    assert track(TEMPLATE).html == track(TEMPLATE).html != track(TEMPLATE, id="8").html
    rendered = TEMPLATE
    for name, value in VALUES.items():
        rendered = rendered.replace(f"{{{{ {name} }}}}", value)
    assert track(TEMPLATE, OFF).html == rewrite_html(document_of(TEMPLATE), values=VALUES).html == rendered


def test_a_visible_text_is_judged_with_its_value() -> None:
    template = (
        '<a href="https://shop.example/">{{ label }}</a><a href="https://shop.example/2"><img alt="{{ label }}"></a>'
    )
    policy = LinkPolicy(skip_url_text=True)
    assert [index for index, _ in clicks(track(template, policy=policy, label="Our shop"))] == [0, 1]
    result = track(template, policy=policy, label="https://other.example/")
    assert clicks(result) == []
    assert [reason.value for _, reason in result.skipped] == ["url_text"] * 2


def test_what_is_loaded_per_person_and_what_is_not_filled_is_listed() -> None:
    template = (
        '<img src="https://i.example/{{ id }}.gif"><table background="https://b.example/?{{ id }}">'
        '<a href="https://x.example/{{ id }}{{no}}">a</a> *|LEFT|* {% if a %} slot-12345678-a-slot<!-- {{ id }} -->'
    )
    result = track(template)
    assert result.personal_loads == ("https://i.example/{{ id }}.gif", "https://b.example/?{{ id }}")
    assert result.unfilled == ("{{no}}", "*|LEFT|*", "{% if a %}", "slot-12345678-a-slot", "{{ id }}")
    assert rewrite_html("{{ a }} {{ a }}").unfilled == ("{{ a }}",)
    assert rewrite_html("{{ a }}").personal_loads == ()
    for attribute in ("src", "background", "poster", "data", "qtsrc", "manifest", "attributionsrc"):
        page = f"<x {attribute}='{{{{ url }}}}'>"
        result = rewrite_html(page, slots=BRACES, values={"url": "https://i.example/"})
        assert result.personal_loads == ("{{ url }}",)
        with pytest.raises(BadValue, match="cid"):
            rewrite_html(page, slots=BRACES, values={"url": "data:,x"})


def test_the_pixel_goes_where_its_marker_is() -> None:
    document = scan_html("<p>{{ a }} {{ pixel }}</p>{{ pixel }}<p></body>", slots=BRACES)
    options: Any = {"values": {"a": "1"}, "pixel_slot": "pixel"}
    result = rewrite_html(document, pixel_url="https://t.example/o/x", **options)
    assert re.sub("<img .*?>", "<img>", result.html) == "<p>1 <img></p><p></body>"
    assert result.pixel_offset == 5
    assert revert_html(result.html, result.edits) == document.html
    assert rewrite_html(document, **options).html == "<p>1 </p><p></body>"
    elsewhere = rewrite_html(scan_html("<p>{{ a }}</body>", slots=BRACES), pixel_url="https://t.example/o/x", **options)
    assert elsewhere.html.startswith("<p>1<img ")


@pytest.mark.parametrize(
    "html", ['<p title="{{ x }}">', "<title>{{ x }}</title>", '<a href="https://s.example/{{ x }}">',
             "<svg>{{ x }}</svg>", "<!--[if mso]>{{ x }}<![endif]-->"],
)  # fmt: skip
def test_the_pixel_is_refused_where_no_image_can_be(html: str) -> None:
    with pytest.raises(BadSlot, match="the slot of the pixel must be in the document's text"):
        rewrite_html(html, slots=BRACES, pixel_slot="x")
    with pytest.raises(ValueError, match="pixel_slot must be the name of a slot"):
        rewrite_html("{{ x }}", slots={"x": "{{ x }}"}, values={"x": ""}, pixel_slot="y")


def test_results_are_values_whose_lists_are_made_when_read() -> None:
    one, two = track(TEMPLATE), track(TEMPLATE)
    assert one == two
    assert pickle.loads(pickle.dumps(one)) == two  # noqa: S301 - our own bytes
    assert replace(one, pixel_offset=None) != two
    with pytest.raises(AttributeError, match="no attribute 'link'"):
        one.link  # type: ignore[attr-defined]  # noqa: B018


def test_a_value_that_no_url_can_hold_is_refused() -> None:
    for href, value in {
        "{{ x }}": "javascript:alert(1)", "{{ x }}/a": "https://u:p@evil.example", "https://s.example/{{ x }}/b": "..",
        "https://s.example/.{{ x }}": ".", "/{{ x }}/evil.example": "", "tel:{{ x }}": "1 2", "{{ x }}?a": "/relative",
    }.items():  # fmt: skip
        with pytest.raises(BadValue) as caught:
            rewrite_html(f'<a href="{href}">a</a>', slots=BRACES, values={"x": value})
        assert caught.value.slot == "x"
        assert not value or value not in str(caught.value)
    for src, value in {"{{ x }}": "data:image/gif;base64,AAAA", "{{ x }}#": "mailto:x"}.items():
        with pytest.raises(BadValue):
            rewrite_html(f'<img src="{src}">', slots=BRACES, values={"x": value})
    assert (
        rewrite_html('<img src="{{ x }}">', slots=BRACES, values={"x": "cid:logo@x"}).html == '<img src="cid:logo@x">'
    )


def test_recipients_differ_by_their_values_only_in_their_tokens_times() -> None:
    document = document_of(TEMPLATE)
    options: Any = {"domain": DOMAIN, "message_id": "m-1", "values": VALUES}
    one = track_html(document, ON, now=NOW, **options)
    assert track_html(document, ON, now=NOW, **options).html == one.html
    assert track_html(document, ON, now=NOW + timedelta(1), **options).html != one.html
