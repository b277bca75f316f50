"""`lmtrack lint-unsubscribe`: can people leave with one click, and by a link that is not tracked?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lmtrack._checking.terminal_text import finding_lines
from lmtrack._cli.arguments import read_path
from lmtrack._cli.output import as_json, name_of, say, standard_output
from lmtrack._cli.source import read_message
from lmtrack._cli.watched import add_domain_arguments, read_domains
from lmtrack.resolver import Route, resolve

if TYPE_CHECKING:
    import argparse

    from lmtrack._cli.arguments import Parser

SUMMARY: Final = "check how people leave: List-Unsubscribe, the one click, a visible link"
EXAMPLE: Final = "lmtrack lint-unsubscribe mail.eml --domain track.example"


def add_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack lint-unsubscribe` takes."""
    parser.add_argument("file", metavar="FILE", type=read_path, help="a message (.eml); - reads standard input")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--individual", action="store_true", help="it is tracked for its recipient, so consent must be easy to withdraw"
    )
    add_domain_arguments(parser)


def run(arguments: argparse.Namespace, /) -> int:
    """Print what is missing or wrong.

    Raises:
        CommandError: Arguments or input cannot be used.
    """
    from lmtrack import audit  # noqa: PLC0415 - a quarter of the start of every verb

    to = standard_output()
    domains = read_domains(arguments)
    raw = read_message(arguments.file)
    decision = resolve(Route(track_opens=True, track_clicks=True)) if arguments.individual else None
    findings = audit.lint_unsubscribe(raw, domains=domains, decision=decision)
    outcome = "wrong" if findings else "fine"
    if arguments.json:
        listed = [finding.to_dict() for finding in findings]
        say(as_json({"outcome": outcome, "file": name_of(arguments.file), "findings": listed}), to=to)
    else:
        say("\n".join([f"{name_of(arguments.file)}: {outcome}", *finding_lines(findings)]), to=to)
    return 1 if findings else 0
