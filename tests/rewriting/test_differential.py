"""Merging against an independent renderer: values substituted by a program that knows nothing of slots, then tracked.

Twenty thousand templates: `LMTRACK_DIFFERENTIAL=20000 python -m pytest tests/rewriting/test_differential.py`.
"""

from __future__ import annotations

import email
import email.policy
import re
from html import escape
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings, strategies as st

from conftest import ENVIRONMENT
from lmtrack import (
    BadValue,
    Campaign,
    LinkPolicy,
    campaign_urls,
    scan_html,
    scan_message,
    track_html,
    track_message,
    untrack_html,
    untrack_message,
)
from lmtrack.links import SkipReason
from message_sending import DOMAIN, NOW, OFF, ON, SUM
from slot_strategies import BRACES, ENCODERS, VALUES

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmtrack.html import RewrittenHtml
    from lmtrack.message import TrackedMessage

POLICY: Final = LinkPolicy(slot_hosts=["offers.example"])

_EDGE: Final = re.compile(r"\A[-!]+|[-!]+\Z")


def _text(value: str) -> str:
    return escape(value, quote=False).replace("\r", "&#13;")


def _double(value: str) -> str:
    return _text(value).replace('"', "&quot;")


def _in_outlook(written: str) -> str:
    return _EDGE.sub(lambda edge: "".join(f"&#{ord(char)};" for char in edge[0]), written)


_URL: Final = 'href="https://shop.example/#?q={{ x }}"'
# How each piece of a template is written, and how a renderer writes its values. `#` is a number of its own.
PIECES: Final[list[tuple[str, Callable[[str], str]]]] = [
    ("<p>Hi {{ x }}, {{ y }}!</p>", _text),
    ("<td>a {{ x }}</td>", _text),
    ("<title>a {{ x }}b</title>", _text),
    ("<td title='a {{ x }}'>t</td>", lambda value: _text(value).replace("'", "&#39;")),
    ('<img alt="{{ x }} {{ y }}" src="https://i.example/a.png">', _double),
    ('<img src="https://i.example/#/{{ x }}.png" width="9">', lambda value: quote(value, "")),
    ('<a href="https://shop.example/#/n{{ x }}/a">A</a>', lambda value: quote(value, "")),
    ('<a href="https://shop.example/#?q={{ x }}&amp;b={{ y }}">B</a>', lambda value: quote(value, "")),
    ('<a href="https://shop.example/#?page={{ x }}#s{{ y }}"><b>B</b></a>', lambda value: quote(value, "")),
    ("<a class=c href='https://shop.example/#?q={{ x }}'>B</a>", lambda value: quote(value, "")),
    ('<a href="https://shop.example/unsubscribe?u={{ x }}">B</a>', lambda value: quote(value, "")),
    ('<a href="https://shop.example/#?name={{ x }}">B</a>', lambda value: quote(value, "")),
    ('<a href="https://shop.example/#?q={{ x }}&amp;c=*|C|*">B</a>', lambda value: quote(value, "")),
    ('<a href="https://shop.example/#?q={{ x }}" data-lm-no-track>B</a>', lambda value: quote(value, "")),
    ('<a href="/rel/#/n{{ x }}">R</a>', lambda value: quote(value, "")),
    ('<a href="mailto:{{ x }}@shop.example">M</a>', lambda value: quote(value, "@!$*+")),
    ('<a href="mailto:help@shop.example?subject={{ y }}">M</a>', lambda value: quote(value, "")),
    ('<a href="https://shop.example/#">Dear {{ x }}</a>', _text),
    ('<a href="https://shop.example/#"><i>{{ x }}</i> {{ y }}</a> more', _text),
    ('<a href="https://shop.example/#">Plain</a>', _text),
    ('<a href="https://shop.example/unsubscribe">Leave</a>', _text),
    (f"<!--[if mso]><v:rect {_URL}></v:rect><![endif]--><a {_URL}>Twice</a>", lambda value: quote(value, "")),
    ("<!--[if mso]><p>{{ x }}</p><![endif]-->", _text),
    ('<a href="{{ u }}">U</a>', _double),
    ('<a href="{{ u }}?of=#">U</a>', _double),
    ("<!-- {{ x }} -->", lambda _: "{{ x }}"),
    ("<br>", _text),
]
_SLOT: Final = re.compile(r"\{\{ ([a-z]) \}\}")
WHOLE: Final = st.sampled_from(["https://offers.example/7", "https://offers.example/a/b.html"])
TEMPLATES: Final = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8)


