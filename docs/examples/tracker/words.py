"""What the codes of the library mean, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lmtrack import Actor, AdmissionReason, Consent, Decision, Human
from lmtrack.classifier import Signal

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from tracker.store import Seen

# The class of the label, its words, and what follows from it.
VERDICTS = {
    Human.YES: ("person", "Person", "counts"),
    Human.YES_CLIENT_HIDDEN: ("person", "Person behind a proxy", "counts"),
    Human.UNKNOWABLE: ("open", "Cannot be known", "does not count"),
    Human.NO: ("machine", "Machine", "does not count"),
}
EVIDENCE = {1: "weak", 2: "medium", 3: "strong"}
CONSENT = {
    Consent.GRANTED: ("person", "Agreed to be tracked"),
    Consent.DENIED: ("stop", "Said no"),
    Consent.WITHDRAWN: ("stop", "Withdrew consent"),
    Consent.UNKNOWN: ("open", "Was never asked"),
}
REFUSALS = {
    AdmissionReason.CONSENT_DENIED: "The reader said no.",
    AdmissionReason.CONSENT_WITHDRAWN: "The reader withdrew consent.",
    AdmissionReason.CONSENT_UNKNOWN: "The reader was never asked.",
    AdmissionReason.BEFORE_WITHDRAWAL: "The email is from before the reader withdrew.",
    AdmissionReason.BEFORE_CONSENT: "The email is from before the reader agreed.",
    AdmissionReason.CEILING: "The host’s own limit is lower.",
    AdmissionReason.CONSENT_UNAVAILABLE: "The reader’s consent could not be looked up.",
    AdmissionReason.METHOD: "Something checked whether the link exists, and fetched nothing.",
    AdmissionReason.PREFETCH: "A browser fetched ahead of the reader.",
    AdmissionReason.EXPIRED: "The email is older than 30 days.",
    AdmissionReason.NOT_YET_VALID: "The token is from the future: a clock is wrong.",
    AdmissionReason.SCANNER: "A scanner changed the letters of the token.",
    AdmissionReason.BAD_SIGNATURE: "Someone changed the token.",
    AdmissionReason.UNKNOWN_KEY: "The token is signed with another key.",
    AdmissionReason.MALFORMED: "The token is cut off or made up.",
    AdmissionReason.WRONG_PURPOSE: "The token is for another kind of link.",
}
DECISIONS = {
    "route_off": "this stream of mail is not tracked",
    "override_false": "this email’s own header says no",
    "override_true": "this email’s own header says yes",
    "override_invalid": "this email’s own header cannot be read",
    "override_conflict": "this email’s own headers disagree",
    "consent_denied": "the reader said no",
    "consent_withdrawn": "the reader withdrew consent",
    "consent_unknown": "the reader was never asked",
    "already_signed": "the email was already signed",
    "no_html": "the email has no HTML",
    "raw_message": "a whole message was passed as HTML",
    "line_too_long": "the email’s lines have no room",
    "already_tracked": "the email was tracked before",
}


# In the order in which the chart shows them: the class of its colour, its name there, and several in a sentence.
WHO = {
    "person": ("Person", "people"),
    "proxy": ("Privacy proxy", "privacy proxies"),
    "machine": ("Machine", "machines"),
    "unknown": ("Unknown", "unknown clients"),
}
PROXIES = {Actor.APPLE_MPP, Actor.IMAGE_PROXY, Actor.GMAIL_PREFETCH}  # what loads pictures for people
MEANINGS = {str(signal): signal.meaning for signal in Signal}


def verdict(kept: dict[str, Any]) -> tuple[str, str, str]:
    """Return the label of a verdict, as `Verdict.to_dict` wrote it, and what follows from it."""
    kind, text, counts = VERDICTS[Human(kept["human"])]
    return kind, "Unknown" if kept["actor"] == Actor.UNKNOWN else text, counts


def who(kept: dict[str, Any]) -> str:
    """Say who was there, as far as the chart tells them apart."""
    human = Human(kept["human"])
    if human in {Human.YES, Human.YES_CLIENT_HIDDEN}:
        return "person"
    if human is Human.NO:
        return "machine"
    return "proxy" if kept["actor"] in PROXIES else "unknown"


def meaning(code: str) -> str:
    """Say what a reason of a verdict means."""
    return MEANINGS.get(code, code)


def refusal(code: str) -> str:
    """Say why a request was not recorded."""
    return REFUSALS.get(AdmissionReason(code), "The request is none that may be recorded.")


def decided(decision: Decision, flag: str) -> str:
    """Return whether opens or clicks of an email are tracked, and if not why."""
    if getattr(decision, f"track_{flag}"):
        return "tracked"
    codes = [reason.partition(":")[2] for reason in decision.reasons if reason.startswith(flag)]
    return f"not tracked: {', '.join(DECISIONS.get(code, code) for code in codes)}"


def what_happened(seen: Seen) -> str:
    """Say what an event is, after the name of the reader, who did it only if a person was there."""
    link = "" if seen.link is None else f"“{seen.text}”" if seen.text else f"link {seen.link + 1}"
    if seen.counts:
        return f" clicked {link}" if link else " opened the letter"
    return f"’s letter: {link} was fetched" if link else "’s letter: its pixel was fetched"


def place(url: str) -> str:
    """Write a destination as short as it can be told from others: the name that this host plays, and the path."""
    bare, question, _ = url.partition("?")
    return f"{bare.partition('://')[2].partition('/web/')[2] or bare}{'?…' if question else ''}"


def times(number: int) -> str:
    """Say how often."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def summary(decision: Decision, opens: Counter[str], clicks: Counter[str]) -> str:
    """Say what is known of what its reader did with a letter, and apart from that what was not the reader.

    Args:
        decision: Whether it is tracked.
        opens: How many there were, by `who`; a letter goes to one person.
        clicks: The same.
    """
    known = [(decision.track_opens, opens, "open"), (decision.track_clicks, clicks, "click")]
    sums = [f"{n['person']} {noun}{'' if n['person'] == 1 else 's'}" for tracked, n, noun in known if tracked]
    if not sums:
        return "What became of it is unknown"
    others = {several: opens[who] + clicks[who] for who, (_, several) in WHO.items() if who != "person"}
    apart = [f"{number} by {several}" for several, number in others.items() if number]
    return f"{' and '.join(sums)} by the reader" + (f"; also {listed(apart)}" if apart else "")


def listed(items: Sequence[str]) -> str:
    """Join items as a sentence does."""
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last
