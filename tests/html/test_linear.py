from __future__ import annotations

from time import process_time

import pytest
from hypothesis import settings

from hostile_inputs import DOMAIN, HOSTILE, track
from lmtrack import (
    revert_html,
    scan_html,
    untrack_html,
)

# A megabyte under the profile `deep`.
SIZE = 1_000_000 if settings().max_examples >= 1000 else 100_000
# A reader that looks again at what it has read takes 64 times as long for 8 times as much.
TIMES_THE_INPUT = 8
TIMES_THE_WORK = 24


def everything(html: str) -> None:
    """Scan, track, untrack and revert a document; check what must hold for any."""
    document = scan_html(html)
    tracked = track(document)
    assert revert_html(tracked.html, tracked.edits) == html
    assert tracked.pixel_offset is not None
    untracked = untrack_html(tracked.html, domain=DOMAIN)
    assert "https://track.example/c/A" not in untracked
    assert "https://track.example/o/A" not in untracked


def seconds(html: str) -> float:
    start = process_time()
    everything(html)
    return process_time() - start


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_document_takes_no_longer_than_its_size(kind: str) -> None:
    small, large = (HOSTILE[kind](size) for size in (SIZE // TIMES_THE_INPUT, SIZE))
    # Not a test of speed: quadratic work shows in each of four attempts, a busy machine does not.
    assert any(seconds(large) < max(TIMES_THE_WORK * seconds(small), 0.1) for _ in range(4))
