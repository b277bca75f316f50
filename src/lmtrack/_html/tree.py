"""Which elements are open: the tree builder's rules for tags, applied to the stack alone.

One question needs it: is the current node an svg or math element? There `<style>` holds markup, CDATA is real, `/>`
closes, and which tags lead out depends on every element open around. Source: WHATWG HTML 13.2.6, with the `select` of
2025 that holds any element.

Left out, as no link in them is shown: frameset documents.
"""

from __future__ import annotations

import re
from typing import Final

from lmtrack._html.body import Builder, Mode
from lmtrack._html.elements import (
    BREAKOUT,
    BREAKOUT_FONT,
    IN_HEAD,
    IN_HEAD_NOSCRIPT,
    MATHML_IN_TEXT,
    MATHML_TEXT,
    TABLE_TEXT,
)
from lmtrack._html.grammar import BOGUS, COMMENT, RAW_TEXT, WHITESPACE, WS, verbose
from lmtrack._html.quirks import is_quirky
from lmtrack._html.tables import END, START, leave
from lmtrack._html.tokenizer import Token, attributes

# What may stand before a doctype.
_BEFORE_DOCTYPE: Final = verbose(rf"(?: {WS}++ | < (?: {COMMENT} | {BOGUS} ) )*+")
_CDATA: Final = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_TEXT_TO_THE_END: Final = RAW_TEXT | {"plaintext"}
_MATHML_TEXT: Final = frozenset(f"math {name}" for name in MATHML_TEXT)


_TABLE_TEXT_MODES: Final = frozenset((Mode.TABLE, Mode.TABLE_BODY, Mode.ROW))


class OpenElements:
    """Feed it every tag and the text between; ask `stack.foreign`, `in_html` and whether raw text follows.

    Attributes:
        stack: What is open.
        in_html: Whether the last start tag was read by the rules for HTML, so that its element is an HTML one.
    """

    __slots__ = ("_builder", "_doctype", "_head", "_head_closed", "_raw", "in_html", "stack")

    def __init__(self, html: str, /) -> None:
        self._builder = Builder(html)
        self.stack = self._builder.stack
        self._head = True  # until the first thing that belongs into the body
        self._head_closed = False  # by `</head>`: "after head"
        self._doctype = False
        self._raw = False
        self.in_html = True

    def declaration(self, token: Token, /) -> None:
        """Note a comment or doctype; of these only the doctype that opens the document matters."""
        html = self._builder.html
        if not self._doctype and html[token.start : token.start + 9].lower() == "<!doctype":
            self._doctype = True
            if _BEFORE_DOCTYPE.fullmatch(html, 0, token.start):
                self._builder.quirks = is_quirky(html[token.start : token.end])

    def text(self, start: int, end: int, /) -> None:
        """Note the text between two tags."""
        builder, stack = self._builder, self.stack
        if stack.foreign and not stack.island:
            return
        text = builder.html[start:end]
        if stack.foreign:
            text = _CDATA.sub(r"\1", text)
        inked = text.strip(WHITESPACE)
        if self._head and not builder.templates:
            if not inked:
                return
            self._leave_head()
        if builder.mode is Mode.COLUMN_GROUP:
            if not inked or stack.current != "colgroup":
                return
            leave(builder, "colgroup", Mode.TABLE)
        if builder.mode in _TABLE_TEXT_MODES and stack.current in TABLE_TEXT:
            text = text.strip(WHITESPACE + "\0")
        if text.strip("\0"):
            builder.formatting.reconstruct()

    def start(self, tag: Token, /) -> bool:
        """Open an element; True if its content is raw text (or plaintext) to the tokeniser."""
        builder, stack, name = self._builder, self.stack, tag.name
        builder.tag = tag
        if stack.foreign and not self._by_html_rules(name):
            if name not in BREAKOUT and not (name == "font" and self._breaks_out()):
                builder.open_foreign(stack.current.split(" ", 1)[0], name)
                self.in_html = False
                return False
            self._break_out()
        self.in_html = True
        if not self._head or builder.templates or self._start_in_head(name):
            while START[builder.mode](builder, name):
                pass
        if name in _TEXT_TO_THE_END and stack.current == name:
            self._raw = True
            return True
        return False

    def end(self, name: str, /) -> None:
        """Close an element by its end tag (`name` without the slash)."""
        builder, stack = self._builder, self.stack
        if self._raw:
            self._raw = False
            stack.pop()
            return
        if stack.foreign:
            if name in {"br", "p"}:
                self._break_out()
            elif (offset := stack.foreign_place(name)) >= 0:
                stack.pop_to(offset)
                return
        if name == "template":
            builder.close_template()
        elif not self._head or builder.templates or self._end_in_head(name):
            while END[builder.mode](builder, name):
                pass

    # Foreign content (13.2.6 and 13.2.6.5).

    def _by_html_rules(self, name: str, /) -> bool:
        stack = self.stack
        if stack.island:
            return not (name in MATHML_IN_TEXT and stack.current in _MATHML_TEXT)
        return stack.current == "math annotation-xml" and name == "svg"

    def _breaks_out(self) -> bool:
        builder = self._builder
        return any(attribute.name in BREAKOUT_FONT for attribute in attributes(builder.html, builder.tag))

    def _break_out(self) -> None:
        while self.stack.foreign and not self.stack.island:
            self.stack.pop()

    # The head, whose element itself is never on the stack.

    def _start_in_head(self, name: str, /) -> bool:
        """Process a start tag in or behind the head; True if it is one for the body."""
        builder, stack = self._builder, self.stack
        if stack.current == "noscript":
            if name in IN_HEAD_NOSCRIPT:
                if name in RAW_TEXT:
                    stack.push(name)
                return False
            stack.pop()
        if name not in IN_HEAD or (name == "noscript" and self._head_closed):
            self._head = False
            return True
        if name == "template":
            builder.open_template()
        elif name in RAW_TEXT or name == "noscript":
            stack.push(name)
        return False

    def _end_in_head(self, name: str, /) -> bool:
        """Process an end tag in or behind the head; True if it is one for the body."""
        if self.stack.current == "noscript":
            if name == "noscript":
                self.stack.pop()
            if name != "br":
                return False
        if name in {"body", "br", "html"}:
            self._leave_head()
            return True
        if name == "head":
            self._head_closed = True
        return False

    def _leave_head(self) -> None:
        if self.stack.current == "noscript":
            self.stack.pop()
        self._head = False
