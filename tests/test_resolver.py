from __future__ import annotations

import copy
import dataclasses
import itertools
import json
import pickle
from email import message_from_bytes, policy
from email.header import Header
from email.message import EmailMessage, Message
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from hypothesis import example, given, strategies as st

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
    parse_settings,
    resolve,
    resolve_shared,
)
from strategies import (
    CONSENTS,
    DECISIONS,
    HEADER_BLOCKS,
    MODES,
    OVERRIDE_PAIRS,
    OVERRIDES,
    PLAIN_OVERRIDES,
    ROUTES,
    single_decisions,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Anything: TypeAlias = Any  # what a type checker would refuse

OFF, AGGREGATE, DELIVERABILITY, INDIVIDUAL = TrackingMode
BOTH = Route(track_opens=True, track_clicks=True)
STRICT = Route(track_opens=True, track_clicks=True, require_consent=True, without_consent=DELIVERABILITY)
OPENS = "X-LM-Override-Track-Opens"
CLICKS = "X-LM-Override-Track-Clicks"
INVALID = ("opens:override_invalid",)
CONFLICT = ("opens:override_conflict",)
BOTH_INVALID = ("opens:override_invalid", "clicks:override_invalid")
POLICIES = [policy.compat32, policy.default, policy.SMTP, policy.SMTPUTF8, policy.HTTP]


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
@pytest.mark.parametrize(("allowed", "left"), [(OFF, OFF), (AGGREGATE, AGGREGATE), (DELIVERABILITY, AGGREGATE)])
@pytest.mark.parametrize("require", [True, False])
def test_refusal_leaves_at_most_aggregate(
    consent: Consent, allowed: TrackingMode, left: TrackingMode, require: bool
) -> None:
    route = Route(track_opens=True, track_clicks=True, require_consent=require, without_consent=allowed)
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
LEFT: dict[tuple[Consent, bool], Callable[[str, TrackingMode], TrackingMode]] = {
    (Consent.GRANTED, False): lambda _flag, _allowed: INDIVIDUAL,
    (Consent.GRANTED, True): lambda _flag, _allowed: INDIVIDUAL,
    (Consent.UNKNOWN, False): lambda _flag, _allowed: INDIVIDUAL,
    (Consent.UNKNOWN, True): lambda flag, allowed: {
        "opens": {OFF: OFF, AGGREGATE: AGGREGATE, DELIVERABILITY: DELIVERABILITY},
        "clicks": {OFF: OFF, AGGREGATE: AGGREGATE, DELIVERABILITY: AGGREGATE},
    }[flag][allowed],
    **{
        (refusal, require): lambda _flag, allowed: OFF if allowed is OFF else AGGREGATE
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
    for opens_on, clicks_on, require, allowed in itertools.product(
        booleans, booleans, booleans, (OFF, AGGREGATE, DELIVERABILITY)
    ):
        route = Route(track_opens=opens_on, track_clicks=clicks_on, require_consent=require, without_consent=allowed)
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
                modes.append(LEFT[answer, require](flag, allowed) if tracked else OFF)
                reasons += [f"{flag}:{code}" for code in codes]
            decision = resolve(route, override, consent=consent, clicks_consent=clicks_consent)
            assert [decision.opens, decision.clicks] == modes
            assert decision.reasons == tuple(reasons)


@given(ROUTES, st.lists(OVERRIDES, max_size=4), CONSENTS, st.none() | CONSENTS, st.randoms(use_true_random=False))
def test_order_of_overrides_does_not_matter(
    route: Route, overrides: list[Override], consent: Consent, clicks: Consent | None, random: Anything
) -> None:
    shuffled = overrides.copy()
    random.shuffle(shuffled)
    first = resolve(route, *overrides, consent=consent, clicks_consent=clicks)
    assert first == resolve(route, *shuffled, consent=consent, clicks_consent=clicks)
    assert first.to_dict() == resolve(route, *shuffled, consent=consent, clicks_consent=clicks).to_dict()


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
def test_mode_without_consent_is_a_tracking_mode(value: Anything) -> None:
    with pytest.raises(TypeError, match="without_consent"):
        Route(without_consent=value)


def test_values_are_made_by_keyword_and_problems_only_by_reading() -> None:
    for make in (lambda: Route(True), lambda: Override(True), lambda: Override(problems=INVALID)):  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            make()
    assert not any(hasattr(value, "__dict__") for value in (BOTH, Override(), resolve(BOTH), resolve(BOTH).inputs))


def test_individual_mode_without_consent_is_refused() -> None:
    text = r"^without_consent must be below INDIVIDUAL: individual tracking is what consent is for$"
    with pytest.raises(ValueError, match=text):
        Route(without_consent=INDIVIDUAL)


@pytest.mark.parametrize("value", [1, 0, "true", "", b"", []])
def test_override_flags_are_real_booleans_or_none(value: Anything) -> None:
    rule = f"must be a bool or None, not {type(value).__name__}; see parse_settings$"
    with pytest.raises(TypeError, match=f"^track_opens {rule}"):
        Override(track_opens=value)
    with pytest.raises(TypeError, match=f"^track_clicks {rule}"):
        Override(track_clicks=value)


@pytest.mark.parametrize(
    "call",
    [
        resolve,
        lambda bad: resolve(Route(), bad),
        lambda bad: resolve(Route(), Override(), bad),
        lambda bad: resolve(Route(), consent=bad),
        lambda bad: resolve(Route(), consent=bad, clicks_consent=Consent.GRANTED),
        lambda bad: resolve(Route(), clicks_consent=(bad,)),  # type: ignore[arg-type]
        lambda bad: resolve(Route()).lower(bad),
        lambda bad: resolve(Route()).lower(Reason.NO_HTML, opens=bad),
        lambda bad: resolve(Route()).lower(Reason.NO_HTML, clicks=bad),
        lambda bad: resolve(Route()).lower_by(bad),
        lambda bad: resolve_shared([bad]),
        Decision.from_dict,
        lambda bad: parse_settings({}, strict=bad),
        lambda bad: parse_headers([], strict=bad),
        lambda bad: parse_headers([], prefix=(bad,)),  # type: ignore[arg-type]
        lambda bad: Consent.of((bad,)),  # type: ignore[arg-type]
    ],
)
@pytest.mark.parametrize("bad", [None, "granted", 1, b""])
def test_wrong_type_is_a_type_error(call: Callable[[Anything], object], bad: Anything) -> None:
    with pytest.raises(TypeError):
        call(bad)


@pytest.mark.parametrize("prefix", ["", "X LM-", "X-LM:", "X-ümlaut-", "X\n"])
def test_prefix_must_be_part_of_a_header_name(prefix: str) -> None:
    text = "^prefix must be one or more header name characters: printable ASCII, no blank, no colon$"
    with pytest.raises(ValueError, match=text):
        parse_headers([], prefix=prefix)


@pytest.mark.parametrize(
    "value",
    [
        Consent.DENIED,
        STRICT,
        Override(track_opens=True),
        parse_headers([(OPENS, "?")]),
        resolve(STRICT).lower(Reason.NO_HTML, opens=OFF),
        resolve_shared([resolve(STRICT), resolve(BOTH)]),
        InvalidOverride("track_opens", "must be true"),
    ],
)
def test_every_value_pickles_and_copies(value: object) -> None:
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        assert repr(pickle.loads(pickle.dumps(value, protocol))) == repr(value)  # noqa: S301 - our own bytes
    if not isinstance(value, Exception):
        assert pickle.loads(pickle.dumps(value)) == value  # noqa: S301
        assert copy.deepcopy(value) == value
        assert hash(copy.copy(value)) == hash(value)


@pytest.mark.parametrize("value", [BOTH, Override(), resolve(BOTH), resolve(BOTH).inputs])
def test_values_are_frozen(value: object) -> None:
    for name in ("track_opens", "opens", "consent"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(value, name, True)


@pytest.mark.parametrize(
    ("settings", "override"),
    [
        (None, Override()),
        ({}, Override()),
        ({"track_opens": False}, Override(track_opens=False)),
        ({"track_clicks": True}, Override(track_clicks=True)),
        ({"track_opens": None, "track_clicks": False}, Override(track_clicks=False)),
        ({"redact_email_content": "?", 3: 4, "Track_Opens": True}, Override()),
    ],
)
def test_settings_object_is_read(settings: Anything, override: Override) -> None:
    assert parse_settings(settings) == parse_settings(settings, strict=False) == override


@pytest.mark.parametrize("value", ["false", "true", 0, 1, 0.0, "", [], {}, b"false"])
def test_settings_member_must_be_a_real_boolean(value: object) -> None:
    for key in ("track_opens", "track_clicks"):
        with pytest.raises(InvalidOverride) as caught:
            parse_settings({key: value})
        assert caught.value.field == key
        flag = key.removeprefix("track_")
        assert parse_settings({key: value}, strict=False).problems == (f"{flag}:override_invalid",)


@pytest.mark.parametrize(
    "settings", [{"settings": {"track_opens": False}}, {"settings": None}, [], "track_opens", False, 0, [("a", 1)]]
)
def test_settings_that_are_no_object_or_hold_another_are_invalid(settings: Anything) -> None:
    problem = (
        "holds another settings object; pass the inner one"
        if isinstance(settings, dict)
        else "must be an object or null"
    )
    with pytest.raises(InvalidOverride, match=f"^settings: {problem}$") as caught:
        parse_settings(settings)
    assert caught.value.field == "settings"
    override = parse_settings(settings, strict=False)
    assert (override.track_opens, override.track_clicks, override.problems) == (False, False, BOTH_INVALID)


def test_error_text_names_the_field_and_not_its_value() -> None:
    with pytest.raises(InvalidOverride, match=r"^track_opens: must be true, false or null, not str$"):
        parse_settings({"track_opens": "bob@example.test"})
    with pytest.raises(InvalidOverride, match=f"^{OPENS}: must be true or false$"):
        parse_headers([(OPENS, "bob@example.test")], strict=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(JSON | st.dictionaries(st.sampled_from(["track_opens", "track_clicks", "settings", "tag"]), JSON))
def test_any_settings_give_an_override_or_invalid_override(settings: Anything) -> None:
    lax = parse_settings(settings, strict=False)
    try:
        strict = parse_settings(settings)
    except InvalidOverride:
        assert lax.problems
    else:
        assert strict == lax
        assert not lax.problems


@pytest.mark.parametrize(
    ("value", "wish"),
    [
        ("true", True),
        ("TRUE", True),
        ("1", True),
        ("Yes", True),
        ("oN", True),
        ("false", False),
        ("False", False),
        ("0", False),
        ("NO", False),
        ("off", False),
        ("  \tfalse\t ", False),
        ("\r\n false", False),
        ("\n\ttrue\r\n ", True),
    ],
)
def test_header_value_is_understood(value: str, wish: bool) -> None:
    expected = Override(track_opens=wish)
    assert parse_headers([(OPENS, value)]) == expected
    assert parse_headers(f"{OPENS}:{value}\r\n\r\n".encode()) == expected
    for chosen in POLICIES:
        assert parse_headers(message_from_bytes(f"{OPENS}:{value}\r\n\r\n".encode(), policy=chosen)) == expected


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "maybe",
        '"false"',
        "'false'",
        "false; x=1",
        "false (comment)",
        "(x) false",
        "false\x00",
        "\x00false",
        "\u200bfalse",
        "\ufefffalse",
        "\xa0false",
        "false\x0b",
        "false\x0c",
        "\x1ffalse",
        "false\u2028",
        "\uff54rue",
        "TRUE\u0130",
        "f\u0430lse",
        "\u212a",
        "o\ufb00",
        "１",
        "٠",
        "=?utf-8?q?false?=",
        "=?us-ascii?b?ZmFsc2U=?=",
        "fal\r\n se",
        "t rue",
        "false,false",
        "false false",
        "00",
        "-1",
        "2",
        "t",
        "f",
        "y",
        "n",
        "none",
        "null",
        "\udce4",
        "false\x80",
    ],
)
def test_any_other_header_value_is_off(value: str) -> None:
    assert parse_headers([(OPENS, value)]).problems == INVALID
    with pytest.raises(InvalidOverride) as caught:
        parse_headers([(OPENS, value)], strict=True)
    assert caught.value.field == OPENS
    raw = f"{OPENS}: {value}\r\nSubject: x\r\n\r\n".encode("utf-8", "surrogateescape")
    assert parse_headers(raw).problems == INVALID
    for chosen in POLICIES:
        override = parse_headers(message_from_bytes(raw, policy=chosen))
        assert override.problems == INVALID
        assert resolve(BOTH, override, Override(track_opens=True)).opens is OFF


@pytest.mark.parametrize("value", ["false\n", "false\r\n", "\nfalse", "true\r\nBcc: x", "true\rX: y"])
def test_line_end_that_folds_nothing_is_invalid(value: str) -> None:
    assert parse_headers([(OPENS, value)]).problems == INVALID


@pytest.mark.parametrize("value", [None, True, False, 0, 1, b"false", Header("false"), ["false"]])
def test_header_value_that_is_no_text_is_off(value: object) -> None:
    assert parse_headers([(OPENS, value)]).problems == INVALID


@pytest.mark.parametrize("name", [OPENS, OPENS.lower(), OPENS.upper(), "x-Lm-OvErRiDe-tRaCk-oPeNs"])
def test_header_name_is_case_insensitive(name: str) -> None:
    assert parse_headers([(name, "off")]) == parse_headers(f"{name}: off\n".encode()) == Override(track_opens=False)


@pytest.mark.parametrize(
    "name",
    ["X-LM-Override-Track_Opens", "Track-Opens", "XX-LM-Override-Track-Opens", "X-LM-Override-Trac\u212a-Opens", ""],
)
def test_other_header_names_are_other_headers(name: str) -> None:
    assert parse_headers([(name, "maybe")]) == Override()


@pytest.mark.parametrize(
    "name", [f"{OPENS} ", f" {OPENS}", f"{OPENS}:", f"{OPENS}\t", f"\ufeff{OPENS}", f"{OPENS}\x00"]
)
def test_malformed_header_name_is_off(name: str) -> None:
    assert parse_headers([(name, "true")]).problems == INVALID


def test_repeated_headers_that_agree_are_fine() -> None:
    assert parse_headers([(OPENS, "no"), (CLICKS, "on"), (OPENS, "FALSE")]) == Override(
        track_opens=False, track_clicks=True
    )


@pytest.mark.parametrize("values", [("true", "false"), ("0", "1"), ("on", "on", "off")])
def test_repeated_headers_that_disagree_are_off(values: tuple[str, ...]) -> None:
    pairs = [(OPENS, value) for value in values]
    override = parse_headers(pairs)
    assert (override.track_opens, override.track_clicks, override.problems) == (False, None, CONFLICT)
    with pytest.raises(InvalidOverride, match=f"^{OPENS}: contradicts another one$"):
        parse_headers(pairs, strict=True)


def test_invalid_header_wins_over_contradicting_ones() -> None:
    assert parse_headers([(OPENS, "true"), (OPENS, "false"), (OPENS, "?")]).problems == INVALID


def test_prefix_may_be_another() -> None:
    raw = b"X-Acme-Track-Clicks: false\nX-LM-Override-Track-Opens: false\n\n"
    assert parse_headers(raw, prefix="x-acme-") == Override(track_clicks=False)


@pytest.mark.parametrize(
    ("raw", "problems"),
    [
        (b"X-LM-Override-Track-Opens : false\r\n\r\n", INVALID),
        (b"X-LM-Override-Track-Opens\t: true\r\n\r\n", INVALID),
        (b"X-LM-Override-Track-Opens true\r\n\r\n", INVALID),
        (b"X-LM-Override-Track-Opens=true\r\n\r\n", INVALID),
        (b" X-LM-Override-Track-Opens: true\r\n\r\n", INVALID),
        (b"\xef\xbb\xbfX-LM-Override-Track-Opens: true\r\n\r\n", INVALID),
        (b"X-LM-Override-Track-Opens: true\rX: y\r\n\r\n", INVALID),
        (b"X-LM-Override-Track-Opens: true\r\r\n\r\n", INVALID),
        (b"X: y\rX-LM-Override-Track-Opens: true\r\n\r\n", INVALID),
        (b"Subject : x\r\nX-LM-Override-Track-Opens: true\r\n\r\n", INVALID),
        (b"broken\r\nX-LM-Override-Track-Opens: true\r\n\r\n", INVALID),
        (b"X-LM-Override-Track-Opens: true\r\nSubject : x\r\n\r\n", ()),
        (b"Subject : x\r\n\r\n", ()),
    ],
)
def test_raw_header_that_parsers_disagree_about_is_off(raw: bytes, problems: tuple[str, ...]) -> None:
    assert parse_headers(raw).problems == problems


@pytest.mark.parametrize(
    "raw",
    [
        b"A: 1\r\nX-LM-Override-Track-Opens : false\r\n\r\n<p>",
        b" X-LM-Override-Track-Opens: false\r\nA: 1\r\n\r\n<p>",
        b"A: 1\r\nFrom b\r\nB: 2\r\n\r\n<p>",
        b"A: 1\r\n: 2\r\nB: 2\r\n\r\n<p>",
    ],
)
@pytest.mark.parametrize("chosen", POLICIES)
def test_message_whose_headers_the_parser_gave_up_is_off(raw: bytes, chosen: Anything) -> None:
    message = message_from_bytes(raw, policy=chosen)
    assert parse_headers(message).problems == BOTH_INVALID
    with pytest.raises(InvalidOverride, match=f"^{OPENS}: may be lost: the header block is malformed$"):
        parse_headers(message, strict=True)


def test_defect_of_a_body_says_nothing_about_the_headers() -> None:
    message = message_from_bytes(b"Content-Type: multipart/mixed; boundary=x\n\nno boundary")
    assert message.defects
    assert parse_headers(message) == Override()


def test_body_is_never_read() -> None:
    raw = b"Subject: a\r\n\r\nX-LM-Override-Track-Opens: maybe\r\n"
    assert parse_headers(raw) == parse_headers(message_from_bytes(raw)) == Override()


def test_envelope_line_hides_no_header() -> None:
    assert parse_headers(b"From bob Thu\nX-LM-Override-Track-Opens: no\n\n") == Override(track_opens=False)


def test_message_made_in_code_is_read() -> None:
    messages: list[Message[str, str | Header]] = [EmailMessage(), Message()]
    for message in messages:
        message[OPENS] = "false"
        message[CLICKS] = "TRUE"
        message["Subject"] = "hällo"
        assert parse_headers(message) == Override(track_opens=False, track_clicks=True)


def test_header_object_in_a_message_is_off() -> None:
    message: Message[Anything, Anything] = Message()
    message[OPENS] = Header("false", "utf-8")
    assert parse_headers(message).problems == INVALID


def test_hostile_header_values_are_not_parsed() -> None:
    raw = b'X-LM-Override-Track-Opens: =?x-evil?q?\xff?= (((((\r\nTo: =?utf-8?b?!?=, "<@,;:\r\n\r\n'
    for chosen in POLICIES:
        assert parse_headers(message_from_bytes(raw, policy=chosen)).problems == INVALID


@pytest.mark.parametrize(
    "headers",
    [
        "X-LM-Override-Track-Opens: false",
        {OPENS: "false"},
        {"ab": 1},
        bytearray(),
        memoryview(b""),
        None,
        3,
        ["ab"],
        [(OPENS,)],
        [(b"name", b"false")],
        [{OPENS, "false"}],
        [(OPENS, "false", "x")],
    ],
)
def test_headers_of_another_form_are_a_type_error(headers: Anything) -> None:
    text = (
        "each header must be a tuple of its name, a str, and its value"
        if isinstance(headers, list)
        else f"headers must be a Message, bytes or pairs of name and value, not {type(headers).__name__}"
    )
    with pytest.raises(TypeError, match=f"^{text}$"):
        parse_headers(headers)


def test_pairs_may_come_from_an_iterator() -> None:
    assert parse_headers((OPENS, value) for value in ("no", "off")) == Override(track_opens=False)


@given(st.binary(max_size=300) | HEADER_BLOCKS, st.binary(max_size=30))
@example(b"X-LM-Override-Track-Opens: true\r\n", b"")
def test_any_header_bytes_give_an_override_or_invalid_override(raw: bytes, body: bytes) -> None:
    lax = parse_headers(raw + b"\r\n\r\n" + body)
    try:
        strict = parse_headers(raw + b"\r\n\r\n" + body, strict=True)
    except InvalidOverride:
        assert lax.problems
    else:
        assert strict == lax
        assert not lax.problems


@given(HEADER_BLOCKS)
@example(b"X-LM-Override-Track-Opens: true\n From x\n")
def test_raw_bytes_and_the_stdlib_message_never_say_the_opposite(raw: bytes) -> None:
    ours = parse_headers(raw)
    theirs = parse_headers(message_from_bytes(raw))
    for flag in ("opens", "clicks"):
        our_wish, their_wish = getattr(ours, f"track_{flag}"), getattr(theirs, f"track_{flag}")
        if our_wish is True:
            assert their_wish is True or any(problem.startswith(flag) for problem in theirs.problems)
        if their_wish is False and not theirs.problems:
            assert our_wish is False


@given(st.lists(OVERRIDE_PAIRS, max_size=5), st.randoms(use_true_random=False))
def test_order_of_headers_does_not_matter(pairs: list[tuple[str, object]], random: Anything) -> None:
    shuffled = pairs.copy()
    random.shuffle(shuffled)
    assert parse_headers(pairs) == parse_headers(shuffled)


@given(st.text(max_size=12))
@example("tru\u0415")
def test_only_the_documented_values_are_read(value: str) -> None:
    documented = {
        "true": True,
        "1": True,
        "yes": True,
        "on": True,
        "false": False,
        "0": False,
        "no": False,
        "off": False,
    }
    override = parse_headers([(OPENS, value)])
    plain = value.replace("\r\n ", " ").replace("\r\n\t", " ").replace("\n ", " ").replace("\n\t", " ").strip(" \t")
    ascii_lower = plain.translate({upper: upper + 32 for upper in range(65, 91)})
    assert override == (
        Override(track_opens=documented[ascii_lower]) if ascii_lower in documented else parse_headers([(OPENS, "?")])
    )


@given(OVERRIDES)
def test_flag_with_a_problem_is_off_even_if_the_problem_is_dropped(override: Override) -> None:
    for problem in override.problems:
        assert getattr(dataclasses.replace(override), f"track_{problem.partition(':')[0]}") is False


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


def test_evidence_is_stable_json() -> None:
    override = parse_headers([(OPENS, "?"), (CLICKS, "true")])
    decision = resolve(BOTH, override, consent=Consent.GRANTED, clicks_consent=Consent.DENIED)
    assert json.dumps(decision.to_dict()) == (
        '{"v": 1, "inputs": {"route": {"track_opens": true, "track_clicks": true, "require_consent": false, '
        '"without_consent": "off"}, "overrides": [{"track_opens": false, "track_clicks": true, '
        '"problems": ["opens:override_invalid"]}], "consent": "granted", "clicks_consent": "denied"}, "limits": [], '
        '"result": {"opens": "off", "clicks": "off"}, "reasons": ["opens:override_invalid", "clicks:consent_denied"]}'
    )


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
    """Give the path of every value inside some JSON."""
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


@pytest.mark.parametrize("version", [0, 2, "1", None, True, 1.0, [1]])
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
    with pytest.raises(ValueError, match="exactly v, inputs, limits, result, reasons"):
        Decision.from_dict(evidence)


def test_evidence_nested_without_end_is_refused() -> None:
    evidence: dict[str, object] = resolve(BOTH).to_dict()
    for _ in range(5000):
        evidence = {**evidence, "inputs": {"shared": [evidence]}}
    with pytest.raises(ValueError, match="nest"):
        Decision.from_dict(evidence)


def test_evidence_of_one_shared_decision_hidden_in_another_is_refused() -> None:
    shared = resolve_shared([resolve(BOTH), resolve(STRICT)]).to_dict()
    with pytest.raises(ValueError, match=r"^evidence: result and reasons do not follow from the inputs$"):
        Decision.from_dict({**shared, "inputs": {"shared": [shared]}})


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


@pytest.mark.parametrize(
    ("line", "problems"),
    [
        ("X-LM-Override-Track Opens: false", ("opens:override_invalid", "clicks:override_invalid")),
        ("X-LM-Override- Track-Opens: false", ("opens:override_invalid", "clicks:override_invalid")),
        ("X-LM-Override-Track-O pens: false", ("opens:override_invalid",)),
        ("X-LM-Override-Tag : x", ()),
        ("X-LM -Override-Track-Opens: false", ()),
        ("X-LM-Override-Track: false", ()),
        ("Bad line\r\nX-LM-Override-Track: false", ()),
    ],
)
def test_a_name_broken_by_a_blank_fails_closed_on_what_it_could_be(line: str, problems: tuple[str, ...]) -> None:
    assert parse_headers(f"Subject: x\r\n{line}\r\n\r\n".encode()).problems == problems
    if "\r\n" not in line:
        name, _, value = line.partition(":")
        assert parse_headers([(name, value)]).problems == problems
