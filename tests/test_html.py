"""Edits, and links: which are found, how their values are written, and how they are counted."""

from __future__ import annotations

import pytest

from lmtrack import LinkPolicy, read_click_token, revert_html, rewrite_html, scan_html, track_html, untrack_html
from lmtrack.links import Edit, Link
from page_cases import BOTH, CLICKS, DOMAIN, KEYS, NONE, SHOP, hrefs, numbered, track, vml

# Edits: the value, the pixel, the attribute; everything else stays.


def test_only_the_value_of_href_changes() -> None:
    mail = (
        "<!DOCTYPE HTML>\r\n<P CLASS=x\tTitle = 'é'>"
        "<A\nHREF = 'https://shop.example/?a&amp;b' Target=_blank >Shop</A\n>"
        "&nbsp;\0</p"
    )
    result = rewrite_html(mail, click_url=numbered)
    assert result.html == mail.replace("https://shop.example/?a&amp;b", "https://t.example/0")
    assert result.edits == (Edit(mail.index("https"), "https://shop.example/?a&amp;b", "https://t.example/0"),)


def test_nothing_to_do_gives_the_very_same_object() -> None:
    mail = f"<p>{SHOP}</p>"
    document = scan_html(mail)
    assert rewrite_html(mail).html is mail
    assert rewrite_html(mail, click_url=lambda _: None).html is mail
    assert rewrite_html(mail, click_url=lambda link: link.url).html is mail
    assert track(mail, NONE).html is mail
    assert track(document, NONE).html is mail
    assert track("<p>mailto", CLICKS).edits == ()
    assert untrack_html(mail, domain=DOMAIN) is mail


def test_where_no_link_is_tracked_no_attribute_is_removed() -> None:
    mail = '<a data-lm-no-track href="https://shop.example/">x'
    assert track(mail, CLICKS).html is mail
    assert track(mail, NONE).html is mail
    assert rewrite_html(mail, click_url=numbered).html is mail
    two = mail + SHOP
    assert rewrite_html(two, click_url=lambda _: None).html is two
    assert track(mail, BOTH).html.startswith(mail)


def test_edits_are_in_order_of_the_source_and_undo_exactly() -> None:
    mail = f"<body>{SHOP}<a data-lm-no-track href=https://a.example>x</a>{SHOP}</body>"
    result = track(mail)
    offsets = [edit.offset for edit in result.edits]
    assert len(offsets) == 4
    assert offsets == sorted(offsets)
    assert [mail[edit.offset : edit.offset + len(edit.old)] for edit in result.edits] == [e.old for e in result.edits]
    assert revert_html(result.html, result.edits) == mail
    assert revert_html(result.html, list(result.edits)) == mail


@pytest.mark.parametrize(
    ("html", "edits"),
    [
        ("abc", [Edit(1, "x", "q")]),
        ("abc", [Edit(4, "", "")]),
        ("abc", [Edit(-1, "x", "a")]),
        ("abc", [Edit(1, "x", "b"), Edit(0, "y", "a")]),
        ("abc", [Edit(0, "xyz", "a"), Edit(1, "x", "b")]),
        ("abc", [Edit(2, "x", "cd")]),
    ],
)
def test_edits_that_do_not_fit_are_refused(html: str, edits: list[Edit]) -> None:
    with pytest.raises(ValueError, match=r"^the edits do not fit this document$"):
        revert_html(html, edits)


def test_what_was_taken_from_the_end_comes_back() -> None:
    assert revert_html("abc", [Edit(3, "x", "")]) == "abcx"


# Which links.


