"""Where in the source the attributes stand that a rewriting may change, as libxml2 reads it.

libxml2 tells no offsets. But letters put behind a name change nothing else in how a document is read, wherever the name
stands: so every `href` gets a number of its own, and those that come back as the name of an attribute are attributes.
What follows such a name in the source is then its value by the tokeniser's rules alone.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.verify.events import WHITE, Comment, Start, read_events
from lmtrack._linking.optout_attributes import REMOVABLE
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Of an `a` in svg, the older name of `href`.
_XLINK: Final = "xlink:href"
_NAMES: Final = "|".join(map(re.escape, ("href", *REMOVABLE)))
_NAME: Final = re.compile(f"(?:{_NAMES})", re.IGNORECASE | re.ASCII)
_MARKED: Final = compile_pattern(f"((?:xlink:)?+(?:{_NAMES}))z([0-9]{{1,9}})z")
_VALUE: Final = re.compile(
    r"""[\t\n\f\r ]*+ = [\t\n\f\r ]*+ (?: "([^"]*+)" | '([^']*+)' | ([^\t\n\f\r >]*+) )""", re.VERBOSE
)
# A conditional comment for Outlook, up to where its content begins; HTML5 and libxml2 read a comment like any other.
_CONDITION: Final = re.compile(r"\[[iI][fF]([^\]>]*+)\]>")
_ENDIF: Final = "<![endif]"


class AttributeSpan(NamedTuple):
    """An attribute that may be other afterwards: the `href` of a link, or an opt-out attribute.

    Attributes:
        start: Where its value begins, quotes included; of an opt-out attribute, where its name does.
        end: Where its value ends, quotes included.
        quote: `"`, `'` or empty.
        is_link: Whether it is an `href`.
    """

    start: int
    end: int
    quote: str
    is_link: bool


class _Found(NamedTuple):
    number: int
    name: str


def conditional_content(comment: str, /) -> str | None:
    """Return what Outlook reads inside a comment; None if it is not a comment for Outlook."""
    opening = _CONDITION.match(comment)
    for_outlook = opening is not None and "mso" in opening[1].lower()
    return comment[opening.end() :].removesuffix(_ENDIF) if opening and for_outlook else None


def is_link(tag: str, /, *, conditional: bool) -> bool:
    """Return whether the `href` of an element is a link's, to browsers or, in a conditional comment, to Outlook."""
    return tag in {"a", "area"} or (conditional and tag.startswith("v:") and tag not in {"v:fill", "v:imagedata"})


def target_name(attributes: Iterable[tuple[str, str]], /) -> str:
    """Name the attribute that says where a link leads: `href` where that is there."""
    names = {name for name, _ in attributes}
    return _XLINK if _XLINK in names and "href" not in names else "href"


def removable(attributes: Iterable[tuple[str, str]], /) -> set[str]:
    """The names of a link's attributes that may go: its label, opt-outs that mean it; the first of each name counts."""
    first: dict[str, str] = {}
    for name, value in attributes:
        first.setdefault(name, value)
    return {
        name
        for name, wanted in REMOVABLE.items()
        if name in first and (wanted is None or first[name].strip(WHITE).lower() == wanted)
    }


def find_spans(html: str, /) -> list[AttributeSpan]:
    """Find them all, in source order.

    Raises:
        TooDeepError: The document, or one in a comment for Outlook, is too deep to be read.
    """
    names = [match.span() for match in _NAME.finditer(html)]
    if not names:
        return []
    pieces: list[str] = []
    last = 0
    for number, (_, end) in enumerate(names):
        pieces += (html[last:end], f"z{number}z")
        last = end
    found = _marked("".join(pieces) + html[last:], conditional=False)
    return [_span(html, names[number], name) for number, name in sorted(found)]


def _marked(html: str, /, *, conditional: bool) -> Iterator[_Found]:
    for event in read_events(html):
        if isinstance(event, Start):
            if event.attributes and is_link(event.tag, conditional=conditional):
                yield from _of_link(event)
        elif isinstance(event, Comment) and not conditional and (inner := conditional_content(event.text)):
            yield from _marked(inner, conditional=True)


def _of_link(link: Start, /) -> list[_Found]:
    """The target of a tag, and if it has one, the attributes that may go."""
    plain: list[tuple[str, str]] = []
    found: list[_Found] = []
    for name, value in link.attributes:
        if marked := _MARKED.fullmatch(name):
            plain.append((marked[1], value))
            found.append(_Found(int(marked[2]), marked[1]))
    target = target_name(plain)
    links = [mark for mark in found if mark.name == target]
    if not links:
        return []
    applying = removable(plain)
    return [links[0], *(mark for mark in found if mark.name in applying)]


def _span(html: str, name: tuple[int, int], which: str, /) -> AttributeSpan:
    start, end = name
    value = _VALUE.match(html, end)
    is_target = which in {"href", _XLINK}
    if value is None:
        return AttributeSpan(end if is_target else start, end, "", is_target)
    group = value.lastindex or 3
    quote = ("", '"', "'", "")[group]
    if is_target:
        start = value.start(group) - len(quote)
    return AttributeSpan(start, value.end(), quote, is_target)
