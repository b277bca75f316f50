"""Which elements a rule of a style sheet is for.

Types, classes, ids and attributes, with what is around and beside an element. A position or a negation may hold for any
element that fits otherwise (`When.PERHAPS`); a state that comes and goes, such as `:hover`, holds for some readers
(`When.SOME`); pseudo-elements are not elements here. Source: Selectors 4.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from lmtrack._checking.pages.css import When
from lmtrack._checking.pages.element import words_of
from lmtrack._pattern import compile_pattern, word_set

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
# States that no other elements have (WHATWG HTML, section 4.16.3), and what no element is.
_FIELDS: Final = word_set("button fieldset form input object option optgroup output select textarea")
_ONLY: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys((":link", ":any-link", ":visited"), word_set("a area link")),
    **dict.fromkeys((":enabled", ":disabled", ":valid", ":invalid", ":required", ":optional", ":checked"), _FIELDS),
    **dict.fromkeys((":in-range", ":out-of-range", ":user-valid", ":user-invalid", ":placeholder-shown"), _FIELDS),
    **dict.fromkeys((":root", ":scope"), word_set("html svg")),
    **dict.fromkeys((":is()", ":where()"), frozenset[str]()),
}
# Names of pseudo-classes and pseudo-elements (Selectors 4, CSS Pseudo-Elements 4, WHATWG HTML). A list with another one
# selects nothing (Selectors 4, section 3.9), but in a reader that knows it.
_KNOWN: Final = word_set("""
    active after any-link autofill backdrop before blank checked checkmark column cue current default defined
    details-content dir disabled empty enabled file-selector-button first first-child first-letter first-line
    first-of-type focus focus-visible focus-within fullscreen future grammar-error has has-slotted heading highlight
    host host-context hover in-range indeterminate invalid is lang last-child last-of-type left link local-link marker
    modal muted not nth-child nth-last-child nth-last-of-type nth-of-type only-child only-of-type open optional
    out-of-range part past paused picker picker-icon picture-in-picture placeholder placeholder-shown playing
    popover-open read-only read-write required right root scope scroll-button scroll-marker scroll-marker-group
    search-text selection slotted spelling-error state target target-current target-text target-within user-invalid
    user-valid valid view-transition visited where -webkit-any -webkit-any-link -webkit-autofill -webkit-full-screen
