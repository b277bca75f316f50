"""The page for contributors lists every nox session, and says which of them run by default."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
CI: Final = ROOT / ".ci" / "run"
ROW: Final = re.compile(r"^\| `(\w+)` \|.*\| (default|on demand|on demand, and in CI) \|$", re.MULTILINE)


def sessions_of_the_noxfile() -> dict[str, str]:
    """Return each session with when it runs, as its decorator says."""
    found = {}
    for node in ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8")).body:
        decorators = [ast.unparse(one) for one in getattr(node, "decorator_list", ())]
        for decorator in decorators:
            if decorator.startswith("nox.session") and isinstance(node, ast.FunctionDef):
                found[node.name] = "on demand" if "default=False" in decorator else "default"
    return found


def sessions_of_ci() -> set[str]:
    """Return the sessions that CI names after those of README's second command."""
    (line,) = re.findall(r"nox -s ([\w ]+)\"$", CI.read_text(encoding="utf-8"), re.MULTILINE)
    return set(line.split())


def test_every_session_is_on_the_page_with_when_it_runs() -> None:
    page = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    said = dict(ROW.findall(page))
    assert {name: when.removesuffix(", and in CI") for name, when in said.items()} == sessions_of_the_noxfile()
    assert said["tests"] == "default"


@pytest.mark.skipif(not CI.exists(), reason="a source distribution has no .ci/run")
def test_ci_runs_every_default_session_and_what_the_page_says_beside() -> None:
    page = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    said = dict(ROW.findall(page))
    assert sessions_of_ci() == {name for name, when in said.items() if when != "on demand"} - {"tests"}
