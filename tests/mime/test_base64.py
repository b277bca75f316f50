from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from hypothesis import given, strategies as st

from lmtrack._mime.base64 import Base64Body
from lmtrack._mime.raw_edit import Content
from lmtrack._rewriting.edits import revert, splice

HEAD = b"A: b\n\n"
TAIL = b"\n--b--"


def read(body: bytes) -> Base64Body:
    return Base64Body(HEAD + body + TAIL, len(HEAD), len(HEAD) + len(body), b"\n")


def edit(body: bytes, spans: list[tuple[int, int]], values: list[bytes]) -> bytes:
    edits = read(body).cut([(start, end, Content.LINK) for start, end in spans]).fill(values).edits
    assert edits is not None
    raw = HEAD + body + TAIL
    output = splice(raw, edits)
    assert revert(output, edits) == raw
    return output[len(HEAD) : len(output) - len(TAIL)]


def encoded(content: bytes, width: int, eol: bytes = b"\n") -> bytes:
    letters = b64encode(content)
    return eol.join(letters[start : start + width] for start in range(0, len(letters), width))


def test_what_stands_before_the_first_edit_stays_as_it_is() -> None:
    body = encoded(b"x" * 200, 76) + b"\n"
    written = edit(body, [(100, 101)], [b"yz"])
    assert written[: 100 // 3 * 4] == body[: 100 // 3 * 4]
    assert b64decode(written) == b"x" * 100 + b"yz" + b"x" * 99
    assert {len(line) for line in written.split(b"\n")[:-2]} == {76}
    assert written.endswith(b"\n")


@pytest.mark.parametrize("width", [4, 20, 60, 64, 72, 76])
def test_lines_keep_their_width(width: int) -> None:
    written = edit(encoded(b"x" * 200, width), [(10, 10)], [b"y" * 50])
    assert {len(line) for line in written.split(b"\n")[:-1]} == {width}


def test_lines_that_were_too_long_are_not_made_so() -> None:
    assert max(map(len, edit(encoded(b"x" * 300, 100), [(0, 0)], [b"y"]).split(b"\n"))) == 76
    assert max(map(len, edit(encoded(b"x" * 300, 1000), [(0, 0)], [b"y"]).split(b"\n"))) == 76


def test_blanks_before_a_line_count() -> None:
    assert max(map(len, edit(b" " + encoded(b"x" * 57, 76), [(0, 0)], [b"y" * 9]).split(b"\n"))) == 76


def test_a_body_can_be_cut_in_several_ways() -> None:
    body = read(b"QUJD")
    assert body.cut([(0, 0, Content.LINK)]).fill([b"x"]).edits == [(len(HEAD), b"QUJD", b"eEFCQw==")]
    assert body.cut([(3, 3, Content.LINK)]).fill([b"x"]).edits == [(len(HEAD) + 4, b"", b"eA==")]


def test_padding_on_a_line_of_its_own_is_padding() -> None:
    assert edit(b"QQ=\n=\n", [(1, 1)], [b"BC"]) == b"QUJ\nD\n"


@pytest.mark.parametrize("body", [b"", b"\n", b"\r\n \t\n"])
def test_an_empty_body_can_be_filled(body: bytes) -> None:
    assert b64decode(edit(body, [(0, 0)], [b"<img>"])) == b"<img>"
    assert edit(body, [(0, 0)], [b""]) == body


def test_a_body_can_be_emptied() -> None:
    assert edit(b"QUJD\n", [(0, 3)], [b""]) == b"\n"


@pytest.mark.parametrize(
    "body",
    [
        b"QQ==QUJD",  # two blocks: decoders stop after the first
        b"QQ==\nQQ==",
        b"QUJ",  # letters are missing
        b"QUJD=",
        b"Q===",
        b"QUJD QUJ*",
        b"QUJD-_==",
        b"\xffQUJD",
        b"=",
    ],
)
def test_what_decoders_read_differently_is_not_sound(body: bytes) -> None:
    assert not read(body).sound
    assert read(body).content == b""


@given(
    st.data(),
    st.binary(max_size=150),
    st.sampled_from([3, 4, 7, 60, 76, 100]),
    st.sampled_from([b"\n", b"\r\n", b" \n", b"\n\n", b"\n\t"]),
    st.sampled_from([b"", b"\n", b"\r\n\r\n"]),
)
def test_every_edit_decodes_as_the_edited_content(
    data: st.DataObject, content: bytes, width: int, eol: bytes, end: bytes
) -> None:
    body = encoded(content, width, eol) + end
    assert read(body).sound
    assert read(body).content == content
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), min_size=2, max_size=6)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    values = [data.draw(st.binary(max_size=100)) for _ in spans]
    written = edit(body, spans, values)
    assert read(written).sound
    expected = splice(
        content, [(start, content[start:stop], value) for (start, stop), value in zip(spans, values, strict=True)]
    )
    assert read(written).content == expected
    assert written.endswith(end)


@given(st.lists(st.lists(st.binary(max_size=8), min_size=3, max_size=3), min_size=1, max_size=5))
def test_holes_are_filled_for_each_recipient_again(recipients: list[list[bytes]]) -> None:
    content = bytes(range(40))
    spans = [(1, 1, Content.LINK), (2, 4, Content.LINK), (21, 30, Content.LINK)]
    body = encoded(content, 76, b"\n")
    stencil = read(body).cut(spans)
    for values in recipients:
        edits, left = stencil.fill(values)
        assert edits == read(body).cut(spans).fill(values).edits
        assert not left
        written = splice(HEAD + body, edits).removeprefix(HEAD)
        one, two, three = values
        assert read(written).content == content[:1] + one + content[1:2] + two + content[4:21] + three + content[30:]


@given(st.binary(max_size=60) | st.text("QUJD= \n-", max_size=30).map(str.encode))
def test_only_what_a_strict_decoder_takes_is_sound(body: bytes) -> None:
    letters = body.translate(None, b" \t\r\n")
    try:
        expected: bytes | None = b64decode(letters, validate=True)
    except ValueError:
        expected = None
    if b"=" in letters.rstrip(b"=") or len(letters) % 4:
        expected = None
    assert (read(body).content if read(body).sound else None) == expected
