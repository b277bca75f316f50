"""Untracking: destinations come back, and our pixels go."""

from __future__ import annotations

from lmtrack import (
    TrackingDomain,
    click_url,
    make_click_token,
    make_keys,
    rewrite_html,
    track_html,
    untrack_html,
    withdraw_url,
)
from page_cases import BOTH, CAMPAIGN, CLICKS, DOMAIN, KEYS, LAST_DAY, NOW, SECRET, SHOP, SUM, hrefs, images, track, vml


def test_untracking_gives_destinations_back_and_takes_our_pixels_away() -> None:
    mail = (
        f"<body>{SHOP}<a href='https://b.example/?a&amp;b=&quot;&#39;'>B</a><a href=https://c.example/é>C</a>"
        f"{vml('https://d.example/')}<img src='https://other.example/o/x'></body>"
    )
    for decision in (BOTH, SUM, LAST_DAY):
        tracked = track(mail, decision, campaign=CAMPAIGN)
        plain = untrack_html(tracked.html, domain=DOMAIN)
        assert "track.example" not in plain
        assert [link.url for link in rewrite_html(plain).links] == [link.url for link in rewrite_html(mail).links]
        assert images(plain) == ["https://other.example/o/x"]
        assert plain == mail.replace("&#39;", "'").replace("&quot;'", "&quot;&#39;'") or hrefs(plain) == hrefs(mail)
        assert untrack_html(plain, domain=DOMAIN) is plain


def test_untracking_restores_links_that_a_destination_changed_to_where_they_lead() -> None:
    tracked = track_html(SHOP, CLICKS, domain=DOMAIN, message_id="m-1", destination=lambda _: "https://b.example/?'\"&")
    assert hrefs(untrack_html(tracked.html, domain=DOMAIN)) == ["https://b.example/?'\"&"]


def test_untracking_leaves_what_holds_no_destination_or_is_not_ours() -> None:
    by_id = track_html(SHOP, CLICKS, domain=DOMAIN, message_id="m-1", destinations="by_id").html
    assert untrack_html(by_id, domain=DOMAIN) is by_id
    ours = track(SHOP, BOTH).html
    assert untrack_html(ours, domain=TrackingDomain("https://other.example", KEYS)) is ours
    stranger = TrackingDomain("https://track.example", make_keys(b"a key of somebody else"))
    assert untrack_html(ours, domain=stranger) is ours
    rotated = TrackingDomain("https://track.example", make_keys(b"a key of the next year", [SECRET]))
    assert untrack_html(ours, domain=rotated) == SHOP
    withdraw = f"<a href='{withdraw_url(DOMAIN, 'x')}'>"
    assert untrack_html(withdraw, domain=DOMAIN) is withdraw


def test_untracking_reads_whatever_a_client_made_of_our_links() -> None:
    token = make_click_token(KEYS, "m-1", 0, url="https://b.example/?a&b", now=NOW)
    url = click_url(DOMAIN, token)
    for written in (f"'{url.replace('/', '&#47;')}'", f'" {url}\n"', url, f"'{url.replace('https://t', 'HTTPS://T')}'"):
        assert hrefs(untrack_html(f"<a href={written}>", domain=DOMAIN)) == ["https://b.example/?a&b"]
    mail = f"<!--[if mso]><v:rect href='{url}'><![endif]-->"
    assert untrack_html(mail, domain=DOMAIN) == "<!--[if mso]><v:rect href='https://b.example/?a&amp;b'><![endif]-->"
    comment = f"<!-- <a href='{url}'> -->"
    assert untrack_html(comment, domain=DOMAIN) is comment
