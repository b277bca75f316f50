"""What people do at first: each mistake is an error, or a reason in the result, that names the right thing."""

from __future__ import annotations

import email
import smtplib
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from typing import Any, Final

import pytest

from lmtrack import (
    Consent,
    Decision,
    Route,
    TrackingDomain,
    make_keys,
    message_bytes,
    prepare_message,
    resolve,
    track_html,
    track_message,
    track_text,
)

NOON: Final = datetime(2026, 11, 2, 12, tzinfo=UTC)
DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"a fixed key, for these tests only"))
ROUTE: Final = Route(track_opens=True, track_clicks=True, require_consent=True)
GRANTED: Final = resolve(ROUTE, consent=Consent.GRANTED)
HTML: Final = '<p>We have <a href="https://shop.example/lamps">new lamps</a>.</p>\n'


def letter(**headers: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "letters@shop.example", "ann@reader.example"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("From today on we have new lamps: https://shop.example/lamps\n")
    message.add_alternative(HTML, subtype="html")
    return message


def track(track_it: Any, source: Any, decision: Decision = GRANTED, **options: Any) -> Any:  # noqa: ANN401 - all of them
    return track_it(source, decision, domain=DOMAIN, message_id="m-1", now=NOON, **options)


# The result instead of what is in it


@pytest.mark.parametrize(
    ("track_it", "source", "content"),
    [
        (track_html, HTML, "html"),
        (track_text, "Our shop: https://shop.example/", "text"),
        (track_message, message_bytes(letter()), "raw"),
        (prepare_message, letter(), "raw"),
    ],
)
def test_a_result_is_no_text(track_it: Any, source: Any, content: str) -> None:  # noqa: ANN401 - all of them
    result = track(track_it, source)
    for use in (str, "{}".format, lambda it: f"{it}", lambda it: f"{it:>5}", lambda it: "%s" % it):  # noqa: UP031
        with pytest.raises(TypeError, match=rf"^a \w+ is not text: use its {content}$|^unsupported format string"):
            use(result)
    assert repr(result)
    with pytest.raises(TypeError, match=rf"must be (a str|bytes), not \w+: pass its {content}$"):
        track(track_html if content != "raw" else track_message, result)


# A raw message as text


@pytest.mark.parametrize("track_it", [track_html, track_text])
def test_a_whole_message_is_neither_html_nor_text(track_it: Any) -> None:  # noqa: ANN401 - one of two
    message = letter(List_Unsubscribe="<https://shop.example/leave>")
    for text in (message.as_string(), message_bytes(message).decode(), message.as_string().replace("\n", "\r\n")):
        result = track(track_it, text)
        assert getattr(result, "html", None) is text or result.text is text
        assert set(result.decision.reasons) == {"opens:raw_message", "clicks:raw_message"}


@pytest.mark.parametrize(
    "text",
    [
        f"From: Ann\nSubject: lamps\n\n{HTML}",  # a quoted letter
        f"Content-Type: text/html\n{HTML}",
        f"Received: yesterday. Thank you!\n{HTML}",
        f"Note: we moved\nMessage-ID\n\n{HTML}",
        f"\nContent-Type: text/html\n\n{HTML}",
        HTML,
        "",
    ],
)
def test_a_page_or_text_that_only_resembles_a_message_is_tracked(text: str) -> None:
    assert track(track_html, text).decision.reasons == ()
    assert track(track_text, text).decision.track_clicks


def test_a_message_that_was_read_as_text_is_told_to_be_read_as_bytes() -> None:
    with pytest.raises(TypeError, match="raw must be bytes, not str"):
        track(track_message, letter().as_string())
    with pytest.raises(TypeError, match=r"raw must be bytes, not EmailMessage: pass message_bytes\(raw\)"):
        track(track_message, letter())
    with pytest.raises(ValueError, match=r"message_from_bytes\(text.encode\(\)\)"):
        message_bytes(email.message_from_string("Content-Type: text/plain\n\nGrüße\n"))


# A template before its fields are filled in


def test_a_template_is_not_tracked_where_fields_are_missing() -> None:
    template = '<p><a href="https://shop.example/o/{order}">Your order</a> <a href="{url}">Page</a></p>'
    tracked = track(track_html, template)
    assert [reason for _, reason in tracked.skipped] == ["placeholder", "placeholder"]
    filled = tracked.html.format(order="4471", url="https://shop.example/")
    assert '<a href="https://shop.example/o/4471">' in filled


# Ids and decisions


def test_a_message_id_header_is_not_an_id() -> None:
    with pytest.raises(ValueError, match="your own id for the message, not its Message-ID header") as refused:
        track_html(HTML, GRANTED, domain=DOMAIN, message_id="<letter-4471@shop.example>")
    assert "4471" not in str(refused.value)


def test_types_are_named_and_where_a_value_comes_from() -> None:
    with pytest.raises(TypeError, match=r"^decision must be a Decision \(from resolve\), not bool$"):
        track(track_html, HTML, True)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^domain must be a TrackingDomain, not str$"):
        track_html(HTML, GRANTED, domain="https://track.example", message_id="m-1")  # type: ignore[arg-type]


# Undone by the standard library


def test_what_send_message_does_to_a_tracked_message() -> None:
    raw = track(track_message, message_bytes(letter(List_Unsubscribe=f"<https://shop.example/{'4471' * 20}>"))).raw
    sent: list[bytes] = []
    server = smtplib.SMTP()
    server.ehlo_or_helo_if_needed = lambda: None  # type: ignore[method-assign]
    server.sendmail = lambda _from, _to, octets, *_: sent.append(octets)  # type: ignore[method-assign, assignment]
    server.send_message(email.message_from_bytes(raw))
    assert b"\r\n>From today" in sent[0]
    assert b"\r\nFrom today" in raw


# Bytes that a server refuses


def test_bytes_that_servers_refuse_or_that_give_away_are_told() -> None:
    assert track(track_message, message_bytes(letter())).problems == ()
    assert track(track_message, letter().as_bytes()).problems == ("bare_lf",)
    hidden = letter(Bcc="ben@reader.example").as_bytes(policy=policy.SMTP)
    assert track(track_message, hidden).problems == ("bcc",)
    assert track(track_message, b"Subject: x\r\n\r\n" + b"x" * 999 + b"\0\ry\r\n").problems == (
        "bare_cr", "long_line", "nul",
    )  # fmt: skip
    assert track(track_message, b"Subject: x\r\n\r\n" + b"x" * 998 + b"\r\n").problems == ()
