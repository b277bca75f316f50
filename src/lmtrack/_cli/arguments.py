"""Command line arguments: errors in one line, contradictions refused, and the groups that several verbs share."""

from __future__ import annotations

import argparse
import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from lmtrack._checking.terminal_text import printable
from lmtrack._cli.json_text import from_json
from lmtrack._cli.output import CommandError, say, standard_output
from lmtrack._deciding.evidence import CONSENTS, MODES
from lmtrack._deciding.override import PREFIX
from lmtrack.errors import InvalidOverride
from lmtrack.resolver import Decision, Override, Route, TrackingMode, parse_headers, parse_settings, resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# RFC 5322 section 2.2: an empty line ends the header block, and a line that begins with a blank belongs to the one
# before it; either would make the overrides after it count for nothing.
_HEADER_LINE: Final = re.compile(r"[^ \t\r\n][^\r\n]*")
_SECONDS: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_ECHOED: Final = re.compile(r"(?s)ignored explicit argument .*")
_BOOLEANS: Final = {"true": True, "false": False}
_WITHOUT_CONSENT: Final = {name: mode for name, mode in MODES.items() if mode < TrackingMode.INDIVIDUAL}
_AFTER_REFUSAL: Final = {name: mode for name, mode in MODES.items() if mode <= TrackingMode.AGGREGATE}


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one line, and takes no abbreviations."""

    def __init__(self, *, example: str, **options: Any) -> None:  # noqa: ANN401 - what argparse hands to a verb's parser
        super().__init__(
            epilog=f"example:\n  {example}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
            **options,
        )

    def print_help(self, file: object = None) -> None:  # noqa: ARG002 - argparse passes none, or standard output
        """Print the help; argparse would print it elsewhere if standard output is closed, and hide a full disk."""
        say(self.format_help().rstrip("\n"), to=standard_output())

    def error(self, message: str) -> NoReturn:
        """Refuse the command line, without the value: it may be a key that was typed in the wrong place."""
        message = _ECHOED.sub("takes no value", message)
        raise CommandError(f"{printable(message)} (see {self.prog} --help)")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        # argparse's own prints the value, which may be a key as well.
        if action.choices is not None and value not in action.choices:
            raise argparse.ArgumentError(action, f"must be one of {', '.join(map(str, action.choices))}")


class Verb(NamedTuple):
    """One thing that the command does.

    Attributes:
        name: How it is called.
        summary: What it does, for the list of verbs and its own help.
        example: A command line that works in `docs/examples`.
        add_arguments: Adds what it takes to its parser.
        run: Does it, and returns the exit code.
    """

    name: str
    summary: str
    example: str
    add_arguments: Callable[[Parser], None]
    run: Callable[[argparse.Namespace], int]


class _Once(argparse.Action):
    """An option that may be repeated only with the same value: the last one must not win in silence."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        value: object = values if self.nargs != 0 else not (option_string or "").startswith("--no-")
        seen: dict[str, object] = namespace.__dict__.setdefault("seen", {})
        if seen.setdefault(self.dest, value) != value:
            parser.error(f"{'/'.join(self.option_strings)}: given twice with different values")
        setattr(namespace, self.dest, value)


def add_once(group: argparse._ArgumentGroup | argparse.ArgumentParser, *names: str, **options: object) -> None:
    """Add an option that takes a value and must not contradict itself."""
    group.add_argument(*names, action=_Once, **options)  # type: ignore[arg-type]  # argparse's own signature is wider


def add_switch(group: argparse._ArgumentGroup, name: str, *, help: str, default: bool | None = False) -> None:  # noqa: A002
    """Add `--name` and `--no-name`; both at once are refused."""
    group.add_argument(f"--{name}", f"--no-{name}", action=_Once, nargs=0, default=default, help=help)


def add_decision_arguments(parser: argparse.ArgumentParser, /) -> None:
    """Add route, override and consent."""
    route = parser.add_argument_group("route (tracks nothing unless told to)")
    add_switch(route, "track-opens", help="the route tracks opens")
    add_switch(route, "track-clicks", help="the route tracks clicks")
    add_switch(route, "require-consent", help="treat unknown consent as a refusal")
    add_once(
        route,
        "--without-consent",
        choices=sorted(_WITHOUT_CONSENT),
        default="off",
        help="the most if consent is unknown",
    )
    add_once(route, "--after-refusal", choices=sorted(_AFTER_REFUSAL), default="off", help="the most after a refusal")
    add_once(route, "--ceiling", choices=sorted(MODES), default="individual", help="the most in any case")
    override = parser.add_argument_group("override (of this message alone)")
    add_once(override, "--override-opens", choices=sorted(_BOOLEANS), help="beats the route for opens")
    add_once(override, "--override-clicks", choices=sorted(_BOOLEANS), help="beats the route for clicks")
    add_once(override, "--settings", metavar="JSON", help='a settings object, such as {"track_opens": false}')
    override.add_argument(
        "--header",
        metavar="LINE",
        action="append",
        default=[],
        help="a header line, such as 'X-LM-Override-Track-Opens: false'; may be repeated",
    )
    add_prefix(override)
    consent = parser.add_argument_group("consent (a ceiling)")
    add_once(consent, "--consent", choices=sorted(CONSENTS), default="unknown", help="the recipient's consent")
    add_once(
        consent,
        "--clicks-consent",
        choices=sorted(CONSENTS),
        help="the recipient's consent to click tracking, if it differs",
    )


