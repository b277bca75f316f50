"""What a document loads and where it leads: every form, plain and disguised, and what only looks like one."""

from __future__ import annotations

import pickle
import subprocess
import sys
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st

from audited_mails import CAMPAIGN, DOMAIN, KEYS, NOW, ON, SUM
from hostile_inputs import HOSTILE
from lmtrack import (
    LinkPolicy,
    Route,
    TrackingDomain,
    TrackingMode,
    audit_html,
    click_url,
    make_click_token,
    make_keys,
    make_open_token,
    open_url,
    resolve,
    track_html,
    withdraw_url,
)
from lmtrack._checking.audit.known_hosts import watch_of
from lmtrack._checking.audit.page import audit_page, audit_text
from strategies import LINK_DOCUMENTS, hostile_html

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmtrack.audit import Audit


def kinds(audit: Audit) -> list[str]:
    return [finding.kind.value for finding in audit.findings]


def places(audit: Audit) -> list[str]:
    return [finding.place for finding in audit.findings]


# Every way to load something, each with a URL that the caller knows for a tracker's: `%` stands for the URL. The audit
# looks at a load if and only if it finds this one.
LOADS = {
    "img": ('<img src="%">', "img src"),
    "image": ('<image src="%">', "image src"),
    "lowsrc": ('<img lowsrc="%">', "img lowsrc"),
    "dynsrc": ('<img dynsrc="%">', "img dynsrc"),
    "srcset": ('<img srcset="a.png 1x, % 2x">', "img srcset"),
    "srcset alone": ('<img srcset="%">', "img srcset"),
    "srcset, no blank": ('<img srcset="https://shop.example/a.png,%,b.png 2x">', "img srcset"),
    "srcset, comma": ('<img srcset="a.png, %">', "img srcset"),
    "source": ('<picture><source srcset="% 600w"><img src="a.png"></picture>', "source srcset"),
    "input": ('<input type=image src="%">', "input src"),
    "background of body": ('<body background="%">', "body background"),
    "background of table": ('<table background="%"><tr><td>x</table>', "table background"),
    "background of td": ('<table><tr><td background="%">x</table>', "td background"),
    "video": ('<video src="%"></video>', "video src"),
    "poster": ('<video poster="%"></video>', "video poster"),
    "audio": ('<audio src="%"></audio>', "audio src"),
    "source of audio": ('<audio><source src="%"></audio>', "source src"),
    "track": ('<video><track src="%"></video>', "track src"),
    "bgsound": ('<bgsound src="%">', "bgsound src"),
    "embed": ('<embed src="%">', "embed src"),
    "object": ('<object data="%"></object>', "object data"),
    "param": ('<object><param name="movie" value="%"></object>', "param value"),
    "applet": ('<applet archive="%"></applet>', "applet archive"),
    "iframe": ('<iframe src="%"></iframe>', "iframe src"),
    "frame": ('<frameset><frame src="%"></frameset>', "frame src"),
    "script": ('<script src="%"></script>', "script src"),
    "style sheet": ('<link rel="stylesheet" href="%">', "link href"),
    "alternate style sheet": ('<link rel="alternate stylesheet" href="%">', "link href"),
    "preload": ('<link rel="preload" as="image" href="%">', "link href"),
    "imagesrcset": ('<link rel="preload" imagesrcset="% 1x">', "link imagesrcset"),
    "prefetch": ('<link rel="prefetch" href="%">', "link href"),
    "preconnect": ('<link rel="preconnect" href="%">', "link href"),
    "dns-prefetch": ('<link rel="dns-prefetch" href="%">', "link href"),
    "icon": ('<link rel="shortcut icon" href="%">', "link href"),
    "refresh": ('<meta http-equiv="refresh" content="5; url=%">', "meta content"),
    "svg image": ('<svg><image href="%"/></svg>', "image href"),
    "svg image, xlink": ('<svg><image xlink:href="%"/></svg>', "image xlink:href"),
    "svg use": ('<svg><use href="%#a"/></svg>', "use href"),
    "svg feImage": ('<svg><filter><feImage href="%"/></filter></svg>', "feimage href"),
    "svg fill": ('<svg><rect style="fill:url(%)"/></svg>', "rect style"),
    "svg image, other prefix": (
        '<svg xmlns:x="http://www.w3.org/1999/xlink"><image x:href="%"/></svg>',
        "image x:href",
    ),
    "svg attribute": ('<svg><rect fill="url(%#a) red"/></svg>', "rect fill"),
    "svg filter": ("<svg><g filter='url(\"%#a\")'></g></svg>", "g filter"),
    "attributionsrc": ('<img attributionsrc="%" src="cid:1">', "img attributionsrc"),
    "math": ('<math><mglyph src="%"/></math>', "mglyph src"),
    "v:image": ('<v:image src="%"/>', "v:image src"),
    "v:fill": ('<v:rect><v:fill type="frame" src="%"/></v:rect>', "v:fill src"),
    "v:imagedata": ('<v:shape><v:imagedata src="%"/></v:shape>', "v:imagedata src"),
    "v:imagedata, o:href": ('<v:shape><v:imagedata o:href="%"/></v:shape>', "v:imagedata o:href"),
    "amp-img": ('<amp-img src="%" width="600" height="300"></amp-img>', "amp-img src"),
    "style": ('<p style="background:url(%)">x</p>', "p style"),
    "style in quotes": ("""<p style="background:url('%')">x</p>""", "p style"),
    "background-image": ('<p style="background-image:url(%)">x</p>', "p style"),
    "list-style-image": ('<ul style="list-style-image:url(%)"><li>x</ul>', "ul style"),
    "list-style": ('<ul style="list-style:square url(%)"><li>x</ul>', "ul style"),
    "content": ('<p style="content:url(%)">x</p>', "p style"),
    "cursor": ('<p style="cursor:url(%),auto">x</p>', "p style"),
    "border-image": ('<p style="border-image:url(%) 30 round">x</p>', "p style"),
    "mask": ('<p style="mask:url(%)">x</p>', "p style"),
    "-webkit-mask-image": ('<p style="-webkit-mask-image:url(%)">x</p>', "p style"),
    "filter": ('<p style="filter:url(%#f)">x</p>', "p style"),
    "image-set": ("<p style='background:image-set(\"%\" 1x)'>x</p>", "p style"),
    "image-set, url": ("<p style='background:-webkit-image-set(url(%) 1x)'>x</p>", "p style"),
    "image function": ("<p style='background:image(\"%\")'>x</p>", "p style"),
    "cross-fade": ("<p style='background:cross-fade(url(%), red)'>x</p>", "p style"),
    "src": ("<p style='background:src(\"%\")'>x</p>", "p style"),
    "custom property": ("<p style='--x:\"%\";background:src(var(--x))'>x</p>", "p style"),
    "AlphaImageLoader": (
        """<p style="filter:progid:DXImageTransform.Microsoft.AlphaImageLoader(src='%')">x</p>""",
        "p style",
    ),
    "sheet": ("<style>p{background:url(%)}</style>", "style sheet"),
    "sheet under a condition": ("<style>@media print{p{background:url(%)}}</style>", "style sheet"),
    "@import": ('<style>@import "%";</style>', "@import"),
    "@import url": ("<style>@import url(%) screen;</style>", "@import"),
    "@import, unclosed": ("<style>@import '%", "@import"),
    "@font-face": ("<style>@font-face{font-family:x;src:local(x),url(%)}</style>", "style sheet"),
    "unknown rule": ("<style>@x url(%){}</style>", "style sheet"),
    "nested rule": ("<style>p{color:red;& b{background:url(%)}}</style>", "style sheet"),
    "sheet in svg": ("<svg><style>p{background:url(%)}</style></svg>", "style sheet"),
    "noscript": ('<noscript><img src="%"></noscript>', "img src"),
    "template": ('<template><img src="%"></template>', "img src"),
    "after the end": ('<html><body>x</body></html><img src="%">', "img src"),
    "before the beginning": ('<img src="%"><html><head></head><body>x</body></html>', "img src"),
    "srcdoc": ("<iframe srcdoc='<img src=\"%\">'></iframe>", "img src"),
    "iframe's content": ('<iframe><img src="%"></iframe>', "img src"),
    "noframes": ('<noframes><img src="%"></noframes>', "img src"),
    "conditional": ('<!--[if mso]><img src="%"><![endif]-->', "img src"),
    "conditional, VML": ('<!--[if gte mso 9]><v:rect><v:fill src="%" /></v:rect><![endif]-->', "v:fill src"),
    "conditional, nested": ('<!--[if mso]><!--[if gte mso 9]><img src="%"><![endif]--><![endif]-->', "img src"),
    "conditional, for others": ('<!--[if !mso]><!--><img src="%"><!--<![endif]-->', "img src"),
    "conditional, revealed": ('<![if !mso]><img src="%"><![endif]>', "img src"),
    "conditional, sheet": ("<!--[if mso]><style>p{background:url(%)}</style><![endif]-->", "style sheet"),
    "conditional alone": ('<!--[if IE]><img src="%"><![endif]-->', "img src"),
    "conditional, unclosed": ('<p>x</p><!--[if mso]><img src="%">', "img src"),
    "svg title": ('<svg><title><img src="%"></title></svg>', "img src"),
    "svg style with a tag": ('<svg><style><img src="%"></style></svg>', "img src"),
    "svg left by a tag": ('<svg><title/><p><img src="%">', "img src"),
    "math with html": ('<math><mtext><img src="%"></mtext></math>', "img src"),
    "comment that a browser ends": ('<!--><img src="%">-->', "img src"),
    "comment ended by !": ('<!-- x --!><img src="%"> -->', "img src"),
    "title that is not empty": ('<title/><!-- </title><img src="%"> -->', "img src"),
    # What only some readers load; a browser without scripts is the judge of nearly all of these.
    "refresh, blank": ('<meta http-equiv="refresh" content="0 url=%">', "meta content"),
    "refresh, blank and nothing else": ('<meta http-equiv="refresh" content="0 %">', "meta content"),
    "refresh, no number": ('<meta http-equiv="refresh" content="x; \'%\'">', "meta content"),
    "refresh, quoted": ("<meta http-equiv=refresh content='0;url = \"%\"'>", "meta content"),
    "link header": ('<meta http-equiv="Link" content="<%>; rel=stylesheet">', "meta content"),
    "dictionary": ('<link rel="compression-dictionary" href="%">', "link href"),
    "file list": ('<link rel="File-List" href="%">', "link href"),
    "althref": ('<v:shape><v:fill o:althref="%"/></v:shape>', "v:fill o:althref"),
    "import": ('<import implementation="%">', "import implementation"),
    "set": ('<svg><image><set attributeName="href" to="%"/></image></svg>', "set to"),
    "set, xlink": ('<svg><title/><set attributeName=" xlink:HREF" to="%"/></svg>', "set to"),
    "animate from": ('<svg><image><animate attributeName="href" from="%" to="a"/></image></svg>', "animate from"),
    "animate by": ('<svg><image><animate attributeName="href" by="%"/></image></svg>', "animate by"),
    "animate values": ('<svg><image><animate attributeName="href" values="a;%"/></image></svg>', "animate values"),
    "set mask": ('<svg><g><set attributeName="mask" to="url(%#a)"/></g></svg>', "set to"),
    "svg filter that one reader sees": ('<svg><title/><g filter="&#117;rl(%#a)"/></svg>', "g filter"),
    "frameset, xmp": ('<frameset><xmp><frame src="%"></xmp></frameset>', "frame src"),
    "frameset, attribute": ('<frameset><xmp x="</xmp><!--"><frame src="%"></frameset>', "frame src"),
    "frameset, plaintext": ('<frameset><plaintext><frame src="%">', "frame src"),
    "select, xmp": ('<select><xmp></select><img src="%"></xmp>', "img src"),
    "noscript, attribute": ("<noscript><p title='</noscript><img src=%>'></noscript>", "img src"),
    "noscript, comment": ("<noscript><!--</noscript><img src=%>--></noscript>", "img src"),
    "noscript, xmp": ("<noscript><xmp></noscript><img src=%></xmp></noscript>", "img src"),
    "sheet in svg, comment": ("<svg><style>p{background:u<!-- -->rl(%)}</style></svg>", "style sheet"),
    "import that one reader sees": ('<title/><!-- </title><import implementation="%"> -->', "import implementation"),
    "svg filter beside a comment": ('<title/><!-- </title><svg><g filter="&#117;rl(%#a)"/></svg> -->', "g filter"),
    "set that one reader sees": (
        '<title/><!-- </title><svg><set attributeName=" &#104;ref " to="%"/></svg> -->',
        "set to",
    ),
    "set, blanks": ('<svg><image><set attributeName=" href " to="%"/></image></svg>', "set to"),
    "sheet in svg, sheet in it": ("<svg><style>p{background:u<style>x</style>rl(%)}</style></svg>", "style sheet"),
    "sheet in svg, one closed before": ("<svg><style/>x<style>@im<!-- -->port '%'</style></svg>", "@import"),
    "string behind an image": ('<p style=\'content:image-set(url("a"),var(--n,"%"))\'>x</p>', "p style"),
    "noscript, other end tag": ("<noscript></xmp><!--</noscript><img src=%>--></noscript>", "img src"),
    "sheet in svg, entity": ("<svg><style>p{background:u<!-- -->&#114;l(%)}</style></svg>", "style sheet"),
    "sheet in svg, CDATA": ("<svg><style>p{background:u<![CDATA[rl]]>(%)}</style></svg>", "style sheet"),
    "sheet in svg, element": ("<svg><style>p{background:u<g>x</g>rl(%)}</style></svg>", "style sheet"),
    "sheet in svg, all of it": ("<svg><style>p{background:u<g>rl</g>(%)}</style></svg>", "style sheet"),
    "sheet in svg, end tag": ("<svg><style>p{background:u</g>rl(%)}</style></svg>", "style sheet"),
    "sheet in svg, unclosed": ("<svg><style>p{background:u<!-- -->rl(%)", "style sheet"),
    "sheet in svg, left": ("<svg><style>p{background:u<!-- -->rl(%)<p>", "style sheet"),
    "string in a variable's fallback": ("<p style='content:image-set(var(--n,\"%\") 1x)'>x</p>", "p style"),
    "string behind odd brackets": ('<style>p{--y:({)});--x:"%";background:image-set(var(--x))}</style>', "@import"),
    "sheet in a sheet": ("<style>@import url(\"data:text/css,@import '%'\");</style>", "@import"),
    "sheet in a link": ("<link rel=stylesheet href=\"data:text/css,@import '%'\">", "@import"),
    "data:, line end": ("<iframe src='\nda\nta:text/html,<img src=\"%\">'></iframe>", "img src"),
    "data:, not base64": ("<iframe src='data:text/html;base64;x=y,<img src=\"%\">'></iframe>", "img src"),
    "data:, other XML": ("<iframe src='data:application/x+xml,<img src=\"%\"/>'></iframe>", "img src"),
    "data:, XML in XMP": ("<iframe src='data:text/xml,<xmp><img src=\"%\"/></xmp>'></iframe>", "img src"),
    "data:, XML prefix": ("<iframe src='data:text/xml,<h:style>@import \"%\"</h:style>'></iframe>", "@import"),
    "data:, XML CDATA": ("<iframe src='data:text/xml,<style><![CDATA[@import \"%\"]]></style>'></iframe>", "@import"),
    "data:, XML sheet": ("<iframe src='data:text/xml,<?xml-stylesheet href=\"%\"?><p/>'></iframe>", "link href"),
    "ping": ('<a href="https://shop.example/" ping="/x %">x</a>', "a ping"),
    "link": ('<a href="%">x</a>', "a href"),
    "area": ('<map><area href="%"></map>', "area href"),
    "svg link": ('<svg><a xlink:href="%">x</a></svg>', "a xlink:href"),
    "VML link": ('<!--[if mso]><v:roundrect href="%"></v:roundrect><![endif]-->', "v:roundrect href"),
    "form": ('<form action="%"><button>x</button></form>', "form action"),
}
TRACKER = "https://pixel.tracker.example/a/logo.png"
DISGUISES: dict[str, Callable[[str], str]] = {
    "upper case": str.upper,
    "entities": lambda url: "".join(f"&#{ord(char)};" for char in url),
    "hexadecimal entities": lambda url: "".join(f"&#x{ord(char):X}" + ";" for char in url),
    "blanks around": lambda url: f" \n{url}\t",
    "tab and line end inside": lambda url: url.replace("https", "ht\ttps").replace("tracker", "tra\ncker"),
    "backslashes": lambda url: url.replace("/", "\\"),
    "no scheme": lambda url: url.removeprefix("https:"),
    "backslashes, no scheme": lambda url: url.removeprefix("https:").replace("/", "\\"),
    "one slash": lambda url: url.replace("https://", "https:/"),
    "no slash": lambda url: url.replace("https://", "https:"),
    "four slashes": lambda url: url.replace("https://", "https:////"),
    "user and port": lambda url: url.replace("//", "//shop.example:x@").replace(".example/", ".example:8443/"),
    "escaped host": lambda url: url.replace("tracker", "%74racker"),
    "full-width host": lambda url: url.replace("tracker", "ｔｒａｃｋｅｒ"),
    "ideographic stop": lambda url: url.replace("pixel.", "pixel。"),
    "final dot": lambda url: url.replace(".example/", ".example./"),
    "http": lambda url: url.replace("https", "http"),
    "ftp": lambda url: url.replace("https", "ftp"),
    "ignored characters": lambda url: url.replace("tracker", "tra\xadcker" + "\u200b" * 1_500),
    "ignored characters, escaped": lambda url: url.replace("tracker", "tracker" + "%C2%AD" * 1_500),
    "emoji of today": lambda url: url.replace("pixel", "\U0001fae0.pixel"),
    "network share": lambda url: url.replace("https", "file"),
}


