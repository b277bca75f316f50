"""Every part of a message down to the innermost, other people's messages included, and where readers may see others.

`lmtrack._mime.structure` finds what may be edited and leaves the rest alone; an audit has to look into all of it. Where
programs differ about the parts, or the message ends too early, a finding is in the list, so that nothing there is
called clean.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from lmtrack._checking.finding import Finding, FindingKind
from lmtrack._headers import is_message, iter_fields
from lmtrack._mime.walk import DEEPEST, IDENTITY, MOST_PARTS, Begun, DoubtKind, Ended, Node, walk_parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lmtrack._mime.part_headers import PartHeaders

# RFC 2045 section 5.1, in lower case. C programs end a type at NUL, Python strips other white space than the standard.
_MEDIA_TYPE: Final = re.compile(r"[!#-'*+\-.0-9^-~]++/[!#-'*+\-.0-9^-~]++")
# RFC 2046 section 5.1.1 has at most 70 of fewer signs; `<b>` and `'b'` are what is left of quotes to some.
_BOUNDARY: Final = re.compile(rb"(?!')[ !#-;=?-\[\]-~]{1,70}")
_ENCODED_WORD: Final = re.compile(rb"=\?[^?]++\?[bBqQ]\?[^?]*+\?=")
# A backslash or a fold inside its quotes; RFC 2231's ways to write it, which few know for this parameter.
_WRITTEN: Final = re.compile(
    r"""boundary (?: \*[0-9*]*+[ \t\r\n]*+= | [ \t\r\n]*+=[ \t\r\n]*+"[^"\\\r\n]*+[\\\r\n] )""",
    re.IGNORECASE | re.VERBOSE,
)
_MOST_SHOWN: Final = 100  # findings about the structure of one message; our choice
_LEADING_EMPTY_LINES: Final = re.compile(rb"[\r\n]++")
_BLANK_LINE: Final = re.compile(rb"\n[ \t]++\r*+\n")  # the end of the header for some, a folded nothing for others
_DOUBTS: Final = {
    DoubtKind.SAME_BOUNDARY: "its boundary is also that of a part around it",
    DoubtKind.LONE_CR: "it holds a lone CR, which some programs read as a line end",
    DoubtKind.BEHIND_THE_END: "after the end of its parts some programs see others",
    DoubtKind.LONGER_LINE: "a line in it is a boundary for some programs only",
    DoubtKind.NOTHING_BETWEEN: "its last boundary follows another one directly",
    DoubtKind.TOO_DEEP: f"it is nested more than {DEEPEST} levels deep",
    DoubtKind.TOO_MANY: f"there are more than {MOST_PARTS:,} parts",
}
_LIMITS: Final = (DoubtKind.TOO_DEEP, DoubtKind.TOO_MANY)
# Of these there is only a piece, or the content stands elsewhere; the others are not mail but fields or text.
_NO_MAIL: Final = frozenset((
    "partial", "external-body", "delivery-status", "disposition-notification", "feedback-report", "tracking-status",
    "global-delivery-status", "global-disposition-notification", "global-headers", "http", "s-http", "sip", "sipfrag",
))  # fmt: skip


def _is_odd_type(headers: PartHeaders, /) -> bool:
    """Return whether its type holds what no type may hold, and what some programs cut off."""
    return _MEDIA_TYPE.fullmatch(headers.content_type) is None


def _is_odd_boundary(headers: PartHeaders, block: bytes, /) -> bool:
    """Return whether programs may look for other lines than its boundary names."""
    if not _BOUNDARY.fullmatch(headers.boundary) or _ENCODED_WORD.search(headers.boundary):
        return True
    return any(field.name.lower() == "content-type" and _WRITTEN.search(field.value) for field in iter_fields(block))


class Head(NamedTuple):
    """The header block of the message, or of one that is enclosed in it.

    Attributes:
        path: Of the enclosed message as IMAP counts; empty for the message itself.
        block: Its bytes.
    """

    path: str
    block: bytes


class Entity(NamedTuple):
    """A part without parts.

    Attributes:
        path: As IMAP counts (RFC 9051 section 6.4.5): `1` for a message without parts, else `1`, `2`, `2.1`.
        headers: What its header fields say.
        block: Those, as bytes.
        above: What it is in, outermost first, each by path and type: multiparts and enclosed messages.
        closed: Whether something behind it shows that it ended there.
        around: The header blocks of the multiparts it is in, innermost first, up to the message they are in.
        raw: The message that was read.
        start: Where its body begins in that.
        end: Where it ends.
        within: The multiparts and enclosed messages around it, innermost first, each by the path and the header block
            that it has as a part.
        roots: Of the multipart/related parts of that message, by path, the path of the part that each says to show.
    """

    path: str
    headers: PartHeaders
    block: bytes
    above: tuple[tuple[str, str], ...]
    closed: bool
    around: tuple[bytes, ...] = ()
    raw: bytes = b""
    start: int = 0
    end: int = 0
    within: tuple[tuple[str, bytes], ...] = ()
    roots: Mapping[str, str] = MappingProxyType({})

    @property
    def body(self) -> bytes:
        """Its body, encoded as it is sent. It is cut out each time: a large one is in memory only while it is read."""
        return self.raw[self.start : self.end]

    def is_displayed(self) -> bool:
        """Return whether it is text that people read as the message's own, or one of the alternatives for it."""
        headers = self.headers
        if headers.content_type not in {"text/html", "text/plain"} or headers.attached or headers.named:
            return False
        paths = [*(path for path, _ in self.above), self.path]
        for (path, kind), inner in zip(self.above, paths[1:], strict=True):
            if not kind.startswith("multipart/") or kind in {"multipart/encrypted", "multipart/digest"}:
                return False
            # Beside the root of a multipart/related stands what the root shows.
            if kind == "multipart/related" and inner != self.roots.get(path, f"{path}.1" if path else "1"):
                return False
        return True


