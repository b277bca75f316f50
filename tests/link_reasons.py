"""What is said of the one link of a page, for the tests of reasons."""

from __future__ import annotations

from lmtrack import LinkPolicy, SkipReason, TrackingDomain, make_keys, track_html
from lmtrack.resolver import Consent, Route, resolve

DOMAIN = TrackingDomain("https://track.example/t", make_keys(b"a fixed key of tests, 32 octets."))
ON = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
POLICY = LinkPolicy()
WIDE = LinkPolicy(max_url_octets=2048)


def reason_of(value: str, *, policy: LinkPolicy = POLICY, before: str = "") -> SkipReason | None:
    """What is said of the one link of a document; its href value as written."""
    quote = "'" if '"' in value else '"'
    html = f"{before}<a href={quote}{value}{quote}>x</a>"
    result = track_html(html, ON, domain=DOMAIN, message_id="m-1", policy=policy)
    assert len(result.links) + len(result.skipped) == 1
    assert all(link.index == -1 for link, _ in result.skipped)
    return result.skipped[0][1] if result.skipped else None
