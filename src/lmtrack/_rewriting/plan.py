"""What to do with one document under one policy: decided once, carried out for every recipient."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from itertools import count
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._html.visible import visible_text
from lmtrack._linking.optout import read_marks, removals
from lmtrack._linking.optout_attributes import OF_OPT_OUT_CLASSES, OPT_OUT_CLASSES, OWN, OWN_LABEL, REMOVABLE
from lmtrack._rewriting.own_tokens import verified_click
from lmtrack._rewriting.signing import MOST_LINKS
from lmtrack._tokens.body import pack_checked_urls, pack_numbers
from lmtrack._url.reader import host_of
from lmtrack.links import Edit, Link, SkipReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lmtrack._html.scan import FoundLink, Scan
    from lmtrack._rewriting.judge import Judge
    from lmtrack._rewriting.slots.holes import TextHole, UrlHole
    from lmtrack._rewriting.slots.template import FilledTemplate, Template
    from lmtrack._token_values import ClickToken
    from lmtrack._tokens.make import PackedLinks
    from lmtrack.links import LinkPolicy

# A URL shown as a link's text has a few tags around it; a link that was never closed may have any number.
_URL_TAGS: Final = 16
# Twice what `visible_text` reads of a link.
_LONGEST_TEXT: Final = 20_000

# A named tuple's own __new__ takes twice as long.
_new = tuple.__new__


class Merged(NamedTuple):
    """The links of a plan with one recipient's values.

    Attributes:
        urls: Where each trackable link leads, in source order.
        refused: Of those that may not be tracked for this recipient, by position, the reason.
        indices: By position, the index in a campaign's URLs, where that is what the token holds.
    """

    urls: list[str]
    refused: Mapping[int, SkipReason]
    indices: Mapping[int, int] = MappingProxyType({})


class Plan:
    """What one policy means for the links of a document: decided once, carried out for every recipient.

    Positions count the trackable links in source order. What only results show is made when it is asked for.

    Attributes:
        source: The text that was read.
        found: The trackable links as the scan found them.
        urls: Where each leads; with slots in it, as the template has it.
        indices: The index of each.
        firsts: Of each index, the position of the link that stands for it.
        first_index: The index of the first.
        removals: Opt-out attributes that go where links are tracked.
        slotted: The links with slots in their URL, by position.
        slotted_firsts: Of each such link that stands for an index, its ordinal: the index counted from the first.
        worded: The links with slots in their text, by position, with these slots' holes.
    """

    def __init__(
        self,
        source: str,
        judge: Judge,
        found: Sequence[FoundLink],
        numbers: NumberedLinks,
        left: Sequence[tuple[FoundLink, str, SkipReason, bool]],
        /,
        *,
        removals: tuple[Edit, ...],
        slots: LinkSlots,
    ) -> None:
        self.source = source
        self.found = found
        self.urls: list[str] = numbers.urls
        self.indices: Sequence[int] = numbers.indices
        self.firsts: Sequence[int] = numbers.firsts
        self.removals = removals
        self.slotted: dict[int, UrlHole]
        self.worded: dict[int, tuple[str, list[TextHole]]]
        self.slotted, self.worded = slots
        self.first_index: int = judge.context.first_index
        self.unmerged: Merged = Merged(self.urls, {})
        self._judge = judge
        self._left = left
        self._is_text = bool(found) and found[0][4] == "text"
        self.slotted_firsts: list[int] = [
            ordinal for ordinal, position in enumerate(numbers.firsts) if position in self.slotted
        ]

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """The trackable links."""
        return tuple(self.links_with(self.unmerged))

    @cached_property
    def skipped(self) -> tuple[tuple[Link, SkipReason], ...]:
        """The other links, each with the reason."""
        return tuple(
            [
                (self._link(found, -1, url, url, personal=personal), reason)
                for found, url, reason, personal in self._left
            ]
        )

    @cached_property
    def clicks(self) -> tuple[ClickToken, ...]:
        """What the domain's keys signed in links that it has tracked before."""
        domain = self._judge.domain
        if domain is None:
            return ()
        tokens = [verified_click(domain, url) for _, url, reason, _ in self._left if reason is SkipReason.TRACKED]
        return tuple([token for token in tokens if token])

    @cached_property
    def numbers(self) -> PackedLinks:
        """The indices, ready to be signed."""
        return [(number, None) for number in pack_numbers(self.first_index, len(self.firsts))]

    @cached_property
    def packed(self) -> PackedLinks:
        """The indices and the destinations that are the same for everyone, ready to be signed."""
        slotted = self.slotted
        urls = pack_checked_urls([self.urls[position] for position in self.firsts])
        numbers = pack_numbers(self.first_index, len(urls))
        if not slotted:
            return list(zip(numbers, urls, strict=True))
        return [
            (number, None if position in slotted else url)
            for number, url, position in zip(numbers, urls, self.firsts, strict=True)
        ]

    def links_with(self, merged: Merged, /) -> list[Link]:
        """Make the trackable links as one recipient has them."""
        if not self.slotted and not self.worded and not merged.indices and not self._is_text:
            source, size = self._judge.context.shown or self.source, len(self.source)
            return [
                _new(Link, (index, url, link[4], link[5] > 0, source, link[0], link[5] or size, False, ""))
                for link, index, url in zip(self.found, self.indices, self.urls, strict=True)
            ]
        return [
            self._link(
                link,
                merged.indices.get(position, index),
                url,
                template,
                personal=position in self.slotted or position in self.worded,
            )
            for position, (link, index, url, template) in enumerate(
                zip(self.found, self.indices, merged.urls, self.urls, strict=True)
            )
        ]

    def _link(self, found: FoundLink, index: int, url: str, template: str, /, *, personal: bool = False) -> Link:
        source, limit = self._judge.context.shown or self.source, _limit(found, len(self.source))
        return Link(index, url, found[4], found[5] > 0, source, found[0], limit, personal, template if personal else "")

    def merge(self, filled: FilledTemplate, /, *, unsubscribe: Callable[[str], bool] | None = None) -> Merged:
        """Read where the links lead with one recipient's values, and which of them may not be tracked because of these.

        `unsubscribe` says whether a URL is one of this recipient's List-Unsubscribe.
        """
        if not self.slotted and not self.worded:
            return self.unmerged
        judge = self._judge
        positions = list(self.slotted)
        urls, reasons = judge.urls([judge.resolve(filled.urls[self.slotted[position].start]) for position in positions])
        merged, refused = list(self.urls), {positions[at]: reason for at, reason in reasons.items()}
        for position, url in zip(positions, urls, strict=True):
            merged[position] = url
            if position in refused and refused[position] is not SkipReason.SENSITIVE:
                continue
            if self.slotted[position].url.opens and host_of(url) not in judge.policy.slot_hosts:
                refused[position] = SkipReason.PERSONAL
            elif unsubscribe and unsubscribe(url):
                refused[position] = SkipReason.UNSUBSCRIBE
        for position, (text, holes) in self.worded.items():
            if position not in refused and (reason := judge.text(filled.worded(text, holes))):
                refused[position] = reason
        return Merged(merged, refused)


