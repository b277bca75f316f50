"""Write one recipient's URLs and pixel into the displayed parts of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lmtrack._mime.structure import PartReason
from lmtrack._rewriting.finish import CLIP_OCTETS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmtrack._mime.document import Layout, PlannedLeaf
    from lmtrack._mime.raw_edit import RawEdit
    from lmtrack._rewriting.finish import PixelPosition


class PartEdits(NamedTuple):
    """What is to be written.

    Attributes:
        urls: By link index, None to leave that link; None to leave all links alone.
        pixel: The pixel's tag; empty for none.
        position: Where in its part it goes.
    """

    urls: list[bytes | None] | None
    pixel: bytes
    position: PixelPosition


class WrittenParts(NamedTuple):
    """What was written.

    Attributes:
        edits: All edits of the raw message, ascending.
        changed: The numbers of the parts with edits in them.
        reasons: By its number, why another part was left alone.
        unwritten: By the number of a part, where in its text the links begin that no line has room for.
        pixel: The number of the part that got the pixel; None if none did.
    """

    edits: list[RawEdit]
    changed: set[int]
    reasons: dict[int, PartReason]
    unwritten: dict[int, set[int]]
    pixel: int | None


class _Written(NamedTuple):
    """What was written in one part."""

    edits: list[RawEdit]
    unwritten: set[int]
    has_pixel: bool


_NOTHING: Final = _Written([], set(), has_pixel=False)
_OTHER: Final[dict[Literal["start", "end"], Literal["start", "end"]]] = {"start": "end", "end": "start"}


def write_parts(layout: Layout, wanted: PartEdits, /) -> WrittenParts:
    """Edit every part that can be; the pixel goes into the last displayed HTML part that takes it."""
    parts: dict[int, _Written] = {}
    reasons = layout.reasons.copy()
    pending = wanted.pixel
    pixel: int | None = None
    for number, planned in reversed(layout.leaves.items()):
        offered = pending if planned.leaf.is_html else b""
        part = _write(planned, wanted, offered)
        if part.has_pixel:
            pending, pixel = b"", number
        if part.edits or part.unwritten:
            parts[number] = part
        if not part.edits and (part.unwritten or offered):
            reasons[number] = PartReason.LINE_TOO_LONG
    return WrittenParts(
        edits=[edit for number in reversed(parts) for edit in parts[number].edits],
        changed={number for number, part in parts.items() if part.edits},
        reasons=reasons,
        unwritten={number: part.unwritten for number, part in parts.items() if part.unwritten},
        pixel=pixel,
    )


def _write(planned: PlannedLeaf, wanted: PartEdits, pixel: bytes, /) -> _Written:
    """Edit one part: its links, and the pixel if a line has room for it at one of the two places."""
    urls = _own_urls(planned, wanted.urls) if wanted.urls else None
    part = _NOTHING
    if pixel:
        at_start = wanted.position == "start" or (
            wanted.position == "auto" and planned.is_longer(CLIP_OCTETS, urls, len(pixel))
        )
        position: Literal["start", "end"] = "start" if at_start else "end"
        for choice in (position, _OTHER[position]):
            part = _fill(planned, urls, pixel, planned.leaf.pixel_place(choice))
            if part.has_pixel:
                return part
    return _fill(planned, urls, b"", -1) if urls else part


def _fill(planned: PlannedLeaf, urls: Sequence[bytes] | None, pixel: bytes, offset: int, /) -> _Written:
    cut = planned.stencil(clicks=urls is not None, pixel=offset)
    edits, left = cut.fill(urls or (), pixel)
    if not left:
        return _Written(edits, set(), has_pixel=bool(pixel))
    starts = {cut.starts[hole] for hole in left}
    unwritten = {value[0] for value in planned.plan.values if value[0] in starts} if urls else set()
    has_pixel = bool(pixel) and len(unwritten) == len(left)
    if urls and len(unwritten) == len(planned.plan.values):
        # Opt-out attributes go only where links are tracked: else the next pass would track what they kept.
        part = _fill(planned, None, pixel, offset) if has_pixel else _NOTHING
        return part._replace(unwritten=unwritten)
    return _Written(edits, unwritten, has_pixel)


def _own_urls(planned: PlannedLeaf, urls: Sequence[bytes | None], /) -> Sequence[bytes] | None:
    """Write the link's own URL where there is no other; None if all links of the part stay as they are."""
    values = planned.plan.values
    if all(urls[index] is None for _, _, _, index in values):
        return None
    if None not in urls:
        return [url for url in urls if url is not None]
    own = {index: planned.leaf.encode(written) for _, written, _, index in values}
    return [own.get(index) or b"" if url is None else url for index, url in enumerate(urls)]
