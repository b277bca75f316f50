"""Pairs of documents with the same URLs that differ in one thing which may decide what is loaded."""

from __future__ import annotations

import random  # noqa: TID251 - the ban is for the library
from typing import Final

# Selectors, each with two bodies of which it may select something in one only.
SELECTED: Final = (
    ("[title*=ann]", "<p title='for ann'>x", "<p title='for bob'>x"),
    ("p[data-a='1']", "<p data-a=1>x", "<p data-a=2>x"),
    (".a", "<p class=a>x", "<p class=b>x"),
    (".A", "<p class=a>x", "<p class=A>x"),
    ("#a", "<p id=a>x", "<p id=b>x"),
    ("p:lang(fr)", "<p lang=fr>x", "<p lang=de>x"),
    ("p:lang(fr)", "<div lang=fr><p>x</div>", "<div lang=en><p>x</div>"),
    ("p:nth-child(2)", "<div><p>a<p>b</div>", "<div><p>a</div>"),
    ("p:nth-last-child(2)", "<div><p>a<p>b</div>", "<div><p>a</div>"),
    ("p:first-child", "<div><p>a</div>", "<div><b>x</b><p>a</div>"),
    ("p:only-child", "<div><p>a</div>", "<div><p>a</p><b>x</b></div>"),
    ("p:first-of-type", "<div><p>a</div>", "<div><b>a</b></div>"),
    ("b + p", "<div><b>x</b><p>y</div>", "<div><i>x</i><p>y</div>"),
    ("b ~ p", "<div><b>x</b><i>x</i><p>y</div>", "<div><i>x</i><i>x</i><p>y</div>"),
    ("p:empty", "<p></p>", "<p>Ann</p>"),
    ("p:has(b)", "<p><b>x</b></p>", "<p><i>x</i></p>"),
    ("p:not(.a)", "<p class=b>x", "<p class=a>x"),
    (":is(.a, .b) > p", "<div class=a><p>x</div>", "<div class=c><p>x</div>"),
    ("div > p", "<div><p>x</div>", "<div><section><p>x</section></div>"),
    ("section p", "<section><p>x</section>", "<div><p>x</div>"),
    ("input:checked + p", "<input type=checkbox checked><p>x", "<input type=checkbox><p>x"),
    ("input:disabled", "<input disabled>", "<input>"),
    ("p:dir(rtl)", "<p dir=rtl>x", "<p dir=ltr>x"),
    ("p:dir(rtl)", "<p dir=auto>דנה", "<p dir=auto>Ann"),
    (r".a\:b", "<p class=a:b>x", "<p class=a:c>x"),
    ("a[href$='1']", "<a href=#1>x</a>", "<a href=#2>x</a>"),
    ("p:where(.a, .b)", "<p class=b>x", "<p>x"),
    ("details[open] p", "<details open><p>x</details>", "<details><p>x</details>"),
    ("textarea:invalid", "<textarea required></textarea>", "<textarea required>x</textarea>"),
    ("input:in-range", "<input type=number max=5 value=3>", "<input type=number max=5 value=9>"),
    ("input:placeholder-shown", "<input placeholder=a>", "<input placeholder=a value=b>"),
    ("p::first-letter", "<p>Ann", "<p>..."),
    ("[title~=x]", "<p title='x y'>x", "<p title='x\xa0y'>x"),
    ("[title=a]", "<p title=a>x", "<p title=A>x"),
    ("[*|title=a]", "<svg><g xlink:title=a></g></svg>", "<svg><g xlink:title=b></g></svg>"),
    ("p:has(+ table)", "<p>x</p><table><tr><td>x</table>", "<p>x</p><table><b>x</b><tr><td>x</table>"),
    (
        "colgroup:nth-child(2)",
        "<table><colgroup> <col></colgroup></table>",
        "<table><colgroup>x<col></colgroup></table>",
    ),
    ("caption ~ tbody td", "<table><caption>x</caption><tr><td>x</table>", "<table><tr><td>x</table>"),
    ("p > b", "<b><p>x</b></p>", "<b><p>x</p></b>"),
    ("p + p b", "<p><b>x<p>y</b>", "<p><b>x</b><p>y"),
    ("pre:empty", "<pre>\n</pre>", "<pre>\n\n</pre>"),
    ("input::placeholder", "<input placeholder=a>", "<input placeholder=a value=b>"),
    (
        "div p",
        "<div><details open name=a>x</details><details open name=a><p>x</details></div>",
        "<div><details open name=a>x</details><details open name=b><p>x</details></div>",
    ),
)
# What a rule says; `%` stands for the URL.
SAYING: Final = (
    "background:url(%)", "background-image:url('%')", "list-style:url(%);display:list-item",
    "border-image:url(%) 9;border:9px solid", "background:image-set('%' 1x)", "mask:url(%)",
    "--x:url(%);background:var(--x)",
)  # fmt: skip
# Documents around both of a pair.
AROUND: Final = (
    "<!DOCTYPE html>{}", "{}", "<!DOCTYPE html><body class=body>{}", "<div>{}</div>", "<table><tr><td>{}</table>",
    "<!DOCTYPE html><p>Dear Ann</p>{}<p>order 4471",
)  # fmt: skip
# What is done to one of a pair only: the second with what the first has, and another in its place.
CHANGES: Final = (
    ("<style>", "<style media=print>"), ("<style>", "<style type=text/x>"), ("<style>", "<style media='(width:1px)'>"),
    ("<p", "<p hidden"), ("<p", "<p style='background:none'"), ("<p", "<p style='display:none'"),
    ("<!DOCTYPE html>", ""), ("<div>", "<div hidden>"), ("<div>", "<template>"), ("<style>", "<template><style>"),
    ("<style>", "<style>@media print{"), ("<style>", "<style>p{background:none!important}"),
    ("<style>", "<meta http-equiv=content-security-policy content=\"img-src 'none'\"><style>"),
    ("<img", "<template><img"), ("<img", "<noscript><img"), ("<img", "<svg><style><img"), ("<img", "<textarea><img"),
    ("<img", "<object data='data:,'><img"), ("<img", "<select><img"), ("<img", "<iframe><img"),
    ("<picture>", "<picture><source srcset=a.png>"), ("<source", "<source media=print"),
    ("<source", "<source type=image/x"), ("preload=auto", "preload=none"), ("rel=stylesheet", "rel=help"),
    ("<link", "<link media=print"), ("<style>", "<style title=a>i{}</style><style title=b>"),
    ("<image", "<image display=none"), ("<video", "<video preload=none"),
)  # fmt: skip
LOADS: Final = (
    "<img src='%'>", "<picture><source srcset='%'><img src=a.png></picture>", "<video src='%' preload=auto></video>",
    "<link rel=stylesheet href='%'>", "<svg><image href='%' width=9 height=9 /></svg>",
    "<p style='background:url(%)'>x", "<video poster='%'></video>", "<input type=image src='%'>",
    "<table background='%'><tr><td>x</table>",
)  # fmt: skip


def deciding_pairs(count: int, seed: int) -> list[tuple[str, str]]:
    """Make pairs; `%` stands for the one URL of both."""
    chance = random.Random(seed)  # noqa: S311 - the same pairs each time, and no secret
    pairs: list[tuple[str, str]] = []
    while len(pairs) < count:
        around = chance.choice(AROUND)
        if chance.random() < 0.5:
            selector, one, other = chance.choice(SELECTED)
            sheet = f"<style>{selector}{{{chance.choice(SAYING)}}}</style>"
            pair = (around.format(sheet + one), around.format(sheet + other))
            if chance.random() < 0.3:
                pair = (pair[1], pair[0])
        else:
            load = chance.choice((*LOADS, f"<style>p{{{chance.choice(SAYING)}}}</style><div><p>x</div>"))
            first = around.format(load)
            fitting = [change for change in CHANGES if change[0] in first]
            if not fitting:
                continue
            pair = (first, first.replace(*chance.choice(fitting), 1))
        pairs.append(pair)
    return pairs
