"""Clicks that come too fast for one person: bursts, sweeps over all links, pairs, agents that change on the way.

Who belongs together is known in degrees. The same client is held to all it clicks. One address with many agents is a
gateway, or an office behind one router. Different addresses are the hosts of one gateway while the mail lies in one
mailbox, and different people once it has been passed on.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._agents.hits import (
    BURST,
    BURST_OPEN,
    NO_LINK,
    PAIR,
    ROTATION,
    SECOND,
    SWEEP,
    SWEEP_OPEN,
    Charges,
    Hit,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


class _Span(NamedTuple):
    """How many different values within how long hold which rule against their hits."""

    rule: int
    length: int
    wanted: int


_BURST: Final = _Span(BURST, 2 * SECOND, 3)  # our simulation of people's clicks, 2026-08: in 0.04 %
_PAIR: Final = _Span(PAIR, SECOND - 1, 2)  # Marketo's proximity pattern, 2026-08: the same second
# Our choice: as a sweep. Three, because Office and in-app browsers show two agents for one click.
_ROTATION: Final = _Span(ROTATION, 10 * SECOND, 3)
_SWEEP: Final = 10 * SECOND  # OpenAEV's window, 2026-08; Paminga's 3 s is too short for gateways that take turns
_HOSTS: Final = _Span(SWEEP, _SWEEP, 3)  # our choice: two are a gateway's one and a person's
_OPEN: Final = 10 * SECOND  # our choice: as a sweep
_NO_CLIENT: Final = {""}
LONGEST: Final = _SWEEP + _OPEN  # an open before a sweep

# Gateways scan seconds to minutes after delivery (vendors' documents and field reports, 2026-08).
SCANNING: Final = 10 * 60 * SECOND


def bursts(hits: Sequence[Hit], charges: Charges, *, link_count: int, scanned_until: int | None) -> None:
    """Charge clicks on different links that come too fast; `hits` are sorted, `scanned_until` is in microseconds."""
    clicks = [hit for hit in hits if hit.is_click and hit.followed and hit.link != NO_LINK]
    last = None
    for hit in clicks:
        if last and hit.link != last.link and hit.at - last.at <= _SWEEP:
            break
        last = hit
    else:
        return
    # Hosts of a gateway that take turns are all apart: nothing to group then.
    apart = len({hit.address for hit in clicks}) == len(clicks) and {hit.client for hit in clicks} == _NO_CLIENT
    clients = {} if apart else _by_client(clicks)
    for group in clients.values():
        if len(group) > 1:
            _fast(group, charges, link_count)
    if apart or len(clients) > 1:
        _fast_together(clicks, charges, link_count, scanned_until, {} if apart else _by_address(clicks))
    if len(clicks) < len(hits):
        _opens(hits, clicks, charges)


def rotations(hits: Sequence[Hit], charges: Charges) -> None:
    """Charge clicks from one address under many agents; `hits` are sorted."""
    if len(hits) - len({hit.address for hit in hits}) < _ROTATION.wanted - 1:
        return  # no address has so many
    if len({hit.agent for hit in hits}) < _ROTATION.wanted:
        return
    for group in _by_address([hit for hit in hits if hit.is_click and hit.followed]).values():
        _within(group, [hit.agent for hit in group], _ROTATION, charges)


def _by_client(hits: Sequence[Hit]) -> dict[Hashable, list[Hit]]:
    """Group hits by client; one that has a key and an address is in two groups."""
    clients: dict[Hashable, list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.client:
            clients[hit.client].append(hit)
        if hit.address or not hit.client:
            clients[_client(hit)].append(hit)
    return clients


def _by_address(hits: Sequence[Hit]) -> dict[bytes, list[Hit]]:
    addresses: dict[bytes, list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.address:
            addresses[hit.address].append(hit)
    return addresses


def _client(hit: Hit) -> Hashable:
    """Give what two events of one client have in common; all that came from nowhere known may be one."""
    return (hit.address, hit.agent) if hit.address else None


def _fast_together(
    clicks: list[Hit], charges: Charges, link_count: int, scanned_until: int | None, addresses: dict[bytes, list[Hit]]
) -> None:
    # A person's click next to one that is a scanner's anyway is no sign of anything.
    crowd = [
        hit
        for hit in clicks
        if not hit.is_machine and (scanned_until is None or hit.at <= scanned_until or not (hit.address or hit.client))
    ]
    # Two people can click the only two links within ten seconds, in an office or after a mail was passed on.
    many = link_count if link_count > 2 else 0
    for group in addresses.values():
        if len(group) == 1:
            continue
        _fast(group, charges, many)
        if many < link_count and scanned_until is not None:
            _fast([hit for hit in group if hit.at <= scanned_until], charges, link_count)
    _fast(crowd, charges, 0)
    if many:
        # A gateway that takes ten seconds and has hosts has several: one more is the person who reads meanwhile.
        swept = _by_hosts(crowd)
        _within(swept, [hit.link for hit in swept], (SWEEP, _SWEEP, many), charges)


def _by_hosts(crowd: list[Hit]) -> list[Hit]:
    """Give the hits that three hosts made within ten seconds."""
    if len({hit.address or hit.client for hit in crowd}) < _HOSTS.wanted:
        return []
    if crowd[-1].at - crowd[0].at <= _HOSTS.length:
        return crowd
    hosts = Charges()
    _within(crowd, [hit.address or hit.client for hit in crowd], _HOSTS, hosts)
    return [hit for hit in crowd if hit.place in hosts]


def _fast(group: list[Hit], charges: Charges, link_count: int) -> None:
    if len(group) < 2:
        return
    links = [hit.link for hit in group]
    charged = _within(group, links, _BURST, charges)
    if link_count > 1:
        _within(group, links, (SWEEP, _SWEEP, link_count), charges)
    if charged < len(group):  # what is in a burst needs no pair
        _within(group, links, _PAIR, charges)


def _within(group: Sequence[Hit], values: Sequence[Hashable], span: tuple[int, int, int], charges: Charges) -> int:
    """Charge each hit that lies within a span in which so many different values do; give how many were charged.

    What shows it is the hit that completes them; for that one, the first of the span.
    Linear: the span moves over the hits once, and each hit is charged once.
    """
    rule, length, wanted = span
    different = len(set(values))
    if different < wanted:
        return 0
    if group[-1].at - group[0].at <= length:
        return _all_within(group, values, span, charges)
    if different == len(group):
        return _each_within(group, span, charges)
    inside: dict[Hashable, int] = {}
    left = beyond = count = 0
    for right, hit in enumerate(group):
        value = values[right]
        inside[value] = inside.get(value, 0) + 1
        earliest = hit.at - length
        while group[left].at < earliest:
            value = values[left]
            if inside[value] == 1:
                del inside[value]
            else:
                inside[value] -= 1
            left += 1
        if len(inside) >= wanted:
            start = max(left, beyond)
            beyond = right + 1
            count += beyond - start
            charges.add(group[start:right], rule, hit.place)
            charges.add((hit,), rule, group[left].place)
    return count


def _each_within(group: Sequence[Hit], span: tuple[int, int, int], charges: Charges) -> int:
    """Do the same where all values differ, as links do in a sweep: so many hits are enough."""
    rule, length, wanted = span
    left = beyond = count = 0
    for right, hit in enumerate(group):
        earliest = hit.at - length
        while group[left].at < earliest:
            left += 1
        if right - left >= wanted - 1:
            start = max(left, beyond)
            beyond = right + 1
            count += beyond - start
            if start < right:
                charges.add(group[start:right], rule, hit.place)
            charges.add((hit,), rule, group[left].place)
    return count


def _all_within(group: Sequence[Hit], values: Sequence[Hashable], span: tuple[int, int, int], charges: Charges) -> int:
    """Do the same where no span begins later than the first hit, which is the usual case."""
    rule, _, wanted = span
    seen: set[Hashable] = set()
    right = -1
    while len(seen) < wanted:
        right += 1
        seen.add(values[right])
    charges.add(group[:right], rule, group[right].place)
    charges.add(group[right:], rule, group[0].place)
    return len(group)


def _opens(hits: Sequence[Hit], clicks: list[Hit], charges: Charges) -> None:
    """Charge the opens of a client that sweeps: it loads the images as well."""
    opens = [hit for hit in hits if not hit.is_click]
    if not opens:
        return
    for burst, rule in ((BURST, BURST_OPEN), (SWEEP, SWEEP_OPEN)):
        sweeping: dict[Hashable, list[Hit]] = defaultdict(list)
        for hit in clicks:
            if charges.has(hit.place, burst):
                for key in filter(None, (hit.client, _client(hit))):
                    sweeping[key].append(hit)
        for hit in opens if sweeping else ():
            for key in filter(None, (hit.client, _client(hit))):
                found = sweeping.get(key, [])
                place = bisect_left(found, hit.at - _OPEN, key=lambda click: click.at)
                if place < len(found) and found[place].at <= hit.at + _OPEN:
                    charges.add((hit,), rule, found[place].place)
