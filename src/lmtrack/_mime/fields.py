"""Write the header fields of a message object so that every reader sees the value that was given.

What was parsed keeps its octets, folding included. What was set in code becomes one line first and is then folded here,
at blanks and nowhere else: unfolding (RFC 5322 section 2.2.3) gives that line back, and no address, URL or id is ever
hidden in an encoded word, as the standard library does to those of 78 characters and more (cpython issue 85725).
"""

from __future__ import annotations

import re
from base64 import b64encode
from email.errors import HeaderParseError
from email.header import Header, decode_header
from email.headerregistry import HeaderRegistry, UnstructuredHeader
from email.policy import EmailPolicy
from typing import Final

from lmtrack._pattern import compile_pattern

# RFC 5322 section 2.1.1: what a line should be at most, and what it must be, without its CRLF.
GOOD_LINE: Final = 78
LONGEST_LINE: Final = 998

LINE_END: Final = re.compile(r"\r\n|\r|\n")

# Beside octets of a raw message, which the parser keeps as lone surrogates.
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f\udc80-\udcff]")

_HEADERS: Final = HeaderRegistry()
# Octets of a charset that nobody knows, kept or lost.
_UNKNOWN: Final = re.compile(r"[\ud800-\udfff\ufffd]")
# A lone surrogate that stands for no octet.
_HALF: Final = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")
_WORD_OR_BLANKS: Final = re.compile(r"[ \t]++|[^ \t]++")

_NAME: Final = re.compile(r"[!-9;-~]++")  # RFC 5322 section 3.6.8
_ONE_FIELD: Final = compile_pattern(r"(?: [^\r\n\x00]++ | \r\n (?=[ \t]) )*+", re.VERBOSE)

# Pieces to put a line end between: with quoted strings whole, since some readers keep a line end inside; else at each
# blank. Quotes are kept together to their end, found or not, so each is read once.
_QUOTED_PIECE: Final = compile_pattern(
    r"""[ \t]*+ (?: [^ \t"]++ | " (?: [^"\\]++ | \\. )*+ (?: " | \\?+ \Z ) )++ | [ \t]++""", re.VERBOSE | re.DOTALL
)
_PIECE: Final = re.compile(r"[ \t]*+[^ \t]++|[ \t]++")

# One line, whatever its length: the standard library then breaks nothing and encodes only what is not ASCII.
_ONE_LINE: Final = EmailPolicy(linesep="\r\n", max_line_length=None)
_ONE_LINE_UTF8: Final = EmailPolicy(linesep="\r\n", max_line_length=None, utf8=True)

# RFC 2047 section 2: a line with an encoded word has 76 characters at most.
_ENCODED_WORD: Final = re.compile(r"=\?[^?\s]++\?[bBqQ]\?[^?\s]*+\?=")
_SHORT_LINE: Final = 76
_AROUND: Final = len("=?utf-8?b??=")

# RFC 2047 section 5 allows encoded words in texts, comments and phrases; these have none (RFC 2369, 8058, 5322).
_NO_WORDS: Final = re.compile(
    r"list-(?:unsubscribe(?:-post)?|help|subscribe|post|owner|archive)|message-id|references|in-reply-to", re.IGNORECASE
)


def write_field(name: str, value: object, /, *, utf8: bool) -> bytes:
    """Write one field with its CRLF; letters beyond ASCII as UTF-8 where the message's policy says so.

    Raises:
        TypeError: The value is no str and no header of the standard library.
        ValueError: The name is none; the value holds NUL or a line end with no blank behind it; something needs more
            than 998 octets without a blank, or letters beyond ASCII where only ASCII can stand.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("a header's name may hold printable ASCII without blanks and colons")
    if isinstance(value, Header):
        # What it knows of charsets is of no interest, but of octets nobody knows (U+FFFD) it has the only copy.
        shown = _one_field(name, str(value))
        value = value.encode(maxlinelen=0) if "\ufffd" in shown else shown
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
            raise ValueError(f"the header {name} holds more than {LONGEST_LINE} octets without a blank")
    return "".join(line + "\r\n" for line in lines).encode("utf-8", "surrogateescape")


def _one_field(name: str, text: str, /) -> str:
    text = LINE_END.sub("\r\n", text)
    if not _ONE_FIELD.fullmatch(text):
        raise ValueError(f"the header {name} holds NUL, or a line end that would begin another header")
    if _HALF.search(text):
        raise ValueError(f"the header {name} holds half a character")
    return text


def _set_in_code(name: str, value: str, /, *, utf8: bool) -> str:
    """Fold a value that never was; only a header's structure says which part of it may be encoded."""
    start = f"{name}: "
    limit = max(_SHORT_LINE - len(start), 40)
    header = value if hasattr(value, "fold") else None
    is_text = issubclass(_HEADERS[name] if header is None else type(header), UnstructuredHeader)
    if is_text and not utf8 and not value.isascii() and not _UNKNOWN.search(value):
        text = _with_words(str(value), limit)  # the standard library is slow with those
    else:
        header = _structured(name, value) if header is None else header
        if not utf8 and not all(address.addr_spec.isascii() for address in getattr(header, "addresses", ())):
            raise ValueError(f"an address in {name} is not ASCII: that takes policy.SMTPUTF8, and servers that know it")
        field: str = header.fold(policy=_ONE_LINE_UTF8 if utf8 else _ONE_LINE)
        text = field.partition(":")[2].removeprefix(" ").removesuffix("\r\n")
        text = _ENCODED_WORD.sub(lambda word: _short_words(word[0], limit), text)
    if _NO_WORDS.fullmatch(name) and _ENCODED_WORD.search(text):
        raise ValueError(f"the header {name} must be ASCII; a URL in it is to be percent-encoded")
    pieces = (_PIECE,) if is_text else (_QUOTED_PIECE, _PIECE)
    return "\r\n".join(_folded(start + text, _SHORT_LINE if "=?" in text else GOOD_LINE, pieces))[len(start) :]


def _structured(name: str, value: str, /) -> str:
    try:
        header: str = _HEADERS(name, value)
    except (AttributeError, HeaderParseError, IndexError, RecursionError):  # the parser's own mistakes
        raise ValueError(f"the header {name} makes no sense to a parser") from None
    return header


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
    except LookupError:  # octets of a charset that nobody knows
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
    room = (limit - _AROUND) // 4 * 3
    chunks = [b""]
    for char in text:
        octets = char.encode()
        if len(chunks[-1]) + len(octets) > room:
            chunks.append(b"")
        chunks[-1] += octets
    return " ".join(f"=?utf-8?b?{b64encode(chunk).decode()}?=" for chunk in chunks)
