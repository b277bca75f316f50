"""What people see of the ways to leave a list and to stop being tracked: a link, in sight, that nobody counts.

People read the message's own text and HTML, decoded as most programs do, in the versions they may see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lmtrack._checking.audit.redirects import redirector
from lmtrack._checking.finding import Finding, FindingKind
from lmtrack._checking.messages.charset import read_characters
from lmtrack._checking.messages.entities import Entity, place_of
from lmtrack._checking.messages.part_kinds import Kind
from lmtrack._checking.messages.transfer import read_octets
from lmtrack._checking.pages.address import address_of, shown
from lmtrack._checking.unsubscribe.list_field import is_placeholder
from lmtrack._checking.unsubscribe.rules import broken
from lmtrack._checking.unsubscribe.visible_links import html_links, text_links
from lmtrack._linking.ways_out import mentions_way_out
from lmtrack._mime.headers import unsubscribe_key
from lmtrack._url.reader import plain_path, remote_url
from lmtrack.errors import BadToken
from lmtrack.links import is_preference_page, is_unsubscribe
from lmtrack.tokens import read_unsubscribe_token, read_withdraw_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lmtrack._checking.audit.known_hosts import Watch
    from lmtrack._checking.messages.entities import Item
    from lmtrack._checking.pages.address import Address
    from lmtrack._checking.unsubscribe.visible_links import FoundLink

_MAILTO: Final = "mailto:"
_UNREAD: Final = "programs read the displayed text differently, so it cannot be known whether a link is in it"
_CLOSED: Final = "the text cannot be read, so it cannot be known whether a link is in it"


class Page(NamedTuple):
    """A displayed part.

    Attributes:
        place: The part, as findings name it.
        text: Its characters.
        is_html: Whether it is HTML rather than plain text.
        sure: Whether every program decodes it alike.
        choices: The paths of the multipart/alternative parts around it.
    """

    place: str
    text: str
    is_html: bool
    sure: bool
    choices: frozenset[str]


def _displayed_pages(items: Iterable[Item], /) -> list[Page]:
    """Return the displayed parts of a message, in order."""
    return [_page(item) for item in items if isinstance(item, Entity) and item.is_displayed()]


def versions(pages: list[Page], /) -> list[list[Page]]:
    """Return what readers of HTML see and, if it is another thing, what readers of plain text see."""
    html_choices: frozenset[str] = frozenset().union(*(page.choices for page in pages if page.is_html))
    only_text = [page for page in pages if not page.is_html and page.choices & html_choices]
    always = [page for page in pages if not page.is_html and page not in only_text]
    rich = [page for page in pages if page.is_html or page in always]
    return [rich, [page for page in pages if not page.is_html]] if only_text else [rich]


def _page(part: Entity, /) -> Page:
    octets = read_octets(part.body, part.headers.encoding, closed=part.closed)
    characters = read_characters(octets.readings[0], part.headers.charset)
    return Page(
        place=place_of(part.path),
        text=characters.readings[0],
        is_html=part.headers.content_type == "text/html",
        sure=octets.problem is None and not characters.problems,
        choices=frozenset(path for path, kind in part.above if kind == "multipart/alternative"),
    )


class Exits(NamedTuple):
    """Known ways out.

    Attributes:
        keys: Where the List-Unsubscribe field leads, as `exit_key` writes it.
        pages: Prefixes of the sender's own preference pages.
    """

    keys: frozenset[str]
    pages: tuple[str, ...] = ()

    def hold(self, url: str, /) -> bool:
        """Return whether a URL is one of them."""
        return exit_key(url) in self.keys or self.is_page(url)

    def is_page(self, url: str, /) -> bool:
        """Return whether a URL is one of the preference pages."""
        return bool(self.pages) and is_preference_page(url, self.pages)


def exit_key(url: str, /) -> str:
    """Write URLs that are one way out in one way: http or https, and of a mailto one its address."""
    if url[: len(_MAILTO)].lower() == _MAILTO:
        return _MAILTO + url[len(_MAILTO) :].partition("?")[0].lower()
    key = unsubscribe_key(url)
    return key.replace("http:", "https:", 1) if key.startswith("http:") else key


def leads_through(address: Address, watch: Watch, /) -> bool:
    """Return whether a URL goes through our host, a known tracker or a redirect, and is not a way out we signed."""
    if is_our_way_out(address.url, watch, "u"):
        return False
    if watch.own(address, is_link=False) or watch.tracker(address.host) or redirector(address):
        return True
    for domain in watch.domains:
        base = address_of(domain.base_url.lower())
        prefix = plain_path(base.path).rstrip("/")
        if base.host == address.host and f"{plain_path(address.path).lower()}/".startswith(f"{prefix}/"):
            return True
    return False


def check_ways_out(items: Sequence[Item], exits: Exits, watch: Watch, /, *, withdrawal: bool) -> list[Finding]:
    """Check the displayed text of a message; `withdrawal` says whether a way to stop being tracked is due."""
    pages = _displayed_pages(items)
    if not pages and (closed := [why for item in items if isinstance(item, Entity) and (why := _closed(item))]):
        return [Finding(kind=closed[0], place="message", why=_CLOSED)]
    findings: list[Finding] = []
    for number, version in enumerate(versions(pages)):
        read = [(page, _links(page)) for page in version]
        links = [(page, link) for page, found_links in read for link in found_links or ()]
        sure = all(page.sure and found_links is not None for page, found_links in read)
        place = version[0].place if version else "message"
        found = _check_unsubscribe(links, exits, watch, place)
        if withdrawal and number == 0:
            found += _check_withdrawal([link for _, link in links], exits, watch, place)
        if not sure and found:
            found = [Finding(kind=FindingKind.UNDECODABLE, place=place, why=_UNREAD)]
        findings += found
    return findings


def _closed(part: Entity, /) -> FindingKind | None:
    """Say why what may be the text of a message cannot be read; None if it can."""
    if any(kind == "multipart/encrypted" for _, kind in part.above):
        return FindingKind.ENCRYPTED
    content = read_octets(part.body, part.headers.encoding, closed=part.closed).readings[0]
    closed = Kind(part).closed(content)
    return closed and closed[0]


def _links(page: Page, /) -> list[FoundLink] | None:
    """Return the links of a page; None if it is too deep to be read."""
    return html_links(page.text) if page.is_html else text_links(page.text)


def _check_unsubscribe(links: list[tuple[Page, FoundLink]], exits: Exits, watch: Watch, place: str, /) -> list[Finding]:
    hidden: list[Finding] = []
    tracked: list[Finding] = []
    unrendered: list[Finding] = []
    for page, link in links:
        where = f"{page.place} a[href]" if page.is_html else page.place
        address = _address(link.url)
        if _withdraws(link.url, watch):
            continue
        own = watch.own(address, is_link=True) if address else None
        destination = own.destination if own and own.destination else link.url
        if not (exits.hold(destination) or is_unsubscribe(destination) or _names_it(link.words)):
            continue
        if is_placeholder(link.url):
            unrendered.append(broken(FindingKind.UNSUBSCRIBE_PLACEHOLDER, where, shown(link.url)))
        elif address is None and link.url[: len(_MAILTO)].lower() != _MAILTO:
            continue  # it leads nowhere
        elif address and leads_through(address, watch):
            tracked.append(broken(FindingKind.UNSUBSCRIBE_LINK_TRACKED, where, shown(address.url)))
        elif not link.visible:
            hidden.append(broken(FindingKind.UNSUBSCRIBE_LINK_HIDDEN, where, shown(link.url)))
        else:
            return []
    return unrendered or tracked or hidden or [broken(FindingKind.UNSUBSCRIBE_LINK_MISSING, place)]


def _address(url: str, /) -> Address | None:
    remote = remote_url(url)
    return address_of(remote) if remote else None


def _names_it(words: str, /) -> bool:
    """Return whether words say that a link is for unsubscribing."""
    return mentions_way_out(words)


def _check_withdrawal(links: list[FoundLink], exits: Exits, watch: Watch, place: str, /) -> list[Finding]:
    hidden: list[Finding] = []
    for link in links:
        if _withdraws(link.url, watch) or exits.is_page(link.url):
            if link.visible:
                return []
            hidden.append(broken(FindingKind.WITHDRAWAL_LINK_HIDDEN, place, shown(link.url)))
    return hidden or [broken(FindingKind.WITHDRAWAL_LINK_MISSING, place)]


def _withdraws(url: str, watch: Watch, /) -> bool:
    """Return whether a URL is one of our keys' withdrawal links; without keys, whether it may be one of the hosts'."""
    if is_our_way_out(url, watch, "w"):
        return True
    address = _address(url)
    return address is not None and address.host in watch.hosts and "/w/" in address.path


def is_our_way_out(url: str, watch: Watch, kind: Literal["u", "w"], /) -> bool:
    """Return whether a URL is a way out of that kind that our keys signed."""
    read = read_unsubscribe_token if kind == "u" else read_withdraw_token
    for domain in watch.domains:
        token = domain.token_in(url, kind)
        if token:
            try:
                read(domain.keys, token)
            except BadToken:
                continue
            return True
    return False
