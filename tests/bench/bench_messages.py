"""Whole messages against the stdlib's parse + as_bytes, in the same run: `python tests/bench/bench_messages.py`."""

from __future__ import annotations

import email
import email.policy
import quopri
from base64 import encodebytes
from datetime import UTC, datetime
from math import log
from time import process_time
from typing import TYPE_CHECKING

from harness import Row, alternate, table
from mails import CORPUS, newsletter

from lmtrack import Consent, Route, TrackingDomain, make_keys, resolve
from lmtrack.message import scan_message, track_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack.message import MessageDocument, TrackedMessage

DOMAIN = TrackingDomain("https://track.example", make_keys(b"a benchmark key of 32 octets....."))
DECISION = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MESSAGE_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
ENCODINGS = ("quoted-printable", "8bit", "base64")

_HEAD = """From: Shop <news@shop.example>
To: ann@shop.example
Subject: New this week
Date: Thu, 1 Jan 2026 00:00:00 +0000
Message-ID: <1@shop.example>
List-Unsubscribe: <https://shop.example/leave?u=1>, <mailto:leave@shop.example>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset=utf-8

New this week: https://shop.example/
--inner
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: {encoding}

{html}
--inner--

--outer
Content-Type: application/pdf; name="list.pdf"
Content-Disposition: attachment; filename="list.pdf"
Content-Transfer-Encoding: base64

{attachment}
--outer--
"""


def message(octets: int, encoding: str, *, links: int = 50, html_octets: int = 100_000) -> bytes:
    """Write a message of a size: HTML of a newsletter with links, and an attachment for the rest."""
    html = newsletter(html_octets, links).encode()
    if encoding == "quoted-printable":
        html = quopri.encodestring(html)
    elif encoding == "base64":
        html = encodebytes(html)
    filler = max(0, octets - len(html) - 900) * 57 // 78
    attachment = encodebytes(bytes(number % 251 for number in range(filler)))
    text = _HEAD.format(encoding=encoding, html=html.decode(), attachment=attachment.decode())
    return text.replace("\n", "\r\n").encode()


def track(source: bytes | MessageDocument) -> TrackedMessage:
    """Track one message for one recipient."""
    return track_message(source, DECISION, domain=DOMAIN, message_id=MESSAGE_ID, now=NOW)


def round_trip(raw: bytes) -> bytes:
    """Parse and serialise with the stdlib, unchanged: the floor for everything that works on its tree."""
    return email.message_from_bytes(raw, policy=email.policy.SMTP).as_bytes()


def round_trip_compat(raw: bytes) -> bytes:
    """The same with the stdlib's faster, older policy."""
    return email.message_from_bytes(raw, policy=email.policy.compat32).as_bytes()


def exponent(encoding: str, low: int, high: int) -> float:
    """Measure how the time of a one-shot `track_message` grows with the message."""

    def best(octets: int) -> float:
        raw = message(octets, encoding, links=octets // 2000, html_octets=octets * 2 // 5)
        times = []
        for _ in range(5):
            start = process_time()  # a busy machine must not look like growth
            track(raw)
            times.append(process_time() - start)
        return min(times) / len(raw)

    return 1 + log(best(high) / best(low)) / log(high / low)


def rows() -> Iterator[Row]:
    """Measure each encoding, from a scanned message and in one shot, and the corpus."""
    for encoding in ENCODINGS:
        raw = message(270_000, encoding)
        document = scan_message(raw)
        assert len(track(document).links) == 50
        mine, modern, compat = alternate(
            lambda document=document: track(document),  # type: ignore[misc]  # bound early
            lambda raw=raw: round_trip(raw),  # type: ignore[misc]
            lambda raw=raw: round_trip_compat(raw),  # type: ignore[misc]
            rounds=15,
        )
        what = f"track_message, scanned, {len(raw) // 1000} KB, HTML in {encoding}"
        yield Row(what=what, against="stdlib parse + as_bytes, SMTP", ours=mine, peer=modern, at_least=20, aim=33)
        yield Row(what=what, against="stdlib parse + as_bytes, compat32", ours=mine, peer=compat, at_least=20, aim=33)
        once, compat = alternate(
            lambda raw=raw: track(raw),  # type: ignore[misc]
            lambda raw=raw: round_trip_compat(raw),  # type: ignore[misc]
        )
        what = f"track_message, one shot, {len(raw) // 1000} KB, HTML in {encoding}"
        yield Row(
            what=what, against="stdlib parse + as_bytes, compat32", ours=once, peer=compat, at_least=None, aim=None
        )
    if CORPUS.is_dir():
        mails = [path.read_bytes() for path in sorted(CORPUS.rglob("*.eml"))]
        mine, theirs = alternate(
            lambda: [track(raw) for raw in mails], lambda: [round_trip_compat(raw) for raw in mails], rounds=5
        )
        what = f"track_message, one shot, corpus ({len(mails)} messages)"
        yield Row(
            what=what, against="stdlib parse + as_bytes, compat32", ours=mine, peer=theirs, at_least=None, aim=None
        )
    else:
        print("no ../shared/corpus: its row is left out")


def main() -> None:
    """Print the table and the growth."""
    print(table(rows()))
    for encoding in ENCODINGS:
        growth = exponent(encoding, 20_000, 10_000_000)
        print(f"growth of track_message from 20 KB to 10 MB, {encoding}: exponent {growth:.3f} (at most 1.1, aim 1.03)")


if __name__ == "__main__":
    main()
