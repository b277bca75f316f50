"""The second reader: every tag and comment by the rules of the HTML standard, as our own scanner knows them.

lxml makes the tree; but it knows no svg and no math, so there are documents in which it takes for text what every
browser takes for a tag. What only this reader sees has no tree around it.
"""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.pages.element import Element, LineCounter
from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import RAW_TEXT
from lmtrack._html.tokenizer import Token, attributes, is_self_closing, next_token, open_point, raw_text_end
from lmtrack._html.tree import OpenElements

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

# Tags without any of these load nothing and lead nowhere.
_TELLING: Final = re.compile(
    r"src|href|background|style|poster|data|action|ping|content|value|icon|manifest|code|classid|archive|config|url"
    r"|attributename|implementation|fill|stroke|filter|mask|clip-path|cursor|marker"
)
_TELLING_IN_ANY_CASE: Final = re.compile(_TELLING.pattern, re.IGNORECASE)  # takes ten times as long
CDATA: Final = re.compile(r"<!\[CDATA\[|\]\]>")
# What a tag means depends on every open element only where one of these is (as for the rewriter: `_html.scan`).
_NEEDS_STACK: Final = re.compile("<(?:svg|math|template)", re.IGNORECASE)
_ENDLESS: Final = RAW_TEXT | {"plaintext"}
_REMEMBERED: Final = 10_000  # tags; our choice: no mail has as many, and a megabyte of links must not be held twice


class RawText(NamedTuple):
    """The content of an element that is text to the tokeniser.

    Attributes:
        name: Of the element.
        text: Its content.
        line: In which that begins.
        foreign: Whether browsers read markup there (svg, math).
        element: The element itself, if it is at hand.
    """

    name: str
    text: str
    line: int
    foreign: bool = False
    element: Element | None = None


class CommentText(NamedTuple):
    """The inside of a comment.

    Attributes:
        text: What it holds.
        line: In which it ends.
        parent: The element around it, if that is known.
    """

    text: str
    line: int
    parent: Element | None = None


class _ForeignStyle:
    """Collects the text of style sheets in svg or math, which comments and tags do not interrupt."""

    __slots__ = ("_all", "_height", "_line", "_own")

    def __init__(self) -> None:
        self._height = 0  # of the stack while the element itself is the current node; 0 if there is none
        self._line = 0
        self._own: list[str] = []
        self._all: list[str] = []

    @property
    def is_open(self) -> bool:
        """Return whether there is a style sheet around."""
        return self._height > 0

    def open(self, height: int, line: int, /) -> None:
        """Begin a style sheet, unless this one is in another."""
        if not self._height:
            self._height, self._line = height, line

    def take(self, text: str, height: int, /) -> None:
        """Add a text, if there is a style sheet around it."""
        if not self._height:
            return
        text = CDATA.sub("", decode_attribute(text))
        self._all.append(text)
        if height == self._height:
            self._own.append(text)

    def sheets(self, height: int, /) -> Sequence[RawText]:
        """Return the style sheet if it ends at this height of the stack.

        That is what is in the element itself, and with what its children hold: nobody agrees on which it is.
        """
        if height >= self._height:
            return ()
        texts = dict.fromkeys(("".join(self._own), "".join(self._all)))
        self._height, self._own, self._all = 0, [], []
        return [RawText("style", text, self._line) for text in texts if text]


def read_exactly(
    html: str, /, *, note: str = "", first_line: int = 1, once: bool = False
) -> Iterator[Element | RawText | CommentText]:
    """Go through tags of interest, raw text and comments, in order.

    With `once`, most tags that are written like one before are left out.
    """
    reader = _OwnReader(html, note, first_line, once=once)
    needing = deque(_NEEDS_STACK.finditer(html), maxlen=1)
    position = (yield from reader.with_stack(needing[0].start())) if needing else 0
    if position >= 0:
        yield from reader.plainly(position)


