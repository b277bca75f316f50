"""Compare a document with its rewriting, character by character: what is between the places that may differ may not.

The places come from libxml2 (`lmtrack._checking.verify.editable_attributes`), the characters from the two texts, so
what a parser throws away is compared too: quotes, blanks in tags, references, line ends, second attributes of a name,
stray end tags.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from lmtrack._checking.finding import Finding, FindingKind
from lmtrack._checking.verify.editable_attributes import find_places
from lmtrack._checking.verify.lockstep import too_deep

if TYPE_CHECKING:
    from lmtrack._checking.verify.editable_attributes import Place

_OTHERS: Final = "the characters are others, though a parser may read the same"
_WHITE: Final = "\t\n\f\r "
_LONGEST_LOOK: Final = 200  # characters; both are our choice
_MOST_SLASHES: Final = 8
# Where a long line was broken: ahead of the blank before a link's attribute, which ends the text in front of its value.
_BREAK: Final = re.compile(rf"\r?\n(?=[{_WHITE}][^{_WHITE}\"'>/=]{{1,100}}+[{_WHITE}]*+=[{_WHITE}]*+[\"']?+\Z)")


def compare_spelling(before: str, after: str, /) -> list[Finding]:
    """Say where characters differ that are no part of a link's `href` and of no removed opt-out attribute."""
    first, second = find_places(before), find_places(after)
    if first is None or second is None:
        return [too_deep()]
    found = _Walk(before, after).differences(first, second)
    lines = [offset for offset, char in enumerate(before) if char == "\n"] if found else []
    return [
        Finding(kind=FindingKind.SPELLING_CHANGED, place=f"line {bisect_right(lines, offset - 1) + 1}", why=why)
        for offset, why in found
    ]


class _Walk:
    """Goes through the places of both texts in step."""

    def __init__(self, before: str, after: str, /) -> None:
        self._before = before
        self._after = after
        # Up to where both were compared.
        self._first = self._second = 0

    def differences(self, before: list[Place], after: list[Place], /) -> list[tuple[int, str]]:
        """Return offsets in the first text, each with what is other there."""
        found: list[tuple[int, str]] = []
        place = 0
        ends = [*(old.start for old in before[1:]), len(self._before)]
        for old, following in zip(before, ends, strict=False):
            new = after[place] if place < len(after) else None
            if not old.is_link and (new is None or not self._is_kept(old, new)):
                if not self._go_past(old, following):
                    return [*found, (self._first, _OTHERS)]
                continue
            if new is None or new.is_link != old.is_link:
                return [*found, (old.start, "the link is no longer there, or not at this place")]
            found += self._compare(old.start, new.start, before_link=True)
            if new.quote not in {old.quote, old.quote or '"'}:
                found.append((old.start, "the link stands in other quotes"))
            self._first, self._second = old.end, new.end
            place += 1
        if place < len(after):
            return [*found, (self._first, "behind this there is a link or an opt-out attribute that was not there")]
        return found + self._compare(len(self._before), len(self._after))

    def _is_kept(self, old: Place, new: Place, /) -> bool:
        """Return whether an opt-out attribute is still there, with the same text before it."""
        length = old.end - self._first
        return new.end - self._second == length and self._after.startswith(
            self._before[self._first : old.end], self._second
        )

    def _go_past(self, old: Place, following: int, /) -> bool:
        """Go on behind an opt-out attribute that was removed; False if the text before it is another."""
        kept = self._before[self._first : old.start]
        run = ""
        if self._before[old.end] in f"{_WHITE}>":
            # What stands between it and the attribute before may go along; slashes may be part of that one's value.
            rest = kept.rstrip(f"{_WHITE}/")
            run, kept = kept[len(rest) :], rest
        if not self._after.startswith(kept, self._second):
            return False
        self._first, self._second = old.end, self._second + len(kept)
        same = _common(run, self._after[self._second : self._second + len(run)])
        # As many slashes as were kept; one may as well be of what comes behind, up to the next place.
        behind = self._before[old.end : min(following, old.end + _LONGEST_LOOK)].rstrip(f"{_WHITE}/")
        kept_ends = [at + 1 for at in range(same) if run[at] == "/"][-_MOST_SLASHES:]
        ends = [end for end in (*reversed(kept_ends), 0) if self._after.startswith(behind, self._second + end)]
        self._second += ends[0] if ends else run.rfind("/", 0, same) + 1
        return True

    def _compare(self, first_end: int, second_end: int, /, *, before_link: bool = False) -> list[tuple[int, str]]:
        old, new = self._before[self._first : first_end], self._after[self._second : second_end]
        if before_link and len(new) > len(old):
            new = _BREAK.sub("", new)
        return [] if old == new else [(self._first + _common(old, new), _OTHERS)]


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
