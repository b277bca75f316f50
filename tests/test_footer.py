"""The footer and the one-click header: our own links pass our own checks, and arrive as they were written."""

from __future__ import annotations

import asyncio
import quopri
import re
import smtplib
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, TypeAlias

import pytest
from hypothesis import given, strategies as st

from lmtrack import (
    Consent,
    Route,
    TrackingDomain,
    add_ways_out,
    lint_unsubscribe,
    make_keys,
    make_unsubscribe_token,
    make_withdraw_token,
    message_bytes,
    resolve,
    track_html,
    track_message,
    unsubscribe_headers,
    unsubscribe_url,
    withdraw_url,
)
from lmtrack.footer import Bodies
from strategies import LINK_DOCUMENTS

Anything: TypeAlias = Any  # what a type checker would refuse

KEYS = make_keys(b"a fixed key of tests, 32 octets.")
DOMAIN = TrackingDomain("https://track.shop.example", KEYS, ways_out_url="https://shop.example/mail")
ID = "01890a5d-ac96-774b-bcce-b302099a8057"
NOW = datetime(2026, 1, 1, tzinfo=UTC)  # fixed: tests are named by these, the same in every process of a run
LEAVE = unsubscribe_url(DOMAIN, make_unsubscribe_token(KEYS, ID, now=NOW))
STOP = withdraw_url(DOMAIN, make_withdraw_token(KEYS, ID, now=NOW))
LEAVE_FOOTER = f'<p style="font-size:12px"><a href="{LEAVE}">Unsubscribe</a></p>'
GRANTED = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
HTML = '<!DOCTYPE html>\n<html lang="en"><head><title>Lamps</title></head><body><p>New lamps</p></body></html>\n'
TEXT = "New lamps\n"


def letter(domain: TrackingDomain = DOMAIN, html: str = HTML, text: str = TEXT, **words: str) -> EmailMessage:
    leave = unsubscribe_url(domain, make_unsubscribe_token(KEYS, "8f3c-letters"))
    stop = withdraw_url(domain, make_withdraw_token(KEYS, "8f3c-letters"))
    bodies = add_ways_out(html, text, unsubscribe=leave, withdraw=stop, **words)
    message = EmailMessage(policy=policy.SMTP)
    message["From"], message["To"], message["Subject"] = "letters@shop.example", "ann@reader.example", "New lamps"
    message["Message-ID"] = "<1@shop.example>"
    for name, value in unsubscribe_headers(leave, mailto="mailto:leave@shop.example?subject=leave").items():
        message[name] = value
    message.set_content(bodies.text)
    message.add_alternative(bodies.html, subtype="html")
    return message


# In the bodies


def test_the_footer_stands_where_a_senders_own_would() -> None:
    bodies = add_ways_out(HTML, TEXT, unsubscribe=LEAVE, withdraw=STOP)
    assert isinstance(bodies, Bodies)
    assert bodies.html == HTML.replace(
        "</body>",
        f'<p style="font-size:12px"><a href="{LEAVE}">Unsubscribe</a> &middot; '
        f'<a href="{STOP}">Stop tracking</a></p></body>',
    )
    assert bodies.text == f"New lamps\n\nUnsubscribe: {LEAVE}\nStop tracking: {STOP}\n"


def test_each_link_may_stand_alone_and_each_body_be_missing() -> None:
    assert add_ways_out(None, "", withdraw=STOP) == (None, f"\nStop tracking: {STOP}\n")
    assert add_ways_out("x", None, unsubscribe=LEAVE).html == f"x{LEAVE_FOOTER}"
    assert add_ways_out(None, "a\r\nb", unsubscribe=LEAVE).text == f"a\r\nb\r\n\r\nUnsubscribe: {LEAVE}\r\n"
    with pytest.raises(ValueError, match="must be given"):
        add_ways_out(HTML, TEXT)


def test_a_marker_is_replaced_in_the_bodies_that_hold_it() -> None:
    html, text = HTML.replace("New", "{{ out }}New"), "{{ out }}\n--\nLantern Row\n"
    bodies = add_ways_out(html, text, unsubscribe=LEAVE, marker="{{ out }}")
    assert bodies.html == html.replace("{{ out }}", LEAVE_FOOTER)
    assert bodies.text == f"Unsubscribe: {LEAVE}\n--\nLantern Row\n"
    assert add_ways_out(HTML, TEXT, unsubscribe=LEAVE, marker="{{ out }}") == add_ways_out(
        HTML, TEXT, unsubscribe=LEAVE
    )
    with pytest.raises(ValueError, match=r"^the marker is in a body twice$"):
        add_ways_out(html + "{{ out }}", None, unsubscribe=LEAVE, marker="{{ out }}")


