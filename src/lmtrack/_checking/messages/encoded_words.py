"""Encoded words (RFC 2047) in the name of a file, where none belongs and many programs read them all the same."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, a2b_qp
from typing import Final

_WORD: Final = re.compile(r"=\?[^?\s]++\?([bBqQ])\?([^?]*+)\?=")
_BETWEEN: Final = re.compile(r"(?<=\?=)[ \t\r\n]++(?==\?)")


def read_words(text: str, /) -> str:
    """Read encoded words; their charset does not matter to the end of a name, which is ASCII in each."""
    return _WORD.sub(_read, _BETWEEN.sub("", text))


def _read(word: re.Match[str], /) -> str:
    octets = word[2].encode("latin-1", "replace")
    try:
        return (a2b_qp(octets, header=True) if word[1] in "qQ" else a2b_base64(octets + b"==")).decode("latin-1")
    except Error:  # one letter too many
        return ""
