"""Replies and forwards as mail clients write them: the quoted mail is untracked, and nothing else changes.

Thunderbird 153.8.0esr (Debian) wrote them in November 2026, to a mail with these tokens, and sent them to a server on
the same machine; in HTML with its text part, and in plain text.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from lmtrack import (
    TrackingDomain,
    audit_message,
    click_url,
    handle_request,
    make_click_token,
    make_keys,
    make_open_token,
    open_url,
    untrack_message,
)
from lmtrack.resolver import Consent, Route

TOP: Final = Path(__file__).resolve().parent
REPLIES: Final = {path.stem: path for path in sorted((TOP / "corpus" / "replies").glob("*.eml"))} | {
    "thunderbird-reply": TOP.parent / "docs" / "examples" / "reply-thunderbird.eml"
}
DOMAIN: Final = TrackingDomain("https://track.shop.example", make_keys(b"a fixed key, for these pages only"))
SENT: Final = datetime(2026, 1, 1, tzinfo=UTC)
URL: Final = "https://shop.example/lamps?a=1&b=2"
CLICK: Final = click_url(DOMAIN, make_click_token(DOMAIN.keys, "letter-4471", 0, url=URL, now=SENT)).encode()
PIXEL: Final = open_url(DOMAIN, make_open_token(DOMAIN.keys, "letter-4471", now=SENT)).encode()
BROKEN: Final = "thunderbird-plain-reply"  # its format=flowed breaks the URL behind `/c/`


def test_each_program_quotes_the_mail_in_its_own_way() -> None:
    counts = {name: (path.read_bytes().count(CLICK), path.read_bytes().count(PIXEL)) for name, path in REPLIES.items()}
    assert counts == {
        "thunderbird-forward": (2, 1),
        "thunderbird-plain-forward": (1, 0),
        "thunderbird-plain-reply": (0, 0),
        "thunderbird-reply": (2, 1),
    }


@pytest.mark.parametrize("domain", [DOMAIN, DOMAIN.base_url], ids=["with keys", "without keys"])
@pytest.mark.parametrize("name", sorted(REPLIES.keys() - {BROKEN}))
def test_links_lead_where_they_did_and_nothing_else_changes(name: str, domain: TrackingDomain | str) -> None:
    raw = REPLIES[name].read_bytes()
    read = untrack_message(raw, domain=domain)
    assert b"track.shop.example" not in read
    assert audit_message(read, domains=[domain]).outcome == "clean"
    assert audit_message(raw, domains=[domain]).outcome == "tracked"
    assert read.count(URL.encode()) + read.count(URL.replace("&", "&amp;").encode()) == raw.count(CLICK)
    expected = raw
    if PIXEL in raw:  # the program has written the pixel's tag anew, with its own breaks
        start = raw.rindex(b"<img", 0, raw.index(PIXEL))
        expected = raw[:start] + raw[raw.index(b">", start) + 1 :]
    in_html = expected.replace(b'"' + CLICK, b'"' + URL.replace("&", "&amp;").encode())
    assert read == in_html.replace(CLICK, URL.encode())


def test_a_link_that_was_broken_stays_and_records_nothing() -> None:
    raw = REPLIES[BROKEN].read_bytes()
    assert b"<https://track.shop.example/c/ \r\n> E8Fp" in raw
    assert untrack_message(raw, domain=DOMAIN) == raw
    handled = handle_request(
        method="GET", target="/c/", headers={"User-Agent": "Thunderbird"}, domain=DOMAIN,
        route=Route(track_clicks=True), consent=lambda _: Consent.GRANTED, now=SENT,
    )  # fmt: skip
    assert (handled.response.status, handled.event) == (404, None)
