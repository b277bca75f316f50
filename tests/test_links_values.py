"""Links and edits as values, and the text of a link."""

from __future__ import annotations

import pickle

import pytest

from lmtrack import rewrite_html
from lmtrack.links import Edit, Link


def test_a_link_is_a_value_that_does_not_show_its_document() -> None:
    html = '<p>secret paragraph</p><area href="https://shop.example/">'
    (link,) = rewrite_html(html).links
    assert link.to_dict() == {
        "index": 0,
        "url": "https://shop.example/",
        "element": "area",
        "conditional": False,
        "personal": False,
        "label": None,
    }
    fields = "index=0, url='https://shop.example/', element='area', conditional=False, personal=False, label=None"
    assert repr(link) == f"Link({fields})"
    assert "secret" not in repr(link)
    assert link == pickle.loads(pickle.dumps(link))  # noqa: S301 - our own bytes
    assert hash(link) == hash(rewrite_html(html).links[0])
    assert link != rewrite_html(html + " ").links[0]


def test_a_link_made_by_hand_has_no_text() -> None:
    assert Link(index=0, url="https://shop.example/").text() == ""


def test_an_edit_is_a_value() -> None:
    edit = Edit(3, "old", "new")
    assert edit == (3, "old", "new")
    assert edit == pickle.loads(pickle.dumps(edit))  # noqa: S301 - our own bytes
    assert (edit.offset, edit.old, edit.new) == (3, "old", "new")


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<a href=https://x.example>Our  <b>big</b>\n&amp; small&nbsp;shop</a> more", "Our big & small shop"),
        ("<a href=https://x.example>one<br>two<p>three</p>four<i>five</i></a>", "one two three fourfive"),
        ("<a href=https://x.example><img src=x alt='Our &quot;shop&quot;'>!</a>", 'Our "shop" !'),
        ("<a href=https://x.example><img src=x></a>", ""),
        ("<a href=https://x.example>see<!-- not --> this<style>a{}</style>!</a>", "see this!"),
        ("<a href=https://x.example>x<script>if (a</a>b)</script>y</a>", "xy"),
        ("<a href=https://x.example>x<script>endless", "x"),
        ("<a href=https://x.example>first<a href=https://y.example>second</a>", "first"),
        ("<a href=https://x.example>never closed", "never closed"),
        ("<a href=https://x.example>cut <b", "cut"),
        ("<a href=https://x.example>1 < 2 &lt; 3</a>", "1 < 2 < 3"),
        ("<a href=https://x.example>&copy &#65 &#x42;</a>", "© A B"),
        (f"<a href=https://x.example>&#{'9' * 5000};</a>", "\ufffd"),
        (f"<a href=https://x.example>&#{'0' * 5000}65;</a>", "A"),
        (f"<a href=https://x.example>&#{'0' * 20_000}65;</a>", "\ufffd"),
        (f"<a href=https://x.example>{'x' * 20_000}</a>", "x" * (10_000 - len("<a href=https://x.example>"))),
        ("<area href=https://x.example alt=' our &amp;  shop '>text", "our & shop"),
        ("<area href=https://x.example>text", ""),
        ("<!--[if mso]><v:rect href='https://x.example'><center>Buy</center></v:rect><![endif]--></v:rect>late", "Buy"),
        ("<!--[if mso]><a href='https://x.example'>Buy<![endif]--> later</a>", "Buy"),
    ],
)
def test_text_is_what_a_person_sees(html: str, text: str) -> None:
    assert rewrite_html(html).links[0].text() == text
