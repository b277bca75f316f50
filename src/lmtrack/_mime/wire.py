"""The bytes of a message object: what a signer signs and a server gets.

The standard library's own writers change a message on its way out: `smtplib.send_message` writes `>From` for `From`,
policies encode or move long headers, a boundary is drawn at random and put into the object. Here the object is only
read, and its policy is asked for two things: whether headers may be UTF-8, and whether bodies must be ASCII.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from email.errors import MissingHeaderBodySeparatorDefect
from email.message import Message
from email.mime.base import MIMEBase
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._headers import LONE_CR, LONGEST_LINE, iter_fields
from lmtrack._mime.fields import write_field
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# RFC 5322 section 3.6.3: what nobody else may see.
HIDDEN_FIELDS: Final = frozenset(("bcc", "resent-bcc"))

_ENCODING: Final = "content-transfer-encoding"
_IDENTITY: Final = frozenset(("", "7bit", "8bit", "binary"))
_CRLF: Final = b"\r\n"

_BARE_LF: Final = re.compile(rb"(?<!\r)\n")
# These begin where a line does, so that a line is read once.
_LONG_LINE: Final = re.compile(rb"(?<![^\n])[^\r\n]{%d,}+" % (LONGEST_LINE + 1))
# A long line of sound quoted-printable; units of 24 make lines of at most 72 bytes and a soft line break (RFC 2045
# section 6.7). Readers differ on a `=` that is none of its signs.
_LONG_QUOTED: Final = compile_pattern(
    rb"(?<![^\n]) (?=[^\r\n]{%d}) (?: =[0-9A-Fa-f]{2} | [^=\r\n] )++ =?+ (?=\r|\Z)" % (LONGEST_LINE + 1), re.VERBOSE
)
_UNITS: Final = re.compile(rb"(?:=[0-9A-Fa-f]{2}|[^=]){1,24}(?:=\Z)?")
_ROW: Final = re.compile(rb"[^\r\n]{1,76}")
# A parameter in pieces or with percent escapes: its name, and the number of the piece (RFC 2231 sections 3 and 4).
_PIECE: Final = re.compile(r";[ \t\r\n]*+(\w++)\*([0-9]*+)", re.ASCII)
# What begins a body even without an empty line before it (RFC 5322 section 2.2; the parser's own rule).
_NO_FIELD: Final = re.compile(rb"(?!From |[!-9;-~]*:|[\t \r])[^\r]")


def message_bytes(message: Message, /, *, keep_bcc: bool = False) -> bytes:
    r"""Write a message as the bytes to sign and send, without the damage that the standard library's writers do.

    Lines end in CRLF. Headers that were parsed keep their folding; those set in code are folded at spaces only, so a
    long `List-Unsubscribe` stays readable. `From ` at the start of a line stays. Text with a line of over 998 bytes is
    sent as quoted-printable, other content as base64; nothing under multipart/signed is changed. A multipart made in
    code loses the label of an encoding that it must not have (`set_charset` adds one). The object stays as it is, and
    equal objects give equal bytes, boundaries too.

    Send the result with `smtplib.SMTP.sendmail`, not `send_message`, which writes the object in its own way.

    Args:
        message: An `EmailMessage` or `Message`, of any policy. Headers are UTF-8 if its policy has `utf8`
            (`policy.SMTPUTF8`), else non-ASCII letters become encoded words; parts are encoded to be ASCII if it has
            `cte_type="7bit"`. Nothing else of a policy counts.
        keep_bcc: Write a `Bcc` field too. It would tell every recipient who else got the message, so it is for files
            and archives; `prepare_message` sends to its addresses and leaves it out.

    Raises:
        TypeError: `message` is not a message, or the standard library cannot write a part, its payload or a header.
        ValueError: There is a `Bcc` or `Resent-Bcc` field. A header could not be sent as it is: a name or value that
            would make another header, NUL, 998 bytes without a blank, non-ASCII letters in an address or a URL,
            nothing a parser understands. There is non-ASCII text that was never encoded, a boundary is also a line
            of its own part, or a message holds itself.

    >>> from email.message import EmailMessage
    >>> message = EmailMessage()
    >>> message["Subject"] = "Hello"
    >>> message.set_content("From here on\n")
    >>> message_bytes(message).splitlines()[-1]
    b'From here on'
    """
    if not isinstance(message, Message):
        raise TypeError(f"message must be an EmailMessage or a Message, not {type(message).__name__}")
    if not isinstance(keep_bcc, bool):
        raise TypeError(f"keep_bcc must be a bool, not {type(keep_bcc).__name__}")
    if not keep_bcc and any(name.lower() in HIDDEN_FIELDS for name in message):
        raise ValueError("a Bcc field would be sent to everyone: use prepare_message, or keep_bcc=True for a file")
    _check_parts(message)
    writer = _Writer(utf8=getattr(message.policy, "utf8", False) is True, ascii_only=message.policy.cte_type == "7bit")
    octets = writer.write(message)
    return octets if octets.endswith(_CRLF) else octets + _CRLF


def wire_problems(raw: bytes, /) -> tuple[str, ...]:
    """Return what servers refuse in raw bytes, or what they give away; linear."""
    found = {
        "bare_lf": _BARE_LF.search(raw) is not None,
        "bare_cr": LONE_CR.search(raw) is not None,
        "long_line": _LONG_LINE.search(raw) is not None,
        "nul": b"\0" in raw,
        "bcc": any(field.name.lower() in HIDDEN_FIELDS for field in iter_fields(raw)),
    }
    return tuple(name for name, is_there in found.items() if is_there)


def _check_parts(message: Message, /) -> None:
    """Raise an error unless every part is a message and none holds itself, however deep."""
    waiting: list[tuple[object, bool]] = [(message, False)]
    inside: set[int] = set()
    while waiting:
        part, was_checked = waiting.pop()
        if was_checked:
            inside.remove(id(part))
            continue
        if not isinstance(part, Message):
            raise TypeError(f"a message can hold other messages, not {type(part).__name__}; see MIMEText, set_content")
        if id(part) in inside:
            raise ValueError("a message holds itself")
        payload = vars(part)["_payload"]
        if isinstance(payload, list):
            inside.add(id(part))
            waiting.append((part, True))
            waiting += [(held, False) for held in payload]


class _Part(NamedTuple):
    """A part to be written, and whether something was signed that may not be changed any more."""

    message: Message
    sealed: bool


class _End(NamedTuple):
    """The end of a multipart: its boundary, if it was given one, must not be among the lines since the mark."""

    boundary: bytes | None
    mark: int
    epilogue: bytes


class _Writer:
    """Collects the bytes of one message. A number among them stands for a boundary that has yet to be made."""

    def __init__(self, *, utf8: bool, ascii_only: bool) -> None:
        self._utf8 = utf8
        self._ascii_only = ascii_only
        self._pieces: list[bytes | int] = []
        self._boundaries = 0
        # Lines that could be taken for a boundary, each with how many came before its last one.
        self._dashed: dict[bytes, int] = {}
        self._dashes = 0

    def write(self, message: Message, /) -> bytes:
        """Write the parts in order; with a stack, as a message may be nested deeper than Python may call."""
        waiting: list[bytes | int | _Part | _End] = [_Part(message, sealed=False)]
        while waiting:
            item = waiting.pop()
            if isinstance(item, _Part):
                waiting += reversed(self._expand(item))
            elif isinstance(item, _End):
                self._end(item)
            else:
                self._pieces.append(item)
        known = b"".join(piece for piece in self._pieces if isinstance(piece, bytes))
        if not self._boundaries:
            return known
        # Made from all the rest, so no part can hold it, and the same message gets the same one. None begins like
        # another, as readers may compare no more (RFC 2046 section 5.1.1).
        digest = sha256(known).hexdigest()[:32].encode()
        return b"".join(b"=_%b_%d=" % (digest, piece) if isinstance(piece, int) else piece for piece in self._pieces)

    def _expand(self, part: _Part, /) -> list[bytes | int | _Part | _End]:
        message, sealed = part
        kind, subtype = _type_of(message)
        # What `get_payload` gives has lost the non-ASCII bytes.
        payload = vars(message)["_payload"]
        if kind == "multipart" and (payload is None or isinstance(payload, list)):
            return self._multipart(message, payload or [], sealed=sealed or subtype == "signed")
        if isinstance(payload, list):
            if kind != "message":
                raise TypeError(f"a part of type {kind}/{subtype} cannot hold parts")
            fields = self._fields(message.raw_items())
            if subtype == "delivery-status":
                return [fields, _CRLF, _CRLF.join(map(self._block, payload))]
            return [fields, _CRLF, *(_Part(inner, sealed) for inner in payload[:1])]
        body, encoding = _octets(payload), ""
        if not sealed and kind not in {"multipart", "message"}:
            is_carried = _is_carried_as_ascii if self._ascii_only else _is_carried
            body, encoding = _sendable(body, is_carried, kind=kind, encoding=_encoding_of(message), payload=payload)
        self._note(body)
        return [self._fields(message.raw_items(), encoding=encoding), _separator(message, body), body]

    def _block(self, message: Message, /) -> bytes:
        """A block of fields of a delivery status; there are empty lines between blocks and none behind the last."""
        body = _octets(vars(message)["_payload"])
        return self._fields(message.raw_items()) + (_separator(message, body) + body if body else b"")

    def _multipart(
        self, message: Message, parts: list[Message], /, *, sealed: bool
    ) -> list[bytes | int | _Part | _End]:
        named = _boundary_of(message)
        fields: Iterable[tuple[str, object]] = message.raw_items()
        was_parsed = _was_parsed(message)
        if not sealed and not was_parsed and _encoding_of(message) not in _IDENTITY:
            fields = [(name, value) for name, value in fields if name.lower() != _ENCODING]
        items: list[bytes | int | _Part | _End]
        if named is None:
            boundary: bytes | int = self._boundaries
            self._boundaries += 1
            items = self._fields_with_boundary(fields, self._boundaries - 1)
        else:
            boundary = named
            items = [self._fields(fields)]
        mark = self._dashes
        preamble = b"" if message.preamble is None else _octets(message.preamble) + _CRLF
        self._note(preamble)
        items += [_separator(message, preamble or b"--"), preamble]
        items += [b"--", boundary, _CRLF]
        for place, inner in enumerate(parts):
            items += [b"" if _holds_its_line_end(parts[place - 1]) else _CRLF, b"--", boundary, _CRLF] if place else []
            items.append(_Part(inner, sealed))
        items += [b"" if parts and _holds_its_line_end(parts[-1]) else _CRLF, b"--", boundary, b"--"]
        # The parser notes with None that the line end belongs to the delimiter behind; what was signed knows.
        items.append(b"" if message.epilogue is None and was_parsed else _CRLF)
        items.append(_End(boundary if isinstance(boundary, bytes) else None, mark, _octets(message.epilogue)))
        return items

    def _end(self, end: _End, /) -> None:
        if end.boundary is not None:
            lines = (b"--" + end.boundary.rstrip(), b"--" + end.boundary.rstrip() + b"--")
            if any(self._dashed.get(line, -1) >= end.mark for line in lines):
                raise ValueError("a multipart's boundary is in one of its parts")
            self._note(lines[0])
        self._note(end.epilogue)
        self._pieces.append(end.epilogue)

    def _note(self, body: bytes, /) -> None:
        if b"--" in body:
            for line in body.split(_CRLF):
                if line.startswith(b"--"):
                    self._dashed[line.rstrip()] = self._dashes
                    self._dashes += 1

    def _fields(self, written: Iterable[tuple[str, object]], /, *, encoding: str = "") -> bytes:
        """The header fields of a part, with another Content-Transfer-Encoding if it got one."""
        fields: list[bytes] = []
        names: set[str] = set()
        for name, value in written:
            low = name.lower()
            if encoding and low == _ENCODING:
                fields += [_encoding_field(encoding)] if low not in names else []
            else:
                fields.append(write_field(name, value, utf8=self._utf8))
            names.add(low)
        if encoding and _ENCODING not in names:
            # Without the first, readers need not look at the second (RFC 2045 section 4).
            fields += [b"MIME-Version: 1.0\r\n"] if "mime-version" not in names else []
            fields.append(_encoding_field(encoding))
        return b"".join(fields)

    def _fields_with_boundary(
        self, written: Iterable[tuple[str, object]], boundary: int, /
    ) -> list[bytes | int | _Part | _End]:
        items: list[bytes | int | _Part | _End] = []
        typed = False
        for name, value in written:
            field = write_field(name, value, utf8=self._utf8)
            if name.lower() == "content-type" and not typed:
                typed = True
                items += [field.rstrip(b"\r\n\t ;"), b';\r\n boundary="', boundary, b'"\r\n']
            else:
                items.append(field)
        return items


def _type_of(message: Message, /) -> tuple[str, str]:
    try:
        kind, _, subtype = message.get_content_type().partition("/")
    except UnicodeEncodeError:  # the standard library takes a lone surrogate, and letters next to one, for bytes
        raise ValueError("the header Content-Type cannot be parsed") from None
    return kind, subtype


def _boundary_of(message: Message, /) -> bytes | None:
    """Return the boundary that a multipart was given; None if it has yet to be made.

    Raises:
        ValueError: It cannot be on a line of ASCII.
    """
    if _has_parameter_twice(str(message.get("content-type", ""))):
        raise ValueError("the boundary of a multipart cannot be parsed")
    named = message.get_boundary()
    if named is not None and (not named.isascii() or "\r" in named or "\n" in named):
        raise ValueError("a boundary must be ASCII, on one line")
    return None if named is None else named.encode()


def _has_parameter_twice(written: str, /) -> bool:
    """Return whether a parameter has a piece twice, or is in pieces and whole: Pythons join these in different ways."""
    pieces = [(name.lower(), int(number) if number else -1) for name, number in _PIECE.findall(written)]
    whole = {name for name, number in pieces if number < 0}
    return len(set(pieces)) < len(pieces) or any(name in whole for name, number in pieces if number >= 0)


def _holds_its_line_end(message: Message, /) -> bool:
    """Return whether the parser left the line end before the next delimiter in a part, as it met no part there."""
    payload = vars(message)["_payload"]
    while _type_of(message)[0] == "message" and isinstance(payload, list) and payload:
        message = payload[0]
        payload = vars(message)["_payload"]
    multipart = _type_of(message)[0] == "multipart"
    return multipart and isinstance(payload, str) and payload.endswith(("\r", "\n"))


def _separator(message: Message, body: bytes, /) -> bytes:
    """The empty line behind the fields, unless the parser met a body without one and would take it for a body again."""
    missed = any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in message.defects)
    return b"" if missed and _NO_FIELD.match(body) else _CRLF


def _was_parsed(message: Message, /) -> bool:
    """Return whether a multipart came from bytes; code makes another class, or headers that can fold themselves."""
    types = (value for name, value in message.raw_items() if name.lower() == "content-type")
    return not isinstance(message, MIMEBase) and not hasattr(next(types, ""), "fold")


def _encoding_field(encoding: str, /) -> bytes:
    return b"Content-Transfer-Encoding: %b\r\n" % encoding.encode()


def _encoding_of(message: Message, /) -> str:
    """The first Content-Transfer-Encoding as written; what the parser of a policy makes of it is of no interest."""
    for name, value in message.raw_items():
        if name.lower() == _ENCODING:
            return str(value).strip().lower()
    return ""


def _octets(text: object, /) -> bytes:
    """The bytes behind what the standard library keeps as str: ASCII, and lone surrogates for others."""
    if text is None:
        return b""
    if not isinstance(text, str):
        raise TypeError(f"a payload must be a str or a list of messages, not {type(text).__name__}")
    try:
        return _in_crlf(text.encode("ascii", "surrogateescape"))
    except UnicodeEncodeError:
        raise ValueError(
            "a payload holds non-ASCII letters: pass set_payload a charset, or use set_content;"
            " read a message that is text with message_from_bytes(text.encode()), not message_from_string"
        ) from None


def _sendable(
    body: bytes, is_carried: Callable[[bytes], bool], /, *, kind: str, encoding: str, payload: str | None
) -> tuple[bytes, str]:
    """Return content a form that every server carries, and the name of its new encoding if it needed one."""
    if encoding == "binary" and kind != "text":  # line ends are data there
        exact = (payload or "").encode("ascii", "surrogateescape")
        return (body, "") if exact == body and is_carried(body) else (_base64(exact), "base64")
    if is_carried(body):
        return body, ""
    if encoding in _IDENTITY:
        if kind == "text":  # its soft line breaks are bare in a text that is one line
            return _in_crlf(b2a_qp(body, istext=True)), "quoted-printable"
        return _base64(body), "base64"
    if encoding == "base64":  # line ends are not data there, nor in quoted-printable behind a `=`
        body = _LONG_LINE.sub(lambda line: _CRLF.join(_ROW.findall(line[0])), body)
    elif encoding == "quoted-printable":
        body = _LONG_QUOTED.sub(lambda line: b"=\r\n".join(_UNITS.findall(line[0])), body)
    return body, ""


def _is_carried(body: bytes, /) -> bool:
    """Return whether every server carries it: no NUL (RFC 5322, 2), no line too long (RFC 5321, 4.5.3.1.6)."""
    return b"\0" not in body and max(map(len, body.split(_CRLF))) <= LONGEST_LINE


def _is_carried_as_ascii(body: bytes, /) -> bool:
    """The same where a server does not know 8BITMIME (RFC 6152)."""
    return body.isascii() and _is_carried(body)


def _in_crlf(octets: bytes, /) -> bytes:
    return octets.replace(_CRLF, b"\n").replace(b"\r", b"\n").replace(b"\n", _CRLF)


def _base64(octets: bytes, /) -> bytes:
    return encodebytes(octets).replace(b"\n", _CRLF)
