"""What an element says, beside its URLs, about whether someone loads anything.

Every attribute counts but those that only people and programs without a network read. The same URLs in every copy tell
people apart all the same if each copy has another one of them loaded: one in the `src` and one in a link, one under
`@media print`, one in what only this recipient's copy hides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lmtrack._checking.compare.selected import Need
from lmtrack._checking.pages.css import read_declarations
from lmtrack._checking.pages.element import words_of
from lmtrack._checking.pages.loads import LISTS, sizes_in, uses_of
from lmtrack._checking.pages.selectors import attribute_fits
from lmtrack._pattern import compile_pattern, word_set

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack._checking.compare.selected import Selected
    from lmtrack._checking.pages.css import Declaration
    from lmtrack._checking.pages.element import Element


# Attributes for people, for links, for how something looks or for programs that look it up: none decides a load, unless
# a rule goes by it.
_FREE: Final = word_set("""
    abbr accesskey align alt axis bgcolor border bordercolor cellpadding cellspacing char charoff cite class color cols
    colspan content datetime dir draggable enterkeyhint face for frame headers height href hreflang hspace id inputmode
    itemid itemprop itemref itemscope itemtype label lang maxlength minlength name noshade nowrap placeholder role rows
    rowspan rules scope size spellcheck start step summary tabindex target text link alink vlink title translate valign
    value vspace width xml:lang xmlns
""")
# Elements that by themselves change nothing about what is in them.
PLAIN: Final = word_set("""
    a abbr acronym address article aside b big blockquote body caption center cite code dd del dfn div dl dt em
    figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup html i ins kbd li main mark nav ol p pre q s samp
    section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var
""")
# Elements that are drawn in another font than what is around them.
FONTED: Final = word_set("""
    address b big cite code dfn em font h1 h2 h3 h4 h5 h6 i kbd pre samp small strong th tt var
