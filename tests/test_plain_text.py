"""Text is text: every public function treats a subclass of `str` as the text it is, and returns plain values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from email.message import Message
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

import pytest

import lmtrack
from lmtrack import testing

if TYPE_CHECKING:
    from collections.abc import Callable


class UsedError(Exception):
    """A method that a subclass overrides was asked."""


def _refuse(*_: object, **__: object) -> Any:  # noqa: ANN401 - in the place of any method
    raise UsedError


# `hash` and `==` are asked by sets and dicts that a caller makes of it, and by whoever compares; `isinstance` is not.
_KEPT: Final = {"__class__", "__new__", "__init__", "__init_subclass__", "__hash__", "__eq__", "__getattribute__",
                "__setattr__", "__delattr__", "__dir__", "__doc__", "__repr__", "__subclasshook__", "__sizeof__",
                "__getstate__", "__reduce__", "__reduce_ex__", "__getnewargs__"}  # fmt: skip


def _hostile(kind: type) -> dict[str, Any]:
    return {name: _refuse for name in dir(kind) if name not in _KEPT}


HostileStr: Final = type("HostileStr", (str,), {**_hostile(str), "__hash__": str.__hash__, "__slots__": ()})
HostileBytes: Final = type("HostileBytes", (bytes,), {**_hostile(bytes), "__hash__": bytes.__hash__})


def plain(value: object) -> object:
    return value


def hostile(value: object) -> object:
    """Text and bytes as subclasses whose every method fails; tables and sequences of them too."""
    if type(value) is str:
        return HostileStr(value)
    if type(value) is bytes:
        return HostileBytes(value)
    if isinstance(value, list | tuple):
        return type(value)([hostile(one) for one in value])
    if type(value) is dict:
        return {hostile(key): hostile(one) for key, one in value.items()}
    return value


def all_plain(value: object, path: str = "result") -> None:
    """Text anywhere in a value is exactly `str`, bytes exactly `bytes`."""
    assert not isinstance(value, HostileStr | HostileBytes), path
    if isinstance(value, str | bytes | Enum):
        return
    if isinstance(value, Mapping):
        for key, one in value.items():
            all_plain(key, f"{path} key")
            all_plain(one, f"{path}[{key!r}]")
    elif isinstance(value, tuple | list | frozenset | set):
        for number, one in enumerate(value):
            all_plain(one, f"{path}[{number}]")
    elif is_dataclass(value):
        for field in fields(value):
            all_plain(getattr(value, field.name), f"{path}.{field.name}")


NOON: Final = datetime(2026, 11, 2, 12, tzinfo=UTC)
KEYS: Final = lmtrack.make_keys(b"a fixed key, for these tests only")
DOMAIN: Final = lmtrack.TrackingDomain("https://track.example", KEYS)
DECISION: Final = lmtrack.resolve(
    lmtrack.Route(track_opens=True, track_clicks=True, require_consent=True), consent=lmtrack.Consent.GRANTED
)
HTML: Final = '<p>&amp; <a href="https://shop.example/?a=1&amp;b=2">Shop</a> <a href="{{ leave }}">Bye</a></p>\n'
SLOTTED: Final = '<p>Hello {{ name }}, <a href="https://shop.example/{{ page }}">page</a></p>\n'
TEXT: Final = "Our shop: https://shop.example/lamps\n"
RAW: Final = (
    b"From: letters@shop.example\r\nSubject: Hi\r\nX-LM-Override-Track-Opens: true\r\n"
    b"List-Unsubscribe: <https://shop.example/leave/4471>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"Content-Type: text/html; charset=utf-8\r\n\r\n" + HTML.replace("\n", "\r\n").encode()
)
OPEN: Final = lmtrack.make_open_token(KEYS, "m-1", now=NOON)
CLICK: Final = lmtrack.make_click_token(KEYS, "m-1", 0, url="https://shop.example/", now=NOON)
LEAVE: Final = lmtrack.make_unsubscribe_token(KEYS, "m-1", now=NOON)
WITHDRAW: Final = lmtrack.make_withdraw_token(KEYS, "m-1", now=NOON)
AGENT: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
VERDICT: Final = lmtrack.classify_event(kind="open", user_agent=AGENT)
OPENED: Final = lmtrack.read_open_token(KEYS, OPEN, now=NOON)
TRACKED: Final = lmtrack.track_html(HTML, DECISION, domain=DOMAIN, message_id="m-1", now=NOON)
TRACKED_TEXT: Final = lmtrack.track_text(TEXT, DECISION, domain=DOMAIN, message_id="m-1", now=NOON)
TRACKED_RAW: Final = lmtrack.track_message(RAW, DECISION, domain=DOMAIN, message_id="m-1", now=NOON)
WORDS: Final = {"language": "de", "stop_title": "Halt & Ende", "stop_text": "Wirklich?"}
POLICY: Final = {"skip_urls": ["https://shop.example/x"], "tracking_hosts": ["click.example"]}


def _policy(as_: Callable[[object], Any]) -> lmtrack.LinkPolicy:
    return lmtrack.LinkPolicy(**{name: as_(value) for name, value in POLICY.items()})


def _record(as_: Callable[[object], Any]) -> lmtrack.ConsentRecord:
    texts = {"method": "double-opt-in", "wording": "v3", "reference": "r-4471"}
    return lmtrack.ConsentRecord(
        state=lmtrack.Consent.GRANTED, since=NOON, **{name: as_(text) for name, text in texts.items()}
    )


def _message(as_: Callable[[object], Any]) -> Message:
    message = Message()
    message["From"], message["To"], message["Subject"] = (
        as_("letters@shop.example"),
        as_("ann@reader.example"),
        as_("Hi"),
    )
    message["Content-Type"] = "text/html"
    message.set_payload("<p>Hello</p>\n")
    return message


# Each function with all its text, made plain or hostile by `as_`.
CALLS: Final[dict[str, Callable[[Callable[[object], Any]], object]]] = {
    "Campaign": lambda as_: lmtrack.Campaign(id=as_("autumn"), started_at=NOON).started_at,
    "ConsentRecord": lambda as_: lmtrack.resolve(
        lmtrack.Route(track_opens=True, require_consent=True), consent=_record(as_), now=NOON
    ).to_dict(),
    "Decision": lambda as_: lmtrack.Decision.from_dict(
        as_(lmtrack.resolve(lmtrack.Route(track_opens=True), consent=_record(plain), now=NOON).to_dict())
    ),
    "PageWords": lambda as_: lmtrack.handle_request(
        method=as_("GET"), target=as_(f"/w/{WITHDRAW}"), headers=None, domain=DOMAIN, route=lmtrack.Route(),
        consent=lambda _: lmtrack.Consent.GRANTED, words=lmtrack.PageWords(**as_(WORDS)), now=NOON,
    ).response.body,
    "TrackingHost": lambda as_: lmtrack.TrackingHost(
        domain=DOMAIN, route=lmtrack.Route(), consent=lambda _: lmtrack.Consent.GRANTED, record=str,
        withdraw=lambda _: None,
    ).answer(
        method=as_("POST"), target=as_(f"/w/{WITHDRAW}"), headers=as_({"Accept": "*/*"}), body=as_(b"x=y"),
        ip=as_("198.51.100.7"),
    ).body,
    "Event": lambda as_: lmtrack.Event(
        kind=as_("open"), user_agent=as_(AGENT), at=NOON, ip=as_("198.51.100.7"), client=as_("c1"), method=as_("GET"),
        headers=as_({"Accept": "*/*"}),
    ).to_dict(),
    "LinkPolicy": _policy,
    "TrackingDomain": lambda as_: lmtrack.TrackingDomain(as_("https://track.example/t/"), KEYS).base_url,
    "add_query": lambda as_: lmtrack.add_query(as_("https://shop.example/?a=b"), {as_("utm_source"): as_("letter")}),
    "add_ways_out": lambda as_: lmtrack.add_ways_out(
        as_(HTML), as_(TEXT + "-- \n"), unsubscribe=as_("https://shop.example/u/x"), withdraw=as_("https://shop.example/w/x"),
        unsubscribe_label=as_("Bye & thanks"), withdraw_label=as_("Stop"), marker=as_("-- "),
    ),
    "admit": lambda as_: lmtrack.admit(
        OPENED, consent=lmtrack.Consent.GRANTED, route=lmtrack.Route(), method=as_("GET")
    ),
    "audit_html": lambda as_: lmtrack.audit_html(
        as_(TRACKED.html), domains=as_(["track.example"]), known_trackers=as_(["t.example"])
    ),
    "audit_message": lambda as_: lmtrack.audit_message(as_(RAW), domains=as_(["track.example"])),
    "campaign_urls": lambda as_: lmtrack.campaign_urls(as_(HTML), policy=_policy(as_)),
    "classify_event": lambda as_: lmtrack.classify_event(
        kind="click", user_agent=as_(AGENT), ip=as_("198.51.100.7"), method=as_("GET"),
        headers=as_([("Accept", "*/*"), (b"accept-language", b"de")]),
    ),
    "click_url": lambda as_: lmtrack.click_url(DOMAIN, as_(CLICK)),
    "client_key": lambda as_: lmtrack.client_key(
        as_("198.51.100.7"), as_(AGENT), secret=as_(b"an example secret"), day=date(2026, 11, 2)
    ),
    "compare_messages": lambda as_: lmtrack.compare_messages([as_(RAW), as_(RAW + b"<p>")], allow=as_(["x"])),
    "compare_renderings": lambda as_: lmtrack.compare_renderings(
        [as_(HTML), as_(HTML.replace("a=1", "a=2"))], allow=as_(["x"])
    ),
    "describe_client": lambda as_: lmtrack.describe_client(as_(AGENT)),
    "event_payload": lambda as_: lmtrack.event_payload(
        OPENED, VERDICT, event_id=as_("e1"), occurred_at=NOON, recipient=as_("ann"), first=True, subject=as_("Hi"),
        tag=as_("t"), user_agent=as_(AGENT),
    ),
    "explain_token": lambda as_: lmtrack.explain_token(as_(CLICK)),
    "handle_request": lambda as_: lmtrack.handle_request(
        method=as_("GET"), target=as_(f"/c/{CLICK}"), headers=as_({"User-Agent": AGENT}), domain=DOMAIN,
        route=lmtrack.Route(track_clicks=True), consent=lambda _: lmtrack.Consent.GRANTED, ip=as_("198.51.100.7"),
        destination=lambda _: as_("https://shop.example/other"), now=NOON,
    ),
    "lint_unsubscribe": lambda as_: lmtrack.lint_unsubscribe(as_(RAW), domains=as_(["track.example"])),
    "load_networks": lambda as_: lmtrack.load_networks(as_("198.51.100.0/24\n"), tag=as_("lab"), scope="open"),
    "make_click_token": lambda as_: lmtrack.make_click_token(
        KEYS, as_("m-1"), 0, url=as_("https://shop.example/"), now=NOON
    ),
    "make_click_tokens": lambda as_: lmtrack.make_click_tokens(
        KEYS, as_("m-1"), as_(["https://shop.example/", "https://shop.example/" + "lamps/" * 40]), now=NOON
    ),
    "load_agents": lambda as_: lmtrack.classify_event(
        kind="open", user_agent="AcmeMonitor Pro",
        agents=lmtrack.load_agents(as_("AcmeMonitor"), actor=as_("crawler"), human=as_("no")),
    ),
    "make_keys": lambda as_: lmtrack.make_open_token(
        lmtrack.make_keys(as_(b"an example secret"), as_([b"another example secret"]), tenant=as_(b"t")), "m", now=NOON
    ),
    "make_open_token": lambda as_: lmtrack.make_open_token(
        KEYS, as_("01890a5d-ac96-774b-bcce-b302099a8057"), now=NOON
    ),
    "make_unsubscribe_token": lambda as_: lmtrack.make_unsubscribe_token(KEYS, as_("m-1"), now=NOON),
    "make_withdraw_token": lambda as_: lmtrack.make_withdraw_token(KEYS, as_("m-1"), now=NOON),
    "make_slots": lambda as_: lmtrack.make_slots(as_(["name", "city"]), nonce=as_("0123456789abcdef")),
    "message_bytes": lambda as_: lmtrack.message_bytes(_message(as_)),
    "minimise": lambda as_: lmtrack.minimise(
        {"event": as_("message.opened"), "data": as_({"opened_at": "2026-01-02T08:30:00.000Z", "recipient": "ann"})},
        mode=lmtrack.TrackingMode.DELIVERABILITY,
    ),
    "not_stored_response": lambda as_: lmtrack.not_stored_response(
        lmtrack.redirect_response(as_("https://shop.example/menü"))
    ),
    "open_url": lambda as_: lmtrack.open_url(DOMAIN, as_(OPEN)),
    "parse_headers": lambda as_: (
        lmtrack.parse_headers(as_([("X-LM-Override-Track-Opens", " FALSE")])),
        lmtrack.parse_headers(as_(RAW), prefix=as_("X-LM-Override-")),
    ),
    "parse_settings": lambda as_: lmtrack.parse_settings(as_({"track_opens": False, "track_clicks": None})),
    "pixel_response": lambda as_: lmtrack.pixel_response(method=as_("HEAD")),
    "pixel_tag": lambda as_: lmtrack.pixel_tag(as_("https://track.example/o/x?a&b")),
    "prepare_message": lambda as_: [
        lmtrack.prepare_message(
            _message(as_), DECISION, domain=DOMAIN, message_id=as_("m-1"), now=NOON, prefix=as_("X-LM-Override-"),
            **passed,
        )
        for passed in ({}, {"sender": as_("ben@shop.example"), "recipients": as_(["Cem <cem@reader.example>"])})
    ],
    "read_click_token": lambda as_: lmtrack.read_click_token(KEYS, as_(CLICK), now=NOON),
    "read_keys": lambda as_: [
        lmtrack.make_open_token(lmtrack.read_keys(as_(text), tenant=as_(b"t")), "m", now=NOON)
        for text in ("the-new-key-of-2027\n", b"the-new-key-of-2027\n")
    ],
    "read_open_token": lambda as_: lmtrack.read_open_token(KEYS, as_(OPEN), now=NOON),
    "read_request": lambda as_: lmtrack.read_request(
        method=as_("POST"), target=as_(f"/u/{LEAVE}"),
        headers=as_([(b"User-Agent", AGENT.encode()), ("Accept", "*/*")]),
        body=as_(b"List-Unsubscribe=One-Click"), domain=DOMAIN, now=NOON,
    ).token,
    "read_tracking_url": lambda as_: lmtrack.read_tracking_url(
        as_(f"https://track.example/c/{CLICK}"), domain=DOMAIN, now=NOON
    ),
    "read_unsubscribe_token": lambda as_: lmtrack.read_unsubscribe_token(KEYS, as_(LEAVE), now=NOON),
    "read_withdraw_token": lambda as_: lmtrack.read_withdraw_token(KEYS, as_(WITHDRAW), now=NOON),
    "redirect_response": lambda as_: lmtrack.redirect_response(as_("https://shop.example/menü"), method=as_("GET")),
    "revert_html": lambda as_: lmtrack.revert_html(as_(TRACKED.html), TRACKED.edits),
    "revert_message": lambda as_: lmtrack.revert_message(as_(TRACKED_RAW.raw), TRACKED_RAW.edits),
    "revert_text": lambda as_: lmtrack.revert_text(as_(TRACKED_TEXT.text), TRACKED_TEXT.edits),
    "rewrite_html": lambda as_: lmtrack.rewrite_html(
        as_(HTML), click_url=lambda _: as_("https://t.example/?a&b"), pixel_url=as_("https://t.example/o?a&b"),
        policy=_policy(as_), pixel_position="start",
    ),
    "rewrite_text": lambda as_: lmtrack.rewrite_text(
        as_(TEXT), click_url=lambda _: as_("https://t.example/"), policy=_policy(as_)
    ),
    "scan_html": lambda as_: lmtrack.track_html(
        lmtrack.scan_html(as_(HTML)), DECISION, domain=DOMAIN, message_id=as_("m-1"), now=NOON,
        destination=lambda _: as_("https://shop.example/?utm=1"), policy=_policy(as_),
    ),
    "scan_message": lambda as_: lmtrack.track_message(
        lmtrack.scan_message(as_(RAW)), DECISION, domain=DOMAIN, message_id=as_("m-1"), now=NOON,
        prefix=as_("X-LM-Override-"), destination=lambda _: as_("https://shop.example/?utm=1"),
    ),
    "scan_html with slots": lambda as_: lmtrack.track_html(
        lmtrack.scan_html(
            as_(SLOTTED), slots=as_({"name": "{{ name }}", "page": "{{ page }}"}), defaults=as_({"page": "1"})
        ),
        DECISION, domain=DOMAIN, message_id="m-1", now=NOON, values=as_({"name": "Ann & Bo", "other": "x"}),
    ),
    "service_headers": lambda as_: lmtrack.service_headers(
        DECISION, service=as_("lettermint"), tracker=as_("service")
    ),
    "service_settings": lambda as_: lmtrack.service_settings(
        DECISION, service=as_("lettermint"), tracker=as_("service")
    ),
    "strip_control_headers": lambda as_: lmtrack.strip_control_headers(as_(RAW), prefix=as_("X-LM-Override-")),
    "track_html": lambda as_: lmtrack.track_html(
        as_(HTML), DECISION, domain=DOMAIN, message_id=as_("m-1"), now=NOON, pixel_position="auto"
    ),
    "track_message": lambda as_: lmtrack.track_message(
        as_(RAW), DECISION, domain=DOMAIN, message_id=as_("m-1"), now=NOON, text_links=True
    ),
    "track_text": lambda as_: lmtrack.track_text(as_(TEXT), DECISION, domain=DOMAIN, message_id=as_("m-1"), now=NOON),
    "truncate_ip": lambda as_: lmtrack.truncate_ip(as_("198.51.100.7")),
    "unsubscribe_headers": lambda as_: lmtrack.unsubscribe_headers(
        as_("https://shop.example/u/x"), mailto=as_("mailto:leave@shop.example")
    ),
    "unsubscribe_url": lambda as_: lmtrack.unsubscribe_url(DOMAIN, as_(LEAVE)),
    "untrack_html": lambda as_: lmtrack.untrack_html(as_(TRACKED.html), domain=DOMAIN),
    "untrack_message": lambda as_: lmtrack.untrack_message(as_(TRACKED_RAW.raw), domain=DOMAIN),
    "untrack_text": lambda as_: lmtrack.untrack_text(as_(TRACKED_TEXT.text), domain=DOMAIN),
    "verify_message": lambda as_: lmtrack.verify_message(as_(RAW), as_(TRACKED_RAW.raw)),
    "verify_rewrite": lambda as_: lmtrack.verify_rewrite(as_(HTML), as_(TRACKED.html)),
    "withdraw_url": lambda as_: lmtrack.withdraw_url(DOMAIN, as_(WITHDRAW)),
    "assert_untracked": lambda as_: testing.assert_untracked(as_(HTML)),
    "assert_untracked a message": lambda as_: testing.assert_untracked(as_(RAW)),
    "assert_unsubscribe_ok": lambda as_: testing.assert_unsubscribe_ok(
        as_(RAW.replace(b"{{ leave }}", b"https://shop.example/leave/4471"))
    ),
}  # fmt: skip
# These take no text: values of ours, numbers and times.
TAKES_NO_TEXT: Final = {
    "classify_message", "engagement_rates", "join_networks", "layer_overrides", "message_engagement", "resolve",
    "resolve_shared", "shipped_networks",
}  # fmt: skip

HOLDS_NO_TEXT: Final = {"Override", "Route", "Timing"}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_subclass_is_the_text_it_is_and_the_result_is_plain(name: str) -> None:
    expected = CALLS[name](plain)
    result = CALLS[name](hostile)
    all_plain(result)
    assert result == expected
    assert repr(result) == repr(expected)


def test_every_public_function_is_here() -> None:
    public = {name: getattr(lmtrack, name) for name in lmtrack.__all__}
    functions = {name for name, value in public.items() if not isinstance(value, type)}
    # What a caller makes with text: our errors are made by us, enums and flags hold none.
    made = {name for name, value in public.items() if is_dataclass(value)}
    assert functions | made == CALLS.keys() & public.keys() | TAKES_NO_TEXT | HOLDS_NO_TEXT


def test_markup_of_a_template_engine_is_text_too() -> None:
    markupsafe = pytest.importorskip("markupsafe")
    tracked = lmtrack.track_html(markupsafe.Markup(HTML), DECISION, domain=DOMAIN, message_id="m-1", now=NOON)
    assert tracked == TRACKED
    assert type(tracked.html) is str
    off = lmtrack.resolve(lmtrack.Route())
    assert type(lmtrack.track_html(markupsafe.Markup(HTML), off, domain=DOMAIN, message_id="m-1").html) is str
    json.dumps(tracked.html)


def test_plain_text_that_nothing_changes_comes_back_as_the_same_object() -> None:
    off = lmtrack.resolve(lmtrack.Route())
    assert lmtrack.track_html(HTML, off, domain=DOMAIN, message_id="m-1").html is HTML
    assert lmtrack.track_text(TEXT, off, domain=DOMAIN, message_id="m-1").text is TEXT
    assert lmtrack.untrack_html(HTML, domain=DOMAIN) is HTML
    clean = lmtrack.strip_control_headers(RAW)
    assert lmtrack.track_message(clean, off, domain=DOMAIN, message_id="m-1").raw is clean
