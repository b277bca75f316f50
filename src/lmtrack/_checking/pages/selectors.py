"""Which elements a rule of a style sheet is for.

Types, classes, ids and attributes, with descendants and children, without regard to case (documents without a doctype
compare so). A selector with anything else (a state, a position, a sibling) is for no element here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmtrack._checking.pages.element import Element

_NAME: Final = r"(?:[-\w]|[^\x00-\x7f])++"
_STRING: Final = r"\"[^\"]*+\"|'[^']*+'"
_PART: Final = compile_pattern(
    rf"""
      (?P<comma> [ ]?+,[ ]?+ ) | (?P<within> [ ]?+>[ ]?+ | [ ] )
    | (?P<type> \*\|?+ | {_NAME}\|?+ ) | \#(?P<id> {_NAME} ) | \.(?P<class> {_NAME} )
    | \[[ ]?+ (?P<attribute> (?:[-\w:]|[^\x00-\x7f])++ )[ ]?+
        (?: (?P<how> [~|^$*]?+= )[ ]?+ (?P<value> {_STRING}|{_NAME} )[ ]?+ (?:[is][ ]?+)?+ )? \]
    """,
    re.VERBOSE,
)
_MOST_PARTS: Final = 32  # of one selector; our choice: no sheet for mail comes near


# Selectors 4, section 6: how an attribute is compared. An empty value fits nothing but itself.
_TESTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "=": lambda actual, value: actual == value,
    "~=": lambda actual, value: value in actual.split(),
    "|=": lambda actual, value: actual == value or actual.startswith(value + "-"),
    "^=": lambda actual, value: actual.startswith(value),
    "$=": lambda actual, value: actual.endswith(value),
    "*=": lambda actual, value: value in actual,
}


class Compound(NamedTuple):
    """What one element has to be: its type ("" for any), id, classes, and attributes with their tests."""

    kind: str
    ids: tuple[str, ...]
    classes: tuple[str, ...]
    attributes: tuple[tuple[str, str, str], ...]

    def key(self) -> str:
        """Name the one thing an index finds this by."""
        if self.ids:
            return "#" + self.ids[0]
        return "." + self.classes[0] if self.classes else self.kind


class Selector(NamedTuple):
    """Compounds from the element itself outwards, each but the first with whether it has to be the very parent."""

    compounds: tuple[Compound, ...]
    parents: tuple[bool, ...]

    def weight(self) -> tuple[int, int, int]:
        """Give the specificity (Selectors 4, section 17)."""
        return (
            sum(len(one.ids) for one in self.compounds),
            sum(len(one.classes) + len(one.attributes) for one in self.compounds),
            sum(one.kind != "" for one in self.compounds),
        )

    def matches(self, element: Element, /) -> tuple[bool, int]:
        """Say whether it is for an element, and how many comparisons that took."""
        found, steps = fits(self.compounds[0], element), 1
        at = element.parent
        for compound, is_parent in zip(self.compounds[1:], self.parents, strict=True):
            if not found:
                break
            found = False
            while at is not None and not found:
                found = fits(compound, at)
                steps += 1
                at = None if is_parent and not found else at.parent
        return found, steps


def fits(compound: Compound, element: Element, /) -> bool:
    """Compare one compound with one element."""
    attributes = element.attributes
    if compound.kind not in {"", element.name}:
        return False
    if compound.ids and any(one != attributes.get("id", "").strip().lower() for one in compound.ids):
        return False
    if compound.classes and not element.classes.issuperset(compound.classes):
        return False
    return all(
        name in attributes and attribute_fits(attributes[name], how, value) for name, how, value in compound.attributes
    )


def attribute_fits(actual: str, how: str, value: str, /) -> bool:
    """Compare the value of an attribute that is there, without regard to case; with an empty `how` any fits."""
    return not how or ((value != "" or how == "=") and _TESTS[how](actual.lower(), value))


def read_selectors(text: str, /) -> list[Selector]:
    """Read a list of selectors as `css.Rule` has it; those that are for no element are left out."""
    found: list[Selector] = []
    current = _Unfinished()
    position = 0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            current.known = False
            position += 1
            continue
        position = part.end()
        if part.lastgroup == "comma":
            current.add_to(found)
            current = _Unfinished()
        else:
            current.take(part)
    current.add_to(found)
    return found


class _Unfinished:
    """A selector while it is read."""

    __slots__ = ("_compounds", "_parents", "_parts", "known")

    def __init__(self) -> None:
        self._compounds: list[Compound] = []
        self._parents: list[bool] = []
        self._parts: list[re.Match[str]] = []
        self.known = True

    def take(self, part: re.Match[str], /) -> None:
        if part["within"] is None:
            self._parts.append(part)
        else:
            self._close()
            self._parents.append(">" in part["within"])

    def _close(self) -> None:
        parts, self._parts = self._parts, []
        self.known = self.known and bool(parts) and len(self._compounds) < _MOST_PARTS
        if self.known:
            self._compounds.append(
                Compound(
                    kind=next((one["type"].strip("*|") for one in parts if one["type"]), ""),
                    ids=tuple(one["id"] for one in parts if one["id"]),
                    classes=tuple(one["class"] for one in parts if one["class"]),
                    attributes=tuple(
                        (one["attribute"], one["how"] or "", (one["value"] or "").strip("\"'"))
                        for one in parts
                        if one["attribute"]
                    ),
                )
            )

    def add_to(self, found: list[Selector], /) -> None:
        self._close()
        if self.known:
            found.append(Selector(tuple(reversed(self._compounds)), tuple(reversed(self._parents))))
