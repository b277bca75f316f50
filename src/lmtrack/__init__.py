"""Email tracking primitives as plain functions: decide, rewrite, sign, classify, prove.

The face shows functions, values that callers construct or read back, enums and errors. What a function returns is
imported from its door, as in `from lmtrack.message import TrackedMessage`. A name is imported when it is first used, so
`import lmtrack` costs nothing a program does not need.
"""

import sys
from importlib import import_module

__version__ = "0.1.0"  # its only home: the packages are built with it

TYPE_CHECKING = False  # as type checkers read it: `typing` alone would be the greater part of this import

if TYPE_CHECKING:  # `__all__` says which of these the face shows: each name is written once
    from lmtrack.audit import *
    from lmtrack.classifier import *
    from lmtrack.endpoint import *
    from lmtrack.errors import *
    from lmtrack.footer import *
    from lmtrack.html import *
    from lmtrack.links import *
    from lmtrack.message import *
    from lmtrack.resolver import *
    from lmtrack.services import *
    from lmtrack.text import *
    from lmtrack.tokens import *
    from lmtrack.urls import *

__all__ = [
    "Actor",
    "AdmissionReason",
    "AuditOutcome",
    "BadDestination",
    "BadSlot",
    "BadToken",
    "BadTokenSignature",
    "BadValue",
    "Campaign",
    "Consent",
    "ConsentRecord",
    "Decision",
    "Event",
    "FindingKind",
    "Human",
    "InvalidOverride",
    "LinkPolicy",
    "LmtrackError",
    "MalformedToken",
    "MissingValue",
    "Override",
    "PageWords",
    "PartAction",
    "PartReason",
    "Reason",
    "Route",
    "SkipReason",
    "Timing",
    "TokenExpired",
    "TokenNotYetValid",
    "TokenRevoked",
    "TrackingDomain",
    "TrackingHost",
    "TrackingMode",
    "UnknownKey",
    "UnknownVersion",
    "Unsupported",
    "WrongPurpose",
    "add_query",
    "add_ways_out",
    "admit",
    "audit_html",
    "audit_message",
    "campaign_urls",
    "classify_event",
    "classify_message",
    "click_url",
    "client_key",
    "compare_messages",
    "compare_renderings",
    "describe_client",
    "engagement_rates",
    "event_payload",
    "explain_token",
    "handle_request",
    "join_networks",
    "layer_overrides",
    "lint_unsubscribe",
    "load_agents",
    "load_networks",
    "make_click_token",
    "make_click_tokens",
    "make_keys",
    "make_open_token",
    "make_slots",
    "make_unsubscribe_token",
    "make_withdraw_token",
    "message_bytes",
    "message_engagement",
    "minimise",
    "not_stored_response",
    "open_url",
    "parse_headers",
    "parse_settings",
    "pixel_response",
    "pixel_tag",
    "prepare_message",
    "read_click_token",
    "read_keys",
    "read_open_token",
    "read_request",
    "read_tracking_url",
    "read_unsubscribe_token",
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
    "service_headers",
    "service_settings",
    "shipped_networks",
    "strip_control_headers",
    "track_html",
    "track_message",
    "track_text",
    "truncate_ip",
    "unsubscribe_headers",
    "unsubscribe_url",
    "untrack_html",
    "untrack_message",
    "untrack_text",
    "verify_message",
    "verify_rewrite",
    "withdraw_url",
]

# The doors from the ground up: a search for a name imports little that the name's own door does not need.
_DOORS = (
    "errors",
    "resolver",
    "tokens",
    "urls",
    "links",
    "html",
    "text",
    "footer",
    "message",
    "services",
    "classifier",
    "endpoint",
    "audit",
)


def _first_use(name: str, /) -> object:
    """Import what the package is asked for; the next time the name is simply there."""
    if name in _DOORS:
        return import_module(f"lmtrack.{name}")
    door = "" if name.startswith("_") else next((door for door in _DOORS if hasattr(_first_use(door), name)), "")
    if door and name in __all__:
        value: object = getattr(_first_use(door), name)
        globals()[name] = value
        return value
    hint = f"; import it from lmtrack.{door}" if door else ""
    raise AttributeError(f"module 'lmtrack' has no attribute {name!r}{hint}", name=name, obj=sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_DOORS})


if not TYPE_CHECKING:  # a checker that saw it would believe in every misspelt name
    __getattr__ = _first_use
