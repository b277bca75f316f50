"""Strategies of what a sender knows before sending: routes, overrides, consent, and the decisions they make."""

from __future__ import annotations

from typing import Final

from lmtrack._deciding.override import PREFIX
from lmtrack._testing.needs import SearchStrategy, needs_hypothesis
from lmtrack.resolver import (
    Consent,
    Decision,
    Override,
    Route,
    TrackingMode,
    parse_headers,
    parse_settings,
    resolve,
    resolve_shared,
)

# What a name may be when it arrives: in any case, with a blank that the standard library's parser stumbles over, and
# one that is another header altogether.
_FLAGS: Final = ("Track-Opens", "Track-Clicks", "track-opens", "TRACK-CLICKS", "Track-Opens ", "Track", "Tag")
# What may be read, what must not be guessed, and what only looks like the first.
_VALUES: Final = (
    "false", "true", "0", "1", "no", "yes", "off", "on", "False", " TRUE ", "\tOff", "\r\n false", "", "maybe", "null",
    "00", "false true", "false,", '"false"', "false (by request)", "=?utf-8?q?false?=", "fal\x00se", "tr\u0131e",
    "\uff46alse", "o\u2060n",
)  # fmt: skip
_MEMBERS: Final[tuple[object, ...]] = (False, True, None, "false", "true", 0, 1, [])


@needs_hypothesis
def consents() -> SearchStrategy[Consent]:
    """Every consent there is."""
    from hypothesis import strategies as st

    return st.sampled_from(Consent)


@needs_hypothesis
def routes() -> SearchStrategy[Route]:
    """Every route there is; the first one tracks nothing."""
    from hypothesis import strategies as st

    return st.builds(
        Route,
        track_opens=st.booleans(),
        track_clicks=st.booleans(),
        require_consent=st.booleans(),
        without_consent=st.sampled_from([TrackingMode.OFF, TrackingMode.AGGREGATE, TrackingMode.DELIVERABILITY]),
    )


@needs_hypothesis
def override_headers(*, prefix: str = PREFIX) -> SearchStrategy[list[tuple[str, str]]]:
    """Header fields of one message as pairs of name and value, as `parse_headers` takes them.

    Names in any case, a name with a blank before the colon, unknown flags; values that mean something, that nobody
    can read, and that only look like the first; the same flag twice, agreeing or not.

    Args:
        prefix: What comes before `Track-Opens` and `Track-Clicks`.
    """
    from hypothesis import strategies as st

    names = st.sampled_from(_FLAGS).map(lambda flag: prefix + flag) | st.sampled_from([prefix.lower(), "Subject"])
    return st.lists(st.tuples(names, st.sampled_from(_VALUES)), max_size=4)


@needs_hypothesis
def overrides() -> SearchStrategy[Override]:
    """Overrides of one message: plain ones, and those read from headers and JSON settings of any quality."""
    from hypothesis import strategies as st

    wishes, members = st.sampled_from([None, False, True]), st.sampled_from(_MEMBERS)
    objects = st.fixed_dictionaries({}, optional=dict.fromkeys(("track_opens", "track_clicks", "settings"), members))
    return (
        st.builds(Override, track_opens=wishes, track_clicks=wishes)
        | override_headers().map(parse_headers)
        | objects.map(lambda settings: parse_settings(settings, strict=False))
    )


@needs_hypothesis
def decisions() -> SearchStrategy[Decision]:
    """Decisions of every mode for opens and for clicks: for one recipient, and for several who share one body."""
    from hypothesis import strategies as st

    single = st.builds(
        lambda route, wishes, consent, clicks_consent: resolve(
            route, *wishes, consent=consent, clicks_consent=clicks_consent
        ),
        routes(),
        st.lists(overrides(), max_size=2),
        consents(),
        st.none() | consents(),
    )
    return single | st.lists(single, min_size=1, max_size=3).map(resolve_shared)
