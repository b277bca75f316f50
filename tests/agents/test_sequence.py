from __future__ import annotations

import dataclasses
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, strategies as st

from lmtrack._agents.hits import RULES
from lmtrack._agents.sequence import _POINTS
from lmtrack.classifier import (
    SETTLE_AFTER,
    Actor,
    Event,
    Human,
    Kind,
    Signal,
    Verdict,
    classify_event,
    classify_message,
    client_key,
    load_networks,
)

if TYPE_CHECKING:
    import random  # noqa: TID251 - for a type
    from collections.abc import Iterable, Sequence

DELIVERED = datetime(2026, 8, 1, 9, tzinfo=UTC)

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
)
BROWSER = CHROME.format(138)
BROWSERS = [CHROME.format(version) for version in range(120, 140)]
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
GMAIL_PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
MPP = "Mozilla/5.0"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)"

PERSON_IP = "198.51.100.7"
OTHER_IP = "203.0.113.9"


def click(seconds: float, link: int | None = 0, *, agent: str | None = BROWSER, **more: Any) -> Event:  # noqa: ANN401
    more.setdefault("ip", PERSON_IP)
    at = DELIVERED + timedelta(seconds=seconds)
    return Event(kind="click", user_agent=agent, at=at, link_index=link, **more)


def open_(seconds: float, *, agent: str | None = BROWSER, **more: Any) -> Event:  # noqa: ANN401
    more.setdefault("ip", PERSON_IP)
    return Event(kind="open", user_agent=agent, at=DELIVERED + timedelta(seconds=seconds), **more)


def judge(events: Iterable[Event], **more: Any) -> list[Verdict]:  # noqa: ANN401
    more.setdefault("delivered_at", DELIVERED)
    return classify_message(events, **more)


def machines(events: Iterable[Event], **more: Any) -> list[bool]:  # noqa: ANN401
    return [verdict.is_machine for verdict in judge(events, **more)]


def people(events: Sequence[Event], **more: Any) -> bool:  # noqa: ANN401
    return machines(events, **more) == [False] * len(events)


# What happens to mail.


def test_a_gateway_that_sweeps_at_delivery_is_a_machine() -> None:
    links = [click(3 + link * 0.4, link, agent=BROWSERS[link], ip=OTHER_IP) for link in range(5)]
    verdicts = judge([open_(2, agent=BROWSERS[0], ip=OTHER_IP), *links], link_count=5)
    assert [verdict.actor for verdict in verdicts] == [Actor.SECURITY_SCANNER] * 6
    assert all(verdict.evidence == 3 for verdict in verdicts[1:])
    assert verdicts[1].reasons[:2] == ("msg.burst_3_in_2s", "msg.all_links_in_10s")
    assert [verdict.cause for verdict in verdicts[1:]] == [3, 3, 1, 1, 1]


def test_a_gateway_with_an_address_and_an_agent_for_each_hit_is_a_machine() -> None:
    links = [click(40 + link * 0.5, link, agent=BROWSERS[link], ip=f"192.0.2.{link}") for link in range(4)]
    assert machines(links, link_count=4) == [True] * 4
    slower = [click(40 + link * 3, link, agent=BROWSERS[link], ip=f"192.0.2.{link}") for link in range(4)]
    assert machines(slower, link_count=4) == [True] * 4


def test_a_person_after_a_sweep_stays_a_person() -> None:
    sweep = [click(5 + link * 0.3, link, agent=BROWSERS[link], ip=OTHER_IP) for link in range(4)]
    person = [open_(300), click(320, 2), click(345, 0)]
    assert machines([*sweep, *person], link_count=4) == [True] * 4 + [False] * 3


def test_a_person_who_reads_while_a_listed_scanner_looks_stays_a_person() -> None:
    scanner = [click(4 + link, link, agent=BROWSERS[link], ip="40.92.0.1") for link in range(3)]
    assert machines([*scanner, click(9, 3, agent=SAFARI)], link_count=4) == [True] * 3 + [False]


