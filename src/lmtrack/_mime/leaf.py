"""A displayed part, read: its body in its encoding, its characters, its links, and the places for what is tracked."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from lmtrack._mime.base64 import Base64Body
from lmtrack._mime.charsets import is_unsafe, read_content
from lmtrack._mime.lines import LONGEST_LINE, NO_LIMIT, LinesBody
from lmtrack._mime.quoted import QuotedBody
from lmtrack._mime.structure import PartReason
from lmtrack._rewriting.document import HtmlDocument, TextDocument

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmtrack._mime.charsets import View
    from lmtrack._mime.raw_edit import Body, Content, Span
    from lmtrack._mime.structure import Part
    from lmtrack._rewriting.plan import MessageContext, Plan
    from lmtrack.links import LinkPolicy
    from lmtrack.urls import TrackingDomain

# RFC 4880 section 6.2. What is signed or encrypted inside a text (RFC 1991) breaks with any change to the text. In HTML
# a line begins behind a tag too.
_PGP: Final = b"-----BEGIN PGP "
_PGP_LINE: Final = re.compile(rb"^(?:\xef\xbb\xbf)?" + _PGP, re.MULTILINE)
_PGP_IN_HTML: Final = re.compile(rb"(?:^(?:\xef\xbb\xbf)?|>)[ \t]*+" + _PGP, re.MULTILINE)
# RFC 3676 section 4.2: a line that ends in a blank goes on in the next.
_AT_SOFT_BREAK: Final = re.compile(rb"(?:\A|(?<=[ \r\n]))[^ \r\n]++ \r?+\n")
_TOO_LONG: Final = re.compile(rb"[^\n]{%d}" % (LONGEST_LINE + 2))  # CR is not counted, so two more to be sure


class Leaf:
    """A part that is displayed text; what is asked of it is found out when it is asked first."""

    def __init__(self, raw: bytes, part: Part, eol: bytes, /) -> None:
        self.part = part
        self._raw = raw
        self._eol = eol

    @property
    def is_html(self) -> bool:
        """Whether the part is HTML rather than plain text."""
        return self.part.content_type == "text/html"

    @cached_property
    def problem(self) -> PartReason | None:
        """Why the part cannot be edited without damage; None if it can."""
        body = self.body
        if isinstance(body, Base64Body) and not body.sound:
            return PartReason.BROKEN_ENCODING
        if is_unsafe(self.part.charset, body.content):
            return PartReason.CHARSET
        if _PGP in body.content and (_PGP_IN_HTML if self.is_html else _PGP_LINE).search(body.content):
            return PartReason.INLINE_PGP
        if self.part.delsp and any(b"://" in word[0] for word in _AT_SOFT_BREAK.finditer(body.content)):
            return PartReason.FLOWED
        return None

    @cached_property
    def body(self) -> Body:
        """The body in its transfer encoding."""
        part, raw, eol = self.part, self._raw, self._eol
        found = raw.find(b"\n", part.start, part.end)
        if found >= 0:  # its own line ends, whatever the message's are
            eol = b"\r\n" if raw[found - 1 : found] == b"\r" else b"\n"
        if part.encoding == "quoted-printable":
            return QuotedBody(raw, part.start, part.end, eol)
        if part.encoding == "base64":
            return Base64Body(raw, part.start, part.end, eol)
        limit = LONGEST_LINE
        if part.encoding == "binary" and _TOO_LONG.search(raw, part.start, part.end):
            limit = NO_LIMIT  # some write `binary` on mail that any relay takes; others mean it
        return LinesBody(raw, part.start, part.end, eol, is_html=self.is_html, limit_octets=limit)

    @cached_property
    def view(self) -> View:
        """The content as characters."""
        return read_content(self.body.content, self.part.charset)

    @cached_property
    def document(self) -> HtmlDocument:
        """The content as a document that has been read."""
        return HtmlDocument(self.view.text)

    def plan(self, policy: LinkPolicy, domain: TrackingDomain | None, context: MessageContext, /) -> Plan:
        """Judge the links of the part; they are numbered on from the parts before."""
        if not self.is_html:
            return TextDocument(self.view.text, None).make_plan(policy, domain, context)
        view = self.view
        if not view.explained:
            context = context._replace(repair=view.repair, shown=view.shown())
        return self.document.make_plan(policy, domain, context)

    def pixel_place(self, position: Literal["end", "start"], /) -> int:
        """Where a pixel goes in the text; not behind its last line end, with which the message may have to end."""
        text = self.view.text
        place = self.document.pixel_place(position)
        if place == len(text) and text.endswith("\n"):
            place -= 2 if text.endswith("\r\n") else 1
        return place

    def spans(self, edits: Sequence[tuple[int, str, Content]], /) -> list[Span]:
        """Say where in the content characters are that will be replaced, ascending: offset, old text, by what."""
        ends = [offset for start, old, _ in edits for offset in (start, start + len(old))]
        offsets = self.view.octets_before(ends)
        return [(offsets[2 * at], offsets[2 * at + 1], content) for at, (_, _, content) in enumerate(edits)]

    def encode(self, value: str, /) -> bytes | None:
        """Write characters in the part's charset; what it lacks as references in HTML, None in plain text."""
        codec = self.view.codec or self.view.label or "ascii"
        if codec == "ascii" and not self.is_html:
            codec = "utf-8"  # as it is read where the label says nothing
        try:
            return value.encode(codec, "xmlcharrefreplace" if self.is_html else "strict")
        except UnicodeEncodeError:
            return None
