"""Is a picture shown to nobody: its size, and what its style and those around it do with it.

`style` is what the cascade says of an element: values by property, in lower case.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lmtrack._checking.pages.element import Element

# Pixels of one unit (css-values-4, section 6; a font is taken for 16 pixels high, a screen for 1,000 each way).
_PIXELS: Final = {
    **dict.fromkeys(("vw", "vh", "vi", "vb", "vmin", "vmax"), 10.0),
    "": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "q": 0.945,
    "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0,
}  # fmt: skip
_NUMBER: Final = r"[-+]?+(?:[0-9]{1,20}+(?:\.[0-9]{0,20}+)?+|\.[0-9]{1,20}+)(?:e[-+]?+[0-9]{1,2}+)?+"
_LENGTH: Final = compile_pattern(rf"({_NUMBER})([a-z%]*+)")
# HTML, "rules for parsing dimension values"; what follows the number is dropped, a percent sign says it is no pixels.
_DIMENSION: Final = compile_pattern(r"[\t\n\f\r ]*+\+?+([0-9]{1,20}+(?:\.[0-9]{1,20}+)?+)(%?+)")
_CLIPPED: Final = compile_pattern(
    r"rect\([ ]*+0(?:px)?+(?:[ ,]++0(?:px)?+){3}[ ]*+\) | inset\([ ]*+(?:[5-9][0-9]|100)(?:\.[0-9]++)?+%[ ]*+\)"
    r" | (?:circle|ellipse)\([ ]*+0(?![.0-9]) | polygon\([ ]*+0(?:px|%)?+(?:[ ,]++0(?:px|%)?+)*+[ ]*+\)",
    re.VERBOSE,
)
_SCALED: Final = re.compile(r"(?:scale(?:3d|x|y)?|matrix)\([ ]*+0*+\.?0*+(?:[ ,)])|rotate[xy]\([ ]*+-?+90deg")
_FIRST: Final = rf"{_NUMBER}[a-z%]*+(?>[ ]*+,[ ]*+|[ ]++)"
_SHIFTED: Final = compile_pattern(
    rf"(?:translate(?:3d|x|y)?\([ ]*+|\A)(?:{_FIRST})?+-(?:[0-9]{{4,}}+|[0-9]{{3}}+v[a-z]++)"
)
_FADED: Final = compile_pattern(rf"opacity\([ ]*+({_NUMBER}%?+)")
# One length, dressed up.
_DRESSED: Final = compile_pattern(rf"(?:calc|min|max|clamp)\([ ]*+({_NUMBER}[a-z%]*+)[ ]*+\)")
_OF_A_PAGE: Final = 6.0  # our choice: pixels of one hundredth of a mail's width
_OFFSETS: Final = frozenset(
    ("left", "top", "right", "bottom", "inset", "inset-inline", "inset-inline-start", "inset-block-start")
)
_MARGINS: Final = frozenset(
    (
        "margin-left",
        "margin-top",
        "margin-inline",
        "margin-inline-start",
        "margin-block-start",
        "text-indent",
    )
)
_FAR: Final = -500.0  # our choice: beyond every margin that pulls a picture to an edge
_BEYOND: Final = 5_000.0  # and beyond every screen
_INVISIBLE: Final = 0.01  # opacity: one step of 256 is less
_TINY: Final = 2.0  # pixels: what nobody sees on any screen

# Elements that show nothing of what they hold (WHATWG HTML, sections 15.3.1 and 15.4.1), though it is loaded.
_NEVER_SHOWN: Final = frozenset(("datalist", "canvas", "meter", "progress"))
# What else a size is called where text runs as it does in mail (css-logical-1, section 4.1).
_LOGICAL: Final = {"width": "inline-size", "height": "block-size"}
# Elements that show what they hold in a box of their own, however large that is.
_FRAMES: Final = frozenset(("svg", "video", "object", "iframe", "marquee"))


class Size(NamedTuple):
    """Width and height in pixels; None for what is not known."""

    width: float | None
    height: float | None

    def is_nothing(self) -> bool:
        """Whether it has no area."""
        return 0 in self

    def is_tiny(self) -> bool:
        """Whether it is at most two pixels wide and high."""
        return all(side is not None and side <= _TINY for side in self)

    def is_thin(self) -> bool:
        """Whether one side is at most one pixel: a line, or room between two things."""
        return any(side is not None and side <= 1 for side in self)

    def is_large(self) -> bool:
        """Whether one side is known to be more than two pixels."""
        return any(side is not None and side > _TINY for side in self)

    def __str__(self) -> str:
        return " x ".join("?" if side is None else f"{side:g}" for side in self)


def size_of(element: Element, style: Mapping[str, str], /) -> Size:
    """Find out how large an element is drawn."""
    return Size(_side(element, style, "width"), _side(element, style, "height"))


def _side(element: Element, style: Mapping[str, str], name: str, /) -> float | None:
    side = None
    if dimension := _DIMENSION.match(element.attributes.get(name, "")):
        number = float(dimension[1])
        side = number if not dimension[2] or not number else None
    logical = _LOGICAL[name]
    written = style.get(name, style.get(logical))
    if written is not None and written not in {"auto", "inherit", "initial"}:
        side = _pixels(written)
    most = _pixels(style.get("max-" + name, style.get("max-" + logical, "")))
    least = _pixels(style.get("min-" + name, style.get("min-" + logical, "")))
    if most is not None:
        # A largest size bounds what is not known, too; but only a tiny one says anything then.
        side = min(most, side) if side is not None else (most if most <= _TINY else None)
    return max(least, side) if least is not None and side is not None else side


def _pixels(value: str, /) -> float | None:
    """Read a length; None for one that depends on something else, and for what is none."""
    length = _LENGTH.fullmatch(_plain(value))
    if length is None:
        return None
    number, unit = abs(float(length[1])), length[2]
    if unit == "%" and number < 1:  # so little of anything in a mail is nothing
        return number * _OF_A_PAGE
    return 0.0 if not number else number * _PIXELS[unit] if unit in _PIXELS else None


def _plain(value: str, /) -> str:
    dressed = _DRESSED.fullmatch(value)
    return dressed[1] if dressed else value


def _signed(value: str, /) -> float:
    number = _pixels(value) or 0.0
    return -number if _plain(value).startswith("-") else number


def hiding(element: Element, style: Mapping[str, str], /) -> str | None:  # noqa: PLR0911 - one return a rule
    """Say in a few words what hides an element, whatever its size."""
    get = style.get
    if get("display") == "none":
        return "display:none"
    if get("visibility") in {"hidden", "collapse"}:
        return "visibility:hidden"
    if get("content-visibility") == "hidden":
        return "content-visibility:hidden"
    if "display" not in style and (found := _by_default(element)):
        return found
    faded = _FADED.search(get("filter", ""))
    if _is_zero(get("opacity", "1")) or (faded and _is_zero(faded[1])):
        return "opacity:0"
    if _CLIPPED.search(get("clip", "") + get("clip-path", "")):
        return "it is clipped to nothing"
    transform = get("transform", "")
    if _SCALED.search(transform) or _is_zero(get("scale", "1").split(" ")[0]) or _is_zero(get("zoom", "1")):
        return "it is scaled to nothing"
    shifted = _SHIFTED.search(transform) or _SHIFTED.match(get("translate", ""))
    return "it is moved off the screen" if shifted or _is_away(style) else None


def _by_default(element: Element, /) -> str | None:
    """Say what hides an element if no style says anything of its display."""
    attributes = element.attributes
    found = next((name for name in ("hidden", "popover") if name in attributes), None)
    if found is not None:
        return f"the attribute {found}"
    return "a closed dialog" if element.name == "dialog" and "open" not in attributes else None


def _is_zero(value: str, /) -> bool:
    number = _LENGTH.fullmatch(value)
    return number is not None and float(number[1]) * (0.01 if number[2] == "%" else 1) <= _INVISIBLE


def _is_away(style: Mapping[str, str], /) -> bool:
    if style.get("position") in {"absolute", "fixed", "relative"}:
        for name in style.keys() & _OFFSETS:
            offset = _signed(style[name].split(" ")[0])
            if offset <= _FAR or offset >= _BEYOND:
                return True
    margins = style.get("margin", "").split(" ") + [style[name].split(" ")[0] for name in style.keys() & _MARGINS]
    return any(_signed(margin) <= _FAR for margin in margins)


def covering(element: Element, style: Mapping[str, str], /) -> str | None:
    """Say in a few words what of an element hides everything in it."""
    if found := hiding(element, style):
        return found
    if element.name in _NEVER_SHOWN:
        return f"{element.name} does not show what it holds"
    cut = element.name in _FRAMES or any(
        style.get(name, "visible").split(" ")[0] not in {"visible", "inherit", "initial"}
        for name in ("overflow", "overflow-x", "overflow-y")
    )
    size = size_of(element, style)
    return f"overflow:hidden in {size} pixels" if cut and (size.is_nothing() or size.is_tiny()) else None
