from __future__ import annotations

import dataclasses
import itertools
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import given, strategies as st

from lmtrack.resolver import (
    Consent,
    ConsentRecord,
    Decision,
    Override,
    Reason,
    Route,
    TrackingMode,
    parse_headers,
    parse_settings,
    resolve,
)
from override_cases import AGGREGATE, BOTH, CLICKS, CONFLICT, DELIVERABILITY, INDIVIDUAL, INVALID, OFF, OPENS, STRICT
from strategies import (
    CONSENTS,
    DECISIONS,
    OVERRIDES,
    ROUTES,
    single_decisions,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Anything: TypeAlias = Any  # what a type checker would refuse


def test_nothing_is_tracked_by_default() -> None:
    decision = resolve(Route(), consent=Consent.GRANTED)
    assert (decision.opens, decision.clicks) == (OFF, OFF)
    assert decision.reasons == ("opens:route_off", "clicks:route_off")


def test_route_that_tracks_needs_no_reason_when_consent_is_granted() -> None:
    decision = resolve(BOTH, consent=Consent.GRANTED)
    assert (decision.opens, decision.clicks, decision.reasons) == (INDIVIDUAL, INDIVIDUAL, ())


def test_override_turns_one_flag_off() -> None:
    decision = resolve(BOTH, Override(track_opens=False), consent=Consent.GRANTED)
    assert (decision.track_opens, decision.track_clicks) == (False, True)
    assert decision.reasons == ("opens:override_false",)


def test_override_turns_one_flag_on() -> None:
    decision = resolve(Route(), Override(track_clicks=True), consent=Consent.GRANTED)
    assert (decision.track_opens, decision.track_clicks) == (False, True)
    assert decision.reasons == ("opens:route_off", "clicks:route_off", "clicks:override_true")


def test_override_that_repeats_the_route_changes_nothing() -> None:
    assert resolve(Route(), Override(track_opens=False)).reasons == ("opens:route_off", "clicks:route_off")
    assert resolve(BOTH, Override(track_opens=True), consent=Consent.GRANTED).reasons == ()


def test_overrides_that_disagree_are_off() -> None:
    decision = resolve(BOTH, Override(track_opens=True), Override(track_opens=False), consent=Consent.GRANTED)
    assert (decision.opens, decision.clicks, decision.reasons) == (OFF, INDIVIDUAL, CONFLICT)


def test_overrides_about_different_flags_do_not_disagree() -> None:
    decision = resolve(Route(), Override(track_opens=True), Override(track_clicks=False), consent=Consent.GRANTED)
    assert (decision.track_opens, decision.track_clicks) == (True, False)


@pytest.mark.parametrize("other", [True, False, None])
def test_unreadable_override_is_off_whatever_else_is_said(other: bool | None) -> None:
    unreadable = parse_settings({"track_opens": "true"}, strict=False)
    decision = resolve(BOTH, Override(track_opens=other), unreadable, consent=Consent.GRANTED)
    assert (decision.opens, decision.reasons) == (OFF, INVALID)


def test_unreadable_override_is_told_even_if_the_route_is_off() -> None:
    unreadable = parse_settings({"track_opens": "true"}, strict=False)
    assert resolve(Route(track_clicks=True), unreadable, consent=Consent.GRANTED).reasons == (
        "opens:route_off",
        "opens:override_invalid",
    )


def test_override_on_an_untracked_route_cannot_beat_consent() -> None:
    decision = resolve(Route(), Override(track_opens=True), consent=Consent.DENIED)
    assert decision.opens is OFF
    assert decision.reasons[:3] == ("opens:route_off", "opens:override_true", "opens:consent_denied")


@pytest.mark.parametrize("consent", [Consent.DENIED, Consent.WITHDRAWN])
@pytest.mark.parametrize("left", [OFF, AGGREGATE])
@pytest.mark.parametrize("allowed", [OFF, AGGREGATE, DELIVERABILITY])
@pytest.mark.parametrize("require", [True, False])
def test_refusal_leaves_what_the_route_does_after_one(
    consent: Consent, allowed: TrackingMode, left: TrackingMode, require: bool
) -> None:
    route = Route(
        track_opens=True, track_clicks=True, require_consent=require, without_consent=allowed, after_refusal=left
    )
    decision = resolve(route, consent=consent)
    assert (decision.opens, decision.clicks) == (left, left)
    assert decision.reasons == (f"opens:consent_{consent}", f"clicks:consent_{consent}")


def test_unknown_consent_leaves_deliverability_for_opens_only() -> None:
    decision = resolve(STRICT)
    assert (decision.opens, decision.clicks) == (DELIVERABILITY, AGGREGATE)
    assert decision.reasons == ("opens:consent_unknown", "clicks:consent_unknown")


def test_unknown_consent_that_need_not_be_asked_is_told() -> None:
    decision = resolve(Route(track_opens=True))
    assert decision.opens is INDIVIDUAL
    assert decision.reasons == ("opens:consent_unknown_allowed", "clicks:route_off")


def test_clicks_may_have_a_consent_of_their_own() -> None:
    decision = resolve(BOTH, consent=Consent.GRANTED, clicks_consent=Consent.WITHDRAWN)
    assert (decision.opens, decision.clicks, decision.reasons) == (INDIVIDUAL, OFF, ("clicks:consent_withdrawn",))


@pytest.mark.parametrize(
    ("answer", "consent"), [(True, Consent.GRANTED), (False, Consent.DENIED), (None, Consent.UNKNOWN)]
)
def test_stored_answer_becomes_a_consent(answer: bool | None, consent: Consent) -> None:
    assert Consent.of(answer) is consent


def test_modes_are_ordered() -> None:
    assert OFF < AGGREGATE < DELIVERABILITY < INDIVIDUAL


# The rules of the design once more, as a table and in other words: what is left of an individual mode.
LEFT: dict[tuple[Consent, bool], Callable[[str, TrackingMode, TrackingMode], TrackingMode]] = {
    (Consent.GRANTED, False): lambda _flag, _allowed, _after: INDIVIDUAL,
    (Consent.GRANTED, True): lambda _flag, _allowed, _after: INDIVIDUAL,
    (Consent.UNKNOWN, False): lambda _flag, _allowed, _after: INDIVIDUAL,
    (Consent.UNKNOWN, True): lambda flag, allowed, _after: {
        "opens": {OFF: OFF, AGGREGATE: AGGREGATE, DELIVERABILITY: DELIVERABILITY},
        "clicks": {OFF: OFF, AGGREGATE: AGGREGATE, DELIVERABILITY: AGGREGATE},
    }[flag][allowed],
    **{
        (refusal, require): lambda _flag, _allowed, after: after
        for refusal in (Consent.DENIED, Consent.WITHDRAWN)
        for require in (True, False)
    },
}
CODES = {
    (Consent.GRANTED, False): "",
    (Consent.GRANTED, True): "",
    (Consent.UNKNOWN, False): "consent_unknown_allowed",
    (Consent.UNKNOWN, True): "consent_unknown",
    (Consent.DENIED, False): "consent_denied",
    (Consent.DENIED, True): "consent_denied",
    (Consent.WITHDRAWN, False): "consent_withdrawn",
    (Consent.WITHDRAWN, True): "consent_withdrawn",
}
SAID: dict[str, list[str]] = {
    "nothing": [],
    "true": ["true"],
    "false": ["no"],
    "invalid": ["?"],
    "conflict": ["1", "0"],
}
AFTER_OVERRIDE = {  # (route, said): (on, codes)
    (False, "nothing"): (False, ["route_off"]),
    (False, "true"): (True, ["route_off", "override_true"]),
    (False, "false"): (False, ["route_off"]),
    (False, "invalid"): (False, ["route_off", "override_invalid"]),
    (False, "conflict"): (False, ["route_off", "override_conflict"]),
    (True, "nothing"): (True, []),
    (True, "true"): (True, []),
    (True, "false"): (False, ["override_false"]),
    (True, "invalid"): (False, ["override_invalid"]),
    (True, "conflict"): (False, ["override_conflict"]),
}


def test_every_combination_follows_the_table() -> None:
    booleans = (False, True)
    for opens_on, clicks_on, require, allowed, after in itertools.product(
        booleans, booleans, booleans, (OFF, AGGREGATE, DELIVERABILITY), (OFF, AGGREGATE)
    ):
        route = Route(
            track_opens=opens_on,
            track_clicks=clicks_on,
            require_consent=require,
            without_consent=allowed,
            after_refusal=after,
        )
        for said_opens, said_clicks, consent, clicks_consent in itertools.product(SAID, SAID, Consent, Consent):
            override = parse_headers(
                [(OPENS, value) for value in SAID[said_opens]] + [(CLICKS, value) for value in SAID[said_clicks]]
            )
            modes, reasons = [], []
            for flag, on, said, answer in (
                ("opens", opens_on, said_opens, consent),
                ("clicks", clicks_on, said_clicks, clicks_consent),
            ):
                tracked, codes = AFTER_OVERRIDE[on, said]
                if tracked:
                    codes = [*codes, *filter(None, [CODES[answer, require]])]
                modes.append(LEFT[answer, require](flag, allowed, after) if tracked else OFF)
                reasons += [f"{flag}:{code}" for code in codes]
            decision = resolve(route, override, consent=consent, clicks_consent=clicks_consent)
            assert [decision.opens, decision.clicks] == modes
            assert decision.reasons == tuple(reasons)


BOTH_ON = Override(track_opens=True, track_clicks=True)


@pytest.mark.parametrize("ceiling", TrackingMode)
@pytest.mark.parametrize("consent", Consent)
def test_no_override_and_no_consent_raises_a_flag_above_the_ceiling(ceiling: TrackingMode, consent: Consent) -> None:
    route = Route(require_consent=True, without_consent=DELIVERABILITY, after_refusal=AGGREGATE, ceiling=ceiling)
    decision = resolve(route, BOTH_ON, consent=consent)
    free = resolve(dataclasses.replace(route, ceiling=INDIVIDUAL), BOTH_ON, consent=consent)
    clicks = AGGREGATE if ceiling is DELIVERABILITY else ceiling
    assert (decision.opens, decision.clicks) == (min(free.opens, ceiling), min(free.clicks, clicks))
    assert ("opens:ceiling" in decision.reasons) == ("clicks:ceiling" in decision.reasons) == (ceiling < INDIVIDUAL)


def test_an_input_that_changes_nothing_below_the_ceiling_leaves_no_reason() -> None:
    counting = Route(track_opens=True, require_consent=True, after_refusal=AGGREGATE, ceiling=AGGREGATE)
    assert resolve(counting, consent=Consent.DENIED).reasons == ("opens:ceiling", "clicks:route_off")
    shut = Route(track_opens=True, ceiling=OFF)
    assert resolve(shut).reasons == ("opens:ceiling", "clicks:route_off")


BEFORE, AFTER = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("record", "means"),
    [
        (ConsentRecord(state=Consent.GRANTED), Consent.GRANTED),
        (ConsentRecord(state=Consent.GRANTED, since=BEFORE), Consent.GRANTED),
        (ConsentRecord(state=Consent.GRANTED, withdrawn_at=BEFORE), Consent.GRANTED),
        (ConsentRecord(state=Consent.GRANTED, since=AFTER, withdrawn_at=BEFORE), Consent.GRANTED),
        (ConsentRecord(state=Consent.GRANTED, since=BEFORE, withdrawn_at=BEFORE), Consent.WITHDRAWN),
        (ConsentRecord(state=Consent.GRANTED, since=BEFORE, withdrawn_at=AFTER), Consent.WITHDRAWN),
        (ConsentRecord(state=Consent.UNKNOWN, since=AFTER, withdrawn_at=BEFORE), Consent.WITHDRAWN),
        (ConsentRecord(state=Consent.UNKNOWN), Consent.UNKNOWN),
        (ConsentRecord(state=Consent.DENIED, withdrawn_at=BEFORE), Consent.DENIED),
        (ConsentRecord(state=Consent.WITHDRAWN, since=AFTER), Consent.WITHDRAWN),
    ],
)
def test_a_record_means_its_state_unless_a_withdrawal_came_last(record: ConsentRecord, means: Consent) -> None:
    for require in (True, False):
        route = Route(track_opens=True, track_clicks=True, require_consent=require)
        assert resolve(route, consent=record).reasons == resolve(route, consent=means).reasons
        other = resolve(route, consent=Consent.GRANTED, clicks_consent=record)
        assert other.clicks is resolve(route, consent=means).clicks
        assert other.opens is INDIVIDUAL


