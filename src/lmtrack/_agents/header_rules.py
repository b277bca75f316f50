"""What the headers of a request tell: a browser says when it prefetches, and never says too little."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from lmtrack._agents.tables.names import SIGNING_HOSTS
from lmtrack._checks import plain_bytes, plain_str
from lmtrack._pattern import compile_pattern

HeaderText = str | bytes
Headers = Mapping[str, str] | Iterable[tuple[HeaderText, HeaderText]]

# WHATWG Fetch (Sec-Purpose), and what Chrome, Safari and Firefox sent before it. Each said one of the words; together
# they are no less clear (matomo pull request 24293, 2026).
_AHEAD_NAMES: Final = frozenset(("sec-purpose", "purpose", "x-purpose", "x-moz"))
_AHEAD: Final = re.compile("prefetch|prerender|preview", re.IGNORECASE)
_SIGNATURE_AGENT: Final = "signature-agent"
_READ: Final = _AHEAD_NAMES | {"accept-language", "sec-fetch-mode", "referer", _SIGNATURE_AGENT}

# Where gateways send people who follow a rewritten link; a subdomain too. The vendors' help pages, 2026-08.
_REWRITERS: Final = (
    "linkprotect.cudasvc.com",
    "urldefense.proofpoint.com",
    "urldefense.com",
    "secure-web.cisco.com",
    "safelinks.protection.outlook.com",
    "atpscan.global.hornetsecurity.com",
    "seclinks.cloud-security.net",
    "mimecastprotect.com",  # `url.us.m`: Mimecast knowledge base 34000364820371, 2024-02
)
_SUBDOMAINS: Final = tuple("." + host for host in _REWRITERS)
_MIMECAST: Final = ".mimecast.com"
_HOST: Final = compile_pattern(r"(?i:https?)://([^/?#:@\\]++)(?::[0-9]++)?+(?=[/?#]|\Z)")

# Sec-Fetch-Mode goes with every navigation to an https page since Chrome 76, Firefox 90 and Safari 16.4; ours are https
# pages. Older versions than these are told apart with a margin. On Apple's phones only Safari tells its engine's age.
_FETCH_METADATA: Final = re.compile(
    r"Chrome/([0-9]{2,4})\.|Firefox/([0-9]{2,4})\.|Version/([0-9]{1,3})\.[0-9.]* (?:Mobile/\w+ )?Safari/"
)
_SINCE: Final = (0, 90, 95, 17)
# Engines whose every navigation names a language. NetSurf and Dillo never do, nor does an app built on Qt WebEngine
# unless it asks for one (recorded 2026-11).
_NAMES_LANGUAGE: Final = ("AppleWebKit/", "Gecko/", "Trident/", "MSIE ")
_MAY_NAME_NONE: Final = "QtWebEngine/"

# The URL of the keys, in quotes; in the later drafts with a label before it.
_KEYS_URL: Final = compile_pattern(r"(?i:https?)://([^/?#:@\\\"\s]++)")
# What is kept of an agent that is on no list.
_SIGNED: Final = "?"


def read_headers(headers: Headers) -> dict[str, str]:
    """Return the headers that a rule looks at, by lower-case name; what is not a header is left out.

    Raises:
        TypeError: `headers` is neither a mapping nor an iterable.
    """
    read: dict[str, str] = {}
    for given, value in headers.items() if type(headers) is dict else _pairs_of(headers):
        name = given.lower() if type(given) is str else _text(given).lower()
        if name in _READ and name not in read:
            read[name] = value if type(value) is str else _text(value)
    return read


def _pairs_of(headers: Headers) -> Iterator[Any]:
    if isinstance(headers, str | bytes):
        raise TypeError("headers must be a mapping or an iterable of pairs, not a text")
    items = getattr(headers, "items", None)
    return filter(_is_pair, items() if callable(items) else headers)


def _is_pair(pair: object) -> bool:
    return isinstance(pair, tuple | list) and len(pair) == 2


def _text(value: object) -> str:
    if isinstance(value, str):
        return plain_str(value, "a header")
    return plain_bytes(value, "a header").decode("latin-1") if isinstance(value, bytes) else ""


def is_ahead(read: Mapping[str, str]) -> bool:
    """Return whether the browser fetched it before a person asked for it."""
    return not _AHEAD_NAMES.isdisjoint(read) and any(_AHEAD.search(read.get(name, "")) for name in _AHEAD_NAMES)


def is_signed(read: Mapping[str, str]) -> bool:
    """Return whether the request names an agent that signed it; whether it did is not checked."""
    return _SIGNATURE_AGENT in read and bool(read[_SIGNATURE_AGENT].strip())


def signing_vendor(read: Mapping[str, str]) -> str | None:
    """Return who runs the agent that the request names, if its host is in our table."""
    host = _signing_host(read)
    return SIGNING_HOSTS[host] if host else None


def _signing_host(read: Mapping[str, str]) -> str | None:
    """Return the row of our table that the named agent's host is, or is below."""
    found = _KEYS_URL.search(read.get(_SIGNATURE_AGENT, ""))
    host = found[1].lower().rstrip(".") if found else ""
    while host and host not in SIGNING_HOSTS:
        _, _, host = host.partition(".")
    return host or None


def keep_headers(read: dict[str, str]) -> dict[str, str]:
    """Return what may wait in memory or in a store.

    Of the page that led here it is no more than which gateway's it was, and of an agent that signs no more than which
    vendor's of our table, or that there was one. The rest tells of people: Safe Links writes the recipient's address
    into the URL of its page, and an agent's host can be one person's own.
    """
    kept = read
    if "referer" in read:
        kept = {name: value for name, value in read.items() if name != "referer"}
        if gateway := _gateway(read):
            kept["referer"] = f"https://{gateway}/"
    if _SIGNATURE_AGENT in read:
        kept = {name: value for name, value in kept.items() if name != _SIGNATURE_AGENT}
        if is_signed(read):
            host = _signing_host(read)
            kept[_SIGNATURE_AGENT] = f'"https://{host}"' if host else _SIGNED
    return kept


def came_through_gateway(read: Mapping[str, str]) -> bool:
    """Return whether a gateway's link page sent the browser here."""
    return _gateway(read) is not None


def _gateway(read: Mapping[str, str]) -> str | None:
    referer = read.get("referer")
    host = _HOST.match(referer) if referer else None
    if not host:
        return None
    name = host[1].lower()
    if name.endswith(_MIMECAST):  # `protect-eu`: a label for each region
        is_known = name.removesuffix(_MIMECAST).rpartition(".")[2].startswith("protect-")
    else:
        is_known = name in _REWRITERS or name.endswith(_SUBDOMAINS)
    return name if is_known else None


def names_language(user_agent: str) -> bool:
    """Return whether a browser with this engine names a language each time that it follows a link."""
    return any(engine in user_agent for engine in _NAMES_LANGUAGE) and _MAY_NAME_NONE not in user_agent


def sends_fetch_metadata(user_agent: str) -> bool:
    """Return whether a browser of this version tells how it fetches."""
    version = _FETCH_METADATA.search(user_agent)
    if version is None or version.lastindex is None:
        return False
    return int(version[version.lastindex]) >= _SINCE[version.lastindex]
