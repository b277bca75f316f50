from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, strategies as st

from lmtrack.resolver import (
    Consent,
    ConsentRecord,
    Decision,
    Override,
    Reason,
    parse_headers,
    resolve,
    resolve_shared,
)
from override_cases import BOTH, CLICKS, INDIVIDUAL, OFF, OPENS, STRICT
from strategies import (
    DECISIONS,
    JSON,
)

Anything: TypeAlias = Any  # what a type checker would refuse

GOLDEN = json.loads((Path(__file__).resolve().parents[1] / "corpus" / "golden-evidence-1.json").read_text())
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_evidence_is_stable_json() -> None:
    override = parse_headers([(OPENS, "?"), (CLICKS, "true")])
    record = ConsentRecord(state=Consent.GRANTED, since=NOON, method="double-opt-in", wording="v3", reference="b1f0")
    decision = resolve(BOTH, override, consent=record, clicks_consent=Consent.DENIED, now=NOON)
    assert json.dumps(decision.to_dict()) == (
        '{"v": 2, "decided_at": "2026-03-01T12:00:00Z", '
        '"inputs": {"route": {"track_opens": true, "track_clicks": true, "require_consent": false, '
        '"without_consent": "off", "after_refusal": "off", "ceiling": "individual"}, '
        '"overrides": [{"track_opens": false, "track_clicks": true, "problems": ["opens:override_invalid"], '
        '"unread": [], "source": "headers"}], '
        '"consent": {"state": "granted", "since": "2026-03-01T12:00:00Z", "withdrawn_at": null, '
        '"method": "double-opt-in", "wording": "v3", "reference": "b1f0"}, '
        '"clicks_consent": {"state": "denied", "since": null, "withdrawn_at": null, "method": null, "wording": null, '
        '"reference": null}}, "limits": [], '
        '"result": {"opens": "off", "clicks": "off"}, "reasons": ["opens:override_invalid", "clicks:consent_denied"]}'
    )


def test_evidence_of_every_earlier_version_reads_back_and_is_written_as_it_was() -> None:
    for line in GOLDEN["evidence"]:
        decision = Decision.from_dict(line)
        assert decision.to_dict() == line
        assert json.dumps(decision.to_dict()) == json.dumps(line)
        assert decision.decided_at is None


def test_old_evidence_that_is_lowered_or_shared_today_is_todays() -> None:
    old = next(one for one in map(Decision.from_dict, GOLDEN["evidence"]) if one.opens is INDIVIDUAL)
    assert old.version == 1
    lowered = old.lower(Reason.NO_HTML, opens=OFF)
    assert (lowered.version, Decision.from_dict(lowered.to_dict())) == (2, lowered)
    shared = resolve_shared([old, resolve(STRICT)])
    assert (shared.version, Decision.from_dict(shared.to_dict())) == (2, shared)
    envelope = {**GOLDEN["evidence"][0], "inputs": {"shared": [resolve(BOTH).to_dict(), resolve(STRICT).to_dict()]}}
    with pytest.raises(ValueError, match=r"^evidence: unknown version$"):
        Decision.from_dict(envelope)


def test_evidence_says_when_it_was_decided_and_two_times_are_one_decision() -> None:
    first, second = (resolve(BOTH, now=NOON + timedelta(days=days)) for days in (0, 1))
    assert first == second
    assert first.to_dict() != second.to_dict()
    assert Decision.from_dict(first.to_dict()).decided_at == NOON
    assert first.lower(Reason.NO_HTML, opens=OFF).decided_at == NOON
    shared = resolve_shared([first, resolve(STRICT, now=NOON - timedelta(days=1))])
    assert shared.decided_at == NOON
    assert resolve(BOTH, now=NOON + timedelta(seconds=0.9)).decided_at == NOON
    with pytest.raises(ValueError, match=r"^now must be an aware"):
        resolve(BOTH, now=NOON.replace(tzinfo=None))


