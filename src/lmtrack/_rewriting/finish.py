"""The last step of every rewriting: edits and a pixel go into the source, and the result says what was done."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from operator import itemgetter
from types import NoneType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lmtrack._checks import check_type, plain_str, wrong_type
from lmtrack._html.entities import encode_attribute, encode_in_comment
from lmtrack._rewriting.edits import carry_out, fit_lines, octets
from lmtrack._rewriting.outcome import Deferred, Outcome, deferred
from lmtrack._rewriting.own_tokens import Owner, is_own_pixel, own_destination
from lmtrack._rewriting.pixel_spelling import PIXEL_BEGINS, PIXEL_ENDS
from lmtrack.links import Edit, Link, LinkPolicy, SkipReason
from lmtrack.resolver import Decision, Reason, TrackingMode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lmtrack._rewriting.document import HtmlDocument
    from lmtrack._rewriting.plan import Merged, Plan
    from lmtrack._rewriting.signing import Sending
    from lmtrack._rewriting.slots.holes import TextHole
    from lmtrack._rewriting.slots.template import Change, FilledTemplate

PixelPosition = Literal["end", "start", "auto"]

# Gmail clips a message at about 102 KB of HTML (measured by many, published by Google nowhere) and hides the rest, the
# pixel with it.
CLIP_OCTETS: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RewrittenHtml(Deferred):
    """A document after rewriting, and what was done to it; made by `track_html` and `rewrite_html`.

    Attributes:
        html: The output; the very same object as the source if nothing was changed.
        links: The links that may be tracked, in source order, whether or not they were rewritten.
        skipped: The other links, each with the reason.
        edits: All changes, by offset in the source, ascending and disjoint.
        pixel_offset: Where the pixel begins in the output; None if none was inserted.
        decision: The decision that was applied to this document (`track_html` only).
        personal_links: The links with a slot in their URL or text, tracked or not.
        personal_loads: The URLs of images and the like with a slot in them, as the template has them: fetching one
            reveals who reads the email, tracked or not.
        unfilled: What still looks like a marker in the output.
    """

    html: str = field(repr=False)
    links: tuple[Link, ...]
    skipped: tuple[tuple[Link, SkipReason], ...] = field(repr=False)  # secrets and addresses are among them
    edits: tuple[Edit, ...] = field(repr=False)
    pixel_offset: int | None
    decision: Decision | None = None
    personal_links: tuple[Link, ...] = field(default=(), repr=False)
    personal_loads: tuple[str, ...] = field(default=(), repr=False)
    unfilled: tuple[str, ...] = field(default=(), repr=False)


def pixel_tag(url: str, /) -> str:
    """Return the tag of the tracking pixel: one pixel in size, whatever the email's own style sheet says about images.

    Raises:
        TypeError: `url` is not a str.

    >>> pixel_tag("https://track.example/o/token?a&b")  # doctest: +ELLIPSIS
    '<img src="https://track.example/o/token?a&amp;b" width="1" height="1" style="display:block!important;..." alt="">'
    """
    return PIXEL_BEGINS + encode_attribute(plain_str(url, "url"), '"') + PIXEL_ENDS


def check_options(policy: LinkPolicy, pixel_position: str, max_line: int | None = None, /) -> None:
    """Refuse what is not a policy, not a place for a pixel, or not the length of a line."""
    check_type(LinkPolicy, policy=policy)
    if max_line is not None and type(max_line) is not int:
        raise wrong_type("max_line", "an int or None", max_line)
    if max_line is not None and max_line < 1:
        raise ValueError("max_line must be at least 1")
    if pixel_position not in {"end", "start", "auto"}:
        raise ValueError("pixel_position must be 'end', 'start' or 'auto'")


def untracking_edits(document: HtmlDocument, owner: Owner, /) -> list[Edit]:
    """Return what puts the destinations of the domain's own links back and takes its pixels out."""
    html = document.html
    edits: list[Edit] = []
    for link, url in zip(document.found.links, document.written_urls(), strict=True):
        destination = own_destination(owner, url)
        if destination is not None:
            start, written = link[2], html[link[2] : link[3]]
            before = html[start - 1]
            encode = encode_in_comment if link[5] else encode_attribute
            value = encode(destination, before if before in "\"'" else "")
            edits.append(Edit(start, written, value))
    edits += [
        Edit(image.start, html[image.start : image.end], "")
        for image in document.pixels()
        if is_own_pixel(owner, image.url)
    ]
    edits.sort()
    return edits


