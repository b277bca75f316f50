"""Track the links of a plain text and keep every other character: quoting, wrapping, signatures, line endings.

Plain text has no place for a pixel, so opens are off there. A URL is rewritten where every reader agrees on where it
begins and ends: without the punctuation and the unbalanced bracket after it, and with everything between angle brackets
(RFC 3986, appendix C). One that runs into letters of a script without spaces, or is broken across lines, is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal
from uuid import UUID

from lmtrack._checks import check_type, plain_str
from lmtrack._rewriting.document import TextDocument, begins_as_message, merge
from lmtrack._rewriting.edits import carry_out, revert, splice
from lmtrack._rewriting.finish import chosen_urls, tracked_links, with_values
from lmtrack._rewriting.outcome import Deferred, Outcome, deferred
from lmtrack._rewriting.own_tokens import owner_of
from lmtrack._rewriting.plain_text import plain_untracking_edits
from lmtrack._rewriting.signing import Campaign, sending
from lmtrack._rewriting.slots.markers import SlotMarkers, Values, read_slots
from lmtrack.links import Edit, Link, LinkPolicy, SkipReason
from lmtrack.resolver import Decision, Reason, TrackingMode
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from lmtrack._rewriting.plan import Merged, Plan
    from lmtrack._rewriting.slots.template import Change

__all__ = [
    "revert_text",
    "rewrite_text",
    "track_text",
    "untrack_text",
]

_DEFAULT_POLICY: Final = LinkPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class RewrittenText(Deferred):
    """A plain text after rewriting, and what was done to it; made by `track_text` and `rewrite_text`.

    Attributes:
        text: The output; the very same object as the source if nothing was changed.
        links: The links that may be tracked, in source order, whether or not they were rewritten.
        skipped: The other links, each with the reason.
        edits: All changes, by offset in the source, ascending and disjoint.
        decision: The decision that was applied to this text (`track_text` only).
        personal_links: The links with a slot in them, tracked or not.
        unfilled: What still looks like a marker in the output.
    """

    text: str = field(repr=False)
    links: tuple[Link, ...]
    skipped: tuple[tuple[Link, SkipReason], ...] = field(repr=False)  # secrets and addresses are among them
    edits: tuple[Edit, ...] = field(repr=False)
    decision: Decision | None = None
    personal_links: tuple[Link, ...] = field(default=(), repr=False)
    unfilled: tuple[str, ...] = field(default=(), repr=False)


def rewrite_text(
    text: str,
    /,
    *,
    click_url: Callable[[Link], str | None],
    policy: LinkPolicy = _DEFAULT_POLICY,
    slots: SlotMarkers | None = None,
    defaults: Mapping[str, str] | None = None,
    values: Values | None = None,
) -> RewrittenText:
    """Replace the URLs in a plain text; change nothing else.

    Args:
        text: The text.
        click_url: Returns each trackable link's new URL, or a template expression such as `{{ u3 }}`, written as it is;
            None leaves that link alone, and it keeps its index.
        policy: Which links are trackable. Attributes and conditional comments are HTML's; with `skip_url_text` every
            link is left alone, because a URL in plain text is its own visible text.
        slots: The text's merge fields, as for `scan_html`. In a URL, a value is percent-encoded; elsewhere it is
            written as it is.
        defaults: The text to use for a missing, None or empty value, by name.
        values: One recipient's value of each slot; names without a slot do not matter.

    Raises:
        BadSlot: A marker is in the scheme, host or port of a URL.
        BadValue: A value cannot be written in the place of its slot.
        MissingValue: A slot has neither a value nor a default.
        TypeError: An argument has the wrong type, or `click_url` returned something other than str or None.
        ValueError: There are values and no slots.

    >>> rewrite_text("Our shop (https://shop.example/).", click_url=lambda link: f"https://t.example/{link.index}").text
    'Our shop (https://t.example/0).'
    """
    check_type(LinkPolicy, policy=policy)
    document = TextDocument(plain_str(text, "text"), read_slots(slots, defaults))
    plan = document.make_plan(policy, None)
    filled, merged = merge(plan, document.template, values)
    urls = chosen_urls(plan, merged, click_url)
    changes = [
        (start, end, url)
        for (start, end, *_), link, url in zip(plan.found, merged.urls, urls, strict=True)
        if url is not None and url != link
    ]
    return _rewritten(document, plan, with_values(changes, filled), merged, None)


def track_text(
    text: str,
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
    slots: SlotMarkers | None = None,
    defaults: Mapping[str, str] | None = None,
    values: Values | None = None,
    now: datetime | None = None,
) -> RewrittenText:
    """Track a plain text as far as the decision allows: signed links, or none.

    Opens are off, because there is no pixel, and the result's `decision` says so (`no_html`). A second pass changes
    nothing: links of the domain are left, and where links hold click tokens of this message already (or of its
    campaign), no further link is tracked, as their indices are taken. Content never makes it fail; time and memory are
    linear. A raw message is not plain text: it comes back as it is, with the reason `raw_message`.

    Decision, domain, ids, campaign and destinations are those of `track_html`; the text, the policy, the slots and
    their values are those of `rewrite_text`.

    Raises:
        BadDestination: `destination` returned a URL that no click may go to.
        BadSlot: A marker is in the scheme, host or port of a URL.
        BadValue: A value cannot be written in the place of its slot.
        MissingValue: A slot has neither a value nor a default.
        TypeError: An argument has the wrong type.
        ValueError: An argument is out of range; see `make_click_token` for ids, recipients and times.

    >>> from datetime import UTC, datetime
    >>> from lmtrack import Consent, Route, TrackingDomain, make_keys, resolve
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> decision = resolve(Route(track_clicks=True, require_consent=True), consent=Consent.GRANTED)
    >>> mail = "Our shop: <https://shop.example/>"
    >>> tracked = track_text(mail, decision, domain=domain, message_id="m-1", now=datetime(2026, 1, 1, tzinfo=UTC))
    >>> tracked.text[:35], untrack_text(tracked.text, domain=domain) == mail
    ('Our shop: <https://track.example/c/', True)
    """
    check_type(LinkPolicy, policy=policy)
    document = TextDocument(plain_str(text, "text"), read_slots(slots, defaults))
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
    if begins_as_message(document.text):
        message = message.lowered(Reason.RAW_MESSAGE)
    plan = document.make_plan(policy, domain)
    filled, merged = merge(plan, document.template, values)
    changes, merged = tracked_links(message, plan, merged)
    message = message.lowered(Reason.NO_HTML, clicks=TrackingMode.INDIVIDUAL)
    lowered = message.holding(lambda: plan.clicks, tuple)
    return _rewritten(document, plan, with_values(changes, filled), merged, lowered)


def untrack_text(text: str, /, *, domain: TrackingDomain | str) -> str:
    """Restore the links that the domain's keys signed.

    For archives and resending. Links with expired tokens are restored too; a link by id contains no destination and
    stays as it is, and so does whatever the keys did not sign. Returns the same object if nothing of ours is in it.

    `domain` may be a base URL without keys, for programs that must not have the keys: then everything under that URL
    that looks like one of our URLs is undone without verification.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `domain` is a str, but not a base URL.

    >>> from lmtrack import TrackingDomain, make_keys
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> untrack_text("Nothing of ours", domain=domain)
    'Nothing of ours'
    """
    owner = owner_of(domain)
    text = plain_str(text, "text")
    edits = plain_untracking_edits(text, owner)
    return splice(text, edits) if edits else text


def revert_text(text: str, edits: Iterable[Edit], /) -> str:
    """Undo the edits of a rewrite and return the exact source.

    Raises:
        TypeError: `text` is not a str.
        ValueError: The edits are not in order, or the text does not contain what they put there.

    >>> mail = "Our shop: https://shop.example/"
    >>> rewritten = rewrite_text(mail, click_url=lambda link: "https://t.example/0")
    >>> revert_text(rewritten.text, rewritten.edits) == mail
    True
    """
    return revert(plain_str(text, "text"), edits)


def _rewritten(
    document: TextDocument,
    plan: Plan,
    changes: list[Change],
    merged: Merged,
    decision: Decision | None,
    /,
) -> RewrittenText:
    outcome = Outcome(plan, merged, merged.refused, source=document.text, changes=changes, template=document.template)
    return deferred(RewrittenText, outcome, text=carry_out(document.text, changes), decision=decision)
