from __future__ import annotations

import re

import pytest
from hypothesis import given, strategies as st

from lmtrack import LinkPolicy, rewrite_html, verify_rewrite
from lmtrack._linking.placeholders import IN_TEXT, MARKERS, begins_with_placeholder, is_placeholder
from lmtrack.links import SkipReason, skip_reason

# Spelling -> the whole placeholder. By the row of the table that is for it.
WHOLE = [
    "{{ url }}", "{{url}}", "{{{ raw }}}", "{{ x | default: 'a b' }}", "{% if a %}", "{# note #}", "<%= url %>",
    "<% x %>",
    "*|URL|*", "%%=RedirectTo(@u)=%%", "%%first_name%%", "${url}", "${object.partner_id.email}", "[[data:url]]",
    "[[name]]",
    "[% member:email %]", "%name%", "%recipient.name%", "%date%", "%base_url%", "%campaign%", "%unsubscribe_url%",
    "%(order)s", "%(count)d", "{0}", "{}", "{contactfield=id}", "{contactfield=email|true}", "{contact.id}", "{order}",
    "{$id}", "{$smarty.now}", "{!email}", "{unsubscribe_url}", "{user:name}", "{date_format=Y-m}", "[subscriber:id]",
    "[subscriber:firstname | default:you]", "[Name,fallback=friend]", "$[EMAIL]$",
]  # fmt: skip
# Only as a whole value, or as the whole URL.
AS_A_VALUE = ["[EMAIL]", "[UNSUBSCRIBEURL]", "[Email]", "[USERID]", "@EMAIL@", "@FIRST_NAME@"]
ESCAPED = ["%7B%7Bname%7D%7D", "%7b%7bname%7d%7d", "%7B%7B%20name%20%7D%7D", "%2A%7CEMAIL%7C%2A", "%5B%5Bname%5D%5D",
           "%3C%25= url %25%3E", "%24%7Bname%7D", "%7B%25 x %25%7D"]  # fmt: skip
NONE = [
    "https://shop.example/%C3%BC", "https://shop.example/%C3%BC%C3%A4", "https://shop.example/%FCber%20uns",
    "https://shop.example/50%25-off%21", "https://shop.example/%abcdef%ab", "https://shop.example/?$filter=price",
    "https://shop.example/?$name", "https://shop.example/?f[0]=red&f[1]=oak", "https://shop.example/?filter[Colour]=red",
    "https://shop.example/?a=[x]", "https://shop.example/?a=[1]", "https://shop.example/?a[]=b",
    "https://shop.example/?id={3F2504E0-4F89-11D3-9A0C-0305E82C3301}",
    "https://shop.example/{3f2504e0-4f89-11d3-9a0c-0305e82c3301}/x", "https://[fe80::1]/", "https://[abcd::1]:80/x",
    "https://shop.example/@ann", "https://shop.example/@ann/x@2x.png", "https://shop.example/*/x|y", "https://shop.example/a*b",
    "https://shop.example/?q=(a)s", "https://shop.example/a%20{", "https://shop.example/}{", "https://shop.example/?r=100%d1",
    "https://shop.example/%5Bx%5D", "https://shop.example/%7Bx", "",
]  # fmt: skip


@pytest.mark.parametrize("marker", WHOLE)
def test_a_placeholder_is_one_wherever_it_stands(marker: str) -> None:
    for url in (marker, f"https://shop.example/{marker}", f"https://shop.example/?a={marker}&b=c", f"{marker}/x"):
        assert is_placeholder(url)
        assert skip_reason(url, LinkPolicy()) is SkipReason.PLACEHOLDER
    assert begins_with_placeholder(f"{marker}/x")


@pytest.mark.parametrize("marker", AS_A_VALUE)
def test_some_are_one_as_a_whole_value_only(marker: str) -> None:
    for url in (
        marker,
        f"https://x.example/?u={marker}",
        f"https://x.example/?u={marker}&a",
        f"https://x.example/{marker}/",
    ):
        assert is_placeholder(url)
    for url in (f"https://x.example/?{marker}=a", f"https://x.example/?a=b{marker}", f"https://x.example/?a={marker}b"):
        assert not is_placeholder(url)


@pytest.mark.parametrize("marker", ESCAPED)
def test_percent_escaped_signs_show_one_too(marker: str) -> None:
    assert is_placeholder(f"https://shop.example/?u={marker}")


@pytest.mark.parametrize("url", NONE)
def test_what_only_looks_like_one_is_none(url: str) -> None:
    assert not is_placeholder(url)
    assert not begins_with_placeholder(url)


def test_every_row_of_the_table_is_shown_by_an_example() -> None:
    for marker in MARKERS:
        opening = re.compile(marker.opening, re.VERBOSE)
        whole = re.compile(marker.whole or marker.opening, re.VERBOSE)
        assert any(opening.search(f"={example}") or opening.match(example) for example in WHOLE + AS_A_VALUE), marker
        assert any(whole.search(f"={example}") for example in WHOLE + AS_A_VALUE), marker


PIECES = st.sampled_from(
    [*WHOLE, *AS_A_VALUE, *ESCAPED, "https://x.example/", "?a=", "&", "/", "{", "}", "[", "]", "%"]
)


@given(st.lists(PIECES | st.text("ab%{}[]$*|@#/?=&<>.", max_size=4), max_size=5).map("".join))
def test_whatever_is_called_a_placeholder_is_protected_by_verify(url: str) -> None:
    html = '<a href="{}">x</a>'
    before = html.format(url.replace("&", "&amp;").replace('"', "&quot;"))
    assert rewrite_html(before, click_url=lambda _: "https://t.example/0").html != html.format(
        "https://t.example/0"
    ) or (not is_placeholder(url.strip()))
    if is_placeholder(url.strip()):
        findings = verify_rewrite(before, html.format("https://t.example/0"))
        assert [finding.kind for finding in findings] == ["link_changed"]


@pytest.mark.parametrize("unit", ["{", "{{", "%(", "%", "[", "{a=", "{a.b", "[a:", "%a", "@A", "{#", "[%", "%%=", "$["])
def test_rows_of_unfinished_ones_are_read_in_linear_time(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    is_placeholder(text)
    re.compile(IN_TEXT, re.VERBOSE).search(text)
    begins_with_placeholder(text)
