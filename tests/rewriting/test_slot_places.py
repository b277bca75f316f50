"""Where slots may be, what their values become there, and where they are refused."""

from __future__ import annotations

import re

import pytest

from lmtrack._rewriting.slot_places import find_holes
from lmtrack._rewriting.slots import masked, read_slots
from lmtrack.errors import BadSlot

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
