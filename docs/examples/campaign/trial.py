"""Make what a trial needs: a letter, a key, a file of readers of any length, and a log of what they did."""

from __future__ import annotations

import argparse
import json
import os
import secrets
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

from lmtrack import Event, classify_event, client_key, message_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

NEWSLETTER = Path(__file__).resolve().parent.parent / "newsletter.html"
NAMES: list[dict[str, str]] = [{"name": "Ann"}, {"name": "Zo\u00eb K\u0151"}, {"name": "Bo & Co <shop>"}, {}]
REST = ("denied", "withdrawn", "unknown")  # of those who did not agree
DELIVERED = datetime(2026, 11, 2, 12, 5, tzinfo=UTC)
BROWSER = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.6 Mobile/15E148 Safari/604.1"
)
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
HEADERS = {"accept-language": "en", "sec-fetch-mode": "navigate"}
Story = list[tuple[float, str, int | None]]  # after how many seconds, by what, which link; None is the pixel
PERSON: Story = [(4000.0, GMAIL, None), (4020.0, BROWSER, 3)]
GATEWAY: Story = [
    (30 + link / 4, BROWSER, link) for link in range(4)
]  # follows what it finds, and looks like a browser
APPLE: Story = [(60.0, "Mozilla/5.0", None)]
STORIES: list[Story] = [PERSON, APPLE, PERSON[:1], GATEWAY + PERSON, [], [], APPLE, PERSON, [], PERSON[:1]]


def events(number: int) -> Iterator[str]:
    """Return the lines of the log on one mail."""
    for seconds, agent, link in STORIES[number % len(STORIES)]:
        at = DELIVERED + timedelta(seconds=seconds)
        event = Event(
            kind="open" if link is None else "click",
            user_agent=agent,
            at=at,
            client=client_key("198.51.100.7", agent, secret=b"an example secret of one day", day=at.date()),
            link_index=link,
            headers=None if link is None else HEADERS,
        )
        at_once = classify_event(kind=event.kind, user_agent=agent, headers=event.headers)
        line = {
            "message_id": f"letter-2026-11-{number}",
            "delivered_at": DELIVERED.isoformat(),
            "link_count": 22,
            "at_once": at_once.to_dict(),
            "event": event.to_dict(),
        }
        yield json.dumps(line) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readers", type=int, default=10_000, metavar="N")
    parser.add_argument("--agreed", type=int, default=60, metavar="PERCENT", help="how many agreed to be tracked")
    parser.add_argument("--events", action="store_true", help="write a log of opens and clicks too")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)

    letter = EmailMessage()
    letter["From"] = "Lantern Row <letters@shop.example>"
    letter["Subject"] = "New lamps, {{ name }}"
    letter["Date"] = "Mon, 02 Nov 2026 12:00:00 +0000"
    letter.set_content("Hello {{ name }},\n\nour letter is in the other part.\n")
    letter.add_alternative(NEWSLETTER.read_text(encoding="utf-8").replace("Hello Mia,", "Hello {{ name }},"), "html")
    (folder / "letter.eml").write_bytes(message_bytes(letter))

    key = os.open(folder / "lmtrack.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(key, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")

    with (folder / "readers.jsonl").open("w", encoding="ascii") as file:
        for number in range(arguments.readers):
            # 61 has no divisor in common with 100: the answers are spread evenly.
            consent = "granted" if number * 61 % 100 < arguments.agreed else REST[number % 3]
            row = {"id": f"{number}", "address": f"reader-{number}@reader.example", "consent": consent}
            file.write(json.dumps(row | NAMES[number % len(NAMES)]) + "\n")
    if arguments.events:
        with (folder / "events.jsonl").open("w", encoding="ascii") as file:
            for number in sorted(range(arguments.readers), key=lambda number: number * 7919 % 1009):  # unsorted: mixed
                file.writelines(events(number))
    print(f"{folder}: letter.eml, lmtrack.key, readers.jsonl with {arguments.readers:,} readers")


if __name__ == "__main__":
    main()
