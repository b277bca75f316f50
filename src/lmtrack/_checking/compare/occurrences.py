"""Every URL of a document, whoever may ask for it or make a link of it, with the place it is in.

More than an audit looks at, since here nothing has to be judged: URLs in unknown attributes, in scripts
(Gmail reads JSON-LD, and shows pictures and buttons from it) and in plain text (clients make links of them) count too.
What is in the message itself (`data:`, `cid:`) leads nowhere.
"""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.compare.repairs import repairs_of
from lmtrack._checking.compare.structure import Structure
from lmtrack._checking.pages.all_readers import Reading
from lmtrack._checking.pages.annotations import unescaped
from lmtrack._checking.pages.css import read_declarations
from lmtrack._checking.pages.element import LineCounter
from lmtrack._checking.pages.loads import Way, uses_of
from lmtrack._checking.verify.events import Data, Doctype, Start, TooDeepError, read_events
from lmtrack._pattern import compile_pattern
from lmtrack._rewriting.plain_text import find_urls
from lmtrack._url.reader import OUTER, remote_url

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from lmtrack._checking.compare.structure import ValueNumbers
    from lmtrack._checking.pages.element import Element
    from lmtrack._checking.verify.events import Event

_PART: Final = re.compile("[cm]id:", re.IGNORECASE)  # of the message, where it is compared by itself
_INSIDE: Final = re.compile(r"(?:data|cid|mid|about):", re.IGNORECASE)
# Whatever a reader of plain text may make a link of, where our own finder is not sure how it goes on.
_IN_TEXT: Final = re.compile(r"(?:https?://|(?<![\w@./:-])www\.)[^\s<>\"']++", re.IGNORECASE)

# Some readers make links of names without a scheme; one with a path can tell people apart.
_BARE_HOST: Final = compile_pattern(r"(?<![\w@./:-])(?:[\w-]{1,63}+\.){1,8}+[A-Za-z]{2,24}+/[^\s<>\"']++")

# What a sheet loads is no part of what it says about that, and neither is what its authors say to each other.
_URLS_OF_SHEET: Final = re.compile(r"(?i:url)\([^)]*+\)?|\"[^\"]*+\"|'[^']*+'")
_COMMENT: Final = compile_pattern(r"/\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z)")
_FRAMES: Final = re.compile("<frameset", re.IGNORECASE)
_RUN: Final = frozenset(("", "module", "importmap", "speculationrules", "webbundle"))
_IN_SCRIPT: Final = re.compile(r"https?:[^\s\"'<>]*+", re.IGNORECASE)

_OTHER_SHEETS: Final = "the style sheets are not the same for everyone, so what they load may tell who reads"
_OTHER_DOCTYPE: Final = "the doctype is not the same for everyone, and what is loaded may depend on it"
_OTHER_META: Final = "what the document says about itself (meta) is not the same for everyone, and may decide loads"
_OTHER_REPAIRS: Final = "browsers place parts of the document elsewhere than they are written, and those differ"
_OTHER_SCRIPTS: Final = "scripts are not the same for everyone, and what they would load cannot be known"


class Occurrence(NamedTuple):
    """A URL in a document.

    Attributes:
        what: The element and attribute, or another name of the place.
        url: Decoded, and resolved if the document has a base.
        where: For people: the place with its line.
        is_link: Whether it does nothing until someone clicks.
        said: In which place of its own element it stands, as a number.
        chosen: What decides whether it is asked for, as a number; of a link nothing, as it is for people to choose.
    """

    what: str
    url: str
    where: str
    is_link: bool
    said: int = 0
    chosen: int = 0


class Trait(NamedTuple):
    """Something that has to be the same in all renderings.

    Attributes:
        why: The sentence that says what is not.
        value: For people: a hash of it, None if there is nothing to show.
        key: What is compared.
    """

    why: str
    value: str | None
    key: Hashable


class ComparedPage(NamedTuple):
    """What a document may load or lead to.

    Attributes:
        found: Its URLs, in order as far as that is known.
        exact: Those of its tags once more, as another reader has them.
        sheets: What its style sheets say, URLs left out.
        traits: What else decides for the whole document.
        loads: Whether anything is loaded without a click.
        limits: Why there may be more.
    """

    found: list[Occurrence]
    exact: list[Occurrence]
    sheets: Trait
    traits: list[Trait]
    loads: bool
    limits: list[str]


