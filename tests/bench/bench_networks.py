"""Networks and messages: lookups, loading of lists, events together: `python tests/bench/bench_networks.py`.

The peers are what one writes with the standard library: `ip in network` over a list, and `ipaddress` for each line.
Lists come from ../shared where it is there; else they are made up with the same number of rows and prefixes.
"""

from __future__ import annotations

import ipaddress
import random  # noqa: TID251 - seeded
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from harness import Row, alternate, table

from lmtrack.classifier import (
    Event,
    Networks,
    classify_event,
    classify_message,
    join_networks,
    load_networks,
    shipped_networks,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RANGES = Path(__file__).resolve().parents[3] / "shared" / "ranges"
RANDOM = random.Random(7)  # noqa: S311 - no secret
APPLE_ROWS = 52_404  # of egress-ip-ranges.csv in August 2026, IPv4 41,949 of them
APPLE_V4_ROWS = 41_949

AT = datetime(2026, 8, 1, 9, tzinfo=UTC)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
)


def apple_cidrs() -> list[str]:
    """Return the merged list, or one that looks like it."""
    names = ("apple-egress-ipv4-merged.txt", "apple-egress-ipv6-merged.txt")
    if RANGES.is_dir():
        return [line for name in names for line in (RANGES / name).read_text().split()]
    v4 = [f"172.{224 + n // 4096}.{n // 16 % 256}.{n % 16 * 16}/28" for n in RANDOM.sample(range(65_536), 3_290)]
    return v4 + [f"2a02:26f7:{n:x}:4000::/64" for n in RANDOM.sample(range(65_536), 10_455)]


def apple_csv(cidrs: list[str]) -> str:
    """Return a list of the size and form of Apple's: many small networks of IPv4, then those of IPv6."""
    v4 = RANDOM.sample(range(2**19), APPLE_V4_ROWS)
    rows = [f"172.{224 + n // 32_768}.{n // 128 % 256}.{n % 128 * 2}/31,GB,GB-EN,London," for n in v4]
    v6 = [cidr for cidr in cidrs if ":" in cidr]
    return "\n".join(rows + [f"{v6[n % len(v6)]},AD,AD-07,Andorra la Vella," for n in range(APPLE_ROWS - len(rows))])


def click(seconds: float, link: int, *, agent: int = 138, ip: str | None = "198.51.100.7") -> Event:
    at = AT + timedelta(seconds=seconds)
    return Event(kind="click", user_agent=CHROME.format(agent), at=at, ip=ip, link_index=link)


def opened(seconds: float) -> Event:
    return Event(kind="open", user_agent=CHROME.format(138), at=AT + timedelta(seconds=seconds), ip="198.51.100.7")


MESSAGES = {
    "a person, two opens and four clicks": [
        *(opened(60), opened(600), click(70, 0), click(95, 1), click(95.4, 1), click(610, 3))
    ],
    "a sweep from one address": [click(30 + number * 0.5, number) for number in range(6)],
    "a sweep, an address and an agent each": [
        click(30 + number * 0.5, number, agent=130 + number, ip=f"198.51.100.{number}") for number in range(6)
    ],
    "a sweep, no addresses": [click(30 + number * 0.5, number, ip=None) for number in range(6)],
}


def repeated(job: Callable[[], object], times: int) -> Callable[[], None]:
    def run() -> None:
        for _ in range(times):
            job()

    return run


def per_call(job: Callable[[], object], times: int = 1000, rounds: int = 9) -> float:
    """Return the CPU time of one call, the best of the rounds: a figure in numbers must not depend on the load."""
    best = float("inf")
    for _ in range(rounds):
        start = process_time()
        for _ in range(times):
            job()
        best = min(best, process_time() - start)
    return best / times


def rows(cidrs: list[str], csv: str) -> Iterator[Row]:
    """Measure against the standard library."""
    networks = load_networks("\n".join(cidrs), tag="apple_egress")
    parsed = [ipaddress.ip_network(cidr) for cidr in cidrs]
    v4 = [network for network in parsed if network.version == 4]

    def peer() -> bool:
        address = ipaddress.ip_address("198.51.100.7")
        return any(address in network for network in v4)

    ours, theirs = alternate(repeated(lambda: networks.find("198.51.100.7"), 1000), peer)
    yield Row(
        what="find an IPv4 address", against="ip in network", ours=ours / 1000, peer=theirs, at_least=None, aim=None
    )
    for what, text in (("merged", "\n".join(cidrs)), (f"{APPLE_ROWS:,} rows", csv)):
        lines = [line.partition(",")[0] for line in text.split("\n")]
        ours, theirs = alternate(
            lambda text=text: load_networks(text, tag="apple_egress"),  # type: ignore[misc]
            lambda lines=lines: [ipaddress.ip_network(line) for line in lines],  # type: ignore[misc]
            rounds=5,
        )
        yield Row(
            what=f"load Apple's list, {what}",
            against="ip_network of each line",
            ours=ours,
            peer=theirs,
            at_least=None,
            aim=None,
        )


def figures(cidrs: list[str], csv: str) -> Iterator[str]:
    """Return the figures that the design wants in numbers."""
    apple = load_networks("\n".join(cidrs), tag="apple_egress")
    for name, networks in (("Apple's", apple), ("shipped and Apple's", join_networks(apple, shipped_networks()))):
        for ip in ("198.51.100.7", "104.28.28.1", "2a02:26f7:b00a:4000::1", "::ffff:198.51.100.7"):
            yield f"find {ip} in {name}: {1e-6 / per_call(find(networks, ip)):.2f} M/s (at least 1.5)"
    for what, text in (("merged", "\n".join(cidrs)), (f"{APPLE_ROWS:,} rows", csv)):
        seconds = per_call(lambda text=text: load_networks(text, tag="apple_egress"), 1)  # type: ignore[misc]
        yield f"load Apple's list, {what}: {seconds * 1000:.0f} ms (at most 150)"
    for what, events in MESSAGES.items():
        together = per_call(message(events), 100)
        alone = per_call(one_by_one(events), 100)
        yield (
            f"classify_message, {len(events)} events, {what}: {1 / together:,.0f}/s (at least 30,000), "
            f"{alone / together:.0%} of it classify_event"
        )
    small, large = (per_call(message(crowd(size)), 1, 3) for size in (10_000, 100_000))
    yield f"classify_message, 100,000 events: {large:.2f} s, {large / small:.1f} times 10,000"


def find(networks: Networks, ip: str) -> Callable[[], object]:
    return lambda: networks.find(ip)


def message(events: list[Event]) -> Callable[[], object]:
    return lambda: classify_message(events, delivered_at=AT, link_count=6)


def one_by_one(events: list[Event]) -> Callable[[], object]:
    delays = [event.at - AT for event in events]
    return lambda: [
        classify_event(kind=event.kind, user_agent=event.user_agent, ip=event.ip, delay=delay)
        for event, delay in zip(events, delays, strict=True)
    ]


def crowd(size: int) -> list[Event]:
    return [
        click(number / 7, number % 50, agent=130 + number % 7, ip=f"198.51.100.{number % 9}") for number in range(size)
    ]


def main() -> None:
    cidrs = apple_cidrs()
    csv = apple_csv(cidrs)
    print(table(rows(cidrs, csv)))
    print("\n".join(figures(cidrs, csv)))


if __name__ == "__main__":
    main()
