from __future__ import annotations

import dataclasses
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, strategies as st

from lmtrack._agents.events import RULES
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
    join_networks,
    load_networks,
    shipped_networks,
)

if TYPE_CHECKING:
    import random  # noqa: TID251 - for a type
    from collections.abc import Sequence

from message_events import (
    BROWSER,
    BROWSERS,
    CHROME,
    DELIVERED,
    FIREFOX,
    GMAIL,
    GMAIL_PREFETCH,
    MPP,
    OTHER_IP,
    OUTLOOK,
    PERSON_IP,
    SAFARI,
    YAHOO,
    click,
    judge,
    machines,
    open_,
    people,
)

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


def test_hosts_of_a_computing_centre_that_take_turns_are_a_machine() -> None:
    def turns(links: Sequence[int], *, after: float = 40, pace: float = 3, asn: int | None = 8075) -> list[Event]:
        return [
            click(after + pace * host, link, agent=BROWSERS[host], ip=f"192.0.2.{host}", asn=asn)
            for host, link in enumerate(links)
        ]

    assert machines(turns((0, 1, 2)), link_count=9) == [True] * 3
    assert judge(turns((0, 1, 2)), link_count=9)[0].reasons[0] == "msg.hosts_take_turns"
    # The same from nowhere in particular is a point: a list with three readers.
    at_home = judge(turns((0, 1, 2), asn=None), link_count=9)
    assert [(verdict.human, verdict.evidence) for verdict in at_home] == [(Human.YES, 1)] * 3
    assert people(turns((0, 0, 0)), link_count=9)
    assert people(turns((0, 1, 2), pace=6), link_count=9)
    assert people(turns((0, 1, 2), after=900), link_count=9)


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


@pytest.mark.parametrize("seconds", [9 * 60, 11 * 60, 3 * 3600])
def test_nobody_browses_from_safe_links_range(seconds: float) -> None:
    assert machines([click(seconds, 1, ip=SAFE_LINKS_IP)]) == [True]
    assert machines([click(seconds, 1, ip=SAFE_LINKS_IP)], delivered_at=None) == [True]


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
    # Not even if their mail has two links only.
    assert people(office, link_count=2)


def test_a_slow_reader_who_follows_all_links_is_a_person() -> None:
    assert people([open_(30), *(click(40 + link * 12, link) for link in range(8))], link_count=8)


def test_office_that_asks_before_the_browser_opens_is_no_second_agent_of_a_gateway() -> None:
    probe = [
        click(60, 1, agent="Microsoft Office Existence Discovery", method=method) for method in ("OPTIONS", "HEAD")
    ]
    verdicts = judge([*probe, click(60.5, 1, agent=OUTLOOK), click(61, 1)], link_count=1)
    assert [verdict.is_machine for verdict in verdicts] == [True, True, False, False]
    # Office fetched it, and its browser shows it: one click.
    assert verdicts[3].reasons == ("ua.browser", "msg.duplicate")
    assert verdicts[3].cause == 2


@pytest.mark.parametrize("program", [OUTLOOK, f"{BROWSER} OneOutlook/1.2023.1214.201"])
def test_a_mail_program_that_fetches_before_its_browser_counts_once(program: str) -> None:
    # next-auth issue 1840
    first, second = judge([click(3600, 1, agent=program), click(3604, 1)], link_count=3)
    assert (first.human, second.human) == (Human.YES, Human.YES)
    assert (second.reasons, second.cause) == (("ua.browser", "msg.duplicate"), 0)
    for other in (click(3611, 1), click(3604, 2), click(3604, 1, ip=OTHER_IP), click(3599, 1)):
        assert Signal.MSG_DUPLICATE not in judge([click(3600, 1, agent=program), other], link_count=3)[1].reasons


def test_the_client_that_swept_has_loaded_the_image_too() -> None:
    # craft-campaign issue 546: 33 s between the pixel and the links, over 836 sweeps
    sweep = [click(42 + link * 0.08, link) for link in range(9)]
    for seconds in (9, 75):
        assert machines([open_(seconds), *sweep], link_count=9) == [True] * 10
    assert machines([open_(20, ip=SAFE_LINKS_IP), click(21, 0, ip=SAFE_LINKS_IP)]) == [True] * 2
    assert machines([click(30, 0, method="HEAD"), open_(31)]) == [True] * 2


def test_a_reader_who_follows_both_links_of_a_mail_is_a_person() -> None:
    assert people([open_(3590), click(3600, 0), click(3605, 1)], link_count=2)
    assert people([open_(90), click(100, 0), click(105, 1)], link_count=2)


@pytest.mark.parametrize("pace", [0.2, 1.0, 1.05, 1.2, 1.5, 2.0])
@pytest.mark.parametrize("links", [4, 8, 12, 20])
def test_a_sweep_is_one_at_any_pace_while_gateways_scan(pace: float, links: int) -> None:
    assert machines([click(60 + pace * link, link) for link in range(links)], link_count=links) == [True] * links


