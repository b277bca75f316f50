"""The result of an audit: its order, its limits, and that every document gets one."""

from __future__ import annotations

import pickle
import subprocess
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from audited_mails import kinds, places
from hostile_inputs import HOSTILE
from lmtrack import LinkPolicy, Route, audit_html, resolve, track_html
from lmtrack._checking.audit.known_hosts import read_known_hosts
from lmtrack._checking.audit.page import audit_page
from message_sending import CAMPAIGN, DOMAIN, NOW, ON, SUM
from strategies import LINK_DOCUMENTS, hostile_html

# The result itself.


def test_findings_come_in_source_order_with_the_line_where_their_tag_ends() -> None:
    html = (
        '<p>\n<a\nhref="https://shop.example/click?x"\n>x</a>\n<!--[if mso]>\n<img src="https://shop.example/1"\n'
        "width=1 height=1><![endif]--><style>\np{}\nq{background:url(https://shop.example/?9f8c1d2e3a4b5c6d7e8f9a0b)}"
        '</style>\n<svg><title>\n<img src="https://shop.example/2" width=1 height=1></title></svg>'
    )
    assert places(audit_html(html)) == [
        "a href, line 4",
        "img src, line 7, in a conditional comment",
        "style sheet, line 9",
        "img src, line 11",
    ]


def test_the_same_thing_in_the_same_place_is_said_once() -> None:
    html = '<img src="https://shop.example/1" width=1 height=1>'
    assert len(audit_html(html * 3).findings) == 1
    assert places(audit_html(f"{html}\n{html}")) == ["img src, line 1", "img src, line 2"]


def test_lines_beyond_what_libxml2_counts_are_not_made_up() -> None:
    html = "\n" * 70_000 + '<img src="https://shop.example/1" width=1 height=1>'
    assert places(audit_html(html)) == ["img src, line 65535 or later"]
    image = '<img src="https://shop.example/1" width=1 height=1>'
    for before in ("", "<p>x\n", "<svg><style>\n", "\n" * 40_000 + "<p>x\n"):
        html = f"{before}<!--[if mso]>\n{image}" + "\n" * 70_000 + "<![endif]-->"
        where = [f"img src, line {before.count(chr(10)) + 2}, in a conditional comment"]
        assert places(audit_html(html)) == where
        assert places(audit_html(html.replace("\n", "\r\n").replace("1>", "1>\0\ud800\r"))) == where
        (place,) = places(audit_html(html.replace("\n", "\r")))  # which ends no line that is counted
        assert place == "img src, line 1, in a conditional comment"
        html = f"{before}<!--[if mso]>{image}<![endif]-->"
        where = [f"img src, line {before.count(chr(10)) + 1}, in a conditional comment"]
        assert places(audit_html(html + "\n" * 70_000)) == where
        assert places(audit_html(html + "\r" * 70_000)) == where
    html = f"<title/><!--[if mso]>\n{image}<![endif]-->"  # only lxml takes a title for one without content
    assert places(audit_html(html)) == ["img src, line 2, in a conditional comment"]
    audit = audit_html(html + "\n" * 70_000)
    assert (audit.outcome.value, [finding.kind.value for finding in audit.findings]) == (
        "not_provable",
        ["limit_reached"],
    )


def test_a_very_long_url_is_shown_shortened() -> None:
    url = audit_html(f'<img src="https://shop.example/{"a" * 5000}" width=1 height=1>').findings[0].url
    assert url is not None
    assert (len(url), url[-1]) == (2_000, "…")


