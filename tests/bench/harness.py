"""Compare with a peer in one run: ours and theirs take turns, the best of each counts, the ratio is the figure.

Time is the processor's, of this process and of those it started and waited for: what else the machine does is left out.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from resource import RUSAGE_CHILDREN, getrusage
from time import process_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table: `ratio` says how many times as fast we are (or what `unit` says)."""

    what: str
    against: str
    ours: float
    peer: float
    at_least: float | None
    aim: float | None

    @property
    def ratio(self) -> float:
        """How many times as fast we are."""
        return self.peer / self.ours


# Each turn of a job lasts at least this long, so that short jobs are not measured with a cold cache.
_TURN_SECONDS = 0.01


def alternate(*jobs: Callable[[], object], rounds: int = 9) -> list[float]:
    """Time the jobs in turn, round after round; give the least of each, in seconds for one run of it."""
    loops = [max(1, round(_TURN_SECONDS / _time_of(job, 1))) for job in jobs]
    times: list[list[float]] = [[] for _ in jobs]
    for _ in range(rounds):
        for job, count, kept in zip(jobs, loops, times, strict=True):
            kept.append(_time_of(job, count))
    return [min(kept) for kept in times]


def _time_of(job: Callable[[], object], count: int) -> float:
    gc.collect()
    gc.disable()
    start = _processor_time()
    for _ in range(count):
        job()
    elapsed = _processor_time() - start
    gc.enable()
    return elapsed / count


def _processor_time() -> float:
    started = getrusage(RUSAGE_CHILDREN)
    return process_time() + started.ru_utime + started.ru_stime


def table(rows: Iterable[Row]) -> str:
    """Lay the rows out for a terminal."""
    lines = [f"{'what':<52} {'against':<34} {'ours':>10} {'peer':>10} {'ratio':>7} {'least':>6} {'aim':>5}"]
    for row in rows:
        least = "" if row.at_least is None else f"{row.at_least:g}"
        aim = "" if row.aim is None else f"{row.aim:g}"
        short = "" if row.at_least is None or row.ratio >= row.at_least else "  BELOW"
        lines.append(
            f"{row.what:<52} {row.against:<34} {_time(row.ours):>10} {_time(row.peer):>10} "
            f"{row.ratio:>7.2f} {least:>6} {aim:>5}{short}"
        )
    return "\n".join(lines)


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.2f} {unit}"
    return f"{seconds * 1e6:.2f} us"
