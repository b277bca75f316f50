"""Every part of a message, and what is unclear about them; compared with what the standard library finds."""

from __future__ import annotations

import email
import email.policy
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings, strategies as st

from lmtrack._checking.finding import Finding
from lmtrack._checking.messages.body_readings import read_octets
from lmtrack._checking.messages.entities import Entity, Head, read_entities
from message_strategies import junk, messages, seeded_message

if TYPE_CHECKING:
    from lmtrack._checking.messages.entities import Item


def parts(raw: bytes) -> list[tuple[str, str, bytes]]:
    return [
        (item.path, item.headers.content_type, item.body) for item in read_entities(raw) if isinstance(item, Entity)
    ]


def notes(raw: bytes) -> list[tuple[str, str]]:
    return [(str(item.kind), item.place) for item in read_entities(raw) if isinstance(item, Finding)]


def test_a_message_without_parts_is_part_one() -> None:
    assert parts(b"Subject: x\r\n\r\nHello\r\n") == [("1", "text/plain", b"Hello\r\n")]
    assert parts(b"") == [("1", "text/plain", b"")]
    assert notes(b"Subject: x\r\n\r\nHello\r\n") == []


def test_parts_are_numbered_as_imap_does() -> None:
    raw = b"""\
Content-Type: multipart/mixed; boundary=a

Preamble
--a
Content-Type: multipart/alternative; boundary=b

--b

one
--b
Content-Type: text/html

two
--b--
--a
Content-Type: message/rfc822

Subject: single

three
--a
Content-Type: message/rfc822

Content-Type: multipart/digest; boundary=c

--c

Content-Type: text/html

four
--c--
--a--
Epilogue
"""
    assert parts(raw) == [
        ("1.1", "text/plain", b"one"),
        ("1.2", "text/html", b"two"),
        ("2.1", "text/plain", b"three"),
        ("3.1.1", "text/html", b"four"),
    ]
    assert notes(raw) == []
    assert [item.path for item in read_entities(raw) if isinstance(item, Head)] == ["", "2", "3", "3.1"]
    above = [item.above for item in read_entities(raw) if isinstance(item, Entity)][-1]
    assert above == (
        ("", "multipart/mixed"),
        ("3", "message/rfc822"),
        ("3", "multipart/digest"),
        ("3.1", "message/rfc822"),
    )


def test_enclosed_messages_may_enclose_others() -> None:
    raw = b"Content-Type: message/rfc822\n\nContent-Type: Message/Global\n\nContent-Type: text/html\n\nx"
    assert parts(raw) == [("1.1.1", "text/html", b"x")]
    assert notes(raw) == []


def test_an_encoded_message_is_left_to_be_decoded() -> None:
    raw = b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdA=="
    assert parts(raw) == [("1", "message/rfc822", b"U3ViamVjdA==")]
    assert parts(b"Content-Type: message/partial\n\nSubject: x\n\ny") == [("1", "message/partial", b"Subject: x\n\ny")]


def test_what_a_file_adds_does_not_count() -> None:
    raw = b"\xef\xbb\xbfFrom ann@a.example Thu Jan  1 00:00:00 1970\nReceived: by x\n\tfor y\n\nHello"
    assert parts(raw) == [("1", "text/plain", b"Hello")]
    assert notes(raw) == []


