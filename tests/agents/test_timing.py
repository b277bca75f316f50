from __future__ import annotations

import pickle
from dataclasses import fields
from datetime import timedelta

import pytest

from lmtrack.classifier import SETTLE_AFTER, Timing
from message_events import click, judge, machines


def test_windows_are_shown_where_they_are_changed() -> None:
    assert repr(Timing()) == "Timing()"
    assert repr(Timing(burst_links=4)) == "Timing(burst_links=4)"
    assert pickle.loads(pickle.dumps(Timing(burst_links=4))) == Timing(burst_links=4)  # noqa: S301 - our own


def test_every_window_names_its_source() -> None:
    text = Timing.__doc__ or ""
    assert all(f"{field.name}: " in text for field in fields(Timing))


@pytest.mark.parametrize("field", [field.name for field in fields(Timing)])
def test_a_window_has_its_type_and_range(field: str) -> None:
    with pytest.raises(TypeError, match=f"^{field} must be an? (?:int|timedelta), not str$"):
        Timing(**{field: "3"})  # type: ignore[arg-type]
    bad = 1 if isinstance(getattr(Timing(), field), int) else timedelta(seconds=-1)
    with pytest.raises(ValueError, match=f"^{field} must (?:be 2 or more|not be negative)$"):
        Timing(**{field: bad})  # type: ignore[arg-type]


def test_an_event_waits_for_the_image_before_a_slow_sweep() -> None:
    assert SETTLE_AFTER == timedelta(minutes=2) == Timing().settle_after
    assert Timing(many_span=timedelta(0), proof_before=timedelta(0)).settle_after == timedelta(minutes=1)
    assert Timing(trap_before=timedelta(hours=1)).settle_after == timedelta(hours=1)


def test_a_caller_has_windows_of_his_own() -> None:
    sweep = [click(900 + link, link) for link in range(3)]
    assert machines(sweep) == [False] * 3
    assert machines(sweep, timing=Timing(scan_window=timedelta(hours=1))) == [True] * 3
    pair = [click(60, 0), click(62, 1)]
    assert judge(pair, timing=Timing(burst_links=2))[0].reasons[0] == "msg.burst_3_in_2s"
