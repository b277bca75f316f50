"""What the command prints: one plain text or one JSON object, with nothing in it that a terminal would obey."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_WIDEST: Final = 72  # our choice: three columns of this table fit a window of 120


def printable(text: str, /) -> str:
    r"""Escape what is no printable character, so that the text of a mail cannot steer a terminal.

    Example:
        >>> printable("a\x1b[2J\u202eb")
        'a\\x1b[2J\\u202eb'
    """
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def say(text: str, /, *, to: TextIO | None = None) -> None:
    """Print one or more lines, to standard error unless told otherwise; what its encoding lacks is escaped."""
    stream = sys.stderr if to is None else to
    encoding = stream.encoding or "utf-8"
    stream.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()


def as_json(value: Mapping[str, object], /) -> str:
    """Give one JSON object in ASCII."""
    return json.dumps(value, indent=2)


def as_table(rows: Iterable[Sequence[object]], /) -> str:
    """Give rows as aligned columns; a long cell is cut, and JSON has it whole.

    Example:
        >>> print(as_table([("opens", "off"), ("clicks", "individual")]))
        opens   off
        clicks  individual
    """
    cells = [[_cell(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _cell(value: object) -> str:
    text = printable(str(value))
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."
