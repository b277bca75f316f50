"""A link, an edit, and the question between them: may this link be tracked, and if not, why not.

The rules run in one order for every caller, most certain first; the first that applies is the reason. What a rule
looks for stands in a table with its source.
"""

from __future__ import annotations

import re
from collections.abc import Sequence  # noqa: TC003 - who asks for the type hints of a value at run time gets them
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, NamedTuple
from unicodedata import combining, normalize

from lmtrack._html.visible import visible_text
from lmtrack._linking.words import SECRET_ALWAYS, SECRET_NOUNS, SECRET_WORDS, UNSUBSCRIBE
from lmtrack._pattern import compile_pattern
from lmtrack._url.destination import is_destination
from lmtrack._url.reader import host_of, plain_host

__all__ = [
    "LinkPolicy",
    "SkipReason",
]


class Edit(NamedTuple):
    """One replacement: at `offset` in the source, `old` became `new`. Edits ascend and never overlap.

    Attributes:
        offset: Where `old` begins in the source; characters for HTML and text, octets for raw messages.
        old: What stood there; empty where something was inserted.
        new: What stands there now; empty where something was removed.
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
    UNDECODABLE = "undecodable"  # its octets are none of the part's charset, and no UTF-8
    LINE_TOO_LONG = "line_too_long"  # in a body that is sent as it is, no line has room for its tracked URL


class Link(NamedTuple):
    """A link of a document.

    Attributes:
        index: Zero-based order among the trackable links; -1 for a skipped link. The same button drawn twice, for
            Outlook and for the rest, has one index.
        url: Where it leads: decoded, without outer white space, and absolute if a base resolves it.
        element: `a`, `area`, or the VML element, lower case; `text` for a URL in plain text.
        conditional: Whether it stands inside an Outlook conditional comment.
        source: The document it stands in; not part of the repr.
        start: Where its tag begins in the source; in plain text, where the URL does.
        limit: Where its surroundings (the document or the comment) end; in plain text, where the URL does.
        personal: Whether a slot is in its URL or its text.
        template_url: Of a personal link, where the template says that it leads; repr and `to_dict` show this.
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
        """Read what a person sees as this link: its text and the alt texts of its images, blanks folded.

        A URL in plain text is its own text. Else it costs a pass over the link's content each time, at most 10,000
        characters.

        >>> from lmtrack import rewrite_html
        >>> rewrite_html('<a href="https://shop.example/"><b>Our</b> &amp; your shop</a>').links[0].text()
        'Our & your shop'
        """
        if self.element == "text":
            return self.source[self.start : self.limit]
        return visible_text(self.source, self.start, self.limit)

    def to_dict(self) -> dict[str, object]:
        """Give the fields that can be stored or shown, without the document.

        >>> Link(index=0, url="https://shop.example/").to_dict()
        {'index': 0, 'url': 'https://shop.example/', 'element': 'a', 'conditional': False, 'personal': False}
        """
        return {
            "index": self.index,
            "url": self.template_url or self.url,
            "element": self.element,
            "conditional": self.conditional,
            "personal": self.personal,
        }

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.to_dict().items())
        return f"Link({fields})"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPolicy:
    """Which links a sender wants tracked, beyond what cannot be tracked at all.

    Attributes:
        skip_urls: Never track these: exact URLs as str, or compiled patterns that are searched for in the URL.
        tracking_hosts: Hosts whose links are tracked already (an e-mail service's own); compared without case.
        track_unsubscribe: Track links that look like a way to unsubscribe.
        track_sensitive: Track links that hold an e-mail address or a secret parameter.
        track_conditional: Look at links inside Outlook conditional comments.
        strip_opt_out: Remove opt-out attributes from the output: our `data-lm-no-track` ("own"), every vendor's
            ("all", when no later service needs to see them), or leave all ("none"). Removed only from documents in
            which some link is rewritten; where none is, not a character changes.
        skip_url_text: Leave links whose visible text is itself a URL (readers compare it with the status line).
        max_url_octets: Leave longer URLs, 1 to 2,048 octets of UTF-8.
        skip_slots: Never track links with these slots in their URL.
        slot_hosts: Hosts to which a link may lead whose URL, or its beginning, is a slot; compared without case. A link
            to any other host gets its value and is not tracked, as our host would redirect to wherever data says.

    Raises:
        TypeError: A field has another type; a str for `skip_urls` or `tracking_hosts` would be read letter by letter.
        ValueError: `strip_opt_out` is none of the three or `max_url_octets` is out of range.

    >>> LinkPolicy(tracking_hosts=["Click.Service.example"]).tracking_hosts
    ('click.service.example',)
    """

    skip_urls: Sequence[str | re.Pattern[str]] = ()
    tracking_hosts: Sequence[str] = ()
    track_unsubscribe: bool = False
    track_sensitive: bool = False
    track_conditional: bool = True
    strip_opt_out: Literal["own", "all", "none"] = "own"
    skip_url_text: bool = False
    max_url_octets: int = 2000
    skip_slots: Sequence[str] = ()
    slot_hosts: Sequence[str] = ()

    def __post_init__(self) -> None:
        for name in ("track_unsubscribe", "track_sensitive", "track_conditional", "skip_url_text"):
            if not isinstance(getattr(self, name), bool):
                raise TypeError(f"{name} must be a bool")
        for name in ("skip_slots", "slot_hosts"):
            values = getattr(self, name)
            if isinstance(values, str) or not all(isinstance(value, str) for value in values):
                raise TypeError(f"{name} must be a sequence of str")
        object.__setattr__(self, "skip_slots", tuple(map(str.__str__, self.skip_slots)))
        object.__setattr__(self, "slot_hosts", tuple(str.__str__(host).lower() for host in self.slot_hosts))
        if isinstance(self.skip_urls, str | re.Pattern) or isinstance(self.tracking_hosts, str):
            raise TypeError("skip_urls and tracking_hosts must be sequences, not one value")
        skip_urls, hosts = tuple(self.skip_urls), tuple(self.tracking_hosts)
        if not all(isinstance(entry, str | re.Pattern) for entry in skip_urls):
            raise TypeError("skip_urls must hold str and compiled patterns")
        if any(isinstance(entry, re.Pattern) and not isinstance(entry.pattern, str) for entry in skip_urls):
            raise TypeError("patterns of skip_urls must be str patterns")
        if not all(isinstance(host, str) for host in hosts):
            raise TypeError("tracking_hosts must hold str")
        if self.strip_opt_out not in {"own", "all", "none"}:
            raise ValueError("strip_opt_out must be 'own', 'all' or 'none'")
        if isinstance(self.max_url_octets, bool) or not isinstance(self.max_url_octets, int):
            raise TypeError("max_url_octets must be an int")
        if not 1 <= self.max_url_octets <= 2048:  # 2,048: what a token holds
            raise ValueError("max_url_octets must be 1 to 2048")
        skip_urls = tuple(str.__str__(entry) if isinstance(entry, str) else entry for entry in skip_urls)
        object.__setattr__(self, "skip_urls", skip_urls)
        hosts = tuple(map(str.__str__, hosts))
        object.__setattr__(self, "tracking_hosts", tuple(plain_host(host) or host.lower() for host in hosts))


