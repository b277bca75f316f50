"""The page on many recipients: processes send what one would, and nothing twice."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

import pytest

from howto_pages import programs, run_page
from lmtrack import message_bytes, scan_message, track_message
from sent_letters import DOMAIN, GRANTED, NEWSLETTER, NOON, letter, run_script

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    """A folder with the program of the page, a letter and 500 readers, of whom each third agreed."""
    (tmp_path / "campaign.py").write_text("\n\n".join(programs("many-recipients.md")), encoding="utf-8")
    message = letter()
    del message["To"], message["Message-ID"]
    (tmp_path / "letter.eml").write_bytes(message_bytes(message))
    (tmp_path / "outbox").mkdir()
    with closing(sqlite3.connect(tmp_path / "readers.sqlite3")) as readers, readers:
        readers.execute("CREATE TABLE reader (id INTEGER PRIMARY KEY, address TEXT NOT NULL, agreed INTEGER)")
        rows = [(number, f"reader-{number}@reader.example", (None, 0, 1)[number % 3]) for number in range(500)]
        readers.executemany("INSERT INTO reader VALUES (?, ?, ?)", rows)
    return tmp_path


DRIVER: Final = """
import multiprocessing, sys
import campaign

if __name__ == "__main__":
    multiprocessing.set_start_method(sys.argv[1])
    campaign.main("letter.eml", "readers.sqlite3", "outbox")
"""


def outbox(folder: Path) -> dict[str, bytes]:
    assert not list((folder / "outbox").glob("*.part"))
    return {path.stem: path.read_bytes() for path in (folder / "outbox").glob("*.eml")}


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_send_what_one_would(campaign: Path, method: str) -> None:
    counts, speed = run_script(campaign, "driver.py", DRIVER, method).rsplit("\n", 2)[:2]
    assert counts.splitlines() == ["tracked 166", "untracked 334"]
    assert re.fullmatch(r"[\d,]+ mails a second", speed)
    raw = (campaign / "letter.eml").read_bytes()
    document = scan_message(raw)
    sent = outbox(campaign)
    assert len(sent) == 500
    for number in range(500):
        mail_id = f"letter-2026-11-{number}"
        head, rest = sent[mail_id].split(b"\r\n", 2)[:2], sent[mail_id].split(b"\r\n", 2)[2]
        assert head == [
            f"To: reader-{number}@reader.example".encode(),
            f"Message-ID: <{mail_id}@shop.example>".encode(),
        ]
        if number % 3 == 2:
            assert rest == track_message(document, GRANTED, domain=DOMAIN, message_id=mail_id, now=NOON).raw
        else:
            assert rest == raw


def test_a_second_run_sends_what_is_missing_and_nothing_twice(campaign: Path) -> None:
    run = (campaign, "driver.py", DRIVER, "spawn")
    run_script(*run)
    before = outbox(campaign)
    missing = {"letter-2026-11-2", "letter-2026-11-3", "letter-2026-11-5", "letter-2026-11-8"}
    for mail_id in missing:
        (campaign / "outbox" / f"{mail_id}.eml").unlink()
    with closing(sqlite3.connect(campaign / "readers.sqlite3")) as readers, readers:
        readers.execute("UPDATE reader SET agreed = 0 WHERE id = 5")  # changed their mind in between
        readers.execute("DELETE FROM reader WHERE id = 8")
    assert run_script(*run).splitlines()[:-1] == ["sent before 496", "tracked 1", "untracked 2"]
    after = outbox(campaign)
    assert "letter-2026-11-8" not in after
    assert b"track.example" in before["letter-2026-11-5"]
    assert b"track.example" not in after["letter-2026-11-5"]
    same = before.keys() - {"letter-2026-11-5", "letter-2026-11-8"}
    assert {mail_id: before[mail_id] for mail_id in same} == {mail_id: after[mail_id] for mail_id in same}


@pytest.fixture
def in_a_folder_with_the_newsletter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / NEWSLETTER.name).write_bytes(NEWSLETTER.read_bytes())
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("in_a_folder_with_the_newsletter")
def test_an_address_cannot_bring_headers_of_its_own() -> None:
    page = run_page("many-recipients.md")
    assert page["head"]("Jörg <j@reader.example>", "m-1").isascii()
    with pytest.raises(ValueError, match="may not contain linefeed"):
        page["head"]("a@reader.example\r\nBcc: b@reader.example", "m-1")
