"""`lmtrack audit`, `lmtrack diff` and `lmtrack lint-unsubscribe`."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from cli_runs import BOTH, FIXED, KEY, refused, run, run_on
from lmtrack.audit import FindingKind
from lmtrack.testing import html_documents, messages
from lmtrack.tokens import make_keys, make_withdraw_token
from lmtrack.urls import TrackingDomain, withdraw_url

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = b'<p>Hello</p><a href="https://shop.example/lamps">Lamps</a>\n'
PIXEL = b'<img src="https://count.example/open/4471" width="1" height="1">\n'
HEAD = b"From: letters@shop.example\r\nTo: ann@reader.example\r\nSubject: Lamps\r\nMIME-Version: 1.0\r\n"
TYPE = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
LIST = b"List-Unsubscribe: <https://shop.example/unsubscribe>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
LEAVE = b'<p><a href="https://shop.example/unsubscribe">Unsubscribe</a></p>\n'
ENCRYPTED = (
    HEAD + b'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b\r\n\r\n'
    b"--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\n\r\nx\r\n--b--\r\n"
)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b'{"html": "<p>x</p>"}', "JSON, not HTML"),
        (b'\n[{"html": "<p>x</p>"}]', "JSON, not HTML"),
        (b"Hello, see https://shop.example/", "no tag in it"),
    ],
)
def test_what_is_no_html_is_refused(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], content: bytes, problem: str
) -> None:
    path = write("page.html", content)
    assert problem in refused(capsysbinary, "audit", path)
    assert problem in refused(capsysbinary, "diff", path, path)
    assert run(capsysbinary, "audit", path, "--type", "html")[0] == 0


def test_a_message_of_apple_mail_is_read(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    mail = HEAD + LIST + TYPE + PAGE + PIXEL + LEAVE
    packed = (
        str(len(mail)).encode() + b"      \n" + mail + b"<?xml version='1.0'?><plist><string>From </string></plist>\n"
    )
    path = write("4471.emlx", packed)
    assert run(capsysbinary, "audit", path)[0] == 1
    assert run(capsysbinary, "inspect", path)[0] == 0
    assert run(capsysbinary, "diff", path, write("a.eml", mail))[0] == 0
    assert run(capsysbinary, "lint-unsubscribe", path)[0] == 0


def test_headers_that_a_mailbox_keeps_may_differ(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    copies = [write(f"{who}.eml", HEAD + f"X-TUID: {who}\r\nX-Lead: {who}\r\n".encode() + TYPE + PAGE) for who in "ab"]
    code, out, _ = run(capsysbinary, "diff", *copies, "--json")
    said = json.loads(out)
    assert (code, [one["place"] for one in said["different"]]) == (1, ["header X-Lead"])
    assert [one["place"] for one in said["expected"]] == ["header X-TUID"]
    assert run(capsysbinary, "diff", *copies, "--allow-header", "x-lead:")[0] == 0


def test_preference_pages_are_ways_out(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    page = b'<p><a href="https://shop.example/choose/1">Choose</a></p>\n'
    path = write("a.eml", HEAD + LIST + TYPE + page)
    assert run(capsysbinary, "lint-unsubscribe", path)[0] == 1
    assert run(capsysbinary, "lint-unsubscribe", path, "--preference-url", "https://shop.example/choose")[0] == 0
    assert "--preference-url" in refused(capsysbinary, "lint-unsubscribe", path, "--preference-url", "x")


def audited(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> tuple[int, dict[str, object]]:
    code, out, err = run(capsysbinary, "audit", *arguments, "--json")
    assert not err
    said: dict[str, object] = json.loads(out)
    return code, said


@pytest.mark.parametrize(("name", "head"), [("page.html", b""), ("mail.eml", HEAD + TYPE)])
def test_audit_says_the_outcome_and_why(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], name: str, head: bytes
) -> None:
    path = write(name, head + PAGE)
    assert run(capsysbinary, "audit", path) == (0, f"{path}: clean\n".encode(), "")
    path = write(name, head + PAGE + PIXEL)
    code, out, err = run(capsysbinary, "audit", path)
    lines = out.decode().splitlines()
    assert (code, err, lines[0]) == (1, "", f"{path}: tracked")
    assert lines[1].startswith("  hidden_image: ")
    assert lines[2] == "    https://count.example/open/4471"


def test_audit_as_json(capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]) -> None:
    clean, tracked = write("a.html", PAGE), write("b.eml", HEAD + TYPE + PIXEL)
    code, said = audited(capsysbinary, clean, tracked)
    assert (code, said["outcome"]) == (1, "tracked")
    files = said["files"]
    assert isinstance(files, list)
    assert files[0] == {"file": clean, "type": "html", "outcome": "clean", "findings": []}
    assert (files[1]["file"], files[1]["type"], files[1]["outcome"]) == (tracked, "message", "tracked")
    assert {"kind", "place", "url", "why"} == set(files[1]["findings"][0])


def test_worst_of_several_files_is_the_exit_code(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    clean, tracked, encrypted = write("a.html", PAGE), write("b.html", PIXEL), write("c.eml", ENCRYPTED)
    for files, code in (
        ([clean, clean], 0),
        ([encrypted], 3),
        ([clean, encrypted, clean], 3),
        ([encrypted, tracked, clean], 1),
        ([tracked, encrypted], 1),
    ):
        assert run(capsysbinary, "audit", *files)[0] == code
        assert audited(capsysbinary, *files)[0] == code


def test_file_that_cannot_be_read_does_not_hide_the_others(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    tracked, missing = write("b.html", PIXEL), "there-is-no-such-file.html"
    for extra in ([], ["--json"]):
        code, out, err = run(capsysbinary, "audit", missing, tracked, *extra)
        assert code == 2
        assert b"tracked" in out
        assert err == "lmtrack: error: there-is-no-such-file.html: no such file or directory\n"
        assert missing in refused(capsysbinary, "audit", missing, *extra)


def test_standard_input_is_audited(capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(HEAD + TYPE + PIXEL)))
    code, out, _ = run(capsysbinary, "audit", "-")
    assert (code, out.splitlines()[0]) == (1, b"standard input: tracked")


def test_type_can_be_said(capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]) -> None:
    path = write("odd.eml", PIXEL)
    assert "--type" in refused(capsysbinary, "audit", path)
    assert run(capsysbinary, "audit", path, "--type", "html")[0] == 1


def test_page_in_an_unknown_encoding_is_never_clean(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    code, out, _ = run(capsysbinary, "audit", write("a.html", PAGE + b"\xe4"))
    assert code == 3
    assert b"  undecodable: document\n    it is not UTF-8" in out
    assert run(capsysbinary, "audit", write("a.html", PIXEL + b"\xe4"))[0] == 1


def test_hosts_and_trackers_are_heard(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    path = write("a.html", b'<a href="https://a.count.example/lamps">Lamps</a>')
    assert run(capsysbinary, "audit", path)[0] == 0
    assert b"known_tracker" in run(capsysbinary, "audit", path, "--tracker", "count.example")[1]
    for domain in ("a.count.example", "https://a.count.example"):
        assert b"own_tracking_url" in run(capsysbinary, "audit", path, "--domain", domain)[1]


def test_keys_show_what_is_the_same_for_everyone(
    capsysbinary: pytest.CaptureFixture[bytes],
    write: Callable[[str, bytes], str],
    key_file: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page, keys = write("a.html", PAGE), ["--key-file", key_file]
    shared = ["--track-opens", "--track-clicks", "--after-refusal", "aggregate", "--consent", "denied"]
    campaign = ["--campaign", "2026-11", "--campaign-start", "2026-01-01T00:00:00Z"]
    own = ["--domain", "https://track.example"]
    path = write("b.html", run(capsysbinary, "track", page, *shared, *campaign, *FIXED, *keys)[1])
    code, out, _ = run(capsysbinary, "audit", path, *own, *keys)
    assert (code, out.splitlines()[0]) == (0, f"{path}: aggregate".encode())
    assert run(capsysbinary, "audit", path, *own)[0] == 1
    monkeypatch.setenv("LMTRACK_KEY", KEY)
    assert run(capsysbinary, "audit", path, *own)[0] == 0
    # A host by its name is all of it, whatever is signed there.
    assert run(capsysbinary, "audit", path, *own, "--domain", "track.example")[0] == 1
    path = write("c.html", run(capsysbinary, "track", page, *BOTH, *FIXED, *keys)[1])
    assert run(capsysbinary, "audit", path, *own)[0] == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tracker", "no host"], "--tracker: must be a host name"),
        (["--domain", ""], "--domain: must be a URL or a host name"),
        (["--domain", "https://"], "--domain: a str of domains must be"),
        (["--domain", "track.example", "--key-file", "{key}"], "--key-file: needs --domain with a URL"),
        (["--domain", "http://track.example", "--key-file", "{key}"], "--domain: "),
    ],
)
def test_what_is_no_host_is_refused(
    capsysbinary: pytest.CaptureFixture[bytes],
    write: Callable[[str, bytes], str],
    key_file: str,
    arguments: list[str],
    said: str,
) -> None:
    given = [word.replace("{key}", key_file) for word in arguments]
    assert said in refused(capsysbinary, "audit", write("a.html", PAGE), *given)


def copies(write: Callable[[str, bytes], str], head: bytes) -> list[str]:
    paths = []
    for name in ("ann", "bob"):
        mail = head.replace(b"ann@", name.encode() + b"@") + PAGE + f'<img src="//c.example/?{name}">'.encode()
        paths.append(write(f"{name}.eml" if head else f"{name}.html", mail))
    return paths


@pytest.mark.parametrize("head", [b"", HEAD + TYPE], ids=["html", "messages"])
def test_diff_shows_what_tells_people_apart(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], head: bytes
) -> None:
    ann, bob = copies(write, head)
    code, out, err = run(capsysbinary, "diff", ann, bob)
    lines = out.decode().splitlines()
    assert (code, err, lines[0]) == (1, "", "different")
    assert any(line.startswith(f"    {ann}: ") and line.endswith("//c.example/?ann") for line in lines)
    assert ("expected to differ" in lines) == bool(head)
    for allowed in (
        ["--allow-pattern", r"c\.example"],
        ["--allow", "https://c.example/?ann", "--allow", "https://c.example/?bob"],
    ):
        code, out, _ = run(capsysbinary, "diff", ann, bob, *allowed)
        assert (code, out.splitlines()[:2]) == (0, [b"same", b"expected to differ"])
    assert run(capsysbinary, "diff", ann, ann) == (0, b"same\n", "")


def test_diff_as_json(capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]) -> None:
    ann, bob = copies(write, HEAD + TYPE)
    code, out, _ = run(capsysbinary, "diff", ann, bob, "--json")
    said = json.loads(out)
    assert (code, said["outcome"], said["files"]) == (1, "different", [ann, bob])
    assert [difference["expected"] for difference in said["different"]] == [False]
    assert any("ann@" in url for difference in said["expected"] for url in difference["values"])


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["a.html"], "two files or more"),
        (["a.html", "b.eml"], "compare like with like"),
        (["a.html", "none.html"], "no such file"),
        (["a.html", "a.html", "--allow-pattern", "("], "regular expression"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    capsysbinary: pytest.CaptureFixture[bytes],
    write: Callable[[str, bytes], str],
    files: list[str],
    said: str,
) -> None:
    there = {"a.html": write("a.html", PAGE), "b.eml": write("b.eml", HEAD + TYPE)}
    assert said in refused(capsysbinary, "diff", *(there.get(word, word) for word in files))


def test_lint_says_what_is_wrong(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]
) -> None:
    path = write("mail.eml", LIST + HEAD + TYPE + LEAVE)
    assert run(capsysbinary, "lint-unsubscribe", path) == (0, f"{path}: fine\n".encode(), "")
    code, out, _ = run(capsysbinary, "lint-unsubscribe", path, "--domain", "shop.example")
    assert (code, out.splitlines()[0]) == (1, f"{path}: wrong".encode())
    assert b"  unsubscribe_tracked: " in out
    code, out, _ = run(capsysbinary, "lint-unsubscribe", write("mail.eml", HEAD + TYPE + PAGE), "--json")
    said = json.loads(out)
    assert (code, said["outcome"], said["file"]) == (1, "wrong", path)
    assert FindingKind.UNSUBSCRIBE_MISSING in {finding["kind"] for finding in said["findings"]}


def test_lint_asks_for_a_link_to_withdraw(
    capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str], key_file: str
) -> None:
    own = ["--domain", "https://track.example", "--key-file", key_file, "--individual"]
    path = write("mail.eml", LIST + HEAD + TYPE + LEAVE)
    assert b"withdrawal_link_missing" in run(capsysbinary, "lint-unsubscribe", path, *own)[1]
    keys = make_keys(KEY.encode())
    token = make_withdraw_token(keys, "letter-4471", now=datetime(2026, 1, 1, tzinfo=UTC))
    link = withdraw_url(TrackingDomain("https://track.example", keys), token)
    path = write("mail.eml", LIST + HEAD + TYPE + LEAVE + f'<p><a href="{link}">Stop tracking me</a></p>'.encode())
    assert run(capsysbinary, "lint-unsubscribe", path, *own)[0] == 0


def test_lint_is_for_messages(capsysbinary: pytest.CaptureFixture[bytes], write: Callable[[str, bytes], str]) -> None:
    assert "HTML, not a message" in refused(capsysbinary, "lint-unsubscribe", write("a.html", PAGE))


def printed(data: bytes, *arguments: str) -> str:
    """Return what the command prints of standard input."""
    code, out, err = run_on(data, *arguments)
    assert code in {0, 1, 3}
    assert all(char.isprintable() or char == "\n" for char in err)
    return out.decode()


@given(html_documents())
def test_no_page_steers_the_terminal(html: str) -> None:
    page = b"<p>\x1b[2J<img src='//a.example/\x1b' width=1>" + html.encode().translate(None, b"\0\x1f")
    said = printed(page, "audit", "-", "--type", "html")
    assert all(char.isprintable() or char == "\n" for char in said)


@given(messages())
def test_no_message_stops_the_checks_or_steers_the_terminal(raw: bytes) -> None:
    raw = b"X: \x1b[2J\r\nDisposition-Notification-To: \x1b[2J\r\n" + raw
    for arguments in (["audit", "-", "--type", "message"], ["lint-unsubscribe", "-"]):
        assert all(char.isprintable() or char == "\n" for char in printed(raw, *arguments))
