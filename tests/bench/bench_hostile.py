"""Growth and cost of hostile documents: `python tests/bench/bench_hostile.py [part of a kind's name ...]`.

For each kind the time to scan and track 250 KB and 1 MB, the exponent between them, and how many times as long as
lxml's parse of a benign megabyte in the same run the larger one takes (design: at most 60, aim 30).
"""

from __future__ import annotations

import gc
import sys
from functools import partial
from math import log
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from lxml import html as lxml_html

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hostile_inputs import HOSTILE, track

if TYPE_CHECKING:
    from collections.abc import Callable

_SMALL, _LARGE = 250_000, 1_000_000
_AT_MOST = 60
_ROW = (
    '<table><tr><td style="padding:0 10px;font:14px Arial"><p>Your order <b>4711</b> was sent today and will arrive on'
    ' Monday.</p><a href="https://shop.example/orders/4711?a=1&amp;b=2" style="color:#123456">See your order</a></td>'
    "</tr></table>\n"
)


def _milliseconds(job: Callable[[], object], rounds: int = 3) -> float:
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        start = process_time()
        job()
        best = min(best, process_time() - start)
    return best * 1000


def main(wanted: list[str]) -> None:
    """Print the table, the slowest kind last."""
    benign = _ROW * (_LARGE // len(_ROW))
    unit = _milliseconds(lambda: lxml_html.document_fromstring(benign), rounds=9)
    rows: list[tuple[float, str]] = []
    for kind, make in HOSTILE.items():
        if wanted and not any(part in kind for part in wanted):
            continue
        small_ms, large_ms = (_milliseconds(partial(track, make(size))) for size in (_SMALL, _LARGE))
        ratio = large_ms / unit
        exponent = log(large_ms / small_ms) / log(_LARGE / _SMALL)
        mark = "  over" if ratio > _AT_MOST else ""
        rows.append((ratio, f"{kind:<38} {small_ms:9.1f} {large_ms:9.1f} {exponent:9.2f} {ratio:7.1f}{mark}"))
    print(f"lxml, parse of a benign megabyte: {unit:.1f} ms")
    print(f"{'kind':<38} {'250 KB ms':>9} {'1 MB ms':>9} {'exponent':>9} {'x lxml':>7}")
    for _, row in sorted(rows):
        print(row)


if __name__ == "__main__":
    main(sys.argv[1:])