@pytest.mark.parametrize("form", LOADS)
def test_every_load_and_every_link_is_looked_at(form: str) -> None:
    html, place = LOADS[form]
    audit = audit_html(html.replace("%", TRACKER), known_trackers=["tracker.example"])
    assert [(finding.kind.value, finding.url and finding.url.split("#")[0]) for finding in audit.findings] == [
        ("known_tracker", TRACKER)
    ]
    assert places(audit)[0].split(",")[0] == place
    assert not audit_html(html.replace("%", "https://shop.example/a/logo.png")).findings or form == "ping"


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("form", ["img", "background of td", "v:fill", "conditional, VML", "link", "poster", "srcdoc"])
def test_a_disguised_url_is_the_same_url(form: str, disguise: str) -> None:
    html = LOADS[form][0]
    if form == "srcdoc":
        html = html.replace('"%"', "&quot;%&quot;")
    found = audit_html(html.replace("%", DISGUISES[disguise](TRACKER)), known_trackers=["tracker.example"])
    assert kinds(found) == ["known_tracker"]


CSS_DISGUISES = {
    "escaped function": "background:\\75rl(%)",
    "escaped function, short": "background:\\75 rl(%)",
    "upper case": "BACKGROUND:URL(%)",
    "blanks": "background : url( '%' )",
    "comment before": "background:/* x */url(%)",
    "comment in the value": "background:red/**/url(%)",
    "escaped URL": "background:url(\\68ttps:\\2f\\2fpixel.tracker.example/a/logo.png)",
    "escaped line end": "background:url('https://pixel.\\\ntracker.example/a/logo.png')",
    "unclosed": "background:url(%",
    "unclosed string": "background:url('%",
    "escaped property": "back\\67round:url(%)",
    "no property": "url(%)",
    "unknown property": "x-y:url(%)",
    "important": "background:url(%)!important",
    "after an error": "}};;{:background:url(%)",
    "in brackets": "background:foo([url(%)])",
    "src": "background:s\\72 c('%')",
}


