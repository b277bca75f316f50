"""Classify the requests for one message together: what each is alone, then what they are in each other's company.

A message rule only ever turns a person into a machine, and only by something that happened: no request can clear
another. So the order of the events is nothing, and more events can only add machines.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from itertools import count, repeat
from typing import TYPE_CHECKING, Final

from lmtrack._agents.addresses import pack_address
from lmtrack._agents.agent import judge_agent
from lmtrack._agents.events import (
    RULES,
    Event,
    MessageEvent,
    RuleMatches,
    are_two_kinds,
    clients_of,
    codes_of,
    make_message_event,
    microseconds,
)
from lmtrack._agents.neighbours import match_looks, match_proven, match_traps
from lmtrack._agents.networks import Networks, find_packed, shipped_networks
from lmtrack._agents.own_agents import Agents
from lmtrack._agents.proximity import Spans, match_agents, match_bursts, spans_of
from lmtrack._agents.request import NetworksSaid, gateway_vendor, read_networks, weigh_request
from lmtrack._agents.timing import DEFAULT_TIMING, Timing, Windows, windows_of
from lmtrack._agents.verdict import Actor, Evidence, Human, Signal, Verdict
from lmtrack._clock import in_utc

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

SETTLE_AFTER: Final = DEFAULT_TIMING.settle_after
"""How long to hold an event before it is published: what comes later than this after it cannot change its verdict.

