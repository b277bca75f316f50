"""The pixel: how its tag is written, where it stands, and when there is one already."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import assume, example, given, strategies as st

from lmtrack import (
    make_keys,
    make_open_token,
    open_url,
    pixel_tag,
    revert_html,
    rewrite_html,
    scan_html,
    track_html,
    untrack_html,
)
from lmtrack.html import PixelPosition
from lmtrack.links import Edit
from page_cases import (
    AGGREGATE,
    BOTH,
    CAMPAIGN,
    CLICKS,
    DELIVERABILITY,
    DOMAIN,
    KEYS,
    LATER,
    NOW,
    OFF,
    OPENS,
    PIXEL,
    SHOP,
    decision_for,
    decoded,
    images,
    track,
)
from strategies import LINK_DOCUMENTS


def test_the_tag_of_a_pixel_is_the_printed_one_with_its_url_escaped() -> None:
    assert pixel_tag('https://t.example/o/x?a&"b"') == (
        '<img src="https://t.example/o/x?a&amp;&quot;b&quot;" width="1" height="1" '
        'style="display:block!important;width:1px!important;height:1px!important;min-width:0!important;'
        'min-height:0!important;border:0!important;margin:0!important;padding:0!important" alt="">'
    )


@pytest.mark.parametrize(
    ("end", "start"),
    [
        ("<html><body>x$</body></html>", "<html><body>$x</body></html>"),
        ("<BODY CLASS='>'>x$</BODY\n></HTML>", "<BODY CLASS='>'>$x</BODY\n></HTML>"),
        ("<body>x</body>y<body>z$</body>", "<body>$x</body>y<body>z</body>"),
        ("<body>x$</body>y</html>z", "<body>$x</body>y</html>z"),
        ("<head></head>x$</html>y", "<head></head>$x</html>y"),
        ("<head></head></head>x$", "<head></head>$</head>x"),
        ("x</html>y$</html>z", "x</html>y$</html>z"),
        ("x$", "x$"),
        ("$", "$"),
        ("x<!-- </body> -->$", "x<!-- </body> -->$"),
        ("x<script>'</body>'</script>$", "x<script>'</body>'</script>$"),
        ("x<p title='</body>'>$", "x<p title='</body>'>$"),
        ("x<!--[if mso]></body><![endif]-->$", "x<!--[if mso]></body><![endif]-->$"),
        ("<!-- <body> --><body>x$</body><!-- </body> -->", "<!-- <body> --><body>$x</body><!-- </body> -->"),
        ("<!--[if mso]><body class=x><![endif]--><body>x$", "<!--[if mso]><body class=x><![endif]--><body>$x"),
        (
            "<!--[if !mso]><!--><body><!--<![endif]-->x$</body>",
            "<!--[if !mso]><!--><body><!--<![endif]-->$x</body>",
        ),
        ("<!--[if !mso]><!--><body>\n<!--[endif]-->x$", "<!--[if !mso]><!--><body>\n<!--[endif]-->$x"),
        ("<![if !mso]><body>\r\n<![endif]>x$</body>", "<![if !mso]><body>\r\n<![endif]>$x</body>"),
        ("<![if !mso]><body><![ENDIF]>x$</body>", "<![if !mso]><body><![ENDIF]>$x</body>"),
        ("<body><!-- [endif] -->x$", "<body>$<!-- [endif] -->x"),
        ("<body><![if mso]>x$", "<body>$<![if mso]>x"),
        ("x$<a href='", "x$<a href='"),
        ("x$<b", "x$<b"),
        ("x$</b", "x$</b"),
        ("x$<!-- y", "x$<!-- y"),
        ("x$<!y", "x$<!y"),
        ("x$<script>y", "x$<script>y"),
        ("x$<style>y</styl", "x$<style>y</styl"),
        ("x$<title>y", "x$<title>y"),
        ("x$<title>y</title\n", "x$<title>y</title\n"),
        ("x$<STYLE>y</Style z='>", "x$<STYLE>y</Style z='>"),
        ("x$<script></script ", "x$<script></script "),
        ("x<title>y</title>z$</title\n", "x<title>y</title>z$</title\n"),
        ("<svg></svg>x$<textarea>y</textarea\n", "<svg></svg>x$<textarea>y</textarea\n"),
        ("<svg></svg>x<textarea>y</textarea>$</b\n", "<svg></svg>x<textarea>y</textarea>$</b\n"),
        ("x$<plaintext>y</body>", "x$<plaintext>y</body>"),
        ("x<$", "x<$"),
        ("x< y$", "x< y$"),
        ("<body>x$</body><a href='", "<body>$x</body><a href='"),
        ("<svg></svg><body>x$</body>", "<svg></svg><body>$x</body>"),
        ("<svg><b>x$<!-- y", "<svg><b>x$<!-- y"),
        ("<svg>x<![CDATA[</body>]]></svg>$", "<svg>x<![CDATA[</body>]]></svg>$"),
        ("x<bodyx></bodyx>$", "x<bodyx></bodyx>$"),
    ],
)
def test_the_pixel_stands_at_the_end_or_the_start_of_what_is_shown(end: str, start: str) -> None:
    tag = pixel_tag(PIXEL)
    positions: list[tuple[PixelPosition, str]] = [("end", end), ("auto", end), ("start", start)]
    for position, marked in positions:
        source = marked.replace("$", "")
        result = rewrite_html(source, pixel_url=PIXEL, pixel_position=position)
        assert result.html == marked.replace("$", tag)
        assert result.pixel_offset == marked.index("$")
        assert result.edits == (Edit(marked.index("$"), "", tag),)


def test_the_offset_of_the_pixel_is_where_it_is_in_the_output() -> None:
    mail = f"<body>{SHOP}é<a href=https://a.example data-lm-no-track>x</a></body>{SHOP}"
    for position in get_args(PixelPosition):
        result = track_html(mail, BOTH, domain=DOMAIN, message_id="m-1", pixel_position=position)
        assert result.pixel_offset == result.html.index("<img")
        assert revert_html(result.html, result.edits) == mail
    assert track(mail, CLICKS).pixel_offset is None


@pytest.mark.parametrize("filler", ["x", "é", "€", "\U0001f600", "\ud800"])
def test_auto_turns_to_the_start_where_the_output_is_over_100000_octets(filler: str) -> None:
    size = len(filler.encode(errors="surrogatepass"))
    frame = len("<body></body>") + len(pixel_tag(PIXEL))
    room, rest = divmod(100_000 - frame, size)
    fits = f"<body>{filler * room}{'x' * rest}</body>"
    result = rewrite_html(fits, pixel_url=PIXEL, pixel_position="auto")
    assert len(result.html.encode(errors="surrogatepass")) == 100_000
    assert result.html.endswith("</body>")
    assert result.html.index("<img") > 7
    over = fits.replace("</body>", "x</body>")
    assert rewrite_html(over, pixel_url=PIXEL, pixel_position="auto").pixel_offset == 6
    assert rewrite_html(over, pixel_url=PIXEL).html.endswith('alt=""></body>')


@pytest.mark.parametrize(("old", "new"), [("", ""), ("é", ""), ("", "é"), ("é", "é")])
def test_auto_counts_what_the_links_became(old: str, new: str) -> None:
    frame = f"<body><a href='https://a.example/{old}'></body>"
    url = "https://t.example/" + new * 300 + "x" * 300
    size = len(rewrite_html(frame, click_url=lambda _: url, pixel_url=PIXEL).html.encode())
    fits = frame.replace("</body>", "y" * (100_000 - size) + "</body>")
    for mail, offset in ((fits, None), (fits + "y", 6)):
        result = rewrite_html(mail, click_url=lambda _: url, pixel_url=PIXEL, pixel_position="auto")
        assert len(result.html.encode()) == 100_000 + (offset is not None)
        assert result.pixel_offset == (offset or result.html.index("<img"))
        assert (result.pixel_offset == 6) is (offset == 6)


def test_auto_without_a_body_is_where_content_begins() -> None:
    assert rewrite_html("x" * 100_001, pixel_url=PIXEL, pixel_position="auto").pixel_offset == 0
    assert rewrite_html("x" * 99_000, pixel_url=PIXEL, pixel_position="auto").pixel_offset == 99_000


OURS = open_url(DOMAIN, make_open_token(KEYS, "m-1", now=NOW))
OLDER = open_url(DOMAIN, make_open_token(KEYS, "m-0", now=NOW))


@pytest.mark.parametrize(
    "image",
    [
        f'<img src="{OURS}">',
        f"<IMG ALT=x SRC = '\n{OURS} '>",
        f"<img src={OURS}>",
        f"<image src='{OURS}'/>",
        # mustache.js escapes slashes, other writers every sign.
        f"<img src='{OURS.replace('/', '&#x2F;')}'>",
        f"<img src='{OURS.replace('/o/', '&#047;o&#X2f;')}'>",
        f"<img src='{OURS.replace('/o/', '/o&#47')}'>",
        f"<img src='{OURS.replace('/o/', '&sol;o/')}'>",
        f"<img src='{OURS.replace('/o/', '/&#x6F/')}'>",
        f"<img src='{OURS.replace('/o/', '&#47;&#111;/')}'>",
        f"<img src='{OURS.replace('/', '&sol;')}'>",
        f"<img src='{OURS.replace('o', '&#111;')}'>",
        f"<img src='{''.join(f'&#{ord(char)};' for char in OURS)}'>",
        f"<img src='{OURS.replace('track.example', 'TRACK.example:443').replace('https', 'HTTPS')}'>",
        f"<svg></svg><img src='{OURS}'>",
        f"<svg><img src='{OURS}'>",
        f"<img src='{open_url(DOMAIN, make_open_token(KEYS, 'm-1', mode=DELIVERABILITY, now=LATER))}'>",
        f"<img src='{open_url(DOMAIN, make_open_token(KEYS, CAMPAIGN.id, mode=AGGREGATE, now=LATER))}'>",
    ],
)
def test_a_live_pixel_of_this_message_is_enough(image: str) -> None:
    mail = f"<body>{image}</body>"
    for decision in (OPENS, decision_for(DELIVERABILITY, OFF), decision_for(AGGREGATE, OFF)):
        assert track(mail, decision, campaign=CAMPAIGN).html is mail
    assert OURS not in untrack_html(mail, domain=DOMAIN)


@pytest.mark.parametrize(
    "image",
    [
        f'<!-- <img src="{OURS}"> -->',
        f'<!--[if mso]><img src="{OURS}"><![endif]-->',
        f"<script><img src='{OURS}'></script>",
        f"<textarea><img src='{OURS}'></textarea>",
        f"<img alt='{OURS}'>",
        f"<img src=x src='{OURS}'>",
        f"<svg><image src='{OURS}'></svg>",
        f"<a href='{OURS}'>",
        f"<img src='{OURS[:-5]}AAAAA'>",
        f"<img src='{OURS.replace('/o/', '/c/')}'>",
        f"<img src='{OLDER}'>",
        f"<img src='{open_url(DOMAIN, make_open_token(KEYS, 'm-1', recipient=1, now=NOW))}'>",
        f"<img src='{open_url(DOMAIN, make_open_token(KEYS, 'm-1', mode=AGGREGATE, now=NOW))}'>",
        f"<img src='{open_url(DOMAIN, make_open_token(make_keys(b'a key of somebody else'), 'm-1', now=NOW))}'>",
        f"<img src='{OURS.replace('track.example', 'other.example')}'>",
        f"<p>{OURS}</p>",
        "<img src='/o/x'><img src='&#47;o/'><img>",
    ],
)
def test_what_is_no_live_pixel_of_this_message_stays_and_one_is_added(image: str) -> None:
    mail = f"<body>{image}</body>"
    result = track(mail, OPENS, campaign=CAMPAIGN)
    assert result.html == f"<body>{image}{pixel_tag(OURS)}</body>"


@pytest.mark.parametrize(
    "image",
    [
        '<img src="https://t.example/o/?a&amp;b">',
        "<IMG SRC = ' https://t.example/o/?a&b\n'>",
        "<img src=https://t.example/o/?a&b>",
    ],
)
def test_a_pixel_url_that_is_shown_already_is_not_added(image: str) -> None:
    url = "https://t.example/o/?a&b"
    assert rewrite_html(image, pixel_url=url).html is image
    assert rewrite_html(f"<!-- {image} -->", pixel_url=url).pixel_offset is not None
    assert rewrite_html(image, pixel_url=url + "c").pixel_offset is not None


@pytest.mark.parametrize(
    "url", ["{{ pixel }}", '{{ f("x") }}', " x\r\ny\0 ", "*|PIXEL|*", "https://t.example/?a&amp;b"]
)
def test_a_second_pass_finds_its_own_pixel_whatever_it_is_called(url: str) -> None:
    once = rewrite_html("<body>&#65;</body>", pixel_url=url).html
    assert "<img" in once
    assert rewrite_html(once, pixel_url=url).html is once


def test_a_document_is_asked_for_its_images_once_for_every_pixel() -> None:
    document = scan_html(f"<body><img src='{PIXEL}'></body>")
    for _ in range(2):
        assert rewrite_html(document, pixel_url=PIXEL).html is document.html
        assert track(document, OPENS).html == document.html.replace("</body>", f"{pixel_tag(OURS)}</body>")
    assert rewrite_html(document, pixel_url=OURS).pixel_offset is not None


@given(LINK_DOCUMENTS)
@example("<\ud83d")
def test_the_pixel_is_shown(html: str) -> None:
    # Where a parser drops images or reads on as text, no place is right.
    assume(not any(name in html.lower() for name in ("<select", "<template", "<math", "<svg", "<table")))
    result = rewrite_html(html, pixel_url=PIXEL + "y")
    assert images(result.html).count(PIXEL + "y") == 1


@given(st.text() | LINK_DOCUMENTS)
def test_a_pixel_tag_holds_exactly_its_url(url: str) -> None:
    clean = decoded(url).replace("\0", "").replace("\r", "")
    assert images(pixel_tag(clean)) == [clean]


@pytest.mark.parametrize(
    "mail", ["<svg><![CDATA[<b><a href='https://a.example/'>x</a>", "<p><math><mi><svg><style><![CDATA[ <a href=b>"]
)
def test_a_pixel_does_not_bring_an_unfinished_section_to_life(mail: str) -> None:
    tracked = rewrite_html(mail, pixel_url=PIXEL)
    assert tracked.pixel_offset == min(mail.index(name) for name in ("<svg", "<math") if name in mail)
    assert rewrite_html(tracked.html, pixel_url=PIXEL).html is tracked.html
    assert not rewrite_html(tracked.html).links
