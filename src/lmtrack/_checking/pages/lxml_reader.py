"""The first reader: lxml's tree, with every element's parent, and the texts that are markup to some readers only.

lxml reads here and never writes. A tree of it takes 15 times as much room as its document, so it is given a piece at a
time, and what has ended is dropped. What it gives up silently is asked for: its log (depth, memory), roots beside the
first one. A tag with very many attributes costs it quadratic time, so it is not given one.

Whether the content of an element is text is not the same everywhere: with scripts `noscript` holds text, without them
markup; in a `frameset`, and in a `select` as it was before 2025, other elements are dropped and what they hold is
markup; XML knows no such elements at all. So a document is also spelled so that tags are seen where there was text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lmtrack._checking.pages.element import LAST_LINE, Element
from lmtrack._checking.pages.own_reader import CommentText, RawText, has_more_attributes
from lmtrack._html.grammar import RAW_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_UNREADABLE: Final = re.compile("[\x00\ud800-\udfff]")
_LINE_END: Final = re.compile(r"\r\n?+")
# libxml2 takes what these hold for text, in svg and math too.
_TEXTS: Final = RAW_TEXT | {"plaintext"}
_FOREIGN: Final = frozenset(("svg", "math"))
_HEEDED: Final = _TEXTS | _FOREIGN
_NOWHERE: Final = 1 << 30  # deeper than anything
_PIECE: Final = 1 << 18  # characters given to lxml at a time; our choice: most mails are two pieces
# Before the first element lxml takes as long for each comment as there are comments before it: 20,000 take a second.
_FIRST_PIECE: Final = 1 << 12
_MOST_COMMENTS: Final = 1_000
_EVENTS: Final = ("start", "end", "comment", "pi")


def as_lxml_writes(text: str, /) -> str:
    """Return the text of a comment as lxml has it; it writes some characters and line ends in another way."""
    return _UNREADABLE.sub("\ufffd", _LINE_END.sub("\n", text))


class Unread(Exception):  # noqa: N818 - a state, not an error of anyone
    """lxml was not given the document, or gave up."""


def read_tree(
    html: str, /, *, note: str = "", first_line: int = 1, words: bool = False
) -> Iterator[Element | RawText | CommentText]:
    """Go through the elements, raw texts and comments of lxml's tree, in document order; with `words`, also their text.

    Raises:
        Unread: Something may be missing; it is raised last.
    """
    from lxml import etree  # noqa: PLC0415 - loaded on first use

    if has_more_attributes(html, _MOST_ATTRIBUTES):
        raise Unread(f"a tag has more than {_MOST_ATTRIBUTES:,} attributes")
    parser = etree.HTMLPullParser(_EVENTS, encoding="utf-8", huge_tree=True)
    tree = _Tree(note, first_line, words=words)
    start, end = 0, _FIRST_PIECE
    while start < max(len(html), 1):  # of nothing, too, it has to be told
        # A lone surrogate cannot be written down as UTF-8; a reader shows the replacement character.
        parser.feed(_SURROGATES.sub("\ufffd", html[start:end]).encode())
        yield from tree.read(parser.read_events())
        if tree.leading > _MOST_COMMENTS:
            raise Unread(f"more than {_MOST_COMMENTS:,} comments are before the first element")
        start, end = end, end + (_PIECE if tree.has_begun else _FIRST_PIECE)
    parser.close()
    yield from tree.read(parser.read_events())
    if any(entry.level_name == "FATAL" for entry in parser.feed_error_log):
        raise Unread("elements are nested too deep, or the parser reached another of its limits")


class _Names(dict[str, str]):
    """Names in lower case, each by the way it is written."""

    def __missing__(self, written: str) -> str:
        return self.setdefault(written, written.lower())


class _Tree:
    """Takes the nodes of the tree a piece at a time, and drops what has ended: lxml's take more room than ours.

    Attributes:
        has_begun: Whether an element has come.
        leading: How many comments came before the first.
    """

    __slots__ = (
        *("_before", "_foreign", "_kept", "_lines", "_names", "_note", "_open", "_words"),
        *("has_begun", "leading"),
    )

    def __init__(self, note: str, first_line: int, /, *, words: bool) -> None:
        self._note = note
        self._lines = first_line - 1
        self._words = words
        self._names = _Names()
        self._open: list[Element] = []  # what has not ended yet
        self._before: list[Element | None] = []  # in each of these the last element that was read
        self._foreign = self._kept = _NOWHERE  # how deep the outermost one of `_FOREIGN` and of `_TEXTS` is
        self.has_begun = False
        self.leading = 0

    def read(self, events: Iterable[tuple[str, _Element]], /) -> list[Element | RawText | CommentText]:
        """Read what has come of the tree."""
        found: list[Element | RawText | CommentText] = []
        open_, before, node = self._open, self._before, None
        for event, node in events:
            if event == "start":
                element = self._element(node)
                if open_:
                    element.parent, element.before = open_[-1], before[-1]
                    before[-1] = element
                open_.append(element)
                before.append(None)
                found.append(element)
                self.has_begun = True
            elif event == "end":
                before.pop()
                element = open_.pop()
                if self._words:
                    tails = (child.tail for child in node if child.tail)
                    element.words = "".join((node.text or "", element.words, *tails))
                if element.name in _HEEDED:
                    found += self._leave(element, node)
            else:
                self.leading += not self.has_begun
                line = self._lines + min(node.sourceline or 1, LAST_LINE)
                found.append(CommentText(node.text or "", line, open_[-1] if open_ else None))
        if node is not None:
            self._drop_before(node)
        return found

    def _element(self, node: _Element, /) -> Element:
        names, written = self._names, node.items()
        element = Element(
            names[node.tag],  # type: ignore[index]  # a str: it is not a comment
            {names[key]: value for key, value in reversed(written)} if written else {},
            self._lines + min(node.sourceline or 1, LAST_LINE),
            self._note,
        )
        element.in_tree = True
        if element.name in _FOREIGN:
            self._foreign = min(self._foreign, len(self._open))
        elif element.name in _TEXTS:
            self._kept = min(self._kept, len(self._open))
        return element

    def _leave(self, element: Element, node: _Element, /) -> Iterator[RawText]:
        """Say what text is in an element that has been read to its end."""
        depth = len(self._open)
        if element.name in _TEXTS and (text := "".join(node.itertext())):
            yield RawText(element.name, text, element.line, depth > self._foreign, element)
        self._foreign = _NOWHERE if depth == self._foreign else self._foreign
        self._kept = _NOWHERE if depth == self._kept else self._kept

    def _drop_before(self, node: _Element, /) -> None:
        """Drop what is before a node and what it is in. These stay: text may be added behind them."""
        for element, around in zip(self._open[: self._kept], reversed([*node.iterancestors()])):  # noqa: B905
            if self._words:
                element.words += "".join(child.tail or "" for child in around[:-1])
            del around[:-1]
