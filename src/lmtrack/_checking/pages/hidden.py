"""Decide whether an element is invisible, from its size and what its style does with it.

`style` is what the cascade adds up to for one kind of reader: values by property, in lower case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.pages.values import (
    NUMBER,
    Effects,
    Values,
    degrees,
    flat,
    functions,
    is_edge_on,
    number,
    percent,
    pixels,
)
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lmtrack._checking.pages.element import Element
    from lmtrack._checking.pages.values import Function

# HTML, "rules for parsing dimension values"; what follows the number is dropped, a percent sign says it is not pixels.
_DIMENSION: Final = compile_pattern(r"[\t\n\f\r ]*+\+?+([0-9]{1,20}+(?:\.[0-9]{1,20}+)?+)(%?+)")
_NO_AREA: Final = compile_pattern(rf"\s*+{NUMBER}[\s,]++{NUMBER}[\s,]++(?:0(?![.0-9])|{NUMBER}[\s,]++0\s*+\Z)")
_OF_A_PAGE: Final = 6.0  # our choice: pixels of one hundredth of an email's width
_OFFSETS: Final = frozenset(
    (
        *("left", "top", "right", "bottom", "inset", "inset-inline", "inset-inline-start", "inset-inline-end"),
        *("inset-block", "inset-block-start", "inset-block-end"),
    )
)
_MARGINS: Final = frozenset(
    (
        *("margin-left", "margin-top", "margin-inline", "margin-inline-start", "margin-block", "margin-block-start"),
        "text-indent",
    )
)
_FAR: Final = -500.0  # our choice: beyond every margin that pulls a picture to an edge
_BEYOND: Final = 5_000.0  # and beyond every screen
_FAR_PERCENT: Final = 1_000.0  # our choice: ten times as far as anything is wide
_SCREENS: Final = compile_pattern(rf"({NUMBER})[sld]?+v(?:[whib]|min|max)")
_FAR_SCREENS: Final = 200.0  # percent; our choice: a whole screen beyond the edge of the one that is looked at
INVISIBLE: Final = 0.01  # opacity: one step of 256 is less
_NO_RADIUS: Final = 0.5  # pixels, of a circle to clip to: less than one pixel is left
# Of shapes to clip to, which values say how large they are.
_EXTENTS: Final = {"circle": slice(1), "ellipse": slice(2), "xywh": slice(2, 4)}
# Of one to four values, which is for the top, the right, the bottom and the left.
_SIDES: Final = ((0, 0, 0, 0), (0, 1, 0, 1), (0, 1, 2, 1), (0, 1, 2, 3))
_TINY: Final = 2.0  # pixels: what nobody sees on any screen

# Elements that show nothing of what they hold (WHATWG HTML, 15.3.1, 15.4.1, 4.8.8), though it is loaded;
# of SVG (sections 5 and 9), those whose content is drawn only where something refers to it, or not at all; of MathML
# (section 4), annotations and spaces.
_NEVER_SHOWN: Final = frozenset(
    (
        *("datalist", "canvas", "meter", "progress", "video", "audio", "select", "rp", "mphantom"),
        *("defs", "symbol", "clippath", "mask", "pattern", "marker", "lineargradient", "radialgradient"),
        *("title", "desc", "metadata", "text", "circle", "ellipse", "line", "path", "polygon", "polyline", "rect"),
        *("stop", "animate", "view", "cursor", "glyph", "use"),
        *("annotation", "annotation-xml", "mspace"),
    )
)
# What else a size is called where text runs as it does in mail (css-logical-1, section 4.1).
_LOGICAL: Final = {"width": "inline-size", "height": "block-size"}
# Elements that show what they hold in a box of their own, however large that is.
_FRAMES: Final = frozenset(("svg", "foreignobject", "video", "object", "iframe", "marquee"))
# Elements of drawings, whose sizes are lengths of CSS (SVG 2, section 8.2); a document in one has no size of its own.
_OF_DRAWINGS: Final = frozenset(("image", "use", "foreignobject", "svg"))
# Elements that are what they load: without a box of their own they are not there (css-display-3, section 2.5).
_REPLACED: Final = frozenset(("img", "image", "input", "embed", "object", "iframe", "video", "canvas", "picture"))
# Which numbers of a matrix say what becomes of one pixel to the right and of one down.
_OF_MATRIX: Final = {"matrix": (0, 1, 2, 3), "matrix3d": (0, 1, 4, 5)}
# Axes across the line of sight, as `rotate` has them.
_ON_EDGE: Final = (["x"], ["y"], ["1", "0", "0"], ["0", "1", "0"])
_AT_ALL: Final = frozenset(("", "normal", "none", "inherit", "initial", "unset", "revert"))


class Size(NamedTuple):
    """Width and height in pixels; None for what is not known."""

    width: float | None
    height: float | None

    def is_nothing(self) -> bool:
        """Return whether it has no area."""
        return 0 in self

    def is_tiny(self) -> bool:
        """Return whether it is at most two pixels wide and high."""
        return all(side is not None and side <= _TINY for side in self)

    def is_thin(self) -> bool:
        """Return whether one side is at most one pixel: a line, or room between two things."""
        return any(side is not None and side <= 1 for side in self)

    def is_large(self) -> bool:
        """Return whether one side is known to be more than two pixels."""
        return any(side is not None and side > _TINY for side in self)

    def scaled(self, factor: float, /) -> Size:
        """Return the size if it is drawn that much larger or smaller."""
        return self if factor == 1 else Size(*(side if side is None else side * factor for side in self))

    def __str__(self) -> str:
        return " x ".join("?" if side is None else f"{side:g}" for side in self)


def size_of(element: Element, style: Mapping[str, str], /) -> Size:
    """Find out how large an element is drawn."""
    width, height = _side(element, style, "width"), _side(element, style, "height")
    if not style:
        return Size(width, height)
    if "contain" in style and {*style["contain"].split()} & {"strict", "size"} and element.name in _REPLACED:
        # A picture has no size of its own then (css-contain-2, section 3.1).
        width, height = width or 0.0, height or 0.0
    elif "aspect-ratio" in style and (ratio := _ratio(style["aspect-ratio"])):
        if width is None and height is not None:
            width = height * ratio
        elif height is None and width is not None:
            height = width / ratio
    if style.get("box-sizing") == "border-box":
        width, height = _inside(width, style, "left", "right"), _inside(height, style, "top", "bottom")
    return Size(width, height)


def _ratio(value: str, /) -> float | None:
    """Read a ratio of width to height."""
    width, _, height = value.partition("/")
    wide, high = number(width.strip()), number(height.strip() or "1")
    return wide / high if wide and high and "%" not in value else None


def _inside(side: float | None, style: Mapping[str, str], first: str, last: str, /) -> float | None:
    """Return what a padding that is part of a size leaves of it (css-sizing-3, section 3.3)."""
    if side is None:
        return None
    sides = ("top", "right", "bottom", "left")
    parts = _split(style.get("padding", "0"))
    found = {one: parts[at] for one, at in zip(sides, _SIDES[min(len(parts), 4) - 1], strict=True)}
    padding = sum(pixels(style.get(f"padding-{one}", found[one])) or 0.0 for one in (first, last))
    return max(side - padding, 0.0)


def _side(element: Element, style: Mapping[str, str], name: str, /) -> float | None:
    side = None
    if dimension := _DIMENSION.match(element.attributes.get(name, "")):
        attribute = float(dimension[1])
        side = attribute if not dimension[2] or not attribute else None
    elif element.name in _OF_DRAWINGS and name in element.attributes:
        side = _extent(element.attributes[name].strip().lower())
    logical = _LOGICAL[name]
    if not style:
        return side
    written = style.get(name, style.get(logical))
    if written is not None and written not in {"auto", "inherit", "initial"}:
        side = _extent(written)
    most = _extent(style.get("max-" + name, style.get("max-" + logical, "")))
    least = _extent(style.get("min-" + name, style.get("min-" + logical, "")))
    if most is not None:
        # A largest size bounds what is not known, too; but only a tiny one says anything then.
        side = min(most, side) if side is not None else (most if most <= _TINY else None)
    return max(least, side) if least is not None and side is not None else side


def _extent(value: str, /) -> float | None:
    """Read how long something is; None for what depends on something else, and for what is not a length."""
    length, part = pixels(value), percent(value)
    if part is not None and abs(part) < 1:  # so little of anything in an email is nothing
        return abs(part) * _OF_A_PAGE
    return None if length is None else abs(length)


def hiding(element: Element, style: Mapping[str, str], /) -> str | None:
    """Say in a few words what hides an element, whatever its size."""
    return next(_reasons(element, style), None)


def _reasons(element: Element, style: Mapping[str, str], /) -> Iterator[str]:
    if element.attributes and (found := _required(element)):
        yield found
    if not style:
        if found := _by_default(element):
            yield found
        return
    get = style.get
    display = get("display", "")
    if display == "none" or (display == "contents" and element.name in _REPLACED):
        yield f"display:{display}"
    if get("visibility") in {"hidden", "collapse"}:
        yield "visibility:hidden"
    if get("content-visibility") == "hidden":
        yield "content-visibility:hidden"
    if "display" not in style and (found := _by_default(element)):
        yield found
    yield from _effects(style).reasons
    if element.name == "img" and get("content", "") not in _AT_ALL:
        yield "something else is drawn in its place"


def _by_default(element: Element, /) -> str | None:
    """Say what hides an element if no style says anything of its display."""
    attributes = element.attributes
    found = next((name for name in ("hidden", "popover") if name in attributes), None)
    if found is not None:
        return f"the attribute {found}"
    return "a closed dialog" if element.name == "dialog" and "open" not in attributes else None


def _required(element: Element, /) -> str | None:
    """Say what an element of a drawing asks for that no client has: extensions, or no language (SVG 2, section 5.8)."""
    attributes = element.attributes
    if attributes.get("requiredextensions", "").strip():
        return "it requires extensions"
    if attributes.get("systemlanguage", "x").strip() == "":
        return "it is for no language"
    if element.name in {"svg", "symbol"} and _NO_AREA.match(attributes.get("viewbox", "")):
        return "its view has no area"
    return None


def _effects(style: Mapping[str, str], /) -> Effects:
    """Return what a style does whatever element has it."""
    if isinstance(style, Values):
        if style.effects is None:
            style.effects = _worked_out(style)
        return style.effects
    return _worked_out(style)


def _worked_out(style: Mapping[str, str], /) -> Effects:
    opacity, scale = _opacity(style), _scale(style)
    reasons: list[str] = []
    if opacity <= INVISIBLE:
        reasons.append("opacity:0")
    if any(map(_clips_all, functions(style.get("clip", "") + " " + style.get("clip-path", "")))):
        reasons.append("it is clipped to nothing")
    if scale <= INVISIBLE or _is_turned_away(style):
        reasons.append("it is scaled to nothing")
    if _is_away(style):
        reasons.append("it is moved off the screen")
    return Effects(opacity, scale, tuple(reasons))


def opacity_of(style: Mapping[str, str], /) -> float:
    """Return how opaque an element is drawn: 1 unless its style says something else."""
    return _effects(style).opacity if style else 1.0


def scale_of(style: Mapping[str, str], /) -> float:
    """Return the smaller of the two factors by which an element is drawn larger or smaller."""
    return _effects(style).scale if style else 1.0


def _opacity(style: Mapping[str, str], /) -> float:
    opacity = number(style.get("opacity", "1"))
    opacity = 1.0 if opacity is None else max(opacity, 0.0)
    for function in functions(style.get("filter", "")):
        if function.name == "opacity" and (part := number(function.arguments[0])) is not None:
            opacity *= max(part, 0.0)
    return opacity


def _scale(style: Mapping[str, str], /) -> float:
    zoom = _times(1.0, number(style.get("zoom", "1")))
    wider, higher = _first_two([number(part) for part in _split(style.get("scale", "1"))])
    *axis, angle = _split(style.get("rotate", "none"))
    if axis in _ON_EDGE and is_edge_on(degrees(angle)):
        return 0.0
    x, y = _times(zoom, wider), _times(zoom, higher)
    for function in functions(style.get("transform", "")):
        wider, higher = _factors_of(function)
        x, y = _times(x, wider), _times(y, higher)
    return min(abs(x), abs(y))


def _factors_of(function: Function, /) -> tuple[float | None, float | None]:
    """Return how much wider and higher a function of `transform` makes an element; None where it does neither."""
    name, arguments = function
    is_skewed = name.startswith("skew")
    if is_skewed or name in {"rotatex", "rotatey"} or (name == "rotate3d" and arguments[2:3] == ["0"]):
        angles = map(degrees, arguments if is_skewed else arguments[-1:])
        return None, 0.0 if any(map(is_edge_on, angles)) else None
    numbers = [number(one) for one in arguments]
    if name in {"scale", "scale3d"}:
        return _first_two(numbers)
    if name == "scalex":
        return numbers[0], None
    if name == "scaley":
        return None, numbers[0]
    if name in _OF_MATRIX and len(numbers) >= 6:
        a, b, c, d = (numbers[at] or 0.0 for at in _OF_MATRIX[name])
        has_area = abs(a * d - b * c) > INVISIBLE**2
        return abs(a) + abs(b), abs(c) + abs(d) if has_area else 0.0
    return None, None


def _first_two(numbers: list[float | None], /) -> tuple[float | None, float | None]:
    return numbers[0], numbers[1] if len(numbers) > 1 else numbers[0]


def _times(factor: float, other: float | None, /) -> float:
    if other is None:
        return factor
    return factor * other if other else 0.0  # however large the factor has become


def _is_turned_away(style: Mapping[str, str], /) -> bool:
    if style.get("backface-visibility") != "hidden":
        return False
    turned = [degrees(one.arguments[0]) for one in functions(style.get("transform", "")) if one.name.startswith("rot")]
    return any(angle is not None and 90 < angle % 360 < 270 for angle in turned)


def _clips_all(function: Function, /) -> bool:
    """Return whether a shape to clip to has no area."""
    name, arguments = function
    if name == "rect":
        edges = [*map(pixels, arguments), None, None, None, None][:4]
        return _is_nothing(edges[0], edges[2]) or _is_nothing(edges[3], edges[1])
    if name == "inset":
        if "round" in arguments:
            arguments = arguments[: arguments.index("round")]
        top, right, bottom, left = (arguments[at] for at in _SIDES[min(max(len(arguments), 1), 4) - 1])
        return _covers(top, bottom) or _covers(left, right)
    if name in _EXTENTS:
        extents = map(_extent, arguments[_EXTENTS[name]])
        return any(extent is not None and extent < _NO_RADIUS for extent in extents)
    if name == "path":  # one that draws nothing
        return not any(letter in "".join(arguments) for letter in "lhvcsqta")
    if name == "polygon":
        points = [(pixels(one), percent(one)) for one in arguments if one not in {"nonzero", "evenodd"}]
        return len(set(points[::2])) < 2 or len(set(points[1::2])) < 2
    return False


def _is_nothing(start: float | None, end: float | None, /) -> bool:
    return start is not None and end is not None and end <= start


def _covers(first: str, second: str, /) -> bool:
    """Return whether what is cut off on both sides is all there is, of a picture as wide as an email at most."""
    parts = [percent(one) or 0.0 for one in (first, second)]
    lengths = [pixels(one) or 0.0 for one in (first, second)]
    return sum(parts) >= 99 or sum(lengths) >= -_FAR * 2


def _is_away(style: Mapping[str, str], /) -> bool:
    if any(map(_is_far, _moves(style))):
        return True
    if style.get("position") in {"absolute", "fixed", "relative", "sticky"}:
        for name in style.keys() & _OFFSETS:
            if any(map(_is_far, _split(style[name])[:1])):
                return True
    margins = _split(style.get("margin", "")) + [_split(style[name])[0] for name in style.keys() & _MARGINS]
    if any((pixels(margin) or 0.0) <= _FAR for margin in margins):
        return True
    return any(map(_is_far, _split(style.get("object-position", ""))))


def _split(value: str, /) -> list[str]:
    """Take a list of values apart, sums in it worked out."""
    return flat(value).split(" ")


def _moves(style: Mapping[str, str], /) -> Iterator[str]:
    """Return the lengths by which an element is moved."""
    yield from _split(style.get("translate", ""))
    for name, arguments in functions(style.get("transform", "")):
        if name.startswith("translate"):
            yield from arguments[:2]
        elif name == "matrix":
            yield from arguments[4:6]
        elif name == "matrix3d":
            yield from arguments[12:14]


def _is_far(value: str, /) -> bool:
    length, part, screens = pixels(value), percent(value), _SCREENS.fullmatch(value)
    if part is not None:
        return abs(part) >= _FAR_PERCENT
    if screens is not None and float(screens[1]) >= _FAR_SCREENS:
        return True
    return length is not None and (length <= _FAR or length >= _BEYOND)


def covering(element: Element, style: Mapping[str, str], /) -> str | None:
    """Say in a few words what of an element hides everything in it."""
    if found := hiding(element, style):
        return found
    if element.name in _NEVER_SHOWN or (element.name == "object" and "data" in element.attributes):
        return f"{element.name} does not show what it holds"
    if element.name == "option" and "label" in element.attributes:
        return "an option with a label shows only that"
    if not style and element.name not in _FRAMES:
        return None
    cut = element.name in _FRAMES or any(
        style.get(name, "visible").split(" ")[0] not in {"visible", "inherit", "initial"}
        for name in ("overflow", "overflow-x", "overflow-y")
    )
    contained = {*style.get("contain", "").split()}
    if contained & {"strict", "content", "paint"}:
        cut = True
        if contained & {"strict", "size"}:  # as large as it says, whatever it holds
            style = {"height": "0", **style}
    size = size_of(element, style)
    return f"overflow:hidden in {size} pixels" if cut and (size.is_nothing() or size.is_tiny()) else None


def unpainted(style: Mapping[str, str], /) -> str | None:
    """Say in a few words why nothing is seen of the picture behind an element."""
    size = style.get("background-size", "") or style.get("background", "").rpartition("/")[2].strip()
    if any(_extent(part) == 0 for part in _split(size)[:2] if part):
        return "it is drawn at no size"
    repeats = style.get("background-repeat", "") + " " + style.get("background", "")
    position = " ".join(style.get(f"background-position{axis}", "") for axis in ("", "-x", "-y")).strip()
    position = position or style.get("background", "")
    if "no-repeat" in repeats and any(map(_is_far, _split(position))):
        return "it is moved off the screen"
    return None