def test_a_person_who_reads_while_an_unknown_scanner_sweeps_stays_a_person() -> None:
    sweep = [click(50 + link * 2.5, link, agent=BROWSERS[link], ip=OTHER_IP) for link in range(3)]
    assert machines([*sweep, click(58, 1)], link_count=3) == [True] * 3 + [False]
    hosts = [dataclasses.replace(event, ip=f"192.0.2.{place}") for place, event in enumerate(sweep)]
    assert machines(hosts, link_count=3) == [True] * 3
    assert people(
        [dataclasses.replace(event, ip=f"192.0.2.{place % 2}") for place, event in enumerate(hosts)], link_count=3
    )


def test_safe_links_detonates_one_link_and_the_person_follows_it() -> None:
    detonation = click(65, 1, agent=CHROME.format(119), ip="40.94.29.84")
    person = click(64.5, 1)
    verdicts = judge([detonation, person], link_count=3)
    assert verdicts[0].is_machine
    assert verdicts[0].vendor == "Microsoft"
    assert verdicts[1].human is Human.YES
    assert verdicts[1].reasons == ("ua.browser",)


SAFE_LINKS_IP = "40.94.29.84"


@pytest.mark.parametrize(("seconds", "looked"), [(-60.1, False), (-60, True), (0, True), (60, True), (60.1, False)])
@pytest.mark.parametrize("delivered_at", [DELIVERED, None])
def test_a_look_at_the_link_that_a_person_follows_is_the_gateways(
    seconds: float, delivered_at: datetime | None, *, looked: bool
) -> None:
    look, person = click(7200 + seconds, 1, agent=CHROME.format(119), ip=SAFE_LINKS_IP), click(7200, 1)
    verdicts = judge([person, look], delivered_at=delivered_at)
    assert verdicts[0].reasons == ("ua.browser",)
    assert verdicts[1].is_machine is looked
    if looked:
        assert (verdicts[1].evidence, verdicts[1].reasons[0], verdicts[1].cause) == (2, "msg.detonation", 0)


@pytest.mark.parametrize(
    "person",
    [
        click(7200, 2),
        click(7200, None),
        open_(7200),
        click(7200, 1, ip=None),
        click(7200, 1, ip="40.94.0.1"),
        click(7200, 1, method="HEAD"),
        click(7200, 1, agent="curl/8.4.0"),
    ],
)
def test_a_look_needs_a_person_who_follows_the_same_link(person: Event) -> None:
    assert judge([person, click(7201, 1, ip=SAFE_LINKS_IP)])[1].human is Human.YES


def test_a_click_through_a_gateways_page_is_no_look() -> None:
    headers = {"Referer": "https://eur01.safelinks.protection.outlook.com/", "Accept-Language": "de"}
    assert people([click(7200, 1), click(7201, 1, ip=SAFE_LINKS_IP, headers=headers)])
    assert people([click(7200, None), click(7201, None, ip=SAFE_LINKS_IP)])


def test_a_click_in_an_isolated_browser_an_hour_later_is_a_persons() -> None:
    headers = {"Accept-Language": "de", "Sec-Fetch-Mode": "navigate", "Referer": "https://urldefense.com/v3/__https"}
    isolation = load_networks("192.0.2.0/24", tag="isolation", evidence=2)
    events = [click(3600, 1, ip="192.0.2.1", headers=headers), click(3660, 2, ip="192.0.2.2", headers=headers)]
    assert people(events, link_count=3, networks=isolation)


def test_mail_privacy_protection_fetches_and_later_a_person_clicks() -> None:
    verdicts = judge([open_(20, agent=MPP, ip="104.28.28.1"), click(7200, agent=SAFARI)], link_count=2)
    assert [verdict.human for verdict in verdicts] == [Human.UNKNOWABLE, Human.YES]


def test_gmail_prefetches_and_later_its_proxy_fetches_for_a_person() -> None:
    verdicts = judge([open_(1, agent=GMAIL_PREFETCH, ip="66.249.84.1"), open_(900, agent=GMAIL, ip="66.249.84.2")])
    assert [verdict.actor for verdict in verdicts] == [Actor.GMAIL_PREFETCH, Actor.IMAGE_PROXY]
    assert [verdict.counts_for_metrics for verdict in verdicts] == [False, True]


