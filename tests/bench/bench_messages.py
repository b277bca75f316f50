"""Whole messages against the stdlib's parse + as_bytes, in the same run: `python tests/bench/bench_messages.py`."""

from __future__ import annotations

import email
import email.message
import email.policy
import quopri
from base64 import encodebytes
from datetime import UTC, datetime
from email.headerregistry import Address
from math import log
from time import process_time
from typing import TYPE_CHECKING, Final

import pytracking
import pytracking.html
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from harness import Row, alternate, table
from jinja2 import Environment
from mails import CORPUS, newsletter
from old_build import both_builds

from lmtrack import Consent, Route, TrackingDomain, make_keys, resolve
from lmtrack.message import scan_message, track_message

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lmtrack.message import MessageDocument, TrackedMessage

if not settings.configured:  # this file is imported twice: as the script, and by the jobs
    settings.configure()
DOMAIN = TrackingDomain("https://track.example", make_keys(b"a benchmark key of 32 octets....."))
DECISION = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
MESSAGE_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
ENCODINGS = ("quoted-printable", "8bit", "base64")

_HEAD = """From: Shop <news@shop.example>
To: ann@shop.example
Subject: New this week
Date: Thu, 1 Jan 2026 00:00:00 +0000
Message-ID: <1@shop.example>
List-Unsubscribe: <https://shop.example/leave?u=1>, <mailto:leave@shop.example>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset=utf-8

New this week: https://shop.example/
--inner
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: {encoding}

{html}
--inner--

--outer
Content-Type: application/pdf; name="list.pdf"
Content-Disposition: attachment; filename="list.pdf"
Content-Transfer-Encoding: base64

{attachment}
--outer--
"""


def message(octets: int, encoding: str, *, links: int = 50, html_octets: int = 100_000) -> bytes:
    """Write a message of a size: HTML of a newsletter with links, and an attachment for the rest."""
    html = newsletter(html_octets, links).encode()
    if encoding == "quoted-printable":
        html = quopri.encodestring(html)
    elif encoding == "base64":
        html = encodebytes(html)
    filler = max(0, octets - len(html) - 900) * 57 // 78
    attachment = encodebytes(bytes(number % 251 for number in range(filler)))
    text = _HEAD.format(encoding=encoding, html=html.decode(), attachment=attachment.decode())
    return text.replace("\n", "\r\n").encode()


def track(source: bytes | MessageDocument) -> TrackedMessage:
    """Track one message for one recipient."""
    return track_message(source, DECISION, domain=DOMAIN, message_id=MESSAGE_ID, now=NOW)


def round_trip(raw: bytes) -> bytes:
    """Parse and serialise with the stdlib, unchanged: the floor for everything that works on its tree."""
    return email.message_from_bytes(raw, policy=email.policy.SMTP).as_bytes()


def round_trip_compat(raw: bytes) -> bytes:
    """The same with the stdlib's faster, older policy."""
    return email.message_from_bytes(raw, policy=email.policy.compat32).as_bytes()


