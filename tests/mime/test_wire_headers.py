"""Header fields of a written message: folding, encoded words, and what is refused."""

from __future__ import annotations

import email
from email import policy
from email.generator import BytesGenerator
from email.header import Header, decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import getaddresses
from io import BytesIO

import pytest

from lmtrack.message import message_bytes
from wire_mails import ANY_POLICY, LONG_URI, MAILTO, POLICIES, newsletter, unfolded


def as_stdlib_writes(message: Message) -> bytes:
    out = BytesIO()
    BytesGenerator(out, policy=message.policy).flatten(message)
    return out.getvalue()


# What the standard library's writers damage (each row fails for one of them), and `message_bytes` does not.


@pytest.mark.parametrize("rules", [policy.default, policy.SMTP], ids=["default", "SMTP"])
def test_a_long_list_unsubscribe_is_readable(rules: policy.Policy) -> None:
    message = newsletter(rules)
    assert b"List-Unsubscribe: =?utf-8?q?" in as_stdlib_writes(message)
    octets = message_bytes(message)
    assert b"List-Unsubscribe: " + LONG_URI.encode() + b",\r\n " + MAILTO.encode() + b"\r\n" in octets
    assert unfolded(octets)["List-Unsubscribe"] == f"{LONG_URI}, {MAILTO}"


def test_no_header_begins_with_an_empty_line_for_its_length() -> None:
    message = Message()
    message["List-Unsubscribe"] = LONG_URI
    assert as_stdlib_writes(message).startswith(b"List-Unsubscribe: \n")
    assert message_bytes(message).startswith(b"List-Unsubscribe: " + LONG_URI.encode())


@pytest.mark.parametrize("value", [f"<{'i' * 90}@a.example>", f"<{'i' * 40}@a.example> <{'j' * 40}@a.example>"])
@pytest.mark.parametrize("header", ["References", "In-Reply-To", "X-Campaign", "Feedback-ID", "List-Help"])
@ANY_POLICY
def test_ids_are_never_encoded(name: str, header: str, value: str) -> None:
    message = EmailMessage(policy=POLICIES[name])
    message[header] = value
    octets = message_bytes(message)
    assert octets.startswith(f"{header}: <i".encode())
    assert unfolded(octets) == {header: value}


# Headers


