"""What the command prints: plain text or one JSON object, with nothing in it that a terminal would obey."""

from __future__ import annotations

import json
import os
import re
import sys
from typing import TYPE_CHECKING, Final, NamedTuple, TextIO

from lmtrack._checking.terminal_text import printable
from lmtrack.links import SkipReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lmtrack._mime.document import Layout
    from lmtrack._rewriting.plan import Plan
    from lmtrack.links import Link
    from lmtrack.message import MessageDocument, TrackedMessage
    from lmtrack.resolver import Decision

# Why a link is not tracked, in plain words.
REASON_WORDS: Final = {
    SkipReason.EMPTY: "leads nowhere",
    SkipReason.PLACEHOLDER: "a template has yet to fill it in",
    SkipReason.FRAGMENT: "leads to a place in the email",
    SkipReason.SCHEME: "not a web address",
    SkipReason.SCHEME_RELATIVE: "without http: or https:",
    SkipReason.RELATIVE: "without a host",
    SkipReason.BAD_DESTINATION: "not a URL that every browser reads the same way",
    SkipReason.TOO_LONG: "longer than the limit",
    SkipReason.TRACKED: "tracked already",
    SkipReason.OPT_OUT: "marked as not to be tracked",
    SkipReason.LISTED: "on your list",
    SkipReason.UNSUBSCRIBE: "a way to unsubscribe",
    SkipReason.SENSITIVE: "holds a secret or a person's data",
    SkipReason.URL_TEXT: "its text shows another domain's address",
    SkipReason.PERSONAL: "differs from person to person",
    SkipReason.TOO_MANY: "more links than a token counts",
    SkipReason.UNDECODABLE: "not in the charset of its part",
    SkipReason.LINE_TOO_LONG: "no line has room for it",
}
# Our choice: as short as base64 of 16 random bytes, in any of its alphabets, which have no dot.
_LIKE_A_KEY: Final = re.compile(r"[A-Za-z0-9+/_=-]{22,}")
_WIDEST: Final = 72  # our choice: three columns of this table fit a window of 120


class CommandError(Exception):
    """What the user gave cannot be used; its text is the one line they see, and holds no secret."""


def name_of(path: str, /) -> str:
    """Return what a file is called in messages; `-` is standard input.

    What could be a key in the place of a file is not shown: no file has that name, and there is no dot in it.
    """
    if _LIKE_A_KEY.fullmatch(path) and not os.path.lexists(path):
        return "FILE (not shown: it could be a key)"
    return "standard input" if path == "-" else printable(path)


def standard_output() -> TextIO:
    """Return standard output, for what was asked for.

    Raises:
        CommandError: It is closed.
    """
    stream: TextIO | None = sys.stdout  # None if the process was started without one
    if stream is None:
        raise CommandError("standard output: closed")
    return stream


def say(text: str, /, *, to: TextIO | None) -> None:
    """Print one or more lines; what the stream's encoding lacks is escaped, and a closed one (None) is told nothing."""
    if to is not None:
        write_line(text, to=to)
        to.flush()


def write_line(text: str, /, *, to: TextIO) -> None:
    """Write one of many lines, which the stream may hold back for a while."""
    encoding = to.encoding or "utf-8"
    to.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def as_json(value: Mapping[str, object], /) -> str:
    """Return one JSON object in ASCII."""
    return json.dumps(value, indent=2)


def as_table(rows: Iterable[Sequence[object]], /) -> str:
    """Return rows as aligned columns; a long cell is cut, and JSON has it whole.

    Example:
        >>> print(as_table([("opens", "off"), ("clicks", "individual")]))
        opens   off
        clicks  individual
    """
    cells = [[_cell(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def _cell(value: object) -> str:
    text = printable(str(value))
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 3]}..."


class LinkRow(NamedTuple):
    """A link and where it is: the path of its part (None on a page), and why it is not trackable."""

    path: str | None
    link: Link
    reason: SkipReason | None


def page_rows(plan: Plan, /, path: str | None = None) -> list[LinkRow]:
    """Return the links of one document in the order in which they appear."""
    rows = [LinkRow(path, link, None) for link in plan.links]
    rows += [LinkRow(path, link, reason) for link, reason in plan.skipped]
    return sorted(rows, key=lambda row: row.link.start)


def message_rows(document: MessageDocument, layout: Layout, tracked: TrackedMessage, /) -> list[LinkRow]:
    """Return the links of a message's displayed parts, part by part, with what tracking it found out about them."""
    left = {(link.index, link.start) for link, reason in tracked.skipped if reason is SkipReason.LINE_TOO_LONG}
    return [
        row._replace(reason=SkipReason.LINE_TOO_LONG) if (row.link.index, row.link.start) in left else row
        for number, planned in layout.leaves.items()
        for row in page_rows(planned.plan, document.found[number].path)
    ]


def links_table(rows: Iterable[LinkRow], /, *, done: str) -> str:
    """Return links as a table; `done` says what became of the trackable ones."""
    rows = list(rows)
    in_parts = any(row.path is not None for row in rows)
    table = [(*(["part"] if in_parts else []), "link", "element", "destination", "outcome")]
    table += [
        (
            *([row.path or "-"] if in_parts else []),
            str(row.link.index) if row.link.index >= 0 else "-",
            row.link.element + (" (Outlook)" if row.link.conditional else ""),
            row.link.url,
            f"skipped: {row.reason} ({REASON_WORDS[row.reason]})" if row.reason else done,
        )
        for row in rows
    ]
    return as_table(table)


def links_members(rows: Iterable[LinkRow], /) -> dict[str, object]:
    """Return links as the members `links` and `skipped` of a JSON object."""
    links: list[dict[str, object]] = []
    skipped: list[dict[str, object]] = []
    for path, link, reason in rows:
        member = {**({} if path is None else {"part": path}), **link.to_dict()}
        if reason is None:
            links.append({**member, "text": link.text()})
        else:
            skipped.append({**member, "reason": str(reason)})
    return {"links": links, "skipped": skipped}


def flag_rows(decision: Decision, /) -> list[tuple[str, str, str]]:
    """Return one table row for each flag: its name, its mode, its reasons."""
    rows = []
    for flag, mode in (("opens", decision.opens), ("clicks", decision.clicks)):
        codes = [reason.partition(":")[2] for reason in decision.reasons if reason.startswith(f"{flag}:")]
        rows.append((flag, mode.name.lower(), ", ".join(codes) or "the route says so"))
    return rows
