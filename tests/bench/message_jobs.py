"""What both builds do to whole messages: `track_message` on raw bytes, in one shot."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from bench_messages import ENCODINGS, SLOTS, VALUES, merge, message, personal, track
from jinja2 import Environment
from mails import CORPUS

import lmtrack
from lmtrack.message import scan_message

if TYPE_CHECKING:
    from collections.abc import Callable

_SIZES = ((23_000, 22), (240_000, 50))
JOBS = {
    f"HTML_of_{octets // 1000}_KB,_{links}_links,_{encoding}": partial(
        track, message(0, encoding, links=links, html_octets=octets)
    )
    for octets, links in _SIZES
    for encoding in ENCODINGS
}
if CORPUS.is_dir():
    _SMALL = [path.read_bytes() for path in sorted(CORPUS.rglob("*.eml")) if path.stat().st_size < 8_000]
    JOBS["corpus_up_to_8_KB"] = lambda: [track(raw) for raw in _SMALL]  # type: ignore[assignment]


def _merging() -> Callable[[], object]:
    """What a personal mail takes: a merge from the scan, or in the old build a rendered message in one shot."""
    raw = personal("8bit", with_slots=True)
    if hasattr(lmtrack, "make_slots"):
        return partial(merge, scan_message(raw, slots=SLOTS))
    letter = Environment(autoescape=True).from_string(raw.decode())
    return lambda: track(letter.render(VALUES).encode())


JOBS["merge_from_a_scan,_20_KB,_22_links,_14_slots,_8bit"] = _merging()  # type: ignore[assignment]
