"""Read a document in every way that mail clients do, and collect what they may load.

Two readers go over it, and what only the second one sees is added to what the first one saw. Texts that are markup to
some clients only (conditional comments, frames for those without frames, `srcdoc`, `data:` documents) are read in
their turn as documents of their own.

Source of `data:` URLs: WHATWG Fetch, section 6; WHATWG MIME Sniffing, section 4.6 (what is XML). An XML document is
read as it is and once more as an HTML reader would have to see it to find the same: without prefixes and CDATA marks,
its style sheet as a `link`, and no element's content taken for text.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from hashlib import sha256
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from lmtrack._checking.messages.body_readings import read_characters
from lmtrack._checking.pages.annotations import is_json_ld
from lmtrack._checking.pages.css import read_sheet
from lmtrack._checking.pages.element import LAST_LINE, Element
from lmtrack._checking.pages.loads import Way, uses_of
from lmtrack._checking.pages.lxml_reader import Unread, as_lxml_writes, other_spellings, read_tree, without_raw_text
from lmtrack._checking.pages.own_reader import CDATA, CommentText, RawText, read_exactly
from lmtrack._pattern import compile_pattern
from lmtrack._url.reader import DROPPED, remote_url

if TYPE_CHECKING:
    from collections.abc import Iterable

from lmtrack._checking.pages.css import Sheet

# A conditional comment's opening, in the comment. Internet Explorer allowed no blank before it; who knows of others.
_CONDITION: Final = re.compile(r"[\t\n\f\r ]*+\[[iI][fF][^>]*+(?:>|\Z)")
# What is left of one that shows what follows it to everyone else, and the end of such a one, in their comments.
_REVEALED: Final = compile_pattern(r"(?:<!|<!--|-->|--><!--|[\t\n\f\r ])*+")
_ENDIF: Final = compile_pattern(r"[\t\n\f\r ]*+(?:<!)?+\[[eE][nN][dD][iI][fF]\][\t\n\f\r ]*+>?+[\t\n\f\r ]*+")
_LONGEST_CONDITION: Final = 200  # our choice
# What only readers without frames, or with them, show as HTML.
_HTML_TEXTS: Final = frozenset(("iframe", "noembed", "noframes"))

# Our choice: documents in documents, and how much of them together, as a multiple of the whole.
_DEEPEST: Final = 8
_MOST_TEXT: Final = 4
_MOST_BASES: Final = 4
_KEY_BITS: Final = (1 << 60) - 1  # an int of one more takes 48 bytes in memory and not 32
_TOO_MUCH: Final = "documents are nested too deep, or are too large together"
_UNCOUNTED: Final = "readers differ about a comment, in more lines than they count"


class StyleSheet(NamedTuple):
    """A style sheet of a document.

    Attributes:
        sheet: What it says.
        text: As written.
        line: In which it begins.
        note: In what it was found, for people.
        element: The element it is in, if that is known.
    """

    sheet: Sheet
    text: str
    line: int
    note: str
    element: Element | None


@dataclass(slots=True)
class _Context:
    """What a document that is being read stands in.

    Attributes:
        note: In what it was found, for people; empty for the document itself.
        depth: How many more documents may be in each other.
        seen: What some reader has seen of it.
        host: The element that holds it.
        document: That, if style sheets outside do not count inside.
        condition: The conditions for Outlook that hold here; the last of `outer` before the innermost was opened.
        outer: What held around each condition that is open.
        is_counted: Whether the reader at work knows every line.
        late: Texts of conditional comments that wait for the reader that knows their line.
    """

    note: str
    depth: int
    seen: set[int] = field(default_factory=set)
    host: Element | None = None
    document: Element | None = None
    condition: str = ""
    outer: list[str] = field(default_factory=list)
    is_counted: bool = True
    late: set[str] = field(default_factory=set)


class Reading:
    """What was found.

    Attributes:
        elements: Those of interest, and what is around them, in source order.
        in_reading_order: The same, so that what is around an element comes before it.
        exact: All that the second reader saw of interest, whether or not the first one did; only if `complete`.
        sheets: Style sheets.
        annotations: Scripts that hold schema.org annotations, each with what it was found in, for people.
        bases: Every `<base href>` that a reader could resolve relative URLs with.
        limits: Why something may have been missed.
    """

    __slots__ = (
        "_complete",
        "_left",
        "_sheets_seen",
        "annotations",
        "bases",
        "elements",
        "exact",
        "in_reading_order",
        "limits",
        "sheets",
    )

    def __init__(self, html: str, /, *, complete: bool = False) -> None:
        self.elements: list[Element] = []
        self.exact: list[Element] = []
        self.sheets: list[StyleSheet] = []
        self.annotations: list[tuple[RawText, str]] = []
        self.bases: list[str] = []
        self.limits: list[str] = []
        self._complete = complete
        self._sheets_seen: set[tuple[str, int]] = set()
        self._left = len(html) * _MOST_TEXT + 10_000
        self._read(html, 1, _Context("", _DEEPEST))
        self.in_reading_order = self.elements
        self.elements = sorted(self.elements, key=attrgetter("line"))

    def _read(self, html: str, first_line: int, context: _Context, /) -> None:
        if not self._read_tree(html, first_line, context):
            return
        context.is_counted = True
        self._read_exactly(html, first_line, context)
        for other in other_spellings(html):
            self._left -= len(html)
            self._read_exactly(other, first_line, context)
        if context.late:
            self._limit(_UNCOUNTED)

    def _read_tree(self, html: str, first_line: int, context: _Context, /) -> bool:
        """Read as lxml does; False if that would be too much."""
        if context.depth < 0 or self._left < 0:
            self._limit(_TOO_MUCH)
            return False
        self._left -= len(html)
        seen = context.seen
        ends = html.count("\n") + html.count("\r") - html.count("\r\n")  # lxml counts a bare CR, in a comment
        context.is_counted = first_line + ends < LAST_LINE
        try:
            for item in read_tree(html, note=context.note, first_line=first_line, words=self._complete):
                seen.add(_key(item))
                self._take(item, context)
        except Unread as why:
            self._limit(str(why))
        return True

    def _read_exactly(self, html: str, first_line: int, context: _Context, /) -> None:
        for item in read_exactly(html, note=context.note, first_line=first_line, once=not self._complete):
            if self._complete and isinstance(item, Element):
                self.exact.append(item)
            if (key := _key(item)) not in context.seen:
                context.seen.add(key)
                self._take(item, context)

    def _limit(self, why: str, /) -> None:
        if why not in self.limits:
            self.limits.append(why)

    def _take(self, item: Element | RawText | CommentText, context: _Context, /) -> None:
        if isinstance(item, Element):
            if item.parent is None:
                item.host = context.host
            item.document = context.document
            item.condition = item.condition or context.condition
            self.elements.append(item)
            if item.attributes or item.name == "img":
                self._take_element(item, context.depth)
        elif isinstance(item, RawText):
            if item.name == "script" and is_json_ld(item.text):
                self.annotations.append((item, context.note))
            if item.name == "style":
                self._sheet(item.text, item.line, context.note, context.depth, item.element or context.host)
            if item.foreign and "<" in item.text:
                # The other reader sees what is in it where it stands; here it gets a tree.
                inner = _Context(
                    context.note, context.depth - 1, context.seen, item.element, context.document, context.condition
                )
                self._read_tree(item.text, item.line, inner)
                context.late |= inner.late
            elif item.name in _HTML_TEXTS:
                note = context.note or f"in the text of {item.name}"
                host = item.element or context.host
                self._again(item.text, item.line, _Context(note, context.depth, host=host, document=context.document))
        else:
            self._take_comment(item, context)

    def _take_comment(self, comment: CommentText, context: _Context, /) -> None:
        """Read what a conditional comment holds, or note that it opens or closes a condition for what follows."""
        if _ENDIF.fullmatch(comment.text):
            if context.outer:
                context.condition = context.outer.pop()
            return
        opening = _CONDITION.match(comment.text)
        if opening is None:
            return
        condition = _in_short(f"{context.condition} {' '.join(opening[0].lower().split())}")
        if _REVEALED.fullmatch(comment.text, opening.end()):
            context.outer.append(context.condition)
            context.condition = condition
            return
        if not context.is_counted:
            context.late.add(comment.text)
            context.seen.discard(_key(comment))  # where the readers agree on its line too, the other one reads it
            return
        context.late.discard(as_lxml_writes(comment.text))
        first_line = comment.line - comment.text.count("\n", opening.end())
        text = comment.text[opening.end() :].removesuffix("<![endif]")
        inner = _Context(
            "in a conditional comment",
            context.depth,
            host=comment.parent or context.host,
            document=context.document,
            condition=condition,
        )
        self._again(text, first_line, inner)

    def _again(self, text: str, first_line: int, context: _Context, /) -> None:
        if "<" in text:
            context.depth -= 1
            self._read(text, first_line, context)

    def _take_element(self, element: Element, depth: int, /) -> None:
        attributes = element.attributes
        if element.name == "img" and (picture := _picture_around(element)) is not None:
            picture.picture = element
        elif element.name == "base" and (base := remote_url(attributes.get("href", ""))) and base not in self.bases:
            if len(self.bases) < _MOST_BASES:
                self.bases.append(base)
            else:
                self._limit("there are too many different base URLs")
        if "srcdoc" in attributes:
            self._again(attributes["srcdoc"], element.line, _inside(element, "in a srcdoc", depth))
        values = "".join(attributes.values())
        if "," in values or "\\" in values:  # a `data:` URL holds a comma, and CSS may escape it
            for use in uses_of(element):
                if use.way in {Way.LOAD, Way.PICTURE}:
                    self._data(use.value, element.line, element.note, depth, element)

    def _data(
        self, url: str, line: int, note: str, depth: int, element: Element | None, /, *, as_sheet: bool = False
    ) -> None:
        """Read a `data:` URL if it is a document or a style sheet."""
        as_sheet = as_sheet or (element is not None and _names_a_sheet(element))
        content = _read_data_url(url, as_sheet=as_sheet)
        for why in content.limits:
            self._limit(why)
        for text in content.documents:
            self._again(text, line, _Context(note or "in a data: document", depth, host=element, document=element))
        for text in content.sheets:
            self._sheet(text, line, note, depth - 1, element)

    def _sheet(self, text: str, line: int, note: str, depth: int, element: Element | None, /) -> None:
        if (text, line) in self._sheets_seen:
            return
        self._sheets_seen.add((text, line))
        if depth < 0:
            self._limit(_TOO_MUCH)
            return
        sheet = read_sheet(text)
        self.sheets.append(StyleSheet(sheet, text, line, note, element))
        for _, url in sheet.imports:
            self._data(url, line, note, depth, element, as_sheet=True)
        for url in (url for rule in sheet.rules for declaration in rule.declarations for url in declaration.urls):
            self._data(url, line, note, depth, element)


def _names_a_sheet(element: Element, /) -> bool:
    return element.name == "link" and "stylesheet" in element.attributes.get("rel", "").lower()


def _inside(element: Element, note: str, depth: int, /) -> _Context:
    return _Context(element.note or note, depth, host=element, document=element, condition=element.condition)


def _in_short(condition: str, /) -> str:
    """Conditions in conditions in conditions are told apart by a hash."""
    if len(condition) <= _LONGEST_CONDITION:
        return condition
    return sha256(condition.encode("utf-8", "surrogatepass")).hexdigest()


def _picture_around(element: Element, /) -> Element | None:
    at = element.parent
    while at is not None and at.name == "source":  # libxml2 does not know that it holds nothing
        at = at.parent
    return at if at is not None and at.name == "picture" else None


def _key(item: Element | RawText | CommentText, /) -> int:
    """Return what tells an item from others: a keyed hash, as the whole would take more room than the document."""
    if isinstance(item, Element):
        key = hash((item.name, frozenset(item.attributes.items())) if item.attributes else item.name)
    elif isinstance(item, CommentText):
        key = hash(("", as_lxml_writes(item.text), item.line))
    else:
        key = hash((item.name, item.text))
    return key & _KEY_BITS


_DATA: Final = re.compile(r"[\x00-\x20]*+data:([^,]*+),", re.IGNORECASE)
# Told apart first: most URLs are not one, and few of those that are hold a document.
_IS_DATA: Final = re.compile(r"[\x00-\x20]*+d[\t\n\r]*+a[\t\n\r]*+t[\t\n\r]*+a[\t\n\r]*+:", re.IGNORECASE)
_BASE64: Final = re.compile(r";[ ]*+base64[ ]*+\Z", re.IGNORECASE)
_CHARSET: Final = re.compile(r";[ ]*+charset[ ]*+=[ ]*+[\"']?+([^;\"']++)", re.IGNORECASE)
_PICTURES: Final = ("image/png", "image/gif", "image/jpeg", "image/webp")
_HEAD: Final = 200
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]++")

# Only an XML reader knows what these stand for.
_DECLARES: Final = re.compile(r"<!(?:ENTITY|ATTLIST)\b", re.IGNORECASE)
_STYLE_SHEET: Final = re.compile(r"<\?xml-stylesheet\b", re.IGNORECASE)
_PREFIX: Final = re.compile(r"<(/?+)[^\s<>/:!?]++:(?=\w)")

_UNREAD: Final = "a data: document cannot be decoded"
_DECLARED: Final = "a data: document declares what only an XML reader could put in"


class DataContent(NamedTuple):
    """What is in a `data:` URL: style sheets, documents, and why something may have been missed."""

    sheets: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()


_NOTHING: Final = DataContent()


def _read_data_url(url: str, /, *, as_sheet: bool = False) -> DataContent:
    """Read a URL; nothing is found if it is no `data:` URL, or a picture or text.

    With `as_sheet` it is a style sheet whatever type it names: in quirks mode some browsers ask for none.
    """
    if not _IS_DATA.match(url):
        return _NOTHING
    # Most are pictures, and large.
    opening = _DATA.match(url[:_HEAD].translate(DROPPED))
    if opening is None or not opening[1].lower().startswith(_PICTURES):
        url = url.translate(DROPPED)
        opening = _DATA.match(url)
    kind = opening[1].strip().lower() if opening else ""
    is_sheet, is_xml = as_sheet or kind.startswith("text/css"), "xml" in kind.partition(";")[0]
    if opening is None or not (is_sheet or is_xml or kind.startswith("text/html")):
        return _NOTHING
    octets = unquote_to_bytes(url[opening.end() :].encode("utf-8", "replace"))
    if _BASE64.search(kind):
        octets = _NOT_BASE64.sub(b"", octets)
        try:
            octets = b64decode(octets + b"=" * (-len(octets) % 4))
        except Base64Error:
            return DataContent(limits=(_UNREAD,))
    label = _CHARSET.search(kind)
    characters = read_characters(octets, label[1].strip() if label else None)
    limits = tuple(problem.why for problem in characters.problems)
    if is_sheet:
        return DataContent(sheets=characters.readings, limits=limits)
    if not is_xml:
        return DataContent(documents=characters.readings, limits=limits)
    if any(map(_DECLARES.search, characters.readings)):
        limits += (_DECLARED,)
    return DataContent(documents=tuple(_as_html(characters.readings)), limits=limits)


def _as_html(readings: Iterable[str], /) -> dict[str, None]:
    found: dict[str, None] = {}
    for text in readings:
        plain = _PREFIX.sub(r"<\1", CDATA.sub("", text))
        plain = _STYLE_SHEET.sub("<link rel=stylesheet", plain)
        found |= dict.fromkeys((text, plain, without_raw_text(plain)))
    return found
