"""Bodies of a written message: lines, line ends and transfer encodings."""

from __future__ import annotations

import email
from base64 import b64decode
from email import policy
from email.generator import BytesGenerator
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.text import MIMEText
from io import BytesIO

import pytest

from lmtrack.message import message_bytes
from wire_mails import ANY_POLICY, POLICIES, crlf, leaves, newsletter


@ANY_POLICY
def test_lines_that_begin_with_from_stay(name: str) -> None:
    message = newsletter(POLICIES[name])
    octets = message_bytes(message)
    assert b"\r\nFrom today on\r\n" in octets
    assert b">From" not in octets


def test_send_message_mangles_what_message_bytes_keeps() -> None:
    # What smtplib does to an object: a generator without a policy.
    out = BytesIO()
    BytesGenerator(out).flatten(newsletter(policy.compat32), linesep="\r\n")
    assert b"\r\n>From today on\r\n" in out.getvalue()


@ANY_POLICY
def test_a_long_line_is_sent_as_quoted_printable(name: str) -> None:
    message = Message(policy=POLICIES[name])
    message["Content-Type"] = "text/html; charset=utf-8"
    message.set_payload(f"<p>Gr\udcc3\udcbc\udcc3\udc9fe\n {'x' * 999} = \nend")
    octets = message_bytes(message)
    assert b"\r\nContent-Transfer-Encoding: quoted-printable\r\n" in octets
    assert b"\r\nMIME-Version: 1.0\r\n" in octets
    assert max(map(len, octets.split(b"\r\n"))) <= 76
    assert leaves(email.message_from_bytes(octets)) == [
        ("text/html", "<p>Grüße\r\n {} = \r\nend".format("x" * 999).encode())
    ]
    assert "Content-Transfer-Encoding" not in message


def test_998_octets_are_no_long_line() -> None:
    message = MIMEText("x" * 998)
    assert message_bytes(message).endswith(b"Content-Transfer-Encoding: 7bit\r\n\r\n" + b"x" * 998 + b"\r\n")


@pytest.mark.parametrize("written", ["7bit", "8BIT ", "binary"])
def test_the_encoding_is_named_once_and_in_its_place(written: str) -> None:
    message = Message()
    message["Content-transfer-encoding"] = written
    message["Subject"] = "x"
    message["Content-Transfer-Encoding"] = "7bit"
    message.set_payload("NUL \0 and tab\t\n")
    assert message_bytes(message) == (
        b"Content-Transfer-Encoding: quoted-printable\r\nSubject: x\r\nMIME-Version: 1.0\r\n\r\nNUL =00 and tab=09\r\n"
    ).replace(b"MIME-Version: 1.0\r\n", b"")


@pytest.mark.parametrize(("encoding", "content"), [("8bit", b"\xff\xfe\r\n" + b"x" * 999), ("7bit", b"a\0\r\n")])
def test_content_that_is_no_text_is_sent_as_base64(encoding: str, content: bytes) -> None:
    message = email.message_from_bytes(
        b"MIME-Version: 1.0\r\nContent-Type: image/x-lines\r\nContent-Transfer-Encoding: "
        + encoding.encode()
        + b"\r\n\r\n"
        + content
    )
    octets = message_bytes(message)
    assert b"\r\nContent-Transfer-Encoding: base64\r\n" in octets
    assert b64decode(octets.partition(b"\r\n\r\n")[2]) == crlf(content)[: len(content)]
    assert octets.count(b"MIME-Version") == 1


@pytest.mark.parametrize("content", [b"a\nb\rc\r\n\0" + b"x" * 2000, b"\r", b"a\n"])
def test_line_ends_of_binary_content_are_data(content: bytes) -> None:
    message = MIMEApplication(content, _encoder=lambda part: part.__setitem__("Content-Transfer-Encoding", "binary"))
    octets = message_bytes(message)
    assert b64decode(octets.partition(b"\r\n\r\n")[2]) == content


