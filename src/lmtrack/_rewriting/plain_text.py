"""Links and slots in plain text: where they begin and end, and what a policy says of the links.

Nothing in plain text says where a URL ends; every reader guesses. So a URL is taken where readers agree. One that may
be longer or shorter than it looks is left alone: a tracked link that leads to half a URL leads nowhere for everyone.
A value in a URL is percent-encoded, and none comes before the path; around URLs nothing ends or begins by a value.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Final

from lmtrack._linking.optout_attributes import TEXT_OPT_OUT
from lmtrack._linking.placeholders import IN_TEXT, IN_TEXT_URL
from lmtrack._pattern import compile_pattern
from lmtrack._rewriting.judge import Judge
from lmtrack._rewriting.own_tokens import Owner, own_destination
from lmtrack._rewriting.plan import Judged, LinkSlots, Plan, settled
from lmtrack._rewriting.slots.escapes import Place
from lmtrack._rewriting.slots.holes import TextHole, UrlHole
from lmtrack._rewriting.slots.slotted_url import MisplacedSlotError, read_url
from lmtrack.errors import BadSlot
from lmtrack.links import Edit, SkipReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from lmtrack._rewriting.slots.holes import Hole
    from lmtrack._rewriting.slots.markers import Marker
    from lmtrack._rewriting.slots.template import Template

_PLACEHOLDER: Final = re.compile(IN_TEXT_URL, re.VERBOSE)
_NEXT: Final = re.compile(rf"{IN_TEXT} | ([hH][tT][tT][pP][sS]?://)", re.VERBOSE)

# What no reader takes for a part of a URL: white space, controls, the marks RFC 3986 appendix C puts around one,
# quotation marks that are not apostrophes, and the punctuation of East Asia, which stands without a blank (the Unicode
# blocks "CJK Symbols and Punctuation", vertical, small and full-width forms).
_ENDS: Final = (
    r"\s\x00-\x1f\x7f-\x9f<>\"`"
    "\u00ab\u00bb\u2018\u201a-\u201f\u2039\u203a"
    "\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f\ufe10-\ufe1f\ufe30-\ufe6f"
    "\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
# A URL up to a bracket, a placeholder or its end. A bar may be part of it; between two URLs it is a table's.
_BODY: Final = compile_pattern(
    rf"(?: [^{_ENDS}()\[\]{{}}%$*|]++ | %(?!%=) | \$(?!\{{) | \*(?!\|) | \|(?![hH][tT][tT][pP][sS]?://) )*+",
    re.VERBOSE,
)
# The same, in single quotes.
_QUOTED_BODY: Final = compile_pattern(
    rf"(?: [^{_ENDS}()\[\]{{}}%$*|'\u2019]++ | %(?!%=) | \$(?!\{{) | \*(?!\|) | \|(?![hH][tT][tT][pP][sS]?://) )*+",
    re.VERBOSE,
)
# Between angle brackets everything is part of it (RFC 3986 appendix C).
_INSIDE: Final = compile_pattern(rf"(?: [^\s\x00-\x1f\x7f-\x9f<>{{*%$]++ | {IN_TEXT} | [{{*%$] )++ (?= > )", re.VERBOSE)
# Appendix C allows blanks and line ends there too, for readers to take out; few do. Four lines are our choice.
_BROKEN: Final = compile_pattern(r"(?: [^<>\r\n]*+ (?: \r\n? | \n ) ){0,4}+ [^<>\r\n]*+ >", re.VERBOSE)

_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}
# Marks that end a sentence or an entry rather than a URL: of ASCII those of GFM (6.9, "trailing punctuation") without
# `_` and `~`, as many a token ends in one, and with semicolon, quote and bar; of others the Unicode block "General
# Punctuation" (dots, dashes, apostrophe, zero-width and direction marks) and the full stops, commas and question marks
# of Arabic, Armenian, Devanagari and Ethiopic.
_TRAILING: Final = frozenset(
    ".,;:!?'*|\u060c\u061b\u061f\u06d4\u0589\u0964\u0965\u1362\u1363\u1367" + "".join(map(chr, range(0x200B, 0x2070)))
)
# What a converter from HTML leaves of the marks around a URL.
_ESCAPED_MARKS: Final = ("&gt;", "&lt;", "&quot;", "&apos;", "&#39;", "&#34;", "&nbsp;")
_EMPHASIS: Final = frozenset("_~")

# Letters of scripts that set words apart by blanks, with their marks and digits. A URL that goes on in other signs
# (Han, Kana, Hangul with its particles, Thai, dashes, emoji) may have ended before them, and nobody can tell.
_UNSURE: Final = re.compile(
    "[^\x00-\x7f\u00aa\u00b5\u00ba\u00c0-\u0588\u058a-\u060b\u060d-\u061a\u0620-\u06d3\u06d5-\u0963\u0966-\u0dff"
    "\u10a0-\u10ff\u1200-\u1360\u1369-\u139f\u1c80-\u1fff]"
)

# Both read backwards from where a URL seems to begin. RFC 3986 section 3.1: with a letter among the signs before it,
# the scheme is a longer one (`git+https:`). Behind `=` it is a value; a parameter's, if more comes before.
_LONGER_SCHEME: Final = re.compile(r"[0-9+._-]*+[A-Za-z]")
_PARAMETER: Final = re.compile(rf"[^{_ENDS}/?#&%@:]*+[/?#&%@:]")
# Behind these an address goes on.
_WITHIN: Final = frozenset("/?&#%@\\$+")


_TRAIL: Final = re.compile(rf"[{re.escape(''.join(sorted(_TRAILING | set(_CLOSING.values()))))}]*+")
_LINE_END: Final = re.compile(r"\r\n?|\n")
# The next line behind its quotation marks and blanks (RFC 3676 section 4.5).
_FOLLOWING: Final = re.compile(r"[> \t]*+([^\s][^\r\n]*+)")
_BEHIND: Final = re.compile(r"[>\s]*+[^\r\n]++")  # behind empty lines, too
_UNSPACED: Final = compile_pattern(
    r"(?: [> \t]*+ \S++ (?: [ \t]*+ (?: \r\n? | \n ) )++ ){0,8}+ [> \t]*+ \S++", re.VERBOSE
)
_ONE_WORD: Final = re.compile(r"[>\s]*+[^\[\s]\S*+[ \t]*+(?![^\r\n])")
# Converters write a blank that is in a URL. In Markdown only a title in quotes or brackets comes behind one.
_INLINE: Final = ("](", "[")
_NO_TITLE: Final = re.compile(r"[ \t]++(?![\"'(<>])[^)\]\r\n]++[)\]]")
_SCHEME: Final = re.compile(r"https?://", re.IGNORECASE)
_HOST: Final = re.compile(r"www\.", re.IGNORECASE)
# Behind an opening bracket these may still be the URL's; commas and semicolons go between two.
_MAYBE_ITS_OWN: Final = frozenset(".?!:|*'")
_REFERENCE: Final = re.compile(r"\]:[ \t\r\n]*+\Z")  # Markdown: all of the line is the URL
_LONGEST_REFERENCE: Final = 8  # our choice
_CHUNK: Final = re.compile(r"[^\s/]*+/?")  # up to where a line may be broken again
# Signs that no line of prose begins with, but for a row of `=` under a heading and an `&` for "and".
_GOES_ON: Final = re.compile(r"[/?%](?!\s)|#\s*\Z|=(?!=*+\s*\Z)|&(?!\s)|--++\w")
_PAIR: Final = re.compile(r"[\w.-]++=")
_NARROWEST: Final = 50  # our choice: nobody wraps text to shorter lines
_LOOK_BACK: Final = 200  # our choice: emphasis on a longer text than that does not count
_EMPHASIS_OPENS: Final = {mark: re.compile(rf"(?<![\w{mark}]){mark}++(?=\w)[^{mark}\r\n]*+\Z") for mark in "_~"}


def find_urls(text: str, /) -> list[tuple[int, int]]:
    """Find the http and https URLs of a text: where each begins and ends, ascending and disjoint; in linear time."""
    found: list[tuple[int, int]] = []
    position, glued = 0, -1
    while hit := _NEXT.search(text, position):
        start, after = hit.span()
        if hit[1] is None:
            # `{{ host }}https://` is one URL that begins with the placeholder; a `{% block %}` is nothing.
            position = after
            glued = -1 if hit[0].startswith("{%") else after
            continue
        before = text[start - 1 : start]
        if before == "<" or text[max(start - 5, 0) : start].lower() == "<url:":
            if inside := _INSIDE.match(text, after):
                found.append((start, inside.end()))
                position = inside.end()
                continue
            broken = _BROKEN.match(text, after) is not None
        else:
            broken = start == glued or not _may_begin(text, before, position, start)
        position, floor = _extent(text, after, quoted=before in {"'", "\u2018"})
        end = _without_trail(text, floor, position, before)
        if not broken and end > after and not _UNSURE.search(text, after, end):
            found.append((start, end))
    return found


class _Lines:
    """The lines of a text, and whether a URL that ends with one goes on in the next: programs wrap text inside URLs.

    textwrap and html2text break at a hyphen and before a row of them, html2text before signs too, html-to-text behind
    the signs it is told (a slash); textwrap and html-to-text cut a word that is longer than a line where the line is
    full.
    """

    def __init__(self, text: str, /) -> None:
        self._text = text

    @cached_property
    def _longest(self) -> int:
        return max(map(len, self._text.splitlines()))

    def is_broken(self, start: int, end: int, /) -> bool:
        """Return whether a URL that begins at `start` and seems to end at `end` may go on behind that."""
        text, before = self._text, self._text[start - 1 : start]
        trail = _TRAIL.match(text, end)[0]  # type: ignore[index]  # it matches the empty string
        end += len(trail)
        is_bracketed = before in _CLOSING
        if is_bracketed and not _MAYBE_ITS_OWN.isdisjoint(trail.partition(_CLOSING[before])[0]):
            return True
        if text[max(start - 2, 0) : start].endswith(_INLINE) and _NO_TITLE.match(text, end):
            return True
        line_end = _LINE_END.match(text, end)
        if line_end is None:
            return False
        is_reference = _REFERENCE.search(text, max(start - _LONGEST_REFERENCE, 0), start) is not None
        if is_reference and (trail or _ONE_WORD.match(text, line_end.end())):
            return True
        if is_bracketed and _CLOSING[before] not in trail:
            behind = (rest.match(text, line_end.end()) for rest in (_BEHIND, _UNSPACED))
            if any(rest is not None and _CLOSING[before] in rest[0] for rest in behind):
                return True
        following = _FOLLOWING.match(text, line_end.end())
        return following is not None and self._goes_on(start, end, following[1])

    def _goes_on(self, start: int, end: int, following: str, /) -> bool:
        """Return whether the next line may go on with a URL that is the last of its line."""
        text = self._text
        if _SCHEME.match(following):
            return False
        last = text[end - 1]
        if last == "-" or _GOES_ON.match(following) or (last == "?" and _PAIR.match(following)):
            return True
        length = end - max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) - 1
        # A break behind a slash was made by need only if the next piece does not fit.
        if last == "/" and length + len(_CHUNK.match(following)[0]) > max(_NARROWEST, self._longest):  # type: ignore[index]
            return True
        return length >= max(_NARROWEST, self._longest) and not _HOST.match(following)


def _is_open(text: str, start: int, end: int, /) -> bool:
    """Return whether a bracket in a URL is never closed, or it ends in a mark of emphasis that was opened before it."""
    if text[start - 1 : start] == "<":
        return False  # what is between angle brackets is all of it
    url = _PLACEHOLDER.sub("", text[start:end])
    if any(url.count(opening) > url.count(closing) for opening, closing in _CLOSING.items()):
        return True
    last = url[-1:]
    return last in _EMPHASIS and _EMPHASIS_OPENS[last].search(text, max(start - _LOOK_BACK, 0), start) is not None


def plain_plan(text: str, spans: list[tuple[int, int]], judge: Judge, template: Template | None, /) -> Plan:
    """Check every link of a text, whose spans `find_urls` found, and number those that may be tracked.

    One that may be longer or shorter than it looks is left out, unless it is one of ours, whose end is certain.
    """
    lines = _Lines(text)
    spans = [
        (start, end)
        for start, end in spans
        if not (lines.is_broken(start, end) or _is_open(text, start, end)) or judge.is_own(text[start:end])
    ]
    found = [(start, end, start, end, "text", 0, True) for start, end in spans]
    urls, reasons = judge.urls([text[start:end] for start, end in spans])
    holes = template.link_holes(found) if template else {}
    for position, hole in holes.items():
        _, reason = judge.template(urls[position], hole)
        reasons.pop(position, None)
        if reason:
            reasons[position] = reason
    for position, (_, end) in enumerate(spans):
        if text.startswith(TEXT_OPT_OUT, end) or urls[position].endswith(TEXT_OPT_OUT):
            reasons[position] = SkipReason.OPT_OUT
    if judge.policy.skip_url_text == "always":  # a URL in plain text is its own visible text
        reasons = dict.fromkeys(range(len(urls)), SkipReason.URL_TEXT) | reasons
    return settled(text, judge, Judged(found, urls, reasons), slots=LinkSlots(holes, {}))


def plain_untracking_edits(text: str, owner: Owner, /) -> list[Edit]:
    """Return what puts the destinations of the domain's own links back."""
    edits: list[Edit] = []
    for start, end in find_urls(text):
        destination = own_destination(owner, text[start:end])
        if destination is not None:
            edits.append(Edit(start, text[start:end], destination))
    return edits