def test_a_link_that_is_there_is_not_put_there_again() -> None:
    once = add_ways_out(HTML, TEXT, unsubscribe=f"{LEAVE}?a=1&b=2", withdraw=STOP)
    again = add_ways_out(once.html, once.text, unsubscribe=f"{LEAVE}?a=1&b=2", withdraw=STOP, marker="{{ out }}")
    assert again == once
    assert again.html is once.html
    more = add_ways_out(*add_ways_out(HTML, TEXT, withdraw=STOP), unsubscribe=LEAVE, withdraw=STOP)
    assert more.html is not None
    assert (more.html.count(LEAVE), more.html.count(STOP)) == (1, 1)
    assert add_ways_out(once.html + "{{ out }}", None, withdraw=STOP, marker="{{ out }}").html == once.html


def test_labels_are_text() -> None:
    bodies = add_ways_out(HTML, TEXT, unsubscribe=LEAVE, unsubscribe_label="Abbestellen & <weg>")
    assert ">Abbestellen &amp; &lt;weg&gt;</a>" in (bodies.html or "")
    assert "Abbestellen & <weg>: " in (bodies.text or "")


@given(LINK_DOCUMENTS | st.text())
def test_a_document_stays_as_it_is_around_the_footer(html: str) -> None:
    result = add_ways_out(html, None, unsubscribe=LEAVE).html
    assert result is not None
    assert result.replace(LEAVE_FOOTER, "", 1) == html


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mailto:leave@shop.example",
        "javascript:alert(1)",
        "https://shop.example/u/x y",
        "https://shop.example/u/x>y",
        "https://shop.example/ü",
        "https://shop.example/a,b",
        "https://shop.example/\r\nBcc: x",
        f"https://shop.example/{'x' * 900}",
    ],
)
def test_what_cannot_stand_in_a_field_and_in_a_link_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="unsubscribe must be a URL"):
        add_ways_out(HTML, TEXT, unsubscribe=url)
    with pytest.raises(ValueError, match="url must be a URL"):
        unsubscribe_headers(url)


def test_other_types_are_the_callers_mistake() -> None:
    bad: Anything
    for bad in (None, b"https://shop.example/", 3):
        with pytest.raises(TypeError):
            unsubscribe_headers(bad)
        with pytest.raises(TypeError):
            add_ways_out(HTML, TEXT, unsubscribe=LEAVE, unsubscribe_label=bad)
    for bad in (b"x", 3):
        with pytest.raises(TypeError):
            add_ways_out(bad, None, unsubscribe=LEAVE)
        with pytest.raises(TypeError):
            add_ways_out(HTML, bad, unsubscribe=LEAVE, marker="x")
        with pytest.raises(TypeError):
            add_ways_out(HTML, TEXT, withdraw=bad)
        with pytest.raises(TypeError):
            add_ways_out(HTML, TEXT, withdraw=STOP, marker=bad)


# In the header


def test_the_header_is_that_of_rfc_8058() -> None:
    assert unsubscribe_headers(LEAVE) == {
        "List-Unsubscribe": f"<{LEAVE}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert (
        unsubscribe_headers(LEAVE, mailto="mailto:a@b.example")["List-Unsubscribe"]
        == f"<{LEAVE}>, <mailto:a@b.example>"
    )
    for url in ("http://shop.example/u/x", "HTTP://localhost/u/x"):
        with pytest.raises(ValueError, match="must begin with https://"):
            unsubscribe_headers(url)
    for mailto in (
        "leave@shop.example",
        "mailto:a@b.example?subject=a b",
        "mailto:a@b.example>, <x",
        "mailto:ü@b.example",
    ):
        with pytest.raises(ValueError, match="mailto must be"):
            unsubscribe_headers(LEAVE, mailto=mailto)


