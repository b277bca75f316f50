"""The image that a rewriting adds: found by its characters, and then libxml2 is asked whether it is one."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final, NamedTuple

from lmtrack._checking.finding import Finding, FindingKind
from lmtrack._checking.verify.events import Start, TooDeepError, read_events
from lmtrack._checking.verify.lockstep import is_new_target, too_deep
from lmtrack._pattern import compile_pattern
from lmtrack._rewriting.pixel_spelling import OLD_PIXEL_ENDS, PIXEL_BEGINS, PIXEL_ENDS

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
    places = [match.span() for match in _PIXEL.finditer(after) if match[0] in added]
    try:
        shown = _shown(after, places)
    except TooDeepError:
        return AddedPixel(after, [too_deep()])
    findings: list[Finding] = []
    if added.total() > 1:
        why = f"{added.total()} pixels were added, where one is enough"
        findings.append(Finding(kind=FindingKind.EXTRA_PIXEL, place="img", why=why))
    chosen: list[tuple[int, int]] = []
    # Of several with one spelling, one that is an image is the new one: a second would not have been added.
    for number, (start, end) in sorted(enumerate(places), key=lambda numbered: numbered[0] not in shown):
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


def _shown(html: str, places: list[tuple[int, int]], /) -> dict[int, str]:
    """Which of these libxml2 reads as an image, each with its source."""
    pieces: list[str] = []
    position = 0
    for number, (_, end) in enumerate(places):
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
