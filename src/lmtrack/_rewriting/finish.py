"""The last step of every rewriting: edits and a pixel go into the source, and the result says what was done."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Literal

from lmtrack._html.entities import decode_attribute, encode_attribute, encode_in_comment
from lmtrack._html.grammar import WHITESPACE
from lmtrack._rewriting.own_tokens import verified_click, verified_open
from lmtrack._rewriting.pixel_spelling import PIXEL_BEGINS, PIXEL_ENDS
from lmtrack._rewriting.splice import growth, octets, splice
from lmtrack.links import Edit, Link, LinkPolicy, SkipReason
from lmtrack.resolver import Decision  # noqa: TC001 - who asks for the type hints of a value at run time gets them

if TYPE_CHECKING:
    from lmtrack._rewriting.document import HtmlDocument
    from lmtrack._rewriting.plan import Plan
    from lmtrack.urls import TrackingDomain

PixelPosition = Literal["end", "start", "auto"]

# Gmail clips a message at about 102 KB of HTML (measured by many, published by Google nowhere) and hides the rest, the
# pixel with it.
CLIP_OCTETS: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RewrittenHtml:
    """A document after rewriting, and what was done to it; made by `track_html` and `rewrite_html`.

    Attributes:
        html: The output; the very same object as the source if nothing was changed.
        links: The links that the policy lets be tracked, in source order, whether or not they were rewritten.
        skipped: The other links, each with the reason.
        edits: All changes, by offset in the source, ascending and disjoint.
        pixel_offset: Where the pixel begins in the output; None if none was inserted.
        decision: What holds for this document (`track_html` only).
    """

    html: str = field(repr=False)
    links: tuple[Link, ...]
    skipped: tuple[tuple[Link, SkipReason], ...] = field(repr=False)  # secrets and addresses are among them
    edits: tuple[Edit, ...] = field(repr=False)
    pixel_offset: int | None
    decision: Decision | None = None


def pixel_tag(url: str, /) -> str:
    """Write the image that tells of an open.

    Raises:
        TypeError: `url` is no str.

    >>> pixel_tag("https://track.example/o/token?a&b")  # doctest: +ELLIPSIS
    '<img src="https://track.example/o/token?a&amp;b" width="1" height="1" style="display:block;...;" alt="">'
    """
    if not isinstance(url, str):
        raise TypeError(f"url must be a str, not {type(url).__name__}")
    return PIXEL_BEGINS + encode_attribute(url, '"') + PIXEL_ENDS


def check_options(policy: LinkPolicy, pixel_position: str, /) -> None:
    """Refuse what is no policy and no place for a pixel."""
    if not isinstance(policy, LinkPolicy):
        raise TypeError(f"policy must be a LinkPolicy, not {type(policy).__name__}")
    if pixel_position not in {"end", "start", "auto"}:
        raise ValueError("pixel_position must be 'end', 'start' or 'auto'")


def with_removals(edits: list[Edit], plan: Plan, /) -> list[Edit]:
    """Opt-out attributes go where links are tracked; where none is, the document stays as it is."""
    return sorted([*edits, *plan.removals]) if edits and plan.removals else edits


def untracking_edits(document: HtmlDocument, domain: TrackingDomain, /) -> list[Edit]:
    """Give what puts the destinations of the domain's own links back and takes its pixels out."""
    html = document.html
    edits: list[Edit] = []
    for link in document.found.links:
        start, written = link[2], html[link[2] : link[3]]
        payload = verified_click(domain, decode_attribute(written).strip(WHITESPACE))
        if payload is not None and payload.url is not None:
            before = html[start - 1]
            encode = encode_in_comment if link[5] else encode_attribute
            value = encode(payload.url, before if before in "\"'" else "")
            edits.append(Edit(start, written, value))
    edits += [
        Edit(image.start, html[image.start : image.end], "")
        for image in document.pixels()
        if verified_open(domain, image.url) is not None
    ]
    edits.sort()
    return edits


def rewritten(
    document: HtmlDocument,
    plan: Plan,
    edits: list[Edit],
    /,
    *,
    pixel: str,
    position: PixelPosition,
    decision: Decision | None = None,
) -> RewrittenHtml:
    """Put the pixel among the edits and carry all of them out."""
    source = document.html
    offset = None
    if pixel:
        grown = growth(edits)
        if position == "auto":
            characters = len(source) + grown + len(pixel)
            clipped = characters > CLIP_OCTETS  # a character has one to four octets, so few documents are counted
            if not clipped and characters * 4 > CLIP_OCTETS:
                added = sum([octets(new) - octets(old) for _, old, new in edits])
                clipped = octets(source) + added + octets(pixel) > CLIP_OCTETS
            position = "start" if clipped else "end"
        place = document.pixel_place(position)
        at = bisect_left(edits, place, key=itemgetter(0))
        offset = place + (grown if at == len(edits) else growth(edits[:at]))
        edits.insert(at, Edit(place, "", pixel))
    return RewrittenHtml(
        html=splice(source, edits) if edits else source,
        links=plan.links,
        skipped=plan.skipped,
        edits=tuple(edits),
        pixel_offset=offset,
        decision=decision,
    )
