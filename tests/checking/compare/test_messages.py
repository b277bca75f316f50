from __future__ import annotations

import re
from base64 import b64encode, encodebytes
from datetime import UTC, datetime
from quopri import encodestring
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from lmtrack import Campaign, Consent, Route, TrackingDomain, TrackingMode, make_keys, resolve, track_message
from lmtrack.audit import Difference, compare_messages
from message_strategies import messages

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DOMAIN = TrackingDomain("https://track.example", make_keys(b"a fixed key of tests, 32 octets."))
NOW = datetime(2026, 3, 20, tzinfo=UTC)
ROUTE = Route(track_opens=True, track_clicks=True, after_refusal=TrackingMode.AGGREGATE)
ON, SUM = resolve(ROUTE, consent=Consent.GRANTED), resolve(ROUTE, consent=Consent.DENIED)
CAMPAIGN = Campaign(id="spring-2026", started_at=NOW)
PEOPLE = ("ann", "bob", "eve")

CAMPAIGN_MAIL = """\
Received: from mx for {who}\r
DKIM-Signature: v=1; b={who}\r
From: Shop <news@shop.example>\r
To: {who}@shop.example\r
Subject: News for {who}\r
Date: Fri, 20 Mar 2026 10:00:00 +0000 ({who})\r
Message-ID: <{who}@shop.example>\r
List-Unsubscribe: <https://shop.example/u/{who}>, <mailto:stop+{who}@shop.example>\r
List-Unsubscribe-Post: List-Unsubscribe=One-Click\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary="b-{who}"\r
\r
--b-{who}\r
Content-Type: text/plain\r
\r
Dear {who}, see https://shop.example/new or stop at https://shop.example/u/{who}\r
--b-{who}\r
Content-Type: text/html; charset=utf-8\r
\r
<p>Dear {who}, see <a href="https://shop.example/new">new</a> or\r
<a href="https://shop.example/u/{who}">stop</a> <a href="mailto:stop+{who}@shop.example">by mail</a></body>\r
--b-{who}--\r
"""


def copies(template: str = CAMPAIGN_MAIL) -> list[bytes]:
    return [template.format(who=who).encode() for who in PEOPLE]


def unexpected(found: list[Difference]) -> list[Difference]:
    return [difference for difference in found if not difference.expected]


def test_what_differs_in_all_mail_is_expected() -> None:
    found = compare_messages(copies())
    assert unexpected(found) == []
    assert [difference.place for difference in found] == [
        *("header Received", "header DKIM-Signature", "header To", "header Subject", "header Date"),
        *("header Message-ID", "header List-Unsubscribe", "header Content-Type boundary"),
        "part 1, text, line 1",
        *("part 2, a href, line 2", "part 2, a href, line 2"),
    ]
    assert found[2].values == ("ann@shop.example", "bob@shop.example", "eve@shop.example")
    assert found[-1].values[0] == "mailto:stop+ann@shop.example"
    assert compare_messages(copies()[:1] * 3) == []


def test_one_pixel_for_all_is_told_from_one_for_each() -> None:
    together = [
        track_message(
            raw, SUM, domain=DOMAIN, message_id=who, campaign=CAMPAIGN, allow_signed=True, text_links=True, now=NOW
        ).raw
        for raw, who in zip(copies(), PEOPLE, strict=True)
    ]
    assert b"https://track.example/o/" in together[0]
    assert unexpected(compare_messages(together)) == []
    each = [
        track_message(raw, ON, domain=DOMAIN, message_id=who, allow_signed=True, text_links=True, now=NOW).raw
        for raw, who in zip(copies(), PEOPLE, strict=True)
    ]
    found = unexpected(compare_messages(each))
    assert [difference.place for difference in found] == [
        "part 1, text, line 1",
        "part 2, a href, line 1",
        "part 2, img src, line 2",
    ]
    assert all(str(url).startswith("https://track.example/") for difference in found for url in difference.values)


