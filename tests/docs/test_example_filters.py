from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "examples" / "ask_filters.py"
PIXEL = b"/o/"
# Stand-ins that print what the real ones do, as seen in Debian 12; the real ones take minutes to install.
SPAMASSASSIN = """#!{python}
import sys
mail = sys.stdin.read()
print("Content analysis details:   (1.4 points, 5.0 required)")
print(" 0.0 NO_RELAYS              Informational: message was not relayed via SMTP")
if "/o/" in mail:
    print(" 1.4 HTML_IMAGE_ONLY_12     BODY: HTML: images with 800-1200 bytes of words")
"""
RSPAMC = """#!{python}
import sys
print("Results for file: stdin (0.1 seconds)")
print("Symbol: MIME_TRACE (0.00)[0:+]")
sys.exit("/o/" in sys.stdin.read())
"""


@pytest.fixture
def mails(tmp_path: Path) -> list[str]:
    (tmp_path / "mail.eml").write_bytes(b"Subject: x\n\n<p>x</p>")
    (tmp_path / "tracked.eml").write_bytes(b"Subject: x\n\n<p>x</p><img src='https://t.example" + PIXEL + b"x'>")
    return [str(tmp_path / "mail.eml"), str(tmp_path / "tracked.eml")]


def ask(folder: Path, *mails: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PATH": str(folder)}  # noqa: TID251 - the ban is for the library
    return subprocess.run(  # noqa: S603 - our own example
        [sys.executable, str(SCRIPT), *mails], capture_output=True, text=True, check=False, env=environment
    )


def install(folder: Path, **programs: str) -> Path:
    folder.mkdir()
    for name, source in programs.items():
        (folder / name).write_text(source.format(python=sys.executable))
        (folder / name).chmod(0o755)
    return folder


def test_filters_are_asked_and_only_what_differs_is_printed(tmp_path: Path, mails: list[str]) -> None:
    asked = ask(install(tmp_path / "bin", spamassassin=SPAMASSASSIN, rspamc=RSPAMC), *mails)
    assert asked.stdout.split() == ["spamassassin", "HTML_IMAGE_ONLY_12", "-", "->", "1.4"]
    assert asked.returncode == 1


def test_a_mail_that_nobody_thinks_worse_of_is_fine(tmp_path: Path, mails: list[str]) -> None:
    asked = ask(install(tmp_path / "bin", rspamc=RSPAMC), *mails)
    assert (asked.returncode, asked.stdout) == (0, "")


def test_without_a_filter_it_says_which_there_are(tmp_path: Path, mails: list[str]) -> None:
    asked = ask(install(tmp_path / "bin"), *mails)
    assert asked.returncode == 2
    assert "no filter is installed" in asked.stderr
