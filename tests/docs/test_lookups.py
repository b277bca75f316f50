"""Every lookup of consent that a page prints says denied for a row that is gone, the mail's and the person's."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import lmtrack
from howto_pages import programs, run_page
from lmtrack import Consent, ConsentRecord, TrackingMode
from lmtrack.tokens import OpenToken
from tracker_host import load


def said(lookup: Any, message_id: str) -> Consent:  # noqa: ANN401 - whatever a page defines
    token = OpenToken(message_id, 0, TrackingMode.INDIVIDUAL, datetime(2026, 1, 1, tzinfo=UTC))
    return ConsentRecord.of(lookup(token)).state


def test_of_the_tutorial() -> None:
    page = run_page("../tutorial.md")
    assert said(page["consent"], "letter-4471") is not Consent.DENIED
    assert said(page["consent"], "letter-gone") is Consent.DENIED
    page["said"].clear()
    assert said(page["consent"], "letter-4471") is Consent.DENIED


def test_of_the_page_from_request_to_webhook() -> None:
    pytest.importorskip("standardwebhooks")
    page = run_page("one-mail-without-consent.md")
    assert said(page["consent"], "7c1e") is Consent.GRANTED
    assert said(page["consent"], "gone") is Consent.DENIED
    page["people"].clear()
    assert said(page["consent"], "7c1e") is Consent.DENIED


@pytest.mark.parametrize("page", ["receive-wsgi.md", "receive-asgi.md"])
def test_of_a_store(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastapi")
    monkeypatch.chdir(tmp_path)
    store = run_page(page)["Store"]("track.sqlite3")
    with store.database() as database, database:
        database.execute("INSERT INTO mail VALUES ('orphan', 'nobody')")
    assert said(store.consent, "letter-4471") is Consent.WITHDRAWN  # on the page
    assert said(store.consent, "orphan") is Consent.DENIED
    assert said(store.consent, "gone") is Consent.DENIED


def test_of_the_typed_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fastapi")
    monkeypatch.chdir(tmp_path)
    store = run_page("receive-asgi.md")["TypedStore"]()
    store.mails |= {"letter-4471": ("receipts", "ann"), "orphan": ("receipts", "nobody")}
    store.people["ann"] = ConsentRecord(state=Consent.GRANTED)
    assert said(store.consent, "letter-4471") is Consent.GRANTED
    assert said(store.consent, "orphan") is Consent.DENIED
    assert said(store.consent, "gone") is Consent.DENIED


DJANGO = """
make_tables()
with connection.cursor() as cursor:
    cursor.execute("INSERT INTO person (id, consent) VALUES ('ann', 'granted')")
    cursor.execute("INSERT INTO mail VALUES ('letter-4471', 'ann'), ('orphan', 'nobody')")
from types import SimpleNamespace
for mail in ("letter-4471", "orphan", "gone"):
    answer = consent(SimpleNamespace(message_id=mail))
    print(getattr(answer, "state", answer))
"""


def test_of_django(tmp_path: Path) -> None:
    pytest.importorskip("django")
    program = "\n\n".join(block for block in programs("receive-django.md") if ">>> " not in block)
    done = subprocess.run(  # noqa: S603 - our own page; settings of Django are for good
        [sys.executable, "-B", "-c", program + DJANGO],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(lmtrack.__file__).parent.parent)},  # noqa: TID251 - for Python
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["granted", "denied", "denied"]


def test_of_the_example_host(tmp_path: Path) -> None:
    with closing(load("store").Store(tmp_path / "tracker.sqlite3")) as store:
        with store.database() as database:
            database.execute("INSERT INTO person (address, name, consent) VALUES ('a@b.example', 'Ann', 'granted')")
            for mail, address in (("letter-4471", "a@b.example"), ("orphan", "gone@b.example")):
                database.execute("INSERT INTO letter VALUES (?, ?, '', x'', '{}')", [mail, address])
        assert said(store.consent, "letter-4471") is Consent.GRANTED
        assert said(store.consent, "orphan") is Consent.DENIED
        assert said(store.consent, "gone") is Consent.DENIED
