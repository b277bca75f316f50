"""Routes, headers and problems that the tests of the decision have in common."""

from __future__ import annotations

from email import policy
from typing import TYPE_CHECKING, Any, Final

from lmtrack.resolver import Route, TrackingMode

if TYPE_CHECKING:
    from email.policy import Policy

OFF, AGGREGATE, DELIVERABILITY, INDIVIDUAL = TrackingMode
BOTH: Final = Route(track_opens=True, track_clicks=True)
STRICT: Final = Route(track_opens=True, track_clicks=True, require_consent=True, without_consent=DELIVERABILITY)
OPENS: Final = "X-LM-Override-Track-Opens"
CLICKS: Final = "X-LM-Override-Track-Clicks"
INVALID: Final = ("opens:override_invalid",)
CONFLICT: Final = ("opens:override_conflict",)
BOTH_INVALID: Final = ("opens:override_invalid", "clicks:override_invalid")
# Those of the standard library; a message of the first is another class than one of the others.
POLICIES: Final[list[Policy[Any]]] = [policy.compat32, policy.default, policy.SMTP, policy.SMTPUTF8, policy.HTTP]