def test_only_a_link_may_be_the_one_to_unsubscribe() -> None:
    template = CAMPAIGN_MAIL.replace("</body>", '<img src="https://shop.example/u/{who}"></body>')
    (found,) = unexpected(compare_messages(copies(template)))
    assert found.place == "part 2, img src, line 2"
    # Somebody else's link to unsubscribe is not one's own.
    swapped = [copies()[0], copies()[1].replace(b"<https://shop.example/u/bob>", b"<https://shop.example/u/ann>")]
    assert [one.values for one in unexpected(compare_messages(swapped)) if one.place.startswith("part 2")] == [
        (None, "https://shop.example/u/bob")
    ]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("X-Campaign-Recipient: {}", False), ("X-SG-EID: {}", False), ("Feedback-ID: {}:shop", False),
        ("Reply-To: reply+{}@shop.example", False), ("Sender: {}@shop.example", False), ("References: <{}@x>", False),
        ("From: Shop <news+{}@shop.example>", False), ("Disposition-Notification-To: {}@shop.example", False),
        ("X-LM-Override-Track-Opens : {}", False), ("To : {}", False), ("Content-Type: text/plain; name={}", False),
        ("Content-Language: {}", False), ("TO: {}", True), ("cc: {}", True), ("Return-Path: <{}@x>", True),
        ("ARC-Seal: i=1; b={}", True), ("arc-message-signature: b={}", True), ("X-MS-Exchange-Foo: {}", True),
        ("Delivered-To: {}", True), ("Authentication-Results: {}", True), ("X-Google-DKIM-Signature: {}", True),
        ("X-Spam-Score: {}", True), ("Content-Type: text/plain; boundary={}", True), ("Lines: {}", True),
        # What mailboxes and programs keep about their copy.
        *(
            (f"{name}: {{}}", True)
            for name in (
                "X-TUID", "X-UIDL", "X-UID", "X-Keywords", "X-IMAPbase", "X-Status", "X-Gmail-Labels",
                "X-Mozilla-Status", "X-Mozilla-Status2", "X-Mozilla-Keys",
            )
        ),
        ("X-Mozilla-News: {}", False),
        ("Content-ID: <{}@x>", True), ("List-Unsubscribe:\r\n <https://shop.example/u/{}>", True),
    ],
)  # fmt: skip
def test_headers_are_expected_to_differ_or_not(header: str, expected: bool) -> None:
    raws = [f"{header.format(who)}\r\nX-Same: 1\r\n\r\nText\r\n".encode() for who in ("4471", "4472")]
    found = compare_messages(raws)
    assert [one.expected for one in found if one.place.startswith("header ") and "X-Same" not in one.place] == [
        expected
    ]
    (first, *_) = found
    assert "4471" in str(first.values[0])
    assert compare_messages([raws[0]] * 2) == []
    if not expected:
        assert unexpected(compare_messages(raws, allow=[re.compile("447")])) == [
            one for one in unexpected(found) if not any(one.values)
        ]


def test_a_header_of_some_only_is_a_difference_and_its_spelling_is_none() -> None:
    found = compare_messages([b"X-Lead: 1\r\nX-Lead: 2\r\n\r\n", b"x-lead:1\r\n\r\n", b"Subject: x\r\n\r\n"])
    assert [one.values for one in found if one.place == "header X-Lead"] == [("1", "1", None), ("2", None, None)]
    folded = [b"X-Lead: a\r\n b\r\nMIME-Version: 1.0\r\n\r\n", b"X-LEAD:  a b \nmime-version:1.0\n\n"]
    assert compare_messages(folded) == []
    mbox = [b"From ann Fri Mar 20\nTo: x\n\n", b"From bob Fri Mar 20\nTo: x\n\n"]
    assert [(one.place, one.expected) for one in compare_messages(mbox)] == [("header (mbox line)", True)]


def test_a_copy_without_mime_version_may_be_read_as_plain_text() -> None:
    (found,) = compare_messages(
        [b"MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n<p>", b"Content-Type: text/html\r\n\r\n<p>"]
    )
    assert (found.place, found.values, found.expected) == ("header MIME-Version", ("1.0", None), False)


def html_part(encoding: str, encode: Callable[[bytes], bytes], charset: str = "utf-8") -> Callable[[str], bytes]:
    return lambda html: (
        f'Content-Type: text/html; charset="{charset}"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'.encode()
        + encode(html.encode(charset))
    )


