"""Compare what several people get of one email: whole messages, part by part, and their header fields.

No program asks for a URL because it is in a header, so a header that differs tells nobody of an open. Yet one that
nobody expects to differ (`X-Campaign-Recipient: 4471`) shows that the sender tells copies apart.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from html import unescape
from itertools import chain, pairwise, zip_longest
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from lmtrack._checking.compare.occurrences import read_text
from lmtrack._checking.compare.pages import Difference, align, compare_pages, read_allow, several
from lmtrack._checking.messages.body_readings import read_characters, read_octets
from lmtrack._checking.messages.entities import Entity, Head, is_encoded_message, place_of, read_entities
from lmtrack._checking.messages.part_kinds import FOLD, SOFT_BREAK, Form, PartKind, as_html
from lmtrack._checking.unsubscribe.list_field import read_list_field
from lmtrack._checks import plain_bytes
from lmtrack._headers import iter_fields, unfold
from lmtrack._mime.part_headers import read_field
from lmtrack._url.reader import remote_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lmtrack._checking.compare.occurrences import Occurrence
    from lmtrack._checking.compare.pages import Allowed
    from lmtrack._checking.finding import Finding

_SIGNATURES: Final = frozenset((
    "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
))  # fmt: skip
_SHOWN_DIGITS: Final = 16

_SIGNED: Final = "it signs a message, and no two messages are the same"
_CLOSED: Final = (
    "the part is not the same for everyone and was not examined; showing it requests nothing if it is a picture, and "
    "what it does is unknown if it is encrypted or a document"
)
_OTHER_ALTERNATIVES: Final = "programs show one of these parts, and which ones there are is not the same for everyone"
_OTHER_PARTS: Final = "this part has other parts of the message loaded than in the other copies"
_CONTENT_ID: Final = re.compile(r"cid:([^\s\"'<>()]++)", re.IGNORECASE)
_SHOWN_AS_IT_IS: Final = re.compile("(?:image/(?!svg)|audio/|video/)")  # loads nothing itself
_UNLISTED: Final = (
    "it is in the message's own List-Unsubscribe, which identifies the recipient, and is only loaded by a click"
)


class _Copy(NamedTuple):
    """One person's message.

    Attributes:
        heads: The header blocks of messages by their paths.
        within: The header blocks of parts that hold others, by their paths.
        alternatives: The types of the parts of each multipart/alternative by their paths, by its own.
        blocks: The header blocks of messages.
        parts: By their paths.
        ids: The paths of parts by their Content-IDs, of those that may load something.
        unclear: Why there may be more.
        unsubscribe: Its URLs for that.
    """

    heads: dict[str, bytes]
    within: dict[str, bytes]
    alternatives: dict[str, dict[str, str]]
    blocks: set[bytes]
    parts: dict[str, Entity]
    ids: dict[str, str]
    unclear: list[Finding]
    unsubscribe: frozenset[str]


class _Content(NamedTuple):
    """What a part shows; `text` is None if it is not text, and `octets` then what it holds."""

    octets: bytes
    page: str | None
    text: str | None
    problems: tuple[str, ...]


def compare_messages(raws: Sequence[bytes], /, *, allow: Sequence[str | re.Pattern[str]] = ()) -> list[Difference]:
    r"""Return what differs between copies of one email: URLs, as `compare_renderings` does, headers and other parts.

    Parts are compared by their place; how a part is encoded does not matter, nor what comes before the first or after
    the last part, which no program shows. Headers that differ in all mail (To, Date, Message-ID, boundaries,
    signatures, List-Unsubscribe, what servers write) are in the result with `expected` True; so are links in the body
    that are the message's own List-Unsubscribe. Any other header is not expected to differ. Nor is a part that holds no
    text, such as a picture or an invoice: it requests nothing when the message is opened, but the message is not the
    same for everyone, and the part's content was not examined. A message that cannot be read reliably, and is not the
    same for everyone, is a difference that is not expected.

    Pass the messages as they are sent. What later services add (such as a relay that tracks) is only in the delivered
    messages.

    Args:
        raws: The message as it was made for each person, two or more.
        allow: What is personal on purpose, as for `compare_renderings`; all `values` are compared with it.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: There are fewer than two messages.

    >>> mail = b"To: %s\r\nSubject: News\r\nX-Lead: %d\r\n\r\nSee https://shop.example/\r\n"
    >>> for found in compare_messages([mail % (b"ann@a.example", 17), mail % (b"bob@b.example", 18)]):
    ...     print(found.place, found.values, found.expected)
    header To ('ann@a.example', 'bob@b.example') True
    header X-Lead ('17', '18') False
    """
    given = several(raws, plain_bytes)
    allowed = read_allow(allow)
    if len(set(given)) == 1:
        return []
    known = {raw: _read_copy(raw) for raw in set(given)}
    copies = [known[raw] for raw in given]
    return list(_compare(copies, allowed))


def _compare(copies: list[_Copy], allowed: Allowed, /) -> Iterator[Difference]:
    for path in _paths(copy.heads for copy in copies):
        blocks = [copy.heads.get(path) for copy in copies]
        yield from _compare_headers(blocks, allowed, place=place_of(path) if path else "")
    for path in _paths(copy.within for copy in copies):
        yield from _compare_headers([copy.within.get(path) for copy in copies], allowed, place=place_of(path))
    for path in _paths(copy.alternatives for copy in copies):
        kinds = tuple(", ".join(copy.alternatives.get(path, {}).values()) or None for copy in copies)
        if len(set(kinds)) > 1:
            yield Difference(place=place_of(path), values=kinds, expected=False, why=_OTHER_ALTERNATIVES)
    for path in _paths(copy.parts for copy in copies):
        yield from _compare_part(path, copies, allowed)
    unclear = dict.fromkeys((finding.place, finding.why) for copy in copies for finding in copy.unclear)
    for place, why in unclear:
        yield _unsure(place, why, len(copies))


def _paths(of_each: Iterable[Iterable[str]], /) -> list[str]:
    """Return the paths that any copy has, in order."""
    return list(dict.fromkeys(chain.from_iterable(of_each)))


def _unsure(place: str, why: str, count: int, /) -> Difference:
    why = f"the messages differ, and one cannot be read reliably: {why}"
    return Difference(place=place, values=(None,) * count, expected=False, why=why)


def _read_copy(raw: bytes, /) -> _Copy:
    copy = _Copy({}, {}, {}, set(), {}, {}, [], _unsubscribe_urls(raw))
    for item in read_entities(raw):
        if isinstance(item, Head):
            copy.heads.setdefault(item.path, item.block)
            copy.blocks.add(item.block)
        elif isinstance(item, Entity):
            copy.parts.setdefault(item.path, item)
            _take(item, copy)
        else:
            copy.unclear.append(item)
    return copy


def _take(part: Entity, copy: _Copy, /) -> None:
    """Note what a part is in, and what it is known by."""
    copy.within.update(reversed(part.within))
    here = (part.path, part.headers.content_type)
    for (path, kind), (inner, inner_kind) in pairwise((*part.above, here)):
        if kind == "multipart/alternative":
            copy.alternatives.setdefault(path, {})[inner] = inner_kind
    if part.headers.content_id and not _SHOWN_AS_IT_IS.match(part.headers.content_type):
        copy.ids.setdefault(part.headers.content_id, part.path)


def _unsubscribe_urls(raw: bytes, /) -> frozenset[str]:
    values = (unfold(field.value) for field in iter_fields(raw) if field.name.lower() == "list-unsubscribe")
    uris = [uri.text for value in values for uri in read_list_field(value).uris]
    return frozenset(url for uri in uris for url in (uri, remote_url(uri)) if url)


def _compare_part(path: str, copies: list[_Copy], allowed: Allowed, /) -> Iterator[Difference]:
    place, parts = place_of(path), [copy.parts.get(path) for copy in copies]
    contents = [part and _content(part) for part in parts]
    # The header of a message without parts has been compared already.
    blocks = [
        part.block if part and part.block not in copy.blocks else None for part, copy in zip(parts, copies, strict=True)
    ]
    yield from _compare_headers(blocks, allowed, place=place)

    def own(number: int, occurrence: Occurrence) -> str | None:
        return _UNLISTED if occurrence.is_link and occurrence.url in copies[number].unsubscribe else None

    pages = [content and content.page for content in contents]
    yield from compare_pages(pages, allowed, place=place, own=own)
    loaded = tuple(map(_parts_named, pages, copies))
    if len(set(loaded)) > 1:
        yield Difference(place=place, values=loaded, expected=False, why=_OTHER_PARTS)
    texts = [read_text((content and content.text) or "") for content in contents]
    yield from align(texts, allowed, place=place, own=own, key=_key)
    yield from _compare_octets(place, parts, contents, allowed)
    if len(set(contents)) > 1:
        for why in dict.fromkeys(why for content in contents if content for why in content.problems):
            yield _unsure(place, why, len(parts))


def _parts_named(page: str | None, copy: _Copy, /) -> str | None:
    """Return the paths of the parts that a page has loaded by their Content-IDs."""
    if page is None or not copy.ids:
        return None
    paths = (copy.ids.get(unquote(name)) for name in _CONTENT_ID.findall(unescape(page)))
    return ", ".join(dict.fromkeys(filter(None, paths))) or None


def _key(occurrence: Occurrence, /) -> str:
    return occurrence.url


def _compare_octets(
    place: str, parts: list[Entity | None], contents: list[_Content | None], allowed: Allowed, /
) -> Iterator[Difference]:
    """Compare what is not text, by name and hash."""
    values = tuple(
        None
        if part is None or content is None or (content.page, content.text) != (None, None)
        else f"{_name(part)}; sha256={sha256(content.octets).hexdigest()[:_SHOWN_DIGITS]}"
        for part, content in zip(parts, contents, strict=True)
    )
    if len(set(values)) > 1:
        kinds = {part.headers.content_type for part in parts if part is not None}
        signed = kinds <= _SIGNATURES
        expected = signed or all(value is None or allowed(value) for value in values)
        why = _SIGNED if signed else "the part is not the same for everyone, and was declared personal"
        yield Difference(place=place, values=values, expected=expected, why=why if expected else _CLOSED)


def _name(part: Entity, /) -> str:
    """The file name of a part, or its type."""
    names = [
        read_field(field.value).parameters.get(parameter, "")
        for parameter, header in (("filename", "content-disposition"), ("name", "content-type"))
        for field in iter_fields(part.block)
        if field.name.lower() == header
    ]
    return next(filter(None, names), part.headers.content_type)


def _content(part: Entity, /) -> _Content:
    """Decode a part; of a text only what it shows is left, as one page and one text in all its readings."""
    octets = read_octets(part.body, part.headers.encoding, closed=part.closed)
    problems = [octets.problem.why] if octets.problem else []
    forms = PartKind(part).forms(octets.readings)
    if is_encoded_message(part) or not forms:
        return _Content(b"\0".join(octets.readings), None, None, tuple(problems))
    readings: list[str] = []
    for content in octets.readings:
        characters = read_characters(content, part.headers.charset)
        readings += characters.readings
        problems += [problem.why for problem in characters.problems]
    text = "\n".join(dict.fromkeys(readings))
    if Form.CALENDAR in forms:
        text = FOLD.sub("", text)
    if part.headers.delsp:
        text = SOFT_BREAK.sub("", text)
    pages: list[str] = []
    if not {Form.PAGE, Form.XML, Form.CALENDAR}.isdisjoint(forms):  # Outlook shows X-ALT-DESC of a calendar
        pages.append(as_html(text) if Form.XML in forms else text)
    if Form.STYLE in forms:
        pages.append(f"<style>{text}</style>")
    is_text = Form.TEXT in forms or Form.CALENDAR in forms
    return _Content(b"", "\n".join(pages) or None, text if is_text else None, tuple(problems))


_ADDRESSED: Final = "it names the recipient, as mail has to"
_IDENTITY: Final = "every message has its own"
_TEXT: Final = "it is text for people, and text may differ"
_SIGNATURE: Final = "it signs or hashes a message, and no two messages are the same"
_ON_THE_WAY: Final = "servers write it along the way"
_KEPT: Final = "a mailbox keeps it for itself"
_UNSUBSCRIBE: Final = "RFC 8058 has it name the recipient, so that one click is enough"

# Our choice of 2026-11, after RFC 5322 section 3.6, RFC 5321 section 4.4, RFC 2045, RFC 2369, RFC 6376, RFC 8058,
# RFC 8601, RFC 8617, and what the delivered messages of the SpamAssassin corpus and of Gmail, Outlook, Postfix, Exim
# and Rspamd hold. Reply-To, Sender, Feedback-ID and References are not among them: one for each person tells who.
_EXPECTED: Final = {
    "to": _ADDRESSED, "cc": _ADDRESSED, "bcc": _ADDRESSED, "apparently-to": _ADDRESSED, "delivered-to": _ADDRESSED,
    "envelope-to": _ADDRESSED, "x-original-to": _ADDRESSED, "x-envelope-to": _ADDRESSED, "x-delivered-to": _ADDRESSED,
    "x-rcpt-to": _ADDRESSED, "message-id": _IDENTITY, "date": _IDENTITY, "content-id": _IDENTITY,
    "": _ON_THE_WAY, "boundary": _IDENTITY, "content-length": _IDENTITY, "lines": _IDENTITY, "status": _IDENTITY,
    "subject": _TEXT, "thread-topic": _TEXT,
    "dkim-signature": _SIGNATURE,
    "x-google-dkim-signature": _SIGNATURE, "domainkey-signature": _SIGNATURE, "content-md5": _SIGNATURE,
    "received": _ON_THE_WAY, "x-received": _ON_THE_WAY, "return-path": _ON_THE_WAY, "received-spf": _ON_THE_WAY,
    "authentication-results": _ON_THE_WAY, "delivery-date": _ON_THE_WAY, "x-virus-scanned": _ON_THE_WAY,
    "x-forefront-antispam-report": _ON_THE_WAY, "x-eopattributedmessage": _ON_THE_WAY,
    "list-unsubscribe": _UNSUBSCRIBE,
    **dict.fromkeys(
        (
            *("x-tuid", "x-uidl", "x-uid", "x-keywords", "x-imapbase", "x-imap", "x-status", "x-label"),
            *("x-offlineimap", "x-gmail-labels", "x-mozilla-status", "x-mozilla-status2", "x-mozilla-keys"),
            *("x-account-key", "x-evolution-source", "x-getmail-retrieved-from-mailbox",),
            *("x-fetchmail-warning", "x-original-date"),
        ),
        _KEPT,
    ),
}  # fmt: skip
_EXPECTED_STARTS: Final = {
    "arc-": _SIGNATURE, "x-gm-": _ON_THE_WAY, "x-google-smtp-": _ON_THE_WAY, "x-ms-exchange-": _ON_THE_WAY,
    "x-microsoft-antispam": _ON_THE_WAY, "x-ms-office365-": _ON_THE_WAY, "x-spam-": _ON_THE_WAY,
    "x-spamd-": _ON_THE_WAY, "x-rspamd-": _ON_THE_WAY, "x-amavis-": _ON_THE_WAY,
    "x-ms-traffictypediagnostic": _ON_THE_WAY,
}  # fmt: skip
_DECLARED: Final = "the header is not the same for everyone, and was declared personal"
_OTHER: Final = "the header is not the same for everyone, and nothing in mail needs it to differ"


def _expected_why(name: str, /) -> str | None:
    """Say why a header (in lower case) is expected to differ; None if it is not."""
    for start, why in _EXPECTED_STARTS.items():
        if name.startswith(start):
            return why
    return _EXPECTED.get(name)


class _Field(NamedTuple):
    """A field of several headers.

    Attributes:
        name: As the first of them writes it.
        columns: Its values in each header, in order.
    """

    name: str
    columns: list[list[str]]


def _compare_headers(blocks: Sequence[bytes | None], allowed: Allowed, /, *, place: str) -> list[Difference]:
    """Compare header blocks, of which some may be missing."""
    if len(set(blocks)) == 1 or sum(block is not None for block in blocks) < 2:
        return []
    where = f"{place}, header " if place else "header "
    return [
        _difference(where + field.name, key, beside, allowed)
        for key, field in _fields(blocks).items()
        for beside in zip_longest(*field.columns)
        if len({value for value, block in zip(beside, blocks, strict=True) if block is not None}) > 1
    ]


def _fields(blocks: Sequence[bytes | None], /) -> dict[str, _Field]:
    """Return the fields of all headers by their names in lower case; a missing header has none."""
    fields: dict[str, _Field] = {}
    for number, block in enumerate(blocks):
        for key, (name, values) in _read_fields(block or b"").items():
            fields.setdefault(key, _Field(name, [[] for _ in blocks])).columns[number].extend(values)
    return fields


def _difference(place: str, key: str, values: tuple[str | None, ...], allowed: Allowed, /) -> Difference:
    why = _expected_why(key)
    if why is None and all(value is None or allowed(value) for value in values):
        why = _DECLARED
    return Difference(place=place, values=values, expected=why is not None, why=why or _OTHER)


def _read_fields(block: bytes, /) -> dict[str, tuple[str, list[str]]]:
    """The values of each field by its name in lower case, with the name as it is written."""
    fields: dict[str, tuple[str, list[str]]] = {}
    for field in iter_fields(block):
        key, name = field.name.lower(), field.name or "(mbox line)"
        value = unfold(field.value).strip(" \t\r\n")
        if key == "content-transfer-encoding":  # how a part is written down; what it says is compared when it is read
            continue
        if not field.certain:  # some take it, and what follows it, for something else
            key, name = f"{key} ", f"{name} (malformed)"
        elif key == "content-type":
            read = read_field(value)
            parameters = dict(read.parameters)
            if boundary := parameters.pop("boundary", None):
                fields.setdefault("boundary", ("Content-Type boundary", []))[1].append(boundary)
            if read.value.startswith("text/"):  # the charset is a way of writing
                parameters.pop("charset", None)
            value = "; ".join([read.value, *(f"{one}={parameters[one]}" for one in sorted(parameters))])
        fields.setdefault(key, (name, []))[1].append(value)
    return fields
