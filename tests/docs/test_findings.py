"""Every finding is a script of the form that the folder's README asks for, and has a row there; none is run here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

FOLDER: Final = Path(__file__).parents[2] / "findings"
SCRIPTS: Final = sorted(FOLDER.glob("*.sh"))

pytestmark = pytest.mark.skipif(not SCRIPTS, reason="a source distribution has no findings")


def test_every_script_has_a_row_and_every_row_a_script() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \|", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE)
    assert rows == [script.stem for script in SCRIPTS]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_says_first_what_it_shows_and_works_in_a_folder_that_it_removes(script: Path) -> None:
    lines = script.read_text("utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert lines[1].startswith("# ")
    assert any(line.startswith(("# Seen", "# Output seen")) for line in lines)
    text = "\n".join(lines)
    assert "set -euo pipefail" in text
    assert "mktemp -d" in text
    assert "rm -rf" in text
    assert "lmtrack" not in re.sub("(?m)^#.*", "", text)
    assert re.search(r"[0-9]+\.[0-9]+", re.sub("(?m)^#.*", "", text)), "no package is pinned"
