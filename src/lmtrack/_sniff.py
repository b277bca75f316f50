"""Whether octets are a message: by the header fields they begin with."""

from __future__ import annotations

from typing import Final

from lmtrack._headers import iter_fields

# Fields that stand in every message, or in nothing else (RFC 5322, 2045, 6376, 2369).
_KNOWN: Final = frozenset((
    "cc", "content-transfer-encoding", "content-type", "date", "delivered-to", "dkim-signature", "from", "list-id",
    "list-unsubscribe", "message-id", "mime-version", "received", "reply-to", "return-path", "sender", "subject", "to",
))  # fmt: skip
_OURS: Final = "x-lm-override-"


def is_message(data: bytes, /) -> bool:
    """Whether octets begin as a message: with header fields, a known one among them."""
    for field in iter_fields(data):
        if not field.certain:
            return False
        name = field.name.lower()
        if name in _KNOWN or name.startswith(_OURS):
            return True
    return False
