"""What the schema.org annotations of a page load or lead to.

A mail program that knows them shows their pictures and buttons in its list of messages, before anyone opens one.
Sources: Google's "Email markup" and "Annotate emails in the Promotions tab" (read in December 2026); JSON-LD 1.1;
WHATWG HTML, "Microdata".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._html.grammar import WHITESPACE, ascii_lower
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

# Properties of schema.org whose URL is that of a picture.
_PICTURES: Final = frozenset(
    ("image", "logo", "photo", "thumbnail", "thumbnailurl", "contenturl", "primaryimageofpage")
)
_KEYWORD: Final = re.compile(r'"@(?:context|graph|type)"')
# A string of JSON, and whether it is a name; one that never ends takes the rest with it.
_STRING: Final = compile_pattern(r'"((?:[^"\\]|\\.)*+)"?+([ \t\r\n]*+:?)', re.DOTALL)
_ABSOLUTE: Final = re.compile(r"https?://", re.IGNORECASE)
_ESCAPE: Final = re.compile(r"\\(?:u00([0-7][0-9A-Fa-f])|x([0-7][0-9A-Fa-f]))")


class Annotation(NamedTuple):
    """A URL in an annotation: where it begins, and whether it is a picture's; any other waits for a click."""

    offset: int
    url: str
    is_picture: bool


def is_json_ld(script: str, /) -> bool:
    """Return whether a script is an annotation, whatever its type says."""
    return _KEYWORD.search(script) is not None


def read_json_ld(script: str, /) -> Iterator[Annotation]:
    """Find the URLs of an annotation. Never fails: what is not JSON has strings all the same."""
    name, within = "", False  # whether a picture is an object whose `url` has not come yet
    for found in _STRING.finditer(script):
        value = unescaped(found[1])
        if found[2].endswith(":"):
            name = value.lower()
            within = within or name in _PICTURES
            continue
        is_picture = name in _PICTURES or (within and name == "url")
        within = within and not is_picture
        if is_url(value):
            yield Annotation(found.start(1), value, is_picture)


def is_url(value: str, /) -> bool:
    """Return whether a value is a URL; names and texts are not relative ones."""
    return _ABSOLUTE.match(value.strip(WHITESPACE)) is not None


def names_picture(properties: str, /) -> bool:
    """Return whether one of the properties of an `itemprop` is a picture."""
    return not _PICTURES.isdisjoint(ascii_lower(properties).split())


def unescaped(script: str, /) -> str:
    """Undo what JSON and scripts may write in a URL: a slash with a backslash before it, characters by number."""
    return _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), script.replace("\\/", "/"))
