"""What the verbs say about links, parts and decisions: the same rows in every table, the same members in every JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from lmtrack._cli.output import as_table
from lmtrack.links import SkipReason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmtrack._mime.document import Layout
    from lmtrack._rewriting.plan import Plan
    from lmtrack.links import Link
    from lmtrack.message import MessageDocument, TrackedMessage
    from lmtrack.resolver import Decision


class LinkRow(NamedTuple):
    """A link where it stands: the path of its part (None on a page), and why it is not trackable."""

    path: str | None
    link: Link
    reason: SkipReason | None


def page_rows(plan: Plan, /, path: str | None = None) -> list[LinkRow]:
    """Give the links of one document in the order in which they stand."""
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
    """Give links as a table; `done` says what became of the trackable ones."""
    rows = list(rows)
    in_parts = any(row.path is not None for row in rows)
    table = [(*(["part"] if in_parts else []), "link", "element", "destination", "outcome")]
    table += [
        (
            *([row.path or "-"] if in_parts else []),
            str(row.link.index) if row.link.index >= 0 else "-",
            row.link.element + (" (Outlook)" if row.link.conditional else ""),
            row.link.url,
            f"skipped: {row.reason}" if row.reason else done,
        )
        for row in rows
    ]
    return as_table(table)


def links_members(rows: Iterable[LinkRow], /) -> dict[str, object]:
    """Give links as the members `links` and `skipped` of a JSON object."""
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
    """Give one table row for each flag: its name, its mode, its reasons."""
    rows = []
    for flag, mode in (("opens", decision.opens), ("clicks", decision.clicks)):
        codes = [reason.partition(":")[2] for reason in decision.reasons if reason.startswith(f"{flag}:")]
        rows.append((flag, mode.name.lower(), ", ".join(codes) or "the route says so"))
    return rows