def link_changes(plan: Plan, texts: Sequence[str | None], refused: Mapping[int, SkipReason], /) -> list[Change]:
    """Write a text, by index, into every link that has one, and take out the opt-out attributes if any has."""
    first = plan.first_index
    written = [text for text in texts if text is not None]
    if refused or len(written) < len(texts):
        changes = [
            (link[2], link[3], text)
            for position, (link, index) in enumerate(zip(plan.found, plan.indices, strict=True))
            if position not in refused and (text := texts[index - first]) is not None
        ]
    else:
        changes = [
            (link[2], link[3], written[index - first]) for link, index in zip(plan.found, plan.indices, strict=True)
        ]
    return with_removals(changes, plan)


def with_removals(changes: list[Change], plan: Plan, /) -> list[Change]:
    """Add the removals of opt-out attributes, unless no link is rewritten."""
    if not changes or not plan.removals:
        return changes
    return sorted([*changes, *((edit.offset, edit.offset + len(edit.old), "") for edit in plan.removals)])


def chosen_urls(plan: Plan, merged: Merged, click_url: Callable[[Link], str | None], /) -> Sequence[str | None]:
    """Ask the caller for each link's new URL; None for those that stay.

    Raises:
        TypeError: `click_url` is not callable, or returned something other than str or None.
    """
    if not callable(click_url):
        raise wrong_type("click_url", "callable", click_url)
    links, refused = plan.links_with(merged), merged.refused
    if refused:
        urls = [None if position in refused else click_url(link) for position, link in enumerate(links)]
    else:
        urls = list(map(click_url, links))
    kinds = set(map(type, urls))
    if kinds <= {str, NoneType}:
        return urls
    if not all(issubclass(kind, str | None) for kind in kinds):
        raise TypeError("click_url must return a str or None")
    return [url if url is None else str.__str__(url) for url in urls]


def tracked_links(message: Sending, plan: Plan, merged: Merged, /) -> tuple[list[Change], Merged]:
    """Sign the links that the decision allows; also return the links with all that are not tracked.

    Indices go by the links of the untracked document: one that was tracked for this message is not counted again.

    Raises:
        BadDestination: `destination` returned a URL that no click may go to.
        TypeError: It returned something other than str or None.
    """
    if not message.decision.track_clicks or any(map(message.has, plan.clicks)):
        return [], merged
    tokens, merged = message.sign(plan, merged)
    # Base and token are made of characters that need no escape in any attribute value, quoted or bare.
    prefix = f"{message.domain.base_url}/c/"
    urls = [None if token is None else prefix + token for token in tokens]
    return link_changes(plan, urls, merged.refused), merged


def with_values(changes: list[Change], filled: FilledTemplate | None, /) -> list[Change]:
    """Add one recipient's values; where a link with slots is tracked, its whole URL is written already."""
    if filled is None:
        return changes
    written = {change[0] for change in changes}
    return sorted([*changes, *(change for change in filled.changes if change[0] not in written)])


class Pixel(NamedTuple):
    """The pixel to write.

    Attributes:
        tag: Its tag; empty for none.
        position: Where it goes if no slot says so.
        holes: The holes of its slot; it goes into the first.
    """

    tag: str
    position: PixelPosition
    holes: Sequence[TextHole] = ()


class LineLimit(NamedTuple):
    """How long a line may be: `max_line` bytes; `filled` are the values that are written whether or not it is."""

    max_line: int
    filled: FilledTemplate | None


class _Draft(NamedTuple):
    """What is about to be written.

    Attributes:
        changes: All of it, in order.
        pixel_start: Where the pixel goes in the source; None without one.
        refused: Of the links that are not tracked for this recipient, by position, the reason.
        decision: What holds for this document.
    """

    changes: list[Change]
    pixel_start: int | None
    refused: Mapping[int, SkipReason]
    decision: Decision | None


