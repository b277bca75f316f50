"""One thread writes what the requests leave behind, so that no answer waits for a disk."""

from __future__ import annotations

import logging
import sqlite3
import uuid
from contextlib import suppress
from queue import Full, Queue
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from lmtrack import AdmissionReason, describe_client, event_payload
from lmtrack.tokens import ClickToken
from tracker.store import Seen

if TYPE_CHECKING:
    from datetime import datetime

    from lmtrack.endpoint import Handled
    from tracker.store import Store

LOG = logging.getLogger(__name__)
# What is no open and no click: other people's paths, and the page on which somebody withdraws.
NOT_COUNTED = {AdmissionReason.NOT_FOUND, AdmissionReason.WITHDRAW_PAGE, AdmissionReason.WITHDRAW}


class Happened(NamedTuple):
    """A request, as far as it concerns the store."""

    handled: Handled
    at: datetime
    user_agent: str


class Writer:
    """A queue and the thread that empties it. What is in the queue when the process is killed is lost."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.queue: Queue[Happened | None] = Queue(maxsize=10_000)
        self.thread = Thread(target=self.run, name="writer", daemon=True)
        self.thread.start()

    def put(self, happened: Happened) -> None:
        """Leave something to be written. Never wait: rather lose an event than keep somebody from a page."""
        with suppress(Full):
            self.queue.put_nowait(happened)

    def flush(self) -> None:
        """Wait until all of it is written."""
        self.queue.join()

    def close(self) -> None:
        """Write what is left, and stop."""
        self.queue.put(None)
        self.thread.join()

    def run(self) -> None:
        """Write until `close` is called."""
        while (happened := self.queue.get()) is not None:
            try:
                write(self.store, happened)
            except sqlite3.Error:
                LOG.exception("an event is lost")  # the text of these errors holds no value of a row
            finally:
                self.queue.task_done()
        self.queue.task_done()


def write(store: Store, happened: Happened) -> None:
    """Store an event if it may be recorded as this person's; count the refusal if not.

    The route of this host tracks nothing without consent, so there are no events that are only counted, and no days.
    """
    handled, at, agent = happened
    admission, event = handled.admission, handled.event
    if not admission.identified and admission.reason not in NOT_COUNTED:
        store.count_refusal(admission.reason)
    if event is None or event.dedup_key is None:
        return
    token, verdict = event.token, event.verdict
    letter = store.letter(token.message_id)
    if letter is None:
        return
    link = token.link_index if isinstance(token, ClickToken) else None
    anchor = next((anchor for anchor in store.anchors(letter.id) if anchor.number == link), None)
    payload = event_payload(
        token,
        verdict,
        event_id=str(uuid.uuid4()),
        occurred_at=at,
        recipient=letter.address,
        first=verdict.counts_for_metrics and store.is_first(letter.id, link),
        subject=letter.subject,
        client=describe_client(agent),
        anchor_text=anchor.text if anchor else None,
    )
    counts, when = verdict.counts_for_metrics, at.isoformat(timespec="milliseconds")
    text, url = (anchor.text, anchor.url) if anchor else (None, None)
    why = str(admission.reason)
    store.add_event(
        event.dedup_key, Seen(letter.id, letter.name, link, text, url, counts, verdict.to_dict(), why, payload, when, 1)
    )
