"""A URL with slots, taken apart: what each slot is, which slots may not be, and which values."""

from __future__ import annotations

import pytest

from lmtrack._rewriting.slots.escapes import ESCAPES, Place
from lmtrack._rewriting.slots.slotted_url import MisplacedSlotError, SlottedUrl, read_url
from lmtrack.errors import BadValue


def read(template: str) -> SlottedUrl:
    """Read a URL whose slots are written `{a}`, `{b}`, ..."""
    first, *rest = template.split("{")
    return read_url([first, *(text[2:] for text in rest)], [text[0] for text in rest], loaded=False)


@pytest.mark.parametrize(
    ("template", "places"),
    [
        ("\n{a} ", [Place.LINK_URL]),
        ("{a}/{b}?{c}#{d}", [Place.URL_BEGINNING, Place.URL_PATH, Place.URL_QUERY, Place.URL_FRAGMENT]),
        ("{a}?{b}", [Place.URL_BEGINNING, Place.URL_QUERY]),
        ("/{a}/{b}", [Place.URL_PATH, Place.URL_PATH]),
        (".{a}", [Place.URL_PATH]),
        ("?{a}", [Place.URL_QUERY]),
        ("#{a}", [Place.URL_FRAGMENT]),
        ("\\a\\{a}", [Place.URL_PATH]),
        ("\\{a}", [Place.URL_PATH]),
        ("\xa0//h.example{a}", [Place.URL_PATH]),
        *((f"{scheme}:h.example/{{a}}", [Place.URL_PATH]) for scheme in ("http", "https", "ftp", "ws", "wss", "HTTP")),
        ("app://h.example/{a}", [Place.URL_PATH]),
        ("app:h.example/{a}", [Place.OPAQUE_URL]),
        ("https://h.example/a:{a}", [Place.URL_PATH]),
        ("https:\\\\h.example\\{a}", [Place.URL_PATH]),
        ("https://X/{a}", [Place.URL_PATH]),
        ("https://h.example/#{a}", [Place.URL_FRAGMENT]),
        ("sms:{a}?body={b}", [Place.PHONE_NUMBER, Place.URL_QUERY]),
        ("tel:{a}", [Place.PHONE_NUMBER]),
        ("mailto:{a}?subject={b}", [Place.MAIL_ADDRESS, Place.URL_QUERY]),
    ],
)
def test_what_a_slot_is_depends_on_what_is_before_it(template: str, places: list[Place]) -> None:
    assert list(read(template).places) == places


@pytest.mark.parametrize(
    ("template", "position", "place"),
    [
        ("\xa0{a}", 0, "the scheme, host or port of a URL"),
        ("\xa0mailto:{a}", 0, "the scheme, host or port of a URL"),
        ("{a}\xa0", 0, "the host of a URL"),
        ("{a}.example/", 0, "the host of a URL"),
        ("a{a}", 0, "the scheme, host or port of a URL"),
        (" //h.example{a}", 0, "the scheme, host or port of a URL"),
        ("\\\\h.example{a}", 0, "the scheme, host or port of a URL"),
        ("///a/{a}", 0, "the scheme, host or port of a URL"),
        ("https://{a}/{b}", 0, "the scheme, host or port of a URL"),
        ("javascript:x({a})", 0, "a URL that holds a program or a document"),
    ],
)
def test_a_slot_is_not_in_a_scheme_a_host_or_a_program(template: str, position: int, place: str) -> None:
    with pytest.raises(MisplacedSlotError) as caught:
        read(template)
    error = caught.value
    assert (error.position, error.place) == (position, place)
    assert error.args == (position, place, error.advice)


@pytest.mark.parametrize(
    ("template", "values", "wrong"),
    [
        ("https://h.example/b/{a}?q=1", {"a": ".."}, "a"),
        ("https://h.example/b/{a}#q", {"a": "."}, "a"),
        ("https://h.example\\b\\{a}\\", {"a": ".."}, "a"),
        ("https://h.example/%2e{a}/", {"a": "."}, "a"),
        ("https://h.example/%2E{a}/", {"a": "."}, "a"),
        ("https://h.example/{a}/%2E{b}", {"a": "X", "b": "."}, "b"),
        ("https://h.example/{a}/{b}/c", {"a": "Ann", "b": ".."}, "b"),
        ("/{a}/b", {"a": ""}, "a"),
    ],
)
def test_a_value_makes_no_segment_of_dots(template: str, values: dict[str, str], wrong: str) -> None:
    with pytest.raises(BadValue) as caught:
        read(template).pieces(values)
    error = caught.value
    assert (error.slot, error.place, error.problem) == (wrong, Place.URL_PATH, ESCAPES[Place.URL_PATH].problem)


def test_a_value_that_its_part_cannot_hold_is_refused_by_name() -> None:
    with pytest.raises(BadValue) as caught:
        read("tel:{a}").pieces({"a": "x"})
    error = caught.value
    assert (error.slot, error.place, error.problem) == ("a", Place.PHONE_NUMBER, ESCAPES[Place.PHONE_NUMBER].problem)


def test_values_with_dots_in_them_are_written() -> None:
    for template, values in (
        ("https://h.example/{a}", {"a": "..."}),
        ("https://h.example/v{a}", {"a": "."}),
        ("https://h.example/{a}/?/{b}", {"a": "X", "b": ".."}),
        ("{a}/x/{b}{c}", {"a": "https://h.example", "b": ".", "c": "X"}),
    ):
        url = read(template)
        assert url.joined(url.pieces(values)) == template.format(**values)


def test_white_space_around_a_url_is_what_browsers_take_for_it() -> None:
    assert read("\n/{a}\t").joined(["b"]) == "/b"
    assert read("/{a}\xa0").joined(["b"]) == "/b\xa0"
