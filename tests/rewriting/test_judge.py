"""What is said of a URL by itself: one policy, one domain, one base, one message."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lmtrack import LinkPolicy, click_url, make_click_token, rewrite_html, scan_html, untrack_html
from lmtrack._rewriting.judge import Judge, MessageContext
from lmtrack.links import SkipReason
from page_cases import DOMAIN, KEYS, NOW, SHOP

B = "https://b.example/"


def judge(base: str | None = None, *, domain: bool = False, policy: LinkPolicy | None = None, **context: Any) -> Judge:  # noqa: ANN401
    return Judge(policy or LinkPolicy(), DOMAIN if domain else None, base, MessageContext(**context))


@pytest.mark.parametrize(
    ("policy", "domain", "reasons"),
    [
        (LinkPolicy(skip_url_text="always"), True, [SkipReason.URL_TEXT, SkipReason.URL_TEXT]),
        (LinkPolicy(skip_url_text="always"), False, [SkipReason.URL_TEXT, SkipReason.URL_TEXT]),
        (LinkPolicy(skip_url_text="foreign"), True, [SkipReason.URL_TEXT, None]),
        (LinkPolicy(skip_url_text="foreign"), False, [None, None]),
        (LinkPolicy(skip_url_text="foreign", tracking_hosts=["shop.example"]), False, [None, SkipReason.URL_TEXT]),
        (LinkPolicy(skip_url_text="never"), True, [None, None]),
        (LinkPolicy(skip_url_text="never"), False, [None, None]),
    ],
)
def test_a_text_that_is_a_url_is_a_reason_by_its_host(
    policy: LinkPolicy, domain: bool, reasons: list[SkipReason | None]
) -> None:
    judged = judge(domain=domain, policy=policy)
    assert [judged.text(text) for text in ("https://shop.example/a", "https://track.example/a")] == reasons
    assert judged.text("Our shop") is None


def test_a_text_that_is_a_url_is_found_without_ways_out() -> None:
    policy = LinkPolicy(skip_url_text="always", track_unsubscribe=True)
    mail = "<a href='https://b.example/'>https://b.example/</a>"
    for page in (mail, mail + "<a href='https://b.example/'>Unsubscribe</a>"):
        assert [reason for _, reason in rewrite_html(page, policy=policy).skipped] == [SkipReason.URL_TEXT]
    assert [reason for _, reason in rewrite_html(mail, policy=LinkPolicy(skip_url_text="always")).skipped] == [
        SkipReason.URL_TEXT
    ]


def test_bytes_of_another_charset_are_repaired_in_urls_and_in_the_base() -> None:
    def repair(text: str) -> str | None:
        return None if "\udcff" in text else text.replace("\udce9", "é")

    assert judge(repair=repair).written([f"{B}\udce9", f"{B}\udcff", "a"]) == (
        [f"{B}é", f"{B}\udcff", "a"],
        {1: SkipReason.UNDECODABLE, 2: SkipReason.RELATIVE},
    )
    assert judge(f"{B}\udce9/", repair=repair).written(["a"]) == ([f"{B}é/a"], {})
    assert judge(f"{B}\udcff/", repair=repair).written(["a"]) == (["a"], {0: SkipReason.RELATIVE})


def test_a_space_that_browsers_keep_is_a_part_of_a_url() -> None:
    assert judge().written([f"\xa0{B}", f"\n{B}\f"]) == ([f"\xa0{B}", B], {0: SkipReason.RELATIVE})


def test_the_messages_own_way_out_is_a_reason_where_there_is_no_stronger_one() -> None:
    asked = []
    urls = [f"{B}u", f"{B}a", "mailto:ann@b.example", f"{B}?email=ann@b.example"]

    def may_unsubscribe(text: str) -> bool:
        asked.append(text)
        return len(asked) == 1

    judged = judge(unsubscribe=lambda url: url != f"{B}a", may_unsubscribe=may_unsubscribe)
    assert judged.written(urls)[1] == {0: SkipReason.UNSUBSCRIBE, 2: SkipReason.SCHEME, 3: SkipReason.UNSUBSCRIBE}
    assert judged.written(urls)[1] == {2: SkipReason.SCHEME, 3: SkipReason.SENSITIVE}
    assert asked == ["\n".join(urls)] * 2
    assert judge(unsubscribe=lambda url: url == B).written([B])[1] == {0: SkipReason.UNSUBSCRIBE}


def test_a_policys_patterns_read_an_x_for_each_slot_and_a_url_for_one_that_begins_it() -> None:
    policy = LinkPolicy(skip_urls=[re.compile(r"^https://b\.example/x/x$"), re.compile(r"^https://x/x$")])
    slots = {"a": "{a}", "b": "{b}"}
    for url, reason in ((f"{B}{{a}}/{{b}}", SkipReason.LISTED), ("{a}/{b}", SkipReason.LISTED), (f"{B}{{a}}", None)):
        plan = scan_html(f'<a href="{url}">A</a>', slots=slots).plan(policy, None)
        assert [why for _, why in plan.skipped] == ([reason] if reason else [])


@pytest.mark.parametrize(
    ("base", "resolved"),
    [
        ("https://b.example", f"{B}a"),
        ("http://b.example/c/d", "http://b.example/c/a"),
        (f"{B}{'x' * 493}/", f"{B}{'x' * 493}/a"),
        (f"{B}{'x' * 494}/", None),
        ("https://b.example/c\\d/", None),
        ("https://b.example/c d/", None),
        ("ftp://b.example/", None),
        ("https:/c/", None),
        ("", None),
        (None, None),
    ],
)
def test_a_base_resolves_urls_or_it_is_none(base: str | None, resolved: str | None) -> None:
    judged = judge(base)
    assert judged.written(["a"]) == (([resolved], {}) if resolved else (["a"], {0: SkipReason.RELATIVE}))
    assert judged.resolve("a") == (resolved or "a")
    assert judged.resolve(f"{B}c/../d") == f"{B}c/../d"


def test_a_relative_url_is_judged_by_where_it_leads() -> None:
    judged = judge(f"{B}unsubscribe/")
    assert judged.written(["a", "XTLa", "a\\b"]) == (
        [f"{B}unsubscribe/a", f"{B}unsubscribe/XTLa", "a\\b"],
        {0: SkipReason.UNSUBSCRIBE, 1: SkipReason.UNSUBSCRIBE, 2: SkipReason.RELATIVE},
    )


def test_a_url_that_browsers_mend_is_the_one_they_ask_for() -> None:
    assert judge().written(["https://b.exam\nple/a"]) == ([f"{B}a"], {})
    assert judge().written(["https://b.example:x/\n"])[1] == {0: SkipReason.BAD_DESTINATION}


def test_urls_of_every_length_are_judged_by_the_policys_limit() -> None:
    long = f"{B}{'x' * 100}"
    policy = LinkPolicy(max_url_octets=len(long))
    assert judge(policy=policy).written([long, B]) == ([long, B], {})
    assert judge(policy=policy).written([long, f"{long}y", B, B]) == (
        [long, f"{long}y", B, B],
        {1: SkipReason.TOO_LONG},
    )


def test_without_keys_a_url_that_lacks_the_base_path_is_not_undone() -> None:
    token = make_click_token(KEYS, "m-1", 0, url="https://shop.example/", now=NOW)
    link = SHOP.replace("https://shop.example/", click_url(DOMAIN, token))
    assert untrack_html(link, domain="https://track.example") == SHOP
    assert untrack_html(link, domain="https://track.example/a") is link
