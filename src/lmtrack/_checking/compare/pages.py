"""Compare what several people get of one mail: HTML."""

from __future__ import annotations

import re  # noqa: TC003 - who asks for the type hints at run time gets them
from collections.abc import Sequence  # noqa: TC003 - who asks for the type hints at run time gets them
from typing import TYPE_CHECKING, TypeVar

from lmtrack._checking.compare.aligning import align
from lmtrack._checking.compare.difference import Difference, read_allow
from lmtrack._checking.compare.occurrences import read_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmtrack._checking.compare.difference import Allowed
    from lmtrack._checking.compare.occurrences import Occurrence

T = TypeVar("T", str, bytes)


def compare_renderings(
    renderings: Sequence[str], /, *, allow: Sequence[str | re.Pattern[str]] = ()
) -> list[Difference]:
    """Say which URLs of one mail differ from person to person; each of them may be a tracker of its own.

    Needs no list of trackers and no keys: what is the same for everyone tells nobody apart. Compared is every URL that
    something may load or that a click may follow: elements, style sheets, conditional comments, scripts, unknown
    attributes, plain text. So is what decides whether a URL is loaded: the element and attribute it stands in, the
    screen it is for, what the style sheet around it says, and whether the classes, ids and attributes that a rule asks
    for are there. Other text may differ, names and prices are no trackers. The order of URLs may differ too, and so may
    what forms send along and how many elements there are for a rule by position; those could tell people apart in
    theory, and are not looked at.

    Two renderings show what differs between these two. Take people who differ in everything: consent, name, language,
    segment. Content never makes it fail; time and memory are linear.

    Args:
        renderings: The document as it was made for each person, two or more.
        allow: URLs that are personal on purpose, such as the unsubscribe link: exact URLs as str, or compiled patterns
            that are searched for in the URL. What they match is in the result with `expected` True.

    Returns:
        The differences, nearly in the order of the document. A document that cannot be read to its end, and is not the
        same for everyone, is one as well.

    Raises:
        TypeError: An argument has another type; a str for either would be read letter by letter.
        ValueError: There are fewer than two renderings.

    >>> mail = '<p>Hello {0}<img src="https://t.example/open?m={1}"> <a href="https://shop.example/">Shop</a>'
    >>> [difference.urls for difference in compare_renderings([mail.format("Ann", 1), mail.format("Bob", 2)])]
    [('https://t.example/open?m=1', 'https://t.example/open?m=2')]
    >>> compare_renderings([mail.format("Ann", 1), mail.format("Bob", 1)])
    []
    """
    texts = several(renderings, str)
    return compare_pages(texts, read_allow(allow), place="")


def several(renderings: Sequence[T], kind: type[T], /) -> list[T]:
    """Check that there is something to compare."""
    if isinstance(renderings, str | bytes):
        raise TypeError(f"one {type(renderings).__name__} cannot be compared with others; give a sequence")
    given = list(renderings)
    for one in given:
        if not isinstance(one, kind):
            raise TypeError(f"each must be {kind.__name__}, not {type(one).__name__}")
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
    pages = {text: read_page(text) for text in set(texts) if text is not None}
    found = align([[] if text is None else pages[text].found for text in texts], allowed, place=place, own=own)
    limits = [limit for text in dict.fromkeys(texts) if text is not None for limit in pages[text].limits]
    return found + [
        Difference(
            place=place or "document",
            urls=(None,) * len(texts),
            expected=False,
            why=f"the renderings differ, and one was not read to its end: {limit}",
        )
        for limit in dict.fromkeys(limits)
    ]
