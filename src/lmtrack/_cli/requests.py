"""Requests to a tracking host as others wrote them down: one JSON object a line, or a combined access log.

A line that is none is never an error: it is said what is wrong with it, in words that hold nothing of the line.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeGuard

from lmtrack._agents.addresses import pack_address
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lmtrack._agents.verdict import Kind

# Apache's and nginx's `combined`: host ident user [time] "request" status size "referer" "agent", and whatever an
# administrator adds behind it; with a virtual host before it, `vhost_combined`. Without the last two it is `common`.
# Linear: each repeat ends at a character that it cannot take.
_QUOTED: Final = r'(?:[^"\\]++|\\.)*+'
_COMBINED: Final = compile_pattern(
    rf"""
    (?P<hosts>[^\[]*+) \[ [^\]]*+ \] [ ]
    "(?P<request>{_QUOTED})" [ ] [0-9]{{3}} [ ] (?:[0-9]++|-)
    (?: [ ] "{_QUOTED}" [ ] "(?P<agent>{_QUOTED})" )?
    """,
    re.VERBOSE,
)
_REQUEST: Final = re.compile(r"([A-Z]{1,20}) ([^ ]++)(?: HTTP/[0-9.]++)?")
# What the servers write for a quote, a backslash and octets that a line cannot hold.
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_LETTERS: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"v": b"\v", b"f": b"\f"}

_AFTER_PATH: Final = re.compile(r"[?#].*+", re.DOTALL)
_KINDS: Final[dict[str, Kind]] = {"o": "open", "c": "click"}

NO_KIND: Final = "neither an open nor a click"

# The members of a JSON object, each with the name that nginx gives the same.
_NAMES: Final = {
    "user_agent": ("user_agent", "http_user_agent"),
    "ip": ("ip", "remote_addr"),
    "method": ("method", "request_method"),
    "path": ("path", "url", "target", "request_uri"),
}


class Request(NamedTuple):
    """What a line says of a request, for `classify_event`."""

    kind: Kind
    user_agent: str | None
    ip: str | None = None
    asn: int | None = None
    method: str = "GET"
    headers: Mapping[str, str] | None = None
    delay: timedelta | None = None
    honeypot: bool = False


# Gives a request, or what is wrong with the line.
Reader: TypeAlias = "Callable[[str, Kind | None], Request | str]"


def reader_of(line: str, /) -> Reader:
    """Tell from a line in which format it is."""
    return read_json if line.lstrip().startswith("{") else read_combined


def read_combined(line: str, kind: Kind | None, /) -> Request | str:
    """Read a line of an access log in combined format; its headers are not known."""
    found = _COMBINED.match(line)
    if found is None:
        return "no line of a combined access log"
    if found["agent"] is None:
        return "a line of a common log, which has no user agent"
    request = _REQUEST.fullmatch(found["request"])
    if request is None:
        return "no HTTP request"
    kind = kind or kind_of(request[2])
    if kind is None:
        return NO_KIND
    agent = _unescaped(found["agent"])
    # A name in its place is none; in front of it may stand that of the virtual host.
    addresses = [host for host in found["hosts"].split(" ", 2)[:2] if pack_address(host) is not None]
    return Request(
        kind=kind,
        user_agent=None if agent == "-" else agent,
        ip=addresses[0] if addresses else None,
        method=request[1],
    )


def read_json(line: str, kind: Kind | None, /) -> Request | str:  # noqa: PLR0911 - one return a rule
    """Read a line that is a JSON object."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(said, dict):
        return "JSON, but no object"
    texts = {name: next((said[one] for one in names if one in said), None) for name, names in _NAMES.items()}
    for name, text in texts.items():
        if not (text is None or isinstance(text, str)):
            return f"{name} is no text"
    headers = said.get("headers")
    if not (headers is None or isinstance(headers, dict)):
        return "headers is no object"
    given = said.get("kind")
    if given not in (None, "open", "click"):
        return "kind is neither open nor click"
    kind = kind or given or kind_of(texts["path"] or "")
    if kind is None:
        return NO_KIND
    asn, honeypot = said.get("asn"), said.get("honeypot", False)
    if not (asn is None or type(asn) is int) or not isinstance(honeypot, bool):
        return "asn is no whole number, or honeypot neither true nor false"
    try:
        delay = _seconds(said.get("delay"))
    except (TypeError, ValueError, OverflowError):  # ValueError: NaN
        return "delay is no number of seconds"
    agent = texts["user_agent"]
    if agent is None and headers is not None:
        agent = next((text for name, text in headers.items() if name.lower() == "user-agent" and _is_text(text)), None)
    return Request(kind, agent, texts["ip"], asn, texts["method"] or "GET", headers, delay, honeypot)


READERS: Final[dict[str, Reader]] = {"combined": read_combined, "json": read_json}


def kind_of(target: str, /) -> Kind | None:
    """Tell from a URL whether it is the pixel (`.../o/...`) or a link (`.../c/...`) of a mail; None if neither."""
    segments = _AFTER_PATH.sub("", target).rstrip("/").rsplit("/", 2)
    return _KINDS.get(segments[1]) if len(segments) == 3 else None


def _seconds(number: object) -> timedelta | None:
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise TypeError("no number")
    return timedelta(seconds=number)


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    octets = _ESCAPE.sub(
        lambda escape: bytes.fromhex(escape[1].decode()) if escape[1] else _LETTERS.get(escape[2], escape[2]),
        text.encode("utf-8", "surrogateescape"),
    )
    return octets.decode("utf-8", "replace")
