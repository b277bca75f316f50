from __future__ import annotations

import email
import email.message
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from lmtrack._mime.structure import Part, find_parts

if TYPE_CHECKING:
    from pathlib import Path

MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
HTML = b"Content-Type: text/html\r\n\r\n"


def report(raw: bytes) -> list[tuple[str, str, str | None]]:
    return [(part.path, part.content_type, part.reason and str(part.reason)) for part in find_parts(raw)]


def bodies(raw: bytes) -> list[bytes]:
    return [raw[part.start : part.end] for part in find_parts(raw)]


def test_a_message_without_parts_is_one() -> None:
    assert find_parts(b"Subject: a\r\n\r\nbody\r\n") == (
        Part("1", "text/plain", 0, 14, 20, "7bit", None, flowed=False, delsp=False, reason=None, delimiters=()),
    )


def test_a_part_knows_the_delimiters_of_all_it_is_in() -> None:
    inner = b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n"
    raw = MIXED + b"--b\r\n" + inner + b"--b\r\n\r\ny\r\n--b--\r\n"
    assert [part.delimiters for part in find_parts(raw)] == [(b"--c", b"--b"), (b"--b",)]


def test_parts_are_found_with_their_encoding_and_charset() -> None:
    raw = MIXED + (
        b"preamble\r\n--b\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: Base64\r\n\r\n"
        b"UQ==\r\n--b  \r\n\r\nplain\r\n\r\n--b--\t\r\nepilogue\r\n--b\r\n"
    )
    assert [(part.path, part.content_type, part.encoding, part.charset) for part in find_parts(raw)] == [
        ("1", "text/html", "base64", "UTF-8"),
        ("2", "text/plain", "7bit", None),
    ]
    assert bodies(raw) == [b"UQ==", b"plain\r\n"]


def test_nested_parts_are_numbered_as_imap_does() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=c\n\n"
        b"--c\n\none\n--c\nContent-Type: text/html\n\ntwo\n--c--\n--b\n\nthree\n--b--\n"
    )
    assert [part.path for part in find_parts(raw)] == ["1.1", "1.2", "2"]
    assert bodies(raw) == [b"one", b"two", b"three"]


def test_an_outer_delimiter_ends_what_was_not_closed() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=c\n\n"
        b"--c\nContent-Type: text/html\n\ninner\n--b\n\nouter\n--c\nstill outer\n"
    )
    assert bodies(raw) == [b"inner", b"outer\n--c\nstill outer\n"]


def test_the_message_may_end_anywhere() -> None:
    raw = MIXED + b"--b\r\n" + HTML + b"text\r\n--b--"
    for end in range(len(raw)):
        find_parts(raw[:end])
    assert bodies(raw[: raw.index(b"\r\n--b--")]) == [b"text"]


def test_lines_that_only_look_like_a_delimiter_are_none() -> None:
    raw = MIXED + b"--b\r\n" + HTML + b"--bb\r\n--b x\r\n --b\r\n--c--\r\n--b--\r\n"
    assert bodies(raw) == [b"--bb\r\n--b x\r\n --b\r\n--c--"]


def test_a_field_of_the_header_is_no_delimiter() -> None:
    raw = b'Content-Type: multipart/mixed; boundary="b:"\r\n--b:\r\n\r\npreamble\r\n--b:\r\n' + HTML + b"x\r\n--b:--"
    assert report(raw) == [("1", "text/html", None)]


def test_a_delimiter_in_a_header_block_ends_the_part() -> None:
    raw = MIXED + b"--b\r\nContent-Type: text/html\r\n--b\r\n\r\nplain\r\n--b--"
    assert report(raw) == [("1", "text/html", "empty"), ("2", "text/plain", None)]


def test_another_line_of_hyphens_in_a_header_block_makes_it_malformed() -> None:
    raw = MIXED + b"--b\r\nContent-Type: text/html\r\n--c\r\nX: y\r\n\r\nbody\r\n--b--"
    assert report(raw) == [("1", "text/html", "malformed")]
    assert bodies(raw) == [b"body"]