def exponent(encoding: str, low: int, high: int) -> float:
    """Measure how the time of a one-shot `track_message` grows with the message."""

    def best(octets: int) -> float:
        raw = message(octets, encoding, links=octets // 2000, html_octets=octets * 2 // 5)
        times = []
        for _ in range(5):
            start = process_time()  # a busy machine must not look like growth
            track(raw)
            times.append(process_time() - start)
        return min(times) / len(raw)

    return 1 + log(best(high) / best(low)) / log(high / low)


def rows() -> Iterator[Row]:
    """Measure each encoding, from a scanned message and in one shot, and the corpus."""
    for encoding in ENCODINGS:
        raw = message(270_000, encoding)
        document = scan_message(raw)
        assert len(track(document).links) == 50
        mine, modern, compat = alternate(
            lambda document=document: track(document),  # type: ignore[misc]  # bound early
            lambda raw=raw: round_trip(raw),  # type: ignore[misc]
            lambda raw=raw: round_trip_compat(raw),  # type: ignore[misc]
            rounds=15,
        )
        what = f"track_message, scanned, {len(raw) // 1000} KB, HTML in {encoding}"
        yield Row(what=what, against="stdlib parse + as_bytes, SMTP", ours=mine, peer=modern, at_least=20, aim=33)
        yield Row(what=what, against="stdlib parse + as_bytes, compat32", ours=mine, peer=compat, at_least=20, aim=33)
        once, compat = alternate(
            lambda raw=raw: track(raw),  # type: ignore[misc]
            lambda raw=raw: round_trip_compat(raw),  # type: ignore[misc]
        )
        what = f"track_message, one shot, {len(raw) // 1000} KB, HTML in {encoding}"
        yield Row(
            what=what, against="stdlib parse + as_bytes, compat32", ours=once, peer=compat, at_least=None, aim=None
        )
    if CORPUS.is_dir():
        mails = [path.read_bytes() for path in sorted(CORPUS.rglob("*.eml"))]
        mine, theirs = alternate(
            lambda: [track(raw) for raw in mails], lambda: [round_trip_compat(raw) for raw in mails], rounds=5
        )
        what = f"track_message, one shot, corpus ({len(mails)} messages)"
        yield Row(
            what=what, against="stdlib parse + as_bytes, compat32", ours=mine, peer=theirs, at_least=None, aim=None
        )
    else:
        print("no ../shared/corpus: its row is left out")


def one_shot_rows() -> Iterator[Row]:
    """Measure one shot against the build of 29 November 2026, each in a process of its own."""
    from message_jobs import JOBS  # noqa: PLC0415 - it imports this module

    with both_builds("message_jobs") as in_turn:
        for name in JOBS:
            ours, theirs = in_turn(name)
            least, aim = (6, 10) if "merge" in name else (3, 5) if "quoted-printable" in name else (None, None)
            what = name.replace("_", " ") if "merge" in name else f"track_message, one shot, {name.replace('_', ' ')}"
            against = "Jinja2 + the build of 29 Nov 2026" if "merge" in name else "the build of 29 November 2026"
            yield Row(what=what, against=against, ours=ours, peer=theirs, at_least=least, aim=aim)


SLOTS: Final = {"name": "{{ name }}", "id": "{{ id }}", "mail": "{{ mail }}", "city": "{{ city }}"}
VALUES: Final = {"name": "Zoë & Bo", "id": "4471", "mail": "zoe@reader.example", "city": "Málaga"}


def personal(encoding: str, *, with_slots: bool) -> bytes:
    """Write a newsletter of 20 KB with 22 links and 14 slots, or with the values in their place."""
    raw = message(0, "8bit", links=22, html_octets=18_500).decode()
    raw = raw.replace("To: ann@shop.example", "To: {{ name }} <{{ mail }}>").replace(
        "New this week\r", "{{ name }}\r", 1
    )
    raw = raw.replace("leave?u=1", "leave?u={{ id }}", 1).replace("New this week: http", "{{ name }}, {{ city }}: http")
    raw = raw.replace("Words and more words.", "Words for {{ name }}.", 4).replace(">Item 3<", ">{{ city }}<")
    raw = raw.replace("catalogue/5/lamp?", "catalogue/5/lamp?u={{ id }}&amp;").replace(
        "catalogue/7/", "catalogue/{{ id }}/"
    )
    if not with_slots:
        for name, value in VALUES.items():
            raw = raw.replace(SLOTS[name], value if value.isascii() else "Ann")
    head, _, body = raw.rpartition("Content-Transfer-Encoding: 8bit\r\n\r\n")
    html, _, rest = body.partition("\r\n--inner--")
    octets = html.replace("\r\n", "\n").encode()
    if encoding == "quoted-printable":
        octets = quopri.encodestring(octets)
    elif encoding == "base64":
        octets = encodebytes(octets)
    lines = octets.replace(b"\n", b"\r\n")
    return f"{head}Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + lines + f"\r\n--inner--{rest}".encode()


def merge(template: MessageDocument) -> TrackedMessage:
    """Write and track one person's mail."""
    return track_message(template, DECISION, domain=DOMAIN, message_id=MESSAGE_ID, values=VALUES, now=NOW)


class Rendered:
    """The same mail as everyone else makes it: rendered by Jinja2, built, tracked by pytracking (unsigned), written."""

    def __init__(self) -> None:
        made = email.message_from_bytes(personal("8bit", with_slots=True), policy=email.policy.default)
        plain, page = (part.get_content() for part in made.walk() if part.get_content_maintype() == "text")
        engine = Environment(autoescape=True)
        self._words = Environment(autoescape=False).from_string(plain)  # noqa: S701 - plain text
        self._page = engine.from_string(page)
        self._leave = engine.from_string("<https://shop.example/leave?u={{ id }}>")
        self._configuration = pytracking.Configuration(
            base_open_tracking_url="https://track.example/o/", base_click_tracking_url="https://track.example/c/"
        )

    def _parts(self) -> tuple[str, str, dict[str, str]]:
        page = pytracking.html.adapt_html(
            self._page.render(VALUES), {"message": MESSAGE_ID}, configuration=self._configuration
        )
        fields = {"List-Unsubscribe": self._leave.render(VALUES), "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        return self._words.render(VALUES), page, fields

    def with_email(self, encoding: str) -> bytes:
        """Build an EmailMessage."""
        plain, page, fields = self._parts()
        message = email.message.EmailMessage()
        message["From"] = "Shop <news@shop.example>"
        message["To"] = Address(VALUES["name"], addr_spec=VALUES["mail"])
        message["Subject"] = VALUES["name"]
        for name, value in fields.items():
            message[name] = value
        message.set_content(plain)
        message.add_alternative(page, subtype="html", cte=encoding)
        return message.as_bytes(policy=email.policy.SMTP)

    def with_django(self) -> bytes:
        """Build Django's EmailMultiAlternatives."""
        plain, page, fields = self._parts()
        name, mail = VALUES["name"], VALUES["mail"]
        to = [f"{name} <{mail}>"]
        message = EmailMultiAlternatives(name, plain, "Shop <news@shop.example>", to, headers=fields)
        message.attach_alternative(page, "text/html")
        return message.message().as_bytes()


def merge_rows() -> Iterator[Row]:
    """Measure a merged mail from a scan against the same mail without slots, and against rendering it."""
    rendered = Rendered()
    for encoding in ENCODINGS:
        template = scan_message(personal(encoding, with_slots=True), slots=SLOTS)
        plain = scan_message(personal(encoding, with_slots=False))
        mine, theirs, built, django = alternate(
            lambda template=template: merge(template),  # type: ignore[misc]  # bound early
            lambda plain=plain: track(plain),  # type: ignore[misc]
            lambda encoding=encoding: rendered.with_email(encoding),  # type: ignore[misc]
            rendered.with_django,
        )
        what = f"merge from a scan, 20 KB, 22 links, 14 slots, {encoding}"
        yield Row(what=what, against="the same mail without slots", ours=mine, peer=theirs, at_least=0.56, aim=0.71)
        least = {"quoted-printable": 12, "base64": 15, "8bit": 18}[encoding]
        yield Row(
            what=what, against="Jinja2 + EmailMessage + pytracking", ours=mine, peer=built, at_least=least, aim=25
        )
        yield Row(what=what, against="Jinja2 + Django + pytracking", ours=mine, peer=django, at_least=7, aim=12)


def main() -> None:
    """Print the tables and the growth."""
    print(table(one_shot_rows()))
    print(table(merge_rows()))
    print(table(rows()))
    for encoding in ENCODINGS:
        growth = exponent(encoding, 20_000, 10_000_000)
        print(f"growth of track_message from 20 KB to 10 MB, {encoding}: exponent {growth:.3f} (at most 1.1, aim 1.03)")


if __name__ == "__main__":
    main()
