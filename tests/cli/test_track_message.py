"""`lmtrack track` and `lmtrack resolve` on messages, and how a message is told from a page."""

from __future__ import annotations

import email
import email.policy
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, strategies as st

from cli_runs import BOTH, FIXED, KEY, NEWSLETTER, refused, run, run_on
from lmtrack._headers import is_message
from lmtrack.message import strip_control_headers

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import EmailMessage
    from pathlib import Path

PAGE = b'<a href="https://shop.example/">Shop</a>\r\n'
HEAD = b"From: a@b.example\r\nSubject: Hi\r\nMIME-Version: 1.0\r\n"
MAIL = HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + PAGE
PLAIN = HEAD + b"\r\nSee https://shop.example/plain\r\n"
# What Outlook's own files begin with.
ENTRY = b"From ann@shop.example Mon Nov  2 09:00:00 2026\n"
EMLX = str(len(MAIL)).encode() + b"\n" + MAIL + b"<?xml version='1.0'?><plist></plist>\n"
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(64)


def read(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def html_of(raw: bytes) -> str:
    body = read(raw).get_body(("html",))
    assert body is not None
    text: str = body.get_content()
    return text


def test_message_is_tracked_and_its_parts_links_and_decision_are_shown(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    code, out, err = run(capsysbinary, "track", str(NEWSLETTER), *BOTH, *FIXED)
    assert code == 0
    assert html_of(out).count("https://track.example/c/") == 5
    assert err.splitlines()[:6] == [
        "part   type           action     reason",
        "1.1    text/plain     untouched  plain_text",
        "1.2.1  text/html      tracked",
        "1.2.2  image/png      untouched  not_text",
        "2      text/calendar  untouched  calendar",
        "",
    ]
    assert "1.2.1  2     v:roundrect (Outlook)  https://shop.example/lamps?utm_source" in err
    assert "1.2.1  -     a                      https://shop.example/letters/leave?who=4471" in err
    assert err[err.index("\npixel") :].splitlines()[1:] == [
        "pixel: none",
        "removed: X-LM-Override-Track-Opens: false",
        "",
        "opens   off         override_false",
        "clicks  individual  the route says so",
        "lmtrack: no --key-file and no LMTRACK_KEY: signed with a key made for this run, which no one else can verify",
    ]


def test_report_on_a_message_as_json(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], tmp_path: Path
) -> None:
    to = str(tmp_path / "out.eml")
    arguments = ["track", write("mail.eml", MAIL), *BOTH, *FIXED, "--json", "-o", to]
    code, out, err = run(capsysbinary, *arguments)
    said = json.loads(out)
    assert (code, err) == (0, "")
    assert (said["type"], said["pixel"], said["removed_headers"]) == ("message", "1", [])
    assert said["links_written"] is True
    assert said["parts"] == [{"path": "1", "content_type": "text/html", "action": "tracked", "reason": None}]
    assert said["links"] == [
        {
            "part": "1",
            "index": 0,
            "url": "https://shop.example/",
            "element": "a",
            "conditional": False,
            "personal": False,
            "label": None,
            "text": "Shop",
        }
    ]
    assert said["skipped"] == []
    assert (tmp_path / "out.eml").read_bytes().startswith(HEAD)


def test_page_says_so_in_json(capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]) -> None:
    err = run(capsysbinary, "track", write("mail.html", PAGE), "--json")[2]
    assert json.loads(err)["type"] == "html"
    assert "parts" not in json.loads(err)


