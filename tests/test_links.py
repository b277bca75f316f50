from __future__ import annotations

import pickle
import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest
from hypothesis import example, given, strategies as st

from lmtrack import LinkPolicy, SkipReason, TrackingDomain, make_keys, rewrite_html, track_html
from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import WHITESPACE
from lmtrack._linking.prefilter import surely_trackable
from lmtrack._url.reader import browser_url
from lmtrack.links import Edit, Link, skip_reason
from lmtrack.resolver import Consent, Route, resolve
from strategies import LINK_VALUES

if TYPE_CHECKING:
    from pathlib import Path

DOMAIN = TrackingDomain("https://track.example/t", make_keys(b"a fixed key of tests, 32 octets."))
ON = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
POLICY = LinkPolicy()
WIDE = LinkPolicy(max_url_octets=2048)


def reason_of(value: str, *, policy: LinkPolicy = POLICY, before: str = "") -> SkipReason | None:
    """What is said of the one link of a document; its href value as written."""
    quote = "'" if '"' in value else '"'
    html = f"{before}<a href={quote}{value}{quote}>x</a>"
    result = track_html(html, ON, domain=DOMAIN, message_id="m-1", policy=policy)
    assert len(result.links) + len(result.skipped) == 1
    assert all(link.index == -1 for link, _ in result.skipped)
    return result.skipped[0][1] if result.skipped else None


