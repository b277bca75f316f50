"""`lmtrack track`: an HTML file with its links and opens tracked, and a table of what became of each."""

from __future__ import annotations

import dataclasses
import re
import secrets
import sys
import uuid
from pathlib import PurePath
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._cli.arguments import (
    add_decision_arguments,
    add_key_arguments,
    add_once,
    add_switch,
    read_decision,
    read_number,
    read_path,
    read_time,
)
from lmtrack._cli.files import read_input, read_keys, write_output
from lmtrack._cli.output import CommandError, as_json, as_table, printable, say, standard_output
from lmtrack.html import Campaign, track_html
from lmtrack.links import LinkPolicy
from lmtrack.resolver import Decision, Reason, TrackingMode
from lmtrack.tokens import make_keys, make_open_token
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    import argparse
    from typing import TextIO

    from lmtrack._cli.arguments import Parser
    from lmtrack.html import RewrittenHtml
    from lmtrack.links import Link
    from lmtrack.tokens import Keys

EXAMPLE: Final = "lmtrack track mail.html -o tracked.html --track-opens --track-clicks --key-file lmtrack.key"

_BASE_URL: Final = "https://track.example"  # RFC 2606: reserved, so nobody receives what a try-out sends
_MESSAGE_SUFFIXES: Final = frozenset((".eml", ".msg", ".mbox"))
# No HTML holds these, and nearly every other format does (UTF-16 has NUL). Allowed are the controls that WHATWG HTML
# takes for blanks, VT, which word processors paste for a line break, and ESC, which ISO-2022-JP switches with.
_BINARY: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]|\A%PDF-")
# Which characters these octets are is unknown then, so a token must not claim to know.
_BEYOND_ASCII: Final = re.compile(r"[^\x00-\x7f]")


