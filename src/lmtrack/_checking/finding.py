"""What a check found: one value for all of them, so that they print, sort and serialise alike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Final

_LONGEST_SHOWN: Final = 2_000  # our choice: a longer URL says no more to a person


class FindingKind(StrEnum):
    """What a finding is about."""

    # An audit: these make the outcome `tracked`
    OWN_TRACKING_URL = auto()  # of one of our tracking hosts, and not shown to be an aggregate one
    KNOWN_TRACKER = auto()  # the host is on a list of trackers
    HIDDEN_IMAGE = auto()  # loaded from elsewhere, and nobody is meant to see it
    REDIRECTOR = auto()  # a link that leads through someone who counts
    IDENTIFIER = auto()  # a URL that tells one recipient from another
    READ_RECEIPT = auto()  # a header that asks for an answer when the message is read
    # An audit: `aggregate`
    AGGREGATE_TOKEN = auto()  # ours, the same for every recipient of the campaign
    # An audit: `not_provable`
    ENCRYPTED = auto()
    UNDECODABLE = auto()
    TRUNCATED = auto()
    LIMIT_REACHED = auto()
    # A rewrite: what is other than before, beside links, opt-out attributes and one pixel
    ELEMENT_CHANGED = auto()  # a tag lost, added, moved, or taken for another
    ATTRIBUTE_CHANGED = auto()
    TEXT_CHANGED = auto()
    RAW_TEXT_CHANGED = auto()  # of a style sheet, a script, a title: what no tag is read in
    COMMENT_CHANGED = auto()  # a conditional one too
    DOCTYPE_CHANGED = auto()
    SPELLING_CHANGED = auto()  # a parser reads the same, but the characters are others
    LINK_CHANGED = auto()  # to or from something that no tracked link leads to
    EXTRA_PIXEL = auto()  # more than one
    HEADER_CHANGED = auto()  # of a message, beside its override headers, or of a part
    PART_CHANGED = auto()  # a part that nobody reads as the message's text, or what is between parts
    PIXEL_NOT_SHOWN = auto()  # where no image is read: an unfinished tag, a comment, a title
    # Ways to leave a list: its header fields; `unsubscribe_rules` has what each asks for, and where that stands
    UNSUBSCRIBE_MISSING = auto()
    UNSUBSCRIBE_REPEATED = auto()
    UNSUBSCRIBE_MALFORMED = auto()  # no list of URIs in angle brackets
    UNSUBSCRIBE_ENCODED = auto()  # an encoded word, in which no program looks for a URL
    UNSUBSCRIBE_SPLIT = auto()  # blanks or a line end inside a URI
    UNSUBSCRIBE_BAD_CHARACTER = auto()
    UNSUBSCRIBE_TOO_LONG = auto()  # to stand in one line with the name of the field
    UNSUBSCRIBE_PLACEHOLDER = auto()  # in the header or in the body
    UNSUBSCRIBE_NO_HTTPS = auto()
    UNSUBSCRIBE_SEVERAL_HTTPS = auto()
    UNSUBSCRIBE_HTTP = auto()
    UNSUBSCRIBE_TRACKED = auto()  # leads through a tracking host or a redirect
    UNSUBSCRIBE_POST_MISSING = auto()
    UNSUBSCRIBE_POST_REPEATED = auto()
    UNSUBSCRIBE_POST_VALUE = auto()
    UNSUBSCRIBE_POST_USELESS = auto()  # without an https URI
    UNSUBSCRIBE_NOT_SIGNED = auto()  # no DKIM signature covers both fields
    # Ways to leave a list, and to withdraw consent: what people see
    UNSUBSCRIBE_LINK_MISSING = auto()
    UNSUBSCRIBE_LINK_TRACKED = auto()
    UNSUBSCRIBE_LINK_HIDDEN = auto()
    WITHDRAWAL_LINK_MISSING = auto()
    WITHDRAWAL_LINK_HIDDEN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing a check found.

    Attributes:
        kind: What it is about.
        place: Where it is: the number of the part as IMAP counts, the element with its attribute, or the header.
        url: The URL that the finding is about, as a mail program would request it; None if there is none.
        why: The evidence, in a sentence; it is for people and may change.
    """

    kind: FindingKind
    place: str
    url: str | None = None
    why: str

    def to_dict(self) -> dict[str, object]:
        """Return the finding as JSON types."""
        return {"kind": self.kind.value, "place": self.place, "url": self.url, "why": self.why}


def shown(url: str, /) -> str:
    """Return a URL for a finding: whole, or its first 1,999 characters and an ellipsis."""
    return url if len(url) <= _LONGEST_SHOWN else url[: _LONGEST_SHOWN - 1] + "\u2026"
