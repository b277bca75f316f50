"""Writes the leaves of hostile messages: HTML in every shape, charset and encoding, and what is no HTML to show."""

from __future__ import annotations

import base64
from html import unescape
from typing import TYPE_CHECKING

from message_pieces import (
    DISPOSITIONS,
    FILE_NAMES,
    LEFT_ALONE,
    LIES,
    LINK_TAGS,
    ODD_ENCODINGS,
    ODD_TYPES,
    PLAIN_LINES,
    SAMPLES,
    SHAPES,
    UNSUBSCRIBE,
    URLS,
)
from message_writer import Writer, content_type, delimiters_of, lower, parameter, write_header
from strategies import seeded_html

if TYPE_CHECKING:
    from message_pieces import Fate


def write_leaf(writer: Writer, fate: Fate, fields: list[str], *, controls: bool) -> None:
    if writer.chance(0.75):
        kind = "text/html" if writer.chance(0.8) else "text/plain"
        _write_text(writer, kind, fate, fields, controls=controls)
        return
    kind, body = writer.pick(_others(writer))
    writer.note(kind or "no Content-Type")
    encoding = writer.pick(["", "8bit", "quoted-printable", "base64"])
    own = [f"Content-Transfer-Encoding: {encoding}"] if encoding else []
    own += [content_type(writer, kind, writer.pick([[], ["charset=utf-8"]]))] if kind else []
    fate = fate if kind == "" and not body.startswith("-----BEGIN PGP") else "never"
    if writer.chance(0.4):
        line, about = writer.pick(DISPOSITIONS)
        own, fate = [*own, line], lower(fate, about)
    write_header(writer, fields, own, controls=controls)
    writer.line("")
    if not writer.certain:
        fate = lower(fate, "may")
    _write_body(writer, body.encode(), kind=kind or "text/plain", encoding=encoding, charsets=("",), fate=fate)


def _others(writer: Writer) -> list[tuple[str, str]]:
    """Kinds and bodies of leaves that are no HTML to show."""
    link = _link(writer)
    return [
        ("", _plain(writer, "x")),
        ("", f"<html><body>{link}</body></html>"),
        ("text/x-amp-html", f"<!doctype html><html \u26a14email><body>{link}</body></html>"),
        ("text/calendar", "BEGIN:VCALENDAR\nURL:https://shop.example/\nEND:VCALENDAR\n"),
        ("image/png", "\x89PNG" + "".join(map(chr, range(40)))),
        ("application/octet-stream", f"<body>{link}</body>"),
        ("application/xhtml+xml", f"<body>{link}</body>"),
        ("text/htmlx", f"<body>{link}</body>"),
        ("application/pkcs7-mime", f"<body>{link}</body>"),
        ("application/pgp-signature", "-----BEGIN PGP SIGNATURE-----\n"),
    ]


