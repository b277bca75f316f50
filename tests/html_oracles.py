"""What other HTML parsers say about a document, and what ours says in the same words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import html5lib
from selectolax.lexbor import LexborHTMLParser

from lmtrack._html.entities import decode_attribute
from lmtrack._html.live import LiveTokens
from lmtrack._html.scan import Scan, _read_exactly, _read_fast, scan

if TYPE_CHECKING:
    from collections.abc import Iterator

# The links of `strategies.hostile_html`: a serialiser escapes their `&` where they are live, and nowhere else.
_URL = r"https://u\.example/(\d+)\?&"
_SERIALISED = re.compile(rf'<(?:a|area) href="{_URL}amp;"')
_PROBE = "x-probe"
# Start tags that "in table" leaves under the table; everything else is moved in front of it ("foster parenting").
_FOSTERING = frozenset(("table", "tbody", "tfoot", "thead", "tr"))
_NOT_FOSTERED = _FOSTERING - {"table"} | {"caption", "colgroup", "td", "th", "style", "script", "template"}


def live_by_us(html: str, *, exactly: bool = False) -> set[int]:
    """The numbers of the live links, by our reader."""
    found = _read_exactly(html) if exactly else scan(html)
    urls = [decode_attribute(html[link[2] : link[3]]) for link in found.links if not link[5]]
    return {int(match[1]) for url in urls if (match := re.fullmatch(_URL, url))}


def live_by_lexbor(html: str) -> set[int]:
    """The numbers of the live links, by lexbor; a link in the content of a template counts."""
    return {int(number) for number in _SERIALISED.findall(LexborHTMLParser(html).html or "")}


class _Recorder(html5lib.HTMLParser):
    """Notes the href of every link its tokeniser finds under its own tree builder."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def normalizedTokens(self) -> Iterator[dict[str, Any]]:  # noqa: N802 - html5lib's name
        for token in super().normalizedTokens():  # type: ignore[misc]  # the stubs leave it out
            if token["type"] in {3, 5} and token["name"] in {"a", "area"}:
                self.urls += [value for name, value in dict(token["data"]).items() if name == "href"]
            yield token


def urls_by_html5lib(html: str) -> list[str]:
    """The href of every link html5lib's tokeniser finds."""
    recorder = _Recorder()
    recorder.parse(html)
    return recorder.urls


def live_by_html5lib(html: str) -> set[int]:
    """The numbers of the live links, by html5lib."""
    return {int(match[1]) for url in urls_by_html5lib(html) if (match := re.fullmatch(_URL, url))}


def fast_and_exact(html: str) -> tuple[Scan, Scan] | None:
    """What either reader finds, less the one field in which they may differ; None if the fast one gives up."""
    fast = Scan()
    if not _read_fast(html, fast):
        return None
    exact = _read_exactly(html)
    for found in (fast, exact):
        found.links = [(*link[:6], False) for link in found.links]
    return fast, exact


def open_elements(html: str) -> list[str]:
    """The stack of open elements at the end of a document, without html and body."""
    tokens = LiveTokens(html)
    for _ in tokens:
        pass
    stack = tokens.elements._stack
    places = [(float(place), name) for place, name in enumerate(stack._names) if name]
    places += [(entry.offset + 0.5, entry.name) for entry in stack.opened if entry.ghost]
    return [name for _, name in sorted(places, key=lambda entry: entry[0])][2:]


def ancestors_by_us(html: str) -> list[str] | None:
    """The ancestors an element opened at the end would have; None if the document ends in raw text or a comment."""
    names = ["html", "body", *open_elements(f"{html}<{_PROBE}>")]
    if not names[-1].endswith(_PROBE):
        return None
    found: list[str] = []
    place = len(names) - 1
    while place >= 0:
        found.append(names[place].split(" ")[-1])
        if names[place - 1] in _FOSTERING and names[place] not in _NOT_FOSTERED and place:
            place -= names[:place][::-1].index("table") + 1
        place -= 1
    return _comparable(found)


def ancestors_by_lexbor(html: str) -> list[str] | None:
    """The ancestors an element opened at the end has in lexbor's tree; None if it is none."""
    node = LexborHTMLParser(f"{html}<{_PROBE}>").css_first(_PROBE)
    if node is None:
        return None
    found: list[str] = []
    while node is not None and node.tag and not node.tag.startswith("-"):
        found.append(node.tag.lower())
        node = node.parent
    return _comparable(found)


def _comparable(names: list[str]) -> list[str]:
    """Without the two elements that the standard takes off the stack but leaves in the tree."""
    return [name for name in names[::-1] if name not in {"form", "a", _PROBE}]
