"""What the pixel changes in the pictures of the whole corpus: three widths, both ends, standards and quirks mode."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from chromium import Answer
from lmtrack import pixel_response, pixel_tag, rewrite_html
from lmtrack._rewriting.pixel_spelling import OLD_PIXEL_ENDS, PIXEL_BEGINS

if TYPE_CHECKING:
    from pathlib import Path

    from chromium import Browser, Page

PIXEL: Final = "https://track.example/o/x"
NEW_TAG: Final = pixel_tag(PIXEL)
OLD_TAG: Final = PIXEL_BEGINS + PIXEL + OLD_PIXEL_ENDS[0]
PICTURE: Final = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80"><rect width="120" height="80" fill="#c33"/></svg>'
)
DOCTYPE: Final = re.compile(r"<!doctype[^>]*>", re.IGNORECASE)
# A row, and the margin of the body, which the pixel at its end keeps from collapsing.
GROWTH: Final = range(1 + 8 + 1)
FOLDERS: Final = (
    "antwort", "cerberus", "colorlib", "foundation-emails", "leemunroe", "mailgun", "mailpace", "postmark",
    "premailer-tests", "sendgrid",
)  # fmt: skip


class Web:
    """Everything that is not on this machine: one mail, and the same picture everywhere."""

    html = ""

    def __call__(self, url: str) -> Answer | None:
        """Answer for a URL."""
        if url == "https://mail.example/":
            return Answer("text/html; charset=utf-8", self.html.encode("utf-8", "surrogateescape"))
        if url == PIXEL:
            return Answer("image/gif", pixel_response().body)
        return Answer("text/css", b"") if "css" in url else Answer("image/svg+xml", PICTURE)


def drawn(page: Page, web: Web, html: str, size: tuple[int, int] | None = None) -> tuple[tuple[int, int], bytes]:
    """Draw a mail; return how large it is, and the picture of as much of it as is said."""
    web.html = html
    page.open("https://mail.example/")
    return page.size(), page.screenshot(size)


def check(page: Page, web: Web, html: str) -> None:
    """Draw a mail without a pixel, with one at the end, and with one at the start in both spellings."""
    (width, height), before = drawn(page, web, html)
    at_end = rewrite_html(html, pixel_url=PIXEL, pixel_position="end").html
    assert NEW_TAG in at_end
    size, after = drawn(page, web, at_end, (width, height))
    assert size[0] == width
    assert size[1] - height in GROWTH
    assert after == before
    at_start = rewrite_html(html, pixel_url=PIXEL, pixel_position="start").html
    old_size, old = drawn(page, web, at_start.replace(NEW_TAG, OLD_TAG))
    size, new = drawn(page, web, at_start)
    assert size[0] == width
    assert size[1] <= max(old_size[1], height + 1)
    if size == old_size:  # the same shift, so the same picture: else the mail's own sheet had drawn the old pixel
        assert new == old


@pytest.mark.parametrize("width", [1280, 600, 360])
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_pixel_changes_nothing_but_a_row(browser: Browser, shared: Path, folder: str, width: int) -> None:
    web = Web()
    with browser.page(scripts=False, web=web, width=width) as page:
        paths = sorted((shared / "corpus" / folder).rglob("*.html"))
        assert paths
        for path in paths:
            html = path.read_bytes().decode("utf-8", "surrogateescape")
            quirks = DOCTYPE.sub("", html, count=1)
            for mode in (f"<!DOCTYPE html>{quirks}", quirks):
                try:
                    check(page, web, mode)
                except AssertionError as error:
                    raise AssertionError(f"{path.name}, {'standards' if mode is not quirks else 'quirks'}") from error
