"""Read the labelled user agents of ../shared without the libraries that they were written for."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, NamedTuple

from lmtrack._agents.grammar import BROWSER_FORM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def is_mainstream(agent: str) -> bool:
    """Return whether a browser wrote all of it."""
    form = BROWSER_FORM(agent)
    return form is not None and form.end() == len(agent)


class Fetcher(NamedTuple):
    """A row of email-fetchers.csv."""

    user_agent: str
    label: str
    human_present: str


def crawlers(shared: Path) -> list[str]:
    """Return the agents of monperrus/crawler-user-agents."""
    rows = json.loads((shared / "useragents" / "crawler-user-agents.json").read_text("utf-8"))
    return sorted({agent for row in rows for agent in row["instances"]})


def well_known_bots(shared: Path) -> list[str]:
    """Return the agents of arcjet/well-known-bots."""
    rows = json.loads((shared / "useragents" / "arcjet-well-known-bots.json").read_text("utf-8"))
    return sorted({agent for row in rows for agent in row["instances"]["accepted"]})


def isbot(shared: Path, name: str) -> list[str]:
    """Return the agents of one of omrilotan/isbot's fixtures: lists of scalars below headings."""
    lines = (shared / "useragents" / name).read_text("utf-8").split("\n")
    return [scalar(line.strip().removeprefix("- ")) for line in lines if line.strip().startswith("- ")]


def uap(shared: Path) -> Iterator[tuple[str, str]]:
    """Return family and agent of the test cases of ua-parser/uap-core."""
    agent = ""
    for line in (shared / "useragents" / "uap-test_ua.yaml").read_text("utf-8").split("\n"):
        key, _, value = line.strip().removeprefix("- ").partition(": ")
        if key == "user_agent_string":
            agent = scalar(value)
        elif key == "family":
            yield scalar(value), agent


def email_fetchers(shared: Path) -> list[Fetcher]:
    """Return the rows of email-fetchers.csv."""
    with (shared / "useragents" / "email-fetchers.csv").open(encoding="utf-8", newline="") as file:
        return [Fetcher(row["user_agent"], row["label"], row["human_present"]) for row in csv.DictReader(file)]


def scalar(text: str) -> str:
    """Read a YAML scalar on one line."""
    text = text.strip()
    if text.startswith('"') and text.endswith('"'):
        return str(json.loads(text))
    return text[1:-1].replace("''", "'") if text.startswith("'") and text.endswith("'") else text
