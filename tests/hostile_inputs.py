"""Documents written to be slow: each kind at any size, so that growth can be measured."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from lmtrack import Consent, Route, TrackingDomain, make_keys, resolve, track_html

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmtrack.html import HtmlDocument, RewrittenHtml

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DOMAIN = TrackingDomain("https://track.example", make_keys(b"an example secret"))
DECISION = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)


def track(source: str | HtmlDocument) -> RewrittenHtml:
    """Track opens and clicks, with fixed key and time."""
    return track_html(source, DECISION, domain=DOMAIN, message_id="m-1", now=NOW)


_FORMATTING: Final = "".join(
    f"<{name}>" * 3 for name in ("b", "big", "code", "em", "font", "i", "s", "small", "tt", "u")
)
_BOLD: Final = "".join(f"<b x={number}><i x={number}>" for number in range(32))


def _repeat(unit: str, *, before: str = "", after: str = "") -> Callable[[int], str]:
    return lambda size: before + unit * ((size - len(before) - len(after)) // len(unit)) + after


def _numbered(unit: str, *, before: str = "", after: str = "") -> Callable[[int], str]:
    """Repeat a unit; a `%` in it is another number each time."""

    def make(size: int) -> str:
        count = (size - len(before) - len(after)) // (len(unit) + 4)
        return before + "".join([unit.replace("%", str(number)) for number in range(10_000, 10_000 + count)]) + after

    return make


def _halves(first: str, second: str, *, before: str = "", middle: str = "", after: str = "") -> Callable[[int], str]:
    def make(size: int) -> str:
        return before + first * (size // 2 // len(first)) + middle + second * (size // 2 // len(second)) + after

    return make


HOSTILE: Final[dict[str, Callable[[int], str]]] = {
    # Markup that does not finish.
    "<": _repeat("<"),
    "<a": _repeat("<a "),
    "<a href=": _repeat("<a href="),
    '<a href="': _repeat('<a href="'),
    "<a href='x\"": _repeat("<a href='x\""),
    "</": _repeat("</"),
    "</a": _repeat("</a "),
    "<!": _repeat("<!"),
    "<!--": _repeat("<!--"),
    "<!-- -": _repeat("<!-- -"),
    "<!--[if mso]>": _repeat("<!--[if mso]>"),
    "unclosed quote in every tag": _repeat('<p class="x>'),
    "unclosed quote, then its end": _repeat("<a href='x>", after="'>"),
    "<title": _repeat("<title>x</titl"),
    "<title>": _repeat("<title>x"),
    "<style></styl": _repeat("<style></styl", before="<style>"),
    # Complete markup, a lot of it.
    "<a>": _repeat("<a>"),
    "<b>": _repeat("<b>"),
    "</p>": _repeat("</p>"),
    "<div></div>": _repeat("<div></div>"),
    "<!-- -->": _repeat("<!-- -->"),
    "<!>": _repeat("<!>"),
    "<?x>": _repeat("<?x>"),
    "<STRONG>": _repeat("<STRONG>"),
    "<table><td>": _repeat("<table><td>"),
    "<p/x=y>": _repeat("<p/x=y>"),
    "<body></body>": _repeat("<body></body>"),
    "<base href>": _repeat("<base href=>"),
    "<img src>": _repeat('<img src="https://track.example/o/x">'),
    "distinct links": _numbered("<a href=http://x.y/%>"),
    "distinct links, quoted": _numbered('<a href="https://shop.example/%">x</a>'),
    "one link": _repeat('<a href="https://shop.example/?a=1&amp;b=2">x</a>'),
    "relative links with a base": _numbered("<a href=x/../%>", before="<base href=https://b.example/a/b>"),
    "opt-outs": _repeat("<a data-pm-no-track href=http://x.y/>"),
    "own opt-outs": _repeat("<a data-lm-no-track href=http://x.y/>"),
    "our links, forged": _numbered("<a href=https://track.example/c/%>"),
    # Comments.
    "closed conditional comments": _numbered('<!--[if mso]><a href="http://x.y/%"><![endif]-->'),
    "VML in conditional comments": _numbered('<!--[if mso]><v:rect href="http://x.y/%"></v:rect><![endif]-->'),
    "the same button twice": _repeat('<!--[if mso]><v:rect href="http://x.y/"><![endif]--><a href="http://x.y/">'),
    "one conditional comment": _numbered("<v:rect href='http://x.y/%'>", before="<!--[if mso]>", after="<![endif]-->"),
    "ghost tables": _repeat("<!--[if mso]><table><tr><td><![endif]-->"),
    "ghost table without end": _repeat("<tr>\n", before="<!--[if mso]>"),
    "dashes in a comment": _repeat("-", before="<!--"),
    "--! in a comment": _repeat("--!", before="<!--", after=">"),
    "> in a comment": _repeat("->", before="<!--"),
    # Raw text.
    "<script><!--": _repeat("<script><!--"),
    "<script><!--<script>": _repeat("<script></script>", before="<script><!--"),
    "dashes in script": _repeat("-", before="<script>", after="</script>"),
    "dashes and <!-- in script": _repeat("<!------", before="<script>", after="</script>"),
    "</scrip in script": _repeat("</scrip", before="<script>"),
    "<textarea></textarea>": _repeat("<textarea></textarea>"),
    "<plaintext>": _repeat("x<", before="<plaintext>"),
    # Style sheets.
    "one selector, many times": _repeat("p,", before="<style>", after="p{opacity:.9}</style><p>x"),
    "URLs of one rule": _numbered("a:url(//x.y/%);", before="<style>p{", after="}</style><p>x"),
    "rules that are for all": _halves("*{width:5px}", "<p>x<img src=//x.y/1></p>", before="<style>", middle="</style>"),
    "URLs of a rule for all with URLs": _halves(
        "a:url(//x.y/1),url(//x.y/2);",
        "<p style='background:url(//x.y/3)'>x",
        before="<style>p{",
        middle="}</style>",
    ),
    # Attributes and values.
    "attributes of one tag": _numbered(" a%=b", before="<a", after=" href=http://x.y/>"),
    "bare attributes of one tag": _repeat(" a", before="<a", after=">"),
    "href in one tag": _repeat(" href=x", before="<a", after=">"),
    "slashes in one tag": _repeat("/", before="<a", after=">"),
    "white space in one tag": _repeat(" \t\n", before="<a", after="href=x>"),
    "white space after a name": _repeat("a ", before="<a ", after="="),
    "= in one tag": _repeat("=", before="<a ", after=">"),
    "quotes in one tag": _repeat("'\"", before="<a ", after=">"),
    "a= in one tag": _repeat("a= ", before="<a ", after=">"),
    "one long value": _repeat("x", before='<a href="http://x.y/', after='">'),
    "one long value without end": _repeat("x", before='<a href="http://x.y/'),
    "one long tag name": _repeat("x", before="<", after=" href=http://x.y/>"),
    "&copy in one value": _repeat("&copy", before='<a href="', after='">'),
    "&amp; in one value": _repeat("&amp;", before='<a href="', after='">'),
    "& in one value": _repeat("&", before='<a href="', after='">'),
    "digits of one reference": _repeat("9", before='<a href="&#', after=';">'),
    "long names of references": _repeat("&CounterClockwiseContourIntegral", before='<a href="', after='">'),
    "% in URLs": _repeat('<a href="http://x.y/%a%b%c%d%e%f%">'),
    "annotations": _repeat('"image":{"url":"http://x.y/', before='<script>{"@type":"', after="</script>"),
    "escapes in an annotation": _repeat('\\"', before='<script>{"@type":"', after="</script>"),
    "% in one URL": _repeat("%a", before='<a href="http://x.y/', after='">'),
    "placeholders": _repeat('<a href="{{ x }}"><a href="http://x.y/*|X|*%%z%%">'),
    "{ in one URL": _repeat("{", before='<a href="http://x.y/', after='">'),
    "long URLs": _repeat(f'<a href="http://x.y/{"a." * 900}">'),
    "long URLs with @": _repeat(f'<a href="http://x.y/{"a-" * 900}@">'),
    "words of long URLs": _repeat(f'<a href="http://x.y/{"de-" * 600}">'),
    "parameters of long URLs": _repeat(f'<a href="http://x.y/?{"&a" * 900}">'),
    # Characters.
    "NUL": _repeat("\0"),
    "NUL in tags": _repeat("<\0a\0 href=\0>"),
    "lone surrogates": _repeat("\ud800<a href=\udfff>"),
    "astral characters": _repeat("\U0001f600<a href=http://x.y/\U0001f600>"),
    "CR": _repeat("<a\rhref=\r\nx\r>"),
    "white space": _repeat(" "),
    # Documents that need the stack of open elements.
    "svg": _repeat("<svg>"),
    "svg, then other end tags": _halves("<svg>", "</x>"),
    "svg and desc": _repeat("<svg><desc>"),
    "svg and links": _numbered("<a href=http://x.y/%>", before="<svg>"),
    "svg again and again": _repeat("<svg><a href=http://x.y/></svg>"),
    "math": _repeat("<mi>", before="<math>"),
    "<![CDATA[ in svg": _repeat("<![CDATA[", before="<svg>"),
    "CDATA sections in svg": _repeat("<![CDATA[]]>", before="<svg>"),
    "]] in a CDATA section": _repeat("]]", before="<svg><![CDATA[", after=">"),
    "< in svg": _repeat("<", before="<svg>"),
    "svg, then <a>": _repeat("<a>", before="<svg/>"),
    "svg, then <b>": _repeat("<b>", before="<svg/>"),
    "svg, then <p><b>": _repeat("<p><b>", before="<svg/>"),
    "svg, then <p></p>": _repeat("<p></p>", before="<svg/>"),
    "svg, then <table><td>": _repeat("<table><td>", before="<svg/>"),
    "svg, then <li>": _repeat("<li>", before="<svg/><ul>"),
    "svg, then <div>": _repeat("<div>", before="<svg/>"),
    "svg, then <x></y>": _halves("<x>", "</y>", before="<svg/>"),
    "svg, then <form>": _repeat("<form><div></form>", before="<svg/>"),
    "svg, then <button>": _repeat("<button><p>", before="<svg/>"),
    "svg, then <nobr>": _repeat("<nobr>", before="<svg/>"),
    "svg, then <object><b>": _halves("<object><b>", "</i></x>", before="<svg/>"),
    "svg, then <option>": _repeat("<option>x", before="<svg/><select>"),
    "svg, then <ruby>": _repeat("<ruby><rt>", before="<svg/>"),
    "svg, then many fonts": _numbered("<font size=%>", before="<svg/>"),
    "svg, then many fonts and their ends": _halves("<font x=1>", "</font>", before="<svg/>"),
    "elements that come back": _repeat("<p>x", before=f"<svg/><p>{_FORMATTING}</p>"),
    "elements that come back, then svg": _repeat("<p>x", before=f"<p>{_FORMATTING}</p>", after="<svg>"),
    "elements that come back in cells": _repeat("<td><b><p></b>x", before="<svg/><table>"),
    "blocks on one <b>": _halves("<div>", "</b>", before="<svg/><b>"),
    "blocks on many <b>": _halves("<div>", "</b></i>", before=f"<svg/>{_BOLD}"),
    "spans and blocks on <b>": _halves("<x><div>", "</b></i></u></s>", before="<svg/><b><i><u><s>"),
    "template": _repeat("<template>"),
    "template and cells": _repeat("<template><td>", before="<svg/>"),
}  # fmt: skip
