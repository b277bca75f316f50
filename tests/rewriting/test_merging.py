"""One recipient's values in a document: what a browser reads is the value, and nothing else changes."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from time import process_time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import html5lib
import pytest
from hypothesis import assume, given, settings, strategies as st
from selectolax.lexbor import LexborHTMLParser

from lmtrack import (
    BadSlot,
    BadValue,
    Consent,
    LinkPolicy,
    Route,
    TrackingDomain,
    make_keys,
    resolve,
    revert_html,
    rewrite_html,
    scan_html,
    track_html,
)
from slot_strategies import BRACES, TEMPLATES, VALUES

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmtrack.html import HtmlDocument

# A value that needs no escape anywhere, and that no template holds.
PLAIN = "Hqz"
DOMAIN = TrackingDomain("https://track.example", make_keys(b"a fixed key of tests, 32 octets."))
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
ON = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
Tree = list[Any]


def lexbor_tree(html: str) -> Tree:
    """Elements, attributes, texts and comments, as lexbor reads them; in Outlook comments as Outlook does."""

    def walk(node: Any) -> Tree:  # noqa: ANN401 - lexbor's own
        if node.tag == "-text":
            return ["text", node.text_content]
        if node.tag == "-comment":
            content = node.comment_content
            return ["comment", lexbor_tree(content[9:]) if content.startswith("[if mso]>") else content]
        children = []
        child = node.child
        while child is not None:
            children.append(walk(child))
            child = child.next
        return [node.tag, sorted(node.attributes.items()), children]

    return walk(LexborHTMLParser(f"<body>{html}").root)


def html5lib_tree(html: str) -> Tree:
    """The same as html5lib reads them; comments left out."""

    def walk(node: Any) -> Tree:  # noqa: ANN401 - html5lib's own
        children = [walk(child) for child in node if isinstance(child.tag, str)]
        return [node.tag, sorted(node.attrib.items()), node.text or "", children, node.tail or ""]

    return walk(html5lib.parse(f"<body>{html}", namespaceHTMLElements=False))


def with_value(tree: object, value: str) -> object:
    """Put a value into the tree of a document that has the plain one."""
    if isinstance(tree, str):
        return tree.replace(PLAIN, value)
    if isinstance(tree, tuple):
        name, text = tree
        if name == "href":
            safe = "@!$*+" if text.startswith("mailto:") and "?" not in text else ""
            return name, text.replace(PLAIN, quote(value, safe))
        return name, with_value(text, value)
    return [with_value(branch, value) for branch in tree] if isinstance(tree, list) else tree


def document_of(template: str) -> HtmlDocument:
    try:
        return scan_html(template, slots=BRACES)
    except BadSlot:
        assume(False)
        raise


def merged(document: HtmlDocument, value: str, other: str = "y") -> str:
    try:
        return rewrite_html(document, values={"x": value, "y": other}).html
    except BadValue:
        assume(False)
        raise


@given(TEMPLATES, VALUES, st.sampled_from([lexbor_tree, html5lib_tree]), st.sampled_from(["", "y", "-", "<"]))
def test_a_browser_reads_exactly_the_value_and_the_same_tree(
    template: str, value: str, tree: Callable[[str], Tree], other: str
) -> None:
    assume(value.strip("\t\n\f\r "))  # blanks alone open no element that letters open
    document = document_of(template)
    read = tree(merged(document, value, other))
    assert read == with_value(tree(merged(document, PLAIN, other)), value)


@given(TEMPLATES, VALUES)
def test_reverting_gives_the_template(template: str, value: str) -> None:
    document = document_of(template)
    try:
        result = rewrite_html(
            document, values={"x": value, "y": value}, click_url=lambda link: f"https://t.example/{link.index}"
        )
    except BadValue:
        return
    assert revert_html(result.html, result.edits) == template


# Differential: values substituted by a renderer that knows nothing of slots, then the mail tracked in one shot.

_WORDS = st.text("abc<>&\"' é-", max_size=8)
_PLACES = st.sampled_from(
    [
        ("<p>Hi {{ x }}!</p>", "text"),
        ("<td title='{{ x }}'>t</td>", "single"),
        ('<img alt="{{ x }}" src="https://i.example/a.png">', "double"),
        ('<a href="https://shop.example/{{ x }}/a">A</a>', "url"),
        ('<a href="https://shop.example/?q={{ x }}&amp;b=1">B</a>', "url"),
        ('<a href="https://shop.example/plain">Plain</a>', "text"),
        ('<!--[if mso]><v:rect href="https://shop.example/?q={{ x }}&amp;b=1"></v:rect><![endif]-->', "url"),
        ('<a href="{{ u }}">U</a>', "whole"),
        ("<!-- {{ x }} -->", "comment"),
        ("<br>", "text"),
    ]
)
_WRITERS: dict[str, Callable[[str], str]] = {
    "text": lambda value: escape(value, quote=False),
    "single": lambda value: escape(value, quote=False).replace("'", "&#39;"),
    "double": lambda value: escape(value, quote=False).replace('"', "&quot;"),
    "url": lambda value: quote(value, ""),
    "whole": lambda value: value,
    "comment": lambda _: "{{ x }}",
}


@given(st.lists(_PLACES, max_size=8), _WORDS.filter(lambda text: text.strip("-!") == text))
def test_merging_equals_rendering_and_then_tracking(places: list[tuple[str, str]], value: str) -> None:
    template = "".join(piece for piece, _ in places)
    whole = "https://offers.example/7"
    rendered = "".join(
        piece.replace("{{ x }}", _WRITERS[place](value)).replace("{{ u }}", whole) for piece, place in places
    )
    options: Any = {"domain": DOMAIN, "message_id": "m-1", "now": NOW}
    policy = LinkPolicy(slot_hosts=["offers.example"])
    merged_mail = track_html(
        scan_html(template, slots=BRACES), ON, policy=policy, values={"x": value, "u": whole}, **options
    )
    assume(not {"placeholder"} & {str(reason) for _, reason in merged_mail.skipped})
    one_shot = track_html(rendered, ON, **options)
    assume([link.url for link in merged_mail.links] == [link.url for link in one_shot.links])  # twins by other texts
    assert merged_mail.html == one_shot.html


# 1 MB templates with tens of thousands of slots, half markers and values of 1 MB under the profile `deep`.
SIZE = 1_000_000 if settings().max_examples >= 1000 else 100_000
HOSTILE: dict[str, Callable[[int], tuple[str, str]]] = {
    "slots in text": lambda size: ("<p>{{ x }}</p>\n" * (size // 15), "a & b"),
    "slots in URLs": lambda size: ('<a href="https://s.example/?q={{ x }}">a</a>' * (size // 44), "a & b"),
    "adjacent slots": lambda size: ("{{ x }}" * (size // 7), ""),
    "an Outlook comment": lambda size: ("<!--[if mso]>" + "{{ x }}a" * (size // 8) + "<![endif]-->", "-"),
    "half markers": lambda size: ("{{ x " * (size // 5), ""),
    "half markers, escaped": lambda size: ("%7B%7B" * (size // 6), ""),
    "open references": lambda size: ("&{{ x }}" * (size // 8), "amp;"),
    "CDATA": lambda size: ("<svg>" + "<![CDATA[" * (size // 9) + "{{ x }}", ""),
    "one attribute": lambda size: ("<a title='" + "{{ x }}" * (size // 7) + "'>", "'"),
    "one URL": lambda size: ("<a href='https://s.example/" + "{{ x }}" * (size // 7) + "'>", "."),
    "one link's text": lambda size: ("<a href='https://s.example/'>" + "{{ x }}" * (size // 7) + "</a>", "."),
    "a long value": lambda size: ("<p>{{ x }}</p>", "<&>\r" * (size // 4)),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_time_grows_with_the_size_alone(kind: str) -> None:
    def seconds(size: int) -> float:
        template, value = HOSTILE[kind](size)
        start = process_time()
        with suppress(BadSlot, BadValue):
            rewrite_html(template, slots=BRACES, values={"x": value})
        return process_time() - start

    # Not a test of speed: quadratic work shows in each of four attempts, a busy machine does not.
    assert any(seconds(SIZE) < max(24 * seconds(SIZE // 8), 0.1) for _ in range(4))
