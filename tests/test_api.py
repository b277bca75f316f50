"""The public names and signatures: what is written here is what callers rely on, and changes only on purpose."""

from __future__ import annotations

import ast
import inspect
import pickle
import subprocess
import sys
from dataclasses import is_dataclass
from datetime import timedelta
from enum import Enum
from importlib import import_module
from typing import Any, get_type_hints

import pytest

import lmtrack
from door_names import DOOR_OF

KINDS = """
    own_tracking_url known_tracker hidden_image redirector identifier read_receipt aggregate_token encrypted
    undecodable truncated limit_reached element_changed attribute_changed text_changed raw_text_changed
    comment_changed doctype_changed spelling_changed link_changed extra_pixel header_changed
    part_changed pixel_not_shown unsubscribe_missing
    unsubscribe_repeated unsubscribe_malformed unsubscribe_encoded unsubscribe_split unsubscribe_bad_character
    unsubscribe_too_long
    unsubscribe_placeholder unsubscribe_no_https unsubscribe_several_https unsubscribe_http unsubscribe_tracked
    unsubscribe_post_missing unsubscribe_post_repeated unsubscribe_post_value unsubscribe_post_useless
    unsubscribe_not_signed unsubscribe_link_missing unsubscribe_link_tracked unsubscribe_link_hidden
    withdrawal_link_missing withdrawal_link_hidden
"""  # of findings: one that is dropped or renamed breaks who compares with it