def test_links_of_the_plain_part_are_tracked_if_asked_for(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    path = write("mail.eml", PLAIN)
    code, out, err = run(capsysbinary, "track", path, *BOTH)
    assert (code, out) == (0, PLAIN)
    assert "opens   off  no_html" in err
    assert "outcome" not in err
    _, out, err = run(capsysbinary, "track", path, *BOTH, "--text-links")
    assert b"See https://track.example/c/" in out
    assert "1     0     text     https://shop.example/plain  tracked" in err


def test_signed_message_is_tracked_only_if_allowed(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    path = write("mail.eml", b"DKIM-Signature: v=1; d=b.example\r\n" + MAIL)
    _, out, err = run(capsysbinary, "track", path, *BOTH)
    assert b"https://track.example/" not in out
    assert "already_signed" in err
    assert "nothing to track" in err
    assert b"https://track.example/" in run(capsysbinary, "track", path, *BOTH, "--allow-signed")[1]


def test_override_headers_of_another_prefix_lower_the_decision_and_go(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    path = write("mail.eml", b"X-Acme-Track-Clicks: \x1b[2J\r\n no\r\nX-LM-Override-Track-Opens: no\r\n" + MAIL)
    _, out, err = run(capsysbinary, "track", path, *BOTH, "--prefix", "X-Acme-")
    assert b"X-Acme" not in out
    assert b"X-LM-Override-Track-Opens: no" in out
    assert "clicks  off         override_invalid" in err
    assert "trackable" in err
    assert r"removed: X-Acme-Track-Clicks: \x1b[2J\r\n no" in err


def test_decision_that_is_off_gives_the_message_without_its_override_headers(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    raw = NEWSLETTER.read_bytes()
    code, out, err = run(capsysbinary, "track", str(NEWSLETTER), "--track-opens", "--require-consent")
    assert (code, out) == (0, strip_control_headers(raw))
    assert out != raw
    assert "1.2.1  text/html      untouched  not_tracked" in err
    assert "outcome" not in err


def test_second_pass_leaves_a_message_and_says_why(
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[str, bytes], str],
) -> None:
    monkeypatch.setenv("LMTRACK_KEY", KEY)
    for name, source in (("mail.eml", MAIL), ("mail.html", PAGE)):
        once = run(capsysbinary, "track", write(name, source), *BOTH, *FIXED)[1]
        more = once.replace(b"\r\n<img", b"<img") + b'<a href="https://shop.example/new">New</a>\r\n'
        _, out, err = run(capsysbinary, "track", write(name, more), *BOTH, *FIXED)
        assert out == more
        assert "skipped: tracked" in err
        assert "https://shop.example/new" in err
        assert "left: others of this message are tracked already" in err


def test_link_that_no_line_has_room_for_is_named(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    raw = HEAD + b"Content-Type: text/html\r\n\r\n" + b"x" * 980 + b"<a href=//>x</a>" + PAGE.strip() + b"\r\n"
    raw = raw.replace(b'<a href="https', b'<a\thref="https').replace(b"<a\thref", b"<a/href")
    _, out, err = run(capsysbinary, "track", write("mail.eml", raw), *BOTH)
    assert out == raw
    assert "untouched  line_too_long" in err
    assert "skipped: line_too_long" in err
    seen = run(capsysbinary, "inspect", write("mail.eml", raw))[1].decode()
    assert "no: line_too_long" in seen
    assert "problem: part 1: line_too_long" in seen
    assert "skipped: line_too_long" in seen


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
@pytest.mark.parametrize("start", [b"", b"From a@b.example Mon Nov  2 09:00:00 2026\n"])
def test_octets_of_a_message_are_kept(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None], start: bytes, end: bytes
) -> None:
    raw = start + MAIL.replace(b"\r\n", end) + bytes(range(256))
    stdin(raw)
    assert run(capsysbinary, "track", "-")[:2] == (0, raw)


@pytest.mark.parametrize(
    "data",
    [
        b"Subject: x\r\n\r\n",
        b"X-Mailer: y\nTo: z\n",
        b"X-LM-Override-Track-Opens: false\r\n",
        b"received: by x\r\n\tfrom y\r\n\r\n<p>",
        b"From x\nDate: z\n\n",
    ],
)
def test_header_block_with_a_known_field_makes_a_message(data: bytes) -> None:
    assert is_message(data)


@pytest.mark.parametrize(
    "data",
    [b"", b"<p>\nSubject: x\n", b"Note: <p>x", b"X-Any: y\n\nSubject: z\n", b"\nSubject: x", b"Hello\nSubject: x\n"],
)
def test_anything_else_is_none(data: bytes) -> None:
    assert not is_message(data)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("mail.msg", OLE, "an Outlook file; save the message as .eml"),
        ("mail.eml", OLE, "an Outlook file; save the message as .eml"),
        ("mails.mbox", ENTRY + MAIL + ENTRY + b"Subject: 2\n\n", "a mailbox; pass one message from it"),
        ("mails", ENTRY + MAIL.replace(b"\r\n", b"\n") + b"\n" + ENTRY + b"Subject: 2\n\n", "a mailbox"),
        ("mail.emlx", EMLX, "a message as Apple Mail stores it (.emlx); export it as .eml"),
        ("mail.eml", PAGE, "named like a message, but does not begin as one"),
        ("mail.EML", b"\xef\xbb\xbf" + MAIL, "named like a message, but does not begin as one"),
        ("mail.txt", b"\xef\xbb\xbf" + MAIL, "begins almost like a message"),
        ("mail.txt", b"\r\n" + MAIL, "begins almost like a message"),
        ("mail.txt", b"Hello\r\n" + MAIL, "begins almost like a message"),
        ("mail.txt", MAIL.decode().encode("utf-16"), "binary"),
    ],
)
def test_file_that_is_neither_is_refused(
    capsysbinary: pytest.CaptureFixture[bytes],
    write: Callable[[str, bytes], str],
    name: str,
    content: bytes,
    problem: str,
) -> None:
    assert problem in refused(capsysbinary, "track", write(name, content))


def test_a_mailbox_of_one_message_is_one(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    for name, content in (
        ("mail.mbox", MAIL),
        ("mail.mbox", ENTRY + MAIL),
        ("mail", ENTRY + MAIL + b"\r\nFrom Monday on, all lamps: new.\r\n"),
        ("mail", ENTRY + MAIL + b"\n\nFrom here\nSubject: x\n"),
    ):
        assert run(capsysbinary, "track", write(name, content))[:2] == (0, content)


def test_type_beats_what_the_content_seems_to_be(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    _, out, err = run(capsysbinary, "track", write("mail.eml", MAIL), *BOTH, "--type", "html")
    assert out == MAIL  # a raw message is never edited as if it were HTML
    assert "part" not in err.splitlines()[0]
    damaged = write("mail.txt", b"Hello\r\n" + MAIL)
    _, out, err = run(capsysbinary, "track", damaged, *BOTH, "--type", "message")
    assert b"https://track.example/" not in out
    assert err.startswith("part")
    assert "HTML, not a message" in refused(capsysbinary, "track", write("page", b"\n<p>"), "--type", "message")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["--text-links"], "for messages"),
        (["--allow-signed"], "for messages"),
        (["--prefix", "X-Acme-"], "HTML has no header"),
        (["--prefix", "a b", "--header", "A: b"], "printable ASCII"),
        (["--prefix", ""], "printable ASCII"),
        (["--type", "text"], "--type"),
    ],
)
def test_options_that_would_mean_nothing_are_refused(
    capsysbinary: pytest.CaptureFixture[bytes],
    write: Callable[[str, bytes], str],
    arguments: list[str],
    problem: str,
) -> None:
    assert problem in refused(capsysbinary, "track", write("page.html", PAGE), *BOTH, *arguments)


