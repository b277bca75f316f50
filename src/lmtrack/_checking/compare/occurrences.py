"""Every URL of a document, whoever may ask for it or make a link of it, with the place it stands in.

More than an audit looks at, since here nothing has to be judged: URLs in attributes that nobody knows, in scripts
(Gmail reads JSON-LD, and shows pictures and buttons from it) and in plain text (clients make links of them) count too.
What stands in the mail itself (`data:`, `cid:`) leads nowhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.compare.load_conditions import Choices, choice, sheet_choice
from lmtrack._checking.pages.all_readers import Reading
from lmtrack._checking.pages.css import read_declarations
from lmtrack._checking.pages.element import Lines
from lmtrack._checking.pages.loads import LISTS, Way, uses_of
from lmtrack._checking.verify.events import Data, read_events
from lmtrack._pattern import compile_pattern
from lmtrack._rewriting.plain_text import find_urls
from lmtrack._url.reader import remote_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack._checking.pages.element import Element

_OUTER: Final = "".join(map(chr, range(0x21)))
_INSIDE: Final = re.compile(r"(?:data|cid|mid|about):", re.IGNORECASE)
# Whatever a reader of plain text may make a link of, where our own finder is not sure how it goes on.
_IN_TEXT: Final = re.compile(r"(?:https?://|(?<![\w@./:-])www\.)[^\s<>\"']++", re.IGNORECASE)

# Some readers make links of names without a scheme; one with a path can tell people apart.
_BARE_HOST: Final = compile_pattern(r"(?<![\w@./:-])(?:[\w-]{1,63}+\.){1,8}+[A-Za-z]{2,24}+/[^\s<>\"']++")
_ESCAPE: Final = re.compile(r"\\(?:u00([0-7][0-9A-Fa-f])|x([0-7][0-9A-Fa-f]))")


class Occurrence(NamedTuple):
    """A URL in a document.

    Attributes:
        what: The element and attribute, or another name of the place.
        url: Decoded, and resolved if the document has a base.
        where: For people: the place with its line.
        is_link: Whether it does nothing until somebody clicks.
        choice: What else decides whether it is asked for; of a link nothing, as it is for people to choose.
    """

    what: str
    url: str
    where: str
    is_link: bool
    choice: str = ""


class Page(NamedTuple):
    """The URLs of a document, in order as far as that is known, and why there may be more."""

    found: list[Occurrence]
    limits: list[str]


def read_page(html: str, /) -> Page:
    """Find the URLs of HTML; never fails, linear."""
    reading = Reading(html)
    limits = list(reading.limits)
    bases = reading.bases or [""]
    placed: list[tuple[int, Occurrence]] = []
    for element in reading.elements:
        said: dict[str, str] = {}  # once for each attribute, as a list may hold very many
        for rank, (attribute, value, is_link) in enumerate(_values(element)):
            for base in bases:
                url = remote_url(value, base) or value.strip(_OUTER)
                if url and not _INSIDE.match(url):
                    what = f"{element.name} {attribute}"
                    where = _where(what, element.line, element.note)
                    if attribute not in said:
                        said[attribute] = "" if is_link else choice(element, attribute, element.note)
                    # Which candidate of a list it is says what it is for.
                    chosen = f"{said[attribute]}\n{rank}" if attribute in LISTS else said[attribute]
                    placed.append((element.line, Occurrence(what, url, where, is_link, chosen)))
    choices = Choices(reading.elements)
    for sheet, text, first_line, note in reading.sheets:
        lines = Lines(text, first_line)
        written = [(offset, "@import", url, "") for offset, url in sheet.imports]
        written += [
            (rule.offset, "style sheet", url, choices.of(rule))
            for rule in sheet.rules
            for declaration in rule.declarations
            for url in declaration.urls
        ]
        around = f"{note}\n{sheet_choice(text)}" if written else ""
        for offset, what, value, present in sorted(written, key=lambda one: one[0]):
            line = lines.at(offset)
            for base in bases:
                url = remote_url(value, base) or value.strip(_OUTER)
                if url and not _INSIDE.match(url):
                    where, said_there = _where(what, line, note), f"{around}\n{present}"
                    placed.append((line, Occurrence(what, url, where, is_link=False, choice=said_there)))
    placed.sort(key=lambda one: one[0])
    found = [occurrence for _, occurrence in placed]
    events = read_events(html)
    if events is None:
        limits.append("elements are nested deeper than is read")
    for event in events or []:
        if isinstance(event, Data) and event.element in {"", "script"}:
            what = event.element or "text"
            is_link = not event.element
            text = _unescaped(event.text) if event.element else event.text
            found += [Occurrence(what, url, what, is_link) for _, url in urls_in_text(text)]
    return Page(found, limits)


def _unescaped(script: str, /) -> str:
    """Undo what JSON and scripts may write in a URL: a slash with a backslash before it, characters by number."""
    return _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), script.replace("\\/", "/"))


def read_text(text: str, /) -> list[Occurrence]:
    """Find the URLs of plain text; all of them are links."""
    found: list[Occurrence] = []
    line, last = 1, 0
    for start, url in urls_in_text(text):
        line, last = line + text.count("\n", last, start), start
        found.append(Occurrence("text", url, f"text, line {line}", is_link=True))
    return found


def urls_in_text(text: str, /) -> list[tuple[int, str]]:
    """Find what readers of plain text make links of, each with its offset."""
    sure = find_urls(text)
    ends = {found.start(): found.end() for finder in (_BARE_HOST, _IN_TEXT) for found in finder.finditer(text)}
    return [(start, text[start:end]) for start, end in sorted((ends | dict(sure)).items())]


def _values(element: Element, /) -> Iterator[tuple[str, str, bool]]:
    """Every value of an element that is a URL, its attribute, and whether it waits for a click."""
    known: set[str] = set()
    for use in uses_of(element):
        known.add(use.attribute)
        yield use.attribute, use.value, use.way in {Way.LINK, Way.FORM}
    for name, value in element.attributes.items():
        if name == "style":
            for declaration in read_declarations(value):
                for url in declaration.urls:
                    yield name, url, False
        elif name not in known and ("//" in value or "\\" in value):
            if remote_url(value):
                yield name, value, False
            else:
                for _, url in urls_in_text(value.replace("\\/", "/")):
                    yield name, url, False


def _where(what: str, line: int, note: str, /) -> str:
    return f"{what}, line {line}, {note}" if note else f"{what}, line {line}"
