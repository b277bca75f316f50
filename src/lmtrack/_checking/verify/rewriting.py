"""Verify a rewrite with another parser, and by other means, than it was made with.

Three questions, each with its own answer: are the added pixels one and an image; does libxml2 read the rest as it read
the source; and where it does, are the characters the same that no parser looks at: quotes, blanks in tags, references,
line ends, repeated attributes, stray end tags. The attributes that may differ come from libxml2
(`lmtrack._checking.verify.editable_attributes`), the characters from the two texts.

libxml2 reads some documents differently from a browser, and what it says of these proves nothing. It knows no foreign
content: in svg and math a style sheet or title may hold tags, and CDATA sections are text. It does not drop tags where
HTML5 does: to a browser `<template><col><style>` holds no style sheet. And an element such as `<title/>` is empty to
it, while HTML5 ignores the slash and reads on to `</title>`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.finding import Finding, FindingKind
from lmtrack._checking.verify.editable_attributes import find_spans
from lmtrack._checking.verify.events import RAW, WHITE, Comment, Data, Start, TooDeepError, read_events
from lmtrack._checking.verify.lockstep import compare_events, is_new_target, too_deep
from lmtrack._checks import plain_str
from lmtrack._pattern import compile_pattern
from lmtrack._rewriting.pixel_spelling import OLD_PIXEL_ENDS, PIXEL_BEGINS, PIXEL_ENDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack._checking.verify.editable_attributes import AttributeSpan
    from lmtrack._checking.verify.events import Event

# As `pixel_tag` writes it or once wrote it, with any URL; before some of its attributes a long line is broken.
_ENDS: Final = "|".join(map(re.escape, dict.fromkeys((PIXEL_ENDS, *OLD_PIXEL_ENDS))))
_PIXEL: Final = compile_pattern(
    re.sub(r"(?<=<img)(?=\\ )|(?=\\ (?:style|alt))", r"(?:\\r?\\n)?+", f'{re.escape(PIXEL_BEGINS)}([^"]*+)(?:{_ENDS})')
)
_REFERENCE: Final = re.compile(r"&#?+[0-9A-Za-z]++\Z")
_DOCTYPE: Final = compile_pattern(r"(?:[\t\n\f\r \ufeff]|<!--(?:(?!-->)[\s\S])*+-->)*+<!doctype", re.IGNORECASE)
_LONGEST_REFERENCE: Final = 40  # the longest name has 31 letters
_END: Final = '="">'  # of its last attribute, before which a mark can stand
_MARKED: Final = re.compile("altz([0-9]{1,9})z")


class AddedPixel(NamedTuple):
    """What is left of a rewriting without the pixels it added, and what is wrong with them."""

    rest: str
    findings: list[Finding]


def take_out(before: str, after: str, /) -> AddedPixel:
    """Take the pixels out of a rewriting that the document did not hold."""
    added = Counter(match[0] for match in _PIXEL.finditer(after))
    added.subtract(match[0] for match in _PIXEL.finditer(before))
    added = +added
    if not added:
        return AddedPixel(after, [])
    spans = [match.span() for match in _PIXEL.finditer(after) if match[0] in added]
    try:
        shown = _shown(after, spans)
    except TooDeepError:
        return AddedPixel(after, [too_deep()])
    findings: list[Finding] = []
    if added.total() > 1:
        why = f"{added.total()} pixels were added, where one is enough"
        findings.append(Finding(kind=FindingKind.EXTRA_PIXEL, place="img", why=why))
    chosen: list[tuple[int, int]] = []
    # Of several with one spelling, one that is an image is the new one: a second would not have been added.
    for number, (start, end) in sorted(enumerate(spans), key=lambda numbered: numbered[0] not in shown):
        pixel = after[start:end]
        if not added[pixel]:
            continue
        added[pixel] -= 1
        chosen.append((start, end))
        url = shown.get(number)
        if url is None:
            why = "a pixel was added where no image is read: in a comment, a title, an unfinished tag"
            findings.append(Finding(kind=FindingKind.PIXEL_NOT_SHOWN, place="img", why=why))
        elif (doctype := _DOCTYPE.match(before)) and start < doctype.end():
            why = "the pixel was put before the doctype, which no longer counts"
            findings.append(Finding(kind=FindingKind.DOCTYPE_CHANGED, place="doctype", why=why))
        elif _splits(after, start, end):
            why = "the pixel was put into the middle of a word or a character reference"
            findings.append(Finding(kind=FindingKind.TEXT_CHANGED, place="text", why=why))
        elif not is_new_target(url):
            why = "the pixel's source is neither a web address nor a template expression"
            findings.append(Finding(kind=FindingKind.LINK_CHANGED, place="img src", url=url, why=why))
    return AddedPixel(_without(after, sorted(chosen)), findings)


def _splits(text: str, start: int, end: int, /) -> bool:
    """Return whether letters stand on both sides, or a character reference or line end has begun and not ended."""
    before, behind = text[max(start - _LONGEST_REFERENCE, 0) : start], text[end : end + 1]
    inside = behind.isalnum() and (before[-1:].isalnum() or before[-1:] in {"&", "#"})
    return inside or (behind == ";" and _REFERENCE.search(before) is not None) or (before[-1:], behind) == ("\r", "\n")


def _without(text: str, spans: list[tuple[int, int]], /) -> str:
    pieces: list[str] = []
    position = 0
    for start, end in spans:
        pieces.append(text[position:start])
        position = end
    return "".join(pieces) + text[position:]


def _shown(html: str, spans: list[tuple[int, int]], /) -> dict[int, str]:
    """Which of these libxml2 reads as an image, each with its source."""
    pieces: list[str] = []
    position = 0
    for number, (_, end) in enumerate(spans):
        pieces += (html[position : end - len(_END)], f"z{number}z")
        position = end - len(_END)
    return {
        int(marked[1]): event.attributes[0][1]
        for event in read_events("".join(pieces) + html[position:])
        if isinstance(event, Start)
        and event.tag == "img"
        and len(event.attributes) == 5
        and (marked := _MARKED.fullmatch(event.attributes[-1][0]))
    }


# In the last two HTML5 leaves out tags that do not belong there, so that raw text to libxml2 is not raw text there.
_FOREIGN: Final = frozenset(("math", "svg", "frameset", "template"))
_EMPTY: Final = re.compile(rf"<(?:{'|'.join(sorted(RAW))})(?=[\t\n\f\r /])[^<>]*+(?<=/)>", re.IGNORECASE | re.ASCII)
_OTHERS: Final = "the characters differ, although a parser may read the same"
_LONGEST_LOOK: Final = 200  # characters; all three are our choice
_MOST_SLASHES: Final = 8
_MOST_SECONDS: Final = 32
# Where a long line was broken: ahead of the blank before a link's attribute, which ends the text in front of its value.
# A CR there is the break's own or one that the text had.
_BREAK: Final = re.compile(rf"(\r?)\n(?=[{WHITE}][^{WHITE}\"'>/=]{{1,100}}+[{WHITE}]*+=[{WHITE}]*+[\"']?+\Z)")


class _Doubts:
    """Watches a document go by for what browsers read otherwise than libxml2."""

    __slots__ = ("_html", "_is_foreign", "_is_odd", "_last")

    def __init__(self, html: str, /) -> None:
        self._html = html
        self._is_foreign = False  # from the first svg on, which may be open to the end
        self._is_odd = False
        self._last = ""

    def events(self) -> Iterator[Event]:
        """Read the document.

        Raises:
            TooDeepError: Its elements are nested deeper than is read.
        """
        for event in read_events(self._html):
            if isinstance(event, Start):
                self._last = event.tag
                self._is_foreign = self._is_foreign or event.tag in _FOREIGN
            elif self._is_foreign:
                self._look_at(event)
            yield event

    def _look_at(self, event: Event, /) -> None:
        """Note what would be read otherwise in svg or math."""
        if isinstance(event, Data):
            self._is_odd = self._is_odd or (bool(event.element) and "<" in event.text)
        elif isinstance(event, Comment):
            self._last = ""
            self._is_odd = self._is_odd or event.text.startswith("[CDATA[")

    def why(self) -> str | None:
        """Say what is read otherwise, once all has gone by; None if nothing is, as far as can be told."""
        if _EMPTY.search(self._html):
            return "a style sheet, title or the like ends in `/>`, which browsers and libxml2 read differently"
        # The last element may never be closed, and then what is put behind it is in it.
        if self._is_foreign and (self._is_odd or self._last in RAW):
            return "svg, math, a template or frameset, and then markup that libxml2 reads differently from browsers"
        return None


def _compare_spelling(before: str, after: str, /) -> list[Finding]:
    """Say where characters differ that are part neither of a link's `href` nor of a removed opt-out attribute."""
    try:
        first, second = find_spans(before), find_spans(after)
    except TooDeepError:
        return [too_deep()]
    found = _SpellingWalk(before, after).differences(first, second)
    lines = [offset for offset, char in enumerate(before) if char == "\n"] if found else []
    return [
        Finding(kind=FindingKind.SPELLING_CHANGED, place=f"line {bisect_right(lines, offset - 1) + 1}", why=why)
        for offset, why in found
    ]


