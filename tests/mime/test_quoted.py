from __future__ import annotations

import quopri
import sys
import threading
from binascii import a2b_qp

import pytest
from hypothesis import example, given, strategies as st

from lmtrack._mime.quoted import QuotedBody
from lmtrack._mime.raw_edit import Content, RawEdit
from lmtrack._rewriting.edits import revert, splice

URL = b"https://track.example/c/" + b"0123456789" * 12
HEAD = b"A: b\r\n\r\n"
TAIL = b"\r\n--b--"


def edit(body: bytes, spans: list[tuple[int, int]], values: list[bytes], eol: bytes = b"\r\n") -> bytes:
    raw = HEAD + body + TAIL
    quoted = QuotedBody(raw, len(HEAD), len(HEAD) + len(body), eol)
    edits, left = quoted.cut([(start, end, Content.LINK) for start, end in spans]).fill(values)
    assert not left
    assert all(type(one) is RawEdit for one in edits)
    output = splice(raw, edits)
    assert revert(output, edits) == raw
    assert output.startswith(HEAD)
    assert output.endswith(TAIL)
    return output[len(HEAD) : len(output) - len(TAIL)]


def lines(body: bytes) -> list[int]:
    return [len(line) for line in body.replace(b"\r\n", b"\n").split(b"\n")]


def test_a_value_that_fits_stays_on_its_line() -> None:
    assert edit(b'<a href=3D"x">=\r\nb', [(9, 10)], [b"https://t.example/"]) == b'<a href=3D"https://t.example/">=\r\nb'


def test_a_longer_one_fills_the_line_and_goes_on_below() -> None:
    body = edit(b'<a href=3D"x">b</a>\r\n', [(9, 10)], [URL])
    first, second, *rest = body.split(b"=\r\n")
    assert first == b'<a href=3D"' + URL[:64]
    assert second == URL[64:139]
    assert rest == [URL[139:] + b'">b</a>\r\n']


def test_threads_may_ask_at_once() -> None:
    body = b"=41=42=43 x\r\n" * 5_000
    quoted = QuotedBody(body, 0, len(body), b"\r\n")
    starts: list[int] = []
    ready = threading.Barrier(4)

    def ask() -> None:
        ready.wait()
        starts.append(quoted.cut([(24_995, 24_996, Content.LINK)]).holes[0].start)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert starts == [46_421] * 4


def test_every_octet_has_an_escape() -> None:
    value = bytes(range(256)).translate(None, b"\r\n")  # line ends have none
    assert a2b_qp(edit(b"ab", [(1, 1)], [value])) == b"a" + value + b"b"


def test_escapes_are_not_cut() -> None:
    body = edit(b"x" * 60, [(30, 30)], [b"=" * 60])
    assert a2b_qp(body) == b"x" * 30 + b"=" * 60 + b"x" * 30
    assert all(piece.count(b"=") * 3 == len(piece) - piece.count(b"x") for piece in body.split(b"=\r\n"))
    assert max(lines(body)) <= 76


def test_a_full_line_gives_its_last_character_to_the_next() -> None:
    assert edit(b"y" * 76 + b"\r\nz", [(76, 76)], [b"<img>"]) == b"y" * 75 + b"=\r\ny<img>\r\nz"
    assert edit(b"y" * 73 + b"=41\r\nz", [(74, 74)], [b"<img>"]) == b"y" * 73 + b"=\r\n=41<img>\r\nz"
    assert edit(b"y" * 74 + b"=z\r\n", [(76, 76)], [b"<img>"]) == b"y" * 74 + b"=\r\n=3Dz<img>\r\n"
    assert edit(b"y" * 73 + b"=zz\r\n", [(76, 76)], [b"<img>"]) == b"y" * 73 + b"=z=\r\nz<img>\r\n"
    assert edit(b"y" * 72 + b"=zzz\r\n", [(76, 76)], [b"<img>"]) == b"y" * 72 + b"=zz=\r\nz<img>\r\n"


