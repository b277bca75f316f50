r"""The parts of a raw message: where each begins and ends, what it says it is, and whether it is the displayed body.

One pass from delimiter to delimiter, with the open multiparts on a stack; nothing is decoded and nothing
copied but header blocks. A delimiter belongs to the outermost multipart that has that boundary (RFC 2046 section 5.1.2:
an outer boundary ends the parts inside, whether or not they were closed). Where readers differ about the structure,
a part keeps a reason why it is left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._headers import find_body, iter_fields
from lmtrack._mime.part_headers import PartHeaders, read_part_headers, read_top_headers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmtrack._headers import HeaderField

# Both are our choice; the deepest of 207 real messages has 5 levels, the widest 41 parts.
_DEEPEST: Final = 64
_MOST_PARTS: Final = 10_000

_EMPTY_LINE: Final = re.compile(rb"\n(\r*+\n)")
_LINE_REST: Final = re.compile(rb"[^\r\n]*+")
_LINE_END: Final = re.compile(rb"\r*+\n")
_LONE_CR_DELIMITER: Final = b"\r--"


class PartReason(StrEnum):
    """Why a part of a message was left alone."""

    # What it is
    NOT_TEXT = auto()
    PLAIN_TEXT = auto()  # tracked with `text_links` only
    AMP = auto()
    CALENDAR = auto()
    SMIME = auto()
    INLINE_PGP = auto()
    ATTACHMENT = auto()
    NAMED = auto()  # it has a file name, so clients offer it as a file
    CHECKSUM = auto()  # it has a Content-MD5 of its own; tracked with `allow_signed` only
    # Where it stands
    RELATED = auto()  # beside the root part of a multipart/related
    SIGNED = auto()
    ENCRYPTED = auto()
    REPORT = auto()
    DIGEST = auto()
    MESSAGE = auto()  # message/rfc822 and its like: somebody else's mail
    CONTAINER = auto()  # in a multipart that is none of mixed, alternative and related
    # What cannot be edited without damage
    CHARSET = auto()
    ENCODING = auto()  # an unknown transfer encoding
    BROKEN_ENCODING = auto()  # base64 that decoders read differently
    LINE_TOO_LONG = auto()
    FLOWED = auto()  # a URL may go on in the next line (format=flowed with delsp=yes)
    EMPTY = auto()  # there is no body, not even an empty line
    MALFORMED = auto()  # headers or boundaries that parsers read differently
    TOO_DEEP = auto()
    TOO_MANY_PARTS = auto()
    # Nothing was to be done
    NOT_TRACKED = auto()  # the decision is off
    NO_CHANGE = auto()


class Part(NamedTuple):
    """A leaf of the tree, or a multipart that is not read as one.

    Attributes:
        path: Its place as IMAP counts (RFC 9051 section 6.4.5): `1` for a message without parts, else `1`, `2`, `2.1`.
        content_type: Lower case; `text/plain` where there is none.
        head: Where its header begins in the raw message.
        start: Where its body begins.
        end: Where its body ends; the line end before a delimiter belongs to the delimiter.
        encoding: One of the five transfer encodings, lower case; another one as it stands.
        charset: The charset its label names, as written; None without.
        flowed: Whether its text is format=flowed.
        delsp: Whether lines of its text are joined without the blank between them.
        reason: Why it is not touched; None if it is displayed text.
    """

    path: str
    content_type: str
    head: int
    start: int
    end: int
    encoding: str
    charset: str | None
    flowed: bool
    delsp: bool
    reason: PartReason | None


_CONTAINERS: Final = {
    "mixed": None,
    "alternative": None,
    "related": None,
    "signed": PartReason.SIGNED,
    "encrypted": PartReason.ENCRYPTED,
    "report": PartReason.REPORT,
    "digest": PartReason.DIGEST,
}
_TYPES: Final = {
    "text/html": None,
    "text/plain": None,
    "text/x-amp-html": PartReason.AMP,
    "text/calendar": PartReason.CALENDAR,
    "application/pkcs7-mime": PartReason.SMIME,
    "application/x-pkcs7-mime": PartReason.SMIME,
    "application/pkcs7-signature": PartReason.SMIME,
    "application/x-pkcs7-signature": PartReason.SMIME,
}
# RFC 2045 section 6. A multipart may only be encoded as one of the first three, but `MIMEMultipart.set_charset` labels
# it base64 and leaves its body in lines. Readers take that as it stands (12 of 12 in November 2026); in one that is
# really encoded no delimiter is found.
_IDENTITY: Final = frozenset(("7bit", "8bit", "binary"))
_ENCODINGS: Final = _IDENTITY | {"quoted-printable", "base64"}


@dataclass(slots=True)
class _Multipart:
    """A multipart whose end has not come yet."""

    path: str
    content_type: str
    start: int
    reason: PartReason | None  # for all below
    root_id: str | None  # of a multipart/related: the Content-ID that `start` names, maybe empty; None for others
    keys: tuple[bytes, bytes] = (b"", b"")
    next_line: int = -1  # that begins as its delimiter does, or as that of one around it
    children: list[tuple[str, int]] = field(default_factory=list)  # the Content-ID of each, and how many leaves before


def find_parts(raw: bytes, fields: Sequence[HeaderField] | None = None, /) -> tuple[Part, ...]:
    """Find the leaves of a message, in order; never fails, linear. Its header fields may have been read already."""
    return _Walk(raw).run(tuple(iter_fields(raw)) if fields is None else fields)


class _Walk:
    """One pass over a message."""

    def __init__(self, raw: bytes, /) -> None:
        self.raw = raw
        self.parts: list[Part] = []
        self.open: list[_Multipart] = []
        # What stands on a delimiter line: the depth of its multipart, and whether it closes it.
        self.delimiters: dict[bytes, tuple[int, bool]] = {}
        self.leaf: Part | None = None  # its end is not known yet
        self.nested = False

    def run(self, fields: Sequence[HeaderField], /) -> tuple[Part, ...]:
        raw = self.raw
        fields_end, body_start = find_body(raw)
        self._begin("", read_top_headers(raw[:fields_end], fields), 0, (fields_end, body_start))
        if self.open:
            self.nested = True
            self._follow(body_start)
        self._close_below(0, len(raw))
        if self.open:
            self._leave(len(raw))
        # A delimiter behind a lone CR is one for some readers only, and then nothing in the message is sure.
        reason = PartReason.MALFORMED if self.nested and _LONE_CR_DELIMITER in raw else None
        if len(self.parts) > _MOST_PARTS:
            reason = PartReason.TOO_MANY_PARTS
        return tuple(part._replace(reason=part.reason or reason) if reason else part for part in self.parts)

    def _follow(self, position: int, /) -> None:
        """Go from delimiter to delimiter; lines that are none are passed over."""
        raw = self.raw
        while self.open and len(self.parts) <= _MOST_PARTS:
            start = self._next_line(position)
            position = _line_end(raw, start)
            found = self.delimiters.get(raw[start:position].rstrip(b" \t"))
            if found is None:
                if start == len(raw):
                    return
                continue
            depth, closing = found
            self._close_below(depth + 1, start)
            if closing:
                self._leave(start)
                continue
            line_end = _LINE_END.match(raw, position)
            if line_end is None:  # the delimiter is the last thing there is
                return
            head_end, body_start = self._find_part_body(line_end.end())
            above = self.open[-1]
            headers = read_part_headers(raw[line_end.end() : head_end], in_digest=above.reason is PartReason.DIGEST)
            above.children.append((headers.content_id, len(self.parts)))
            path = f"{above.path}.{len(above.children)}" if above.path else str(len(above.children))
            self._begin(path, headers, line_end.end(), (head_end, body_start))
            position = body_start

    def _next_line(self, position: int, /) -> int:
        """Where the next line begins that begins as a delimiter does which may come; the end of all if there is none.

        The delimiter of a multipart is looked for up to that of the one around it, so no byte is passed more often
        than multiparts are open there.
        """
        limit = len(self.raw)
        for multipart in self.open:
            if multipart.next_line < position:
                found = self.raw.find(b"\n" + multipart.keys[0], max(position - 1, 0), limit)
                multipart.next_line = found + 1 if found >= 0 else limit
            limit = min(limit, multipart.next_line)
        return limit

    def _find_part_body(self, start: int, /) -> tuple[int, int]:
        """Find where a part's header block ends and its body begins; a delimiter inside the block ends the part."""
        raw, position = self.raw, start
        while True:
            limit = self._next_line(position)
            if empty := _EMPTY_LINE.search(raw, start - 1, limit):
                return empty.start(1), empty.end(1)
            position = _line_end(raw, limit)
            if limit == len(raw) or raw[limit:position].rstrip(b" \t") in self.delimiters:
                return limit, limit
            start = limit  # a line of the block that only looks like a delimiter

    def _begin(self, path: str, headers: PartHeaders, head: int, ends: tuple[int, int], /) -> None:
        """Open a multipart or a leaf; `ends` says where its header ends and where its body begins."""
        head_end, body_start = ends
        reason = self.open[-1].reason if self.open else None
        main, _, subtype = headers.content_type.partition("/")
        if main == "multipart":
            if headers.attached:  # as a whole (RFC 2183 section 2.9)
                reason = reason or PartReason.ATTACHMENT
            if not headers.clear or headers.encoding not in _ENCODINGS or not headers.boundary:
                reason = reason or PartReason.MALFORMED
            elif len(self.open) == _DEEPEST:
                reason = reason or PartReason.TOO_DEEP
            else:
                self._enter(path, subtype, headers, body_start, reason)
                return
        else:
            # Without an empty line behind the header there is no place for a body.
            reason = reason or _leaf_reason(headers, main) or (PartReason.EMPTY if head_end == body_start else None)
        self.leaf = Part(
            path=path or "1",
            content_type=headers.content_type,
            head=head,
            start=body_start,
            end=body_start,
            encoding=headers.encoding,
            charset=headers.charset,
            flowed=headers.flowed,
            delsp=headers.delsp,
            reason=reason,
        )

    def _enter(self, path: str, subtype: str, headers: PartHeaders, start: int, reason: PartReason | None, /) -> None:
        reason = reason or _CONTAINERS.get(subtype, PartReason.CONTAINER)
        multipart = _Multipart(
            path, headers.content_type, start, reason, headers.root_id if subtype == "related" else None
        )
        depth = len(self.open)
        delimiter = b"--" + headers.boundary
        multipart.keys = (delimiter, delimiter + b"--")
        if not self.delimiters.keys().isdisjoint(multipart.keys):
            multipart.reason = reason or PartReason.MALFORMED
        for key, closing in zip(multipart.keys, (False, True), strict=True):
            self.delimiters.setdefault(key, (depth, closing))
        self.open.append(multipart)

    def _close_below(self, depth: int, end: int, /) -> None:
        """End the open leaf and all multiparts below a depth: a delimiter of that depth, or the message's end, came."""
        raw = self.raw
        if end < len(raw):  # the line end before a delimiter is part of it
            end -= 2 if raw[end - 2 : end] == b"\r\n" else 1
        if self.leaf is not None:
            leaf = self.leaf
            if end < leaf.start:
                leaf = leaf._replace(reason=leaf.reason or PartReason.EMPTY)
            self.parts.append(leaf._replace(end=max(end, leaf.start)))
            self.leaf = None
        while len(self.open) > max(depth, 1):
            self._leave(end)

    def _leave(self, end: int, /) -> None:
        """Take the innermost multipart off the stack."""
        depth = len(self.open) - 1
        multipart = self.open.pop()
        for key in multipart.keys:
            if self.delimiters.get(key, (0, False))[0] == depth:
                del self.delimiters[key]
        children = multipart.children
        if not children:
            reason = multipart.reason or PartReason.MALFORMED
            start = multipart.start
            self.parts.append(
                Part(
                    path=multipart.path or "1",
                    content_type=multipart.content_type,
                    head=start,
                    start=start,
                    end=max(start, end),
                    encoding="7bit",
                    charset=None,
                    flowed=False,
                    delsp=False,
                    reason=reason,
                )
            )
        elif multipart.root_id is not None:
            wanted = [number for number, (name, _) in enumerate(children) if name and name == multipart.root_id]
            root = wanted[0] if wanted else 0
            first = children[root][1]
            last = children[root + 1][1] if root + 1 < len(children) else len(self.parts)
            for place in (*range(children[0][1], first), *range(last, len(self.parts))):
                part = self.parts[place]
                self.parts[place] = part._replace(reason=part.reason or PartReason.RELATED)


def _line_end(raw: bytes, start: int, /) -> int:
    rest = _LINE_REST.match(raw, start)
    return rest.end() if rest else start  # it matches always, the empty string too


def _leaf_reason(headers: PartHeaders, main: str, /) -> PartReason | None:  # noqa: PLR0911 - one return a rule
    if main == "message":
        return PartReason.MESSAGE
    reason = _TYPES.get(headers.content_type, PartReason.NOT_TEXT)
    if reason is not None:
        return reason
    if headers.attached:
        return PartReason.ATTACHMENT
    if headers.named:
        return PartReason.NAMED
    if not headers.clear:
        return PartReason.MALFORMED
    if headers.checksum:
        return PartReason.CHECKSUM
    return None if headers.encoding in _ENCODINGS else PartReason.ENCODING
