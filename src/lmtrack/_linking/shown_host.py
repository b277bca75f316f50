"""Which host a link shows to people, and whether a tracking host may stand behind it.

Spam filters compare the two: rspamd scores a text that is, or begins with, a host of another registrable domain as
phishing (3.7 of 15 points in its stock configuration), ClamAV does so for protected domains; the alt text of an image
counts as text. Nothing is downloaded: a registrable domain is told from the tracking host alone.
"""

from __future__ import annotations

import re
from typing import Final

from lmtrack._linking.domains import SHARED_HOSTS, SHARED_SECOND_LEVEL, TOP_LEVEL
from lmtrack._pattern import compile_pattern
from lmtrack._url.reader import host_of, plain_host

# What a person does not see: soft hyphen, zero-width and direction marks, variation selectors, byte order mark.
_UNSEEN: Final = dict.fromkeys(
    [0xAD, 0x34F, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070)]
)
_UNSEEN.update(dict.fromkeys([0xFEFF, *range(0xFE00, 0xFE10)]))
# Brackets, quotation marks, arrows, bullets: what stands before a host without being a word.
_BEFORE: Final = re.compile(r"[\W_]*+")
# Labels with hyphens in them; the last may be any word, which the table decides. The port and what follows end a host.
_HOST: Final = compile_pattern(r"[\w-]++ (?: [.\u3002\uff0e] [\w-]++ )++ (?! @ )", re.VERBOSE)
_AUTHORITY: Final = re.compile(r"https?://[^\s/?#()<>\"'\[\],;]*+", re.IGNORECASE)
_DOT: Final = re.compile("[.\u3002\uff0e]")
_WWW: Final = re.compile(r"www[0-9]?[.]", re.IGNORECASE)


def shown_host(text: str, /) -> str | None:
    """Return the host that a link's visible text shows; None if it shows none, empty if that cannot be a host.

    A text shows one if it is, or begins with, a URL or a host, or holds a URL with its scheme. A host without scheme
    and `www.` needs a top-level name that exists.

    >>> shown_host("(https://shop.example/sale)"), shown_host("Shop.example lamps"), shown_host("Node.js")
    ('shop.example', 'shop.example', None)
    """
    text = text.translate(_UNSEEN)
    if url := _AUTHORITY.search(text):
        return host_of(url[0])
    start = _BEFORE.match(text).end()  # type: ignore[union-attr]  # it matches the empty string
    host = _HOST.match(text, start)
    if host is None or "@" in text[:start]:
        return None
    last = _DOT.split(host[0])[-1].lower()
    return plain_host(host[0]) if _WWW.match(host[0]) or last in TOP_LEVEL or last.startswith("xn--") else None


def is_same_domain(shown: str, tracking: str, /) -> bool:
    """Return whether a tracking host may stand behind a shown host, both as `plain_host` writes them.

    It may if the shown host is the tracking host, below it, or shares its registrable domain: is the tracking host less
    its first label, or ends in a dot and that. That needs two labels and must not be a name below which anyone can
    register.

    >>> is_same_domain("www.shop.example", "track.shop.example"), is_same_domain("shop.example", "track.other.example")
    (True, False)
    """
    parent = tracking.partition(".")[2]
    return any(
        shown == owner or shown.endswith(f".{owner}")
        for owner in ([tracking, parent] if _is_registrable(parent) else [tracking])
        if owner
    )


def _is_registrable(domain: str, /) -> bool:
    first, dot, rest = domain.partition(".")
    if not dot or domain in SHARED_HOSTS:
        return False
    return "." in rest or len(rest) != 2 or first not in SHARED_SECOND_LEVEL
