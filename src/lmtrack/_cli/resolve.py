"""`lmtrack resolve`: what may be tracked, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lmtrack._cli.arguments import add_decision_arguments, add_once, read_decision, read_path
from lmtrack._cli.output import CommandError, as_json, as_table, say, standard_output
from lmtrack._cli.report import flag_rows
from lmtrack._cli.source import read_message

if TYPE_CHECKING:
    import argparse

    from lmtrack._cli.arguments import Parser

SUMMARY: Final = "say what may be tracked, and why"
EXAMPLE: Final = "lmtrack resolve --track-opens --track-clicks --header 'X-LM-Override-Track-Clicks: no' --json"


def add_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack resolve` takes."""
    add_once(
        parser,
        "--message",
        metavar="FILE",
        type=read_path,
        help="a message whose override headers count; - reads standard input",
    )
    add_decision_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the evidence as one JSON object")


def run(arguments: argparse.Namespace, /) -> int:
    """Print the decision.

    Raises:
        CommandError: Arguments or the message cannot be read.
    """
    if arguments.prefix and arguments.message is None and not arguments.header:
        raise CommandError("--prefix: neither --message nor --header is there")
    message = None if arguments.message is None else read_message(arguments.message)
    decision = read_decision(arguments, message=message)
    say(as_json(decision.to_dict()) if arguments.json else as_table(flag_rows(decision)), to=standard_output())
    return 0
