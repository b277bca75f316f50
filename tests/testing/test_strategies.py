"""The strategies of `lmtrack.testing`: that they make what they promise, end with something small, and need no more."""

from __future__ import annotations

import email.policy
import pickle
import re
import subprocess
import sys
from email import message_from_bytes
from functools import cache
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings, strategies as st

from lmtrack import testing
from lmtrack._testing.needs import needs_hypothesis
from lmtrack.audit import AuditOutcome, audit_html, audit_message
from lmtrack.classifier import Actor, classify_event
from lmtrack.html import rewrite_html
from lmtrack.links import SkipReason
from lmtrack.message import track_message
from lmtrack.resolver import Consent, Decision, Override, Route, TrackingMode, parse_headers, resolve
from lmtrack.tokens import make_keys
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import EmailMessage

    from hypothesis.strategies import SearchStrategy

_Value = TypeVar("_Value")
ALL = list(HealthCheck)


@cache
def sample(make: Callable[[], SearchStrategy[_Value]], size: int = 1_000) -> list[_Value]:
    """Return what a user's first runs would be made with; the same in each of ours."""
    values = []

    @settings(max_examples=size, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=ALL)
    @given(make())
    def collect(value: _Value) -> None:
        values.append(value)

    collect()
    return values


def found(make: Callable[[], SearchStrategy[_Value]], holds: Callable[[_Value], object]) -> bool:
    return any(holds(value) for value in sample(make))


def smallest(strategy: SearchStrategy[_Value], holds: Callable[[_Value], bool]) -> _Value:
    return find(strategy, holds, settings=settings(derandomize=True, database=None, suppress_health_check=ALL))


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=email.policy.default)


def test_every_consent_is_made() -> None:
    assert {*sample(testing.consents)} == {*Consent}


@pytest.mark.parametrize("field", ["track_opens", "track_clicks", "require_consent", "without_consent"])
def test_routes_differ_in_every_field(field: str) -> None:
    assert found(testing.routes, lambda route: getattr(route, field))


def test_smallest_route_tracks_nothing() -> None:
    assert smallest(testing.routes(), lambda _: True) == Route()


@pytest.mark.parametrize("mode", TrackingMode)
def test_decisions_have_every_mode_for_opens_and_clicks(mode: TrackingMode) -> None:
    assert found(testing.decisions, lambda decision: decision.opens is mode)
    if mode is not TrackingMode.DELIVERABILITY:  # which is for opens alone
        assert found(testing.decisions, lambda decision: decision.clicks is mode)


@pytest.mark.parametrize(
    "code",
    [
        "route_off", "override_invalid", "override_conflict", "override_false", "override_true", "consent_denied",
        "consent_withdrawn", "consent_unknown", "consent_unknown_allowed", "shared_body",
    ],
)  # fmt: skip
def test_decisions_have_every_reason_that_resolving_gives(code: str) -> None:
    codes = {reason for decision in sample(testing.decisions) for reason in decision.reasons}
    assert {f"opens:{code}", f"clicks:{code}"} <= codes


@given(testing.decisions())
def test_decisions_are_whole_values(decision: Decision) -> None:
    assert Decision.from_dict(decision.to_dict()) == decision
    assert pickle.loads(pickle.dumps(decision)) == decision  # noqa: S301 - our own


@pytest.mark.parametrize(
    "holds",
    [
        lambda override: override == Override(),
        lambda override: override.track_opens is True,
        lambda override: override.track_clicks is False,
        lambda override: "opens:override_invalid" in override.problems,
        lambda override: "clicks:override_conflict" in override.problems,
    ],
)
def test_overrides_are_plain_invalid_and_contradictory(holds: Callable[[Override], bool]) -> None:
    assert found(testing.overrides, holds)


@pytest.mark.parametrize(
    "problems",
    [
        (),
        ("opens:override_invalid",),
        ("clicks:override_conflict",),
        ("opens:override_invalid", "clicks:override_invalid"),
    ],
)
def test_override_headers_are_read_in_every_way(problems: tuple[str, ...]) -> None:
    assert found(testing.override_headers, lambda pairs: pairs and parse_headers(pairs).problems == problems)


@given(testing.override_headers(prefix="X-Shop-"))
def test_override_headers_begin_as_asked_for(pairs: list[tuple[str, str]]) -> None:
    assert all(name.lower().startswith("x-shop-") or name == "Subject" for name, _ in pairs)