def test_a_double_click_is_one_persons() -> None:
    verdicts = judge([click(60), click(60.4), click(61.9), click(90)], link_count=1)
    assert [verdict.human for verdict in verdicts] == [Human.YES] * 4
    assert [verdict.reasons[-1] for verdict in verdicts] == ["ua.browser", *["msg.duplicate"] * 2, "ua.browser"]
    assert [verdict.cause for verdict in verdicts] == [None, 0, 0, None]


def test_yahoo_fetches_an_image_again_from_another_host() -> None:
    tries = [open_(60 + number * 0.8, agent=YAHOO, ip=f"192.0.2.{number}") for number in range(4)]
    verdicts = judge(tries)
    assert [verdict.human for verdict in verdicts] == [Human.YES_CLIENT_HIDDEN] * 4
    assert [Signal.MSG_DUPLICATE in verdict.reasons for verdict in verdicts] == [False, True, True, True]
    assert [verdict.cause for verdict in verdicts] == [None, 0, 0, 0]


def test_mail_that_was_passed_on_is_read_by_people() -> None:
    colleagues = [
        click(86_400 + number * 0.7, number, agent=BROWSERS[number], ip=f"192.0.2.{number}") for number in range(4)
    ]
    assert people([open_(60), click(75, 1), *colleagues], link_count=4)


def test_five_recipients_behind_one_router_are_people() -> None:
    office = [
        event
        for number in range(5)
        for event in (
            open_(100 + number * 9, agent=BROWSERS[number]),
            click(104 + number * 9, number % 2, agent=BROWSERS[number]),
        )
    ]
    assert people(office, link_count=3)
    # Not even if their mail has two links only, but then the gateway must have had its time.
    late = [dataclasses.replace(event, at=event.at + timedelta(minutes=10)) for event in office]
    assert people(late, link_count=2)


def test_a_slow_reader_who_follows_all_links_is_a_person() -> None:
    assert people([open_(30), *(click(40 + link * 12, link) for link in range(8))], link_count=8)


def test_office_that_asks_before_the_browser_opens_is_no_second_agent_of_a_gateway() -> None:
    probe = [
        click(60, 1, agent="Microsoft Office Existence Discovery", method=method) for method in ("OPTIONS", "HEAD")
    ]
    verdicts = judge([*probe, click(60.5, 1, agent=OUTLOOK), click(61, 1)], link_count=1)
    assert [verdict.is_machine for verdict in verdicts] == [True, True, False, False]
    assert verdicts[3].reasons == ("ua.browser",)


def test_a_screen_reader_shows_the_invisible_link_and_the_click_on_it_costs_its_person_a_quarter_of_an_hour() -> None:
    # The caveat of invisible links: nothing can tell this person from a scanner. What came long before or after stays.
    verdicts = judge([click(100, 0), click(400, 9, honeypot=True), click(500, 1), click(400 + 901, 2)], link_count=10)
    assert [verdict.human for verdict in verdicts] == [Human.YES, Human.NO, Human.NO, Human.YES]
    assert [verdict.evidence for verdict in verdicts[1:3]] == [3, 2]


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
    [
        (70, 3, True),
        (70, 2, True),
        (70.000001, 3, False),
        (70, 4, False),
        (70, None, False),
        (70, 1, False),
        (70, 0, False),
    ],
)
def test_all_links_within_ten_seconds_are_a_sweep(last: float, count: int | None, *, sweep: bool) -> None:
    verdicts = judge([click(60, 0), click(65, 1), click(last, 2)], link_count=count)
    assert [Signal.MSG_SWEEP in verdict.reasons for verdict in verdicts] == [sweep] * 3
    assert [verdict.is_machine for verdict in verdicts] == [sweep] * 3
    if count == 3:
        assert [verdict.cause for verdict in verdicts] == ([2, 2, 0] if sweep else [None] * 3)


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
    late = [click(6000 + link, link, ip=None, agent=BROWSERS[link]) for link in range(3)]
    assert machines(late) == [True] * 3


