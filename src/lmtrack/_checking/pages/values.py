"""Values of CSS properties: which of them a reader drops, and what those with functions and sums come to.

Of a property the last *valid* declaration counts (CSS Syntax 3, section 9), so `opacity:0;opacity:foo` is an opacity of
0. A number without a unit is a length in quirks mode only (Quirks Mode, section 3.2).
"""

from __future__ import annotations

import re
from enum import IntEnum, auto
from functools import lru_cache, wraps
from math import cos, radians
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

# Pixels of one unit (css-values-4, section 6; a font is taken for 16 pixels high, a screen for 1,000 each way).
_PIXELS: Final = {
    **dict.fromkeys(("vw", "vh", "vi", "vb", "vmin", "vmax", "svw", "svh", "lvw", "lvh", "dvw", "dvh"), 10.0),
    "": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 37.8, "mm": 3.78, "q": 0.945,
    "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "lh": 19.0, "rlh": 19.0, "ic": 16.0, "cap": 11.0,
}  # fmt: skip
_DEGREES: Final = {"deg": 1.0, "grad": 0.9, "rad": 57.29578, "turn": 360.0}
NUMBER: Final = r"[-+]?+(?:[0-9]{1,20}+(?:\.[0-9]{1,20}+)?+|\.[0-9]{1,20}+)(?:e[-+]?+[0-9]{1,2}+)?+"
_LENGTH: Final = compile_pattern(rf"({NUMBER})([a-z%]*+)")
_SUM: Final = compile_pattern(r"(calc|min|max|clamp|-webkit-calc|)\(([^()]*+)\)")
_TOKEN: Final = compile_pattern(rf"[ ]*+(?:({NUMBER})([a-z%]*+)|([-+*/,]))")
_FUNCTION: Final = compile_pattern(r"([-a-z0-9]++)\([ ]*+([^()]*+)\)")
_FUNCTIONS: Final = compile_pattern(r"none|(?:[-a-z0-9]++\([^()]*+(?:\([^()]*+\)[^()]*+)*+\)[ ]?+)++")
_WIDE: Final = frozenset(("inherit", "initial", "unset", "revert", "revert-layer"))
_EXTENT: Final = rf"(?:auto|cover|contain|(?:-webkit-)?+calc\([^()]*+\)|{NUMBER}[a-z%]*+)"
_KEYWORDS: Final = {
    "display": compile_pattern(
        r"none|block|inline|contents|flow-root|list-item|run-in|(?:inline-)?(?:block|flex|grid|table)"
        r"|table-(?:cell|row|column|caption|row-group|column-group|header-group|footer-group)"
    ),
    "visibility": compile_pattern(r"visible|hidden|collapse"),
    "position": compile_pattern(r"static|relative|absolute|fixed|sticky"),
    "content-visibility": compile_pattern(r"visible|hidden|auto"),
    **dict.fromkeys(
        ("overflow", "overflow-x", "overflow-y"),
        compile_pattern(r"(?:visible|hidden|clip|scroll|auto)(?: (?:visible|hidden|clip|scroll|auto))?+"),
    ),
    "opacity": compile_pattern(rf"{NUMBER}%?+"),
    "scale": compile_pattern(rf"none|{NUMBER}%?+(?: {NUMBER}%?+){{0,2}}+"),
    "zoom": compile_pattern(rf"normal|(?!-){NUMBER}%?+"),
    "rotate": compile_pattern(rf"none|(?:[xyz] |(?:{NUMBER} ){{3}}+)?+{NUMBER}(?:deg|grad|rad|turn)(?: [xyz])?+"),
    "background-size": compile_pattern(rf"{_EXTENT}(?:(?: |, ?+| ,){_EXTENT})*+"),
    "backface-visibility": compile_pattern(r"visible|hidden"),
}
_SIZE_WORD: Final = compile_pattern(
    r"(?:-webkit-)?+(?:(?:min|max|fit)-content|fill-available)|stretch|(?:min-)?+intrinsic"
)
_SIDES: Final = ("width", "height", "inline-size", "block-size")
_AUTO: Final = re.compile("auto")
_NONE: Final = re.compile("none")


class _Lengths(NamedTuple):
    """What a property with lengths takes: how many at most, which word besides, and whether one may be negative."""

    most: int
    word: re.Pattern[str]
    negative: bool = True


