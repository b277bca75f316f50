"""Element sets the tree builder decides by. Source: WHATWG HTML 13.2.4.2, 13.2.4.3, 13.2.5.2 and 13.2.6."""

from __future__ import annotations

from typing import Final

from lmtrack._pattern import word_set

# "Special" HTML elements; the foreign ones (mi mo mn ms mtext annotation-xml, foreignObject desc title) are below.
SPECIAL: Final = word_set(
    "address applet area article aside base basefont bgsound blockquote body br button caption center col colgroup dd "
    "details dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head header "
    "hgroup hr html iframe img input keygen li link listing main marquee menu meta nav noembed noframes noscript "
    "object ol p param plaintext pre script search section select source style summary table tbody td template "
    "textarea tfoot th thead title tr track ul wbr xmp"
)
# Special elements that do not stop the search for an open li, dd or dt.
LIST_TRANSPARENT: Final = word_set("address div p")
SCOPE: Final = word_set("applet caption html table td th marquee object select template")
TABLE_SCOPE: Final = word_set("html table template")
LIST_SCOPE: Final = word_set("ol ul")
FORMATTING: Final = word_set("a b big code em font i nobr s small strike strong tt u")
HEADINGS: Final = word_set("h1 h2 h3 h4 h5 h6")
# "Generate implied end tags" pops these.
IMPLIED_END: Final = word_set("dd dt li optgroup option p rb rp rt rtc")
_BLOCKS: Final = word_set(
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure footer header hgroup "
    "listing main menu nav ol pre search section summary ul"
)
# Start tags that close an open p and are then inserted ("in body"), form and table apart.
CLOSES_P: Final = _BLOCKS | word_set("p plaintext")
# End tags "in body" that pop to their element if it is in scope.
BLOCK_END: Final = _BLOCKS | word_set("button dd dt select")
# Start tags of elements that cannot stay open: after "reconstruct the active formatting elements", and without it.
VOID_IN_LINE: Final = word_set("area br embed image img keygen wbr")
VOID_APART: Final = word_set("base basefont bgsound link meta param source track")
# Elements with a list of active formatting elements of their own.
MARKED: Final = word_set("applet marquee object")

TABLE_PARTS: Final = word_set("caption col colgroup tbody td tfoot th thead tr")
TABLE_SECTIONS: Final = word_set("tbody tfoot thead")
CELLS: Final = word_set("td th")
# Elements that tell the insertion mode when it is reset (13.2.4.1).
TABLE_STATES: Final = word_set("caption colgroup table tbody td template tfoot th thead tr")
# Current nodes under which the text of a table is collected first ("in table": a character token).
TABLE_TEXT: Final = word_set("table tbody template tfoot thead tr")

# Start tags "in body" ignores because they belong to documents or tables.
IGNORED_IN_BODY: Final = TABLE_PARTS | word_set("body frame frameset head html")
# Start tags "in head" takes, and those "in template" hands to it.
IN_HEAD: Final = word_set("base basefont bgsound head html link meta noframes noscript script style template title")
IN_TEMPLATE_HEAD: Final = IN_HEAD - word_set("head html noscript")
# Start tags "in head noscript" takes or ignores.
IN_HEAD_NOSCRIPT: Final = word_set("basefont bgsound head html link meta noframes noscript style")

# 13.2.6.5: start tags that end foreign content; `font` does with one of these attributes.
BREAKOUT: Final = word_set(
    "b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li listing menu meta "
    "nobr ol p pre ruby s small span strong strike sub sup table tt u ul var"
)
BREAKOUT_FONT: Final = word_set("color face size")
MATHML_TEXT: Final = word_set("mi mn mo ms mtext")
SVG_HTML: Final = word_set("desc foreignobject title")
# "MathML text integration point": these two stay MathML there.
MATHML_IN_TEXT: Final = word_set("malignmark mglyph")
# Encodings that make an annotation-xml an integration point.
HTML_ENCODINGS: Final = word_set("text/html application/xhtml+xml")