PARTS: dict[str, Callable[[str], bytes]] = {
    "8bit": html_part("8bit", bytes),
    "quoted-printable": html_part("quoted-printable", encodestring),
    "base64": html_part("base64", encodebytes),
    "base64 on one line": html_part("BASE64", b64encode),
    "Latin-1": html_part("8bit", bytes, "iso-8859-1"),
    "in parts": lambda html: (
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + html_part("8bit", bytes)(html) + b"\r\n--x--"
    ),
    "forwarded": lambda html: b"Content-Type: message/rfc822\r\n\r\n" + html_part("8bit", bytes)(html),
}


@pytest.mark.parametrize("way", PARTS)
def test_a_personal_url_is_found_in_every_encoding(way: str) -> None:
    pages = [PARTS[way](f'<p>Grüße {who}</p><IMG SRC = "https://t.example/?m&#61;{who}">') for who in ("Ann", "Bob")]
    (found,) = compare_messages(pages)
    assert found.values == ("https://t.example/?m=Ann", "https://t.example/?m=Bob")
    assert not found.expected
    assert found.place.endswith("img src, line 1")
    same = [PARTS[way](f'<p>Grüße {who}</p><IMG SRC="https://t.example/">') for who in ("Ann", "Bob")]
    assert compare_messages(same) == []


def test_how_a_part_is_encoded_is_no_difference() -> None:
    html = '<p>Grüße</p><img src="https://t.example/?m=1">' + "x" * 100
    same = [PARTS[way](html) for way in ("8bit", "quoted-printable", "base64", "base64 on one line", "Latin-1")]
    assert compare_messages(same) == []


def attached(content_type: str, body: bytes, name: str = "") -> bytes:
    disposition = f'Content-Disposition: attachment; filename="{name}"\r\n' if name else ""
    return (
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nDear you\r\n--x\r\n"
        + f"Content-Type: {content_type}\r\n{disposition}Content-Transfer-Encoding: base64\r\n\r\n".encode()
        + encodebytes(body)
        + b"--x--\r\n"
    )


def test_parts_that_hold_no_text_are_compared_by_their_octets() -> None:
    for kind in ("application/pdf", "image/png", "application/pkcs7-mime", "application/octet-stream"):
        (found,) = compare_messages([attached(kind, b"1"), attached(kind, b"2"), attached(kind, b"1")])
        assert found.place == "part 2"
        assert not found.expected
        assert found.values == (
            f"{kind}; sha256=6b86b273ff34fce1", f"{kind}; sha256=d4735e3a265e16ee", f"{kind}; sha256=6b86b273ff34fce1",
        )  # fmt: skip
    pdf = "application/pdf; name=invoice.pdf"
    raws = [attached(pdf, b"1", "invoice-1.pdf"), attached(pdf, b"2", "invoice-2.pdf")]
    assert [one.values[0] for one in unexpected(compare_messages(raws))] == [
        'attachment; filename="invoice-1.pdf"',
        "invoice-1.pdf; sha256=6b86b273ff34fce1",
    ]
    declared = compare_messages(raws, allow=[re.compile(r"invoice-\d+\.pdf\b")])
    assert [one.expected for one in declared] == [True, True]
    some, *unclear = unexpected(
        compare_messages(
            [
                attached("image/png", b"1"),
                attached("image/png", b"1").replace(b"Dear you\r\n--x\r\n", b"Dear you\r\n--x--\r\n"),
            ]
        )
    )
    assert some.values[1] is None
    assert [one.values for one in unclear] == [(None, None)]
    (signature,) = compare_messages(
        [attached("application/pgp-signature", b"1"), attached("application/pgp-signature", b"2")]
    )
    assert signature.expected


def test_what_cannot_be_read_surely_and_differs_is_no_proof() -> None:
    broken = b"Content-Type: text/html; charset=%s\r\nContent-Transfer-Encoding: %s\r\n\r\n%s\r\n"
    for charset, encoding, one, two in (
        (b"x-unknown", b"8bit", b"Ann", b"Bob"),
        (b"utf-8", b"base64", b"QW5u=QW5u!", b"Qm9i=QW5u!"),
        (b"utf-8", b"x-uue", b"Ann", b"Bob"),
    ):
        raws = [broken % (charset, encoding, body) for body in (one, two)]
        found = unexpected(compare_messages(raws))
        assert found, charset
        assert all("cannot be read reliably" in difference.why for difference in found)
        assert compare_messages([b"To: a\r\n" + raws[0], b"To: b\r\n" + raws[0]])[0].expected
    cut = b"To: %s\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nText"
    assert [one.expected for one in compare_messages([cut % b"a", cut % b"b"])] == [True, False]


