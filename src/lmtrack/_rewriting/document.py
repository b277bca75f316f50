"""A document that was read once, with what later steps learned about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from lmtrack._html.images import Image, live_images
from lmtrack._html.scan import Scan, scan
from lmtrack._rewriting.plan import Plan, make_plan
from lmtrack._tokens.make import PackedLinks, pack_links

if TYPE_CHECKING:
    from lmtrack.links import LinkPolicy
    from lmtrack.urls import TrackingDomain


class _Memo:
    """What need not be worked out twice; a cache of pure functions of the document, so no part of its value."""

    __slots__ = ("images", "packed", "pixels", "plan")

    def __init__(self) -> None:
        self.packed: tuple[Plan, PackedLinks] | None = None
        self.images: list[Image] | None = None
        self.pixels: list[Image] | None = None
        # With what it is for, in one value: another thread may be putting its own here.
        self.plan: tuple[tuple[LinkPolicy, TrackingDomain | None], Plan] | None = None


# `/o/` with a slash or the letter written as a character reference, as mustache.js and sanitisers do. Every branch
# begins with `&`, which the engine looks for as fast as for any text.
_SLASH: Final = r"(?:sol;|\#(?:0*+47(?![0-9])|[xX]0*+2[fF](?![0-9A-Fa-f]));?+)"
_LETTER: Final = r"\#(?:0*+111(?![0-9])|[xX]0*+6[fF](?![0-9A-Fa-f]));?+"
_ESCAPED_PATH: Final = re.compile(
    rf"&(?: (?<=/o&) {_SLASH} | (?: {_SLASH} (?: o | &{_LETTER} ) | (?<=/&) {_LETTER} ) (?: / | &{_SLASH} ) )",
    re.VERBOSE,
)
# The same with percent escapes; in the decoded URL either, or backslashes, which browsers take for slashes.
_PERCENT_PATH: Final = re.compile(r"%(?:2[fF](?:o|%6[fF])|6[fF])")
_MAY_BE_PIXEL: Final = re.compile(r"/o/|%2[fF]|%6[fF]|\\")


@dataclass(frozen=True, slots=True)
class HtmlDocument:
    """A document that was read once and can be tracked for any number of recipients; made by `scan_html`.

    It compares and pickles as its text. It keeps what the last policy meant for its links.

    Attributes:
        html: The document.
    """

    html: str
    _scan: Scan = field(init=False, compare=False)
    _memo: _Memo = field(init=False, compare=False, default_factory=_Memo)

    def __post_init__(self) -> None:
        if not isinstance(self.html, str):
            raise TypeError(f"html must be a str, not {type(self.html).__name__}")
        object.__setattr__(self, "_scan", scan(self.html))

    def __reduce__(self) -> tuple[type[HtmlDocument], tuple[str]]:
        return HtmlDocument, (self.html,)

    def __repr__(self) -> str:
        return f"HtmlDocument({len(self.html)} characters, {len(self._scan.links)} links)"

    @property
    def found(self) -> Scan:
        """What the pass over the document found (internal)."""
        return self._scan

    def images(self) -> list[Image]:
        """Give the live images (internal)."""
        memo = self._memo
        if memo.images is None:
            memo.images = live_images(self.html)
        return memo.images

    def pixels(self) -> list[Image]:
        """Give the live images that can be pixels of ours (internal).

        Finding images is slow, so it first asks for the path of a pixel.
        """
        memo = self._memo
        if memo.pixels is None:
            html = self.html
            possible = "/o/" in html or _ESCAPED_PATH.search(html) or "\\o" in html or _PERCENT_PATH.search(html)
            memo.pixels = [image for image in self.images() if _MAY_BE_PIXEL.search(image.url)] if possible else []
        return memo.pixels

    def may_hold(self, written: str, /) -> bool:
        """Whether a URL written like this, or with bare ampersands, stands anywhere in the document (internal)."""
        return written in self.html or ("&" in written and written.replace("&amp;", "&") in self.html)

    def plan(self, policy: LinkPolicy, domain: TrackingDomain | None, /) -> Plan:
        """Decide what to do with the links; kept for the next recipient under the same policy and domain (internal)."""
        wanted = (policy, domain)
        memo = self._memo.plan
        if memo is None or memo[0] != wanted:
            memo = self._memo.plan = (wanted, make_plan(self.html, self._scan, policy, domain))
        return memo[1]

    def packed_links(self, plan: Plan, /) -> PackedLinks:
        """Pack the links' own destinations for signing; the same for every recipient (internal)."""
        memo = self._memo.packed
        if memo is None or memo[0] is not plan:
            memo = self._memo.packed = (plan, pack_links([link.url for link in plan.numbered]))
        return memo[1]

    def pixel_place(self, position: Literal["end", "start"], /) -> int:
        """Where a pixel goes in the source (internal)."""
        found = self._scan
        if position == "start" and found.body_start >= 0:
            return found.body_start
        if position == "start" and found.head_end >= 0:
            return found.head_end
        return next(offset for offset in (found.body_end, found.html_end, found.safe_end) if offset >= 0)
