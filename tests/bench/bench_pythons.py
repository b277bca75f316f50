"""What lmtrack itself takes on this Python: `python tests/bench/bench_pythons.py [TIMES.json]`.

It writes its times to `TIMES.json` if that is not there yet, and else prints how many times as fast it is as the Python
that wrote them. It needs nothing compiled, so that PyPy and WebAssembly can be compared with CPython.
The least of several times of the processor counts, as other work on the machine only ever adds.
"""

from __future__ import annotations

import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

from mails import CORPUS, link_dense, newsletter, templates

from lmtrack import (
    Consent,
    Route,
    TrackingDomain,
    classify_event,
    click_url,
    handle_request,
    make_click_token,
    make_keys,
    make_open_token,
    message_bytes,
    read_open_token,
    resolve,
    rewrite_html,
    scan_html,
    scan_message,
    track_html,
    track_message,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
URL = "https://shop.example/products/summer-shoes?utm_source=newsletter&utm_medium=email&utm_id=20260"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.{}.0 Safari/537.36"
)
DOMAIN = TrackingDomain("https://track.example", make_keys(b"a benchmark key of 32 octets....."))
ON = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
NOW = datetime(2026, 11, 30, tzinfo=UTC)
SECONDS, TURN_SECONDS = 4, 0.004  # of the processor, each job: a compiler has warmed up by then


def message(html: str) -> bytes:
    """Put a page into a message, in quoted-printable."""
    from email.message import EmailMessage  # noqa: PLC0415 - a benchmark

    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "shop@shop.example", "ann@reader.example", "New lamps"
    mail.set_content("New lamps")
    mail.add_alternative(html, subtype="html", cte="quoted-printable")
    return message_bytes(mail)


def jobs() -> Iterator[tuple[str, Callable[[], object]]]:
    """Name each job; the names are those of the tables in the docs."""
    if CORPUS.is_dir():
        pages = templates()
        yield (
            "rewrite templates",
            lambda: [
                rewrite_html(html, click_url=lambda _: "https://t.example/c/x", pixel_url="https://t.example/o/x").html
                for html in pages
            ],
        )
    dense, letter = link_dense(100_000), newsletter(100_000, 50)
    scanned, raw = scan_html(letter), message(newsletter(260_000, 50))
    document = scan_message(raw)
    keys = DOMAIN.keys
    opened = make_open_token(keys, ID, now=NOW)
    click = click_url(DOMAIN, make_click_token(keys, ID, 0, url=URL, now=NOW))
    agents = [CHROME.format(number) for number in range(1000)]
    route = Route(track_opens=True, track_clicks=True)
    yield (
        "track 100 KB with 2.5 links per KB, one shot",
        lambda: track_html(dense, ON, domain=DOMAIN, message_id=ID).html,
    )
    yield "track a scanned mail of 100 KB, 50 links", lambda: track_html(scanned, ON, domain=DOMAIN, message_id=ID).html
    yield "track a message of 270 KB, one shot", lambda: track_message(raw, ON, domain=DOMAIN, message_id=ID).raw
    yield "track a scanned message of 270 KB", lambda: track_message(document, ON, domain=DOMAIN, message_id=ID).raw
    yield "sign an open token", lambda: make_open_token(keys, ID, now=NOW)
    yield "verify an open token", lambda: read_open_token(keys, opened, now=NOW)
    yield "classify 1,000 browsers", lambda: [classify_event(kind="open", user_agent=agent) for agent in agents]
    yield (
        "answer a click",
        lambda: handle_request(
            method="GET",
            target=click,
            headers={"User-Agent": agents[0]},
            domain=DOMAIN,
            route=route,
            consent=lambda _: Consent.GRANTED,
            ip="2001:db8::1",
            now=NOW,
        ),
    )


def least(job: Callable[[], object]) -> float:
    """Time a job again and again; return the least seconds that one run of it took."""
    job()
    start = process_time()
    job()
    count = max(1, round(TURN_SECONDS / (process_time() - start)))
    best, end = float("inf"), process_time() + SECONDS
    while (start := process_time()) < end:
        for _ in range(count):
            job()
        best = min(best, (process_time() - start) / count)
    return best


def main(path: Path | None) -> None:
    """Time all, and compare."""
    times = {name: least(job) for name, job in jobs()}
    known = json.loads(path.read_text()) if path is not None and path.exists() else None
    print(
        f"{platform.python_implementation()} {platform.python_version()}"
        + (f" against {known['python']}" if known else "")
    )
    for name, seconds in times.items():
        ratio = f"{known['times'][name] / seconds:8.2f}" if known else ""
        print(f"{name:<50} {seconds * 1e6:12,.1f} us {ratio}")
    if path is not None and known is None:
        path.write_text(json.dumps({"python": platform.python_version(), "times": times}))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
