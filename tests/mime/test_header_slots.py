from __future__ import annotations

import email
import email.policy
import json
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Final

import pytest
from hypothesis import example, given, strategies as st

from lmtrack import (
    BadSlot,
    BadValue,
    Consent,
    Route,
    TrackingDomain,
    make_keys,
    resolve,
    revert_message,
    scan_message,
    track_message,
)

DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"an example secret"))
OFF: Final = resolve(Route(), consent=Consent.GRANTED)
ANN: Final = {
    "name": "Ann",
    "id": "4471",
    "mail": "ann@reader.example",
    "url": "https://shop.example/u/1",
    "ref": "<x.y@[192.0.2.1]>",
    "feedback": "a:b:c:shop",
    "bounce": "a=b",
}
SLOTS: Final = {**{name: f"{{{{ {name} }}}}" for name in ANN}, "url": "<%= url %>"}


def merged(field: str | bytes, values: dict[str, str] | None = None) -> bytes:
    octets = field.encode() if isinstance(field, str) else field
    raw = b"X-First: 1\r\n" + octets + b"\r\nX-Last: {{ other }}\r\n\r\nbody\r\n"
    document = scan_message(raw, slots=SLOTS)
    tracked = track_message(document, OFF, domain=DOMAIN, message_id="m", values=ANN | (values or {}))
    assert revert_message(tracked.raw, tracked.edits) == raw
    head, _, rest = tracked.raw.partition(b"X-Last: ")
    assert rest == b"{{ other }}\r\n\r\nbody\r\n"
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    return head.removeprefix(b"X-First: 1\r\n").removesuffix(b"\r\n")


def value_of(written: bytes) -> str:
    message = email.message_from_bytes(written + b"\r\n\r\n", policy=email.policy.default)
    assert len(message.keys()) == 1
    return str(message[message.keys()[0]])


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("Subject: Hi {{ name }}", b"Subject: Hi Ann"),
        ("Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_=7B=7B_name_}}?=", b"Subject: =?utf-8?b?R3LDvMOfZSBBbm4=?="),
        ("Subject: Hi {{\r\n name }}", b"Subject: Hi Ann"),
        ("X-Person: {{ id }}", b"X-Person: 4471"),
        ("To: {{ name }} <{{ mail }}>", b"To: Ann <ann@reader.example>"),
        ('To: "{{ name }}" <{{ mail }}>', b"To: Ann <ann@reader.example>"),
        ("To: {{ mail }}", b"To: ann@reader.example"),
        ("To: <{{ mail }}>", b"To: <ann@reader.example>"),
        ("To: {{ id }}@reader.example", b"To: 4471@reader.example"),
        ("To: =?utf-8?q?=7B=7B_name_}}?= <{{ mail }}>", b"To: Ann <ann@reader.example>"),
        (
            'To: "Lamp, Row" <l@shop.example>, {{ name }} <{{ mail }}>',
            b'To: "Lamp, Row" <l@shop.example>, Ann <ann@reader.example>',
        ),
        (
            "To: =?utf-8?q?Lamp=2C_R=C3=BCow?= <l@shop.example>, {{ mail }}",
            b"To: =?utf-8?q?Lamp=2C_R=C3=BCow?= <l@shop.example>, ann@reader.example",
        ),
        ("Message-ID: <{{ id }}.x@shop.example>", b"Message-ID: <4471.x@shop.example>"),
        ("List-Id: News {{ id }} <{{ id }}.list.example>", b"List-Id: News 4471 <4471.list.example>"),
        ("List-Unsubscribe: <<%= url %>>", b"List-Unsubscribe: <https://shop.example/u/1>"),
        (
            ("List-Unsubscribe: <mailto:l@s.example?subject={{ name }}>,\r\n"
            " <https://s.example/l?u={{ id }}&x=%7B%7B%20name%20%7D%7D>"),
            b"List-Unsubscribe: <mailto:l@s.example?subject=Ann>,\r\n <https://s.example/l?u=4471&x=Ann>",
        ),
        ("References: <a@b> <{{ id }}@c> {{ ref }}", b"References: <a@b> <4471@c> <x.y@[192.0.2.1]>"),
        ("Feedback-ID: {{ id }}:{{ name }}::shop", b"Feedback-ID: 4471:Ann::shop"),
        ("Feedback-ID: {{ feedback }}", b"Feedback-ID: a:b:c:shop"),
        ("List-Unsubscribe: <mailto:u-{{ bounce }}@s.example>", b"List-Unsubscribe: <mailto:u-a%3Db@s.example>"),
        ("List-Owner: <mailto:{{ mail }},b@s.example?>", b"List-Owner: <mailto:ann@reader.example,b@s.example?>"),
        ("Archived-At: <https://s.example/{{ name }}>", b"Archived-At: <https://s.example/Ann>"),
        ('To: {{ name }} <"a b"@x.example>', b'To: Ann <"a b"@x.example>'),
        ("List-Help: %7B%7B%20id%20%7D%7D", b"List-Help: %7B%7B%20id%20%7D%7D"),
    ],
)  # fmt: skip
def test_values_are_written_as_their_field_wants_them(field: str, expected: bytes) -> None:
    assert merged(field) == expected


