"""May this request be recorded? Token, consent as it is now, and the route go in; how much may be kept comes out.

Consent was asked when the mail was sent, and is asked again here, because a mail stays in a mailbox for years. The
token's mode is a ceiling from then, consent the ceiling from now; nothing raises either.
`docs/explanation/what-may-be-recorded.md` has the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Final

from lmtrack._agents.verdict import Verdict
from lmtrack._checks import check_type
from lmtrack._clock import epoch_seconds
from lmtrack.resolver import Consent, Route, TrackingMode
from lmtrack.tokens import ClickToken, OpenToken

if TYPE_CHECKING:
    from datetime import datetime


class AdmissionReason(StrEnum):
    """Why a request may or may not be recorded: stable codes, for counters and logs."""

    # It may.
    CONSENT_GRANTED = auto()
    CONSENT_UNKNOWN_ALLOWED = auto()
    """Nobody asked the recipient, and the route does not require that."""
    WITHOUT_CONSENT = auto()
    """The route counts without consent, or keeps the day, and the token holds no more than that."""

    # It may not: what the recipient said.
    CONSENT_DENIED = auto()
    CONSENT_WITHDRAWN = auto()
    CONSENT_UNKNOWN = auto()
    CONSENT_UNAVAILABLE = auto()
    """Asking raised an exception, or gave something that is no `Consent`."""
    BEFORE_WITHDRAWAL = auto()
    """The token was issued at or before a withdrawal, whatever the recipient said later."""

    # It may not: what the request is.
    METHOD = auto()
    """Not GET: something looks whether the URL is there."""
    PREFETCH = auto()
    """The client says that it fetches ahead of a person."""
    MACHINE = auto()
    """No person was there, so the day of the last open is another one."""
    NOT_KNOWN = auto()
    """Nobody can know whether a person was there, and only a known open has a day."""
    NOT_TRACKED = auto()
    """The mode of the token is OFF, or none that a click can have."""

    # It may not: the token; these are the codes of `BadToken.reason`.
    BAD_TOKEN = auto()
    MALFORMED = auto()
    UNKNOWN_VERSION = auto()
    UNKNOWN_KEY = auto()
    BAD_SIGNATURE = auto()
    WRONG_PURPOSE = auto()
    EXPIRED = auto()
    NOT_YET_VALID = auto()
    REVOKED = auto()
    BAD_DESTINATION = auto()
    SCANNER = auto()
    """A copy of one of our tokens with its letters changed: `BadToken.scanner`."""

    # It may not: there is nothing to record.
    NOT_FOUND = auto()
    """The path is none of ours."""
    NO_DESTINATION = auto()
    """A click by id, and nobody knows where it goes."""
    DESTINATION_UNAVAILABLE = auto()
    """Asking where it goes raised an exception, or gave something that is no `str`."""
    WITHDRAW_PAGE = auto()
    """Somebody, or a scanner, looks at the page on which a recipient can withdraw."""
    WITHDRAW = auto()
    """The recipient withdraws: that is to be stored, before the answer is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """How much of one request may be recorded, and why; made by `admit`.

    Attributes:
        mode: What may be kept at most; OFF is nothing. `minimise` takes it.
        reason: The code that decided.
    """

    mode: TrackingMode
    reason: AdmissionReason

    @property
    def record(self) -> bool:
        """Whether anything of it may be kept."""
        return self.mode is not TrackingMode.OFF

    @property
    def identified(self) -> bool:
        """Whether it may be kept as this recipient's open or click, with its time."""
        return self.mode is TrackingMode.INDIVIDUAL

    @property
    def count_only(self) -> bool:
        """Whether one may be added to the campaign's counter, and no more."""
        return self.mode is TrackingMode.AGGREGATE

    @property
    def open_day(self) -> bool:
        """Whether the recipient's day of the last open may be overwritten with today's, and no more."""
        return self.mode is TrackingMode.DELIVERABILITY


