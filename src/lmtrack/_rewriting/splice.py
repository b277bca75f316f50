"""Edits on a text: carry them out, undo them, and say where an insertion ends up."""

from __future__ import annotations

from typing import TYPE_CHECKING, AnyStr

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmtrack._rewriting.template import Change


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
