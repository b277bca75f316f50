"""One digest of what the library makes of all shared data: equal on every Python, or something depends on the Python.

`python tests/corpus_digest.py [FOLDER]` prints it; the sessions `newer` and `pyodide` compare it.
"""

from __future__ import annotations

import hashlib
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from lmtrack import (
    Campaign,
    Consent,
    Route,
    TrackingDomain,
    TrackingMode,
    classify_event,
    make_keys,
    resolve,
    track_html,
    track_message,
    untrack_html,
)
from lmtrack.message import campaign_urls
from user_agent_lists import crawlers, well_known_bots

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"
NOW = datetime(2026, 3, 20, tzinfo=UTC)
DOMAIN = TrackingDomain("https://track.example", make_keys(b"a fixed key of tests, 32 octets."))
ROUTE = Route(track_opens=True, track_clicks=True, after_refusal=TrackingMode.AGGREGATE)
DECISIONS = [resolve(ROUTE, consent=consent, now=NOW) for consent in (Consent.GRANTED, Consent.DENIED)]
ID = "01890a5d-ac96-774b-bcce-b302099a8057"


def outputs_of(path: Path) -> Iterator[bytes]:
    """Track a file for its recipient and for its campaign, and say what became of each link."""
    raw = path.read_bytes()
    for decision in DECISIONS:
        if path.suffix == ".eml":
            campaign = Campaign(id="spring-2026", started_at=NOW, urls=campaign_urls(raw))
            mail = track_message(
                raw,
                decision,
                domain=DOMAIN,
                message_id=ID,
                campaign=campaign,
                text_links=True,
                allow_signed=True,
                now=NOW,
            )
            yield mail.raw
            yield repr([(part.path, part.action, part.reason) for part in mail.parts]).encode()
            skipped = [(link.url, reason) for link, reason in mail.skipped]
        else:
            html = raw.decode("utf-8", "surrogateescape")
            campaign = Campaign(id="spring-2026", started_at=NOW, urls=campaign_urls(html))
            page = track_html(html, decision, domain=DOMAIN, message_id=ID, campaign=campaign, now=NOW)
            yield page.html.encode("utf-8", "surrogateescape")
            yield untrack_html(page.html, domain=DOMAIN).encode("utf-8", "surrogateescape")
            skipped = [(link.url, reason) for link, reason in page.skipped]
        yield repr([(url, str(reason)) for url, reason in skipped]).encode("utf-8", "surrogateescape")


def verdicts(shared: Path) -> Iterator[bytes]:
    """Classify every agent and every client's request of the lists."""
    for agent in (*crawlers(shared), *well_known_bots(shared)):
        yield json.dumps(classify_event(kind="open", user_agent=agent, ip="2001:db8::1").to_dict()).encode()


def digest(shared: Path) -> str:
    """Return how many outputs there are, and the digest of all."""
    count, total = 0, hashlib.sha256()
    paths = sorted(path for path in (shared / "corpus").rglob("*") if path.suffix in {".eml", ".html"})
    for octets in (*(output for path in paths for output in outputs_of(path)), *verdicts(shared)):
        count += 1
        total.update(len(octets).to_bytes(8, "big") + octets)
    return f"{count:,} outputs, {total.hexdigest()}"


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED
    print(digest(folder) if folder.is_dir() else "no shared data here")
