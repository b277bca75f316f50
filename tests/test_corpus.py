"""Real mail: templates and delivered messages of many senders, each in every decoding that a caller may use."""

from __future__ import annotations

import email
import email.policy
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from html import escape
from typing import TYPE_CHECKING

import pytest
from selectolax.lexbor import LexborHTMLParser

from lmtrack import (
    Campaign,
    Consent,
    LinkPolicy,
    Route,
    TrackingDomain,
    TrackingMode,
    make_keys,
    read_click_token,
    read_open_token,
    resolve,
    revert_html,
    rewrite_html,
    scan_html,
    track_html,
    untrack_html,
)
from lmtrack._html.grammar import WHITESPACE
from lmtrack.links import SkipReason, skip_reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from pathlib import Path

KEYS = make_keys(b"a fixed key of tests, 32 octets.")
DOMAIN = TrackingDomain("https://track.example", KEYS)
NOW = datetime(2026, 3, 20, tzinfo=UTC)
ON = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
SUM = resolve(Route(track_opens=True, track_clicks=True, after_refusal=TrackingMode.AGGREGATE), consent=Consent.DENIED)
CAMPAIGN = Campaign(id="spring-2026", started_at=NOW)
EVERYTHING = LinkPolicy(track_unsubscribe=True, track_sensitive=True, strip_opt_out="none", max_url_octets=2048)


