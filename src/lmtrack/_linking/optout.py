"""The marks in a link's tag: how a template says "do not track this link", and what it calls the link."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import WHITESPACE, WS, ascii_lower
from lmtrack._html.tokenizer import Attribute, attributes, token_at
from lmtrack._linking.optout_attributes import HINTS, LABELS, OPT_OUT_CLASSES, OWN_LABEL, REMOVABLE

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_ASSIGNS: Final = re.compile(rf"{WS}*+=").match


class Mark(NamedTuple):
    """A mark on a link.

    Attributes:
        name: The attribute's name.
        opts_out: Whether it means "do not track this link".
        before: Where the attribute before it, or the tag's name, ends.
        start: Where it begins.
        end: Where it ends.
    """

    name: str
    opts_out: bool
    before: int
    start: int
    end: int


def read_marks(html: str, tag_start: int, tag_end: int, more: Sequence[str] = (), /) -> list[Mark]:
    """Find the opt-outs and our label in a tag; of two attributes with one name the first counts, both go.

    `more` names further attributes whose presence is an opt-out.
    """
    tag = token_at(html, tag_start, tag_end)
    if tag is None or not (more or any(hint in ascii_lower(html[tag_start:tag_end]) for hint in HINTS)):
        return []
    marks: list[Mark] = []
    applies: dict[str, bool] = {}
    before = tag.start + 1 + len(tag.name)
    for attribute in attributes(html, tag):
        name = attribute.name
        if name not in applies:
            applies[name] = _is_mark(html, attribute, more)
        if applies[name]:
            marks.append(Mark(name, name != OWN_LABEL, before, attribute.start, attribute.end))
        before = attribute.end
    return marks


def _is_mark(html: str, attribute: Attribute, more: Sequence[str], /) -> bool:
    name = attribute.name
    if name in REMOVABLE:
        wanted = REMOVABLE[name]
        return wanted is None or ascii_lower(_value(html, attribute)) == wanted
    return name in more or (name == "class" and not OPT_OUT_CLASSES.isdisjoint(_value(html, attribute).split()))


def removals(html: str, marks: Sequence[Mark], names: Collection[str], /) -> list[tuple[int, int]]:
    """Choose the spans to take out of a tag so that the marks of these names go and the rest of it reads as before.

    What is between a mark and the attribute before it (blanks, slashes) goes along only if something behind keeps the
    neighbours apart, or the tag ends there: a slash left at its end would close an element of svg. Before a name that
    begins with `=` a mark must stay, or the attribute before it would get a value; so must those with the same name,
    of which the first counts.
    """
    going = set(names) - {mark.name for mark in marks if _ASSIGNS(html, mark.end)}
    spans: list[tuple[int, int]] = []
    behind: int  # where the text begins that stays behind the spans so far
    for mark in reversed(marks):
        if mark.name not in going:
            continue
        if not spans or spans[-1][0] != mark.end:
            behind = mark.end
        spans.append((mark.before if html[behind] in f"{WHITESPACE}>" else mark.start, mark.end))
    return spans


def label_of(html: str, tag_start: int, limit: int, /) -> str | None:
    """Read the label of the link whose tag begins at `tag_start`, blanks folded; None if it has none."""
    tag = token_at(html, tag_start, limit)
    if tag is None:
        return None
    values: dict[str, str] = {}
    for attribute in attributes(html, tag):
        values.setdefault(attribute.name, _value(html, attribute))
    return next((label for name in LABELS if name in values and (label := " ".join(values[name].split()))), None)


def _value(html: str, attribute: Attribute, /) -> str:
    return decode_attribute(html[attribute.value_start : attribute.value_end]).strip(WHITESPACE)
