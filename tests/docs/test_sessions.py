"""The page for contributors lists every nox session, and says which of them run by default."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
ROW: Final = re.compile(r"^\| `(\w+)` \|.*\| (default|on demand) \|$", re.MULTILINE)


def sessions_of_the_noxfile() -> dict[str, str]:
    """Return each session with when it runs, as its decorator says."""
    found = {}
    for node in ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8")).body:
        decorators = [ast.unparse(one) for one in getattr(node, "decorator_list", ())]
        for decorator in decorators:
            if decorator.startswith("nox.session") and isinstance(node, ast.FunctionDef):
                found[node.name] = "on demand" if "default=False" in decorator else "default"
    return found


def test_every_session_is_on_the_page_with_when_it_runs() -> None:
    page = (ROOT / "docs" / "contributing.md").read_text(encoding="utf-8")
    assert dict(ROW.findall(page)) == sessions_of_the_noxfile()
    assert "tests" in sessions_of_the_noxfile()
