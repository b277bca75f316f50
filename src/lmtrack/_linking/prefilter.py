"""A quick look at all of a document's URLs, so that the rules need not be asked about the harmless ones.

Nearly every link of real mail is a lower-case http URL with nothing in it that any rule could object to, and the rules
are slow to ask. One expression, built from the same tables, sees that for all links of a document at once.
"""

from __future__ import annotations

import re
from functools import cache

from lmtrack._linking.words import SECRET_ALWAYS, SECRET_NOUNS, SECRET_WORDS, UNSUBSCRIBE
from lmtrack._pattern import compile_pattern


def innocent(values: list[str], /) -> list[str]:
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
    # No other reference is left in an innocent line: there `&` comes before a name and `=`, where it stands for itself.
    lines = lines.replace("&amp;", "&")
    low = lines.lower()
    answers = _innocent_lines().findall(low + "\n")
    urls = lines.split("\n")
    if "unsubscribe" in low:
        answers = [answer and "unsubscribe" not in url.lower() for answer, url in zip(answers, urls, strict=True)]
    return [url if answer else "" for answer, url in zip(answers, urls, strict=True)]


# Compiled when the first link is judged: that takes 5 ms, which an import need not pay.
@cache
def _innocent_lines() -> re.Pattern[str]:
    """Build the expression that reads lower-cased ASCII URLs, a line each; group 1 takes part for the innocent ones.

    It may only ever be missing too often: a word that begins like a listed one, a parameter that begins like a secret,
    a sign that a placeholder, an address or an escape needs, all make a URL go the long way.
    """
    word = rf"(?: [{_other_letters(UNSUBSCRIBE)}] [a-z]*+ | (?!{_beginning(UNSUBSCRIBE, 5)}) [a-z]++ )"
    path = rf"[0-9/.,_~+!()=-]*+ (?: {word} [0-9/.,_~+!()=-]*+ )*+"
    text = rf"[0-9/.,_~+!()-]*+ (?: {word} [0-9/.,_~+!()-]*+ )*+"
    # Secrets begin with one of their words; behind a short one the next word begins within these four letters.
    secrets = frozenset(
        beginning
        for first in SECRET_WORDS
        for beginning in (
            [first] if first in SECRET_NOUNS or len(first) >= 4 else [first + other for other in SECRET_WORDS]
        )
    )
    # So four letters tell, and the last ones, if no sign stands among them.
    endings = "".join(f"(?<!{noun})" for noun in sorted(SECRET_ALWAYS))
    name = rf"""
        (?: utm_(?:source|medium|campaign|content|term|id)(?==) | [0-9]++
          | (?! {_beginning(secrets | UNSUBSCRIBE, 4)} ) [a-z]++ {endings}
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


def _beginning(words: frozenset[str], length: int, /) -> str:
    """Spell a pattern for whatever begins like one of the ASCII words, by first letter so that most fail at once."""
    tails: dict[str, set[str]] = {}
    for word in words:
        if word.isascii():
            start = word.partition("-")[0][:length]
            tails.setdefault(start[0], set()).add(start[1:])
    return "|".join(f"{letter}(?:{'|'.join(sorted(ends))})" for letter, ends in sorted(tails.items()))


def _other_letters(words: frozenset[str], /) -> str:
    """The letters that none of the words begins with."""
    return "".join(sorted(set("abcdefghijklmnopqrstuvwxyz") - {word[0] for word in words}))
