"""Find what a tracker needs in a document, in one pass: links, the places for a pixel, the base.

Two readers give the same answer. The fast one lets a single expression pass over everything dull (text, tags that
cannot matter, comments, style sheets) and stops at links and at the few things that change how the rest is read.
It gives up at svg and math, where reading depends on every open element; then the exact one starts over with a stack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import (
    RAW_TEXT,
    WHITESPACE,
    WS,
    any_case,
)
from lmtrack._html.reader import conditional_reader, live_reader
from lmtrack._html.tokenizer import (
    Attribute,
    Token,
    attributes,
    next_token,
    raw_text_end,
    token_at,
)
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack._html.tree import LiveTokens


# A link as it is in the source: the span of its tag, the span of its href value inside the quotes, its element,
# where the conditional comment around it ends (0 for a live link), and whether its tag is known to hold no opt-out
# attribute. A bare tuple, because the fast reader makes one a link and little else.
FoundLink: TypeAlias = tuple[int, int, int, int, str, int, bool]


@dataclass(slots=True)
class Scan:
    """What one pass found; offsets are -1 where there is no such place."""

    links: list[FoundLink] = field(default_factory=list)
    images: list[tuple[int, int]] = field(default_factory=list)  # the spans of the live <img>
    body_start: int = -1  # after the first live <body ...>
    head_end: int = -1  # after the first live </head>
    body_end: int = -1  # before the last live </body>
    html_end: int = -1  # before the last live </html>
    safe_end: int = -1  # before the markup that is unfinished at the end, or the end
    base: str | None = None  # href of the first live <base href>, decoded; an empty one counts


# Where a conditional comment's content begins; group 1 is its condition.
_CONDITION: Final = re.compile(r"<!--\[[iI][fF]([^\]>]*+)\]>")
# The closing of a downlevel-revealed branch right behind <body>: a pixel before it would be in that branch only.
_BRANCH_END: Final = compile_pattern(rf"{WS}*+<!(?:--)?+(?:<!)?+\[{any_case('endif')}\](?:--)?+>")


def scan(html: str, /) -> Scan:
    """Read a document."""
    found = Scan()
    return found if _read_fast(html, found) else _read_exactly(html)


def _read_fast(html: str, found: Scan, /) -> bool:
    """Read without an open-element stack; False if svg or math shows that one is needed."""
    add_link, images, steps = found.links.append, found.images, live_reader().finditer
    position, end = 0, len(html)
    raw_start = raw_end = -1
    while True:
        for step in steps(html, position):  # pragma: no branch - at the end it still matches the empty string
            kind = step.lastindex
            if kind == 2:  # an <a>
                add_link((step.start(1) - 1, step.end(), *step.span(2), "a", 0, True))
            elif kind == 7:  # an <img>
                images.append((step.start(7) - 1, step.end()))
            elif kind == 5:  # a conditional comment with one VML element in it
                add_link((step.start(3) - 1, step.start(5), *step.span(4), step[3], step.end() - 3, True))
            elif kind == 6:  # a tag that frames the document
                _note_tag(html, Token(step.start(6) - 1, step.end(), step[6]), found)
            else:
                break
        start = step.end()
        token = token_at(html, start, end) if start < end else None
        if token is None:  # the end tag of raw text may be what is unfinished: there an image would be text as well
            found.safe_end = raw_start if start == raw_end else start
            return True
        if token.name in {"svg", "math", "template"}:
            return False
        position = _read_token(html, token, found)
        if position < 0:
            found.safe_end = start
            return True
        if token.name in RAW_TEXT:
            raw_start, raw_end = start, position


def _read_token(html: str, token: Token, found: Scan, /) -> int:
    """Note what is seldom in an email; return where to read on, and -1 if all that follows is text."""
    if token.name in RAW_TEXT:
        return raw_text_end(html, token.name, token.end, len(html))
    if token.name == "plaintext":
        return -1
    if token.name:
        _note_tag(html, token, found)
    else:
        _read_conditional(html, token, found)
    return token.end


# What a document may begin with and still be without content.
_BEFORE_CONTENT: Final = frozenset(
    ("html", "head", "meta", "link", "base", "title", "/title", "style", "/style", "script", "/script")
)
_NOT_BLANK: Final = re.compile(r"[^\t\n\f\r ]")
_UNFINISHED_DOCTYPE: Final = re.compile(rf"<!{any_case('doctype')}")


def content_start(html: str, /) -> int:
    """Find where a document's content begins, behind doctype, comments and what belongs to a head; -1 if nowhere."""
    position, end = 0, len(html)
    while content := _NOT_BLANK.search(html, position):
        token = next_token(html, position, end)
        if token is None or token.start != content.start():
            return content.start() if html[content.start()] != "<" else -1
        if token.name and token.name not in _BEFORE_CONTENT:
            return -1 if token.name == "frameset" else token.start
        position = token.end
        if token.name in RAW_TEXT:
            position = raw_text_end(html, token.name, position, end)
            if position < 0:
                return -1
    return -1


