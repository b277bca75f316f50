from __future__ import annotations

from random import Random  # noqa: TID251 - the ban is for the library
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import example, given, strategies as st

from lmtrack import (
    Consent,
    Route,
    TrackingDomain,
    make_keys,
    pixel_tag,
    resolve,
    strip_control_headers,
    track_message,
    verify_message,
)
from lmtrack.testing import messages
from message_strategies import write_message

if TYPE_CHECKING:
    from pathlib import Path

DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"a fixed key of tests, 32 octets."))
ON: Final = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
OFF: Final = resolve(Route())
PIXEL: Final = pixel_tag("https://t.example/o/1").encode()

LETTER: Final = b"""From: Shop <news@shop.example>\r
X-LM-Override-Track-Opens: true\r
X-LM-Override-TLS: on\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=b\r
\r
This is a message in several parts.\r
--b\r
Content-Type: multipart/alternative; boundary=c\r
\r
--c\r
Content-Type: text/plain; charset=utf-8\r
\r
See <https://shop.example/> and https://shop.example/lamps.\r
\r
--c\r
Content-Type: text/html; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
<p>Our =C3=A4lder <a href=3D"https://shop.example/">shop</a></p><svg><a xlink=\r
:href=3D"https://shop.example/2">x</a></svg>\r
--c--\r
--b\r
Content-Type: text/html; name=a.html\r
\r
<a href=3D"https://shop.example/3">a file</a>\r
--b--\r
Behind it.\r
"""
# What another program does to it, or a mistake of ours: what is put in place of what, and what that is.
DAMAGE: Final = {
    "a header field": (b"news@shop", b"sale@shop", "header_changed"),
    "a header field lost": (b"MIME-Version: 1.0\r\n", b"", "header_changed"),
    "another header under the prefix lost": (b"X-LM-Override-TLS: on\r\n", b"", "header_changed"),
    "a header field added": (b"MIME-Version", b"X-Sent-By: me\r\nMIME-Version", "header_changed"),
    "a byte order mark": (b"From: Shop", b"\xef\xbb\xbfFrom: Shop", "header_changed"),
    "a preamble": (b"in several", b"in many", "header_changed"),
    "a part's header": (b"text/plain; charset=utf-8", b"text/plain; charset=latin1", "header_changed"),
    "an encoding": (b"quoted-printable", b"7bit", "part_changed"),
    "a boundary": (b"--c--\r\n", b"\r\n--c--\r\n", "text_changed"),
    "an epilogue": (b"Behind", b"Before", "part_changed"),
    "a part lost": (b"--c\r\nContent-Type: text/html", b"\r\nContent-Type: text/html", "part_changed"),
    "a file": (b"shop.example/3", b"t.example/c/3", "part_changed"),
    "a word of the text": (b"See <", b"Look <", "text_changed"),
    "a link of the text lost": (b"https://shop.example/lamps", b"", "text_changed"),
    "a link of the text to nowhere": (b"<https://shop.example/>", b"<https://>", "link_changed"),
    "the end of a sentence": (b"lamps.\r\n", b"lamps\r\n", "link_changed"),
    "a word of the page": (b"Our", b"My", "text_changed"),
    "a letter of the page": (b"=C3=A4", b"=C3=A5", "text_changed"),
    "a link of the page to nowhere": (b'"https://shop.example/"', b'"javascript:x"', "link_changed"),
    "a link of a drawing to nowhere": (b'"https://shop.example/2"', b'"javascript:x"', "link_changed"),
    "a long line": (b'"https://shop.example/"', b'"https://t.example/' + b"x" * 1_000 + b'"', "part_changed"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_has_its_kind(name: str) -> None:
    old, new, kind = DAMAGE[name]
    assert LETTER.count(old) == 1 or name == "a header field"
    found = verify_message(LETTER, LETTER.replace(old, new, 1))
    assert kind in [str(finding.kind) for finding in found], found


def test_links_pixels_and_override_headers_may_differ() -> None:
    sent = LETTER.replace(b"X-LM-Override-Track-Opens: true\r\n", b"")
    assert verify_message(LETTER, sent) == verify_message(LETTER, LETTER) == []
    sent = sent.replace(b"https://shop.example/lamps", b"https://t.example/c/1").replace(
        b'"https://shop.example/2"', b'"https://t.example/=\r\nc/2"'
    )
    sent = sent.replace(b"</svg>\r\n", b"</svg>" + PIXEL.replace(b"=", b"=3D").replace(b" alt", b"=\r\n alt") + b"\r\n")
    assert verify_message(LETTER, sent) == []
    twice = (
        b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\nContent-Type: text/html\n\n<p>x\n" * 2 + b"--b--\n"
    )
    (finding,) = verify_message(twice, twice.replace(b"<p>x", b"<p>x" + PIXEL))
    assert (finding.kind, finding.place) == ("extra_pixel", "message")


@pytest.mark.parametrize(
    "field",
    [
        b"X-LM-Override-Tr\xc3\xa4ck-\xc3\x96pens: true\r\n", b"X-LM-Override-\xff: x\r\n",
        b"X-LM-Override-T-R-A-C-K-O-P-E-N-S: true\r\n", b"X-LM-Override-Track-Opens: true\r",
        b"Subject: a\rX-LM-Override-Track-Opens:\r\n true\r\n", b"\xffX-LM-Override-Track-Clicks: true\r\n",
    ],
)  # fmt: skip
def test_whatever_is_meant_as_an_override_may_go(field: bytes) -> None:
    mail = b"From: news@shop.example\r\n" + field + b"X-Kind: a\r\n\r\nhttps://shop.example/\r\n"
    sent = track_message(mail, ON, domain=DOMAIN, message_id="m-1", text_links=True).raw
    assert b"verride" not in sent
    assert verify_message(mail, sent) == []
    assert verify_message(mail, mail) == []
    assert verify_message(mail, sent.replace(b"X-Kind: a\r\n", b"")) != []


@pytest.mark.parametrize(
    ("encoding", "body", "broken"),
    [("base64", b"PGI+eDwvYj4=\n", b"PGI+eD!wvYj4=\n"), ("base64", b"PGI+eDwvYj4=\n", b"PGI+eDwvYj4\n"),
     ("quoted-printable", b"<b>x=\n</b>\n", b"<b>x= \n</b>\n")],
)  # fmt: skip
def test_an_encoding_that_is_broken_now_is_damage(encoding: str, body: bytes, broken: bytes) -> None:
    head = f"Content-Type: text/html\nContent-Transfer-Encoding: {encoding}\n\n".encode()
    assert [str(one.kind) for one in verify_message(head + body, head + broken)][:1] == ["part_changed"]
    # What was broken before is compared as it is most likely read.
    assert "part_changed" not in [str(one.kind) for one in verify_message(head + broken, head + body)]


def test_old_pixels_and_labels_are_known() -> None:
    mail = b'Content-Type: text/html\n\n<a data-lm-label="x" href=https://shop.example/>x</a>\n'
    style = b'style="display:block;width:1px;height:1px;border:0;" alt="">'
    old = b'<img src="https://t.example/o/1" width="1" height="1" ' + style
    sent = mail.replace(b' data-lm-label="x"', b"").replace(b"\n", b"\n" + old, 1).replace(b"\n" + old, b"\n", 1)
    assert verify_message(mail, sent) == []
    assert verify_message(mail, sent.replace(b"</a>", b"</a>" + old)) == []


def test_the_root_of_a_related_part_is_the_one_that_is_named() -> None:
    mail = (
        b'Content-Type: multipart/related; boundary=b; start="<r>"\n\n--b\nContent-Type: text/html\n\n<a href=https://a.example/>\n'
        b"--b\nContent-Type: text/html\nContent-ID: <r>\n\n<a href=https://b.example/>\n--b--\n"
    )
    assert verify_message(mail, mail.replace(b"b.example", b"t.example/c/1")) == []
    assert [str(one.kind) for one in verify_message(mail, mail.replace(b"a.example", b"t.example/c/1"))] == [
        "part_changed"
    ]


def test_a_message_of_no_parts_has_its_header() -> None:
    mail = b"X-LM-Override-Track-Opens: true\nContent-Type: multipart/mixed; boundary=b\n\n"
    assert verify_message(mail, mail.replace(b"X-LM-Override-Track-Opens: true\n", b"")) == []
    assert verify_message(mail, mail + b"x")


@pytest.mark.parametrize("part", range(4))
def test_what_we_make_of_any_message_passes(part: int) -> None:
    for seed in range(part, 160, 4):
        made = write_message(Random(seed))  # noqa: S311 - the same messages each time, and no secret
        for text_links in (False, True):
            tracked = track_message(made.raw, ON, domain=DOMAIN, message_id="m-1", text_links=text_links)
            found = {str(finding.kind) for finding in verify_message(made.raw, tracked.raw)}
            assert found <= {"limit_reached"}, seed


@given(messages())
def test_what_we_make_of_a_sender_s_message_passes(raw: bytes) -> None:
    tracked = track_message(raw, ON, domain=DOMAIN, message_id="m-1", text_links=True)
    assert {str(finding.kind) for finding in verify_message(raw, tracked.raw)} <= {"limit_reached"}


# What a header may be made of, so that little or nothing is left of it without the overrides.
PIECES: Final = (
    b"X-LM-Override-Track-Opens: true\r\n", b"X-LM-Override-Track-Opens: true", b"X-LM-Override-Track-Opens : true\n",
    b"X-LM-Override-Track-Clicks: true\r", b"X-LM-Override-TLS: on\r\n", b"\xef\xbb\xbf", b"\r\n", b"\n", b"\r",
    b" x\r\n", b"From a@b.example\r\n", b"Subject: x\r\n", b"Subject: x", b"Content-Type: text/html\r\n",
    b"DKIM-Signature: h=x-lm-override-track-opens\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n", b"--b\r\n",
    b"--b--\r\n",
    b"Content-Type: message/rfc822\r\n", b"Content-Transfer-Encoding: base64\r\n", b"https://shop.example/ x\r\n",
    b"<a href='https://shop.example/'>x</a>", b"PGEgaHJlZj0iaHR0cHM6Ly9zaG9wLmV4YW1wbGUvIj54PC9hPg==\r\n",
)  # fmt: skip


@pytest.mark.parametrize("is_on", [False, True])
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=9), is_signed=st.booleans())
@example(pieces=[PIECES[0]], is_signed=False)
@example(pieces=[PIECES[0], b"\r\n"], is_signed=False)
@example(pieces=[b"\xef\xbb\xbf", PIECES[0]], is_signed=False)
@example(pieces=[PIECES[0], b"\xef\xbb\xbf", b"Content-Type: multipart/mixed; boundary=b\r\n"], is_signed=False)
@example(pieces=[PIECES[0], b"\r\n", b"Content-Type: message/rfc822\r\n"], is_signed=False)
@example(pieces=[b"\r", PIECES[0], b"\r"], is_signed=False)
@example(pieces=[b"x\r", PIECES[0], PIECES[0], b"\n"], is_signed=False)
@example(
    pieces=[b"\n", b"Content-Type: text/html\r\n", b"\n", b"<a href='https://shop.example/'>x</a>"], is_signed=False
)
def test_what_we_make_of_a_header_of_little_else_than_overrides_passes(
    pieces: list[bytes], is_on: bool, is_signed: bool
) -> None:
    raw = b"".join(pieces)
    decision = ON if is_on else OFF
    for prefix in ("X-LM-Override-", "X-Ours-"):
        mail = raw.replace(b"X-LM-Override-", prefix.encode())
        tracked = track_message(
            mail, decision, domain=DOMAIN, message_id="m-1", text_links=True, allow_signed=is_signed, prefix=prefix
        )
        assert {str(one.kind) for one in verify_message(mail, tracked.raw, prefix=prefix)} <= {"limit_reached"}


