"""Strategies of HTML: what editors, templates and people make of mail, and what is left of it on the way."""

from __future__ import annotations

import re
from typing import Final

from lmtrack._testing.needs import SearchStrategy, needs_hypothesis

# Around the body. What stands first is what hypothesis ends with.
_FRAMES: Final = (
    ("", ""),
    ("<html><body>", "</body></html>"),
    (
        '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset=utf-8><title>A > b</title></head>\n<body>\n',
        "\n</body>\n</html>\n",
    ),
    ("<HTML><HEAD><STYLE>p > a { color: red }</STYLE></HEAD><BODY CLASS='a>b'>", "</BODY ></HTML>\r\n"),
    ("<body>x</body><body>", ""),
    ("<!--[if mso]><table><tr><td><![endif]-->", "<!--[if mso]></td></tr></table><![endif]-->"),
    ("<base href='https://shop.example/letters/'><p>", ""),
    ("\ufeff<center>", "</html>"),
)
# Before a destination, and right after it.
_OPENINGS: Final = (
    ('<a href="', '"'),
    ("<a href='", "'"),
    ('<A HREF = "', '"'),
    ("<a\nclass='x'\thref=", ""),
    ('<a/href="', '"'),
    ("<area href='", "'"),
    ('<a title="a>b" href="', '" href="#late"'),
)
_ENDS: Final = (">", " >", "/>", " target=_blank>", " data-lm-no-track>", " style='color: #fff'>")
_TEXTS: Final = (
    "x",
    "",
    "Shop",
    "https://shop.example/lamps",
    "5 < 6",
    "A&nbsp;&amp; B",
    "<b>New</b>",
    "\N{NIGHT WITH STARS} Lampen f\u00fcr dich",
)
# Where links of an email lead, however they are written; none tells one recipient from another.
_DESTINATIONS: Final = (
    "https://shop.example/",
    "https://shop.example/lamps?a=1&amp;b=2",
    "https://shop.example/lamps?a=1&b=2",
    "HTTP://Shop.Example:80/Lamps#top",
    " https://shop.example/lamps\n",
    "https://shop.example/l\namps",
    "&#104;ttps&colon;//shop.example/lamps",
    "https://shop.example/lampen/für-dich",
    "https://müller.example/",
    "https://[::1]/",
    "https://shop.example/'lamps'",
    "https://shop.example/%zz%",
    "//shop.example/lamps",
    "/lamps",
    "lamps.html",
    "#lamps",
    "",
    "mailto:shop@shop.example?subject=Lamps",
    "tel:+442079460123",
    "javascript:void(0)",
    "https://shop.example/unsubscribe",
    "https://shop.example/einstellungen?abmelden",
    "{{ url }}",
    "https://shop.example/{{ page }}",
    "*|ARCHIVE|*",
    "<%= url %>",
    "https://shop.example/" + "lamps/" * 400,
    "https://shop.example:99999/",
    "https://",
)
# Whole pieces that are not links, or that only look like one.
_PIECES: Final = (
    "x",
    "<p>Hello,</p>",
    "\r\n",
    "<br>",
    '<img src="https://img.shop.example/hero.jpg" width="600" height="320" alt="Three lamps > two">',
    "<IMG SRC=cid:logo@shop.example ALT='a'>",
    '<img alt="" width="1" height="1" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
    "<table><tr><td background='https://img.shop.example/paper.png' width=600>",
    "</td></tr></table>",
    "<div style=\"background:url('https://img.shop.example/paper.png')\">",
    "</div>",
    '<!-- <a href="https://shop.example/old">old</a> </body> -->',
    '<!--[if mso]><v:roundrect href="https://shop.example/lamps" style="width:240px">Lamps</v:roundrect><![endif]-->',
    "<!--[if !mso]><!-->",
    "<!--<![endif]-->",
    "<![if !mso]>",
    "<![endif]>",
    "<style>a::after { content: '<a href=\"https://shop.example/css\">' }</style>",
    "<script>document.write('<a href=\"https://shop.example/js\">')</script>",
    "<textarea><a href='https://shop.example/form'></textarea>",
    "<noscript><a href='https://shop.example/noscript'>Shop</a></noscript>",
    "<svg><a href='https://shop.example/svg'><text>Lamps</text></a></svg>",
    "<math><mtext><a href='https://shop.example/math'>x</a></mtext></math>",
    "<template><a href='https://shop.example/template'>x</a></template>",
    "<pre>\n  From here\n.\n</pre>",
    "<p>caf\N{LATIN SMALL LETTER E}\N{COMBINING ACUTE ACCENT} \N{PILE OF POO}</p>",
    "&lt;a href=&quot;https://shop.example/text&quot;&gt;",
    "{% if vip %}<p>{{ name|default:'<b>friend</b>' }}</p>{% endif %}",
    "</p></p></b>",
    "<b><i></b></i>",
    "<a name=top></a>",
    "<td>" * 40,
    "word " * 200,
)
# What a cut, a bad template or a bad merge leaves behind: from here on everything may be read differently.
# A link that lost its quote and holds the next one's URL leads there, as a redirector does, or names whoever has the
# address in it: an audit would say so.
_JOINED: Final = re.compile(r"<a href='https://shop\.example/lamps[^']*(?://|%2f|@)", re.IGNORECASE)
# A list that is never closed hides every picture behind it, which an audit says as well.
_SWALLOWED: Final = re.compile(r"<select>.*(?:<img|background)", re.IGNORECASE | re.DOTALL)
_DAMAGE: Final = (
    "<",
    "</",
    "&",
    "&#",
    "<a href=",
    "<a href='https://shop.example/lamps",
    '<a href="https://shop.example/lamps"x">',
    '<p title="',
    "<!--",
    "<!--[if mso]>",
    "<!-->",
    "--!>",
    "<![CDATA[",
    "]]>",
    "<?xml version='1.0'?>",
    "<!x",
    "<style>",
    "<title>",
    "<textarea>",
    "<plaintext>",
    "<select>",
    "<svg><style>",
    "</body>",
    "</html>",
    "</html></html>",
    "\0",
    "\x0b\x0c\x1f",
)


@needs_hypothesis
def html_documents(*, damaged: bool = True) -> SearchStrategy[str]:
    """HTML of emails: whole documents and fragments, with links in every spelling, images, comments and placeholders.

    All of it can be encoded as UTF-8. No URL tells one recipient from another, and no picture is hidden, so anything
    that an audit finds afterwards was added by the program under test.

    Args:
        damaged: Whether some have unfinished tags, comments that do not end, and the like. It cannot always be proved
            that nothing is hidden in those, and an audit says so.
    """
    from hypothesis import strategies as st

    links = st.builds(
        lambda opening, destination, end, text: f"{opening[0]}{destination}{opening[1]}{end}{text}</a>",
        *map(st.sampled_from, (_OPENINGS, _DESTINATIONS, _ENDS, _TEXTS)),
    )
    text = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<&"), max_size=8)
    pieces = text | links | links | st.sampled_from(_PIECES)
    if damaged:
        pieces |= st.sampled_from(_DAMAGE)

    bodies = st.lists(pieces, max_size=10).map("".join)
    if damaged:
        bodies = bodies.filter(lambda body: not (_JOINED.search(body) or _SWALLOWED.search(body)))
    documents = st.builds(lambda frame, body: frame[0] + body + frame[1], st.sampled_from(_FRAMES), bodies)
    if not damaged:
        return documents.filter(str.strip)  # nothing at all is a damage too
    return documents | documents | st.builds(lambda html, length: html[:length], documents, st.integers(0, 400))