def test_a_template_beyond_ascii_is_written_in_ascii() -> None:
    field = "List-Unsubscribe: <https://B\u00fccher.example:443/{{ id }}>"
    assert merged(field) == b"List-Unsubscribe: <https://xn--bcher-kva.example:443/4471>"
    url = "https://b\u00fccher.example?\u00fc#://\u00fc"
    written = b"https://xn--bcher-kva.example?%C3%BC#://%C3%BC"
    assert merged("List-Help: <<%= url %>>", {"url": url}) == b"List-Help: <" + written + b">"
    assert (
        merged("List-Help: <https://Shop.example/{{ id }}/\u00fc>") == b"List-Help: <https://Shop.example/4471/%C3%BC>"
    )
    assert merged("List-Help: <https://\u00e9%zz.example/{{ id }}>") == b"List-Help: <https://%C3%A9%zz.example/4471>"
    field = "List-Unsubscribe: <https://s.example/\u00e9?u={{ id }}>"
    assert merged(field) == b"List-Unsubscribe: <https://s.example/%C3%A9?u=4471>"
    assert merged("Subject: =?utf-8?b?/w==?= {{ name }}") == b"Subject: =?utf-8?b?w78gQW5u?="


def test_line_ends_are_those_of_the_field() -> None:
    raw = b"Subject: {{ name }}\nTo: x@y.example\n\nbody\n"
    tracked = track_message(raw, OFF, domain=DOMAIN, message_id="m", slots=SLOTS, values={"name": "Zoë " * 30})
    assert b"\r" not in tracked.raw
    assert email.message_from_bytes(tracked.raw, policy=email.policy.default)["Subject"] == ("Zoë " * 30)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ann B", b"To: Ann B <ann@reader.example>"),
        ("Row, Ann", b'To: "Row, Ann" <ann@reader.example>'),
        ('Ann "The" \\ Row', b'To: "Ann \\"The\\" \\\\ Row" <ann@reader.example>'),
        ("Zoë", b"To: =?utf-8?b?Wm/Dqw==?= <ann@reader.example>"),
        ("", b"To: <ann@reader.example>"),
        ("x@y.example", b'To: "x@y.example" <ann@reader.example>'),
    ],
)
def test_display_names_are_quoted_or_encoded(name: str, expected: bytes) -> None:
    assert merged("To: {{ name }} <{{ mail }}>", {"name": name}) == expected


