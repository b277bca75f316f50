"""The header block of a raw message as fields with exact spans; what parsers disagree about is marked, never repaired.

RFC 5322 section 2.2: a field is a name of printable US-ASCII without the colon, then a colon, then a value that goes on
over lines that begin with a blank. Lines end in CRLF, or in LF as mail is kept on disk. Anything else (a blank before
the colon, no colon, an indented first line, a lone CR) is read differently from parser to parser: some end the header
block there, some skip the line, some repair it. Such a field and all after it are given with `certain=False`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from email.message import Message

    AnyMessage: TypeAlias = Message[Any, Any]  # of any policy, with its header type
else:

    class _AnyMessage:
        """Stand for `Message` in an annotation until type hints are asked for: importing it takes 20 ms."""

        def __or__(self, other: object) -> object:
            from email.message import Message  # noqa: PLC0415 - see above

            return Message | other

        def __ror__(self, other: object) -> object:
            from email.message import Message  # noqa: PLC0415 - see above

            return other | Message

    AnyMessage = _AnyMessage()

# RFC 5322 section 3.6.8: ftext is %d33-57 / %d59-126.
FTEXT: Final = r"[!-9;-~]"
# A run of CRs counts as one line end: taking them one by one while looking for the LF would be quadratic.
_LINE = r"[^\r\n]*+(?:\r++\n?+|\n|\Z)"
# Linear: no character can be taken by two parts, so nothing is tried twice. The capturing groups stand outside of
# possessive quantifiers, which crash CPython 3.11-3.13 otherwise (gh-101955).
_FIELD = compile_pattern(
    rf"""
    (?!\Z)
    (?: (?P<envelope>\AFrom[ ]){_LINE}                          # an mbox entry's first line
      | (?: (?P<name>{FTEXT}++):                                # a field
          | [^!-9;-~\r\n]*+(?P<malformed>{FTEXT}*+) )           # a line that is not one
        {_LINE} (?:[ \t]{_LINE})*+ )                            # its rest, and the lines folded below it
    """.encode(),
    re.VERBOSE,
)
_ENVELOPE, _NAME_GROUP, _MALFORMED = 1, 2, 3  # those groups
_new = tuple.__new__  # a named tuple's own takes twice as long
FIELD_NAME: Final = re.compile(r"[!-9;-~]++")  # RFC 5322 section 3.6.8: ftext
BLANKS: Final = re.compile(r"[ \t\r\n]++")  # in a folded value
LONGEST_LINE: Final = 998  # bytes of a header or body line, without CRLF: RFC 5322 section 2.1.1
EMPTY_LINE = re.compile(rb"\n(\r*+\n)")
LINE_END = re.compile(rb"\r*+\n")
LONE_CR = re.compile(rb"\r(?!\n)")
_FOLD = re.compile(r"\r?\n(?=[ \t])")


class HeaderField(NamedTuple):
    """One header field as it is in the raw message.

    Attributes:
        name: As written. Of a malformed line, its first run of name characters (maybe empty); of the envelope line
            `From ` that opens an mbox entry, empty.
        value: All after the colon (of a malformed line, after the name) without the last line end, still folded, one
            character per byte.
        start: Offset of the first byte.
        end: Offset after the last line end; `raw[start:end]` is the whole field, and the fields tile the header block.
        certain: False if parsers disagree about this field: it is malformed, or a malformed one comes before it.
    """

    name: str
    value: str
    start: int
    end: int
    certain: bool


def find_body(raw: bytes, /) -> tuple[int, int]:
    r"""Return the offset where the header fields end and the one where the body begins.

    The first empty line is between them; without one, both are the length of `raw`. A message without a single LF
    is taken for one with CR line ends.

    Example:
        >>> find_body(b"A: 1\r\n\r\nbody")
        (6, 8)
    """
    if leading := LINE_END.match(raw):
        return 0, leading.end()
    if found := EMPTY_LINE.search(raw):
        return found.start(1), found.end(1)
    if b"\n" not in raw:
        if raw.startswith(b"\r"):
            return 0, 1
        if (end := raw.find(b"\r\r")) > 0:
            return end + 1, end + 2
    return len(raw), len(raw)


def iter_fields(raw: bytes, /) -> Iterator[HeaderField]:
    r"""Return every header field of a raw message, or of header bytes alone, in order.

    Never raises on content, reads nothing after the first empty line, and takes time linear in the header block.

    Example:
        >>> for field in iter_fields(b"Subject: a\r\n b\r\nX-Flag : no\r\n\r\nbody"):
        ...     print(field)
        HeaderField(name='Subject', value=' a\r\n b', start=0, end=16, certain=True)
        HeaderField(name='X-Flag', value=' : no', start=16, end=29, certain=False)
    """
    block_end, _ = find_body(raw)
    lone = LONE_CR.search(raw, 0, block_end)
    sure_until = lone.start() if lone else block_end
    certain = True
    for field in _FIELD.finditer(raw, 0, block_end):
        start, end = field.span()
        kind = field.lastindex or 0  # one of the three groups has matched
        certain = certain and kind != _MALFORMED and end <= sure_until
        name = "" if kind == _ENVELOPE else field[kind].decode("ascii")
        value = raw[field.end(kind) + (kind == _NAME_GROUP) : end].rstrip(b"\r\n")
        yield _new(HeaderField, (name, value.decode("latin-1"), start, end, certain))


def unfold(value: str, /) -> str:
    r"""Take out the line ends that a fold put before a blank (RFC 5322 section 2.2.3); the blank stays.

    Example:
        >>> unfold("a\r\n b")
        'a b'
    """
    return _FOLD.sub("", value)


# Fields that are in every message, or in nothing else (RFC 5322, 2045, 6376, 2369).
_KNOWN: Final = frozenset((
    "cc", "content-transfer-encoding", "content-type", "date", "delivered-to", "dkim-signature", "from", "list-id",
    "list-unsubscribe", "message-id", "mime-version", "received", "reply-to", "return-path", "sender", "subject", "to",
))  # fmt: skip
_OURS: Final = "x-lm-override-"


def is_message(data: bytes, /) -> bool:
    """Return whether `data` begins as a message: with header fields, a known one among them."""
    for field in iter_fields(data):
        if not field.certain:
            return False
        name = field.name.lower()
        if name in _KNOWN or name.startswith(_OURS):
            return True
    return False
