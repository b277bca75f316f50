"""An answer as plain values, for any server, and what every answer has in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from lmtrack._checks import plain_str

# A copy in a cache is an open or a withdrawal that nobody hears of; Gmail's proxy keeps to it. The long form is for
# proxies that know no more than HTTP/1.0 taught them.
NO_STORE: Final = ("Cache-Control", "no-store")
NEVER_STORE: Final = ("Cache-Control", "no-store, no-cache, must-revalidate, max-age=0")
# The URL has a token in it: no other host shall learn it as a referrer, no search engine list it.
PRIVATE: Final = (("Referrer-Policy", "no-referrer"), ("X-Robots-Tag", "noindex, nofollow"))
AS_TYPED: Final = ("X-Content-Type-Options", "nosniff")
# Of an empty body; without it frameworks write one of their own.
TEXT: Final = ("Content-Type", "text/plain; charset=utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """A response for any web framework. Its repr shows only the status, because a header may say where a person went.

    Attributes:
        status: The status code.
        headers: Names and values in ASCII, including `Content-Length`.
        body: What follows; empty for HEAD.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def status_line(self) -> str:
        """Code and phrase, as WSGI expects them.

        Raises:
            ValueError: The status is not a registered one.

        >>> HttpResponse(status=404, headers=()).status_line
        '404 Not Found'
        """
        return f"{self.status} {HTTPStatus(self.status).phrase}"


def for_method(response: HttpResponse, method: str, /, *, also: str = "") -> HttpResponse:
    """Turn the answer to GET into the answer to a method.

    Args:
        response: The answer to GET.
        method: What was asked; HTTP has them in capitals.
        also: Another method with the same answer.

    Raises:
        TypeError: `method` is not a `str`.
    """
    method = plain_str(method, "method")
    if method == "GET" or (also and method == also):
        return response
    if method == "HEAD":
        return HttpResponse(status=response.status, headers=response.headers)
    allow = ("Allow", ", ".join(["GET", "HEAD", "OPTIONS", *([also] if also else [])]))
    # RFC 9110 section 9.3.7: a length of 0, and not a 204, to which some frameworks add a type that it must not have.
    status = 200 if method == "OPTIONS" else 405
    return HttpResponse(status=status, headers=(allow, TEXT, ("Content-Length", "0"), NO_STORE, *PRIVATE))
