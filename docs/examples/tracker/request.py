"""A request as ASGI servers hand it over, as far as anything here looks at it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BODY_LIMIT = 8192  # bytes; the forms of a tracking host take far less
BODY_SECONDS = 10  # nobody needs longer for a body that small


class Request(NamedTuple):
    """What was asked. The address is used to classify the request, and kept nowhere."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    ip: str | None
    body: bytes = b""


async def read_body(receive: Callable[[], Awaitable[Any]]) -> bytes:
    """Read as much of a body as is looked at; what does not come in time is not waited for."""
    body, more = b"", True
    try:
        async with asyncio.timeout(BODY_SECONDS):
            while more and len(body) < BODY_LIMIT:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)
    except TimeoutError:
        pass
    return body


def read_request(scope: Any, body: bytes = b"") -> Request:  # noqa: ANN401 - ASGI's
    """Read a scope of ASGI; of a header that comes again, what came first."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    client = scope.get("client")
    query = scope["query_string"].decode("latin-1")
    return Request(scope["method"], scope["path"], query, headers, client[0] if client else None, body)