def test_times_of_a_record_are_kept_in_utc() -> None:
    local = datetime(2026, 3, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    record = ConsentRecord(state=Consent.GRANTED, since=local, withdrawn_at=local)
    assert record.since is not None
    assert record.since == record.withdrawn_at == local
    assert (record.since.tzinfo, record.since.hour) == (UTC, 0)


@pytest.mark.parametrize("field", ["method", "wording", "reference"])
@pytest.mark.parametrize("text", ["ann@shop.example", "https://crm.example/?who=ann%40shop.example"])
def test_no_address_is_kept_in_a_record(field: str, text: str) -> None:
    with pytest.raises(ValueError, match=rf"^{field} must not hold an address") as caught:
        ConsentRecord(state=Consent.GRANTED, **{field: text})  # type: ignore[arg-type]
    assert "ann" not in str(caught.value)


@pytest.mark.parametrize("field", ["method", "wording", "reference"])
@pytest.mark.parametrize("value", [b"x", 3, ["x"]])
def test_texts_of_a_record_are_str(field: str, value: Anything) -> None:
    with pytest.raises(TypeError, match=rf"^{field} must be a str, not"):
        ConsentRecord(state=Consent.GRANTED, **{field: value})


def test_a_wording_is_a_version_or_a_hash() -> None:
    assert ConsentRecord(state=Consent.GRANTED, wording="f" * 64).wording == "f" * 64
    with pytest.raises(ValueError, match="at most 64 characters"):
        ConsentRecord(state=Consent.GRANTED, wording="f" * 65)


@pytest.mark.parametrize("field", ["since", "withdrawn_at"])
def test_times_of_a_record_are_aware_datetimes_in_range(field: str) -> None:
    bad: Anything
    for bad in ("2026-03-01", 3, BEFORE.date()):
        with pytest.raises(TypeError, match=rf"^{field} must be a datetime, not"):
            ConsentRecord(state=Consent.GRANTED, **{field: bad})
    for bad in (BEFORE.replace(tzinfo=None), datetime.min.replace(tzinfo=timezone(timedelta(hours=2)))):
        with pytest.raises(ValueError, match=rf"^{field} (must be an aware|is out of range)"):
            ConsentRecord(state=Consent.GRANTED, **{field: bad})


@pytest.mark.parametrize("state", ["granted", None, True])
def test_the_state_of_a_record_is_a_consent(state: Anything) -> None:
    kind = type(state).__name__
    with pytest.raises(TypeError, match=f"^state must be a Consent, not {kind}$"):
        ConsentRecord(state=state)
    for name in ("consent", "clicks_consent"):
        if name == "consent" or state is not None:
            with pytest.raises(TypeError, match=f"^{name} must be a Consent or a ConsentRecord, not {kind}$"):
                resolve(Route(), **{name: state})


@pytest.mark.parametrize("field", ["route", "consent", "clicks_consent"])
def test_inputs_of_another_type_are_type_errors(field: str) -> None:
    inputs: Anything = resolve(BOTH).inputs
    with pytest.raises(TypeError, match=f"^{field} must be a .*, not str$"):
        dataclasses.replace(inputs, **{field: "granted"})
    with pytest.raises(TypeError, match=r"^override must be an Override, not str$"):
        dataclasses.replace(inputs, overrides=(Override(), "no"))


def test_no_mode_after_a_refusal_tells_people_apart() -> None:
    for mode in (DELIVERABILITY, INDIVIDUAL):
        with pytest.raises(ValueError, match=r"^after_refusal must be OFF or AGGREGATE"):
            Route(after_refusal=mode)


@given(ROUTES, st.lists(OVERRIDES, max_size=4), CONSENTS, st.none() | CONSENTS, st.randoms(use_true_random=False))
def test_order_of_overrides_does_not_matter(
    route: Route, overrides: list[Override], consent: Consent, clicks: Consent | None, random: Anything
) -> None:
    shuffled = overrides.copy()
    random.shuffle(shuffled)
    first = resolve(route, *overrides, consent=consent, clicks_consent=clicks, now=AFTER)
    second = resolve(route, *shuffled, consent=consent, clicks_consent=clicks, now=AFTER)
    assert first == second
    assert first.to_dict() == second.to_dict()


def test_order_of_overrides_that_differ_in_their_source_does_not_matter() -> None:
    overrides = parse_headers({OPENS: "no"}), parse_settings({"track_opens": False}), Override(track_opens=False)
    written = [str(resolve(BOTH, *order, now=AFTER).to_dict()) for order in itertools.permutations(overrides)]
    assert len(set(written)) == 1


@given(ROUTES, st.lists(OVERRIDES, max_size=3), CONSENTS)
def test_consent_only_lowers(route: Route, overrides: list[Override], consent: Consent) -> None:
    granted = resolve(route, *overrides, consent=Consent.GRANTED)
    other = resolve(route, *overrides, consent=consent)
    assert other.opens <= granted.opens
    assert other.clicks <= granted.clicks


@given(ROUTES, st.lists(OVERRIDES, max_size=3), CONSENTS)
def test_flags_do_not_touch_each_other(route: Route, overrides: list[Override], consent: Consent) -> None:
    together = resolve(route, *overrides, consent=consent)
    alone = resolve(
        dataclasses.replace(route, track_clicks=False), *overrides, consent=consent, clicks_consent=Consent.DENIED
    )
    assert together.opens is alone.opens
    assert [code for code in together.reasons if code.startswith("opens")] == [
        code for code in alone.reasons if code.startswith("opens")
    ]


@given(single_decisions())
def test_reasons_come_from_the_closed_set_with_opens_first(decision: Decision) -> None:
    flags = [reason.partition(":")[0] for reason in decision.reasons]
    assert flags == sorted(flags, reverse=True)
    assert all(Reason(reason.partition(":")[2]) for reason in decision.reasons)
    assert len(set(decision.reasons)) == len(decision.reasons)


@given(DECISIONS)
def test_individual_mode_is_never_reached_without_a_cause(decision: Decision) -> None:
    for flag, mode in (("opens", decision.opens), ("clicks", decision.clicks)):
        assert (mode is OFF) <= any(reason.startswith(f"{flag}:") for reason in decision.reasons)
    assert decision.clicks is not DELIVERABILITY


@pytest.mark.parametrize("value", [1, 0, "true", "false", None, "", []])
def test_route_flags_are_real_booleans(value: Anything) -> None:
    for name in ("track_opens", "track_clicks", "require_consent"):
        with pytest.raises(TypeError, match=f"^{name} must be a bool, not {type(value).__name__}$"):
            Route(**{name: value})


@pytest.mark.parametrize("value", [1, "off", True, None])
def test_modes_of_a_route_are_tracking_modes(value: Anything) -> None:
    for name in ("without_consent", "after_refusal", "ceiling"):
        with pytest.raises(TypeError, match=f"^{name} must be a TrackingMode, not {type(value).__name__}$"):
            Route(**{name: value})


def test_values_are_made_by_keyword_and_problems_only_by_reading() -> None:
    for make in (lambda: Route(True), lambda: Override(True), lambda: Override(problems=INVALID)):  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            make()
    assert not any(hasattr(value, "__dict__") for value in (BOTH, Override(), resolve(BOTH), resolve(BOTH).inputs))


def test_individual_mode_without_consent_is_refused() -> None:
    text = r"^without_consent must be below INDIVIDUAL: individual tracking is what consent is for$"
    with pytest.raises(ValueError, match=text):
        Route(without_consent=INDIVIDUAL)
