"""The tracking host, as an ASGI app: one call of `handle_request`, and what may be kept goes to the writer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lmtrack import TrackingDomain, handle_request
from tracker.desk import Desk
from tracker.keys import load_keys
from tracker.letters import ROUTE, send_sample
from tracker.request import Request, read_request
from tracker.store import Store
from tracker.writer import Happened, Writer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from lmtrack.endpoint import HttpResponse


class Host:
    """The domain, the store, and the answers."""

    def __init__(self, base_url: str, folder: Path) -> None:
        self.domain = TrackingDomain(base_url, load_keys(folder / "tracker.key"))
        self.name = base_url.partition("//")[2]
        self.store = Store(folder / "tracker.sqlite3")
        self.writer = Writer(self.store)
        self.desk = Desk(self.store)
        if not self.store.letters():
            send_sample(self.store, self.domain)

    def close(self) -> None:
        """Write what is left."""
        self.writer.close()
        self.store.close()

    async def __call__(self, scope: Any, receive: object, send: Callable[[Any], Awaitable[None]]) -> None:  # noqa: ANN401 - ASGI's
        """Answer a request. What asks the store does so in a thread, so nobody waits for somebody else's lookup."""
        del receive  # no answer depends on a body
        request = read_request(scope)
        answer = await asyncio.to_thread(self.answer, request)
        headers = [(name.lower().encode("ascii"), value.encode("ascii")) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def answer(self, request: Request) -> HttpResponse:
        """Answer with a page of the sender if our own name was asked for one, and as a tracking host else."""
        own = self.desk.answer(request) if request.headers.get("host") == self.name else None
        return own or self.track(request)

    def track(self, request: Request) -> HttpResponse:
        """Answer an open, a click or a withdrawal, and leave to the writer what may be kept of it."""
        now = datetime.now(UTC)
        handled = handle_request(
            method=request.method,
            target=request.path,
            headers=request.headers,
            ip=request.ip,
            domain=self.domain,
            route=ROUTE,
            consent=self.store.consent,
            now=now,
        )
        if handled.withdrawal:
            self.store.withdraw(handled.withdrawal.message_id)  # before the answer, which says that it is done
        else:
            self.writer.put(Happened(handled, now, request.headers.get("user-agent", "")))
        return handled.response
