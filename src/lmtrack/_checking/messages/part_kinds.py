"""What a part may be shown as, by what it says it is: its type, its file names, its ids.

A table of types with the reason for each. A part whose header programs read differently, or that is only told by its
name, is read in every way it may be taken for. What a reader has to open as a file first (documents, archives) cannot
load with the message and is not looked into.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from lmtrack._checking.finding import FindingKind
from lmtrack._headers import iter_fields
from lmtrack._mime.charsets import read_words
from lmtrack._mime.part_headers import read_field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmtrack._checking.messages.entities import Entity


class Form(Enum):
    """How a content is looked at."""

    PAGE = auto()
    XML = auto()  # a page that may have entities and style sheets of its own
    STYLE = auto()
    CALENDAR = auto()  # and vCards, which are folded and escaped alike
    TEXT = auto()


_FORMS: Final = {
    "text/html": Form.PAGE,
    "application/xhtml+xml": Form.XML,
    "application/vnd.wap.xhtml+xml": Form.XML,
    "text/x-amp-html": Form.PAGE,  # AMP for Email: Gmail, Yahoo and Mail.ru show it before any other
    "image/svg+xml": Form.XML,  # loads what it names where a client shows it as a page
    "text/xml": Form.XML,  # XHTML and SVG under a plainer name
    "application/xml": Form.XML,
    "text/css": Form.STYLE,
    "text/calendar": Form.CALENDAR,
    "text/x-vcalendar": Form.CALENDAR,
    "application/ics": Form.CALENDAR,
    "text/vcard": Form.CALENDAR,
    "text/x-vcard": Form.CALENDAR,
    "text/directory": Form.CALENDAR,  # the older name of vCards (RFC 2425)
}
# Names of pages that nobody registered: `text/x-html`, `application/html`, `image/svg`, `text/vnd.wap.wml`.
_PAGE_TYPE: Final = re.compile(r"(?:.*[/.+-])?(?:x?html?|svg|wml)(?:[.+-].*)?\Z")
# Programs that open a file by its name show these without being asked (Thunderbird does for octet-stream).
_PAGE_NAME: Final = re.compile(r"\.(?:[sx]?html?|xht|svg)[\s.]*+\Z", re.IGNORECASE)
_STYLE_NAME: Final = re.compile(r"\.css[\s.]*+\Z", re.IGNORECASE)
_CALENDAR_NAME: Final = re.compile(r"\.(?:ics|ifb|vcs|vcf)[\s.]*+\Z", re.IGNORECASE)
_MESSAGE_NAME: Final = re.compile(r"\.(?:eml|mht|mhtml)[\s.]*+\Z", re.IGNORECASE)
_ARCHIVE: Final = "application/x-mimearchive"
_SHEET: Final = re.compile(r"<\?xml-stylesheet(?=[ \t\r\n])")
_OCTETS: Final = "application/octet-stream"

FOLD: Final = re.compile(r"\r*\n[ \t]")  # RFC 5545 section 3.1
SOFT_BREAK: Final = re.compile(r" \r*\n")  # RFC 3676 section 4.2

_CLOSED: Final = {
    "application/pgp-encrypted": "it is encrypted (PGP)",
    "application/pgp": "it is encrypted or signed in one piece (PGP)",
    "application/x-microsoft-rpmsg-message": "it is encrypted (rights management)",
}
_SMIME: Final = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_SMIME_NAME: Final = re.compile(r"\.p7[mz][\s.]*+\Z", re.IGNORECASE)
_SMIME_READABLE: Final = frozenset(("signed-data", "compressed-data"))
_SMIME_CERTIFICATES: Final = "certs-only"
# RFC 5652 in one piece, and Exchange's own: what they hold is shown like any other body, and is not taken apart here.
_TNEF: Final = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
_TNEF_NAME: Final = re.compile(r"winmail\.dat[\s.]*+\Z", re.IGNORECASE)
# RFC 5652 sections 3 and 5.1, RFC 8551 section 3.8: signed data without signers, and so without a content to show.
_ONLY_CERTIFICATES: Final = re.compile(
    rb"""
    0 (?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....) \x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02
    \xa0 (?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....) 0 (?:[\x00-\x80]|\x81.|\x82..|\x83...|\x84....) \x02\x01.
    1 (?:\x00|\x80\x00\x00)
    0 (?:\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01|\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\x00\x00)
    [\xa0\xa1]
    """,
    re.DOTALL | re.VERBOSE,
)


def as_html(xml: str, /) -> str:
    """Write down as HTML what XML says ahead of the document: the style sheets it names, in a comment to HTML."""
    return _SHEET.sub("<link rel=stylesheet ", xml)


class PartKind:
    """What is known of a part before it is read.

    Attributes:
        content_type: Lower case.
        names: The file names it goes by, decoded in each way that programs do.
        parameters: Those of its type.
    """

    __slots__ = ("_part", "content_type", "names", "parameters")

    def __init__(self, part: Entity, /) -> None:
        self._part = part
        self.content_type = part.headers.content_type
        self.names: list[str] = []
        self.parameters: dict[str, str] = {}
        for field in iter_fields(part.block):
            if (name := field.name.lower()) in {"content-type", "content-disposition"}:
                found = read_field(field.value.strip(" \t\r\n:")).parameters
                written = [found[key] for key in ("name", "filename") if key in found]
                self.names += [*written, *(read_words(one) for one in written if "=?" in one)]
                if name == "content-type":
                    self.parameters = found | self.parameters

    def _is_named(self, names: re.Pattern[str], /) -> bool:
        return any(map(names.search, self.names))

    def is_message_file(self) -> bool:
        """Return whether it is a file that some programs show as an enclosed message."""
        is_file = self.content_type.startswith("application/")
        return self.content_type == _ARCHIVE or (is_file and self._is_named(_MESSAGE_NAME))

    def forms(self, octets: Sequence[bytes], /) -> tuple[Form, ...]:
        """Say how the part may be looked at; in its bytes, what can be no text is told by its NULs."""
        kind = self.content_type
        if not self._part.headers.clear:
            return (Form.PAGE, Form.TEXT)
        if kind in _FORMS:
            return (_FORMS[kind],)
        main = kind.partition("/")[0]
        found = [Form.TEXT] if main in {"text", "message", "multipart"} else []
        if main == "multipart" or _PAGE_TYPE.match(kind) or self._is_named(_PAGE_NAME):
            found.append(Form.PAGE)
        if self._is_named(_CALENDAR_NAME):
            found.append(Form.CALENDAR)
        # A page may name it as its style sheet; without a doctype the type of that does not matter.
        is_named_by_pages = self._part.headers.content_id or b"content-location" in self._part.block.lower()
        as_style = is_named_by_pages and (main == "text" or (kind == _OCTETS and not any(b"\0" in o for o in octets)))
        if as_style or self._is_named(_STYLE_NAME):
            found.append(Form.STYLE)
        if as_style and kind == _OCTETS:  # or as the page of a frame
            found.append(Form.PAGE)
        return tuple(found)

    def closed(self, octets: bytes, /) -> tuple[FindingKind, str] | None:
        """Say why a part cannot be read at all; None if it can."""
        kind = self.content_type
        if kind in _CLOSED:
            return FindingKind.ENCRYPTED, _CLOSED[kind]
        if kind in _SMIME or self._is_named(_SMIME_NAME):
            smime = self.parameters.get("smime-type", "").lower()
            if smime == _SMIME_CERTIFICATES and _ONLY_CERTIFICATES.match(octets):
                return None
            if smime in _SMIME_READABLE or smime == _SMIME_CERTIFICATES:
                return FindingKind.UNDECODABLE, "it is packed in one piece (S/MIME) and was not unpacked"
            return FindingKind.ENCRYPTED, "it is encrypted (S/MIME)"
        if kind in _TNEF or self._is_named(_TNEF_NAME):
            return FindingKind.UNDECODABLE, "it may hold the body that Outlook shows (TNEF), and was not unpacked"
        return None
