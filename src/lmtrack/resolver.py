"""May this one message be tracked? Route, override and consent go in, a decision with its reasons comes out."""

from __future__ import annotations

from enum import IntEnum


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
