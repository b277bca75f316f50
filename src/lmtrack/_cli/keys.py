"""`lmtrack keys`: a new key."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING, Final

from lmtrack._cli.arguments import add_once, read_path
from lmtrack._cli.files import create_secret
from lmtrack._cli.output import say, standard_output

if TYPE_CHECKING:
    import argparse

    from lmtrack._cli.arguments import Parser

SUMMARY: Final = "make a key"
EXAMPLE: Final = "lmtrack keys -o lmtrack.key"

_KEY_OCTETS: Final = 32  # RFC 2104 section 3: as long as the hash; printed in 43 characters


def add_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack keys` takes."""
    add_once(
        parser,
        "-o",
        "--output",
        metavar="FILE",
        type=read_path,
        default="-",
        help="write it to a new file that only you can read (default: standard output)",
    )


def run(arguments: argparse.Namespace, /) -> int:
    """Make a key and write it.

    Raises:
        CommandError: The file is there already, or cannot be written.
    """
    key = secrets.token_urlsafe(_KEY_OCTETS)
    if arguments.output == "-":
        say(key, to=standard_output())
    else:
        create_secret(arguments.output, key + "\n")
        say("lmtrack: wrote a key; it is these characters, never decode them", to=sys.stderr)
    return 0
