"""`lmtrack track`: a page or a message with its links and opens tracked, and tables of what became of each."""

from __future__ import annotations

import dataclasses
import secrets
import sys
import uuid
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from lmtrack._checking.terminal_text import printable
from lmtrack._cli.arguments import (
    Verb,
    add_decision_arguments,
    add_key_arguments,
    add_once,
    add_output_argument,
    read_decision,
    read_number,
    read_time,
)
from lmtrack._cli.files import add_source_arguments, read_file, read_keys, read_source, write_output
from lmtrack._cli.options import (
    NOT_UTF8,
    add_base_url,
    add_link_arguments,
    add_slot_arguments,
    read_domain,
    read_marker,
    read_pairs,
    read_policy,
)
from lmtrack._cli.output import (
    CommandError,
    LinkRow,
    as_json,
    as_table,
    flag_rows,
    links_members,
    links_table,
    message_rows,
    name_of,
    page_rows,
    say,
    standard_output,
)
from lmtrack._deciding.override import PREFIX
from lmtrack._rewriting.signing import Campaign, sending
from lmtrack.errors import BadSlot, BadValue, MissingValue
from lmtrack.html import scan_html, track_html
from lmtrack.message import campaign_urls, scan_message, track_message
from lmtrack.tokens import make_keys, make_open_token

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable
    from typing import TextIO

    from lmtrack._cli.arguments import Parser
    from lmtrack._cli.files import Source
    from lmtrack._rewriting.signing import Sending
    from lmtrack.links import LinkPolicy
    from lmtrack.message import MessagePart
    from lmtrack.resolver import Decision
    from lmtrack.tokens import ClickToken, Keys
    from lmtrack.urls import TrackingDomain


