"""Every lookup of consent that a page prints says denied for a row that is gone, the mail's and the person's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from howto_pages import run_page
from lmtrack import Consent, ConsentRecord, TrackingMode
from lmtrack.tokens import OpenToken

if TYPE_CHECKING:
    from pathlib import Path


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
