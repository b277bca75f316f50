"""Slots in the header of a message: where each is, and the field with one recipient's values.

A field with a marker in it is read once, unfolded and with its encoded words decoded, and written again for every
recipient: text by RFC 2047 where it needs that, a display name quoted or encoded, an address as exactly one mailbox of
RFC 5321, a message id as exactly one, a URL percent-encoded, JSON with its own escapes. A value never adds a field, an
address or a parameter, and what it leaves is a field that readers take.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from lmtrack._headers import BLANKS, LONGEST_LINE, HeaderField, unfold
from lmtrack._mime.charsets import as_text, read_words
from lmtrack._mime.fields import BRACKETED_URI, ESCAPED
from lmtrack._mime.header_lines import folded, list_lines, mailbox_lines, text_lines, url_lines
from lmtrack._mime.raw_edit import RawEdit
from lmtrack._pattern import compile_pattern
from lmtrack._rewriting.slots.escapes import ESCAPES, Escape, Place, escaped, json_text
from lmtrack._rewriting.slots.slotted_url import MisplacedSlotError, SlottedUrl, read_url
from lmtrack._url.reader import plain_host
from lmtrack.errors import BadSlot, BadValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lmtrack._rewriting.slots.markers import Slots

_ADDRESSES: Final = frozenset((
    "from", "to", "cc", "reply-to", "sender", "resent-from", "resent-to", "resent-cc", "resent-sender",
    "resent-reply-to", "mail-reply-to", "mail-followup-to", "apparently-to",
    "disposition-notification-to", "return-receipt-to", "errors-to", "x-confirm-reading-to", "list-id",
))  # fmt: skip
# RFC 5322 section 3.6.4, RFC 5536 section 3.2.12: message ids in angle brackets.
_IDS: Final = frozenset(("message-id", "in-reply-to", "references", "supersedes"))
# Of these a reader wants one word and decodes nothing.
_ONE_WORD: Final = frozenset((
    "feedback-id", "auto-submitted", "precedence", "autocrypt", "bimi-selector", "disposition-notification-options",
))  # fmt: skip
# RFC 2369, RFC 5064: URLs in angle brackets.
_URLS: Final = frozenset((
    "list-unsubscribe", "list-help", "list-subscribe", "list-post", "list-owner", "list-archive", "archived-at",
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
_QUOTED_STRING: Final = compile_pattern(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
# Ends a piece of an address list; quoted strings are whole.
_SIGN: Final = compile_pattern(r'"(?:[^"\\]|\\.)*+"?+|[(),:;<>]', re.DOTALL)
_BRACKETS: Final = str.maketrans({"<": "%3C", ">": "%3E", ",": "%2C"})
_HOST: Final = re.compile(r"(?<=://)[^/?#:@]++")
_ID: Final = re.compile(r"<[^<>]*+>|[^\s<>]++")
# An object or a list of RFC 8259 by its tokens: which brackets are whose does not matter to a slot in a string.
_JSON: Final = compile_pattern(
    r"""
    (?: \{ (?=[ \t]*+") | \[ )
    (?: "(?: [^"\\\x00-\x1f]++ | \\["\\/bfnrt] | \\u[0-9A-Fa-f]{4} )*+"
      | [][{},:\ \t]++ | (?: true | false | null | -?[0-9][0-9.eE+-]*+ ) (?![\w"]) )*+
    (?<=[]}])
    """,
    re.VERBOSE,
)


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

    def fill_whole(self, values: Mapping[str, str], /) -> str:
        """Write an id or an address: the values and the template's text together are exactly one."""
        pieces = [self.texts[0]]
        for name, text in zip(self.names, self.texts[1:], strict=True):
            pieces += (values[name], text)
        return escaped("".join(pieces), self.place, self.names[0])


class _Mailbox(NamedTuple):
    """One member of a list of addresses: a display name and an address, or what has no slot in it."""

    name: _Words | None
    address: _Words | None
    written: str  # what has no slot
    column: int  # where it begins on its line at the latest

    def fill(self, values: Mapping[str, str], /) -> str:
        if self.address is None:
            return self.written
        address = _address(self.address, values)
        if self.name is None:
            return address
        return mailbox_lines(self.name.fill(values), address, self.column)


class _Url(NamedTuple):
    """What is before a URL in a list of them, and the URL."""

    before: str
    url: SlottedUrl | None

    def fill(self, values: Mapping[str, str], /) -> str:
        url = self.url
        if url is None:
            return self.before
        written = url.joined([piece.translate(_BRACKETS) for piece in url.pieces(values)])
        if not written:
            raise BadValue(url.names[0], url.places[0], "it is empty")
        if Place.MAIL_ADDRESS in url.places:
            self._check_addresses(url, written)
        return self.before + _ascii(written)

    def _check_addresses(self, url: SlottedUrl, written: str, /) -> None:
        from urllib.parse import unquote  # noqa: PLC0415 - 2 ms of every import

        slot = url.names[url.places.index(Place.MAIL_ADDRESS)]
        for address in written.partition(":")[2].partition("?")[0].split(","):
            escaped(unquote(address), Place.HEADER_ADDRESS, slot)


class _Id(NamedTuple):
    """What is before a message id in a field of them, and the id with its brackets."""

    before: str
    words: _Words | None

    def fill(self, values: Mapping[str, str], /) -> str:
        return self.before + (self.words.fill_whole(values) if self.words else "")


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
    content: _Words | tuple[_Mailbox, ...] | tuple[_Url, ...] | tuple[_Id, ...]

    def fill(self, values: Mapping[str, str], /) -> tuple[RawEdit, str]:
        """Write the field with one recipient's values; also returns its value on one line.

        Raises:
            BadValue: A value cannot be written there.
        """
        content, name = self.content, self.field.name
        if isinstance(content, _Words):
            value = content.fill(values)
            lines = text_lines(name, value) if content.place is Place.HEADER_TEXT else folded(name, value)
            if not value and content.place is Place.HEADER_PART:
                raise BadValue(self.names[0], content.place, "it is empty")
        else:
            members = [member.fill(values) for member in content]
            if isinstance(content[0], _Mailbox):
                value = ", ".join(members)
                lines = list_lines(name, members)
            else:
                value = "".join(members)
                lines = url_lines(name, value) if isinstance(content[0], _Url) else folded(name, value)
        written = f"{name}: " + "\r\n".join(lines)
        if max(map(len, written.split("\r\n"))) > LONGEST_LINE:
            raise BadValue(self.names[0], _place(name), f"a line gets longer than {LONGEST_LINE} bytes")
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
        reading = _FieldReading(slots, field, raw)
        in_name = slots.find(line.partition(":")[0]) or len(slots.find(line)) > len(slots.find(written))
        if not field.certain or in_name or _CLOSED.fullmatch(name) or field.start in controls:
            reading.refuse(markers[0].name, "write the value with the message, before it is scanned")
        eol = b"\r\n" if old.endswith(b"\r\n") else b"\n"
        content = reading.read(name, written if name in _ADDRESSES else text)
        if not reading.names:  # percent escapes outside of a URL
            continue
        found.append(HeaderTemplate(field, tuple(dict.fromkeys(reading.names)), old, eol, content))
    return found


class _FieldReading:
    """One field with markers in it, being taken apart."""

    def __init__(self, slots: Slots, field: HeaderField, raw: bytes, /) -> None:
        self.names: list[str] = []
        self._slots = slots
        self._field = field
        self._raw = raw

    def refuse(self, slot: str, advice: str, /) -> NoReturn:
        line = self._raw.count(b"\n", 0, self._field.start) + 1
        raise BadSlot(slot, _place(self._field.name), line, advice)

    def read(self, name: str, text: str, /) -> _Words | tuple[_Mailbox, ...] | tuple[_Url, ...] | tuple[_Id, ...]:
        if name in _URLS:
            return self._urls(text)
        if name in _IDS:
            return self._ids(text)
        if name in _ADDRESSES:
            return self._mailboxes(text, Place.HEADER_LIST_ID if name == "list-id" else Place.HEADER_ADDRESS)
        if name in _ONE_WORD:
            words = self._words(text, Place.HEADER_PART)
            self._check_ascii(*words.texts)
            is_whole = len(words.names) == 1 and not any(words.texts)
            return self._words(text, Place.HEADER_WORD) if is_whole else words
        return self._json(text) if name.startswith("x-") else self._words(text, Place.HEADER_TEXT)

    def _json(self, text: str, /) -> _Words:
        """Take JSON apart, in which services get their settings; any other text is text."""
        if not _JSON.fullmatch(self._masked(text)):
            # A digit makes it a number, an `n` what a backslash of the template escapes.
            if text.startswith("{") and any(_JSON.fullmatch(self._masked(text, letter)) for letter in "1n"):
                self.refuse(self._first(text), "put the slot inside a string of the JSON")
            return self._words(text, Place.HEADER_TEXT)
        words = self._words(text, Place.HEADER_JSON)
        return words._replace(texts=tuple(json_text(part.replace("\t", " ")) for part in words.texts))

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

    def _ids(self, text: str, /) -> tuple[_Id, ...]:
        members: list[_Id] = []
        position = 0
        for hit in _ID.finditer(self._masked(text)):
            start, end = hit.span()
            words = self._words(text[start:end], Place.HEADER_MESSAGE_ID)
            if not words.names:
                continue
            if hit[0][0] != "<" and any(words.texts):
                self.refuse(words.names[0], "put the slot inside the angle brackets")
            self._check_ascii(*words.texts)
            members.append(_Id(self._fixed(text[position:start]), words))
            position = end
        return (*members, _Id(self._fixed(text[position:]), None))

    def _fixed(self, text: str, /) -> str:
        if markers := self._slots.find(text):
            self.refuse(markers[0].name, "put the slot inside the angle brackets")
        self._check_ascii(text)
        return text

    def _check_ascii(self, *texts: str) -> None:
        if self.names and not all(map(str.isascii, texts)):
            self.refuse(self.names[0], "write what is around the slot in ASCII")

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
                column = 1 if members else len(self._field.name) + 2
                members.append(self._member(text[start:at], inside, place, column))
                start, angle = at + 1, None
        if opened >= 0:
            self.refuse(self._first(text), "close the angle bracket of the address")
        return tuple(members)

    def _member(self, text: str, angle: tuple[int, int] | None, place: Place, column: int, /) -> _Mailbox:
        """Take one address apart; `angle` says where its brackets are."""
        name, address = ("", text.strip()) if angle is None else (text[: angle[0]], text[angle[0] + 1 : angle[1]])
        shown = self._words(_without_quotes(read_words(name).strip()), Place.HEADER_NAME)
        words = self._words(address.strip(), place)
        if not shown.names and not words.names and text.isascii():
            return _Mailbox(None, None, text.strip(), column)
        if angle and text[angle[1] + 1 :].strip():
            self.refuse(self._first(text), "end the address with its angle bracket")
        self._check_ascii(*words.texts)
        return _Mailbox(shown if angle else None, words, "", column)

    def _first(self, text: str, /) -> str:
        markers = self._slots.find(text) or self._slots.find(read_words(text))
        return markers[0].name if markers else ""

    def _masked(self, text: str, letter: str = "x", /) -> str:
        """The text with letters for its markers, which hold signs of their own."""
        parts: list[str] = []
        position = 0
        for start, end, _ in self._slots.find(text):
            parts += (text[position:start], letter * (end - start))
            position = end
        return "".join([*parts, text[position:]])


def _place(name: str, /) -> str:
    return f"the header field {name}"


def _without_quotes(name: str, /) -> str:
    quoted = _QUOTED_STRING.fullmatch(name)
    return ESCAPED.sub(r"\1", quoted[1]) if quoted else name


def _address(words: _Words, values: Mapping[str, str], /) -> str:
    """Write an address or the id of a list; no part of one brings its own `@`."""
    if not words.names:
        return words.texts[0]
    address = words.fill_whole(values)
    in_part = len(words.names) > 1 or any(words.texts)
    if not address.isascii() or (in_part and any("@" in values[name] for name in words.names)):
        raise BadValue(words.names[0], words.place, words.escape.problem)
    return address


def _ascii(url: str, /) -> str:
    """Write a URL in ASCII, as browsers send it."""
    if url.isascii():
        return url
    url = _HOST.sub(lambda host: host[0] if host[0].isascii() else plain_host(host[0]) or host[0], url, count=1)
    return "".join([char if char.isascii() else "".join(f"%{octet:02X}" for octet in char.encode()) for char in url])
