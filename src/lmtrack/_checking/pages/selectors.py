"""Which elements a rule of a style sheet is for.

Types, classes, ids and attributes, with what is around and beside an element. A position or a negation may hold for any
element that fits otherwise (`When.PERHAPS`); a state that comes and goes, such as `:hover`, holds for some readers
(`When.SOME`); pseudo-elements are no elements here. Source: Selectors 4.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.pages.css import When
from lmtrack._checking.pages.element import words_of
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from lmtrack._checking.pages.element import Element

CSS_NAME: Final = r"(?:[-\w]|[^\x00-\x7f])++"
_STRING: Final = r"\"[^\"]*+\"|'[^']*+'"
_ARGUMENT: Final = r"\((?:[^()]|\((?:[^()]|\([^()]*+\))*+\))*+\)"
_PART: Final = compile_pattern(
    rf"""
      (?P<comma> [ ]?+,[ ]?+ ) | (?P<relation> [ ]?+[>+~][ ]?+ | [ ] )
    | (?P<type> \*\|?+ | {CSS_NAME}\|?+ ) | \#(?P<id> {CSS_NAME} ) | \.(?P<class> {CSS_NAME} )
    | (?P<pseudo> ::?+{CSS_NAME}(?:{_ARGUMENT})?+ )
    | \[[ ]?+ (?:[-\w*]*+\|(?!=))?+ (?P<attribute> (?:[-\w:]|[^\x00-\x7f])++ )[ ]?+
        (?: (?P<how> [~|^$*]?+= )[ ]?+ (?P<value> {_STRING}|{CSS_NAME} )[ ]?+ (?:[is][ ]?+)?+ )? \]
    """,
    re.VERBOSE,
)
_LIST: Final = compile_pattern(rf":(?:is|where|matches|-webkit-any|-moz-any)(?P<inside>{_ARGUMENT})")
_POSITIONS: Final = re.compile(
    r":(?:not|is|where|matches|-webkit-any|-moz-any|has|nth-[-a-z]+|first-child|last-child|only-child|first-of-type"
    r"|last-of-type|only-of-type|empty|root|scope|lang|dir|link|any-link|enabled|read-only|read-write|defined|optional"
    r"|valid)(?:\(|\Z)"
)
_NO_ELEMENTS: Final = re.compile(r"::|:(?:before|after|first-letter|first-line)\Z")
_MOST_PARTS: Final = 32  # of one selector; our choice: no sheet for mail comes near
_MOST_CHOICES: Final = 8  # that `:is()` and its like make of one list; our choice, too


# Selectors 4, section 6: how an attribute is compared. An empty value fits nothing but itself.
_TESTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "=": lambda actual, value: actual == value,
    "~=": lambda actual, value: value in words_of(actual),
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
    """Compounds from the element itself outwards, and how each but the first is related to the one before it.

    A relation is a blank (around it, however far), `>` (its parent), `+` (right before it) or `~` (before it).
    """

    compounds: tuple[Compound, ...]
    relations: tuple[str, ...]
    when: When = When.ALL

    def weight(self) -> tuple[int, int, int]:
        """Return the specificity (Selectors 4, section 17)."""
        return (
            sum(len(one.ids) for one in self.compounds),
            sum(len(one.classes) + len(one.attributes) for one in self.compounds),
            sum(one.kind != "" for one in self.compounds),
        )

    def matches(self, element: Element, cased: Mapping[str, Collection[str]] | None = None, /) -> tuple[bool, int]:
        """Return whether it is for an element, and how many comparisons that took.

        Case does not matter in quirks mode; with `cased`, the words that are written with capitals, it does.
        """
        found, steps = [element] if fits(self.compounds[0], element, cased) else [], 1
        for compound, relation in zip(self.compounds[1:], self.relations, strict=True):
            seen: set[Element] = set()
            further: list[Element] = []
            for one in found:
                for other in _related(one, relation):
                    if other in seen:
                        break  # and so are those behind it
                    seen.add(other)
                    steps += 1
                    if fits(compound, other, cased):
                        further.append(other)
            found = further
        return bool(found), steps


def _related(element: Element, relation: str, /) -> Iterator[Element]:
    at = element.before if relation in {"+", "~"} else element.parent
    while at is not None:
        yield at
        if relation in {"+", ">"}:
            return
        at = at.before if relation == "~" else at.parent


def fits(compound: Compound, element: Element, cased: Mapping[str, Collection[str]] | None = None, /) -> bool:
    """Compare one compound with one element."""
    attributes = element.attributes
    if compound.kind not in {"", element.name}:
        return False
    if compound.ids and any(one != attributes.get("id", "").strip().lower() for one in compound.ids):
        return False
    if compound.classes and not element.classes.issuperset(compound.classes):
        return False
    if cased is not None and not _fits_cased(compound, attributes, cased):
        return False
    return all(
        name in attributes and attribute_fits(attributes[name], how, value) for name, how, value in compound.attributes
    )


def _fits_cased(compound: Compound, attributes: Mapping[str, str], cased: Mapping[str, Collection[str]], /) -> bool:
    """Compare once more, as standards mode does: class and id to the letter."""
    words = {*words_of(attributes.get("class", "")), attributes.get("id", "").strip()}
    return all(not words.isdisjoint(cased.get(one, (one,))) for one in (*compound.ids, *compound.classes))


def attribute_fits(actual: str, how: str, value: str, /) -> bool:
    """Compare the value of an attribute that is there, without regard to case; with an empty `how` any fits."""
    return not how or ((value != "" or how == "=") and _TESTS[how](actual.lower(), value))


def read_selectors(text: str, /) -> list[Selector]:
    """Read a list of selectors as `css.Rule` has it; those that are for no element are left out."""
    found: list[Selector] = []
    current = _Unfinished()
    text = _spelled_out(text)
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


def _spelled_out(text: str, /) -> str:
    """Write `:is(a, b) c` as `a c, b c`, as long as that is not too much."""
    if ":is(" not in text and ":where(" not in text and "any(" not in text:
        return text
    wanted: list[str] = [text]
    done: list[str] = []
    while wanted and len(wanted) + len(done) <= _MOST_CHOICES:
        one = wanted.pop()
        if found := _LIST.search(one):
            inside = found["inside"][1:-1]
            choices = [choice.strip() for choice in inside.split(",")]
            if "(" in inside or any(sign in choice for choice in choices for sign in " >+~"):
                return text
            wanted += [one[: found.start()] + choice + one[found.end() :] for choice in choices]
        else:
            done.append(one)
    return text if wanted else ",".join(done)


class _Unfinished:
    """A selector while it is read."""

    __slots__ = ("_compounds", "_parts", "_relations", "known", "when")

    def __init__(self) -> None:
        self._compounds: list[Compound] = []
        self._relations: list[str] = []
        self._parts: list[re.Match[str]] = []
        self.known = True
        self.when = When.ALL

    def take(self, part: re.Match[str], /) -> None:
        if part["relation"] is not None:
            self._close()
            self._relations.append(part["relation"].strip() or " ")
        else:
            self._parts.append(part)
            if part["pseudo"] is not None:
                self._take_pseudo(part["pseudo"])

    def _take_pseudo(self, pseudo: str, /) -> None:
        if _NO_ELEMENTS.match(pseudo):
            self.known = False
        else:
            self.when = min(self.when, When.PERHAPS if _POSITIONS.match(pseudo) else When.SOME)

    def _close(self) -> None:
        parts, self._parts = self._parts, []
        self.known = self.known and bool(parts) and len(self._compounds) < _MOST_PARTS
        if self.known:
            self._compounds.append(
                Compound(
                    kind=next((one["type"].strip("*|") for one in reversed(parts) if one["type"]), ""),
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
            found.append(Selector(tuple(reversed(self._compounds)), tuple(reversed(self._relations)), self.when))
