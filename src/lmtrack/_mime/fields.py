"""Write the header fields of a message object so that every reader sees the value that was given.

What was parsed keeps its bytes, folding included. What was set in code becomes one line first and is then folded here,
at blanks and nowhere else: unfolding (RFC 5322 section 2.2.3) gives that line back, and no address, URL or id is ever
hidden in an encoded word, as the standard library does to those of 78 characters and more (cpython issue 85725).
"""

from __future__ import annotations

import re
from base64 import b64encode
from email.errors import HeaderParseError, MessageError
from email.header import Header, decode_header
from email.headerregistry import Address, AddressHeader, HeaderRegistry, UnstructuredHeader
from email.policy import EmailPolicy
from typing import TYPE_CHECKING, Any, Final

from lmtrack._headers import FIELD_NAME, LONGEST_LINE
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

GOOD_LINE: Final = 78  # what a line should be at most, without its CRLF: RFC 5322 section 2.1.1

LINE_END: Final = re.compile(r"\r\n|\r|\n")

# Beside bytes of a raw message, which the parser keeps as lone surrogates.
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f\udc80-\udcff]")

_HEADERS: Final = HeaderRegistry()
# Bytes of an unknown charset, kept or lost.
_UNKNOWN: Final = re.compile(r"[\ud800-\udfff\ufffd]")
# A lone surrogate that stands for no byte.
_HALF: Final = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")
_WORD_OR_BLANKS: Final = re.compile(r"[ \t]++|[^ \t]++")

_ONE_FIELD: Final = compile_pattern(r"(?: [^\r\n\x00]++ | \r\n (?=[ \t]) )*+", re.VERBOSE)

# Pieces to put a line end between: with quoted strings whole, since some readers keep a line end inside; else at each
# blank. Quotes are kept together to their end, found or not, so each is read once.
_QUOTED_PIECE: Final = compile_pattern(
    r"""[ \t]*+ (?: [^ \t"]++ | " (?: [^"\\]++ | \\. )*+ (?: " | \\?+ \Z ) )++ | [ \t]++""", re.VERBOSE | re.DOTALL
)
_PIECE: Final = re.compile(r"[ \t]*+[^ \t]++|[ \t]++")

# What counts for where an address ends (RFC 5322 sections 3.2 to 3.4): quoted strings and literals are whole, as their
# commas do not separate. In a comment only brackets count.
_SIGN: Final = compile_pattern(
    r""" " (?: [^"\\] | \\. )*+ "?+ | \[ (?: [^\[\]\\] | \\. )*+ | [(,:;<>] """, re.VERBOSE | re.DOTALL
)
_SIGN_IN_COMMENT: Final = re.compile(r"\\.|[()]", re.DOTALL)
# RFC 2369 section 2: URIs in angle brackets; blanks inside come from folding and do not count.
BRACKETED_URI: Final = re.compile(r"<([^<>]*+)>")
ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)

# One line, whatever its length: the standard library then breaks nothing and encodes only what is not ASCII.
_ONE_LINE: Final = EmailPolicy(linesep="\r\n", max_line_length=None)
_ONE_LINE_UTF8: Final = EmailPolicy(linesep="\r\n", max_line_length=None, utf8=True)

# RFC 2047 section 2: a line with an encoded word has 76 characters at most.
_ENCODED_WORD: Final = re.compile(r"=\?[^?\s]++\?[bBqQ]\?[^?\s]*+\?=")
SHORT_LINE: Final = 76
AROUND_WORD: Final = len("=?utf-8?b??=")
_WORD_IN_DOMAIN: Final = re.compile(r"@[^\s<>\",;()=]*+=\?")

# RFC 2047 section 5 allows encoded words in texts, comments and phrases; these have none (RFC 2369, 8058, 5322).
_NO_WORDS: Final = re.compile(
    r"list-(?:unsubscribe(?:-post)?|help|subscribe|post|owner|archive)|message-id|references|in-reply-to", re.IGNORECASE
)


