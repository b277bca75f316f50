"""Templates written to be slow to scan or to fill: slots crowded in one place, at any size."""

from __future__ import annotations

from base64 import encodebytes
from datetime import UTC, datetime
from time import process_time
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from hostile_inputs import _numbered
from lmtrack import (
    Consent,
    Route,
    TrackingDomain,
    make_keys,
    resolve,
    scan_html,
    scan_message,
    track_html,
    track_message,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# A megabyte under the profile `deep`.
SIZE = 1_000_000 if settings().max_examples >= 1000 else 100_000
DOMAIN = TrackingDomain("https://track.example", make_keys(b"a key for templates that are slow"))
DECISION = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
NOW = datetime(2026, 11, 2, tzinfo=UTC)
SLOTS, VALUES = {"x": "{{x}}", "y": "{{y}}"}, {"x": "a", "y": "b"}


PAGES = {
    "attributes of a link": _numbered('a%="{{x}}" ', before="<link ", after=">"),
    "attributes of a meta tag": _numbered('content="{{x}}" a%="" ', before="<meta ", after=">"),
    "attributes": _numbered('a%="{{x}}" ', before="<p ", after=">"),
    "a comment": _numbered("{{x}} ", before="<!-- ", after="-->"),
    "an Outlook comment": _numbered("<p title='{{x}}'>{{y}}</p>", before="<!--[if mso]>", after="<![endif]-->"),
    "between CDATA sections": _numbered("<![CDATA[a]]>{{x}}", before="<svg>", after="</svg>"),
    "adjacent": _numbered("{{x}}{{y}}", before="<p>"),
    "adjacent in a text field": _numbered("{{x}}{{y}}", before="<textarea>", after="</textarea>"),
    "a link's text": _numbered("{{x}} {{y}} ", before='<a href="https://s.example/">', after="</a>"),
    "a path": _numbered("{{x}}/{{y}}", before='<a href="https://s.example/', after='">a</a>'),
    "links": _numbered('<a href="https://s.example/?a={{x}}">{{y}}</a>'),
    "open references": _numbered("&#x{{x}}"),
    "escaped markers": _numbered("%7B%7Bx%7D%7D/", before='<a href="https://s.example/', after='">a</a>'),
    "half markers": _numbered("{{x"),
}


def page(html: str) -> None:
    document = scan_html(html, slots=SLOTS)
    for values in (VALUES, {"x": "", "y": "\n"}):
        merged = track_html(document, DECISION, domain=DOMAIN, message_id="m", values=values, now=NOW)
        assert merged.links is not None


def text_part(text: str, encoding: str, form: str = "fixed") -> bytes:
    body = encodebytes(text.encode()) if encoding == "base64" else text.encode()
    return f"Content-Type: text/plain; format={form}\nContent-Transfer-Encoding: {encoding}\n\n".encode() + body


MESSAGES: dict[str, Callable[[int], bytes]] = {
    "fields": lambda size: b"X-A: {{x}}\n" * (size // 11) + b"\nx",
    "a subject": lambda size: b"Subject:" + b" {{x}} {{y}}\n" * (size // 13) + b"\nx",
    "addresses": lambda size: b"To: " + b"{{x}} <a@b.example>,\n " * (size // 23) + b"c@d.example\n\nx",
    "base64": lambda size: text_part("{{x}} {{y}}\n" * (size // 12), "base64"),
    "quoted-printable": lambda size: text_part("{{x}} {{y}}\n" * (size // 12), "quoted-printable"),
    "8bit": lambda size: text_part("{{x}} {{y}}\n" * (size // 12), "8bit"),
    "flowed lines": lambda size: text_part("> {{x}} {{y}} \n" * (size // 15), "base64", "flowed"),
    "a flowed line": lambda size: text_part("{{x}}{{y}} " * (size // 11), "base64", "flowed"),
    "flowed blanks": lambda size: text_part(" " * (size - 5) + "{{x}}", "base64", "flowed"),
    "URLs": lambda size: b"List-Unsubscribe: " + b"<https://s.example/{{x}}>,\n " * (size // 28) + b"\n\nx",
    "ids": lambda size: b"References: " + b"<{{x}}@s.example> {{y}}\n " * (size // 26) + b"\n\nx",
    "JSON": lambda size: b"X-SMTPAPI: [" + b'"{{x}}", ' * (size // 9) + b'""]\n\nx',
    "half JSON": lambda size: b"X-SMTPAPI: {" + b'"{{x}}": [' * (size // 10) + b"\n\nx",
}


def message(raw: bytes) -> None:
    document = scan_message(raw, slots=SLOTS)
    values = {"x": "a" * 50, "y": "b" * 50 if b"References" not in raw else f"<{'b' * 50}@b>"}
    assert track_message(document, DECISION, domain=DOMAIN, message_id="m", values=values, now=NOW).raw


def seconds(job: Callable[[], None]) -> float:
    start = process_time()
    job()
    return process_time() - start


# None is a test of speed: quadratic work shows in each of four attempts, a busy machine does not.


@pytest.mark.parametrize("kind", PAGES)
def test_crowded_slots_of_a_page_take_no_longer_than_its_size(kind: str) -> None:
    small, large = (PAGES[kind](size) for size in (SIZE // 8, SIZE))
    assert any(seconds(lambda: page(large)) < max(24 * seconds(lambda: page(small)), 0.1) for _ in range(4))


@pytest.mark.parametrize("kind", MESSAGES)
def test_crowded_slots_of_a_message_take_no_longer_than_its_size(kind: str) -> None:
    small, large = (MESSAGES[kind](size) for size in (SIZE // 8, SIZE))
    assert any(seconds(lambda: message(large)) < max(24 * seconds(lambda: message(small)), 0.1) for _ in range(4))


def one_value(size: int) -> None:
    document = scan_message(text_part("Hi {{x}}\n", "quoted-printable"), slots=SLOTS)
    values = {"x": "a\n" * size}
    assert track_message(document, DECISION, domain=DOMAIN, message_id="m", values=values, now=NOW).raw


def test_a_value_of_many_lines_takes_no_longer_than_its_size() -> None:
    size = 400_000
    assert any(seconds(lambda: one_value(size)) < 24 * seconds(lambda: one_value(size // 8)) for _ in range(4))