@pytest.mark.parametrize("actor", sorted({*Actor} - {Actor.GMAIL_PREFETCH, Actor.UNKNOWN}))
def test_user_agents_are_of_every_actor(actor: Actor) -> None:
    assert found(testing.user_agents, lambda agent: classify_event(kind="open", user_agent=agent).actor is actor)


@pytest.mark.parametrize(
    "holds", [lambda agent: not agent, lambda agent: len(agent) > 500, lambda agent: not agent.isascii()]
)
def test_user_agents_are_empty_endless_and_made_up(holds: Callable[[str], bool]) -> None:
    assert found(testing.user_agents, holds)


@given(testing.user_agents())
def test_user_agents_can_stand_in_a_header(agent: str) -> None:
    assert agent.encode("latin-1").decode("latin-1") == agent
    assert not re.search(r"[\x00-\x1f\x7f]", agent)


# Not made: the caller's choices (slots and a line limit among them), and what an audit takes for a secret.
NOT_SKIPPED = {
    "tracked", "listed", "url_text", "too_many", "undecodable", "sensitive", "line_too_long", "personal",
}  # fmt: skip


@pytest.mark.parametrize("reason", sorted({*SkipReason} - NOT_SKIPPED))
def test_html_has_links_of_every_kind_that_is_left_alone(reason: SkipReason) -> None:
    assert found(
        testing.html_documents,
        lambda html: reason in {why for _, why in rewrite_html(html, click_url=lambda _: None).skipped},
    )


HOSTILE: dict[str, Callable[[str], object]] = {
    "a whole document": lambda html: html.startswith("<!DOCTYPE html>") and html.rstrip().endswith("</html>"),
    "upper case": lambda html: "<A HREF" in html,
    "an unquoted link": lambda html: re.search(r"href=[^\"'>]", html),
    "the same attribute twice": lambda html: re.search(r"href=\"[^>]* href=", html),
    "an entity in a scheme": lambda html: "&#104;ttps" in html,
    "a line end in a URL": lambda html: "l\namps" in html,
    "a link in a comment": lambda html: re.search("<!--[^>]*<a href", html),
    "a link in a style sheet": lambda html: re.search(r"<style>[^<]*<a href", html),
    "Outlook's button": lambda html: "<v:roundrect" in html,
    "a conditional comment without end": lambda html: "<!--[if mso]>" in html and "<![endif]" not in html,
    "a comment without end": lambda html: "<!--" in html and "-->" not in html,
    "an unfinished value": lambda html: re.search("href=['\"][^'\">]*$", html),
    "raw text without end": lambda html: "<textarea>" in html and "</textarea>" not in html,
    "two bodies": lambda html: html.count("<body>") > 1,
    "NUL": lambda html: "\0" in html,
    "a byte order mark": lambda html: html.startswith("\ufeff"),
    "a placeholder": lambda html: "{{" in html,
    "a link in SVG": lambda html: "<svg><a" in html,
    "a base": lambda html: "<base" in html,
    "nothing": lambda html: not html,
}


@pytest.mark.parametrize("form", HOSTILE)
def test_html_has_hostile_forms(form: str) -> None:
    assert found(testing.html_documents, HOSTILE[form])


@given(testing.html_documents())
def test_html_can_be_sent(html: str) -> None:
    assert html.encode().decode() == html


@given(testing.html_documents(damaged=False))
def test_html_that_is_not_damaged_ends_its_tags_and_comments(html: str) -> None:
    last = '<a href="https://shop.example/last">'
    rewritten = rewrite_html(html + last, click_url=lambda link: f"{link.url}!")
    assert rewritten.html.endswith('<a href="https://shop.example/last!">')


def test_smallest_html_with_a_link_is_a_small_link() -> None:
    html = smallest(testing.html_documents(), lambda html: bool(rewrite_html(html, click_url=lambda _: "x").links))
    assert html == '<a href="https://shop.example/">x</a>'


