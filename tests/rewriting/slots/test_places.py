"""Where slots may be, what their values become there, and where they are refused."""

from __future__ import annotations

import re

import pytest

from lmtrack import BadSlot, BadValue, scan_html
from lmtrack._html.entities import decode_attribute
from lmtrack._rewriting.slots.escapes import Place
from lmtrack._rewriting.slots.holes import TextHole, UrlHole
from lmtrack._rewriting.slots.markers import masked, read_slots
from lmtrack._rewriting.slots.places import find_holes

BRACES = re.compile(r"\{\{ *(?P<name>[^{}]*?) *\}\}")


def fill(html: str, **values: str) -> str:
    slots = read_slots(BRACES, None)
    assert slots is not None
    markers = slots.find(html)
    pieces, position = [], 0
    for hole in find_holes(html, masked(html, markers), markers, slots.find_escaped(html, markers)):
        pieces += [html[position : hole.start], hole.fill(values)]
        position = hole.end
    return "".join([*pieces, html[position:]])


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("<p>{{x}}</p>", "<p>a\"b'c&lt;d&gt;&amp;</p>"),
        ("<title>{{x}}</title>", "<title>a\"b'c&lt;d&gt;&amp;</title>"),
        ('<img alt="{{x}}">', '<img alt="a&quot;b\'c&lt;d&gt;&amp;">'),
        ("<img alt='{{x}}'>", "<img alt='a\"b&#39;c&lt;d&gt;&amp;'>"),
        ('<a href="https://s.example/{{x}}?{{x}}#{{x}}">', '<a href="https://s.example/{}?{}#{}">'),
        ('<a href="mailto:{{x}}?subject={{x}}">', '<a href="mailto:{}?subject={}">'),
        ('<a href="https://s.example/%7B%7Bx%7D%7D">%7B%7Bx%7D%7D', '<a href="https://s.example/{}">%7B%7Bx%7D%7D'),
        ("<!-- {{x}} -->", "<!-- {{x}} -->"),
    ],
)
def test_each_place_has_its_escape(template: str, filled: str) -> None:
    assert fill(template, x="a\"b'c<d>&") == filled.replace("{}", "a%22b%27c%3Cd%3E%26")


@pytest.mark.parametrize(
    "template",
    [
        "<script>{{x}}</script>", "<style>{{x}}</style>", "<xmp>{{x}}</xmp>", "<plaintext>{{x}}", "<a {{x}}>",
        "<{{x}}>", "</{{x}}>", "<a title={{x}}>", '<a onclick="{{x}}">', '<a style="{{x}}">', '<a href="https://{{x}}/">',
        '<a href="{{x}}.example/">', '<a href="javascript:{{x}}">', '<base href="{{x}}">', "<!doctype {{x}}>",
        "<svg><style>{{x}}</style></svg>", "<svg><![CDATA[{{x}}]]></svg>", '<img srcset="{{x}}">',
    ],
)  # fmt: skip
def test_a_slot_is_refused_where_no_value_is_safe(template: str) -> None:
    with pytest.raises(BadSlot) as caught:
        fill(f"\n{template}", x="x")
    assert (caught.value.slot, caught.value.line) == ("x", 2)


