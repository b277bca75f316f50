"""The header fields of a message that matter to tracking, what each means, and what is wrong with the header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._headers import iter_fields, unfold
from lmtrack._mime.headers import read_message_headers
from lmtrack.resolver import Override, parse_headers

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNSUBSCRIBE: Final = "list-unsubscribe"
_POST: Final = "list-unsubscribe-post"
_ONE_CLICK: Final = "list-unsubscribe=one-click"  # RFC 8058 section 3.1
_UNREADABLE: Final = "what it names is off: programs read this line differently"


class HeaderLine(NamedTuple):
    """One field that matters.

    Attributes:
        name: As it stands there.
        value: Unfolded.
        kind: `override`, `signature` or `unsubscribe`.
        means: What tracking makes of it.
    """

    name: str
    value: str
    kind: str
    means: str


def read_header_lines(raw: bytes, prefix: str, /) -> list[HeaderLine]:
    """Give the fields of a message that tracking looks at, in order."""
    return list(_lines(raw, prefix))


def problems_of(raw: bytes, lines: list[HeaderLine], override: Override, /) -> list[str]:
    """Say what is wrong with a message's header, of which the fields that matter have been read."""
    problems = []
    for field in iter_fields(raw):
        if not field.certain:
            number = raw.count(b"\n", 0, field.start) + 1
            problems.append(f"header line {number}: programs read this line and those after it differently")
            break
    problems += [f"override header: {problem}" for problem in override.problems]
    problems += [
        f"{line.name}: no address can be read from it"
        for line in lines
        if line.kind == "unsubscribe" and not line.means
    ]
    return problems


def _lines(raw: bytes, prefix: str) -> Iterator[HeaderLine]:
    for field in iter_fields(raw):
        name = field.name.lower()
        value = unfold(field.value).strip()
        octets = raw[field.start : field.end]
        said = read_message_headers([field])
        if name.startswith(prefix.lower()):
            wish = _wish(parse_headers(octets, prefix=prefix)) if field.certain else _UNREADABLE
            yield HeaderLine(field.name, value, "override", wish)
        elif said.signed:
            yield HeaderLine(field.name, value, "signature", "signed: not tracked unless that is allowed")
        elif name == _UNSUBSCRIBE:
            urls = " ".join(sorted(said.unsubscribe))
            yield HeaderLine(field.name, value, "unsubscribe", urls and f"never tracked: {urls}")
        elif name == _POST:
            known = value.replace(" ", "").lower() == _ONE_CLICK
            yield HeaderLine(field.name, value, "unsubscribe", "one click unsubscribes" if known else "not by RFC 8058")


def _wish(override: Override) -> str:
    said = []
    for flag, wish in (("opens", override.track_opens), ("clicks", override.track_clicks)):
        if any(problem.startswith(f"{flag}:") for problem in override.problems):
            said.append(f"{flag} off: the value cannot be read")
        elif wish is False:
            said.append(f"{flag} off")
        elif wish:
            said.append(f"{flag} on, where resolve is told; tracking turns nothing on")
    return ", ".join(said) or "no flag that is known"