def test_an_audit_pickles() -> None:
    audit = audit_html('<img src="https://shop.example/1" width=1 height=1>')
    assert pickle.loads(pickle.dumps(audit)) == audit  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    ("html", "arguments", "error"),
    [
        (b"x", {}, TypeError),
        (None, {}, TypeError),
        ("x", {"domains": "track.example"}, TypeError),
        ("x", {"domains": DOMAIN}, TypeError),
        ("x", {"domains": [b"track.example"]}, TypeError),
        ("x", {"domains": None}, TypeError),
        ("x", {"known_trackers": "tracker.example"}, TypeError),
        ("x", {"known_trackers": {"tracker.example"}}, TypeError),
        ("x", {"known_trackers": [DOMAIN]}, TypeError),
        ("x", {"domains": [""]}, ValueError),
        ("x", {"domains": ["https://"]}, ValueError),
        ("x", {"domains": ["a b"]}, ValueError),
        ("x", {"known_trackers": ["https://tracker.example"]}, ValueError),
        ("x", {"known_trackers": [""]}, ValueError),
        ("x", {"known_trackers": ["\ud800\u2100.example"]}, ValueError),
    ],
)
def test_wrong_arguments_are_the_caller_s_mistake(
    html: Any,  # noqa: ANN401 - wrong on purpose
    arguments: Any,  # noqa: ANN401
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        audit_html(html, **arguments)


def test_a_known_tracker_owns_its_sub_domains_and_nothing_else() -> None:
    audit = audit_html(
        '<img src="https://a.b.tracker.example/1.png"><img src="https://nottracker.example/1.png">'
        '<img src="https://xn--bcher-kva.example/1.png"><img src="https://[::1]/1.png">',
        known_trackers=["Tracker.example.", "bücher.example", "[::1]"],
    )
    assert [finding.url for finding in audit.findings] == [
        "https://a.b.tracker.example/1.png",
        "https://xn--bcher-kva.example/1.png",
        "https://[::1]/1.png",
    ]


def test_lxml_is_imported_by_the_first_audit_and_not_before() -> None:
    pytest.importorskip("lxml")
    code = (
        "import sys, lmtrack; lmtrack.audit_html; print('lxml' in sys.modules, lmtrack.audit_html('x').outcome.value)"
    )
    environment = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    ran = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code + "; print('lxml' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert ran.stdout.split() == ["False", "clean", "True"]


# Limits: never clean when something may have been missed.


def sheet_in_sheets(depth: int) -> str:
    return f"@import 'data:text/css,{quote(sheet_in_sheets(depth - 1))}'" if depth else ""


PIXEL_TAG = '<img src="https://shop.example/1" width=1 height=1>'
LIMITED = {
    "100,000 nested elements": "<div>" * 100_000,
    "20,000 attributes": "<p " + " ".join(f"a{number}=1" for number in range(20_000)) + ">",
    "2,001 attributes": "<p" + " a" * 2_001 + ">",
    "comments in comments": "<!--[if mso]>" * 20 + "<b>x",
    "many bases": "".join(f"<base href='https://b{number}.example/'>" for number in range(9)),
    "many relative URLs for two bases": "<base href=https://a.example/><base href=https://b.example/>"
    + "<img src=x>" * 10_001,
    "a data: document that is none": '<iframe src="data:text/html;base64,AAAA!A">',
    "a data: document of no charset": '<iframe src="data:text/html;charset=x-none,AAAA">',
    "a data: document with entities": "<iframe src='data:text/xml,<!DOCTYPE x [<!ENTITY a \"x\">]><p>&amp;a;</p>'>",
    "sheets in sheets": f"<style>{sheet_in_sheets(12)}</style>",
    "too many rules": "<style>" + "b b b{width:9px}" * 3_000 + "</style>" + "<b>" * 1_000 + PIXEL_TAG,
}


@pytest.mark.parametrize("case", LIMITED)
def test_a_limit_is_never_clean_and_what_was_found_is_still_said(case: str) -> None:
    html = LIMITED[case]
    audit = audit_html(html)
    assert audit.outcome in {"not_provable", "tracked"}
    assert kinds(audit)[-1] == "limit_reached"
    assert audit.findings[-1].place == "document"
    assert audit_page(html, read_known_hosts((), ()), "1.2")[-1].place == "1.2"


def test_what_lies_too_deep_for_the_tree_is_still_found() -> None:
    audit = audit_html("<div>" * 5_000 + PIXEL_TAG)
    assert kinds(audit) == ["hidden_image", "limit_reached"]


def test_many_different_urls_are_all_judged() -> None:
    links = "".join(f"<a href=https://shop.example/{number}>x</a>\n" for number in range(10_500))
    audit = audit_html(f"{PIXEL_TAG}\n{links}{PIXEL_TAG}\n{links}{PIXEL_TAG}")
    assert places(audit) == [f"img src, line {line}" for line in (1, 10_502, 21_003)]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no other system says how much a process had")
@pytest.mark.parametrize("audit", ["audit_html({})", "audit_message(('Content-Type: text/html\\n\\n' + {}).encode())"])
def test_memory_is_at_most_twenty_octets_for_each_of_a_large_document(audit: str) -> None:
    pytest.importorskip("lxml")  # the process would fail without it
    links = "'<a href=x>' + '\\n'.join(f'<a href=\"https://shop.example/{n}\">x</a>' for n in range(int(sys.argv[1])))"
    program = (
        f"import sys, lmtrack; lmtrack.{audit.replace('{}', links)}; "
        "print(open('/proc/self/status').read().partition('VmHWM:')[2].split()[0])"
    )
    few, many = (
        int(subprocess.run([sys.executable, "-c", program, count], capture_output=True, check=True).stdout) * 1024  # noqa: S603
        for count in ("10", "40000")
    )
    assert many - few < 20 * 40_000 * 42


def test_documents_in_documents_end_somewhere() -> None:
    html = "x<b>"
    for _ in range(12):
        html = "<iframe srcdoc='" + html.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;") + "'>"
    assert kinds(audit_html(html)) == ["limit_reached"]


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("text/html", f"<p>{PIXEL_TAG}"),
        ("text/html;base64", b64encode(f"<p>{PIXEL_TAG}".encode()).decode()),
        ("TEXT/HTML;charset=utf-8", f"<p>{PIXEL_TAG}".replace("<", "%3C").replace("#", "%23")),
        ("image/svg+xml", "<svg><image href=https://shop.example/1 width=1 height=1 /></svg>"),
        ("text/css", "@import 'https://shop.example/?e=ann@shop.example'"),
    ],
)
def test_a_document_in_a_data_url_is_read_too(kind: str, document: str) -> None:
    escaped = document.replace("&", "&amp;").replace('"', "&quot;")
    html = f'<iframe src="data:{kind},{escaped}">'
    assert len(audit_html(html).findings) == 1
    assert not audit_html(f'<img src="data:image/png,{escaped}">').findings


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_documents_get_an_outcome(case: str) -> None:
    audit = audit_html(HOSTILE[case](20_000))
    assert bool(audit.findings) == (audit.outcome != "clean")


