"""The JSON form of a decision's inputs, and strict readers for it: exact members, exact types, known names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from lmtrack._deciding.override import CONFLICT, INVALID, Flag, Override, make_override
from lmtrack._deciding.rules import Consent, Inputs, Reason, Route, TrackingMode

if TYPE_CHECKING:
    from collections.abc import Mapping

_K = TypeVar("_K")
_T = TypeVar("_T")

FLAGS: Final[Mapping[str, Flag]] = {"opens": "opens", "clicks": "clicks"}
MODES: Final = {mode.name.lower(): mode for mode in TrackingMode}
REASONS: Final = {reason.value: reason for reason in Reason}
_CONSENTS: Final = {consent.value: consent for consent in Consent}
_BOOLEANS: Final = {True: True, False: False}
_WISHES: Final = {True: True, False: False, None: None}
_PROBLEMS: Final = (INVALID, CONFLICT)


def write_mode(mode: TrackingMode, /) -> str:
    """Give the lower-case name of a mode."""
    return mode.name.lower()


def write_inputs(inputs: Inputs, /) -> dict[str, object]:
    """Give JSON values with a fixed key order."""
    route = inputs.route
    return {
        "route": {
            "track_opens": route.track_opens,
            "track_clicks": route.track_clicks,
            "require_consent": route.require_consent,
            "without_consent": write_mode(route.without_consent),
        },
        "overrides": [
            {
                "track_opens": override.track_opens,
                "track_clicks": override.track_clicks,
                "problems": list(override.problems),
            }
            for override in inputs.overrides
        ],
        "consent": inputs.consent.value,
        "clicks_consent": inputs.clicks_consent.value,
    }


def read_inputs(data: object, /) -> Inputs:
    """Read what `write_inputs` gave.

    Raises:
        ValueError: It is something else.
    """
    inputs = read_object(data, "route", "overrides", "consent", "clicks_consent")
    route = read_object(inputs["route"], "track_opens", "track_clicks", "require_consent", "without_consent")
    return Inputs(
        route=Route(
            track_opens=read_choice(_BOOLEANS, route["track_opens"]),
            track_clicks=read_choice(_BOOLEANS, route["track_clicks"]),
            require_consent=read_choice(_BOOLEANS, route["require_consent"]),
            without_consent=read_choice(MODES, route["without_consent"]),
        ),
        overrides=tuple(_read_override(override) for override in read_list(inputs["overrides"])),
        consent=read_choice(_CONSENTS, inputs["consent"]),
        clicks_consent=read_choice(_CONSENTS, inputs["clicks_consent"]),
    )


def read_object(data: object, /, *members: str) -> dict[str, object]:
    """Give a JSON object that has exactly these members.

    Raises:
        ValueError: It is something else.
    """
    if not isinstance(data, dict) or data.keys() != set(members):
        raise ValueError(f"evidence: expected an object with exactly {', '.join(members)}")
    return data


def read_list(data: object, /) -> list[object]:
    """Give a JSON array.

    Raises:
        ValueError: It is something else.
    """
    if not isinstance(data, list):
        raise ValueError("evidence: expected an array")  # noqa: TRY004 - stored data, not a caller's argument
    return data


def read_choice(choices: Mapping[_K, _T], value: object, /) -> _T:
    """Give the member of a closed set that a JSON value stands for; 1 does not stand for true.

    Raises:
        ValueError: It stands for none.
    """
    for written, choice in choices.items():
        if type(value) is type(written) and value == written:
            return choice
    raise ValueError(f"evidence: expected one of {', '.join(str(written).lower() for written in choices)}")


def _read_override(data: object) -> Override:
    override = read_object(data, "track_opens", "track_clicks", "problems")
    problems = read_list(override["problems"])
    wishes: dict[Flag, bool | str | None] = {}
    for flag in FLAGS.values():
        wishes[flag] = read_choice(_WISHES, override[f"track_{flag}"])
        for code in _PROBLEMS:
            if f"{flag}:{code}" in problems:
                wishes[flag] = code
    return make_override(wishes)
