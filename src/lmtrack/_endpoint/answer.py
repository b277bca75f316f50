"""What a tracking host answers: the pixel, the redirect and a few pages, as plain values for any server.

Neither pixel nor redirect says whether anything was recorded, unless storing it failed: then each is a 503 that still
shows the pixel and still leads to the page. The pages load nothing, run nothing and work without a style sheet. A page
asks before it acts, because mail scanners and browsers follow links ahead of people.
"""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import dataclass, field, fields, replace
from hashlib import sha256
from http import HTTPStatus
from typing import Final, Literal, TypeAlias

from lmtrack._checks import check_type, exact_str, plain_str, wrong_type
from lmtrack._url.destination import ascii_host, is_destination
from lmtrack.tokens import ClickToken

# A copy in a cache is an open or a withdrawal that nobody hears of; Gmail's proxy keeps to it. The long form is for
# proxies that know no more than HTTP/1.0 taught them.
NO_STORE: Final = ("Cache-Control", "no-store")
NEVER_STORE: Final = ("Cache-Control", "no-store, no-cache, must-revalidate, max-age=0")
# The URL has a token in it: no other host shall learn it as a referrer, no search engine list it.
PRIVATE: Final = (("Referrer-Policy", "no-referrer"), ("X-Robots-Tag", "noindex, nofollow"))
AS_TYPED: Final = ("X-Content-Type-Options", "nosniff")
# Of an empty body; without it frameworks write one of their own.
TEXT: Final = ("Content-Type", "text/plain; charset=utf-8")
HTML: Final = ("Content-Type", "text/html; charset=utf-8")


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
    if url is None or not is_destination(url := exact_str(url)):
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


Pressed: TypeAlias = Literal["leave", "return"]

# A card in the middle; the reader's own light or dark setting chooses the colours. Text and button have a contrast of
# 7 or more (WCAG 2.2, 1.4.6), and the button is 44 pixels high (2.5.5).
_STYLE: Final = (
    ":root{color-scheme:light dark;--ground:#f4f5f2;--card:#fff;--line:#d9dedb;--ink:#1b2421;--soft:#47524e;"
    "--strong:#1c5c4d;--on:#fff}"
    "@media (prefers-color-scheme:dark){:root{--ground:#12181a;--card:#1b2427;--line:#334044;--ink:#eaf0ee;"
    "--soft:#b9c6c1;--strong:#7fd3bd;--on:#0e1f1a}}"
    "*{box-sizing:border-box}"
    "body{margin:0;padding:max(1rem,14vh) 1rem 1rem;background:var(--ground);color:var(--ink);"
    'font:1.0625rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}'
    "main{max-width:30rem;margin:0 auto;padding:2rem;background:var(--card);border:1px solid var(--line);"
    "border-radius:.875rem}"
    "h1{margin:0 0 .75rem;font-size:1.5rem;line-height:1.25;text-wrap:balance}"
    "p{margin:0;color:var(--soft);white-space:pre-line;text-wrap:pretty}form,nav{margin:1.5rem 0 0}"
    "button,a{min-height:2.75rem;padding:.6rem 1.25rem;border:0;border-radius:.5rem;background:var(--strong);"
    "color:var(--on);font:inherit;font-weight:600;cursor:pointer}a{display:inline-block;text-decoration:none}"
    ":is(button,a):hover{text-decoration:underline}"
    ":is(button,a):focus-visible{outline:3px solid var(--ink);outline-offset:2px}"
    "@media (max-width:30rem){main{padding:1.5rem}button,a{width:100%;text-align:center}}"
)
_STYLE_HASH: Final = b64encode(sha256(_STYLE.encode()).digest()).decode()
# One form and nothing to load; nobody may frame the page to have a button pressed unseen.
_POLICY: Final = (
    f"default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; style-src 'sha256-{_STYLE_HASH}'"
)
_LOCKED: Final = ("Content-Security-Policy", _POLICY)
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")  # RFC 5646 section 2.1, loosely

