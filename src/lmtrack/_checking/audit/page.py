"""The audit of a document: judge every URL in it, and every picture that nobody is meant to see.

What an audit says is its findings, and the one word that follows from them. The rules and what they cannot see are told
in `docs/explanation/what-an-audit-proves.md`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checking.audit.identifiers import identifier_in, is_static
from lmtrack._checking.audit.known_hosts import KnownHosts, read_known_hosts
from lmtrack._checking.audit.packed import packed_as
from lmtrack._checking.audit.redirects import counter, named_hosts, redirector
from lmtrack._checking.audit.services import open_service
from lmtrack._checking.finding import Finding, FindingKind, shown
from lmtrack._checking.pages.all_readers import Reading
from lmtrack._checking.pages.annotations import read_json_ld
from lmtrack._checking.pages.display import Display, cascades_of, unseen_rule
from lmtrack._checking.pages.element import LAST_LINE, LineCounter
from lmtrack._checking.pages.loads import Way, uses_of
from lmtrack._checks import plain_str
from lmtrack._rewriting.plain_text import find_urls
from lmtrack._url.reader import Address, address_of, read_url, remote_url, remote_urls
from lmtrack.links import is_unsubscribe
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lmtrack._checking.pages.element import Element


class AuditOutcome(StrEnum):
    """What the findings of an audit add up to, from best to worst."""

    CLEAN = auto()  # everything was read, and nothing was found
    AGGREGATE = auto()  # nothing but our tokens that are the same for every recipient
    NOT_PROVABLE = auto()  # no tracker was found, but something could not be read
    TRACKED = auto()


# Every kind has its outcome; of several the last one of `AuditOutcome` holds. A tracker that was found is one, however
# much else could not be read; and what could not be read is not known to be the same for everyone.
_OUTCOMES: Final = {
    FindingKind.OWN_TRACKING_URL: AuditOutcome.TRACKED,
    FindingKind.KNOWN_TRACKER: AuditOutcome.TRACKED,
    FindingKind.HIDDEN_IMAGE: AuditOutcome.TRACKED,
    FindingKind.REDIRECTOR: AuditOutcome.TRACKED,
    FindingKind.IDENTIFIER: AuditOutcome.TRACKED,
    FindingKind.READ_RECEIPT: AuditOutcome.TRACKED,
    FindingKind.AGGREGATE_TOKEN: AuditOutcome.AGGREGATE,
    FindingKind.ENCRYPTED: AuditOutcome.NOT_PROVABLE,
    FindingKind.UNDECODABLE: AuditOutcome.NOT_PROVABLE,
    FindingKind.TRUNCATED: AuditOutcome.NOT_PROVABLE,
    FindingKind.LIMIT_REACHED: AuditOutcome.NOT_PROVABLE,
}
_RANK: Final = {outcome: rank for rank, outcome in enumerate(AuditOutcome)}
_NOTHING: Final = AuditOutcome.CLEAN


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The result of an audit; made by `audit_html` and `audit_message`.

    Attributes:
        outcome: `clean`, `aggregate`, `tracked` or `not_provable`.
        findings: What the outcome follows from, in document order; empty if and only if the outcome is `clean`.
    """

    outcome: AuditOutcome
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, object]:
        """Return the audit as JSON types.

        >>> from lmtrack import audit_html
        >>> audit_html("<p>Hello</p>").to_dict()
        {'outcome': 'clean', 'findings': []}
        """
        return {"outcome": self.outcome.value, "findings": [finding.to_dict() for finding in self.findings]}


def audit_of(findings: Iterable[Finding], /) -> Audit:
    """Make an audit of findings in document order; of equal kind, place and URL the first one stays."""
    first: dict[tuple[FindingKind, str, str | None], Finding] = {}
    for finding in findings:
        first.setdefault((finding.kind, finding.place, finding.url), finding)
    outcome = max((_OUTCOMES[finding.kind] for finding in first.values()), key=_RANK.__getitem__, default=_NOTHING)
    return Audit(outcome=outcome, findings=tuple(first.values()))


class Judgement(NamedTuple):
    """A kind of finding and the reason for it."""

    kind: FindingKind
    why: str


