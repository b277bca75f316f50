"""What a caller's type checker sees: read by mypy, run by nobody.

A line with `type: ignore` is a mistake that has to be found: mypy is told to report ignores that are not needed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, assert_type

import lmtrack
from lmtrack import (
    Campaign,
    ClickToken,
    Consent,
    Decision,
    Edit,
    HtmlDocument,
    Keys,
    Link,
    LinkPolicy,
    OpenToken,
    RewrittenHtml,
    Route,
    SkipReason,
    TokenExpired,
    TrackingDomain,
    TrackingMode,
    WithdrawToken,
    click_url,
    make_click_tokens,
    make_keys,
    make_open_token,
    open_url,
    parse_headers,
    parse_settings,
    pixel_tag,
    read_click_token,
    read_open_token,
    read_withdraw_token,
    resolve,
    resolve_shared,
    revert_html,
    rewrite_html,
    scan_html,
    track_html,
    untrack_html,
    withdraw_url,
)

if TYPE_CHECKING:
    from email.message import EmailMessage
    from uuid import UUID


def sending(html: str, message_id: str | UUID, message: EmailMessage) -> str:
    route = Route(track_opens=True, require_consent=True, without_consent=TrackingMode.AGGREGATE)
    decision = resolve(route, parse_settings({"track_opens": None}), parse_headers(message), consent=Consent.of(None))
    assert_type(decision, Decision)
    assert_type(decision.opens, TrackingMode)
    assert_type(decision.reasons, tuple[str, ...])
    assert_type(resolve_shared([decision, decision]), Decision)
    domain = TrackingDomain("https://track.example", make_keys(b"a key of thirty-two octets, or so"))
    document = scan_html(html)
    assert_type(document, HtmlDocument)
    tracked = track_html(document, decision, domain=domain, message_id=message_id, policy=LinkPolicy(skip_urls=["x"]))
    assert_type(tracked, RewrittenHtml)
    assert_type(tracked.links, tuple[Link, ...])
    assert_type(tracked.skipped, tuple[tuple[Link, SkipReason], ...])
    assert_type(tracked.edits, tuple[Edit, ...])
    assert_type(tracked.pixel_offset, int | None)
    assert_type(untrack_html(tracked.html, domain=domain), str)
    return rewrite_html(html, click_url=lambda link: link.url if link.index else None).html


def rewriting(html: str, domain: TrackingDomain, decision: Decision, message_id: UUID) -> str:
    def with_utm(link: Link) -> str:
        assert_type(link.text(), str)
        assert_type(link.to_dict(), dict[str, object])
        return f"{link.url}?utm_source=mail"

    campaign = Campaign(id=message_id, started_at=datetime(2026, 3, 1, tzinfo=UTC))
    policy = LinkPolicy(skip_urls=("https://shop.example/", re.compile("/account/")), strip_opt_out="all")
    tracked = track_html(
        html,
        decision,
        domain=domain,
        message_id=message_id,
        recipient=1,
        campaign=campaign,
        destination=with_utm,
        destinations="by_id",
        policy=policy,
        pixel_position="start",
        now=datetime(2026, 3, 1, tzinfo=UTC),
    )
    assert_type(tracked.decision, Decision | None)
    assert_type([reason for _, reason in tracked.skipped], list[SkipReason])
    for offset, old, new in tracked.edits:
        assert_type((offset, old, new), tuple[int, str, str])
    assert_type(revert_html(tracked.html, tracked.edits), str)
    assert_type(revert_html(tracked.html, (edit for edit in tracked.edits)), str)
    assert_type(pixel_tag(open_url(domain, "t")), str)
    assert_type(click_url(domain, "t") + withdraw_url(domain, "t"), str)
    return rewrite_html(scan_html(html), click_url=lambda _: None, pixel_url="{{ pixel }}", pixel_position="auto").html


def receiving(keys: Keys, token: str) -> str | None:
    assert_type(read_open_token(keys, token), OpenToken)
    assert_type(read_withdraw_token(keys, token), WithdrawToken)
    assert_type(make_click_tokens(keys, "m-1", ["https://shop.example/", None]), list[str])
    try:
        click = read_click_token(keys, token)
    except TokenExpired as error:
        assert_type(error.token, OpenToken | ClickToken)
        return None
    assert_type(click, ClickToken)
    return click.url


def mistakes(keys: Keys, html: bytes) -> None:
    resolve(Route(), None)  # type: ignore[arg-type]
    resolve(consent=Consent.GRANTED)  # type: ignore[call-arg]
    Route(True)  # type: ignore[call-arg]
    make_keys("a text")  # type: ignore[arg-type]
    make_open_token(keys, "m-1", mode="individual")  # type: ignore[arg-type]
    read_open_token(keys, "t", max_age=30)  # type: ignore[arg-type]
    scan_html(html)  # type: ignore[arg-type]
    rewrite_html("", pixel_position="middle")  # type: ignore[arg-type]
    rewrite_html("", None)  # type: ignore[call-arg]
    rewrite_html("", click_url=lambda link: link.index)  # type: ignore[arg-type,return-value]
    rewrite_html(html=html)  # type: ignore[call-arg]
    untrack_html(scan_html(""), domain=TrackingDomain("https://track.example", keys))  # type: ignore[arg-type]
    LinkPolicy(skip_urls=[b"x"])  # type: ignore[list-item]
    LinkPolicy(strip_opt_out="some")  # type: ignore[arg-type]
    LinkPolicy(("https://shop.example/",))  # type: ignore[call-arg]
    Campaign(id="x", started_at=None)  # type: ignore[arg-type]
    TrackingDomain("https://track.example", b"a key")  # type: ignore[arg-type]
    lmtrack.track_htm(html)  # type: ignore[attr-defined]
    lmtrack.parse_settings("on", strict=0)  # type: ignore[arg-type]
