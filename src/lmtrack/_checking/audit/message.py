"""The audit of a whole message: every part that a reader could show, and the header of every message in it.

A part is looked at in each of its readings and in each form that it may be taken for. Header fields that ask for an
answer when a message is read are tracking without a pixel.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from lmtrack._checking.audit.known_hosts import read_known_hosts
from lmtrack._checking.audit.page import Audit, audit_of, audit_page, audit_text
from lmtrack._checking.finding import Finding, FindingKind
from lmtrack._checking.messages.body_readings import read_characters, read_octets
from lmtrack._checking.messages.entities import Entity, Head, is_encoded_message, place_of, read_entities
from lmtrack._checking.messages.part_kinds import FOLD, SOFT_BREAK, Form, PartKind, as_html
from lmtrack._checks import plain_bytes
from lmtrack._headers import iter_fields, unfold
from lmtrack._url.reader import remote_url
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from lmtrack._checking.audit.known_hosts import KnownHosts

# By lower-case name, with what a value that asks for nothing looks like.
_RECEIPTS: Final = {
    "disposition-notification-to": "",  # RFC 8098 section 2.1
    "return-receipt-to": "",  # sendmail and UW: meant for delivery, taken for reading by many mail clients
    "return-receipt-requested": "",  # older mail clients
    "read-receipt-to": "",  # the same
    "x-confirm-reading-to": "",  # Pegasus Mail and Mercury
    "x-confirm-reading": "0",
    "x-pmrqc": "0",  # Pegasus Mail: a number, not an address
}
_LONGEST_NAME: Final = max(map(len, _RECEIPTS))
_BLANKS: Final = " \t\r\n:"
_MOST_READINGS: Final = 4  # of one part; our choice, like the next
_MOST_BASES: Final = 4
# RFC 4880 section 6.2, after RFC 1991; in HTML a line begins behind a tag too. A signed text can be read, and what
# someone quotes is not decrypted.
_PGP: Final = re.compile(r"^[\ufeff \t]*+-----BEGIN PGP MESSAGE", re.MULTILINE)
_PGP_IN_PAGE: Final = re.compile(r"(?:^|>)[\ufeff \t]*+-----BEGIN PGP MESSAGE", re.MULTILINE)
# Programs look for files in the text of old mail; what they show by its name could load something.
_FILE_IN_TEXT: Final = re.compile(
    r"^(?:begin(?:-base64)? [0-7]{3,4}|=ybegin) [^\r\n]*\.(?:[sx]?html?|xht|svg|eml|mht)[ \t\r]*+$",
    re.MULTILINE | re.IGNORECASE,
)
_ENTITY: Final = re.compile(r"<!ENTITY[ \t\r\n]")
_ESCAPED: Final = re.compile(r"\\([\\;,nN])")
_HAS_TAG: Final = re.compile(r"<[a-zA-Z!]")
_MOST_ENCODED: Final = 4  # messages in messages, each encoded as a whole, which no mail may be; our choice


def _find_receipts(block: bytes, place: str, /) -> Iterator[Finding]:
    """Find the fields of a message's header that ask for a receipt, malformed ones too; linear."""
    for field in iter_fields(block):
        if len(field.name) > _LONGEST_NAME or (name := field.name.lower()) not in _RECEIPTS:
            continue
        value = unfold(field.value).strip(_BLANKS)  # of a malformed line the colon is part of it
        if value not in {"", _RECEIPTS[name]}:
            where = f"header {field.name}" if place == "message" else f"{place}, header {field.name}"
            why = "it asks the reader's program to answer when the mail is read"
            yield Finding(kind=FindingKind.READ_RECEIPT, place=where, why=why)


def _audit_part(part: Entity, known_hosts: KnownHosts, /) -> Iterator[Finding]:
    """Find what one part holds; nothing for a part that no reader shows."""
    place = place_of(part.path)
    kind = PartKind(part)
    forms, readings = yield from _read_part(part, kind, known_hosts, place)
    if len(readings) > _MOST_READINGS:
        why = f"programs may read it in more than {_MOST_READINGS} ways"
        yield Finding(kind=FindingKind.LIMIT_REACHED, place=place, why=why)
    bases = _bases(part) if readings else []
    if len(bases) > _MOST_BASES:
        why = f"its addresses may be relative to more than {_MOST_BASES} others"
        yield Finding(kind=FindingKind.LIMIT_REACHED, place=place, why=why)
    for text in dict.fromkeys(readings[:_MOST_READINGS]):
        yield from _audit_text(text, forms, place)
        for form in forms:
            yield from _audit_form(form, text, bases[:_MOST_BASES], known_hosts, place)
        if part.headers.delsp and Form.TEXT in forms:
            yield from audit_text(SOFT_BREAK.sub("", text), known_hosts, place)


