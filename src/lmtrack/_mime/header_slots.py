"""Slots in the header of a message: where each is, and the field with one recipient's values.

A field with a marker in it is read once, unfolded and with its encoded words decoded, and written again for every
recipient: text by RFC 2047 where it needs that, a display name quoted or encoded, an address as exactly one mailbox of
RFC 5321, a URL percent-encoded. A value never adds a field, an address or a parameter.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from lmtrack._headers import BLANKS, HeaderField, unfold
from lmtrack._mime.charsets import as_text, read_words
from lmtrack._mime.fields import BRACKETED_URI, ESCAPED
from lmtrack._mime.raw_edit import RawEdit
from lmtrack._pattern import compile_pattern
from lmtrack._rewriting.escapes import ESCAPES, Escape, Place, escaped
from lmtrack._rewriting.slotted_url import MisplacedSlotError, SlottedUrl, read_url
from lmtrack.errors import BadSlot, BadValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lmtrack._rewriting.slots import Slots

_ADDRESSES: Final = frozenset((
    "from", "to", "cc", "reply-to", "sender", "resent-from", "resent-to", "resent-cc", "resent-sender",
    "disposition-notification-to", "return-receipt-to", "errors-to", "x-confirm-reading-to", "list-id",
))  # fmt: skip
# Of these a reader wants one word and decodes nothing.
_ONE_WORD: Final = frozenset(("message-id", "in-reply-to", "references", "feedback-id", "auto-submitted", "precedence"))
# RFC 2369: URLs in angle brackets.
_URLS: Final = frozenset((
    "list-unsubscribe", "list-help", "list-subscribe", "list-post", "list-owner", "list-archive",
))  # fmt: skip
# What says how the message is read, who sent it on and who vouches for it; and what readers must not see (Bcc).
_CLOSED: Final = re.compile(
    r"""
      content-.* | mime-version | received | received-spf | dkim-signature | domainkey-signature | x-google-dkim.*
    | arc-.* | authentication-results | bcc | resent-bcc | return-path | date | resent-date | resent-message-id
    | list-unsubscribe-post | delivered-to
    """,
    re.VERBOSE,
)
_LONGEST_LINE: Final = 998  # RFC 5322 section 2.1.1
_GOOD_LINE: Final = 78
_WORD_OCTETS: Final = 45  # of text in one encoded word: 60 letters of base64 and `=?utf-8?b??=` make 72 of 75
_LITERAL: Final = re.compile(r"(?! )[ -~]*+(?<! )")  # printable ASCII with no blank at an end
_ATOMS: Final = compile_pattern(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++)*+")
_PRINTABLE: Final = re.compile(r"[ -~]++")
_QUOTED_STRING: Final = compile_pattern(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_TO_ESCAPE: Final = re.compile(r'["\\]')
_FOLD_AT: Final = re.compile(r"(?<=[^ ]) (?=[^ ])")
# Ends a piece of an address list; quoted strings are whole.
_SIGN: Final = compile_pattern(r'"(?:[^"\\]|\\.)*+"?+|[(),:;<>]', re.DOTALL)
_BRACKETS: Final = str.maketrans({"<": "%3C", ">": "%3E", ",": "%2C"})


class _Words(NamedTuple):
    """Text with slots in it, each in one place."""

    texts: tuple[str, ...]
    names: tuple[str, ...]
    place: Place
    escape: Escape  # of the place: looked up once, as an enum is slow to hash

    def fill(self, values: Mapping[str, str], /) -> str:
        pieces = [self.texts[0]]
        write = self.escape.write
        for name, text in zip(self.names, self.texts[1:], strict=True):
            written = write(values[name])
            if written is None:
                raise BadValue(name, self.place, self.escape.problem)
            pieces += (written, text)
        return "".join(pieces)


class _Mailbox(NamedTuple):
    """One member of a list of addresses: a display name and an address, or what has no slot in it."""

    name: _Words | None
    address: _Words | None
    written: str  # what has no slot

    def fill(self, values: Mapping[str, str], /) -> str:
        if self.address is None:
            return self.written
        one_word = self.address.place is Place.HEADER_WORD
        address = self.address.fill(values) if one_word else _mailbox(self.address, values)
        if self.name is None:
            return address
        shown = _phrase(self.name.fill(values))
        return f"{shown} <{address}>" if shown else f"<{address}>"


class _Url(NamedTuple):
    """What is before a URL in a list of them, and the URL."""

    before: str
    url: SlottedUrl | None

    def fill(self, values: Mapping[str, str], /) -> str:
        if self.url is None:
            return self.before
        written = self.url.joined(self.url.pieces(values))
        return self.before + _ascii(written).translate(_BRACKETS)


class HeaderTemplate(NamedTuple):
    """One field with slots in it.

    Attributes:
        field: The field.
        names: The slots in it.
        old: Its bytes.
        eol: Its line end.
        content: Its value taken apart.
    """

    field: HeaderField
    names: tuple[str, ...]
    old: bytes
    eol: bytes
    content: _Words | tuple[_Mailbox, ...] | tuple[_Url, ...]

    def fill(self, values: Mapping[str, str], /) -> tuple[RawEdit, str]:
        """Write the field with one recipient's values; also returns its value on one line.

        Raises:
            BadValue: A value cannot be written there.
        """
        content, name = self.content, self.field.name
        if isinstance(content, _Words):
            value = content.fill(values)
            lines = [value] if content.place is Place.HEADER_WORD else _text_lines(name, value)
        else:
            members = [member.fill(values) for member in content]
            is_url = isinstance(content[0], _Url)
            value = "".join(members) if is_url else ", ".join(members)
            lines = [value] if is_url else _list_lines(name, members)
        written = f"{name}: " + "\r\n".join(lines)
        if max(map(len, written.split("\r\n"))) > _LONGEST_LINE:
            raise BadValue(self.names[0], _place(name), f"a line gets longer than {_LONGEST_LINE} bytes")
        new = written.encode("ascii").replace(b"\r\n", self.eol) + self.eol
        return RawEdit(self.field.start, self.old, new), value


def find_header_slots(
    raw: bytes, fields: Iterable[HeaderField], slots: Slots, controls: frozenset[int], /
) -> list[HeaderTemplate]:
    """Find the fields with markers in them.

    Args:
        raw: The message.
        fields: The fields of its header.
        slots: How the markers are written.
        controls: Where its override headers begin, which are removed.

    Raises:
        BadSlot: A marker is in a field that cannot hold a value.
    """
    found: list[HeaderTemplate] = []
    for field in fields:
        written = as_text(unfold(field.value).encode("latin-1")).strip(" \t\r\n")
        text = read_words(written)
        old = raw[field.start : field.end]
        line = unfold(as_text(old))
        markers = slots.find(text) or slots.find(line)
        name = field.name.lower()
        if name in _URLS:
            markers = markers or slots.find_escaped(text, markers)
        if not markers:
            continue
        reading = _Reading(slots, field, raw)
        in_name = slots.find(line.partition(":")[0]) or len(slots.find(line)) > len(slots.find(written))
        if not field.certain or in_name or _CLOSED.fullmatch(name) or field.start in controls:
            reading.refuse(markers[0].name, "write the value with the message, before it is scanned")
        eol = b"\r\n" if old.endswith(b"\r\n") else b"\n"
        content = reading.read(name, written if name in _ADDRESSES else text)
        found.append(HeaderTemplate(field, tuple(dict.fromkeys(reading.names)), old, eol, content))
    return found


class _Reading:
    """One field with markers in it, being taken apart."""

    def __init__(self, slots: Slots, field: HeaderField, raw: bytes, /) -> None:
        self.names: list[str] = []
        self._slots = slots
        self._field = field
        self._raw = raw

    def refuse(self, slot: str, advice: str, /) -> NoReturn:
        line = self._raw.count(b"\n", 0, self._field.start) + 1
        raise BadSlot(slot, _place(self._field.name), line, advice)

    def read(self, name: str, text: str, /) -> _Words | tuple[_Mailbox, ...] | tuple[_Url, ...]:
        if name in _URLS:
            return self._urls(text)
        if name in _ADDRESSES:
            return self._mailboxes(text, Place.HEADER_WORD if name == "list-id" else Place.HEADER_ADDRESS)
        return self._words(text, Place.HEADER_WORD if name in _ONE_WORD else Place.HEADER_TEXT)

    def _words(self, text: str, place: Place, /, *, in_url: bool = False) -> _Words:
        markers = self._slots.find(text)
        if in_url:
            markers = sorted([*markers, *self._slots.find_escaped(text, markers)])
        edges = [0, *(edge for marker in markers for edge in marker[:2]), len(text)]
        texts = tuple(text[left:right] for left, right in zip(edges[::2], edges[1::2], strict=True))
        names = tuple(marker.name for marker in markers)
        self.names += names
        return _Words(texts, names, place, ESCAPES[place])

    def _urls(self, text: str, /) -> tuple[_Url, ...]:
        members: list[_Url] = []
        position = 0
        for hit in BRACKETED_URI.finditer(self._masked(text)):
            start, end = hit.span(1)
            words = self._words(text[start:end], Place.HEADER_URL, in_url=True)
            if not words.names:
                continue
            try:
                url = read_url([BLANKS.sub("", part) for part in words.texts], words.names, loaded=False)
            except MisplacedSlotError as misplaced:
                self.refuse(words.names[misplaced.position], misplaced.advice)
            members.append(_Url(self._fixed(text[position:start]), url))
            position = end
        return (*members, _Url(self._fixed(text[position:]), None))

    def _fixed(self, text: str, /) -> str:
        if markers := self._slots.find(text):
            self.refuse(markers[0].name, "put the slot inside the angle brackets of a URL")
        return text

    def _mailboxes(self, text: str, place: Place, /) -> tuple[_Mailbox, ...]:
        """Take a list of addresses apart at its commas."""
        masked = self._masked(text)
        members: list[_Mailbox] = []
        start, opened = 0, -1
        angle: tuple[int, int] | None = None
        for sign in (*_SIGN.finditer(masked), None):
            mark, at = (sign[0], sign.start()) if sign else (",", len(masked))
            if mark in {"(", ")", ":", ";"}:
                self.refuse(self._first(text), "write this field without comments and groups")
            if mark == "<" and opened < 0:
                opened = at
            elif mark == ">" and opened >= 0:
                angle, opened = (opened, at), -1
            elif mark == "," and opened < 0:
                shift = start
                inside = None if angle is None else (angle[0] - shift, angle[1] - shift)
                members.append(self._member(text[start:at], inside, place))
                start, angle = at + 1, None
        if opened >= 0:
            self.refuse(self._first(text), "close the angle bracket of the address")
        return tuple(members)

    def _member(self, text: str, angle: tuple[int, int] | None, place: Place, /) -> _Mailbox:
        """Take one address apart; `angle` says where its brackets are."""
        name, address = ("", text.strip()) if angle is None else (text[: angle[0]], text[angle[0] + 1 : angle[1]])
        shown = self._words(_without_quotes(read_words(name).strip()), Place.HEADER_NAME)
        words = self._words(address.strip(), place)
        if not shown.names and not words.names and text.isascii():
            return _Mailbox(None, None, text.strip())
        if angle and text[angle[1] + 1 :].strip():
            self.refuse(self._first(text), "end the address with its angle bracket")
        return _Mailbox(shown if angle else None, words, "")

    def _first(self, text: str, /) -> str:
        markers = self._slots.find(text) or self._slots.find(read_words(text))
        return markers[0].name if markers else ""

    def _masked(self, text: str, /) -> str:
        """The text with letters for its markers, which hold signs of their own."""
        parts: list[str] = []
        position = 0
        for start, end, _ in self._slots.find(text):
            parts += (text[position:start], "x" * (end - start))
            position = end
        return "".join([*parts, text[position:]])


def _place(name: str, /) -> str:
    return f"the header field {name}"


def _without_quotes(name: str, /) -> str:
    quoted = _QUOTED_STRING.fullmatch(name)
    return ESCAPED.sub(r"\1", quoted[1]) if quoted else name


def _mailbox(words: _Words, values: Mapping[str, str], /) -> str:
    """Write an address: the values and the template's text together are exactly one."""
    pieces = [words.texts[0]]
    for name, text in zip(words.names, words.texts[1:], strict=True):
        pieces += (values[name], text)
    address = "".join(pieces)
    slot = words.names[0] if words.names else ""
    in_part = len(words.names) > 1 or any(words.texts)
    if not address.isascii() or (in_part and any("@" in values[name] for name in words.names)):
        raise BadValue(slot, Place.HEADER_ADDRESS, ESCAPES[Place.HEADER_ADDRESS].problem)
    return escaped(address, Place.HEADER_ADDRESS, slot)