class _OwnReader:
    """Reads one document."""

    __slots__ = ("_html", "_known", "_lines", "_note", "_once")

    def __init__(self, html: str, note: str, first_line: int, /, *, once: bool) -> None:
        self._html = html
        self._note = note
        self._lines = LineCounter(html, first_line)
        self._once = once
        self._known: set[int] = set()  # tags, as written, that need no further look; hashes, as some are long

    def plainly(self, position: int, /) -> Iterator[Element | RawText | CommentText]:
        """Read on where every tag means the same wherever it stands."""
        html, end = self._html, len(self._html)
        while token := next_token(html, position, end):
            start, position, name = token
            if not name:
                if html.startswith("<!--", start):
                    yield CommentText(_inside(html, token), self._lines.at(position))
            elif name[0] != "/":
                if self._is_of_interest(token):
                    yield self._element(token, in_template=False, foreign=False)
                if name in _ENDLESS:
                    after, position = position, raw_text_end(html, name, position, end)
                    yield self._raw_text(name, after, position)
                    if position < 0:
                        return
        yield from self._unfinished(position)

    def with_stack(self, last: int, /) -> Generator[Element | RawText | CommentText, None, int]:
        """Read with all that is open at each tag, until that cannot matter any more; return where, or -1 at the end.

        `last` is where the last tag may be that lets it matter.
        """
        html, end, position = self._html, len(self._html), 0
        elements, style = OpenElements(html), _ForeignStyle()
        stack = elements.stack
        while token := next_token(html, position, end, cdata=stack.foreign):
            start, after, name = token
            if start > position:
                elements.text(position, start)
                style.take(html[position:start], stack.height)
            position = after
            if not name:
                elements.declaration(token)
                if html.startswith("<!--", start):
                    yield CommentText(_inside(html, token), self._lines.at(after))
            elif name[0] == "/":
                elements.end(name[1:])
            else:
                found, position = self._start(token, elements, style)
                yield from found
                if position < 0:
                    return -1
            if style.is_open:
                yield from style.sheets(stack.height)
            if position > last and elements.is_plain:
                return position
        style.take(html[position:], stack.height)
        yield from style.sheets(0)
        yield from self._unfinished(position)
        return -1

    def _start(
        self, token: Token, elements: OpenElements, style: _ForeignStyle, /
    ) -> tuple[list[Element | RawText], int]:
        """Open an element; return what is of interest, and where to read on, or -1 if its text goes up to the end."""
        stack = elements.stack
        height = stack.height
        is_raw = elements.start(token)
        found: list[Element | RawText] = []
        if self._is_of_interest(token):
            in_template = stack.last("template") >= 0
            found.append(self._element(token, in_template=in_template, foreign=not elements.in_html))
        if token.name == "style" and not elements.in_html and stack.height > height:
            style.open(stack.height, self._lines.at(token.end))
        if not is_raw:
            return found, token.end
        end = raw_text_end(self._html, token.name, token.end, len(self._html))
        found.append(self._raw_text(token.name, token.end, end))
        return found, end

    def _is_of_interest(self, token: Token, /) -> bool:
        tag = self._html[token.start : token.end]
        if (key := hash(tag)) in self._known:
            return False
        found = _TELLING.search(tag.lower()) if tag.isascii() else _TELLING_IN_ANY_CASE.search(tag)
        if self._once or found is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known.add(key)
        return found is not None

    def _element(self, token: Token, /, *, in_template: bool, foreign: bool) -> Element:
        # The condition says where it is, as far as that decides whether it is live at all.
        values, line = _attributes(self._html, token), self._lines.at(token.end)
        return Element(token.name, values, line, self._note, condition=f"{in_template} {foreign}")

    def _raw_text(self, name: str, start: int, end: int, /) -> RawText:
        return RawText(name, self._html[start : end if end >= 0 else None], self._lines.at(start))

    def _unfinished(self, position: int, /) -> Iterator[CommentText]:
        """Take a comment that never ends for one up to the end ("eof-in-comment"); an unfinished tag is nothing."""
        html = self._html
        if html.startswith("<!--", start := open_point(html, position, len(html))):
            yield CommentText(html[start + 4 :], self._lines.at(len(html)))


def _inside(html: str, token: Token, /) -> str:
    return html[token.start + 4 : token.end].removesuffix(">").removesuffix("--").removesuffix("--!")


def _attributes(html: str, token: Token, /) -> dict[str, str]:
    found: dict[str, str] = {}
    for attribute in attributes(html, token):
        if attribute.name not in found:
            found[attribute.name] = decode_attribute(html[attribute.value_start : attribute.value_end])
    return found


_APART: Final = " \t\n\f\r/\"'"  # one of these is between two attributes


def has_more_attributes(html: str, most: int, /) -> bool:
    """Return whether a tag has more attributes than that, as a reader without svg and math counts them."""
    if sum(map(html.count, _APART)) < most:
        return False
    position, end = 0, len(html)
    shortest = most * 2  # a letter each, and what keeps them apart
    while end - position > shortest and (token := next_token(html, position, end)):
        position, name = token.end, token.name
        is_long = token.end - token.start > shortest and name[:1] not in {"", "/"}
        if is_long and sum(1 for _ in attributes(html, token)) > most:
            return True
        if name in RAW_TEXT and not is_self_closing(html, token):
            position = raw_text_end(html, name, position, end)
            if position < 0:
                break
    return False
