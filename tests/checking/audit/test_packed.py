"""A document that is still packed as something carried it is never clean; a text that people read may be."""

from __future__ import annotations

import bz2
import json
import lzma
import re
import zlib
from base64 import a85encode, b32encode, b64encode, encodebytes, urlsafe_b64encode
from binascii import b2a_uu
from email import message_from_string, policy
from html import escape
from quopri import encodestring
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, strategies as st

from hostile_inputs import HOSTILE
from lmtrack import audit_html
from lmtrack._checking.audit.packed import packed_as

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PAGE: Final = """<!DOCTYPE html>
<html><head><title>Hi</title></head><body class="x">
<p>Dear Ann, see <a href="https://shop.example/click?u=17">our shop</a>, which opens today</p>
<img src="https://count.example/open?u=17" width="1" height="1">
</body></html>
"""
FRAGMENT: Final = "<p>Hi<img src='https://count.example/1' width=1 height=1></p>"
SHORT: Final = "<img src=//t.example/1>"


def uuencode(octets: bytes) -> str:
    return "".join(b2a_uu(octets[at : at + 45]).decode() for at in range(0, len(octets), 45))


def yencode(octets: bytes) -> str:
    shifted = ((octet + 42) % 256 for octet in octets)
    return "".join(f"={chr((octet + 64) % 256)}" if octet in {0, 10, 13, 61} else chr(octet) for octet in shifted)


def rtf(html: str) -> str:
    """Write every sign as RTF writes those that it has no letters for."""
    return "{\\rtf1\\ansi\\fromhtml1 " + html.replace("<", "\\'3c").replace(">", "\\'3e") + "}"


