from __future__ import annotations

import codecs
import json
import pickle
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, example, given, strategies as st

from lmtrack import (
    Consent,
    Route,
    TrackingDomain,
    TrackingMode,
    make_click_token,
    make_keys,
    make_open_token,
    make_withdraw_token,
)
from lmtrack.classifier import Networks, load_networks
from lmtrack.endpoint import AdmissionReason, Handled, event_payload, handle_request, pixel_response, redirect_response
from lmtrack.tokens import ClickToken, OpenToken, WithdrawToken
from strategies import CONSENTS, ROUTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmtrack._agents.networks import Found

RECORDED = Path(__file__).resolve().parent.parent / "docs" / "explanation" / "what-may-be-recorded.md"
NOW = datetime(2026, 1, 20, 12, tzinfo=UTC)
ISSUED = datetime(2026, 1, 19, 12, tzinfo=UTC)
SECRET = b"a fixed key of tests, 32 octets."
DOMAIN = TrackingDomain("https://track.example/t", make_keys(SECRET))
FOREIGN = make_keys(b"a key that somebody made up")
ID = "letter-4471"
URL = "https://shop.example/lamps?a=1"
ELSEWHERE = "https://shop.example/by-id"
IP = "198.51.100.77"
AGGREGATE, DELIVERABILITY, INDIVIDUAL = TrackingMode.AGGREGATE, TrackingMode.DELIVERABILITY, TrackingMode.INDIVIDUAL

BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"
)
HEADERS = {"User-Agent": BROWSER, "Accept-Language": "en", "Sec-Fetch-Mode": "navigate", "Host": "track.example"}
ROBOT = {"user-agent": "examplebot/1.0 (+https://bot.example/)"}
APPLE = {"user-agent": "Mozilla/5.0"}

STRICT = Route(track_opens=True, track_clicks=True, require_consent=True)
COUNTING = Route(track_opens=True, require_consent=True, without_consent=AGGREGATE)


def open_token(mode: TrackingMode = INDIVIDUAL, now: datetime = ISSUED, recipient: int = 0) -> str:
    return make_open_token(DOMAIN.keys, ID, mode=mode, recipient=recipient, now=now)


def click_token(
    mode: TrackingMode = INDIVIDUAL, url: str | None = URL, now: datetime = ISSUED, recipient: int = 0
) -> str:
    return make_click_token(DOMAIN.keys, ID, 3, url=url, mode=mode, recipient=recipient, now=now)


WITHDRAW = make_withdraw_token(DOMAIN.keys, ID, recipient=2, now=ISSUED)


def ask(target: str, **changed: Any) -> Handled:  # noqa: ANN401 - any argument of handle_request
    arguments: dict[str, Any] = {
        "method": "GET",
        "target": target,
        "headers": HEADERS,
        "domain": DOMAIN,
        "route": STRICT,
        "consent": lambda _token: Consent.GRANTED,
        "ip": IP,
        "now": NOW,
    }
    return handle_request(**(arguments | changed))


def location(handled: Handled) -> str | None:
    return dict(handled.response.headers).get("Location")


# Opens


def test_an_open_with_consent_is_recorded_and_answered_with_the_pixel() -> None:
    handled = ask(f"/t/o/{open_token(recipient=2)}.gif?x=1")
    assert handled.response == pixel_response()
    assert handled.token == OpenToken(ID, 2, INDIVIDUAL, ISSUED)
    assert handled.admission.identified
    assert handled.verdict is not None
    assert handled.verdict.counts_for_metrics
    assert handled.dedup_key == "open:individual:2::person:letter-4471"


