"""The audit of a message: every place a tracker can stand in, every reason why nothing can be proved."""

from __future__ import annotations

import base64
import email
import email.policy
import quopri
from collections import Counter
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from random import Random  # noqa: TID251 - seeded, in tests only

import pytest
from hypothesis import given, settings, strategies as st

from lmtrack._checking.audit.message import audit_message
from lmtrack._checking.audit.page import Audit, AuditOutcome
from lmtrack._checking.finding import FindingKind
from lmtrack.html import rewrite_html
from lmtrack.message import message_bytes, track_message
from lmtrack.resolver import Consent, Route, TrackingMode, resolve
from lmtrack.tokens import make_keys
from lmtrack.urls import TrackingDomain
from message_sending import DOMAIN as THEIRS, SUM, Sending
from message_strategies import junk, messages, mutated, seeded_message

NEWSLETTER = (Path(__file__).resolve().parents[3] / "docs" / "examples" / "newsletter.eml").read_bytes()
NOW = datetime(2026, 11, 2, tzinfo=UTC)
DOMAIN = TrackingDomain("https://track.example", make_keys(b"a fixed key, for these tests only"))
PIXEL = '<img src="https://t.example/p.gif" width="1" height="1">'
HTML = f"<p>Hello</p>{PIXEL}"


def outcome(raw: bytes) -> str:
    return str(audit_message(raw).outcome)


def found(raw: bytes) -> list[tuple[str, str]]:
    return [(str(finding.kind), finding.place) for finding in audit_message(raw).findings]


def kinds(raw: bytes) -> set[str]:
    return {kind for kind, _ in found(raw)}


def part(content_type: str, body: str | bytes, *lines: str) -> bytes:
    head = "".join(f"{line}\n" for line in (f"Content-Type: {content_type}", *lines))
    return head.encode() + b"\n" + (body.encode() if isinstance(body, str) else body)


def multipart(subtype: str, *parts: bytes, boundary: str = "b") -> bytes:
    body = b"".join(b"--" + boundary.encode() + b"\n" + one + b"\n" for one in parts)
    return part(f'multipart/{subtype}; boundary="{boundary}"', body + f"--{boundary}--\n".encode())


TEXT = part("text/plain", "Hello\n")
PAGE = part("text/html", HTML)


def test_a_mail_without_trackers_is_clean() -> None:
    for raw in (b"", b"Subject: x\n\nHello\n", NEWSLETTER, TEXT, part("text/html", "<p>Hello</p>")):
        assert audit_message(raw) == Audit(outcome=AuditOutcome.CLEAN, findings=())


def test_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    raw = b"From ann@a.example Thu Jan  1 00:00:00 1970\nReceived: from x\n\tby y; Mon\n" + multipart(
        "alternative", TEXT, PAGE
    )
    for one in (raw, raw.replace(b"\n", b"\r\n"), b"\xef\xbb\xbf" + raw):
        assert found(one) == [("hidden_image", "part 2, img src, line 1")]


ENCODED = [
    part("text/html", HTML, "Content-Transfer-Encoding: 8bit"),
    part("Text/HTML; charset=utf-8", quopri.encodestring(HTML.encode()), "Content-Transfer-Encoding: Quoted-Printable"),
    part("text/html", HTML.replace("=", "=3D").replace("img", "i=\nmg"), "Content-Transfer-Encoding: quoted-printable"),
    part("text/html", base64.encodebytes(HTML.encode()), "CONTENT-TRANSFER-ENCODING: BASE64"),
    part("text/html; charset=utf-16", HTML.encode("utf-16")),
    part("text/html; charset=utf-7", HTML.replace("<", "+ADw-")),
    part("text/html; charset=iso-2022-jp", HTML),
    part("text/html; charset=utf-8", HTML.replace("<", "+ADw-") + '<meta charset="utf-7">'),
    part("text/html", HTML.replace("img", "IMG").replace("src", "SRC")),
]


@pytest.mark.parametrize("raw", ENCODED)
def test_a_pixel_is_found_in_every_encoding(raw: bytes) -> None:
    assert outcome(raw) == "tracked"
    assert outcome(multipart("mixed", TEXT, raw)) == "tracked"
    assert found(multipart("mixed", TEXT, multipart("related", TEXT, raw, boundary="c")))[0][1].startswith("part 2.2")


