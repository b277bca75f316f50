"""A link, an edit, and the question between them: may this link be tracked, and if not, why not.

The rules run in one order for every caller, most certain first; the first that applies is the reason. What a rule
looks for is in a table with its source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, NamedTuple, TypeVar

from lmtrack._checks import check_type, plain_str
from lmtrack._html.grammar import ascii_lower
from lmtrack._html.visible import visible_text
from lmtrack._linking.optout import label_of
from lmtrack._linking.placeholders import is_placeholder
from lmtrack._linking.secrets import decoded, is_sensitive, is_sensitive_name
from lmtrack._linking.ways_out import is_way_out_url, says_way_out
from lmtrack._url.destination import LIMIT_OCTETS, is_destination
from lmtrack._url.reader import DROPPED, SCHEME, effective_port, host_of, plain_host, read_authority, read_url

Entry = TypeVar("Entry")

__all__ = [
    "LinkPolicy",
    "SkipReason",
    "add_query",
]


class Edit(NamedTuple):
    """One replacement: at `offset` in the source, `old` became `new`. Edits ascend and never overlap.

    Attributes:
        offset: Where `old` begins in the source; characters for HTML and text, bytes for raw messages.
        old: What was there; empty where something was inserted.
        new: What is there now; empty where something was removed.
    """

    offset: int
    old: str
    new: str


class SkipReason(StrEnum):
    """Why a link is not tracked."""

    EMPTY = "empty"
    PLACEHOLDER = "placeholder"
    FRAGMENT = "fragment"
    SCHEME = "scheme"
    SCHEME_RELATIVE = "scheme_relative"
    RELATIVE = "relative"
    BAD_DESTINATION = "bad_destination"
    TOO_LONG = "too_long"
    TRACKED = "tracked"
    OPT_OUT = "opt_out"
    LISTED = "listed"
    UNSUBSCRIBE = "unsubscribe"
    SENSITIVE = "sensitive"
    URL_TEXT = "url_text"
    PERSONAL = "personal"
    TOO_MANY = "too_many"  # a token counts to 65,535
    UNDECODABLE = "undecodable"  # its bytes are neither in the part's charset nor UTF-8
    LINE_TOO_LONG = "line_too_long"  # in a body that is sent as it is, no line has room for its tracked URL


class Link(NamedTuple):
    """A link of a document.

    Attributes:
        index: Zero-based position among the trackable links; -1 for a skipped link. A button that is drawn twice, for
            Outlook and for everyone else, has one index.
        url: Where the link leads: decoded, without outer white space, and absolute if a base URL resolves it.
        element: `a`, `area`, or the VML element, lower case; `text` for a URL in plain text.
        conditional: Whether the link is inside an Outlook conditional comment.
        source: The document that the link is in; not part of the repr.
        start: Where the link's tag begins in the source; in plain text, where the URL begins.
        limit: Where the document or comment around the link ends; in plain text, where the URL ends.
        personal: Whether a slot is in the link's URL or text.
        template_url: For a personal link, its destination as the template has it; repr and `to_dict` show this.
    """

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody misses on a link
    url: str
    element: str = "a"
    conditional: bool = False
    source: str = ""
    start: int = 0
    limit: int = 0
    personal: bool = False
    template_url: str = ""

    def text(self) -> str:
        """Read what a person sees as this link: its text and the alt texts of its images, whitespace folded.

        A URL in plain text is its own text. Otherwise each call costs a pass over the link's content, at most 10,000
        characters.

        >>> from lmtrack import rewrite_html
        >>> rewrite_html('<a href="https://shop.example/"><b>Our</b> &amp; your shop</a>').links[0].text()
        'Our & your shop'
        """
        if self.element == "text":
            return self.source[self.start : self.limit]
        return visible_text(self.source, self.start, self.limit)

    @property
    def label(self) -> str | None:
        """The name that the template gives the link for reports; None if there is none.

        `data-lm-label`, which is removed where links are tracked, else `ses:tags`, `data-cio-tag`,
        `data-msys-linkname`.

        >>> from lmtrack import rewrite_html
        >>> rewrite_html('<a href="https://shop.example/" data-lm-label="Top button">Shop</a>').links[0].label
        'Top button'
        """
        return None if self.element == "text" else label_of(self.source, self.start, self.limit)

    def to_dict(self) -> dict[str, object]:
        """Return the fields that can be stored or shown, without the document.

        >>> Link(index=0, url="https://shop.example/").to_dict()  # doctest: +ELLIPSIS
        {'index': 0, 'url': 'https://shop.example/', 'element': 'a', 'conditional': False, 'personal': False, ...}
        """
        return {
            "index": self.index,
            "url": self.template_url or self.url,
            "element": self.element,
            "conditional": self.conditional,
            "personal": self.personal,
            "label": self.label,
        }

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.to_dict().items())
        return f"Link({fields})"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPolicy:
    """Which links a sender wants tracked, beyond what cannot be tracked at all.

    Attributes:
        skip_urls: URLs that are never tracked: exact URLs as str, or compiled patterns that are searched for in the
            URL.
        skip_hosts: Never track links to these hosts and their subdomains.
        skip_slots: Never track links with these slots in their URL.
        preference_urls: The sender's own pages for unsubscribing and for mail preferences, as prefixes that end where
            a path, query or fragment may begin. Never tracked; the reason is `unsubscribe`.
        opt_out_attributes: Names of further attributes whose presence means "do not track this link".
        slot_hosts: Hosts that a link may lead to if a slot is its whole URL or the beginning of it; compared without
            case. A link to any other host gets its value and is not tracked, because the tracking host would otherwise
            redirect to wherever the data says.
        tracking_hosts: Hosts whose links are already tracked (an email service's own); compared without case.
        track_unsubscribe: Track links that look like a way to unsubscribe.
        track_sensitive: Track links that contain a secret, an email address or other personal data.
        track_conditional: Also track links inside Outlook conditional comments.
        strip_opt_out: Which opt-out attributes to remove from the output: our `data-lm-no-track` ("own"), every
            vendor's ("all", when no later service needs to see them), or leave all ("none"). They are removed only from
            documents in which a link is rewritten; otherwise not a character changes.
        skip_url_text: Leave links alone whose visible text is, or begins with, a URL or a host, or contains a URL:
            readers compare it with the status line, and filters score a different domain as phishing. "foreign": unless
            the tracking host (of the domain, or of `tracking_hosts`; with neither, no link is left) shares the shown
            host's domain. "always" (or True), "never" (or False).
        max_url_octets: Leave longer URLs alone; 1 to 2,048 bytes of UTF-8.

    Raises:
        TypeError: A field has the wrong type; a str in place of a list would be read character by character.
        ValueError: `strip_opt_out` has another value, `max_url_octets` is out of range, a prefix is not an http or
            https URL, or an attribute's name cannot be in a tag.

    >>> LinkPolicy(tracking_hosts=["Click.Service.example"]).tracking_hosts
    ('click.service.example',)
    """

    skip_urls: Sequence[str | re.Pattern[str]] = ()
    skip_hosts: Sequence[str] = ()
    skip_slots: Sequence[str] = ()
    preference_urls: Sequence[str] = ()
    opt_out_attributes: Sequence[str] = ()
    slot_hosts: Sequence[str] = ()
    tracking_hosts: Sequence[str] = ()
    track_unsubscribe: bool = False
    track_sensitive: bool = False
    track_conditional: bool = True
    strip_opt_out: Literal["own", "all", "none"] = "own"
    skip_url_text: Literal["foreign", "always", "never"] | bool = "foreign"
    max_url_octets: int = 2000

    def __post_init__(self) -> None:
        for name in ("track_unsubscribe", "track_sensitive", "track_conditional"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} must be a bool")
        skip_urls = _entries("skip_urls", self.skip_urls, (str, re.Pattern))
        if any(isinstance(entry, re.Pattern) and not isinstance(entry.pattern, str) for entry in skip_urls):
            raise TypeError("patterns of skip_urls must be str patterns")
        shown = self.skip_url_text
        if not isinstance(shown, str | bool):
            raise TypeError("skip_url_text must be a str or a bool")
        if isinstance(shown, bool):
            shown = "always" if shown else "never"
        if shown not in {"foreign", "always", "never"}:
            raise ValueError("skip_url_text must be 'foreign', 'always' or 'never'")
        object.__setattr__(self, "skip_url_text", shown)
        if self.strip_opt_out not in {"own", "all", "none"}:
            raise ValueError("strip_opt_out must be 'own', 'all' or 'none'")
        if isinstance(self.max_url_octets, bool) or not isinstance(self.max_url_octets, int):
            raise TypeError("max_url_octets must be an int")
        if not 1 <= self.max_url_octets <= LIMIT_OCTETS:
            raise ValueError(f"max_url_octets must be 1 to {LIMIT_OCTETS}")
        pages = _entries("preference_urls", self.preference_urls, str)
        if not all(is_destination(page) for page in pages):
            raise ValueError("preference_urls must hold http or https URLs")
        attributes = _entries("opt_out_attributes", self.opt_out_attributes, str)
        if not all(map(_ATTRIBUTE_NAME.fullmatch, attributes)):
            raise ValueError("opt_out_attributes must hold names of attributes")
        object.__setattr__(self, "skip_urls", skip_urls)
        object.__setattr__(self, "preference_urls", pages)
        object.__setattr__(self, "opt_out_attributes", tuple(map(ascii_lower, attributes)))
        object.__setattr__(self, "skip_slots", _entries("skip_slots", self.skip_slots, str))
        for name in ("skip_hosts", "slot_hosts", "tracking_hosts"):
            hosts = _entries(name, getattr(self, name), str)
            object.__setattr__(self, name, tuple(plain_host(host) or host.lower() for host in hosts))

    @property
    def lists_urls(self) -> bool:
        """Return whether a list must be checked for every URL (internal)."""
        return bool(self.skip_urls or self.skip_hosts or self.preference_urls or self.tracking_hosts)


# What HTML reads as one attribute's name (WHATWG HTML 13.1.2.3), less what nobody names one.
_ATTRIBUTE_NAME: Final = re.compile(r"[^\x00-\x20\x7f-\x9f\"'>/=<`]+")


def _entries(name: str, given: Sequence[Entry], kinds: type | tuple[type, ...], /) -> tuple[Entry, ...]:
    """Read a list of a policy, str of subclasses as plain str."""
    if isinstance(given, str | bytes | re.Pattern) or not isinstance(given, Iterable):
        raise TypeError(f"{name} must be a sequence, not one value")
    entries = tuple(given)
    if not all(isinstance(entry, kinds) for entry in entries):
        raise TypeError(f"{name} must hold str" + (" and compiled patterns" if isinstance(kinds, tuple) else ""))
    plain = [str.__str__(entry) if isinstance(entry, str) else entry for entry in entries]
    return tuple(plain)  # type: ignore[arg-type]  # a plain str stands for one of a subclass


def skip_reason(url: str, policy: LinkPolicy, /) -> SkipReason | None:
    """Return why a decoded, trimmed and (if a base resolved it) absolute URL is not tracked; None if it may be.

    What needs the document (`opt_out`, `url_text`) or the tracking domain (`tracked`) is for the caller to check.
    """
    return _form_problem(url, policy) or _policy_problem(url, policy)


def _form_problem(url: str, policy: LinkPolicy, /) -> SkipReason | None:  # noqa: PLR0911 - one return a rule, in order
    if not url:
        return SkipReason.EMPTY
    if is_placeholder(url):
        return SkipReason.PLACEHOLDER
    # Browsers drop tabs and line ends wherever they stand before they ask what it is (WHATWG URL 4.4).
    read = url if url.isprintable() else url.translate(DROPPED)
    if read.startswith("#"):
        return SkipReason.FRAGMENT
    if read.startswith("//"):
        return SkipReason.SCHEME_RELATIVE
    scheme = SCHEME.match(read)
    if scheme is None:
        return SkipReason.RELATIVE
    if scheme[1].lower() not in {"http", "https"}:
        return SkipReason.SCHEME
    # Long first: what follows is then bounded. A lone surrogate is three bytes here and refused below.
    if len(url) > policy.max_url_octets or len(url.encode(errors="surrogatepass")) > policy.max_url_octets:
        return SkipReason.TOO_LONG
    return None if is_destination(url) else SkipReason.BAD_DESTINATION


def _policy_problem(url: str, policy: LinkPolicy, /) -> SkipReason | None:  # noqa: PLR0911 - one return a rule
    if policy.tracking_hosts or policy.skip_hosts:
        host = host_of(url)
        if host in policy.tracking_hosts:
            return SkipReason.TRACKED
        if any(host == entry or host.endswith(f".{entry}") for entry in policy.skip_hosts):
            return SkipReason.LISTED
    if any(url == entry if isinstance(entry, str) else entry.search(url) for entry in policy.skip_urls):
        return SkipReason.LISTED
    if policy.preference_urls and is_preference_page(url, policy.preference_urls):
        return SkipReason.UNSUBSCRIBE
    if not policy.track_unsubscribe and is_unsubscribe(url):
        return SkipReason.UNSUBSCRIBE
    if not policy.track_sensitive and is_sensitive(url):
        return SkipReason.SENSITIVE
    return None


def is_unsubscribe(url: str, /) -> bool:
    """Return whether a URL looks like a way to unsubscribe: by its own word, or by one of other languages."""
    return is_way_out_url(url, decoded(url))


def is_preference_page(url: str, prefixes: Iterable[str], /) -> bool:
    """Return whether a URL is below one of the sender's own pages: equal, or longer by a path, query or fragment.

    Scheme and host are compared as `plain_origin` writes them, http and https as one; the rest as it is written.

    >>> is_preference_page("http://s.example/mail?u=7", ["https://S.example/mail"])
    True
    >>> is_preference_page("https://s.example/mailbox", ["https://S.example/mail"])
    False
    """
    plain = _page(url)
    return any(
        plain.startswith(page) and (len(plain) == len(page) or page[-1] in "/?#=&" or plain[len(page)] in "/?#")
        for page in map(_page, prefixes)
    )


def _page(url: str, /) -> str:
    parts = read_url(url)
    user, host, port = read_authority(parts.authority or "")
    port = effective_port(parts.scheme, port)
    rest = url[len(parts.origin) :] if parts.authority is not None else url
    return f"//{plain_host(host)}{port and f':{port}'}{rest or '/'}" if user is None else url


_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_CAMEL_CASE: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def slots_reason(names: Iterable[str], policy: LinkPolicy, /) -> SkipReason | None:
    """Return why a link is not tracked, from the names of the slots in its URL; None if it may be.

    >>> slots_reason(["unsubscribe_url"], LinkPolicy()), slots_reason(["order_id"], LinkPolicy())
    (<SkipReason.UNSUBSCRIBE: 'unsubscribe'>, None)
    """
    for name in names:
        if name in policy.skip_slots:
            return SkipReason.LISTED
        if not policy.track_unsubscribe and says_way_out(_CAMEL_CASE.sub("_", name)):
            return SkipReason.UNSUBSCRIBE
        if not policy.track_sensitive and is_sensitive_name(name):
            return SkipReason.SENSITIVE
    return None


def add_query(url: str, parameters: Mapping[str, str], /) -> str:
    """Add the parameters that a URL does not have yet, before its fragment; the rest stays as it is.

    Names and values are percent-encoded by RFC 3986, spaces as `%20`. A parameter counts as present whatever its value,
    whether or not its name is percent-encoded.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: A name or a value holds a lone surrogate, which no encoding has.

    >>> add_query("https://shop.example/?utm_source=old#top", {"utm_source": "letter", "utm_medium": "email"})
    'https://shop.example/?utm_source=old&utm_medium=email#top'
    """
    from urllib.parse import quote, unquote  # noqa: PLC0415 - 2 ms of every import

    url = plain_str(url, "url")
    check_type(Mapping, parameters=parameters)
    parts = read_url(url)
    there = {unquote(pair.partition("=")[0]) for pair in (parts.query or "").split("&")}
    wanted = [(plain_str(name, "parameters"), plain_str(value, "parameters")) for name, value in parameters.items()]
    if any(_SURROGATE.search(text) for pair in wanted for text in pair):
        raise ValueError("parameters hold a lone surrogate")
    added = "&".join([f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in wanted if name not in there])
    if not added:
        return url
    head, number_sign, fragment = url.partition("#")
    sign = "?" if parts.query is None else "" if not parts.query or head.endswith("&") else "&"
    return f"{head}{sign}{added}{number_sign}{fragment}"
