"""How many simulated readers and gateways each window of `Timing` catches: `python tests/bench/simulate_readers.py`.

Readers click one link after another with log-normal gaps (sigma 0.8), the spread that reading times have; those who
open links in tabs are quicker. Gateways follow their links at a pace that varies by a third. Each row is a share of
4,000 messages in which at least one click is called a machine; the mail has 20 links, of which a reader follows five.
The seed is fixed, so the figures of the docs come out again.
"""

from __future__ import annotations

import random  # noqa: TID251 - seeded
from datetime import UTC, datetime, timedelta
from math import log
from typing import Final

from lmtrack.classifier import Event, classify_message

DELIVERED: Final = datetime(2026, 11, 2, 9, tzinfo=UTC)
AGENT: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
RUNS: Final = 4000
RANDOM: Final = random.Random(15)  # noqa: S311 - no secret
EARLY, LATE = 120.0, 7200.0


def clicks(start: float, gaps: list[float]) -> list[Event]:
    """Make one client's clicks on different links, so far apart."""
    times = [start]
    for gap in gaps:
        times.append(times[-1] + gap)
    return [
        Event(
            kind="click",
            user_agent=AGENT,
            at=DELIVERED + timedelta(seconds=seconds),
            ip="198.51.100.7",
            link_index=link,
        )
        for link, seconds in enumerate(times)
    ]


def caught(start: float, median: float, links: int, of: int, spread: float) -> float:
    """Return the share of messages in which a click is called a machine."""
    found = 0
    for _ in range(RUNS):
        gaps = [RANDOM.lognormvariate(log(median), spread) for _ in range(links - 1)]
        verdicts = classify_message(clicks(start, gaps), delivered_at=DELIVERED, link_count=of)
        found += any(verdict.is_machine for verdict in verdicts)
    return found / RUNS


def rows() -> list[tuple[str, float, float]]:
    """Return what was simulated, and the share that is caught within the scanning window and later."""
    people = [
        (f"reader, median gap {median:g} s, 5 of 20 links", median, 5, 20, 0.8)
        for median in (0.8, 1, 1.5, 2, 5, 12, 30)
    ]
    few = [(f"reader, median gap {median:g} s, both of 2 links", median, 2, 2, 0.8) for median in (2, 5, 12)]
    gateways = [
        (f"gateway, {pace:g} s a link, all of {links} links", pace, links, links, 0.33)
        for links in (4, 9)
        for pace in (0.08, 0.3, 1, 1.5, 3)
    ]
    return [
        (what, caught(EARLY, median, links, of, spread), caught(LATE, median, links, of, spread))
        for what, median, links, of, spread in (*people, *few, *gateways)
    ]


def main() -> None:
    """Print the table."""
    print("| simulated | within 10 minutes | later |\n|---|---|---|")
    for what, early, late in rows():
        print(f"| {what} | {early:.1%} | {late:.1%} |")


if __name__ == "__main__":
    main()
