"""HTML from templates: every value is escaped that does not say it is HTML already."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Html(str):
    """Text that is HTML."""

    __slots__ = ()


def fill(template: Html, /, **values: object) -> Html:
    """Put values into a template."""
    safe = {name: value if isinstance(value, Html) else escape(str(value)) for name, value in values.items()}
    return Html(template.format(**safe))


def join(parts: Iterable[Html], /) -> Html:
    """Put pieces of HTML one after the other."""
    return Html("".join(parts))
