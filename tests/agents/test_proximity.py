from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from lmtrack._agents.sequence import _POINTS
from lmtrack.classifier import Actor, Event, Human, Signal, load_networks
from message_events import (
    BROWSERS,
    DELIVERED,
    OTHER_IP,
    PERSON_IP,
    SAFARI,
    click,
    judge,
    machines,
    open_,
    people,
)

# Bursts.


@pytest.mark.parametrize(
    ("seconds", "burst"),
    [((60, 61, 62), True), ((60, 61, 62.000001), False), ((60, 60, 60), True), ((60, 62, 64), False)],
)
def test_three_links_within_two_seconds_are_a_burst(seconds: tuple[float, ...], *, burst: bool) -> None:
    verdicts = judge([click(at, link) for link, at in enumerate(seconds)])
    assert [Signal.MSG_BURST in verdict.reasons for verdict in verdicts] == [burst] * 3
    assert [verdict.is_machine for verdict in verdicts] == [burst] * 3


def test_a_burst_may_begin_at_any_click() -> None:
    reader = [click(30, 3), click(45, 4), click(59.999999, 5)]
    assert machines([*reader, *(click(60 + link, link) for link in range(3)), click(62.000001, 0)]) == [False] * 2 + [
        *(True for _ in range(5))
    ]
    assert machines([*reader[:2], click(60, 0), click(61, 1), click(62, 2)]) == [False] * 2 + [True] * 3
    assert machines([*reader[:2], click(60, 0), click(61, 1), click(62.000001, 2)]) == [False] * 5


@pytest.mark.parametrize("again", [False, True], ids=["each link once", "one link twice"])
def test_each_click_of_a_long_burst_names_the_one_that_completes_it_or_the_first_within_two_seconds(
    *, again: bool
) -> None:
    links = [0, 1, 2, 3, 4, 0 if again else 5]
    verdicts = judge([click(60 + place * 0.8, link) for place, link in enumerate(links)])
    assert [verdict.cause for verdict in verdicts] == [2, 2, 0, 1, 2, 3]
    assert all(verdict.reasons[0] == Signal.MSG_BURST for verdict in verdicts)


@pytest.mark.parametrize(
    ("last", "count", "sweep"),
    [(70, 4, True), (70, 3, False), (70.000001, 4, False), (70, 5, False), (70, None, False), (70, 1, False)],
)
def test_all_links_within_ten_seconds_are_a_sweep(last: float, count: int | None, *, sweep: bool) -> None:
    for seconds, evidence in ((0, 3), (7200, 2)):
        verdicts = judge([click(at + seconds, link) for link, at in enumerate((60, 63, 66.5, last))], link_count=count)
        assert [Signal.MSG_SWEEP in verdict.reasons for verdict in verdicts] == [sweep] * 4
        assert [verdict.is_machine for verdict in verdicts] == [sweep] * 4
        if sweep:
            assert [verdict.cause for verdict in verdicts] == [3, 3, 3, 0]
            assert {verdict.evidence for verdict in verdicts} == {evidence}


@pytest.mark.parametrize(("links", "last", "sweep"), [(2, 1.5, True), (2, 1.6, False), (3, 5, True), (3, 5.1, False)])
def test_all_of_two_or_three_links_are_a_sweep_only_at_once_and_only_while_gateways_scan(
    links: int, last: float, *, sweep: bool
) -> None:
    def clicks(start: float) -> list[Event]:
        return [click(start + last * link / (links - 1), link) for link in range(links)]

    assert machines(clicks(60), link_count=links) == [sweep] * links
    assert {verdict.evidence for verdict in judge(clicks(60), link_count=links)} == {2}
    assert people(clicks(7200), link_count=links)
    assert people(clicks(60), link_count=links, delivered_at=None)


@pytest.mark.parametrize(("span", "fast"), [(0.999999, True), (1, True), (1.000001, False)])
def test_four_links_within_a_second_are_a_machines_at_any_time(span: float, *, fast: bool) -> None:
    clicks = [click(7200 + span * link / 3, link) for link in range(4)]
    apart = [dataclasses.replace(event, ip=f"192.0.2.{link}") for link, event in enumerate(clicks)]
    for delivered_at in (DELIVERED, None):
        assert machines(clicks, delivered_at=delivered_at) == [fast] * 4
        assert machines(apart, delivered_at=delivered_at) == [fast] * 4


def test_three_links_in_two_seconds_are_a_point_once_gateways_have_scanned() -> None:
    clicks = [click(7200 + link, link) for link in range(3)]
    assert {verdict.reasons for verdict in judge(clicks)} == {("ua.browser", "msg.burst_3_in_2s")}
    assert people(clicks)
    cloud = load_networks(PERSON_IP, tag="cloud", evidence=1)
    assert machines(clicks, networks=cloud) == [True] * 3


