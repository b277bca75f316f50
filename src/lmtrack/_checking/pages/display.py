"""Whether a reader shows what an element loads, seen together with everything around it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.pages.cascade import Cascade
from lmtrack._checking.pages.css import Declaration, When, when_media
from lmtrack._checking.pages.element import Element
from lmtrack._checking.pages.hidden import (
    INVISIBLE,
    Size,
    covering,
    hiding,
    opacity_of,
    scale_of,
    size_of,
    unpainted,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lmtrack._checking.pages.all_readers import StyleSheet
    from lmtrack._checking.pages.cascade import Style
    from lmtrack._checking.pages.css import StyleRule

# Elements whose box is the picture's own: as small as the box is, as small is the picture.
_REPLACED: Final = frozenset(
    (
        *("img", "image", "input", "embed", "object", "iframe", "frame", "video", "source", "feimage", "use"),
        *("amp-img", "amp-anim", "amp-pixel"),
    )
)

_MEDIA: Final = frozenset(("video", "audio"))
_OF_MEDIA: Final = frozenset(("source", "track"))


class Unseen(NamedTuple):
    """Why a picture is shown to nobody, and whether its size is the only evidence."""

    why: str
    by_size: bool


class Display:
    """Answers for the documents of one email, each element's once."""

    __slots__ = ("_around_of", "_cascades", "_no_sheets", "_styles")

    def __init__(self, cascades: Mapping[Element | None, Cascade], /) -> None:
        self._cascades = cascades
        self._no_sheets = Cascade()
        self._styles: dict[Element, Style] = {}
        self._around_of: dict[Element, _Surroundings] = {}

    def style(self, element: Element, /) -> Style:
        """Return what the style sheets and its own style say of an element."""
        if element not in self._styles:
            self._styles[element] = self._cascades.get(element.document, self._no_sheets).style(element)
        return self._styles[element]

    def size(self, element: Element, /) -> Size:
        """Return the size of the box a picture is drawn in, for a reader that drops no declaration."""
        box = _box(element)
        return size_of(box, self.style(box).values)

    def unseen(self, element: Element, /, *, static: bool, background: bool = False) -> Unseen | None:
        """Say why nobody sees what an element draws, or what is drawn behind it; None if someone may."""
        if element.name == "amp-pixel":
            return Unseen("an amp-pixel is never drawn", by_size=False)
        style = self.style(element)
        outer = element.around
        why = style.hides(lambda values: hiding(element, values)) or (background and style.hides(unpainted))
        why = why or self._in_its_picture(element)
        if outer is not None and element.name in _OF_MEDIA and outer.name in _MEDIA:  # it is what that shows
            media = outer
            why = why or self.style(media).hides(lambda values: hiding(media, values))
            outer = media.around
        around = self._surroundings(outer)
        if not why and around.why:
            why = f"{around.why}, of an element around it"
        if not why and around.scale * scale_of(style.values) <= INVISIBLE:
            why = "it is scaled to nothing, with the elements around it"
        if not why and around.opacity * opacity_of(style.values) <= INVISIBLE:
            why = "opacity:0, with that of the elements around it"
        if why:
            return Unseen(f"it cannot be seen: {why}", by_size=False)
        return self._too_small(element, around.scale * scale_of(style.values), static=static)

    def _in_its_picture(self, element: Element, /) -> str | None:
        """Say what hides the picture that a `source` is drawn as; its own attributes may say how large that is."""
        box = _box(element)
        if box is element:
            return None
        style = self.style(box)
        own = size_of(element, {})
        if own.is_tiny() and not style.values.keys() & {"width", "height"}:
            return f"it is drawn at {own} pixels"
        return style.hides(lambda values: hiding(box, values))

    def _too_small(self, element: Element, scale: float, /, *, static: bool) -> Unseen | None:
        box = _box(element)
        replaced = element.name in _REPLACED or ":" in element.name
        thin = None
        for world in self.style(box).worlds:
            sizes = [size_of(box, values).scaled(scale) for values in world]
            if all(size.is_tiny() or (replaced and size.is_nothing()) for size in sizes):
                return Unseen(f"it cannot be seen: it is drawn at {sizes[0]} pixels", by_size=True)
            if replaced and not static and all(size.is_thin() for size in sizes):
                why = f"it is drawn at {sizes[0]} pixels and is not a plain spacing file: requesting it may be counted"
                thin = Unseen(why, by_size=True)
        return thin

    def _surroundings(self, element: Element | None, /) -> _Surroundings:
        """Look from an element outwards until the answer is known, and keep it for all that were passed."""
        passed: list[Element] = []
        at = element
        while at is not None and at not in self._around_of:
            passed.append(at)
            at = at.around
        found = self._around_of[at] if at is not None else _IN_THE_OPEN
        for at in reversed(passed):
            found = self._around_of[at] = self._inside(at, found)
        return found

    def _inside(self, element: Element, outer: _Surroundings, /) -> _Surroundings:
        """Say what an element does to what it holds, with what is done to it."""
        style = self.style(element)
        why = outer.hidden or style.hides(lambda values: covering(element, values))
        folded = outer.folded
        if element.name == "summary" and folded is not None and folded is element.parent and _is_first(element):
            folded = None
        elif element.name == "details" and "open" not in element.attributes and folded is None:
            folded = element
        return _Surroundings(
            why,
            folded,
            outer.opacity * opacity_of(style.values),
            outer.scale * scale_of(style.values),
        )


