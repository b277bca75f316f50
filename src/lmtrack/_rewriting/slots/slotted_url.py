"""A URL with slots in it: which part of the URL each slot is, and the URL with one recipient's values.

Whatever a value holds, scheme, host and port stay those of the template (or of the value that is the beginning), no
segment appears or vanishes, and a query keeps its parameters: values behind the host are percent-encoded.
"""

from __future__ import annotations

import re
from string import hexdigits
from typing import TYPE_CHECKING, Final

from lmtrack._html.grammar import WHITESPACE
from lmtrack._rewriting.slots.escapes import ESCAPES, Place
from lmtrack._url.reader import DROPPED, OUTER, SCHEME
from lmtrack.errors import BadValue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# What runs or replaces a page in some reader. A value in them is never a mere address.
_ACTIVE: Final = frozenset(("javascript", "vbscript", "livescript", "mocha", "data"))
_OPEN_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]?\Z")
_STAND_IN: Final = "x"  # for the slots before the one that is looked at
_SEGMENT_END: Final = "\0"  # of a value in the path; no URL holds it


class MisplacedSlotError(Exception):
    """A slot is where no value may be: its position among the URL's slots, what it is in, and what to do."""

    def __init__(self, position: int, place: str, advice: str) -> None:
        super().__init__(position, place, advice)
        self.position = position
        self.place = place
        self.advice = advice


class SlottedUrl:
    """A URL of a template, taken apart; made by `read_url`.

    Attributes:
        fixed: The text before, between and behind the slots, decoded; one more than there are slots.
        names: The slots' names.
        places: What each slot is.
        opens: Whether a slot is the whole URL or its beginning, so that the value names the host.
    """

    __slots__ = ("_behind_escapes", "_in_path", "_writes", "fixed", "names", "opens", "places")

    def __init__(self, fixed: Sequence[str], names: Sequence[str], places: Sequence[Place], /) -> None:
        self.fixed: tuple[str, ...] = tuple(fixed)
        self.names: tuple[str, ...] = tuple(names)
        self.places: tuple[Place, ...] = tuple(places)
        self.opens: bool = places[0] in {Place.LINK_URL, Place.LOADED_URL, Place.URL_BEGINNING}
        self._in_path = [position for position, place in enumerate(places) if place is Place.URL_PATH]
        self._writes = [ESCAPES[place].write for place in places]
        # A value behind `%2` must not complete the template's escape.
        self._behind_escapes = [position for position, text in enumerate(fixed[:-1]) if _OPEN_ESCAPE.search(text)]

    def pieces(self, values: Mapping[str, str], /) -> list[str]:
        """Write each slot's value for its part of the URL.

        Raises:
            BadValue: A value cannot be written there, or would change which URL it is.
        """
        written: list[str] = []
        for name, write in zip(self.names, self._writes, strict=True):
            piece = write(values[name])
            if piece is None:
                place = self.places[len(written)]
                raise BadValue(name, place, ESCAPES[place].problem)
            written.append(piece)
        for position in self._behind_escapes:
            if (piece := written[position]) and piece[0] in hexdigits:
                written[position] = f"%{ord(piece[0]):02X}{piece[1:]}"
        if any(not written[position].strip(".") for position in self._in_path):
            self._check_segments(written)
        return written

    def joined(self, pieces: Sequence[str], /) -> str:
        """Put the URL together, without white space around it."""
        parts = [self.fixed[0]]
        for piece, fixed in zip(pieces, self.fixed[1:], strict=True):
            parts += (piece, fixed)
        return "".join(parts).strip(WHITESPACE)

    def _check_segments(self, pieces: Sequence[str], /) -> None:
        """Refuse values that make a segment `.` or `..` of the path, or two slashes of the one it begins with."""
        marked = [
            f"{piece}{_SEGMENT_END}" if place is Place.URL_PATH else piece
            for piece, place in zip(pieces, self.places, strict=True)
        ]
        path = re.split("[?#]", self.joined(marked), maxsplit=1)[0].translate(DROPPED).replace("\\", "/")
        changed = path.startswith(f"/{_SEGMENT_END}/")
        for segment in path.split("/"):
            if _SEGMENT_END in segment:
                plain = segment.replace(_SEGMENT_END, "").lower().replace("%2e", ".")
                changed = changed or plain in {".", ".."}
        if changed:
            name = next(
                name
                for name, piece, place in zip(self.names, pieces, self.places, strict=True)
                if place is Place.URL_PATH and not piece.strip(".")
            )
            raise BadValue(name, Place.URL_PATH, ESCAPES[Place.URL_PATH].problem)


