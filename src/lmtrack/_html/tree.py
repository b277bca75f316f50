"""Which elements are open, and so which tags and comments of a document count: the tree builder, on the stack alone.

One question needs it: is the current node an svg or math element? There `<style>` holds markup, CDATA is real, `/>`
closes, and which tags lead out depends on every element open around. Source: WHATWG HTML 13.2.6, with the `select` of
2025 that holds any element.

A doctype decides whether a table ends a paragraph (quirks mode): 13.2.6.4.1 ("The initial insertion mode") and
13.2.5.53 to 13.2.5.67 (doctype states); without any a document is in quirks mode too.

Left out, as no link in them is shown: frameset documents.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._html.grammar import BOGUS, COMMENT, RAW_TEXT, WHITESPACE, WS, any_case, ascii_lower, verbose
from lmtrack._html.in_body import Builder, Mode
from lmtrack._html.in_table import END, START, leave
from lmtrack._html.stack import (
    BREAKOUT,
    BREAKOUT_FONT,
    IN_HEAD,
    IN_HEAD_NOSCRIPT,
    MATHML_IN_TEXT,
    MATHML_TEXT,
    TABLE_TEXT,
)
from lmtrack._html.tokenizer import Token, attributes, next_token, open_point, raw_text_end

if TYPE_CHECKING:
    from collections.abc import Iterator

# A doctype without "force-quirks": groups name, quoted public identifier, two spellings of the system identifier.
_DOCTYPE: Final = verbose(
    rf"""
    <!{any_case("doctype")} {WS}*+ ([^\t\n\f\r >]++) {WS}*+
    (?: {any_case("public")} {WS}*+ ("[^">]*+"|'[^'>]*+') {WS}*+ (?: ("[^">]*+"|'[^'>]*+') [^>]*+ )?
      | {any_case("system")} {WS}*+ ("[^">]*+"|'[^'>]*+') [^>]*+
    )? >
    """
)
_PUBLIC: Final = frozenset(("-//w3o//dtd w3 html strict 3.0//en//", "-/w3c/dtd html 4.0 transitional/en", "html"))
_PUBLIC_PREFIXES: Final = (
    "+//silmaril//dtd html pro v0r11 19970101//",
    "-//as//dtd html 3.0 aswedit + extensions//",
    "-//advasoft ltd//dtd html 3.0 aswedit + extensions//",
    "-//ietf//dtd html 2.0 level 1//",
    "-//ietf//dtd html 2.0 level 2//",
    "-//ietf//dtd html 2.0 strict level 1//",
    "-//ietf//dtd html 2.0 strict level 2//",
    "-//ietf//dtd html 2.0 strict//",
    "-//ietf//dtd html 2.0//",
    "-//ietf//dtd html 2.1e//",
    "-//ietf//dtd html 3.0//",
    "-//ietf//dtd html 3.2 final//",
    "-//ietf//dtd html 3.2//",
    "-//ietf//dtd html 3//",
    "-//ietf//dtd html level 0//",
    "-//ietf//dtd html level 1//",
    "-//ietf//dtd html level 2//",
    "-//ietf//dtd html level 3//",
    "-//ietf//dtd html strict level 0//",
    "-//ietf//dtd html strict level 1//",
    "-//ietf//dtd html strict level 2//",
    "-//ietf//dtd html strict level 3//",
    "-//ietf//dtd html strict//",
    "-//ietf//dtd html//",
    "-//metrius//dtd metrius presentational//",
    "-//microsoft//dtd internet explorer 2.0 html strict//",
    "-//microsoft//dtd internet explorer 2.0 html//",
    "-//microsoft//dtd internet explorer 2.0 tables//",
    "-//microsoft//dtd internet explorer 3.0 html strict//",
    "-//microsoft//dtd internet explorer 3.0 html//",
    "-//microsoft//dtd internet explorer 3.0 tables//",
    "-//netscape comm. corp.//dtd html//",
    "-//netscape comm. corp.//dtd strict html//",
    "-//o'reilly and associates//dtd html 2.0//",
    "-//o'reilly and associates//dtd html extended 1.0//",
    "-//o'reilly and associates//dtd html extended relaxed 1.0//",
    "-//sq//dtd html 2.0 hotmetal + extensions//",
    "-//softquad software//dtd hotmetal pro 6.0::19990601::extensions to html 4.0//",
    "-//softquad//dtd hotmetal pro 4.0::19971010::extensions to html 4.0//",
    "-//spyglass//dtd html 2.0 extended//",
    "-//sun microsystems corp.//dtd hotjava html//",
    "-//sun microsystems corp.//dtd hotjava strict html//",
    "-//w3c//dtd html 3 1995-03-24//",
    "-//w3c//dtd html 3.2 draft//",
    "-//w3c//dtd html 3.2 final//",
    "-//w3c//dtd html 3.2//",
    "-//w3c//dtd html 3.2s draft//",
    "-//w3c//dtd html 4.0 frameset//",
    "-//w3c//dtd html 4.0 transitional//",
    "-//w3c//dtd html experimental 19960712//",
    "-//w3c//dtd html experimental 970421//",
    "-//w3c//dtd w3 html//",
    "-//w3o//dtd w3 html 3.0//",
    "-//webtechs//dtd mozilla html 2.0//",
    "-//webtechs//dtd mozilla html//",
)
# Quirks mode only if there is no system identifier.
_PUBLIC_PREFIXES_ALONE: Final = ("-//w3c//dtd html 4.01 frameset//", "-//w3c//dtd html 4.01 transitional//")
_SYSTEM: Final = "http://www.ibm.com/data/dtd/v11/ibmxhtml1-transitional.dtd"


def is_quirky(doctype: str, /) -> bool:
    """Classify a doctype as written, from `<!` to `>`."""
    match = _DOCTYPE.fullmatch(doctype)
    if match is None or ascii_lower(match[1]) != "html":
        return True
    public = ascii_lower((match[2] or "")[1:-1])
    system = match[3] or match[4] or ""
    return (
        public in _PUBLIC
        or public.startswith(_PUBLIC_PREFIXES)
        or (not system and public.startswith(_PUBLIC_PREFIXES_ALONE))
        or ascii_lower(system[1:-1]) == _SYSTEM
    )


# What may stand before a doctype.
_BEFORE_DOCTYPE: Final = verbose(rf"(?: {WS}++ | < (?: {COMMENT} | {BOGUS} ) )*+")
_CDATA: Final = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_TEXT_TO_THE_END: Final = RAW_TEXT | {"plaintext"}
_MATHML_TEXT: Final = frozenset(f"math {name}" for name in MATHML_TEXT)


_TABLE_TEXT_MODES: Final = frozenset((Mode.TABLE, Mode.TABLE_BODY, Mode.ROW))


class OpenElements:
    """Feed it every tag and the text between; ask `stack.foreign`, `in_html` and whether raw text follows.

    Attributes:
        stack: What is open.
        in_html: Whether the last start tag was read by the rules for HTML, so that its element is an HTML one.
    """

    __slots__ = ("_builder", "_doctype", "_head", "_head_closed", "_raw", "in_html", "stack")

    def __init__(self, html: str, /) -> None:
        self._builder = Builder(html)
        self.stack = self._builder.stack
        self._head = True  # until the first thing that belongs into the body
        self._head_closed = False  # by `</head>`: "after head"
        self._doctype = False
        self._raw = False
        self.in_html = True

    @property
    def is_plain(self) -> bool:
        """Return whether no svg or math element and no template is open."""
        return not self.stack.has_foreign and not self._builder.templates

    def declaration(self, token: Token, /) -> None:
        """Note a comment or doctype; of these only the doctype that opens the document matters."""
        html = self._builder.html
        if not self._doctype and html[token.start : token.start + 9].lower() == "<!doctype":
            self._doctype = True
            if _BEFORE_DOCTYPE.fullmatch(html, 0, token.start):
                self._builder.quirks = is_quirky(html[token.start : token.end])

    def text(self, start: int, end: int, /) -> None:
        """Note the text between two tags."""
        builder, stack = self._builder, self.stack
        if stack.foreign and not stack.island:
            return
        text = builder.html[start:end]
        if stack.foreign:
            text = _CDATA.sub(r"\1", text)
        inked = text.strip(WHITESPACE)
        if self._head and not builder.templates:
            if not inked:
                return
            self._leave_head()
        if builder.mode is Mode.COLUMN_GROUP:
            if not inked or stack.current != "colgroup":
                return
            leave(builder, "colgroup", Mode.TABLE)
        if builder.mode in _TABLE_TEXT_MODES and stack.current in TABLE_TEXT:
            text = text.strip(WHITESPACE + "\0")
        if text.strip("\0"):
            builder.formatting.reconstruct()

    def start(self, tag: Token, /) -> bool:
        """Open an element; True if its content is raw text (or plaintext) to the tokeniser."""
        builder, stack, name = self._builder, self.stack, tag.name
        builder.tag = tag
        if stack.foreign and not self._by_html_rules(name):
            if name not in BREAKOUT and not (name == "font" and self._breaks_out()):
                builder.open_foreign(stack.current.split(" ", 1)[0], name)
                self.in_html = False
                return False
            self._break_out()
        self.in_html = True
        if not self._head or builder.templates or self._start_in_head(name):
            while START[builder.mode](builder, name):
                pass
        if name in _TEXT_TO_THE_END and stack.current == name:
            self._raw = True
            return True
        return False

    def end(self, name: str, /) -> None:
        """Close an element by its end tag (`name` without the slash)."""
        builder, stack = self._builder, self.stack
        if self._raw:
            self._raw = False
            stack.pop()
            return
        if stack.foreign:
            if name in {"br", "p"}:
                self._break_out()
            elif (offset := stack.foreign_offset(name)) >= 0:
                stack.pop_to(offset)
                return
        if name == "template":
            builder.close_template()
        elif not self._head or builder.templates or self._end_in_head(name):
            while END[builder.mode](builder, name):
                pass

    # Foreign content (13.2.6 and 13.2.6.5).

    def _by_html_rules(self, name: str, /) -> bool:
        stack = self.stack
        if stack.island:
            return not (name in MATHML_IN_TEXT and stack.current in _MATHML_TEXT)
        return stack.current == "math annotation-xml" and name == "svg"

    def _breaks_out(self) -> bool:
        builder = self._builder
        return any(attribute.name in BREAKOUT_FONT for attribute in attributes(builder.html, builder.tag))

    def _break_out(self) -> None:
        while self.stack.foreign and not self.stack.island:
            self.stack.pop()

    # The head, whose element itself is never on the stack.

    def _start_in_head(self, name: str, /) -> bool:
        """Process a start tag in or behind the head; True if it is one for the body."""
        builder, stack = self._builder, self.stack
        if stack.current == "noscript":
            if name in IN_HEAD_NOSCRIPT:
                if name in RAW_TEXT:
                    stack.push(name)
                return False
            stack.pop()
        if name not in IN_HEAD or (name == "noscript" and self._head_closed):
            self._head = False
            return True
        if name == "template":
            builder.open_template()
        elif name in RAW_TEXT or name == "noscript":
            stack.push(name)
        return False

    def _end_in_head(self, name: str, /) -> bool:
        """Process an end tag in or behind the head; True if it is one for the body."""
        if self.stack.current == "noscript":
            if name == "noscript":
                self.stack.pop()
            if name != "br":
                return False
        if name in {"body", "br", "html"}:
            self._leave_head()
            return True
        if name == "head":
            self._head_closed = True
        return False

    def _leave_head(self) -> None:
        if self.stack.current == "noscript":
            self.stack.pop()
        self._head = False


class Step(NamedTuple):
    """One token, the text before it and the raw text behind it.

    Attributes:
        token: The tag or comment.
        live: Whether it is a comment, a tag of an HTML element, or an `a`.
        inside: The svg or math element (`svg style`) that holds the text before it; "" for an HTML one.
        raw_end: Where the raw text ends that begins behind it; -1 if none does.
    """

    token: Token
    live: bool
    inside: str
    raw_end: int


class LiveTokens:
    """Goes through every comment, every tag of an HTML element and every `a` of a document, once.

    Attributes:
        elements: What is open where the reading has come to.
        safe_end: Where the markup begins that is unfinished at the end, or the end; known when the reading is over.
    """

    __slots__ = ("_html", "elements", "safe_end")

    def __init__(self, html: str, /) -> None:
        self._html = html
        self.elements = OpenElements(html)
        self.safe_end = -1

    @property
    def is_svg(self) -> bool:
        """Return whether the tag that was read last is one of svg's."""
        stack = self.elements.stack
        return not self.elements.in_html and stack.last("svg svg") > stack.last("math math")

    def __iter__(self) -> Iterator[Token]:
        return (step.token for step in self.steps() if step.live)

    def steps(self) -> Iterator[Step]:
        """Go through every token."""
        html, elements = self._html, self.elements
        stack = elements.stack
        position, end = 0, len(html)
        raw_start = last_raw_end = -1
        root = 0  # where the outermost svg or math that is open begins
        while token := next_token(html, position, end, cdata=stack.foreign):
            start, after, name = token
            inside = stack.current if stack.foreign else ""
            if start > position:
                elements.text(position, start)
            position, raw_end = after, -1
            if not name:
                elements.declaration(token)
                live = True
            elif name[0] == "/":
                live = not stack.foreign
                elements.end(name[1:])
            else:
                if name in {"svg", "math"} and stack.last("svg svg") < 0 and stack.last("math math") < 0:
                    root = start
                if elements.start(token):
                    raw_end = raw_text_end(html, name, position, end)
                    if raw_end < 0:
                        self.safe_end = start
                        return
                    position = last_raw_end = raw_end
                    raw_start = start
                live = elements.in_html or name == "a"
            yield Step(token, live, inside, raw_end)
        self.safe_end = open_point(html, position, end)
        if self.safe_end == last_raw_end:  # its end tag is unfinished, so an image there would be text as well
            self.safe_end = raw_start
        if stack.foreign and html.startswith("<![CDATA[", self.safe_end):
            # An image put there would end the svg, and its unfinished CDATA section would come to life.
            self.safe_end = root
