"""A whole tracking host around the caller's own functions, for WSGI, ASGI and any framework.

What may be stored is stored before the answer. What could not be stored is answered with a 503: no page says that an
opt-out is done, and the page of a click opens the destination all the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from inspect import isawaitable, iscoroutine, iscoroutinefunction
from typing import Any, Final, NamedTuple, TypeAlias

from lmtrack._agents.header_rules import Headers
from lmtrack._agents.own_agents import Agents
from lmtrack._checks import check_type
from lmtrack._endpoint.answer import (
    BODY_LIMIT_BYTES,
    ENGLISH,
    HttpResponse,
    PageWords,
    not_stored_response,
    unknown_page,
)
from lmtrack._endpoint.handled import Handled, LastOpen, RecordedEvent
from lmtrack._endpoint.handling import PendingRequest, WayOut, read_request
from lmtrack.classifier import Networks
from lmtrack.resolver import Consent, ConsentRecord, Route
from lmtrack.tokens import ClickToken, OpenToken, UnsubscribeToken, WithdrawToken
from lmtrack.urls import TrackingDomain

# Values of any type, as the two standards have them: PEP 3333, and the ASGI specification 3.0.
Environment: TypeAlias = Mapping[str, Any]
Message: TypeAlias = Mapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[dict[str, Any]], Awaitable[object]]
StartResponse: TypeAlias = Callable[[str, list[tuple[str, str]]], object]

_LOOKUPS: Final = ("route", "consent", "delivered_at", "destination", "words")
_STORES: Final = ("record", "withdraw", "last_open", "unsubscribe", "resubscribe")
_FUNCTIONS: Final = (*_LOOKUPS, *_STORES, "report")
_WAYS_OUT: Final = ("withdraw", "unsubscribe")


class _Storing(NamedTuple):
    """What is to be stored, by which of the caller's functions."""

    function: Callable[[Any], object]
    value: RecordedEvent | LastOpen | WithdrawToken | UnsubscribeToken

    @property
    def is_way_out(self) -> bool:
        """Return whether the answer says that it is done."""
        return not isinstance(self.value, RecordedEvent | LastOpen)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingHost:
    """A tracking host around your own functions: `wsgi` and `asgi` are applications, `answer` is for any framework.

    Each function but `client_ip` may be a coroutine function if you use `asgi` or `answer_async`. They call plain
    functions in a thread, except `client_ip` and `report`. A function that stores an opt-out returns False if its
    records do not have the token's id; the page then says that you hold nothing about that person.

    Attributes:
        domain: The tracking domain.
        route: The stream that a message went through, or a function that returns it for a token.
        consent: Returns what the recipient of a message says now; see `handle_request`.
        record: Stores an open or a click, or counts it if its `dedup_key` is None.
        withdraw: Stores that a person is no longer tracked.
        last_open: Overwrites the day of a last open; only `DELIVERABILITY` needs it.
        unsubscribe: Stores that a person leaves the list; without it there is no `/u/`.
        resubscribe: Stores that a person undoes leaving, on the page that confirmed it.
        delivered_at: Returns when the message was sent or delivered.
        destination: Returns where a click goes.
        words: The texts of the pages, or a function that returns them for a token.
        client_ip: Returns the client's IP address, from the WSGI environment or the ASGI scope; None takes the last
            hop, which is right without a proxy.
        networks: What `load_networks` returned.
        agents: What `load_agents` returned.
        report: Receives the exceptions of your storing functions, so that you can log them.

    Raises:
        TypeError: A field has the wrong type.
        ValueError: Only one of `unsubscribe` and `resubscribe` is given: the page that confirms the one offers the
            other.

    >>> from lmtrack.resolver import Consent, Route
    >>> from lmtrack.tokens import make_keys, make_open_token
    >>> domain = TrackingDomain("https://track.example", make_keys(b"an example secret"))
    >>> host = TrackingHost(
    ...     domain=domain, route=Route(track_opens=True), consent=lambda token: Consent.GRANTED,
    ...     record=lambda event: print(event.dedup_key), withdraw=print,
    ... )
    >>> path = f"/o/{make_open_token(domain.keys, 'letter-4471')}"
    >>> host.answer(method="GET", target=path, headers={"User-Agent": "Thunderbird"}).status
    open:individual:0::person:letter-4471
    200
    """

    domain: TrackingDomain
    route: Route | Callable[[OpenToken | ClickToken], Route | Awaitable[Route]]
    consent: Callable[[OpenToken | ClickToken], Consent | ConsentRecord | Awaitable[Consent | ConsentRecord]]
    record: Callable[[RecordedEvent], object]
    withdraw: Callable[[WithdrawToken], object]
    last_open: Callable[[LastOpen], object] | None = None
    unsubscribe: Callable[[UnsubscribeToken], object] | None = None
    resubscribe: Callable[[UnsubscribeToken], object] | None = None
    delivered_at: Callable[[OpenToken | ClickToken], datetime | Awaitable[datetime | None] | None] | None = None
    destination: Callable[[ClickToken], str | Awaitable[str | None] | None] | None = None
    words: PageWords | Callable[[WayOut], PageWords | Awaitable[PageWords]] | None = None
    client_ip: Callable[[Mapping[str, Any]], str | None] | None = None  # an environment or a scope, of any values
    networks: Networks | None = None
    agents: Agents | None = None
    report: Callable[[Exception], object] | None = None

    def __post_init__(self) -> None:
        check_type(TrackingDomain, domain=self.domain)
        needed = ("consent", "record", "withdraw")
        optional = ("last_open", "unsubscribe", "resubscribe", "delivered_at", "destination", "client_ip", "report")
        for name in (*needed, *optional):
            function = getattr(self, name)
            if not callable(function) and (name in needed or function is not None):
                raise TypeError(f"{name} must be callable{'' if name in needed else ' or None'}")
        if (self.unsubscribe is None) is not (self.resubscribe is None):
            raise ValueError("unsubscribe and resubscribe belong together: the page of the one offers the other")

    def answer(
        self, *, method: str, target: str, headers: Headers | None, body: bytes = b"", ip: str | None = None
    ) -> HttpResponse:
        """Handle one request, store what may be stored, and return the answer.

        Args:
            method: The method of the request line, in capitals.
            target: The target of the request line: a path with its query, or a whole URL.
            headers: The request's headers; None if unknown.
            body: The body of a POST; its first 8,192 bytes are enough.
            ip: The client's IP address.

        Raises:
            TypeError: An argument has the wrong type, or one of the functions is a coroutine function, or a storing
                function returned an awaitable.
        """
        for name in _FUNCTIONS:
            if iscoroutinefunction(getattr(self, name)):
                raise TypeError(f"{name} is a coroutine function: use asgi or answer_async")
        pending = self._read(method, target, headers, body)
        handled = pending.answer(
            route=self.route,  # type: ignore[arg-type] # plain functions, as was checked; so are the others
            consent=self.consent,  # type: ignore[arg-type]
            delivered_at=self.delivered_at,  # type: ignore[arg-type]
            destination=self.destination,  # type: ignore[arg-type]
            words=self.words,  # type: ignore[arg-type]
            ip=ip,
            networks=self.networks,
            agents=self.agents,
        )
        storing = self._storing(handled)
        if storing is None:
            return handled.response
        try:
            known = storing.function(storing.value)
        except Exception as error:  # noqa: BLE001 - the caller's store may fail in any way
            with suppress(Exception):
                self._report(error)
            return _not_stored(handled, storing, self.words)
        if isawaitable(known):  # nothing is stored yet: the page would say that it is done
            if iscoroutine(known):
                known.close()
            name = next(name for name in _STORES if getattr(self, name) is storing.function)
            raise TypeError(f"{name} returned an awaitable: use asgi or answer_async")
        return _stored(known, handled, storing, self.words)

    async def answer_async(
        self, *, method: str, target: str, headers: Headers | None, body: bytes = b"", ip: str | None = None
    ) -> HttpResponse:
        """Do what `answer` does, awaiting coroutine functions and calling plain ones in a thread.

        Args:
            method: The method of the request line, in capitals.
            target: The target of the request line: a path with its query, or a whole URL.
            headers: The request's headers; None if unknown.
            body: The body of a POST; its first 8,192 bytes are enough.
            ip: The client's IP address.

        Raises:
            TypeError: An argument has the wrong type.
        """
        pending = self._read(method, target, headers, body)
        token = pending.token
        asked: dict[str, Any] = {}  # what `PendingRequest.answer` takes under these names
        for name, wanted in (
            ("route", pending.asks_route),
            ("consent", pending.asks_consent),
            ("delivered_at", pending.asks_consent),
            ("destination", pending.asks_destination),
            ("words", pending.kind in _WAYS_OUT and token is not None),
        ):
            function = getattr(self, name)
            asked[name] = await _looked_up(function, token) if wanted and callable(function) else function
        handled = pending.answer(**asked, ip=ip, networks=self.networks, agents=self.agents)
        storing = self._storing(handled)
        if storing is None:
            return handled.response
        try:
            known = await _called(storing.function, storing.value)
        except Exception as error:  # noqa: BLE001 - the caller's store may fail in any way
            with suppress(Exception):
                told = self._report(error)
                if isawaitable(told):
                    await told
            return _not_stored(handled, storing, asked["words"])
        return _stored(known, handled, storing, asked["words"])

    def wsgi(self, environ: Environment, start_response: StartResponse, /) -> Iterable[bytes]:
        """Answer as a WSGI application (PEP 3333)."""
        headers = [(name[5:].replace("_", "-"), text) for name, text in environ.items() if name.startswith("HTTP_")]
        body = b""
        if environ["REQUEST_METHOD"] == "POST":
            size = str(environ.get("CONTENT_LENGTH"))
            body = environ["wsgi.input"].read(min(int(size) if size.isdecimal() else 0, BODY_LIMIT_BYTES))
        answer = self.answer(
            method=environ["REQUEST_METHOD"],
            target=environ.get("PATH_INFO") or "/",
            headers=headers,
            body=body,
            ip=self.client_ip(environ) if self.client_ip else environ.get("REMOTE_ADDR"),
        )
        start_response(answer.status_line, [*answer.headers])
        return [answer.body]

    @property
    def asgi(self) -> Callable[[Message, Receive, Send], Coroutine[Any, Any, None]]:
        """An ASGI application (ASGI 3.0), with or without a lifespan.

        It is a function and not a method, because uvicorn (0.54) takes a method for an ASGI 2 application.
        """

        async def application(scope: Message, receive: Receive, send: Send) -> None:
            await self._answer_asgi(scope, receive, send)

        return application

    async def _answer_asgi(self, scope: Message, receive: Receive, send: Send, /) -> None:
        if scope["type"] == "lifespan":
            while (await receive())["type"] != "lifespan.shutdown":
                await send({"type": "lifespan.startup.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        body = await _body(receive) if scope["method"] == "POST" else b""
        client = scope.get("client")
        answer = await self.answer_async(
            method=scope["method"],
            target=(scope.get("raw_path") or b"").decode("latin-1") or scope["path"],
            headers=scope["headers"],
            body=body,
            ip=self.client_ip(scope) if self.client_ip else client and client[0],
        )
        headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _read(self, method: str, target: str, headers: Headers | None, body: bytes, /) -> PendingRequest:
        pending = read_request(method=method, target=target, headers=headers, body=body, domain=self.domain)
        if pending.kind == "unsubscribe" and self.unsubscribe is None:  # a page that this host does not have
            return replace(pending, kind=None, token=None)
        return pending

    def _storing(self, handled: Handled, /) -> _Storing | None:
        functions = {
            "event": self.record,
            "last_open": self.last_open,
            "withdrawal": self.withdraw,
            "unsubscribe": self.unsubscribe,
            "resubscribe": self.resubscribe,
        }
        for name, function in functions.items():
            value = getattr(handled, name)
            if value is not None and function is not None:
                return _Storing(function, value)
        return None

    def _report(self, error: Exception, /) -> object:
        return None if self.report is None else self.report(error)


def _not_stored(handled: Handled, storing: _Storing, words: object, /) -> HttpResponse:
    return not_stored_response(handled.response, words=_words_of(words, storing))


def _stored(known: object, handled: Handled, storing: _Storing, words: object, /) -> HttpResponse:
    return unknown_page(_words_of(words, storing)) if known is False and storing.is_way_out else handled.response


def _words_of(words: object, storing: _Storing, /) -> PageWords:
    """Return the words for a page that replaces the answer; a function is asked only about a way out."""
    found = words
    if callable(words) and storing.is_way_out:
        with suppress(Exception):
            found = words(storing.value)
    return found if isinstance(found, PageWords) else ENGLISH


async def _called(function: Callable[[Any], object], value: object, /) -> object:
    """Await a coroutine function, and call a plain one in a thread, so that nobody waits for its database.

    A function may end because something else was cancelled, a pool of connections say. That is its failure, and ours
    only if this task is cancelled.
    """
    from asyncio import CancelledError, current_task, to_thread  # noqa: PLC0415 - most of what this module costs

    try:
        if iscoroutinefunction(function):
            return await function(value)
        result = await to_thread(_in_thread, function, value)
        return await result if isawaitable(result) else result
    except CancelledError as cancelled:
        task = current_task()
        if task is None or task.cancelling():
            raise
        raise RuntimeError("a function was cancelled") from cancelled


def _in_thread(function: Callable[[Any], object], value: object, /) -> object:
    """Call a function; what `next` raises for nothing found becomes an error that a future can hold.

    In 3.11 and the first releases of 3.12 it cannot hold a StopIteration, and the request would wait forever
    (gh-112182). PEP 479 does the same in generators.
    """
    try:
        return function(value)
    except StopIteration as stop:
        raise RuntimeError("a function raised StopIteration") from stop


async def _looked_up(function: Callable[[Any], object], token: object, /) -> Callable[[object], object]:
    """Return a lookup that has its answer already, so that it fails where and as the plain one does."""
    try:
        answer = await _called(function, token)
    except Exception:  # noqa: BLE001 - the caller's lookup may fail in any way
        answer = _Failed()
    return lambda _token: answer


class _Failed:
    """In place of an answer: of no type that a lookup may have."""


async def _body(receive: Receive, /) -> bytes:
    body, more = b"", True
    while more and len(body) < BODY_LIMIT_BYTES:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)  # a client that has gone has nothing more
    return body
