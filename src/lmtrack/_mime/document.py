"""A raw message, read once: its parts, its header, and what one policy means for its links."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from lmtrack._checks import plain_bytes
from lmtrack._headers import HeaderField, iter_fields
from lmtrack._mime.header_slots import HeaderTemplate
from lmtrack._mime.headers import Controls, MessageHeaders, read_controls, read_message_headers
from lmtrack._mime.leaf import Leaf
from lmtrack._mime.message_slots import read_message_slots, refuse_signed
from lmtrack._mime.raw_edit import NO_INSTEAD, Content
from lmtrack._mime.structure import Part, PartReason, find_parts
from lmtrack._rewriting.edits import octets
from lmtrack._rewriting.judge import MessageContext
from lmtrack._rewriting.slots.markers import Slots

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lmtrack._mime.raw_edit import FilledBody, Stencil
    from lmtrack._rewriting.plan import Plan
    from lmtrack._rewriting.slots.holes import Hole
    from lmtrack._token_values import ClickToken
    from lmtrack.links import LinkPolicy
    from lmtrack.urls import TrackingDomain


# What is written in the holes of a part, one after the other: the pixel, nothing, and each link, then each value.
_PIXEL, _NOTHING, _FIRST_LINK = range(3)
# A stretch of a text: where it begins and ends, by what it is replaced, and the index of that in the list.
_Mark: TypeAlias = tuple[int, int, Content, int]


class PartStencil(NamedTuple):
    """The holes of a part, and what is written in each.

    Attributes:
        stencil: The holes in the encoded body.
        contents: By hole, an index into the list of the pixel, nothing, all links and all values.
        first_value: The index of the first value in that list.
        slots: The slots whose values are written, in order.
    """

    stencil: Stencil
    contents: list[int]
    first_value: int
    slots: list[Hole]

    def fill(
        self, links: Sequence[bytes], values: Sequence[bytes], pixel: bytes, instead: Mapping[int, bytes], /
    ) -> FilledBody:
        """Write the links, by position, the values and the pixel; `instead` has links that may stay, by position."""
        written = [pixel, b"", *links, *values]
        contents = self.contents
        kept = NO_INSTEAD
        if instead:
            kept = {
                hole: instead[content - _FIRST_LINK]
                for hole, content in enumerate(contents)
                if content - _FIRST_LINK in instead
            }
        return self.stencil.fill([written[content] for content in contents], kept)

    def left_links(self, left: Iterable[int], /) -> set[int]:
        """The positions of the links among holes that were left."""
        return {
            self.contents[hole] - _FIRST_LINK for hole in left if _FIRST_LINK <= self.contents[hole] < self.first_value
        }

    def is_pixel_left(self, left: Iterable[int], /) -> bool:
        """Return whether the pixel is among holes that were left."""
        return any(self.contents[hole] == _PIXEL for hole in left)

    def left_slot(self, left: Iterable[int], /) -> Hole | None:
        """The first slot among holes that were left."""
        numbers = (self.contents[hole] - self.first_value for hole in left)
        return next((self.slots[number] for number in numbers if number >= 0), None)


class PlannedLeaf:
    """A displayed part under one policy, with the stencils that were needed so far."""

    def __init__(self, leaf: Leaf, plan: Plan, /, *, is_tracked: bool) -> None:
        self.leaf = leaf
        self.plan = plan
        self.is_tracked = is_tracked  # else only values are written
        self.template = leaf.template
        self.field_edits = leaf.field_edits()
        # By what is to be written: links or not, and where the pixel goes.
        self._stencils: dict[tuple[bool, int, bool], PartStencil] = {}
        self._lengths: dict[bool, int] = {}

    @cached_property
    def written(self) -> list[bytes]:
        """The trackable links as they are, by position."""
        content = self.leaf.body.content
        spans = self.leaf.spans([(link[2], link[3], Content.LINK, 0) for link in self.plan.found])
        return [content[start:end] for start, end, _ in spans]

    def is_longer(self, limit: int, links: Sequence[bytes], values: Sequence[bytes], pixel: bytes, /) -> bool:
        """Return whether the text is over a number of bytes of UTF-8 once all this is in it."""
        added = sum(map(len, links)) + sum(map(len, values)) + len(pixel)
        # A character has one to four bytes, so few texts are counted.
        if 4 * len(self.leaf.view.text) + added <= limit:
            return False
        return self._kept(clicks=bool(links)) + added > limit

    def _kept(self, *, clicks: bool) -> int:
        """The length of the text in UTF-8 without what is serialised again."""
        kept = self._lengths.get(clicks)
        if kept is None:
            text = self.leaf.view.text
            marks = self._marks(clicks=clicks)[0]
            kept = self._lengths[clicks] = octets(text) - sum([octets(text[start:end]) for start, end, _, _ in marks])
        return kept

    def _marks(self, *, clicks: bool) -> tuple[list[_Mark], list[Hole], int]:
        """What is written, the pixel apart: where, with the slots among it and the index of the first of these."""
        found = self.plan.found if clicks else ()
        first_value = _FIRST_LINK + len(found)
        marks: list[_Mark] = [
            (link[2], link[3], Content.LINK, number) for number, link in enumerate(found, _FIRST_LINK)
        ]
        removals = self.plan.removals if found else ()
        marks += [(edit.offset, edit.offset + len(edit.old), Content.NOTHING, _NOTHING) for edit in removals]
        slots: list[Hole] = []
        if self.template:
            links = {link[2] for link in found}
            slots = [hole for hole in self.template.holes if hole.start not in links]
            marks += [(hole.start, hole.end, Content.SLOT, number) for number, hole in enumerate(slots, first_value)]
        if removals or slots:
            marks.sort(key=itemgetter(0, 1))
        return marks, slots, first_value

    def stencil(self, *, clicks: bool, pixel: int, in_slot: bool = False) -> PartStencil:
        """Find where links, opt-out attributes, values and the pixel (-1: none) are written in the raw body.

        The pixel is inserted where it goes, or takes the place of a slot's value.
        """
        wanted = (clicks, pixel, in_slot)
        if wanted not in self._stencils:
            marks, slots, first_value = self._marks(clicks=clicks)
            if in_slot:
                marks = [
                    (start, end, Content.PIXEL, _PIXEL) if start == pixel else (start, end, content, number)
                    for start, end, content, number in marks
                ]
            elif pixel >= 0:
                insort(marks, (pixel, pixel, Content.PIXEL, _PIXEL), key=itemgetter(0, 1))
            spans = self.leaf.spans(marks)
            self._stencils[wanted] = PartStencil(
                self.leaf.body.cut(spans), [mark[3] for mark in marks], first_value, slots
            )
        return self._stencils[wanted]


class Layout(NamedTuple):
    """What one policy means for a message: judged once, carried out for every recipient.

    Attributes:
        leaves: The displayed parts that are edited, by their position among all parts, in order.
        reasons: Of every other part, by its position, why it is left alone.
        clicks: What the domain's keys signed in links it has tracked before.
    """

    leaves: dict[int, PlannedLeaf]
    reasons: dict[int, PartReason]
    clicks: tuple[ClickToken, ...]


class _Memo:
    """What was worked out and may be asked for again."""

    def __init__(self) -> None:
        self.headers: MessageHeaders | None = None
        self.controls: tuple[tuple[str, bool], Controls] | None = None
        self.leaves: dict[int, Leaf] | None = None
        self.hosts: dict[str, bool] = {}
        self.layout: tuple[tuple[LinkPolicy, TrackingDomain | None, bool, bool], Layout] | None = None


@dataclass(frozen=True, slots=True)
class MessageDocument:
    """A message that was read once and can be tracked for any number of recipients; made by `scan_message`.

    A document compares and pickles as its bytes. It caches what the last policy decided about its links.

    Attributes:
        raw: The message.
        slots: How the markers of its slots are written; None for a message that is the same for everyone.
        templates: The fields of its header with slots in them (internal).
    """

    raw: bytes = field(repr=False)
    slots: Slots | None = None
    templates: tuple[HeaderTemplate, ...] = field(init=False, compare=False, repr=False)
    _header_fields: tuple[HeaderField, ...] = field(init=False, compare=False, repr=False)
    _parts: tuple[Part, ...] = field(init=False, compare=False, repr=False)
    _memo: _Memo = field(init=False, compare=False, repr=False, default_factory=_Memo)

    def __post_init__(self) -> None:
        object.__setattr__(self, "raw", plain_bytes(self.raw, "raw"))  # frozen: this is part of its construction
        fields = tuple(iter_fields(self.raw))
        object.__setattr__(self, "_header_fields", fields)
        object.__setattr__(self, "_parts", find_parts(self.raw, fields))
        templates: Sequence[HeaderTemplate] = ()
        if self.slots is not None:
            templates = read_message_slots(self.raw, fields, self._parts, self.leaves(), self.slots)
            if self.headers.signed:
                refuse_signed(templates, self.leaves())
        object.__setattr__(self, "templates", tuple(templates))

    def __reduce__(self) -> tuple[type[MessageDocument], tuple[bytes, Slots | None]]:
        return MessageDocument, (self.raw, self.slots)

    def __repr__(self) -> str:
        return f"MessageDocument({len(self.raw)} bytes, {len(self._parts)} parts)"

    @property
    def slot_names(self) -> tuple[str, ...]:
        """The names of the message's slots, each once (internal)."""
        found = [name for template in self.templates for name in template.names]
        for leaf in self.leaves().values():
            if leaf.part.reason is None and leaf.template:
                found += leaf.template.names
        return tuple(dict.fromkeys(found))

    @property
    def found(self) -> tuple[Part, ...]:
        """The parts (internal)."""
        return self._parts

    @property
    def headers(self) -> MessageHeaders:
        """The header fields that matter (internal)."""
        if self._memo.headers is None:
            self._memo.headers = read_message_headers(self._header_fields)
        return self._memo.headers

    def controls(self, prefix: str, /, *, allow_signed: bool) -> Controls:
        """The message's override headers; those that a signature covers stay, unless it is to be broken (internal)."""
        wanted = (prefix, allow_signed)
        memo = self._memo.controls
        if memo is None or memo[0] != wanted:
            memo = self._memo.controls = (wanted, read_controls(self.raw, prefix, keep_covered=not allow_signed))
        return memo[1]

    def leaves(self) -> dict[int, Leaf]:
        """The displayed parts by their position among all, those with a checksum too (internal)."""
        if self._memo.leaves is None:
            found = self.raw.find(b"\n")
            eol = b"\r\n" if found < 0 or self.raw[found - 1 : found] == b"\r" else b"\n"
            self._memo.leaves = {
                position: Leaf(self.raw, part, eol, self.slots)
                for position, part in enumerate(self._parts)
                if part.reason in {None, PartReason.CHECKSUM}
            }
        return self._memo.leaves

    def may_hold(self, host: str, /) -> bool:
        """Return whether a displayed part names a host; if not, none of its URLs is ours (internal)."""
        memo = self._memo.hosts
        if host not in memo:
            parts = [leaf for leaf in self.leaves().values() if leaf.problem is None]
            memo[host] = any(host in leaf.view.text.lower() for leaf in parts)
        return memo[host]

    def layout(
        self, policy: LinkPolicy, domain: TrackingDomain | None, /, *, text_links: bool, allow_signed: bool
    ) -> Layout:
        """Check the links of all displayed parts; kept for the next recipient (internal)."""
        wanted = (policy, domain, text_links, allow_signed)
        memo = self._memo.layout
        if memo is None or memo[0] != wanted:
            memo = self._memo.layout = (wanted, self._make_layout(*wanted))
        return memo[1]

    def _make_layout(
        self,
        policy: LinkPolicy,
        domain: TrackingDomain | None,
        text_links: bool,  # noqa: FBT001 - internal, and the order is that of the memo's key
        allow_signed: bool,  # noqa: FBT001
        /,
    ) -> Layout:
        leaves: dict[int, PlannedLeaf] = {}
        reasons = {position: part.reason for position, part in enumerate(self._parts) if part.reason is not None}
        counted = 0
        clicks: list[ClickToken] = []
        around = MessageContext()
        if self.headers.unsubscribe:
            around = MessageContext(unsubscribe=self.headers.is_unsubscribe, may_unsubscribe=self.headers.may_be_among)
        for position, leaf in self.leaves().items():
            if leaf.part.reason is not None and not allow_signed:
                continue
            is_read = leaf.is_html or text_links
            problem = leaf.problem if is_read else PartReason.PLAIN_TEXT
            if problem is not None:
                reasons[position] = problem
                if is_read or leaf.template is None:
                    continue
            else:
                reasons.pop(position, None)
            plan = leaf.plan(policy, domain, around._replace(first_index=counted))
            if is_read:
                counted += len(plan.firsts)
                clicks += plan.clicks
            leaves[position] = PlannedLeaf(leaf, plan, is_tracked=is_read)
        return Layout(leaves, reasons, tuple(clicks))
