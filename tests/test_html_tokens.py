"""Tracking: what the tokens in a page say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from lmtrack import (
    BadDestination,
    Campaign,
    Consent,
    Override,
    Route,
    TrackingDomain,
    click_url,
    read_click_token,
    read_open_token,
    resolve,
    scan_html,
    track_html,
    untrack_html,
    withdraw_url,
)
from page_cases import (
    AGGREGATE,
    BOTH,
    CAMPAIGN,
    CLICKS,
    DELIVERABILITY,
    DOMAIN,
    INDIVIDUAL,
    KEYS,
    LAST_DAY,
    LATER,
    NOW,
    OFF,
    OPENS,
    SHOP,
    SUM,
    click_tokens,
    decision_for,
    images,
    open_token,
    track,
    vml,
)

if TYPE_CHECKING:
    from lmtrack.links import Link


def test_individual_tokens_name_message_recipient_link_and_time() -> None:
    mail = f'{SHOP}<a href="https://b.example/?a=1&amp;b=é">B</a>'
    result = track(mail, recipient=7)
    opened = read_open_token(KEYS, open_token(result), now=NOW)
    assert (opened.message_id, opened.recipient, opened.mode, opened.issued_at) == ("m-1", 7, INDIVIDUAL, NOW)
    for index, (token, url) in enumerate(
        zip(click_tokens(result), ["https://shop.example/", "https://b.example/?a=1&b=é"], strict=True)
    ):
        clicked = read_click_token(KEYS, token, now=NOW)
        assert clicked == ("m-1", 7, INDIVIDUAL, NOW, index, url)
    assert result.decision is BOTH


def test_each_flag_goes_its_own_way() -> None:
    assert click_tokens(track(SHOP, OPENS, campaign=CAMPAIGN)) == []
    assert images(track(SHOP, CLICKS, campaign=CAMPAIGN).html) == []
    for opens in (DELIVERABILITY, AGGREGATE, INDIVIDUAL):
        for clicks in (AGGREGATE, INDIVIDUAL):
            result = track(SHOP, decision_for(opens, clicks), recipient=3, campaign=CAMPAIGN)
            opened = read_open_token(KEYS, open_token(result), now=NOW)
            clicked = read_click_token(KEYS, click_tokens(result)[0], now=NOW)
            assert (opened.mode, clicked.mode) == (opens, clicks)
            for token in (opened, clicked):
                shared = token.mode is AGGREGATE
                assert token.message_id == (CAMPAIGN.id if shared else "m-1")
                assert token.recipient == (0 if shared else 3)
                assert token.issued_at == (CAMPAIGN.started_at if shared else NOW)


def test_uuids_are_as_good_as_their_text() -> None:
    uuid = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    result = track(SHOP, message_id=uuid)
    assert result.html == track(SHOP, message_id=str(uuid)).html
    assert track(result.html, message_id=str(uuid)).html is result.html
    campaign = Campaign(id=uuid, started_at=NOW)
    shared = track(SHOP, SUM, campaign=campaign)
    assert track(shared.html, SUM, campaign=Campaign(id=str(uuid), started_at=NOW)).html is shared.html


def test_an_aggregate_mail_is_the_same_for_everybody() -> None:
    mail = f"<body>{SHOP}{vml('https://b.example/')}<a data-lm-no-track href='https://c.example/'>x</a></body>"
    uuid = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    results = [
        track(mail, SUM, campaign=CAMPAIGN),
        track(mail, SUM, campaign=CAMPAIGN, message_id=uuid, recipient=65_535, now=LATER),
        track(mail, SUM, campaign=CAMPAIGN, message_id="m-2", now=NOW.replace(microsecond=5)),
        track(scan_html(mail), SUM, campaign=CAMPAIGN, now=NOW.astimezone(timezone(timedelta(hours=9)))),
        track_html(mail, SUM, domain=DOMAIN, message_id="m-3", campaign=CAMPAIGN),
    ]
    assert len({result.html for result in results}) == 1
    assert len({result.edits for result in results}) == 1
    assert results[0].html != track(mail, SUM, campaign=Campaign(id="other", started_at=CAMPAIGN.started_at)).html
    assert results[0].html != track(mail, SUM, campaign=Campaign(id=CAMPAIGN.id, started_at=NOW)).html


def test_aggregate_without_a_campaign_is_off_and_says_so() -> None:
    result = track(SHOP, SUM)
    assert result.html is SHOP
    assert result.decision is not None
    assert (result.decision.opens, result.decision.clicks) == (OFF, OFF)
    assert [reason for reason in result.decision.reasons if "campaign" in reason] == [
        "opens:aggregate_without_campaign",
        "clicks:aggregate_without_campaign",
    ]
    mixed = track(SHOP, LAST_DAY)
    assert mixed.decision is not None
    assert (mixed.decision.opens, mixed.decision.clicks) == (DELIVERABILITY, OFF)
    assert click_tokens(mixed) == []
    assert read_open_token(KEYS, open_token(mixed), now=NOW).mode is DELIVERABILITY
    assert track(SHOP, SUM, campaign=CAMPAIGN).decision is SUM
    assert track(SHOP, BOTH).decision is BOTH


def test_destinations_by_id_are_not_in_the_token() -> None:
    for decision in (CLICKS, decision_for(OFF, AGGREGATE)):
        result = track_html(
            SHOP * 2, decision, domain=DOMAIN, message_id="m-1", campaign=CAMPAIGN, destinations="by_id", now=NOW
        )
        read = [read_click_token(KEYS, token, now=NOW) for token in click_tokens(result)]
        assert [(token.link_index, token.url) for token in read] == [(0, None), (int(decision is CLICKS), None)]
        assert [link.url for link in result.links] == ["https://shop.example/"] * 2


def test_a_destination_that_no_click_may_go_to_is_refused() -> None:
    with pytest.raises(BadDestination):
        track_html(SHOP, CLICKS, domain=DOMAIN, message_id="m-1", destination=lambda _: "javascript:x")
    for answer in (b"https://b.example/", 5):
        with pytest.raises(TypeError):
            track_html(SHOP, CLICKS, domain=DOMAIN, message_id="m-1", destination=lambda _, a=answer: a)  # type: ignore[misc]


def test_a_destination_is_asked_for_only_where_links_are_tracked() -> None:
    def destination(link: Link) -> str:
        raise AssertionError(link)

    track_html(SHOP, OPENS, domain=DOMAIN, message_id="m-1", destination=destination)
    track_html("<a href='mailto:x'>", CLICKS, domain=DOMAIN, message_id="m-1", destination=destination)


def test_tokens_are_issued_now_unless_told_otherwise() -> None:
    before = datetime.now(UTC).replace(microsecond=0)  # noqa: TID251 - what the default is measured against
    opened = read_open_token(KEYS, open_token(track_html(SHOP, BOTH, domain=DOMAIN, message_id="m-1")))
    assert before <= opened.issued_at <= datetime.now(UTC)  # noqa: TID251 - the same


def test_bare_values_stay_bare() -> None:
    result = track("<a href=https://shop.example/>x</a><a href='https://shop.example/'>x</a>", CLICKS)
    first, second = click_tokens(result)
    assert result.html == (
        f"<a href=https://track.example/c/{first}>x</a><a href='https://track.example/c/{second}'>x</a>"
    )


def test_a_message_of_the_domain_with_a_port_and_a_path_is_recognised_again() -> None:
    for base in (
        "https://track.example:443",
        "http://localhost:8000/a/b",
        "HTTPS://Track.example:8443/T",
        "https://[::1]",
    ):
        domain = TrackingDomain(base, KEYS)
        once = track_html(SHOP, BOTH, domain=domain, message_id="m-1", now=NOW)
        assert track_html(once.html, BOTH, domain=domain, message_id="m-1", now=LATER).html is once.html
        assert untrack_html(once.html, domain=domain) == SHOP


def test_links_of_the_domain_are_left_whoever_signed_them() -> None:
    withdraw = withdraw_url(DOMAIN, "x")
    mail = f"<a href='{withdraw}'><a href='{click_url(DOMAIN, 'forged')}'><a href='https://track.example/'>"
    result = track(mail, CLICKS)
    assert [reason for _, reason in result.skipped] == ["tracked", "tracked"]
    assert [link.url for link in result.links] == ["https://track.example/"]


def test_an_override_holds_for_the_mail_it_came_with() -> None:
    decision = resolve(Route(track_opens=True, track_clicks=True), Override(track_opens=False), consent=Consent.GRANTED)
    result = track(SHOP, decision)
    assert images(result.html) == []
    assert len(click_tokens(result)) == 1