def _read_part(
    part: Entity, kind: PartKind, known_hosts: KnownHosts, place: str, /
) -> Generator[Finding, None, tuple[tuple[Form, ...], list[str]]]:
    """Find what cannot be read; return how the part is looked at, and its texts. Its bytes are not kept."""
    octets = read_octets(part.body, part.headers.encoding, closed=part.closed)
    if closed := kind.closed(octets.readings[0]):
        yield Finding(kind=closed[0], place=place, why=closed[1])
        return (), []
    if kind.content_type in {"message/partial", "message/external-body"}:
        yield Finding(kind=FindingKind.TRUNCATED, place=place, why="what it shows is somewhere else")
        url = kind.parameters.get("url", "")  # RFC 2017
        yield from audit_text("".join(url.split()), known_hosts, place)
    forms = kind.forms(octets.readings)
    if not forms:
        return (), []
    if octets.problem is not None:
        yield Finding(kind=octets.problem.kind, place=place, why=octets.problem.why)
    readings: list[str] = []
    for content in octets.readings:
        characters = read_characters(content, part.headers.charset)
        readings += characters.readings
        for problem in characters.problems:
            yield Finding(kind=problem.kind, place=place, why=problem.why)
    return forms, readings


def _audit_text(text: str, forms: tuple[Form, ...], place: str, /) -> Iterator[Finding]:
    """Find what a text holds that cannot be read."""
    is_page = Form.PAGE in forms or Form.XML in forms
    if (_PGP_IN_PAGE if is_page else _PGP).search(text):
        yield Finding(kind=FindingKind.ENCRYPTED, place=place, why="it holds a PGP message")
    if Form.TEXT in forms and _FILE_IN_TEXT.search(text):
        why = "it contains a file (uuencode, yEnc) that some programs show as a page"
        yield Finding(kind=FindingKind.UNDECODABLE, place=place, why=why)
    if Form.XML in forms and _ENTITY.search(text):
        why = "it declares its own entities, and what they stand for was not examined"
        yield Finding(kind=FindingKind.UNDECODABLE, place=place, why=why)


def _audit_form(form: Form, text: str, bases: list[str], known_hosts: KnownHosts, place: str, /) -> Iterator[Finding]:
    if form in {Form.PAGE, Form.XML}:
        text = as_html(text) if form is Form.XML else text
        yield from audit_page(text, known_hosts, place, bases)
    elif form is Form.STYLE:
        # An escaped slash is a slash, in strings and URLs too, and ends no element (CSS Syntax 3, section 4.3.7).
        style = text.replace("</", "<\\/")
        yield from audit_page(f"<style>{style}</style>", known_hosts, place)
    elif form is Form.CALENDAR:
        plain = _ESCAPED.sub(lambda escaped: "\n" if escaped[1] in "nN" else escaped[1], FOLD.sub("", text))
        yield from audit_text(plain, known_hosts, place)
        if _HAS_TAG.search(plain):  # Outlook shows X-ALT-DESC, which is HTML
            yield from audit_page(plain, known_hosts, place)
    else:
        yield from audit_text(text, known_hosts, place)


def _bases(part: Entity, /) -> list[str]:
    """What relative URLs of a part are relative to (RFC 2557 section 5): its own place, or one around it."""
    values = [
        unfold(field.value)
        for block in dict.fromkeys((part.block, *part.around))
        for field in iter_fields(block)
        if field.name.lower() in {"content-base", "content-location"}
    ]
    urls = (remote_url("".join(value.split()).strip("\"'<>")) for value in values)
    return list(dict.fromkeys(url for url in urls if url))


def audit_message(
    raw: bytes,
    /,
    *,
    domains: Sequence[TrackingDomain | str] = (),
    known_trackers: Sequence[str] = (),
) -> Audit:
    r"""Check whether a message tracks who opens it, clicks in it or reads it, and return the evidence.

    It examines every part that a mail program may show, attached and forwarded parts too, and the header fields that
    ask for a receipt. Delivered messages can be audited too. A message with content that is encrypted, cut off, or read
    differently from program to program is `not_provable`, unless a tracker was found. Content never raises; time and
    memory are linear.

    Args:
        raw: The message.
        domains: Your own tracking domains, as for `audit_html`.
        known_trackers: Hosts that track, including all their subdomains.

    Raises:
        TypeError: An argument has the wrong type, or one str or URL was passed instead of a sequence.
        ValueError: A str is not a host name, or, in `domains`, a URL with one.

    >>> from lmtrack import audit_message
    >>> raw = b"Disposition-Notification-To: ann@shop.example\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>\r\n"
    >>> audit = audit_message(raw)
    >>> audit.outcome.value, audit.findings[0].place
    ('tracked', 'header Disposition-Notification-To')
    """
    return audit_of(_audit(plain_bytes(raw, "raw"), read_known_hosts(domains, known_trackers), "", 0, 0))


def _audit(raw: bytes, known_hosts: KnownHosts, path: str, depth: int, encoded: int, /) -> Iterator[Finding]:
    for item in read_entities(raw, path, depth):
        if isinstance(item, Finding):
            yield item
        elif isinstance(item, Head):
            yield from _find_receipts(item.block, place_of(item.path))
        else:
            yield from _audit_entity(item, known_hosts, depth, encoded)


def _audit_entity(part: Entity, known_hosts: KnownHosts, depth: int, encoded: int, /) -> Iterator[Finding]:
    place = place_of(part.path)
    for path, kind in part.above:
        if kind == "multipart/encrypted":
            yield Finding(kind=FindingKind.ENCRYPTED, place=place_of(path), why="it is encrypted")
    is_file = False
    if not is_encoded_message(part):
        yield from _audit_part(part, known_hosts)
        is_file = PartKind(part).is_message_file()
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
    yield from _audit(octets.readings[0], known_hosts, part.path, depth + len(part.above) + 1, encoded + 1)
