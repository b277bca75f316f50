"""A quick look at all of a document's URLs, so that the rules need not be asked about the harmless ones.

Nearly every link of real mail is a lower-case http URL with nothing in it that any rule could object to, and the rules
are slow to ask. One expression, built from the same tables, sees that for all links of a document at once.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._linking.ways_out import FIRST_WORDS, plain, way_out_signs
from lmtrack._linking.words import (
    PERSON_ADDRESSES,
    PERSON_BIRTHS,
    PERSON_NAMES,
    PERSON_PHONES,
    SECRET_ALWAYS,
    SECRET_NOUNS,
    SECRET_SEGMENT_ENDS,
    SECRET_SEGMENTS,
    SECRET_SEGMENTS_ALONE,
    SECRET_SEGMENTS_SPLIT,
    SECRET_WORDS,
)
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from lmtrack._html.scan import FoundLink


def surely_trackable(values: list[str], /) -> list[str]:
    """Take a quick look at href values as written, all at once: the URL if no rule can object to it, else "".

    An empty answer says nothing. The lists and the limit of the policy are not looked at.
    """
    if len(values) <= _FEW:  # one by one, as many a person's mail has the shape of the last one's
        return [_trackable(value) for value in values]
    lines = "\n".join(values)
    if not lines.isascii() or lines.count("\n") != len(values) - 1:
        # Lower-casing could make ASCII letters, and a line end inside a value would shift the answers.
        values = [value if value.isascii() and "\n" not in value else "" for value in values]
        lines = "\n".join(values)
    # No other reference is left in a line that passes: there `&` comes before a name and `=`, and stands for itself.
    lines = lines.replace("&amp;", "&")
    low = lines.lower()
    # The expression takes every digit for any other, and a mail's URLs often differ in little but numbers.
    shapes = _shape(low).split("\n")
    distinct = dict.fromkeys(shapes)
    together = "\n".join(distinct)
    passing = dict(zip(distinct, _passing_lines().findall(together + "\n"), strict=True))
    signs = _SIGNS.shown_in(together, None if low == lines else lines)
    urls = lines.split("\n")
    return [
        url if passing[shape] and not signs.show(shape, url) else "" for url, shape in zip(urls, shapes, strict=True)
    ]


def _trackable(value: str, /) -> str:
    """Return the URL of one href value as `surely_trackable` does."""
    if len(value) > _LONGEST_KEPT or not value.isascii() or "\n" in value:
        return ""
    url = value.replace("&amp;", "&")
    low = url.lower()
    shape = _shape(low)
    return url if _passes(shape) and (low == url or not _SIGNS.show(shape, url)) else ""


@lru_cache(maxsize=1024)
def _passes(shape: str, /) -> bool:
    return bool(_passing_lines().findall(f"{shape}\n")[0]) and not _SIGNS.show(shape, shape)


_FEW: Final = 4
_LONGEST_KEPT: Final = 2_000  # our choice, as a policy's own limit: what is longer is not worth the memory
_ONE_DIGIT: Final = bytes.maketrans(b"123456789", b"0" * 9)


def _shape(ascii_text: str, /) -> str:
    """Write every digit as 0; bytes are translated several times as fast as a str."""
    return ascii_text.encode("ascii").translate(_ONE_DIGIT).decode("ascii")


# What the rules look for elsewhere than at the beginning of a word in small letters.
_ITSDANGEROUS: Final = re.compile(r"\.[A-Za-z0-9_-]{27}")
_BASE64_TEXT: Final = re.compile(r"[=/](?:[I-Za-f][C-HS-Xi-ny-z0-3][A-Za-z0-9_-]{2}){3}")
_WITHIN_WORDS: Final = (
    "--",
    "unsub",
    *sorted(stem for stem in SECRET_SEGMENTS if any(word.startswith(stem) for word in SECRET_SEGMENT_ENDS)),
)
_SEGMENT_SIGNS: Final = tuple(sorted(SECRET_SEGMENTS))


class _Signs(NamedTuple):
    """What to look for in URLs that pass.

    Attributes:
        small: In the shape of any URL.
        signed: Whether to look for a signature of itsdangerous.
        capitals: What only a URL with capitals can hold: a word that begins within another (`userLogin`).
        encoded: Whether to look for base64, which has capitals too.
    """

    small: Sequence[str]
    signed: bool
    capitals: Sequence[str]
    encoded: bool

    def shown_in(self, shapes: str, urls: str | None, /) -> _Signs:
        """Return those that any of many URLs shows; `urls` is None if none has capitals."""
        return _Signs(
            small=[sign for sign in self.small if sign in shapes],
            signed=self.signed and _ITSDANGEROUS.search(shapes) is not None,
            capitals=[sign for sign in self.capitals if sign in shapes] if urls else (),
            encoded=self.encoded and urls is not None and _BASE64_TEXT.search(urls) is not None,
        )

    def show(self, shape: str, url: str, /) -> bool:
        """Tell whether a URL shows one of them."""
        for sign in self.small:
            if sign in shape:
                return True
        if self.signed and _ITSDANGEROUS.search(shape):
            return True
        if url.islower():
            return False
        return any(sign in shape for sign in self.capitals) or (self.encoded and _BASE64_TEXT.search(url) is not None)


_SIGNS: Final = _Signs(small=_WITHIN_WORDS, signed=True, capitals=_SEGMENT_SIGNS, encoded=True)


_LONGEST_TEXT: Final = 10_000  # what `visible_text` reads of a link
# Behind a tag, a first word with a dot in it, or one that goes on behind the next tag with a dot; or a URL anywhere.
# The same in an image's alt text.
_MAY_SHOW_HOST: Final = compile_pattern(
    r""">(?: (?: &\w++; | [^<>\w] )*+ (?: (?<=[.\u3002\uff0e])\w | [^\s<>.\u3002\uff0e]++ [.\u3002\uff0e] [\w<&] )
          | [^<>]*? :// )
    """,
    re.VERBOSE,
)
_HOST_SIGN: Final = re.compile("[.:\u3002\uff0e]")  # what neither of these matches without
_ALT_MAY_SHOW_HOST: Final = compile_pattern(r"[aA][lL][tT][^<>]*?(?:[\w&;][.\u3002\uff0e][\w&]|://|<)")
_REFERENCE: Final = re.compile(r"&(?:#|(?:shy|zw|period|colon|sol))")
# What was cut inside a tag, a quoted value or a comment, in which an end tag does not count; NUL stands for the cut.
_CUT_SHORT: Final = compile_pattern(
    r"""<[^<>\x00]*+\x00 | =[\t\n\f\r ]*+ (?: "[^"\x00]*+\x00 | '[^'\x00]*+\x00 ) | <!""", re.VERBOSE
)


# A word that goes on behind a tag.
_WORD_IN_TAGS: Final = re.compile(r"<(?<=[^\W\d_]<)[^<>]*+>[^\W\d_]")


def telling_texts(
    html: str, found: Sequence[FoundLink], left: Container[int], /, *, ways_out: bool, hosts: bool
) -> list[int]:
    """Choose the links whose text may say that they unsubscribe, or show a host; without those in `left`.

    It may only ever choose too many: what is between a tag and the first end tag of its kind is searched for signs
    that every such text has, all links at once.
    """
    places = [place for place in range(len(found)) if place not in left] if left else range(len(found))
    contents = _contents(html, found)
    if left:
        contents = [contents[place] for place in places]
    distinct = {content: f">{content}\0" for content in contents}
    together = "".join(distinct.values())
    tests: list[Callable[[str], object]] = [_CUT_SHORT.search, _has_reference]
    if hosts:
        tests.append(_may_show_host)
    if ways_out:
        tests.append(_WORD_IN_TAGS.search)
    # What no text has is not looked for in each: most mails have one way out and nothing else.
    tests = [test for test in tests if test(together)]
    if ways_out and (signs := way_out_signs(together)):
        tests.append(lambda text: any(map(plain(text).__contains__, signs)))
    telling = {content for content, text in distinct.items() if any(test(text) for test in tests)} if tests else ()
    return [place for place, content in zip(places, contents, strict=True) if content in telling]


def _contents(html: str, found: Sequence[FoundLink], /) -> list[str]:
    """Return what is between each tag and the first end tag of its kind; an `area`'s own tag too."""
    following = len(html)
    contents: list[str] = []
    for start, end, _, _, element, comment_end, _ in reversed(found):
        limit = end + _LONGEST_TEXT
        around = comment_end or following
        limit = min(limit, around)
        if element == "a":
            closing = html.find("</a", end, limit)
            contents.append(html[end : limit if closing < 0 else closing])
            if not comment_end:
                following = start
        else:
            closing = html.find("</v:", end, limit)
            contents.append(html[start if element == "area" else end : limit if closing < 0 else closing])
    contents.reverse()
    return contents


