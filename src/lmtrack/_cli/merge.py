"""`lmtrack merge`: one email per row of a CSV file, personal by its slots, tracked as far as each person allows."""

from __future__ import annotations

import json
import os
import secrets
import sys
import uuid
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._cli.arguments import (
    Verb,
    add_decision_arguments,
    add_key_arguments,
    add_once,
    read_decision,
    read_path,
    read_time,
)
from lmtrack._cli.files import Source, read_keys, read_message, why, write_output
from lmtrack._cli.options import (
    add_base_url,
    add_link_arguments,
    add_slot_arguments,
    read_domain,
    read_marker,
    read_pairs,
    read_policy,
)
from lmtrack._cli.output import CommandError, as_json, as_table, name_of, say, standard_output
from lmtrack._cli.people import Bad, People, plain_name
from lmtrack._deciding.override import PREFIX
from lmtrack.errors import BadSlot
from lmtrack.html import Campaign
from lmtrack.message import campaign_urls, scan_message, track_message
from lmtrack.resolver import Consent
from lmtrack.tokens import make_keys

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from typing import TextIO

    from lmtrack._cli.arguments import Parser
    from lmtrack.links import LinkPolicy
    from lmtrack.message import MessageDocument, TrackedMessage
    from lmtrack.resolver import Decision
    from lmtrack.urls import TrackingDomain

_IDS: Final = "ids.jsonl"
_MAILDIR: Final = ("tmp", "new", "cur")
_MOST_SHOWN: Final = 20  # bad rows in a table; JSON has them all
_CONSENTS: Final = {
    **{consent.value: consent for consent in Consent},
    **dict.fromkeys(("yes", "true", "1", "y"), Consent.GRANTED),
    **dict.fromkeys(("no", "false", "0", "n"), Consent.DENIED),
    "": Consent.UNKNOWN,
}


