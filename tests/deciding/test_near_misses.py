"""Names that are nearly ours, what is told of them, and the levels of overrides."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from typing import Any, TypeAlias

import pytest
from hypothesis import given

from lmtrack._deciding.override import find_controls, layer_overrides
from lmtrack.errors import InvalidOverride
from lmtrack.resolver import (
    Consent,
    Override,
    Route,
    parse_headers,
    parse_settings,
    resolve,
)
from override_cases import BOTH_INVALID, CLICKS, CONFLICT, INVALID, OPENS
from strategies import HEADER_BLOCKS

Anything: TypeAlias = Any  # what a type checker would refuse


NEAR_MISSES = [
    "track_open",
    "trackOpens",
    "open_tracking",
    "Track-Open",
    "Track_Clicks",
    "click-tracking",
    "tracking_links",
    "TRACKING",
    "opens",
    "Clicks",
    "track",
    "tr\u0430ck_opens",  # Cyrillic
    "Trac\u212a-Opens",  # the Kelvin sign
    "\uff54rack-clicks",
]
NEITHER = ["tracking_number", "open", "click", "links", "TLS", "tls", "backtrack", "x-opens", "tag", "track_content"]


@pytest.mark.parametrize("name", NEAR_MISSES)
def test_a_misspelt_name_turns_both_flags_off_and_is_told(name: str) -> None:
    header = f"X-LM-Override-{name}"
    overrides = [
        (parse_settings({name: True, "track_opens": True}, strict=False), name),
        (parse_headers({header: "true", OPENS: "true"}), header),
        (parse_headers([(OPENS, "true"), (header, "true")]), header),
        (parse_headers(f"{OPENS}: true\r\n{header}: true\r\n\r\n".encode()), header),
    ]
    for override, told in overrides:
        assert (override.track_opens, override.track_clicks, override.problems) == (False, False, BOTH_INVALID)
        assert override.unread == (told,)
    wrong: Anything
    for wrong in ({name: None}, {name: False}, {name: {}}):
        with pytest.raises(InvalidOverride) as caught:
            parse_settings(wrong)
        assert caught.value.fields == (name,)


@pytest.mark.parametrize("name", NEITHER)
def test_a_name_that_means_something_else_is_left_alone(name: str) -> None:
    header = f"X-LM-Override-{name}"
    assert parse_settings({name: True}) == Override()
    assert parse_headers({header: "maybe"}) == parse_headers(f"{header}: maybe\r\n\r\n".encode()) == Override()
    assert list(find_controls(f"{header}: maybe\r\n\r\n".encode(), "X-LM-Override-")) == []


def test_no_near_miss_is_looked_for_outside_the_prefix() -> None:
    for name in ("X-Track-Opens", "Track-Open", "Open-Tracking", "X-LM-Track-Opens", "X-PM-TrackOpens"):
        assert parse_headers({name: "false"}) == parse_headers(f"{name}: false\r\n\r\n".encode()) == Override()


def test_a_key_of_bytes_is_no_key_of_json_and_still_means_something() -> None:
    settings: Anything = {b"track_opens": False, b"tag": 1}
    assert parse_settings(settings, strict=False).unread == ("track_opens",)


def test_all_bad_fields_are_told_at_once() -> None:
    with pytest.raises(InvalidOverride) as caught:
        parse_settings({"track_opens": "no", "track_clicks": 1, "trackOpens": True, "settings": {}, "opens": 1})
    error = caught.value
    assert error.fields == ("track_opens", "track_clicks", "settings", "trackOpens", "opens")
    assert error.field == "track_opens"
    assert error.problems["track_clicks"] == "must be true, false or null, not int"
    assert error.problems["trackOpens"] == "is misspelt, so it is unclear what it turns off"
    assert str(error).count("; ") == 5
    with pytest.raises(InvalidOverride) as caught:
        parse_headers([(CLICKS, "x"), (OPENS, "1"), (OPENS, "0"), ("X-LM-Override-Clicks", "0")], strict=True)
    assert caught.value.fields == (OPENS, CLICKS, "X-LM-Override-Clicks")


def test_names_that_are_told_are_few_short_and_without_an_address() -> None:
    many = {f"track_open{number}": True for number in range(50)}
    assert len(parse_settings(many, strict=False).unread) == 16
    (told,) = parse_settings({"track_open" + "\u00fc" * 500: True}, strict=False).unread
    assert len(told.encode()) == 128
    (told,) = parse_settings({"track_open_" + "\u00fc" * 500: True}, strict=False).unread
    assert told == "track_open_" + "\u00fc" * 58  # 127 bytes: half a character is none
    (told,) = parse_settings({"track_open_\ud800": True}, strict=False).unread
    assert told == "track_open_\\ud800"
    (told,) = parse_settings({"track_open_of_ann@shop.example": True}, strict=False).unread
    assert told == "(a name with an address)"


def test_an_override_says_where_it_was_read() -> None:
    assert parse_settings({}).source == parse_settings(None).source == "settings"
    not_read: Anything
    for not_read in ({"settings": 1}, [], "track_opens"):
        assert parse_settings(not_read, strict=False).source == "settings"
    assert parse_headers([]).source == parse_headers(b"Subject : x\r\n\r\n").source == "headers"
    assert parse_headers(message_from_bytes(b"A : 1\r\n\r\n")).source == "headers"
    assert Override(track_opens=True).source is None


@pytest.mark.parametrize("value", [True, False, None, 1, b"false", ["false"]])
def test_a_header_value_that_is_no_text_is_off_in_a_mapping_too(value: object) -> None:
    assert parse_headers({OPENS: value}).problems == INVALID


@pytest.mark.parametrize("value", [False, None, 0])
@pytest.mark.parametrize("kind", ["EmailMessage", "SMTP", "compat32"])
def test_what_pythons_email_makes_of_a_boolean_is_off(kind: str, value: Anything) -> None:
    """The modern policies write an empty value for one that is false, and refuse True."""
    message = Message() if kind == "compat32" else EmailMessage(policy.SMTP if kind == "SMTP" else None)
    true: Anything = True
    message[OPENS] = value
    assert parse_headers(message).problems == INVALID
    if kind != "compat32":  # which cannot write it
        assert parse_headers(message.as_bytes()).problems == INVALID
        with pytest.raises(TypeError):
            message[CLICKS] = true


@pytest.mark.parametrize(
    "line",
    [
        f"{OPENS}: true",
        f"{CLICKS.upper()}: true",
        f"{OPENS} : true",
        "X-LM-Override-Track_Open: true",
        "X-LM-Override-Track-O : true",
    ],
)
def test_the_lines_to_remove_are_overrides_in_any_form(line: str) -> None:
    raw = f"X-LM-Override-TLS: x\r\n{line}\r\n\r\n".encode()
    (field,) = find_controls(raw, "X-LM-Override-")
    assert raw[field.start : field.end] == f"{line}\r\n".encode()


@given(HEADER_BLOCKS)
def test_the_lines_to_remove_are_those_that_are_read(raw: bytes) -> None:
    controls = list(find_controls(raw, "X-LM-Override-"))
    lines = b"".join(raw[field.start : field.end] for field in controls)
    if parse_headers(raw) != Override():
        assert lines
    assert all(field.name.lower().startswith("x-lm-override-") for field in controls)


# Levels


def unreadable(key: str) -> Override:
    return parse_settings({key: "?"}, strict=False)


def test_of_levels_the_last_that_says_anything_holds_for_each_flag() -> None:
    account = Override(track_opens=True, track_clicks=True)
    batch, message = Override(track_clicks=False), Override(track_opens=False)
    assert layer_overrides() == layer_overrides(Override()) == Override()
    assert layer_overrides(account, batch, message) == Override(track_opens=False, track_clicks=False)
    assert layer_overrides(batch, account) == account
    assert resolve(Route(), layer_overrides(account, message), consent=Consent.GRANTED).track_clicks


@pytest.mark.parametrize("later", [Override(track_opens=True), Override(track_opens=False), Override()])
def test_a_problem_in_any_level_survives(later: Override) -> None:
    for levels in ((unreadable("track_opens"), later), (later, unreadable("track_opens"))):
        assert layer_overrides(*levels).problems == INVALID
    conflict = parse_headers([(OPENS, "1"), (OPENS, "0")])
    assert layer_overrides(conflict, later).problems == CONFLICT
    assert layer_overrides(conflict, later, unreadable("track_opens")).problems == INVALID


def test_levels_keep_names_and_a_common_source() -> None:
    first, second = (parse_settings({name: True}, strict=False) for name in ("opens", "clicks"))
    both = layer_overrides(first, second, first)
    assert (both.unread, both.source) == (("opens", "clicks"), "settings")
    assert layer_overrides(first, parse_headers({OPENS: "1"})).source is None
    assert layer_overrides(first, parse_headers([])).source == "settings"


def test_each_level_is_an_override() -> None:
    bad: Anything
    for bad in (None, {"track_opens": False}, True):
        with pytest.raises(TypeError, match=f"^each level must be an Override, not {type(bad).__name__}$"):
            layer_overrides(Override(), bad)
