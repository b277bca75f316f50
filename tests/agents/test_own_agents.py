from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from lmtrack.classifier import Actor, Agents, Event, Human, classify_event, classify_message, load_agents

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
MONITOR = load_agents("# ours\nAcmeMonitor\n\nacme-audit # at night", actor="crawler", human="no")
READER = load_agents("AcmeReader", actor=Actor.HUMAN, human=Human.YES)


@pytest.mark.parametrize("agent", [f"{CHROME} AcmeMonitor/2.1", f"{CHROME} (compatible; ACMEMONITOR)", "acme-audit"])
def test_a_machine_of_ones_own_is_one_whatever_it_looks_like(agent: str) -> None:
    verdict = classify_event(kind="click", user_agent=agent, agents=MONITOR)
    assert (verdict.actor, verdict.human, verdict.evidence) == (Actor.CRAWLER, Human.NO, 3)
    assert verdict.reasons[0] == "ua.listed"
    assert verdict.category == "other"


@pytest.mark.parametrize("agent", [f"{CHROME} AcmeMonitoring/2", f"{CHROME} Acme Monitor", CHROME, "", None])
def test_a_name_is_a_whole_token(agent: str | None) -> None:
    plain = classify_event(kind="open", user_agent=agent)
    assert classify_event(kind="open", user_agent=agent, agents=MONITOR) == plain


def test_a_person_is_listed_only_where_nothing_is_known() -> None:
    unknown = classify_event(kind="open", user_agent="AcmeReader Pro", agents=READER)
    assert (unknown.actor, unknown.human, unknown.evidence) == (Actor.HUMAN, Human.YES, 2)
    assert unknown.reasons == ("ua.listed", "ua.unknown")
    for known in (f"{CHROME} AcmeReader/1", "AcmeReaderBot/1 AcmeReader/1", "AcmeReader/1 curl/8.4.0"):
        plain = classify_event(kind="open", user_agent=known)
        assert classify_event(kind="open", user_agent=known, agents=READER) == plain


def test_a_listed_agent_is_weighed_with_the_rest() -> None:
    verdict = classify_event(kind="click", user_agent="AcmeReader Pro", ip="40.92.0.1", agents=READER)
    assert verdict.is_machine


def test_lists_are_put_together_and_the_left_one_wins() -> None:
    other = load_agents("AcmeMonitor\nAcmeFetch", actor="http_client", human="no")
    both = MONITOR | other
    agent = "AcmeMonitor Pro/2"
    assert classify_event(kind="open", user_agent=agent, agents=both).actor is Actor.CRAWLER
    assert classify_event(kind="open", user_agent=agent, agents=other | MONITOR).actor is Actor.HTTP_CLIENT
    assert repr(both) == "<Agents: 3>"
    with pytest.raises(TypeError):
        MONITOR | {"AcmeMonitor"}  # type: ignore[operator]


@pytest.mark.parametrize("line", ["abc", "a1b2c3", "Acme Monitor", "Äcme", "acme/1", "x" * 65, "4acme"])
def test_what_is_no_token_of_four_letters_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"^line 2: expected a product token of at most 64 characters"):
        load_agents(f"AcmeMonitor\n{line}", actor="crawler", human="no")


@pytest.mark.parametrize(
    "line", ["Chrome", "mozilla", "Safari", "Windows", "iPhone", "Thunderbird", "outlook", "robot"]
)
def test_a_name_that_everyone_writes_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"^line 1: too generic"):
        load_agents(line, actor="crawler", human="no")


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"text": b"Acme"}, TypeError),
        ({"actor": 3}, TypeError),
        ({"human": None}, TypeError),
        ({"actor": "robot"}, ValueError),
        ({"human": "maybe"}, ValueError),
    ],
)
def test_other_arguments_are_refused(given: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        load_agents(
            given.get("text", "AcmeMonitor"), actor=given.get("actor", "crawler"), human=given.get("human", "no")
        )
    with pytest.raises(TypeError, match=r"^agents must be made by load_agents, not str$"):
        classify_event(kind="open", user_agent=CHROME, agents="AcmeMonitor")  # type: ignore[arg-type]


def test_a_list_is_a_value() -> None:
    assert pickle.loads(pickle.dumps(MONITOR)) == MONITOR  # noqa: S301 - our own
    assert load_agents("\ufeffacme-audit\r\nAcmeMonitor", actor=Actor.CRAWLER, human=Human.NO) == MONITOR
    assert isinstance(MONITOR, Agents)


@given(st.text(max_size=300), st.sampled_from(["open", "click"]))
def test_no_list_clears_a_machine(agent: str, kind: Any) -> None:  # noqa: ANN401 - the values of a Literal
    if classify_event(kind=kind, user_agent=f"AcmeReader {agent}").is_machine:
        assert classify_event(kind=kind, user_agent=f"AcmeReader {agent}", agents=READER).is_machine


def test_a_message_is_judged_by_the_same_list() -> None:
    at = datetime(2026, 11, 2, 9, tzinfo=UTC)
    agents = [f"{CHROME} AcmeMonitor/2", CHROME, f"{CHROME} AcmeMonitor/2"]
    events = [Event(kind="click", user_agent=agent, at=at, ip="198.51.100.7", link_index=0) for agent in agents]
    for some in (events, events[:1]):
        verdicts = classify_message(some, agents=MONITOR)
        assert [verdict.is_machine for verdict in verdicts] == [True, False, True][: len(some)]