def _may_begin(text: str, before: str, position: int, start: int, /) -> bool:
    """Return whether a URL may begin behind this sign; the text before `position` belongs to something else."""
    if before in _WITHIN or (before.isascii() and before.isalnum()):
        return False
    if before in {".", "-", "_"}:
        return _LONGER_SCHEME.match(text[position:start][::-1]) is None
    if before == "=":
        return _PARAMETER.match(text[position:start][::-1]) is None
    return True


def _extent(text: str, at: int, /, *, quoted: bool) -> tuple[int, int]:
    """Where a URL ends that goes on at `at`, with all that may trail it; and where its last placeholder ends."""
    body = _QUOTED_BODY if quoted else _BODY
    floor = at
    open_brackets = dict.fromkeys(_CLOSING.values(), 0)
    while True:
        run = body.match(text, at)
        at = run.end() if run else at  # if only of nothing, there always is one
        char = text[at : at + 1]
        if placeholder := _PLACEHOLDER.match(text, at):
            floor = at = placeholder.end()
        elif char in _CLOSING:
            open_brackets[_CLOSING[char]] += 1
            at += 1
        elif open_brackets.get(char):
            open_brackets[char] -= 1
            at += 1
        elif char in {"%", "$", "*"}:  # of a placeholder that is none
            at += 1
        else:
            return at, floor