def test_different_clients_are_judged_together_only_while_gateways_scan() -> None:
    for known in (
        [{"ip": f"192.0.2.{link}"} for link in range(3)],
        [{"ip": None, "client": f"key {link}"} for link in range(3)],
    ):
        for seconds, together in ((0, True), (598, True), (600.5, False)):
            events = [click(seconds + link, link, **known[link]) for link in range(3)]
            assert machines(events, link_count=3) == [together] * 3
            assert machines(events, link_count=3, delivered_at=None) == [True] * 3


def test_one_address_is_judged_as_one_whatever_its_agents_are() -> None:
    office = [click(7200 + link, link, agent=BROWSERS[link]) for link in range(3)]
    assert machines(office) == [True] * 3


def test_a_network_of_ipv6_is_one_address() -> None:
    same = [click(7200 + link, link, agent=BROWSERS[link], ip=f"2001:db8::{link:x}") for link in range(3)]
    assert machines(same) == [True] * 3
    hosts = [click(7200 + link, link, agent=BROWSERS[link], ip=f"2001:db8::{link}00:0:0:1") for link in range(3)]
    assert machines(hosts) == [True] * 3
    other = [click(7200 + link, link, agent=BROWSERS[link], ip=f"2001:db8:0:{link}::1") for link in range(3)]
    assert machines(other) == [False] * 3


def test_a_client_is_recognised_by_its_key_or_its_address() -> None:
    stored, fresh = {"ip": None, "client": "a key"}, {"ip": PERSON_IP, "client": "a key"}
    assert machines([click(7200, 0, **stored), click(7201, 1, **fresh), click(7202, 2, **stored)]) == [True] * 3
    assert machines([click(7200, 0, **stored), click(7201, 1, ip=OTHER_IP), click(7202, 2, **stored)]) == [False] * 3


def test_two_links_of_two_people_are_no_sweep() -> None:
    two = [click(6000, 0), click(6005, 1, agent=SAFARI, ip=OTHER_IP)]
    assert people(two, link_count=2)
    assert people(two, link_count=2, delivered_at=None)
    office = [click(6000, 0), click(6005, 1, agent=SAFARI)]
    assert people(office, link_count=2)
    assert people(office, link_count=2, delivered_at=None)
    # One address soon after delivery is the gateway.
    assert machines([click(20, 0), click(25, 1, agent=SAFARI)], link_count=2) == [True] * 2
    assert machines([click(595, 0), click(600, 1, agent=SAFARI)], link_count=2) == [True] * 2
    assert people([click(595, 0), click(600.000001, 1, agent=SAFARI)], link_count=2)


def test_an_open_by_a_client_that_sweeps_is_its_own() -> None:
    sweep = [click(60 + link, link) for link in range(3)]
    verdicts = judge([*sweep, open_(50), open_(72), open_(49.9), open_(60, agent=OUTLOOK), open_(60, ip=OTHER_IP)])
    assert [verdict.is_machine for verdict in verdicts] == [True] * 5 + [False] * 3
    assert (verdicts[3].reasons, verdicts[3].evidence, verdicts[3].cause) == (("msg.burst_3_in_2s", "ua.browser"), 2, 0)
    assert verdicts[4].cause == 2
    slow = [click(60 + link * 4, link, ip=None, client="a key") for link in range(3)]
    verdict = judge([*slow, open_(58, ip=None, client="a key")], link_count=3)[3]
    assert (verdict.reasons, verdict.evidence) == (("msg.all_links_in_10s", "ua.browser"), 2)
    assert machines([*slow, open_(58, ip=None)], link_count=3)[3] is False


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


# Invisible links.