def test_a_bare_equals_sign_before_the_character_that_moves_moves_too() -> None:
    body = b"y" * 75 + b"=zzz"
    assert edit(body, [(79, 79)], [b"<img>"]) == b"y" * 75 + b"=zz=\r\nz<img>"
    assert a2b_qp(edit(b"y" * 80 + b"=zzz", [(84, 84)], [b"<img>"])) == b"y" * 80 + b"=zzz<img>"
    assert edit(b"y" * 74 + b"=z=y", [(78, 78)], [b"<img>"]) == b"y" * 74 + b"=\r\n=z=3Dy<img>"


@pytest.mark.parametrize(
    ("body", "span", "value", "expected"),
    [
        (b"=x", (1, 2), b"41", b"=3D41"),
        (b"=4x", (2, 3), b"1", b"=3D41"),
        (b"==x", (1, 2), b"41", b"==41"),
        (b"==4x", (2, 3), b"1", b"==41"),
        (b"=3Dx", (1, 2), b"41", b"=3D41"),
    ],
)
def test_a_bare_equals_sign_is_never_read_together_with_what_is_written(
    body: bytes, span: tuple[int, int], value: bytes, expected: bytes
) -> None:
    assert edit(body, [span], [value]) == expected
    assert a2b_qp(expected)[-2:] == b"41"


def test_a_removal_leaves_no_blank_at_the_end_of_a_line() -> None:
    assert edit(b"<a no\r\n>", [(3, 5)], [b""]) == b"<a =\r\n\r\n>"
    assert edit(b"<a no>", [(2, 5)], [b""]) == b"<a>"


def test_what_an_mbox_would_mangle_is_not_put_at_the_start_of_a_line() -> None:
    body = edit(b"From x" + b"y" * 65, [(0, 0)], [b"<img src=1>"])
    assert body.split(b"=\r\n") == [b"<img src=3D1>", b"=46rom x" + b"y" * 65]
    assert edit(b"From " + b"y" * 71, [(0, 0)], [b"<img>"]) == b"<img>=\r\n=46=\r\nrom " + b"y" * 71
    assert edit(b"From " + b"y" * 69, [(0, 0)], [b"From "]) == b"=46rom =\r\n=46rom " + b"y" * 69
    assert edit(b"y" * 70, [(70, 70)], [b"From me"]) == b"y" * 70 + b"From =\r\nme"
    assert edit(b"y" * 75 + b"=\r\nz", [(75, 75)], [b"From me"]) == b"y" * 75 + b"=\r\n=46rom mez"


def test_no_line_that_is_written_begins_with_a_dot_or_with_hyphens() -> None:
    assert edit(b"y" * 70, [(70, 70)], [b"12345.example"]) == b"y" * 70 + b"12345=\r\n=2Eexample"
    assert edit(b"y" * 70, [(70, 70)], [b"12345--b"]) == b"y" * 70 + b"12345=\r\n=2D-b"
    assert edit(b"abc", [(0, 1)], [b".--"]) == b"=2E--bc"
    assert edit(b"a...b\r\n", [(0, 1)], [b""]) == b"=2E=2E=2Eb\r\n"
    assert edit(b"a." + b"b" * 74, [(0, 1)], [b"x" * 76]) == b"x" * 75 + b"=\r\nx." + b"b" * 74
    assert edit(b"a." + b"b" * 73, [(0, 1)], [b"x" * 75]) == b"x" * 75 + b"=\r\n=2E" + b"b" * 73
    assert edit(b"a." + b"b" * 74, [(0, 1)], [b"x" * 75]) == b"x" * 75 + b"=\r\n=2E=\r\n" + b"b" * 74


def test_a_line_cannot_become_a_delimiter() -> None:
    assert edit(b"x-b--", [(0, 1)], [b"-"]) == b"=2D-b--"
    assert edit(b"-xb", [(1, 2)], [b"-"]) == b"=2D-b"
    assert edit(b"--x", [(2, 3)], [b"b"]) == b"=2D-b"
    assert edit(b"-xy", [(1, 2), (2, 3)], [b"", b"-b"]) == b"=2D-b"
    assert edit(b"x-y", [(0, 1), (2, 3)], [b"", b"-b"]) == b"=2D-b"
    assert edit(b"- <x", [(3, 4)], [b"b"]) == b"- <b"


