from __future__ import annotations

import codecs
import pickle
import time
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from endpoint_requests import (
    AGGREGATE,
    APPLE,
    BROWSER,
    COUNTING,
    DELIVERABILITY,
    DOMAIN,
    ELSEWHERE,
    FOREIGN,
    HEADERS,
    ID,
    INDIVIDUAL,
    IP,
    ISSUED,
    NOW,
    ROBOT,
    STRICT,
    URL,
    WATCHED,
    WITHDRAW,
    Looked,
    ask,
    click_token,
    fail,
    location,
    open_token,
)
from lmtrack import (
    Consent,
    Event,
    TrackingMode,
    classify_message,
    make_click_token,
    make_open_token,
)
from lmtrack._agents.verdict import Actor, Human, Verdict
from lmtrack.classifier import load_agents, load_networks
from lmtrack.endpoint import (
    AdmissionReason,
    Handled,
    LastOpen,
    pixel_response,
    read_request,
    redirect_response,
)
from lmtrack.tokens import ClickToken, OpenToken

RECORDED = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "what-may-be-recorded.md"


# Opens


def test_an_open_with_consent_is_recorded_and_answered_with_the_pixel() -> None:
    handled = ask(f"/t/o/{open_token(recipient=2)}.gif?x=1")
    assert handled.response == pixel_response()
    assert handled.event is not None
    assert handled.event.token == OpenToken(ID, 2, INDIVIDUAL, ISSUED)
    assert handled.admission.identified
    assert handled.event.verdict.counts_for_metrics
    assert handled.event.dedup_key == "open:individual:2::person:letter-4471"


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
    assert handled.event is None
    assert (handled.admission.record, handled.admission.reason) == (False, reason)


def test_the_route_is_asked_for_by_the_token() -> None:
    handled = ask(f"/t/o/{open_token()}", route=lambda token: STRICT if token.message_id == ID else None)
    assert handled.admission.identified


def test_a_machine_is_recorded_as_one_beside_the_person() -> None:
    target = f"/t/o/{open_token()}"
    robot, apple, person = ask(target, headers=ROBOT), ask(target, headers=APPLE), ask(target)
    assert [handled.admission.record for handled in (robot, apple, person)] == [True, True, True]
    assert [handled.event and handled.event.verdict.is_machine for handled in (robot, apple, person)] == [
        True,
        False,
        False,
    ]
    assert [handled.event and handled.event.dedup_key for handled in (robot, apple, person)] == [
        "open:individual:0::machine:letter-4471",
        "open:individual:0::unknown:letter-4471",
        "open:individual:0::person:letter-4471",
    ]


def test_an_open_of_a_campaign_is_counted_and_has_no_key() -> None:
    for headers, counts in ((HEADERS, True), (ROBOT, False), (APPLE, False)):
        handled = ask(f"/t/o/{open_token(AGGREGATE)}", route=COUNTING, consent=fail, headers=headers, networks=WATCHED)
        assert handled.admission.count_only
        assert handled.admission.reason is AdmissionReason.WITHOUT_CONSENT
        assert handled.event is not None
        assert handled.event.dedup_key is None
        # Whether it counts, and nothing that could tell people apart.
        human = Human.YES if counts else Human.UNKNOWABLE
        assert handled.event.verdict == Verdict(actor=Actor.UNKNOWN, human=human, evidence=1)


def test_of_the_day_of_a_last_open_nothing_but_the_day_is_left() -> None:
    target = f"/t/o/{open_token(DELIVERABILITY)}"
    handled = ask(target, networks=WATCHED)
    assert handled.admission.open_day
    assert handled.event is None
    assert handled.last_open == LastOpen(message_id=ID, recipient=0, day=NOW.date())
    assert "0" not in repr(handled.last_open).partition("day=")[0].replace(ID, "")
    for headers, reason in ((ROBOT, "machine"), (APPLE, "not_known")):
        handled = ask(target, headers=headers)
        assert (handled.admission.reason, handled.event, handled.last_open) == (reason, None, None)