@pytest.mark.parametrize(
    ("seconds", "tainted"),
    [(600 - 60, True), (600 - 60.1, False), (600, True), (600 + 900, True), (600 + 900.1, False)],
)
@pytest.mark.parametrize("known", [{}, {"ip": None}, {"ip": None, "client": "a key"}, {"agent": SAFARI}])
def test_who_followed_an_invisible_link_is_tainted(seconds: float, known: dict[str, Any], *, tainted: bool) -> None:
    trap = click(600, 9, honeypot=True, **{key: value for key, value in known.items() if key != "agent"})
    verdicts = judge([click(seconds, 0, **known), trap])
    assert verdicts[1].reasons[0] == "msg.honeypot"
    assert verdicts[1].evidence == 3
    if tainted:
        assert (verdicts[0].actor, verdicts[0].human, verdicts[0].evidence) == (Actor.SECURITY_SCANNER, Human.NO, 2)
        assert (verdicts[0].reasons[0], verdicts[0].cause) == ("msg.honeypot_taint", 1)
    else:
        assert verdicts[0].reasons == ("ua.browser",)


def test_the_same_agent_taints_fully_where_an_address_is_missing() -> None:
    trap = click(600, 9, honeypot=True)
    assert machines([click(900, 0, ip=None), trap]) == [True, True]
    assert machines([click(900, 0, ip=None, client="a key"), trap]) == [True, True]
    assert machines([click(900, 0, ip=None, agent=SAFARI), trap]) == [False, True]
    assert machines([click(900, 0, ip=None, agent=None), dataclasses.replace(trap, user_agent="")])[0] is False


@pytest.mark.parametrize("others", [{"ip": OTHER_IP}, {"ip": None, "client": "another key"}])
def test_the_same_agent_from_another_client_is_a_point_unless_it_is_near(others: dict[str, Any]) -> None:
    trap = click(600, 9, honeypot=True, client="a key")
    far = judge([click(900, 0, **others), trap])[0]
    assert (far.human, far.evidence, far.reasons) == (Human.YES, 1, ("ua.browser", "msg.honeypot_taint"))
    assert far.cause == 1
    assert judge([click(610, 0, **others), trap])[0].evidence == 2
    cloud = load_networks(OTHER_IP, tag="cloud", evidence=1)
    assert machines([click(900, 0, **others), trap], networks=cloud)[0] is ("ip" in others and others["ip"] == OTHER_IP)


def test_whatever_clicks_near_an_invisible_link_has_a_point() -> None:
    trap = click(600, 9, honeypot=True)
    for seconds, near in ((589.9, False), (590, True), (610, True), (610.1, False)):
        verdict = judge([click(seconds, 0, agent=SAFARI, ip=OTHER_IP), trap])[0]
        assert verdict.human is Human.YES
        assert (Signal.MSG_HONEYPOT_TAINT in verdict.reasons) is near


def test_an_open_is_tainted_by_its_own_client_only() -> None:
    trap = click(600, 9, honeypot=True, client="a key")
    opens = [open_(700), open_(700, agent=OUTLOOK), open_(601, ip=OTHER_IP), open_(700, ip=None, client="a key")]
    assert machines([*opens, trap]) == [True, False, False, True, True]


def test_the_nearest_click_on_an_invisible_link_is_the_cause() -> None:
    traps = [click(seconds, 9, honeypot=True) for seconds in (600, 650, 700)]
    assert [judge([*traps, click(seconds, 0)])[3].cause for seconds in (590, 610, 630, 640, 660, 675, 1000)] == [
        *(0, 0, 1, 1, 1, 1, 2)
    ]


def test_what_was_a_machine_stays_the_machine_it_was() -> None:
    curl = click(610, 0, agent="curl/8.4.0")
    alone = judge([curl])[0]
    tainted = judge([curl, click(600, 9, honeypot=True)])[0]
    assert (tainted.actor, tainted.evidence) == (alone.actor, 3)
    assert tainted.reasons == (*alone.reasons, "msg.honeypot_taint")
    assert tainted.cause == 1


def test_a_stronger_sign_comes_first() -> None:
    medium = [click(60 + link, link, agent=MPP) for link in range(3)]
    alone = judge(medium[:1])[0]
    assert (alone.evidence, alone.is_machine) == (2, True)
    burst = judge(medium)[0]
    assert (burst.actor, burst.evidence) == (alone.actor, 3)
    assert burst.reasons == ("msg.burst_3_in_2s", *alone.reasons)


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