@pytest.mark.parametrize("spelling", CSS_DISGUISES)
def test_disguised_css_is_the_same_css(spelling: str) -> None:
    css = CSS_DISGUISES[spelling].replace("%", TRACKER)
    for html in (f'<p style="{css}">x</p>', f"<P STYLE = '{css.replace(chr(39), '&apos;')}'>x</P>"):
        assert kinds(audit_html(html, known_trackers=["tracker.example"])) == ["known_tracker"]
    sheet = f"<style>p{{{css}</style>"
    assert kinds(audit_html(sheet, known_trackers=["tracker.example"])) == ["known_tracker"]


@pytest.mark.parametrize(
    "html",
    [
        "<IMG SRC='%'>",
        "<img src=%>",
        "<img\nsrc\n=\n%\n>",
        "<img/src=%/>",
        '<img alt=">" src="%">',
        '<img src="%" src="https://shop.example/logo.png">',
        "<img src = '%'/>",
    ],
)
def test_odd_tags_are_read_as_browsers_read_them(html: str) -> None:
    assert kinds(audit_html(html.replace("%", TRACKER), known_trackers=["tracker.example"])) == ["known_tracker"]


LOOK_ALIKES = [
    "",
    "Only text, https://shop.example/ and <b>1x1</b>",
    "<img src=https://pixel.tracker.example/ as text",
    "&lt;img src='https://pixel.tracker.example/1' width=1 height=1&gt;",
    "<!-- <img src='https://pixel.tracker.example/1' width=1 height=1> -->",
    "<textarea><img src='https://pixel.tracker.example/1'></textarea>",
    "<title><img src='https://pixel.tracker.example/1'></title>",
    "<xmp><img src='https://pixel.tracker.example/1'></xmp>",
    "<script>'<img src=https://pixel.tracker.example/1>'</script>",
    "<plaintext><img src='https://pixel.tracker.example/1'>",
    "<p title='<img src=https://pixel.tracker.example/1>'>x</p>",
    '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" width="1" height="1">',
    '<img src="cid:logo@shop.example" width="1" height="1">',
    "<img src='data:image/png,<img src=https://pixel.tracker.example/>'>",
    "<img src='data:text/plain,<img src=https://pixel.tracker.example/>'>",
    "<img src='data:text/html'><img src='data'>",
    "<title><img src='https://pixel.tracker.example/1'></title><noscript>x</noscript><select><title>x</title></select>",
    "<svg><animate attributeName='x' values='0;1' to='https://pixel.tracker.example/1'/></svg>",
    "<svg><animatetransform attributeName='href' to='https://pixel.tracker.example/1'/></svg>",
    "<svg><style></style><style/></svg>",
    "<p style=\"content:image-set('a.png' 1x) 'https://pixel.tracker.example/'\">x</p>",
    '<img src="pixel.gif" width="1" height="1">',
    '<img src="#" width="1" height="1"><img src="" width="1" height="1"><img width=1 height=1>',
    '<img src="about:blank" width="1" height="1"><img src="file:///c:/x.gif" width=1 height=1>',
    '<img src="https:" width="1" height="1"><img src="//" width="1" height="1"><img src="https:///" width=1 height=1>',
    '<img src="https://shop.example/hero.jpg" width="600" height="300" style="display:block">',
    '<img src="https://shop.example/hero.jpg">',
    '<img src="https://shop.example/hero.jpg?w=600&h=300&fit=crop&fm=jpg" width="600">',
    '<img src="https://shop.example/logo@2x.png" width="100%">',
    '<img src="https://cdn.example/9f8c1d2e3a4b5c6d7e8f9a0b1c2d3e4f.png" width="600">',
    '<img src="https://cdn.example/images/5b0e1b8c-6f0a-4b3e-9d2c-1a2b3c4d5e6f.jpg" width="600">',
    '<img src="https://cdn.example/logo.png?v=9f8c1d2e3a4b5c6d7e8f9a0b1c2d3e4f" width="600">',
    '<img src="https://shop.example/line.gif" width="600" height="1">',
    '<img src="https://shop.example/spacer.gif" width="1" height="20">',
    '<img src="https://shop.example/s.gif" width=1 height=1><img src="https://shop.example/s.gif" width=10 height=1>',
    '<td background="https://shop.example/dots.gif" height="1">x</td>',
    '<table><tr><td style="background:url(https://shop.example/dots.gif);height:1px">x</table>',
    "<style>/* url(https://pixel.tracker.example/) */ p{color:red}</style>",
    "<style>@namespace svg url(https://pixel.tracker.example/); p{content:'https://pixel.tracker.example/'}</style>",
    "<style>@document url(https://pixel.tracker.example/){p{color:red}}</style>",
    "<style>p{background:url(#a)}p{background:url(data:image/png;base64,AAAA)}</style>",
    "<link rel=canonical href='https://pixel.tracker.example/'><link href='https://pixel.tracker.example/'>",
    "<meta http-equiv=refresh content=5><meta http-equiv=refresh><meta http-equiv=x content='5;url=https://a.example'>",
    "<meta name=x content='5; url=https://pixel.tracker.example/'><base href='https://pixel.tracker.example/'>",
    "<object><param name=wmode value='https://pixel.tracker.example/'></object>",
    '<a href="mailto:ann@shop.example">x</a><a href="tel:+1">x</a><a href="javascript:x">x</a><a href="#top">x</a>',
    '<a href="data:text/html,<img src=https://pixel.tracker.example/>">x</a>',
    '<a href="https://shop.example/news?utm_source=mail&utm_campaign=spring-2026">x</a>',
    '<a href="https://shop.example/login?next=https://other.example/x">x</a>',
    '<a href="https://www.facebook.com/sharer/sharer.php?u=https://shop.example/x">x</a>',
    '<a href="https://shop.example/track/1Z999AA10123456784">x</a>',
    '<a href="https://shop.example/unsubscribe?email=ann%40shop.example">x</a>',
    '<a href="https://shop.example/reset?token=9f8c1d2e3a4b5c6d7e8f9a0b1c2d3e4f">x</a>',
    '<a href="https://shop.example/orders/5b0e1b8c-6f0a-4b3e-9d2c-1a2b3c4d5e6f">x</a>',
    '<a href="https://shop.example/click">x</a>',
    '<img src="https://shop.example/tracking/17/hero.jpg"><img src="https://shop.example/tracker">',
    '<a href="https://shop.example/go?to=https://shop.example/x&u=https://">x</a>',
    '<a href="https://shop.example/go?to=aHR0cHM6Ly9zA">x</a>',
    '<form action="https://shop.example/redirect?to=https://other.example/&id=5b0e1b8c-6f0a-4b3e-9d2c-1a2b3c4d5e6f">',
]


