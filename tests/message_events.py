"""Opens and clicks of one message for the tests of message rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lmtrack.classifier import Event, Verdict, classify_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DELIVERED = datetime(2026, 8, 1, 9, tzinfo=UTC)

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
)
BROWSER = CHROME.format(138)
BROWSERS = [CHROME.format(version) for version in range(120, 140)]
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
GMAIL_PREFETCH = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)
YAHOO = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
MPP = "Mozilla/5.0"
OUTLOOK = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)"

PERSON_IP = "198.51.100.7"
OTHER_IP = "203.0.113.9"


def click(seconds: float, link: int | None = 0, *, agent: str | None = BROWSER, **more: Any) -> Event:  # noqa: ANN401
    more.setdefault("ip", PERSON_IP)
    at = DELIVERED + timedelta(seconds=seconds)
    return Event(kind="click", user_agent=agent, at=at, link_index=link, **more)


def open_(seconds: float, *, agent: str | None = BROWSER, **more: Any) -> Event:  # noqa: ANN401
    more.setdefault("ip", PERSON_IP)
    return Event(kind="open", user_agent=agent, at=DELIVERED + timedelta(seconds=seconds), **more)


def judge(events: Iterable[Event], **more: Any) -> list[Verdict]:  # noqa: ANN401
    more.setdefault("delivered_at", DELIVERED)
    return classify_message(events, **more)


def machines(events: Iterable[Event], **more: Any) -> list[bool]:  # noqa: ANN401
    return [verdict.is_machine for verdict in judge(events, **more)]


def people(events: Sequence[Event], **more: Any) -> bool:  # noqa: ANN401
    return machines(events, **more) == [False] * len(events)
