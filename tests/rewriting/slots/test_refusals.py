"""Where a slot is refused: an error says which one, in which line, what it is in, and what to do about it."""

from __future__ import annotations

import re

import pytest

from lmtrack import BadSlot, scan_html

FIXED = (
    "let the template engine fill in values that are the same for everyone, before the template is scanned; "
    "a personal value cannot be there"
)
BEHIND = "write the part that is a slot after the host and after a / ? or #"
# What to do, and for each template what the marker `x` is in.
REFUSED: dict[str, dict[str, str]] = {
    FIXED: {
        "<script>{{x}}</script>": "a script",
        "<style>{{x}}</style>": "a style sheet",
        "<xmp>{{x}}</xmp>": "<xmp>, whose content is raw text",
        "<svg><style>{{x}}</style></svg>": "a style sheet",
        "<svg><script>{{x}}</script></svg>": "a script",
        "<svg><style>{{x}}": "a style sheet",
        "<math><mi/><svg><script>{{x}}": "a script",
        "<svg><text><![CDATA[{{x}}]]></text>": "a CDATA section",
        "<b><{{x}}>": "the name of a tag",
        "<!doctype {{x}}>": "the doctype",
        "<!DOCTYPE {{x}}>": "the doctype",
        "<a onclick='{{x}}'>": "an event handler",
        "<a on='{{x}}'>": "an event handler",
        "<a style='{{x}}'>": "a style attribute",
        "<svg><path fill='{{x}}'/></svg>": "a style attribute",
        "<svg><g MARKER-END='url(https://s.example/{{x}})'/></svg>": "a style attribute",
        "<img srcset='{{x}}'>": "a list of images",
        "<link imagesrcset='{{x}}'>": "a list of images",
        "<iframe srcdoc='{{x}}'></iframe>": "a document inside an attribute",
        "<a data-lm-no-track='{{x}}'>": "an opt-out attribute",
        "<meta name='{{x}}'>": "a meta tag that programs read",
        "<meta content='{{x}}' http-equiv=refresh>": "a meta tag that programs read",
        "<link rel='{{x}}'>": "a link to a style sheet",
        "<link rel=preload href='https://s.example/{{x}}'>": "a link to a style sheet",
        "<base href='{{x}}'>": "the base of the document's URLs",
        "<svg><animate to='{{x}}'></svg>": "an animation",
        "<svg><animateMotion path='{{x}}'></svg>": "an animation",
        "<!--[if mso {{x}}]>a<![endif]-->": "the condition of an Outlook comment",
        "<!--[if mso]><script>{{x}}</script><![endif]-->": "a script",
        "<!--[if mso]><title>{{x}}</title><![endif]-->": "<title> in an Outlook comment",
        "<!--[if mso]><{{x}}><![endif]-->": "the name of a tag",
        "<a href='javascript:{{x}}'>": "a URL that holds a program or a document",
    },
    "a slot may be in text, in a quoted attribute or after the host of a URL": {
        "<b></{{x}}>": "the name of a tag",
        "<a {{x}}>": "the name of a tag or attribute",
        "<a {{x}} title='a'>": "the name of a tag or attribute",
        "<a title='a'{{x}}>": "the name of a tag or attribute",
        "<a title='a' {{x}}>": "the name of a tag or attribute",
        "</a {{x}}>": "the name of a tag or attribute",
        "</a title='{{x}}'>": "the name of a tag or attribute",
        "<!--[if mso]>--{{x}}> a<![endif]-->": "the end of a comment",
        "<!--[if mso]>--!{{x}}> a<![endif]-->": "the end of a comment",
        "<!--[if mso]>-{{x}}! a<![endif]-->": "the end of a comment",
        "<!--[if mso]>-{{x}}{{y}}-> a<![endif]-->": "the end of a comment",
        "<!--[if mso]><a title='!{{x}}-'><![endif]-->": "the end of a comment",
        "<!--[if mso]><a href='https://s.example/!{{x}}-'><![endif]-->": "the end of a comment",
        "<!--[if mso]><a {{x}}><![endif]-->": "the name of a tag or attribute",
    },
    "take it out of the comment": {
        "<!-- {{x-->y}} -->": "a comment, which it would end",
    },
    "put the attribute's value in quotes": {
        "<a title={{x}}>": "an attribute without quotes",
        "<a title='{{y}}' lang={{x}}{{z}}>": "an attribute without quotes",
        "<!--[if mso]><a title={{x}}><![endif]-->": "an attribute without quotes",
    },
    "write the & before the slot as &amp;": {
        "&{{x}}lt;": "a character reference",
        "&#x{{x}}41;": "a character reference",
        "<img alt='&{{x}}amp;'>": "a character reference",
    },
    "close the tag or element": {
        "<!--[if mso]><b <![endif]{{x}}-->": "markup that the comment never finishes",
    },
    "close the tag, comment or element": {
        "<a title='{{x}}'": "markup that the document never finishes",
        "<textarea>{{x}}": "markup that the document never finishes",
        "<!-- {{x}}": "markup that the document never finishes",
    },
    BEHIND: {
        "<a href='https://{{x}}/'>": "the scheme, host or port of a URL",
        "<a href='https://s.example/{{y}}' cite='https://{{x}}/'>": "the scheme, host or port of a URL",
        "<a href='https://s.example/{{y}}:{{z}}' ping='x{{x}}'>": "the scheme, host or port of a URL",
    },
    f"a slot that begins a URL ends before a / ? or #; {BEHIND}": {
        "<a href='{{x}}.example/'>": "the host of a URL",
    },
}


@pytest.mark.parametrize(
    ("template", "place", "advice"),
    [(template, place, advice) for advice, places in REFUSED.items() for template, place in places.items()],
)
def test_a_refused_slot_is_told_by_name_line_place_and_advice(template: str, place: str, advice: str) -> None:
    slots = re.compile(r"\{\{(?P<name>[xyz])[^{}]*\}\}")
    with pytest.raises(BadSlot) as caught:
        scan_html(f"\n{template}\n\n", slots=slots)
    assert str(caught.value) == f"slot 'x' in line 2 is in {place}: {advice}"
