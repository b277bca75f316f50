"""The most memory that an audit takes for 66 MB of links: `python tests/bench/bench_memory.py`.

Beside it stands lxml's tree of them. Each is measured in a process of its own, and the document counts.
`--megabytes` makes it smaller.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from lxml import etree

from hostile_inputs import HOSTILE
from lmtrack import audit_html, audit_message

if TYPE_CHECKING:
    from collections.abc import Callable

_LINKS: Final = HOSTILE["distinct links, quoted"]
_HEAD: Final = "Content-Type: text/html; charset=utf-8\r\n\r\n"


def _tree(html: str) -> object:
    return etree.fromstring(html.encode(), etree.HTMLParser(encoding="utf-8", huge_tree=True))


JOBS: Final[dict[str, Callable[[str], object]]] = {
    "nothing but the document": len,
    "lxml's tree": _tree,
    "audit_html": audit_html,
    "audit_message": lambda html: audit_message((_HEAD + html).encode()),
}


def _peak() -> int:
    """Return the most octets that this process has had so far."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def main() -> None:
    """Print one row for each job."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=66)
    parser.add_argument("--job", choices=JOBS, help="in this process")
    arguments = parser.parse_args()
    if arguments.job:
        JOBS[arguments.job](_LINKS(arguments.megabytes * 1_000_000))
        print(f"{arguments.job:26} {_peak() / 1e6:8,.0f} MB")
        return
    for job in JOBS:
        command = [sys.executable, __file__, "--megabytes", str(arguments.megabytes), "--job", job]
        subprocess.run(command, check=True)  # noqa: S603 - this program


if __name__ == "__main__":
    main()
