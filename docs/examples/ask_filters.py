"""Ask the spam filters on this machine what they think of a mail before and after tracking.

`python ask_filters.py mail.eml tracked.eml` prints, for each filter that is installed, the rules that hit only one of
the two. Nothing is sent anywhere: SpamAssassin runs without network tests, rspamd is the one on this machine.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

# Each filter with its command, and what a rule and its points look like in what it prints.
FILTERS: Final = {
    "spamassassin": (
        ["spamassassin", "--local", "--test-mode"],
        r"^ *(?P<points>-?\d+\.\d+) (?P<rule>[A-Z][A-Z0-9_]+)",
    ),
    "rspamd": (["rspamc", "symbols"], r"^Symbol: (?P<rule>[A-Z][A-Z0-9_]+) ?\((?P<points>-?\d+\.\d+)\)"),
    "clamav": (
        ["clamscan", "--no-summary", "--alert-phishing-ssl=yes", "--alert-phishing-cloak=yes", "-"],
        r": (?P<rule>\S+)(?P<points>) FOUND$",
    ),
}


def rules(command: list[str], pattern: str, mail: bytes) -> dict[str, str]:
    """Return the rules that hit a mail, each with its points."""
    # A filter that finds something exits with 1, so what it prints is the only answer.
    ran = subprocess.run(command, input=mail, capture_output=True, check=False)  # noqa: S603 - one of those above
    found = re.finditer(pattern, ran.stdout.decode("utf-8", "replace"), re.MULTILINE)
    return {hit["rule"]: hit["points"] or "found" for hit in found}


def main(before: str, after: str) -> int:
    """Print the difference; return 1 if a filter thinks worse of the second mail, 2 if there is no filter."""
    worse, asked = 0, 0
    for name, (command, pattern) in FILTERS.items():
        if shutil.which(command[0]) is None:
            continue
        asked += 1
        first, second = (rules(command, pattern, Path(path).read_bytes()) for path in (before, after))
        for rule in sorted(first.keys() | second.keys()):
            if first.get(rule) != second.get(rule):
                worse = worse or rule not in first
                print(f"{name:14} {rule:30} {first.get(rule, '-'):>7} -> {second.get(rule, '-')}")
    if not asked:
        print("no filter is installed: spamassassin, rspamd and clamav are Debian packages", file=sys.stderr)
        return 2
    return int(worse)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
