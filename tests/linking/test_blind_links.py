"""Links of an author who had not read the rules; `docs/howto/which-links.md` says how many were right."""

from __future__ import annotations

import json
from collections import Counter
from html import escape
from pathlib import Path
from typing import Any, Final

import pytest

from lmtrack import Consent, Route, TrackingDomain, make_keys, resolve, track_html

TESTS: Final = Path(__file__).parent.parent
DATA: Final[dict[str, Any]] = json.loads((TESTS / "corpus" / "blind-links.json").read_text("utf-8"))
LINKS: Final[list[dict[str, str]]] = DATA["links"]
DOMAIN: Final = TrackingDomain("https://track.sender.example", make_keys(b"a fixed key of tests, 32 octets."))
CLICKS: Final = resolve(Route(track_clicks=True), consent=Consent.GRANTED)
REASONS: Final = {
    "secret": "sensitive",
    "personal": "sensitive",
    "way_out": "unsubscribe",
    "placeholder": "placeholder",
    "track": None,
}


def _reason(link: dict[str, str]) -> str | None:
    html = f'<p><a href="{escape(link["url"])}">{escape(link.get("text", "Open"))}</a></p>'
    result = track_html(html, CLICKS, domain=DOMAIN, message_id="m-1")
    return str(result.skipped[0][1]) if result.skipped else None


@pytest.mark.parametrize("link", LINKS, ids=[f"{link['truth']}-{number}" for number, link in enumerate(LINKS)])
def test_each_link_is_what_its_author_said_or_is_known_not_to_be_told_apart(link: dict[str, str]) -> None:
    reason = _reason(link)
    if "not_apart" in link:  # once it is told apart, this says so, and the note goes
        assert link["not_apart"] in DATA["not_apart_because"]
        assert (reason is None) is (link["truth"] != "track"), "told apart now: remove not_apart"
    else:
        assert reason == link.get("reason", REASONS[link["truth"]])


def test_each_form_has_a_source_and_no_link_is_there_twice() -> None:
    assert all(link["source"] for link in LINKS)
    assert len({(link["url"], link.get("text")) for link in LINKS}) == len(LINKS)
    assert {link["not_apart"] for link in LINKS if "not_apart" in link} == set(DATA["not_apart_because"])


def test_the_page_says_how_many_were_right() -> None:
    page = (TESTS.parent / "docs" / "howto" / "which-links.md").read_text("utf-8")
    counts = {
        truth: Counter(key for link in LINKS if link["truth"] == truth for key in ["all", *link]) for truth in REASONS
    }
    names = {"secret": "secrets", "way_out": "opt-out links", "personal": "personal data",
             "placeholder": "merge fields", "track": "ordinary links"}  # fmt: skip
    for truth, count in counts.items():
        right = count["all"] - count["first"], count["all"] - count["not_apart"]
        assert f"| {names[truth]} | {count['all']} | {right[0]} | {right[1]} |" in page