class NumberedLinks(NamedTuple):
    """Trackable links, counted.

    Attributes:
        urls: Where each leads.
        indices: The index of each.
        firsts: Of each index, the position of the link that stands for it.
    """

    urls: list[str]
    indices: Sequence[int]
    firsts: Sequence[int]


def make_plan(html: str, scan: Scan, judge: Judge, template: Template | None, /) -> Plan:
    """Check every link of a document and number those that may be tracked."""
    policy = judge.policy
    found = scan.links if policy.track_conditional else [link for link in scan.links if not link[5]]
    if not found:
        return settled(html, judge, Judged((), [], {}))
    urls, reasons = judge.written([html[link[2] : link[3]] for link in found])
    holes = template.link_holes(found) if template else {}
    for position, hole in holes.items():
        urls[position], reason = judge.template(urls[position], hole)
        reasons.pop(position, None)
        if reason:
            reasons[position] = reason
    removals = _opt_out(html, found, urls, reasons, policy)
    texts = _judge_texts(html, found, reasons, judge, template)
    judged = Judged(found, urls, reasons)
    return settled(html, judge, judged, removals=removals, slots=LinkSlots(holes, texts))


class Judged(NamedTuple):
    """The links that were found.

    Attributes:
        found: Where they are.
        urls: Where each leads.
        reasons: Of those that may not be tracked, by their position among all, why.
    """

    found: Sequence[FoundLink]
    urls: list[str]
    reasons: dict[int, SkipReason]


