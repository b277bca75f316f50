"""Pairs of documents with the same URLs: what decides which are loaded is found, and all else is free."""

from __future__ import annotations

from typing import Final

import pytest

from lmtrack.audit import compare_messages, compare_renderings

IMAGE: Final = "<img src=https://shop.example/1>"
RULE: Final = "{background:url(https://shop.example/1)}"
FACE: Final = "@font-face{font-family:F;src:url(https://shop.example/1);unicode-range:U+41-5A}"

SLOTTED: Final = (
    "<b><template shadowrootmode=open><style>::slotted(p){}</style><slot name={}></slot></template><p slot=a>x</b>"
)
FACES: Final = "@font-face{font-family:F;src:url(/1)}@font-face{font-family:G;src:url(/2)}"

LONG: Final = "<![if mso]>" * 40


def styled(selector: str, body: str) -> str:
    return f"<style>{selector}{RULE}</style>{body}"


def sized(body: str) -> str:
    return f"<style>.c{{container-type:inline-size}}@container (min-width:300px){{p{RULE}}}</style>{body}"


def bold(body: str) -> str:
    other = "@font-face{font-family:F;font-weight:400;src:local(Arial)}"
    return f"<style>{FACE.replace('src', 'font-weight:700;src')}{other}p{{font-family:F}}</style>{body}"


def framed(style: str) -> str:
    sheet = "@media(width<99px){b{background:url(https://shop.example/1)}}"
    return f"<iframe style='{style}' src='data:text/html,<style>{sheet}</style><b>x'></iframe>"


def transformed(how: str, text: str, characters: str = "41-5A") -> str:
    return f"<style>{FACE.replace('41-5A', characters)}p{{font-family:F;text-transform:{how}}}</style><p>{text}"


def drawn(body: str) -> str:
    return f"<style>{FACE}*{{font-family:F}}</style>{body}"


