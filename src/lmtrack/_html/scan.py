"""Find what a tracker needs in a document, in one pass: links, the places for a pixel, the base.

Two readers give the same answer. The fast one lets a single expression pass over everything dull (text, tags that
cannot matter, comments, style sheets) and stops at links and at the few things that change how the rest is read.
It gives up at svg and math, where reading depends on every open element; then the exact one starts over with a stack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import (
    RAW_TEXT,
    WHITESPACE,
    WS,
    any_case,
)
from lmtrack._html.reader import CONDITIONAL, LIVE
from lmtrack._html.tokenizer import (
    Attribute,
    Token,
    attributes,
    is_self_closing,
    next_token,
    open_point,
    raw_text_end,
    token_at,
)
from lmtrack._html.tree import OpenElements, StartTag

if TYPE_CHECKING:
    from collections.abc import Iterator


# A link as it stands in the source: the span of its tag, the span of its href value inside the quotes, its element,
# where the conditional comment around it ends (0 for a live link), and whether its tag is known to hold no opt-out
# attribute. A bare tuple, because the fast reader makes one a link and little else.
FoundLink: TypeAlias = tuple[int, int, int, int, str, int, bool]


@dataclass(slots=True)
class Scan:
    """What one pass found; offsets are -1 where there is no such place."""

    links: list[FoundLink] = field(default_factory=list)
    body_start: int = -1  # after the first live <body ...>
    head_end: int = -1  # after the first live </head>
    body_end: int = -1  # before the last live </body>
    html_end: int = -1  # before the last live </html>
    safe_end: int = -1  # before the markup that is unfinished at the end, or the end
    base: str = ""  # href of the first live <base href>, decoded


# Where a conditional comment's content begins; group 1 is its condition.
_CONDITION: Final = re.compile(r"<!--\[[iI][fF]([^\]>]*+)\]>")
# The closing of a downlevel-revealed branch right behind <body>: a pixel before it would be in that branch only.
_BRANCH_END: Final = re.compile(rf"{WS}*+<!(?:--)?+(?:<!)?+\[{any_case('endif')}\](?:--)?+>")


def scan(html: str, /) -> Scan:
    """Read a document."""
    found = Scan()
    return found if _read_fast(html, found) else _read_exactly(html)


def _read_fast(html: str, found: Scan, /) -> bool:
    """Read without an open-element stack; False if svg or math shows that one is needed."""
    links = found.links
    position, end = 0, len(html)
    while True:
        for step in LIVE.finditer(html, position):
            kind = step.lastindex
            if kind == 2:  # an <a>
                value_start, value_end = step.span(2)
                links.append((step.start(1) - 1, step.end(), value_start, value_end, "a", 0, True))
            elif kind == 5:  # a conditional comment with one VML element in it
                value_start, value_end = step.span(4)
                links.append((step.start(3) - 1, step.start(5), value_start, value_end, step[3], step.end() - 3, True))
            else:
                break
        start = step.end()
        token = token_at(html, start, end) if start < end else None
        if token is None:
            found.safe_end = start
            return True
        name = token.name
        if name in {"svg", "math"}:
            return False
        position = token.end
        if name in RAW_TEXT:
            position = raw_text_end(html, name, position, end)
            if position < 0:
                found.safe_end = start
                return True
        elif name == "plaintext":
            found.safe_end = start
            return True
        elif name:
            _note_tag(html, token, found)
        else:
            _read_conditional(html, token, found)


def _read_exactly(html: str, /) -> Scan:
    """Read with the stack of open elements, one tag at a time."""
    found = Scan()
    elements = OpenElements()
    for token in _walk(html, elements, found):
        name = token.name
        if not name:
            _read_conditional(html, token, found)
        elif name == "a" or not elements.foreign:
            _note_tag(html, token, found)
    return found


def live_tags(html: str, /) -> Iterator[Token]:
    """Go through every live tag of a document, exactly read; svg and math elements only by name `a`."""
    elements = OpenElements()
    for token in _walk(html, elements, Scan()):
        if token.name and (token.name == "a" or not elements.foreign):
            yield token


def _walk(html: str, elements: OpenElements, found: Scan, /) -> Iterator[Token]:
    """Feed every token to the stack and hand it on; for an end tag first hand it on, then close.

    So `elements.foreign` tells of a start tag what it opened (or, closed at once, what it stands in) and of an end tag
    what it stands in. Sets `safe_end` in the end.
    """
    position, end = 0, len(html)
    while token := next_token(html, position, end, cdata=elements.foreign):
        if html[position : token.start].strip(WHITESPACE):
            elements.text()
        position = token.end
        name = token.name
        if not name:
            if html[token.start : token.start + 9].lower() == "<!doctype":
                elements.doctype()
            yield token
        elif name.startswith("/"):
            yield token
            elements.end(name[1:])
        else:
            raw = elements.start(_start_tag(html, token))
            if name == "plaintext" and not elements.foreign:
                found.safe_end = token.start
                return
            if raw:
                position = raw_text_end(html, name, position, end)
                if position < 0:
                    found.safe_end = token.start
                    return
            yield token
    found.safe_end = open_point(html, position, end)


def _start_tag(html: str, token: Token, /) -> StartTag:
    name = token.name
    self_closing = html[token.end - 2] == "/" and is_self_closing(html, token)
    if name == "font":
        return StartTag(name, frozenset(attribute.name for attribute in attributes(html, token)), self_closing)
    if name == "annotation-xml":
        encoding = next((a for a in attributes(html, token) if a.name == "encoding"), None)
        value = decode_attribute(html[encoding.value_start : encoding.value_end]) if encoding else ""
        return StartTag(name, self_closing=self_closing, encoding=value.lower())
    return StartTag(name, self_closing=self_closing)


def _href(html: str, token: Token, /) -> Attribute | None:
    """The first href of a tag; later ones do not count."""
    return next((attribute for attribute in attributes(html, token) if attribute.name == "href"), None)


def _note_tag(html: str, token: Token, found: Scan, /, comment_end: int = 0) -> None:
    """Keep what matters of one live tag, or of one tag inside a conditional comment."""
    start, end, name = token
    if name in {"a", "area"} or (comment_end and name.startswith("v:") and name not in {"v:fill", "v:imagedata"}):
        if href := _href(html, token):
            found.links.append((start, end, href.value_start, href.value_end, name, comment_end, False))
    elif comment_end:
        return
    elif name == "body":
        if found.body_start < 0:
            branch = _BRANCH_END.match(html, end)
            found.body_start = branch.end() if branch else end
    elif name == "/body":
        found.body_end = start
    elif name == "/html":
        found.html_end = start
    elif name == "/head":
        if found.head_end < 0:
            found.head_end = end
    elif name == "base" and not found.base and (href := _href(html, token)):
        found.base = decode_attribute(html[href.value_start : href.value_end]).strip(WHITESPACE)


def _read_conditional(html: str, comment: Token, found: Scan, /) -> None:
    """Look for links inside an Outlook conditional comment (`<!--[if ...mso...]> ... <![endif]-->`)."""
    opening = _CONDITION.match(html, comment.start, comment.end)
    if opening is None or "mso" not in opening[1].lower():
        return
    position, comment_end = opening.end(), comment.end - 3
    if "href" not in html[position:comment_end].lower():
        return
    end = comment_end - 9 if html.endswith("<![endif]", position, comment_end) else comment_end
    while True:
        step = CONDITIONAL.match(html, position, end)
        if step is None:  # pragma: no cover - the expression matches the empty string
            return
        if step.lastindex:
            position = step.end()
            value_start, value_end = step.span(2)
            element = step[1].lower()
            found.links.append((step.start(1) - 1, position, value_start, value_end, element, comment_end, True))
            continue
        start = step.end()
        token = token_at(html, start, end) if start < end else None
        if token is None:
            return
        position = token.end
        if token.name in RAW_TEXT:
            position = raw_text_end(html, token.name, position, end)
            if position < 0:
                return
        elif token.name:
            _note_tag(html, token, found, comment_end)
