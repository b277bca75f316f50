"""The example tracking host, asked over real connections; what it looks like is `tests/browser`'s."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from socket import create_connection, create_server
from threading import Event, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

import lmtrack
from lmtrack import (
    AdmissionReason,
    Consent,
    Human,
    TrackingMode,
    event_payload,
    make_click_token,
    make_open_token,
    pixel_response,
    read_click_token,
    untrack_message,
)
from lmtrack.classifier import Actor, Verdict
from lmtrack.resolver import Reason
from lmtrack.tokens import OpenToken
from tracker_host import EXAMPLES, load, running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack.tokens import Keys
    from tracker_host import Host, Server

BROWSER: Final = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept-Language": "en",
    "Sec-Fetch-Mode": "navigate",
}
ROBOT: Final = {"User-Agent": "examplebot/1.0 (+https://bot.example/)"}
MIA, BEN, CEM = "letter-mia", "letter-ben", "letter-cem"


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body of a page."""
        return self.body.decode()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
def host(server: Server, tmp_path: Path) -> Iterator[Host]:
    with server.serve(tmp_path) as host:
        yield host


def ask(host: Host, path: str, method: str = "GET", headers: dict[str, str] = BROWSER) -> Answer:
    """Ask the host; what that left behind is written when it answers."""
    with closing(HTTPConnection(host.name, timeout=30)) as client:
        client.request(method, path, headers=headers)
        response = client.getresponse()
        named = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, named, response.read())


def tracking_paths(host: Host, letter: str, kind: str) -> list[str]:
    """The paths of pixels (o), links (c) or ways to withdraw (w) in a mail, as the reader gets it."""
    return re.findall(rf'"{re.escape(host.domain.base_url)}(/{kind}/[\w-]+)"', ask(host, f"/mails/{letter}").text)


def events(host: Host) -> list[Any]:
    events: list[Any] = json.loads(ask(host, "/events.json").text)
    return events


def test_each_reader_gets_what_they_agreed_to(host: Host) -> None:
    counts = {name: [len(tracking_paths(host, name, kind)) for kind in "ocw"] for name in (MIA, BEN, CEM)}
    assert counts == {MIA: [1, 20, 1], BEN: [0, 0, 0], CEM: [0, 20, 1]}
    for letter in host.store.letters():
        assert b"X-LM-Override" not in letter.raw
        untracked = untrack_message(letter.raw, domain=host.domain)
        assert (untracked == letter.raw) is (letter.id == BEN)
        assert f"Hello {letter.name},".encode() in untracked


def test_an_open_and_a_click_become_events(host: Host) -> None:
    (pixel,) = tracking_paths(host, MIA, "o")
    assert ask(host, pixel).body == pixel_response().body
    link = tracking_paths(host, MIA, "c")[8]
    token = read_click_token(host.domain.keys, link[3:])
    assert token.url is not None
    assert ask(host, link).headers["location"] == token.url
    clicked, opened = events(host)
    assert (opened["event"], clicked["event"]) == ("message.opened", "message.clicked")
    assert opened["data"]["recipient"] == clicked["data"]["recipient"] == "mia@post.example"
    assert opened["data"]["first_open"] is clicked["data"]["first_click"] is True
    assert clicked["data"]["destination_url"] == token.url
    assert clicked["data"]["link_index"] == token.link_index
    assert clicked["data"]["anchor_text"] == host.store.anchors(MIA)[token.link_index].text
    assert clicked["data"]["client_name"] == "Firefox"
    assert clicked["data"]["bot"]["counts_for_metrics"] is True
    page = ask(host, "/").text
    assert page.count('<li id="event-') == 2
    assert "1 open and 1 click by the reader" in page


def test_the_same_click_again_is_counted_and_not_stored_again(host: Host) -> None:
    link = tracking_paths(host, MIA, "c")[0]
    for _ in range(3):
        ask(host, link)
    (seen,) = host.store.events()
    assert (seen.times, seen.counts) == (3, True)
    assert [anchor.clicks for anchor in host.store.anchors(MIA)] == [1, *[0] * 19]  # people, not repeats
    assert "0 opens and 1 click by the reader" in ask(host, "/").text
    assert "3 times, because Mia agreed" in ask(host, f"/letters/{MIA}").text


