"""One recipient's message: values, click URLs and the pixel are written into its parts, and a result says what was.

What is to be written is worked out first, for all parts: a line that has no room for a link, and a pixel that only one
part gets, concern the others too.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lmtrack._checks import wrong_type
from lmtrack._mime.headers import LIST_UNSUBSCRIBE, unsubscribe_pages
from lmtrack._mime.leaf import place_of
from lmtrack._mime.raw_edit import NO_INSTEAD
from lmtrack._mime.structure import PartReason
from lmtrack._rewriting.finish import CLIP_OCTETS, pixel_tag
from lmtrack._rewriting.own_tokens import verified_open
from lmtrack._rewriting.slots.template import unfilled
from lmtrack.errors import BadSlot, BadValue
from lmtrack.links import Link, SkipReason
from lmtrack.urls import open_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lmtrack._mime.document import Layout, MessageDocument, PlannedLeaf
    from lmtrack._mime.raw_edit import RawEdit
    from lmtrack._rewriting.finish import PixelPosition
    from lmtrack._rewriting.plan import Merged
    from lmtrack._rewriting.signing import Sending, Signed
    from lmtrack._rewriting.slots.markers import Values
    from lmtrack._rewriting.slots.template import Template
    from lmtrack._token_values import OpenToken
    from lmtrack.urls import TrackingDomain


class HeaderEdits(NamedTuple):
    """What one recipient's values make of the header.

    Attributes:
        edits: Of the raw message.
        unsubscribe: Whether a URL is one of the List-Unsubscribe that was written; None if none was.
    """

    edits: list[RawEdit]
    unsubscribe: Callable[[str], bool] | None


def fill_header(document: MessageDocument, values: Values | None, pixel_slot: str | None, /) -> HeaderEdits:
    """Write the fields with slots in them.

    Raises:
        BadSlot: The pixel's slot is in the header.
        BadValue: A value cannot be written in its field.
        MissingValue: A slot has neither a value nor a default.
        TypeError: A value is neither str nor None.
    """
    templates = document.templates
    if not templates or document.slots is None:
        return HeaderEdits([], None)
    names = dict.fromkeys(name for template in templates for name in template.names)
    if pixel_slot in names:
        raise BadSlot(str(pixel_slot), "the header", 1, "the slot of the pixel must be in the document's text")
    found = document.slots.read(values, names)
    edits: list[RawEdit] = []
    lists: list[str] = []
    for template in templates:
        edit, value = template.fill(found)
        edits.append(edit)
        if template.field.name.lower() == LIST_UNSUBSCRIBE:
            lists.append(value)
    return HeaderEdits(edits, unsubscribe_pages(lists) if lists else None)


class Recipient(NamedTuple):
    """Whom a message is for: what is signed, and the values of its slots."""

    message: Sending
    values: Values | None
    pixel_slot: str | None
    unsubscribe: Callable[[str], bool] | None


def part_edits(layout: Layout, recipient: Recipient, position: PixelPosition, /) -> PartEdits:
    """Sign what is to be written, write the values, and leave out what the message shows already.

    Raises:
        BadDestination: `destination` returned a URL that no click may go to.
        BadValue: A value cannot be written in the place of its slot.
        MissingValue: A slot has neither a value nor a default.
        TypeError: `destination` returned something other than str or None, or a value is neither str nor None.
    """
    message = recipient.message
    # Indices go by the links of the untracked message: one that was tracked before is not counted again.
    clicks = message.decision.track_clicks and not any(map(message.has, layout.clicks))
    leaves = {number: _leaf_edits(planned, recipient, clicks=clicks) for number, planned in layout.leaves.items()}
    pixel = b""
    if message.decision.track_opens:
        shown = any(map(message.has, own_pixels(layout, message.domain)))
        pixel = b"" if shown else pixel_tag(open_url(message.domain, message.open_token())).encode()
    return PartEdits(leaves, pixel, position)


def own_pixels(layout: Layout, domain: TrackingDomain, /) -> Iterator[OpenToken | None]:
    """What the domain's keys signed in live images; None for an image of anyone else."""
    pages = [planned.leaf.document for planned in layout.leaves.values() if planned.leaf.is_html]
    return (verified_open(domain, image.url) for page in pages for image in page.pixels())


def _leaf_edits(planned: PlannedLeaf, recipient: Recipient, /, *, clicks: bool) -> LeafEdits:
    """Write the values of one part and sign its links."""
    plan, template = planned.plan, planned.template
    values: dict[int, bytes] = {}
    merged, hole = plan.unmerged, -1
    if template:
        if recipient.pixel_slot is not None and planned.leaf.is_html:
            hole = next((one.start for one in planned.leaf.document.pixel_holes(recipient.pixel_slot)), -1)
        values, merged = _fill_slots(planned, template, recipient)
    if not clicks or not planned.is_tracked or not plan.found:
        return LeafEdits(None, NO_INSTEAD, values, hole, merged)
    signed = recipient.message.sign(plan, merged)
    links = _click_urls(planned, signed, values, prefix=f"{recipient.message.domain.base_url}/c/")
    instead = NO_INSTEAD
    if links is not None and plan.slotted:
        instead = {position: values[plan.found[position][2]] for position in plan.slotted}
    return LeafEdits(links, instead, values, hole, signed.merged)


