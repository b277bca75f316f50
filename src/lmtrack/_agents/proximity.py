"""Clicks that come too fast for one person: bursts, sweeps over all links, pairs, agents that change on the way.

Who belongs together is known in degrees. The same client is held to all it clicks. One address with many agents is a
gateway, or an office behind one router. Different addresses are the hosts of one gateway while the email is new, and
different people once it has been passed on. When the email was delivered is known or not: if not, it counts as old, so
that to know it never clears anyone.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from operator import sub
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._agents.events import (
    AGENTS,
    BURST,
    FAST,
    NO_LINK,
    PACE,
    PAIR,
    ROTATION,
    SLOW_SWEEP,
    SWEEP,
    TABS,
    TURNS,
    MessageEvent,
    RuleMatches,
)
from lmtrack._agents.timing import DEFAULT_TIMING, Timing

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

_POINTS: Final = (TABS, PAIR, TURNS)
_FEW: Final = 10  # our choice: more than a person clicks
_HOSTS: Final = 3  # our choice: two are a gateway's one and a person's


class _Span(NamedTuple):
    """How many different values within how long match which rule."""

    rule: int
    length: int
    wanted: int


class Spans(NamedTuple):
    """The windows for one message, by whose clicks they are looked for in.

    Attributes:
        always: In one client's or one address's clicks, whenever they came.
        nameless: In the clicks of which nothing is known of who made them: they may be one client's, or several
            people's who will turn out to have addresses of their own.
        early: In those of the scanning window, beside.
        crowd: In the clicks of all addresses together, whenever they came.
        early_crowd: In those of the scanning window, beside.
        hosts: The same, where several hosts take turns.
        turns: Within how long so many hosts take turns.
        agents: How many agents at one address are a point.
        agents_links: How many links make more of it.
        mixed: No rule looks at clicks of two clients that are further apart than this.
        longest: By the number of clicks: no rule looks at clicks that are further apart than this.
    """

    always: tuple[_Span, ...]
    nameless: tuple[_Span, ...]
    early: tuple[_Span, ...]
    crowd: tuple[_Span, ...]
    early_crowd: tuple[_Span, ...]
    hosts: tuple[_Span, ...]
    turns: _Span
    agents: _Span
    agents_links: _Span
    mixed: int
    longest: tuple[int, ...]


@lru_cache(maxsize=256)  # of values; most messages of a campaign have as many links
def _default_spans(link_count: int) -> Spans:
    """Return the windows of `DEFAULT_TIMING` for a message with this many links; 0 if that is not known."""
    return _make_spans(DEFAULT_TIMING, link_count)


def spans_of(timing: Timing, *, link_count: int) -> Spans:
    """Return the windows for a message with this many links; 0 if that is not known."""
    return _default_spans(link_count) if timing is DEFAULT_TIMING else _make_spans(timing, link_count)


@lru_cache(maxsize=256)  # of values
def _make_spans(timing: Timing, link_count: int) -> Spans:
    span = timing.microseconds
    fast = _Span(FAST, span("fast_span"), timing.fast_links)
    burst = _Span(BURST, span("burst_span"), timing.burst_links)
    always = [fast, burst._replace(rule=TABS), _Span(PAIR, span("pair_span") - 1, 2)]
    early = [
        burst,
        _Span(PACE, span("pace_span"), timing.pace_links),
        _Span(PACE, span("many_span"), timing.many_links),
    ]
    turns = _Span(TURNS, span("sweep_span"), _HOSTS)
    hosts, nameless = [*early[1:], turns], tuple(always)
    if link_count >= timing.sweep_links:
        sweep = _Span(SWEEP, span("sweep_span"), link_count)
        always.append(sweep._replace(rule=SLOW_SWEEP))
        early.append(sweep)
        hosts.append(sweep)
    elif link_count > 1:
        length = span("two_links_span") if link_count == 2 else span("few_pace") * (link_count - 1)
        few = _Span(SLOW_SWEEP, length, link_count)
        early.append(few)
        hosts += [few] if link_count >= _HOSTS else []
    crowd, early_crowd = (fast,), (burst, _Span(PAIR, span("pair_span") - 1, 2))
    return Spans(
        always=tuple(always),
        nameless=nameless,
        early=tuple(early),
        crowd=crowd,
        early_crowd=early_crowd,
        hosts=tuple(hosts),
        turns=turns,
        agents=_Span(AGENTS, span("agents_span"), timing.agents),
        agents_links=_Span(ROTATION, span("agents_span"), timing.sweep_links),
        mixed=max(one.length for one in (*crowd, *early_crowd, turns)),
        longest=_reaches((*always, *early, *hosts, *crowd, *early_crowd)),
    )


def _reaches(spans: tuple[_Span, ...]) -> tuple[int, ...]:
    """Return the longest of the spans that so few clicks can fill, by their number; the last of all spans."""
    few = (max((one.length for one in spans if one.wanted <= clicks), default=-1) for clicks in range(_FEW))
    return (*few, max(one.length for one in spans))


def match_bursts(
    events: Sequence[MessageEvent], matches: RuleMatches, *, spans: Spans, scanned_until: int | None
) -> None:
    """Match clicks on different links that come too fast; `events` are sorted, `scanned_until` is in microseconds."""
    clicks = [event for event in events if event.is_click and event.followed and event.link != NO_LINK]
    if not _are_close(clicks, spans.longest[min(len(clicks), len(spans.longest) - 1)]):
        return
    clients = _by_client(clicks)
    for name, group in clients.items():
        if len(group) > 1:
            _match_client(group, spans.nameless if name is None else spans.always, spans, scanned_until, matches)
    if len(clients) > 1:
        for group in _by_address(clicks).values():
            if len({click.agent for click in group}) > 1:  # else it was one client's above
                _match_client(group, spans.always, spans, scanned_until, matches)
        # A person's click next to one that is a scanner's anyway is no sign of anything.
        crowd = [event for event in clicks if not event.is_machine]
        if _are_mixed(crowd, spans.mixed):
            _match_crowd(crowd, spans, scanned_until, matches)


def match_agents(events: Sequence[MessageEvent], matches: RuleMatches, *, spans: Spans) -> None:
    """Match clicks from one address under many agents; `events` are sorted."""
    if len({event.agent for event in events}) < spans.agents.wanted:
        return
    for group in _by_address([event for event in events if event.is_click and event.followed]).values():
        agents = [event.agent for event in group]
        if len(group) < spans.agents.wanted or len(set(agents)) < spans.agents.wanted:
            continue
        rotating = RuleMatches()
        if _match_within(group, agents, spans.agents, rotating):
            changing = [event for event in group if event.event_index in rotating]
            for event in changing:
                matches.add((event,), AGENTS, rotating[event.event_index][2])
            _match_links(changing, [spans.agents_links], matches)


def _are_close(clicks: Sequence[MessageEvent], longest: int) -> bool:
    last = None
    for click in clicks:
        if last and click.link != last.link and click.at - last.at <= longest:
            return True
        last = click
    return False


def _are_mixed(crowd: Sequence[MessageEvent], longest: int) -> bool:
    """Return whether clicks of two clients are so close; if not, nothing is to be found that is not one client's."""
    last = None
    for click in crowd:
        if (
            last
            and click.at - last.at <= longest
            and (click.address != last.address or click.agent != last.agent or click.client != last.client)
        ):
            return True
        last = click
    return False


