"""Markers: how they are declared, found and written, and one recipient's values for them."""

from __future__ import annotations

import pickle
import re
from typing import Any

import pytest
from hypothesis import given, strategies as st

from lmtrack import BadSlot, BadValue, LmtrackError, MissingValue, make_slots, rewrite_html, scan_html
from lmtrack._rewriting.slots.markers import Marker, Slots, masked, read_slots


def slots_of(*markers: str) -> Slots:
    slots = read_slots({f"n{number}": marker for number, marker in enumerate(markers)}, None)
    assert slots is not None
    return slots


def found(slots: Slots, text: str) -> list[str]:
    return [text[start:end] for start, end, _ in slots.find(text)]


def test_of_markers_that_begin_alike_the_longest_counts() -> None:
    slots = slots_of("{{x}}", "{{x}}s", "slot-n-a-slot", "slot-n-a-slot-b-slot")
    assert found(slots, "{{x}} {{x}}s slot-n-a-slot slot-n-a-slot-b-slot") == [
        "{{x}}",
        "{{x}}s",
        "slot-n-a-slot",
        "slot-n-a-slot-b-slot",
    ]


def test_the_longest_counts_among_markers_that_differ_later() -> None:
    assert found(slots_of("%b", "%a", "%a!"), "%a! %a %b") == ["%a!", "%a", "%b"]


@pytest.mark.parametrize(
    "text", ["xslot-n-a-slot", "slot-n-a-slots", "slot-n-a-slot5", "éslot-n-a-slot", "slot-n-a-slo"]
)
def test_a_marker_of_letters_is_none_within_a_word(text: str) -> None:
    assert found(slots_of("slot-n-a-slot"), text) == []


def test_markers_of_signs_touch_words_and_each_other() -> None:
    assert found(slots_of("{{x}}", "%y%"), "a{{x}}b{{x}}{{x}}1%y%2%y%") == ["{{x}}"] * 3 + ["%y%"] * 2


def test_a_pattern_names_its_slots() -> None:
    slots = read_slots(re.compile(r"\[\[(?P<name>\w+)?\]\]"), None)
    assert slots is not None
    assert slots.find("[[a]] [[]] [[b]]") == [Marker(0, 5, "a"), Marker(11, 16, "b")]
    assert slots.declares("anything")


def test_patterns_and_markers_stand_together() -> None:
    slots = read_slots({"a": "{{a}}", "any": re.compile(r"\{\{\w+\}\}!?|")}, None)
    assert slots is not None
    assert slots.find("{{a}} {{a}}! {{b}}") == [Marker(0, 5, "a"), Marker(6, 12, "any"), Marker(13, 18, "any")]
    assert slots.declares("any")
    assert not slots.declares("b")


@pytest.mark.parametrize("text", ["%7B%7Bx%7D%7D", "%7b{x%7D}", "{{%78}}", "a%20{{x}}", "{{x%7d%7D%"])
def test_escaped_markers_are_found_where_the_escapes_are_undone(text: str) -> None:
    slots = slots_of("{{x}}")
    [(start, end, name)] = slots.find(text) + slots.find_escaped(text, slots.find(text))
    assert name == "n0"
    assert text[start:end].lower().replace("%7b", "{").replace("%7d", "}").replace("%78", "x") == "{{x}}"


def test_an_escaped_marker_may_touch_one_that_is_not() -> None:
    slots = slots_of("{{x}}")
    text = "{{x}}%7B%7Bx%7D%7D"
    assert slots.find_escaped(text, slots.find(text)) == [Marker(5, 18, "n0")]


def test_an_escape_before_a_marker_of_letters_is_no_letter() -> None:
    slots = slots_of("slot-n-a-slot")
    assert slots.find("%20slot-n-a-slot") == []
    assert slots.find_escaped("%20slot-n-a-slot", []) == [Marker(3, 16, "n0")]


def test_every_marker_is_masked() -> None:
    slots = slots_of("{<}", "{>}", "{x}")
    assert masked("a{<}b{x}c{>}d", slots.find("a{<}b{x}c{>}d")) == "a{_}b{x}c{_}d"


def test_what_would_be_markup_is_masked() -> None:
    text = '{{ x|default:"<b>\'&" }} & <b>'
    assert masked(text, [Marker(0, 23, "x")]) == "{{ x|default:____b____ }} & <b>"[0:0] + masked(
        text, [Marker(0, 23, "x")]
    )
    assert len(masked(text, [Marker(0, 23, "x")])) == len(text)
    assert not set("<>\"'&") & set(masked(text, [Marker(0, 23, "x")])[:23])
    plain = "{{ x }} & <b>"
    assert masked(plain, [Marker(0, 7, "x")]) is plain


@given(
    st.lists(st.text("ab-{}", min_size=1, max_size=5), unique=True, min_size=1, max_size=8),
    st.text("ab-{} ", max_size=40),
)
def test_every_marker_is_found_as_a_search_for_each_would(markers: list[str], text: str) -> None:
    def within(position: int) -> bool:
        return 0 < position < len(text) and text[position - 1].isalnum() and text[position].isalnum()

    expected, position = [], 0
    while position < len(text):
        fits = [
            m
            for m in markers
            if text.startswith(m, position) and not within(position) and not within(position + len(m))
        ]
        if fits:
            expected.append(max(fits, key=len))
        position += len(expected[-1]) if fits else 1
    assert found(slots_of(*markers), text) == expected