# One row a reason: each with its examples and with neighbours that look like them.


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("mailto:ann@shop.example", "scheme"),
        ("MAILTO:ann@shop.example", "scheme"),
        ("&#109;ailto&colon;ann@shop.example", "scheme"),
        ("tel:+31201234567", "scheme"),
        ("sms:123", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("data:text/html,x", "scheme"),
        ("cid:logo", "scheme"),
        ("ftp://shop.example/", "scheme"),
        ("x-apple-data-detectors://0", "scheme"),
        ("httpx://shop.example/", "scheme"),
        ("shop.example:8080/", "scheme"),
        ("#", "fragment"),
        ("#https://shop.example/", "fragment"),
        (" &num;top", "fragment"),
        ("", "empty"),
        (" \t\n\f\r ", "empty"),
        ("&#32;&Tab;&NewLine;", "empty"),
        ("www.shop.example", "relative"),
        ("/news", "relative"),
        ("?page=2", "relative"),
        ("\u00a0https://shop.example/", "relative"),
        ("&nbsp;https://shop.example/", "relative"),
        ("ht\ttps://shop.example/", "relative"),
        ("\vhttps://shop.example/", "relative"),
        ("1https://shop.example/", "relative"),
        ("//shop.example/", "scheme_relative"),
        ("///shop.example/", "scheme_relative"),
        ("&sol;/shop.example/", "scheme_relative"),
        ("{{ url }}", "placeholder"),
        ("https://shop.example/{{ path }}", "placeholder"),
        ("https://shop.example/?a={% x %}", "placeholder"),
        ("<%= url %>", "placeholder"),
        ("*|URL|*", "placeholder"),
        ("https://shop.example/?n=*|FNAME|*", "placeholder"),
        ("https://shop.example/?n=%name%", "placeholder"),
        ("https://shop.example/?n=%recipient.name%", "placeholder"),
        ("https://shop.example/?d=%date%", "placeholder"),
        ("https://shop.example/%address%/x", "placeholder"),
        ("https://shop.example/?n=%%first_name%%", "placeholder"),
        ("https://shop.example/?n=%%=v(@n)=%%", "placeholder"),
        ("https://shop.example/${path}", "placeholder"),
        ("[[data:url]]", "placeholder"),
        ("https://shop.example/?n=[[name]]", "placeholder"),
        ("mailto:{{ address }}", "placeholder"),
        ("https://shop.example/%C3%BC", None),
        ("https://shop.example/%C3%BC%C3%A4%E2%82%AC", None),
        ("https://shop.example/%FCber%20uns", None),
        ("https://shop.example/%abcdef%ab", None),
        ("https://shop.example/50%25-off%21", None),
        ("https://shop.example/a%20b", None),
        ("https://track.example/t/c/abc", "tracked"),
        ("https://track.example/t/o/abc", "tracked"),
        ("https://track.example/t/w/abc", "tracked"),
        ("HTTPS://TRACK.example:443/t/c/abc", "tracked"),
        ("https://track.example:0443/t/c/abc", "tracked"),
        ("https&colon;//track&period;example/t&sol;c/abc", "tracked"),
        ("https://track.example/t/c/" + "x" * 3000, "tracked"),
        ("https://track.example/t/", None),
        ("https://track.example/t/cx", None),
        ("http://track.example/t/c/abc", "tracked"),
        ("https://ann@track.example/t/c/abc", "tracked"),
        ("https://track.example/c/abc", None),
        ("https://track.example:8443/t/c/abc", None),
        ("https://track.example:0/t/c/abc", None),
        ("https://track.example.evil.example/t/c/abc", None),
        ("https://x.track.example/t/c/abc", None),
        ("https://shop.example/?u=https://track.example/t/c/abc", None),
        ("https://shop.example/unsubscribe", "unsubscribe"),
        ("https://shop.example/UNSUBSCRIBE?x", "unsubscribe"),
        ("https://unsubscribe.shop.example/x", "unsubscribe"),
        ("https://shop.example/?do=listunsubscribenow", "unsubscribe"),
        ("https://shop.example/#unsubscribe", "unsubscribe"),
        ("https://shop.example/unsub%73cribe", "unsubscribe"),
        ("https://shop.example/opt-out", "unsubscribe"),
        ("https://shop.example/opt_out/9", "unsubscribe"),
        ("https://shop.example/optOut", "unsubscribe"),
        ("https://shop.example/?x=opt%2Dout", "unsubscribe"),
        ("https://shop.example?abmelden=1", "unsubscribe"),
        ("https://shop.example/#abmelden", "unsubscribe"),
        ("https://shop.example/ABMELDEN", "unsubscribe"),
        ("https://shop.example/newsletter/abmelden.php?id=7", "unsubscribe"),
        ("https://shop.example/désabonner", "unsubscribe"),
        ("https://shop.example/D%C3%89SABONNER", "unsubscribe"),
        ("https://shop.example/de%CC%81sabonner", "unsubscribe"),
        ("https://shop.example/d%E9sinscription", "unsubscribe"),
        ("https://shop.example/d&eacute;sabonner", "unsubscribe"),
        ("https://shop.example/darse-de-baja", "unsubscribe"),
        ("https://shop.example/darse+de+baja", "unsubscribe"),
        ("https://shop.example/dar/de/baja", "unsubscribe"),
        ("https://shop.example/dar.de.baja", "unsubscribe"),
        ("https://shop.example/cancelar-suscripci%C3%B3n", "unsubscribe"),
        ("https://shop.example/cancelar-inscri%C3%A7%C3%A3o", "unsubscribe"),
        ("https://shop.example/wypisz-si%C4%99", "unsubscribe"),
        ("https://shop.example/abonelikten-%C3%A7%C4%B1k", "unsubscribe"),
        ("https://shop.example/odhl%C3%A1sit", "unsubscribe"),
        ("https://shop.example/%D0%BE%D1%82%D0%BF%D0%B8%D1%81%D0%B0%D1%82%D1%8C%D1%81%D1%8F", "unsubscribe"),
        ("https://shop.example/ОТПИСКА", "unsubscribe"),
        ("https://shop.example/退订?x", "unsubscribe"),
        ("https://shop.example/?utm_campaign=opt-out", "unsubscribe"),
        ("https://shop.example/?utm_content=abmelden", "unsubscribe"),
        ("https://shop.example/design", None),
        ("https://shop.example/discover", None),
        ("https://shop.example/options", None),
        ("https://shop.example/opt/in/out", None),
        ("https://shop.example/optical", None),
        ("https://shop.example/baja-california", None),
        ("https://shop.example/dar/de/alta", None),
        ("https://shop.example/subscribe", None),
        ("https://abmelden.example/x", None),
        ("https://shop.example/abmeldenx", None),
        ("https://shop.example/cancelar/pedido", None),
        ("https://shop.example/?email=ann@post.example", "sensitive"),
        ("https://shop.example/ann@post.example", "sensitive"),
        ("https://shop.example/?u=ann%40post.example", "sensitive"),
        ("https://shop.example/?u=ann%2540post.example", "sensitive"),
        ("https://shop.example/?u=ann&commat;post.example", "sensitive"),
        ("https://shop.example/?u=ann%40post%2Eexample", "sensitive"),
        ("https://shop.example/?u=ann%40post.example.1", "sensitive"),
        ("https://shop.example/?u=ann%2Bnews@post.example", "sensitive"),
        ("https://shop.example/?u=jos%C3%A9@post.example", "sensitive"),
        ("https://shop.example/?u=jos%E9%40post.example", "sensitive"),
        ("https://shop.example/?u=ann@müller.example", "sensitive"),
        ("https://shop.example/#ann@post.example", "sensitive"),
        ("https://shop.example/?token=1", "sensitive"),
        ("https://shop.example/?a=1&amp;TOKEN=1", "sensitive"),
        ("https://shop.example/?a=1&token=1", "sensitive"),
        ("https://shop.example/?a=1;token=1", "sensitive"),
        ("https://shop.example/#access_token=1", "sensitive"),
        ("https://shop.example/?token=", "sensitive"),
        ("https://shop.example/?%74oken=1", "sensitive"),
        ("https://shop.example/?reset_token=1", "sensitive"),
        ("https://shop.example/?resetToken=1", "sensitive"),
        ("https://shop.example/?reset-token=1", "sensitive"),
        ("https://shop.example/?RESET%5FTOKEN=1", "sensitive"),
        ("https://shop.example/?user[reset_password_token]=1", "sensitive"),
        ("https://shop.example/?token[]=1", "sensitive"),
        ("https://shop.example/?token2=1", "sensitive"),
        ("https://shop.example/?otp=1", "sensitive"),
        ("https://shop.example/?api.key=1", "sensitive"),
        ("https://shop.example/?sig=1", "sensitive"),
        ("https://shop.example/?X-Amz-Signature=1", "sensitive"),
        ("https://shop.example/?auth=1", "sensitive"),
        ("https://shop.example/?jwt=1", "sensitive"),
        ("https://shop.example/?password=1", "sensitive"),
        ("https://shop.example/?oobCode=1", "sensitive"),
        ("https://shop.example/?_wpnonce=1", "sensitive"),
        ("https://shop.example/x;jsessionid=1", "sensitive"),
        ("https://shop.example/?a?token=1", "sensitive"),
        ("https://shop.example/?next=https%3A%2F%2Fpost.example%2F%3Ftoken%3D1", "sensitive"),
        ("https://shop.example/?next=https%253A%252F%252Fpost.example%252F%253Ftoken%253D1", "sensitive"),
        ("https://shop.example/?promo_code=1", None),
        ("https://shop.example/?zip_code=1", None),
        ("https://shop.example/?country_code=1", None),
        ("https://shop.example/?keyword=1", None),
        ("https://shop.example/?monkey=1", None),
        ("https://shop.example/?author=1", None),
        ("https://shop.example/?tokens=1", None),
        (f"https://shop.example/?{'reset' * 24}code=1", "sensitive"),
        (f"https://shop.example/?{'reset' * 25}code=1", None),
        ("https://shop.example/?download_token=1", "sensitive"),
        ("https://shop.example/?csrfmiddlewaretoken=1", "sensitive"),
        ("https://shop.example/?tokenId=1", "sensitive"),
        ("https://shop.example/?passphrase=1", "sensitive"),
        ("https://shop.example/?utm_token=1", "sensitive"),
        ("https://shop.example/?a=1&bearer=1", "sensitive"),
        ("https://shop.example/?tokens=1&sort_key=2&promo_code=3", None),
        ("https://shop.example/?id=1", None),
        ("https://shop.example/?a=token", None),
        ("https://shop.example/token/1", None),
        ("https://shop.example/?token", None),
        ("https://shop.example/@ann", None),
        ("https://shop.example/@ann.b", None),
        ("https://shop.example/%40ann.example", None),
        ("https://shop.example/@52.3,4.9,15z", None),
        ("https://shop.example/logo@2x.png", None),
        ("https://shop.example/npm/vue@3.4/", None),
        ("https://shop.example/ann@home", None),
        ("https://ann@shop.example/", "bad_destination"),
        ("https://shop.example:99999/", "bad_destination"),
        ("https://shop.example:80x/", "bad_destination"),
        ("https://[::1/", "bad_destination"),
        ("https://a℀b.example/", "bad_destination"),
        ("https://faß.example/", "bad_destination"),
        ("https://shop.example/a b", None),
        ("https://shop.example/a&#10;b", None),
        ("https://shop.example/a\tb", None),
        ("https://shop exa.example/", "bad_destination"),
        ("https://shop.example\\x", "bad_destination"),
        ("http:shop.example", "bad_destination"),
        ("http:/shop.example", "bad_destination"),
        ("http:\\\\shop.example", "bad_destination"),
        ("https://", "bad_destination"),
        ("https:///x", "bad_destination"),
        ("https://shop.example/\ud800", "bad_destination"),
        ("https://shop.example/\x80", "bad_destination"),
        ("https://shop.example/" + "x" * 1980, "too_long"),
        ("https://shop.example/" + "é" * 990, "too_long"),
        ("https://shop.example/" + "x" * 1979, None),
        ("https://shop.example/" + "é" * 989 + "x", None),
        ("https://shop.example/", None),
        ("http://shop.example", None),
        ("HTTP://SHOP.EXAMPLE/", None),
        (" \n https://shop.example/ \t", None),
        ("&#104;ttp&colon;//shop.example/", None),
        ("https://shop.example/\u00a0", None),
        ("https://müller.example/straße", None),
        ("https://[2001:db8::1]:8080/", None),
        ("https://shop.example:/", None),
        ("https://shop.example/?a=1&copy=2&amp;b=3", None),
        ("https://shop.example/\0", None),
    ],
)
def test_each_value_has_its_reason(value: str, reason: str | None) -> None:
    assert reason_of(value) == reason


