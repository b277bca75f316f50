"""What the headers of a request tell: a browser says when it fetches ahead of a person, and never says too little."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from lmtrack._checks import plain_bytes, plain_str
from lmtrack._pattern import compile_pattern

HeaderText = str | bytes
Headers = Mapping[str, str] | Iterable[tuple[HeaderText, HeaderText]]

_READ: Final = frozenset(
    ("sec-purpose", "purpose", "x-purpose", "x-moz", "accept-language", "sec-fetch-mode", "referer")
)
# WHATWG Fetch (Sec-Purpose), and what Chrome, Safari and Firefox sent before it.
_AHEAD: Final = {
    "sec-purpose": "prefetch",
    "purpose": "prefetch",
    "x-moz": "prefetch",
    "x-purpose": "preview",
}
_AHEAD_NAMES: Final = frozenset(_AHEAD)

# Where gateways send people who follow a rewritten link; a subdomain too. The vendors' help pages, 2026-08.
_REWRITERS: Final = (
    "linkprotect.cudasvc.com",
    "urldefense.proofpoint.com",
    "urldefense.com",
    "secure-web.cisco.com",
    "safelinks.protection.outlook.com",
    "atpscan.global.hornetsecurity.com",
    "seclinks.cloud-security.net",
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


def read_headers(headers: Headers) -> dict[str, str]:
    """Give the headers that a rule looks at, by lower-case name; what is no header is left out.

    Raises:
        TypeError: `headers` is neither a mapping nor an iterable.
    """
    if isinstance(headers, str | bytes):
        raise TypeError("headers must be a mapping or an iterable of pairs, not a text")
    items = getattr(headers, "items", None)
    read: dict[str, str] = {}
    pairs: Iterable[Any] = items() if callable(items) else headers
    for given, value in pairs if type(headers) is dict else filter(_is_pair, pairs):
        name = _text(given).lower()
        if name in _READ and name not in read:
            read[name] = _text(value)
    return read


def _is_pair(pair: object) -> bool:
    return isinstance(pair, tuple | list) and len(pair) == 2


def _text(value: object) -> str:
    if isinstance(value, str):
        return plain_str(value, "a header")
    return plain_bytes(value, "a header").decode("latin-1") if isinstance(value, bytes) else ""


def is_ahead(read: Mapping[str, str]) -> bool:
    """Say whether the browser fetched it before a person asked for it."""
    return not _AHEAD_NAMES.isdisjoint(read) and any(
        word in read.get(name, "").lower() for name, word in _AHEAD.items()
    )


def keep_headers(read: dict[str, str]) -> dict[str, str]:
    """Give what may wait in memory or in a store: of the page that led here no more than which gateway's it was.

    The rest of it tells of people: Safe Links writes the recipient's address into the URL of its page.
    """
    if "referer" not in read:
        return read
    others = {name: value for name, value in read.items() if name != "referer"}
    gateway = _gateway(read)
    return others | {"referer": f"https://{gateway}/"} if gateway else others


def came_through_gateway(read: Mapping[str, str]) -> bool:
    """Say whether a gateway's link page sent the browser here."""
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


def sends_fetch_metadata(user_agent: str) -> bool:
    """Say whether a browser of this version tells how it fetches."""
    version = _FETCH_METADATA.search(user_agent)
    if version is None or version.lastindex is None:
        return False
    return int(version[version.lastindex]) >= _SINCE[version.lastindex]
