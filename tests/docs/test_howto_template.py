"""The page on rewriting a template: what it renders is the mail that tracking would give."""

from __future__ import annotations

from typing import Any, Final

import pytest

from howto_pages import run_page
from lmtrack import Consent, Decision, Override, Route, TrackingMode, resolve, scan_html, track_html
from sent_letters import DOMAIN, GRANTED, NEWSLETTER, NOON, ROUTE


@pytest.fixture
def template_page() -> dict[str, Any]:
    pytest.importorskip("jinja2")
    return run_page("rewrite-a-template.md")


ANSWERS: Final = {
    "both": resolve(ROUTE, consent=Consent.GRANTED),
    "opens": resolve(ROUTE, Override(track_clicks=False), consent=Consent.GRANTED),
    "clicks": resolve(ROUTE, Override(track_opens=False), consent=Consent.GRANTED),
    "neither": resolve(ROUTE, consent=Consent.UNKNOWN),
}


@pytest.mark.parametrize("decision", ANSWERS.values(), ids=ANSWERS)
def test_a_rewritten_template_gives_the_mail_that_tracking_it_would(
    template_page: dict[str, Any], decision: Decision
) -> None:
    html = NEWSLETTER.read_text(encoding="utf-8")
    document = template_page["document"] = scan_html(html)
    links = template_page["rewrite_html"](document, click_url=lambda _: None, policy=template_page["policy"]).links
    destinations = {link.index: link.url for link in links}
    template_page["urls"] = [destinations[index] for index in sorted(destinations)]
    flags = [(opens, clicks) for opens in (False, True) for clicks in (False, True)]
    template_page["templates"] = {pair: template_page["compile_for"](*pair) for pair in flags}
    tracked = track_html(html, decision, domain=DOMAIN, message_id="m-1", now=NOON)
    assert template_page["render"]("m-1", decision, now=NOON) == tracked.html


def test_a_decision_for_aggregate_tokens_puts_no_id_into_a_mail(template_page: dict[str, Any]) -> None:
    route = Route(track_opens=True, track_clicks=True, require_consent=True, without_consent=TrackingMode.AGGREGATE)
    fields = {"name": "Ann", "evening": "<b>songs</b>", "order": 17, "who": 4471}
    html = template_page["render"]("m-1", resolve(route, consent=Consent.UNKNOWN), **fields)
    assert "track.example" not in html
    assert "&lt;b&gt;songs&lt;/b&gt;" in html


def test_a_forgotten_field_is_an_error(template_page: dict[str, Any]) -> None:
    undefined = pytest.importorskip("jinja2").UndefinedError
    with pytest.raises(undefined):
        template_page["render"]("m-1", GRANTED, name="Ann", evening=None, order=17)
