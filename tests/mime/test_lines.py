from __future__ import annotations

from lmtrack._mime.lines import NO_LIMIT, LinesBody
from lmtrack._mime.raw_edit import Content
from lmtrack._rewriting.edits import revert, splice

HEAD = b"A: b\r\n\r\n"
URL = b"https://track.example/c/" + b"t" * 176
PIXEL = b'<img src="' + URL + b'" width="1">'
BROKEN_PIXEL = b'<img\r\n src="' + URL + b'"\r\n width="1">'
LINK, IMAGE, NOTHING = Content.LINK, Content.PIXEL, Content.NOTHING
OLD = b'<a href="u">'


def edit(
    body: bytes, spans: list[tuple[int, int, Content]], values: list[bytes], limit: int = 998
) -> tuple[bytes, list[int]]:
    raw = HEAD + body
    edits, left = LinesBody(raw, len(HEAD), len(raw), b"\r\n", is_html=True, limit_octets=limit).cut(spans).fill(values)
    output = splice(raw, edits)
    assert revert(output, edits) == raw
    return output[len(HEAD) :], left


def written(body: bytes, spans: list[tuple[int, int, Content]], values: list[bytes], limit: int = 998) -> bytes:
    output, left = edit(body, spans, values, limit)
    assert left == []
    return output


def test_a_value_goes_where_the_old_one_was() -> None:
    assert written(b"ab\r\ncd", [(1, 2, LINK), (4, 4, LINK)], [b"X", b"Y"]) == b"aX\r\nYcd"


def test_a_line_may_get_as_long_as_smtp_carries() -> None:
    assert written(b"x" * 798 + b"\r\ny", [(798, 798, LINK)], [URL]) == b"x" * 798 + URL + b"\r\ny"
    for body in (b"x" * 799 + b"\r\ny", b"x" * 799, b"x" * 799 + b"\ny"):
        assert edit(body, [(799, 799, LINK)], [URL]) == (body, [0])
    assert written(b"y\n" + b"x" * 798, [(800, 800, LINK)], [URL]) == b"y\n" + b"x" * 798 + URL


def test_a_line_that_would_get_longer_is_broken_before_the_attribute() -> None:
    body = b"x" * 900 + b'<a href="u">link</a>\r\n'
    assert written(body, [(909, 910, LINK)], [URL]) == b"x" * 900 + b'<a\r\n href="' + URL + b'">link</a>\r\n'
    body = b"x" * 900 + b'<a class=c\thref = "u">link</a>\r\n'
    assert written(body, [(919, 920, LINK)], [URL]).startswith(b"x" * 900 + b'<a class=c\r\n\thref = "h')


def test_and_inside_the_pixel() -> None:
    assert written(b"x" * 900 + b"</p>", [(900, 900, IMAGE)], [PIXEL]) == b"x" * 900 + BROKEN_PIXEL + b"</p>"
    assert written(b"x" * 994, [(994, 994, IMAGE)], [PIXEL]) == b"x" * 994 + BROKEN_PIXEL
    assert edit(b"x" * 995, [(995, 995, IMAGE)], [PIXEL]) == (b"x" * 995, [0])
    rest = 998 - len(b' width="1">')
    assert written(b"x" * rest, [(0, 0, IMAGE)], [PIXEL]) == BROKEN_PIXEL + b"x" * rest
    assert edit(b"x" * (rest + 1), [(0, 0, IMAGE)], [PIXEL]) == (b"x" * (rest + 1), [0])


def test_what_no_piece_has_room_for_is_left_and_the_rest_is_written() -> None:
    body = OLD + b"x" * 970 + OLD
    spans = [(9, 10, LINK), (991, 992, LINK)]
    broken = b'<a\r\n href="u">' + b"x" * 970 + b'<a\r\n href="'
    assert edit(body, spans, [URL, URL]) == (broken + URL + b'">', [0])
    assert written(body, spans, [URL[:10], URL]) == broken.replace(b'"u"', b'"' + URL[:10] + b'"') + URL + b'">'
    assert written(b"x" * 999 + body, [(1008, 1009, LINK)], [b""])[:1002] == b"x" * 999 + b"<a "
    assert edit(b"x" * 2000 + b"<a href=u>", [(2008, 2009, LINK)], [URL]) == (
        b"x" * 2000 + b"<a\r\n href=" + URL + b">",
        [],
    )
    assert edit(b"<a href=u>" + b"x" * 2000, [(8, 9, LINK)], [URL]) == (b"<a href=u>" + b"x" * 2000, [0])


def test_a_link_gives_way_to_the_pixel_of_its_line() -> None:
    for size, left in ((785, []), (786, [0])):
        body = b"<a/href=u>" + b"x" * size + b"</p>"
        link = b"<a/href=u>" if left else b"<a/href=" + URL + b">"
        expected = link + b"x" * size + BROKEN_PIXEL + b"</p>"
        assert edit(body, [(8, 9, LINK), (10 + size, 10 + size, IMAGE)], [URL, PIXEL]) == (expected, left)


def test_links_of_a_piece_share_its_room() -> None:
    body = b"<a/href=u><a/href=u>" + b"x" * 600
    spans = [(8, 9, LINK), (18, 19, LINK)]
    assert edit(body, spans, [URL, URL]) == (b"<a/href=" + URL + b"><a/href=u>" + b"x" * 600, [1])
    assert edit(body, spans, [URL * 2, URL]) == (b"<a/href=u><a/href=" + URL + b">" + b"x" * 600, [0])


def test_each_line_is_counted_by_itself() -> None:
    body, old = b"ab\r\n" + b"c" * 400 + b"\r\nd", b"c" * 399
    assert (
        written(body, [(1, 2, LINK), (4, 5, LINK), (403, 404, LINK)], [b"X", URL, URL])
        == b"aX\r\n" + URL + old[1:] + URL + b"\r\nd"
    )
    for size, left in ((600, []), (601, [2])):
        body = b"ab\r\n" + b"c" * size + b"\r\nd"
        assert edit(body, [(1, 2, LINK), (4, 5, LINK), (3 + size, 4 + size, LINK)], [b"X", URL, URL])[1] == left


def test_a_line_is_broken_where_no_other_edit_is() -> None:
    body = b"x" * 900 + b'<a no href="u">'
    removed = (902, 905, NOTHING)
    assert written(body, [removed, (912, 913, LINK)], [b"", URL]) == b"x" * 900 + b'<a\r\n href="' + URL + b'">'
    assert edit(body, [(902, 906, NOTHING), (912, 913, LINK)], [b"", URL]) == (b"x" * 900 + b'<ahref="u">', [1])


def test_a_bare_lf_ends_no_line_among_crlf() -> None:
    body = b"a\r\n" + b"x" * 500 + b"\n" + b"y" * 400 + b"\r\nz"
    assert edit(body, [(503, 503, LINK)], [URL]) == (body, [0])
    assert edit(b"a\n" + b"x" * 500 + b"\n" + b"y" * 400 + b"\nz", [(502, 502, LINK)], [URL])[1] == []


def test_an_old_value_may_span_lines() -> None:
    assert written(b"ab\r\ncd\r\nef", [(1, 5, LINK), (6, 6, LINK)], [b"X", b"Y"]) == b"aXdY\r\nef"
    assert written(b"ab\r\ncd\r\nef", [(1, 5, LINK), (5, 9, LINK)], [b"X", b"Y"]) == b"aXYf"


def test_a_body_that_is_binary_has_no_limit() -> None:
    assert written(b"x" * 2000, [(2000, 2000, LINK)], [URL], limit=NO_LIMIT) == b"x" * 2000 + URL
