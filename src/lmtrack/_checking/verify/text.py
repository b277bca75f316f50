"""Verify the rewriting of a plain text: where it has URLs, others may stand, and nothing else may differ."""

from __future__ import annotations

import re
from typing import Final

from lmtrack._checking.finding import Finding, FindingKind

# Up to the first sign that ends a URL for every reader; what stands behind its end in such a run has to be kept.
_URL: Final = re.compile(r"(https?://[^\s<>\"]*+)", re.IGNORECASE)
_NEW_URL: Final = re.compile(r"https?://[^/?#\s]++[!-~]*+", re.IGNORECASE)


def verify_text(before: str, after: str, /) -> list[Finding]:
    """Check that nothing but the URLs of a text differs; linear."""
    old, new = _URL.split(before), _URL.split(after)
    if old[::2] != new[::2]:
        return [Finding(kind=FindingKind.TEXT_CHANGED, place="text", why="it differs in more than its URLs")]
    why = "a URL was replaced by something that is no web address, or what follows it is gone"
    return [
        Finding(kind=FindingKind.LINK_CHANGED, place="text", url=was, why=why)
        for around, was, now in zip(old[::2], old[1::2], new[1::2], strict=False)
        if was != now and not _is_replaced(was, now, whole=around.endswith("<"))
    ]


def _is_replaced(was: str, now: str, /, *, whole: bool) -> bool:
    """Return whether there is a URL and then what stood behind the old one; in angle brackets, nothing does."""
    url = _NEW_URL.match(now)
    rest = now[url.end() :] if url else now
    return url is not None and was.endswith(rest) and (whole or _end(was) == _end(now))


def _end(text: str, /) -> str:
    """Return the signs behind the last letter or digit, which no URL of ours ends in."""
    return text[len(text.rstrip(".,;:!?)]}>'\"*~|")) :]
