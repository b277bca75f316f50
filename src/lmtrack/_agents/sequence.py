"""Judge the requests for one message together: what each is alone, then what they are in each other's company.

A message rule only ever turns a person into a machine, and only by something that happened: no request can clear
another. So the order of the events is nothing, and more events can only add machines.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from lmtrack._agents.addresses import pack_address
from lmtrack._agents.agent import judge_agent
from lmtrack._agents.detonation import AROUND, detonations
from lmtrack._agents.events import Event
from lmtrack._agents.hits import RULES, SECOND, Charges, Hit, codes_of, make_hit, microseconds
from lmtrack._agents.honeypot import BEFORE, taint
from lmtrack._agents.networks import Networks, find_packed, shipped_networks
from lmtrack._agents.proximity import LONGEST, SCANNING, bursts, rotations
from lmtrack._agents.request import weigh_request
from lmtrack._agents.verdict import Actor, Human, Signal, Verdict
from lmtrack._clock import in_utc

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

SETTLE_AFTER: Final = timedelta(microseconds=max(BEFORE, LONGEST, AROUND))
"""How long to hold an event before it is published: what comes later than this after it cannot change its verdict.

A sweep takes ten seconds, and the images may have come ten seconds before it. An invisible link looks back a minute,
since slow gateways may follow it last, and so does the person whose link a gateway looked at. Add what the clocks of
your servers differ by.
"""

_DUPLICATE: Final = 2 * SECOND  # our choice: a double click, a mail proxy's retry
# What alone is no proof of a machine, but is one next to a point of another kind.
_POINTS: Final = frozenset(
    {
        Signal.UA_MISSING,
        Signal.UA_TOOL_SHAPE,
        Signal.HDR_NO_ACCEPT_LANGUAGE,
        Signal.HDR_NO_SEC_FETCH,
        Signal.TIME_LT_2S,
        Signal.TIME_LT_10S,
        Signal.NET_SCANNER_PROBABLE,
        Signal.NET_LISTED,
        Signal.NET_CLOUD,
    }
)
# Where `classify_event` takes a delay for another: a person cannot click before delivery, at once, nor as fast as this,
# and gateways scan until the last of these.
_STAGES: Final = (timedelta(0), timedelta(seconds=2), timedelta(seconds=10), timedelta(minutes=10))

# Members of enums take four times as long to look up before Python 3.12.
_NO: Final = Human.NO
_SCANNER: Final = Actor.SECURITY_SCANNER
_PROXY: Final = Actor.IMAGE_PROXY


def classify_message(
    events: Iterable[Event],
    /,
    *,
    delivered_at: datetime | None = None,
    link_count: int | None = None,
    networks: Networks | None = None,
) -> list[Verdict]:
    """Classify all opens and clicks of one mail to one person; the verdicts are in the order of the events.

    Each gets the verdict of `classify_event`. Then a person becomes a machine if the other events show it: a burst of
    clicks, a sweep over all links, whatever else was done by the follower of an invisible link. `Verdict.cause` names
    the event that shows it. A double click is marked `msg.duplicate` and stays a person's.
    Call it again when more events have come: earlier verdicts can only become machines, and after `SETTLE_AFTER` they
    stay. Events read back from a store have no address, so keep the verdict they had: what is a machine once stays one.

    Args:
        events: In any order.
        delivered_at: When the mail was accepted by its recipient's host, not when it was sent.
        link_count: How many tracked links the mail has, an invisible one included; None if that is not known, and then
            nobody can have clicked all of them.
        networks: None for those that come with the package.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `delivered_at` is naive, or `link_count` negative.

    Example:
        >>> from datetime import UTC, datetime
        >>> sweep = [
        ...     Event(kind="click", user_agent=None, at=datetime(2026, 8, 1, 9, 0, 5, tzinfo=UTC), link_index=index)
        ...     for index in range(3)
        ... ]
        >>> [verdict.reasons[0] for verdict in classify_message(sweep)]
        ['msg.burst_3_in_2s', 'msg.burst_3_in_2s', 'msg.burst_3_in_2s']
    """
    given = tuple(events)
    for event in given:
        if not isinstance(event, Event):
            raise TypeError(f"events must be Event values, not {type(event).__name__}")
    if delivered_at is not None:
        if not isinstance(delivered_at, datetime):
            raise TypeError(f"delivered_at must be an aware datetime or None, not {type(delivered_at).__name__}")
        delivered_at = in_utc(delivered_at, "delivered_at")
    if link_count is not None:
        if type(link_count) is not int:
            raise TypeError(f"link_count must be an int or None, not {type(link_count).__name__}")
        if link_count < 0:
            raise ValueError("link_count must not be negative")
    if networks is not None and not isinstance(networks, Networks):
        raise TypeError(f"networks must be made by load_networks, not {type(networks).__name__}")
    # Empty stands for what is no address.
    addresses = [None if event.ip is None else pack_address(event.ip) or b"" for event in given]
    alone = _judge_alone(given, addresses, delivered_at, networks or shipped_networks())
    return _judge_together(given, addresses, alone, delivered_at, link_count) if len(given) > 1 else alone


def _judge_alone(
    events: Sequence[Event], addresses: Sequence[bytes | None], delivered_at: datetime | None, networks: Networks
) -> list[Verdict]:
    """Do as `classify_event` does; the events of one client are often the same request but for the time."""
    verdicts: list[Verdict] = []
    known: dict[Hashable, Verdict] = {}
    for event, address in zip(events, addresses, strict=True):
        delay = event.at - delivered_at if delivered_at is not None and event.kind == "click" else None
        stage = None if delay is None else bisect_right(_STAGES, delay)
        request = (event.user_agent, address, event.kind, event.method, event.honeypot, stage)
        verdict = known.get(request) if event.headers is None else None
        if verdict is None:
            found = find_packed(networks, address) if address else () if address is None else None
            verdict = weigh_request(
                judge_agent(event.user_agent, event.kind),
                user_agent=event.user_agent,
                kind=event.kind,
                method=event.method,
                headers=event.headers,
                delay=delay,
                honeypot=event.honeypot,
                found=found,
                by_address=None if address is None else networks,
            )
            if event.headers is None:
                known[request] = verdict
        verdicts.append(verdict)
    return verdicts


def _judge_together(
    events: Sequence[Event],
    addresses: Sequence[bytes | None],
    alone: list[Verdict],
    delivered_at: datetime | None,
    link_count: int | None,
) -> list[Verdict]:
    hits = sorted(map(make_hit, range(len(events)), events, alone, addresses))
    scanned_until = None if delivered_at is None else microseconds(delivered_at) + SCANNING
    charges = Charges()
    taint(hits, charges)
    bursts(hits, charges, link_count=link_count or 0, scanned_until=scanned_until)
    rotations(hits, charges)
    detonations(hits, charges)
    judged = list(alone)
    known: dict[tuple[int, int, int], tuple[Verdict, Verdict]] = {}
    for place, held in charges.items():
        before = alone[place]
        same = known.get(held)
        if same is None or same[0] is not before:
            known[held] = same = before, _weigh(before, held)
        judged[place] = same[1]
    _mark_duplicates(hits, judged)
    return judged


def _weigh(alone: Verdict, held: tuple[int, int, int]) -> Verdict:
    """Add to a verdict what is held against the event."""
    rules, strongest, cause = held
    codes = codes_of(rules)
    weight, _ = RULES[strongest]
    if alone.human is _NO:
        return Verdict(
            actor=alone.actor,
            human=_NO,
            evidence=max(alone.evidence, weight),
            reasons=codes + alone.reasons if weight > alone.evidence else alone.reasons + codes,
            vendor=alone.vendor,
            cause=cause,
        )
    # Two points decide, but only of different kinds, and not against who came through a gateway's page for people.
    if weight > 1 or not (_POINTS.isdisjoint(alone.reasons) or Signal.HDR_REFERER_REWRITER in alone.reasons):
        return Verdict(
            actor=_SCANNER,
            human=_NO,
            evidence=3 if weight == 3 else 2,
            reasons=codes + alone.reasons,
            vendor=None,  # the one known so far was that of a person's program
            cause=cause,
        )
    return Verdict(
        actor=alone.actor,
        human=alone.human,
        evidence=1,
        reasons=alone.reasons + codes,
        vendor=alone.vendor,
        cause=cause,
    )


def _mark_duplicates(hits: Sequence[Hit], judged: list[Verdict]) -> None:
    """Mark what the same client did again a moment later; of several in a row the first is the one to count."""
    latest: dict[Hashable, tuple[int, int]] = {}
    for hit in _repeated(hits):
        verdict = judged[hit.place]
        # A person's click is no duplicate of a machine's.
        keys = [(client, hit.is_click, hit.link, verdict.human is _NO) for client in _clients(hit, verdict)]
        first = None
        for key in keys:
            seen = latest.get(key)
            if first is None and seen and hit.at - seen[0] < _DUPLICATE:
                first = seen[1]
        for key in keys:
            latest[key] = (hit.at, hit.place if first is None else first)
        if first is not None:
            judged[hit.place] = Verdict(
                actor=verdict.actor,
                human=verdict.human,
                evidence=verdict.evidence,
                reasons=(*verdict.reasons, Signal.MSG_DUPLICATE.value),
                vendor=verdict.vendor,
                cause=first if verdict.cause is None else verdict.cause,
            )


def _repeated(hits: Sequence[Hit]) -> list[Hit]:
    """Give the hits that have another on the same link a moment before or after, whoever made it."""
    if len({hit.link for hit in hits}) == len(hits):
        return []
    latest: dict[Hashable, Hit] = {}
    repeated: dict[int, Hit] = {}
    for hit in hits:
        if hit.followed:
            what = hit.link if hit.is_click else None
            before = latest.get(what)
            if before and hit.at - before.at < _DUPLICATE:
                repeated[before.place] = before
                repeated[hit.place] = hit
            latest[what] = hit
    return list(repeated.values())


def _clients(hit: Hit, verdict: Verdict) -> list[Hashable]:
    if verdict.actor is _PROXY:
        return [hit.agent]  # each try can come from another of its hosts
    if not hit.client and not hit.address:
        return [(hit.agent,)]
    keys: list[Hashable] = [("client", hit.client)] if hit.client else []
    if hit.address:
        keys.append((hit.address, hit.agent))
    return keys
