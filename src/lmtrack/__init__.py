"""E-mail tracking primitives as plain functions: decide, rewrite, sign, classify, prove.

A name is imported when it is first used, so that `import lmtrack` costs nothing a program does not need.
"""

import sys
from importlib import import_module

TYPE_CHECKING = False  # as type checkers read it: `typing` alone would be the greater part of this import

if TYPE_CHECKING:
    from lmtrack.audit import (
        Audit,
        AuditOutcome,
        Difference,
        Finding,
        FindingKind,
        audit_html,
        audit_message,
        compare_messages,
        compare_renderings,
        lint_unsubscribe,
        verify_rewrite,
    )
    from lmtrack.classifier import (
        Actor,
        ClientInfo,
        Event,
        Human,
        Networks,
        Signal,
        Verdict,
        classify_event,
        classify_message,
        client_key,
        describe_client,
        join_networks,
        load_networks,
        shipped_networks,
        truncate_ip,
    )
    from lmtrack.endpoint import (
        Admission,
        AdmissionReason,
        Handled,
        HttpResponse,
        admit,
        event_payload,
        handle_request,
        minimise,
        pixel_response,
        read_tracking_url,
        redirect_response,
    )
    from lmtrack.errors import (
        BadDestination,
        BadToken,
        BadTokenSignature,
        InvalidOverride,
        LmtrackError,
        MalformedToken,
        TokenExpired,
        TokenNotYetValid,
        TokenRevoked,
        UnknownKey,
        UnknownVersion,
        WrongPurpose,
    )
    from lmtrack.html import (
        Campaign,
        HtmlDocument,
        RewrittenHtml,
        pixel_tag,
        revert_html,
        rewrite_html,
        scan_html,
        track_html,
        untrack_html,
    )
    from lmtrack.links import Edit, Link, LinkPolicy, SkipReason
    from lmtrack.message import (
        MessageDocument,
        MessagePart,
        PartAction,
        PartReason,
        RawEdit,
        TrackedMessage,
        message_bytes,
        prepare_message,
        revert_message,
        scan_message,
        strip_control_headers,
        track_message,
        untrack_message,
    )
    from lmtrack.resolver import (
        Consent,
        Decision,
        Override,
        Reason,
        Route,
        TrackingMode,
        parse_headers,
        parse_settings,
        resolve,
        resolve_shared,
    )
    from lmtrack.text import RewrittenText, revert_text, rewrite_text, track_text, untrack_text
    from lmtrack.tokens import (
        ClickToken,
        Keys,
        OpenToken,
        TokenHeader,
        WithdrawToken,
        explain_token,
        make_click_token,
        make_click_tokens,
        make_keys,
        make_open_token,
        make_withdraw_token,
        read_click_token,
        read_open_token,
        read_withdraw_token,
    )
    from lmtrack.urls import TrackingDomain, click_url, open_url, withdraw_url

