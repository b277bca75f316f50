"""What people see of the ways to leave a list and to stop being tracked: a link, in sight, that nobody counts.

People read the message's own text and HTML, decoded as most programs do, in the versions they may see. Of a link counts
where it leads, which words name it, and whether anyone can see it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from lmtrack._checking.audit.redirects import redirector
from lmtrack._checking.finding import Finding, FindingKind, shown
from lmtrack._checking.messages.body_readings import read_characters, read_octets
from lmtrack._checking.messages.entities import Entity, place_of
from lmtrack._checking.messages.part_kinds import PartKind
from lmtrack._checking.pages.cascade import Cascade
from lmtrack._checking.pages.css import read_sheet
from lmtrack._checking.pages.display import Display
from lmtrack._checking.pages.element import Element
from lmtrack._checking.pages.hidden import covering
from lmtrack._checking.unsubscribe.list_field import is_placeholder
from lmtrack._checking.unsubscribe.rules import broken
from lmtrack._checking.verify.events import Data, End, Start, TooDeepError, read_events
from lmtrack._linking.ways_out import mentions_way_out
from lmtrack._mime.headers import unsubscribe_key
from lmtrack._pattern import compile_pattern
from lmtrack._rewriting.plain_text import find_urls
from lmtrack._url.reader import address_of, plain_path, remote_url
from lmtrack.errors import BadToken
from lmtrack.links import is_preference_page, is_unsubscribe
from lmtrack.tokens import read_unsubscribe_token, read_withdraw_token

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from lmtrack._checking.audit.known_hosts import KnownHosts
    from lmtrack._checking.messages.entities import Item
    from lmtrack._checking.pages.cascade import Style
    from lmtrack._checking.verify.events import Event
    from lmtrack._url.reader import Address

_MAILTO: Final = "mailto:"
_UNREAD: Final = "programs read the displayed text differently, so it cannot be known whether a link is in it"
_CLOSED: Final = "the text cannot be read, so it cannot be known whether a link is in it"


class DisplayedPart(NamedTuple):
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


def _displayed_pages(items: Iterable[Item], /) -> list[DisplayedPart]:
    """Return the displayed parts of a message, in order."""
    return [_page(item) for item in items if isinstance(item, Entity) and item.is_displayed()]


def versions(pages: list[DisplayedPart], /) -> list[list[DisplayedPart]]:
    """Return what readers of HTML see and, if it is another thing, what readers of plain text see."""
    html_choices: frozenset[str] = frozenset().union(*(page.choices for page in pages if page.is_html))
    only_text = [page for page in pages if not page.is_html and page.choices & html_choices]
    always = [page for page in pages if not page.is_html and page not in only_text]
    rich = [page for page in pages if page.is_html or page in always]
    return [rich, [page for page in pages if not page.is_html]] if only_text else [rich]


def _page(part: Entity, /) -> DisplayedPart:
    octets = read_octets(part.body, part.headers.encoding, closed=part.closed)
    characters = read_characters(octets.readings[0], part.headers.charset)
    return DisplayedPart(
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


def leads_through(address: Address, known_hosts: KnownHosts, /) -> bool:
    """Return whether a URL goes through our host, a known tracker or a redirect, and is not a way out we signed."""
    if is_our_way_out(address.url, known_hosts, "u"):
        return False
    if known_hosts.own(address, is_link=False) or known_hosts.tracker(address.host):
        return True
    if redirector(address, is_way_out=is_unsubscribe(address.url)):
        return True
    for domain in known_hosts.domains:
        base = address_of(domain.base_url.lower())
        prefix = plain_path(base.path).rstrip("/")
        if base.host == address.host and f"{plain_path(address.path).lower()}/".startswith(f"{prefix}/"):
            return True
    return False


def check_ways_out(
    items: Sequence[Item], exits: Exits, known_hosts: KnownHosts, /, *, withdrawal: bool
) -> list[Finding]:
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
        found = _check_unsubscribe(links, exits, known_hosts, place)
        if withdrawal and number == 0:
            found += _check_withdrawal([link for _, link in links], exits, known_hosts, place)
        if not sure and found:
            found = [Finding(kind=FindingKind.UNDECODABLE, place=place, why=_UNREAD)]
        findings += found
    return findings


def _closed(part: Entity, /) -> FindingKind | None:
    """Say why what may be the text of a message cannot be read; None if it can."""
    if any(kind == "multipart/encrypted" for _, kind in part.above):
        return FindingKind.ENCRYPTED
    content = read_octets(part.body, part.headers.encoding, closed=part.closed).readings[0]
    closed = PartKind(part).closed(content)
    return closed and closed[0]


def _links(page: DisplayedPart, /) -> list[FoundLink] | None:
    """Return the links of a page; None if it is too deep to be read."""
    return _html_links(page.text) if page.is_html else text_links(page.text)


def _check_unsubscribe(
    links: list[tuple[DisplayedPart, FoundLink]], exits: Exits, known_hosts: KnownHosts, place: str, /
) -> list[Finding]:
    hidden: list[Finding] = []
    tracked: list[Finding] = []
    unrendered: list[Finding] = []
    for page, link in links:
        where = f"{page.place} a[href]" if page.is_html else page.place
        address = _address(link.url)
        if _withdraws(link.url, known_hosts):
            continue
        own = known_hosts.own(address, is_link=True) if address else None
        destination = own.destination if own and own.destination else link.url
        if not (exits.hold(destination) or is_unsubscribe(destination) or _names_it(link.words)):
            continue
        if is_placeholder(link.url):
            unrendered.append(broken(FindingKind.UNSUBSCRIBE_PLACEHOLDER, where, shown(link.url)))
        elif address is None and link.url[: len(_MAILTO)].lower() != _MAILTO:
            continue  # it leads nowhere
        elif address and leads_through(address, known_hosts):
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


def _check_withdrawal(links: list[FoundLink], exits: Exits, known_hosts: KnownHosts, place: str, /) -> list[Finding]:
    hidden: list[Finding] = []
    for link in links:
        if _withdraws(link.url, known_hosts) or exits.is_page(link.url):
            if link.visible:
                return []
            hidden.append(broken(FindingKind.WITHDRAWAL_LINK_HIDDEN, place, shown(link.url)))
    return hidden or [broken(FindingKind.WITHDRAWAL_LINK_MISSING, place)]


def _withdraws(url: str, known_hosts: KnownHosts, /) -> bool:
    """Return whether a URL is one of our keys' withdrawal links; without keys, whether it may be one of the hosts'."""
    if is_our_way_out(url, known_hosts, "w"):
        return True
    address = _address(url)
    return address is not None and address.host in known_hosts.hosts and "/w/" in address.path


def is_our_way_out(url: str, known_hosts: KnownHosts, kind: Literal["u", "w"], /) -> bool:
    """Return whether a URL is a way out of that kind that our keys signed."""
    read = read_unsubscribe_token if kind == "u" else read_withdraw_token
    for domain in known_hosts.domains:
        token = domain.token_in(url, kind)
        if token:
            try:
                read(domain.keys, token)
            except BadToken:
                continue
            return True
    return False


# Letters of no size and of no colour; both are inherited and may be undone further inside.
_NO_FONT: Final = compile_pattern(r"0++(?:\.0*+)?+(?:[a-z]++|%)?+")
_NO_COLOR: Final = frozenset(("transparent", "rgba(0,0,0,0)", "#0000", "#00000000"))
_UNSEEN: Final = frozenset(("head", "template", "script", "style", "title", "noembed", "noframes", "iframe"))
# An address in plain text, with what a mailto URL adds; begun where none is going on, so each is read once.
_ADDRESS: Final = re.compile(r"(?<![\w.+-])([\w.+-]{1,64}+@[\w.-]{1,255}+(?:\?[^\s<>\"]*+)?)")
# All three are our choice; a link's text is a line, and ways to leave stand at the end.
_MOST_WORDS: Final = 300
_MOST_LINKS: Final = 2_000
_MOST_SHEETS: Final = 1_000_000  # characters


class FoundLink(NamedTuple):
    """A link.

    Attributes:
        url: As written, without outer blanks; an address in a text with `mailto:` before it.
        words: What names it: its text with the alt texts of its images; in plain text its line and the one before.
        visible: Whether there is anything to see of it.
    """

    url: str
    words: str
    visible: bool


class _State(NamedTuple):
    """How an element shows what is in it."""

    gone: bool = False
    no_font: bool = False
    invisible: bool = False
    transparent: bool = False


@dataclass(slots=True)
class _Link:
    url: str
    depth: int
    words: list[str] = field(default_factory=list)
    visible: bool = False


def _html_links(html: str, /) -> list[FoundLink] | None:
    """Return the links of a document in order; None if it is too deep to be read."""
    try:
        events = list(read_events(html))
    except TooDeepError:
        return None
    cascade = Cascade()
    sheets = "\n".join(event.text for event in events if isinstance(event, Data) and event.element == "style")
    for rule in read_sheet(sheets[:_MOST_SHEETS]).rules:
        cascade.add(rule)
    return list(_links_among(events, Display({None: cascade})))


def _links_among(events: list[Event], display: Display, /) -> Iterator[FoundLink]:
    states = [_State()]
    elements: list[Element | None] = [None]
    link: _Link | None = None
    for event in events:
        if isinstance(event, Start):
            attributes = dict(event.attributes)
            element = Element(event.tag, attributes, 0, parent=elements[-1])
            elements.append(element)
            state = _inside(states[-1], element, display.style(element))
            states.append(state)
            if event.tag == "area" and "href" in attributes:
                yield FoundLink(attributes["href"].strip(), attributes.get("alt", ""), not state.gone)
            elif event.tag == "a" and "href" in attributes:
                link = _Link(attributes["href"].strip(), len(states))
            elif event.tag in {"img", "svg"} and link is not None:
                link.words.append(attributes.get("alt", ""))
                link.visible = link.visible or not (state.gone or state.invisible)
        elif isinstance(event, Data) and link is not None and not event.element:
            link.words.append(event.text[:_MOST_WORDS])
            link.visible = link.visible or (not any(states[-1]) and bool(event.text.strip()))
        elif isinstance(event, End):
            if link is not None and link.depth == len(states):
                yield _found(link)
                link = None
            states.pop()
            elements.pop()


def _found(link: _Link, /) -> FoundLink:
    return FoundLink(link.url, " ".join(" ".join(link.words).split())[:_MOST_WORDS], link.visible)


def _made_visible(world: Mapping[str, str], /) -> Mapping[str, str]:
    """Leave out what an element inside can undo."""
    return {**world, "visibility": "visible"} if "visibility" in world else world


def _inside(around: _State, element: Element, style: Style, /) -> _State:
    values = style.values
    visibility, font, color = values.get("visibility"), values.get("font-size"), values.get("color")
    hidden = style.hides(lambda world: covering(element, _made_visible(world))) is not None
    return _State(
        gone=around.gone or hidden or element.name in _UNSEEN,
        no_font=around.no_font if font is None else _NO_FONT.fullmatch(font) is not None,
        invisible=around.invisible if visibility is None else visibility in {"hidden", "collapse"},
        transparent=around.transparent if color is None else color.replace(" ", "") in _NO_COLOR,
    )


def text_links(text: str, /) -> list[FoundLink]:
    """Return the links and addresses of a plain text in order, of very many the last."""
    places = [(start, text[start:end]) for start, end in find_urls(text)]
    places += [(found.start(), f"mailto:{found[1]}") for found in _ADDRESS.finditer(text)]
    return [FoundLink(url, _around(text, start), visible=True) for start, url in sorted(places)[-_MOST_LINKS:]]


def _around(text: str, start: int, /) -> str:
    """The line that holds an offset, and the one with words before it."""
    earliest = max(start - _MOST_WORDS, 0)
    line = max(text.rfind("\n", earliest, start) + 1, earliest)
    end = text.find("\n", start, start + _MOST_WORDS)
    before = text[max(line - _MOST_WORDS, 0) : line].rstrip()
    return before[before.rfind("\n") + 1 :] + " " + text[line : end if end >= 0 else start + _MOST_WORDS]
