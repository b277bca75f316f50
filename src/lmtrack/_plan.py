"""What to do with one document under one policy: decided once, carried out for every recipient."""

from __future__ import annotations

from bisect import bisect_left
from itertools import repeat
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from urllib.parse import urljoin

from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import WHITESPACE
from lmtrack._html.optout import OWN, opt_outs
from lmtrack.links import Edit, Link, SkipReason, innocent, looks_like_url, skip_reason

if TYPE_CHECKING:
    from lmtrack._html.scan import FoundLink, Scan
    from lmtrack.links import LinkPolicy
    from lmtrack.urls import TrackingDomain

_MOST_LINKS: Final = 65_536  # a click token holds an index of 0 to 65,535

# A named tuple's own __new__ takes twice as long.
_new = tuple.__new__


# The href value of a trackable link: where it begins, how it is written, and the quote around it.
Value: TypeAlias = tuple[int, str, str]


class Plan(NamedTuple):
    """The outcome for a document: what may be tracked and where, what may not and why, which attributes go."""

    links: tuple[Link, ...]
    values: tuple[Value, ...]  # of those links
    numbered: tuple[Link, ...]  # one link of each index
    skipped: tuple[tuple[Link, SkipReason], ...]
    removals: tuple[Edit, ...]


def make_plan(html: str, scan: Scan, policy: LinkPolicy, domain: TrackingDomain | None, /) -> Plan:
    """Judge every link of a document and number those that may be tracked."""
    found = scan.links if policy.track_conditional else [link for link in scan.links if not link[5]]
    written = [html[link[2] : link[3]] for link in found]
    verdicts = _judge(list(dict.fromkeys(written)), scan.base, policy, domain)
    kept: list[FoundLink] = []
    values: list[Value] = []
    urls: list[str] = []
    skipped: list[tuple[Link, SkipReason]] = []
    removals: list[Edit] = []
    for link, text in zip(found, written, strict=True):
        url, reason = verdicts[text]
        if not link[6] and (outs := opt_outs(html, link[0], link[1])):
            reason = reason or SkipReason.OPT_OUT
            removals += [
                Edit(out.start, html[out.start : out.end], "")
                for out in outs
                if policy.strip_opt_out == "all" or (policy.strip_opt_out == "own" and out.name == OWN)
            ]
        if policy.skip_url_text and reason is None and looks_like_url(_link(html, link, -1, url).text()):
            reason = SkipReason.URL_TEXT
        if reason is None:
            kept.append(link)
            urls.append(url)
            before = html[link[2] - 1]  # a bare value cannot begin with a quote, so one here is around the value
            values.append((link[2], text, before if before in "\"'" else ""))
        else:
            skipped.append((_link(html, link, -1, url), reason))
    indices = _number(kept, urls)
    if len(indices) > _MOST_LINKS:
        for place in [place for place, index in enumerate(indices) if index >= _MOST_LINKS][::-1]:
            skipped.append((_link(html, kept.pop(place), -1, urls.pop(place)), SkipReason.TOO_MANY))
            del indices[place], values[place]
    links = list(map(_link, repeat(html), kept, indices, urls))
    return Plan(tuple(links), tuple(values), _one_each(links), tuple(skipped), tuple(removals))


def _link(html: str, found: FoundLink, index: int, url: str, /) -> Link:
    return _new(Link, (index, url, found[4], found[5] > 0, html, found[0], found[5] or len(html)))


def _one_each(links: list[Link], /) -> tuple[Link, ...]:
    """One link of each index, a live one if there is one."""
    if not any(link[3] for link in links):
        return tuple(links)
    chosen: dict[int, Link] = {}
    for link in links:
        if not link.conditional or link.index not in chosen:
            chosen[link.index] = link
    return tuple([chosen[index] for index in range(len(chosen))])


def _judge(
    written: list[str], base: str, policy: LinkPolicy, domain: TrackingDomain | None, /
) -> dict[str, tuple[str, SkipReason | None]]:
    """Say of each href value as written which URL it means and why that is not tracked (None: it is)."""
    base = base if base[:8].lower().startswith(("http://", "https://")) else ""
    host = domain.base_url.split("/", 3)[2].lower() if domain else None
    unlisted = not policy.skip_urls and not policy.tracking_hosts
    urls = [decode_attribute(text).strip(WHITESPACE) for text in written]
    verdicts: dict[str, tuple[str, SkipReason | None]] = {}
    for text, url, innocuous in zip(written, urls, innocent(urls), strict=True):
        ours = host is not None and host in url.lower()
        if innocuous and unlisted and not ours and len(url) <= policy.max_url_octets:
            verdicts[text] = (url, None)
            continue
        target, reason = url, skip_reason(url, policy)
        if reason is SkipReason.RELATIVE and base:
            target = _resolve(base, url)
            reason = skip_reason(target, policy)
        if reason is None and domain is not None and domain.holds(target):
            reason = SkipReason.TRACKED
        verdicts[text] = (target, reason)
    return verdicts


def _resolve(base: str, url: str, /) -> str:
    """Resolve against the document's base; what the standard library cannot read stays as it is, relative."""
    if any(char in url for char in "\t\n\r\\"):  # urljoin drops some of these; the browser's reading would differ
        return url
    try:
        return urljoin(base, url)
    except ValueError:
        return url


def _number(kept: list[FoundLink], urls: list[str], /) -> list[int]:
    """Count links in source order; a conditional one takes the number of the nearest live link to the same place."""
    if not any(found[5] for found in kept):
        return list(range(len(kept)))
    live: dict[str, list[int]] = {}
    for place, found in enumerate(kept):
        if not found[5]:
            live.setdefault(urls[place], []).append(place)
    indices: list[int] = []
    count = 0
    for place, found in enumerate(kept):
        if found[5] and urls[place] in live:
            indices.append(-1)
        else:
            indices.append(count)
            count += 1
    for place, index in enumerate(indices):
        if index < 0:
            indices[place] = indices[_nearest(live[urls[place]], place, kept)]
    return indices


def _nearest(places: list[int], place: int, kept: list[FoundLink], /) -> int:
    after = bisect_left(places, place)
    around = places[max(after - 1, 0) : after + 1]
    return min(around, key=lambda candidate: abs(kept[candidate][0] - kept[place][0]))
