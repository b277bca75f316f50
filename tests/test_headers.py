from __future__ import annotations

import itertools
from email import message_from_bytes, policy

import pytest
from hypothesis import example, given, strategies as st

from lmtrack._headers import HeaderField, find_body, iter_fields, unfold
from strategies import HEADER_BLOCKS

RAW = st.binary(max_size=200) | HEADER_BLOCKS


def read(raw: bytes) -> list[tuple[str, str, bool]]:
    return [(field.name, field.value, field.certain) for field in iter_fields(raw)]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_fields_keep_their_folds(end: str) -> None:
    raw = f"A: 1{end}B:{end} 2{end}\t3{end}{end}body: no".encode()
    assert read(raw) == [("A", " 1", True), ("B", f"{end} 2{end}\t3", True)]


def test_last_field_may_lack_its_line_end() -> None:
    assert list(iter_fields(b"A: 1\nB: 2")) == [HeaderField("A", " 1", 0, 5, True), HeaderField("B", " 2", 5, 9, True)]


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (b"X-A : 1\r\n", "X-A"),
        (b"X-A\t: 1\r\n", "X-A"),
        (b"X-A 1\r\n", "X-A"),
        (b" X-A: 1\r\n", "X-A"),
        (b"\xef\xbb\xbfX-A: 1\r\n", "X-A"),
        (b"X-A\x00: 1\r\n", "X-A"),
        (b"X-\xe4: 1\r\n", "X-"),
        (b": 1\r\n", "1"),
        (b"\xe4\r\n", ""),
    ],
)
def test_malformed_line_keeps_the_name_it_seems_to_have(raw: bytes, name: str) -> None:
    (field,) = iter_fields(raw)
    assert (field.name, field.end, field.certain) == (name, len(raw), False)


def test_nothing_is_certain_after_a_malformed_line() -> None:
    assert read(b"A: 1\nB : 2\nC: 3\n") == [("A", " 1", True), ("B", " : 2", False), ("C", " 3", False)]


@pytest.mark.parametrize("raw", [b"A: 1\rB: 2\r\n", b"A: 1\r\r\nB: 2\r\n", b"A: 1\r 1\r\nB: 2\r\n", b"A: 1\r\nB: 2\r"])
def test_lone_carriage_return_ends_certainty(raw: bytes) -> None:
    assert not [field.certain for field in iter_fields(raw)][-1]


def test_envelope_line_of_an_mbox_entry_is_no_header() -> None:
    assert read(b"From a@b.test Thu\nA: 1\n") == [("", "a@b.test Thu", True), ("A", " 1", True)]


def test_envelope_line_elsewhere_is_malformed() -> None:
    assert read(b"A: 1\nFrom a Thu\nB: 2\n") == [("A", " 1", True), ("From", " a Thu", False), ("B", " 2", False)]


def test_line_folded_below_the_envelope_line_is_malformed() -> None:
    assert read(b"From a\n B: 2\n") == [("", "a", True), ("B", ": 2", False)]


@pytest.mark.parametrize(
    ("raw", "span"),
    [
        (b"", (0, 0)),
        (b"A: 1", (4, 4)),
        (b"A: 1\n\nb", (5, 6)),
        (b"A: 1\r\n\r\nb", (6, 8)),
        (b"A: 1\r\r\n\r\r\nb", (7, 10)),
        (b"\r\nA: 1\r\n\r\n", (0, 2)),
        (b"A: 1\r\rb", (5, 6)),
        (b"A\r\rb", (2, 3)),
        (b"\rA: 1\r\r", (0, 1)),
        (b"A: 1\r\rb\n", (8, 8)),
        (b"A: 1\n \nB: 2\n\nb", (12, 13)),
    ],
)
def test_body_begins_after_the_first_empty_line(raw: bytes, span: tuple[int, int]) -> None:
    assert find_body(raw) == span


def test_unfolding_keeps_other_line_ends() -> None:
    assert unfold("a\r\n b\n\tc\nd\r e") == "a b\tc\nd\r e"


@given(RAW)
@example(b"From \n \r")
def test_fields_tile_the_header_block(raw: bytes) -> None:
    fields = list(iter_fields(raw))
    end, body = find_body(raw)
    assert b"".join(raw[field.start : field.end] for field in fields) == raw[:end]
    assert all(before.end == after.start for before, after in itertools.pairwise(fields))
    assert raw[end:body].strip(b"\r\n") == b""


@given(RAW)
def test_certainty_never_comes_back(raw: bytes) -> None:
    certain = [field.certain for field in iter_fields(raw)]
    assert certain == sorted(certain, reverse=True)


@given(RAW, st.binary(max_size=40))
def test_body_has_no_say(raw: bytes, body: bytes) -> None:
    end, _ = find_body(raw + b"\n\n")
    block = (raw + b"\n\n")[:end]
    assert list(iter_fields(block + b"\r\n" + body)) == list(iter_fields(block + b"\r\n"))


@given(RAW)
@example(b"A:\r\n \r\n\r\n")
@example(b"A: 1\n\nB: 2")
def test_certain_fields_are_those_of_the_stdlib_parser(raw: bytes) -> None:
    ours = [(field.name, unfold(field.value)) for field in iter_fields(raw) if field.certain and field.name]
    message = message_from_bytes(raw, policy=policy.compat32)
    theirs = [
        (name, unfold(str(value).encode("ascii", "surrogateescape").decode("latin-1")))
        for name, value in message.raw_items()
    ]
    everything_certain = all(field.certain for field in iter_fields(raw))
    assert everything_certain <= (len(ours) == len(theirs))
    for (our_name, our_value), (their_name, their_value) in zip(ours, theirs, strict=False):
        assert (our_name, our_value.strip(" \t\r\n")) == (their_name, their_value.strip(" \t\r\n"))
