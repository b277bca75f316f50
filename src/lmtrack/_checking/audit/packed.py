"""Decide whether a text is HTML, or still in a transport encoding, in which no URL has its final form.

What a page shows as text is not unpacked: clients show it and load nothing. But a text in which nothing is a tag has to
be one that people can read. If signs in it stand for a tag, or a word is as long as no word is, it is not called clean.
"""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Final

from lmtrack._pattern import compile_pattern

# What a tag looks like when its attributes are written as a carrier writes them.
_ATTRIBUTE: Final = r"<[a-zA-Z][^<>]*[\t\n\f\r ][a-zA-Z:-]++"
_FILE: Final = compile_pattern(
    r"""
    ^ (?: begin(?:-base64)?+ [ ] [0-7]{3,4} [ ] [^\r\n]++ \r?\n (?: [ -`]{5,}+ | [A-Za-z0-9+/=]{20,}+ ) \r? $
        | =ybegin [ ] [a-z]++=
        | (?: M [ -`]{60} \r?\n ){2} )
    """,
    re.MULTILINE | re.VERBOSE,
)
_PACKED: Final = (
    (re.compile(rf"{_ATTRIBUTE}=(?:3D)+(?:[\"']|https?:)"), "HTML in quoted-printable"),
    (re.compile(rf"{_ATTRIBUTE}=\\++[\"']"), "HTML in JSON or a string of a program"),
    (re.compile(rf"{_ATTRIBUTE}=\"\"[^\"<>]++\"\""), "HTML in CSV"),
    # The signs of these are also those of tags. A line of uuencode begins with its length, and full ones with an M.
    (_FILE, "an encoded file"),
    (
        re.compile(r"^content-transfer-encoding[ \t]*+:[ \t]*+(?:base64|quoted)", re.MULTILINE | re.IGNORECASE),
        "a message",
    ),
)
_TAG: Final = re.compile(r"<[a-zA-Z][a-zA-Z0-9:-]*+[\t\n\f\r />]")
# Of XML that is not a page the tags say nothing: what it carries is escaped.
_ENVELOPE: Final = compile_pattern(
    r"[\ufeff\t\n\r ]*+<\?xml\b[^>]*+>(?:[\t\n\r ]|<!--(?:(?!-->)[\s\S])*+-->)*+<(?!html\b|svg\b)[a-z]", re.IGNORECASE
)

# In compressed bytes, whatever they are taken for, and in UTF-16, at least one sign in ten is one of these. ISO-2022
# and HZ shift with the others.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x10-\x1a\x1c-\x1f\x7f]")
_LOOKED_AT: Final = 4_096  # characters; our choice
_FEW: Final = 50  # one in fifty; our choice
_BINARY: Final = "something compressed, or in a different charset"
# In a text without tags not one: nor of those that decoders put in for what they could not read.
_UNREADABLE: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffd\ud800-\udfff]")

# A tag whose `<` is escaped: in JSON, JavaScript and CSS, RTF, URLs and quoted-printable, HTML and UTF-7.
_ESCAPED: Final = compile_pattern(
    r"(?: \\ (?: u00 | x | u\{ | ' | 0{0,4} ) 3c [ }]? | \\0?+74 | [%=](?:25)*+3c"
    r"  | &(?:amp;)*+ (?: lt | \#0*+60 | \#x0*+3c ) ;?+ | [+&]ADw-?+ ) /?+ [a-z!]",
    re.VERBOSE | re.IGNORECASE,
)
_URL: Final = re.compile(r"(?:https?://|www\.)[^\s<>\"']++", re.IGNORECASE)
_LONG_WORD: Final = re.compile(r"[!-~]{40,}+")  # our choice: a line of base64 has 60, 64 or 76
_MANY_SIGNS: Final = 10  # that are different: a line of dashes has one, hexadecimal digits nearly all
_BLANKS: Final = dict.fromkeys(map(ord, " \t\r\n"))
_BASE64: Final = compile_pattern(r"[A-Za-z0-9+/_-]{16,}+={0,2}")
_OTHER_BASE64: Final = str.maketrans("-_", "+/")  # RFC 4648 section 5


def packed_as(html: str, /) -> str | None:
    """Say as what a document is still packed; None if it is HTML, or a text that people can read. Linear."""
    head = html[:_LOOKED_AT]
    if len(_CONTROL.findall(head)) * _FEW > len(head):
        return _BINARY
    for pattern, what in _PACKED:
        if pattern.search(html):
            return what
    if _TAG.search(html):
        if not _ENVELOPE.match(html):
            return None
    elif _UNREADABLE.search(html) or _is_utf_16(html):
        return _BINARY
    if _ESCAPED.search(html):
        return "HTML whose tags are escaped"
    return "something encoded (base64, uuencode or the like)" if _is_encoded(html) else None


def _is_utf_16(text: str, /) -> bool:
    """Return whether the bytes of a tag were read in pairs, in the order of either kind of machine."""
    return _TAG.search(text.encode("utf-16-le", "surrogatepass").decode("latin-1").replace("\0", "")) is not None


def _is_encoded(text: str, /) -> bool:
    words = _LONG_WORD.findall(_URL.sub("", text))
    return any(len(set(word)) >= _MANY_SIGNS for word in words) or _is_base64(text)


def _is_base64(text: str, /) -> bool:
    """Return whether a text as a whole, however short its lines, is a tag in base64."""
    letters = text.translate(_BLANKS).translate(_OTHER_BASE64) if text.isascii() else ""
    if not _BASE64.fullmatch(letters):
        return False
    letters = letters.rstrip("=")
    return _TAG.search(b64decode(letters[: len(letters) // 4 * 4]).decode("latin-1")) is not None
