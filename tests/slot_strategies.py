"""Templates with slots and hostile values for them."""

from __future__ import annotations

import re
from base64 import encodebytes
from quopri import encodestring
from typing import TYPE_CHECKING, Final

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

# How a body is encoded, by its Content-Transfer-Encoding.
ENCODERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    "8bit": lambda octets: octets,
    "quoted-printable": encodestring,
    "base64": encodebytes,
}

BRACES = re.compile(r"\{\{ *(?P<name>[a-z]+) *\}\}")

_HOSTILE = st.sampled_from(
    [
        "<", ">", '"', "'", "&", "`", "=", "/", "\\", "-", "--", "-->", "--!>", "<!--", "<![endif]", "<![endif]-->",
        "]]>", "</p>", "</title>", "</textarea>", "</script>", "<script>", "<img src=x onerror=y>",
        "<a href='https://evil.example'>",
        "amp;", "&amp;", "lt;", "&lt", "#60;", "&#60;", "copy", ";", "\r", "\n", "\r\n", "\t", "\f", " ", "\u00a0",
        "\u2028",
        "{{ x }}", "{{ y }}", "{% raw %}", "*|X|*", "%00", "%2e", ".", "..", "?", "#", "@", ":", "javascript:alert(1)",
        "https://evil.example/", "//evil.example", "data:text/html,x", "\u0085", "\x7f", "\ufeff", "\u202e",
        "\U0001f600",
        "Ärger", "退订", "שלום", "א" * 3, "a" * 40, "\x01", "\uffff",
    ]
)  # fmt: skip
# Everything a place can hold: no U+0000, no lone surrogates.
VALUES = st.lists(
    _HOSTILE | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6), max_size=6
).map("".join)

# Text around a slot that a value might complete or end.
_AROUND = st.sampled_from(
    ["", "", "", " ", "a", "&", "&am", "&amp", "&#", "&#x", "&#6", "&lt", "-", "--", "!", ">", "]]", ";", "x;", "=",
     "1", "\n", "<br>", "<b>b</b>", "&amp;", "{", "'", "`", "{{ y }}"]
)  # fmt: skip
_BEFORE_AND_AFTER = st.tuples(_AROUND, _AROUND).map(lambda pair: f"{pair[0]}{{{{ x }}}}{pair[1]}")
_IN_VALUES = _BEFORE_AND_AFTER.filter(lambda text: "<" not in text)
_PIECES = st.one_of(
    _BEFORE_AND_AFTER.map("<p>{}</p>".format),
    _BEFORE_AND_AFTER.map("<pre>{}</pre>".format),
    _BEFORE_AND_AFTER.map("<td>{}".format),
    _IN_VALUES.map("<title>{}</title>".format),
    _IN_VALUES.map("<textarea>{}</textarea>".format),
    _IN_VALUES.map('<img alt="{}">'.format),
    _IN_VALUES.filter(lambda text: "'" not in text).map("<i title='{}'>i</i>".format),
    _IN_VALUES.map('<a href="https://shop.example/a{}">s</a>'.format),
    _IN_VALUES.map('<a href="https://shop.example/?a=1&{}">s</a>'.format),
    _IN_VALUES.map('<a href="https://shop.example/#{}">s</a>'.format),
    _IN_VALUES.map('<a href="/rel/{}">s</a>'.format),
    _IN_VALUES.map('<a href="mailto:{}">s</a>'.format),
    _BEFORE_AND_AFTER.map("<!--[if mso]><p>{}</p><![endif]-->".format),
    _IN_VALUES.map('<!--[if mso]><v:rect href="https://shop.example/?{}"></v:rect><![endif]-->'.format),
    _BEFORE_AND_AFTER.map("<svg><title>{}</title><text>{{ x }}</text></svg>".format),
    st.sampled_from(["<!-- {{ x }} -->", "<p>", "</div>", "<b>", "</b>", "<table><tr>", "</table>", "text", "<br/>"]),
)
TEMPLATES = st.lists(_PIECES, min_size=1, max_size=6).map("".join)
