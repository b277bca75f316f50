"""The `lmtrack` command: the library's functions for a terminal and for scripts.

Exit codes: 0 done, 1 a check found something or a token was refused, 2 unusable input or arguments, 3 nothing proved,
130 interrupted, 141 no one reads the output.
Errors are one line on standard error; without a verb, four more say where to begin.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import lmtrack
from lmtrack._cli import checks, classify, inspect, merge, resolve, tokens, track, untrack
from lmtrack._cli.arguments import Parser
from lmtrack._cli.output import CommandError, say, standard_output

if TYPE_CHECKING:
    from typing import TextIO

_VERBS: Final = {
    verb.name: verb
    for verb in (
        track.VERB,
        merge.VERB,
        untrack.VERB,
        inspect.VERB,
        checks.AUDIT,
        checks.DIFF,
        checks.LINT_UNSUBSCRIBE,
        classify.VERB,
        resolve.VERB,
        tokens.TOKEN,
        tokens.KEYS,
    )
}

_OPTION: Final = re.compile("--[a-z][a-z-]{0,30}")
# What `lmtrack` alone says behind its error: where most people begin.
_FIRST_STEPS: Final = """\
  lmtrack resolve --track-opens --consent denied                       say what may be tracked, and why
  lmtrack track mail.eml -o tracked.eml --track-opens --track-clicks   track an email
  lmtrack audit mail.eml                                               say what an email contains
  lmtrack classify --summary access.log                                say who opened and clicked"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        argv: The arguments after the command's name; None takes them from `sys.argv`.
    """
    try:
        try:
            return _run(argv)
        except CommandError as error:
            say(f"lmtrack: error: {error}", to=sys.stderr)
            return 2
        except ModuleNotFoundError as error:  # lxml, where no one builds it: some tracking hosts, WebAssembly
            say(f"lmtrack: error: this needs the package {error.name}, which is not installed here", to=sys.stderr)
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
        say(f"lmtrack {lmtrack.__version__}", to=standard_output())
        return 0
    if arguments.verb is None:
        say(f"lmtrack: error: say what to do: {', '.join(verbs)} (see lmtrack --help)\n{_FIRST_STEPS}", to=sys.stderr)
        return 2
    if unknown:
        # Only what is spelt as an option is: a key that was typed in the wrong place must not end up in a log.
        names = [name for word in unknown if _OPTION.fullmatch(name := word.partition("=")[0])]
        verbs[arguments.verb].error("unknown argument" + (f": {' '.join(names)}" if names else ""))
    code: int = arguments.run(arguments)
    return code


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
        description="Email tracking on the command line: decide, track, explain.",
        example="lmtrack resolve --track-opens --consent denied",
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    made = {}
    for name, verb in _VERBS.items():
        made[name] = verbs.add_parser(name, help=verb.summary, description=verb.summary, example=verb.example)
        verb.add_arguments(made[name])
        made[name].set_defaults(run=verb.run)
    return parser, made