@pytest.mark.parametrize(
    ("value", "url"),
    [
        (" \t\n\f\rhttps://shop.example/&#32;", "https://shop.example/"),
        ("https://shop.example/?a=1&amp;b=2", "https://shop.example/?a=1&b=2"),
        ("https://shop.example/?a=1&b=2&copy=3&amp;lt=4", "https://shop.example/?a=1&b=2&copy=3&lt=4"),
        ("https://shop.example/?a&copy;", "https://shop.example/?a©"),
        ("https://shop.example/?a&amp;copy;", "https://shop.example/?a&copy;"),
        ("https://shop.example/?amp=1&amp;amp;x=1", "https://shop.example/?amp=1&amp;x=1"),
        ("&#x68;ttps:&sol;/Shop.example", "https://Shop.example"),
        ("https://shop.example/\u00a0", "https://shop.example/\u00a0"),
        ("https://shop.example/\0", "https://shop.example/\ufffd"),
        ("https://shop.example/a b.pdf?c d#e f", "https://shop.example/a%20b.pdf?c%20d#e%20f"),
        ("https://shop.example/a\tb&#10;c", "https://shop.example/abc"),
    ],
)
def test_a_value_is_decoded_by_the_attribute_rules_and_kept_as_it_is(value: str, url: str) -> None:
    (link,) = rewrite_html(f'<a href="{value}">').links
    assert link.url == url