SIGNATURES = {
    "Actor": (
        "HUMAN=human APPLE_MPP=apple_mpp IMAGE_PROXY=image_proxy GMAIL_PREFETCH=gmail_prefetch "
        "SECURITY_SCANNER=security_scanner LINK_PREVIEW=link_preview AI_AGENT=ai_agent CRAWLER=crawler "
        "HTTP_CLIENT=http_client UNKNOWN=unknown"
    ),
    "Admission": "(*, mode, reason)",
    "AdmissionReason": (
        "CONSENT_GRANTED=consent_granted CONSENT_UNKNOWN_ALLOWED=consent_unknown_allowed "
        "WITHOUT_CONSENT=without_consent CONSENT_DENIED=consent_denied CONSENT_WITHDRAWN=consent_withdrawn "
        "CONSENT_UNKNOWN=consent_unknown CONSENT_UNAVAILABLE=consent_unavailable BEFORE_WITHDRAWAL=before_withdrawal "
        "BEFORE_CONSENT=before_consent CEILING=ceiling ROUTE_UNAVAILABLE=route_unavailable "
        "METHOD=method PREFETCH=prefetch MACHINE=machine NOT_KNOWN=not_known NOT_TRACKED=not_tracked "
        "BAD_TOKEN=bad_token MALFORMED=malformed UNKNOWN_VERSION=unknown_version UNKNOWN_KEY=unknown_key "
        "BAD_SIGNATURE=bad_signature WRONG_PURPOSE=wrong_purpose EXPIRED=expired NOT_YET_VALID=not_yet_valid "
        "REVOKED=revoked BAD_DESTINATION=bad_destination SCANNER=scanner NOT_FOUND=not_found "
        "NO_DESTINATION=no_destination DESTINATION_UNAVAILABLE=destination_unavailable WITHDRAW_PAGE=withdraw_page "
        "WITHDRAW=withdraw UNSUBSCRIBE_PAGE=unsubscribe_page UNSUBSCRIBE=unsubscribe RESUBSCRIBE=resubscribe"
    ),
    "Agents": "(rows)",
    "Audit": "(*, outcome, findings)",
    "AuditOutcome": "CLEAN=clean AGGREGATE=aggregate NOT_PROVABLE=not_provable TRACKED=tracked",
    "BadDestination": "BadToken ValueError",
    "BadSlot": "LmtrackError ValueError",
    "BadToken": "LmtrackError BadData",
    "BadTokenSignature": "BadToken BadSignature",
    "BadValue": "LmtrackError ValueError",
    "Bodies": "(html, text)",
    "Campaign": "(*, id, started_at, urls=None)",
    "ClickToken": "(message_id, recipient, mode, issued_at, link_index, url)",
    "ClientInfo": "(*, device_type, client_type, client_name)",
    "Consent": "GRANTED=granted DENIED=denied WITHDRAWN=withdrawn UNKNOWN=unknown",
    "ConsentRecord": "(*, state, since=None, withdrawn_at=None, method=None, wording=None, reference=None)",
    "Decision": (
        "already_tracked clicks decided_at from_dict inputs limits lower lower_by opens reasons to_dict track_clicks "
        "track_opens version"
    ),
    "Difference": "(*, place, values, expected, why)",
    "Edit": "(offset, old, new)",
    "Engagement": (
        "(*, opened, clicked, first_human_at=None, human_opens=0, human_clicks=0, privacy_opens=0, unknown_opens=0, "
        "unknown_clicks=0, machine_opens=0, machine_clicks=0)"
    ),
    "Event": (
        "(*, kind, user_agent, at, ip=None, asn=None, client=None, sources=(), link_index=None, method='GET', "
        "headers=None, honeypot=False)"
    ),
    "Finding": "(*, kind, place, url=None, why)",
    "FindingKind": " ".join(f"{kind.upper()}={kind}" for kind in KINDS.split()),
    "Handled": (
        "(*, response, admission, event=None, last_open=None, withdrawal=None, unsubscribe=None, resubscribe=None)"
    ),
    "HtmlDocument": "(html, slots=None)",
    "HttpResponse": "(*, status, headers, body=b'')",
    "Human": "YES=yes NO=no UNKNOWABLE=unknowable YES_CLIENT_HIDDEN=yes_client_hidden",
    "InvalidOverride": "LmtrackError ValueError",
    "Keys": "opaque",
    "LastOpen": "(*, message_id, recipient, day)",
    "Link": (
        "(index, url, element='a', conditional=False, source='', start=0, limit=0, personal=False, template_url='')"
    ),
    "LinkPolicy": (
        "(*, skip_urls=(), skip_hosts=(), skip_slots=(), preference_urls=(), opt_out_attributes=(), slot_hosts=(), "
        "tracking_hosts=(), track_unsubscribe=False, track_sensitive=False, track_conditional=True, "
        "strip_opt_out='own', skip_url_text='foreign', max_url_octets=2000)"
    ),
    "LmtrackError": "Exception",
    "MalformedToken": "BadToken",
    "MessageDocument": "(raw, slots=None)",
    "MessagePart": "(path, content_type, action, reason)",
    "MissingValue": "LmtrackError KeyError",
    "Networks": "opaque",
    "OpenToken": "(message_id, recipient, mode, issued_at)",
    "Override": "(*, track_opens=None, track_clicks=None)",
    "PageWords": (
        "direction failed_text failed_title gone_text gone_title language leave_button leave_text "
        "leave_title left_text left_title missing_text missing_title onward_link onward_text onward_title "
        "return_button returned_text returned_title stop_button stop_text stop_title stopped_text stopped_title "
        "unknown_text unknown_title"
    ),
    "PartAction": "TRACKED=tracked MERGED=merged UNTOUCHED=untouched",
    "PartReason": (
        "NOT_TEXT=not_text PLAIN_TEXT=plain_text AMP=amp CALENDAR=calendar SMIME=smime INLINE_PGP=inline_pgp "
        "ATTACHMENT=attachment NAMED=named CHECKSUM=checksum RELATED=related SIGNED=signed ENCRYPTED=encrypted "
        "REPORT=report DIGEST=digest MESSAGE=message CONTAINER=container CHARSET=charset ENCODING=encoding "
        "BROKEN_ENCODING=broken_encoding LINE_TOO_LONG=line_too_long FLOWED=flowed EMPTY=empty MALFORMED=malformed "
        "TOO_DEEP=too_deep TOO_MANY_PARTS=too_many_parts NOT_TRACKED=not_tracked NO_CHANGE=no_change"
    ),
    "PendingRequest": "(*, kind, token, method, headers, body, problem, now)",
    "Prepared": "(*, raw, sender, recipients, tracked)",
    "Rate": "(*, low, high, coverage)",
    "Rates": (
        "(*, opened, clicked, opened_by_people=0, opened_by_proxies_only=0, opened_by_machines_only=0, "
        "clicked_by_people=0, clicked_by_machines_only=0)"
    ),
    "RawEdit": "(offset, old, new)",
    "Reason": (
        "ROUTE_OFF=route_off OVERRIDE_INVALID=override_invalid OVERRIDE_CONFLICT=override_conflict "
        "OVERRIDE_FALSE=override_false OVERRIDE_TRUE=override_true CEILING=ceiling CONSENT_DENIED=consent_denied "
        "CONSENT_WITHDRAWN=consent_withdrawn CONSENT_UNKNOWN=consent_unknown "
        "CONSENT_UNKNOWN_ALLOWED=consent_unknown_allowed SHARED_BODY=shared_body "
        "AGGREGATE_WITHOUT_CAMPAIGN=aggregate_without_campaign ALREADY_SIGNED=already_signed NO_HTML=no_html "
        "RAW_MESSAGE=raw_message LINE_TOO_LONG=line_too_long ALREADY_TRACKED=already_tracked"
    ),
    "RecordedEvent": "(*, token, verdict, dedup_key, request)",
    "RewrittenHtml": (
        "(*, html, links, skipped, edits, pixel_offset, decision=None, personal_links=(), personal_loads=(), "
        "unfilled=())"
    ),
    "RewrittenText": "(*, text, links, skipped, edits, decision=None, personal_links=(), unfilled=())",
    "Route": (
        "(*, track_opens=False, track_clicks=False, require_consent=False, without_consent=TrackingMode.OFF, "
        "after_refusal=TrackingMode.OFF, ceiling=TrackingMode.INDIVIDUAL)"
    ),
    "Signal": (
        "UA_BROWSER=ua.browser UA_MAIL_CLIENT=ua.mail_client UA_APP=ua.app UA_UNKNOWN=ua.unknown "
        "UA_MISSING=ua.missing UA_APPLE_MPP=ua.apple_mpp UA_GMAIL_PREFETCH=ua.gmail_prefetch "
        "UA_GOOGLE_IMAGE_PROXY=ua.google_image_proxy UA_YAHOO_MAIL_PROXY=ua.yahoo_mail_proxy "
        "UA_MAIL_PROXY=ua.mail_proxy UA_SITE_PROXY=ua.site_proxy UA_SCANNER_TOKEN=ua.scanner_token "
        "UA_PREVIEW_TOKEN=ua.preview_token UA_OFFICE_PROBE=ua.office_probe UA_AI_AGENT=ua.ai_agent "
        "UA_LISTED=ua.listed UA_DECLARED_BOT=ua.declared_bot UA_PURPOSE=ua.purpose UA_LIST=ua.list "
        "UA_HTTP_LIBRARY=ua.http_library UA_HEADLESS=ua.headless UA_CHROME_BUILD=ua.chrome_build_impossible "
        "UA_CHROME_PATCH=ua.chrome_patch_unlikely UA_IMPOSSIBLE_PLATFORM=ua.impossible_platform "
        "UA_COMPATIBLE_UNKNOWN=ua.compatible_unknown UA_ADDED_NAME=ua.added_name UA_BARE_MOZILLA=ua.bare_mozilla "
        "UA_TOOL_SHAPE=ua.tool_shape METHOD_HEAD=method.head METHOD_OPTIONS=method.options "
        "HDR_PREFETCH=hdr.prefetch HDR_SIGNATURE_AGENT=hdr.signature_agent "
        "HDR_NO_ACCEPT_LANGUAGE=hdr.no_accept_language HDR_NO_SEC_FETCH=hdr.no_sec_fetch "
        "HDR_REFERER_REWRITER=hdr.referer_rewriter TIME_LT_2S=time.lt_2s TIME_LT_10S=time.lt_10s "
        "NET_APPLE_EGRESS=net.apple_egress NET_SCANNER=net.scanner NET_SCANNER_PROBABLE=net.scanner_probable "
        "NET_MAIL_PROXY=net.mail_proxy NET_CLOUD=net.cloud NET_LISTED=net.listed NET_INVALID=net.invalid "
        "MSG_HONEYPOT=msg.honeypot "
        "MSG_HONEYPOT_TAINT=msg.honeypot_taint MSG_FAST=msg.burst_4_in_1s MSG_BURST=msg.burst_3_in_2s "
        "MSG_SWEEP=msg.all_links_in_10s MSG_PACE=msg.steady_pace MSG_SAME_CLIENT=msg.same_client "
        "MSG_TWO_LINKS=msg.two_links_same_second MSG_DETONATION=msg.detonation MSG_AGENTS=msg.agents_rotate "
        "MSG_TURNS=msg.hosts_take_turns MSG_DUPLICATE=msg.duplicate"
    ),
    "SkipReason": (
        "EMPTY=empty PLACEHOLDER=placeholder FRAGMENT=fragment SCHEME=scheme SCHEME_RELATIVE=scheme_relative "
        "RELATIVE=relative BAD_DESTINATION=bad_destination TOO_LONG=too_long TRACKED=tracked OPT_OUT=opt_out "
        "LISTED=listed UNSUBSCRIBE=unsubscribe SENSITIVE=sensitive URL_TEXT=url_text PERSONAL=personal "
        "TOO_MANY=too_many UNDECODABLE=undecodable LINE_TOO_LONG=line_too_long"
    ),
    "Timing": (
        "(*, scan_window=timedelta(seconds=600), at_once=timedelta(seconds=2), quick=timedelta(seconds=10), "
        "burst_links=3, burst_span=timedelta(seconds=2), fast_links=4, fast_span=timedelta(seconds=1), "
        "pace_links=4, pace_span=timedelta(seconds=7, microseconds=500000), many_links=8, "
        "many_span=timedelta(seconds=60), sweep_links=4, sweep_span=timedelta(seconds=10), "
        "two_links_span=timedelta(seconds=1, microseconds=500000), few_pace=timedelta(seconds=2, "
        "microseconds=500000), pair_span=timedelta(seconds=1), agents=3, agents_span=timedelta(seconds=10), "
        "proof_before=timedelta(seconds=60), proof_after=timedelta(seconds=300), proof_near=timedelta(seconds=10), "
        "trap_before=timedelta(seconds=60), trap_after=timedelta(seconds=900), trap_near=timedelta(seconds=10), "
        "look_span=timedelta(seconds=60), duplicate_span=timedelta(seconds=2), "
        "handover_span=timedelta(seconds=10))"
    ),
    "TokenExpired": "BadToken SignatureExpired",
    "TokenHeader": "(*, version, kind, purpose, mode, key_hint, issued_at)",
    "TokenNotYetValid": "BadToken BadTimeSignature",
    "TokenRevoked": "BadToken",
    "TrackedMessage": (
        "(*, raw, parts, links, skipped, edits, pixel, decision, personal_links=(), personal_loads=(), unfilled=())"
    ),
    "TrackingDomain": "(base_url, keys, *, ways_out_url=None)",
    "TrackingHost": (
        "(*, domain, route, consent, record, withdraw, last_open=None, unsubscribe=None, resubscribe=None, "
        "delivered_at=None, destination=None, words=None, client_ip=None, networks=None, agents=None, "
        "report=None)"
    ),
    "TrackingMode": "OFF=0 AGGREGATE=1 DELIVERABILITY=2 INDIVIDUAL=3",
    "UnknownKey": "BadToken BadSignature",
    "UnknownVersion": "BadToken",
    "UnsubscribeToken": "(message_id, recipient, issued_at)",
    "Unsupported": "LmtrackError",
    "Verdict": "(*, actor, human, evidence, reasons=(), vendor=None, sources=(), cause=None)",
    "WithdrawToken": "(message_id, recipient, issued_at)",
    "WrongPurpose": "BadToken",
    "add_query": "(url, parameters, /)",
    "add_ways_out": (
        "(html, text, /, *, unsubscribe=None, withdraw=None, unsubscribe_label='Unsubscribe', "
        "withdraw_label='Stop tracking', marker=None)"
    ),
    "admit": "(token, /, *, consent, route, withdrawn_at=None, verdict=None, method='GET')",
    "audit_html": "(html, /, *, domains=(), known_trackers=())",
    "audit_message": "(raw, /, *, domains=(), known_trackers=())",
    "campaign_urls": "(source, /, *, policy=LinkPolicy())",
    "classify_event": (
        "(*, kind, user_agent, ip=None, asn=None, method='GET', headers=None, delay=None, networks=None, "
        "agents=None, honeypot=False)"
    ),
    "classify_message": (
        "(events, /, *, delivered_at=None, link_count=None, networks=None, agents=None, timing=Timing())"
    ),
    "click_url": "(domain, token)",
    "client_key": "(ip, user_agent, /, *, secret, day)",
    "compare_messages": "(raws, /, *, allow=())",
    "compare_renderings": "(renderings, /, *, allow=())",
    "describe_client": "(user_agent, /)",
    "engagement_rates": "(engagements, /, *, delivered, open_tracked, click_tracked)",
    "event_payload": (
        "(token, verdict, /, *, event_id, occurred_at, recipient, first, subject=None, tag=None, tags=None, "
        "metadata=None, client=None, user_agent=None, url=None, anchor_text=None)"
    ),
    "explain_token": "(token, /)",
    "handle_request": (
        "(*, method, target, headers, body=b'', domain, route, consent, ip=None, asn=None, networks=None, "
        "agents=None, delivered_at=None, destination=None, words=None, now=None)"
    ),
    "join_networks": "(*networks)",
    "layer_overrides": "(*overrides)",
    "lint_unsubscribe": "(raw, /, *, domains=(), preference_urls=(), decision=None)",
    "load_agents": "(text, /, *, actor, human)",
    "load_networks": "(text, /, *, tag, evidence=2, scope='both')",
    "make_click_token": (
        "(keys, message_id, link_index, *, url=None, recipient=0, mode=TrackingMode.INDIVIDUAL, now=None)"
    ),
    "make_click_tokens": "(keys, message_id, urls, *, recipient=0, mode=TrackingMode.INDIVIDUAL, now=None)",
    "make_keys": "(current, previous=(), *, tenant=b'')",
    "make_open_token": "(keys, message_id, *, recipient=0, mode=TrackingMode.INDIVIDUAL, now=None)",
    "make_slots": "(names, /, *, nonce)",
    "make_unsubscribe_token": "(keys, message_id, *, recipient=0, now=None)",
    "make_withdraw_token": "(keys, message_id, *, recipient=0, now=None)",
    "message_bytes": "(message, /, *, keep_bcc=False)",
    "message_engagement": "(events, verdicts, /, *, opens_allowed)",
    "minimise": "(payload, /, *, mode)",
    "not_stored_response": "(response, /, *, words=None)",
    "open_url": "(domain, token)",
    "parse_headers": "(headers, /, *, strict=False, prefix='X-LM-Override-')",
    "parse_settings": "(settings, /, *, strict=True)",
    "pixel_response": "(*, method='GET')",
    "pixel_tag": "(url, /)",
    "prepare_message": (
        "(message, decision, /, *, domain, message_id, recipient=0, sender=None, recipients=None, shared=True, "
        "campaign=None, destination=None, destinations='inline', text_links=False, policy=LinkPolicy(), "
        "pixel_position='auto', allow_signed=False, prefix='X-LM-Override-', slots=None, defaults=None, values=None, "
        "pixel_slot=None, now=None)"
    ),
    "read_click_token": (
        "(keys, token, *, max_age=timedelta(days=30), leeway=timedelta(seconds=300), issued_after=None, now=None)"
    ),
    "read_keys": "(text, /, *, tenant=b'')",
    "read_open_token": (
        "(keys, token, *, max_age=timedelta(days=30), leeway=timedelta(seconds=300), issued_after=None, now=None)"
    ),
    "read_request": "(*, method, target, headers, body=b'', domain, now=None)",
    "read_tracking_url": "(url_or_path, /, *, domain, max_age=timedelta(days=30), issued_after=None, now=None)",
    "read_unsubscribe_token": "(keys, token, *, now=None)",
    "read_withdraw_token": "(keys, token, *, now=None)",
    "redirect_response": "(destination, /, *, method='GET')",
    "resolve": "(route, /, *overrides, consent=Consent.UNKNOWN, clicks_consent=None, now=None)",
    "resolve_shared": "(decisions, /)",
    "revert_html": "(html, edits, /)",
    "revert_message": "(raw, edits, /)",
    "revert_text": "(text, edits, /)",
    "rewrite_html": (
        "(source, /, *, click_url=None, pixel_url=None, policy=LinkPolicy(), pixel_position='end', "
        "slots=None, defaults=None, values=None, pixel_slot=None)"
    ),
    "rewrite_text": "(text, /, *, click_url, policy=LinkPolicy(), slots=None, defaults=None, values=None)",
    "scan_html": "(html, /, *, slots=None, defaults=None)",
    "scan_message": "(raw, /, *, slots=None, defaults=None)",
    "service_headers": "(decision, /, *, service, tracker, account_off=False)",
    "service_settings": "(decision, /, *, service, tracker, account_off=False)",
    "shipped_networks": "()",
    "strip_control_headers": "(raw, /, *, prefix='X-LM-Override-')",
    "track_html": (
        "(source, decision, /, *, domain, message_id, recipient=0, campaign=None, destination=None, "
        "destinations='inline', policy=LinkPolicy(), pixel_position='auto', slots=None, defaults=None, "
        "values=None, pixel_slot=None, max_line=None, now=None)"
    ),
    "track_message": (
        "(source, decision, /, *, domain, message_id, recipient=0, campaign=None, destination=None, "
        "destinations='inline', text_links=False, policy=LinkPolicy(), pixel_position='auto', allow_signed=False, "
        "prefix='X-LM-Override-', slots=None, defaults=None, values=None, pixel_slot=None, now=None)"
    ),
    "track_text": (
        "(text, decision, /, *, domain, message_id, recipient=0, campaign=None, destination=None, "
        "destinations='inline', policy=LinkPolicy(), slots=None, defaults=None, values=None, now=None)"
    ),
    "truncate_ip": "(ip, /, *, v4=24, v6=48)",
    "unsubscribe_headers": "(url, /, *, mailto=None)",
    "unsubscribe_url": "(domain, token)",
    "untrack_html": "(html, /, *, domain)",
    "untrack_message": "(raw, /, *, domain)",
    "untrack_text": "(text, /, *, domain)",
    "verify_message": "(before, after, /, *, prefix='X-LM-Override-')",
    "verify_rewrite": "(before, after, /)",
    "withdraw_url": "(domain, token)",
}