def multipart(body: bytes, boundary: bytes = b"b", head: bytes = b"") -> bytes:
    return head + b"Content-Type: multipart/mixed; boundary=" + boundary + b"\n\n" + body


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"\n\nSubject: x\n\nHello", [("undecodable", "message")]),
        (b"\r\n", []),
        (b"Subject : x\n\nHello", [("undecodable", "part 1")]),
        (b"no colon\n\nHello", [("undecodable", "part 1")]),
        (b"Subject: x\n \nContent-Type: text/html\n\nHello", [("undecodable", "part 1")]),
        (b"Subject: x\rContent-Type: text/html\n\nHello", [("undecodable", "part 1")]),
        (b"Content-Type: text/html\nContent-Type: text/plain\n\nx", [("undecodable", "part 1")]),
        (b"Content-Type: multipart/mixed\n\nx", [("undecodable", "message")]),
        (multipart(b"--b\n\nx\n--b--", head=b"Content-Transfer-Encoding: base64\n"), [("undecodable", "message")]),
        (multipart(b"--b\n\nx\n"), [("truncated", "message")]),
        (multipart(b""), [("truncated", "message"), ("undecodable", "message")]),
        (multipart(b"--b--"), [("undecodable", "message")]),
        (multipart(b"--b\n\nx\n--b"), [("truncated", "message")]),
        (multipart(b"--b\n\nx\n--b\rContent-Type: text/html\r\ry\n--b--"), [("undecodable", "part 2")]),
        (multipart(b"--b\n\nx\r--b\r\ny\n--b--"), [("undecodable", "message")]),
        (multipart(b"--b\n\nx\n--bc\n\ny\n--b--"), [("undecodable", "message")]),
        (multipart(b"--b\n\nx\n--b --\n\ny\n--b--"), [("undecodable", "message")]),
        (multipart(b"--b\n\nx\n--b\n--b--\n--b\nContent-Type: text/html\n\ny"), [("undecodable", "message")] * 2),
        (multipart(b"--b\n\nx\n--b--\n--b\nContent-Type: text/html\n\ny"), [("undecodable", "message")]),
        (multipart(b"--b\n" + multipart(b"--c\n\nx\n--c--\n--c\n\ny\n", b"c") + b"--b--"), [
            ("undecodable", "message"),
        ]),
        (multipart(b"--b\n" + multipart(b"--b\n\nx\n--b--\n") + b"--b--"), [
            ("undecodable", "part 1"), ("truncated", "part 1"), ("undecodable", "part 1"), ("undecodable", "message"),
        ]),
        (multipart(b"--b\n" + multipart(b"--c\n\nx\n", b"c") + b"--b--"), [("truncated", "part 1")]),
        (multipart(b"--b\nContent-Type: message/rfc822\n\n" + multipart(b"--c\n\nx\n", b"c") + b"--b--"), [
            ("truncated", "part 1"),
        ]),
    ],
)  # fmt: skip
def test_where_readers_differ_or_the_end_is_missing_is_noted(raw: bytes, found: list[tuple[str, str]]) -> None:
    assert notes(raw) == found


@pytest.mark.parametrize(
    "raw",
    [
        multipart(b"--b \t\r\n\r\nx\r\n--b--\t\r\n"),
        multipart(b"--b\n\nx\n--c\n--\n-- \n--b--\n--c\n\nepilogue\n"),
        multipart(
            b"--b\n"
            + multipart(b"--c\n\nx\n--c--\n", b"c")
            + b"--b\n"
            + multipart(b"--c\n\ny\n--c--\n", b"c")
            + b"--b--"
        ),
        multipart(b"--a=?_1'x@y\n\nx\n--a=?_1'x@y--", b'"a=?_1\'x@y"'),
        multipart(b"--b\n" + multipart(b"--bc\n\nx\n--bc--\n", b"bc") + b"--b--\n"),
        multipart(b"--b\nSubject: x\n--b\n\ny\n--b--"),
        multipart(b"--b\nX: 1\n --c\nY: 2\n\ny\n--b--"),
        multipart(b"--b\n--b\n\nx\n--b--"),
    ],
)
def test_what_is_only_unusual_is_not(raw: bytes) -> None:
    assert notes(raw) == []


@pytest.mark.parametrize(
    "field",
    [
        "boundary=\"'b'\"", "boundary='b'", 'boundary="<b>"', 'boundary="b\\b"', 'boundary="b\n c"',
        "boundary*=us-ascii''b",
        "boundary*0=b; boundary*1=b", 'boundary="=?utf-8?q?b?="', f"boundary={'b' * 71}", 'boundary="b\x00"',
        'boundary="b\xe9"',
    ],
)  # fmt: skip
def test_a_boundary_that_programs_read_differently_is_noted(field: str) -> None:
    raw = f"Content-Type: multipart/mixed; {field}\n\n--b\n\nx\n--b--\n".encode("latin-1")
    assert ("undecodable", "message") in notes(raw)


@pytest.mark.parametrize("sign", ["\0", "\x0b", "\x0c", "\xa0", "\x7f", "\x00; x=y"])
def test_a_type_with_signs_that_some_cut_off_is_noted(sign: str) -> None:
    assert notes(f"Content-Type: text/html{sign}\n\nx".encode("latin-1")) == [("undecodable", "part 1")]


