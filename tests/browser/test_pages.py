"""What people see: mails and the pages of the example host in a real Chromium. `nox -s browser` runs these.

They reach nothing but this machine; for the rest of the web the tests answer themselves.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import pytest

from chromium import Answer, Browser, Page
from howto_pages import TOP
from lmtrack import (
    Consent,
    Decision,
    Route,
    TrackingDomain,
    make_keys,
    make_unsubscribe_token,
    make_withdraw_token,
    pixel_response,
    resolve,
    track_html,
    track_message,
    unsubscribe_url,
    withdraw_url,
)
from tracker_host import load, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tracker_host import Host, Server

NEWSLETTER: Final = TOP / "docs" / "examples" / "newsletter.html"
DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"a fixed key of tests, 32 octets."))
BOTH: Final[Decision] = resolve(
    Route(track_opens=True, track_clicks=True, require_consent=True), consent=Consent.GRANTED
)
WIDTHS: Final = {"wide": 1280, "phone": 360}
PICTURE: Final = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="120" height="80"><rect width="120" height="80" fill="#c33"/></svg>'
)
# A page may grow by the pixel at its end, and by the margin of the body, which the pixel keeps from collapsing.
GROWTH: Final = range(1 + 8 + 1)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def host(server: Server, tmp_path: Path) -> Iterator[Host]:
    with server.serve(tmp_path) as host:
        yield host


class Web:
    """Everything that is not on this machine: one mail, and the same picture everywhere."""

    def __init__(self, html: str) -> None:
        self.html = html

    def __call__(self, url: str) -> Answer | None:
        """Answer for a URL."""
        if url == "https://mail.example/":
            return Answer("text/html; charset=utf-8", self.html.encode("utf-8", "surrogateescape"))
        if url.startswith("https://track.example/o/"):
            return Answer("image/gif", pixel_response().body)
        return Answer("text/css", b"") if "css" in url else Answer("image/svg+xml", PICTURE)


# What a mail looks like


def check_looks_the_same(browser: Browser, html: str, **how: Any) -> None:  # noqa: ANN401 - as for Browser.page
    """Draw a mail and its tracked copy: each pixel of the first is in the second, which asks for its own pixel once."""
    tracked = track_html(html, BOTH, domain=DOMAIN, message_id="letter-4471").html
    assert tracked != html
    with browser.page(scripts=False, web=Web(html), **how) as page:
        page.open("https://mail.example/")
        (width, height), before = page.size(), page.screenshot()
        assert not [url for url in page.requests() if url.startswith("https://track.example/")]
    with browser.page(scripts=False, web=Web(tracked), **how) as page:
        page.open("https://mail.example/")
        assert page.size()[0] == width
        assert page.size()[1] - height in GROWTH
        assert page.screenshot((width, height)) == before
        (pixel,) = [url for url in page.requests() if url.startswith("https://track.example/")]
        assert pixel.startswith("https://track.example/o/")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_a_tracked_newsletter_looks_like_the_original(browser: Browser, width: int, dark: bool) -> None:
    check_looks_the_same(browser, NEWSLETTER.read_text(encoding="utf-8"), width=width, dark=dark)


def test_a_mail_that_looks_different_is_found(browser: Browser) -> None:
    html = NEWSLETTER.read_text(encoding="utf-8")
    pictures = []
    for shown in (html, html.replace("Buoy night light</a>", "Buoy night lights</a>")):
        with browser.page(scripts=False, web=Web(shown)) as page:
            page.open("https://mail.example/")
            pictures.append(page.screenshot())
    assert pictures[0] != pictures[1]


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize(
    "folder",
    [
        "antwort",
        "cerberus",
        "colorlib",
        "foundation-emails",
        "leemunroe",
        "mailgun",
        "mailpace",
        "postmark",
        "sendgrid",
    ],
)
def test_tracked_templates_look_like_the_originals(browser: Browser, shared: Path, folder: str, width: int) -> None:
    paths = sorted((shared / "corpus" / folder).glob("*.html"))
    for path in paths[:: len(paths) // 3 or 1]:
        check_looks_the_same(browser, path.read_bytes().decode("utf-8", "surrogateescape"), width=width)


# Where its links lead

ARRIVED: Final = b"<title>arrived</title>"


def send(host: Host, html: str) -> None:
    """Send a mail as the example does, but with links into the real web."""
    letters, store = load("letters"), load("store")
    reader = letters.Reader("letter-4471", "Ann", "ann@post.example", Consent.GRANTED)
    raw = f"Subject: Lamps\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}".encode()
    tracked = track_message(raw, BOTH, domain=host.domain, message_id=reader.id)
    host.store.add_person(reader.address, reader.name, reader.consent)
    letter = store.Letter(
        reader.id, reader.address, reader.name, reader.consent, "Lamps", tracked.raw, tracked.decision
    )
    host.store.add_letter(letter, tracked.links)


def the_web(url: str) -> Answer | None:
    return None if url.startswith("http://127.0.0.1:") else Answer("text/html", ARRIVED)


LINKS: Final = "[...document.links].map(link => [link.href, link.tagName])"
# Where to press: the middle of the first box that is shown, or of an area in its picture.
POINT: Final = """(() => {{
    const link = document.links[{number}];
    link.removeAttribute("target");
    const area = link.tagName === "AREA";
    const shown = area ? document.querySelector("img[usemap]") : link;
    shown.scrollIntoView({{block: "center", behavior: "instant"}});
    const inner = [shown, ...shown.querySelectorAll("*")].flatMap(found => [...found.getClientRects()]);
    const box = inner.filter(found => found.width > 1 && found.height > 1).at(-1);
    if (!area) return [box.x + box.width / 2, box.y + box.height / 2];
    const [left, top, right, bottom] = link.coords.split(",").map(Number);
    if (link.shape === "circle") return [box.x + left, box.y + top];
    return [box.x + (left + right) / 2, box.y + (top + bottom) / 2];
}})()"""


def test_every_link_of_a_mail_ends_where_the_original_says(browser: Browser, host: Host) -> None:
    html = NEWSLETTER.read_text(encoding="utf-8")
    with browser.page(scripts=False, web=Web(html)) as page:
        page.open("https://mail.example/")
        links = page.run(LINKS)
    wanted = {
        number: url for number, (url, _) in enumerate(links) if url.startswith("https://") and "mail.example" not in url
    }
    assert len(wanted) >= 24
    assert "AREA" in {kind for _, kind in links}
    send(host, html)
    through = 0
    with browser.page(scripts=False, web=the_web) as page:
        for number, url in wanted.items():
            page.open(f"{host.domain.base_url}/mails/letter-4471")
            through += page.run(LINKS)[number][0].startswith(f"{host.domain.base_url}/c/")
            x, y = page.run(POINT.format(number=number))
            with page.moves():
                page.press_mouse(x, y)
            assert page.url == url
            assert page.run("document.title") == "arrived"
            assert page.run("document.referrer") == ""
    assert through >= 20
    opened = [seen for seen in host.store.events("letter-4471") if seen.link is None]
    clicked = {seen.link: seen.url for seen in host.store.events("letter-4471") if seen.link is not None}
    assert [seen.times for seen in opened] == [len(wanted)]
    assert len(clicked) == through
    assert set(clicked.values()) <= set(wanted.values())


def test_a_click_that_cannot_be_stored_still_ends_where_the_link_leads(browser: Browser, host: Host) -> None:
    base = host.domain.base_url
    with closing(sqlite3.connect(host.store.path)) as database, database:
        database.execute("ALTER TABLE event RENAME TO lost")
    with browser.page(scripts=False) as reader:
        reader.open(f"{base}/mails/letter-mia")
        with reader.moves(to="/web/shop.example/lamps?"):
            reader.click(".button-link")
        assert reader.run("document.referrer") == ""


# What the sender sees


def labels(page: Page) -> list[str]:
    return page.texts("#events .label")


def test_the_live_page_shows_opens_and_clicks_as_they_come(browser: Browser, host: Host) -> None:
    base = host.domain.base_url
    with browser.page() as sender, browser.page() as reader:
        sender.open(f"{base}/")
        assert sender.texts("#hint") == ["Nothing yet. Open Mia’s letter, and it shows up here."]
        since = len(browser.events)
        reader.open(f"{base}/mails/letter-mia")
        assert sum("/o/" in url for url in reader.requests(since)) == 1
        sender.until("document.querySelectorAll('#events > li').length === 1")
        assert sender.texts("#events h3") == ["Mia opened the letter"]
        assert labels(sender) == ["Person"]
        assert sender.texts("#hint") == [""]
        assert sender.texts("#news") == ["Live: 1 new"]
        with reader.moves():
            reader.click(".button-link")
        assert reader.url.startswith(f"{base}/web/shop.example/lamps?utm_source=letter&")
        assert reader.run("document.referrer") == ""
        sender.until("document.querySelectorAll('#events > li').length === 2")
        assert sender.texts("#events h3") == ["Mia clicked “See the new lamps”", "Mia opened the letter"]
        assert sender.texts(".sum")[0] == "1 open and 1 click by the reader"
        reader.open(f"{base}/mails/letter-mia")
        sender.until("document.querySelector('#events').innerText.includes('twice')")


def test_news_leave_what_is_open_and_where_the_keyboard_is(browser: Browser, host: Host) -> None:
    base = host.domain.base_url
    with browser.page() as sender, browser.page() as reader:
        reader.open(f"{base}/mails/letter-mia")
        sender.open(f"{base}/letters/letter-mia")
        sender.click("summary")
        assert "message.opened" in sender.texts("details pre")[0]
        with reader.moves():
            reader.click(".button-link")
        sender.until("document.querySelectorAll('#events > li').length === 2")
        assert sender.run("[...document.querySelectorAll('details')].map(found => found.open)") == [False, True]
        assert sender.run("document.activeElement.tagName") == "SUMMARY"
        assert "1" in sender.texts("#table td")


def test_a_card_with_the_focus_in_it_is_kept_up_to_date_and_keeps_it(browser: Browser, host: Host) -> None:
    base, focused = host.domain.base_url, "document.activeElement.innerText"
    with browser.page() as sender, browser.page() as reader:
        sender.open(f"{base}/")
        sender.run("document.querySelectorAll('.button')[1].focus()")
        reader.open(f"{base}/mails/letter-mia")
        sender.until("document.querySelector('.sum').innerText.startsWith('1 open ')")
        assert sender.run(focused) == "Read it as Ben (new tab)"
        host.store.withdraw("letter-mia", datetime.now(UTC))  # noqa: TID251 # its button goes, and the others move up
        sender.until("document.querySelectorAll('form').length === 1")
        assert sender.run(focused) == "Read it as Ben (new tab)"


def test_a_host_that_stops_is_told_of_and_one_that_comes_back_too(
    browser: Browser, server: Server, tmp_path: Path
) -> None:
    with browser.page() as sender:
        with server.serve(tmp_path):
            sender.open(f"{server.base_url}/")
        sender.until("document.querySelector('#news').innerText === 'No answer'")
        with server.serve(tmp_path):
            sender.until("document.querySelector('#news').innerText === 'Live'")


def test_without_scripts_the_page_loads_itself_again(browser: Browser, host: Host) -> None:
    base = host.domain.base_url
    with browser.page(scripts=False) as sender, browser.page() as reader:
        sender.open(f"{base}/")
        reader.open(f"{base}/mails/letter-mia")
        with sender.moves():
            pass
        assert sender.texts("#events h3") == ["Mia opened the letter"]
        with sender.moves():
            sender.click("header a[href='?live=off']")
        assert sender.run("document.querySelector('meta[http-equiv], script')") is None


def test_a_browser_that_says_it_has_no_screen_is_shown_as_a_machine(browser: Browser, host: Host) -> None:
    with browser.page(agent=None) as page:
        page.open(f"{host.domain.base_url}/mails/letter-mia")
        page.open(f"{host.domain.base_url}/")
        assert labels(page) == ["Machine"]
        assert page.texts(".sum")[0] == "0 opens and 0 clicks by the reader; also 1 by machines"


def test_apples_proxy_is_shown_as_what_nobody_can_know(browser: Browser, host: Host) -> None:
    with browser.page(agent="Mozilla/5.0") as page:
        page.open(f"{host.domain.base_url}/mails/letter-mia")
        page.open(f"{host.domain.base_url}/")
        assert labels(page) == ["Cannot be known"]


@pytest.mark.parametrize("by", ["sender", "reader"])
def test_a_withdrawal_stops_the_next_one(browser: Browser, host: Host, by: str) -> None:
    base = host.domain.base_url
    with browser.page() as sender, browser.page() as reader:
        reader.open(f"{base}/mails/letter-mia")
        before = host.store.events()
        sender.open(f"{base}/letters/letter-mia")
        if by == "sender":
            with sender.moves():
                sender.click("form button")
            assert sender.url == f"{base}/letters/letter-mia"
        else:
            with reader.moves():
                reader.click("a[href*='/w/']")
            assert reader.texts("h1") == ["Stop tracking?"]
            assert sender.texts("#state-of .label") == ["Agreed to be tracked"]  # to look at the page is not to press
            with reader.moves():
                reader.click("button")
            assert reader.texts("h1") == ["Tracking is off"]
            sender.until("document.querySelector('#state-of .label').innerText === 'Withdrew consent'")
        assert sender.texts("form button") == []
        reader.open(f"{base}/mails/letter-mia")
        with reader.moves():
            reader.click(".button-link")
        assert reader.url.startswith(f"{base}/web/shop.example/lamps?")  # the link still redirects
        assert host.store.events() == before
        sender.open(f"{base}/")
        assert sender.texts("#refusals tbody tr") == ["The reader withdrew consent. consent_withdrawn 2"]


# Whether everybody can use it


def all_pages(host: Host) -> list[str]:
    paths = ("/", "/?live=off", "/letters/letter-mia", "/letters/letter-ben", "/web/shop.example/x")
    return [host.domain.base_url + path for path in paths]


@pytest.fixture
def busy(browser: Browser, host: Host) -> Host:
    """A host that has seen a person, a machine, Apple's proxy, and somebody who withdrew."""
    base = host.domain.base_url
    for agent in (None, "Mozilla/5.0"):
        with browser.page(agent=agent) as page:
            page.open(f"{base}/mails/letter-mia")
    with browser.page() as page:
        page.open(f"{base}/mails/letter-mia")
        with page.moves():
            page.click(".button-link")
        host.store.withdraw("letter-cem", datetime.now(UTC))  # noqa: TID251 - as the host does
        page.open(f"{base}/mails/letter-cem")
        with page.moves():
            page.click(".button-link")
    assert len(host.store.events()) == 4
    assert host.store.refusals() == {"consent_withdrawn": 1}
    return host