def test_line_ends_of_a_value_are_those_of_the_part() -> None:
    assert edit(b"axb", [(1, 2)], [b"1\n2\r\n3\r4"]) == b"a1\r\n2\r\n3\r\n4b"
    assert edit(b"axb", [(1, 2)], [b"1 \n.2\t\r\n--b \n"], b"\n") == b"a1=20\n=2E2=09\n=2D-b=20\nb"
    assert edit(b"Dear x\r\n", [(5, 6)], [b"\nAnn "]) == b"Dear =\r\n\r\nAnn=20\r\n"
    assert edit(b"a =x", [(3, 4)], [b"\n1"]) == b"a =3D\r\n1"
    assert edit(b"a=\tx", [(3, 4)], [b"\n1"]) == b"a=3D=09\r\n1"


def test_two_values_on_a_line_share_it() -> None:
    body = edit(b"ab" + b"c" * 70, [(1, 1), (2, 2)], [URL[:50], URL[:50]])
    assert max(lines(body)) <= 76
    assert a2b_qp(body) == b"a" + URL[:50] + b"b" + URL[:50] + b"c" * 70


def test_the_line_end_is_that_of_the_part() -> None:
    assert b"\r" not in edit(b"x\ny", [(1, 1)], [URL], b"\n")


def test_an_old_value_over_several_lines_goes_as_a_whole() -> None:
    assert edit(b"a=\r\nb=\r\nc=\r\nd", [(1, 3)], [b"-"]) == b"a=\r\n=2D=\r\nd"


def test_what_comes_last_goes_before_a_soft_break_that_never_ends() -> None:
    assert edit(b"a=", [(1, 1)], [b"b"]) == b"ab="
    assert edit(b"a=\r", [(1, 1)], [b"b"]) == b"ab=\r"
    assert edit(b"a=\r\n", [(1, 1)], [b"b"]) == b"a=\r\nb"


PIECES = (
    b"=",
    b"\r\n",
    b"\n",
    b"=\r\n",
    b"=\n",
    b"=3D",
    b"a",
    b" ",
    b"x" * 70,
    b"==",
    b"=C3=A9",
    b"=zz",
    b"\r",
    b"From ",
)
VALUES = st.sampled_from([b"", b"h", URL, b'<img src="x=y">', b"h\xc3\xa9", b"=A9h", b"h" * 75, b"0"])


@given(st.data(), st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join), st.sampled_from([b"\n", b"\r\n"]))
def test_every_edit_of_any_body_decodes_as_the_edited_content(data: st.DataObject, body: bytes, eol: bytes) -> None:
    if body.endswith((b"=", b"=\r")):
        body += b"\n"
    content = QuotedBody(HEAD + body + TAIL, len(HEAD), len(HEAD) + len(body), eol).content
    assert content == a2b_qp(body)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=8)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    values = [data.draw(VALUES) for _ in spans]
    expected = splice(
        content, [(start, content[start:end], value) for (start, end), value in zip(spans, values, strict=True)]
    )
    assert a2b_qp(edit(body, spans, values, eol)) == expected


@given(st.data(), st.text(st.sampled_from("abc <>=\"'\u00e9\nF."), max_size=300))
@example(data=None, text="")
def test_lines_stay_within_76_octets_in_bodies_that_keep_to_it(data: st.DataObject | None, text: str) -> None:
    body = quopri.encodestring(text.encode()).replace(b" \n", b"=20\n")
    if data is None or max(lines(body)) > 76:  # the standard library writes 78 where a full line ends in a blank
        return
    content = a2b_qp(body)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(content)), max_size=8)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    written = edit(body, spans, [data.draw(VALUES) for _ in spans], b"\n")
    assert max(lines(written)) <= 76
    assert not any(line.endswith((b" ", b"\t")) for line in written.split(b"\n")) or b" \n" in body
