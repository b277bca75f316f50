"""Documents that may load something, put together at random from pieces: a place, a way to load, a spelling."""

from __future__ import annotations

import random  # noqa: TID251 - the ban is for the library
from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable

# `%` stands for the URL.
WAYS: Final = (
    "<img src='%'>",
    "<img src=%>",
    "<IMG SRC = '%' src='https://shop.example/logo.png'>",
    "<img/alt='>'src='%'/>",
    "<image src='%'>",
    "<img srcset='%'>",
    "<img srcset='a.png 1x,% 2x,,%' sizes=1px>",
    "<picture><source media='(min-width:1px)' srcset='%'><img src=a.png></picture>",
    "<input type=ImAgE src='%'>",
    "<body background='%'>",
    "<table background='%'><tr><td>x</table>",
    "<table><tr><td background='%'>x</table>",
    "<video src='%' preload=auto></video>",
    "<video poster='%'></video>",
    "<audio preload=auto><source src='%'></audio>",
    "<embed src='%'>",
    "<object data='%'>x</object>",
    "<iframe src='%'></iframe>",
    "<link rel='alternate sTyleSheet' title=x href='%'>",
    "<link rel=stylesheet href='%'>",
    "<link rel=preload as=image href='%'>",
    "<link rel=preload as=image imagesrcset='% 1x'>",
    "<link rel=icon href='%'>",
    "<meta http-equiv=refresh content='0;url=%'>",
    "<svg><image href='%'/></svg>",
    "<svg><image xlink:href='%' width=9 height=9 /></svg>",
    "<svg><filter id=f><feImage href='%'/></filter><rect width=9 height=9 filter='url(#f)'/></svg>",
    "<svg><use href='%#a'/></svg>",
    "<svg><image width=9 height=9><set attributeName=href to='%'/></image></svg>",
    "<svg><style><img src='%'></style></svg>",
    "<svg><title><img src='%'></title></svg>",
    "<math><annotation-xml encoding=text/html><img src='%'></annotation-xml></math>",
    "<math><mtext><img src='%'></mtext></math>",
    "<p style='background:url(%)'>x</p>",
    "<p style=\"background:URL( '%' )\">x</p>",
    "<p style=\"background:\\75 rl('%')\">x</p>",
    "<p style='background:image-set(\"%\" 1x)'>x</p>",
    "<p style='list-style-image:url(%);display:list-item'>x</p>",
    "<p style='content:url(%)'>x</p>",
    "<p style='border-image:url(%) 30 round;border:9px solid'>x</p>",
    "<p style='-webkit-mask:url(%)'>x</p>",
    "<p style='--x:url(%);background:var(--x)'>x</p>",
    "<style>p{background:url(%)}</style><p>x</p>",
    "<style>@import '%';</style>",
    "<style>@import/**/url(%) screen;</style>",
    "<style>@font-face{font-family:F;src:url(%)}p{font-family:F}</style><p>x</p>",
    "<style><!-- p{background:url(%)} --></style><p>x</p>",
    "<style>@media all{p::before{content:url(%)}}</style><p>x</p>",
    "<style>p{color:red;}}p{background:url(%)}</style><p>x</p>",
    "<style>@supports (display:block){p{cursor:url(%),auto;background:url(%)}}</style><p>x</p>",
)
# `@` stands for what is in that place.
PLACES: Final[dict[str, Callable[[str], str]]] = {
    "alone": lambda inner: inner,
    "behind a comment": lambda inner: f"<!-- <p> --!>{inner}",
    "behind an empty comment": lambda inner: f"<!-->{inner}<!--->",
    "in a revealed condition": lambda inner: f"<!--[if !mso]><!-->{inner}<!--<![endif]-->",
    "in a bogus condition": lambda inner: f"<![if !mso]>{inner}<![endif]>",
    "in noscript": lambda inner: f"<noscript>{inner}</noscript>",
    "in svg": lambda inner: f"<svg>{inner}</svg>",
    "in foreignObject": lambda inner: f"<svg width=99 height=99><foreignObject width=99 height=99>{inner}",
    "in math": lambda inner: f"<math>{inner}</math>",
    "in a table": lambda inner: f"<table>{inner}<tr>{inner}</table>",
    "in select": lambda inner: f"<select><option>{inner}</select>",
    "in a button": lambda inner: f"<button>{inner}</button>",
    "in details": lambda inner: f"<details open><summary>{inner}</summary></details>",
    "behind the end": lambda inner: f"<p>x</p></body></html>{inner}",
    "behind a title": lambda inner: f"<title>x</title/>{inner}",
    "in an unclosed tag before": lambda inner: f"<div <p>{inner}",
    "behind a bogus CDATA": lambda inner: f"<![CDATA[x]]>{inner}",
    "in srcdoc": lambda inner: f'<iframe srcdoc="{escape(inner)}"></iframe>',
    "in data:": lambda inner: f'<iframe src="data:text/html,{quote(inner)}"></iframe>',
    "in data: of base64": lambda inner: (
        f'<iframe src="DATA:text/html;charset=utf-8;base64,{b64encode(inner.encode()).decode()}"></iframe>'
    ),
    "with a base": lambda inner: f"<base href='https://shop.example/a/'>{inner}",
    "behind a template": lambda inner: f"<template>x</template>{inner}",
    "in a frame set's noframes": lambda inner: f"<noframes>x</noframes>{inner}",
}
SPELLINGS: Final[dict[str, Callable[[str], str]]] = {
    "plain": str,
    "plain again": str,
    "upper case": str.upper,
    "no scheme": lambda url: url.removeprefix("https:"),
    "backslashes": lambda url: url.replace("/", "\\"),
    "one slash": lambda url: url.replace("://", ":/"),
    "entities": lambda url: "".join(f"&#{ord(char)};" for char in url),
    "a tab inside": lambda url: url.replace("https", "ht\ttps"),
    "a line end inside": lambda url: url.replace(".evil", ".ev\nil"),
    "a user": lambda url: url.replace("//", "//shop.example@"),
    "an escaped host": lambda url: url.replace(".evil", ".%65vil"),
    "a full-width host": lambda url: url.replace(".evil", ".ｅｖｉｌ"),
    "another full stop": lambda url: url.replace(".evil", "。evil"),
    "ignored characters": lambda url: url.replace(".evil", ".e\xadv\u200bil"),
}


def loading_documents(count: int, seed: int) -> list[str]:
    """Make documents, of which document n loads from `h{n}.evil.example` if it loads at all."""
    chance = random.Random(seed)  # noqa: S311 - the same documents each time, and no secret
    documents = []
    for number in range(count):
        url = f"https://h{number}.evil.example/a/logo.png"
        document = chance.choice(WAYS).replace("%", chance.choice([*SPELLINGS.values()])(url))
        for place in chance.choices([*PLACES.values()], k=chance.choice((1, 1, 2))):
            document = place(document)
        documents.append(f"<!DOCTYPE html>{document}" if chance.random() < 0.7 else document)
    return documents