def is_before_doctype(html: str, offset: int, /) -> bool:
    """Return whether a doctype without its end is behind an offset, nothing before: an image there would undo it."""
    return _UNFINISHED_DOCTYPE.match(html, offset) is not None and content_start(html[:offset]) < 0


# What `_note_tag` looks at outside comments.
_IMAGES: Final = frozenset(("img", "image"))  # parsers read the second as the first
_NOTED: Final = frozenset(("a", "area", "base", "body", "/body", "/head", "/html")) | _IMAGES


def _read_exactly(html: str, /) -> Scan:
    """Read with the stack of open elements, one tag at a time."""
    found = Scan()
    tokens = _live_tokens(html)
    for token in tokens:
        name = token[2]
        if name == "a" and tokens.is_svg:
            _note_svg_link(html, token, found)
        elif name in _NOTED:
            _note_tag(html, token, found)
        elif not name:
            _read_conditional(html, token, found)
    found.safe_end = tokens.safe_end
    return found


def live_tags(html: str, /) -> Iterator[Token]:
    """Go through every live tag of a document, exactly read; svg and math elements only by name `a`."""
    return (token for token in _live_tokens(html) if token.name)


class Image(NamedTuple):
    """A live `<img>`: the span of its tag and its decoded source."""

    start: int
    end: int
    url: str


def live_images(html: str, /) -> list[Image]:
    """Find every live image that has a source, in order: exactly read, so only for who holds a URL of ours already."""
    images: list[Image] = []
    for tag in live_tags(html):
        if tag.name in _IMAGES:
            source = next((attribute for attribute in attributes(html, tag) if attribute.name == "src"), None)
            if source:
                url = decode_attribute(html[source.value_start : source.value_end]).strip(WHITESPACE)
                images.append(Image(tag.start, tag.end, url))
    return images


def _live_tokens(html: str, /) -> LiveTokens:
    from lmtrack._html.tree import LiveTokens  # noqa: PLC0415 - few documents hold svg; 4 ms of every import

    return LiveTokens(html)


def _href(html: str, token: Token, /) -> Attribute | None:
    """The first href of a tag; later ones do not count."""
    if token[1] - token[0] < len("<a href>"):
        return None
    return next((attribute for attribute in attributes(html, token) if attribute.name == "href"), None)


def _note_svg_link(html: str, token: Token, found: Scan, /) -> None:
    """Keep a link of svg, whose target may have its older name; `href` counts if both are there (SVG 2, 16.1)."""
    named: dict[str, Attribute] = {}
    for attribute in attributes(html, token):
        named.setdefault(attribute.name, attribute)
    if target := named.get("href") or named.get("xlink:href"):
        found.links.append((token.start, token.end, target.value_start, target.value_end, "a", 0, False))


def _note_tag(html: str, token: Token, found: Scan, /, comment_end: int = 0) -> None:
    """Keep what matters of one live tag, or of one tag inside a conditional comment."""
    start, end, name = token
    if name in {"a", "area"} or (comment_end and name.startswith("v:") and name not in {"v:fill", "v:imagedata"}):
        if href := _href(html, token):
            found.links.append((start, end, href.value_start, href.value_end, name, comment_end, False))
    elif comment_end:
        return
    elif name in _IMAGES:
        found.images.append((start, end))
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
    elif name == "base" and found.base is None and (href := _href(html, token)):
        found.base = decode_attribute(html[href.value_start : href.value_end]).strip(WHITESPACE)


def outlook_content(html: str, comment: Token, /) -> tuple[int, int] | None:
    """Find the inside of an Outlook conditional comment (`<!--[if ...mso...]> ... <![endif]-->`); None for others."""
    opening = _CONDITION.match(html, comment.start, comment.end)
    if opening is None or "mso" not in opening[1].lower():
        return None
    start, end = opening.end(), comment.end - 3
    return start, end - 9 if html.endswith("<![endif]", start, end) else end


def _read_conditional(html: str, comment: Token, found: Scan, /) -> None:
    """Look for links inside an Outlook conditional comment."""
    content = outlook_content(html, comment)
    if content is None or "href" not in html[content[0] : content[1]].lower():
        return
    position, end = content
    comment_end = comment.end - 3
    read = conditional_reader().match
    while True:
        step = read(html, position, end)
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
        else:  # a tag; comments are passed over
            _note_tag(html, token, found, comment_end)
