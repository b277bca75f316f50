"""What else did it do, whoever followed a link that no person sees?

A screen reader or a plain-text view can show such a link to a person, so this alone is medium evidence.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from lmtrack._agents.hits import SECOND, TAINT, TAINT_POINT, Charges, Hit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    _Traps = dict[tuple[object, ...], list[Hit]]

_AFTER: Final = 15 * 60 * SECOND  # Paminga's sliding window, 2026-08
BEFORE: Final = 60 * SECOND  # our choice: such links often stand last, and this is how long events have to wait
_NEAR: Final = 10 * SECOND  # mautic #9798: whatever clicks so close to one
_EVERYWHERE: Final = ()


def taint(hits: Sequence[Hit], charges: Charges) -> None:
    """Charge the events near a click on an invisible link; `hits` are sorted."""
    followed = [hit for hit in hits if hit.is_honeypot]
    if not followed:
        return
    traps: _Traps = defaultdict(list)
    for hit in followed:
        for key in (*_identities(hit), (hit.agent, bool(hit.address), bool(hit.client)), _EVERYWHERE):
            traps[key].append(hit)
    for hit in hits:
        if not hit.is_honeypot:
            _charge(hit, traps, charges)


def _identities(hit: Hit) -> Iterator[tuple[object, ...]]:
    if hit.client:
        yield ("client", hit.client)
    if hit.address:
        yield ("address and agent", hit.address, hit.agent)
        # People behind the same router open their mail. Who clicks so soon after a scanner is rather part of it.
        if hit.is_click:
            yield ("address", hit.address)


def _charge(hit: Hit, traps: _Traps, charges: Charges) -> None:
    for key in _identities(hit):
        trap = _nearest(traps, key, hit.at, BEFORE, _AFTER)
        if trap:
            charges.add((hit,), TAINT, trap.place)
            return
    if not hit.is_click:
        return
    point = _nearest(traps, _EVERYWHERE, hit.at, _NEAR, _NEAR)
    for has_address, has_client in _KNOWN if hit.agent else ():
        trap = _nearest(traps, (hit.agent, has_address, has_client), hit.at, BEFORE, _AFTER)
        if trap:
            # Millions have the same agent. Where the addresses are known to differ, it has to be near as well.
            differ = (has_address and hit.address) or (has_client and hit.client)
            if not differ or abs(trap.at - hit.at) <= _NEAR:
                charges.add((hit,), TAINT, trap.place)
                return
            point = point or trap
    if point:
        charges.add((hit,), TAINT_POINT, point.place)


_KNOWN: Final = [(address, client) for address in (False, True) for client in (False, True)]


def _nearest(traps: _Traps, key: tuple[object, ...], at: int, before: int, after: int) -> Hit | None:
    """Give the nearest click on an invisible link, if `at` is at most so long before it or after it."""
    found = traps.get(key)
    if not found:
        return None
    place = bisect_right(found, at, key=lambda trap: trap.at)
    near = [trap for trap in found[max(place - 1, 0) : place + 1] if -before <= at - trap.at <= after]
    return min(near, key=lambda trap: abs(at - trap.at), default=None)