@pytest.mark.parametrize(
    ("slots", "defaults", "error"),
    [
        ("{{x}}", None, TypeError),
        ({"x": 5}, None, TypeError),
        ({5: "x"}, None, TypeError),
        ({"x": re.compile(b"x")}, None, TypeError),
        (re.compile(b"(?P<name>x)"), None, TypeError),
        (re.compile("x"), None, ValueError),
        ({"": "{{x}}"}, None, ValueError),
        ({"x": " "}, None, ValueError),
        ({"x": "{{x}}", "y": "{{x}}"}, None, ValueError),
        (None, {"x": "y"}, ValueError),
        ({"x": "{{x}}"}, ["x"], TypeError),
        ({"x": "{{x}}"}, {"x": None}, TypeError),
    ],
)
def test_slots_that_cannot_be_meant_are_refused(slots: Any, defaults: Any, error: type[Exception]) -> None:  # noqa: ANN401
    with pytest.raises(error):
        scan_html("x", slots=slots, defaults=defaults)


def test_a_nonce_makes_markers_that_nobody_can_guess() -> None:
    slots = make_slots(["name", "order-id"], nonce="4f1c09ab")
    assert slots == {"name": "slot-4f1c09ab-name-slot", "order-id": "slot-4f1c09ab-order-id-slot"}
    html = "<p>slot-4f1c09ab-name-slot slot-00000000-name-slot"
    assert rewrite_html(html, slots=slots, values={"name": "Ann"}).html == "<p>Ann slot-00000000-name-slot"


@pytest.mark.parametrize(
    ("names", "nonce", "error"),
    [
        ("name", "4f1c09ab", TypeError),
        (["name"], b"4f1c09ab", TypeError),
        ([5], "4f1c09ab", TypeError),
        (["na me"], "4f1c09ab", ValueError),
        (["ä"], "4f1c09ab", ValueError),
        (["name"], "short", ValueError),
        (["name"], "4f1c-9ab", ValueError),
    ],
)
def test_markers_are_made_of_letters_and_digits(names: Any, nonce: Any, error: type[Exception]) -> None:  # noqa: ANN401
    with pytest.raises(error):
        make_slots(names, nonce=nonce)


def test_values_defaults_and_what_is_missing() -> None:
    document = scan_html("<p>{{a}}|{{b}}", slots={"a": "{{a}}", "b": "{{b}}"}, defaults={"b": "you"})
    for values in ({"a": "x"}, {"a": "x", "b": None}, {"a": "x", "b": "", "c": "more"}):
        assert rewrite_html(document, values=values).html == "<p>x|you"
    assert rewrite_html(document, values={"a": "", "b": "y"}).html == "<p>|y"
    for nothing in (None, {}, {"a": None}):
        with pytest.raises(MissingValue) as caught:
            rewrite_html(document, values=nothing)
        assert (caught.value.slot, isinstance(caught.value, KeyError)) == ("a", True)
        assert str(caught.value) == "there is no value and no default for slot 'a'"


def test_values_of_other_types_are_refused() -> None:
    document = scan_html("{{a}}", slots={"a": "{{a}}"})
    wrong: Any = {"a": 5}
    with pytest.raises(TypeError, match="the value of slot 'a' must be a str or None, not int"):
        rewrite_html(document, values=wrong)
    wrong = [("a", "x")]
    with pytest.raises(TypeError, match="values must be a mapping or None"):
        rewrite_html(document, values=wrong)


def test_a_value_of_a_subclass_is_its_text() -> None:
    class Loud(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "LOUD"

        def __html__(self) -> str:
            return "<b>"

    result = rewrite_html("<p>{{a}}", slots={Loud("a"): Loud("{{a}}")}, values={"a": Loud("<i>")})
    assert result.html == "<p>&lt;i&gt;"
    assert type(result.html) is str


@pytest.mark.parametrize(("value", "problem"), [("a\0b", "it holds U+0000"), ("\ud800", "it holds a lone surrogate")])
def test_what_no_place_can_hold_is_refused(value: str, problem: str) -> None:
    with pytest.raises(BadValue) as caught:
        rewrite_html("{{a}}{{b}}", slots={"a": "{{a}}", "b": "{{b}}"}, values={"a": "fine", "b": value})
    assert (caught.value.slot, caught.value.place, caught.value.problem) == ("b", "any place", problem)
    assert value not in str(caught.value)


def test_values_need_slots_and_slots_are_said_once() -> None:
    with pytest.raises(ValueError, match="need slots"):
        rewrite_html("{{a}}", values={"a": "x"})
    with pytest.raises(ValueError, match="need slots"):
        rewrite_html("{{a}}", pixel_slot="a")
    with pytest.raises(ValueError, match="scan_html"):
        rewrite_html(scan_html("{{a}}"), slots={"a": "{{a}}"})
    assert rewrite_html("{{a}}", values={}).html == "{{a}}"


@pytest.mark.parametrize(
    "error",
    [BadSlot("a", "a script", 7, "do not"), MissingValue("a"), BadValue("a", "text", "it holds U+0000")],
)
def test_errors_are_values_that_name_the_slot(error: LmtrackError) -> None:
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(copy), str(copy), copy.args) == (type(error), str(error), error.args)
    assert "'a'" in str(error)


def test_a_scanned_document_is_its_text_and_its_slots() -> None:
    one = scan_html("{{a}}", slots={"a": "{{a}}"}, defaults={"a": "x"})
    copy = pickle.loads(pickle.dumps(one))  # noqa: S301 - our own bytes
    assert copy == one != scan_html("{{a}}")
    assert rewrite_html(copy).html == "x"
    assert repr(one) == "HtmlDocument(5 characters, 0 links, 1 slots)"
    pattern = scan_html("{{a}}", slots=re.compile(r"\{\{(?P<name>a)\}\}"))
    assert pickle.loads(pickle.dumps(pattern)) == pattern  # noqa: S301 - our own bytes
