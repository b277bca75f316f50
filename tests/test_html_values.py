"""Documents, results and campaigns as values, and what the arguments refuse."""

from __future__ import annotations

import pickle
from copy import deepcopy
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from lmtrack import (
    Campaign,
    LinkPolicy,
    Route,
    pixel_tag,
    resolve,
    revert_html,
    rewrite_html,
    scan_html,
    track_html,
    untrack_html,
)
from lmtrack.html import HtmlDocument
from page_cases import BOTH, CAMPAIGN, CLICKS, DOMAIN, NONE, NOW, OPENS, OPTED_OUT, SHOP, SUM, numbered, track, vml

if TYPE_CHECKING:
    from collections.abc import Callable


def test_a_document_is_its_text() -> None:
    mail = f"<p>secret</p>{SHOP}"
    document = scan_html(mail)
    track(document)
    assert document == scan_html(mail) == HtmlDocument(mail)
    assert hash(document) == hash(scan_html(mail))
    assert document != scan_html(SHOP)
    assert repr(document) == f"HtmlDocument({len(mail)} characters, 1 links)"
    copy = pickle.loads(pickle.dumps(document))  # noqa: S301 - our own bytes
    assert copy == document
    assert track(copy) == track(document) == track(mail)
    assert document.html is mail
    with pytest.raises(AttributeError):
        document.html = ""  # type: ignore[misc]


def test_a_document_serves_policies_domains_and_recipients_in_any_order() -> None:
    mail = f"{SHOP}<a href='https://shop.example/unsubscribe'>{vml('https://b.example/')}{OPTED_OUT}"
    document = scan_html(mail)
    policies = [LinkPolicy(), LinkPolicy(track_unsubscribe=True), LinkPolicy(track_conditional=False), LinkPolicy()]
    for recipient, policy in enumerate(policies * 2):
        result = track(document, recipient=recipient, policy=policy)
        assert result == track(mail, recipient=recipient, policy=policy)
        assert rewrite_html(document, click_url=numbered, policy=policy) == rewrite_html(
            mail, click_url=numbered, policy=policy
        )


def test_a_result_is_a_value_that_does_not_show_the_document() -> None:
    mail = f"<p>secret</p>{SHOP}"
    result = track(mail)
    assert result == track(mail)
    assert result != track(mail, recipient=1)
    assert hash(result) == hash(track(mail))
    assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301 - our own bytes
    assert deepcopy(result) == result
    assert "secret" not in repr(result)
    assert "track.example" not in repr(result)
    with pytest.raises(AttributeError):
        result.html = ""  # type: ignore[misc]
    assert rewrite_html(mail).decision is None