@pytest.mark.parametrize(
    ("token", "changed", "reason"),
    [
        (open_token(), {"consent": lambda _: Consent.DENIED}, "consent_denied"),
        (open_token(), {"consent": lambda _: Consent.WITHDRAWN}, "consent_withdrawn"),
        (open_token(), {"consent": lambda _: Consent.UNKNOWN}, "consent_unknown"),
        (open_token(now=NOW - timedelta(days=31)), {}, "expired"),
        (open_token(now=NOW + timedelta(days=1)), {}, "not_yet_valid"),
        (open_token()[:-3] + "AAA", {}, "bad_signature"),
        (make_open_token(FOREIGN, ID, now=ISSUED), {}, "unknown_key"),
        ("g" * 52, {}, "unknown_version"),
        ("x", {}, "malformed"),
        ("x.y/z", {}, "malformed"),
        ("%00", {}, "malformed"),
        (click_token(), {}, "wrong_purpose"),
        (WITHDRAW, {}, "wrong_purpose"),
        (codecs.encode(open_token(), "rot13"), {}, "scanner"),
        (open_token().lower(), {}, "scanner"),
        (open_token(), {"headers": {"Sec-Purpose": "prefetch;prerender"}}, "prefetch"),
        (open_token(), {"headers": [("PURPOSE", "Prefetch")]}, "prefetch"),
        (open_token(), {"headers": {"X-Moz": "prefetch"}}, "prefetch"),
        (open_token(), {"headers": {"x-purpose": "preview"}}, "prefetch"),
    ],
)
def test_the_pixel_is_the_same_and_nothing_is_left_to_record(token: str, changed: dict[str, Any], reason: str) -> None:
    handled = ask(f"/t/o/{token}", **changed)
    assert handled.response == pixel_response()
    assert (handled.token, handled.verdict, handled.dedup_key) == (None, None, None)
    assert (handled.admission.record, handled.admission.reason) == (False, reason)


def test_a_machine_is_recorded_as_one_beside_the_person() -> None:
    target = f"/t/o/{open_token()}"
    robot, apple, person = ask(target, headers=ROBOT), ask(target, headers=APPLE), ask(target)
    assert [handled.admission.record for handled in (robot, apple, person)] == [True, True, True]
    assert [handled.verdict and handled.verdict.is_machine for handled in (robot, apple, person)] == [
        True,
        False,
        False,
    ]
    assert [handled.dedup_key for handled in (robot, apple, person)] == [
        "open:individual:0::machine:letter-4471",
        "open:individual:0::unknown:letter-4471",
        "open:individual:0::person:letter-4471",
    ]


def test_an_open_of_a_campaign_is_counted_and_has_no_key() -> None:
    handled = ask(f"/t/o/{open_token(AGGREGATE)}", route=COUNTING, consent=lambda _: Consent.UNKNOWN)
    assert handled.admission.count_only
    assert handled.admission.reason is AdmissionReason.WITHOUT_CONSENT
    assert handled.verdict is not None
    assert handled.dedup_key is None


def test_of_the_day_of_a_last_open_nothing_but_the_day_is_left() -> None:
    target = f"/t/o/{open_token(DELIVERABILITY)}"
    handled = ask(target)
    assert handled.admission.open_day
    assert handled.verdict is None
    assert handled.dedup_key == "open:deliverability:0::person:letter-4471"
    for headers, reason in ((ROBOT, "machine"), (APPLE, "not_known")):
        handled = ask(target, headers=headers)
        assert (handled.admission.reason, handled.token, handled.dedup_key) == (reason, None, None)


# Clicks


