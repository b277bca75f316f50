"""The rules of a decision, one flag at a time: the route, the overrides on it, then the ceilings of route and consent.

Evidence of version 1 is read by these rules too: a refusal left `without_consent`, at most AGGREGATE, which is what
its `after_refusal` is then. Who changes a rule keeps the old one for the versions that were decided by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from typing import Final, NamedTuple

from lmtrack._checks import check_type, plain_str
from lmtrack._clock import in_utc
from lmtrack._deciding.override import (
    CONFLICT,
    INVALID,
    Flag,
    Override,
    answer_of,
    answers_of,
    combine,
    make_override,
)
from lmtrack._token_values import TrackingMode as TrackingMode

_WORDING_LIMIT: Final = 64  # a SHA-256 in hexadecimal


class Consent(StrEnum):
    """What the recipient said about being tracked, which is separate from what they said about getting mail."""

    GRANTED = auto()
    DENIED = auto()
    WITHDRAWN = auto()
    UNKNOWN = auto()

    @classmethod
    def of(cls, answer: bool | None, /) -> Consent:  # noqa: FBT001 - positional-only, and the only argument
        """Return the consent for a stored yes (True), no (False) or nothing (None).

        Raises:
            TypeError: `answer` is something else, 0 and 1 included.

        Example:
            >>> Consent.of(None)
            <Consent.UNKNOWN: 'unknown'>
        """
        if answer is None:
            return cls.UNKNOWN
        check_type(bool, answer=answer)
        return cls.GRANTED if answer else cls.DENIED


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecord:
    """What the sender was told about one person's consent, and when; accepted wherever a `Consent` is.

    Evidence contains the record, so the record must contain no name, address or number of a person: `reference` points
    into your own records by an opaque id, and is erased with the person's data. A withdrawal counts even if `state`
    does not say so: a record whose `withdrawn_at` is not before `since`, or whose state is UNKNOWN, is read as
    WITHDRAWN.

    Attributes:
        state: What the person says now.
        since: When the person said so. Requests for mail sent before a consent are not recorded under that consent.
        withdrawn_at: The last withdrawal; keep it after a new consent, because mail sent until then is never recorded.
        method: How the consent was given, such as `double-opt-in`.
        wording: What the person was asked: a version or a hash, at most 64 characters.
        reference: An opaque id of the proof.

    Raises:
        TypeError: A field has the wrong type.
        ValueError: A time is naive or out of range, `wording` is too long, or a text holds an address.

    Example:
        >>> from datetime import UTC, datetime
        >>> ConsentRecord(state=Consent.GRANTED, since=datetime(2026, 3, 1, tzinfo=UTC), method="double-opt-in").state
        <Consent.GRANTED: 'granted'>
    """

    state: Consent
    since: datetime | None = None
    withdrawn_at: datetime | None = None
    method: str | None = None
    wording: str | None = None
    reference: str | None = None

    def __post_init__(self) -> None:
        check_type(Consent, state=self.state)
        for name, time in (("since", self.since), ("withdrawn_at", self.withdrawn_at)):
            if time is not None:
                check_type(datetime, **{name: time})
                object.__setattr__(self, name, in_utc(time, name))  # frozen: this is part of its construction
        for name, text in (("method", self.method), ("wording", self.wording), ("reference", self.reference)):
            if text is not None:
                plain = plain_str(text, name)
                object.__setattr__(self, name, plain)
                if "@" in plain or "%40" in plain:
                    raise ValueError(f"{name} must not hold an address: evidence keeps it")
        if self.wording is not None and len(self.wording) > _WORDING_LIMIT:
            raise ValueError(f"wording must be a version or a hash, at most {_WORDING_LIMIT} characters")

    @classmethod
    def of(cls, consent: Consent | ConsentRecord, /, name: str = "consent") -> ConsentRecord:
        """Return a record that contains only a consent; a record is returned as it is.

        Raises:
            TypeError: It is neither; `name` is for the message.

        Example:
            >>> ConsentRecord.of(Consent.DENIED).since
        """
        if isinstance(consent, ConsentRecord):
            return consent
        if not isinstance(consent, Consent):
            raise TypeError(f"{name} must be a Consent or a ConsentRecord, not {type(consent).__name__}")
        return _PLAIN[consent]


class Reason(StrEnum):
    """Why a flag is what it is: the closed set of codes behind `Decision.reasons`, in the order they apply."""

    ROUTE_OFF = auto()
    OVERRIDE_INVALID = INVALID
    OVERRIDE_CONFLICT = CONFLICT
    OVERRIDE_FALSE = auto()
    OVERRIDE_TRUE = auto()
    CEILING = auto()
    CONSENT_DENIED = auto()
    CONSENT_WITHDRAWN = auto()
    CONSENT_UNKNOWN = auto()
    CONSENT_UNKNOWN_ALLOWED = auto()
    SHARED_BODY = auto()
    AGGREGATE_WITHOUT_CAMPAIGN = auto()
    ALREADY_SIGNED = auto()
    NO_HTML = auto()
    RAW_MESSAGE = auto()
    LINE_TOO_LONG = auto()
    ALREADY_TRACKED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A sending stream and its defaults; without arguments, it tracks nothing.

    Attributes:
        track_opens: Whether messages of this route get an open pixel.
        track_clicks: Whether the links in these messages are tracked.
        require_consent: Whether a recipient whose consent is unknown is treated as one without consent.
        without_consent: The highest mode if consent is unknown: OFF, AGGREGATE or DELIVERABILITY.
        after_refusal: The highest mode for someone who refused or withdrew: OFF or AGGREGATE.
        ceiling: The highest mode of all, whatever an override says: the operator's own limit.

    Raises:
        TypeError: A field has the wrong type; 1 and 0 are not booleans, and a mode is a `TrackingMode`.
        ValueError: `without_consent` is INDIVIDUAL, or `after_refusal` above AGGREGATE.

    Example:
        >>> Route(track_opens=True).require_consent
        False
    """

    track_opens: bool = False
    track_clicks: bool = False
    require_consent: bool = False
    without_consent: TrackingMode = TrackingMode.OFF
    after_refusal: TrackingMode = TrackingMode.OFF
    ceiling: TrackingMode = TrackingMode.INDIVIDUAL

    def __post_init__(self) -> None:
        flags = {"track_opens": self.track_opens, "track_clicks": self.track_clicks}
        check_type(bool, **flags, require_consent=self.require_consent)
        modes = {"without_consent": self.without_consent, "after_refusal": self.after_refusal}
        check_type(TrackingMode, **modes, ceiling=self.ceiling)
        if self.without_consent is TrackingMode.INDIVIDUAL:
            raise ValueError("without_consent must be below INDIVIDUAL: individual tracking is what consent is for")
        if self.after_refusal > TrackingMode.AGGREGATE:
            raise ValueError("after_refusal must be OFF or AGGREGATE: people who refused must not be told apart")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What one decision was made from; the order of the overrides does not matter and is not kept.

    Attributes:
        route: The sending stream.
        overrides: This message's own.
        consent: What the sender was told; a plain `Consent` becomes a record with nothing else in it.
        clicks_consent: The same for clicks.
    """

    route: Route
    overrides: tuple[Override, ...]
    consent: ConsentRecord
    clicks_consent: ConsentRecord

    def __post_init__(self) -> None:
        check_type(Route, route=self.route)
        for override in self.overrides:
            check_type(Override, override=override)
        check_type(ConsentRecord, consent=self.consent, clicks_consent=self.clicks_consent)
        if len(self.overrides) > 1:
            object.__setattr__(self, "overrides", tuple(sorted(self.overrides, key=_order)))

    def states_only(self) -> Inputs:
        """Return the same for evidence that several people share: states without records, overrides without sources."""
        consent, clicks_consent = (_PLAIN[consent_of(record)] for record in (self.consent, self.clicks_consent))
        overrides = tuple(make_override(answers_of(one), unread=one.unread) for one in self.overrides)
        return Inputs(route=self.route, overrides=overrides, consent=consent, clicks_consent=clicks_consent)


class Settled(NamedTuple):
    """One flag's mode and the codes that led to it."""

    mode: TrackingMode
    codes: list[Reason]