# RFC 3986 section 3.1.
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*+):")

# Template languages seen in 470 href values of real mail: Jinja, Django, Liquid and Handlebars `{{ }}` and `{% %}`,
# ERB and EJS `<%= %>`, Mailchimp `*|X|*`, Mailgun and others `%name%`, SAP and Salesforce `%%x%%` and `%%=f(x)=%%`,
# JavaScript `${x}`, Mailjet `[[x]]`. `%name%` counts only if it cannot be two percent escapes with something between.
_PLACEHOLDER: Final = re.compile(
    r"""
      \{\{ | \{% | <% | \*\| | %%[A-Za-z_=] | \$\{ | \[\[
    | %(?![0-9A-Fa-f]{2}) [A-Za-z_][A-Za-z0-9_.-]*+ %
    | % [A-Fa-f][A-Za-z0-9_.-]*+ % (?![0-9A-Fa-f]{2})
    """,
    re.VERBOSE,
)


# One of these is in every placeholder, and in few URLs.
_PLACEHOLDER_SIGNS: Final = frozenset("{%<*$[")
_TAIL: Final = re.compile(r"(?<=[^:/])[/?#].*+", re.DOTALL)  # from the first path, query or fragment on
_WORDS: Final = re.compile(r"[^\W\d_]+")
_LONGEST_PHRASE: Final = 3
_DOTLESS: Final = {ord("ı"): "i"}  # the one letter of the table's languages that no accent can be taken off
_FIRST_WORDS: Final = frozenset(phrase.partition("-")[0] for phrase in UNSUBSCRIBE)

# An e-mail address in a decoded URL. Begun at the `@`, so that a long local part costs nothing. A profile (`/@name`)
# and a picture for fine screens (`logo@2x.png`) are none.
_ADDRESS: Final = re.compile(r"(?<=[\w+~-])@(?![1-9]x\.)(?:[\w-]++\.)+[^\W\d_]{2}")
_SECRET_ENDS: Final = tuple(sorted(SECRET_NOUNS))
_ALWAYS_SECRET: Final = tuple(sorted(SECRET_ALWAYS))
_LONGEST_WORD: Final = max(map(len, SECRET_WORDS))
_LONGEST_NAME: Final = 128  # our choice: no program calls a parameter anything longer, and taking names apart is slow
_PARAMETER: Final = re.compile(r"[?&;#]([^?&;#=]*+)=")
_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")


