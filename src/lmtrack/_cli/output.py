"""What the command prints: one plain text or one JSON object, with nothing in it that a terminal would obey."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final, TextIO

from lmtrack._checking.terminal_text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_WIDEST: Final = 72  # our choice: three columns of this table fit a window of 120


class CommandError(Exception):
    """What the user gave cannot be used; its text is the one line they see, and holds no secret."""


def name_of(path: str, /) -> str:
    """Give what a file is called in messages; `-` is standard input."""
    return "standard input" if path == "-" else printable(path)


def standard_output() -> TextIO:
    """Give standard output, for what was asked for.

    Raises:
        CommandError: It is closed.
    """
    stream: TextIO | None = sys.stdout  # None if the process was started without one
    if stream is None:
        raise CommandError("standard output: closed")
    return stream


def say(text: str, /, *, to: TextIO | None) -> None:
    """Print one or more lines; what the stream's encoding lacks is escaped, and a closed one (None) is told nothing."""
    if to is not None:
        write_line(text, to=to)
        to.flush()


def write_line(text: str, /, *, to: TextIO) -> None:
    """Write one of many lines, which the stream may hold back for a while."""
    encoding = to.encoding or "utf-8"
    to.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


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
