"""`TrackingHost`: the caller's functions behind WSGI, ASGI and any framework."""

from __future__ import annotations

import asyncio
import inspect
import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

from endpoint_requests import DOMAIN, HEADERS, ID, URL
from lmtrack import (
    Consent,
    PageWords,
    Route,
    TrackingHost,
    TrackingMode,
    make_click_token,
    make_open_token,
    make_unsubscribe_token,
    make_withdraw_token,
    pixel_response,
    redirect_response,
)
from lmtrack.classifier import load_agents, load_networks
from lmtrack.tokens import WithdrawToken

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[..., tuple[int, bytes]]

    from lmtrack.endpoint import HttpResponse

ROUTE = Route(track_opens=True, require_consent=True, without_consent=TrackingMode.DELIVERABILITY)
KEYS = DOMAIN.keys
FRENCH = PageWords(language="fr", unknown_title="Inconnu", failed_title="Échec")
OPEN, CLICK = f"/t/o/{make_open_token(KEYS, ID)}", f"/t/c/{make_click_token(KEYS, ID, 3, url=URL)}"
DAY = f"/t/o/{make_open_token(KEYS, ID, mode=TrackingMode.DELIVERABILITY)}"
STOP, LEAVE = f"/t/w/{make_withdraw_token(KEYS, ID)}", f"/t/u/{make_unsubscribe_token(KEYS, ID)}"
BACK = b"lmtrack=return"
ONE_CLICK = b"List-Unsubscribe=One-Click"

PAIR = "unsubscribe and resubscribe belong together: the page of the one offers the other"

# Every answer that stores something: path, method, body, function.
STORED = [
    (OPEN, "GET", b"", "record"),
    (CLICK, "GET", b"", "record"),
    (DAY, "GET", b"", "last_open"),
    (STOP, "POST", b"", "withdraw"),
    (LEAVE, "POST", ONE_CLICK, "unsubscribe"),
    (LEAVE, "POST", BACK, "resubscribe"),
]


