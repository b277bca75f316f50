"""The `lmtrack` command: the library's functions for a terminal and for scripts.

Exit codes: 0 done, 1 refused, 2 unusable input or arguments, 130 interrupted, 141 nobody reads the output.
Errors are one line on standard error.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Final

from lmtrack._cli import token, track
from lmtrack._cli.arguments import Parser, add_decision_arguments, add_once, read_decision, read_path
from lmtrack._cli.files import create_secret
from lmtrack._cli.output import CommandError, as_json, as_table, say, standard_output

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from typing import TextIO

_KEY_OCTETS: Final = 32  # RFC 2104 section 3: as long as the hash; printed in 43 characters


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and give its exit code.

    Args:
        argv: The arguments after the command's name; None takes them from `sys.argv`.
    """
    try:
        try:
            return _run(argv)
        except CommandError as error:
            say(f"lmtrack: error: {error}", to=sys.stderr)
            return 2
    except KeyboardInterrupt:
        return 130  # 128 + SIGINT, as a shell counts
    except BrokenPipeError:
        _drop_output()
        return 141  # 128 + SIGPIPE
    except OSError as error:
        with contextlib.suppress(OSError):  # it may be standard error that cannot be written
            say(f"lmtrack: error: output: {(error.strerror or 'cannot be written').lower()}", to=sys.stderr)
        _drop_output()
        return 2


def _run(argv: Sequence[str] | None) -> int:
    parser, verbs = _build_parser()
    arguments, unknown = parser.parse_known_args(argv)
    if arguments.version:
        say(f"lmtrack {_installed_version()}", to=standard_output())
        return 0
    if arguments.verb is None:
        parser.error("say what to do: " + ", ".join(verbs))
    if unknown:
        # Only the names of options: a key that was typed in the wrong place must not end up in a log.
        names = [word.partition("=")[0] for word in unknown if word.startswith("--")]
        verbs[arguments.verb].error("unknown argument" + (f": {' '.join(names)}" if names else ""))
    code: int = arguments.run(arguments)
    return code


def _installed_version() -> str:
    try:
        return metadata.version("lmtrack")
    except metadata.PackageNotFoundError:
        raise CommandError("--version: unknown, lmtrack runs without being installed") from None


def _drop_output() -> None:
    # What is still buffered cannot be written either, and Python would complain about it when it ends.
    streams: tuple[TextIO | None, ...] = (sys.stdout, sys.stderr)
    for stream in filter(None, streams):  # None: the process was started without it
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _build_parser() -> tuple[Parser, dict[str, Parser]]:
    parser = Parser(
        prog="lmtrack",
        description="E-mail tracking on the command line: decide, track, explain.",
        example="lmtrack resolve --track-opens --consent denied",
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    made = {}
    for name, summary, example, add_arguments, run in (
        ("track", "track the links and opens of an HTML file", track.EXAMPLE, track.add_arguments, track.run),
        (
            "resolve",
            "say what may be tracked, and why",
            "lmtrack resolve --track-opens --track-clicks --header 'X-LM-Override-Track-Clicks: no' --json",
            _add_resolve_arguments,
            _resolve,
        ),
        (
            "token",
            "explain a tracking URL or token; verify it with a key",
            "lmtrack token --key-file lmtrack.key https://track.example/o/EQ...",
            token.add_arguments,
            token.run,
        ),
        ("keys", "make a key", "lmtrack keys -o lmtrack.key", _add_keys_arguments, _keys),
    ):
        made[name] = verbs.add_parser(name, help=summary, description=summary, example=example)
        add_arguments(made[name])
        made[name].set_defaults(run=run)
    return parser, made


def _add_resolve_arguments(parser: Parser) -> None:
    add_decision_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the evidence as one JSON object")


def _resolve(arguments: argparse.Namespace) -> int:
    decision = read_decision(arguments)
    say(as_json(decision.to_dict()) if arguments.json else as_table(track.flag_rows(decision)), to=standard_output())
    return 0


def _add_keys_arguments(parser: Parser) -> None:
    add_once(
        parser,
        "-o",
        "--output",
        metavar="FILE",
        type=read_path,
        default="-",
        help="write it to a new file that only you can read (default: standard output)",
    )


def _keys(arguments: argparse.Namespace) -> int:
    key = secrets.token_urlsafe(_KEY_OCTETS)
    if arguments.output == "-":
        say(key, to=standard_output())
    else:
        create_secret(arguments.output, key + "\n")
        say("lmtrack: wrote a key; it is these characters, never decode them", to=sys.stderr)
    return 0