def test_headers_under_another_prefix_may_be_gone_if_it_is_said() -> None:
    mail = b"X-Ours-Track-Opens: false\r\nX-LM-Override-Track-Opens: false\r\nSubject: a\r\n\r\nHello\r\n"
    assert verify_message(mail, strip_control_headers(mail, prefix="X-Ours-"), prefix="X-Ours-") == []
    (finding,) = verify_message(mail, strip_control_headers(mail, prefix="X-Ours-"))
    assert finding.kind == "header_changed"
    (finding,) = verify_message(mail, strip_control_headers(mail), prefix="X-Ours-")
    assert finding.kind == "header_changed"


@given(messages(), st.data())
def test_no_input_is_too_odd(raw: bytes, data: st.DataObject) -> None:
    cut = raw[: data.draw(st.integers(0, len(raw)))]
    assert verify_message(raw, raw) == []
    verify_message(raw, cut)
    verify_message(cut, raw)


def test_real_messages_pass(shared: Path) -> None:
    paths = [
        path for path in sorted((shared / "corpus").rglob("*")) if path.suffix == ".eml" or "ham" in path.parent.name
    ]
    count = 0
    for path in paths[::3]:
        raw = path.read_bytes()
        tracked = track_message(raw, ON, domain=DOMAIN, message_id="m-1", text_links=True, allow_signed=True)
        assert {str(one.kind) for one in verify_message(raw, tracked.raw)} <= {"limit_reached"}, path
        count += tracked.raw != raw
    assert count > 20


def test_wrong_arguments_are_the_caller_s_mistake() -> None:
    with pytest.raises(TypeError, match="before must be bytes, not str"):
        verify_message("", b"")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="after must be bytes, not str"):
        verify_message(b"", "")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="prefix must be a str, not bytes"):
        verify_message(b"", b"", prefix=b"X-")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="prefix must be one or more"):
        verify_message(b"", b"", prefix="X: ")
