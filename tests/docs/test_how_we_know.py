from __future__ import annotations

import re
import runpy
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
SCRIPT = runpy.run_path(str(TOP / "docs" / "how_we_know.py"))
PAGE = SCRIPT["PAGE"].read_text(encoding="utf-8")


def test_every_promise_of_the_readme_has_its_proofs() -> None:
    promised = re.findall(r"^- \*\*(.+?)\*\*", (TOP / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert promised == list(SCRIPT["PROMISES"])
    assert re.findall(r"^## (.+)$", PAGE, re.MULTILINE) == [promise.rstrip(".") for promise in promised]


def test_every_test_that_is_named_exists() -> None:
    named = {path for proofs in SCRIPT["PROMISES"].values() for proof in proofs for path in proof.tests}
    assert [path for path in sorted(named) if not (TOP / path).exists()] == []
    assert set(re.findall(r"`(tests/[^`]+)`", PAGE)) == named


def test_no_count_is_larger_than_what_the_suite_has() -> None:
    counts = SCRIPT["collect"]()
    claimed = [int(count.replace(",", "")) for count in re.findall(r"^\|.*\| ([0-9,]+) \|", PAGE, re.MULTILINE)]
    proofs = [proof for proofs in SCRIPT["PROMISES"].values() for proof in proofs]
    assert len(claimed) == len(proofs)
    for count, proof in zip(claimed, proofs, strict=True):
        assert 0 < count <= SCRIPT["cases"](proof, counts), proof.claim
