"""Edits on a text: carry them out, undo them, and keep the lines of what comes of them within a limit.

A message body that is sent as it is (7bit, 8bit) may hold lines of 998 bytes at most (RFC 5321 section 4.5.3.1.6), and
minified HTML is one line. Before a link's attribute a line may be broken without any change to what a reader sees, and
in our own pixel; nowhere else is anything sure to mean the same.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, AnyStr, Final, NamedTuple

from lmtrack._html.grammar import WS
from lmtrack.links import Edit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from lmtrack._rewriting.slots.template import Change


def splice(source: AnyStr, edits: Iterable[tuple[int, AnyStr, AnyStr]], /) -> AnyStr:
    """Carry out edits, which must ascend and be disjoint."""
    parts: list[AnyStr] = []
    position = 0
    for offset, old, new in edits:
        parts.append(source[position:offset])
        parts.append(new)
        position = offset + len(old)
    parts.append(source[position:])
    return source[:0].join(parts)


def revert(output: AnyStr, edits: Iterable[tuple[int, AnyStr, AnyStr]], /) -> AnyStr:
    """Undo edits.

    Raises:
        ValueError: They do not ascend, overlap, or the text does not contain what they put there.
    """
    parts: list[AnyStr] = []
    position = shift = last = 0
    for offset, old, new in edits:
        start = offset + shift
        if offset < last or start > len(output) or not output.startswith(new, start):
            raise ValueError("the edits do not fit this document")
        parts += (output[position:start], old)
        position = start + len(new)
        shift += len(new) - len(old)
        last = offset + len(old)
    parts.append(output[position:])
    return output[:0].join(parts)


def carry_out(source: str, changes: list[Change], /) -> str:
    """Carry out changes, which must ascend and be disjoint; the same object if there are none."""
    if not changes:
        return source
    starts, ends, texts = zip(*changes, strict=True)
    parts = [""] * (2 * len(changes) + 1)
    parts[::2] = [source[end:start] for end, start in zip((0, *ends), (*starts, None), strict=True)]
    parts[1::2] = texts
    return "".join(parts)


def octets(text: str, /) -> int:
    """Length in UTF-8; a lone surrogate counts three."""
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


_PIXEL_START: Final = "<img "
# A blank before the attribute whose value begins here.
_BLANK_BEFORE_NAME: Final = re.compile(rf"({WS})[^\t\n\f\r \"'>/=]++{WS}*+={WS}*+[\"']?+\Z")
_NO_LIMIT: Final = 1 << 62
_LONGEST_NAME: Final = 100  # of an attribute with the blanks around it; our choice


class Fitted(NamedTuple):
    """Edits after lines were broken.

    Attributes:
        edits: What to carry out, breaks among it.
        given_up: The offsets of links, and of the pixel, that would have made a line too long.
    """

    edits: list[Edit]
    given_up: set[int]


class _Line(NamedTuple):
    """A line of the source with edits on it."""

    edits: list[Edit]
    start: int
    end: int


class _Step(NamedTuple):
    """An edit on a line that has to be broken.

    Attributes:
        edit: What to write.
        pieces: Its text, in pieces that a line end goes between.
        break_at: Where the line is broken before it; -1 for nowhere.
        room: How many bytes may be before it on its line.
    """

    edit: Edit
    pieces: list[str]
    break_at: int
    room: int


class _Measure(NamedTuple):
    """By what a line is measured, and what may be done about it; the arguments of `fit_lines`."""

    limit: int
    instead: Mapping[int, str]
    size_of: Callable[[str], int]
    find_break: Callable[[str, int], int]


def break_before(text: str, start: int, /) -> int:
    """Find the blank before an attribute whose value starts here, to break a line at; -1 without one."""
    found = _BLANK_BEFORE_NAME.search(text, max(start - _LONGEST_NAME, 0), start)
    return found.start(1) if found else -1


def fit_lines(
    source: str,
    edits: Iterable[Edit],
    max_line: int,
    /,
    *,
    instead: Mapping[int, str],
    size_of: Callable[[str], int] = octets,
    find_break: Callable[[str, int], int] = break_before,
) -> Fitted:
    """Break lines that edits make longer than `max_line` bytes; give up what does not fit even then.

    A line that was longer before may stay as long as it was. Linear.

    Args:
        source: The document.
        edits: Ascending and disjoint.
        max_line: The limit, without the line end.
        instead: What may be given up, by its offset: links and the pixel, each with the text to write then.
        size_of: Counts the bytes of a text; those of UTF-8 by default.
        find_break: Where a line may be broken before a link's value that starts here; -1 for nowhere.
    """
    eol = "\r\n" if source[: source.find("\n") + 1].endswith("\r\n") else "\n"
    fitted: list[Edit] = []
    given_up: set[int] = set()
    for line in _edited_lines(source, edits):
        before = size_of(source[line.start : line.end])
        grown = sum(size_of(new) - size_of(old) for _, old, new in line.edits)
        if grown <= 0 or before + grown <= max_line:
            fitted += line.edits
        else:
            measure = _Measure(max(max_line, before), instead, size_of, find_break)
            steps = _steps(source, line, measure)
            written, left = _break_line(source, line, steps, eol, measure)
            fitted += written
            given_up |= left
    return Fitted(fitted, given_up)


def _break_line(source: str, line: _Line, steps: list[_Step], eol: str, measure: _Measure, /) -> Fitted:
    """Write the edits of one line with breaks before links and inside the pixel, as far as its pieces fit."""
    _, instead, size_of, _ = measure
    fitted = Fitted([], set())
    position, column = line.start, 0
    for (offset, old, _), pieces, break_at, room in steps:
        if break_at >= 0:
            fitted.edits.append(Edit(break_at, "", eol))
            position, column = break_at, 0
        column += size_of(source[position:offset])
        position = offset + len(old)
        if column > room:
            fitted.given_up.add(offset)
        text = instead[offset] if column > room else eol.join(pieces)
        if text != old:
            fitted.edits.append(Edit(offset, old, text))
        *lines, rest = text.split("\n")
        column = size_of(rest) + (0 if lines else column)
    if fitted.given_up.issuperset(edit.offset for edit in line.edits if edit.offset in instead):
        # Nothing is left that the line was broken for.
        return fitted._replace(edits=[edit for edit in fitted.edits if edit.old or edit.new != eol])
    return fitted


def _steps(source: str, line: _Line, measure: _Measure, /) -> list[_Step]:
    """Find where the line may be broken, from its end to its start, as what follows an edit decides what fits."""
    limit, instead, size_of, find_break = measure
    steps: list[_Step] = []
    behind, position = 0, line.end
    for number in range(len(line.edits) - 1, -1, -1):
        edit = line.edits[number]
        offset, old, new = edit
        behind += size_of(source[offset + len(old) : position])
        position = offset
        # A value right behind the pixel has its offset, but stays.
        if offset not in instead or (number and line.edits[number - 1].offset == offset):
            steps.append(_Step(edit, [new], -1, _NO_LIMIT))
            first, *lines = new.split("\n")
            behind = size_of(first) + (0 if lines else behind)
        elif new.startswith(_PIXEL_START):
            pieces = _pixel_pieces(new)
            first_size, *sizes = map(size_of, pieces)
            fits = sizes[0] <= limit and sizes[1] + behind <= limit
            steps.append(_Step(edit, pieces, -1, limit - first_size if fits else -1))
            behind = first_size if fits else size_of(instead[offset]) + behind
        else:
            earlier = line.edits[number - 1].offset + len(line.edits[number - 1].old) if number else line.start
            break_at = find_break(source, offset)
            room = limit - size_of(new) - behind
            steps.append(_Step(edit, [new], break_at if break_at >= earlier else -1, room))
            if break_at >= earlier:
                behind, position = 0, break_at
            else:
                behind += size_of(instead[offset])
    return steps[::-1]


def _pixel_pieces(tag: str, /) -> list[str]:
    """Take a pixel apart at the first blank between its attributes, and before its long style or at the last."""
    start, style = len(_PIXEL_START) - 1, tag.rfind(" style=")
    end = style if style > start else tag.rindex(" ")
    return [tag[:start], tag[start:end], tag[end:]]


def _edited_lines(source: str, edits: Iterable[Edit], /) -> Iterator[_Line]:
    """Group edits by the line that they are on; the CR of its line end is not measured."""
    line: list[Edit] = []
    start = end = 0
    for edit in edits:
        stop = edit.offset + len(edit.old)
        if line and edit.offset > end:
            yield _Line(line, start, end - source.endswith("\r", start, end))
            line = []
        if not line:
            start, end = source.rfind("\n", 0, edit.offset) + 1, _line_end(source, edit.offset)
        line.append(edit)
        end = end if stop <= end else _line_end(source, stop)
    if line:
        yield _Line(line, start, end - source.endswith("\r", start, end))


def _line_end(source: str, position: int, /) -> int:
    found = source.find("\n", position)
    return len(source) if found < 0 else found
