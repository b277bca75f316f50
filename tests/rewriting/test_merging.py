"""One recipient's values in a document: what a browser reads is the value, and nothing else changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import html5lib
from hypothesis import assume, given, strategies as st
from selectolax.lexbor import LexborHTMLParser

from lmtrack import BadSlot, BadValue, revert_html, rewrite_html, scan_html
from slot_strategies import BRACES, TEMPLATES, VALUES

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmtrack.html import HtmlDocument

# A value that needs no escape anywhere, and that no template holds.
PLAIN = "Hqz"
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
