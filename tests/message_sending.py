"""The arguments with which the tests track messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from lmtrack import Campaign, Consent, Decision, LinkPolicy, Route, TrackingDomain, TrackingMode, make_keys, resolve
from lmtrack.message import MessageDocument, TrackedMessage, track_message

KEYS: Final = make_keys(b"a fixed key of tests, 32 octets.")
DOMAIN: Final = TrackingDomain("https://track.example", KEYS)
NOW: Final = datetime(2026, 3, 20, tzinfo=UTC)
CAMPAIGN: Final = Campaign(id="spring-2026", started_at=NOW)
ON: Final = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
OFF: Final = resolve(Route(), consent=Consent.GRANTED)
OPENS: Final = resolve(Route(track_opens=True), consent=Consent.GRANTED)
CLICKS: Final = resolve(Route(track_clicks=True), consent=Consent.GRANTED)
SUM: Final = resolve(
    Route(track_opens=True, track_clicks=True, after_refusal=TrackingMode.AGGREGATE), consent=Consent.DENIED
)
_DEFAULT: Final = LinkPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The arguments with which a message is tracked."""

    decision: Decision = ON
    policy: LinkPolicy = _DEFAULT
    position: Literal["end", "start", "auto"] = "auto"
    destinations: Literal["inline", "by_id"] = "inline"
    text_links: bool = False
    allow_signed: bool = False
    left: frozenset[tuple[int, int]] = frozenset()  # links that no line had room for, by index and start

    def track(self, source: bytes | MessageDocument, decision: Decision | None = None) -> TrackedMessage:
        """Track a message with these."""
        return track_message(
            source,
            decision or self.decision,
            domain=DOMAIN,
            message_id="m-1",
            recipient=3,
            campaign=CAMPAIGN,
            destinations=self.destinations,
            text_links=self.text_links,
            policy=self.policy,
            pixel_position=self.position,
            allow_signed=self.allow_signed,
            now=NOW,
        )