def test_a_duplicate_of_a_tainted_click_names_what_tainted_it() -> None:
    verdict = judge([click(60, 9, honeypot=True), click(62, 0), click(63, 0)])[2]
    assert verdict.reasons == ("msg.honeypot_taint", "ua.browser", "msg.duplicate")
    assert verdict.cause == 0


# Arguments and values.


def test_no_event_has_no_verdict() -> None:
    assert classify_message([]) == []


def test_one_event_has_the_verdict_it_has_alone() -> None:
    held = click(5, 3, headers={"Accept-Language": "de"})
    assert judge(iter([held])) == [
        classify_event(kind="click", user_agent=BROWSER, ip=PERSON_IP, headers=held.headers, delay=timedelta(seconds=5))
    ]


def test_times_are_compared_as_instants() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    # The clock shows 02:59:59 twice in that night.
    summer = datetime(2026, 10, 25, 2, 59, 59, tzinfo=berlin)
    events = [Event(kind="click", user_agent=BROWSER, at=summer.replace(fold=fold), link_index=fold) for fold in (0, 1)]
    assert {verdict.reasons for verdict in judge(events, link_count=2)} == {("ua.browser",)}
    delivered = DELIVERED.astimezone(timezone(timedelta(hours=-9)))
    assert judge([click(5)], delivered_at=delivered) == judge([click(5)])


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"delivered_at": datetime(2026, 8, 1)}, ValueError, "delivered_at must be an aware datetime; .*"),  # noqa: DTZ001
        ({"delivered_at": "2026-08-01"}, TypeError, "delivered_at must be an aware datetime or None, not str"),
        ({"link_count": -1}, ValueError, "link_count must not be negative"),
        ({"link_count": "3"}, TypeError, "link_count must be an int or None, not str"),
        ({"link_count": True}, TypeError, "link_count must be an int or None, not bool"),
        ({"networks": "40.92.0.0/15"}, TypeError, "networks must be made by load_networks, not str"),
    ],
)
def test_a_message_is_classified_with_the_right_things(
    change: dict[str, object], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=f"^{text}$"):
        judge([click(5), click(6)], **change)
    with pytest.raises(error, match=f"^{text}$"):
        judge([], **change)


def test_events_are_events() -> None:
    with pytest.raises(TypeError, match=r"^events must be Event values, not dict$"):
        classify_message([{"kind": "open"}])  # type: ignore[list-item]


def test_rules_are_in_the_order_of_their_weight() -> None:
    assert sorted(RULES, key=lambda rule: -rule.weight) == list(RULES)


# Properties: events are few, close together and alike, so that rules apply.

AGENTS = st.sampled_from([BROWSER, BROWSER, SAFARI, FIREFOX, None, "", MPP, GMAIL, YAHOO, OUTLOOK, "curl/8.4.0"])
IPS = st.sampled_from(
    [
        PERSON_IP,
        PERSON_IP,
        OTHER_IP,
        "192.0.2.1",
        "2001:db8::1",
        "2001:db8::2",
        "::ffff:198.51.100.7",
        "40.94.0.1",
        "",
        None,
    ]
)
SECONDS = st.one_of(
    st.integers(0, 40).map(lambda half: half / 2),
    st.integers(0, 40).map(lambda half: 600 + half / 2),
    st.sampled_from([1200.0, 1499.5, 1500, 1501, 540.0]),
    st.floats(-10, 2000).map(lambda number: round(number, 6)),
)
HEADERS = st.sampled_from(
    [
        None,
        None,
        {},
        {"Accept-Language": "de", "Sec-Fetch-Mode": "navigate"},
        {"Sec-Purpose": "prefetch"},
        {"Referer": "https://urldefense.com/v3/"},
    ]
)


