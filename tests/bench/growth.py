"""How time grows with the length of hostile input, for every public function that reads some: `nox -s growth`.

Each shape is made twice, with 64 KB and with 4 MB, and the exponent is the logarithm of the ratio of the times, to the
base of the ratio of the lengths (processor time, the better of two runs of up to a second). One that is too high is
measured again when the others are done, up to four more times, because other work on the machine only ever adds time;
the best times count. It is not judged below a hundredth of a second, where it is noise.
"""

from __future__ import annotations

import argparse
import sys
from itertools import product
from math import log
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hostile_inputs import HOSTILE
from lmtrack import (
    Consent,
    Route,
    TrackingDomain,
    audit_html,
    audit_message,
    compare_messages,
    compare_renderings,
    lint_unsubscribe,
    make_keys,
    resolve,
    rewrite_html,
    rewrite_text,
    scan_html,
    track_message,
    untrack_html,
    untrack_message,
    untrack_text,
    verify_message,
    verify_rewrite,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Shape = tuple[tuple[str, Callable[[int], str]], str]
    Worst = tuple[float, str]

LEAST: Final = 0.01  # seconds
MOST: Final = 1.1
ROUNDS: Final = 4
DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"a fixed key of tests, 32 octets."))
ON: Final = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
HEAD: Final = b"Content-Type: text/html; charset=utf-8\r\n\r\n"
# Every shape by itself, in a cell, in a drawing, behind a style sheet.
PLACES: Final = ("{}", "<table><tr><td>{}", "<svg>{}", "<style>p,.a,a{{opacity:.9}}</style><p class=a>{}")


def raw(html: str) -> bytes:
    """Make a message of a document."""
    return HEAD + html.encode("utf-8", "replace")


FUNCTIONS: Final[dict[str, Callable[[str], object]]] = {
    "rewrite_html": lambda html: rewrite_html(html, click_url=lambda _: "https://t.example/1").html,
    "merge": lambda html: rewrite_html(scan_html(html, slots={"name": "{{ name }}"}), values={"name": "Ann"}).html,
    "untrack_html": lambda html: untrack_html(html, domain=DOMAIN),
    "rewrite_text": lambda html: rewrite_text(html, click_url=lambda _: "https://t.example/1").text,
    "untrack_text": lambda html: untrack_text(html, domain=DOMAIN),
    "track_message": lambda html: track_message(raw(html), ON, domain=DOMAIN, message_id="m-1", text_links=True).raw,
    "untrack_message": lambda html: untrack_message(raw(html), domain=DOMAIN),
    "audit_html": audit_html,
    "audit_message": lambda html: audit_message(raw(html)),
    "compare_renderings": lambda html: compare_renderings([html, f"{html}<p>x"]),
    "compare_messages": lambda html: compare_messages([raw(html), raw(f"{html}<p>x")]),
    "verify_rewrite": lambda html: verify_rewrite(html, f"{html}<p>x"),
    "verify_message": lambda html: verify_message(raw(html), raw(f"{html}<p>x")),
    "lint_unsubscribe": lambda html: lint_unsubscribe(raw(html)),
}


def seconds(function: Callable[[str], object], html: str) -> float:
    """Measure the better of two runs; of a long one, the first."""
    best = float("inf")
    for _ in range(2):
        start = process_time()
        function(html)
        best = min(best, process_time() - start)
        if best > 1:
            break
    return best


class Growth:
    """How time grows from one document to a longer one of the same shape."""

    def __init__(self, function: Callable[[str], object], label: str, short: str, long: str) -> None:
        self.function, self.label, self.short, self.long = function, label, short, long
        self.first = self.second = float("inf")

    def measure(self) -> float:
        """Measure once more and return the exponent of the best times; 0 for what takes no time worth judging."""
        self.first = min(self.first, seconds(self.function, self.short))
        self.second = min(self.second, seconds(self.function, self.long))
        if self.second <= LEAST:
            return 0.0
        return log(self.second / max(self.first, 1e-6)) / log(len(self.long) / len(self.short))

    @property
    def pace(self) -> float:
        """Seconds a million characters of the longer document."""
        return self.second / len(self.long) * 1e6


def worst_of(
    function: Callable[[str], object], shapes: Sequence[Shape], lengths: tuple[int, int]
) -> tuple[Worst, Worst]:
    """Return the worst exponent and the slowest pace of a function, each with its shape."""
    worst, slowest = (0.0, "none that takes long enough"), (0.0, "")
    suspects = []
    for (shape, make), place in shapes:
        one = Growth(function, place.format("") + shape, *(place.format(make(length)) for length in lengths))
        if len(one.long) < 2 * len(one.short):
            continue  # it does not grow
        if (grows := one.measure()) > MOST:
            suspects.append(one)
        else:
            worst = max(worst, (grows, one.label))
        slowest = max(slowest, (one.pace, one.label))
    for one in suspects:
        grows = next((grows for _ in range(ROUNDS) if (grows := one.measure()) <= MOST), one.measure())
        worst = max(worst, (grows, one.label))
    return worst, slowest


def main() -> int:
    """Print a table of the worst exponents and times, and say by the exit code whether all are low enough."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--short", type=int, default=65_536, help="characters of the shorter documents")
    parser.add_argument("--long", type=int, default=4_194_304, help="characters of the longer ones")
    parser.add_argument("--function", action="append", choices=FUNCTIONS, help="only this one; may be repeated")
    parser.add_argument("--every", type=int, default=1, help="only every so many shapes")
    arguments = parser.parse_args()
    shapes = list(product(HOSTILE.items(), PLACES))[:: arguments.every]
    lengths = (arguments.short, arguments.long)
    print("{} shapes, {:,} and {:,} characters".format(len(shapes), *lengths))
    print(f"{'function':20} {'exponent':>8} {'s/MB':>7}  the shape with the worst exponent; the slowest one")
    is_fine = True
    for name in arguments.function or FUNCTIONS:
        worst, slowest = worst_of(FUNCTIONS[name], shapes, lengths)
        is_fine = is_fine and worst[0] <= MOST
        print(f"{name:20} {worst[0]:8.2f} {slowest[0]:7.2f}  {worst[1]}; {slowest[1]}", flush=True)
    return 0 if is_fine else 1


if __name__ == "__main__":
    sys.exit(main())
