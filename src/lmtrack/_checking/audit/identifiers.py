"""What in a URL tells one recipient from another: addresses in any dress, hashes, UUIDs, records and random values.

One message alone never proves that a value differs from the next person's; `compare_renderings` does. These rules name
the values that have the form of one, and leave those that have a plainer reason:

- The path of a static file (a known extension, no query) is where that file lies; stores of images and fonts name
  their files by hashes and at random. Only an address or a record in it counts.
- The path of a link is the page it leads to: an order, a document, a password to be set. Only an address or a record
  in it counts; what a redirector looks like is another table's question.
- A link with a secret parameter works by that secret, and one that unsubscribes has to know whom (`lmtrack.links`).
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote

from lmtrack._checking.audit.services import personal_parameter
from lmtrack._linking.secrets import MAIL_ADDRESS, is_secret_parameter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack._url.reader import Address


class _UrlValue(NamedTuple):
    """A value of a URL: where it is, its parameter's name, and itself, decoded."""

    place: str
    name: str
    text: str


# Begun at the `@`, so that a long local part costs nothing. A profile (`/@name`) and a picture for fine screens
# (`logo@2x.png`) are not addresses.
_MAIL_OCTETS: Final = re.compile(rb"(?<=[A-Za-z0-9_+.~-])@(?:[A-Za-z0-9-]++\.)+[A-Za-z]{2}")
_ENCODED: Final = re.compile(r"[A-Za-z0-9_-]{12,4096}")  # an address has six characters, eight in base64; and longer
_HEX_MAIL: Final = re.compile(r"(?:[0-9A-Fa-f]{2}){8,512}")
_RECORD: Final = re.compile(r"\A[{\[]\s*+[\"{\[0-9}]")

# MD5, SHA-1, SHA-224, SHA-256, SHA-384 and SHA-512, as hexadecimal digits.
_HASH: Final = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{56}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")

# Our choice: 16 signs of 36 are 82 bits, and no word, date, size or price has their form.
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{16,}+")
_RUN: Final = re.compile(r"[A-Z]?[a-z]++|[A-Z]++|[0-9]++")
# Signs of one kind in a row, on average: random base64url has 1.8, hexadecimal digits 2.1, base36 2.5, base32 3.2;
# words have over 4, but names of things joined by hyphens have fewer.
_LONGEST_RUN: Final = 3.2
_LONGEST_JOINED_RUN: Final = 2.8
# Microseconds since 1970 have 16 digits, a date with milliseconds has 17.
_LONG_NUMBER: Final = re.compile(r"[0-9]{18,}+")

_STATIC: Final = re.compile(
    r"\.(?:png|gif|jpe?g|jfif|webp|avif|svg|bmp|ico|tiff?|css|woff2?|ttf|otf|eot|mp4|webm|mp3|ogg|wav|js)\Z",
    re.IGNORECASE,
)
# A parameter that only tells one version of a file from the last.
_VERSIONS: Final = frozenset(("v", "ver", "version", "rev", "revision", "cb", "etag", "_"))
_SHORTEST: Final = 12  # signs: what is shorter has none of the forms here
_MOST_VALUES: Final = 200  # our choice: what comes later in a query nobody wrote by hand


def is_static(address: Address, /) -> bool:
    """Return whether a URL names a file by an extension that servers hand out as it is, and asks for nothing more."""
    return not address.query and _STATIC.search(address.path) is not None


def identifier_in(address: Address, /, *, is_link: bool) -> str | None:
    """Say in a few words what in a URL has the form of a person's own value; None if nothing has."""
    if is_link and any(is_secret_parameter(one.name, one.text) for one in _query(address.query)):
        return None
    if "@" in address.url or "%" in address.url:
        everything = unquote(unquote(address.url))
        if "@" in everything and MAIL_ADDRESS.search(everything):
            return "it contains an email address"
    static = _STATIC.search(address.path) is not None
    for value in _values(address):
        if found := _dressed(value.text):
            return f"{value.place} holds {found}"
        if value.name and (service := personal_parameter(value.name, address.host)):
            return f"{value.place} is the one by which {service} knows a recipient"
        if _may_be_content(value, is_link=is_link, static=static, alone=not address.query):
            continue
        if found := _form(value):
            return f"{value.place} is {found}"
    return None


def _may_be_content(value: _UrlValue, /, *, is_link: bool, static: bool, alone: bool) -> bool:
    if value.place == "a part of the path":
        return is_link or (static and alone)
    return static and value.name.lower() in _VERSIONS


def _values(address: Address, /) -> Iterator[_UrlValue]:
    """Take a URL apart; of its values without a name only the long ones."""
    for label in address.host.split("."):
        if len(label) >= _SHORTEST:
            yield _UrlValue("a part of the host name", "", label)
    for segment in address.path.split("/", _MOST_VALUES)[:_MOST_VALUES]:
        if len(segment) >= _SHORTEST and len(text := unquote(segment)) >= _SHORTEST:
            yield _UrlValue("a part of the path", "", text)
    yield from (value for value in _query(address.query) if value.name or len(value.text) >= _SHORTEST)


def _query(query: str, /) -> Iterator[_UrlValue]:
    if not query:
        return
    for pair in re.split("[&;]", query, maxsplit=_MOST_VALUES)[:_MOST_VALUES]:
        name, equals, text = pair.partition("=")
        if not equals or not text.strip("="):  # what pads base64 belongs to it
            name, text = "", name
        name = unquote(name)
        yield _UrlValue(f"the parameter {name[:40]}" if name else "the query", name, unquote(text))


def _dressed(text: str, /) -> str | None:
    """Find an address in base64 or hexadecimal digits, or a record in base64."""
    for token in _ENCODED.findall(text.replace("+", "-").replace("/", "_")):
        if len(token) % 2 == 0 and _HEX_MAIL.fullmatch(token) and _MAIL_OCTETS.search(bytes.fromhex(token)):
            return "an email address in hexadecimal digits"
        try:
            octets = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except Base64Error:
            continue
        if _MAIL_OCTETS.search(octets) and octets.isascii():
            return "an email address in base64"
        if octets[:1] in {b"{", b"["} and octets.isascii() and _RECORD.match(octets.decode("ascii")):
            return "a record in base64"
    return None


def _form(value: _UrlValue, /) -> str | None:
    text = value.text
    lower = text.lower()
    if _UUID.fullmatch(lower):
        return "a UUID"
    if _HASH.fullmatch(lower):
        return "as long as a hash"
    if value.place == "a part of the path":
        text = text.rpartition(".")[0] or text
    if _LONG_NUMBER.fullmatch(text):
        return "a very long number"
    return "a long random value" if any(map(is_random, _TOKEN.findall(text))) else None


def is_random(token: str, /) -> bool:
    """Return whether letters and digits change as they do in no word, name, date or list of measures."""
    runs = _RUN.findall(token)
    signs = sum(map(len, runs))
    joined = re.split("[-_]", token)
    if signs < 16 or signs > (_LONGEST_JOINED_RUN if joined[1:] else _LONGEST_RUN) * len(runs):
        return False
    return max(map(len, joined)) >= 8 and any(map(str.isalpha, runs))  # `w_600-h_400-c_fill` is a list of measures