# Clicks


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has no tzset")
def test_the_day_of_a_last_open_is_that_of_utc_whatever_the_zone_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    time.tzset()
    try:
        last_open = ask(f"/t/o/{open_token(DELIVERABILITY)}", now=NOW.replace(hour=23)).last_open
    finally:
        monkeypatch.undo()
        time.tzset()
    assert last_open is not None
    assert last_open.day == NOW.date()


def test_a_click_with_consent_is_recorded_and_redirected() -> None:
    handled = ask(f"/t/c/{click_token(recipient=2)}")
    assert handled.response == redirect_response(URL)
    assert handled.event is not None
    assert handled.event.token == ClickToken(ID, 2, INDIVIDUAL, ISSUED, 3, URL)
    assert handled.admission.identified
    assert handled.event.dedup_key == "click:individual:2:3:person:letter-4471"


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
    assert location(handled) == ELSEWHERE
    assert location(ask(f"/t/c/{click_token(url=url)}", **changed)) == url
    assert handled.event is None
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
    assert (handled.event, handled.admission.record, handled.admission.reason) == (None, False, reason)


def test_a_click_that_leads_nowhere_is_answered_to_its_method() -> None:
    for target in (f"/t/c/{click_token()[:-2]}AA", f"/t/c/{click_token(url=None)}"):
        full, head, options = (ask(target, method=method).response for method in ("GET", "HEAD", "OPTIONS"))
        assert (full.status, head.status, options.status) == (404, 404, 200)
        assert (bool(full.body), head.body, options.body) == (True, b"", b"")
        assert ask(target, method="POST").response.status == 405


def test_a_click_by_id_asks_where_it_goes() -> None:
    asked: list[ClickToken] = []

    def destination(token: ClickToken) -> str:
        asked.append(token)
        return "https://shop.example/menü"

    handled = ask(f"/t/c/{click_token(url=None)}", destination=destination)
    assert location(handled) == "https://shop.example/men%C3%BC"
    assert handled.admission.record
    assert handled.event is not None
    assert asked == [ClickToken(ID, 0, INDIVIDUAL, ISSUED, 3, None)] == [handled.event.token]
    ask(f"/t/c/{click_token(url=None)}", destination=destination, method="POST")
    ask(f"/t/o/{open_token()}", destination=destination)
    assert len(asked) == 1
    ask(f"/t/c/{click_token(url=None)}", destination=destination, method="HEAD")
    assert len(asked) == 2
    handled = ask(f"/t/c/{click_token()}", destination=destination)  # one with a URL may go elsewhere today
    assert (len(asked), location(handled)) == (3, "https://shop.example/men%C3%BC")


def test_a_destination_that_was_taken_down_is_gone() -> None:
    handled = ask(f"/t/c/{click_token()}", destination=lambda _token: None)
    assert (handled.response.status, handled.event) == (410, None)
    assert handled.admission.reason is AdmissionReason.NO_DESTINATION
    assert ask(f"/t/c/{click_token()}", destination=lambda _token: None, method="HEAD").response.body == b""


def test_a_link_with_a_url_works_though_nobody_can_say_where_it_goes() -> None:
    for destination in (fail, lambda _token: 5):
        handled = ask(f"/t/c/{click_token()}", destination=destination)
        assert (location(handled), handled.event) == (URL, None)
        assert handled.admission.reason is AdmissionReason.DESTINATION_UNAVAILABLE


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
    assert (handled.event, handled.admission.record, handled.admission.reason) == (None, False, reason)
    head = ask(f"/t/c/{click_token(url=None)}", destination=destination, method="HEAD")
    assert head.response == redirect_response(None, method="HEAD")
    assert head.admission.reason == reason


