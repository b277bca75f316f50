"""`lmtrack diff`: which URLs and headers of one mail are not the same for everyone?"""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Final

from lmtrack._checking.terminal_text import difference_lines
from lmtrack._cli.output import CommandError, as_json, name_of, say, standard_output
from lmtrack._cli.source import add_sources_arguments, read_file

if TYPE_CHECKING:
    from lmtrack._cli.arguments import Parser

SUMMARY: Final = "compare what two or more people get of one mail: what tells them apart?"
EXAMPLE: Final = "lmtrack diff for-ann.eml for-bob.eml --allow-pattern /unsubscribe/"


def add_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack diff` takes."""
    add_sources_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--allow", metavar="URL", action="append", default=[], help="personal on purpose; may be repeated"
    )
    parser.add_argument(
        "--allow-pattern",
        metavar="REGEX",
        type=_read_pattern,
        action="append",
        default=[],
        help="URLs that it is found in are personal on purpose; may be repeated",
    )


def run(arguments: argparse.Namespace, /) -> int:
    """Print what differs, and apart from it what is expected to.

    Raises:
        CommandError: Arguments or input cannot be used.
    """
    from lmtrack import audit  # noqa: PLC0415 - a quarter of the start of every verb

    to = standard_output()
    if len(arguments.files) < 2:
        raise CommandError("give two files or more, made for different people")
    names = [name_of(path) for path in arguments.files]
    sources = [read_file(path, arguments.type) for path in arguments.files]
    allow: list[str | re.Pattern[str]] = [*arguments.allow, *arguments.allow_pattern]
    if all(source.is_message for source in sources):
        found = audit.compare_messages([source.raw for source in sources], allow=allow)
    elif any(source.is_message for source in sources):
        raise CommandError("some are messages and some are HTML; compare like with like")
    else:
        found = audit.compare_renderings([source.text for source in sources], allow=allow)
    different = [difference for difference in found if not difference.expected]
    expected = [difference for difference in found if difference.expected]
    outcome = "different" if different else "same"
    if arguments.json:
        members = {"different": different, "expected": expected}
        listed = {name: [difference.to_dict() for difference in these] for name, these in members.items()}
        say(as_json({"outcome": outcome, "files": names, **listed}), to=to)
    else:
        lines = [outcome, *difference_lines(different, names)]
        lines += ["expected to differ", *difference_lines(expected, names)] if expected else []
        say("\n".join(lines), to=to)
    return 1 if different else 0


def _read_pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError):
        raise argparse.ArgumentTypeError("must be a regular expression of Python") from None