_MOST_RESOLVED: Final = 20_000  # URLs, half a second of work; our choice: an email has one base
_REMEMBERED: Final = 10_000  # URLs; our choice: no mail has as many, and a megabyte of links must not be held twice


class UrlJudge:
    """Judges URLs, each once, however often it is in an email."""

    __slots__ = ("_known", "_known_hosts")

    def __init__(self, known_hosts: KnownHosts, /) -> None:
        self._known_hosts = known_hosts
        self._known: dict[tuple[str, bool], tuple[Judgement, ...]] = {}

    def __call__(self, url: str, /, *, is_link: bool) -> tuple[Judgement, ...]:
        """Check a remote URL. Only one of our links that leads to someone else has more than one judgement."""
        key = (url, is_link)
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            address = address_of(url)
            self._known[key] = self._ours(address, is_link=is_link) or self._others(address, is_link=is_link)
        return self._known[key]

    def _ours(self, address: Address, /, *, is_link: bool) -> tuple[Judgement, ...]:
        own = self._known_hosts.own(address, is_link=is_link)
        if own is None:
            return ()
        if not own.aggregate:
            return (Judgement(FindingKind.OWN_TRACKING_URL, own.why),)
        found = [Judgement(FindingKind.AGGREGATE_TOKEN, own.why)]
        # The token is the same for everyone to whom this destination is sent, and no more than that.
        if own.destination and (target := remote_url(own.destination)):
            found += [
                Judgement(one.kind, f"it leads to a URL of which {one.why}") for one in self(target, is_link=True)
            ]
        return tuple(found)

    def _others(self, address: Address, /, *, is_link: bool) -> tuple[Judgement, ...]:
        if listed := self._known_hosts.tracker(address.host):
            return (
                Judgement(FindingKind.KNOWN_TRACKER, f"its host is {listed} of the list that was given, or under it"),
            )
        is_way_out = is_link and is_unsubscribe(address.url)
        why = self._through(address, is_way_out=is_way_out) if is_link else None
        if why:
            return (Judgement(FindingKind.REDIRECTOR, why),)
        if not is_link and (service := open_service(address)):
            return (Judgement(FindingKind.KNOWN_TRACKER, f"{service} counts opens by such URLs"),)
        if not is_link and not is_static(address) and (found := counter(address)):
            return (Judgement(FindingKind.IDENTIFIER, f"{found}: it may tell one recipient from another"),)
        # Whom it unsubscribes such a link has to know.
        if not is_way_out and (found := identifier_in(address, is_link=is_link)):
            return (Judgement(FindingKind.IDENTIFIER, f"{found}, so that it may tell one recipient from another"),)
        return ()

    def _through(self, address: Address, /, *, is_way_out: bool) -> str | None:
        """Say through whom or what a link leads; None if it leads straight to its page."""
        if found := redirector(address, is_way_out=is_way_out):
            return found
        named = next(filter(self._known_hosts.contains, named_hosts(address)), None)
        return f"it names {named}, a host to look out for" if named else None


_BY_FORM: Final = frozenset((FindingKind.REDIRECTOR, FindingKind.IDENTIFIER))
_PINGED: Final = Judgement(FindingKind.REDIRECTOR, "the attribute ping reports each click to it")
# Whatever a reader of plain text may make a link of, where our own finder is not sure how it goes on.
_TEXT_URL: Final = re.compile(r"(?:https?://|(?<![\w@./:-])www\.)[^\s<>\"]++", re.IGNORECASE)


