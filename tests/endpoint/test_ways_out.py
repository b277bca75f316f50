"""The pages on which people stop the tracking or leave a list, and the requests behind them."""

from __future__ import annotations

import dataclasses
import re
from base64 import b64encode
from datetime import datetime, timedelta
from hashlib import sha256
from html import unescape
from typing import Any

import pytest
from hypothesis import given, strategies as st

from endpoint_requests import (
    DOMAIN,
    FOREIGN,
    ID,
    ISSUED,
    NOW,
    WITHDRAW,
    ask,
    click_token,
    fail,
    location,
    open_token,
)
from lmtrack import Consent, TrackingDomain, make_keys, make_unsubscribe_token, make_withdraw_token
from lmtrack._endpoint.answer import pressed
from lmtrack.endpoint import AdmissionReason, PageWords, read_tracking_url
from lmtrack.resolver import ConsentRecord
from lmtrack.tokens import ClickToken, OpenToken, UnsubscribeToken, WithdrawToken
from lmtrack.urls import unsubscribe_url, withdraw_url

UNSUBSCRIBE = make_unsubscribe_token(DOMAIN.keys, ID, recipient=2, now=ISSUED)
ONE_CLICK = b"List-Unsubscribe=One-Click"
MULTIPART = b'--xYz\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--xYz--\r\n'
FRENCH = PageWords(
    language="fr",
    stop_title="Arrêter le suivi ?",
    stop_button="Arrêter <le> suivi",
    leave_title="Se désabonner ?",
    left_title="C'est fait",
    return_button="Me réabonner",
    failed_title="Échec",
)


