"""Run a page of the documentation and hand over what its code defined: tests use the very functions it prints."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

TOP = Path(__file__).resolve().parent.parent
HOWTO = TOP / "docs" / "howto"


def run_page(name: str) -> dict[str, Any]:  # whatever the page defines
    """Run all examples of a page, compare what they print, and give its names."""
    flags = doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL
    document = Sybil([PythonCodeBlockParser(doctest_optionflags=flags)]).parse(HOWTO / name)
    for example in document.examples():
        example.evaluate()
    return document.namespace


def programs(name: str) -> list[str]:
    """Return the blocks of a page that are program text, not sessions."""
    text = (HOWTO / name).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for block in blocks if not block.startswith(">>> ")]
