"""Where the slots of an HTML document are: each becomes a hole with the escape of its place, or is refused.

Whatever a value holds, a hole adds no element and no attribute: the document is tokenised with its markers masked, and
the escape of each place writes nothing that could end it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NoReturn

from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import DROPS_LINE_FEED, RAW_TEXT, ascii_lower
from lmtrack._html.scan import outlook_content
from lmtrack._html.tokenizer import Attribute, Token, attributes, next_token, open_point, raw_text_end, token_at
from lmtrack._linking.optout_attributes import REMOVABLE
from lmtrack._rewriting.slots.escapes import Place
from lmtrack._rewriting.slots.holes import REFERENCE, TextHole, UrlHole, opens_reference
from lmtrack._rewriting.slots.slotted_url import ENGINE, MisplacedSlotError, read_url
from lmtrack.errors import BadSlot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmtrack._rewriting.slots.holes import Hole
    from lmtrack._rewriting.slots.markers import Marker

# Attributes whose value is a URL (WHATWG HTML, "Attributes" index), with those of older HTML; and of them those that a
# reader fetches by itself. `href` is fetched only by the elements below.
_LOADED: Final = frozenset((
    "src", "background", "poster", "data", "lowsrc", "dynsrc", "qtsrc", "althref", "manifest", "attributionsrc",
))  # fmt: skip
_URLS: Final = _LOADED | {"href", "action", "formaction", "cite", "ping", "longdesc"}
_LOADED_BY_HREF: Final = frozenset(("link", "image", "use", "feimage"))
# SVG 2 section 6.6: attributes that are read as CSS and may load a URL.
CSS_ATTRIBUTES: Final = frozenset(
    ("fill", "stroke", "filter", "mask", "clip-path", "cursor", "marker", "marker-start", "marker-mid", "marker-end")
)
# Values in another language than HTML's; on* are programs too.
_CODE: Final = {
    "style": "a style attribute",
    "srcdoc": "a document inside an attribute",
    "srcset": "a list of images",
    "imagesrcset": "a list of images",
    **dict.fromkeys(CSS_ATTRIBUTES, "a style attribute"),
}
_CLOSED_ELEMENTS: Final = {
    "base": "the base of the document's URLs",
    "script": "a script",
    "style": "a style sheet",
    "animate": "an animation",
    "set": "an animation",
    "animatemotion": "an animation",
    "animatetransform": "an animation",
}
_PROGRAM: Final = "a meta tag that programs read"
_SHEET: Final = "a link to a style sheet"
_RCDATA: Final = frozenset(("title", "textarea"))  # character references are read there
_RAW_PLACES: Final = {"script": "a script", "style": "a style sheet"}
_SHEETS: Final = frozenset(("stylesheet", "import", "preload", "modulepreload", "manifest"))
_LINE_FEED: Final = re.compile(r"\n")  # behind a CR of the template it would be the same line end

_TEXT: Final = "a slot may be in text, in a quoted attribute or after the host of a URL"

_CDATA: Final = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_OUTLOOK: Final = frozenset((Place.OUTLOOK_TEXT, Place.OUTLOOK_DOUBLE_QUOTED, Place.OUTLOOK_SINGLE_QUOTED))
_QUOTED: Final = {
    (False, '"'): Place.DOUBLE_QUOTED,
    (False, "'"): Place.SINGLE_QUOTED,
    (True, '"'): Place.OUTLOOK_DOUBLE_QUOTED,
    (True, "'"): Place.OUTLOOK_SINGLE_QUOTED,
}


def find_holes(html: str, readable: str, markers: Sequence[Marker], escaped_markers: Sequence[Marker], /) -> list[Hole]:
    """Find what each marker of a document is in.

    Args:
        html: The document.
        readable: The same with its markers masked.
        markers: Its markers, in order.
        escaped_markers: Those with percent escapes, which count only in URLs.

    Raises:
        BadSlot: A marker is where no value can be written.
    """
    walk = _SlotWalk(html, readable, sorted([*markers, *escaped_markers]), frozenset(escaped_markers))
    walk.through_document()
    return walk.holes


class _SlotWalk:
    """One pass over the tokens of a document, with its markers in order."""

    def __init__(self, html: str, readable: str, markers: Sequence[Marker], only_in_urls: frozenset[Marker], /) -> None:
        self.holes: list[Hole] = []
        self._html = html
        self._readable = readable
        self._markers = markers
        self._only_in_urls = only_in_urls
        self._next = 0
        self._runs = _runs(markers)
        self._read = 0  # how far references were looked for
        self._opens = False  # whether one is open ahead of the slots that end there

    def through_document(self) -> None:
        from lmtrack._html.tree import LiveTokens  # noqa: PLC0415 - few documents have slots; 12 ms of every import

        reading = LiveTokens(self._readable)
        opening = ""  # the element whose content has just begun
        position = 0
        for token, _, inside, raw_end in reading.steps():
            self._text(position, token.start, _place_of(inside), opening=opening, inside=inside)
            if not token.name:
                self._comment(token)
            else:
                self._tag(token, outlook=False)
            if raw_end >= 0:
                self._raw_text(token.name, token.end, raw_end)
            position, opening = max(raw_end, token.end), token.name
            if self._next == len(self._markers):
                return
        stack = reading.elements.stack
        inside = stack.current if stack.foreign else ""
        self._text(position, reading.safe_end, _place_of(inside), opening=opening, inside=inside)
        for marker in self._until(len(self._html)):
            self._refuse(marker, "markup that the document never finishes", "close the tag, comment or element")

    def _until(self, end: int, /) -> list[Marker]:
        """Take the markers that begin before `end`."""
        first = self._next
        while self._next < len(self._markers) and self._markers[self._next].start < end:
            self._next += 1
        return list(self._markers[first : self._next])

    def _refuse(self, marker: Marker, place: str, advice: str = ENGINE, /) -> None:
        if marker not in self._only_in_urls:
            self.refuse(marker, place, advice)

    def refuse(self, marker: Marker, place: str, advice: str = ENGINE, /) -> NoReturn:
        """Refuse a marker."""
        raise BadSlot(marker.name, place, self._html.count("\n", 0, marker.start) + 1, advice)

    def _text(self, start: int, end: int, place: Place, /, *, opening: str, inside: str = "") -> None:
        """Take the markers of a text; `opening` is the tag before it, `inside` the svg or math element around it."""
        markers = [marker for marker in self._until(end) if marker not in self._only_in_urls]
        if not markers:
            return
        element = inside.partition(" ")[2]
        if element in _RAW_PLACES:
            self.refuse(markers[0], _RAW_PLACES[element])
        sections = [hit.span() for hit in _CDATA.finditer(self._readable, start, end)] if inside else []
        ends = [section[1] for section in sections]
        for marker in markers:
            section = bisect_right(ends, marker.start)
            if section < len(sections) and sections[section][0] < marker.start:
                self.refuse(marker, "a CDATA section")
            if self._before(marker, start) == "<":
                self.refuse(marker, "the name of a tag")
            drops = marker.start == start and opening in DROPS_LINE_FEED and not inside
            self._add(marker, place, start, self._begins(markers, end) if drops else None)

    def _begins(self, markers: Sequence[Marker], end: int, /) -> tuple[Sequence[str], str]:
        """Find the slots right behind the first of these, and a line feed if there is one behind them."""
        names: list[str] = []
        position = markers[0].end
        for marker in markers[1:]:
            if marker.start != position:
                break
            names.append(marker.name)
            position = marker.end
        return names, "\n" if self._readable[position : min(position + 1, end)] in {"\r", "\n"} else ""

    def _before(self, marker: Marker, start: int, /) -> str:
        """Read the sign before a marker and those it is joined to, in a text or value that begins at `start`."""
        run_start = self._runs[marker.start][0]
        return self._readable[max(run_start - 1, start) : run_start]

    def _add(
        self,
        marker: Marker,
        place: Place,
        start: int,
        dropped_before: tuple[Sequence[str], str] | None = None,
        /,
    ) -> None:
        run_start, run_end = self._runs[marker.start]
        before, after = self._before(marker, start), self._readable[run_end : run_end + 1]
        if run_end > self._read:  # no reference goes on behind another slot
            self._opens = opens_reference(self._readable, max(start, self._read), run_start)
            self._read = run_end
        opens = self._opens
        if opens and REFERENCE.match(after):
            self.refuse(marker, "a character reference", "write the & before the slot as &amp;")
        if place in _OUTLOOK:
            self._check_comment_end(marker, before, after)
        written = self._readable[marker.start : marker.end]
        first = REFERENCE if opens else _LINE_FEED if before == "\r" else None
        self.holes.append(TextHole(marker, written, place, numbered_first=first, dropped_before=dropped_before))

    def _check_comment_end(self, marker: Marker, before: str, after: str, /) -> None:
        """Refuse a slot without whose value the template's signs around it would end an Outlook comment."""
        if before in {"-", "!"} and after in {"-", ">", "!"}:
            self.refuse(marker, "the end of a comment", _TEXT)

    def _raw_text(self, name: str, start: int, end: int, /) -> None:
        if name in _RCDATA:
            self._text(start, end, Place.RCDATA, opening=name)
        for marker in self._until(end):
            self._refuse(marker, _RAW_PLACES.get(name, f"<{name}>, whose content is raw text"))

    def _comment(self, comment: Token, /) -> None:
        """Fill an Outlook comment; leave the markers of any other as they are."""
        content = outlook_content(self._readable, comment)
        if content is not None:
            for marker in self._until(content[0]):
                self._refuse(marker, "the condition of an Outlook comment")
            self._outlook(*content)
            markers = self._until(comment.end)  # behind markup that the comment does not finish
            for marker in markers:
                self._refuse(marker, "markup that the comment never finishes", "close the tag or element")
            return
        markers = self._until(comment.end)
        if not markers:
            return
        opening = self._readable[comment.start : comment.start + 3].lower()
        as_written = token_at(self._html, comment.start, comment.end)
        ends_early = as_written is None or as_written.end != comment.end
        for marker in markers:
            if opening == "<!d":
                self._refuse(marker, "the doctype")
            if opening[1] == "/":
                self._refuse(marker, "the name of a tag", _TEXT)
            if ends_early:
                self._refuse(marker, "a comment, which it would end", "take it out of the comment")

    def _outlook(self, position: int, end: int, /) -> None:
        """Go through the inside of an Outlook comment."""
        opening = ""
        while token := next_token(self._readable, position, end):
            self._text(position, token.start, Place.OUTLOOK_TEXT, opening=opening)
            position, opening = token.end, token.name
            if not token.name:
                self._until(position)  # a bogus comment inside: left as written
            else:
                self._tag(token, outlook=True)
                if token.name in RAW_TEXT:
                    raw_end = raw_text_end(self._readable, token.name, position, end)
                    position = end if raw_end < 0 else raw_end
                    for marker in self._until(position):
                        self._refuse(marker, _RAW_PLACES.get(token.name, f"<{token.name}> in an Outlook comment"))
        self._text(position, open_point(self._readable, position, end), Place.OUTLOOK_TEXT, opening=opening)

    def _tag(self, tag: Token, /, *, outlook: bool) -> None:
        markers = self._until(tag.end)
        if not markers:
            return
        html = self._readable
        held = list(attributes(html, tag)) if tag.name[0] != "/" else []
        closed = self._closed_element(tag.name, held)
        index = 0
        for attribute in held:
            while index < len(markers) and markers[index].start < attribute.value_start:
                self._refuse(markers[index], "the name of a tag or attribute", _TEXT)
                index += 1
            first = index
            while index < len(markers) and markers[index].start < attribute.end:
                index += 1
            inside = markers[first:index]
            if inside and not attribute.quote:
                self._refuse(inside[0], "an attribute without quotes", "put the attribute's value in quotes")
            elif inside:  # the quote behind the value is part of no marker, where quotes are masked
                self._attribute(tag, closed, attribute, inside, outlook=outlook)
        for marker in markers[index:]:
            self._refuse(marker, "the name of a tag or attribute", _TEXT)

    def _attribute(
        self,
        tag: Token,
        closed: str,
        attribute: Attribute,
        markers: Sequence[Marker],
        /,
        *,
        outlook: bool,
    ) -> None:
        problem = _closed(tag.name, attribute.name) or closed or _CODE.get(attribute.name, "")
        local = attribute.name.rpartition(":")[2]
        if problem or local not in _URLS:
            markers = [marker for marker in markers if marker not in self._only_in_urls]
        if problem and markers:
            self.refuse(markers[0], problem)
        place = _QUOTED[outlook, attribute.quote]
        if markers and local in _URLS:
            self._url(tag, attribute, markers, place)
            return
        for marker in markers:
            self._add(marker, place, attribute.value_start)

    def _closed_element(self, element: str, held: Sequence[Attribute], /) -> str:
        """Say what an element is that no value may be in, wherever in its tag; "" for one that may hold values."""
        if element == "meta" and any(attribute.name == "http-equiv" for attribute in held):
            return _PROGRAM
        if element == "link" and self._rel(held) & _SHEETS:
            return _SHEET
        return _CLOSED_ELEMENTS.get(element, "")

    def _rel(self, held: Sequence[Attribute], /) -> frozenset[str]:
        rel = next((attribute for attribute in held if attribute.name == "rel"), None)
        return frozenset(ascii_lower(self._readable[rel.value_start : rel.value_end]).split() if rel else ())

    def _url(self, tag: Token, attribute: Attribute, markers: Sequence[Marker], place: Place, /) -> None:
        start, end = attribute.value_start, attribute.value_end
        loaded = attribute.name.rpartition(":")[2] in _LOADED or tag.name in _LOADED_BY_HREF
        edges = [start, *(edge for marker in markers for edge in marker[:2]), end]
        fixed = [self._html[left:right] for left, right in zip(edges[::2], edges[1::2], strict=True)]
        names = [marker.name for marker in markers]
        if place in _OUTLOOK:
            for marker in markers:
                before, after = self._before(marker, start), self._readable[self._runs[marker.start][1]]
                self._check_comment_end(marker, before, after)
        try:
            url = read_url([decode_attribute(text) for text in fixed], names, loaded=loaded)
        except MisplacedSlotError as misplaced:
            self.refuse(markers[misplaced.position], misplaced.place, misplaced.advice)
        self.holes.append(UrlHole((start, end), fixed, url, tag.name, place, loaded=loaded))


def _place_of(inside: str, /) -> Place:
    return Place.FOREIGN_TEXT if inside else Place.TEXT


def _closed(element: str, attribute: str, /) -> str:
    """Say what an attribute is that decides what the element does; "" for any other."""
    if attribute.startswith("on"):
        return "an event handler"
    if attribute in REMOVABLE:
        return "an opt-out attribute"
    if element == "meta" and attribute != "content":
        return _PROGRAM
    return _SHEET if element == "link" and attribute == "rel" else ""


def _runs(markers: Sequence[Marker], /) -> dict[int, tuple[int, int]]:
    """Find what each marker, by its start, makes up together with those right before and behind it.

    Values may be empty, so what counts is the text around all of them.
    """
    runs: dict[int, tuple[int, int]] = {}
    run: list[Marker] = []
    for marker in (*markers, None):
        if run and (marker is None or marker.start != run[-1].end):
            runs |= dict.fromkeys([member.start for member in run], (run[0].start, run[-1].end))
            run = []
        if marker:
            run.append(marker)
    return runs
