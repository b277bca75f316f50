from __future__ import annotations

import argparse
import inspect
import os
import subprocess
import sys

import pytest

from cli_runs import KEY, VERBS, refused
from lmtrack._cli.arguments import Parser
from lmtrack.cli import main

ENVIRONMENT = os.environ  # noqa: TID251 - the ban is for the library
PARAMETERS = inspect.signature(argparse.ArgumentParser).parameters
COLOURED = sys.version_info >= (3, 14)  # the first argparse that colours its help
COLOUR = "\x1b["
SWITCHES = ("FORCE_COLOR", "NO_COLOR", "PYTHON_COLORS")


@pytest.mark.parametrize("name", sorted(set(PARAMETERS) - {"epilog", "formatter_class", "allow_abbrev"}))
def test_parser_takes_whatever_argparse_may_give_the_parser_of_a_verb(name: str) -> None:
    assert isinstance(Parser(example="lmtrack", **{name: PARAMETERS[name].default}), argparse.ArgumentParser)


def test_colour_of_the_parser_is_handed_on_to_its_verbs() -> None:
    verbs = Parser(example="lmtrack").add_subparsers()
    assert isinstance(verbs.add_parser("verb", help="what it does", example="lmtrack verb"), Parser)


def help_on_a_terminal(*arguments: str, **environment: str) -> str:
    """Print a verb's help as a person sees it, on a pseudo-terminal."""
    pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")
    ours, theirs = pty.openpty()
    inherited = {name: value for name, value in ENVIRONMENT.items() if name not in SWITCHES}
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "lmtrack", *arguments, "--help"],
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
            env={**inherited, "TERM": "xterm", "COLUMNS": "100", **environment},
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        return os.read(ours, 65_536).decode()
    finally:
        os.close(ours)
        os.close(theirs)


def test_help_is_coloured_on_a_terminal_where_argparse_colours_it() -> None:
    assert (COLOUR in help_on_a_terminal("resolve")) is COLOURED


def test_help_is_plain_on_a_terminal_under_no_color() -> None:
    text = help_on_a_terminal("resolve", NO_COLOR="1")
    assert "--require-consent" in text
    assert COLOUR not in text


@pytest.mark.parametrize("verb", VERBS)
def test_help_is_plain_in_a_file(
    capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    for switch in SWITCHES:
        monkeypatch.delenv(switch, raising=False)
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert not ended.value.code
    text = capsysbinary.readouterr().out.decode()
    assert text.startswith(f"usage: lmtrack {verb} ")
    assert COLOUR not in text


@pytest.mark.parametrize(
    "words",
    [
        [KEY],
        ["--consent", KEY],
        ["resolve", "--consent", KEY],
        ["resolve", f"--track-opens={KEY}"],
        ["resolve", "--for", KEY],
        ["track", "--ceiling", KEY],
        ["track", "--key-file", KEY, "-"],
        ["classify", "--kind", KEY],
        ["classify", "--delay", KEY],
        ["keys", KEY],
        [f"--version={KEY}"],
        ["resolve", f"--{KEY}"],
        ["resolve", f"--{KEY}=x"],
    ],
)
def test_a_key_in_the_wrong_place_is_not_printed(capsysbinary: pytest.CaptureFixture[bytes], words: list[str]) -> None:
    assert KEY not in refused(capsysbinary, *words)
