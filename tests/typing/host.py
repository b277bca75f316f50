"""A tracking host as its author's strict type checker sees it: nothing of what is stored needs an assert or a cast.

Read by mypy and pyright, run by nobody.
"""

# pyright: strict

from __future__ import annotations

from datetime import date, datetime
from typing import assert_type

from lmtrack import (
    Consent,
    ConsentRecord,
    Event,
    PageWords,
    Route,
    TrackingDomain,
    TrackingHost,
    handle_request,
    not_stored_response,
    read_request,
)
from lmtrack.classifier import Verdict
from lmtrack.endpoint import Handled, HttpResponse, LastOpen, PendingRequest, RecordedEvent
from lmtrack.tokens import ClickToken, OpenToken, UnsubscribeToken, WithdrawToken

ROUTES = {"receipt": Route(), "letter": Route(track_opens=True, track_clicks=True, require_consent=True)}


class Records:
    """What the author has, in a database of theirs."""

    def route(self, token: OpenToken | ClickToken) -> Route:
        """The stream of a mail."""
        return ROUTES[token.message_id.partition("-")[0]]

    def consent(self, token: OpenToken | ClickToken) -> Consent | ConsentRecord:
        """What its recipient says."""
        return ConsentRecord(state=Consent.GRANTED) if token.recipient == 0 else Consent.DENIED

    async def consent_later(self, token: OpenToken | ClickToken) -> ConsentRecord:
        """The same of a database that is awaited."""
        return ConsentRecord(state=Consent.GRANTED, reference=token.message_id)

    def delivered_at(self, _token: OpenToken | ClickToken) -> datetime | None:
        """When it left."""
        return None

    def destination(self, token: ClickToken) -> str | None:
        """Where a link goes."""
        return token.url

    def record(self, event: RecordedEvent) -> None:
        """Store an event."""
        assert_type(event.token, OpenToken | ClickToken)
        assert_type(event.verdict, Verdict)
        assert_type(event.dedup_key, str | None)
        assert_type(event.request, Event | None)

    def open_day(self, last: LastOpen) -> None:
        """Store a day."""
        assert_type((last.message_id, last.recipient, last.day), tuple[str, int, date])

    def stop(self, token: WithdrawToken) -> bool:
        """Stop the recording."""
        return bool(token.message_id)

    def leave(self, token: UnsubscribeToken) -> bool:
        """Leave the list."""
        return bool(token.message_id)

    def words(self, token: WithdrawToken | UnsubscribeToken) -> PageWords:
        """In their language."""
        return PageWords(language="de" if token.recipient else "en")


def in_one_call(records: Records, domain: TrackingDomain, path: str, body: bytes) -> HttpResponse:
    handled = handle_request(
        method="POST",
        target=path,
        headers={},
        body=body,
        domain=domain,
        route=records.route,
        consent=records.consent,
        delivered_at=records.delivered_at,
        destination=records.destination,
        words=records.words,
    )
    try:
        keep(records, handled)
    except OSError:
        return not_stored_response(handled.response, words=PageWords(language="de"))
    return handled.response


def keep(records: Records, handled: Handled) -> None:
    if handled.event:
        records.record(handled.event)
    elif handled.last_open:
        records.open_day(handled.last_open)
    elif handled.withdrawal:
        records.stop(handled.withdrawal)
    elif handled.unsubscribe:
        records.leave(handled.unsubscribe)
    assert_type(handled.resubscribe, UnsubscribeToken | None)


async def in_two_halves(records: Records, domain: TrackingDomain, path: str) -> HttpResponse:
    pending = read_request(method="GET", target=path, headers=[("user-agent", "x")], domain=domain)
    assert_type(pending, PendingRequest)
    token = pending.token
    consent = await records.consent_later(token) if isinstance(token, OpenToken | ClickToken) else None
    return pending.answer(route=ROUTES["letter"], consent=consent, ip="192.0.2.1").response


def as_a_host(records: Records, domain: TrackingDomain) -> TrackingHost:
    plain = TrackingHost(
        domain=domain,
        route=records.route,
        consent=records.consent,
        record=records.record,
        last_open=records.open_day,
        withdraw=records.stop,
        unsubscribe=records.leave,
        resubscribe=records.leave,
        delivered_at=records.delivered_at,
        destination=records.destination,
        words=records.words,
    )
    assert_type(plain.answer(method="GET", target="/", headers=None), HttpResponse)
    return TrackingHost(
        domain=domain,
        route=ROUTES["letter"],
        consent=records.consent_later,
        record=records.record,
        withdraw=records.stop,
    )
