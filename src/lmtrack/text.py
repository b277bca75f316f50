"""Track the links of a plain text and keep every other character: quoting, wrapping, signatures, line ends.

Plain text has no place for a pixel, so opens are off there. A URL is rewritten where every reader agrees on where it
begins and ends: without the punctuation and the unbalanced bracket behind it, and with everything between angle
brackets (RFC 3986, appendix C). One that runs into letters of a script without blanks or is broken over lines is left.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from lmtrack._rewriting.plain_text import plain_plan, plain_untracking_edits
from lmtrack._rewriting.signing import Campaign, sending
from lmtrack._rewriting.splice import revert, splice
from lmtrack._tokens.make import pack_links
from lmtrack.links import Edit, Link, LinkPolicy, SkipReason
from lmtrack.resolver import Decision, Reason, TrackingMode
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from uuid import UUID

    from lmtrack._rewriting.plan import Plan

__all__ = [
    "revert_text",
    "rewrite_text",
    "track_text",
    "untrack_text",
]

_DEFAULT_POLICY: Final = LinkPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class RewrittenText:
    """A plain text after rewriting, and what was done to it; made by `track_text` and `rewrite_text`.

    Attributes:
        text: The output; the very same object as the source if nothing was changed.
        links: The links that the policy lets be tracked, in source order, whether or not they were rewritten.
        skipped: The other links, each with the reason.
        edits: All changes, by offset in the source, ascending and disjoint.
        decision: What holds for this text (`track_text` only).
    """

    text: str = field(repr=False)
    links: tuple[Link, ...]
    skipped: tuple[tuple[Link, SkipReason], ...] = field(repr=False)  # secrets and addresses are among them
    edits: tuple[Edit, ...] = field(repr=False)
    decision: Decision | None = None


def rewrite_text(
    text: str, /, *, click_url: Callable[[Link], str | None], policy: LinkPolicy = _DEFAULT_POLICY
) -> RewrittenText:
    """Put other URLs into a plain text; touch nothing else.

    Args:
        text: The text.
        click_url: Gives each trackable link's new URL, or a template expression such as `{{ u3 }}`, written as it is;
            None leaves that link alone, and it keeps its index.
        policy: Which links are trackable. Attributes and conditional comments are HTML's; with `skip_url_text` every
            link is left, since a URL in plain text is its own visible text.

    Raises:
        TypeError: An argument has another type, or `click_url` gave something else than str or None.

    >>> rewrite_text("Our shop (https://shop.example/).", click_url=lambda link: f"https://t.example/{link.index}").text
    'Our shop (https://t.example/0).'
    """
    _check(text, policy)
    if not callable(click_url):
        raise TypeError(f"click_url must be callable, not {type(click_url).__name__}")
    plan = plain_plan(text, policy, None)
    urls = [click_url(link) for link in plan.links]
    if not all(isinstance(url, str | None) for url in urls):
        raise TypeError("click_url must give str or None")
    edits = [
        Edit(link.start, link.url, url)
        for link, url in zip(plan.links, urls, strict=True)
        if url is not None and url != link.url
    ]
    return _rewritten(text, plan, edits, None)


def track_text(
    text: str,
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
    now: datetime | None = None,
) -> RewrittenText:
    """Do to a plain text what a decision allows: signed links, or nothing at all.

    Opens are off, as there is no pixel, and the result's `decision` says so (`no_html`). A second pass changes nothing:
    links of the domain are left, and where links hold click tokens of this message already (or of its campaign), no
    further link is tracked, as their indices are taken. Content never makes it fail; time and memory are linear.

    Args:
        text: The text.
        decision: From `resolve` or `resolve_shared`. AGGREGATE without a `campaign` counts as OFF, and the result's
            `decision` says so (`aggregate_without_campaign`).
        domain: Receives the clicks; its keys sign.
        message_id: The sender's id of this mail to this person. In an aggregate flag neither it nor `recipient` nor
            `now` has any part.
        recipient: Position in the message's recipient list, 0 to 65,535.
        campaign: What aggregate tokens are made from.
        destination: Gives where a link shall lead instead of `link.url`, for example with utm tags; not
            asked with "by_id".
        destinations: "inline" signs each URL into its token; "by_id" leaves it to be looked up by message and index.
        policy: Which links are trackable; see `rewrite_text`.
        now: When the tokens are issued; the current time by default.

    Raises:
        BadDestination: `destination` gave a URL no click may go to.
        TypeError: An argument has another type.
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
    _check(text, policy)
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
    plan = plain_plan(text, policy, domain)
    edits: list[Edit] = []
    # Indices go by the links of the untracked text: one that was tracked for this message is not counted anew.
    if message.decision.track_clicks and not any(map(message.has, plan.clicks)):
        tokens = message.click_tokens(plan.links, lambda: pack_links([link.url for link in plan.links]))
        prefix = f"{domain.base_url}/c/"
        edits = [Edit(link.start, link.url, prefix + token) for link, token in zip(plan.links, tokens, strict=True)]
    return _rewritten(text, plan, edits, message.decision.lower(Reason.NO_HTML, opens=TrackingMode.OFF))


def untrack_text(text: str, /, *, domain: TrackingDomain) -> str:
    """Give every link that the domain's keys signed its destination back.

    For archives and resending. Expired tokens count; a link by id holds no destination and stays, and so does whatever
    the keys did not sign. The same object if nothing of ours is in it.

    Raises:
        TypeError: An argument has another type.

    >>> from lmtrack import TrackingDomain, make_keys
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> untrack_text("Nothing of ours", domain=domain)
    'Nothing of ours'
    """
    if not isinstance(domain, TrackingDomain):
        raise TypeError("domain must be a TrackingDomain")
    _check(text, _DEFAULT_POLICY)
    edits = plain_untracking_edits(text, domain)
    return splice(text, edits) if edits else text


def revert_text(text: str, edits: Iterable[Edit], /) -> str:
    """Undo the edits of a rewriting: give the exact source back.

    Raises:
        TypeError: `text` is no str.
        ValueError: The edits are not in order, or the text does not hold what they put there.

    >>> mail = "Our shop: https://shop.example/"
    >>> rewritten = rewrite_text(mail, click_url=lambda link: "https://t.example/0")
    >>> revert_text(rewritten.text, rewritten.edits) == mail
    True
    """
    _check(text, _DEFAULT_POLICY)
    return revert(text, edits)


def _check(text: str, policy: LinkPolicy, /) -> None:
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, not {type(text).__name__}")
    if not isinstance(policy, LinkPolicy):
        raise TypeError(f"policy must be a LinkPolicy, not {type(policy).__name__}")


def _rewritten(text: str, plan: Plan, edits: list[Edit], decision: Decision | None, /) -> RewrittenText:
    return RewrittenText(
        text=splice(text, edits) if edits else text,
        links=plan.links,
        skipped=plan.skipped,
        edits=tuple(edits),
        decision=decision,
    )
