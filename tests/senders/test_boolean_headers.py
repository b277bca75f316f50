"""What mail libraries make of a boolean given to them as the value of an override header.

The mail is off, or is not sent; the one library that drops the header in silence is why header values are text.
"""

from __future__ import annotations

import asyncio
import os
import smtplib
from email.message import EmailMessage
from email.mime.text import MIMEText
from typing import TYPE_CHECKING, Any

import pytest

if os.environ.get("LMTRACK_SENDERS") != "1":  # noqa: TID251 - the session says so
    pytest.skip("sending libraries: nox -s senders", allow_module_level=True)

from lmtrack import Consent, Route, message_bytes, parse_headers, resolve, track_message
from sender_newsletter import ANN, DOMAIN, SHOP, receive

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

NAME = "X-LM-Override-Track-Opens"
PAGE = "<p>Your code is 447109.</p>"
INVALID = ("opens:override_invalid",)


def made_today(value: Any) -> Message:  # noqa: ANN401 - here and below: what a header should not be
    message = EmailMessage()
    message["From"], message["To"], message[NAME] = SHOP, ANN, value
    message.set_content(PAGE, subtype="html")
    return message


def made_of_old(value: Any) -> Message:  # noqa: ANN401
    message = MIMEText(PAGE, "html")
    message["From"], message["To"], message[NAME] = SHOP, ANN, value
    return message


def flask_mail(value: Any) -> Message:  # noqa: ANN401
    flask, library = pytest.importorskip("flask"), pytest.importorskip("flask_mail")
    app = flask.Flask("shop")
    with app.app_context():
        library.Mail(app)
        letter = library.Message("Code", [ANN], html=PAGE, sender=SHOP, extra_headers={NAME: value})
        message: Message = letter._message()
        return message


def flask_mailman(value: Any) -> Message:  # noqa: ANN401
    flask, library = pytest.importorskip("flask"), pytest.importorskip("flask_mailman")
    app = flask.Flask("shop")
    library.Mail(app)
    with app.app_context():
        letter = library.EmailMessage("Code", PAGE, SHOP, [ANN], headers={NAME: value})
        letter.content_subtype = "html"
        message: Message = letter.message()
        return message


def fastapi_mail(value: Any) -> Message:  # noqa: ANN401
    library = pytest.importorskip("fastapi_mail")
    config = library.ConnectionConfig(
        MAIL_USERNAME="", MAIL_PASSWORD="", MAIL_FROM=SHOP, MAIL_PORT=25, MAIL_SERVER="127.0.0.1",
        MAIL_STARTTLS=False, MAIL_SSL_TLS=False, USE_CREDENTIALS=False,
    )  # fmt: skip
    schema = library.MessageSchema(
        subject="Code", recipients=[ANN], body=PAGE, subtype=library.MessageType.html, headers={NAME: value}
    )
    message: Message = asyncio.run(library.FastMail(config).get_message(schema))
    return message


def redmail(value: Any) -> Message:  # noqa: ANN401
    sender = pytest.importorskip("redmail").EmailSender(host="127.0.0.1", port=25)
    message: Message = sender.get_message(
        subject="Code", sender=SHOP, receivers=[ANN], html=PAGE, headers={NAME: value}
    )
    return message


def emails(value: Any) -> Message:  # noqa: ANN401
    letter = pytest.importorskip("emails").html(
        html=PAGE, subject="Code", mail_from=SHOP, mail_to=ANN, headers={NAME: value}
    )
    message: Message = letter.as_message()
    return message


def envelope(value: Any) -> Message:  # noqa: ANN401
    letter = pytest.importorskip("envelope").Envelope().from_(SHOP).to(ANN).subject("Code").message(PAGE)
    message: Message = letter.header(NAME, value).as_message()
    return message


@pytest.mark.parametrize(
    ("make", "written", "problems"),
    [(made_today, b"", INVALID), (redmail, b"", INVALID), (emails, b"False", ()), (flask_mailman, b"False", ())],
)
def test_false_turns_the_mail_off(make: Callable[[Any], Message], written: bytes, problems: tuple[str, ...]) -> None:
    raw = message_bytes(make(False))
    lines = [line.partition(b":")[2].strip() for line in raw.splitlines() if line.startswith(NAME.encode())]
    override = parse_headers(raw)
    assert (lines, override.track_opens, override.problems) == ([written], False, problems)
    decision = resolve(Route(track_opens=True), consent=Consent.GRANTED)  # the header in the mail counts by itself
    tracked = track_message(raw, decision, domain=DOMAIN, message_id="m-1")
    assert (tracked.decision.track_opens, b"/o/" in tracked.raw, NAME.encode() in tracked.raw) == (False, False, False)


@pytest.mark.parametrize(
    "make",
    [made_of_old, flask_mail, fastapi_mail],
    ids=lambda make: make.__name__,  # yagmail too, see below
)
@pytest.mark.parametrize("value", [False, True])
def test_a_boolean_is_refused_before_a_mail_is_sent(make: Callable[[Any], Message], value: bool) -> None:
    def send(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port) as server, pytest.raises((TypeError, AttributeError)):
            server.sendmail(SHOP, [ANN], message_bytes(make(value)))

    assert receive(send) == []


def test_yagmail_refuses_it_too() -> None:
    yag = pytest.importorskip("yagmail").SMTP(SHOP, "x", host="127.0.0.1", port=25, smtp_starttls=False, smtp_ssl=False)
    with pytest.raises(AttributeError):
        yag.prepare_send(ANN, "Code", [PAGE], headers={NAME: False})


def test_envelope_writes_no_line_for_false() -> None:
    """So the mail is the route's. As text it is heard, and that is what the docs say to write."""
    assert parse_headers(message_bytes(envelope(False))).track_opens is None
    assert parse_headers(message_bytes(envelope("false"))).track_opens is False


@pytest.mark.parametrize(
    "make", [made_today, made_of_old, flask_mail, flask_mailman, fastapi_mail, redmail, emails, envelope]
)
@pytest.mark.parametrize("value", ["true", "false"])
def test_text_is_heard_from_every_library(make: Callable[[Any], Message], value: str) -> None:
    override = parse_headers(message_bytes(make(value)))
    assert (override.track_opens, override.problems) == (value == "true", ())
