"""The leaves of a raw message: what each says it is, and whether it is displayed text that may be edited.

Where readers differ about the structure, a part keeps a reason why it is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._headers import find_body, iter_fields
from lmtrack._mime.part_headers import PartHeaders, read_top_headers
from lmtrack._mime.walk import IDENTITY, Begun, DoubtKind, Ended, Node, walk_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lmtrack._headers import HeaderField


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
    # Where it is
    RELATED = auto()  # beside the root part of a multipart/related
    SIGNED = auto()
    ENCRYPTED = auto()
    REPORT = auto()
    DIGEST = auto()
    MESSAGE = auto()  # message/rfc822 and its like: someone else's mail
    CONTAINER = auto()  # in a multipart that is not mixed, alternative or related
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
        encoding: One of the five transfer encodings, lower case; another one as it is.
        charset: The charset its label names, as written; None without.
        flowed: Whether its text is format=flowed.
        delsp: Whether lines of its text are joined without the blank between them.
        reason: Why it is not touched; None if it is displayed text.
        delimiters: How a line begins that would end it: those of all it is in.
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
    delimiters: tuple[bytes, ...]


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
# it base64 and leaves its body in lines. Readers take that as it is (12 of 12 in November 2026); in one that is
# really encoded no delimiter is found.
_ENCODINGS: Final = IDENTITY | {"quoted-printable", "base64"}
# A delimiter with a lone CR beside it is one for some readers only, and then nothing in the message is sure.
_EVERYWHERE: Final = {DoubtKind.LONE_CR: PartReason.MALFORMED, DoubtKind.TOO_MANY: PartReason.TOO_MANY_PARTS}


@dataclass(slots=True)
class _Multipart:
    """A multipart whose end has not come yet."""

    reason: PartReason | None  # for all below
    children: list[tuple[str, int]] = field(default_factory=list)  # the Content-ID of each, and how many leaves before


def find_parts(raw: bytes, fields: Sequence[HeaderField] | None = None, /) -> tuple[Part, ...]:
    """Find the leaves of a message, in order; never fails, linear. Its header fields may have been read already."""
    top = read_top_headers(raw[: find_body(raw)[0]], tuple(iter_fields(raw)) if fields is None else fields)
    parts: list[Part] = []
    opened: list[_Multipart] = []
    everywhere: PartReason | None = None
    for step in walk_parts(raw, _is_read, headers=top):
        if isinstance(step, Begun):
            _begin(step.node, opened, len(parts))
        elif isinstance(step, Ended):
            _end(step.node, opened, parts)
        elif step.kind is DoubtKind.SAME_BOUNDARY:
            opened[-1].reason = opened[-1].reason or PartReason.MALFORMED
        else:
            everywhere = _EVERYWHERE.get(step.kind, everywhere)
    return tuple(part._replace(reason=part.reason or everywhere) if everywhere else part for part in parts)


def _begin(node: Node, opened: list[_Multipart], leaves: int, /) -> None:
    reason = opened[-1].reason if opened else None
    if opened:
        opened[-1].children.append((node.headers.content_id, leaves))
    if node.entered:
        opened.append(_Multipart(reason or _multipart_reason(node.headers)))


def _end(node: Node, opened: list[_Multipart], parts: list[Part], /) -> None:
    if node.entered:
        _leave(opened.pop(), node, parts)
    else:
        parts.append(_part(node, (opened[-1].reason if opened else None) or _leaf_reason(node)))


def _is_read(headers: PartHeaders, /) -> bool:
    """Return whether a part is a multipart that may be read as one."""
    is_multipart = headers.content_type.startswith("multipart/")
    return is_multipart and headers.clear and headers.encoding in _ENCODINGS and bool(headers.boundary)


def _multipart_reason(headers: PartHeaders, /) -> PartReason | None:
    if headers.attached:  # as a whole (RFC 2183 section 2.9)
        return PartReason.ATTACHMENT
    return _CONTAINERS.get(headers.content_type.removeprefix("multipart/"), PartReason.CONTAINER)


def _part(node: Node, reason: PartReason | None, /) -> Part:
    headers = node.headers
    return Part(
        path=node.path or "1",
        content_type=headers.content_type,
        head=node.head,
        start=node.start,
        end=max(node.end, node.start),
        encoding=headers.encoding,
        charset=headers.charset,
        flowed=headers.flowed,
        delsp=headers.delsp,
        reason=reason,
        delimiters=tuple(_delimiters(node)),
    )


def _delimiters(node: Node, /) -> Iterator[bytes]:
    above = node.above
    while above is not None:
        yield from above.keys[:1]
        above = above.above


def _leave(multipart: _Multipart, node: Node, parts: list[Part], /) -> None:
    """End a multipart: one without parts is left alone as a whole, in a related one all but the root is."""
    children = multipart.children
    if not children:
        parts.append(_part(node, multipart.reason or PartReason.MALFORMED))
    elif node.headers.content_type == "multipart/related":
        wanted = [number for number, (name, _) in enumerate(children) if name and name == node.headers.root_id]
        root = wanted[0] if wanted else 0
        first = children[root][1]
        last = children[root + 1][1] if root + 1 < len(children) else len(parts)
        for index in (*range(children[0][1], first), *range(last, len(parts))):
            parts[index] = parts[index]._replace(reason=parts[index].reason or PartReason.RELATED)


def _leaf_reason(node: Node, /) -> PartReason | None:  # noqa: PLR0911 - one return a rule
    """Say why a part without parts, or a multipart that is not read as one, is left alone."""
    headers = node.headers
    main = headers.content_type.partition("/")[0]
    if main == "message":
        return PartReason.MESSAGE
    if main == "multipart":
        if headers.attached:
            return PartReason.ATTACHMENT
        return PartReason.TOO_DEEP if _is_read(headers) else PartReason.MALFORMED
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
    if headers.encoding not in _ENCODINGS:
        return PartReason.ENCODING
    # Without an empty line behind the header there is no place for a body.
    return PartReason.EMPTY if node.head_end == node.start or node.end < node.start else None
