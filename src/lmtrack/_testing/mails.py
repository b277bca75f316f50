"""Strategies of raw messages: valid MIME as programs write it, and invalid MIME that arrives nevertheless."""

from __future__ import annotations

import quopri
from base64 import encodebytes
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._testing.needs import SearchStrategy, needs_hypothesis
from lmtrack._testing.pages import html_documents
from lmtrack._testing.settings import override_headers

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

_HEAD: Final = "From: Shop <letters@shop.example>\nTo: ann@reader.example\nMIME-Version: 1.0\n"
_FIELDS: Final = (
    "Subject: Lamps",
    "subject:=?utf-8?q?L=C3=A4mpchen?=\n =?utf-8?b?8J+Vrw==?=",
    "Date: Mon, 02 Nov 2026 09:00:00 +0000",
    "Message-ID: <letter-4471@shop.example>",
    "Received: from a.example by b.example;\n\tMon, 02 Nov 2026 09:00:00 +0000",
    "List-Unsubscribe: <https://shop.example/unsubscribe>, <mailto:leave@shop.example>",
    "List-Unsubscribe: <https://shop.example/" + "letters/" * 12 + "unsubscribe>,\n <mailto:leave@shop.example>",
    "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    "X-Empty:",
    "X-Long: " + "word " * 30,
)
# What another program signed, and a tracked copy of would break.
_SIGNATURE: Final = "DKIM-Signature: v=1; a=rsa-sha256; d=shop.example; s=a; h=From:Subject; bh=eA==; b=eA=="
# What the field says, and how the body is encoded in fact.
_ENCODINGS: Final = (
    ("7bit", ""),
    ("quoted-printable", "qp"),
    ("base64", "base64"),
    ("8bit", ""),
    ("Quoted-Printable", "qp"),
    ("BASE64", "base64"),
    ("", ""),
)
_WRONG_ENCODINGS: Final = (("x-uuencode", ""), ("utf-8", ""), ("base64", ""), ("quoted-printable", ""), ("7bit", "qp"))
_CHARSETS: Final = ("utf-8", "UTF-8", "us-ascii", "iso-8859-1", "windows-1252")
_WRONG_CHARSETS: Final = ("x-unknown", "utf-16", "")
_BOUNDARIES: Final = ("b", "=_part 1", "----=_NextPart_000_0001", "b'()+_,-./:=?")
# Parts that are not text to be read, and stay as they are whatever happens to the message.
_ATTACHMENTS: Final = (
    b"Content-Type: image/gif\nContent-ID: <logo@shop.example>\nContent-Transfer-Encoding: base64\n\nR0lGODlhAQAB\n",
    b"Content-Type: text/html; name=a.html\nContent-Disposition: attachment\n\n<a href='https://shop.example/a'>x</a>\n",
    b"Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR\nURL:https://shop.example/\nEND:VCALENDAR\n",
    b"Content-Type: message/rfc822\n\nSubject: In\nContent-Type: text/html\n\n<a href='https://shop.example/in'>x</a>\n",
    b"Content-Type: application/octet-stream\nContent-Transfer-Encoding: 8bit\n\n\x00\xff\xfe\n",
)
_PLAIN: Final = "Hello,\n\nFrom here: https://shop.example/lamps?a=1&b=2.\n-- \nShop\n"


class _Bodies(NamedTuple):
    """Strategies of what is in a message."""

    html: SearchStrategy[str]
    encodings: tuple[tuple[str, str], ...]
    charsets: tuple[str, ...]
    fewest: int  # parts