@pytest.mark.parametrize(
    "html",
    [
        "<a href={}>",
        "<a/href={}>",
        '<a x="1"href="{}">',
        "<A HREF='{}'>",
        "<a\thref\n=\r\n{}\f>",
        "<a href='{}' href='https://late.example/'>",
        "<a ='' href={}>",
        "<area href={}>",
        "<noscript><a href={}></noscript>",
        "</html><a href={}>",
        "<svg><a href={}></svg>",
        "<math><mtext><a href={}>",
        "<!--[if !mso]><!--><a href={}><!--<![endif]-->",
        "<![if !mso]><a href={}><![endif]>",
        "<!--><a href={}>-->",
        "<!---><a href={}>-->",
        "<!----!><a href={}>-->",
        "<!x><a href={}>",
        "<? x ?><a href={}>",
        "</ x><a href={}>",
        "<title></title><a href={}>",
        "<script><!--<script></script></script>--></script><a href={}>",
        "<script><!--></script><a href={}>",
        "<svg><title><a href={}></title></svg>",
        "<svg><style><a href={}></style></svg>",
        "<a href={} <b>",
        "<p <a href={}>",
        "< a><a href={}>",
        "<!--[if mso]><a href={}><![endif]-->",
        "<!--[if mso]><AREA href={}><![endif]-->",
        "<!--[if gte mso 9]><v:rect href='{}'></v:rect><![endif]-->",
        "<!--[if (gte mso 9)|(IE)]><v:roundrect href='{}'></v:roundrect><![endif]-->",
        "<!--[IF MSO]><V:OVAL HREF={}><![endif]-->",
        "<!--[if mso]><v:fill href='x'/><v:image href='{}'><![endif]-->",
        '<!--[if mso]><v:rect href="{}" style="x"><center>Buy</center></v:rect><![endif]-->',
        '<!--[if mso]><a href="{}">Buy</a><![endif]-->',
        '<!--[if mso]>Buy <v:rect href="{}"/> now <i title="-->',
        '<!--[if mso]><!x><style>a{}</style><![if x]></ y><a href="{}"><![endif]-->'.replace("a{}", "a"),
        "<!--[if mso]><script>x</script><AREA HREF='{}'><![endif]-->",
        "<svg><b></svg><!-- x --><p><a href={}>",
        "<svg></svg><!--[if mso]><v:rect href='{}'><![endif]-->",
    ],
)
def test_links_live_or_for_outlook_are_found(html: str) -> None:
    url = "https://shop.example/x"
    source = html.replace("{}", url)
    if "<p <a" in source:  # `<` in a tag is an attribute's name
        assert rewrite_html(source).links == ()
        return
    result = rewrite_html(source, click_url=lambda _: "https://t.example/0")
    assert [link.url for link in result.links] == [url]
    assert result.html == source.replace(url, "https://t.example/0")


@pytest.mark.parametrize(
    "html",
    [
        "<!-- <a href={}> -->",
        "<!--[if IE]><a href={}><![endif]-->",
        "<!--[if !mso]><!--x--><!--<a href={}>--><![endif]-->",
        "<!--[if mso]><v:fill href='{}'/><v:imagedata href='{}'/><![endif]-->",
        "<!--[if mso]><!-- <a href={}> --><![endif]-->",
        "<!--[if mso]><style><a href={}></style><![endif]-->",
        "<!--[if mso]><style><a href={}><![endif]-->",
        "<!--[if mso]>href<![endif]-->",
        "<!--[if mso]><![endif]--><!-- <a href={}> -->",
        '<!--[if IE]><a href="{}"><![endif]-->',
        '<!--[if mso]><v:fill href="{}"><v:imagedata href="{}"/><![endif]-->',
        '<!--[if mso]><!-- <v:rect href="{}"> --><![endif]-->',
        "<!--[if mso]><a href={}",
        "<script><a href={}></script>",
        "<style><a href={}></style>",
        "<title><a href={}></title>",
        "<textarea><a href={}></textarea>",
        "<xmp><a href={}></xmp>",
        "<iframe><a href={}></iframe>",
        "<noembed><a href={}></noembed>",
        "<noframes><a href={}></noframes>",
        "<plaintext><a href={}>",
        "<script><!--<script></script><a href={}>--></script>",
        "<title/><a href={}>",
        "<v:rect href={}></v:rect>",
        "<link href={}>",
        "<base href={}>",
        "<abbr href={}>",
        "<a xlink:href={}>",
        "<a data-href={}>",
        "<a x=1href={}>",
        "<form action={}>",
        "<svg><area href={}></svg>",
        "<a href='{}",
        "<a href={}",
        "<svg><![CDATA[<a href={}>]]></svg>",
        "<a title='<a href={}>'>",
    ],
)
def test_what_is_no_link_is_left(html: str) -> None:
    source = html.replace("{}", "https://shop.example/x")
    result = rewrite_html(source, click_url=numbered)
    assert result.html is source
    assert result.links == ()