# RFC 8058 section 3.1: what a mail client posts for its own button.
_ONE_CLICK: Final = (b"list-unsubscribe", b"one-click")
_OWN_FIELD: Final = "lmtrack"
_OWN_VALUES: Final[dict[bytes, Pressed]] = {b"leave": "leave", b"return": "return"}
# Our choice: the one field takes 26 bytes, or some 200 as a multipart form.
BODY_LIMIT_BYTES: Final = 8192
_NAME_IN_PART: Final = re.compile(rb'(?i)\bname="?([^"\r\n;]*)')


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWords:
    """The texts of the pages in one language, preferably the recipient's. They are plain text; line breaks are kept.

    Attributes:
        language: The language as HTML's `lang` takes it.
        direction: `ltr` or `rtl`.
        stop_title: The title of the page that asks whether to stop tracking.
        stop_text: What that means.
        stop_button: The button that does it.
        stopped_title: The title of the page that confirms it.
        stopped_text: What is true from then on.
        leave_title: The title of the page that asks whether to leave the list.
        leave_text: What that means.
        leave_button: The button that does it.
        left_title: The title of the page that confirms it.
        left_text: What is true from then on.
        return_button: The button that undoes it.
        returned_title: The title of the page that confirms that.
        returned_text: What is true from then on.
        unknown_title: The title for a link whose recipient is no longer in your records.
        unknown_text: The text for it.
        gone_title: The title for a link whose destination was taken down.
        gone_text: The text for it.
        missing_title: The title for a link that was never made here, or was cut off.
        missing_text: The text for it.
        failed_title: The title for an answer that could not be stored.
        failed_text: The text for it.
        onward_title: The title of the page that opens a link's destination if the click could not be stored.
        onward_text: The text for it.
        onward_link: Its link, for a client that does not go there by itself.

    Raises:
        TypeError: One of them is not a str.
        ValueError: `language` or `direction` is not valid.
    """

    language: str = "en"
    direction: str = "ltr"
    stop_title: str = "Stop tracking?"
    stop_text: str = (
        "You will still get our emails, and their links will still work.\n"
        "We will no longer record whether you open them or what you click."
    )
    stop_button: str = "Stop tracking"
    stopped_title: str = "Tracking is off"
    stopped_text: str = "We no longer record whether you open our emails or what you click in them."
    leave_title: str = "Unsubscribe?"
    leave_text: str = "You will no longer get these emails."
    leave_button: str = "Unsubscribe"
    left_title: str = "You are unsubscribed"
    left_text: str = "You will no longer get these emails. If that was a mistake, you can undo it now."
    return_button: str = "Subscribe again"
    returned_title: str = "You are subscribed again"
    returned_text: str = "You will keep getting these emails."
    unknown_title: str = "We hold nothing about you"
    unknown_text: str = "This link belongs to someone who is no longer in our records, so there is nothing to change."
    gone_title: str = "This page was taken down"
    gone_text: str = "The link was valid, but no longer leads anywhere."
    missing_title: str = "Not found"
    missing_text: str = "This link leads nowhere. It may have been cut off."
    failed_title: str = "That did not work"
    failed_text: str = "Your choice could not be saved. Please try again in a few minutes."
    onward_title: str = "Opening the page"
    onward_text: str = "If it does not open by itself, use this link."
    onward_link: str = "Open the page"

    def __post_init__(self) -> None:
        for each in fields(self):  # frozen: this is part of its construction
            object.__setattr__(self, each.name, plain_str(getattr(self, each.name), each.name))
        if not _LANGUAGE.fullmatch(self.language) or self.direction not in {"ltr", "rtl"}:
            raise ValueError("language must be a language tag such as de or pt-BR, direction ltr or rtl")


ENGLISH: Final = PageWords()


def missing_page(words: PageWords = ENGLISH, /) -> HttpResponse:
    """Say that there is nothing here; the same for a forged token and for a path that never was."""
    return _page(404, words, words.missing_title, words.missing_text)


def gone_page(words: PageWords = ENGLISH, /) -> HttpResponse:
    """Say that a destination was taken down."""
    return _page(410, words, words.gone_title, words.gone_text)


def unknown_page(words: PageWords = ENGLISH, /) -> HttpResponse:
    """Say that nobody is known by a token that is ours."""
    return _page(200, words, words.unknown_title, words.unknown_text)