@pytest.mark.parametrize(
    "domain", [DOMAIN, TrackingDomain("https://track.shop.example/t", KEYS)], ids=["own", "shared"]
)
def test_our_lint_agrees_with_our_links(domain: TrackingDomain) -> None:
    raw = message_bytes(letter(domain))
    tracked = track_message(raw, GRANTED, domain=domain, message_id="m-1")
    assert tracked.decision.track_clicks
    findings = lint_unsubscribe(tracked.raw, domains=[domain], decision=tracked.decision)
    assert [finding for finding in findings if finding.kind != "unsubscribe_not_signed"] == []  # it is signed later
    assert b"/mail/u/" in quopri.decodestring(tracked.raw) or domain is not DOMAIN
    assert {reason.value for _, reason in tracked.skipped} <= {"tracked", "unsubscribe"}


@pytest.mark.parametrize(
    "base", ["https://shop.example", f"https://shop.example/{'mail/' * 40}x"], ids=["short", "long"]
)
def test_the_header_is_never_encoded_and_no_line_is_too_long(base: str) -> None:
    domain = TrackingDomain("https://track.shop.example", KEYS, ways_out_url=base)
    raw = message_bytes(letter(domain))
    assert b"=?" not in raw.partition(b"\r\n\r\n")[0]
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    read = message_from_bytes(raw, policy=policy.default)
    assert read["List-Unsubscribe"].startswith(f"<{base}/u/")
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def received(send: Any) -> list[bytes]:  # noqa: ANN401 - a function of the port
    """What a server on loopback gets."""
    controller = pytest.importorskip("aiosmtpd.controller")
    taken: list[bytes] = []

    class Handler:
        async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: ANN401, N802
            taken.append(envelope.content)
            return "250 OK"

    server = controller.UnthreadedController(Handler(), hostname="127.0.0.1", port=0, loop=asyncio.new_event_loop())
    loop = server.loop
    created = loop.run_until_complete(server._create_server())
    port = created.sockets[0].getsockname()[1]
    try:
        loop.run_until_complete(loop.run_in_executor(None, send, port))
    finally:
        created.close()
        loop.run_until_complete(created.wait_closed())
        loop.close()
    return taken


def test_a_real_smtplib_send_delivers_it_as_it_was_written() -> None:
    tracked = track_message(message_bytes(letter()), GRANTED, domain=DOMAIN, message_id="m-1").raw

    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as client:
            client.sendmail("letters@shop.example", ["ann@reader.example"], tracked)

    assert received(send) == [tracked]
    (field,) = re.findall(rb"(?m)^List-Unsubscribe: (.*(?:\r\n .*)*)\r$", tracked)
    assert field.startswith(b"<https://shop.example/mail/u/")


def test_a_real_django_mail_keeps_it_too() -> None:
    django_mail = pytest.importorskip("django.core.mail")
    settings = pytest.importorskip("django.conf").settings
    if not settings.configured:
        settings.configure()
    bodies = add_ways_out(HTML, TEXT, unsubscribe=LEAVE, withdraw=STOP)
    message = django_mail.EmailMultiAlternatives(
        "New lamps", bodies.text, "letters@shop.example", ["ann@reader.example"], headers=unsubscribe_headers(LEAVE)
    )
    message.attach_alternative(bodies.html, "text/html")
    raw = message_bytes(message.message())
    findings = lint_unsubscribe(raw, domains=[DOMAIN], decision=GRANTED)
    assert [finding for finding in findings if finding.kind != "unsubscribe_not_signed"] == []
    assert f"<{LEAVE}>".encode() in raw


@given(st.text(max_size=60), st.sampled_from(["\n", "\r\n"]))
def test_a_text_stays_as_it_is_above_the_footer(text: str, line_end: str) -> None:
    body = text.replace("\n", line_end)
    result = add_ways_out(None, body, unsubscribe=LEAVE).text
    assert result is not None
    assert result.startswith(body)
    assert result.endswith((f"Unsubscribe: {LEAVE}\n", f"Unsubscribe: {LEAVE}\r\n"))


@pytest.mark.parametrize(
    "url", [STOP, LEAVE, STOP.replace("/w/", "/%77/"), STOP.replace("shop.example", "SHOP.example")]
)
def test_a_way_out_on_a_host_of_its_own_is_never_tracked(url: str) -> None:
    page = f'<p><a href="{url}">Read on</a> <a href="https://shop.example/mail/lamps">Lamps</a></p>'
    tracked = track_html(page, GRANTED, domain=DOMAIN, message_id="m-1")
    assert [(link.url, str(reason)) for link, reason in tracked.skipped] == [(url, "tracked")]
    assert [link.url for link in tracked.links] == ["https://shop.example/mail/lamps"]