The images may have come a minute before the links, and a slow gateway takes a minute for these. `Timing.settle_after`
is the same for windows of your own. Add what the clocks of your servers differ by.
"""

# What alone does not prove a machine, but does next to a point of another kind.
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
_HONEYPOT: Final = Signal.MSG_HONEYPOT.value

# Members of enums take four times as long to look up before Python 3.12.
_NO: Final = Human.NO
_SCANNER: Final = Actor.SECURITY_SCANNER
_PROXY: Final = Actor.IMAGE_PROXY
_MAIL_CLIENT: Final = Signal.UA_MAIL_CLIENT.value
_BROWSER: Final = Signal.UA_BROWSER.value


def classify_message(
    events: Iterable[Event],
    /,
    *,
    delivered_at: datetime | None = None,
    link_count: int | None = None,
    networks: Networks | None = None,
    agents: Agents | None = None,
    timing: Timing = DEFAULT_TIMING,
) -> list[Verdict]:
    """Classify all opens and clicks of one email to one person; the verdicts are in the order of the events.

    Each event gets the verdict of `classify_event`. Then a person's verdict becomes a machine's if other events show
    that: a burst of clicks, or a sweep over all links. Following an invisible link is weak evidence, which decides only
    together with other evidence. `Verdict.cause` names the event that revealed the machine. A double click is marked
    `msg.duplicate` and stays a person's. Call the function again when more events have come: earlier verdicts can only
    change to a machine's, and after `SETTLE_AFTER` they do not change. Events read back from a store have no IP
    address: `sources` says which networks the address was in, and `client` which client it was.

    Args:
        events: In any order.
        delivered_at: When the recipient's host accepted the message, not when it was sent.
        link_count: How many tracked links the message has, including an invisible one; None if unknown, and then no one
            can have clicked all of them.
        networks: None means the networks that come with the package.
        agents: Your own names, made by `load_agents`.
        timing: The windows of the rules.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `delivered_at` is naive, or `link_count` negative.

    Example:
        >>> from datetime import UTC, datetime
        >>> sweep = [
        ...     Event(kind="click", user_agent=None, at=datetime(2026, 8, 1, 9, 0, 5, tzinfo=UTC), link_index=index)
        ...     for index in range(4)
        ... ]
        >>> {verdict.reasons[0] for verdict in classify_message(sweep)}
        {'msg.burst_4_in_1s'}
    """
    given = tuple(events)
    addresses = _pack_addresses(given)
    if delivered_at is not None:
        if not isinstance(delivered_at, datetime):
            raise TypeError(f"delivered_at must be an aware datetime or None, not {type(delivered_at).__name__}")
        delivered_at = in_utc(delivered_at, "delivered_at")
    if link_count is not None:
        if type(link_count) is not int:
            raise TypeError(f"link_count must be an int or None, not {type(link_count).__name__}")
        if link_count < 0:
            raise ValueError("link_count must not be negative")
    _check_made(networks, agents, timing)
    lists = networks or shipped_networks()
    if len(given) < 2:
        return [
            _weigh_event(delivered_at, timing, event, *_read_event(lists, agents, event, address))
            for event, address in zip(given, addresses, strict=True)
        ]
    windows = windows_of(timing)
    times = [*map(microseconds, [event.at for event in given])]
    delivered = None if delivered_at is None else microseconds(delivered_at)
    stages = [None if delivered is None else bisect_right(windows.stages, at - delivered) for at in times]
    read, weigh = partial(_read_event, lists, agents), partial(_weigh_event, delivered_at, timing)
    alone = _judge_alone(given, addresses, stages, read, weigh)
    scanners = lists.scanners
    prepared = sorted(map(make_message_event, count(), given, times, alone, addresses, repeat(scanners)))
    scanned_until = None if delivered is None else delivered + windows.scan_window
    spans = spans_of(timing, link_count=link_count or 0)
    return _judge_together(prepared, alone, scanned_until=scanned_until, spans=spans, windows=windows, lists=lists)


def _pack_addresses(events: tuple[object, ...]) -> list[bytes | None]:
    """Pack the address of each event; empty stands for what is not an address, None for none."""
    packed: dict[str, bytes] = {}
    addresses: list[bytes | None] = []
    for event in events:
        if not isinstance(event, Event):
            raise TypeError(f"events must be Event values, not {type(event).__name__}")
        ip = event.ip
        if ip is None:
            addresses.append(None)
            continue
        if ip not in packed:
            packed[ip] = pack_address(ip) or b""
        addresses.append(packed[ip])
    return addresses


def _check_made(networks: object, agents: object, timing: object) -> None:
    if networks is not None and not isinstance(networks, Networks):
        raise TypeError(f"networks must be made by load_networks, not {type(networks).__name__}")
    if agents is not None and not isinstance(agents, Agents):
        raise TypeError(f"agents must be made by load_agents, not {type(agents).__name__}")
    if not isinstance(timing, Timing):
        raise TypeError(f"timing must be a Timing, not {type(timing).__name__}")


def _judge_alone(
    events: Sequence[Event],
    addresses: Sequence[bytes | None],
    stages: Iterable[int | None],
    read: Callable[[Event, bytes | None], tuple[Verdict, NetworksSaid]],
    weigh: Callable[[Event, Verdict, NetworksSaid], Verdict],
) -> list[Verdict]:
    """Judge each event; those of one client are often the same request but for the time, and many clients are alike."""
    verdicts: list[Verdict] = []
    known: dict[Hashable, Verdict] = {}
    # By the identity of what an agent and a network say, which stays as long as it is held here.
    alike: dict[Hashable, tuple[Verdict, NetworksSaid, Verdict]] = {}
    for event, address, stage in zip(events, addresses, stages, strict=True):
        if event.headers is not None:
            verdicts.append(weigh(event, *read(event, address)))
            continue
        rest = (event.kind, event.method, event.honeypot, stage)
        request = (event.user_agent, address, event.asn, event.sources, rest)
        verdict = known.get(request)
        if verdict is None:
            own, said = read(event, address)
            like = (id(own), id(said), rest)
            if like not in alike:
                alike[like] = own, said, weigh(event, own, said)
            _, _, verdict = alike[like]
            known[request] = verdict
        verdicts.append(verdict)
    return verdicts


def _read_event(
    lists: Networks, agents: Agents | None, event: Event, address: bytes | None
) -> tuple[Verdict, NetworksSaid]:
    """Say what an event's agent is alone, and what the lists say about where it came from; its address is packed."""
    own = judge_agent(event.user_agent, event.kind)
    found = find_packed(lists, address) if address else None
    said = read_networks(lists, found, has_address=address is not None, asn=event.asn, sources=event.sources)
    return own if agents is None else agents.judge(event.user_agent, own), said


def _weigh_event(
    delivered_at: datetime | None, timing: Timing, event: Event, own: Verdict, said: NetworksSaid
) -> Verdict:
    """Weigh the rest of an event against that, as `classify_event` does."""
    return weigh_request(
        own,
        user_agent=event.user_agent,
        kind=event.kind,
        method=event.method,
        headers=event.headers,
        delay=None if delivered_at is None else event.at - delivered_at,
        honeypot=event.honeypot,
        said=said,
        timing=timing,
    )


def _judge_together(
    events: Sequence[MessageEvent],
    alone: list[Verdict],
    *,
    scanned_until: int | None,
    spans: Spans,
    windows: Windows,
    lists: Networks,
) -> list[Verdict]:
    matches = RuleMatches()
    match_bursts(events, matches, spans=spans, scanned_until=scanned_until)
    match_agents(events, matches, spans=spans)
    match_traps(events, matches, windows=windows)
    match_looks(events, matches, windows=windows)
    match_proven(events, matches, windows=windows)
    judged = list(alone)
    known: dict[tuple[int, int, int], tuple[Verdict, Verdict]] = {}
    for index, matched in matches.items():
        before = alone[index]
        same = known.get(matched)
        if same is None or same[0] is not before:
            known[matched] = same = before, _weigh(before, matched, lists)
        judged[index] = same[1]
    _mark_duplicates(events, judged, windows)
    return judged


