"""What hides a picture from everybody, however it is written, and what does not."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from lmtrack.audit import audit_html
from unseen_forms import UNSEEN

PICTURE: Final = "https://shop.example/hero"
IMAGE: Final = f"<img src={PICTURE} width=600 height=200>"


def styled(style: str) -> str:
    return f'<img src={PICTURE} width=600 height=200 style="{style}">'


def ruled(rules: str, body: str = f"<p class=a>{IMAGE}</p>") -> str:
    return f"<style>{rules}</style>{body}"


HIDING_STYLES: Final = """\
opacity:0;opacity:foo
display:none;display:foo
visibility:hidden;visibility:foo
position:absolute;left:-9999px;left:5
position:absolute;left:5px;left:-9999
position:absolute;left:-9999px;left:foo
width:0;width:foo
max-width:1px;max-height:1px;max-width:5
margin-left:-9999px;margin-left:9
transform:scale(0);transform:foo
clip-path:circle(0);clip-path:foo
transform:translate(-9999px,0)
transform:translate(0,-9999px)
transform:translate(9999px)
transform:translate(-2000%,0)
transform:translate3d(-9999px,0,0)
transform:translate3d(0,-9999px,0)
transform:rotate(3deg) translateX(-900vw)
transform:matrix(1,0,0,1,-9999,0)
transform:matrix3d(1,0,0,0,0,1,0,0,0,0,1,0,-9999,0,0,1)
translate:-9999px
translate:0 -9999px
transform:scale(0.001)
transform:scale(1,0)
transform:scale3d(0,1,1)
transform:scaleX(0)
transform:scaleY(0.001)
transform:matrix(0,0,0,0,0,0)
transform:matrix(1,1,1,1,0,0)
transform:rotateX(90deg)
transform:rotateY(0.25turn)
transform:skewX(90deg)
transform:rotateY(180deg);backface-visibility:hidden
scale:0
scale:1 0
scale:0.1%
zoom:0
clip:rect(0,0,0,0)
clip:rect(1px,1px,1px,1px)
clip:rect(5px 9px 5px 0)
clip:rect(0 4px 9px 4px)
clip-path:inset(100%)
clip-path:inset(50%)
clip-path:inset(0 100% 0 0)
clip-path:inset(0 60% 0 40%)
clip-path:inset(9999px)
clip-path:inset(60% 0 40% 0 round 5px)
clip-path:circle(0)
clip-path:circle(0.1px at 50% 50%)
clip-path:ellipse(9px 0)
clip-path:polygon(0 0, 0 100%, 0 50%)
clip-path:polygon(evenodd, 5px 5px, 9px 5px)
width:calc(1px - 1px)
width:calc(0px * 5)
width:calc(2px / 2);height:calc((1px + 1px) / 2)
height:min(0px, 600px)
height:min(0px, calc(600px))
width:clamp(0px, 0px, 600px)
opacity:calc(1 - 1)
opacity:calc(5% - 5%)
filter:opacity(0)
filter:blur(2px) opacity(0%)
display:contents
content-visibility:hidden
content:url(cid:logo)
object-position:-9999px 0
position:sticky;top:-9999px
rotate:y 90deg
rotate:1 0 0 .25turn
clip-path:path('M0 0')
width:0;width:-5px
width:0;width:50px 50px
width:0;width:none
width:0;width:-moz-fit-content
max-width:0;max-width:auto
max-height:0;max-height:-1px
width:1px;height:1px;min-width:-50px
position:absolute;left:-999px;left:5px 5px
position:absolute;left:-999px;left:none
margin-left:-999px;margin-left:none
translate:-999px;translate:1px 1px 1px 1px
opacity:0;opacity:1.
opacity:0;opacity:1&nbsp;
zoom:.001;zoom:-1
rotate:y 90deg;rotate:5
transform:scale(0);transform:scale(1,)
transform:scale(0);transform:scale(1px)
transform:scale(0);transform:rotate(1)
transform:scale(0);transform:translate(1)
transform:scale(0);transform:rotate3d(0,1,0,5)
opacity:0;{opacity:1}
opacity:0;opacity:1}
-webkit-logical-width:0
-webkit-max-logical-height:0
-webkit-margin-start:-9999px
""".splitlines()

HIDING_PAGES: Final = [
    "<div style='opacity:.1'><div style='opacity:.1'><div style='opacity:.1'>" + IMAGE,
    "<div style='opacity:.05'><div style='filter:opacity(10%)'>" + IMAGE,
    "<div style='transform:scale(.05)'><div style='zoom:.1'>" + IMAGE,
    f"<div style='transform:scale(.01)'><img src={PICTURE} width=100 height=100>",
    f"<iframe style=display:none srcdoc='{IMAGE}'></iframe>",
    f"<div hidden><iframe srcdoc='{IMAGE}'></iframe></div>",
    f"<iframe width=1 height=1 srcdoc='{IMAGE}'></iframe>",
    f"<iframe width=0 srcdoc='{IMAGE}'></iframe>",
    f"<div style='display:none'><!--[if mso]>{IMAGE}<![endif]--></div>",
    f"<video width=600>{IMAGE}</video>",
    f"<audio controls>{IMAGE}</audio>",
    f"<canvas width=600>{IMAGE}</canvas>",
    f"<object data=cid:a>{IMAGE}</object>",
    f"<video style=display:none><source src={PICTURE}></video>",
    f"<details>{IMAGE}</details>",
    f"<details><summary>x</summary><p>{IMAGE}</p></details>",
    f"<details><summary>x</summary><details open>{IMAGE}</details></details>",
    f"<svg><image opacity=0 width=600 height=200 href={PICTURE} /></svg>",
    f"<svg><g display=none><image width=600 height=200 href={PICTURE} /></g></svg>",
    f"<svg><g transform='translate(-9999 0)'><image width=600 height=200 href={PICTURE} /></g></svg>",
    f"<svg><image visibility=hidden width=600 height=200 href={PICTURE} /></svg>",
    *(
        f"<svg><{name}><image width=600 height=200 href={PICTURE} /></{name}></svg>"
        for name in ("defs", "symbol", "clippath", "mask", "pattern", "marker")
    ),
    *(
        f"<div style='width:600px;height:200px;background:url({PICTURE}) {how}'>x</div>"
        for how in (
            "0 0/0 0", "0 0 / 0", ";background-size:0", ";background-size:600px 0", ";background-size:calc(1px - 1px)",
            "0 0/0 0;background-size:foo", "no-repeat -9999px 0",
            ";background-repeat:no-repeat;background-position:0 9999px",
        )
    ),
    *(
        f"<svg><{name}><image width=600 height=200 href={PICTURE} /></{name}></svg>"
        for name in ("stop", "animate", "view", "cursor", "glyph", "use", "svg viewBox='0 0 0 9'")
    ),
    f"<svg><symbol viewBox='0,0,9,0'><image width=600 height=200 href={PICTURE} /></symbol></svg>",
    f"<svg><g systemLanguage=''><image width=600 height=200 href={PICTURE} /></g></svg>",
    f"<svg><image requiredExtensions=x width=600 height=200 href={PICTURE} /></svg>",
    f"<svg><image width=.1 height=.1 href={PICTURE} /></svg>",
    f"<picture><source srcset={PICTURE}><img src=x style=display:none></picture>",
    f"<picture><source srcset={PICTURE} width=1 height=1><img src=x></picture>",
    f"<img src={PICTURE} style='contain:size'>",
    f"<img src={PICTURE} height=50 style='contain:strict'>",
    f"<img src={PICTURE} style='height:1px;aspect-ratio:1/999'>",
    f"<img src={PICTURE} style='width:1px;aspect-ratio:999'>",
    f"<img src={PICTURE} style='box-sizing:border-box;width:20px;height:20px;padding:10px'>",
    f"<img src={PICTURE} style='box-sizing:border-box;width:20px;padding-left:20px'>",
    # Rules: which hold, and for whom.
    *(
        f"<!DOCTYPE html><style>img{{opacity:0}}{shows}{{opacity:1}}</style><p class=a><img id=x class=c src={PICTURE}>"
        for shows in (
            ":where(img)", "img,img:foo", "img:foo,img", "img,", ",img", "img,#1", "img[width=5],img",
            "img,.1a", "img,p>", "img>>p,img", "img,::foo", "img:is()", "img:where( )", "img:not()", "img:not(:foo)",
            "img:has()", "img:link", "img:enabled", "img:root", "img:matches(img)", "svg|img", "img[x|class]",
            "img,p..a",
            "p /deep/ img", "};img", ";img", "}img", "@media ,print{img", "@media(min-width:600px){img,:foo",
        )
    ),
    ruled("#y,p{} :is(#y,.a){opacity:0} .a{opacity:1} p.a{opacity:1}"),
    ruled(".a:not(#y){opacity:0} p.a{opacity:1}"),
    ruled("p:where(.a){opacity:1} .a{opacity:0} p:where(#x, .a){opacity:1}"),
    ruled(".a:nth-child(1 of p){opacity:1} .a#x{opacity:0}", f"<p class=a id=x>{IMAGE}</p>"),
    ruled(".A{display:none}"),
    "<!DOCTYPE html>" + ruled(".a{display:none}.A{display:block!important}"),
    "<!DOCTYPE html>" + ruled("#x{display:none}#X{display:block}", f"<p id=x>{IMAGE}"),
    ruled(".a{opacity:0}@media screen and (min-width:9px){.a{display:block}}"),
    ruled(".a{display:none}@media print{.a{display:block}}"),
    ruled(".a{display:none}@media (min-width:99999px){.a{display:block}}"),
    ruled(".a{display:none}@media (max-width:1px){.a{display:block}}"),
    ruled(".a{display:none}@media not all{.a{display:block}}"),
    ruled(".a{display:none}@supports (foo:bar){.a{display:block}}"),
    ruled(".a{display:none}@supports not (display:block){.a{display:block}}"),
    ruled("@supports (display:block){.a{display:none}}"),
    ruled(".a{display:none}") + "<style media=print>.a{display:block}</style>",
    ruled(".a{display:none}") + "<style type=text/x>.a{display:block!important}</style>",
    ruled(".a{display:none}") + "<template><style>.a{display:block!important}</style></template>",
    ruled(".a{display:none}") + "<iframe srcdoc='<style>.a{display:block!important}</style>'></iframe>",
    ruled(".a{display:none}") + "<!--[if mso]><style>.a{opacity:1}</style><![endif]-->",
    ruled("p:first-child{display:none}"),
    ruled("p:not(.b){display:none}"),
    ruled("p:nth-child(1) img{display:none}"),
    ruled(":is(.a, .b) > img{display:none}"),
    ruled(":where(.b, .a) img{display:none}"),
    ruled(":is(.b > .a) img{display:none}"),
    ruled(".c + .a{display:none}", f"<p class=c>x</p><p class=a>{IMAGE}"),
    ruled(".c ~ .a{display:none}", f"<p class=c>x</p><p>x</p><p class=a>{IMAGE}"),
    ruled("div > p img{display:none}", f"<div><p><span><p>x</p></span></p><p><b>{IMAGE}</b></p></div>"),
    ruled(".x > .y .z{display:none}", f"<div class=x><div class=y><div class=y><div class=z>{IMAGE}"),
    f"<svg><style>.a{{display:none}}</style></svg><p class=a>{IMAGE}",
    # Widths that every screen has, and what is no printer.
    ruled("@media (min-width:0){.a{display:none}}"),
    ruled("@media only screen and (min-width:1px) and (max-width:99999px){.a{display:none}}"),
    f"<style media='not print'>.a{{display:none}}</style><p class=a>{IMAGE}",
    # Rules in rules, and layers: the last wins, or of what is important the first.
    ruled("body{& img{opacity:0}}", f"<body><p>{IMAGE}"),
    ruled(".a{img{opacity:0}}"),
    ruled(".a{&.b, & img{opacity:0}}"),
    ruled(".a{b{opacity:0} img{opacity:0}}"),
    ruled(".c, .a{img{opacity:0}}"),
    ruled(".c, .a{:is(img, b){opacity:0}}"),
    ruled(".a{@media screen{opacity:0}}"),
    ruled(".a{@media screen{& img{opacity:0}}}"),
    ruled("@layer x, y;@layer y{.a{opacity:0}}@layer x{.a{opacity:1}}"),
    ruled("@layer x{.a{opacity:0!important}}.a{opacity:1!important}"),
    ruled("@layer x{.a{opacity:0!important}}@layer y{.a{opacity:1!important}}"),
    ruled("@layer{.a{opacity:1}}@layer{.a{opacity:0}}"),
    ruled("@namespace h url(http://www.w3.org/1999/xhtml);h|img{opacity:0}"),
    # Elements that show nothing of what they hold, or hold nothing.
    f"<select><option>{IMAGE}</select>",
    f"<ruby>a<rp>{IMAGE}</rp></ruby>",
    f"<math><mphantom><mtext>{IMAGE}</mtext></mphantom></math>",
    f"<div style='contain:strict'>{IMAGE}</div>",
    f"<div style='contain:size paint'>{IMAGE}</div>",
    # What a rule makes up.
    f"<style>p::before{{content:url({PICTURE});opacity:0}}</style><p>x",
    f"<style>p:after{{content:url({PICTURE});position:absolute;left:-9999px}}</style><p>x",
]  # fmt: skip

SHOWN_STYLES: Final = """\
opacity:0;opacity:1
opacity:0.5;filter:opacity(0.5)
display:none;display:block
display:-webkit-box
position:absolute;left:-9999px;left:5px
transform:translate(-50%,-50%)
transform:translateX(-40px) scale(.5) rotate(45deg)
transform:rotateX(80deg)
transform:rotateY(180deg)
transform:perspective(500px) rotateY(20deg)
transform:matrix(1,0,0,1,10,10)
clip:rect(0,600px,200px,0)
clip:rect(auto,auto,auto,auto)
clip-path:inset(10% 20px)
clip-path:polygon(0 0, 100% 0, 50% 100%)
clip-path:circle(50%)
clip-path:ellipse(50% 40%)
clip-path:url(#a)
width:calc(100% - 20px)
width:calc(50px * 2)
width:min(100%, 600px)
width:max(0px, 300px)
width:var(--w)
zoom:1.5
scale:none
scale:0.5
object-position:50% 50%
margin-left:-20px
content:normal
backface-visibility:hidden
rotate:90deg
rotate:z 90deg
rotate:y 45deg
rotate:none
clip-path:path('M0 0 L9 9 L0 9')
contain:paint
contain:strict;height:200px
""".splitlines()

SHOWN_PAGES: Final = [
    f"<img src={PICTURE} style='width:90px;height:90px;aspect-ratio:1'>",
    f"<img src={PICTURE} style='aspect-ratio:999'>",
    f"<img src={PICTURE} style='width:90px;aspect-ratio:auto'>",
    f"<img src={PICTURE} style='width:90px;aspect-ratio:3/2;contain:paint'>",
    f"<img src={PICTURE} style='width:90px;box-sizing:border-box;padding:9px 5px'>",
    f"<picture><source srcset={PICTURE}.png width=600 height=200><img src={PICTURE}></picture>",
    f"<svg viewBox='0 0 600 200'><image width=600 height=200 href={PICTURE} systemLanguage=en /></svg>",
    "<div style='opacity:.5'><div style='opacity:.5'>" + IMAGE,
    f"<iframe width=600 srcdoc='{IMAGE}'></iframe>",
    f"<details open>{IMAGE}</details>",
    f"<details><summary>{IMAGE}</summary></details>",
    f"<object>{IMAGE}</object>",
    f"<video width=600 controls><source src={PICTURE}></video>",
    f"<svg><g opacity=.5 transform='translate(10 10)'><image width=600 height=200 href={PICTURE} /></g></svg>",
    f"<div style='background:url({PICTURE}) no-repeat 50% -20px/cover;width:600px;height:200px'>x</div>",
    f"<div style='background:url({PICTURE});background-position:-9999px 0;width:600px;height:200px'>x</div>",
    ruled(".a{display:none}@media screen{.a{display:block}}"),
    ruled(".a{display:none}@media (max-width:600px){.a{display:block}}"),
    ruled(".a{max-height:0;overflow:hidden}@media (max-width:600px){.a{max-height:none;overflow:visible}}"),
    ruled(".a{display:none}@supports (display:grid){.a{display:block}}"),
    ruled(".a{display:none}.x:checked ~ .a{display:block}", f"<body><input class=x type=checkbox><p class=a>{IMAGE}"),
    ruled(".a:hover{display:none}"),
    ruled("@media (max-width:600px){.a{display:none}}"),
    ruled(".a::before{display:none}"),
    ruled("img + p{display:none}"),
    ruled(".c ~ .a{display:none}", f"<p class=a>{IMAGE}</p><p class=c>x"),
    ruled(".x > .z{display:none}", f"<div class=x><p>x</p><div class=y><div class=z>{IMAGE}"),
    ruled("@keyframes a{from{opacity:0}}"),
    ruled("img{width:1px;height:1px}@media screen and (a){img{width:auto;height:auto}}", f"<img src={PICTURE}>"),
    f"<iframe srcdoc='<style>p{{display:none}}</style>'></iframe><p>{IMAGE}",
    ruled("@media (min-width:600px){.a{display:none}}"),
    ruled("@media (min-width:0) and (max-width:600px){.a{display:none}}"),
    ruled(".b{img{opacity:0}}"),
    ruled(".a{b{opacity:0}}"),
    ruled(".a{@media print{opacity:0}}"),
    ruled(f".a{{{','.join(['img'] * 999)}{{opacity:0}}}}"),  # too many to be sure
    ruled("@layer x{.a{opacity:0}}.a{opacity:1}"),
    ruled("@layer x{.a{opacity:1}}@layer y{.a{opacity:0}}@layer y{.a{opacity:.5}}"),
    ruled("@layer x{.a{opacity:1!important}}.a{opacity:0!important}"),
    f"<style>p::before{{content:url({PICTURE});opacity:.9}}</style><p>x",
    f"<style>@media print{{p::before{{content:url({PICTURE});opacity:0}}}}</style><p>x",
]


@pytest.mark.parametrize("page", [*map(styled, HIDING_STYLES), *HIDING_PAGES])
def test_a_picture_that_is_hidden_is_found(page: str) -> None:
    kinds = [finding.kind for finding in audit_html(page).findings]
    assert kinds, page
    assert set(kinds) == {"hidden_image"}


@pytest.mark.parametrize("page", [*map(styled, SHOWN_STYLES), *SHOWN_PAGES])
def test_a_picture_that_somebody_is_shown_is_not(page: str) -> None:
    assert audit_html(page).findings == (), page


@pytest.mark.parametrize("around", ["<div hidden>", "<div popover>", "<dialog>"])
def test_what_hides_a_picture_without_a_style_is_told(around: str) -> None:
    (finding,) = audit_html(f"{around}{IMAGE}").findings
    assert finding.kind == "hidden_image"


@pytest.mark.parametrize("limit", UNSEEN)
def test_what_the_audit_cannot_see_is_named_in_the_docs(limit: str) -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "explanation" / "what-an-audit-proves.md"
    assert limit in page.read_text("utf-8")
    for form in UNSEEN[limit]:
        html = form.replace("100%", "100&#37;").replace("%", "https://shop.example/logo.png")
        assert str(audit_html(f"<!DOCTYPE html>{html}").outcome) == "clean", form