def test_a_later_href_of_a_tag_stays() -> None:
    mail = "<a href='https://a.example/' HREF='https://b.example/'>"
    assert rewrite_html(mail, click_url=numbered).html == "<a href='https://t.example/0' HREF='https://b.example/'>"


def test_conditional_links_are_left_out_on_demand() -> None:
    mail = f"<!--[if mso]><v:rect data-lm-no-track href='https://shop.example/'><![endif]-->{SHOP}"
    policy = LinkPolicy(track_conditional=False)
    result = rewrite_html(mail, click_url=numbered, policy=policy)
    assert result.html == mail.replace(SHOP, SHOP.replace("https://shop.example/", "https://t.example/0"))
    assert [link.conditional for link in result.links] == [False]
    assert result.skipped == ()
    assert [link.conditional for link, _ in rewrite_html(mail).skipped] == [True]


def test_links_say_where_they_stand() -> None:
    mail = f"{SHOP}<area href=https://b.example><!--[if mso]><v:Rect href='https://c.example/'><![endif]-->"
    assert [(link.element, link.conditional) for link in rewrite_html(mail).links] == [
        ("a", False),
        ("area", False),
        ("v:rect", True),
    ]


# Values are written for the quotes they stand in.


@pytest.mark.parametrize(
    ("attribute", "url", "written"),
    [
        ('"{}"', "https://t.example/?a&b", '"https://t.example/?a&amp;b"'),
        ("'{}'", "https://t.example/?a&b", "'https://t.example/?a&amp;b'"),
        ("{}", "https://t.example/?a&b", "https://t.example/?a&amp;b"),
        ('"{}"', "{{ f(\"x\", 'y') }}", "\"{{ f(&quot;x&quot;, 'y') }}\""),
        ("'{}'", "{{ f(\"x\", 'y') }}", "'{{ f(\"x\", &#39;y&#39;) }}'"),
        ("{}", "{{ u3 }}", '"{{ u3 }}"'),
        ("{}", '{{"u3"}}', '"{{&quot;u3&quot;}}"'),
        ("{}", "a`b", '"a`b"'),
        ("{}", "a>b", '"a>b"'),
        ("{}", "", '""'),
        ("'{}'", "", "''"),
        ("{}", "*|URL|*", "*|URL|*"),
        ("{}", "https://t.example/0/", "https://t.example/0/"),
    ],
)
def test_a_new_value_is_escaped_for_its_quotes(attribute: str, url: str, written: str) -> None:
    mail = f"<a href={attribute.format('https://shop.example/')}>x</a>"
    result = rewrite_html(mail, click_url=lambda _: url)
    assert result.html == f"<a href={written}>x</a>"
    assert hrefs(result.html) == [url]


def test_a_bare_value_that_ends_in_a_slash_is_replaced_whole() -> None:
    assert rewrite_html("<a href=https://shop.example/>x", click_url=numbered).html == "<a href=https://t.example/0>x"


@pytest.mark.parametrize("url", ["https://a.example/?q=-->hello", "https://a.example/?q=--!><b>"])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_no_value_ends_the_conditional_comment_it_stands_in(url: str, quote: str) -> None:
    written = url.replace(">", "&gt;").replace("<", "&lt;")
    mail = f"<!--[if mso]><a href={quote}{written}{quote}>B</a><![endif]--><p>z</p>"
    tracked = track(mail, CLICKS)
    for html in (untrack_html(tracked.html, domain=DOMAIN), rewrite_html(mail, click_url=lambda link: link.url).html):
        assert html.count("-->") == html.count("--!>") + 1 == 1
        assert [link.url for link in rewrite_html(html).links] == [url]


# Indices.


def test_links_are_counted_after_the_policy_in_source_order() -> None:
    mail = f"{SHOP}<a href='mailto:x'>{SHOP}<area href=https://b.example><a href='/x'>{SHOP}"
    result = rewrite_html(mail)
    assert [link.index for link in result.links] == [0, 1, 2, 3]
    assert [link.index for link, _ in result.skipped] == [-1, -1]