# Where several reasons apply, the first in this order is given.


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("#{{ x }}", "placeholder"),
        ("//shop.example/unsubscribe", "scheme_relative"),
        ("mailto:unsubscribe@shop.example", "scheme"),
        ("https://ann@shop.example/unsubscribe", "bad_destination"),
        ("https://shop.example/?token=" + "x" * 2000, "too_long"),
        ("https://click.example/unsubscribe?token=1", "tracked"),
        ("https://shop.example/list/unsubscribe?token=1", "listed"),
        ("https://shop.example/unsubscribe?token=1", "unsubscribe"),
        ("https://track.example/t/c/unsubscribe?token=1", "tracked"),
        ("https://track.example/t/c/{{ token }}", "tracked"),
    ],
)
def test_the_surest_reason_comes_first(value: str, reason: str) -> None:
    policy = LinkPolicy(tracking_hosts=["click.example"], skip_urls=[re.compile("/list/")])
    assert reason_of(value, policy=policy) == reason


def test_what_is_wrong_with_a_url_goes_before_its_opt_out_attribute() -> None:
    result = rewrite_html('<a data-lm-no-track href="mailto:x"><a data-lm-no-track href="https://shop.example/">')
    assert [reason for _, reason in result.skipped] == ["scheme", "opt_out"]


