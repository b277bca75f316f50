from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from lmtrack.classifier import Event, Human, Signal, load_networks
from message_events import (
    BROWSERS,
    CHROME,
    DELIVERED,
    MPP,
    OTHER_IP,
    OUTLOOK,
    PERSON_IP,
    SAFARI,
    click,
    judge,
    machines,
    open_,
    people,
)

if TYPE_CHECKING:
    from datetime import datetime

# Invisible links: a screen reader shows them to people, so they are points.


@pytest.mark.parametrize(
    ("seconds", "tainted"),
    [(600 - 60, True), (600 - 60.1, False), (605, True), (600 + 900, True), (600 + 900.1, False)],
)
@pytest.mark.parametrize("known", [{}, {"ip": None}, {"ip": None, "client": "a key"}])
def test_who_followed_an_invisible_link_is_suspect(seconds: float, known: dict[str, Any], *, tainted: bool) -> None:
    trap = click(600, 9, honeypot=True, **known)
    verdicts = judge([click(seconds, 1, **known), trap], delivered_at=None)
    assert (verdicts[1].human, verdicts[1].evidence) == (Human.YES, 1)
    assert "msg.honeypot" in verdicts[1].reasons
    assert verdicts[0].human is Human.YES
    assert (Signal.MSG_HONEYPOT_TAINT in verdicts[0].reasons) is tainted
    assert verdicts[0].cause == (1 if tainted else None)


@pytest.mark.parametrize("other", [{"agent": SAFARI}, {"ip": OTHER_IP}, {"ip": None, "client": "another key"}])
def test_another_client_is_suspect_only_close_to_it(other: dict[str, Any]) -> None:
    trap = click(600, 9, honeypot=True, client="a key")
    for seconds, near in ((589.9, False), (590, True), (610, True), (610.1, False), (900, False)):
        verdict = judge([click(seconds, 0, **other), trap])[0]
        assert verdict.human is Human.YES
        assert (Signal.MSG_HONEYPOT_TAINT in verdict.reasons) is near


def test_a_person_behind_the_same_router_is_not_suspect() -> None:
    # A gateway in the house follows the invisible link; one of the staff reads five minutes later.
    gateway = click(30, 5, honeypot=True, agent=BROWSERS[0])
    assert judge([gateway, click(330, 0)], link_count=6)[1].reasons == ("ua.browser",)


def test_an_open_is_suspect_by_its_own_client_only() -> None:
    trap = click(600, 9, honeypot=True, client="a key")
    opens = [open_(700), open_(700, agent=OUTLOOK), open_(601, ip=OTHER_IP), open_(700, ip=None, client="a key")]
    suspect = [Signal.MSG_HONEYPOT_TAINT in verdict.reasons for verdict in judge([*opens, trap])[:4]]
    assert suspect == [True, False, False, True]


def test_an_invisible_link_decides_with_another_sign() -> None:
    cloud = load_networks(PERSON_IP, tag="cloud", evidence=1)
    assert machines([click(600, 0), click(601, 9, honeypot=True)], networks=cloud) == [True, True]
    # Three links in two seconds, the invisible one among them: two kinds of points.
    clicks = [click(7200, 0), click(7201, 1), click(7202, 9, honeypot=True)]
    assert machines(clicks) == [True] * 3
    assert people([click(7200, 0), click(7201.5, 1), click(7203, 9, honeypot=True)])


def test_what_was_a_machine_stays_the_machine_it_was() -> None:
    curl = click(610, 0, agent="curl/8.4.0")
    own = judge([curl])[0]
    tainted = judge([curl, click(600, 9, honeypot=True)])[0]
    assert (tainted.actor, tainted.evidence) == (own.actor, 3)
    assert tainted.reasons == (*own.reasons, "msg.honeypot_taint")
    assert tainted.cause == 1


def test_a_stronger_sign_comes_first() -> None:
    medium = [click(60 + link, link, agent=MPP) for link in range(3)]
    own = judge(medium[:1])[0]
    assert (own.evidence, own.is_machine) == (2, True)
    burst = judge(medium)[0]
    assert (burst.actor, burst.evidence) == (own.actor, 3)
    assert burst.reasons == ("msg.burst_3_in_2s", *own.reasons)


# A gateway's look at a link that a person follows.

LOOK: dict[str, Any] = {"asn": 22843, "ip": OTHER_IP}  # Proofpoint's


@pytest.mark.parametrize(("seconds", "looked"), [(-60.1, False), (-60, True), (0, True), (60, True), (60.1, False)])
@pytest.mark.parametrize("delivered_at", [DELIVERED, None])
def test_a_look_at_the_link_that_a_person_follows_is_the_gateways(
    seconds: float, delivered_at: datetime | None, *, looked: bool
) -> None:
    look, person = click(7200 + seconds, 1, agent=CHROME.format(119), **LOOK), click(7200, 1)
    verdicts = judge([person, look], delivered_at=delivered_at)
    assert verdicts[0].reasons == ("ua.browser",)
    assert verdicts[1].is_machine is looked
    if looked:
        assert (verdicts[1].evidence, verdicts[1].reasons[0], verdicts[1].cause) == (2, "msg.detonation", 0)
        assert verdicts[1].vendor == "Proofpoint"