def test_a_machine_is_no_first_click_and_does_not_count(host: Host) -> None:
    link = tracking_paths(host, MIA, "c")[0]
    for headers in (ROBOT, BROWSER, ROBOT):
        ask(host, link, headers=headers)
    person, machine = events(host)
    assert [event["data"]["first_click"] for event in (machine, person)] == [False, True]
    assert [seen.times for seen in host.store.events()] == [1, 2]
    assert "0 opens and 1 click by the reader; also 1 by machines" in ask(host, "/").text
    assert '<span class="label machine">Machine</span>' in ask(host, "/").text


def test_a_chart_of_each_letter_tells_people_proxies_and_machines_apart(host: Host) -> None:
    (pixel,), (link, *_) = (tracking_paths(host, MIA, kind) for kind in "oc")
    for path, agent in ((pixel, "Mozilla/5.0"), (link, "Lamp reader")):
        ask(host, path, headers={"User-Agent": agent})
    for headers in (BROWSER, BROWSER, ROBOT):
        for path in (pixel, link):
            ask(host, path, headers=headers)
    text = ask(host, f"/letters/{MIA}").text
    bars = re.findall(r"<svg viewBox=\"0 0 (\d+) 1\" [^>]*>(.*?)</svg>", text)
    parts = [re.findall(r'<rect class="(\w+)" x="(\d)" width="(\d)"', bar) for _, bar in bars]
    assert [scale for scale, _ in bars] == ["3", "3"]
    assert parts == [
        [("person", "0", "1"), ("proxy", "1", "1"), ("machine", "2", "1")],
        [("person", "0", "1"), ("machine", "1", "1"), ("unknown", "2", "1")],
    ]
    legend = re.findall(r'<li class="(\w+)">([\w ]+) <b>(\d)</b></li>', text)
    assert legend == [
        ("person", "Person", "2"),
        ("proxy", "Privacy proxy", "1"),
        ("machine", "Machine", "2"),
        ("unknown", "Unknown", "1"),
    ]
    others = "1 by privacy proxies, 2 by machines and 1 by unknown clients"
    said = f"1 open and 1 click by the reader; also {others}"
    assert said in text
    assert said in ask(host, "/").text
    assert "<svg" not in ask(host, f"/letters/{BEN}").text  # nothing is tracked, so nothing is known
    assert ask(host, f"/letters/{CEM}").text.count("<svg") == 1  # clicks only


def test_without_consent_nothing_but_a_number_is_kept(host: Host) -> None:
    token = make_click_token(host.domain.keys, BEN, 0, url="https://shop.example/lamps")
    assert ask(host, f"/c/{token}").headers["location"] == "https://shop.example/lamps"
    ask(host, f"/o/{make_open_token(host.domain.keys, BEN)}")
    assert events(host) == []
    assert host.store.refusals() == {"consent_unknown": 2}
    assert "The reader was never asked. <code>consent_unknown</code>" in ask(host, "/").text


def test_what_may_not_be_recorded_is_counted_by_its_reason(host: Host) -> None:
    (pixel,) = tracking_paths(host, MIA, "o")
    ask(host, pixel, "HEAD")
    ask(host, pixel, headers=BROWSER | {"Sec-Purpose": "prefetch"})
    ask(host, pixel[:-9] + ("A" if pixel[-9] != "A" else "B") + pixel[-8:])  # within the signature
    ask(host, f"/o/{make_open_token(host.domain.keys, MIA, now=datetime(2026, 1, 1, tzinfo=UTC))}")
    ask(host, f"/o/{make_open_token(host.domain.keys, 'of-somebody-else')}")
    assert ask(host, "/no/such/path").status == 404
    assert events(host) == []
    assert host.store.refusals().keys() == {"method", "prefetch", "bad_signature", "expired", "consent_denied"}