def test_looking_at_the_page_withdraws_nothing() -> None:
    for method in ("GET", "HEAD"):
        handled = ask(f"/t/w/{WITHDRAW}", method=method, consent=fail)
        assert (handled.response.status, handled.withdrawal) == (200, None)
        assert handled.admission.reason is AdmissionReason.WITHDRAW_PAGE
        assert (b"<form" in handled.response.body) == (method == "GET")
    handled = ask(f"/t/w/{WITHDRAW}", method="OPTIONS")
    assert (handled.response.status, handled.response.body, handled.withdrawal) == (200, b"", None)
    assert dict(handled.response.headers)["Allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize("body", [b"", ONE_CLICK, b"anything=at&all", b"\xff\x00"])
def test_any_post_withdraws_at_any_time(body: bytes) -> None:
    for now in (NOW, NOW + timedelta(days=9999), ISSUED - timedelta(minutes=6), ISSUED - timedelta(days=999)):
        handled = ask(f"/t/w/{WITHDRAW}", method="POST", now=now, consent=fail, body=body)
        assert (handled.response.status, handled.withdrawal) == (200, WithdrawToken(ID, 2, ISSUED))
        assert handled.admission.reason is AdmissionReason.WITHDRAW
        assert not handled.admission.record
        assert b"<form" not in handled.response.body


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize("kind", ["w", "u"])
@pytest.mark.parametrize(
    "token",
    [
        open_token(),
        click_token(),
        WITHDRAW[:-3] + "AAA",
        UNSUBSCRIBE[:-3] + "AAA",
        make_withdraw_token(FOREIGN, ID, now=ISSUED),
        make_unsubscribe_token(FOREIGN, ID, now=ISSUED),
        "x",
    ],
)
def test_a_forged_way_out_is_not_found(method: str, kind: str, token: str) -> None:
    handled = ask(f"/t/{kind}/{token}", method=method, body=ONE_CLICK)
    assert (handled.response.status, handled.withdrawal, handled.unsubscribe) == (404, None, None)
    assert handled.admission.reason in {"wrong_purpose", "bad_signature", "unknown_key", "malformed"}


def test_the_two_ways_out_do_not_take_each_others_tokens() -> None:
    assert ask(f"/t/w/{UNSUBSCRIBE}", method="POST", body=ONE_CLICK).admission.reason == "wrong_purpose"
    assert ask(f"/t/u/{WITHDRAW}", method="POST", body=ONE_CLICK).admission.reason == "wrong_purpose"


def test_other_methods_do_nothing() -> None:
    for path in (f"/t/w/{WITHDRAW}", "/t/w/x", f"/t/u/{UNSUBSCRIBE}", "/t/u/x"):
        handled = ask(path, method="DELETE", body=ONE_CLICK)
        assert (handled.response.status, handled.withdrawal, handled.unsubscribe) == (405, None, None)
        assert dict(handled.response.headers)["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_after_a_withdrawal_nothing_is_recorded_and_links_still_work() -> None:
    withdrawn: dict[str, datetime] = {}

    def consent(token: OpenToken | ClickToken) -> ConsentRecord:
        return ConsentRecord(state=Consent.GRANTED, withdrawn_at=withdrawn.get(token.message_id))

    targets = [f"/t/o/{open_token()}", f"/t/c/{click_token()}"]
    assert all(ask(target, consent=consent).admission.record for target in targets)
    handled = ask(f"/t/w/{WITHDRAW}", method="POST")
    assert handled.withdrawal is not None
    withdrawn[handled.withdrawal.message_id] = NOW
    after = [ask(target, consent=consent) for target in targets]
    assert not any(handled.admission.record for handled in after)
    assert [handled.response for handled in after] == [ask(target).response for target in targets]


# Leaving the list


def test_looking_at_the_page_unsubscribes_nobody() -> None:
    handled = ask(f"/t/u/{UNSUBSCRIBE}", consent=fail)
    assert (handled.response.status, handled.unsubscribe) == (200, None)
    assert handled.admission.reason is AdmissionReason.UNSUBSCRIBE_PAGE
    assert (
        b'<form method="post"><button name="lmtrack" value="leave">Unsubscribe</button></form>' in handled.response.body
    )
    assert ask(f"/t/u/{UNSUBSCRIBE}", method="HEAD").response.body == b""


@pytest.mark.parametrize(
    "body",
    [
        ONE_CLICK,
        MULTIPART,
        MULTIPART.replace(b"\r\n--", b"\r\n\r\n--"),
        b"list-unsubscribe=one-click\r\n",
        b"lmtrack=leave",
        b"lmtrack=l%65ave",
        b"a=b&lmtrack=leave",
        b"lmtrack=return&lmtrack=leave",
    ],
)
def test_the_one_click_and_the_button_unsubscribe(body: bytes) -> None:
    for now in (NOW, NOW + timedelta(days=9999), ISSUED - timedelta(days=9)):
        handled = ask(f"/t/u/{UNSUBSCRIBE}", method="POST", body=body, now=now)
        assert (handled.response.status, handled.unsubscribe) == (200, UnsubscribeToken(ID, 2, ISSUED))
        assert handled.admission.reason is AdmissionReason.UNSUBSCRIBE
        assert location(handled) is None  # RFC 8058 section 3.1: never a redirect
        assert b'<button name="lmtrack" value="return">' in handled.response.body


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"List-Unsubscribe",
        b"List-Unsubscribe=Two-Click",
        b"unsubscribe=1",
        b"lmtrack=x",
        b"leave",
        b"--",
        b"--x\r\nname=List-Unsubscribe\r\n",
        b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\nOne-Click\r\n--x--',
        b"a=b&" * 4000 + ONE_CLICK,
        b"\xff" * 100,
        b"lmtrack=leave+",
        MULTIPART.replace(b"One-Click", b" One-Click"),
        MULTIPART.replace(b"One-Click", b"XOne-Click"),
    ],
)
def test_a_post_that_says_nothing_shows_the_page_again(body: bytes) -> None:
    handled = ask(f"/t/u/{UNSUBSCRIBE}", method="POST", body=body)
    assert handled.response == ask(f"/t/u/{UNSUBSCRIBE}").response
    assert (handled.unsubscribe, handled.resubscribe) == (None, None)
    assert handled.admission.reason is AdmissionReason.UNSUBSCRIBE_PAGE


def test_the_page_that_confirms_offers_the_way_back() -> None:
    handled = ask(f"/t/u/{UNSUBSCRIBE}", method="POST", body=b"lmtrack=return")
    assert (handled.unsubscribe, handled.resubscribe) == (None, UnsubscribeToken(ID, 2, ISSUED))
    assert handled.admission.reason is AdmissionReason.RESUBSCRIBE
    assert b'value="leave"' in handled.response.body
    both = ask(f"/t/u/{UNSUBSCRIBE}", method="POST", body=b"lmtrack=return&" + ONE_CLICK)
    assert (both.unsubscribe is not None, both.resubscribe) == (True, None)


@given(
    st.binary(max_size=300)
    | st.lists(st.sampled_from([ONE_CLICK, MULTIPART, b"--", b"\r\n", b"&", b"=", b"%"])).map(b"".join)
)
def test_any_body_is_read(body: bytes) -> None:
    assert pressed(body) in {None, "leave", "return"}


# How the pages look


