"""Slots in format=flowed: a reader of RFC 3676 shows the paragraphs of the template, with the values in them."""

from __future__ import annotations

import email
import email.policy
import re
from typing import Final, NamedTuple

import pytest
from hypothesis import example, given, strategies as st

from lmtrack import (
    BadValue,
    Consent,
    Route,
    TrackingDomain,
    make_keys,
    resolve,
    revert_message,
    scan_message,
    track_message,
)
from slot_strategies import ENCODERS, VALUES

DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"an example secret"))
OFF: Final = resolve(Route(), consent=Consent.GRANTED)
SLOTS: Final = {name: f"{{{{ {name} }}}}" for name in "xy"}


class Paragraph(NamedTuple):
    """What readers show as one: how deep it is quoted, and its text."""

    depth: int
    text: str


def unflowed(text: str, *, delsp: bool) -> list[Paragraph]:
    """Read a text by RFC 3676 section 4, with none of the code that is tested."""
    paragraphs: list[Paragraph] = []
    goes_on = False
    for line in re.split("\r\n|\n", text):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        is_separator = content == "-- "
        goes_on = goes_on and paragraphs[-1].depth == depth and not is_separator
        is_flowed = content.endswith(" ") and not is_separator
        if is_flowed and delsp:
            content = content[:-1]
        if goes_on:
            paragraphs[-1] = Paragraph(depth, paragraphs[-1].text + content)
        else:
            paragraphs.append(Paragraph(depth, content))
        goes_on = is_flowed
    return paragraphs


def shown(paragraphs: list[Paragraph], values: dict[str, str]) -> list[Paragraph]:
    """Put values in; blanks that end a paragraph have no spelling."""
    found = []
    for depth, text in paragraphs:
        for mark, value in values.items():
            text = text.replace(mark, re.sub("\r\n?", "\n", value))  # noqa: PLW2901 - one after the other
        found += [Paragraph(depth, line.rstrip(" ")) for line in text.split("\n")]
    return found


def merged(text: str, values: dict[str, str], *, encoding: str = "8bit", delsp: bool = False) -> str:
    head = f"Content-Type: text/plain; charset=utf-8; format=flowed{'; delsp=yes' * delsp}\r\n"
    head += f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    encoder = ENCODERS.get(encoding, bytes)
    raw = head.encode() + encoder(text.encode())
    document = scan_message(raw, slots=SLOTS)
    tracked = track_message(document, OFF, domain=DOMAIN, message_id="m", values=values)
    assert revert_message(tracked.raw, tracked.edits) == raw
    message = email.message_from_bytes(tracked.raw, policy=email.policy.SMTP)
    return message.get_payload(decode=True).decode()  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("Dear {{ x }}\r\nyou", "", "Dear\r\nyou"),
        ("Dear  {{ x }}  {{ x }}\r\nyou", " ", "Dear\r\nyou"),
        ("Dear {{ x }} \r\nyou", "", "Dear  \r\nyou"),
        ("Dear {{ x }}, you", "a\nb", "Dear a\r\nb, you"),
        ("Dear {{ x }} you", "a \n \n", "Dear a\r\n\r\n  you"),
        ("Dear {{ x }}", "\nyou ", "Dear\r\nyou"),
        (">> Dear {{ x }}, you", "a\n>b\n\nFrom ", ">> Dear a\r\n>> >b\r\n>>\r\n>> From , you"),
        (">{{ x }}\r\n> {{ x }}", ">", "> >\r\n> >"),
        (">{{ x }}\r\n> {{ x }}", "a", ">a\r\n> a"),
        ("{{ x }}", "> x \n From y \nFrom", " > x\r\n  From y\r\nFrom"),
        ("{{ x }} y", "", "  y"),
        ("{{ x }}{{ x }}{{ x }}> y", "", " > y"),
        ("{{ x }}om y", "Fr", " From y"),
        (" {{ x }}", ">", " >"),
        ("  {{ x }}", ">", "  >"),
        ("{{ x }} \r\ny", "", "  \r\ny"),
        ("a \r\n{{ x }}\r\nb", "\nc", "a \r\n\r\nc\r\nb"),
        ("-- \r\n{{ x }}\r\n-- {{ x }}", "", "-- \r\n\r\n--"),
        ("a {{ x }}", " b", "a  b"),
        ("a {{ x }}\r\nb", "X", "a X\r\nb"),
        ("X{{ x }}", "a\nb", "Xa\r\nb"),
        ("{{ x }}\r{{ x }}\n", ">", " >\r >\n"),
        ("> {{ x }}\r\nb", "a\n", "> a\r\n>\r\nb"),
        ("{{ x }}\n> b\n{{ x }}", "a\nc", "a\nc\n> b\na\nc"),
        ("{{ x }}\r> b\r{{ x }}\n", "a\nc", "a\nc\r> b\ra\nc\n"),
        ("{{ x }} https://s.example/?q={{ x }} {{ x }}", "", "  https://s.example/?q="),
    ],
)
def test_lines_are_quoted_stuffed_and_trimmed(text: str, value: str, expected: str) -> None:
    assert merged(text, {"x": value}) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [("{{ x }} \r\ny", "--"), ("a\r\n-{{ x }} \r\ny", "-"), ("> {{ x }}- ", "-"), ("--{{ x }}{{ x }} \r\n", "")],
)
def test_no_value_makes_the_separator_before_a_signature(text: str, value: str) -> None:
    with pytest.raises(BadValue, match="signature") as caught:
        merged(text, {"x": value})
    assert (caught.value.slot, caught.value.place) == ("x", "flowed text")
    assert merged(text, {"x": f"{value}-"})


PIECES: Final = st.sampled_from(
    ["{{ x }}", "{{ x }}", "{{ y }}", " ", " ", "  ", ">", "> ", "a", "-", "--", "-- ", "From ", "Fro", "\r\n", " \r\n",
     "\r\n> ", "\r\n>", "\r\n>>", "b "]
)  # fmt: skip
EDGES: Final = st.lists(
    st.sampled_from([" ", "  ", ">", "-", "--", "From ", "m ", "\n", "\r\n", "\r", "a", "é", "\t"]), max_size=6
).map("".join)


@example(["{{ x }}", "{{ y }}"], "a", ">", "8bit", False)
@example(["-- ", "{{ x }}"], "", "", "8bit", False)
@example(["{{ x }}", "-", " "], "-", "", "8bit", True)
@given(
    st.lists(PIECES, max_size=12), EDGES | VALUES, EDGES | VALUES, st.sampled_from([*ENCODERS, "7bit"]), st.booleans()
)
def test_a_reader_shows_the_template_with_the_values(
    pieces: list[str], first: str, second: str, encoding: str, delsp: bool
) -> None:
    text = "".join(pieces)
    try:
        found = merged(text, {"x": first, "y": second}, encoding=encoding, delsp=delsp)
    except BadValue:
        assert "--" in text.replace(SLOTS["x"], first).replace(SLOTS["y"], second)
        return
    template = text.replace(SLOTS["x"], "\ue000").replace(SLOTS["y"], "\ue001")
    marks = {"\ue000": first, "\ue001": second}
    assert shown(unflowed(found, delsp=delsp), {}) == shown(unflowed(template, delsp=delsp), marks)