@pytest.mark.parametrize("html", LOOK_ALIKES)
def test_what_only_looks_like_a_tracker_is_clean(html: str) -> None:
    audit = audit_html(html, known_trackers=["tracker.example"])
    assert (audit.outcome, audit.findings) == ("clean", ())


PIXEL = "https://shop.example/o/17.gif"
HIDDEN = [
    '<img src="%" width="1" height="1">',
    '<img src="%" width=1 height=1 style="width:1px;height:1px">',
    '<img src="%" width="0" height="0">',
    '<img src="%" width="2" height="1">',
    '<img src="%" height="0">',
    '<img src="%" width=" +1px" height="1.0">',
    '<img src="%" style="width:1px;height:1px">',
    '<img src="%" style="WIDTH:1PX;HEIGHT:1PX !IMPORTANT">',
    '<img src="%" style="wid\\74h:1px;/**/height:0.5pt">',
    '<img src="%" style="max-width:1px;max-height:1px">',
    '<img src="%" style="max-height:0" width="600">',
    '<img src="%" style="height:0" width="600" height="300">',
    '<img src="%" width="600" height="300" style="width:1px;height:1px">',
    '<img src="%" style="display:none">',
    '<img src="%" style="DISPLAY : none ! important" width="600">',
    '<img src="%" style="visibility:hidden">',
    '<img src="%" style="opacity:0">',
    '<img src="%" style="opacity:.001">',
    '<img src="%" style="filter:opacity(0)">',
    '<img src="%" hidden>',
    '<img src="%" style="position:absolute;left:-9999px">',
    '<img src="%" style="position:fixed;top:-1000px">',
    '<img src="%" style="position:absolute;left:10000px">',
    '<img src="%" style="margin-left:-5000px">',
    '<img src="%" style="margin:0 0 0 -5000px">',
    '<img src="%" style="position:absolute;clip:rect(0,0,0,0)">',
    '<img src="%" style="position:absolute;clip:rect(0px 0px 0px 0px)">',
    '<img src="%" style="clip-path:inset(50%25)">'.replace("%25", "&percnt;"),
    '<img src="%" style="transform:scale(0)">',
    '<img src="%" style="transform:translateX(-9999px)">',
    '<img src="%" style="scale:0">',
    '<img src="%" style="width:1e0px;height:10e-1px">',
    '<img src="%" style="width:calc(1px);height:min( 1px )">',
    '<img src="%" style="width:.1vw;height:0.2pct">'.replace("pct", "&percnt;"),
    '<img src="%" style="inline-size:1px;block-size:1px">',
    '<img src="%" style="max-inline-size:1px;max-block-size:1px">',
    '<img src="%" style="content-visibility:hidden">',
    '<img src="%" style="filter:blur(0) opacity( .001)">',
    '<img src="%" style="clip-path:polygon(0 0,0 0, 0px 0px)">',
    '<img src="%" style="clip-path:circle(0)">',
    '<img src="%" style="transform:matrix(0,0,0,0,0,0)">',
    '<img src="%" style="transform:rotateY(90deg)">',
    '<img src="%" style="transform:translate(0, -100vh)">',
    '<img src="%" style="translate:-9999px">',
    '<img src="%" style="translate:0 -9999px">',
    '<img src="%" style="zoom:.001">',
    '<img src="%" style="position:absolute;inset:-9999px auto auto 0">',
    '<img src="%" style="position:absolute;inset-inline-start:calc(-1000px)">',
    '<img src="%" style="position:absolute;left:-100vw">',
    '<img src="%" style="margin-inline-start:-9999px">',
    '<img src="%" popover>',
    '<dialog><p><img src="%"></dialog>',
    '<datalist><img src="%"></datalist>',
    '<canvas><img src="%"></canvas>',
    "<style>img{zoom:0}</style><img src='%'>",
    '<div style="display:none"><p><img src="%"></p></div>',
    '<div style="visibility:hidden"><img src="%" width="600"></div>',
    '<div style="overflow:hidden;height:0"><img src="%" width="600"></div>',
    '<div style="overflow:hidden;max-height:0px;"><img src="%" width="600"></div>',
    '<div style="overflow-y:hidden;width:1px;height:1px"><img src="%" width="600"></div>',
    '<div style="text-indent:-9999px"><img src="%" width="600"></div>',
    '<div hidden><b><img src="%" width="600"></b></div>',
    "<style>.x{display:none}</style><img class='a X' src='%'>",
    "<style>.x{display:none}</style><div class=x><img src='%'></div>",
    "<img id=Y src='%'><style>#y{width:1px;height:1px}</style>",
    "<style>img[src$='.gif']{height:0}</style><img src='%'>",
    "<style>[alt=''][lang|=de][class~=x][title*=it i]{height:0}</style><img alt lang=de-AT class='y x' title=it src=%>",
    "<style>*|img , p>b{height:0}</style><img src='%'>",
    "<style>@layer{@supports(x:y){img{height:0}}}</style><img src='%'>",
    "<style>table td>img{display:none}</style><table><tr><td><img src='%'></table>",
    "<style>@media screen{img{width:1px;height:1px}}</style><img src='%'>",
    "<style>img{display:none!important}</style><img src='%' style='display:block'>",
    "<style>div .x{display:none}.x{display:block}</style><div><img class=x src='%'></div>",
    "<style>.x{display:none}img{display:block}</style><img class=x src='%'>",
    '<input type="image" src="%" width="1" height="1">',
    '<img srcset="% 1x" width="1" height="1">',
    '<picture><source srcset="%"><img width="1" height="1"></picture>',
    '<picture style="display:none"><source srcset="%"></picture>',
    '<video poster="%" width="1" height="1"></video>',
    '<iframe src="%" width="0" height="0"></iframe>',
    '<embed src="%" width="1" height="1">',
    '<object data="%" width="1" height="1"></object>',
    '<svg width="1" height="1"><image href="%"/></svg>',
    '<svg><image width="1" height="1" href="%"/></svg>',
    '<td background="%" width="1" height="1">x</td>'.replace("<td", "<table><tr><td"),
    '<div style="background:url(%);width:1px;height:1px"></div>',
    '<div style="background:url(%);display:none"></div>',
    "<style>.x{background:url(%)}</style><div class=x style='width:1px;height:1px'></div>",
    "<style>.x:before{content:url(%);width:1px;height:1px}</style>",
    '<!--[if mso]><img src="%" width="1" height="1"><![endif]-->',
    '<!--[if mso]><v:image src="%" style="width:1px;height:1px" /><![endif]-->',
    '<amp-pixel src="%"></amp-pixel>',
    '<amp-img src="%" width="1" height="1"></amp-img>',
    '<base href="https://shop.example/o/"><img src="17.gif" width="1" height="1">',
    '<base href="https://shop.example/a/"><img src="/o/17.gif" width="1" height="1">',
]


