"""When a token counts: whole Unix seconds, compared as numbers."""

from __future__ import annotations

from datetime import datetime, timedelta

from lmtrack._clock import epoch_seconds

MAX_AGE = timedelta(days=30)  # our choice: DESIGN gives it to readers that say nothing
LEEWAY = timedelta(minutes=5)  # our choice: two hosts without NTP; itsdangerous issue 400 met one or two seconds
_MAX_AGE_SECONDS = MAX_AGE.total_seconds()
_LEEWAY_SECONDS = LEEWAY.total_seconds()
_NEVER = -1  # no token is from before 1970


def valid_window(
    max_age: timedelta | None, leeway: timedelta, issued_after: datetime | None, now: datetime | None
) -> tuple[float, float, int]:
    """Return the earliest and the latest issue time that counts at `now`, and the latest that is revoked.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: A duration is negative, or a time is naive.
    """
    seconds = epoch_seconds(now)
    if max_age is MAX_AGE and leeway is LEEWAY and issued_after is None:  # worked out when imported
        return seconds - _MAX_AGE_SECONDS, seconds + _LEEWAY_SECONDS, _NEVER
    earliest = _NEVER if max_age is None else seconds - _duration(max_age, "max_age")
    latest = seconds + _duration(leeway, "leeway")
    if issued_after is None:
        return earliest, latest, _NEVER
    if not isinstance(issued_after, datetime):
        raise TypeError(f"issued_after must be an aware datetime or None, not {type(issued_after).__name__}")
    if issued_after.utcoffset() is None:
        raise ValueError("issued_after must be an aware datetime; add a time zone, for example datetime.UTC")
    return earliest, latest, epoch_seconds(issued_after)


def _duration(value: timedelta, name: str) -> float:
    if not isinstance(value, timedelta):
        raise TypeError(f"{name} must be a timedelta, not {type(value).__name__}")
    seconds = value.total_seconds()
    if seconds < 0:
        raise ValueError(f"{name} must not be negative")
    return seconds