def test_a_click_with_consent_is_recorded_and_redirected() -> None:
    handled = ask(f"/t/c/{click_token(recipient=2)}")
    assert handled.response == redirect_response(URL)
    assert handled.token == ClickToken(ID, 2, INDIVIDUAL, ISSUED, 3, URL)
    assert handled.admission.identified
    assert handled.dedup_key == "click:individual:2:3:person:letter-4471"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"consent": lambda _: Consent.DENIED}, "consent_denied"),
        ({"consent": lambda _: Consent.WITHDRAWN}, "consent_withdrawn"),
        ({"consent": lambda _: Consent.UNKNOWN}, "consent_unknown"),
        ({"now": NOW + timedelta(days=99)}, "expired"),
        ({"headers": {"Sec-Purpose": "prefetch"}}, "prefetch"),
    ],
)
@pytest.mark.parametrize("url", [URL, None])
def test_a_click_of_ours_redirects_though_nothing_is_recorded(
    changed: dict[str, Any], reason: str, url: str | None
) -> None:
    handled = ask(f"/t/c/{click_token(url=url)}", destination=lambda _token: ELSEWHERE, **changed)
    assert location(handled) == (url or ELSEWHERE)
    assert (handled.token, handled.verdict, handled.dedup_key) == (None, None, None)
    assert (handled.admission.record, handled.admission.reason) == (False, reason)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (click_token()[:-3] + "AAA", "bad_signature"),
        (make_click_token(FOREIGN, ID, 0, url=URL, now=ISSUED), "unknown_key"),
        (click_token(now=NOW + timedelta(days=1)), "not_yet_valid"),
        (open_token(), "wrong_purpose"),
        (WITHDRAW, "wrong_purpose"),
        ("https://evil.example/", "malformed"),
        (codecs.encode(click_token(), "rot13"), "scanner"),
        (click_token().upper(), "scanner"),
    ],
)
def test_a_forged_click_is_not_found_and_goes_nowhere(token: str, reason: str) -> None:
    handled = ask(f"/t/c/{token}", destination=lambda _token: ELSEWHERE)
    assert handled.response == redirect_response(None)
    assert (handled.token, handled.admission.record, handled.admission.reason) == (None, False, reason)


def test_a_click_by_id_asks_where_it_goes() -> None:
    asked: list[ClickToken] = []

    def destination(token: ClickToken) -> str:
        asked.append(token)
        return "https://shop.example/menü"

    handled = ask(f"/t/c/{click_token(url=None)}", destination=destination)
    assert location(handled) == "https://shop.example/men%C3%BC"
    assert handled.admission.record
    assert asked == [ClickToken(ID, 0, INDIVIDUAL, ISSUED, 3, None)] == [handled.token]
    ask(f"/t/c/{click_token()}", destination=destination)
    ask(f"/t/c/{click_token(url=None)}", destination=destination, method="POST")
    ask(f"/t/o/{open_token()}", destination=destination)
    assert len(asked) == 1
    ask(f"/t/c/{click_token(url=None)}", destination=destination, method="HEAD")
    assert len(asked) == 2


def fail(_token: object) -> Any:  # noqa: ANN401 - in place of any callable
    raise RuntimeError("the store is down")


@pytest.mark.parametrize(
    ("destination", "reason"),
    [
        (None, "no_destination"),
        (lambda _token: None, "no_destination"),
        (fail, "destination_unavailable"),
        (lambda _token: b"https://shop.example/", "destination_unavailable"),
        (lambda _token: 5, "destination_unavailable"),
        (lambda _token: "javascript:alert(1)", "bad_destination"),
        (lambda _token: "https://shop.example/\r\nSet-Cookie: a=b", "bad_destination"),
        (lambda _token: "", "bad_destination"),
    ],
)
def test_a_click_that_leads_nowhere_is_not_found_and_not_recorded(destination: Any, reason: str) -> None:  # noqa: ANN401
    handled = ask(f"/t/c/{click_token(url=None)}", destination=destination)
    assert handled.response == redirect_response(None)
    assert (handled.token, handled.admission.record, handled.admission.reason) == (None, False, reason)
    head = ask(f"/t/c/{click_token(url=None)}", destination=destination, method="HEAD")
    assert head.response == redirect_response(None, method="HEAD")
    assert head.admission.reason == reason


@pytest.mark.parametrize(
    "consent", [fail, lambda _: None, lambda _: True, lambda _: "granted", lambda: Consent.GRANTED]
)
@pytest.mark.parametrize("target", [f"/t/o/{open_token()}", f"/t/c/{click_token()}"])
def test_consent_that_cannot_be_asked_records_nothing_and_still_answers(target: str, consent: object) -> None:
    handled = ask(target, consent=consent)
    assert handled.response == ask(target).response
    assert (handled.token, handled.verdict, handled.dedup_key) == (None, None, None)
    assert handled.admission.reason is AdmissionReason.CONSENT_UNAVAILABLE


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_what_ends_the_program_passes(error: type[BaseException]) -> None:
    def stop(_token: object) -> Consent:
        raise error

    with pytest.raises(error):
        ask(f"/t/o/{open_token()}", consent=stop)
    with pytest.raises(error):
        ask(f"/t/c/{click_token(url=None)}", destination=stop)


