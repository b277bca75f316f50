"""How long a connection may take to say what it wants: uvicorn has a limit for idle ones, and none for slow ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    import asyncio

SECONDS = 10.0  # a browser sends its request in one piece


class Impatient(H11Protocol):
    """Closes a connection that has sent no whole request in time, again after each answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Start to wait for the first request."""
        super().connection_made(transport)
        self.loop.call_later(SECONDS, self.close_if_waiting)

    def close_if_waiting(self) -> None:
        """Close the connection if nothing has been asked yet; otherwise uvicorn's own limits take over."""
        if self.cycle is None and not self.transport.is_closing():
            self.transport.close()
