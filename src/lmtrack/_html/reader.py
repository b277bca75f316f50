"""The fast reader as one expression: pass over everything dull, stop behind a link or before whatever needs a look.

It is a subset of the exact grammar, never a guess: what it passes over, the tokeniser would have passed over too, and
what it takes for a link is one. Where the usual spelling ends, it stops and leaves the rest to the tokeniser.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from lmtrack._html.grammar import (
    ATTRIBUTES_EXACT,
    ATTRIBUTES_LOOSE,
    ATTRIBUTES_PLAIN,
    BOGUS,
    COMMENT,
    COMMENT_BODY,
    NAME_END,
    NOT_MARKUP,
    WS,
    any_case,
    verbose,
)

if TYPE_CHECKING:
    import re

# Tags the fast reader passes over, by their first letters: first the lower-case spelling nearly all mail has, then any.
# Everything else stops it: links, images, raw text, base and body, svg and math, and names that only look like one of
# them (those are passed over one at a time). `<abbr` and `<br` are dull, `<ar`, `<ba` and `<st` may not be.
_DULL_NAME: Final = r"""
    (?: t[dhrabf] | [c-gj-loqruwyz] | p(?!l) | s[pmui] | str | {also} | b(?![ao]) | h )
"""
_DULL_NAME_ANY_CASE: Final = r"""
    (?: [tT][dhrabfDHRABF] | [C-GJ-LOQRUWYZ] | [pP](?![lL]) | [sS](?: (?![cCtTvV]) | [tT](?![yY]) )
      | [bB](?![aAoO]) | [hH] | [iI](?![fFmM]) | [mM](?![aA]) | [nN](?![oO][eEfF]) | [xX](?![mM])
      | [aA](?=[b-qs-zB-QS-Z])
    )
"""
_DULL_END: Final = rf"""
    / (?: [ac-gi-zAC-GI-Z] [a-zA-Z0-9]*+ >
        | (?: [ac-gi-zAC-GI-Z] | [bB](?![oO]) | [hH](?![eEtT]) ) [^\t\n\f\r />]*+ {ATTRIBUTES_EXACT}
      )
"""
_REST: Final = rf"""
    (?: [a-zA-Z0-9:]*+ (?: {ATTRIBUTES_PLAIN} | {ATTRIBUTES_LOOSE} ) | [^\t\n\f\r />]*+ {ATTRIBUTES_EXACT} )
"""


def _raw_text_whole(name: str, /) -> str:
    spelled = any_case(name)
    return rf"{spelled} {ATTRIBUTES_PLAIN} [^<]*+ (?: <(?!/{spelled}{NAME_END}) [^<]*+ )*+ </{spelled} {WS}*+ >"


# Most conditional comments in mail hold a "ghost table" for Outlook: tags of tables and white space, so no link. As no
# text is between the tags, the comment can end early only at a `>` behind one of its own signs.
_GHOST_TABLE: Final = rf"""
    \[[iI][fF] [^>]*+ (?<![!-])> {WS}*+ (?: </?+[tT][^>]*+ (?<![!-])> {WS}*+ )*+ <!\[endif\]-->
"""
# The opening of a branch for everyone but Outlook: the comment ends before its content, `<!--[if !mso]><!-->`.
_REVEALED: Final = r"\[[iI][fF] [^\]>]*+ \]> (?:<!)?+ -->"


# A link in the form nearly all are written in. Attribute names have twelve letters at most there (and perhaps a
# prefix): every opt-out attribute is longer or holds a hyphen, so such a tag needs no second look. Group 1 is the
# element's name, group 2 the value of href.
_PLAIN_NAME: Final = r"[a-zA-Z]{1,12}+ (?: :[a-zA-Z]{1,12}+ )?+"


def _plain_link(names: str, /) -> str:
    return rf"""
        <({names}) (?: {WS}++ (?!{any_case("href")}=) {_PLAIN_NAME} ="[^"]*+" )*+
        {WS}++ {any_case("href")} ="([^"]*+)"
        (?: {WS}++ {_PLAIN_NAME} ="[^"]*+" )*+ {WS}*+ /?+ >
    """


_PLAIN_A: Final = _plain_link("[aA]")
_PLAIN_VML: Final = _plain_link("v:(?!fill|imagedata)[a-z]++")
# A whole conditional comment around one VML button, the way every button generator writes it. Between its tags stands
# no `>` and no tag ends in `-` or `!`, so the comment ends where it seems to; none of the tags can be a link.
_MSO: Final = r"[^\]>mM]*+ (?: [mM](?![sS][oO]) [^\]>mM]*+ )*+ [mM][sS][oO] [^\]>]*+"
_VML_BUTTON: Final = rf"""
    <!--\[[iI][fF] {_MSO} \]> {WS}*+ {_PLAIN_VML} ()
    [^<>]*+
    (?:
        < (?: / | (?:center|font|span|strong|b|br|p|div|v:fill|v:imagedata|w:[a-z]++)(?={NAME_END}) )
        [^>]*+ (?<![!-])> [^<>]*+
    )*+
    <!\[endif\]-->
"""


def _reader(tail: str, /, *, vml: bool) -> re.Pattern[str]:
    """Build a reader that ends in `tail`; with `vml` it is for the inside of a conditional comment."""
    name = _DULL_NAME.replace("{also}", "im" if vml else "v")
    comment = COMMENT if vml else rf"!--(?: (?!\[[iI][fF]) {COMMENT_BODY} | {_REVEALED} | {_GHOST_TABLE} )"
    return verbose(
        rf"""
        (?: [^<]*+ <
            (?: {_DULL_END}
              | {name} {_REST}
              | {comment}
              | {_raw_text_whole("style")}
              | {_raw_text_whole("title")}
              | {_DULL_NAME_ANY_CASE} {_REST}
              | {BOGUS}
              | {NOT_MARKUP}
            )
        )*+
        [^<]*+
        (?: {tail} )?
        """
    )


# The tags that frame a document, as nearly all mail writes them, and the images.
_FRAME: Final = rf"<(/(?:body|head|html)|body) {ATTRIBUTES_PLAIN}"
_IMAGE: Final = rf"<([iI][mM](?:[gG]|[aA][gG][eE])) (?: {ATTRIBUTES_PLAIN} | {ATTRIBUTES_LOOSE} )"


# Compiled when the first document is read: that takes 6 ms, which an import need not pay.
@cache
def live_reader() -> re.Pattern[str]:
    """Return the reader of a document.

    Group 2 is the href value of an `<a>`; group 4 that of the VML element (group 3) of a whole conditional comment, and
    group 5 stands where its tag ends; group 6 is the name of a framing tag, group 7 that of an image.
    """
    return _reader(rf"{_PLAIN_A} | {_VML_BUTTON} | {_FRAME} | {_IMAGE}", vml=False)


@cache
def conditional_reader() -> re.Pattern[str]:
    """Return the reader of a conditional comment's content: group 2 is the href value of the link named by group 1."""
    return _reader(_plain_link("[aA]|v:(?!fill|imagedata)[a-z]++"), vml=True)