def _write_text(writer: Writer, kind: str, fate: Fate, fields: list[str], *, controls: bool) -> None:
    writer.note(kind)
    charset, octets, about = _document(writer, kind)
    fate = lower(fate, about)
    spelled, names = _charset(writer, charset)
    if kind == "text/plain" and writer.chance(0.1):
        writer.note("flowed text without its blanks")
        names, fate = [*names, "format=flowed", "DelSp=yes"], lower(fate, "may")
    own = [content_type(writer, kind, names)]
    if writer.chance(0.06):
        writer.note("odd Content-Type")
        kind = "text/html"
        own, fate = [writer.pick(ODD_TYPES).format(charset or "utf-8")], lower(fate, "may")
        spelled = (*spelled, "utf-8", "")
    elif writer.chance(0.05):
        writer.note("file name")
        own, fate = [content_type(writer, kind, [writer.pick(FILE_NAMES), *names])], "never"
    if writer.chance(0.2):
        line, about = writer.pick(DISPOSITIONS)
        writer.note(f"disposition: {about}")
        own, fate = [*own, line], lower(fate, about)
    encoding = writer.pick(["quoted-printable", "quoted-printable", "base64", "8bit", "7bit", "binary", ""])
    if writer.chance(0.03):
        encoding, fate = "x-uuencode", "never"
    if encoding and writer.chance(0.06):
        writer.note("odd Content-Transfer-Encoding")
        own, fate = [*own, writer.pick(ODD_ENCODINGS).format(encoding)], lower(fate, "may")
        encoding = f"{encoding}?"
    elif encoding:
        name = writer.pick(
            ["Content-Transfer-Encoding: ", "content-transfer-encoding:", "CONTENT-TRANSFER-ENCODING:\n "]
        )
        spelling = writer.pick([encoding, encoding.upper(), encoding.title()])
        own.append(name + spelling + writer.pick(["", "", " ", "\t "]))
    if octets.removeprefix(b"\xef\xbb\xbf").startswith(b"-----BEGIN PGP"):
        fate = "never"
    writer.note(f"encoding: {encoding or 'none'}")
    write_header(writer, fields, own, controls=controls)
    if writer.chance(0.02):
        writer.note("header without body")
        writer.line_before = False
        writer.leaf(b"", kind=kind, encoding=encoding, charsets=spelled, fate="never")
        return
    writer.line("")
    if not writer.certain:
        fate = lower(fate, "may")
    _write_body(writer, octets, kind=kind, encoding=encoding, charsets=spelled, fate=fate)


def _charset(writer: Writer, charset: str | None) -> tuple[tuple[str, ...], list[str]]:
    """Spell the parameter; give what readers may understand, and the parameter itself."""
    if charset is None:
        return ("",), []
    style = writer.random.random()
    if style < 0.06 and " " not in charset:
        writer.note("charset in single quotes")
        return (charset, ""), [f"charset='{charset}'"]
    if style < 0.1 and len(charset) > 2:
        writer.note("charset in sections")
        return (charset, ""), [f'charset*0="{charset[:2]}";\n charset*1="{charset[2:]}"']
    if style < 0.14:
        writer.note("charset with a language")
        return (charset, ""), [f"charset*=us-ascii'en'{charset}"]
    return (charset,), [parameter(writer, "charset", charset)]


def _document(writer: Writer, kind: str) -> tuple[str | None, bytes, Fate]:
    """Make the decoded body of a part: label, bytes, and what the charset makes of it."""
    chance = writer.random.random()
    label: str | None
    about: Fate = "must"
    if chance < 0.55:
        label = charset = writer.pick([*SAMPLES, "utf-8", "utf-8", "utf-8", "iso-8859-1"])
        sample = SAMPLES[charset]
        writer.note("charset: true")
    elif chance < 0.9:
        label, charset = writer.pick(LIES)
        sample = SAMPLES[charset] if charset in SAMPLES else LEFT_ALONE[charset]
        if charset == "utf-16":
            about = "never"  # its byte order mark beats any label
        elif label == "" or charset == "iso-2022-jp":
            about = "may"  # a parameter without a value; a charset that can be told by its escapes
        writer.note("charset: missing" if label is None else "charset: a lie")
    else:
        label = charset = writer.pick(list(LEFT_ALONE))
        sample = LEFT_ALONE[charset]
        about = "never"
        writer.note("charset: left alone")
    text = _html(writer, sample) if kind == "text/html" else _plain(writer, sample)
    octets = text.encode({"IBM1140": "cp1140", "hz-gb-2312": "hz"}.get(charset, charset), "replace")
    if charset in {"utf-8", "UTF8"} and writer.chance(0.1):
        writer.note("byte order mark")
        octets = b"\xef\xbb\xbf" + octets
    if b"\0" in octets:
        about = lower(about, "may")  # it may be UTF-16 that nobody told of
    return label, octets, about


