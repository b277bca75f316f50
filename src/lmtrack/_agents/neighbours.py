"""Classify an event by those near it: an invisible link, a gateway's visit, a client that proved to be a machine.

A screen reader or a plain-text view can show an invisible link to a person, so its neighbours get a point only.

A gateway that looks at a link the moment a person follows it shows as two clicks: its own and the person's. Safe Links
redirects the person's own browser and does not fetch for it (warmbly issue 412, 2026-08), so of two clicks on one link
the one from the gateway's network is the look. An isolated browser fetches for the person, and then there is one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from operator import attrgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._agents.events import (
    AGAIN,
    DETONATION,
    NO_LINK,
    SAME_CLIENT,
    TAINT,
    MessageEvent,
    RuleMatches,
    clients_of,
)
from lmtrack._agents.verdict import Signal

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

    from lmtrack._agents.timing import Windows

_IS_MACHINE: Final = attrgetter("is_machine")
_PROBABLE: Final = Signal.NET_SCANNER_PROBABLE.value
_BY_GATEWAY: Final = Signal.HDR_REFERER_REWRITER.value
# Codes by which a click that is a machine's shows that its client is one.
_SHOWING: Final = frozenset((Signal.NET_SCANNER.value, _PROBABLE, Signal.NET_LISTED.value))
# What a client no longer shows when it comes again.
_PASSING: Final = frozenset((Signal.TIME_LT_2S.value, Signal.TIME_LT_10S.value))
# A person's own programs ask too, but not for the pixel a moment later.
_ASKING: Final = frozenset((Signal.METHOD_HEAD.value, Signal.METHOD_OPTIONS.value))


def match_traps(events: Sequence[MessageEvent], matches: RuleMatches, *, windows: Windows) -> None:
    """Match what the follower of an invisible link did, and clicks close to one; `events` are sorted."""
    followed = [event for event in events if event.is_honeypot]
    if not followed:
        return
    traps: dict[Hashable, list[MessageEvent]] = defaultdict(list)
    for event in followed:
        for name in (*clients_of(event), None):
            traps[name].append(event)
    before, after = windows.trap_before, windows.trap_after
    near = windows.trap_near
    for event in events:
        if event.is_honeypot:
            continue
        trap = _first_of(traps, clients_of(event), event.at - after, event.at + before)
        if trap is None and event.is_click:
            trap = _first(traps[None], event.at - near, event.at + near)
        if trap:
            matches.add((event,), TAINT, trap.event_index)


def match_looks(events: Sequence[MessageEvent], matches: RuleMatches, *, windows: Windows) -> None:
    """Match clicks from networks that probably scan if another follows the same link; `events` are sorted."""
    looks = [event for event in events if event.is_click and _is_probable(event) and event.link != NO_LINK]
    if not looks:
        return
    people: dict[int, list[MessageEvent]] = defaultdict(list)
    for event in events:
        if event.is_click and event.followed and not event.is_machine and _PROBABLE not in event.reasons:
            people[event.link].append(event)
    around = windows.look_span
    for look in looks:
        if person := _first(people.get(look.link, ()), look.at - around, look.at + around):
            matches.add((look,), DETONATION, person.event_index)


def _is_probable(event: MessageEvent) -> bool:
    return _PROBABLE in event.reasons and _BY_GATEWAY not in event.reasons


def match_proven(events: Sequence[MessageEvent], matches: RuleMatches, *, windows: Windows) -> None:
    """Match what a client did that another event has shown to be a machine; `events` are sorted, and this comes last.

    A click that comes a while after is a point: behind one router a person can have the same agent.
    """
    if not matches and not any(map(_IS_MACHINE, events)):
        return
    open_cases = [event for event in events if not event.is_machine and not matches.proves(event.event_index)]
    if not open_cases:
        return
    proofs = _gather_proofs(events, matches)
    if not any(proofs):
        return
    before, after = windows.proof_before, windows.proof_after
    near = windows.proof_near
    for event in open_cases:
        clients = clients_of(event)
        names = (*clients, *event.scanners)
        if not event.is_click:
            proof = _first_of(proofs.shown, names, event.at - after, event.at + before)
            proof = proof or _first_of(proofs.asking, names, event.at - near, event.at + near)
        else:
            proof = _first_of(proofs.shown, names, event.at - near, event.at + near)
            if not proof:
                again = _first_of(proofs.shown, clients, event.at - after, event.at)
                if again := again or _first_of(proofs.passing, clients, event.at - after, event.at):
                    matches.add((event,), AGAIN, again.event_index)
        if proof:
            matches.add((event,), SAME_CLIENT, proof.event_index)


class _Proofs(NamedTuple):
    """The events that show a client to be a machine, by the client's names.

    Attributes:
        shown: Those that show it of all that it does at the time.
        asking: Its clicks that only ask about a link.
        passing: Those that show it of its later clicks only, and as a point, as do those of `shown`.
    """

    shown: dict[Hashable, list[MessageEvent]]
    asking: dict[Hashable, list[MessageEvent]]
    passing: dict[Hashable, list[MessageEvent]]


def _gather_proofs(events: Sequence[MessageEvent], matches: RuleMatches) -> _Proofs:
    proofs = _Proofs(defaultdict(list), defaultdict(list), defaultdict(list))
    for event in events:
        if shown := _proven_names(event, matches):
            for name in shown:
                proofs.shown[name].append(event)
        if event.is_machine and event.is_click:
            if event.followed and not _PASSING.isdisjoint(event.reasons):
                for name in clients_of(event):
                    proofs.passing[name].append(event)
            if not _ASKING.isdisjoint(event.reasons):
                for name in clients_of(event):
                    proofs.asking[name].append(event)
    return proofs


def _proven_names(event: MessageEvent, matches: RuleMatches) -> list[Hashable]:
    """Return the names of a client that this event shows to be a machine."""
    if matches.proves(event.event_index):
        return clients_of(event)
    if not event.is_machine or not event.is_click or _SHOWING.isdisjoint(event.reasons):
        return []
    # A strong list may say something of clicks only. What else comes from there at the time is theirs too.
    return [*clients_of(event), *event.scanners]


def _first_of(
    groups: Mapping[Hashable, Sequence[MessageEvent]], names: Iterable[Hashable], start: int, end: int
) -> MessageEvent | None:
    """Return the first event from `start` to `end` in the group of the first name that has one."""
    for name in names:
        if found := _first(groups.get(name, ()), start, end):
            return found
    return None


def _first(events: Sequence[MessageEvent], start: int, end: int) -> MessageEvent | None:
    """Return the first of these sorted events from `start` to `end`, both included."""
    index = bisect_left(events, start, key=lambda event: event.at)
    return events[index] if index < len(events) and events[index].at <= end else None
