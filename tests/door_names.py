"""Which door has what functions return; the face has the rest."""

from __future__ import annotations

# What functions return is imported from its door: the face shows what callers construct, compare with or call.
RETURNED = {
    "audit": "Audit Difference Finding",
    "classifier": "Agents ClientInfo Engagement Networks Rate Rates Signal Verdict",
    "endpoint": "Admission Handled HttpResponse LastOpen PendingRequest RecordedEvent",
    "footer": "Bodies",
    "html": "HtmlDocument RewrittenHtml",
    "links": "Edit Link",
    "message": "MessageDocument MessagePart Prepared RawEdit TrackedMessage",
    "text": "RewrittenText",
    "tokens": "ClickToken Keys OpenToken TokenHeader UnsubscribeToken WithdrawToken",
}
DOOR_OF = {name: door for door, names in RETURNED.items() for name in names.split()}
