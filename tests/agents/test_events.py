from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from lmtrack._agents.events import Event
from lmtrack._agents.header_rules import came_through_gateway, keep_headers
from lmtrack.classifier import classify_message

IP = "203.0.113.77"
AT = datetime(2026, 8, 1, 9, 0, 0, 500, tzinfo=UTC)
FORWARDED = {
    "X-Forwarded-For": IP,
    "Forwarded": f"for={IP}",
    "X-Real-IP": IP,
    "CF-Connecting-IP": IP,
    "X-Made-Up-By-A-Proxy": IP,
    "Accept-Language": "de",
    "REFERER": "https://urldefense.com/v3/",
}


def event(**change: Any) -> Event:  # noqa: ANN401 - wrong types are given on purpose
    return Event(**{"kind": "click", "user_agent": "Mozilla/5.0", "at": AT, "ip": IP, **change})


def test_an_event_keeps_what_rules_read() -> None:
    held = event(headers=FORWARDED, client="a key", link_index=3, method="HEAD", honeypot=True)
    assert (held.kind, held.user_agent, held.at, held.ip, held.client) == ("click", "Mozilla/5.0", AT, IP, "a key")
    assert (held.link_index, held.method, held.honeypot) == (3, "HEAD", True)
    assert held.headers == {"accept-language": "de", "referer": "https://urldefense.com/"}
    assert event(headers=list(FORWARDED.items())) == event(headers=FORWARDED)


def test_an_event_has_defaults() -> None:
    held = Event(kind="open", user_agent=None, at=AT)
    assert (held.ip, held.client, held.link_index, held.method, held.headers, held.honeypot) == (
        (None, None, None, "GET", None, False)
    )


def test_an_event_gives_all_but_the_address_as_json() -> None:
    held = event(headers={"Accept-Language": "de"}, client="a key", link_index=3, asn=64496, sources=["lab"])
    assert held.sources == ("lab",)
    assert json.loads(json.dumps(held.to_dict())) == held.to_dict()
    assert held.to_dict() == {
        "kind": "click",
        "user_agent": "Mozilla/5.0",
        "at": "2026-08-01T09:00:00.000500+00:00",
        "asn": 64496,
        "client": "a key",
        "sources": ["lab"],
        "link_index": 3,
        "method": "GET",
        "headers": {"accept-language": "de"},
        "honeypot": False,
    }
    assert event().to_dict()["headers"] is None


def test_values_of_subclasses_and_an_empty_list_are_what_they_stand_for() -> None:
    class Timestamp(datetime):
        """A time of another library."""

    at = Timestamp(2026, 8, 1, 9, tzinfo=UTC)
    assert event(at=at, sources=[]) == event(at=datetime(2026, 8, 1, 9, tzinfo=UTC))
    assert event(at=at, sources=[]).sources == ()