def _link(writer: Writer, sample: str = "") -> str:
    number = writer.number()
    url = writer.pick([*URLS[:4], *URLS, *UNSUBSCRIBE]).format(number)
    if sample and writer.chance(0.2):
        writer.note("link with text of its charset")
        url = f"https://shop.example/{sample.replace(' ', '')}/{number}"
    tag = writer.pick(LINK_TAGS)
    return tag.format(url) + sample + "</a>"


def _plain(writer: Writer, sample: str) -> str:
    """Write a plain text with links where readers find them, and where they guess."""
    eol = writer.pick(["\n", "\n", "\r\n"])
    lines = []
    for _ in range(writer.pick([1, 2, 4])):
        number = writer.number()
        url = unescape(writer.pick([*URLS, *UNSUBSCRIBE]).format(number))
        lines.append(writer.pick(PLAIN_LINES).replace("{u}", url.strip()).replace("{s}", sample))
    if writer.chance(0.05):
        lines.insert(0, "-----BEGIN PGP SIGNED MESSAGE-----")
    return "\n".join(lines).replace("\n", eol) + writer.pick(["", eol, eol])


def _html(writer: Writer, sample: str) -> str:  # noqa: PLR0911 - one return a shape
    """Write a document; every shape a mail client has sent, and some that none should."""
    style = writer.random.random()
    if style < 0.12 and writer.documents:
        return writer.pick(writer.documents)
    if style < 0.2:
        writer.note("document: seeded HTML")
        return seeded_html(writer.random.randrange(1 << 30))
    if style < 0.33:
        return _dense(writer)
    eol = writer.pick(["\n", "\r\n", "\r\n", "", " "])
    links = [_link(writer, sample) for _ in range(writer.pick([0, 1, 1, 2, 3, 6]))]
    middle = eol.join(f"<p>{sample} {link} 100% = &amp; x.</p>" for link in links)
    if style < 0.39:
        writer.note("document: a line of about 998 bytes")
        filler = "y" * writer.random.randint(880, 1000)
        return f"<html><body><p>{filler}</p>\n{middle}\n{filler[:-20]}{_link(writer)}</body></html>\n"
    if style < 0.42:
        writer.note("document: one long line")
        return f"<html><body>{middle}{'<b>z</b>' * 400}{_link(writer)}</body></html>"
    if style < 0.45:
        writer.note("document: inline PGP")
        return f"-----BEGIN PGP MESSAGE-----\n\nhQEM\n{middle}\n-----END PGP MESSAGE-----\n"
    return writer.pick(SHAPES).replace("{e}", eol).replace("{m}", middle)


def _dense(writer: Writer) -> str:
    """Write links so short that several stand on one encoded line, and text that must not begin one."""
    writer.note("document: dense links")
    ends = ["</a>", "</a>x", "</a> ", "</a>From ", "</a>\nFrom ", "</a>=", "</a>\r\n", "<br>"]
    tags = ["<a href=http://a.b/{}>", '<a href="http://a.b/{}">', "<a href=http://a.b/{} data-lm-no-track>"]
    links = range(writer.pick([3, 9, 30]))
    return "".join(writer.pick(tags).format(number) + writer.pick(ends) for number in links)


def _write_body(
    writer: Writer, octets: bytes, *, kind: str, encoding: str, charsets: tuple[str, ...], fate: Fate
) -> None:
    written = encoding.rstrip("?")
    if written == "base64":
        encoded, fate = _write_base64(writer, octets, fate)
    elif written == "quoted-printable":
        encoded, fate = _write_quoted(writer, octets, fate)
    else:
        encoded = octets
    delimiters = {line.encode() for line in delimiters_of(writer.active)}
    if any(line.rstrip(b" \t") in delimiters for line in encoded.replace(b"\r", b"\n").split(b"\n")):
        encoded = b"x"
    if not encoded and writer.active and writer.chance(0.5):
        writer.note("empty part")
        writer.line_before = False
        fate = lower(fate, "may")
    writer.leaf(encoded, kind=kind, encoding=encoding, charsets=charsets, fate=fate)