def _add_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack merge` takes."""
    parser.add_argument(
        "template", metavar="TEMPLATE", type=read_path, help="a message with markers such as {{ name }}"
    )
    parser.add_argument("people", metavar="PEOPLE", type=read_path, help="a CSV file with a column for each marker")
    add_once(parser, "-o", "--output", metavar="FOLDER", type=read_path, required=True, help="a new or an empty folder")
    add_once(parser, "--format", choices=["eml", "maildir"], default="eml", help="numbered files or a Maildir")
    parser.add_argument("--skip-bad", action="store_true", help="leave out bad rows and list them, instead of stopping")
    parser.add_argument("--json", action="store_true", help="report as JSON")
    add_slot_arguments(parser)
    add_once(parser, "--pixel-slot", metavar="NAME", help="the marker in the HTML that the pixel replaces")
    add_decision_arguments(parser)
    add_once(
        parser,
        "--consent-column",
        metavar="NAME",
        help="the column with each person's consent; empty is unknown: no, unless --no-require-consent",
    )
    message = parser.add_argument_group("message")
    add_base_url(message)
    add_once(message, "--campaign", metavar="ID", help="the campaign; aggregate mode needs it")
    add_once(message, "--campaign-start", metavar="TIME", type=read_time, help="when the campaign started")
    add_once(message, "--now", metavar="TIME", type=read_time, help="a time to use instead of the current one")
    add_key_arguments(parser)
    links = parser.add_argument_group("links and pixel")
    add_once(links, "--destinations", choices=["by_id", "inline"], default="inline", help="where destinations are kept")
    add_once(links, "--pixel-position", choices=["auto", "end", "start"], default="auto", help="where the pixel goes")
    add_link_arguments(links)


class _Job(NamedTuple):
    """What all rows have in common."""

    document: MessageDocument
    columns: dict[str, int]  # by slot, where its column is
    constants: Mapping[str, str]
    consent_column: int | None
    domain: TrackingDomain
    campaign: Campaign | None
    policy: LinkPolicy
    decisions: dict[Consent, Decision]
    arguments: argparse.Namespace

    def mail(self, cells: list[str], message_id: str, /) -> TrackedMessage:
        """Write one person's mail.

        Raises:
            BadValue: A cell cannot be written where its slot is.
            ValueError: The consent cannot be read.
        """
        consent = Consent.UNKNOWN
        if self.consent_column is not None:
            found = _CONSENTS.get(cells[self.consent_column].strip().lower())
            if found is None:
                raise ValueError("the consent cannot be read")
            consent = found
        arguments = self.arguments
        return track_message(
            self.document,
            self.decisions[consent],
            domain=self.domain,
            message_id=message_id,
            campaign=self.campaign,
            destinations=arguments.destinations,
            text_links=arguments.text_links,
            policy=self.policy,
            pixel_position=arguments.pixel_position,
            prefix=arguments.prefix or PREFIX,
            values={**self.constants, **{name: cells[column] for name, column in self.columns.items()}},
            pixel_slot=arguments.pixel_slot,
            now=arguments.now,
        )


def _run(arguments: argparse.Namespace, /) -> int:
    """Write one message a row.

    Raises:
        CommandError: Arguments or input cannot be used, or a row is bad; then nothing has been written.
    """
    report_to = standard_output()
    people = People(arguments.people)
    job, notes = _read_job(arguments, people)
    folder = _check_folder(arguments.output)
    bad = _check_rows(arguments, job, people)
    counts = _write_rows(arguments, job, people, folder, {one.line for one in bad})
    loads = track_loads(job)
    if loads:
        notes.append(f"loading these reveals who reads the email, tracked or not: {', '.join(loads)}")
    if people.note:
        notes.append(people.note)
    _report(arguments, people, counts, bad, notes, to=report_to)
    return 0


def track_loads(job: _Job, /) -> tuple[str, ...]:
    """The URLs of images and the like that differ per person."""
    templates = [leaf.template for leaf in job.document.leaves().values()]
    return tuple(dict.fromkeys(url for template in templates if template for url in template.loads))


def _read_job(arguments: argparse.Namespace, people: People) -> tuple[_Job, list[str]]:
    if (arguments.consent_column is None) == ("consent" not in getattr(arguments, "seen", {})):
        raise CommandError("pass either --consent-column NAME or --consent VALUE for all rows")
    raw = read_message(arguments.template)
    notes: list[str] = []
    keys = read_keys(arguments.key_file, tenant=arguments.tenant)
    if keys is None:
        notes.append(
            "no --key-file and no LMTRACK_KEY: signed with a key made for this run, which no one else can verify"
        )
    domain = read_domain(arguments, keys or make_keys(secrets.token_bytes(32)))
    policy = read_policy(arguments, Source(raw, is_message=True))
    defaults, constants = read_pairs(arguments.default, "--default"), read_pairs(arguments.value, "--value")
    try:
        document = scan_message(raw, slots=read_marker(arguments.marker), defaults=defaults or None)
    except BadSlot as error:
        raise CommandError(f"{name_of(arguments.template)}: {error}") from error
    _check_names(arguments, document, {"--value": constants, "--default": defaults})
    columns: dict[str, int] = {}
    for name in document.slot_names:
        if name == arguments.pixel_slot or name in constants:
            continue
        column = people.columns.get(plain_name(name))
        if column is not None:
            columns[name] = column
        elif name not in defaults:
            raise CommandError(
                f"{people.name}: no column {name!r}, which the template needs; or pass --value {name}=TEXT"
            )
    consent_column = None
    if arguments.consent_column is not None:
        consent_column = people.columns.get(plain_name(arguments.consent_column))
        if consent_column is None:
            raise CommandError(f"{people.name}: no column {arguments.consent_column!r}, which --consent-column names")
        # Whoever keeps consents means them: an empty cell must not track a person who was never asked.
        arguments.require_consent = arguments.seen.get("require_consent", True)
    decisions = {}
    for consent in Consent:
        if consent_column is not None:
            arguments.consent = consent.value
        decisions[consent] = read_decision(arguments)
    campaign = _campaign(arguments, document, policy)
    return _Job(document, columns, constants, consent_column, domain, campaign, policy, decisions, arguments), notes


def _check_names(
    arguments: argparse.Namespace, document: MessageDocument, given: Mapping[str, Mapping[str, str]], /
) -> None:
    """Check that the template has markers, and one for each name in the options.

    Raises:
        CommandError: It has none, or lacks one.
    """
    template = name_of(arguments.template)
    if not document.slot_names:
        raise CommandError(f"{template}: no marker such as {arguments.marker}, so all emails would be the same")
    pixel = {} if arguments.pixel_slot is None else {arguments.pixel_slot: ""}
    for option, names in {**given, "--pixel-slot": pixel}.items():
        for name in names:
            if name not in document.slot_names:
                raise CommandError(f"{option}: {template} has no marker {name!r}")


def _campaign(arguments: argparse.Namespace, document: MessageDocument, policy: LinkPolicy) -> Campaign | None:
    if (arguments.campaign is None) != (arguments.campaign_start is None):
        raise CommandError("--campaign and --campaign-start belong together")
    if arguments.campaign is None:
        return None
    try:
        urls = campaign_urls(document, policy=policy)
        return Campaign(id=arguments.campaign, started_at=arguments.campaign_start, urls=urls)
    except ValueError as error:
        raise CommandError(f"--campaign or --campaign-start: {error}") from error


def _check_folder(path: str) -> Path:
    folder = Path(path)
    try:
        if folder.exists() and any(folder.iterdir()):
            raise CommandError(f"{name_of(path)}: not empty; emails of two runs must not mix")
    except (OSError, ValueError) as error:
        raise CommandError(f"{name_of(path)}: {why(error)}") from error
    return folder


def _check_rows(arguments: argparse.Namespace, job: _Job, people: People) -> list[Bad]:
    """Make every message once, before the first is written: what is wrong is wrong then.

    Raises:
        CommandError: A row is bad, and bad rows are not to be left out.
    """
    bad: list[Bad] = []
    some_id = str(uuid.uuid4())
    progress = _Progress("checking", people)
    for line, cells in people.rows():
        progress.step()
        problem = cells.problem if isinstance(cells, Bad) else _problem(job, cells, some_id)
        if problem is None:
            continue
        if not arguments.skip_bad:
            progress.done()
            raise CommandError(f"{people.name}, line {line}: {problem}; --skip-bad leaves such rows out")
        bad.append(Bad(line, problem))
    progress.done()
    return bad


def _problem(job: _Job, cells: list[str], message_id: str) -> str | None:
    try:
        job.mail(cells, message_id)
    except BadSlot as error:  # the pixel's is in the header: no row can help that
        raise CommandError(f"{name_of(job.arguments.template)}: {error}") from error
    except ValueError as error:  # a BadValue is one
        return str(error)
    return None


def _write_rows(arguments: argparse.Namespace, job: _Job, people: People, folder: Path, bad: set[int]) -> Counter[str]:
    """Write the mails; each file appears whole, and its id is kept before it does."""
    counts: Counter[str] = Counter()
    is_maildir = arguments.format == "maildir"
    try:
        for part in _MAILDIR if is_maildir else ("",):
            (folder / part).mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / _IDS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as ids:
            progress = _Progress("writing", people)
            for line, cells in people.rows():
                progress.step()
                if isinstance(cells, Bad) or line in bad:
                    continue
                counts["written"] += 1
                message_id = str(uuid.uuid4())
                mail = job.mail(cells, message_id)
                name = f"{message_id}.lmtrack" if is_maildir else f"{counts['written']:06}.eml"
                evidence = mail.decision.to_dict()
                ids.write(json.dumps({"id": message_id, "row": line, "file": name, "decision": evidence}) + "\n")
                ids.flush()
                _write_mail(folder, name, mail.raw, is_maildir=is_maildir)
                counts[f"opens {mail.decision.opens.name.lower()}"] += 1
                counts[f"clicks {mail.decision.clicks.name.lower()}"] += 1
            progress.done()
    except OSError as error:
        raise CommandError(f"{name_of(arguments.output)}: {why(error)}") from error
    return counts


def _write_mail(folder: Path, name: str, raw: bytes, *, is_maildir: bool) -> None:
    if is_maildir:  # its own way to have no reader see half a message
        (folder / "tmp" / name).write_bytes(raw)
        (folder / "tmp" / name).rename(folder / "new" / name)
    else:
        write_output(str(folder / name), raw)


class _Progress:
    """A bar on a terminal; nothing anywhere else."""

    def __init__(self, what: str, people: People) -> None:
        self._what = what
        self._people = people
        self._shown = -1
        stream: TextIO | None = sys.stderr
        self._to = stream if stream is not None and stream.isatty() else None

    def step(self) -> None:
        """Show how much of the file was read."""
        if self._to is None:
            return
        percent = self._people.percent()
        if percent != self._shown:
            self._shown = percent
            bar = "#" * (percent // 4)
            self._to.write(f"\r{self._what:<9} [{bar:<25}] {percent:3}%")
            self._to.flush()

    def done(self) -> None:
        """Take the bar away."""
        if self._to is not None:
            self._to.write("\r" + " " * 45 + "\r")
            self._to.flush()


def _report(
    arguments: argparse.Namespace, people: People, counts: Counter[str], bad: list[Bad], notes: list[str], *, to: TextIO
) -> None:
    modes = {
        flag: {key.removeprefix(f"{flag} "): count for key, count in counts.items() if key.startswith(f"{flag} ")}
        for flag in ("opens", "clicks")
    }
    if arguments.json:
        report = {
            "written": counts["written"],
            **modes,
            "bad_rows": [{"line": one.line, "problem": one.problem} for one in bad],
            "delimiter": people.delimiter,
            "encoding": people.encoding,
            "byte_order_mark": people.has_mark,
            "notes": notes,
        }
        say(as_json(report), to=to)
        return
    rows: list[tuple[object, ...]] = [("emails written", counts["written"]), ("bad rows", len(bad))]
    rows += [(f"{flag} {mode}", count) for flag in ("opens", "clicks") for mode, count in sorted(modes[flag].items())]
    rows += [("delimiter", "tab" if people.delimiter == "\t" else people.delimiter), ("encoding", people.encoding)]
    say(as_table(rows), to=to)
    for one in bad[:_MOST_SHOWN]:
        say(f"line {one.line}: {one.problem}", to=to)
    if len(bad) > _MOST_SHOWN:
        say(f"and {len(bad) - _MOST_SHOWN} more; --json lists them all", to=to)
    for note in notes:
        say(f"lmtrack: {note}", to=to)


VERB: Final = Verb(
    name="merge",
    summary="write one personalised, tracked email for each row of a CSV file",
    example="lmtrack merge letter.eml people.csv -o outbox --consent-column consent --track-opens --track-clicks",
    add_arguments=_add_arguments,
    run=_run,
)
