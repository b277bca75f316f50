"""A gateway that looks at a link the moment a person follows it shows as two clicks: its own and the person's.

Safe Links sends the person's own browser on and does not fetch for it (warmbly #412, 2026-08), so of two clicks on one
link the one from the gateway's network is the look. An isolated browser fetches for the person, and then there is one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from lmtrack._agents.hits import DETONATION, NO_LINK, SECOND, Charges, Hit
from lmtrack._agents.verdict import Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

AROUND: Final = 60 * SECOND  # our choice: detonations were seen to take seconds, and some come first
_PROBABLE: Final = Signal.NET_SCANNER_PROBABLE.value
_BY_GATEWAY: Final = Signal.HDR_REFERER_REWRITER.value


def detonations(hits: Sequence[Hit], charges: Charges) -> None:
    """Charge clicks from networks that probably scan if somebody else follows the same link; `hits` are sorted."""
    looks = [hit for hit in hits if hit.is_click and _PROBABLE in hit.reasons and _BY_GATEWAY not in hit.reasons]
    if not looks:
        return
    people: dict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        if hit.is_click and hit.followed and hit.address and not hit.is_machine and _PROBABLE not in hit.reasons:
            people[hit.link].append(hit)
    for look in looks:
        found = people.get(look.link, []) if look.link != NO_LINK else []
        place = bisect_left(found, look.at - AROUND, key=lambda hit: hit.at)
        if place < len(found) and found[place].at <= look.at + AROUND:
            charges.add((look,), DETONATION, found[place].place)
