"""The pages about receiving, each served on loopback and asked by a real client.

The code is that of the page: its blocks without prompts, in their order.
"""

from __future__ import annotations

import codecs
import re
import sqlite3
import sys
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from socket import create_server
from threading import Condition, Thread
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.validate import validator

import pytest

from lmtrack import (
    TrackingDomain,
    make_click_token,
    make_keys,
    make_open_token,
    make_unsubscribe_token,
    make_withdraw_token,
)
from lmtrack.endpoint import HttpResponse, not_stored_response, pixel_response, redirect_response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAGES = Path(__file__).resolve().parents[2] / "docs" / "howto"
DOMAIN = TrackingDomain("https://track.example", make_keys(b"a fixed key, for these pages only"))
KEYS = DOMAIN.keys
LONG_AGO = datetime.now(UTC) - timedelta(days=60)  # noqa: TID251 - the pages read the clock themselves
# A framework that writes the URL again would change it.
URL = "https://shop.example/%7Eann/{a|b}//x?q=a+b%zz&m=\u00fc#'\u20ac"
LOCATION = "https://shop.example/%7Eann/{a|b}//x?q=a+b%zz&m=%C3%BC#'%E2%82%AC"
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept-Language": "en",
    "Sec-Fetch-Mode": "navigate",
}
ROBOT = {"User-Agent": "examplebot/1.0 (+https://bot.example/)"}


class Answer(NamedTuple):
    """What came back; names of headers in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Host:
    """A server of one of the pages, and a client that keeps its connection."""

    def __init__(self, port: int, database: Path, *, flush: Callable[[], None]) -> None:
        self.client = HTTPConnection("127.0.0.1", port, timeout=30)
        self.database, self.flush = database, flush

    def ask(
        self, path: str, method: str = "GET", headers: dict[str, str] = BROWSER, *, body: bytes | None = None
    ) -> Answer:
        """Send a request and read all of the answer."""
        self.client.request(method, path, body=body, headers=headers)
        response = self.client.getresponse()
        named = [(name.lower(), value) for name, value in response.getheaders()]
        assert len(named) == len(dict(named))
        return Answer(response.status, dict(named), response.read())

    def send(self, mail: str, consent: str) -> None:
        """Note that a mail went out, as a mail client would."""
        with closing(sqlite3.connect(self.database)) as database, database:
            database.execute("INSERT INTO person (id, consent) VALUES (?, ?)", [mail, consent])  # their only mail
            database.execute("INSERT INTO mail VALUES (?, ?)", [mail, mail])

    def stored(self, mail: str) -> list[tuple[str, int, int]]:
        """Return the events of a mail when all that was asked has been dealt with."""
        self.flush()
        with closing(sqlite3.connect(self.database)) as database:
            query = "SELECT dedup_key, counts, times FROM event WHERE mail = ? ORDER BY dedup_key"
            return database.execute(query, [mail]).fetchall()


def module_of(page: str, name: str) -> Any:  # noqa: ANN401 - what it holds is the page's
    text = (PAGES / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    module = ModuleType(name)
    sys.modules[name] = module
    exec("\n\n".join(block for block in blocks if ">>> " not in block), vars(module))  # noqa: S102 - our own pages
    return module


class Quiet(WSGIRequestHandler):
    """Keeps the connection, and writes no log."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def wsgi(application: Any) -> Iterator[int]:  # noqa: ANN401 - frameworks have types of their own
    with make_server("127.0.0.1", 0, validator(application), handler_class=Quiet) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


class Counted:
    """An ASGI app that knows when all its calls have ended, tasks behind the answer and all."""

    def __init__(self, app: Any) -> None:  # noqa: ANN401 - frameworks have types of their own
        self.app, self.running, self.changed = app, 0, Condition()

    async def __call__(self, scope: object, receive: object, send: object) -> None:
        """Let the app answer."""
        with self.changed:
            self.running += 1
        try:
            await self.app(scope, receive, send)
        finally:
            with self.changed:
                self.running -= 1
                self.changed.notify_all()

    def wait(self) -> None:
        """Wait for what runs now."""
        with self.changed:
            assert self.changed.wait_for(lambda: not self.running, timeout=30)


