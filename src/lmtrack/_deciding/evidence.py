"""The JSON form of a decision's inputs, and strict readers for it: exact members, exact types, known names.

Version 1 knew neither ceiling nor records: its consents are words, and a refusal left what `without_consent` says, at
most AGGREGATE. It is read as the same inputs of today, and written back as it was.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final, TypeVar

from lmtrack._checks import exact_str
from lmtrack._deciding.override import CONFLICT, INVALID, Flag, Override, Source, make_override
from lmtrack._deciding.rules import Consent, ConsentRecord, Inputs, Reason, Route, TrackingMode

if TYPE_CHECKING:
    from collections.abc import Mapping

_K = TypeVar("_K")
_T = TypeVar("_T")

VERSION: Final = 2

FLAGS: Final[Mapping[str, Flag]] = {"opens": "opens", "clicks": "clicks"}
MODES: Final = {mode.name.lower(): mode for mode in TrackingMode}
REASONS: Final = {reason.value: reason for reason in Reason}
CONSENTS: Final = {consent.value: consent for consent in Consent}
_BOOLEANS: Final = {True: True, False: False}
_ANSWERS: Final = {True: True, False: False, None: None}
_SOURCES: Final[Mapping[str | None, Source | None]] = {"settings": "settings", "headers": "headers", None: None}
_PROBLEMS: Final = (INVALID, CONFLICT)


def write_mode(mode: TrackingMode, /) -> str:
    """Return the lower-case name of a mode."""
    return mode.name.lower()


def write_time(time: datetime | None, /) -> str | None:
    """Return a time in UTC as ISO 8601."""
    return None if time is None else time.isoformat().replace("+00:00", "Z")


def write_inputs(inputs: Inputs, version: int, /) -> dict[str, object]:
    """Return JSON values with a fixed key order."""
    route = inputs.route
    written: dict[str, object] = {
        "track_opens": route.track_opens,
        "track_clicks": route.track_clicks,
        "require_consent": route.require_consent,
        "without_consent": write_mode(route.without_consent),
    }
    if version > 1:
        written |= {"after_refusal": write_mode(route.after_refusal), "ceiling": write_mode(route.ceiling)}
    return {
        "route": written,
        "overrides": [_write_override(override, version) for override in inputs.overrides],
        "consent": _write_record(inputs.consent, version),
        "clicks_consent": (
            None
            if version > 1 and inputs.clicks_consent == inputs.consent
            else _write_record(inputs.clicks_consent, version)
        ),
    }


def _write_override(override: Override, version: int, /) -> dict[str, object]:
    written: dict[str, object] = {
        "track_opens": override.track_opens,
        "track_clicks": override.track_clicks,
        "problems": list(override.problems),
    }
    if version > 1:
        written |= {"unread": list(override.unread), "source": override.source}
    return written


def _write_record(record: ConsentRecord, version: int, /) -> object:
    if version == 1:
        return record.state.value
    return {
        "state": record.state.value,
        "since": write_time(record.since),
        "withdrawn_at": write_time(record.withdrawn_at),
        "method": record.method,
        "wording": record.wording,
        "reference": record.reference,
    }


def read_inputs(data: object, version: int, /) -> Inputs:
    """Read what `write_inputs` gave.

    Raises:
        ValueError: It is something else.
    """
    inputs = read_object(data, "route", "overrides", "consent", "clicks_consent")
    members = ("track_opens", "track_clicks", "require_consent", "without_consent")
    route = read_object(inputs["route"], *members, *(("after_refusal", "ceiling") if version > 1 else ()))
    without = read_choice(MODES, route["without_consent"])
    read = Route(
        track_opens=read_choice(_BOOLEANS, route["track_opens"]),
        track_clicks=read_choice(_BOOLEANS, route["track_clicks"]),
        require_consent=read_choice(_BOOLEANS, route["require_consent"]),
        without_consent=without,
        after_refusal=(
            min(without, TrackingMode.AGGREGATE) if version == 1 else read_choice(MODES, route["after_refusal"])
        ),
        ceiling=TrackingMode.INDIVIDUAL if version == 1 else read_choice(MODES, route["ceiling"]),
    )
    consent, clicks = _read_record(inputs["consent"], version), inputs["clicks_consent"]
    return Inputs(
        route=read,
        overrides=tuple(_read_override(override, version) for override in read_list(inputs["overrides"])),
        consent=consent,
        clicks_consent=consent if version > 1 and clicks is None else _read_record(clicks, version),
    )


def read_time(value: object, /) -> datetime | None:
    """Read what `write_time` gave.

    Raises:
        ValueError: It is something else.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("evidence: expected a time or null")  # noqa: TRY004 - stored data, not a caller's argument
    return datetime.fromisoformat(exact_str(value))


def _read_record(data: object, version: int, /) -> ConsentRecord:
    if version == 1:
        return ConsentRecord.of(read_choice(CONSENTS, data))
    record = read_object(data, "state", "since", "withdrawn_at", "method", "wording", "reference")
    return ConsentRecord(
        state=read_choice(CONSENTS, record["state"]),
        since=read_time(record["since"]),
        withdrawn_at=read_time(record["withdrawn_at"]),
        method=_read_text(record["method"]),
        wording=_read_text(record["wording"]),
        reference=_read_text(record["reference"]),
    )


def read_names(value: object, /) -> tuple[str, ...]:
    """Read the names that nobody could read.

    Raises:
        ValueError: It is something else.
    """
    return tuple(name for name in map(_read_text, read_list(value)) if name is not None)


def _read_text(value: object, /) -> str | None:
    if value is not None and not isinstance(value, str):
        raise ValueError("evidence: expected a text or null")
    return value if value is None else exact_str(value)


def read_object(data: object, /, *members: str) -> dict[str, object]:
    """Return a JSON object that has exactly these members.

    Raises:
        ValueError: It is something else.
    """
    if not isinstance(data, dict) or data.keys() != set(members):
        raise ValueError(f"evidence: expected an object with exactly {', '.join(members)}")
    return data


def read_list(data: object, /) -> list[object]:
    """Return a JSON array.

    Raises:
        ValueError: It is something else.
    """
    if not isinstance(data, list):
        raise ValueError("evidence: expected an array")  # noqa: TRY004 - stored data, not a caller's argument
    return data


def read_choice(choices: Mapping[_K, _T], value: object, /) -> _T:
    """Return the member of a closed set that a JSON value stands for; 1 does not stand for true.

    Raises:
        ValueError: It stands for none.
    """
    value = exact_str(value) if isinstance(value, str) else value
    for written, choice in choices.items():
        if type(value) is type(written) and value == written:
            return choice
    raise ValueError(f"evidence: expected one of {', '.join(str(written).lower() for written in choices)}")


def _read_override(data: object, version: int, /) -> Override:
    members = ("track_opens", "track_clicks", "problems")
    override = read_object(data, *members, *(("unread", "source") if version > 1 else ()))
    problems = read_list(override["problems"])
    answers: dict[Flag, bool | str | None] = {}
    for flag in FLAGS.values():
        answers[flag] = read_choice(_ANSWERS, override[f"track_{flag}"])
        for code in _PROBLEMS:
            if f"{flag}:{code}" in problems:
                answers[flag] = code
    if version == 1:
        return make_override(answers)
    return make_override(
        answers, unread=read_names(override["unread"]), source=read_choice(_SOURCES, override["source"])
    )
