"""Compare what several people get of one email: HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar

from lmtrack._checking.compare.aligning import align
from lmtrack._checking.compare.difference import Difference, read_allow
from lmtrack._checking.compare.occurrences import read_page
from lmtrack._checking.compare.structure import Numbers
from lmtrack._checks import plain_str

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from lmtrack._checking.compare.difference import Allowed
    from lmtrack._checking.compare.occurrences import Occurrence, Page, Trait

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
    numbers = Numbers()
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


def _key_for(pages: Sequence[Page], /) -> Callable[[Occurrence], Hashable]:
    """Choose what has to be the same of a URL.

    Rules that are not the same choose nothing alike; then their URLs are compared and not what chooses them.
    """
    alike = len({page.sheets.key for page in pages}) == 1 or not any(page.loads for page in pages)
    return _strictly if alike else _loosely


def _strictly(occurrence: Occurrence, /) -> Hashable:
    return occurrence.url, occurrence.is_link, occurrence.chosen


def _loosely(occurrence: Occurrence, /) -> Hashable:
    return occurrence.url, occurrence.is_link, occurrence.said


def _compare_traits(pages: Sequence[Page | None], place: str, /) -> Iterator[Difference]:
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
