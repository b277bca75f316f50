"""Real messages: newsletters, and what mail parsers failed on; each is tracked, untracked and reverted."""

from __future__ import annotations

import email
import email.policy
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lmtrack import LinkPolicy
from lmtrack.message import revert_message, scan_message, strip_control_headers, untrack_message
from message_oracles import (
    check_by_stdlib,
    check_edits,
    check_links,
    check_second_pass,
    check_untracked,
    parts_by_stdlib,
)
from message_sending import CLICKS, DOMAIN, OFF, OPENS, SUM, Sending

if TYPE_CHECKING:
    from pathlib import Path

# An odd number of them, because every second message is the one before with CRLF.
SENDINGS = [
    Sending(allow_signed=True),
    Sending(decision=CLICKS, allow_signed=True),
    Sending(decision=OPENS, allow_signed=True, position="start", text_links=True),
    Sending(decision=SUM, allow_signed=True, position="end", text_links=True),
    Sending(
        allow_signed=True,
        destinations="by_id",
        policy=LinkPolicy(track_unsubscribe=True, track_sensitive=True, strip_opt_out="all"),
    ),
]


@pytest.fixture(scope="module")
def mails(shared: Path) -> list[tuple[str, bytes]]:
    """Name and bytes of every message, as they are kept and with CRLF."""
    found = []
    for path in sorted((shared / "corpus").rglob("*.eml")):
        raw = path.read_bytes()
        name = str(path.relative_to(shared))
        found.append((name, raw))
        wire = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        if wire != raw:
            found.append((f"{name}, with CRLF", wire))
    assert len(found) > 300
    return found


def unsubscribe_urls(raw: bytes) -> list[str]:
    """The http URLs of List-Unsubscribe, by the stdlib's parser."""
    header = email.message_from_bytes(raw, policy=email.policy.compat32).get_all("List-Unsubscribe", [])
    brackets = [one.partition(">")[0] for value in header for one in str(value).split("<")[1:]]
    return ["".join(one.split()) for one in brackets]


def test_tracking_off_gives_the_same_octets(mails: list[tuple[str, bytes]]) -> None:
    for name, raw in mails:
        tracked = Sending(decision=OFF).track(raw)
        assert tracked.raw == raw, name
        assert not tracked.edits, name
        assert strip_control_headers(raw) == raw, name
        assert untrack_message(raw, domain=DOMAIN) == raw, name


def test_only_displayed_html_differs_and_all_of_it_comes_back(mails: list[tuple[str, bytes]]) -> None:
    touched = 0
    for number, (name, raw) in enumerate(mails):
        sending = SENDINGS[number % len(SENDINGS)]
        try:
            tracked = sending.track(raw)
            check_edits(raw, tracked)
            check_second_pass(tracked, sending)
            check_links(tracked, sending)
            count = check_by_stdlib(raw, tracked.raw, sending, tracked.decision, unsubscribe_urls(raw))
            assert bool(count) == bool(tracked.edits)
            touched += count
            check_untracked(raw, tracked, sending)
        except Exception as error:
            error.add_note(name)
            raise
    assert touched > 300


def test_a_displayed_html_part_is_left_only_for_a_reason(mails: list[tuple[str, bytes]]) -> None:
    left = []
    for name, raw in mails:
        tracked = SENDINGS[0].track(raw)
        assert all(part.reason for part in tracked.parts if part.action == "untouched"), name
        shown = [part for part in parts_by_stdlib(raw) if part.kind == "text/html" and part.shown and part.body]
        if shown and not tracked.edits:
            left.append((name, [(part.path, part.reason) for part in tracked.parts]))
    assert len(left) < 20, left


def test_a_scanned_message_is_tracked_as_its_octets_are(mails: list[tuple[str, bytes]]) -> None:
    for name, raw in mails[::2]:
        document = pickle.loads(pickle.dumps(scan_message(raw)))  # noqa: S301 - our own
        for sending in (Sending(), Sending(decision=SUM, allow_signed=True, text_links=True)):
            assert sending.track(document) == sending.track(raw), name


def test_plain_links_of_real_messages_come_back(mails: list[tuple[str, bytes]]) -> None:
    tracked_links = 0
    for name, raw in mails:
        sending = replace(SENDINGS[0], text_links=True)
        tracked = sending.track(raw)
        assert revert_message(tracked.raw, tracked.edits) == raw, name
        assert sending.track(tracked.raw, tracked.decision).raw == tracked.raw, name
        plain = untrack_message(tracked.raw, domain=DOMAIN)
        assert b"https://track.example/" not in plain.replace(b"=\r\n", b"").replace(b"=\n", b""), name
        tracked_links += len(tracked.links)
    assert tracked_links > 3000