@pytest.mark.parametrize("html", HIDDEN)
def test_a_picture_that_nobody_sees_is_found(html: str) -> None:
    audit = audit_html(html.replace("%", PIXEL))
    assert (audit.outcome, kinds(audit)) == ("tracked", ["hidden_image"])
    assert audit.findings[0].url == PIXEL
    assert not audit_html(html.replace("%", "cid:17").replace("base href", "base x").replace("https:", "")).findings


SHOWN = [
    "<style>.x{display:none}@media (max-width:600px){.x{display:block!important}}</style><img class=x src='%'>",
    "<style>@media (max-width:600px){.x{display:none}}</style><img class=x src='%'>",
    "<style>.x{max-height:0;overflow:hidden}@media(x){.x{max-height:none}}</style><p class=x><img src='%'></p>",
    "<style>p+img,img:hover,a~img,img::after{display:none}</style><img src='%'>",
    "<style>.y{display:none}.x{display:none}.x{display:block}</style><img class=x src='%'>",
    "<style>div>img{display:none}</style><div><p><img src='%'></p></div>",
    "<style>div td img{display:none}</style><div><p><img src='%'></p></div>",
    "<style>img[alt]{display:none}img[src='']{display:none}img[src^='']{display:none}</style><img src='%'>",
    "<img src='%' width='1' height='1' style='width:600px;height:300px'>",
    "<img src='%' style='max-width:1px;min-width:600px;height:300px'>",
    "<img src='%' style='max-width:100%;height:auto;width:inherit'>".replace("100%", "100&percnt;"),
    "<img src='%' style='width:50vw;height:calc(1px + 1px)'>",
    "<img src='%' width='50&percnt;' height='x'>",
    "<style>p#y{display:none}#y#z{display:none}#y.a{display:none}</style><img id=y src='%'>",
    "<img src='%' style='position:absolute;left:0'>",
    "<img src='%' style='opacity:0.5;visibility:visible;left:-9999px;margin:-10px'>",
    "<img src='%' hidden style='display:block'>",
    "<dialog open><img src='%'></dialog><dialog style='display:block'><img src='%'></dialog>",
    "<img src='%' style='filter:opacity(0.5);zoom:1;clip-path:circle(0.5px)'>",
    "<img src='%' style='clip-path:polygon(0 0,100px 0,0 50px);transform:translate(-50px,-50px) rotatey(9deg)'>",
    "<img src='%' style='position:relative;left:-100pct;margin-left:-100pct'>".replace("pct", "&percnt;"),
    "<img src='%' style='max-width:1px;max-height:1px;min-width:600px'>",
    "<img src='%' style='max-inline-size:1px;max-block-size:1px;min-inline-size:600px'>",
    "<img src='%' style='width:max(1px,50vw);height:calc(1px + 1px)'>",
    "<div style='overflow:hidden;height:300px;max-height:none'><img src='%'></div>",
    "<div style='height:0;width:0'><img src='%'></div>",
    "<div style='background:url(%);height:1px'></div>",
    "<style>p{background:url(%)}</style><p>x</p>",
    "<picture><source srcset='%'><img width='600' height='300'></picture>",
    "<video width='600'><source src='%'></video>",
    "<source src='%'>",
]


@pytest.mark.parametrize("html", SHOWN)
def test_a_picture_that_somebody_sees_is_none(html: str) -> None:
    assert audit_html(html.replace("%", PIXEL)).findings == ()


def test_relative_urls_are_resolved_with_every_base_there_is() -> None:
    bases = '<base href="https://a.example/x/y?z"><!--[if mso]><base href="//b.example"><![endif]--><base href="x/">'
    html = bases + '<img src="17" width=1 height=1>\n<img src="?17" hidden>\n<img src="/17" hidden>'
    assert [finding.url for finding in audit_html(html).findings] == [
        "https://a.example/x/17",
        "https://b.example/17",
        "https://a.example/x/y?17",
        "https://b.example/?17",
        "https://a.example/17",
        "https://b.example/17",
    ]


@pytest.mark.parametrize(
    ("host", "listed"),
    [
        ("stra\xdfe.example", "xn--strae-oqa.example"),
        ("\u0391\u03a3-1.example", "\u03b1\u03c3-1.example"),
        ("\u0391\u03a3.example", "xn--mxa0b.example"),
        ("\u05d0a.tracker.example", "tracker.example"),
        ("\u24cb\u24d4.example", "ve.example"),
        ("x\U000e0100y.example", "xy.example"),
    ],
)
def test_a_host_is_spelled_as_browsers_spell_it(host: str, listed: str) -> None:
    assert kinds(audit_html(f"<img src='//{host}/a.png'>", known_trackers=[listed])) == ["known_tracker"]


def test_a_label_that_no_host_has_is_nobodys() -> None:
    for label in ("\xe9" * 64, "a" * 1_001):
        assert not audit_html(
            f"<img src='//{label}.tracker.example/a.png'>", known_trackers=["tracker.example"]
        ).findings


@pytest.mark.parametrize(
    "html",
    [
        '<img srcset="//a\x0bb@tracker.example/a.png 1x">',
        '<img srcset="//a\xa0b@tracker.example/a.png 1x">',
        '<a href="https://shop.example/" ping="https://a\xa0b@tracker.example/a.png">x</a>',
        '<svg><image><set attributeName="href" to="//a;b@tracker.example/a.png"/></image></svg>',
        """<meta http-equiv=refresh content="0;url=//a'b@tracker.example/a.png">""",
    ],
)
def test_a_url_goes_on_behind_what_looks_like_its_end(html: str) -> None:
    assert "known_tracker" in kinds(audit_html(html, known_trackers=["tracker.example"]))


@pytest.mark.parametrize("named", ["'%'", "url('%')", "url(%)"])
def test_an_import_with_an_escape_is_read_without_it_too(named: str) -> None:
    # With it the host goes on: `tracker.examplelogo.png`.
    html = f"<style>@import {named};</style>".replace("%", r"https:\\tracker.example\a\logo.png")
    audit = audit_html(html, known_trackers=["tracker.example"])
    assert [finding.url for finding in audit.findings] == ["https://tracker.example/a/logo.png"]
    assert not audit_html(html.replace("@import", "@namespace"), known_trackers=["tracker.example"]).findings


@pytest.mark.parametrize("length", range(3))
def test_base64_is_read_as_forgivingly_as_browsers_do(length: int) -> None:
    octets = b64encode(f'{"x" * length}<img src="{TRACKER}">'.encode()).decode().rstrip("=")
    for blanks in range(4):
        html = f"<iframe src='data:text/html;base64,{octets[:9]}{'%20' * blanks}{octets[9:]}'></iframe>"
        assert kinds(audit_html(html, known_trackers=["tracker.example"])) == ["known_tracker"]


BASED = '<base href="http://pixel.tracker.example/a/">'


@pytest.mark.parametrize(
    "html",
    [
        '<img src="http:logo.png">',
        '<img src="hT\ntp:logo.png">',
        '<a href="http:logo.png">x</a>',
        "<p style=\"--x:'logo.png';background:image-set(var(--x) 1x)\">x</p>",
        "<style>@property --x{syntax:'*';initial-value:'logo.png'}p{background:image-set(var(--x) 1x)}</style>",
    ],
)
def test_what_only_some_readers_resolve_with_the_base_is_looked_at(html: str) -> None:
    audit = audit_html(BASED + html, known_trackers=["tracker.example"])
    assert [finding.url for finding in audit.findings] == ["http://pixel.tracker.example/a/logo.png"]
    if "http:" in html:
        assert not audit_html(BASED.replace("http:", "https:") + html, known_trackers=["tracker.example"]).findings


@pytest.mark.parametrize(
    ("label", "codec"), [("utf-16le", "utf-16-le"), ("UTF-16BE", "utf-16-be"), ("", "utf-16"), ("utf-7", "utf-7")]
)
def test_a_data_document_is_read_in_its_charset(label: str, codec: str) -> None:
    octets = b64encode(f'<img src="{TRACKER}">'.encode(codec)).decode()
    charset = f'; Charset = "{label}"' if label else ""
    html = f"<iframe src='data:text/html{charset};base64,%20{octets}\n'></iframe>"
    assert audit_html(html, known_trackers=["tracker.example"]).outcome == "tracked"
    escaped = f"<iframe src='data:text/html;charset=iso-2022-jp,<img s%1B(Brc={TRACKER}>'></iframe>"
    assert audit_html(escaped, known_trackers=["tracker.example"]).outcome == "tracked"


