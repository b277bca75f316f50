"""Recognise redirecting links and counting images by the words in their paths and the URLs that they contain."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from lmtrack._checking.audit.services import click_service
from lmtrack._pattern import compile_pattern, word_set
from lmtrack._url.reader import address_of, remote_url

if TYPE_CHECKING:
    from lmtrack._url.reader import Address


# A page that only counts and redirects is called so in English, whatever the site's language. `track` alone is none of
# the words: parcels are tracked, too. Joined names are taken apart where the letters change (`linkClick`).
_WORD: Final = re.compile(r"[A-Z]?[a-z]++|[A-Z]++")
_CLICK_WORDS: Final = word_set("""
    click clicks clk clickthru clickthrough clicktrack clicktracking clicktracker redir redirect redirector routage
    adclick linkclick trackclick clickurl
""")
# What only counts opens is called so as well. Words that also name a picture of something else are none of these.
_OPEN_WORDS: Final = word_set("""
    emailopen emailopened emailopentracking mailopen openrate opentrack opentracker opentracking trackopen trackopens
    trackmail trackurl tracker tracking beacon webbug webbeacon markread readreceipt
""")


def _hint(words: frozenset[str], /) -> re.Pattern[str]:
    """Compile the shortest words: each of the others holds one of them."""
    return re.compile("|".join(sorted(one for one in words if not any(other in one for other in words - {one}))))


_HINTS: Final = {words: _hint(words) for words in (_CLICK_WORDS, _OPEN_WORDS)}
_NO_LETTERS: Final = re.compile(r"[^a-z]+")
# A URL in a URL: as it is, escaped, or escaped twice.
_EMBEDDED: Final = compile_pattern(r"https?(?::|%3A|%253A)(?:/|%2F|%252F){1,2}+[^/%]", re.IGNORECASE)
# The same in base64, which may itself be escaped.
_ENCODED: Final = re.compile(r"(?:aHR0c|[aA]HR0cHM6)[A-Za-z0-9_+/-]{8,4096}")
# What neither of the two is without.
_MAY_EMBED: Final = re.compile(r"%|[hH][tT][tT][pP]|HR0c")

# Links that hand a URL over to be shown, shared, checked or translated, and those that come back to one afterwards:
# nobody who follows them is sent on to it at once. Our choice, from the footers of the corpus and public share links.
_KEEPERS: Final = tuple(
    row.partition("/")[::2]
    for row in sorted(
        word_set("""
    facebook.com/sharer facebook.com/share facebook.com/dialog twitter.com/intent twitter.com/share x.com/intent
    x.com/share linkedin.com/share linkedin.com/sharing linkedin.com/cws pinterest.com/pin/create reddit.com/submit
    wa.me/ api.whatsapp.com/send t.me/share telegram.me/share tumblr.com/share tumblr.com/widgets vk.com/share
    xing.com/spi plus.google.com/share getpocket.com/ buffer.com/add bufferapp.com/add news.ycombinator.com/submit
    mail.google.com/mail calendar.google.com/calendar outlook.live.com/ outlook.office.com/ calendar.yahoo.com/
    validator.w3.org/ jigsaw.w3.org/ web.archive.org/ translate.google.com/ digg.com/ del.icio.us/ stumbleupon.com/
    mastodonshare.com/ bsky.app/intent threads.net/intent line.me/ social-plugins.line.me/
""")
    )
)
_KEEPERS_OF: Final = {host: tuple(start for one, start in _KEEPERS if one == host) for host, _ in _KEEPERS}
_AFTERWARDS: Final = word_set("""
    continue next return returnto returnurl returnuri returl ret back backurl callback callbackurl redirecturi
    redirectto referrer referer ref origin source src canonical image img picture media thumb logo icon
""")
_MOST_SEGMENTS: Final = 200  # our choice: of a path; nobody wrote more by hand
_MOST_VALUES: Final = 200  # of a query; the same
_HOST_NAME: Final = re.compile(r"[a-z0-9-]++(?:\.[a-z0-9-]++)+")
_SIGNS: Final = re.compile(r"[^a-z0-9]+")


def redirector(address: Address, /, *, is_way_out: bool) -> str | None:
    """Say in a few words through whom or what a link leads; None if it leads straight to its page.

    A link that unsubscribes (`is_way_out`) is a redirector only if it is one of a service.
    """
    if service := click_service(address):
        return f"it leads through a redirector of {service}"
    if is_way_out:
        return None
    if _is_named(address, _CLICK_WORDS):
        return "its path has the name of a redirector, and a value follows"
    if _keeps(address):
        return None
    if target := _embedded(address):
        return f"it holds another URL, which it would lead to ({target})"
    return None


def counter(address: Address, /) -> str | None:
    """Say in a few words why a load counts who opens, if its path is called so."""
    if _is_named(address, _OPEN_WORDS):
        return "its path has the name of a counter, and a value follows"
    return None


def _is_named(address: Address, names: frozenset[str], /) -> bool:
    """Return whether a segment of the path is one of the words, or two joined, with a value in or after it."""
    if not _HINTS[names].search(_NO_LETTERS.sub("", address.path.lower())):
        return False
    segments = [segment for segment in address.path.split("/", _MOST_SEGMENTS) if segment]
    for at, segment in enumerate(segments):
        plain = segment.partition(".")[0]
        parts = [part.lower() for part in _WORD.findall(plain)]
        words = {plain.lower(), *parts, *map("".join, pairwise(parts))}
        if not words.isdisjoint(names) and (address.query or segments[at + 1 :] or re.search("[0-9]", plain)):
            return True
    return False


def _keeps(address: Address, /) -> bool:
    host = address.host
    while host:
        if host in _KEEPERS_OF and address.path.lstrip("/").startswith(_KEEPERS_OF[host]):
            return True
        host = host.partition(".")[2]
    return False


def _embedded(address: Address, /) -> str | None:
    """Find a URL of another host where a redirector has it."""
    if not _MAY_EMBED.search(address.path) and not _MAY_EMBED.search(address.query):
        return None
    for value in _candidates(address):
        if found := _EMBEDDED.search(value):
            inner = unquote(unquote(value[found.start() :]))
        elif coded := _ENCODED.search(unquote(value)):
            letters = coded[0].replace("+", "-").replace("/", "_")
            try:
                inner = urlsafe_b64decode(letters + "=" * (-len(letters) % 4)).decode("latin-1")
            except Base64Error:
                continue
            inner = unquote(unquote(inner))
        else:
            continue
        target = remote_url(inner)
        if target and (host := address_of(target).host) not in {"", address.host}:
            return host
    return None


def named_hosts(address: Address, /) -> list[str]:
    """Return the values of a query that are host names, as link wrappers have them beside an id."""
    if not address.query:
        return []
    values = (pair.partition("=")[2] for pair in address.query.split("&", _MOST_VALUES)[:_MOST_VALUES])
    return [host for value in values if (host := unquote(value).lower()) and _HOST_NAME.fullmatch(host)]


def _candidates(address: Address, /) -> list[str]:
    values = [address.path]
    for pair in address.query.split("&", _MOST_VALUES)[:_MOST_VALUES]:
        name, equals, value = pair.partition("=")
        if not equals:
            values.append(name)
        elif _SIGNS.sub("", unquote(name).lower()) not in _AFTERWARDS:
            values.append(value)
    return values
