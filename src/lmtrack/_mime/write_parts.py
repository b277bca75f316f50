"""Write one recipient's URLs, values and pixel into the displayed parts of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lmtrack._mime.leaf import place_of
from lmtrack._mime.structure import PartReason
from lmtrack._rewriting.finish import CLIP_OCTETS
from lmtrack.errors import BadValue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lmtrack._mime.document import Layout, PlannedLeaf
    from lmtrack._mime.raw_edit import RawEdit
    from lmtrack._rewriting.finish import PixelPosition
    from lmtrack._rewriting.plan import Merged

_NO_ROOM: Final = "with it a line is over 998 bytes or a boundary of the message; quoted-printable has room"


class LeafEdits(NamedTuple):
    """What is to be written in one part.

    Attributes:
        links: By position, every trackable link: its click URL, or what it is without one; None to track no link.
        instead: By position, what a link with slots in it is where no line has room for its click URL.
        values: By where its hole begins, what each slot becomes.
        pixel_hole: Where the hole of the pixel's slot begins; -1 without one.
        merged: The links as this recipient has them, and which of them are not tracked.
    """

    links: list[bytes] | None
    instead: Mapping[int, bytes]
    values: Mapping[int, bytes]
    pixel_hole: int
    merged: Merged


class PartEdits(NamedTuple):
    """What is to be written.

    Attributes:
        leaves: In the parts, by their number.
        pixel: The pixel's tag; empty for none.
        position: Where in its part it goes.
    """

    leaves: dict[int, LeafEdits]
    pixel: bytes
    position: PixelPosition


class WrittenParts(NamedTuple):
    """What was written.

    Attributes:
        edits: All edits of the raw message, ascending but for those of header fields.
        changed: The numbers of the parts with edits in them.
        tracked: Of these, those with a tracked link or the pixel in them.
        reasons: By its number, why another part was left alone.
        unwritten: By the number of a part, the positions of the links that no line has room for.
        pixel: The number of the part that got the pixel; None if none did.
    """

    edits: list[RawEdit]
    changed: set[int]
    tracked: set[int]
    reasons: dict[int, PartReason]
    unwritten: dict[int, set[int]]
    pixel: int | None


class _Written(NamedTuple):
    """What was written in one part."""

    edits: list[RawEdit]
    unwritten: set[int]
    has_pixel: bool
    has_links: bool


_NOTHING: Final = _Written([], set(), has_pixel=False, has_links=False)


def write_parts(layout: Layout, wanted: PartEdits, /) -> WrittenParts:
    """Edit every part that can be; the pixel goes into the last displayed HTML part that takes it.

    Raises:
        BadValue: A line with a value in it is too long for a body that is sent as it is, or would be a boundary.
    """
    parts: dict[int, _Written] = {}
    reasons = layout.reasons.copy()
    pending = wanted.pixel
    pixel: int | None = None
    holes = any(leaf.pixel_hole >= 0 for leaf in wanted.leaves.values())
    for number, planned in reversed(layout.leaves.items()):
        own = wanted.leaves[number]
        offered = pending if planned.leaf.is_html and (own.pixel_hole >= 0 or not holes) else b""
        part = _write(planned, own, offered, wanted.position)
        if part.has_pixel:
            pending, pixel = b"", number
        if part.edits or part.unwritten:
            parts[number] = part
        if not part.has_pixel and not part.has_links and (part.unwritten or offered):
            reasons[number] = PartReason.LINE_TOO_LONG
    return _sum_up(parts, reasons, pixel)


def _sum_up(parts: dict[int, _Written], reasons: dict[int, PartReason], pixel: int | None, /) -> WrittenParts:
    """Put together what was written in the parts, of which the last one comes first."""
    return WrittenParts(
        edits=[edit for number in reversed(parts) for edit in parts[number].edits],
        changed={number for number, part in parts.items() if part.edits},
        tracked={number for number, part in parts.items() if part.has_pixel or part.has_links},
        reasons=reasons,
        unwritten={number: part.unwritten for number, part in parts.items() if part.unwritten},
        pixel=pixel,
    )


def _write(planned: PlannedLeaf, own: LeafEdits, pixel: bytes, wanted: PixelPosition, /) -> _Written:
    """Edit one part: its links and values, and the pixel if a line has room for it at one of the two places."""
    part = _NOTHING
    if pixel and own.pixel_hole >= 0:
        part = _fill(planned, own, pixel, own.pixel_hole)
        if part.has_pixel:
            return part
    elif pixel:
        at_start = wanted == "start" or (
            wanted == "auto" and planned.is_longer(CLIP_OCTETS, own.links or (), list(own.values.values()), pixel)
        )
        early: Literal["start", "early"] = "start" if wanted == "start" else "early"
        for choice in (early, "end") if at_start else ("end", early):
            place = planned.leaf.pixel_place(choice)
            part = _fill(planned, own, pixel, place) if place >= 0 else _NOTHING
            if part.has_pixel:
                return part
    return _fill(planned, own, b"", -1) if own.links or own.values else part


def _fill(planned: PlannedLeaf, own: LeafEdits, pixel: bytes, offset: int, /) -> _Written:
    links = own.links
    in_slot = bool(pixel) and offset == own.pixel_hole
    cut = planned.stencil(clicks=links is not None, pixel=offset, in_slot=in_slot)
    values = [own.values[hole.start] for hole in cut.slots] if cut.slots else ()
    edits, left = cut.fill(links or (), values, pixel, own.instead if links else {})
    unwritten = cut.left_links(left) if left else set()
    has_pixel = bool(pixel) and not cut.is_pixel_left(left)
    if left and (slot := cut.left_slot(left)):
        raise BadValue(slot.names[0], place_of(slot), _NO_ROOM)
    if links and len(unwritten) == len(links):
        # Opt-out attributes go only where links are tracked: else the next pass would track what they kept.
        rest = own._replace(links=None)
        part = _fill(planned, rest, pixel, offset) if has_pixel or own.values else _NOTHING
        return part._replace(unwritten=unwritten)
    edits = [edit for edit in edits if edit.old != edit.new]
    if planned.field_edits and own.values:
        edits = [*planned.field_edits, *edits]
    return _Written(edits, unwritten, has_pixel, has_links=bool(links))
