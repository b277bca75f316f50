"""What of a message people read: its own text and HTML, decoded as most programs do, in the versions they may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lmtrack._checking.messages.charset import read_characters
from lmtrack._checking.messages.entities import Entity, place_of
from lmtrack._checking.messages.transfer import read_octets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmtrack._checking.messages.entities import Item


class Page(NamedTuple):
    """A displayed part.

    Attributes:
        place: The part, as findings name it.
        text: Its characters.
        is_html: Whether it is HTML rather than plain text.
        sure: Whether every program decodes it alike.
        choices: The paths of the multipart/alternative parts around it.
    """

    place: str
    text: str
    is_html: bool
    sure: bool
    choices: frozenset[str]


def displayed_pages(items: Iterable[Item], /) -> list[Page]:
    """Return the displayed parts of a message, in order."""
    return [_page(item) for item in items if isinstance(item, Entity) and item.is_displayed()]


def versions(pages: list[Page], /) -> list[list[Page]]:
    """Return what readers of HTML see and, if it is another thing, what readers of plain text see."""
    html_choices: frozenset[str] = frozenset().union(*(page.choices for page in pages if page.is_html))
    only_text = [page for page in pages if not page.is_html and page.choices & html_choices]
    always = [page for page in pages if not page.is_html and page not in only_text]
    rich = [page for page in pages if page.is_html or page in always]
    return [rich, [page for page in pages if not page.is_html]] if only_text else [rich]


def _page(part: Entity, /) -> Page:
    octets = read_octets(part.body, part.headers.encoding, closed=part.closed)
    characters = read_characters(octets.readings[0], part.headers.charset)
    return Page(
        place=place_of(part.path),
        text=characters.readings[0],
        is_html=part.headers.content_type == "text/html",
        sure=octets.problem is None and not characters.problems,
        choices=frozenset(path for path, kind in part.above if kind == "multipart/alternative"),
    )
