"""What an error says: the argument that is wrong, what it must be and what it was."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from lmtrack import Campaign, make_slots, pixel_tag, rewrite_html, scan_html, track_html, untrack_html
from lmtrack.html import HtmlDocument
from page_cases import BOTH, DOMAIN, NOW, SHOP

if TYPE_CHECKING:
    from collections.abc import Callable


def _track(**changed: Any) -> object:  # noqa: ANN401 - any arguments
    options = {"domain": DOMAIN, "message_id": "m-1", "decision": BOTH, **changed}
    return track_html(SHOP, options.pop("decision"), **options)


def _campaign(**changed: Any) -> object:  # noqa: ANN401 - any arguments
    return Campaign(**{"id": "spring", "started_at": NOW, **changed})


def _fill(template: str, slots: Any = None, **options: Any) -> object:  # noqa: ANN401 - any arguments
    return rewrite_html(template, slots=slots, **options)


_X = {"x": "{x}"}
CALLS: list[tuple[Callable[[], object], str]] = [
    (lambda: pixel_tag(None), "url must be a str, not NoneType"),  # type: ignore[arg-type]
    (lambda: _track(max_line=1.5), "max_line must be an int or None, not float"),
    (lambda: _track(max_line=0), "max_line must be at least 1"),
    (lambda: _track(pixel_position="top"), "pixel_position must be 'end', 'start' or 'auto'"),
    (lambda: _track(decision=True), "decision must be a Decision (from resolve), not bool"),
    (lambda: _track(campaign="x"), "campaign must be a Campaign or None, not str"),
    (lambda: _track(destination="x"), "destination must be callable or None, not str"),
    (lambda: _track(destination=lambda _: 5), "destination must return a str or None, not int"),
    (lambda: _track(destinations="id"), "destinations must be 'inline' or 'by_id'"),
    (lambda: _track(recipient=-1), "recipient must be 0 to 65535"),
    (lambda: _track(values=5), "values must be a mapping or None, not int"),
    (lambda: _track(values={"x": "y"}), "values and pixel_slot need slots, which say how the markers are written"),
    (lambda: _fill(SHOP, click_url="x"), "click_url must be callable, not str"),
    (lambda: _fill(SHOP, click_url=lambda _: 5), "click_url must return a str or None"),
    (lambda: untrack_html(SHOP, domain=5), "domain must be a TrackingDomain or a base URL, not int"),  # type: ignore[arg-type]
    (
        lambda: untrack_html(SHOP, domain="x"),
        "domain must be https://host, with a port and path if you like, and without user, query or fragment",
    ),
    (lambda: scan_html(5), "html must be a str, not int"),  # type: ignore[arg-type]
    (lambda: HtmlDocument(5), "html must be a str, not int"),  # type: ignore[arg-type]
    (lambda: _campaign(started_at=None), "started_at must be an aware datetime, not None"),
    (
        lambda: _campaign(started_at=datetime(1960, 1, 1, tzinfo=UTC)),
        "started_at must be between 1970-01-01 and 2106-02-07 to be signed",
    ),
    (lambda: _campaign(urls="x"), "urls must be a sequence of str, as campaign_urls returns it"),
    (lambda: _campaign(urls=["x"] * 65_537), "urls must be at most 65536"),
    (lambda: _campaign(id=""), "id must be 1 to 64 printable ASCII characters without spaces and without @"),
    (lambda: _fill("{x}", _X, values={"x": "y"}, pixel_slot="z"), "pixel_slot must be the name of a slot"),
    (lambda: _fill("{x}", _X, values={"x": 5}), "the value of slot 'x' must be a str or None, not int"),
    (lambda: _fill("{x}", 5), "slots must be a mapping, a compiled pattern or None, not int"),
    (lambda: _fill("{x}", re.compile(b"x")), "the pattern of slots must be a str pattern"),
    (lambda: _fill("{x}", re.compile("x")), "the pattern of slots must have a group `name`"),
    (lambda: _fill("{x}", {"x": "a", "y": "a"}), "two slots have the same marker"),
    (lambda: _fill("{x}", {5: "a"}), "slots must map names to str or to compiled str patterns"),
    (lambda: _fill("{x}", {"x": b"a"}), "slots must map names to str or to compiled str patterns"),
    (lambda: _fill("{x}", {"": "a"}), "the names and markers of slots must not be empty"),
    (lambda: _fill("{x}", {"x": " "}), "the names and markers of slots must not be empty"),
    (lambda: _fill("{x}", _X, defaults=5), "defaults must be a mapping or None, not int"),
    (lambda: _fill("{x}", _X, defaults={"x": 5}), "defaults must map names to str"),
    (lambda: _fill("{x}", _X, defaults={5: "x"}), "defaults must map names to str"),
    (lambda: _fill("x", defaults={"x": "y"}), "defaults need slots"),
    (lambda: make_slots(["x"], nonce="4f1c09a"), "nonce must be 8 or more ASCII letters and digits"),
    (lambda: make_slots(["x"], nonce=5), "nonce must be a str, not int"),  # type: ignore[arg-type]
    (lambda: make_slots([5], nonce="4f1c09ab"), "a name must be a str, not int"),  # type: ignore[list-item]
    (lambda: make_slots(["a b"], nonce="4f1c09ab"), "a slot's name must be of ASCII letters, digits, _ and -"),
    (lambda: make_slots("x", nonce="4f1c09ab"), "names must be the names of slots, not one of them"),
]


@pytest.mark.parametrize("case", range(len(CALLS)))
def test_an_error_says_what_is_wrong(case: int) -> None:
    call, text = CALLS[case]
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert str(caught.value) == text