def write_field(name: str, value: object, /, *, utf8: bool) -> bytes:
    """Write one field with its CRLF; non-ASCII letters as UTF-8 where the message's policy says so.

    Raises:
        TypeError: The value is not a str and no header of the standard library.
        ValueError: The name is not one; the value holds NUL or a line end with no blank after it; something needs more
            than 998 bytes without a blank, or non-ASCII letters where only ASCII can stand or in what is too long.
    """
    if not FIELD_NAME.fullmatch(name):
        raise ValueError("a header's name must be printable ASCII without spaces or colons")
    if isinstance(value, Header):
        value = _text_of(name, value)
    if not isinstance(value, str):
        raise TypeError(f"the header {name} must be a str or a Header, not {type(value).__name__}")
    text = _one_field(name, value)
    if hasattr(value, "fold"):
        text = _one_field(name, _set_in_code(name, value, utf8=utf8))
    elif not utf8 and _BEYOND_ASCII.search(text):
        text = _one_field(name, _set_in_code(name, text.replace("\r\n", ""), utf8=utf8))
    lines = f"{name}: {text}".split("\r\n")
    if _longest(lines) > LONGEST_LINE:
        lines = [part for line in lines for part in _folded(line, LONGEST_LINE, (_QUOTED_PIECE, _PIECE))]
        if _longest(lines) > LONGEST_LINE:
            raise ValueError(f"the header {name} holds more than {LONGEST_LINE} bytes without a space")
    return "".join(line + "\r\n" for line in lines).encode("utf-8", "surrogateescape")


def read_addresses(name: str, value: object, /) -> list[str]:
    """Return the addresses, without names, that the value of an address header holds, as written in it.

    Raises:
        TypeError: The value is not a str and not a header of the standard library.
        ValueError: As for `parse_addresses`.
    """
    if isinstance(value, Header):
        value = _text_of(name, value)
    if not isinstance(value, str):
        raise TypeError(f"the header {name} must be a str or a Header, not {type(value).__name__}")
    if hasattr(value, "addresses"):
        return [address.addr_spec for address in _parse(name, value).addresses]
    return parse_addresses(f"the header {name}", value)


def parse_addresses(where: str, text: str, /) -> list[str]:
    """Return the addresses, without names, that a text holds; `where` is what errors call it.

    Raises:
        ValueError: No parser understands it, it holds a lone surrogate, or one address with its name is longer than a
            line may be.
    """
    return [address.addr_spec for address in _read_list(where, text)]


def _text_of(name: str, value: Header, /) -> str:
    """Return the text of a `Header` in which every reader finds the same.

    What it knows of charsets does not matter, but of bytes in an unknown one (U+FFFD) it has the only copy, and the
    comma of a name that it encodes does not end an address.
    """
    where = f"the header {name}"
    try:
        text = str(value)
    except UnicodeEncodeError:  # letters that it was told are bytes in an unknown charset
        raise _unparsable(where) from None
    shown = _one_field(name, text)
    if "\ufffd" in shown:
        return value.encode(maxlinelen=0)
    if issubclass(_HEADERS[name], AddressHeader) and not shown.isascii():
        written = value.encode()
        if all(address.domain for address in _read_list(where, written)):  # none was encoded with its name
            return written
    return shown


def _read_list(where: str, text: str, /) -> list[Address]:
    """Read addresses one at a time, as the standard library takes up to the cube of the length."""
    addresses: list[Address] = []
    for part in _addresses(LINE_END.sub("", _whole(where, text))):
        if len(part) > LONGEST_LINE:
            raise ValueError(f"{where} holds an address of more than {LONGEST_LINE} characters")
        addresses += _parse("To", part, where).addresses
    return addresses


def _one_field(name: str, text: str, /) -> str:
    text = LINE_END.sub("\r\n", text)
    if not _ONE_FIELD.fullmatch(text):
        raise ValueError(f"the header {name} holds NUL, or a line end that would begin another header")
    return _whole(f"the header {name}", text)


def _whole(where: str, text: str, /) -> str:
    if _HALF.search(text):
        raise ValueError(f"{where} holds a lone surrogate")
    return text


def _unparsable(where: str, /) -> ValueError:
    return ValueError(f"{where} cannot be parsed")


