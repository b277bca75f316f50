"""Verdicts on single requests, against ua-parser with its Rust engine: `python tests/bench/bench_classifier.py`.

Neither side keeps results. The peer names browser, system and device; it has no notion of a person. Needs ua-parser-rs.
Browser traffic is what mail is read in, by rough share; mixed is half of that and half machines and rare browsers, from
../shared where it is there.
"""

from __future__ import annotations

import random  # noqa: TID251 - seeded
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from harness import Row, alternate, table

from lmtrack.classifier import classify_event, load_networks

sys.path.append(str(Path(__file__).resolve().parents[1]))
from user_agent_lists import crawlers, isbot

if TYPE_CHECKING:
    from collections.abc import Callable

SHARED = Path(__file__).resolve().parents[3] / "shared"
RANDOM = random.Random(11)  # noqa: S311 - no secret
LIKE_GECKO = "AppleWebKit/537.36 (KHTML, like Gecko)"
LIKE_SAFARI = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_{{0}} like Mac OS X) {LIKE_SAFARI}"
# Share of requests and form; {0} is a version.
BROWSERS = (
    (22, f"{IPHONE} Mobile/15E148"),
    (12, f"{IPHONE} Version/18.{{0}} Mobile/15E148 Safari/604.1"),
    (8, f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {LIKE_SAFARI}"),
    (4, f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {LIKE_SAFARI} Version/18.{{0}} Safari/605.1.15"),
    (20, f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE_GECKO} Chrome/13{{0}}.0.0.0 Safari/537.36"),
    (6, f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {LIKE_GECKO} Chrome/13{{0}}.0.0.0 Safari/537.36 Edg/13{{0}}.0.0.0"),
    (12, f"Mozilla/5.0 (Linux; Android 10; K) {LIKE_GECKO} Chrome/13{{0}}.0.0.0 Mobile Safari/537.36"),
    (
        6,
        (
            f"Mozilla/5.0 (Linux; Android 1{{0}}; SM-S918B Build/UP1A.231005.007; wv) {LIKE_GECKO} Version/4.0 "
            "Chrome/138.0.7204.46 Mobile Safari/537.36"
        ),
    ),
    (4, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:13{0}.0) Gecko/20100101 Firefox/13{0}.0"),
    (3, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.{0}) Gecko/20100101 Thunderbird/128.{0}"),
    (
        3,
        (
            "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; WOW64; Trident/7.0; .NET4.0C; .NET4.0E; "
            "Microsoft Outlook 16.0.{0}; ms-office; MSOffice 16)"
        ),
    ),
)
OWN_MACHINES = (
    "Examplebot/{0}.0 (+https://example.org/bot)", "Mozilla/5.0 (compatible; Example/{0}.1; +http://example.org/)",
    "python-requests/2.3{0}.0", "curl/8.{0}.0", "Go-http-client/2.{0}", "Slackbot-LinkExpanding 1.{0}",
    f"Mozilla/5.0 (X11; Linux x86_64) {LIKE_GECKO} HeadlessChrome/12{{0}}.0.0.0 Safari/537.36", "Example-Monitor/{0}",
    f"{IPHONE} Mobile/15E148 ExampleApp/1.{{0}}", "Opera/9.8{0} (Windows NT 6.1; U; de) Presto/2.9.168 Version/11.52",
)  # fmt: skip
COUNT = 1000


def browser_traffic() -> list[str]:
    forms = RANDOM.choices([form for _, form in BROWSERS], [share for share, _ in BROWSERS], k=COUNT)
    return [form.format(RANDOM.randrange(10)) for form in forms]


def mixed_traffic() -> list[str]:
    if SHARED.is_dir():
        others = RANDOM.sample(crawlers(SHARED), COUNT // 2 - 50) + RANDOM.sample(
            isbot(SHARED, "isbot-browsers.yml"), 50
        )
    else:
        others = [RANDOM.choice(OWN_MACHINES).format(RANDOM.randrange(10)) for _ in range(COUNT // 2)]
    mixed = browser_traffic()[: COUNT - len(others)] + others
    RANDOM.shuffle(mixed)
    return mixed


def peer() -> Callable[[str], object]:
    from ua_parser import Parser  # noqa: PLC0415 - the peer of this benchmark only
    from ua_parser.loaders import load_lazy_builtins  # noqa: PLC0415
    from ua_parser.regex import Resolver  # noqa: PLC0415

    parse: Callable[[str], object] = Parser(Resolver(load_lazy_builtins())).parse
    return parse


def main() -> None:
    try:
        parse = peer()
    except ImportError:
        print("ua-parser-rs is not here: nothing to compare with")
        return
    apple = load_networks("172.224.224.0/27\n172.224.226.0/27", tag="apple_egress")
    headers = {"Accept-Language": "de", "Sec-Fetch-Mode": "navigate", "Accept": "*/*", "Host": "t.example"}
    delay = timedelta(hours=1)
    rows = []
    for what, agents, least, aim in (
        ("browser traffic", browser_traffic(), 8, 11),
        ("mixed traffic", mixed_traffic(), 3, 4),
    ):

        def alone(agents: list[str] = agents) -> None:
            for agent in agents:
                classify_event(kind="open", user_agent=agent)

        def whole(agents: list[str] = agents) -> None:
            for agent in agents:
                classify_event(
                    kind="click", user_agent=agent, ip="198.51.100.7", headers=headers, delay=delay, networks=apple
                )

        def theirs(agents: list[str] = agents) -> None:
            for agent in agents:
                parse(agent)

        ours, everything, others = alternate(alone, whole, theirs)
        against = "ua-parser + ua-parser-rs"
        rows += [
            Row(
                what=f"classify_event, {what}", against=against, ours=ours / COUNT, peer=others / COUNT,
                at_least=least, aim=aim,
            ),
            Row(
                what=f"same with address, headers and delay, {what}", against=against, ours=everything / COUNT,
                peer=others / COUNT, at_least=None, aim=None,
            ),
        ]  # fmt: skip
    print(table(rows))


if __name__ == "__main__":
    main()