@pytest.mark.parametrize("raw", [HTML[:-2], MIXED + b"--b\r\n" + HTML + b"--b--", MIXED + b"--b\r\n" + HTML[:-2]])
def test_a_part_without_even_an_empty_line_is_empty(raw: bytes) -> None:
    assert report(raw) == [("1", "text/html", "empty")]


@pytest.mark.parametrize(
    ("subtype", "reason"),
    [
        *(("mixed", None), ("alternative", None), ("related", None)),
        *(("signed", "signed"), ("encrypted", "encrypted"), ("report", "report"), ("parallel", "container")),
    ],
)
def test_what_stands_above_decides(subtype: str, reason: str | None) -> None:
    inner = b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n" + HTML + b"x\r\n--c--\r\n"
    raw = b"Content-Type: multipart/" + subtype.encode() + b"; boundary=b\r\n\r\n--b\r\n" + inner + b"--b--\r\n"
    assert report(raw) == [("1.1", "text/html", reason)]


def test_what_is_attached_as_a_whole_is_not_displayed() -> None:
    inside = b"; boundary=c\r\n\r\n--c\r\n" + HTML + b"x\r\n--c--\r\n--b\r\n" + HTML + b"y\r\n--b--\r\n"
    inner = b"--b\r\nContent-Disposition: %b\r\nContent-Type: multipart/alternative" + inside
    assert [part[2] for part in report(MIXED + inner % b"attachment")] == ["attachment", None]
    assert [part[2] for part in report(MIXED + inner % b"inline")] == [None, None]


def test_the_parts_of_a_digest_are_messages() -> None:
    raw = (
        b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\nx\r\n--b\r\n"
        + HTML
        + b"\r\n--b--"
    )
    assert report(raw) == [("1", "message/rfc822", "digest"), ("2", "text/html", "digest")]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (b"Content-Type: text/html", None),
        (b"Content-Type: text/html\nContent-Disposition: inline", None),
        (b"content-TYPE: TEXT/HTML; format=flowed", None),
        (b"Content-Type: text/html\nContent-Type: text/html", None),
        (b"Content-Type: text/x-amp-html", "amp"),
        (b"Content-Type: text/calendar", "calendar"),
        (b"Content-Type: application/pkcs7-mime", "smime"),
        (b"Content-Type: application/x-pkcs7-signature", "smime"),
        (b"Content-Type: message/rfc822", "message"),
        (b"Content-Type: image/png", "not_text"),
        (b"Content-Type: text/css", "not_text"),
        (b"Content-Type: text/html\nContent-Disposition: attachment", "attachment"),
        (b"Content-Type: text/html\nContent-Disposition: unheard-of", "attachment"),
        (b"Content-Type: multipart/mixed\nContent-Disposition: attachment", "attachment"),
        (b"Content-Type: text/html\nContent-Disposition: inline; filename=a.html", "named"),
        (b"Content-Type: text/html; name=a.html", "named"),
        (b"Content-Type: text/html; name*0*=utf-8''a; name*1=b", "named"),
        (b"Content-Type: text/html\nContent-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==", "checksum"),
        (b"Content-Type: text/html\nContent-Transfer-Encoding: x-uuencode", "encoding"),
        (b"Content-Type: text/html\nContent-Transfer-Encoding: base64;", "malformed"),
        (b"Content-Type: text/html\nContent-Transfer-Encoding: base64 (really)", "malformed"),
        (b"Content-Type: text/html\nContent-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit", "malformed"),
        (b"Content-Type: text/html\nContent-Type: text/plain", "malformed"),
        (b"Content-Type: text/html; charset=a; charset=b", "malformed"),
        (b'Content-Type: text/html; charset="a', "malformed"),
        (b"Content-Type: text/html\nX Y: z", "malformed"),
        (b"Content-Type : text/html", "malformed"),
        (b"Content-Type: html", "malformed"),
        (b"Content-Type:", "malformed"),
    ],
)
def test_what_a_part_says_of_itself_decides(fields: bytes, reason: str | None) -> None:
    (part,) = find_parts(fields + b"\n\nbody\n")
    assert part.reason == reason


