"""Prove what a mail contains: audit it, compare it with another one, verify a rewrite, lint unsubscribe headers.

`docs/explanation/what-an-audit-proves.md` has the rules and what they cannot see.
"""

from __future__ import annotations

from lmtrack._audit.finding import Finding, FindingKind
from lmtrack._audit.outcome import Audit, AuditOutcome
from lmtrack._audit.page import audit_html

__all__ = ["Audit", "AuditOutcome", "Finding", "FindingKind", "audit_html"]
