"""What to do with one document under one policy: decided once, carried out for every recipient."""

from __future__ import annotations

import re
from bisect import bisect_left
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import WHITESPACE
from lmtrack._html.visible import visible_text
from lmtrack._linking.optout import opt_outs
from lmtrack._linking.optout_attributes import OWN
from lmtrack._linking.prefilter import innocent
from lmtrack._rewriting.own_tokens import verified_click
from lmtrack._url.reader import host_of, join, read_url, without_dots
from lmtrack.links import Edit, Link, SkipReason, looks_like_url, skip_reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmtrack._html.scan import FoundLink, Scan
    from lmtrack._url.reader import Url
    from lmtrack.links import LinkPolicy
    from lmtrack.tokens import ClickToken
    from lmtrack.urls import TrackingDomain

_MOST_LINKS: Final = 65_536  # a click token holds an index of 0 to 65,535

_READ_DIFFERENTLY: Final = re.compile(r"[\\\s]")
# The longest base is our choice: it is read again in every link it resolves.
_LONGEST_BASE: Final = 512

# A URL shown as a link's text has a few tags around it; a link that was never closed may have any number.
_URL_TAGS: Final = 16

# A named tuple's own __new__ takes twice as long.
_new = tuple.__new__


# The href value of a trackable link: where it begins, how it is written, the quote around it, and the link's index.
Value: TypeAlias = tuple[int, str, str, int]


class Plan(NamedTuple):
    """The outcome for a document: what may be tracked and where, what may not and why, which attributes go."""

    links: tuple[Link, ...]
    values: tuple[Value, ...]  # of those links
    numbered: tuple[Link, ...]  # one link of each index
    skipped: tuple[tuple[Link, SkipReason], ...]
    removals: tuple[Edit, ...]
    clicks: tuple[ClickToken, ...]  # what the domain's keys signed in links it has tracked before


_NO_LINKS: Final = Plan((), (), (), (), (), ())


class Surroundings(NamedTuple):
    """What a document's place in a message adds: all nothing for a document by itself.

    Attributes:
        first_index: The index of its first link; they run on over the parts of a message.
        unsubscribe: Whether a URL is one of the message's List-Unsubscribe.
        repair: Reads a value with octets in it (lone surrogates, U+DC80 to U+DCFF) that the part's charset does not
            explain; None if nothing else explains them either.
    """

    first_index: int = 0
    unsubscribe: Callable[[str], bool] | None = None
    repair: Callable[[str], str | None] | None = None


ALONE: Final = Surroundings()


def make_plan(
    html: str, scan: Scan, policy: LinkPolicy, domain: TrackingDomain | None, /, around: Surroundings = ALONE
) -> Plan:
    """Judge every link of a document and number those that may be tracked."""
    if not scan.links:
        return _NO_LINKS
    found = scan.links if policy.track_conditional else [link for link in scan.links if not link[5]]
    written = [html[link[2] : link[3]] for link in found]
    urls, reasons = _judge(written, scan.base or "", policy, domain, around)
    removals: list[Edit] = []
    for place in [place for place, link in enumerate(found) if not link[6]]:
        if outs := opt_outs(html, found[place][0], found[place][1]):
            reasons[place] = reasons.get(place, SkipReason.OPT_OUT)
            removals += [
                Edit(out.start, html[out.start : out.end], "")
                for out in outs
                if out.start < out.end
                and (policy.strip_opt_out == "all" or (policy.strip_opt_out == "own" and out.name == OWN))
            ]
    opted_out = {urls[place] for place, reason in reasons.items() if reason is SkipReason.OPT_OUT}
    if opted_out:  # the same button drawn for Outlook has no say of its own
        opted_out -= {url for place, url in enumerate(urls) if not found[place][5] and place not in reasons}
        for place, url in enumerate(urls):
            if found[place][5] and place not in reasons and url in opted_out:
                reasons[place] = SkipReason.OPT_OUT
    if policy.skip_url_text:
        for place in range(len(urls)):
            link = found[place]
            shown = "" if place in reasons else visible_text(html, link[0], link[5] or len(html), most_tags=_URL_TAGS)
            if looks_like_url(shown):
                reasons[place] = SkipReason.URL_TEXT
    skipped = [(_link(html, found[place], -1, urls[place]), reasons[place]) for place in sorted(reasons)]
    if skipped:
        places = [place for place in range(len(found)) if place not in reasons]
        found = [found[place] for place in places]
        written = [written[place] for place in places]
        urls = [urls[place] for place in places]
    indices, twins = _number(found, urls, around.first_index)
    size = len(html)
    links = [
        _new(Link, (index, url, link[4], link[5] > 0, html, link[0], link[5] or size))
        for link, index, url in zip(found, indices, urls, strict=True)
    ]
    values = [
        (link[2], text, '"' if link[6] else _quote(html, link[2]), index)
        for link, text, index in zip(found, written, indices, strict=True)
    ]
    numbered = [link for place, link in enumerate(links) if place not in twins] if twins else links
    if len(numbered) > _MOST_LINKS - around.first_index:
        numbered = numbered[: _MOST_LINKS - around.first_index]
        values = [value for value in values if value[3] < _MOST_LINKS]
        skipped += [(link._replace(index=-1), SkipReason.TOO_MANY) for link in links if link.index >= _MOST_LINKS]
        skipped.sort(key=lambda skip: skip[0].start)
        links = [link for link in links if link.index < _MOST_LINKS]
    clicks = [verified_click(domain, link.url) for link, reason in skipped if domain and reason is SkipReason.TRACKED]
    return Plan(
        tuple(links),
        tuple(values),
        tuple(numbered),
        tuple(skipped),
        tuple(removals),
        tuple(click for click in clicks if click),
    )