@pytest.mark.parametrize(
    "fields",
    [
        b"Content-Type: multipart/mixed",
        b'Content-Type: multipart/mixed; boundary=""',
        b'Content-Type: multipart/mixed; boundary=" "',
        b"Content-Type: multipart/mixed; boundary=b; boundary=c",
        b"Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: x-uuencode",
        b"Content-Type: multipart/mixed; boundary=nowhere",
    ],
)
def test_a_multipart_that_cannot_be_split_is_left_alone(fields: bytes) -> None:
    assert report(fields + b"\n\n--b\nContent-Type: text/html\n\nx\n--b--\n") == [("1", "multipart/mixed", "malformed")]


@pytest.mark.parametrize("label", ["base64", "quoted-printable"])
def test_a_multipart_labelled_as_encoded_is_read_as_it_stands(label: str) -> None:
    fields = f"Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: {label}\n\n".encode()
    assert report(fields + b"--b\nContent-Type: text/html\n\nx\n--b--\n") == [("1", "text/html", None)]
    encoded = b64encode(b"--b\nContent-Type: text/html\n\nx\n--b--\n") + b"\n"
    assert report(fields + encoded) == [("1", "multipart/mixed", "malformed")]


def test_so_is_one_inside_another() -> None:
    raw = MIXED + b"--b\r\nContent-Type: multipart/related; boundary=c\r\n\r\nx\r\n--b\r\n" + HTML + b"y\r\n--b--"
    assert report(raw) == [("1", "multipart/related", "malformed"), ("2", "text/html", None)]


def test_an_inner_boundary_that_is_an_outer_one_makes_the_inner_unsure() -> None:
    raw = MIXED + b"--b\r\n" + MIXED + b"--b\r\n" + HTML + b"x\r\n--b--\r\n"
    assert report(raw) == [("1", "multipart/mixed", "malformed"), ("2", "text/html", None)]
    raw = MIXED + b"--b\r\nContent-Type: multipart/mixed; boundary=b--\r\n\r\n--b--\r\n" + HTML + b"x\r\n"
    assert report(raw) == [("1", "multipart/mixed", "malformed")]


RELATED = b'Content-Type: multipart/related; boundary=b; type="text/html"'


def test_only_the_root_of_related_parts_is_displayed() -> None:
    raw = RELATED + b"\n\n--b\n" + HTML + b"root\n--b\n" + HTML + b"other\n--b--\n"
    assert report(raw) == [("1", "text/html", None), ("2", "text/html", "related")]


def test_the_root_may_be_named() -> None:
    named = b"Content-ID: <r@x>\nContent-Type: text/html\n\nroot\n"
    raw = RELATED + b'; start="<r@x>"\n\n--b\n' + HTML + b"other\n--b\n" + named + b"--b\n" + HTML + b"third\n--b--\n"
    assert [part[2] for part in report(raw)] == ["related", None, "related"]
    raw = raw.replace(b'<r@x>"', b'<nobody@x>"')
    assert [part[2] for part in report(raw)] == [None, "related", "related"]


def test_the_root_may_have_parts_of_its_own() -> None:
    inner = b"Content-Type: multipart/alternative; boundary=c\n\n--c\n\nplain\n--c\n" + HTML + b"html\n--c--\n"
    raw = RELATED + b"\n\n--b\n" + inner + b"--b\nContent-Type: image/png\n\nx\n--b\n" + inner + b"--b--\n"
    assert [(path, reason) for path, _, reason in report(raw)] == [
        *(("1.1", None), ("1.2", None), ("2", "not_text"), ("3.1", "related"), ("3.2", "related")),
    ]


