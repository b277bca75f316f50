"""Pictures that nobody sees, and what hides them."""

from __future__ import annotations

import pytest

from audited_mails import TRACKER, kinds, places
from lmtrack import audit_html

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
    '<div hidden style="color:red"><img src="%" width="600"></div>',
    '<dialog style="color:red"><img src="%" width="600"></dialog>',
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
    '<img src="%" style="-webkit-transform:scale(0)">',
    '<img src="%" style="-webkit-opacity:0;-webkit-box-flex:1">',
    '<img src="%" style="position:absolute;right:200vw">',
    '<img src="%" style="position:absolute;inset-inline-end:9999px">',
    '<img src="%" style="position:absolute;inset-block:-9999px auto">',
    '<img src="%" style="display:block;margin-block:-9999px 0">',
    '<img src="%" style="transform:rotate3d(0,1,0,90deg)">',
    '<img src="%" style="clip-path:xywh(0 0 0 0)">',
    '<div style="height:0;contain:paint"><img src="%"></div>',
    '<details><summary>x</summary><p>y</p><summary><img src="%"></summary></details>',
    '<option label=x><img src="%"></option>',
    '<svg><foreignObject width=0 height=0><img src="%"></foreignObject></svg>',
    '<svg><metadata><foreignObject width=400><img src="%"></foreignObject></metadata></svg>',
    '<svg><text><foreignObject width=400><img src="%"></foreignObject></text></svg>',
    '<svg><circle r=9><image width=9 height=9 href="%" /></circle></svg>',
    '<svg><linearGradient><image width=9 height=9 href="%" /></linearGradient></svg>',
    '<svg><g requiredExtensions=x><image width=9 height=9 href="%" /></g></svg>',
    '<math><semantics><mi>x</mi><annotation-xml encoding="text/html"><img src="%"></annotation-xml></semantics></math>',
    '<div style="background:url(%);background-repeat:no-repeat;background-position-x:-9999px">x</div>',
    "<style>p{opacity:0}p::after{content:url(%)}</style><p>x",
    "<style>p{opacity:0}div{p::before{content:url(%)}}</style><div><p>x</div>",
    "<style>img[*|src]{display:none}</style><img src='%'>",
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
    "<style>img!x{display:none}</style><img src='%'>",
    "<style>p::after{content:url(%)}</style><p>x",
    "<style>p::after{content:none}</style><p style='background:url(%)'>x",
    "<details><summary>x<img src='%'></summary><summary>y</summary></details>",
    "<div style='height:0;contain:layout'><img src='%'></div>",
    "<img src='%' style='transform:rotate3d(0,0,1,90deg);clip-path:xywh(0 0 9px 9px)'>",
    "<img src='%' style='position:absolute;top:100vh;-webkit-opacity:1'>",
    "<svg><g requiredExtensions=''><image width=9 height=9 href='%' /></g></svg>",
    "<option><img src='%'></option>",
]


@pytest.mark.parametrize("html", SHOWN)
def test_a_picture_that_somebody_sees_is_none(html: str) -> None:
    assert audit_html(html.replace("%", PIXEL)).findings == ()


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