def _is_first(summary: Element, /) -> bool:
    """Return whether it is the one that is shown of a closed `details`."""
    at = summary.before
    while at is not None and at.name != "summary":
        at = at.before
    return at is None


class _Surroundings(NamedTuple):
    """What the elements around something do to it.

    Attributes:
        hidden: Why nobody sees it, details aside.
        folded: The closed `details` it is in, unless in the summary of that.
        opacity: How opaque it is drawn, at most.
        scale: How much smaller or larger.
    """

    hidden: str | None
    folded: Element | None
    opacity: float
    scale: float

    @property
    def why(self) -> str | None:
        """Say why nobody sees it."""
        return self.hidden or ("closed details" if self.folded is not None else None)


_IN_THE_OPEN: Final = _Surroundings(None, None, 1.0, 1.0)


def _box(element: Element, /) -> Element:
    """Return what a picture is drawn as: a `source` is drawn as the picture around it."""
    if element.name == "source" and (around := element.parent) is not None:
        return around.picture or around
    return element


def cascades_of(sheets: Iterable[StyleSheet], /) -> dict[Element | None, Cascade]:
    """Put the rules of style sheets together, by what holds the document that they are in."""
    cascades: dict[Element | None, Cascade] = {}
    for sheet in sheets:
        element = sheet.element
        cascade = cascades.setdefault(element and element.document, Cascade())
        when = When.ALL if element is None else _when(element)
        if when is not When.NEVER:
            for rule in sheet.sheet.rules:
                cascade.add(rule, when)
                if (made := _made_up(rule)) is not None:
                    cascade.add(made, when)
    return cascades


def _when(element: Element, /) -> When:
    """Say for which readers the style sheet is that an element holds or names."""
    attributes = element.attributes
    kind = attributes.get("type", "").strip().lower()
    if kind not in {"", "text/css"} or "disabled" in attributes or _is_inert(element):
        return When.NEVER
    when = When.ALL if "media" not in attributes else when_media(attributes["media"])
    if element.condition.strip():  # for Outlook, or for a version of Internet Explorer
        when = min(when, When.PERHAPS)
    return when


def _is_inert(element: Element, /) -> bool:
    at = element.parent
    while at is not None:
        if at.name == "template":
            return True
        at = at.parent
    return False


_MADE_UP: Final = re.compile(r"::?+(?:before|after|marker)\b")


def _made_up(rule: StyleRule, /) -> StyleRule | None:
    """Return what a rule loads for what it makes up as a rule for the elements that this is in: hidden with them."""
    urls = [url for one in rule.declarations for url in one.urls]
    selectors = rule.nested or (rule.selectors if rule.grouped else "")
    if not urls or not _MADE_UP.search(selectors):
        return None
    return replace(
        rule,
        selectors=_MADE_UP.sub("", selectors),
        nested="",
        grouped=True,
        declarations=[Declaration("", "", important=False, urls=urls)],
    )


def unseen_rule(rule: StyleRule, /) -> str | None:
    """Say why nobody sees what a rule draws, if the rule itself says so."""
    values = {one.name: one.value for one in rule.declarations}
    size = size_of(Element("", {}, 0), values)
    if size.is_tiny():
        return f"it cannot be seen: it is drawn at {size} pixels"
    # What a rule makes up is nowhere else, so nothing but the rule says how it is drawn.
    why = hiding(Element("", {}, 0), values) if rule.when is When.ALL and _MADE_UP.search(rule.prelude) else None
    return f"it cannot be seen: {why}" if why else None
