"""Compare what several people get of one email: HTML, and what of it a sender has declared to be personal.

What all renderings hold, as often as all of them hold it, is taken away first; order does not matter for that. What is
left is laid side by side by its place between those that were taken away, so that what differs stands beside what it
differs from.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from lmtrack._checking.compare.occurrences import read_page
from lmtrack._checking.compare.structure import ValueNumbers
from lmtrack._checks import plain_str

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from lmtrack._checking.compare.occurrences import ComparedPage, Occurrence, Trait


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that differs between renderings of one email; made by `compare_renderings` and `compare_messages`.

    Attributes:
        place: Where it is in the first rendering that has it: the part of a message as IMAP counts, the element
            with its attribute and line, the header.
        values: What is there in each rendering, in order, None where there is nothing: the URL; for a header, its
            value; for a part without URLs, its file name or type, and the beginning of its SHA-256.
        expected: Whether it is meant to differ from person to person: because mail requires it, or because `allow`
            declares it. What is not expected may reveal who opened or clicked.
        why: The evidence, in a sentence; it is for people and may change.
    """

    place: str
    values: tuple[str | None, ...]
    expected: bool
    why: str

    def to_dict(self) -> dict[str, object]:
        """Return the difference as JSON types."""
        return {"place": self.place, "values": list(self.values), "expected": self.expected, "why": self.why}


@dataclass(frozen=True, slots=True)
class Allowed:
    """What was declared personal: exact values, and patterns that are searched for in a value."""

    values: frozenset[str]
    patterns: tuple[re.Pattern[str], ...]

    def __call__(self, value: str, /) -> bool:
        """Return whether a value was declared."""
        return value in self.values or any(pattern.search(value) for pattern in self.patterns)


def read_allow(allow: Sequence[str | re.Pattern[str]], /) -> Allowed:
    """Check what a caller allows.

    Raises:
        TypeError: It is not a sequence of str and text patterns; one str would be read letter by letter.
    """
    if isinstance(allow, str | re.Pattern):
        raise TypeError("allow must be a sequence, not one value")
    entries = tuple(allow)
    patterns = tuple(entry for entry in entries if isinstance(entry, re.Pattern) and isinstance(entry.pattern, str))
    values = frozenset(plain_str(entry, "allow") for entry in entries if isinstance(entry, str))
    if len(patterns) + sum(isinstance(entry, str) for entry in entries) != len(entries):
        raise TypeError("allow must hold str and compiled patterns of str")
    return Allowed(values, patterns)


_NOT_THE_SAME: Final = "the URL is not the same for everyone, so a request for it may identify the recipient"
_NOT_EVERYWHERE: Final = (
    "not every rendering holds this URL, or not as often, so a request for it may identify the recipient"
)
_NOT_CHOSEN_ALIKE: Final = (
    "whether this URL is requested is not the same for everyone, so a request for it may identify the recipient"
)
_DECLARED: Final = "the URL is not the same for everyone, and was declared personal"


class _Gap(NamedTuple):
    """Between two URLs that all renderings have, the URLs of one kind that not all have.

    Attributes:
        expected: Why they are meant to be personal; empty if they are not.
        passed: How many common URLs come before.
        what: The name of the place they are in.
    """

    expected: str
    passed: int
    what: str


def align(
    renderings: Sequence[Sequence[Occurrence]],
    allowed: Allowed,
    /,
    *,
    key: Callable[[Occurrence], Hashable],
    place: str = "",
    own: Callable[[int, Occurrence], str | None] = lambda _rendering, _occurrence: None,
) -> list[Difference]:
    """Return what differs.

    Args:
        renderings: The URLs of each, in order.
        allowed: What was declared personal.
        key: What of a URL has to be the same in all of them.
        place: Where they are in a message.
        own: Says why a URL of one rendering is meant to be personal.
    """
    gaps = _gaps(renderings, key, lambda number, one: _DECLARED if allowed(one.url) else own(number, one) or "")
    found = [
        (gap.passed, _difference(gap, beside, place))
        for gap, columns in gaps.items()
        for beside in zip_longest(*columns)
    ]
    found.sort(key=lambda one: one[0])
    return [difference for _, difference in found]


def _gaps(
    renderings: Sequence[Sequence[Occurrence]],
    key: Callable[[Occurrence], Hashable],
    expected: Callable[[int, Occurrence], str],
    /,
) -> dict[_Gap, list[list[Occurrence]]]:
    """Take away what all have, and return what is left in each gap: a list for each rendering."""
    counts = [Counter(map(key, occurrences)) for occurrences in renderings]
    common = counts[0].copy()
    for count in counts[1:]:
        common &= count
    gaps: dict[_Gap, list[list[Occurrence]]] = defaultdict(lambda: [[] for _ in renderings])
    for number, occurrences in enumerate(renderings):
        left = common.copy()
        passed = 0
        for occurrence in occurrences:
            if left[one := key(occurrence)]:
                left[one] -= 1
                passed += 1
            else:
                gaps[_Gap(expected(number, occurrence), passed, occurrence.what)][number].append(occurrence)
    return gaps