def read_page(html: str, numbers: ValueNumbers, /) -> ComparedPage:
    """Find the URLs of HTML and what decides about them; never fails, linear."""
    return _PageReader(html, numbers).page()


class _PageReader:
    """Reads one document."""

    def __init__(self, html: str, numbers: ValueNumbers, /) -> None:
        self._html = html
        self._numbers = numbers
        self._reading = Reading(html, complete=True)
        self._bases = self._reading.bases or [""]
        self._has_sheets_elsewhere = _has_sheets_elsewhere(self._reading)
        self._structure = Structure(self._reading, numbers, sheets_elsewhere=self._has_sheets_elsewhere)

    def page(self) -> ComparedPage:
        reading = self._reading
        placed = [*self._of_elements(), *self._of_sheets()]
        placed.sort(key=lambda one: one[0])
        found = [occurrence for _, occurrence in placed]
        limits = list(reading.limits)
        events: list[Event] = []
        try:
            events = [event for event in read_events(self._html) if _is_told(event)]
        except TooDeepError:
            limits.append("elements are nested deeper than is read")
        for event in events:
            if isinstance(event, Data):
                what = event.element or "text"
                text = unescaped(event.text) if event.element else event.text
                found += [Occurrence(what, url, what, is_link=not event.element) for _, url in urls_in_text(text)]
        return ComparedPage(
            found=found,
            exact=list(self._of_exact()),
            sheets=self._sheets(),
            traits=list(self._traits(events)),
            loads=any(not one.is_link for one in found) or self._has_sheets_elsewhere,
            limits=limits,
        )

    def _urls(self, value: str, /) -> list[str]:
        """Resolve a value with each base; what is in the mail itself leads nowhere."""
        urls = (remote_url(value, base) or value.strip(OUTER) for base in self._bases)
        return [url for url in urls if url and not _INSIDE.match(url)]

    def _of_elements(self) -> Iterator[tuple[int, Occurrence]]:
        structure, numbers, bases = self._structure, self._numbers, count()
        for element in self._reading.elements:
            chosen: int | None = None
            for rank, use in _values(element):
                for url in self._urls(use.value):
                    what = f"{element.name} {use.attribute}"
                    where = _where(what, element.line, element.note)
                    if use.is_link:
                        yield element.line, Occurrence(what, url, where, is_link=True)
                        continue
                    if chosen is None:  # once for all, as a list may hold very many
                        chosen = structure.of(element, style=element.attributes.get("style", ""))
                    # Which of several it is says what it is for; the first base counts, and then no other.
                    position = (use.attribute, rank, next(bases) if element.name == "base" else None)
                    said = numbers[element.name, position]
                    one = Occurrence(what, url, where, is_link=False, said=said, chosen=numbers[chosen, position])
                    yield element.line, one

    def _of_sheets(self) -> Iterator[tuple[int, Occurrence]]:
        for number, (sheet, text, first_line, note, element) in enumerate(self._reading.sheets):
            lines = LineCounter(text, first_line)
            around = self._structure.of(element) if element is not None else 0
            written = [(offset, "@import", url, (rank, -1), 0) for rank, (offset, url) in enumerate(sheet.imports)]
            for rank, rule in enumerate(sheet.rules):
                urls = [url for declaration in rule.declarations for url in declaration.urls]
                if urls:
                    chosen = self._structure.of_rule(rule)
                    written += [(rule.offset, "style sheet", url, (rank, at), chosen) for at, url in enumerate(urls)]
            for offset, what, value, position, chosen in sorted(written, key=lambda one: one[0]):
                line = lines.at(offset)
                where = _where(what, line, note)
                for url in self._urls(value):
                    key = self._numbers[number, position, around, chosen]
                    yield line, Occurrence(what, url, where, is_link=False, chosen=key)

    def _of_exact(self) -> Iterator[Occurrence]:
        for element in self._reading.exact:
            for _, use in _values(element):
                if not use.is_link:
                    said = self._numbers[element.name, use.attribute, element.condition]
                    for url in self._urls(use.value):
                        what = f"{element.name} {use.attribute}"
                        where = _where(what, element.line, element.note)
                        yield Occurrence(what, url, where, is_link=False, said=said, chosen=said)

    def _sheets(self) -> Trait:
        """Put together what all style sheets say, where they stand, and for whom they are."""
        said = [_URLS_OF_SHEET.sub(_without_url, _COMMENT.sub(" ", one.text)) for one in self._reading.sheets]
        around = [self._structure.of(one.element) if one.element else 0 for one in self._reading.sheets]
        return Trait(_OTHER_SHEETS, _hashed(said), (tuple(said), tuple(around)))

    def _traits(self, events: Sequence[Event], /) -> Iterator[Trait]:
        yield from (Trait(why, None, key) for why, key in self._structure.traits())
        doctypes = [repr(event.parts) for event in events if isinstance(event, Doctype)]
        yield Trait(_OTHER_DOCTYPE, "".join(doctypes) or None, tuple(doctypes))
        elements = self._reading.elements
        told = [" ".join(map(repr, self._structure.said_by(one))) for one in elements if one.name == "meta"]
        yield Trait(_OTHER_META, _hashed(told), tuple(told))
        if self._reading.sheets or _FRAMES.search(self._html):
            repairs = repairs_of(self._html, self._structure.said_by, places=self._structure.is_related)
            yield Trait(_OTHER_REPAIRS, None, tuple(dict.fromkeys(repairs)))
        scripts = [_IN_SCRIPT.sub("", text) for text in _scripts(elements, events)]
        yield Trait(_OTHER_SCRIPTS, _hashed(scripts), tuple(scripts))


