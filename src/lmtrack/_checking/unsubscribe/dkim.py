"""Which header fields a message's DKIM signatures cover, as far as their tags show (RFC 6376 section 3.5).

Nothing is verified: that takes the signer's key from the DNS. A signature that cannot be valid covers nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lmtrack._headers import unfold

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmtrack._headers import HeaderField

_SIGNATURE: Final = "dkim-signature"
# Section 3.2: `name=value` with blanks around each, separated by semicolons; a last semicolon may follow.
_TAG: Final = re.compile(r"[ \t\r\n]*+([A-Za-z][A-Za-z0-9_]*+)[ \t\r\n]*+=([^;]*+)\Z")
_REQUIRED: Final = ("v", "a", "b", "bh", "d", "h", "s")
# RFC 8301 section 3.1 has rsa-sha1 fail everywhere; RFC 8463 has the last.
_ALGORITHMS: Final = frozenset(("rsa-sha256", "ed25519-sha256"))
_BLANKS: Final = re.compile(r"[ \t\r\n]++")
_MOST_TAGS: Final = 100  # our choice: thirteen are defined


def signed_fields(fields: Iterable[HeaderField], /) -> list[frozenset[str]] | None:
    """Return for each signature the names, lower case, of the fields it covers; None if nothing is signed."""
    signatures = [field for field in fields if field.name.lower() == _SIGNATURE]
    return [_covered(field) for field in signatures] or None


def _covered(field: HeaderField, /) -> frozenset[str]:
    tags = _tags(unfold(field.value)) if field.certain else None
    if tags is None or not all(tags.get(name) for name in _REQUIRED) or tags["v"] != "1":
        return frozenset()
    signer, domain = tags.get("i", "@" + tags["d"]).rpartition("@")[2].lower(), tags["d"].lower()
    if tags["a"].lower() not in _ALGORITHMS or not f".{signer}".endswith(f".{domain}"):
        return frozenset()
    covered = frozenset(name.lower() for name in tags["h"].split(":"))
    return covered if "from" in covered else frozenset()  # section 5.4: From must be


def _tags(value: str, /) -> dict[str, str] | None:
    """Take a tag list apart; None if it is none: a tag given twice makes the whole of it invalid (section 3.2)."""
    pieces = value.split(";", _MOST_TAGS)
    if not pieces[-1].strip(" \t\r\n"):
        pieces.pop()
    tags: dict[str, str] = {}
    for piece in pieces:
        tag = _TAG.match(piece)
        if tag is None or tag[1] in tags:
            return None
        tags[tag[1]] = _BLANKS.sub("", tag[2])
    return tags
