"""Where a click may go: which URLs are signed into a token, written by the rewriter and sent in a redirect.

An absolute http or https URL that every browser and the standard library read the same way; everything else is
refused, when signing and again when reading. A URL that passes is kept character by character, non-ASCII too.
Its host, if it is not ASCII, has an ASCII form under `ascii_host`, so a redirect to it can be written.
"""

from __future__ import annotations

import re
from unicodedata import normalize

from lmtrack._checks import plain_str
from lmtrack._pattern import compile_pattern
from lmtrack._url.reader import read_authority, read_url
from lmtrack.errors import BadDestination

# Our choice: with its token around it a longer URL passes 2,800 characters, and mail clients cut links far below
# that (Outlook at 1,024 characters: codenote.net, 2022).
LIMIT_OCTETS = 2048

# Almost every link of a real message: ASCII, lower-case host, port of at most four digits. Possessive throughout and
# each piece ends where the next begins, so it is linear. The backslash is left to a substring test: with it
# the last class is one range, which the engine runs twice as fast as a set.
_COMMON = compile_pattern(r"https?://[a-z0-9][a-z0-9.-]*+(?::[0-9]{1,4}+)?+(?:[/?#][!-~]*+)?+").fullmatch

# C0 controls and space, DEL and C1 controls, backslash: parsers drop them, stop at them or read them as a slash
# (WHATWG URL, "basic URL parser"; CVE-2022-0391 for the standard library), and a CR or LF would end a header line.
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\x9f\\]").search

# WHATWG URL, "forbidden domain code point", and the C1 controls. No browser opens such a host.
_FORBIDDEN_IN_HOST = re.compile(r"[\x00-\x20\x7f-\x9f#/:<>?@\[\\\]^|%]").search

# IDNA 2003, which the standard library speaks, maps these away or drops them; browsers (UTS 46, non-transitional)
# keep them. The same name leads to two places. Capital sharp s joined them with Unicode 15.1. The second line came
# after Unicode 3.2, at which IDNA 2003 stopped: browsers map Cherokee and old Cyrillic to other letters and drop what
# is invisible, the standard library takes all of it as it is (each compared with a browser engine's URL reader).
# The third line are the letters of Unicode 16 and 17 (UnicodeData.txt) that stand for others: only CPython 3.14 and
# 3.15 know which.
_DEVIATIONS = re.compile(
    "[ß\u1e9eς\u200c\u200d"
    "\u13a0-\u13f5\u13f8-\u13fd\u180f\u1c80-\u1c88\u2064\uab70-\uabbf"
    "\U0001bca0-\U0001bca3\U0001e030-\U0001e06d\U000e0100-\U000e01ef"
    "\u1c89\ua7cb\ua7cc\ua7ce\ua7d2\ua7d4\ua7da\ua7dc\ua7f1\U00010d50-\U00010d65\U00016ea0-\U00016eb8\U0001ccd6-\U0001ccf9]"
).search


def is_destination(url: str, /) -> bool:
    """Return whether a click may go to `url`; `check_destination` says why not.

    >>> is_destination("https://shop.example/?q=1"), is_destination("javascript:alert(1)")
    (True, False)
    """
    if len(url) <= LIMIT_OCTETS and _COMMON(url) and "\\" not in url:
        return True
    return _problem(url) is None


def check_destination(url: str, /) -> None:
    """Refuse a URL that cannot be where a click goes.

    A host written with percent escapes is judged in its decoded form, because browsers decode it.
    An IPv6 literal has no zone (a link-local address means nothing in mail), and IPvFuture is refused with it.

    Raises:
        BadDestination: `.problem` names the rule; no part of the URL is in the error.
        TypeError: `url` is not a `str`.

    >>> check_destination("https://shop.example:99999/")
    Traceback (most recent call last):
    lmtrack.errors.BadDestination: the URL cannot be the destination of a click: port
    """
    # The same test as in `is_destination`, because a third of the cost would be the call.
    if len(url) <= LIMIT_OCTETS and _COMMON(url) and "\\" not in url:
        return
    problem = _problem(url)
    if problem is not None:
        raise BadDestination(problem)


def ascii_host(host: str, /) -> bytes:
    """Return the ASCII form of a host's name.

    Small letters first, as browsers do: the codec leaves 684 capitals as they are that came after Unicode 3.2, on
    PyPy and from CPython 3.14 on, and a redirect would lead to another name.

    Raises:
        UnicodeError: A label is empty or too long, or has a code point that no name may hold.
    """
    return host.lower().encode("idna")


def _problem(url: str) -> str | None:  # noqa: PLR0911 - one return a rule, in the order they are tried
    url = plain_str(url, "a URL")
    if len(url) > LIMIT_OCTETS:  # first: it keeps all that follows bounded
        return "too_long"
    try:
        octets = len(url.encode())
    except UnicodeEncodeError:
        return "surrogate"
    if octets > LIMIT_OCTETS:
        return "too_long"
    if _FORBIDDEN(url):
        return "character"
    parts = read_url(url)
    if parts.scheme not in {"http", "https"} or parts.authority is None:
        return "scheme"
    user, host, port = read_authority(parts.authority)
    if user is not None:
        return "userinfo"
    host_problem = _ipv6_problem(host) if host.startswith("[") else _host_problem(host)
    return host_problem or _port_problem(port or "")


def _host_problem(host: str) -> str | None:
    if "%" in host:
        from urllib.parse import unquote  # noqa: PLC0415 - rare in mail, and 2 ms of every import

        host = unquote(host)  # what is not UTF-8 becomes U+FFFD, which no name may hold
    # Looked at in both forms: NFKC uncovers a disguised delimiter, and hides one under a combining mark.
    composed = normalize("NFKC", host)
    if not host.strip(".") or _FORBIDDEN_IN_HOST(host) or _FORBIDDEN_IN_HOST(composed):
        return "host"
    if _DEVIATIONS(composed):
        return "ambiguous_host"
    if not host.isascii():
        try:
            ours, theirs = ascii_host(host), ascii_host(composed)
        except UnicodeError:
            return "host"
        # The standard library normalises by Unicode 3.2: a letter added later that stands for another one is kept
        # as it is, where a browser would map it.
        if ours.lower() != theirs.lower():
            return "ambiguous_host"
    return None


def _ipv6_problem(literal: str) -> str | None:
    from ipaddress import IPv6Address  # noqa: PLC0415 - rare in mail, and 3 ms of every import

    if "%" in literal or not literal.endswith("]"):
        return "ipv6"
    try:
        IPv6Address(literal[1:-1])
    except ValueError:
        return "ipv6"
    return None


def _port_problem(port: str) -> str | None:
    if not port or (port.isascii() and port.isdigit() and int(port) <= 65535):
        return None
    return "port"