def public(name: str) -> object:
    return getattr(import_module(f"lmtrack.{DOOR_OF[name]}") if name in DOOR_OF else lmtrack, name)


def signature_of(name: str) -> str:
    """Parameters with their kinds and defaults; members of closed sets, bases of errors, attributes of results."""
    value: Any = public(name)
    if name in {"Keys", "Networks"}:  # made by functions only, and nobody looks into them
        return "opaque"
    if name == "PageWords":  # texts are not part of the interface
        return " ".join(sorted(value.__dataclass_fields__))
    if name == "Decision":  # made by functions only
        return " ".join(sorted(attribute for attribute in dir(value) if not attribute.startswith("_")))
    if isinstance(value, type) and issubclass(value, Enum):
        return " ".join(f"{member.name}={member.value}" for member in value)
    if isinstance(value, type) and issubclass(value, Exception):
        return " ".join(base.__name__ for base in value.__bases__)
    signature = inspect.signature(value)
    plain = [
        parameter.replace(annotation=parameter.empty, default=_Plain.of(parameter.default))
        for parameter in signature.parameters.values()
    ]
    return str(signature.replace(parameters=plain, return_annotation=signature.empty))


class _Plain(str):
    """A default as it is written in the source."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    @staticmethod
    def of(default: object) -> object:
        if isinstance(default, Enum):
            return _Plain(f"{type(default).__name__}.{default.name}")
        if default == lmtrack.LinkPolicy():
            return _Plain("LinkPolicy()")
        return _Plain(repr(default).removeprefix("datetime.")) if isinstance(default, timedelta) else default


def test_the_public_names_are_these_and_sorted() -> None:
    assert sorted(set(SIGNATURES) - set(DOOR_OF)) == lmtrack.__all__ == sorted(set(lmtrack.__all__))


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_signatures_are_frozen(name: str) -> None:
    assert signature_of(name) == SIGNATURES[name]


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_every_public_name_has_a_docstring_and_pickles_by_name(name: str) -> None:
    value = public(name)
    assert inspect.getdoc(value)
    assert pickle.loads(pickle.dumps(value)) is value  # noqa: S301 - our own bytes


@pytest.mark.parametrize("name", lmtrack.__all__)
def test_every_public_name_is_the_object_of_its_door_and_of_no_other(name: str) -> None:
    (door,) = (door for door in lmtrack._DOORS if name in import_module(f"lmtrack.{door}").__all__)
    assert getattr(lmtrack, name) is lmtrack._first_use(name) is getattr(import_module(f"lmtrack.{door}"), name)


@pytest.mark.parametrize("name", DOOR_OF)
def test_asking_the_face_for_what_functions_return_names_the_door(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"no attribute '{name}'; import it from lmtrack\.{DOOR_OF[name]}$"):
        getattr(lmtrack, name)


def public_values() -> list[str]:
    return [name for name in sorted(SIGNATURES) if is_dataclass(value := public(name)) or hasattr(value, "_fields")]


@pytest.mark.parametrize("name", public_values())
def test_the_types_of_a_value_s_fields_are_there_at_run_time(name: str) -> None:
    value: Any = public(name)
    fields = set(value._fields if hasattr(value, "_fields") else value.__dataclass_fields__)
    assert set() != fields <= set(get_type_hints(value))


def test_type_checkers_are_told_of_the_same_names() -> None:
    # They are told by star imports of the doors, whose `__all__` they follow.
    told = [
        statement.module
        for statement in ast.walk(ast.parse(inspect.getsource(lmtrack)))
        if isinstance(statement, ast.ImportFrom) and [alias.name for alias in statement.names] == ["*"]
    ]
    assert sorted(lmtrack._DOORS) == [module.removeprefix("lmtrack.") for module in told if module]
    exported = [name for door in lmtrack._DOORS for name in import_module(f"lmtrack.{door}").__all__]
    assert sorted(exported) == lmtrack.__all__


def test_public_modules_are_there_too_and_no_name_hides_one() -> None:
    assert set(lmtrack._DOORS).isdisjoint(lmtrack.__all__)
    for name in lmtrack._DOORS:
        assert lmtrack._first_use(name) is import_module(f"lmtrack.{name}") is getattr(lmtrack, name)


def test_listing_the_package_shows_names_that_were_never_used() -> None:
    listed = printed("import lmtrack; print(*dir(lmtrack))").split()
    assert {*lmtrack.__all__, *lmtrack._DOORS, "__all__", "__doc__"} <= set(listed)
    assert listed == sorted(set(listed)) == sorted(set(dir(lmtrack)) & set(listed))


def test_a_name_nobody_made_is_an_attribute_error_that_knows_the_next_best() -> None:
    with pytest.raises(AttributeError, match=r"^module 'lmtrack' has no attribute 'track_htm'") as caught:
        getattr(lmtrack, "track_htm")  # noqa: B009 - a type checker would find it
    assert (caught.value.name, caught.value.obj) == ("track_htm", lmtrack)
    with pytest.raises(ImportError, match="cannot import name '_html_'"):
        exec("from lmtrack import _html_")  # noqa: S102 - our own code


def test_a_star_imports_the_public_names_and_nothing_else() -> None:
    code = "before = {*globals(), 'before'}; from lmtrack import *; print(*sorted({*globals()} - before))"
    assert printed(code).split() == lmtrack.__all__


def test_importing_the_package_imports_nothing_else_until_a_name_is_used() -> None:
    added = "import sys; before = {*sys.modules}; import lmtrack; print(*{*sys.modules} - before)"
    assert {name for name in printed(added).split() if name.partition(".")[0] not in {"importlib", "warnings"}} == {
        "lmtrack"
    }


def test_deciding_and_rewriting_load_neither_lxml_nor_user_agents() -> None:
    heavy = "print({'lxml', 'user_agents', 'email', 'hypothesis', 'pytest'} & {*sys.modules})"
    assert printed(f"import sys, lmtrack; lmtrack.resolve, lmtrack.track_html; {heavy}") == "set()"


def test_threads_may_use_the_first_names_at_the_same_time() -> None:
    code = """
import lmtrack, sys, threading
sys.setswitchinterval(1e-6)
start, found = threading.Barrier(8), [set() for _ in range(8)]
def use(mine, names):
    start.wait()
    mine.update((name, id(getattr(lmtrack, name))) for name in names)
orders = [lmtrack.__all__[index * 5:] + lmtrack.__all__[:index * 5] for index in range(8)]
threads = [threading.Thread(target=use, args=pair) for pair in zip(found, orders)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(set().union(*found)), {len(mine) for mine in found})
"""
    assert printed(code) == f"{len(lmtrack.__all__)} {{{len(lmtrack.__all__)}}}"


def printed(code: str) -> str:
    """What a new interpreter prints."""
    environment = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    ran = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    return ran.stdout.rstrip("\n")