_REFUSALS: Final = {
    Consent.DENIED: AdmissionReason.CONSENT_DENIED,
    Consent.WITHDRAWN: AdmissionReason.CONSENT_WITHDRAWN,
}


def admit(
    token: OpenToken | ClickToken,
    /,
    *,
    consent: Consent,
    route: Route,
    withdrawn_at: datetime | None = None,
    verdict: Verdict | None = None,
    method: str = "GET",
) -> Admission:
    """Decide how much of a request with a verified token may be recorded.

    Never more than the token's mode. A refusal leaves nothing. Unknown consent, where the route requires it, leaves
    what the route's `without_consent` covers: a token that was made for less than that is recorded as what it is, one
    that was made for more is not recorded at all. The route's flags are not asked again, since an override of that one
    message may have beaten them.

    A machine's request is recorded beside those of people, because `Verdict.counts_for_metrics` tells them apart. The
    day of a last open is of people only.

    Args:
        token: What a reader gave.
        consent: What the recipient says now.
        route: The stream that the message went through.
        withdrawn_at: When the recipient last withdrew, even if consent was given again since: what was sent until
            then stays unrecorded.
        verdict: What the request was, if you know it.
        method: How it was asked; only GET is recorded.

    Raises:
        TypeError: An argument has another type.
        ValueError: `withdrawn_at` is naive.

    >>> from datetime import UTC, datetime
    >>> token = OpenToken("letter-4471", 0, TrackingMode.INDIVIDUAL, datetime(2026, 1, 1, tzinfo=UTC))
    >>> route = Route(track_opens=True, require_consent=True)
    >>> admit(token, consent=Consent.GRANTED, route=route).identified
    True
    >>> admission = admit(token, consent=Consent.UNKNOWN, route=route)
    >>> admission.record, str(admission.reason)
    (False, 'consent_unknown')
    """
    if not isinstance(token, (OpenToken, ClickToken)):
        raise TypeError(f"token must be an OpenToken or a ClickToken, not {type(token).__name__}")
    if not isinstance(verdict, Verdict | None):
        raise TypeError(f"verdict must be a Verdict or None, not {type(verdict).__name__}")
    check_type(TrackingMode, mode=token.mode)
    check_type(Consent, consent=consent)
    check_type(Route, route=route)
    check_type(str, method=method)
    withdrawn = None if withdrawn_at is None else epoch_seconds(withdrawn_at, "withdrawn_at")
    if method != "GET":
        return refused(AdmissionReason.METHOD)
    if withdrawn is not None and epoch_seconds(token.issued_at, "token.issued_at") <= withdrawn:
        return refused(AdmissionReason.BEFORE_WITHDRAWAL)
    return weigh(token, consent, route, verdict)


def weigh(token: OpenToken | ClickToken, consent: Consent, route: Route, verdict: Verdict | None, /) -> Admission:
    """Put the ceiling of now on the mode of the token, and leave no day that is none."""
    mode = token.mode
    if mode is TrackingMode.OFF or (mode is TrackingMode.DELIVERABILITY and not isinstance(token, OpenToken)):
        return refused(AdmissionReason.NOT_TRACKED)
    if consent in _REFUSALS:
        return refused(_REFUSALS[consent])
    reason = AdmissionReason.CONSENT_GRANTED
    if consent is Consent.UNKNOWN:
        reason = AdmissionReason.CONSENT_UNKNOWN_ALLOWED
        if route.require_consent:
            if mode > route.without_consent:
                return refused(AdmissionReason.CONSENT_UNKNOWN)
            reason = AdmissionReason.WITHOUT_CONSENT
    if mode is TrackingMode.DELIVERABILITY and verdict is not None and not verdict.counts_for_metrics:
        return refused(AdmissionReason.MACHINE if verdict.is_machine else AdmissionReason.NOT_KNOWN)
    return Admission(mode=mode, reason=reason)


def refused(reason: AdmissionReason, /) -> Admission:
    """Admit nothing, for this reason."""
    return Admission(mode=TrackingMode.OFF, reason=reason)