def _weigh(alone: Verdict, matched: tuple[int, int, int], lists: Networks) -> Verdict:
    """Add to a verdict what matches the event."""
    rules, strongest, cause = matched
    codes = codes_of(rules)
    weight, _ = RULES[strongest]
    if alone.human is _NO:
        heavier = weight > alone.evidence
        reasons = codes + alone.reasons if heavier else alone.reasons + codes
        return _with(alone, reasons, cause, evidence=weight if heavier else alone.evidence)
    # Two points decide, but only of different kinds, and not against who came through a gateway's page for people.
    decides = weight > 1 or not (
        Signal.HDR_REFERER_REWRITER in alone.reasons
        or (_POINTS.isdisjoint(alone.reasons) and not are_two_kinds(rules, followed_trap=_HONEYPOT in alone.reasons))
    )
    if decides:
        return Verdict(
            actor=_SCANNER,
            human=_NO,
            evidence=3 if weight == 3 else 2,
            reasons=codes + alone.reasons,
            vendor=gateway_vendor(lists.find_sources(alone.sources)),  # so far it was that of a person's program
            sources=alone.sources,
            cause=cause,
        )
    return _with(alone, alone.reasons + codes, cause, evidence=1)


def _with(verdict: Verdict, reasons: tuple[str, ...], cause: int | None, *, evidence: Evidence) -> Verdict:
    return Verdict(
        actor=verdict.actor,
        human=verdict.human,
        evidence=evidence,
        reasons=reasons,
        vendor=verdict.vendor,
        sources=verdict.sources,
        cause=cause,
    )


def _mark_duplicates(events: Sequence[MessageEvent], judged: list[Verdict], windows: Windows) -> None:
    """Mark what the same client did again a moment later; of several in a row the first is the one to count.

    A mail client that fetches a link and then hands it to a browser is one person's click too.
    """
    span, handover = windows.duplicate_span, windows.handover_span
    repeated = _repeated(events, handover)
    if not repeated:
        return
    latest: dict[Hashable, tuple[int, int]] = {}
    handed: dict[int, MessageEvent] = {}
    for event in repeated:
        verdict = judged[event.event_index]
        # A person's click is not a duplicate of a machine's.
        names = [(name, event.is_click, event.link, verdict.human is _NO) for name in _same_client(event, verdict)]
        seen = [latest[name] for name in names if name in latest]
        first = next((first for at, first in seen if event.at - at < span), None)
        for name in names:
            latest[name] = (event.at, event.event_index if first is None else first)
        if first is None and event.is_click and verdict.human is not _NO:
            first = _handed_over(event, verdict, handed, handover)
        if first is not None:
            cause = first if verdict.cause is None else verdict.cause
            judged[event.event_index] = _with(
                verdict, (*verdict.reasons, Signal.MSG_DUPLICATE.value), cause, evidence=verdict.evidence
            )


def _handed_over(event: MessageEvent, verdict: Verdict, handed: dict[int, MessageEvent], span: int) -> int | None:
    """Return the index of the mail client's own click on a link that a browser opens now; remember one that may be."""
    if verdict.reasons[0] == _MAIL_CLIENT:
        handed[event.link] = event
    program = handed.get(event.link)
    if program is None or verdict.reasons[0] != _BROWSER or event.at - program.at > span:
        return None
    elsewhere = event.address and program.address and event.address != program.address
    return None if elsewhere else program.event_index


def _repeated(events: Sequence[MessageEvent], span: int) -> list[MessageEvent]:
    """Return the events that have another on the same link a moment before or after, whoever made it."""
    if len({event.link for event in events}) == len(events):
        return []
    latest: dict[Hashable, MessageEvent] = {}
    repeated: dict[int, MessageEvent] = {}
    for event in events:
        if event.followed:
            what = event.link if event.is_click else None
            before = latest.get(what)
            if before and event.at - before.at <= span:
                repeated[before.event_index] = before
                repeated[event.event_index] = event
            latest[what] = event
    return list(repeated.values())


def _same_client(event: MessageEvent, verdict: Verdict) -> list[Hashable]:
    # Each try of a proxy can come from another of its hosts.
    return [event.agent] if verdict.actor is _PROXY else clients_of(event)
