from __future__ import annotations

import zlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from lmtrack._rewriting.judge import MessageContext
from lmtrack._rewriting.signing import sending
from lmtrack.html import Campaign, scan_html
from lmtrack.links import LinkPolicy, SkipReason
from lmtrack.resolver import Consent, Reason, Route, TrackingMode, resolve
from lmtrack.tokens import make_click_token, make_keys, read_click_token
from lmtrack.urls import TrackingDomain
from page_cases import AGGREGATE as COUNTED, BOTH, INDIVIDUAL, NONE, OFF, decision_for

if TYPE_CHECKING:
    from lmtrack._rewriting.plan import Plan
    from lmtrack._rewriting.signing import Sending
    from lmtrack.resolver import Decision

KEYS = make_keys(b"an example key of 32 octets, not")
DOMAIN = TrackingDomain("https://track.example", KEYS)
LONG_URL = "https://shop.example/shoes?utm_source=newsletter&utm_medium=newsletter&utm_campaign=newsletter-shoes-shoes"
CAMPAIGN = Campaign(id="summer-2026", started_at=datetime(2026, 6, 1, tzinfo=UTC), urls=[LONG_URL])
AGGREGATE = resolve(
    Route(track_opens=True, track_clicks=True, require_consent=True, without_consent=TrackingMode.AGGREGATE),
    consent=Consent.UNKNOWN,
)


@pytest.mark.parametrize("given", [False, True])
def test_a_campaign_has_the_same_tokens_whatever_zlib_a_host_has(
    monkeypatch: pytest.MonkeyPatch,
    given: bool,
) -> None:
    message = sending(
        AGGREGATE,
        domain=DOMAIN,
        message_id="letter-4471",
        recipient=3,
        campaign=CAMPAIGN,
        destination=(lambda link: link.url) if given else None,
        destinations="inline",
        now=None,
    )
    plan = scan_html(f'<a href="{LONG_URL.replace("&", "&amp;")}">Shoes</a>').plan(LinkPolicy(), DOMAIN)
    monkeypatch.setattr(zlib, "compressobj", None)
    assert message.sign(plan, plan.unmerged).tokens == [
        make_click_token(KEYS, "summer-2026", 0, url=LONG_URL, mode=TrackingMode.AGGREGATE, now=CAMPAIGN.started_at)
    ]


def _sending(decision: Decision, **options: Any) -> Sending:  # noqa: ANN401 - any options
    defaults = {"campaign": CAMPAIGN, "destination": None, "destinations": "inline", "now": None}
    return sending(decision, domain=DOMAIN, message_id="letter-4471", recipient=3, **{**defaults, **options})


def _plan(*urls: str, first_index: int = 0) -> Plan:
    mail = "".join(f'<a href="{url.replace("&", "&amp;")}">a</a>' for url in urls)
    return scan_html(mail).make_plan(LinkPolicy(), DOMAIN, MessageContext(first_index=first_index))


def _signed(message: Sending, plan: Plan, refused: dict[int, SkipReason] | None = None) -> list[Any]:
    tokens = message.sign(plan, plan.unmerged._replace(refused=refused or {})).tokens
    read = [token and read_click_token(KEYS, token, now=CAMPAIGN.started_at) for token in tokens]
    return [token and (token.link_index, token.url) for token in read]


@pytest.mark.parametrize("decision", [BOTH, AGGREGATE])
@pytest.mark.parametrize("destination", [None, lambda link: link.url])
def test_no_token_is_made_for_a_link_that_is_refused(decision: Decision, destination: Any) -> None:  # noqa: ANN401
    plan = _plan(LONG_URL, LONG_URL)
    message = _sending(decision, destination=destination, now=CAMPAIGN.started_at)
    second = (0 if decision is AGGREGATE else 1, LONG_URL)
    assert _signed(message, plan, {0: SkipReason.PERSONAL}) == [None, second]


@pytest.mark.parametrize("destination", [None, lambda link: link.url if link.index > 2 else None])
def test_indices_run_on_from_the_first_one(destination: Any) -> None:  # noqa: ANN401
    plan = _plan("https://a.example/", "https://b.example/", first_index=2)
    message = _sending(BOTH, destination=destination, now=CAMPAIGN.started_at)
    first = (2, "https://a.example/") if destination is None else None
    assert _signed(message, plan) == [first, (3, "https://b.example/")]


def test_a_campaigns_indices_are_those_of_its_urls_whatever_the_first_one_is() -> None:
    plan = _plan("https://a.example/", LONG_URL, first_index=2)
    signed = _sending(AGGREGATE).sign(plan, plan.unmerged)
    assert (signed.merged.indices, signed.merged.refused) == ({1: 0}, {0: SkipReason.PERSONAL})


def test_a_campaigns_link_by_id_is_known_by_its_own_url() -> None:
    chosen = _sending(AGGREGATE, destinations="by_id", destination=lambda _: "https://c.example/")
    assert _signed(chosen, _plan(LONG_URL)) == [(0, None)]


def test_a_link_with_a_slot_is_not_the_campaigns_even_where_its_url_is() -> None:
    document = scan_html(f'<a href="{LONG_URL.replace("&", "&amp;")}">Shoes of {{name}}</a>', slots={"name": "{name}"})
    plan = document.plan(LinkPolicy(), DOMAIN)
    signed = _sending(AGGREGATE).sign(plan, document.merge(plan, {"name": "Ann"}, None)[1])
    assert (signed.tokens, signed.merged.refused) == ([None], {0: SkipReason.PERSONAL})


def test_a_message_may_be_lowered_in_both_flags_or_one() -> None:
    message = _sending(BOTH)
    assert message.lowered(Reason.RAW_MESSAGE).decision.reasons == ("opens:raw_message", "clicks:raw_message")
    assert message.lowered(Reason.RAW_MESSAGE, opens=INDIVIDUAL).decision.reasons == ("clicks:raw_message",)
    assert message.lowered(Reason.RAW_MESSAGE, clicks=INDIVIDUAL).decision.reasons == ("opens:raw_message",)
    untracked = _sending(NONE)
    assert untracked.lowered(Reason.RAW_MESSAGE) is untracked


def test_without_a_campaign_only_what_is_aggregate_is_turned_off() -> None:
    for opens, clicks in ((COUNTED, INDIVIDUAL), (INDIVIDUAL, COUNTED)):
        lowered = _sending(decision_for(opens, clicks), campaign=None).decision
        assert (lowered.opens, lowered.clicks) == tuple(OFF if mode is COUNTED else mode for mode in (opens, clicks))


def test_a_campaign_begins_at_any_second_that_four_bytes_hold() -> None:
    for second in (0, (1 << 32) - 1):
        Campaign(id="x", started_at=datetime.fromtimestamp(second, UTC))
    for second in (-1, 1 << 32):
        with pytest.raises(ValueError, match="started_at must be between"):
            Campaign(id="x", started_at=datetime.fromtimestamp(second, UTC))


def test_a_campaign_has_as_many_urls_as_a_token_can_count() -> None:
    assert Campaign(id="x", started_at=CAMPAIGN.started_at, urls=[LONG_URL] * 65_536).urls
