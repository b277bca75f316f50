"""What is kept, in SQLite: who got which letter, what they say about tracking, and the events that may be kept.

There is no column for an address of the network, and none for what a browser sent.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from lmtrack import Consent, ConsentRecord, Decision

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lmtrack import AdmissionReason
    from lmtrack.links import Link
    from lmtrack.tokens import ClickToken, OpenToken

SCHEMA = """
    PRAGMA journal_mode = WAL;  -- who reads does not wait for who writes
    CREATE TABLE IF NOT EXISTS person (
        address TEXT PRIMARY KEY, name TEXT NOT NULL, consent TEXT NOT NULL, withdrawn_at TEXT
    );
    CREATE TABLE IF NOT EXISTS letter (
        id TEXT PRIMARY KEY, address TEXT NOT NULL REFERENCES person, subject TEXT NOT NULL,
        raw BLOB NOT NULL, decision TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS link (
        letter TEXT NOT NULL REFERENCES letter, number INTEGER NOT NULL, url TEXT NOT NULL, text TEXT NOT NULL,
        PRIMARY KEY (letter, number)
    );
    CREATE TABLE IF NOT EXISTS event (
        dedup_key TEXT PRIMARY KEY, letter TEXT NOT NULL REFERENCES letter, link INTEGER, counts INTEGER NOT NULL,
        verdict TEXT NOT NULL, why TEXT NOT NULL, payload TEXT NOT NULL,
        first_at TEXT NOT NULL, times INTEGER NOT NULL DEFAULT 1
    );
    CREATE TABLE IF NOT EXISTS refusal (reason TEXT PRIMARY KEY, times INTEGER NOT NULL DEFAULT 1);
"""
LETTERS = "SELECT id, address, name, consent, subject, raw, decision FROM letter JOIN person USING (address)"
EVENTS = """
    SELECT event.letter, name, event.link, text, url, counts, verdict, why, payload, first_at, times
    FROM event JOIN letter ON letter.id = event.letter JOIN person USING (address)
    LEFT JOIN link ON link.letter = event.letter AND link.number = event.link
"""


class Letter(NamedTuple):
    """One mail to one person."""

    id: str
    address: str
    name: str
    consent: Consent
    subject: str
    raw: bytes
    decision: Decision


class Anchor(NamedTuple):
    """A tracked link, and how many people clicked it."""

    number: int
    url: str
    text: str
    clicks: int


class Seen(NamedTuple):
    """An open or a click that was recorded."""

    letter: str
    name: str
    link: int | None
    text: str | None
    url: str | None
    counts: bool
    verdict: dict[str, Any]  # as Verdict.to_dict wrote it
    why: str
    payload: dict[str, Any]  # as event_payload wrote it
    first_at: str
    times: int


class Store:
    """The tables, and the questions that are asked of them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch(mode=0o600)  # SQLite gives its other files the mode of this one
        # Whoever closes the last connection tidies the file up and waits for the disk: so this one stays open.
        self.open = sqlite3.connect(path, check_same_thread=False)
        self.open.executescript(SCHEMA)

    def close(self) -> None:
        """Tidy up."""
        self.open.close()

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """Open a connection for one use, because many threads ask; it commits if all went well."""
        with closing(sqlite3.connect(self.path)) as database, database:
            yield database

    # The sender writes.

    def add_person(self, address: str, name: str, consent: Consent) -> None:
        """Note what somebody says about tracking."""
        with self.database() as database:
            database.execute("INSERT OR REPLACE INTO person VALUES (?, ?, ?, NULL)", [address, name, consent])

    def add_letter(self, letter: Letter, links: Sequence[Link]) -> None:
        """Keep a mail that is sent: what it says, why it is tracked or not, and where its links go."""
        decision = json.dumps(letter.decision.to_dict())
        row = [letter.id, letter.address, letter.subject, letter.raw, decision]
        # A button drawn twice, once for Outlook, is one link: whoever comes last has the text that browsers show.
        anchors = [(letter.id, link.index, link.url, link.text()) for link in links]
        with self.database() as database:
            database.execute("INSERT INTO letter VALUES (?, ?, ?, ?, ?)", row)
            database.executemany("INSERT OR REPLACE INTO link VALUES (?, ?, ?, ?)", anchors)

    # The tracking host asks and writes.

    def consent(self, token: OpenToken | ClickToken) -> ConsentRecord:
        """Say what the person says now to whom this mail went; denied if their row is gone."""
        query = "SELECT consent, withdrawn_at FROM person JOIN letter USING (address) WHERE id = ?"
        with self.database() as database:
            row = database.execute(query, [token.message_id]).fetchone() or (Consent.DENIED, None)
        return ConsentRecord(state=Consent(row[0]), withdrawn_at=row[1] and datetime.fromisoformat(row[1]))

    def withdraw(self, letter_id: str, at: datetime) -> None:
        """Stop recording for all mail of the person to whom this one went."""
        whose = "SELECT address FROM letter WHERE id = ?"
        query = f"UPDATE person SET consent = ?, withdrawn_at = ? WHERE address = ({whose})"  # noqa: S608 - our own text
        with self.database() as database:
            database.execute(query, [Consent.WITHDRAWN, at.isoformat(), letter_id])

    def is_first(self, letter_id: str, link: int | None) -> bool:
        """Return whether no person has opened this mail yet, or clicked this link."""
        query = "SELECT NOT EXISTS (SELECT * FROM event WHERE counts AND letter = ? AND link IS ?)"
        with self.database() as database:
            return bool(database.execute(query, [letter_id, link]).fetchone()[0])

    def add_event(self, key: str, seen: Seen) -> None:
        """Store an event; the same one again is counted and not stored twice."""
        query = """
            INSERT INTO event (dedup_key, letter, link, counts, verdict, why, payload, first_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dedup_key) DO UPDATE SET times = times + 1
        """
        verdict, payload = json.dumps(seen.verdict), json.dumps(seen.payload)
        row = [key, seen.letter, seen.link, seen.counts, verdict, seen.why, payload, seen.first_at]
        with self.database() as database:
            database.execute(query, row)

    def count_refusal(self, reason: AdmissionReason) -> None:
        """Count a request that may not be recorded. That it happened, and why not: there is nothing else to keep."""
        query = "INSERT INTO refusal (reason) VALUES (?) ON CONFLICT (reason) DO UPDATE SET times = times + 1"
        with self.database() as database:
            database.execute(query, [reason])

    # The pages ask.

    def letters(self) -> list[Letter]:
        """Return all mails, in the order they were sent."""
        with self.database() as database:
            return [_letter(row) for row in database.execute(f"{LETTERS} ORDER BY letter.rowid")]

    def letter(self, letter_id: str) -> Letter | None:
        """Return a mail, if it is one of ours."""
        with self.database() as database:
            row = database.execute(f"{LETTERS} WHERE id = ?", [letter_id]).fetchone()
        return _letter(row) if row else None

    def anchors(self, letter_id: str) -> list[Anchor]:
        """Return the tracked links of a mail, each with how many people clicked it, however often."""
        query = """
            SELECT number, url, text, (
                SELECT count(*) FROM event WHERE counts AND event.letter = link.letter AND event.link = number
            ) FROM link WHERE letter = ? ORDER BY number
        """
        with self.database() as database:
            return [Anchor(number, url, text, n) for number, url, text, n in database.execute(query, [letter_id])]

    def events(self, letter_id: str | None = None) -> list[Seen]:
        """Return the events of one mail or of all, the newest first."""
        query = f"{EVENTS} WHERE ? IS NULL OR event.letter = ? ORDER BY first_at DESC, event.rowid DESC"
        with self.database() as database:
            return [_seen(row) for row in database.execute(query, [letter_id, letter_id])]

    def refusals(self) -> dict[str, int]:
        """Say how often nothing was recorded, by reason."""
        with self.database() as database:
            return dict(database.execute("SELECT reason, times FROM refusal ORDER BY reason").fetchall())


def _letter(row: Any) -> Letter:  # noqa: ANN401 - a row of SQLite has no types
    letter_id, address, name, consent, subject, raw, decision = row
    return Letter(letter_id, address, name, Consent(consent), subject, raw, Decision.from_dict(json.loads(decision)))


def _seen(row: Any) -> Seen:  # noqa: ANN401 - the same
    seen = Seen(*row)
    return seen._replace(counts=bool(seen.counts), verdict=json.loads(row[6]), payload=json.loads(row[8]))
