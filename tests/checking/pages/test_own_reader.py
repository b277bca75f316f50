"""The reader without a tree: whether it keeps every open element in mind makes no difference where none is needed."""

from __future__ import annotations

import pytest
from hypothesis import given

from hostile_inputs import HOSTILE
from lmtrack._checking.pages.element import Element
from lmtrack._checking.pages.own_reader import read_exactly
from strategies import hostile_html, seeded_html

# Tags that end nowhere, so that neither is read; but up to the first one all that is open is kept in mind.
WITH_ALL_THAT_IS_OPEN, WITHOUT = "<svg", "<svx"


def described(html: str, *, once: bool = False) -> list[object]:
    return [
        (item.name, item.attributes, item.line, item.condition) if isinstance(item, Element) else item
        for item in read_exactly(html, once=once)
    ]


def read_in_both_ways(html: str) -> tuple[str, str]:
    with_all, without = (repr(described(html + end)) for end in (WITH_ALL_THAT_IS_OPEN, WITHOUT))
    return with_all.replace(WITH_ALL_THAT_IS_OPEN, WITHOUT), without


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_documents_are_read_alike(kind: str) -> None:
    with_all, without = read_in_both_ways(HOSTILE[kind](3_000).replace(WITH_ALL_THAT_IS_OPEN, WITHOUT))
    assert with_all == without


@given(hostile_html(foreign=False, select=True))
def test_documents_without_svg_math_and_templates_are_read_alike(html: str) -> None:
    with_all, without = read_in_both_ways(html)
    assert with_all == without


@pytest.mark.parametrize("seed", range(500))
def test_what_is_open_matters_no_more_behind_the_last_svg_math_or_template(seed: int) -> None:
    html = seeded_html(seed, template=seed % 2 > 0, select=True).replace(WITH_ALL_THAT_IS_OPEN, "<SVG")
    with_all, without = read_in_both_ways(html)
    assert with_all == without


@given(hostile_html())
def test_a_tag_that_is_written_like_one_before_may_be_left_out(html: str) -> None:
    every, once = (described(html + html, once=once) for once in (False, True))
    assert {repr(item) for item in once} <= {repr(item) for item in every}
    first = {repr(item[:2]): item for item in reversed(every) if isinstance(item, tuple) and item[0] != "style"}
    assert all(item in once for item in first.values())


def test_a_tag_that_is_written_like_one_very_long_before_is_read_again() -> None:
    tags = [f"<a href={number}>" for number in (*range(10_000), 0, 10_000, 0)]
    assert [item[1] for item in described("".join(tags), once=True) if isinstance(item, tuple)] == [
        {"href": str(number)} for number in (*range(10_001), 0)
    ]
