"""What goes back: a pixel, a redirect, or a short page. None of it says whether anything was recorded.

Every answer may be sent as it is by any server: plain values, no cookie, nothing a cache may keep.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from lmtrack._checks import plain_str, plain_str_or_none, wrong_type
from lmtrack._url.destination import is_destination
from lmtrack.tokens import ClickToken

# GIF89a (W3C, 1990), field by field; a 204 or an empty body is drawn as a broken image.
PIXEL: Final = bytes.fromhex(
    "474946383961"  # signature
    "0100 0100 80 00 00"  # logical screen: 1 x 1, a global table of two colours
    "000000 ffffff"
    "21f904 01 0000 00 00"  # graphic control: colour 0 is transparent
    "2c 0000 0000 0100 0100 00"  # image: 1 x 1 at 0, 0
    "02 01 44 00"  # LZW of one pixel of colour 0, in one sub-block
    "3b"
)

# A copy in a cache is an open or a withdrawal that nobody hears of; Gmail's proxy keeps to it. The long form is for
# proxies that know no more than HTTP/1.0 taught them.
_NO_STORE: Final = ("Cache-Control", "no-store")
_NEVER_STORE: Final = ("Cache-Control", "no-store, no-cache, must-revalidate, max-age=0")
# The URL has a token in it: no other host shall learn it as a referrer, no search engine list it.
_PRIVATE: Final = (("Referrer-Policy", "no-referrer"), ("X-Robots-Tag", "noindex, nofollow"))
_AS_TYPED: Final = ("X-Content-Type-Options", "nosniff")
# Of an empty body; without it frameworks write one of their own.
_TEXT: Final = ("Content-Type", "text/plain; charset=utf-8")
# The page has one form and nothing to load; nobody may frame it to have a button pressed unseen.
_LOCKED: Final = (
    "Content-Security-Policy",
    "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
)

# Scheme, host, the rest. An IPv6 literal is cut at its first colon, which is no harm, since it is ASCII.
_PARTS: Final = re.compile(r"([^/]*+//)([^/?#:]*+)(.*+)", re.DOTALL)
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]++")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """An answer for any web framework. Its repr is the status alone, since a header may say where a person went.

    Attributes:
        status: The status code.
        headers: Names and values, ASCII, `Content-Length` with them.
        body: What follows; empty for HEAD.
    """

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    @property
    def status_line(self) -> str:
        """Code and phrase, as WSGI wants them.

        Raises:
            ValueError: The status is none that is registered.

        >>> pixel_response().status_line
        '200 OK'
        """
        return f"{self.status} {HTTPStatus(self.status).phrase}"


_PIXEL_RESPONSE: Final = HttpResponse(
    status=200,
    headers=(("Content-Type", "image/gif"), ("Content-Length", str(len(PIXEL))), _NEVER_STORE, *_PRIVATE, _AS_TYPED),
    body=PIXEL,
)


def pixel_response(*, method: str = "GET") -> HttpResponse:
    """Give the transparent pixel: the same 42 octets whatever the token was.

    HEAD has the same headers and no body, OPTIONS says what is allowed, any other method is a 405.

    Raises:
        TypeError: `method` is no `str`.

    >>> response = pixel_response()
    >>> response.status, dict(response.headers)["Content-Type"], len(response.body)
    (200, 'image/gif', 42)
    """
    return for_method(_PIXEL_RESPONSE, method)


def redirect_response(destination: ClickToken | str | None, /, *, method: str = "GET") -> HttpResponse:
    """Send a person on to the destination of a click, or tell them that there is none.

    The destination is judged again by the rules of signing. ASCII is sent as it is, character by character; a host in
    other letters is sent in its `xn--` form, other letters elsewhere as percent escapes of UTF-8. 302, because a
    browser repeats nothing but a GET behind it.

    Args:
        destination: A click token, or a URL; None, a token by id without URL, and what is no destination are a 404.
        method: As for `pixel_response`.

    Raises:
        TypeError: An argument has another type.

    >>> dict(redirect_response("https://shop.example/menü").headers)["Location"]
    'https://shop.example/men%C3%BC'
    >>> redirect_response(None).status
    404
    """
    url = destination.url if isinstance(destination, ClickToken) else destination
    if url is not None and not isinstance(url, str):
        raise wrong_type("destination", "a ClickToken, a str or None", url)
    url = plain_str_or_none(url, "destination")
    if url is None or not is_destination(url):
        return for_method(not_found_response(), method)
    headers = (("Location", to_ascii(url)), _TEXT, ("Content-Length", "0"), _NO_STORE, *_PRIVATE)
    return for_method(HttpResponse(status=302, headers=headers), method)


def to_ascii(url: str, /) -> str:
    """Write a destination in ASCII; it leads to the same place. A destination in ASCII is returned as it is."""
    if url.isascii():
        return url
    return _PARTS.sub(_part_to_ascii, url)


def _part_to_ascii(parts: re.Match[str], /) -> str:
    scheme, host, rest = parts.groups()
    if not host.isascii():
        from urllib.parse import unquote  # noqa: PLC0415 - rare in mail, and 2 ms of every import

        host = unquote(host).encode("idna").decode()  # as the rules of a destination read it
    return scheme + host + _NOT_ASCII.sub(lambda text: "".join(f"%{octet:02X}" for octet in text[0].encode()), rest)


def not_found_response() -> HttpResponse:
    """Tell that there is nothing here; the same for a forged token and for a path that never was."""
    return _page(404, "Not found", "<p>This link leads nowhere. It may have been cut off.</p>")


def withdraw_page_response() -> HttpResponse:
    """Give a page with one button, which a scanner that follows links does not press."""
    return _page(
        200,
        "Stop tracking?",
        "<p>You will still get our mail, and its links will still work.\n"
        "We will no longer record whether you open it or what you click.</p>\n"
        '<form method="post"><button>Stop tracking</button></form>',
    )


def withdrawn_response() -> HttpResponse:
    """Confirm a withdrawal."""
    return _page(
        200, "Tracking is off", "<p>We no longer record whether you open this mail or what you click in it.</p>"
    )


def for_method(response: HttpResponse, method: str, /, *, also: str = "") -> HttpResponse:
    """Turn the answer to GET into the answer to a method.

    Args:
        response: The answer to GET.
        method: What was asked; HTTP has them in capitals.
        also: Another method with the same answer.

    Raises:
        TypeError: `method` is no `str`.
    """
    method = plain_str(method, "method")
    if method == "GET" or (also and method == also):
        return response
    if method == "HEAD":
        return HttpResponse(status=response.status, headers=response.headers)
    allow = ("Allow", ", ".join(["GET", "HEAD", "OPTIONS", *([also] if also else [])]))
    # RFC 9110 section 9.3.7: a length of 0, and not a 204, to which some frameworks add a type that it must not have.
    status = 200 if method == "OPTIONS" else 405
    return HttpResponse(status=status, headers=(allow, _TEXT, ("Content-Length", "0"), _NO_STORE, *_PRIVATE))


def _page(status: int, title: str, content: str, /) -> HttpResponse:
    body = (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n<title>{title}</title>\n</head>\n'
        f"<body>\n<main>\n<h1>{title}</h1>\n{content}\n</main>\n</body>\n</html>\n"
    ).encode()
    headers = (("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body))))
    return HttpResponse(status=status, headers=(*headers, _NO_STORE, *_PRIVATE, _AS_TYPED, _LOCKED), body=body)
