"""Take what we put into a part out again, in the encoding it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmtrack._mime.lines import LinesPlaces
from lmtrack._rewriting.finish import untracking_edits
from lmtrack._rewriting.plain_text import plain_untracking_edits

if TYPE_CHECKING:
    from lmtrack._mime.leaf import Leaf
    from lmtrack._mime.raw_edit import RawEdit
    from lmtrack.urls import TrackingDomain


def untracking_raw_edits(leaf: Leaf, domain: TrackingDomain, /) -> list[RawEdit]:
    """Give what puts the destinations of a part's links back and takes its pixels out."""
    if leaf.problem is not None:
        return []
    edits = untracking_edits(leaf.document, domain) if leaf.is_html else plain_untracking_edits(leaf.view.text, domain)
    # A destination in letters that the part's charset lacks cannot be written into plain text.
    values = [(edit, leaf.encode(edit.new)) for edit in edits]
    kept = [(edit, value) for edit, value in values if value is not None]
    if not kept:
        return []
    spans = leaf.spans([(edit.offset, edit.old) for edit, _ in kept])
    placed = leaf.body.place(spans)
    if isinstance(placed, LinesPlaces):  # a line that tracking had to break was too long before
        placed = placed.without_limit()
    return placed.fill([value for _, value in kept]) or []