Item: TypeAlias = Head | Entity | Finding


def place_of(path: str, /) -> str:
    """Say which part is meant."""
    return f"part {path}" if path else "message"


def read_entities(raw: bytes, path: str = "", depth: int = 0, /, *, skips_empty_lines: bool = True) -> list[Item]:
    """Find all parts of a message and what is unclear about them, in order; never fails, linear in its length.

    An enclosed message that is encoded is given as a part; to read its content is to call this with its path and with
    how many messages stand around it. Empty lines at the beginning are passed over, as most programs do; with
    `skips_empty_lines` off the first one ends the header, as the standard has it.
    """
    reading = _EntityReading(raw, path)
    start = len(BOM_UTF8) if raw.startswith(BOM_UTF8) else 0  # of the file it was kept in
    leading = _LEADING_EMPTY_LINES.match(raw, start)
    if skips_empty_lines and leading and leading.end() < len(raw):
        start = leading.end()
        # Some pass over them, for others the message has no header and all of it is text.
        reading.note(
            FindingKind.UNDECODABLE, "", "it begins with an empty line, and its header is text to some programs"
        )
    for step in walk_parts(raw, _is_read, start=start, path=path, depth=depth):
        if isinstance(step, Begun):
            reading.begin(step.node)
        elif isinstance(step, Ended):
            reading.end(step.node)
        else:
            kind = FindingKind.LIMIT_REACHED if step.kind in _LIMITS else FindingKind.UNDECODABLE
            reading.note(kind, step.path, _DOUBTS[step.kind])
    return reading.items


def is_encoded_message(part: Entity, /) -> bool:
    """Return whether a part is an enclosed message that has to be decoded first."""
    return _is_message(part.headers) and part.headers.encoding not in IDENTITY


def _is_message(headers: PartHeaders, /) -> bool:
    main, _, subtype = headers.content_type.partition("/")
    return main == "message" and subtype not in _NO_MAIL


def _is_read(headers: PartHeaders, /) -> bool:
    return headers.content_type.startswith("multipart/") or (_is_message(headers) and headers.encoding in IDENTITY)


class _EntityReading:
    """What the walk over a message makes of it."""

    def __init__(self, raw: bytes, path: str, /) -> None:
        self.raw, self.path = raw, path
        self.items: list[Item] = []
        self.shown = 0
        self.roots: dict[str, str] = {}

    def note(self, kind: FindingKind, path: str, why: str, /) -> None:
        self.shown += 1
        if self.shown <= _MOST_SHOWN:
            self.items.append(Finding(kind=kind, place=place_of(path), why=why))

    def begin(self, node: Node, /) -> None:
        headers, path = node.headers, node.path
        if node.is_message_root:
            self.items.append(Head(node.above.path if node.above else self.path, node.block))
            if headers.clear and node.block and not is_message(node.block):
                why = "its header has none of a message's fields; take the message out of what holds it first"
                self.note(FindingKind.UNDECODABLE, path if node.above else "", why)
        elif headers.content_id and node.above and headers.content_id == node.above.headers.root_id:
            self.roots.setdefault(node.above.path, path)
        if not headers.clear or _is_odd_type(headers) or _BLANK_LINE.search(node.block):
            self.note(FindingKind.UNDECODABLE, path, "programs read the fields of its header differently")
        if not node.is_multipart:
            return
        if node.entered:
            if headers.encoding not in IDENTITY:
                self.note(FindingKind.UNDECODABLE, path, "it has parts and is encoded, which is not allowed in mail")
            if _is_odd_boundary(headers, node.block):
                self.note(FindingKind.UNDECODABLE, path, "some programs read a different boundary")
        elif not headers.boundary:
            self.note(FindingKind.UNDECODABLE, path, "it has parts, and does not say what separates them")

    def end(self, node: Node, /) -> None:
        if not node.entered:
            self.items.append(self.entity(node))
        elif node.is_multipart:
            if not node.closed:
                self.note(FindingKind.TRUNCATED, node.path, "the line that ends its parts is missing")
            if not node.children:
                self.note(FindingKind.UNDECODABLE, node.path, "it says that it has parts, and none is found")

    def entity(self, node: Node, /) -> Entity:
        above: list[tuple[str, str]] = []
        around: list[bytes] = []
        within: list[tuple[str, bytes]] = []
        inside = True  # of the innermost message
        outer = node.above
        while outer is not None:
            above.append((outer.path, outer.headers.content_type))
            inside = inside and outer.is_multipart
            if inside:
                around.append(outer.block)
            if not outer.is_message_root:
                within.append((outer.path, outer.block))
            outer = outer.above
        return Entity(
            path=node.path or "1",
            headers=node.headers,
            block=node.block,
            above=tuple(reversed(above)),
            closed=node.closed,
            around=tuple(around),
            raw=self.raw,
            start=node.start,
            end=max(node.end, node.start),
            within=tuple(within),
            roots=self.roots,
        )
