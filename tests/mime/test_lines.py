from __future__ import annotations

from lmtrack._mime.lines import LinesBody
from lmtrack._rewriting.splice import revert, splice

HEAD = b"A: b\r\n\r\n"
URL = b"https://track.example/c/" + b"t" * 176
PIXEL = b'<img src="' + URL + b'" width="1">'


def edit(body: bytes, spans: list[tuple[int, int, int]], values: list[bytes], limit: int = 998) -> bytes | None:
    raw = HEAD + body
    edits = LinesBody(raw, len(HEAD), len(raw), b"\r\n", limit_octets=limit).place(spans).fill(values)
    if edits is None:
        return None
    output = splice(raw, edits)
    assert revert(output, edits) == raw
    return output[len(HEAD) :]


def test_a_value_goes_where_the_old_one_stood() -> None:
    assert edit(b"ab\r\ncd", [(1, 2, -1), (4, 4, -1)], [b"X", b"Y"]) == b"aX\r\nYcd"


def test_a_line_may_get_as_long_as_smtp_carries() -> None:
    assert edit(b"x" * 798 + b"\r\ny", [(798, 798, -1)], [URL]) == b"x" * 798 + URL + b"\r\ny"
    assert edit(b"x" * 799 + b"\r\ny", [(799, 799, -1)], [URL]) is None
    assert edit(b"x" * 799, [(799, 799, -1)], [URL]) is None
    assert edit(b"x" * 799 + b"\ny", [(799, 799, -1)], [URL]) is None
    assert edit(b"y\n" + b"x" * 798, [(800, 800, -1)], [URL]) is not None


def test_a_line_that_would_get_longer_is_broken_before_the_attribute() -> None:
    body = b"x" * 900 + b'<a href="u">link</a>\r\n'
    assert edit(body, [(909, 910, 902)], [URL]) == b"x" * 900 + b'<a\r\n href="' + URL + b'">link</a>\r\n'


def test_and_inside_the_pixel() -> None:
    assert edit(b"x" * 900 + b"</p>", [(900, 900, -1)], [PIXEL]) == b"x" * 900 + b"<img\r\n" + PIXEL[4:] + b"</p>"
    assert edit(b"x" * 994, [(994, 994, -1)], [PIXEL]) == b"x" * 994 + b"<img\r\n" + PIXEL[4:]
    assert edit(b"x" * 995, [(995, 995, -1)], [PIXEL]) is None
    rest = 998 - len(PIXEL[4:])
    assert edit(b"x" * rest, [(0, 0, -1)], [PIXEL]) == b"<img\r\n" + PIXEL[4:] + b"x" * rest
    assert edit(b"x" * (rest + 1), [(0, 0, -1)], [PIXEL]) is None


def test_every_piece_has_to_fit() -> None:
    body = b'<a href="u">' + b"x" * 970 + b'<a href="u">'
    spans = [(9, 10, 2), (991, 992, 984)]
    assert edit(body, spans, [URL, URL]) is None
    assert edit(body, spans, [URL[:10], URL]) is not None
    assert edit(b"x" * 999 + body, [(1008, 1009, 1001)], [b""]) is None


def test_each_line_is_counted_by_itself() -> None:
    body, old = b"ab\r\n" + b"c" * 400 + b"\r\nd", b"c" * 399
    assert (
        edit(body, [(1, 2, -1), (4, 5, -1), (403, 404, -1)], [b"X", URL, URL])
        == b"aX\r\n" + URL + old[1:] + URL + b"\r\nd"
    )
    assert (
        edit(b"ab\r\n" + b"c" * 600 + b"\r\nd", [(1, 2, -1), (4, 5, -1), (603, 604, -1)], [b"X", URL, URL]) is not None
    )
    assert edit(b"ab\r\n" + b"c" * 601 + b"\r\nd", [(1, 2, -1), (4, 5, -1), (604, 605, -1)], [b"X", URL, URL]) is None


def test_a_line_is_broken_where_no_other_edit_stands() -> None:
    body = b"x" * 900 + b'<a no href="u">'
    removed = (902, 905, -1)
    assert edit(body, [removed, (912, 913, 905)], [b"", URL]) == b"x" * 900 + b'<a\r\n href="' + URL + b'">'
    assert edit(body, [(902, 906, -1), (912, 913, 905)], [b"", URL]) is None


def test_a_bare_lf_ends_no_line_among_crlf() -> None:
    assert edit(b"a\r\n" + b"x" * 500 + b"\n" + b"y" * 400 + b"\r\nz", [(503, 503, -1)], [URL]) is None
    assert edit(b"a\n" + b"x" * 500 + b"\n" + b"y" * 400 + b"\nz", [(502, 502, -1)], [URL]) is not None


def test_an_old_value_may_span_lines() -> None:
    assert edit(b"ab\r\ncd\r\nef", [(1, 5, -1), (6, 6, -1)], [b"X", b"Y"]) == b"aXdY\r\nef"
    assert edit(b"ab\r\ncd\r\nef", [(1, 5, -1), (5, 9, -1)], [b"X", b"Y"]) == b"aXYf"


def test_a_body_that_is_binary_has_no_limit() -> None:
    assert edit(b"x" * 2000, [(2000, 2000, -1)], [URL], limit=1 << 62) == b"x" * 2000 + URL
