"""Classify one request: its user agent first, then where it came from, what it carried and when it came.

A strong sign decides. Weaker ones are points, and points decide only together and only from two families, since one
accident can cause everything that one family sees. A single point lowers how sure we are of a person.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._agents.agent import judge_agent, judge_cut
from lmtrack._agents.header_rules import (
    Headers,
    came_through_gateway,
    is_ahead,
    is_signed,
    names_language,
    read_headers,
    sends_fetch_metadata,
    signing_vendor,
)
from lmtrack._agents.networks import APPLE_EGRESS, NOT_APPLE_EGRESS, Networks, shipped_networks
from lmtrack._agents.own_agents import Agents
from lmtrack._agents.timing import DEFAULT_TIMING, Timing
from lmtrack._agents.verdict import KINDS, Actor, Evidence, Human, Kind, Signal, Verdict
from lmtrack._checks import check_type, plain_str, plain_str_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lmtrack._agents.networks import Found

_NEVER: Final = timedelta(0)
_ENOUGH: Final = 2
_IS_BROWSER: Final = Signal.UA_BROWSER.value
_APPLE_MPP: Final = Actor.APPLE_MPP
_CLIENT_HIDDEN: Final = Human.YES_CLIENT_HIDDEN


class _Sign(NamedTuple):
    """One thing seen: its code, how much it weighs, of which family it is, and what it would be if it decides."""

    code: str
    weight: int
    family: str
    actor: Actor = Actor.SECURITY_SCANNER
    vendor: str | None = None


def _sign(signal: Signal, weight: int, actor: Actor = Actor.SECURITY_SCANNER) -> _Sign:
    family, _, _ = signal.partition(".")
    return _Sign(signal.value, weight, family, actor)


# Screen readers and plain-text views show such a link to people.
_HONEYPOT: Final = _sign(Signal.MSG_HONEYPOT, 1)
_PREFETCH: Final = _sign(Signal.HDR_PREFETCH, 3, Actor.LINK_PREVIEW)
_LT_2S: Final = _sign(Signal.TIME_LT_2S, 2)
_LT_10S: Final = _sign(Signal.TIME_LT_10S, 1)
_NO_LANGUAGE: Final = _sign(Signal.HDR_NO_ACCEPT_LANGUAGE, 1)
_NO_SEC_FETCH: Final = _sign(Signal.HDR_NO_SEC_FETCH, 1)
# Who only asks about a link scans it. About an image it may be a proxy, and that says nothing.
_ASKING: Final = {
    kind: {"HEAD": _sign(Signal.METHOD_HEAD, weight), "OPTIONS": _sign(Signal.METHOD_OPTIONS, weight)}
    for kind, weight in (("open", 1), ("click", 3))
}
_REWRITER: Final = Signal.HDR_REFERER_REWRITER.value
_INVALID: Final = Signal.NET_INVALID.value
_OF_GATEWAYS: Final = (Signal.NET_SCANNER, Signal.NET_SCANNER_PROBABLE)
_SIGNED: Final = Signal.HDR_SIGNATURE_AGENT.value


def classify_event(
    *,
    kind: Kind,
    user_agent: str | None,
    ip: str | None = None,
    asn: int | None = None,
    method: str = "GET",
    headers: Headers | None = None,
    delay: timedelta | None = None,
    networks: Networks | None = None,
    agents: Agents | None = None,
    honeypot: bool = False,
) -> Verdict:
    """Classify one open or click.

    Any text gets a verdict. The IP address is used and forgotten: no part of the verdict contains it.

    Args:
        kind: What was requested: the pixel or a link.
        user_agent: The User-Agent header; None if there was none.
        ip: The IP address that connected to the first machine you run; None if unknown. Behind proxies, count your own
            from the right of `X-Forwarded-For` (see the how-to): the first entry is what the client wrote.
        asn: The number of its autonomous system, if the caller knows it.
        method: The HTTP method.
        headers: The request's headers, names in any case; None means unknown, and then no header rule fires.
        delay: The time since the message was delivered, not since it was sent; a negative time is ignored.
        networks: None means the networks that come with the package.
        agents: Your own names, made by `load_agents`.
        honeypot: Whether the link is one that no person sees.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `kind` is neither "open" nor "click".

    Example:
        >>> classify_event(kind="click", user_agent="curl/8.4.0").actor
        <Actor.HTTP_CLIENT: 'http_client'>
    """
    if (  # nothing but the agent: most calls; each test is written so that it costs a few nanoseconds
        ip is None
        and headers is None
        and delay is None
        and asn is None
        and networks is None
        and agents is None
        and method == "GET"
        and honeypot is False
    ):
        try:
            if kind == "open":
                return judge_cut(user_agent)[0]
            if kind == "click":
                return judge_cut(user_agent)[1]
        except TypeError:  # it is longer than is read, or no plain text
            pass
    if kind not in KINDS:
        raise ValueError('kind must be "open" or "click"')
    alone = judge_agent(user_agent, kind)
    _check(method, delay, networks, agents, honeypot)
    if type(method) is not str or type(user_agent) is not str:
        method, user_agent = plain_str(method, "method"), plain_str_or_none(user_agent, "user_agent")
    if agents is not None:
        alone = agents.judge(user_agent, alone)
    said = NOTHING_SAID
    if ip is not None or asn is not None:
        lists = networks or shipped_networks()
        said = read_networks(lists, None if ip is None else lists.find(ip), asn=asn, has_address=ip is not None)
    return weigh_request(
        alone,
        user_agent=user_agent,
        kind=kind,
        method=method,
        headers=headers,
        delay=delay,
        honeypot=honeypot,
        said=said,
    )


class NetworksSaid(NamedTuple):
    """What the lists say about where a request came from.

    Attributes:
        found: The lists that hold its address or its autonomous system; None if the address is not one.
        is_apple: Whether the address is on Apple's egress list; None if that is not known.
        sources: The names of `found`, which stand for the address once it is dropped.
    """

    found: tuple[Found, ...] | None = ()
    is_apple: bool | None = None
    sources: tuple[str, ...] = ()


NOTHING_SAID: Final = NetworksSaid()
_NOT_APPLE: Final = NetworksSaid(is_apple=False)


def read_networks(
    lists: Networks,
    by_address: tuple[Found, ...] | None,
    /,
    *,
    has_address: bool,
    asn: int | None = None,
    sources: tuple[str, ...] = (),
) -> NetworksSaid:
    """Put together what is known of where a request came from.

    Args:
        lists: The lists that were asked.
        by_address: What they said about the address; None if it is none, or if there was none.
        has_address: Whether there was one.
        asn: The autonomous system, if known.
        sources: What they said about the address and the system earlier, by name.
    """
    if by_address == () and asn is None and not sources:  # most addresses are on no list
        return _NOT_APPLE if has_address and APPLE_EGRESS in lists.tags else NOTHING_SAID
    if has_address and by_address is None:
        return NetworksSaid(found=None)
    found = by_address or ()
    if asn is not None or sources:
        found += _found_otherwise(lists, found, asn, sources)
    if not found and not sources and APPLE_EGRESS not in lists.tags:
        return NOTHING_SAID
    if any(one.tag == APPLE_EGRESS for one in found):
        is_apple: bool | None = True
    else:
        is_elsewhere = NOT_APPLE_EGRESS in sources or (has_address and APPLE_EGRESS in lists.tags)
        is_apple = False if is_elsewhere else None
    return NetworksSaid(found, is_apple, lists.sources_of(found) if found else ())


def _found_otherwise(
    lists: Networks, found: tuple[Found, ...], asn: int | None, sources: tuple[str, ...], /
) -> tuple[Found, ...]:
    """Return what the lists say about a system, and what was said earlier, but for what is found already."""
    more = (*(lists.find_asn(asn) if asn is not None else ()), *lists.find_sources(sources))
    return tuple(one for one in dict.fromkeys(more) if one not in found)


def weigh_request(
    alone: Verdict,
    *,
    user_agent: str | None,
    kind: Kind,
    method: str,
    headers: Headers | None,
    delay: timedelta | None,
    honeypot: bool,
    said: NetworksSaid,
    timing: Timing = DEFAULT_TIMING,
) -> Verdict:
    """Weigh what else is known of a request against what its agent is alone.

    Args:
        alone: The verdict on the agent.
        user_agent: As for `classify_event`, like the next five, which were checked there.
        kind: See there.
        method: See there.
        headers: See there.
        delay: See there.
        honeypot: See there.
        said: What the lists of networks say about where it came from.
        timing: The windows.
    """
    has_more = said is not NOTHING_SAID or headers is not None or method != "GET" or honeypot
    if not has_more and (delay is None or not _NEVER <= delay < max(timing.quick, timing.at_once)):
        return alone
    sources = said.sources
    if said.is_apple is not None and alone.actor is _APPLE_MPP:
        alone = _weigh_egress(alone, is_apple=said.is_apple)
        if not said.is_apple:
            sources += (NOT_APPLE_EGRESS,)
    elif kind == "open" and said.found and alone.reasons[0] == _IS_BROWSER:
        alone = _weigh_mail_proxy(alone, said.found)
    elif kind == "open" and delay is not None and _NEVER <= delay < timing.at_once and alone.human is _CLIENT_HIDDEN:
        # mautic issues 7884 and 10409, listmonk 2946: a proxy's open a second after sending is often nobody's.
        alone = _with(alone, evidence=1, reasons=(*alone.reasons, _LT_2S.code))
    verdict = _weigh_signs(
        alone, user_agent=user_agent, kind=kind, method=method, headers=headers, delay=delay, honeypot=honeypot,
        found=said.found, timing=timing,
    )  # fmt: skip
    return _with(verdict, sources=sources) if sources else verdict


def _weigh_signs(
    alone: Verdict,
    *,
    user_agent: str | None,
    kind: Kind,
    method: str,
    headers: Headers | None,
    delay: timedelta | None,
    honeypot: bool,
    found: tuple[Found, ...] | None,
    timing: Timing,
) -> Verdict:
    read = None if headers is None else read_headers(headers)
    gateway = kind == "click" and _has_rewriter(read)
    notes = [_REWRITER] if gateway else []
    signs = [_HONEYPOT] if honeypot else []
    if found is None:
        notes.append(_INVALID)
    elif found:
        scanning = delay is not None and _NEVER <= delay < timing.scan_window
        signs += _network_signs(found, kind, gateway=gateway, scanning=scanning)
    if method != "GET" and (asking := _ASKING[kind].get(method.upper())):
        signs.append(asking)
    if read is not None and is_ahead(read):
        signs.append(_PREFETCH)
    if kind == "click":
        signs += _time_signs(delay, timing)
        if alone.reasons[0] == _IS_BROWSER:
            signs += _browser_signs(read, user_agent)
    if read is not None and is_signed(read):
        return _decide_signed(alone, signs, notes, signing_vendor(read))
    return _decide(alone, signs, notes) if signs or notes else alone


def _check(method: object, delay: object, networks: object, agents: object, honeypot: object) -> None:
    if not isinstance(method, str):
        check_type(str, method=method)
    if delay is not None and not isinstance(delay, timedelta):
        raise TypeError(f"delay must be a timedelta or None, not {type(delay).__name__}")
    if networks is not None and not isinstance(networks, Networks):
        raise TypeError(f"networks must be made by load_networks, not {type(networks).__name__}")
    if agents is not None and not isinstance(agents, Agents):
        raise TypeError(f"agents must be made by load_agents, not {type(agents).__name__}")
    if not isinstance(honeypot, bool):
        raise TypeError(f"honeypot must be a bool, not {type(honeypot).__name__}")


def _network_signs(found: tuple[Found, ...], kind: Kind, *, gateway: bool, scanning: bool) -> Iterator[_Sign]:
    for one in found:
        if one.evidence == 0 or one.scope not in ("both", kind):
            continue
        weight: int = one.evidence
        if one.signal is Signal.NET_SCANNER_PROBABLE:
            # People pass through here in isolated browsers. Within minutes it is the scan, unless a link page led here.
            weight = 3 if scanning and not gateway else 1
        yield _Sign(one.signal.value, weight, "net", vendor=gateway_vendor((one,)))


def gateway_vendor(found: Iterable[Found], /) -> str | None:
    """Return whose gateway is in one of these networks; who runs a cloud does not run the scanners in it."""
    return next((one.vendor for one in found if one.signal in _OF_GATEWAYS), None)


def _time_signs(delay: timedelta | None, timing: Timing) -> list[_Sign]:
    """Return what a click says that came too soon for a person."""
    if delay is None or not _NEVER <= delay < timing.quick:
        return []
    return [_LT_2S if delay < timing.at_once else _LT_10S]


def _has_rewriter(read: dict[str, str] | None) -> bool:
    return read is not None and "referer" in read and came_through_gateway(read)


def _weigh_egress(alone: Verdict, *, is_apple: bool) -> Verdict:
    """Apple's prefetch comes from Apple's addresses; a script can write the same agent."""
    if is_apple:
        return _with(alone, evidence=3, reasons=(*alone.reasons, Signal.NET_APPLE_EGRESS.value))
    return _with(alone, evidence=1)


def _weigh_mail_proxy(alone: Verdict, found: tuple[Found, ...]) -> Verdict:
    """A browser that opens from a mail service's own network is its proxy, before or when a person reads, or a VPN."""
    proxy = next((one for one in found if one.signal is Signal.NET_MAIL_PROXY), None)
    if proxy is None:
        return alone
    return Verdict(
        actor=Actor.IMAGE_PROXY,
        human=Human.UNKNOWABLE,
        evidence=1,
        reasons=(proxy.signal.value, *alone.reasons),
        vendor=proxy.vendor,
    )


