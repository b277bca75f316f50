"""The how-to pages about checking mail: the workflow's steps and the suite they show, run as a sender would."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lmtrack
from howto_pages import HOWTO, programs
from lmtrack.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = b'<p>Hello</p><a href="https://shop.example/lamps">Lamps</a>\n'
TRACKED = b'<img src="https://track.example/o/4471" width="1" height="1">\n'


def steps() -> list[str]:
    """Return what the workflow runs of ours."""
    text = (HOWTO / "check-in-ci.md").read_text(encoding="utf-8")
    return re.findall(r"^ +- run: lmtrack (.*)$", text, re.MULTILINE)


def expanded(step: str) -> Iterator[str]:
    """Return the words of a command as a shell makes them."""
    for word in shlex.split(step):
        yield from sorted(map(str, Path().glob(word))) if "*" in word else [word]


@pytest.mark.parametrize(("bob", "codes"), [(PAGE, [0, 0]), (PAGE + TRACKED, [1, 1]), (PAGE[:12] + b"\xe4", [3, 1])])
def test_workflow_fails_if_a_mail_tracks_or_nothing_is_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, bob: bytes, codes: list[int]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LMTRACK_KEY", raising=False)
    build = tmp_path / "build"
    build.mkdir()
    (build / "welcome-ann.html").write_bytes(PAGE)
    (build / "welcome-bob.html").write_bytes(bob)
    assert [main([*expanded(step)]) for step in steps()] == codes


def test_workflow_installs_this_package() -> None:
    assert "- run: python -m pip install lmtrack\n" in (HOWTO / "check-in-ci.md").read_text(encoding="utf-8")


def test_suite_of_the_page_passes_and_notices_what_is_wrong(tmp_path: Path) -> None:
    letters, tests, properties = programs("test-your-mails.md")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_letters.py").write_text(f"from letters import domain, finish\n\n{tests}\n{properties}")
    plugin = [] if entry_points(group="pytest11", name="lmtrack") else ["-p", "lmtrack._pytest"]
    search = {"PYTHONPATH": str(Path(lmtrack.__file__).parent.parent), "HYPOTHESIS_STORAGE_DIRECTORY": str(tmp_path)}
    environment = {**os.environ, **search}  # noqa: TID251 - the ban is for the library
    careless = letters.replace("consent=consent", "consent=Consent.GRANTED")
    for program, summary in ((letters, "6 passed"), (careless, "6 failed")):
        (tmp_path / "letters.py").write_text(program)
        words = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", *plugin]
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        assert summary in done.stdout, done.stdout + done.stderr
