"""What a caller's type checker sees: read by mypy, run by nobody.

A line with `type: ignore` is a mistake that has to be found: mypy is told to report ignores that are not needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_type

from lmtrack import (
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
    make_click_tokens,
    make_keys,
    make_open_token,
    parse_headers,
    parse_settings,
    read_click_token,
    read_open_token,
    read_withdraw_token,
    resolve,
    resolve_shared,
    rewrite_html,
    scan_html,
    track_html,
    untrack_html,
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
