"""Parts of a written message: what was parsed comes back, boundaries are made or refused."""

from __future__ import annotations

import email
import re
import sys
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any, Final

import pytest

from lmtrack.message import message_bytes
from wire_mails import ANY_POLICY, POLICIES, newsletter

_MIXED: Final = b"Content-Type: multipart/mixed; boundary=o\r\n\r\n"
_INNER: Final = b"Content-Type: multipart/mixed; boundary=i\r\n\r\n"
PARSED: Final = {
    "nested": b"A: b\r\n  c\r\nContent-Type: multipart/mixed;\r\n\tboundary=o\r\n\r\npre\r\n--o\r\n"
    + _INNER
    + b"--i\r\n\r\na\r\n\r\n--i\r\nX: y\r\n\r\nb\r\n--i--\r\n--o\r\n\r\nc\r\n--o--\r\nepilogue\r\n",
    "an empty line behind a nested multipart": _MIXED + b"--o\r\n" + _INNER + b"--i\r\n\r\na\r\n--i--\r\n\r\n--o--\r\n",
    "signed": b'Content-Type: multipart/signed; boundary=o; protocol="application/pgp-signature"\r\n\r\n--o\r\nX-Long: '
    + b"x" * 900
    + b"\r\n"
    + _INNER
    + b"--i\r\n\r\n"
    + b"From " * 400
    + b"\r\n--i--\r\n--o\r\nContent-Type: application/pgp-signature\r\n\r\nabc\r\n--o--\r\n",
    "a message inside": b"Content-Type: message/rfc822\r\n\r\nContent-Type: multipart/digest; boundary=i\r\n\r\n"
    b"--i\r\n\r\nSubject: y\r\n\r\nFrom here\r\n--i--\r\n",
    "a report": b"Content-Type: multipart/report; boundary=o\r\n\r\n--o\r\nContent-Type: message/delivery-status\r\n"
    b"\r\nReporting-MTA: dns; a.example\r\n\r\nFinal-Recipient: rfc822; b@c.example\r\nAction: failed\r\n\r\n--o--\r\n",
    "a report of broken blocks": b"Content-Type: message/delivery-status\r\n\r\nNo field\r\n\r\n\r\nX: y\r\n"
    b"\r\n<u@v> is out\r\n",
    "a multipart without parts": _MIXED + b"no part\r\n",
    "some of them inside": _MIXED
    + b"--o\r\n"
    + _INNER
    + b"none\r\n--o\r\nContent-Type: message/rfc822\r\n\r\n"
    + _INNER
    + b"\r\n--o--\r\n",
    "an empty boundary": b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n\r\na\r\n----\r\n',
    "a header block without an end": b"Subject: x\r\nno header\r\n\r\nmore\r\n",
    "a body after a broken line": _MIXED.removesuffix(b"\r\n") + b"--o\r\n\r\na\r\n--o--\r\n",
    "eight bits": b"Content-Type: text/plain; charset=x\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xff\xfe\x80\r\n",
    "no body": b"Subject: x\r\n\r\n",
    "no header": b"\r\nx\r\n",
    "an epilogue that repeats the boundary": _MIXED + b"--o\r\n\r\na\r\n--o--\r\n\r\n--o\r\n",
}


@pytest.mark.parametrize("kind", PARSED)
@ANY_POLICY
def test_a_parsed_message_comes_back_octet_for_octet(name: str, kind: str) -> None:
    raw = PARSED[kind]
    assert message_bytes(email.message_from_bytes(raw, policy=POLICIES[name])) == raw
    for other in (b"\n", b"\r"):
        lines = raw.replace(b"\r\n", other)
        assert message_bytes(email.message_from_bytes(lines, policy=POLICIES[name])) == raw


def test_an_envelope_line_is_not_sent() -> None:
    raw = b"From ann@shop.example Thu Jan  1 00:00:00 1970\nSubject: x\n\nFrom here\n"
    message = email.message_from_bytes(raw)
    assert message.get_unixfrom() is not None
    assert message_bytes(message) == b"Subject: x\r\n\r\nFrom here\r\n"


def test_the_last_line_is_always_ended() -> None:
    assert message_bytes(MIMEText("no end")).endswith(b"\r\n\r\nno end\r\n")


def test_boundaries_are_made_from_the_content_and_not_put_into_the_object() -> None:
    def build(text: str) -> Message:
        message = MIMEMultipart("mixed")
        message.attach(MIMEMultipart("related", _subparts=[MIMEText(text)]))
        message.attach(MIMEText("b"))
        message.preamble = "pre"
        return message

    message = build("a")
    octets = message_bytes(message)
    assert message.get_boundary() is None
    assert message_bytes(message) == octets == message_bytes(build("a")) != message_bytes(build("c"))
    parsed = email.message_from_bytes(octets)
    assert [part.get_content_type() for part in parsed.walk()] == [
        "multipart/mixed", "multipart/related", "text/plain", "text/plain",
    ]  # fmt: skip
    assert parsed.preamble == "pre"
    assert not parsed.defects
    first, second = (part.get_boundary() for part in parsed.walk() if part.is_multipart())
    assert first is not None
    assert second is not None
    assert first != second
    assert re.fullmatch("=_[0-9a-f]{32}_0=", first)


def test_a_made_boundary_follows_a_type_however_it_is_written() -> None:
    message = Message()
    message["CONTENT-type"] = "multipart/mixed ;"
    message["Content-Type"] = "text/plain"
    octets = message_bytes(message)
    assert re.match(
        rb'CONTENT-type: multipart/mixed;\r\n boundary="=_\w+="\r\nContent-Type: text/plain\r\n\r\n--=_', octets
    )
    assert email.message_from_bytes(octets).get_content_type() == "multipart/mixed"