def _write_base64(writer: Writer, octets: bytes, fate: Fate) -> tuple[bytes, Fate]:
    style = writer.random.random()
    width = writer.pick([76, 76, 76, 64, 60, 72, 4, 75, 998, 1 << 30])
    text = base64.b64encode(octets)
    if style < 0.07 and len(octets) > 4:
        writer.note("base64: two padded blocks")
        cut = 3 * writer.random.randint(0, len(octets) // 3 - 1) + 1
        text, fate = base64.b64encode(octets[:cut]) + base64.b64encode(octets[cut:]), lower(fate, "may")
    elif style < 0.14 and text:
        writer.note("base64: foreign bytes")
        place = writer.random.randint(0, len(text))
        text = text[:place] + writer.pick([b"!", b"-", b"_", b"=", b"\0", b"\xe4", b"."]) + text[place:]
        fate = lower(fate, "may")
    elif style < 0.18:
        writer.note("base64: no padding")
        text, fate = text.rstrip(b"="), lower(fate, "may") if text.endswith(b"=") else fate
    lines = [text[start : start + width] for start in range(0, len(text), width)]
    eol = writer.eol().encode()
    encoded = eol.join(lines)
    if lines and writer.chance(0.6):
        encoded += eol
    elif lines:
        writer.note("base64: no line end at the end")
    if style > 0.96:
        writer.note("base64: text behind it")
        encoded += eol + b"--" + eol + b"You are on the list a@b.example" + eol
        fate = lower(fate, "may")
    elif style > 0.92:
        writer.note("base64: blanks")
        encoded = writer.pick([b" ", eol, b"\t" + eol]) + encoded + writer.pick([b" ", eol + eol, b""])
        fate = lower(fate, "may")
    return encoded, fate


def _write_quoted(writer: Writer, octets: bytes, fate: Fate) -> tuple[bytes, Fate]:
    """Encode as quoted-printable: tidy, with needless soft breaks and escapes, or with what the standard forbids."""
    style = writer.pick(["tidy", "tidy", "tidy", "restless", "restless", "escaped", "forbidden"])
    writer.note(f"quoted-printable: {style}")
    digits = writer.pick(["=%02X", "=%02X", "=%02x"])
    eol = writer.eol().encode()
    width = 75 if style == "tidy" else writer.random.randint(3, 75)
    lines: list[bytes] = []
    for text in octets.replace(b"\r\n", b"\n").split(b"\n"):
        line = b""
        for place, octet in enumerate(text):
            plain = (33 <= octet <= 126 and octet != 61) or (octet in b" \t" and place + 1 < len(text))
            one = bytes([octet]) if plain else (digits % octet).encode()
            if style == "escaped" or (style == "restless" and writer.chance(0.05)):
                one = (digits % octet).encode()
            elif style == "forbidden" and octet not in b"\r\n" and writer.chance(0.5):
                one = bytes([octet])
            if style != "forbidden" and (len(line) + len(one) > width or (style == "restless" and writer.chance(0.03))):
                lines.append(line + b"=")
                line = b""
            line += one
        # The last one may have 76: no `=` follows it.
        lines.append(line)
    encoded = eol.join(lines).replace(b"=" + eol + b"." + eol, b"." + eol)
    if style == "forbidden":
        fate = lower(fate, "may")
        encoded += writer.pick([b"", b"=", b"=4", b"=ZZ", b"= " + eol, b"=" + eol, b" \t", b"=" + eol + eol])
    elif writer.chance(0.05) and not octets.startswith(b"-----"):
        writer.note("quoted-printable: blanks at line ends")
        encoded, fate = encoded.replace(eol, b" \t" + eol, 1), lower(fate, "may")
    return encoded, fate