def test_prefix_counts_for_header_lines_beside_a_page(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    headers = ["--prefix", "X-Acme-", "--header", "X-Acme-Track-Clicks: no"]
    _, out, err = run(capsysbinary, "track", write("page.html", PAGE), "--track-clicks", *headers)
    assert out == PAGE
    assert "override_false" in err


@given(st.binary(max_size=120).map(lambda tail: b"Subject: x\r\n" + tail))
@example(b"Subject: x\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\n--a--")
def test_message_that_is_not_tracked_is_the_same_octets_less_its_override_headers(data: bytes) -> None:
    code, out, err = run_on(data, "track", "-", "--type", "message")
    assert (code, out) == (0, strip_control_headers(data))
    assert all(char.isprintable() or char == "\n" for char in err)


def test_every_message_of_the_corpus_is_tracked(shared: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    paths = sorted((shared / "corpus").rglob("*.eml"))[::7]
    for path in paths:
        # Some begin with a malformed line on purpose.
        code, out, err = run(capsysbinary, "track", str(path), *BOTH, "--type", "message", "--allow-signed", "--json")
        assert code == 0
        assert "Traceback" not in err
        assert len(out) > 0
    assert len(paths) > 20


def test_resolve_reads_the_override_headers_of_a_message(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None]
) -> None:
    code, out, err = run(capsysbinary, "resolve", *BOTH, "--message", str(NEWSLETTER))
    assert (code, err) == (0, "")
    assert out.decode().splitlines() == ["opens   off         override_false", "clicks  individual  the route says so"]
    stdin(b"X-Acme-Track-Clicks : no\r\n\r\nHello")
    arguments = ["--message", "-", "--prefix", "x-acme-", "--header", "X-Acme-Track-Opens: 0", "--json"]
    out = run(capsysbinary, "resolve", *BOTH, *arguments)[1]
    assert json.loads(out)["reasons"] == ["opens:override_false", "clicks:override_invalid"]


@pytest.mark.parametrize(
    ("content", "arguments", "problem"),
    [
        (PAGE, [], "HTML, not a message"),
        (OLE, [], "an Outlook file"),
        (b"", [], "empty"),
        (MAIL, ["--prefix", "\N{BELL}"], "printable ASCII"),
    ],
)
def test_resolve_refuses_what_is_no_message(
    capsysbinary: pytest.CaptureFixture[bytes],
    write: Callable[[str, bytes], str],
    content: bytes,
    arguments: list[str],
    problem: str,
) -> None:
    assert problem in refused(capsysbinary, "resolve", "--message", write("mail", content), *arguments)


def test_resolve_refuses_a_prefix_of_nothing(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert "neither --message nor --header" in refused(capsysbinary, "resolve", "--prefix", "X-Acme-")
