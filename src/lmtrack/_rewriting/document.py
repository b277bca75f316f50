"""A document that was read once, with what later steps learned about it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from lmtrack._checks import plain_str, wrong_type
from lmtrack._headers import FTEXT, iter_fields
from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import WHITESPACE
from lmtrack._html.scan import Image, Scan, content_start, is_before_doctype, live_images, scan
from lmtrack._rewriting.judge import NO_CONTEXT, Judge, MessageContext
from lmtrack._rewriting.plain_text import find_plain_holes, find_urls, plain_plan, without_markers
from lmtrack._rewriting.plan import Plan, make_plan
from lmtrack._rewriting.slots.escapes import Place
from lmtrack._rewriting.slots.flowed_text import FlowedText
from lmtrack._rewriting.slots.holes import TextHole
from lmtrack._rewriting.slots.markers import Slots, masked
from lmtrack._rewriting.slots.template import Template, read_template
from lmtrack.errors import BadSlot

if TYPE_CHECKING:
    from lmtrack._rewriting.plan import Merged
    from lmtrack._rewriting.slots.markers import Values
    from lmtrack._rewriting.slots.template import FilledTemplate
    from lmtrack.links import LinkPolicy
    from lmtrack.urls import TrackingDomain


class _Memo:
    """What need not be worked out twice; a cache of pure functions of the document, so no part of its value."""

    __slots__ = ("images", "pixels", "plan")

    def __init__(self) -> None:
        self.images: list[Image] | None = None
        self.pixels: list[Image] | None = None
        # With what it is for, in one value: another thread may be putting its own here.
        self.plan: tuple[tuple[LinkPolicy, TrackingDomain | None], Plan] | None = None


# `/o/` with a slash or the letter written as a character reference, as mustache.js and sanitisers do. Every branch
# begins with `&`, which the engine looks for as fast as for any text.
_SLASH: Final = r"(?:sol;|\#(?:0*+47(?![0-9])|[xX]0*+2[fF](?![0-9A-Fa-f]));?+)"
_LETTER: Final = r"\#(?:0*+111(?![0-9])|[xX]0*+6[fF](?![0-9A-Fa-f]));?+"
_ESCAPED_PATH: Final = re.compile(
    rf"&(?: (?<=/o&) {_SLASH} | (?: {_SLASH} (?: o | &{_LETTER} ) | (?<=/&) {_LETTER} ) (?: / | &{_SLASH} ) )",
    re.VERBOSE,
)
# The same with percent escapes; in the decoded URL either, or backslashes, which browsers take for slashes.
_PERCENT_PATH: Final = re.compile(r"%(?:2[fF](?:o|%6[fF])|6[fF])")
_MAY_BE_PIXEL: Final = re.compile(r"/o/|%2[fF]|%6[fF]|\\")


# Fields that begin no page and no text: written by programs that make or carry mail.
_PROGRAMS: Final = frozenset((
    "content-type", "dkim-signature", "message-id", "mime-version", "received", "return-path",
))  # fmt: skip
_BEGINS_AS_FIELD: Final = re.compile(rf"{FTEXT}{{1,76}}:[ \t\r\n]")


def begins_as_message(text: str, /) -> bool:
    """Return whether a text is a raw message rather than a page or a plain text: a block of header fields, then a body.

    A quoted "From: Ann" is not one: there must be a field that programs write, and an empty line after the block.
    """
    if not _BEGINS_AS_FIELD.match(text):
        return False
    block, found, _ = text.replace("\r\n", "\n").partition("\n\n")
    fields = list(iter_fields(f"{block}\n\n".encode("latin-1", "replace"))) if found else []
    names = {field.name.lower() for field in fields if field.certain}
    return bool(fields) and fields[-1].certain and not names.isdisjoint(_PROGRAMS)


def merge(
    plan: Plan, template: Template | None, values: Values | None, pixel_slot: str | None = None, /
) -> tuple[FilledTemplate | None, Merged]:
    """Write one recipient's values, and read where the links lead with them.

    Raises:
        BadValue: A value cannot be written in the place of its slot.
        MissingValue: A slot has neither a value nor a default.
        TypeError: `values` is not a mapping of str to str or None.
        ValueError: There are values, or a slot for the pixel, and the document has no slots.
    """
    if values is not None and not isinstance(values, Mapping):
        raise wrong_type("values", "a mapping or None", values)
    if template is None:
        if values or pixel_slot is not None:
            raise ValueError("values and pixel_slot need slots, which say how the markers are written")
        return None, plan.unmerged
    filled = template.fill(values, without=pixel_slot)
    return filled, plan.merge(filled)


class TextDocument:
    """A plain text that was read once.

    Attributes:
        text: The text.
        template: Its slots, each where it is; None without slots.
        flowed: How values are written if it is in format=flowed; None if it is not, or without slots.
    """

    def __init__(self, text: str, slots: Slots | None, /, *, is_flowed: bool = False) -> None:
        self.text = text
        self.template: Template | None = None
        self.flowed: FlowedText | None = None
        if slots is None:
            self._urls = find_urls(text)
            return
        markers = slots.find(text)
        readable = without_markers(text, markers)
        self._urls = find_urls(readable)
        escaped = slots.find_escaped(text, markers)
        holes = find_plain_holes(text, readable, self._urls, markers, escaped)
        if is_flowed:
            self.flowed = FlowedText(text, holes)
        self.template = Template(text, slots, holes, [*markers, *escaped])

    def make_plan(
        self, policy: LinkPolicy, domain: TrackingDomain | None, /, context: MessageContext = NO_CONTEXT
    ) -> Plan:
        """Decide what to do with the links."""
        return plain_plan(self.text, self._urls, Judge(policy, domain, None, context), self.template)


@dataclass(frozen=True, slots=True)
class HtmlDocument:
    """A document that was read once and can be tracked for any number of recipients; made by `scan_html`.

    A document compares and pickles as its text and its slots. It caches what the last policy decided about its links.

    Attributes:
        html: The document.
        slots: How the markers of its slots are written; None for a document that is the same for everyone.
        readable: The document as it is tokenised: with what its markers hold masked (internal).
        template: Its slots, each where it is (internal).
    """

    html: str
    slots: Slots | None = None
    readable: str = field(init=False, compare=False)
    template: Template | None = field(init=False, compare=False)
    _scan: Scan = field(init=False, compare=False)
    _memo: _Memo = field(init=False, compare=False, default_factory=_Memo)

    def __post_init__(self) -> None:
        html = plain_str(self.html, "html")
        readable, template = html, None
        if self.slots is not None:
            markers = self.slots.find(html)
            readable = masked(html, markers)
            template = read_template(html, readable, markers, self.slots)
        object.__setattr__(self, "html", html)
        object.__setattr__(self, "readable", readable)
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "_scan", scan(readable))

    def __reduce__(self) -> tuple[type[HtmlDocument], tuple[str, Slots | None]]:
        return HtmlDocument, (self.html, self.slots)

    def __repr__(self) -> str:
        slots = f", {len(self.template.holes)} slots" if self.template else ""
        return f"HtmlDocument({len(self.html)} characters, {len(self._scan.links)} links{slots})"

    @property
    def found(self) -> Scan:
        """What the pass over the document found (internal)."""
        return self._scan

    def written_urls(self) -> list[str]:
        """Return the URL of each link that was found, as it is read (internal)."""
        html = self.html
        return [decode_attribute(html[link[2] : link[3]]).strip(WHITESPACE) for link in self._scan.links]

    def images(self) -> list[Image]:
        """Return the live images (internal)."""
        memo = self._memo
        if memo.images is None:
            memo.images = live_images(self.readable)
        return memo.images

    def pixels(self) -> list[Image]:
        """Return the live images that can be our pixels (internal).

        Reading images exactly is slow, so it first asks whether any of the tags has the path of a pixel in it.
        """
        memo = self._memo
        if memo.pixels is None:
            tags = self._image_tags()
            possible = "/o/" in tags or _ESCAPED_PATH.search(tags) or _PERCENT_PATH.search(tags) or "\\" in tags
            memo.pixels = [image for image in self.images() if _MAY_BE_PIXEL.search(image.url)] if possible else []
        return memo.pixels

    def may_show(self, written: str, /) -> bool:
        """Return whether a URL written like this, or with bare ampersands, is in an image's tag (internal)."""
        tags = self._image_tags()
        return written in tags or ("&" in written and written.replace("&amp;", "&") in tags)

    def _image_tags(self) -> str:
        return "\n".join([self.html[start:end] for start, end in self._scan.images])

    def plan(self, policy: LinkPolicy, domain: TrackingDomain | None, /) -> Plan:
        """Decide what to do with the links; kept for the next recipient under the same policy and domain (internal)."""
        wanted = (policy, domain)
        memo = self._memo.plan
        if memo is None or memo[0] != wanted:
            memo = self._memo.plan = (wanted, self.make_plan(policy, domain))
        return memo[1]

    def make_plan(
        self, policy: LinkPolicy, domain: TrackingDomain | None, /, context: MessageContext = NO_CONTEXT
    ) -> Plan:
        """Decide what to do with the links (internal)."""
        return make_plan(self.readable, self._scan, Judge(policy, domain, self._scan.base, context), self.template)

    def merge(
        self, plan: Plan, values: Values | None, pixel_slot: str | None, /
    ) -> tuple[FilledTemplate | None, Merged]:
        """Write one recipient's values, and read where the links lead with them (internal)."""
        return merge(plan, self.template, values, pixel_slot)

    def pixel_holes(self, slot: str | None, /) -> tuple[TextHole, ...]:
        """Return the holes of the slot that the pixel goes into (internal).

        Raises:
            BadSlot: One of them is not in text, so no image can be there.
            ValueError: There is no such slot.
        """
        template = self.template
        if slot is None or template is None:
            return ()
        if not template.slots.declares(slot):
            raise ValueError("pixel_slot must be the name of a slot")
        holes = [hole for hole in template.holes if slot in hole.names]
        for hole in holes:
            if not isinstance(hole, TextHole) or hole.place is not Place.TEXT:
                place = hole.place if isinstance(hole, TextHole) else "a URL"
                line = self.html.count("\n", 0, hole.start) + 1
                raise BadSlot(slot, place, line, "the slot of the pixel must be in the document's text")
        return tuple(hole for hole in holes if isinstance(hole, TextHole))

    def offset_for_pixel(self, position: Literal["end", "start", "early"], /) -> int:
        """Return where a pixel goes in the source; -1 if nowhere (internal).

        "early" is the start, and without `<body>` and `</head>` the first place where content may begin.
        """
        found = self._scan
        if position != "end" and found.body_start >= 0:
            return found.body_start
        if position != "end" and found.head_end >= 0:
            return found.head_end
        if position == "early" and (offset := content_start(self.html)) >= 0:
            return offset
        offset = next(end for end in (found.body_end, found.html_end, found.safe_end) if end >= 0)
        return -1 if is_before_doctype(self.html, offset) else offset
