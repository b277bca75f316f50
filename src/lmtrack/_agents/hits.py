"""The events of one message as the message rules look at them, in their order, and what is held against them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._agents.verdict import Evidence, Human, Signal, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmtrack._agents.events import Event

SECOND: Final = 1_000_000  # times are whole microseconds
NO_LINK: Final = -1
_MICROSECOND: Final = timedelta(microseconds=1)
_AHEAD: Final = Signal.HDR_PREFETCH.value
_NO: Final = Human.NO
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Hit(NamedTuple):
    """One event; hits sort by time, then by all that a rule can see, so equal places mean equal events.

    Attributes:
        at: When, in microseconds.
        link: Which link; `NO_LINK` if none is known.
        address: The IPv4 address, or the network of 64 bits that IPv6 gives one line (RFC 6177); empty if unknown.
        client: The caller's key for the client; empty if unknown.
        followed: Whether it was sent to get the page, not to look whether it is there or to have it ready.
        is_machine: Whether it is one on its own.
        place: Its place among the events given.
    """

    at: int
    is_click: bool
    link: int
    agent: str
    address: bytes
    client: str
    followed: bool
    is_honeypot: bool
    is_machine: bool
    reasons: tuple[str, ...]
    place: int


def make_hit(index: int, event: Event, verdict: Verdict, packed: bytes | None) -> Hit:
    """Take from an event, its own verdict and its packed address what the message rules need."""
    # Not `Hit(...)`, which takes twice as long.
    return tuple.__new__(
        Hit,
        (
            (event.at - _EPOCH) // _MICROSECOND,
            event.kind == "click",
            NO_LINK if event.link_index is None else event.link_index,
            event.user_agent or "",
            packed[:8] if packed else b"",
            event.client or "",
            (event.method == "GET" or event.method.upper() == "GET") and _AHEAD not in verdict.reasons,
            event.honeypot,
            verdict.human is _NO,
            verdict.reasons,
            index,
        ),
    )


def microseconds(time: datetime) -> int:
    """Give a time as a number that can be subtracted without a thought of time zones."""
    return (time - _EPOCH) // _MICROSECOND


class Rule(NamedTuple):
    """What a message rule holds against an event: strong, medium, or (1) no more than a point."""

    weight: Evidence
    code: str


# The stronger first: what is held against an event is told in this order.
RULES: Final = (
    Rule(3, Signal.MSG_BURST.value),
    Rule(3, Signal.MSG_SWEEP.value),
    Rule(2, Signal.MSG_HONEYPOT_TAINT.value),
    Rule(2, Signal.MSG_DETONATION.value),
    Rule(2, Signal.MSG_BURST.value),
    Rule(2, Signal.MSG_SWEEP.value),
    Rule(1, Signal.MSG_HONEYPOT_TAINT.value),
    Rule(1, Signal.MSG_TWO_LINKS.value),
    Rule(1, Signal.MSG_AGENTS.value),
)
BURST, SWEEP, TAINT, DETONATION, BURST_OPEN, SWEEP_OPEN, TAINT_POINT, PAIR, ROTATION = range(len(RULES))


class Charges(dict[int, tuple[int, int, int]]):
    """By the place of an event: the rules that hold against it, a bit each; the strongest; what shows that one."""

    def add(self, hits: Iterable[Hit], rule: int, cause: int) -> None:
        """Hold a rule against events; what showed it first stays."""
        bit = 1 << rule
        for hit in hits:
            held = self.get(hit.place)
            if held is None:
                self[hit.place] = (bit, rule, cause)
                continue
            rules, strongest, shown = held
            if rule < strongest:
                self[hit.place] = (rules | bit, rule, cause)
            elif not rules & bit:
                self[hit.place] = (rules | bit, strongest, shown)

    def has(self, place: int, rule: int) -> bool:
        """Say whether a rule holds against an event."""
        held = self.get(place)
        return held is not None and bool(held[0] >> rule & 1)


@cache  # at most one entry for each set of rules
def codes_of(rules: int) -> tuple[str, ...]:
    """Give the codes of the rules whose bits are set, the strongest first; what is in a burst needs no pair."""
    if rules & (1 << BURST | 1 << SWEEP):
        rules &= ~(1 << PAIR)
    return tuple(rule.code for number, rule in enumerate(RULES) if rules >> number & 1)
