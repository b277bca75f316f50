from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from lmtrack._html.entities import decode_attribute
from lmtrack._html.tokenizer import (
    Token,
    attributes,
    is_self_closing,
    next_token,
    open_point,
    raw_text_end,
    token_at,
)
from strategies import hostile_html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A tag or comment as html5lib's tests write it.
Dumped = list[Any]  # nested JSON


def tokens(html: str) -> list[str]:
    """Every tag and comment of a document in which nothing is raw text."""
    position = 0
    found: list[str] = []
    while token := next_token(html, position, len(html)):
        found.append(html[token.start : token.end])
        position = token.end
    return found


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<a>", ["<a>"]),
        ("x<a >y</a\n>z", ["<a >", "</a\n>"]),
        ("1 < 2 <a> <3 << <b>", ["<a>", "<b>"]),
        ('<a title=">">', ['<a title=">">']),
        ("<a title='>' b=\">\" c=>", ["<a title='>' b=\">\" c=>"]),
        ('<a"x>y">', ['<a"x>']),  # quotes in a tag name are part of it
        ('<a b"c>d">', ['<a b"c>']),
        ('<td="x>y">', ['<td="x>']),  # no assignment without an attribute name
        ('<a b="c"="d>e">', ['<a b="c"="d>']),
        ("<a =b=c>", ["<a =b=c>"]),
        ("<a/b/>", ["<a/b/>"]),
        ("<!-->x-->", ["<!-->"]),
        ("<!--->x-->", ["<!--->"]),
        ("<!----->", ["<!----->"]),
        ("<!--!>x-->", ["<!--!>x-->"]),
        ("<!---!>x-->", ["<!---!>x-->"]),
        ("<!--x--!>y-->", ["<!--x--!>"]),
        ("<!-- <!-- x --> y -->", ["<!-- <!-- x -->"]),
        ("<!doctype html>", ["<!doctype html>"]),
        ('<!x ">">', ['<!x ">']),
        ("<?x?>", ["<?x?>"]),
        ("</ x>", ["</ x>"]),
        ("</>", ["</>"]),
        ("<![CDATA[<a>]]>", ["<![CDATA[<a>"]),
        ("<\0a>", []),
        ("<a\0>", ["<a\0>"]),
        ("<a b='", []),
        ('<a b="c" d', []),
        ("<!-- x --", []),
        ("<a><b", ["<a>"]),
    ],
)
def test_token_ends_where_the_standard_says(html: str, expected: list[str]) -> None:
    assert tokens(html) == expected


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<![CDATA[<a>]]><b>", "<b>"),
        ("<![CDATA[]]><b>", "<b>"),
        ("<![CDATA[]]]]><b>", "<b>"),
        ("<![CDATA[]>]]]><b>", "<b>"),
        ("x<![CDATA[ ]] > ]]>y < z<![CDATA[<a>]]><b>", "<b>"),
        ("<![cdata[<a>]]><b>", "<![cdata[<a>"),
        ("<![CDATA [<a>]]>", "<![CDATA [<a>"),
        ("<!--x--><b>", "<!--x-->"),
        ("<![CDATA[<a>]]<b>", None),
        ("<![CDATA[<a>", None),
    ],
)
def test_cdata_section_is_text_where_it_counts(html: str, expected: str | None) -> None:
    token = next_token(html, 0, len(html), cdata=True)
    assert (html[token.start : token.end] if token else None) == expected


def test_token_names_are_lower_case_in_ascii_only() -> None:
    assert [next_token(html, 0, len(html)) for html in ("<DIV>", "</DIV>", "<d\u0130V\u212a>", "<!DOCTYPE>")] == [
        Token(0, 5, "div"),
        Token(0, 6, "/div"),
        Token(0, 6, "d\u0130v\u212a"),
        Token(0, 10, ""),
    ]


def test_token_is_not_read_past_the_end() -> None:
    html = "<a b='c'><i>"
    assert next_token(html, 0, 8) is None
    assert token_at(html, 0, 8) is None
    assert token_at(html, 0, 9) == Token(0, 9, "a")
    assert next_token(html, 9, 12) == Token(9, 12, "i")


