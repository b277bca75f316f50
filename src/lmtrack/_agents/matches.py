"""The events of one message as the message rules look at them, in their order, and which rules match each."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._agents.verdict import Evidence, Human, Signal, Verdict
from lmtrack._clock import EPOCH

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable
    from datetime import datetime

    from lmtrack._agents.events import Event

NO_LINK: Final = -1
_AHEAD: Final = Signal.HDR_PREFETCH.value
_NO: Final = Human.NO


class MessageEvent(NamedTuple):
    """One event; they sort by time, then by all that a rule can see, so equal ones have the same verdict.

    Attributes:
        at: When, in microseconds.
        is_click: Whether it is a click.
        link: Which link; `NO_LINK` if none is known.
        agent: The User-Agent header; empty if there was none.
        address: The IPv4 address, or the network of 64 bits that IPv6 gives one line (RFC 6177); empty if unknown.
        client: The caller's key for the client; empty if unknown.
        followed: Whether it was sent to get the page, not to check whether it exists or to have it ready.
        is_honeypot: Whether the request followed a link that no person sees.
        is_machine: Whether it is one on its own.
        scanners: The lists of strong evidence that it came from, by name.
        reasons: Of its own verdict.
        event_index: Its index among the events given.
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
    scanners: tuple[str, ...]
    reasons: tuple[str, ...]
    event_index: int


def make_message_event(  # noqa: PLR0917 - to be mapped over all events, which a name for each would make slower
    index: int, event: Event, at: int, verdict: Verdict, packed: bytes | None, scanners: frozenset[str], /
) -> MessageEvent:
    """Take from an event, its own verdict and its packed address what the message rules need.

    Args:
        index: Its index among the events given.
        event: It.
        at: When it came, in microseconds.
        verdict: On it alone.
        packed: Its address; empty if that is not one, None if it has none.
        scanners: The names of the lists that are strong evidence.
    """
    # Not `MessageEvent(...)`, which takes twice as long.
    return tuple.__new__(
        MessageEvent,
        (
            at,
            event.kind == "click",
            NO_LINK if event.link_index is None else event.link_index,
            event.user_agent or "",
            packed[:8] if packed else b"",
            event.client or "",
            (event.method == "GET" or event.method.upper() == "GET") and _AHEAD not in verdict.reasons,
            event.honeypot,
            verdict.human is _NO,
            tuple(source for source in verdict.sources if source in scanners) if verdict.sources else (),
            verdict.reasons,
            index,
        ),
    )


def microseconds(time: datetime) -> int:
    """Return a time as a number that can be subtracted without a thought of time zones."""
    since = time - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds  # faster than a division


def clients_of(event: MessageEvent) -> list[Hashable]:
    """Name the client by all that is known of it; two events with a name in common are one client's.

    All that came from nowhere known with the same agent may be one.
    """
    names: list[Hashable] = [("client", event.client)] if event.client else []
    if event.address:
        names.append((event.address, event.agent))
    return names or [("agent", event.agent)]


class MessageRule(NamedTuple):
    """What a match means: a machine, strong (3) or medium (2), or no more than a point (1)."""

    weight: Evidence
    code: str


# The stronger first: what matches an event is told in this order.
RULES: Final = (
    MessageRule(3, Signal.MSG_FAST.value),
    MessageRule(3, Signal.MSG_BURST.value),
    MessageRule(3, Signal.MSG_SWEEP.value),
    MessageRule(2, Signal.MSG_SWEEP.value),
    MessageRule(2, Signal.MSG_PACE.value),
    MessageRule(2, Signal.MSG_AGENTS.value),
    MessageRule(2, Signal.MSG_DETONATION.value),
    MessageRule(2, Signal.MSG_SAME_CLIENT.value),
    MessageRule(1, Signal.MSG_BURST.value),
    MessageRule(1, Signal.MSG_TWO_LINKS.value),
    MessageRule(1, Signal.MSG_AGENTS.value),
    MessageRule(1, Signal.MSG_TURNS.value),
    MessageRule(1, Signal.MSG_HONEYPOT_TAINT.value),
    MessageRule(1, Signal.MSG_SAME_CLIENT.value),
)
(
    FAST, BURST, SWEEP, SLOW_SWEEP, PACE, ROTATION, DETONATION, SAME_CLIENT, TABS, PAIR, AGENTS, TURNS, TAINT, AGAIN,
) = range(len(RULES))  # fmt: skip

# A match of one of these shows that the client is a machine.
_PROOFS: Final = 1 << FAST | 1 << BURST | 1 << SWEEP | 1 << SLOW_SWEEP | 1 << PACE | 1 << ROTATION
# What is said of a click in a burst needs no weaker word for the same.
_BURSTS: Final = 1 << FAST | 1 << BURST | 1 << SWEEP | 1 << SLOW_SWEEP | 1 << PACE
# Points that rest on how close clicks are, and the one that rests on an invisible link: different kinds.
_CLOSE: Final = 1 << TABS | 1 << PAIR | 1 << AGENTS | 1 << TURNS


class RuleMatches(dict[int, tuple[int, int, int]]):
    """Maps an event's index to (bit mask of matched rules, strongest rule, index of the event that triggered it)."""

    def add(self, events: Iterable[MessageEvent], rule: int, cause: int) -> None:
        """Add a match of a rule to events; what showed it first stays."""
        bit = 1 << rule
        for event in events:
            matched = self.get(event.event_index)
            if matched is None:
                self[event.event_index] = (bit, rule, cause)
                continue
            rules, strongest, shown = matched
            if rule < strongest:
                self[event.event_index] = (rules | bit, rule, cause)
            elif not rules & bit:
                self[event.event_index] = (rules | bit, strongest, shown)

    def proves(self, index: int) -> bool:
        """Return whether what matches an event shows that its client is a machine."""
        matched = self.get(index)
        return matched is not None and bool(matched[0] & _PROOFS)

    def proves_all(self, events: Iterable[MessageEvent]) -> bool:
        """Return whether that is so for each of these."""
        for event in events:
            matched = self.get(event.event_index)
            if matched is None or not matched[0] & _PROOFS:
                return False
        return True


@cache  # at most one entry for each set of rules
def codes_of(rules: int) -> tuple[str, ...]:
    """Return the codes of the rules whose bits are set, the strongest first; what is in a burst needs no pair."""
    if rules & _BURSTS:
        rules &= ~(1 << PAIR | 1 << TABS)
    if rules & 1 << TABS:
        rules &= ~(1 << PAIR)
    return tuple(dict.fromkeys(rule.code for number, rule in enumerate(RULES) if rules >> number & 1))


def are_two_kinds(rules: int, *, followed_trap: bool) -> bool:
    """Return whether the points among the rules are of two kinds: close clicks, and an invisible link."""
    return bool(rules & _CLOSE) and (bool(rules & 1 << TAINT) or followed_trap)
