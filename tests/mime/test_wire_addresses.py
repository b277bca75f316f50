"""Addresses and names of a written message."""

from __future__ import annotations

import email
from contextlib import suppress
from email import policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.utils import getaddresses

import pytest

from lmtrack.message import message_bytes
from wire_mails import unfolded


@pytest.mark.parametrize("kind", [Message, EmailMessage])
def test_a_long_list_of_people_is_written(kind: type[Message]) -> None:
    people = [
        'Jörg "J, \\"K" Ö <a@x.example>',
        'b@x.example (Zoë, (at, home) \\) "ü")',
        "<c@[IPv6:2001:db8::1]>",
        "Tëam: Zoë <d@x.example>, e@x.example;",
        '"ü, ä" <f@x.example>',
        "<@h,@i:j@x.example>",
    ]
    message = kind()
    message["To"] = " , ".join(people * 20)
    octets = message_bytes(message)
    assert octets.isascii()
    assert max(map(len, octets.split(b"\r\n"))) <= 78
    wanted = ["a@x.example", "b@x.example", "c@[IPv6:2001:db8::1]", "d@x.example", "e@x.example", "f@x.example"]
    parsed = email.message_from_bytes(octets, policy=policy.default)["To"]
    assert [address.addr_spec for address in parsed.addresses] == [*wanted, "j@x.example"] * 20
    assert [group.display_name for group in parsed.groups if len(group.addresses) > 1] == ["Tëam"] * 20
    names = [address.display_name for address in parsed.addresses[:8]]
    assert names[3] == "Zoë"
    assert names[5] == "ü, ä"


@pytest.mark.parametrize("kind", [Message, EmailMessage])
@pytest.mark.parametrize(
    ("given", "written"),
    [
        # A comment keeps its brackets.
        ("b@x.example (Zoë)", "b@x.example (=?utf-8?b?Wm/Dqw==?=)"),
        ("b@x.example (Zoe)", "b@x.example (Zoe)"),
        ("<b@x.example> (é, (a) \\) b), c@x.example", "<b@x.example> (=?utf-8?b?w6ksIChhKSApIGI=?=), c@x.example"),
        ("A: (é) b@x.example, c@x.example;", "A: (=?utf-8?b?w6k=?=) b@x.example, c@x.example;"),
        ("b@x.example (é", "b@x.example (=?utf-8?b?w6k=?=)"),
        # A comma in an encoded word is none between addresses.
        ("é <a@x.example>, =?utf-8?q?b=40x.example=2C?= <c@x.example>", None),
        ("=?utf-8?q?b=40x.example=2C?= é <c@x.example>", None),
        ("=?utf-8?q?b=40x.example=2C?= <c@x.example>", None),
    ],
)
def test_an_address_stays_one_whatever_stands_around_it(kind: type[Message], given: str, written: str | None) -> None:
    message = kind()
    message["To"] = given
    field = unfolded(message_bytes(message))["To"]
    assert written in {field, None}
    read = email.message_from_string(f"To: {field}\n\n", policy=policy.default)["To"]
    wanted = [address.addr_spec for address in policy.default.header_factory("To", given).addresses]
    assert [address.addr_spec for address in read.addresses] == wanted


def test_an_empty_place_in_a_long_list_stays_empty() -> None:
    message = Message()
    message["To"] = "é <a@x.example>, ," * 60
    assert unfolded(message_bytes(message))["To"] == "=?utf-8?q?=C3=A9?= <a@x.example>, , " * 60


@pytest.mark.parametrize("kind", [Message, EmailMessage])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("To", f"{'é' * 980} <anybody@x.example>"),
        ("To", f"b@x.example, c: {'é <a@x.example>, ' * 60};"),
        ("Content-Disposition", f"attachment; filename={'é' * 1000}"),
    ],
)
def test_a_value_that_takes_the_standard_library_long_is_refused(kind: type[Message], name: str, value: str) -> None:
    message = kind()
    message[name] = value
    with pytest.raises(
        ValueError, match=f"the header {name} holds more than 998 characters in one, some of them non-ASCII"
    ):
        message_bytes(message)


def test_a_value_that_no_parser_understands_is_refused() -> None:
    message = Message()
    message["Content-Type"] = "(" * 900 + "é"
    with pytest.raises(ValueError, match="the header Content-Type cannot be parsed"):
        message_bytes(message)
    message = Message()
    message["Sender"] = "(x) .]é"  # a TypeError inside of Python 3.11's
    with suppress(ValueError):
        assert message_bytes(message).isascii()


@pytest.mark.parametrize("kind", [Message, EmailMessage])
def test_letters_where_the_standard_library_leaves_them_are_refused(kind: type[Message]) -> None:
    message = kind()
    message["Message-ID"] = "<日本;>@x.example"
    with pytest.raises(ValueError, match="the header Message-ID must be ASCII"):
        message_bytes(message)


def test_a_long_name_is_written_as_words_of_few_letters() -> None:
    name = "Straßenfest-" * 12
    message = EmailMessage()
    message["To"] = Address(name, "news", "shop.example")
    octets = message_bytes(message)
    assert max(map(len, octets.split(b"\r\n"))) <= 76
    [(written, address)] = getaddresses([unfolded(octets)["To"]])
    assert (str(make_header(decode_header(written))), address) == (name, "news@shop.example")


@pytest.mark.parametrize(
    "value",
    ["jörg@reader.example", "Jörg <j@exämple.example>",
     "ann@reader.example\x85", "ann@reader.example\u2028"],  # the parser leaves these out, up to Python 3.14
)  # fmt: skip
@pytest.mark.parametrize("kind", [Message, EmailMessage])
def test_an_address_beyond_ascii_takes_a_policy_that_says_so(kind: type[Message], value: str) -> None:
    message = kind()
    message["To"] = value
    with pytest.raises(ValueError, match=r"an address in To is not ASCII: that needs policy\.SMTPUTF8"):
        message_bytes(message)
    known = EmailMessage(policy=policy.SMTPUTF8)
    known["To"] = value
    assert message_bytes(known) == f"To: {value}\r\n\r\n".encode()
