"""The exact tokeniser: one token at a time, every rule of the standard, no shortcuts.

It serves the places where speed does not matter: the odd tag the fast scanner hands over, and whole documents with
svg or math in them. A token is the span of a tag or comment; text between them is not reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._html.grammar import (
    ATTRIBUTE,
    ATTRIBUTES_EXACT,
    BOGUS,
    BOGUS_FROM_OPEN,
    COMMENT,
    COMMENT_FROM_OPEN,
    NOT_MARKUP,
    RAW_TEXT_END,
    SCRIPT_STEP,
    TAG,
    ascii_lower,
    verbose,
)

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

_MARKUP: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/!?")


class Token(NamedTuple):
    """A tag or comment: `name` is lower case, with a slash for an end tag; "" for comments and doctypes."""

    start: int
    end: int
    name: str


class Attribute(NamedTuple):
    """One attribute as written: lower-case name, the whole span, and the value with the quote around it."""

    name: str
    start: int
    end: int
    value_start: int
    value_end: int
    quote: str


# A name is most often in lower case already, and a named tuple's own __new__ takes twice as long.
_new = tuple.__new__


def _reader(*, cdata: bool) -> re.Pattern[str]:
    """Text, then at most one token: group 1 is a tag's name, group 2 is empty before a comment.

    The last quantifier is not possessive because groups stand in it (CPython issue 101955); nothing follows it that
    could make it try again.
    """
    section = r"| <!\[CDATA\[ [^\]]*+ (?: \](?!\]>) [^\]]*+ )*+ \]\]>" if cdata else ""
    unless = r"(?! !\[CDATA\[ )" if cdata else ""
    return verbose(
        rf"""
        [^<]*+ (?: (?: < {NOT_MARKUP} {section} ) [^<]*+ )*+
        (?: < ( /?+ [a-zA-Z] [^\t\n\f\r />]*+ ) {ATTRIBUTES_EXACT} | () < (?: {COMMENT} | {unless} {BOGUS} ) )?
        """
    )


_HTML: Final = _reader(cdata=False)
_FOREIGN: Final = _reader(cdata=True)


def next_token(html: str, position: int, end: int, /, *, cdata: bool = False) -> Token | None:
    """Find the next tag or comment at or after `position`; None if no complete one is left before `end`.

    With `cdata` (the adjusted current node is not an HTML element) a CDATA section is text and is passed over.
    """
    match = (_FOREIGN if cdata else _HTML).match(html, position, end)
    if match is None or not match.lastindex:
        return None
    if match.lastindex == 2:
        return _new(Token, (match.start(2), match.end(), ""))
    name = match[1]
    return _new(Token, (match.start(1) - 1, match.end(), name if name.islower() else ascii_lower(name)))


def token_at(html: str, start: int, end: int, /) -> Token | None:
    """Read the token whose `<` is at `start`; None if it is unfinished before `end`."""
    if not html.startswith("!", start + 1) and (match := TAG.match(html, start, end)):
        return Token(start, match.end(), ascii_lower(match[1]))
    if match := COMMENT_FROM_OPEN.match(html, start, end) or BOGUS_FROM_OPEN.match(html, start, end):
        return Token(start, match.end(), "")
    return None


def open_point(html: str, position: int, end: int, /) -> int:
    """Where the unfinished markup begins that ends the document after `position`; `end` if there is none."""
    while (start := html.find("<", position, end)) >= 0:
        if html[start + 1 : min(start + 2, end)] and html[start + 1] in _MARKUP:
            return start
        position = start + 1
    return end


def attributes(html: str, tag: Token, /) -> Iterator[Attribute]:
    """Read the attributes of a start tag, duplicates included, in source order."""
    position = tag.start + 1 + len(tag.name)
    while True:
        match = ATTRIBUTE.match(html, position, tag.end - 1)
        if match is None:
            return
        group = match.lastindex or 1
        value_start, value_end = match.span(group) if group > 1 else (match.end(), match.end())
        name, start, position = match[1], match.start(1), match.end()
        name = name if name.islower() else ascii_lower(name)
        yield _new(Attribute, (name, start, position, value_start, value_end, ("", "", '"', "'", "")[group]))


def is_self_closing(html: str, tag: Token, /) -> bool:
    """Return whether the tag ends in `/>` with the slash outside a value ("self-closing start tag state")."""
    if html[tag.end - 2] != "/":
        return False
    last_end = tag.start + 1 + len(tag.name)
    for attribute in attributes(html, tag):
        last_end = attribute.end
    return last_end <= tag.end - 2


def raw_text_end(html: str, name: str, position: int, end: int, /) -> int:
    """Find the end tag that closes raw text opened by `name`; -1 if none does. Returns the offset of its `<`."""
    if name == "script":
        return _script_end(html, position, end)
    if name == "plaintext":  # nothing ends it
        return -1
    match = RAW_TEXT_END[name].search(html, position, end)
    return match.start() if match else -1


def _script_end(html: str, position: int, end: int, /) -> int:
    """Walk the script data states: inside `<!-- <script` an end tag only leaves the inner script."""
    escaped = double = False
    for match in SCRIPT_STEP.finditer(html, position, end):
        kind = match.lastgroup
        if kind == "end":
            escaped = double = False
        elif kind == "open":
            escaped = True
        elif double:
            double = not match["slash"]
        elif match["slash"]:
            return match.start()
        else:
            double = escaped
    return -1
