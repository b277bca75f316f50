"""What the codes of the library mean, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lmtrack import AdmissionReason, Consent, Decision, Human, Signal, TrackingMode

if TYPE_CHECKING:
    from tracker.store import Seen

# Class of the label, its words, and what follows from it.
VERDICTS = {
    Human.YES: ("person", "Person", "counts"),
    Human.YES_CLIENT_HIDDEN: ("person", "Person behind a proxy", "counts"),
    Human.UNKNOWABLE: ("open", "Nobody can know", "is not counted"),
    Human.NO: ("machine", "Machine", "is not counted"),
}
CONSENT = {
    Consent.GRANTED: ("person", "Agreed to be tracked"),
    Consent.DENIED: ("stop", "Said no"),
    Consent.WITHDRAWN: ("stop", "Withdrew consent"),
    Consent.UNKNOWN: ("open", "Was never asked"),
}
REFUSALS = {
    AdmissionReason.CONSENT_DENIED: "The reader said no.",
    AdmissionReason.CONSENT_WITHDRAWN: "The reader withdrew consent.",
    AdmissionReason.CONSENT_UNKNOWN: "Nobody asked the reader.",
    AdmissionReason.CONSENT_UNAVAILABLE: "What the reader says could not be looked up.",
    AdmissionReason.METHOD: "Something looked whether the link is there, and fetched nothing.",
    AdmissionReason.PREFETCH: "A browser fetched ahead of the reader.",
    AdmissionReason.EXPIRED: "The mail is older than 30 days.",
    AdmissionReason.NOT_YET_VALID: "The token is from the future: a clock is wrong.",
    AdmissionReason.SCANNER: "A scanner changed the letters of the token.",
    AdmissionReason.BAD_SIGNATURE: "Somebody changed the token.",
    AdmissionReason.UNKNOWN_KEY: "The token is signed with another key.",
    AdmissionReason.MALFORMED: "The token is cut off or made up.",
    AdmissionReason.WRONG_PURPOSE: "The token is for another kind of link.",
}
DECISIONS = {
    "route_off": "this stream of mail is not tracked",
    "override_false": "this mail's own header says no",
    "override_true": "this mail's own header says yes",
    "override_invalid": "this mail's own header cannot be read",
    "override_conflict": "this mail's own headers disagree",
    "consent_denied": "the reader said no",
    "consent_withdrawn": "the reader withdrew consent",
    "consent_unknown": "nobody asked the reader",
    "already_signed": "the mail was signed before",
    "no_html": "the mail has no HTML",
}


MEANINGS = {str(signal): signal.meaning for signal in Signal}


def meaning_of(code: str) -> str:
    """Say what a reason of a verdict means."""
    return MEANINGS.get(code, code)


def refusal(code: str) -> str:
    """Say why a request was not recorded."""
    return REFUSALS.get(AdmissionReason(code), "The request is none that may be recorded.")


def decided(decision: Decision, flag: str) -> str:
    """Say whether opens or clicks of a mail are tracked, and if not why."""
    mode: TrackingMode = getattr(decision, flag)
    if mode is not TrackingMode.OFF:
        return "tracked"
    codes = [reason.partition(":")[2] for reason in decision.reasons if reason.startswith(flag)]
    return f"not tracked: {', '.join(DECISIONS.get(code, code) for code in codes)}"


def what_happened(seen: Seen) -> str:
    """Say what an event is."""
    if seen.link is None:
        return "Opened"
    return f"Clicked “{seen.text}”" if seen.text else f"Clicked link {seen.link + 1}"


def times(number: int) -> str:
    """Say how often."""
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def count(number: int, one: str) -> str:
    """Write a number with its noun."""
    return f"{number} {one}{'' if number == 1 else 's'}"
