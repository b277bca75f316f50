"""What `lmtrack classify` does: one request in full, or the requests of a log one by one and in sum."""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import TYPE_CHECKING, Final

from lmtrack._checking.terminal_text import printable
from lmtrack._cli.arguments import check_header_lines
from lmtrack._cli.files import read_input
from lmtrack._cli.logs import READERS, Bar, LogLines, Reader, Request, open_lines, reader_of
from lmtrack._cli.output import CommandError, as_json, as_table, name_of, say, write_line
from lmtrack.classifier import (
    Kind,
    Networks,
    Signal,
    Verdict,
    classify_event,
    join_networks,
    load_networks,
    shipped_networks,
    truncate_ip,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from typing import TextIO

_MEANINGS: Final = {signal.value: signal.meaning for signal in Signal}
_WIDEST_AGENT: Final = 40
_ROW: Final = "{:<8}  {:<5}  {:<16}  {:<17}  {:<26}  {}"


def classify_one(arguments: argparse.Namespace, /, *, to: TextIO) -> None:
    """Classify one request and print what each reason means.

    Raises:
        CommandError: A header, the address or a list of networks cannot be read.
    """
    kind: Kind = arguments.kind or "open"
    if arguments.ip is not None and truncate_ip(arguments.ip) is None:
        raise CommandError("--ip: not an IP address")
    request = Request(
        kind=kind,
        user_agent=arguments.user_agent,
        ip=arguments.ip,
        method=arguments.method or "GET",
        headers=_read_header_lines(arguments.header) if arguments.header else None,
        delay=arguments.delay,
    )
    verdict = _judge_with(_read_networks(arguments))(request)
    if arguments.json:
        say(as_json({"kind": kind, **verdict.to_dict()}), to=to)
        return
    rows = [
        ("kind", kind, ""),
        ("actor", verdict.actor, ""),
        ("human", verdict.human, ""),
        ("evidence", str(verdict.evidence), ("weak", "medium", "strong")[verdict.evidence - 1]),
        *(("reason", reason, _MEANINGS[reason]) for reason in verdict.reasons),
        *([("vendor", verdict.vendor, "")] if verdict.vendor else []),
        ("counts", "yes" if verdict.counts_for_metrics else "no", "as an open or a click by a person"),
    ]
    say(as_table(rows), to=to)


def classify_log(arguments: argparse.Namespace, /, *, to: TextIO) -> None:
    """Classify each request of a log as it is read, and count what they were.

    Raises:
        CommandError: The log or a list of networks cannot be read, or the log holds no request.
    """
    judge = _judge_with(_read_networks(arguments))
    with open_lines(arguments.file) as lines:
        _Log(arguments, lines, judge, to=to).run()


def _judge_with(networks: Networks | None) -> Callable[[Request], Verdict]:
    return lambda request: classify_event(**request._asdict(), networks=networks)


def _read_networks(arguments: argparse.Namespace) -> Networks | None:
    if len(arguments.networks) != len(arguments.tag):
        raise CommandError("--networks and --tag belong together, one name for each list")
    loaded = []
    for path, tag in zip(arguments.networks, arguments.tag, strict=True):
        text = read_input(path).decode("utf-8", "replace")
        try:
            loaded.append(load_networks(text, tag=tag))
        except ValueError as error:
            raise CommandError(f"--networks: {name_of(path)}: {error}") from error
    return join_networks(shipped_networks(), *loaded) if loaded else None


def _read_header_lines(lines: list[str]) -> dict[str, str]:
    check_header_lines(lines)
    pairs = [line.partition(":") for line in lines]
    return {name.rstrip(): value.strip() for name, _, value in pairs}


class _Log:
    """One pass over a log; of what was read, only sums are kept."""

    def __init__(
        self, arguments: argparse.Namespace, lines: LogLines, judge: Callable[[Request], Verdict], *, to: TextIO
    ) -> None:
        self.kind = arguments.kind
        self.lines = lines
        self.judge = judge
        self.to = to
        self.as_json = arguments.json
        self.each = not arguments.summary
        self.reader: Reader | None = READERS.get(arguments.format)
        self.requests = 0
        self.of_people = 0
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.problems: Counter[str] = Counter()
        self.first: dict[str, int] = {}  # line of each problem
        # Rows and a bar on the same terminal would write over each other.
        self.bar = Bar(lines, None if self.each and to.isatty() else sys.stderr)

    def run(self) -> None:
        try:
            for number, octets in enumerate(self.lines, start=1):
                self.bar.show(number)
                problem = "too long" if octets is None else self._read(octets, number)
                if problem:
                    self.problems[problem] += 1
                    self.first.setdefault(problem, number)
        finally:
            self.bar.clear()
        if not self.requests:
            problems = [f"{problem} (line {self.first[problem]})" for problem in self.problems]
            raise CommandError(f"{self.lines.name}: no request in it: {', '.join(problems) or 'empty'}")
        if self.as_json and self.each:
            for problem, count in self.problems.items():
                say(f"lmtrack: {count:,} lines left out: {problem} (the first: {self.first[problem]})", to=sys.stderr)
            self.to.flush()
        elif self.as_json:
            say(as_json(self._summary()), to=self.to)
        else:
            say(("\n" if self.each else "") + self._tables(), to=self.to)

    def _read(self, octets: bytes, number: int) -> str | None:
        """Classify what a line describes; return what is wrong with it, if anything is."""
        line = octets.decode("utf-8", "replace")
        if not line.strip():
            return None
        request = (self.reader or reader_of(line))(line, self.kind)
        if isinstance(request, str):
            return request
        verdict = self.judge(request)
        self.requests += 1
        self.of_people += verdict.counts_for_metrics
        self.outcomes[verdict.actor.value, verdict.human.value] += 1
        if self.each:
            self._write(number, request, verdict)
        return None

    def _write(self, number: int, request: Request, verdict: Verdict) -> None:
        agent = request.user_agent
        if agent and request.ip:  # some agents name it
            agent = agent.replace(request.ip, "<address>")
        if self.as_json:
            row = json.dumps({"line": number, "kind": request.kind, "user_agent": agent, **verdict.to_dict()})
        else:
            if self.requests == 1:
                self.to.write(_ROW.format("line", "kind", "actor", "human", "reason", "agent") + "\n")
            agent = printable(agent or "-")
            agent = agent if len(agent) <= _WIDEST_AGENT else f"{agent[: _WIDEST_AGENT - 3]}..."
            row = _ROW.format(number, request.kind, verdict.actor, verdict.human, verdict.reasons[0], agent).rstrip()
        write_line(row, to=self.to)

    def _summary(self) -> dict[str, object]:
        return {
            "requests": self.requests,
            "of_people": self.of_people,
            "outcomes": [
                {"actor": actor, "human": human, "requests": count} for (actor, human), count in self._ordered()
            ],
            "left_out": [
                {"problem": problem, "lines": count, "first": self.first[problem]}
                for problem, count in self.problems.items()
            ],
        }

    def _tables(self) -> str:
        table = [("actor", "human", "requests", "share")]
        table += [
            (actor, human, f"{count:,}", f"{count / self.requests:.1%}") for (actor, human), count in self._ordered()
        ]
        table.append(("all", "", f"{self.requests:,}", ""))
        tables = [as_table(table), f"by people: {self.of_people:,}"]
        if self.problems:
            left = [("left out", "lines", "first")]
            left += [(problem, f"{count:,}", str(self.first[problem])) for problem, count in self.problems.items()]
            tables.append(as_table(left))
        return "\n\n".join(tables)

    def _ordered(self) -> list[tuple[tuple[str, str], int]]:
        return sorted(self.outcomes.items(), key=lambda outcome: (-outcome[1], outcome[0]))
