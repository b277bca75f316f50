"""`lmtrack resolve`: what may be tracked, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, get_args

from lmtrack._cli.arguments import Verb, add_decision_arguments, add_once, read_decision, read_path
from lmtrack._cli.files import read_message
from lmtrack._cli.output import CommandError, as_json, as_table, flag_rows, say, standard_output
from lmtrack.errors import Unsupported
from lmtrack.services import Service, Tracker, service_headers, service_settings

if TYPE_CHECKING:
    import argparse

    from lmtrack._cli.arguments import Parser
    from lmtrack.resolver import Decision


def _add_arguments(parser: Parser, /) -> None:
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
    service = parser.add_argument_group("an email service that tracks by itself")
    add_once(
        service,
        "--for",
        dest="service",
        choices=get_args(Service),
        help="print the service's settings and headers as JSON",
    )
    add_once(
        service,
        "--tracker",
        choices=get_args(Tracker),
        default="service",
        help="who tracks; with lmtrack, the service is told not to (default: service)",
    )
    service.add_argument(
        "--account-off",
        action="store_true",
        help="the service's own tracking is off, which settles what it cannot do for one message",
    )


def _run(arguments: argparse.Namespace, /) -> int:
    """Print the decision.

    Raises:
        CommandError: Arguments or the message cannot be read, or a service can be told neither way.
    """
    if arguments.prefix and arguments.message is None and not arguments.header:
        raise CommandError("--prefix: neither --message nor --header is there")
    message = None if arguments.message is None else read_message(arguments.message)
    decision = read_decision(arguments, message=message)
    if arguments.service:
        say(as_json(_told(decision, arguments)), to=standard_output())
        return 0
    say(as_json(decision.to_dict()) if arguments.json else as_table(flag_rows(decision)), to=standard_output())
    return 0


def _told(decision: Decision, arguments: argparse.Namespace, /) -> dict[str, object]:
    """Return what to tell a service by its API and by SMTP; null where it cannot be told, with the reason."""
    told: dict[str, object] = {}
    problems: list[str] = []
    for name, tell in (("settings", service_settings), ("headers", service_headers)):
        told[name] = None
        try:
            told[name] = tell(
                decision, service=arguments.service, tracker=arguments.tracker, account_off=arguments.account_off
            )
        except Unsupported as error:
            problems.append(f"{name}: {error}")
    if len(problems) == len(told):
        raise CommandError("; ".join(problems))
    return {**told, "unsupported": problems}


VERB: Final = Verb(
    name="resolve",
    summary="say what may be tracked, and why",
    example="lmtrack resolve --track-opens --track-clicks --header 'X-LM-Override-Track-Clicks: no' --json",
    add_arguments=_add_arguments,
    run=_run,
)
