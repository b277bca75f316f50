"""The audit of a whole message: every part that a reader could show, and the header of every message in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from lmtrack._checking.audit.content import audit_part
from lmtrack._checking.audit.known_hosts import watch_of
from lmtrack._checking.audit.outcome import Audit, audit_of
from lmtrack._checking.audit.receipts import find_receipts
from lmtrack._checking.finding import Finding, FindingKind
from lmtrack._checking.messages.entities import Entity, Head, is_encoded_message, place_of, read_entities
from lmtrack._checking.messages.part_kinds import Kind
from lmtrack._checking.messages.transfer import read_octets
from lmtrack._checks import plain_bytes
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack._checking.audit.known_hosts import Watch

_MOST_ENCODED: Final = 4  # messages in messages, each encoded as a whole, which no mail may be; our choice


def audit_message(
    raw: bytes,
    /,
    *,
    domains: Sequence[TrackingDomain | str] = (),
    known_trackers: Sequence[str] = (),
) -> Audit:
    r"""Check whether a message tracks who opens it, clicks in it or reads it, and return the evidence.

    It examines every part that a reader may show, attached and forwarded ones too, and the fields that ask for a
    receipt. It works on a delivered message too. What is encrypted, cut off, or read differently from program to
    program is `not_provable`, unless a tracker was found. Content never makes it fail; time and memory are linear.

    Args:
        raw: The message.
        domains: Our own tracking domains, as for `audit_html`.
        known_trackers: Hosts that track, with all their sub-domains.

    Raises:
        TypeError: An argument has the wrong type; one str or URL instead of a sequence, too.
        ValueError: A str is not a host name, or, in `domains`, a URL with one.

    >>> from lmtrack import audit_message
    >>> raw = b"Disposition-Notification-To: ann@shop.example\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n"
    >>> audit = audit_message(raw)
    >>> audit.outcome.value, audit.findings[0].place
    ('tracked', 'header Disposition-Notification-To')
    """
    return audit_of(_audit(plain_bytes(raw, "raw"), watch_of(domains, known_trackers), "", 0, 0))


def _audit(raw: bytes, watch: Watch, path: str, depth: int, encoded: int, /) -> Iterator[Finding]:
    for item in read_entities(raw, path, depth):
        if isinstance(item, Finding):
            yield item
        elif isinstance(item, Head):
            yield from find_receipts(item.block, place_of(item.path))
        else:
            yield from _audit_entity(item, watch, depth, encoded)


def _audit_entity(part: Entity, watch: Watch, depth: int, encoded: int, /) -> Iterator[Finding]:
    place = place_of(part.path)
    for path, kind in part.above:
        if kind == "multipart/encrypted":
            yield Finding(kind=FindingKind.ENCRYPTED, place=place_of(path), why="it is encrypted")
    is_file = False
    if not is_encoded_message(part):
        yield from audit_part(part, watch)
        is_file = Kind(part).is_message_file()
        if not is_file:
            return
    octets = read_octets(part.body, part.headers.encoding, closed=part.closed)
    if is_file:
        if octets.problem is not None:
            yield Finding(kind=octets.problem.kind, place=place, why=octets.problem.why)
    elif octets.problem is not None or part.headers.encoding != "base64":
        # No mail may be encoded (RFC 2046 section 5.2.1). Of base64 nothing is left for who takes it as it is.
        why = "it is an enclosed message and encoded, and programs differ about that"
        yield Finding(kind=FindingKind.UNDECODABLE, place=place, why=why)
    if encoded == _MOST_ENCODED:
        why = f"more than {_MOST_ENCODED} encoded messages are enclosed in each other"
        yield Finding(kind=FindingKind.LIMIT_REACHED, place=place, why=why)
        return
    yield from _audit(octets.readings[0], watch, part.path, depth + len(part.above) + 1, encoded + 1)