def test_a_thin_picture_is_a_line_only_if_it_is_a_mere_file() -> None:
    thin = '<img src="%" width="1" height="20">'
    assert not audit_html(thin.replace("%", "https://shop.example/spacer.gif")).findings
    assert kinds(audit_html(thin.replace("%", "https://shop.example/spacer.gif?u=17"))) == ["hidden_image"]
    assert kinds(audit_html(thin.replace("%", "https://shop.example/spacer"))) == ["hidden_image"]


def test_a_file_that_spaces_things_out_elsewhere_is_a_spacer() -> None:
    spacer = '<img src="https://shop.example/s.gif{}" width="1" height="1">'
    larger = '<img src="https://shop.example/s.gif{}" width="{}" height="1">'
    assert kinds(audit_html(spacer.format("") * 2)) == ["hidden_image"]
    assert kinds(audit_html(spacer.format("") + larger.format("", 2))) == ["hidden_image"]
    assert not audit_html(larger.format("", 9) + spacer.format("")).findings
    assert "hidden_image" in kinds(audit_html(spacer.format("?u=17") + larger.format("?u=17", 9)))
    other = spacer.format("").replace("1", "0") + larger.format("", 9).replace("shop", "other")
    assert kinds(audit_html(other)) == ["hidden_image"]


# Own tracking domains.


def aggregate_pixel(now: datetime = NOW) -> str:
    return open_url(DOMAIN, make_open_token(KEYS, "spring", mode=TrackingMode.AGGREGATE, now=now))


OWN = {
    "individual open": (open_url(DOMAIN, make_open_token(KEYS, "m-1", now=NOW)), "own_tracking_url"),
    "deliverability open": (
        open_url(DOMAIN, make_open_token(KEYS, "m-1", mode=TrackingMode.DELIVERABILITY, now=NOW)),
        "own_tracking_url",
    ),
    "individual click": (click_url(DOMAIN, make_click_token(KEYS, "m-1", 0, now=NOW)), "own_tracking_url"),
    "aggregate open": (aggregate_pixel(), "aggregate_token"),
    "aggregate open of old": (aggregate_pixel(datetime(2001, 1, 1, tzinfo=UTC)), "aggregate_token"),
    "aggregate click": (
        click_url(DOMAIN, make_click_token(KEYS, "spring", 0, mode=TrackingMode.AGGREGATE, now=NOW)),
        "aggregate_token",
    ),
    "aggregate open, host in capitals": (aggregate_pixel().replace("track.", "TRACK."), "aggregate_token"),
    "aggregate open and a query": (aggregate_pixel() + "?u=17", "own_tracking_url"),
    "aggregate open and a fragment": (aggregate_pixel() + "#u=17", "own_tracking_url"),
    "aggregate open and a user": (aggregate_pixel().replace("//", "//ann@"), "own_tracking_url"),
    "aggregate open without https": (aggregate_pixel().replace("https", "http"), "own_tracking_url"),
    "aggregate open, changed": (aggregate_pixel()[:-2] + "AA", "own_tracking_url"),
    "aggregate open, escaped": (aggregate_pixel().replace("/o/", "/%6F/"), "own_tracking_url"),
    "aggregate open, roundabout": (aggregate_pixel().replace("/o/", "/x/..//./o/"), "own_tracking_url"),
    "no token": ("https://track.example/o/", "own_tracking_url"),
    "garbage": ("https://track.example/c/garbage", "own_tracking_url"),
    "withdrawal, loaded": (withdraw_url(DOMAIN, "x"), "own_tracking_url"),
}


@pytest.mark.parametrize("case", OWN)
def test_of_our_own_urls_only_a_verified_aggregate_token_is_not_individual(case: str) -> None:
    url, kind = OWN[case]
    audit = audit_html(f'<img src="{url}" width="1" height="1">', domains=[DOMAIN])
    assert kinds(audit) == [kind]
    assert audit.outcome == ("aggregate" if kind == "aggregate_token" else "tracked")
    assert kinds(audit_html(f'<img src="{url}" width="600">', domains=["https://Track.example/x"])) == [
        "own_tracking_url"
    ]


def test_other_keys_do_not_verify_but_one_domain_of_several_is_enough() -> None:
    html = f'<img src="{aggregate_pixel()}">'
    stranger = TrackingDomain("https://track.example", make_keys(b"another example secret"))
    assert kinds(audit_html(html, domains=[stranger])) == ["own_tracking_url"]
    for domains in ([stranger, DOMAIN], [DOMAIN, stranger]):
        assert kinds(audit_html(html, domains=domains)) == ["aggregate_token"]


def test_a_base_path_belongs_to_the_tracking_domain() -> None:
    domain = TrackingDomain("https://mail.example/T", KEYS)
    tracked = open_url(domain, make_open_token(KEYS, "m-1", now=NOW))
    assert kinds(audit_html(f'<img src="{tracked}">', domains=[domain])) == ["own_tracking_url"]
    assert not audit_html('<a href="https://mail.example/o/news">x</a>', domains=[domain]).findings


def test_a_withdrawal_link_is_for_people_and_other_pages_are_like_any_others() -> None:
    html = f'<a href="{withdraw_url(DOMAIN, "x")}">x</a><a href="https://track.example/about">x</a>'
    assert not audit_html(html + '<img src="https://track.example/logo.png">', domains=[DOMAIN]).findings


def test_an_aggregate_token_does_not_hide_where_it_leads() -> None:
    token = make_click_token(
        KEYS, "spring", 0, url="https://shop.example/?email=ann%40shop.example", mode=TrackingMode.AGGREGATE, now=NOW
    )
    audit = audit_html(f'<a href="{click_url(DOMAIN, token)}">x</a>', domains=[DOMAIN])
    assert (audit.outcome, kinds(audit)) == ("tracked", ["aggregate_token", "identifier"])


# Links that lead through others, and identifiers.

REDIRECTORS = [
    "https://click.shop.example/CL0/https:%2F%2Fshop.example%2F/1/0100",
    "https://shop.example/click?u=17",
    "https://shop.example/app/linkClick/12061/15c81731f2b27f42",
    "https://shop.example/cgi-bin/redir.cgi?to=news",
    "https://shop.example/click-471546-487847",
    "https://count.example/?to=https://shop.example/",
    "https://count.example/x/https://shop.example/",
    "https://count.example/?to=https%3A%2F%2Fshop.example%2F",
    "https://count.example/?to=https%253A%252F%252Fshop.example%252F",
    "https://count.example/?aHR0cHM6Ly9zaG9wLmV4YW1wbGUv",
    "https://count.example/r/" + b64encode(b"https://shop.example/a").decode().rstrip("="),
]


@pytest.mark.parametrize("url", REDIRECTORS)
def test_a_link_through_somebody_who_counts_is_found(url: str) -> None:
    assert kinds(audit_html(f'<a href="{url}">x</a>')) == ["redirector"]
    assert kinds(audit_html(f'<!--[if mso]><v:roundrect href="{url}"/><![endif]-->')) == ["redirector"]


def test_a_picture_fetched_by_way_of_another_host_is_no_redirector() -> None:
    assert not audit_html('<img src="https://images.example/?url=https://shop.example/hero.jpg">').findings


ADDRESS = b"ann@shop.example"
IDENTIFIERS = {
    "address": "?e=ann@shop.example",
    "address, escaped": "?e=ann%40shop.example",
    "address, escaped twice": "?e=ann%2540shop.example",
    "address in the path": "/ann@shop.example/x",
    "address in base64": "?e=" + b64encode(ADDRESS).decode(),
    "address in base64, escaped": "?e=" + b64encode(ADDRESS).decode().replace("=", "%3D"),
    "address in base64 in the path": "/" + b64encode(ADDRESS).decode().rstrip("="),
    "address in hexadecimal": "?e=" + ADDRESS.hex(),
    "record": "?d=" + b64encode(b'{"id":17,"list":3}').decode(),
    "JWT": "/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOjE3fQ.c2lnbmF0dXJl",
    "parameter of a service": "?utm_source=mail&mc_eid=17abc",
}
LOADED_ONLY = {
    "MD5": "?h=9f8c1d2e3a4b5c6d7e8f9a0b1c2d3e4f",
    "SHA-1 in the path": "/9f8c1d2e3a4b5c6d7e8f9a0b1c2d3e4f9f8c1d2e",
    "SHA-256": "?" + "9F8C1D2E3A4B5C6D" * 4,
    "UUID in the path": "/5b0e1b8c-6f0a-4b3e-9d2c-1a2b3c4d5e6f",
    "random": "?q=06-fP6uI482xDw5FVqmap_vCgSyiL4R",
    "random in the path": "/open/5NGp6tsciMBWBAxvERCbPMC",
    "name of a counter": "/elog/trackurl?di=1400444",
    "name of a counter, two words": "/gems_open_tracking.cfm?id=17",
    "name of a counter in the path": "/app/emailOpened/4852414/61286",
    "long number": "?id=216095411795471888",
}


