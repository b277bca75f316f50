"""Logs of a tracking host: their lines, one at a time, and the requests that they hold.

Servers and clouds write them as JSON lines or as access logs. A line that holds no request is never an error: the
reader says what is wrong with it, in words that hold nothing of the line.
"""

from __future__ import annotations

import contextlib
import re
import sys
from codecs import BOM_UTF8
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple, TextIO, TypeAlias
from urllib.parse import unquote

from lmtrack._agents.addresses import pack_address
from lmtrack._cli.files import why
from lmtrack._cli.json_text import from_json
from lmtrack._cli.output import CommandError, name_of
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from lmtrack._agents.verdict import Kind

# Our choice: servers refuse a request line of more than 8 KiB, and a header of more than 64 KiB.
LONGEST_LINE: Final = 256 * 1024
_CHUNK: Final = 64 * 1024
_PACKED: Final = {
    b"\x1f\x8b": "gzip",  # RFC 1952 section 2.3.1
    b"\x28\xb5\x2f\xfd": "zstd",  # RFC 8878 section 3.1.1
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"PK\x03\x04": "zip",
}


class LogLines:
    """The lines of an open file; it is read once, and never held as a whole.

    Attributes:
        name: What the file is called in messages.
        size: Its bytes; None if it is not a regular file.
        bytes: How many were read so far.
    """

    def __init__(self, stream: IO[bytes], name: str, size: int | None) -> None:
        self.name = name
        self.size = size
        self.octets = 0
        self._stream = stream

    def __iter__(self) -> Iterator[bytes | None]:
        """Return each line without its end; None for one that is too long.

        Raises:
            CommandError: It cannot be read on, or is packed.
        """
        first = True
        while line := self._read(LONGEST_LINE + 1):
            if first:
                line = self._begin(line)
                first = False
            if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                while line and not line.endswith(b"\n"):
                    line = self._read(_CHUNK)
                yield None
            else:
                yield line.rstrip(b"\r\n")

    def _begin(self, line: bytes) -> bytes:
        for start, name in _PACKED.items():
            if line.startswith(start):
                raise CommandError(f"{self.name}: packed with {name}; unpack it first")
        return line.removeprefix(BOM_UTF8)

    def _read(self, limit_octets: int) -> bytes:
        try:
            line = self._stream.readline(limit_octets)
        except OSError as error:
            raise CommandError(f"{self.name}: {why(error)}") from error
        self.octets += len(line)
        return line


@contextlib.contextmanager
def open_lines(path: str, /) -> Iterator[LogLines]:
    """Open a file, or standard input for `-`.

    Raises:
        CommandError: It cannot be opened.
    """
    name = name_of(path)
    if path == "-":
        standard_input: TextIO | None = sys.stdin  # None if the process was started without one
        if standard_input is None:
            raise CommandError(f"{name}: closed")
        yield LogLines(standard_input.buffer, name, None)
        return
    try:
        file = Path(path).open("rb")  # noqa: SIM115 - closed below; only opening it is tried
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise CommandError(f"{name}: {why(error)}") from error
    with file:
        size = Path(path).stat().st_size if Path(path).is_file() else None
        yield LogLines(file, name, size)


class Bar:
    """How far a long input is, on a terminal; nothing anywhere else, and nothing for a short one."""

    _EVERY: Final = 5000  # lines; our choice: a few times a second
    _WIDTH: Final = 30

    def __init__(self, lines: LogLines, to: TextIO | None, /) -> None:
        self._lines = lines
        self._to = to if to is not None and to.isatty() else None
        self._shown = 0

    def show(self, number: int, /) -> None:
        """Tell which line it is."""
        if self._to is None or number % self._EVERY:
            return
        text = f"{number:,} lines"
        if self._lines.size:
            part = min(self._lines.octets / self._lines.size, 1)
            done = round(part * self._WIDTH)
            text = f"[{'#' * done}{'.' * (self._WIDTH - done)}] {part:4.0%}  {text}"
        self._to.write("\r" + text.ljust(self._shown))
        self._to.flush()
        self._shown = len(text)

    def clear(self) -> None:
        """Take it away."""
        if self._to is not None and self._shown:
            self._to.write("\r" + " " * self._shown + "\r")
            self._to.flush()
            self._shown = 0