@pytest.mark.parametrize("route", [fail, lambda _: None, lambda _: True])
@pytest.mark.parametrize("mode", [AGGREGATE, INDIVIDUAL])
def test_a_route_that_cannot_be_asked_records_nothing_and_still_answers(route: Any, mode: TrackingMode) -> None:  # noqa: ANN401
    handled = ask(f"/t/o/{open_token(mode)}", route=route)
    assert handled.response == pixel_response()
    assert (handled.event, handled.admission.record) == (None, False)
    assert handled.admission.reason is AdmissionReason.ROUTE_UNAVAILABLE


@pytest.mark.parametrize(
    "consent", [fail, lambda _: None, lambda _: True, lambda _: "granted", lambda: Consent.GRANTED]
)
@pytest.mark.parametrize("target", [f"/t/o/{open_token()}", f"/t/c/{click_token()}"])
def test_consent_that_cannot_be_asked_records_nothing_and_still_answers(target: str, consent: object) -> None:
    handled = ask(target, consent=consent)
    assert handled.response == ask(target).response
    assert handled.event is None
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
    assert (head.event, options.event) == (None, None)


@pytest.mark.parametrize("target", ["/", "*", "/t", "/t/x/y", "/robots.txt", "https://other.example/t/o/x", ""])
def test_a_path_that_is_none_of_ours_is_not_found(target: str) -> None:
    handled = ask(target, consent=fail)
    assert handled.response == redirect_response(None)
    assert handled.admission.reason is AdmissionReason.NOT_FOUND
    head = ask(target, method="HEAD")
    assert (head.response.status, head.response.body) == (404, b"")
    assert ask(target, method="OPTIONS").response.status == 404


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("/nothing", None),
        (f"/t/o/{open_token()}", "open"),
        (f"/t/c/{click_token()[:-2]}AA", "click"),
        (f"/t/w/{WITHDRAW}", "withdraw"),
    ],
)
def test_a_request_that_was_read_has_its_kind_and_no_more_than_it_came_with(target: str, kind: str | None) -> None:
    pending = read_request(method="GET", target=target, headers=None, domain=DOMAIN, now=NOW)
    assert (pending.kind, pending.method, pending.headers, pending.body) == (kind, "GET", {}, b"")


def test_a_path_whose_letters_were_turned_tells_a_scanner() -> None:
    for path in (codecs.encode(f"/t/o/{open_token()}", "rot13"), f"/t/c/{click_token()}".upper()):
        handled = ask(path, consent=fail)
        assert handled.response.status == 404
        assert handled.admission.reason is AdmissionReason.SCANNER


# What is handed over


def test_headers_come_as_a_mapping_as_pairs_or_not_at_all() -> None:
    target = f"/t/o/{open_token()}"
    pairs = [("USER-AGENT", ROBOT["user-agent"]), ("user-agent", BROWSER), ("X-Nothing", None), (5, "x")]
    octets = [(b"User-Agent", "x"), ("User-Agent", b"x"), (b"User-Agent", ROBOT["user-agent"].encode())]
    message = Message()
    message["user-agent"] = ROBOT["user-agent"]
    for headers in (pairs, iter(pairs), dict(pairs[:1]), octets, message, [None, "x", ("a", "b", "c"), pairs[0]]):
        event = ask(target, headers=headers).event
        assert event is not None
        assert event.verdict.is_machine
    assert ask(target, headers=None).admission.record


def test_the_time_since_the_mail_was_made_is_told_the_classifier_and_a_campaigns_is_not() -> None:
    soon = ISSUED + timedelta(seconds=1)
    bare = {"User-Agent": BROWSER}

    def reasons(mode: TrackingMode, now: datetime) -> tuple[str, ...]:
        handled = ask(f"/t/c/{click_token(mode)}", now=now, headers=bare)
        assert handled.event is not None
        return handled.event.verdict.reasons

    assert "time.lt_2s" in reasons(INDIVIDUAL, soon)
    assert "time.lt_2s" in reasons(INDIVIDUAL, ISSUED)
    assert "time.lt_2s" not in reasons(INDIVIDUAL, NOW)
    assert "time.lt_2s" not in reasons(INDIVIDUAL, ISSUED - timedelta(seconds=1))
    counted = ask(f"/t/c/{click_token(AGGREGATE)}", now=soon, headers=bare).event
    assert counted is not None
    assert counted.verdict.human is Human.YES