def test_other_texts_and_calendars_are_read_too() -> None:
    template = "Content-Type: {}\r\n\r\n{}\r\n"
    for kind, text in (
        ("text/plain", "see https://t.example/{}"),
        ("text/plain; format=flowed; delsp=yes", "see <https://t.example/ \r\n{}>"),
        ("text/css", "p {{ background: url(https://t.example/{}) }}"),
        ("text/calendar", "URL:https://t.exa\r\n mple/{}"),
        ("text/calendar", 'X-ALT-DESC;FMTTYPE=text/html:<img src="https://t.example/{}">'),
        ("text/x-amp-html", "<amp-img src='https://t.example/{}'></amp-img>"),
        ("image/svg+xml", "<svg><image href='https://t.example/{}'/></svg>"),
        ("text/html; text/plain", "<img src=https://t.example/{}>"),
    ):
        raws = [template.format(kind, text.format(who)).encode() for who in ("ann", "bob")]
        found = unexpected(compare_messages(raws))
        assert ("https://t.example/ann", "https://t.example/bob") in {one.values for one in found}, (kind, found)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/x-html", '<img src="/%s.gif">'),
        ("text/vcard", "PHOTO;VALUE=uri:https://t.exam\r\n ple/%s"),
        ("application/xml", '<?xml-stylesheet href="/%s.css"?><a/>'),
        ("text/css", "@import '/%s.css';"),
        ("application/octet-stream; name=a.html", '<img src="/%s.gif">'),
    ],
)
def test_parts_are_read_as_the_audit_reads_them(kind: str, body: str) -> None:
    raws = [f"Content-Type: {kind}\r\n\r\n{body % one}\r\n".encode() for one in (4471, 4472)]
    found = unexpected(compare_messages(raws))
    assert found
    assert all("4471" in str(one.values[0]) and "4472" in str(one.values[1]) for one in found)


@given(messages().map(lambda made: made.raw), messages().map(lambda made: made.raw))
def test_any_two_messages_can_be_compared(first: bytes, second: bytes) -> None:
    assert compare_messages([first, first]) == []
    found = compare_messages([first, second])
    assert all(len(one.values) == 2 for one in found)
    swapped = compare_messages([second, first])
    assert sorted(repr(one.values[::-1]) for one in found) == sorted(repr(one.values) for one in swapped)


@given(st.lists(st.binary(max_size=60), min_size=2, max_size=3))
def test_any_octets_can_be_compared(raws: list[bytes]) -> None:
    assert isinstance(compare_messages(raws), list)


def test_every_real_message_shows_its_trackers_and_no_other_difference(shared: Path) -> None:
    compared = 0
    for path in sorted((shared / "corpus").rglob("*.eml"))[::3]:
        raw = path.read_bytes()
        together = [
            track_message(raw, SUM, domain=DOMAIN, message_id=who, campaign=CAMPAIGN, allow_signed=True).raw
            for who in PEOPLE
        ]
        assert compare_messages(together) == [], path
        results = [
            track_message(raw, ON, domain=DOMAIN, message_id=who, allow_signed=True, text_links=True, now=NOW)
            for who in PEOPLE
        ]
        found = [one for one in compare_messages([result.raw for result in results]) if any(one.values)]
        assert len(found) == len(results[0].links) + (results[0].pixel is not None), path
        assert not any(None in one.values or one.expected for one in found), path
        compared += 1
    assert compared > 60


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(ValueError, match="two or more are needed"):
        compare_messages([b""])
    with pytest.raises(TypeError, match="one bytes cannot be compared"):
        compare_messages(b"To: x")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="each must be bytes, not str"):
        compare_messages([b"", ""])  # type: ignore[list-item]
    with pytest.raises(TypeError, match="allow must be a sequence"):
        compare_messages([b"", b""], allow="x")
