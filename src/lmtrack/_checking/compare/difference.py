"""What is not the same in all copies of one email, and what a sender has declared to be personal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lmtrack._checks import plain_str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that differs between renderings of one email; made by `compare_renderings` and `compare_messages`.

    Attributes:
        place: Where it is in the first rendering that has it: the part of a message as IMAP counts, the element
            with its attribute and line, the header.
        values: What is there in each rendering, in order, None where there is nothing: the URL; for a header, its
            value; for a part without URLs, its file name or type, and the beginning of its SHA-256.
        expected: Whether it is meant to differ from person to person: because mail requires it, or because `allow`
            declares it. What is not expected may reveal who opened or clicked.
        why: The evidence, in a sentence; it is for people and may change.
    """

    place: str
    values: tuple[str | None, ...]
    expected: bool
    why: str

    def to_dict(self) -> dict[str, object]:
        """Return the difference as JSON types."""
        return {"place": self.place, "values": list(self.values), "expected": self.expected, "why": self.why}


@dataclass(frozen=True, slots=True)
class Allowed:
    """What was declared personal: exact values, and patterns that are searched for in a value."""

    values: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]

    def __call__(self, value: str, /) -> bool:
        """Return whether a value was declared."""
        return value in self.values or any(pattern.search(value) for pattern in self.patterns)


def read_allow(allow: Sequence[str | re.Pattern[str]], /) -> Allowed:
    """Check what a caller allows.

    Raises:
        TypeError: It is no sequence of str and text patterns; one str would be read letter by letter.
    """
    if isinstance(allow, str | re.Pattern):
        raise TypeError("allow must be a sequence, not one value")
    entries = tuple(allow)
    patterns = tuple(entry for entry in entries if isinstance(entry, re.Pattern) and isinstance(entry.pattern, str))
    values = frozenset(plain_str(entry, "allow") for entry in entries if isinstance(entry, str))
    if len(patterns) + sum(isinstance(entry, str) for entry in entries) != len(entries):
        raise TypeError("allow must hold str and compiled patterns of str")
    return Allowed(values, patterns)
