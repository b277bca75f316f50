from __future__ import annotations

import dataclasses
from typing import Any, TypeAlias

import pytest
from hypothesis import given, strategies as st

from lmtrack.errors import InvalidOverride, LmtrackError
from lmtrack.resolver import (
    Consent,
    Decision,
    Inputs,
    Limit,
    Override,
    Reason,
    Route,
    TrackingMode,
    parse_headers,
    resolve,
    resolve_shared,
)
from override_cases import AGGREGATE, BOTH, CLICKS, CONFLICT, DELIVERABILITY, INDIVIDUAL, INVALID, OFF, OPENS, STRICT
from strategies import (
    CONSENTS,
    DECISIONS,
    MODES,
    OVERRIDES,
    PLAIN_OVERRIDES,
    ROUTES,
)

Anything: TypeAlias = Any  # what a type checker would refuse


@pytest.mark.parametrize("value", [BOTH, Override(), resolve(BOTH), resolve(BOTH).inputs])
def test_values_are_frozen(value: object) -> None:
    for name in ("track_opens", "opens", "consent"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(value, name, True)


def test_lowering_adds_its_reason_at_the_end_of_the_flag() -> None:
    decision = resolve(BOTH).lower(Reason.AGGREGATE_WITHOUT_CAMPAIGN, opens=OFF).lower(Reason.NO_HTML, opens=OFF)
    assert (decision.opens, decision.clicks) == (OFF, INDIVIDUAL)
    assert decision.reasons == (
        "opens:consent_unknown_allowed",
        "opens:aggregate_without_campaign",
        "clicks:consent_unknown_allowed",
    )


def test_lowering_what_is_low_gives_the_same_decision() -> None:
    decision = resolve(Route())
    assert decision.lower(Reason.ALREADY_SIGNED, opens=OFF, clicks=OFF) is decision
    assert decision.lower(Reason.ALREADY_SIGNED) is decision


def test_clicks_lowered_to_deliverability_are_aggregate() -> None:
    decision = resolve(BOTH).lower(Reason.CONSENT_UNKNOWN, opens=DELIVERABILITY, clicks=DELIVERABILITY)
    assert (decision.opens, decision.clicks) == (DELIVERABILITY, AGGREGATE)
    assert decision.lower(Reason.CONSENT_UNKNOWN, clicks=DELIVERABILITY) is decision


@pytest.mark.parametrize("reason", [Reason.OVERRIDE_TRUE, Reason.CONSENT_UNKNOWN_ALLOWED])
def test_reason_that_never_lowers_is_refused(reason: Reason) -> None:
    with pytest.raises(ValueError, match="lowers nothing"):
        resolve(BOTH).lower(reason, opens=OFF)


@pytest.mark.parametrize(
    ("headers", "reasons"),
    [
        ([(OPENS, "true"), (CLICKS, "true")], ()),
        ([(OPENS, "false"), (CLICKS, "no")], ("opens:override_false", "clicks:override_false")),
        ([(OPENS, "?")], INVALID),
        ([(CLICKS, "?")], ("clicks:override_invalid",)),
        ([(OPENS, "1"), (OPENS, "0")], CONFLICT),
    ],
)
def test_late_wish_only_lowers(headers: list[tuple[str, object]], reasons: tuple[str, ...]) -> None:
    decision = resolve(BOTH, consent=Consent.GRANTED)
    assert decision.lower_by(parse_headers(headers)).reasons == reasons
    assert resolve(Route()).lower_by(parse_headers(headers)) == resolve(Route())


def test_a_late_wish_that_nobody_can_read_is_named() -> None:
    lowered = resolve(BOTH, consent=Consent.GRANTED).lower_by(parse_headers([("X-LM-Override-Track-Open", "false")]))
    assert [(limit.flag, limit.unread) for limit in lowered.limits] == [
        ("opens", ("X-LM-Override-Track-Open",)),
        ("clicks", ("X-LM-Override-Track-Open",)),
    ]
    evidence = lowered.to_dict()
    assert evidence["limits"] == [
        {"flag": flag, "mode": "off", "reason": "override_invalid", "unread": ["X-LM-Override-Track-Open"]}
        for flag in ("opens", "clicks")
    ]
    assert Decision.from_dict(evidence).limits == lowered.limits
    for names in ([], [None], [1], "x"):  # none is not written, and a name is a text
        forged = {**evidence, "limits": [{"flag": "opens", "mode": "off", "reason": "no_html", "unread": names}]}
        with pytest.raises(ValueError, match="evidence: "):
            Decision.from_dict(forged)


@given(DECISIONS, OVERRIDES, MODES, MODES)
def test_nothing_done_later_raises_a_flag(
    decision: Decision, override: Override, opens: TrackingMode, clicks: TrackingMode
) -> None:
    for later in (decision.lower_by(override), decision.lower(Reason.ALREADY_SIGNED, opens=opens, clicks=clicks)):
        assert later.opens <= decision.opens
        assert later.clicks <= decision.clicks


def test_shared_body_has_the_lowest_mode_and_its_reasons() -> None:
    shared = resolve_shared([resolve(BOTH, consent=Consent.GRANTED), resolve(STRICT)])
    assert (shared.opens, shared.clicks) == (DELIVERABILITY, AGGREGATE)
    assert shared.reasons == (
        "opens:consent_unknown",
        "opens:shared_body",
        "clicks:consent_unknown",
        "clicks:shared_body",
    )


def test_reasons_of_a_shared_body_stand_in_the_order_they_apply() -> None:
    shared = resolve_shared([resolve(Route(track_opens=True), consent=Consent.DENIED), resolve(Route())])
    assert shared.reasons == (
        "opens:route_off",
        "opens:consent_denied",
        "opens:shared_body",
        "clicks:route_off",
        "clicks:shared_body",
    )


def test_single_recipient_shares_nothing() -> None:
    decision = resolve(BOTH)
    assert resolve_shared([decision]) is decision


def test_equal_decisions_share_a_body_too() -> None:
    decision = resolve(BOTH, consent=Consent.GRANTED)
    shared = resolve_shared([decision, decision])
    assert (shared.opens, shared.clicks) == (INDIVIDUAL, INDIVIDUAL)
    assert shared.reasons == ("opens:shared_body", "clicks:shared_body")


def test_body_for_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^no decision given: a shared body has at least one recipient$"):
        resolve_shared([])


def test_nesting_of_lowered_shared_bodies_has_an_end() -> None:
    decision = other = resolve(BOTH)
    steps = [{"opens": DELIVERABILITY}, {"opens": AGGREGATE}, {"opens": OFF}, {"clicks": AGGREGATE}, {"clicks": OFF}]
    for step in steps:
        lower = resolve_shared([decision, other]).lower(Reason.NO_HTML, **step)
        assert lower != decision
        decision = lower
    deepest = resolve_shared([decision, other])
    assert Decision.from_dict(deepest.to_dict()) == deepest
    assert deepest.lower(Reason.ALREADY_SIGNED, opens=OFF, clicks=OFF) is deepest


@given(st.lists(DECISIONS, min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_order_and_grouping_of_recipients_do_not_matter(decisions: list[Decision], random: Anything) -> None:
    shared = resolve_shared(decisions)
    shuffled = decisions.copy()
    random.shuffle(shuffled)
    assert resolve_shared(shuffled) == shared
    assert resolve_shared([resolve_shared(decisions[:2]), *decisions[2:]]) == shared
    assert shared.opens is min(decision.opens for decision in decisions)
    assert shared.clicks is min(decision.clicks for decision in decisions)
    assert {"opens:shared_body", "clicks:shared_body"} <= set(shared.reasons)


def test_decision_cannot_be_made_with_a_limit_that_lowers_nothing() -> None:
    with pytest.raises(ValueError, match=r"^a limit lowers nothing$"):
        Decision(inputs=resolve(Route()).inputs, limits=(Limit("opens", OFF, Reason.NO_HTML),))


def test_result_cannot_be_replaced() -> None:
    with pytest.raises((ValueError, TypeError), match="init=False"):  # the latter from Python 3.13 on
        dataclasses.replace(resolve(Route()), opens=INDIVIDUAL)


def test_errors_have_one_base() -> None:
    assert issubclass(InvalidOverride, LmtrackError)
    assert issubclass(InvalidOverride, ValueError)


def test_repr_is_short_and_names_result_and_reasons() -> None:
    assert repr(resolve(Route(track_opens=True), consent=Consent.GRANTED)) == (
        "Decision(opens=<TrackingMode.INDIVIDUAL: 3>, clicks=<TrackingMode.OFF: 0>, reasons=('clicks:route_off',))"
    )


@given(ROUTES, PLAIN_OVERRIDES, CONSENTS)
def test_decision_from_equal_inputs_is_equal(route: Route, override: Override, consent: Consent) -> None:
    explicit = resolve(route, override, consent=consent, clicks_consent=consent)
    assert resolve(route, override, consent=consent) == explicit
    assert isinstance(explicit.inputs, Inputs)
    assert explicit.inputs.overrides == (override,)
