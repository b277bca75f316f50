from __future__ import annotations

import re
from random import Random  # noqa: TID251 - seeded, in tests only

import pytest
from hypothesis import example, given, strategies as st

from lmtrack import Consent, LinkPolicy, Route, TrackingDomain, make_keys, resolve, rewrite_html, track_html
from lmtrack._html.scan import scan
from lmtrack._html.visible import visible_text
from lmtrack._linking.prefilter import _LETTER, telling_texts
from lmtrack._linking.shown_host import shown_host
from lmtrack._linking.ways_out import is_way_out_text
from lmtrack._linking.words import WAYS_OUT, WAYS_OUT_ANYWHERE, WAYS_OUT_TEXTS, WAYS_OUT_WHOLE
from lmtrack.links import SkipReason
from way_out_texts import SETTINGS, TEXTS

KEYS = make_keys(b"a fixed key of tests, 32 octets.")
FOREIGN = TrackingDomain("https://track.sender.example", KEYS)
OWN = TrackingDomain("https://track.shop.example", KEYS)
CLICKS = resolve(Route(track_clicks=True), consent=Consent.GRANTED)
U = "https://www.shop.example/8e1c/77aa"


def reason(content: str, policy: LinkPolicy = LinkPolicy(), domain: TrackingDomain = FOREIGN) -> str | None:  # noqa: B008
    html = f'<p><a href="{U}">{content}</a></p><p>unsubscribe https://x.example/ opt out</p>'
    result = track_html(html, CLICKS, domain=domain, message_id="m-1", policy=policy)
    return result.skipped[0][1] if result.skipped else None


@pytest.mark.parametrize("text", [text for texts in [*TEXTS.values(), SETTINGS] for text in texts])
def test_what_people_read_is_a_reason(text: str) -> None:
    for content in (text, f"<b>{text}</b>", f'<img src="x.png" alt="{text}">', f" {text.upper()} ", f"&rarr; {text}"):
        assert reason(content) == "unsubscribe"
    assert reason("".join(f"&#{ord(char)};" for char in text)) == "unsubscribe"
    assert reason(text, LinkPolicy(track_unsubscribe=True)) is None


@pytest.mark.parametrize(
    "content",
    [
        "D&eacute;sabonnement",
        "d&eacutesabonner",
        "<abbr>Shop</abbr>: unsubscribe",
        "abm<b><i>elden</i></b>",
        "abm<b title='> '>elden</b>",
        "abm<b < >elden</b>",
        "abm<style>.x {}</style>elden",
        "<textarea></a></textarea>Unsubscribe",
        "<b title='>' </a>Unsubscribe</b>",
        "<!-- </a> -->Unsubscribe",
        "de\u0301<b>sabonner</b>",
        "de<b>\u0301sabonner</b>",
        "\u24b6<b>bmelden</b>",
        "<b>\uad6c\ub3c5</b> <b>\ud574\uc9c0</b>",
        "ยกเลิกการสม<b>ัคร</b>",
    ],
)
def test_markup_inside_hides_no_way_out(content: str) -> None:
    assert reason(content) == "unsubscribe"
    assert reason(content, LinkPolicy(track_unsubscribe=True, skip_url_text="never")) is None


@pytest.mark.parametrize(
    "content",
    [
        "https://www.shop.example/sale",
        "www.shop.example",
        "Shop.example lamps",
        "<b>shop</b>.example",
        "sh<b>op.exa</b>mple",
        "shop&#46;example",
        "shop&period;example",
        "https&colon;//shop.example",
        "sh&shy;op.example",
        "&#8203;shop.example",
        "\u200bshop\u200b.example",
        "shop.\u200bexample",
        "shop</b>.<i>example",
        "_ shop.example",
        "< shop.example",
        "Visit https:<wbr>//<wbr>shop.example",
        "Visit https:/\u200b/shop.example",
        "&laquo; shop.example",
        "(https://shop.example/)",
        "-&gt; shop.example",
        "Visit https://shop.example/",
        '<img src="logo.png" alt="shop.example">',
        "<img alt=shop.example src=logo.png>",
        "<img alt=shop.\u200bexample src=logo.png>",
        "<IMG ALT='www.shop.example'> Shop",
        "<span style='color:red'> shop.example</span>",
        "<!-- x --> shop.example",
        "\n shop.example",
    ],
)
def test_a_shown_host_is_a_reason_if_the_tracking_host_is_another_domain(content: str) -> None:
    assert reason(content) == "url_text"
    assert reason(content, domain=OWN) is None
    assert reason(content, LinkPolicy(skip_url_text="always"), OWN) == "url_text"
    assert reason(content, LinkPolicy(skip_url_text=True), OWN) == "url_text"
    assert reason(content, LinkPolicy(skip_url_text="never")) is None
    assert reason(content, LinkPolicy(skip_url_text=False)) is None