@pytest.mark.parametrize(
    "person",
    [
        click(7200, 2),
        click(7200, None),
        open_(7200),
        click(7200, 1, asn=22843),
        click(7200, 1, method="HEAD"),
        click(7200, 1, agent="curl/8.4.0"),
    ],
)
def test_a_look_needs_a_person_who_follows_the_same_link(person: Event) -> None:
    assert judge([person, click(7201, 1, **LOOK)])[1].human is Human.YES


def test_a_click_through_a_gateways_page_is_no_look() -> None:
    headers = {"Referer": "https://eur01.safelinks.protection.outlook.com/", "Accept-Language": "de"}
    assert people([click(7200, 1), click(7201, 1, headers=headers, **LOOK)])
    assert people([click(7200, None), click(7201, None, **LOOK)])


# What else a client did that proved to be a machine.


def test_an_open_near_a_sweep_by_the_same_client_is_its_own() -> None:
    sweep = [click(60 + link, link) for link in range(3)]
    opens = [open_(0.5), open_(-0.1), open_(362), open_(362.1), open_(60, agent=OUTLOOK), open_(60, ip=OTHER_IP)]
    verdicts = judge([*sweep, *opens])
    assert [verdict.is_machine for verdict in verdicts] == [True] * 4 + [False, True, False, False, False]
    assert (verdicts[3].reasons, verdicts[3].evidence, verdicts[3].cause) == (("msg.same_client", "ua.browser"), 2, 0)
    stored = [dataclasses.replace(event, ip=None, client="a key") for event in sweep]
    assert machines([*stored, open_(58, ip=None, client="a key"), open_(58, ip=None)])[3:] == [True, False]


def test_a_click_near_a_sweep_by_the_same_client_is_its_own() -> None:
    sweep = [click(60 + link * 0.2, link) for link in range(4)]
    assert machines([*sweep, click(70.6, 0), click(70.7, 0)])[4:] == [True, False]


@pytest.mark.parametrize(("seconds", "again"), [(70.7, True), (360.6, True), (360.7, False), (49, False)])
def test_a_click_a_while_after_a_sweep_by_the_same_client_is_a_point(seconds: float, *, again: bool) -> None:
    sweep = [click(60 + link * 0.2, link) for link in range(4)]
    verdict = judge([*sweep, click(seconds, 7)])[4]
    assert verdict.reasons == ("ua.browser", *["msg.same_client"] * again)
    assert (verdict.human, verdict.evidence) == (Human.YES, 1 if again else 2)
    cloud = load_networks(PERSON_IP, tag="cloud", evidence=1)
    assert machines([*sweep, click(seconds, 7)], networks=cloud) == [True] * 4 + [again]
    # Another agent behind the same router, and the same agent elsewhere.
    for other in ({"agent": SAFARI}, {"ip": OTHER_IP}):
        assert judge([*sweep, click(seconds, 7, **other)])[4].reasons == ("ua.browser",)


BARE: dict[str, Any] = {"headers": {"Accept": "*/*"}}
FULL: dict[str, Any] = {"headers": {"Accept-Language": "de", "Sec-Fetch-Mode": "navigate"}}


@pytest.mark.parametrize("known", [{}, {"ip": None, "client": "a key"}])
def test_a_scanner_that_came_too_soon_is_one_when_it_comes_again(known: dict[str, Any]) -> None:
    first, again = click(6, 0, **BARE, **known), click(66, 0, **BARE, **known)
    verdict = judge([again, first])[0]
    assert (verdict.human, verdict.evidence, verdict.cause) == (Human.NO, 2, 1)
    assert verdict.reasons == ("msg.same_client", "ua.browser", "hdr.no_accept_language", "hdr.no_sec_fetch")
    assert not judge([again])[0].is_machine
    # Behind the same router with the same agent, but with what browsers send.
    person = judge([first, click(66, 0, **FULL, **known)])[1]
    assert (person.human, person.evidence) == (Human.YES, 1)
    # What it did before is nobody's proof, nor does its HEAD count.
    assert not judge([click(6, 0, **FULL, **known), again])[1].is_machine
    assert not judge([click(6, 0, method="HEAD", **BARE, **known), again])[1].is_machine
    assert judge([first, open_(66, **known)])[1].reasons == ("ua.browser",)


def test_what_comes_from_a_gateways_range_next_to_its_click_is_the_gateways() -> None:
    # Safe Links' range counts for clicks only, unless one of them is near.
    for known in ({"ip": "40.94.0.9"}, {"ip": None, "sources": ("microsoft_safelinks",)}):
        event = open_(20, agent=SAFARI, **known)
        assert machines([event, click(21, 0, ip="40.94.0.1")]) == [True] * 2
        assert machines([event]) == [False]


def test_so_does_a_strong_list_of_ones_own() -> None:
    lab = load_networks("192.0.2.0/24", tag="lab", evidence=3, scope="click")
    events = [open_(20, agent=SAFARI, ip="192.0.2.7"), click(21, 0, ip="192.0.2.9")]
    assert machines(events, networks=lab) == [True] * 2
    weaker = load_networks("192.0.2.0/24", tag="lab", evidence=2, scope="click")
    assert machines(events, networks=weaker) == [False] * 2


def test_a_client_that_asks_about_links_has_loaded_the_image_a_moment_later() -> None:
    asked = click(60, 0, method="HEAD")
    assert machines([asked, open_(61), open_(71)]) == [True, True, False]
    assert machines([asked, open_(61, agent=SAFARI)]) == [True, False]