def _without_trail(text: str, floor: int, end: int, before: str, /) -> int:
    """Where a URL ends without what only follows it."""
    while end > floor:
        last = text[end - 1]
        escaped = next((mark for mark in _ESCAPED_MARKS if last == ";" and text.endswith(mark, floor, end)), "")
        if escaped:
            end -= len(escaped)
        elif last in _TRAILING or last in _CLOSING or (last == before and last in _EMPHASIS):
            end -= 1
        else:
            break
    return end


# A URL that is not tracked, since readers may see another end of it; what is in it is percent-encoded all the same.
_AUTHORITY: Final = re.compile(r"://[^\s<>\"]*+")
_SCHEME_AT_END: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_LONGEST_SCHEME: Final = 32  # our choice


def without_markers(text: str, markers: Iterable[Marker], /) -> str:
    """Write letters for the markers of a text, so that a URL goes on where one is in it."""
    parts: list[str] = []
    position = 0
    for start, end, _ in markers:
        parts += (text[position:start], "x" * (end - start))
        position = end
    return "".join([*parts, text[position:]]) if parts else text


def find_plain_holes(
    text: str, readable: str, urls: Sequence[tuple[int, int]], markers: Sequence[Marker], escaped: Sequence[Marker], /
) -> list[Hole]:
    """Find what each marker of a text is in.

    Args:
        text: The text.
        readable: The same with letters for its markers.
        urls: Its URLs, ascending.
        markers: Its markers, in order.
        escaped: Those with percent escapes, which count only in URLs.

    Raises:
        BadSlot: A marker is in the scheme, host or port of a URL.
    """
    holes: list[Hole] = []
    only_in_urls = frozenset(escaped)
    spans = iter(_with_unsure(readable, urls))
    start, end = next(spans, (len(text), len(text)))
    inside: list[Marker] = []
    for marker in sorted([*markers, *escaped]):
        while marker.start >= end and end < len(text):
            _add_url(text, (start, end), inside, holes)
            inside = []
            start, end = next(spans, (len(text), len(text)))
        if start <= marker.start < end:
            inside.append(marker)
        elif marker not in only_in_urls:
            written = text[marker.start : marker.end]
            holes.append(TextHole(marker, written, Place.PLAIN_TEXT))
    _add_url(text, (start, end), inside, holes)
    return holes


