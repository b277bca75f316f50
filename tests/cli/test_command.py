from __future__ import annotations

import importlib
import io
import os
import re
import runpy
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

import lmtrack
from cli_pages import HTML, token_of
from cli_runs import BOTH, KEY, NOW, VERBS, refused, run
from lmtrack._checking.terminal_text import printable
from lmtrack._cli.output import as_table
from lmtrack.cli import main
from lmtrack.tokens import make_keys
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from collections.abc import Callable


def test_no_verb_is_refused_and_five_lines_lead_somewhere(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    code, out, err = run(capsysbinary)
    assert (code, out) == (2, b"")
    first, *steps = err.splitlines()
    assert first == f"lmtrack: error: say what to do: {', '.join(VERBS)} (see lmtrack --help)"
    assert len(steps) == 4
    for step in steps:
        command, _, purpose = step.strip().partition("   ")
        assert purpose.strip()
        assert len(step) <= 120
        main(command.split()[1:])  # where there is no such file, that is all that is wrong
        said = capsysbinary.readouterr().err.decode()
        assert "--help" not in said
        assert not said or ": no such file" in said


@pytest.mark.parametrize("arguments", [["frobnicate"], ["resolve", "--nope"], ["resolve", "--consent"], ["token"]])
def test_wrong_usage_is_refused(capsysbinary: pytest.CaptureFixture[bytes], arguments: list[str]) -> None:
    assert "--help" in refused(capsysbinary, *arguments)


def test_options_are_not_abbreviated(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    refused(capsysbinary, "resolve", "--track-open")


@pytest.mark.parametrize(
    "verb",
    VERBS,
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