# css-position-3, css-box-4, css-logical-1, css-sizing-3, css-text-3, css-transforms-2.
_LENGTHS: Final = {
    **dict.fromkeys(("left", "top", "right", "bottom", "inset-inline-start", "inset-inline-end"), _Lengths(1, _AUTO)),
    **dict.fromkeys(("inset-block-start", "inset-block-end", "margin-left", "margin-top"), _Lengths(1, _AUTO)),
    **dict.fromkeys(("margin-right", "margin-inline-start", "margin-block-start"), _Lengths(1, _AUTO)),
    **dict.fromkeys(("inset-inline", "inset-block", "margin-inline", "margin-block"), _Lengths(2, _AUTO)),
    **dict.fromkeys(("inset", "margin"), _Lengths(4, _AUTO)),
    **{how + side: _Lengths(1, _AUTO, negative=False) for how in ("", "min-") for side in _SIDES},
    **{"max-" + side: _Lengths(1, _NONE, negative=False) for side in _SIDES},
    "text-indent": _Lengths(3, re.compile("hanging|each-line")),
    "translate": _Lengths(3, _NONE),
}
# Units of what functions of `transform` take; a zero needs none.
_ARGUMENTS: Final = {
    "translate": frozenset((*_PIXELS, "%")) - {""},
    **dict.fromkeys(("rotate", "skew"), frozenset(_DEGREES)),
    **dict.fromkeys(("scale", "matrix"), frozenset(("", "%"))),
}
_WITH_FUNCTIONS: Final = frozenset(("transform", "filter", "clip", "clip-path"))
_REMEMBERED: Final = 2_048  # values; an email has some hundred different ones
_LONGEST_REMEMBERED: Final = 200  # characters; our choice: what is longer is seldom twice in an email
_MOST_ROUNDS: Final = 8  # our choice: sums in sums


def _remembered(function: Callable[[str], T], /) -> Callable[[str], T]:
    """Remember what a function says of short values; long ones of a hostile email would outlive it."""
    known = lru_cache(_REMEMBERED)(function)

    @wraps(function)
    def answer(value: str, /) -> T:
        return known(value) if len(value) <= _LONGEST_REMEMBERED else function(value)

    return answer


class Effects(NamedTuple):
    """What a style does whatever element has it: how opaque and how much larger it is drawn, and what hides it."""

    opacity: float
    scale: float
    reasons: tuple[str, ...]


class Values(dict[str, str]):
    """Values by property; many elements share them, so what they do is worked out once.

    Attributes:
        effects: That, once it is.
    """

    __slots__ = ("effects",)

    def __init__(self) -> None:
        super().__init__()
        self.effects: Effects | None = None


class Validity(IntEnum):
    """Who drops a declaration."""

    DROPPED = auto()
    UNSURE = auto()  # some may: a length without a unit, what is newer than some readers
    KEPT = auto()


def validity(name: str, value: str, /) -> Validity:
    """Say who drops a declaration; of properties that no rule here asks for it is unknown."""
    is_short = len(name) + len(value) <= _LONGEST_REMEMBERED
    return (_known_validity if is_short else _validity)(name, value)


def _validity(name: str, value: str, /) -> Validity:
    if value in _WIDE:
        return Validity.KEPT
    if (keywords := _KEYWORDS.get(name)) is not None:
        return Validity.KEPT if keywords.fullmatch(value) else Validity.DROPPED
    if name in _WITH_FUNCTIONS:
        if value in {"none", "auto"}:
            return Validity.KEPT
        is_valid = _FUNCTIONS.fullmatch(value) and (name != "transform" or all(map(_is_transform, functions(value))))
        return Validity.KEPT if is_valid else Validity.DROPPED
    if name == "background" and "url(" in value:
        return Validity.KEPT
    kind = _LENGTHS.get(name)
    return Validity.UNSURE if kind is None else _validity_of_lengths(kind, value)


def _validity_of_lengths(kind: _Lengths, value: str, /) -> Validity:
    if "(" in value:  # an older reader does not know sums
        return Validity.UNSURE
    parts = value.split(" ")
    worst = Validity.KEPT if len(parts) <= kind.most else Validity.DROPPED
    for part in parts:
        length = _LENGTH.fullmatch(part)
        if length is None:
            is_word = kind.word.fullmatch(part) or (not kind.negative and _SIZE_WORD.fullmatch(part))
            worst = min(worst, Validity.KEPT if is_word else Validity.DROPPED)
        elif (length[2] not in _PIXELS and length[2] != "%") or (float(length[1]) < 0 and not kind.negative):
            return Validity.DROPPED
        elif not length[2] and float(length[1]):
            worst = min(worst, Validity.UNSURE)
    return worst


