"""The one place that reads the clock, and the one rule for times: aware, or refused."""

from __future__ import annotations

from datetime import UTC, datetime
from time import time as _time  # noqa: TID251 - the one place; a datetime would cost six times as much

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def epoch_seconds(now: datetime | None, /, name: str = "now") -> int:
    """Return `now`, or the current time when it is None, as whole Unix seconds, rounded down; `name` is for errors.

    Raises:
        TypeError: `now` is not a `datetime`.
        ValueError: `now` is naive; a naive time means another instant on another host.
    """
    if now is None:
        return int(_time())
    if not isinstance(now, datetime):
        raise TypeError(f"{name} must be an aware datetime or None, not {type(now).__name__}")
    try:
        age = now - EPOCH
    except TypeError:  # naive, or with a time zone that knows no offset
        raise ValueError(f"{name} must be an aware datetime; add a time zone, for example datetime.UTC") from None
    return age.days * 86_400 + age.seconds  # exact and a third of the time of `timestamp`, which is a float


def exact_time(now: datetime | None, /) -> datetime:
    """Return `now`, or the current time when it is None, with its fractions of a second.

    Raises:
        TypeError: `now` is not a `datetime`.
        ValueError: `now` is naive.
    """
    if now is None:
        return datetime.fromtimestamp(_time(), UTC)
    epoch_seconds(now)
    return now


def in_utc(time: datetime, name: str, /) -> datetime:
    """Return the same instant in UTC: differences of local times are wrong where the clocks change.

    Raises:
        ValueError: The time is naive, or before the first or after the last that UTC can write.
    """
    if time.tzinfo is UTC:
        return time
    if time.utcoffset() is None:
        raise ValueError(f"{name} must be an aware datetime; add a time zone, for example datetime.UTC")
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{name} is out of range in UTC") from None
