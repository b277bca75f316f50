"""One message on its way to one person, or one campaign on its way to many: what is signed into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

from lmtrack._checks import check_type, plain_str_or_none, wrong_type
from lmtrack._clock import epoch_seconds
from lmtrack._tokens.body import NUMBER_MAX, pack_id, pack_number, pack_url
from lmtrack._tokens.make import make_open_token, seal_links
from lmtrack.links import SkipReason
from lmtrack.resolver import Decision, Reason, TrackingMode
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from lmtrack._rewriting.plan import Merged, Plan
    from lmtrack._token_values import ClickToken, OpenToken
    from lmtrack._tokens.make import PackedLinks
    from lmtrack.links import Link

MOST_LINKS: Final = NUMBER_MAX + 1  # a click token holds their index, from 0
Destinations: TypeAlias = Literal["inline", "by_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """All that the tokens of an aggregate campaign are made from, so that they are the same for everyone.

    Attributes:
        id: The campaign's id, by the rules of message ids.
        started_at: An aware datetime; in every token instead of the time of sending.
        urls: The destinations of the shared template, from `campaign_urls`. Only links to these URLs are tracked, each
            with the URL's position here as its index, so that no token can tell two recipients apart. None: no link is
            tracked.

    Raises:
        TypeError: `id` is neither str nor UUID, `started_at` is not a datetime, or `urls` not a sequence of str.
        ValueError: a token cannot hold `id`, `started_at` is naive or outside 1970 to 2106, or there are more
            than 65,536 URLs.

    >>> from datetime import UTC, datetime
    >>> Campaign(id="spring-2026", started_at=datetime(2026, 3, 20, tzinfo=UTC)).id
    'spring-2026'
    """

    id: str | UUID
    started_at: datetime
    urls: Sequence[str] | None = None

    def __post_init__(self) -> None:
        # Both are refused here rather than at the first message.
        if self.started_at is None:
            raise TypeError("started_at must be an aware datetime, not None")
        if not 0 <= epoch_seconds(self.started_at, "started_at") < 1 << 32:
            raise ValueError("started_at must be between 1970-01-01 and 2106-02-07 to be signed")
        pack_id(self.id, "id")
        if self.urls is not None:
            if isinstance(self.urls, str) or not all(isinstance(url, str) for url in self.urls):
                raise TypeError("urls must be a sequence of str, as campaign_urls returns it")
            if len(self.urls) > MOST_LINKS:
                raise ValueError(f"urls must be at most {MOST_LINKS}")
            object.__setattr__(self, "urls", tuple(map(str.__str__, self.urls)))


class Signed(NamedTuple):
    """What is written into a document's links.

    Attributes:
        tokens: By index, counted from the first of the document; None leaves that link.
        merged: The links, with all that are not tracked for this recipient.
    """

    tokens: list[str | None] | list[str]
    merged: Merged


class Sending(NamedTuple):
    """What the tokens of a message are made from; `sending` makes one."""

    domain: TrackingDomain
    decision: Decision
    message_id: str | UUID
    recipient: int
    campaign: Campaign | None
    destination: Callable[[Link], str | None] | None
    destinations: Destinations
    now: datetime | None

    def sign(self, plan: Plan, merged: Merged, /) -> Signed:
        """Sign one link of each index: for the campaign in aggregate mode, else for the message.

        Raises:
            BadDestination: `destination` returned a URL that no click may go to.
            TypeError: It returned something other than str or None.
        """
        if self.decision.clicks is TrackingMode.AGGREGATE:
            return self._sign_shared(plan, merged)
        refused = merged.refused
        if self.destination is None or self.destinations == "by_id":
            packed = plan.numbers if self.destinations == "by_id" else plan.packed
            if not plan.slotted and not refused:
                return Signed(self._seal(packed), merged)
            return self._sign_merged(plan, merged, packed)
        return self._sign_chosen(plan, merged, [None if position in refused else position for position in plan.firsts])

    def _sign_merged(self, plan: Plan, merged: Merged, packed: PackedLinks, /) -> Signed:
        """Sign the links of a merged document: those with slots lead where this recipient's values say."""
        links = packed.copy()
        kept: Sequence[int] = range(len(links))
        if self.destinations == "inline":
            for ordinal in plan.slotted_firsts:
                position = plan.firsts[ordinal]
                if position not in merged.refused:
                    links[ordinal] = links[ordinal][0], pack_url(merged.urls[position])
        if merged.refused:
            kept = [ordinal for ordinal, position in enumerate(plan.firsts) if position not in merged.refused]
        tokens: list[str | None] = [None] * len(links)
        for ordinal, token in zip(kept, self._seal([links[ordinal] for ordinal in kept]), strict=True):
            tokens[ordinal] = token
        return Signed(tokens, merged)

    def _sign_chosen(self, plan: Plan, merged: Merged, positions: Sequence[int | None], /) -> Signed:
        """Sign the destinations that the caller chooses."""
        links = plan.links_with(merged)
        urls = [None if position is None else self._destination_of(links[position]) for position in positions]
        numbered = [(index, url) for index, url in enumerate(urls, plan.first_index) if url is not None]
        packed: PackedLinks = [(pack_number(index, "link_index"), pack_url(url)) for index, url in numbered]
        tokens: list[str | None] = [None] * len(urls)
        for (index, _), token in zip(numbered, self._seal(packed), strict=True):
            tokens[index - plan.first_index] = token
        return Signed(tokens, merged)

    def _destination_of(self, link: Link, /) -> str | None:
        if self.destination is None:
            return link.url
        url = self.destination(link)
        if url is not None and not isinstance(url, str):
            raise TypeError(f"destination must return a str or None, not {type(url).__name__}")
        return plain_str_or_none(url, "destination")

    def _sign_shared(self, plan: Plan, merged: Merged, /) -> Signed:
        """Sign the links that everyone gets with the campaign's tokens; any other link might name the recipient."""
        shared = self.campaign.urls or () if self.campaign else ()
        indices, refused = self._find_shared(plan, merged, shared)
        packed: PackedLinks = [
            (
                pack_number(index, "link_index"),
                None if self.destinations == "by_id" else pack_url(shared[index], deflate=False),
            )
            for index in indices
            if index is not None
        ]
        sealed = iter(self._seal(packed))
        tokens = [None if index is None else next(sealed) for index in indices]
        ordinals = [index - plan.first_index for index in plan.indices]
        for position, ordinal in enumerate(ordinals):  # what is drawn twice for Outlook goes the same way
            first = plan.firsts[ordinal]
            if first in refused:
                refused.setdefault(position, refused[first])
        known = {
            position: index for position, ordinal in enumerate(ordinals) if (index := indices[ordinal]) is not None
        }
        return Signed(tokens, merged._replace(refused=refused, indices=known))

    def _find_shared(
        self, plan: Plan, merged: Merged, shared: Sequence[str], /
    ) -> tuple[list[int | None], dict[int, SkipReason]]:
        """Find one link of each index among the URLs that everyone gets, and refuse what is not there."""
        known = {url: index for index, url in reversed(list(enumerate(shared)))}
        by_id = self.destinations == "by_id"
        links = plan.links_with(merged)
        refused = dict(merged.refused)
        indices: list[int | None] = []
        for position in plan.firsts:
            link = links[position]
            url = link.url if by_id else self._destination_of(link)
            index = None if url is None or link.personal else known.get(url)
            if index is None and url is not None:
                refused.setdefault(position, SkipReason.PERSONAL)
            indices.append(None if position in refused else index)
        return indices, refused

    def _seal(self, links: PackedLinks, /) -> list[str]:
        keys, mode = self.domain.keys, self.decision.clicks
        if self.campaign is not None and mode is TrackingMode.AGGREGATE:
            return seal_links(keys, self.campaign.id, links, recipient=0, mode=mode, now=self.campaign.started_at)
        return seal_links(keys, self.message_id, links, recipient=self.recipient, mode=mode, now=self.now)

    def lowered(
        self, reason: Reason, /, *, opens: TrackingMode = TrackingMode.OFF, clicks: TrackingMode = TrackingMode.OFF
    ) -> Sending:
        """Put a ceiling on each flag of the decision; see `Decision.lower`."""
        if opens >= self.decision.opens and clicks >= self.decision.clicks:
            return self
        return self._replace(decision=self.decision.lower(reason, opens=opens, clicks=clicks))

    def holding(
        self, clicks: Callable[[], Iterable[ClickToken]], opens: Callable[[], Iterable[OpenToken | None]], /
    ) -> Decision:
        """Return what holds for a document with these tokens in it, which are looked for only where it matters."""
        decision = self.decision
        if decision.opens is decision.clicks is TrackingMode.INDIVIDUAL:
            return decision
        modes = {TrackingMode.OFF}, {TrackingMode.OFF}
        if decision.opens < TrackingMode.INDIVIDUAL:
            modes[0].update(token.mode for token in opens() if token is not None and self.has(token))
        if decision.clicks < TrackingMode.INDIVIDUAL:
            modes[1].update(token.mode for token in clicks() if self.has(token))
        return decision.already_tracked(opens=max(modes[0]), clicks=max(modes[1]))

    def open_token(self) -> str:
        """Sign the open token: the campaign's in aggregate mode, otherwise the message's."""
        keys, mode = self.domain.keys, self.decision.opens
        if self.campaign is not None and mode is TrackingMode.AGGREGATE:
            return make_open_token(keys, self.campaign.id, mode=mode, now=self.campaign.started_at)
        return make_open_token(keys, self.message_id, recipient=self.recipient, mode=mode, now=self.now)

    def has(self, token: ClickToken | OpenToken | None, /) -> bool:
        """Return whether a token is one of this message or of its campaign, whenever it was made."""
        if token is None:
            return False
        if token.mode is TrackingMode.AGGREGATE:
            return self.campaign is not None and token.message_id == str(self.campaign.id)
        return token.message_id == str(self.message_id) and token.recipient == self.recipient


