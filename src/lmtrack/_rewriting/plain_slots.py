"""Where the slots of a plain text are: in its URLs or in the words around them.

Plain text has no markup, so nothing there ends or begins by a value; but a value in a URL is percent-encoded, and none
comes before the path.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lmtrack._rewriting.escapes import Place
from lmtrack._rewriting.slot_places import TextHole, UrlHole
from lmtrack._rewriting.slotted_url import MisplacedSlotError, read_url
from lmtrack.errors import BadSlot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lmtrack._rewriting.slot_places import Hole
    from lmtrack._rewriting.slots import Marker

# A URL that is not tracked, since readers may see another end of it; what is in it is percent-encoded all the same.
_AUTHORITY: Final = re.compile(r"://[^\s<>\"]*+")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_LONGEST_SCHEME: Final = 32  # our choice


def without_markers(text: str, markers: Iterable[Marker], /) -> str:
    """Write letters for the markers of a text, so that a URL goes on where one is in it."""
    parts: list[str] = []
    position = 0
    for start, end, _ in markers:
        parts += (text[position:start], "x" * (end - start))
        position = end
    return "".join([*parts, text[position:]]) if parts else text


def find_plain_holes(
    text: str, readable: str, urls: Sequence[tuple[int, int]], markers: Sequence[Marker], escaped: Sequence[Marker], /
) -> list[Hole]:
    """Find what each marker of a text is in.

    Args:
        text: The text.
        readable: The same with letters for its markers.
        urls: Its URLs, ascending.
        markers: Its markers, in order.
        escaped: Those with percent escapes, which count only in URLs.

    Raises:
        BadSlot: A marker is in the scheme, host or port of a URL.
    """
    holes: list[Hole] = []
    only_in_urls = frozenset(escaped)
    spans = iter(_with_unsure(readable, urls))
    start, end = next(spans, (len(text), len(text)))
    inside: list[Marker] = []
    for marker in sorted([*markers, *escaped]):
        while marker.start >= end and end < len(text):
            _add_url(text, (start, end), inside, holes)
            inside = []
            start, end = next(spans, (len(text), len(text)))
        if start <= marker.start < end:
            inside.append(marker)
        elif marker not in only_in_urls:
            written = text[marker.start : marker.end]
            holes.append(TextHole(marker, written, Place.PLAIN_TEXT, numbered_first=False, doubled_line_feed=False))
    _add_url(text, (start, end), inside, holes)
    return holes


def _with_unsure(readable: str, urls: Sequence[tuple[int, int]], /) -> Iterator[tuple[int, int]]:
    """Go through all URLs, those with it that are not tracked because their end is unsure."""
    position = 0
    for start, end in (*urls, (len(readable), len(readable))):
        for hit in _AUTHORITY.finditer(readable, position, start):
            scheme = _SCHEME.search(readable, max(hit.start() - _LONGEST_SCHEME, position), hit.start())
            if scheme:
                yield scheme.start(), hit.end()
        if start < end:
            yield start, end
        position = end


def _add_url(text: str, span: tuple[int, int], markers: Sequence[Marker], holes: list[Hole], /) -> None:
    if not markers:
        return
    edges = [span[0], *(edge for marker in markers for edge in marker[:2]), span[1]]
    fixed = [text[left:right] for left, right in zip(edges[::2], edges[1::2], strict=True)]
    try:
        url = read_url(fixed, [marker.name for marker in markers], loaded=False)
    except MisplacedSlotError as misplaced:
        marker = markers[misplaced.position]
        line = text.count("\n", 0, marker.start) + 1
        raise BadSlot(marker.name, misplaced.place, line, misplaced.advice) from None
    holes.append(UrlHole(span, fixed, url, "text", Place.PLAIN_TEXT, loaded=False))
