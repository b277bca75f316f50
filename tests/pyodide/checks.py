"""What has to work where Python runs in WebAssembly: the command's verbs, a tracking host, and the suite's pure part.

Run by `nox -s pyodide`, and as `python tests/pyodide/checks.py` by any other Python without lxml.
"""

from __future__ import annotations

import contextlib
import io
import os
import platform
import re
import sys
import tempfile
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import ZLIB_RUNTIME_VERSION

import pytest

from lmtrack import Consent, Route, TrackingDomain, click_url, handle_request, make_click_token, make_keys, open_url
from lmtrack.classifier import Event
from lmtrack.cli import main
from lmtrack.tokens import make_open_token

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parent.parent.parent
EXAMPLES = REPOSITORY / "docs" / "examples"
NEEDS_LXML = {"audit", "diff", "lint-unsubscribe", "untrack"}  # `untrack` says what is left, by an audit

VERBS = (
    ("keys", "-o", "lmtrack.key"),
    ("resolve", "--track-opens", "--consent", "denied"),
    ("track", str(EXAMPLES / "newsletter.eml"), "-o", "tracked.eml", "--track-clicks", "--key-file", "lmtrack.key"),
    (
        *("merge", str(EXAMPLES / "letter.eml"), str(EXAMPLES / "people.csv"), "-o", "outbox"),
        *("--consent-column", "consent", "--track-clicks", "--key-file", "lmtrack.key"),
    ),
    ("untrack", "tracked.eml", "-o", "back.eml", "--key-file", "lmtrack.key"),
    ("inspect", str(EXAMPLES / "newsletter.html")),
    ("classify", "--summary", str(EXAMPLES / "access.log")),
    ("token", "EQdq6FEQAGxldHRlci00NDcx_eS8COgSTDki6Xm-dB5FWg"),
    ("audit", str(EXAMPLES / "newsletter.eml")),
    ("diff", "tracked.eml", str(EXAMPLES / "newsletter.eml")),
    ("lint-unsubscribe", "tracked.eml"),
)


def say_what(*words: str) -> tuple[int, str, str]:
    """Run the command; return its exit code and what it printed."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    return code, out.getvalue(), err.getvalue()


def failures_of_verbs() -> Iterator[str]:
    """Run each verb on the examples."""
    has_lxml = find_spec("lxml") is not None
    for words in VERBS:
        code, _, err = say_what(*words)
        if words[0] in NEEDS_LXML and not has_lxml:
            if code != 2 or not re.fullmatch(r"lmtrack: error: [^\n]*lxml[^\n]*\n", err):
                yield f"{words[0]}: does not say in one line that it needs lxml: {code}, {err}"
        elif code not in {0, 1}:
            yield f"{words[0]}: {code}, {err}"
    code, out, _ = say_what("--version")
    if code or not out.startswith("lmtrack "):
        yield f"--version: {code}, {out}"


def failures_of_requests() -> Iterator[str]:
    """Answer opens and clicks from addresses of both kinds."""
    domain = TrackingDomain("https://track.example", make_keys(b"an example key of 32 octets, not"))
    urls = (
        open_url(domain, make_open_token(domain.keys, "welcome-42")),
        click_url(domain, make_click_token(domain.keys, "welcome-42", 0, url="https://shop.example/")),
    )
    for url in urls:
        for ip in ("198.51.100.7", "2001:db8::1", "::ffff:198.51.100.7"):
            handled = handle_request(
                method="GET",
                target=url,
                headers={"User-Agent": "Mozilla/5.0"},
                domain=domain,
                route=Route(track_opens=True, track_clicks=True),
                consent=lambda _: Consent.GRANTED,
                ip=ip,
            )
            if handled.response.status not in {200, 302}:
                yield f"{url} from {ip}: {handled.response}"
    try:
        Event(kind="open", user_agent="x", at=datetime(2026, 1, 1, tzinfo=UTC), client="2001:db8::1")
    except ValueError:
        return
    yield "an address passes for a client key"


def failures_of_suite(words: list[str]) -> Iterator[str]:
    """Run the part of the suite that needs nothing compiled."""
    os.environ["LMTRACK_PURE"] = "1"  # noqa: TID251 - the ban is for the library
    # The plug-in of ours is imported already, as there is no second process for the suite.
    quiet = ("-q", "-p", "no:cacheprovider", "-p", "no:faulthandler", "-W", "ignore::pytest.PytestAssertRewriteWarning")
    code = pytest.main([*quiet, "--tb=short", *words])
    if code:
        yield f"pytest: {code}"


def run(words: list[str]) -> str | None:
    """Run all; return what failed, or None."""
    print(
        f"{platform.python_implementation()} {platform.python_version()} on {sys.platform}, zlib", ZLIB_RUNTIME_VERSION
    )
    with tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        os.chdir(folder)
        failures = [*failures_of_verbs(), *failures_of_requests()]
        os.chdir(before)
    print(f"the command and the host: {len(VERBS) + 8} checks, {len(failures)} failures")
    if words != ["--no-suite"]:
        failures += failures_of_suite(words)
    return "\n".join(failures) or None


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
