"""What the style sheets of a document and an element's own style add up to, for each kind of reader.

Source: css-cascade-5, section 6: importance, then the style attribute, then specificity, then order. Readers do not add
up alike: one in standards mode drops lengths without units and tells capitals apart, one in quirks mode does neither,
an old one drops nothing. So there are several *worlds*, and what is hidden in one of them is hidden. Rules that hold
for some readers only (`@media`, `:hover`) hide nothing, but what they show, someone sees.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.pages.css import NO_LAYER, When, read_declarations
from lmtrack._checking.pages.selectors import Selector, read_selectors
from lmtrack._checking.pages.values import Validity, Values, is_unitless, validity
from lmtrack._pattern import word_set

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lmtrack._checking.pages.css import Declaration, StyleRule
    from lmtrack._checking.pages.element import Element


# What `hidden` and `visible_unsubscribe` ask for. Rules about nothing else are not kept.
_ASKED: Final = word_set("""
    display visibility opacity filter clip clip-path transform scale content-visibility zoom translate rotate font-size
    color position left top right bottom margin margin-left margin-top text-indent inset inset-inline
    inset-inline-start inset-inline-end inset-block inset-block-start inset-block-end margin-inline margin-inline-start
    margin-block margin-block-start inline-size block-size background-position-x background-position-y
    max-inline-size max-block-size min-inline-size min-block-size overflow overflow-x overflow-y width height max-width
    max-height min-width min-height object-position content backface-visibility background-size background-position
    background-repeat background contain aspect-ratio box-sizing padding padding-left padding-right padding-top
    padding-bottom