def test_reasons_have_the_printed_values() -> None:
    assert {str(reason) for reason in SkipReason} == {
        *("scheme", "fragment", "empty", "relative", "scheme_relative", "placeholder", "tracked", "unsubscribe"),
        *("listed", "opt_out", "sensitive", "bad_destination", "too_long", "url_text", "too_many", "undecodable"),
        "line_too_long",
        "personal",
    }


# A base.


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


# The policy: each option does what it says, and nothing is done without it.


@pytest.mark.parametrize(
    ("value", "policy", "otherwise"),
    [
        ("https://shop.example/a", LinkPolicy(skip_urls=["https://shop.example/a"]), None),
        ("https://shop.example/a?x&amp;y", LinkPolicy(skip_urls=["https://shop.example/a?x&y"]), None),
        ("https://shop.example/a", LinkPolicy(skip_urls=[re.compile(r"\.example/a")]), None),
        ("https://shop.example/a", LinkPolicy(skip_urls=["https://x.example/", re.compile("shop")]), None),
    ],
)
def test_listed_urls_are_left(value: str, policy: LinkPolicy, otherwise: SkipReason | None) -> None:
    assert reason_of(value, policy=policy) == SkipReason.LISTED
    assert reason_of(value) is otherwise


@pytest.mark.parametrize("entry", ["https://shop.example", "https://shop.example/a/", "HTTPS://shop.example/a", "shop"])
def test_a_listed_str_is_the_whole_url(entry: str) -> None:
    assert reason_of("https://shop.example/a", policy=LinkPolicy(skip_urls=[entry])) is None


@pytest.mark.parametrize(
    ("value", "host", "reason"),
    [
        ("https://Click.example/x", "click.EXAMPLE", "tracked"),
        ("https://click.example", "click.example", "tracked"),
        ("https://click.example:8443?x", "click.example", "tracked"),
        ("https://click.example#x", "click.example", "tracked"),
        ("https://[2001:DB8::1]:80/", "[2001:db8::1]", "tracked"),
        ("https://klick.müller.example/", "klick.MÜLLER.example", "tracked"),
        ("https://x.click.example/", "click.example", None),
        ("https://shop.example/click.example/", "click.example", None),
        ("https://shop.example/?u=https://click.example/", "click.example", None),
    ],
)
def test_links_of_a_tracking_host_are_tracked_already(value: str, host: str, reason: str | None) -> None:
    assert reason_of(value, policy=LinkPolicy(tracking_hosts=[host])) == reason


def test_unsubscribe_links_are_tracked_on_demand() -> None:
    policy = LinkPolicy(track_unsubscribe=True)
    assert reason_of("https://shop.example/unsubscribe", policy=policy) is None
    assert reason_of("https://shop.example/abmelden", policy=policy) is None
    assert reason_of("https://shop.example/unsubscribe?token=1", policy=policy) == "sensitive"


def test_sensitive_links_are_tracked_on_demand() -> None:
    policy = LinkPolicy(track_sensitive=True)
    assert reason_of("https://shop.example/?token=1&amp;u=ann@post.example", policy=policy) is None
    assert reason_of("https://shop.example/unsubscribe?token=1", policy=policy) == "unsubscribe"