_OWN_PART: Final = "write the part that is a slot after the host and after a / ? or #"
ENGINE: Final = (
    "let the template engine fill in values that are the same for everyone, before the template is scanned; "
    "a personal value cannot be there"
)


def read_url(fixed: Sequence[str], names: Sequence[str], /, *, loaded: bool) -> SlottedUrl:
    """Take a URL with slots apart; `loaded` says that a reader fetches it, rather than follows it.

    Raises:
        MisplacedSlotError: A slot is in a scheme, host or port, or in a URL that runs something.
    """
    if not fixed[0].strip(OUTER):
        whole = len(names) == 1 and not fixed[1].strip(OUTER)
        if whole:
            return SlottedUrl(fixed, names, (Place.LOADED_URL if loaded else Place.LINK_URL,))
        if fixed[1][:1] not in {"/", "?", "#"}:
            raise MisplacedSlotError(
                0, "the host of a URL", f"a slot that begins a URL ends before a / ? or #; {_OWN_PART}"
            )
        first, part_of = Place.URL_BEGINNING, _hierarchical
        before = "//x"
    else:
        first, part_of = None, _part_of(fixed[0].lstrip(OUTER).translate(DROPPED))
        before = ""
    places: list[Place] = []
    for position, text in enumerate(fixed[:-1]):
        before += text.translate(DROPPED)
        place = first if first and position == 0 else part_of(before.lstrip(OUTER))
        if place is None:
            raise MisplacedSlotError(position, "the scheme, host or port of a URL", _OWN_PART)
        places.append(place)
        if not (first and position == 0):
            before += _STAND_IN
    return SlottedUrl(fixed, names, places)


def _part_of(start: str, /) -> Callable[[str], Place | None]:
    """Choose how to read a URL by how it begins."""
    scheme = SCHEME.match(start)
    if scheme is None:
        return _hierarchical if start.startswith(("/", "\\", "?", "#", ".")) or re.search("[/?#]", start) else _nothing
    name = scheme[1].lower()
    if name in _ACTIVE:
        raise MisplacedSlotError(0, "a URL that holds a program or a document", ENGINE)
    if name == "mailto":
        return lambda before: Place.URL_QUERY if "?" in before else Place.MAIL_ADDRESS
    if name in {"tel", "sms"}:
        return lambda before: Place.URL_QUERY if "?" in before else Place.PHONE_NUMBER
    rest = start[scheme.end() :]
    if name in {"http", "https", "ftp", "ws", "wss"} or rest.startswith("//"):
        # WHATWG URL: with one of these schemes whatever number of slashes comes before the host.
        return lambda before: _hierarchical("//" + before.partition(":")[2].replace("\\", "/").lstrip("/"))
    return lambda _: Place.OPAQUE_URL


def _nothing(_: str, /) -> None:
    return None


def _hierarchical(before: str, /) -> Place | None:
    """Say which part of a URL comes next, behind this text; None within its host."""
    before = before.replace("\\", "/")
    if "#" in before:
        return Place.URL_FRAGMENT
    if "?" in before:
        return Place.URL_QUERY
    if before.startswith("//"):
        host, slash, _ = before[2:].partition("/")
        return Place.URL_PATH if host and slash else None
    return Place.URL_PATH
