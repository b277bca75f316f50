"""Where a document leads: our own URLs, links through somebody who counts, and identifiers."""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime

import pytest

from audited_mails import kinds
from lmtrack import (
    TrackingDomain,
    TrackingMode,
    audit_html,
    click_url,
    make_click_token,
    make_keys,
    make_open_token,
    open_url,
    withdraw_url,
)
from lmtrack._checking.audit.known_hosts import read_known_hosts
from lmtrack._checking.audit.page import audit_text
from message_sending import DOMAIN, KEYS, NOW

# Own tracking domains.


def aggregate_pixel(now: datetime = NOW) -> str:
    return open_url(DOMAIN, make_open_token(KEYS, "spring", mode=TrackingMode.AGGREGATE, now=now))


OWN = {
    "individual open": (open_url(DOMAIN, make_open_token(KEYS, "m-1", now=NOW)), "own_tracking_url"),
    "deliverability open": (
        open_url(DOMAIN, make_open_token(KEYS, "m-1", mode=TrackingMode.DELIVERABILITY, now=NOW)),
        "own_tracking_url",
    ),
    "individual click": (click_url(DOMAIN, make_click_token(KEYS, "m-1", 0, now=NOW)), "own_tracking_url"),
    "aggregate open": (aggregate_pixel(), "aggregate_token"),
    "aggregate open of old": (aggregate_pixel(datetime(2001, 1, 1, tzinfo=UTC)), "aggregate_token"),
    "aggregate click": (
        click_url(DOMAIN, make_click_token(KEYS, "spring", 0, mode=TrackingMode.AGGREGATE, now=NOW)),
        "aggregate_token",
    ),
    "aggregate open, host in capitals": (aggregate_pixel().replace("track.", "TRACK."), "aggregate_token"),
    "aggregate open and a query": (aggregate_pixel() + "?u=17", "own_tracking_url"),
    "aggregate open and a fragment": (aggregate_pixel() + "#u=17", "own_tracking_url"),
    "aggregate open and a user": (aggregate_pixel().replace("//", "//ann@"), "own_tracking_url"),
    "aggregate open without https": (aggregate_pixel().replace("https", "http"), "own_tracking_url"),
    "aggregate open, changed": (aggregate_pixel()[:-2] + "AA", "own_tracking_url"),
    "aggregate open, escaped": (aggregate_pixel().replace("/o/", "/%6F/"), "own_tracking_url"),
    "aggregate open, roundabout": (aggregate_pixel().replace("/o/", "/x/..//./o/"), "own_tracking_url"),
    "no token": ("https://track.example/o/", "own_tracking_url"),
    "garbage": ("https://track.example/c/garbage", "own_tracking_url"),
    "withdrawal, loaded": (withdraw_url(DOMAIN, "x"), "own_tracking_url"),
}


@pytest.mark.parametrize("case", OWN)
def test_of_our_own_urls_only_a_verified_aggregate_token_is_not_individual(case: str) -> None:
    url, kind = OWN[case]
    audit = audit_html(f'<img src="{url}" width="1" height="1">', domains=[DOMAIN])
    assert kinds(audit) == [kind]
    assert audit.outcome == ("aggregate" if kind == "aggregate_token" else "tracked")
    assert kinds(audit_html(f'<img src="{url}" width="600">', domains=["https://Track.example/x"])) == [
        "own_tracking_url"
    ]


def test_other_keys_do_not_verify_but_one_domain_of_several_is_enough() -> None:
    html = f'<img src="{aggregate_pixel()}">'
    stranger = TrackingDomain("https://track.example", make_keys(b"another example secret"))
    assert kinds(audit_html(html, domains=[stranger])) == ["own_tracking_url"]
    for domains in ([stranger, DOMAIN], [DOMAIN, stranger]):
        assert kinds(audit_html(html, domains=domains)) == ["aggregate_token"]


def test_a_base_path_belongs_to_the_tracking_domain() -> None:
    domain = TrackingDomain("https://mail.example/T", KEYS)
    tracked = open_url(domain, make_open_token(KEYS, "m-1", now=NOW))
    assert kinds(audit_html(f'<img src="{tracked}">', domains=[domain])) == ["own_tracking_url"]
    assert not audit_html('<a href="https://mail.example/o/news">x</a>', domains=[domain]).findings


def test_a_withdrawal_link_is_for_people_and_other_pages_are_like_any_others() -> None:
    html = f'<a href="{withdraw_url(DOMAIN, "x")}">x</a><a href="https://track.example/about">x</a>'
    assert not audit_html(html + '<img src="https://track.example/logo.png">', domains=[DOMAIN]).findings


def test_an_aggregate_token_does_not_hide_where_it_leads() -> None:
    token = make_click_token(
        KEYS, "spring", 0, url="https://shop.example/?email=ann%40shop.example", mode=TrackingMode.AGGREGATE, now=NOW
    )
    audit = audit_html(f'<a href="{click_url(DOMAIN, token)}">x</a>', domains=[DOMAIN])
    assert (audit.outcome, kinds(audit)) == ("tracked", ["aggregate_token", "identifier"])


# Links that lead through others, and identifiers.