REFUSED_VALUES: Final = [
    ("Subject: {{ name }}", "name", "a\r\nBcc: x@y.example"),
    ("Subject: {{ name }}", "name", "a\nb"),
    ("Subject: {{ name }}", "name", "a\rb"),
    ("To: {{ name }} <{{ mail }}>", "name", "a\nb"),
    *(
        (field, "mail", address)
        for field in ("To: {{ mail }}", "To: A <{{ mail }}>")
        for address in (
            "ann@reader.example, bob@reader.example",
            "ann@reader.example;x@y.example",
            "<ann@reader.example>",
            "Ann <ann@reader.example>",
            "ann",
            "ann@",
            "@reader.example",
            "ann@reader@example",
            "ann @reader.example",
            "ann@reader.example\r\nBcc: x@y.example",
            "ann@reader.example(x)",
            '"a b"@reader.example',
            "ann@[127.0.0.1]",
            "zoë@reader.example",
            "",
            "a" * 300 + "@reader.example",
        )
    ),
    ("To: {{ id }}@reader.example", "id", "ann@evil.example, x"),
    ("To: {{ id }}@reader.example", "id", "ann@evil.example"),
    ("To: a@{{ id }}", "id", "reader.example, b@c"),
    ("Message-ID: <{{ id }}@shop.example>", "id", "a b"),
    ("Message-ID: <{{ id }}@shop.example>", "id", "a>b"),
    ("Message-ID: <{{ id }}@shop.example>", "id", "é"),
    *(
        (field, "id", value)
        for field in (
            *("Message-ID: <{{ id }}@shop.example>", "In-Reply-To: <a.{{ id }}@b>", "References: <a@b> <c@{{ id }}>"),
            *("Supersedes: {{ id }}", "List-Id: News <{{ id }}.example>", "List-Id: <{{ id }}>"),
        )
        for value in ("", "a@b@c", "a.", "a><b", "(a)", "a,b", "a\r\n b", "<a@b> <c@d>")
    ),
    ("Message-ID: <{{ id }}>", "id", "a"),
    ("Message-ID: <{{ id }}@shop.example>", "id", "a@b"),
    ("Feedback-ID: {{ id }}:b:c:shop", "id", "a:b"),
    ("Feedback-ID: {{ id }}", "id", ""),
    ("Feedback-ID: {{ id }}{{ id }}", "id", ""),
    ("List-Id: <{{ id }}>", "id", "a@b"),
    ("List-Unsubscribe: <<%= url %>>", "url", ""),
    ("List-Unsubscribe: <<%= url %>>", "url", " "),
    ("List-Unsubscribe: <https://s.example/>, <mailto:{{ mail }}>", "mail", ""),
    ("List-Unsubscribe: <mailto:{{ mail }}?subject=x>", "mail", ""),
    ("List-Unsubscribe: <mailto:{{ id }}@s.example>", "id", ""),
    ("List-Unsubscribe: <mailto:{{ id }}@s.example>", "id", "a@b"),
    ("List-Unsubscribe: <mailto:{{ id }}@s.example>", "id", "a@b,"),
    ("Archived-At: <<%= url %>>", "url", ""),
    ("Mail-Followup-To: {{ mail }}", "mail", "a@b.example, c@d.example"),
    ("To: {{ id }}@reader.example", "id", "=?x?q?a=2C?="),
    ("To: {{ id }}?utf-8?q?b?=@reader.example", "id", "="),
    ("Autocrypt: addr={{ mail }}; keydata=AAAA", "mail", "a@b.example; prefer-encrypt=mutual"),
    ("BIMI-Selector: v=BIMI1; s={{ id }}", "id", "a; v=x"),
    ('Auto-Submitted: auto-replied; owner-email="{{ mail }}"', "mail", 'a"@b.example'),
    ("To: <{{ mail }}>", "mail", ""),
    ("To: {{ id }}@reader.example", "id", ""),
    ("List-Unsubscribe: <<%= url %>>", "url", "javascript:alert(1)"),
    ("List-Unsubscribe: <<%= url %>>", "url", "https://shop.example/a b"),
    ("List-Unsubscribe: <https://s.example/{{ id }}>", "id", ".."),
    ("List-Unsubscribe: <https://s.example/{{ id }}>", "id", "x" * 1000),
]


@pytest.mark.parametrize(("field", "slot", "value"), REFUSED_VALUES)
def test_what_a_field_cannot_hold_is_refused(field: str, slot: str, value: str) -> None:
    with pytest.raises(BadValue) as caught:
        merged(field, {slot: value})
    assert caught.value.slot == slot
    assert value not in str(caught.value) or len(value) < 5


@pytest.mark.parametrize(
    "field",
    [
        "Content-Type: text/plain; name={{ name }}",
        "MIME-Version: {{ id }}",
        "Received: from {{ name }}",
        "Bcc: {{ mail }}",
        "Resent-Bcc: {{ mail }}",
        "Return-Path: <{{ mail }}>",
        "Date: {{ id }}",
        "X-LM-Override-Track-Opens: {{ id }}",
        "X-{{ name }}: x",
        "Subject : {{ name }}",
        "List-Unsubscribe-Post: {{ id }}",
        "List-Unsubscribe: {{ id }} <https://s.example/>",
        "List-Unsubscribe: <https://{{ id }}.example/>",
        "List-Unsubscribe: <https://s.example/> {{ id }}",
        "To: friends: {{ mail }};",
        "To: {{ mail }} (a comment)",
        "To: <{{ mail }}",
        "To: <{{ mail }}> {{ name }}",
        "To: {{ name }} <é@x.example>",
        "Message-ID: x{{ id }}",
        "Message-ID: ({{ id }}) <a@b>",
        "Message-ID: <é{{ id }}@b>",
        "In-Reply-To: é <{{ id }}@b>",
        "References: <{{ id }}@b> é",
        "Feedback-ID: é:{{ id }}",
        "List-Id: <é.{{ id }}>",
        "List-Unsubscribe: (é) <https://s.example/{{ id }}>",
        "List-Unsubscribe: <https://s.example/{{ id }}>, é",
        'X-SMTPAPI: {"a": {{ id }}}',
        'X-SMTPAPI: {"a": "\\{{ id }}"}',
        'X-SMTPAPI: {"a": "\\u1{{ id }}"}',
    ],
)
def test_a_slot_where_no_value_may_be_is_refused(field: str) -> None:
    with pytest.raises(BadSlot) as caught:
        merged(field)
    assert caught.value.line == 2
    assert "header" in caught.value.place or "signed" in caught.value.place


