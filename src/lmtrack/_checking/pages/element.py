"""An element as every reader of the audit hands it on, and the line it is in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

LAST_LINE: Final = 65_535  # libxml2 counts no further
_WORD: Final = re.compile(r"[^\t\n\f\r ]++")


@dataclass(slots=True, eq=False)
class Element:
    """An element with what is around it.

    Attributes:
        name: In lower case, with its prefix.
        attributes: Decoded values by lower-case name; of duplicates the first.
        line: In which its start tag ends.
        note: Which comment or other text it was found in, for people; empty for the document itself.
        parent: The element around it, if that is known.
        before: The element before it in the same parent, if that is known.
        host: Of an element that is in a document of its own (`srcdoc`, a conditional comment): what holds that.
        document: What holds the document it is in, if that has style sheets of its own; None for the email itself.
        condition: The conditions for Outlook under which it is there, as written.
        in_tree: Whether the reader that saw it knows what is around it.
        words: The text that is in it directly; only where it was asked for.
        picture: The `img` that a `picture` is drawn as.
    """

    name: str
    attributes: dict[str, str]
    line: int
    note: str = ""
    parent: Element | None = None
    before: Element | None = None
    host: Element | None = None
    document: Element | None = None
    condition: str = ""
    in_tree: bool = False
    words: str = ""
    picture: Element | None = None

    @property
    def classes(self) -> frozenset[str]:
        """Its classes, in lower case."""
        return _classes_in(self.attributes.get("class", ""))

    @property
    def around(self) -> Element | None:
        """What it is in: its parent, or the element that hosts its tree."""
        return self.parent or self.host


@lru_cache(maxsize=1_000)  # our choice; a field of its own would be in every element
def _classes_in(text: str, /) -> frozenset[str]:
    return frozenset(words_of(text.lower()))


def words_of(text: str, /) -> list[str]:
    """Take apart a list of words as HTML does: no other white space than its own is between two."""
    return _WORD.findall(text)


class LineCounter:
    """Counts the lines of a text up to ascending places."""

    __slots__ = ("_html", "_line", "_place")

    def __init__(self, html: str, line: int, /) -> None:
        self._html, self._line, self._place = html, line, 0

    def at(self, place: int, /) -> int:
        """Return the line of a place that is not before the last one asked for."""
        self._line += self._html.count("\n", self._place, place)
        self._place = place
        return self._line