def _phrase(name: str, /) -> str:
    """Write a display name (RFC 5322 section 3.2.5): as it is, quoted, or in encoded words."""
    if _ATOMS.fullmatch(name) and "=?" not in name:
        return name
    if _PRINTABLE.fullmatch(name) and "=?" not in name and "  " not in name and name == name.strip():
        return '"' + _TO_ESCAPE.sub(r"\\\g<0>", name) + '"'
    return "\r\n ".join(_encoded_words(name)) if name else ""


def _text_lines(name: str, value: str, /) -> list[str]:
    """Fold a text at its blanks, or write it in encoded words."""
    if not _LITERAL.fullmatch(value) or "=?" in value:
        return "\r\n ".join(_encoded_words(value)).split("\r\n")
    lines: list[str] = []
    column, start = len(name) + 2, 0
    while len(value) - start + column > _GOOD_LINE:
        breaks = [hit.start() for hit in _FOLD_AT.finditer(value, start + 1, start + max(_GOOD_LINE - column, 2))]
        later = None if breaks else _FOLD_AT.search(value, start + 1)
        at = breaks[-1] if breaks else later.start() if later else -1
        if at < 0:
            break
        lines.append(value[start:at])
        column, start = 0, at
    if len(value) - start > _LONGEST_LINE - _GOOD_LINE:
        return "\r\n ".join(_encoded_words(value)).split("\r\n")
    return [*lines, value[start:]]


