"""Personal pages from one scan, and one-shot tracking beside the old build: `python tests/bench/bench_merge.py`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytracking
import pytracking.html
from harness import Row, alternate, table
from jinja2 import Environment
from mails import newsletter
from old_build import both_builds

from lmtrack import Consent, Route, TrackingDomain, make_keys, resolve, scan_html, track_html

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("name", "city", "order", "points", "unsubscribe_url")
VALUES = {"name": "Ann & Bo", "city": "Köln", "order": "A-4471", "points": "1,200",
          "unsubscribe_url": "https://shop.example/leave/4471"}  # fmt: skip
SLOT = re.compile(r"\{\{ (?P<name>\w+) \}\}")
MESSAGE_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def personal_newsletter() -> str:
    """20 KB, 22 links, 14 slots: in words, attributes, queries and one whole URL."""
    mail = newsletter(20_000, 20)
    for number in range(0, 10, 2):
        mail = mail.replace(f"catalogue/{number}/lamp?", f"catalogue/{number}/lamp?order={{{{ order }}}}&amp;", 1)
    words = (
        "<p title='{{ name }}'>Dear {{ name }} of {{ city }}, you have {{ points }} points. {{ name }}, {{ city }}!</p>"
    )
    links = '<a href="https://shop.example/points?n={{ points }}">Points</a> <a href="{{ unsubscribe_url }}">Leave</a>'
    return mail.replace("<table", f"{words}{links}<table", 1).replace("</body>", "<p>{{ order }}</p></body>")


def rows() -> Iterator[Row]:
    domain = TrackingDomain("https://track.example", make_keys(b"a benchmark key of 32 octets....."))
    decision = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
    template = personal_newsletter()
    personal = scan_html(template, slots=SLOT)
    plain = scan_html(SLOT.sub("a value", template).replace('href="a value"', 'href="https://shop.example/leave"'))
    engine = Environment(autoescape=True).from_string(template)
    configuration = pytracking.Configuration(
        base_open_tracking_url="https://track.example/o/", base_click_tracking_url="https://track.example/c/"
    )
    merged, unmerged, rendered = alternate(
        lambda: track_html(personal, decision, domain=domain, message_id=MESSAGE_ID, now=NOW, values=VALUES),
        lambda: track_html(plain, decision, domain=domain, message_id=MESSAGE_ID, now=NOW),
        lambda: pytracking.html.adapt_html(engine.render(VALUES), {"message": "m-1"}, configuration=configuration),
        rounds=31,
    )
    what = f"page of {len(template) // 1000} KB, {len(SLOT.findall(template))} slots, merged and tracked from a scan"
    yield Row(what=what, against="Jinja2 + pytracking", ours=merged, peer=rendered, at_least=None, aim=None)
    yield Row(
        what="the same without slots",
        against="merged (at most 1.8 times)",
        ours=unmerged,
        peer=merged,
        at_least=None,
        aim=None,
    )
    try:
        with both_builds("page_jobs") as compare:
            for job, what, at_least, aim in (
                ("track_dense", "track_html, one shot, link-dense 100 KB", 1.3, 1.6),
                ("track_newsletter", "track_html, one shot, newsletter 100 KB", None, None),
                ("rewrite_dense", "rewrite_html, one shot, link-dense 100 KB", None, None),
                ("track_scanned", "track_html from a scan, 100 KB, 50 links", None, None),
            ):
                new, old = compare(job)
                yield Row(what=what, against="the build of 29 Nov 2026", ours=new, peer=old, at_least=at_least, aim=aim)
    except FileNotFoundError as missing:
        print(f"{missing}: the rows against the old build are left out")


if __name__ == "__main__":
    print(table(rows()))
