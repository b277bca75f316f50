from __future__ import annotations

import pytest

from lmtrack._checking.pages.values import Validity, degrees, flat, functions, number, percent, pixels, validity


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ("calc(1px - 1px)", "0.0000px"),
        ("calc(2 * 3px + 1px)", "7.0000px"),
        ("calc(6px / 2)", "3.0000px"),
        ("calc(6px / 0)", "6.0000px"),
        ("calc((1px + 1px) * 2)", "4.0000px"),
        ("calc(1in)", "96.0000px"),
        ("calc(5% - 5%)", "0.0000%"),
        ("min(0px, 600px)", "0.0000px"),
        ("max(1px, 2px, 3px)", "3.0000px"),
        ("clamp(1px, 9px, 5px)", "5.0000px"),
        ("translate(calc(1px + 1px), 0)", "translate(2.0000px, 0)"),
        # What depends on something else, or is no sum at all, stays.
        ("calc(100% - 5px)", "calc(100% - 5px)"),
        ("min(1px, 5%)", "min(1px, 5%)"),
        ("calc(var(--x) + 1px)", "calc(var(--x) + 1px)"),
        ("calc()", "calc()"),
        ("calc(" + "calc(" * 9 + "1px" + ")" * 10, "calc(calc(1.0000px))"),
        ("translate(5px)", "translate(5px)"),
    ],
)
def test_sums_of_one_kind_are_worked_out(value: str, plain: str) -> None:
    assert flat(value) == plain


def test_what_a_value_is() -> None:
    assert [pixels(one) for one in ("0", "-3px", "1in", "5%", "foo", "calc(2px)")] == [0, -3, 96, None, None, 2]
    assert [percent(one) for one in ("5%", "5px", "calc(5% + 5%)")] == [5, None, 10]
    assert [number(one) for one in (".5", "50%", "5px", "")] == [0.5, 0.5, None, None]
    assert [degrees(one) for one in ("90deg", "0.25turn", "100grad", "5px")] == [90, 90, 90, None]
    assert functions("scale(1, 2) rotate( 5deg )") == [("scale", ["1", "2"]), ("rotate", ["5deg"])]


@pytest.mark.parametrize(
    ("name", "value", "who"),
    [
        ("display", "none", Validity.KEPT), ("display", "foo", Validity.DROPPED), ("display", "unset", Validity.KEPT),
        ("opacity", "0", Validity.KEPT), ("opacity", "foo", Validity.DROPPED), ("left", "5px", Validity.KEPT),
        ("left", "5", Validity.UNSURE), ("left", "0", Validity.KEPT), ("left", "foo", Validity.DROPPED),
        ("left", "calc(5px)", Validity.UNSURE), ("margin", "0 auto", Validity.KEPT),
        ("margin", "0 foo", Validity.DROPPED), ("transform", "scale(0)", Validity.KEPT),
        ("transform", "scale(1) rotate(0) rotate3d(0,1,0,5deg) translate(5%,0) perspective(9px)", Validity.KEPT),
        ("transform", "skew(5)", Validity.DROPPED), ("transform", "scale(foo)", Validity.DROPPED),
        ("width", "max-content", Validity.KEPT), ("margin", "0 0 0 0 0", Validity.DROPPED),
        ("left", "5foo", Validity.DROPPED), ("max-width", "none", Validity.KEPT), ("zoom", "-1", Validity.DROPPED),
        ("background", "url() 0 0/0 0", Validity.KEPT), ("background", "red", Validity.UNSURE),
        ("background-size", "cover, 5px auto", Validity.KEPT), ("background-size", "foo", Validity.DROPPED),
        ("transform", "foo", Validity.DROPPED), ("clip", "auto", Validity.KEPT), ("color", "red", Validity.UNSURE),
    ],
)  # fmt: skip
def test_who_drops_a_declaration(name: str, value: str, who: Validity) -> None:
    assert validity(name, value) is who


def test_no_long_value_outlives_the_mail_it_was_in() -> None:
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy's has nothing behind it
    tracemalloc.start()
    try:
        for letter in "abcdefghij":
            for read in (pixels, percent, number, degrees):
                assert read(letter * 100_000) is None
            assert validity("left", letter * 100_000) is Validity.DROPPED
            assert validity(letter * 100_000, "0") is Validity.UNSURE
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 500_000
