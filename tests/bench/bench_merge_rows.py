"""Time and memory of `lmtrack merge` by the number of rows: `python tests/bench/bench_merge_rows.py`.

Each number of rows is a process of its own; `--rows` says which. If the largest takes more than `--megabytes` more
memory than the smallest, the exit code is 1: a row that stays in memory takes 100 bytes at the least.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Final, NamedTuple

_LETTER: Final = Path(__file__).resolve().parents[2] / "docs" / "examples" / "letter.eml"
_HEADER: Final = "email,name,city,id,consent\n"
_CONSENTS: Final = ("granted", "denied", "")


class Run(NamedTuple):
    """What one process took: seconds, and the most bytes of memory."""

    seconds: float
    peak: int


def merge(rows: int, folder: Path, /) -> Run:
    """Write a table of people and merge it."""
    people, out = folder / "people.csv", folder / "outbox"
    with people.open("w", encoding="utf-8") as file:
        file.write(_HEADER)
        file.writelines(f"reader{n}@mail.example,Zoë {n} & Row,Málaga,{n:x},{_CONSENTS[n % 3]}\n" for n in range(rows))
    (folder / "key").write_text("an-example-key-of-32-characters-0\n", encoding="ascii")
    arguments = ["-m", "lmtrack", "merge", str(_LETTER), str(people), "-o", str(out), "--json"]
    arguments += ["--consent-column", "consent", "--track-opens", "--track-clicks", "--key-file", str(folder / "key")]
    with (folder / "report.json").open("w+", encoding="utf-8") as report:
        start = perf_counter()
        with subprocess.Popen([sys.executable, *arguments], stdout=report) as child:  # noqa: S603 - our own command
            _, status, used = os.wait4(child.pid, 0)
        seconds = perf_counter() - start
        report.seek(0)
        written = json.load(report)["written"] if status == 0 else 0
    if written != rows:
        raise SystemExit(f"exit status {status}: {written} of {rows} emails were written")
    return Run(seconds, used.ru_maxrss * 1024)


def main() -> None:
    """Print a line for each number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--megabytes", type=float, default=5, help="how much more memory the most rows may take")
    arguments = parser.parse_args()
    runs: list[Run] = []
    for rows in arguments.rows:
        with tempfile.TemporaryDirectory() as folder:
            runs.append(merge(rows, Path(folder)))
        seconds, peak = runs[-1]
        print(f"lmtrack merge, {rows:>9,} rows {rows / seconds:>8,.0f} rows/s {peak / 1e6:>8.1f} MB", flush=True)
    grown = (runs[-1].peak - runs[0].peak) / 1e6
    if grown > arguments.megabytes:
        raise SystemExit(f"memory grew by {grown:.1f} MB, more than {arguments.megabytes:g}")


if __name__ == "__main__":
    main()
