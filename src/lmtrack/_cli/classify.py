"""`lmtrack classify`: was it a person? One agent, or every request of a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lmtrack._cli.arguments import Verb, add_once, read_path, read_seconds
from lmtrack._cli.output import CommandError, standard_output

if TYPE_CHECKING:
    import argparse

    from lmtrack._cli.arguments import Parser


_ONE_ONLY: Final = ("ip", "method", "delay", "header")
_LOG_ONLY: Final = ("format", "summary")


def _add_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack classify` takes."""
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        type=read_path,
        help="JSON lines or a combined access log; - reads standard input",
    )
    add_once(parser, "--format", choices=["combined", "json"], help="what FILE is (default: detected for each line)")
    add_once(
        parser, "--kind", choices=["click", "open"], help="what was requested (default: open; for a log, its URLs say)"
    )
    parser.add_argument("--summary", action="store_true", help="print only the summary of a log")
    parser.add_argument("--json", action="store_true", help="print JSON; for a log, one object per line")
    one = parser.add_argument_group("one request")
    add_once(one, "--user-agent", metavar="TEXT", help="its User-Agent header; '' for none")
    add_once(one, "--ip", metavar="ADDRESS", help="where it came from; used and never printed")
    add_once(one, "--method", metavar="NAME", help="its HTTP method (default: GET)")
    add_once(one, "--delay", metavar="SECONDS", type=read_seconds, help="the time from delivery to the request")
    one.add_argument(
        "--header",
        metavar="LINE",
        action="append",
        default=[],
        help="a header of the request; may be repeated; with one, all others count as absent",
    )
    networks = parser.add_argument_group("networks, in addition to those that come with the package")
    networks.add_argument(
        "--networks", metavar="FILE", type=read_path, action="append", default=[], help="a list of networks"
    )
    networks.add_argument("--tag", metavar="NAME", action="append", default=[], help="its name: one for each list")


def _run(arguments: argparse.Namespace, /) -> int:
    """Classify one request, or all of a log.

    Raises:
        CommandError: Arguments or input cannot be used, or nothing in the log is a request.
    """
    one = arguments.user_agent is not None
    if one == (arguments.file is not None):
        raise CommandError("pass either --user-agent or a FILE (- reads standard input)")
    for name in _LOG_ONLY if one else _ONE_ONLY:
        if getattr(arguments, name) not in (None, False, []):
            raise CommandError(f"--{name}: {'for a log only' if one else 'belongs to --user-agent'}")
    # Its tables are large: importing them would be half the start of every other verb.
    from lmtrack._cli.verdicts import classify_log, classify_one  # noqa: PLC0415

    (classify_one if one else classify_log)(arguments, to=standard_output())
    return 0


VERB: Final = Verb(
    name="classify",
    summary="say which requests people made: one User-Agent, or a log",
    example="lmtrack classify --summary access.log",
    add_arguments=_add_arguments,
    run=_run,
)