def audit_html(
    html: str,
    /,
    *,
    domains: Sequence[TrackingDomain | str] = (),
    known_trackers: Sequence[str] = (),
) -> Audit:
    """Check whether a document tracks who opens it or clicks in it, and return the evidence.

    The document is read in every way that mail clients do; what any of them may load counts. lxml only reads, and is
    imported on the first call. Content never raises; a document that cannot be read to its end is `not_provable`.

    Args:
        html: The document, decoded.
        domains: Your own tracking domains; tokens that their keys signed are recognised whatever their age. A str is a
            host or base URL without keys: every URL there counts as individual tracking.
        known_trackers: Hosts that track, including all their subdomains.

    Raises:
        TypeError: An argument has the wrong type, or one str or URL was passed instead of a sequence.
        ValueError: A str is not a host name, or, in `domains`, a URL with one.

    >>> from lmtrack import audit_html
    >>> audit = audit_html('<p>Hello<img src="https://count.example/open?u=17" width="1" height="1">')
    >>> audit.outcome.value, audit.findings[0].kind.value, audit.findings[0].place
    ('tracked', 'hidden_image', 'img src, line 1')
    """
    html = plain_str(html, "html")
    findings = audit_page(html, read_known_hosts(domains, known_trackers), "")
    if what := packed_as(html):
        why = f"it is not HTML yet, but {what}; unpack it first"
        findings.insert(0, Finding(kind=FindingKind.UNDECODABLE, place="document", why=why))
    return audit_of(findings)


def audit_page(html: str, known_hosts: KnownHosts, place: str, /, bases: Sequence[str] = ()) -> list[Finding]:
    """Find what a document holds, in source order.

    `place` says where it is in a message, `bases` what its relative URLs may be relative to beside its own bases.
    """
    return _Page(html, known_hosts, place, bases).findings()


def audit_text(text: str, known_hosts: KnownHosts, place: str, /) -> list[Finding]:
    """Find what the URLs of a plain text hold; all of them are links."""
    spans = find_urls(text)
    sure = {start for start, _ in spans}
    spans += [found.span() for found in _TEXT_URL.finditer(text) if found.start() not in sure]
    judge, found = UrlJudge(known_hosts), []
    line = at = 0
    for start, end in sorted(spans):
        line += text.count("\n", at, start)
        at = start
        written = text[start:end]
        if url := remote_url(f"http://{written}" if written[:1] in "wW" else written):
            where = _where(place, f"text, line {line + 1}")
            found += [_finding(one, where, url) for one in judge(url, is_link=True)]
    return found


def _where(place: str, here: str, /) -> str:
    return f"{place}, {here}" if place else here


def _finding(judgement: Judgement, place: str, url: str, /) -> Finding:
    return Finding(kind=judgement.kind, place=place, url=shown(url), why=judgement.why)


