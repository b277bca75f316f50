"""What browsers place elsewhere than it is written, or take for something else: what libxml2's tree does not show.

Rules that go by what is around or beside an element may be for other elements then. Where the pieces go is not asked
here, only whether all copies hold the same ones. Source: WHATWG HTML 13.2.6 (foster parenting, the adoption agency,
attributes of `html` and `body` that come late, frames that nothing may stand before).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lmtrack._checking.pages.element import Element
from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import WHITESPACE
from lmtrack._html.stack import (
    CLOSES_P,
    FORMATTING,
    IMPLIED_END,
    IN_HEAD,
    TABLE_PARTS,
    TABLE_SECTIONS,
    Border,
)
from lmtrack._html.tokenizer import attributes, next_token, raw_text_end
from lmtrack._html.tree import OpenElements

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from lmtrack._html.tokenizer import Token

_HOLDS_PARTS_ONLY: Final = TABLE_SECTIONS | {"table", "tr", "colgroup"}
_FITS_IN_TABLES: Final = TABLE_PARTS | {"form", "input", "script", "style", "template"}


def repairs_of(html: str, said: Callable[[Element], Hashable], /, *, places: bool) -> Iterator[Hashable]:
    """Go through what is repaired, in order; linear.

    Args:
        html: The document.
        said: What an element says about loading.
        places: Whether it matters where something is placed.
    """
    reader = _RepairReader(html, said, places=places)
    elements = reader.elements
    position, end = 0, len(html)
    while token := next_token(html, position, end, cdata=elements.stack.foreign):
        if token.start > position:
            yield from reader.text(position, token.start)
        position = token.end
        if not token.name:
            elements.declaration(token)
        elif token.name[0] == "/":
            yield from reader.end(token.name[1:])
        else:
            yield from reader.look_at(token)
            if elements.start(token):
                position = raw_text_end(html, token.name, position, end)
                if position < 0:
                    return


class _RepairReader:
    """Knows what is open."""

    __slots__ = ("_before", "_html", "_places", "_said", "elements")

    def __init__(self, html: str, said: Callable[[Element], Hashable], /, *, places: bool) -> None:
        self.elements = OpenElements(html)
        self._html = html
        self._said = said
        self._places = places
        self._before: dict[str, None] | None = {}  # what stands before any frames; None as soon as they have come

    def text(self, start: int, end: int, /) -> Iterator[Hashable]:
        if self._html[start:end].strip(WHITESPACE):
            self._note("text")
            if self._places and self.elements.stack.current in _HOLDS_PARTS_ONLY:
                yield "text", self.elements.stack.current
        self.elements.text(start, end)

    def end(self, name: str, /) -> Iterator[Hashable]:
        current = self.elements.stack.current
        if self._places and current != name and (name in FORMATTING or current in FORMATTING):
            yield "end", name, current
        self.elements.end(name)

    def look_at(self, tag: Token, /) -> Iterator[Hashable]:
        name, stack = tag.name, self.elements.stack
        if name == "frameset" and self._before is not None:
            yield "frames", *self._before
            self._before = None
        if (name == "html" and self._before) or (name == "body" and not IN_HEAD.issuperset(self._before or ())):
            values = {
                one.name: decode_attribute(self._html[one.value_start : one.value_end])
                for one in reversed(list(attributes(self._html, tag)))
            }
            yield name, self._said(Element(name, values, 0))
        if self._places and self._moves(name):
            yield "start", name, stack.current
        self._note(name)

    def _moves(self, name: str, /) -> bool:
        """Return whether an element does not simply come to stand in the current one."""
        stack = self.elements.stack
        if stack.current in _HOLDS_PARTS_ONLY:
            return name not in _FITS_IN_TABLES
        return name in CLOSES_P and stack.current not in IMPLIED_END and stack.has("p", Border.BUTTON_SCOPE)

    def _note(self, name: str, /) -> None:
        if self._before is not None and name not in {"html", "head"}:
            self._before[name] = None