# Apache's and nginx's `combined`: host ident user [time] "request" status size "referer" "agent", and whatever an
# administrator adds behind it; with a virtual host before it, `vhost_combined`. Without the last two it is `common`.
# aiohttp and Squid leave quotes in an agent as they are: the closing one has a blank or the line's end behind it.
# Linear: each repeat ends at a character that it cannot take, and each quote is looked at once.
_QUOTED: Final = r'(?:[^"\\]++|\\.|"(?![\ ]|\Z))*+'
_COMBINED: Final = compile_pattern(
    rf"""
    (?P<hosts>(?:[^\[]|\[[0-9A-Fa-f:.]++\])*+) \[ [^\]]*+ \] [ ]
    "(?P<request>{_QUOTED})" [ ] [0-9]{{3}} [ ] (?:[0-9]++|-)
    (?: [ ] "{_QUOTED}" [ ] "(?P<agent>{_QUOTED})" (?=[ ]|\Z) )?
    """,
    re.VERBOSE,
)
# Hypercorn leaves `HTTP/` out.
_REQUEST: Final = re.compile(r"([A-Z]{1,20}) ([^ ]++)(?: (?:HTTP/)?[0-9.]++)?")
# AWS, access logs for Application Load Balancers: type time elb client:port target:port ... "request" "agent" ...
_BALANCER: Final = compile_pattern(
    rf"""
    (?:https?|h2|grpcs|wss?) [ ] [0-9T:.Z-]++ [ ] [^ ]++ [ ] (?P<hosts>[^ ]++) [ ] [^"]*+
    "(?P<request>{_QUOTED})" [ ] "(?P<agent>{_QUOTED})" (?=[ ]|\Z)
    """,
    re.VERBOSE,
)
# What the servers write for a quote, a backslash and bytes that a line cannot hold.
_ESCAPE: Final = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|(.))", re.DOTALL)
_LETTERS: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"v": b"\v", b"f": b"\f"}

_AFTER_PATH: Final = re.compile(r"[?#].*+", re.DOTALL)
_KINDS: Final[dict[str, Kind]] = {"o": "open", "c": "click"}

NO_KIND: Final = "neither an open nor a click"
_NO_DELAY: Final = "delay is not a number of seconds"
_NO_AGENT: Final = "no member that is known to hold the user agent, such as user_agent, http_user_agent or userAgent"

# Where the members of a JSON object are, by their letters and digits alone, with those around them: our own names and
# nginx's, Caddy's, Traefik's, Google Cloud's, Cloudflare Logpush's, CloudFront's, API Gateway's and ECS's.
_MEMBERS: Final[dict[str, tuple[str, ...]]] = {
    "user_agent": (
        "useragent", "httpuseragent", "requestuseragent", "httprequestuseragent", "clientrequestuseragent",
        "csuseragent", "useragentoriginal", "requestcontextidentityuseragent", "requestcontexthttpuseragent",
    ),
    "ip": (
        "ip", "remoteaddr", "requestclientip", "requestremoteip", "clienthost", "clientaddr", "httprequestremoteip",
        "clientip", "cip", "sourceip", "remoteip", "requestcontextidentitysourceip", "requestcontexthttpsourceip",
    ),
    "method": (
        "method", "requestmethod", "httpmethod", "httprequestrequestmethod", "clientrequestmethod", "csmethod",
        "httprequestmethod", "requestcontexthttpmethod",
    ),
    "path": (
        "path", "url", "target", "requesturi", "requesturl", "requestpath", "uri", "httprequestrequesturl",
        "clientrequesturi", "clientrequestpath", "csuristem", "urlpath", "urloriginal", "requestcontexthttppath",
    ),
    "request": ("request", "requestline"),
    "asn": ("asn", "clientasn", "casn", "sourceasnumber"),
}  # fmt: skip
_HEADERS: Final = ("headers", "requestheaders")
_LETTERS_ONLY: Final = re.compile(r"[^a-z0-9]+")
_DEEPEST: Final = 3
# CloudFront writes blanks in agents as %20.
_QUOTED_AGENT: Final = "csuseragent"


class Request(NamedTuple):
    """What a line says about a request, for `classify_event`."""

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
    """Read a line of an access log in combined format, or a load balancer's; its headers are not known."""
    found = _COMBINED.match(line) or _BALANCER.match(line)
    if found is None:
        return "not a line of a combined access log"
    if found["agent"] is None:
        return "a line of a common log, which has no user agent"
    request = _REQUEST.fullmatch(found["request"])
    if request is None:
        return "not an HTTP request"
    kind = kind or kind_of(request[2])
    if kind is None:
        return NO_KIND
    # A host name in its place is not an address; that of the virtual host may come before it.
    return Request(
        kind=kind,
        user_agent=_or_none(_unescaped(found["agent"])),
        ip=_first_address(found["hosts"].split(" - ", 1)[0].split(" [", 1)[0].replace(" ", ",").split(",")),
        method=request[1],
    )


def read_json(line: str, kind: Kind | None, /) -> Request | str:
    """Read a line that is a JSON object."""
    try:
        said = from_json(line)
    except ValueError:
        return "not JSON"
    if not isinstance(said, dict):
        return "JSON, but not an object"
    try:
        return _read_object(said, kind)
    except _UnreadableError as problem:
        return str(problem)


class _UnreadableError(Exception):
    """What is wrong with an object, for the summary."""


def _read_object(said: dict[str, Any], kind: Kind | None) -> Request | str:
    members = dict(_members(said, "", _DEEPEST))
    headers = _read_headers(members)
    texts = _read_texts(members)
    kind_said = _kind_said(said)
    kind = kind or kind_said or kind_of(texts["path"] or "")
    if kind is None:
        return NO_KIND
    ip = texts["ip"]
    return Request(
        kind=kind,
        user_agent=_agent_of(texts["user_agent"], members, headers),
        ip=ip and (_first_address(ip.split(",")) or _or_none(ip)),
        asn=_number_of(members),
        method=texts["method"] or "GET",
        headers=headers,
        honeypot=_honeypot_said(said),
        delay=_delay_said(said),
    )


