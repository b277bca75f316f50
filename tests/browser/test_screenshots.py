"""The screenshots in the documentation. The session `browser` draws them, so they show what the pages show today.

Each is drawn, checked for what its page says about it, and written where the page takes it from. What a screenshot
shows has a fixed time and no port in it, so the files change only if the pages or the fonts of the machine do.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final, Self

import pytest

from chromium import AGENT, Browser
from howto_pages import TOP
from lmtrack import make_click_token, make_open_token, make_withdraw_token, withdraw_url
from tracker_host import load, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tracker_host import Host

SHOWN: Final = TOP / "docs" / "screenshots"
NOON: Final = datetime(2026, 11, 2, 12, tzinfo=UTC)
PEOPLE: Final = {"User-Agent": AGENT, "Accept-Language": "en", "Sec-Fetch-Mode": "navigate"}
APPLE: Final = {"User-Agent": "Mozilla/5.0"}
SCANNER: Final = {"User-Agent": "examplebot/1.0 (+https://bot.example/)"}
# What reads the letter to Mia, how long after noon, and which link it follows; None is the pixel.
READ: Final = [
    (2, SCANNER, None), (3, SCANNER, 2), (4, SCANNER, 5), (9, APPLE, None), (480, PEOPLE, None), (520, PEOPLE, 5),
    (560, PEOPLE, 12),
]  # fmt: skip


class At(datetime):
    """A clock that stands."""

    moment = NOON

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """Return the moment that was set."""
        return cls.fromtimestamp(cls.moment.timestamp(), tz)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """The example, which has sent its letters at noon and seen a scanner, Apple's proxy and Mia herself."""
    with pytest.MonkeyPatch.context() as patch, running() as server:
        for name in ("host", "letters", "desk"):
            patch.setattr(load(name), "datetime", At)
        At.moment = NOON
        with server.serve(tmp_path_factory.mktemp("host")) as host:
            request = load("request").Request
            urls = {anchor.number: anchor.url for anchor in host.store.anchors("letter-mia")}
            for seconds, headers, link in READ:
                At.moment = NOON + timedelta(seconds=seconds)
                token = (
                    make_open_token(host.domain.keys, "letter-mia", now=NOON)
                    if link is None
                    else make_click_token(host.domain.keys, "letter-mia", link, url=urls[link], now=NOON)
                )
                path = f"/{'o' if link is None else 'c'}/{token}"
                named = {name.lower(): text for name, text in headers.items()}
                host.answer(request("GET", path, "", named, "127.0.0.1", b""))
            yield host


def shows(browser: Browser, name: str, url: str, *, width: int, height: int, dark: bool = False) -> list[str]:
    """Draw a page into the folder of the documentation; return what its headings say."""
    with browser.page(width=width, height=height, dark=dark) as page:
        page.open(url)
        said: list[str] = page.texts("h1, h2, h3, .label, .legend li")
        SHOWN.mkdir(exist_ok=True)
        picture: Path = SHOWN / f"{name}.png"
        picture.write_bytes(page.screenshot((width, height)))
        assert picture.read_bytes().startswith(b"\x89PNG")
        return said


def test_all_letters(browser: Browser, host: Host) -> None:
    url = f"{host.domain.base_url}/?live=off"
    said = shows(browser, "example-host", url, width=1280, height=900)
    assert said[: said.index("To Ben")][-3:] == ["Person 3", "Privacy proxy 1", "Machine 3"]
    assert {"Mia opened the letter", "Mia clicked “See the new lamps”", "Mia’s letter: its pixel was fetched"} <= set(
        said
    )


def test_one_letter_on_a_phone_in_the_dark(browser: Browser, host: Host) -> None:
    url = f"{host.domain.base_url}/letters/letter-mia?live=off"
    said = shows(browser, "example-host-phone-dark", url, width=400, height=800, dark=True)
    assert {"Person 3", "Privacy proxy 1", "Machine 3"} <= set(said)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_that_asks_before_it_stops_tracking(browser: Browser, host: Host, dark: bool) -> None:
    url = withdraw_url(host.domain, make_withdraw_token(host.domain.keys, "letter-mia"))
    said = shows(browser, f"stop-tracking-{'dark' if dark else 'light'}", url, width=400, height=420, dark=dark)
    assert said == ["Stop tracking?"]
