"""Prove what a mail contains: audit it, compare it with another one, verify a rewrite, lint unsubscribe headers.

`docs/explanation/what-an-audit-proves.md` has the rules and what they cannot see.
"""

from __future__ import annotations

from lmtrack._audit.finding import Finding, FindingKind

__all__ = ["Finding", "FindingKind"]
