"""Opt-out attributes: which there are, what they do, and how they are taken out."""

from __future__ import annotations

import pytest
from html5lib._tokenizer import HTMLTokenizer
from html5lib.constants import tokenTypes
from hypothesis import example, given, strategies as st

from lmtrack import LinkPolicy, rewrite_html, verify_rewrite
from lmtrack._linking.optout_attributes import HINTS, REMOVABLE
from page_cases import PIXEL, SHOP, decoded, numbered
from strategies import link_tags


@pytest.mark.parametrize(
    "attribute",
    [
        "data-lm-no-track",
        "DATA-LM-NO-TRACK=''",
        "data-lm-no-track=false",
        "data-pm-no-track",
        "ses:no-track",
        "ses:no-track=''",
        "mc:disable-tracking",
        "disable-tracking=true",
        'Disable-Tracking=" TRUE "',
        "clicktracking=off",
        "clicktracking='&#111;ff'",
        "clicktracking=OFF",
        'data-msys-clicktrack="0"',
        "data-lm-no-track title='label tag linkname'",
        "clicktracking=off class=x",
    ],
)
def test_each_vendors_attribute_opts_out(attribute: str) -> None:
    for html in (f"<a {attribute} href='https://a.example/'>", f'<area href="https://a.example/" {attribute}>'):
        result = rewrite_html(html + SHOP, click_url=numbered)
        assert [(link.url, reason) for link, reason in result.skipped] == [("https://a.example/", "opt_out")]
        assert [link.index for link in result.links] == [0]


@pytest.mark.parametrize(
    "attribute",
    [
        "disable-tracking",
        "disable-tracking=false",
        "clicktracking=on",
        "clicktracking",
        "clicktracking=on clicktracking=off",
        "clicktracking='\u00a0off'",
        "class=x class=untracked",
        "data-msys-clicktrack=1",
        "data-msys-clicktrack",
        "no-track",
        "title='data-lm-no-track'",
        "data-lm-no-track-x",
    ],
)
def test_other_attributes_and_values_do_not(attribute: str) -> None:
    result = rewrite_html(f"<a {attribute} href='https://a.example/'>", policy=LinkPolicy(strip_opt_out="all"))
    assert len(result.links) == 1
    assert result.edits == ()


def test_opt_out_counts_inside_conditional_comments_and_on_vml() -> None:
    mail = SHOP + "<!--[if mso]><v:rect href='https://a.example/' data-lm-no-track></v:rect><![endif]-->"
    result = rewrite_html(mail, click_url=numbered)
    assert [reason for _, reason in result.skipped] == ["opt_out"]
    assert result.html.endswith("<!--[if mso]><v:rect href='https://a.example/'></v:rect><![endif]-->")


