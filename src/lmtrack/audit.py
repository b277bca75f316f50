"""Prove what a message contains: audit it, compare it with another one, verify a rewrite, lint unsubscribe headers.

`docs/explanation/what-an-audit-proves.md` has the rules and what they cannot see.
"""

from __future__ import annotations

from lmtrack._checking.audit.message import audit_message
from lmtrack._checking.audit.page import Audit as Audit, AuditOutcome, audit_html
from lmtrack._checking.compare.messages import compare_messages
from lmtrack._checking.compare.pages import Difference as Difference, compare_renderings
from lmtrack._checking.finding import Finding as Finding, FindingKind
from lmtrack._checking.unsubscribe.header import lint_unsubscribe
from lmtrack._checking.verify.message import verify_message
from lmtrack._checking.verify.rewriting import verify_rewrite

__all__ = [
    "AuditOutcome",
    "FindingKind",
    "audit_html",
    "audit_message",
    "compare_messages",
    "compare_renderings",
    "lint_unsubscribe",
    "verify_message",
    "verify_rewrite",
]