def test_evidence_of_a_shared_body_keeps_nobodys_record() -> None:
    answers = ((Consent.GRANTED, None), (Consent.DENIED, None), (Consent.GRANTED, NOON))
    records = [
        ConsentRecord(state=state, since=NOON, withdrawn_at=withdrawn_at, reference=f"ref-{number}")
        for number, (state, withdrawn_at) in enumerate(answers)
    ]
    people = [resolve(BOTH, consent=record, now=datetime(2026, 4, 1, tzinfo=UTC)) for record in records]
    shared = resolve_shared(people)
    text = json.dumps(shared.to_dict())
    assert "ref-" not in text
    assert text.count("2026-03") == 0
    assert shared.reasons[:2] == ("opens:consent_denied", "opens:consent_withdrawn")
    assert Decision.from_dict(json.loads(text)) == shared
    assert resolve_shared(reversed(people)).to_dict()["inputs"] == shared.to_dict()["inputs"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("decided_at",), 3),
        (("decided_at",), "yesterday"),
        (("decided_at",), "2026-03-01T12:00:00"),
        (("decided_at",), "0001-01-01T00:00:00+02:00"),
        (("inputs", "consent", "since"), "2026-03-01"),
        (("inputs", "consent", "since"), "2026-03-01T12:00:00+00:00"),
        (("inputs", "consent", "method"), 3),
        (("inputs", "consent", "reference"), "ann@shop.example"),
        (("inputs", "consent", "wording"), "f" * 65),
        (("inputs", "consent"), "granted"),
        (("inputs", "clicks_consent"), "granted"),
        (("inputs", "overrides", 0, "source"), "guess"),
        (("inputs", "overrides", 0, "unread"), [3]),
        (("inputs", "overrides", 0, "unread"), [None]),
        (("inputs", "route", "ceiling"), "off"),
        (("inputs", "route", "after_refusal"), "individual"),
    ],
)
def test_evidence_with_another_form_in_it_is_refused(path: tuple[Any, ...], value: object) -> None:
    record = ConsentRecord(state=Consent.GRANTED, since=NOON)
    evidence = json.loads(json.dumps(resolve(BOTH, Override(track_opens=True), consent=record, now=NOON).to_dict()))
    put(evidence, path, value)
    with pytest.raises(ValueError):  # noqa: PT011 - of whichever value it is
        Decision.from_dict(evidence)


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        (("decided_at",), 3, "a time or null"),
        (("inputs", "consent", "method"), 3, "a text or null"),
        (("inputs", "overrides"), {}, "an array"),
        (("inputs", "route", "ceiling"), "on", "one of off, aggregate, deliverability, individual"),
        (("limits",), [{}], "an object with exactly flag, mode, reason"),
    ],
)
def test_evidence_that_is_refused_says_what_was_expected(path: tuple[Any, ...], value: object, rule: str) -> None:
    evidence = json.loads(json.dumps(resolve(BOTH, consent=ConsentRecord(state=Consent.GRANTED)).to_dict()))
    put(evidence, path, value)
    with pytest.raises(ValueError, match=f"^evidence: expected {rule}$"):
        Decision.from_dict(evidence)


def test_evidence_of_version_1_has_a_consent_for_each_flag() -> None:
    evidence = json.loads(json.dumps(GOLDEN["evidence"][0]))
    evidence["inputs"]["clicks_consent"] = None
    with pytest.raises(ValueError, match=r"^evidence: expected one of granted, denied, withdrawn, unknown$"):
        Decision.from_dict(evidence)


def test_evidence_holds_a_consent_once_that_is_for_both_flags() -> None:
    record = ConsentRecord(state=Consent.GRANTED, reference="b1f0")
    for clicks in (None, record):
        inputs = resolve(BOTH, consent=record, clicks_consent=clicks).to_dict()["inputs"]
        assert isinstance(inputs, dict)
        assert inputs["clicks_consent"] is None


def test_texts_in_evidence_may_be_of_a_subclass_of_str() -> None:
    class Text(str):
        __slots__ = ()

    evidence = json.loads(json.dumps(resolve(BOTH, parse_headers([("X-LM-Override-Opens", "1")])).to_dict()))
    evidence["inputs"]["overrides"][0]["unread"] = [Text("X-LM-Override-Opens")]
    evidence["inputs"]["consent"]["state"] = Text("unknown")
    inputs: Anything = Decision.from_dict(evidence).inputs
    assert inputs.consent.state is Consent.UNKNOWN
    assert [type(name) for name in inputs.overrides[0].unread] == [str]


def test_evidence_of_a_shared_body_keeps_the_names_that_nobody_could_read() -> None:
    misspelt = parse_headers([("X-LM-Override-Opens", "1")])
    inputs = resolve_shared([resolve(BOTH, misspelt), resolve(BOTH)]).to_dict()["inputs"]
    assert json.dumps(inputs).count('"unread": ["X-LM-Override-Opens"]') == 1