# Methods, paths


@pytest.mark.parametrize("target", [f"/t/o/{open_token()}", f"/t/c/{click_token()}"])
def test_head_and_options_are_answered_and_never_recorded(target: str) -> None:
    full = ask(target).response
    head = ask(target, method="HEAD", consent=fail)
    assert (head.response.status, head.response.headers, head.response.body) == (full.status, full.headers, b"")
    options = ask(target, method="OPTIONS", consent=fail)
    assert (options.response.status, options.response.body) == (200, b"")
    for method in ("POST", "PUT", "get"):
        other = ask(target, method=method, consent=fail)
        assert other.response.status == 405
        assert dict(other.response.headers)["Allow"] == "GET, HEAD, OPTIONS"
        assert other.admission.reason is AdmissionReason.METHOD
    assert (head.admission.reason, options.admission.reason) == ("method", "method")
    assert (head.token, options.token) == (None, None)


@pytest.mark.parametrize("target", ["/", "*", "/t", "/t/x/y", "/robots.txt", "https://other.example/t/o/x", ""])
def test_a_path_that_is_none_of_ours_is_not_found(target: str) -> None:
    handled = ask(target, consent=fail)
    assert handled.response == redirect_response(None)
    assert handled.admission.reason is AdmissionReason.NOT_FOUND
    head = ask(target, method="HEAD")
    assert (head.response.status, head.response.body) == (404, b"")
    assert ask(target, method="OPTIONS").response.status == 404


def test_a_path_whose_letters_were_turned_tells_a_scanner() -> None:
    for path in (codecs.encode(f"/t/o/{open_token()}", "rot13"), f"/t/c/{click_token()}".upper()):
        handled = ask(path, consent=fail)
        assert handled.response.status == 404
        assert handled.admission.reason is AdmissionReason.SCANNER


# Withdrawal


