"""A domain, decisions and pages that the tests of HTML rewriting have in common."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from selectolax.lexbor import LexborHTMLParser

from lmtrack import (
    Campaign,
    Consent,
    Decision,
    LinkPolicy,
    Route,
    TrackingDomain,
    TrackingMode,
    make_keys,
    resolve,
    track_html,
)

if TYPE_CHECKING:
    from lmtrack.html import HtmlDocument, RewrittenHtml
    from lmtrack.links import Link

SECRET = b"a fixed key of tests, 32 octets."
KEYS = make_keys(SECRET)
DOMAIN = TrackingDomain("https://track.example", KEYS)
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=400)
CAMPAIGN = Campaign(
    id="spring-2026",
    started_at=datetime(2026, 3, 1, tzinfo=UTC),
    urls=["https://shop.example/", "https://b.example/"],
)
SHOP = '<a href="https://shop.example/">Shop</a>'
PIXEL = "https://track.example/o/x"
OFF, AGGREGATE, DELIVERABILITY, INDIVIDUAL = TrackingMode


def decision_for(opens: TrackingMode, clicks: TrackingMode) -> Decision:
    """A decision with these modes, made the way a sender gets one."""
    granted = Consent.GRANTED
    decision = resolve(
        Route(
            track_opens=opens is not TrackingMode.OFF,
            track_clicks=clicks is not TrackingMode.OFF,
            require_consent=True,
            without_consent=DELIVERABILITY if opens is DELIVERABILITY else AGGREGATE,
        ),
        consent=granted if opens in {TrackingMode.INDIVIDUAL, TrackingMode.OFF} else Consent.UNKNOWN,
        clicks_consent=granted if clicks in {TrackingMode.INDIVIDUAL, TrackingMode.OFF} else Consent.UNKNOWN,
    )
    assert (decision.opens, decision.clicks) == (opens, clicks)
    return decision


BOTH = decision_for(INDIVIDUAL, INDIVIDUAL)
CLICKS = decision_for(OFF, INDIVIDUAL)
OPENS = decision_for(INDIVIDUAL, OFF)
NONE = decision_for(OFF, OFF)
SUM = decision_for(AGGREGATE, AGGREGATE)
LAST_DAY = decision_for(DELIVERABILITY, AGGREGATE)


def numbered(link: Link) -> str:
    return f"https://t.example/{link.index}"


def track(
    source: str | HtmlDocument,
    decision: Decision = BOTH,
    *,
    message_id: str | UUID = "m-1",
    recipient: int = 0,
    campaign: Campaign | None = None,
    policy: LinkPolicy | None = None,
    now: datetime = NOW,
) -> RewrittenHtml:
    return track_html(
        source,
        decision,
        domain=DOMAIN,
        message_id=message_id,
        recipient=recipient,
        campaign=campaign,
        policy=policy or LinkPolicy(),
        now=now,
    )


def decoded(text: str) -> str:
    """The text as a decoder gives it: U+FFFD for half a character, and no `?`, which behind `<` begins a comment."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def hrefs(html: str) -> list[str]:
    """What lexbor reads as links, in tree order."""
    nodes = LexborHTMLParser(decoded(html)).css("a[href], area[href]")
    return [(node.attributes["href"] or "").strip("\t\n\f\r ") for node in nodes]


def images(html: str) -> list[str | None]:
    return [node.attributes["src"] for node in LexborHTMLParser(decoded(html)).css("img[src]")]


def vml(url: str) -> str:
    return f"<!--[if mso]><v:rect href='{url}'></v:rect><![endif]-->"


def click_tokens(result: RewrittenHtml) -> list[str]:
    return [edit.new.removeprefix("https://track.example/c/") for edit in result.edits if "/c/" in edit.new]


def open_token(result: RewrittenHtml) -> str:
    (src,) = images(result.html)
    assert src
    return src.removeprefix("https://track.example/o/")


OPTED_OUT = "<a data-lm-no-track href='https://c.example/'>x</a>"
