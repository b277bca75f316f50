"""The public names and signatures: what is written here is what callers rely on, and changes only on purpose."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from datetime import timedelta
from enum import Enum

import pytest

import lmtrack

SIGNATURES = {
    "BadDestination": "BadToken ValueError",
    "BadToken": "LmtrackError BadData",
    "BadTokenSignature": "BadToken BadSignature",
    "Campaign": "(*, id, started_at)",
    "ClickToken": "(message_id, recipient, mode, issued_at, link_index, url)",
    "Consent": "GRANTED=granted DENIED=denied WITHDRAWN=withdrawn UNKNOWN=unknown",
    "Decision": ("clicks from_dict inputs limits lower lower_by opens reasons to_dict track_clicks track_opens"),
    "Edit": "(offset, old, new)",
    "HtmlDocument": "(html)",
    "InvalidOverride": "LmtrackError ValueError",
    "Keys": "opaque",
    "Link": "(index, url, element='a', conditional=False, source='', start=0, limit=0)",
    "LinkPolicy": (
        "(*, skip_urls=(), tracking_hosts=(), track_unsubscribe=False, track_sensitive=False, "
        "track_conditional=True, strip_opt_out='own', skip_url_text=False, max_url_octets=2000)"
    ),
    "LmtrackError": "Exception",
    "MalformedToken": "BadToken",
    "OpenToken": "(message_id, recipient, mode, issued_at)",
    "Override": "(*, track_opens=None, track_clicks=None)",
    "Reason": (
        "ROUTE_OFF=route_off OVERRIDE_INVALID=override_invalid OVERRIDE_CONFLICT=override_conflict "
        "OVERRIDE_FALSE=override_false OVERRIDE_TRUE=override_true CONSENT_DENIED=consent_denied "
        "CONSENT_WITHDRAWN=consent_withdrawn CONSENT_UNKNOWN=consent_unknown "
        "CONSENT_UNKNOWN_ALLOWED=consent_unknown_allowed SHARED_BODY=shared_body "
        "AGGREGATE_WITHOUT_CAMPAIGN=aggregate_without_campaign ALREADY_SIGNED=already_signed NO_HTML=no_html"
    ),
    "RewrittenHtml": "(*, html, links, skipped, edits, pixel_offset, decision=None)",
    "Route": ("(*, track_opens=False, track_clicks=False, require_consent=False, without_consent=TrackingMode.OFF)"),
    "SkipReason": (
        "EMPTY=empty PLACEHOLDER=placeholder FRAGMENT=fragment SCHEME=scheme SCHEME_RELATIVE=scheme_relative "
        "RELATIVE=relative BAD_DESTINATION=bad_destination TOO_LONG=too_long TRACKED=tracked OPT_OUT=opt_out "
        "LISTED=listed UNSUBSCRIBE=unsubscribe SENSITIVE=sensitive URL_TEXT=url_text TOO_MANY=too_many"
    ),
    "TokenExpired": "BadToken SignatureExpired",
    "TokenHeader": "(*, version, kind, purpose, mode, key_hint, issued_at)",
    "TokenNotYetValid": "BadToken BadTimeSignature",
    "TokenRevoked": "BadToken",
    "TrackingDomain": "(base_url, keys)",
    "TrackingMode": "OFF=0 AGGREGATE=1 DELIVERABILITY=2 INDIVIDUAL=3",
    "UnknownKey": "BadToken BadSignature",
    "UnknownVersion": "BadToken",
    "WithdrawToken": "(message_id, recipient, issued_at)",
    "WrongPurpose": "BadToken",
    "click_url": "(domain, token)",
    "explain_token": "(token, /)",
    "make_click_token": (
        "(keys, message_id, link_index, *, url=None, recipient=0, mode=TrackingMode.INDIVIDUAL, now=None)"
    ),
    "make_click_tokens": "(keys, message_id, urls, *, recipient=0, mode=TrackingMode.INDIVIDUAL, now=None)",
    "make_keys": "(current, previous=(), *, tenant=b'')",
    "make_open_token": "(keys, message_id, *, recipient=0, mode=TrackingMode.INDIVIDUAL, now=None)",
    "make_withdraw_token": "(keys, message_id, *, recipient=0, now=None)",
    "open_url": "(domain, token)",
    "parse_headers": "(headers, /, *, strict=False, prefix='X-LM-Override-')",
    "parse_settings": "(settings, /, *, strict=True)",
    "pixel_tag": "(url, /)",
    "read_click_token": (
        "(keys, token, *, max_age=timedelta(days=30), leeway=timedelta(seconds=300), issued_after=None, now=None)"
    ),
    "read_open_token": (
        "(keys, token, *, max_age=timedelta(days=30), leeway=timedelta(seconds=300), issued_after=None, now=None)"
    ),
    "read_withdraw_token": "(keys, token, *, now=None)",
    "resolve": "(route, /, *overrides, consent=Consent.UNKNOWN, clicks_consent=None)",
    "resolve_shared": "(decisions, /)",
    "revert_html": "(html, edits, /)",
    "rewrite_html": ("(source, /, *, click_url=None, pixel_url=None, policy=LinkPolicy(), pixel_position='end')"),
    "scan_html": "(html, /)",
    "track_html": (
        "(source, decision, /, *, domain, message_id, recipient=0, campaign=None, destination=None, "
        "destinations='inline', policy=LinkPolicy(), pixel_position='auto', now=None)"
    ),
    "untrack_html": "(html, /, *, domain)",
    "withdraw_url": "(domain, token)",
}


def signature_of(name: str) -> str:
    """Parameters with their kinds and defaults; members of closed sets, bases of errors, attributes of results."""
    value = getattr(lmtrack, name)
    if name == "Keys":
        return "opaque"
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
    assert sorted(SIGNATURES) == lmtrack.__all__ == sorted(set(lmtrack.__all__))


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_signatures_are_frozen(name: str) -> None:
    assert signature_of(name) == SIGNATURES[name]


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_every_public_name_has_a_docstring_and_pickles_by_name(name: str) -> None:
    value = getattr(lmtrack, name)
    assert inspect.getdoc(value)
    assert pickle.loads(pickle.dumps(value)) is value  # noqa: S301 - our own bytes


def test_importing_loads_neither_lxml_nor_user_agents() -> None:
    code = (
        "import sys, lmtrack; print(sorted({'lxml', 'user_agents', 'email', 'hypothesis', 'pytest'} & {*sys.modules}))"
    )
    ran = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert ran.stdout == "[]\n"
