"""Values in format=flowed (RFC 3676): whatever they hold, readers join and quote the template's lines as before.

Section 4.1: a line that ends in a blank goes on in the next, so none is left before a line end that is to stay one.
Section 4.4: readers take one blank off the beginning of a line, so a line that begins with a blank, `>` or `From ` gets
one more. Section 4.5: as many `>` as a line begins with is how deep it is quoted; those of the template's line begin
each line of a value. Section 4.3: `-- ` alone in a line is the separator of a signature.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._rewriting.slots.escapes import ESCAPES, Place
from lmtrack._rewriting.slots.holes import TextHole
from lmtrack.errors import BadValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmtrack._rewriting.slots.holes import Hole

_LINE_ENDS: Final = ("", "\r", "\n")
_BLANKS_AT_LINE_END: Final = re.compile(r"(?<! ) ++(?=\n)")
_AHEAD: Final = len("From ")  # as far as what is behind a value matters
_BEHIND: Final = len("-- ") + 1
_SEPARATOR: Final = re.compile(r"-- (?:[\r\n]|\Z)")


class _Around(NamedTuple):
    """What the template has before a value.

    Attributes:
        blanks: The blanks right before the slot, which are written with the value.
        line: How deep its line is quoted, and whether a blank follows that readers take off; None if another value is
            in the same line before.
        content: How the text between begins: from the other value, or from where the content of the line begins.
        gap: The beginning of all between the slot and the one before.
    """

    blanks: str
    line: tuple[int, bool] | None
    content: str
    gap: str


class FlowedText:
    """A text with slots in it; each slot's hole is widened by the blanks before it."""

    def __init__(self, text: str, holes: Sequence[Hole], /) -> None:
        self._holes = holes
        self._around: list[_Around] = []
        position = 0
        for hole in holes:
            self._around.append(_look_around(text, position, hole))
            position = hole.end
        self._rest = text[position : position + _AHEAD]

    def write(self, values: Sequence[str], /) -> list[str]:
        """Return what is in each hole, with LF at the line ends.

        Raises:
            BadValue: A line with a value in it would be the separator of a signature.
        """
        trimmed: list[tuple[str, str]] = []  # each with what follows it
        follows = self._rest
        for around, value in zip(reversed(self._around), reversed(values), strict=True):
            text = _BLANKS_AT_LINE_END.sub("", around.blanks + value)
            text = text.rstrip(" ") if follows[:1] in _LINE_ENDS else text
            trimmed.append((text, follows))
            follows = f"{around.gap}{text[:_AHEAD]}{follows}"[:_AHEAD]
        return self._stuffed(trimmed[::-1])

    def _stuffed(self, texts: Sequence[tuple[str, str]], /) -> list[str]:
        written: list[str] = []
        line, depth, is_stuffed = "", 0, False
        for hole, around, (text, follows) in zip(self._holes, self._around, texts, strict=True):
            if around.line is None:
                line += around.content
            else:
                line, (depth, is_stuffed) = around.content, around.line
            lines = text.split("\n")
            for number, part in enumerate(lines):
                if number:
                    line, is_stuffed = "", False
                rest = part + ("\n" if number < len(lines) - 1 else follows)
                at_start = not line and not is_stuffed and rest[:1] not in _LINE_ENDS
                if at_start and ((number and depth) or rest.startswith((" ", ">", "From "))):
                    lines[number], is_stuffed = f" {part}", True
                line = (line + part)[:_BEHIND]
            if _SEPARATOR.match(line + follows):
                raise BadValue(hole.names[0], Place.FLOWED_TEXT, ESCAPES[Place.FLOWED_TEXT].problem)
            written.append(f"\n{'>' * depth}".join(lines))
        return written


def _look_around(text: str, position: int, hole: Hole, /) -> _Around:
    """Read what is before a slot, from where the one before it ends, and widen its hole."""
    end = hole.start
    start = max(text.rfind("\n", position, end), text.rfind("\r", position, end)) + 1
    line = None
    if start or not position:
        content = text[start:end].lstrip(">")
        line = (end - start - len(content), content[:1] == " ")
        start += sum(line)
    else:
        start = position
    if isinstance(hole, TextHole):
        hole.start = start + len(text[start:end].rstrip(" "))
    return _Around(
        blanks=text[hole.start : end],
        line=line,
        content=text[start : min(hole.start, start + _BEHIND)],
        gap=text[position : min(hole.start, position + _AHEAD)],
    )
