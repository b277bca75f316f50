"""Decide whether a link is a way out, which unsubscribes, from its URL or from the text that a person reads on it."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from unicodedata import combining, normalize

from lmtrack._linking.words import (
    COMPANIONS,
    WAYS_OUT,
    WAYS_OUT_ANYWHERE,
    WAYS_OUT_PAIR_SIGNS,
    WAYS_OUT_PAIRS,
    WAYS_OUT_TEXTS,
    WAYS_OUT_WHOLE,
)

if TYPE_CHECKING:
    from collections.abc import Sequence, Set as AbstractSet

# "unsubscribe", its forms and its short form: `unsub` goes on in `scri` or ends there ("unsubstantiated" does neither).
_UNSUB: Final = re.compile(r"un[-_+ ]?sub(?:scri|(?![a-z]))")
# The same in markup, where blanks, tags and references may stand between.
_MAY_UNSUB: Final = r"un[^a-z<&\x00]*+(?:sub|[<&])"
# From the first path, query or fragment on: a host is a name.
_TAIL: Final = re.compile(r"(?<=[^:/])[/?#].*+", re.DOTALL)
_WORDS: Final = re.compile(r"[^\W\d_]+")
_SEGMENTS: Final = re.compile(r"[^/?&=#;:,]++")
_BLANKS: Final = re.compile(r"[\s+_./-]++")
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]++")
_MOST_WORDS: Final = 8  # our choice: a link's text that says so and more is an article's title
_LETTERS: Final = {ord("ı"): "i", ord("đ"): "d", ord("ł"): "l", ord("ø"): "o"}  # no accent can be taken off these


def plain(text: str, /) -> str:
    """Write a text without case and accents, so that all spellings of a word are one.

    >>> plain("Se DÉSABONNER")
    'se desabonner'
    """
    text = text.casefold()
    return text if text.isascii() else _BEYOND_ASCII.sub(_without_accents, text)


def _without_accents(letters: re.Match[str], /) -> str:
    text = normalize("NFKD", letters[0].translate(_LETTERS))
    return normalize("NFC", "".join(char for char in text if not combining(char)))


_SURE: Final = frozenset(map(plain, WAYS_OUT))
_WHOLE: Final = frozenset(map(plain, WAYS_OUT_WHOLE))
_WHOLE_TEXTS: Final = _WHOLE | frozenset(map(plain, WAYS_OUT_TEXTS))
_ANYWHERE: Final = tuple(map(plain, WAYS_OUT_ANYWHERE))
_ANYWHERE_BEGINS: Final = frozenset(phrase.partition("-")[0] for phrase in _ANYWHERE)
_COMPANIONS: Final = frozenset(map(plain, COMPANIONS))
_PAIR_WORDS: Final = _COMPANIONS.union(WAYS_OUT_PAIR_SIGNS, *(one | other for one, other in WAYS_OUT_PAIRS))
_LONGEST_PHRASE: Final = max(phrase.count("-") for phrase in _WHOLE) + 1
# Every text that says so has one of these as a word, or "unsub" in it, or a phrase of `_ANYWHERE`.
_FIRST: Final = WAYS_OUT_PAIR_SIGNS | {phrase.partition("-")[0] for phrase in _SURE | _WHOLE}
_FIRST_IN_TEXTS: Final = _FIRST | {phrase.partition("-")[0] for phrase in _WHOLE_TEXTS}
FIRST_ASCII_WORDS: Final = frozenset(filter(str.isascii, _FIRST))
_FIRST_ASCII_BYTES: Final = frozenset(map(str.encode, filter(str.isascii, _FIRST_IN_TEXTS)))
_LETTERS_ALONE: Final = bytes(code if ord("a") <= code <= ord("z") else 32 for code in range(256))


def is_way_out_url(url: str, decoded: str, /) -> bool:
    """Return whether a URL, which is also given with its percent escapes undone, looks like a way to unsubscribe.

    >>> is_way_out_url("https://shop.example/abmelden/9", "https://shop.example/abmelden/9")
    True
    """
    if "un" in url.lower() and _UNSUB.search(url.lower()):
        return True
    tail = _TAIL.search(decoded)
    return tail is not None and says_way_out(tail[0])


def says_way_out(text: str, /) -> bool:
    """Return whether a path with its query, or a name that a program gave to such a URL, says so in any language."""
    text = plain(text)
    if _UNSUB.search(text):
        return True
    if not text.isascii() and _says_anywhere(text):
        return True
    words = _WORDS.findall(text)
    if _FIRST.isdisjoint(words):
        return False
    if not _SURE.isdisjoint(words):
        return True
    path = re.split("[?#]", text, maxsplit=1)[0]
    if any(map(_fills, [path, *_SEGMENTS.findall(text)])):
        return True
    return any(_is_pair(_WORDS.findall(f"{one} {other}")) for one, other in pairwise(_SEGMENTS.findall(path)))


def is_way_out_text(text: str, /) -> bool:
    """Return whether what a person reads on a link says that it unsubscribes.

    >>> is_way_out_text("Click here to opt out"), is_way_out_text("Opt out of plastic")
    (True, False)
    """
    text = plain(text)
    words = _WORDS.findall(text)
    if not text.isascii() and len(text) <= 80 and _says_anywhere(text):
        return True
    if len(words) <= _MOST_WORDS and (_UNSUB.search(text) or not _SURE.isdisjoint(words)):
        return True
    return not _FIRST_IN_TEXTS.isdisjoint(words) and _fills(text, _WHOLE_TEXTS)


def may_say_way_out(markup: str, /) -> list[int]:
    """Find where in the markup of links, which is `plain`, one may say that it unsubscribes; it may find too much."""
    if markup.isascii():  # bytes are cut into words several times as fast
        words = [
            word.decode() for word in _FIRST_ASCII_BYTES.intersection(markup.encode().translate(_LETTERS_ALONE).split())
        ]
    else:
        words = [*_FIRST_IN_TEXTS.intersection(_WORDS.findall(markup))]
        words += [begins for begins in _ANYWHERE_BEGINS if begins in markup]
    signs = [*words, _MAY_UNSUB] if "sub" in markup else words
    return [match.start() for sign in signs for match in re.finditer(sign, markup)]


def mentions_way_out(text: str, /) -> bool:
    """Return whether a text around a link speaks of unsubscribing: a word or a whole phrase of the tables is in it.

    >>> mentions_way_out("Para darse de baja: https://shop.example/9"), mentions_way_out("Baja California")
    (True, False)
    """
    text = plain(text)
    if _UNSUB.search(text) or (not text.isascii() and _says_anywhere(text)):
        return True
    words = _WORDS.findall(text)
    if not _SURE.isdisjoint(words):
        return True
    return any(
        "-".join(words[start : start + length]) in _WHOLE
        for start, word in enumerate(words)
        if word in _FIRST
        for length in range(2, _LONGEST_PHRASE + 1)
    )


def _says_anywhere(text: str, /) -> bool:
    joined = _BLANKS.sub("-", text)
    return any(phrase in joined for phrase in _ANYWHERE)


def _fills(segment: str, phrases: AbstractSet[str] = _WHOLE, /) -> bool:
    """Return whether a phrase, or a word of each side of a pair, is all that a segment says, but for companions."""
    words = _WORDS.findall(segment)
    if not 1 <= len(words) <= 2 * _MOST_WORDS:
        return False
    if _is_pair(words):
        return True
    starts = [index for index, word in enumerate(words) if word in _FIRST_IN_TEXTS]
    for start in starts:
        if not all(word in _COMPANIONS for word in words[:start]):
            return False
        for length in range(len(words) - start, 0, -1):
            behind = words[start + length :]
            if "-".join(words[start : start + length]) in phrases and all(word in _COMPANIONS for word in behind):
                return True
    return False


def _is_pair(words: Sequence[str], /) -> bool:
    return _PAIR_WORDS.issuperset(words) and any(
        not one.isdisjoint(words) and not other.isdisjoint(words) for one, other in WAYS_OUT_PAIRS
    )