class Store:
    """Functions for a host; each call is noted, and one that is told to fails."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.failing: set[str] = set()
        self.unknown = False

    def function(self, name: str, *, plain: bool) -> Callable[[Any], Any]:
        """One function, as a plain or as a coroutine function."""

        def call(value: object) -> object:
            self.calls.append((name, value))
            if name in self.failing:
                raise OSError(f"{name} is down")
            return {"consent": Consent.GRANTED, "route": ROUTE, "words": FRENCH}.get(name, not self.unknown)

        async def call_async(value: object) -> object:
            await asyncio.sleep(0)
            return call(value)

        return call if plain else call_async

    def host(self, *, plain: bool = True, **changed: Any) -> TrackingHost:  # noqa: ANN401 - any field
        """A host of all of them."""
        names = ("consent", "record", "withdraw", "last_open", "unsubscribe", "resubscribe", "route", "words")
        functions = {name: self.function(name, plain=plain) for name in names}
        fields: dict[str, Any] = {"domain": DOMAIN, **functions, **changed}
        return TrackingHost(**fields)

    @property
    def names(self) -> list[str]:
        """What was called."""
        return [name for name, _ in self.calls]


def fail(_value: object) -> Any:  # noqa: ANN401 - in place of any function
    raise OSError("down")


def answer_plain(host: TrackingHost, path: str, method: str = "GET", body: bytes = b"") -> tuple[int, bytes]:
    response = host.answer(method=method, target=path, headers=HEADERS, body=body)
    return response.status, response.body


def answer_wsgi(host: TrackingHost, path: str, method: str = "GET", body: bytes = b"") -> tuple[int, bytes]:
    environ: dict[str, Any] = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": io.BytesIO(body)}
    environ |= {"QUERY_STRING": "", "SCRIPT_NAME": ""}
    environ |= {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in HEADERS.items()}
    environ |= {"CONTENT_LENGTH": str(len(body))} if body else {}
    setup_testing_defaults(environ)
    started: list[str] = []

    def start_response(status: str, _headers: object, _error: object = None) -> Callable[[Any], object]:
        started.append(status)
        return started.append  # in place of WSGI's `write`, which nobody calls

    chunks = validator(host.wsgi)(environ, start_response)
    content = b"".join(chunks)
    chunks.close()  # type: ignore[attr-defined] # the validator wants it
    return int(started[0].split()[0]), content


def answer_asgi(host: TrackingHost, path: str, method: str = "GET", body: bytes = b"") -> tuple[int, bytes]:
    sent: list[dict[str, Any]] = []
    chunks = [body[:7], body[7:]]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(name.lower().encode(), text.encode()) for name, text in HEADERS.items()]
    scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": ("192.0.2.1", 5)}
    asyncio.run(host.asgi(scope, receive, send))
    return sent[0]["status"], sent[1]["body"]


each_way = pytest.mark.parametrize(
    ("ask", "plain"),
    [(answer_plain, True), (answer_wsgi, True), (answer_asgi, True), (answer_asgi, False)],
    ids=["plain", "wsgi", "asgi and plain functions", "asgi"],
)


@each_way
@pytest.mark.parametrize("stored", STORED, ids=[name for *_, name in STORED])
def test_what_may_be_stored_is_stored_before_the_answer(
    ask: Ask, plain: bool, stored: tuple[str, str, bytes, str]
) -> None:
    path, method, body, name = stored
    store = Store()
    status, _ = ask(store.host(plain=plain), path, method, body)
    assert status == (302 if path == CLICK else 200)
    assert store.names.count(name) == 1
    assert store.names[-1] == name
    assert None not in [value for _, value in store.calls]
    assert {*store.names} - {name} == ({"words"} if method == "POST" else {"consent", "route"})


@each_way
@pytest.mark.parametrize("stored", STORED, ids=[name for *_, name in STORED])
def test_a_store_that_fails_is_a_503_that_keeps_nobody_from_a_page_and_never_says_that_it_is_done(
    ask: Ask, plain: bool, stored: tuple[str, str, bytes, str]
) -> None:
    path, method, body, name = stored
    store = Store()
    told: list[Exception] = []
    store.failing = {name}
    for report in (told.append, None, fail):
        status, page = ask(store.host(plain=plain, report=report), path, method, body)
        assert status == 503
        if method == "POST":
            assert "Échec" in page.decode()
        elif path == CLICK:
            assert f'content="0; url={URL}"' in page.decode()
        else:
            assert page == pixel_response().body
    assert ("words" in store.names) is (method == "POST")
    assert [str(error) for error in told] == [f"{name} is down"]


@each_way
@pytest.mark.parametrize("stored", STORED, ids=[name for *_, name in STORED])
def test_a_function_that_finds_no_next_value_has_failed(
    ask: Ask, plain: bool, stored: tuple[str, str, bytes, str]
) -> None:
    path, method, body, name = stored
    told: list[Exception] = []
    host = Store().host(plain=plain, report=told.append, **{name: lambda _value: next(iter(()))})
    assert ask(host, path, method, body)[0] == 503
    assert len(told) == 1
    store = Store()
    lookups = dict.fromkeys(("consent", "delivered_at", "destination", "words"), lambda _token: next(iter(())))
    status, _ = ask(store.host(plain=plain, **lookups), path, method, body)
    assert status == (302 if path == CLICK else 200)
    assert (name in store.names) == (method == "POST")


@pytest.mark.parametrize("plain", [True, False])
def test_a_function_in_which_something_else_was_cancelled_has_failed(plain: bool) -> None:
    def stop(_value: object) -> object:
        raise asyncio.CancelledError

    async def stop_async(value: object) -> object:
        return stop(value)

    told: list[Exception] = []
    function = stop if plain else stop_async
    assert answer_asgi(Store().host(withdraw=function, report=told.append), STOP, "POST")[0] == 503
    assert [str(error) for error in told] == ["a function was cancelled"]
    assert answer_asgi(Store().host(consent=function), CLICK)[0] == 302


def test_a_request_that_is_cancelled_is_not_answered() -> None:
    told: list[Exception] = []

    async def cancel() -> None:
        begun = asyncio.Event()

        async def withdraw(_token: object) -> None:
            begun.set()
            await asyncio.Event().wait()

        host = Store().host(plain=False, withdraw=withdraw, report=told.append)
        task = asyncio.create_task(host.answer_async(method="POST", target=STOP, headers=HEADERS))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancel())
    assert told == []


def test_an_error_is_reported_to_a_coroutine_function_too() -> None:
    store = Store()
    store.failing = {"withdraw", "report"}
    told = store.function("report", plain=False)
    assert answer_asgi(store.host(report=told), STOP, "POST")[0] == 503
    assert [str(value) for name, value in store.calls if name == "report"] == ["withdraw is down"]


@each_way
def test_a_token_that_nobody_knows_any_more_is_told_so(ask: Ask, plain: bool) -> None:
    store = Store()
    store.unknown = True
    for path, method, body, _ in STORED:
        status, page = ask(store.host(plain=plain), path, method, body)
        if method == "POST":
            assert (status, "Inconnu" in page.decode()) == (200, True)
        else:
            assert "Inconnu" not in page.decode("latin-1")
            assert status == (302 if path == CLICK else 200)


@each_way
@pytest.mark.parametrize("failing", [{"consent"}, {"route"}, {"words"}])
def test_a_lookup_that_fails_records_nothing_and_still_answers(ask: Ask, plain: bool, failing: set[str]) -> None:
    store = Store()
    store.failing = failing
    host = store.host(plain=plain)
    if failing == {"words"}:
        assert b"Stop tracking?" in ask(host, STOP)[1]
        return
    assert ask(host, OPEN) == (200, pixel_response().body)
    assert ask(host, CLICK)[0] == 302
    assert "record" not in store.names


@each_way
def test_a_click_goes_where_it_was_signed_to_go_if_nobody_can_say_where(ask: Ask, plain: bool) -> None:
    assert ask(Store().host(plain=plain, destination=fail), CLICK)[0] == 302


def test_a_plain_function_may_return_what_is_to_be_awaited() -> None:
    store = Store()
    to_await = store.function("record", plain=False)

    def record(event: object) -> object:
        return to_await(event)

    assert answer_asgi(store.host(record=record), CLICK)[0] == 302
    assert store.names[-1] == "record"


@each_way
def test_lookups_of_time_and_destination_are_asked(ask: Ask, plain: bool) -> None:
    store = Store()
    moments: list[object] = []

    def delivered_at(token: object) -> datetime:
        moments.append(token)
        return datetime(2026, 1, 1, tzinfo=UTC)

    def destination(_token: object) -> None:
        return None

    host = store.host(plain=plain, delivered_at=delivered_at, destination=destination)
    assert ask(host, CLICK)[0] == 410
    assert ask(host, OPEN)[0] == 200
    assert moments
    assert store.names.count("record") == 1


def test_the_delivery_decides_whether_it_was_too_soon() -> None:
    store = Store()
    now = datetime.now(UTC)  # noqa: TID251 - the host reads the clock itself
    for left, soon in ((now, True), (now - timedelta(days=1), False), (None, True), (now + timedelta(hours=1), False)):
        host = store.host(delivered_at=lambda _token, left=left: left)
        click = f"/t/c/{make_click_token(KEYS, ID, 3, url=URL)}"
        host.answer(method="GET", target=click, headers={"User-Agent": HEADERS["User-Agent"]})
        verdict = store.calls[-1][1].verdict
        assert any(reason.startswith("time.") for reason in verdict.reasons) == soon, left
    for broken in (now.replace(tzinfo=None), "yesterday"):
        host = store.host(delivered_at=lambda _token, broken=broken: broken)
        assert host.answer(method="GET", target=CLICK, headers=HEADERS).status == 302


@each_way
def test_without_a_function_for_it_there_is_no_list_to_leave(ask: Ask, plain: bool) -> None:
    host = Store().host(plain=plain, unsubscribe=None, resubscribe=None, last_open=None, words=None, route=ROUTE)
    assert ask(host, LEAVE)[0] == ask(host, LEAVE, "POST", ONE_CLICK)[0] == 404
    assert ask(host, STOP)[0] == ask(host, STOP, "POST")[0] == ask(host, DAY)[0] == 200
    assert ask(host, "/nothing")[0] == ask(host, "/nothing", "PUT")[0] == ask(host, LEAVE, "PUT")[0] == 404


def test_a_coroutine_function_needs_the_asynchronous_way() -> None:
    host = Store().host(plain=False)
    for path in (OPEN, STOP):
        with pytest.raises(TypeError, match=r"is a coroutine function: use asgi or answer_async$"):
            host.answer(method="GET", target=path, headers=None)
    host = Store().host(report=Store().function("report", plain=False))
    with pytest.raises(TypeError, match=r"^report is a coroutine function: use asgi or answer_async$"):
        host.answer(method="GET", target=STOP, headers=None)


class ToAwait:
    """What is to be awaited and is no coroutine, as a task is."""

    def __await__(self) -> Any:  # noqa: ANN401 - whatever an event loop gives it
        yield


@pytest.mark.parametrize("stored", STORED, ids=[name for *_, name in STORED])
def test_nothing_is_said_to_be_done_that_would_have_to_be_awaited(stored: tuple[str, str, bytes, str]) -> None:
    path, method, body, name = stored
    to_await = Store().function(name, plain=False)
    for function in (lambda value: to_await(value), lambda _value: ToAwait()):  # noqa: PLW0108 - not itself one
        changed: dict[str, Any] = {name: function}
        host = Store().host(**changed)
        with pytest.raises(TypeError, match=rf"^{name} returned an awaitable: use asgi or answer_async$"):
            answer_plain(host, path, method, body)


@pytest.mark.parametrize(
    ("changed", "error", "text"),
    [
        ({"domain": "https://track.example"}, TypeError, "domain must be a TrackingDomain, not str"),
        ({"record": None}, TypeError, "record must be callable"),
        ({"consent": Consent.GRANTED}, TypeError, "consent must be callable"),
        ({"withdraw": None}, TypeError, "withdraw must be callable"),
        *(
            ({name: "x"}, TypeError, f"{name} must be callable or None")
            for name in (
                "last_open",
                "unsubscribe",
                "resubscribe",
                "delivered_at",
                "destination",
                "client_ip",
                "report",
            )
        ),
        ({"unsubscribe": None}, ValueError, PAIR),
        ({"resubscribe": None}, ValueError, PAIR),
    ],
)
def test_a_host_that_lacks_a_function_is_the_callers_mistake(
    changed: dict[str, Any], error: type[Exception], text: str
) -> None:
    with pytest.raises(error, match=f"^{text}$"):
        Store().host(**changed)


def test_wsgi_reads_no_more_than_it_looks_at_and_takes_the_address_it_is_given() -> None:
    store, asked = Store(), []
    host = store.host(client_ip=lambda environ: asked.append(environ["PATH_INFO"]))
    body = io.BytesIO(b"a=b&" * 10_000)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": LEAVE,
        "wsgi.input": body,
        "CONTENT_LENGTH": "40000",
    }
    list(host.wsgi(environ, lambda _status, _headers: None))
    assert body.tell() == 8192
    assert asked == [LEAVE]
    for size in ("-1", "x", ""):
        list(host.wsgi({**environ, "CONTENT_LENGTH": size}, lambda _status, _headers: None))
    assert body.tell() == 8192


def scope_of(**changed: object) -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": OPEN, "headers": [], "client": None, **changed}


def run_asgi(host: TrackingHost, scope: dict[str, Any], received: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return received.pop(0)

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(host.asgi(scope, receive, send))
    return sent


def test_asgi_sends_an_answer_in_two_messages() -> None:
    start, body = run_asgi(Store().host(), scope_of(path=CLICK), [])
    headers = [(name.lower().encode(), value.encode()) for name, value in redirect_response(URL).headers]
    assert start == {"type": "http.response.start", "status": 302, "headers": headers}
    assert body == {"type": "http.response.body", "body": b""}


def test_asgi_is_a_function_which_uvicorn_takes_for_an_application_of_today() -> None:
    host = Store().host()
    assert inspect.isfunction(host.asgi)
    assert inspect.iscoroutinefunction(host.asgi)


def test_asgi_speaks_of_its_life_and_closes_what_is_no_request() -> None:
    host = Store().host()
    life = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    assert [message["type"] for message in run_asgi(host, {"type": "lifespan"}, life)] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert run_asgi(host, {"type": "websocket"}, []) == [{"type": "websocket.close"}]


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"raw_path": OPEN.encode(), "path": "/nothing"},
        {"raw_path": None},
        {"raw_path": f"https://track.example{OPEN}".encode()},
        {"path": f"https://track.example{OPEN}"},
        {"path": OPEN[1:]},
        {"path": f"/{OPEN}"},
        {"client": ("2001:db8::1", 1)},
    ],
)
def test_asgi_finds_the_path_however_a_server_hands_it_over(changed: dict[str, object]) -> None:
    store = Store()
    run_asgi(store.host(), scope_of(**changed), [])
    assert "record" in store.names


def test_asgi_reads_no_more_than_it_looks_at_and_stops_when_the_client_has_gone() -> None:
    store = Store()
    host = store.host(client_ip=lambda _scope: None)
    parts: list[dict[str, Any]] = [{"type": "http.request", "body": b"a=b&" * 512, "more_body": True} for _ in range(9)]
    run_asgi(host, scope_of(path=LEAVE, method="POST"), parts)
    assert len(parts) == 5
    run_asgi(host, scope_of(path=LEAVE, method="POST"), [{"type": "http.disconnect"}])
    assert "unsubscribe" not in store.names
    said = {"type": "http.request", "body": ONE_CLICK, "more_body": True}
    run_asgi(host, scope_of(path=LEAVE, method="POST"), [said, {"type": "http.disconnect"}])
    assert "unsubscribe" in store.names


def asked_by_wsgi(host: TrackingHost, address: str) -> None:
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": CLICK, "REMOTE_ADDR": address, "HTTP_USER_AGENT": "Lampreader/2"}
    list(host.wsgi(environ, lambda _status, _headers: None))


def asked_by_asgi(host: TrackingHost, address: str) -> None:
    headers = [(b"user-agent", b"Lampreader/2")]
    run_asgi(host, scope_of(path=CLICK, client=(address, 5), headers=headers), [])


@pytest.mark.parametrize("ask", [asked_by_wsgi, asked_by_asgi])
def test_the_last_hop_is_the_client_unless_a_function_says_which(ask: Callable[[TrackingHost, str], None]) -> None:
    store = Store()
    ask(store.host(), "192.0.2.7")
    hops = {"REMOTE_ADDR": "192.0.2.7", "client": ("192.0.2.7", 5)}
    told = store.host(client_ip=lambda seen: "192.0.2.8" if any(seen.get(hop) == hops[hop] for hop in hops) else None)
    ask(told, "192.0.2.7")
    assert [value.request.ip for name, value in store.calls if name == "record"] == ["192.0.2.7", "192.0.2.8"]


@pytest.mark.parametrize("ask", [asked_by_wsgi, asked_by_asgi])
def test_own_networks_and_agents_are_told_the_classifier(ask: Callable[[TrackingHost, str], None]) -> None:
    store = Store()
    networks = load_networks("198.51.100.0/24", tag="our_gateway", evidence=3)
    agents = load_agents("Lampreader", actor="human", human="yes")
    for known in ({}, {"networks": networks}, {"agents": agents}):
        ask(store.host(**known), "198.51.100.7")
    bare, listed, named = (value.verdict for name, value in store.calls if name == "record")
    assert "net.listed" in listed.reasons
    assert "net.listed" not in bare.reasons
    assert named != bare


@each_way
def test_the_words_of_a_page_that_replaces_the_answer_are_those_of_its_token(ask: Ask, plain: bool) -> None:
    store = Store()
    store.failing = {"withdraw"}

    def words(token: object) -> PageWords:
        return FRENCH if isinstance(token, WithdrawToken) else PageWords()

    texts: Any
    for texts, title in ((FRENCH, "Échec"), (words, "Échec"), ("fr", "did not work"), (fail, "did not work")):
        status, page = ask(store.host(plain=plain, words=texts), STOP, "POST")
        assert (status, title in page.decode()) == (503, True)
    store.failing = {"record"}
    for texts, title in (
        (PageWords(language="fr", onward_title="Vers la page"), "Vers la page"),
        (words, "Opening the"),
    ):
        status, page = ask(store.host(plain=plain, words=texts), CLICK)
        assert (status, title in page.decode()) == (503, True)


def test_an_answer_is_that_of_the_pieces() -> None:
    host = Store().host()
    answers: list[HttpResponse] = [
        host.answer(method=method, target=CLICK, headers=HEADERS) for method in ("GET", "HEAD", "OPTIONS", "POST")
    ]
    assert answers == [redirect_response(URL, method=method) for method in ("GET", "HEAD", "OPTIONS", "POST")]