_PLAIN: Final = {consent: ConsentRecord(state=consent) for consent in Consent}
# What a refusal leaves at most, whatever the route says: nothing that tells recipients apart.
_REFUSALS: Final = {Consent.DENIED: Reason.CONSENT_DENIED, Consent.WITHDRAWN: Reason.CONSENT_WITHDRAWN}


def consent_of(record: ConsentRecord, /) -> Consent:
    """Return what a record says: a withdrawal counts unless a consent came after it."""
    if record.withdrawn_at is None or record.state in _REFUSALS:
        return record.state
    if record.state is Consent.GRANTED and (record.since is None or record.since > record.withdrawn_at):
        return Consent.GRANTED
    return Consent.WITHDRAWN


def settle(flag: Flag, inputs: Inputs, /) -> Settled:
    """Apply route, overrides, ceiling and consent to one flag, in this order; each that changes it leaves its code."""
    route = inputs.route
    tracked = route.track_opens if flag == "opens" else route.track_clicks
    codes = [] if tracked else [Reason.ROUTE_OFF]

    said = combine({answer for override in inputs.overrides if (answer := answer_of(override, flag)) is not None})
    if isinstance(said, str):
        codes.append(Reason(said))
        tracked = False
    elif said is not None and said is not tracked:
        codes.append(Reason.OVERRIDE_TRUE if said else Reason.OVERRIDE_FALSE)
        tracked = said
    if not tracked:
        return Settled(TrackingMode.OFF, codes)

    mode = ceiling(flag, route.ceiling)
    if mode < TrackingMode.INDIVIDUAL:
        codes.append(Reason.CEILING)
    consent = consent_of(inputs.consent if flag == "opens" else inputs.clicks_consent)
    if consent in _REFUSALS:
        limit, reason = route.after_refusal, _REFUSALS[consent]
    elif consent is Consent.UNKNOWN and route.require_consent:
        limit, reason = ceiling(flag, route.without_consent), Reason.CONSENT_UNKNOWN
    else:
        if consent is Consent.UNKNOWN and mode is not TrackingMode.OFF:
            codes.append(Reason.CONSENT_UNKNOWN_ALLOWED)
        return Settled(mode, codes)
    if limit < mode:
        codes.append(reason)
    return Settled(min(limit, mode), codes)


def ceiling(flag: Flag, mode: TrackingMode, /) -> TrackingMode:
    """Return the mode that `mode` means for this flag: DELIVERABILITY is about opens, so for clicks it is AGGREGATE."""
    return TrackingMode.AGGREGATE if flag == "clicks" and mode is TrackingMode.DELIVERABILITY else mode


def _order(override: Override) -> tuple[str, str, tuple[str, ...], tuple[str, ...], str]:
    answers = str(override.track_opens), str(override.track_clicks)
    return *answers, override.problems, override.unread, str(override.source)