class _SpellingWalk:
    """Goes through the editable attributes of both texts in step."""

    def __init__(self, before: str, after: str, /) -> None:
        self._before = before
        self._after = after
        # Up to where both were compared: in the second text several places where an opt-out attribute is gone, for
        # nobody can tell which of the blanks and slashes around it went along.
        self._first = 0
        self._seconds = [0]

    def differences(self, before: list[AttributeSpan], after: list[AttributeSpan], /) -> list[tuple[int, str]]:
        """Return offsets in the first text, each with what is other there."""
        found: list[tuple[int, str]] = []
        index = 0
        ends = [*(old.start for old in before[1:]), len(self._before)]
        for old, following in zip(before, ends, strict=False):
            new = after[index] if index < len(after) else None
            if not old.is_link and (new is None or not self._is_kept(old, new)):
                if not self._go_past(old, following):
                    return [*found, (self._first, _OTHERS)]
                continue
            if new is None or new.is_link != old.is_link:
                return [*found, (old.start, "the link is no longer there, or not at this place")]
            found += self._compare(old.start, new.start, before_link=True)
            if new.quote not in {old.quote, old.quote or '"'}:
                found.append((old.start, "the link's quotes have changed"))
            self._first, self._seconds = old.end, [new.end]
            index += 1
        if index < len(after):
            return [*found, (self._first, "after this there is a link or an opt-out attribute that was not there")]
        return found + self._compare(len(self._before), len(self._after))

    def _is_kept(self, old: AttributeSpan, new: AttributeSpan, /) -> bool:
        """Return whether an opt-out attribute is still there, with the same text before it."""
        text = self._before[self._first : old.end]
        return any(new.end - second == len(text) and self._after.startswith(text, second) for second in self._seconds)

    def _go_past(self, old: AttributeSpan, following: int, /) -> bool:
        """Go on behind an opt-out attribute that was removed; False if the text before it is another."""
        text = self._before[self._first : old.start]
        behind = self._before[old.end : min(following, old.end + _LONGEST_LOOK)].rstrip(f"{WHITE}/")
        # What is between it and the attribute before goes along where what is behind keeps the neighbours apart, or may
        # go itself. Slashes may be part of that one's value.
        is_apart = self._before[old.end] in f"{WHITE}>"
        rest = text.rstrip(f"{WHITE}/") if is_apart or not behind else text
        run = text[len(rest) :]
        ends: set[int] = set()
        for second in self._seconds:
            if self._after.startswith(rest, second):
                start = second + len(rest)
                same = _common(run, self._after[start : start + len(run)])
                slashes = [at + 1 for at in range(same) if run[at] == "/"][-_MOST_SLASHES:]
                ends.update(
                    start + end for end in (0, *slashes, *([same] if not is_apart and same == len(run) else []))
                )
        likely = [end for end in ends if self._after.startswith(behind, end)]
        self._first = old.end
        seconds = sorted(likely or ends)
        if len(seconds) > _MOST_SECONDS:  # all went along or none did: what is between is the least likely
            seconds = seconds[: _MOST_SECONDS // 2] + seconds[-_MOST_SECONDS // 2 :]
        self._seconds = seconds
        return bool(ends)

    def _compare(self, first_end: int, second_end: int, /, *, before_link: bool = False) -> list[tuple[int, str]]:
        """Compare what is between the last attribute and these ends; where none agrees, the best fit is reported."""
        old = self._before[self._first : first_end]
        same = -1
        for second in self._seconds:
            new = self._after[second:second_end]
            if old == new or (before_link and old in (_BREAK.sub("", new), _BREAK.sub(r"\1", new))):
                return []
            same = max(same, _common(old, new))
        return [(self._first + same, _OTHERS)]


def _common(old: str, new: str, /) -> int:
    """How many characters two texts begin with alike; found by halving, which is fast in Python."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if old[low:middle] == new[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def verify_rewrite(before: str, after: str, /) -> list[Finding]:
    r"""Check that nothing differs except link targets, opt-out attributes and one pixel.

    The `href` of an `a` or `area` (in a comment for Outlook, of a `v:*` element too) may lead to any web address or to
    a template expression (`{{ url }}`) instead of to a web address or a relative one. A tag with such an `href` may
    lose attributes that opt out of tracking. One image may be added, as `pixel_tag` writes it. All other characters
    must be the same. It does not matter who rewrote the document; `rewrite_html` and `track_html` always pass, and so
    does a document that nothing was done to.

    The check uses libxml2, and where libxml2 reads a document differently from browsers (svg that holds style sheets or
    CDATA, templates that hold style sheets, `<title/>`, more than 2,048 open elements), the finding is
    `limit_reached`: not verified, and not known to be damaged. Never fails on content; time and memory are linear.

    Returns:
        What is wrong; empty if nothing is. The kinds distinguish damage to texts, comments, tags and so on; a document
        is compared up to the first tag that differs.

    Raises:
        TypeError: An argument is not a str.

    >>> from lmtrack import rewrite_html
    >>> mail = "<p>Our <a href='https://shop.example/'>shop</a>&nbsp;!</p>"
    >>> rewritten = rewrite_html(mail, click_url=lambda link: "https://t.example/0").html
    >>> verify_rewrite(mail, rewritten)
    []
    >>> [finding.kind.value for finding in verify_rewrite(mail, rewritten.replace("&nbsp;", "\xa0"))]
    ['spelling_changed']
    """
    before, after = plain_str(before, "before"), plain_str(after, "after")
    if before == after:
        return []
    rest, findings = take_out(before, after)
    doubts = [_Doubts(before), _Doubts(rest)]
    first, second = (doubt.events() for doubt in doubts)
    try:
        differences = list(compare_events(first, second))
        for _ in chain(first, second):
            pass  # behind a tag that differs there is no comparing, but there may be doubts
    except TooDeepError:
        return [too_deep()]
    findings += differences or _compare_spelling(before, rest)
    unsure = doubts[0].why() or doubts[1].why()
    if unsure is None:
        return findings
    seen = f"; what differs there: {findings[0].place}, {findings[0].why}" if findings else ""
    return [Finding(kind=FindingKind.LIMIT_REACHED, place="document", why=unsure + seen)]
