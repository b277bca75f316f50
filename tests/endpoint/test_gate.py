from __future__ import annotations

import itertools
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, strategies as st

from lmtrack import BadToken, Consent, Route, TrackingMode, errors
from lmtrack._agents.verdict import Actor, Evidence, Human, Verdict
from lmtrack.endpoint import Admission, AdmissionReason, admit
from lmtrack.resolver import ConsentRecord
from lmtrack.tokens import ClickToken, OpenToken, WithdrawToken
from strategies import CONSENTS, MODES, ROUTES

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
STRICT = Route(track_opens=True, track_clicks=True, require_consent=True)
OFF, AGGREGATE, DELIVERABILITY, INDIVIDUAL = TrackingMode

PERSON = Verdict(actor=Actor.HUMAN, human=Human.YES, evidence=2, reasons=("ua.browser",))
HIDDEN = Verdict(actor=Actor.IMAGE_PROXY, human=Human.YES_CLIENT_HIDDEN, evidence=3)
APPLE = Verdict(actor=Actor.APPLE_MPP, human=Human.UNKNOWABLE, evidence=2)
CRAWLER = Verdict(actor=Actor.CRAWLER, human=Human.NO, evidence=3)

TOKENS = st.builds(OpenToken, st.just("letter"), st.integers(0, 9), MODES, st.just(AT)) | st.builds(
    ClickToken, st.just("letter"), st.integers(0, 9), MODES, st.just(AT), st.integers(0, 9), st.none()
)
VERDICTS = st.none() | st.builds(
    Verdict, actor=st.sampled_from(Actor), human=st.sampled_from(Human), evidence=st.sampled_from(get_args(Evidence))
)
METHODS = st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "OPTIONS", "get", ""])
WITHDRAWALS = st.none() | st.integers(-2, 2).map(lambda seconds: AT + timedelta(seconds=seconds))


def opened(mode: TrackingMode = INDIVIDUAL) -> OpenToken:
    return OpenToken("letter-4471", 2, mode, AT)


def clicked(mode: TrackingMode = INDIVIDUAL) -> ClickToken:
    return ClickToken("letter-4471", 2, mode, AT, 3, "https://shop.example/")


@pytest.mark.parametrize("token", [opened(), clicked()])
@pytest.mark.parametrize(
    ("consent", "record", "reason"),
    [
        (Consent.GRANTED, True, "consent_granted"),
        (Consent.DENIED, False, "consent_denied"),
        (Consent.WITHDRAWN, False, "consent_withdrawn"),
        (Consent.UNKNOWN, False, "consent_unknown"),
    ],
)
def test_consent_as_it_is_now_decides(
    token: OpenToken | ClickToken, consent: Consent, record: bool, reason: str
) -> None:
    admission = admit(token, consent=consent, route=STRICT)
    assert (admission.record, admission.identified, admission.reason) == (record, record, reason)


def test_unknown_consent_is_enough_where_the_route_does_not_require_it() -> None:
    admission = admit(opened(), consent=Consent.UNKNOWN, route=Route())
    assert admission == Admission(mode=INDIVIDUAL, reason=AdmissionReason.CONSENT_UNKNOWN_ALLOWED)


@pytest.mark.parametrize(
    ("without_consent", "mode", "left", "reason"),
    [
        (OFF, AGGREGATE, AGGREGATE, "without_consent"),
        (OFF, DELIVERABILITY, OFF, "consent_unknown"),
        (OFF, INDIVIDUAL, OFF, "consent_unknown"),
        (AGGREGATE, AGGREGATE, AGGREGATE, "without_consent"),
        (AGGREGATE, DELIVERABILITY, OFF, "consent_unknown"),
        (AGGREGATE, INDIVIDUAL, OFF, "consent_unknown"),
        (DELIVERABILITY, AGGREGATE, AGGREGATE, "without_consent"),
        (DELIVERABILITY, DELIVERABILITY, DELIVERABILITY, "without_consent"),
        (DELIVERABILITY, INDIVIDUAL, OFF, "consent_unknown"),
    ],
)
def test_unknown_consent_leaves_what_the_route_does_without(
    without_consent: TrackingMode, mode: TrackingMode, left: TrackingMode, reason: str
) -> None:
    route = Route(require_consent=True, without_consent=without_consent)
    assert admit(opened(mode), consent=Consent.UNKNOWN, route=route) == Admission(
        mode=left, reason=AdmissionReason(reason)
    )