class LinkSlots(NamedTuple):
    """The slots in links, by the link's position: in their URLs; in their texts, with the text."""

    urls: dict[int, UrlHole]
    texts: dict[int, tuple[str, list[TextHole]]]

    def of(self, positions: Sequence[int], /) -> LinkSlots:
        """Return the slots of the links at these positions, by each link's rank among them."""
        if not (self.urls or self.texts):
            return self
        rank = {position: rank for rank, position in enumerate(positions)}
        return LinkSlots(
            {rank[position]: hole for position, hole in self.urls.items() if position in rank},
            {rank[position]: text for position, text in self.texts.items() if position in rank},
        )


NO_SLOTS: Final = LinkSlots({}, {})


def settled(
    source: str,
    judge: Judge,
    judged: Judged,
    /,
    *,
    removals: tuple[Edit, ...] = (),
    slots: LinkSlots = NO_SLOTS,
) -> Plan:
    """Number the links that may be tracked, as far as a token can count."""
    found, urls, reasons = judged
    first = judge.context.first_index
    positions: Sequence[int] = range(len(found))
    if reasons:
        positions = [position for position in positions if position not in reasons]
        found, urls = [judged.found[position] for position in positions], [urls[position] for position in positions]
    numbers = _number(found, urls, first)
    if len(numbers.firsts) > MOST_LINKS - first:
        over = {position for position, index in zip(positions, numbers.indices, strict=True) if index >= MOST_LINKS}
        reasons |= dict.fromkeys(over, SkipReason.TOO_MANY)
        found, numbers = _within_limit(found, numbers)
        positions = [position for position in positions if position not in over]
    personal = {*slots.urls, *slots.texts}
    left = [(judged.found[at], judged.urls[at], reasons[at], at in personal) for at in sorted(reasons)]
    return Plan(source, judge, found, numbers, left, removals=removals, slots=slots.of(positions))


def _within_limit(kept: Sequence[FoundLink], numbers: NumberedLinks, /) -> tuple[list[FoundLink], NumberedLinks]:
    """Keep the links whose index a token can hold."""
    inside = [position for position, index in enumerate(numbers.indices) if index < MOST_LINKS]
    rank = {position: rank for rank, position in enumerate(inside)}
    return [kept[position] for position in inside], NumberedLinks(
        [numbers.urls[position] for position in inside],
        [numbers.indices[position] for position in inside],
        [rank[position] for position in numbers.firsts if position in rank],
    )


def _limit(found: FoundLink, size: int, /) -> int:
    """Return where a link's surroundings end: its comment, or the document; a URL in plain text is all by itself."""
    return found[1] if found[4] == "text" else found[5] or size


