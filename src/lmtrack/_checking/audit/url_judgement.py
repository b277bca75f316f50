"""What a URL says by itself, whatever element it stands in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lmtrack._checking.audit.identifiers import identifier_in, is_static
from lmtrack._checking.audit.redirects import counter, named_hosts, redirector
from lmtrack._checking.audit.services import open_service
from lmtrack._checking.finding import FindingKind
from lmtrack._checking.pages.address import Address, address_of
from lmtrack._url.reader import remote_url

if TYPE_CHECKING:
    from lmtrack._checking.audit.known_hosts import Watch


class Judgement(NamedTuple):
    """A kind of finding and the reason for it."""

    kind: FindingKind
    why: str


class Judge:
    """Judges URLs, each once, however often it stands in a document."""

    __slots__ = ("_known", "_watch")

    def __init__(self, watch: Watch, /) -> None:
        self._watch = watch
        self._known: dict[tuple[str, bool], tuple[Judgement, ...]] = {}

    def __call__(self, url: str, /, *, is_link: bool) -> tuple[Judgement, ...]:
        """Judge a remote URL. There is more than one judgement only of a link of ours that leads to somebody."""
        key = (url, is_link)
        if key not in self._known:
            address = address_of(url)
            self._known[key] = self._ours(address, is_link=is_link) or self._others(address, is_link=is_link)
        return self._known[key]

    def _ours(self, address: Address, /, *, is_link: bool) -> tuple[Judgement, ...]:
        own = self._watch.own(address, is_link=is_link)
        if own is None:
            return ()
        if not own.aggregate:
            return (Judgement(FindingKind.OWN_TRACKING_URL, own.why),)
        found = [Judgement(FindingKind.AGGREGATE_TOKEN, own.why)]
        # The token is the same for everybody to whom this destination is sent, and no more than that.
        if own.destination and (target := remote_url(own.destination)):
            found += [
                Judgement(one.kind, f"it leads to a URL of which {one.why}") for one in self(target, is_link=True)
            ]
        return tuple(found)

    def _others(self, address: Address, /, *, is_link: bool) -> tuple[Judgement, ...]:
        if listed := self._watch.tracker(address.host):
            return (
                Judgement(FindingKind.KNOWN_TRACKER, f"its host is {listed} of the list that was given, or under it"),
            )
        why = self._through(address) if is_link else None
        if why:
            return (Judgement(FindingKind.REDIRECTOR, why),)
        if not is_link and (service := open_service(address)):
            return (Judgement(FindingKind.KNOWN_TRACKER, f"{service} counts opens by such URLs"),)
        if not is_link and not is_static(address) and (found := counter(address)):
            return (Judgement(FindingKind.IDENTIFIER, f"{found}: it may tell one recipient from another"),)
        if found := identifier_in(address, is_link=is_link):
            return (Judgement(FindingKind.IDENTIFIER, f"{found}, so that it may tell one recipient from another"),)
        return ()

    def _through(self, address: Address, /) -> str | None:
        """Say through whom or what a link leads; None if it leads straight to its page."""
        if found := redirector(address):
            return found
        named = next(filter(self._watch.is_watched, named_hosts(address)), None)
        return f"it names {named}, a host to look out for" if named else None
