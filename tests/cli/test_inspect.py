"""`lmtrack inspect` and `lmtrack untrack`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, strategies as st

from cli_runs import BOTH, FIXED, NEWSLETTER, refused, run, run_on
from lmtrack.message import strip_control_headers

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = b'<a href="https://shop.example/">Shop</a> <a href="https://track.example/c/x">x</a> <a href="#top">Top</a>\n'
HEAD = b"Subject: Hi\r\nMIME-Version: 1.0\r\n"
MAIL = HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n" + PAGE


def inspected(capsysbinary: pytest.CaptureFixture[bytes], path: str, *arguments: str) -> dict[str, object]:
    code, out, err = run(capsysbinary, "inspect", path, *arguments, "--json")
    assert (code, err) == (0, "")
    said: dict[str, object] = json.loads(out)
    return said


def test_parts_links_and_headers_of_a_message_are_shown(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    before = NEWSLETTER.read_bytes()
    code, out, err = run(capsysbinary, "inspect", str(NEWSLETTER))
    assert (code, err, NEWSLETTER.read_bytes()) == (0, "", before)
    parts, links, headers = out.decode().split("\n\n")
    assert parts.splitlines()[1:3] == [
        "1.1    text/plain     quoted-printable  utf-8    637    no: plain_text",
        "1.2.1  text/html      quoted-printable  utf-8    2,831  yes",
    ]
    assert "skipped: opt_out" in links
    assert "trackable" in links
    assert headers.splitlines()[1].startswith(
        "List-Unsubscribe           never tracked: https://shop.example/letters/leave mailto:"
    )
    assert headers.splitlines()[2:] == [
        "List-Unsubscribe-Post      one click unsubscribes",
        "X-LM-Override-Track-Opens  opens off",
    ]


def test_message_as_json(capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]) -> None:
    raw = b"X-LM-Override-Track-Clicks: yes\r\n" + MAIL
    said = inspected(capsysbinary, write("mail.eml", raw))
    assert said["octets"] == len(raw)
    assert said["parts"] == [
        {
            "path": "1",
            "content_type": "text/html",
            "encoding": "7bit",
            "charset": "utf-8",
            "octets": len(PAGE),
            "touched": True,
            "reason": None,
        }
    ]
    assert said["override"] == {"track_opens": None, "track_clicks": True}
    assert said["headers"] == [
        {
            "name": "X-LM-Override-Track-Clicks",
            "value": "yes",
            "kind": "override",
            "means": "clicks on, where resolve is told; tracking turns nothing on",
        }
    ]
    assert (said["signed"], said["problems"]) == (False, [])


def test_options_that_judge_links_are_heard(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    for name, source in (("mail.eml", MAIL), ("page.html", PAGE)):
        path = write(name, source)
        _, out, _ = run(capsysbinary, "inspect", path)
        assert out.count(b"trackable") == 1
        assert b"skipped: tracked" in out
        _, out, _ = run(capsysbinary, "inspect", path, "--base-url", "https://t.example", "--skip-url", "#nothing")
        assert out.count(b"trackable") == 2
        assert b"skipped: listed" in run(capsysbinary, "inspect", path, "--skip-url", "https://shop.example/")[1]


def test_plain_links_are_shown_if_asked_for(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    said = inspected(capsysbinary, str(NEWSLETTER), "--text-links")
    links = said["links"]
    assert isinstance(links, list)
    assert [link["element"] for link in links if link["part"] == "1.1"] == ["text", "text"]


def test_signed_message_says_that_it_is_left_alone(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    path = write("mail.eml", b"ARC-Seal: i=1\r\nDKIM-Signature: v=1\r\n" + MAIL)
    out = run(capsysbinary, "inspect", path)[1].decode()
    assert "no: already_signed" in out
    assert out.count("signed: not tracked unless that is allowed") == 2
    out = run(capsysbinary, "inspect", path, "--allow-signed")[1].decode()
    assert "  yes" in out


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"Subject: x\nX-Odd : 1\nX-LM-Override-Track-Opens: no\n\nx", "header line 2: programs read this line"),
        (b"Subject: x\nX-LM-Override-Track-Opens : no\n\nx", "override header: opens:override_invalid"),
        (b"Subject: x\nX-LM-Override-Track-Clicks: perhaps\n\nx", "override header: clicks:override_invalid"),
        (b"Subject: x\nList-Unsubscribe: nowhere\n\nx", "List-Unsubscribe: no address can be read from it"),
        (b"Subject: x\nContent-Transfer-Encoding: uuencode\n\nx", "part 1: encoding"),
        (b"Subject: x\nContent-Type: text/html; charset=utf-16\n\nx", "part 1: charset"),
        (b"Subject: x\nContent-Type: multipart/mixed; boundary=b\n\nx", "part 1: malformed"),
        (b"Subject: x\nContent-Type: text/html; charset=utf-8\n\n\xff", "part 1: holds bytes that its charset does"),
    ],
)
def test_problems_are_named(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], raw: bytes, problem: str
) -> None:
    out = run(capsysbinary, "inspect", write("mail.eml", raw))[1].decode()
    assert f"problem: {problem}" in out


@pytest.mark.parametrize(
    ("line", "means"),
    [
        ("X-LM-Override-Track-Opens: no", "opens off"),
        ("X-LM-Override-Track-Opens: perhaps", "opens off: the value cannot be read"),
        ("X-LM-Override-Track-Opens : no", "what it names is off: programs read this line differently"),
        ("X-LM-Override-Tag: a", "no known flag"),
        ("List-Unsubscribe-Post: List-Unsubscribe = One-Click", "one click unsubscribes"),
        ("List-Unsubscribe-Post: yes", "not as RFC 8058 requires"),
        ("Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==", "signed: not tracked unless that is allowed"),
    ],
)
def test_header_that_matters_says_what_it_means(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], line: str, means: str
) -> None:
    said = inspected(capsysbinary, write("mail.eml", b"Subject: x\r\n" + line.encode() + b"\r\n\r\nx"))
    headers = said["headers"]
    assert isinstance(headers, list)
    assert [header["means"] for header in headers] == [means]


def test_page_has_links_only(capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]) -> None:
    said = inspected(capsysbinary, write("page.html", PAGE))
    assert (said["type"], said["octets"], said["encoding"], said["problems"]) == ("html", len(PAGE), "utf-8", [])
    said = inspected(capsysbinary, write("page.html", PAGE + b"\xe4"))
    assert said["encoding"] is None
    assert said["problems"] == ["not UTF-8: links with non-ASCII characters are left alone"]
    assert b"problem: not UTF-8" in run(capsysbinary, "inspect", write("page.html", PAGE + b"\xe4"))[1]
    assert "HTML has no header" in refused(capsysbinary, "inspect", write("page.html", PAGE), "--prefix", "X-")


@given(
    st.lists(st.sampled_from([HEAD, MAIL, b"--b\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n", b"\x1b[2J"]))
)
@example([])
def test_nothing_that_a_message_holds_stops_it_or_steers_the_terminal(pieces: list[bytes]) -> None:
    data = b"X-LM-Override-Track-Opens: \x07no\r\n" + b"".join(pieces)
    code, out, err = run_on(data, "inspect", "-")
    assert code == 0
    assert all(char.isprintable() or char == "\n" for char in out.decode() + err)


@pytest.mark.parametrize("destinations", ["inline", "by_id"])
def test_untracking_leads_the_links_of_a_message_back(
    capsysbinary: pytest.CaptureFixture[bytes], key_file: str, tmp_path: Path, destinations: str
) -> None:
    keys = ["--key-file", key_file]
    to = str(tmp_path / "tracked.eml")
    raw = NEWSLETTER.read_bytes().replace(b"Opens: false", b"Opens: true")
    (tmp_path / "mail.eml").write_bytes(raw)
    arguments = ["--text-links", "--destinations", destinations, "-o", to]
    run(capsysbinary, "track", str(tmp_path / "mail.eml"), *BOTH, *FIXED, *keys, *arguments)
    code, out, err = run(capsysbinary, "untrack", to, *keys)
    assert code == (destinations != "inline")
    if destinations == "inline":
        # The opt-out attribute went when links were tracked; what says so is edited away from the source too.
        assert out.replace(b"=\r\n", b"") == strip_control_headers(raw).replace(b"=\r\n", b"").replace(
            b" data-lm-no-track", b""
        )
        assert err.splitlines() == [
            "links restored  7", "pixels removed  1", "links left      0", "pixels left     0",
        ]  # fmt: skip
    else:
        assert err.splitlines()[:4] == [
            "links restored  0", "pixels removed  1", "links left      7", "pixels left     0",
        ]  # fmt: skip
        assert len(err.splitlines()) == 11
        assert err.splitlines()[4].endswith("(its destination is not in it)")


def test_untracking_leads_the_links_of_a_page_back(
    capsysbinary: pytest.CaptureFixture[bytes], key_file: str, write: Callable[[str, bytes], str], tmp_path: Path
) -> None:
    page = "<p>\r\n<a href='https://shop.example/\N{LATIN SMALL LETTER O WITH DOUBLE ACUTE}?a&amp;b'>x</a>\n".encode()
    tracked = run(capsysbinary, "track", write("a.html", page), *BOTH, *FIXED, "--key-file", key_file)[1]
    to = str(tmp_path / "out.html")
    arguments = ["--key-file", key_file, "-o", to, "--json"]
    code, out, err = run(capsysbinary, "untrack", write("b.html", tracked), *arguments)
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "type": "html", "links_restored": 1, "pixels_removed": 1, "links_left": 0, "pixels_left": 0, "left": [],
    }  # fmt: skip
    assert (tmp_path / "out.html").read_bytes() == page
    # In an unknown encoding a destination's letters are written as references.
    out = run(capsysbinary, "untrack", write("c.html", tracked + b"\xe4"), "--key-file", key_file)[1]
    assert out == page.replace("\N{LATIN SMALL LETTER O WITH DOUBLE ACUTE}".encode(), b"&#337;") + b"\xe4"


def test_untracking_a_file_with_nothing_of_ours_changes_nothing(
    capsysbinary: pytest.CaptureFixture[bytes], key_file: str, write: Callable[[str, bytes], str]
) -> None:
    for name, source in (("mail.eml", MAIL), ("page.html", PAGE), ("odd.html", PAGE + b"\xe4")):
        code, out, err = run(capsysbinary, "untrack", write(name, source), "--key-file", key_file, "--json")
        assert (code, out) == (0, source)
        assert json.loads(err)["links_restored"] == 0


@pytest.mark.parametrize(
    ("wrapped", "reason"),
    [
        (b"Content-Type: message/rfc822\r\n\r\n%s", "message"),
        (b"Content-Type: multipart/digest; boundary=d\r\n\r\n--d\r\n\r\n%s\r\n--d--\r\n", "digest"),
        (b"Content-Type: multipart/signed; boundary=d\r\n\r\n--d\r\n%s\r\n--d--\r\n", "signed"),
    ],
)
def test_what_is_left_is_named_and_counted(
    capsysbinary: pytest.CaptureFixture[bytes],
    key_file: str,
    write: Callable[[str, bytes], str],
    wrapped: bytes,
    reason: str,
) -> None:
    mail = b"Content-Type: text/html\r\n\r\n<p><a href='https://shop.example/'>x</a></p>\r\n"
    keys = ["--key-file", key_file]
    sent = run(capsysbinary, "track", write("a.eml", mail), *BOTH, *FIXED, *keys)[1]
    forwarded = write("b.eml", b"From: ann@shop.example\r\nMIME-Version: 1.0\r\n" + wrapped % sent)
    code, out, err = run(capsysbinary, "untrack", forwarded, *keys)
    assert (code, out) == (1, Path(forwarded).read_bytes())
    *counts, link, pixel = err.splitlines()
    assert counts == ["links restored  0", "pixels removed  0", "links left      1", "pixels left     1"]
    assert link.startswith("left: link, part ")
    assert pixel.startswith("left: pixel, part ")
    assert link.endswith(f"({reason})")


def test_untracking_needs_a_key(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], key_file: str
) -> None:
    path = write("page.html", PAGE)
    assert "--key-file or LMTRACK_KEY" in refused(capsysbinary, "untrack", path)
    assert "--base-url" in refused(capsysbinary, "untrack", path, "--key-file", key_file, "--base-url", "x")
