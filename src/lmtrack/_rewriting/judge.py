"""Decide whether links may be tracked, for one policy, tracking domain, base and message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._html.entities import decode_attribute
from lmtrack._html.grammar import WHITESPACE
from lmtrack._linking.prefilter import surely_trackable, telling_texts
from lmtrack._linking.shown_host import is_same_domain, shown_host
from lmtrack._linking.ways_out import is_way_out_text
from lmtrack._url.reader import browser_url, host_of, join, read_url, without_dots
from lmtrack.links import SkipReason, skip_reason, slots_reason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lmtrack._html.scan import FoundLink
    from lmtrack._rewriting.slots.holes import UrlHole
    from lmtrack._url.reader import Url
    from lmtrack.links import LinkPolicy
    from lmtrack.urls import TrackingDomain

_READ_DIFFERENTLY: Final = re.compile(r"[\\\s]")
# What one of our own URLs has in its path, in some spelling: our hosts may have other pages, which need no second look.
_MAY_BE_OURS: Final = re.compile(r"%|/[ocwu]/")
# The longest base is our choice: it is read again in every link it resolves.
_LONGEST_BASE: Final = 512


class MessageContext(NamedTuple):
    """What a document's message adds to it: nothing for a document by itself.

    Attributes:
        first_index: The index of its first link; they run on over the parts of a message.
        unsubscribe: Whether a URL is one of the message's List-Unsubscribe.
        may_unsubscribe: Whether one of these may be among many URLs, which are given as one text; None: unknown.
        repair: Reads a value with bytes in it (lone surrogates, U+DC80 to U+DCFF) that the part's charset does not
            explain; None if nothing else explains them either.
        shown: What links show as their source instead of the text that was read.
    """

    first_index: int = 0
    unsubscribe: Callable[[str], bool] | None = None
    may_unsubscribe: Callable[[str], bool] | None = None
    repair: Callable[[str], str | None] | None = None
    shown: str | None = None


NO_CONTEXT: Final = MessageContext()


class Judge:
    """Says of URLs whether they may be tracked: one policy, one domain, one base, one message."""

    def __init__(
        self, policy: LinkPolicy, domain: TrackingDomain | None, base: str | None, context: MessageContext, /
    ) -> None:
        self.policy = policy
        self.domain = domain
        self.context = context
        self._hosts = [host_of(domain.base_url), *policy.tracking_hosts] if domain else list(policy.tracking_hosts)
        self._shows_hosts = policy.skip_url_text == "always" or (policy.skip_url_text == "foreign" and self._hosts)
        repair = context.repair
        base_text = repair(base or "") if repair else base
        self._base = _read_base(base_text or "")

    def written(self, values: list[str], /) -> tuple[list[str], dict[int, SkipReason]]:
        """Say of each href value as written which URL it means, and of some, by position, why that is not tracked."""
        repair = self.context.repair
        urls = self._quick(values)
        reasons: dict[int, SkipReason] = {}
        known: dict[str, tuple[str, SkipReason | None]] = {}
        for position in [position for position, url in enumerate(urls) if not url]:
            text = values[position]
            if text not in known:
                read = repair(text) if repair else text
                url = decode_attribute(text if read is None else read).strip(WHITESPACE)
                known[text] = (url, SkipReason.UNDECODABLE) if read is None else self._resolved(url)
            urls[position], reason = known[text]
            if reason:
                reasons[position] = reason
        self._unsubscribes(urls, reasons)
        return urls, reasons

    def urls(self, urls: list[str], /) -> tuple[list[str], dict[int, SkipReason]]:
        """Check URLs that are decoded and resolved."""
        quick = self._quick(urls)
        judged = [
            (position, self._reason(url)) for position, url in enumerate(urls) if not url or url != quick[position]
        ]
        reasons = {position: reason for position, reason in judged if reason}
        self._unsubscribes(urls, reasons)
        return urls, reasons

    def template(self, url: str, hole: UrlHole, /) -> tuple[str, SkipReason | None]:
        """Check a URL with slots by what is the same for everyone; also resolve it.

        Its slots are not placeholders, any other marker in it still is one; their names tell what it is for.
        """
        stands_for = ["https://x" if hole.url.opens and position == 0 else "x" for position in range(len(hole.names))]
        _, reason = self._resolved(hole.url.joined(stands_for))
        resolved = self.resolve(url)
        if reason in {None, SkipReason.SENSITIVE} and (named := slots_reason(hole.names, self.policy)):
            reason = named
        if reason is None and hole.url.opens and not self.policy.slot_hosts:
            reason = SkipReason.PERSONAL
        return resolved, reason

    def text(self, shown: str, /) -> SkipReason | None:
        """Check a link by its visible text."""
        if not self.policy.track_unsubscribe and is_way_out_text(shown):
            return SkipReason.UNSUBSCRIBE
        host = shown_host(shown) if self._shows_hosts else None
        if host is None:
            return None
        foreign = not any(is_same_domain(host, tracking) for tracking in self._hosts)
        return SkipReason.URL_TEXT if foreign or self.policy.skip_url_text == "always" else None

    def may_tell(self, html: str, found: Sequence[FoundLink], reasons: dict[int, SkipReason], /) -> list[int]:
        """Choose the links whose text may be a reason against tracking them."""
        ways_out = not self.policy.track_unsubscribe
        if not (ways_out or self._shows_hosts):
            return []
        return telling_texts(html, found, reasons, ways_out=ways_out, hosts=bool(self._shows_hosts))

    def is_own(self, url: str, /) -> bool:
        """Return whether a URL is one of the domain's."""
        return self.domain is not None and self.domain.holds(url)

    def resolve(self, url: str, /) -> str:
        """Resolve a URL against the document's base, if it is a relative one."""
        return _resolve(self._base, url) if self._base and self._reason(url) is SkipReason.RELATIVE else url

    def _resolved(self, url: str, /) -> tuple[str, SkipReason | None]:
        reason = self._reason(url)
        if reason is SkipReason.RELATIVE and self._base:
            url = _resolve(self._base, url)
            reason = self._reason(url)
        if reason is SkipReason.BAD_DESTINATION:  # with blanks in it, browsers may still find it
            asked = browser_url(url)
            if asked != url and (other := self._reason(asked)) is not SkipReason.BAD_DESTINATION:
                return asked, other
        return url, reason

    def _reason(self, url: str, /) -> SkipReason | None:
        """Check a URL by itself and by the domain."""
        if self.is_own(url):
            return SkipReason.TRACKED
        return skip_reason(url, self.policy)

    def _unsubscribes(self, urls: list[str], reasons: dict[int, SkipReason], /) -> None:
        unsubscribe, may = self.context.unsubscribe, self.context.may_unsubscribe
        if unsubscribe and (may is None or may("\n".join(urls))):
            for position, url in enumerate(urls):
                if reasons.get(position) in {None, SkipReason.SENSITIVE} and unsubscribe(url):
                    reasons[position] = SkipReason.UNSUBSCRIBE

    def _quick(self, values: list[str], /) -> list[str]:
        """Return the URLs that need no second look, "" for the others."""
        if self.policy.lists_urls:
            return [""] * len(values)
        distinct = list(dict.fromkeys(values))  # a button is drawn twice, a footer repeats the header
        urls = surely_trackable(distinct)
        limit = self.policy.max_url_octets
        if urls and len(max(urls, key=len)) > limit:
            urls = [url if len(url) <= limit else "" for url in urls]
        if self.domain is not None:
            urls = _without_own(urls, self.domain)
        if len(distinct) < len(values):
            known = dict(zip(distinct, urls, strict=True))
            return [known[value] for value in values]
        return urls


def _without_own(urls: list[str], domain: TrackingDomain, /) -> list[str]:
    """Return the URLs, "" for each that may be one of the domain's."""
    hosts = [base.host for base in domain.bases()]
    together = "\n".join(urls).lower()
    if not any(host in together for host in hosts):
        return urls
    return ["" if _MAY_BE_OURS.search(url) and any(map(url.lower().count, hosts)) else url for url in urls]


def _read_base(text: str, /) -> Url | None:
    """Take a document's base apart, its path without dot segments; None if it resolves nothing.

    With a backslash or a blank in it, browsers and the RFC read it differently.
    """
    if not text or len(text) > _LONGEST_BASE or _READ_DIFFERENTLY.search(text):
        return None
    base = read_url(text)
    if base.scheme not in {"http", "https"} or not base.authority:
        return None
    return base._replace(path=without_dots(base.path or "/"))


def _resolve(base: Url, url: str, /) -> str:
    # Browsers drop tabs and line ends and take a backslash for a slash; nobody else does.
    return url if any(char in url for char in "\t\n\r\\") else join(base, url)
