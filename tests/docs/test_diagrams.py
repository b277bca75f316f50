"""Each diagram of the docs is drawn from the text beside it, and says in words what it shows."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest
from lxml import etree

DIAGRAMS = Path(__file__).resolve().parents[2] / "docs" / "diagrams"
TEXTS = sorted(DIAGRAMS.glob("*.txt"))


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_a_diagram_shows_what_its_text_says(text: Path) -> None:
    draw = runpy.run_path(str(DIAGRAMS / "draw.py"))["draw"]
    assert text.with_suffix(".svg").read_text(encoding="utf-8") == draw(text.read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_a_diagram_loads_nothing_and_has_a_title(text: Path) -> None:
    root = etree.parse(text.with_suffix(".svg")).getroot()
    names = {etree.QName(element).localname for element in root.iter()}
    assert names <= {"svg", "title", "style", "rect", "text", "path"}
    assert not re.search(r"url\(|@import|href", text.with_suffix(".svg").read_text(encoding="utf-8"))
    assert root.findtext("{*}title")


@pytest.mark.parametrize("text", TEXTS, ids=lambda path: path.stem)
def test_no_word_runs_out_of_its_picture(text: Path) -> None:
    root = etree.parse(text.with_suffix(".svg")).getroot()
    width = float(root.attrib["viewBox"].split()[2])
    for box in root.iter("{*}rect"):
        assert float(box.get("x", "0")) + float(box.attrib["width"]) <= width