def not_stored_response(response: HttpResponse, /, *, words: PageWords | None = None) -> HttpResponse:
    """Return the answer to send in place of another because storing what it was to record or confirm failed.

    It is a 503 each time, so that a balancer, a log or an alarm notices. Nobody is kept from a page by it: the redirect
    of a click becomes a page that opens the destination at once, and the pixel stays a picture. A page that would have
    said that something is done says that it is not; one that says that there is nothing here still says so.

    Args:
        response: What `handle_request` or `PendingRequest.answer` returned as `Handled.response`.
        words: The texts of the pages; None is English.

    Raises:
        TypeError: An argument has the wrong type.

    >>> response = not_stored_response(redirect_response("https://shop.example/?a=1&b=2"))
    >>> response.status, b'content="0; url=https://shop.example/?a=1&amp;b=2"' in response.body
    (503, True)
    >>> not_stored_response(pixel_response()).body == pixel_response().body
    True
    """
    check_type(HttpResponse, response=response)
    if not isinstance(words, PageWords | None):
        raise wrong_type("words", "a PageWords or None", words)
    words = words or ENGLISH
    headers = dict(response.headers)
    if "Location" in headers:
        return _page(503, words, words.onward_title, words.onward_text, onward=headers["Location"])
    if response.status == 200 and headers.get("Content-Type") == HTML[1]:
        return _page(503, words, words.failed_title, words.failed_text)
    return replace(response, status=503)


def stop_page(words: PageWords, /) -> HttpResponse:
    """Ask whether to stop tracking: one button, which a scanner that follows links does not press."""
    return _page(200, words, words.stop_title, words.stop_text, button=words.stop_button)


def stopped_page(words: PageWords, /) -> HttpResponse:
    """Confirm a withdrawal."""
    return _page(200, words, words.stopped_title, words.stopped_text)


def leave_page(words: PageWords, /) -> HttpResponse:
    """Ask whether to leave the list."""
    return _page(200, words, words.leave_title, words.leave_text, button=words.leave_button, value="leave")


def left_page(words: PageWords, /) -> HttpResponse:
    """Confirm that, and offer the way back."""
    return _page(200, words, words.left_title, words.left_text, button=words.return_button, value="return")


def returned_page(words: PageWords, /) -> HttpResponse:
    """Confirm the way back."""
    return _page(200, words, words.returned_title, words.returned_text, button=words.leave_button, value="leave")


def pressed(body: bytes, /) -> Pressed | None:
    """Read which button a POST came from: the mail client's own (RFC 8058) or the page's; None for another body.

    Gateways post too, so a body that says neither presses nothing. Both form encodings of the RFC are read.
    """
    found: list[Pressed] = []
    for name, value in _fields_of(body[:BODY_LIMIT_BYTES]):
        if (name.lower(), value.lower()) == _ONE_CLICK:
            found.append("leave")
        elif name == _OWN_FIELD.encode() and value in _OWN_VALUES:
            found.append(_OWN_VALUES[value])
    return "leave" if "leave" in found else next(iter(found), None)


def _fields_of(body: bytes, /) -> list[tuple[bytes, bytes]]:
    if body.startswith(b"--"):  # multipart/form-data, RFC 7578: the first line is the boundary
        parts = body.split(body.splitlines()[0])
        read = [part.replace(b"\r\n", b"\n").partition(b"\n\n") for part in parts]
        named = [(_NAME_IN_PART.search(head), value) for head, _, value in read]
        return [(name[1], value.strip(b"\n")) for name, value in named if name]
    from urllib.parse import unquote_to_bytes  # noqa: PLC0415 - rare, and 2 ms of every import

    pairs = [pair.partition(b"=") for pair in body.strip().split(b"&")]
    return [(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in pairs]


def _page(
    status: int, words: PageWords, title: str, text: str, /, *, button: str = "", value: str = "", onward: str = ""
) -> HttpResponse:
    from html import escape  # noqa: PLC0415 - with its table of entities half of what this module costs to import

    direction = "" if words.direction == "ltr" else f' dir="{words.direction}"'
    head = action = ""
    if button:
        named = f' name="{_OWN_FIELD}" value="{value}"' if value else ""
        action = f'<form method="post"><button{named}>{escape(button)}</button></form>\n'
    elif onward:  # no script, and no header, since `Refresh` is none that caches and proxies have to know
        head = f'<meta http-equiv="refresh" content="0; url={escape(onward)}">\n'
        action = f'<nav><a href="{escape(onward)}">{escape(words.onward_link)}</a></nav>\n'
    body = (
        f'<!DOCTYPE html>\n<html lang="{words.language}"{direction}>\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n{head}'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n<h1>{escape(title)}</h1>\n<p>{escape(text)}</p>\n{action}</main>\n</body>\n</html>\n"
    ).encode(errors="replace")
    headers = (HTML, ("Content-Length", str(len(body))))
    return HttpResponse(status=status, headers=(*headers, NO_STORE, *PRIVATE, AS_TYPED, _LOCKED), body=body)
