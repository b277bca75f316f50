"""Edits on the header fields of a part whose body is written in another encoding or charset."""

from __future__ import annotations

import re
from typing import Final

from lmtrack._headers import find_body, iter_fields
from lmtrack._mime.raw_edit import RawEdit

# A charset as a parameter of Content-Type; that readers agree about the field is known.
_CHARSET: Final = re.compile(
    rb"""(;[ \t\r\n]*+charset(?:\*[0-9]*+\*?+)?[ \t\r\n]*+=[ \t\r\n]*+)("[^"]*+"|[^; \t\r\n()]++)""", re.IGNORECASE
)


def has_field(block: bytes, name: str, /) -> bool:
    """Return whether a header has a field of this name."""
    return any(field.name.lower() == name.lower() for field in iter_fields(block))


def set_field(block: bytes, name: str, value: bytes, eol: bytes, /) -> RawEdit:
    """Return a field another value; one that is not there is written behind the others."""
    line = name.encode("ascii") + b": " + value + eol
    for field in iter_fields(block):
        if field.name.lower() == name.lower():
            return RawEdit(field.start, block[field.start : field.end], line)
    return RawEdit(find_body(block)[0], b"", line)


def set_charset(block: bytes, eol: bytes, /) -> RawEdit:
    """Have Content-Type say UTF-8."""
    for field in iter_fields(block):
        if field.name.lower() == "content-type":
            old = block[field.start : field.end]
            if _CHARSET.search(old):
                return RawEdit(field.start, old, _CHARSET.sub(rb"\1utf-8", old, count=1))
            end = len(old.rstrip(b" \t\r\n;"))
            return RawEdit(field.start, old, old[:end] + b"; charset=utf-8" + old[end:].lstrip(b" \t;"))
    return set_field(block, "Content-Type", b"text/plain; charset=utf-8", eol)