def test_the_mode_says_what_may_be_kept() -> None:
    kept = {mode: admit(opened(mode), consent=Consent.GRANTED, route=STRICT) for mode in TrackingMode}
    assert [(a.record, a.identified, a.count_only, a.open_day) for a in kept.values()] == [
        (False, False, False, False),
        (True, False, True, False),
        (True, False, False, True),
        (True, True, False, False),
    ]
    assert kept[OFF].reason is AdmissionReason.NOT_TRACKED


def test_a_click_has_no_day_of_a_last_open() -> None:
    admission = admit(clicked(DELIVERABILITY), consent=Consent.GRANTED, route=STRICT)
    assert admission == Admission(mode=OFF, reason=AdmissionReason.NOT_TRACKED)


@pytest.mark.parametrize("consent", Consent)
@pytest.mark.parametrize(("seconds", "record"), [(-1, True), (0, False), (0.5, False), (1, False)])
def test_what_was_issued_before_a_withdrawal_stays_unrecorded_whatever_was_said_since(
    consent: Consent, seconds: float, record: bool
) -> None:
    withdrawn_at = AT + timedelta(seconds=seconds)
    admission = admit(opened(), consent=consent, route=Route(), withdrawn_at=withdrawn_at)
    if record:
        assert admission == admit(opened(), consent=consent, route=Route())
    else:
        assert admission == Admission(mode=OFF, reason=AdmissionReason.BEFORE_WITHDRAWAL)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "get", ""])
def test_only_get_is_recorded(method: str) -> None:
    admission = admit(opened(), consent=Consent.GRANTED, route=STRICT, method=method)
    assert admission == Admission(mode=OFF, reason=AdmissionReason.METHOD)


@pytest.mark.parametrize("mode", [AGGREGATE, INDIVIDUAL])
@pytest.mark.parametrize("verdict", [None, PERSON, HIDDEN, APPLE, CRAWLER])
def test_machines_are_recorded_beside_people_because_the_verdict_tells_them_apart(
    mode: TrackingMode, verdict: Verdict | None
) -> None:
    admission = admit(opened(mode), consent=Consent.GRANTED, route=STRICT, verdict=verdict)
    reason = AdmissionReason.WITHOUT_CONSENT if mode is AGGREGATE else AdmissionReason.CONSENT_GRANTED
    assert admission == Admission(mode=mode, reason=reason)


@pytest.mark.parametrize(
    ("verdict", "reason"),
    [
        (None, "consent_granted"),
        (PERSON, "consent_granted"),
        (HIDDEN, "consent_granted"),
        (APPLE, "not_known"),
        (CRAWLER, "machine"),
    ],
)
def test_the_day_of_a_last_open_is_one_of_people(verdict: Verdict | None, reason: str) -> None:
    admission = admit(opened(DELIVERABILITY), consent=Consent.GRANTED, route=STRICT, verdict=verdict)
    assert (admission.open_day, admission.reason) == (reason == "consent_granted", reason)


GOOD: dict[str, Any] = {"consent": Consent.GRANTED, "route": STRICT}


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"consent": None}, r"^consent must be a Consent or a ConsentRecord, not NoneType$"),
        ({"consent": True}, r"^consent must be a Consent or a ConsentRecord, not bool$"),
        ({"consent": "granted"}, r"^consent must be a Consent or a ConsentRecord, not str$"),
        ({"route": None}, r"^route must be a Route, not NoneType$"),
        ({"verdict": "human"}, r"^verdict must be a Verdict or None, not str$"),
        ({"method": None}, r"^method must be a str, not NoneType$"),
        ({"method": b"GET"}, r"^method must be a str, not bytes$"),
        ({"withdrawn_at": "2026-01-01"}, r"^withdrawn_at must be an aware datetime or None, not str$"),
    ],
)
def test_other_types_are_the_callers_mistake(changed: dict[str, object], text: str) -> None:
    with pytest.raises(TypeError, match=text):
        admit(opened(), **(GOOD | changed))


@pytest.mark.parametrize("token", [None, "token", WithdrawToken("letter", 0, AT)])
def test_only_opens_and_clicks_are_admitted(token: object) -> None:
    with pytest.raises(TypeError, match=rf"^token must be an OpenToken or a ClickToken, not {type(token).__name__}$"):
        admit(token, **GOOD)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^mode must be a TrackingMode, not int$"):
        admit(OpenToken("letter", 0, 3, AT), **GOOD)  # type: ignore[arg-type]


def test_a_naive_withdrawal_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^withdrawn_at must be an aware datetime"):
        admit(opened(), **GOOD, withdrawn_at=AT.replace(tzinfo=None))
    by_hand = OpenToken("letter", 0, INDIVIDUAL, AT.replace(tzinfo=None))
    with pytest.raises(ValueError, match=r"^token\.issued_at must be an aware datetime"):
        admit(by_hand, **GOOD, withdrawn_at=AT)


