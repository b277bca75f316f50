"""Character references in attribute values, both ways.

Attribute rules differ from text rules, so `html.unescape` is wrong here: in `?a=1&copy=2` the standard keeps `&copy`
because `=` follows. Source: WHATWG HTML 13.2.5.72 to 13.2.5.80; the table of names is the standard library's.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import Final

_REFERENCE: Final = re.compile(
    r"""
    & (?: \# (?: [xX](?P<hex>[0-9a-fA-F]++) | (?P<dec>[0-9]++) ) ;?+
        | (?P<name>[a-zA-Z][a-zA-Z0-9]*+) (?P<end> ; | (?!=) )
      )
    """,
    re.VERBOSE,
)

# 13.2.5.80: C1 controls written by number mean what windows-1252 has there. The five bytes it leaves free stay.
_C1: Final = {
    0x80: "\u20ac", 0x82: "\u201a", 0x83: "\u0192", 0x84: "\u201e", 0x85: "\u2026", 0x86: "\u2020", 0x87: "\u2021",
    0x88: "\u02c6", 0x89: "\u2030", 0x8A: "\u0160", 0x8B: "\u2039", 0x8C: "\u0152", 0x8E: "\u017d", 0x91: "\u2018",
    0x92: "\u2019", 0x93: "\u201c", 0x94: "\u201d", 0x95: "\u2022", 0x96: "\u2013", 0x97: "\u2014", 0x98: "\u02dc",
    0x99: "\u2122", 0x9A: "\u0161", 0x9B: "\u203a", 0x9C: "\u0153", 0x9E: "\u017e", 0x9F: "\u0178",
}  # fmt: skip
_REPLACEMENT: Final = "\ufffd"


def decode_attribute(value: str, /) -> str:
    """Decode an attribute value as written in the source (without its quotes)."""
    if "&" in value or "\r" in value or "\0" in value:
        value = value.replace("\0", _REPLACEMENT).replace("\r\n", "\n").replace("\r", "\n")
        if value.count("&") == value.count("&amp;"):  # the usual case, 5x as fast
            return value.replace("&amp;", "&")
        value = _REFERENCE.sub(_decode_reference, value)
    return value


def _decode_reference(match: re.Match[str], /) -> str:
    if name := match["name"]:
        # Without `;` only the names of HTML 4 count, and not before `=`. A shorter name inside this run of letters and
        # digits would be followed by one of them, and then the standard keeps it as text too.
        return html5.get(name + match["end"], match[0])
    digits, base = (match["hex"], 16) if match["hex"] else (match["dec"], 10)
    digits = digits.lstrip("0")
    if not 1 <= len(digits) <= 7:  # nothing over 0x10FFFF has fewer than 7 decimal digits; int() of 1 MB is slow
        return _REPLACEMENT
    code = int(digits, base)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return _REPLACEMENT
    return _C1.get(code) or chr(code)


# "Attribute value (unquoted) state": these end the value or are parse errors in it.
_NEEDS_QUOTES: Final = re.compile(r"""[\t\n\f\r "'<=>`]""")


def encode_attribute(value: str, quote: str, /) -> str:
    """Write a value where one was in `quote` (`"`, `'` or nothing); a bare one gets quotes only if it needs them."""
    if "&" in value:
        value = value.replace("&", "&amp;")
    if quote == '"':
        return value.replace('"', "&quot;") if '"' in value else value
    if quote == "'":
        return value.replace("'", "&#39;") if "'" in value else value
    if value and not _NEEDS_QUOTES.search(value):
        return value
    return '"' + value.replace('"', "&quot;") + '"'


def encode_in_comment(value: str, quote: str, /) -> str:
    """Write a value inside a conditional comment, where `-->` would end the comment, quotes or not."""
    return encode_attribute(value, quote).replace(">", "&gt;")
