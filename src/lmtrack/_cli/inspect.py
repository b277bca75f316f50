"""`lmtrack inspect`: the parts, links and headers of a file, as tracking would see them; nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.terminal_text import printable
from lmtrack._cli.arguments import Verb, add_prefix
from lmtrack._cli.files import add_source_arguments, read_source
from lmtrack._cli.options import NOT_UTF8, add_base_url, add_link_arguments, read_domain, read_policy
from lmtrack._cli.output import (
    CommandError,
    as_json,
    as_table,
    links_members,
    links_table,
    message_rows,
    page_rows,
    say,
    standard_output,
)
from lmtrack._deciding.override import PREFIX
from lmtrack._headers import iter_fields, unfold
from lmtrack._mime.headers import LIST_UNSUBSCRIBE, read_message_headers
from lmtrack.html import scan_html
from lmtrack.message import PartReason, scan_message, track_message
from lmtrack.resolver import Consent, Override, Reason, Route, parse_headers, resolve
from lmtrack.tokens import make_keys

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from lmtrack._cli.arguments import Parser
    from lmtrack._cli.files import Source
    from lmtrack._cli.output import LinkRow
    from lmtrack._mime.document import Layout
    from lmtrack._mime.structure import Part
    from lmtrack.links import LinkPolicy
    from lmtrack.message import MessageDocument, TrackedMessage
    from lmtrack.urls import TrackingDomain

_POST: Final = "list-unsubscribe-post"
_ONE_CLICK: Final = "list-unsubscribe=one-click"  # RFC 8058 section 3.1
_UNREADABLE: Final = "what it names is off: programs read this line differently"


class HeaderLine(NamedTuple):
    """One field that matters.

    Attributes:
        name: As it is there.
        value: Unfolded.
        kind: `override`, `signature` or `unsubscribe`.
        means: What tracking makes of it.
    """

    name: str
    value: str
    kind: str
    means: str


def read_header_lines(raw: bytes, prefix: str, /) -> list[HeaderLine]:
    """Return the fields of a message that tracking looks at, in order."""
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
        elif name == LIST_UNSUBSCRIBE:
            urls = " ".join(sorted(said.unsubscribe))
            yield HeaderLine(field.name, value, "unsubscribe", urls and f"never tracked: {urls}")
        elif name == _POST:
            known = value.replace(" ", "").lower() == _ONE_CLICK
            yield HeaderLine(
                field.name, value, "unsubscribe", "one click unsubscribes" if known else "not as RFC 8058 requires"
            )


def _wish(override: Override) -> str:
    said = []
    for flag, wish in (("opens", override.track_opens), ("clicks", override.track_clicks)):
        if any(problem.startswith(f"{flag}:") for problem in override.problems):
            said.append(f"{flag} off: the value cannot be read")
        elif wish is False:
            said.append(f"{flag} off")
        elif wish:
            said.append(f"{flag} on, where resolve is told; tracking turns nothing on")
    return ", ".join(said) or "no known flag"


# Nothing is signed or verified here; a tracking domain has keys, so it gets some.
_NO_KEYS: Final = make_keys(bytes(16))
_EVERYTHING: Final = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
_SOME_ID: Final = "00000000-0000-4000-8000-000000000000"

# What is wrong with a part, rather than what it is.
_PROBLEMS: Final = frozenset((
    PartReason.BROKEN_ENCODING, PartReason.CHARSET, PartReason.ENCODING, PartReason.LINE_TOO_LONG, PartReason.EMPTY,
    PartReason.MALFORMED, PartReason.TOO_DEEP, PartReason.TOO_MANY_PARTS,
))  # fmt: skip


def _add_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack inspect` takes."""
    add_source_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_base_url(parser)
    add_prefix(parser)
    add_link_arguments(parser.add_argument_group("links"))


def _run(arguments: argparse.Namespace, /) -> int:
    """Print what is in a file.

    Raises:
        CommandError: Arguments or input cannot be used.
    """
    to = standard_output()
    domain = read_domain(arguments, _NO_KEYS)
    source = read_source(arguments, writes=False)
    policy = read_policy(arguments, source)
    if source.is_message:
        seen = _see(arguments, scan_message(source.raw), policy, domain)
        say(as_json(_message_report(source, seen)) if arguments.json else _message_text(seen), to=to)
        return 0
    if arguments.prefix:
        raise CommandError("--prefix: HTML has no header")
    rows = page_rows(scan_html(source.text).plan(policy, domain))
    known = source.encoding == "utf-8"
    if arguments.json:
        encoding = source.encoding if known else None
        page = {"type": source.kind, "octets": len(source.raw), "encoding": encoding, **links_members(rows)}
        say(as_json({**page, "problems": [] if known else [NOT_UTF8]}), to=to)
    else:
        say(links_table(rows, done="trackable"), to=to)
        if not known:
            say(f"\nproblem: {NOT_UTF8}", to=to)
    return 0


