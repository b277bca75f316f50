"""Every part of a message down to the innermost, other people's messages included, and where readers may see others.

`lmtrack._mime.structure` finds what may be edited and leaves the rest alone; an audit has to look into all of it. One
pass over the lines that begin with `--`, open multiparts and enclosed messages on one stack. Where programs differ
about the parts, or the message ends too early, a finding stands in the list, so that nothing there is called clean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from lmtrack._checking.finding import Finding, FindingKind
from lmtrack._checking.messages.ambiguous_headers import is_odd_boundary, is_odd_type
from lmtrack._headers import find_body
from lmtrack._mime.part_headers import PartHeaders, read_part_headers

if TYPE_CHECKING:
    from collections.abc import Mapping

# All three are our choice; the deepest of 207 real messages has 5 levels, the widest 41 parts.
_DEEPEST: Final = 64
_MOST_PARTS: Final = 10_000
_MOST_SHOWN: Final = 100  # findings about the structure of one message

_DELIMITER: Final = re.compile(rb"\n--[^\r\n]*+")
_EMPTY_LINE: Final = re.compile(rb"\n(\r*+\n)")
_LINE_END: Final = re.compile(rb"\r*+\n")
_LEADING_EMPTY_LINES: Final = re.compile(rb"[\r\n]++")
_LONE_CR_DELIMITER: Final = b"\r--"
_BLANK_LINE: Final = re.compile(rb"\n[ \t]++\r*+\n")  # the end of the header for some, a folded nothing for others
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_IDENTITY: Final = frozenset(("7bit", "8bit", "binary"))
# Of these there is only a piece, or the content stands elsewhere; the others are no mail but fields or text.
_NO_MAIL: Final = frozenset((
    "partial", "external-body", "delivery-status", "disposition-notification", "feedback-report", "tracking-status",
    "global-delivery-status", "global-disposition-notification", "global-headers", "http", "s-http", "sip", "sipfrag",
))  # fmt: skip


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
        body: Its body, encoded as it is sent.
        above: What it stands in, outermost first, each by path and type: multiparts and enclosed messages.
        closed: Whether something behind it shows that it ended there.
        around: The header blocks of the multiparts it stands in, innermost first, up to the message they are in.
        start: Where its body begins in the message that was read, a byte order mark ahead of it not counted.
        roots: Of the multipart/related parts of that message, by path, the path of the part that each says to show.
    """

    path: str
    headers: PartHeaders
    block: bytes
    body: bytes
    above: tuple[tuple[str, str], ...]
    closed: bool
    around: tuple[bytes, ...] = ()
    start: int = 0
    roots: Mapping[str, str] = MappingProxyType({})

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


@dataclass(slots=True)
class _Open:
    """A multipart or an enclosed message whose end has not come yet."""

    path: str
    content_type: str
    block: bytes
    keys: tuple[bytes, ...] = ()  # none for a message
    root_id: str = ""
    children: int = 0
    closed: bool = False


@dataclass(slots=True)
class _Leaf:
    path: str
    headers: PartHeaders
    block: bytes
    start: int
    above: tuple[tuple[str, str], ...]
    around: tuple[bytes, ...]


def place_of(path: str, /) -> str:
    """Say which part is meant."""
    return f"part {path}" if path else "message"


def read_entities(raw: bytes, path: str = "", depth: int = 0, /) -> list[Item]:
    """Find all parts of a message and what is unclear about them, in order; never fails, linear in its length.

    An enclosed message that is encoded is given as a part; to read its content is to call this with its path and with
    how many messages stand around it.
    """
    raw = raw.removeprefix(_BYTE_ORDER_MARK)  # of the file it was kept in
    return _Walk(raw, path, depth).run()


def is_encoded_message(part: Entity, /) -> bool:
    """Return whether a part is an enclosed message that has to be decoded first."""
    return _is_message(part.headers) and part.headers.encoding not in _IDENTITY


def _is_message(headers: PartHeaders, /) -> bool:
    main, _, subtype = headers.content_type.partition("/")
    return main == "message" and subtype not in _NO_MAIL