def test_looking_at_the_page_withdraws_nothing() -> None:
    for method in ("GET", "HEAD"):
        handled = ask(f"/t/w/{WITHDRAW}", method=method, consent=fail)
        assert (handled.response.status, handled.withdraws) == (200, False)
        assert handled.admission.reason is AdmissionReason.WITHDRAW_PAGE
        assert handled.token == WithdrawToken(ID, 2, ISSUED)
        assert (b"<form" in handled.response.body) == (method == "GET")
    handled = ask(f"/t/w/{WITHDRAW}", method="OPTIONS")
    assert (handled.response.status, handled.response.body, handled.withdraws) == (200, b"", False)
    assert dict(handled.response.headers)["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_pressing_the_button_withdraws_at_any_time() -> None:
    for now in (NOW, NOW + timedelta(days=9999)):
        handled = ask(f"/t/w/{WITHDRAW}", method="POST", now=now, consent=fail)
        assert (handled.response.status, handled.withdraws) == (200, True)
        assert handled.admission.reason is AdmissionReason.WITHDRAW
        assert handled.token == WithdrawToken(ID, 2, ISSUED)
        assert not handled.admission.record


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD"])
@pytest.mark.parametrize(
    "token", [open_token(), click_token(), WITHDRAW[:-3] + "AAA", make_withdraw_token(FOREIGN, ID, now=ISSUED), "x"]
)
def test_a_forged_withdrawal_is_not_found(method: str, token: str) -> None:
    handled = ask(f"/t/w/{token}", method=method)
    assert (handled.response.status, handled.token, handled.withdraws) == (404, None, False)
    assert handled.admission.reason in {"wrong_purpose", "bad_signature", "unknown_key", "malformed"}


def test_other_methods_withdraw_nothing() -> None:
    for token in (WITHDRAW, "x"):
        handled = ask(f"/t/w/{token}", method="DELETE")
        assert (handled.response.status, handled.withdraws) == (405, False)
        assert dict(handled.response.headers)["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_after_a_withdrawal_nothing_is_recorded_and_links_still_work() -> None:
    withdrawn: dict[str, datetime] = {}

    def consent(token: OpenToken | ClickToken) -> Consent:
        return Consent.WITHDRAWN if token.message_id in withdrawn else Consent.GRANTED

    targets = [f"/t/o/{open_token()}", f"/t/c/{click_token()}"]
    assert all(ask(target, consent=consent).admission.record for target in targets)
    handled = ask(f"/t/w/{WITHDRAW}", method="POST")
    assert isinstance(handled.token, WithdrawToken)
    withdrawn[handled.token.message_id] = NOW
    after = [ask(target, consent=consent) for target in targets]
    assert not any(handled.admission.record for handled in after)
    assert [handled.response for handled in after] == [ask(target).response for target in targets]


# What is handed over


def test_headers_come_as_a_mapping_as_pairs_or_not_at_all() -> None:
    target = f"/t/o/{open_token()}"
    pairs = [("USER-AGENT", ROBOT["user-agent"]), ("user-agent", BROWSER), ("X-Nothing", None), (5, "x")]
    octets = [(b"User-Agent", "x"), ("User-Agent", b"x"), (b"User-Agent", ROBOT["user-agent"].encode())]
    message = Message()
    message["user-agent"] = ROBOT["user-agent"]
    for headers in (pairs, iter(pairs), dict(pairs[:1]), octets, message, [None, "x", ("a", "b", "c"), pairs[0]]):
        verdict = ask(target, headers=headers).verdict
        assert verdict is not None
        assert verdict.is_machine
    assert ask(target, headers=None).admission.record


def test_the_time_since_the_mail_was_made_is_told_the_classifier_and_a_campaigns_is_not() -> None:
    soon = ISSUED + timedelta(seconds=1)
    bare = {"User-Agent": BROWSER}

    def reasons(mode: TrackingMode, now: datetime) -> tuple[str, ...]:
        handled = ask(f"/t/c/{click_token(mode)}", now=now, headers=bare)
        assert handled.verdict is not None
        return handled.verdict.reasons

    assert "time.lt_2s" in reasons(INDIVIDUAL, soon)
    assert "time.lt_2s" in reasons(INDIVIDUAL, ISSUED)
    assert "time.lt_2s" not in reasons(INDIVIDUAL, NOW)
    assert "time.lt_2s" not in reasons(AGGREGATE, soon)
    assert "time.lt_2s" not in reasons(INDIVIDUAL, ISSUED - timedelta(seconds=1))


def test_what_is_known_of_the_network_is_told_the_classifier() -> None:
    target = f"/t/c/{click_token()}"
    own = load_networks("198.51.100.0/24", tag="our_gateway", evidence=3)

    def reasons(**changed: Any) -> tuple[str, ...]:  # noqa: ANN401 - any argument of handle_request
        verdict = ask(target, **changed).verdict
        assert verdict is not None
        return verdict.reasons

    assert "net.scanner" in reasons(ip="209.222.82.1")  # Barracuda
    assert "net.scanner_probable" in reasons(asn=22843)  # Proofpoint
    assert "net.listed" in reasons(networks=own)
    assert "hdr.no_accept_language" in reasons(headers={"User-Agent": BROWSER})
    assert reasons(headers=iter([*HEADERS.items()])) == reasons(headers=HEADERS)  # read once
    assert not {"net.scanner", "net.scanner_probable", "net.listed", "hdr.no_accept_language"} & {*reasons()}


class Looked(Exception):  # noqa: N818 - it is no error
    """Somebody looked at the address."""


class Watched(Networks):  # type: ignore[misc]  # final for others
    """Lists of networks that tell when an address is looked up in them."""

    def find(self, _ip: str, /) -> tuple[Found, ...] | None:  # noqa: D102 - the class says it
        raise Looked


def test_without_consent_nobody_looks_at_the_address() -> None:
    own = load_networks("", tag="own")
    watched = Watched(own.v4, own.v6, own.asns)
    for target in (f"/t/o/{open_token()}", f"/t/c/{click_token()}"):
        for said in (Consent.DENIED, Consent.WITHDRAWN, Consent.UNKNOWN):
            assert not ask(target, networks=watched, consent=lambda _token, said=said: said).admission.record
        assert not ask(target, networks=watched, method="HEAD").admission.record
        with pytest.raises(Looked):
            ask(target, networks=watched)


def test_the_time_of_the_request_is_now_if_none_is_given() -> None:
    assert ask(f"/t/o/{make_open_token(DOMAIN.keys, ID)}", now=None).admission.record
    assert ask(f"/t/o/{open_token(now=datetime(2020, 1, 1, tzinfo=UTC))}", now=None).admission.reason == "expired"
    far = datetime(2090, 1, 1, tzinfo=UTC)
    for target in (f"/t/o/{open_token(now=far)}".upper(), f"/t/o/{open_token(now=far).lower()}"):
        assert ask(target, now=far).admission.reason is AdmissionReason.SCANNER


def test_the_key_tells_events_apart_and_nothing_else() -> None:
    keys = {
        ask(f"/t/{kind}/{token}", headers=headers).dedup_key
        for headers in (HEADERS, ROBOT)
        for recipient in (0, 7)
        for kind, token in (
            ("o", open_token(recipient=recipient)),
            ("c", click_token(recipient=recipient)),
            ("c", make_click_token(DOMAIN.keys, ID, 4, url=URL, recipient=recipient, now=ISSUED)),
        )
    }
    assert len(keys) == 12
    again = ask(f"/t/c/{click_token()}", ip="2001:db8::1", now=NOW + timedelta(days=3), headers=[*HEADERS.items()])
    assert again.dedup_key == ask(f"/t/c/{click_token()}").dedup_key
    assert again.dedup_key in keys


def test_a_result_is_a_value() -> None:
    handled = ask(f"/t/c/{click_token()}")
    assert pickle.loads(pickle.dumps(handled)) == handled  # noqa: S301 - our own bytes
    with pytest.raises(AttributeError):
        handled.token = None  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"method": b"GET"}, r"^method must be a str, not bytes$"),
        ({"target": b"/o/x"}, r"^target must be a str, not bytes$"),
        ({"domain": "https://track.example"}, r"^domain must be a TrackingDomain, not str$"),
        ({"route": None}, r"^route must be a Route, not NoneType$"),
        ({"consent": Consent.GRANTED.value}, r"^consent must be callable, destination callable or None$"),
        ({"destination": "https://shop.example/"}, r"^consent must be callable, destination callable or None$"),
        ({"ip": b"192.0.2.1"}, r"^ip must be a str, asn an int, networks made by load_networks, or None$"),
        ({"asn": "AS8075"}, r"^ip must be a str, asn an int, networks made by load_networks, or None$"),
        ({"asn": True}, r"^ip must be a str, asn an int, networks made by load_networks, or None$"),
        ({"networks": ["198.51.100.0/24"]}, r"^ip must be a str, asn an int, networks made by load_networks, or None$"),
        ({"headers": "User-Agent: x"}, r"^headers must be a mapping or pairs, not a text$"),
        ({"now": "2026-01-01"}, r"^now must be an aware datetime or None, not str$"),
    ],
)
def test_other_types_are_the_callers_mistake_whatever_is_asked(changed: dict[str, Any], text: str) -> None:
    for target in ("/nothing", f"/t/o/{open_token()}"):
        with pytest.raises(TypeError, match=text):
            ask(**{"target": target, **changed})


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        ask("/nothing", now=NOW.replace(tzinfo=None))