def _is_transform(function: Function, /) -> bool:
    """Return whether the arguments of a function of `transform` are of the kind that it takes (css-transforms-2)."""
    name, arguments = function
    units = next((units for start, units in _ARGUMENTS.items() if name.startswith(start)), None)
    if units is None:
        return True
    lengths = map(_LENGTH.fullmatch, arguments[-1:] if name == "rotate3d" else arguments)
    return all(one is not None and (one[2] in units or (not one[2] and not float(one[1]))) for one in lengths)


_known_validity: Final = lru_cache(_REMEMBERED)(_validity)


def is_unitless(value: str, /) -> bool:
    """Return whether a value holds a number that is a length in quirks mode only."""
    return any(length and not length[2] and float(length[1]) for length in map(_LENGTH.fullmatch, value.split(" ")))


@_remembered
def pixels(value: str, /) -> float | None:
    """Read a length with its sign; None for one that depends on something else, and for what is not one."""
    length = _LENGTH.fullmatch(flat(value))
    if length is None:
        return None
    number = float(length[1])
    return 0.0 if not number else number * _PIXELS[length[2]] if length[2] in _PIXELS else None


@_remembered
def percent(value: str, /) -> float | None:
    """Read a percentage."""
    length = _LENGTH.fullmatch(flat(value))
    return float(length[1]) if length and length[2] == "%" else None


@_remembered
def number(value: str, /) -> float | None:
    """Read a number or a percentage, which is a part of one."""
    length = _LENGTH.fullmatch(flat(value))
    if length is None or length[2] not in {"", "%"}:
        return None
    return float(length[1]) * (0.01 if length[2] else 1)


@_remembered
def degrees(value: str, /) -> float | None:
    """Read an angle."""
    length = _LENGTH.fullmatch(flat(value))
    return float(length[1]) * _DEGREES[length[2]] if length and length[2] in _DEGREES else None


def is_edge_on(angle: float | None, /) -> bool:
    """Return whether what is turned by an angle shows nothing but its edge."""
    return angle is not None and abs(cos(radians(angle % 360))) < 1e-3


class Function(NamedTuple):
    """A function with its arguments."""

    name: str
    arguments: list[str]


def functions(value: str, /) -> list[Function]:
    """Return the functions of a value, sums in them worked out."""
    found = _FUNCTION.findall(flat(value)) if "(" in value else []
    return [Function(name, re.split(r"[ ]*,[ ]*|[ ]+", inside.strip())) for name, inside in found]


def flat(value: str, /) -> str:
    """Work out `calc` and its like where all they hold are numbers of one kind."""
    for _ in range(_MOST_ROUNDS):
        if "calc(" not in value and "min(" not in value and "max(" not in value and "clamp(" not in value:
            break
        plain = _SUM.sub(_worked_out, value)
        if plain == value:
            break
        value = plain
    return value


def _worked_out(found: re.Match[str], /) -> str:
    name = found[1]
    if not name and found.start() and found.string[found.start() - 1] not in " (,+*/-":
        return found[0]  # of a function that is none of these
    results = [_sum(part) for part in found[2].split(",")]
    known = [one for one in results if one is not None]
    if len(known) != len(results) or len({unit for _, unit in known}) > 1:
        return found[0]
    numbers = [one for one, _ in known]
    total = {"min": min, "max": max}.get(name, lambda all_: sorted(all_)[len(all_) // 2])(numbers)
    return f"{total:.4f}{known[0][1]}"


def _sum(text: str, /) -> tuple[float, str] | None:
    """Work out a sum of products; None if its parts are not all of one kind."""
    terms: list[float] = []
    unit: str | None = None
    operator = "+"
    position = 0
    while token := _TOKEN.match(text, position):
        position = token.end()
        if token[3]:
            operator = token[3]
            continue
        value, kind = float(token[1]), token[2]
        if kind in _PIXELS and kind:
            value, kind = value * _PIXELS[kind], "px"
        if kind:
            if unit not in {None, kind}:
                return None
            unit = kind
        if operator in "+-" or not terms:
            terms.append(-value if operator == "-" else value)
        elif operator == "*":
            terms[-1] *= value
        elif value:
            terms[-1] /= value
        operator = "+"
    return (sum(terms), unit or "") if terms and not text[position:].strip() else None