""")
_FREE_STARTS: Final = ("aria-", "data-", "xmlns:")
# What `content` says of these decides what is loaded; of the other names it is for people and for programs that search.
_TELLING_NAMES: Final = frozenset(("viewport", "referrer", "color-scheme", "supported-color-schemes"))
# Attributes that decide on these elements: of several sheets with a title, those of one are used.
_TELLING_ON: Final = {
    "style": frozenset(("title",)),
    "link": frozenset(("title",)),
    "meta": frozenset(("name",)),
    "param": frozenset(("name", "value")),
    "slot": frozenset(("name",)),
    "details": frozenset(("name",)),  # of those with one name only the first is open
}
_FREE_ON: Final = {"a": frozenset(("rel", "rev", "type")), "area": frozenset(("rel", "rev", "type", "shape", "coords"))}
# Properties that change how something looks and neither whether it is there nor what it shows.
_FREE_PROPERTY: Final = re.compile(
    r"color|background-color|font-(?:size|weight|style|variant[-\w]*|stretch|kerning)|line-height|(?:letter|word)-spacing"
    r"|text-[-\w]+|white-space|word-(?:break|wrap)|overflow-wrap|hyphens|vertical-align|(?:padding|margin)[-\w]*"
    r"|border(?:-(?!image)[-\w]+)?|outline[-\w]*|cursor|direction|tab-size"
    r"|mso-(?!hide)[-\w]+|-webkit-text-[-\w]+|-ms-text-[-\w]+|-ms-interpolation-mode|table-layout|caption-side"
    r"|empty-cells|widows|orphans"
)
_SIZE: Final = re.compile(r"(?:min-|max-)?(?:width|height)")
_URLS: Final = compile_pattern(r"(?:[a-z][a-z0-9+.-]*+:)?+[/\\]{2}[^\s\"'<>()]*+", re.IGNORECASE)
_STRINGS: Final = re.compile(r"\"[^\"]*+\"?+|'[^']*+'?+")
_NOTHING: Final = compile_pattern(r"[\t\n\f\r ]*+\+?[01](?:\.[0-9]*+)?+(?![0-9])")


def conditions_of(element: Element, selected: Selected, need: Need, /) -> Iterator[tuple[str, ...]]:
    """Return what an element says about loading, URLs left out, and what the rules of the sheets go by."""
    everything = selected.everything or Need.VALUES in need
    urls = {*LISTS, *(use.attribute for use in uses_of(element))}
    for name, value in sorted(element.attributes.items()):
        if name in {"class", "id"}:
            named = everything or name in selected.shown
            yield from ((name, one) for one in _names(name, value) if named or selected.is_named(name, one))
        elif name == "style":
            yield from (_said(one) for one in read_declarations(value) if decides(one, selected))
        elif name in urls:
            yield _without_url(name, value)
        elif _counts(element, name, selected) or (everything and name != "href"):
            yield name, _URLS.sub("", value)
        elif name in {"width", "height"} and _NOTHING.match(value):  # as a tracker has it, and some do not load those
            yield name, "nothing"
        for one in dict.fromkeys((name, name.rpartition(":")[2])):
            if one in selected.tests:
                yield from _tested(one, value, selected)


def _without_url(name: str, value: str, /) -> tuple[str, ...]:
    """Return what an attribute with URLs says besides: of a list what each is for, of a refresh after how long."""
    if name in LISTS:
        return name, *sizes_in(value)
    return name, value.partition(";")[0].strip() if name == "content" else ""


def _names(attribute: str, value: str, /) -> list[str]:
    """Return the names in an `id` or a `class`, with their case: it counts in standards mode."""
    return [value] if attribute == "id" else sorted(words_of(value))


def decides(declaration: Declaration, selected: Selected, /) -> bool:
    """Return whether a declaration may decide what is loaded."""
    if selected.by_font and (changes_font(declaration) or _STRINGS.search(declaration.value)):  # a string may be drawn
        return True
    if _SIZE.fullmatch(declaration.name):
        return _NOTHING.match(declaration.value) is not None
    return _FREE_PROPERTY.fullmatch(declaration.name) is None or bool(declaration.urls)


def _said(declaration: Declaration, /) -> tuple[str, ...]:
    value = _STRINGS.sub(lambda text: "" if "/" in text[0] else text[0], declaration.value)
    return "style", declaration.name, value, "!" if declaration.important else ""


def _counts(element: Element, name: str, selected: Selected, /) -> bool:
    takes_focus = name == "tabindex" and "autofocus" in element.attributes  # without one most elements take none
    if takes_focus or name in selected.shown or name in _TELLING_ON.get(element.name, ()):
        return True
    if name in {"lang", "xml:lang"}:
        return selected.by_language
    if name == "dir":
        return selected.by_direction
    if name == "face" or (name in {"start", "value"} and element.name in {"ol", "li"}):  # which characters are drawn
        return selected.by_font
    if name == "content" and element.name == "meta":
        attributes = element.attributes
        return "http-equiv" in attributes or attributes.get("name", "").strip().lower() in _TELLING_NAMES
    return not (name in _FREE or name in _FREE_ON.get(element.name, ()) or name.startswith(_FREE_STARTS))


def _tested(name: str, value: str, selected: Selected, /) -> Iterator[tuple[str, ...]]:
    if selected.is_compared_whole(name):
        yield name, "value", value
        return
    for test in selected.tests[name]:
        if attribute_fits(value, test.how, test.value):
            # In which case it is written decides for some attributes, and not for others.
            yield name, test.how, test.value, *sorted(_spellings(value, test.value))


def _spellings(value: str, part: str, /) -> set[str]:
    """Return how a part is written in a value, wherever it is there."""
    lower = value.lower()
    found: set[str] = set()
    at = lower.find(part) if part else -1
    while at >= 0:
        found.add(value[at : at + len(part)])
        at = lower.find(part, at + len(part))
    return found


def changes_font(declaration: Declaration, /) -> bool:
    """Return whether a declaration changes in which font a text is drawn, or which characters are drawn."""
    return declaration.name.startswith(("font", "text-transform", "-webkit-text-security", "all"))


def refers(declaration: Declaration, /) -> bool:
    """Return whether a declaration uses something that is declared elsewhere: a font, an animation, a variable."""
    return declaration.name.startswith(("font", "animation", "-webkit-animation", "list-style", "content", "all")) or (
        "--" in declaration.value or "attr(" in declaration.value
    )


def is_inherited(declaration: Declaration, /) -> bool:
    """Return whether what a declaration loads may be drawn by an element inside."""
    return declaration.name.startswith(("--", "list-style", "fill", "stroke", "marker"))
