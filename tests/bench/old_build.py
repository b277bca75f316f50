"""The build of 29 November 2026 as a peer: made from the repository's history, run in a process of its own.

A second `lmtrack` cannot be imported beside the first, so the old one sits in a process that runs a job when it is told
to and answers with the seconds.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import tempfile
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMMIT = "d4a66a4"
_TOP = Path(__file__).resolve().parents[2]
# What both sides do: a module with a dict `JOBS` of callables without arguments.
_WORKER = """
import sys, time
sys.path[:0] = sys.argv[1:3]
jobs = __import__(sys.argv[3]).JOBS
for line in sys.stdin:
    name, count = line.split()
    job = jobs[name]
    start = time.process_time()
    for _ in range(int(count)):
        job()
    print((time.process_time() - start) / int(count), flush=True)
"""


@contextmanager
def both_builds(module: str) -> Iterator[Callable[[str], tuple[float, float]]]:
    """Run the jobs of a module of this folder with the new build and with the old one, in turn.

    The function that is yielded returns the least of a job's seconds of processor time, new and old. Where the history
    is not there (a source archive), FileNotFoundError.
    """
    made = subprocess.run(  # noqa: S603 - our own command
        ["git", "-C", str(_TOP), "archive", COMMIT, "src"],  # noqa: S607 - whichever git there is
        capture_output=True,
        check=False,
    )
    if made.returncode:
        raise FileNotFoundError(f"commit {COMMIT} is not in this repository's history")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(made.stdout)) as archive:
            archive.extractall(folder, filter="data")
        new, old = (_start(source, module) for source in (_TOP / "src", Path(folder) / "src"))
        try:
            yield lambda name: _in_turn(new, old, name)
        finally:
            for process in (new, old):
                process.communicate()


def _start(source: Path, module: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _WORKER, str(source), str(Path(__file__).parent), module]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours


def _ask(process: subprocess.Popen[str], name: str, count: int) -> float:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{name} {count}\n")
    process.stdin.flush()
    return float(process.stdout.readline())


_ROUNDS = 15


def _in_turn(new: subprocess.Popen[str], old: subprocess.Popen[str], name: str) -> tuple[float, float]:
    start = perf_counter()
    _ask(old, name, 3)
    count = max(1, round(0.03 / ((perf_counter() - start) / 3)))
    times = [(_ask(new, name, count), _ask(old, name, count)) for _ in range(_ROUNDS)]
    return min(one for one, _ in times), min(other for _, other in times)
