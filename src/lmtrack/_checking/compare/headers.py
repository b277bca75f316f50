"""Header fields: which of them differ from mail to mail by their nature, and whether others do.

No program asks for a URL because it is in a header, so a header that differs tells nobody of an open. Yet one that
nobody expects to differ (`X-Campaign-Recipient: 4471`) shows that the sender tells copies apart.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.compare.difference import Difference
from lmtrack._headers import iter_fields, unfold
from lmtrack._mime.part_headers import read_field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmtrack._checking.compare.difference import Allowed

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
# How a part is written down says nothing; what it says is compared when it is read.
_WRITING: Final = frozenset(("content-transfer-encoding", "mime-version"))


def expected_why(name: str, /) -> str | None:
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


def compare_headers(blocks: Sequence[bytes | None], allowed: Allowed, /, *, place: str) -> list[Difference]:
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
        for key, (name, values) in _read(block or b"").items():
            fields.setdefault(key, _Field(name, [[] for _ in blocks])).columns[number].extend(values)
    return fields


def _difference(place: str, key: str, values: tuple[str | None, ...], allowed: Allowed, /) -> Difference:
    why = expected_why(key)
    if why is None and all(value is None or allowed(value) for value in values):
        why = _DECLARED
    return Difference(place=place, values=values, expected=why is not None, why=why or _OTHER)


def _read(block: bytes, /) -> dict[str, tuple[str, list[str]]]:
    """The values of each field by its name in lower case, with the name as it is written."""
    fields: dict[str, tuple[str, list[str]]] = {}
    for field in iter_fields(block):
        key, name = field.name.lower(), field.name or "(mbox line)"
        value = unfold(field.value).strip(" \t\r\n")
        if key in _WRITING:
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
