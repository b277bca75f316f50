"""Decide how much of a request may be recorded, from its token, the consent as it is now, and the route.

Consent was checked when the message was sent, and is checked again here, because mail stays in mailboxes for years. The
token's mode is the ceiling from then, consent the ceiling from now; nothing raises either.
`docs/explanation/what-may-be-recorded.md` has the table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from typing import Final

from lmtrack._agents.verdict import Verdict
from lmtrack._checks import check_type, plain_str
from lmtrack._clock import epoch_seconds
from lmtrack._deciding.rules import consent_of
from lmtrack.resolver import Consent, ConsentRecord, Route, TrackingMode
from lmtrack.tokens import ClickToken, OpenToken


class AdmissionReason(StrEnum):
    """Why a request may or may not be recorded: stable codes, for counters and logs."""

    # It may.
    CONSENT_GRANTED = auto()
    CONSENT_UNKNOWN_ALLOWED = auto()
    """The recipient was never asked, and the route does not require it."""
    WITHOUT_CONSENT = auto()
    """The token is a campaign's, so there is nobody to ask; or the route keeps the day of an open without consent."""

    # It may not: what the recipient said.
    CONSENT_DENIED = auto()
    CONSENT_WITHDRAWN = auto()
    CONSENT_UNKNOWN = auto()
    CONSENT_UNAVAILABLE = auto()
    """Asking raised an exception, or returned something that is not a `Consent` or a `ConsentRecord`."""
    BEFORE_WITHDRAWAL = auto()
    """The token was issued at or before a withdrawal, whatever the recipient said later."""
    BEFORE_CONSENT = auto()
    """The token was issued before the consent was given."""

    # It may not: what the operator says.
    CEILING = auto()
    """The mode of the token is above today's `Route.ceiling`."""
    ROUTE_UNAVAILABLE = auto()
    """Asking for the route raised an exception, or returned something that is not a `Route`."""

    # It may not: what the request is.
    METHOD = auto()
    """Not GET: something checks whether the URL exists."""
    PREFETCH = auto()
    """The client says that it is prefetching."""
    MACHINE = auto()
    """No person was there, so this is not the day of the last open."""
    NOT_KNOWN = auto()
    """It cannot be known whether a person was there, and only a known open has a day."""
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
    """The path is not one of ours."""
    NO_DESTINATION = auto()
    """A click by id without a known destination."""
    DESTINATION_UNAVAILABLE = auto()
    """Asking where it goes raised an exception, or returned something that is not a `str`."""
    WITHDRAW_PAGE = auto()
    """A person or a scanner looks at the page on which a recipient can withdraw."""
    WITHDRAW = auto()
    """The recipient withdraws: store that before the response is sent."""
    UNSUBSCRIBE_PAGE = auto()
    """The page on which a recipient can leave the list, or a POST that does not say so."""
    UNSUBSCRIBE = auto()
    """The recipient leaves the list: store that before the response is sent."""
    RESUBSCRIBE = auto()
    """The recipient undoes that, on the page that confirmed it: store that too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """How much of one request may be recorded, and why; made by `admit`.

    Attributes:
        mode: The most that may be kept; OFF means nothing. `minimise` takes it.
        reason: The code that decided.
    """

    mode: TrackingMode
    reason: AdmissionReason

    @property
    def record(self) -> bool:
        """Return whether anything about the request may be kept."""
        return self.mode is not TrackingMode.OFF

    @property
    def identified(self) -> bool:
        """Return whether the request may be kept as this recipient's open or click, with its time."""
        return self.mode is TrackingMode.INDIVIDUAL

    @property
    def count_only(self) -> bool:
        """Return whether the campaign's counter may be increased by one, and no more."""
        return self.mode is TrackingMode.AGGREGATE

    @property
    def open_day(self) -> bool:
        """Return whether the day of the recipient's last open may be overwritten with today's date, and no more."""
        return self.mode is TrackingMode.DELIVERABILITY


_REFUSALS: Final = {
    Consent.DENIED: AdmissionReason.CONSENT_DENIED,
    Consent.WITHDRAWN: AdmissionReason.CONSENT_WITHDRAWN,
}


_ALLOWED: Final = frozenset(
    (AdmissionReason.CONSENT_GRANTED, AdmissionReason.CONSENT_UNKNOWN_ALLOWED, AdmissionReason.WITHOUT_CONSENT)
)


