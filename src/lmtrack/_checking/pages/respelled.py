"""Spell a document so that a reader takes for tags what it would have taken for text, or the other way round.

Whether the content of an element is text is not the same everywhere: with scripts `noscript` holds text, without them
markup; in a `frameset`, and in a `select` as it was before 2025, other elements are dropped and what they hold is
markup; XML knows no such elements at all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lmtrack._html.grammar import RAW_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

_END: Final = r"(?=[\t\n\f\r />])"
_RAW: Final = re.compile(rf"<(/?+)(?=(?:{'|'.join(sorted(RAW_TEXT))}|plaintext){_END})", re.IGNORECASE)
_DROPPING: Final = re.compile(rf"<(?:frameset|select){_END}", re.IGNORECASE)
_NOSCRIPT: Final = re.compile(rf"<(/?+)noscript{_END}", re.IGNORECASE)
_XMP: Final = re.compile(rf"<(/?+)(?=xmp{_END})", re.IGNORECASE)


def without_raw_text(html: str, /) -> str:
    """Return every element whose content is text another name."""
    return _RAW.sub(r"<\1x-", html)


def other_spellings(html: str, /) -> Iterator[str]:
    """Spell a document for the readers that see other tags in it; most documents have none."""
    if _NOSCRIPT.search(html):
        yield _NOSCRIPT.sub(r"<\1xmp", _XMP.sub(r"<\1x-", html))
    if (dropping := _DROPPING.search(html)) and _RAW.search(html, at := dropping.start()):
        yield html[:at] + without_raw_text(html[at:])