def test_an_event_of_an_earlier_version_is_read() -> None:
    stored = event(ip=None, client="a key").to_dict()
    del stored["asn"], stored["sources"]
    assert Event.from_dict(stored) == event(ip=None, client="a key")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"asn": "64496"}, TypeError),
        ({"asn": True}, TypeError),
        ({"sources": "lab"}, TypeError),
        ({"sources": (3,)}, TypeError),
        ({"sources": ("203.0.113.77",)}, ValueError),
        ({"sources": ("x" * 257,)}, ValueError),
    ],
)
def test_sources_are_names_of_lists(change: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^(?:asn|sources) must be "):
        event(**change)


@pytest.mark.parametrize(
    "signer", ['"https://chatgpt.com"', "https://agent.bot.goog/x", "https://ann.example", " ", "x"]
)
def test_an_event_keeps_that_an_agent_signed_and_no_host_of_its_own(signer: str) -> None:
    headers = event(headers={"Signature-Agent": signer, "Accept-Language": "de"}).headers
    known = {'"https://chatgpt.com"': '"https://chatgpt.com"', "https://agent.bot.goog/x": '"https://bot.goog"'}
    kept = known.get(signer, "?" if signer.strip() else None)
    assert headers == {"accept-language": "de"} | ({"signature-agent": kept} if kept else {})
    assert event(headers=headers).headers == headers


@pytest.mark.parametrize("ip", [IP, "2001:db8::77", "::ffff:203.0.113.77", "no address"])
def test_an_address_is_in_no_repr_dict_pickle_or_deep_copy(ip: str) -> None:
    held = event(ip=ip, headers=dict.fromkeys(FORWARDED, ip) | {"Referer": "https://urldefense.com/"}, client="a key")
    held = dataclasses.replace(held, headers={"X-Forwarded-For": ip})
    shown = [repr(held), f"{held}", repr(held.ip), repr([held.ip]), json.dumps(held.to_dict())]
    shown += [repr(dataclasses.asdict(held)), repr(dataclasses.astuple(held)), repr(copy.deepcopy(held).ip)]
    assert not [text for text in shown if ip in text]
    assert "ip=" not in repr(held)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        pickled = pickle.dumps(held, protocol)
        assert ip.encode() not in pickled
        stored = pickle.loads(pickled)  # noqa: S301 - our own bytes
        assert stored == dataclasses.replace(held, ip=None)
        assert stored.client == "a key"
    assert dataclasses.asdict(held)["ip"] is None


def test_of_the_page_that_led_here_only_the_gateway_is_kept() -> None:
    page = (
        "HTTPS://eur01.SafeLinks.protection.outlook.com:443/?url=https%3A%2F%2Fx.test&data=05%7C02%7Cann%40shop.example"
    )
    held = event(headers={"Referer": page})
    assert held.headers == {"referer": "https://eur01.safelinks.protection.outlook.com/"}
    assert "ann" not in f"{held.to_dict()}{pickle.dumps(held)!r}"
    assert classify_message([held])[0].reasons[-1] == "hdr.referer_rewriter"
    assert event(headers={"Referer": f"http://{IP}/inbox?user=ann", "Purpose": "x"}).headers == {"purpose": "x"}
    assert event(headers={"Referer": "https://mail.example/ann"}).headers == {}


@given(st.text() | st.from_regex(r"https?://([a-z-]*\.)?(urldefense|protect-eu\.mimecast)\.com(:[0-9]+)?([/?#]\w*)?"))
def test_what_is_left_of_a_referer_means_the_same(referer: str) -> None:
    read = {"referer": referer, "purpose": "x"}
    kept = keep_headers(read)
    assert came_through_gateway(kept) == came_through_gateway(read)
    assert keep_headers(kept) == kept
    assert kept["purpose"] == "x"


def test_a_key_of_any_other_form_is_taken() -> None:
    for client in ("a key", "5f0c6d0e", "1234", "ann:4471", "[1]", "a/b", "%", "4471-1.2.3"):
        assert event(client=client).client == client


def test_an_address_stays_while_the_event_is_used() -> None:
    assert copy.copy(event()).ip == dataclasses.replace(event(), method="HEAD").ip == IP
    assert event() != event(ip=None)
    assert event() != event(ip="203.0.113.78")


def test_events_are_values() -> None:
    assert event() == event()
    assert hash(event(headers={"Accept-Language": "de"})) == hash(event(headers={"Accept-Language": "fr"}))
    assert len({event(), event(), event(link_index=1)}) == 2
    with pytest.raises(AttributeError):
        event().ip = "x"  # type: ignore[misc]
    assert not hasattr(event(), "__dict__")
    with pytest.raises(TypeError):
        Event("open", None, AT)  # type: ignore[call-arg]


def test_a_time_is_kept_in_utc() -> None:
    local = datetime(2026, 8, 1, 11, 30, tzinfo=timezone(timedelta(hours=2, minutes=30)))
    assert event(at=local).at == local
    assert event(at=local).to_dict()["at"] == "2026-08-01T09:00:00+00:00"


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"kind": "view"}, ValueError, "kind must be 'open' or 'click'"),
        ({"kind": None}, TypeError, "kind must be a str, not NoneType"),
        ({"user_agent": b"x"}, TypeError, "user_agent must be a str or None, not bytes"),
        ({"at": "2026-08-01"}, TypeError, "at must be an aware datetime, not str"),
        ({"at": datetime(2026, 8, 1)}, ValueError, "at must be an aware datetime; .*"),  # noqa: DTZ001 - is refused
        (
            {"at": datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))},
            ValueError,
            "at is out of range in UTC",
        ),
        ({"ip": b"203.0.113.77"}, TypeError, "ip must be a str or None, not bytes"),
        ({"client": 5}, TypeError, "client must be a str or None, not int"),
        ({"client": ""}, ValueError, "client must be what client_key returns; .*"),
        ({"client": IP}, ValueError, "client must be what client_key returns; an address would be kept"),
        *(
            ({"client": client}, ValueError, "client must be what client_key returns; an address would be kept")
            for client in (
                "::1",
                f"{IP}:443",
                f" {IP} ",
                f"{IP}/32",
                "[2001:db8::77]",
                "[2001:db8::77]:443",
                "fe80::1%e0",
            )
        ),
        ({"link_index": "1"}, TypeError, "link_index must be an int or None, not str"),
        ({"link_index": True}, TypeError, "link_index must be an int or None, not bool"),
        ({"link_index": -1}, ValueError, "link_index must be 0 to 65535"),
        ({"link_index": 65536}, ValueError, "link_index must be 0 to 65535"),
        ({"link_index": 0, "kind": "open"}, ValueError, "link_index must be None for an open"),
        ({"method": None}, TypeError, "method must be a str, not NoneType"),
        ({"headers": "Referer: x"}, TypeError, "headers must be .*"),
        ({"honeypot": 1}, TypeError, "honeypot must be a bool, not int"),
    ],
)
def test_an_event_is_made_of_the_right_things(change: dict[str, object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"^{text}$") as caught:
        event(**change)
    assert IP not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"ip": IP},
        {"at": "2026-08-01T09:00:00"},
        {"at": "2026-08-01T11:00:00+02:00"},
        {"at": "today"},
        {"at": None},
        {"kind": "view"},
        {"honeypot": 0},
        {"link_index": "1"},
        {"headers": {"Accept-Language": "de"}},
        {"headers": {"x-forwarded-for": IP}},
        {"headers": [["referer", "x"]]},
        {"client": IP},
    ],
)
def test_only_what_to_dict_gives_is_read_back(change: dict[str, object]) -> None:
    written = event(headers={"Accept-Language": "de"}, link_index=3, client="a key").to_dict()
    assert Event.from_dict(json.loads(json.dumps(written))).to_dict() == written
    with pytest.raises(ValueError, match=r".") as caught:
        Event.from_dict({**written, **change})
    assert IP not in str(caught.value)


@pytest.mark.parametrize("data", [None, [], "x", {}, {"kind": "open"}])
def test_an_event_is_read_from_an_object_with_all_members(data: object) -> None:
    with pytest.raises(ValueError, match=r"^event: expected what to_dict returns$"):
        Event.from_dict(data)


@given(st.text(), st.text(), st.text(), st.dictionaries(st.text(), st.text()))
def test_any_text_makes_an_event(agent: str, ip: str, method: str, headers: dict[str, str]) -> None:
    held = event(user_agent=agent, ip=ip, method=method, headers=headers)
    assert (held.user_agent, held.ip, held.method) == (agent, ip, method)
    stored = dataclasses.replace(held, ip=None)
    assert pickle.loads(pickle.dumps(held)) == stored  # noqa: S301 - our own bytes
    assert Event.from_dict(held.to_dict()) == stored
