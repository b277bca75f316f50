"""What became of one request: the answer, and what of the request may be stored."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from lmtrack._agents.events import Event
from lmtrack._agents.verdict import Verdict
from lmtrack._endpoint.answer import HttpResponse
from lmtrack._endpoint.gate import Admission
from lmtrack.tokens import ClickToken, OpenToken, UnsubscribeToken, WithdrawToken


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """An open or a click that may be recorded.

    Attributes:
        token: What was opened or clicked.
        verdict: What the request was. For a campaign's token it says only whether the request counts.
        dedup_key: The same for every request that is the same open or the same click, to store it once: kind, mode,
            recipient, link, whether it was a person, and message id. None for what is only counted, because it cannot
            be known whether two requests are the same.
        request: The request as `classify_message` takes it, to classify it again together with the other requests of
            its message; None for what is only counted. It has the IP address, for `client_key`; its repr, dict and
            pickle do not.
    """

    token: OpenToken | ClickToken
    verdict: Verdict
    dedup_key: str | None = field(repr=False)
    request: Event | None = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class LastOpen:
    """All that `DELIVERABILITY` may keep: the day of a recipient's last open. Its repr leaves out the recipient.

    Attributes:
        message_id: The sender's own id for the message.
        recipient: Position in that message's recipient list.
        day: The day in UTC.
    """

    message_id: str
    recipient: int = field(repr=False)
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """The outcome of one request. It has a typed field for each thing that may be stored, and nothing else.

    At most one of the five fields that can be stored is not None.

    Attributes:
        response: The answer to send, after what may be stored is stored: it may say that an opt-out is done. If
            storing fails, send what `not_stored_response` makes of it.
        admission: How much may be recorded, and why.
        event: An open or a click to record, or to count (`admission.count_only`).
        last_open: The one day to overwrite in `DELIVERABILITY`.
        withdrawal: The token of a person who is no longer to be tracked.
        unsubscribe: The token of a person who leaves the list.
        resubscribe: The token of a person who undoes leaving, on the page that confirmed it.
    """

    response: HttpResponse
    admission: Admission
    event: RecordedEvent | None = None
    last_open: LastOpen | None = None
    withdrawal: WithdrawToken | None = None
    unsubscribe: UnsubscribeToken | None = None
    resubscribe: UnsubscribeToken | None = None
