"""A request as ASGI servers hand it over, as far as anything here looks at it."""

from __future__ import annotations

from typing import Any, NamedTuple


class Request(NamedTuple):
    """What was asked. The address is used to classify the request, and kept nowhere."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    ip: str | None


def read_request(scope: Any) -> Request:  # noqa: ANN401 - ASGI's
    """Read a scope of ASGI; of a header that comes again, what came first."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name.decode("latin-1"), value.decode("latin-1"))
    client = scope.get("client")
    query = scope["query_string"].decode("latin-1")
    return Request(scope["method"], scope["path"], query, headers, client[0] if client else None)
