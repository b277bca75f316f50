r"""The tokeniser's grammar as regular expressions, each piece beside the clause it comes from.

Source: WHATWG HTML, section 13.2.5 "Tokenization" (the states are named in the comments).

Why it is linear: every repetition is possessive and every branch is decided by its first character, so no position
is ever tried twice by one match. Why so much is spelled out in ASCII classes: `\s`, `\w` and `re.IGNORECASE` follow
Unicode, HTML does not (U+000B and U+00A0 are not white space, U+212A is not a `k`).
"""

from __future__ import annotations

import re
from typing import Final

from lmtrack._pattern import compile_pattern

# "ASCII whitespace" as the tokeniser sees it: TAB, LF, FF, CR, SPACE. CR counts: the standard turns it into LF first.
WHITESPACE: Final = "\t\n\f\r "
WS: Final = r"[\t\n\f\r ]"
# What ends a tag name ("tag name state").
NAME_END: Final = r"[\t\n\f\r />]"

# One attribute with the blanks and slashes before it ("before attribute name" to "after attribute value (quoted)").
# A name may begin with `=`. After a name there is either a complete value or no `=` at all: without the second half
# `a="x` at the end of a document would be read as two names and the unfinished tag taken for a finished one.
_ATTRIBUTE: Final = rf"""
    [\t\n\f\r /]*+
    [^\t\n\f\r />][^\t\n\f\r />=]*+
    (?:
        {WS}*+ = {WS}*+ (?: "[^"]*+" | '[^']*+' | (?=>) | [^\t\n\f\r >"'][^\t\n\f\r >]*+ )
      | (?! {WS}*+ = )
    )
"""
# Everything from the end of the tag name to the closing `>`, in full generality.
ATTRIBUTES_EXACT: Final = rf"(?:{_ATTRIBUTE})*+ [\t\n\f\r /]*+ >"

# The same for the form nearly all mail is written in: ` name="value"` over and over. Tried first; 3x as fast.
ATTRIBUTES_PLAIN: Final = rf"""(?: {WS}++ [a-zA-Z0-9:_-]++ ="[^"]*+" )*+ {WS}*+ /?+ >"""
# And for older mail, with bare values and names without any. A bare value ends where its signs do; if neither a blank
# nor `>` follows there, this form fails and the exact one decides.
ATTRIBUTES_LOOSE: Final = rf"""
    (?: {WS}++ [a-zA-Z0-9:_-]++ (?: = (?: "[^"]*+" | [a-zA-Z0-9\#%.,_/:-]++ | '[^']*+' ) )?+ )*+ {WS}*+ /?+ >
"""

# A comment after its `<`, to its end ("comment start state" and on): `<!-->` and `<!--->` are complete; a `!>` right
# after the opening dashes closes nothing; otherwise the first `-->` or `--!>` ends it.
COMMENT_BODY: Final = r"(?: -?> | (?:-?!>)?+ [^>]*+ (?: (?<!--)(?<!--!)> [^>]*+ )*+ > )"
COMMENT: Final = rf"!-- {COMMENT_BODY}"
# `<!x`, `<?x` and `</` before anything but a letter: a bogus comment to the first `>`, quotes or not. A doctype ends
# there too. `</>` is dropped whole.
BOGUS: Final = r"(?: !(?!--) | \? | /(?![a-zA-Z]) ) [^>]*+ >"

# `<` that opens nothing is text ("tag open state", anything else).
NOT_MARKUP: Final = r"(?! [a-zA-Z/!?] )"

# Elements whose content is text to the tokeniser, because the tree builder says so (section 13.2.6, "generic raw text
# element parsing" and its RCDATA twin). No script runs in mail, so noscript is not among them.
RAW_TEXT: Final = frozenset(("iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"))

# 13.2.6.4.7: the first line feed in these is dropped.
DROPS_LINE_FEED: Final = frozenset(("listing", "pre", "textarea"))


def verbose(pattern: str, /) -> re.Pattern[str]:
    """Compile a pattern written with blanks and comments."""
    return compile_pattern(pattern, re.VERBOSE)


def any_case(name: str, /) -> str:
    """Spell an ASCII name as a pattern that ignores ASCII case and nothing else."""
    return "".join(f"[{char}{char.upper()}]" if char.isalpha() else re.escape(char) for char in name)


# A whole tag from its `<`; group 1 is the name (with a slash for an end tag).
TAG: Final = verbose(rf"< ( /?+ [a-zA-Z] [^\t\n\f\r />]*+ ) {ATTRIBUTES_EXACT}")

# One attribute of a tag, for reading. Groups: name, then the value as written in double, single or no quotes.
ATTRIBUTE: Final = verbose(
    rf"""
    [\t\n\f\r /]*+
    ( [^\t\n\f\r />][^\t\n\f\r />=]*+ )
    (?: {WS}*+ = {WS}*+ (?: "([^"]*+)" | '([^']*+)' | ( [^\t\n\f\r >"'][^\t\n\f\r >]*+ )? ) )?
    """
)
# A comment from its `<`; `MARKUP_DECLARATION` is everything else that begins with `<!`, `<?` or `</` and is not a tag.
COMMENT_FROM_OPEN: Final = verbose(f"<{COMMENT}")
BOGUS_FROM_OPEN: Final = verbose(f"<{BOGUS}")

# The end tag that closes a raw text element ("appropriate end tag token"): its `</name`, up to the name's end.
RAW_TEXT_END: Final = {name: re.compile(f"</{any_case(name)}(?={NAME_END})") for name in sorted(RAW_TEXT - {"script"})}
# What moves the script data states: `<!--` (with `-->` sharing its dashes it is over at once), `-->`, `<script`,
# `</script`. The end must not begin inside a run of dashes: trying it at each dash would be quadratic.
SCRIPT_STEP: Final = verbose(
    rf"""
        (?P<end> <!---*+> | (?<!-)--+> ) | (?P<open> <!-- )
      | <(?P<slash> /?+) {any_case("script")} (?={NAME_END})
    """
)


def ascii_lower(name: str, /) -> str:
    """Lower-case A-Z only, as the tokeniser does (`str.lower` would turn U+212A into `k`)."""
    return name.lower() if name.isascii() else name.translate(_LOWER)


_LOWER: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
