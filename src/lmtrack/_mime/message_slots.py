"""The slots of a message: in its header, in its displayed parts, and nowhere else, since they would go out raw."""

from __future__ import annotations

from binascii import Error, a2b_base64, a2b_qp
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from lmtrack._deciding.override import PREFIX, find_controls
from lmtrack._headers import find_body, unfold
from lmtrack._mime.charsets import as_text, codec_named, read_words
from lmtrack._mime.header_slots import find_header_slots
from lmtrack.errors import BadSlot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lmtrack._headers import HeaderField
    from lmtrack._mime.header_slots import HeaderTemplate
    from lmtrack._mime.leaf import Leaf
    from lmtrack._mime.structure import Part
    from lmtrack._rewriting.slots.markers import Slots

# What is text, whatever its type is called. In others (pictures, archives) a marker is a coincidence.
_TEXTS: Final = ("text/", "message/", "multipart/", "application/json", "application/ld+json", "application/xhtml+xml",
                 "application/xml", "application/ics", "application/pkcs7-mime", "application/pgp")  # fmt: skip
_ADVICE: Final = "a part that is not displayed text, or that is signed, cannot be edited; write the value before"


def read_message_slots(
    raw: bytes, fields: Sequence[HeaderField], parts: Sequence[Part], leaves: Mapping[int, Leaf], slots: Slots, /
) -> list[HeaderTemplate]:
    """Find the slots of the header, and check that those of the parts can be written.

    Raises:
        BadSlot: A marker is where no value can be written.
    """
    block = raw[: find_body(raw)[0]]
    controls = frozenset(field.start for field in find_controls(block, PREFIX))
    headers = find_header_slots(raw, fields, slots, controls)
    position = find_body(raw)[1]
    for number, part in enumerate(parts):
        _refuse_between(raw, position, part.start, slots)
        position = part.end
        leaf = leaves.get(number)
        if leaf is None or part.reason is not None or leaf.problem is not None:
            _refuse_inside(raw, part, slots)
            continue
        try:
            template = leaf.template
        except BadSlot as bad:
            raise BadSlot(bad.slot, f"{bad.place} of part {part.path}", bad.line, bad.advice) from None
        if template:
            leaf.field_edits()
    _refuse_between(raw, position, len(raw), slots)
    return headers


def refuse_signed(headers: Sequence[HeaderTemplate], leaves: Mapping[int, Leaf], /) -> None:
    """Refuse any slot in a message that is signed as it is.

    Raises:
        BadSlot: There is one.
    """
    names = [header.names[0] for header in headers]
    names += [leaf.template.names[0] for leaf in leaves.values() if leaf.template]
    if names:
        raise BadSlot(names[0], "a signed message", 1, "sign each message after its values are written")


def _refuse_between(raw: bytes, start: int, end: int, slots: Slots, /) -> None:
    """Refuse markers in the headers of parts, and in text before, between and behind parts."""
    text = as_text(raw[start:end])
    for one in (text, read_words(unfold(text))):
        if markers := slots.find(one):
            line = raw.count(b"\n", 0, start) + one.count("\n", 0, markers[0].start) + 1
            raise BadSlot(markers[0].name, "the header of a part or text outside of all parts", line, _ADVICE)


def _refuse_inside(raw: bytes, part: Part, slots: Slots, /) -> None:
    """Refuse markers in a part that comes back as it is."""
    if not part.content_type.startswith(_TEXTS):
        return
    readings = [raw[part.start : part.end]]
    if part.encoding == "quoted-printable":
        readings.append(a2b_qp(readings[0]))
    elif part.encoding == "base64":
        with suppress(Error):
            readings.append(a2b_base64(readings[0]))
    codec = codec_named(part.charset) if part.charset else None
    for octets in readings:
        for text in (octets.decode(codec or "utf-8", "replace"), octets.decode("latin-1").replace("\0", "")):
            if markers := slots.find(text):
                line = text.count("\n", 0, markers[0].start) + 1
                raise BadSlot(markers[0].name, f"part {part.path} ({part.content_type})", line, _ADVICE)
