"""The public names and signatures: what is written here is what callers rely on, and changes only on purpose."""

from __future__ import annotations

import ast
import inspect
import pickle
import subprocess
import sys
from datetime import timedelta
from enum import Enum
from importlib import import_module

import pytest

import lmtrack

SIGNATURES = {
    "BadDestination": "BadToken ValueError",
    "BadToken": "LmtrackError BadData",
    "BadTokenSignature": "BadToken BadSignature",
    "Campaign": "(*, id, started_at)",
    "ClickToken": "(message_id, recipient, mode, issued_at, link_index, url)",
    "Consent": "GRANTED=granted DENIED=denied WITHDRAWN=withdrawn UNKNOWN=unknown",
    "Decision": "clicks from_dict inputs limits lower lower_by opens reasons to_dict track_clicks track_opens",
    "Edit": "(offset, old, new)",
    "HtmlDocument": "(html)",
    "InvalidOverride": "LmtrackError ValueError",
    "Keys": "opaque",
    "Link": "(index, url, element='a', conditional=False, source='', start=0, limit=0)",
    "LinkPolicy": (
        "(*, skip_urls=(), tracking_hosts=(), track_unsubscribe=False, track_sensitive=False, track_conditional=True, "
        "strip_opt_out='own', skip_url_text=False, max_url_octets=2000)"
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
    "RewrittenText": "(*, text, links, skipped, edits, decision=None)",
    "Route": "(*, track_opens=False, track_clicks=False, require_consent=False, without_consent=TrackingMode.OFF)",
    "SkipReason": (
        "EMPTY=empty PLACEHOLDER=placeholder FRAGMENT=fragment SCHEME=scheme SCHEME_RELATIVE=scheme_relative "
        "RELATIVE=relative BAD_DESTINATION=bad_destination TOO_LONG=too_long TRACKED=tracked OPT_OUT=opt_out "
        "LISTED=listed UNSUBSCRIBE=unsubscribe SENSITIVE=sensitive URL_TEXT=url_text TOO_MANY=too_many "
        "UNDECODABLE=undecodable"
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
    "revert_text": "(text, edits, /)",
    "rewrite_html": "(source, /, *, click_url=None, pixel_url=None, policy=LinkPolicy(), pixel_position='end')",
    "rewrite_text": "(text, /, *, click_url, policy=LinkPolicy())",
    "scan_html": "(html, /)",
    "track_html": (
        "(source, decision, /, *, domain, message_id, recipient=0, campaign=None, destination=None, "
        "destinations='inline', policy=LinkPolicy(), pixel_position='auto', now=None)"
    ),
    "track_text": (
        "(text, decision, /, *, domain, message_id, recipient=0, campaign=None, destination=None, "
        "destinations='inline', policy=LinkPolicy(), now=None)"
    ),
    "untrack_html": "(html, /, *, domain)",
    "untrack_text": "(text, /, *, domain)",
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


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_every_public_name_is_the_object_of_its_module(name: str) -> None:
    module = import_module(f"lmtrack.{lmtrack._MODULE_OF[name]}")
    assert getattr(lmtrack, name) is lmtrack._first_use(name) is getattr(module, name)


def test_type_checkers_are_told_of_the_same_names_and_modules() -> None:
    told = {
        alias.name: (statement.module or "").removeprefix("lmtrack.")
        for statement in ast.walk(ast.parse(inspect.getsource(lmtrack)))
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("lmtrack.")
        for alias in statement.names
    }
    assert told == lmtrack._MODULE_OF
    assert sorted(told) == lmtrack.__all__


def test_public_modules_are_there_too_and_no_name_hides_one() -> None:
    assert lmtrack._MODULES.isdisjoint(lmtrack.__all__)
    for name in lmtrack._MODULES:
        assert lmtrack._first_use(name) is import_module(f"lmtrack.{name}") is getattr(lmtrack, name)


def test_listing_the_package_shows_names_that_were_never_used() -> None:
    listed = printed("import lmtrack; print(*dir(lmtrack))").split()
    assert {*lmtrack.__all__, *lmtrack._MODULES, "__all__", "__doc__"} <= set(listed)
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
