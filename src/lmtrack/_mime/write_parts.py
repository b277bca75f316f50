"""Write one recipient's URLs and pixel into the displayed parts of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lmtrack._mime.structure import PartReason
from lmtrack._rewriting.finish import CLIP_OCTETS

if TYPE_CHECKING:
    from lmtrack._mime.document import Layout, PlannedLeaf
    from lmtrack._mime.raw_edit import RawEdit
    from lmtrack._rewriting.finish import PixelPosition


class Order(NamedTuple):
    """What is to be written.

    Attributes:
        urls: By link index; None to leave the links alone.
        pixel: The pixel's tag; empty for none.
        position: Where in its part it goes.
    """

    urls: list[bytes] | None
    pixel: bytes
    position: PixelPosition


class Outcome(NamedTuple):
    """What was written.

    Attributes:
        leaves: The parts that could be edited, by their place, in order.
        reasons: Of the others, why they were not.
        edits: All edits of the raw message, ascending.
        changed: The places of the parts with edits in them.
        pixel: The place of the part that got the pixel; None if none did.
        pixel_left: Whether there was one and no part could take it.
    """

    leaves: dict[int, PlannedLeaf]
    reasons: dict[int, PartReason]
    edits: list[RawEdit]
    changed: set[int]
    pixel: int | None
    pixel_left: bool


def carry_out(layout: Layout, order: Order, /) -> Outcome:
    """Edit every part that can be; the pixel goes into the last displayed HTML part that takes it."""
    too_long: set[int] = set()
    broken: set[int] = set()
    pending = order.pixel
    written: dict[int, list[RawEdit]] = {}
    shown: int | None = None
    for place, planned in reversed(layout.leaves.items()):
        pixel = pending if planned.leaf.is_html else b""
        edits = _write(planned, order, pixel)
        if edits is not None and pixel:
            pending, shown = b"", place
        elif edits is None:
            # Perhaps the links alone fit. A second pass, which finds the pixel elsewhere, has to track the same.
            too_long.add(place)
            edits = _write(planned, order, b"") if pixel else None
        if edits:
            written[place] = edits
        if edits is None:
            broken.add(place)
    return Outcome(
        leaves={place: planned for place, planned in layout.leaves.items() if place not in broken},
        reasons={**layout.reasons, **dict.fromkeys(too_long, PartReason.LINE_TOO_LONG)},
        edits=[edit for place in reversed(written) for edit in written[place]],
        changed=set(written),
        pixel=shown,
        pixel_left=bool(pending),
    )


def _write(planned: PlannedLeaf, order: Order, pixel: bytes, /) -> list[RawEdit] | None:
    """Edit one part; None if a line of it would be too long."""
    urls = order.urls
    clicks = urls is not None and bool(planned.plan.values)
    if not clicks and not pixel:
        return []
    offset = -1
    if pixel:
        start = order.position == "start"
        if order.position == "auto":
            start = planned.octets_with(urls if clicks else None) + len(pixel) > CLIP_OCTETS
        offset = planned.leaf.pixel_place("start" if start else "end")
    placed, whats = planned.places(clicks=clicks, pixel=offset)
    # An index of -1 or -2 counts from the end of the list.
    values = [*(urls or []), pixel, b""]
    return placed.fill([values[what] for what in whats])
