"""Slots (merge fields): how their markers are written, where they are in a text, and one recipient's values for them.

A marker is what the template says (`{{ name }}`, `slot-4f1c-name-slot`); a slot is what it stands for. Nothing here
knows HTML or mail: `escapes` has the table of what a value becomes where.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, NamedTuple, TypeAlias

from lmtrack._checks import plain_str, plain_str_or_none
from lmtrack.errors import BadValue, MissingValue

SlotMarkers: TypeAlias = Mapping[str, str | re.Pattern[str]] | re.Pattern[str]
Values: TypeAlias = Mapping[str, str | None]

# Between two letters or digits: inside `xslot-4f1c-id-slots`, `slot-4f1c-id-slot` is not a marker. True at either end
# of a marker whose edge is punctuation.
_NOT_WITHIN_A_WORD: Final = r"(?!(?<=[^\W_])[^\W_])"
# Printable ASCII in its percent-escaped form (RFC 3986 section 2.1), as programs that clean URLs write a marker.
_ESCAPED: Final = re.compile(r"%([2-7][0-9A-Fa-f])")
# What decides how markup is read. In a marker it decides nothing, so it is masked there before the document is read.
_MARKUP: Final = re.compile("[<>\"'&]")
_MASK: Final = "_"
# NUL is dropped or replaced by readers (WHATWG HTML 13.2.5.1), a lone surrogate has no encoding.
_NEVER: Final = re.compile("[\0\ud800-\udfff]")
_NOTHING: Final = re.compile(r"(?!)")
_NAME: Final = re.compile(r"[A-Za-z0-9_-]++")
_NONCE: Final = re.compile(r"[A-Za-z0-9]{8,}+")


class Marker(NamedTuple):
    """A marker in a text: its span and the name of its slot."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Slots:
    """The slots of a template, as `scan_html` and its kin were told; made by `read_slots`.

    Attributes:
        markers: Name and marker of each slot, or one pattern with a group `name`.
        defaults: The text to use for a missing, None or empty value, by name.
    """

    markers: tuple[tuple[str, str | re.Pattern[str]], ...] | re.Pattern[str]
    defaults: tuple[tuple[str, str], ...]
    _names: dict[str, str] = field(init=False, repr=False, compare=False)
    _literals: re.Pattern[str] = field(init=False, repr=False, compare=False)
    _patterns: tuple[tuple[str, re.Pattern[str]], ...] = field(init=False, repr=False, compare=False)
    _defaults: dict[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rows = (("", self.markers),) if isinstance(self.markers, re.Pattern) else self.markers
        names = {marker: name for name, marker in rows if isinstance(marker, str)}
        object.__setattr__(self, "_names", names)
        object.__setattr__(self, "_literals", _any_of(names) if names else _NOTHING)
        patterns = tuple((name, marker) for name, marker in rows if isinstance(marker, re.Pattern))
        object.__setattr__(self, "_patterns", patterns)
        object.__setattr__(self, "_defaults", dict(self.defaults))

    def __reduce__(self) -> tuple[type[Slots], tuple[object, object]]:
        return Slots, (self.markers, self.defaults)

    def declares(self, name: str, /) -> bool:
        """Return whether there can be a slot of this name."""
        return isinstance(self.markers, re.Pattern) or any(name == declared for declared, _ in self.markers)

    def find(self, text: str, /) -> list[Marker]:
        """Find the markers of a text, ascending and disjoint; of two that overlap the first, then the longer counts."""
        found = [Marker(*hit.span(), self._names[hit[0]]) for hit in self._literals.finditer(text)]
        for name, pattern in self._patterns:
            hits = ((hit, name or hit["name"]) for hit in pattern.finditer(text))
            found += [Marker(*hit.span(), slot) for hit, slot in hits if hit[0] and slot]
        return _disjoint(found, []) if self._patterns else found

    def find_escaped(self, text: str, known: Sequence[Marker], /) -> list[Marker]:
        """Find the markers that are written with percent escapes (`%7B%7Bname%7D%7D`) or directly behind one.

        What overlaps one of the `known` ones does not count, nor what holds markup, which is not masked.
        """
        if "%" not in text:
            return []
        escapes = [hit.start() - 2 * count for count, hit in enumerate(_ESCAPED.finditer(text))]
        plain = _ESCAPED.sub(lambda hit: chr(int(hit[1], 16)), text)
        spans = [
            Marker(start + 2 * bisect_left(escapes, start), end + 2 * bisect_left(escapes, end), name)
            for start, end, name in self.find(plain)
        ]
        return _disjoint([marker for marker in spans if not _MARKUP.search(text, *marker[:2])], known)

    def read(self, values: Values | None, names: Iterable[str], /) -> dict[str, str]:
        """Look up one recipient's values of the named slots.

        Raises:
            BadValue: A value holds U+0000 or a lone surrogate.
            MissingValue: There is neither a value nor a default.
            TypeError: A value is neither str nor None.
        """
        given: Values = {} if values is None else values
        defaults = self._defaults
        found: dict[str, str] = {}
        for name in names:
            value = given.get(name)
            if type(value) is not str:
                value = _plain_value(value, name)
            if not value and name in defaults:
                value = defaults[name]
            if value is None:
                raise MissingValue(name)
            found[name] = value
        if _NEVER.search("".join(found.values())):
            name, hit = next((name, hit) for name, value in found.items() if (hit := _NEVER.search(value)))
            problem = "it holds U+0000" if hit[0] == "\0" else "it holds a lone surrogate"
            raise BadValue(name, "any place", problem)
        return found


def _plain_value(value: object, name: str, /) -> str | None:
    return plain_str_or_none(value, f"the value of slot {name!r}")


def read_slots(slots: SlotMarkers | None, defaults: Mapping[str, str] | None, /) -> Slots | None:
    """Check what a caller says of a template's slots; None where there are none.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: A name or a marker is empty, two slots have one marker, a pattern has no group `name`, or there are
            defaults without slots.
    """
    if defaults is not None and not isinstance(defaults, Mapping):
        raise TypeError(f"defaults must be a mapping or None, not {type(defaults).__name__}")
    kept: list[tuple[str, str]] = []
    for name, value in (defaults or {}).items():
        if not isinstance(name, str) or not isinstance(value, str):
            raise TypeError("defaults must map names to str")
        kept.append((str.__str__(name), str.__str__(value)))
    if slots is None:
        if kept:
            raise ValueError("defaults need slots")
        return None
    if isinstance(slots, re.Pattern):
        if not isinstance(slots.pattern, str):
            raise TypeError("the pattern of slots must be a str pattern")
        if "name" not in slots.groupindex:
            raise ValueError("the pattern of slots must have a group `name`")
        return Slots(slots, tuple(kept))
    if not isinstance(slots, Mapping):
        raise TypeError(f"slots must be a mapping, a compiled pattern or None, not {type(slots).__name__}")
    rows = tuple(_read_row(name, marker) for name, marker in slots.items())
    if len({marker for _, marker in rows}) < len(rows):
        raise ValueError("two slots have the same marker")
    return Slots(rows, tuple(kept))


def _read_row(name: object, marker: object, /) -> tuple[str, str | re.Pattern[str]]:
    if isinstance(marker, re.Pattern) and isinstance(marker.pattern, str) and isinstance(name, str):
        return str.__str__(name), marker
    if not isinstance(name, str) or not isinstance(marker, str):
        raise TypeError("slots must map names to str or to compiled str patterns")
    name, marker = plain_str(name, "name"), plain_str(marker, "marker")
    if not name or not marker.strip():
        raise ValueError("the names and markers of slots must not be empty")
    return name, marker


def make_slots(names: Iterable[str], /, *, nonce: str) -> dict[str, str]:
    """Write markers that no one can guess, `slot-NONCE-name-slot`, for templates that other people's text goes through.

    The spelling survives inliners, minifiers and Markdown unchanged. A new nonce for each campaign, at least 8 letters
    and digits from `secrets.token_hex`, keeps a marker in a forum post or a product's name from being filled in.

    Raises:
        TypeError: `names` is one str, or holds something other than str.
        ValueError: A name holds something other than ASCII letters, digits, `_` and `-`, or the nonce something other
            than 8 or more letters and digits.

    >>> make_slots(["name", "city"], nonce="4f1c09ab")
    {'name': 'slot-4f1c09ab-name-slot', 'city': 'slot-4f1c09ab-city-slot'}
    """
    if isinstance(names, str):
        raise TypeError("names must be the names of slots, not one of them")
    nonce = plain_str(nonce, "nonce")
    if not _NONCE.fullmatch(nonce):
        raise ValueError("nonce must be 8 or more ASCII letters and digits")
    slots: dict[str, str] = {}
    for name in names:
        plain = plain_str(name, "a name")
        if not _NAME.fullmatch(plain):
            raise ValueError("a slot's name must be of ASCII letters, digits, _ and -")
        slots[plain] = f"slot-{nonce}-{plain}-slot"
    return slots


def masked(text: str, markers: Iterable[Marker], /) -> str:
    """Take from the markers of a text what would be markup; the same object if there is nothing to take."""
    parts: list[str] = []
    position = 0
    for start, end, _ in markers:
        marker = text[start:end]
        if _MARKUP.search(marker):
            parts += (text[position:start], _MARKUP.sub(_MASK, marker))
            position = end
    return "".join([*parts, text[position:]]) if parts else text


def _any_of(literals: Iterable[str], /) -> re.Pattern[str]:
    return re.compile(f"{_NOT_WITHIN_A_WORD}{_branches(sorted(literals))}{_NOT_WITHIN_A_WORD}")


def _branches(literals: list[str], /) -> str:
    """Spell one expression for any of the sorted texts, the longest first, that reads what they share only once."""
    first, last = min(literals), max(literals)  # what these two share, all share
    length = next((at for at, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), None)
    shared = first[:length]  # all of the first, where the last goes on from it
    rests = [literal[len(shared) :] for literal in literals]
    by_first = groupby(rests, key=lambda rest: rest[:1])
    groups = [_branches(list(group)) if first else "" for first, group in by_first]
    if groups == [""]:
        return re.escape(shared)
    return f"{re.escape(shared)}(?:{'|'.join(group for group in groups if group)}){'?' if '' in groups else ''}"


def _disjoint(found: list[Marker], known: Sequence[Marker], /) -> list[Marker]:
    """Drop what overlaps a known marker or an earlier one."""
    kept: list[Marker] = []
    starts = [marker.start for marker in known]
    position = 0
    for marker in sorted(found, key=lambda marker: (marker.start, -marker.end)):
        after = bisect_left(starts, marker.end)  # the known ones before this begin before it ends
        if marker.start >= position and (after == 0 or known[after - 1].end <= marker.start):
            kept.append(marker)
            position = marker.end
    return kept
