"""The pixel and the redirect. Neither says whether anything was recorded."""

from __future__ import annotations

import re
from typing import Final

from lmtrack._checks import plain_str_or_none, wrong_type
from lmtrack._endpoint.http_response import AS_TYPED, NEVER_STORE, NO_STORE, PRIVATE, TEXT, HttpResponse, for_method
from lmtrack._endpoint.pages import missing_page
from lmtrack._url.destination import ascii_host, is_destination
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

# Scheme, host, the rest. An IPv6 literal is cut at its first colon, which is no harm, since it is ASCII.
_PARTS: Final = re.compile(r"([^/]*+//)([^/?#:]*+)(.*+)", re.DOTALL)
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]++")


_PIXEL_RESPONSE: Final = HttpResponse(
    status=200,
    headers=(("Content-Type", "image/gif"), ("Content-Length", str(len(PIXEL))), NEVER_STORE, *PRIVATE, AS_TYPED),
    body=PIXEL,
)


def pixel_response(*, method: str = "GET") -> HttpResponse:
    """Return the transparent pixel: the same 42 bytes whatever the token was.

    HEAD returns the same headers and no body, OPTIONS says what is allowed, and any other method is a 405.

    Raises:
        TypeError: `method` is not a `str`.

    >>> response = pixel_response()
    >>> response.status, dict(response.headers)["Content-Type"], len(response.body)
    (200, 'image/gif', 42)
    """
    return for_method(_PIXEL_RESPONSE, method)


def redirect_response(destination: ClickToken | str | None, /, *, method: str = "GET") -> HttpResponse:
    """Return the redirect to the destination of a click, or a 404 if there is none.

    The destination is checked again by the rules for signing. ASCII is sent unchanged; a host in other letters is sent
    in its `xn--` form, other letters elsewhere as percent escapes of UTF-8. The status is 302, because a browser
    repeats only a GET after it.

    Args:
        destination: A click token or a URL; None, a token by id without a URL, and an invalid URL are a 404.
        method: As for `pixel_response`.

    Raises:
        TypeError: An argument has the wrong type.

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
        return for_method(missing_page(), method)
    headers = (("Location", to_ascii(url)), TEXT, ("Content-Length", "0"), NO_STORE, *PRIVATE)
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

        host = ascii_host(unquote(host)).decode()  # as the rules of a destination read it
    return scheme + host + _NOT_ASCII.sub(lambda text: "".join(f"%{octet:02X}" for octet in text[0].encode()), rest)