@pytest.mark.parametrize("by", ["sender", "reader"])
def test_a_withdrawal_holds_from_the_next_request_on(host: Host, by: str) -> None:
    (pixel,), links, (stop,) = (tracking_paths(host, MIA, kind) for kind in "ocw")
    ask(host, pixel)
    before = events(host)
    path = f"/letters/{MIA}/withdraw" if by == "sender" else stop
    assert ask(host, path).status == (404 if by == "sender" else 200)  # to look is not to press
    assert host.store.letter(MIA).consent is Consent.GRANTED
    answer = ask(host, path, "POST")
    assert (answer.status, answer.headers.get("location")) == (
        (303, f"/letters/{MIA}") if by == "sender" else (200, None)
    )
    ask(host, pixel)
    assert ask(host, links[0]).status == 302
    assert events(host) == before
    assert host.store.refusals() == {"consent_withdrawn": 2}
    page = ask(host, f"/letters/{MIA}").text
    assert "Withdrew consent" in page
    assert "<form" not in page
    assert host.store.letter(CEM).consent is Consent.GRANTED


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},  # a sandbox
    ],
)
def test_no_foreign_page_can_press_the_button(host: Host, headers: dict[str, str]) -> None:
    assert ask(host, f"/letters/{MIA}/withdraw", "POST", BROWSER | headers).status == 404
    assert host.store.letter(MIA).consent is Consent.GRANTED


@pytest.mark.parametrize("origin", ["own", "null"])  # Chromium says null, because our pages send no referrer
def test_our_own_page_can_press_the_button(host: Host, origin: str) -> None:
    own = {"Origin": host.domain.base_url if origin == "own" else origin, "Sec-Fetch-Site": "same-origin"}
    assert ask(host, f"/letters/{MIA}/withdraw", "POST", BROWSER | own).status == 303
    assert host.store.letter(MIA).consent is Consent.WITHDRAWN


def test_by_another_name_it_is_a_tracking_host_and_nothing_else(host: Host) -> None:
    foreign = BROWSER | {"Host": "rebound.example"}
    (pixel,) = tracking_paths(host, MIA, "o")
    for path in ("/", f"/letters/{MIA}", f"/mails/{MIA}", "/events.json"):
        assert ask(host, path, headers=foreign).status == 404
        assert ask(host, path).status == 200
    assert ask(host, pixel, headers=foreign).status == 200


def test_answers_are_kept_by_nobody_and_load_nothing_from_elsewhere(host: Host) -> None:
    for path in (
        "/",
        f"/letters/{MIA}",
        f"/mails/{MIA}",
        "/web/shop.example/lamps?x=1",
        "/style.css",
        "/live.js",
        "/icon.svg",
    ):
        answer = ask(host, path)
        assert answer.status == 200
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
        if answer.headers["content-type"].startswith("text/html"):
            assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "https://shop.example/lamps?x=1" in ask(host, "/web/shop.example/lamps?x=1").text
    assert ask(host, "/web/img.shop.example/letters/2026-11/pier.jpg").headers["content-type"] == "image/svg+xml"


def test_pages_are_html_without_a_mistake(host: Host) -> None:
    parser = pytest.importorskip("html5lib").HTMLParser
    for path in (*tracking_paths(host, MIA, "o"), *tracking_paths(host, CEM, "c")[:2], f"/o/{'x' * 30}"):
        ask(host, path)
    for path in ("/", "/?live=off", f"/letters/{MIA}", f"/letters/{BEN}", "/web/shop.example/lamps"):
        parser(strict=True).parse(ask(host, path).text)


@pytest.mark.parametrize(
    "path",
    [
        "/letters/x",
        "/mails/x",
        "/letters/x/withdraw",
        "/letters/",
        "//",
        "/style.css/",
        "/web/img.x/y.png",
        "/../keys.py",
    ],
)
def test_what_there_is_not_is_not_found(host: Host, path: str) -> None:
    assert ask(host, path).status == 404
    assert ask(host, path, "POST").status in {404, 405}


