"""HTML whose lines tracking would make too long for a body that is sent as it is: breaks inside tags."""

from __future__ import annotations

import asyncio
import smtplib
from datetime import UTC, datetime
from email.mime.text import MIMEText
from typing import Any, Final

import pytest

from lmtrack import (
    Consent,
    LinkPolicy,
    Route,
    TrackingDomain,
    make_keys,
    resolve,
    revert_html,
    scan_html,
    track_html,
    untrack_html,
    verify_rewrite,
)

NOON: Final = datetime(2026, 11, 2, 12, tzinfo=UTC)
DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"a fixed key, for these tests only"))
DECISION: Final = resolve(Route(track_opens=True, track_clicks=True, require_consent=True), consent=Consent.GRANTED)
LINK: Final = '<a href="https://shop.example/{0}">{0}</a>'
MINIFIED: Final = "<p>" + "".join(LINK.format(number) for number in range(14)) + "</p>"


def track(source: Any, **options: Any) -> Any:  # noqa: ANN401 - any options
    return track_html(source, DECISION, domain=DOMAIN, message_id="m-1", now=NOON, **options)


def longest(text: str) -> int:
    return max(len(line.encode()) for line in text.split("\n"))


def test_minified_html_keeps_its_lines_within_the_limit() -> None:
    assert longest(MINIFIED) == 547
    assert longest(track(MINIFIED).html) > 998
    tracked = track(MINIFIED, max_line=998)
    assert longest(tracked.html) <= 998
    assert tracked.html.replace("\n ", " ") == track(MINIFIED).html
    assert tracked.html[tracked.pixel_offset :].startswith("<img\n src=")
    assert tracked.decision.reasons == ()
    assert (len(tracked.links), tracked.skipped) == (14, ())
    assert revert_html(tracked.html, tracked.edits) == MINIFIED
    assert track(tracked.html, max_line=998).html is tracked.html
    assert untrack_html(tracked.html, domain=DOMAIN).replace("\n ", " ") == MINIFIED
    assert verify_rewrite(MINIFIED, tracked.html) == []
    for damage in (("<a\n href", "<a\n\n href"), ("</a>", "</a>\n"), ("<p>", "<p\n>")):
        assert verify_rewrite(MINIFIED, tracked.html.replace(*damage, 1)) != []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\r\n"])
def test_a_break_beside_any_line_end_is_verified(end: str) -> None:
    source = MINIFIED.replace(" href", f"{end} href").replace('="', f'{end}={end}"')
    for ahead in ("", f"x{end}"):
        tracked = track(ahead + source, max_line=400)
        assert len(tracked.links) == 14
        assert verify_rewrite(ahead + source, tracked.html) == []
        damaged = tracked.html.replace(f"a{end}", "a ")
        assert damaged == tracked.html or verify_rewrite(ahead + source, damaged) != []


def test_html_with_short_lines_is_tracked_as_without_a_limit() -> None:
    source = "\n".join(LINK.format(number) for number in range(14)) + "\n"
    assert track(source, max_line=998) == track(source)
    assert track(source, max_line=10_000).html == track(source).html


def test_a_mail_of_minified_html_is_taken_by_a_server() -> None:
    pytest.importorskip("aiosmtpd")
    from aiosmtpd.smtp import SMTP  # noqa: PLC0415 - only where it is there

    arrived: list[bytes] = []

    class Keep:
        async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: ANN401, N802
            arrived.append(envelope.content)
            return "250 kept"

    def send(port: int, html: str) -> None:
        message = MIMEText(html, "html", "us-ascii")  # 7bit
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.sendmail("letters@shop.example", ["ann@reader.example"], message.as_string())

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(Keep(), hostname="localhost"), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            with pytest.raises(smtplib.SMTPDataError, match="Line too long"):
                await asyncio.to_thread(send, port, track(MINIFIED).html)
            await asyncio.to_thread(send, port, track(MINIFIED, max_line=998).html)

    asyncio.run(serve())
    assert arrived[0].count(b"https://track.example/c/") == 14


def test_a_link_that_no_line_has_room_for_is_left_alone_and_keeps_its_index() -> None:
    source = f"<p>{LINK.format('a')}{LINK.format('b' * 60)}{LINK.format('c')}</p>\n"
    tracked = track(source, max_line=300)
    assert [(link.index, link.url[-1]) for link in tracked.links] == [(0, "a"), (1, "b"), (2, "c")]
    narrow = track(source, max_line=125)
    assert [link.index for link in narrow.links] == [0, 2]
    assert [(link.index, link.url[-1], reason) for link, reason in narrow.skipped] == [(-1, "b", "line_too_long")]
    assert f'href="https://shop.example/{"b" * 60}"' in narrow.html
    assert (narrow.pixel_offset, narrow.decision.reasons) == (None, ("opens:line_too_long",))
    assert longest(narrow.html) <= longest(source)


def test_where_nothing_fits_the_document_stays_as_it_is() -> None:
    source = f'<p>{LINK.format("a")}<a data-lm-no-track href="https://shop.example/b">b</a></p>'
    tracked = track(source, max_line=60)
    assert tracked.html == source
    assert tracked.edits == ()
    assert tracked.decision.reasons == ("opens:line_too_long", "clicks:line_too_long")


def test_a_value_right_behind_the_pixel_is_written_whatever_the_limit_is() -> None:
    for size in (10, 900, 2000):
        document = scan_html("<body>{name}</body>", slots={"name": "{name}"})
        tracked = track(document, values={"name": "v" * size}, max_line=998, pixel_position="start")
        assert "v" * size in tracked.html


def test_values_are_written_whatever_the_limit_is() -> None:
    document = scan_html(
        '<p>Hello {name}, <a href="https://shop.example/{page}">your page</a></p>{pixel}',
        slots={"name": "{name}", "page": "{page}", "pixel": "{pixel}"},
    )
    values = {"name": "Ann", "page": "orders"}
    tracked = track(document, values=values, pixel_slot="pixel", max_line=400, policy=LinkPolicy())
    assert tracked.html[tracked.pixel_offset :].startswith("<img")
    assert len(tracked.links) == 1
    narrow = track(document, values=values, pixel_slot="pixel", max_line=100)
    assert narrow.html == '<p>Hello Ann, <a href="https://shop.example/orders">your page</a></p>'
    assert [reason for _, reason in narrow.skipped] == ["line_too_long"]


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (True, TypeError, "max_line must be an int or None, not bool"),
        (998.0, TypeError, "max_line must be an int or None, not float"),
        ("998", TypeError, "max_line must be an int or None, not str"),
        (0, ValueError, "max_line must be at least 1"),
    ],
)
def test_a_limit_is_a_number_of_bytes(value: object, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        track("<p>", max_line=value)
