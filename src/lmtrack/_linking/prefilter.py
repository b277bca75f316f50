"""A quick look at all of a document's URLs, so that the rules need not be asked about the harmless ones.

Nearly every link of real mail is a lower-case http URL with nothing in it that any rule could object to, and the rules
are slow to ask. One expression, built from the same tables, sees that for all links of a document at once.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from lmtrack._linking.words import (
    PERSON_ADDRESSES,
    PERSON_BIRTHS,
    PERSON_NAMES,
    PERSON_PHONES,
    SECRET_ALWAYS,
    SECRET_NOUNS,
    SECRET_SEGMENT_ENDS,
    SECRET_SEGMENTS,
    SECRET_WORDS,
    WAYS_OUT,
    WAYS_OUT_WHOLE,
)
from lmtrack._pattern import compile_pattern


def surely_trackable(values: list[str], /) -> list[str]:
    """Take a quick look at href values as written, all at once: the URL if no rule can object to it, else "".

    An empty answer says nothing. The lists and the limit of the policy are not looked at.
    """
    if not values:
        return []
    lines = "\n".join(values)
    if not lines.isascii() or lines.count("\n") != len(values) - 1:
        # Lower-casing could make ASCII letters, and a line end inside a value would shift the answers.
        values = [value if value.isascii() and "\n" not in value else "" for value in values]
        lines = "\n".join(values)
    # No other reference is left in a line that passes: there `&` comes before a name and `=`, and stands for itself.
    lines = lines.replace("&amp;", "&")
    low = lines.lower()
    answers = _passing_lines().findall(low + "\n")
    urls = lines.split("\n")
    if _shows_something(low, lines):
        answers = [answer and not _shows_something(url.lower(), url) for answer, url in zip(answers, urls, strict=True)]
    return [url if answer else "" for answer, url in zip(answers, urls, strict=True)]


# What the rules look for anywhere in a URL, each with the signs that are surely in it.
_SEGMENTS: Final = SECRET_SEGMENTS | SECRET_SEGMENT_ENDS
_SEGMENT_SIGNS: Final = tuple(sorted(word for word in _SEGMENTS if sum(other in word for other in _SEGMENTS) == 1))
# Sixteen signs behind a slash that is not that of the host: a shorter segment is no secret.
_LONG_SEGMENT: Final = re.compile(r"/(?<!//)[^/?&\n]{16}")
_SIGNED_SIGNS: Final = ("eyj", "gaaaaa", ".local.", ".public.", "--")
_ITSDANGEROUS: Final = re.compile(r"\.[A-Za-z0-9_-]{27}")
_BASE64_TEXT: Final = re.compile(r"[=/](?:[I-Za-f][C-HS-Xi-ny-z0-3][A-Za-z0-9_-]{2}){2}")


def _shows_something(low: str, written: str, /) -> bool:
    return (
        ("sub" in low and ("unsub" in low or "un-sub" in low or "un_sub" in low or "un+sub" in low))
        or (_LONG_SEGMENT.search(low) is not None and any(sign in low for sign in _SEGMENT_SIGNS))
        or any(sign in low for sign in _SIGNED_SIGNS)
        or _ITSDANGEROUS.search(low) is not None
        or (low != written and _BASE64_TEXT.search(written) is not None)
    )


# Compiled when the first link is judged: that takes 5 ms, which an import need not pay.
@cache
def _passing_lines() -> re.Pattern[str]:
    """Build the expression that reads lower-cased ASCII URLs, a line each; group 1 takes part for those that pass.

    It may only ever be missing too often: a word that begins like a listed one, a parameter that begins like a secret,
    a sign that a placeholder, an address or an escape needs, all make a URL go the long way.
    """
    ways_out = frozenset(phrase.partition("-")[0] for phrase in WAYS_OUT | WAYS_OUT_WHOLE if phrase.isascii())
    others = "".join(sorted(set("abcdefghijklmnopqrstuvwxyz") - {word[0] for word in ways_out}))
    word = rf"(?: [{others}] [a-z]*+ | (?!{_by_first_letter(_words_or_beginnings(ways_out, 5))}) [a-z]++ )"
    path = rf"[0-9/.,_~+!()=-]*+ (?: {word} [0-9/.,_~+!()=-]*+ )*+"
    text = rf"[0-9/.,_~+!()-]*+ (?: {word} [0-9/.,_~+!()-]*+ )*+"
    # Secrets begin with one of their words; behind a short one the next word begins within these four letters.
    secrets = frozenset(
        beginning[:4]
        for first in SECRET_WORDS
        for beginning in (
            [first] if first in SECRET_NOUNS or len(first) >= 4 else [first + other for other in SECRET_WORDS]
        )
    )
    people = PERSON_NAMES | PERSON_PHONES | PERSON_BIRTHS | PERSON_ADDRESSES | {"name"}
    others_begin = _words_or_beginnings(people | ways_out, 4)
    # So four letters tell, and the last ones, if no sign stands among them.
    endings = "".join(f"(?<!{noun})" for noun in sorted(SECRET_ALWAYS))
    name = rf"""
        (?: utm_(?:source|medium|campaign|content|term|id)(?==) | [0-9]++
          | (?! {_by_first_letter(secrets | others_begin)} ) [a-z]++ {endings}
        )
    """
    return compile_pattern(
        rf"""
        (?:
            https?://[a-z0-9][a-z0-9.-]*+ (?: :[0-9]{{1,4}}+ )?+
            (?: / {path} )?+
            (?: [?] (?: {name} (?: = {text} (?: & {name} = {text} )*+ )?+ )?+ )?+
            (?: \# {text} )?+
            (\n)
          | [^\n]*+ \n
        )
        """,
        re.VERBOSE,
    )


def _words_or_beginnings(words: frozenset[str], length: int, /) -> frozenset[str]:
    """Cut words to their beginnings; a shorter one is meant whole."""
    return frozenset(word[:length] if len(word) >= length else f"{word}(?![a-z])" for word in words)


def _by_first_letter(pieces: frozenset[str], /) -> str:
    """Spell a pattern for whatever begins like one of the pieces, by first letter so that most fail at once."""
    tails: dict[str, set[str]] = {}
    for piece in pieces:
        tails.setdefault(piece[0], set()).add(piece[1:])
    return "|".join(f"{letter}(?:{'|'.join(sorted(ends))})" for letter, ends in sorted(tails.items()))
