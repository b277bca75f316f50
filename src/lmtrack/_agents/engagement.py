"""What the opens and clicks of one message say together, and what many messages say: rates with what cannot be known.

Three opens by one person are one message that a person opened. Silence is not an answer: whoever blocks images, or
reads through a cache, opens without being seen, so nothing here calls anyone inactive.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, TypeAlias

from lmtrack._agents.events import Event
from lmtrack._agents.verdict import Actor, Signal, Verdict
from lmtrack._checks import wrong_type

Answer: TypeAlias = Literal["yes", "no", "unknowable"]
_DUPLICATE: Final = Signal.MSG_DUPLICATE.value
_PROXIES: Final = (Actor.APPLE_MPP, Actor.IMAGE_PROXY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engagement:
    """The state of one message to one person; made by `message_engagement`. Double clicks and retries count once.

    Attributes:
        opened: Whether a person opened the message: `"no"` means that no open by a person was seen.
        clicked: The same for clicks on its links.
        first_human_at: When a person was first seen, in UTC; None if none was.
        human_opens: Opens by people, also through a proxy that hides the client.
        human_clicks: Clicks by people.
        privacy_opens: Opens by a proxy that loads images whether or not anyone reads the message, such as Apple's.
        unknown_opens: Other opens that cannot be attributed.
        unknown_clicks: Clicks that cannot be attributed.
        machine_opens: Opens by machines.
        machine_clicks: Clicks by machines.
    """

    opened: Answer
    clicked: Answer
    first_human_at: datetime | None = None
    human_opens: int = 0
    human_clicks: int = 0
    privacy_opens: int = 0
    unknown_opens: int = 0
    unknown_clicks: int = 0
    machine_opens: int = 0
    machine_clicks: int = 0


def message_engagement(events: Iterable[Event], verdicts: Iterable[Verdict], /, *, opens_allowed: bool) -> Engagement:
    """Combine the opens and clicks of one message.

    Args:
        events: As given to `classify_message`.
        verdicts: What it returned for them, in the same order.
        opens_allowed: Whether this recipient's opens may be tracked. Only then does a person's click imply an open that
            was not seen; without that permission, nothing is concluded about opens from clicks.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: There are not as many verdicts as events.

    Example:
        >>> from datetime import UTC, datetime
        >>> from lmtrack import Event, classify_message
        >>> at = datetime(2026, 8, 1, 9, tzinfo=UTC)
        >>> events = [Event(kind="open", user_agent=agent, at=at) for agent in ("Mozilla/5.0", "curl/8.4.0")]
        >>> engagement = message_engagement(events, classify_message(events), opens_allowed=True)
        >>> engagement.opened, engagement.privacy_opens, engagement.machine_opens
        ('unknowable', 1, 1)
    """
    if not isinstance(opens_allowed, bool):
        raise wrong_type("opens_allowed", "a bool", opens_allowed)
    given, judged = tuple(events), tuple(verdicts)
    if len(given) != len(judged):
        raise ValueError("there must be as many verdicts as events")
    counts = dict.fromkeys(
        (
            "human_opens",
            "human_clicks",
            "privacy_opens",
            "unknown_opens",
            "unknown_clicks",
            "machine_opens",
            "machine_clicks",
        ),
        0,
    )
    seen: list[datetime] = []
    for event, verdict in zip(given, judged, strict=True):
        if not isinstance(event, Event):
            raise wrong_type("events", "Event values", event)
        if not isinstance(verdict, Verdict):
            raise wrong_type("verdicts", "Verdict values", verdict)
        if _DUPLICATE not in verdict.reasons:
            counts[_kind_of(event, verdict)] += 1
            if verdict.counts_for_metrics:
                seen.append(event.at)
    clicked = _answer(counts["human_clicks"], counts["unknown_clicks"])
    by_click = counts["human_clicks"] if opens_allowed else 0
    opened = _answer(counts["human_opens"] + by_click, counts["privacy_opens"] + counts["unknown_opens"])
    return Engagement(opened=opened, clicked=clicked, first_human_at=min(seen, default=None), **counts)


def _kind_of(event: Event, verdict: Verdict) -> str:
    if verdict.counts_for_metrics:
        who = "human"
    elif verdict.is_machine:
        who = "machine"
    elif event.kind == "open" and verdict.actor in _PROXIES:
        who = "privacy"
    else:
        who = "unknown"
    return f"{who}_{event.kind}s"


def _answer(human: int, unknowable: int) -> Answer:
    return "yes" if human else "unknowable" if unknowable else "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of the messages that were tracked, from 0 to 1; made by `engagement_rates`.

    Attributes:
        low: The share if only what a person certainly did counts.
        high: The share if everything that cannot be known counts as well.
        coverage: The share of the delivered messages that were tracked: the rate says nothing about the others.
    """

    low: float
    high: float
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """The rates of many messages, and how many were opened or clicked by whom; made by `engagement_rates`.

    Attributes:
        opened: The rate of messages that a person opened; None if no opens were tracked.
        clicked: The rate of messages that a person clicked in; None if no clicks were tracked.
        opened_by_people: How many messages people opened.
        opened_by_proxies_only: How many were opened only by privacy proxies, or by something unknown.
        opened_by_machines_only: How many were opened only by machines.
        clicked_by_people: How many messages people clicked in.
        clicked_by_machines_only: How many were clicked in only by machines.
    """

    opened: Rate | None
    clicked: Rate | None
    opened_by_people: int = field(default=0)
    opened_by_proxies_only: int = field(default=0)
    opened_by_machines_only: int = field(default=0)
    clicked_by_people: int = field(default=0)
    clicked_by_machines_only: int = field(default=0)