def test_binary_content_in_lines_needs_no_encoding() -> None:
    message = MIMEApplication(
        b"a\r\nb\r\n", _encoder=lambda part: part.add_header("Content-Transfer-Encoding", "binary")
    )
    assert message_bytes(message).endswith(b"Content-Transfer-Encoding: binary\r\n\r\na\r\nb\r\n")


def test_encoded_bodies_in_one_line_are_broken_and_mean_the_same() -> None:
    quoted = Message()
    quoted["Content-Transfer-Encoding"] = "quoted-printable"
    quoted.set_payload("\n".join(["=C3=BC?" * 300 + "=", "=3D" * 500, "x" * 24 * 50 + "=", "x" * 999, "end"]))
    based = Message()
    based["Content-Transfer-Encoding"] = "base64"
    based.set_payload("QUJD" * 500)
    for message in (quoted, based):
        octets = message_bytes(message)
        assert max(map(len, octets.split(b"\r\n"))) <= 76
        decoded = email.message_from_bytes(octets).get_payload(decode=True)
        expected = message.get_payload(decode=True)
        assert isinstance(decoded, bytes)
        assert isinstance(expected, bytes)
        assert crlf(decoded) == crlf(expected)


def test_quoted_printable_that_readers_take_differently_is_left() -> None:
    message = Message()
    message["Content-Transfer-Encoding"] = "quoted-printable"
    message.set_payload("x" * 999 + "=x")
    assert message_bytes(message).endswith(b"\r\n\r\n" + b"x" * 999 + b"=x\r\n")


def test_a_body_of_an_unknown_encoding_is_left() -> None:
    message = Message()
    message["Content-Transfer-Encoding"] = "x-uuencode"
    message.set_payload("x" * 2000)
    assert message_bytes(message).endswith(b"\r\n\r\n" + b"x" * 2000 + b"\r\n")


@pytest.mark.parametrize("name", ["compat32", "default", "SMTP", "mangling", "narrow"])
def test_a_policy_can_ask_for_ascii(name: str) -> None:
    message = newsletter(POLICIES[name])
    message.policy = message.policy.clone(cte_type="7bit")
    octets = message_bytes(message)
    assert octets.partition(b"\r\n\r\n")[2].isascii()
    assert leaves(email.message_from_bytes(octets)) == leaves(message)


@pytest.mark.parametrize(
    ("kind", "encoding", "written"),
    [
        ("text/plain", "8bit", b"quoted-printable\r\n\r\nGr=FC=DFe\r\n"),
        ("text/plain", "quoted-printable", b"quoted-printable\r\n\r\nGr\xfc\xdfe\r\n"),  # its own mistake
        ("image/png", "8bit", b"base64\r\n\r\nR3L832UNCg==\r\n"),
        ("image/png", "binary", b"base64\r\n\r\nR3L832UNCg==\r\n"),
    ],
)
def test_octets_beyond_ascii_are_encoded_where_a_policy_asks_for_it(kind: str, encoding: str, written: bytes) -> None:
    raw = f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\nGrüße\r\n".encode("latin-1")
    for rules in (policy.compat32, policy.default):
        assert message_bytes(email.message_from_bytes(raw, policy=rules)) == raw
        message = email.message_from_bytes(raw, policy=rules.clone(cte_type="7bit"))
        assert message_bytes(message).endswith(b"Content-Transfer-Encoding: " + written)
    sealed = b"Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n" + raw + b"\r\n--b--\r\n"
    message = email.message_from_bytes(sealed, policy=policy.default.clone(cte_type="7bit"))
    assert message_bytes(message) == sealed


def test_text_that_was_never_encoded_is_refused() -> None:
    message = Message()
    message.set_payload("Grüße")
    with pytest.raises(ValueError, match="a payload holds non-ASCII letters"):
        message_bytes(message)
    message.set_payload("Grüße", "utf-8")
    assert leaves(email.message_from_bytes(message_bytes(message))) == [("text/plain", "Grüße".encode())]
