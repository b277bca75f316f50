"""User agents that others sampled or labelled, out of packages of npm and PyPI, fetched into a folder that goes again.

Run `python tests/bench/fresh_agents.py` to see how many of each set are called a machine. A set whose package cannot be
fetched is left out and named. Not everything that was measured for the rules is in a package of these two: yauaa's is
for Java, the packages `which-browser`, `browscap-python` and `bowser` have no agents in them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack.classifier import classify_event

sys.path.append(str(Path(__file__).resolve().parents[1]))
from user_agent_lists import scalar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FROM_NPM: Final = (
    "user-agents", "isbot", "random-useragent", "crawler-user-agents", "top-user-agents", "@ulixee/real-user-agents",
)  # fmt: skip
# The sources of the first two have their tests, which their wheels leave out: Crawler-Detect's, and matomo's.
FROM_PYPI: Final = {"crawlerdetect": True, "device-detector": True, "fake-useragent": False, "pymobiledetect": False}
_FORGED: Final = "ua.chrome_build_impossible"


class Agents(NamedTuple):
    """A set: what it has (`live` browsers, `people`, `mail` programs, `machines`), its package, and its agents."""

    label: str
    package: str
    agents: list[str]


class Packages:
    """Packages in a folder that goes again; those that cannot be fetched are not there."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        npm = shutil.which("npm")
        install = [npm or "", "install", "--silent", "--ignore-scripts", "--no-save", "--prefix", folder, *FROM_NPM]
        self.has_npm = npm is not None and subprocess.run(install, check=False).returncode == 0  # noqa: S603 - ours

    def _modules(self, path: str) -> str:
        return (self.folder / "node_modules" / path).read_text("utf-8")

    def _unpacked(self, name: str) -> Path:
        """Fetch a package of PyPI and unpack it."""
        target = self.folder / name
        if not target.is_dir():
            source = ["--no-binary", name] if FROM_PYPI[name] else []
            pip = shutil.which("pip") or "pip"
            command = [pip, "download", "--quiet", "--no-deps", *source, "--dest", str(target), name]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - ours
            for archive in list(target.iterdir()):
                if archive.suffix == ".whl":
                    shutil.unpack_archive(archive, target, "zip")
                else:
                    shutil.unpack_archive(archive, target, "gztar", filter="data")
        return target

    def sampled(self) -> list[dict[str, object]]:
        """Return agents as they were sampled on the web, each with its weight."""
        rows: list[dict[str, object]] = json.loads(self._modules("user-agents/dist/user-agents.json"))
        return rows

    def _of_npm(self) -> Iterator[Agents]:
        yield Agents("live", "user-agents", [str(row["userAgent"]) for row in self.sampled()])
        yield Agents("live", "top-user-agents", json.loads(self._modules("top-user-agents/src/index.json")))
        rows = json.loads(self._modules("@ulixee/real-user-agents/data/external-raw/browserstack/userAgents.json"))
        yield Agents("live", "@ulixee/real-user-agents", [row["string"] for row in rows])
        rows = json.loads(self._modules("random-useragent/useragent-data.json"))
        for label, folders in (("people", ("/Browsers", "/Mobile")), ("machines", ("/Spiders", "/Libraries"))):
            yield Agents(
                label, "random-useragent", [row["userAgent"] for row in rows if row["folder"].startswith(folders)]
            )
        rows = json.loads(self._modules("crawler-user-agents/crawler-user-agents.json"))
        yield Agents("machines", "crawler-user-agents", [agent for row in rows for agent in row["instances"]])

    def _of_fake_useragent(self) -> Iterator[Agents]:
        text = (self._unpacked("fake-useragent") / "fake_useragent/data/browsers.jsonl").read_text("utf-8")
        yield Agents("live", "fake-useragent", [json.loads(line)["useragent"] for line in text.splitlines()])

    def _of_crawler_detect(self) -> Iterator[Agents]:
        for label, name in (("people", "devices"), ("machines", "crawlers")):
            (path,) = self._unpacked("crawlerdetect").glob(f"*/tests/fixtures/user_agent/{name}.txt")
            yield Agents(label, "crawlerdetect", path.read_text("utf-8").splitlines())

    def _of_mobile_detect(self) -> Iterator[Agents]:
        text = (self._unpacked("pymobiledetect") / "mobiledetect/test/test_user_agents.json").read_text("utf-8")
        rows = json.loads(text)["user_agents"]
        for label in ("people", "machines"):
            agents = [row["user_agent"] for row in rows if (row["vendor"] == "Bot") == (label == "machines")]
            yield Agents(label, "pymobiledetect", agents)

    def _of_matomo(self) -> Iterator[Agents]:
        by_label: dict[str, list[str]] = {"people": [], "mail": [], "machines": []}
        for path in sorted(self._unpacked("device-detector").glob("*/device_detector/tests/fixtures/upstream/*.yml")):
            for label, agent in _read_fixture(path.read_text("utf-8")):
                by_label[label].append(agent)
        yield from (Agents(label, "device-detector", agents) for label, agents in by_label.items())

    def sets(self) -> Iterator[Agents | str]:
        """Return each set, or say which package is not to be had."""
        if self.has_npm:
            yield from self._of_npm()
        else:
            yield "npm"
        read: dict[str, Callable[[], Iterator[Agents]]] = {
            "fake-useragent": self._of_fake_useragent,
            "crawlerdetect": self._of_crawler_detect,
            "device-detector": self._of_matomo,
            "pymobiledetect": self._of_mobile_detect,
        }
        for name, agents in read.items():
            try:
                yield from agents()
            except (OSError, ValueError, subprocess.CalledProcessError):  # a later version may be another
                yield name


# How matomo calls what made a request; its other programs (libraries, players, apps) are neither.
_LABELS: Final = {"browser": "people", "pim": "mail"}


def _read_fixture(text: str) -> Iterator[tuple[str, str]]:
    agent = below = ""
    for line in text.splitlines():
        key, _, value = line.strip().partition(": ")
        if key == "user_agent":
            agent = scalar(value)
        elif line.startswith("  ") and line.endswith(":"):
            below = key.rstrip(":")
        if agent and below == "bot":
            yield "machines", agent
            agent = ""
        elif agent and below == "client" and key == "type":
            if label := _LABELS.get(scalar(value)):
                yield label, agent
            agent = ""


def count_machines(packages: Packages) -> Iterator[str]:
    """Say of each set how many are called a machine, and of all live browsers; forged builds are set aside there."""
    live: dict[str, bool] = {}
    for one in packages.sets():
        if isinstance(one, str):
            yield f"{one}: not to be had here"
            continue
        each = list(dict.fromkeys(one.agents))
        verdicts = {agent: classify_event(kind="click", user_agent=agent) for agent in each}
        machines = [verdict for verdict in verdicts.values() if verdict.is_machine]
        forged, share = sum(_FORGED in verdict.reasons for verdict in machines), len(machines) / len(each)
        said = f"{len(machines):>6,} of {len(each):>7,} {share:7.2%}, {forged} forged builds"
        yield f"{one.label:<9} {one.package:<26} {said}"
        if one.label == "live":
            live |= {agent: verdict.is_machine for agent, verdict in verdicts.items() if _FORGED not in verdict.reasons}
    yield f"live browsers together, forged builds set aside: {sum(live.values())} of {len(live):,} called a machine"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        print(*count_machines(Packages(made)), sep="\n")
