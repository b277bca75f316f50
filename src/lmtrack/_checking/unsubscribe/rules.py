"""What a sender's ways to leave a list have to be like: each rule with its source and how to fix what breaks it."""

from __future__ import annotations

from typing import Final, NamedTuple

from lmtrack._checking.finding import Finding, FindingKind


class UnsubscribeRule(NamedTuple):
    """One rule.

    Attributes:
        source: Where it is.
        why: What is wrong and what to do, in a sentence.
    """

    source: str
    why: str


# RFC 2369 (July 1998) has the List- fields, RFC 8058 (January 2017) the one click, RFC 6376 DKIM. The bulk sender rules
# of Gmail and Yahoo (both February 2024) ask for a link in the body beside the field. What people are shown about
# withdrawing consent is CNIL's and the Garante's (2026): a link in every message, as easy as agreeing was.
RULES: Final = {
    FindingKind.UNSUBSCRIBE_MISSING: UnsubscribeRule(
        "RFC 8058 section 3.1",
        "there is no List-Unsubscribe field; mail that people subscribed to needs one with an https URI",
    ),
    FindingKind.UNSUBSCRIBE_REPEATED: UnsubscribeRule(
        "RFC 2369 section 2",
        "the field may be in a message once, and programs take the first, the last or none; put all URIs into one",
    ),
    FindingKind.UNSUBSCRIBE_MALFORMED: UnsubscribeRule(
        "RFC 2369 section 2",
        "it must be `List-Unsubscribe: <URI>, <URI>` with absolute URIs, and nothing else but comments in parentheses",
    ),
    FindingKind.UNSUBSCRIBE_ENCODED: UnsubscribeRule(
        "RFC 2047 section 5",
        "it holds an encoded word, in which no program looks for a URL; write the message with `message_bytes`",
    ),
    FindingKind.UNSUBSCRIBE_SPLIT: UnsubscribeRule(
        "RFC 2369 section 2",
        "there is a space or line end inside the URI, and not every program removes it; fold before `<` only",
    ),
    FindingKind.UNSUBSCRIBE_BAD_CHARACTER: UnsubscribeRule(
        "RFC 3986 section 2",
        "it holds what no URI may; percent-encode non-ASCII letters, quotes, brackets and `%`; write `&`, not `&amp;`",
    ),
    FindingKind.UNSUBSCRIBE_TOO_LONG: UnsubscribeRule(
        "RFC 5322 section 2.1.1",
        "lines have at most 998 bytes, the field's name included: servers break this URI anywhere; shorten or fold it",
    ),
    FindingKind.UNSUBSCRIBE_PLACEHOLDER: UnsubscribeRule(
        "our choice; MailPoet issue 7026 is how it happens",
        "there is a placeholder instead of the address, so no one can leave; render the template before it is sent",
    ),
    FindingKind.UNSUBSCRIBE_NO_HTTPS: UnsubscribeRule(
        "RFC 8058 section 3.1",
        "there is no https URI, so one click cannot do anything; add one; a mailto URI may stay",
    ),
    FindingKind.UNSUBSCRIBE_SEVERAL_HTTPS: UnsubscribeRule(
        "RFC 8058 section 3.1",
        "there is more than one https URI, and nothing says which one a click is for; leave one",
    ),
    FindingKind.UNSUBSCRIBE_HTTP: UnsubscribeRule(
        "RFC 8058 section 3.1",
        "an http URI is not allowed, not even next to an https one; write it as https or remove it",
    ),
    FindingKind.UNSUBSCRIBE_TRACKED: UnsubscribeRule(
        "RFC 8058 section 3.1",
        "it leads through a tracking host or a redirect, which may not answer; use the address of the page itself",
    ),
    FindingKind.UNSUBSCRIBE_POST_MISSING: UnsubscribeRule(
        "RFC 8058 section 3.1",
        "without `List-Unsubscribe-Post: List-Unsubscribe=One-Click` no program offers one click; add it",
    ),
    FindingKind.UNSUBSCRIBE_POST_REPEATED: UnsubscribeRule(
        "RFC 8058 section 5",
        "the field may be in a message once; leave one",
    ),
    FindingKind.UNSUBSCRIBE_POST_VALUE: UnsubscribeRule(
        "RFC 8058 section 5",
        "its value must be exactly `List-Unsubscribe=One-Click`, after at most one space",
    ),
    FindingKind.UNSUBSCRIBE_POST_USELESS: UnsubscribeRule(
        "RFC 8058 section 3.1",
        "it promises one click where there is no List-Unsubscribe with an https URI; add that, or remove this",
    ),
    FindingKind.UNSUBSCRIBE_NOT_SIGNED: UnsubscribeRule(
        "RFC 8058 section 4",
        "no DKIM signature covers both fields, so programs must not offer one click; name both in its `h=` tag",
    ),
    FindingKind.UNSUBSCRIBE_LINK_MISSING: UnsubscribeRule(
        "Gmail and Yahoo, sender guidelines of February 2024",
        "the text that people read has no unsubscribe link; add one, with a word that says so",
    ),
    FindingKind.UNSUBSCRIBE_LINK_TRACKED: UnsubscribeRule(
        "our choice; MailPoet issue 5850 is how it happens",
        "the unsubscribe link is tracked: it records people who leave, and fails if the tracker does; link to the page",
    ),
    FindingKind.UNSUBSCRIBE_LINK_HIDDEN: UnsubscribeRule(
        "Gmail and Yahoo, sender guidelines of February 2024",
        "the unsubscribe link is there but cannot be seen; show it",
    ),
    FindingKind.WITHDRAWAL_LINK_MISSING: UnsubscribeRule(
        "CNIL and Garante, recommendations of 2026 on tracking pixels",
        "the message tracks a person, and no link in it that our keys signed lets them stop that; see `withdraw_url`",
    ),
    FindingKind.WITHDRAWAL_LINK_HIDDEN: UnsubscribeRule(
        "CNIL and Garante, recommendations of 2026 on tracking pixels",
        "the link to stop being tracked is there but cannot be seen; show it",
    ),
}


def broken(kind: FindingKind, place: str, url: str | None = None, /) -> Finding:
    """Say that a rule is broken."""
    return Finding(kind=kind, place=place, url=url, why=RULES[kind].why)
