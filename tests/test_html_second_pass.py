"""A second pass over a tracked page."""

from __future__ import annotations

import pytest

from lmtrack import Decision, LinkPolicy, click_url, make_click_token
from page_cases import (
    AGGREGATE,
    BOTH,
    CAMPAIGN,
    CLICKS,
    DOMAIN,
    INDIVIDUAL,
    KEYS,
    LAST_DAY,
    LATER,
    NOW,
    OPENS,
    OPTED_OUT,
    SHOP,
    SUM,
    click_tokens,
    decision_for,
    images,
    track,
    vml,
)


@pytest.mark.parametrize("strip", ["own", "all", "none"])
@pytest.mark.parametrize("first", [BOTH, CLICKS, SUM, LAST_DAY])
@pytest.mark.parametrize("second", [BOTH, SUM, LAST_DAY, decision_for(AGGREGATE, INDIVIDUAL)])
def test_a_second_pass_changes_nothing(first: Decision, second: Decision, strip: str) -> None:
    policy = LinkPolicy(strip_opt_out=strip)  # type: ignore[arg-type]
    mail = f"<body>{SHOP}{vml('https://b.example/')}{OPTED_OUT}<a clicktracking=off href='https://d.example/'></body>"
    once = track(mail, first, campaign=CAMPAIGN, policy=policy)
    again = track(once.html, second, campaign=CAMPAIGN, policy=policy, now=LATER)
    if first.track_opens or not second.track_opens:
        assert again.html is once.html
        assert again.edits == ()
        assert again.pixel_offset is None
    else:
        assert [edit.old for edit in again.edits] == [""]
    assert track(again.html, first, campaign=CAMPAIGN, policy=policy).html is again.html


def test_a_flag_that_was_off_at_first_is_done_later() -> None:
    mail = f"<body>{SHOP}{OPTED_OUT}</body>"
    opened = track(mail, OPENS)
    assert track(opened.html, BOTH).html == track(mail, BOTH).html


def test_another_message_may_quote_a_tracked_one() -> None:
    older = track(SHOP, message_id="m-0").html
    result = track(f"{SHOP}<blockquote>{older}</blockquote>", message_id="m-1")
    assert older in result.html
    assert len(click_tokens(result)) == 1
    assert [src for src in images(result.html) if src] == [
        src for src in images(result.html) if src and src.startswith("https://track.example/o/")
    ]
    assert len(images(result.html)) == 2
    assert track(result.html, message_id="m-1").html is result.html


def test_a_mail_to_another_recipient_is_another_message() -> None:
    first = track(SHOP, recipient=0).html
    result = track(first + SHOP, recipient=1)
    assert len(click_tokens(result)) == 1
    assert len(images(result.html)) == 2


def test_a_click_made_by_hand_keeps_the_links_of_its_message_from_being_counted_anew() -> None:
    by_hand = click_url(DOMAIN, make_click_token(KEYS, "m-1", 0, url="https://b.example/", now=NOW))
    mail = f"<a href='{by_hand}'>B</a>{SHOP}"
    assert track(mail, CLICKS).html is mail
    assert len(click_tokens(track(mail, CLICKS, message_id="m-2"))) == 1
