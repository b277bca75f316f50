"""What a request leaves behind, stored before the answer is sent: an event if it may be recorded, else a number."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from lmtrack import AdmissionReason, describe_client, event_payload
from lmtrack.tokens import ClickToken
from tracker.store import Seen

if TYPE_CHECKING:
    from datetime import datetime

    from lmtrack.endpoint import Handled
    from tracker.store import Store

# What is no open and no click: other people's paths, and the pages on which people leave.
NOT_COUNTED = {
    AdmissionReason.NOT_FOUND,
    AdmissionReason.WITHDRAW_PAGE,
    AdmissionReason.WITHDRAW,
    AdmissionReason.UNSUBSCRIBE_PAGE,
    AdmissionReason.UNSUBSCRIBE,
    AdmissionReason.RESUBSCRIBE,
}


def record(store: Store, handled: Handled, at: datetime, agent: str) -> None:
    """Store a withdrawal, or an event if it may be recorded as this person's; count the refusal if not.

    The route of this host tracks nothing without consent, so there are no events that are only counted, and no days.
    """
    if handled.withdrawal:
        store.withdraw(handled.withdrawal.message_id, at)
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
