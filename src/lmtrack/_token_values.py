"""What a verified token says, and how much a decision allows one to say.

Errors carry tokens, readers return them, and tokens are made as decisions allow: so these values stand below them all.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import NamedTuple


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


class OpenToken(NamedTuple):
    """The verified payload of an open token, from `read_open_token`. Its repr leaves out the recipient.

    Attributes:
        message_id: The sender's own id for the message, exactly as it was given; a UUID in lower case.
        recipient: Position in that message's recipient list; 0 for `AGGREGATE`, whose tokens hold no recipient.
        mode: What may be recorded: `INDIVIDUAL`, `DELIVERABILITY` or `AGGREGATE`.
        issued_at: When the token was made, in UTC, whole seconds.
    """

    message_id: str
    recipient: int
    mode: TrackingMode
    issued_at: datetime

    def __repr__(self) -> str:
        return f"OpenToken(message_id={self.message_id!r}, mode={self.mode.name}, issued_at='{self.issued_at}')"


class ClickToken(NamedTuple):
    """The verified payload of a click token, from `read_click_token`. Its repr leaves out the recipient and the URL.

    Attributes:
        message_id: The sender's own id for the message, exactly as it was given; a UUID in lower case.
        recipient: Position in that message's recipient list; 0 for `AGGREGATE`, whose tokens hold no recipient.
        mode: What may be recorded: `INDIVIDUAL` or `AGGREGATE`.
        issued_at: When the token was made, in UTC, whole seconds.
        link_index: Which link of the message, from 0.
        url: Where the click goes; None if the token names the destination by message id and link index.
    """

    message_id: str
    recipient: int
    mode: TrackingMode
    issued_at: datetime
    link_index: int
    url: str | None

    def __repr__(self) -> str:
        return (
            f"ClickToken(message_id={self.message_id!r}, mode={self.mode.name}, issued_at='{self.issued_at}', "
            f"link_index={self.link_index})"
        )


class WithdrawToken(NamedTuple):
    """The verified payload of a withdraw token: this recipient stops being tracked. Its repr leaves out the recipient.

    Attributes:
        message_id: The sender's own id for the message, exactly as it was given; a UUID in lower case.
        recipient: Position in that message's recipient list.
        issued_at: When the token was made, in UTC, whole seconds.
    """

    message_id: str
    recipient: int
    issued_at: datetime

    def __repr__(self) -> str:
        return f"WithdrawToken(message_id={self.message_id!r}, issued_at='{self.issued_at}')"


class UnsubscribeToken(NamedTuple):
    """The verified payload of an unsubscribe token: this recipient leaves the list. Its repr leaves out the recipient.

    Made by `read_unsubscribe_token`.

    Attributes:
        message_id: The sender's id, exactly as it was given; a UUID in lower case.
        recipient: Position in that message's recipient list.
        issued_at: When the token was made, in UTC, whole seconds.
    """

    message_id: str
    recipient: int
    issued_at: datetime

    def __repr__(self) -> str:
        return f"UnsubscribeToken(message_id={self.message_id!r}, issued_at='{self.issued_at}')"
