"""Whether a reader shows what an element loads, seen together with everything around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.pages.element import Element
from lmtrack._checking.pages.hidden import Size, covering, hiding, size_of

if TYPE_CHECKING:
    from lmtrack._checking.pages.cascade import Cascade, Style
    from lmtrack._checking.pages.css import Rule

# Elements whose box is the picture's own: as small as the box is, as small is the picture.
_REPLACED: Final = frozenset(
    (
        *("img", "image", "input", "embed", "object", "iframe", "frame", "video", "source", "feimage", "use"),
        *("amp-img", "amp-anim", "amp-pixel"),
    )
)


class Unseen(NamedTuple):
    """Why a picture is shown to nobody, and whether only its size speaks for that."""

    why: str
    by_size: bool


class Display:
    """Answers for one document, each element's once."""

    __slots__ = ("_cascade", "_covered", "_styles")

    def __init__(self, cascade: Cascade, /) -> None:
        self._cascade = cascade
        self._styles: dict[Element, Style] = {}
        self._covered: dict[Element, str | None] = {}

    def style(self, element: Element, /) -> Style:
        """Give what the style sheets and its own style say of an element."""
        if element not in self._styles:
            self._styles[element] = self._cascade.style(element)
        return self._styles[element]

    def size(self, element: Element, /) -> Size:
        """Give the size of the box a picture is drawn in; a `source` has that of the picture around it."""
        box = element
        if element.name == "source" and (around := element.parent) is not None:
            box = around.picture or around
        return size_of(box, self.style(box).values)

    def unseen(self, element: Element, /, *, static: bool) -> Unseen | None:
        """Say why nobody sees what an element draws; None if somebody may."""
        if element.name == "amp-pixel":
            return Unseen("an amp-pixel is never drawn", by_size=False)
        style = self.style(element)
        if not style.shown_elsewhere and (why := hiding(element, style.values)):
            return Unseen(f"nobody sees it: {why}", by_size=False)
        if why := self._around(element):
            return Unseen(f"nobody sees it: {why}, of an element around it", by_size=False)
        size = self.size(element)
        replaced = element.name in _REPLACED or ":" in element.name
        if size.is_tiny() or (replaced and size.is_nothing()):
            return Unseen(f"nobody sees it: it is drawn {size} pixels large", by_size=True)
        if replaced and size.is_thin() and not static:
            why = f"it is drawn {size} pixels large, and no mere file for spacing: what it asks for may count"
            return Unseen(why, by_size=True)
        return None

    def _around(self, element: Element, /) -> str | None:
        """Look from the element outwards until the answer is known, and keep it for all that were passed."""
        passed: list[Element] = []
        at, found = element.parent, None
        while at is not None and found is None:
            if at in self._covered:
                found = self._covered[at]
                break
            passed.append(at)
            style = self.style(at)
            found = None if style.shown_elsewhere else covering(at, style.values)
            at = at.parent
        if found is None:
            self._covered.update(dict.fromkeys(passed))
        elif passed:
            # Only what lies inside the one that hides is hidden; the last that was passed is that one.
            self._covered.update(dict.fromkeys(passed, found))
        return found


def unseen_rule(rule: Rule, /) -> str | None:
    """Say why nobody sees what a rule draws, if the rule itself says so."""
    size = size_of(Element("", {}, 0), {one.name: one.value for one in rule.declarations})
    return f"nobody sees it: it is drawn {size} pixels large" if size.is_tiny() else None
