"""The holes of a document: where its slots are, and what one recipient's values become there."""

from __future__ import annotations

import re
from itertools import accumulate
from typing import TYPE_CHECKING, Final, TypeAlias

from lmtrack._rewriting.slots.escapes import ESCAPES, Place, numbered
from lmtrack.errors import BadValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lmtrack._rewriting.slots.markers import Marker
    from lmtrack._rewriting.slots.slotted_url import SlottedUrl

# The beginning of a character reference that a value could complete, and what could complete it. The longest name has
# 31 letters; a number may have any number of zeros.
_OPEN_REFERENCE: Final = re.compile(r"&(?:#[xX]?[0-9A-Fa-f]*|[A-Za-z][A-Za-z0-9]{0,38})?")
REFERENCE: Final = re.compile(r"[A-Za-z0-9#;=]")


class TextHole:
    """One slot in text or in an attribute that holds no URL.

    Attributes:
        place: What it is in.
        marker: How a link's visible text shows its marker.
        numbered_first: Which first characters of a value are written as a number: those that could complete a
            character reference of the template, or a line end.
        dropped_before: Where readers drop a first line feed, the slots right behind this one and a line feed if the
            template has one behind them; None elsewhere. A second one is written before what begins with one.
    """

    __slots__ = ("_write", "dropped_before", "end", "marker", "names", "numbered_first", "place", "start")

    def __init__(
        self,
        marker: Marker,
        written: str,
        place: Place,
        /,
        *,
        numbered_first: re.Pattern[str] | None = None,
        dropped_before: tuple[Sequence[str], str] | None = None,
    ) -> None:
        self.start, self.end, name = marker
        self.marker = " ".join(written.split())
        self.names = (name,)
        self.place = place
        self._write = ESCAPES[place].write  # looked up once: an enum is slow to hash
        self.numbered_first = numbered_first
        self.dropped_before = dropped_before

    def fill(self, values: Mapping[str, str], /) -> str:
        """Write the value.

        Raises:
            BadValue: It cannot be written there.
        """
        name = self.names[0]
        value = values[name]
        written = self._write(value)
        if written is None:  # pragma: no cover - no place of text refuses a value
            raise BadValue(name, self.place, ESCAPES[self.place].problem)
        if self.numbered_first and self.numbered_first.match(written):
            return f"{numbered(written[0])}{written[1:]}"
        if self.dropped_before is None:
            return written
        names, rest = self.dropped_before
        begins = written or next((values[name] for name in names if values[name]), rest)
        return f"\n{written}" if begins.startswith("\n") else written


class UrlHole:
    """The whole value of an attribute that holds a URL with slots in it.

    Attributes:
        url: The URL taken apart, decoded.
        element: The element it belongs to.
        loaded: Whether a reader fetches it by itself.
    """

    __slots__ = ("_fixed", "_numbered", "_place", "_write", "element", "end", "loaded", "names", "start", "url")

    def __init__(
        self,
        span: tuple[int, int],
        fixed: Sequence[str],
        url: SlottedUrl,
        element: str,
        place: Place,
        /,
        *,
        loaded: bool,
    ) -> None:
        self.start: int
        self.end: int
        self.start, self.end = span
        self.names: tuple[str, ...] = url.names
        self.url: SlottedUrl = url
        self.element: str = element
        self.loaded: bool = loaded
        self._fixed = tuple(fixed)
        # Of adjacent slots, the text before the first: all but one may be empty.
        in_markup = place is not Place.PLAIN_TEXT
        self._numbered = tuple(
            accumulate(
                fixed[:-1],
                lambda opens, text: in_markup and opens_reference(text, 0, len(text)) if text else opens,
                initial=False,
            )
        )[1:]
        self._place = place
        self._write = ESCAPES[place].write

    def fill(self, values: Mapping[str, str], /) -> str:
        """Write the URL with these values.

        Raises:
            BadValue: One of them cannot be written there.
        """
        return self.write(self.url.pieces(values))

    def write(self, pieces: Sequence[str], /) -> str:
        """Write the value with these pieces in its slots; the template's own text stays as it is."""
        parts = [self._fixed[0]]
        for name, piece, fixed, is_numbered in zip(self.names, pieces, self._fixed[1:], self._numbered, strict=True):
            written = self._write(piece) or ""  # of markup and plain text, which take any value
            if is_numbered and REFERENCE.match(written):
                written = f"{numbered(written[0])}{written[1:]}"
            elif is_numbered and not written and REFERENCE.match(fixed):
                raise BadValue(name, self._place, "without it, the text around it is a character reference")
            parts += (written, fixed)
        return "".join(parts)


# A stretch of the template that one recipient's values go into: from `start` to `end`, with the slots `names` in it.
# `fill` writes what is there for these values.
Hole: TypeAlias = TextHole | UrlHole


def opens_reference(text: str, start: int, end: int, /) -> bool:
    """Return whether a character reference begins in this stretch of a text and is open at its end."""
    at = text.rfind("&", start, end)
    return at >= 0 and _OPEN_REFERENCE.fullmatch(text, at, end) is not None
