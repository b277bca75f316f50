"""A displayed part, read: its body in its encoding, its characters, its links, and the places for what is tracked.

A body that is written in another encoding or charset than it had changes the part's header fields too.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal

from lmtrack._headers import LONGEST_LINE, find_body, iter_fields
from lmtrack._mime.base64 import Base64Body
from lmtrack._mime.charsets import is_unsafe, read_content
from lmtrack._mime.lines import NO_LIMIT, LinesBody, LinesStencil
from lmtrack._mime.quoted import QuotedBody, RequotedBody
from lmtrack._mime.raw_edit import Content, RawEdit
from lmtrack._mime.structure import PartReason
from lmtrack._rewriting.document import HtmlDocument, TextDocument
from lmtrack._rewriting.finish import untracking_edits
from lmtrack._rewriting.plain_text import find_urls, plain_untracking_edits
from lmtrack._rewriting.slots.holes import TextHole
from lmtrack.errors import BadSlot, BadValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmtrack._mime.charsets import View
    from lmtrack._mime.raw_edit import Body, Span
    from lmtrack._mime.structure import Part
    from lmtrack._rewriting.judge import MessageContext
    from lmtrack._rewriting.own_tokens import Owner
    from lmtrack._rewriting.plan import Plan
    from lmtrack._rewriting.slots.holes import Hole
    from lmtrack._rewriting.slots.markers import Slots
    from lmtrack._rewriting.slots.template import Template
    from lmtrack.links import LinkPolicy
    from lmtrack.urls import TrackingDomain

# A charset as a parameter of Content-Type; that readers agree about the field is known.
_CHARSET: Final = re.compile(
    rb"""(;[ \t\r\n]*+charset(?:\*[0-9]*+\*?+)?[ \t\r\n]*+=[ \t\r\n]*+)("[^"]*+"|[^; \t\r\n()]++)""", re.IGNORECASE
)


def _has_field(block: bytes, name: str, /) -> bool:
    """Return whether a header has a field of this name."""
    return any(field.name.lower() == name.lower() for field in iter_fields(block))


def _set_field(block: bytes, name: str, value: bytes, eol: bytes, /) -> RawEdit:
    """Return the edit that gives a field this value; a field that is missing goes after the others."""
    line = name.encode("ascii") + b": " + value + eol
    for field in iter_fields(block):
        if field.name.lower() == name.lower():
            return RawEdit(field.start, block[field.start : field.end], line)
    return RawEdit(find_body(block)[0], b"", line)


def _set_charset(block: bytes, eol: bytes, /) -> RawEdit:
    """Return the edit that makes Content-Type say UTF-8."""
    for field in iter_fields(block):
        if field.name.lower() == "content-type":
            old = block[field.start : field.end]
            if _CHARSET.search(old):
                return RawEdit(field.start, old, _CHARSET.sub(rb"\1utf-8", old, count=1))
            end = len(old.rstrip(b" \t\r\n;"))
            return RawEdit(field.start, old, old[:end] + b"; charset=utf-8" + old[end:].lstrip(b" \t;"))
    return _set_field(block, "Content-Type", b"text/plain; charset=utf-8", eol)


# RFC 4880 section 6.2. What is signed or encrypted inside a text (RFC 1991) breaks with any change to the text. In HTML
# a line begins behind a tag too.
_PGP: Final = b"-----BEGIN PGP "
_PGP_LINE: Final = re.compile(rb"^(?:\xef\xbb\xbf)?" + _PGP, re.MULTILINE)
_PGP_IN_HTML: Final = re.compile(rb"(?:^(?:\xef\xbb\xbf)?|>)[ \t]*+" + _PGP, re.MULTILINE)
# RFC 3676 section 4.2: a line that ends in a blank goes on in the next.
_AT_SOFT_BREAK: Final = re.compile(rb"(?:\A|(?<=[ \r\n]))[^ \r\n]++ \r?+\n")
_LINE_END: Final = re.compile(r"\r\n?+|\n")
_C1: Final = re.compile("[\x80-\x9f]")
_TOO_LONG: Final = re.compile(rb"[^\n]{%d}" % (LONGEST_LINE + 2))  # CR is not counted, so two more to be sure


