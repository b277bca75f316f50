from __future__ import annotations

import zlib
from datetime import UTC, datetime

import pytest

from lmtrack._rewriting.signing import sending
from lmtrack.html import Campaign, scan_html
from lmtrack.links import LinkPolicy
from lmtrack.resolver import Consent, Route, TrackingMode, resolve
from lmtrack.tokens import make_click_token, make_keys
from lmtrack.urls import TrackingDomain

KEYS = make_keys(b"an example key of 32 octets, not")
DOMAIN = TrackingDomain("https://track.example", KEYS)
LONG_URL = "https://shop.example/shoes?utm_source=newsletter&utm_medium=newsletter&utm_campaign=newsletter-shoes-shoes"
CAMPAIGN = Campaign(id="summer-2026", started_at=datetime(2026, 6, 1, tzinfo=UTC), urls=[LONG_URL])
AGGREGATE = resolve(
    Route(track_opens=True, track_clicks=True, require_consent=True, without_consent=TrackingMode.AGGREGATE),
    consent=Consent.UNKNOWN,
)


@pytest.mark.parametrize("given", [False, True])
def test_a_campaign_has_the_same_tokens_whatever_zlib_a_host_has(
    monkeypatch: pytest.MonkeyPatch,
    given: bool,
) -> None:
    message = sending(
        AGGREGATE,
        domain=DOMAIN,
        message_id="letter-4471",
        recipient=3,
        campaign=CAMPAIGN,
        destination=(lambda link: link.url) if given else None,
        destinations="inline",
        now=None,
    )
    plan = scan_html(f'<a href="{LONG_URL.replace("&", "&amp;")}">Shoes</a>').plan(LinkPolicy(), DOMAIN)
    monkeypatch.setattr(zlib, "compressobj", None)
    assert message.sign(plan, plan.unmerged).tokens == [
        make_click_token(KEYS, "summer-2026", 0, url=LONG_URL, mode=TrackingMode.AGGREGATE, now=CAMPAIGN.started_at)
    ]
