"""The rules of the table modes and "in template". Source: WHATWG HTML 13.2.6.4.9 to 13.2.6.4.15 and 13.2.6.4.18.

A rule that answers True has changed the insertion mode and wants the token processed again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lmtrack._html.in_body import Builder, Mode, end_in_body, start_in_body
from lmtrack._html.stack import CELLS, IN_TEMPLATE_HEAD, TABLE_PARTS, TABLE_SECTIONS, Border

if TYPE_CHECKING:
    from collections.abc import Callable

_IN_TEMPLATE: Final = {
    "caption": Mode.TABLE, "colgroup": Mode.TABLE, "tbody": Mode.TABLE, "tfoot": Mode.TABLE, "thead": Mode.TABLE,
    "col": Mode.COLUMN_GROUP, "tr": Mode.TABLE_BODY, "td": Mode.ROW, "th": Mode.ROW,
}  # fmt: skip


def leave(builder: Builder, name: str, mode: Mode, /) -> bool:
    """Close a part of a table and take the mode of what is around it; False if it is not open."""
    if not builder.stack.pop_name(name, Border.TABLE_SCOPE):
        return False
    if name in CELLS or name == "caption":
        builder.formatting.clear_to_marker()
    builder.mode = mode
    return True


def _open(builder: Builder, name: str, mode: Mode, /, *context: str) -> None:
    builder.stack.clear_to(*context)
    if name in CELLS or name == "caption":
        builder.open_marked(name)
    else:
        builder.stack.push(name)
    builder.mode = mode


def _topmost(builder: Builder, names: frozenset[str], /) -> str:
    return max(sorted(names), key=builder.stack.last)


def _start_in_table(builder: Builder, name: str, /) -> bool:
    if name in TABLE_PARTS:
        return _start_part(builder, name)
    if name == "table":
        if not builder.stack.pop_name(name, Border.TABLE_SCOPE):
            return False
        builder.reset_mode()
        return True
    if name in {"style", "script"}:
        builder.stack.push(name)
    elif name == "form":  # it becomes the form, but is popped at once
        if builder.form < 0 and not builder.templates:
            builder.form = 0
    elif name != "input" or builder.attribute("type") != "hidden":
        start_in_body(builder, name)
    return False


def _start_part(builder: Builder, name: str, /) -> bool:
    if name == "caption":
        _open(builder, name, Mode.CAPTION, "table")
        return False
    if name in {"col", "colgroup"}:
        _open(builder, "colgroup", Mode.COLUMN_GROUP, "table")
        return False
    if name in TABLE_SECTIONS:
        _open(builder, name, Mode.TABLE_BODY, "table")
        return False
    _open(builder, "tbody", Mode.TABLE_BODY, "table")
    return True


def _end_in_table(builder: Builder, name: str, /) -> bool:
    if name == "table":
        if builder.stack.pop_name(name, Border.TABLE_SCOPE):
            builder.reset_mode()
        return False
    return name not in TABLE_PARTS and end_in_body(builder, name)


def _start_in_caption(builder: Builder, name: str, /) -> bool:
    if name in TABLE_PARTS:
        return leave(builder, "caption", Mode.TABLE)
    return start_in_body(builder, name)


def _end_in_caption(builder: Builder, name: str, /) -> bool:
    if name in {"caption", "table"}:
        return leave(builder, "caption", Mode.TABLE) and name == "table"
    return name not in TABLE_PARTS and end_in_body(builder, name)


def _start_in_column_group(builder: Builder, name: str, /) -> bool:
    if name == "template":
        return start_in_body(builder, name)
    if name in {"col", "html"} or builder.stack.current != "colgroup":
        return False
    return leave(builder, "colgroup", Mode.TABLE)


def _end_in_column_group(builder: Builder, name: str, /) -> bool:
    if name == "col" or builder.stack.current != "colgroup":
        return False
    return leave(builder, "colgroup", Mode.TABLE) and name != "colgroup"


def _start_in_table_body(builder: Builder, name: str, /) -> bool:
    if name == "tr" or name in CELLS:
        _open(builder, "tr", Mode.ROW, *TABLE_SECTIONS)
        return name != "tr"
    if name in TABLE_PARTS:
        return leave(builder, _topmost(builder, TABLE_SECTIONS), Mode.TABLE)
    return _start_in_table(builder, name)


def _end_in_table_body(builder: Builder, name: str, /) -> bool:
    if name in TABLE_SECTIONS:
        leave(builder, name, Mode.TABLE)
        return False
    if name == "table":
        return leave(builder, _topmost(builder, TABLE_SECTIONS), Mode.TABLE)
    return _end_in_table(builder, name)


def _start_in_row(builder: Builder, name: str, /) -> bool:
    if name in CELLS:
        _open(builder, name, Mode.CELL, "tr")
        return False
    if name in TABLE_PARTS:
        return leave(builder, "tr", Mode.TABLE_BODY)
    return _start_in_table(builder, name)


def _end_in_row(builder: Builder, name: str, /) -> bool:
    if name in {"tr", "table"}:
        return leave(builder, "tr", Mode.TABLE_BODY) and name == "table"
    if name in TABLE_SECTIONS:
        return builder.stack.has(name, Border.TABLE_SCOPE) and leave(builder, "tr", Mode.TABLE_BODY)
    return _end_in_table(builder, name)


def _start_in_cell(builder: Builder, name: str, /) -> bool:
    if name in TABLE_PARTS:
        return leave(builder, _topmost(builder, CELLS), Mode.ROW)
    return start_in_body(builder, name)


def _end_in_cell(builder: Builder, name: str, /) -> bool:
    if name in CELLS:
        leave(builder, name, Mode.ROW)
        return False
    if name in TABLE_SECTIONS or name in {"table", "tr"}:
        return builder.stack.has(name, Border.TABLE_SCOPE) and leave(builder, _topmost(builder, CELLS), Mode.ROW)
    return name not in TABLE_PARTS and end_in_body(builder, name)


def _start_in_template(builder: Builder, name: str, /) -> bool:
    if name in IN_TEMPLATE_HEAD:
        return start_in_body(builder, name)
    builder.mode = builder.templates[-1] = _IN_TEMPLATE.get(name, Mode.BODY)
    return True


def _end_in_template(builder: Builder, name: str, /) -> bool:  # noqa: ARG001 - `</template>` never comes this way
    return False


START: Final[dict[Mode, Callable[[Builder, str], bool]]] = {
    Mode.BODY: start_in_body,
    Mode.TABLE: _start_in_table,
    Mode.CAPTION: _start_in_caption,
    Mode.COLUMN_GROUP: _start_in_column_group,
    Mode.TABLE_BODY: _start_in_table_body,
    Mode.ROW: _start_in_row,
    Mode.CELL: _start_in_cell,
    Mode.TEMPLATE: _start_in_template,
}
END: Final[dict[Mode, Callable[[Builder, str], bool]]] = {
    Mode.BODY: end_in_body,
    Mode.TABLE: _end_in_table,
    Mode.CAPTION: _end_in_caption,
    Mode.COLUMN_GROUP: _end_in_column_group,
    Mode.TABLE_BODY: _end_in_table_body,
    Mode.ROW: _end_in_row,
    Mode.CELL: _end_in_cell,
    Mode.TEMPLATE: _end_in_template,
}
