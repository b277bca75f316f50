"""The holes of a document, the values in them, and what still looks like a marker."""

from __future__ import annotations

from lmtrack import scan_html
from lmtrack._rewriting.slots.markers import Marker
from lmtrack._rewriting.slots.template import unfilled


def test_a_links_text_is_read_with_its_values_and_its_blanks_folded() -> None:
    template = scan_html("<p>{name}</p>", slots={"name": "{name}"}).template
    assert template
    assert (
        template.fill({"name": "Ann B."}).worded("Cart  of {name},\n{name}", template.texts) == "Cart of Ann B., Ann B."
    )


def test_what_looks_like_a_marker_is_found_before_between_and_behind_those_that_are_filled() -> None:
    text = "{{ a }} {{ x }} {{ b }}{{ a }}"
    assert unfilled(text) == ("{{ a }}", "{{ x }}", "{{ b }}")
    assert unfilled(text, [Marker(8, 15, "x")]) == ("{{ a }}", "{{ b }}")
    assert unfilled(text, [Marker(0, 7, "a"), Marker(8, 15, "x")]) == ("{{ b }}", "{{ a }}")
