"""Messages as sending libraries build them: lists in address headers, labelled multiparts, Bcc in the header."""

from __future__ import annotations

import email
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import TYPE_CHECKING

import pytest

from lmtrack import message_bytes, scan_message

if TYPE_CHECKING:
    from collections.abc import Callable

HTML = '<p><a href="https://shop.example/">Shop</a></p>\n'


def labelled(charset: str) -> MIMEMultipart:
    """What fastapi-mail and mailmerge build."""
    message = MIMEMultipart("mixed")
    message.set_charset(charset)
    message.attach(MIMEText(HTML, "html", "utf-8"))
    return message


@pytest.mark.parametrize(("charset", "label"), [("utf-8", "base64"), ("iso-8859-1", "quoted-printable")])
def test_a_label_that_no_multipart_can_have_is_left_out(charset: str, label: str) -> None:
    message = labelled(charset)
    assert message["Content-Transfer-Encoding"] == label
    head, _, rest = message_bytes(message).partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert f"Content-Transfer-Encoding: {label}".encode() not in head
    assert b"Content-Transfer-Encoding: base64" in rest  # the part's own
    assert message["Content-Transfer-Encoding"] == label  # the object stays as it is
    message.set_boundary("b")
    assert b"Transfer-Encoding" not in message_bytes(message).partition(b"\r\n\r\n")[0]


def test_a_label_that_was_parsed_or_signed_stays() -> None:
    message = labelled("utf-8")
    message.set_boundary("b")
    parsed = email.message_from_bytes(message.as_bytes())
    assert b"Content-Transfer-Encoding: base64" in message_bytes(parsed).partition(b"\r\n\r\n")[0]
    sealed = MIMEMultipart("signed", boundary="s")
    sealed.attach(message)
    assert message_bytes(sealed).count(b"Content-Transfer-Encoding: base64") == 2


def test_a_label_that_a_multipart_may_have_stays() -> None:
    message = MIMEMultipart("mixed")
    message["Content-Transfer-Encoding"] = "8bit"
    message.attach(MIMEText(HTML, "html"))
    assert b"Content-Transfer-Encoding: 8bit" in message_bytes(message).partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1"])
def test_the_parts_of_a_labelled_message_are_found_however_it_was_written(charset: str) -> None:
    message = labelled(charset)
    for raw in (message_bytes(message), message.as_bytes(policy=policy.SMTP)):
        assert [(part.content_type, part.reason) for part in scan_message(raw).found] == [("text/html", None)]


ENCODED = "=?utf-8?q?=C3=84nne?= <ann@reader.example>"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (["ann@reader.example", "ben@reader.example"], "ann@reader.example, ben@reader.example"),
        (["Änne <ann@reader.example>", "ben@reader.example"], f"{ENCODED}, ben@reader.example"),
        ([Address("Änne", "ann", "reader.example"), "ben@reader.example"], f"{ENCODED}, ben@reader.example"),
        (["Änne <ann@reader.example>"], ENCODED),
    ],
)
def test_an_address_header_may_be_set_to_a_list_of_str(value: list[str], written: str) -> None:
    message = EmailMessage()
    message["To"] = value
    raw = message_bytes(message)
    assert raw.replace(b"\r\n ", b" ").startswith(f"To: {written}\r\n".encode())


@pytest.mark.parametrize("make", [EmailMessage, Message])
@pytest.mark.parametrize("name", ["Bcc", "bcc", "Resent-Bcc", "RESENT-BCC"])
def test_a_bcc_field_is_refused_unless_it_is_asked_for(make: Callable[[], Message], name: str) -> None:
    message = make()
    message["To"] = "ann@reader.example"
    message[name] = "ben@reader.example"
    with pytest.raises(ValueError, match=r"prepare_message, or keep_bcc=True") as refused:
        message_bytes(message)
    assert "ben" not in str(refused.value)
    assert b"ben@reader.example" in message_bytes(message, keep_bcc=True)


def test_the_bcc_of_an_attached_message_is_its_own() -> None:
    inner = EmailMessage()
    inner["Bcc"] = "ben@reader.example"
    message = EmailMessage()
    message.add_attachment(inner)
    assert b"Bcc: ben@reader.example" in message_bytes(message)


def test_keep_bcc_is_a_bool() -> None:
    with pytest.raises(TypeError, match="keep_bcc must be a bool, not int"):
        message_bytes(EmailMessage(), keep_bcc=1)  # type: ignore[arg-type]


def test_a_message_read_from_text_is_told_to_read_bytes() -> None:
    message = email.message_from_string("Subject: Hi\n\nGrüße\n")
    with pytest.raises(ValueError, match="message_from_bytes"):
        message_bytes(message)


@pytest.mark.parametrize("kind", ["multipart/mixed", "message/rfc822", "message/delivery-status", "text/plain"])
@pytest.mark.parametrize("part", ["a text", b"bytes", None, 7])
def test_a_part_must_be_a_message(kind: str, part: object) -> None:
    message, whole = Message(), MIMEMultipart()
    message["Content-Type"] = kind
    message.set_payload([part])  # type: ignore[list-item]
    whole.attach(message)
    for wrong in (message, whole):
        with pytest.raises(TypeError, match=f"a message can hold other messages, not {type(part).__name__}"):
            message_bytes(wrong)


@pytest.mark.parametrize("kind", ["multipart/mixed", "message/rfc822"])
def test_a_message_that_holds_itself_is_refused(kind: str) -> None:
    message, between, whole = Message(), MIMEMultipart(), MIMEMultipart()
    message["Content-Type"] = kind
    message.set_payload([between])
    between.attach(message)
    whole.attach(message)
    for wrong in (message, between, whole):
        with pytest.raises(ValueError, match="a message holds itself"):
            message_bytes(wrong)


def test_a_part_may_stand_in_a_message_twice() -> None:
    part, message = MIMEText("twice"), MIMEMultipart()
    message.attach(part)
    message.attach(part)
    assert message_bytes(message).count(b"twice") == 2
