"""What other HTML parsers say about a document, and what ours says in the same words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import html5lib
from html5lib._tokenizer import HTMLTokenizer
from selectolax.lexbor import LexborHTMLParser

from lmtrack._html.entities import decode_attribute
from lmtrack._html.scan import Scan, _read_exactly, _read_fast, scan
from lmtrack._html.tree import LiveTokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The links of `strategies.hostile_html`.
_URL = re.compile(r"https://u\.example/(\d+)\?&")
# A serialiser escapes their `&` where they are live, and nowhere else.
_SERIALISED = re.compile(r'<a href="https://u\.example/(\d+)\?&amp;"')
_PROBE = "x-probe"
# Start tags that "in table" leaves under the table; everything else is moved in front of it ("foster parenting").
_FOSTERING = frozenset(("table", "tbody", "tfoot", "thead", "tr"))
_NOT_FOSTERED = _FOSTERING - {"table"} | {"caption", "colgroup", "td", "th", "style", "script", "template"}


def _numbers(urls: Iterable[str]) -> set[int]:
    return {int(match[1]) for url in urls if (match := _URL.fullmatch(url))}


def urls_by_us(found: Scan, html: str, *, element: str = "") -> list[str]:
    """The decoded href of every live link, or of those of one element."""
    return [
        decode_attribute(html[value_start:value_end])
        for _, _, value_start, value_end, name, comment_end, _ in found.links
        if not comment_end and element in {"", name}
    ]


def live_by_us(html: str) -> set[int]:
    """The numbers of the live links, by our reader."""
    return _numbers(urls_by_us(scan(html), html))


def urls_by_lexbor(html: str) -> list[str]:
    """The href of every `a` in lexbor's tree; what templates hold is not in it."""
    return [node.attributes["href"] or "" for node in LexborHTMLParser(html).css("a[href]")]


def live_by_lexbor(html: str) -> set[int]:
    """The numbers of the live links, by lexbor; written like `HTML_LINK`, those in templates too."""
    return _numbers(urls_by_lexbor(html)) | {int(one) for one in _SERIALISED.findall(LexborHTMLParser(html).html or "")}


class _RecordingTokenizer(HTMLTokenizer):
    """Notes the start tags and comments that pass from html5lib's tokeniser to its tree builder."""

    tags: list[tuple[str, dict[str, str]]]
    comments: list[str]

    def __iter__(self) -> Iterator[Any]:  # the stubs' token type is private
        token: Any
        for token in super().__iter__():
            if token["type"] == 3:
                self.tags.append((token["name"], dict(token["data"])))
            elif token["type"] == 6:
                self.comments.append(token["data"])
            yield token


class _Recorder(html5lib.HTMLParser):
    tokenizer: Any  # set by the parser itself

    def mainLoop(self) -> None:  # noqa: N802 - html5lib's name
        self.tokenizer.__class__ = _RecordingTokenizer
        self.tokenizer.tags, self.tokenizer.comments = [], []
        super().mainLoop()


def read_by_html5lib(html: str) -> tuple[list[tuple[str, dict[str, str]]], list[str]]:
    """The start tags and the comments of a document, as html5lib's tokeniser finds them under its own tree builder."""
    recorder = _Recorder()
    recorder.parse(html)
    return recorder.tokenizer.tags, recorder.tokenizer.comments


def urls_by_html5lib(html: str) -> list[str]:
    """The href of every `a` that html5lib's tokeniser finds."""
    return [values["href"] for name, values in read_by_html5lib(html)[0] if name == "a" and "href" in values]


def live_by_html5lib(html: str) -> set[int]:
    """The numbers of the live links, by html5lib."""
    return _numbers(urls_by_html5lib(html))


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
    stack = tokens.elements.stack
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


def ancestors_by_html5lib(html: str) -> list[str] | None:
    """The ancestors an element opened at the end has in html5lib's tree; None if it is none."""
    tree = html5lib.parse(f"{html}<{_PROBE}>", namespaceHTMLElements=False)
    parents = {child: parent for parent in tree.iter() for child in parent}
    node = next((one for one in tree.iter() if str(one.tag).endswith(_PROBE)), None)
    if node is None:
        return None
    found: list[str] = []
    while node is not None:
        found.append(node.tag.split("}")[-1].lower())
        node = parents.get(node)
    return _comparable(found)