@pytest.mark.parametrize(
    ("template", "place"),
    [
        ("<!--[if mso {{x}}]>a<![endif]-->", "the condition of an Outlook comment"),
        ("<!--[if mso]><b <![endif]{{x}}-->", "markup that the comment never finishes"),
        ("<!--[if mso]><style>{{x}}</style><![endif]-->", "a style sheet"),
        ("<!--[if mso]><title>{{x}}</title><![endif]-->", "<title> in an Outlook comment"),
        ("<!--[if mso]><xmp>{{x}}<![endif]-->", "<xmp> in an Outlook comment"),
        ("<!--[if mso]>--{{x}}> a<![endif]-->", "the end of a comment"),
        ('<!--[if mso]><a href="https://s.example/-{{x}}->b"></a><![endif]-->', "the end of a comment"),
        ("<!-- {{x-->y}} -->", "a comment, which it would end"),
        ("<!x {{x>y}} >", "a comment, which it would end"),
        ("&{{x}}lt;", "a character reference"),
        ("&#{{x}}{{x}}60;", "a character reference"),
        ('<meta http-equiv="refresh" content="{{x}}">', "a meta tag that programs read"),
        ('<meta charset="{{x}}">', "a meta tag that programs read"),
        ('<link rel="{{x}}">', "a link to a style sheet"),
        ('<link rel="Alternate StyleSheet" href="https://s.example/{{x}}">', "a link to a style sheet"),
        ('<link href="https://s.example/{{x}}"><script src="https://s.example/{{x}}"></script>', "a script"),
        ('<a data-lm-no-track="{{x}}">', "an opt-out attribute"),
        ('<svg><a><set to="{{x}}"></a></svg>', "an animation"),
        ('<a title="{{x}}"', "markup that the document never finishes"),
        ("<p {{x}} title='a'>", "the name of a tag or attribute"),
        ("<textarea>{{x}}", "markup that the document never finishes"),
        ('<a href="{{x}}{{x}}/a">', "the host of a URL"),
        ('<a href="{{x}}:80/a">', "the host of a URL"),
        ('<a href="pa{{x}}:th">', "the scheme, host or port of a URL"),
        ('<a href="https:{{x}}">', "the scheme, host or port of a URL"),
        ('<a href="https:\\\\{{x}}/">', "the scheme, host or port of a URL"),
        ('<a href="//{{x}}/">', "the scheme, host or port of a URL"),
        ('<a href="  JaVa\nScript:{{x}}">', "a URL that holds a program or a document"),
    ],
)
def test_errors_say_what_a_marker_is_in(template: str, place: str) -> None:
    loose = re.compile(r"\{\{(?P<name>x)[^{}]*\}\}")
    with pytest.raises(BadSlot) as caught:
        scan_html(template, slots=loose)
    assert caught.value.place == place
    assert caught.value.advice in str(caught.value)


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("<link rel=canonical href='https://s.example/{{x}}'>", "<link rel=canonical href='https://s.example/%3C'>"),
        ("<meta name=description content='{{x}}'>", "<meta name=description content='&lt;'>"),
        ("<!--[if mso]><!x {{x}}><b>{{x}}</b><![endif]-->", "<!--[if mso]><!x {{x}}><b>&lt;</b><![endif]-->"),
        ("<!--[if IE]>{{x}}<![endif]-->", "<!--[if IE]>{{x}}<![endif]-->"),
        ("<!--[if !mso]><!-->{{x}}<!--<![endif]-->", "<!--[if !mso]><!-->&lt;<!--<![endif]-->"),
        (
            "<svg><text>{{x}}</text><a xlink:href='https://s.example/{{x}}'>",
            "<svg><text>&lt;</text><a xlink:href='https://s.example/%3C'>",
        ),
        ("<b %7B%7Bx%7D%7D title=%7B%7Bx%7D%7D></b %7B%7Bx%7D%7D>", None),
        (
            "<a title='%7B%7Bx%7D%7D' href='whatsapp://send?text={{x}}'>",
            "<a title='%7B%7Bx%7D%7D' href='whatsapp://send?text=%3C'>",
        ),
        ("<a href='geo:{{x}}'>", "<a href='geo:%3C'>"),
        ("<a href='sms:1?body={{x}}'>", "<a href='sms:1?body=%3C'>"),
        ("<a href='https://s.example/%{{x}}'>", "<a href='https://s.example/%%3C'>"),
        (
            "<a href='?a={{x}}'><a href='./{{x}}'><a href='p/{{x}}'>",
            "<a href='?a=%3C'><a href='./%3C'><a href='p/%3C'>",
        ),
        (
            "<b %7B%7Bx%7D%7D title='{{x}}'><b %7B%7Bx%7D%7D %7B%7Bx%7D%7D title='{{x}}'>",
            "<b %7B%7Bx%7D%7D title='&lt;'><b %7B%7Bx%7D%7D %7B%7Bx%7D%7D title='&lt;'>",
        ),
        ("<b %7B%7Bx%7D%7D title='{{x}}{{x}}'>", "<b %7B%7Bx%7D%7D title='&lt;&lt;'>"),
        ("<style>a{{b}</style>{{x}}", "<style>a{{b}</style>&lt;"),
        ("<title><![CDATA[{{x}}]]></title>", "<title><![CDATA[&lt;]]></title>"),
        ("<svg><text><![CDATA[a]]>{{x}}</text>", "<svg><text><![CDATA[a]]>&lt;</text>"),
        ("<!--[if mso]>-{{x}} {{x}}- {{x}}!<![endif]-->", "<!--[if mso]>-&lt; &lt;- &lt;!<![endif]-->"),
    ],
)
def test_a_slot_may_be_there(template: str, filled: str | None) -> None:
    assert fill(template, x="<") == (template if filled is None else filled)