@needs_hypothesis
def messages(*, damaged: bool = True) -> SearchStrategy[bytes]:
    """Raw messages: HTML by itself, with plain text, pictures, attachments, and messages inside messages.

    In every transfer encoding and several charsets, with LF or CRLF, folded and doubled fields, override headers of any
    quality, and now and then a signature. What `html_documents` says of URLs and pictures holds for the parts.

    Args:
        damaged: Whether some have unknown encodings, labels that lie, parts that do not end and damaged HTML.
    """
    from hypothesis import strategies as st

    html = html_documents(damaged=damaged)
    bodies = _Bodies(html, _ENCODINGS, _CHARSETS, 1)
    if damaged:
        bodies = _Bodies(html, _ENCODINGS + _WRONG_ENCODINGS, _CHARSETS + _WRONG_CHARSETS, 0)

    some_fields = st.lists(st.sampled_from(_FIELDS), max_size=4, unique=True)
    controls, entities, eighth = (
        _controls(damaged=damaged),
        _entities(bodies),
        st.integers(0, 7).map(lambda one: one == 7),
    )

    @st.composite
    def made(draw: DrawFn) -> bytes:
        fields = draw(some_fields)
        fields += [f"{name}:{value}" for name, value in draw(controls)]
        fields += [_SIGNATURE] if draw(eighth) else []
        head = _HEAD + "".join(f"{field}\n" for field in fields)
        raw = head.encode() + draw(entities)
        if draw(st.booleans()):
            raw = raw.replace(b"\n", b"\r\n")
        if damaged and draw(eighth):
            raw = raw[: draw(st.integers(len(head), len(raw)))]
        return raw

    return made()


def _controls(*, damaged: bool) -> SearchStrategy[list[tuple[str, str]]]:
    """Override headers that can be in a message: with no line end that ends them."""
    from hypothesis import strategies as st

    if not damaged:
        names = st.sampled_from(["X-LM-Override-Track-Opens", "x-lm-override-track-clicks"])
        return st.lists(st.tuples(names, st.sampled_from([" false", " true", "no"])), max_size=2)
    return override_headers().map(
        lambda pairs: [(name, value.replace("\r\n", "\n")) for name, value in pairs if value.isascii()]
    )


def _entities(bodies: _Bodies) -> SearchStrategy[bytes]:
    """Header fields of a part, an empty line, its body."""
    from hypothesis import strategies as st

    page, plain = _texts(bodies, "html", bodies.html), _texts(bodies, "plain", st.just(_PLAIN))
    attached = st.sampled_from(_ATTACHMENTS)
    alternatives = _multiparts("alternative", st.tuples(plain, page))
    return (
        page
        | alternatives
        | _multiparts("related", st.tuples(page, attached))
        | _multiparts("mixed", st.tuples(alternatives, attached))
        | _multiparts("mixed", st.lists(page | plain | attached, min_size=bodies.fewest, max_size=3))
        | _multiparts("signed", st.tuples(page, attached))
        | plain
    )


def _texts(bodies: _Bodies, subtype: str, texts: SearchStrategy[str]) -> SearchStrategy[bytes]:
    from hypothesis import strategies as st

    def written(text: str, encoding: tuple[str, str], charset: str, name: str) -> bytes:
        label, way = encoding
        text = text.replace("\r\n", "\n")  # which of them ends the lines is decided for the whole message
        content = text.encode("utf-8" if charset not in _CHARSETS else charset, "xmlcharrefreplace")
        if way == "qp":
            content = quopri.encodestring(content)
        elif way == "base64":
            content = encodebytes(content)
        fields = f"{name}: text/{subtype}" + (f"; charset={charset}\n" if charset else "\n")
        fields += f"Content-Transfer-Encoding: {label}\n" if label else ""
        return f"{fields}\n".encode() + content + (b"" if content.endswith(b"\n") else b"\n")

    names = st.sampled_from(["Content-Type", "content-type", "CONTENT-TYPE"])
    return st.builds(written, texts, st.sampled_from(bodies.encodings), st.sampled_from(bodies.charsets), names)


def _multiparts(
    subtype: str, parts: SearchStrategy[tuple[bytes, ...]] | SearchStrategy[list[bytes]]
) -> SearchStrategy[bytes]:
    from hypothesis import strategies as st

    def written(parts: tuple[bytes, ...] | list[bytes], boundary: str, preamble: bytes) -> bytes:
        # A part may hold the delimiter of the one around it if they have the same boundary.
        line = f"--{boundary}{sum(map(len, parts))}".encode()
        quoted = line[2:].decode()
        head = f'Content-Type: multipart/{subtype}; boundary="{quoted}"\n\n'.encode()
        return head + preamble + b"".join(line + b"\n" + part for part in parts) + line + b"--\n"

    preambles = st.sampled_from([b"", b"This is a message in several parts.\n", b"\n"])
    return st.builds(written, parts, st.sampled_from(_BOUNDARIES), preambles)