def _with_unsure(readable: str, urls: Sequence[tuple[int, int]], /) -> Iterator[tuple[int, int]]:
    """Go through all URLs, those with it that are not tracked because their end is unsure."""
    position = 0
    for start, end in (*urls, (len(readable), len(readable))):
        for hit in _AUTHORITY.finditer(readable, position, start):
            scheme = _SCHEME_AT_END.search(readable, max(hit.start() - _LONGEST_SCHEME, position), hit.start())
            if scheme:
                yield scheme.start(), hit.end()
        if start < end:
            yield start, end
        position = end


def _add_url(text: str, span: tuple[int, int], markers: Sequence[Marker], holes: list[Hole], /) -> None:
    if not markers:
        return
    edges = [span[0], *(edge for marker in markers for edge in marker[:2]), span[1]]
    fixed = [text[left:right] for left, right in zip(edges[::2], edges[1::2], strict=True)]
    try:
        url = read_url(fixed, [marker.name for marker in markers], loaded=False)
    except MisplacedSlotError as misplaced:
        marker = markers[misplaced.position]
        line = text.count("\n", 0, marker.start) + 1
        raise BadSlot(marker.name, misplaced.place, line, misplaced.advice) from None
    holes.append(UrlHole(span, fixed, url, "text", Place.PLAIN_TEXT, loaded=False))
