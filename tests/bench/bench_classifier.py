"""Verdicts on requests, against the build of 29 November 2026, ua-parser with its Rust engine, and isbot on Node.

Run `python tests/bench/bench_classifier.py`; it needs ua-parser-rs. `classify_event` remembers what it judged, so each
stream has two rows: all agents distinct, with nothing remembered, and the same agents again. ua-parser names browser,
system and device and has no notion of a person; isbot says yes or no. With npm, the agents that were sampled on the web
are those of the package `user-agents`, and isbot's rows are there. Other browsers are those that isbot once took for
bots, most of them old or rare; bots are from ../shared too, where it is there. Last, how many agents of the sets of
`fresh_agents` are called a machine.
"""

from __future__ import annotations

import json
import random  # noqa: TID251 - seeded
import shutil
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from fresh_agents import Packages, count_machines
from harness import Row, alternate, table
from old_build import both_builds
from verdict_jobs import JOBS

from lmtrack._agents.agent import judge_cut
from lmtrack.classifier import classify_event, load_networks

sys.path.append(str(Path(__file__).resolve().parents[1]))
from user_agent_lists import crawlers, isbot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


def sampled_traffic(packages: Packages) -> list[str]:
    """Return agents as they were sampled on the web, by weight; ours by rough share where there is no npm."""
    if not packages.has_npm:
        return browser_traffic()
    rows = packages.sampled()
    return RANDOM.choices([str(row["userAgent"]) for row in rows], [float(str(row["weight"])) for row in rows], k=COUNT)


def bot_traffic() -> list[str]:
    if SHARED.is_dir():
        return RANDOM.sample(crawlers(SHARED), COUNT)
    return [RANDOM.choice(OWN_MACHINES).format(RANDOM.randrange(10)) for _ in range(COUNT)]


def distinct(agents: list[str]) -> list[str]:
    return list(dict.fromkeys(agents))


_ISBOT = """
const { isbot } = require("isbot"); const agents = JSON.parse(require("fs").readFileSync(process.argv[1]));
let best = Infinity;
for (let round = 0; round < 15; round++) {
  const start = process.cpuUsage(); let found = 0;
  for (const agent of agents) found += isbot(agent);
  const used = process.cpuUsage(start);
  best = Math.min(best, used.user + used.system);
}
console.log(best / 1e6 / agents.length);
"""


def isbot_seconds(packages: Packages, agents: list[str]) -> float | None:
    """Return how long isbot takes for each agent, the best of some rounds; None where there is no npm."""
    if not packages.has_npm:
        return None
    path = packages.folder / "agents.json"
    path.write_text(json.dumps(agents), "utf-8")
    command = [shutil.which("node") or "node", "-e", _ISBOT, str(path)]
    return float(subprocess.run(command, check=True, capture_output=True, cwd=packages.folder).stdout)  # noqa: S603


def peer() -> Callable[[str], object]:
    from ua_parser import Parser  # noqa: PLC0415 - the peer of this benchmark only
    from ua_parser.loaders import load_lazy_builtins  # noqa: PLC0415
    from ua_parser.regex import Resolver  # noqa: PLC0415

    parse: Callable[[str], object] = Parser(Resolver(load_lazy_builtins())).parse
    return parse


def rows_of(what: str, agents: list[str], least: float, aim: float, parse: Callable[[str], object]) -> list[Row]:
    apple = load_networks("172.224.224.0/27\n172.224.226.0/27", tag="apple_egress")
    headers = {"Accept-Language": "de", "Sec-Fetch-Mode": "navigate", "Accept": "*/*", "Host": "t.example"}
    delay = timedelta(hours=1)

    def first_time() -> None:
        judge_cut.cache_clear()
        for agent in agents:
            classify_event(kind="open", user_agent=agent)

    def again() -> None:
        for agent in agents:
            classify_event(kind="open", user_agent=agent)

    def whole() -> None:
        for agent in agents:
            classify_event(
                kind="click", user_agent=agent, ip="198.51.100.7", headers=headers, delay=delay, networks=apple
            )

    def theirs() -> None:
        for agent in agents:
            parse(agent)

    ours, repeated, everything, others = (
        seconds / len(agents) for seconds in alternate(first_time, again, whole, theirs)
    )
    against = "ua-parser + ua-parser-rs"
    return [
        Row(what=f"{what}, distinct", against=against, ours=ours, peer=others, at_least=least, aim=aim),
        Row(what=f"{what}, again", against=against, ours=repeated, peer=others, at_least=None, aim=None),
        Row(
            what=f"{what}, again, whole request", against=against, ours=everything, peer=others, at_least=None, aim=None
        ),
    ]


def against_old_build() -> Iterator[Row]:
    with both_builds("verdict_jobs") as in_turn:
        for name in JOBS:
            ours, theirs = in_turn(name)
            repeated = "come" in name
            yield Row(
                what=name.replace("_", " "),
                against="the build of 29 November 2026",
                ours=ours,
                peer=theirs,
                at_least=5 if repeated else None,
                aim=50 if repeated else None,
            )


def main() -> None:
    try:
        print(table(against_old_build()))
    except FileNotFoundError as missing:  # a source archive
        print(missing)
    try:
        parse = peer()
    except ImportError:
        print("ua-parser-rs is not here: nothing to compare with")
        return
    with tempfile.TemporaryDirectory() as folder:
        packages = Packages(folder)
        live, bots = sampled_traffic(packages), bot_traffic()
        browsers = distinct(live + isbot_browsers())
        half = browsers[: COUNT // 2] + bots[: COUNT // 2]
        RANDOM.shuffle(half)
        rows = [
            *rows_of("browsers", browsers, 2.5, 4, parse),
            *rows_of("half bots", distinct(half), 2, 3, parse),
            *rows_of("bots", distinct(bots), 1.5, 2, parse),
        ]
        if seconds := isbot_seconds(packages, live):

            def traffic() -> None:
                for agent in live:
                    classify_event(kind="open", user_agent=agent)

            (ours,) = alternate(traffic)
            rows.append(
                Row(
                    what="live traffic", against="isbot on Node", ours=ours / len(live), peer=seconds, at_least=1, aim=2
                )
            )
        print(table(rows))
        print("called a machine", *count_machines(packages), sep="\n")


def isbot_browsers() -> list[str]:
    return isbot(SHARED, "isbot-browsers.yml") if SHARED.is_dir() else []


if __name__ == "__main__":
    main()
