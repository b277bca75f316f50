"""One message on its way to one person, or one campaign on its way to many: what is signed into it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003 - who asks for the type hints of a value at run time gets them
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias
from uuid import UUID  # noqa: TC003 - the same

from lmtrack._clock import epoch_seconds
from lmtrack._tokens.body import pack_id, pack_number
from lmtrack._tokens.make import make_open_token, pack_links, seal_links
from lmtrack.resolver import Decision, Reason, TrackingMode
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lmtrack._tokens.make import PackedLinks
    from lmtrack.links import Link
    from lmtrack.tokens import ClickToken, OpenToken

Destinations: TypeAlias = Literal["inline", "by_id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What the tokens of an aggregate campaign are made from, and nothing else: they are equal for every recipient.

    Attributes:
        id: The campaign's id, by the rules of message ids.
        started_at: An aware datetime; stands in every token instead of the time of sending.

    Raises:
        TypeError: `id` is neither str nor UUID, or `started_at` no datetime.
        ValueError: `id` is none that a token can hold, or `started_at` is naive or outside 1970 to 2106.

    >>> from datetime import UTC, datetime
    >>> Campaign(id="spring-2026", started_at=datetime(2026, 3, 20, tzinfo=UTC)).id
    'spring-2026'
    """

    id: str | UUID
    started_at: datetime

    def __post_init__(self) -> None:
        # Both are refused here rather than at the first mail.
        if self.started_at is None:
            raise TypeError("started_at must be an aware datetime, not None")
        if not 0 <= epoch_seconds(self.started_at, "started_at") < 1 << 32:
            raise ValueError("started_at must be between 1970-01-01 and 2106-02-07 to be signed")
        pack_id(self.id, "id")


class Sending(NamedTuple):
    """What the tokens of a message are made from; `sending` makes one."""

    domain: TrackingDomain
    decision: Decision
    message_id: str | UUID
    recipient: int
    campaign: Campaign | None
    destination: Callable[[Link], str] | None
    destinations: Destinations
    now: datetime | None

    def click_tokens(self, links: Sequence[Link], own: Callable[[], PackedLinks], /) -> list[str]:
        """Sign one link of each index: for the campaign in aggregate mode, else for the message.

        Their own destinations, the same for every recipient, are asked for packed.

        Raises:
            BadDestination: `destination` gave a URL no click may go to.
            TypeError: It gave something else than str.
        """
        if self.destinations == "by_id":
            return self._seal(pack_links([None] * len(links)))
        aggregate = self.decision.clicks is TrackingMode.AGGREGATE
        if self.destination is None:
            own_urls = [link.url for link in links]
            return self._seal(pack_links(own_urls, deflate=False) if aggregate else own())
        urls = [self.destination(link) for link in links]
        if not all(isinstance(url, str) for url in urls):
            raise TypeError("destination must give str")
        return self._seal(pack_links(urls, deflate=not aggregate))

    def _seal(self, links: PackedLinks, /) -> list[str]:
        keys, mode = self.domain.keys, self.decision.clicks
        if self.campaign is not None and mode is TrackingMode.AGGREGATE:
            return seal_links(keys, self.campaign.id, links, mode=mode, now=self.campaign.started_at)
        return seal_links(keys, self.message_id, links, recipient=self.recipient, mode=mode, now=self.now)

    def open_token(self) -> str:
        """Sign the pixel, likewise."""
        keys, mode = self.domain.keys, self.decision.opens
        if self.campaign is not None and mode is TrackingMode.AGGREGATE:
            return make_open_token(keys, self.campaign.id, mode=mode, now=self.campaign.started_at)
        return make_open_token(keys, self.message_id, recipient=self.recipient, mode=mode, now=self.now)

    def has(self, token: ClickToken | OpenToken | None, /) -> bool:
        """Whether a token is one of this message or of its campaign, whenever it was made."""
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
    destination: Callable[[Link], str] | None,
    destinations: Destinations,
    now: datetime | None,
) -> Sending:
    """Check what a caller gave, and turn aggregate flags off where there is no campaign to make equal tokens from.

    Raises:
        TypeError: An argument has another type.
        ValueError: `message_id` or `recipient` is none that a token can hold, `destinations` none of the two, or `now`
            is naive.
    """
    if not isinstance(decision, Decision) or not isinstance(domain, TrackingDomain):
        given = f"{type(decision).__name__} and {type(domain).__name__}"
        raise TypeError(f"decision must be made by resolve, domain must be a TrackingDomain, not {given}")
    if campaign is not None and not isinstance(campaign, Campaign):
        raise TypeError(f"campaign must be a Campaign or None, not {type(campaign).__name__}")
    if destination is not None and not callable(destination):
        raise TypeError(f"destination must be callable or None, not {type(destination).__name__}")
    if destinations not in {"inline", "by_id"}:
        raise ValueError("destinations must be 'inline' or 'by_id'")
    # Whether or not a token comes to hold them: a mistake must not wait for the first recipient who consents.
    pack_id(message_id)
    pack_number(recipient, "recipient")
    if now is not None:
        epoch_seconds(now)
    if campaign is None:
        off, keep = TrackingMode.OFF, TrackingMode.INDIVIDUAL
        decision = decision.lower(
            Reason.AGGREGATE_WITHOUT_CAMPAIGN,
            opens=off if decision.opens is TrackingMode.AGGREGATE else keep,
            clicks=off if decision.clicks is TrackingMode.AGGREGATE else keep,
        )
    return Sending(domain, decision, message_id, recipient, campaign, destination, destinations, now)