def bodies(path: Path) -> Iterator[tuple[bytes, str | None]]:
    """The HTML of a file, decoded from its transfer encoding, and the charset it declares."""
    raw = path.read_bytes()
    if path.suffix == ".html":
        yield raw, "utf-8"
        return
    message: Message = email.message_from_bytes(raw, policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                yield payload, part.get_content_charset()


def decoded(body: bytes, charset: str | None) -> Iterator[str]:
    latin = body.decode("latin-1")
    yield latin
    try:
        declared = body.decode(charset or "ascii")
    except (LookupError, UnicodeDecodeError):
        return
    if declared != latin:
        yield declared


@pytest.fixture(scope="module")
def mails(shared: Path) -> list[tuple[str, str]]:
    """Name and text of every document."""
    paths = sorted((shared / "corpus").rglob("*.html")) + sorted((shared / "corpus").rglob("*.eml"))
    found = [
        (str(path.relative_to(shared)), html)
        for path in paths
        for body, charset in bodies(path)
        for html in decoded(body, charset)
    ]
    assert len(found) > 400
    return found


def live_hrefs(html: str) -> Counter[str]:
    """The href values of live `a` and `area`, as lexbor reads them."""
    tree = LexborHTMLParser(html)
    return Counter(
        asked_for((node.attributes["href"] or "").strip(WHITESPACE)) for node in tree.css("a[href], area[href]")
    )


def asked_for(url: str) -> str:
    """What a browser asks for where a URL has blanks behind its host; other values as they are."""
    asked = re.sub("[\t\n\r]", "", url)
    host = re.match("https?://[^/?#]*", asked, re.IGNORECASE)
    if asked.replace(" ", "") == url or host is None or " " in host[0]:
        return url
    asked = asked.replace(" ", "%20")
    return url if skip_reason(asked, EVERYTHING) is SkipReason.BAD_DESTINATION else asked


def urls(html: str) -> list[str]:
    result = rewrite_html(html, policy=EVERYTHING)
    links = [*result.links, *(link for link, _ in result.skipped)]
    return [link.url for link in sorted(links, key=lambda link: link.start)]


def test_only_reported_edits_differ_and_all_of_it_comes_back(mails: list[tuple[str, str]]) -> None:
    edited = 0
    for name, html in mails:
        result = track_html(html, ON, domain=DOMAIN, message_id="m-1", now=NOW)
        position, pieces = 0, []
        for offset, old, new in result.edits:
            assert position <= offset, name
            assert html.startswith(old, offset), name
            pieces += [html[position:offset], new]
            position = offset + len(old)
        assert result.html == "".join(pieces) + html[position:], name
        assert revert_html(result.html, result.edits) == html, name
        assert len(result.edits) == len(result.links) + 1, name
        assert result.pixel_offset is not None
        assert result.html.startswith("<img ", result.pixel_offset), name
        edited += len(result.links)
    assert edited > 5000


def test_tokens_say_what_the_document_said(mails: list[tuple[str, str]]) -> None:
    for name, html in mails:
        result = track_html(html, ON, domain=DOMAIN, message_id="m-1", recipient=3, now=NOW)
        new = [edit.new for edit in result.edits if edit.new.startswith("https://track.example/c/")]
        assert len(new) == len(result.links), name
        for link, url in zip(result.links, new, strict=True):
            token = read_click_token(KEYS, url.removeprefix("https://track.example/c/"), now=NOW)
            assert token == ("m-1", 3, TrackingMode.INDIVIDUAL, NOW, link.index, link.url), name
        shown = [
            read_open_token(KEYS, (node.attributes["src"] or "").removeprefix("https://track.example/o/"), now=NOW)
            for node in LexborHTMLParser(result.html).css("img[src^='https://track.example/o/']")
        ]
        assert [(token.message_id, token.recipient) for token in shown] == [("m-1", 3)], name


def test_a_second_pass_changes_nothing(mails: list[tuple[str, str]]) -> None:
    later = NOW + timedelta(days=90)
    for name, html in mails:
        for decision in (ON, SUM):
            once = track_html(html, decision, domain=DOMAIN, message_id="m-1", campaign=CAMPAIGN, now=NOW).html
            again = track_html(once, ON, domain=DOMAIN, message_id="m-1", campaign=CAMPAIGN, now=later).html
            if f"{DOMAIN.base_url}/c/" in once:
                assert again is once, name
            assert track_html(again, SUM, domain=DOMAIN, message_id="m-1", campaign=CAMPAIGN).html is again, name


def test_untracking_restores_every_destination(mails: list[tuple[str, str]]) -> None:
    for name, html in mails:
        tracked = track_html(html, ON, domain=DOMAIN, message_id="m-1", now=NOW).html
        plain = untrack_html(tracked, domain=DOMAIN)
        assert "track.example" not in plain, name
        assert urls(plain) == urls(html), name
        if "<base" not in html.lower():  # with one, a destination is the absolute URL of what was written
            assert live_hrefs(plain) == live_hrefs(html), name


def test_a_scanned_document_is_tracked_as_its_text_is(mails: list[tuple[str, str]]) -> None:
    for name, html in mails:
        document = scan_html(html)
        for recipient in (0, 7):
            of_document = track_html(
                document, SUM if recipient else ON, domain=DOMAIN, message_id="m-1", campaign=CAMPAIGN, now=NOW
            )
            of_text = track_html(
                html, SUM if recipient else ON, domain=DOMAIN, message_id="m-1", campaign=CAMPAIGN, now=NOW
            )
            assert of_document == of_text, name


def test_every_live_link_is_tracked_or_skipped_with_a_reason(mails: list[tuple[str, str]]) -> None:
    for name, html in mails:
        if "<base" in html.lower() or "<template" in html.lower():
            continue  # a base makes another URL of a value; lexbor does not walk templates
        result = rewrite_html(html)
        links = [*result.links, *(link for link, _ in result.skipped)]
        assert Counter(link.url for link in links if not link.conditional) == live_hrefs(html), name
        assert [link.index for link in result.links if not link.conditional] == sorted(
            {link.index for link in result.links if not link.conditional}
        ), name


def shown(html: str) -> str:
    root = LexborHTMLParser(html).root
    assert root is not None
    return root.text()


def test_a_parser_sees_the_new_urls_and_no_other_change(mails: list[tuple[str, str]]) -> None:
    for name, html in mails:
        result = rewrite_html(html, click_url=lambda link: f"https://t.example/{link.index}")
        live = [link for link in result.links if not link.conditional]
        before, after = live_hrefs(html), live_hrefs(result.html)
        if "<base" not in html.lower() and "<template" not in html.lower():
            before.subtract(link.url for link in live)
            before.update(f"https://t.example/{link.index}" for link in live)
            assert +before == after, name
        assert shown(result.html) == shown(html), name


def test_a_button_drawn_for_outlook_too_has_the_index_of_the_nearest_twin(mails: list[tuple[str, str]]) -> None:
    total = 0
    for name, html in mails[::2]:
        drawn = html
        plain = [link for link in rewrite_html(html).links if not link.conditional]
        for link in reversed(plain[:40]):
            twin = f'<!--[if mso]><v:rect href="{escape(link.url)}"></v:rect><![endif]-->'
            drawn = drawn[: link.start] + twin + drawn[link.start :]
        result = rewrite_html(drawn, click_url=lambda link: f"https://t.example/{link.index}")
        live = [link for link in result.links if not link.conditional]
        twins = [link for link in result.links if link.conditional]
        assert [link.url for link in twins] == [link.url for link in plain[:40]], name
        assert [link.url for link in live] == [link.url for link in plain], name
        assert [link.index for link in live] == list(range(len(plain))), name
        for link in twins:
            near = min((other.start - link.start for other in live if other.url == link.url), key=abs) + link.start
            assert link.index == next(other.index for other in live if other.start == near), name
        assert result.html.count("<v:rect") == drawn.count("<v:rect"), name
        total += len(twins)
    assert total > 1000