def _browser_signs(read: dict[str, str] | None, user_agent: str | None) -> Iterator[_Sign]:
    """Yield which headers a browser left out that it sends with each click."""
    if read is None or user_agent is None:
        return
    if not read.get("accept-language") and names_language(user_agent):
        yield _NO_LANGUAGE
    if "sec-fetch-mode" not in read and sends_fetch_metadata(user_agent):
        yield _NO_SEC_FETCH


# The agent on its own, as points beside the others.
_AGENT_POINTS: Final = {
    (Signal.UA_TOOL_SHAPE.value, 1): 1,
    (Signal.UA_MISSING.value, 1): 1,
    (Signal.UA_MISSING.value, 2): 2,
}


def _decide_signed(alone: Verdict, signs: list[_Sign], notes: list[str], vendor: str | None) -> Verdict:
    """An agent that says it signed the request acts for a person who is not there; unless more is known of it."""
    verdict = _decide(alone, signs, notes)
    if verdict.is_machine and (verdict.evidence == 3 or alone.is_machine):
        return _with(verdict, reasons=(*verdict.reasons, _SIGNED))
    return Verdict(actor=Actor.AI_AGENT, human=Human.NO, evidence=1, reasons=(_SIGNED, *verdict.reasons), vendor=vendor)


def _decide(alone: Verdict, signs: list[_Sign], notes: list[str]) -> Verdict:
    if len(signs) > 1:
        signs.sort(key=lambda sign: -sign.weight)
    codes = tuple(dict.fromkeys([sign.code for sign in signs]))
    noted = tuple(notes)
    came_by_gateway = _REWRITER in notes
    if signs and signs[0].weight == 3:
        first = signs[0]
        if alone.human is Human.NO:
            # What it is, is known; how sure we are may have grown.
            reasons = alone.reasons + codes if alone.evidence == 3 else codes + alone.reasons
            return _with(alone, evidence=3, reasons=reasons + noted)
        return Verdict(
            actor=first.actor, human=Human.NO, evidence=3, reasons=codes + alone.reasons + noted, vendor=first.vendor
        )
    if alone.human is Human.NO:
        return _with(alone, evidence=alone.evidence, reasons=alone.reasons + codes + noted)
    points: dict[str, int] = {}
    for sign in signs:
        points[sign.family] = points.get(sign.family, 0) + sign.weight
    if own := _AGENT_POINTS.get((alone.reasons[0], alone.evidence)):
        points["ua"] = own
    total = sum(points.values()) - (_ENOUGH if came_by_gateway else 0)
    if total >= _ENOUGH and len(points) >= _ENOUGH:
        return Verdict(
            actor=Actor.SECURITY_SCANNER,
            human=Human.NO,
            evidence=2,
            reasons=codes + alone.reasons + noted,
            vendor=next((sign.vendor for sign in signs if sign.vendor), None),
        )
    evidence = alone.evidence
    if alone.counts_for_metrics:
        if signs and not came_by_gateway:
            evidence = _WORSE[evidence]
        elif came_by_gateway and not signs:
            evidence = 2
    return _with(alone, evidence=evidence, reasons=alone.reasons + codes + noted)


_WORSE: Final[dict[Evidence, Evidence]] = {1: 1, 2: 1, 3: 2}


def _with(
    verdict: Verdict,
    *,
    evidence: Evidence | None = None,
    reasons: tuple[str, ...] | None = None,
    sources: tuple[str, ...] = (),
) -> Verdict:
    return Verdict(
        actor=verdict.actor,
        human=verdict.human,
        evidence=evidence or verdict.evidence,
        reasons=verdict.reasons if reasons is None else reasons,
        vendor=verdict.vendor,
        sources=sources,
    )