def test_evidence_of_a_lowered_shared_body_holds_every_step() -> None:
    shared = resolve_shared([resolve(BOTH), resolve(BOTH, consent=Consent.GRANTED)])
    evidence = shared.lower(Reason.NO_HTML, opens=OFF).to_dict()
    assert evidence["limits"] == [{"flag": "opens", "mode": "off", "reason": "no_html"}]
    inputs = evidence["inputs"]
    assert isinstance(inputs, dict)
    assert [member["reasons"] for member in inputs["shared"]] == [
        [],
        ["opens:consent_unknown_allowed", "clicks:consent_unknown_allowed"],
    ]


@given(DECISIONS)
def test_evidence_round_trips_through_json(decision: Decision) -> None:
    evidence = decision.to_dict()
    assert Decision.from_dict(evidence) == decision
    assert Decision.from_dict(json.loads(json.dumps(evidence, sort_keys=True))) == decision
    assert json.dumps(Decision.from_dict(evidence).to_dict()) == json.dumps(evidence)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every value inside some JSON."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, child in inner for found in ((*path, key), *places(child, (*path, key)))]


def put(data: Anything, path: tuple[Any, ...], value: object) -> None:
    for key in path[:-1]:
        data = data[key]
    data[path[-1]] = value


@given(DECISIONS, st.data())
def test_evidence_changed_in_one_place_is_refused_or_true(decision: Decision, data: st.DataObject) -> None:
    evidence = json.loads(json.dumps(decision.to_dict()))
    path = data.draw(st.sampled_from(places(evidence)))
    value = data.draw(JSON | st.sampled_from(["off", "aggregate", "individual", "granted", "denied", 1, 1.0, True]))
    put(evidence, path, value)
    try:
        read = Decision.from_dict(evidence)
    except ValueError:
        return
    assert read.to_dict() == evidence
    assert json.dumps(read.to_dict()) == json.dumps(evidence)


@pytest.mark.parametrize("version", [0, 3, "1", None, True, 1.0, [1]])
def test_unknown_evidence_version_is_refused(version: object) -> None:
    with pytest.raises(ValueError, match=r"^evidence: unknown version$"):
        Decision.from_dict({**resolve(BOTH).to_dict(), "v": version})


@pytest.mark.parametrize(
    "change",
    [
        {"result": {"opens": "off", "clicks": "individual"}},
        {"reasons": []},
        {"reasons": ["opens:consent_unknown_allowed"]},
        {"note": "x"},
        {"inputs": {}},
        {"inputs": {"shared": []}},
        {"inputs": {"shared": 3}},
        {"inputs": None},
        {"limits": [{"flag": "opens", "mode": "individual", "reason": "no_html"}]},
        {"limits": [{"flag": "pixels", "mode": "off", "reason": "no_html"}]},
        {"limits": [{"flag": "opens", "mode": "off", "reason": "made_up"}]},
        {"limits": [{"flag": "opens", "mode": 0, "reason": "no_html"}]},
        {"limits": [["opens", "off", "no_html"]]},
        {"limits": {}},
    ],
)
def test_evidence_that_contradicts_itself_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"evidence|limit|recipient"):
        Decision.from_dict({**resolve(BOTH).to_dict(), **change})


def test_evidence_with_a_number_for_a_boolean_is_refused() -> None:
    evidence = json.loads(json.dumps(resolve(BOTH).to_dict()))
    evidence["inputs"]["route"]["track_opens"] = 1
    with pytest.raises(ValueError, match="expected one of true, false"):
        Decision.from_dict(evidence)


def test_evidence_that_lacks_a_member_is_refused() -> None:
    evidence = resolve(BOTH).to_dict()
    del evidence["limits"]
    with pytest.raises(ValueError, match="exactly v, decided_at, inputs, limits, result, reasons"):
        Decision.from_dict(evidence)


def test_evidence_nested_without_end_is_refused() -> None:
    evidence: dict[str, object] = resolve(BOTH).to_dict()
    for _ in range(1500):  # more than Python may call
        evidence = {**evidence, "inputs": {"shared": [evidence]}}
    with pytest.raises(ValueError, match="nest"):
        Decision.from_dict(evidence)


def test_evidence_of_one_shared_decision_hidden_in_another_is_refused() -> None:
    shared = resolve_shared([resolve(BOTH), resolve(STRICT)]).to_dict()
    with pytest.raises(ValueError, match=r"^evidence: result and reasons do not follow from the inputs$"):
        Decision.from_dict({**shared, "inputs": {"shared": [shared]}})