def test_token_at_a_place_is_a_tag_a_comment_or_nothing() -> None:
    html = "<A><!--x--><!x></ x></a>y<!--"
    assert [token_at(html, start, len(html)) for start in range(len(html))] == [
        {
            0: Token(0, 3, "a"),
            3: Token(3, 11, ""),
            11: Token(11, 15, ""),
            15: Token(15, 20, ""),
            20: Token(20, 24, "/a"),
        }.get(start)
        for start in range(len(html))
    ]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("<a>", []),
        ("<a b>", [("b", "", "")]),
        ("<a b=c>", [("b", "c", "")]),
        ("<a b=>", [("b", "", "")]),
        ("<a b = 'c' D=\"e\">", [("b", "c", "'"), ("d", "e", '"')]),
        ("<a b=c/>", [("b", "c/", "")]),
        ("<a b/c>", [("b", "", ""), ("c", "", "")]),
        ("<a b='c'd=e>", [("b", "c", "'"), ("d", "e", "")]),
        ("<a =b>", [("=b", "", "")]),
        ("<a =b=c>", [("=b", "c", "")]),
        ('<a b="c"="d">', [("b", "c", '"'), ('="d"', "", "")]),
        ("<a b=1 B=2>", [("b", "1", ""), ("b", "2", "")]),
        ("<a b=x'y\"z`>", [("b", "x'y\"z`", "")]),
        ("<a b=\"\" c=''>", [("b", "", '"'), ("c", "", "'")]),
        ("<a \u212a=1>", [("\u212a", "1", "")]),
        ("<a\x0bb=1>", []),
    ],
)
def test_attributes_are_read_as_the_standard_says(tag: str, expected: list[tuple[str, str, str]]) -> None:
    token = token_at(tag, 0, len(tag))
    assert token is not None
    found = list(attributes(tag, token))
    assert [(one.name, tag[one.value_start : one.value_end], one.quote) for one in found] == expected
    assert all(tag[one.start : one.end].lower().startswith(one.name.lower()) for one in found)


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("<a>", False),
        ("<a/>", True),
        ("<a />", True),
        ("<a b/>", True),
        ("<a b='c'/>", True),
        ("<a b=c/>", False),
        ("<a b=c />", True),
        ("<a b=/>", False),
        ("<a / >", False),
        ("<a b='/'>", False),
    ],
)
def test_tag_closes_itself_only_with_a_slash_outside_values(tag: str, expected: bool) -> None:
    token = token_at(tag, 0, len(tag))
    assert token is not None
    assert is_self_closing(tag, token) is expected


@pytest.mark.parametrize(
    ("name", "html", "rest"),
    [
        ("title", "a</title>b", "</title>b"),
        ("title", "a</TiTlE/>b", "</TiTlE/>b"),
        ("title", "a</title >b", "</title >b"),
        ("title", "a</titles></title\t>", "</title\t>"),
        ("title", "a<!--</title>-->", "</title>-->"),
        ("title", "a</title", None),
        ("style", "a</title>", None),
        ("xmp", "<xmp></xmp></xmp>", "</xmp></xmp>"),
        ("script", "a</script>b", "</script>b"),
        ("script", "<!--</script>-->", "</script>-->"),
        ("script", "<!--<script></script>--></script>", "</script>"),
        ("script", "<!--<script></script></script>", "</script>"),
        ("script", "<!--<script><script></script>a</script>", "</script>"),
        ("script", "<!--<script>", None),
        ("script", "<!--<script>--></script>", "</script>"),
        ("script", "<!--<scripts></script>x", "</script>x"),
        ("script", "<!--<script/ </script/x</script>", "</script>"),
        ("script", "<script></script>x", "</script>x"),
        ("script", "<!--><script></script>x", "</script>x"),
        ("script", "<!---><script></script>x", "</script>x"),
        ("script", "<!-- <!--><script></script>x", "</script>x"),
        ("script", "<!-----><script></script>x", "</script>x"),
        ("script", "<!-- a --!><script></script>x</script>y", "</script>y"),
        ("script", "<!-- a ---><script></script>x", "</script>x"),
        ("script", "<!- -><script></script>x", "</script>x"),
        ("script", "<!--<script></scriptx></script>-->a</script>", "</script>"),
    ],
)
def test_raw_text_ends_at_its_own_end_tag(name: str, html: str, rest: str | None) -> None:
    offset = raw_text_end(html, name, 0, len(html))
    assert (html[offset:] if offset >= 0 else None) == rest