MIME: dict[str, Callable[[EmailMessage], object]] = {
    "a single part": lambda message: message.get_content_type() == "text/html",
    "alternatives": lambda message: message.get_content_type() == "multipart/alternative",
    "pictures": lambda message: message.get_content_type() == "multipart/related",
    "a signed message": lambda message: message.get_content_type() == "multipart/signed",
    "a message inside": lambda message: any(part.get_content_type() == "message/rfc822" for part in message.walk()),
    "an attachment": lambda message: any(part.get_content_disposition() == "attachment" for part in message.walk()),
    "one click to leave": lambda message: "List-Unsubscribe-Post" in message,
    "a signature": lambda message: "DKIM-Signature" in message,
    "a wish": lambda message: "X-LM-Override-Track-Opens" in message,
    "a defect": lambda message: message.defects,
}


@pytest.mark.parametrize("form", MIME)
def test_messages_have_every_form(form: str) -> None:
    assert found(testing.messages, lambda raw: MIME[form](parsed(raw)))


@pytest.mark.parametrize(
    "octets", [b"\r\n", b"base64", b"quoted-printable", b"x-uuencode", b"charset=utf-16", b"Track-Opens :"]
)
def test_messages_are_written_in_every_way(octets: bytes) -> None:
    assert found(testing.messages, lambda raw: octets in raw)


@pytest.mark.parametrize(
    "reason",
    [
        "attachment", "broken_encoding", "calendar", "charset", "encoding", "malformed", "message",
        "not_text", "plain_text", "signed",
    ],
)  # fmt: skip
def test_messages_have_parts_that_are_left_alone(reason: str) -> None:
    decision = resolve(Route(track_opens=True, track_clicks=True))
    domain = TrackingDomain("https://track.example", make_keys(b"a fixed key, for tests"))

    def left(raw: bytes) -> bool:
        tracked = track_message(raw, decision, domain=domain, message_id="letter-4471")
        return any(part.reason == reason for part in tracked.parts)

    assert found(testing.messages, left)


def test_smallest_message_with_a_link_is_small() -> None:
    assert len(smallest(testing.messages(), lambda raw: b"<a href" in raw)) < 400


@given(testing.messages(damaged=False))
def test_messages_that_are_not_damaged_have_no_defects(raw: bytes) -> None:
    for part in parsed(raw).walk():
        assert not part.defects


@given(testing.html_documents(damaged=False))
def test_html_tracks_nobody(html: str) -> None:
    assert not audit_html(html).findings


@given(testing.html_documents())
def test_damaged_html_tracks_nobody(html: str) -> None:
    assert audit_html(html).outcome in {AuditOutcome.CLEAN, AuditOutcome.NOT_PROVABLE}


def test_damage_makes_no_link_that_leads_to_another() -> None:
    lost = re.compile(r"<a href='https://shop\.example/lamps(?!')")
    damaged = [html for html in sample(testing.html_documents) if lost.search(html)]
    assert damaged
    for html in damaged:
        assert {finding.kind for finding in audit_html(html).findings}.isdisjoint({"redirector", "identifier"})


@given(testing.messages())
def test_damaged_messages_track_nobody(raw: bytes) -> None:
    assert audit_message(raw).outcome in {AuditOutcome.CLEAN, AuditOutcome.NOT_PROVABLE}


@given(testing.messages(damaged=False))
def test_messages_track_nobody(raw: bytes) -> None:
    assert not audit_message(raw).findings


def test_nothing_is_missed_where_hypothesis_is_missing() -> None:
    pytest.importorskip("lxml")
    code = """
import sys
sys.modules["hypothesis"] = None  # as if it were not installed
from lmtrack import testing
testing.assert_untracked("<p>Hello</p>")
for name in "consents decisions html_documents messages override_headers overrides routes user_agents".split():
    try:
        getattr(testing, name)()
    except ImportError as error:
        assert "lmtrack[testing]" in str(error), error
    else:
        raise SystemExit(name)
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)  # noqa: S603 - our own interpreter and code


def test_another_missing_module_is_named_as_it_is() -> None:
    @needs_hypothesis
    def make() -> SearchStrategy[int]:
        import nothing_of_the_kind  # type: ignore[import-not-found]  # noqa: F401, PLC0415

        return st.integers()

    with pytest.raises(ModuleNotFoundError, match="nothing_of_the_kind"):
        make()


def test_without_hypothesis_the_error_says_where_it_comes_from() -> None:
    @needs_hypothesis
    def make() -> SearchStrategy[int]:
        raise ModuleNotFoundError(name="hypothesis")

    with pytest.raises(ImportError, match=r"install lmtrack\[testing\]$") as caught:
        make()
    assert caught.value.name == "hypothesis"