def test_the_delivery_is_asked_for_by_the_token() -> None:
    bare = {"User-Agent": BROWSER}
    for own, soon in ((True, True), (False, False)):
        handled = ask(
            f"/t/c/{click_token()}",
            headers=bare,
            delivered_at=lambda token, own=own: NOW if (token.message_id == ID) is own else ISSUED,
        )
        assert handled.event is not None
        assert ("time.lt_2s" in handled.event.verdict.reasons) is soon


def test_what_is_known_of_the_network_is_told_the_classifier() -> None:
    target = f"/t/c/{click_token()}"
    own = load_networks("198.51.100.0/24", tag="our_gateway", evidence=3)

    def reasons(**changed: Any) -> tuple[str, ...]:  # noqa: ANN401 - any argument of handle_request
        event = ask(target, **changed).event
        assert event is not None
        return event.verdict.reasons

    assert "net.scanner" in reasons(ip="209.222.82.1")  # Barracuda
    assert "net.scanner_probable" in reasons(asn=22843)  # Proofpoint
    assert "net.listed" in reasons(networks=own)
    assert "hdr.no_accept_language" in reasons(headers={"User-Agent": BROWSER})
    assert reasons(headers=iter([*HEADERS.items()])) == reasons(headers=HEADERS)  # read once
    ours = load_agents("Lampreader", actor="human", human="yes")
    assert reasons(headers={"User-Agent": "Lampreader/2"}, agents=ours) != reasons(
        headers={"User-Agent": "Lampreader/2"}
    )
    assert not {"net.scanner", "net.scanner_probable", "net.listed", "hdr.no_accept_language"} & {*reasons()}


def test_without_consent_nobody_looks_at_the_address() -> None:
    for target in (f"/t/o/{open_token()}", f"/t/c/{click_token()}"):
        for said in (Consent.DENIED, Consent.WITHDRAWN, Consent.UNKNOWN):
            assert not ask(target, networks=WATCHED, consent=lambda _token, said=said: said).admission.record
        assert not ask(target, networks=WATCHED, method="HEAD").admission.record
        with pytest.raises(Looked):
            ask(target, networks=WATCHED)


def test_the_time_of_the_request_is_now_if_none_is_given() -> None:
    assert ask(f"/t/o/{make_open_token(DOMAIN.keys, ID)}", now=None).admission.record
    assert ask(f"/t/o/{open_token(now=datetime(2020, 1, 1, tzinfo=UTC))}", now=None).admission.reason == "expired"
    far = datetime(2090, 1, 1, tzinfo=UTC)
    for target in (f"/t/o/{open_token(now=far)}".upper(), f"/t/o/{open_token(now=far).lower()}"):
        assert ask(target, now=far).admission.reason is AdmissionReason.SCANNER


