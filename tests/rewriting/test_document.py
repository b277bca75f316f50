"""A document that was read once: what it is, its pixels, and where a pixel of ours may go."""

from __future__ import annotations

import pytest

from lmtrack import (
    BadSlot,
    click_url,
    make_click_token,
    make_open_token,
    open_url,
    rewrite_html,
    scan_html,
    track_html,
    untrack_html,
)
from lmtrack._rewriting.document import begins_as_message
from lmtrack.links import LinkPolicy
from page_cases import BOTH, DOMAIN, KEYS, NOW, PIXEL, SHOP, track


@pytest.mark.parametrize(
    ("text", "is_message"),
    [
        ("Received: a\nTo: b\n\nx", True),
        ("Received: a\r\nTo: b\r\n\r\nx\r\n\r\ny: z\r\n", True),
        ("To: €\nMIME-VERSION: 1.0\n\nx", True),
        ("Message-ID: <a@b.example>\n\n", True),
        ("Received: a\nTo: b", False),
        ("From: Ann\nSubject: Hello\n\nMessage-ID: x", False),
        ("Received: a\nThis is not a field\n\nx", False),
        ("This is not a field\nReceived: a\n\nx", False),
        ("<p>Hello</p>", False),
        ("", False),
    ],
)
def test_a_raw_message_begins_with_fields_that_programs_write(text: str, is_message: bool) -> None:
    assert begins_as_message(text) is is_message


def test_a_raw_message_is_not_tracked_as_a_page() -> None:
    result = track(f"Received: a\n\n{SHOP}")
    assert result.decision is not None
    assert result.decision.reasons == ("opens:raw_message", "clicks:raw_message")


def test_a_document_keeps_its_plan_for_the_next_recipient() -> None:
    document = scan_html(SHOP)
    plan = document.plan(LinkPolicy(), DOMAIN)
    assert document.plan(LinkPolicy(), DOMAIN) is plan
    assert document.plan(LinkPolicy(track_unsubscribe=True), DOMAIN) is not plan


OURS = open_url(DOMAIN, make_open_token(KEYS, "m-1", now=NOW))


@pytest.mark.parametrize("path", ["\\o\\", "/%6f/", "/%6F/", "\\o/", "/o\\"])
def test_an_image_may_be_a_pixel_of_ours_however_browsers_read_its_path(path: str) -> None:
    mail = f"<p>x</p><img src='{OURS.replace('/o/', path)}'>"
    assert [image.url for image in scan_html(mail).pixels()] == [OURS.replace("/o/", path)]


def test_a_space_that_browsers_keep_makes_a_url_another() -> None:
    url = click_url(DOMAIN, make_click_token(KEYS, "m-1", 0, url="https://b.example/", now=NOW))
    assert untrack_html(f"<a href='\t{url}\f'>", domain=DOMAIN) == "<a href='https://b.example/'>"
    other = f"<a href='\xa0{url}'>"
    assert untrack_html(other, domain=DOMAIN) is other


@pytest.mark.parametrize(
    ("template", "line", "place"),
    [
        ("\n<p title='{x}'>", 2, "an attribute in single quotes"),
        ("<p>\n\n<a href='https://b.example/?q={x}'>{y}\n</a>", 3, "a URL"),
        ("<title>{x}</title>\n", 1, "a title or a text field"),
    ],
)
def test_the_slot_of_a_pixel_is_in_text(template: str, line: int, place: str) -> None:
    slots = {"x": "{x}", "y": "{y}"}
    with pytest.raises(BadSlot) as caught:
        rewrite_html(template, slots=slots, values={"x": "a", "y": "b"}, pixel_url=PIXEL, pixel_slot="x")
    assert str(caught.value) == (
        f"slot 'x' in line {line} is in {place}: the slot of the pixel must be in the document's text"
    )


def test_a_pixel_has_no_place_before_a_doctype_without_end() -> None:
    for mail in ("<!doctype html", " \n<!DOCTYPE html PUBLIC 'x"):
        result = track_html(mail, BOTH, domain=DOMAIN, message_id="m-1")
        assert (result.html, result.pixel_offset) == (mail, None)
