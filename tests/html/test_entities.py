from __future__ import annotations

from html.entities import html5
from html.parser import HTMLParser
from typing import cast

import html5lib
import pytest
from hypothesis import example, given, strategies as st
from lxml import html as lxml_html
from selectolax.lexbor import LexborHTMLParser

from lmtrack._html.entities import decode_attribute, encode_attribute
from lmtrack._html.tokenizer import attributes, token_at

# What may follow a reference and change how it is read: the standard looks at `;`, `=`, letters and digits.
FOLLOWERS = [
    "",
    ";",
    "=",
    "a",
    "Z",
    "5",
    " ",
    "'",
    "&",
    "-",
    "_",
    "#",
    "\u00e9",
    "\uff11",
    "\n",
    "\0",
    "\U0001f600",
    "&#",
]


def by_lexbor(values: list[str]) -> list[str]:
    """Decode values by lexbor, each in the attribute of a real tag."""
    tree = LexborHTMLParser("".join(f'<i title="{value}"></i>' for value in values))
    return [node.attributes["title"] or "" for node in tree.css("i")]


def by_html5lib(values: list[str]) -> list[str]:
    """Decode values by html5lib, each in the attribute of a real tag."""
    tree = html5lib.parse("".join(f'<i title="{value}"></i>' for value in values), namespaceHTMLElements=False)
    return [node.get("title", "") for node in tree.iter("i")]


@pytest.mark.parametrize(
    ("written", "decoded"),
    [
        ("?a=1&b=2", "?a=1&b=2"),
        ("?a=1&amp;b=2", "?a=1&b=2"),
        ("?a=1&ampb=2", "?a=1&ampb=2"),
        ("?a=1&copy=2", "?a=1&copy=2"),
        ("?a=1&copy;=2", "?a=1\u00a9=2"),
        ("?a=1&copy", "?a=1\u00a9"),
        ("&copy-2", "\u00a9-2"),
        ("&copy2", "&copy2"),
        ("&notit;", "&notit;"),
        ("&notin;", "\u2209"),
        ("&notin", "&notin"),  # only names of HTML 4 do without the semicolon
        ("&NotEqualTilde;", "\u2242\u0338"),
        ("&unknown;", "&unknown;"),
        ("&AMP", "&"),
        ("&Amp;", "&Amp;"),
        ("&;", "&;"),
        ("&", "&"),
        ("&&amp;&", "&&&"),
        ("&amp;amp;", "&amp;"),
        ("&#104;ttp&colon;//", "http://"),
        ("&#x68;ttp", "http"),
        ("&#X68ttp", "http"),
        ("&#0;", "\ufffd"),
        ("&#x0", "\ufffd"),
        ("&#0000000000000000065", "A"),
        ("&#x80;&#128", "\u20ac\u20ac"),
        ("&#x81;", "\x81"),
        ("&#xD800;&#xdfff;", "\ufffd\ufffd"),
        ("&#x10FFFF;", "\U0010ffff"),
        ("&#x110000;", "\ufffd"),
        ("&#99999999;", "\ufffd"),
        ("&#;", "&#;"),
        ("&#x;", "&#x;"),
        ("&#xg", "&#xg"),
        ("&#", "&#"),
        ("&#\u0661;", "&#\u0661;"),  # a digit, but not an ASCII one
        ("&#13;&#10;", "\r\n"),
        ("a\0b", "a\ufffdb"),
        ("a\r\nb\rc\nd", "a\nb\nc\nd"),
        ("&#\r\n65;", "&#\n65;"),
        ("\u00e9&eacute;", "\u00e9\u00e9"),
    ],
)
def test_value_is_decoded_by_the_attribute_rules(written: str, decoded: str) -> None:
    assert decode_attribute(written) == decoded


def test_every_named_reference_before_every_follower_decodes_as_in_lexbor_and_html5lib() -> None:
    values = [f"&{name}{follower}" for name in sorted(html5) for follower in FOLLOWERS]
    assert len(values) == len(html5) * len(FOLLOWERS)
    ours = [decode_attribute(value) for value in values]
    assert ours == by_lexbor(values)
    assert ours == by_html5lib(values)


