"""Where every element of a document is, as far as anyone's loading may depend on it.

The *context* of an element says what it and everything around it say about loading, which names that rules go by they
have, under which conditions for Outlook they are there, and, only where a rule may go by that, what is next to them
and in them. Two elements with one context are treated alike by every reader and every rule. Contexts are numbers: equal
ones have equal numbers in all documents that share their `numbers`.

Text is no part of it, so greetings and order numbers may differ. Three things go by text all the same, and then the
text counts: fonts for certain characters, rules that ask for the size of an element, and the direction of writing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple
from unicodedata import category, normalize

from lmtrack._checking.compare.load_conditions import (
    FONTED,
    PLAIN,
    changes_font,
    conditions_of,
    decides,
    is_inherited,
    refers,
)
from lmtrack._checking.compare.selected import ANY, BY_PLACE, Need, Selected, keys_of, subjects
from lmtrack._checking.pages.css import read_declarations
from lmtrack._html.grammar import DROPS_LINE_FEED, WHITESPACE
from lmtrack._pattern import word_set

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from lmtrack._checking.pages.all_readers import Reading
    from lmtrack._checking.pages.css import StyleRule
    from lmtrack._checking.pages.element import Element

# Elements of which one part decides whether another is loaded: which source fits, what stands in for what fails, what
# is referred to. What they hold counts as a whole, URLs included.
_GROUPS: Final = frozenset(("picture", "video", "audio", "object", "applet", "svg"))
_FIELDS: Final = word_set("button fieldset input meter option output progress select textarea")
_FONT_STYLE: Final = re.compile("font|text-transform|text-security", re.IGNORECASE)
_URL: Final = re.compile(r"(?i:url)\([^)]*+\)?+")
_RANGE: Final = re.compile(r"u\+([0-9a-f?]{1,6})(?:-([0-9a-f]{1,6}))?")
_BLOCK: Final = 7  # bits: fonts are cut at such borders
_RELATION: Final = re.compile(r"[ >+~]|(?<!:):(?!:)")
_NUMBERING: Final = frozenset(("reversed", "start", "type", "value"))
_NOT_DRAWN: Final = word_set("iframe noembed noframes script style title")
_DOCUMENTS: Final = frozenset(("iframe", "frame", "object", "embed"))
_FACES: Final = frozenset(("face", "font-family"))  # of HTML, and of SVG
_FIRST_LETTER: Final = re.compile(r"[\W_]*+\w?")
_WORD: Final = re.compile(r"\w++")
# How `text-transform` may have a text drawn (CSS Text 3, section 2.1): in Greek without accents, in Turkish with dots.
_CAPITALS: Final[tuple[Callable[[str], str], ...]] = (
    str,
    lambda text: text.upper() + normalize("NFD", text.upper()) + ("\u0130" if "i" in text else ""),
    lambda text: text.lower() + ("\u0131" if "I" in text else ""),
    lambda text: _WORD.sub(lambda word: word[0][0].title() + word[0][1:], text),
)
# Marks that a browser draws where a text does not fit, and the letters that MathML draws a single one as.
_MARKS_DRAWN: Final = frozenset(("-", "\u2010", "\u2026", "\u210e", *map(chr, range(0x1D400, 0x1D800))))
_ENDS: Final = frozenset(("text-overflow", "hyphenate-character", "-webkit-hyphenate-character"))
_END: Final = re.compile("text-overflow|hyphenate-character", re.IGNORECASE)
# Attributes that are drawn as text.
_DRAWN_TEXTS: Final = ("alt", "label", "placeholder", "value")
_NO_TEXT, _BLANKS, _MARKS, _TEXT = range(4)

_BY_TEXT: Final = "a rule depends on the size of a text or on the direction it is written in, and the texts differ"
_BY_SIZE: Final = "a rule or a picture depends on how large something is drawn, and what decides that differs"
_BY_STATE: Final = "a rule depends on what is in a form's fields, and those differ"
_BY_NAME: Final = "of several details with one name only the first is open, and those differ"
_ELSEWHERE: Final = "a style sheet that is elsewhere may depend on any name, value or element, and those differ"
_FONTS_ELSEWHERE: Final = "a style sheet that is elsewhere may load fonts for certain characters, and those differ"


class ValueNumbers(defaultdict["Hashable", int]):
    """Gives equal values equal numbers."""

    def __init__(self) -> None:
        super().__init__(count(1).__next__)


class _Node(NamedTuple):
    """What is known of an element when all have been read."""

    own: int  # what it says itself
    before: int  # its neighbours up to it
    need: Need
    is_plain: bool  # whether it makes no difference to what is in it


class Structure:
    """The contexts of one document's elements, and what follows from them for its rules.

    Attributes:
        selected: What the rules go by.
        is_related: Whether some rule that may decide goes by what is around or beside an element.
    """

    def __init__(self, reading: Reading, numbers: ValueNumbers, /, *, sheets_elsewhere: bool) -> None:
        self._elements = reading.in_reading_order
        self._numbers = numbers
        self._sheets_elsewhere = sheets_elsewhere
        self._rules = [rule for one in reading.sheets for rule in one.sheet.rules]
        self.selected = Selected(self._rules, self._elements, everything=sheets_elsewhere)
        self.is_related = any(
            _RELATION.search(rule.prelude) and any(decides(one, self.selected) for one in rule.declarations)
            for rule in self._rules
        )
        self._hosts = {
            one.around for one in self._elements if one.name == "template" and "shadowrootmode" in one.attributes
        }
        self._nodes: dict[Element, _Node] = {}
        # All neighbours, by the element that holds them; 0 where no rule goes by them.
        self._beside: dict[Element | None, int] = defaultdict(int)
        self._contexts: dict[Element, int] = {}
        self._groups = _Groups(numbers)
        # By the context of what chooses them, the language, which decides on capitals and quotes, and what may be done
        # to capitals: their characters.
        self._fonts: dict[tuple[int, str, int], set[str]] = defaultdict(set)
        self._texts_in: dict[tuple[int, str], list[str]] = defaultdict(list)
        self._read_elements()
        self._read_contexts()
        if self.selected.by_font:
            self._read_fonts()
        # Rules that load, or that make use of what others load, by the key of what they are for.
        rules = [rule for rule in self._rules if _loads(rule) or any(map(refers, rule.declarations))]
        wanted = {key for rule in rules for key in subjects(rule)}
        self._by_key: dict[str, set[int]] = defaultdict(set)
        for element, context in self._contexts.items() if wanted else ():
            for key in keys_of(element):
                if key in wanted:
                    self._by_key[key].add(context)

    # Reading it: every element first by itself, then with what is around and beside it.

    def _read_elements(self) -> None:
        numbers, selected = self._numbers, self.selected
        beside = self._beside
        by_neighbours = any(Need.SIBLINGS in need for need in selected.needs.values())
        for element in self._elements:
            around = element.around
            need = selected.needs_of(element)
            if element in self._hosts:  # what its slots show in place of nothing
                need |= Need.CONTENT | Need.SUBTREE
            said = tuple(conditions_of(element, selected, need)) if element.attributes else ()
            own = numbers[element.name, element.condition, said]
            is_plain = not (said or need or element.condition or element.name in selected.names or selected.by_parent)
            is_plain = is_plain and not selected.everything
            is_plain = is_plain and element.name in PLAIN and not (selected.by_font and element.name in FONTED)
            before = beside[around]  # what is around it holds something from now on, whatever rules go by
            self._nodes[element] = _Node(own, before, need, is_plain=is_plain)
            if by_neighbours:
                beside[around] = numbers[before, own]
            self._groups.take(element, around)

    def _read_contexts(self) -> None:
        wanted = self._hosts or any(Need.SUBTREE in need for need in self.selected.needs.values())
        below = self._below() if wanted else {}
        for element in self._elements:
            around = element.around
            node = self._nodes[element]
            context = self._contexts[around] if around else 0
            if not node.is_plain:
                context = self._numbers[context, node.own, self._position(element, node, below)]
            self._contexts[element] = context

    def _read_fonts(self) -> None:
        """Collect the characters that each choice of a font is for."""
        font_keys = self._font_keys()
        scopes: dict[Element, int] = {}
        languages: dict[Element, str] = {}
        for element in self._elements:
            around = element.around
            chooses = _chooses_font(element, font_keys) or _is_fonted(element)
            scope = self._contexts[element] if chooses else (scopes[around] if around else 0)
            language = _language(element) or (languages[around] if around else "")
            scopes[element], languages[element] = scope, language
            for how, drawn in enumerate(_characters_of(element) if scope or ANY in font_keys else ()):
                self._fonts[scope, language, how].update(drawn)
            self._texts_in[scope, language].append(_drawn_words(element))

    def _position(self, element: Element, node: _Node, below: Mapping[Element, int], /) -> tuple[Hashable, ...]:
        """Return what is next to an element and in it, as far as a rule may go by that."""
        position: list[Hashable] = []
        if Need.SIBLINGS in node.need:
            position += (node.before, self._beside[element.around])
        if Need.CONTENT in node.need:
            position += (element in self._beside, _kind_of_text(element))
        if Need.SUBTREE in node.need:
            position.append(below.get(element, 0))
        return tuple(position)

    def _below(self) -> dict[Element, int]:
        """Return what is in each element, however deep."""
        below: dict[Element, int] = defaultdict(int)
        for element in reversed(self._elements):
            if around := element.around:
                node = self._nodes[element]
                text = _kind_of_text(element) if Need.CONTENT in node.need else _NO_TEXT
                below[around] = self._numbers[below[around], node.own, text, below[element]]
        return below

    def _font_keys(self) -> set[str]:
        rules = (rule for rule in self._rules if any(map(changes_font, rule.declarations)))
        return {key for rule in rules for key in subjects(rule)}

    # Answers.

    def of(self, element: Element, /, *, style: str = "") -> int:
        """Return what decides whether an element loads what it names, in an attribute or in this style."""
        decides: list[Hashable] = [self._contexts[element], self._groups.around(element, self._referring)]
        if not element.in_tree:  # whatever is around it
            decides.append(self._whole)
        if style and any(map(is_inherited, read_declarations(style))):
            decides += (self._kinds, self._using)
        return self._numbers[tuple(decides)]

    def said_by(self, element: Element, /) -> tuple[tuple[str, ...], ...]:
        """Return what an element says itself about loading."""
        return tuple(conditions_of(element, self.selected, Need.NOTHING))

    def of_rule(self, rule: StyleRule, /) -> int:
        """Return what decides whether a rule loads what it names: the elements that it may be for."""
        keys = subjects(rule)
        decides: list[Hashable] = [frozenset(one for key in keys for one in self._by_key[key])]
        if not keys:
            decides += (self._using, self._characters(rule))
        if any(map(is_inherited, rule.declarations)):
            decides += (self._kinds, self._using)
        return self._numbers[tuple(decides)]

    @cached_property
    def _kinds(self) -> frozenset[tuple[str, int]]:
        """Return all that there is, however often."""
        return frozenset((element.name, context) for element, context in self._contexts.items())

    @cached_property
    def _whole(self) -> int:
        return self._numbers[tuple(self._contexts.values()),]

    @cached_property
    def _using(self) -> frozenset[int]:
        """Elements that make use of fonts, animations and variables, by rules or their own styles."""
        rules = (rule for rule in self._rules if any(map(refers, rule.declarations)))
        found = {context for rule in rules for key in subjects(rule) for context in self._by_key[key]}
        found.update(
            context
            for element, context in self._contexts.items()
            if not _FACES.isdisjoint(element.attributes)
            or any(map(refers, read_declarations(element.attributes.get("style", ""))))
        )
        return frozenset(found)

    @cached_property
    def _referring(self) -> frozenset[int]:
        """Elements that refer to something by its id: a drawing may make use of parts of another one."""
        return frozenset(
            context
            for element, context in self._contexts.items()
            if any("#" in value and "url(" in value.lower() for value in element.attributes.values())
        )

    def _characters(self, rule: StyleRule, /) -> Hashable:
        """Say in which texts there are characters for which a font would be loaded."""
        if not rule.prelude.startswith("@font-face"):
            return None
        ranges = [
            found for one in rule.declarations if one.name == "unicode-range" for found in _RANGE.findall(one.value)
        ]
        spans = [(int(first.replace("?", "0"), 16), int(last or first.replace("?", "f"), 16)) for first, last in ranges]
        if spans:
            found = {scope: _has_any(text, spans) for scope, text in self._fonts.items()}
            if _has_any(self._marks, spans):
                lacking = {scope[:2] for scope, has_any in found.items() if not has_any}
                texts = frozenset((scope, *self._texts_in[scope]) for scope in lacking)
                return frozenset(found.items()), texts, self._beginnings
            return frozenset(found.items()), self._beginnings
        # The second of two is loaded for what the first one lacks, which cannot be known.
        if self._several_fonts:
            return frozenset((scope, _blocks(text)) for scope, text in self._fonts.items())
        return frozenset(context for context, *_ in self._fonts), self._beginnings

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return tuple(map(_drawn_words, self._elements))

    @cached_property
    def _beginnings(self) -> Hashable:
        """Return what decides which letters are the first ones and which lines, if a font is for those."""
        chosen = [rule.prelude for rule in self._rules if any(map(changes_font, rule.declarations))]
        if any("first-line" in prelude for prelude in chosen):
            return self._texts
        if any("first-letter" in prelude for prelude in chosen):
            return tuple(found[0] if (found := _FIRST_LETTER.match(text)) else "" for text in self._texts)
        return None

    @cached_property
    def _marks(self) -> set[str]:
        """Return what a reader draws by itself, depending on the text: where it does not fit, and for one variable."""
        own = (one.attributes.get("style", "") for one in self._elements)
        ends = "".join(one.value for rule in self._rules for one in rule.declarations if one.name in _ENDS)
        return {*_MARKS_DRAWN, *ends, *ends.upper(), *"".join(style for style in own if _END.search(style))}

    @cached_property
    def _several_fonts(self) -> bool:
        faces = {_family(rule) for rule in self._rules if rule.prelude.startswith("@font-face")}
        used = (
            *(one for rule in self._rules if not rule.prelude.startswith("@font-face") for one in rule.declarations),
            *(one for element in self._elements for one in read_declarations(element.attributes.get("style", ""))),
        )
        lists = (one.value.split(",")[1:] for one in used if one.name in {"font", "font-family"})
        return len(faces) > 1 or any(name.strip(" \"'") in faces for names in lists for name in names)

    def traits(self) -> Iterator[tuple[str, Hashable]]:
        """Return what has to be the same in the whole document, each by the sentence that says what is not."""
        selected = self.selected
        by_size = selected.by_size or any(map(_asks_for_size, self._elements))
        if by_size or (selected.by_direction and any(map(_is_auto, self._elements))):
            yield _BY_TEXT, self._texts
        if by_size or any(map(_holds_document, self._elements)):
            yield _BY_SIZE, tuple(map(self._drawn, self._elements))
        if selected.by_state:
            fields = (element for element in self._elements if element.name in _FIELDS)
            yield _BY_STATE, tuple((self._drawn(field), field.words) for field in fields)
        details = (one.attributes for one in self._elements if one.name == "details")
        if exclusive := tuple((one["name"], "open" in one) for one in details if "name" in one):
            yield _BY_NAME, exclusive
        if self._sheets_elsewhere:
            yield _ELSEWHERE, self._kinds
            yield _FONTS_ELSEWHERE, _blocks({char for element in self._elements for char in _drawn_words(element)})

    def _drawn(self, element: Element, /) -> tuple[Hashable, ...]:
        """Return all that may decide how large an element is, but for its text."""
        said = tuple(conditions_of(element, self.selected, Need.VALUES))
        return element.name, said, _URL.sub("", element.attributes.get("style", ""))


class _Groups:
    """Puts together what each group of elements holds."""

    def __init__(self, numbers: ValueNumbers, /) -> None:
        self._numbers = numbers
        self._held: dict[Element, int] = {}
        self._of: dict[Element, Element] = {}  # the innermost group that an element is in, or begins
        self._outer: dict[Element, Element] = {}
        self._known: dict[Element, int] = {}

    def take(self, element: Element, around: Element | None, /) -> None:
        """Add an element, behind all that stand before it."""
        outer = self._of.get(around) if around else None
        if outer is None and element.name not in _GROUPS:
            return
        whole = (element.name, tuple(sorted(element.attributes.items())))
        if outer is not None:
            self._held[outer] = self._numbers[self._held[outer], whole]
            self._of[element] = outer
        if element.name in _GROUPS and (element.name != "svg" or outer is None or outer.name != "svg"):
            self._held[element] = self._numbers[0, whole]
            self._of[element] = element
            if outer is not None:
                self._outer[element] = outer

    def around(self, element: Element, referring: frozenset[int], /) -> int:
        """Number what the groups hold that an element is in; `referring` says what makes use of drawings."""
        passed: list[Element] = []
        group = self._of.get(element)
        while group is not None and group not in self._known:
            passed.append(group)
            group = self._outer.get(group)
        number = self._known[group] if group is not None else 0
        for group in reversed(passed):
            held = self._numbers[self._drawings, referring] if group.name == "svg" else self._held[group]
            number = self._known[group] = self._numbers[number, held]
        return number

    @cached_property
    def _drawings(self) -> tuple[int, ...]:
        return tuple(held for group, held in self._held.items() if group.name == "svg")


def _asks_for_size(element: Element, /) -> bool:
    """Return whether what an element loads depends on how large it is drawn, or where, by what it says itself."""
    attributes = element.attributes
    if attributes.get("sizes", "").strip().lower().startswith("auto"):
        return True
    return BY_PLACE.search(attributes.get("style", "")) is not None


def _holds_document(element: Element, /) -> bool:
    """Return whether an element is a document in the document, which knows its own width."""
    attributes = element.attributes
    return "srcdoc" in attributes or (
        element.name in _DOCUMENTS
        and any(attributes.get(name, "").strip().lower().startswith("data:") for name in ("src", "data"))
    )


def _loads(rule: StyleRule, /) -> bool:
    return any(declaration.urls for declaration in rule.declarations)


def _chooses_font(element: Element, keys: set[str], /) -> bool:
    attributes = element.attributes
    if not _FACES.isdisjoint(attributes):
        return True
    if "style" in attributes and _FONT_STYLE.search(attributes["style"]):
        return True
    return bool(keys) and any(key in keys for key in keys_of(element) if key != ANY)


def _is_fonted(element: Element, /) -> bool:
    """Return whether an element by itself changes how text is drawn, or which."""
    return element.name in FONTED or (
        element.name in {"li", "ol", "ul"} and not _NUMBERING.isdisjoint(element.attributes)
    )


def _language(element: Element, /) -> str:
    attributes = element.attributes
    return (attributes.get("lang") or attributes.get("xml:lang") or "").strip().lower()


def _family(face: StyleRule, /) -> str:
    return next((one.value.strip(" \"'") for one in face.declarations if one.name == "font-family"), "")


def _drawn_words(element: Element, /) -> str:
    return "" if element.name in _NOT_DRAWN else element.words


def _characters_of(element: Element, /) -> Iterator[set[str]]:
    """Return what is drawn of an element's texts, with each thing that a style may do to capitals.

    Nothing is if there is only white space, and a hyphen is where one may be.
    """
    names = (*_DRAWN_TEXTS, "title") if element.name in {"img", "input"} else _DRAWN_TEXTS  # in place of an `alt`
    given = (_drawn_words(element), *(element.attributes.get(name, "") for name in names))
    texts = [text for text in given if text.strip(WHITESPACE)]
    for draw in _CAPITALS if texts else ():
        found = {character for text in texts for character in draw(text)}
        yield found | {"-", "\u2010"} if "\u00ad" in found else found


def _kind_of_text(element: Element, /) -> int:
    words = element.words.removeprefix("\n") if element.name in DROPS_LINE_FEED else element.words
    shown = words.strip(WHITESPACE)
    if not shown:
        return _BLANKS if words else _NO_TEXT
    # There is no first letter if there is nothing but punctuation (CSS Pseudo-Elements 4).
    return _MARKS if all(category(character)[0] in "PZ" for character in shown) else _TEXT


def _has_any(characters: set[str], spans: list[tuple[int, int]], /) -> bool:
    return any(first <= ord(character) <= last for character in characters for first, last in spans)


def _blocks(characters: set[str], /) -> frozenset[int]:
    return frozenset(ord(character) >> _BLOCK for character in characters)


def _is_auto(element: Element, /) -> bool:
    return element.name == "bdi" or element.attributes.get("dir", "").strip().lower() == "auto"
