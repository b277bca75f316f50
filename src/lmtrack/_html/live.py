"""Exact reading: every tag and comment of a document, and which of them count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmtrack._html.tokenizer import Token, next_token, open_point, raw_text_end
from lmtrack._html.tree import OpenElements

if TYPE_CHECKING:
    from collections.abc import Iterator


class LiveTokens:
    """Goes through every comment, every tag of an HTML element and every `a` of a document, once.

    Attributes:
        elements: What is open where the reading has come to.
        safe_end: Where the markup begins that is unfinished at the end, or the end; known when the reading is over.
    """

    __slots__ = ("_html", "elements", "safe_end")

    def __init__(self, html: str, /) -> None:
        self._html = html
        self.elements = OpenElements(html)
        self.safe_end = -1

    def __iter__(self) -> Iterator[Token]:
        html, elements = self._html, self.elements
        stack = elements.stack
        position, end = 0, len(html)
        root = 0  # where the outermost svg or math that is open begins
        while token := next_token(html, position, end, cdata=stack.foreign):
            start, after, name = token
            if start > position:
                elements.text(position, start)
            position = after
            if not name:
                elements.declaration(token)
                yield token
            elif name[0] == "/":
                if not stack.foreign:
                    yield token
                elements.end(name[1:])
            else:
                if name in {"svg", "math"} and stack.last("svg svg") < 0 and stack.last("math math") < 0:
                    root = start
                if elements.start(token):
                    position = -1 if name == "plaintext" else raw_text_end(html, name, position, end)
                    if position < 0:
                        self.safe_end = start
                        return
                if elements.in_html or name == "a":
                    yield token
        self.safe_end = open_point(html, position, end)
        if stack.foreign and html.startswith("<![CDATA[", self.safe_end):
            # An image put there would end the svg, and its unfinished CDATA section would come to life.
            self.safe_end = root
