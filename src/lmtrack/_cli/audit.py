"""`lmtrack audit`: does a page or a message track whoever reads it?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from lmtrack._audit.outcome import audit_of
from lmtrack._cli.output import CommandError, as_json, name_of, say, standard_output
from lmtrack._cli.source import add_sources_arguments, read_file
from lmtrack._cli.watched import add_domain_arguments, add_tracker_argument, read_domains, read_trackers
from lmtrack._readable import finding_lines
from lmtrack.audit import Audit, AuditOutcome, Finding, FindingKind, audit_html, audit_message

if TYPE_CHECKING:
    import argparse

    from lmtrack._cli.arguments import Parser
    from lmtrack._cli.source import Source
    from lmtrack.urls import TrackingDomain

SUMMARY: Final = "say whether mail tracks who reads it, and what speaks for that"
EXAMPLE: Final = "lmtrack audit build/*.html sent.eml --domain track.example"

# From the best to the worst; a file that cannot be read makes it 2, since what is in it is not known.
_CODES: Final = {
    AuditOutcome.CLEAN: 0,
    AuditOutcome.AGGREGATE: 0,
    AuditOutcome.NOT_PROVABLE: 3,
    AuditOutcome.TRACKED: 1,
}
_RANKS: Final = {outcome: rank for rank, outcome in enumerate(_CODES)}
_UNREADABLE: Final = 2
_NOT_UTF8: Final = Finding(
    kind=FindingKind.UNDECODABLE, place="document", why="it is not UTF-8, so what its other octets mean is not known"
)


def add_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack audit` takes."""
    add_sources_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_tracker_argument(parser)
    add_domain_arguments(parser)


def run(arguments: argparse.Namespace, /) -> int:
    """Print what the files hold; the exit code is that of the worst one.

    Raises:
        CommandError: Arguments cannot be used.
    """
    to = standard_output()
    domains, trackers = read_domains(arguments), read_trackers(arguments)
    worst: AuditOutcome | None = None
    files = []
    for path in arguments.files:
        try:
            source = read_file(path, arguments.type)
        except CommandError as error:
            # The others are audited all the same: one bad file must not hide what is in them.
            say(f"lmtrack: error: {error}", to=sys.stderr)
            continue
        audit = _audit(source, domains, trackers)
        worst = audit.outcome if worst is None else max(worst, audit.outcome, key=_RANKS.__getitem__)
        files.append({"file": name_of(path), "type": source.kind, **audit.to_dict()})
        if not arguments.json:
            say("\n".join([f"{name_of(path)}: {audit.outcome}", *finding_lines(audit.findings)]), to=to)
    if arguments.json and worst is not None:
        say(as_json({"outcome": worst.value, "files": files}), to=to)
    return _CODES[worst] if worst is not None and len(files) == len(arguments.files) else _UNREADABLE


def _audit(source: Source, domains: list[TrackingDomain | str], trackers: list[str]) -> Audit:
    if source.is_message:
        return audit_message(source.raw, domains=domains, known_trackers=trackers)
    audit = audit_html(source.text, domains=domains, known_trackers=trackers)
    return audit if source.encoding == "utf-8" else audit_of([*audit.findings, _NOT_UTF8])
