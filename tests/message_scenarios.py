"""Read the scenarios of `corpus`: what happens to mail, each event with its truth.

`message-scenarios.json` was written with the rules; the other two from public pages, with all truths fixed before the
first run. The author of `outside-scenarios.json` had not read the rules, that of `blind-scenarios.json` had not read
what the rules rest on either.

`docs/explanation/message-scenarios.md` documents the format, so that others can try their classifier on it.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lmtrack.classifier import (
    Event,
    Verdict,
    classify_event,
    classify_message,
    client_key,
    join_networks,
    load_networks,
    shipped_networks,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

DELIVERED: Final = datetime(2026, 11, 2, 9, tzinfo=UTC)
# Some of Apple's egress list, as a caller loads it.
NETWORKS: Final = join_networks(shipped_networks(), load_networks("104.28.28.0/24", tag="apple_egress"))
_SECRET: Final = b"a secret of tests"


class Scenario(NamedTuple):
    """One message to one person, and all requests for it."""

    id: str
    group: str
    story: str
    source: str
    links: int
    unknowable: str | None
    events: list[dict[str, Any]]


def _read(name: str) -> list[Scenario]:
    """Read a file of scenarios; its events get the agents and the headers that they name."""
    data = json.loads((Path(__file__).parent / "corpus" / name).read_text("utf-8"))
    agents, headers = data["agents"], data["headers"]
    for one in data["scenarios"]:
        for event in one["events"]:
            event["agent"] = agents[event["agent"]]
            if isinstance(named := event.get("headers"), str):
                event["headers"] = headers[named]
    return [
        Scenario(
            one["id"], one["group"], one["story"], one["source"], one["links"], one.get("unknowable"), one["events"]
        )
        for one in data["scenarios"]
    ]


SCENARIOS: Final = _read("message-scenarios.json")
OUTSIDE: Final = _read("outside-scenarios.json")
BLIND: Final = _read("blind-scenarios.json")


def at(event: dict[str, Any]) -> datetime:
    """Return when it came."""
    return DELIVERED + timedelta(seconds=event["seconds"])


def alone(event: dict[str, Any]) -> Verdict:
    """Judge a request by itself, with all that is known of it."""
    return classify_event(
        kind=event["kind"],
        user_agent=event["agent"],
        ip=event["ip"],
        asn=event.get("asn"),
        method=event.get("method", "GET"),
        headers=event.get("headers"),
        delay=timedelta(seconds=event["seconds"]),
        networks=NETWORKS,
        honeypot=event.get("honeypot", False),
    )


KNOWLEDGE: Final = ("delivered_at", "ip", "asn", "headers")


def as_event(event: dict[str, Any], known: Iterable[str] = KNOWLEDGE) -> Event:
    """Make the value that `classify_message` takes, with no more than what is known."""
    return Event(
        kind=event["kind"],
        user_agent=event["agent"],
        at=at(event),
        ip=event["ip"] if "ip" in known else None,
        asn=event.get("asn") if "asn" in known else None,
        link_index=event.get("link"),
        method=event.get("method", "GET"),
        headers=event.get("headers") if "headers" in known else None,
        honeypot=event.get("honeypot", False),
    )


def stored(event: dict[str, Any]) -> Event:
    """Make the same of a stored event: a key and the names of lists in place of the address."""
    key = client_key(event["ip"], event["agent"], secret=_SECRET, day=date(2026, 11, 2))
    return Event(
        kind=event["kind"],
        user_agent=event["agent"],
        at=at(event),
        client=key,
        sources=alone(event).sources,
        link_index=event.get("link"),
        method=event.get("method", "GET"),
        headers=event.get("headers"),
        honeypot=event.get("honeypot", False),
    )


def together(scenario: Scenario, events: list[Event], *, delivered: bool = True) -> list[Verdict]:
    """Judge all requests for a message together."""
    return classify_message(
        events, delivered_at=DELIVERED if delivered else None, link_count=scenario.links, networks=NETWORKS
    )


def is_right(event: dict[str, Any], verdict: Verdict) -> bool | None:
    """Return whether a verdict is right; None where nobody can know."""
    if event["truth"] == "unknowable":
        return None
    return verdict.is_machine if event["truth"] == "machine" else verdict.counts_for_metrics


WAYS: Final = {
    "classify_event": lambda scenario: [alone(event) for event in scenario.events],
    "classify_message": lambda scenario: together(scenario, [as_event(event) for event in scenario.events]),
    "classify_message without addresses": lambda scenario: together(
        scenario, [stored(event) for event in scenario.events]
    ),
}


def confusion(way: str) -> Counter[tuple[str, str, str]]:
    """Count events by actor, truth and what a way of judging says: `person`, `machine` or `cannot tell`."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for scenario in SCENARIOS:
        for event, verdict in zip(scenario.events, WAYS[way](scenario), strict=True):
            said = "person" if verdict.counts_for_metrics else "machine" if verdict.is_machine else "cannot tell"
            counts[event["actor"], event["truth"], said] += 1
    return counts


def confusion_table() -> str:
    """Write the table of the docs."""
    lines = [
        "| actor | truth | events | classify_event | classify_message | without addresses |",
        "|---|---|---|---|---|---|",
    ]
    counts = [confusion(way) for way in WAYS]
    rows = dict.fromkeys((actor, truth) for actor, truth, _ in sorted(counts[0]))
    for actor, truth in rows:
        total = sum(count for (one, other, _), count in counts[0].items() if (one, other) == (actor, truth))
        said = [
            ", ".join(
                f"{answer} {table[actor, truth, answer]}"
                for answer in ("person", "machine", "cannot tell")
                if table[actor, truth, answer]
            )
            for table in counts
        ]
        lines.append(f"| `{actor}` | {truth} | {total} | {' | '.join(said)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(confusion_table())
