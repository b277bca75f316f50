"""Lines of a header field that is written for one recipient: folded where its kind allows it, and in encoded words.

No line is longer than RFC 5322 section 2.1.1 recommends where the value has a place to fold at.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Final

from lmtrack._mime.fields import GOOD_LINE, LONGEST_LINE
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORD_OCTETS: Final = 45  # of text in one encoded word: 60 letters of base64 and `=?utf-8?b??=` make 72 of 75
_LITERAL: Final = re.compile(r"(?! )[ -~]*+(?<! )")  # printable ASCII with no blank at an end
_ATOMS: Final = compile_pattern(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++)*+")
_PRINTABLE: Final = re.compile(r"[ -~]++")
_TO_ESCAPE: Final = re.compile(r'["\\]')
_FOLD_AT: Final = re.compile(r"(?<=[^ ]) (?=[^ ])")
_BETWEEN_URLS: Final = re.compile(r"(?<=>),[ \t]*+(?=<)")


def phrase(name: str, /) -> str:
    """Write a display name (RFC 5322 section 3.2.5): as it is, quoted, or in encoded words."""
    if _ATOMS.fullmatch(name) and "=?" not in name:
        return name
    if _PRINTABLE.fullmatch(name) and "=?" not in name and "  " not in name and name == name.strip():
        return '"' + _TO_ESCAPE.sub(r"\\\g<0>", name) + '"'
    return "\r\n ".join(_encoded_words(name)) if name else ""


def text_lines(name: str, value: str, /) -> list[str]:
    """Fold a text at its blanks, or write it in encoded words."""
    if not _LITERAL.fullmatch(value) or "=?" in value:
        return "\r\n ".join(_encoded_words(value)).split("\r\n")
    lines = folded(name, value)
    if max(map(len, lines)) > LONGEST_LINE - GOOD_LINE:
        return "\r\n ".join(_encoded_words(value)).split("\r\n")
    return lines


def folded(name: str, value: str, /) -> list[str]:
    """Fold a value at its blanks (RFC 5322 section 2.2.3)."""
    lines: list[str] = []
    column, start = len(name) + 2, 0
    while len(value) - start + column > GOOD_LINE:
        breaks = [hit.start() for hit in _FOLD_AT.finditer(value, start + 1, start + max(GOOD_LINE - column, 2))]
        later = None if breaks else _FOLD_AT.search(value, start + 1)
        at = breaks[-1] if breaks else later.start() if later else -1
        if at < 0:
            break
        lines.append(value[start:at])
        column, start = 0, at
    return [*lines, value[start:]]


def url_lines(name: str, value: str, /) -> list[str]:
    """Fold a list of URLs between two (RFC 2369 section 2); blanks inside of one would be lost."""
    if len(name) + 2 + len(value) <= GOOD_LINE:
        return [value]
    return list_lines(name, _BETWEEN_URLS.split(value))


def list_lines(name: str, members: Sequence[str], /) -> list[str]:
    """Fold a list of addresses at its commas."""
    lines: list[str] = []
    column = len(name) + 2
    for number, member in enumerate(members):
        written = member if number == len(members) - 1 else f"{member},"
        first = written.split("\r\n", 1)[0]
        if number and column + 1 + len(first) > GOOD_LINE:
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