def test_long_texts_are_folded_or_encoded_and_read_back() -> None:
    words = "word " * 60
    written = merged("Subject: {{ name }}.", {"name": words})
    assert max(map(len, written.split(b"\r\n"))) <= 78
    assert value_of(written) == f"{words}."
    assert value_of(merged("Subject: {{ name }}", {"name": "x" * 3000})) == "x" * 3000
    assert value_of(merged("Subject: {{ name }}", {"name": "a  b   c " * 40 + "z"})) == "a  b   c " * 40 + "z"
    many = ", ".join(f"Person {number} <p{number}@reader.example>" for number in range(20))
    written = merged(f"To: {many}, {{{{ mail }}}}")
    assert max(map(len, written.split(b"\r\n"))) <= 78
    assert value_of(written) == f"{many}, ann@reader.example"


TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"), max_size=60)


@given(TEXTS)
def test_email_reads_the_subject_back(name: str) -> None:
    assert value_of(merged("Subject: Hi {{ name }}", {"name": name})) == f"Hi {name}"


@given(TEXTS)
@example("a  b")
@example(" \xa0")
def test_email_reads_the_name_back(name: str) -> None:
    if any(char < " " or char == "\x7f" for char in name):
        with pytest.raises(BadValue):
            merged("To: {{ name }} <{{ mail }}>", {"name": name})
        return
    written = merged("To: {{ name }} <{{ mail }}>", {"name": name})
    message = email.message_from_bytes(written + b"\r\n\r\n", policy=email.policy.default)
    assert len(message.keys()) == 1
    (address,) = message["To"].addresses
    assert address.addr_spec == "ann@reader.example"
    old = str(email.message_from_bytes(written + b"\r\n\r\n", policy=email.policy.compat32)["To"])
    shown = str(make_header(decode_header(old.rpartition(" <")[0]))) if "=?" in old else parseaddr(old)[0]
    assert shown == name
    # CPython's parser of addresses puts a blank between two encoded words, and folds the blanks inside one, U+00A0 too.
    if len(name.encode()) <= 45 and name == " ".join(name.split()):
        assert address.display_name == name


@given(st.text(max_size=40))
def test_a_value_never_adds_a_field_or_an_address(value: str) -> None:
    for field in ("To: {{ name }} <{{ mail }}>", "Subject: {{ name }}", "To: {{ mail }}, b@c.example"):
        try:
            written = merged(field, {"name": value, "mail": value if field.startswith("To: {{ mail") else ANN["mail"]})
        except BadValue:
            continue
        message = email.message_from_bytes(written + b"\r\n\r\n", policy=email.policy.default)
        assert len(message.keys()) == 1
        if field.startswith("To"):
            assert len(message["To"].addresses) == (2 if "b@c" in field else 1)


JSON: Final = (
    '{"to": ["{{ mail }}"], "sub": {"%n": ["{{ name }}{{ id }}"], "\\u00e9\\\\": [true, -1.5e3, {}]}, "é=?": "="}'
)


@given(
    st.text(max_size=90).filter(lambda value: "\0" not in value and value == value.encode("utf-8", "ignore").decode())
)
@example('", "to": ["x@y.example"], "a": "')
@example("=")
@example("?")
@example("a\r\n b\\")
def test_a_service_reads_the_value_in_its_json(value: str) -> None:
    written = merged(f"X-SMTPAPI: {JSON}", {"name": value, "id": "?" + value})
    assert written.isascii()
    unfolded = written.decode().replace("\r\n", "")
    expected = json.loads(JSON) | {"to": ["ann@reader.example"]}
    expected["sub"]["%n"] = [f"{value}?{value}"]
    assert json.loads(unfolded.removeprefix("X-SMTPAPI: ")) == expected
    assert value_of(written) == unfolded.removeprefix("X-SMTPAPI: ")  # with no encoded word


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ('X-Vars: {\t"a": "{{ quote }}"}', b'X-Vars: { "a": "\\""}'),
        ('X-Vars: ["{{ quote }}"]', b'X-Vars: ["\\""]'),
        ("X-Vars: [{{ quote }}]", b'X-Vars: ["]'),
        ("X-Vars: {{{ quote }}}", b'X-Vars: {"}'),
        ('X-Vars: {"{{ quote }}"', b'X-Vars: {"""'),
        ('X-Vars: {"a": nulls, "b": "{{ quote }}"}', b'X-Vars: {"a": nulls, "b": """}'),
        ('Subject: {"a": "{{ quote }}"}', b'Subject: {"a": """}'),
    ],
)
def test_what_is_no_json_is_text(field: str, expected: bytes) -> None:
    raw = field.encode() + b"\r\n\r\nx"
    tracked = track_message(
        raw, OFF, domain=DOMAIN, message_id="m", slots={"quote": "{{ quote }}"}, values={"quote": '"'}
    )
    assert tracked.raw == expected + b"\r\n\r\nx"