def test_the_table_of_the_page_is_what_is_handed_over() -> None:
    text = RECORDED.read_text(encoding="utf-8").partition("\n## What is handed over\n")[2].partition("\n\n")[0]
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    (_, *columns), _, *rows = [[cell.strip() for cell in line] for line in lines]
    results = {
        "identified": ask(f"/t/o/{open_token()}"),
        "counted": ask(f"/t/o/{open_token(AGGREGATE)}"),
        "day only": ask(f"/t/o/{open_token(DELIVERABILITY)}"),
        "nothing": ask(f"/t/o/{open_token()}", consent=fail),
    }
    assert [*results] == columns
    assert [row[0] for row in rows] == ["`.response`", "`.admission.reason`", "`.token`", "`.verdict`", "`.dedup_key`"]
    for name, *cells in rows:
        for handled, cell in zip(results.values(), cells, strict=True):
            value = handled.admission.reason if "reason" in name else getattr(handled, name.strip("`."))
            assert (value is not None) == cell.startswith("yes"), (name, cell)


# Over all combinations

CONDITIONS = ["good", "expired", "future", "forged", "foreign", "wrong kind", "rot13", "folded", "cut", "nothing"]


def token_of(kind: str, condition: str, mode: TrackingMode, *, by_id: bool) -> str:
    now = {"expired": NOW - timedelta(days=40), "future": NOW + timedelta(days=1)}.get(condition, ISSUED)
    keys = FOREIGN if condition == "foreign" else DOMAIN.keys
    recipient = 0 if mode is AGGREGATE else 3
    if condition == "wrong kind":
        kind = {"o": "c", "c": "w", "w": "o"}[kind]
    if kind == "o":
        token = make_open_token(keys, ID, mode=mode, recipient=recipient, now=now)
    elif kind == "c":
        mode = INDIVIDUAL if mode is DELIVERABILITY else mode
        recipient = 0 if mode is AGGREGATE else 3
        url = None if by_id else URL
        token = make_click_token(keys, ID, 3, url=url, mode=mode, recipient=recipient, now=now)
    else:
        token = make_withdraw_token(keys, ID, recipient=3, now=now)
    changed = {
        "forged": token[:-5] + ("AAAAA" if token[-5:] != "AAAAA" else "BBBBB"),
        "rot13": codecs.encode(token, "rot13"),
        "folded": token.lower(),
        "cut": token[:-1],
        "nothing": "",
    }
    return changed.get(condition, token)


