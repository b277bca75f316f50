"""Track a document: splice tracked links and one pixel into it and keep every other character.

A document is read once; what to do with its links is decided once a policy; each recipient then costs tokens and one
join. HTML is never written anew: the output is slices of the source with the edits between them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from lmtrack._html.entities import decode_attribute, encode_attribute, encode_in_comment
from lmtrack._html.grammar import WHITESPACE
from lmtrack._rewriting.document import HtmlDocument as HtmlDocument
from lmtrack._rewriting.finish import (
    PixelPosition as PixelPosition,
    RewrittenHtml as RewrittenHtml,
    check_options,
    pixel_tag,
    rewritten,
    untracking_edits,
    with_removals,
)
from lmtrack._rewriting.own_tokens import verified_open
from lmtrack._rewriting.signing import Campaign, sending
from lmtrack._rewriting.splice import revert, splice
from lmtrack.links import Edit, Link, LinkPolicy
from lmtrack.urls import TrackingDomain, open_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from uuid import UUID

    from lmtrack.resolver import Decision

__all__ = [
    "Campaign",
    "pixel_tag",
    "revert_html",
    "rewrite_html",
    "scan_html",
    "track_html",
    "untrack_html",
]

_DEFAULT_POLICY: Final = LinkPolicy()
_new = tuple.__new__


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
    check_options(policy, pixel_position)
    if click_url is not None and not callable(click_url):
        raise TypeError(f"click_url must be callable or None, not {type(click_url).__name__}")
    if pixel_url is not None and not isinstance(pixel_url, str):
        raise TypeError(f"pixel_url must be a str or None, not {type(pixel_url).__name__}")
    plan = document.plan(policy, None)
    edits: list[Edit] = []
    if click_url is not None:
        urls = list(map(click_url, plan.links))
        if not all(issubclass(kind, str | None) for kind in set(map(type, urls))):
            raise TypeError("click_url must give str or None")
        # The quote in which no answer needs care: most documents have no other.
        answers = "".join(filter(None, urls))
        simple = None if any(sign in answers for sign in '"&>') else '"'
        edits = [
            _new(Edit, (start, written, value))
            for (start, written, quote, _), link, url in zip(plan.values, plan.links, urls, strict=True)
            if url is not None
            and (value := url if quote == simple else (encode_in_comment if link[3] else encode_attribute)(url, quote))
            != written
        ]
        edits = with_removals(edits, plan)
    pixel = "" if pixel_url is None or _shows(document, pixel_url) else pixel_tag(pixel_url)
    return rewritten(document, plan, edits, pixel=pixel, position=pixel_position)


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
            each index, and not at all with "by_id".
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
    check_options(policy, pixel_position)
    message = sending(
        decision,
        domain=domain,
        message_id=message_id,
        recipient=recipient,
        campaign=campaign,
        destination=destination,
        destinations=destinations,
        now=now,
    )
    plan = document.plan(policy, domain)
    edits: list[Edit] = []
    # Indices go by the links of the untracked document: one that was tracked for this message is not counted anew.
    if message.decision.track_clicks and not any(map(message.has, plan.clicks)):
        tokens = message.click_tokens(plan.numbered, lambda: document.packed_links(plan))
        # Base and token are made of signs that stand as they are in any attribute value, quoted or bare.
        prefix = f"{domain.base_url}/c/"
        edits = with_removals(
            [_new(Edit, (start, written, prefix + tokens[index])) for start, written, _, index in plan.values],
            plan,
        )
    pixel = ""
    if message.decision.track_opens:
        token = message.open_token()
        shown = any(message.has(verified_open(domain, image.url)) for image in document.pixels())
        pixel = "" if shown else pixel_tag(open_url(domain, token))
    return rewritten(document, plan, edits, pixel=pixel, position=pixel_position, decision=message.decision)


def untrack_html(html: str, /, *, domain: TrackingDomain) -> str:
    """Give every link that the domain's keys signed its destination back and remove our pixels.

    For archives, "view in browser" pages and resending. Expired tokens count; a link by id holds no destination and
    stays, and so does whatever the keys did not sign. Opt-out attributes that tracking removed do not come back, so
    track the source again rather than this. The same object if nothing of ours is in it.

    Raises:
        TypeError: An argument has another type.

    >>> from lmtrack import TrackingDomain, make_keys
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> untrack_html("<p>Nothing of ours</p>", domain=domain)
    '<p>Nothing of ours</p>'
    """
    if not isinstance(domain, TrackingDomain):
        raise TypeError("domain must be a TrackingDomain")
    edits = untracking_edits(HtmlDocument(html), domain)
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


def _document(source: str | HtmlDocument, /) -> HtmlDocument:
    return source if isinstance(source, HtmlDocument) else HtmlDocument(source)


def _shows(document: HtmlDocument, pixel_url: str, /) -> bool:
    """Whether a live image has this URL, written as we would or with bare ampersands."""
    written = encode_attribute(pixel_url, '"')
    url = decode_attribute(written).strip(WHITESPACE)
    return document.may_hold(written) and any(image.url == url for image in document.images())