def test_every_picture_of_the_newsletter_is_there(host: Host) -> None:
    pictures = re.findall(r'src="[^"]*(/web/img[^"]*)"', ask(host, f"/mails/{MIA}").text)
    assert len(pictures) >= 9
    assert {ask(host, path).headers["content-type"] for path in pictures} == {"image/svg+xml"}


def test_a_store_that_fails_breaks_no_answer(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    (pixel,), links = tracking_paths(host, MIA, "o"), tracking_paths(host, MIA, "c")
    with closing(sqlite3.connect(host.store.path)) as database, database:
        database.execute("ALTER TABLE event RENAME TO lost")
    shown, opened = ask(host, pixel), ask(host, links[0])
    assert (shown.status, shown.headers["content-type"]) == (503, "image/gif")
    assert (opened.status, 'http-equiv="refresh"' in opened.text) == (503, True)
    assert [record.message for record in caplog.records] == ["a request is not stored"] * 2
    assert pixel[3:] not in caplog.text
    with closing(sqlite3.connect(host.store.path)) as database, database:
        database.execute("ALTER TABLE lost RENAME TO event")
    ask(host, pixel)
    assert len(host.store.events()) == 1


def test_a_withdrawal_that_is_not_stored_is_not_confirmed(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    (stop,) = tracking_paths(host, MIA, "w")
    with closing(sqlite3.connect(host.store.path)) as database, database:
        database.execute("ALTER TABLE person RENAME TO lost")
    answer = ask(host, stop, "POST")
    assert (answer.status, "could not be saved" in answer.text) == (503, True)
    assert [record.message for record in caplog.records] == ["a request is not stored"]
    assert stop[3:] not in caplog.text


def test_a_link_that_was_cut_off_is_not_found_although_that_cannot_be_counted(host: Host) -> None:
    (stop,) = tracking_paths(host, MIA, "w")
    with closing(sqlite3.connect(host.store.path)) as database, database:
        database.execute("ALTER TABLE refusal RENAME TO lost")
    answer = ask(host, stop[:-3])
    assert (answer.status, "<h1>Not found</h1>" in answer.text) == (503, True)


def test_neither_address_nor_agent_is_stored(host: Host) -> None:
    for path in (*tracking_paths(host, MIA, "o"), tracking_paths(host, MIA, "c")[0]):
        ask(host, path)
    with closing(sqlite3.connect(host.store.path)) as database:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        rows = repr([database.execute(f"SELECT * FROM {name}").fetchall() for name in tables - {"letter", "link"}])  # noqa: S608
    rows = rows.replace(host.domain.base_url, "")  # where the sample's links lead
    assert "message.clicked" in rows
    assert "127.0.0.1" not in rows
    assert "Mozilla" not in rows


def test_key_letters_and_events_survive_a_restart(server: Server, tmp_path: Path) -> None:
    with server.serve(tmp_path) as host:
        (pixel,) = tracking_paths(host, MIA, "o")
        ask(host, pixel)
        before = host.store.letters(), host.store.events()
    key = tmp_path / "tracker.key"
    assert stat.S_IMODE(key.stat().st_mode) == stat.S_IMODE((tmp_path / "tracker.sqlite3").stat().st_mode) == 0o600
    assert len(key.read_bytes()) == 44
    with server.serve(tmp_path) as host:
        assert (host.store.letters(), host.store.events()) == before
        ask(host, pixel)
        (seen,) = host.store.events()
        assert seen.times == 2
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    with server.serve(other_folder) as other:
        ask(other, pixel)  # of another key
        assert other.store.refusals() in ({"unknown_key": 1}, {"bad_signature": 1})  # one key in 256 has the same hint


def test_what_a_mail_says_is_no_markup_on_the_pages(host: Host) -> None:
    store, hostile = load("store"), "<script>alert(1)</script>{x}\"'&amp;"
    host.store.add_person(hostile, hostile, Consent.GRANTED)
    decision = host.store.letter(MIA).decision
    host.store.add_letter(store.Letter("x", hostile, hostile, Consent.GRANTED, hostile, b"", decision), ())
    token = OpenToken("x", 0, TrackingMode.INDIVIDUAL, datetime(2026, 11, 2, tzinfo=UTC))
    verdict = Verdict(actor=Actor.HUMAN, human=Human.YES, evidence=1, reasons=("ua.browser",), vendor=hostile)
    payload = event_payload(token, verdict, event_id="e", occurred_at=token.issued_at, recipient=hostile, first=True)
    seen = store.Seen("x", hostile, 0, None, None, True, verdict.to_dict(), hostile, payload, "2026-11-02T00:00:00", 1)
    host.store.add_event("key", seen)
    for path in ("/", "/letters/x", "/web/<script>alert(1)</script>/x"):
        text = ask(host, path.replace("<", "%3C").replace(">", "%3E")).text
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
        assert "&amp;amp;" in text or path.startswith("/web/")


def test_every_code_that_can_be_shown_has_words() -> None:
    words = load("words")
    shown = {*AdmissionReason} - load("recorder").NOT_COUNTED
    for reason in shown:
        assert words.refusal(reason).endswith(".")
    assert {Human(human) for human in words.VERDICTS} == {*Human}
    assert {Consent(consent) for consent in words.CONSENT} == {*Consent}
    assert words.DECISIONS.keys() <= {reason.value for reason in Reason}
    assert [words.times(number) for number in (1, 2, 3)] == ["once", "twice", "3 times"]


@pytest.fixture
def command(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """The example, started as its README says, on a port that is free."""
    pytest.importorskip("uvicorn")
    with start("0", tmp_path / "new") as process:
        yield process
        process.kill()


def start(port: str, folder: Path) -> subprocess.Popen[str]:
    package = str(Path(lmtrack.__file__).parent.parent)
    return subprocess.Popen(  # noqa: S603 - our own example
        [sys.executable, "-B", "-W", "error", str(EXAMPLES / "tracker"), "--port", port, "--folder", str(folder)],
        env=os.environ | {"PYTHONPATH": package},  # noqa: TID251 - for Python's sake
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_serves_until_it_is_interrupted(command: subprocess.Popen[str], tmp_path: Path) -> None:
    assert command.stdout
    (name,) = re.findall(r"^Open http://(localhost:\d+)/ in a browser; Ctrl-C ends it.$", command.stdout.readline())
    with closing(HTTPConnection(name, timeout=30)) as client:
        client.request("GET", "/")
        assert b"To Mia" in client.getresponse().read()
        client.request("GET", "/o/x")
        assert client.getresponse().read() == pixel_response().body
    with start(name.partition(":")[2], tmp_path / "second") as second:
        assert second.communicate(timeout=60) == (
            "",
            f"tracker: port {name.partition(':')[2]}: Address already in use; take another with --port\n",
        )
        assert second.returncode == 1
    with start("0", tmp_path / "new") as second:
        assert second.communicate(timeout=60) == (
            "",
            f"tracker: {tmp_path / 'new'}: another host keeps its things there; take another with --folder\n",
        )
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new").iterdir()} == {0o600}
    command.send_signal(signal.SIGINT)
    assert command.communicate(timeout=60) == ("", "")
    assert command.returncode == 0
    with closing(load("store").Store(tmp_path / "new" / "tracker.sqlite3")) as store:
        assert store.refusals() == {"malformed": 1}


def test_a_key_file_without_a_key_is_told_in_one_line(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn")
    (tmp_path / "tracker.key").touch()
    with start("0", tmp_path) as process:
        assert process.communicate(timeout=60) == ("", f"tracker: {tmp_path / 'tracker.key'}: no key in it\n")
        assert process.returncode == 1


APP = """
import os, sys
from pathlib import Path
sys.path.insert(0, {examples!r})
from tracker.host import Host
app = Host(os.environ["TRACKER_URL"], Path({folder!r}))
"""
SERVERS = {
    "uvicorn": ("-m", "uvicorn", "app:app", "--no-access-log", "--host", "127.0.0.1", "--port"),
    "hypercorn": ("-m", "hypercorn", "app:app", "--bind"),
    "gunicorn": ("-m", "gunicorn", "app:app", "--worker-class", "asgi", "--bind"),
}


@pytest.mark.parametrize("server", SERVERS)
def test_a_host_that_is_stopped_has_stored_every_click_that_it_answered(server: str, tmp_path: Path) -> None:
    pytest.importorskip(server)
    with create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    (tmp_path / "app.py").write_text(APP.format(examples=str(EXAMPLES), folder=str(tmp_path)))
    package = str(Path(lmtrack.__file__).parent.parent)
    *arguments, last = SERVERS[server]
    process = subprocess.Popen(  # noqa: S603 - our own example
        [sys.executable, "-B", *arguments, last, str(port) if last == "--port" else f"127.0.0.1:{port}"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": package, "TRACKER_URL": f"http://127.0.0.1:{port}"},  # noqa: TID251 - for Python
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        keys = load("keys").load_keys(tmp_path / "tracker.key")
        answered = clicks_until_it_stops(port, process, keys)
        assert process.wait(timeout=60) in {0, -signal.SIGTERM}
    finally:
        process.kill()
    with closing(sqlite3.connect(tmp_path / "tracker.sqlite3")) as database:
        stored = {link for (link,) in database.execute("SELECT link FROM event WHERE link IS NOT NULL")}
    assert len(answered) >= 100
    assert answered <= stored


def wait_for(port: int) -> None:
    """Wait until a server listens."""
    end = monotonic() + 60
    while monotonic() < end:
        try:
            with create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            sleep(0.05)
    pytest.fail("the server does not start")


def clicks_until_it_stops(port: int, process: subprocess.Popen[bytes], keys: Keys) -> set[int]:
    """Click links in eight threads, and stop the server when a hundred have been answered."""
    answered: set[int] = set()
    stopped = Event()

    def click(first: int) -> None:
        for link in range(first, 4000, 8):
            token = make_click_token(keys, MIA, link, url="https://shop.example/")
            try:
                with closing(HTTPConnection("127.0.0.1", port, timeout=30)) as client:
                    client.request("GET", f"/c/{token}", headers=BROWSER)
                    if client.getresponse().status != 302:
                        return
            except OSError:
                return
            answered.add(link)
            if len(answered) >= 100 and not stopped.is_set():
                stopped.set()
                process.terminate()

    threads = [Thread(target=click, args=(first,)) for first in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answered


def is_closed(slow: Any, drop: bytes) -> bool:  # noqa: ANN401 - a socket
    """Send a byte now and then; return whether the server ends it before its own limit of five seconds without any."""
    end = monotonic() + 4
    slow.settimeout(0.05)
    while monotonic() < end:
        try:
            slow.sendall(drop)
            if not slow.recv(1 << 16):
                return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


def test_a_connection_that_asks_nothing_is_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uvicorn = pytest.importorskip("uvicorn")
    patience = load("patience")
    monkeypatch.setattr(patience, "SECONDS", 0.2)
    host = load("host").Host("http://127.0.0.1:1", tmp_path)
    with create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        config = uvicorn.Config(host, http=patience.Impatient, ws="none", log_level="critical", access_log=False)
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            for begun in (b"", b"GET / HTT", b"GET /o/x HTTP/1.1\r\nHost: x\r\nX-Slow: "):
                with create_connection(("127.0.0.1", port), timeout=30) as slow:
                    slow.sendall(begun)
                    assert slow.recv(1) == b""
            for head, drop in ((b"", b"G"), (b"Content-Length: 9999\r\n", b"x")):  # behind an answer it is the same
                with create_connection(("127.0.0.1", port), timeout=30) as slow:
                    slow.sendall(b"GET /o/x HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n")
                    assert slow.recv(12) == b"HTTP/1.1 200"
                    assert is_closed(slow, drop)
            with create_connection(("127.0.0.1", port), timeout=30) as client:
                client.sendall(b"GET /o/x HTTP/1.1\r\nHost: x\r\n\r\n")
                assert client.recv(12) == b"HTTP/1.1 200"
        finally:
            server.should_exit = True
            thread.join()
