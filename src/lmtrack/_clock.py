"""The one place that reads the clock, and the one rule for times: aware, or refused."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def epoch_seconds(now: datetime | None, /, name: str = "now") -> int:
    """Give `now`, or the current time when it is None, as whole Unix seconds, rounded down; `name` is for errors.

    Raises:
        TypeError: `now` is no `datetime`.
        ValueError: `now` is naive; a naive time means another instant on another host.
    """
    if now is None:
        return int(time.time())  # noqa: TID251 - this is the one place; a datetime would cost six times as much
    if not isinstance(now, datetime):
        raise TypeError(f"{name} must be an aware datetime or None, not {type(now).__name__}")
    if now.tzinfo is None or now.utcoffset() is None:
        raise ValueError(f"{name} must be an aware datetime; add a time zone, for example datetime.UTC")
    return int(now.timestamp() // 1)


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
