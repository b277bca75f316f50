"""What a check found: one value for all of them, so that they print, sort and serialise alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto


class FindingKind(StrEnum):
    """What a finding is about."""

    # An audit: these make the outcome `tracked`
    OWN_TRACKING_URL = auto()  # of one of our tracking hosts, and not shown to be an aggregate one
    KNOWN_TRACKER = auto()  # the host is on a list of trackers
    HIDDEN_IMAGE = auto()  # loaded from elsewhere, and nobody is meant to see it
    REDIRECTOR = auto()  # a link that leads through somebody who counts
    IDENTIFIER = auto()  # a URL that tells one recipient from another
    READ_RECEIPT = auto()  # a header that asks for an answer when the mail is read
    # An audit: `aggregate`
    AGGREGATE_TOKEN = auto()  # ours, the same for every recipient of the campaign
    # An audit: `not_provable`
    ENCRYPTED = auto()
    UNDECODABLE = auto()
    TRUNCATED = auto()
    LIMIT_REACHED = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing a check found.

    Attributes:
        kind: What it is about.
        place: Where: the part of a message as IMAP counts, the element with its attribute, the header.
        url: The URL it is about, as a reader would ask for it; None if it is about none.
        why: What speaks for it, in a sentence; for people, it may change.
    """

    kind: FindingKind
    place: str
    url: str | None = None
    why: str

    def to_dict(self) -> dict[str, object]:
        """Give the finding as JSON types."""
        return {"kind": self.kind.value, "place": self.place, "url": self.url, "why": self.why}
