"""Programs make links of the URLs in a text, each with its own idea of where one ends: ours redirect all the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from lmtrack import (
    Consent,
    Route,
    TrackingDomain,
    click_url,
    handle_request,
    make_click_token,
    make_keys,
    read_tracking_url,
)

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = make_keys(b"a fixed key of tests, 32 octets.")
DOMAIN = TrackingDomain("https://track.shop.com", KEYS)
NOW = datetime(2026, 8, 1, tzinfo=UTC)
TOKEN = make_click_token(KEYS, "m-1", 0, url="https://shop.example/lamps", now=NOW)
URL = click_url(DOMAIN, TOKEN)

# What stands around a URL in texts.
AROUND = [
    "{}", "_{}_", "__{}__", "*{}*", "**{}**", "~~{}~~", "{0}|{0}", "{}<br>", "<{}>", "({})", "[{}]", "{}.", "{},",
    "{};",
    "{}!", "{}\u00a0next", "{}\u2028next", '"{}"', "'{}'", "\u201c{}\u201d", "{}\u2019s", "{}\u2026", "{}</p>",
    "{}&nbsp;x",
    "{}\u3002", "{}\u200b", "{}_)", "{}-", "{})*", "{}=20", "{}#top", "{}?utm_source=x", "`{}`", "See {} there",
    "<URL:{}>", "&lt;a href=&quot;{0}&quot;&gt;{0}&lt;/a&gt;", "<b>{}</b>",
]  # fmt: skip
# What programs of the npm registry made of these, run in November 2026: linkify-it 6.1.0, linkify-string 4.3.3,
# autolinker 4.1.5, anchorme 3.0.8, marked 18.2.1, markdown-it 15.0.3. Each ending of a link, and one that made it.
RECORDED = {
    "": "all",
    "#top": "all",
    "%20": "all",
    "%5D": "marked",
    "%7C{}": "marked, markdown-it",
    "%E2%80%8B": "marked, markdown-it",
    "%E2%80%99s": "marked",
    "%E2%80%9D": "marked",
    "%E2%80%A6": "marked",
    "%E3%80%82": "marked",
    "&nbsp;x": "linkify-it, linkify-string, anchorme, marked, markdown-it",
    ")*": "linkify-string, autolinker",
    "*": "linkify-it, linkify-string, autolinker",
    "**": "linkify-it, linkify-string, autolinker",
    "-": "all",
    "</p>": "linkify-string",
    "<br>": "linkify-string",
    "=20": "all",
    "?utm_source=x": "all",
    "_": "linkify-it, linkify-string, autolinker, anchorme, markdown-it",
    "__": "linkify-string, autolinker, anchorme, markdown-it",
    "`": "linkify-string",
    "|{}": "linkify-it, linkify-string, autolinker",
    "~~": "linkify-string, autolinker, anchorme, markdown-it",
    "\u200b": "linkify-it, linkify-string",
    "\u2019s": "linkify-string",
    "\u201d": "linkify-string",
    "\u2026": "linkify-string",
    "\u3002": "linkify-string",
}


@pytest.mark.parametrize("ending", RECORDED)
def test_what_programs_made_of_a_link_redirects(ending: str) -> None:
    target = URL + ending.format(URL)
    assert read_tracking_url(target, domain=DOMAIN, now=NOW).message_id == "m-1"
    response = handle_request(
        method="GET",
        target=target,
        headers=[],
        domain=DOMAIN,
        route=Route(track_clicks=True),
        consent=lambda _: Consent.GRANTED,
        now=NOW,
    ).response
    assert (response.status, dict(response.headers)["Location"]) == (302, "https://shop.example/lamps")


def _urlize(text: str) -> str:
    return str(import_module("django.utils.html").urlize(text))


def _markdown_it(text: str) -> str:
    pytest.importorskip("linkify_it")
    made: Any = import_module("markdown_it").MarkdownIt("commonmark", {"linkify": True})
    return str(made.enable("linkify").render(text))


def _mistune(text: str) -> str:
    made: Any = pytest.importorskip("mistune")
    return str(made.create_markdown(plugins=["url"])(text))


def _bleach(text: str) -> str:
    made: Any = pytest.importorskip("bleach")
    return str(made.linkify(text))


def _magiclink(text: str) -> str:
    pytest.importorskip("pymdownx")
    made: Any = import_module("markdown")
    return str(made.markdown(text, extensions=["pymdownx.magiclink"]))


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("link", [_urlize, _markdown_it, _mistune, _bleach, _magiclink])
def test_what_a_program_makes_of_a_link_redirects(link: Callable[[str], str], around: str) -> None:
    for href in re.findall(r"""href=["']([^"']*)["']""", link(around.format(URL))):
        if href == "#harmful-link" or href.startswith("URL:"):  # `<URL:...>` has another scheme to Markdown
            assert around == "<URL:{}>"
        elif link is _urlize and not href.startswith(f"{DOMAIN.base_url}/"):
            # Django 5.2 takes what is before a URL for the beginning of another host: no request comes from there.
            assert around in {"_{}_", "__{}__", "<URL:{}>", "&lt;a href=&quot;{0}&quot;&gt;{0}&lt;/a&gt;"}
        else:
            assert read_tracking_url(unescape(href), domain=DOMAIN, now=NOW).message_id == "m-1"