HEADER: Final = "From: Ann <a@shop.example>\nContent-Type: text/html\nContent-Transfer-Encoding: {}\n\n"
# What carries a whole page or a piece of one, and what is left if nobody unpacks it.
CARRIERS: Final[dict[str, Callable[[str], str]]] = {
    "base64": lambda html: b64encode(html.encode()).decode(),
    "base64, no padding": lambda html: b64encode(html.encode()).decode().rstrip("="),
    "base64, in lines": lambda html: encodebytes(html.encode()).decode(),
    "base64, in short lines": lambda html: re.sub("(.{20})", r"\1\n", b64encode(html.encode()).decode()),
    "base64, quoted": lambda html: "> " + encodebytes(html.encode()).decode().replace("\n", "\n> "),
    "base64 for URLs": lambda html: urlsafe_b64encode(html.encode()).decode(),
    "base64, twice": lambda html: b64encode(b64encode(html.encode())).decode(),
    "base64 of UTF-16": lambda html: b64encode(html.encode("utf-16")).decode(),
    "base64, below a header": lambda html: HEADER.format("base64") + encodebytes(html.encode()).decode(),
    "base64, beside a page": lambda html: HEADER.format("BASE64") + b64encode(html.encode()).decode() + "\n--b\n<p>x",
    "base64 in JSON": lambda html: json.dumps(["https://a.example/", b64encode(html.encode()).decode()]),
    "base64 in XML": lambda html: f"<?xml version='1.0'?><mail>{encodebytes(html.encode()).decode()}</mail>",
    "a data: URL": lambda html: f"data:text/html;base64,{b64encode(html.encode()).decode()}",
    "an encoded word": lambda html: f"=?utf-8?B?{b64encode(html.encode()).decode()}?=",
    "base32": lambda html: b32encode(html.encode()).decode(),
    "base85": lambda html: a85encode(html.encode()).decode().replace("<", "(").replace("&", ")"),
    "hexadecimal digits": lambda html: html.encode().hex(),
    "uuencode": lambda html: f"begin 644 page.html\n{uuencode(html.encode())}`\nend\n",
    "uuencode, no name": lambda html: f"begin 644 x\r\n{uuencode(html.encode())}".replace("\n", "\r\n"),
    "uuencode of a text with tags": lambda html: "<p>x</p>\n" + uuencode(html.encode() * 9),
    "begin-base64": lambda html: f"begin-base64 644 a\n{encodebytes(html.encode()).decode()}====\n",
    "yEnc": lambda html: f"=ybegin line=128 size={len(html)} name=a.html\n{yencode(html.encode())}",
    "quoted-printable": lambda html: encodestring(html.replace("<p", '<p id="x"').encode()).decode(),
    "quoted-printable, no quotes": lambda html: re.sub("[\"']", "", html).replace("=", "=3D") + "<i x=3Dhttps:>",
    "quoted-printable, twice": lambda html: html.replace("=", "=3D3D").replace("'", '"') + '<i x=3D3D"">',
    "quoted-printable, all of it": lambda html: "".join(f"={octet:02X}" for octet in html.encode()),
    "quoted-printable, a header": lambda html: HEADER.format("quoted-printable") + html,
    "JSON": lambda html: json.dumps({"html": html.replace("'", '"') + '<i id="x">'}),
    "JSON, twice": lambda html: json.dumps(json.dumps(html.replace("'", '"') + '<i id="x">')),
    "JSON, tags escaped": lambda html: json.dumps({"html": html}).replace("<", "\\u003c"),
    "a string of a program": lambda html: html.replace("<", "\\x3C"),
    "a string of C": lambda html: html.replace("<", "\\074"),
    "a string with braces": lambda html: html.replace("<", "\\u{3c}"),
    "a string of CSS": lambda html: html.replace("<", "\\3c "),
    "RTF": rtf,
    "CSV": lambda html: 'id,html\n1,"' + html.replace("'", '"').replace('"', '""') + '<i id=""x"">"',
    "a URL": quote,
    "a form": quote_plus,
    "a URL, twice": lambda html: quote(quote(html)),
    "references": escape,
    "references, twice": lambda html: escape(escape(html)),
    "references by number": lambda html: html.replace("<", "&#060;"),
    "references by hexadecimal number": lambda html: html.replace("<", "&#X3C;"),
    "references without an end": lambda html: html.replace("<", "&lt"),
    "nothing but references": lambda html: "".join(f"&#{ord(char)};" for char in html),
    "references in XML": lambda html: f"\ufeff<?xml version='1.0'?>\n<!-- x --><rss><item>{escape(html)}</item></rss>",
    "UTF-7": lambda html: html.replace("<", "+ADw-").replace(">", "+AD4-"),
    "UTF-7 of a mailbox name": lambda html: html.replace("<", "&ADw-").replace(">", "&AD4-"),
    "UTF-16 as Latin-1": lambda html: html.encode("utf-16-le").decode("latin-1"),
    "UTF-16 without its NULs, one left": lambda html: "\0" + html.replace("<", "<\0"),
    "UTF-16, the other order": lambda html: html.encode("utf-16-le").decode("utf-16-be"),
    "UTF-8 as UTF-16": lambda html: (html + " " * (len(html) % 2)).encode().decode("utf-16-le", "surrogatepass"),
    "UTF-32 as Latin-1": lambda html: html.encode("utf-32-be").decode("latin-1"),
    "EBCDIC": lambda html: html.encode("cp500").decode("latin-1"),
}  # fmt: skip


@pytest.mark.parametrize("html", [PAGE, FRAGMENT], ids=["a page", "a fragment"])
@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_page_that_is_still_packed_is_not_clean_and_why_is_said(carrier: str, html: str) -> None:
    audit = audit_html(CARRIERS[carrier](html))
    assert audit.outcome in {"not_provable", "tracked"}
    finding = audit.findings[0]
    assert (finding.kind, finding.place) == ("undecodable", "document")
    assert finding.why.startswith("it is not HTML yet, but ")


@pytest.mark.parametrize(
    "carrier", ["base64", "base64, no padding", "base64, in lines", "a URL", "references", "UTF-7"]
)
def test_the_shortest_pixel_that_is_still_packed_is_not_clean(carrier: str) -> None:
    assert packed_as(CARRIERS[carrier](SHORT)) is not None


