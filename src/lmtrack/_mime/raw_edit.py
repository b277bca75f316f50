"""Edits on raw bytes, and where in an encoded body they belong."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable


class RawEdit(NamedTuple):
    """One replacement in a raw message. Edits ascend and never overlap.

    Attributes:
        offset: Where `old` begins in the source, in bytes.
        old: What was there; empty where something was inserted.
        new: What is there now; empty where something was removed.
    """

    offset: int
    old: bytes
    new: bytes


def splice_octets(raw: bytes, edits: Iterable[RawEdit], /) -> bytes:
    """Carry out edits; what stays is copied once, straight into the output."""
    view = memoryview(raw)
    pieces: list[bytes | memoryview] = []
    position = 0
    for offset, old, new in edits:
        pieces += (view[position:offset], new)
        position = offset + len(old)
    pieces.append(view[position:])
    return b"".join(pieces)


class Content(Enum):
    """What is written in place of a stretch of content."""

    LINK = auto()  # a click URL; without room for it the old URL stays
    PIXEL = auto()
    NOTHING = auto()  # an opt-out attribute goes


# A stretch of decoded content to be replaced, by where it begins and ends.
Span: TypeAlias = tuple[int, int, Content]


class Filled(NamedTuple):
    """What came of writing values into a body.

    Attributes:
        edits: Of the raw message, ascending.
        left: The holes whose value was not written, since a line would be too long; ascending.
    """

    edits: list[RawEdit]
    left: list[int]


class Stencil(Protocol):
    """Holes in an encoded body, found once and filled for each recipient."""

    def fill(self, values: list[bytes], /) -> Filled:
        """Write one value in each hole."""


class Body(Protocol):
    """The body of a part in its transfer encoding.

    Attributes:
        content: What it decodes to.
    """

    content: bytes

    def cut(self, spans: list[Span], /) -> Stencil:
        """Find where spans of the content, ascending and disjoint, are in the encoded body."""
