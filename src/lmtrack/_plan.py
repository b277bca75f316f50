"""What to do with one document under one policy: decided once, carried out for every recipient."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urljoin

from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import WHITESPACE
from lmtrack._html.optout import OWN, opt_outs
from lmtrack.links import Edit, Link, SkipReason, is_innocent, looks_like_url, skip_reason

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmtrack._html.scan import FoundLink, Scan
    from lmtrack.links import LinkPolicy
    from lmtrack.urls import TrackingDomain

_MOST_LINKS: Final = 65_536  # a click token holds an index of 0 to 65,535

# A named tuple's own __new__ takes twice as long.
_new = tuple.__new__


class Value(NamedTuple):
    """The href value of a trackable link: where it begins, how it is written, and the quote around it."""

    start: int
    written: str
    quote: str


class Plan(NamedTuple):
    """The outcome for a document: what may be tracked and where, what may not and why, which attributes go."""

    links: tuple[Link, ...]
    values: tuple[Value, ...]  # of those links
    numbered: tuple[Link, ...]  # one link of each index
    skipped: tuple[tuple[Link, SkipReason], ...]
    removals: tuple[Edit, ...]


def make_plan(html: str, scan: Scan, policy: LinkPolicy, domain: TrackingDomain | None, /) -> Plan:
    """Judge every link of a document and number those that may be tracked."""
    judge = _judge(scan.base, policy, domain)
    verdicts: dict[str, tuple[str, SkipReason | None]] = {}
    kept: list[FoundLink] = []
    urls: list[str] = []
    skipped: list[tuple[Link, SkipReason]] = []
    removals: list[Edit] = []
    for found in scan.links:
        tag_start, tag_end, value_start, value_end, _, comment_end, plain = found
        if comment_end and not policy.track_conditional:
            continue
        written = html[value_start:value_end]
        if written not in verdicts:
            verdicts[written] = judge(written)
        url, reason = verdicts[written]
        if not plain and (outs := opt_outs(html, tag_start, tag_end)):
            reason = reason or SkipReason.OPT_OUT
            removals += [
                Edit(out.start, html[out.start : out.end], "")
                for out in outs
                if policy.strip_opt_out == "all" or (policy.strip_opt_out == "own" and out.name == OWN)
            ]
        if policy.skip_url_text and reason is None and looks_like_url(_link(html, found, -1, url).text()):
            reason = SkipReason.URL_TEXT
        if reason is None:
            kept.append(found)
            urls.append(url)
        else:
            skipped.append((_link(html, found, -1, url), reason))
    indices = _number(kept, urls)
    for place in [place for place, index in enumerate(indices) if index >= _MOST_LINKS][::-1]:
        skipped.append((_link(html, kept.pop(place), -1, urls.pop(place)), SkipReason.TOO_MANY))
        del indices[place]
    links = [_link(html, found, index, url) for found, index, url in zip(kept, indices, urls, strict=True)]
    values = [_value(html, found[2], found[3]) for found in kept]
    return Plan(tuple(links), tuple(values), _one_each(links), tuple(skipped), tuple(removals))


def _value(html: str, start: int, end: int, /) -> Value:
    before = html[start - 1]  # a bare value cannot begin with a quote, so a quote here is the one around it
    return _new(Value, (start, html[start:end], before if before in "\"'" else ""))


def _one_each(links: list[Link], /) -> tuple[Link, ...]:
    """One link of each index, a live one if there is one."""
    if not any(link[3] for link in links):
        return tuple(links)
    chosen: dict[int, Link] = {}
    for link in links:
        if not link.conditional or link.index not in chosen:
            chosen[link.index] = link
    return tuple([chosen[index] for index in range(len(chosen))])


def _link(html: str, found: FoundLink, index: int, url: str, /) -> Link:
    tag_start, _, _, _, element, comment_end, _ = found
    return _new(Link, (index, url, element, comment_end > 0, html, (tag_start, comment_end or len(html))))


def _judge(
    base: str, policy: LinkPolicy, domain: TrackingDomain | None, /
) -> Callable[[str], tuple[str, SkipReason | None]]:
    """Build the judge of href values as written; it answers with the URL they mean and why it is not tracked."""
    base = base if base[:8].lower().startswith(("http://", "https://")) else ""
    host = domain.base_url.split("/", 3)[2].lower() if domain else None
    limit = policy.max_url_octets
    unlisted = not policy.skip_urls and not policy.tracking_hosts

    def judge(written: str, /) -> tuple[str, SkipReason | None]:
        url = decode_attribute(written).strip(WHITESPACE)
        low = url.lower()
        ours = host is not None and host in low
        if unlisted and not ours and is_innocent(url, low) and len(url) <= limit:
            return url, None
        reason = skip_reason(url, policy)
        if reason is SkipReason.RELATIVE and base:
            url = _resolve(base, url)
            reason = skip_reason(url, policy)
        if reason is None and domain is not None and domain.holds(url):
            reason = SkipReason.TRACKED
        return url, reason

    return judge


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