def _set_in_code(name: str, value: str, /, *, utf8: bool) -> str:
    """Fold a value that never was; only a header's structure says which part of it may be encoded."""
    start = f"{name}: "
    limit = max(SHORT_LINE - len(start), 40)
    kind = type(value) if hasattr(value, "fold") else _HEADERS[name]
    is_text = issubclass(kind, UnstructuredHeader)
    if is_text and not utf8 and not value.isascii() and not _UNKNOWN.search(value):
        text = _with_words(str(value), limit)  # the standard library is slow with those
    elif issubclass(kind, AddressHeader) and not _UNKNOWN.search(value):
        text = _source_of(name, value)
        if not utf8 and not text.isascii():
            is_plain = hasattr(text, "fold") and len(text) <= LONGEST_LINE
            parts = [text] if is_plain else _addresses(_with_ascii_comments(text, limit))
            text = ", ".join([part if part.isascii() else _structured(name, part, limit) for part in parts])
    else:
        text = _structured(name, value, limit, utf8=utf8)
    if (_NO_WORDS.fullmatch(name) and _ENCODED_WORD.search(text)) or (not utf8 and _BEYOND_ASCII.search(text)):
        raise ValueError(f"the header {name} must be ASCII; a URL in it is to be percent-encoded")
    pieces = (_PIECE,) if is_text else (_QUOTED_PIECE, _PIECE)
    return "\r\n".join(_folded(start + text, SHORT_LINE if "=?" in text else GOOD_LINE, pieces))[len(start) :]


def _structured(name: str, value: str, limit: int, /, *, utf8: bool = False) -> str:
    """Write a value, or one address, on one line, as the standard library does it."""
    if not utf8 and not value.isascii() and len(value) > LONGEST_LINE:  # it takes up to the cube of the length
        raise ValueError(f"the header {name} holds more than {LONGEST_LINE} characters in one, some of them non-ASCII")
    header = _parse(name, value)
    if "=?" in value and hasattr(header, "addresses"):
        header = _parse(name, _source_of(name, header))
    if not utf8 and not all(address.addr_spec.isascii() for address in getattr(header, "addresses", ())):
        raise _beyond_ascii(name)
    text = _on_one_line(header, _ONE_LINE_UTF8 if utf8 else _ONE_LINE)
    if hasattr(header, "addresses") and _WORD_IN_DOMAIN.search(text):  # what the parser left out of the address
        raise _beyond_ascii(name)
    return _ENCODED_WORD.sub(lambda word: _short_words(word[0], limit), text)


def _parse(name: str, value: str, where: str = "", /) -> Any:  # noqa: ANN401 - the library makes classes as it goes
    if hasattr(value, "fold"):
        if all(isinstance(address, Address) for address in getattr(value, "addresses", ())):
            return value
        value = str(value)  # set to a list of str, of which the standard library reads none
    try:
        return _HEADERS(name, value)
    except (AttributeError, HeaderParseError, IndexError, RecursionError, TypeError):  # the parser's own mistakes
        raise _unparsable(where or f"the header {name}") from None


def _beyond_ascii(name: str, /) -> ValueError:
    return ValueError(f"an address in {name} is not ASCII: that needs policy.SMTPUTF8, and servers that support it")


def _on_one_line(header: Any, rules: EmailPolicy[Any], /) -> str:  # noqa: ANN401 - the same
    # What the parser left out of the text of the header is still in its tree; from Python 3.15 on, folding writes it.
    where = f"the header {header.name}"
    try:
        field: str = header.fold(policy=rules)
    except UnicodeEncodeError:
        raise ValueError(f"{where} holds a lone surrogate") from None
    except MessageError:  # pragma: no cover - from Python 3.15 on; earlier ones write an encoded word into the address
        raise _beyond_ascii(header.name) from None
    return _whole(where, field.partition(":")[2].removeprefix(" ").removesuffix("\r\n"))


def _source_of(name: str, value: str, /) -> str:
    """Return the addresses a header was set to, with their comments, if that means the same once more.

    The standard library writes a name that was an encoded word with a comma in it as two addresses. The header itself
    comes back if it has neither.
    """
    if not hasattr(value, "fold"):
        return value
    source, shown = _on_one_line(value, _ONE_LINE_UTF8), str(value)
    if source == shown:
        return value
    return source if _parse(name, source).groups == _parse(name, value).groups else shown


