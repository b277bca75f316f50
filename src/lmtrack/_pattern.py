"""Compile expressions with possessive repeats so that they mean the same on every Python.

Before 3.11.5 a possessive repeat of a group could end too early (gh-100061, gh-106052), silently: no link would be
found in a plain `<a href>`. The same repeat in an atomic group is right there, and a tenth slower. All patterns that
repeat a group possessively are compiled here; the repeats of single characters were never wrong.

Patterns are made of words, and tables of words are written as one text.
"""

from __future__ import annotations

import re
import sys
from typing import AnyStr, Final

_SOUND: Final = sys.version_info >= (3, 11, 5)
_QUANTIFIER: Final = re.compile(r"([*+?]|\{[0-9]*,?[0-9]*\})\+")


def compile_pattern(pattern: AnyStr, flags: re.RegexFlag = re.NOFLAG, /) -> re.Pattern[AnyStr]:
    """Compile a pattern, spelled as this Python needs it."""
    return re.compile(pattern if _SOUND else with_atomic_groups(pattern, verbose=bool(flags & re.VERBOSE)), flags)


def with_atomic_groups(pattern: AnyStr, /, *, verbose: bool) -> AnyStr:
    """Write `(...)*+` as `(?>(...)*)`, and so for the other repeats; everything else stays."""
    if isinstance(pattern, bytes):
        return with_atomic_groups(pattern.decode("latin-1"), verbose=verbose).encode("latin-1")
    written: list[str] = []
    opened: list[int] = []
    position = 0
    while position < len(pattern):
        end = _token_end(pattern, position, verbose=verbose)
        written.append(pattern[position:end])
        position = end
        if written[-1] == "(":
            opened.append(len(written) - 1)
        elif written[-1] == ")":
            start = opened.pop()
            if verbose:
                while pattern[position : position + 1].isspace():
                    position += 1
            if repeat := _QUANTIFIER.match(pattern, position):
                written[start] = "(?>("
                written.append(repeat[1] + ")")
                position = repeat.end()
    return "".join(written)


def _token_end(pattern: str, position: int, /, *, verbose: bool) -> int:
    """Where the escape, character class, comment or character ends that begins here."""
    char = pattern[position]
    if char == "\\":
        return position + 2
    if char == "#" and verbose:
        return (pattern.find("\n", position) + 1) or len(pattern)
    if char != "[":
        return position + 1
    position += 2 if pattern.startswith("^", position + 1) else 1
    if pattern[position] == "]":  # one that comes first stands for itself
        position += 1
    while pattern[position] != "]":
        position += 2 if pattern[position] == "\\" else 1
    return position + 1


def word_set(text: str, /) -> frozenset[str]:
    """Return the words of a table that is written as a text."""
    return frozenset(text.split())
