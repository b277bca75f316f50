"""`lmtrack inspect`: the parts, links and headers of a file, as tracking would see them; nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.terminal_text import printable
from lmtrack._cli.arguments import PREFIX, add_prefix
from lmtrack._cli.link_arguments import NOT_UTF8, add_base_url, add_link_arguments, read_domain, read_policy
from lmtrack._cli.message_headers import problems_of, read_header_lines
from lmtrack._cli.output import CommandError, as_json, as_table, say, standard_output
from lmtrack._cli.report import links_members, links_table, message_rows, page_rows
from lmtrack._cli.source import add_source_arguments, read_source
from lmtrack.html import scan_html
from lmtrack.message import PartReason, scan_message, track_message
from lmtrack.resolver import Consent, Reason, Route, resolve
from lmtrack.tokens import make_keys

if TYPE_CHECKING:
    import argparse

    from lmtrack._cli.arguments import Parser
    from lmtrack._cli.message_headers import HeaderLine
    from lmtrack._cli.report import LinkRow
    from lmtrack._cli.source import Source
    from lmtrack._mime.document import Layout
    from lmtrack._mime.structure import Part
    from lmtrack.links import LinkPolicy
    from lmtrack.message import MessageDocument, TrackedMessage
    from lmtrack.resolver import Override
    from lmtrack.urls import TrackingDomain

SUMMARY: Final = "show what tracking would see: parts, links, headers; change nothing"
EXAMPLE: Final = "lmtrack inspect mail.eml --text-links --json"

# Nothing is signed or verified here; a tracking domain has keys, so it gets some.
_NO_KEYS: Final = make_keys(bytes(16))
_EVERYTHING: Final = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
_SOME_ID: Final = "00000000-0000-4000-8000-000000000000"

# What is wrong with a part, rather than what it is.
_PROBLEMS: Final = frozenset((
    PartReason.BROKEN_ENCODING, PartReason.CHARSET, PartReason.ENCODING, PartReason.LINE_TOO_LONG, PartReason.EMPTY,
    PartReason.MALFORMED, PartReason.TOO_DEEP, PartReason.TOO_MANY_PARTS,
))  # fmt: skip


def add_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack inspect` takes."""
    add_source_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_base_url(parser)
    add_prefix(parser)
    add_link_arguments(parser.add_argument_group("links"))


def run(arguments: argparse.Namespace, /) -> int:
    """Print what is in a file.

    Raises:
        CommandError: Arguments or input cannot be used.
    """
    to = standard_output()
    domain = read_domain(arguments, _NO_KEYS)
    source = read_source(arguments)
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
    reasons: dict[int, str]  # why a part would not be touched, by its place
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
    for place, part in enumerate(document.found):
        reason = left.get(place)
        if reason in _PROBLEMS:
            problems.append(f"part {part.path}: {reason}")
        elif place in layout.leaves and not layout.leaves[place].leaf.view.explained:
            problems.append(f"part {part.path}: holds octets that its charset does not explain")
    return problems


def _message_report(source: Source, seen: _Seen) -> dict[str, object]:
    parts = [
        {
            "path": part.path,
            "content_type": part.content_type,
            "encoding": part.encoding,
            "charset": part.charset,
            "octets": part.end - part.start,
            "touched": place not in seen.reasons,
            "reason": seen.reasons.get(place),
        }
        for place, part in enumerate(seen.parts)
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
    parts = [("part", "type", "encoding", "charset", "octets", "touched")]
    parts += [
        (
            part.path,
            part.content_type,
            part.encoding,
            part.charset or "-",
            f"{part.end - part.start:,}",
            f"no: {seen.reasons[place]}" if place in seen.reasons else "yes",
        )
        for place, part in enumerate(seen.parts)
    ]
    tables = [as_table(parts)]
    if seen.rows:
        tables.append(links_table(seen.rows, done="trackable"))
    if seen.lines:
        tables.append(as_table([("header", "means"), *((line.name, line.means) for line in seen.lines)]))
    if seen.problems:
        tables.append("\n".join(f"problem: {printable(problem)}" for problem in seen.problems))
    return "\n\n".join(tables)