@pytest.mark.parametrize("case", IDENTIFIERS)
def test_an_identifier_is_found_in_loads_and_links(case: str) -> None:
    url = f"https://shop.example{IDENTIFIERS[case]}"
    assert kinds(audit_html(f'<img src="{url}" width="600">')) == ["identifier"]
    assert kinds(audit_html(f'<a href="{url}">x</a>')) == ["identifier"]
    assert not audit_html(f'<a href="{url}&x=unsubscribe">x</a>').findings


@pytest.mark.parametrize("case", LOADED_ONLY)
def test_the_path_of_a_link_is_the_page_it_leads_to(case: str) -> None:
    url = f"https://shop.example{LOADED_ONLY[case]}"
    assert kinds(audit_html(f'<img src="{url}" width="600">')) == ["identifier"]
    assert kinds(audit_html(f'<link rel="dns-prefetch" href="{url}">')) == ["identifier"]
    assert kinds(audit_html(f'<a href="{url}">x</a>')) == (["identifier"] if LOADED_ONLY[case][0] == "?" else [])


def test_a_host_name_may_be_an_identifier_too() -> None:
    url = "//9f8c1d2e3a4b5c6d7e8f9a0b1c2d3e4f.count.example/"
    assert kinds(audit_html(f'<link rel="dns-prefetch" href="{url}">')) == ["identifier"]


def test_a_secret_that_a_link_works_by_is_no_tracking_but_in_a_load_it_is() -> None:
    url = "https://shop.example/reset?email=ann%40shop.example&token=9f8c1d2e3a4b5c6d7e8f9a0b1c2d3e4f"
    assert not audit_html(f'<a href="{url}">x</a>').findings
    assert kinds(audit_html(f'<img src="{url}" width="600">')) == ["identifier"]


def test_what_a_style_sheet_loads_is_said_of_the_sheet_and_only_hiding_of_the_element() -> None:
    sheet = "<style>p{background:url(%)}</style>\n<p style='display:none'>x</p>"
    tracked = audit_html(sheet.replace("%", TRACKER), known_trackers=["tracker.example"])
    assert places(tracked) == ["style sheet, line 1"]
    assert places(audit_html(sheet.replace("%", PIXEL))) == ["p by a style sheet, line 2"]


def test_everything_in_a_hidden_element_is_hidden_and_nothing_beside_it() -> None:
    hidden = "<img src='https://shop.example/1.jpg'>"
    html = f"{hidden}<div style='display:none'>{hidden}<p>\n{hidden}</p>\n{hidden}</div>\n{hidden}"
    assert places(audit_html(html)) == ["img src, line 1", "img src, line 2", "img src, line 3"]


def test_a_style_sheet_that_is_loaded_twice_in_a_line_is_read_once() -> None:
    link = "<link rel=stylesheet href='data:text/css,p{background:url(https://shop.example/?e=ann@shop.example)}'>"
    assert len(audit_html(f"{link}{link.replace('rel', 'media=x rel')}").findings) == 1


# The result itself.


def test_findings_come_in_source_order_with_the_line_where_their_tag_ends() -> None:
    html = (
        '<p>\n<a\nhref="https://shop.example/click?x"\n>x</a>\n<!--[if mso]>\n<img src="https://shop.example/1"\n'
        "width=1 height=1><![endif]--><style>\np{}\nq{background:url(https://shop.example/?9f8c1d2e3a4b5c6d7e8f9a0b)}"
        '</style>\n<svg><title>\n<img src="https://shop.example/2" width=1 height=1></title></svg>'
    )
    assert places(audit_html(html)) == [
        "a href, line 4",
        "img src, line 7, in a conditional comment",
        "style sheet, line 9",
        "img src, line 11",
    ]


def test_the_same_thing_in_the_same_place_is_said_once() -> None:
    html = '<img src="https://shop.example/1" width=1 height=1>'
    assert len(audit_html(html * 3).findings) == 1
    assert places(audit_html(f"{html}\n{html}")) == ["img src, line 1", "img src, line 2"]


def test_lines_beyond_what_libxml2_counts_are_not_made_up() -> None:
    html = "\n" * 70_000 + '<img src="https://shop.example/1" width=1 height=1>'
    assert places(audit_html(html)) == ["img src, line 65535 or later"]


def test_a_very_long_url_is_shown_shortened() -> None:
    url = audit_html(f'<img src="https://shop.example/{"a" * 5000}" width=1 height=1>').findings[0].url
    assert url is not None
    assert (len(url), url[-1]) == (2_000, "…")


def test_an_audit_pickles() -> None:
    audit = audit_html('<img src="https://shop.example/1" width=1 height=1>')
    assert pickle.loads(pickle.dumps(audit)) == audit  # noqa: S301 - our own bytes


@pytest.mark.parametrize(
    ("html", "arguments", "error"),
    [
        (b"x", {}, TypeError),
        (None, {}, TypeError),
        ("x", {"domains": "track.example"}, TypeError),
        ("x", {"domains": DOMAIN}, TypeError),
        ("x", {"domains": [b"track.example"]}, TypeError),
        ("x", {"domains": None}, TypeError),
        ("x", {"known_trackers": "tracker.example"}, TypeError),
        ("x", {"known_trackers": {"tracker.example"}}, TypeError),
        ("x", {"known_trackers": [DOMAIN]}, TypeError),
        ("x", {"domains": [""]}, ValueError),
        ("x", {"domains": ["https://"]}, ValueError),
        ("x", {"domains": ["a b"]}, ValueError),
        ("x", {"known_trackers": ["https://tracker.example"]}, ValueError),
        ("x", {"known_trackers": [""]}, ValueError),
        ("x", {"known_trackers": ["\ud800\u2100.example"]}, ValueError),
    ],
)
def test_wrong_arguments_are_the_caller_s_mistake(
    html: Any,  # noqa: ANN401 - wrong on purpose
    arguments: Any,  # noqa: ANN401
    error: type[Exception],
) -> None:
    with pytest.raises(error):
        audit_html(html, **arguments)


def test_a_known_tracker_owns_its_sub_domains_and_nothing_else() -> None:
    audit = audit_html(
        '<img src="https://a.b.tracker.example/1.png"><img src="https://nottracker.example/1.png">'
        '<img src="https://xn--bcher-kva.example/1.png"><img src="https://[::1]/1.png">',
        known_trackers=["Tracker.example.", "bücher.example", "[::1]"],
    )
    assert [finding.url for finding in audit.findings] == [
        "https://a.b.tracker.example/1.png",
        "https://xn--bcher-kva.example/1.png",
        "https://[::1]/1.png",
    ]


def test_lxml_is_imported_by_the_first_audit_and_not_before() -> None:
    pytest.importorskip("lxml")
    code = (
        "import sys, lmtrack; lmtrack.audit_html; print('lxml' in sys.modules, lmtrack.audit_html('x').outcome.value)"
    )
    environment = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    ran = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code + "; print('lxml' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert ran.stdout.split() == ["False", "clean", "True"]


# Limits: never clean when something may have been missed.


def sheet_in_sheets(depth: int) -> str:
    return f"@import 'data:text/css,{quote(sheet_in_sheets(depth - 1))}'" if depth else ""