@pytest.mark.parametrize("width", [320, 360])
def test_no_page_is_wider_than_a_phone(browser: Browser, busy: Host, width: int) -> None:
    with browser.page(width=width, height=640) as page:
        for url in all_pages(busy):
            page.open(url)
            page.run("document.querySelectorAll('details').forEach(found => { found.open = true })")
            assert page.run("document.documentElement.scrollWidth") == width, url


CHARTS: Final = """[...document.querySelectorAll('.chart')].map(chart => [
    [...chart.querySelectorAll('rect')].map(part => [
        part.className.baseVal, Math.round(part.getBoundingClientRect().width), getComputedStyle(part).fill]),
    [...chart.querySelectorAll('li')].map(item => [item.className, getComputedStyle(item, '::before').backgroundColor]),
    Math.round(chart.querySelector('svg').getBoundingClientRect().width)])"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_a_chart_shows_people_proxies_and_machines_in_three_colours(
    browser: Browser, busy: Host, width: int, dark: bool
) -> None:
    with browser.page(width=width, dark=dark) as page:
        page.open(f"{busy.domain.base_url}/")
        (parts, legend, whole), (nothing, _, _) = page.run(CHARTS)
    assert [kind for kind, _, _ in parts] == ["person", "proxy", "machine", "person"]
    assert all(abs(shown - whole / 3) <= 1 for _, shown, _ in parts)  # three opens, one click
    assert {kind: colour for kind, _, colour in parts} == dict(legend)
    assert len({colour for _, colour in legend}) == 3
    assert nothing == []


def own_pages(host: Host) -> list[str]:
    """The pages that the library answers with: a withdrawal, and what leads nowhere."""
    stop = withdraw_url(host.domain, make_withdraw_token(host.domain.keys, "letter-mia"))
    leave = unsubscribe_url(host.domain, make_unsubscribe_token(host.domain.keys, "letter-mia"))
    return [stop, leave, f"{host.domain.base_url}/c/nothing"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_a_page_to_withdraw_is_easy_to_read_and_to_press(browser: Browser, host: Host, width: int, dark: bool) -> None:
    with browser.page(width=width, dark=dark, scripts=False) as page:
        for url in own_pages(host):
            page.open(url)
            assert page.run("document.documentElement.scrollWidth") == width
            assert page.run("document.querySelectorAll('main').length") == len(page.texts("h1")) == 1
            found = page.run(CONTRAST)
            assert len(found) >= 2
            assert min(found)[0] >= 7, min(found)
            for size in page.run("[...document.querySelectorAll('button')].map(found => found.offsetHeight)"):
                assert size >= 44
        page.open(own_pages(host)[0])
        with page.moves():
            page.click("button")
        assert page.texts("h1") == ["Tracking is off"]


# Of each element with text of its own: the two colours, and their contrast (WCAG 2.2, 1.4.3).
CONTRAST: Final = """(() => {
    const parse = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, place) => sum + c * [0.2126, 0.7152, 0.0722][place], 0);
    const ground = found => {
        for (let above = found; above; above = above.parentElement) {
            const colour = parse(getComputedStyle(above).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) return colour;
        }
    };
    const own = found => [...found.childNodes].some(node => node.nodeType === 3 && node.data.trim());
    return [...document.body.querySelectorAll("*")].filter(own).map(found => {
        const pair = [light(parse(getComputedStyle(found).color)), light(ground(found))].sort((a, b) => b - a);
        return [(pair[0] + 0.05) / (pair[1] + 0.05), found.outerHTML.slice(0, 80)];
    });
})()"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_stands_out_from_its_ground(browser: Browser, busy: Host, dark: bool) -> None:
    with browser.page(dark=dark) as page:
        for url in all_pages(busy):
            page.open(url)
            found = page.run(CONTRAST)
            assert len(found) > 5
            assert min(found)[0] >= 4.5, min(found)