def add_prefix(group: argparse._ArgumentGroup | argparse.ArgumentParser, /) -> None:
    """Add how override headers begin; None without it."""
    add_once(
        group, "--prefix", metavar="NAME", type=_read_prefix, help=f"how override headers begin (default: {PREFIX})"
    )


def read_decision(arguments: argparse.Namespace, /, *, message: bytes | None = None) -> Decision:
    """Resolve what `add_decision_arguments` asked for, and what a message's own header asks for.

    Raises:
        CommandError: `--settings` is not a settings object, or a `--header` is not one whole line with a name.
    """
    prefix = arguments.prefix or PREFIX
    overrides = [
        Override(
            track_opens=_BOOLEANS.get(arguments.override_opens), track_clicks=_BOOLEANS.get(arguments.override_clicks)
        )
    ]
    if arguments.settings is not None:
        overrides.append(_read_settings(arguments.settings))
    check_header_lines(arguments.header)
    if arguments.header:
        lines = "\r\n".join(arguments.header).encode("utf-8", "surrogateescape")
        overrides.append(parse_headers(lines, prefix=prefix))
    if message is not None:
        overrides.append(parse_headers(message, prefix=prefix))
    return resolve(
        Route(
            track_opens=arguments.track_opens,
            track_clicks=arguments.track_clicks,
            require_consent=arguments.require_consent,
            without_consent=_WITHOUT_CONSENT[arguments.without_consent],
            after_refusal=_AFTER_REFUSAL[arguments.after_refusal],
            ceiling=MODES[arguments.ceiling],
        ),
        *(override for override in overrides if override != Override()),
        consent=CONSENTS[arguments.consent],
        clicks_consent=CONSENTS.get(arguments.clicks_consent),
    )


def check_header_lines(lines: Sequence[str], /) -> None:
    """Check what `--header` was given.

    Raises:
        CommandError: One is not one whole line, or has no name.
    """
    if not all(_HEADER_LINE.fullmatch(line) for line in lines):
        raise CommandError("--header: pass one whole line each, with no line end and no space before its name")
    if not all(line.find(":") > 0 for line in lines):  # a reader would take it for the end of the header block
        raise CommandError("--header: pass a name, a colon and a value")


def _read_settings(text: str) -> Override:
    try:
        return parse_settings(from_json(text, _unique_members))
    except InvalidOverride as error:
        raise CommandError(f"--settings: {error}") from error
    except ValueError as error:
        raise CommandError("--settings: not JSON") from error


def _unique_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):  # RFC 8259 section 4: which of them counts differs from reader to reader
        raise CommandError("--settings: a member is given twice")
    return members


def add_output_argument(parser: argparse.ArgumentParser, /) -> None:
    """Add where the result goes."""
    add_once(
        parser,
        "-o",
        "--output",
        metavar="FILE",
        type=read_path,
        default="-",
        help="where to write (default: standard output)",
    )


def add_key_arguments(parser: argparse.ArgumentParser, /) -> None:
    """Add where the keys come from."""
    keys = parser.add_argument_group("keys (from a file or the variable LMTRACK_KEY, never from the command line)")
    add_once(keys, "--key-file", metavar="FILE", type=read_path, help="one key per line; the first signs, all verify")
    add_once(keys, "--tenant", metavar="NAME", default="", help="the tenant whose tokens these are")


def read_path(text: str, /) -> str:
    """Read the name of a file; for argparse.

    Raises:
        argparse.ArgumentTypeError: It is empty, which would mean the current folder.
    """
    if not text:
        raise argparse.ArgumentTypeError("must not be empty")
    return text


def _read_prefix(text: str) -> str:
    try:
        parse_headers(b"", prefix=text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be printable ASCII without spaces or colons") from None
    return text


def read_time(text: str, /) -> datetime:
    """Read an ISO 8601 time with its time zone; for argparse.

    Raises:
        argparse.ArgumentTypeError: It is not one.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise argparse.ArgumentTypeError("must be a time with its zone, such as 2026-01-31T09:00:00Z")
    return moment


def read_number(text: str, /) -> int:
    """Read a whole number from 0 on; for argparse.

    Raises:
        argparse.ArgumentTypeError: It is not one.
    """
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise argparse.ArgumentTypeError("must be a whole number, 0 or more")
    return int(text)


def read_seconds(text: str, /) -> timedelta:
    """Read a number of seconds from 0 on; for argparse.

    Raises:
        argparse.ArgumentTypeError: It is not one.
    """
    if not _SECONDS.fullmatch(text):
        raise argparse.ArgumentTypeError("must be a number of seconds, 0 or more, such as 1.5")
    return timedelta(seconds=float(text))
