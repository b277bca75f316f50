"""The most memory that an audit takes for 66 MB of links: `python tests/bench/bench_memory.py`.

Beside it stands lxml's tree of them. Each is measured in a process of its own, and what it was given counts.
`--megabytes` makes it smaller.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lxml import etree

from hostile_inputs import HOSTILE
from lmtrack import audit_html, audit_message

if TYPE_CHECKING:
    from collections.abc import Callable

_HEAD: Final = b"Content-Type: text/html; charset=utf-8\r\n\r\n"


# Each reads the document itself, so that nothing else holds it.
JOBS: Final[dict[str, Callable[[BinaryIO], object]]] = {
    "nothing but the document": lambda file: file.read(),
    "lxml's tree": lambda file: etree.fromstring(file.read(), etree.HTMLParser(encoding="utf-8", huge_tree=True)),
    "audit_html": lambda file: audit_html(file.read().decode()),
    "audit_message": lambda file: audit_message(_HEAD + file.read()),
}


def _peak() -> int:
    """Return the most octets that this process has had so far."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def main() -> None:
    """Print one row for each job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=66)
    parser.add_argument("--job", choices=JOBS, help="in this process, of standard input")
    arguments = parser.parse_args()
    if arguments.job:
        JOBS[arguments.job](sys.stdin.buffer)
        print(f"{arguments.job:26} {_peak() / 1e6:8,.0f} MB")
        return
    size = arguments.megabytes * 1_000_000
    document = HOSTILE["distinct links, quoted"](size).encode()[:size]
    for job in JOBS:
        subprocess.run([sys.executable, __file__, "--job", job], input=document, check=True)  # noqa: S603 - this program


if __name__ == "__main__":
    main()
