"""Make what a trial needs: a letter, a key and a file of readers of any length."""

from __future__ import annotations

import argparse
import os
import secrets
from email.message import EmailMessage
from pathlib import Path

from lmtrack import message_bytes

NEWSLETTER = Path(__file__).resolve().parent.parent / "newsletter.html"
REST = ("denied", "withdrawn", "unknown")  # of those who did not agree


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--readers", type=int, default=10_000, metavar="N")
    parser.add_argument("--agreed", type=int, default=60, metavar="PERCENT", help="how many agreed to be tracked")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)

    letter = EmailMessage()
    letter["From"] = "Lantern Row <letters@shop.example>"
    letter["Subject"] = "New lamps"
    letter["Date"] = "Mon, 02 Nov 2026 12:00:00 +0000"
    letter.set_content("Our letter is in the other part.\n")
    letter.add_alternative(NEWSLETTER.read_text(encoding="utf-8"), subtype="html")
    (folder / "letter.eml").write_bytes(message_bytes(letter))

    key = os.open(folder / "lmtrack.key", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(key, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32) + "\n")

    with (folder / "readers.jsonl").open("w", encoding="ascii") as file:
        for number in range(arguments.readers):
            # 61 has no divisor in common with 100: the answers are spread evenly.
            consent = "granted" if number * 61 % 100 < arguments.agreed else REST[number % 3]
            file.write(f'{{"id": "{number}", "address": "reader-{number}@reader.example", "consent": "{consent}"}}\n')
    print(f"{folder}: letter.eml, lmtrack.key, readers.jsonl with {arguments.readers:,} readers")


if __name__ == "__main__":
    main()
