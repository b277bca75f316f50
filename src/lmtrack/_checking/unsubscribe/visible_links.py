"""The links people find in what they read: where they lead, which words name them, and whether anyone can see them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.pages.cascade import Cascade
from lmtrack._checking.pages.css import read_sheet
from lmtrack._checking.pages.display import Display
from lmtrack._checking.pages.element import Element
from lmtrack._checking.pages.hidden import covering
from lmtrack._checking.verify.events import Data, End, Start, TooDeepError, read_events
from lmtrack._pattern import compile_pattern
from lmtrack._rewriting.plain_text import find_urls

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lmtrack._checking.pages.cascade import Style
    from lmtrack._checking.verify.events import Event

# Letters of no size and of no colour; both are inherited and may be undone further inside.
_NO_FONT: Final = compile_pattern(r"0++(?:\.0*+)?+(?:[a-z]++|%)?+")
_NO_COLOR: Final = frozenset(("transparent", "rgba(0,0,0,0)", "#0000", "#00000000"))
_UNSEEN: Final = frozenset(("head", "template", "script", "style", "title", "noembed", "noframes", "iframe"))
# An address in plain text, with what a mailto URL adds; begun where none is going on, so each is read once.
_ADDRESS: Final = re.compile(r"(?<![\w.+-])([\w.+-]{1,64}+@[\w.-]{1,255}+(?:\?[^\s<>\"]*+)?)")
# All three are our choice; a link's text is a line, and ways to leave stand at the end.
_MOST_WORDS: Final = 300
_MOST_LINKS: Final = 2_000
_MOST_SHEETS: Final = 1_000_000  # characters


class FoundLink(NamedTuple):
    """A link.

    Attributes:
        url: As written, without outer blanks; an address in a text with `mailto:` before it.
        words: What names it: its text with the alt texts of its images; in plain text its line and the one before.
        visible: Whether there is anything to see of it.
    """

    url: str
    words: str
    visible: bool


class _State(NamedTuple):
    """How an element shows what is in it."""

    gone: bool = False
    no_font: bool = False
    invisible: bool = False
    transparent: bool = False


@dataclass(slots=True)
class _Link:
    url: str
    depth: int
    words: list[str] = field(default_factory=list)
    visible: bool = False


def html_links(html: str, /) -> list[FoundLink] | None:
    """Return the links of a document in order; None if it is too deep to be read."""
    try:
        events = list(read_events(html))
    except TooDeepError:
        return None
    cascade = Cascade()
    sheets = "\n".join(event.text for event in events if isinstance(event, Data) and event.element == "style")
    for rule in read_sheet(sheets[:_MOST_SHEETS]).rules:
        cascade.add(rule)
    return list(_links(events, Display({None: cascade})))


def _links(events: list[Event], display: Display, /) -> Iterator[FoundLink]:
    states = [_State()]
    elements: list[Element | None] = [None]
    link: _Link | None = None
    for event in events:
        if isinstance(event, Start):
            attributes = dict(event.attributes)
            element = Element(event.tag, attributes, 0, parent=elements[-1])
            elements.append(element)
            state = _inside(states[-1], element, display.style(element))
            states.append(state)
            if event.tag == "area" and "href" in attributes:
                yield FoundLink(attributes["href"].strip(), attributes.get("alt", ""), not state.gone)
            elif event.tag == "a" and "href" in attributes:
                link = _Link(attributes["href"].strip(), len(states))
            elif event.tag in {"img", "svg"} and link is not None:
                link.words.append(attributes.get("alt", ""))
                link.visible = link.visible or not (state.gone or state.invisible)
        elif isinstance(event, Data) and link is not None and not event.element:
            link.words.append(event.text[:_MOST_WORDS])
            link.visible = link.visible or (not any(states[-1]) and bool(event.text.strip()))
        elif isinstance(event, End):
            if link is not None and link.depth == len(states):
                yield _found(link)
                link = None
            states.pop()
            elements.pop()


def _found(link: _Link, /) -> FoundLink:
    return FoundLink(link.url, " ".join(" ".join(link.words).split())[:_MOST_WORDS], link.visible)


def _made_visible(world: Mapping[str, str], /) -> Mapping[str, str]:
    """Leave out what an element inside can undo."""
    return {**world, "visibility": "visible"} if "visibility" in world else world


def _inside(around: _State, element: Element, style: Style, /) -> _State:
    values = style.values
    visibility, font, color = values.get("visibility"), values.get("font-size"), values.get("color")
    hidden = style.hides(lambda world: covering(element, _made_visible(world))) is not None
    return _State(
        gone=around.gone or hidden or element.name in _UNSEEN,
        no_font=around.no_font if font is None else _NO_FONT.fullmatch(font) is not None,
        invisible=around.invisible if visibility is None else visibility in {"hidden", "collapse"},
        transparent=around.transparent if color is None else color.replace(" ", "") in _NO_COLOR,
    )


def text_links(text: str, /) -> list[FoundLink]:
    """Return the links and addresses of a plain text in order, of very many the last."""
    places = [(start, text[start:end]) for start, end in find_urls(text)]
    places += [(found.start(), f"mailto:{found[1]}") for found in _ADDRESS.finditer(text)]
    return [FoundLink(url, _around(text, start), visible=True) for start, url in sorted(places)[-_MOST_LINKS:]]


def _around(text: str, start: int, /) -> str:
    """The line that holds an offset, and the one with words before it."""
    earliest = max(start - _MOST_WORDS, 0)
    line = max(text.rfind("\n", earliest, start) + 1, earliest)
    end = text.find("\n", start, start + _MOST_WORDS)
    before = text[max(line - _MOST_WORDS, 0) : line].rstrip()
    return before[before.rfind("\n") + 1 :] + " " + text[line : end if end >= 0 else start + _MOST_WORDS]
