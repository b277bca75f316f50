"""Writes header fields and lines of hostile messages, and keeps the truth about what was written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeVar

from message_pieces import CONTROLS, MALFORMED, TOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random  # noqa: TID251 - seeded, in tests only

    from message_pieces import Fate

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Leaf:
    """A part without parts: `raw[start:end]` is its encoded body."""

    path: str  # as IMAP counts (RFC 9051 section 6.4.5)
    start: int
    end: int
    kind: str
    encoding: str
    charsets: tuple[str, ...]  # what readers may take for its charset; empty text is none
    fate: Fate


_FIELD: Final = re.compile(r"[!-9;-~]+:|[ \t]")


@dataclass(slots=True)
class Writer:
    """Where a message is written to, what decides about it, and what is known about it so far."""

    random: Random
    documents: Sequence[str]
    ends: Sequence[str]
    out: bytearray = field(default_factory=bytearray)
    leaves: list[Leaf] = field(default_factory=list)
    controls: list[tuple[int, int]] = field(default_factory=list)
    off: set[str] = field(default_factory=set)
    features: set[str] = field(default_factory=set)
    path: list[int] = field(default_factory=list)
    active: list[str] = field(default_factory=list)  # the boundaries of the multiparts around
    serial: int = 0
    clear: bool = True  # whether readers agree where the parts are
    certain: bool = True  # whether readers agree where the message's header ends
    line_before: bool = True  # whether a line end belongs between what was written and the next delimiter

    def chance(self, share: float) -> bool:
        """Say yes to a share of the questions."""
        return self.random.random() < share

    def pick(self, options: Sequence[T]) -> T:
        """Choose one."""
        return self.random.choice(options)

    def note(self, *features: str) -> None:
        """Remember what the message has."""
        self.features.update(features)

    def eol(self) -> str:
        """Choose a line end."""
        end = self.pick(self.ends)
        return "\r\n" if self.out.endswith(b"\r") and end == "\n" else end  # else it would be one line end

    def line(self, text: str) -> None:
        """Write a line, and those folded below it."""
        for one in text.split("\n"):
            self.out += one.encode("latin-1", "replace")
            self.out += self.eol().encode()

    def leaf(self, body: bytes, *, kind: str, encoding: str, charsets: tuple[str, ...], fate: Fate) -> None:
        """Write the body of a leaf."""
        start = len(self.out)
        self.out += body
        path = ".".join(map(str, self.path)) or "1"
        end = len(self.out)
        self.leaves.append(
            Leaf(path=path, start=start, end=end, kind=kind, encoding=encoding, charsets=charsets, fate=fate)
        )

    def number(self) -> int:
        """Return the next number, so that no two links are equal by chance."""
        self.serial += 1
        return self.serial


_WORST: Final = {"must": 0, "may": 1, "never": 2}


def lower(fate: Fate, other: Fate) -> Fate:
    return max(fate, other, key=_WORST.__getitem__)


def parameter(writer: Writer, name: str, value: str) -> str:
    """Spell a parameter; a line feed in it stands for a fold."""
    spelling = writer.random.random()
    name = writer.pick([name, name, name.upper()])
    if len(value) > 1 and spelling < 0.08:
        writer.note("parameter in sections")
        middle = len(value) // 2
        return f'{name}*0="{value[:middle]}";\n {name}*1="{value[middle:]}"'
    if spelling < 0.4 and set(value) <= TOKEN:
        return f"{name}={value}"
    return f'{name}="{value}"'


def content_type(writer: Writer, kind: str, parameters: list[str]) -> str:
    """Spell a Content-Type that all readers understand alike."""
    name = writer.pick(
        ["Content-Type: ", "Content-Type: ", "content-type:", "CONTENT-TYPE: ", "Content-Type:\n ", "Content-type:\t"]
    )
    kind = writer.pick([kind, kind, kind.upper(), kind.title()])
    joint = writer.pick(["; ", "; ", ";", ";\n\t", ";\n ", " ; "])
    extra = writer.pick([[], [], [], ["x=y"], ["format=flowed", "x-n=1"]])
    return name + joint.join([kind, *parameters, *extra]) + writer.pick(["", "", "", ";", " "])


def harmless(writer: Writer, text: str) -> str:
    """Return text no line of which is a delimiter that somebody waits for."""
    delimiters = delimiters_of(writer.active)
    lines = text.replace("\r", "\n").split("\n")
    return text if delimiters.isdisjoint(line.rstrip(" \t") for line in lines) else "x"


def delimiters_of(boundaries: Sequence[str]) -> set[str]:
    return {f"--{boundary}{end}" for boundary in boundaries for end in ("", "--")}


def last_line_end(out: bytearray) -> int:
    return len(out) - (2 if out.endswith(b"\r\n") else 1 if out.endswith(b"\n") else 0)


def write_header(writer: Writer, fields: list[str], own: list[str], *, controls: bool) -> None:
    fields = [*fields]
    for line in own:
        fields.insert(writer.random.randint(0, len(fields)), line)
    if controls:
        writer.certain = _write_controls(writer, fields)
    else:
        for line in fields:
            writer.line(line)


def _write_controls(writer: Writer, fields: list[str]) -> bool:
    """Write the fields with override headers between them; give whether all the other fields are well formed."""
    said: dict[str, set[bool | None]] = {"opens": set(), "clicks": set()}
    certain = well_formed = True
    places: dict[int, list[tuple[str, str, bool | None]]] = {}
    if writer.chance(0.35):
        writer.note("control header")
        for _ in range(writer.pick([1, 1, 2, 3])):
            row = writer.pick(CONTROLS)
            if writer.chance(0.15):
                writer.note("malformed control header")
                row = (*writer.pick(MALFORMED), None)
            places.setdefault(writer.random.randint(0, len(fields)), []).append(row)
    for place in range(len(fields) + 1):
        for text, flag, says in places.get(place, []):
            if says is None and any(text == malformed for malformed, _ in MALFORMED):
                certain = False
            said[flag].add(says if certain else None)
            start = len(writer.out)
            writer.line(text)
            writer.controls.append((start, len(writer.out)))
        if place < len(fields):
            writer.line(fields[place])
            well_formed = well_formed and all(map(_FIELD.match, fields[place].split("\n")))
            certain = certain and well_formed
    writer.off |= {flag for flag, values in said.items() if values - {True}}
    return well_formed
