"""The tracking host, as an ASGI app: one call of `handle_request`, and what may be kept is stored before the answer."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lmtrack import TrackingDomain, handle_request, not_stored_response
from tracker.desk import Desk
from tracker.keys import load_keys
from tracker.letters import ROUTE, send_sample
from tracker.recorder import record
from tracker.request import Request, read_body, read_request
from tracker.store import Store

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from lmtrack.endpoint import HttpResponse
LOG = logging.getLogger(__name__)


class Host:
    """The domain, the store, and the answers."""

    def __init__(self, base_url: str, folder: Path) -> None:
        self.domain = TrackingDomain(base_url, load_keys(folder / "tracker.key"))
        self.name = base_url.partition("//")[2]
        self.store = Store(folder / "tracker.sqlite3")
        self.desk = Desk(self.store, base_url)
        if not self.store.letters():
            send_sample(self.store, self.domain)

    def close(self) -> None:
        """Tidy up."""
        self.store.close()

    async def __call__(
        self,
        scope: Any,  # noqa: ANN401 - ASGI's
        receive: Callable[[], Awaitable[Any]],
        send: Callable[[Any], Awaitable[None]],
    ) -> None:
        """Answer a request. What asks the store does so in a thread, so nobody waits for somebody else's lookup."""
        if scope["type"] == "lifespan":
            return await self.live(receive, send)
        request = read_request(scope, await read_body(receive) if scope["method"] == "POST" else b"")
        answer = await asyncio.to_thread(self.answer, request)
        headers = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})
        return None

    async def live(self, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
        """Tell the server that all is well; what was answered is stored already, so there is nothing to wait for."""
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        self.close()
        await send({"type": "lifespan.shutdown.complete"})

    def answer(self, request: Request) -> HttpResponse:
        """Answer with a page of the sender if our own name was asked for one, and as a tracking host else."""
        own = self.desk.answer(request) if request.headers.get("host") == self.name else None
        return own or self.track(request)

    def track(self, request: Request) -> HttpResponse:
        """Answer an open, a click or a withdrawal, when what may be kept of it is stored."""
        now = datetime.now(UTC)
        handled = handle_request(
            method=request.method,
            target=request.path,
            headers=request.headers,
            body=request.body,
            ip=request.ip,
            domain=self.domain,
            route=ROUTE,
            consent=self.store.consent,
            now=now,
        )
        try:
            record(self.store, handled, now, request.headers.get("user-agent", ""))
        except sqlite3.Error:
            LOG.exception("a request is not stored")  # the text of these errors holds no value of a row
            return not_stored_response(handled.response)
        return handled.response