class _Page:
    """One document while it is judged."""

    __slots__ = ("_bases", "_display", "_drawn", "_found", "_judge", "_place", "_reading", "_resolved", "_sizes")

    def __init__(self, html: str, known_hosts: KnownHosts, place: str, bases: Sequence[str], /) -> None:
        self._place = place
        self._judge = UrlJudge(known_hosts)
        self._reading = Reading(html)
        self._bases = [read_url(base) for base in dict.fromkeys((*self._reading.bases, *bases))]
        self._resolved = 0  # URLs of values that lead elsewhere from each base
        self._found: list[tuple[int, Finding]] = []
        self._sizes: dict[int, str] = {}  # findings that a static file's size alone speaks for: index to URL
        self._drawn: set[str] = set()  # URLs that are drawn larger somewhere

    def findings(self) -> list[Finding]:
        cascades = cascades_of(self._reading.sheets)
        self._display = Display(cascades)
        self._judge_sheets()
        self._judge_annotations()
        with_urls = any(cascade.has_urls for cascade in cascades.values())
        for element in self._reading.elements:
            if element.attributes:
                self._judge_element(element)
            if with_urls or "style" in element.attributes:
                self._judge_style(element)
        limits = list(self._reading.limits)
        if any(cascade.exhausted for cascade in cascades.values()):
            limits.append("the style sheets have too many rules for so many elements")
        if self._resolved > _MOST_RESOLVED:
            limits.append("there are too many relative URLs for so many bases")
        kept = [entry for index, entry in enumerate(self._found) if self._sizes.get(index, "") not in self._drawn]
        kept.sort(key=lambda entry: entry[0])
        where = self._place or "document"
        return [finding for _, finding in kept] + [
            Finding(kind=FindingKind.LIMIT_REACHED, place=where, why=f"it was not read to its end: {why}")
            for why in limits
        ]

    def _urls(self, value: str, /) -> list[str]:
        """Resolve a value with each base; after very many with the first one only."""
        urls = remote_urls(value, self._bases)
        if len(urls) > 1:
            self._resolved += len(urls)
            if self._resolved > _MOST_RESOLVED:
                return urls[:1]
        return urls

    def _note(self, judgement: Judgement, line: int, here: str, url: str, /) -> None:
        self._found.append((line, _finding(judgement, _where(self._place, here), url)))

    def _judge_element(self, element: Element, /) -> None:
        for use in uses_of(element):
            for url in self._urls(use.value):
                judged = self._judge(url, is_link=use.way is Way.LINK or use.way is Way.FORM)
                if use.way is Way.FORM:
                    # Who fills in a form means to send something; only whom it is sent to can be wrong.
                    judged = tuple(one for one in judged if one.kind not in _BY_FORM)
                elif use.way is Way.PING:
                    judged = judged or (_PINGED,)
                elif use.way is Way.PICTURE:
                    judged = self._seen(element, url, judged)
                for one in judged:
                    here = _here(f"{element.name} {use.attribute}", element.line, element.note)
                    self._note(one, element.line, here, url)

    def _judge_style(self, element: Element, /) -> None:
        urls = self._display.style(element).urls
        if not any(own for _, own in urls) and (
            not urls or self._display.unseen(element, static=False, background=True) is None
        ):
            return
        for value, own in urls:
            here = _here(f"{element.name} {'style' if own else 'by a style sheet'}", element.line, element.note)
            for url in self._urls(value):
                judged = self._seen(element, url, self._judge(url, is_link=False), background=True)
                for one in judged:
                    # What the URL says by itself has been said of the sheet.
                    if own or one.kind is FindingKind.HIDDEN_IMAGE:
                        self._note(one, element.line, here, url)

    def _seen(
        self, element: Element, url: str, judged: tuple[Judgement, ...], /, *, background: bool = False
    ) -> tuple[Judgement, ...]:
        """Add that nobody sees a picture, unless it is known to count anyway."""
        if any(one.kind is not FindingKind.IDENTIFIER for one in judged):
            return judged
        static = is_static(address_of(url)) and not judged
        unseen = self._display.unseen(element, static=static, background=background)
        if unseen is None:
            if self._display.size(element).is_large():
                self._drawn.add(url)
            return judged
        if unseen.by_size and static:
            self._sizes[len(self._found)] = url
        return (Judgement(FindingKind.HIDDEN_IMAGE, unseen.why),)

    def _judge_sheets(self) -> None:
        for sheet, text, first_line, note, _ in self._reading.sheets:
            lines = LineCounter(text, first_line)
            for offset, value in sheet.imports:
                self._judge_in_sheet("@import", value, lines.at(offset), note, None)
            lines = LineCounter(text, first_line)
            for rule in sheet.rules:
                if urls := [url for declaration in rule.declarations for url in declaration.urls]:
                    line, unseen = lines.at(rule.offset), unseen_rule(rule)
                    for value in urls:
                        self._judge_in_sheet("style sheet", value, line, note, unseen)

    def _judge_annotations(self) -> None:
        for script, note in self._reading.annotations:
            lines = LineCounter(script.text, script.line)
            for annotation in read_json_ld(script.text):
                line = lines.at(annotation.offset)
                for url in self._urls(annotation.url):
                    for one in self._judge(url, is_link=not annotation.is_picture):
                        self._note(one, line, _here("annotation", line, note), url)

    def _judge_in_sheet(self, what: str, value: str, line: int, note: str, unseen: str | None, /) -> None:
        for url in self._urls(value):
            judged = self._judge(url, is_link=False)
            if unseen and not judged:
                judged = (Judgement(FindingKind.HIDDEN_IMAGE, unseen),)
            for one in judged:
                self._note(one, line, _here(what, line, note), url)


def _here(what: str, line: int, note: str, /) -> str:
    where = f"{what}, line {line}" if line < LAST_LINE else f"{what}, line {LAST_LINE} or later"
    return f"{where}, {note}" if note else where
