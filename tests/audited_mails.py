"""What the tests of the audit track their mails with, and how they read what it says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lmtrack import Campaign, Consent, Route, TrackingDomain, TrackingMode, make_keys, resolve

if TYPE_CHECKING:
    from lmtrack.audit import Audit

NOW = datetime(2026, 3, 20, tzinfo=UTC)
KEYS = make_keys(b"a fixed key of tests, 32 octets.")
DOMAIN = TrackingDomain("https://track.example", KEYS)
ON = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
SUM = resolve(Route(track_opens=True, track_clicks=True, after_refusal=TrackingMode.AGGREGATE), consent=Consent.DENIED)
CAMPAIGN = Campaign(id="spring-2026", started_at=NOW)
TRACKER = "https://pixel.tracker.example/a/logo.png"


def kinds(audit: Audit) -> list[str]:
    return [finding.kind.value for finding in audit.findings]


def places(audit: Audit) -> list[str]:
    return [finding.place for finding in audit.findings]
