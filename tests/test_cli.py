from __future__ import annotations

import codecs
import importlib
import io
import json
import os
import re
import runpy
import stat
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, strategies as st

import lmtrack
from cli_runs import BOTH, FIXED, KEY, NOW, refused, run
from lmtrack._checking.terminal_text import printable
from lmtrack._cli.arguments import read_time
from lmtrack._cli.files import read_input, read_keys, write_output
from lmtrack._cli.output import CommandError, as_table
from lmtrack.cli import main
from lmtrack.resolver import Decision
from lmtrack.tokens import make_click_token, make_keys, make_open_token, make_withdraw_token, read_open_token
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from collections.abc import Callable

HTML = (
    b"<p>\r\n<a href=\"https://shop.example/a?x=1&amp;y=2\">Shop</a>\r\n<a href='mailto:a@b.test'>Mail</a></body>\r\n"
)
_BINARY_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\v\f\r\x1b"))


@pytest.fixture
def key_file(tmp_path: Path) -> str:
    path = tmp_path / "lmtrack.key"
    path.write_text(KEY + "\n")
    return str(path)


@pytest.fixture
def html_file(tmp_path: Path) -> str:
    path = tmp_path / "mail.html"
    path.write_bytes(HTML)
    return str(path)


@pytest.fixture(autouse=True)
def _no_key_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LMTRACK_KEY", raising=False)


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    def give(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return give


def token_of(*, kind: str = "open") -> str:
    keys = make_keys(KEY.encode())
    moment = read_time("2026-01-01T12:00:00Z")
    if kind == "click":
        return make_click_token(keys, "welcome-42", 3, url="https://shop.example/ü", recipient=1, now=moment)
    if kind == "by_id":
        return make_click_token(keys, "welcome-42", 3, now=moment)
    if kind == "withdraw":
        return make_withdraw_token(keys, "welcome-42", now=moment)
    return make_open_token(keys, "welcome-42", now=moment)


def test_no_verb_is_refused(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert "track, untrack, inspect, audit, diff, lint-unsubscribe, classify, resolve, token, keys" in refused(
        capsysbinary
    )


@pytest.mark.parametrize("arguments", [["frobnicate"], ["resolve", "--nope"], ["resolve", "--consent"], ["token"]])
def test_wrong_usage_is_refused(capsysbinary: pytest.CaptureFixture[bytes], arguments: list[str]) -> None:
    assert "--help" in refused(capsysbinary, *arguments)


def test_options_are_not_abbreviated(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    refused(capsysbinary, "resolve", "--track-open")


@pytest.mark.parametrize(
    "verb",
    ["track", "untrack", "inspect", "audit", "diff", "lint-unsubscribe", "classify", "resolve", "token", "keys"],
)
def test_help_of_each_verb_ends_with_an_example(capsysbinary: pytest.CaptureFixture[bytes], verb: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert not ended.value.code
    last = capsysbinary.readouterr().out.decode().rstrip().rpartition("\n")[2]
    assert last.startswith(f"  lmtrack {verb} ")


def test_main_module_runs_the_command_only_when_it_is_run(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["lmtrack", "resolve"])
    module = importlib.import_module("lmtrack.__main__")
    assert capsysbinary.readouterr().out == b""
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(module.__file__), run_name="__main__")  # as a module it would be pytest's, which rewrites it
    assert ended.value.code == 0
    assert capsysbinary.readouterr().out.startswith(b"opens   off  route_off")


@pytest.mark.parametrize("verb", ["audit", "diff", "lint-unsubscribe"])
def test_verb_that_needs_a_package_which_is_not_installed_says_which(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, html_file: str, verb: str
) -> None:
    monkeypatch.setitem(sys.modules, "lxml", None)
    header = b"From: a\r\nMIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n"
    mails = [Path(html_file).with_name(f"{name}.eml") for name in ("one", "two")]
    for number, mail in enumerate(mails):
        mail.write_bytes(header + HTML.replace(b"x=1", b"x=%d" % number))
    said = refused(capsysbinary, verb, *map(str, mails if verb == "diff" else mails[:1]))
    assert said == "lmtrack: error: this needs the package lxml, which is not installed here\n"


def test_version_is_that_of_the_package_and_of_what_is_installed(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(capsysbinary, "--version") == (0, f"lmtrack {lmtrack.__version__}\n".encode(), "")
    assert metadata.version("lmtrack") == lmtrack.__version__


def test_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "lmtrack", "keys"], capture_output=True, check=True)
    assert re.fullmatch(rb"[A-Za-z0-9_-]{43}\r?\n", done.stdout)


def test_resolve_prints_each_flag_with_its_reasons(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, err = run(capsysbinary, "resolve", "--track-opens", "--consent", "denied", "--clicks-consent", "granted")
    assert (code, err) == (0, "")
    assert out.decode().splitlines() == ["opens   off  consent_denied", "clicks  off  route_off"]


def test_resolve_says_when_the_route_is_the_reason(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    _, out, _ = run(capsysbinary, "resolve", *BOTH)
    assert out.decode().splitlines()[0] == "opens   individual  the route says so"


def test_resolve_gives_the_evidence_as_json(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    arguments = [
        "--track-opens",
        "--require-consent",
        "--without-consent",
        "deliverability",
        "--override-clicks",
        "true",
    ]
    code, out, _ = run(capsysbinary, "resolve", *arguments, "--json")
    decision = Decision.from_dict(json.loads(out))
    assert code == 0
    assert [decision.opens.name, decision.clicks.name] == ["DELIVERABILITY", "AGGREGATE"]
    assert decision.reasons == (
        "opens:consent_unknown",
        "clicks:route_off",
        "clicks:override_true",
        "clicks:consent_unknown",
    )


@pytest.mark.parametrize(
    ("arguments", "reasons"),
    [
        (["--settings", '{"track_opens": false}'], ["opens:override_false"]),
        (["--settings", "null"], []),
        (["--header", "X-LM-Override-Track-Opens: no"], ["opens:override_false"]),
        (["--header", "X-LM-Override-Track-Opens : no"], ["opens:override_invalid"]),
        (
            ["--header", "X-LM-Override-Track-Opens: 0", "--header", "x-lm-override-track-opens: 1"],
            ["opens:override_conflict"],
        ),
        (["--settings", '{"track_clicks": true}', "--override-clicks", "false"], ["clicks:override_conflict"]),
    ],
)
def test_resolve_reads_every_kind_of_override(
    capsysbinary: pytest.CaptureFixture[bytes], arguments: list[str], reasons: list[str]
) -> None:
    _, out, _ = run(capsysbinary, "resolve", *BOTH, *arguments, "--json")
    assert json.loads(out)["reasons"] == reasons


@pytest.mark.parametrize(
    "arguments",
    [
        ["--settings", "{"],
        ["--settings", "[]"],
        ["--settings", '{"track_opens": "false"}'],
        ["--consent", "maybe"],
        ["--without-consent", "individual"],
        ["--override-opens", "yes"],
        ["--track-opens", "--no-track-opens"],
        ["--override-opens", "true", "--override-opens", "false"],
        ["--consent", "granted", "--consent", "denied"],
    ],
)
def test_resolve_refuses_what_it_cannot_read_or_contradicts_itself(
    capsysbinary: pytest.CaptureFixture[bytes], arguments: list[str]
) -> None:
    refused(capsysbinary, "resolve", *arguments)


@pytest.mark.parametrize("verb", [["resolve"], ["track", "-"]])
@pytest.mark.parametrize(
    "line", ["", " ", " A: b", "\tA: b", "A: b\r\n\r\nX: y", "A: b\n\nX: y", "A: b\r", "\r\n", "A", "A b", ": b"]
)
def test_header_that_would_swallow_the_next_override_is_refused(
    capsysbinary: pytest.CaptureFixture[bytes], verb: list[str], line: str
) -> None:
    arguments = [*verb, *BOTH, "--header", "Subject: x", "--header", line, "--header", "X-LM-Override-Track-Opens: no"]
    assert "--header: " in refused(capsysbinary, *arguments)


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("[" * 50_000, "not JSON"),
        ("[" * 50_000 + "]" * 50_000, "not JSON"),
        ('{"track_opens": false, "track_opens": true}', "a member is given twice"),
        ('{"other": {"a": 1, "a": 1}}', "a member is given twice"),
    ],
)
def test_settings_that_readers_disagree_about_are_refused(
    capsysbinary: pytest.CaptureFixture[bytes], settings: str, problem: str
) -> None:
    assert refused(capsysbinary, "resolve", "--settings", settings) == f"lmtrack: error: --settings: {problem}\n"


@pytest.mark.parametrize("arguments", [["track", ""], ["track", "-", "-o", ""], ["keys", "-o", ""]])
def test_empty_name_of_a_file_is_refused(capsysbinary: pytest.CaptureFixture[bytes], arguments: list[str]) -> None:
    assert "must not be empty" in refused(capsysbinary, *arguments)


def test_option_may_be_repeated_with_the_same_value(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(capsysbinary, "resolve", "--track-opens", "--track-opens", *["--consent", "granted"] * 2)[0] == 0


def test_keys_prints_a_key_that_is_its_characters(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, err = run(capsysbinary, "keys")
    key = out.decode().removesuffix("\n")
    assert (code, err) == (0, "")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", key)
    monkeypatch.setenv("LMTRACK_KEY", key)
    assert read_keys(None) == make_keys(key.encode())
    assert run(capsysbinary, "keys")[1] != out


def test_keys_takes_a_dash_for_standard_output(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert re.fullmatch(rb"[A-Za-z0-9_-]{43}\n", run(capsysbinary, "keys", "-o", "-")[1])
    assert not list(tmp_path.iterdir())


def test_keys_writes_a_file_for_its_owner_only(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    path = tmp_path / "new.key"
    code, out, _ = run(capsysbinary, "keys", "-o", str(path))
    assert (code, out) == (0, b"")
    assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0
    assert read_keys(str(path)) == make_keys(path.read_bytes().strip())


@pytest.mark.parametrize("name", ["there.key", "no/where.key", "a\0b"])
def test_keys_never_replaces_a_file(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, name: str) -> None:
    there = tmp_path / "there.key"
    there.write_text("old")
    refused(capsysbinary, "keys", "--output", str(tmp_path / name))
    assert there.read_text() == "old"


def test_key_file_may_hold_previous_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    path.write_bytes(b"first-key-0123456789\r\n\r\nsecond-key-0123456789\n")
    assert read_keys(str(path), tenant="ä") == make_keys(
        b"first-key-0123456789", [b"second-key-0123456789"], tenant="ä".encode()
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"short", b"with a blank 0123456789", b"\xff" * 32, b"same-key-0123456789\n" * 2, b"a" * 70_000],
)
def test_bad_key_file_is_refused_without_showing_it(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "keys"
    path.write_bytes(content)
    err = refused(capsysbinary, "token", token_of(), "--key-file", str(path))
    assert "--key-file" in err
    assert not content.strip() or content.strip().decode("latin-1") not in err


def test_key_is_never_printed_when_it_stands_in_the_wrong_place(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    for arguments in (["--key-file", KEY], [KEY], [f"--key={KEY}"]):
        assert KEY not in refused(capsysbinary, "token", token_of(), *arguments)
    code, out, err = run(capsysbinary, "token", KEY)
    assert (code, err) == (1, "")
    assert KEY.encode() not in out


def test_short_key_in_the_environment_is_refused(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LMTRACK_KEY", "hunter2")
    err = refused(capsysbinary, "token", token_of())
    assert "LMTRACK_KEY" in err
    assert "hunter2" not in err


@pytest.mark.parametrize(
    "around", ["{}", "https://track.example/o/{}", "/t/o/{}.gif?x=/y#z", " https://a.test/o/{}/ \n"]
)
def test_token_is_found_in_what_surrounds_it(capsysbinary: pytest.CaptureFixture[bytes], around: str) -> None:
    code, out, _ = run(capsysbinary, "token", around.format(token_of()), "--json")
    said = json.loads(out)
    assert (code, said["purpose"], said["mode"], said["issued_at"]) == (0, "open", "individual", "2026-01-01T12:00:00Z")
    assert said["signature"].startswith("not checked")
    assert "message_id" not in said


def test_token_from_standard_input(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None], key_file: str
) -> None:
    stdin(f"https://track.example/o/{token_of()}\n".encode())
    code, out, _ = run(capsysbinary, "token", "-", "--key-file", key_file, "--now", NOW)
    assert code == 0
    assert out.decode().splitlines()[-3:] == ["message_id  welcome-42", "recipient   0", "signature   valid"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("click", {"recipient": 1, "link_index": 3, "destination": "https://shop.example/ü"}),
        ("by_id", {"recipient": 0, "link_index": 3, "destination": "by id"}),
        ("withdraw", {"recipient": 0, "purpose": "withdraw"}),
    ],
)
def test_token_with_a_key_shows_what_was_signed(
    capsysbinary: pytest.CaptureFixture[bytes], key_file: str, kind: str, said: dict[str, object]
) -> None:
    arguments = ["token", token_of(kind=kind), "--key-file", key_file, "--now", NOW, "--json"]
    code, out, _ = run(capsysbinary, *arguments)
    assert code == 0
    assert json.loads(out).items() >= {"message_id": "welcome-42", "signature": "valid", **said}.items()


def test_expired_token_is_refused_and_still_shown(capsysbinary: pytest.CaptureFixture[bytes], key_file: str) -> None:
    arguments = ["token", token_of(), "--key-file", key_file, "--max-age-days", "1", "--now", "2026-02-01T00:00:00Z"]
    code, out, _ = run(capsysbinary, *arguments, "--json")
    said = json.loads(out)
    assert (code, said["signature"], said["problem"], said["message_id"]) == (1, "valid", "expired", "welcome-42")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"), ("bad_signature", "malformed")),
        (lambda _token: "not a token", ("malformed",)),
        (lambda _token: "\udcff", ("malformed",)),
        (lambda _token: make_open_token(make_keys(b"another-key-0123456789"), "x"), ("unknown_key", "bad_signature")),
    ],
)
def test_forged_token_is_refused(
    capsysbinary: pytest.CaptureFixture[bytes],
    key_file: str,
    change: Callable[[str], str],
    problem: tuple[str, ...],
) -> None:
    code, out, err = run(capsysbinary, "token", change(token_of()), "--key-file", key_file, "--json")
    assert (code, err) == (1, "")
    assert json.loads(out)["problem"] in problem


@pytest.mark.parametrize("kind", ["open", "click", "by_id", "withdraw"])
def test_copy_of_a_mail_scanner_is_told_by_its_key_only(
    capsysbinary: pytest.CaptureFixture[bytes], key_file: str, kind: str
) -> None:
    copy = codecs.encode(token_of(kind=kind), "rot13")
    code, out, _ = run(capsysbinary, "token", copy, "--key-file", key_file, "--json")
    said = json.loads(out)
    assert (code, said["signature"], list(said)[-1]) == (1, "refused", "scanner")
    assert "issued_at" not in said
    assert b"scanner" not in run(capsysbinary, "token", copy, "--json")[1]


def test_text_that_is_no_token_is_refused_with_a_key_and_not_checked_without(
    capsysbinary: pytest.CaptureFixture[bytes], key_file: str
) -> None:
    for arguments, signature in (([], "not checked"), (["--key-file", key_file], "refused")):
        code, out, _ = run(capsysbinary, "token", "no", *arguments, "--json")
        assert code == 1
        assert json.loads(out) == {"signature": signature, "problem": "malformed", "text": "the text is not a token"}


@pytest.mark.parametrize("days", ["-1", "1.5", "x", "²", "999999999", "9999999999"])
def test_age_must_be_a_sane_number_of_days(capsysbinary: pytest.CaptureFixture[bytes], days: str) -> None:
    refused(capsysbinary, "token", token_of(), f"--max-age-days={days}")


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-01", "2026-01-01T00:00:00", ""])
def test_time_needs_a_zone(capsysbinary: pytest.CaptureFixture[bytes], moment: str) -> None:
    assert "zone" in refused(capsysbinary, "token", token_of(), "--now", moment)


def test_track_writes_the_tracked_file_to_standard_output(
    capsysbinary: pytest.CaptureFixture[bytes], html_file: str, key_file: str
) -> None:
    code, out, err = run(capsysbinary, "track", html_file, *BOTH, *FIXED, "--key-file", key_file)
    assert code == 0
    opened = re.search(rb'<img src="https://track\.example/o/([A-Za-z0-9_-]+)"[^>]*>', out)
    assert opened
    clean = re.sub(
        rb'href="https://track\.example/c/[A-Za-z0-9_-]+"', b'href="https://shop.example/a?x=1&amp;y=2"', out
    )
    assert clean.replace(opened[0], b"") == HTML
    moment = read_time(NOW)
    assert read_open_token(make_keys(KEY.encode()), opened[1].decode(), now=moment).message_id == "welcome-42"
    assert err.splitlines() == [
        "link  element  destination                     outcome",
        "0     a        https://shop.example/a?x=1&y=2  tracked",
        "-     a        mailto:a@b.test                 skipped: scheme (not a web address)",
        "",
        "pixel: line 3, column 35",
        "",
        "opens   individual  the route says so",
        "clicks  individual  the route says so",
    ]


def test_track_does_nothing_unless_told_to(capsysbinary: pytest.CaptureFixture[bytes], html_file: str) -> None:
    code, out, err = run(capsysbinary, "track", html_file)
    assert (code, out) == (0, HTML)
    assert "  tracked" not in err
    assert "pixel: none" in err
    assert "nothing to track" in err
    assert "signed" not in err


def test_track_says_what_it_made_for_this_run(capsysbinary: pytest.CaptureFixture[bytes], html_file: str) -> None:
    _, out, err = run(capsysbinary, "track", html_file, *BOTH)
    assert "key made for this run" in err
    assert re.search(r"no --message-id: this run's is [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\n", err)
    assert out.count(b"https://track.example/") == 2


def test_track_reports_json_on_standard_output_if_the_file_goes_elsewhere(
    capsysbinary: pytest.CaptureFixture[bytes], html_file: str, tmp_path: Path
) -> None:
    to = tmp_path / "out.html"
    code, out, err = run(capsysbinary, "track", html_file, *BOTH, *FIXED, "-o", str(to), "--json")
    report = json.loads(out)
    assert (code, err) == (0, "")
    assert report["links"] == [
        {
            "index": 0,
            "url": "https://shop.example/a?x=1&y=2",
            "element": "a",
            "conditional": False,
            "personal": False,
            "label": None,
            "text": "Shop",
        }
    ]
    assert [link["reason"] for link in report["skipped"]] == ["scheme"]
    assert to.read_bytes().decode()[report["pixel_offset"] :].startswith("<img ")
    assert Decision.from_dict(report["decision"]).track_opens
    assert "key made for this run" in report["notes"][0]


def test_track_reports_json_on_standard_error_beside_the_file(
    capsysbinary: pytest.CaptureFixture[bytes], html_file: str
) -> None:
    _, out, err = run(capsysbinary, "track", html_file, "--json")
    assert out == HTML
    assert json.loads(err)["pixel_offset"] is None


def test_track_from_standard_input(capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None]) -> None:
    stdin(HTML)
    assert run(capsysbinary, "track", "-")[:2] == (0, HTML)


def test_track_may_replace_its_own_input(capsysbinary: pytest.CaptureFixture[bytes], html_file: str) -> None:
    Path(html_file).chmod(0o640)
    assert run(capsysbinary, "track", html_file, *BOTH, "-o", html_file)[0] == 0
    assert b"https://track.example/c/" in Path(html_file).read_bytes()
    assert stat.S_IMODE(Path(html_file).stat().st_mode) == 0o640
    assert [path.name for path in Path(html_file).parent.iterdir()] == ["mail.html"]


def test_aggregate_mode_needs_a_campaign(capsysbinary: pytest.CaptureFixture[bytes], html_file: str) -> None:
    route = ["--track-opens", "--track-clicks", "--consent", "denied", "--after-refusal", "aggregate"]
    _, out, err = run(capsysbinary, "track", html_file, *route)
    assert out == HTML
    assert "consent_denied, aggregate_without_campaign" in err
    campaign = [
        "--campaign",
        "spring",
        "--campaign-start",
        "2026-01-01T00:00:00Z",
        "--base-url",
        "https://t.example/x/",
    ]
    _, out, _ = run(capsysbinary, "track", html_file, *route, *campaign, "--message-id", "a")
    assert b"/c/" not in out  # a link of nobody knows which template might name the recipient
    campaign += ["--campaign-template", html_file]
    outputs = {run(capsysbinary, "track", html_file, *route, *campaign, "--message-id", one)[1] for one in "ab"}
    assert all(b"https://t.example/x/c/" in out for out in outputs)


def test_link_options_reach_the_policy(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    urls = [
        "https://a.test/1",
        "https://b.test/unsubscribe",
        "https://c.test/?token=1",
        "https://d.test/long",
        "https://e.test/",
    ]
    page.write_text("".join(f'<a data-pm-no-track-x href="{url}">x</a>' for url in urls))
    options = ["--skip-url", urls[0], "--track-unsubscribe", "--track-sensitive", "--tracking-host", "d.test"]
    options += ["--skip-host", "f.test", "--preference-url", "https://g.test/mail", "--opt-out-attribute", "keep"]
    options += ["--no-track-conditional", "--skip-url-text", "--strip-opt-out", "all", "--max-url-octets", "30"]
    options += ["--destinations", "by_id", "--pixel-position", "start", "--recipient", "7"]
    _, _, err = run(capsysbinary, "track", str(page), *BOTH, *options, "--json")
    err = err[err.index("{") :]
    assert [link["url"] for link in json.loads(err)["links"]] == [urls[1], urls[2], urls[4]]
    assert [link["reason"] for link in json.loads(err)["skipped"]] == ["listed", "tracked"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--base-url", "http://track.example"],
        ["--base-url", "https://track.example/?a=b"],
        ["--base-url", "track.example"],
        ["--message-id", "bob@example.test"],
        ["--message-id", ""],
        ["--recipient", "-1"],
        ["--recipient", "65536"],
        ["--campaign", "spring"],
        ["--campaign-start", NOW],
        ["--campaign", "bob@example.test", "--campaign-start", NOW],
        ["--max-url-octets", "0"],
        ["--max-url-octets", "5000"],
        ["--pixel-position", "middle"],
        ["--track-conditional", "--no-track-conditional"],
        ["--message-id", "a", "--message-id", "b"],
        ["-o", "no/such/folder/x.html"],
        ["-o", "."],
        ["-o", "a\0b"],
        ["-o", ""],
        ["--key-file", ""],
    ],
)
def test_track_refuses_bad_options_and_writes_nothing(
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    html_file: str,
    arguments: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    output = [] if "-o" in arguments else ["-o", "out.html"]
    assert "bob@" not in refused(capsysbinary, "track", html_file, *BOTH, *arguments, *output)
    assert [path.name for path in tmp_path.iterdir()] == ["mail.html"]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("missing.html", None, "no such file"),
        ("empty.html", b"", "empty"),
        ("picture.html", b"\x89PNG\r\n\x1a\n\0\0\0\r", "binary"),
        ("signature.html", b"\x89PNG\r\n\x1a\n<p>", "binary"),
        ("packed.html", b"\x1f\x8b<p>", "binary"),
        ("photo.html", b"\xff\xd8\xff\xe1", "binary"),
        ("octets.html", b"\xc3\x28\xa0\xa1", "binary"),
        ("paper.html", b"%PDF-1.7\n<< >>", "binary"),
        ("wide.html", "\ufeff<p>".encode("utf-16"), "binary"),
        ("no\x1b[2Jsuch", None, r"\x1b[2j"),
    ],
)
def test_track_refuses_bad_input_and_writes_nothing(
    capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path, name: str, content: bytes | None, problem: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    err = refused(capsysbinary, "track", str(tmp_path / name), "-o", str(tmp_path / "out.html"))
    assert problem in err.lower()
    assert not (tmp_path / "out.html").exists()


def test_track_refuses_a_folder(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    assert "directory" in refused(capsysbinary, "track", str(tmp_path))


def test_input_over_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "big"
    path.write_bytes(b"x" * 11)
    assert read_input(str(path), limit_octets=11) == b"x" * 11
    with pytest.raises(CommandError, match="more than 10 octets"):
        read_input(str(path), limit_octets=10)


def test_file_over_64_mib_is_refused(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    path = tmp_path / "big.html"
    with path.open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    assert "67,108,864 octets" in refused(capsysbinary, "track", str(path))


def test_ten_megabytes_are_tracked(capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    path, to = tmp_path / "big.html", tmp_path / "out.html"
    path.write_bytes(b"<p>" + b"x" * 10_000_000 + HTML)
    assert run(capsysbinary, "track", str(path), *BOTH, "-o", str(to))[0] == 0
    assert to.read_bytes().count(b"https://track.example/") == 2


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\xe4\xff ", "ü€".encode(), b""])
@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r", b""])
def test_every_other_octet_is_kept(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None], start: bytes, end: bytes
) -> None:
    page = start + b"<p>" + end + b'<a href="https://shop.example/">x</a>' + end
    stdin(page)
    _, out, _ = run(capsysbinary, "track", "-", "--track-clicks", "--consent", "granted")
    assert re.sub(rb"https://track\.example/c/[A-Za-z0-9_-]+", b"https://shop.example/", out) == page


def test_links_in_an_unknown_encoding_are_left_alone(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None]
) -> None:
    page = b'<a href="https://shop.example/\xe4">x</a><a href="https://shop.example/">\xe4</a>'
    stdin(page)
    _, out, err = run(capsysbinary, "track", "-", *BOTH)
    assert b'href="https://shop.example/\xe4"' in out
    assert b'href="https://shop.example/"' not in out
    assert "not UTF-8" in err


@pytest.mark.parametrize("octet", range(0x20))
def test_control_character_is_binary_unless_it_stands_in_pages(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None], octet: int
) -> None:
    page = b"<p>" + bytes([octet])
    stdin(page)
    code, out, _ = run(capsysbinary, "track", "-")
    assert (code, out) == ((0, page) if octet in b"\t\n\v\f\r\x1b" else (2, b""))


def test_text_without_an_element_is_a_page_if_it_is_utf_8(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None]
) -> None:
    stdin("ü: see %PDF-".encode())
    assert run(capsysbinary, "track", "-")[:2] == (0, "ü: see %PDF-".encode())


@given(st.binary(max_size=60).map(lambda data: b"<" + data.translate(None, _BINARY_CONTROLS)))
@example(b"<\xc3")
def test_untracked_page_is_the_same_octets(data: bytes) -> None:
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(data))
    out, sys.stdout = sys.stdout, io.TextIOWrapper(io.BytesIO())
    err, sys.stderr = sys.stderr, io.StringIO()
    try:
        assert main(["track", "-"]) == 0
        assert sys.stdout.buffer.getvalue() == data
    finally:
        sys.stdin, sys.stdout, sys.stderr = before, out, err


def test_mail_cannot_steer_the_terminal(
    capsysbinary: pytest.CaptureFixture[bytes], stdin: Callable[[bytes], None]
) -> None:
    stdin('<a href="https://a.test/&#27;[2J\u202e">x</a><a href="javascript:\x9b\x1b&#7;">'.encode())
    _, _, err = run(capsysbinary, "track", "-", *BOTH)
    assert all(char.isprintable() or char == "\n" for char in err)


@given(st.text())
def test_printable_text_is_printable_and_plain_text_is_untouched(text: str) -> None:
    assert printable(text).isprintable()
    assert not text.isprintable() or printable(text) == text


def test_table_cuts_long_cells() -> None:
    assert as_table([("a" * 100, "b")]) == "a" * 69 + "...  b"


def test_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    old = tmp_path / "old"
    old.write_text("old")
    with pytest.raises(TypeError):
        write_output(str(old), "not octets")  # type: ignore[arg-type]
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("old", "old")]


def test_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_output(str(tmp_path / "new"), b"x")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_output_may_be_a_device() -> None:
    write_output(os.devnull, b"x")
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_output_through_a_symbolic_link_keeps_the_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    write_output(str(tmp_path / "link"), b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"x"


def test_reader_that_went_away_is_no_error(monkeypatch: pytest.MonkeyPatch, html_file: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        assert main(["track", html_file]) == 141
        assert main(["keys"]) == 0


def test_full_disk_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("/dev/full is not here: only Linux has it")
    with full.open("w") as output:
        monkeypatch.setattr(sys, "stdout", output)
        assert main(["resolve"]) == 2
    assert capsys.readouterr().err == "lmtrack: error: output: no space left on device\n"


@pytest.mark.parametrize(
    "case",
    [
        (["track", "-"], "stdin", "standard input: closed"),
        (["token", "-"], "stdin", "standard input: closed"),
        (["track", "mail.html"], "stdout", "standard output: closed"),
        (["track", "mail.html", "-o", "out.html", "--json"], "stdout", "standard output: closed"),
        (["inspect", "-"], "stdin", "standard input: closed"),
        (["inspect", "mail.html"], "stdout", "standard output: closed"),
        (["untrack", "mail.html", "-o", "out.html", "--json"], "stdout", "standard output: closed"),
        (["classify", "-"], "stdin", "standard input: closed"),
        (["classify", "mail.html"], "stdout", "standard output: closed"),
        (["resolve"], "stdout", "standard output: closed"),
        (["resolve", "--json"], "stdout", "standard output: closed"),
        (["token", "EQ"], "stdout", "standard output: closed"),
        (["keys"], "stdout", "standard output: closed"),
        (["--help"], "stdout", "standard output: closed"),
        (["frobnicate"], "stderr", None),
    ],
)
def test_closed_standard_stream_is_one_line_at_most(
    capsysbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
    html_file: str,
    case: tuple[list[str], str, str | None],
) -> None:
    arguments, closed, err = case
    folder = Path(html_file).parent
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, closed, None)
    assert run(capsysbinary, *arguments) == (2, b"", f"lmtrack: error: {err}\n" if err else "")
    assert [path.name for path in folder.iterdir()] == ["mail.html"]


def test_closed_standard_error_loses_the_report_and_nothing_else(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, html_file: str
) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    assert run(capsysbinary, "track", html_file) == (0, HTML, "")


@pytest.mark.parametrize("redirections", ["<&- >&- 2>&-", ">/dev/full 2>&-", "2>/dev/full", ">&- 2>/dev/full"])
@pytest.mark.parametrize("arguments", ["track -", 'track "$1" -o "$1.out"', "frobnicate", "--help"])
def test_process_ends_with_a_code_of_ours_whatever_its_streams_are(
    html_file: str, redirections: str, arguments: str
) -> None:
    if os.name != "posix" or not Path("/dev/full").exists():
        pytest.skip("/dev/full is not here: only Linux has it")
    command = f'"$0" -m lmtrack {arguments} {redirections}'
    words = ["/bin/sh", "-c", command, sys.executable, html_file]
    done = subprocess.run(words, input=HTML, capture_output=True, check=False)  # noqa: S603 - all of it stands above
    assert done.returncode in {0, 2}
    assert b"Traceback" not in done.stderr


def test_interrupt_is_quiet(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    class Interrupted(io.BytesIO):
        def read(self, _size: int | None = -1, /) -> bytes:
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Interrupted()))
    assert run(capsysbinary, "track", "-") == (130, b"", "")


def test_terminal_without_unicode_gets_escapes(monkeypatch: pytest.MonkeyPatch, key_file: str) -> None:
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii", newline="")
    monkeypatch.setattr(sys, "stdout", output)
    assert main(["token", token_of(kind="click"), "--key-file", key_file, "--now", NOW]) == 0
    assert rb"https://shop.example/\xfc" in output.buffer.getvalue()


def test_tracking_domain_of_the_default_is_reserved() -> None:
    assert TrackingDomain("https://track.example", make_keys(KEY.encode())).base_url.endswith(".example")