def rewritten(
    document: HtmlDocument,
    plan: Plan,
    changes: list[Change],
    pixel: Pixel,
    /,
    *,
    merged: Merged,
    decision: Decision | None = None,
    limit: LineLimit | None = None,
) -> RewrittenHtml:
    """Put the pixel among the changes and carry all of them out."""
    source = document.html
    start = None
    if pixel.tag:
        changes, start = _with_pixel(document, changes, pixel)
        if start is None and decision is not None:
            decision = decision.lower(Reason.NO_HTML, opens=TrackingMode.OFF)
    draft = _Draft(changes, start, merged.refused, decision)
    if limit is not None:
        draft = _within_lines(source, plan, draft, limit)
    changes, start, refused, decision = draft
    html = carry_out(source, changes)
    offset = None
    if start is not None:  # counted from the end: most often nothing is behind the pixel
        at = bisect_left(changes, start, key=itemgetter(0))
        offset = len(html) - (len(source) - start) - _growth(changes[at:])
    return deferred(
        RewrittenHtml,
        Outcome(plan, merged, refused, source=source, changes=changes, template=document.template),
        html=html,
        pixel_offset=offset,
        decision=decision,
    )


def _within_lines(source: str, plan: Plan, draft: _Draft, limit: LineLimit, /) -> _Draft:
    """Break lines that are too long; a link that no line has room for is left alone, and so is the pixel."""
    changes, pixel_start, refused, decision = draft
    positions = {link[2]: position for position, link in enumerate(plan.found) if position not in refused}
    values = {start: text for start, _, text in limit.filled.changes} if limit.filled else {}
    instead = {start: values.get(start, source[start:end]) for start, end, _ in changes if start in positions}
    links = len(instead)
    if pixel_start is not None:
        instead[pixel_start] = _without_pixel(changes, pixel_start, values)
    edits = [Edit(start, source[start:end], text) for start, end, text in changes]
    edits, given_up = fit_lines(source, edits, limit.max_line, instead=instead)
    left = {positions[start]: SkipReason.LINE_TOO_LONG for start in given_up if start != pixel_start}
    no_links = 0 < links == len(left)
    if no_links:
        removals = {edit.offset for edit in plan.removals}
        edits = [edit for edit in edits if edit.offset not in removals]
    off, keep = TrackingMode.OFF, TrackingMode.INDIVIDUAL
    opens, clicks = off if pixel_start in given_up else keep, off if no_links else keep
    decision = decision and decision.lower(Reason.LINE_TOO_LONG, opens=opens, clicks=clicks)
    return _Draft(
        [(offset, offset + len(old), new) for offset, old, new in edits],
        None if pixel_start in given_up else pixel_start,
        {**refused, **left},
        decision,
    )


def _without_pixel(changes: list[Change], start: int, values: Mapping[int, str], /) -> str:
    """Return what is written where the pixel would be: in its slot what the slot is without it, else nothing."""
    _, end, _ = changes[bisect_left(changes, start, key=itemgetter(0))]
    return values[start] if end > start else ""


def _with_pixel(document: HtmlDocument, changes: list[Change], pixel: Pixel, /) -> tuple[list[Change], int | None]:
    """Put the pixel among the changes; also return where it goes in the source, None if nowhere."""
    if pixel.holes:
        start, end = pixel.holes[0].start, pixel.holes[0].end
        changes[bisect_left(changes, start, key=itemgetter(0))] = (start, end, pixel.tag)
        return changes, start
    position: Literal["end", "start", "early"] = "end" if pixel.position == "auto" else pixel.position
    if pixel.position == "auto":
        source, tag = document.html, pixel.tag
        characters = len(source) + _growth(changes) + len(tag)
        clipped = characters > CLIP_OCTETS  # a character has one to four bytes, so few documents are counted
        if not clipped and characters * 4 > CLIP_OCTETS:
            added = sum([octets(text) - octets(source[start:end]) for start, end, text in changes])
            clipped = octets(source) + added + octets(tag) > CLIP_OCTETS
        position = "early" if clipped else "end"
    offset = document.offset_for_pixel(position)
    if offset < 0:
        return changes, None
    changes.insert(bisect_left(changes, offset, key=itemgetter(0)), (offset, offset, pixel.tag))
    return changes, offset


def _growth(changes: Iterable[Change], /) -> int:
    """How many characters changes add in all."""
    return sum([len(text) - end + start for start, end, text in changes])