def _with_ascii_comments(text: str, limit: int, /) -> str:
    """Encode what is in comments; the standard library would lose their brackets."""
    written: list[str] = []
    position = 0
    for sign, start, end in _signs(text):
        if sign == "(" and not text[start:end].isascii():
            comment = ESCAPED.sub(r"\1", text[start + 1 : end].removesuffix(")"))
            written += [text[position:start], "(", _words(comment, limit), ")"]
            position = end
    return "".join([*written, text[position:]])


def _addresses(text: str, /) -> list[str]:
    """Take a list of addresses apart at its commas; a group (RFC 5322 section 3.4) stays whole."""
    parts: list[str] = []
    position = 0
    inside: set[str] = set()
    for sign, start, end in _signs(text):
        if sign == "," and not inside:
            parts.append(text[position:start].strip(" \t"))
            position = end
        elif sign in {"<", ":"}:
            inside.add(sign)
        elif sign in {">", ";"}:
            inside.discard("<" if sign == ">" else ":")
    return [*parts, text[position:].strip(" \t")]


def _signs(text: str, /) -> Iterator[tuple[str, int, int]]:
    """Return what matters to the structure of addresses, and where it is; a comment is one sign."""
    position = 0
    while sign := _SIGN.search(text, position):
        position = sign.end()
        if sign[0] == "(":
            depth = 1
            while depth and (inner := _SIGN_IN_COMMENT.search(text, position)):
                depth += {"(": 1, ")": -1}.get(inner[0], 0)
                position = inner.end()
            position = len(text) if depth else position
        yield sign[0], sign.start(), position


def _longest(lines: list[str], /) -> int:
    return max(map(_octets, lines))


def _octets(text: str, /) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def _folded(line: str, limit: int, ways: tuple[re.Pattern[str], ...], /) -> list[str]:
    """Break a line before blanks so that few of its pieces pass the limit; the field's name never stands alone.

    The last way to take it apart is for a line that stays too long with the others.
    """
    lines: list[str] = []
    for way in ways:
        pieces = way.findall(line)
        if len(pieces) > 1 and line[0] not in " \t":
            pieces[:2] = [pieces[0] + pieces[1]]
        lines = []
        parts: list[str] = []
        size = 0
        for piece in pieces:
            if parts and size + _octets(piece) > limit and not piece.isspace():
                lines.append("".join(parts))
                parts, size = [], 0
            parts.append(piece)
            size += _octets(piece)
        lines.append("".join(parts))
        if _longest(lines) <= LONGEST_LINE:
            break
    return lines


def _short_words(word: str, limit: int, /) -> str:
    """Write an encoded word that is over the limit as several, each of whole characters."""
    if len(word) <= limit:
        return word
    try:
        text = "".join(octets.decode(charset) for octets, charset in decode_header(word))
    except LookupError:  # bytes of an unknown charset
        return word
    return _words(text, limit)


def _with_words(text: str, limit: int, /) -> str:
    """Encode the words of a text that need it, those beside one another with the blanks between them."""
    written: list[str] = []
    encoded: list[str] = []  # with the blanks that may turn out to be between two
    for piece in _WORD_OR_BLANKS.findall(text):
        between = len(encoded) % 2 == 1 and piece[0] in " \t"
        if between or not piece.isascii() or _ENCODED_WORD.search(piece):
            encoded.append(piece)
        else:
            written += [_run(encoded, limit), piece]
            encoded = []
    return "".join([*written, _run(encoded, limit)])


def _run(encoded: list[str], limit: int, /) -> str:
    blanks = encoded.pop() if encoded and not len(encoded) % 2 else ""
    return _words("".join(encoded), limit) + blanks if encoded else ""


def _words(text: str, limit: int, /) -> str:
    """Write a text as encoded words, each of whole characters."""
    room = (limit - AROUND_WORD) // 4 * 3
    chunks = [b""]
    for char in text:
        octets = char.encode()
        if len(chunks[-1]) + len(octets) > room:
            chunks.append(b"")
        chunks[-1] += octets
    return " ".join(f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in chunks)