def render(pieces: list[tuple[str, Callable[[str], str]]], values: dict[str, str]) -> tuple[str, str]:
    """Return the template, and what a renderer makes of it."""
    template, rendered = "", ""
    for number, (piece, write) in enumerate(pieces):
        numbered = piece.replace("/#", f"/{number}").replace("=#", f"={number}")
        template += f"{numbered}\r\n"  # short lines, so that no message breaks any
        position = 0
        for slot in _SLOT.finditer(numbered):
            written = write(values[slot[1]])
            if numbered.rfind("[if mso]", 0, slot.start()) > numbered.rfind("<![endif]", 0, slot.start()):
                written = _in_outlook(written)
            rendered += numbered[position : slot.start()] + written
            position = slot.end()
        rendered += f"{numbered[position:]}\r\n"
    return f"<html><body>{template}</body></html>", f"<html><body>{rendered}</body></html>"


def holds_marker(one_shot: RewrittenHtml | TrackedMessage, template: str) -> bool:
    """Whether a value looks like a marker in a URL: what a renderer wrote is not tracked there, a slot's value is."""
    return sum(reason is SkipReason.PLACEHOLDER for _, reason in one_shot.skipped) > template.count("*|C|*")


def untracked(html: str) -> str:
    return untrack_html(html, domain=DOMAIN)


