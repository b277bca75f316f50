"""Requests to a tracking host, for the tests of what becomes of them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lmtrack import (
    Consent,
    Route,
    TrackingDomain,
    TrackingMode,
    make_click_token,
    make_keys,
    make_open_token,
    make_withdraw_token,
)
from lmtrack.classifier import Networks, load_networks
from lmtrack.endpoint import Handled, handle_request

if TYPE_CHECKING:
    from lmtrack._agents.networks import Found

RECORDED = Path(__file__).resolve().parent.parent / "docs" / "explanation" / "what-may-be-recorded.md"
NOW = datetime(2026, 1, 20, 12, tzinfo=UTC)
ISSUED = datetime(2026, 1, 19, 12, tzinfo=UTC)
SECRET = b"a fixed key of tests, 32 octets."
DOMAIN = TrackingDomain("https://track.example/t", make_keys(SECRET))
FOREIGN = make_keys(b"a key that somebody made up")
ID = "letter-4471"
URL = "https://shop.example/lamps?a=1"
ELSEWHERE = "https://shop.example/by-id"
IP = "198.51.100.77"
AGGREGATE, DELIVERABILITY, INDIVIDUAL = TrackingMode.AGGREGATE, TrackingMode.DELIVERABILITY, TrackingMode.INDIVIDUAL

BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36"
)
HEADERS = {"User-Agent": BROWSER, "Accept-Language": "en", "Sec-Fetch-Mode": "navigate", "Host": "track.example"}
ROBOT = {"user-agent": "examplebot/1.0 (+https://bot.example/)"}
APPLE = {"user-agent": "Mozilla/5.0"}

STRICT = Route(track_opens=True, track_clicks=True, require_consent=True)
COUNTING = Route(track_opens=True, require_consent=True, without_consent=AGGREGATE)


def open_token(mode: TrackingMode = INDIVIDUAL, now: datetime = ISSUED, recipient: int = 0) -> str:
    return make_open_token(DOMAIN.keys, ID, mode=mode, recipient=recipient, now=now)


def click_token(
    mode: TrackingMode = INDIVIDUAL, url: str | None = URL, now: datetime = ISSUED, recipient: int = 0
) -> str:
    return make_click_token(DOMAIN.keys, ID, 3, url=url, mode=mode, recipient=recipient, now=now)


WITHDRAW = make_withdraw_token(DOMAIN.keys, ID, recipient=2, now=ISSUED)


def ask(target: str, **changed: Any) -> Handled:  # noqa: ANN401 - any argument of handle_request
    arguments: dict[str, Any] = {
        "method": "GET",
        "target": target,
        "headers": HEADERS,
        "domain": DOMAIN,
        "route": STRICT,
        "consent": lambda _token: Consent.GRANTED,
        "ip": IP,
        "now": NOW,
    }
    return handle_request(**(arguments | changed))


def location(handled: Handled) -> str | None:
    return dict(handled.response.headers).get("Location")


def fail(_token: object) -> Any:  # noqa: ANN401 - in place of any callable
    raise RuntimeError("the store is down")


class Looked(Exception):  # noqa: N818 - it is no error
    """Somebody looked at the address."""


class Watched(Networks):  # type: ignore[misc]  # final for others
    """Lists of networks that tell when an address is looked up in them."""

    def find(self, _ip: str, /) -> tuple[Found, ...] | None:  # noqa: D102 - the class says it
        raise Looked


_OWN = load_networks("", tag="own")
WATCHED = Watched(_OWN.v4, _OWN.v6, _OWN.asns)
