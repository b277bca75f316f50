"""What one part of a message may show, by what it says it is: which of its readings are pages, texts, or closed to us.

A table of types with the reason for each. A part whose header programs read differently, or that is only told by its
name, is read in every way it may be taken for. What a reader has to open as a file first (documents, archives) cannot
load with the mail and is not looked into.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from html import escape
from typing import TYPE_CHECKING, Final

from lmtrack._audit.address import remote_url
from lmtrack._audit.charset import read_characters
from lmtrack._audit.entities import place_of
from lmtrack._audit.finding import Finding, FindingKind
from lmtrack._audit.page import audit_page, audit_text
from lmtrack._audit.transfer import read_octets
from lmtrack._headers import iter_fields, unfold
from lmtrack._mime.parameters import read_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack._audit.entities import Entity
    from lmtrack._audit.watch import Watch


class _Form(Enum):
    """How a content is looked at."""

    PAGE = auto()
    STYLE = auto()
    CALENDAR = auto()
    TEXT = auto()


_FORMS: Final = {
    "text/html": _Form.PAGE,
    "application/xhtml+xml": _Form.PAGE,
    "application/vnd.wap.xhtml+xml": _Form.PAGE,
    "text/x-amp-html": _Form.PAGE,  # AMP for Email: Gmail, Yahoo and Mail.ru show it before any other
    "image/svg+xml": _Form.PAGE,  # loads what it names where a client shows it as a page
    "text/xml": _Form.PAGE,  # XHTML and SVG under a plainer name
    "application/xml": _Form.PAGE,
    "text/css": _Form.STYLE,
    "text/calendar": _Form.CALENDAR,
    "text/x-vcalendar": _Form.CALENDAR,
    "application/ics": _Form.CALENDAR,
}
# Programs that open a file by its name show these without being asked (Thunderbird does for octet-stream).
_PAGE_NAME: Final = re.compile(r"\.(?:[sx]?html?|xht|svg|mht(?:ml)?)[\s.]*+\Z", re.IGNORECASE)
_STYLE_NAME: Final = re.compile(r"\.css[\s.]*+\Z", re.IGNORECASE)

_CLOSED: Final = {
    "application/pgp-encrypted": "it is encrypted (PGP)",
    "application/pgp": "it is encrypted or signed in one piece (PGP)",
    "application/x-microsoft-rpmsg-message": "it is encrypted (rights management)",
}
_SMIME: Final = frozenset(("application/pkcs7-mime", "application/x-pkcs7-mime"))
_SMIME_NAME: Final = re.compile(r"\.p7[mz][\s.]*+\Z", re.IGNORECASE)
_SMIME_READABLE: Final = frozenset(("signed-data", "compressed-data"))
_SMIME_EMPTY: Final = "certs-only"
_MOST_READINGS: Final = 4  # of one part; our choice
# RFC 5652 in one piece, and Exchange's own: what they hold is shown like any other body, and is not taken apart here.
_TNEF: Final = frozenset(("application/ms-tnef", "application/vnd.ms-tnef"))
_TNEF_NAME: Final = re.compile(r"winmail\.dat\Z", re.IGNORECASE)
# RFC 4880 section 6.2, after RFC 1991; in HTML a line begins behind a tag too. A signed text can be read, and what
# somebody quotes is not decrypted.
_PGP: Final = re.compile(r"^[\ufeff \t]*+-----BEGIN PGP MESSAGE", re.MULTILINE)
_PGP_IN_PAGE: Final = re.compile(r"(?:^|>)[\ufeff \t]*+-----BEGIN PGP MESSAGE", re.MULTILINE)

_FOLD: Final = re.compile(r"\r*\n[ \t]")  # RFC 5545 section 3.1
_ESCAPED: Final = re.compile(r"\\([\\;,nN])")
_HAS_TAG: Final = re.compile(r"<[a-zA-Z!]")
_SOFT: Final = re.compile(r" \r*\n")  # RFC 3676 section 4.2


def audit_part(part: Entity, watch: Watch, /) -> Iterator[Finding]:
    """Find what one part holds; nothing for a part that no reader shows."""
    place = place_of(part.path)
    kind = part.headers.content_type
    names, parameters = _names(part)
    closed = _closed(kind, names, parameters)
    if closed is not None:
        yield Finding(kind=closed[0], place=place, why=closed[1])
        return
    if kind in {"message/partial", "message/external-body"}:
        yield Finding(kind=FindingKind.TRUNCATED, place=place, why="what it shows stands somewhere else")
        kind = "text/plain"
        url = parameters.get("url", "")  # RFC 2017
        yield from audit_text("".join(url.split()), watch, place)
    forms = _forms(kind, names, sure=part.headers.clear)
    if not forms:
        return
    octets = read_octets(part.body, part.headers.encoding, closed=part.closed)
    if octets.problem is not None:
        yield Finding(kind=octets.problem.kind, place=place, why=octets.problem.why)
    readings: list[str] = []
    for content in octets.readings:
        characters = read_characters(content, part.headers.charset)
        readings += characters.readings
        for problem in characters.problems:
            yield Finding(kind=problem.kind, place=place, why=problem.why)
    if len(readings) > _MOST_READINGS:
        why = f"programs may read it in more than {_MOST_READINGS} ways"
        yield Finding(kind=FindingKind.LIMIT_REACHED, place=place, why=why)
    bases = _bases(part)
    for text in dict.fromkeys(readings[:_MOST_READINGS]):
        if (_PGP_IN_PAGE if _Form.PAGE in forms else _PGP).search(text):
            yield Finding(kind=FindingKind.ENCRYPTED, place=place, why="a PGP message stands in it")
        for form in forms:
            yield from _audit_form(form, text, bases, watch, place)
        if part.headers.delsp and _Form.TEXT in forms:
            yield from audit_text(_SOFT.sub("", text), watch, place)


def _audit_form(form: _Form, text: str, bases: list[str], watch: Watch, place: str, /) -> Iterator[Finding]:
    if form is _Form.PAGE:
        yield from audit_page(text, watch, place)
        for base in bases:
            # Ahead of everything, where a base of the document's own does not count any more.
            yield from audit_page(f'<base href="{escape(base)}">{text}', watch, place)
    elif form is _Form.STYLE:
        # An escaped slash is a slash, in strings and URLs too, and ends no element (CSS Syntax 3, section 4.3.7).
        style = text.replace("</", "<\\/")
        yield from audit_page(f"<style>{style}</style>", watch, place)
    elif form is _Form.CALENDAR:
        plain = _ESCAPED.sub(lambda escaped: "\n" if escaped[1] in "nN" else escaped[1], _FOLD.sub("", text))
        yield from audit_text(plain, watch, place)
        if _HAS_TAG.search(plain):  # Outlook shows X-ALT-DESC, which is HTML
            yield from audit_page(plain, watch, place)
    else:
        yield from audit_text(text, watch, place)


def _forms(kind: str, names: list[str], /, *, sure: bool) -> tuple[_Form, ...]:
    """Say how a part of a type, with these file names, may be looked at."""
    if not sure:
        return (_Form.PAGE, _Form.TEXT)
    if kind in _FORMS:
        return (_FORMS[kind],)
    main = kind.partition("/")[0]
    found = [_Form.TEXT] if main in {"text", "message", "multipart"} else []
    found += [_Form.PAGE] if any(map(_PAGE_NAME.search, names)) or main == "multipart" else []
    found += [_Form.STYLE] if any(map(_STYLE_NAME.search, names)) else []
    return tuple(found)


def _closed(kind: str, names: list[str], parameters: dict[str, str], /) -> tuple[FindingKind, str] | None:
    """Say why a part cannot be read at all; None if it can."""
    if kind in _CLOSED:
        return FindingKind.ENCRYPTED, _CLOSED[kind]
    if kind in _SMIME or any(map(_SMIME_NAME.search, names)):
        smime = parameters.get("smime-type", "").lower()
        if smime == _SMIME_EMPTY:
            return None
        if smime in _SMIME_READABLE:
            return FindingKind.UNDECODABLE, "it is packed in one piece (S/MIME) and was not unpacked"
        return FindingKind.ENCRYPTED, "it is encrypted (S/MIME)"
    if kind in _TNEF or any(map(_TNEF_NAME.search, names)):
        return FindingKind.UNDECODABLE, "it may hold the body that Outlook shows (TNEF), and was not unpacked"
    return None


def _names(part: Entity, /) -> tuple[list[str], dict[str, str]]:
    """The file names of a part, and the parameters of its type."""
    names: list[str] = []
    parameters: dict[str, str] = {}
    for field in iter_fields(part.block):
        if (name := field.name.lower()) in {"content-type", "content-disposition"}:
            found = read_field(field.value.strip(" \t\r\n:")).parameters
            names += [found[key] for key in ("name", "filename") if key in found]
            if name == "content-type":
                parameters = found | parameters
    return names, parameters


def _bases(part: Entity, /) -> list[str]:
    """What relative URLs of a part are relative to (RFC 2557 sections 4.2 and 5)."""
    values = [
        unfold(field.value)
        for field in iter_fields(part.block)
        if field.name.lower() in {"content-base", "content-location"}
    ]
    urls = (remote_url("".join(value.split()).strip("\"'<>")) for value in values)
    return list(dict.fromkeys(url for url in urls if url))[:2]
