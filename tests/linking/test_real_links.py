"""What the rules leave alone of real mail: neither a secret nor a way out may be a shop's or a newspaper's link."""

from __future__ import annotations

import email
import email.policy
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lmtrack import Consent, Route, TrackingDomain, make_keys, resolve, track_html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_what_is_left_alone_of_real_mail_is_what_it_should_be(shared: Path) -> None:
    domain = TrackingDomain("https://track.sender.example", make_keys(b"a fixed key of tests, 32 octets."))
    clicks = resolve(Route(track_clicks=True), consent=Consent.GRANTED)
    tracked, secrets, ways_out = set[str](), set[str](), set[str]()
    for html in _documents(shared / "corpus"):
        result = track_html(html, clicks, domain=domain, message_id="m-1")
        tracked.update(link.url for link in result.links)
        for link, reason in result.skipped:
            url, text = unquote(unquote(link.url)), link.text()
            if reason == "sensitive" and "@" not in url:
                secrets.add(url)
            if reason == "unsubscribe" and "unsub" not in f"{url} {text}".lower():
                ways_out.add(text)
    assert len(tracked) > 4_000
    assert secrets == {"http://www.winxpnews.com/login.cfm?id=9665862091709486"}  # a number of a reader behind "login"
    assert ways_out == {
        "Change Settings", "E-mail Settings", "Manage My Subscriptions", "Modify Your Subscription", "Remove Me",
        "click here",  # its URL says /optOut/
    }  # fmt: skip


def _documents(corpus: Path) -> Iterator[str]:
    for path in sorted(corpus.rglob("*.html")):
        yield path.read_text("utf-8", "replace")
    for path in sorted(corpus.rglob("*.eml")):
        for part in email.message_from_bytes(path.read_bytes(), policy=email.policy.compat32).walk():
            payload = part.get_payload(decode=True) if part.get_content_type() == "text/html" else None
            if isinstance(payload, bytes):
                yield payload.decode("utf-8", "replace")