def _opt_out(
    html: str, found: Sequence[FoundLink], urls: list[str], reasons: dict[int, SkipReason], policy: LinkPolicy, /
) -> tuple[Edit, ...]:
    """Note the links with an opt-out, and their twins for Outlook; return the removals of marks."""
    edits: list[Edit] = []
    removed = REMOVABLE if policy.strip_opt_out == "all" else {OWN, OWN_LABEL} if policy.strip_opt_out == "own" else ()
    for position in _may_be_marked(html, found, policy):
        marks = read_marks(html, found[position][0], found[position][1], policy.opt_out_attributes)
        if any(mark.opts_out for mark in marks):
            reasons.setdefault(position, SkipReason.OPT_OUT)
        edits += [Edit(start, html[start:end], "") for start, end in removals(html, marks, removed)]
    opted_out = {urls[position] for position, reason in reasons.items() if reason is SkipReason.OPT_OUT}
    if opted_out:  # the same button drawn for Outlook has no attribute of its own
        opted_out -= {url for position, url in enumerate(urls) if not found[position][5] and position not in reasons}
        for position, url in enumerate(urls):
            if found[position][5] and url in opted_out:
                reasons.setdefault(position, SkipReason.OPT_OUT)
    return tuple(edits)


def _may_be_marked(html: str, found: Sequence[FoundLink], policy: LinkPolicy, /) -> Iterable[int]:
    """Choose the links that a look at their attributes may tell something of.

    The fast reader vouches for tags of plain attributes: of the marks, only a class can be among those.
    """
    if policy.opt_out_attributes:
        return range(len(found))
    plain = "\n".join([html[link[0] : link[1]] for link in found if link[6]])
    if OF_OPT_OUT_CLASSES in plain and any(name in plain for name in OPT_OUT_CLASSES):
        return range(len(found))
    return [position for position, link in enumerate(found) if not link[6]]


def _judge_texts(
    html: str, found: Sequence[FoundLink], reasons: dict[int, SkipReason], judge: Judge, template: Template | None, /
) -> dict[int, tuple[str, list[TextHole]]]:
    """Check links by their visible text; return the texts with slots in them."""
    texts: dict[int, tuple[str, list[TextHole]]] = {}
    starts = template.text_starts if template else ()
    may_tell = set(judge.may_tell(html, found, reasons))
    for position, (tag_start, _, _, _, _, comment_end, _) in enumerate(found) if starts or may_tell else ():
        if position in reasons:
            continue
        limit = comment_end or len(html)
        near = template.texts_between(tag_start, min(limit, tag_start + _LONGEST_TEXT)) if starts and template else ()
        if not near and position not in may_tell:
            continue
        shown = visible_text(html, tag_start, limit, most_tags=_URL_TAGS)
        holes = [hole for hole in near if hole.marker in shown]
        if holes:
            texts[position] = shown, holes
        elif reason := judge.text(shown):
            reasons[position] = reason
    return texts


def _number(kept: Sequence[FoundLink], urls: list[str], first: int, /) -> NumberedLinks:
    """Count links in source order; a conditional one takes the number of the nearest live link to the same page."""
    conditional = [position for position, link in enumerate(kept) if link[5]]
    if not conditional:
        return NumberedLinks(urls, range(first, first + len(kept)), range(len(kept)))
    live = [position for position, link in enumerate(kept) if not link[5]]
    last = {urls[position]: position for position in live}
    twins = {position: last[urls[position]] for position in conditional if urls[position] in last}
    if len(last) < len(live):  # of several links to one page the nearest
        wanted = {urls[position] for position in twins}
        leading_to: dict[str, list[int]] = {url: [] for url in wanted}
        for position in live:
            if urls[position] in wanted:
                leading_to[urls[position]].append(position)
        twins = {position: _nearest(leading_to[urls[position]], position, kept) for position in twins}
    firsts = [position for position in range(len(kept)) if position not in twins]
    index_of = dict(zip(firsts, count(first)))
    return NumberedLinks(urls, [index_of[twins.get(position, position)] for position in range(len(kept))], firsts)


def _nearest(candidates: list[int], position: int, kept: Sequence[FoundLink], /) -> int:
    after = bisect_left(candidates, position)
    around = candidates[max(after - 1, 0) : after + 1]
    return min(around, key=lambda candidate: abs(kept[candidate][0] - kept[position][0]))