def test_a_delimiter_behind_a_lone_cr_makes_everything_unsure() -> None:
    raw = MIXED + b"--b\r\n" + HTML + b"x\r--b\r\n\r\ny\r\n--b--\r\n"
    assert {reason for _, _, reason in report(raw)} == {"malformed"}
    assert report(HTML + b"x\r--b") == [("1", "text/html", None)]


def test_too_deep_is_left_alone() -> None:
    levels = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level) for level in range(80))
    ((_, content_type, reason),) = report(levels + HTML + b"x")
    assert (content_type, reason) == ("multipart/mixed", "too_deep")


def test_too_many_parts_are_left_alone() -> None:
    found = find_parts(MIXED + b"--b\r\n\r\nx\r\n" * 20_000)
    assert {part.reason and str(part.reason) for part in found} == {"too_many_parts"}
    assert len(found) < 20_000
    assert {part.reason for part in find_parts(MIXED + b"--b\r\n\r\nx\r\n" * 9_000)} == {None}


def leaves_of(message: email.message.Message) -> list[tuple[str, bytes | None]]:
    """The leaves as the standard library sees them, other messages unopened; None where a payload is encoded."""
    if message.is_multipart() and message.get_content_maintype() != "message":
        parts = message.get_payload()
        assert isinstance(parts, list)
        return [leaf for part in parts if isinstance(part, email.message.Message) for leaf in leaves_of(part)]
    payload = message.get_payload(decode=True)
    plain = str(message.get("Content-Transfer-Encoding", "7bit")).lower() in {"7bit", "8bit", "binary"}
    return [(message.get_content_type(), payload if plain and isinstance(payload, bytes) else None)]


def test_real_messages_have_the_parts_that_the_standard_library_sees(shared: Path) -> None:
    compared = 0
    for path in sorted((shared / "corpus").rglob("*.eml")):
        raw = path.read_bytes()
        parts = find_parts(raw)
        if any(part.reason and str(part.reason) == "malformed" for part in parts):
            continue
        leaves = leaves_of(email.message_from_bytes(raw))
        assert [part.content_type for part in parts] == [kind for kind, _ in leaves]
        for part, (_, payload) in zip(parts, leaves, strict=True):
            if payload is not None:
                ours = raw[part.start : part.end]
                assert ours.replace(b"\r\n", b"\n").rstrip(b"\n") == payload.replace(b"\r\n", b"\n").rstrip(b"\n")
                compared += 1
    assert compared > 300


def test_a_line_of_a_header_may_look_like_a_delimiter() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\n\n--b\nX-A: 1\n--bc\n\ntext\n--b--\n"
    assert [(part.path, raw[part.start : part.end]) for part in find_parts(raw)] == [("1", b"text")]


def test_only_direct_parts_of_a_digest_are_messages_by_default() -> None:
    digest = b"Content-Type: multipart/digest; boundary=d\n\n--d\n\nSubject: a\n\nx\n--d\n"
    inner = b"Content-Type: multipart/mixed; boundary=e\n\n--e\n\ntext\n--e--\n--d--\n"
    assert report(digest + inner) == [("1", "message/rfc822", "digest"), ("2.1", "text/plain", "digest")]
    signed = b"Content-Type: multipart/signed; boundary=s\n\n--s\n" + digest + b"--d--\n--s--\n"
    assert report(signed)[0] == ("1.1", "message/rfc822", "signed")


def test_a_delimiter_with_a_lone_cr_behind_it_leaves_nothing_sure() -> None:
    assert report(MIXED + b"--b\n" + HTML + b"a\n--b\r--c\n\nb\n--b--\n") == [("1", "text/html", "malformed")]
    assert report(MIXED + b"--b\n" + HTML + b"a\n--b") == [("1", "text/html", None)]
