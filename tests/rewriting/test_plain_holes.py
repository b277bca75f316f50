"""The slots of a plain text: which are in a URL, which are not, and what is said of one that may not be there."""

from __future__ import annotations

import pytest

from lmtrack import BadSlot, rewrite_text
from lmtrack._rewriting.document import TextDocument
from lmtrack._rewriting.slots.escapes import Place
from lmtrack._rewriting.slots.holes import UrlHole
from lmtrack._rewriting.slots.markers import read_slots


def test_a_slot_in_the_host_of_a_url_is_refused_by_name_line_and_place() -> None:
    with pytest.raises(BadSlot) as caught:
        rewrite_text("\nSee\nhttps://{x}.example/a\n", slots={"x": "{x}"}, values={"x": "a"}, click_url=lambda _: None)
    error = caught.value
    assert (error.slot, error.line, error.place) == ("x", 3, "the scheme, host or port of a URL")
    assert error.advice == "write the part that is a slot after the host and after a / ? or #"


@pytest.mark.parametrize(
    "text", ["https://b.example/{x}", "{x} https://b.example/a {x}", "a {x} https://b.example/{x} {x}"]
)
def test_a_slot_is_in_a_url_or_beside_it(text: str) -> None:
    slots = read_slots({"x": "{x}"}, None)
    document = TextDocument(text, slots)
    assert document.template
    kinds = [isinstance(hole, UrlHole) for hole in document.template.holes]
    assert kinds == [piece.endswith("/") for piece in text.split("{x}")[:-1]]
    for hole in document.template.holes:
        if isinstance(hole, UrlHole):
            assert (hole.element, hole.loaded, hole.url.places) == ("text", False, (Place.URL_PATH,))


def test_a_slot_is_no_scheme() -> None:
    for text in ("{x}://b.example/a", "See {x}://b.example/a"):
        with pytest.raises(BadSlot):
            rewrite_text(text, slots={"x": "{x}"}, values={"x": "ftp"}, click_url=lambda _: None)


def test_a_slot_behind_what_ends_a_url_is_text() -> None:
    text = "https://b.example/a\u3002{x}"
    result = rewrite_text(text, slots={"x": "{x}"}, values={"x": "a b"}, click_url=lambda _: None)
    assert result.text == "https://b.example/a\u3002a b"