def _add_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack track` takes."""
    add_source_arguments(parser)
    add_output_argument(parser)
    parser.add_argument(
        "--json", action="store_true", help="report as JSON: on standard output with -o, else on standard error"
    )
    add_decision_arguments(parser)
    message = parser.add_argument_group("message")
    add_base_url(message)
    add_once(
        message, "--message-id", metavar="ID", help="your id for this message (default: a random one for this run)"
    )
    add_once(message, "--recipient", metavar="N", type=read_number, default=0, help="position in its recipient list")
    add_once(message, "--campaign", metavar="ID", help="the campaign; aggregate mode needs it")
    add_once(message, "--campaign-start", metavar="TIME", type=read_time, help="when the campaign started")
    add_once(
        message, "--campaign-template", metavar="FILE", help="the template of the campaign: only its links are tracked"
    )
    add_once(message, "--now", metavar="TIME", type=read_time, help="a time to use instead of the current one")
    add_key_arguments(parser)
    add_slot_arguments(parser)
    links = parser.add_argument_group("links and pixel")
    add_once(links, "--destinations", choices=["by_id", "inline"], default="inline", help="where destinations are kept")
    add_once(links, "--pixel-position", choices=["auto", "end", "start"], default="auto", help="where the pixel goes")
    add_once(links, "--strip-opt-out", choices=["all", "none", "own"], default="own", help="which attributes to remove")
    add_link_arguments(links)


def _run(arguments: argparse.Namespace, /) -> int:
    """Track a file and report what was done.

    Raises:
        CommandError: Arguments or input cannot be used; then nothing has been written.
    """
    # Asked before anything is written: a report that cannot be given must not leave a file behind.
    report_to = standard_output() if arguments.json and arguments.output != "-" else sys.stderr
    job, notes = _read_job(arguments)
    source = read_source(arguments)
    policy = dataclasses.replace(read_policy(arguments, source), strip_opt_out=arguments.strip_opt_out)
    if not source.is_message and arguments.prefix and not arguments.header:
        raise CommandError("--prefix: HTML has no header")
    try:
        result = (_track_message if source.is_message else _track_page)(arguments, job, source, policy)
    except (BadSlot, BadValue, MissingValue) as error:
        raise CommandError(f"{name_of(arguments.file)}: {error}") from error
    if not source.is_message and source.encoding != "utf-8":
        notes.append(NOT_UTF8)
    if not result.tracks:
        notes.append("nothing to track: see the reasons")
    elif job.made_keys:
        notes.append(
            "no --key-file and no LMTRACK_KEY: signed with a key made for this run, which no one else can verify"
        )
    write_output(arguments.output, result.raw)
    _report(arguments, job, source, result, notes, to=report_to)
    return 0


class _Job(NamedTuple):
    """What is signed into the file, if anything is."""

    decision: Decision
    domain: TrackingDomain
    message_id: str
    campaign: Campaign | None
    made_keys: bool


class _Result(NamedTuple):
    """What came out, whichever kind of file it is."""

    raw: bytes
    parts: tuple[MessagePart, ...]
    rows: list[LinkRow]
    clicks_written: bool
    pixel: str | None  # where it is, in words
    pixel_member: dict[str, object]
    removed: list[str]  # override headers
    decision: Decision

    @property
    def tracks(self) -> bool:
        return self.decision.track_opens or self.decision.track_clicks


def _read_job(arguments: argparse.Namespace) -> tuple[_Job, list[str]]:
    notes: list[str] = []
    decision = read_decision(arguments)
    if (arguments.campaign is None) != (arguments.campaign_start is None):
        raise CommandError("--campaign and --campaign-start belong together")
    if arguments.campaign_template and arguments.campaign is None:
        raise CommandError("--campaign-template needs --campaign")
    found_keys = read_keys(arguments.key_file, tenant=arguments.tenant)
    keys = found_keys or make_keys(secrets.token_bytes(32))
    message_id = arguments.message_id
    if message_id is None:
        message_id = str(uuid.uuid4())
        notes.append(f"no --message-id: this run's is {message_id}")
    _check_ids(arguments, keys, message_id)
    campaign = None
    if arguments.campaign is not None:
        urls = _campaign_urls(arguments) if arguments.campaign_template else None
        campaign = Campaign(id=arguments.campaign, started_at=arguments.campaign_start, urls=urls)
    domain = read_domain(arguments, keys)
    return _Job(decision, domain, message_id, campaign, made_keys=found_keys is None), notes


def _campaign_urls(arguments: argparse.Namespace) -> tuple[str, ...]:
    template = read_file(arguments.campaign_template, None)
    return campaign_urls(
        template.raw if template.is_message else template.text, policy=read_policy(arguments, template)
    )


def _check_ids(arguments: argparse.Namespace, keys: Keys, message_id: str) -> None:
    # By making tokens of them: what is wrong is wrong even if this decision needs no token.
    ids = [("--message-id, --recipient or --now", message_id, arguments.recipient, arguments.now)]
    if arguments.campaign is not None:
        ids.append(("--campaign or --campaign-start", arguments.campaign, 0, arguments.campaign_start))
    for name, identifier, recipient, moment in ids:
        try:
            make_open_token(keys, identifier, recipient=recipient, now=moment)
        except ValueError as error:
            raise CommandError(f"{name}: {error}") from error


def _track_page(arguments: argparse.Namespace, job: _Job, source: Source, policy: LinkPolicy) -> _Result:
    document = scan_html(source.text, **_slots(arguments))
    tracked = track_html(
        document,
        job.decision,
        domain=job.domain,
        message_id=job.message_id,
        recipient=arguments.recipient,
        campaign=job.campaign,
        destinations=arguments.destinations,
        policy=policy,
        pixel_position=arguments.pixel_position,
        values=read_pairs(arguments.value, "--value") or None,
        now=arguments.now,
    )
    plan = document.plan(policy, job.domain)
    sent = _sent(arguments, job, job.decision)
    return _Result(
        raw=tracked.html.encode(source.encoding),
        parts=(),
        rows=page_rows(plan),
        clicks_written=_writes_clicks(sent, plan.clicks),
        pixel=_line_and_column(tracked.html, tracked.pixel_offset),
        pixel_member={"pixel_offset": tracked.pixel_offset},
        removed=[],
        decision=sent.decision,
    )


def _track_message(arguments: argparse.Namespace, job: _Job, source: Source, policy: LinkPolicy) -> _Result:
    document = scan_message(source.raw, **_slots(arguments))
    prefix = arguments.prefix or PREFIX
    tracked = track_message(
        document,
        job.decision,
        domain=job.domain,
        message_id=job.message_id,
        recipient=arguments.recipient,
        campaign=job.campaign,
        destinations=arguments.destinations,
        text_links=arguments.text_links,
        policy=policy,
        pixel_position=arguments.pixel_position,
        allow_signed=arguments.allow_signed,
        prefix=prefix,
        values=read_pairs(arguments.value, "--value") or None,
        now=arguments.now,
    )
    rows: list[LinkRow] = []
    clicks: Iterable[ClickToken] = ()
    if tracked.decision.track_opens or tracked.decision.track_clicks or tracked.skipped:
        layout = document.layout(
            policy, job.domain, text_links=arguments.text_links, allow_signed=arguments.allow_signed
        )
        rows = message_rows(document, layout, tracked)
        clicks = layout.clicks
    removals = document.controls(prefix, allow_signed=arguments.allow_signed).removals
    return _Result(
        raw=tracked.raw,
        parts=tracked.parts,
        rows=rows,
        clicks_written=_writes_clicks(_sent(arguments, job, tracked.decision), clicks),
        pixel=None if tracked.pixel is None else f"part {tracked.pixel}",
        pixel_member={"pixel": tracked.pixel},
        removed=[edit.old.decode("latin-1").rstrip("\r\n") for edit in removals],
        decision=tracked.decision,
    )


def _slots(arguments: argparse.Namespace) -> dict[str, Any]:
    """How markers are written, if there are values for them."""
    defaults = read_pairs(arguments.default, "--default")
    if not arguments.value and not defaults:
        return {}
    return {"slots": read_marker(arguments.marker), "defaults": defaults or None}


def _sent(arguments: argparse.Namespace, job: _Job, decision: Decision) -> Sending:
    return sending(
        decision,
        domain=job.domain,
        message_id=job.message_id,
        recipient=arguments.recipient,
        campaign=job.campaign,
        destination=None,
        destinations=arguments.destinations,
        now=arguments.now,
    )


def _writes_clicks(sent: Sending, clicks: Iterable[ClickToken]) -> bool:
    # Where a link was tracked for this message before, no other is: its indices are taken.
    return sent.decision.track_clicks and not any(map(sent.has, clicks))


def _line_and_column(html: str, offset: int | None) -> str | None:
    if offset is None:
        return None
    before = html[:offset]
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return f"line {line}, column {column}"


def _report(
    arguments: argparse.Namespace, job: _Job, source: Source, result: _Result, notes: list[str], *, to: TextIO | None
) -> None:
    if arguments.json:
        message = {"parts": [part._asdict() for part in result.parts], "removed_headers": result.removed}
        report = {
            "type": source.kind,
            "message_id": job.message_id,
            **(message if source.is_message else {}),
            **links_members(result.rows),
            "links_written": result.clicks_written,
            **result.pixel_member,
            "decision": result.decision.to_dict(),
            "notes": notes,
        }
        say(as_json(report), to=to)
        return
    if source.is_message:
        table = [("part", "type", "action", "reason")]
        table += [(part.path, part.content_type, part.action, part.reason or "") for part in result.parts]
        say(as_table(table) + "\n", to=to)
    if not source.is_message or result.rows:
        done = "tracked" if result.clicks_written else "trackable"
        if result.decision.track_clicks and not result.clicks_written:
            done = "left: others of this message are tracked already"
        say(links_table(result.rows, done=done) + "\n", to=to)
    say(f"pixel: {result.pixel or 'none'}", to=to)
    for line in result.removed:
        say(f"removed: {printable(line)}", to=to)
    say("\n" + as_table(flag_rows(result.decision)), to=to)
    for note in notes:
        say(f"lmtrack: {note}", to=to)


VERB: Final = Verb(
    name="track",
    summary="track the links and opens of HTML or of a message",
    example="lmtrack track mail.eml -o tracked.eml --track-opens --track-clicks --key-file lmtrack.key",
    add_arguments=_add_arguments,
    run=_run,
)
