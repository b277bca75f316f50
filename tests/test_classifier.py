"""Verdicts on the labelled lists of ../shared, and on what must and must not be called a machine."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from lmtrack import classifier
from lmtrack.classifier import Actor, Human, classify_event, load_networks
from user_agent_lists import crawlers, email_fetchers, is_mainstream, isbot, uap, well_known_bots

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lmtrack.classifier import Verdict

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/26.1 Mobile/15E148 Safari/604.1"
)
BROWSING = {"Accept-Language": "de-AT,de;q=0.9", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"}


def verdict_of(agent: str) -> Verdict:
    return classify_event(kind="open", user_agent=agent)


def found(agents: Iterable[str]) -> float:
    """Return the share of machines called so with medium or strong evidence; image proxies of mail are people."""
    verdicts = [verdict_of(agent) for agent in agents]
    machines = [verdict for verdict in verdicts if verdict.actor is not Actor.IMAGE_PROXY]
    return sum(verdict.is_machine and verdict.evidence >= 2 for verdict in machines) / len(machines)


def test_the_module_gives_what_it_lists() -> None:
    assert sorted(classifier.__all__) == sorted(set(classifier.__all__))
    assert all(hasattr(classifier, name) for name in classifier.__all__)


def test_known_crawlers_are_found(shared: Path) -> None:
    assert found(crawlers(shared)) >= 0.995


def test_well_known_bots_are_found(shared: Path) -> None:
    assert found(well_known_bots(shared)) >= 0.995


def test_isbots_crawlers_are_found(shared: Path) -> None:
    assert found(isbot(shared, "isbot-crawlers.yml")) >= 0.98


def test_no_known_crawler_is_mainstream(shared: Path) -> None:
    agents = [*crawlers(shared), *well_known_bots(shared), *isbot(shared, "isbot-crawlers.yml")]
    assert [agent for agent in agents if is_mainstream(agent)] == []


# What isbot lists as a browser because it cannot tell; other lists, or the string itself, say what it is.
DOUBTFUL = (
    "Chrome/100.0.4758.102", "Miniature.io", "LibWWW", "PG_SLEEP", "Lucidworks-Anda", "YLT", "GTmetrix",
    "Mozilliqa", "vert.x", "amazon-kendra", "yunjiankong", "Yahoo! Slurp", "Amzn-User",
)  # fmt: skip


def test_isbots_browsers_are_people(shared: Path) -> None:
    browsers = isbot(shared, "isbot-browsers.yml")
    assert len(browsers) > 500
    wrong = [agent for agent in browsers if verdict_of(agent).is_machine]
    assert [agent for agent in wrong if not any(name in agent for name in DOUBTFUL)] == []


# Families of ua-parser that are browsers, web views, mail clients and apps that show mail.
PEOPLES_FAMILIES = frozenset(
    """
    Android|Chrome|Chrome Mobile|Chrome Mobile WebView|Chrome Mobile iOS|Chromium|Firefox|Firefox Mobile|Firefox iOS
    |Safari|Mobile Safari|Mobile Safari UI/WKWebView|IE|IE Mobile|Edge|Edge Mobile|Opera|Opera Mini|Opera Mobile
    |Opera Touch|Opera Tablet|Opera Coast|Samsung Internet|UC Browser|MiuiBrowser|Huawei Browser|QQ Browser
    |QQ Browser Mini|QQ Browser Mobile|Vivaldi|Brave|Yandex Browser|Whale|Amazon Silk|Sogou Explorer|Sleipnir|Puffin
    |Maxthon|Iron|Avast Secure Browser|AVG|CCleaner|DuckDuckGo Mobile|DuckDuckGo|Ecosia iOS|Ecosia Android|Epiphany
    |Konqueror|SeaMonkey|Pale Moon|Iceweasel|Camino|K-Meleon|Netscape|BlackBerry|BlackBerry WebKit|Nokia Browser
    |Nokia OSS Browser|NetFront|NetFront NX|Obigo|Teleca Browser|Phantom Browser|ONE Browser|UP.Browser|Dolphin|Ladybird
    |Facebook|Instagram|Pinterest|Snapchat|TikTok|LINE|WeChat|Google|Baidu Browser|Baidu Explorer|Roku|HbbTV
    |Outlook|Outlook-iOS|MacOutlook|Windows Live Mail|Thunderbird|Lightning|ThunderBrowse|Apple Mail|Airmail|Barca
    |Postbox|Lotus Notes|IBM Notes|The Bat!|MailBar|kmail2|YahooMobileMail|Evolution|Superhuman|ExchangeWebServices
    |Gmail|Word|Skype|Salesforce|Steam Deck|OBS Studio|Sber Browser|NCSA Mosaic|Links|Lynx
    """.replace("\n    ", "").strip().split("|")
)  # fmt: skip
# Of these families, but a preview, a reader of pins, a program on a phone and a page's test.
OTHERS = ("Google Web Preview", "pinterest.com", "facebookexternalhit", "PTST/")


def test_browsers_and_mail_programs_of_ua_parser_are_people(shared: Path) -> None:
    agents = [agent for family, agent in uap(shared) if family in PEOPLES_FAMILIES]
    assert len(agents) > 300
    wrong = [agent for agent in agents if verdict_of(agent).is_machine]
    assert [agent for agent in wrong if not any(name in agent for name in OTHERS)] == []


ACTORS = {
    "apple_mpp": Actor.APPLE_MPP,
    "gmail_prefetch": Actor.GMAIL_PREFETCH,
    "image_proxy_gmail": Actor.IMAGE_PROXY,
    "image_proxy_yahoo": Actor.IMAGE_PROXY,
    "image_proxy_other": Actor.IMAGE_PROXY,
    "security_scanner": Actor.SECURITY_SCANNER,
    "link_preview": Actor.LINK_PREVIEW,
    "office_probe": Actor.LINK_PREVIEW,
    "http_library": Actor.HTTP_CLIENT,
    "headless": Actor.HTTP_CLIENT,
    "mail_client": Actor.HUMAN,
    "ambiguous_browser": Actor.HUMAN,
}
# A browser's agent alone cannot say whether a person was there; it must not say that nobody was.
PRESENT = {"unknown": Human.YES}


def test_what_fetches_mail_is_right_on_both_axes(shared: Path) -> None:
    rows = email_fetchers(shared)
    assert len(rows) == 40
    for row in rows:
        verdict = verdict_of(row.user_agent)
        assert verdict.actor is ACTORS[row.label], row
        assert verdict.human == PRESENT.get(row.human_present, row.human_present), row


# What must not be called a machine, and what must, one request at a time (bots.md, 1.1 and 4.4).


def test_gmail_fetches_ahead_and_then_for_the_person_who_opens() -> None:
    ahead = classify_event(
        kind="open",
        user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",
        ip="66.249.84.1",
        delay=timedelta(seconds=1),
    )
    opened = classify_event(
        kind="open",
        user_agent="Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        ip="66.249.84.1",
        delay=timedelta(hours=1),
    )
    assert (ahead.is_machine, ahead.counts_for_metrics) == (True, False)
    assert (opened.is_machine, opened.counts_for_metrics) == (False, True)


def test_apples_prefetch_counts_for_nothing_and_the_click_after_it_for_a_person() -> None:
    prefetched = classify_event(kind="open", user_agent="Mozilla/5.0")
    clicked = classify_event(kind="click", user_agent=SAFARI, headers=BROWSING, delay=timedelta(hours=2))
    assert (prefetched.is_machine, prefetched.counts_for_metrics) == (False, False)
    assert clicked.counts_for_metrics


def test_somebody_behind_apples_relay_is_a_person() -> None:
    relay = load_networks("172.224.224.0/27,GB,GB-EN,London,", tag="apple_egress")
    clicked = classify_event(kind="click", user_agent=SAFARI, ip="172.224.224.1", headers=BROWSING, networks=relay)
    assert (clicked.human, clicked.evidence) == (Human.YES, 2)


def test_safe_links_detonates_and_then_the_person_clicks() -> None:
    detonated = classify_event(kind="click", user_agent=CHROME, ip="40.94.0.1", delay=timedelta(seconds=40))
    clicked = classify_event(
        kind="click",
        user_agent=CHROME,
        ip="198.51.100.7",
        headers={**BROWSING, "Referer": "https://eur01.safelinks.protection.outlook.com/"},
        delay=timedelta(minutes=30),
    )
    assert (detonated.actor, detonated.evidence) == (Actor.SECURITY_SCANNER, 3)
    assert clicked.counts_for_metrics


def test_a_click_from_an_isolated_browser_an_hour_later_is_a_persons() -> None:
    clicked = classify_event(kind="click", user_agent=CHROME, asn=22843, headers=BROWSING, delay=timedelta(hours=1))
    assert (clicked.human, clicked.evidence) == (Human.YES, 1)


def test_one_fast_click_with_everything_else_normal_is_a_persons() -> None:
    for quick in (0.5, 5):
        clicked = classify_event(
            kind="click", user_agent=CHROME, ip="198.51.100.7", headers=BROWSING, delay=timedelta(seconds=quick)
        )
        assert (clicked.human, clicked.evidence) == (Human.YES, 1)


def test_an_open_from_a_computing_centre_is_a_persons() -> None:
    outlook = "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.6326; Pro)"
    for asn in (8075, 15169):
        opened = classify_event(kind="open", user_agent=outlook, asn=asn, delay=timedelta(seconds=1))
        assert (opened.human, opened.evidence) == (Human.YES, 2)


@pytest.mark.parametrize("kind", ["open", "click"])
def test_a_gateway_sweeping_at_delivery_is_a_scanner(kind: classifier.Kind) -> None:
    verdict = classify_event(kind=kind, user_agent=CHROME, ip="52.101.1.1", delay=timedelta(seconds=3))
    assert (verdict.actor, verdict.human, verdict.vendor) == (Actor.SECURITY_SCANNER, Human.NO, "Microsoft")
