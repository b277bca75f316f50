"""What happens to mail, judged by what is known of it."""

from __future__ import annotations

from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from lmtrack.classifier import Verdict
from message_scenarios import (
    BLIND,
    KNOWLEDGE,
    OUTSIDE,
    SCENARIOS,
    WAYS,
    Scenario,
    as_event,
    confusion_table,
    is_right,
    stored,
    together,
)

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "message-scenarios.md"
# An address that shows several agents is several clients once a key stands for address and agent.
WRONG_WITHOUT_ADDRESSES = {"rotating-agents-at-30-s", "rotating-agents-at-3600-s"}
# That a person came through a gateway's page is in the headers: without them, its network speaks for the gateway.
# And a person who clicks while a gateway sweeps is told from it by the address alone.
MADE_WORSE = {
    ("mimecast-page", "asn"),
    ("mimecast-page", "delivered_at"),
    ("person-while-gateway-sweeps", "delivered_at"),
}

# A scanner that takes an invisible link as a screen reader may. The first run missed another one too, see the page.
MISSED_BLINDLY = {"full-browser-sandbox-and-the-person"}

every_scenario = pytest.mark.parametrize("scenario", SCENARIOS + OUTSIDE, ids=lambda scenario: scenario.id)


def wrong(scenario: Scenario, verdicts: list[Verdict]) -> list[float]:
    return [
        event["seconds"]
        for event, verdict in zip(scenario.events, verdicts, strict=True)
        if is_right(event, verdict) is False
    ]


def test_there_are_enough_scenarios_of_each_kind() -> None:
    assert len(SCENARIOS) >= 120
    assert len(OUTSIDE) == 30
    assert len(BLIND) == 30
    assert {scenario.id for scenario in BLIND} >= MISSED_BLINDLY
    every = SCENARIOS + OUTSIDE + BLIND
    assert len({scenario.id for scenario in every}) == len(every)
    groups = Counter(scenario.group for scenario in SCENARIOS)
    assert {
        "gateway", "network", "request", "invisible link", "screen reader", "proxy", "person", "preview pane",
        "forwarding", "shared", "VPN", "hand-over", "AI agent", "link preview", "together",
    } == groups.keys()  # fmt: skip
    assert {scenario.group for scenario in OUTSIDE + BLIND} <= groups.keys()
    assert all(scenario.story and scenario.source and scenario.events for scenario in every)
    for scenario in every:
        has_unknowable = any(event["truth"] == "unknowable" for event in scenario.events)
        assert has_unknowable or scenario.unknowable is None
        assert {event["truth"] for event in scenario.events} <= {"person", "machine", "unknowable"}


@every_scenario
def test_a_message_is_judged_right_with_addresses(scenario: Scenario) -> None:
    assert wrong(scenario, WAYS["classify_message"](scenario)) == []


@pytest.mark.parametrize("scenario", BLIND, ids=lambda scenario: scenario.id)
def test_what_a_stranger_wrote_is_judged_right_but_for_what_the_page_explains(scenario: Scenario) -> None:
    found = wrong(scenario, WAYS["classify_message"](scenario))
    assert bool(found) == (scenario.id in MISSED_BLINDLY)


@every_scenario
def test_a_message_is_judged_right_without_addresses(scenario: Scenario) -> None:
    found = wrong(scenario, WAYS["classify_message without addresses"](scenario))
    assert bool(found) == (scenario.id in WRONG_WITHOUT_ADDRESSES)


@every_scenario
def test_what_an_address_said_stands_for_it(scenario: Scenario) -> None:
    with_addresses = together(scenario, [as_event(event) for event in scenario.events])
    without = together(scenario, [stored(event) for event in scenario.events])
    for one, other in zip(with_addresses, without, strict=True):
        if any(reason.startswith("net.") for reason in one.reasons):
            assert other == one


@every_scenario
def test_more_knowledge_makes_no_right_verdict_wrong(scenario: Scenario) -> None:
    judged = {
        frozenset(known): together(
            scenario, [as_event(event, known) for event in scenario.events], delivered="delivered_at" in known
        )
        for size in range(len(KNOWLEDGE) + 1)
        for known in combinations(KNOWLEDGE, size)
    }
    for known, before in judged.items():
        for more in set(KNOWLEDGE) - known:
            after = judged[known | {more}]
            for event, one, other in zip(scenario.events, before, after, strict=True):
                if is_right(event, one) and (one.is_machine or other.is_machine):
                    assert is_right(event, other) or (scenario.id, more) in MADE_WORSE


def test_the_page_has_the_table() -> None:
    assert confusion_table() in PAGE.read_text("utf-8")
