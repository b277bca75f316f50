"""How long a connection may take to say what it wants: uvicorn has a limit for idle ones, and none for slow ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

SECONDS = 10.0  # a browser sends its request in one piece


class Impatient(H11Protocol):
    """Closes a connection that has sent no whole request in time, and counts again from each answer on."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Start to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self) -> None:
        """Start to wait for the next one; a slow rest of the last one's body is no request."""
        self._wait()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        super().connection_lost(exc)
        if self._timer:
            self._timer.cancel()

    def _wait(self) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self.loop.call_later(SECONDS, self._close_if_last, self.cycle)

    def _close_if_last(self, answered: object) -> None:
        if self.cycle is answered and not self.transport.is_closing():
            self.transport.close()
