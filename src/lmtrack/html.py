"""Track a document: splice tracked links and one pixel into it and keep every other character.

A document is read once; what to do with its links is decided once a policy; each recipient then costs tokens and one
join. HTML is never written anew: the output is slices of the source with the edits between them.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lmtrack._clock import epoch_seconds
from lmtrack._document import HtmlDocument
from lmtrack._html.entities import decode_attribute, encode_attribute
from lmtrack._html.grammar import WHITESPACE
from lmtrack._plan import verified_click
from lmtrack._splice import growth, octets, revert, splice
from lmtrack._token_body import pack_id
from lmtrack._token_make import pack_links, seal_links
from lmtrack.errors import BadToken
from lmtrack.links import Edit, Link, LinkPolicy, SkipReason
from lmtrack.resolver import Decision, Reason, TrackingMode
from lmtrack.tokens import (
    explain_token,
    make_open_token,
    read_open_token,
)
from lmtrack.urls import TrackingDomain, open_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from uuid import UUID

    from lmtrack._plan import Plan
    from lmtrack._token_make import PackedLinks
    from lmtrack.tokens import ClickToken, OpenToken

PixelPosition = Literal["end", "start", "auto"]

# Gmail clips a message at about 102 KB of HTML (measured by many, published by Google nowhere) and hides the rest, the
# pixel with it.
_CLIP_OCTETS: Final = 100_000

_DEFAULT_POLICY: Final = LinkPolicy()
_new = tuple.__new__


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What the tokens of an aggregate campaign are made from, and nothing else: they are equal for every recipient.

    Attributes:
        id: The campaign's id, by the rules of message ids.
        started_at: An aware datetime; stands in every token instead of the time of sending.

    Raises:
        TypeError: `id` is neither str nor UUID, or `started_at` no datetime.
        ValueError: `id` is none that a token can hold, or `started_at` is naive.

    >>> from datetime import UTC, datetime
    >>> Campaign(id="spring-2026", started_at=datetime(2026, 3, 20, tzinfo=UTC)).id
    'spring-2026'
    """

    id: str | UUID
    started_at: datetime

    def __post_init__(self) -> None:
        if self.started_at is None:
            raise TypeError("started_at must be an aware datetime, not None")
        pack_id(self.id)  # both are refused here rather than at the first mail
        epoch_seconds(self.started_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class RewrittenHtml:
    """A document after rewriting, and what was done to it.

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
    skipped: tuple[tuple[Link, SkipReason], ...]
    edits: tuple[Edit, ...] = field(repr=False)
    pixel_offset: int | None
    decision: Decision | None = None


def scan_html(html: str, /) -> HtmlDocument:
    """Read a document once, to track it for many recipients.

    Never fails on content; time and memory are linear in its length.

    Raises:
        TypeError: `html` is no str.

    >>> document = scan_html('<a href="https://shop.example/">Shop</a>')
    >>> [rewrite_html(document, click_url=lambda link: f"https://t.example/{who}").html for who in ("ann", "bob")]
    ['<a href="https://t.example/ann">Shop</a>', '<a href="https://t.example/bob">Shop</a>']
    """
    return HtmlDocument(html)


def rewrite_html(
    source: str | HtmlDocument,
    /,
    *,
    click_url: Callable[[Link], str | None] | None = None,
    pixel_url: str | None = None,
    policy: LinkPolicy = _DEFAULT_POLICY,
    pixel_position: PixelPosition = "end",
) -> RewrittenHtml:
    """Put other URLs into a document's links and a pixel at its end; touch nothing else.

    Args:
        source: The document, or what `scan_html` made of it.
        click_url: Gives each trackable link's new URL, or a template expression such as `{{ u3 }}`; None leaves that
            link alone, and it keeps its index. It is escaped for the quotes it comes to stand in.
        pixel_url: The pixel's URL, or a template expression. None, or a live image with this URL already: no pixel.
        policy: Which links are trackable.
        pixel_position: "end" (before `</body>`), "start" (after `<body>`), or "auto": end, unless the rewritten
            document is over 100,000 octets of UTF-8, which Gmail clips.

    Raises:
        TypeError: An argument has another type, or `click_url` gave something else than str or None.
        ValueError: `pixel_position` is none of the three.

    >>> mail = '<p>Hi! <a href="https://shop.example/">Shop</a></p></body>'
    >>> print(rewrite_html(mail, click_url=lambda link: f"https://t.example/{link.index}").html)
    <p>Hi! <a href="https://t.example/0">Shop</a></p></body>
    """
    document = _document(source)
    _check_options(policy, pixel_position)
    if pixel_url is not None and not isinstance(pixel_url, str):
        raise TypeError(f"pixel_url must be a str or None, not {type(pixel_url).__name__}")
    plan = document.plan(policy, None)
    edits: list[Edit] = []
    if click_url is not None:
        urls = list(map(click_url, plan.links))
        if not all(issubclass(kind, str | None) for kind in set(map(type, urls))):
            raise TypeError("click_url must give str or None")
        answers = "".join(filter(None, urls))
        simple = '"' if '"' not in answers and "&" not in answers else None  # the quote that no answer needs care in
        edits = [
            _new(Edit, (start, written, value))
            for (start, written, quote), url in zip(plan.values, urls, strict=True)
            if url is not None and (value := url if quote == simple else encode_attribute(url, quote)) != written
        ]
        edits = _with_removals(edits, plan)
    pixel = "" if pixel_url is None or _shows(document, pixel_url) else pixel_tag(pixel_url)
    return _rewritten(document, plan, edits, pixel=pixel, position=pixel_position)


def track_html(
    source: str | HtmlDocument,
    decision: Decision,
    /,
    *,
    domain: TrackingDomain,
    message_id: str | UUID,
    recipient: int = 0,
    campaign: Campaign | None = None,
    destination: Callable[[Link], str] | None = None,
    destinations: Literal["inline", "by_id"] = "inline",
    policy: LinkPolicy = _DEFAULT_POLICY,
    pixel_position: PixelPosition = "auto",
    now: datetime | None = None,
) -> RewrittenHtml:
    """Do to a document what a decision allows: signed links, a signed pixel, or nothing at all.

    A second pass changes nothing: links of the domain and a pixel of this message are left, and where links hold click
    tokens of this message already (or of its campaign), no further link is tracked, as their indices are taken.
    Opt-out attributes go only where links are tracked. Content never makes it fail; time and memory are linear.

    Args:
        source: The document, or what `scan_html` made of it.
        decision: From `resolve` or `resolve_shared`. AGGREGATE without a `campaign` counts as OFF, and the result's
            `decision` says so (`aggregate_without_campaign`).
        domain: Receives opens and clicks; its keys sign.
        message_id: The sender's id of this mail to this person. In an aggregate flag neither it nor `recipient` nor
            `now` has any part.
        recipient: Position in the message's recipient list, 0 to 65,535.
        campaign: What aggregate tokens are made from.
        destination: Gives where a link shall lead instead of `link.url`, for example with utm tags; asked once for
            each index.
        destinations: "inline" signs each URL into its token; "by_id" leaves it to be looked up by message and index.
        policy: Which links are trackable.
        pixel_position: As for `rewrite_html`.
        now: When the tokens are issued; the current time by default.

    Raises:
        BadDestination: `destination` gave a URL no click may go to.
        TypeError: An argument has another type.
        ValueError: An argument is out of range; see `make_open_token` for ids, recipients and times.

    >>> from datetime import UTC, datetime
    >>> from lmtrack import Consent, Route, TrackingDomain, make_keys, resolve
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> decision = resolve(Route(track_clicks=True, require_consent=True), consent=Consent.GRANTED)
    >>> mail = '<a href="https://shop.example/">Shop</a>'
    >>> tracked = track_html(mail, decision, domain=domain, message_id="m-1", now=datetime(2026, 1, 1, tzinfo=UTC))
    >>> tracked.html[:32], untrack_html(tracked.html, domain=domain) == mail
    ('<a href="https://track.example/c', True)
    """
    document = _document(source)
    _check_options(policy, pixel_position)
    _check_sending(decision, domain, campaign, now)
    if campaign is None:
        decision = _without_aggregate(decision)
    if destinations not in {"inline", "by_id"}:
        raise ValueError("destinations must be 'inline' or 'by_id'")
    plan = document.plan(policy, domain)
    sending = _Sending(str(message_id), recipient, None if campaign is None else str(campaign.id))
    edits: list[Edit] = []
    # Indices go by the links of the untracked document: one that was tracked for this message is not counted anew.
    if decision.track_clicks and not any(map(sending.has, plan.clicks)):
        packed = _packed_links(document, plan, destination, destinations)
        if campaign is not None and decision.clicks is TrackingMode.AGGREGATE:
            tokens = seal_links(domain.keys, campaign.id, packed, mode=TrackingMode.AGGREGATE, now=campaign.started_at)
        else:
            tokens = seal_links(domain.keys, message_id, packed, recipient=recipient, mode=decision.clicks, now=now)
        # Base and token are made of signs that stand as they are in any attribute value, quoted or bare.
        prefix = f"{domain.base_url}/c/"
        edits = _with_removals(
            [
                _new(Edit, (value[0], value[1], prefix + tokens[link[0]]))
                for link, value in zip(plan.links, plan.values, strict=True)
            ],
            plan,
        )
    pixel = ""
    if decision.track_opens:
        if campaign is not None and decision.opens is TrackingMode.AGGREGATE:
            token = make_open_token(domain.keys, campaign.id, mode=TrackingMode.AGGREGATE, now=campaign.started_at)
        else:
            token = make_open_token(domain.keys, message_id, recipient=recipient, mode=decision.opens, now=now)
        shown = any(sending.has(_verified_open(domain, image.url)) for image in document.pixels())
        pixel = "" if shown else pixel_tag(open_url(domain, token))
    return _rewritten(document, plan, edits, pixel=pixel, position=pixel_position, decision=decision)


def untrack_html(html: str, /, *, domain: TrackingDomain) -> str:
    """Give every link that the domain's keys signed its destination back and remove our pixels.

    For archives, "view in browser" pages and resending. Expired tokens count; a link by id holds no destination and
    stays, and so does whatever the keys did not sign. The same object if nothing of ours is in it.

    Raises:
        TypeError: An argument has another type.

    >>> from lmtrack import TrackingDomain, make_keys
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> untrack_html("<p>Nothing of ours</p>", domain=domain)
    '<p>Nothing of ours</p>'
    """
    if not isinstance(domain, TrackingDomain):
        raise TypeError("domain must be a TrackingDomain")
    document = HtmlDocument(html)
    edits: list[Edit] = []
    for link in document.found.links:
        start, written = link[2], html[link[2] : link[3]]
        payload = verified_click(domain, decode_attribute(written).strip(WHITESPACE))
        if payload is not None and payload.url is not None:
            before = html[start - 1]
            value = encode_attribute(payload.url, before if before in "\"'" else "")
            edits.append(Edit(start, written, value))
    edits += [
        Edit(image.start, html[image.start : image.end], "")
        for image in document.pixels()
        if _verified_open(domain, image.url) is not None
    ]
    edits.sort()
    return splice(html, edits) if edits else html


def revert_html(html: str, edits: Iterable[Edit], /) -> str:
    """Undo the edits of a rewriting: give the exact source back.

    Raises:
        TypeError: `html` is no str.
        ValueError: The edits are not in order, or the document does not hold what they put there.

    >>> mail = '<a href="https://shop.example/">Shop</a>'
    >>> rewritten = rewrite_html(mail, click_url=lambda link: "https://t.example/0")
    >>> revert_html(rewritten.html, rewritten.edits) == mail
    True
    """
    if not isinstance(html, str):
        raise TypeError(f"html must be a str, not {type(html).__name__}")
    return revert(html, edits)


def pixel_tag(url: str, /) -> str:
    """Write the image that tells of an open.

    Raises:
        TypeError: `url` is no str.

    >>> pixel_tag("https://track.example/o/token?a&b")  # doctest: +ELLIPSIS
    '<img src="https://track.example/o/token?a&amp;b" width="1" height="1" style="display:block;...;" alt="">'
    """
    if not isinstance(url, str):
        raise TypeError(f"url must be a str, not {type(url).__name__}")
    src = encode_attribute(url, '"')
    return f'<img src="{src}" width="1" height="1" style="display:block;width:1px;height:1px;border:0;" alt="">'


def _document(source: str | HtmlDocument, /) -> HtmlDocument:
    return source if isinstance(source, HtmlDocument) else HtmlDocument(source)


def _check_options(policy: LinkPolicy, pixel_position: str, /) -> None:
    if not isinstance(policy, LinkPolicy):
        raise TypeError(f"policy must be a LinkPolicy, not {type(policy).__name__}")
    if pixel_position not in {"end", "start", "auto"}:
        raise ValueError("pixel_position must be 'end', 'start' or 'auto'")


def _check_sending(
    decision: Decision, domain: TrackingDomain, campaign: Campaign | None, now: datetime | None, /
) -> None:
    if not isinstance(decision, Decision) or not isinstance(domain, TrackingDomain):
        raise TypeError("decision must be made by resolve, domain must be a TrackingDomain")
    if campaign is not None and not isinstance(campaign, Campaign):
        raise TypeError(f"campaign must be a Campaign or None, not {type(campaign).__name__}")
    if now is not None:
        epoch_seconds(now)  # a naive time is refused whether or not a token comes to hold it


def _packed_links(
    document: HtmlDocument, plan: Plan, destination: Callable[[Link], str] | None, destinations: str, /
) -> PackedLinks:
    """Pack where each index leads, once a document unless the caller decides it link by link."""
    if destinations == "by_id":
        return pack_links([None] * len(plan.numbered))
    if destination is None:
        return document.packed_links(plan)
    urls = [destination(link) for link in plan.numbered]
    if not all(isinstance(url, str) for url in urls):
        raise TypeError("destination must give str")
    return pack_links(urls)


def _without_aggregate(decision: Decision, /) -> Decision:
    """There is no campaign to make equal tokens from: aggregate flags are off."""
    off, keep = TrackingMode.OFF, TrackingMode.INDIVIDUAL
    return decision.lower(
        Reason.AGGREGATE_WITHOUT_CAMPAIGN,
        opens=off if decision.opens is TrackingMode.AGGREGATE else keep,
        clicks=off if decision.clicks is TrackingMode.AGGREGATE else keep,
    )


def _verified_open(domain: TrackingDomain, url: str, /) -> OpenToken | None:
    """Read the open token in a URL of the domain, whatever its age; None if there is none that its keys signed."""
    token = domain.token_in(url, "o")
    if not token:
        return None
    try:
        return read_open_token(domain.keys, token, max_age=None, now=explain_token(token).issued_at)
    except BadToken:
        return None


def _shows(document: HtmlDocument, pixel_url: str, /) -> bool:
    """Whether a live image has this URL, written as we would or with bare ampersands."""
    written = encode_attribute(pixel_url, '"')
    url = decode_attribute(written).strip(WHITESPACE)
    return document.may_hold(written) and any(image.url == url for image in document.images())


class _Sending(NamedTuple):
    """Which tokens are this message's: its own, and its campaign's."""

    message_id: str
    recipient: int
    campaign_id: str | None

    def has(self, token: ClickToken | OpenToken | None, /) -> bool:
        if token is None:
            return False
        if token.mode is TrackingMode.AGGREGATE:
            return token.message_id == self.campaign_id
        return token.message_id == self.message_id and token.recipient == self.recipient


def _with_removals(edits: list[Edit], plan: Plan, /) -> list[Edit]:
    """Opt-out attributes go where links are tracked; where none is, the document stays as it is."""
    return sorted([*edits, *plan.removals]) if edits and plan.removals else edits


def _rewritten(
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
            clipped = characters > _CLIP_OCTETS  # a character has one to four octets, so few documents are counted
            if not clipped and characters * 4 > _CLIP_OCTETS:
                added = sum([octets(new) - octets(old) for _, old, new in edits])
                clipped = octets(source) + added + octets(pixel) > _CLIP_OCTETS
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