@pytest.mark.parametrize(
    ("links", "span", "steady"), [(4, 7.5, True), (4, 7.6, False), (8, 60, True), (8, 60.5, False)]
)
def test_a_steady_pace_is_a_gateways_while_gateways_scan(links: int, span: float, *, steady: bool) -> None:
    clicks = [click(60 + span * link / (links - 1), link) for link in range(links)]
    assert machines(clicks, link_count=20) == [steady] * links
    assert people([dataclasses.replace(event, at=event.at + timedelta(hours=2)) for event in clicks], link_count=20)


def test_one_link_many_times_is_no_burst() -> None:
    assert people([click(60 + number * 0.2, 0) for number in range(20)], link_count=2)


def test_a_click_whose_link_is_unknown_is_in_no_burst() -> None:
    assert people([click(60 + number * 0.2, None) for number in range(20)], link_count=2)


def test_opens_are_in_no_burst() -> None:
    assert people([open_(60), click(60, 0), open_(61), click(62, 1)], link_count=3)


@pytest.mark.parametrize(
    "ahead",
    [{"method": "HEAD"}, {"method": "OPTIONS"}, {"headers": {"Sec-Purpose": "prefetch", "Accept-Language": "de"}}],
)
def test_what_a_persons_own_programs_do_ahead_is_not_held_against_the_person(ahead: dict[str, Any]) -> None:
    fetched = [click(60 + link * 0.1, link, **ahead) for link in range(5)]
    assert machines([*fetched, click(60.6, 2)], link_count=5) == [True] * 5 + [False]


def test_the_method_may_be_written_in_any_case() -> None:
    assert machines([click(60, link, method="get") for link in range(3)]) == [True] * 3


@pytest.mark.parametrize("known", [{"ip": None}, {"ip": "unknown"}, {"ip": None, "client": "a key"}, {}])
def test_a_burst_needs_no_address(known: dict[str, Any]) -> None:
    assert machines([click(60 + link, link, **known) for link in range(3)]) == [True] * 3


def test_agents_do_not_tell_clients_apart_where_no_address_is_known() -> None:
    assert machines([click(60 + link, link, ip=None, agent=BROWSERS[link]) for link in range(3)]) == [True] * 3
    late = [click(6000 + link * 0.2, link, ip=None, agent=BROWSERS[link]) for link in range(4)]
    assert machines(late) == [True] * 4


def test_different_clients_are_judged_together_only_while_gateways_scan() -> None:
    for known in (
        [{"ip": f"192.0.2.{link}"} for link in range(3)],
        [{"ip": None, "client": f"key {link}"} for link in range(3)],
    ):
        for seconds, together in ((0, True), (598, True), (600.5, False)):
            events = [click(seconds + link, link, **known[link]) for link in range(3)]
            assert machines(events, link_count=3) == [together] * 3
            # To know when the mail came can only add machines.
            assert machines(events, link_count=3, delivered_at=None) == [False] * 3


def test_one_address_is_judged_as_one_whatever_its_agents_are() -> None:
    office = [click(7200 + link * 0.3, link, agent=BROWSERS[link]) for link in range(4)]
    assert machines(office) == [True] * 4


def test_a_network_of_ipv6_is_one_address() -> None:
    cloud = load_networks("2001:db8::/32", tag="cloud", evidence=1)
    for form, one in (("2001:db8::{:x}", True), ("2001:db8::{}00:0:0:1", True), ("2001:db8:0:{}::1", False)):
        events = [click(7200 + link, link, agent=BROWSERS[link], ip=form.format(link)) for link in range(3)]
        assert machines(events, networks=cloud) == [one] * 3


def test_a_client_is_recognised_by_its_key_or_its_address() -> None:
    stored, fresh, other = {"ip": None, "client": "a key"}, {"ip": PERSON_IP, "client": "a key"}, {"ip": OTHER_IP}
    for middle, one in ((fresh, True), (other, False)):
        known: list[dict[str, Any]] = [stored, middle, stored, stored]
        clicks = [click(7200 + 2 * link, link, **known[link]) for link in range(4)]
        assert machines(clicks, link_count=4) == [one] * 4


def test_two_links_of_two_people_are_no_sweep() -> None:
    for seconds in (20, 595, 6000):
        two = [click(seconds, 0), click(seconds + 5, 1, agent=SAFARI, ip=OTHER_IP)]
        assert people(two, link_count=2)
        assert people([two[0], dataclasses.replace(two[1], ip=PERSON_IP)], link_count=2)
        assert people(two, link_count=2, delivered_at=None)
    # One address soon after delivery is the gateway.
    assert machines([click(20, 0), click(21, 1, agent=SAFARI)], link_count=2) == [True] * 2


# Points.