def _link(html: str, found: FoundLink, index: int, url: str, /) -> Link:
    return _new(Link, (index, url, found[4], found[5] > 0, html, found[0], found[5] or len(html)))


def _quote(html: str, start: int, /) -> str:
    """The quote around a value; a bare one cannot begin with a quote, so one before it is around it."""
    return html[start - 1] if html[start - 1] in "\"'" else ""


def _judge(
    written: list[str], base: str, policy: LinkPolicy, domain: TrackingDomain | None, around: Surroundings, /
) -> tuple[list[str], dict[int, SkipReason]]:
    """Say of each href value as written which URL it means, and of some, by place, why that is not tracked."""
    repair, unsubscribe = around.repair, around.unsubscribe
    base_text = repair(base) if repair else base
    origin = _read_base(base_text or "")
    urls = _quick(written, policy, domain)
    reasons: dict[int, SkipReason | None] = {}
    known: dict[str, tuple[str, SkipReason | None]] = {}
    relative: list[int] = []
    for place in [place for place, url in enumerate(urls) if not url]:
        text = written[place]
        if text not in known:
            read = repair(text) if repair else text
            url = decode_attribute(text if read is None else read).strip(WHITESPACE)
            known[text] = (url, SkipReason.UNDECODABLE if read is None else _reason(url, policy, domain))
        urls[place], reasons[place] = known[text]
        if reasons[place] is SkipReason.RELATIVE and origin:
            urls[place] = _resolve(origin, urls[place])
            relative.append(place)
    for place, url in zip(relative, _quick([urls[place] for place in relative], policy, domain), strict=True):
        reasons[place] = None if url == urls[place] else _reason(urls[place], policy, domain)
    if unsubscribe:
        for place, url in enumerate(urls):
            if reasons.get(place) in {None, SkipReason.SENSITIVE} and unsubscribe(url):
                reasons[place] = SkipReason.UNSUBSCRIBE
    return urls, {place: reason for place, reason in reasons.items() if reason is not None}


def _quick(values: list[str], policy: LinkPolicy, domain: TrackingDomain | None, /) -> list[str]:
    """The URLs that need no second look, "" for the others."""
    if policy.skip_urls or policy.tracking_hosts:
        return [""] * len(values)
    limit = policy.max_url_octets
    if domain is None:
        return [url if len(url) <= limit else "" for url in innocent(values)]
    host = host_of(domain.base_url)
    return [url if len(url) <= limit and host not in url.lower() else "" for url in innocent(values)]


def _reason(url: str, policy: LinkPolicy, domain: TrackingDomain | None, /) -> SkipReason | None:
    return SkipReason.TRACKED if domain is not None and domain.holds(url) else skip_reason(url, policy)


def _read_base(text: str, /) -> Url | None:
    """Take a document's base apart, its path without dot segments; None if it resolves nothing.

    With a backslash or a blank in it, browsers and the RFC read it differently.
    """
    if not text or len(text) > _LONGEST_BASE or _READ_DIFFERENTLY.search(text):
        return None
    base = read_url(text)
    if base.scheme not in {"http", "https"} or not base.authority:
        return None
    return base._replace(path=without_dots(base.path or "/"))


def _resolve(base: Url, url: str, /) -> str:
    # Browsers drop tabs and line ends and take a backslash for a slash; nobody else does.
    return url if any(char in url for char in "\t\n\r\\") else join(base, url)


def _number(kept: list[FoundLink], urls: list[str], first: int, /) -> tuple[list[int], dict[int, list[int]]]:
    """Count links in source order; a conditional one takes the number of the nearest live link to the same place.

    Also gives the places of those twins, each with the places of the live links to choose from.
    """
    conditional = [place for place, found in enumerate(kept) if found[5]]
    if not conditional:
        return list(range(first, first + len(kept))), {}
    live: dict[str, list[int]] = {urls[place]: [] for place in conditional}
    for place, (found, url) in enumerate(zip(kept, urls, strict=True)):
        if url in live and not found[5]:
            live[url].append(place)
    twins = {place: live[urls[place]] for place in conditional if live[urls[place]]}
    counter = count(first)
    indices = [-1 if place in twins else next(counter) for place in range(len(kept))]
    for place, places in twins.items():
        indices[place] = indices[places[0] if len(places) == 1 else _nearest(places, place, kept)]
    return indices, twins


def _nearest(places: list[int], place: int, kept: list[FoundLink], /) -> int:
    after = bisect_left(places, place)
    around = places[max(after - 1, 0) : after + 1]
    return min(around, key=lambda candidate: abs(kept[candidate][0] - kept[place][0]))
