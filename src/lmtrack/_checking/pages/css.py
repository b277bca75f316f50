"""Style sheets and style attributes: their declarations, and every URL in them that a reader would load.

Source: CSS Syntax 3, sections 4.3 (tokens) and 5 (parsing), css-values-4 (`url()`, `src()`), css-images-4
(`image-set()`, `image()`), css-cascade-5 (`@import`). Where the standard throws something away (a bad URL, a string
over a line end), it is read all the same: an older reader may not have thrown it away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import IntEnum, auto
from typing import Final

from lmtrack._pattern import compile_pattern

# 4.3.7: one to six digits and one white space, or any other character but a line end.
_ESCAPE: Final = r"\\(?:[0-9a-fA-F]{1,6}+(?:\r\n|[ \t\r\n\f])?+|[^\r\n\f0-9a-fA-F])"
_NAME: Final = rf"(?:[-\w]|[^\x00-\x7f]|{_ESCAPE})++"
_TOKEN: Final = compile_pattern(
    rf"""
      (?P<gap> [ \t\r\n\f]++ | /\*[^*]*+(?:\*(?!/)[^*]*+)*+(?:\*/|\Z) | <!--|--> )
    | (?P<string> "(?:[^"\\\r\n\f]|\\(?:\r\n|[\s\S]|\Z))*+"?+ | '(?:[^'\\\r\n\f]|\\(?:\r\n|[\s\S]|\Z))*+'?+ )
    | (?P<function> {_NAME}\( )
    | (?P<word> [@#]?+{_NAME} )
    | (?P<other> [\s\S] )
    """,
    re.VERBOSE,
)
_ESCAPED: Final = re.compile(r"\\(?:([0-9a-fA-F]{1,6})(?:\r\n|[ \t\r\n\f])?|(\r\n|[\r\n\f])|([\s\S])|\Z)")
# The inside of `url(` without quotes, up to its bracket; an escaped bracket does not close it.
_BARE_URL: Final = compile_pattern(r"[ \t\r\n\f]*+(?![\"'])((?:[^)\\]|\\(?:[\s\S]|\Z))*+)\)?+")
_URL_FUNCTIONS: Final = frozenset(("url", "src", "url-prefix", "domain"))
# Functions whose strings are URLs.
_IMAGE_FUNCTIONS: Final = _URL_FUNCTIONS | {
    "image-set",
    "-webkit-image-set",
    "image",
    "cross-fade",
    "-webkit-cross-fade",
}
_ABSOLUTE: Final = re.compile(r"\s*+(?:https?:|//|\\\\)", re.IGNORECASE)
# Properties whose strings are text.
_TEXTS: Final = frozenset(("content", "quotes", "font-family", "font", "grid-template-areas", "voice-family"))
# At-rules in which style rules stand.
GROUPING: Final = (
    "@media",
    "@layer",
    "@supports",
    "@scope",
    "@container",
    "@starting-style",
    "@document",
    "@-moz-document",
)
# Media that no screen is (mediaqueries-5, section 2.3), and those that ask for one that cannot be.
_NOT_ON_SCREENS: Final = re.compile(
    r"(?:only )?(?:print|speech|aural|braille|embossed|handheld|projection|tty|tv)\b|not (?:all|screen)$"
)
_FEATURE: Final = re.compile(r"\( ?([-a-z]++) ?:")
_KNOWN_FEATURES: Final = re.compile(
    r"(?:-webkit-|-moz-|-ms-)[-a-z]+$|(?:display|position|color|background|opacity|transform|transition|animation|filter"
    r"|backdrop-filter|object-fit|aspect-ratio|gap|grid|flex|float|width|height|font|border-radius|mix-blend-mode"
    r"|clip-path|mask|accent-color|contain|content-visibility|overflow|margin|padding|inset)(?:-[-a-z]+)?$"
)
_WIDTH: Final = re.compile(
    r"\b(?P<side>min|max)-(?:device-)?width ?: ?(?P<number>[0-9]{1,9}(?:\.[0-9]{1,9})?)(?P<unit>px|em)?"
)
_EVERYWHERE: Final = {"", "all", "screen", "only screen", "only all", "not print", "not speech", "not tty"}
_A_WIDTH: Final = r"\( ?(?:min|max)-(?:device-)?+width ?: ?[0-9.]++(?:px|em)?+ ?\)"
_SCREEN: Final = compile_pattern(rf"(?:(?:only )?+(?:all|screen) and )?+{_A_WIDTH}(?: and {_A_WIDTH})*+")
_NARROWEST: Final = 160  # pixels; both are our choice: no watch is narrower, and no wall of screens is wider
_WIDEST: Final = 8_000
NO_LAYER: Final = 1 << 30  # what is in no layer comes after all of them (css-cascade-5, section 6.4)
_LONGEST_NESTED: Final = 2_000  # characters of selectors; our choice: no sheet for mail comes near
# At-rules with a URL that names something and is not loaded.
_NAMING: Final = ("@namespace", "@document", "@-moz-document")


@dataclass(slots=True)
class Declaration:
    """A property and its value, without comments and in lower case, and the URLs in it as they are meant.

    Attributes:
        spoiled: Whether it is in a style attribute and not a declaration there: in a block, before a stray bracket.
    """

    name: str
    value: str
    important: bool
    urls: list[str]
    spoiled: bool = False


class When(IntEnum):
    """For which readers a rule holds, of those that show mail on a screen in colours."""

    NEVER = auto()  # none
    SOME = auto()  # what it shows someone sees; what it hides is shown to others
    DOUBTED = auto()  # perhaps none, but what it hides may be hidden
    PERHAPS = auto()  # nearly all or nearly none, and which is unknown
    ALL = auto()


@dataclass(slots=True)
class StyleRule:
    """A rule of a style sheet.

    Attributes:
        selectors: What it is for; empty for what has no selectors of its own (at-rules, nested rules).
        offset: Where it begins.
        when: For which readers it holds.
        prelude: All that comes before its block.
        escaped: Whether an escape is there, so that a name may hold any character.
        cased: The words there that hold capitals, by what they are in lower case.
        grouped: Whether it is a style rule: in nothing but at-rules that group rules, `@media` and its like.
        nested: Of a rule in a style rule, its selectors with those around it; empty if they are too many.
        layer: In which of the sheet's layers it is, by their order; `NO_LAYER` if in none.
        declarations: In order.
    """

    selectors: str
    offset: int
    when: When = When.ALL
    prelude: str = ""
    escaped: bool = False
    cased: dict[str, set[str]] = field(default_factory=dict)
    grouped: bool = True
    nested: str = ""
    layer: int = NO_LAYER
    declarations: list[Declaration] = field(default_factory=list)


@dataclass(slots=True)
class Sheet:
    """What a style sheet holds: rules in order, and what it imports, with offsets."""

    rules: list[StyleRule] = field(default_factory=list)
    imports: list[tuple[int, str]] = field(default_factory=list)


def read_declarations(text: str, /) -> list[Declaration]:
    """Read a style attribute."""
    reader = _SheetReader(text, StyleRule("", 0))
    reader.read()
    own, *nested = (rule.declarations for rule in reader.sheet.rules)
    return own + [replace(declaration, spoiled=True) for declarations in nested for declaration in declarations]


def read_sheet(text: str, /) -> Sheet:
    """Read a style sheet."""
    reader = _SheetReader(text, None)
    reader.read()
    return reader.sheet


@dataclass(slots=True)
class _Statement:
    """What is between two of `;`, `{` and `}`: a declaration, an at-rule, or what comes before a block.

    Attributes:
        start: Where it begins.
        pieces: Its tokens, unescaped and in lower case, every gap one blank.
        urls: URLs that are loaded whatever it is.
        strings: Those that are URLs only behind certain words.
        raw: Strings and URLs with an escape in them, as written.
        colon: The piece that is the first colon; -1 without one.
        brackets: Open functions and brackets.
        image: How many of these are open up to the outermost one whose strings are URLs; 0 without one.
        escaped: Whether a name in it is written with an escape.
        cased: Words with capitals.
    """

    start: int
    pieces: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    strings: list[str] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    colon: int = -1
    brackets: list[str] = field(default_factory=list)
    image: int = 0
    escaped: bool = False
    cased: list[str] = field(default_factory=list)

    def word(self, written: str, /) -> None:
        """Take a word."""
        text = unescape(written)
        self.escaped = self.escaped or "\\" in written
        lower = text.lower()
        if lower != text:
            self.cased.append(text)
        self.pieces.append(lower)

    def open_bracket(self, name: str, /) -> None:
        """Go into a function, or with an empty name into a bracket."""
        self.brackets.append(name)
        if name in _IMAGE_FUNCTIONS and not self.image:
            self.image = len(self.brackets)

    def close_bracket(self) -> None:
        """Leave the innermost one."""
        del self.brackets[-1:]
        if len(self.brackets) < self.image:
            self.image = 0

    def unescape(self, raw: str, /) -> str:
        """Undo escapes, and remember how it was written."""
        if "\\" in raw:
            self.raw.append(raw)
        return unescape(raw)

    def string(self, raw: str, quote: str, /) -> None:
        """Take a string."""
        text = self.unescape(raw)
        self.pieces.append(quote + text.lower() + quote)
        if self.image:  # `image-set(var(--x, "..."))`, too
            self.urls.append(text)
        else:
            self.strings.append(text)

    def urls_of_at_rule(self, whole: str, /) -> list[str]:
        """Return the URLs of an at-rule without a block, and of what stands where no declaration can stand."""
        if whole.startswith(_NAMING):
            return []
        # Where no declaration can stand, brackets may have been counted differently from a browser.
        strings = self.strings if whole.startswith("@") else []
        if self.colon >= 0 and not strings:
            strings = [text for text in self.strings if _ABSOLUTE.match(text)]
        # Chromium fetches what an `@import` names ahead of reading the sheet, and knows no escapes then.
        ahead = self.raw if whole.startswith("@import") else []
        return self.urls + strings + ahead

    def declaration(self) -> Declaration:
        """Take it for a declaration."""
        name = "".join(self.pieces[: max(self.colon, 0)]).strip()
        value = "".join(self.pieces[self.colon + 1 :]).strip(" ")  # other white space is part of a word
        urls = self.urls
        if name.startswith("--") or name == "initial-value":
            urls = urls + self.strings  # whatever `image-set(var(--x))` makes of it
        elif name not in _TEXTS:
            urls = urls + [text for text in self.strings if _ABSOLUTE.match(text)]
        important = value.endswith("important") and value[:-9].rstrip().endswith("!")
        if important:
            value = value[:-9].rstrip()[:-1].rstrip()
        return Declaration(name, value, important=important, urls=urls)


class _SheetReader:
    """Reads token by token. What is between `;`, `{` and `}` is collected and then taken for what it is."""

    __slots__ = ("_blocks", "_is_stray", "_layers", "_statement", "_text", "sheet")

    def __init__(self, text: str, base: StyleRule | None, /) -> None:
        self._text = text
        self.sheet = Sheet(rules=[base] if base else [])
        self._blocks: list[StyleRule | None] = [base]
        self._layers: dict[str, int] = {}  # by name
        self._is_stray = False  # whether something before the next rule spoils it (CSS Syntax 3, section 5.4.1)
        self._statement = _Statement(0)

    def read(self) -> None:
        text, position, statement = self._text, 0, self._statement
        while token := _TOKEN.match(text, position):
            position = token.end()
            kind, piece = token.lastgroup, token[0]
            if kind == "gap":
                if statement.pieces:
                    statement.pieces.append(" ")
                else:
                    statement.start = position
            elif kind == "word":
                statement.word(piece)
            elif kind == "string":
                statement.string(piece[1:].removesuffix(piece[0]), piece[0])
            elif kind == "function":
                statement.escaped = statement.escaped or "\\" in piece
                name = unescape(piece[:-1]).lower()
                statement.pieces.append(name + "(")
                statement.open_bracket(name)
                if name in {"url", "url-prefix"} and (bare := _BARE_URL.match(text, position)):
                    statement.urls.append(statement.unescape(bare[1]).strip())
                    statement.close_bracket()
                    statement.pieces.append(")")
                    position = bare.end()
            elif piece in "{};" and not statement.brackets:
                self._end(piece)
                statement = self._statement = _Statement(position)
            else:
                self._sign(piece)
        self._finish()

    def _sign(self, sign: str, /) -> None:
        statement = self._statement
        if sign in "([":
            statement.open_bracket("")
        elif sign in ")]":
            statement.close_bracket()
        elif sign == ":" and statement.colon < 0 and not statement.brackets:
            statement.colon = len(statement.pieces)
        statement.pieces.append(sign)

    def _end(self, sign: str, /) -> None:
        if sign == "{":
            self._open()
            return
        is_said = bool(self._statement.pieces)
        if self._blocks == [None] and not "".join(self._statement.pieces[:1]).startswith("@"):
            self._is_stray = True
        self._finish()
        if sign == "}" and len(self._blocks) > 1:
            self._blocks.pop()
        elif sign == "}" and is_said and (outer := self._blocks[0]) and outer.declarations:
            outer.declarations[-1].spoiled = True

    def _open(self) -> None:
        """Begin a block; what comes before it are selectors or an at-rule."""
        outer, statement = self._blocks[-1], self._statement
        prelude = "".join(statement.pieces).strip(" ")
        is_at_rule = prelude.startswith("@")
        rule = StyleRule(
            selectors="" if (outer and outer.selectors) or is_at_rule else prelude,
            offset=statement.start,
            when=When.ALL if outer is None else outer.when,
            prelude=prelude,
            escaped=statement.escaped,
            cased=_by_lower_case(statement.cased),
            grouped=outer is None or (outer.grouped and not outer.selectors),
        )
        if outer is not None:
            rule.layer = outer.layer
            rule.nested = _nested(outer.nested or (outer.selectors if outer.grouped else ""), prelude)
        if is_at_rule:
            rule.when = min(rule.when, _when(prelude))
            rule.grouped = rule.grouped and prelude.startswith(GROUPING)
            if prelude.startswith("@layer"):
                rule.layer = self._layer(prelude.removeprefix("@layer").strip())
        if outer is None and self._is_stray:
            rule.when, self._is_stray = min(rule.when, When.DOUBTED), False
        self.sheet.rules.append(rule)
        self._blocks.append(rule)
        if statement.urls and not prelude.startswith(_NAMING):
            rule.declarations.append(Declaration("", "", important=False, urls=statement.urls))

    def _layer(self, name: str, /) -> int:
        """Return which of the layers it is: one without a name is another each time."""
        return self._layers.setdefault(name or f" {len(self._layers)}", len(self._layers))

    def _finish(self) -> None:
        """Take what was collected for a declaration, or for an at-rule without a block."""
        statement = self._statement
        if not statement.pieces:
            return
        outer = self._blocks[-1]
        whole = "".join(statement.pieces).strip()
        if whole.startswith("@layer"):
            for name in whole.removeprefix("@layer").split(","):
                self._layer(name.strip())
        if outer is None or whole.startswith("@"):
            self.sheet.imports += [(statement.start, url) for url in statement.urls_of_at_rule(whole)]
        else:
            outer.declarations.append(statement.declaration())


def _nested(around: str, prelude: str, /) -> str:
    """Return the selectors of a rule or an at-rule that is in a style rule (css-nesting-1, section 3)."""
    if not around or prelude.startswith("@"):
        return around
    if "(" in around or "(" in prelude or len(around) * (prelude.count(",") + 1) > _LONGEST_NESTED:
        outer = [f":is({around})"] if "," in around else [around]
    else:
        outer = around.split(",")
    whole = ",".join(
        one.replace("&", by.strip()) if "&" in one else f"{by.strip()} {one.strip()}"
        for by in outer
        for one in prelude.split(",")
    )
    return whole if len(whole) <= _LONGEST_NESTED else ""


def _by_lower_case(words: list[str], /) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for word in words:
        bare = word.lstrip("#@")
        found.setdefault(bare.lower(), set()).add(bare)
    return found


def _when(prelude: str, /) -> When:
    """Say for which readers the rules in an at-rule hold."""
    if prelude.startswith("@media"):
        return when_media(prelude.removeprefix("@media"))
    if prelude.startswith("@supports"):
        known = _FEATURE.findall(prelude)
        is_usual = known and all(map(_KNOWN_FEATURES.match, known)) and " not" not in prelude
        return When.PERHAPS if is_usual else When.DOUBTED
    if prelude.startswith("@layer"):
        return When.ALL
    return When.PERHAPS if prelude.startswith("@scope") else When.SOME


def when_media(query: str, /) -> When:
    """Say for which readers a list of media queries holds, of those that show mail in colours on a screen."""
    queries = query.strip().lower().split(",")
    return max(When.NEVER if len(queries) > 1 and not one.strip() else _when_query(one) for one in queries)


def _when_query(query: str, /) -> When:
    query = query.strip()
    if query in _EVERYWHERE or (_SCREEN.fullmatch(query) and all(map(_within, _WIDTH.finditer(query)))):
        return When.ALL
    if _NOT_ON_SCREENS.match(query) or any(_beyond(found) for found in _WIDTH.finditer(query)):
        return When.NEVER
    return When.SOME


def _within(found: re.Match[str], /) -> bool:
    """Return whether a width is one that every screen has."""
    width = float(found["number"]) * (16 if found["unit"] == "em" else 1)
    return width <= _NARROWEST if found["side"] == "min" else width >= _WIDEST


def _beyond(found: re.Match[str], /) -> bool:
    """Return whether a width is one that no screen has."""
    width = float(found["number"]) * (16 if found["unit"] == "em" else 1)
    return width > _WIDEST if found["side"] == "min" else width < _NARROWEST


def unescape(text: str, /) -> str:
    """Undo the escapes of CSS."""
    return _ESCAPED.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str], /) -> str:
    digits, line_end, char = escape.groups()
    if digits:
        code = int(digits, 16)
        return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"
    return "" if line_end else char or ""