def test_every_numeric_reference_decodes_as_in_lexbor_and_html5lib() -> None:
    codes = [*range(0x180), *range(0xD7F0, 0xE010), *range(0xFDC0, 0xFE00), *range(0x10FFF0, 0x110010), 2**31, 2**64]
    codes += [plane + last for plane in range(0, 0x110000, 0x10000) for last in (0xFFFD, 0xFFFE, 0xFFFF)]
    values = [
        f"&#{zeros}{digits}{follower}"
        for code in codes
        for digits in (f"{code}", f"x{code:x}", f"X{code:X}")
        for zeros in ("", "000000000")
        for follower in (";", "", " ", "g", "=")
        if not (zeros and digits[0] in "xX")
    ]
    ours = [decode_attribute(value) for value in values]
    assert ours == by_lexbor(values)
    assert [text.replace("\r", "\n") for text in ours] == [text.replace("\r", "\n") for text in by_html5lib(values)]


def test_number_of_any_length_decodes() -> None:
    assert decode_attribute(f"&#{'9' * 1_000_000};") == "\ufffd"
    assert decode_attribute(f"&#x{'f' * 1_000_000};") == "\ufffd"
    assert decode_attribute(f"&#{'0' * 1_000_000}65;") == "A"


@given(st.text(st.sampled_from("&#xX;=aAgopytmlnquot059 \r\n\0\u00e9\ud800'")))
@example("&#xa\r\n0")
@example("&am\0p;")
def test_any_value_decodes_as_in_lexbor(written: str) -> None:
    if "\ud800" in written:  # lexbor takes UTF-8 only
        assert decode_attribute(written).replace("\ud800", "") is not None
        return
    assert [decode_attribute(written)] == by_lexbor([written])


@pytest.mark.parametrize(
    ("value", "quote", "written"),
    [
        ("https://x.example/?a=1&b=2", '"', "https://x.example/?a=1&amp;b=2"),
        ("a\"b'c", '"', "a&quot;b'c"),
        ("a\"b'c", "'", 'a"b&#39;c'),
        ("&quot;", '"', "&amp;quot;"),
        ("https://x.example/", "", "https://x.example/"),
        ("a&b", "", "a&amp;b"),
        ("", "", '""'),
        ("a b", "", '"a b"'),
        ('a"b', "", '"a&quot;b"'),
        ("a>b", "", '"a>b"'),
        ("a=b", "", '"a=b"'),
        ("{{ u }}", "", '"{{ u }}"'),
        ("<%= u %>", '"', "<%= u %>"),
    ],
)
def test_value_is_written_for_the_quote_it_stands_in(value: str, quote: str, written: str) -> None:
    assert encode_attribute(value, quote) == written


# No spelling says NUL; a carriage return can be written only as a reference, which no URL needs.
UNWRITABLE = "\0\r"
VALUES = st.text(st.characters(exclude_characters=UNWRITABLE)) | st.text("&#;=aquot39<>'\"` \t\n\f/")


@given(VALUES, st.sampled_from(['"', "'", ""]))
@example("/", "")
@example("&quot;", "'")
@example("\ud800", "")
def test_decoding_undoes_encoding(value: str, quote: str) -> None:
    tag = f"<a href={quote}{encode_attribute(value, quote)}{quote} title=x>"
    token = token_at(tag, 0, len(tag))
    assert token is not None
    assert token.end == len(tag)
    href, title = attributes(tag, token)
    assert decode_attribute(tag[href.value_start : href.value_end]) == value
    assert (href.name, title.name, tag[title.value_start : title.value_end]) == ("href", "title", "x")


@given(VALUES.filter(lambda value: value.isprintable()), st.sampled_from(['"', "'", ""]))
def test_written_value_reads_back_in_lexbor_lxml_and_the_standard_library(value: str, quote: str) -> None:
    tag = f"<a title=x href={quote}{encode_attribute(value, quote)}{quote}>"
    node = LexborHTMLParser(tag).css_first("a")
    assert node is not None
    assert (node.attributes["href"] or "", node.attributes["title"]) == (value, "x")
    (link,) = lxml_html.document_fromstring(tag).iter("a")
    assert dict(link.attrib) == {"href": value, "title": "x"}
    reader = _First()
    reader.feed(tag)
    assert reader.found == [("title", "x"), ("href", value)]


class _First(HTMLParser):
    found: list[tuple[str, str | None]]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        self.found = [(name, cast("str", value)) for name, value in attrs]