# Each of these pairs loads something else in Chromium, or in Outlook, or in a reader that runs or knows less.
DECIDING: Final[dict[str, tuple[str, str]]] = {
    "part of a title": (styled("[title*=ann]", "<p title='ann s'>x"), styled("[title*=ann]", "<p title='bob s'>x")),
    "the beginning of a link": (
        styled("a[href^='https://shop.example/ann']", "<a href=https://shop.example/ann>x</a><a href=/2>"),
        styled("a[href^='https://shop.example/ann']", "<a href=/2>x</a><a href=/2>"),
    ),
    "a language": (styled("p:lang(fr)", "<p lang=fr>x"), styled("p:lang(fr)", "<p lang=de>x")),
    "the language around it": (
        styled("p:lang(fr)", "<div lang=fr><p>x</div>"), styled("p:lang(fr)", "<div lang=de><p>x</div>"),
    ),
    "the document's language": (
        styled("p:lang(fr)", "<meta http-equiv=content-language content=fr><p>x"),
        styled("p:lang(fr)", "<meta http-equiv=content-language content=de><p>x"),
    ),
    "what a sheet is for": (
        f"<style media=all>p{RULE}</style><p>x", f"<style media=print>p{RULE}</style><p>x",
    ),
    "the type of a sheet": (f"<style>p{RULE}</style><p>x", f"<style type=text/none>p{RULE}</style><p>x"),
    "a sheet in a template": (
        f"<style>p{RULE}</style><p>x", f"<template><style>p{RULE}</style></template><p>x",
    ),
    "which of several sheets with a title": (
        f"<style title=a>i{{}}</style><style title=a>p{RULE}</style><p>x",
        f"<style title=a>i{{}}</style><style title=b>p{RULE}</style><p>x",
    ),
    "a size that a rule goes by": (
        sized("<div class=c style='width:400px'><p>x</div>"), sized("<div class=c style='width:200px'><p>x</div>"),
    ),
    "the size of a cell that a rule goes by": (
        sized("<table><td width=400><div class=c><p>x</div></table>"),
        sized("<table><td width=200><div class=c><p>x</div></table>"),
    ),
    "the size of a document in the document": (
        f'<iframe width=400 srcdoc="<style>@media(min-width:300px){{p{RULE}}}</style><p>x"></iframe>',
        f'<iframe width=100 srcdoc="<style>@media(min-width:300px){{p{RULE}}}</style><p>x"></iframe>',
    ),
    "a size that a picture goes by": (
        "<img loading=lazy width=900 srcset='https://shop.example/1 900w, data:, 10w' sizes=auto>",
        "<img loading=lazy width=5 srcset='https://shop.example/1 900w, data:, 10w' sizes=auto>",
    ),
    "the width of a text that a picture is as wide as": (
        "<p style=float:left>W<img loading=lazy width=9% srcset='https://shop.example/1 900w, data:, 10w' sizes=auto>",
        "<p style=float:left>i<img loading=lazy width=9% srcset='https://shop.example/1 900w, data:, 10w' sizes=auto>",
    ),
    "the weight of a font": (bold("<p><b>A</b>"), bold("<p><i>A</i>")),
    "the weight of a font, in a style": (bold("<p style='font-weight:700'>A"), bold("<p style='font-weight:400'>A")),
    "a font by its name": (
        f"<style>{FACE}</style><font face=f>A</font>", f"<style>{FACE}</style><font face=g>A</font>",
    ),
    "capitals that a style makes": (
        f"<style>{FACE}p{{font-family:F}}</style><p style='text-transform:uppercase'>a",
        f"<style>{FACE}p{{font-family:F}}</style><p style='text-transform:none'>a",
    ),
    "a text that a rule makes of an attribute": (
        f"<style>{FACE}p::before{{font-family:F;content:attr(title)}}</style><p title=A>1",
        f"<style>{FACE}p::before{{font-family:F;content:attr(title)}}</style><p title=2>1",
    ),
    "the number of an item": (
        f"<style>{FACE}ol{{font-family:F}}</style><ol type=A start=7><li>1</ol>",
        f"<style>{FACE}ol{{font-family:F}}</style><ol type=A start=8><li>1</ol>",
    ),
    "what is in a field": (
        styled("textarea:invalid", "<textarea required></textarea>"),
        styled("textarea:invalid", "<textarea required>x</textarea>"),
    ),
    "what is in a field of a form": (
        styled("form:invalid", "<form><input required></form>"),
        styled("form:invalid", "<form><input required value=x></form>"),
    ),
    "a first letter": (styled("p::first-letter", "<p>Ann"), styled("p::first-letter", "<p>...")),
    "what is hidden": (styled("p", "<p>x"), styled("p", "<p hidden>x")),
    "what stands in what is hidden": (styled("p", "<div><p>x"), styled("p", "<div hidden><p>x")),
    "a style of its own": (styled("p", "<p>x"), styled("p", "<p style='background:none'>x")),
    "the order of a style": (
        "<p style='background:url(/1);background:url(/2)'>x", "<p style='background:url(/2);background:url(/1)'>x",
    ),
    "a style's importance": (
        "<style>p{background:none}</style><p style='background:url(/1)!important'>x",
        "<style>p{background:none!important}</style><p style='background:url(/1)'>x",
    ),
    "a group around a group": (
        f"<object><param name=quality value=1><picture>{IMAGE}</picture></object>",
        f"<object><param name=quality value=2><picture>{IMAGE}</picture></object>",
    ),
    "a template": (f"<div>{IMAGE}</div>", f"<template>{IMAGE}</template>"),
    "a template with a shadow": (
        f"<div><template shadowrootmode=open>{IMAGE}</template></div>", f"<div><template>{IMAGE}</template></div>",
    ),
    "a condition": (f"<!--[if mso]>{IMAGE}<![endif]-->", f"<!--[if false]>{IMAGE}<![endif]-->"),
    "a version": (f"<!--[if gte mso 9]>{IMAGE}<![endif]-->", f"<!--[if gte mso 15]>{IMAGE}<![endif]-->"),
    "a condition that others pass over": (f"<![if mso]>{IMAGE}<![endif]>", f"<![if !mso]>{IMAGE}<![endif]>"),
    "on which side of a condition's end": (
        f"<![if mso]>{IMAGE}<![endif]><img src=/2>", f"<![if mso]><img src=/2><![endif]>{IMAGE}",
    ),
    "a revealed condition": (
        f"<!--[if !mso]><!-->{IMAGE}<!--<![endif]-->", f"<!--[if mso 9]><!-->{IMAGE}<!--<![endif]-->",
    ),
    "a condition in a condition": (
        f"<!--[if mso]><![if gte mso 9]>{IMAGE}<![endif]><![endif]-->",
        f"<!--[if mso]><![if gte mso 15]>{IMAGE}<![endif]><![endif]-->",
    ),
    "readers without scripts": (f"<div>{IMAGE}</div>", f"<noscript>{IMAGE}</noscript>"),
    "the how-manieth": (styled("p:nth-child(2)", "<p>a<p>b"), styled("p:nth-child(2)", "<p>a")),
    "the first": (styled("p:first-child", "<div><p>a</div>"), styled("p:first-child", "<div><b>x</b><p>a</div>")),
    "the last": (styled("p:last-child", "<div><p>a</div>"), styled("p:last-child", "<div><p>a</p><b>x</b></div>")),
    "a neighbour": (styled("b + p", "<b>a</b><p>b"), styled("b + p", "<i>a</i><p>b")),
    "one of those before": (styled("b ~ p", "<b>a</b><i>a</i><p>b"), styled("b ~ p", "<i>a</i><i>a</i><p>b")),
    "whether it is empty": (styled("p:empty", "<p></p>"), styled("p:empty", "<p>Ann</p>")),
    "whether it has a first letter": (styled("p::first-letter", "<p></p>"), styled("p::first-letter", "<p>Ann</p>")),
    "what it has in it": (styled("p:has(b)", "<p><b>x</b></p>"), styled("p:has(b)", "<p><i>x</i></p>")),
    "what it is not": (styled("p:not(.a)", "<p class=a>x"), styled("p:not(.a)", "<p class=b>x")),
    "any of several": (styled(":is(.a, .b) p", "<div class=a><p>x"), styled(":is(.a, .b) p", "<div class=c><p>x")),
    "a neighbour in brackets": (
        styled("p:is(b + p)", "<b>x</b><p>x"), styled("p:is(b + p)", "<i>x</i><p>x"),
    ),
    "whose child it is": (
        styled("div > p", "<div><p>x</div>"), styled("div > p", "<div><section><p>x</section></div>"),
    ),
    "a state": (
        styled("input:checked", "<input type=checkbox checked>"), styled("input:checked", "<input type=checkbox>"),
    ),
    "a value": (
        styled("input:in-range", "<input type=number min=1 value=2>"),
        styled("input:in-range", "<input type=number min=1 value=0>"),
    ),
    "a name with an escape": (styled(r".a\:b", "<p class=a:b>x"), styled(r".a\:b", "<p class=a:c>x")),
    "the case of a class": (
        "<!DOCTYPE html>" + styled(".a", "<p class=a>x"), "<!DOCTYPE html>" + styled(".a", "<p class=A>x"),
    ),
    "the doctype": ("<!DOCTYPE html>" + styled(".a", "<p class=A>x"), styled(".a", "<p class=A>x")),
    "a rule in a rule": (
        styled("p", "<p class=a>x").replace(RULE, f"{{.a &{RULE}}}"),
        styled("p", "<p class=b>x").replace(RULE, f"{{.a &{RULE}}}"),
    ),
    "the order of rules": (
        "<style>p{background:url(/1)}p{background:url(/2)}</style><p>x",
        "<style>p{background:url(/2)}p{background:url(/1)}</style><p>x",
    ),
    "a variable": (
        "<style>:root{--x:url(/1)}.a{background:var(--x)}</style><p class=a>x",
        "<style>:root{--x:url(/1)}.a{background:var(--x)}</style><p class=b>x",
    ),
    "a variable of a style": (
        "<style>.a{background:var(--x)}</style><div style='--x:url(/1)'><p class=a>x",
        "<style>.a{background:var(--x)}</style><div style='--x:url(/1)'><p class=b>x",
    ),
    "an animation": (
        "<style>@keyframes x{from{background:url(/1)}}.a{animation:x 1s}</style><p class=a>x",
        "<style>@keyframes x{from{background:url(/1)}}.a{animation:x 1s}</style><p class=b>x",
    ),
    "a list without items": (
        "<ul style='list-style-image:url(/1)'><li>x</ul>", "<ul style='list-style-image:url(/1)'></ul>",
    ),
    "who uses a font": (
        "<style>@font-face{font-family:F;src:url(/1)}.a{font-family:F}</style><p class=a>x",
        "<style>@font-face{font-family:F;src:url(/1)}.a{font-family:F}</style><p class=b>x",
    ),
    "for which characters a font is": (
        f"<style>{FACE}.a{{font-family:F}}</style><p class=a>Ann",
        f"<style>{FACE}.a{{font-family:F}}</style><p class=a>bob",
    ),
    "who else has these characters": (
        f"<style>{FACE}.a{{font-family:F}}</style><p>A<p class=a>Ann",
        f"<style>{FACE}.a{{font-family:F}}</style><p>A<p class=a>bob",
    ),
    "which of two fonts has a character": (
        f"<style>{FACES}p{{font-family:F,G}}</style><p>Ann", f"<style>{FACES}p{{font-family:F,G}}</style><p>Żak",
    ),
    "the size of a text": (
        f"<style>@container (height > 99px){{p{RULE}}}</style><div style='container-type:size'>Ann<p>x",
        f"<style>@container (height > 99px){{p{RULE}}}</style><div style='container-type:size'>Ann and Bob<p>x",
    ),
    "the direction of a text": (
        styled("p:dir(rtl)", "<p dir=auto>Ann"), styled("p:dir(rtl)", "<p dir=auto>דנה"),
    ),
    "what is preloaded": ("<video src=/1 preload=auto></video>", "<video src=/1 preload=none></video>"),
    "what a link of the head is": ("<link rel=icon href=/1>", "<link rel=icon media=print href=/1>"),
    "when it is refreshed": (
        "<meta http-equiv=refresh content='0;url=https://shop.example/1'>",
        "<meta http-equiv=refresh content='999999;url=https://shop.example/1'>",
    ),
    "a policy": (
        f"<meta http-equiv=content-security-policy content='img-src https:'>{IMAGE}",
        f"<meta http-equiv=content-security-policy content=\"img-src 'none'\">{IMAGE}",
    ),
    "a window's width": (
        f"<meta name=viewport content='width=device-width'>{IMAGE}", f"<meta name=viewport content='width=9'>{IMAGE}",
    ),
    "which base comes first": (
        "<base href=https://a.example/><base href=https://b.example/><img src=1>",
        "<base href=https://b.example/><base href=https://a.example/><img src=1>",
    ),
    "which source comes first": (
        "<picture><source srcset=/1><source srcset=/2><img src=/3></picture>",
        "<picture><source srcset=/2><source srcset=/1><img src=/3></picture>",
    ),
    "what stands in for what": (
        "<object data=/1><img src=/2></object><object data=/3><img src=/4></object>",
        "<object data=/1><img src=/4></object><object data=/3><img src=/2></object>",
    ),
    "who uses a drawing": (
        "<svg><pattern id=a><image href=/1 /></pattern><rect width=9 height=9 fill='url(#a)'/></svg>",
        "<svg><pattern id=a><image href=/1 /></pattern><rect width=9 height=9 fill='url(#b)'/></svg>",
    ),
    "who uses the drawing of another": (
        "<svg><filter id=a><feImage href=/1 /></filter></svg><p style='filter:url(#a)'>x",
        "<svg><filter id=a><feImage href=/1 /></filter></svg><p style='filter:url(#b)'>x",
    ),
    "what a parameter is": (
        "<object><param name=movie value=https://shop.example/1></object>",
        "<object><param name=quality value=https://shop.example/1></object>",
    ),
    "one of very many values": (
        "".join(f"<style>[title=a{number}]{RULE}</style>" for number in range(30)) + "<p title=a7>",
        "".join(f"<style>[title=a{number}]{RULE}</style>" for number in range(30)) + "<p title=b7>",
    ),
    "a value that is written in an odd way": (
        styled("[title=a b]", "<p title='a b'>x"), styled("[title=a b]", "<p title='a c'>x"),
    ),
    "what stands beside what one reader sees only": (
        f"<select><style>{IMAGE}</style></select><p hidden>x", f"<select><style>{IMAGE}</style></select><p>x",
    ),
    "conditions in conditions": (
        f"{LONG}<![if mso 9]>{IMAGE}", f"{LONG}<![if mso 10]>{IMAGE}",
    ),
    "a script": (f"{IMAGE}<script>a()</script>", f"{IMAGE}<script>b()</script>"),
    "what runs on a click": (f"<p onclick='a()'>{IMAGE}", f"<p onclick='b()'>{IMAGE}"),
    "what browsers take for a title": (f"<title></title>{IMAGE}<b>", f"<title/>{IMAGE}</title><b>"),
    "a name that a sheet elsewhere may ask for": (
        "<link rel=stylesheet href=https://shop.example/s><p class=ann>x",
        "<link rel=stylesheet href=https://shop.example/s><p class=bob>x",
    ),
    "characters for a font of a sheet elsewhere": (
        "<style>@import 'https://shop.example/s';</style><p>Ann", "<style>@import 'https://shop.example/s';</style><p>Żak",
    ),
    "a frame's document": (
        f"<div><iframe srcdoc='{IMAGE}'></iframe></div>", f"<template><iframe srcdoc='{IMAGE}'></iframe></template>",
    ),
    "the white space of HTML": (styled("[title~=x]", "<p title='x y'>x"), styled("[title~=x]", "<p title='x\xa0y'>x")),
    "words of a class": (styled(".x", "<p class='x y'>x"), styled(".x", "<p class='x\u2003y'>x")),
    "an attribute with a prefix": (
        styled("[*|title=ann]", "<svg><g xlink:title=ann></g></svg>"),
        styled("[*|title=ann]", "<svg><g xlink:title=bob></g></svg>"),
    ),
    "the case of a value": (styled("[title=a]", "<p title=a>x"), styled("[title=a]", "<p title=A>x")),
    "a condition in a rule": (
        styled("[title=x]", "<p title=x>x").replace(RULE, f"{{@media all{RULE}}}"),
        styled("[title=x]", "<p title=y>x").replace(RULE, f"{{@media all{RULE}}}"),
    ),
    "an id that a value is made of": (
        f"<style>div{{display:attr(id type(*))}}p{RULE}</style><div id=block><p>x</div>",
        f"<style>div{{display:attr(id type(*))}}p{RULE}</style><div id=none><p>x</div>",
    ),
    "a line end that begins a text": (styled("pre:empty", "<pre>\n</pre>"), styled("pre:empty", "<pre>\n\n</pre>")),
    "what a measure shows": (
        styled("meter::-webkit-meter-optimum-value", "<meter low=3 high=6 optimum=9 max=10 value=8></meter>"),
        styled("meter::-webkit-meter-optimum-value", "<meter low=3 high=6 optimum=9 max=10 value=1></meter>"),
    ),
    "what stands in for an empty field": (
        styled("::placeholder", "<input placeholder=x>"), styled("::placeholder", "<input placeholder=x value=a>"),
    ),
    "which of several details is open": (
        styled("p", "<details open name=a>x</details><details open name=a><p>x</details>"),
        styled("p", "<details open name=a>x</details><details open name=b><p>x</details>"),
    ),
    "the density of a picture": (
        "<img srcset='https://shop.example/1 1x,https://shop.example/2 2x'>",
        "<img srcset='https://shop.example/1 3x,https://shop.example/2 2x'>",
    ),
    "a picture that says no density": (
        "<img srcset='https://shop.example/1, https://shop.example/2 2x'>",
        "<img srcset='https://shop.example/1 3x, https://shop.example/2 2x'>",
    ),
    "a picture's other text": (drawn("<img alt=A>"), drawn("<img alt=b>")),
    "the text of an empty field": (drawn("<input placeholder=A>"), drawn("<input placeholder=b>")),
    "the label of a choice": (
        drawn("<select><option label=A></select>"), drawn("<select><option label=b></select>"),
    ),
    "the text of a button": (drawn("<input type=submit value=A>"), drawn("<input type=submit value=b>")),
    "the number of one item": (
        drawn("<ol type=A><li value=1>1</ol>").replace("41-5A", "41"),
        drawn("<ol type=A><li value=2>1</ol>").replace("41-5A", "41"),
    ),
    "capitals of a language": (
        drawn("<p lang=tr>i").replace("41-5A", "130").replace("*{font", "*{text-transform:uppercase;font"),
        drawn("<p lang=en>i").replace("41-5A", "130").replace("*{font", "*{text-transform:uppercase;font"),
    ),
    "where a word may be cut": (
        drawn("<p>ann\xadann").replace("41-5A", "2010"), drawn("<p>annann").replace("41-5A", "2010"),
    ),
    "text or white space": (
        "<style>@font-face{font-family:F;src:url(/1)}p{font-family:F}</style><p>x",
        "<style>@font-face{font-family:F;src:url(/1)}p{font-family:F}</style><p> ",
    ),
    "a font for what the usual one lacks": (
        "<style>@font-face{font-family:F;src:url(/1)}p{font-family:Arial,'F'}</style><p>Ann",
        "<style>@font-face{font-family:F;src:url(/1)}p{font-family:Arial,'F'}</style><p>\u4e00",
    ),
    "a font for what the usual one lacks, in a style": (
        "<style>@font-face{font-family:F;src:url(/1)}</style><p style='font-family:Arial,F'>Ann",
        "<style>@font-face{font-family:F;src:url(/1)}</style><p style='font-family:Arial,F'>\u4e00",
    ),
    "whether something is in view": (
        f"<style>i{RULE}</style>x<section style='content-visibility:auto'><i>x</i></section>",
        f"<style>i{RULE}</style>{'x<br>' * 900}<section style='content-visibility:auto'><i>x</i></section>",
    ),
    "whether something came into view": (
        f"<style>@keyframes k{{to{RULE}}}i{{animation:k linear;animation-timeline:view()}}</style>x<i>x</i>",
        f"<style>@keyframes k{{to{RULE}}}i{{animation:k linear;animation-timeline:view()}}</style>x<br>x<br><i>x</i>",
    ),
    "whether there is more than there is room for": (
        f"<style>::-webkit-scrollbar{RULE}</style><div style='height:50px;overflow:auto'>x</div>",
        f"<style>::-webkit-scrollbar{RULE}</style><div style='height:50px;overflow:auto'>{'x<br>' * 90}</div>",
    ),
    "what is shown in place of nothing": (
        f"<div><template shadowrootmode=open><slot>{IMAGE}</slot></template></div>",
        f"<div><template shadowrootmode=open><slot>{IMAGE}</slot></template>x</div>",
    ),
    "which slot shows it": (SLOTTED.format(RULE, "a"), SLOTTED.format(RULE, "b")),
    "what a browser fetches ahead": (
        f'{IMAGE}<script type=speculationrules>{{"prefetch":[{{"urls":["https://shop.example/1"]}}]}}</script>',
        f'{IMAGE}<script type=speculationrules>{{"ahead":[{{"urls":["https://shop.example/1"]}}]}}</script>',
    ),
    "what takes the focus by itself": (
        styled(":focus", "<p autofocus tabindex=0>x"), styled(":focus", "<p autofocus>x"),
    ),
    "marks above a text": (
        drawn("<p style='text-emphasis:\"A\"'>1"), drawn("<p style='text-emphasis:\"b\"'>1"),
    ),
    "where the numbers begin": (
        drawn("<ol type=A start=1><li>1</ol>").replace("41-5A", "41"),
        drawn("<ol type=A start=2><li>1</ol>").replace("41-5A", "41"),
    ),
    "text that is none to the parser": (styled("xmp:empty", "<xmp></xmp>"), styled("xmp:empty", "<xmp>x</xmp>")),
    "characters of a text that is none to the parser": (drawn("<xmp>A</xmp>"), drawn("<xmp>b</xmp>")),
    "a function of a sheet": (
        "<style>@function --f(){result:if(style(--k:1):url(/1))}p{background:--f()}.a{--k:1}</style><p class=a>x",
        "<style>@function --f(){result:if(style(--k:1):url(/1))}p{background:--f()}.a{--k:1}</style><p class=b>x",
    ),
    "text before frames": (
        "x<frameset><frame src=https://shop.example/1></frameset>",
        " <frameset><frame src=https://shop.example/1></frameset>",
    ),
    "what is no part of a table": (
        styled("p:has(+ table)", "<p>x</p><table><tr><td>x</table>"),
        styled("p:has(+ table)", "<p>x</p><table><b>x</b><tr><td>x</table>"),
    ),
    "text among columns": (
        styled("colgroup:nth-child(2)", "<table><colgroup> <col></colgroup><tr><td>x</table>"),
        styled("colgroup:nth-child(2)", "<table><colgroup>x<col></colgroup><tr><td>x</table>"),
    ),
    "what stands beside rows without a body": (
        styled("caption ~ tbody td", "<table><caption>x</caption><tr><td>x</table>"),
        styled("caption ~ tbody td", "<table><tr><td>x</table>"),
    ),
    "which of two elements ends first": (styled("p > b", "<b><p>x</b></p>"), styled("p > b", "<b><p>x</p></b>")),
    "an element that goes on behind a paragraph": (
        styled("p + p b", "<p><b>x<p>y</b>"), styled("p + p b", "<p><b>x</b><p>y"),
    ),
    "attributes of a body that comes late": (
        styled("[title=a]", "<p>x<body title=a>"), styled("[title=a]", "<p>x<body title=b>"),
    ),
    "the language of a document whose tag comes late": (
        styled(":lang(fr)", "<html lang=fr><p>x"), styled(":lang(fr)", "<html lang=de><p>x"),
    ),
    "an attribute that a style makes a value of": (
        "<p title=none style='display:attr(title type(*))'><b style='background:url(/1)'>x",
        "<p title=block style='display:attr(title type(*))'><b style='background:url(/1)'>x",
    ),
    "the name of an animation, from a class": (
        f"<style>@keyframes ann{{from{RULE}}}</style><p class=ann style='animation:A\\54tr(CLASS type(*)) 9s'>x",
        f"<style>@keyframes ann{{from{RULE}}}</style><p class=bob style='animation:A\\54tr(CLASS type(*)) 9s'>x",
    ),
    "whether something inside is empty": (
        styled("p:has(b:empty)", "<p><b></b>"), styled("p:has(b:empty)", "<p><b>x</b>"),
    ),
    "whether something inside is empty, for what is not": (
        styled(":is(p:not(:has(> :empty)))", "<p><b></b>"), styled(":is(p:not(:has(> :empty)))", "<p><b>x</b>"),
    ),
    "whether the title is empty": (
        styled("head:has(title:empty) ~ body", "<title></title>"),
        styled("head:has(title:empty) ~ body", "<title>x</title>"),
    ),
    "the name of another element that only one may be open of": (
        "<details name=a open>x</details><details name=a open><p style='background:url(/1)'>x</details>",
        "<details name=b open>x</details><details name=a open><p style='background:url(/1)'>x</details>",
    ),
    "the name of a slot": (
        "<div><template shadowrootmode=open><slot name=a></slot></template><p slot=a style='background:url(/1)'>x",
        "<div><template shadowrootmode=open><slot name=b></slot></template><p slot=a style='background:url(/1)'>x",
    ),
    "how wide a frame is, with its document in its URL": (framed("width:50px"), framed("width:150px")),
    "capitals of other letters": (transformed("uppercase", "a"), transformed("uppercase", "1")),
    "which letter is a capital": (transformed("capitalize", "aB", "41"), transformed("capitalize", "Ba", "41")),
    "a letter at the end of a word": (transformed("lowercase", "ΑΣ", "3C2"), transformed("lowercase", "ΣΑ", "3C2")),
    "two letters that are one": (transformed("uppercase", "ǆ", "1C4"), transformed("uppercase", "dž", "1C4")),
    "a variable of one letter": (transformed("math-auto", "x", "1D465"), transformed("math-auto", "xx", "1D465")),
    "which letter is the first": (
        drawn("<p>AB").replace("*{", "p::first-letter{").replace("5A", "41"),
        drawn("<p>BA").replace("*{", "p::first-letter{").replace("5A", "41"),
    ),
    "which line is the first": (
        drawn("<p>x A").replace("*{", "p::first-line{"), drawn("<p>x x x x x x x A").replace("*{", "p::first-line{"),
    ),
    "whether a text fits": (
        drawn("<p>an").replace("*{", "p{overflow:hidden;text-overflow:ellipsis;").replace("41-5A", "2026"),
        drawn("<p>anananan").replace("*{", "p{overflow:hidden;text-overflow:ellipsis;").replace("41-5A", "2026"),
    ),
    "whether a text is broken": (
        drawn("<p>a&shy;b").replace("*{", "p{hyphenate-character:'X';").replace("41-5A", "58"),
        drawn("<p>aaaa&shy;bbb").replace("*{", "p{hyphenate-character:'X';").replace("41-5A", "58"),
    ),
    "whether a text is broken, in a style": (
        drawn("<p style='hyphenate-character:\"X\"'>a&shy;b").replace("41-5A", "58"),
        drawn("<p style='hyphenate-character:\"X\"'>aaaa&shy;bbb").replace("41-5A", "58"),
    ),
    "the title of a picture that is missing": (drawn("<img title=A>"), drawn("<img title=1>")),
    "a font of a drawing": (
        f"<style>{FACE}</style><svg><text font-family=f>A</text></svg>",
        f"<style>{FACE}</style><svg><text font-family=f>1</text></svg>",
    ),
    "what a tracker looks like": (
        "<img src=/1 width=1 height=1>", "<img src=/1 width=600 height=1>",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DECIDING)
def test_whatever_decides_a_load_is_compared(name: str) -> None:
    one, other = DECIDING[name]
    assert compare_renderings([one, one]) == []
    found = compare_renderings([one, other])
    assert found
    assert not any(difference.expected for difference in found)
    raws = [f"Content-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n".encode() for html in (one, other)]
    assert compare_messages(raws)


LETTER: Final = """<!DOCTYPE html><html lang={0}><head><title>For {1}</title><meta name=description content="{1}">
<style>p.lead > b {{ color: red }} td:hover {{ color: blue }} .wide {{ width: 100%% !important }}
u + .body p {{ margin: 0 }} @media (max-width: 600px) {{ .small {{ display: block }} }}
.hero {{ background: url(https://shop.example/hero.png) }}
@font-face {{ font-family: F; src: url(https://shop.example/f) }}
body {{ font-family: F, sans-serif }} </style></head><body class="body">
<table><tr><td class=hero title="Dear {1}" bgcolor={2}><p class=lead id=n{3}>Dear <b>{1}</b>, order {3}</p>
<img src=https://shop.example/1 alt="{1}" width={3}></td></tr>
<tr><td><a class=b{3} title={1} data-order={3} href=https://shop.example/>{1}</a>{4}<input type=hidden value={3}>
<script type=application/ld+json>{{"orderNumber": "{3}"}}</script></td></tr></table></body></html>"""


def test_greetings_numbers_and_paragraphs_are_free() -> None:
    copies = [
        LETTER.format("en", "Ann", "#fff", 4471, ""),
        LETTER.format(
            "de", "Bob Smith", "#eee", 4472, "<p style='color:red;padding:9px'>As a friend of ours: 5 % less."
        ),
        LETTER.format("en", "Zoë", "#fff", 88, "<ul><li>One<li>Two</ul>"),
    ]
    assert compare_renderings(copies) == []


def test_without_a_load_nothing_decides() -> None:
    for name in ("a script", "the doctype", "a policy"):
        one, other = (html.replace(IMAGE, "").replace(RULE, "{}") for html in DECIDING[name])
        assert compare_renderings([one, other]) == []


def test_what_cannot_be_decided_says_so() -> None:
    html = DECIDING["what is hidden"][0]
    (sheets,) = compare_renderings([html, html, html.replace("}", " }p{color:red}")])
    assert sheets.place == "document"
    assert sheets.values[0] == sheets.values[1] != sheets.values[2]
    assert str(sheets.values[0]).startswith("sha256=")
    assert "style sheets" in sheets.why
    (fonts,) = compare_renderings(DECIDING["characters for a font of a sheet elsewhere"])
    assert fonts.values == (None, None)
    assert "elsewhere" in fonts.why