def test_the_limit_is_in_octets_of_the_decoded_url() -> None:
    policy = LinkPolicy(max_url_octets=24)
    assert reason_of("https://shop.example/?&amp;&amp;", policy=policy) is None
    assert reason_of("https://shop.example/?&amp;&amp;x", policy=policy) == "too_long"
    assert reason_of("https://shop.example/é?", policy=policy) is None
    assert reason_of("https://shop.example/éé", policy=policy) == "too_long"
    assert reason_of("https://shop.example/" + "x" * 2027, policy=WIDE) is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("https://shop.example/sale", "url_text"),
        ("HTTP://shop.example", "url_text"),
        ("www.shop.example", "url_text"),
        ("<b>shop</b>.example", "url_text"),
        ("shop.example/sale?x=1", "url_text"),
        ("shop.example:8080", "url_text"),
        ("&nbsp;münchen.example ", "url_text"),
        ("<img alt='shop.example'>", "url_text"),
        ("Shop.example lamps", "url_text"),
        ("Visit shop.example", None),
        ("Shop", None),
        ("3.14", None),
        ("", None),
    ],
)
def test_links_that_show_a_url_are_left_on_demand(content: str, reason: str | None) -> None:
    html = f'<a href="https://shop.example/">{content}</a>'
    result = rewrite_html(html, policy=LinkPolicy(skip_url_text=True))
    assert [why for _, why in result.skipped] == ([reason] if reason else [])
    assert len(rewrite_html(html).links) == 1


def test_a_shown_url_may_stand_in_a_few_tags() -> None:
    policy = LinkPolicy(skip_url_text=True)
    few, many = "<b>" * 16, "<b>" * 17
    assert rewrite_html(f"<a href=https://shop.example/>{few}shop.example</a>", policy=policy).links == ()
    assert len(rewrite_html(f"<a href=https://shop.example/>{many}shop.example</a>", policy=policy).links) == 1


def test_url_text_is_the_last_reason() -> None:
    html = '<a href="https://shop.example/" data-lm-no-track>shop.example</a><a href="mailto:x">shop.example</a>'
    result = rewrite_html(html, policy=LinkPolicy(skip_url_text=True))
    assert [reason for _, reason in result.skipped] == ["opt_out", "scheme"]


