"""A quick look at all of a document's URLs, so that the rules need not be asked about the harmless ones.

Nearly every link of real mail is a lower-case http URL with nothing in it that any rule could object to, and the rules
are slow to ask. One expression, built from the same tables, sees that for all links of a document at once.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache, lru_cache
from html.entities import html5
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._html.grammar import RAW_TEXT, WS, any_case
from lmtrack._linking.secrets import decoded, may_be_sensitive
from lmtrack._linking.ways_out import FIRST_ASCII_WORDS, may_say_way_out, plain
from lmtrack._linking.words import (
    SECRET_ACTIONS,
    SECRET_PAGES,
    SECRET_SEGMENT_ENDS,
    SECRET_SEGMENTS,
    SECRET_SEGMENTS_SPLIT,
)
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

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
    # No other reference is left in a line that passes.
    lines = lines.replace("&amp;", "&")
    urls = lines.split("\n")
    passing = _passing(lines)
    if escaped := [at for at, url in enumerate(urls) if "%" in url and passing[at]] if "%" in lines else ():
        read = [_as_read(urls[at]) for at in escaped]
        for at, passes in zip(escaped, _passing("\n".join(read)), strict=True):
            passing[at] = passes
    return [url if passes else "" for url, passes in zip(urls, passing, strict=True)]


def _trackable(value: str, /) -> str:
    """Return the URL of one href value as `surely_trackable` does."""
    if len(value) > _LONGEST_KEPT or not value.isascii() or "\n" in value:
        return ""
    url = value.replace("&amp;", "&")
    return url if _passes(url) and ("%" not in url or _passes(_as_read(url))) else ""


def _as_read(url: str, /) -> str:
    """Undo a URL's percent escapes, blanks as `+`; "" if only the rules can read what comes out.

    They undo escapes a second time, and they read names before they undo them; a half escape may be a placeholder's.
    """
    text = decoded(url).replace(" ", "+")
    return "" if "%" in text or "\n" in text or not text.isascii() or _ESCAPED_NAME.search(url) else text


def _passes(url: str, /) -> bool:
    low = url.lower()
    shape = _shape(low)
    return _shape_passes(shape) and (low == url or not any(sign.search(url) for sign in _CAPITAL_SIGNS))


@lru_cache(maxsize=1024)
def _shape_passes(shape: str, /) -> bool:
    return bool(_passing_lines().findall(f"{shape}\n")[0]) and not _Signs.shown_in(shape, None).show(shape, shape)


def _passing(lines: str, /) -> list[bool]:
    """Tell of each of many URLs, ASCII and a line each, whether no rule can object to it."""
    low = lines.lower()
    # The expression takes every digit for any other, and a message's URLs often differ in little but numbers.
    shapes = _shape(low).split("\n")
    distinct = dict.fromkeys(shapes)
    together = "\n".join(distinct)
    passing = dict(zip(distinct, map(bool, _passing_lines().findall(together + "\n")), strict=True))
    signs = _Signs.shown_in(together, None if low == lines else lines)
    if not any(signs):
        return [passing[shape] for shape in shapes]
    return [passing[shape] and not signs.show(shape, url) for shape, url in zip(shapes, lines.split("\n"), strict=True)]


_FEW: Final = 4
_LONGEST_KEPT: Final = 2_000  # our choice, as a policy's own limit: what is longer is not worth the memory
_ONE_DIGIT: Final = bytes.maketrans(b"013456789", b"2" * 9)  # as in `oauth2`, the one listed word with a digit
_ESCAPED_NAME: Final = re.compile(r"[?&#~][^?&#~=%]*+%[^?&#~=]*+=")


def _shape(ascii_text: str, /) -> str:
    """Write every digit as 2; bytes are translated several times as fast as a str."""
    return ascii_text.encode("ascii").translate(_ONE_DIGIT).decode("ascii")


def _by_first_letter(words: Iterable[str], /) -> list[tuple[str, list[str]]]:
    """Group words by their first letter, since a pattern that tries few letters first fails at once in most places."""
    ends: dict[str, set[str]] = {}
    for word in words:
        ends.setdefault(word[0], set()).add(word[1:])
    return [(first, sorted(ends[first])) for first in sorted(ends)]


def _beginnings(pieces: Iterable[str], /) -> str:
    """Spell a pattern for whatever begins like one of the pieces."""
    return "|".join(f"{letter}(?:{'|'.join(ends)})" for letter, ends in _by_first_letter(pieces))


# What the rules look for elsewhere than at the beginning of a word in small letters.
_WITHIN_WORDS: Final = (
    *("unsub", "un-sub", "un_sub", "un+sub"),
    *("eyj", "gaaaaa", "live_"),  # how signed values begin: JSON, Fernet, Stripe
    *sorted(stem for stem in SECRET_SEGMENTS if any(word.startswith(stem) for word in SECRET_SEGMENT_ENDS)),
)
# Signatures: of itsdangerous and PASETO; of Rails, behind two dashes. A key that ends a fragment. Segments of one
# person's pages with another behind them, and of what is done there.
_SIGNATURES: Final = (
    re.compile(r"\.[a-z0-9_-]{27}"),
    re.compile("--[0-9a-f]{40}"),
    re.compile(r"\#[^\n#]*[a-z0-9_-]{22}=?$", re.MULTILINE),
    re.compile(
        rf"/(?:{'|'.join(sorted(SECRET_PAGES))})(?:\?[^\n/]*+)?/|/(?:{'|'.join(sorted(SECRET_ACTIONS))})(?![a-z])"
    ),
)
# What only a URL with capitals can hold: a word that begins within another (`userLogin`, `XMLReset`); base64.
_CAPITAL_SIGNS: Final = (
    re.compile(
        "|".join(
            f"{first}(?<=[A-Za-z]{first})(?i:{'|'.join(ends)})"
            for first, ends in _by_first_letter(word.capitalize() for word in SECRET_SEGMENTS)
        )
    ),
    re.compile(r"[^A-Za-z0-9_-](?:[I-Za-f][C-HS-Xi-ny-z0-3][A-Za-z0-9+/_-]{2}){3}"),
)
_NAMES: Final = re.compile(r"[?&#~]([^?&#~=\n]*+)=")


class _Signs(NamedTuple):
    """What to look for in URLs that pass.

    Attributes:
        within: In the shape of any URL.
        signatures: The same, as patterns.
        capitals: Patterns for URLs with capitals.
        names: Parameters.
    """

    within: Sequence[str]
    signatures: Sequence[re.Pattern[str]]
    capitals: Sequence[re.Pattern[str]]
    names: frozenset[str]

    @classmethod
    def shown_in(cls, shapes: str, urls: str | None, /) -> _Signs:
        """Return those that any of many URLs shows; `urls` is None if none has capitals."""
        return cls(
            within=[sign for sign in _WITHIN_WORDS if sign in shapes],
            signatures=[sign for sign in _SIGNATURES if sign.search(shapes)],
            capitals=[sign for sign in _CAPITAL_SIGNS if urls and sign.search(urls)],
            names=frozenset(filter(_may_be_sensitive, {*_NAMES.findall(shapes)})),
        )

    def show(self, shape: str, url: str, /) -> bool:
        """Tell whether a URL shows one of them."""
        return (
            any(sign in shape for sign in self.within)
            or any(sign.search(shape) for sign in self.signatures)
            or (not self.names.isdisjoint(_NAMES.findall(shape)))
            or any(sign.search(url) for sign in self.capitals)
        )


def _may_be_sensitive(name: str, /) -> bool:
    return len(name) > _LONGEST_NAME or _known_sensitive(name)


_LONGEST_NAME: Final = (
    64  # our choice: nearly all are shorter, and what is asked about longer ones is not worth keeping
)
_known_sensitive: Final = lru_cache(maxsize=1024)(may_be_sensitive)


_LONGEST_TEXT: Final = 10_000  # what `visible_text` reads of a link
_DOT: Final = r"[.\u3002\uff0e]"
# No blank and no ASCII but words, hyphens and the beginnings of tags and references.
_AFTER_DOT: Final = r"[^\s\x00-%'-,./:;=>?@\[-^`{-\x7f]"
# In a text behind a tag, a first word with a dot in it, or one that goes on behind the next tag with a dot; or a URL
# anywhere, with tags and unseen characters in its `://` or not.
_MAY_SHOW_HOST: Final = compile_pattern(
    rf""">(?: (?: &\w++; | [^<>\w.\u3002\uff0e] | _ | {_DOT}(?!{_AFTER_DOT}) )*+
              (?: {_DOT} | [^\s<>.\u3002\uff0e]++ {_DOT} {_AFTER_DOT} )
          | [^<>]*? : (?: [^\x00-\x7f] | <[^<>]*+> )*+ / (?: [^\x00-\x7f] | <[^<>]*+> )*+ / )
    """,
    re.VERBOSE,
)
# The same in an image's alt text: that in one piece, so that it is read once; then what it may show.
_ALT: Final = re.compile("[aA][lL][tT]([^<>]*+)")
_MAY_SHOW_HOST_IN_ALT: Final = re.compile(rf"{_DOT}{_AFTER_DOT}|:[^\x00-\x7f]*+/[^\x00-\x7f]*+/")
# References to other characters than these may spell a word or a host. Without a semicolon only old ones are read.
_PUNCTUATION: Final = """
    amp apos bull copy gt hellip iexcl iquest laquo larr ldquo lsaquo lsquo lt mdash middot nbsp ndash quot raquo rarr
    rdquo reg rsaquo rsquo