def test_consent_and_route_have_no_default() -> None:
    with pytest.raises(TypeError):
        admit(opened(), route=STRICT)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        admit(opened(), consent=Consent.GRANTED)  # type: ignore[call-arg]


def test_every_reason_of_a_bad_token_is_one_of_ours() -> None:
    leaves = [leaf for leaf in vars(errors).values() if isinstance(leaf, type) and issubclass(leaf, BadToken)]
    assert len(leaves) == 10
    assert {leaf.reason for leaf in leaves} <= set(AdmissionReason)


def test_an_admission_is_a_value() -> None:
    admission = admit(opened(), **GOOD)
    assert pickle.loads(pickle.dumps(admission)) == admission  # noqa: S301 - our own bytes
    assert hash(admission) == hash(admit(opened(), **GOOD))
    with pytest.raises(AttributeError):
        admission.mode = OFF  # type: ignore[misc]


# Over all combinations


@given(token=TOKENS, consent=CONSENTS, route=ROUTES, withdrawn_at=WITHDRAWALS, verdict=VERDICTS, method=METHODS)
def test_nothing_is_recorded_that_any_one_input_forbids(
    *,
    token: OpenToken | ClickToken,
    consent: Consent,
    route: Route,
    withdrawn_at: datetime | None,
    verdict: Verdict | None,
    method: str,
) -> None:
    admission = admit(token, consent=consent, route=route, withdrawn_at=withdrawn_at, verdict=verdict, method=method)
    kept = [admission.identified, admission.count_only, admission.open_day]
    assert sum(kept) == admission.record
    forbidden = (
        method != "GET"
        or token.mode > route.ceiling
        or token.mode is OFF
        or (
            token.mode is not AGGREGATE
            and (
                consent in {Consent.DENIED, Consent.WITHDRAWN}
                or (withdrawn_at is not None and token.issued_at <= withdrawn_at)
                or (consent is Consent.UNKNOWN and route.require_consent and token.mode > route.without_consent)
            )
        )
        or (token.mode is DELIVERABILITY and isinstance(token, ClickToken))
        or (token.mode is DELIVERABILITY and verdict is not None and not verdict.counts_for_metrics)
    )
    assert admission.mode == (OFF if forbidden else token.mode)
    allowed = {"consent_granted", "consent_unknown_allowed", "without_consent"}
    assert (admission.reason in allowed) == admission.record


# Every cell: a second opinion, written from the rules and not from the code

SENT = datetime(2026, 1, 1, 12, tzinfo=UTC)
SKEWS = [timedelta(minutes=minutes) for minutes in (-6, 0, 6)]  # how far the clock of the mail host was wrong
TIMES = [None, *(SENT + timedelta(seconds=seconds) for seconds in (-400, -0.5, 0, 0.5, 400))]
ALL_ROUTES = [
    Route(require_consent=require, without_consent=without, after_refusal=after, ceiling=ceiling)
    for require, without, after, ceiling in itertools.product(
        (False, True), (OFF, AGGREGATE, DELIVERABILITY), (OFF, AGGREGATE), TrackingMode
    )
]


def consents_to(record: ConsentRecord, issued_at: datetime) -> bool | None:
    """Return whether the record covers what was issued then; None if it says nothing."""
    withdrawn = record.state in {Consent.DENIED, Consent.WITHDRAWN}
    if record.withdrawn_at is not None:
        no_later_consent = record.state is not Consent.GRANTED or (
            record.since is not None and record.since <= record.withdrawn_at
        )
        withdrawn = withdrawn or no_later_consent or issued_at <= record.withdrawn_at
    if withdrawn:
        return False
    if record.state is Consent.UNKNOWN:
        return None
    return record.since is None or record.since <= issued_at


