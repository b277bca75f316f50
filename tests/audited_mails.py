"""A picture of somebody who tracks, and how the tests of the audit read what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lmtrack.audit import Audit

TRACKER = "https://pixel.tracker.example/a/logo.png"


def kinds(audit: Audit) -> list[str]:
    return [finding.kind.value for finding in audit.findings]


def places(audit: Audit) -> list[str]:
    return [finding.place for finding in audit.findings]
