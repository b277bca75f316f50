"""Header fields that ask for an answer when a mail is read: tracking without a pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lmtrack._checking.finding import Finding, FindingKind
from lmtrack._headers import iter_fields, unfold

if TYPE_CHECKING:
    from collections.abc import Iterator

# By lower-case name, with what a value that asks for nothing looks like.
_RECEIPTS: Final = {
    "disposition-notification-to": "",  # RFC 8098 section 2.1
    "return-receipt-to": "",  # sendmail and UW: meant for delivery, taken for reading by many mail programs
    "return-receipt-requested": "",  # older mail programs
    "read-receipt-to": "",  # the same
    "x-confirm-reading-to": "",  # Pegasus Mail and Mercury
    "x-confirm-reading": "0",
    "x-pmrqc": "0",  # Pegasus Mail: a number, not an address
}
_LONGEST_NAME: Final = max(map(len, _RECEIPTS))
_BLANKS: Final = " \t\r\n:"


def find_receipts(block: bytes, place: str, /) -> Iterator[Finding]:
    """Find the fields of a message's header that ask for a receipt, malformed ones too; linear."""
    for field in iter_fields(block):
        if len(field.name) > _LONGEST_NAME or (name := field.name.lower()) not in _RECEIPTS:
            continue
        value = unfold(field.value).strip(_BLANKS)  # of a malformed line the colon is part of it
        if value not in {"", _RECEIPTS[name]}:
            where = f"header {field.name}" if place == "message" else f"{place}, header {field.name}"
            why = "it asks the reader's program to answer when the mail is read"
            yield Finding(kind=FindingKind.READ_RECEIPT, place=where, why=why)