def _difference(gap: _Gap, beside: Sequence[Occurrence | None], place: str, /) -> Difference:
    first = next(occurrence for occurrence in beside if occurrence is not None)
    values = tuple(None if occurrence is None else occurrence.url for occurrence in beside)
    if gap.expected:
        why = gap.expected
    elif None in values:
        why = _NOT_EVERYWHERE
    else:
        why = _NOT_THE_SAME if len(set(values)) > 1 else _NOT_CHOSEN_ALIKE
    where = f"{place}, {first.where}" if place else first.where
    return Difference(place=where, values=values, expected=bool(gap.expected), why=why)


T = TypeVar("T", str, bytes)


def compare_renderings(
    renderings: Sequence[str], /, *, allow: Sequence[str | re.Pattern[str]] = ()
) -> list[Difference]:
    """Return what differs between renderings of one email and may reveal who opens it or clicks in it.

    It needs no list of trackers and no keys: what is the same for everyone identifies no one. It compares every URL
    that any client may load or that a click may follow: elements, style sheets, conditional comments, scripts, unknown
    attributes, plain text. What decides whether a client loads a URL is compared too: the elements around it with their
    attributes, styles and conditions, which elements the rules of the style sheets may select, and what the document
    says about itself. Text, names of classes that no rule selects, and the order of URLs may differ.

    Where it cannot be decided whether clients load the same URLs (different style sheets or scripts, a style sheet
    that is elsewhere), the result has a difference that says so.

    Two renderings only show what differs between those two. Choose recipients who differ in everything: consent, name,
    language, segment. Content never raises; time and memory are linear.

    Args:
        renderings: The document as it was made for each person, two or more.
        allow: URLs that are personal on purpose, such as the unsubscribe link: exact URLs as str, or compiled patterns
            that are searched for in the URL. Matches are in the result with `expected` set to True.

    Returns:
        The differences, nearly in the order of the document. A document that cannot be read to its end, and is not the
        same for everyone, is a difference as well.

    Raises:
        TypeError: An argument has the wrong type; a str in place of a sequence would be read character by character.
        ValueError: There are fewer than two renderings.

    >>> mail = '<p>Hello {0}<img src="https://t.example/open?m={1}"> <a href="https://shop.example/">Shop</a>'
    >>> [difference.values for difference in compare_renderings([mail.format("Ann", 1), mail.format("Bob", 2)])]
    [('https://t.example/open?m=1', 'https://t.example/open?m=2')]
    >>> compare_renderings([mail.format("Ann", 1), mail.format("Bob", 1)])
    []
    """
    texts = several(renderings, plain_str)
    return compare_pages(texts, read_allow(allow), place="")


def several(renderings: Sequence[T], plain: Callable[[object, str], T], /) -> list[T]:
    """Check that there is something to compare, and make each of it plain."""
    if isinstance(renderings, str | bytes):
        raise TypeError(f"one {type(renderings).__name__} cannot be compared with others; pass a sequence")
    given = [plain(one, "each") for one in renderings]
    if len(given) < 2:
        raise ValueError("two or more are needed to compare")
    return given


def compare_pages(
    texts: Sequence[str | None],
    allowed: Allowed,
    /,
    *,
    place: str,
    own: Callable[[int, Occurrence], str | None] = lambda _rendering, _occurrence: None,
) -> list[Difference]:
    """Compare documents, of which some may be missing."""
    if len(set(texts)) == 1:
        return []
    numbers = ValueNumbers()
    known = {text: read_page(text, numbers) for text in dict.fromkeys(texts) if text is not None}
    pages = [None if text is None else known[text] for text in texts]
    there = [page for page in pages if page is not None]
    key = _key_for(there)
    found = align([page.found if page else [] for page in pages], allowed, place=place, own=own, key=key)
    if not found:  # as the other reader has it
        found = align([page.exact if page else [] for page in pages], allowed, place=place, own=own, key=key)
    found += _compare_traits(pages, place)
    limits = dict.fromkeys(limit for page in there for limit in page.limits)
    unread = (f"the renderings differ, and one was not read to its end: {limit}" for limit in limits)
    return found + [_undecided(place, why, (None,) * len(texts)) for why in unread]


def _key_for(pages: Sequence[ComparedPage], /) -> Callable[[Occurrence], Hashable]:
    """Choose what has to be the same of a URL.

    Rules that are not the same choose nothing alike; then their URLs are compared and not what chooses them.
    """
    alike = len({page.sheets.key for page in pages}) == 1 or not any(page.loads for page in pages)
    return _strictly if alike else _loosely


def _strictly(occurrence: Occurrence, /) -> Hashable:
    return occurrence.url, occurrence.is_link, occurrence.chosen


def _loosely(occurrence: Occurrence, /) -> Hashable:
    return occurrence.url, occurrence.is_link, occurrence.said


def _compare_traits(pages: Sequence[ComparedPage | None], place: str, /) -> Iterator[Difference]:
    """Compare what decides for a whole document, if one of them loads anything."""
    if not any(page and page.loads for page in pages):
        return
    columns: list[dict[str, Trait]] = [
        {trait.why: trait for trait in (page.sheets, *page.traits)} if page else {} for page in pages
    ]
    for why in dict.fromkeys(why for column in columns for why in column):
        traits = [column.get(why) for column, page in zip(columns, pages, strict=True) if page]
        if len({trait and trait.key for trait in traits}) > 1:
            shown = [column.get(why) for column in columns]
            yield _undecided(place, why, tuple(trait and trait.value for trait in shown))


def _undecided(place: str, why: str, values: tuple[str | None, ...], /) -> Difference:
    return Difference(place=place or "document", values=values, expected=False, why=why)
