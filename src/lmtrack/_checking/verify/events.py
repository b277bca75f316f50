"""What libxml2 reads in a document, in document order: a flat list, not a tree.

A tree would lose what stands outside its root (text after `</html>`, comments before `<html>`), ends silently at a
depth of 2,048 and takes a time that is quadratic in the attributes of a tag. The list has none of this. What is left
is our own limit on the depth, since every misplaced end tag is looked for through all open elements.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

# Elements in whose content libxml2 (since 2.14) and HTML5 read no tags.
WHITE: Final = "\t\n\f\r "  # what separates in HTML
RAW: Final = frozenset(
    ("iframe", "noembed", "noframes", "plaintext", "script", "style", "textarea", "title", "xmp"),
)
DEEPEST: Final = 2048  # as deep as libxml2 builds trees

# An error of ours stops libxml2 only at the end of what it was given, so it is given a little at a time.
_PIECE: Final = 65_536
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


class _TooDeepError(Exception):
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
            raise _TooDeepError

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


def read_events(html: str, /) -> list[Event] | None:
    """Read a document or a piece of one; None if its elements are nested deeper than is read."""
    if not html:  # lxml has an error for that
        return []
    from lxml import etree  # noqa: PLC0415 - 10 ms, and only who checks needs it

    target = _Collector()
    # Its types ask for methods that lxml itself does without.
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, target=target)  # type: ignore[call-overload]
    # Bytes, as lxml takes no str with an XML declaration. Half characters are no part of UTF-8.
    octets = _SURROGATE.sub("\ufffd", html).encode()
    try:
        for start in range(0, len(octets), _PIECE):
            parser.feed(octets[start : start + _PIECE])
        parser.close()
    except _TooDeepError:
        return None
    return target.events