"""
_OLD: Final = {name for name in html5 if not name.endswith(";")}
_REFERENCE: Final = re.compile(
    f"&(?!(?:{'|'.join(_PUNCTUATION.split())});)(?:#|{_beginnings(_OLD)}|[a-zA-Z][a-zA-Z0-9]*+;)"
)
# What is not text between plain tags, each a `<`, a name and all to the next `>`: a `<` that opens no tag, comments,
# raw text, a tag that was cut (NUL stands for the cut) or holds `<` or, in a quoted value, `>`. There an end tag need
# not be one.
_NO_PLAIN_TAG: Final = compile_pattern(
    rf"""<(?: [^a-zA-Z/] | [^<>\x00]*+ [<\x00] | (?:{"|".join(map(any_case, sorted(RAW_TEXT)))}) )
       | ={WS}*+ (?: "[^"<>\x00]*+ [<>\x00] | '[^'<>\x00]*+ [<>\x00] )
    """,
    re.VERBOSE,
)
# A word that goes on behind tags: ASCII letters, and all beyond Latin-1 signs that may be, or belong to, a letter.
_LETTER: Final = r"[^\x00-@\[-`{-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf]"
_WORD_IN_TAGS: Final = compile_pattern(rf"<(?<={_LETTER}<)[^<>]*+>(?:<[^<>]*+>)*+{_LETTER}")


def telling_texts(
    html: str, found: Sequence[FoundLink], left: Container[int], /, *, ways_out: bool, hosts: bool
) -> list[int]:
    """Choose the links whose text may say that they unsubscribe, or show a host; without those in `left`.

    It may only ever choose too many: what is between a tag and the first end tag of its kind is searched for signs
    that every such text has, all links at once.
    """
    positions = [position for position in range(len(found)) if position not in left] if left else range(len(found))
    contents = _contents(html, found)
    if left:
        contents = [contents[position] for position in positions]
    distinct = dict.fromkeys(contents)
    together = "".join([f">{content}\0" for content in distinct])
    if together.count("\0") != len(distinct):
        return list(positions)
    offsets = [*_offsets(_NO_PLAIN_TAG, together), *_offsets(_REFERENCE, together)]
    if hosts:
        offsets += [*_offsets(_MAY_SHOW_HOST, together), *_hosts_in_alts(together)]
    if ways_out:
        offsets += _offsets(_WORD_IN_TAGS, together)
    telling = _around(offsets, together)
    if ways_out:
        lowered = plain(together)
        telling |= _around(may_say_way_out(lowered), lowered)
    chosen = {content for position, content in enumerate(distinct) if position in telling} if telling else ()
    return [position for position, content in zip(positions, contents, strict=True) if content in chosen]


def _offsets(pattern: re.Pattern[str], text: str, /) -> list[int]:
    return [match.start() for match in pattern.finditer(text)]


def _hosts_in_alts(together: str, /) -> list[int]:
    """Find alt texts that may show a host."""
    return [match.start() for match in _ALT.finditer(together) if _MAY_SHOW_HOST_IN_ALT.search(match[1])]


def _around(offsets: Iterable[int], together: str, /) -> set[int]:
    """Return which of the texts, each of which ends in NUL, hold something at these offsets."""
    offsets = list(offsets)
    ends = list(accumulate([len(text) + 1 for text in together.split("\0")])) if offsets else []
    return {bisect_right(ends, offset) for offset in offsets}


def _contents(html: str, found: Sequence[FoundLink], /) -> list[str]:
    """Return what is between each tag and its end tag or the next link of its kind; of an `area`, its own tag."""
    following: dict[tuple[str, int], int] = {}
    contents: list[str] = []
    for start, end, _, _, element, comment_end, _ in reversed(found):
        if element == "area":
            contents.append(html[start:end])
            continue
        around = element, comment_end
        limit = min(end + _LONGEST_TEXT, following.get(around) or comment_end or len(html))
        following[around] = start
        closing = html.find(f"</{element}>", end, limit)
        if closing < 0:
            closing = html.find(f"</{element.upper()}>", end, limit)
        contents.append(html[end : limit if closing < 0 else closing])
    contents.reverse()
    return contents


# Compiled when the first link is judged: that takes 5 ms, which an import need not pay.
@cache
def _passing_lines() -> re.Pattern[str]:
    """Build the expression that reads lower-cased ASCII URLs, a line each; group 1 takes part for those that pass.

    It may only ever be missing too often: a word that begins like a listed one, a parameter that begins like a secret,
    a sign that a placeholder, an address or an escape needs, all make a URL go the long way.
    """
    begins = {word[:5] if len(word) >= 5 else f"{word}(?![a-z])" for word in FIRST_ASCII_WORDS}
    begins |= {stem[:5] for stem in SECRET_SEGMENTS}
    begins |= {written.replace("-", "[-_]") for written in SECRET_SEGMENTS_SPLIT}
    others = "".join(sorted(set("abcdefghijklmnopqrstuvwxyz") - {word[0] for word in begins}))
    # Of the references without a semicolon, those that are not text before a letter, a digit or `=` (WHATWG HTML
    # 13.2.5.73).
    references = "|".join(sorted({_shape(name.lower()) for name in _OLD}))
    return compile_pattern(
        rf"""
        (?:
            https?://[a-z0-9][a-z0-9.-]*+ (?: :[0-9]{{1,4}}+ )?+
            (?: (?=[/?\#]) [0-9/.,_~+!()=*?\#%-]*+
                (?:
                    (?: [{others}] [a-z]*+ | (?!{_beginnings(begins)}) [a-z]++ | ://
                      | & (?!\#|(?:{references})(?![a-z0-9=]))
                    )
                    [0-9/.,_~+!()=*?\#%-]*+
                )*+
            )?+
            (\n)
          | [^\n]*+ \n
        )
        """,
        re.VERBOSE,
    )