def _by_client(clicks: Sequence[MessageEvent]) -> dict[Hashable, list[MessageEvent]]:
    """Group clicks by client; one that has a key and an address is in two groups, all that have neither in None's."""
    clients: dict[Hashable, list[MessageEvent]] = defaultdict(list)
    for click in clicks:
        if click.client:
            clients[click.client].append(click)
        if click.address:
            clients[click.address, click.agent].append(click)
        elif not click.client:
            clients[None].append(click)
    return clients


def _by_address(clicks: Sequence[MessageEvent]) -> dict[bytes, list[MessageEvent]]:
    addresses: dict[bytes, list[MessageEvent]] = defaultdict(list)
    for click in clicks:
        if click.address:
            addresses[click.address].append(click)
    return addresses


def _match_client(
    group: list[MessageEvent],
    always: tuple[_Span, ...],
    spans: Spans,
    scanned_until: int | None,
    matches: RuleMatches,
) -> None:
    if scanned_until is not None and group[0].at <= scanned_until:
        if group[-1].at <= scanned_until:
            always = spans.early + always
        else:
            _match_links([click for click in group if click.at <= scanned_until], spans.early, matches)
    _match_links(group, always, matches)


def _match_crowd(crowd: list[MessageEvent], spans: Spans, scanned_until: int | None, matches: RuleMatches) -> None:
    _match_links(crowd, spans.crowd, matches)
    if scanned_until is None:
        return
    early = [click for click in crowd if click.at <= scanned_until]
    _match_links(early, spans.early_crowd, matches)
    # A gateway that takes its time and has hosts has several: one more is the person who reads meanwhile.
    hosts = [click.address or click.client for click in early]
    if len(set(hosts)) < spans.turns.wanted:
        return
    if early[-1].at - early[0].at > spans.turns.length:
        taking_turns = RuleMatches()
        _match_within(early, hosts, spans.turns, taking_turns)
        early = [click for click in early if click.event_index in taking_turns]
    _match_links(early, spans.hosts, matches)


def _match_links(group: Sequence[MessageEvent], spans: Iterable[_Span], matches: RuleMatches) -> None:
    links, times = [click.link for click in group], [click.at for click in group]
    different, complete = len(set(links)), -1
    for span in spans:
        # So many clicks must be that close, whatever their links. One span of a rule may have matched all.
        if different < span.wanted or span.rule == complete:
            continue
        if min(map(sub, times[span.wanted - 1 :], times)) > span.length:
            continue
        if span.rule in _POINTS and matches.proves_all(group):
            continue  # what is in a burst needs no weaker word
        if times[-1] - times[0] <= span.length:
            complete = span.rule
        _match_within(group, links, span, matches)


def _match_within(group: Sequence[MessageEvent], values: Sequence[Hashable], span: _Span, matches: RuleMatches) -> bool:
    """Match each event that is within a span in which so many different values are; say whether any is.

    There are at least so many different values among all.
    What shows it is the event that completes them; for that one, the first of the span.
    Linear: the span moves over the events once, and each is matched once.
    """
    rule, length, wanted = span
    if group[-1].at - group[0].at <= length:  # all are within one
        _match_all(group, values, span, matches)
        return True
    inside: dict[Hashable, int] = {}
    left = beyond = 0
    for right, event in enumerate(group):
        value = values[right]
        inside[value] = inside.get(value, 0) + 1
        earliest = event.at - length
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
            if start < right:
                matches.add(group[start:right], rule, event.event_index)
            matches.add((event,), rule, group[left].event_index)
    return beyond > 0


def _match_all(group: Sequence[MessageEvent], values: Sequence[Hashable], span: _Span, matches: RuleMatches) -> None:
    """Do as `_match_within` does, for events that are all within the span."""
    first_of = dict(zip(reversed(values), range(len(values) - 1, -1, -1), strict=True))
    index = sorted(first_of.values())[span.wanted - 1]  # here the last of them is there
    matches.add(group[:index], span.rule, group[index].event_index)
    matches.add(group[index:], span.rule, group[0].event_index)