def test_a_value_completes_no_reference_and_no_escape() -> None:
    assert fill("&{{x}} &am{{x}} &amp;{{x}} &#{{x}}", x="p;") == "&&#112;; &am&#112;; &amp;p; &#&#112;;"
    assert fill("<a href='https://s.example/%{{x}}/%4{{x}}'>", x="1a") == "<a href='https://s.example/%%31a/%4%31a'>"
    assert fill("<a href='?a&{{x}}'>", x="lt") == "<a href='?a&&#108;t'>"
    assert fill("<a href='?a&{{x}}{{y}}'>", x="", y="lt") == "<a href='?a&&#108;t'>"
    assert fill("<a href='?a={{x}}b'>", x="") == "<a href='?a=b'>"
    long = f"<a href='?a&{'b' * 45}{{{{x}}}}'>"  # no name of a reference is that long
    assert fill(long, x="b") == long.replace("{{x}}", "b")
    zeros = "&#x" + "0" * 500
    for template in (f"{zeros}{{{{x}}}}", f"<p title='{zeros}{{{{x}}}}'>", f"<a href='?a{zeros}{{{{x}}}}'>"):
        assert fill(template, x="41") == template.replace("{{x}}", "&#52;1")
    assert fill(f"{zeros}{{{{x}}}}{{{{y}}}} {{{{x}}}}", x="", y="41") == f"{zeros}&#52;1 "
    assert fill(f"{zeros} {{{{x}}}}", x="41") == f"{zeros} 41"
    with pytest.raises(BadSlot, match="a character reference"):
        fill(f"{zeros}{{{{x}}}}41;", x="")
    with pytest.raises(BadValue) as caught:
        fill("<a href='?a&{{x}}lt'>", x="")
    assert (caught.value.slot, caught.value.place) == ("x", Place.SINGLE_QUOTED)
    assert caught.value.problem == "without it, the text around it is a character reference"


def test_a_first_line_feed_is_kept_where_readers_drop_one() -> None:
    for name in ("pre", "listing", "textarea"):
        template = f"<{name}>{{{{x}}}}</{name}><{name}> {{{{x}}}}</{name}>"
        assert fill(template, x="\na") == f"<{name}>\n\na</{name}><{name}> \na</{name}>"
    assert fill("<p>{{x}}", x="\na\r") == "<p>\na&#13;"
    assert fill("<pre>{{x}}", x="\na") == "<pre>\n\na"
    outlook = "<!--[if mso]><pre>{}</pre>{}<pre>{}<![endif]-->"
    assert fill(outlook.format(*["{{x}}"] * 3), x="\na") == outlook.format("\n\na", "\na", "\n\na")
    assert fill("<img alt='{{x}}'>", x="\na") == "<img alt='\na'>"
    for first, second, written in (("", "\na", "\n\na"), ("b", "\na", "b\na"), ("\n", "\na", "\n\n\na")):
        assert fill("<pre>{{x}}{{y}} {{y}}", x=first, y=second) == f"<pre>{written} {second}"
    assert fill("<pre>{{x}}{{x}}{{y}}", x="", y="\na") == "<pre>\n\na"
    assert fill("<pre>%7B%7Bx%7D%7D{{y}}", x="", y="\na") == "<pre>%7B%7Bx%7D%7D\na"
    for first, second, written in (
        ("", "", "\n"),
        ("", "\n", "\n\n"),
        ("\n", "", "\n\n"),
        ("", "b", "b"),
        ("b", "", "b"),
    ):
        for behind in ("\n", "\r\n", "\r"):
            assert fill(f"<pre>{{{{x}}}}{{{{y}}}}{behind}c", x=first, y=second) == f"<pre>{written}{behind}c"
    assert fill("<pre>{{x}}</pre>\n<pre>{{x}} {{y}}", x="", y="\n") == "<pre></pre>\n<pre> \n"
    assert fill("<svg><textarea>{{x}}", x="\na") == "<svg><textarea>\na"
    inner = "<svg><desc><textarea>{}</textarea>"
    assert fill(inner.format("{{x}}"), x="\na") == inner.format("\n\na")


