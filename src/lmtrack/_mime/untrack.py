"""Take what we put into a part out again, in the encoding it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmtrack._mime.lines import LinesStencil
from lmtrack._mime.raw_edit import Content
from lmtrack._rewriting.finish import untracking_edits
from lmtrack._rewriting.plain_text import plain_untracking_edits

if TYPE_CHECKING:
    from lmtrack._mime.leaf import Leaf
    from lmtrack._mime.raw_edit import RawEdit
    from lmtrack._rewriting.own_tokens import Owner


def untracking_raw_edits(leaf: Leaf, owner: Owner, /) -> list[RawEdit]:
    """Return what puts the destinations of a part's links back and takes its pixels out."""
    if leaf.problem is not None:
        return []
    edits = untracking_edits(leaf.document, owner) if leaf.is_html else plain_untracking_edits(leaf.view.text, owner)
    # A destination in letters that the part's charset lacks cannot be written into plain text.
    values = [(edit, leaf.encode(edit.new)) for edit in edits]
    kept = [(edit, value) for edit, value in values if value is not None]
    if not kept:
        return []
    stencil = leaf.body.cut(
        leaf.spans([(edit.offset, edit.offset + len(edit.old), Content.NOTHING, 0) for edit, _ in kept])
    )
    if isinstance(stencil, LinesStencil):  # a line that tracking had to break was too long before
        stencil = stencil.without_limit()
    return stencil.fill([value for _, value in kept]).edits
