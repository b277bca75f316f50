"""The sender's own agent names: programs that visit its own mail, and apps of its own that show it.

A name here can make a machine of what looks like a person, such as a monitor with a browser's agent. The other way it
only fills a gap: no list can clear what the rules know for a machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, final

from lmtrack._agents.grammar import LONGEST_AGENT
from lmtrack._agents.tables import names, shapes
from lmtrack._agents.verdict import Actor, Human, Signal, Verdict
from lmtrack._checks import check_type, plain_str

_TOKEN: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")  # of RFC 9110's tokens, those that the rules read as one word
_LETTERS_MIN: Final = 4
_LONGEST: Final = 64
_BLANKS: Final = " \t\r"

# Words that people's browsers, phones and mail clients write: a list with one of them would match everyone.
_GENERIC: Final = frozenset(
    word.removesuffix("/")
    for words in (
        shapes.COMMON,
        shapes.BARE_NAMES,
        shapes.OLD_BROWSERS,
        shapes.LINUX_BROWSERS,
        names.BROWSERS,
        names.MAIL_CLIENTS,
        names.GOOGLE_PROXY,
        names.YAHOO_PROXY,
        names.MAIL_PROXIES,
        shapes.NO_PROGRAMS,
        shapes.SAID_BY_MANY,
    )
    for word in words
)


@final
@dataclass(frozen=True, slots=True, repr=False)
class Agents:
    """Agent names, made by `load_agents`; combine two of them with `|`, where the left one wins."""

    rows: tuple[tuple[str, Actor, Human], ...]
    by_name: dict[str, tuple[Actor, Human]] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {name: (actor, human) for name, actor, human in self.rows})

    def __repr__(self) -> str:
        return f"<Agents: {len(self.rows)}>"

    def __reduce__(self) -> tuple[type[Agents], tuple[tuple[tuple[str, Actor, Human], ...]]]:
        return Agents, (self.rows,)

    def __or__(self, other: Agents, /) -> Agents:
        if not isinstance(other, Agents):
            return NotImplemented
        together = {name: (name, actor, human) for name, actor, human in other.rows + self.rows}
        return Agents(tuple(sorted(together.values())))

    def judge(self, user_agent: str | None, alone: Verdict, /) -> Verdict:
        """Return what the list makes of a verdict on an agent alone; the same object if it says nothing."""
        found = [self.by_name[word] for word in _words(user_agent or "") if word in self.by_name]
        for actor, human in found:
            if human is Human.NO or alone.human is Human.UNKNOWABLE:
                return Verdict(
                    actor=actor,
                    human=human,
                    evidence=3 if human is Human.NO else 2,
                    reasons=(Signal.UA_LISTED.value, *alone.reasons),
                )
        return alone


def _words(user_agent: str) -> list[str]:
    return [word.removesuffix("/") for word in shapes.WORD.findall(user_agent[:LONGEST_AGENT].lower())]


def load_agents(text: str, /, *, actor: Actor | str, human: Human | str) -> Agents:
    r"""Read a list of agent names, one per line; all get the same verdict.

    Blank lines and comments (from `#` on) are skipped. A name is a whole product token, in any case: `AcmeMonitor`
    is found in `AcmeMonitor/2.1` and `(compatible; acmemonitor)`, not in `AcmeMonitoring/1`.

    Args:
        text: The list's text; nothing is read from a file here.
        actor: What these agents are, an `Actor` or its value.
        human: Whether a person is behind them, a `Human` or its value. `no` counts whatever the rules say; any other
            answer counts only where the rules know nothing (`human` is `unknowable`). A machine that the rules know
            stays one.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: A line is not one product token of at most 64 characters with four letters or more, or is a generic
            name such as `Chrome` or `Mozilla`, and the text says which line; `actor` or `human` is not as above.

    Example:
        >>> from lmtrack import classify_event
        >>> ours = load_agents("AcmeMonitor  # checks our links", actor="crawler", human="no")
        >>> agent = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36 AcmeMonitor/2"
        >>> classify_event(kind="click", user_agent=agent, agents=ours).is_machine
        True
    """
    text = plain_str(text, "text")
    check_type(str, actor=actor, human=human)
    if actor not in list(Actor):
        raise ValueError("actor must be a value of Actor")
    if human not in list(Human):
        raise ValueError("human must be a value of Human")
    found = set()
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        name = line.partition("#")[0].strip(_BLANKS)
        if name:
            found.add((_read_name(name, number), Actor(actor), Human(human)))
    return Agents(tuple(sorted(found)))


def _read_name(name: str, number: int) -> str:
    letters = sum(character.isalpha() for character in name)
    if not _TOKEN.fullmatch(name) or letters < _LETTERS_MIN or len(name) > _LONGEST:
        raise ValueError(
            f"line {number}: expected a product token of at most {_LONGEST} characters, four letters in it"
        )
    if name.lower() in _GENERIC:
        raise ValueError(f"line {number}: too generic: people's browsers and mail clients send it")
    return name.lower()