def test_the_key_tells_events_apart_and_nothing_else() -> None:
    keys = {
        key_of(ask(f"/t/{kind}/{token}", headers=headers))
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
    assert key_of(again) == key_of(ask(f"/t/c/{click_token()}"))
    assert key_of(again) in keys


def key_of(handled: Handled) -> str:
    assert handled.event is not None
    assert handled.event.dedup_key is not None
    assert handled.event.dedup_key not in repr(handled)
    return handled.event.dedup_key


@pytest.mark.parametrize("agent", [BROWSER, APPLE, ROBOT["user-agent"], "Thunderbird", None])
@pytest.mark.parametrize("ip", [None, "not an address", "198.51.100.7", "209.222.82.1"])
@pytest.mark.parametrize("target", [f"/t/o/{open_token()}", f"/t/c/{click_token()}"])
def test_the_request_of_an_event_is_judged_again_as_it_was(target: str, ip: str | None, agent: str | None) -> None:
    headers = {"Accept": "*/*"} | ({} if agent is None else {"User-Agent": agent})
    sent = NOW - timedelta(seconds=3)
    event = ask(target, headers=headers, ip=ip, delivered_at=lambda _: sent).event
    assert event is not None
    assert event.request is not None
    assert event.request.ip == ip
    assert classify_message([event.request], delivered_at=sent) == [event.verdict]
    stored = Event.from_dict(event.request.to_dict())
    assert classify_message([stored], delivered_at=sent)[0].human is event.verdict.human
    assert (stored.at, stored.ip, stored.link_index) == (NOW, None, getattr(event.token, "link_index", None))
    assert ip is None or ip not in f"{event!r} {event.request!r} {stored.to_dict()} {pickle.dumps(event)!r}"


def test_the_request_of_an_event_has_the_fractions_of_its_second() -> None:
    before = datetime.now(UTC)  # noqa: TID251 - what the clock says is what is tested
    event = ask(f"/t/o/{open_token(INDIVIDUAL, now=before)}", now=None).event
    assert event is not None
    assert event.request is not None
    rounding = timedelta(microseconds=1)  # of a time read as a number, where the clock stands still meanwhile
    assert before - rounding <= event.request.at <= datetime.now(UTC) + rounding  # noqa: TID251 - the same


def test_the_request_of_an_event_has_what_is_known_of_the_network() -> None:
    event = ask(f"/t/c/{click_token()}", ip=IP, asn=64500).event
    assert event is not None
    assert event.request is not None
    assert (event.request.ip, event.request.asn) == (IP, 64500)


def test_what_is_only_counted_has_no_request() -> None:
    event = ask(f"/t/o/{open_token(AGGREGATE)}", route=COUNTING).event
    assert event is not None
    assert event.request is None


def test_a_result_is_a_value() -> None:
    handled = ask(f"/t/c/{click_token()}")
    assert pickle.loads(pickle.dumps(handled)) == handled  # noqa: S301 - our own bytes
    with pytest.raises(AttributeError):
        handled.event = None  # type: ignore[misc]


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"method": b"GET"}, r"^method must be a str, not bytes$"),
        ({"target": b"/o/x"}, r"^target must be a str, not bytes$"),
        ({"domain": "https://track.example"}, r"^domain must be a TrackingDomain, not str$"),
        ({"route": None}, r"^route must be a Route, not NoneType$"),
        ({"consent": Consent.GRANTED.value}, r"^consent must be callable, delivered_at callable or None$"),
        ({"delivered_at": NOW}, r"^consent must be callable, delivered_at callable or None$"),
        ({"body": "x"}, r"^body must be bytes, not str$"),
        ({"destination": "https://shop.example/"}, r"^destination must be callable or None$"),
        ({"ip": b"192.0.2.1"}, r"^ip must be a str, asn an int, networks made by load_networks, or None$"),
        ({"asn": "AS8075"}, r"^ip must be a str, asn an int, networks made by load_networks, or None$"),
        ({"asn": True}, r"^ip must be a str, asn an int, networks made by load_networks, or None$"),
        ({"networks": ["198.51.100.0/24"]}, r"^ip must be a str, asn an int, networks made by load_networks, or None$"),
        ({"agents": "Lampreader"}, r"^agents must be made by load_agents or None, not str$"),
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
    assert [row[0] for row in rows] == [
        f"`{name}`" for name in (".response", ".admission.reason", ".event", ".event.dedup_key", ".last_open")
    ]
    for name, *cells in rows:
        for handled, cell in zip(results.values(), cells, strict=True):
            value: object = handled
            for attribute in name.strip("`.").split("."):
                value = value and getattr(value, attribute)
            assert (value is not None) == cell.startswith("yes"), (name, cell)
