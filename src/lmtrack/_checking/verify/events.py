"""What libxml2 reads in a document, in document order: flat, not a tree, and a piece at a time.

A tree would lose what stands outside its root (text after `</html>`, comments before `<html>`), ends silently at a
depth of 2,048 and takes a time that is quadratic in the attributes of a tag. Events have none of this. What is left
is our own limit on the depth, since every misplaced end tag is looked for through all open elements.

Who reads them drops each after reading it: kept, those of a megabyte are a million objects, and Python's collector of
garbage goes through all of them again and again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

WHITE: Final = "\t\n\f\r "  # what separates in HTML
# Elements in whose content libxml2 (since 2.14) and HTML5 read no tags.
RAW: Final = frozenset(
    ("iframe", "noembed", "noframes", "plaintext", "script", "style", "textarea", "title", "xmp"),
)
DEEPEST: Final = 2048  # as deep as libxml2 builds trees

# Bytes given to libxml2 at a time. An error of ours stops it only at their end; and what it makes of them must be few
# objects, fewer than after how many Python looks for garbage (2,000): then all are gone before any are looked at.
_PIECE: Final = 4_096
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Start(NamedTuple):
    """A start tag: of duplicate attributes only the first is there."""

    tag: str
    attributes: tuple[tuple[str, str], ...]


class End(NamedTuple):
    """An end tag, written or implied."""

    tag: str


class Data(NamedTuple):
    """Text up to the next tag or comment; `element` is the raw one it is the content of, or empty."""

    text: str
    element: str


class Comment(NamedTuple):
    """A comment, or what HTML5 takes for one: `<?xml ...>`, `<![if mso]>`."""

    text: str


class Doctype(NamedTuple):
    """The name, the public and the system identifier."""

    parts: tuple[str | None, ...]


Event = Start | End | Data | Comment | Doctype


class TooDeepError(Exception):
    """More open elements than we go along with."""


class _Collector:
    """What lxml calls for each piece of a document."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._text: list[str] = []
        self._raw = ""
        self._depth = 0

    def _add(self, event: Event, /) -> None:
        if self._text:
            self.events.append(Data("".join(self._text), self._raw))
            self._text.clear()
        self.events.append(event)

    def start(self, tag: str, attributes: dict[str, str], /) -> None:
        self._add(Start(tag, tuple(attributes.items()) if attributes else ()))
        self._raw = tag if tag in RAW else ""
        self._depth += 1
        if self._depth > DEEPEST:
            raise TooDeepError

    def end(self, tag: str, /) -> None:
        self._add(End(tag))
        self._raw = ""
        self._depth -= 1

    def data(self, text: str, /) -> None:
        self._text.append(text)

    def comment(self, text: str, /) -> None:
        self._add(Comment(text))

    def doctype(self, *parts: str | None) -> None:
        self._add(Doctype(parts))

    def close(self) -> None:
        """Nothing is left to do."""

    def taken(self) -> list[Event]:
        """Hand over what has come since the last time."""
        events, self.events = self.events, []
        return events


def read_events(html: str, /) -> Iterator[Event]:
    """Read a document or a piece of one.

    Raises:
        TooDeepError: Its elements are nested deeper than is read.
    """
    if not html:  # lxml has an error for that
        return
    from lxml import etree  # noqa: PLC0415 - 10 ms, and only who checks needs it

    target = _Collector()
    # Its types ask for methods that lxml itself does without.
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, target=target)  # type: ignore[call-overload]
    # Bytes, as lxml takes no str with an XML declaration. Half characters are not in UTF-8.
    octets = _SURROGATE.sub("\ufffd", html).encode()
    for start in range(0, len(octets), _PIECE):
        parser.feed(octets[start : start + _PIECE])
        yield from target.taken()
    parser.close()
    yield from target.taken()