def sending(
    decision: Decision,
    /,
    *,
    domain: TrackingDomain,
    message_id: str | UUID,
    recipient: int,
    campaign: Campaign | None,
    destination: Callable[[Link], str | None] | None,
    destinations: Destinations,
    now: datetime | None,
) -> Sending:
    """Check what a caller passed, and turn aggregate flags off where there is no campaign to make equal tokens from.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: a token cannot hold `message_id` or `recipient`, `destinations` is not one of the two, or `now`
            is naive.
    """
    if not isinstance(decision, Decision):
        raise wrong_type("decision", "a Decision (from resolve)", decision)
    check_type(TrackingDomain, domain=domain)
    if campaign is not None and not isinstance(campaign, Campaign):
        raise wrong_type("campaign", "a Campaign or None", campaign)
    if destination is not None and not callable(destination):
        raise wrong_type("destination", "callable or None", destination)
    if destinations not in {"inline", "by_id"}:
        raise ValueError("destinations must be 'inline' or 'by_id'")
    # Whether or not a token comes to hold them: a mistake must not wait for the first recipient who consents.
    pack_id(message_id)
    pack_number(recipient, "recipient")
    if now is not None:
        epoch_seconds(now)
    if campaign is None and TrackingMode.AGGREGATE in {decision.opens, decision.clicks}:
        off, keep = TrackingMode.OFF, TrackingMode.INDIVIDUAL
        decision = decision.lower(
            Reason.AGGREGATE_WITHOUT_CAMPAIGN,
            opens=off if decision.opens is TrackingMode.AGGREGATE else keep,
            clicks=off if decision.clicks is TrackingMode.AGGREGATE else keep,
        )
    return Sending(domain, decision, message_id, recipient, campaign, destination, destinations, now)
