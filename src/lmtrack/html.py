"""Track a document: splice tracked links and one pixel into it and keep every other character.

A document is read once; what to do with its links is decided once per policy; each recipient then costs tokens and one
join. HTML is never serialised again: the output is slices of the source with the edits between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from lmtrack._checks import plain_str
from lmtrack._html.entities import decode_attribute, encode_attribute, encode_in_comment
from lmtrack._html.grammar import WHITESPACE
from lmtrack._rewriting.document import HtmlDocument as HtmlDocument, begins_as_message
from lmtrack._rewriting.edits import revert, splice
from lmtrack._rewriting.finish import (
    LineLimit,
    Pixel,
    PixelPosition as PixelPosition,
    RewrittenHtml as RewrittenHtml,
    check_options,
    chosen_urls,
    pixel_tag,
    rewritten,
    tracked_links,
    untracking_edits,
    with_removals,
    with_values,
)
from lmtrack._rewriting.own_tokens import owner_of, verified_open
from lmtrack._rewriting.signing import Campaign, sending
from lmtrack._rewriting.slots.markers import SlotMarkers as SlotMarkers, Values as Values, make_slots, read_slots
from lmtrack.links import Edit, Link, LinkPolicy
from lmtrack.resolver import Decision, Reason
from lmtrack.urls import TrackingDomain, open_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lmtrack._rewriting.plan import Plan
    from lmtrack._rewriting.slots.template import Change
    from lmtrack._token_values import OpenToken

__all__ = [
    "Campaign",
    "make_slots",
    "pixel_tag",
    "revert_html",
    "rewrite_html",
    "scan_html",
    "track_html",
    "untrack_html",
]

_DEFAULT_POLICY: Final = LinkPolicy()


def scan_html(
    html: str, /, *, slots: SlotMarkers | None = None, defaults: Mapping[str, str] | None = None
) -> HtmlDocument:
    """Read a document once, to track it for many recipients.

    Never fails on content, except for a slot in a place where no value is safe; time and memory are linear in its
    length.

    Args:
        html: The document.
        slots: Its merge fields: name and marker as it is written, `{"name": "{{ name }}"}`; or one compiled pattern
            with a group `name`. Each recipient's `values` are escaped for the place they go to.
        defaults: The text to use for a missing, None or empty value, by name.

    Raises:
        BadSlot: A marker is where no value can be written safely, such as a script or a host.
        TypeError: An argument has the wrong type.
        ValueError: A name or marker is empty, two slots have the same marker, or a pattern has no group `name`.

    >>> document = scan_html("<p>Hello {{ name }}</p>", slots={"name": "{{ name }}"}, defaults={"name": "you"})
    >>> [rewrite_html(document, values={"name": name}).html for name in ("Ann & Bo", "")]
    ['<p>Hello Ann &amp; Bo</p>', '<p>Hello you</p>']
    """
    return HtmlDocument(plain_str(html, "html"), read_slots(slots, defaults))


def rewrite_html(
    source: str | HtmlDocument,
    /,
    *,
    click_url: Callable[[Link], str | None] | None = None,
    pixel_url: str | None = None,
    policy: LinkPolicy = _DEFAULT_POLICY,
    pixel_position: PixelPosition = "end",
    slots: SlotMarkers | None = None,
    defaults: Mapping[str, str] | None = None,
    values: Values | None = None,
    pixel_slot: str | None = None,
) -> RewrittenHtml:
    """Replace the URLs of a document's links and add a pixel at its end; change nothing else.

    Args:
        source: The document, or what `scan_html` made of it.
        click_url: Returns each trackable link's new URL, or a template expression such as `{{ u3 }}`; None leaves that
            link alone, and it keeps its index. The URL is escaped for the quotes around it.
        pixel_url: The pixel's URL, or a template expression. With None, or if a live image already has this URL, no
            pixel is added.
        policy: Which links are trackable.
        pixel_position: "end" (before `</body>`), "start" (after `<body>`), or "auto": end, unless the rewritten
            document is over 100,000 bytes of UTF-8, which Gmail clips.
        slots: As for `scan_html`, if the document was not scanned before.
        defaults: The same.
        values: One recipient's value of each slot; names without a slot do not matter.
        pixel_slot: The slot whose marker the pixel replaces; without a pixel the marker is removed.

    Raises:
        BadSlot: A marker is where no value can be written safely.
        BadValue: A value cannot be written in the place of its slot.
        MissingValue: A slot has neither a value nor a default.
        TypeError: An argument has the wrong type, or `click_url` returned something other than str or None.
        ValueError: `pixel_position` is not one of the three, there are values and no slots, or slots of a document that
            was scanned.

    >>> mail = '<p>Hi! <a href="https://shop.example/">Shop</a></p></body>'
    >>> print(rewrite_html(mail, click_url=lambda link: f"https://t.example/{link.index}").html)
    <p>Hi! <a href="https://t.example/0">Shop</a></p></body>
    """
    document = _document(source, slots, defaults)
    check_options(policy, pixel_position)
    if pixel_url is not None:
        pixel_url = plain_str(pixel_url, "pixel_url")
    plan = document.plan(policy, None)
    filled, merged = document.merge(plan, values, pixel_slot)
    changes = _links_rewritten(document, plan, chosen_urls(plan, merged, click_url)) if click_url is not None else []
    tag = "" if pixel_url is None or _shows(document, pixel_url) else pixel_tag(pixel_url)
    pixel = Pixel(tag, pixel_position, document.pixel_holes(pixel_slot))
    return rewritten(document, plan, with_values(changes, filled), pixel, merged=merged)


def _links_rewritten(document: HtmlDocument, plan: Plan, urls: Sequence[str | None], /) -> list[Change]:
    """Write the URLs that the caller chose, each escaped for the quotes around it."""
    # The quote in which no answer needs care: most documents have no other, and the fast reader's links have it.
    answers = "".join(filter(None, urls))
    simple = not any(sign in answers for sign in '"&>')
    html = document.html
    changes: list[Change] = [
        (start, end, text)
        for (_, _, start, end, _, comment_end, is_plain), url in zip(plan.found, urls, strict=True)
        if url is not None
        and (text := url if simple and is_plain else _escaped(url, html[start - 1], comment_end)) != html[start:end]
    ]
    return with_removals(changes, plan)


def _escaped(url: str, before: str, comment_end: int, /) -> str:
    """Escape a URL for the quote before it; a bare value cannot begin with one, so a quote there is around it."""
    return (encode_in_comment if comment_end else encode_attribute)(url, before if before in "\"'" else "")


def track_html(
    source: str | HtmlDocument,
    decision: Decision,
    /,
    *,
    domain: TrackingDomain,
    message_id: str | UUID,
    recipient: int = 0,
    campaign: Campaign | None = None,
    destination: Callable[[Link], str | None] | None = None,
    destinations: Literal["inline", "by_id"] = "inline",
    policy: LinkPolicy = _DEFAULT_POLICY,
    pixel_position: PixelPosition = "auto",
    slots: SlotMarkers | None = None,
    defaults: Mapping[str, str] | None = None,
    values: Values | None = None,
    pixel_slot: str | None = None,
    max_line: int | None = None,
    now: datetime | None = None,
) -> RewrittenHtml:
    """Track a document as far as the decision allows: signed links and a signed pixel, one of them, or neither.

    A second pass changes nothing: links of the domain and a pixel of this message are left alone, and if some links
    already contain click tokens of this message (or of its campaign), no further link is tracked, because the indices
    are taken. What is already in the document stays, whatever the decision is now; the result's `decision` says so
    (`already_tracked`). Opt-out attributes are removed only if links are tracked. Content never makes it fail; time and
    memory are linear. A raw message is not HTML: it comes back as it is, with the reason `raw_message`.

    Args:
        source: The document, or what `scan_html` made of it.
        decision: From `resolve` or `resolve_shared`. AGGREGATE without a `campaign` counts as OFF, and the result's
            `decision` says so (`aggregate_without_campaign`).
        domain: Receives opens and clicks; its keys sign.
        message_id: The sender's own id for this message to this person. Aggregate tokens contain neither this id nor
            `recipient` nor `now`.
        recipient: Position in the message's recipient list, 0 to 65,535.
        campaign: What aggregate tokens are made from. Clicks need its `urls`: a link to anywhere else is `personal`,
            because it might differ between recipients.
        destination: Returns where a link goes instead of `link.url`, for example with UTM tags; None leaves it alone.
            It is called once for each index, and not at all with "by_id".
        destinations: "inline" signs each URL into its token; "by_id" leaves the URL to be looked up by message id and
            link index.
        policy: Which links are trackable.
        pixel_position: As for `rewrite_html`.
        slots: As for `scan_html`, if the document was not scanned before.
        defaults: The same.
        values: One recipient's value of each slot, written whether or not anything is tracked.
        pixel_slot: The slot whose marker the pixel replaces; without a pixel the marker is removed.
        max_line: If tracking makes a line longer than this many bytes of UTF-8, the line is broken inside a tag: 998
            for HTML that is sent as it is (7bit, 8bit). A link that does not fit on a line is left alone
            (`line_too_long`).
        now: When the tokens are issued; the current time by default.

    Raises:
        BadDestination: `destination` returned a URL that no click may go to.
        BadSlot: A marker is where no value can be written safely.
        BadValue: A value cannot be written in the place of its slot.
        MissingValue: A slot has neither a value nor a default.
        TypeError: An argument has the wrong type.
        ValueError: An argument is out of range; see `make_open_token` for ids, recipients and times, `rewrite_html` for
            slots.

    >>> from datetime import UTC, datetime
    >>> from lmtrack import Consent, Route, TrackingDomain, make_keys, resolve
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> decision = resolve(Route(track_clicks=True, require_consent=True), consent=Consent.GRANTED)
    >>> mail = '<a href="https://shop.example/">Shop</a>'
    >>> tracked = track_html(mail, decision, domain=domain, message_id="m-1", now=datetime(2026, 1, 1, tzinfo=UTC))
    >>> tracked.html[:32], untrack_html(tracked.html, domain=domain) == mail
    ('<a href="https://track.example/c', True)
    """
    document = _document(source, slots, defaults)
    check_options(policy, pixel_position, max_line)
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
    if begins_as_message(document.html):
        message = message.lowered(Reason.RAW_MESSAGE)
    plan = document.plan(policy, domain)
    filled, merged = document.merge(plan, values, pixel_slot)
    changes, merged = tracked_links(message, plan, merged)
    tag = ""
    if message.decision.track_opens:
        token = message.open_token()
        shown = any(map(message.has, _pixels(document, domain)))
        tag = "" if shown else pixel_tag(open_url(domain, token))
    pixel = Pixel(tag, pixel_position, document.pixel_holes(pixel_slot))
    changes = with_values(changes, filled)
    return rewritten(
        document,
        plan,
        changes,
        pixel,
        merged=merged,
        decision=message.holding(lambda: plan.clicks, lambda: _pixels(document, domain)),
        limit=None if max_line is None else LineLimit(max_line, filled),
    )


def untrack_html(html: str, /, *, domain: TrackingDomain | str) -> str:
    """Restore the links that the domain's keys signed, and remove our pixels.

    For archives, "view in browser" pages and resending. Links with expired tokens are restored too; a link by id
    contains no destination and stays as it is, and so does whatever the keys did not sign. Opt-out attributes that
    tracking removed do not come back, so to track again, use the source rather than this result. Returns the same
    object if nothing of ours is in it.

    `domain` may be a base URL without keys, for programs that must not have the keys: then everything under that URL
    that looks like one of our URLs is undone without verification.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `domain` is a str, but not a base URL.

    >>> from lmtrack import TrackingDomain, make_keys
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> untrack_html("<p>Nothing of ours</p>", domain=domain)
    '<p>Nothing of ours</p>'
    """
    owner = owner_of(domain)
    html = plain_str(html, "html")
    edits = untracking_edits(HtmlDocument(html), owner)
    return splice(html, edits) if edits else html


def revert_html(html: str, edits: Iterable[Edit], /) -> str:
    """Undo the edits of a rewrite and return the exact source.

    Raises:
        TypeError: `html` is not a str.
        ValueError: The edits are not in order, or the document does not contain what they put there.

    >>> mail = '<a href="https://shop.example/">Shop</a>'
    >>> rewritten = rewrite_html(mail, click_url=lambda link: "https://t.example/0")
    >>> revert_html(rewritten.html, rewritten.edits) == mail
    True
    """
    return revert(plain_str(html, "html"), edits)


def _document(
    source: str | HtmlDocument, slots: SlotMarkers | None, defaults: Mapping[str, str] | None, /
) -> HtmlDocument:
    if not isinstance(source, HtmlDocument):
        return HtmlDocument(plain_str(source, "source"), read_slots(slots, defaults))
    if slots is not None or defaults is not None:
        raise ValueError("slots and defaults belong to scan_html, which made this document")
    return source


def _pixels(document: HtmlDocument, domain: TrackingDomain, /) -> Iterator[OpenToken | None]:
    """What the domain's keys signed in live images; None for an image of anyone else."""
    return (verified_open(domain, image.url) for image in document.pixels())


def _shows(document: HtmlDocument, pixel_url: str, /) -> bool:
    """Return whether a live image has this URL, written as we would or with bare ampersands."""
    written = encode_attribute(pixel_url, '"')
    url = decode_attribute(written).strip(WHITESPACE)
    return document.may_show(written) and any(image.url == url for image in document.images())
