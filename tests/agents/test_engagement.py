from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from lmtrack.classifier import (
    Engagement,
    Rate,
    Rates,
    classify_message,
    engagement_rates,
    message_engagement,
)
from message_events import DELIVERED, GMAIL, GMAIL_PREFETCH, MPP, SAFARI, click, open_


def engagement(*events: Any, opens_allowed: bool = True) -> Engagement:  # noqa: ANN401 - events
    return message_engagement(events, classify_message(events, delivered_at=DELIVERED), opens_allowed=opens_allowed)


def test_three_opens_by_one_person_are_one_message_opened() -> None:
    seen = engagement(open_(60), open_(600), open_(6000), open_(6000.5), click(6010))
    assert (seen.opened, seen.human_opens, seen.clicked, seen.human_clicks) == ("yes", 3, "yes", 1)
    assert seen.first_human_at == open_(60).at
    rates = engagement_rates([seen], delivered=4, open_tracked=2, click_tracked=2)
    assert (rates.opened, rates.opened_by_people) == (Rate(low=0.5, high=0.5, coverage=0.5), 1)


def test_a_proxy_that_loads_everything_tells_nothing() -> None:
    seen = engagement(open_(5, agent=MPP))
    assert (seen.opened, seen.privacy_opens, seen.first_human_at) == ("unknowable", 1, None)
    rates = engagement_rates([seen], delivered=4, open_tracked=4, click_tracked=0)
    assert rates == Rates(opened=Rate(low=0, high=0.25, coverage=1), clicked=None, opened_by_proxies_only=1)


def test_a_proxy_that_fetches_for_a_person_is_that_person() -> None:
    assert engagement(open_(1, agent=GMAIL_PREFETCH)).opened == "no"
    assert engagement(open_(1, agent=GMAIL_PREFETCH)).machine_opens == 1
    assert engagement(open_(60, agent=GMAIL)).opened == "yes"


def test_a_click_stands_for_an_open_only_where_opens_may_be_tracked() -> None:
    assert engagement(click(600)).opened == "yes"
    assert engagement(click(600), opens_allowed=False).opened == "no"
    assert engagement(click(600), opens_allowed=False).clicked == "yes"


def test_machines_are_shown_apart() -> None:
    scan = [click(60 + link * 0.1, link) for link in range(5)]
    seen = engagement(open_(59), *scan, click(900, 0, agent=None))
    assert (seen.opened, seen.machine_opens) == ("unknowable" if seen.unknown_opens else "no", 1)
    assert (seen.clicked, seen.machine_clicks, seen.unknown_clicks) == ("unknowable", 5, 1)
    machine = engagement(open_(59), *scan)
    rates = engagement_rates([machine], delivered=1, open_tracked=1, click_tracked=1)
    assert (rates.opened_by_machines_only, rates.clicked_by_machines_only) == (1, 1)
    assert rates.clicked == Rate(low=0, high=0, coverage=1)


def test_nothing_tracked_has_no_rate() -> None:
    assert engagement_rates([], delivered=0, open_tracked=0, click_tracked=0) == Rates(opened=None, clicked=None)
    assert engagement() == Engagement(opened="no", clicked="no")


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"delivered": -1}, ValueError, "delivered must not be negative"),
        ({"delivered": 1.5}, TypeError, "delivered must be an int, not float"),
        ({"open_tracked": True}, TypeError, "open_tracked must be an int, not bool"),
        ({"open_tracked": 11}, ValueError, "open_tracked must not be more than delivered"),
        ({"click_tracked": 0}, ValueError, "click_tracked must not be less than the messages with such an event"),
    ],
)
def test_numbers_must_fit(change: dict[str, Any], error: type[Exception], text: str) -> None:
    seen = engagement(click(600))
    with pytest.raises(error, match=f"^{text}$"):
        engagement_rates([seen], **{"delivered": 10, "open_tracked": 5, "click_tracked": 5, **change})


def test_arguments_have_their_types() -> None:
    event = open_(60)
    verdicts = classify_message([event])
    with pytest.raises(ValueError, match=r"^there must be as many verdicts as events$"):
        message_engagement([event], [], opens_allowed=True)
    for events, judged, allowed in (([1], verdicts, True), ([event], [1], True), ([event], verdicts, 1)):
        with pytest.raises(TypeError):
            message_engagement(events, judged, opens_allowed=allowed)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        engagement_rates([event], delivered=1, open_tracked=1, click_tracked=1)  # type: ignore[list-item]


EVENTS = st.builds(
    lambda seconds, kind, agent: click(seconds, 0, agent=agent) if kind else open_(seconds, agent=agent),
    st.integers(0, 5000),
    st.booleans(),
    st.sampled_from([SAFARI, MPP, GMAIL, "curl/8", None]),
)


@given(st.lists(st.lists(EVENTS, max_size=4), max_size=6), st.integers(0, 20))
def test_the_truth_lies_between_low_and_high(messages: list[list[Any]], more: int) -> None:
    seen = [engagement(*events) for events in messages]
    tracked = len(seen) + more
    rates = engagement_rates(seen, delivered=tracked, open_tracked=tracked, click_tracked=tracked)
    for rate in (rates.opened, rates.clicked):
        assert rate is None or 0 <= rate.low <= rate.high <= 1
    apart = rates.opened_by_people + rates.opened_by_proxies_only + rates.opened_by_machines_only
    assert apart <= len(seen)