@pytest.mark.parametrize("name", ["X-A:", "X A", "", "X\r\nBcc", "Grüße"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    message = Message()
    message.set_raw(name, "x")
    with pytest.raises(ValueError, match="a header's name must be"):
        message_bytes(message)


@pytest.mark.parametrize("value", ["a\r\nBcc: b@c.example", "a\nb", "a\r\r\n b", "a\0", "a\r\n", "a\r\n\r\nb"])
def test_a_value_that_would_begin_another_header_is_refused(value: str) -> None:
    for message in (Message(), EmailMessage()):
        message.set_raw("Subject", value)
        with pytest.raises(ValueError, match="the header Subject holds NUL, or a line end"):
            message_bytes(message)
    message = Message()
    message.set_raw("Subject", Header(value))  # type: ignore[arg-type]  # as the standard library documents
    with pytest.raises(ValueError, match="the header Subject holds NUL, or a line end"):
        message_bytes(message)


def test_nul_in_a_header_set_in_code_is_refused() -> None:
    message = EmailMessage()
    message["Subject"] = "a\0b"  # which EmailMessage takes
    with pytest.raises(ValueError, match="the header Subject holds NUL"):
        message_bytes(message)


@pytest.mark.parametrize("header", ["Subject", "To"])
@ANY_POLICY
def test_a_lone_surrogate_is_refused(name: str, header: str) -> None:
    message = Message(policy=POLICIES[name])
    message.set_raw(header, "Gr\ud83d\xfc <a@b.example>")
    with pytest.raises(ValueError, match=f"the header {header} holds a lone surrogate"):
        message_bytes(message)


@pytest.mark.parametrize("value", ["<https://x.example/\ud83d>", "(c \ud83d) a@b.example"])
def test_a_lone_surrogate_that_the_text_of_a_header_leaves_out_is_refused(value: str) -> None:
    message = EmailMessage()
    message["Reply-To"] = value  # where the parser finds no address, or a comment
    with pytest.raises(ValueError, match="the header Reply-To holds a lone surrogate"):
        message_bytes(message)


@pytest.mark.parametrize("value", ["text/html; charset=\ud83d", "text/html; name=\u00fc\udcff", "\ud83d"])
def test_a_type_that_the_standard_library_cannot_read_is_refused(value: str) -> None:
    part = Message()
    part["Content-Type"] = value
    whole = Message()
    whole["Content-Type"] = "multipart/mixed"
    whole.set_payload([part, Message()])
    for message in (part, whole):
        with pytest.raises(ValueError, match=r"^the header Content-Type cannot be parsed$"):
            message_bytes(message)


@pytest.mark.parametrize("text", ["\ud83d", "\u00fc"])
def test_a_header_of_bytes_that_are_none_is_refused(text: str) -> None:
    message = Message()
    message["To"] = Header(text, "unknown-8bit")  # type: ignore[assignment]  # as the standard library documents
    with pytest.raises(ValueError, match=r"^the header To cannot be parsed$"):
        message_bytes(message)


def test_a_value_of_another_type_is_refused() -> None:
    message = Message()
    message.set_raw("X-A", 1)  # type: ignore[arg-type]  # the mistake
    with pytest.raises(TypeError, match="the header X-A must be a str or a Header, not int"):
        message_bytes(message)


def test_what_needs_a_line_of_more_than_998_octets_is_refused() -> None:
    message = EmailMessage()
    message["X-A"] = "x" * 993
    assert message_bytes(message) == b"X-A: " + b"x" * 993 + b"\r\n\r\n"
    for longer in (EmailMessage(), Message()):
        longer["X-A"] = "x" * 994
        with pytest.raises(ValueError, match="the header X-A holds more than 998 bytes without a space"):
            message_bytes(longer)


def test_a_parsed_line_over_998_octets_is_folded_at_its_blanks() -> None:
    value = " ".join(["word"] * 300)
    octets = message_bytes(email.message_from_bytes(b"X-A: b\n " + value.encode() + b"\nX-B: c\n\n"))
    assert [len(line) for line in octets.split(b"\r\n")] == [6, 995, 505, 6, 0, 0]
    assert unfolded(octets) == {"X-A": "b " + value, "X-B": "c"}


@pytest.mark.parametrize(
    ("name", "value", "octets"),
    [
        ("Subject", "a  b   " + "x" * 80 + "  c ", b"Subject: a  b\r\n   " + b"x" * 80 + b"\r\n  c \r\n"),
        ("Subject", "", b"Subject: \r\n"),
        ("Subject", "   ", b"Subject:    \r\n"),
        ("X-A", '"quoted ' * 9 + "b" * 9, b"X-A:" + b' "quoted' * 9 + b"\r\n"),
        ("Content-Disposition", f'inline; filename="{"a b " * 20}"', b'Content-Disposition: inline;\r\n filename="a b'),
        (
            "Content-Disposition",
            f'inline; filename="{"a b " * 300}"',
            b'Content-Disposition: inline; filename="a b a b',
        ),
        ("Content-Type", 'text/plain; name="' + "n" * 60 + '"; x="y"', b'Content-Type: text/plain;\r\n name="n'),
    ],
)
def test_a_value_set_in_code_is_folded_at_blanks_and_unfolds_to_itself(name: str, value: str, octets: bytes) -> None:
    message = EmailMessage()
    message[name] = value
    written = message_bytes(message)
    assert written.startswith(octets)
    assert unfolded(written) == {name: value}


def test_letters_beyond_ascii_become_words_that_every_reader_decodes() -> None:
    message = newsletter()
    fields = unfolded(message_bytes(message))
    assert str(make_header(decode_header(fields["Subject"]))) == str(message["Subject"])
    [(name, address)] = getaddresses([fields["From"]])
    assert (str(make_header(decode_header(name))), address) == ("Shop, Zürich", "news@shop.example")
    for line in message_bytes(message).partition(b"\r\n\r\n")[0].split(b"\r\n"):
        assert len(line) <= 76 or b"=?" not in line  # RFC 2047 section 2


def test_a_header_object_is_its_text() -> None:
    message = Message()
    subject = Header("Grüße " * 30, "iso-8859-1")
    subject.append("end", "us-ascii")
    message["Subject"] = subject  # type: ignore[assignment]  # as the standard library documents
    message["List-Unsubscribe"] = Header(LONG_URI)  # type: ignore[assignment]
    octets = message_bytes(message)
    assert max(map(len, octets.split(b"\r\n")[:-3])) <= 76
    fields = unfolded(octets)
    assert str(make_header(decode_header(fields["Subject"]))) == str(subject)
    assert fields["List-Unsubscribe"] == LONG_URI


def test_octets_of_an_unknown_charset_are_not_lost_in_a_copy() -> None:
    source = email.message_from_bytes(b"Subject: Gr\xfc\xdfe\nTo: " + b"J\xf6rg " * 30 + b"<a@b.example>\n\n")
    message = Message()
    message["Subject"] = source["Subject"]
    assert unfolded(message_bytes(message)) == {"Subject": "=?unknown-8bit?b?R3L832U=?="}
    known = EmailMessage()
    known["To"] = "J\udcf6rg" * 30 + " <a@b.example>"
    known["Subject"] = "Gr\udcfc\udcdfe"
    fields = unfolded(message_bytes(known))
    assert fields["Subject"] == "=?unknown-8bit?q?Gr=FC=DFe?="
    assert decode_header(fields["To"])[0] == (b"J\xf6rg" * 30, "unknown-8bit")


def test_a_plain_str_beyond_ascii_is_encoded_where_it_may_be() -> None:
    message = Message()  # whose own writer encodes the address too
    message["To"] = "Jörg <joerg@reader.example>"
    message["Subject"] = "Grüße"
    fields = unfolded(message_bytes(message))
    assert fields["To"] == "=?utf-8?q?J=C3=B6rg?= <joerg@reader.example>"
    assert str(make_header(decode_header(fields["Subject"]))) == "Grüße"


def test_a_message_of_utf8_is_written_in_utf8() -> None:
    message = newsletter(policy.SMTPUTF8)
    fields = unfolded(message_bytes(message))
    assert fields["From"] == '"Shop, Zürich" <news@shop.example>'
    assert fields["Subject"].split() == str(message["Subject"]).split()
    parsed = email.message_from_string("Subject: Grüße\n\nx", policy=policy.SMTPUTF8)
    assert message_bytes(parsed) == "Subject: Grüße\r\n\r\nx\r\n".encode()


@pytest.mark.parametrize("name", ["List-Unsubscribe", "list-help", "References"])
def test_a_url_beyond_ascii_is_refused_where_no_words_are_allowed(name: str) -> None:
    for message in (Message(), EmailMessage()):
        message[name] = "<https://exämple.example/>"
        with pytest.raises(ValueError, match=f"the header {name} must be ASCII"):
            message_bytes(message)


@ANY_POLICY
def test_raw_octets_of_a_parsed_header_stay(name: str) -> None:
    raw = b"Subject: Gr\xfc\xdfe \xc3\xbc\r\nX-A:\r\n\tb\xff\r\n\r\nx\r\n"
    assert message_bytes(email.message_from_bytes(raw, policy=POLICIES[name])).startswith(raw[:22])