__all__ = [
    "Actor",
    "Admission",
    "AdmissionReason",
    "Audit",
    "AuditOutcome",
    "BadDestination",
    "BadToken",
    "BadTokenSignature",
    "Campaign",
    "ClickToken",
    "ClientInfo",
    "Consent",
    "Decision",
    "Difference",
    "Edit",
    "Event",
    "Finding",
    "FindingKind",
    "Handled",
    "HtmlDocument",
    "HttpResponse",
    "Human",
    "InvalidOverride",
    "Keys",
    "Link",
    "LinkPolicy",
    "LmtrackError",
    "MalformedToken",
    "MessageDocument",
    "MessagePart",
    "Networks",
    "OpenToken",
    "Override",
    "PartAction",
    "PartReason",
    "RawEdit",
    "Reason",
    "RewrittenHtml",
    "RewrittenText",
    "Route",
    "Signal",
    "SkipReason",
    "TokenExpired",
    "TokenHeader",
    "TokenNotYetValid",
    "TokenRevoked",
    "TrackedMessage",
    "TrackingDomain",
    "TrackingMode",
    "UnknownKey",
    "UnknownVersion",
    "Verdict",
    "WithdrawToken",
    "WrongPurpose",
    "admit",
    "audit_html",
    "audit_message",
    "classify_event",
    "classify_message",
    "click_url",
    "client_key",
    "compare_messages",
    "compare_renderings",
    "describe_client",
    "event_payload",
    "explain_token",
    "handle_request",
    "join_networks",
    "lint_unsubscribe",
    "load_networks",
    "make_click_token",
    "make_click_tokens",
    "make_keys",
    "make_open_token",
    "make_withdraw_token",
    "message_bytes",
    "minimise",
    "open_url",
    "parse_headers",
    "parse_settings",
    "pixel_response",
    "pixel_tag",
    "prepare_message",
    "read_click_token",
    "read_open_token",
    "read_tracking_url",
    "read_withdraw_token",
    "redirect_response",
    "resolve",
    "resolve_shared",
    "revert_html",
    "revert_message",
    "revert_text",
    "rewrite_html",
    "rewrite_text",
    "scan_html",
    "scan_message",
    "shipped_networks",
    "strip_control_headers",
    "track_html",
    "track_message",
    "track_text",
    "truncate_ip",
    "untrack_html",
    "untrack_message",
    "untrack_text",
    "verify_rewrite",
    "withdraw_url",
]

# Which module makes which names. The imports above tell type checkers the same; a test sees to it.
_NAMES_OF = {
    "audit": (
        "Audit AuditOutcome Difference Finding FindingKind audit_html audit_message compare_messages "
        "compare_renderings lint_unsubscribe verify_rewrite"
    ),
    "classifier": (
        "Actor ClientInfo Event Human Networks Signal Verdict classify_event classify_message client_key "
        "describe_client join_networks load_networks shipped_networks truncate_ip"
    ),
    "endpoint": (
        "Admission AdmissionReason Handled HttpResponse admit event_payload handle_request minimise pixel_response "
        "read_tracking_url redirect_response"
    ),
    "errors": (
        "BadDestination BadToken BadTokenSignature InvalidOverride LmtrackError MalformedToken TokenExpired "
        "TokenNotYetValid TokenRevoked UnknownKey UnknownVersion WrongPurpose"
    ),
    "html": "Campaign HtmlDocument RewrittenHtml pixel_tag revert_html rewrite_html scan_html track_html untrack_html",
    "links": "Edit Link LinkPolicy SkipReason",
    "message": (
        "MessageDocument MessagePart PartAction PartReason RawEdit TrackedMessage message_bytes prepare_message "
        "revert_message scan_message strip_control_headers track_message untrack_message"
    ),
    "resolver": (
        "Consent Decision Override Reason Route TrackingMode parse_headers parse_settings resolve resolve_shared"
    ),
    "text": "RewrittenText revert_text rewrite_text track_text untrack_text",
    "tokens": (
        "ClickToken Keys OpenToken TokenHeader WithdrawToken explain_token make_click_token make_click_tokens "
        "make_keys make_open_token make_withdraw_token read_click_token read_open_token read_withdraw_token"
    ),
    "urls": "TrackingDomain click_url open_url withdraw_url",
}
_MODULE_OF = {name: module for module, names in _NAMES_OF.items() for name in names.split()}
_MODULES = frozenset(_NAMES_OF)


def _first_use(name: str, /) -> object:
    """Import what the package is asked for; the next time the name is simply there."""
    if name in _MODULE_OF:
        value: object = getattr(import_module(f"lmtrack.{_MODULE_OF[name]}"), name)
        globals()[name] = value
        return value
    if name in _MODULES:
        return import_module(f"lmtrack.{name}")
    raise AttributeError(f"module 'lmtrack' has no attribute {name!r}", name=name, obj=sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULE_OF, *_MODULES})


if not TYPE_CHECKING:  # a checker that saw it would believe in every misspelt name
    __getattr__ = _first_use
