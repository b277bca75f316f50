"""What a tracking host does: read the URL, ask for consent, classify, decide what may be kept, and answer.

`handle_request` is all of it in one call, for any web framework; `read_request` is its first half, for hosts that look
things up with `await`. `TrackingHost` is a whole host around your own functions. Nothing is stored and nothing is sent:
the answer is a value, and what may be recorded is returned.
"""

from lmtrack._endpoint.answer import (
    HttpResponse as HttpResponse,
    PageWords,
    not_stored_response,
    pixel_response,
    redirect_response,
)
from lmtrack._endpoint.gate import Admission as Admission, AdmissionReason, admit
from lmtrack._endpoint.handled import Handled as Handled, LastOpen as LastOpen, RecordedEvent as RecordedEvent
from lmtrack._endpoint.handling import PendingRequest as PendingRequest, handle_request, read_request
from lmtrack._endpoint.path import read_tracking_url
from lmtrack._endpoint.payload import event_payload, minimise
from lmtrack._endpoint.servers import TrackingHost

__all__ = [
    "AdmissionReason",
    "PageWords",
    "TrackingHost",
    "admit",
    "event_payload",
    "handle_request",
    "minimise",
    "not_stored_response",
    "pixel_response",
    "read_request",
    "read_tracking_url",
    "redirect_response",
]
