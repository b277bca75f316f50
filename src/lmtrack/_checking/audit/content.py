"""What one part of a message may show: each of its readings, in each form that it may be taken for."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Final

from lmtrack._checking.audit.page import audit_page, audit_text
from lmtrack._checking.finding import Finding, FindingKind
from lmtrack._checking.messages.charset import read_characters
from lmtrack._checking.messages.entities import place_of
from lmtrack._checking.messages.part_kinds import Form, Kind, as_html
from lmtrack._checking.messages.transfer import read_octets
from lmtrack._headers import iter_fields, unfold
from lmtrack._url.reader import remote_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack._checking.audit.known_hosts import Watch
    from lmtrack._checking.messages.entities import Entity

_MOST_READINGS: Final = 4  # of one part; our choice, like the next
_MOST_BASES: Final = 4
# RFC 4880 section 6.2, after RFC 1991; in HTML a line begins behind a tag too. A signed text can be read, and what
# somebody quotes is not decrypted.
_PGP: Final = re.compile(r"^[\ufeff \t]*+-----BEGIN PGP MESSAGE", re.MULTILINE)
_PGP_IN_PAGE: Final = re.compile(r"(?:^|>)[\ufeff \t]*+-----BEGIN PGP MESSAGE", re.MULTILINE)

# Programs look for files in the text of old mail; what they show by its name could load something.
_FILE_IN_TEXT: Final = re.compile(
    r"^(?:begin(?:-base64)? [0-7]{3,4}|=ybegin) [^\r\n]*\.(?:[sx]?html?|xht|svg|eml|mht)[ \t\r]*+$",
    re.MULTILINE | re.IGNORECASE,
)
_ENTITY: Final = re.compile(r"<!ENTITY[ \t\r\n]")

_FOLD: Final = re.compile(r"\r*\n[ \t]")  # RFC 5545 section 3.1
_ESCAPED: Final = re.compile(r"\\([\\;,nN])")
_HAS_TAG: Final = re.compile(r"<[a-zA-Z!]")
_SOFT: Final = re.compile(r" \r*\n")  # RFC 3676 section 4.2


def audit_part(part: Entity, watch: Watch, /) -> Iterator[Finding]:
    """Find what one part holds; nothing for a part that no reader shows."""
    place = place_of(part.path)
    kind = Kind(part)
    octets = read_octets(part.body, part.headers.encoding, closed=part.closed)
    if closed := kind.closed(octets.readings[0]):
        yield Finding(kind=closed[0], place=place, why=closed[1])
        return
    if kind.content_type in {"message/partial", "message/external-body"}:
        yield Finding(kind=FindingKind.TRUNCATED, place=place, why="what it shows stands somewhere else")
        url = kind.parameters.get("url", "")  # RFC 2017
        yield from audit_text("".join(url.split()), watch, place)
    forms = kind.forms(octets.readings)
    if not forms:
        return
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
    if len(bases) > _MOST_BASES:
        why = f"its addresses may be relative to more than {_MOST_BASES} others"
        yield Finding(kind=FindingKind.LIMIT_REACHED, place=place, why=why)
    for text in dict.fromkeys(readings[:_MOST_READINGS]):
        yield from _audit_text(text, forms, place)
        for form in forms:
            yield from _audit_form(form, text, bases[:_MOST_BASES], watch, place)
        if part.headers.delsp and Form.TEXT in forms:
            yield from audit_text(_SOFT.sub("", text), watch, place)


def _audit_text(text: str, forms: tuple[Form, ...], place: str, /) -> Iterator[Finding]:
    """Find what a text holds that cannot be read."""
    is_page = Form.PAGE in forms or Form.XML in forms
    if (_PGP_IN_PAGE if is_page else _PGP).search(text):
        yield Finding(kind=FindingKind.ENCRYPTED, place=place, why="a PGP message stands in it")
    if Form.TEXT in forms and _FILE_IN_TEXT.search(text):
        why = "a file stands in it (uuencode, yEnc) that some programs show as a page"
        yield Finding(kind=FindingKind.UNDECODABLE, place=place, why=why)
    if Form.XML in forms and _ENTITY.search(text):
        why = "it has entities of its own, and what they stand for was not looked into"
        yield Finding(kind=FindingKind.UNDECODABLE, place=place, why=why)


def _audit_form(form: Form, text: str, bases: list[str], watch: Watch, place: str, /) -> Iterator[Finding]:
    if form in {Form.PAGE, Form.XML}:
        text = as_html(text) if form is Form.XML else text
        yield from audit_page(text, watch, place)
        for base in bases:
            # Ahead of everything, where a base of the document's own does not count any more.
            yield from audit_page(f'<base href="{escape(base)}">{text}', watch, place)
    elif form is Form.STYLE:
        # An escaped slash is a slash, in strings and URLs too, and ends no element (CSS Syntax 3, section 4.3.7).
        style = text.replace("</", "<\\/")
        yield from audit_page(f"<style>{style}</style>", watch, place)
    elif form is Form.CALENDAR:
        plain = _ESCAPED.sub(lambda escaped: "\n" if escaped[1] in "nN" else escaped[1], _FOLD.sub("", text))
        yield from audit_text(plain, watch, place)
        if _HAS_TAG.search(plain):  # Outlook shows X-ALT-DESC, which is HTML
            yield from audit_page(plain, watch, place)
    else:
        yield from audit_text(text, watch, place)


def _bases(part: Entity, /) -> list[str]:
    """What relative URLs of a part are relative to (RFC 2557 section 5): its own place, or one around it."""
    values = [
        unfold(field.value)
        for block in dict.fromkeys((part.block, *part.around))
        for field in iter_fields(block)
        if field.name.lower() in {"content-base", "content-location"}
    ]
    urls = (remote_url("".join(value.split()).strip("\"'<>")) for value in values)
    return list(dict.fromkeys(url for url in urls if url))