def engagement_rates(
    engagements: Iterable[Engagement], /, *, delivered: int, open_tracked: int, click_tracked: int
) -> Rates:
    """Return the rates of opens and clicks over all messages that were tracked.

    Messages without any event need not be in `engagements`: the numbers below cover them. Such a message was not seen
    to be opened, which does not mean that it was not.

    Args:
        engagements: One for each message that had an event.
        delivered: How many messages were delivered.
        open_tracked: For how many of the delivered messages opens were tracked.
        click_tracked: For how many of the delivered messages clicks were tracked.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: A number is negative, more were tracked than delivered, or more engaged than tracked.

    Example:
        >>> seen = [Engagement(opened="yes", clicked="no"), Engagement(opened="unknowable", clicked="no")]
        >>> rates = engagement_rates(seen, delivered=10, open_tracked=4, click_tracked=0)
        >>> rates.opened, rates.clicked
        (Rate(low=0.25, high=0.5, coverage=0.4), None)
    """
    given = tuple(engagements)
    for engagement in given:
        if not isinstance(engagement, Engagement):
            raise wrong_type("engagements", "Engagement values, as message_engagement makes them", engagement)
    numbers = {"delivered": delivered, "open_tracked": open_tracked, "click_tracked": click_tracked}
    for name, number in numbers.items():
        if type(number) is not int:
            raise wrong_type(name, "an int", number)
        if number < 0:
            raise ValueError(f"{name} must not be negative")
        if number > delivered:
            raise ValueError(f"{name} must not be more than delivered")
    opened = [engagement.opened for engagement in given]
    clicked = [engagement.clicked for engagement in given]
    return Rates(
        opened=_rate("open_tracked", opened, open_tracked, delivered),
        clicked=_rate("click_tracked", clicked, click_tracked, delivered),
        opened_by_people=opened.count("yes"),
        opened_by_proxies_only=opened.count("unknowable"),
        opened_by_machines_only=sum(one.opened == "no" and one.machine_opens > 0 for one in given),
        clicked_by_people=clicked.count("yes"),
        clicked_by_machines_only=sum(one.clicked == "no" and one.machine_clicks > 0 for one in given),
    )


def _rate(name: str, answers: list[Answer], tracked: int, delivered: int) -> Rate | None:
    people, possible = answers.count("yes"), answers.count("unknowable")
    if people + possible > tracked:
        raise ValueError(f"{name} must not be less than the messages with such an event")
    if not tracked:
        return None
    return Rate(low=people / tracked, high=(people + possible) / tracked, coverage=tracked / delivered)
