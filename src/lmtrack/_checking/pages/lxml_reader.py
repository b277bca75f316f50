"""The first reader: lxml's tree, with every element's parent, and the texts that are markup to some readers only.

lxml reads here and never writes. What it gives up silently is asked for: its log (depth, memory), roots beside the
first one, documents it finds empty. A tag with very many attributes costs it quadratic time, so it is not given one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lmtrack._checking.pages.element import Element
from lmtrack._checking.pages.own_reader import Comment, RawText, has_more_attributes
from lmtrack._html.grammar import RAW_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

_MOST_ATTRIBUTES: Final = 2_000  # of one tag: 20,000 take lxml a second, and mail has some 20
_LONGEST_LINE: Final = 65_535  # libxml2 counts no further
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
# libxml2 takes what these hold for text, in svg and math too.
_TEXTS: Final = RAW_TEXT | {"plaintext"}


class Unread(Exception):  # noqa: N818 - a state, not an error of anybody
    """lxml was not given the document, or gave up."""


def read_tree(html: str, /, *, note: str = "", first_line: int = 1) -> Iterator[Element | RawText | Comment]:
    """Go through the elements, raw texts and comments of lxml's tree, in document order.

    Raises:
        Unread: Something may be missing; it is raised last.
    """
    from lxml import etree  # noqa: PLC0415 - loaded on first use

    if has_more_attributes(html, _MOST_ATTRIBUTES):
        raise Unread(f"a tag has more than {_MOST_ATTRIBUTES:,} attributes")
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    # A lone surrogate cannot be written down as UTF-8; a reader shows the replacement character.
    octets = _SURROGATES.sub("\ufffd", html).encode()
    root: _Element | None = etree.fromstring(octets, parser)  # None without element and text
    known: dict[_Element, Element] = {}
    node = None if root is None else _first(root)
    while node is not None:
        for one in node.iter():
            yield from _read(one, known, note, first_line)
        node = node.getnext()
    if any(entry.level_name == "FATAL" for entry in parser.error_log):
        raise Unread("elements lie too deep in each other, or the parser met another of its limits")


def _first(node: _Element, /) -> _Element:
    while (before := node.getprevious()) is not None:
        node = before
    return node


def _read(
    node: _Element, known: dict[_Element, Element], note: str, first_line: int, /
) -> Iterator[Element | RawText | Comment]:
    line = first_line - 1 + min(node.sourceline or 1, _LONGEST_LINE)
    name = node.tag
    if not isinstance(name, str):
        yield Comment(node.text or "", line)
        return
    around = node.getparent()
    element = Element(
        name=name.lower(),
        attributes={str(key).lower(): str(value) for key, value in reversed(node.attrib.items())},
        line=line,
        note=note,
        parent=None if around is None else known.get(around),
    )
    known[node] = element
    yield element
    if element.name in _TEXTS and (text := "".join(node.itertext())):
        yield RawText(element.name, text, line, _is_foreign(element))


def _is_foreign(element: Element, /) -> bool:
    at = element.parent
    while at is not None:
        if at.name in {"svg", "math"}:
            return True
        at = at.parent
    return False