class _Walk:
    """One pass over a message."""

    def __init__(self, raw: bytes, path: str, depth: int, /) -> None:
        self.raw, self.path, self.depth = raw, path, depth
        self.items: list[Item] = []
        self.parts = 0
        self.shown = 0
        self.roots: dict[str, str] = {}
        self.open: list[_Open] = []
        # What stands on a delimiter line: the place of its multipart on the stack, and whether it closes it.
        self.delimiters: dict[bytes, tuple[int, bool]] = {}
        self.starts: tuple[bytes, ...] = ()  # of the lines that open a part
        self.ended: set[bytes] = set()  # those of multiparts that came to their end
        self.lines: list[tuple[int, int]] | None = None  # that begin with `--`; found when a multipart is entered first
        self.next = 0  # the first of them that nobody has looked at
        self.leaf: _Leaf | None = None

    def run(self) -> list[Item]:
        raw = self.raw
        leading = _LEADING_EMPTY_LINES.match(raw)
        start = leading.end() if leading and leading.end() < len(raw) else 0
        if start:
            # Some pass over them, for others the message has no header and all of it is text.
            self._note(FindingKind.UNDECODABLE, "", "it begins with an empty line, and its header is text to some")
        head_end, body_start = find_body(raw[start:] if start else raw)
        self._message(self.path, start, start + head_end, start + body_start)
        self._follow()
        self._close(0, len(raw))
        return self.items

    def _note(self, kind: FindingKind, path: str, why: str, /) -> None:
        self.shown += 1
        if self.shown <= _MOST_SHOWN:
            self.items.append(Finding(kind=kind, place=place_of(path), why=why))

    def _message(self, path: str, start: int, head_end: int, body_start: int, /) -> None:
        block = self.raw[start:head_end]
        self.items.append(Head(path, block))
        self._begin(f"{path}.1" if path else "1", path, read_part_headers(block), block, body_start)

    def _begin(self, path: str, inner_path: str, headers: PartHeaders, block: bytes, body_start: int, /) -> None:
        """Open a multipart, an enclosed message or a leaf; the path of a multipart differs at a message's root."""
        main = headers.content_type.partition("/")[0]
        if main == "multipart":
            path = inner_path
        self._find_root(path, headers)
        if is_odd_type(headers):
            headers = headers._replace(clear=False)
        if not headers.clear or _BLANK_LINE.search(block):
            self._note(FindingKind.UNDECODABLE, path, "programs read the fields of its header differently")
        is_message = _is_message(headers) and headers.encoding in _IDENTITY
        if main == "multipart" or is_message:
            if len(self.open) + self.depth >= _DEEPEST:
                self._note(FindingKind.LIMIT_REACHED, path, f"it is nested more than {_DEEPEST} levels deep")
            elif is_message:
                self._enter(path, headers, block, body_start)
                head_end, message_start = self._find_body(body_start)
                self._message(path, body_start, head_end, message_start)
                return
            elif not headers.boundary:
                self._note(FindingKind.UNDECODABLE, path, "it has parts, and does not say what stands between them")
            else:
                if headers.encoding not in _IDENTITY:
                    self._note(FindingKind.UNDECODABLE, path, "it has parts and is encoded, which no mail may be")
                if is_odd_boundary(headers, block):
                    self._note(FindingKind.UNDECODABLE, path, "its boundary is another one to some programs")
                self._enter(path, headers, block, body_start)
                return
        above = tuple((opened.path, opened.content_type) for opened in self.open)
        around: list[bytes] = []
        for opened in reversed(self.open):
            if not opened.keys:
                break
            around.append(opened.block)
        self.leaf = _Leaf(path or "1", headers, block, body_start, above, tuple(around))

    def _find_root(self, path: str, headers: PartHeaders, /) -> None:
        """Note that a part is the one that the multipart/related around it says to show."""
        if self.open and headers.content_id and headers.content_id == self.open[-1].root_id:
            self.roots.setdefault(self.open[-1].path, path)

    def _enter(self, path: str, headers: PartHeaders, block: bytes, body_start: int, /) -> None:
        opened = _Open(path, headers.content_type, block, root_id=headers.root_id)
        if headers.content_type.startswith("multipart/"):
            delimiter = b"--" + headers.boundary
            opened.keys = (delimiter, delimiter + b"--")
            if not self.delimiters.keys().isdisjoint(opened.keys):
                self._note(FindingKind.UNDECODABLE, path, "its boundary is also that of a part around it")
            self.ended.difference_update(opened.keys)
            for key, closing in zip(opened.keys, (False, True), strict=True):
                self.delimiters.setdefault(key, (len(self.open), closing))
            if self.lines is None:
                self.lines = [(line.start() + 1, line.end()) for line in _DELIMITER.finditer(self.raw)]
                if _LONE_CR_DELIMITER in self.raw:
                    self._note(FindingKind.UNDECODABLE, "", "a lone CR stands where some programs see a line end")
            while self.next < len(self.lines) and self.lines[self.next][0] < body_start:
                self.next += 1
        self.open.append(opened)
        self.starts = tuple(one.keys[0] for one in self.open if one.keys)

    def _follow(self) -> None:
        """Go from delimiter to delimiter."""
        raw = self.raw
        while self.lines and self.next < len(self.lines):
            start, end = self.lines[self.next]
            self.next += 1
            line = raw[start:end].rstrip(b" \t")
            found = self.delimiters.get(line)
            if found is None:
                if line in self.ended:
                    path = self.open[-1].path if self.open else self.path
                    self._note(FindingKind.UNDECODABLE, path, "behind the end of its parts some programs see others")
                elif self.starts and raw.startswith(self.starts, start):
                    self._note(
                        FindingKind.UNDECODABLE, self.open[-1].path, "a line in it is a boundary for some programs only"
                    )
                continue
            depth, closing = found
            self._close(depth + 1, start)
            if closing:
                self.open[-1].closed = True
                self._close(depth, start)
            elif not self._part(end):
                return

    def _part(self, line: int, /) -> bool:
        """Begin the part behind a delimiter; False if the limit is reached."""
        above = self.open[-1]
        above.children += 1
        path = f"{above.path}.{above.children}" if above.path else str(above.children)
        line_end = _LINE_END.match(self.raw, line)
        if line_end is None:
            if line < len(self.raw):
                self._note(FindingKind.UNDECODABLE, path, "a lone CR stands where some programs see a line end")
            return True  # the delimiter is the last thing there is
        self.parts += 1
        if self.parts > _MOST_PARTS:
            self._note(FindingKind.LIMIT_REACHED, path, f"there are more than {_MOST_PARTS:,} parts")
            return False
        head_end, body_start = self._find_body(line_end.end())
        if head_end == line_end.end() == body_start and self._is_line(above.keys[1]):
            # Python's parser passes over it, and takes what comes behind the last part for parts.
            self._note(FindingKind.UNDECODABLE, above.path, "its last boundary follows another one directly")
        block = self.raw[line_end.end() : head_end]
        headers = read_part_headers(block, in_digest=above.content_type == "multipart/digest")
        self._begin(path, path, headers, block, body_start)
        return True

    def _is_line(self, key: bytes, /) -> bool:
        """Return whether the next line that begins with `--` is this one."""
        lines = self.lines or []
        return self.next < len(lines) and self.raw[slice(*lines[self.next])].rstrip(b" \t") == key

    def _find_body(self, start: int, /) -> tuple[int, int]:
        """Find where a header block ends and the body begins; a delimiter inside the block ends the part."""
        raw, lines = self.raw, self.lines or []
        position = start
        while True:
            limit = lines[self.next][0] if self.next < len(lines) else len(raw)
            if empty := _EMPTY_LINE.search(raw, position - 1, limit):
                return empty.start(1), empty.end(1)
            if self.next >= len(lines) or raw[limit : lines[self.next][1]].rstrip(b" \t") in self.delimiters:
                return limit, limit
            position = limit  # a line of the block that only looks like a delimiter
            self.next += 1

    def _close(self, depth: int, end: int, /) -> None:
        """End the open leaf and all that is open from a depth on: a delimiter came, or the message's end."""
        raw = self.raw
        before = end
        if end < len(raw):  # the line end before a delimiter is part of it
            before -= 2 if raw[end - 2 : end] == b"\r\n" else 1
        if self.leaf is not None:
            leaf, self.leaf = self.leaf, None
            body = raw[leaf.start : max(before, leaf.start)]
            closed = end < len(raw)
            self.items.append(
                Entity(
                    leaf.path, leaf.headers, leaf.block, body, leaf.above, closed, leaf.around, leaf.start, self.roots
                )
            )
        while len(self.open) > depth:
            opened = self.open.pop()
            if not opened.keys:
                continue
            self.ended.update(opened.keys)
            for key in opened.keys:
                if self.delimiters.get(key, (-1, False))[0] == len(self.open):
                    del self.delimiters[key]
            if not opened.closed:
                self._note(FindingKind.TRUNCATED, opened.path, "the line that ends its parts is missing")
            if not opened.children:
                self._note(FindingKind.UNDECODABLE, opened.path, "it says that it has parts, and none is found")
        self.starts = tuple(one.keys[0] for one in self.open if one.keys)