def _fill_slots(planned: PlannedLeaf, template: Template, recipient: Recipient, /) -> tuple[dict[int, bytes], Merged]:
    """Return what each slot of a part becomes, by where its hole begins, and the links with these values."""
    filled = template.fill(recipient.values, without=recipient.pixel_slot)
    merged = planned.plan.merge(filled, unsubscribe=recipient.unsubscribe)
    encoded = planned.leaf.encode_values([text for _, _, text in filled.changes], template.holes)
    return {hole.start: written for hole, written in zip(template.holes, encoded, strict=True)}, merged


def _click_urls(
    planned: PlannedLeaf, signed: Signed, values: Mapping[int, bytes], /, *, prefix: str
) -> list[bytes] | None:
    """Return what is in each link: its click URL, or what it is without one; None if no link has one."""
    plan, tokens, refused = planned.plan, signed.tokens, signed.merged.refused
    first = plan.first_index
    if not refused and None not in tokens:
        urls = [f"{prefix}{token}".encode() for token in tokens]
        return [urls[index - first] for index in plan.indices]
    known = [None if token is None else f"{prefix}{token}".encode() for token in tokens]
    chosen = [None if position in refused else known[index - first] for position, index in enumerate(plan.indices)]
    if not any(chosen):
        return None
    own = planned.written
    return [
        url or values.get(link[2], own[position])
        for position, (url, link) in enumerate(zip(chosen, plan.found, strict=True))
    ]


class MessageOutcome:
    """The lists of a result, made when they are read; see `lmtrack._rewriting.outcome`."""

    def __init__(self, layout: Layout, wanted: PartEdits, written: WrittenParts, /) -> None:
        self._layout = layout
        self._wanted = wanted
        self._written = written

    @cached_property
    def _sides(self) -> tuple[tuple[Link, ...], tuple[tuple[Link, SkipReason], ...]]:
        """The links that may be tracked, and those that are left alone, part by part."""
        links: list[Link] = []
        skipped: list[tuple[Link, SkipReason]] = []
        for number, planned in self._layout.leaves.items():
            if not planned.is_tracked:
                continue
            plan, own = planned.plan, self._wanted.leaves[number]
            whole = plan.links if own.merged is plan.unmerged else plan.links_with(own.merged)
            left = dict.fromkeys(self._written.unwritten.get(number, ()), SkipReason.LINE_TOO_LONG)
            if not own.merged.refused and not left:
                links += whole
                skipped += plan.skipped
                continue
            mine = [*plan.skipped]
            for position, link in enumerate(whole):
                if position in own.merged.refused:
                    mine.append((link._replace(index=-1), own.merged.refused[position]))
                elif position in left:
                    mine.append((link, left[position]))
                else:
                    links.append(link)
            skipped += sorted(mine, key=lambda skip: skip[0].start)
        return tuple(links), tuple(skipped)

    @property
    def links(self) -> tuple[Link, ...]:
        return self._sides[0]

    @property
    def skipped(self) -> tuple[tuple[Link, SkipReason], ...]:
        return self._sides[1]

    @property
    def personal_links(self) -> tuple[Link, ...]:
        return tuple(link for link in (*self.links, *(link for link, _ in self.skipped)) if link.personal)

    @property
    def personal_loads(self) -> tuple[str, ...]:
        templates = [planned.template for planned in self._layout.leaves.values()]
        return tuple(url for template in templates if template for url in template.loads)

    @property
    def unfilled(self) -> tuple[str, ...]:
        found = [
            planned.template.unfilled if planned.template else unfilled(planned.leaf.view.text)
            for planned in self._layout.leaves.values()
        ]
        return tuple(dict.fromkeys(marker for markers in found for marker in markers))


def has_written_links(layout: Layout, wanted: PartEdits, written: WrittenParts, /) -> bool:
    """Return whether any link got its click URL."""
    return any(
        own.links is not None and len(written.unwritten.get(number, ())) < len(own.links)
        for number, own in wanted.leaves.items()
        if number in layout.leaves
    )


def check_values(document: MessageDocument, values: object, pixel_slot: object, /) -> None:
    """Refuse values for a message without slots.

    Raises:
        TypeError: `values` is not a mapping, or `pixel_slot` not a str.
        ValueError: There are values, or a slot for the pixel, and the message was scanned without slots; or there is no
            such slot.
    """
    if values is not None and not isinstance(values, Mapping):
        raise wrong_type("values", "a mapping or None", values)
    if pixel_slot is not None and not isinstance(pixel_slot, str):
        raise wrong_type("pixel_slot", "a str or None", pixel_slot)
    if document.slots is None:
        if values or pixel_slot is not None:
            raise ValueError("values and pixel_slot need slots, which say how the markers are written")
    elif pixel_slot is not None and not document.slots.declares(pixel_slot):
        raise ValueError("pixel_slot must be the name of a slot")


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
            offset = planned.leaf.offset_for_pixel(choice)
            part = _fill(planned, own, pixel, offset) if offset >= 0 else _NOTHING
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
