"""What both builds do to requests: agents as they come, a request with all that is known, the events of a message."""

from __future__ import annotations

import random  # noqa: TID251 - seeded
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from lmtrack.classifier import Event, classify_event, classify_message

if TYPE_CHECKING:
    from collections.abc import Callable

DELIVERED: Final = datetime(2026, 11, 2, 9, tzinfo=UTC)
_WINDOWS: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
_CHROME: Final = [f"{_WINDOWS}Chrome/{version}.0.0.0 Safari/537.36" for version in range(130, 140)]
_APPLE: Final = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
_MAIL: Final = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) {_APPLE} Mobile/15E148"
_SAFARI: Final = f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_APPLE} Version/18.5 Safari/605.1.15"
_GMAIL: Final = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
# By rough share of requests; the last five are machines.
_SHARES: Final = (
    (30, _MAIL), (14, _SAFARI), (24, _CHROME[0]), (10, f"{_CHROME[8]} Edg/138.0.0.0"), (8, _GMAIL),
    (4, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    (2, "Mozilla/5.0 (compatible; Examplebot/2.0; +http://example.org/bot)"), (2, "python-requests/2.32.0"),
    (2, "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"), (2, "Example-Monitor/3"), (2, "Mozilla/5.0"),
)  # fmt: skip
_PERSON: Final = "198.51.100.7"


def _opened(seconds: float, agent: str = _MAIL, ip: str = _PERSON) -> Event:
    return Event(kind="open", user_agent=agent, at=DELIVERED + timedelta(seconds=seconds), ip=ip)


def _clicked(seconds: float, link: int, agent: str = _SAFARI, ip: str = _PERSON) -> Event:
    return Event(kind="click", user_agent=agent, at=DELIVERED + timedelta(seconds=seconds), ip=ip, link_index=link)


_READ: Final = [_opened(600), _clicked(640, 2), _clicked(690, 5), _opened(4000)]
_SWEPT: Final = [
    _opened(4, _CHROME[0], "192.0.2.9"),
    *(_clicked(6 + 0.3 * link, link, _CHROME[0], "192.0.2.9") for link in range(9)),
]
_TAKEN_IN_TURNS: Final = [_clicked(6 + 0.5 * link, link, _CHROME[link], f"192.0.2.{link}") for link in range(9)]


def _agents_as_they_come() -> Callable[[], None]:
    agents = random.Random(11).choices([one for _, one in _SHARES], [share for share, _ in _SHARES], k=500)  # noqa: S311

    def job() -> None:
        for agent in agents:
            classify_event(kind="open", user_agent=agent)

    return job


def _whole_requests() -> None:
    headers = {"Accept-Language": "de", "Sec-Fetch-Mode": "navigate", "Accept": "*/*", "Host": "t.example"}
    for agent in _CHROME:
        classify_event(kind="click", user_agent=agent, ip=_PERSON, headers=headers, delay=timedelta(hours=1))


JOBS: Final[dict[str, Callable[[], object]]] = {
    "500_agents_as_they_come": _agents_as_they_come(),
    "10_requests_with_address_and_headers": _whole_requests,
    **{
        f"message:_{name}": partial(classify_message, events, delivered_at=DELIVERED, link_count=9)
        for name, events in (
            ("one_open", _READ[:1]),
            ("a_reader", _READ),
            ("a_sweep,_then_the_reader", _SWEPT + _READ),
            ("hosts_that_take_turns", _TAKEN_IN_TURNS),
        )
    },
}
