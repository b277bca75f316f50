"""What the tests of the audit track their mails with."""

from __future__ import annotations

from datetime import UTC, datetime

from lmtrack import Campaign, Consent, Route, TrackingDomain, TrackingMode, make_keys, resolve

NOW = datetime(2026, 3, 20, tzinfo=UTC)
KEYS = make_keys(b"a fixed key of tests, 32 octets.")
DOMAIN = TrackingDomain("https://track.example", KEYS)
ON = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
SUM = resolve(Route(track_opens=True, track_clicks=True, after_refusal=TrackingMode.AGGREGATE), consent=Consent.DENIED)
CAMPAIGN = Campaign(id="spring-2026", started_at=NOW)