@contextmanager
def asgi(app: Any, database: Path) -> Iterator[Host]:  # noqa: ANN401 - the same
    uvicorn = pytest.importorskip("uvicorn")
    counted = Counted(app)
    config = uvicorn.Config(counted, http="h11", ws="none", lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    with create_server(("127.0.0.1", 0)) as socket:  # it listens from here on, so nobody has to wait for the thread
        thread = Thread(target=server.run, kwargs={"sockets": [socket]})
        thread.start()
        try:
            yield Host(socket.getsockname()[1], database, flush=counted.wait)
        finally:
            server.should_exit = True
            thread.join()


def nothing() -> None:
    """What is stored is stored before the answer."""


@contextmanager
def plain(folder: Path) -> Iterator[Host]:
    application = module_of("receive-wsgi.md", "receive_wsgi").make_application(folder / "track.sqlite3")
    with wsgi(application) as port:
        yield Host(port, folder / "track.sqlite3", flush=nothing)


@contextmanager
def fastapi(folder: Path) -> Iterator[Host]:
    pytest.importorskip("fastapi")
    app = module_of("receive-asgi.md", "receive_asgi").make_app(folder / "track.sqlite3")
    with asgi(app, folder / "track.sqlite3") as host:
        yield host


@contextmanager
def starlette(folder: Path) -> Iterator[Host]:
    pytest.importorskip("fastapi")
    page = module_of("receive-asgi.md", "receive_asgi")
    store = page.Store(folder / "track.sqlite3")

    async def lookup(token: object) -> object:
        return store.consent(token)

    async def withdraw(token: object) -> object:
        return store.withdraw(token)

    async def record(event: object) -> None:
        store.record(event)

    with asgi(page.make_starlette(lookup, record, withdraw), store.path) as host:
        yield host


@contextmanager
def django(folder: Path) -> Iterator[Host]:
    pytest.importorskip("django")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        page = module_of("receive-django.md", "track_urls")  # ROOT_URLCONF of the page
    application = pytest.importorskip("django.core.wsgi").get_wsgi_application()  # the settings come first
    page.make_tables()
    page.connection.close()
    database = Path(page.settings.DATABASES["default"]["NAME"])
    with wsgi(application) as port:
        yield Host(port, database, flush=nothing)


SERVERS = {"plain": plain, "fastapi": fastapi, "starlette": starlette, "django": django}


@pytest.fixture(scope="module", params=SERVERS)
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    with SERVERS[request.param](tmp_path_factory.mktemp(request.param)) as host:
        yield host
        host.client.close()


def is_sent_as(answer: Answer, response: HttpResponse) -> bool:
    expected = {name.lower(): value for name, value in response.headers}
    added = answer.headers.keys() - expected.keys()
    assert added <= {"date", "server", "connection"}
    return (answer.status, answer.body) == (
        response.status,
        response.body,
    ) and expected.items() <= answer.headers.items()


def test_an_open_is_stored_and_answered_with_the_pixel(host: Host) -> None:
    host.send("open", "granted")
    answer = host.ask(f"/o/{make_open_token(KEYS, 'open')}.gif")
    assert is_sent_as(answer, pixel_response())
    assert host.stored("open") == [("open:individual:0::person:open", 1, 1)]


def test_a_click_is_stored_once_and_redirected_byte_for_byte(host: Host) -> None:
    host.send("click", "granted")
    path = f"/c/{make_click_token(KEYS, 'click', 5, url=URL)}?utm_source=x"
    for _ in range(3):
        answer = host.ask(path)
        assert is_sent_as(answer, redirect_response(URL))
        assert answer.headers["location"] == LOCATION
    assert host.stored("click") == [("click:individual:0:5:person:click", 1, 3)]


def test_a_machine_is_stored_beside_the_person(host: Host) -> None:
    host.send("machine", "granted")
    path = f"/c/{make_click_token(KEYS, 'machine', 0, url=URL)}"
    host.ask(path, headers=ROBOT)
    host.ask(path)
    assert host.stored("machine") == [
        ("click:individual:0:0:machine:machine", 0, 1),
        ("click:individual:0:0:person:machine", 1, 1),
    ]


@pytest.mark.parametrize("consent", ["denied", "withdrawn", "unknown", None])
def test_without_consent_the_answer_is_the_same_and_nothing_is_stored(host: Host, consent: str | None) -> None:
    mail = f"mail-{consent}"
    if consent:
        host.send(mail, consent)
    assert is_sent_as(host.ask(f"/o/{make_open_token(KEYS, mail)}"), pixel_response())
    assert is_sent_as(host.ask(f"/c/{make_click_token(KEYS, mail, 0, url=URL)}"), redirect_response(URL))
    assert host.stored(mail) == []


def test_what_is_forged_expired_or_scrambled_is_not_stored(host: Host) -> None:
    host.send("forged", "granted")
    opened, clicked = make_open_token(KEYS, "forged"), make_click_token(KEYS, "forged", 0, url=URL)
    foreign = make_keys(b"a key that somebody made up")
    for token in (
        opened[:-4] + "AAAA",
        opened.lower(),
        codecs.encode(opened, "rot13"),
        make_open_token(foreign, "forged"),
        make_open_token(KEYS, "forged", now=LONG_AGO),
        clicked,
        "x",
        "%00%ff",
    ):
        assert is_sent_as(host.ask(f"/o/{token}"), pixel_response())
    for token in (clicked[:-4] + "AAAA", clicked.upper(), make_click_token(foreign, "forged", 0, url=URL), opened):
        assert is_sent_as(host.ask(f"/c/{token}"), redirect_response(None))
    assert is_sent_as(
        host.ask(f"/c/{make_click_token(KEYS, 'forged', 0, url=URL, now=LONG_AGO)}"), redirect_response(URL)
    )
    assert host.stored("forged") == []


def test_only_get_is_stored_and_no_prefetch(host: Host) -> None:
    host.send("asked", "granted")
    opened = f"/o/{make_open_token(KEYS, 'asked')}"
    clicked = f"/c/{make_click_token(KEYS, 'asked', 0, url=URL)}"
    for path, full in ((opened, pixel_response), (clicked, lambda **asked: redirect_response(URL, **asked))):
        for method in ("HEAD", "OPTIONS", "POST", "PUT", "DELETE"):
            assert is_sent_as(host.ask(path, method), full(method=method))
        assert is_sent_as(host.ask(path, headers=BROWSER | {"Sec-Purpose": "prefetch"}), full())
    assert host.stored("asked") == []


def test_a_withdrawal_counts_from_the_next_request_on_and_links_still_work(host: Host) -> None:
    host.send("letter", "granted")
    opened = f"/o/{make_open_token(KEYS, 'letter')}"
    clicked = f"/c/{make_click_token(KEYS, 'letter', 0, url=URL)}"
    withdraw = f"/w/{make_withdraw_token(KEYS, 'letter')}"
    host.ask(opened)
    before = host.stored("letter")
    assert len(before) == 1
    for headers in (BROWSER, ROBOT):  # a scanner follows the link and presses nothing
        page = host.ask(withdraw, headers=headers)
        assert (page.status, b'<form method="post">' in page.body) == (200, True)
    host.ask(withdraw, "HEAD")
    host.ask(opened)
    assert host.stored("letter") == [("open:individual:0::person:letter", 1, 2)]

    assert host.ask(withdraw, "POST").status == 200
    assert is_sent_as(host.ask(opened), pixel_response())
    assert is_sent_as(host.ask(clicked), redirect_response(URL))
    assert host.stored("letter") == [("open:individual:0::person:letter", 1, 2)]
    assert host.ask(f"/w/{opened[3:]}", "POST").status == 404


def test_leaving_the_list_takes_the_one_click_or_the_button_and_has_a_way_back(host: Host) -> None:
    host.send("list", "granted")
    path = f"/u/{make_unsubscribe_token(KEYS, 'list')}"
    form = {**BROWSER, "Content-Type": "application/x-www-form-urlencoded"}
    if host.ask(path).status == 404:  # a page without functions for it
        assert host.ask(path, "POST", form, body=b"List-Unsubscribe=One-Click").status == 404
        return

    def subscribed() -> int:
        with closing(sqlite3.connect(host.database)) as database:
            return int(database.execute("SELECT subscribed FROM person WHERE id = 'list'").fetchone()[0])

    for body in (b"", b"x=1"):
        assert b'value="leave"' in host.ask(path, "POST", form, body=body).body
    assert subscribed() == 1
    assert b'value="return"' in host.ask(path, "POST", form, body=b"List-Unsubscribe=One-Click").body
    assert subscribed() == 0
    assert b"subscribed again" in host.ask(path, "POST", form, body=b"lmtrack=return").body
    assert subscribed() == 1


def test_whom_nobody_knows_any_more_is_told_so(host: Host) -> None:
    answer = host.ask(f"/w/{make_withdraw_token(KEYS, 'erased')}", "POST")
    assert (answer.status, b"We hold nothing about you" in answer.body) == (200, True)
    assert is_sent_as(host.ask(f"/o/{make_open_token(KEYS, 'erased')}"), pixel_response())
    assert host.stored("erased") == []


def test_what_is_none_of_our_paths_is_not_found(host: Host) -> None:
    for path in ("/", "/robots.txt", "/o", "/x/y", "//"):
        assert is_sent_as(host.ask(path), redirect_response(None))


def test_no_address_is_stored(host: Host) -> None:
    host.send("address", "granted")
    host.ask(f"/o/{make_open_token(KEYS, 'address')}")
    assert host.stored("address")
    with closing(sqlite3.connect(host.database)) as database:
        assert "127.0.0.1" not in "".join(database.iterdump())


@pytest.mark.parametrize("server", SERVERS.values(), ids=SERVERS)
def test_a_database_that_fails_keeps_nobody_from_a_page(
    server: Callable[[Path], AbstractContextManager[Host]], tmp_path: Path
) -> None:
    with server(tmp_path) as host:
        host.send("lost", "granted")
        with closing(sqlite3.connect(host.database)) as database, database:
            database.execute("ALTER TABLE person RENAME TO lost")
        assert is_sent_as(host.ask(f"/o/{make_open_token(KEYS, 'lost')}"), pixel_response())
        assert is_sent_as(host.ask(f"/c/{make_click_token(KEYS, 'lost', 0, url=URL)}"), redirect_response(URL))
        assert host.ask(f"/w/{make_withdraw_token(KEYS, 'lost')}", "POST").status == 503
        assert host.stored("lost") == []
        with closing(sqlite3.connect(host.database)) as database, database:
            database.execute("ALTER TABLE lost RENAME TO person")  # settings of Django are for good: others use it too
            database.execute("ALTER TABLE event RENAME TO lost")
        shown = host.ask(f"/o/{make_open_token(KEYS, 'lost')}")
        opened = host.ask(f"/c/{make_click_token(KEYS, 'lost', 0, url=URL)}")
        assert is_sent_as(shown, not_stored_response(pixel_response()))
        assert is_sent_as(opened, not_stored_response(redirect_response(URL)))
        with closing(sqlite3.connect(host.database)) as database, database:
            database.execute("ALTER TABLE lost RENAME TO event")
        host.client.close()
