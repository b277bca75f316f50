r"""One walk over the parts of a raw message: where each begins and ends, and where programs may see other parts.

What may be edited (`lmtrack._mime.structure`) and what has to be looked into (the checks) both come from here. One pass
over the lines that begin with `--`, with what is open on a stack; nothing is decoded, and only header blocks are read.
A delimiter belongs to the outermost multipart that has that boundary (RFC 2046 section 5.1.2: an outer boundary ends
the parts inside, whether or not they were closed).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from lmtrack._headers import EMPTY_LINE, LINE_END, find_body
from lmtrack._mime.part_headers import PartHeaders, read_part_headers

if TYPE_CHECKING:
    from collections.abc import Callable

# Both are our choice; the deepest of 207 real messages has 5 levels, the widest 41 parts.
DEEPEST: Final = 64
MOST_PARTS: Final = 10_000
# RFC 2045 section 6: the encodings that leave a body as it is.
IDENTITY: Final = frozenset(("7bit", "8bit", "binary"))

# Written so that the engine looks for one sign only: in a third of the time that `find` takes for three.
_DASHES: Final = re.compile(rb"\n(?=--)")
_LONE_CR_DELIMITER: Final = re.compile(rb"\r(?=--)")
_LINE_REST: Final = re.compile(rb"[^\r\n]*+")


@dataclass(slots=True, eq=False)
class Node:
    """A part: a leaf, a multipart or an enclosed message.

    Attributes:
        path: As IMAP counts (RFC 9051 section 6.4.5). The multipart that is a message's whole body has the path of that
            message, empty for the outermost; a leaf that is a message's whole body has `1` behind it.
        headers: What its header fields say.
        block: The bytes of its header.
        head: Where its header begins in the raw message.
        head_end: Where it ends.
        start: Where its body begins; the same as `head_end` if no empty line comes between.
        end: Where its body ends; the line end before a delimiter belongs to the delimiter, so it may be before `start`.
        above: What it is in; None for the outermost.
        entered: Whether its own parts were looked for.
        children: How many of them were found.
        closed: Whether something shows that it ended there: its closing delimiter, or for a leaf any that came behind.
    """

    path: str
    headers: PartHeaders
    block: bytes
    head: int
    head_end: int
    start: int
    above: Node | None
    end: int = 0
    entered: bool = False
    children: int = 0
    closed: bool = False
    keys: tuple[bytes, ...] = field(default=(), repr=False)  # its delimiter, and the one that closes it

    @property
    def is_multipart(self) -> bool:
        """Whether it says that it has parts."""
        return self.headers.content_type.startswith("multipart/")

    @property
    def is_message_root(self) -> bool:
        """Whether its header is that of a message: of the one that is read, or of one that is enclosed in it."""
        return self.above is None or not self.above.is_multipart


class DoubtKind(Enum):
    """Why programs may see other parts, or why some were not looked for."""

    SAME_BOUNDARY = auto()  # as that of a multipart around it
    LONE_CR = auto()  # ahead of a delimiter, or behind one
    BEHIND_THE_END = auto()  # a delimiter of a multipart that has ended
    LONGER_LINE = auto()  # a line that only begins with a delimiter
    NOTHING_BETWEEN = auto()  # the last delimiter follows another one directly
    TOO_DEEP = auto()
    TOO_MANY = auto()


class Begun(NamedTuple):
    """The header of a part has been read; what it says of its parts has not been acted on."""

    node: Node


class Ended(NamedTuple):
    """A part has come to its end."""

    node: Node


class Doubt(NamedTuple):
    """Something about the part with this path."""

    kind: DoubtKind
    path: str


Step: TypeAlias = Begun | Ended | Doubt


def walk_parts(
    raw: bytes,
    enters: Callable[[PartHeaders], bool],
    /,
    *,
    headers: PartHeaders | None = None,
    start: int = 0,
    path: str = "",
    depth: int = 0,
) -> list[Step]:
    """Go through a message; return what was met, in order. Never fails; time and memory are linear.

    Args:
        raw: The message.
        enters: Whether the parts of a multipart or of an enclosed message with these headers are looked for.
        headers: What the message's own header says, where that has been read already.
        start: Where the message begins in `raw`.
        path: Of a message that was taken out of another one.
        depth: How many multiparts and messages are around that one.
    """
    walk = _PartWalk(raw, enters, depth)
    head_end, body_start = find_body(raw[start:] if start else raw)
    walk.begin_message(path, headers, (start, start + head_end, start + body_start), None)
    walk.follow(path)
    walk.close(0, len(raw))
    return walk.steps


class _PartWalk:
    """One pass over a message."""

    def __init__(self, raw: bytes, enters: Callable[[PartHeaders], bool], depth: int, /) -> None:
        self.raw, self.enters, self.depth = raw, enters, depth
        self.steps: list[Step] = []
        self.parts = 0
        self.open: list[Node] = []
        # What stands on a delimiter line: the place of its multipart on the stack, and whether it closes it.
        self.delimiters: dict[bytes, tuple[int, bool]] = {}
        self.starts: tuple[bytes, ...] = ()  # of the lines that open a part
        self.ended: set[bytes] = set()  # the delimiters of multiparts that came to their end
        self.next = -1  # the first line with dashes that has not been looked at; -1 before a multipart is entered
        self.leaf: Node | None = None

    def doubt(self, kind: DoubtKind, path: str, /) -> None:
        self.steps.append(Doubt(kind, path))

    def begin_message(
        self, path: str, headers: PartHeaders | None, ends: tuple[int, int, int], above: Node | None, /
    ) -> None:
        """Begin the part that is a whole message, from where its header begins, ends, and its body begins."""
        block = self.raw[ends[0] : ends[1]]
        if headers is None:
            headers = read_part_headers(block)
        if not headers.content_type.startswith("multipart/"):
            path = f"{path}.1" if path else "1"
        self.begin(Node(path, headers, block, *ends, above))

    def begin(self, node: Node, /) -> None:
        """Open a multipart, an enclosed message or a leaf."""
        self.steps.append(Begun(node))
        if self.enters(node.headers):
            if len(self.open) + self.depth >= DEEPEST:
                self.doubt(DoubtKind.TOO_DEEP, node.path)
            elif not node.is_multipart:
                self.enter(node)
                head_end, body_start = self.find_body(node.start)
                self.begin_message(node.path, None, (node.start, head_end, body_start), node)
                return
            elif node.headers.boundary:
                self.enter(node)
                return
        self.leaf = node

    def enter(self, node: Node, /) -> None:
        node.entered = True
        if node.is_multipart:
            delimiter = b"--" + node.headers.boundary
            node.keys = (delimiter, delimiter + b"--")
            if not self.delimiters.keys().isdisjoint(node.keys):
                self.doubt(DoubtKind.SAME_BOUNDARY, node.path)
            self.ended.difference_update(node.keys)
            for key, closing in zip(node.keys, (False, True), strict=True):
                self.delimiters.setdefault(key, (len(self.open), closing))
            if self.next < 0 and _LONE_CR_DELIMITER.search(self.raw):
                self.doubt(DoubtKind.LONE_CR, "")
            if self.next < node.start:
                self.next = self.dashes(node.start)
        self.open.append(node)
        self.starts = tuple(one.keys[0] for one in self.open if one.keys)

    def dashes(self, position: int, /) -> int:
        """Where the next line begins that begins with two dashes; the end of all if there is none."""
        found = _DASHES.search(self.raw, max(position - 1, 0))
        return found.end() if found else len(self.raw)

    def line(self, start: int, /) -> tuple[bytes, int]:
        """Return what stands on a line, without the padding behind it, and where its line end begins."""
        rest = _LINE_REST.match(self.raw, start)
        end = rest.end() if rest else start  # it matches always, the empty string too
        return self.raw[start:end].rstrip(b" \t"), end

    def follow(self, path: str, /) -> None:
        """Go from delimiter to delimiter; `path` is that of the whole message."""
        raw, size = self.raw, len(self.raw)
        while 0 <= self.next < size:
            start = self.next
            line, end = self.line(start)
            self.next = self.dashes(end)
            found = self.delimiters.get(line)
            if found is None:
                if line in self.ended:
                    self.doubt(DoubtKind.BEHIND_THE_END, self.open[-1].path if self.open else path)
                elif self.starts and raw.startswith(self.starts, start):
                    self.doubt(DoubtKind.LONGER_LINE, self.open[-1].path)
                continue
            depth, closing = found
            self.close(depth + 1, start)
            if closing:
                self.open[-1].closed = True
                self.close(depth, start)
            elif not self.begin_part(end):
                return

    def begin_part(self, line: int, /) -> bool:
        """Begin the part behind a delimiter; False if the limit is reached."""
        above = self.open[-1]
        above.children += 1
        path = f"{above.path}.{above.children}" if above.path else str(above.children)
        line_end = LINE_END.match(self.raw, line)
        if line_end is None:
            if line < len(self.raw):
                self.doubt(DoubtKind.LONE_CR, path)
            return True  # the delimiter is the last thing there is
        self.parts += 1
        if self.parts > MOST_PARTS:
            self.doubt(DoubtKind.TOO_MANY, path)
            return False
        head = line_end.end()
        head_end, start = self.find_body(head)
        if head_end == head == start and self.line(self.next)[0] == above.keys[1]:
            # Python's parser passes over it, and takes what comes behind the last part for parts.
            self.doubt(DoubtKind.NOTHING_BETWEEN, above.path)
        block = self.raw[head:head_end]
        headers = read_part_headers(block, in_digest=above.headers.content_type == "multipart/digest")
        self.begin(Node(path, headers, block, head, head_end, start, above))
        return True

    def find_body(self, start: int, /) -> tuple[int, int]:
        """Find where a header block ends and the body begins; a delimiter inside the block ends the part."""
        raw, position = self.raw, start
        while True:
            limit = self.next if self.next >= 0 else len(raw)
            if empty := EMPTY_LINE.search(raw, position - 1, limit):
                return empty.start(1), empty.end(1)
            line, end = self.line(limit)
            if limit == len(raw) or line in self.delimiters:
                return limit, limit
            position, self.next = limit, self.dashes(end)  # a line of the block that only looks like a delimiter

    def close(self, depth: int, end: int, /) -> None:
        """End the open leaf and all that is open from a depth on: a delimiter came, or the message's end."""
        raw = self.raw
        before, comes_more = end, end < len(raw)
        if comes_more:  # the line end before a delimiter is part of it
            before -= 2 if raw[end - 2 : end] == b"\r\n" else 1
        if self.leaf is not None:
            leaf, self.leaf = self.leaf, None
            leaf.end, leaf.closed = before, comes_more
            self.steps.append(Ended(leaf))
        while len(self.open) > depth:
            node = self.open.pop()
            node.end = before
            self.steps.append(Ended(node))
            self.ended.update(node.keys)
            for key in node.keys:
                if self.delimiters.get(key, (-1, False))[0] == len(self.open):
                    del self.delimiters[key]
        self.starts = tuple(one.keys[0] for one in self.open if one.keys)
