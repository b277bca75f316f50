"""JSON that others wrote, read alike on every Python.

What `json` does with text that is nested too deeply depends on the Python: it raises RecursionError, from 3.15 on it
reads on, and in WebAssembly the whole program ends (Pyodide 314.0.7). So such text is refused before it is read.
"""

from __future__ import annotations

import json
import re
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_DEEPEST: Final = 100  # our choice: settings and the lines of logs have no more than four levels
_STRING: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)  # RFC 8259 section 7
_BRACKET: Final = re.compile(r"[][{}]")


def from_json(text: str, /, members: Callable[[list[tuple[str, Any]]], object] | None = None) -> Any:  # noqa: ANN401
    """Read a text; `members` makes an object of its members.

    Raises:
        ValueError: It is not JSON, or nested too deeply.
    """
    # Few texts have as many brackets at all.
    if text.count("[") + text.count("{") > _DEEPEST and _depth(text) > _DEEPEST:
        raise ValueError("nested too deeply")
    return json.loads(text, object_pairs_hook=members)


def _depth(text: str) -> int:
    brackets: list[str] = _BRACKET.findall(_STRING.sub("", text))
    return max(accumulate(1 if bracket in "[{" else -1 for bracket in brackets), default=0)
