"""The table of escapes: every place has a row with its clause; what no escape can carry is refused."""

from __future__ import annotations

import pytest

from lmtrack._rewriting.slots.escapes import ESCAPES, Place, _in_comment, _markup, escaped
from lmtrack.errors import BadValue

REFUSED: dict[Place, tuple[str, ...]] = {
    Place.LINK_URL: (
        "javascript:x",
        "data:,x",
        "/a",
        "x",
        "https://u@h.example/",
        "mailto:a b",
        "cid:a@b",
        "tel:1 2",
        "\x0bhttps://h.example/",
    ),
    Place.LOADED_URL: (
        "javascript:x",
        "data:image/gif,x",
        "mailto:a@b.example",
        "//h.example/",
        "https://h.example/\x1f",
    ),
    Place.URL_BEGINNING: ("", "https://", "javascript:x", "https://h.example:x", "https://a@h.example"),
    Place.PHONE_NUMBER: ("1 2", "a", "1;ext=2"),
    Place.HEADER_TEXT: ("a\nb", "a\r\nBcc: x@y.example"),
    Place.HEADER_NAME: ("a\rb",),
    Place.HEADER_WORD: ("", "a b", "é", "<a>", "<a", "a>", "a,b", "a;b", 'a"', "a\\", "a=?"),
    Place.HEADER_PART: ('a"', "a b", "a;b", "a:b"),
    Place.HEADER_LIST_ID: ("", ".", "a.", ".a", "a..b", "a@b", "a b", "a,b", "<a>", "é", "=?a?q?b?="),
    Place.HEADER_MESSAGE_ID: (
        *("", "<>", "a@b", "<a>", "<@b>", "<a@>", "<a@b@c>", "<a@b><c@d>", "<a@b> ", "<a b@c>", "<.a@b>", "<a..b@c>"),
        *("<a@b.>", '<"a"@b>', "<é@b>", "<a@[b>", "<a@[[]>", "<a@[b]c>", "<=?a@b>"),
    ),
    Place.HEADER_ADDRESS: (
        "",
        "a",
        "a@b, c@d",
        "a@b;",
        "<a@b>",
        "a@b.",
        "a..b@c",
        "a b@c",
        "=?utf-8?q?a=40b.example=2C?=@c",
        f"{'a' * 250}@b.example",
        f"{'a' * 245}@b.example",
    ),
}
TAKEN: dict[Place, dict[str, str]] = {
    Place.LINK_URL: {"": "", " https://h.example/ ": " https://h.example/ ", "mailto:a@b.example": "mailto:a@b.example",
                     "TEL:+49-1": "TEL:+49-1"},
    Place.LOADED_URL: {"": "", "cid:a@b": "cid:a@b", "https://h.example/a.png": "https://h.example/a.png"},
    Place.URL_BEGINNING: {"https://h.example": "https://h.example"},
    Place.MAIL_ADDRESS: {"a@b.example": "a@b.example", "a?b&c,d%;e": "a%3Fb%26c%2Cd%25%3Be"},
    Place.PHONE_NUMBER: {"+49(0)1-2.3": "+49(0)1-2.3", "": ""},
    Place.OPAQUE_URL: {"a/b": "a%2Fb"},
    Place.PLAIN_TEXT: {"<a>\r\n": "<a>\r\n"},
    Place.FLOWED_TEXT: {" a ": " a "},
    Place.HEADER_TEXT: {"é": "é"},
    Place.HEADER_JSON: {'a"\\b': 'a\\"\\\\b', "é\r\n\x7f": "\\u00e9\\r\\n\\u007f", "😀": "\\ud83d\\ude00",
                        "?a=?b?": "\\u003fa=\\u003fb?"},
    Place.HEADER_WORD: {"a.b@c:d": "a.b@c:d"},
    Place.HEADER_PART: {"": "", "a.b@c": "a.b@c"},
    Place.HEADER_LIST_ID: {"a": "a", "a.b-c.example": "a.b-c.example"},
    Place.HEADER_MESSAGE_ID: {value: value for value in ("<a@b>", "<a.b+c/d==@e.f>", "<a@[127.0.0.1]>", "<a@[]>")},
    Place.HEADER_NAME: {'"Ann", é': '"Ann", é'},
    Place.HEADER_ADDRESS: {"ann@reader.example": "ann@reader.example",
                           f"{'a' * 244}@b.example": f"{'a' * 244}@b.example"},
    Place.HEADER_URL: {"a/é": "a%2F%C3%A9"},
}  # fmt: skip


def test_every_place_has_a_row_with_its_clause() -> None:
    assert set(ESCAPES) == set(Place)
    assert all(row.source and row.problem for row in ESCAPES.values())


@pytest.mark.parametrize(("place", "value"), [(place, value) for place, values in REFUSED.items() for value in values])
def test_what_no_escape_can_carry_is_refused(place: Place, value: str) -> None:
    with pytest.raises(BadValue) as caught:
        escaped(value, place, "x")
    assert (caught.value.slot, caught.value.place, caught.value.problem) == ("x", place, ESCAPES[place].problem)


@pytest.mark.parametrize("place", TAKEN)
def test_what_a_value_becomes(place: Place) -> None:
    assert {value: escaped(value, place, "x") for value in TAKEN[place]} == TAKEN[place]


@pytest.mark.parametrize(
    ("quote", "written"),
    [
        ("", "a&amp;&lt;&gt;&#13;\"'"),
        ('"', "a&amp;&lt;&gt;&#13;&quot;'"),
        ("'", 'a&amp;&lt;&gt;&#13;"&#39;'),
    ],
)
def test_markup_and_the_quote_around_are_escaped(quote: str, written: str) -> None:
    # Made anew, as the table was made when the module was loaded.
    write = _markup(quote)
    assert write("a&<>\r\"'") == written
    assert [write(sign) for sign in "&<>\r"] == ["&amp;", "&lt;", "&gt;", "&#13;"]
    assert write("Ann") == "Ann"
    assert _in_comment(write)("--a-b!&") == "&#45;&#45;a-b!&amp;"
    assert _in_comment(write)("a!-") == "a&#33;&#45;"