def test_no_cell_records_without_consent() -> None:
    cells = recorded = 0
    for skew, state, since, withdrawn_at in itertools.product(SKEWS, Consent, TIMES, TIMES):
        record = ConsentRecord(state=state, since=since, withdrawn_at=withdrawn_at)
        issued_at = SENT + skew
        covered = consents_to(record, issued_at)
        for mode, route in itertools.product(TrackingMode, ALL_ROUTES):
            for token in (OpenToken("letter", 0, mode, issued_at), ClickToken("letter", 0, mode, issued_at, 0, None)):
                admission = admit(token, consent=record, route=route)
                cells += 1
                if mode is AGGREGATE:
                    assert admission.count_only == (route.ceiling >= AGGREGATE)
                    continue
                expected = (
                    covered is True
                    or (covered is None and (not route.require_consent or mode <= route.without_consent))
                ) and OFF < mode <= route.ceiling
                if mode is DELIVERABILITY and isinstance(token, ClickToken):
                    expected = False
                assert admission.record == expected, (record, route, token, admission)
                assert admission.mode is (mode if expected else OFF)
                recorded += expected
    assert cells == 3 * 4 * 6 * 6 * 4 * 48 * 2
    assert recorded > 1000


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (ConsentRecord(state=Consent.GRANTED, since=AT), "consent_granted"),
        (ConsentRecord(state=Consent.GRANTED, since=AT + timedelta(seconds=0.1)), "before_consent"),
        (ConsentRecord(state=Consent.GRANTED, since=AT + timedelta(days=1)), "before_consent"),
        (ConsentRecord(state=Consent.GRANTED, withdrawn_at=AT), "before_withdrawal"),
        (ConsentRecord(state=Consent.GRANTED, withdrawn_at=AT - timedelta(seconds=1)), "consent_granted"),
        (ConsentRecord(state=Consent.GRANTED, since=AT, withdrawn_at=AT), "consent_withdrawn"),
        (ConsentRecord(state=Consent.UNKNOWN, withdrawn_at=AT - timedelta(days=1)), "consent_withdrawn"),
        (ConsentRecord(state=Consent.DENIED, withdrawn_at=AT), "consent_denied"),
    ],
)
def test_the_record_says_why(record: ConsentRecord, reason: str) -> None:
    for token in (opened(), clicked(), opened(DELIVERABILITY)):
        admission = admit(token, consent=record, route=Route())
        assert (admission.record, admission.reason) == (reason == "consent_granted", reason)


@pytest.mark.parametrize("ceiling", [OFF, AGGREGATE, DELIVERABILITY])
def test_what_is_above_todays_ceiling_is_not_recorded(ceiling: TrackingMode) -> None:
    admission = admit(opened(), consent=Consent.GRANTED, route=Route(ceiling=ceiling))
    assert admission == Admission(mode=OFF, reason=AdmissionReason.CEILING)


@pytest.mark.parametrize("consent", Consent)
def test_of_a_campaigns_token_nobody_is_asked(consent: Consent) -> None:
    record = ConsentRecord(state=consent, since=AT + timedelta(days=1), withdrawn_at=AT + timedelta(days=2))
    for said in (consent, record):
        admission = admit(opened(AGGREGATE), consent=said, route=STRICT, withdrawn_at=AT + timedelta(days=2))
        assert admission == Admission(mode=AGGREGATE, reason=AdmissionReason.WITHOUT_CONSENT)


# The page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "what-may-be-recorded.md"
ROWS: dict[str, tuple[Consent, Route]] = {
    "granted": (Consent.GRANTED, STRICT),
    "unknown, and the route does not require it": (Consent.UNKNOWN, Route()),
    "denied": (Consent.DENIED, Route(without_consent=DELIVERABILITY)),
    "withdrawn": (Consent.WITHDRAWN, Route(without_consent=DELIVERABILITY)),
} | {
    f"unknown, required, `without_consent={mode.name}`": (
        Consent.UNKNOWN,
        Route(require_consent=True, without_consent=mode),
    )
    for mode in (OFF, AGGREGATE, DELIVERABILITY)
}
COLUMNS: dict[str, list[OpenToken | ClickToken]] = {
    "`INDIVIDUAL`": [opened(), clicked()],
    "`DELIVERABILITY`, an open": [opened(DELIVERABILITY)],
    "`AGGREGATE`": [opened(AGGREGATE), clicked(AGGREGATE)],
    "`OFF`, or a click in `DELIVERABILITY`": [opened(OFF), clicked(OFF), clicked(DELIVERABILITY)],
}
CELLS = {"recorded, identified": INDIVIDUAL, "counted": AGGREGATE, "day only": DELIVERABILITY, "nothing": OFF}


def table(heading: str) -> list[list[str]]:
    section = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if not line.startswith("|---")]


def test_the_table_of_the_page_is_what_admit_does() -> None:
    (_, *columns), *rows = table("Token and consent")
    assert {*columns} == {*COLUMNS}
    assert {row[0] for row in rows} == {*ROWS}
    for name, *cells in rows:
        for column, cell in zip(columns, cells, strict=True):
            consent, route = ROWS[name]
            for token in COLUMNS[column]:
                assert admit(token, consent=consent, route=route).mode is CELLS[cell], (name, column)