_URL_TEXT: Final = compile_pattern(
    r"(?: [hH][tT][tT][pP][sS]?:// | [wW]{3}\. ) \S++ | (?:[\w-]++\.)++ [^\W\d_]{2,}+ (?::[0-9]++)?+ (?:[/?#]\S*+)?+",
    re.VERBOSE,
)


def skip_reason(url: str, policy: LinkPolicy, /) -> SkipReason | None:
    """Judge a decoded, trimmed and (if a base resolved it) absolute URL by itself; None if it may be tracked.

    What needs the document (`opt_out`, `url_text`) or the tracking domain (`tracked`) is the caller's to ask.
    """
    return _form_problem(url, policy) or _policy_problem(url, policy)


def _form_problem(url: str, policy: LinkPolicy, /) -> SkipReason | None:  # noqa: PLR0911 - one return a rule, in order
    if not url:
        return SkipReason.EMPTY
    if not _PLACEHOLDER_SIGNS.isdisjoint(url) and _PLACEHOLDER.search(url):
        return SkipReason.PLACEHOLDER
    if url[0] == "#":
        return SkipReason.FRAGMENT
    if url.startswith("//"):
        return SkipReason.SCHEME_RELATIVE
    scheme = _SCHEME.match(url)
    if scheme is None:
        return SkipReason.RELATIVE
    if scheme[1].lower() not in {"http", "https"}:
        return SkipReason.SCHEME
    # Long first: what follows is then bounded. A lone surrogate is three octets here and refused below.
    if len(url) > policy.max_url_octets or len(url.encode(errors="surrogatepass")) > policy.max_url_octets:
        return SkipReason.TOO_LONG
    return None if is_destination(url) else SkipReason.BAD_DESTINATION


def _policy_problem(url: str, policy: LinkPolicy, /) -> SkipReason | None:
    if policy.tracking_hosts and host_of(url) in policy.tracking_hosts:
        return SkipReason.TRACKED
    if any(url == entry if isinstance(entry, str) else entry.search(url) for entry in policy.skip_urls):
        return SkipReason.LISTED
    if not policy.track_unsubscribe and is_unsubscribe(url):
        return SkipReason.UNSUBSCRIBE
    if not policy.track_sensitive and _is_sensitive(url):
        return SkipReason.SENSITIVE
    return None


def looks_like_url(text: str, /) -> bool:
    """Whether a link's visible text is itself a URL, or a host with or without a path."""
    return _URL_TEXT.fullmatch(text) is not None


def is_unsubscribe(url: str, /) -> bool:
    """Whether a URL looks like a way to unsubscribe: by its own word, or by one of other languages in path or query."""
    if "unsubscribe" in url.lower():
        return True
    # Path and query only: a host is a name. Accents are dropped so that both spellings of "désabonner" are one.
    tail = _TAIL.search(url)
    plain = _decoded(tail[0]).casefold() if tail else ""
    if not plain.isascii():
        plain = "".join(char for char in normalize("NFKD", plain.translate(_DOTLESS)) if not combining(char))
        plain = normalize("NFC", plain)
    if "unsubscribe" in plain:
        return True
    words = _WORDS.findall(plain)
    return not _FIRST_WORDS.isdisjoint(words) and any(
        "-".join(words[first : first + length]) in UNSUBSCRIBE
        for first, word in enumerate(words)
        if word in _FIRST_WORDS
        for length in range(1, _LONGEST_PHRASE + 1)
    )


def _is_sensitive(url: str, /) -> bool:
    # Twice, because a URL inside a parameter of a redirect is encoded twice.
    plain = _decoded(_decoded(url))
    if "@" in plain and _ADDRESS.search(plain):
        return True
    names = _PARAMETER.findall(url) if "=" in url else []
    if plain != url:
        names += [*map(_decoded, names), *_PARAMETER.findall(plain)]
    return any(map(is_secret_parameter, names))


def is_secret_parameter(name: str, /) -> bool:
    """Whether a parameter's name ends in an unmistakable noun, or consists of words of the two tables, a noun last."""
    plain = _SEPARATORS.sub("", name.lower()).rstrip("0123456789")
    if plain.endswith(_ALWAYS_SECRET):
        return True
    if not plain.endswith(_SECRET_ENDS) or len(plain) > _LONGEST_NAME:
        return False
    reached = [0]  # where a word may begin
    for end in range(1, len(plain)):
        if any(plain[start:end] in SECRET_WORDS for start in reached[-_LONGEST_WORD:]):
            reached.append(end)
    return any(plain[start:] in SECRET_NOUNS for start in reached[-_LONGEST_WORD:])


def _decoded(text: str, /) -> str:
    """Undo percent escapes; octets that are no UTF-8 are Latin-1, as old sites write them."""
    if "%" not in text:
        return text
    from urllib.parse import unquote  # noqa: PLC0415 - 2 ms of every import

    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return unquote(text, "latin-1")