def test_a_policy_is_a_value() -> None:
    policy = LinkPolicy(skip_urls=["https://shop.example/", re.compile("x")], tracking_hosts=["Click.example"])
    assert policy.skip_urls == ("https://shop.example/", re.compile("x"))
    assert policy.tracking_hosts == ("click.example",)
    assert policy == pickle.loads(pickle.dumps(policy))  # noqa: S301 - our own bytes
    assert hash(policy) == hash(LinkPolicy(skip_urls=policy.skip_urls, tracking_hosts=["click.example"]))
    assert policy != LinkPolicy()
    with pytest.raises(AttributeError):
        policy.max_url_octets = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    "options",
    [
        {"skip_urls": "https://shop.example/"},
        {"skip_urls": re.compile("x")},
        {"skip_urls": [b"x"]},
        {"skip_urls": [re.compile(b"x")]},
        {"skip_urls": None},
        {"tracking_hosts": "click.example"},
        {"tracking_hosts": [b"click.example"]},
        {"tracking_hosts": None},
        {"track_unsubscribe": 1},
        {"track_sensitive": None},
        {"track_conditional": "yes"},
        {"skip_url_text": 0},
        {"max_url_octets": True},
        {"max_url_octets": 10.0},
        {"max_url_octets": "10"},
        {"strip_opt_out": []},
    ],
)
def test_a_policy_refuses_other_types(options: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        LinkPolicy(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [{"strip_opt_out": "some"}, {"strip_opt_out": None}, {"max_url_octets": 0}, {"max_url_octets": 2049}],
)
def test_a_policy_refuses_other_values(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        LinkPolicy(**options)  # type: ignore[arg-type]


def test_a_policy_takes_the_limits_themselves() -> None:
    assert LinkPolicy(max_url_octets=1).max_url_octets == 1
    assert LinkPolicy(max_url_octets=2048).max_url_octets == 2048


# The values.


def test_a_link_is_a_value_that_does_not_show_its_document() -> None:
    html = '<p>secret paragraph</p><area href="https://shop.example/">'
    (link,) = rewrite_html(html).links
    assert link.to_dict() == {
        "index": 0,
        "url": "https://shop.example/",
        "element": "area",
        "conditional": False,
        "personal": False,
        "label": None,
    }
    fields = "index=0, url='https://shop.example/', element='area', conditional=False, personal=False, label=None"
    assert repr(link) == f"Link({fields})"
    assert "secret" not in repr(link)
    assert link == pickle.loads(pickle.dumps(link))  # noqa: S301 - our own bytes
    assert hash(link) == hash(rewrite_html(html).links[0])
    assert link != rewrite_html(html + " ").links[0]


def test_a_link_made_by_hand_has_no_text() -> None:
    assert Link(index=0, url="https://shop.example/").text() == ""


def test_an_edit_is_a_value() -> None:
    edit = Edit(3, "old", "new")
    assert edit == (3, "old", "new")
    assert edit == pickle.loads(pickle.dumps(edit))  # noqa: S301 - our own bytes
    assert (edit.offset, edit.old, edit.new) == (3, "old", "new")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<a href=https://x.example>Our  <b>big</b>\n&amp; small&nbsp;shop</a> more", "Our big & small shop"),
        ("<a href=https://x.example>one<br>two<p>three</p>four<i>five</i></a>", "one two three fourfive"),
        ("<a href=https://x.example><img src=x alt='Our &quot;shop&quot;'>!</a>", 'Our "shop" !'),
        ("<a href=https://x.example><img src=x></a>", ""),
        ("<a href=https://x.example>see<!-- not --> this<style>a{}</style>!</a>", "see this!"),
        ("<a href=https://x.example>x<script>if (a</a>b)</script>y</a>", "xy"),
        ("<a href=https://x.example>x<script>endless", "x"),
        ("<a href=https://x.example>first<a href=https://y.example>second</a>", "first"),
        ("<a href=https://x.example>never closed", "never closed"),
        ("<a href=https://x.example>cut <b", "cut"),
        ("<a href=https://x.example>1 < 2 &lt; 3</a>", "1 < 2 < 3"),
        ("<a href=https://x.example>&copy &#65 &#x42;</a>", "© A B"),
        (f"<a href=https://x.example>&#{'9' * 5000};</a>", "\ufffd"),
        (f"<a href=https://x.example>&#{'0' * 5000}65;</a>", "A"),
        (f"<a href=https://x.example>&#{'0' * 20_000}65;</a>", "\ufffd"),
        (f"<a href=https://x.example>{'x' * 20_000}</a>", "x" * (10_000 - len("<a href=https://x.example>"))),
        ("<area href=https://x.example alt=' our &amp;  shop '>text", "our & shop"),
        ("<area href=https://x.example>text", ""),
        ("<!--[if mso]><v:rect href='https://x.example'><center>Buy</center></v:rect><![endif]--></v:rect>late", "Buy"),
        ("<!--[if mso]><a href='https://x.example'>Buy<![endif]--> later</a>", "Buy"),
    ],
)
def test_text_is_what_a_person_sees(html: str, text: str) -> None:
    assert rewrite_html(html).links[0].text() == text


# Properties.


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


@given(LINK_VALUES)
def test_a_link_is_judged_as_its_decoded_url_is(value: str) -> None:
    quote = "'" if '"' in value else '"'
    if quote in value:
        return
    url = decode_attribute(value).strip(WHITESPACE)
    if skip_reason(url, POLICY) is SkipReason.BAD_DESTINATION:
        url = browser_url(url)
    result = rewrite_html(f"<a href={quote}{value}{quote}>")
    reason = skip_reason(url, POLICY)
    assert [(link.url, why) for link, why in result.skipped] == ([(url, reason)] if reason else [])
    assert [link.url for link in result.links] == ([] if reason else [url])


@given(st.text() | LINK_VALUES, st.integers(1, 2048))
def test_any_text_has_an_answer(text: str, limit: int) -> None:
    policy = LinkPolicy(max_url_octets=limit, track_sensitive=True, track_unsubscribe=True)
    reason = skip_reason(text, policy)
    if reason is None:
        assert len(text.encode()) <= limit
        assert text[:8].lower().startswith(("http://", "https://"))


@given(LINK_VALUES)
def test_what_lets_more_be_tracked_never_lets_less(value: str) -> None:
    open_policy = LinkPolicy(track_unsubscribe=True, track_sensitive=True, max_url_octets=2048)
    if skip_reason(value, POLICY) is None:
        assert skip_reason(value, open_policy) is None
    listed = LinkPolicy(skip_urls=[value])
    assert skip_reason(value, listed) is not None


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
