from __future__ import annotations

import codecs
import json
import pickle
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import assume, example, given, strategies as st

from endpoint_requests import (
    AGGREGATE,
    BROWSER,
    DELIVERABILITY,
    DOMAIN,
    ELSEWHERE,
    FOREIGN,
    ID,
    INDIVIDUAL,
    IP,
    ISSUED,
    NOW,
    ROBOT,
    SECRET,
    STRICT,
    URL,
    ask,
    fail,
    location,
)
from lmtrack import (
    Consent,
    Route,
    TrackingMode,
    make_click_token,
    make_open_token,
    make_unsubscribe_token,
    make_withdraw_token,
)
from lmtrack.endpoint import (
    event_payload,
    pixel_response,
)
from strategies import CONSENTS, ROUTES

if TYPE_CHECKING:
    from collections.abc import Callable


# Over all combinations

CONDITIONS = ["good", "expired", "future", "forged", "foreign", "wrong kind", "rot13", "folded", "cut", "nothing"]


def token_of(kind: str, condition: str, mode: TrackingMode, *, by_id: bool) -> str:
    now = {"expired": NOW - timedelta(days=40), "future": NOW + timedelta(days=1)}.get(condition, ISSUED)
    keys = FOREIGN if condition == "foreign" else DOMAIN.keys
    recipient = 0 if mode is AGGREGATE else 3
    if condition == "wrong kind":
        kind = {"o": "c", "c": "w", "w": "u", "u": "o"}[kind]
    if kind == "o":
        token = make_open_token(keys, ID, mode=mode, recipient=recipient, now=now)
    elif kind == "c":
        mode = INDIVIDUAL if mode is DELIVERABILITY else mode
        recipient = 0 if mode is AGGREGATE else 3
        url = None if by_id else URL
        token = make_click_token(keys, ID, 3, url=url, mode=mode, recipient=recipient, now=now)
    else:
        token = (make_withdraw_token if kind == "w" else make_unsubscribe_token)(keys, ID, recipient=3, now=now)
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
BODIES = st.sampled_from([b"", b"List-Unsubscribe=One-Click", b"lmtrack=leave", b"lmtrack=return", b"a=b", b"--"])
IPS = st.sampled_from([None, IP, "2001:db8:77::77", "not an address 4477", "\0", "\ud800", "1" * 500])


@given(
    kind=st.sampled_from("ocwu"),
    condition=st.sampled_from(CONDITIONS),
    mode=st.sampled_from([AGGREGATE, DELIVERABILITY, INDIVIDUAL]),
    by_id=st.booleans(),
    method=METHODS,
    headers=HEADER_SETS,
    route=ROUTES,
    consent=SAID,
    destination=LOOKUPS,
    ip=IPS,
    body=BODIES,
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
    body=b"",
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
    body: bytes,
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
        body=body,
    )
    response, admission = handled.response, handled.admission

    # There is always an answer, and it can be sent.
    assert response.status in {200, 302, 404, 405, 410}
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
        assert location(handled) in ({ELSEWHERE} if by_id else {ELSEWHERE, URL})
    elif kind == "c" and method in {"GET", "HEAD"}:
        assert response.status in {404, 410}
        assert not ours or by_id or destination is not None

    # Only a POST with a token of ours withdraws or unsubscribes, whatever its age: a clock that is ahead keeps nobody.
    posted = method == "POST" and condition in {"good", "expired", "future"}
    assert (handled.withdrawal is not None) == (kind == "w" and posted)
    left = body in {b"List-Unsubscribe=One-Click", b"lmtrack=leave"}
    assert (handled.unsubscribe is not None) == (kind == "u" and posted and left)
    assert (handled.resubscribe is not None) == (kind == "u" and posted and body == b"lmtrack=return")

    # What is recorded was good, got by GET, not ahead of a person, and consent was asked and allows it.
    assert admission.record == (handled.event is not None or handled.last_open is not None)
    if admission.record:
        assert (condition, method, prefetched) == ("good", "GET", False)
        assert kind in "oc"
        assert admission.mode <= route.ceiling
        assert admission.open_day == (handled.last_open is not None)
        if handled.event:
            assert admission.mode is handled.event.token.mode
            assert (handled.event.dedup_key is None) == admission.count_only
        if not admission.count_only:
            said = consent(None)
            assert said in {Consent.GRANTED, Consent.UNKNOWN}
            assert said is Consent.GRANTED or not route.require_consent or admission.mode <= route.without_consent

    # Neither the address, nor a key, nor a token is in anything that may be stored or logged.
    said_of_it = f"{handled!r} {admission!r} {admission.reason} {handled.event and handled.event.dedup_key}"
    if handled.event:
        event = handled.event
        payload = event_payload(event.token, event.verdict, event_id="e", occurred_at=NOW, recipient="r", first=True)
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
