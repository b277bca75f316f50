"""The reader without a tree: whether it keeps every open element in mind makes no difference where none is needed."""

from __future__ import annotations

import pytest
from hypothesis import given

from hostile_inputs import HOSTILE
from lmtrack._checking.pages.element import Element
from lmtrack._checking.pages.own_reader import read_exactly
from strategies import hostile_html

WITH_ALL_THAT_IS_OPEN = "<!--<template-->"


def described(html: str) -> list[object]:
    return [
        (item.name, item.attributes, item.line, item.condition) if isinstance(item, Element) else item
        for item in read_exactly(html)
    ]


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_documents_are_read_alike(kind: str) -> None:
    html = HOSTILE[kind](3_000)
    assert described(WITH_ALL_THAT_IS_OPEN + html)[1:] == described(html)


@given(hostile_html(foreign=False, select=True))
def test_documents_without_svg_math_and_templates_are_read_alike(html: str) -> None:
    assert described(WITH_ALL_THAT_IS_OPEN + html)[1:] == described(html)
