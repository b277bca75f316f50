from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, strategies as st

from lmtrack import add_query

UTM = {"utm_source": "letter", "utm_medium": "e-mail"}


@pytest.mark.parametrize(
    ("url", "result"),
    [
        ("https://a.example", "https://a.example?utm_source=letter&utm_medium=e-mail"),
        ("https://a.example/", "https://a.example/?utm_source=letter&utm_medium=e-mail"),
        ("https://a.example/?", "https://a.example/?utm_source=letter&utm_medium=e-mail"),
        ("https://a.example/?x=1", "https://a.example/?x=1&utm_source=letter&utm_medium=e-mail"),
        ("https://a.example/?x=1&", "https://a.example/?x=1&utm_source=letter&utm_medium=e-mail"),
        ("https://a.example/#top", "https://a.example/?utm_source=letter&utm_medium=e-mail#top"),
        ("https://a.example/?x#a?b", "https://a.example/?x&utm_source=letter&utm_medium=e-mail#a?b"),
        ("https://a.example/?utm_source=", "https://a.example/?utm_source=&utm_medium=e-mail"),
        ("https://a.example/?utm%5Fsource=b", "https://a.example/?utm%5Fsource=b&utm_medium=e-mail"),
        ("https://a.example/?utm_medium&UTM_SOURCE=b", "https://a.example/?utm_medium&UTM_SOURCE=b&utm_source=letter"),
        ("https://a.example/#?utm_source=b", "https://a.example/?utm_source=letter&utm_medium=e-mail#?utm_source=b"),
    ],
)
def test_only_what_is_missing_is_added_before_the_fragment(url: str, result: str) -> None:
    assert add_query(url, UTM) == result
    assert add_query(result, UTM) is result


def test_signs_are_escaped() -> None:
    added = add_query("https://a.example/", {"a b": "c&d=#\u00e9/"})
    assert added == "https://a.example/?a%20b=c%26d%3D%23%C3%A9%2F"
    assert add_query("https://a.example/", {}) == "https://a.example/"


@given(
    st.text("abc/?&=#%+.", max_size=20).map(lambda rest: f"https://a.example/{rest}"),
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.text(st.characters(exclude_categories=["Cs"]))
    ),
)
def test_what_was_there_stays_and_what_was_added_is_read_back(url: str, parameters: dict[str, str]) -> None:
    added = add_query(url, parameters)
    before, after = urlsplit(url), urlsplit(added)
    assert (after.path, after.fragment) == (before.path, before.fragment)
    assert after.query.startswith(before.query)
    assert add_query(added, parameters) == added
    there = dict(parse_qsl(after.query, keep_blank_values=True, max_num_fields=1000))
    assert parameters.keys() <= there.keys() | {""}


@pytest.mark.parametrize("arguments", [(5, {}), (b"x", {}), ("x", ["a"]), ("x", {"a": 5}), ("x", {5: "a"})])
def test_wrong_types_are_refused(arguments: tuple[object, object]) -> None:
    with pytest.raises(TypeError):
        add_query(*arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize("parameters", [{"a": "1", "utm_\ud800": "x"}, {"utm": "\udcff"}, {"there": "\ud800"}])
def test_a_lone_surrogate_in_a_parameter_is_refused_by_the_name_of_the_argument(parameters: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"^parameters hold a lone surrogate$"):
        add_query("https://a.example/?there=1", parameters)
