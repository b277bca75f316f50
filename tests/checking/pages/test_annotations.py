"""Annotations of schema.org: which of their URLs is a picture's, whatever else the JSON holds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from lmtrack._checking.pages.annotations import is_json_ld, is_url, names_picture, read_json_ld

URL = "https://i.example/1.png"
NAMES = st.sampled_from(("@context", "@type", "image", "logo", "url", "name", "target", "thumbnailUrl", "IMAGE"))
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.builds("https://x.example/{}".format, st.text())
)
JSON = st.recursive(VALUES, lambda inner: st.one_of(st.lists(inner), st.dictionaries(NAMES, inner)), max_leaves=20)


@pytest.mark.parametrize(
    ("annotation", "is_picture"),
    [
        ({"image": URL}, True),
        ({"thumbnailUrl": URL}, True),
        ({"image": [URL]}, True),
        ({"logo": {"@type": "ImageObject", "url": URL}}, True),
        ({"logo": {"url": URL, "@type": "ImageObject"}}, True),
        ({"image": {"@type": "ImageObject", "contentUrl": URL}}, True),
        ({"url": URL}, False),
        ({"image": "cid:1", "url": URL}, False),
        ({"image": {"url": "cid:1"}, "url": URL}, False),
        ({"potentialAction": {"@type": "ViewAction", "target": URL}}, False),
    ],
)
def test_what_is_a_picture_in_an_annotation(annotation: Any, is_picture: bool) -> None:  # noqa: ANN401
    script = json.dumps({"@type": "Thing", **annotation})
    assert is_json_ld(script)
    (found,) = read_json_ld(script)
    assert (found.url, found.is_picture) == (URL, is_picture)
    assert script[found.offset :].startswith(URL)


def test_a_url_is_read_as_json_writes_it() -> None:
    (found,) = read_json_ld(r'{"@type": "Thing", "image": "https:\/\/i.example\u002f1.png"}')
    assert found.url == URL


def urls_of(value: Any) -> list[str]:  # noqa: ANN401
    if isinstance(value, str):
        return [value] if is_url(value) else []
    return [url for inner in (value.values() if isinstance(value, dict) else value) for url in urls_of(inner)]


def strings_of(value: Any) -> Any:  # noqa: ANN401
    """Keep the lists, objects and texts of a JSON value: its URLs are in nothing else."""
    if isinstance(value, dict):
        return {name: strings_of(inner) for name, inner in value.items() if isinstance(inner, (dict, list, str))}
    if isinstance(value, list):
        return [strings_of(inner) for inner in value if isinstance(inner, (dict, list, str))]
    return value


@given(JSON)
@example(["https://x.example/\x1f\\"])
def test_every_url_of_an_annotation_is_found(value: Any) -> None:  # noqa: ANN401
    kept = strings_of(value) if isinstance(value, (dict, list, str)) else ""
    simple = json.loads(json.dumps(kept).encode("ascii", "ignore").decode())
    expected = [url for url in urls_of(simple) if url.isascii() and url.isprintable() and not set(url) & set('"\\')]
    found = [one.url for one in read_json_ld(json.dumps(simple))]
    assert [url for url in found if url in expected] == expected


AROUND = st.text(alphabet=":{}[],@type imageurl/https.\\\n")


@given(AROUND, AROUND.map('",'.__add__) | st.just(""))
def test_a_url_is_found_whatever_is_around_it(before: str, after: str) -> None:
    assert [(one.url, one.is_picture) for one in read_json_ld(f'{before}"image":"{URL}{after}')] == [(URL, True)]


@pytest.mark.parametrize("script", ["", "let x = 1", '{"type": "x"}', "{'@type': 'x'}"])
def test_other_scripts_are_not_annotations(script: str) -> None:
    assert not is_json_ld(script)


@pytest.mark.parametrize(
    ("properties", "is_picture"), [("image", True), ("name LOGO", True), ("url", False), ("", False)]
)
def test_a_property_of_microdata_is_a_picture_by_its_name(properties: str, is_picture: bool) -> None:
    assert names_picture(properties) is is_picture