def test_each_page_has_landmarks_a_title_one_heading_and_no_level_left_out(browser: Browser, busy: Host) -> None:
    with browser.page() as page:
        for url in all_pages(busy):
            page.open(url)
            assert page.run("document.documentElement.lang") == "en"
            assert [
                page.run(f"document.querySelectorAll('{name}').length") for name in ("header", "main", "footer", "h1")
            ] == [1] * 4
            assert page.run("document.title").startswith(page.texts("h1")[0])
            levels = page.run("[...document.querySelectorAll('h1,h2,h3,h4')].map(found => Number(found.tagName[1]))")
            assert levels[0] == 1
            assert all(after - before <= 1 for before, after in pairwise(levels))
            assert page.run("[...document.querySelectorAll('table')].every(found => found.caption)")
            assert page.run("[...document.querySelectorAll('th')].every(found => found.scope)")
            ids = page.run("[...document.querySelectorAll('[id]')].map(found => found.id)")
            assert len(ids) == len(set(ids))


def test_the_keyboard_alone_is_enough(browser: Browser, busy: Host) -> None:
    base = busy.domain.base_url
    with browser.page() as page:
        page.open(f"{base}/letters/letter-mia?live=off")
        page.press("Tab")
        assert page.run("document.activeElement.innerText") == "Skip to the content"
        assert page.run("document.activeElement.getBoundingClientRect().left") >= 0
        reached = []
        for _ in range(20):
            page.press("Tab")
            name, outline = page.run(
                "[document.activeElement.innerText, getComputedStyle(document.activeElement).outlineStyle]"
            )
            assert outline == "solid", name
            reached.append(name)
            if name == "Withdraw Mia’s consent":
                break
        assert reached[-1] == "Withdraw Mia’s consent"
        with page.moves():
            page.press("Enter")
        assert page.texts("#state-of .label") == ["Withdrew consent"]


def test_the_pages_ask_nobody_else_for_anything(browser: Browser, busy: Host) -> None:
    with browser.page() as page:
        for url in all_pages(busy):
            page.open(url)
        assert {url.split("/")[2] for url in page.requests()} == {busy.name}
