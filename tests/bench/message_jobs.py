"""What both builds do to whole messages: `track_message` on raw bytes, in one shot."""

from __future__ import annotations

from functools import partial

from bench_messages import ENCODINGS, message, track
from mails import CORPUS

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
