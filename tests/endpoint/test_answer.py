from __future__ import annotations

import dataclasses
import pickle
import re
import struct
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_to_bytes, urlsplit

import pytest
from html5lib import HTMLParser
from hypothesis import example, given, strategies as st

from lmtrack import TrackingMode
from lmtrack._endpoint.answer import PageWords, gone_page, missing_page, stop_page, stopped_page
from lmtrack._url.destination import is_destination
from lmtrack.endpoint import HttpResponse, not_stored_response, pixel_response, redirect_response
from lmtrack.tokens import ClickToken
from strategies import destinations, near_destinations

if TYPE_CHECKING:
    from collections.abc import Callable
    from xml.etree.ElementTree import Element

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
PAGES: list[Callable[[], HttpResponse]] = [
    missing_page,
    lambda: stop_page(PageWords()),
    lambda: stopped_page(PageWords()),
]


def header(response: HttpResponse, name: str) -> str:
    (value,) = [value for key, value in response.headers if key == name]
    return value


def clicked(url: str | None) -> ClickToken:
    return ClickToken("letter-4471", 0, TrackingMode.INDIVIDUAL, AT, 0, url)


# The pixel


def test_the_pixel_is_a_transparent_image_of_one_by_one() -> None:
    """Read by the fields of the GIF89a specification, the LZW codes one by one."""
    body = pixel_response().body
    assert len(body) == 42
    signature, width, height, flags, _, _ = struct.unpack_from("<6sHHBBB", body)
    assert (signature, width, height) == (b"GIF89a", 1, 1)
    colours = 2 << (flags & 7)
    assert flags >> 7
    assert colours == 2
    position = 13 + 3 * colours
    introducer, label, size, control, delay, transparent, end = struct.unpack_from("<BBBBHBB", body, position)
    assert (introducer, label, size, delay, end) == (0x21, 0xF9, 4, 0, 0)
    assert control & 1
    position += 8
    separator, left, top, width, height, local = struct.unpack_from("<BHHHHB", body, position)
    assert (separator, left, top, width, height, local) == (0x2C, 0, 0, 1, 1, 0)
    code_size, block = body[position + 10], body[position + 11]
    codes = int.from_bytes(body[position + 12 : position + 12 + block], "little")
    width = code_size + 1
    clear, pixel = codes & (1 << width) - 1, codes >> width & (1 << width) - 1
    assert clear == 1 << code_size
    assert pixel == transparent
    assert body[position + 12 + block :] == b"\x00\x3b"


def test_the_pixel_is_stored_by_nobody_and_tells_nobody() -> None:
    response = pixel_response()
    assert response == HttpResponse(
        status=200,
        headers=(
            ("Content-Type", "image/gif"),
            ("Content-Length", "42"),
            ("Cache-Control", "no-store, no-cache, must-revalidate, max-age=0"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Robots-Tag", "noindex, nofollow"),
            ("X-Content-Type-Options", "nosniff"),
        ),
        body=response.body,
    )


# Where a redirect leads


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("https://shop.example", "https://shop.example"),
        ("HTTPS://Shop.Example:0443/?q=%zz&a={|}<\">'`^#[x]", "HTTPS://Shop.Example:0443/?q=%zz&a={|}<\">'`^#[x]"),
        ("https://shop.example/menü", "https://shop.example/men%C3%BC"),
        ("https://shop.example/%C3%BCber/ü?ü=ü#ü", "https://shop.example/%C3%BCber/%C3%BC?%C3%BC=%C3%BC#%C3%BC"),
        ("https://shop.example?ü", "https://shop.example?%C3%BC"),
        ("https://shop.example#\U0001f600", "https://shop.example#%F0%9F%98%80"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example:8443/Ü", "https://xn--bcher-kva.example:8443/%C3%9C"),
        ("https://b%C3%BCcher.example/", "https://b%C3%BCcher.example/"),
        ("https://b%C3%BCcher.例え.example/", "https://xn--bcher-kva.xn--r8jz45g.example/"),
        ("https://例え\u3002example/", "https://xn--r8jz45g.example/"),
        ("https://[2001:db8::1]:8443/ü", "https://[2001:db8::1]:8443/%C3%BC"),
        ("https://shop.example//evil.example/ü", "https://shop.example//evil.example/%C3%BC"),
    ],
)
def test_location_is_ascii_and_what_was_ascii_is_as_it_was(url: str, location: str) -> None:
    assert header(redirect_response(url), "Location") == location
    assert redirect_response(clicked(url)) == redirect_response(url)


