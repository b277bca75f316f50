from __future__ import annotations

import pickle

import pytest

from lmtrack._checking.audit.page import Audit, AuditOutcome, audit_of
from lmtrack._checking.finding import Finding, FindingKind

K = FindingKind


def finding(kind: FindingKind, url: str | None = None, why: str = "why") -> Finding:
    return Finding(kind=kind, place="img src, line 1", url=url, why=why)


def test_every_kind_of_finding_has_an_outcome_and_none_is_clean() -> None:
    kinds = list(FindingKind)[: list(FindingKind).index(K.LIMIT_REACHED) + 1]  # the others are of other checks
    assert {audit_of([finding(kind)]).outcome for kind in kinds} == set(AuditOutcome) - {AuditOutcome.CLEAN}


@pytest.mark.parametrize(
    ("kinds", "outcome"),
    [
        ([], "clean"),
        ([K.AGGREGATE_TOKEN], "aggregate"),
        ([K.AGGREGATE_TOKEN, K.TRUNCATED], "not_provable"),
        ([K.LIMIT_REACHED, K.HIDDEN_IMAGE, K.AGGREGATE_TOKEN], "tracked"),
        ([K.READ_RECEIPT, K.ENCRYPTED], "tracked"),
    ],
)
def test_the_worst_finding_decides(kinds: list[FindingKind], outcome: str) -> None:
    assert audit_of(map(finding, kinds)).outcome == outcome


def test_findings_keep_their_order_and_only_the_first_of_equals_stays() -> None:
    first, second = finding(K.HIDDEN_IMAGE, "https://a.example/"), finding(K.IDENTIFIER, "https://a.example/")
    again = finding(K.HIDDEN_IMAGE, "https://a.example/", why="another")
    assert audit_of([first, second, again, first]).findings == (first, second)


def test_an_audit_is_a_value_that_pickles_and_turns_into_json_types() -> None:
    audit = audit_of([finding(K.HIDDEN_IMAGE, "https://a.example/")])
    assert pickle.loads(pickle.dumps(audit)) == audit == Audit(outcome=audit.outcome, findings=audit.findings)  # noqa: S301 - our own bytes
    assert hash(audit) == hash(audit_of(audit.findings))
    assert audit.to_dict() == {
        "outcome": "tracked",
        "findings": [
            {"kind": "hidden_image", "place": "img src, line 1", "url": "https://a.example/", "why": "why"},
        ],
    }
