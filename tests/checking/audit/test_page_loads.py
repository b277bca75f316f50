"""What a document loads: every form, plain and disguised, and what only looks like one."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from audited_mails import TRACKER, kinds, places
from lmtrack import audit_html

if TYPE_CHECKING:
    from collections.abc import Callable


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
    "annotation": ('<script type=application/ld+json>{"@type":"PromotionCard","image":"%"}</script>', "annotation"),
    "annotation of a button": ('<script>{"@type":"ViewAction","target":"%"}</script>', "annotation"),
    "microdata": ('<div itemscope><meta itemprop="name image" content="%">', "meta content"),
    "microdata, link": ('<div itemscope><link itemprop="image" href="%">', "link href"),
    "microdata of a button": ('<div itemscope><link itemprop="target" href="%">', "link href"),
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
    "sheet of another type in a link": ("<link rel=stylesheet href=\"data:,@import '%'\">", "@import"),
    "sheet of another type in a sheet": ("<style>@import url(\"data:x/y,@import '%'\");</style>", "@import"),
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
    "form of AMP": ('<form method="post" action-xhr="%"><button>x</button></form>', "form action-xhr"),
    "form of AMP, verified": ('<form verify-xhr="%"><button>x</button></form>', "form verify-xhr"),
}
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


# What tells of a click, and what is never drawn: findings by themselves.
SAYING_MORE = ("ping", "svg title")


@pytest.mark.parametrize("form", LOADS)
def test_every_load_and_every_link_is_looked_at(form: str) -> None:
    html, place = LOADS[form]
    audit = audit_html(html.replace("%", TRACKER), known_trackers=["tracker.example"])
    assert [(finding.kind.value, finding.url and finding.url.split("#")[0]) for finding in audit.findings] == [
        ("known_tracker", TRACKER)
    ]
    assert places(audit)[0].split(",")[0] == place
    assert not audit_html(html.replace("%", "https://shop.example/a/logo.png")).findings or form in SAYING_MORE


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
    "<p>&lt;img src='https://pixel.tracker.example/1' width=1 height=1&gt;",
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