def test_open_point_is_the_unfinished_markup_or_the_end() -> None:
    assert [open_point(html, 0, len(html)) for html in ("x < y", "x < <a b", "x<", "", "<!--", "</", "<?")] == [
        5, 4, 2, 0, 0, 0, 0,
    ]  # fmt: skip
    assert open_point("x <a", 0, 3) == 3


@given(hostile_html())
def test_attributes_fill_their_tag(html: str) -> None:
    position = 0
    while token := next_token(html, position, len(html)):
        assert position <= token.start < token.end
        assert html[token.start] == "<"
        assert html[token.end - 1] == ">"
        position = token.end
        if token.name and not token.name.startswith("/"):
            rest = token.start + 1 + len(token.name)
            for attribute in attributes(html, token):
                assert not html[rest : attribute.start].strip("\t\n\f\r /")
                assert attribute.start <= attribute.value_start <= attribute.value_end <= attribute.end
                rest = attribute.end
            assert not html[rest : token.end - 1].strip("\t\n\f\r /")
    assert position <= open_point(html, position, len(html)) <= len(html)


# The conformance suite of html5lib. A document ends for us at the first unfinished markup; for the tokeniser a comment
# ends at the end of the file, so the harness adds that one.


def _comment(text: str) -> Dumped | None:
    """The data of a comment, finished or not; None for a doctype and for `</>`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
    if text.startswith("<!--"):
        if re.fullmatch(r"<!---?>", text):
            return ["Comment", ""]
        return ["Comment", re.sub(r"(?:--!?>|--!?|-)\Z", "", text[4:], count=1)]
    if text[:9].lower() == "<!doctype" or text == "</>":
        return None
    return ["Comment", text[1 if text.startswith("<?") else 2 :].removesuffix(">")]


def _tag(html: str, token: Token) -> Dumped:
    name = token.name.replace("\0", "\ufffd")
    if name.startswith("/"):
        return ["EndTag", name[1:]]
    found: dict[str, str] = {}
    for one in attributes(html, token):
        value = decode_attribute(html[one.value_start : one.value_end])
        found.setdefault(one.name.replace("\0", "\ufffd"), value)
    return ["StartTag", name, found, *([True] if is_self_closing(html, token) else [])]


def dump(html: str, state: str, last_start_tag: str) -> Iterator[Dumped]:
    """Tags and comments of a document, by the engine's own parts."""
    end = len(html)
    position = 0
    if state == "PLAINTEXT state":
        return
    if state == "CDATA section state":
        position = html.find("]]>")
    elif state != "Data state":  # one test reads the end of an xmp in the script data state
        name = last_start_tag or ("script" if state == "Script data state" else "xmp")
        position = raw_text_end(html, name, 0, end)
    if position < 0:
        return
    while token := next_token(html, position, end):
        position = token.end
        dumped = _tag(html, token) if token.name else _comment(html[token.start : token.end])
        if dumped:
            yield dumped
    rest = html[open_point(html, position, end) :]
    if re.match(r"<(?:!|\?|/[^a-zA-Z])", rest) and (dumped := _comment(rest)):
        yield dumped


def _unescape(value: object) -> Any:  # noqa: ANN401 - JSON
    r"""Undo the second escaping of "doubleEscaped" tests (`\\uD800` and the like)."""
    if isinstance(value, str):
        return re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), value)
    if isinstance(value, list):
        return [_unescape(one) for one in value]
    if isinstance(value, dict):
        return {_unescape(key): _unescape(one) for key, one in value.items()}
    return value


def test_every_tokenizer_test_of_html5lib_passes(shared: Path) -> None:
    wrong: list[tuple[str, str, list[Dumped], list[Dumped]]] = []
    count = 0
    for path in sorted((shared / "html5lib-tests" / "tokenizer").glob("*.test")):
        suite = json.loads(path.read_text(encoding="utf-8"))
        for case in suite.get("tests", ()):  # `xmlViolationTests` are about turning HTML into XML
            for state in case.get("initialStates", ["Data state"]):
                html, output = case["input"], case["output"]
                if case.get("doubleEscaped"):
                    html, output = _unescape(html), _unescape(output)
                expected = [one for one in output if one[0] in {"StartTag", "EndTag", "Comment"}]
                found = list(dump(html, state, case.get("lastStartTag", "")))
                count += 1
                if found != expected:
                    wrong.append((html, state, found, expected))
    assert not wrong
    assert count == 7032