METHODS = st.sampled_from(["GET", "GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE", "get", "", "X\r\nY: z"])
AGENTS = st.sampled_from([BROWSER, "Mozilla/5.0", ROBOT["user-agent"], "", "\0", "\ud800", "x" * 10_000, "Outlook"])
HEADER_SETS = st.none() | st.builds(
    lambda agent, *more: {"User-Agent": agent} | {name: value for pair in more for name, value in pair.items()},
    AGENTS,
    st.sampled_from(
        [{}, {}, {"Sec-Purpose": "prefetch"}, {"Purpose": "Prefetch"}, {"X-Moz": "x"}, {"Referer": "\r\n"}]
    ),
    st.dictionaries(st.text(max_size=5), st.none() | st.text(max_size=5), max_size=2),
)
SAID: st.SearchStrategy[Callable[[object], object]] = CONSENTS.map(lambda said: lambda _token: said) | st.sampled_from(
    [fail, lambda _token: None]
)
LOOKUPS: st.SearchStrategy[Callable[[object], object] | None] = st.sampled_from(
    [None, fail, lambda _token: None, lambda _token: ELSEWHERE, lambda _token: "//evil.example", lambda _token: 7]
)
IPS = st.sampled_from([None, IP, "2001:db8:77::77", "not an address 4477", "\0", "\ud800", "1" * 500])