class _Seen(NamedTuple):
    """What is in a message."""

    parts: tuple[Part, ...]
    reasons: dict[int, str]  # why a part would not be touched, by its position
    rows: list[LinkRow]
    lines: list[HeaderLine]
    override: Override
    signed: bool
    problems: list[str]


def _see(arguments: argparse.Namespace, document: MessageDocument, policy: LinkPolicy, domain: TrackingDomain) -> _Seen:
    layout = document.layout(policy, domain, text_links=arguments.text_links, allow_signed=arguments.allow_signed)
    prefix = arguments.prefix or PREFIX
    tried = _try(arguments, document, policy, domain, prefix)
    left: dict[int, str] = {
        **layout.reasons,
        **{number: part.reason for number, part in enumerate(tried.parts) if part.reason is PartReason.LINE_TOO_LONG},
    }
    if document.headers.signed and not arguments.allow_signed:
        left.update(dict.fromkeys(layout.leaves, Reason.ALREADY_SIGNED))
    lines = read_header_lines(document.raw, prefix)
    override = document.controls(prefix, allow_signed=arguments.allow_signed).override
    return _Seen(
        parts=document.found,
        reasons=left,
        rows=message_rows(document, layout, tried),
        lines=lines,
        override=override,
        signed=document.headers.signed,
        problems=[*problems_of(document.raw, lines, override), *_part_problems(document, layout, left)],
    )


def _try(
    arguments: argparse.Namespace, document: MessageDocument, policy: LinkPolicy, domain: TrackingDomain, prefix: str
) -> TrackedMessage:
    """Track a message, to learn which lines have no room for a tracked link."""
    return track_message(
        document,
        _EVERYTHING,
        domain=domain,
        message_id=_SOME_ID,
        text_links=arguments.text_links,
        policy=policy,
        allow_signed=arguments.allow_signed,
        prefix=prefix,
    )


def _part_problems(document: MessageDocument, layout: Layout, left: dict[int, str]) -> list[str]:
    """Say what is wrong with the parts."""
    problems = []
    for position, part in enumerate(document.found):
        reason = left.get(position)
        if reason in _PROBLEMS:
            problems.append(f"part {part.path}: {reason}")
        elif position in layout.leaves and not layout.leaves[position].leaf.view.explained:
            problems.append(f"part {part.path}: holds bytes that its charset does not explain")
    return problems


def _message_report(source: Source, seen: _Seen) -> dict[str, object]:
    parts = [
        {
            "path": part.path,
            "content_type": part.content_type,
            "encoding": part.encoding,
            "charset": part.charset,
            "octets": part.end - part.start,
            "touched": position not in seen.reasons,
            "reason": seen.reasons.get(position),
        }
        for position, part in enumerate(seen.parts)
    ]
    return {
        "type": source.kind,
        "octets": len(source.raw),
        "parts": parts,
        **links_members(seen.rows),
        "headers": [line._asdict() for line in seen.lines],
        "override": {"track_opens": seen.override.track_opens, "track_clicks": seen.override.track_clicks},
        "signed": seen.signed,
        "problems": seen.problems,
    }


def _message_text(seen: _Seen) -> str:
    parts = [("part", "type", "encoding", "charset", "bytes", "touched")]
    parts += [
        (
            part.path,
            part.content_type,
            part.encoding,
            part.charset or "-",
            f"{part.end - part.start:,}",
            f"no: {seen.reasons[position]}" if position in seen.reasons else "yes",
        )
        for position, part in enumerate(seen.parts)
    ]
    tables = [as_table(parts)]
    if seen.rows:
        tables.append(links_table(seen.rows, done="trackable"))
    if seen.lines:
        tables.append(as_table([("header", "means"), *((line.name, line.means) for line in seen.lines)]))
    if seen.problems:
        tables.append("\n".join(f"problem: {printable(problem)}" for problem in seen.problems))
    return "\n\n".join(tables)


VERB: Final = Verb(
    name="inspect",
    summary="show what tracking would see, and change nothing: parts, links, headers",
    example="lmtrack inspect mail.eml --text-links --json",
    add_arguments=_add_arguments,
    run=_run,
)
