"""A raw message, read once: its parts, its header, and what one policy means for its links."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from lmtrack._checks import plain_bytes
from lmtrack._headers import HeaderField, iter_fields
from lmtrack._mime.headers import Controls, MessageHeaders, read_controls, read_message_headers
from lmtrack._mime.leaf import Leaf
from lmtrack._mime.raw_edit import Content
from lmtrack._mime.structure import Part, PartReason, find_parts
from lmtrack._rewriting.plan import MessageContext
from lmtrack._rewriting.splice import octets

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmtrack._mime.raw_edit import Filled, Stencil
    from lmtrack._rewriting.plan import Plan
    from lmtrack.links import Edit, LinkPolicy
    from lmtrack.tokens import ClickToken
    from lmtrack.urls import TrackingDomain


# What is written in the holes of a part, one after the other: the pixel, nothing, and the URLs by link index.
_PIXEL, _NOTHING, _FIRST_URL = range(3)


class PartStencil(NamedTuple):
    """The holes of a part, and what is written in each.

    Attributes:
        stencil: The holes in the encoded body.
        contents: By hole, an index into the list of the pixel, nothing and all URLs.
        starts: By hole, where in the text it begins.
    """

    stencil: Stencil
    contents: list[int]
    starts: list[int]

    def fill(self, urls: Sequence[bytes], pixel: bytes, /) -> Filled:
        """Write the URLs, by link index, and the pixel."""
        values = [pixel, b"", *urls]
        return self.stencil.fill([values[content] for content in self.contents])


class PlannedLeaf:
    """A displayed part under one policy, with the stencils that were needed so far."""

    def __init__(self, leaf: Leaf, plan: Plan, /) -> None:
        self.leaf = leaf
        self.plan = plan
        # By what is to be written: links or not, and where the pixel goes.
        self._stencils: dict[tuple[bool, int], PartStencil] = {}
        self._octets: tuple[int, int] | None = None

    def is_longer(self, limit: int, urls: Sequence[bytes] | None, added: int, /) -> bool:
        """Whether the text is over a number of bytes of UTF-8 once these URLs, by link index, are in it, and more."""
        added += sum([len(urls[index]) for _, _, _, index in self.plan.values]) if urls else 0
        # A character has one to four bytes, so few texts are counted.
        if 4 * len(self.leaf.view.text) + added <= limit:
            return False
        if self._octets is None:
            removed = sum([octets(written) for _, written, _, _ in self.plan.values])
            removed += sum([octets(edit.old) for edit in self.removals()])
            self._octets = (octets(self.leaf.view.text), removed)
        whole, removed = self._octets
        return whole + added - (removed if urls else 0) > limit

    def removals(self) -> tuple[Edit, ...]:
        """The opt-out attributes that go when links are tracked."""
        return self.plan.removals if self.plan.values else ()

    def stencil(self, *, clicks: bool, pixel: int) -> PartStencil:
        """Find where links, opt-out attributes and the pixel (-1: none) are written in the raw body."""
        wanted = (clicks, pixel)
        if wanted not in self._stencils:
            marked: list[tuple[int, str, Content, int]] = []
            if clicks:
                marked = [(start, old, Content.LINK, index + _FIRST_URL) for start, old, _, index in self.plan.values]
                marked += [(edit.offset, edit.old, Content.NOTHING, _NOTHING) for edit in self.removals()]
            if pixel >= 0:
                marked.append((pixel, "", Content.PIXEL, _PIXEL))
            if pixel >= 0 or self.plan.removals:
                marked.sort(key=lambda mark: (mark[0], len(mark[1])))
            spans = self.leaf.spans([(start, old, content) for start, old, content, _ in marked])
            self._stencils[wanted] = PartStencil(
                self.leaf.body.cut(spans), [mark[3] for mark in marked], [mark[0] for mark in marked]
            )
        return self._stencils[wanted]


class Layout(NamedTuple):
    """What one policy means for a message: judged once, carried out for every recipient.

    Attributes:
        leaves: The displayed parts that can be edited, by their place among all parts, in order.
        reasons: Of every other part, by its place, why it is left alone.
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

    It compares and pickles as its octets. It keeps what the last policy meant for its links.

    Attributes:
        raw: The message.
    """

    raw: bytes = field(repr=False)
    _header_fields: tuple[HeaderField, ...] = field(init=False, compare=False, repr=False)
    _parts: tuple[Part, ...] = field(init=False, compare=False, repr=False)
    _memo: _Memo = field(init=False, compare=False, repr=False, default_factory=_Memo)

    def __post_init__(self) -> None:
        object.__setattr__(self, "raw", plain_bytes(self.raw, "raw"))  # frozen: this is part of its construction
        fields = tuple(iter_fields(self.raw))
        object.__setattr__(self, "_header_fields", fields)
        object.__setattr__(self, "_parts", find_parts(self.raw, fields))

    def __reduce__(self) -> tuple[type[MessageDocument], tuple[bytes]]:
        return MessageDocument, (self.raw,)

    def __repr__(self) -> str:
        return f"MessageDocument({len(self.raw)} octets, {len(self._parts)} parts)"

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
        """The displayed parts by their place among all, those with a checksum too (internal)."""
        if self._memo.leaves is None:
            found = self.raw.find(b"\n")
            eol = b"\r\n" if found < 0 or self.raw[found - 1 : found] == b"\r" else b"\n"
            self._memo.leaves = {
                place: Leaf(self.raw, part, eol)
                for place, part in enumerate(self._parts)
                if part.reason in {None, PartReason.CHECKSUM}
            }
        return self._memo.leaves

    def may_hold(self, host: str, /) -> bool:
        """Say whether the name of a host is in a displayed part; without it no URL there is one of ours (internal)."""
        memo = self._memo.hosts
        if host not in memo:
            parts = [leaf for leaf in self.leaves().values() if leaf.problem is None]
            memo[host] = any(host in leaf.view.text.lower() for leaf in parts)
        return memo[host]

    def layout(
        self, policy: LinkPolicy, domain: TrackingDomain | None, /, *, text_links: bool, allow_signed: bool
    ) -> Layout:
        """Judge the links of all displayed parts; kept for the next recipient (internal)."""
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
        reasons = {place: part.reason for place, part in enumerate(self._parts) if part.reason is not None}
        counted = 0
        clicks: list[ClickToken] = []
        is_unsubscribe = self.headers.is_unsubscribe if self.headers.unsubscribe else None
        for place, leaf in self.leaves().items():
            if leaf.part.reason is not None and not allow_signed:
                continue
            problem = leaf.problem if leaf.is_html or text_links else PartReason.PLAIN_TEXT
            if problem is not None:
                reasons[place] = problem
                continue
            reasons.pop(place, None)
            plan = leaf.plan(policy, domain, MessageContext(counted, is_unsubscribe))
            counted += len(plan.firsts)
            clicks += plan.clicks
            leaves[place] = PlannedLeaf(leaf, plan)
        return Layout(leaves, reasons, tuple(clicks))
