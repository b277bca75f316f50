"""Lines of a header field that is written for one recipient: folded where its kind allows it, and in encoded words.

No line is longer than RFC 5322 section 2.1.1 recommends where the value has a place to fold at.
"""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Final

from lmtrack._headers import LONGEST_LINE
from lmtrack._mime.fields import AROUND_WORD, GOOD_LINE, SHORT_LINE
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Sequence

_WORD_OCTETS: Final = 45  # of text in one encoded word: 60 letters of base64 and `=?utf-8?b??=` make 72 of 75
_LONGEST_CHARACTER: Final = 4  # of UTF-8
_LITERAL: Final = re.compile(r"(?! )[ -~]*+(?<! )")  # printable ASCII with no blank at an end
_ATOMS: Final = compile_pattern(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]++)*+")
_PRINTABLE: Final = re.compile(r"[ -~]++")
_TO_ESCAPE: Final = re.compile(r'["\\]')
_FOLD_AT: Final = re.compile(r"(?<=[^ ]) (?=[^ ])")
_BETWEEN_URLS: Final = re.compile(r"(?<=>),[ \t]*+(?=<)")


def mailbox_lines(name: str, address: str, column: int, /) -> str:
    """Write a display name and an address from a column on, folded between the two if they do not fit."""
    written = _phrase(name, column)
    if not written:
        return f"<{address}>"
    *before, last = written.split("\r\n")
    size = len(last) + len(f" <{address}>,") + (0 if before else column)
    fold = "\r\n" if size > _limit(last) else ""
    return f"{written}{fold} <{address}>"


def _limit(line: str, /) -> int:
    return SHORT_LINE if "=?" in line else GOOD_LINE


def _phrase(name: str, column: int, /) -> str:
    """Write a display name (RFC 5322 section 3.2.5): as it is, quoted, or in encoded words."""
    written = name
    if not _ATOMS.fullmatch(name):
        written = '"' + _TO_ESCAPE.sub(r"\\\g<0>", name) + '"'
    is_plain = _PRINTABLE.fullmatch(name) and "=?" not in name and "  " not in name and name == name.strip()
    if is_plain and len(written) <= LONGEST_LINE - GOOD_LINE:
        return written
    return "\r\n ".join(_encoded_words(name, column)) if name else ""


def text_lines(name: str, value: str, /) -> list[str]:
    """Fold a text at its blanks, or write it in encoded words."""
    if _LITERAL.fullmatch(value) and "=?" not in value:
        lines = folded(name, value)
        if max(map(len, lines)) <= LONGEST_LINE - GOOD_LINE:
            return lines
    return "\r\n ".join(_encoded_words(value, len(name) + 2)).split("\r\n")


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
    """Fold a list at its commas; a member may have line ends of its own."""
    lines: list[str] = []
    for number, member in enumerate(members):
        first, *rest = (member if number == len(members) - 1 else f"{member},").split("\r\n")
        line = f"{lines[-1]} {first}" if lines else first
        column = len(name) + 2 if len(lines) <= 1 else 0
        if lines and column + len(line) > _limit(line):
            lines.append(f" {first}")
        else:
            lines[-1:] = [line]
        lines += rest
    return lines


def _encoded_words(text: str, column: int, /) -> list[str]:
    """Write a text in encoded words (RFC 2047 section 2) from a column on, cut between characters."""
    room = min(max((SHORT_LINE - column - AROUND_WORD) // 4 * 3, _LONGEST_CHARACTER), _WORD_OCTETS)
    whole = text.encode()
    if len(whole) <= room:
        return [_encoded_word(whole)]
    words = [b""]
    for char in text:
        octets = char.encode()
        if len(words[-1]) + len(octets) > room:
            words.append(b"")
            room = _WORD_OCTETS
        words[-1] += octets
    return list(map(_encoded_word, words))


def _encoded_word(octets: bytes, /) -> str:
    return f"=?utf-8?b?{b64encode(octets).decode()}?="