def test_pages_speak_the_recipients_language() -> None:
    page = ask(f"/t/w/{WITHDRAW}", words=FRENCH).response.body.decode()
    assert '<html lang="fr">' in page
    assert "<h1>Arrêter le suivi ?</h1>" in page
    assert "Arrêter &lt;le&gt; suivi" in page

    def words(token: WithdrawToken | UnsubscribeToken) -> PageWords:
        return FRENCH if token.recipient == 2 else PageWords()

    assert b"Se d\xc3\xa9sabonner" in ask(f"/t/u/{UNSUBSCRIBE}", words=words).response.body
    assert "Arrêter" in ask(f"/t/w/{WITHDRAW}", words=words).response.body.decode()
    left = ask(f"/t/u/{UNSUBSCRIBE}", method="POST", body=ONE_CLICK, words=words).response.body.decode()
    assert "C'est fait" in unescape(left)
    for broken in (fail, lambda _token: "fr", None):
        assert b"Unsubscribe?" in ask(f"/t/u/{UNSUBSCRIBE}", words=broken).response.body


def test_a_page_loads_nothing_and_may_be_styled_by_its_own_sheet_alone() -> None:
    response = ask(f"/t/u/{UNSUBSCRIBE}").response
    page, headers = response.body.decode(), dict(response.headers)
    (sheet,) = re.findall(r"<style>(.*?)</style>", page)
    digest = b64encode(sha256(sheet.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in headers["Content-Security-Policy"]
    assert "color-scheme:light dark" in sheet
    assert 'content="width=device-width, initial-scale=1"' in page
    assert not re.search(r"\b(?:src|href|action)=", page)
    assert headers["Cache-Control"] == "no-store"
    assert len(page.encode()) == int(headers["Content-Length"])


def test_pages_are_html_without_a_mistake() -> None:
    parser = pytest.importorskip("html5lib").HTMLParser
    hostile = PageWords(
        **{
            field.name: '</title><script>alert(1)</script>"&amp;\ud800'
            for field in dataclasses.fields(PageWords)
            if field.name not in {"language", "direction"}
        }
    )
    for words in (FRENCH, hostile):
        for path, method, body in (
            (f"/t/w/{WITHDRAW}", "GET", b""),
            (f"/t/w/{WITHDRAW}", "POST", b""),
            (f"/t/u/{UNSUBSCRIBE}", "GET", b""),
            (f"/t/u/{UNSUBSCRIBE}", "POST", ONE_CLICK),
            (f"/t/u/{UNSUBSCRIBE}", "POST", b"lmtrack=return"),
        ):
            page = ask(path, method=method, body=body, words=words).response.body
            parser(strict=True).parse(page)
            assert b"<script" not in page


@pytest.mark.parametrize(
    "changed", [{"language": 'fr"><script>'}, {"language": ""}, {"direction": "up"}, {"direction": "RTL"}]
)
def test_words_are_in_a_language_and_a_direction(changed: dict[str, Any]) -> None:
    text = r"^language must be a language tag such as de or pt-BR, direction ltr or rtl$"
    with pytest.raises(ValueError, match=text):
        PageWords(**changed)
    page = ask(f"/t/w/{WITHDRAW}", words=PageWords(language="he", direction="rtl")).response.body
    assert b'<html lang="he" dir="rtl">' in page


@pytest.mark.parametrize("name", ["stop_title", "language"])
def test_words_are_text(name: str) -> None:
    with pytest.raises(TypeError, match=f"^{name} must be a str, not bytes$"):
        PageWords(**{name: b"fr"})  # type: ignore[arg-type] # the test's purpose


# Where they are


def test_ways_out_have_a_host_of_their_own() -> None:
    domain = TrackingDomain(
        "https://track.example/t", make_keys(b"an example secret"), ways_out_url="https://shop.example/mail/"
    )
    for make_url, make_token, kind in (
        (withdraw_url, make_withdraw_token, WithdrawToken),
        (unsubscribe_url, make_unsubscribe_token, UnsubscribeToken),
    ):
        url = make_url(domain, make_token(domain.keys, ID))
        assert url.startswith("https://shop.example/mail/")
        assert domain.holds(url)
        for target in (url, url.removeprefix("https://shop.example"), url.removeprefix("https://shop.example/mail")):
            assert isinstance(read_tracking_url(target, domain=domain), kind)
            handled = ask(target, domain=domain, method="POST", body=ONE_CLICK)
            assert (handled.withdrawal or handled.unsubscribe) is not None
    assert not domain.holds("https://shop.example/lamps")


@pytest.mark.parametrize(
    "url", ["http://shop.example", "https://shop.example/?a", "https://ann@shop.example", "shop.example", ""]
)
def test_ways_out_follow_the_rules_of_a_base(url: str) -> None:
    with pytest.raises(ValueError, match="ways_out_url"):
        TrackingDomain("https://track.example", DOMAIN.keys, ways_out_url=url)
    with pytest.raises(TypeError, match=r"^ways_out_url must be a str, not bytes$"):
        TrackingDomain("https://track.example", DOMAIN.keys, ways_out_url=b"x")  # type: ignore[arg-type]