@given(
    kind=st.sampled_from("ocw"),
    condition=st.sampled_from(CONDITIONS),
    mode=st.sampled_from([AGGREGATE, DELIVERABILITY, INDIVIDUAL]),
    by_id=st.booleans(),
    method=METHODS,
    headers=HEADER_SETS,
    route=ROUTES,
    consent=SAID,
    destination=LOOKUPS,
    ip=IPS,
)
@example(
    kind="c",
    condition="good",
    mode=INDIVIDUAL,
    by_id=True,
    method="GET",
    headers=None,
    route=STRICT,
    consent=lambda _: Consent.GRANTED,
    destination=None,
    ip=IP,
)
def test_what_is_answered_and_recorded_follows_the_rules_in_every_combination(
    *,
    kind: str,
    condition: str,
    mode: TrackingMode,
    by_id: bool,
    method: str,
    headers: dict[str, str] | None,
    route: Route,
    consent: Callable[[object], object],
    destination: Callable[[object], object] | None,
    ip: str | None,
) -> None:
    token = token_of(kind, condition, mode, by_id=by_id)
    assume(token or condition == "nothing")
    prefetched = any(name == "Sec-Purpose" or "Pre" in (value or "") for name, value in (headers or {}).items())
    handled = ask(
        f"/t/{kind}/{token}",
        method=method,
        headers=headers,
        route=route,
        consent=consent,
        destination=destination,
        ip=ip,
    )
    response, admission = handled.response, handled.admission

    # There is always an answer, and it can be sent.
    assert response.status in {200, 302, 404, 405}
    for name, value in response.headers:
        assert f"{name}: {value}".isascii()
        assert f"{name}{value}".isprintable()
    assert (response.body == b"") or method in {"GET", "POST"}

    # An open is answered the same whatever its token, its reader and its network are.
    if kind == "o":
        assert response == pixel_response(method=method)

    # A redirect leads where we signed it to, or where the sender says: never for a token that is not ours.
    ours = condition in {"good", "expired"}
    if response.status == 302:
        assert (kind, ours, method in {"GET", "HEAD"}) == ("c", True, True)
        assert location(handled) == (ELSEWHERE if by_id else URL)
    elif kind == "c" and method in {"GET", "HEAD"}:
        assert response.status == 404
        assert not ours or by_id

    # Only a POST with a good token withdraws.
    assert handled.withdraws == (kind == "w" and method == "POST" and condition in {"good", "expired"})

    # What is recorded was good, got by GET, not ahead of a person, and consent was asked and allows it.
    if admission.record:
        assert (condition, method, prefetched) == ("good", "GET", False)
        assert kind in "oc"
        said = consent(None)
        assert said is Consent.GRANTED or (said is Consent.UNKNOWN and handled.token is not None)
        assert isinstance(handled.token, OpenToken | ClickToken)
        assert admission.mode is handled.token.mode
        assert said is Consent.GRANTED or not route.require_consent or admission.mode <= route.without_consent
        assert (handled.verdict is None) == admission.open_day
        assert (handled.dedup_key is None) == admission.count_only
    else:
        assert (handled.verdict, handled.dedup_key) == (None, None)
        assert handled.token is None or isinstance(handled.token, WithdrawToken)

    # Neither the address, nor a key, nor a token is in anything that may be stored or logged.
    said_of_it = f"{handled!r} {admission!r} {admission.reason} {handled.verdict!r} {handled.dedup_key}"
    if isinstance(handled.token, OpenToken | ClickToken) and handled.verdict:
        payload = event_payload(
            handled.token, handled.verdict, event_id="e", occurred_at=NOW, recipient="r", first=True
        )
        said_of_it += json.dumps(payload)
    pickled = pickle.dumps(handled)
    for secret in (ip, token, SECRET.decode()):
        if secret and len(secret) > 6:
            assert secret not in said_of_it
            assert secret.encode(errors="surrogatepass") not in pickled


@given(st.text() | st.text("/tocw%?#.gif-_0A", max_size=40), METHODS, AGENTS)
def test_any_target_is_answered(target: str, method: str, agent: str) -> None:
    handled = ask(target, method=method, headers={"user-agent": agent}, destination=lambda _token: ELSEWHERE)
    assert not handled.admission.record
    assert handled.response.status in {200, 404, 405}
