"""Lay the URLs of several renderings side by side, and keep those that are not the same in all of them.

What all renderings hold, as often as all of them hold it, is taken away first; order does not matter for that. What is
left is laid side by side by its place between those that were taken away, so that what differs stands beside what it
differs from.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from lmtrack._checking.compare.difference import Difference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lmtrack._checking.compare.difference import Allowed
    from lmtrack._checking.compare.occurrences import Occurrence

_NOT_THE_SAME: Final = "the URL is not the same for everyone, so asking for it may tell who did"
_NOT_EVERYWHERE: Final = "not every rendering holds this URL, or not as often, so asking for it may tell who did"
_NOT_CHOSEN_ALIKE: Final = (
    "whether this URL is asked for is not the same for everyone, so asking for it may tell who did"
)
_DECLARED: Final = "the URL is not the same for everyone, and was declared personal"


def align(
    renderings: Sequence[Sequence[Occurrence]],
    allowed: Allowed,
    /,
    *,
    place: str = "",
    own: Callable[[int, Occurrence], str | None] = lambda _rendering, _occurrence: None,
) -> list[Difference]:
    """Give what differs; `own` says why a URL of one rendering is meant to be personal."""
    counts = [Counter(map(_key, occurrences)) for occurrences in renderings]
    common = counts[0].copy()
    for count in counts[1:]:
        common &= count
    # By what is meant to be personal, the place between common ones, and the name of the place: what each holds there.
    rows: dict[tuple[str, int, str], list[list[Occurrence]]] = defaultdict(lambda: [[] for _ in renderings])
    for number, occurrences in enumerate(renderings):
        left = common.copy()
        passed = 0
        for occurrence in occurrences:
            if left[key := _key(occurrence)]:
                left[key] -= 1
                passed += 1
                continue
            expected = _DECLARED if allowed(occurrence.url) else own(number, occurrence) or ""
            rows[expected, passed, occurrence.what][number].append(occurrence)
    found: list[tuple[int, Difference]] = []
    for (expected, passed, _), columns in rows.items():
        for rank in range(max(map(len, columns))):
            present = [column[rank] if rank < len(column) else None for column in columns]
            first = next(occurrence for occurrence in present if occurrence is not None)
            urls = tuple(None if occurrence is None else occurrence.url for occurrence in present)
            why = expected or (_NOT_EVERYWHERE if None in urls else _NOT_THE_SAME)
            if not expected and len(set(urls)) == 1:
                why = _NOT_CHOSEN_ALIKE
            where = f"{place}, {first.where}" if place else first.where
            found.append((passed, Difference(place=where, urls=urls, expected=bool(expected), why=why)))
    found.sort(key=lambda one: one[0])
    return [difference for _, difference in found]


def _key(occurrence: Occurrence, /) -> tuple[str, bool, str]:
    """What has to be the same in all renderings."""
    return occurrence.url, occurrence.is_link, occurrence.choice