def test_a_campaign_is_a_value() -> None:
    urls = ("https://shop.example/", "https://b.example/")
    assert Campaign(id="spring-2026", started_at=datetime(2026, 3, 1, tzinfo=UTC), urls=urls) == CAMPAIGN
    assert hash(CAMPAIGN) == hash(deepcopy(CAMPAIGN))
    assert pickle.loads(pickle.dumps(CAMPAIGN)) == CAMPAIGN  # noqa: S301 - our own bytes
    assert Campaign(id="x", started_at=NOW) != CAMPAIGN
    with pytest.raises(AttributeError):
        CAMPAIGN.id = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("campaign_id", "started_at", "error"),
    [
        ("x", None, TypeError),
        ("x", "2026-03-01", TypeError),
        ("x", 0, TypeError),
        (5, NOW, TypeError),
        (None, NOW, TypeError),
        ("x", datetime(2026, 3, 1), ValueError),  # noqa: DTZ001 - naive on purpose
        ("", NOW, ValueError),
        ("ann@shop.example", NOW, ValueError),
        ("x" * 65, NOW, ValueError),
    ],
)
def test_a_campaign_refuses_what_no_token_could_hold(
    campaign_id: object, started_at: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        Campaign(id=campaign_id, started_at=started_at)  # type: ignore[arg-type]


def test_wrong_types_are_type_errors() -> None:
    wrong: list[Callable[[], object]] = [
        lambda: scan_html(b"x"),  # type: ignore[arg-type]
        lambda: scan_html(None),  # type: ignore[arg-type]
        lambda: rewrite_html(b"x"),  # type: ignore[arg-type]
        lambda: rewrite_html(SHOP, click_url=lambda _: 5),  # type: ignore[arg-type,return-value]
        lambda: rewrite_html(SHOP, click_url=lambda _: b"x"),  # type: ignore[arg-type,return-value]
        lambda: rewrite_html(SHOP, click_url="x"),  # type: ignore[arg-type]
        lambda: rewrite_html(SHOP, pixel_url=b"x"),  # type: ignore[arg-type]
        lambda: rewrite_html(SHOP, policy=None),  # type: ignore[arg-type]
        lambda: track_html(SHOP, None, domain=DOMAIN, message_id="m-1"),  # type: ignore[arg-type]
        lambda: track_html(SHOP, True, domain=DOMAIN, message_id="m-1"),  # type: ignore[arg-type]
        lambda: track_html(SHOP, NONE, domain="https://track.example", message_id="m-1"),  # type: ignore[arg-type]
        lambda: track_html(SHOP, CLICKS, domain=DOMAIN, message_id=5),  # type: ignore[arg-type]
        lambda: track_html(SHOP, OPENS, domain=DOMAIN, message_id=None),  # type: ignore[arg-type]
        lambda: track_html(SHOP, BOTH, domain=DOMAIN, message_id="m-1", recipient="0"),  # type: ignore[arg-type]
        lambda: track_html(SHOP, BOTH, domain=DOMAIN, message_id="m-1", recipient=True),
        lambda: track_html(SHOP, NONE, domain=DOMAIN, message_id="m-1", campaign="x"),  # type: ignore[arg-type]
        lambda: track_html(SHOP, NONE, domain=DOMAIN, message_id="m-1", policy={}),  # type: ignore[arg-type]
        lambda: track_html(SHOP, NONE, domain=DOMAIN, message_id="m-1", now="2026"),  # type: ignore[arg-type]
        lambda: track_html(5, NONE, domain=DOMAIN, message_id="m-1"),  # type: ignore[arg-type]
        lambda: untrack_html(b"x", domain=DOMAIN),  # type: ignore[arg-type]
        lambda: untrack_html(scan_html(SHOP), domain=DOMAIN),  # type: ignore[arg-type]
        lambda: untrack_html(SHOP, domain=5),  # type: ignore[arg-type]
        lambda: revert_html(b"x", []),  # type: ignore[arg-type]
        lambda: pixel_tag(None),  # type: ignore[arg-type]
    ]
    for call in wrong:
        with pytest.raises(TypeError):
            call()


def test_wrong_values_are_value_errors() -> None:
    naive = datetime(2026, 3, 20)  # noqa: DTZ001 - naive on purpose
    wrong: list[Callable[[], object]] = [
        lambda: rewrite_html(SHOP, pixel_position="middle"),  # type: ignore[arg-type]
        lambda: track_html(SHOP, NONE, domain=DOMAIN, message_id="m-1", pixel_position=""),  # type: ignore[arg-type]
        lambda: track_html(SHOP, NONE, domain=DOMAIN, message_id="m-1", destinations="id"),  # type: ignore[arg-type]
        lambda: track_html(SHOP, NONE, domain=DOMAIN, message_id="m-1", now=naive),
        lambda: track_html(SHOP, BOTH, domain=DOMAIN, message_id="m-1", now=naive),
        lambda: track_html(SHOP, SUM, domain=DOMAIN, message_id="m-1", campaign=CAMPAIGN, now=naive),
        lambda: track_html(SHOP, BOTH, domain=DOMAIN, message_id="ann@shop.example"),
        lambda: track_html(SHOP, CLICKS, domain=DOMAIN, message_id=""),
        lambda: track_html("", OPENS, domain=DOMAIN, message_id="m-1", recipient=65_536),
        lambda: track_html("", CLICKS, domain=DOMAIN, message_id="m-1", recipient=-1),
    ]
    for call in wrong:
        with pytest.raises(ValueError):  # noqa: PT011 - which one is the callee's to say
            call()


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"message_id": "a@b.example"}, ValueError),
        ({"message_id": None}, TypeError),
        ({"recipient": -1}, ValueError),
        ({"recipient": True}, TypeError),
        ({"destination": "https://a.example/"}, TypeError),
    ],
)
def test_arguments_are_checked_whatever_the_decision(wrong: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        track("<p>", resolve(Route()), **wrong)
    with pytest.raises(TypeError, match="click_url must be callable"):
        rewrite_html("<p>", click_url="https://a.example/")  # type: ignore[arg-type]


def test_a_campaign_is_refused_before_its_first_mail() -> None:
    with pytest.raises(ValueError, match="started_at must be between"):
        Campaign(id="spring", started_at=datetime(1960, 1, 1, tzinfo=UTC))
    with pytest.raises(ValueError, match="started_at must be an aware"):
        Campaign(id="spring", started_at=datetime(2026, 1, 1))  # noqa: DTZ001 - refused
    with pytest.raises(ValueError, match="id must be 1 to 64"):
        Campaign(id="a@b.example", started_at=NOW)