def _read_texts(members: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the members that are text; the request line fills in the method and the path where they are missing."""
    texts = {name: _text_of(name, members) for name in ("user_agent", "ip", "method", "path", "request")}
    if texts["request"] and (line := _REQUEST.fullmatch(texts["request"])):
        texts["method"], texts["path"] = texts["method"] or line[1], texts["path"] or line[2]
    return texts


def _kind_said(said: dict[str, Any]) -> Kind | None:
    kind: Kind | None = said.get("kind")
    if kind not in (None, "open", "click"):
        raise _UnreadableError("kind is neither open nor click")
    return kind


def _agent_of(agent: str | None, members: Mapping[str, Any], headers: Mapping[str, str] | None) -> str | None:
    """Return the user agent from its own member, otherwise from the headers; one of the two must be there."""
    if agent is None and headers is not None:
        agent = next((text for name, text in headers.items() if name.lower() == "user-agent"), None)
    elif agent is None and not any(name in members for name in _MEMBERS["user_agent"]):
        raise _UnreadableError(_NO_AGENT)
    if agent and _QUOTED_AGENT in members:
        agent = unquote(agent)
    return _or_none(agent)


def _honeypot_said(said: dict[str, Any]) -> bool:
    honeypot = said.get("honeypot", False)
    if not isinstance(honeypot, bool):
        raise _UnreadableError("asn is not a whole number, or honeypot is not true or false")
    return honeypot


def _delay_said(said: dict[str, Any]) -> timedelta | None:
    seconds = said.get("delay")
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise _UnreadableError(_NO_DELAY)
    try:
        return timedelta(seconds=seconds)
    except (ValueError, OverflowError):  # NaN; more days than a timedelta holds
        raise _UnreadableError(_NO_DELAY) from None


def _members(value: dict[str, Any], around: str, depth: int) -> list[tuple[str, Any]]:
    """Return the members of an object and of the objects in it, by their letters and those of what is around them."""
    found: list[tuple[str, Any]] = []
    for name, member in value.items():
        letters = around + _LETTERS_ONLY.sub("", name.lower())
        found.append((letters, member))
        if isinstance(member, dict) and depth > 1 and not letters.endswith(_HEADERS):
            found += _members(member, letters, depth - 1)
    return found


def _text_of(name: str, members: Mapping[str, Any]) -> str | None:
    """Return the text of the first member that may be it; null does not count, and of a list the first text does."""
    for member in _MEMBERS[name]:
        if member not in members:
            continue
        value = members[member]
        if isinstance(value, list):
            value = next((text for text in value if isinstance(text, str)), None)
        if isinstance(value, str):
            return value
        if value is not None and not isinstance(value, dict):
            raise _UnreadableError(f"{name} is not text")
    return None


def _number_of(members: Mapping[str, Any]) -> int | None:
    value = next((members[name] for name in _MEMBERS["asn"] if name in members), None)
    if not (value is None or type(value) is int):
        raise _UnreadableError("asn is not a whole number, or honeypot is not true or false")
    return value


def _read_headers(members: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the headers, of a list of values its first text; None if they are not there."""
    headers = next((members[name] for name in _HEADERS if name in members), None)
    if headers is None:
        return None
    if not isinstance(headers, dict):
        raise _UnreadableError("headers is not an object")
    firsts = {name: value[0] if isinstance(value, list) and value else value for name, value in headers.items()}
    return {name: value for name, value in firsts.items() if isinstance(value, str)}


READERS: Final[dict[str, Reader]] = {"combined": read_combined, "json": read_json}


def kind_of(target: str, /) -> Kind | None:
    """Tell from a URL whether it is the pixel (`.../o/...`) or a link (`.../c/...`) of an email; None if neither."""
    segments = _AFTER_PATH.sub("", target).rstrip("/").rsplit("/", 2)
    return _KINDS.get(segments[1]) if len(segments) == 3 else None


def _first_address(texts: list[str]) -> str | None:
    """Return the first text that is an address, without its port and brackets: proxies append theirs after it."""
    for text in texts:
        host = text.strip()
        if host.startswith("["):
            host = host[1:].partition("]")[0]
        elif host.count(":") == 1:
            host = host.partition(":")[0]
        if host and pack_address(host) is not None:
            return host
    return None


def _or_none(text: str | None) -> str | None:
    """Return the text; `-` is what every server writes for none."""
    return None if text == "-" else text


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    octets = _ESCAPE.sub(
        lambda escape: bytes.fromhex(escape[1].decode()) if escape[1] else _LETTERS.get(escape[2], escape[2]),
        text.encode("utf-8", "surrogateescape"),
    )
    return octets.decode("utf-8", "replace")
