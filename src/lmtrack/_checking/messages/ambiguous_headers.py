"""Header fields of a part that are one thing to the standard and another to some program.

`lmtrack._mime.part_headers` takes a field apart as the standard has it and says where it breaks it. Here stands what
keeps to the letter, or nearly, and has been seen to be read in two ways: letters that no media type may hold, which
some programs cut off, and boundaries that some unquote, decode, join or cut short.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lmtrack._headers import iter_fields

if TYPE_CHECKING:
    from lmtrack._mime.part_headers import PartHeaders

# RFC 2045 section 5.1, in lower case. C programs end a type at NUL, Python strips other white space than the standard.
_MEDIA_TYPE: Final = re.compile(r"[!#-'*+\-.0-9^-~]++/[!#-'*+\-.0-9^-~]++")
# RFC 2046 section 5.1.1 has at most 70 of fewer signs; `<b>` and `'b'` are what is left of quotes to some.
_BOUNDARY: Final = re.compile(rb"(?!')[ !#-;=?-\[\]-~]{1,70}")
_ENCODED_WORD: Final = re.compile(rb"=\?[^?]++\?[bBqQ]\?[^?]*+\?=")
# A backslash or a fold inside its quotes; RFC 2231's ways to write it, which few know for this parameter.
_WRITTEN: Final = re.compile(
    r"""boundary (?: \*[0-9*]*+[ \t\r\n]*+= | [ \t\r\n]*+=[ \t\r\n]*+"[^"\\\r\n]*+[\\\r\n] )""",
    re.IGNORECASE | re.VERBOSE,
)


def is_odd_type(headers: PartHeaders, /) -> bool:
    """Return whether its type holds what no type may hold, and what some programs cut off."""
    return _MEDIA_TYPE.fullmatch(headers.content_type) is None


def is_odd_boundary(headers: PartHeaders, block: bytes, /) -> bool:
    """Return whether programs may look for other lines than its boundary names."""
    if not _BOUNDARY.fullmatch(headers.boundary) or _ENCODED_WORD.search(headers.boundary):
        return True
    return any(field.name.lower() == "content-type" and _WRITTEN.search(field.value) for field in iter_fields(block))
