"""Read a document in every way that mail clients do, and collect what they may load.

Two readers go over it, and what only the second one sees is added to what the first one saw. Texts that are markup to
some clients only (conditional comments, frames for those without frames, `srcdoc`, `data:` documents) are read in
their turn as documents of their own.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lmtrack._checking.pages.css import read_sheet
from lmtrack._checking.pages.data_urls import read_data_url
from lmtrack._checking.pages.element import Element
from lmtrack._checking.pages.loads import Way, uses_of
from lmtrack._checking.pages.lxml_reader import Unread, read_tree
from lmtrack._checking.pages.own_reader import Comment, RawText, read_exactly
from lmtrack._checking.pages.respelled import other_spellings
from lmtrack._url.reader import remote_url

if TYPE_CHECKING:
    from lmtrack._checking.pages.css import Sheet

# A conditional comment's opening, in the comment. Internet Explorer allowed no blank before it; who knows of others.
_CONDITION: Final = re.compile(r"[\t\n\f\r ]*+\[[iI][fF][^>]*+>")
# What only readers without frames, or with them, show as HTML.
_HTML_TEXTS: Final = frozenset(("iframe", "noembed", "noframes"))

# Our choice: documents in documents, and how much of them together, as a multiple of the whole.
_DEEPEST: Final = 8
_MOST_TEXT: Final = 4
_MOST_BASES: Final = 4
_TOO_MUCH: Final = "there are documents in documents, too deep or too large together"


class Reading:
    """What was found.

    Attributes:
        elements: Those of interest, and what is around them, in source order.
        sheets: Style sheets, with the line they begin in and a note on where.
        bases: Every `<base href>` that a reader could resolve relative URLs with.
        limits: Why something may have been missed.
    """

    __slots__ = ("_left", "_sheets_seen", "bases", "elements", "limits", "sheets")

    def __init__(self, html: str, /) -> None:
        self.elements: list[Element] = []
        self.sheets: list[tuple[Sheet, str, int, str]] = []
        self.bases: list[str] = []
        self.limits: list[str] = []
        self._sheets_seen: set[tuple[str, int]] = set()
        self._left = len(html) * _MOST_TEXT + 10_000
        self._read(html, "", 1, _DEEPEST, set())
        self.elements.sort(key=lambda element: element.line)

    def _read(self, html: str, note: str, first_line: int, depth: int, seen: set[object], /) -> None:
        if depth < 0 or self._left < 0:
            self._limit(_TOO_MUCH)
            return
        self._left -= len(html)
        try:
            for item in read_tree(html, note=note, first_line=first_line):
                seen.add(_key(item))
                self._take(item, note, depth, seen)
        except Unread as why:
            self._limit(str(why))
        self._read_exactly(html, note, first_line, depth, seen)
        for other in other_spellings(html):
            self._left -= len(html)
            self._read_exactly(other, note, first_line, depth, seen)

    def _read_exactly(self, html: str, note: str, first_line: int, depth: int, seen: set[object], /) -> None:
        for item in read_exactly(html, note=note, first_line=first_line):
            if (key := _key(item)) not in seen:
                seen.add(key)
                self._take(item, note, depth, seen)

    def _limit(self, why: str, /) -> None:
        if why not in self.limits:
            self.limits.append(why)

    def _take(self, item: Element | RawText | Comment, note: str, depth: int, seen: set[object], /) -> None:
        if isinstance(item, Element):
            self._take_element(item, depth)
        elif isinstance(item, RawText):
            if item.name == "style":
                self._sheet(item.text, item.line, note, depth)
            if item.foreign and "<" in item.text:
                # The other reader sees what is in it as well; here it gets a tree.
                self._read(item.text, note, item.line, depth - 1, seen)
            elif item.name in _HTML_TEXTS:
                self._again(item.text, item.line, note or f"in the text of {item.name}", depth)
        elif opening := _CONDITION.match(item.text):
            first_line = item.line - item.text.count("\n", opening.end())
            text = item.text[opening.end() :].removesuffix("<![endif]")
            self._again(text, first_line, "in a conditional comment", depth)

    def _again(self, text: str, first_line: int, note: str, depth: int, /) -> None:
        if "<" in text:
            self._read(text, note, first_line, depth - 1, set())

    def _take_element(self, element: Element, depth: int, /) -> None:
        self.elements.append(element)
        attributes = element.attributes
        if element.name == "img" and (picture := _picture_around(element)) is not None:
            picture.picture = element
        elif element.name == "base" and (base := remote_url(attributes.get("href", ""))) and base not in self.bases:
            if len(self.bases) < _MOST_BASES:
                self.bases.append(base)
            else:
                self._limit("there are too many different base URLs")
        if "srcdoc" in attributes:
            self._again(attributes["srcdoc"], element.line, element.note or "in a srcdoc", depth)
        for use in uses_of(element):
            if use.way in {Way.LOAD, Way.PICTURE}:
                self._data(use.value, element.line, element.note, depth)

    def _data(self, url: str, line: int, note: str, depth: int, /) -> None:
        """Read a `data:` URL if it is a document or a style sheet."""
        content = read_data_url(url)
        for why in content.limits:
            self._limit(why)
        for text in content.documents:
            self._again(text, line, note or "in a data: document", depth)
        for text in content.sheets:
            self._sheet(text, line, note, depth - 1)

    def _sheet(self, text: str, line: int, note: str, depth: int, /) -> None:
        if (text, line) in self._sheets_seen:
            return
        self._sheets_seen.add((text, line))
        if depth < 0:
            self._limit(_TOO_MUCH)
            return
        sheet = read_sheet(text)
        self.sheets.append((sheet, text, line, note))
        urls = [url for _, url in sheet.imports]
        urls += [url for rule in sheet.rules for declaration in rule.declarations for url in declaration.urls]
        for url in urls:
            self._data(url, line, note, depth)


def _picture_around(element: Element, /) -> Element | None:
    at = element.parent
    while at is not None and at.name == "source":  # libxml2 does not know that it holds nothing
        at = at.parent
    return at if at is not None and at.name == "picture" else None


def _key(item: Element | RawText | Comment, /) -> object:
    if isinstance(item, Element):
        return (item.name, frozenset(item.attributes.items()))
    return item if isinstance(item, Comment) else (item.name, item.text)
