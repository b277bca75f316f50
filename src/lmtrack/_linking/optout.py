"""Opt-out attributes: how a template says "do not track this link", ours and the services'."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import WHITESPACE, WS, ascii_lower
from lmtrack._html.tokenizer import Attribute, attributes, token_at
from lmtrack._linking.optout_attributes import HINT, OPT_OUT

_ASSIGNS: Final = re.compile(rf"{WS}*+=").match


class OptOut(NamedTuple):
    """An opt-out attribute: its name, and the span to remove so that the rest of the tag reads as before."""

    name: str
    start: int
    end: int


def opt_outs(html: str, tag_start: int, tag_end: int, /) -> list[OptOut]:
    """Find the opt-out attributes of a tag; of two with one name the first counts, and the other goes with it."""
    tag = token_at(html, tag_start, tag_end)
    if tag is None or HINT not in ascii_lower(html[tag_start:tag_end]):
        return []
    found: list[OptOut] = []
    applies: dict[str, bool] = {}
    before = tag.start + 1 + len(tag.name)
    for attribute in attributes(html, tag):
        name = attribute.name
        if name in OPT_OUT:
            wanted = OPT_OUT[name]
            value = decode_attribute(html[attribute.value_start : attribute.value_end])
            if applies.setdefault(name, wanted is None or ascii_lower(value.strip(WHITESPACE)) == wanted):
                found.append(OptOut(name, *_removable(html, before, attribute)))
        before = attribute.end
    return found


def _removable(html: str, before: int, attribute: Attribute, /) -> tuple[int, int]:
    """Choose the span that leaves the rest of the tag as it reads; `before` is where the attribute before this ends.

    What stands between the two (blanks, slashes) goes along only if something behind keeps the neighbours apart, and a
    slash before the end of the tag would otherwise become a self-closing one. Before a name that begins with `=` the
    attribute must stay, or the one before it would get a value: the span is empty.
    """
    start, end = attribute.start, attribute.end
    if _ASSIGNS(html, end):
        return end, end
    return (before if html[end] in f"{WHITESPACE}>" else start), end
