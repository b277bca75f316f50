"""What the style sheets of a document go by when they choose elements, read so widely that nothing is missed.

Which elements a rule is for is not asked here, only what that depends on: names, values, the neighbours, the content.
A compound is known by one name of it, so a rule counts for more elements than it is for, never for fewer. Source:
Selectors 4.
"""

from __future__ import annotations

import re
from collections import defaultdict
from enum import Flag, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.pages.css import GROUPING, read_declarations
from lmtrack._checking.pages.selectors import CSS_NAME
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lmtrack._checking.pages.css import StyleRule
    from lmtrack._checking.pages.element import Element

_PART: Final = compile_pattern(
    rf"""
      (?P<comma> [ ]*+,[ ]*+ )
    | (?P<combinator> [ ]*+(?:[>+~]|\|\|)[ ]*+ | [ ]++ )
    | \[ (?P<attribute> (?>"[^"]*+"?+|'[^']*+'?+|[^\]"'])*+ ) \]?+
    | \.(?P<class> {CSS_NAME} ) | \#(?P<id> {CSS_NAME} )
    | (?P<pseudo> ::?+{CSS_NAME} ) | (?P<open> \( ) | (?P<close> \) )
    | (?P<type> {CSS_NAME} ) | (?P<other> [\s\S] )
    """,
    re.VERBOSE,
)
_TEST: Final = compile_pattern(
    rf"""
    [ ]*+ (?:[-\w*]*+\|)?+ (?P<name> (?:[-\w:]|[^\x00-\x7f])++ ) [ ]*+
    (?: (?P<how> [~|^$*]?+= ) [ ]*+ (?P<value> "[^"]*+" | '[^']*+' | {CSS_NAME} ) [ ]*+ (?:[is][ ]*+)?+ )?
    """,
    re.VERBOSE,
)
# States that depend on what a person does, and elements that are made up: no element has them by its markup.
_FREE_PSEUDOS: Final = compile_pattern(
    r"::?(?:hover|active|focus(?:-visible)?|visited|link|any-link|target|root|before|after|not|is|where|matches|scope"
    r"|-\w+-any|selection|marker|backdrop|-\w+-[-\w]+|host|defined|fullscreen|cue|part|slotted)\Z"
)
# What is drawn in a form's fields and for its measures, and what is drawn where more is written than there is room for.
_FIELD_PARTS: Final = compile_pattern(r"::?(?:-\w+-(?:input-)?+)?+(?:placeholder|meter|progress|search)")
_OVERFLOW: Final = re.compile(r"::-webkit-(?:scrollbar|resizer)")
# Properties that make what is loaded a matter of where something is drawn, or of whether it is in view.
BY_PLACE: Final = re.compile(r"content-visibility|(?:animation|view|scroll)-timeline")
_SHOWN: Final = re.compile(r"(?i:attr)\([ ]*+([-\w]++)")
_MOST_TESTS: Final = 20  # of one attribute; our choice: beyond that its whole value is compared


class Need(Flag):
    """What a rule may go by beside the names and values of an element and of those around it."""

    NOTHING = 0
    SIBLINGS = auto()
    CONTENT = auto()  # whether it has any, and whether there is text in it
    SUBTREE = auto()
    VALUES = auto()  # all its attributes


_NEEDS: Final = (
    (re.compile(r":(?:nth|first|last|only)-(?:child|of-type|last-child|last-of-type|col|last-col)\Z"), Need.SIBLINGS),
    (re.compile(r"::?(?:empty|blank|first-letter|first-line|-moz-only-whitespace)\Z"), Need.CONTENT),
    (re.compile(r":(?:has|focus-within|target-within|has-slotted)\Z"), Need.SUBTREE | Need.SIBLINGS),
)
ANY: Final = "*"
# What a browser puts around these, written or not.
_IMPLIED: Final = {"tr": ("tbody",), "td": ("tbody", "tr"), "th": ("tbody", "tr"), "col": ("colgroup",)}


class Test(NamedTuple):
    """How an attribute is compared, as written in the selector, in lower case."""

    how: str
    value: str