class Leaf:
    """A part that is displayed text; what is asked of it is found out when it is asked first."""

    def __init__(self, raw: bytes, part: Part, eol: bytes, slots: Slots | None, /) -> None:
        self.part = part
        self._raw = raw
        self._eol = eol
        self._slots = slots

    @property
    def is_html(self) -> bool:
        """Return whether the part is HTML rather than plain text."""
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
        if self.requoted:
            return RequotedBody(raw, part.start, part.end, eol)
        limit = LONGEST_LINE
        if part.encoding == "binary" and _TOO_LONG.search(raw, part.start, part.end):
            limit = NO_LIMIT  # some write `binary` on mail that any relay takes; others mean it
        return LinesBody(
            raw,
            part.start,
            part.end,
            eol,
            is_html=self.is_html,
            limit_octets=limit,
            delimiters=part.delimiters,
        )

    @cached_property
    def view(self) -> View:
        """The content as characters."""
        return read_content(self.body.content, self.part.charset)

    @cached_property
    def requoted(self) -> bool:
        """Return whether the part becomes quoted-printable in UTF-8: 7bit with a slot, as values may need 8 bits."""
        part = self.part
        if self._slots is None or self.is_html or part.encoding != "7bit":
            return False
        return bool(self._slots.find(self._raw[part.start : part.end].decode("latin-1")))

    @cached_property
    def document(self) -> HtmlDocument:
        """The content as a document that has been read."""
        return HtmlDocument(self.view.text, self._slots)

    @cached_property
    def plain_text(self) -> TextDocument:
        """The content as a plain text that has been read."""
        return TextDocument(self.view.text, self._slots, is_flowed=self.part.flowed)

    @property
    def template(self) -> Template | None:
        """The slots of the part; None if it has none."""
        if self._slots is None:
            return None
        template = self.document.template if self.is_html else self.plain_text.template
        return template if template and template.holes else None

    def plan(self, policy: LinkPolicy, domain: TrackingDomain | None, context: MessageContext, /) -> Plan:
        """Check the links of the part; they are numbered on from the parts before."""
        if not self.is_html:
            return self.plain_text.make_plan(policy, domain, context)
        view = self.view
        if not view.explained:
            context = context._replace(repair=view.repair, shown=view.shown())
        return self.document.make_plan(policy, domain, context)

    def written_urls(self) -> list[str]:
        """Return the URL of each link of the part, as it is read."""
        text = self.view.text
        return self.document.written_urls() if self.is_html else [text[start:end] for start, end in find_urls(text)]

    def untracking_edits(self, owner: Owner, /) -> list[RawEdit]:
        """Return what puts the destinations of the part's links back and takes its pixels out."""
        if self.problem is not None:
            return []
        if self.is_html:
            edits = untracking_edits(self.document, owner)
        else:
            edits = plain_untracking_edits(self.view.text, owner)
        # A destination in letters that the part's charset lacks cannot be written into plain text.
        values = [(edit, self.encode(edit.new)) for edit in edits]
        kept = [(edit, value) for edit, value in values if value is not None]
        if not kept:
            return []
        stencil = self.body.cut(
            self.spans([(edit.offset, edit.offset + len(edit.old), Content.NOTHING, 0) for edit, _ in kept])
        )
        if isinstance(stencil, LinesStencil):  # a line that tracking had to break was too long before
            stencil = stencil.without_limit()
        return stencil.fill([value for _, value in kept]).edits

    def offset_for_pixel(self, position: Literal["end", "start", "early"], /) -> int:
        """Where a pixel goes in the text, -1 if nowhere; not behind its last line end, which the message may need."""
        text = self.view.text
        offset = self.document.offset_for_pixel(position)
        if offset == len(text) and text.endswith("\n"):
            offset -= 2 if text.endswith("\r\n") else 1
        return offset

    def spans(self, marks: Sequence[tuple[int, int, Content, int]], /) -> list[Span]:
        """Say where in the content stretches of the text are, ascending."""
        if self.view.codec is None:
            return [(start, end, content) for start, end, content, _ in marks]
        offsets = self.view.octets_before([offset for mark in marks for offset in mark[:2]])
        return [(offsets[2 * at], offsets[2 * at + 1], mark[2]) for at, mark in enumerate(marks)]

    @cached_property
    def codec(self) -> str:
        """The charset in which new characters are written."""
        codec = self.view.codec or self.view.label or "ascii"
        if self.is_html and self.part.encoding == "7bit" and self.body.content.isascii():
            return "ascii"
        if codec == "ascii" and not self.is_html:
            return "utf-8"  # as it is read where the label says nothing
        return codec

    def encode(self, value: str, /) -> bytes | None:
        """Write characters in the part's charset; what it lacks as references in HTML, None in plain text."""
        try:
            return value.encode(self.codec, "xmlcharrefreplace" if self.is_html else "strict")
        except UnicodeEncodeError:
            return None

    def encode_values(self, written: Sequence[str], holes: Sequence[Hole], /) -> list[bytes]:
        """Write what is in each hole for one recipient.

        Raises:
            BadValue: The part's charset lacks a character of a plain text, or its readers take it for another one.
        """
        if not self.is_html and self.plain_text.flowed:
            written = self.plain_text.flowed.write([_LINE_END.sub("\n", text) for text in written])
        joined = "\0".join(written)  # a value holds no U+0000
        if "\n" not in joined and "\r" not in joined:
            encoded = None
            if joined.isascii():
                encoded = joined.encode("ascii")
            elif self.codec == "utf-8" or not _C1.search(joined):
                encoded = self.encode(joined)
            if encoded is not None:
                return encoded.split(b"\0") if written else []
        return [self._encode_value(text, hole) for text, hole in zip(written, holes, strict=True)]

    def _encode_value(self, text: str, hole: Hole, /) -> bytes:
        text = _LINE_END.sub(self._newline, text)
        codec = self.codec
        # WHATWG HTML 13.2.5.80 and Encoding section 9: in these charsets, and as references, they are read as others.
        if codec != "utf-8" and _C1.search(text):
            raise BadValue(
                hole.names[0], place_of(hole), "it holds a control character that the charset of the part lacks"
            )
        encoded = self.encode(text)
        if encoded is None:
            raise BadValue(hole.names[0], place_of(hole), "it holds a character that the charset of the part lacks")
        return encoded

    @cached_property
    def _newline(self) -> str:
        """How lines end in the content, so that a value's do too."""
        return "\r\n" if "\r\n" in self.view.text or (not self.view.text.count("\n") and self._eol == b"\r\n") else "\n"

    def field_edits(self) -> list[RawEdit]:
        """What the fields of a plain part with slots have to say: UTF-8 where they say nothing, and its new encoding.

        Raises:
            BadSlot: A part of 7 bits is in a charset that cannot be written so.
        """
        part, template = self.part, self.template
        if template is None or self.is_html:
            return []
        edits: list[RawEdit] = []
        block = self._raw[part.head : part.start]
        label = self.view.label
        if self.requoted and label not in {None, "ascii", "utf-8"}:
            advice = "write the part as quoted-printable or 8bit, or in UTF-8, before the message is scanned"
            raise BadSlot(
                template.names[0], f"part {part.path}, which is 7bit in another charset than UTF-8", 1, advice
            )
        if label in {None, "ascii"} and self.view.codec is None:
            edits.append(_set_charset(block, self._eol))
        if self.requoted:
            edits.append(_set_field(block, "Content-Transfer-Encoding", b"quoted-printable", self._eol))
        if part.head == 0 and edits and not _has_field(block, "MIME-Version"):
            edits.append(_set_field(block, "MIME-Version", b"1.0", self._eol))
        edits.sort(key=lambda edit: edit.offset)
        return [edit._replace(offset=edit.offset + part.head) for edit in edits]


def place_of(hole: Hole, /) -> str:
    """Name what a hole is in."""
    return hole.place if isinstance(hole, TextHole) else "a URL"