@pytest.mark.parametrize("pace", [0.2, 1.0, 2.0, 2.4])
def test_a_gateway_that_follows_some_links_is_one_at_any_pace_too(pace: float) -> None:
    assert machines([click(60 + pace * link, link) for link in range(4)], link_count=20) == [True] * 4
    assert people([click(3600 + pace * 2 * link, link) for link in range(4)], link_count=20)


@pytest.mark.parametrize("seconds", [60, 3600])
@pytest.mark.parametrize("links", [2, 3, 4, 8, 12, 20])
def test_a_sweeps_verdict_changes_once_as_its_pace_slows(seconds: float, links: int) -> None:
    changes, before = 0, True
    for tenth in range(2, 51):
        found = machines([click(seconds + tenth / 10 * link, link) for link in range(links)], link_count=links)
        assert all(found) or not any(found)
        assert before or not found[0]
        changes += before != found[0]
        before = found[0]
    assert changes <= 1


def test_to_know_when_the_mail_came_clears_no_sweep() -> None:
    sweep = [click(601 + link * 0.1, link, agent=BROWSERS[link], ip=f"192.0.2.{link}") for link in range(10)]
    assert machines(sweep, link_count=10) == machines(sweep, link_count=10, delivered_at=None) == [True] * 10


def test_an_agent_a_link_from_one_address_is_a_machines() -> None:
    rotating = [click(3600 + 3 * link, link, agent=BROWSERS[link]) for link in range(4)]
    verdicts = judge(rotating, link_count=12)
    assert {verdict.reasons[0] for verdict in verdicts} == {"msg.agents_rotate"}
    assert {(verdict.is_machine, verdict.evidence) for verdict in verdicts} == {(True, 2)}


def test_a_reader_who_opens_links_in_tabs_is_a_person() -> None:
    verdicts = judge([click(3600 + 0.8 * link, link) for link in range(5)], link_count=20)
    assert {(verdict.human, verdict.evidence) for verdict in verdicts} == {(Human.YES, 1)}


def test_an_event_without_its_address_is_judged_by_what_that_said() -> None:
    person = Event(kind="click", user_agent=BROWSER, at=DELIVERED + timedelta(hours=1), client="a", link_index=0)
    look = dataclasses.replace(
        person, at=person.at + timedelta(seconds=2), client="b", sources=("microsoft_safelinks",)
    )
    assert machines([person, look]) == [False, True]
    proofpoint = dataclasses.replace(person, at=DELIVERED + timedelta(minutes=5), sources=("proofpoint",))
    assert machines([proofpoint]) == machines([dataclasses.replace(proofpoint, sources=(), asn=22843)]) == [True]


def test_a_screen_reader_follows_the_invisible_link_and_its_person_stays_one() -> None:
    verdicts = judge([click(100, 0), click(400, 9, honeypot=True), click(500, 1), click(400 + 901, 2)], link_count=10)
    assert [verdict.human for verdict in verdicts] == [Human.YES] * 4
    assert [verdict.evidence for verdict in verdicts] == [2, 1, 1, 2]


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
        ({"agents": "AcmeMonitor"}, TypeError, "agents must be made by load_agents, not str"),
        ({"timing": None}, TypeError, "timing must be a Timing, not NoneType"),
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


DAY = date(2026, 8, 1)

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
        "40.92.0.1",
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
        assert company <= {Signal.MSG_DUPLICATE, Signal.MSG_AGENTS, Signal.MSG_SAME_CLIENT}
        if company <= {Signal.MSG_DUPLICATE}:
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


@given(MESSAGES, SETTINGS, st.sampled_from([None, 22843, 8075]))
def test_what_an_address_said_stands_for_it(events: list[Event], more: dict[str, Any], asn: int | None) -> None:
    networks = join_networks(shipped_networks(), load_networks("192.0.2.0/24", tag="apple_egress"))
    fresh = [dataclasses.replace(event, asn=asn) for event in events]
    stored = [
        dataclasses.replace(
            event,
            ip=None,
            asn=None,
            client=event.client
            or (client_key(event.ip, event.user_agent, secret=b"x" * 16, day=DAY) if event.ip else None),
            sources=classify_message([event], networks=networks)[0].sources,
        )
        for event in fresh
    ]
    with_addresses = classify_message(fresh, networks=networks, **more)
    without = classify_message(stored, networks=networks, **more)
    for one, other in zip(with_addresses, without, strict=True):
        for verdict in (one, other):
            if verdict.reasons[0].startswith("net."):
                assert (one.human, one.reasons[0]) == (other.human, other.reasons[0])
        if one.reasons[0] == "ua.apple_mpp":
            assert one.evidence == other.evidence


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