def test_a_link_that_gets_no_url_keeps_its_index() -> None:
    result = rewrite_html(SHOP * 3, click_url=lambda link: None if link.index == 1 else numbered(link))
    assert hrefs(result.html) == ["https://t.example/0", "https://shop.example/", "https://t.example/2"]
    assert len(result.links) == 3
    assert len(result.edits) == 2


@pytest.mark.parametrize(
    ("mail", "indices"),
    [
        (vml("https://a.example/") + "<a href='https://a.example/'>", [0, 0]),
        ("<a href='https://a.example/'>" + vml("https://a.example/"), [0, 0]),
        ("<a href='https://b.example/'>" + vml("https://a.example/") + "<a href=https://a.example/>", [0, 1, 1]),
        ("<a href='https://a.example/?x&amp;y'>" + vml("&#104;ttps://a.example/?x&y"), [0, 0]),
        (vml("https://a.example/") + "<a href='https://b.example/'>", [0, 1]),
        (vml("https://a.example/") * 2, [0, 1]),
        (vml("https://a.example/") * 2 + "<a href='https://a.example/'>", [0, 0, 0]),
        # Three live twins: each drawn button goes by the one next to it.
        (
            "<a href='https://a.example/'>" + "x" * 99 + vml("https://a.example/") + "<a href='https://a.example/'>"
            "<a href='https://b.example/'>" + vml("https://a.example/") + "x" * 999 + "<a href='https://a.example/'>",
            [0, 1, 1, 2, 1, 3],
        ),
        ("<a data-lm-no-track href='https://a.example/'>" + vml("https://a.example/"), []),
        ("<a data-lm-no-track href='https://a.example/'>" + vml("https://b.example/"), [0]),
        (
            "<a data-lm-no-track href='https://a.example/'><a href='https://a.example/'>" + vml("https://a.example/"),
            [0, 0],
        ),
        ("<base href='https://a.example/'>" + vml("x") + "<a href='https://a.example/x'>", [0, 0]),
    ],
)
def test_a_button_drawn_twice_is_one_link(mail: str, indices: list[int]) -> None:
    result = track(mail, CLICKS)
    assert [link.index for link in result.links] == indices
    written = [edit.new for edit in result.edits if edit.new]
    assert len(set(written)) == len(set(indices))
    by_index = dict(zip(indices, written, strict=True))
    assert [by_index[index] for index in indices] == written


def test_the_live_twin_speaks_for_both() -> None:
    asked: list[Link] = []

    def destination(link: Link) -> str:
        asked.append(link)
        return link.url + "?utm_source=mail"

    mail = vml("https://a.example/") + "<a href='https://a.example/'>Buy</a>" + vml("https://b.example/")
    result = track_html(mail, CLICKS, domain=DOMAIN, message_id="m-1", destination=destination)
    assert [(link.index, link.conditional) for link in asked] == [(0, False), (1, True)]
    tokens = [edit.new.rsplit("/", 1)[1] for edit in result.edits]
    assert [read_click_token(KEYS, token).url for token in tokens] == [
        *("https://a.example/?utm_source=mail",) * 2,
        "https://b.example/?utm_source=mail",
    ]


def test_a_token_counts_to_65535_and_later_links_are_left() -> None:
    one = "<a href=https://a.example/>"
    late = "<!--[if mso]><v:rect href='https://a.example/'><![endif]-->"
    mail = (
        one * 65_536
        + "<a href=mailto:x><a href=https://b.example/>"
        + late
        + "<a href='https://b.example/?2'>"
        + vml("x:y")
    )
    document = scan_html(mail)
    result = track_html(document, CLICKS, domain=DOMAIN, message_id="m-1", destinations="by_id")
    assert [link.index for link in result.links] == [*range(65_536), 65_535]
    assert [(link.url, reason, link.index) for link, reason in result.skipped] == [
        ("mailto:x", "scheme", -1),
        ("https://b.example/", "too_many", -1),
        ("https://b.example/?2", "too_many", -1),
        ("x:y", "scheme", -1),
    ]
    assert len(result.edits) == 65_537
    assert revert_html(result.html, result.edits) == mail
    assert track(result.html, CLICKS).html is result.html
