"""Prove what a mail contains: audit it, compare it with another one, verify a rewrite, lint unsubscribe headers.

`docs/explanation/what-an-audit-proves.md` has the rules and what they cannot see.
"""

from __future__ import annotations

from lmtrack._audit.copies import compare_messages
from lmtrack._audit.difference import Difference
from lmtrack._audit.finding import Finding, FindingKind
from lmtrack._audit.message import audit_message
from lmtrack._audit.outcome import Audit, AuditOutcome
from lmtrack._audit.page import audit_html
from lmtrack._audit.renderings import compare_renderings
from lmtrack._audit.rewriting import verify_rewrite
from lmtrack._audit.unsubscribe import lint_unsubscribe

__all__ = [
    "Audit",
    "AuditOutcome",
    "Difference",
    "Finding",
    "FindingKind",
    "audit_html",
    "audit_message",
    "compare_messages",
    "compare_renderings",
    "lint_unsubscribe",
    "verify_rewrite",
]