PLACES = {
    "an HTML alternative that loses": multipart("alternative", PAGE, part("text/html", "<p>Hello</p>")),
    "beside the root of related": multipart("related", part("text/html", "<p>Hello"), PAGE),
    "an attached page": multipart("mixed", TEXT, part("text/html", HTML, "Content-Disposition: attachment")),
    "a named page": multipart("mixed", TEXT, part("text/html; name=x.html", HTML)),
    "bytes by the name of a page": part("application/octet-stream; name=x.HTM", HTML),
    "a picture of vectors": part("image/svg+xml", '<svg><image href="https://t.example/p" width="1" height="1"/>'),
    "XHTML": part("application/xhtml+xml", f"<html>{PIXEL}</html>"),
    "AMP": part("text/x-amp-html", '<amp-pixel src="https://t.example/p"></amp-pixel>'),
    "an AMP image": part("text/x-amp-html", '<amp-img src="https://t.example/p" width="1" height="1"></amp-img>'),
    "a style sheet": part("text/css", "@import url(https://t.example/x.css?u=Zk3vXr0pQe8sJt2LwY5uHg);"),
    "a style sheet by name": part("application/x; name=a.css", "@import 'https://t.example/x?u=Zk3vXr0pQe8sJt2LwY5uHg'"),
    "a style sheet that ends its element": part(
        "text/css", "/*</style>*/ @import url(https://t.example/x?u=Zk3vXr0pQe8sJt2LwY5uHg);"
    ),
    "a signed part": multipart("signed", PAGE, part("application/pgp-signature", "x")),
    "a report": multipart("report", TEXT, PAGE),
    "a digest": multipart("digest", b"\n" + PAGE),
    "a multipart nobody knows": multipart("x-unknown", PAGE),
    "a forwarded message": part("message/rfc822", PAGE),
    "a forwarded message, attached": multipart(
        "mixed", TEXT, part("message/rfc822", PAGE, "Content-Disposition: attachment; filename=x.eml")
    ),
    "a forwarded message in base64": part(
        "message/rfc822", base64.encodebytes(PAGE), "Content-Transfer-Encoding: base64"
    ),
    "a forwarded message in a forwarded one": part("message/rfc822", part("message/global", PAGE)),
    "a calendar's page": part("text/calendar", f"X-ALT-DESC;FMTTYPE=text/html:{PIXEL[:20]}\n {PIXEL[20:]}\n"),
    "a page relative to its location": part(
        "text/html", '<img src="p.gif" width="1" height="1">', "Content-Location: https://t.example/"
    ),
    "a page relative to its base": part(
        "text/html", '<base href="https://a.example/"><img src="p.gif" width=1 height=1>',
        'Content-Base: "https://t.\n example/"',
    ),
    "a page relative to what is around it": part(
        'multipart/related; boundary="b"',
        multipart("x", part("text/html", '<img src="p.gif" width="1" height="1">')).partition(b"\n\n")[2],
        "Content-Location: https://t.example/",
    ),
    "a page relative to its second base": part(
        "text/html", '<img src="p.gif" width="1" height="1">', "Content-Location: cid:x", "Content-Base: https://t.example/"
    ),
    "a type that nobody registered": part("text/x-html", HTML),
    "another one": part("application/html", HTML),
    "vectors without the rest of their name": part(
        "image/svg", '<svg><image href="https://t.example/p" width="1" height="1"/>'
    ),
    "bytes by an encoded name": part('application/octet-stream; name="=?utf-8?b?YS5odG1s?="', HTML),
    "bytes by a name in pieces": part(
        "application/octet-stream", HTML, 'Content-Disposition: inline; filename="=?utf-8?q?a=2E?= =?utf-8?q?htm?="'
    ),
    "bytes that a frame may show": part("application/octet-stream", HTML, "Content-ID: <x>"),
    "a message by the name of its file": part("application/octet-stream; name=a.eml", PAGE),
    "an archive of a page": part("application/x-mimearchive", PAGE),
    "an archive by its name, encoded": part(
        "application/octet-stream; name=a.mht", base64.encodebytes(PAGE), "Content-Transfer-Encoding: base64"
    ),
    "a calendar by its name": part("application/octet-stream; name=a.ics", f"X-ALT-DESC;FMTTYPE=text/html:{PIXEL}\n"),
    "bytes that a page names its style sheet": part(
        "application/octet-stream", "@import 'https://t.example/x?u=Zk3vXr0pQe8sJt2LwY5uHg';", "Content-ID: <x>"
    ),
    "a text that a page names its style sheet": part(
        "text/plain", "p{background:url(https://t.example/x?u=Zk3vXr0pQe8sJt2LwY5uHg)}", "Content-Location: x.css"
    ),
    "a style sheet of XML": part(
        "application/xml", '<?xml-stylesheet href="https://t.example/x.css?u=Zk3vXr0pQe8sJt2LwY5uHg"?><a/>'
    ),
    "a tag with NUL in it": part("text/html", HTML.replace("src", "s\0rc")),
    "a type said twice": part("image/png", HTML, "Content-Type: text/html"),
    "no type that can be read": part("text", HTML),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_a_tracker_is_found_wherever_a_reader_may_show_it(name: str) -> None:
    assert outcome(PLACES[name]) == "tracked"


LINKS = {
    "text/plain": "https://track.example/c/x",
    "text/enriched": "<bold>https://track.example/c/x</bold>",
    "text/richtext": "https://track.example/c/x",
    "text/plain; format=flowed; delsp=yes": "https://track.exam \nple/c/x",
    "text/calendar": "URL:https://track.\r\n example/c/x",
    "text/vcard": "URL:https://track.\r\n example/c/x",
    "text/directory": "URL:https://track.example/c/x",
    "message/delivery-status": "X-Y: https://track.example/c/x",
    'message/external-body; access-type=URL; url="https://track.example/\n c/x"': "",
}  # fmt: skip


@pytest.mark.parametrize("content_type", LINKS)
def test_tracked_links_are_found_in_every_text(content_type: str) -> None:
    audit = audit_message(part(content_type, LINKS[content_type]), domains=[DOMAIN])
    assert audit.outcome == "tracked"
    assert FindingKind.OWN_TRACKING_URL in {finding.kind for finding in audit.findings}


# RFC 5652 section 5: signed data without a content and without signers, in BER and in DER.
OID = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"
CERTIFICATES = b"0\x80" + OID + b"\x02\xa0\x800\x80\x02\x01\x011\x000\x80" + OID + b"\x01\x00\x00\xa0\x80xx"
MORE_CERTIFICATES = b"0\x82ab" + OID + b"\x02\xa0\x82ab0\x81a\x02\x01\x011\x000\x0b" + OID + b"\x01\xa0\x82xx"

INNOCENT = [
    part(
        "application/pkcs7-mime; smime-type=certs-only; name=c.p7c",
        base64.encodebytes(MORE_CERTIFICATES),
        "Content-Transfer-Encoding: base64",
    ),
    part("application/pdf", HTML),
    part("application/octet-stream; name=x.pdf", HTML),
    part("image/png; name=p.png", b"\x89PNG" + HTML.encode()),
    part("application/zip", HTML, "Content-Transfer-Encoding: x-unknown"),
    part("text/plain", HTML.replace("https", "hxxps")),
    multipart("mixed", TEXT) + HTML.encode(),
    multipart("related", part("text/html", '<img src="cid:x" width="1" height="1">'), part("image/gif", "GIF")),
    part("text/html", "<p>600 px: <img src='https://shop.example/lamps.png' width=600 height=200></p>"),
    part("application/pkcs7-mime; smime-type=certs-only; name=c.p7c", CERTIFICATES),
    part("application/octet-stream", b"GIF89a\0@import url(https://track.example/o/x)", "Content-ID: <x>"),
    part("application/octet-stream; name=x.txt", "begin 644 a.html"),
    part("text/plain", "begin 644 notes.pdf\n"),
    part("image/svg+xml", '<?xml version="1.0"?><?xml-stylesheet href="/style.css"?><svg></svg>'),
    part("application/vnd.openxmlformats-officedocument.wordprocessingml.document", HTML),
    part("text/html", "<p>x\0y</p>"),
    part("text/html", "<p>x</p>", "Content-Location: not a URL"),
    part("text/html", "<p>x</p>", "X-Pixel: https://t.example/p.gif", "List-Unsubscribe: <https://track.example/c/x>"),
    part("text/plain", "-----BEGIN PGP SIGNED MESSAGE-----\n\nHello\n-----BEGIN PGP SIGNATURE-----\n"),
    part("text/plain", "> -----BEGIN PGP MESSAGE-----"),
    part("text/calendar", "BEGIN:VCALENDAR\nURL:https://shop.example/\nSUMMARY:a\\, b < c\nEND:VCALENDAR"),
]


@pytest.mark.parametrize("raw", INNOCENT)
def test_what_cannot_load_with_the_mail_is_no_finding(raw: bytes) -> None:
    assert audit_message(raw, domains=[DOMAIN]).findings == ()


SEALED = [
    (multipart("encrypted", part("application/pgp-encrypted", "Version: 1"), part("application/octet-stream", "x")),
     "encrypted"),
    (multipart("encrypted", TEXT, TEXT), "encrypted"),
    (multipart("mixed", part("application/pgp-encrypted", "Version: 1"), TEXT), "encrypted"),
    (part("application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "x"), "encrypted"),
    (part("application/x-pkcs7-mime", "x"), "encrypted"),
    (part("application/octet-stream; name=smime.p7m", "x"), "encrypted"),
    (part("application/pkcs7-mime; smime-type=Signed-Data", "x"), "undecodable"),
    (part("application/x-microsoft-rpmsg-message; name=message.rpmsg", "x"), "encrypted"),
    (part("application/pgp; x-action=encrypt", "x"), "encrypted"),
    (part("text/plain", "-----BEGIN PGP MESSAGE-----\n\nx"), "encrypted"),
    (part("text/html", "<pre>-----BEGIN PGP MESSAGE-----\n\nx</pre>"), "encrypted"),
    (part("text/plain", base64.encodebytes(b"\r\n-----BEGIN PGP MESSAGE-----\r\n"),
          "Content-Transfer-Encoding: base64"), "encrypted"),
    (part("application/ms-tnef", "x"), "undecodable"),
    (part("application/octet-stream", "x", "Content-Disposition: attachment; filename=WINMAIL.DAT"), "undecodable"),
    (part('application/octet-stream; name="winmail.dat "', "x"), "undecodable"),
    (part("application/pkcs7-mime; smime-type=certs-only", "x"), "undecodable"),
    (part("application/pkcs7-mime; smime-type=certs-only", b"x" + CERTIFICATES), "undecodable"),
    (part('application/octet-stream; name="=?utf-8?q?smime=2Ep7m?="', "x"), "encrypted"),
    (part('application/octet-stream; name="=?utf-8?b?A?=winmail.dat"', "x"), "undecodable"),
    (part("application/octet-stream; name=a.eml", "=A", "Content-Transfer-Encoding: quoted-printable"), "truncated"),
    (part("application/xhtml+xml", '<!DOCTYPE html [<!ENTITY p "x">]><html>&p;</html>'), "undecodable"),
    (part("text/plain", "Hello\nbegin 644 a.html\nx\n"), "undecodable"),
    (part("text/plain", "=ybegin line=128 size=5 name=a.HTM \r\nx"), "undecodable"),
    (part("text/html", "x", *(f"Content-Location: https://{one}.example/" for one in "abcde")), "limit_reached"),
    (part("text/html\x00", "x"), "undecodable"),
    (multipart("mixed", TEXT, boundary="'b'"), "undecodable"),
    (part("text/html; charset=x-unknown", "x"), "undecodable"),
    (part("text/html", "x", "Content-Transfer-Encoding: x-uuencode"), "undecodable"),
    (part("text/html", "PGE+!PGE+", "Content-Transfer-Encoding: base64"), "undecodable"),
    (part("text/html", "PGE", "Content-Transfer-Encoding: base64"), "truncated"),
    (part("text/plain", "a=3", "Content-Transfer-Encoding: quoted-printable"), "truncated"),
    (part("message/partial; number=1; id=x", TEXT), "truncated"),
    (part("message/external-body; access-type=local-file", TEXT), "truncated"),
    (part("multipart/mixed; boundary=b", b"--b\n" + TEXT), "truncated"),
    (part("message/rfc822", quopri.encodestring(TEXT), "Content-Transfer-Encoding: quoted-printable"), "undecodable"),
    (part("message/rfc822", "!!", "Content-Transfer-Encoding: base64"), "undecodable"),
    (b"no colon\n" + TEXT, "undecodable"),
    (b"Content-Type: message/rfc822\n\n" * 100, "limit_reached"),
    (part("text/html; charset=utf-16", '<meta charset="utf-7"><meta charset="hz">+ADw- ~{<:Ky2;~}'), "limit_reached"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "kind"), SEALED)
def test_what_cannot_be_read_to_its_end_is_not_provable_and_never_clean(raw: bytes, kind: str) -> None:
    assert outcome(raw) == "not_provable"
    assert kind in kinds(raw)
    assert outcome(multipart("mixed", TEXT, raw, boundary="outer")) == "not_provable"
    assert outcome(multipart("mixed", PAGE, raw, boundary="outer")) == "tracked"


def test_encoded_messages_in_each_other_end_somewhere() -> None:
    raw = PAGE
    for _ in range(4):
        raw = part("message/rfc822", base64.encodebytes(raw), "Content-Transfer-Encoding: base64")
    assert outcome(raw) == "tracked"
    assert found(raw) == [("hidden_image", "part 1.1.1.1.1, img src, line 1")]
    raw = part("message/rfc822", base64.encodebytes(raw), "Content-Transfer-Encoding: base64")
    assert kinds(raw) == {"limit_reached"}


RECEIPTS = [
    b"Disposition-Notification-To: ann@shop.example\n", b"disposition-notification-to:ann@shop.example\n",
    b"DISPOSITION-NOTIFICATION-TO:\n\t<ann@shop.example>\n", b"Return-Receipt-To: ann@shop.example\n",
    b"X-Confirm-Reading-To: ann@shop.example\n", b"Read-Receipt-To: ann@shop.example\n", b"X-PMRQC: 1\n",
    b"Return-Receipt-Requested: yes\n", b"Disposition-Notification-To : ann@shop.example\n",
    b"X-Confirm-Reading: 1\n", b"X: y\r\nno colon\r\nReturn-Receipt-To: ann@shop.example\r\n",
]  # fmt: skip


@pytest.mark.parametrize("line", RECEIPTS)
def test_a_request_for_a_receipt_is_tracking(line: bytes) -> None:
    assert outcome(line + TEXT) == "tracked"
    inner = [place for kind, place in found(part("message/rfc822", line + TEXT)) if kind == "read_receipt"]
    assert inner[0].startswith("part 1, header ")


@pytest.mark.parametrize(
    "line",
    [
        b"Disposition-Notification-To:\n", b"X-PMRQC: 0\n", b"X-Disposition-Notification-To: a@b.example\n",
        b"Disposition-Notification-Options: x=optional,y\n", b"Generate-Delivery-Report: ann@shop.example\n",
        b"Subject: Disposition-Notification-To: a@b.example\n", b"X-A: x\n Disposition-Notification-To: a@b.example\n",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_is_not(line: bytes) -> None:
    assert found(line + TEXT) == []
    in_a_part = multipart("mixed", b"Disposition-Notification-To: a@b.example\n" + TEXT)
    assert found(in_a_part) == []


def test_our_own_tracking_is_found_and_aggregate_is_told_apart() -> None:
    raw = NEWSLETTER.replace(b"X-LM-Override-Track-Opens: false", b"X-Other: x")
    made = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
    tracked = track_message(raw, made, domain=DOMAIN, message_id="m-1", text_links=True, now=NOW).raw
    audit = audit_message(tracked, domains=[DOMAIN])
    assert audit.outcome == "tracked"
    assert {finding.place.partition(",")[0] for finding in audit.findings} == {"part 1.1", "part 1.2.1"}
    assert {finding.kind for finding in audit.findings} == {FindingKind.OWN_TRACKING_URL}
    assert audit_message(raw, domains=[DOMAIN]).outcome == "clean"
    sum_only = Sending(decision=SUM, allow_signed=True).track(raw).raw
    assert audit_message(sum_only, domains=[THEIRS]).outcome == "aggregate"
    assert audit_message(sum_only, domains=[THEIRS.base_url]).outcome == "tracked"


def test_a_list_of_trackers_counts_in_every_part() -> None:
    raw = multipart("mixed", part("text/html", "<img src='https://a.stats.example/logo.png'>"), TEXT)
    assert audit_message(raw).outcome == "clean"
    audit = audit_message(raw, known_trackers=["stats.example"])
    assert [finding.kind for finding in audit.findings] == [FindingKind.KNOWN_TRACKER]


def test_what_the_standard_library_writes_is_audited_too() -> None:
    message = EmailMessage()
    message["Subject"] = "Gr\u00fc\u00dfe"
    message.set_content("Hello")
    message.add_alternative(f"<p>Gr\u00fc\u00dfe</p>{PIXEL}", subtype="html")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="x.pdf")
    assert outcome(message_bytes(message)) == "tracked"


@pytest.mark.parametrize("raw", ["text", bytearray(b"x"), None])
def test_anything_but_bytes_is_refused(raw: object) -> None:
    with pytest.raises(TypeError, match="raw must be bytes"):
        audit_message(raw)  # type: ignore[arg-type]


def test_arguments_are_checked() -> None:
    with pytest.raises(TypeError):
        audit_message(b"", domains="track.example")
    with pytest.raises(ValueError, match="host"):
        audit_message(b"", known_trackers=["a b"])


@settings(max_examples=60)
@given(st.one_of(junk(), messages().map(lambda made: made.raw)))
def test_any_octets_have_an_outcome(raw: bytes) -> None:
    audit = audit_message(raw, domains=[DOMAIN])
    assert (audit.outcome == "clean") == (not audit.findings)


def links_by_stdlib(raw: bytes) -> list[str]:
    """The addresses that a program on top of the standard library's parser makes links of, in all HTML it finds."""
    found: list[str] = []
    for one in email.message_from_bytes(raw, policy=email.policy.compat32).walk():
        if one.get_content_type() != "text/html" or one.is_multipart():
            continue
        encoding = one["Content-Transfer-Encoding"]
        if encoding is not None:  # it takes a blank behind it for a part of it
            one.replace_header("Content-Transfer-Encoding", str(encoding).strip())
        payload = one.get_payload(decode=True)
        assert isinstance(payload, bytes)
        read = rewrite_html(payload.decode("latin-1"))
        found += [link.url.lower() for link in (*read.links, *(link for link, _ in read.skipped))]
    return found


def test_what_the_standard_library_sees_in_a_message_is_seen_or_the_message_is_not_clean() -> None:
    hosts = ["shop.example", "a.example", "u.example", "a.b"]
    ours = tuple(f"{start}{host}" for host in hosts for start in ("http://", "https://", "//"))
    clean = 0
    for seed in range(400):
        random = Random(seed)  # noqa: S311 - no secret is made here
        whole = seeded_message(seed).raw
        for raw in (whole, mutated(whole, random)):
            if audit_message(raw, domains=hosts).outcome == "clean":
                clean += 1
                assert not [url for url in links_by_stdlib(raw) if url.startswith(ours)]
    assert clean > 20


def test_a_tracked_message_is_never_clean() -> None:
    tracked = 0
    for seed in range(120):
        raw = seeded_message(seed).raw
        sent = Sending(allow_signed=True).track(raw)
        if sent.links or sent.pixel:
            if sent.decision.opens is TrackingMode.OFF and not any(part.action == "tracked" for part in sent.parts):
                continue
            tracked += 1
            assert audit_message(sent.raw, domains=[THEIRS]).outcome == "tracked"
    assert tracked > 30


HOSTILE = [
    b"\0" * 300_000, b"\r" * 300_000, b"--" * 150_000, b"\n--b" * 60_000,
    b"Content-Type: multipart/mixed; boundary=b\n\n" + b"\n--b" * 60_000,
    b"Content-Type: multipart/mixed; boundary=b\n\n" + b"\n--bx" * 60_000,
    b"Content-Type: message/rfc822\n\n" * 10_000,
    b"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\n" + b"=" * 300_000,
    b"Content-Type: text/html\nContent-Transfer-Encoding: quoted-printable\n\n" + b"=" * 300_000,
    b"Content-Type: text/html; charset=utf-7\n\n" + b"+" * 100_000,
    b"Content-Type: text/html\n\n" + b"<div>" * 20_000,
    b"Content-Type: text/calendar\n\n" + b"\\" * 300_000,
    b"A:\n " * 60_000, b"Content-Type: " + b"(" * 300_000,
    b"".join(b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (one, one) for one in range(3_000)),
]  # fmt: skip


@pytest.mark.parametrize("raw", HOSTILE, ids=lambda raw: repr(raw[-12:]))
def test_large_hostile_messages_have_an_outcome(raw: bytes) -> None:
    assert audit_message(raw).outcome


def test_real_mail_is_judged_and_what_is_not_provable_is_explained(shared: Path) -> None:
    counted: Counter[str] = Counter()
    for number, path in enumerate(sorted((shared / "corpus").rglob("*.eml"))):
        raw = path.read_bytes()
        audit = audit_message(raw)
        counted[str(audit.outcome)] += 1
        if number % 4 == 0:
            wire = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
            assert audit_message(wire).outcome == audit.outcome, path
    print(dict(counted))
    assert counted["not_provable"] <= 12
    assert counted["clean"] > 40
