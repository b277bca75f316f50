"""The pytest plug-in: its fixtures, and that a run which asks for none of them pays for nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import lmtrack
from lmtrack import testing

if TYPE_CHECKING:
    from collections.abc import Callable

TOP = Path(__file__).resolve().parent.parent
IS_INSTALLED = bool(entry_points(group="pytest11", name="lmtrack"))

SUITE = """
import pytest

PIXEL = '<img src="https://count.example/open/4471" width="1" height="1">'
LEAVE = (
    "List-Unsubscribe: <https://shop.example/unsubscribe>\\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\\n"
    "From: a@shop.example\\nContent-Type: text/html\\n\\n<a href='https://shop.example/unsubscribe'>Unsubscribe</a>\\n"
)

@pytest.fixture(scope="session")
def check(assert_untracked):
    return assert_untracked

def test_clean(check, assert_same_for_everyone, assert_unsubscribe_ok):
    check("<p>Hello</p>")
    assert_same_for_everyone(["<p>Ann</p>", "<p>Bob</p>"])
    assert_unsubscribe_ok(LEAVE.encode())

def test_tracked(assert_untracked):
    assert_untracked("<p>Hello</p>" + PIXEL)
"""


@pytest.fixture
def run_pytest(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run pytest as a sender does, in a process of its own, with lmtrack as if it were installed."""
    search = [str(Path(lmtrack.__file__).parent.parent)]
    if not IS_INSTALLED:
        installed = tmp_path / "site" / "lmtrack-0.dist-info"
        installed.mkdir(parents=True)
        (installed / "METADATA").write_text("Metadata-Version: 2.4\nName: lmtrack\nVersion: 0\n")
        (installed / "entry_points.txt").write_text("[pytest11]\nlmtrack = lmtrack._pytest\n")
        search.append(str(installed.parent))
    suite = tmp_path / "suite"
    suite.mkdir()

    def run(test: str, *arguments: str, sitecustomize: str = "") -> subprocess.CompletedProcess[str]:
        (suite / "pytest.ini").write_text("[pytest]\n")
        (suite / "test_mail.py").write_text(test)
        (suite / "conftest.py").write_text(sitecustomize)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(search)}  # noqa: TID251 - the ban is for the library
        environment.pop("PYTEST_ADDOPTS", None)
        words = [sys.executable, "-W", "error", "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", *arguments]
        return subprocess.run(words, cwd=suite, env=environment, capture_output=True, text=True, check=False)  # noqa: S603

    return run


def test_entry_point_is_declared() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"] == {"pytest11": {"lmtrack": "lmtrack._pytest"}}
    assert [name.partition(">")[0] for name in project["optional-dependencies"]["testing"]] == ["hypothesis"]


@pytest.mark.parametrize(
    "arguments",
    [[], ["-p", "no:hypothesispytest"], ["-p", "lmtrack", "-p", "lmtrack"], ["-p", "no:xdist"]],
    ids=["as it is", "without hypothesis's plug-in", "named once more", "without xdist"],
)
def test_fixtures_hand_out_the_assertions(
    run_pytest: Callable[..., subprocess.CompletedProcess[str]], arguments: list[str]
) -> None:
    pytest.importorskip("lxml")
    done = run_pytest(SUITE, *arguments)
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    # What is shown is the line of the test and the reason, and nothing of the assertion's own code.
    assert '>       assert_untracked("<p>Hello</p>" + PIXEL)' in done.stdout
    assert "E       AssertionError: the email is tracked" in done.stdout
    assert "https://count.example/open/4471" in done.stdout
    assert "finding_lines" not in done.stdout


def test_fixtures_need_no_hypothesis(run_pytest: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    pytest.importorskip("lxml")
    block = "import sys\nsys.modules['hypothesis'] = None\n"
    done = run_pytest(SUITE, "-p", "no:hypothesispytest", "-p", "no:_hypothesis_pytestplugin", sitecustomize=block)
    assert "1 failed, 1 passed" in done.stdout, done.stdout + done.stderr


def test_run_that_asks_for_no_fixture_loads_nothing(
    run_pytest: Callable[..., subprocess.CompletedProcess[str]],
) -> None:
    done = run_pytest(
        "import json, sys\n"
        "def test_modules():\n"
        "    print('LOADED', json.dumps(sorted(sys.modules)))\n",
        "-s", "-p", "no:hypothesispytest", "-p", "no:xdist", "-p", "no:benchmark",
    )  # fmt: skip
    line = next(line for line in done.stdout.splitlines() if "LOADED" in line)
    loaded = json.loads(line.partition("LOADED ")[2].removesuffix("."))
    assert [name for name in loaded if name.partition(".")[0] == "lmtrack"] == ["lmtrack", "lmtrack._pytest"]
    assert not {"lxml", "hypothesis", "itsdangerous", "user_agents"} & set(loaded)


@pytest.mark.parametrize("name", ["assert_untracked", "assert_same_for_everyone", "assert_unsubscribe_ok"])
def test_fixtures_are_the_functions(name: str) -> None:
    # In this process too, for those who measure what is run in it.
    from lmtrack import _pytest  # noqa: PLC0415 - pytest has loaded it already where lmtrack is installed

    fixture = getattr(_pytest, name)
    assert fixture._get_wrapped_function()() is getattr(testing, name)
    assert (fixture.__doc__ or "").startswith(f"Return `lmtrack.testing.{name}`")
