"""A mail that was tracked before the person refused is still tracked, and the result says so."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from lmtrack import (
    Campaign,
    Consent,
    Decision,
    Reason,
    Route,
    TrackingDomain,
    TrackingMode,
    campaign_urls,
    make_keys,
    resolve,
    scan_html,
    scan_message,
    track_html,
    track_message,
    track_text,
    untrack_message,
)
from lmtrack.resolver import Limit

NOON: Final = datetime(2026, 11, 2, 12, tzinfo=UTC)
DOMAIN: Final = TrackingDomain("https://track.example", make_keys(b"a fixed key, for these tests only"))
ROUTE: Final = Route(track_opens=True, track_clicks=True, require_consent=True)
GRANTED, DENIED = (resolve(ROUTE, consent=consent) for consent in (Consent.GRANTED, Consent.DENIED))
HTML: Final = '<p>We have <a href="https://shop.example/lamps">new lamps</a>.</p>\n'
TEXT: Final = "Our lamps: https://shop.example/lamps\n"
BOTH: Final = (
    "opens:consent_denied", "opens:already_tracked", "clicks:consent_denied", "clicks:already_tracked",
)  # fmt: skip


def message(encoding: str = "7bit") -> bytes:
    return (
        b"Subject: Lamps\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n"
        + TEXT.replace("\n", "\r\n").encode()
        + f"--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode()
        + HTML.replace("\n", "\r\n").replace("=", "=3D" if encoding == "quoted-printable" else "=").encode()
        + b"--b--\r\n"
    )


def track(track_it: Any, source: Any, decision: Decision, **options: Any) -> Any:  # noqa: ANN401 - any of the three
    return track_it(source, decision, **{"domain": DOMAIN, "message_id": "m-1", "now": NOON} | options)


@pytest.mark.parametrize("encoding", ["7bit", "quoted-printable"])
def test_a_refusal_after_tracking_is_told_and_changes_nothing(encoding: str) -> None:
    raw = track(track_message, message(encoding), GRANTED).raw
    for source in (raw, scan_message(raw)):
        late = track(track_message, source, DENIED)
        assert late.raw == raw
        assert late.decision.reasons == BOTH
        assert (late.decision.opens, late.decision.clicks) == (TrackingMode.INDIVIDUAL, TrackingMode.INDIVIDUAL)
        assert (late.links, late.pixel) == ((), None)
    clean = track(track_message, untrack_message(raw, domain=DOMAIN), DENIED)
    assert clean.decision == DENIED


def test_the_same_holds_for_html_and_text() -> None:
    html = track(track_html, HTML, GRANTED).html
    for source in (html, scan_html(html)):
        assert track(track_html, source, DENIED).decision.reasons == BOTH
    text = track(track_text, TEXT, GRANTED).text
    late = track(track_text, text, DENIED)
    assert late.text is text
    assert late.decision.reasons == ("opens:consent_denied", "clicks:consent_denied", "clicks:already_tracked")


def test_links_of_the_plain_part_count_too() -> None:
    raw = b"Content-Type: text/plain\r\n\r\n" + TEXT.encode()
    raw = track(track_message, raw, GRANTED, text_links=True).raw
    assert track(track_message, raw, DENIED).decision.clicks is TrackingMode.INDIVIDUAL


@pytest.mark.parametrize("flag", ["opens", "clicks"])
def test_one_flag_may_hold_alone(flag: str) -> None:
    route = Route(track_opens=flag == "opens", track_clicks=flag == "clicks")
    raw = track(track_message, message(), resolve(route)).raw
    late = track(track_message, raw, DENIED)
    assert late.decision.track_opens is (flag == "opens")
    assert late.decision.track_clicks is (flag == "clicks")
    # The other flag is free, and is tracked as it is decided now.
    both = track(track_message, raw, GRANTED)
    assert both.raw.count(b"https://track.example/") == 2
    assert both.decision.reasons == ()


@pytest.mark.parametrize("flag", ["opens", "clicks"])
def test_a_refusal_of_one_flag_is_told_for_that_one(flag: str) -> None:
    raw = track(track_message, message(), GRANTED).raw
    now = resolve(Route(track_opens=flag == "clicks", track_clicks=flag == "opens"), consent=Consent.GRANTED)
    for track_it, source in ((track_message, raw), (track_html, track(track_html, HTML, GRANTED).html)):
        late = track(track_it, source, now)
        assert late.decision.reasons == (f"{flag}:route_off", f"{flag}:already_tracked")
        assert (late.decision.track_opens, late.decision.track_clicks) == (True, True)


def test_what_is_signed_afterwards_is_tracked_all_the_same() -> None:
    raw = b"DKIM-Signature: v=1\r\n" + track(track_message, message(), GRANTED).raw
    late = track(track_message, raw, GRANTED)
    assert late.raw == raw
    assert late.decision.reasons == (
        "opens:already_signed", "opens:already_tracked", "clicks:already_signed", "clicks:already_tracked",
    )  # fmt: skip


def test_aggregate_tracking_is_told_as_such() -> None:
    campaign = Campaign(id="autumn", started_at=NOON, urls=campaign_urls(HTML))
    shared = resolve(Route(track_opens=True, track_clicks=True, ceiling=TrackingMode.AGGREGATE))
    raw = track(track_message, message(), shared, campaign=campaign).raw
    late = track(track_message, raw, DENIED, campaign=campaign)
    assert (late.decision.opens, late.decision.clicks) == (TrackingMode.AGGREGATE, TrackingMode.AGGREGATE)
    individual = track(track_message, message(), GRANTED).raw
    assert track(track_message, individual, shared, campaign=campaign).decision.opens is TrackingMode.INDIVIDUAL


@pytest.mark.parametrize(
    "change",
    [
        {"message_id": "m-2"},  # another mail's, quoted in this one
        {"recipient": 1},
        {"domain": TrackingDomain("https://track.example", make_keys(b"another key, for these tests only"))},
        {"domain": TrackingDomain("https://other.example", DOMAIN.keys)},
    ],
)
def test_tracking_of_another_mail_or_by_others_is_not_ours(change: dict[str, Any]) -> None:
    raw = track(track_message, message(), GRANTED).raw
    assert track(track_message, raw, DENIED, **change).decision == DENIED


def test_the_host_in_an_untracked_mail_is_no_tracking() -> None:
    raw = b"Content-Type: text/html\r\n\r\n<a href='https://track.example/c/x'>x</a> track.example\r\n"
    assert track(track_message, raw, DENIED).decision == DENIED


def test_evidence_of_it_reads_back() -> None:
    decision = DENIED.already_tracked(opens=TrackingMode.INDIVIDUAL)
    assert Decision.from_dict(decision.to_dict()) == decision
    assert pickle.loads(pickle.dumps(decision)) == decision  # noqa: S301 - our own
    assert decision.already_tracked(opens=TrackingMode.AGGREGATE) is decision
    assert GRANTED.already_tracked(opens=TrackingMode.INDIVIDUAL, clicks=TrackingMode.INDIVIDUAL) is GRANTED
    # It may be lowered after that, by what looks at the message in the end.
    assert decision.lower(Reason.NO_HTML, opens=TrackingMode.OFF).opens is TrackingMode.OFF
    with pytest.raises(ValueError, match="already_tracked lowers nothing"):
        GRANTED.lower(Reason.ALREADY_TRACKED, opens=TrackingMode.OFF)
    for mode, reason in ((TrackingMode.OFF, Reason.ALREADY_TRACKED), (TrackingMode.INDIVIDUAL, Reason.NO_HTML)):
        with pytest.raises(ValueError, match="a limit lowers nothing"):
            Decision(inputs=DENIED.inputs, limits=(Limit("opens", mode, reason),))