def test_a_redirect_is_a_302_that_is_stored_by_nobody_and_tells_nobody() -> None:
    assert redirect_response("https://shop.example/") == HttpResponse(
        status=302,
        headers=(
            ("Location", "https://shop.example/"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", "0"),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "no-referrer"),
            ("X-Robots-Tag", "noindex, nofollow"),
        ),
    )


@pytest.mark.parametrize(
    "destination",
    [
        None,
        clicked(None),
        clicked("javascript:alert(1)"),
        "",
        "/lamps",
        "//shop.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://shop.example/\r\nSet-Cookie: a=b",
        "https://shop.example/\nx",
        "https://shop.example/\tx",
        "https://shop.example/ x",
        " https://shop.example/",
        "https://shop.example/\x00",
        "https://shop.example/\x85",
        "https://shop.example\\@evil.example/",
        "https://shop.example@evil.example/",
        "https://shop.example/\ud800",
        "https://faß.example/",
        "https://a\u2100b.example/",
        "https://[::1",
        "https://shop.example:99999/",
        "https://" + "x" * 3000,
    ],
)
def test_what_is_no_destination_is_not_found(destination: ClickToken | str | None) -> None:
    response = redirect_response(destination)
    assert response == missing_page()
    assert response.status == 404


@given(destinations() | near_destinations())
@example("https://ü.a\u0301.example/")
@example("https://%C3%BC\u0301.example")
@example("https://\u023a")
@example("https://%C8%BA.example")
@example("https://shop.example/\u2028")
def test_location_leads_where_the_destination_leads(url: str) -> None:
    response = redirect_response(url)
    if not is_destination(url):
        assert response.status == 404
        return
    location = header(response, "Location")
    assert location.isascii()
    assert location.isprintable()
    assert location == url or not url.isascii()
    # The standard library's reader, and its own ASCII form of a host.
    ours, theirs = urlsplit(url), urlsplit(location)
    assert (ours.scheme, ours.port) == (theirs.scheme, theirs.port)
    host, sent = ours.hostname or "", theirs.hostname or ""
    if host.isascii():
        assert sent == host
    else:
        assert sent.lower() == unquote(host).lower().encode("idna").decode()
    for part in ("path", "query", "fragment"):
        assert unquote_to_bytes(getattr(theirs, part)) == unquote_to_bytes(getattr(ours, part))
        # No delimiter came or went: what stands between the escapes is the same.
        assert re.sub("%[0-9A-F]{2}", "", getattr(theirs, part)).count("/") == getattr(ours, part).count("/")


# What could not be stored


@given(destinations() | near_destinations())
@example("https://shop.example/?a=1&copy=2&b=\"'<>")
@example("https://shop.example/?url='https://evil.example/'")
@example("https://shop.example/;url=https://evil.example/#,")
def test_a_click_that_could_not_be_stored_still_leads_where_it_led(url: str) -> None:
    redirect = redirect_response(url)
    response = not_stored_response(redirect)
    assert response.status == 503
    page = HTMLParser(strict=True, namespaceHTMLElements=False).parse(response.body)
    if redirect.status == 404:
        assert page.find(".//a") is None
        assert b"http-equiv" not in response.body
        return
    (link,), (refresh,) = page.findall(".//a"), page.findall(".//meta[@http-equiv]")
    assert link.get("href") == header(redirect, "Location")
    # WHATWG HTML, 4.2.5.3: digits, a semicolon, white space, which readers can do without and checkers cannot, and
    # "url="; no quote means the rest.
    assert (refresh.get("http-equiv"), refresh.get("content")) == ("refresh", f"0; url={header(redirect, 'Location')}")
    assert header(response, "Referrer-Policy") == "no-referrer"
    assert header(response, "Cache-Control") == "no-store"


def test_a_pixel_that_could_not_be_stored_is_the_pixel() -> None:
    assert not_stored_response(pixel_response()) == dataclasses.replace(pixel_response(), status=503)


def test_a_page_that_says_that_it_is_done_becomes_one_that_says_it_is_not() -> None:
    words = PageWords(language="fr", failed_title="Échec", onward_title="Vers la page", onward_link="Ouvrir")
    response = not_stored_response(stopped_page(words), words=words)
    assert (response.status, "<h1>Échec</h1>" in response.body.decode()) == (503, True)
    assert "could not be saved" in not_stored_response(stopped_page(words)).body.decode()
    onward = not_stored_response(redirect_response("https://shop.example/"), words=words).body.decode()
    assert '<html lang="fr">' in onward
    assert "<h1>Vers la page</h1>" in onward
    assert '<a href="https://shop.example/">Ouvrir</a>' in onward


@pytest.mark.parametrize(
    "response",
    [
        missing_page(),
        redirect_response(None),
        gone_page(),
        *(redirect_response("https://shop.example/", method=method) for method in ("OPTIONS", "PUT")),
    ],
)
def test_an_answer_that_says_of_nothing_that_it_is_done_says_the_same(response: HttpResponse) -> None:
    assert not_stored_response(response) == dataclasses.replace(response, status=503)


def test_only_a_response_is_replaced_and_only_with_words() -> None:
    with pytest.raises(TypeError, match=r"^response must be a HttpResponse, not int$"):
        not_stored_response(302)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^words must be a PageWords or None, not str$"):
        not_stored_response(pixel_response(), words="fr")  # type: ignore[arg-type]


# Methods


ANSWERS = st.sampled_from(
    [
        lambda method: pixel_response(method=method),
        lambda method: redirect_response("https://shop.example/", method=method),
        lambda method: redirect_response(None, method=method),
    ]
)


@given(ANSWERS)
def test_head_has_the_same_headers_and_no_body(answer: Callable[[str], HttpResponse]) -> None:
    full, head = answer("GET"), answer("HEAD")
    assert (head.status, head.headers, head.body) == (full.status, full.headers, b"")
    assert int(header(head, "Content-Length")) == len(full.body)


@given(ANSWERS, st.sampled_from(["POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "get", "", "X\r\n"]))
def test_other_methods_are_told_what_is_allowed(answer: Callable[[str], HttpResponse], method: str) -> None:
    response = answer(method)
    assert (response.status, response.body) == (405, b"")
    assert header(response, "Allow") == "GET, HEAD, OPTIONS"
    assert not any(name == "Location" for name, _ in response.headers)
    response = answer("OPTIONS")
    assert (response.status, response.body) == (200, b"")
    assert header(response, "Allow") == "GET, HEAD, OPTIONS"
    assert header(response, "Content-Length") == "0"
    for one in (answer(method), response):
        assert header(one, "Cache-Control") == "no-store"
        assert (header(one, "Referrer-Policy"), header(one, "X-Robots-Tag")) == ("no-referrer", "noindex, nofollow")


@pytest.mark.parametrize("method", [None, b"GET", 1])
def test_method_and_destination_have_types(method: object) -> None:
    with pytest.raises(TypeError, match=rf"^method must be a str, not {type(method).__name__}$"):
        pixel_response(method=method)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=rf"^method must be a str, not {type(method).__name__}$"):
        redirect_response(None, method=method)  # type: ignore[arg-type]
    for destination in (b"https://shop.example/", 5, ["https://shop.example/"]):
        text = rf"^destination must be a ClickToken, a str or None, not {type(destination).__name__}$"
        with pytest.raises(TypeError, match=text):
            redirect_response(destination)  # type: ignore[arg-type]


# Pages


def parsed(response: HttpResponse) -> Element:
    """Read by html5lib, which raises at the first error."""
    page: Element = HTMLParser(strict=True, namespaceHTMLElements=False).parse(response.body.decode())
    return page


@pytest.mark.parametrize("make", PAGES)
def test_a_page_is_whole_names_its_language_and_loads_nothing(make: Callable[[], HttpResponse]) -> None:
    response = make()
    page = parsed(response)
    names = [element.tag for element in page.iter()]
    assert [names.count(one) for one in ("title", "main", "h1")] == [1, 1, 1]
    assert page.attrib == {"lang": "en"}
    assert not {"img", "script", "link", "a"} & {*names}
    assert header(response, "Content-Length") == str(len(response.body))
    assert header(response, "Content-Type") == "text/html; charset=utf-8"
    assert header(response, "Cache-Control") == "no-store"
    assert header(response, "Content-Security-Policy").startswith("default-src 'none'; form-action 'self'; ")


def test_only_the_page_to_withdraw_has_a_form_and_it_posts_to_itself() -> None:
    forms = [
        [(tag.tag, tag.attrib) for tag in parsed(make()).iter() if tag.tag in {"form", "button"}] for make in PAGES
    ]
    assert forms == [[], [("form", {"method": "post"}), ("button", {})], []]


def test_what_the_pages_say() -> None:
    texts = ["".join(parsed(make()).itertext()) for make in PAGES]
    assert [[line for line in text.splitlines() if line and "{" not in line] for text in texts] == [
        ["Not found", "Not found", "This link leads nowhere. It may have been cut off."],
        [
            "Stop tracking?",
            "Stop tracking?",
            "You will still get our emails, and their links will still work.",
            "We will no longer record whether you open them or what you click.",
            "Stop tracking",
        ],
        ["Tracking is off"] * 2 + ["We no longer record whether you open our emails or what you click in them."],
    ]


# The value


@pytest.mark.parametrize("make", [pixel_response, lambda: redirect_response("https://shop.example/"), *PAGES])
def test_a_response_is_a_value_without_cookie_that_shows_its_status_alone(make: Callable[[], HttpResponse]) -> None:
    response = make()
    assert repr(response) == f"HttpResponse(status={response.status})"
    assert pickle.loads(pickle.dumps(response)) == response  # noqa: S301 - our own bytes
    assert hash(response) == hash(make())
    names = [name for name, _ in response.headers]
    assert len({name.lower() for name in names}) == len(names)
    assert "Set-Cookie" not in names
    assert all(f"{name}: {value}".isascii() and f"{name}{value}".isprintable() for name, value in response.headers)


def test_a_status_line_has_its_phrase() -> None:
    lines = [pixel_response(method=method).status_line for method in ("GET", "OPTIONS", "PUT")]
    lines += [redirect_response(url).status_line for url in ("https://shop.example/", None)]
    assert lines == ["200 OK", "200 OK", "405 Method Not Allowed", "302 Found", "404 Not Found"]
    assert HttpResponse(status=500, headers=()).status_line == "500 Internal Server Error"
    with pytest.raises(ValueError, match="299"):
        _ = HttpResponse(status=299, headers=()).status_line
