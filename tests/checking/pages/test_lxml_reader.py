"""The reader with a tree: what it says of a document is what lxml's own tree of it says, though it keeps none."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from lxml import etree

from hostile_inputs import HOSTILE
from lmtrack import audit_html
from lmtrack._checking.pages.element import Element
from lmtrack._checking.pages.lxml_reader import Unread, read_tree
from lmtrack._checking.pages.own_reader import CommentText, RawText
from strategies import hostile_html

FIRST = 1 << 12  # characters that are read at a time, as long as no element has begun
LATER = FIRST + (1 << 18)  # where the second piece ends otherwise
DEEP = "elements are nested too deep, or the parser reached another of its limits"


def read(html: str) -> list[tuple[object, ...]]:
    """Describe all that is read, each element by its name, attributes, line, text and by what is around and before."""
    found: list[Element | RawText | CommentText] = []
    try:
        found += read_tree(html, words=True)
    except Unread as why:
        return [(str(why),)]
    texts = {item.element: item.text for item in found if isinstance(item, RawText)}
    nodes = [item for item in found if not isinstance(item, RawText)]
    at: dict[object, int | None] = {None: None} | {node: number for number, node in enumerate(nodes)}
    return [
        (node.name, node.attributes, node.line, texts.get(node, node.words), at[node.parent], at[node.before])
        if isinstance(node, Element)
        else (node.text, node.line, at[node.parent])
        for node in nodes
    ]


def expected(html: str) -> list[tuple[object, ...]]:
    """Describe the same of a whole tree."""
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
    root = etree.fromstring(re.sub("[\ud800-\udfff]", "\ufffd", html).encode(), parser)
    if any(entry.level_name == "FATAL" for entry in parser.error_log):
        return [(DEEP,)]
    found: list[tuple[object, ...]] = []
    raw = {"iframe", "noembed", "noframes", "script", "style", "title", "xmp", "plaintext"}
    roots = [] if root is None else [*reversed([*root.itersiblings(preceding=True)]), root, *root.itersiblings()]
    nodes = [node for one in roots for node in one.iter()]
    at: dict[etree._Element | None, int | None] = {None: None}
    at |= {node: number for number, node in enumerate(nodes)}
    for node in nodes:
        line = min(node.sourceline or 1, 65_535)
        around = at[node.getparent()]
        if not isinstance(node.tag, str):
            found.append((node.text or "", line, around))
            continue
        name = node.tag.lower()
        inside = (
            "".join(node.itertext())
            if name in raw
            else "".join(((node.text or ""), *(child.tail or "" for child in node)))
        )
        before = None if around is None else next(node.itersiblings("*", preceding=True), None)
        found.append((name, {str(key).lower(): value for key, value in reversed(node.attrib.items())}, line, inside,
                      around, at[before]))  # fmt: skip
    return found


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_documents_are_read_as_their_tree_is(kind: str) -> None:
    html = f"<p>{HOSTILE[kind](3_000)}"
    assert read(html) == expected(html)


@given(hostile_html())
@example("<html><head></head></html><p>x<!--y--><html><p>a</p>b<p>c</p>d")
@example("<svg><title>a<b>c</b></title></svg><p>1<b>2</b>3<i>4</i>5<!--6-->7")
def test_any_document_is_read_as_its_tree_is(html: str) -> None:
    html = f"<p>{html}"
    assert read(html) == expected(html)


@pytest.mark.parametrize(
    "html",
    [
        '<img src="https://shop.example/a"\nalt="x">', "<style>p{a:b}\n</style>x", "<!-- a -- b -->x",
        "\U0001f600\r\n\ud800", "</b><i>x</i></p><p>", "<title>a &amp; b</title>", "&CounterClockwiseContourIntegral;x",
    ],
)  # fmt: skip
def test_what_lies_across_two_pieces_is_one_thing(html: str) -> None:
    for before in range(len(html) + 1):
        for start in ('<div hidden="">a<b>b</b>'.ljust(end - before, "x") for end in (FIRST, LATER)):
            assert read(start + html) == expected(start + html)
        # Nothing has begun.
        for start in ("<!-- a -->".ljust(end - before) for end in (FIRST, 2 * FIRST)):
            assert read(start + html) == expected(start + html)


@pytest.mark.parametrize("comment", ["<!>", "<?x>", "<!-- a -->"])
def test_comments_before_the_first_element_are_read_up_to_a_limit(comment: str) -> None:
    """For each comment lxml takes as long as there are before it."""
    assert read(comment * 1_000 + "<p>x") == expected(comment * 1_000 + "<p>x")
    why = "more than 1,000 comments are before the first element"
    assert read(comment * 1_000_000) == [(why,)]
    assert read("<p>x" + comment * 10_000) == expected("<p>x" + comment * 10_000)
    audit = audit_html(comment * 4_000 + '<img src="https://a.example/x" width=1 height=1>')
    assert audit.findings[-1].kind == "limit_reached"
    assert audit.findings[-1].why.endswith(why)
    assert audit.outcome == "tracked"


def test_nothing_is_read_of_nothing() -> None:
    assert read("") == read(" ") == []