@pytest.mark.parametrize("size", [1, 400])
@pytest.mark.parametrize("compress", [zlib.compress, bz2.compress, lzma.compress], ids=["deflate", "bzip2", "xz"])
@pytest.mark.parametrize(
    ("charset", "errors"),
    [("latin-1", "strict"), ("cp1252", "replace"), ("cp437", "strict"), ("ascii", "replace"), ("utf-8", "replace"),
     ("utf-8", "ignore"), ("utf-8", "surrogateescape"), ("utf-8", "backslashreplace")],
)  # fmt: skip
def test_a_compressed_page_is_not_clean(
    size: int, compress: Callable[[bytes], bytes], charset: str, errors: str
) -> None:
    text = "".join(f"{PAGE}{number * number}" for number in range(size))  # a large one has signs of tags in it
    octets = compress(text.encode())
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    for packed in (octets, raw.compress(text.encode()) + raw.flush()):
        assert packed_as(packed.decode(charset, errors)) == "something compressed, or in a different charset"
    assert packed_as(b64encode(octets).decode()) is not None
    assert packed_as(repr(octets)) is not None


HONEST: Final = (
    "", "Hello", "Dear Ann,\n\nyour parcel is here.\n\n-- \nThe shop, https://shop.example/a/very/long/path?that=has&many=signs\n",
    "Grüße aus Köln, 你好，世界。今天天气很好。 Привет!", "-" * 200, "=" * 70 + "\nHeading\n" + "=" * 70, "x" * 400,
    "www.shop.example/a/very/long/path/that/nobody/wrote/by/hand/0123456789", "5 < 6 &lt; 7 and a &amp; b, 100% &c;",
    "<p>x</p>\n" + "PHA+" * 20, '<a href="https://shop.example/?q=3D">x</a>', "<p title='a=3D'>", "<img alt=3D>",
    '<p title="" class="a">', '<p data-x="a\\">', '<a href=""x>', "<p>Write &lt;img src=x&gt;</p>",
    "<p>We\nbegin 365 days of joy\nnow</p>", "<p>Content-Transfer-Encoding: base64</p>", '<p>\x1b$B$"\x1b(B</p>',
    "<?xml version='1.0'?><!DOCTYPE html><html>Write &lt;b&gt;</html>", "<?xml version='1.0'?><svg>&lt;b&gt;</svg>",
    "<?xml version='1.0'?><note>Hello</note>", "<p>" + "a\ufffd" * 99, "<p>" + "\x92" * 99,
)  # fmt: skip


@pytest.mark.parametrize("text", HONEST)
def test_html_and_text_that_people_read_are_not_packed(text: str) -> None:
    assert packed_as(text) is None


@pytest.mark.parametrize(
    "page",
    [f"<html><body><pre>{escape(PAGE)}</pre></body></html>", f"<p>{b64encode(PAGE.encode()).decode()}</p>"],
)
def test_a_page_that_another_page_shows_as_text_is_clean(page: str) -> None:
    """A client shows it as text and loads nothing; the docs say so."""
    assert audit_html(page).outcome == "clean"


def test_real_pages_are_not_packed_and_real_texts_seldom_look_so(shared: Path) -> None:
    for path in sorted((shared / "corpus").rglob("*.html")):
        assert packed_as(path.read_text(encoding="utf-8", errors="replace")) is None, path
    texts = looks = 0
    for path in sorted((shared / "corpus").rglob("*.eml")):
        message = message_from_string(path.read_text(encoding="latin-1"), policy=policy.compat32)
        for part in message.walk():
            if part.get_content_type() != "text/plain" or not isinstance(
                octets := part.get_payload(decode=True), bytes
            ):
                continue
            texts += 1
            looks += packed_as(octets.decode("latin-1")) is not None
    assert texts > 100
    assert looks < texts / 5


@given(st.one_of(st.text(), st.sampled_from(sorted(HOSTILE)).map(lambda case: HOSTILE[case](5_000))))
def test_any_text_gets_an_answer(text: str) -> None:
    what = packed_as(text)
    audit = audit_html(text)
    assert (what is not None) == any("it is not HTML yet" in finding.why for finding in audit.findings)
