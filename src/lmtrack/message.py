"""Track a whole message: splice tracked links and one pixel into its raw bytes and keep every other byte.

A message is read once; what to do with its links is decided once per policy; each recipient then costs tokens and one
join. Nothing is parsed into an object and serialised again: the output is slices of the source, and the edits between
them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from email.message import Message
from enum import StrEnum, auto
from operator import itemgetter
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from uuid import UUID

from lmtrack._checks import NotText, check_type, plain_bytes, plain_str
from lmtrack._deciding.override import PREFIX
from lmtrack._mime.document import MessageDocument as MessageDocument
from lmtrack._mime.envelope import read_envelope
from lmtrack._mime.headers import read_controls
from lmtrack._mime.merging import (
    MessageOutcome,
    Recipient,
    check_values,
    fill_header,
    has_written_links,
    own_pixels,
    part_edits,
    write_parts,
)
from lmtrack._mime.raw_edit import RawEdit as RawEdit, splice_octets
from lmtrack._mime.structure import PartReason
from lmtrack._mime.wire import HIDDEN_FIELDS, message_bytes, wire_problems
from lmtrack._rewriting.document import HtmlDocument
from lmtrack._rewriting.edits import revert
from lmtrack._rewriting.finish import PixelPosition, check_options
from lmtrack._rewriting.outcome import Deferred, deferred
from lmtrack._rewriting.own_tokens import owner_of
from lmtrack._rewriting.signing import Campaign, Sending, sending
from lmtrack._rewriting.slots.markers import SlotMarkers, Values, read_slots
from lmtrack._url.reader import host_of
from lmtrack.links import Link, LinkPolicy, SkipReason
from lmtrack.resolver import Decision, Reason, TrackingMode
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from lmtrack._mime.document import Layout
    from lmtrack._mime.merging import PartEdits, WrittenParts
    from lmtrack._mime.structure import Part

__all__ = [
    "PartAction",
    "PartReason",
    "campaign_urls",
    "message_bytes",
    "prepare_message",
    "revert_message",
    "scan_message",
    "strip_control_headers",
    "track_message",
    "untrack_message",
]

_DEFAULT_POLICY: Final = LinkPolicy()


class PartAction(StrEnum):
    """What was done to a part of a message."""

    TRACKED = auto()
    MERGED = auto()  # only values of slots were written
    UNTOUCHED = auto()


class MessagePart(NamedTuple):
    """One part of a message, and what became of it.

    Attributes:
        path: Its place as IMAP counts: `1`, `2`, `2.1`; `1` for a message without parts.
        content_type: Lower case.
        action: Whether something in it was changed.
        reason: Why nothing was changed; None if something was.
    """

    path: str
    content_type: str
    action: PartAction
    reason: PartReason | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedMessage(Deferred):
    """A message after tracking, and what was done to it; made by `track_message`.

    Attributes:
        raw: The output; the very same object as the source if nothing was changed.
        parts: All parts, in order, each with what was done to it or why it was left alone.
        links: The links that the policy lets be tracked, in order over all parts that were read for links.
        skipped: The other links, each with the reason.
        edits: All changes, by offset in the source, ascending and disjoint; removed control headers are among them.
            `revert_message` undoes them.
        pixel: The path of the part that got the pixel; None if none did.
        decision: The decision that was actually applied to this message, with its reasons.
        personal_links: The links with a slot in their URL or text, tracked or not.
        personal_loads: The URLs of images and the like with a slot in them, as the template has them: fetching one
            reveals who reads the email, tracked or not.
        unfilled: What still looks like a marker in the displayed parts that were read.
    """

    raw: bytes = field(repr=False)
    parts: tuple[MessagePart, ...]
    links: tuple[Link, ...]
    skipped: tuple[tuple[Link, SkipReason], ...] = field(repr=False)  # secrets and addresses are among them
    edits: tuple[RawEdit, ...] = field(repr=False)
    pixel: str | None
    decision: Decision
    personal_links: tuple[Link, ...] = field(default=(), repr=False)
    personal_loads: tuple[str, ...] = field(default=(), repr=False)
    unfilled: tuple[str, ...] = field(default=(), repr=False)

    @property
    def problems(self) -> tuple[str, ...]:
        """What servers refuse in `raw`, or what it gives away: what `message_bytes` repairs or refuses.

        `bare_lf` and `bare_cr` (line ends that are not CRLF, as `as_bytes` writes them), `long_line` (over 998 bytes),
        `nul`, and `bcc` (a field that tells everyone who else got the message).
        """
        return wire_problems(self.raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared(NotText):
    """A message ready to be sent; made by `prepare_message`.

    Attributes:
        raw: The bytes to sign and send; the same as `tracked.raw`.
        sender: The address to send from, without a name.
        recipients: The addresses to send to, without names, each mailbox once.
        tracked: What was done to the message.
    """

    raw: bytes = field(repr=False)
    sender: str = field(repr=False)
    recipients: tuple[str, ...] = field(repr=False)
    tracked: TrackedMessage


def scan_message(
    raw: bytes, /, *, slots: SlotMarkers | None = None, defaults: Mapping[str, str] | None = None
) -> MessageDocument:
    r"""Read a message once, to track it for many recipients.

    Without slots it never fails on content; time and memory are linear in its length.

    Args:
        raw: The message.
        slots: How the markers of its slots are written, as for `scan_html`: in displayed parts in any encoding and in
            header fields, inside encoded words too. Each recipient's `values` are escaped for the place they go to, and
            written in the part's encoding and charset.
        defaults: The text to use for a missing, None or empty value, by name.

    Raises:
        BadSlot: A marker is where no value can be written: a part that is never edited, a signed message, a field such
            as Content-Type.
        TypeError: An argument has the wrong type.
        ValueError: A marker, a name or a pattern is not usable; see `scan_html`.

    >>> scan_message(b"Subject: Hi\r\n\r\nHello\r\n")
    MessageDocument(22 bytes, 1 parts)
    >>> letter = scan_message(b"Subject: Hi {{ name }}\r\n\r\nDear {{ name }}\r\n", slots={"name": "{{ name }}"})
    """
    return MessageDocument(raw, read_slots(slots, defaults))


def track_message(
    source: bytes | MessageDocument,
    decision: Decision,
    /,
    *,
    domain: TrackingDomain,
    message_id: str | UUID,
    recipient: int = 0,
    campaign: Campaign | None = None,
    destination: Callable[[Link], str] | None = None,
    destinations: Literal["inline", "by_id"] = "inline",
    text_links: bool = False,
    policy: LinkPolicy = _DEFAULT_POLICY,
    pixel_position: PixelPosition = "auto",
    allow_signed: bool = False,
    prefix: str = PREFIX,
    slots: SlotMarkers | None = None,
    defaults: Mapping[str, str] | None = None,
    values: Values | None = None,
    pixel_slot: str | None = None,
    now: datetime | None = None,
) -> TrackedMessage:
    r"""Track a message as far as the decision allows: signed links and a signed pixel, one of them, or neither.

    It edits the displayed HTML parts, and with `text_links` the plain text parts; never a part that is signed,
    encrypted, attached, has a file name or is someone else's message. Whatever is not edited comes back byte for byte,
    in its own encoding. The message's own override headers may lower the decision, never raise it, and are removed.
    URLs of its List-Unsubscribe are not tracked. A second pass changes nothing: the links and pixel of an earlier pass
    stay, whatever the decision is now, until `untrack_message` removes them; the result's `decision` says so
    (`already_tracked`). Content never makes it fail; time and memory are linear.

    Args:
        source: The message, or what `scan_message` made of it.
        decision: From `resolve` or `resolve_shared`. What was actually applied is in the result's `decision`.
        domain: Receives opens and clicks; its keys sign.
        message_id: The sender's own id for this message to this person; not its Message-ID header.
        recipient: Position in the message's recipient list, 0 to 65,535.
        campaign: What aggregate tokens are made from.
        destination: As for `track_html`.
        destinations: The same.
        text_links: Track the links of the plain part too. They have indices of their own.
        policy: Which links are trackable.
        pixel_position: As for `track_html`.
        allow_signed: Track a message that is signed already (DKIM, ARC, Content-MD5), which breaks the signature.
        prefix: The prefix of the override headers' names.
        slots: As for `scan_message`, if the message was not scanned before.
        defaults: The same.
        values: One recipient's value of each slot, written whether or not anything is tracked. Body links to the same
            page as a List-Unsubscribe with such a value are not tracked.
        pixel_slot: The slot in the HTML whose marker the pixel replaces; without a pixel it is removed.
        now: When the tokens are issued; the current time by default.

    Raises:
        BadDestination: `destination` returned a URL that no click may go to.
        BadSlot: A marker is where no value can be written safely.
        BadValue: A value cannot be written in the place of its slot: a line end or a second address in a header field,
            a character that is not in the charset of a plain part, more than a line of a 7bit or 8bit part can hold.
        MissingValue: A slot has neither a value nor a default.
        TypeError: An argument has the wrong type.
        ValueError: An argument is out of range; see `make_open_token` for ids, recipients and times.

    >>> from datetime import UTC, datetime
    >>> from lmtrack import Consent, Route, TrackingDomain, make_keys, resolve
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> decision = resolve(Route(track_clicks=True, require_consent=True), consent=Consent.GRANTED)
    >>> raw = b'Content-Type: text/html\r\n\r\n<a href="https://shop.example/">Shop</a>\r\n'
    >>> tracked = track_message(raw, decision, domain=domain, message_id="m-1", now=datetime(2026, 1, 1, tzinfo=UTC))
    >>> tracked.parts[0].action, revert_message(tracked.raw, tracked.edits) == raw
    (<PartAction.TRACKED: 'tracked'>, True)
    """
    document = _document(source, slots, defaults)
    check_type(Decision, decision=decision)
    check_type(bool, text_links=text_links, allow_signed=allow_signed)
    check_options(policy, pixel_position)
    check_values(document, values, pixel_slot)
    controls = document.controls(plain_str(prefix, "prefix"), allow_signed=allow_signed)
    message = sending(
        decision.lower_by(controls.override),
        domain=domain,
        message_id=message_id,
        recipient=recipient,
        campaign=campaign,
        destination=destination,
        destinations=destinations,
        now=now,
    )
    if not allow_signed and document.headers.signed:
        message = message.lowered(Reason.ALREADY_SIGNED)
    if document.slots is None and not message.decision.track_opens and not message.decision.track_clicks:
        return _untouched(document, _holding(message, document, policy), controls.removals)
    layout = document.layout(policy, domain, text_links=text_links, allow_signed=allow_signed)
    header = fill_header(document, values, pixel_slot)
    wanted = part_edits(layout, Recipient(message, values, pixel_slot, header.unsubscribe), pixel_position)
    written = write_parts(layout, wanted)
    edits = [*controls.removals, *header.edits, *written.edits]
    if document.slots is not None:
        edits.sort(key=itemgetter(0))
    return deferred(
        TrackedMessage,
        MessageOutcome(layout, wanted, written),
        raw=splice_octets(document.raw, edits) if edits else document.raw,
        parts=tuple([_part(part, number, written) for number, part in enumerate(document.found)]),
        edits=tuple(edits),
        pixel=None if written.pixel is None else document.found[written.pixel].path,
        decision=_holding(_what_holds(message, layout, wanted, written), document, policy),
    )


def prepare_message(
    message: Message,
    decision: Decision,
    /,
    *,
    domain: TrackingDomain,
    message_id: str | UUID,
    recipient: int = 0,
    sender: str | None = None,
    recipients: Iterable[str] | None = None,
    shared: bool = True,
    campaign: Campaign | None = None,
    destination: Callable[[Link], str] | None = None,
    destinations: Literal["inline", "by_id"] = "inline",
    text_links: bool = False,
    policy: LinkPolicy = _DEFAULT_POLICY,
    pixel_position: PixelPosition = "auto",
    allow_signed: bool = False,
    prefix: str = PREFIX,
    slots: SlotMarkers | None = None,
    defaults: Mapping[str, str] | None = None,
    values: Values | None = None,
    pixel_slot: str | None = None,
    now: datetime | None = None,
) -> Prepared:
    r"""Turn a message object into what `smtplib.SMTP.sendmail` takes: addresses, and the tracked message as bytes.

    Addresses are read as `smtplib.SMTP.send_message` reads them: from To, Cc and Bcc, or the Resent fields of a message
    that is sent again, with Sender before From. No Bcc field is in the result. The bytes are those of `message_bytes`,
    tracked by `track_message`; the object stays as it is.

    One body for several people is never tracked individually: more than one address lowers the decision to AGGREGATE,
    or off without a `campaign`, with the reason `shared_body`. Send each person their own message instead.

    Args:
        message: An `EmailMessage` or `Message`, of any policy.
        decision: From `resolve` or `resolve_shared`.
        domain: Receives opens and clicks; its keys sign.
        message_id: The sender's own id for this message to this person; not its Message-ID header.
        recipient: Position in the message's recipient list, 0 to 65,535.
        sender: The sender, if not the one in the fields; an empty str is the sender of a bounce.
        recipients: The recipients, if not those in the fields; names in front of addresses are left out.
        shared: False means that several addresses belong to one person.
        campaign: What aggregate tokens are made from.
        destination: As for `track_html`.
        destinations: The same.
        text_links: Track the links of the plain part too.
        policy: Which links are trackable.
        pixel_position: As for `track_html`.
        allow_signed: Track a message that is signed already, which breaks the signature.
        prefix: The prefix of the override headers' names.
        slots: How the markers of the message's slots are written; see `scan_message`. An address that is a slot is not
            read: pass the recipients.
        defaults: The text to use for a missing, None or empty value, by name.
        values: One recipient's value of each slot.
        pixel_slot: The slot in the HTML whose marker the pixel replaces.
        now: When the tokens are issued; the current time by default.

    Raises:
        BadDestination: `destination` returned a URL that no click may go to.
        BadSlot: A marker is where no value can be written safely.
        BadValue: A value cannot be written in the place of its slot.
        MissingValue: A slot has neither a value nor a default.
        TypeError: An argument has the wrong type.
        ValueError: There is no sender or no recipient, or an address that no server would take; more than one block of
            Resent fields; or as for `message_bytes` and `track_message`.

    >>> from email.message import EmailMessage
    >>> from lmtrack import Consent, Route, TrackingDomain, make_keys, resolve
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> decision = resolve(Route(track_opens=True, require_consent=True), consent=Consent.GRANTED)
    >>> message = EmailMessage()
    >>> message["From"], message["To"] = "letters@shop.example", "Ann <ann@reader.example>"
    >>> message.set_content("<p>Hello</p>", subtype="html")
    >>> mail = prepare_message(message, decision, domain=domain, message_id="m-1")
    >>> mail.sender, mail.recipients, b"https://track.example/o/" in mail.raw
    ('letters@shop.example', ('ann@reader.example',), True)
    """
    check_type(bool, shared=shared)
    check_type(Message, message=message)
    check_type(Decision, decision=decision)
    envelope = read_envelope(message, sender=sender, recipients=recipients)
    sent = copy(message)
    for name in HIDDEN_FIELDS:
        del sent[name]
    if shared and len(envelope.recipients) > 1:
        decision = decision.lower(Reason.SHARED_BODY, opens=TrackingMode.AGGREGATE, clicks=TrackingMode.AGGREGATE)
    tracked = track_message(
        message_bytes(sent),
        decision,
        domain=domain,
        message_id=message_id,
        recipient=recipient,
        campaign=campaign,
        destination=destination,
        destinations=destinations,
        text_links=text_links,
        policy=policy,
        pixel_position=pixel_position,
        allow_signed=allow_signed,
        prefix=prefix,
        slots=slots,
        defaults=defaults,
        values=values,
        pixel_slot=pixel_slot,
        now=now,
    )
    return Prepared(raw=tracked.raw, sender=envelope.sender, recipients=envelope.recipients, tracked=tracked)


def campaign_urls(
    source: str | HtmlDocument | bytes | MessageDocument, /, *, policy: LinkPolicy = _DEFAULT_POLICY
) -> tuple[str, ...]:
    """Return the destinations of a template that are the same for everyone, each once: what `Campaign.urls` holds.

    Links with slots or other markers in them are left out, because an aggregate click must not identify a person.

    Args:
        source: The template: HTML as str, a raw message as bytes, or what `scan_html` or `scan_message` made of one.
        policy: Which links are trackable.

    Raises:
        TypeError: An argument has the wrong type.

    >>> campaign_urls('<a href="https://shop.example/">Shop</a> <a href="https://shop.example/?u={{ id }}">You</a>')
    ('https://shop.example/',)
    """
    check_type(LinkPolicy, policy=policy)
    if isinstance(source, bytes | MessageDocument):
        document = source if isinstance(source, MessageDocument) else MessageDocument(source)
        layout = document.layout(policy, None, text_links=True, allow_signed=True)
        plans = [planned.plan for planned in layout.leaves.values()]
    else:
        page = source if isinstance(source, HtmlDocument) else HtmlDocument(plain_str(source, "source"))
        plans = [page.plan(policy, None)]
    return tuple(dict.fromkeys(link.url for plan in plans for link in plan.links if not link.personal))


def untrack_message(raw: bytes, /, *, domain: TrackingDomain | str) -> bytes:
    r"""Restore every link that the domain's keys signed, and remove our pixels, in displayed parts.

    For archives, "view in browser" pages and resending. Links with expired tokens are restored too; a link by id
    contains no destination and stays as it is, and so does whatever the keys did not sign. Signatures are ignored.
    Returns the same object if nothing of ours is in it.

    `domain` may be a base URL without keys, for programs that must not have the keys: then everything under that URL
    that looks like one of our URLs is undone without verification.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `domain` is a str, but not a base URL.

    >>> from lmtrack import TrackingDomain, make_keys
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> untrack_message(b"Subject: Hi\r\n\r\nNothing of ours\r\n", domain=domain)
    b'Subject: Hi\r\n\r\nNothing of ours\r\n'
    """
    owner = owner_of(domain)
    raw = plain_bytes(raw, "raw")
    edits = [edit for leaf in MessageDocument(raw).leaves().values() for edit in leaf.untracking_edits(owner)]
    return splice_octets(raw, edits) if edits else raw


def revert_message(raw: bytes, edits: Iterable[RawEdit], /) -> bytes:
    r"""Undo the edits of `track_message` and return the exact source, control headers included.

    Raises:
        TypeError: `raw` is not bytes.
        ValueError: The edits are not in order, or the message does not contain what they put there.

    >>> revert_message(b"Subject: Hi\r\n", [RawEdit(0, b"X-LM-Override-Track-Opens: no\r\n", b"")])
    b'X-LM-Override-Track-Opens: no\r\nSubject: Hi\r\n'
    """
    return revert(plain_bytes(raw, "raw"), edits)


def strip_control_headers(raw: bytes, /, *, prefix: str = PREFIX) -> bytes:
    r"""Remove a message's own override headers, malformed and misspelt ones too; the same object if there are none.

    One that a signature names in its `h=` stays, because deleting it would break the signature. Other headers under the
    prefix belong to someone else and stay.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: `prefix` is empty or cannot be part of a header name.

    >>> strip_control_headers(b"Subject: Hi\r\nX-LM-Override-Track-Opens: false\r\n\r\nHello\r\n")
    b'Subject: Hi\r\n\r\nHello\r\n'
    """
    raw = plain_bytes(raw, "raw")
    removals = read_controls(raw, plain_str(prefix, "prefix")).removals
    return splice_octets(raw, removals) if removals else raw


def _left(part: Part, reason: PartReason, /) -> MessagePart:
    return MessagePart(part.path, part.content_type, PartAction.UNTOUCHED, reason)


def _untouched(document: MessageDocument, decision: Decision, removals: tuple[RawEdit, ...], /) -> TrackedMessage:
    """Return the message without its control headers; none of its parts is decoded."""
    return TrackedMessage(
        raw=splice_octets(document.raw, removals) if removals else document.raw,
        parts=tuple(_left(part, part.reason or PartReason.NOT_TRACKED) for part in document.found),
        links=(),
        skipped=(),
        edits=removals,
        pixel=None,
        decision=decision,
    )


def _holding(message: Sending, document: MessageDocument, policy: LinkPolicy, /) -> Decision:
    """Return what holds for a message that may be tracked from before, as after a queue."""
    decision = message.decision
    is_full = decision.opens is decision.clicks is TrackingMode.INDIVIDUAL
    if is_full or not document.may_hold(host_of(message.domain.base_url)):
        return decision
    layout = document.layout(policy, message.domain, text_links=True, allow_signed=True)
    return message.holding(lambda: layout.clicks, lambda: own_pixels(layout, message.domain))


def _document(
    source: bytes | MessageDocument, slots: SlotMarkers | None, defaults: Mapping[str, str] | None, /
) -> MessageDocument:
    if not isinstance(source, MessageDocument):
        return MessageDocument(source, read_slots(slots, defaults))
    if slots is not None or defaults is not None:
        raise ValueError("slots and defaults belong to scan_message, which made this document")
    return source


def _what_holds(message: Sending, layout: Layout, wanted: PartEdits, written: WrittenParts, /) -> Sending:
    """Lower the decision to what could be written."""
    off, keep = TrackingMode.OFF, TrackingMode.INDIVIDUAL
    read = [planned for planned in layout.leaves.values() if planned.is_tracked]
    message = message.lowered(
        Reason.NO_HTML,
        opens=keep if any(planned.leaf.is_html for planned in read) else off,
        clicks=keep if read else off,
    )
    return message.lowered(
        Reason.LINE_TOO_LONG,
        opens=off if wanted.pixel and written.pixel is None else keep,
        clicks=off if written.unwritten and not has_written_links(layout, wanted, written) else keep,
    )


def _part(part: Part, number: int, written: WrittenParts, /) -> MessagePart:
    if number in written.tracked:
        return MessagePart(part.path, part.content_type, PartAction.TRACKED, None)
    reason = written.reasons.get(number, PartReason.NO_CHANGE)
    action = PartAction.MERGED if number in written.changed else PartAction.UNTOUCHED
    return MessagePart(part.path, part.content_type, action, reason)