@st.composite
def events_of_a_message(draw: st.DrawFn) -> Event:
    kind: Kind = draw(st.sampled_from(["click", "click", "click", "open"]))
    return Event(
        kind=kind,
        user_agent=draw(AGENTS),
        at=DELIVERED + timedelta(seconds=draw(SECONDS)),
        ip=draw(IPS),
        client=draw(st.sampled_from([None, None, "a key", "another key"])),
        link_index=None if kind == "open" else draw(st.sampled_from([0, 0, 1, 2, 3, None])),
        method=draw(st.sampled_from(["GET", "GET", "GET", "GET", "HEAD"])),
        headers=draw(HEADERS),
        honeypot=draw(st.sampled_from([False] * 9 + [True])),
    )


MESSAGES = st.lists(events_of_a_message(), max_size=12)
SETTINGS = st.fixed_dictionaries(
    {
        "delivered_at": st.sampled_from([DELIVERED, DELIVERED, None, DELIVERED - timedelta(hours=1)]),
        "link_count": st.sampled_from([None, 2, 3, 4]),
    }
)


def alone(event: Event, delivered_at: datetime | None) -> Verdict:
    return classify_message([event], delivered_at=delivered_at)[0]


@given(MESSAGES, SETTINGS, st.randoms())
def test_the_order_of_events_is_nothing(events: list[Event], more: dict[str, Any], shuffle: random.Random) -> None:
    places = list(range(len(events)))
    shuffle.shuffle(places)
    shuffled = [events[place] for place in places]

    def told(given_events: list[Event]) -> list[tuple[Event, Verdict, Event | None]]:
        """With the event that is the cause in the place of its number, which the order decides."""
        return [
            (
                event,
                dataclasses.replace(verdict, cause=None),
                None if verdict.cause is None else given_events[verdict.cause],
            )
            for event, verdict in zip(given_events, classify_message(given_events, **more), strict=True)
        ]

    # Equal events can change places: which of them is the duplicate is nothing.
    assert sorted(map(repr, told(shuffled))) == sorted(map(repr, told(events)))


@given(MESSAGES, SETTINGS, MESSAGES)
def test_more_events_only_make_more_machines(events: list[Event], more: dict[str, Any], added: list[Event]) -> None:
    before = classify_message(events, **more)
    after = classify_message([*events, *added], **more)
    for earlier, later in zip(before, after, strict=False):
        assert later.human is earlier.human or later.is_machine
        assert not earlier.is_machine or later.evidence >= earlier.evidence


@pytest.mark.parametrize("ip", [PERSON_IP, SAFE_LINKS_IP])
def test_a_request_that_comes_again_later_is_judged_by_its_own_time(ip: str) -> None:
    seconds = (-0.001, 0, 1.999, 2, 9.999, 10, 599.999, 600, 3600)
    events = [click(later, None, ip=ip) for later in seconds]
    for event, later, verdict in zip(events, seconds, judge(events), strict=True):
        delay = timedelta(seconds=later)
        own = classify_event(kind="click", user_agent=event.user_agent, ip=ip, delay=delay)
        assert [code for code in verdict.reasons if code != Signal.MSG_DUPLICATE] == list(own.reasons)
        assert (verdict.human, verdict.evidence) == (own.human, own.evidence)


@given(MESSAGES, SETTINGS, st.lists(st.floats(-5, 700) | st.sampled_from([0, 2, 10, 600]), min_size=2, max_size=6))
def test_each_event_is_first_judged_as_if_it_were_alone(
    events: list[Event], more: dict[str, Any], seconds: list[float]
) -> None:
    # The same requests at many times, none of them in company: the message rules look at less than this.
    apart = [
        dataclasses.replace(
            event, at=DELIVERED + timedelta(seconds=later), link_index=None, honeypot=False, kind="click"
        )
        for event in events
        for later in seconds
    ]
    for event, verdict in zip(apart, classify_message(apart, **more), strict=True):
        delivered_at = more["delivered_at"]
        own = classify_event(
            kind=event.kind,
            user_agent=event.user_agent,
            ip=event.ip,
            method=event.method,
            headers=event.headers,
            delay=None if delivered_at is None else event.at - delivered_at,
        )
        company = {code for code in verdict.reasons if code.startswith("msg.")}
        assert company <= {Signal.MSG_DUPLICATE, Signal.MSG_AGENTS}
        if Signal.MSG_AGENTS not in company:
            assert tuple(code for code in verdict.reasons if code not in company) == own.reasons
            assert dataclasses.replace(verdict, reasons=(), cause=None) == dataclasses.replace(own, reasons=())