def test_a_line_feed_behind_a_carriage_return_is_a_line_end_of_its_own() -> None:
    for template in ("\r{{x}}", "<p title='\r{{x}}'>", "<title>\r{{x}}</title>", "<!--[if mso]>\r{{x}}<![endif]-->"):
        assert fill(template, x="\na") == template.replace("{{x}}", "&#10;a")
        assert fill(template, x="a\n") == template.replace("{{x}}", "a\n")
    assert fill("\r{{x}}{{y}}", x="", y="\na") == "\r&#10;a"
    assert fill("\r\n{{x}}", x="\na") == "\r\n\na"


def test_what_could_end_an_outlook_comment_is_written_as_numbers() -> None:
    assert fill("<!--[if mso]>{{x}}<![endif]-->", x="-a--b!->") == "<!--[if mso]>&#45;a--b!-&gt;<![endif]-->"
    assert fill("<!--[if mso]>{{x}}<![endif]-->", x="a--!") == "<!--[if mso]>a&#45;&#45;&#33;<![endif]-->"


def test_a_style_sheet_without_a_marker_in_an_outlook_comment_is_passed_over() -> None:
    template = "<!--[if mso]><style>a{}</style><p>{{x}}</p><![endif]-->"
    assert fill(template, x="<b>") == "<!--[if mso]><style>a{}</style><p>&lt;b&gt;</p><![endif]-->"


def test_a_hole_knows_its_element_and_whether_it_is_loaded() -> None:
    document = scan_html(
        "<a href='https://s.example/{{x}}'><img src='https://s.example/{{x}}'><svg><use href='https://s.example/{{x}}'>"
        "<td background='https://s.example/{{x}}'><blockquote cite='https://s.example/{{x}}'>"
        "<v:fill v:src='https://s.example/{{x}}'>",
        slots=BRACES,
    )
    assert document.template
    assert [(hole.element, hole.loaded) for hole in document.template.holes if isinstance(hole, UrlHole)] == [
        ("a", False),
        ("img", True),
        ("use", True),
        ("td", True),
        ("blockquote", False),
        ("v:fill", True),
    ]


@pytest.mark.parametrize(
    ("template", "values", "meant"),
    [
        ('<a href="https://s.example/?a={{x}}&{{y}}">', {"x": "1", "y": "copy"}, "https://s.example/?a=1&copy"),
        ('<a title="R&amp;D &{{x}}">', {"x": "lt"}, "R&D &lt"),
        ('<a title="a & b &{{x}}">', {"x": "lt;"}, "a & b &lt;"),
    ],
)
def test_a_value_completes_no_reference_wherever_its_ampersand_is(
    template: str, values: dict[str, str], meant: str
) -> None:
    assert decode_attribute(fill(template, **values).split('"')[1]) == meant


def test_a_text_that_no_end_tag_closes_is_still_one_of_svg() -> None:
    html = "<svg><text>{{x}}"
    slots = read_slots(BRACES, None)
    assert slots is not None
    (hole,) = find_holes(html, masked(html, slots.find(html)), slots.find(html), [])
    assert isinstance(hole, TextHole)
    assert hole.place is Place.FOREIGN_TEXT
