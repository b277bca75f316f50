"""One recipient's message: values, click URLs and the pixel, as `write_parts` writes them, and what the result says."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from lmtrack._checks import wrong_type
from lmtrack._mime.headers import LIST_UNSUBSCRIBE, unsubscribe_pages
from lmtrack._mime.raw_edit import NO_INSTEAD
from lmtrack._mime.write_parts import LeafEdits, PartEdits
from lmtrack._rewriting.finish import pixel_tag
from lmtrack._rewriting.own_tokens import verified_open
from lmtrack._rewriting.template import unfilled
from lmtrack.errors import BadSlot
from lmtrack.links import Link, SkipReason
from lmtrack.urls import open_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lmtrack._mime.document import Layout, MessageDocument, PlannedLeaf
    from lmtrack._mime.raw_edit import RawEdit
    from lmtrack._mime.write_parts import WrittenParts
    from lmtrack._rewriting.finish import PixelPosition
    from lmtrack._rewriting.plan import Merged
    from lmtrack._rewriting.signing import Sending, Signed
    from lmtrack._rewriting.slots import Values
    from lmtrack._rewriting.template import Template
    from lmtrack.tokens import OpenToken
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