REDIRECTORS = [
    "https://click.shop.example/CL0/https:%2F%2Fshop.example%2F/1/0100",
    "https://shop.example/click?u=17",
    "https://shop.example/app/linkClick/12061/15c81731f2b27f42",
    "https://shop.example/cgi-bin/redir.cgi?to=news",
    "https://shop.example/click-471546-487847",
    "https://count.example/?to=https://shop.example/",
    "https://count.example/x/https://shop.example/",
    "https://count.example/?to=https%3A%2F%2Fshop.example%2F",
    "https://count.example/?to=https%253A%252F%252Fshop.example%252F",
    "https://count.example/?aHR0cHM6Ly9zaG9wLmV4YW1wbGUv",
    "https://count.example/r/" + b64encode(b"https://shop.example/a").decode().rstrip("="),
]


@pytest.mark.parametrize("url", REDIRECTORS)
def test_a_link_through_somebody_who_counts_is_found(url: str) -> None:
    assert kinds(audit_html(f'<a href="{url}">x</a>')) == ["redirector"]
    assert kinds(audit_html(f'<!--[if mso]><v:roundrect href="{url}"/><![endif]-->')) == ["redirector"]


def test_a_picture_fetched_by_way_of_another_host_is_no_redirector() -> None:
    assert not audit_html('<img src="https://images.example/?url=https://shop.example/hero.jpg">').findings


ADDRESS = b"ann@shop.example"
IDENTIFIERS = {
    "address": "?e=ann@shop.example",
    "address, escaped": "?e=ann%40shop.example",
    "address, escaped twice": "?e=ann%2540shop.example",
    "address in the path": "/ann@shop.example/x",
    "address in base64": "?e=" + b64encode(ADDRESS).decode(),
    "address in base64 as the whole query": "?" + b64encode(b"ann@shop.example ").decode(),
    "record in base64 as the whole query": "?" + b64encode(b'{"u":4711,"c":12}').decode(),
    "address in base64, escaped": "?e=" + b64encode(ADDRESS).decode().replace("=", "%3D"),
    "address in base64 in the path": "/" + b64encode(ADDRESS).decode().rstrip("="),
    "address in hexadecimal": "?e=" + ADDRESS.hex(),
    "record": "?d=" + b64encode(b'{"id":17,"list":3}').decode(),
    "JWT": "/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjE3fQ.c2lnbmF0dXJl",
    "parameter of a service": "?utm_source=mail&mc_eid=17abc",
}
LOADED_ONLY = {
    "MD5": "?h=9f8c1d2e3a4b5c6d7e8f9a0b1c2d3e4f",
    "SHA-1 in the path": "/9f8c1d2e3a4b5c6d7e8f9a0b1c2d3e4f9f8c1d2e",
    "SHA-256": "?" + "9F8C1D2E3A4B5C6D" * 4,
    "UUID in the path": "/5b0e1b8c-6f0a-4b3e-9d2c-1a2b3c4d5e6f",
    "random": "?q=06-fP6uI482xDw5FVqmap_vCgSyiL4R",
    "random in the path": "/open/5NGp6tsciMBWBAxvERCbPMC",
    "name of a counter": "/elog/trackurl?di=1400444",
    "name of a counter, two words": "/gems_open_tracking.cfm?id=17",
    "name of a counter in the path": "/app/emailOpened/4852414/61286",
    "long number": "?id=216095411795471888",
}


@pytest.mark.parametrize("case", IDENTIFIERS)
def test_an_identifier_is_found_in_loads_and_links(case: str) -> None:
    url = f"https://shop.example{IDENTIFIERS[case]}"
    assert kinds(audit_html(f'<img src="{url}" width="600">')) == ["identifier"]
    assert kinds(audit_html(f'<a href="{url}">x</a>')) == ["identifier"]
    assert not audit_html(f'<a href="{url}&x=unsubscribe">x</a>').findings


@pytest.mark.parametrize("case", LOADED_ONLY)
def test_the_path_of_a_link_is_the_page_it_leads_to(case: str) -> None:
    url = f"https://shop.example{LOADED_ONLY[case]}"
    assert kinds(audit_html(f'<img src="{url}" width="600">')) == ["identifier"]
    assert kinds(audit_html(f'<link rel="dns-prefetch" href="{url}">')) == ["identifier"]
    assert kinds(audit_html(f'<a href="{url}">x</a>')) == (["identifier"] if LOADED_ONLY[case][0] == "?" else [])


def test_a_host_name_may_be_an_identifier_too() -> None:
    url = "//9f8c1d2e3a4b5c6d7e8f9a0b1c2d3e4f.count.example/"
    assert kinds(audit_html(f'<link rel="dns-prefetch" href="{url}">')) == ["identifier"]


def test_a_secret_that_a_link_works_by_is_no_tracking_but_in_a_load_it_is() -> None:
    url = "https://shop.example/reset?email=ann%40shop.example&token=9f8c1d2e3a4b5c6d7e8f9a0b1c2d3e4f"
    assert not audit_html(f'<a href="{url}">x</a>').findings
    assert kinds(audit_html(f'<img src="{url}" width="600">')) == ["identifier"]


# Plain text.


def test_urls_of_plain_text_are_links() -> None:
    text = (
        "Hello\nhttps://shop.example/click?u=17 and <https://shop.example/a>\n"
        "www.count.example/?to=https://shop.example/\nhttps://shop.example/点击?e=ann@shop.example\n"
        f"{open_url(DOMAIN, make_open_token(KEYS, 'm-1', now=NOW))}.\nhttps://[\nhttp:///"
    )
    found = audit_text(text, read_known_hosts([DOMAIN], ()), "1")
    assert [(finding.kind.value, finding.place) for finding in found] == [
        ("redirector", "1, text, line 2"),
        ("redirector", "1, text, line 3"),
        ("identifier", "1, text, line 4"),
        ("own_tracking_url", "1, text, line 5"),
    ]
