"""What `old_build` runs on both builds: pages tracked in one shot, and from a scan."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from mails import link_dense, newsletter

from lmtrack import Consent, Route, TrackingDomain, make_keys, resolve, rewrite_html, scan_html, track_html

_DENSE: Final = link_dense(100_000)
_NEWSLETTER: Final = newsletter(100_000, 50)
_SCANNED: Final = scan_html(_NEWSLETTER)
_DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"a benchmark key of 32 octets....."))
_ON: Final = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
_ID: Final = "01890a5d-ac96-774b-bcce-b302099a8057"
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)

JOBS: Final = {
    "track_dense": lambda: track_html(_DENSE, _ON, domain=_DOMAIN, message_id=_ID, now=_NOW),
    "track_newsletter": lambda: track_html(_NEWSLETTER, _ON, domain=_DOMAIN, message_id=_ID, now=_NOW),
    "track_scanned": lambda: track_html(_SCANNED, _ON, domain=_DOMAIN, message_id=_ID, now=_NOW),
    "rewrite_dense": lambda: rewrite_html(
        _DENSE, click_url=lambda _: "https://t.example/c/x", pixel_url="https://t.example/o"
    ),
}
