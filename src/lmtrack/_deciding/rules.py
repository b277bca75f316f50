"""The rules of a decision, one flag at a time: the route's answer, the overrides on it, consent as the ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum, auto
from typing import Final, NamedTuple

from lmtrack._checks import check_type
from lmtrack._deciding.override import CONFLICT, INVALID, Flag, Override, combine, wish_of


class TrackingMode(IntEnum):
    """How much one flag may reveal; ordered, so that a ceiling can only lower it.

    `AGGREGATE` counts a whole campaign without telling recipients apart, `DELIVERABILITY` may keep the day of a
    recipient's last open and nothing else, `INDIVIDUAL` tells who opened or clicked and when.
    Written to JSON by its lower-case name, never by its number.
    """

    OFF = 0
    AGGREGATE = 1
    DELIVERABILITY = 2
    INDIVIDUAL = 3


class Consent(StrEnum):
    """What the recipient said about being tracked, which is not what they said about getting mail."""

    GRANTED = auto()
    DENIED = auto()
    WITHDRAWN = auto()
    UNKNOWN = auto()

    @classmethod
    def of(cls, answer: bool | None, /) -> Consent:  # noqa: FBT001 - positional-only, and the only argument
        """Give the consent for a stored yes (True), no (False) or nothing (None).

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


class Reason(StrEnum):
    """Why a flag is what it is: the closed set of codes behind `Decision.reasons`, in the order they apply."""

    ROUTE_OFF = auto()
    OVERRIDE_INVALID = INVALID
    OVERRIDE_CONFLICT = CONFLICT
    OVERRIDE_FALSE = auto()
    OVERRIDE_TRUE = auto()
    CONSENT_DENIED = auto()
    CONSENT_WITHDRAWN = auto()
    CONSENT_UNKNOWN = auto()
    CONSENT_UNKNOWN_ALLOWED = auto()
    SHARED_BODY = auto()
    AGGREGATE_WITHOUT_CAMPAIGN = auto()
    ALREADY_SIGNED = auto()
    NO_HTML = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A sending stream and its defaults; without arguments, it tracks nothing.

    Attributes:
        track_opens: Whether messages of this route get an open pixel.
        track_clicks: Whether their links are tracked.
        require_consent: Whether a recipient whose consent is unknown is treated as one without.
        without_consent: The most that is done without consent: OFF, AGGREGATE or DELIVERABILITY.

    Raises:
        TypeError: A field has the wrong type; 1 and 0 are no booleans, and a mode is a `TrackingMode`.
        ValueError: `without_consent` is INDIVIDUAL.

    Example:
        >>> Route(track_opens=True).require_consent
        False
    """

    track_opens: bool = False
    track_clicks: bool = False
    require_consent: bool = False
    without_consent: TrackingMode = TrackingMode.OFF

    def __post_init__(self) -> None:
        flags = {"track_opens": self.track_opens, "track_clicks": self.track_clicks}
        check_type(bool, **flags, require_consent=self.require_consent)
        check_type(TrackingMode, without_consent=self.without_consent)
        if self.without_consent is TrackingMode.INDIVIDUAL:
            raise ValueError("without_consent must be below INDIVIDUAL: individual tracking is what consent is for")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What one decision was made from; the order of the overrides has no meaning and is not kept."""

    route: Route
    overrides: tuple[Override, ...]
    consent: Consent
    clicks_consent: Consent

    def __post_init__(self) -> None:
        check_type(Route, route=self.route)
        for override in self.overrides:
            check_type(Override, override=override)
        check_type(Consent, consent=self.consent, clicks_consent=self.clicks_consent)
        if len(self.overrides) > 1:
            object.__setattr__(self, "overrides", tuple(sorted(self.overrides, key=_order)))


class Settled(NamedTuple):
    """One flag's mode and the codes that led to it."""

    mode: TrackingMode
    codes: list[Reason]


# What a refusal leaves at most, whatever the route says: nothing that tells recipients apart.
_REFUSALS: Final = {Consent.DENIED: Reason.CONSENT_DENIED, Consent.WITHDRAWN: Reason.CONSENT_WITHDRAWN}


def settle(flag: Flag, inputs: Inputs, /) -> Settled:
    """Apply route, overrides and consent to one flag, in this order; each that changes it leaves its code."""
    route = inputs.route
    tracked = route.track_opens if flag == "opens" else route.track_clicks
    codes = [] if tracked else [Reason.ROUTE_OFF]

    wish = combine({said for override in inputs.overrides if (said := wish_of(override, flag)) is not None})
    if isinstance(wish, str):
        codes.append(Reason(wish))
        tracked = False
    elif wish is not None and wish is not tracked:
        codes.append(Reason.OVERRIDE_TRUE if wish else Reason.OVERRIDE_FALSE)
        tracked = wish
    if not tracked:
        return Settled(TrackingMode.OFF, codes)

    consent = inputs.consent if flag == "opens" else inputs.clicks_consent
    if consent in _REFUSALS:
        codes.append(_REFUSALS[consent])
        return Settled(min(route.without_consent, TrackingMode.AGGREGATE), codes)
    if consent is Consent.UNKNOWN:
        if route.require_consent:
            codes.append(Reason.CONSENT_UNKNOWN)
            return Settled(ceiling(flag, route.without_consent), codes)
        codes.append(Reason.CONSENT_UNKNOWN_ALLOWED)
    return Settled(TrackingMode.INDIVIDUAL, codes)


def ceiling(flag: Flag, mode: TrackingMode, /) -> TrackingMode:
    """Give the mode that `mode` means for this flag: DELIVERABILITY is about opens, so for clicks it is AGGREGATE."""
    return TrackingMode.AGGREGATE if flag == "clicks" and mode is TrackingMode.DELIVERABILITY else mode


def _order(override: Override) -> tuple[str, str, tuple[str, ...]]:
    return str(override.track_opens), str(override.track_clicks), override.problems
