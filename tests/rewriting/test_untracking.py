"""Untracking by a base URL, where the keys are not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest
from hypothesis import given, strategies as st

from lmtrack import (
    Campaign,
    Consent,
    Route,
    TrackingDomain,
    TrackingMode,
    make_click_token,
    make_keys,
    make_open_token,
    resolve,
    track_html,
    track_text,
    untrack_html,
    untrack_message,
    untrack_text,
)
from strategies import LINK_DOCUMENTS

Anything: TypeAlias = Any  # what a type checker would refuse

BASE = "https://track.example/t"
DOMAIN = TrackingDomain(BASE, make_keys(b"a fixed key of tests, 32 octets."))
FOREIGN = make_keys(b"a key that somebody made up")
GRANTED = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
AGGREGATE = resolve(Route(track_opens=True, track_clicks=True, ceiling=TrackingMode.AGGREGATE), consent=Consent.GRANTED)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
LONG = "https://shop.example/?" + "&".join(f"utm_campaign_{n}=summer" for n in range(12))


@given(LINK_DOCUMENTS)
def test_a_base_url_undoes_what_the_keys_undo(html: str) -> None:
    tracked = track_html(html, GRANTED, domain=DOMAIN, message_id="m-1", now=NOW).html
    assert untrack_html(tracked, domain=BASE) == untrack_html(tracked, domain=DOMAIN)


@pytest.mark.parametrize("url", ["https://shop.example/", LONG, "https://shop.example/menü?a=1&b=2"])
def test_every_kind_of_inline_token_is_led_back(url: str) -> None:
    for keys in (DOMAIN.keys, FOREIGN):
        for mode in (TrackingMode.INDIVIDUAL, TrackingMode.AGGREGATE):
            for recipient in (0,) if mode is TrackingMode.AGGREGATE else (0, 300):
                token = make_click_token(keys, "letter-4471", 300, url=url, mode=mode, recipient=recipient, now=NOW)
                assert untrack_text(f"<{BASE}/c/{token}>", domain=f"{BASE}/") == f"<{url}>"


def test_aggregate_mail_is_led_back_too() -> None:
    campaign = Campaign(id="spring", started_at=NOW, urls=("https://shop.example/",))
    html = '<body><a href="https://shop.example/">Shop</a></body>'
    tracked = track_html(html, AGGREGATE, domain=DOMAIN, message_id="m-1", campaign=campaign).html
    assert tracked != html
    assert untrack_html(tracked, domain=BASE) == html


@pytest.mark.parametrize(
    "path",
    [
        f"c/{make_click_token(DOMAIN.keys, 'm-1', 0, now=NOW)}",  # by id: it holds no destination
        f"c/{make_open_token(DOMAIN.keys, 'm-1', now=NOW)}",
        "c/x",
        "c/" + "A" * 60,
        "w/" + "A" * 60,
        f"c/{make_click_token(DOMAIN.keys, 'm-1', 0, url='https://shop.example/', now=NOW)[:-1]}",
    ],
)
def test_what_holds_no_destination_stays(path: str) -> None:
    for url in (f"{BASE}/{path}", f"https://track.example/{path}", f"https://other.example/t/{path}"):
        html = f'<a href="{url}">x</a>'
        assert untrack_html(html, domain=BASE) == html


def test_only_what_has_the_form_of_a_pixel_goes() -> None:
    token = make_open_token(FOREIGN, "m-1", now=NOW)
    page = (
        f'<p>x</p><img src="{BASE}/o/{token}"><img src="{BASE}/o/x"><img src="{BASE}/c/{token}"><img src="/o/{token}">'
    )
    assert untrack_html(page, domain=BASE) == page.replace(f'<img src="{BASE}/o/{token}">', "")
    assert untrack_html(page, domain=DOMAIN) == page  # our keys did not sign it


def test_messages_and_texts_take_a_base_url_too() -> None:
    text = track_text("See https://shop.example/lamps today", GRANTED, domain=DOMAIN, message_id="m-1", now=NOW).text
    raw = f"Subject: x\r\n\r\n{text}\r\n".encode()
    assert untrack_message(raw, domain=BASE) == b"Subject: x\r\n\r\nSee https://shop.example/lamps today\r\n"
    assert untrack_message(b"Subject: x\r\n\r\n", domain=BASE) == b"Subject: x\r\n\r\n"


@pytest.mark.parametrize(
    "domain", ["", "track.example", "http://track.example", "https://track.example/?a", BASE + "\n"]
)
def test_a_base_url_follows_the_rules_of_a_domain(domain: str) -> None:
    for untrack, content in ((untrack_html, ""), (untrack_text, ""), (untrack_message, b"")):
        act: Anything = untrack
        with pytest.raises(ValueError, match="domain must"):
            act(content, domain=domain)
        for bad in (None, b"https://track.example", DOMAIN.keys):
            with pytest.raises(TypeError, match=r"^domain must be a TrackingDomain or a base URL, not"):
                act(content, domain=bad)


@given(st.text(max_size=200), st.binary(max_size=80))
def test_any_text_is_read(text: str, body: bytes) -> None:
    from base64 import urlsafe_b64encode  # noqa: PLC0415 - of this test alone

    token = urlsafe_b64encode(b"\x13" + body).decode().rstrip("=")
    for content in (text, f"{BASE}/c/{token}", f"{BASE}/c/{token}{text}"):
        assert isinstance(untrack_text(content, domain=BASE), str)
