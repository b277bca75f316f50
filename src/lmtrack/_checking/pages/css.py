"""Style sheets and style attributes: their declarations, and every URL in them that a reader would load.

Source: CSS Syntax 3, sections 4.3 (tokens) and 5 (parsing), css-values-4 (`url()`, `src()`), css-images-4
(`image-set()`, `image()`), css-cascade-5 (`@import`). Where the standard throws something away (a bad URL, a string
over a line end), it is read all the same: an older reader may not have thrown it away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
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
# At-rules that only group: nearly every reader applies the rules in them.
_UNCONDITIONAL: Final = ("@layer", "@supports", "@scope")
# At-rules with a URL that names something and is not loaded.
_NAMING: Final = ("@namespace", "@document", "@-moz-document")


@dataclass(slots=True)
class Declaration:
    """A property and its value, without comments and in lower case, and the URLs in it as they are meant."""

    name: str
    value: str
    important: bool
    urls: list[str]


@dataclass(slots=True)
class Rule:
    """A rule: its selectors ("" for what has none of its own), where it begins, and whether it always holds."""

    selectors: str
    offset: int
    always: bool
    declarations: list[Declaration] = field(default_factory=list)


@dataclass(slots=True)
class Sheet:
    """What a style sheet holds: rules in order, and what it imports, with offsets."""

    rules: list[Rule] = field(default_factory=list)
    imports: list[tuple[int, str]] = field(default_factory=list)


def read_declarations(text: str, /) -> list[Declaration]:
    """Read a style attribute."""
    reader = _Reader(text, Rule("", 0, always=True))
    reader.read()
    return [declaration for rule in reader.sheet.rules for declaration in rule.declarations]


def read_sheet(text: str, /) -> Sheet:
    """Read a style sheet."""
    reader = _Reader(text, None)
    reader.read()
    return reader.sheet


class _Reader:
    """Reads token by token. What stands between `;`, `{` and `}` is collected and then taken for what it is."""

    __slots__ = (
        "_blocks",
        "_brackets",
        "_colon",
        "_image",
        "_pieces",
        "_raw",
        "_start",
        "_strings",
        "_text",
        "_urls",
        "sheet",
    )

    def __init__(self, text: str, base: Rule | None, /) -> None:
        self._text = text
        self.sheet = Sheet(rules=[base] if base else [])
        self._blocks: list[Rule | None] = [base]
        self._clear(0)

    def _clear(self, start: int, /) -> None:
        self._start = start
        self._pieces: list[str] = []
        self._urls: list[str] = []
        self._strings: list[str] = []  # those that are URLs only behind certain words
        self._raw: list[str] = []  # strings and URLs with an escape in them, as they stand
        self._colon = -1  # the piece that is the first colon
        self._brackets: list[str] = []  # open functions and brackets
        self._image = 0  # how many are open up to the outermost one whose strings are URLs

    def read(self) -> None:
        text, position = self._text, 0
        while token := _TOKEN.match(text, position):
            position = token.end()
            kind, piece = token.lastgroup, token[0]
            if kind == "gap":
                if self._pieces:
                    self._pieces.append(" ")
                else:
                    self._start = position
            elif kind == "word":
                self._pieces.append(unescape(piece).lower())
            elif kind == "string":
                self._string(piece[1:].removesuffix(piece[0]), piece[0])
            elif kind == "function":
                name = unescape(piece[:-1]).lower()
                self._pieces.append(name + "(")
                self._brackets.append(name)
                if name in _IMAGE_FUNCTIONS and not self._image:
                    self._image = len(self._brackets)
                if name in {"url", "url-prefix"} and (bare := _BARE_URL.match(text, position)):
                    self._urls.append(self._unescape(bare[1]).strip())
                    self._close()
                    self._pieces.append(")")
                    position = bare.end()
            else:
                self._sign(piece, position)
        self._finish()

    def _unescape(self, raw: str, /) -> str:
        if "\\" in raw:
            self._raw.append(raw)
        return unescape(raw)

    def _string(self, raw: str, quote: str, /) -> None:
        text = self._unescape(raw)
        self._pieces.append(quote + text.lower() + quote)
        if self._image:  # `image-set(var(--x, "..."))`, too
            self._urls.append(text)
        else:
            self._strings.append(text)

    def _sign(self, sign: str, position: int, /) -> None:
        if sign in "([":
            self._brackets.append("")
        elif sign in ")]":
            self._close()
        elif not self._brackets and sign in "{};":
            if sign == "{":
                self._open()
            else:
                self._finish()
            if sign == "}" and len(self._blocks) > 1:
                self._blocks.pop()
            self._clear(position)
            return
        elif sign == ":" and self._colon < 0 and not self._brackets:
            self._colon = len(self._pieces)
        self._pieces.append(sign)

    def _close(self) -> None:
        del self._brackets[-1:]
        if len(self._brackets) < self._image:
            self._image = 0

    def _open(self) -> None:
        """Begin a block; what stands before it are selectors or an at-rule."""
        outer = self._blocks[-1]
        prelude = "".join(self._pieces).strip()
        always = outer is None or outer.always
        selectors = "" if (outer and outer.selectors) or prelude.startswith("@") else prelude
        if prelude.startswith("@"):
            always = always and _always(prelude)
        rule = Rule(selectors, self._start, always)
        self.sheet.rules.append(rule)
        self._blocks.append(rule)
        if self._urls and not prelude.startswith(_NAMING):
            rule.declarations.append(Declaration("", "", important=False, urls=self._urls))

    def _finish(self) -> None:
        """Take what was collected for a declaration or an at-rule without a block."""
        if not self._pieces:
            return
        outer = self._blocks[-1]
        whole = "".join(self._pieces).strip()
        if outer is None or whole.startswith("@"):
            if not whole.startswith(_NAMING):
                # Where no declaration can stand, brackets may have been counted in another way than a browser's.
                strings = self._strings if whole.startswith("@") else []
                if self._colon >= 0 and not strings:
                    strings = [text for text in self._strings if _ABSOLUTE.match(text)]
                # Chromium fetches what an `@import` names ahead of reading the sheet, and knows no escapes then.
                ahead = self._raw if whole.startswith("@import") else []
                self.sheet.imports += [(self._start, url) for url in self._urls + strings + ahead]
            return
        name = "".join(self._pieces[: max(self._colon, 0)]).strip()
        value = "".join(self._pieces[self._colon + 1 :]).strip()
        urls = self._urls
        if name.startswith("--") or name == "initial-value":
            urls = urls + self._strings  # whatever `image-set(var(--x))` makes of it
        elif name not in _TEXTS:
            urls = urls + [text for text in self._strings if _ABSOLUTE.match(text)]
        important = value.endswith("important") and value[:-9].rstrip().endswith("!")
        if important:
            value = value[:-9].rstrip()[:-1].rstrip()
        outer.declarations.append(Declaration(name, value, important=important, urls=urls))


def _always(prelude: str, /) -> bool:
    """Whether the rules in an at-rule hold on every screen that shows colours."""
    if prelude.startswith("@media"):
        return prelude.removeprefix("@media").strip() in {"", "all", "screen", "only screen"}
    return prelude.startswith(_UNCONDITIONAL)


def unescape(text: str, /) -> str:
    """Undo the escapes of CSS."""
    return _ESCAPED.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str], /) -> str:
    digits, line_end, char = escape.groups()
    if digits:
        code = int(digits, 16)
        return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"
    return "" if line_end else char or ""