@pytest.mark.parametrize(
    "html",
    [
        "\0" * 1000,
        "<img src='https://shop.example/\0\ud800'>" * 50,
        "\ud800<p>\udfff",
        "\ufeff<p>x",
        "<?xml version='1.0' encoding='utf-16'?><html>x",
        "<!-- " + "x" * 100_000 + " -->",
        "<style>" + "a{" * 20_000,
        "<style>" + "(" * 20_000,
        "<style>" + "\\" * 20_000,
        "<style>" + "/*" * 20_000,
        "<style>" + "a>" * 20_000 + "{display:none}",
        "<style>" + "a," * 20_000 + "{display:none}",
        "<style>" + "[a" * 20_000 + "{display:none}",
        "<p style='" + "url(" * 20_000,
        '<p style="' + "'" * 20_001,
        "<img srcset='" + "a," * 20_000 + "'>",
        "<img srcset='" + "a (" * 20_000 + "'>",
        "<a href='https://shop.example/" + "%25" * 20_000 + "'>",
        "<a href='https://shop.example/?" + "a=1&" * 20_000 + "'>",
        "<a href='https://shop.example/?" + "aHR0c" * 20_000 + "'>",
        "<a href='https://shop.example/" + "@" * 20_000 + "'>",
        "<a href='https://" + "a." * 20_000 + "example/'>",
        "<a href='https://" + "ü." * 400 + "example/'>",
        "<a href='https://shop.example" + "/.." * 20_000 + "'>",
        "<img width='" + "9" * 20_000 + "' height=1 src='https://shop.example/x'>",
        "<img style='width:" + "9" * 20_000 + "px' src='https://shop.example/x'>",
        "<style>@media{" * 5000,
    ],
)
def test_hostile_values_get_an_outcome(html: str) -> None:
    audit = audit_html(html, domains=[DOMAIN, "other.example"], known_trackers=["tracker.example"])
    assert bool(audit.findings) == (audit.outcome != "clean")


# Properties.


@given(st.one_of(hostile_html(), LINK_DOCUMENTS, st.text()))
def test_any_text_gets_an_outcome_that_its_findings_explain(html: str) -> None:
    audit = audit_html(html, domains=[DOMAIN])
    assert bool(audit.findings) == (audit.outcome != "clean")
    assert len(set(audit.findings)) == len(audit.findings)
    assert audit == audit_html(html, domains=[DOMAIN])


@given(st.one_of(hostile_html(), LINK_DOCUMENTS))
def test_what_we_track_for_one_person_is_never_clean_and_what_for_all_is_aggregate(html: str) -> None:
    before = audit_html(html, domains=[DOMAIN])
    policy = LinkPolicy(track_unsubscribe=True, track_sensitive=True)
    individual = track_html(html, ON, domain=DOMAIN, message_id="m-1", policy=policy, now=NOW)
    assert audit_html(individual.html, domains=[DOMAIN]).outcome == "tracked"
    together = track_html(html, SUM, domain=DOMAIN, message_id="m-1", campaign=CAMPAIGN, policy=policy, now=NOW)
    after = audit_html(together.html, domains=[DOMAIN])
    if before.outcome == "clean":
        assert after.outcome in {"aggregate", "tracked"}
        assert {finding.kind.value for finding in after.findings} <= {"aggregate_token", "redirector", "identifier"}
    off = track_html(html, resolve(Route()), domain=DOMAIN, message_id="m-1", now=NOW)
    assert audit_html(off.html, domains=[DOMAIN]) == before