def test_two_links_in_one_second_are_a_point() -> None:
    verdicts = judge([click(60, 0), click(60.999999, 1)])
    assert [verdict.human for verdict in verdicts] == [Human.YES] * 2
    assert [verdict.evidence for verdict in verdicts] == [1, 1]
    assert [verdict.reasons for verdict in verdicts] == [("ua.browser", "msg.two_links_same_second")] * 2
    assert [verdict.cause for verdict in verdicts] == [1, 0]
    assert judge([click(60, 0), click(61, 1)])[0].reasons == ("ua.browser",)


def test_a_point_decides_next_to_a_point_of_another_kind() -> None:
    verdicts = judge([click(9, 0), click(9.5, 1)])
    assert [verdict.actor for verdict in verdicts] == [Actor.SECURITY_SCANNER] * 2
    assert [verdict.evidence for verdict in verdicts] == [2, 2]
    assert verdicts[0].reasons == ("msg.two_links_same_second", "ua.browser", "time.lt_10s")


def test_a_point_does_not_decide_against_who_came_through_a_gateways_page() -> None:
    headers = {"Referer": "https://secure-web.cisco.com/x", "Accept-Language": "de", "Sec-Fetch-Mode": "navigate"}
    assert people([click(9, 0, headers=headers), click(9.5, 1, headers=headers)])


def test_two_points_of_one_kind_decide_nothing() -> None:
    agents = [click(60 + number * 0.3, number % 2, agent=BROWSERS[number]) for number in range(3)]
    verdicts = judge(agents)
    assert [verdict.human for verdict in verdicts] == [Human.YES] * 3
    assert verdicts[0].reasons == ("ua.browser", "msg.two_links_same_second", "msg.agents_rotate")


@pytest.mark.parametrize(("agents", "span", "rotate"), [(3, 10, True), (3, 10.1, False), (2, 1, False), (5, 10, True)])
def test_three_agents_from_one_address_are_a_point(agents: int, span: float, *, rotate: bool) -> None:
    events = [click(60 + number * span / (agents - 1), 0, agent=BROWSERS[number]) for number in range(agents)]
    verdicts = judge(events)
    assert [Signal.MSG_AGENTS in verdict.reasons for verdict in verdicts] == [rotate] * agents
    assert people(events)
    cloud = load_networks(PERSON_IP, tag="cloud", evidence=1)
    assert machines(events, networks=cloud) == [rotate] * agents


def test_agents_of_several_addresses_do_not_rotate() -> None:
    events = [click(60, 0, agent=BROWSERS[number], ip=f"192.0.2.{number}") for number in range(5)]
    assert {verdict.reasons for verdict in judge(events)} == {("ua.browser",)}


def test_points_are_the_signals_that_are_points_on_their_own() -> None:
    assert {code.split(".")[0] for code in _POINTS} == {"ua", "hdr", "time", "net"}
    assert Signal.NET_APPLE_EGRESS not in _POINTS


# Duplicates.


def test_the_same_client_and_link_within_two_seconds_is_a_duplicate() -> None:
    def duplicates(*events: Event) -> list[bool]:
        return [Signal.MSG_DUPLICATE in verdict.reasons for verdict in judge(events)]

    assert duplicates(click(60), click(61.999999)) == [False, True]
    assert duplicates(click(60), click(62)) == [False, False]
    assert duplicates(click(60, 0), click(61.5, 1), click(61.9, 0)) == [False, False, True]
    assert duplicates(open_(60), click(60, None), open_(61)) == [False, False, True]
    assert duplicates(click(60), click(61, agent=SAFARI)) == [False, False]
    assert duplicates(click(60), click(61, ip=OTHER_IP)) == [False, False]
    assert duplicates(click(60, ip=None), click(61, ip=None)) == [False, True]
    assert duplicates(click(60, ip=None), click(61, ip=None, agent=SAFARI)) == [False, False]
    assert duplicates(click(60, ip=None, client="x"), click(61, client="x")) == [False, True]
    assert duplicates(click(60, ip=None, client="x"), click(61, ip=None, client="y")) == [False, False]
    assert duplicates(click(60, method="HEAD"), click(61)) == [False, False]
    assert duplicates(click(61), click(60)) == [True, False]


def test_a_persons_click_is_no_duplicate_of_a_machines() -> None:
    assert Signal.MSG_DUPLICATE not in judge([click(1.9), click(3, headers={"Accept-Language": "de"})])[1].reasons
    trap, person = click(60, 0, honeypot=True), click(61, 0, agent=SAFARI, ip=OTHER_IP)
    assert Signal.MSG_DUPLICATE not in judge([trap, person])[1].reasons


def test_a_duplicate_of_a_suspect_click_names_what_made_it_one() -> None:
    verdict = judge([click(60, 9, honeypot=True), click(62, 0), click(63, 0)])[2]
    assert verdict.reasons == ("ua.browser", "msg.honeypot_taint", "msg.duplicate")
    assert verdict.cause == 0