def _has_reference(content: str, /) -> bool:
    return "&" in content and _REFERENCE.search(content) is not None


def _may_show_host(content: str, /) -> bool:
    if not _HOST_SIGN.search(content):
        return False
    return bool(_MAY_SHOW_HOST.search(content) or ("<" in content and _ALT_MAY_SHOW_HOST.search(content)))


# Compiled when the first link is judged: that takes 5 ms, which an import need not pay.
@cache
def _passing_lines() -> re.Pattern[str]:
    """Build the expression that reads lower-cased ASCII URLs, a line each; group 1 takes part for those that pass.

    It may only ever be missing too often: a word that begins like a listed one, a parameter that begins like a secret,
    a sign that a placeholder, an address or an escape needs, all make a URL go the long way.
    """
    # With "un", of which "sub" may be set apart, and with how signed values begin: JSON, PASETO, Fernet.
    ways_out = frozenset(first for first in FIRST_WORDS if first.isascii()) | {"un", "local", "public"}
    begins = _words_or_beginnings(ways_out, 5) | _words_or_beginnings(SECRET_SEGMENTS_ALONE, 9)
    begins |= {stem[:5] for stem in SECRET_SEGMENTS - SECRET_SEGMENTS_ALONE} | {"eyj", "gaaaa"}
    begins |= {written.replace("-", "[-_]") for written in SECRET_SEGMENTS_SPLIT}
    others = "".join(sorted(set("abcdefghijklmnopqrstuvwxyz") - {word[0] for word in begins}))
    word = rf"(?: [{others}] [a-z]*+ | (?!{_by_first_letter(begins)}) [a-z]++ )"
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
    others_begin = _words_or_beginnings(people | ways_out, 4) | begins
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
