"""Edits on raw bytes, and where in an encoded body they belong."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeAlias

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

    LINK = auto()  # a click URL; without room for it, what it is instead
    PIXEL = auto()  # without room for it, nothing
    SLOT = auto()  # a recipient's value, which has to be written
    NOTHING = auto()  # an opt-out attribute goes


NO_INSTEAD: Final[Mapping[int, bytes]] = MappingProxyType({})

# A stretch of decoded content to be replaced, by where it begins and ends.
Span: TypeAlias = tuple[int, int, Content]


class FilledBody(NamedTuple):
    """What came of writing values into a body.

    Attributes:
        edits: Of the raw message, ascending.
        left: The holes whose value was not written, since a line would be too long, or whose line is too long or a
            delimiter with it; ascending.
    """

    edits: list[RawEdit]
    left: list[int]


class Stencil(Protocol):
    """Holes in an encoded body, found once and filled for each recipient."""

    def fill(self, values: list[bytes], instead: Mapping[int, bytes] = NO_INSTEAD, /) -> FilledBody:
        """Write one value in each hole; `instead` has what a link is without room for it, if not what it was."""


class Body(Protocol):
    """The body of a part in its transfer encoding.

    Attributes:
        content: What it decodes to.
    """

    content: bytes

    def cut(self, spans: list[Span], /) -> Stencil:
        """Find where spans of the content, ascending and disjoint, are in the encoded body."""