""")
_FORGIVING: Final = word_set("is where -webkit-any")
_UNFORGIVING: Final = word_set("not has")
_LEGACY: Final = word_set("before after first-letter first-line")
_OF: Final = compile_pattern(r"[^()]*? of ([\s\S]*+)")
_PREFIXED: Final = compile_pattern(r"\[[ ]?+[-\w]++\|(?!=)")  # one that `@namespace` would have to declare
_NO_NAME: Final = compile_pattern(r"-?+[0-9]")
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


Weight: TypeAlias = tuple[int, int, int]  # the specificity (Selectors 4, section 17)


class Compound(NamedTuple):
    """What one element has to be: its type ("" for any), id, classes, and attributes with their tests.

    Attributes:
        only: The types that its states are of; None for any.
    """

    kind: str
    ids: tuple[str, ...]
    classes: tuple[str, ...]
    attributes: tuple[tuple[str, str, str], ...]
    only: frozenset[str] | None = None

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
    weight: Weight = (0, 0, 0)

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
    if compound.kind not in {"", element.name} or (compound.only is not None and element.name not in compound.only):
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


def read_selectors(text: str, /, *, escaped: bool = False) -> list[Selector]:
    """Read a list of selectors as `css.Rule` has it; those that are for no element are left out.

    With `escaped`, a name in it may begin with any character.
    """
    found: list[Selector] = []
    is_valid = True
    for one in dict.fromkeys(_listed(text)):
        parts = _parts(one)
        weight, valid = _weighed(parts, escaped=escaped)
        is_valid = is_valid and valid
        choices = _spelled_out(one)
        for choice in choices:
            current = _Unfinished()
            for part in parts if choices == [one] else _parts(choice):
                current.take(part)
            current.add_to(found, weight)
    if is_valid:
        return found
    return [one._replace(when=When.DOUBTED if one.when >= When.DOUBTED else When.NEVER) for one in found]


def _listed(text: str, /) -> list[str]:
    """Take a list of selectors apart."""
    if "(" not in text and "[" not in text:
        return [one.strip(" ") for one in text.split(",")]
    ends = [part.span() for part in _PART.finditer(text) if part.lastgroup == "comma"]
    starts = [0, *(end for _, end in ends)]
    return [text[start:end] for start, (end, _) in zip(starts, [*ends, (len(text), 0)], strict=True)]


def _parts(text: str, /) -> list[re.Match[str] | None]:
    """Return the parts of one selector; None for what is none."""
    found: list[re.Match[str] | None] = []
    position = 0
    while position < len(text):
        part = _PART.match(text, position)
        position = part.end() if part else position + 1
        found.append(part)
    return found


def _weighed(parts: list[re.Match[str] | None], /, *, escaped: bool) -> tuple[Weight, bool]:
    """Return the specificity of one selector, and whether every reader of today knows all of it."""
    ids = classes = kinds = 0
    is_valid = is_open = True  # open: for the first name of a compound
    for part in parts:
        if part is None or part["relation"] is not None:
            is_valid = is_valid and part is not None and not is_open
            is_open = True
            continue
        weigh = _weighed_name if part["pseudo"] is None else _weighed_pseudo
        (more, further, last), valid = weigh(part, escaped=escaped)
        ids, classes, kinds = ids + more, classes + further, kinds + last
        is_valid, is_open = is_valid and valid, False
    return (ids, classes, kinds), is_valid and not is_open


def _weighed_name(part: re.Match[str], /, *, escaped: bool) -> tuple[Weight, bool]:
    name = part["id"] or part["class"] or part["type"] or part["value"] or "x"
    is_valid = (escaped or not _NO_NAME.match(name)) and (name[-1] != "|" or name == "*|")
    is_valid = is_valid and not (part["attribute"] and _PREFIXED.match(part[0]))
    if part["type"] is not None:
        return (0, 0, int(part["type"] != "*")), is_valid
    return (1, 0, 0) if part["id"] else (0, 1, 0), is_valid


def _weighed_pseudo(part: re.Match[str], /, *, escaped: bool) -> tuple[Weight, bool]:
    head, _, inside = part["pseudo"].partition("(")
    name, inside = head.lstrip(":"), inside[:-1].strip()
    if head.startswith("::") or name in _LEGACY:
        return (0, 0, 1), name in _KNOWN or name.startswith("-webkit-")
    if name in _FORGIVING or name in _UNFORGIVING:
        found = [_weighed(_parts(one.lstrip(" >+~")), escaped=escaped) for one in _listed(inside)]
        best = (0, 0, 0) if name == "where" else max(weight for weight, _ in found)
        return best, name in _FORGIVING or all(valid for _, valid in found)
    of = _OF.fullmatch(inside)
    best = max(_weighed(_parts(one), escaped=escaped)[0] for one in _listed(of[1])) if of else (0, 0, 0)
    return (best[0], best[1] + 1, best[2]), name in _KNOWN


def _spelled_out(text: str, /) -> list[str]:
    """Write `:is(a, b) c` as `a c` and `b c`, as long as that is not too much."""
    if ":is(" not in text and ":where(" not in text and "any(" not in text:
        return [text]
    wanted: list[str] = [text]
    done: list[str] = []
    while wanted and len(wanted) + len(done) <= _MOST_CHOICES:
        one = wanted.pop()
        found = _LIST.search(one)
        if found and (inside := found["inside"][1:-1].strip()):
            choices = [choice.strip() for choice in inside.split(",")]
            if "(" in inside or any(sign in choice for choice in choices for sign in " >+~"):
                return [text]
            wanted += [one[: found.start()] + choice + one[found.end() :] for choice in choices]
        else:
            done.append(one)
    return [text] if wanted else done


def _pseudo_name(part: re.Match[str], /) -> str:
    return (part["pseudo"] or "").replace("( )", "()")


class _Unfinished:
    """A selector while it is read."""

    __slots__ = ("_compounds", "_parts", "_relations", "known", "when")

    def __init__(self) -> None:
        self._compounds: list[Compound] = []
        self._relations: list[str] = []
        self._parts: list[re.Match[str]] = []
        self.known = True
        self.when = When.ALL

    def take(self, part: re.Match[str] | None, /) -> None:
        if part is None:
            self.known = False
        elif part["relation"] is not None:
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
                    only=next((_ONLY[name] for name in map(_pseudo_name, parts) if name in _ONLY), None),
                )
            )

    def add_to(self, found: list[Selector], weight: Weight, /) -> None:
        self._close()
        if self.known:
            compounds, relations = tuple(reversed(self._compounds)), tuple(reversed(self._relations))
            found.append(Selector(compounds, relations, self.when, weight))
