"""The text a person sees as a link."""

from __future__ import annotations

import re
from html import unescape
from typing import Final

from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import RAW_TEXT
from lmtrack._html.tokenizer import Token, attributes, next_token, open_point, raw_text_end, token_at

# Our choice: a link's text is a line; more markup than this is a link someone forgot to close.
_LIMIT: Final = 10_000
_NUMBER: Final = re.compile(r"&#(?=[0-9])0*+([0-9]{0,9}+)[0-9]*+")
# Tags that leave no gap between the words around them; what holds raw text shows nothing either.
_INLINE: Final = frozenset(
    ("a", "abbr", "b", "big", "code", "em", "font", "i", "s", "small", "span", "strong", "u", "wbr")
)


def visible_text(html: str, tag_start: int, limit: int, /, *, most_tags: int = _LIMIT) -> str:
    """Read the text of the link whose tag begins at `tag_start`, with the alt texts of its images, blanks folded.

    It ends at the link's end tag, at the next tag of the same name, at `limit`, or after 10,000 characters of markup or
    `most_tags` tags.
    """
    end = min(limit, tag_start + _LIMIT)
    opening = token_at(html, tag_start, limit)
    if opening is None:
        return ""
    if opening.name == "area":
        return " ".join(_alt(html, opening).split())
    parts: list[str] = []
    position = opening.end
    tags = 0
    while token := next_token(html, position, end):
        tags += 1
        parts.append(_plain(html[position : token.start]))
        position = token.end
        name = token.name.removeprefix("/")
        if name == opening.name or tags > most_tags:
            break
        if token.name in RAW_TEXT:
            position = raw_text_end(html, name, position, end)
            if position < 0:
                break
        elif token.name == "img":
            parts.append(f" {_alt(html, token)} ")
        elif name and name not in _INLINE and name not in RAW_TEXT:
            parts.append(" ")
    else:
        parts.append(_plain(html[position : open_point(html, position, end)]))
    return " ".join("".join(parts).split())


def _plain(text: str, /) -> str:
    # `unescape` gives any number to int(), which refuses thousands of digits; from nine on they mean no character.
    return unescape(_NUMBER.sub(r"&#0\1", text) if "&#" in text else text)


def _alt(html: str, token: Token, /) -> str:
    for attribute in attributes(html, token):
        if attribute.name == "alt":
            return decode_attribute(html[attribute.value_start : attribute.value_end])
    return ""