def add_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack track` takes."""
    parser.add_argument("file", metavar="FILE", type=read_path, help="an HTML file; - reads standard input")
    add_once(
        parser,
        "-o",
        "--output",
        metavar="FILE",
        type=read_path,
        default="-",
        help="where to write (default: standard output)",
    )
    parser.add_argument(
        "--json", action="store_true", help="report as JSON: on standard output with -o, else on standard error"
    )
    add_decision_arguments(parser)
    message = parser.add_argument_group("message")
    add_once(
        message, "--base-url", metavar="URL", default=_BASE_URL, help=f"the tracking domain (default: {_BASE_URL})"
    )
    add_once(message, "--message-id", metavar="ID", help="your id of this mail (default: a random one for this run)")
    add_once(message, "--recipient", metavar="N", type=read_number, default=0, help="position in its recipient list")
    add_once(message, "--campaign", metavar="ID", help="the campaign; aggregate mode needs it")
    add_once(message, "--campaign-start", metavar="TIME", type=read_time, help="when the campaign started")
    add_once(message, "--now", metavar="TIME", type=read_time, help="another time than the current one")
    add_key_arguments(parser)
    links = parser.add_argument_group("links and pixel")
    add_once(links, "--destinations", choices=["by_id", "inline"], default="inline", help="where destinations are kept")
    add_once(links, "--pixel-position", choices=["auto", "end", "start"], default="auto", help="where the pixel stands")
    links.add_argument("--skip-url", metavar="URL", action="append", default=[], help="never track it; may be repeated")
    links.add_argument(
        "--tracking-host", metavar="HOST", action="append", default=[], help="its links are tracked already"
    )
    add_switch(links, "track-unsubscribe", help="track links that look like a way to unsubscribe")
    add_switch(links, "track-sensitive", help="track links that hold an address or a secret")
    add_switch(links, "track-conditional", default=True, help="look into Outlook comments")
    add_switch(links, "skip-url-text", help="leave links whose text is itself a URL")
    add_once(links, "--strip-opt-out", choices=["all", "none", "own"], default="own", help="which attributes to remove")
    add_once(links, "--max-url-octets", metavar="N", type=read_number, default=2000, help="leave longer URLs")


def run(arguments: argparse.Namespace, /) -> int:
    """Track a file and report what was done.

    Raises:
        CommandError: Arguments or input cannot be used; then nothing has been written.
    """
    notes: list[str] = []
    # Asked before anything is written: a report that cannot be given must not leave a file behind.
    report_to = standard_output() if arguments.json and arguments.output != "-" else sys.stderr
    decision = read_decision(arguments)
    if (arguments.campaign is None) != (arguments.campaign_start is None):
        raise CommandError("--campaign and --campaign-start belong together")
    found_keys = read_keys(arguments.key_file, tenant=arguments.tenant)
    keys = found_keys or make_keys(secrets.token_bytes(32))
    message_id = arguments.message_id
    if message_id is None:
        message_id = str(uuid.uuid4())
        notes.append(f"no --message-id: this run's is {message_id}")
    _check_ids(arguments, keys, message_id)
    campaign = None
    if arguments.campaign is None:
        decision = _lower_aggregate(decision)
    else:
        campaign = Campaign(id=arguments.campaign, started_at=arguments.campaign_start)
    tracks = decision.track_opens or decision.track_clicks
    if tracks and found_keys is None:
        notes.append("no --key-file and no LMTRACK_KEY: signed with a key made for this run, which nobody can verify")
    policy, domain = _read_options(arguments, keys)
    source = _read_html(arguments.file)
    if source.encoding != "utf-8":
        notes.append("not UTF-8: links with characters beyond ASCII are left alone")
        policy = dataclasses.replace(policy, skip_urls=[*policy.skip_urls, _BEYOND_ASCII])
    tracked = track_html(
        source.text,
        decision,
        domain=domain,
        message_id=message_id,
        recipient=arguments.recipient,
        campaign=campaign,
        destinations=arguments.destinations,
        policy=policy,
        pixel_position=arguments.pixel_position,
        now=arguments.now,
    )
    write_output(arguments.output, tracked.html.encode(source.encoding))
    if not tracks:
        notes.append("nothing to track: see the reasons")
    _report(arguments, decision, tracked, message_id, notes, to=report_to)
    return 0


def flag_rows(decision: Decision, /) -> list[tuple[str, str, str]]:
    """Give one table row for each flag: its name, its mode, its reasons."""
    rows = []
    for flag, mode in (("opens", decision.opens), ("clicks", decision.clicks)):
        codes = [reason.partition(":")[2] for reason in decision.reasons if reason.startswith(f"{flag}:")]
        rows.append((flag, mode.name.lower(), ", ".join(codes) or "the route says so"))
    return rows


class _Source(NamedTuple):
    text: str
    encoding: str


def _read_html(path: str) -> _Source:
    if PurePath(path).suffix.lower() in _MESSAGE_SUFFIXES:
        raise CommandError(f"{printable(path)}: a message, not HTML; messages cannot be tracked here yet")
    data = read_input(path)
    binary = CommandError(f"{'standard input' if path == '-' else printable(path)}: binary, not HTML")
    if _BINARY.search(data):
        raise binary
    # Both give every octet back: UTF-8 if it is valid (a byte order mark stays a character), else one octet each.
    try:
        return _Source(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        if b"<" not in data:  # then nothing says that it is text at all
            raise binary from None
        return _Source(data.decode("latin-1"), "latin-1")


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


def _lower_aggregate(decision: Decision) -> Decision:
    ceilings = {
        flag: TrackingMode.OFF if mode is TrackingMode.AGGREGATE else mode
        for flag, mode in (("opens", decision.opens), ("clicks", decision.clicks))
    }
    return decision.lower(Reason.AGGREGATE_WITHOUT_CAMPAIGN, opens=ceilings["opens"], clicks=ceilings["clicks"])


def _read_options(arguments: argparse.Namespace, keys: Keys) -> tuple[LinkPolicy, TrackingDomain]:
    try:
        domain = TrackingDomain(arguments.base_url, keys)
    except ValueError as error:
        raise CommandError(f"--base-url: {error}") from error
    try:
        policy = LinkPolicy(
            skip_urls=arguments.skip_url,
            tracking_hosts=arguments.tracking_host,
            track_unsubscribe=arguments.track_unsubscribe,
            track_sensitive=arguments.track_sensitive,
            track_conditional=arguments.track_conditional,
            strip_opt_out=arguments.strip_opt_out,
            skip_url_text=arguments.skip_url_text,
            max_url_octets=arguments.max_url_octets,
        )
    except ValueError as error:
        raise CommandError(f"--max-url-octets: {error}") from error
    return policy, domain


def _report(
    arguments: argparse.Namespace,
    decision: Decision,
    tracked: RewrittenHtml,
    message_id: str,
    notes: list[str],
    *,
    to: TextIO | None,
) -> None:
    if arguments.json:
        report = {
            "message_id": message_id,
            "links": [{**link.to_dict(), "text": link.text()} for link in tracked.links],
            "skipped": [{**link.to_dict(), "reason": str(reason)} for link, reason in tracked.skipped],
            "pixel_offset": tracked.pixel_offset,
            "decision": decision.to_dict(),
            "notes": notes,
        }
        say(as_json(report), to=to)
        return
    done = "tracked" if decision.track_clicks else "trackable"
    rows: list[tuple[Link, str]] = [(link, done) for link in tracked.links]
    rows += [(link, f"skipped: {reason}") for link, reason in tracked.skipped]
    rows.sort(key=lambda row: row[0].start)
    table = [("link", "element", "destination", "outcome")]
    table += [
        (
            str(link.index) if link.index >= 0 else "-",
            link.element + (" (Outlook)" if link.conditional else ""),
            link.url,
            outcome,
        )
        for link, outcome in rows
    ]
    say(as_table(table), to=to)
    say(f"\n{_where(tracked)}\n", to=to)
    say(as_table(flag_rows(decision)), to=to)
    for note in notes:
        say(f"lmtrack: {note}", to=to)


def _where(tracked: RewrittenHtml) -> str:
    if tracked.pixel_offset is None:
        return "pixel: none"
    before = tracked.html[: tracked.pixel_offset]
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return f"pixel: line {line}, column {column}"