@pytest.mark.parametrize(
    "content",
    ["Shop now", "Node.js 24", "3.5 stars", "Read more...", '<img src="https://cdn.example/a.png" alt="Lamps">',
     "Mr.Smith",
     '<img title="shop.example" src="x">', "Lamps at shop.example", "ann@shop.example", "", "v2.14"],
)  # fmt: skip
def test_other_texts_are_no_reason(content: str) -> None:
    assert reason(content) is None


def test_a_title_of_a_link_is_no_text() -> None:
    html = f'<a href="{U}" title="www.shop.example">Lamps</a>'
    assert not track_html(html, CLICKS, domain=FOREIGN, message_id="m-1").skipped


def test_without_a_tracking_host_no_text_is_foreign() -> None:
    html = f'<a href="{U}">shop.example</a>'
    assert rewrite_html(html, click_url=lambda _: "https://t.example/").skipped == ()
    result = rewrite_html(html, policy=LinkPolicy(tracking_hosts=["click.service.example"]))
    assert [reason for _, reason in result.skipped] == [SkipReason.URL_TEXT]
    assert rewrite_html(html, policy=LinkPolicy(tracking_hosts=["click.shop.example"])).skipped == ()


@pytest.mark.parametrize(
    "phrase", sorted(WAYS_OUT | WAYS_OUT_WHOLE | WAYS_OUT_TEXTS | WAYS_OUT_ANYWHERE | {"unsub", "un-sub"})
)
def test_the_quick_look_sees_every_phrase(phrase: str) -> None:
    for text in (
        phrase.replace("-", " "),
        f"<b>x</b>{phrase.upper()}",
        *([f"{phrase[:2]}<i>{phrase[2:]}</i>"] if phrase.isalpha() else []),
        *(["&uuml;nsub", "un&nbsp;sub", "un <br> sub", "un\n\tsub", "un-<b>sub"] if phrase == "unsub" else []),
    ):
        html = f'<a href="https://a.example/">{text}</a>'
        assert telling_texts(html, scan(html).links, (), ways_out=True, hosts=False) == [0]


def test_every_character_of_the_phrases_is_a_letter_of_the_quick_look() -> None:
    phrases = WAYS_OUT | WAYS_OUT_WHOLE | WAYS_OUT_TEXTS | WAYS_OUT_ANYWHERE
    assert {char for phrase in phrases for char in phrase if not re.match(_LETTER, char)} == {"-"}


PIECES = [
    "<b>", "</b>", "<b><i>", "<br>", "<b title='>'>", "<!-- </a> -->", "</a", "</abbr>", "</A>", "<style>", "<", ">",
    "&shy;", "&#46;", "&period;", "&nbsp;", "&eacute;", "&eacute", "&", "\u200b", "\u0301", "\xa0", ".", "/", ":", "_",
    "-", " ", "'", "=", "\0", "shop.example", "https://", "Node.js", "Sale", "\u24b6", "\uff0e", "<img alt='",
    "<a href='https://b.example/'>",
]  # fmt: skip


def test_the_quick_look_misses_no_damaged_text_that_is_a_reason() -> None:
    random = Random(1)  # noqa: S311 - no secret is made here
    texts = [text for group in [*TEXTS.values(), SETTINGS] for text in group]
    texts += ["shop.example", "(https://shop.example/)", "www.shop.example", "Our lamps", "Read more..."]
    forms = ['<a href="{}">{}</a>', '<A HREF="{}">{}</A>', '<area href="{}" alt="{}">',
             '<!--[if mso]><v:rect href="{}"><v:box>x</v:box>{}</v:rect><![endif]-->']  # fmt: skip
    missed, reasons = [], 0
    for _ in range(8_000):
        html = ""
        for _ in range(random.randint(1, 3)):
            text = random.choice(texts)
            for _ in range(random.randint(0, 2)):
                at = random.randint(0, len(text))
                text = text[:at] + random.choice(PIECES) + text[at + random.randint(0, 1) :]
            html += random.choice(forms).format("https://a.example/", text)
        found = scan(html).links
        ways, hosts = (set(telling_texts(html, found, (), ways_out=ways, hosts=not ways)) for ways in (True, False))
        for place, link in enumerate(found):
            text = visible_text(html, link[0], link[5] or len(html))
            is_reason = (ways, is_way_out_text(text)), (hosts, shown_host(text) is not None)
            told = [place in chosen for chosen, is_one in is_reason if is_one]
            reasons += len(told)
            missed += [] if all(told) else [(html, text)]
    assert reasons > 5_000
    assert missed == []


