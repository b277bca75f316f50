"""What an audit says: its findings, and the one word that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Final

from lmtrack._checking.finding import Finding, FindingKind

if TYPE_CHECKING:
    from collections.abc import Iterable


class AuditOutcome(StrEnum):
    """What the findings of an audit add up to, from best to worst."""

    CLEAN = auto()  # everything was read, and nothing was found
    AGGREGATE = auto()  # nothing but our tokens that are the same for every recipient
    NOT_PROVABLE = auto()  # no tracker was found, but something could not be read
    TRACKED = auto()


# Every kind has its outcome; of several the last one of `AuditOutcome` holds. A tracker that was found is one, however
# much else could not be read; and what could not be read is not known to be the same for everyone.
_OUTCOMES: Final = {
    FindingKind.OWN_TRACKING_URL: AuditOutcome.TRACKED,
    FindingKind.KNOWN_TRACKER: AuditOutcome.TRACKED,
    FindingKind.HIDDEN_IMAGE: AuditOutcome.TRACKED,
    FindingKind.REDIRECTOR: AuditOutcome.TRACKED,
    FindingKind.IDENTIFIER: AuditOutcome.TRACKED,
    FindingKind.READ_RECEIPT: AuditOutcome.TRACKED,
    FindingKind.AGGREGATE_TOKEN: AuditOutcome.AGGREGATE,
    FindingKind.ENCRYPTED: AuditOutcome.NOT_PROVABLE,
    FindingKind.UNDECODABLE: AuditOutcome.NOT_PROVABLE,
    FindingKind.TRUNCATED: AuditOutcome.NOT_PROVABLE,
    FindingKind.LIMIT_REACHED: AuditOutcome.NOT_PROVABLE,
}
_RANK: Final = {outcome: rank for rank, outcome in enumerate(AuditOutcome)}
_NOTHING: Final = AuditOutcome.CLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The result of an audit; made by `audit_html` and `audit_message`.

    Attributes:
        outcome: `clean`, `aggregate`, `tracked` or `not_provable`.
        findings: What the outcome follows from, in document order; empty if and only if the outcome is `clean`.
    """

    outcome: AuditOutcome
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the audit as JSON types.

        >>> from lmtrack import audit_html
        >>> audit_html("<p>Hello</p>").to_dict()
        {'outcome': 'clean', 'findings': []}
        """
        return {"outcome": self.outcome.value, "findings": [finding.to_dict() for finding in self.findings]}


def audit_of(findings: Iterable[Finding], /) -> Audit:
    """Make an audit of findings in document order; of equal kind, place and URL the first one stays."""
    first: dict[tuple[FindingKind, str, str | None], Finding] = {}
    for finding in findings:
        first.setdefault((finding.kind, finding.place, finding.url), finding)
    outcome = max((_OUTCOMES[finding.kind] for finding in first.values()), key=_RANK.__getitem__, default=_NOTHING)
    return Audit(outcome=outcome, findings=tuple(first.values()))