def _is_told(event: Event, /) -> bool:
    """Return whether an event says what no element does: texts that people and scripts read, scripts, doctypes."""
    if isinstance(event, Data):
        return event.element in {"", "script"}
    return isinstance(event, Doctype) or (isinstance(event, Start) and event.tag == "script")


def _has_sheets_elsewhere(reading: Reading, /) -> bool:
    return any(
        element.name == "link" and "stylesheet" in element.attributes.get("rel", "").lower()
        for element in reading.elements
    ) or any(remote_url(url) or _PART.match(url) for one in reading.sheets for _, url in one.sheet.imports)


def _scripts(elements: Sequence[Element], events: Sequence[Event], /) -> Iterator[str]:
    """Return what some reader might run; what describes the mail for programs (JSON-LD) runs nowhere."""
    for element in elements:
        if element.attributes:
            yield from (value for name, value in element.attributes.items() if name.startswith("on"))
    runs = False
    for event in events:
        if isinstance(event, Start) and event.tag == "script":
            kind = dict(event.attributes).get("type", "").strip().lower()
            runs = kind in _RUN or kind.endswith(("javascript", "ecmascript", "jscript", "livescript"))
        elif isinstance(event, Data) and event.element == "script" and runs:
            yield event.text


def _hashed(texts: Sequence[str], /) -> str | None:
    """Return the beginning of a hash, None if there is nothing."""
    text = "\0".join(texts)
    return f"sha256={sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}" if texts else None


def _without_url(found: re.Match[str], /) -> str:
    return "" if "/" in found[0] else found[0]


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


class _AttributeUrl(NamedTuple):
    """A value that is a URL, the attribute it is in, and whether it waits for a click."""

    attribute: str
    value: str
    is_link: bool


def _values(element: Element, /) -> Iterator[tuple[int, _AttributeUrl]]:
    """Return every URL of an element, each with its place among those of its attribute."""
    if not element.attributes:
        return
    ranks: Counter[str] = Counter()
    for value in _all_values(element):
        yield ranks[value.attribute], value
        ranks[value.attribute] += 1


def _all_values(element: Element, /) -> Iterator[_AttributeUrl]:
    known: set[str] = set()
    for use in uses_of(element):
        known.add(use.attribute)
        yield _AttributeUrl(use.attribute, use.value, use.way in {Way.LINK, Way.FORM})
    for name, value in element.attributes.items():
        if name == "style":
            for declaration in read_declarations(value):
                for url in declaration.urls:
                    yield _AttributeUrl(name, url, is_link=False)
        elif name not in known and ("//" in value or "\\" in value):
            if remote_url(value):
                yield _AttributeUrl(name, value, is_link=False)
            else:
                for _, url in urls_in_text(value.replace("\\/", "/")):
                    yield _AttributeUrl(name, url, is_link=False)


def _where(what: str, line: int, note: str, /) -> str:
    return f"{what}, line {line}, {note}" if note else f"{what}, line {line}"
