"""Documents that a browser loads something for and paints nothing of, and that the audit calls clean: its limits.

`%` stands for the URL, a static file without an identifier. By the words in `docs/explanation/what-an-audit-proves.md`
that say why.
"""

from __future__ import annotations

from typing import Final

_IMAGE: Final = "<img src='%' width=50 height=50>"
_BOX: Final = "width:50px;height:50px"

UNSEEN: Final[dict[str, tuple[str, ...]]] = {
    "A value that depends on something else": (
        "<img src='%' style='--z:0px;width:var(--z);height:var(--z)'>",
        "<style>:root{--o:0}</style><img src='%' style='opacity:var(--o)'>",
        "<img src='%' style='opacity:env(nope,0)'>",
        "<style>img{opacity:if(media(screen):0;else:1)}</style><img src='%'>",
        "<div style='width:1px;height:1px'><img src='%' width='100%' height='100%'></div>",
    ),
    "computed by anything but a sum": (
        "<img src='%' style='opacity:sin(0)'>",
        "<img src='%' style='width:round(down,5px,10px);height:mod(10px,5px)'>",
    ),
    "A length in units of the viewport or of a font": (
        "<div style='font-size:0'><img src='%' style='width:1em;height:1em'></div>",
        "<style>html{font-size:0}</style><img src='%' style='width:1rem;height:1rem'>",
    ),
    "behind another one or under another background": (
        f"<div style='position:relative'>{_IMAGE}<div style='position:absolute;inset:0;background:#fff'></div></div>",
        f"<div style='background:linear-gradient(#fff,#fff),url(%);{_BOX}'></div>",
    ),
    "column, grid row or drawing that clips them": (
        f"<div style='height:20px;overflow:hidden'><div style='height:50px'></div>{_IMAGE}</div>",
        f"<div style='columns:1;height:1px;overflow:hidden'>x{_IMAGE}</div>",
        f"<div style='display:grid;grid-template-rows:0fr'><div style='overflow:hidden'>{_IMAGE}</div></div>",
        "<svg viewBox='999 999 1 1'><image href='%' width=9 height=9 /></svg>",
        "<svg><image href='%' x=-9999 width=9 height=9 /></svg>",
        "<svg><clipPath id=c></clipPath><image clip-path='url(#c)' href='%' width=9 height=9 /></svg>",
    ),
    "masked, blended or filtered away": (
        "<img src='%' style='mask:linear-gradient(transparent,transparent)'>",
        "<div style='background:#fff'><img src='%' style='mix-blend-mode:screen'></div>",
    ),
    "clipped to text": (f"<div style='background:url(%);-webkit-background-clip:text;{_BOX}'></div>",),
    "moved along a path, by their own width": (
        "<img src='%' style='offset-path:path(\"M-9999 0 L-9999 1\")'>",
        "<img src='%' style='position:absolute;left:0;transform:translateX(-100%)'>",
    ),
    "by fewer than 500 pixels": (
        "<img src='%' width=40 style='position:absolute;left:-41px'>",
        f"<div style='background:url(%) no-repeat -99px;{_BOX}'></div>",
    ),
    "moved out of a page that is written from the right": ("<html dir=rtl><img src='%' style='margin-right:-9999px'>",),
    "in a drawing that is scaled down": (
        "<svg viewBox='0 0 99999 99999' width=50 height=50><image href='%' width=50 height=50 /></svg>",
    ),
    "a list marker, a border without a width": (
        f"<div style='border-image:url(%) 9;{_BOX}'></div>",
        "<p style='list-style-image:url(%)'>x",
    ),
    "used as a cursor or a mask": (
        "<p style='cursor:url(%),auto'>x",
        f"<p style='mask:url(%);background:#fff;{_BOX}'>",
    ),
    "a flex basis": ("<div style='display:flex'><img src='%' style='flex:0 0 0;min-width:0'></div>",),
    "`inherit`, `calc-size()`": (
        "<div style='width:0;height:0'><img src='%' style='width:inherit;height:inherit'></div>",
        "<img src='%' style='width:calc-size(0px,size)'>",
    ),
    "a position, a language or a negation": ("<style>img{opacity:0}img:lang(xx){opacity:1}</style><img src='%'>",),
    "the case of an attribute's value is ignored": (
        "<style>img{opacity:0}img[class=C]{opacity:1}</style><img class=c src='%'>",
    ),
    "layers in layers": ("<style>@layer a{@layer b{#x{opacity:1}}img{opacity:0}}</style><img id=x src='%'>",),
    "seen from behind the screen": ("<img src='%' style='transform:perspective(1px) translateZ(2px)'>",),
    "hidden by an animation": (
        "<style>@keyframes k{from,to{opacity:0}}img{animation:k 1s infinite}</style><img src='%'>",
        "<style>@keyframes k{to{opacity:0}}img{animation:k 0s forwards}</style><img src='%'>",
    ),
    "without a background because the element is empty": (
        "<div style='background:url(%)'></div>",
        "<table cellpadding=0 cellspacing=0><td background='%'></td></table>",
        "<span style='background:url(%)'></span>",
    ),
    "Resources that are loaded but never drawn": (
        "<link rel=preload as=image href='%'>",
        "<link rel='dns-prefetch prefetch' href='%'>",
        "<audio src='%' autoplay></audio>",
        "<style>@font-face{font-family:f;src:url(%)}p{font-family:f;font-size:0}</style><p>x",
        "<p style='float:left;width:9px;shape-outside:url(%)'>x",
    ),
    "clipped to a shape that lies elsewhere": (
        "<img src='%' style='clip-path:circle(9px at -99px 0)'>",
        "<img src='%' style='clip-path:shape(from 0 0, close)'>",
    ),
    "turned around a distant point or in several steps": (
        "<img src='%' style='transform:rotate(1deg);transform-origin:0 999999px'>",
        "<p style='transform:rotateX(45deg);transform-style:preserve-3d'><img src='%' style='rotate:x 45deg'></p>",
    ),
    "in an SVG element that does not exist": ("<svg><x><image href='%' width=9 height=9 /></x></svg>",),
    "placed outside their own box": (
        "<img src='%' width=50 height=50 style='object-fit:none;object-position:999px 999px'>",
    ),
    "small because of their density or their `sizes`": (
        "<img srcset='% 9999x'>",
        "<img srcset='% 9999w' sizes='.01px'>",
    ),
    "not chosen by `maction` or `switch` (or `systemLanguage`)": (
        "<svg><g systemLanguage=xx><image href='%' width=9 height=9 /></g></svg>",
        f"<math><maction actiontype=toggle><mi>x</mi><mtext>{_IMAGE}</mtext></maction></math>",
        "<svg><switch><g></g><g><image href='%' width=9 height=9 /></g></switch></svg>",
    ),
    "in a column that is collapsed": (
        f"<table><colgroup><col style='visibility:collapse'></colgroup><tr><td>{_IMAGE}</table>",
    ),
    "Content that a shadow root in the markup": (
        f"<div><template shadowrootmode=open></template>{_IMAGE}</div>",
        f"<div><template shadowrootmode=open><style>:host{{opacity:0}}</style><slot></slot></template>{_IMAGE}</div>",
    ),
}