EXAMPLES: Final = int(ENVIRONMENT.get("LMTRACK_DIFFERENTIAL", "0"))
MANY: Final = settings(
    max_examples=EXAMPLES or settings().max_examples,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


@MANY
@given(TEMPLATES, VALUES, VALUES, WHOLE)
def test_merging_a_page_is_rendering_it_and_tracking_it(
    pieces: list[tuple[str, Callable[[str], str]]], x: str, y: str, u: str
) -> None:
    values = {"x": x, "y": y, "u": u}
    template, rendered = render(pieces, values)
    options: Any = {"domain": DOMAIN, "message_id": "m-1", "now": NOW, "policy": POLICY}
    try:
        merged = track_html(scan_html(template, slots=BRACES), ON, values=values, **options)
    except BadValue:
        return
    assert track_html(scan_html(template, slots=BRACES), OFF, values=values, **options).html == rendered
    one_shot = track_html(rendered, ON, **options)
    assert untracked(merged.html) == untracked(one_shot.html)
    if not holds_marker(one_shot, template):  # of two reasons, the template's comes first
        assert len(merged.skipped) == len(one_shot.skipped)
        assert [link.url for link in merged.links] == [link.url for link in one_shot.links]
    if not one_shot.skipped:  # one that may not be tracked for this person keeps its index, so that no other shifts
        assert [link.index for link in merged.links] == [link.index for link in one_shot.links]
        assert merged.html == one_shot.html


@MANY
@given(TEMPLATES, VALUES, VALUES, WHOLE)
def test_the_same_for_a_campaign(pieces: list[tuple[str, Callable[[str], str]]], x: str, y: str, u: str) -> None:
    """In aggregate tokens nobody's values are: links with slots stay as rendered, the others are tracked for all."""
    values = {"x": x, "y": y, "u": u}
    template, rendered = render(pieces, values)
    document = scan_html(template, slots=BRACES)
    urls = campaign_urls(document, policy=POLICY)
    campaign = Campaign(id="c-1", started_at=NOW, urls=urls)
    options: Any = {"domain": DOMAIN, "message_id": "m-1", "now": NOW, "policy": POLICY, "campaign": campaign}
    try:
        merged = track_html(document, SUM, values=values, **options)
    except BadValue:
        return
    one_shot = track_html(rendered, SUM, **options)
    assert untracked(merged.html) == untracked(one_shot.html)
    assert [link.url for link in merged.links] == [link.url for link in one_shot.links]
    assert {link.url for link in merged.links} <= set(urls)
    assert not [link for link in merged.links if link.personal]


# The same in a message: what its parts decode to, and what its fields say.

_HEAD: Final = (
    "From: shop@shop.example\r\nTo: ann@reader.example\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/alternative; boundary="=_1"\r\n\r\n'
)
_PART: Final = "--=_1\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
_WORDS: Final = "Dear {{ x }},\r\nsee https://shop.example/?q={{ y }}&b=1 or https://shop.example/ today.\r\n"


def message_of(page: str, words: str, subject: str, encoding: str) -> bytes:
    """Write a message of a page and a plain text."""
    head = _HEAD.format(subject=subject).encode()
    for kind, text in (("plain", words), ("html", page)):
        body = ENCODERS[encoding](text.replace("\r\n", "\n").encode()).replace(b"\n", b"\r\n")
        head += _PART.format(kind=kind, encoding=encoding).encode() + body + b"\r\n"
    return head + b"--=_1--\r\n"


def read(raw: bytes) -> tuple[list[tuple[str, bytes]], str, list[str]]:
    """Return what the standard library reads: the parts, the subject, the names of the fields."""
    message = email.message_from_bytes(raw, policy=email.policy.default)
    parts = [part for part in message.walk() if not part.is_multipart()]
    contents = [bytes(part.get_payload(decode=True)).replace(b"\r\n", b"\n") for part in parts]
    types = [part.get_content_type() for part in parts]
    return list(zip(types, contents, strict=True)), str(message["Subject"]), message.keys()


def untracked_parts(result: TrackedMessage) -> list[tuple[str, bytes]]:
    return read(untrack_message(result.raw, domain=DOMAIN))[0]


# In one line, as a header's value has to be; and short, so that a line in 8bit has room for all of them.
_IN_MAIL: Final = VALUES.map(lambda value: re.sub("[\r\n\x00-\x1f\x7f]", "", value)[:40])


@MANY
@given(TEMPLATES, _IN_MAIL, _IN_MAIL, WHOLE, st.sampled_from(sorted(ENCODERS)), st.booleans())
def test_merging_a_message_is_rendering_it_and_tracking_it(  # noqa: PLR0917 - what is drawn
    pieces: list[tuple[str, Callable[[str], str]]],
    x: str,
    y: str,
    u: str,
    encoding: str,
    text_links: bool,
) -> None:
    values = {"x": x, "y": y, "u": u}
    template, rendered = render(pieces, values)
    words = _SLOT.sub(lambda slot: x if slot[1] == "x" else quote(y, ""), _WORDS)
    options: Any = {"domain": DOMAIN, "message_id": "m-1", "now": NOW, "policy": POLICY}
    options["text_links"] = text_links and "//" not in x  # a URL that a value holds is no link of the template
    try:
        merged = track_message(
            scan_message(message_of(template, _WORDS, "For {{ x }}", encoding), slots=BRACES),
            ON,
            values=values,
            **options,
        )
    except BadValue:
        return
    one_shot = track_message(message_of(rendered, words, "Rendered", encoding), ON, **options)
    parts, subject, names = read(merged.raw)
    assert (subject, names) == (f"For {x}", read(one_shot.raw)[2])
    assert untracked_parts(merged) == untracked_parts(one_shot)
    if not holds_marker(one_shot, template):
        assert len(merged.skipped) == len(one_shot.skipped)
    if not one_shot.skipped:
        assert parts == read(one_shot.raw)[0]
