"""Whatever another parser finds to load, the audit looks at too; real documents are explained by their findings."""

from __future__ import annotations

import email
import email.policy
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, strategies as st
from selectolax.lexbor import LexborHTMLParser

from html_oracles import read_by_html5lib
from lmtrack import audit_html, track_html
from lmtrack.audit import FindingKind
from message_sending import CAMPAIGN, DOMAIN, NOW, ON, SUM
from strategies import hostile_html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message
    from pathlib import Path

HOST = "https://u.example/"
# What the links of the strategy become, one kind in a document.
SPELLINGS = [
    ("<a href", "<img src"),
    ("<a href", "<td background"),
    ("<a href", "<video poster"),
    ("<a href", "<iframe src"),
    ("<a href", "<image xlink:href"),
    ("<a href", "<link rel=icon href"),
    ("<a ", "<area "),
]
LOADED = {"src", "background", "poster", "href", "xlink:href"}
# What a browser takes out of a URL before it asks for it.
DROPPED = str.maketrans("", "", "\t\r\n")
DOCUMENTS = st.builds(lambda html, pair: html.replace(*pair), hostile_html(template=True), st.sampled_from(SPELLINGS))


def urls_by_lexbor(html: str) -> set[str]:
    return {
        (value or "").translate(DROPPED).strip()
        for node in LexborHTMLParser(html).css("*")
        for name, value in node.attributes.items()
        if name in LOADED and (value or "").startswith(HOST)
    }


def urls_by_html5lib(html: str) -> set[str]:
    tags, _ = read_by_html5lib(html)
    return {
        value.translate(DROPPED).strip()
        for _, attributes in tags
        for name, value in attributes.items()
        if name in LOADED and value.startswith(HOST)
    }


def urls_by_audit(html: str) -> set[str]:
    audit = audit_html(html, known_trackers=["u.example"])
    return {finding.url or "" for finding in audit.findings if finding.kind == "known_tracker"}


@given(DOCUMENTS)
@example("<svg><title/><img src='https://u.example/1'></title>")
@example("<title/><!-- </title><img src='https://u.example/1'> -->")
@example("<svg><![CDATA[>]]><img src='https://u.example/1'>")
@example("<math><annotation-xml encoding=text/html><style><img src='https://u.example/1'>")
@example("<svg><style><!--</style><img src='https://u.example/1'>-->")
@example("<plaintext/><img src='https://u.example/1'>")
def test_what_other_parsers_load_the_audit_looks_at(html: str) -> None:
    seen = urls_by_audit(html)
    assert urls_by_lexbor(html) <= seen
    assert urls_by_html5lib(html) <= seen


@given(DOCUMENTS)
@example("\0")
def test_text_and_comments_are_loaded_by_nobody(html: str) -> None:
    for before, after in (("<!-- ", " -->"), ("<textarea>", "</textarea>"), ("<script>", "</script>")):
        inside = html.replace("--", "").replace("[", "").replace("</", "<").replace("<!", "<").replace("<script", "<b")
        audit = audit_html(before + inside.strip("!>-") + after, known_trackers=["u.example"])
        assert {finding.kind for finding in audit.findings} <= {FindingKind.UNDECODABLE}  # it may be no HTML yet


# Real documents.


def documents(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".html":
            yield path.name, path.read_bytes().decode("utf-8", "replace")
        elif path.suffix == ".eml":
            message: Message = email.message_from_bytes(path.read_bytes(), policy=email.policy.compat32)
            for part in message.walk():
                payload = part.get_payload(decode=True)
                if part.get_content_type() == "text/html" and isinstance(payload, bytes):
                    yield path.name, payload.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def corpus(shared: Path) -> list[tuple[str, str]]:
    return list(documents(shared / "corpus"))


def test_templates_are_clean_and_newsletters_of_2002_are_tracked(corpus: list[tuple[str, str]]) -> None:
    outcomes = Counter(
        ("-ham-" in name, audit_html(html).outcome.value)
        for name, html in corpus
        if "hard-ham" in name or name.endswith(".html")
    )
    assert outcomes[False, "not_provable"] == outcomes[True, "not_provable"] == 0
    # One template is a real letter with links that hold the recipient's reservation.
    assert outcomes[False, "tracked"] == 1
    assert outcomes[True, "tracked"] > 4 * outcomes[True, "clean"]


def test_what_we_do_to_a_real_document_is_seen_and_nothing_else_changes(corpus: list[tuple[str, str]]) -> None:
    for name, html in corpus[::4]:
        before = audit_html(html, domains=[DOMAIN])
        if before.outcome != "clean":
            continue
        individual = track_html(html, ON, domain=DOMAIN, message_id="m-1", now=NOW)
        together = track_html(html, SUM, domain=DOMAIN, message_id="m-1", campaign=CAMPAIGN, now=NOW)
        assert audit_html(individual.html, domains=[DOMAIN]).outcome == "tracked", name
        assert audit_html(together.html, domains=[DOMAIN]).outcome == "aggregate", name
        assert audit_html(together.html, domains=["track.example"]).outcome == "tracked", name
