"""The policy: each option does what it says, and nothing is done without it."""

from __future__ import annotations

import pickle
import re

import pytest

from link_reasons import WIDE, reason_of
from lmtrack import LinkPolicy, SkipReason, rewrite_html


@pytest.mark.parametrize(
    ("value", "policy", "otherwise"),
    [
        ("https://shop.example/a", LinkPolicy(skip_urls=["https://shop.example/a"]), None),
        ("https://shop.example/a?x&amp;y", LinkPolicy(skip_urls=["https://shop.example/a?x&y"]), None),
        ("https://shop.example/a", LinkPolicy(skip_urls=[re.compile(r"\.example/a")]), None),
        ("https://shop.example/a", LinkPolicy(skip_urls=["https://x.example/", re.compile("shop")]), None),
    ],
)
def test_listed_urls_are_left(value: str, policy: LinkPolicy, otherwise: SkipReason | None) -> None:
    assert reason_of(value, policy=policy) == SkipReason.LISTED
    assert reason_of(value) is otherwise


@pytest.mark.parametrize("entry", ["https://shop.example", "https://shop.example/a/", "HTTPS://shop.example/a", "shop"])
def test_a_listed_str_is_the_whole_url(entry: str) -> None:
    assert reason_of("https://shop.example/a", policy=LinkPolicy(skip_urls=[entry])) is None


@pytest.mark.parametrize(
    ("value", "host", "reason"),
    [
        ("https://Click.example/x", "click.EXAMPLE", "tracked"),
        ("https://click.example", "click.example", "tracked"),
        ("https://click.example:8443?x", "click.example", "tracked"),
        ("https://click.example#x", "click.example", "tracked"),
        ("https://[2001:DB8::1]:80/", "[2001:db8::1]", "tracked"),
        ("https://klick.müller.example/", "klick.MÜLLER.example", "tracked"),
        ("https://x.click.example/", "click.example", None),
        ("https://shop.example/click.example/", "click.example", None),
        ("https://shop.example/?u=https://click.example/", "click.example", None),
    ],
)
def test_links_of_a_tracking_host_are_tracked_already(value: str, host: str, reason: str | None) -> None:
    assert reason_of(value, policy=LinkPolicy(tracking_hosts=[host])) == reason


def test_unsubscribe_links_are_tracked_on_demand() -> None:
    policy = LinkPolicy(track_unsubscribe=True)
    assert reason_of("https://shop.example/unsubscribe", policy=policy) is None
    assert reason_of("https://shop.example/abmelden", policy=policy) is None
    assert reason_of("https://shop.example/unsubscribe?token=1", policy=policy) == "sensitive"


def test_sensitive_links_are_tracked_on_demand() -> None:
    policy = LinkPolicy(track_sensitive=True)
    assert reason_of("https://shop.example/?token=1&amp;u=ann@post.example", policy=policy) is None
    assert reason_of("https://shop.example/unsubscribe?token=1", policy=policy) == "unsubscribe"


def test_the_limit_is_in_octets_of_the_decoded_url() -> None:
    policy = LinkPolicy(max_url_octets=24)
    assert reason_of("https://shop.example/?&amp;&amp;", policy=policy) is None
    assert reason_of("https://shop.example/?&amp;&amp;x", policy=policy) == "too_long"
    assert reason_of("https://shop.example/é?", policy=policy) is None
    assert reason_of("https://shop.example/éé", policy=policy) == "too_long"
    assert reason_of("https://shop.example/" + "x" * 2027, policy=WIDE) is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("https://shop.example/sale", "url_text"),
        ("HTTP://shop.example", "url_text"),
        ("www.shop.example", "url_text"),
        ("<b>shop</b>.example", "url_text"),
        ("shop.example/sale?x=1", "url_text"),
        ("shop.example:8080", "url_text"),
        ("&nbsp;münchen.example ", "url_text"),
        ("<img alt='shop.example'>", "url_text"),
        ("Shop.example lamps", "url_text"),
        ("Visit shop.example", None),
        ("Shop", None),
        ("3.14", None),
        ("", None),
    ],
)
def test_links_that_show_a_url_are_left_on_demand(content: str, reason: str | None) -> None:
    html = f'<a href="https://shop.example/">{content}</a>'
    result = rewrite_html(html, policy=LinkPolicy(skip_url_text=True))
    assert [why for _, why in result.skipped] == ([reason] if reason else [])
    assert len(rewrite_html(html).links) == 1


def test_a_shown_url_may_stand_in_a_few_tags() -> None:
    policy = LinkPolicy(skip_url_text=True)
    few, many = "<b>" * 16, "<b>" * 17
    assert rewrite_html(f"<a href=https://shop.example/>{few}shop.example</a>", policy=policy).links == ()
    assert len(rewrite_html(f"<a href=https://shop.example/>{many}shop.example</a>", policy=policy).links) == 1


def test_url_text_is_the_last_reason() -> None:
    html = '<a href="https://shop.example/" data-lm-no-track>shop.example</a><a href="mailto:x">shop.example</a>'
    result = rewrite_html(html, policy=LinkPolicy(skip_url_text=True))
    assert [reason for _, reason in result.skipped] == ["opt_out", "scheme"]


def test_a_policy_is_a_value() -> None:
    policy = LinkPolicy(skip_urls=["https://shop.example/", re.compile("x")], tracking_hosts=["Click.example"])
    assert policy.skip_urls == ("https://shop.example/", re.compile("x"))
    assert policy.tracking_hosts == ("click.example",)
    assert policy == pickle.loads(pickle.dumps(policy))  # noqa: S301 - our own bytes
    assert hash(policy) == hash(LinkPolicy(skip_urls=policy.skip_urls, tracking_hosts=["click.example"]))
    assert policy != LinkPolicy()
    with pytest.raises(AttributeError):
        policy.max_url_octets = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    "options",
    [
        {"skip_urls": "https://shop.example/"},
        {"skip_urls": re.compile("x")},
        {"skip_urls": [b"x"]},
        {"skip_urls": [re.compile(b"x")]},
        {"skip_urls": None},
        {"tracking_hosts": "click.example"},
        {"tracking_hosts": [b"click.example"]},
        {"tracking_hosts": None},
        {"track_unsubscribe": 1},
        {"track_sensitive": None},
        {"track_conditional": "yes"},
        {"skip_url_text": 0},
        {"max_url_octets": True},
        {"max_url_octets": 10.0},
        {"max_url_octets": "10"},
        {"strip_opt_out": []},
    ],
)
def test_a_policy_refuses_other_types(options: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        LinkPolicy(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [{"strip_opt_out": "some"}, {"strip_opt_out": None}, {"max_url_octets": 0}, {"max_url_octets": 2049}],
)
def test_a_policy_refuses_other_values(options: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must be"):
        LinkPolicy(**options)  # type: ignore[arg-type]


def test_a_policy_takes_the_limits_themselves() -> None:
    assert LinkPolicy(max_url_octets=1).max_url_octets == 1
    assert LinkPolicy(max_url_octets=2048).max_url_octets == 2048
