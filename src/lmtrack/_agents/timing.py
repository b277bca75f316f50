"""Every window and count of the rules that look at time, each with its source.

`tests/bench/simulate_readers.py` prints how many simulated readers and gateways each figure below catches.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Timing:
    """The time windows of `classify_message`; the defaults fit the known gateways.

    Attributes:
        scan_window: How long after delivery gateways scan. Vendors' documents and field reports, 2026-08; 97.4 % of 836
            sweeps came within half of it (craft-campaign issue 546, 2026).
        at_once: A click sooner than this is hardly a person's (mautic, `bot_helper_time_email_threshold`), and an email
            proxy's open is weak evidence of a person (mautic issues 7884 and 10409).
        quick: A click sooner than this is suspect, but less so (OpenAEV's delivery window, 2026-08).
        burst_links: This many links within `burst_span` are a burst.
        burst_span: Our simulation: within the scanning window of 0.04 % of readers; later, of 76 % of those who open
            links in tabs about a second apart, so later it has weight 1.
        fast_links: This many links within `fast_span` are a machine's at any time.
        fast_span: Our simulation: of 0.3 % of readers who open links in tabs 0.8 s apart.
        pace_links: This many links within `pace_span` are a machine's within the scanning window.
        pace_span: Two and a half seconds a link; gateways were seen at one to one and a half (mautic issue 9798).
        many_links: This many links within `many_span` are also a machine's within the scanning window.
        many_span: A minute (mautic issue 9798).
        sweep_links: The fewest links of an email of which a click on each within `sweep_span` is a sweep at any time.
        sweep_span: OpenAEV's window, 2026-08; Paminga's 3 s is too short for gateways that take turns.
        two_links_span: Both links of an email with two within this are a sweep, within the scanning window. 12 % of
            emails with tracked links have exactly two (our corpus, 2026-11), often a button and its address spelled
            out.
        few_pace: All links of an email with three, at most this far apart on average, are a sweep within that window.
        pair_span: Two links in less than this count with weight 1 (Marketo's proximity pattern, 2026-08: the same
            second).
        agents: This many agents at one IP address within `agents_span` count with weight 1, and with `sweep_links`
            links as a machine; three, because an app hands a link to a browser.
        agents_span: Field reports of gateways, 2026-08.
        proof_before: The opens of a client that proved to be a machine are a machine's up to this long before: the
            median of 836 sweeps is 33 s between the pixel and the links (craft-campaign issue 546, 2026).
        proof_after: The same up to this long after; a click of that client up to this long after counts with weight 1.
            Our choice: half of the scanning window.
        proof_near: The clicks of such a client count as a machine's this long before and after. Our choice, as a sweep.
        trap_before: Requests of a client this long before it followed an invisible link are suspect: such links are
            often last.
        trap_after: Requests of that client this long after are suspect too (Paminga's sliding window, 2026-08).
        trap_near: Anyone's clicks this close to it are suspect too (mautic issue 9798).
        look_span: A gateway's request for a link and the person's own click are at most this far apart. Our choice:
            detonations were seen to take seconds, and some come first.
        duplicate_span: The same request by the same client again within this time is a double click or a proxy's retry.
            Our choice.
        handover_span: A mail client that fetched a link has the browser open that link within this time. Our choice: a
            browser that has to start takes seconds.

    Raises:
        TypeError: A count is not an int, or a span not a timedelta.
        ValueError: A count is below 2, or a span negative.
    """

    scan_window: timedelta = timedelta(minutes=10)
    at_once: timedelta = timedelta(seconds=2)
    quick: timedelta = timedelta(seconds=10)
    burst_links: int = 3
    burst_span: timedelta = timedelta(seconds=2)
    fast_links: int = 4
    fast_span: timedelta = timedelta(seconds=1)
    pace_links: int = 4
    pace_span: timedelta = timedelta(seconds=7.5)
    many_links: int = 8
    many_span: timedelta = timedelta(seconds=60)
    sweep_links: int = 4
    sweep_span: timedelta = timedelta(seconds=10)
    two_links_span: timedelta = timedelta(seconds=1.5)
    few_pace: timedelta = timedelta(seconds=2.5)
    pair_span: timedelta = timedelta(seconds=1)
    agents: int = 3
    agents_span: timedelta = timedelta(seconds=10)
    proof_before: timedelta = timedelta(seconds=60)
    proof_after: timedelta = timedelta(minutes=5)
    proof_near: timedelta = timedelta(seconds=10)
    trap_before: timedelta = timedelta(seconds=60)
    trap_after: timedelta = timedelta(minutes=15)
    trap_near: timedelta = timedelta(seconds=10)
    look_span: timedelta = timedelta(seconds=60)
    duplicate_span: timedelta = timedelta(seconds=2)
    handover_span: timedelta = timedelta(seconds=10)

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(field.default, int):
                if type(value) is not int:
                    raise TypeError(f"{field.name} must be an int, not {type(value).__name__}")
                if value < 2:
                    raise ValueError(f"{field.name} must be 2 or more")
            elif not isinstance(value, timedelta):
                raise TypeError(f"{field.name} must be a timedelta, not {type(value).__name__}")
            elif value < timedelta(0):
                raise ValueError(f"{field.name} must not be negative")

    def __repr__(self) -> str:
        changed = (field for field in fields(self) if getattr(self, field.name) != field.default)
        return f"Timing({', '.join(f'{field.name}={getattr(self, field.name)!r}' for field in changed)})"

    @property
    def settle_after(self) -> timedelta:
        """How long an event waits until no later one can change its verdict.

        A person's image may have been a gateway's, whose links take their time; an invisible link and a person's own
        click look back as well.
        """
        links = max(
            self.burst_span,
            self.fast_span,
            self.pace_span,
            self.many_span,
            self.sweep_span,
            self.two_links_span,
            self.few_pace * (self.sweep_links - 1),
            self.agents_span,
        )
        proof = max(self.proof_before, self.proof_near) + links
        return max(proof, self.trap_before, self.trap_near, self.look_span)

    def microseconds(self, name: str, /) -> int:
        """Return one of the spans as a whole number, which the rules count in."""
        span: timedelta = getattr(self, name)
        return span // _MICROSECOND


DEFAULT_TIMING = Timing()


class Windows(NamedTuple):
    """The spans of a `Timing` as the message rules count in them, in microseconds; each is documented there.

    Attributes:
        stages: Where a delay counts as another: before delivery nobody can click, and at once and very soon a person
            hardly does.
        scan_window: As in `Timing`, like the rest.
    """

    stages: tuple[int, ...]
    scan_window: int
    trap_before: int
    trap_after: int
    trap_near: int
    look_span: int
    proof_before: int
    proof_after: int
    proof_near: int
    duplicate_span: int
    handover_span: int


@lru_cache(maxsize=16)  # of values
def _windows(timing: Timing) -> Windows:
    names = Windows._fields[1:]
    stages = sorted((0, *map(timing.microseconds, ("at_once", "quick", "scan_window"))))
    return Windows(tuple(stages), *map(timing.microseconds, names))


_DEFAULT_WINDOWS = _windows(DEFAULT_TIMING)


def windows_of(timing: Timing) -> Windows:
    """Return the windows; a `Timing` has so many fields that its hash takes as long as a rule."""
    return _DEFAULT_WINDOWS if timing is DEFAULT_TIMING else _windows(timing)
