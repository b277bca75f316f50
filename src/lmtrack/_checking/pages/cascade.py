"""What the style sheets of a document and an element's own style add up to.

Source: css-cascade-5, section 6: importance, then the style attribute, then specificity, then order. Rules under a
condition (`@media`) hide nothing here, as they do so for some readers only; but what they show, somebody sees.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.pages.css import When, read_declarations
from lmtrack._checking.pages.selectors import Selector, read_selectors

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack._checking.pages.css import Declaration, Rule
    from lmtrack._checking.pages.element import Element

# What `hidden` and `visible_links` ask for. Rules about nothing else are not kept.
_ASKED: Final = frozenset(
    (
        *("display", "visibility", "opacity", "filter", "clip", "clip-path", "transform", "scale"),
        *("content-visibility", "zoom", "translate", "font-size", "color"),
        *("position", "left", "top", "right", "bottom", "margin", "margin-left", "margin-top", "text-indent"),
        *("inset", "inset-inline", "inset-inline-start", "inset-block-start"),
        *("margin-inline", "margin-inline-start", "margin-block-start"),
        *("inline-size", "block-size", "max-inline-size", "max-block-size", "min-inline-size", "min-block-size"),
        *("overflow", "overflow-x", "overflow-y", "width", "height"),
        *("max-width", "max-height", "min-width", "min-height"),
    )
)
_SHOWS: Final = {"display": ("none",), "visibility": ("hidden", "collapse"), "max-height": ("0", "0px")}
_MOST_STEPS: Final = 400_000  # our choice: comparisons and declarations, about a second of work; real mail needs 1,000


class _Entry(NamedTuple):
    weight: tuple[int, int, int]
    order: int
    selector: Selector
    rule: Rule


class Style(NamedTuple):
    """Values by property, the URLs in them, and whether a rule under a condition shows what others hide."""

    values: dict[str, str]
    urls: list[tuple[str, bool]]  # each with whether it is of the style attribute
    shown_elsewhere: bool


class Cascade:
    """Rules of all style sheets, found by what they ask of an element.

    Attributes:
        exhausted: Whether comparing took too long, so that some rules were left out.
        has_urls: Whether some rule loads something.
    """

    __slots__ = ("_by_key", "_count", "_steps", "exhausted", "has_urls")

    def __init__(self) -> None:
        self._by_key: dict[str, list[_Entry]] = {}
        self._count = 0
        self._steps = 0
        self.exhausted = False
        self.has_urls = False

    def add(self, rule: Rule, /) -> None:
        """Add a rule, in order."""
        if not rule.selectors or not any(one.name in _ASKED or one.urls for one in rule.declarations):
            return
        self.has_urls = self.has_urls or any(one.urls for one in rule.declarations)
        for selector in read_selectors(rule.selectors):
            self._count += 1
            entry = _Entry(selector.weight(), self._count, selector, rule)
            self._by_key.setdefault(selector.compounds[0].key(), []).append(entry)

    def style(self, element: Element, /) -> Style:
        """Add up what holds for an element."""
        own = read_declarations(element.attributes["style"]) if "style" in element.attributes else []
        matched = sorted(self._matching(element))
        values: dict[str, str] = {}
        urls = [(url, False) for entry in matched for one in entry.rule.declarations for url in one.urls]
        urls += [(url, True) for one in own for url in one.urls]
        ruled = [one for entry in matched if entry.rule.when is When.ALL for one in entry.rule.declarations]
        for important in (False, True):
            for declarations in (ruled, own):
                values.update((one.name, one.value) for one in declarations if one.important == important)
        conditional = [one for entry in matched if entry.rule.when is not When.ALL for one in entry.rule.declarations]
        return Style(values, urls, any(map(_shows, conditional)))

    def _matching(self, element: Element, /) -> Iterator[_Entry]:
        keys = ["", element.name, *("." + name for name in sorted(element.classes))]
        if name := element.attributes.get("id"):
            keys.append("#" + name.strip().lower())
        for key in keys:
            for entry in self._by_key.get(key, ()):
                if self._steps > _MOST_STEPS:
                    self.exhausted = True
                    return
                found, steps = entry.selector.matches(element)
                self._steps += steps
                if found:
                    self._steps += len(entry.rule.declarations)
                    yield entry


def _shows(declaration: Declaration, /) -> bool:
    return declaration.value not in _SHOWS.get(declaration.name, (declaration.value,))
