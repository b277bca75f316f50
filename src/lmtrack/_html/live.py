"""Exact reading: every tag and comment of a document, and which of them count."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lmtrack._html.tokenizer import Token, next_token, open_point, raw_text_end
from lmtrack._html.tree import OpenElements

if TYPE_CHECKING:
    from collections.abc import Iterator


class Step(NamedTuple):
    """One token, the text before it and the raw text behind it.

    Attributes:
        token: The tag or comment.
        live: Whether it is a comment, a tag of an HTML element, or an `a`.
        inside: The svg or math element (`svg style`) that holds the text before it; "" for an HTML one.
        raw_end: Where the raw text ends that begins behind it; -1 if none does.
    """

    token: Token
    live: bool
    inside: str
    raw_end: int


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

    @property
    def is_svg(self) -> bool:
        """Return whether the tag that was read last is one of svg's."""
        stack = self.elements.stack
        return not self.elements.in_html and stack.last("svg svg") > stack.last("math math")

    def __iter__(self) -> Iterator[Token]:
        return (step.token for step in self.steps() if step.live)

    def steps(self) -> Iterator[Step]:
        """Go through every token."""
        html, elements = self._html, self.elements
        stack = elements.stack
        position, end = 0, len(html)
        raw_start = last_raw_end = -1
        root = 0  # where the outermost svg or math that is open begins
        while token := next_token(html, position, end, cdata=stack.foreign):
            start, after, name = token
            inside = stack.current if stack.foreign else ""
            if start > position:
                elements.text(position, start)
            position, raw_end = after, -1
            if not name:
                elements.declaration(token)
                live = True
            elif name[0] == "/":
                live = not stack.foreign
                elements.end(name[1:])
            else:
                if name in {"svg", "math"} and stack.last("svg svg") < 0 and stack.last("math math") < 0:
                    root = start
                if elements.start(token):
                    raw_end = raw_text_end(html, name, position, end)
                    if raw_end < 0:
                        self.safe_end = start
                        return
                    position = last_raw_end = raw_end
                    raw_start = start
                live = elements.in_html or name == "a"
            yield Step(token, live, inside, raw_end)
        self.safe_end = open_point(html, position, end)
        if self.safe_end == last_raw_end:  # its end tag is unfinished, so an image there would be text as well
            self.safe_end = raw_start
        if stack.foreign and html.startswith("<![CDATA[", self.safe_end):
            # An image put there would end the svg, and its unfinished CDATA section would come to life.
            self.safe_end = root
