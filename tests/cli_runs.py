"""Run the command in this process, for its tests."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from lmtrack.cli import main

if TYPE_CHECKING:
    import pytest

KEY: Final = "an-example-key-of-32-characters-0"
NOW: Final = "2026-01-02T00:00:00Z"
BOTH: Final = ("--track-opens", "--track-clicks", "--consent", "granted")
FIXED: Final = ("--message-id", "welcome-42", "--now", NOW)
VERBS: Final = (
    "track", "merge", "untrack", "inspect", "audit", "diff", "lint-unsubscribe", "classify", "resolve", "token", "keys",
)  # fmt: skip
EXAMPLES: Final = Path(__file__).resolve().parent.parent / "docs" / "examples"
NEWSLETTER: Final = EXAMPLES / "newsletter.eml"


def run(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> tuple[int, bytes, str]:
    code = main(arguments)
    out, err = capsysbinary.readouterr()
    return code, out, err.decode()


def run_on(data: bytes, *arguments: str) -> tuple[int, bytes, str]:
    """Run the command on this standard input, in a property: what pytest captures is one for all its examples."""
    before, octets = (sys.stdin, sys.stdout, sys.stderr), io.BytesIO()
    out, err = io.TextIOWrapper(octets, encoding="utf-8"), io.StringIO()
    sys.stdin, sys.stdout, sys.stderr = io.TextIOWrapper(io.BytesIO(data)), out, err
    try:
        code = main(arguments)
        out.flush()
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
    return code, octets.getvalue(), err.getvalue()


def refused(capsysbinary: pytest.CaptureFixture[bytes], *arguments: str) -> str:
    """Run what cannot be done: exit code 2, nothing on standard output, one line on standard error."""
    code, out, err = run(capsysbinary, *arguments)
    assert (code, out) == (2, b"")
    assert err.startswith("lmtrack: error: ")
    assert err.count("\n") == 1
    return err