@pytest.mark.parametrize("line", ["--b", "--b--", "--b \t", "--b-- "])
def test_a_boundary_that_stands_in_its_own_part_is_refused(line: str) -> None:
    for text in (line, f"a\n{line}\nb"):
        message = MIMEMultipart(boundary="b", _subparts=[MIMEText(text)])
        with pytest.raises(ValueError, match="a multipart's boundary is in one of its parts"):
            message_bytes(message)
    inner = MIMEMultipart(boundary="b", _subparts=[MIMEText("a")])
    with pytest.raises(ValueError, match="a multipart's boundary is in one of its parts"):
        message_bytes(MIMEMultipart(boundary="b", _subparts=[inner]))
    fine = MIMEMultipart(boundary="b", _subparts=[MIMEText(f" {line}\n--bb\n-{line}"), MIMEText("x")])
    assert len(email.message_from_bytes(message_bytes(fine)).get_payload()) == 2
    beside = [MIMEMultipart(boundary="b", _subparts=[MIMEText(place)]) for place in "ac"]
    assert len(list(email.message_from_bytes(message_bytes(MIMEMultipart(boundary="o", _subparts=beside))).walk())) == 5


@pytest.mark.parametrize(
    "parameters",
    [
        "boundary*=a; boundary*0=b",
        "boundary*0=b; boundary*=a",
        "boundary*0=b; boundary*0=a",
        "boundary*0=b; boundary*00*=a",
        "boundary*=b; Boundary*=a",
        "boundary=o; name*=a;\r\n name*1*=b",
    ],
)
def test_a_boundary_given_in_two_ways_is_refused(parameters: str) -> None:
    message = Message()
    message["Content-Type"] = f"multipart/mixed; {parameters}"
    message.set_payload([])
    with pytest.raises(ValueError, match="the boundary of a multipart cannot be parsed"):
        message_bytes(message)


@pytest.mark.parametrize(
    "parameters",
    ["boundary*=us-ascii''ab", "boundary*0=a; boundary*1=b", "boundary*1*=%62; boundary*0*=''a", "boundary=ab; a*=x"],
)
def test_a_boundary_may_be_in_pieces(parameters: str) -> None:
    message = Message()
    message["Content-Type"] = f"multipart/mixed; {parameters}"
    message.set_payload([MIMEText("x")])
    octets = message_bytes(message)
    assert octets.endswith(b"\r\n--ab--\r\n")
    assert len(email.message_from_bytes(octets).get_payload()) == 1


@pytest.mark.parametrize("boundary", ["ü", "a\r\n b", "a\nb"])
def test_a_boundary_that_is_no_line_of_ascii_is_refused(boundary: str) -> None:
    message = Message()
    message["Content-Type"] = "multipart/mixed"
    message.set_param("boundary", boundary)
    message.set_payload([])
    with pytest.raises(ValueError, match="a boundary must be ASCII, on one line"):
        message_bytes(message)


def test_parts_in_what_cannot_hold_them_are_refused() -> None:
    message = Message()
    message.attach(Message())
    with pytest.raises(TypeError, match="a part of type text/plain cannot hold parts"):
        message_bytes(message)


def test_a_payload_of_another_type_is_refused() -> None:
    message = Message()
    message.set_payload(7)  # type: ignore[call-overload]  # the mistake
    with pytest.raises(TypeError, match="a payload must be a str or a list of messages, not int"):
        message_bytes(message)


@pytest.mark.parametrize("wrong", [b"Subject: x\r\n\r\n", "Subject: x", None, 7])
def test_only_messages_are_written(wrong: Any) -> None:  # noqa: ANN401 - any mistake
    with pytest.raises(TypeError, match="message must be an EmailMessage or a Message, not"):
        message_bytes(wrong)


def test_a_message_may_be_nested_deeper_than_python_calls() -> None:
    message: Message = MIMEText("x")
    for _ in range(3 * sys.getrecursionlimit()):
        message = MIMEMultipart(boundary=None, _subparts=[message])
    assert message_bytes(message).count(b"boundary") == 3 * sys.getrecursionlimit()


def test_forwarding_keeps_the_message_that_is_forwarded() -> None:
    message = MIMEMessage(email.message_from_bytes(PARSED["nested"]))
    assert message_bytes(message).endswith(b"\r\n\r\n" + PARSED["nested"])


@pytest.mark.parametrize("name", ["default", "SMTP", "compat32"])
def test_a_part_signed_by_itself_is_what_stands_in_the_whole(name: str) -> None:
    # RFC 3156: sign the bytes of the part, then put it into a multipart/signed.
    for part in (newsletter(POLICIES[name]), MIMEText("a\n"), MIMEMultipart(boundary="i", _subparts=[MIMEText("b\n")])):
        for inner in part.walk():
            if inner.is_multipart():
                inner.set_boundary(f"b-{inner.get_content_subtype()}")
        part.preamble = "pre"
        signed = message_bytes(part)
        if not re.search(rb"[^\r\n]{999}|=\r\n", signed):  # what has to be encoded is to be encoded before
            whole = MIMEMultipart("signed", boundary="o", _subparts=[part, MIMEApplication(b"signature")])
            assert b"--o\r\n" + signed + b"\r\n--o\r\n" in message_bytes(whole)
