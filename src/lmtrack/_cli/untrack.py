"""`lmtrack untrack`: a page or a message with its destinations restored and its pixel removed."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._cli.arguments import Verb, add_key_arguments, add_output_argument
from lmtrack._cli.files import add_source_arguments, read_keys, read_source, write_output
from lmtrack._cli.options import add_base_url, read_domain
from lmtrack._cli.output import CommandError, as_json, as_table, say, standard_output
from lmtrack._rewriting.document import HtmlDocument
from lmtrack._rewriting.edits import splice
from lmtrack._rewriting.finish import untracking_edits
from lmtrack._rewriting.own_tokens import verified_click, verified_open
from lmtrack.message import scan_message, untrack_message

if TYPE_CHECKING:
    import argparse

    from lmtrack._cli.arguments import Parser
    from lmtrack._cli.files import Source
    from lmtrack.urls import TrackingDomain


def _add_arguments(parser: Parser, /) -> None:
    """Add what `lmtrack untrack` takes."""
    add_source_arguments(parser)
    add_output_argument(parser)
    parser.add_argument(
        "--json", action="store_true", help="report as JSON: on standard output with -o, else on standard error"
    )
    add_base_url(parser)
    add_key_arguments(parser)


def _run(arguments: argparse.Namespace, /) -> int:
    """Take out what the keys signed, and count it.

    Raises:
        CommandError: Arguments or input cannot be used; then nothing has been written.
    """
    report_to = standard_output() if arguments.json and arguments.output != "-" else sys.stderr
    keys = read_keys(arguments.key_file, tenant=arguments.tenant)
    if keys is None:
        raise CommandError("--key-file or LMTRACK_KEY: needed to know what these keys signed")
    domain = read_domain(arguments, keys)
    source = read_source(arguments)
    raw = _untracked(source, domain)
    before, after = _count(source, domain), _count(_like(source, raw), domain)
    write_output(arguments.output, raw)
    left = _left(_like(source, raw), domain)
    by_kind = Counter(kind for kind, _, _ in left)
    report = {
        "links_restored": before.links - after.links,
        "pixels_removed": before.pixels - after.pixels,
        "links_left": max(by_kind["link"], after.links + after.by_id),  # those by id hold no destination
        "pixels_left": max(by_kind["pixel"], after.pixels),
    }
    if arguments.json:
        listed = [{"what": what, "place": place, "reason": reason} for what, place, reason in left]
        say(as_json({"type": source.kind, **report, "left": listed}), to=report_to)
    else:
        say(as_table((name.replace("_", " "), count) for name, count in report.items()), to=report_to)
        for what, place, reason in left:
            say(f"left: {what}, {place} ({reason})", to=report_to)
    return 1 if report["links_left"] or report["pixels_left"] else 0


def _left(source: Source, domain: TrackingDomain) -> list[tuple[str, str, str]]:
    """Return what an audit still finds of ours: a link or a pixel, its place, and why its part is left alone."""
    from lmtrack import audit  # noqa: PLC0415 - a quarter of the start of every verb

    if source.is_message:
        findings = audit.audit_message(source.raw, domains=[domain]).findings
    else:
        findings = audit.audit_html(source.text, domains=[domain]).findings
    signed = [
        (one.place, verified_open(domain, one.url or ""), verified_click(domain, one.url or "")) for one in findings
    ]
    ours = [(place, "pixel" if pixel else "link") for place, pixel, link in signed if pixel or link]
    reasons: dict[str, str] = {}
    if ours and source.is_message:
        document = scan_message(source.raw)
        leaves = document.leaves()
        for number, each in enumerate(document.found):
            reason = leaves[number].problem if number in leaves else each.reason
            reasons |= {each.path: str(reason)} if reason else {}
    left: list[tuple[str, str, str]] = []
    for place, what in ours:
        part = place.partition(",")[0].removeprefix("part ")
        while part and part not in reasons:
            part = part.rpartition(".")[0]
        left.append((what, place, reasons.get(part, "its destination is not in it")))
    return left


def _untracked(source: Source, domain: TrackingDomain) -> bytes:
    if source.is_message:
        return untrack_message(source.raw, domain=domain)
    edits = untracking_edits(HtmlDocument(source.text), domain)
    if source.encoding != "utf-8":
        # Which bytes a destination's characters are here is unknown; a reference means the same in any encoding.
        edits = [edit._replace(new=edit.new.encode("ascii", "xmlcharrefreplace").decode("ascii")) for edit in edits]
    return splice(source.text, edits).encode(source.encoding) if edits else source.raw


def _like(source: Source, raw: bytes) -> Source:
    text = "" if source.is_message else raw.decode(source.encoding)
    return source._replace(raw=raw, text=text)


class _Ours(NamedTuple):
    """How much of what the keys signed is in a file."""

    links: int
    by_id: int
    pixels: int


def _count(source: Source, domain: TrackingDomain) -> _Ours:
    if source.is_message:
        leaves = [leaf for leaf in scan_message(source.raw).leaves().values() if leaf.problem is None]
        pages = [leaf.document for leaf in leaves if leaf.is_html]
        urls = [url for leaf in leaves for url in leaf.written_urls()]
    else:
        pages = [HtmlDocument(source.text)]
        urls = pages[0].written_urls()
    clicks = [click for url in urls if (click := verified_click(domain, url))]
    by_id = sum(click.url is None for click in clicks)
    pixels = sum(verified_open(domain, image.url) is not None for page in pages for image in page.pixels())
    return _Ours(len(clicks) - by_id, by_id, pixels)


VERB: Final = Verb(
    name="untrack",
    summary="restore the tracked links and remove the pixel",
    example="lmtrack untrack tracked.eml -o archive.eml --key-file lmtrack.key",
    add_arguments=_add_arguments,
    run=_run,
)
