"""The first reader: lxml's tree, with every element's parent, and the texts that are markup to some readers only.

lxml reads here and never writes. What it gives up silently is asked for: its log (depth, memory), roots beside the
first one, documents it finds empty. A tag with very many attributes costs it quadratic time, so it is not given one.

Whether the content of an element is text is not the same everywhere: with scripts `noscript` holds text, without them
markup; in a `frameset`, and in a `select` as it was before 2025, other elements are dropped and what they hold is
markup; XML knows no such elements at all. So a document is also spelled so that tags are seen where there was text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.pages.element import Element
from lmtrack._checking.pages.own_reader import Comment, RawText, has_more_attributes
from lmtrack._html.grammar import RAW_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

_END: Final = r"(?=[\t\n\f\r />])"
_RAW: Final = re.compile(rf"<(/?+)(?=(?:{'|'.join(sorted(RAW_TEXT))}|plaintext){_END})", re.IGNORECASE)
_DROPPING: Final = re.compile(rf"<(?:frameset|select){_END}", re.IGNORECASE)
_NOSCRIPT: Final = re.compile(rf"<(/?+)noscript{_END}", re.IGNORECASE)
_XMP: Final = re.compile(rf"<(/?+)(?=xmp{_END})", re.IGNORECASE)


def without_raw_text(html: str, /) -> str:
    """Rename every element whose content is text, so that a reader sees the tags in it."""
    return _RAW.sub(r"<\1x-", html)


def other_spellings(html: str, /) -> Iterator[str]:
    """Spell a document for the readers that see other tags in it; most documents have none."""
    if _NOSCRIPT.search(html):
        yield _NOSCRIPT.sub(r"<\1xmp", _XMP.sub(r"<\1x-", html))
    if (dropping := _DROPPING.search(html)) and _RAW.search(html, at := dropping.start()):
        yield html[:at] + without_raw_text(html[at:])


_MOST_ATTRIBUTES: Final = 2_000  # of one tag: 20,000 take lxml a second, and mail has some 20
_LONGEST_LINE: Final = 65_535  # libxml2 counts no further
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
# libxml2 takes what these hold for text, in svg and math too.
_TEXTS: Final = RAW_TEXT | {"plaintext"}


class Unread(Exception):  # noqa: N818 - a state, not an error of anyone
    """lxml was not given the document, or gave up."""


def read_tree(
    html: str, /, *, note: str = "", first_line: int = 1, words: bool = False
) -> Iterator[Element | RawText | Comment]:
    """Go through the elements, raw texts and comments of lxml's tree, in document order; with `words`, also their text.

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
    node = None if root is None else _first(root)
    while node is not None:
        yield from _read_below(node, note, first_line, words=words)
        node = node.getnext()
    if any(entry.level_name == "FATAL" for entry in parser.error_log):
        raise Unread("elements are nested too deep, or the parser reached another of its limits")


def _first(node: _Element, /) -> _Element:
    while (before := node.getprevious()) is not None:
        node = before
    return node


class _Open(NamedTuple):
    """An element whose end has not come yet; `foreign` if it is in svg or math."""

    node: _Element
    element: Element
    foreign: bool


def _own_words(node: _Element, /) -> str:
    return (node.text or "") + "".join(child.tail for child in node if child.tail)


def _read_below(root: _Element, note: str, first_line: int, /, *, words: bool) -> Iterator[Element | RawText | Comment]:
    around: list[_Open] = []
    last: list[Element | None] = [None]  # in each of them, and outside, the last element that was read
    for node in root.iter():
        parent = node.getparent()
        while around and around[-1].node is not parent:
            around.pop()
            last.pop()
        line = first_line - 1 + min(node.sourceline or 1, _LONGEST_LINE)
        name = node.tag
        outer = around[-1] if around else None
        if not isinstance(name, str):
            yield Comment(node.text or "", line, outer and outer.element)
            continue
        element = Element(
            name=name.lower(),
            attributes={str(key).lower(): str(value) for key, value in reversed(node.attrib.items())},
            line=line,
            note=note,
            parent=outer and outer.element,
            before=last[-1],
            in_tree=True,
        )
        if words and (element.name not in _TEXTS or element.name == "textarea"):
            element.words = _own_words(node)
        is_foreign = outer is not None and (outer.foreign or outer.element.name in {"svg", "math"})
        around.append(_Open(node, element, is_foreign))
        last[-1] = element
        last.append(None)
        yield element
        if element.name in _TEXTS and (text := "".join(node.itertext())):
            yield RawText(element.name, text, line, is_foreign, element)
