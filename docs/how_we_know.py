"""Write `docs/explanation/how-we-know.md`: each promise of the README with the tests, data and judges behind it.

`python docs/how_we_know.py` counts the tests by collecting them and writes the page; a test checks that no count on the
page is larger than what the suite has.
"""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final, NamedTuple

TOP: Final = Path(__file__).resolve().parent.parent
PAGE: Final = TOP / "docs" / "explanation" / "how-we-know.md"


class Proof(NamedTuple):
    """What is claimed in detail, which tests show it, and who else is asked."""

    claim: str
    tests: tuple[str, ...]
    judge: str


PROMISES: Final[dict[str, tuple[Proof, ...]]] = {
    "Consent is a ceiling.": (
        Proof(
            "A decision never exceeds what route, override and consent allow; what cannot be read is off.",
            ("tests/test_resolver.py", "tests/deciding"),
            "a table of all combinations; golden evidence that every version reads back",
        ),
        Proof(
            "Nothing is recorded that today's consent does not allow.",
            ("tests/endpoint",),
            "real servers on loopback",
        ),
    ),
    "Untouched means identical.": (
        Proof(
            "Links are found where browsers find them.",
            ("tests/html", "tests/test_html.py"),
            "the WHATWG tokeniser cases, lexbor (selectolax), html5lib",
        ),
        Proof(
            "Outside the reported edits every character stays, and reverting gives the source back.",
            (
                "tests/rewriting",
                "tests/test_html_any_document.py",
                "tests/test_html_pixel.py",
                "tests/test_html_second_pass.py",
                "tests/test_html_tokens.py",
                "tests/test_html_untracking.py",
                "tests/test_html_values.py",
                "tests/test_text.py",
                "tests/test_corpus.py",
            ),
            "third-party mails and templates next to the repository; randomly assembled documents",
        ),
        Proof(
            "The same for raw messages, in every encoding.",
            ("tests/mime", "tests/test_message.py"),
            "the standard library's `email`, dkimpy, a generator of hostile messages",
        ),
        Proof(
            "Which links are tracked.",
            (
                "tests/test_links.py",
                "tests/test_links_base.py",
                "tests/test_links_policy.py",
                "tests/test_links_quick_look.py",
                "tests/test_links_values.py",
                "tests/test_html_optout.py",
                "tests/linking",
                "tests/url",
            ),
            "URL forms of other packages",
        ),
    ),
    "People are told apart from machines": (
        Proof(
            "One request: agents, networks, headers.",
            ("tests/agents", "tests/test_classifier.py"),
            "labelled lists of user agents, requests recorded from real mail clients",
        ),
    ),
    "Links never break.": (
        Proof(
            "Tokens have one accepted spelling, and no changed character is accepted.",
            ("tests/tokens",),
            "stock itsdangerous signatures; golden tokens that every version reads",
        ),
        Proof(
            "What linkifiers, gateways and mail clients make of a URL still redirects.",
            ("tests/endpoint/test_path.py", "tests/test_urls.py"),
            "URLs as other programs write them",
        ),
    ),
    "You can prove it.": (
        Proof(
            "An audit looks at everything that a mail client may load.",
            ("tests/checking/audit", "tests/checking/messages", "tests/checking/pages"),
            "Chromium (`nox -s browser`)",
        ),
        Proof("A comparison finds what identifies recipients.", ("tests/checking/compare",), "Chromium"),
        Proof(
            "A rewrite is verified by another parser.", ("tests/checking/verify",), "libxml2, which parses on its own"
        ),
        Proof("Assertions and the pytest plug-in.", ("tests/test_testing.py", "tests/test_pytest_plugin.py"), "pytest"),
    ),
}
HEAD: Final = """\
# How we know

Every promise of the README, with the tests behind it.
`nox -s tests` runs all of them; every branch of the package is covered.
A count is the number of test cases in those files, rounded down.
A property counts as one case and is tried with a hundred inputs or more.
This page is written by `python docs/how_we_know.py`, and a test checks its counts against the suite.
"""


def collect() -> Counter[str]:
    """Count the test cases of each file, as pytest collects them."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    paths = sorted({path for proofs in PROMISES.values() for proof in proofs for path in proof.tests})
    existing = [path for path in paths if (TOP / path).exists()]
    listed = subprocess.run(  # noqa: S603 - our own interpreter
        [*command, *existing], capture_output=True, text=True, check=True, cwd=TOP
    )
    return Counter(line.partition("::")[0] for line in listed.stdout.splitlines() if "::" in line)


def cases(proof: Proof, counts: Counter[str], /) -> int:
    """Return how many cases are in the files of a proof."""
    return sum(count for path, count in counts.items() if path.startswith(proof.tests))


def rounded(count: int, /) -> int:
    """Round down to one significant digit and a half: 1234 becomes 1200, 87 becomes 80."""
    unit: int = 10 ** max(len(str(count)) - 2, 1)
    return count // unit * unit


def page(counts: Counter[str], /) -> str:
    """Write the page."""
    lines = [HEAD]
    for promise, proofs in PROMISES.items():
        lines += [f"## {promise.rstrip('.')}\n", "| what | tests | cases | judged by |", "|---|---|---|---|"]
        for proof in proofs:
            where = ", ".join(f"`{path}`" for path in proof.tests)
            lines.append(f"| {proof.claim} | {where} | {rounded(cases(proof, counts)):,} | {proof.judge} |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(collect()), encoding="utf-8")