def admit(
    token: OpenToken | ClickToken,
    /,
    *,
    consent: Consent | ConsentRecord,
    route: Route,
    withdrawn_at: datetime | None = None,
    verdict: Verdict | None = None,
    method: str = "GET",
) -> Admission:
    """Decide how much of a request with a verified token may be recorded.

    Never more than the token's mode and today's `Route.ceiling` allow is recorded, and after a refusal nothing is.
    Unknown consent, where the route requires it, leaves what the route's `without_consent` covers: a token with that
    mode or a lower one is recorded in its own mode, and a token with a higher mode is not recorded at all. The route's
    flags are not checked again, because an override of that one message may have beaten them.

    A campaign's token is the same for everyone, so `consent` does not apply to it.

    A machine's request is recorded next to those of people, because `Verdict.counts_for_metrics` tells them apart. The
    day of a last open is for people only.

    Args:
        token: What a reader returned.
        consent: What the recipient says now. In a record, `since` and `withdrawn_at` count too: a token from before a
            consent is not recorded under it. DENIED for a recipient whose row is gone.
        route: The stream that the message went through.
        withdrawn_at: When the recipient last withdrew, even if consent was given again since: what was sent until
            then stays unrecorded. The later one counts if a record has another.
        verdict: What the request was, if you know it.
        method: The request's method; only GET is recorded.

    Raises:
        TypeError: An argument has the wrong type.
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
    check_type(Route, route=route)
    method = plain_str(method, "method")
    record = ConsentRecord.of(consent)
    withdrawn = None if withdrawn_at is None else epoch_seconds(withdrawn_at, "withdrawn_at")
    if method != "GET":
        return refused(AdmissionReason.METHOD)
    if withdrawn is not None and token.mode is not TrackingMode.AGGREGATE and _issued(token) <= withdrawn:
        return refused(AdmissionReason.BEFORE_WITHDRAWAL)
    return weigh(token, record, route, verdict)


def weigh(token: OpenToken | ClickToken, record: ConsentRecord, route: Route, verdict: Verdict | None, /) -> Admission:
    """Put the ceilings of now on the mode of the token, and leave a day only where there is one."""
    mode = token.mode
    if mode is TrackingMode.OFF or (mode is TrackingMode.DELIVERABILITY and not isinstance(token, OpenToken)):
        return refused(AdmissionReason.NOT_TRACKED)
    if mode > route.ceiling:
        return refused(AdmissionReason.CEILING)
    if mode is TrackingMode.AGGREGATE:
        return Admission(mode=mode, reason=AdmissionReason.WITHOUT_CONSENT)
    reason = _consented(token, record, route)
    if reason not in _ALLOWED:
        return refused(reason)
    if mode is TrackingMode.DELIVERABILITY and verdict is not None and not verdict.counts_for_metrics:
        return refused(AdmissionReason.MACHINE if verdict.is_machine else AdmissionReason.NOT_KNOWN)
    return Admission(mode=mode, reason=reason)


def _consented(token: OpenToken | ClickToken, record: ConsentRecord, route: Route, /) -> AdmissionReason:
    """Say what the recipient's record says about one of their tokens."""
    consent, issued = consent_of(record), _issued(token)
    if consent in _REFUSALS:
        return _REFUSALS[consent]
    if record.withdrawn_at is not None and issued <= epoch_seconds(record.withdrawn_at):
        return AdmissionReason.BEFORE_WITHDRAWAL
    if consent is Consent.GRANTED:
        # Not in whole seconds: which of a token and a consent from the same second came first is unknown.
        before = record.since is not None and token.issued_at < record.since
        return AdmissionReason.BEFORE_CONSENT if before else AdmissionReason.CONSENT_GRANTED
    if not route.require_consent:
        return AdmissionReason.CONSENT_UNKNOWN_ALLOWED
    return AdmissionReason.CONSENT_UNKNOWN if token.mode > route.without_consent else AdmissionReason.WITHOUT_CONSENT


def _issued(token: OpenToken | ClickToken, /) -> int:
    return epoch_seconds(token.issued_at, "token.issued_at")


def refused(reason: AdmissionReason, /) -> Admission:
    """Admit nothing, for this reason."""
    return Admission(mode=TrackingMode.OFF, reason=reason)
