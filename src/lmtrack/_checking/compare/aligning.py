"""Lay the URLs of several renderings side by side, and keep those that are not the same in all of them.

What all renderings hold, as often as all of them hold it, is taken away first; order does not matter for that. What is
left is laid side by side by its place between those that were taken away, so that what differs stands beside what it
differs from.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import zip_longest
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.compare.difference import Difference

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from lmtrack._checking.compare.difference import Allowed
    from lmtrack._checking.compare.occurrences import Occurrence

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
