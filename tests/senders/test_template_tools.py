"""Slots through the tools that templates pass: engines, inliners, minifiers, Markdown and MJML from PyPI.

On demand: `nox -s templates`. Elsewhere each test is skipped whose tool is missing.
"""

from __future__ import annotations

import importlib
import os
import re
from html import unescape
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pytest

from lmtrack import BadSlot, make_slots, rewrite_html, scan_html

if TYPE_CHECKING:
    from collections.abc import Callable

Foreign: TypeAlias = Any  # these tools have no types, or are not installed where types are checked

SLOTS: Final = make_slots(["name", "order", "photo", "leave"], nonce="5c0ffee1")
VALUES: Final = {
    "name": "Zoë & Bo <b@o>",
    "order": "A 7/9&x=1",
    "photo": "https://i.example/z.png",
    "leave": "https://shop.example/leave/4471?list=2&u=9",
}
NAME, ORDER, PHOTO, LEAVE = (SLOTS[name] for name in VALUES)
BODY: Final = (
    f"<p class='big' title='For {NAME}'>Dear {NAME},</p><img src='{PHOTO}' alt='{NAME}' width='90'>"
    f"<p><a href='https://shop.example/orders?number={ORDER}&amp;of=9'>Order {ORDER}</a>"
    f"<a href='{LEAVE}'>Leave</a></p>"
)
PAGE: Final = (
    f"<!DOCTYPE html><html><head><title>For {NAME}</title><style>.big{{font-size:20px}}</style></head>"
    f"<body>{BODY}</body></html>"
)
MJML: Final = (
    f"<mjml><mj-head><mj-title>For {NAME}</mj-title></mj-head><mj-body><mj-section><mj-column>"
    f"<mj-text>Dear {NAME}, order {ORDER}</mj-text><mj-image src='{PHOTO}' alt='{NAME}' />"
    f"<mj-button href='https://shop.example/orders?number={ORDER}&amp;of=9'>Order {ORDER}</mj-button>"
    f"<mj-text><a href='{LEAVE}'>Leave</a></mj-text></mj-column></mj-section></mj-body></mjml>"
)
MARKDOWN: Final = (
    f"Dear {NAME},\n\n[Order {ORDER}](https://shop.example/orders?number={ORDER}&of=9) ![{NAME}]({PHOTO})\n\n"
    f"[Leave]({LEAVE})\n"
)


def imported(name: str) -> Foreign:
    """Return a tool; only in the session that installs them all is one that is missing an error."""
    strict = "LMTRACK_TEMPLATES" in os.environ  # noqa: TID251 - the ban is for the library
    return importlib.import_module(name) if strict else pytest.importorskip(name)


def jinja() -> str:
    engine = imported("jinja2").Environment(autoescape=True)
    page: Foreign = engine.from_string(re.sub(r"slot-5c0ffee1-(\w+)-slot", r"{{ slots.\1 }}", PAGE))
    return str(page.render(slots=SLOTS))


def liquid() -> str:
    page: Foreign = imported("liquid").Template(re.sub(r"slot-5c0ffee1-(\w+)-slot", r"{{ slots.\1 | escape }}", PAGE))
    return str(page.render(slots=SLOTS))


def django() -> str:
    template: Foreign = imported("django.template")
    page = template.Engine().from_string(re.sub(r"slot-5c0ffee1-(\w+)-slot", r"{{ slots.\1 }}", PAGE))
    return str(page.render(template.Context({"slots": SLOTS})))


def mustache() -> str:
    page = re.sub(r"slot-5c0ffee1-(\w+)-slot", r"{{ \1 }}", PAGE)
    return str(imported("chevron").render(page, SLOTS))


def css_inline() -> str:
    return str(imported("css_inline").inline(PAGE))


def premailer() -> str:
    return str(imported("premailer").transform(PAGE))


def soup() -> str:
    return str(imported("bs4").BeautifulSoup(PAGE, "html.parser"))


def mrml() -> str:
    made: Foreign = imported("mjml").mjml2html(MJML)
    return str(getattr(made, "content", made))


def markdown_it() -> str:
    return str(imported("markdown_it").MarkdownIt().render(MARKDOWN))


def mistune() -> str:
    return str(imported("mistune").html(MARKDOWN))


def python_markdown() -> str:
    return str(imported("markdown").markdown(MARKDOWN))


TOOLS: Final[list[Callable[[], str]]] = [
    jinja, liquid, django, mustache, css_inline, premailer, soup, mrml, markdown_it, mistune, python_markdown,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")  # the tools' own
@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.__name__)
def test_what_a_tool_leaves_is_filled_as_it_would_be_before_it(tool: Callable[[], str]) -> None:
    result = rewrite_html(
        scan_html(tool(), slots=SLOTS), values=VALUES, click_url=lambda link: f"https://t.example/{link.url}"
    )
    assert "slot-5c0ffee1" not in result.html
    assert result.unfilled == ()
    shown = unescape(result.html)
    assert shown.count(VALUES["name"]) >= 2
    assert f"Order {VALUES['order']}" in shown
    assert [link.url for link in result.links] == ["https://shop.example/orders?number=A%207%2F9%26x%3D1&of=9"]
    assert [str(reason) for _, reason in result.skipped] == ["personal"]  # a whole URL, and no host is named
    assert VALUES["leave"] in shown
    assert VALUES["photo"] in shown


def test_a_minifier_that_takes_quotes_away_leaves_no_safe_place() -> None:
    minified = str(imported("minify_html").minify(PAGE))
    with pytest.raises(BadSlot, match="an attribute without quotes: put the attribute's value in quotes"):
        scan_html(minified, slots=SLOTS)


# Spellings that an engine fills by itself are left by the pass before it where they are marked as not its own.
SPELLINGS: Final = {
    "{{ name }}": "{{ name }}", "{{name}}": "{{name}}", "*|NAME|*": "*|NAME|*", "%name%": "%name%",
    "<%= name %>": "<%= name %>", "{contact.name}": "{contact.name}", "[[name]]": "[[name]]", "${name}": "${name}",
    "{{ name | default: 'x' }}": "{{ name | default: 'x' }}", "@NAME@": "@NAME@", "$[NAME]$": "$[NAME]$",
    "%%=v(@name)=%%": "%%=v(@name)=%%", "{$name}": "{$name}", "[NAME]": "[NAME]", "{!name}": "{!name}",
}  # fmt: skip


@pytest.mark.parametrize("marker", SPELLINGS)
def test_every_spelling_is_a_slot_in_text_title_attribute_and_url(marker: str) -> None:
    quote = '"' if "'" in marker else "'"
    page = (
        f"<title>{marker}</title><p title={quote}{marker}{quote}>Dear {marker}</p>"
        f"<a href={quote}https://shop.example/?q={marker}&amp;b=1{quote}>Q</a>"
    )
    result = rewrite_html(scan_html(page, slots={"name": marker}), values={"name": "Ann & <b>"})
    attribute = "Ann &amp; &lt;b&gt;"
    assert result.html == (
        f"<title>{attribute}</title><p title={quote}{attribute}{quote}>Dear {attribute}</p>"
        f"<a href={quote}https://shop.example/?q=Ann%20%26%20%3Cb%3E&amp;b=1{quote}>Q</a>"
    )
    assert result.unfilled == ()
