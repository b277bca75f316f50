"""The kinds of token: the number in the header, what it is for, how much it may reveal."""

from __future__ import annotations

import struct
from typing import Final, Literal, NamedTuple

from lmtrack.resolver import TrackingMode

VERSION: Final = 1

Purpose = Literal["open", "click", "withdraw", "unsubscribe"]

HEADER: Final = struct.Struct(">BBI")  # version << 4 | kind, key hint, issued-at

# Looking a member up in its enum costs five times as much as a global.
INDIVIDUAL: Final = TrackingMode.INDIVIDUAL
AGGREGATE: Final = TrackingMode.AGGREGATE


class Kind(NamedTuple):
    """What a number in the header means.

    Attributes:
        number: The number, 1 to 15.
        purpose: Which reader takes it.
        mode: The tracking mode. An aggregate kind holds no recipient. A way out is one person's own act.
        inline: Whether it holds the URL of a click.
    """

    number: int
    purpose: Purpose
    mode: TrackingMode
    inline: bool = False


KINDS: Final = {
    kind.number: kind
    for kind in (
        Kind(1, "open", INDIVIDUAL),
        Kind(2, "click", INDIVIDUAL),
        Kind(3, "click", INDIVIDUAL, inline=True),
        Kind(4, "withdraw", INDIVIDUAL),
        Kind(5, "open", AGGREGATE),
        Kind(6, "click", AGGREGATE),
        Kind(7, "click", AGGREGATE, inline=True),
        Kind(8, "open", TrackingMode.DELIVERABILITY),
        Kind(9, "unsubscribe", INDIVIDUAL),
    )
}