def test_a_part_knows_the_headers_of_the_multiparts_around_it() -> None:
    inner = b"Content-Type: message/rfc822\n\n" + multipart(b"--d\n\nx\n--d--\n", b"d", b"Content-Base: y\n")
    raw = multipart(b"--b\n\nx\n--b\n" + inner + b"--b--\n", head=b"Content-Location: x\n")
    around = [part.around for part in read_entities(raw) if isinstance(part, Entity)]
    assert [[block.split(b"\n")[0] for block in blocks] for blocks in around] == [
        [b"Content-Location: x"], [b"Content-Base: y"],
    ]  # fmt: skip


def test_a_line_of_a_header_block_may_look_like_a_boundary() -> None:
    inner = b"Content-Type: text/html\n--c: x\n\ny"
    assert parts(multipart(b"--b\n" + inner + b"\n--b--")) == [("1", "text/html", b"y")]
    # In the block of the whole, what looks like a boundary opens nothing.
    raw = b"X: 1\n--b\n" + multipart(b"--b\n\nx\n--b--")
    assert parts(raw)[-1] == ("1", "text/plain", b"x")


def test_too_deep_and_too_many_end_somewhere() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (one, one) for one in range(100))
    assert ("limit_reached", "part 1" + ".1" * 63) in notes(deep)
    enclosed = b"Content-Type: message/rfc822\n\n" * 1000
    assert ("limit_reached", "part 1" + ".1" * 64) in notes(enclosed)
    many = multipart(b"--b\n\n" * 10_002)
    assert notes(many)[0] == ("limit_reached", "part 10001")
    assert len(parts(many)) == 10_000


def test_of_very_many_notes_the_first_are_kept() -> None:
    assert len(notes(multipart(b"--b\nX : 1\n\n\n" * 1000))) == 100


def texts_of_stdlib(raw: bytes) -> list[bytes]:
    """Every HTML payload that the standard library's parser finds, decoded."""
    found = []
    for part in email.message_from_bytes(raw, policy=email.policy.compat32).walk():
        encoding = part["Content-Transfer-Encoding"]
        if encoding is not None:  # it takes a blank behind it for a part of it
            part.replace_header("Content-Transfer-Encoding", str(encoding).strip())
        if part.get_content_type() == "text/html" and not part.is_multipart():
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            found.append(payload)
    return found


def readings(items: list[Item]) -> set[bytes]:
    return {
        reading.strip(b"\r\n")
        for item in items
        if isinstance(item, Entity)
        for reading in read_octets(item.body, item.headers.encoding, closed=item.closed).readings
    }


def check_by_stdlib(raw: bytes) -> None:
    items = read_entities(raw)
    if any(isinstance(item, Finding) for item in items):
        return
    unsure = any(
        read_octets(item.body, item.headers.encoding, closed=item.closed).problem
        or item.headers.content_type.startswith("message/")  # a piece of one, or encoded: looked into elsewhere
        for item in items
        if isinstance(item, Entity)
    )
    if not unsure:
        found = readings(items)
        assert [text for text in texts_of_stdlib(raw) if text.strip(b"\r\n") not in found] == []


def test_every_page_that_the_standard_library_finds_is_looked_at_or_the_message_is_unclear() -> None:
    for seed in range(1500):
        check_by_stdlib(seeded_message(seed).raw)


@settings(max_examples=300)
@given(st.one_of(messages().map(lambda made: made.raw), junk()))
def test_of_damaged_messages_too(raw: bytes) -> None:
    check_by_stdlib(raw)


def test_a_clear_message_has_the_parts_that_were_written() -> None:
    clear = 0
    for seed in range(1500):
        made = seeded_message(seed)
        items = read_entities(made.raw)
        if made.clear and not any(isinstance(item, Finding) for item in items):
            found = [item for item in items if isinstance(item, Entity)]
            if any(item.headers.content_type == "message/partial" for item in found):
                continue
            clear += 1
            bodies = [item.body for item in found]
            written = [made.raw[leaf.start : leaf.end] for leaf in made.leaves]
            assert sorted(bodies) == sorted(written)
    assert clear > 500


@pytest.mark.parametrize(
    "raw",
    [
        b'{"html": "<img src=https://t.example/o/1>"}',
        b'[{"html": "<img src=https://t.example/o/1>"}]',
        b"html: |\n  <img src=https://t.example/o/1>\n",
        b"https://t.example/o/1\n",
        b"X: 1\n\n<img src=https://t.example/o/1>\n",
    ],
)
def test_what_has_none_of_a_messages_fields_is_no_message(raw: bytes) -> None:
    whys = [item.why for item in read_entities(raw) if isinstance(item, Finding)]
    assert any(why.startswith("its header has none of a message's fields") for why in whys)
