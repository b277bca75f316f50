"""Edits on raw octets, and where in an encoded body they belong."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable


class RawEdit(NamedTuple):
    """One replacement in a raw message. Edits ascend and never overlap.

    Attributes:
        offset: Where `old` begins in the source, in octets.
        old: What stood there; empty where something was inserted.
        new: What stands there now; empty where something was removed.
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


# A stretch of decoded content to be replaced: where it begins and ends, and where before it a line may be broken
# without a change of meaning (-1 for nowhere).
Span: TypeAlias = tuple[int, int, int]


class Placed(Protocol):
    """Places in an encoded body, found once and filled for each recipient."""

    def fill(self, values: list[bytes], /) -> list[RawEdit] | None:
        """Write one value in each place, in ASCII octets; None if a line would be too long."""


class Body(Protocol):
    """The body of a part in its transfer encoding.

    Attributes:
        content: What it decodes to.
    """

    content: bytes

    def place(self, spans: list[Span], /) -> Placed:
        """Find where spans of the content, ascending and disjoint, stand in the encoded body."""
