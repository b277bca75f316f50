"""Each reason for which a link is left, and which of them comes first."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from link_reasons import POLICY, reason_of
from lmtrack import LinkPolicy, SkipReason, rewrite_html
from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import WHITESPACE
from lmtrack._url.reader import browser_url
from lmtrack.links import skip_reason
from strategies import LINK_VALUES

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
        ("ht\ttps://shop.example/", None),  # as browsers read it
        ("https\n://shop.example/", None),
        ("ht\ttps://shop.example/reset/3f2504e04f8911d39a0c", "sensitive"),
        ("java\tscript:alert(1)", "scheme"),
        ("mail\nto:ann@b.example", "scheme"),
        ("/\t/shop.example/", "scheme_relative"),
        ("/a\tb", "relative"),
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


# Properties.


@given(LINK_VALUES)
def test_a_link_is_judged_as_its_decoded_url_is(value: str) -> None:
    quote = "'" if '"' in value else '"'
    if quote in value:
        return
    url = decode_attribute(value).strip(WHITESPACE)
    asked = browser_url(url)  # with blanks in it, browsers may still find it
    if SkipReason.BAD_DESTINATION in {skip_reason(url, POLICY)} - {skip_reason(asked, POLICY)}:
        url = asked
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