PIXEL_TAG = '<img src="https://shop.example/1" width=1 height=1>'
LIMITED = {
    "100,000 nested elements": "<div>" * 100_000,
    "20,000 attributes": "<p " + " ".join(f"a{number}=1" for number in range(20_000)) + ">",
    "2,001 attributes": "<p" + " a" * 2_001 + ">",
    "comments in comments": "<!--[if mso]>" * 20 + "<b>x",
    "many bases": "".join(f"<base href='https://b{number}.example/'>" for number in range(9)),
    "a data: document that is none": '<iframe src="data:text/html;base64,AAAA!A">',
    "a data: document of no charset": '<iframe src="data:text/html;charset=x-none,AAAA">',
    "a data: document with entities": "<iframe src='data:text/xml,<!DOCTYPE x [<!ENTITY a \"x\">]><p>&amp;a;</p>'>",
    "sheets in sheets": f"<style>{sheet_in_sheets(12)}</style>",
    "too many rules": "<style>" + "b b b{width:9px}" * 3_000 + "</style>" + "<b>" * 1_000 + PIXEL_TAG,
}


@pytest.mark.parametrize("case", LIMITED)
def test_a_limit_is_never_clean_and_what_was_found_is_still_said(case: str) -> None:
    html = LIMITED[case]
    audit = audit_html(html)
    assert audit.outcome in {"not_provable", "tracked"}
    assert kinds(audit)[-1] == "limit_reached"
    assert audit.findings[-1].place == "document"
    assert audit_page(html, watch_of((), ()), "1.2")[-1].place == "1.2"


def test_what_lies_too_deep_for_the_tree_is_still_found() -> None:
    audit = audit_html("<div>" * 5_000 + PIXEL_TAG)
    assert kinds(audit) == ["hidden_image", "limit_reached"]


def test_documents_in_documents_end_somewhere() -> None:
    html = "x<b>"
    for _ in range(12):
        html = "<iframe srcdoc='" + html.replace("&", "&amp;").replace("'", "&#39;").replace("<", "&lt;") + "'>"
    assert kinds(audit_html(html)) == ["limit_reached"]


@pytest.mark.parametrize(
    ("kind", "document"),
    [
        ("text/html", f"<p>{PIXEL_TAG}"),
        ("text/html;base64", b64encode(f"<p>{PIXEL_TAG}".encode()).decode()),
        ("TEXT/HTML;charset=utf-8", f"<p>{PIXEL_TAG}".replace("<", "%3C").replace("#", "%23")),
        ("image/svg+xml", "<svg><image href=https://shop.example/1 width=1 height=1 /></svg>"),
        ("text/css", "@import 'https://shop.example/?e=ann@shop.example'"),
    ],
)
def test_a_document_in_a_data_url_is_read_too(kind: str, document: str) -> None:
    escaped = document.replace("&", "&amp;").replace('"', "&quot;")
    html = f'<iframe src="data:{kind},{escaped}">'
    assert len(audit_html(html).findings) == 1
    assert not audit_html(f'<img src="data:image/png,{escaped}">').findings


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_documents_get_an_outcome(case: str) -> None:
    audit = audit_html(HOSTILE[case](20_000))
    assert bool(audit.findings) == (audit.outcome != "clean")


@pytest.mark.parametrize(
    "html",
    [
        "\0" * 1000,
        "<img src='https://shop.example/\0\ud800'>" * 50,
        "\ud800<p>\udfff",
        "\ufeff<p>x",
        "<?xml version='1.0' encoding='utf-16'?><html>x",
        "<!-- " + "x" * 100_000 + " -->",
        "<style>" + "a{" * 20_000,
        "<style>" + "(" * 20_000,
        "<style>" + "\\" * 20_000,
        "<style>" + "/*" * 20_000,
        "<style>" + "a>" * 20_000 + "{display:none}",
        "<style>" + "a," * 20_000 + "{display:none}",
        "<style>" + "[a" * 20_000 + "{display:none}",
        "<p style='" + "url(" * 20_000,
        '<p style="' + "'" * 20_001,
        "<img srcset='" + "a," * 20_000 + "'>",
        "<img srcset='" + "a (" * 20_000 + "'>",
        "<a href='https://shop.example/" + "%25" * 20_000 + "'>",
        "<a href='https://shop.example/?" + "a=1&" * 20_000 + "'>",
        "<a href='https://shop.example/?" + "aHR0c" * 20_000 + "'>",
        "<a href='https://shop.example/" + "@" * 20_000 + "'>",
        "<a href='https://" + "a." * 20_000 + "example/'>",
        "<a href='https://" + "ü." * 400 + "example/'>",
        "<a href='https://shop.example" + "/.." * 20_000 + "'>",
        "<img width='" + "9" * 20_000 + "' height=1 src='https://shop.example/x'>",
        "<img style='width:" + "9" * 20_000 + "px' src='https://shop.example/x'>",
        "<style>@media{" * 5000,
    ],
)
def test_hostile_values_get_an_outcome(html: str) -> None:
    audit = audit_html(html, domains=[DOMAIN, "other.example"], known_trackers=["tracker.example"])
    assert bool(audit.findings) == (audit.outcome != "clean")


# Plain text.


def test_urls_of_plain_text_are_links() -> None:
    text = (
        "Hello\nhttps://shop.example/click?u=17 and <https://shop.example/a>\n"
        "www.count.example/?to=https://shop.example/\nhttps://shop.example/点击?e=ann@shop.example\n"
        f"{open_url(DOMAIN, make_open_token(KEYS, 'm-1', now=NOW))}.\nhttps://[\nhttp:///"
    )
    found = audit_text(text, watch_of([DOMAIN], ()), "1")
    assert [(finding.kind.value, finding.place) for finding in found] == [
        ("redirector", "1, text, line 2"),
        ("redirector", "1, text, line 3"),
        ("identifier", "1, text, line 4"),
        ("own_tracking_url", "1, text, line 5"),
    ]


# Properties.


@given(st.one_of(hostile_html(), LINK_DOCUMENTS, st.text()))
def test_any_text_gets_an_outcome_that_its_findings_explain(html: str) -> None:
    audit = audit_html(html, domains=[DOMAIN])
    assert bool(audit.findings) == (audit.outcome != "clean")
    assert len(set(audit.findings)) == len(audit.findings)
    assert audit == audit_html(html, domains=[DOMAIN])


@given(st.one_of(hostile_html(), LINK_DOCUMENTS))
def test_what_we_track_for_one_person_is_never_clean_and_what_for_all_is_aggregate(html: str) -> None:
    before = audit_html(html, domains=[DOMAIN])
    policy = LinkPolicy(track_unsubscribe=True, track_sensitive=True)
    individual = track_html(html, ON, domain=DOMAIN, message_id="m-1", policy=policy, now=NOW)
    assert audit_html(individual.html, domains=[DOMAIN]).outcome == "tracked"
    together = track_html(html, SUM, domain=DOMAIN, message_id="m-1", campaign=CAMPAIGN, policy=policy, now=NOW)
    after = audit_html(together.html, domains=[DOMAIN])
    if before.outcome == "clean":
        assert after.outcome in {"aggregate", "tracked"}
        assert {finding.kind.value for finding in after.findings} <= {"aggregate_token", "redirector", "identifier"}
    off = track_html(html, resolve(Route()), domain=DOMAIN, message_id="m-1", now=NOW)
    assert audit_html(off.html, domains=[DOMAIN]) == before


PACKED = (
    '<p class=3D"a"><img src=3D"https://shop.example/1" width=3D"600"></p>',
    '{"html": "<p class=\\"a\\">x</p>"}',
    'id,html\n1,"<p class=""a"">x</p>"\n',
    b64encode(b"<html><p>Hello</p><img src='https://shop.example/1'></html>").decode(),
    b64encode(b"<html><p>Hello</p><img src='https://shop.example/1'></html>\n").decode().rstrip("="),
)


@pytest.mark.parametrize("text", PACKED)
def test_what_is_not_html_yet_is_not_clean(text: str) -> None:
    audit = audit_html(text)
    assert audit.outcome != "clean"
    assert "it is not HTML yet" in [finding.why.partition(",")[0] for finding in audit.findings]


@pytest.mark.parametrize(
    "text",
    [
        '<a href="https://shop.example/?q=3D">x</a>', "<p title='a=3D'>", '<p title="" class="a">', "x" * 400,
        b64encode(b"no tag in it, and long enough for that").decode(), '<p data-x="a\\">', '<a href=""x>',
    ],
)  # fmt: skip
def test_what_only_looks_like_it_is_html(text: str) -> None:
    assert not any("it is not HTML yet" in finding.why for finding in audit_html(text).findings)