@given(MESSAGES, SETTINGS)
def test_company_only_makes_machines_and_says_why(events: list[Event], more: dict[str, Any]) -> None:
    for place, (event, verdict) in enumerate(zip(events, classify_message(events, **more), strict=True)):
        own = alone(event, more["delivered_at"])
        assert set(own.reasons) <= set(verdict.reasons)
        added = set(verdict.reasons) - set(own.reasons)
        assert all(code.startswith("msg.") for code in added)
        assert (verdict.cause is not None) == bool(added)
        assert verdict.cause != place
        if verdict.human is not own.human:
            assert (verdict.actor, verdict.human) == (Actor.SECURITY_SCANNER, Human.NO)
            assert added - {Signal.MSG_DUPLICATE}
        if not added:
            assert verdict == own


@given(MESSAGES, SETTINGS, MESSAGES)
@example([click(0, link) for link in (0, 0, 1, 2)], {"delivered_at": DELIVERED, "link_count": None}, [click(0)])
def test_an_event_that_has_waited_long_enough_has_its_verdict(
    events: list[Event], more: dict[str, Any], added: list[Event]
) -> None:
    latest = max((event.at for event in events), default=DELIVERED)
    later = [
        dataclasses.replace(event, at=event.at + (latest - DELIVERED) + SETTLE_AFTER + timedelta(seconds=10.5))
        for event in added
    ]
    assert classify_message([*events, *later], **more)[: len(events)] == classify_message(events, **more)


@given(MESSAGES, SETTINGS)
def test_a_verdict_holds_no_address(events: list[Event], more: dict[str, Any]) -> None:
    for verdict in classify_message(events, **more):
        shown = repr(verdict) + repr(verdict.to_dict()) + repr(pickle.dumps(verdict, 0))
        assert not [event.ip for event in events if event.ip and event.ip in shown]


def test_a_key_stands_for_the_address_where_only_clients_matter() -> None:
    secret = b"a fixed secret.."

    def stored(event: Event) -> Event:
        key = client_key(event.ip or "", event.user_agent, secret=secret, day=date(2026, 8, 1))
        return pickle.loads(pickle.dumps(dataclasses.replace(event, client=key)))  # type: ignore[no-any-return] # noqa: S301

    sweep = [click(3600 + link * 0.5, link) for link in range(4)]
    reader = [click(3600 + link * 20, link, agent=SAFARI, ip=OTHER_IP) for link in range(4)]
    events = [*sweep, *reader, click(3700, 9, honeypot=True), click(3710, 1), open_(3720)]
    assert judge(map(stored, events), link_count=4) == judge(events, link_count=4)


@given(st.text(), st.text(), st.text(), st.text(), st.datetimes(timezones=st.timezones()))
@example("\0\ud800", "\ud800", "\ud800", "\0", datetime.min.replace(tzinfo=UTC))
@example("x" * 10_000, "9" * 10_000, "x" * 10_000, "é", datetime.max.replace(tzinfo=UTC))
def test_any_content_has_verdicts(agent: str, ip: str, client: str, method: str, at: datetime) -> None:
    try:
        strange = Event(kind="click", user_agent=agent, at=at, ip=ip, client=client, link_index=0, method=method)
    except ValueError:
        return
    events = [strange, click(0), strange, click(1, 9, honeypot=True), dataclasses.replace(strange, link_index=1)]
    for delivered_at in (DELIVERED, at, None):
        assert len(classify_message(events, delivered_at=delivered_at, link_count=2)) == len(events)


def test_very_many_events_of_one_message_are_classified() -> None:
    # More than quadratic time would allow; the benchmark has the growth.
    events = [
        click(
            number / 7,
            number % 50,
            agent=BROWSERS[number % 7],
            ip=f"198.51.100.{number % 9}",
            honeypot=number % 100 == 0,
        )
        for number in range(30_000)
    ]
    assert machines(events, link_count=50) == [True] * len(events)