def _list_lines(name: str, members: Sequence[str], /) -> list[str]:
    """Fold a list of addresses at its commas."""
    lines: list[str] = []
    column = len(name) + 2
    for number, member in enumerate(members):
        written = member if number == len(members) - 1 else f"{member},"
        first = written.split("\r\n", 1)[0]
        if number and column + 1 + len(first) > _GOOD_LINE:
            lines.append(f" {written}")
            column = len(written) + 1
        elif number:
            lines[-1] += f" {written}"
            column += len(written) + 1
        else:
            lines.append(written)
            column += len(written)
    return lines


def _encoded_words(text: str, /) -> list[str]:
    """Write a text in encoded words (RFC 2047 section 2), cut between characters."""
    whole = text.encode()
    if len(whole) <= _WORD_OCTETS:
        return [f"=?utf-8?b?{b64encode(whole).decode()}?="]
    words: list[str] = []
    piece = b""
    for char in text:
        octets = char.encode()
        if len(piece) + len(octets) > _WORD_OCTETS:
            words.append(piece.decode())
            piece = b""
        piece += octets
    words.append(piece.decode())
    return [f"=?utf-8?b?{b64encode(word.encode()).decode()}?=" for word in words]


def _ascii(url: str, /) -> str:
    """Write a URL in ASCII, as browsers send it."""
    if url.isascii():
        return url
    return "".join([char if char.isascii() else "".join(f"%{octet:02X}" for octet in char.encode()) for char in url])
