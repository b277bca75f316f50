"""Encoded words (RFC 2047): non-ASCII text in the header of a message, decoded."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, a2b_qp
from typing import Final

from lmtrack._mime.charsets import codec_named

# Section 2; between two of them blanks do not count (section 6.2). RFC 2231 section 5 adds a language to the charset.
_WORD: Final = re.compile(r"=\?([^?*\s]++)(?:\*[^?\s]*+)?\?([bBqQ])\?([^?\s]*+)\?=")
_BETWEEN: Final = re.compile(r"(?<=\?=)[ \t\r\n]++(?==\?)")


def read_words(text: str, /) -> str:
    """Decode the encoded words of a text; in an unknown charset they are UTF-8 or Latin-1."""
    return _WORD.sub(_decoded, _BETWEEN.sub("", text)) if "=?" in text else text


def as_text(octets: bytes, /) -> str:
    """Read bytes of a header as they are: UTF-8 (RFC 6532), else Latin-1."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _decoded(word: re.Match[str], /) -> str:
    octets = word[3].encode("utf-8")
    try:
        octets = a2b_qp(octets, header=True) if word[2] in "qQ" else a2b_base64(octets + b"==")
    except Error:  # one letter too many
        return ""
    codec = codec_named(word[1].lower())
    try:
        return octets.decode(codec) if codec else as_text(octets)
    except UnicodeDecodeError:
        return as_text(octets)