class Selected:
    """What all rules of a document go by.

    Attributes:
        everything: Whether a rule may go by any class, id or attribute.
        names: Every type, `.class` and `#id` that some rule names.
        tests: How attributes are compared, by their names; an empty list stands for their whole values.
        needs: What else a rule may go by, by the key of the elements it is for.
        by_parent: Whether a rule asks which element is the parent of which.
        by_language: Whether a rule goes by the language.
        by_direction: Whether a rule goes by the direction of writing.
        by_size: Whether a rule goes by how large an element is drawn.
        by_font: Whether fonts are loaded, each when it is the one that some text is drawn in.
        by_state: Whether a rule goes by what is in a form's fields.
        shown: The attributes whose values rules and styles make text or other values of.
    """

    __slots__ = (
        "by_direction",
        "by_font",
        "by_language",
        "by_parent",
        "by_size",
        "by_state",
        "everything",
        "names",
        "needs",
        "shown",
        "tests",
    )

    def __init__(self, rules: Iterable[StyleRule], elements: Iterable[Element], /, *, everything: bool) -> None:
        self.everything = everything
        self.names: set[str] = set()
        self.tests: dict[str, dict[Test, None]] = {}
        self.needs: dict[str, Need] = defaultdict(lambda: Need.NOTHING)
        self.by_parent = self.by_language = self.by_direction = self.by_size = self.by_font = self.by_state = False
        self.shown: set[str] = set()
        for rule in rules:
            self.by_font = self.by_font or (
                rule.prelude.startswith("@font-face") and any(one.urls for one in rule.declarations)
            )
            self.shown.update(name.lower() for one in rule.declarations for name in _SHOWN.findall(one.value))
            self.everything = self.everything or (rule.escaped and not rule.prelude.startswith("@media"))
            self.by_size = self.by_size or rule.prelude.startswith("@container")
            self.by_size = self.by_size or any(BY_PLACE.match(one.name) for one in rule.declarations)
            if not rule.prelude.startswith("@") or rule.prelude.startswith("@scope"):
                self._take(rule.prelude)
        self.shown |= _shown_by_styles(elements)

    def _take(self, prelude: str, /) -> None:
        """Note what a list of selectors goes by."""
        depth = 0
        parts: list[re.Match[str]] = []  # of the compound that is read
        need = inner = Need.NOTHING
        is_nested = False  # whether what is in its brackets is for other elements, too
        for part in _PART.finditer(prelude):
            kind = part.lastgroup
            self.by_parent = self.by_parent or (kind == "combinator" and ">" in part[0])
            if kind == "open":
                depth += 1
            elif kind == "close":
                depth = max(depth - 1, 0)
            elif kind == "combinator" and depth:
                is_nested = True
                inner |= Need.SIBLINGS if part[0].strip() in {"+", "~"} else Need.NOTHING
            elif kind in {"comma", "combinator"} and not depth:
                self._note(parts, need | inner, inner if is_nested else Need.NOTHING)
                parts, is_nested, inner = [], False, Need.NOTHING
                need = Need.SIBLINGS if part[0].strip() in {"+", "~"} else Need.NOTHING
            elif depth:
                inner |= self._need(part)
                is_nested = is_nested or part[0] == ":has"
            else:
                is_nested = is_nested or part[0] == ":has"
                need |= self._need(part)
                parts.append(part)
        self._note(parts, need | inner, inner if is_nested else Need.NOTHING)

    def _note(self, parts: list[re.Match[str]], need: Need, everywhere: Need, /) -> None:
        if need:
            self.needs[_key(parts)] |= need
        if everywhere:
            self.needs[ANY] |= everywhere

    def _need(self, part: re.Match[str], /) -> Need:
        """Note the name in a part, and say what else it goes by."""
        kind = part.lastgroup
        if kind in {"class", "id", "type"}:
            self.names.add(part[0])
        elif kind == "attribute":
            self._test(part["attribute"])
        elif kind == "pseudo":
            name = part[0]
            self.by_language = self.by_language or name == ":lang"
            self.by_direction = self.by_direction or name == ":dir"
            self.by_size = self.by_size or _OVERFLOW.match(name) is not None
            for pattern, need in _NEEDS:
                if pattern.match(name):
                    return need
            if _FREE_PSEUDOS.match(name) and not _FIELD_PARTS.match(name):
                return Need.NOTHING
            self.by_state = True
            return Need.VALUES
        return Need.NOTHING

    def _test(self, text: str, /) -> None:
        test = _TEST.fullmatch(text)
        if test is None:
            self.everything = True
            return
        tests = self.tests.setdefault(test["name"], {})
        tests[Test(test["how"] or "", (test["value"] or "").strip("\"'"))] = None

    def needs_of(self, element: Element, /) -> Need:
        """Say what else the rules that may be for an element go by."""
        need = self.needs.get(ANY, Need.NOTHING)
        if self.needs:
            for key in keys_of(element):
                need |= self.needs.get(key, Need.NOTHING)
        return need

    def is_named(self, attribute: str, value: str, /) -> bool:
        """Return whether some rule names a class or an id."""
        sign = "#" if attribute == "id" else "."
        return f"{sign}{value.strip().lower()}" in self.names

    def is_compared_whole(self, attribute: str, /) -> bool:
        """Return whether so much is asked of an attribute that its value may as well be compared."""
        return len(self.tests.get(attribute, ())) > _MOST_TESTS


def _shown_by_styles(elements: Iterable[Element], /) -> set[str]:
    """Return the attributes whose values elements' own styles make other values of."""
    found: set[str] = set()
    for style in (element.attributes.get("style", "") for element in elements):
        if "(" in style and ("attr" in style.lower() or "\\" in style):
            found.update(name.lower() for one in read_declarations(style) for name in _SHOWN.findall(one.value))
    return found


def keys_of(element: Element, /) -> Iterator[str]:
    """Return every key by which a rule may be for an element."""
    yield ANY
    yield element.name
    yield from _IMPLIED.get(element.name, ())
    yield from (f".{name}" for name in element.classes)
    if name := element.attributes.get("id", "").strip().lower():
        yield f"#{name}"
    for name in element.attributes:
        yield f"[{name}"
        if ":" in name:
            yield f"[{name.rpartition(':')[2]}"


def subjects(rule: StyleRule, /) -> set[str]:
    """Return the keys of the elements that a rule may be for: none if it is not a style rule."""
    if rule.prelude.startswith(GROUPING):  # what stands in one directly is for what the rule around it is for
        return {ANY}
    if rule.prelude.startswith("@") or (rule.selectors and not rule.grouped):
        return set()
    if rule.escaped or not rule.selectors:
        return {ANY}
    found: set[str] = set()
    parts: list[re.Match[str]] = []
    depth = 0
    for part in _PART.finditer(rule.selectors):
        kind = part.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(depth - 1, 0)
        elif depth:
            continue
        elif kind == "comma":
            found.add(_key(parts))
            parts = []
        elif kind == "combinator":
            parts = []
        else:
            parts.append(part)
    return {*found, _key(parts)}


def _key(parts: list[re.Match[str]], /) -> str:
    """Name one thing of a compound that an element has to have."""
    for kind in ("id", "class", "attribute", "type"):
        for part in parts:
            if part.lastgroup != kind:
                continue
            if kind != "attribute":
                return part[0]
            test = _TEST.fullmatch(part["attribute"])
            return f"[{test['name']}" if test else ANY
    return ANY
