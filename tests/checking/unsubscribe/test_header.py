"""Ways to leave: a good message has no finding, and each rule has a message that breaks it and nothing else."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from lmtrack._checking.finding import FindingKind
from lmtrack._checking.unsubscribe.header import lint_unsubscribe
from lmtrack._checking.unsubscribe.rules import RULES
from lmtrack.links import LinkPolicy
from lmtrack.message import track_message
from lmtrack.resolver import Consent, Reason, Route, TrackingMode, resolve
from lmtrack.tokens import make_keys, make_withdraw_token
from lmtrack.urls import TrackingDomain, click_url, withdraw_url
from message_strategies import junk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from lmtrack.resolver import Decision

NEWSLETTER = (Path(__file__).resolve().parents[3] / "docs" / "examples" / "newsletter.eml").read_bytes()
EOL = b"\r\n" if b"\r\n" in NEWSLETTER else b"\n"
NOW = datetime(2026, 11, 2, tzinfo=UTC)
KEYS = make_keys(b"a fixed key, for these tests only")
DOMAIN = TrackingDomain("https://track.example", KEYS)
WITHDRAW = withdraw_url(DOMAIN, make_withdraw_token(KEYS, "m-1", now=NOW))

LIST = "List-Unsubscribe: <https://shop.example/leave/4471>,\n <mailto:leave@shop.example?subject=4471>\n"
POST = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\n"
SIGNATURE = (
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=shop.example; s=k1;\n"
    "\th=From:To:Subject:List-Unsubscribe:\n\t List-Unsubscribe-Post; bh=aGFzaA==;\n\tb=c2lnbmF0dXJl\n"
)
PLAIN = "New lamps.\n\nUnsubscribe: https://shop.example/leave/4471\n"
HTML = '<b>New lamps.</b> <a href="https://shop.example/leave/4471">Unsubscribe</a>\n'


def message(
    *, lists: str = LIST, posts: str = POST, signature: str = SIGNATURE, plain: str = PLAIN, html: str = HTML
) -> bytes:
    body = f"--b\nContent-Type: text/plain\n\n{plain}\n--b\nContent-Type: text/html\n\n{html}\n--b--\n"
    head = f"{signature}From: ann@shop.example\nTo: mia@post.example\n{lists}{posts}"
    return f"{head}Content-Type: multipart/alternative; boundary=b\n\n{body}".encode("utf-8", "surrogateescape")


def kinds(raw: bytes, domains: Sequence[TrackingDomain | str] = (), decision: Decision | None = None) -> list[str]:
    return [str(finding.kind) for finding in lint_unsubscribe(raw, domains=domains, decision=decision)]


def decision(opens: TrackingMode, clicks: TrackingMode) -> Decision:
    made = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
    return made.lower(Reason.SHARED_BODY, opens=opens, clicks=clicks)


def test_a_good_message_has_no_finding() -> None:
    assert lint_unsubscribe(message()) == []
    assert lint_unsubscribe(message(), domains=[DOMAIN, "clicks.example"]) == []


TWO = "<https://shop.example/leave/4471>, <mailto:a@b.example?subject="
GOOD: dict[str, dict[str, str]] = {
    "not signed yet": {"signature": ""},
    "https alone": {"lists": "List-Unsubscribe: <https://shop.example/leave/4471>\n"},
    "mailto first": {"lists": "List-Unsubscribe: <mailto:a@b.example>, <HTTPS://shop.example/leave/4471>\n"},
    "no blank": {"lists": "list-unsubscribe:<https://shop.example/leave/4471>,<mailto:a@b.example>\n"},
    "comments": {"lists": "List-Unsubscribe: (One (click\\)) will do) <https://shop.example/leave/4471> (thanks)\n"},
    "folded before the URI": {"lists": "LIST-UNSUBSCRIBE:\n\t<https://shop.example/leave/4471>\n"},
    "a line as long as it may be": {"lists": f"List-Unsubscribe: {TWO}".ljust(997, "x") + ">\n"},
    "folded lines as long as they may be": {"lists": "List-Unsubscribe:\n" + f" {TWO}".ljust(997, "x") + ">\n"},
    "a fold between two URIs": {"lists": f"List-Unsubscribe: {TWO}".replace(" <m", "\n <m").ljust(999, "x") + ">\n"},
    "an empty entry": {"lists": "List-Unsubscribe: ,<https://shop.example/leave/4471>,\n"},
    "an IPv6 host": {"lists": "List-Unsubscribe: <https://[2001:db8::1]/leave/4471>\n"},
    "name of the other field in capitals": {"posts": "LIST-UNSUBSCRIBE-POST:List-Unsubscribe=One-Click\n"},
    "the value behind a tab": {"posts": "List-Unsubscribe-Post:\tList-Unsubscribe=One-Click\n"},
    "the value in the next line": {"posts": "List-Unsubscribe-Post:\n List-Unsubscribe=One-Click\n"},
    "one of two signatures covers": {
        "signature": SIGNATURE.replace(":List-Unsubscribe:\n\t List-Unsubscribe-Post", "") + SIGNATURE
    },
    "a semicolon at the end of the signature": {"signature": SIGNATURE.replace("XJl\n", "XJl;\n")},
    "a signature in other letters": {
        "signature": SIGNATURE.replace("DKIM-Signature", "dkim-signature").replace("h=From", "h = fRoM ")
    },
    "a link by its own word": {
        "html": '<a href="https://shop.example/x?y=1">Unsubscribe</a>',
        "plain": "To unsubscribe:\nhttps://shop.example/x?y=1",
    },
    "a link by a word of another language": {
        "html": '<a href="https://shop.example/x">Se d\u00e9sabonner</a>',
        "plain": "https://shop.example/abmelden",
    },
    "a link by a word within a text without blanks": {
        "html": '<a href="https://shop.example/x">\u914d\u4fe1\u505c\u6b62\u306f\u3053\u3061\u3089</a>',
        "plain": "\u914d\u4fe1\u505c\u6b62\u306f\u3053\u3061\u3089 https://shop.example/x",
    },
    "a link by the alt text of its image": {
        "html": '<a href="https://shop.example/x"><img src="https://shop.example/u.png" alt="Unsubscribe"></a>'
    },
    "an area": {"html": '<map><area href="https://shop.example/x" alt="unsubscribe"></map>'},
    "a mail to leave": {
        "html": '<a href="mailto:Leave@shop.example">Leave</a>',
        "plain": "Write to leave@shop.example to leave.",
    },
    "the second of two links": {
        "html": '<a href="https://t.example/ls/click?upn=unsubscribe">Unsubscribe</a>' + HTML,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_what_is_as_good_has_no_finding(name: str) -> None:
    assert kinds(message(**GOOD[name])) == []


_URI = "https://shop.example/leave/4471"
BREAKS: list[tuple[str, dict[str, str]]] = [
    ("unsubscribe_missing", {"lists": "", "posts": ""}),
    ("unsubscribe_repeated", {"lists": LIST + LIST}),
    ("unsubscribe_repeated", {"lists": LIST + LIST.upper().replace("HTTPS://SHOP.EXAMPLE/LEAVE", "https://a.example")}),
    ("unsubscribe_malformed", {"lists": f"List-Unsubscribe: {_URI}\n"}),
    ("unsubscribe_malformed", {"lists": f"List-Unsubscribe: <{_URI}> <mailto:a@b.example>\n"}),
    ("unsubscribe_malformed", {"lists": f"List-Unsubscribe: <{_URI}>; <mailto:a@b.example>\n"}),
    ("unsubscribe_malformed", {"lists": f"List-Unsubscribe: <{_URI}>, or write to us\n"}),
    ("unsubscribe_malformed", {"lists": f"List-Unsubscribe: <{_URI}> (no end\n"}),
    ("unsubscribe_malformed", {"lists": f"List-Unsubscribe: <{_URI}>, <mailto:>\n"}),
    ("unsubscribe_malformed", {"lists": f"List-Unsubscribe: <{_URI}>, <mailto:?subject=leave>\n"}),
    ("unsubscribe_malformed", {"lists": f"List-Unsubscribe: <{_URI}>, <shop.example/leave>\n"}),
    ("unsubscribe_malformed", {"lists": f"List-Unsubscribe: <{_URI}>, <\n"}),
    ("unsubscribe_malformed", {"lists": "List-Unsubscribe: <https:///leave/4471>\n"}),
    ("unsubscribe_malformed", {"lists": "List-Unsubscribe: <https:shop.example/leave/4471>\n"}),
    ("unsubscribe_malformed", {"lists": "List-Unsubscribe: <https://shop.example:65536/leave/4471>\n"}),
    ("unsubscribe_malformed", {"lists": "List-Unsubscribe: <https://shop.example:80a/leave/4471>\n"}),
    ("unsubscribe_malformed", {"lists": f"List-Unsubscribe: <{_URI}>, <mailto:leave>\n"}),
    ("unsubscribe_malformed", {"lists": f"List-Unsubscribe: <{_URI}>, <mailto:leave?to=a@b.example>\n"}),
    ("unsubscribe_malformed", {"lists": f"List-Unsubscribe : <{_URI}>\n", "signature": ""}),
    ("unsubscribe_encoded", {"lists": "List-Unsubscribe: =?utf-8?q?=3Chttps=3A//shop=2Eexample/leave/4471=3E?=\n"}),
    ("unsubscribe_encoded", {"lists": f"List-Unsubscribe: (=?utf-8?B?w6Q=?=) <{_URI}>\n"}),
    ("unsubscribe_split", {"lists": "List-Unsubscribe: <https://shop.example/\n leave/4471>\n"}),
    ("unsubscribe_split", {"lists": "List-Unsubscribe: < https://shop.example/leave/4471>\n"}),
    ("unsubscribe_split", {"lists": "List-Unsubscribe: <https://shop.example/leave/ 4471>\n"}),
    ("unsubscribe_bad_character", {"lists": f"List-Unsubscribe: <{_URI}>, <mailto:m\u00fcde@b.example>\n"}),
    ("unsubscribe_bad_character", {"lists": f"List-Unsubscribe: <{_URI}?x=%4>\n"}),
    ("unsubscribe_bad_character", {"lists": f"List-Unsubscribe: <{_URI}?x=4&amp;y=5>\n"}),
    ("unsubscribe_bad_character", {"lists": f'List-Unsubscribe: <{_URI}?x="y">\n'}),
    ("unsubscribe_bad_character", {"lists": f"List-Unsubscribe: <{_URI}\\x>\n"}),
    ("unsubscribe_too_long", {"lists": f"List-Unsubscribe:\n <{_URI}?{'x' * 955}>\n"}),
    ("unsubscribe_too_long", {"lists": f"List-Unsubscribe: {TWO}".ljust(998, "x") + ">\n"}),
    ("unsubscribe_too_long", {"lists": "List-Unsubscribe:\n" + f" {TWO}".ljust(998, "x") + ">\n"}),
    ("unsubscribe_placeholder", {"lists": "List-Unsubscribe: <{{unsubscribe}}>\n"}),
    ("unsubscribe_placeholder", {"lists": "List-Unsubscribe: <https://shop.example/{{ id }}>\n"}),
    ("unsubscribe_placeholder", {"lists": "List-Unsubscribe: <%= unsubscribe_url %>\n"}),
    ("unsubscribe_placeholder", {"lists": "List-Unsubscribe: <<%= unsubscribe_url %>>\n"}),
    ("unsubscribe_placeholder", {"lists": "List-Unsubscribe: <[link:subscription_unsubscribe_url]>\n"}),
    ("unsubscribe_placeholder", {"lists": f"List-Unsubscribe: <{_URI}>, <mailto:%name%@b.example>\n"}),
    ("unsubscribe_placeholder", {"lists": "List-Unsubscribe: <*|UNSUB|*>\n"}),
    ("unsubscribe_no_https", {"lists": "List-Unsubscribe: <mailto:leave@shop.example>\n", "posts": ""}),
    ("unsubscribe_several_https", {"lists": f"List-Unsubscribe: <{_URI}>, <https://shop.example/preferences>\n"}),
    ("unsubscribe_several_https", {"lists": f"List-Unsubscribe: <{_URI}>, <{_URI}>\n"}),
    ("unsubscribe_http", {"lists": f"List-Unsubscribe: <{_URI}>, <http://shop.example/leave>\n"}),
    ("unsubscribe_http", {"lists": "List-Unsubscribe: <http://shop.example/leave/4471>\n"}),
    ("unsubscribe_tracked", {"lists": "List-Unsubscribe: <https://track.example/leave/4471>\n"}),
    ("unsubscribe_tracked", {"lists": "List-Unsubscribe: <https://Clicks.example:443/leave/4471>\n"}),
    ("unsubscribe_tracked", {"lists": "List-Unsubscribe: <https://a.example/redirect?u=https%3A%2F%2Fb.example%2F>\n"}),
    ("unsubscribe_post_missing", {"posts": ""}),
    ("unsubscribe_post_repeated", {"posts": POST + POST}),
    ("unsubscribe_post_value", {"posts": "List-Unsubscribe-Post: list-unsubscribe=one-click\n"}),
    ("unsubscribe_post_value", {"posts": "List-Unsubscribe-Post: List-Unsubscribe=One-Click \n"}),
    ("unsubscribe_post_value", {"posts": "List-Unsubscribe-Post:  List-Unsubscribe=One-Click\n"}),
    ("unsubscribe_post_value", {"posts": "List-Unsubscribe-Post: List-Unsubscribe = One-Click\n"}),
    ("unsubscribe_post_value", {"posts": "List-Unsubscribe-Post: One-Click\n"}),
    ("unsubscribe_post_value", {"posts": 'List-Unsubscribe-Post: "List-Unsubscribe=One-Click"\n'}),
    ("unsubscribe_post_value", {"posts": "List-Unsubscribe-Post:\n"}),
    ("unsubscribe_post_value", {"posts": "List-Unsubscribe-Post : List-Unsubscribe=One-Click\n", "signature": ""}),
    ("unsubscribe_not_signed", {"signature": SIGNATURE.replace(":\n\t List-Unsubscribe-Post", "")}),
    ("unsubscribe_not_signed", {"signature": SIGNATURE.replace(":List-Unsubscribe:\n\t ", ":")}),
    ("unsubscribe_not_signed", {"signature": SIGNATURE.replace("From:", "")}),
    ("unsubscribe_not_signed", {"signature": SIGNATURE.replace("v=1", "v=2")}),
    ("unsubscribe_not_signed", {"signature": SIGNATURE.replace("bh=aGFzaA==;", "")}),
    ("unsubscribe_not_signed", {"signature": SIGNATURE.replace("s=k1", "s=k1; s=k1")}),
    ("unsubscribe_not_signed", {"signature": SIGNATURE.replace("s=k1", "s=k1; and more")}),
    ("unsubscribe_not_signed", {"signature": "", "posts": POST + SIGNATURE.replace("ture:", "ture :")}),
    ("unsubscribe_link_missing", {"html": "<p>New lamps.</p>", "plain": "New lamps."}),
    ("unsubscribe_link_missing", {"html": "<p>New lamps.</p>"}),
    ("unsubscribe_link_missing", {"plain": "New lamps."}),
    ("unsubscribe_link_missing", {"html": '<a href="#">Unsubscribe</a>'}),
    ("unsubscribe_link_missing", {"html": "<a>Unsubscribe</a>"}),
    ("unsubscribe_link_missing", {"html": f"<!-- {HTML} -->"}),
    ("unsubscribe_link_missing", {"html": f"<!--[if mso]>{HTML}<![endif]-->"}),
    ("unsubscribe_link_tracked", {"html": '<a href="https://track.example/c/x">Unsubscribe</a>'}),
    ("unsubscribe_link_tracked", {"html": '<a href="https://clicks.example/leave">unsubscribe</a>'}),
    ("unsubscribe_link_tracked", {"plain": "Unsubscribe: https://track.example/c/x"}),
    ("unsubscribe_link_tracked", {"html": '<a href="https://t.example/redirect?u=https://shop.example/">Opt out</a>'}),
    ("unsubscribe_placeholder", {"html": '<a href="[link:subscription_unsubscribe_url]">Unsubscribe</a>'}),
    ("unsubscribe_placeholder", {"html": '<a href="{{ unsubscribe }}">No more letters</a>'}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "parts"), BREAKS, ids=lambda value: value if isinstance(value, str) else "")
def test_each_rule_is_broken_alone(kind: str, parts: dict[str, str]) -> None:
    found = lint_unsubscribe(message(**parts), domains=[DOMAIN, "clicks.example"])
    assert {str(finding.kind) for finding in found} == {kind}
    assert all(finding.why == RULES[finding.kind].why for finding in found)


def test_every_rule_has_a_message_that_breaks_it_and_a_source() -> None:
    broken = {kind for kind, _ in BREAKS} | {str(finding) for finding in HIDDEN_KINDS}
    assert broken == {str(kind) for kind in RULES}
    assert all(rule.source and rule.why and len(rule.why) < 120 for rule in RULES.values())


HIDDEN_KINDS = {
    FindingKind.UNSUBSCRIBE_LINK_HIDDEN,
    FindingKind.UNSUBSCRIBE_POST_USELESS,
    FindingKind.WITHDRAWAL_LINK_MISSING,
    FindingKind.WITHDRAWAL_LINK_HIDDEN,
}


@pytest.mark.parametrize(
    ("tags", "covers"),
    [
        ("a=rsa-sha256; d=shop.example; i=news@mail.shop.example", True), ("a=ed25519-sha256; d=Shop.example", True),
        ("a=rsa-sha256; d=shop.example; i=@SHOP.EXAMPLE; l=0", True), ("a=rsa-sha1; d=shop.example", False),
        ("a=rsa-sha256; d=shop.example; i=@other.example", False),
        ("a=rsa-sha256; d=shop.example; i=@eshop.example", False),
    ],
)  # fmt: skip
def test_a_signature_that_must_fail_covers_nothing(tags: str, covers: bool) -> None:
    head = "List-Unsubscribe: <https://shop.example/leave/1>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n"
    signature = f"DKIM-Signature: v=1; {tags}; s=a; h=From:List-Unsubscribe:List-Unsubscribe-Post; bh=eA==; b=eA==\n"
    raw = f"From: a@shop.example\n{head}{signature}\nLeave: https://shop.example/leave/1\n".encode()
    assert [finding.kind for finding in lint_unsubscribe(raw)] == ([] if covers else ["unsubscribe_not_signed"])


def test_a_text_that_cannot_be_read_says_so() -> None:
    (deep,) = lint_unsubscribe(message(html="<div>" * 3000 + HTML))
    assert deep.kind == "undecodable"
    kind = "application/pkcs7-mime; smime-type={}"
    for smime, found in (("signed-data", "undecodable"), ("enveloped-data", "encrypted")):
        raw = f"{LIST}{POST}Content-Type: {kind.format(smime)}\n\nMIAG\n"
        assert [str(one.kind) for one in lint_unsubscribe(raw.encode())] == [found]


def test_fields_that_a_flat_array_doubles_are_found() -> None:
    # nodemailer writes a field for each entry of `list: {unsubscribe: [url, address]}`.
    lists = f"List-Unsubscribe: <{_URI}>\nList-Unsubscribe: <mailto:leave@shop.example>\n"
    assert kinds(message(lists=lists)) == ["unsubscribe_no_https", "unsubscribe_repeated"]
    assert kinds(message(posts=POST * 2)) == ["unsubscribe_post_repeated"]


def test_a_preference_page_is_a_way_out_and_one_to_stop_being_tracked() -> None:
    tracks = resolve(Route(track_opens=True), consent=Consent.GRANTED)
    pages = ["https://shop.example/choose"]
    link = '<a href="https://shop.example/choose/4471">Turn off tracking</a>'
    only = link.replace("Turn off tracking", "Turn off tracking only")
    for html in (only, link, f"{HTML}{link}"):
        raw = message(html=html, plain="Choose: https://shop.example/choose/4471")
        assert lint_unsubscribe(raw, domains=[DOMAIN], decision=tracks, preference_urls=pages) == []
    assert "withdrawal_link_missing" in kinds(raw, [DOMAIN], tracks)
    hidden = message(html=f"{HTML}<p style=display:none>{link}</p>")
    found = lint_unsubscribe(hidden, domains=[DOMAIN], decision=tracks, preference_urls=pages)
    assert [str(finding.kind) for finding in found] == ["withdrawal_link_hidden"]
    with pytest.raises(TypeError):
        lint_unsubscribe(raw, preference_urls="https://shop.example/")


def test_one_click_without_an_https_uri_is_useless() -> None:
    mail_only = message(lists="List-Unsubscribe: <mailto:leave@shop.example>\n")
    assert kinds(mail_only) == ["unsubscribe_no_https", "unsubscribe_post_useless"]
    assert kinds(message(lists="")) == ["unsubscribe_missing", "unsubscribe_post_useless"]


def test_nothing_in_the_field_is_malformed() -> None:
    assert kinds(message(lists="List-Unsubscribe:\n", posts="")) == ["unsubscribe_malformed"]


HIDING = [
    "<p style='display:none'>{}</p>", "<p STYLE='Display : None !important'>{}</p>", "<p hidden>{}</p>",
    "<p style='font-size:0'>{}</p>", "<p style='font-size: 0.0px; color:red'>{}</p>", "<template>{}</template>",
    "<p style='max-height:0;overflow:hidden'>{}</p>", "<p style='opacity:0'>{}</p>", "<p style='color:transparent'>{}",
    "<p style='visibility:hidden'>{}</p>", "<p style='position:absolute;left:-9999px'>{}</p>",
    "<p style='text-indent:-9999px'>{}</p>", "<div style='clip:rect(0,0,0,0)'><p>{}</p></div>",
    "<p style='display:/* not */none'>{}</p>", "<p style='width:0;overflow-x:hidden'>{}</p>",
    "<style>.gone { display: none }</style><p class='gone'>{}</p>", "<p style='font-size:0'><b>{}</b></p>",
]  # fmt: skip
SHOWING = [
    "<p style='display:block'>{}</p>", "<p style='max-height:0'>{}</p>", "<p style='opacity:0.5'>{}</p>",
    "<td style='font-size:0'><span style='font-size:12px'>{}</span></td>", "<p style='height:0'>{}</p>",
    "<p style='visibility:hidden'><b style='visibility:visible'>{}</b></p>", "<p style='color:#fff'>{}</p>",
    "<p style='color:transparent'><b style='color:black'>{}</b></p>", "<p style='font-size:0.8em'>{}</p>",
    "<p style='text-indent:-12px'>{}</p>", "<p title='display:none'>{}</p>",
    "<style>@media print { .gone { display: none } }</style><p class='gone'>{}</p>",
    "<style>p { display: none } p { display: block }</style><p>{}</p>",
]  # fmt: skip


@pytest.mark.parametrize("around", HIDING)
def test_a_link_that_nobody_sees_is_hidden(around: str) -> None:
    assert kinds(message(html=around.replace("{}", HTML))) == ["unsubscribe_link_hidden"]


@pytest.mark.parametrize("around", SHOWING)
def test_a_link_that_people_see_is_not(around: str) -> None:
    assert kinds(message(html=around.replace("{}", HTML))) == []


def test_a_link_without_anything_in_it_is_hidden() -> None:
    empty = '<a href="https://shop.example/leave/4471"> </a>'
    assert kinds(message(html=empty)) == ["unsubscribe_link_hidden"]
    assert kinds(message(html=empty + HTML)) == []
    # One that was never closed, and one that ends with the paragraph around it.
    assert kinds(message(html=HTML.replace("</a>", ""))) == []
    assert kinds(message(html='<a href="https://shop.example/">Shop<a href="https://shop.example/leave/4471">x')) == []


def test_an_image_is_seen_where_letters_of_no_size_are_not() -> None:
    image = '<p style="font-size:0"><a href="https://shop.example/leave/4471"><img src="https://a.example/x.png"></a>'
    assert kinds(message(html=image)) == []
    assert kinds(message(html=image.replace("font-size:0", "visibility:hidden"))) == ["unsubscribe_link_hidden"]


def test_a_text_link_that_we_tracked_is_known_by_where_it_leads() -> None:
    made = resolve(Route(track_clicks=True), consent=Consent.GRANTED)
    raw = b"Content-Type: text/html\r\n\r\n" + HTML.encode()
    policy = LinkPolicy(track_unsubscribe=True)
    tracked = track_message(raw, made, domain=DOMAIN, message_id="m-1", policy=policy, now=NOW).raw
    assert b"track.example/c/" in tracked
    signed = LIST.encode() + POST.encode() + tracked
    assert kinds(signed, domains=[DOMAIN]) == ["unsubscribe_link_tracked"]


def test_a_base_path_keeps_the_rest_of_the_host_free() -> None:
    shared = TrackingDomain("https://shop.example/t", KEYS)
    assert kinds(message(), domains=[shared]) == []
    under = LIST.replace("shop.example/leave", "shop.example/t/leave")
    assert kinds(message(lists=under), domains=[shared]) == ["unsubscribe_tracked"]


def test_readers_of_text_and_of_html_are_looked_after_separately() -> None:
    footer = (
        f"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>Hi\n--b\n\n{PLAIN}\n--b--\n"
    )
    assert kinds((LIST + POST + footer).encode()) == []  # both see the footer
    alone = (LIST + POST + "\n" + PLAIN).encode()
    assert kinds(alone) == []
    named = f"Content-Type: text/plain; name=x.txt\n\n{PLAIN}".encode()
    assert kinds((LIST + POST).encode() + named) == ["unsubscribe_link_missing"]


def test_what_stands_beside_the_root_of_a_related_part_is_not_read() -> None:
    part = "--r\nContent-Type: text/html\n\n{}\n"
    related = f"Content-Type: multipart/related; boundary=r\n\n{part}{part}--r--\n"
    head = LIST + POST
    assert kinds((head + related.format(HTML, "x")).encode()) == []
    assert kinds((head + related.format("x", HTML)).encode()) == ["unsubscribe_link_missing"]
    inside = f"Content-Type: multipart/mixed; boundary=m\n\n--m\n{related.format(HTML, 'x')}\n--m--\n"
    assert kinds((head + inside).encode()) == []


def test_somebody_else_s_mail_is_no_way_to_leave_ours() -> None:
    enclosed = f"Content-Type: message/rfc822\n\nContent-Type: text/html\n\n{HTML}"
    assert kinds((LIST + POST + enclosed).encode()) == ["unsubscribe_link_missing"]


def test_a_signed_part_is_read_and_an_encrypted_one_is_not() -> None:
    signed = f"Content-Type: multipart/signed; boundary=s\n\n--s\nContent-Type: text/html\n\n{HTML}\n--s--\n"
    assert kinds((LIST + POST + signed).encode()) == []
    closed = "Content-Type: multipart/encrypted; boundary=s\n\n--s\nContent-Type: text/html\n\nx\n--s--\n"
    assert kinds((LIST + POST + closed).encode()) == ["encrypted"]
    assert kinds((LIST + POST + "Content-Type: application/pkcs7-mime\n\nx").encode()) == ["encrypted"]


def test_a_body_that_programs_read_differently_is_not_judged() -> None:
    broken = "Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nPGh0bWw+!!!\n"
    assert kinds((LIST + POST + broken).encode()) == ["undecodable"]


INDIVIDUAL = decision(TrackingMode.INDIVIDUAL, TrackingMode.OFF)


@pytest.mark.parametrize(
    ("opens", "clicks", "due"),
    [
        (TrackingMode.INDIVIDUAL, TrackingMode.OFF, True),
        (TrackingMode.OFF, TrackingMode.INDIVIDUAL, True),
        (TrackingMode.DELIVERABILITY, TrackingMode.AGGREGATE, True),
        (TrackingMode.AGGREGATE, TrackingMode.AGGREGATE, False),
        (TrackingMode.OFF, TrackingMode.OFF, False),
    ],
)
def test_who_is_tracked_needs_a_way_to_withdraw(opens: TrackingMode, clicks: TrackingMode, due: bool) -> None:
    assert kinds(message(), decision=decision(opens, clicks)) == ["withdrawal_link_missing"] * due


def withdraw_link(url: str, around: str = "{}") -> bytes:
    return message(html=HTML + around.format(f'<a href="{url}">Read on without tracking</a>'))


def test_a_withdrawal_link_has_to_be_one_that_our_keys_signed() -> None:
    assert kinds(withdraw_link(WITHDRAW), domains=[DOMAIN], decision=INDIVIDUAL) == []
    assert kinds(withdraw_link(WITHDRAW), domains=["track.example"], decision=INDIVIDUAL) == []
    missing = ["withdrawal_link_missing"]
    assert kinds(withdraw_link(WITHDRAW[:-1]), domains=[DOMAIN], decision=INDIVIDUAL) == missing
    assert kinds(withdraw_link(click_url(DOMAIN, "x")), domains=["track.example"], decision=INDIVIDUAL) == missing
    assert kinds(withdraw_link(WITHDRAW), domains=["a.example"], decision=INDIVIDUAL) == missing
    other = TrackingDomain("https://track.example", make_keys(b"another key of these tests"))
    assert kinds(withdraw_link(WITHDRAW), domains=[other, DOMAIN], decision=INDIVIDUAL) == []


def test_a_withdrawal_link_has_to_be_seen() -> None:
    hidden = withdraw_link(WITHDRAW, "<p hidden>{}</p>")
    assert kinds(hidden, domains=[DOMAIN], decision=INDIVIDUAL) == ["withdrawal_link_hidden"]


def test_a_withdrawal_link_is_no_way_to_leave_the_list() -> None:
    only = f'<a href="{WITHDRAW}">Opt out of tracking</a>'
    assert kinds(message(html=only), domains=[DOMAIN], decision=INDIVIDUAL) == ["unsubscribe_link_missing"]


def test_what_we_track_ourselves_lints_clean_with_what_it_should_have() -> None:
    raw = NEWSLETTER.replace(b"X-LM-Override-Track-Opens: false" + EOL, b"")
    assert lint_unsubscribe(raw) == []
    made = resolve(Route(track_opens=True, track_clicks=True, require_consent=True), consent=Consent.GRANTED)
    footer = f'<a href=3D"{WITHDRAW}">Read on without tracking</a> '.encode()
    leave = b'<a href=3D"https://shop.example/letters/leave'
    complete = raw.replace(leave, footer + EOL + leave)
    assert complete != raw
    tracked = track_message(complete, made, domain=DOMAIN, message_id="m-1", text_links=True, now=NOW)
    assert tracked.pixel
    assert len(tracked.links) > 3
    assert lint_unsubscribe(tracked.raw, domains=[DOMAIN], decision=tracked.decision) == []
    without = track_message(raw, made, domain=DOMAIN, message_id="m-1", now=NOW)
    assert kinds(without.raw, domains=[DOMAIN], decision=without.decision) == ["withdrawal_link_missing"]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: lint_unsubscribe("text"),  # type: ignore[arg-type]
        lambda: lint_unsubscribe(b"", decision="on"),  # type: ignore[arg-type]
        lambda: lint_unsubscribe(b"", domains="track.example"),
    ],
)
def test_wrong_types_are_refused_by_name(wrong: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match="must be"):
        wrong()


@given(junk())
def test_any_octets_have_an_answer(raw: bytes) -> None:
    for finding in lint_unsubscribe(LIST.encode() + raw, domains=[DOMAIN]):
        assert finding.why
    assert isinstance(lint_unsubscribe(raw), list)


@pytest.mark.parametrize(
    "value",
    ["<" * 100_000, "(" * 100_000, "<a" * 50_000, "=?" * 50_000, "<https:" * 20_000, ",<%" * 30_000, "[" * 100_000,
     " \n" * 50_000, "https://a.b/ " * 20_000, "a@" * 50_000, "a@b.c " * 20_000, "<{{" * 30_000, "h=;" * 30_000],
)  # fmt: skip
def test_a_long_header_takes_no_longer_than_its_length(value: str) -> None:
    raw = f"List-Unsubscribe: {value}\nDKIM-Signature: {value}\n\n{value}".encode()
    assert lint_unsubscribe(raw)


def test_real_mail_is_summed_up(shared: Path) -> None:
    counted = Counter(
        str(kind)
        for path in sorted((shared / "corpus").rglob("*.eml"))
        for kind in {finding.kind for finding in lint_unsubscribe(path.read_bytes())}
    )
    print(dict(counted))
    # Mail of 2002 has no one-click, and its ways to leave lead through redirectors.
    assert counted["unsubscribe_missing"] > 150
    assert counted["unsubscribe_link_tracked"] > 50
