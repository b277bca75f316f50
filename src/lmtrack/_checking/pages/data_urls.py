"""Documents and style sheets that are in a `data:` URL, in every reading that a program may have of them.

Source: WHATWG Fetch, section 6 "data: URLs"; WHATWG MIME Sniffing, section 4.6 (what is XML). An XML document is read
as it is and once more as an HTML reader would have to see it to find the same: without prefixes and CDATA marks,
its style sheet as a `link`, and no element's content taken for text.
"""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from lmtrack._checking.messages.charset import read_characters
from lmtrack._checking.pages.lxml_reader import without_raw_text
from lmtrack._checking.pages.own_reader import CDATA
from lmtrack._url.reader import DROPPED

if TYPE_CHECKING:
    from collections.abc import Iterable

_DATA: Final = re.compile(r"[\x00-\x20]*+data:([^,]*+),", re.IGNORECASE)
# Told apart first: most URLs are not one, and few of those that are hold a document.
_IS_DATA: Final = re.compile(r"[\x00-\x20]*+d[\t\n\r]*+a[\t\n\r]*+t[\t\n\r]*+a[\t\n\r]*+:", re.IGNORECASE)
_BASE64: Final = re.compile(r";[ ]*+base64[ ]*+\Z", re.IGNORECASE)
_CHARSET: Final = re.compile(r";[ ]*+charset[ ]*+=[ ]*+[\"']?+([^;\"']++)", re.IGNORECASE)
_PICTURES: Final = ("image/png", "image/gif", "image/jpeg", "image/webp")
_HEAD: Final = 200
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/]++")

# Only an XML reader knows what these stand for.
_DECLARES: Final = re.compile(r"<!(?:ENTITY|ATTLIST)\b", re.IGNORECASE)
_STYLE_SHEET: Final = re.compile(r"<\?xml-stylesheet\b", re.IGNORECASE)
_PREFIX: Final = re.compile(r"<(/?+)[^\s<>/:!?]++:(?=\w)")

_UNREAD: Final = "a data: document cannot be decoded"
_DECLARED: Final = "a data: document declares what only an XML reader could put in"


class Content(NamedTuple):
    """What is in a `data:` URL: style sheets, documents, and why something may have been missed."""

    sheets: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()


_NOTHING: Final = Content()


def read_data_url(url: str, /, *, as_sheet: bool = False) -> Content:
    """Read a URL; nothing is found if it is no `data:` URL, or a picture or text.

    With `as_sheet` it is a style sheet whatever type it names: in quirks mode some browsers ask for none.
    """
    if not _IS_DATA.match(url):
        return _NOTHING
    # Most are pictures, and large.
    opening = _DATA.match(url[:_HEAD].translate(DROPPED))
    if opening is None or not opening[1].lower().startswith(_PICTURES):
        url = url.translate(DROPPED)
        opening = _DATA.match(url)
    kind = opening[1].strip().lower() if opening else ""
    is_sheet, is_xml = as_sheet or kind.startswith("text/css"), "xml" in kind.partition(";")[0]
    if opening is None or not (is_sheet or is_xml or kind.startswith("text/html")):
        return _NOTHING
    octets = unquote_to_bytes(url[opening.end() :].encode("utf-8", "replace"))
    if _BASE64.search(kind):
        octets = _NOT_BASE64.sub(b"", octets)
        try:
            octets = b64decode(octets + b"=" * (-len(octets) % 4))
        except Base64Error:
            return Content(limits=(_UNREAD,))
    label = _CHARSET.search(kind)
    characters = read_characters(octets, label[1].strip() if label else None)
    limits = tuple(problem.why for problem in characters.problems)
    if is_sheet:
        return Content(sheets=characters.readings, limits=limits)
    if not is_xml:
        return Content(documents=characters.readings, limits=limits)
    if any(map(_DECLARES.search, characters.readings)):
        limits += (_DECLARED,)
    return Content(documents=tuple(_as_html(characters.readings)), limits=limits)


def _as_html(readings: Iterable[str], /) -> dict[str, None]:
    found: dict[str, None] = {}
    for text in readings:
        plain = _PREFIX.sub(r"<\1", CDATA.sub("", text))
        plain = _STYLE_SHEET.sub("<link rel=stylesheet", plain)
        found |= dict.fromkeys((text, plain, without_raw_text(plain)))
    return found
