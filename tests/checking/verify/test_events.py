"""What libxml2 reads, a piece at a time: in what pieces makes no difference, and none of them is kept."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given, strategies as st

from hostile_inputs import HOSTILE
from lmtrack._checking.verify.events import Event, read_events
from lmtrack.audit import verify_rewrite
from strategies import hostile_html

PIECE = 4_096
# Where the check of a rewriting once took longer for each letter, the more there were.
SHEET = "<style>p,.a,a{opacity:.9}</style><p class=a>"
SIZE = 40_000
TIMES_THE_INPUT = 8
TIMES_THE_WORK = 24  # work that is quadratic is 64 times as much


def read_behind(comment: int, html: str) -> list[Event]:
    """Read a document behind a comment of that length."""
    return list(read_events(f"<!--{'x' * comment}-->{html}"))[1:]


@given(hostile_html(), st.integers(0, 100))
def test_where_a_piece_ends_makes_no_difference(html: str, ahead: int) -> None:
    assert read_behind(PIECE - len("<!---->") - ahead, html) == read_behind(1, html)


@pytest.mark.parametrize("kind", ["lone surrogates", "<p/x=y>", "<!-- -->", "<div></div>", "<img src>"])
def test_what_has_been_read_is_not_kept(kind: str) -> None:
    tracemalloc = pytest.importorskip("tracemalloc")  # PyPy's has nothing behind it
    html = SHEET + HOSTILE[kind](SIZE * 5)
    verify_rewrite("<p>", "<b>")  # what is loaded on first use
    tracemalloc.start()
    try:
        assert verify_rewrite(html, f"{html}<p>x")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Kept, the events of these take 18 to 90 times as much room as the document. Texts of surrogates are 2 octets each.
    assert most < len(html) * 16


def seconds(html: str) -> float:
    start = process_time()
    assert verify_rewrite(html, f"{html}<p>x")
    return process_time() - start


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_document_takes_no_longer_than_its_size(kind: str) -> None:
    small, large = (SHEET + HOSTILE[kind](size) for size in (SIZE // TIMES_THE_INPUT, SIZE))
    # Not a test of speed: quadratic work shows in each of four attempts, a busy machine does not.
    assert any(seconds(large) < max(TIMES_THE_WORK * seconds(small), 0.1) for _ in range(4))