CONTENTS = st.lists(
    st.sampled_from(
        ["<b>", "</b>", "<b title=",
         "<img alt='", "'>", "<br>", "<!-- ", " -->", "</a>", '<a href="https://b.example/">', "shop",
         ".",
         "example", "unsub", "scribe",
         "abmelden", "&shy;", "&#46;", " ", "\u200b", "https://", "/", "退订", "é", "&eacute;"]
    ),
    max_size=8,
).map("".join)  # fmt: skip


@given(st.lists(CONTENTS, min_size=1, max_size=3))
@example(["<img alt='<a href=\"https://b.example/\">'>"])
@example(["<b title=</a>unsubscribe</b>"])
@example(["<b title='</a>'>unsubscribe</b>"])
def test_the_quick_look_misses_no_text_that_is_a_reason(contents: list[str]) -> None:
    html = "".join(f'<a href="https://a.example/">{content}</a>' for content in contents)
    found = scan(html).links
    chosen = set(telling_texts(html, found, (), ways_out=True, hosts=True))
    for place, link in enumerate(found):
        text = visible_text(html, link[0], link[5] or len(html), most_tags=16)
        if is_way_out_text(text) or shown_host(text) is not None:
            assert place in chosen
    assert telling_texts(html, found, range(len(found)), ways_out=True, hosts=True) == []


def test_an_end_tag_in_an_unquoted_value_ends_no_link() -> None:
    html = '<a href="https://a.example/"><b title=</a>Unsubscribe</b></a>'
    assert [reason for _, reason in rewrite_html(html).skipped] == [SkipReason.UNSUBSCRIBE]


def test_an_end_tag_inside_a_button_ends_no_link() -> None:
    button = f'<!--[if mso]><v:rect href="{U}"><v:box>Our</v:box>%s</v:rect><![endif]-->'
    for text, chosen in [(" shop", []), (" unsubscribe", [0])]:
        html = button % text
        assert telling_texts(html, scan(html).links, (), ways_out=True, hosts=False) == chosen
        html = html.replace("v:rect", "V:RECT")
        assert telling_texts(html, scan(html).links, (), ways_out=True, hosts=False) == chosen


def test_capital_end_tags_and_nul_are_read() -> None:
    html = '<A HREF="https://a.example/">Shop</A> unsubscribe <A HREF="https://b.example/">Unsubscribe</A>'
    assert telling_texts(html, scan(html).links, (), ways_out=True, hosts=False) == [1]
    html = html.replace("Shop", "Sh\0p")
    assert telling_texts(html, scan(html).links, (), ways_out=True, hosts=False) == [0, 1]


@pytest.mark.parametrize(
    ("html", "chosen"),
    [
        ('<a href="https://a.example/">Shop <a href="https://b.example/">unsubscribe</a>', [1]),
        ('<a href="https://a.example/">Shop</a> unsubscribe</a>', []),
        (
            '<!--[if mso]><a href="https://a.example/">Our <v:rect href="x:y">x</v:rect> unsubscribe</a><![endif]-->',
            [0],
        ),
    ],
)
def test_the_text_of_a_link_ends_at_its_end_tag_or_the_next_link_of_its_kind(html: str, chosen: list[int]) -> None:
    for written in (html, html.replace("<a href", "<A HREF").replace("</a>", "</A>")):
        assert telling_texts(written, scan(written).links, (), ways_out=True, hosts=False) == chosen


def test_alt_texts_are_read_once() -> None:
    html = '<a href="https://a.example/"><img ' + "alt" * 3_000 + ">" + "x</a>"
    fifty = html * 50
    assert len(track_html(fifty, CLICKS, domain=FOREIGN, message_id="m-1").links) == 50


def test_links_without_an_end_cost_no_more_than_their_text() -> None:
    html = '<a href="https://a.example/">x ' * 20_000
    assert len(rewrite_html(html).links) == 20_000
    area = '<area href="https://a.example/" alt="shop.example">' * 1_000
    assert len(track_html(area, CLICKS, domain=FOREIGN, message_id="m-1").skipped) == 1_000
