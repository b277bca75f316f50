"""`lmtrack audit`: does a page or a message track whoever reads it?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from lmtrack._checking.terminal_text import finding_lines
from lmtrack._cli.output import CommandError, as_json, name_of, say, standard_output
from lmtrack._cli.source import add_sources_arguments, read_file
from lmtrack._cli.watched import add_domain_arguments, add_tracker_argument, read_domains, read_trackers

if TYPE_CHECKING:
    import argparse

    from lmtrack._cli.arguments import Parser
    from lmtrack._cli.source import Source
    from lmtrack.audit import Audit
    from lmtrack.urls import TrackingDomain

SUMMARY: Final = "say whether mail tracks who reads it, and what speaks for that"
EXAMPLE: Final = "lmtrack audit build/*.html sent.eml --domain track.example"

# By outcome, from the best to the worst. A file that cannot be read makes it 2: what is in it is not known.
_CODES: Final = {"clean": 0, "aggregate": 0, "not_provable": 3, "tracked": 1}
_RANKS: Final = {outcome: rank for rank, outcome in enumerate(_CODES)}
_UNREADABLE: Final = 2


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
    worst: str | None = None
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
        say(as_json({"outcome": str(worst), "files": files}), to=to)
    return _CODES[worst] if worst is not None and len(files) == len(arguments.files) else _UNREADABLE


def _audit(source: Source, domains: list[TrackingDomain | str], trackers: list[str]) -> Audit:
    from lmtrack import audit  # noqa: PLC0415 - a quarter of the start of every verb
    from lmtrack._checking.audit.outcome import audit_of  # noqa: PLC0415 - the same

    if source.is_message:
        return audit.audit_message(source.raw, domains=domains, known_trackers=trackers)
    found = audit.audit_html(source.text, domains=domains, known_trackers=trackers)
    if source.encoding == "utf-8":
        return found
    why = "it is not UTF-8, so what its other octets mean is not known"
    unknown = audit.Finding(kind=audit.FindingKind.UNDECODABLE, place="document", why=why)
    return audit_of([*found.findings, unknown])
