"""The verbs that check: `audit`, `diff` and `lint-unsubscribe`."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, Final

from lmtrack._checking.terminal_text import difference_lines, finding_lines
from lmtrack._cli.arguments import Verb, read_path
from lmtrack._cli.files import add_sources_arguments, read_message, read_page_or_message
from lmtrack._cli.options import add_domain_arguments, add_tracker_argument, read_domains, read_trackers
from lmtrack._cli.output import CommandError, as_json, name_of, say, standard_output
from lmtrack.resolver import Route, resolve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lmtrack._cli.arguments import Parser
    from lmtrack._cli.files import Source
    from lmtrack.audit import Audit, Difference
    from lmtrack.urls import TrackingDomain


# By outcome, from the best to the worst. A file that cannot be read makes it 2: what is in it is not known.
_CODES: Final = {"clean": 0, "aggregate": 0, "not_provable": 3, "tracked": 1}
_RANKS: Final = {outcome: rank for rank, outcome in enumerate(_CODES)}
_UNREADABLE: Final = 2


def _add_audit_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack audit` takes."""
    add_sources_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_tracker_argument(parser)
    add_domain_arguments(parser)


def _run_audit(arguments: argparse.Namespace, /) -> int:
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
            source = read_page_or_message(path, arguments.type)
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
    from lmtrack._checking.audit.page import audit_of  # noqa: PLC0415 - the same

    if source.is_message:
        return audit.audit_message(source.raw, domains=domains, known_trackers=trackers)
    found = audit.audit_html(source.text, domains=domains, known_trackers=trackers)
    if source.encoding == "utf-8":
        return found
    why = "it is not UTF-8, so what its other bytes mean is not known"
    unknown = audit.Finding(kind=audit.FindingKind.UNDECODABLE, place="document", why=why)
    return audit_of([*found.findings, unknown])


def _add_diff_arguments(parser: Parser, /) -> None:
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
        help="URLs that match it are personal on purpose; may be repeated",
    )
    parser.add_argument(
        "--allow-header",
        metavar="NAME",
        action="append",
        default=[],
        help="a header that may differ, such as one that a mailbox keeps for itself; may be repeated",
    )


def _run_diff(arguments: argparse.Namespace, /) -> int:
    """Print what differs, and apart from it what is expected to.

    Raises:
        CommandError: Arguments or input cannot be used.
    """
    to = standard_output()
    if len(arguments.files) < 2:
        raise CommandError("pass two files or more, made for different people")
    names = [name_of(path) for path in arguments.files]
    sources = [read_page_or_message(path, arguments.type) for path in arguments.files]
    found = _compare(sources, [*arguments.allow, *arguments.allow_pattern])
    headers = tuple(f"header {name.strip().rstrip(':').lower()}" for name in arguments.allow_header)
    different: list[Difference] = []
    expected: list[Difference] = []
    for one in found:
        is_expected = one.expected or one.place.lower().endswith(headers)
        (expected if is_expected else different).append(one)
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


def _compare(sources: list[Source], allow: list[str | re.Pattern[str]]) -> Sequence[Difference]:
    from lmtrack import audit  # noqa: PLC0415 - a quarter of the start of every verb

    messages = [source for source in sources if source.is_message]
    if not messages:
        return audit.compare_renderings([source.text for source in sources], allow=allow)
    if len(messages) < len(sources):
        raise CommandError("some are messages and some are HTML; compare like with like")
    return audit.compare_messages([source.raw for source in messages], allow=allow)


def _read_pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError):
        raise argparse.ArgumentTypeError("must be a Python regular expression") from None


def _add_lint_unsubscribe_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack lint-unsubscribe` takes."""
    parser.add_argument("file", metavar="FILE", type=read_path, help="a message (.eml); - reads standard input")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--preference-url",
        metavar="PREFIX",
        action="append",
        default=[],
        help="your own page for unsubscribing or preferences; may be repeated",
    )
    parser.add_argument(
        "--individual", action="store_true", help="it is tracked for its recipient, so consent must be easy to withdraw"
    )
    add_domain_arguments(parser)


def _run_lint_unsubscribe(arguments: argparse.Namespace, /) -> int:
    """Print what is missing or wrong.

    Raises:
        CommandError: Arguments or input cannot be used.
    """
    from lmtrack import audit  # noqa: PLC0415 - a quarter of the start of every verb

    to = standard_output()
    domains = read_domains(arguments)
    raw = read_message(arguments.file)
    decision = resolve(Route(track_opens=True, track_clicks=True)) if arguments.individual else None
    try:
        findings = audit.lint_unsubscribe(
            raw, domains=domains, decision=decision, preference_urls=arguments.preference_url
        )
    except ValueError as error:
        raise CommandError(f"--preference-url: {error}") from None
    outcome = "wrong" if findings else "fine"
    if arguments.json:
        listed = [finding.to_dict() for finding in findings]
        say(as_json({"outcome": outcome, "file": name_of(arguments.file), "findings": listed}), to=to)
    else:
        say("\n".join([f"{name_of(arguments.file)}: {outcome}", *finding_lines(findings)]), to=to)
    return 1 if findings else 0


AUDIT: Final = Verb(
    name="audit",
    summary="say whether an email tracks its readers, with the evidence",
    example="lmtrack audit build/*.html sent.eml --domain track.example",
    add_arguments=_add_audit_arguments,
    run=_run_audit,
)


DIFF: Final = Verb(
    name="diff",
    summary="compare several recipients' copies of one email for anything that identifies them",
    example="lmtrack diff for-ann.eml for-bob.eml --allow-pattern /unsubscribe/",
    add_arguments=_add_diff_arguments,
    run=_run_diff,
)


LINT_UNSUBSCRIBE: Final = Verb(
    name="lint-unsubscribe",
    summary="check the ways to unsubscribe: List-Unsubscribe, one click, a visible link",
    example="lmtrack lint-unsubscribe mail.eml --domain track.example",
    add_arguments=_add_lint_unsubscribe_arguments,
    run=_run_lint_unsubscribe,
)
