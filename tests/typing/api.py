"""What a caller's type checker sees: read by mypy, run by nobody.

A line with `type: ignore` is a mistake that has to be found: mypy is told to report ignores that are not needed.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import TYPE_CHECKING, assert_type

import lmtrack
from lmtrack import (
    Actor,
    AuditOutcome,
    Campaign,
    Consent,
    Decision,
    Event,
    FindingKind,
    Human,
    LinkPolicy,
    PartReason,
    Route,
    SkipReason,
    TokenExpired,
    TrackingDomain,
    TrackingMode,
    add_ways_out,
    admit,
    audit_html,
    audit_message,
    campaign_urls,
    classify_event,
    classify_message,
    click_url,
    client_key,
    compare_messages,
    compare_renderings,
    describe_client,
    event_payload,
    handle_request,
    join_networks,
    lint_unsubscribe,
    load_agents,
    load_networks,
    make_click_tokens,
    make_keys,
    make_open_token,
    make_slots,
    message_bytes,
    minimise,
    open_url,
    parse_headers,
    parse_settings,
    pixel_response,
    pixel_tag,
    prepare_message,
    read_click_token,
    read_open_token,
    read_tracking_url,
    read_withdraw_token,
    redirect_response,
    resolve,
    resolve_shared,
    revert_html,
    revert_message,
    revert_text,
    rewrite_html,
    rewrite_text,
    scan_html,
    scan_message,
    shipped_networks,
    strip_control_headers,
    track_html,
    track_message,
    track_text,
    truncate_ip,
    untrack_html,
    untrack_message,
    untrack_text,
    verify_message,
    verify_rewrite,
    withdraw_url,
)
from lmtrack.audit import Audit, Difference, Finding
from lmtrack.classifier import Agents, ClientInfo, Networks, Verdict
from lmtrack.endpoint import Admission, Handled, HttpResponse
from lmtrack.html import HtmlDocument, RewrittenHtml
from lmtrack.links import Edit, Link
from lmtrack.message import MessageDocument, MessagePart, Prepared, RawEdit, TrackedMessage
from lmtrack.testing import assert_same_for_everyone, assert_unsubscribe_ok, assert_untracked
from lmtrack.text import RewrittenText
from lmtrack.tokens import ClickToken, Keys, OpenToken, UnsubscribeToken, WithdrawToken

if TYPE_CHECKING:
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
    slots = make_slots(["name"], nonce="4f1c09ab")
    assert_type(slots, dict[str, str])
    personal = scan_html(html, slots=slots, defaults={"name": "you"})
    assert_type(scan_html(html, slots=re.compile(r"\{(?P<name>\w+)\}")), HtmlDocument)
    merged = rewrite_html(personal, values={"name": None}, pixel_slot="name")
    assert_type(merged.personal_links, tuple[Link, ...])
    assert_type(merged.personal_loads, tuple[str, ...])
    assert_type(merged.unfilled, tuple[str, ...])
    assert_type(campaign_urls(personal), tuple[str, ...])
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
    bodies = add_ways_out(html, None, withdraw=withdraw_url(domain, "t"))
    assert_type(bodies.html, str)
    assert_type(bodies.text, None)
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


def messages(raw: bytes, message: EmailMessage, decision: Decision, domain: TrackingDomain) -> bytes:
    assert_type(message_bytes(message, keep_bcc=True), bytes)
    mail = prepare_message(message, decision, domain=domain, message_id="m-1", recipients=["ann@reader.example"])
    assert_type(mail, Prepared)
    assert_type((mail.raw, mail.sender, mail.recipients), tuple[bytes, str, tuple[str, ...]])
    assert_type(mail.tracked, TrackedMessage)
    document = scan_message(raw)
    assert_type(document, MessageDocument)
    tracked = track_message(document, decision, domain=domain, message_id="m-1", text_links=True, allow_signed=True)
    assert_type(tracked, TrackedMessage)
    assert_type(tracked.parts, tuple[MessagePart, ...])
    assert_type(tracked.parts[0].reason, PartReason | None)
    assert_type(tracked.links, tuple[Link, ...])
    assert_type(tracked.edits, tuple[RawEdit, ...])
    assert_type(tracked.pixel, str | None)
    assert_type(tracked.decision, Decision)
    assert_type(untrack_message(tracked.raw, domain=domain), bytes)
    assert_type(revert_message(tracked.raw, tracked.edits), bytes)
    return strip_control_headers(raw, prefix="X-Our-")


def texts(text: str, decision: Decision, domain: TrackingDomain) -> str:
    tracked = track_text(text, decision, domain=domain, message_id="m-1", destinations="by_id")
    assert_type(tracked, RewrittenText)
    assert_type(tracked.skipped, tuple[tuple[Link, SkipReason], ...])
    assert_type(revert_text(tracked.text, tracked.edits), str)
    assert_type(untrack_text(tracked.text, domain=domain), str)
    return rewrite_text(text, click_url=lambda link: None if link.index else "{{ u0 }}").text


def answering(target: str, headers: list[tuple[str, str]], domain: TrackingDomain, route: Route) -> bytes:
    def consent(token: OpenToken | ClickToken) -> Consent:
        return Consent.of(bool(token.recipient))

    handled = handle_request(
        method="GET",
        target=target,
        headers=headers,
        domain=domain,
        route=route,
        consent=consent,
        ip="198.51.100.7",
        destination=lambda click: None if click.link_index else "https://shop.example/",
    )
    assert_type(handled, Handled)
    assert_type(handled.response, HttpResponse)
    assert_type(handled.admission, Admission)
    token = read_tracking_url(target, domain=domain)
    assert_type(token, OpenToken | ClickToken | WithdrawToken | UnsubscribeToken)
    if isinstance(token, WithdrawToken | UnsubscribeToken):
        return pixel_response(method="HEAD").body
    admission = admit(token, consent=Consent.GRANTED, route=route)
    assert_type(admission.mode, TrackingMode)
    assert_type(redirect_response(token if isinstance(token, ClickToken) else None).status, int)
    return redirect_response("https://shop.example/").body


def judging(user_agent: str, token: OpenToken, networks: Networks) -> dict[str, object]:
    verdict = classify_event(kind="open", user_agent=user_agent, networks=join_networks(networks, shipped_networks()))
    assert_type(verdict, Verdict)
    assert_type(verdict.actor, Actor)
    assert_type(verdict.human, Human)
    assert_type(verdict.reasons, tuple[str, ...])
    assert_type(verdict.is_machine or verdict.counts_for_metrics, bool)
    assert_type(load_agents("AcmeMonitor", actor=Actor.CRAWLER, human="no"), Agents)
    assert_type(load_networks("198.51.100.0/24", tag="ours", evidence=3, scope="click"), Networks)
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    client = client_key("198.51.100.7", user_agent, secret=b"a secret of sixteen", day=noon.date())
    event = Event(kind="click", user_agent=None, at=noon, client=client, link_index=0)
    assert_type(classify_message([event], delivered_at=noon, link_count=1), list[Verdict])
    assert_type(describe_client(user_agent), ClientInfo)
    assert_type(truncate_ip("198.51.100.7"), str | None)
    payload = event_payload(token, verdict, event_id="e-1", occurred_at=noon, recipient="a@shop.example", first=True)
    return minimise(payload, mode=TrackingMode.AGGREGATE)


def checking(html: str, raw: bytes, domain: TrackingDomain, decision: Decision) -> str:
    audit = audit_html(html, domains=[domain, "t.example"], known_trackers=("ads.example",))
    assert_type(audit, Audit)
    assert_type(audit.outcome, AuditOutcome)
    assert_type(audit.findings, tuple[Finding, ...])
    assert_type(audit_message(raw, domains=[domain]).to_dict(), dict[str, object])
    differences = compare_renderings([html, html], allow=["https://shop.example/", re.compile("leave")])
    assert_type(differences, list[Difference])
    assert_type(differences[0].values, tuple[str | None, ...])
    assert_type(compare_messages((raw, raw)), list[Difference])
    assert_type(verify_rewrite(html, html), list[Finding])
    assert_type(verify_message(html.encode(), html.encode(), prefix="X-Our-"), list[Finding])
    findings = lint_unsubscribe(raw, domains=[domain], decision=decision)
    assert_type(findings, list[Finding])
    assert_type(findings[0].kind, FindingKind)
    assert_untracked(html, domains=["t.example"], allow_aggregate=True)
    assert_untracked(EmailMessage())
    assert_same_for_everyone([raw, raw], allow=[re.compile("leave")])
    assert_unsubscribe_ok(raw, decision=decision)
    return findings[0].why


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
    scan_message("a text")  # type: ignore[arg-type]
    rewrite_text("", policy=LinkPolicy())  # type: ignore[call-arg]
    classify_event(kind="reply", user_agent=None)  # type: ignore[arg-type]
    admit(read_open_token(keys, "t"))  # type: ignore[call-arg]
    load_networks("", tag="x", scope="all")  # type: ignore[arg-type]
    redirect_response(read_open_token(keys, "t"))  # type: ignore[arg-type]
    audit_html(html)  # type: ignore[arg-type]
    audit_message("a text")  # type: ignore[arg-type]
    compare_renderings([html])  # type: ignore[list-item]
    verify_rewrite(html, "")  # type: ignore[arg-type]
    lint_unsubscribe(html, domain="t.example")  # type: ignore[call-arg]
