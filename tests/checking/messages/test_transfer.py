"""Encoded bodies: one reading where decoders agree, several and a problem where they do not."""

from __future__ import annotations

import base64
import quopri

import pytest
from hypothesis import given, strategies as st

from lmtrack._checking.messages.body_readings import Octets, read_octets


def readings(body: bytes, encoding: str, *, closed: bool = True) -> tuple[bytes, ...]:
    return read_octets(body, encoding, closed=closed).readings


def kind(body: bytes, encoding: str, *, closed: bool = True) -> str | None:
    problem = read_octets(body, encoding, closed=closed).problem
    return str(problem.kind) if problem else None


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary"])
def test_what_is_not_encoded_is_itself(encoding: str) -> None:
    assert read_octets(b"=3D\xff", encoding, closed=False) == Octets((b"=3D\xff",))


@pytest.mark.parametrize("encoding", ["x-uuencode", "8bits", "text/html", "quoted"])
def test_an_unknown_encoding_is_a_problem(encoding: str) -> None:
    assert readings(b"=3D", encoding) == (b"=3D",)
    assert kind(b"=3D", encoding) == "undecodable"


@given(st.binary())
def test_sound_bodies_have_one_reading(content: bytes) -> None:
    assert read_octets(base64.encodebytes(content), "base64", closed=False) == Octets((content,))
    quoted = quopri.encodestring(content)
    assert read_octets(quoted, "quoted-printable", closed=True).readings[0] == content


@pytest.mark.parametrize(
    ("body", "found", "why"),
    [
        (b"a=3Db=3d=\r\nc=\n", (b"a=b=c",), None),
        (b"a=", (b"a",), None),
        (b"a =\r\r\n b", (b"a  b",), None),
        (b'<img src="https://a.example/">', (b'<img src="https://a.example/">',), "undecodable"),
        (b"<im= \ng src=x>", (b"<im= \ng src=x>", b"<img src=x>"), "undecodable"),
        (b"=\r<img>\nx", (b"x", b"=\r<img>\nx"), "undecodable"),
        (b"=ZZ=3D", (b"=ZZ=",), "undecodable"),
    ],
)
def test_quoted_printable_is_read_as_programs_mend_it(body: bytes, found: tuple[bytes, ...], why: str | None) -> None:
    assert readings(body, "quoted-printable") == found
    assert kind(body, "quoted-printable") == why


@pytest.mark.parametrize("body", [b"a=3", b"a=D", b"a=3D=D"])
def test_quoted_printable_that_ends_in_an_escape_is_cut_off(body: bytes) -> None:
    assert kind(body, "quoted-printable", closed=False) == "truncated"
    assert kind(body, "quoted-printable", closed=True) == "truncated"
    assert kind(body + b"x", "quoted-printable", closed=False) == "undecodable"


def test_a_soft_break_at_the_end_is_sure_where_the_end_is() -> None:
    assert kind(b"a=", "quoted-printable", closed=True) is None
    assert kind(b"a=", "quoted-printable", closed=False) == "truncated"


@pytest.mark.parametrize(
    ("body", "found", "why"),
    [
        (b"PGE", (b"<a",), "truncated"),
        (b"PGE+P", (b"<a>",), "truncated"),
        (b"PGE=\nPGI=", (b"<a<b", b"<a\x0f\x18", b"<a"), "undecodable"),
        (b"PGE+!!PGE+", (b"<a><a>", b"<a>"), "undecodable"),
        (b"!", (b"",), "undecodable"),
    ],
)
def test_base64_is_read_as_programs_mend_it(body: bytes, found: tuple[bytes, ...], why: str) -> None:
    assert kind(body, "base64") == why
    assert readings(body, "base64") == found


def test_two_padded_blocks_are_both_read() -> None:
    two = base64.b64encode(b"<a") + base64.b64encode(b"<img>")
    assert b"<a<img>" in readings(two, "base64")


@given(st.binary(), st.sampled_from(["base64", "quoted-printable", "7bit", "x"]), st.booleans())
def test_any_octets_have_a_reading(body: bytes, encoding: str, closed: bool) -> None:
    assert readings(body, encoding, closed=closed)