""")
# What WebKit called properties before css-logical-1.
_LOGICAL: Final = {
    **{f"-webkit-{how}logical-width": f"{how}inline-size" for how in ("", "min-", "max-")},
    **{f"-webkit-{how}logical-height": f"{how}block-size" for how in ("", "min-", "max-")},
    "-webkit-margin-start": "margin-inline-start",
    "-webkit-margin-before": "margin-block-start",
}
# Presentation attributes of SVG (SVG 2, section 6.6) that hide something.
_DRAWN: Final = frozenset(("display", "visibility", "opacity", "transform", "clip-path", "filter"))
_DRAWINGS: Final = frozenset(("svg", "g", "image", "use", "foreignobject", "switch", "symbol", "a", "rect", "text"))
# What a rule that holds for some readers only does not do to the others.
_HIDES: Final = frozenset(("hidden", "collapse", "0", "0px", "0%"))
# Our choice: comparisons and what declarations cost, a tenth of a second of work; the corpus needs 1,900 at most.
_MOST_STEPS: Final = 30_000
_STEPS_OF_A_URL: Final = 10  # it is judged for each element that loads it
_CHARACTERS_OF_A_STEP: Final = 200  # of a value, which is read again for each element


class _Entry(NamedTuple):
    weight: tuple[int, int, int, int]
    order: int
    selector: Selector
    rule: StyleRule
    when: When
    steps: int  # what its declarations cost for each element


class _Said(NamedTuple):
    """A declaration that is for an element.

    Attributes:
        declaration: What it says.
        when: For which readers.
        exact: Whether it is for it in standards mode, too.
        own: Whether it is of the element's own style.
        layer: In which layer it is.
    """

    declaration: Declaration
    when: When
    exact: bool
    own: bool = False
    layer: int = NO_LAYER

    def in_old_readers(self) -> bool:
        return self.when >= When.DOUBTED

    def in_quirks_mode(self) -> bool:
        one = self.declaration
        if self.when is not When.ALL or one.spoiled:
            return False
        valid = validity(one.name, one.value)
        return valid is Validity.KEPT or (valid is Validity.UNSURE and is_unitless(one.value))

    def in_standards_mode(self) -> bool:
        one = self.declaration
        is_for_it = self.when is When.ALL and self.exact and not one.spoiled
        return is_for_it and validity(one.name, one.value) is Validity.KEPT


class World(NamedTuple):
    """Values by property for one kind of reader, and those with what rules for some readers show."""

    values: Values
    shown: Values


class Style(NamedTuple):
    """What holds for an element.

    Attributes:
        worlds: What it adds up to; the first is that of a reader that drops nothing.
        urls: What is loaded, each with whether it is of the element's own style.
    """

    worlds: tuple[World, ...]
    urls: list[tuple[str, bool]]

    @property
    def values(self) -> Values:
        """Return the values for a reader that drops nothing."""
        return self.worlds[0].values

    def hides(self, why: Callable[[Mapping[str, str]], str | None], /) -> str | None:
        """Say why something is hidden in one of the worlds; None if it is in none, or some reader is shown it."""
        for values, shown in self.worlds:
            if (found := why(values)) and (shown is values or why(shown)):
                return found
        return None


class Cascade:
    """Rules of all style sheets of one document, found by what they ask of an element.

    Attributes:
        exhausted: Whether comparing took too long, so that some rules were left out.
        has_urls: Whether some rule loads something.
    """

    __slots__ = ("_by_key", "_count", "_known", "_steps", "exhausted", "has_urls")

    def __init__(self) -> None:
        self._by_key: dict[str, list[_Entry]] = {}
        self._known: dict[object, Style] = {}  # by what holds for an element: many of an email have one style
        self._count = 0
        self._steps = 0
        self.exhausted = False
        self.has_urls = False

    def add(self, rule: StyleRule, when: When = When.ALL, /) -> None:
        """Add a rule, in order; `when` says for which readers its sheet is."""
        when = min(when, rule.when)
        selectors = rule.nested or (rule.selectors if rule.grouped else "")
        if not selectors or not any(_is_asked(one) for one in rule.declarations):
            return
        self.has_urls = self.has_urls or any(one.urls for one in rule.declarations)
        steps = sum(map(_steps_of, rule.declarations))
        for selector in read_selectors(selectors, escaped=rule.escaped):
            self._count += 1
            for_whom = min(when, selector.when)
            if for_whom is When.SOME and selector.when is When.DOUBTED:
                for_whom = When.NEVER  # what hardly any reader knows shows nothing to some of them
            entry = _Entry((rule.layer, *selector.weight), self._count, selector, rule, for_whom, steps)
            self._by_key.setdefault(selector.compounds[0].key(), []).append(entry)

    def style(self, element: Element, /) -> Style:
        """Add up what holds for an element."""
        written = element.attributes.get("style", "")
        drawn = _drawn(element)
        matched = sorted(self._matching(element)) if self._by_key else []
        if drawn:
            return self._style(written, drawn, matched)
        key = (written, *((entry.order, exact) for entry, exact in matched)) if matched else written
        style = self._known.get(key)
        if style is None:
            style = self._known[key] = self._style(written, [], matched)
        return style

    def _style(self, written: str, drawn: list[Declaration], matched: list[tuple[_Entry, bool]], /) -> Style:
        own = read_declarations(written) if written else []
        said = [_Said(one, When.ALL, exact=True) for one in drawn]
        urls: list[tuple[str, bool]] = []
        for entry, exact in matched:
            said += [_Said(one, entry.when, exact, layer=entry.rule.layer) for one in entry.rule.declarations]
            urls += [(url, False) for one in entry.rule.declarations for url in one.urls]
        said += [_Said(one, When.ALL, exact=True, own=True) for one in own]
        urls += [(url, True) for one in own for url in one.urls]
        return Style(_worlds(said), urls)

    def _matching(self, element: Element, /) -> Iterator[tuple[_Entry, bool]]:
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
                    self._steps += entry.steps
                    yield entry, entry.selector.matches(element, entry.rule.cased)[0]


def _steps_of(declaration: Declaration, /) -> int:
    return 1 + len(declaration.urls) * _STEPS_OF_A_URL + len(declaration.value) // _CHARACTERS_OF_A_STEP


def _is_asked(declaration: Declaration, /) -> bool:
    return _plain(declaration.name) in _ASKED or bool(declaration.urls)


def _plain(name: str, /) -> str:
    """Return the name that a property of WebKit is another one for (Compatibility Standard, section 3)."""
    return _LOGICAL.get(name) or name.removeprefix("-webkit-")


def _drawn(element: Element, /) -> list[Declaration]:
    if element.name not in _DRAWINGS:
        return []
    written = [f"{name}:{value}" for name, value in element.attributes.items() if name in _DRAWN]
    return read_declarations(";".join(written)) if written else []


def _worlds(said: list[_Said], /) -> tuple[World, ...]:
    """Add up for each kind of reader; of worlds that are alike there is one."""
    said = [_plainly(one) for one in said if _plain(one.declaration.name) in _ASKED]
    if all(map(_Said.in_standards_mode, said)):
        values = _values(said)
        return (World(values, values),)
    found: list[World] = []
    for test in (_Said.in_old_readers, _Said.in_quirks_mode, _Said.in_standards_mode):
        kept = [one for one in said if test(one)]
        values = shown = _values(kept)
        if len(kept) < len(said) and any(one.when in {When.SOME, When.PERHAPS} for one in said):
            shown = _values([one for one in said if test(one) or _shows(one)])
        if not any(world.values == values and world.shown == shown for world in found):
            found.append(World(values, values if shown == values else shown))
    return tuple(found)


def _plainly(said: _Said, /) -> _Said:
    one = said.declaration
    if not one.name.startswith("-"):
        return said
    return said._replace(declaration=replace(one, name=_plain(one.name)))


def _shows(said: _Said, /) -> bool:
    one = said.declaration
    hides = one.value in _HIDES or (one.name == "display" and one.value == "none")
    return said.when in {When.SOME, When.PERHAPS} and not hides


def _values(said: list[_Said], /) -> Values:
    values = Values()
    for important in (False, True):
        if important and any(one.layer != NO_LAYER for one in said):
            said = sorted(said, key=lambda one: -one.layer)  # the first layer is the most important
        for own in (False, True):
            values.update(
                (one.declaration.name, one.declaration.value)
                for one in said
                if one.declaration.important == important and one.own == own
            )
    return values