@pytest.mark.parametrize(
    ("written", "own", "everything"),
    [
        ("<a data-lm-no-track href=x:y>", "<a href=x:y>", "<a href=x:y>"),
        ("<a href=x:y data-lm-no-track>", "<a href=x:y>", "<a href=x:y>"),
        ("<a href=x:y data-lm-no-track/>", "<a href=x:y />", "<a href=x:y />"),
        ("<a href=x:y data-lm-no-track=1/>", "<a href=x:y>", "<a href=x:y>"),
        ("<a href=x:y\n\tdata-lm-no-track = '1' >", "<a href=x:y >", "<a href=x:y >"),
        ('<a data-lm-no-track=""href="x:y">', '<a href="x:y">', '<a href="x:y">'),
        ('<a href="x:y"data-lm-no-track title=z>', '<a href="x:y" title=z>', '<a href="x:y" title=z>'),
        ('<a href=x:y data-lm-no-track=""title=z>', "<a href=x:y title=z>", "<a href=x:y title=z>"),
        ("<a/data-lm-no-track/href=x:y>", "<a//href=x:y>", "<a//href=x:y>"),
        ('<a href="x:y"/data-lm-no-track>', '<a href="x:y">', '<a href="x:y">'),
        ("<a href=x:y/ data-lm-no-track>", "<a href=x:y/>", "<a href=x:y/>"),
        ("<a href=x:y data-lm-no-track data-lm-no-track=2>", "<a href=x:y>", "<a href=x:y>"),
        ("<a data-lm-no-track ses:no-track href=x:y>", "<a ses:no-track href=x:y>", "<a href=x:y>"),
        ("<a clicktracking=off href=x:y>", "<a clicktracking=off href=x:y>", "<a href=x:y>"),
        ("<a clicktracking=off clicktracking=on href=x:y>", None, "<a href=x:y>"),
        ("<a clicktracking=on href=x:y>", None, None),
        ("<a href=x:y data-lm-no-track/ses:no-track/>", "<a href=x:y /ses:no-track/>", "<a href=x:y //>"),
        ('<a href="x:y"/data-lm-no-track/data-lm-no-track>', '<a href="x:y">', '<a href="x:y">'),
        ('<a href="x:y" / data-lm-no-track/data-lm-label=1>', '<a href="x:y">', '<a href="x:y">'),
        ('<a href="x:y"data-lm-no-track=""ses:no-track/>', '<a href="x:y"ses:no-track/>', '<a href="x:y"/>'),
        ('<a data-lm-no-track data-lm-no-track="" =z href=x:y>', None, None),
        ('<a download data-lm-no-track="" =z href=x:y>', None, None),
        ('<a download data-lm-no-track=""=z href=x:y>', None, None),
    ],
)
def test_an_opt_out_attribute_goes_without_a_trace(written: str, own: str | None, everything: str | None) -> None:
    for choice, expected in (("own", own), ("all", everything), ("none", None)):
        policy = LinkPolicy(strip_opt_out=choice)  # type: ignore[arg-type]
        result = rewrite_html(written + SHOP, click_url=numbered, policy=policy)
        assert result.html.removesuffix('<a href="https://t.example/0">Shop</a>') == (expected or written)


def test_a_hint_is_part_of_every_mark() -> None:
    assert all(any(hint in name for hint in HINTS) for name in REMOVABLE)


@given(link_tags(), st.sampled_from(["own", "all", "none"]))
@example("<a download data-lm-no-track='' =x href='https://shop.example/0'>", "own")
@example("<a href='https://shop.example/0'/data-lm-no-track>", "own")
@example("<a href='https://shop.example/0'/data-lm-no-track/data-lm-no-track>", "own")
@example("<a href='https://shop.example/0' data-lm-no-track / data-lm-no-track data-lm-no-track/>", "own")
def test_removing_attributes_leaves_the_rest_of_the_tag_as_parsers_read_it(tag: str, choice: str) -> None:
    policy = LinkPolicy(strip_opt_out=choice)  # type: ignore[arg-type]
    source = SHOP + tag
    result = rewrite_html(source, click_url=lambda link: link.url if link.start else PIXEL, policy=policy)
    assert not verify_rewrite(source, result.html)
    before, after = tags(source)[1:], tags(result.html)[1:]
    gone = REMOVABLE if choice == "all" else {"data-lm-no-track", "data-lm-label"} if choice == "own" else {}
    assert len(before) == len(after)
    for (name, attributes, closed), (new_name, new_attributes, new_closed) in zip(before, after, strict=True):
        assert (name, closed) == (new_name, new_closed)
        removed = attributes.keys() - new_attributes.keys()
        assert removed <= set(gone)
        assert {key: value for key, value in attributes.items() if key not in removed | {"href"}} == {
            key: value for key, value in new_attributes.items() if key != "href"
        }
        if choice != "none" and "data-lm-no-track" in new_attributes:
            is_link = name in {"a", "area"} and "href" in attributes
            assert not is_link or any(key.startswith("=") for key in attributes)


def tags(html: str) -> list[tuple[str, dict[str, str], bool]]:
    """The start tags that html5lib's tokeniser reads: name, attributes, whether it closes itself."""
    return [
        (str(token["name"]), dict(token["data"]), bool(token["selfClosing"]))  # type: ignore[arg-type]
        for token in HTMLTokenizer(decoded(html))
        if token["type"] == tokenTypes["StartTag"]
    ]
