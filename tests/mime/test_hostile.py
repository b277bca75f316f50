"""Messages written to be slow or to break a reader: each kind at any size, so that growth can be measured."""

from __future__ import annotations

from base64 import b64encode
from time import process_time
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import settings

from lmtrack.message import revert_message, scan_message, strip_control_headers, untrack_message
from message_sending import DOMAIN, OFF, Sending

if TYPE_CHECKING:
    from collections.abc import Callable

# A megabyte under the profile `deep`.
SIZE: Final = 1_000_000 if settings().max_examples >= 1000 else 100_000
# A reader that looks again at what it has read takes 64 times as long for 8 times as much.
TIMES_THE_INPUT: Final = 8
TIMES_THE_WORK: Final = 24

_HTML: Final = b"Content-Type: text/html; charset=utf-8\r\n"
_QUOTED: Final = _HTML + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
_BASE64: Final = _HTML + b"Content-Transfer-Encoding: base64\r\n\r\n"
_MIXED: Final = b"Content-Type: multipart/mixed; boundary=b\r\n"
_LINK: Final = b'<a href="https://shop.example/?a=1&amp;b=2">x</a>\r\n'
_PART: Final = b"--b\r\n" + _HTML + b"\r\n" + _LINK
_LIST_END: Final = b"\r\n" + _HTML + b"\r\n" + _LINK
ON: Final = Sending(text_links=True)


def _repeat(unit: bytes, *, before: bytes = b"", after: bytes = b"") -> Callable[[int], bytes]:
    return lambda size: before + unit * ((size - len(before) - len(after)) // len(unit)) + after


def _numbered(unit: bytes, *, before: bytes = b"", after: bytes = b"") -> Callable[[int], bytes]:
    """Repeat a unit that holds a `%`, each time with another number."""

    def make(size: int) -> bytes:
        count = (size - len(before) - len(after)) // (len(unit) + 6)
        return before + b"".join([unit.replace(b"%", b"%d" % number) for number in range(10**6, 10**6 + count)]) + after

    return make


def _base64(unit: bytes, width: int, *, eol: bytes = b"\r\n") -> Callable[[int], bytes]:
    def make(size: int) -> bytes:
        text = b64encode(unit * (size * 3 // 4 // len(unit)))
        return _BASE64 + b"".join([text[start : start + width] + eol for start in range(0, len(text), width)])

    return make


def _nested(size: int, *, closed: bool, boundary: bytes = b"b%d") -> bytes:
    parts, ends, left, depth = [], [], size, 0
    while left > 0:
        name = boundary.replace(b"%d", b"%d" % depth)
        parts.append(b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n--%s\r\n" % (name, name))
        ends.append(b"\r\n--%s--" % name if closed else b"")
        left -= len(parts[-1]) + len(ends[-1])
        depth += 1
    return b"".join([*parts, _HTML, b"\r\n", _LINK, *reversed(ends)])


def _enclosed(size: int) -> bytes:
    unit = b"Content-Type: message/rfc822\r\n\r\n"
    return unit * (size // len(unit)) + _HTML + b"\r\n" + _LINK


def _prefixes(size: int) -> bytes:
    """Multiparts nested so that each boundary begins with all of those around it."""
    parts, left, name = [], size, b"b"
    while left > 0:
        parts.append(b'Content-Type: multipart/mixed; boundary="%s"\r\n\r\n--%s\r\n' % (name, name))
        left -= len(parts[-1])
        name += b"b"
    return b"".join([*parts, _HTML, b"\r\n", _LINK])


def _unused_boundaries(size: int) -> bytes:
    """Many multiparts open, and a body of lines that could be any of their delimiters."""
    depth = min(size // 400, 2000)
    head = _nested(depth * 60, closed=False)
    return head + b"--b0x\r\n" * ((size - len(head)) // 7)


HOSTILE: Final[dict[str, Callable[[int], bytes]]] = {
    # Delimiters.
    "--b": _repeat(b"--b\n", before=_MIXED + b"\r\n"),
    "--b of another message": _repeat(b"--b\n"),
    "--b--": _repeat(b"--b--\n", before=_MIXED + b"\r\n"),
    "--bb": _repeat(b"--bb\n", before=_MIXED + b"\r\n"),
    "--b and blanks": _repeat(b" \t", before=_MIXED + b"\r\n--b", after=b"\r\n\r\nx"),
    "--b, blanks and something else": _repeat(b" \t", before=_MIXED + b"\r\n--b", after=b"x\r\n"),
    "--b, blanks and something else, often": _repeat(b"--b" + b" " * 60 + b"x\n", before=_MIXED + b"\r\n"),
    "-": _repeat(b"-", before=_MIXED + b"\r\n"),
    "-- lines": _repeat(b"--\n", before=_MIXED + b"\r\n"),
    "CR before delimiters": _repeat(b"\r--b\r", before=_MIXED + b"\r\n"),
    "line ends": _repeat(b"\r\n"),
    "line ends in a multipart": _repeat(b"\r\n", before=_MIXED + b"\r\n--b\r\n\r\n"),
    "CR": _repeat(b"\r"),
    "CR in a body": _repeat(b"\r", before=_HTML + b"\r\n"),
    "many HTML parts": _repeat(_PART, before=_MIXED + b"\r\n", after=b"--b--\r\n"),
    "many empty parts": _repeat(b"--b\r\n\r\n", before=_MIXED + b"\r\n"),
    "many alternatives": _repeat(_PART, before=_MIXED.replace(b"mixed", b"alternative") + b"\r\n"),
    "many related parts": _numbered(
        b"--b\r\nContent-ID: <%@x>\r\n\r\nx\r\n", before=_MIXED.replace(b"mixed", b'related; start="<none>"') + b"\r\n"
    ),
    "many attachments": _repeat(
        b"--b\r\nContent-Type: text/html\r\nContent-Disposition: attachment\r\n\r\n" + _LINK, before=_MIXED + b"\r\n"
    ),
    "many small multiparts": _numbered(
        b"--b\r\nContent-Type: multipart/mixed; boundary=%\r\n\r\n--%\r\n\r\nx\r\n--%--\r\n", before=_MIXED + b"\r\n"
    ),
    "multiparts without end": _numbered(
        b"--b\r\nContent-Type: multipart/mixed; boundary=%\r\n\r\n", before=_MIXED + b"\r\n"
    ),
    "preamble": _repeat(b"Content-Type: text/html\r\n", before=_MIXED + b"\r\n", after=_PART),
    "epilogue": _repeat(_PART, before=_MIXED + b"\r\n--b--\r\n"),
    # Nesting.
    "nested multiparts": lambda size: _nested(size, closed=True),
    "nested multiparts without end": lambda size: _nested(size, closed=False),
    "nested multiparts of one boundary": lambda size: _nested(size, closed=False, boundary=b"b"),
    "nested multiparts of one boundary, closed": lambda size: _nested(size, closed=True, boundary=b"b"),
    "nested multiparts of long boundaries": lambda size: _nested(size, closed=True, boundary=b"x" * 60 + b"%d"),
    "each boundary a prefix of the next": _prefixes,
    "many open boundaries": _unused_boundaries,
    "nested messages": _enclosed,
    # Header fields.
    "fields": _repeat(b"X-A: b\r\n"),
    "fields, then a body": _repeat(b"X-A: b\r\n", after=b"\r\n" + _LINK),
    "folded lines": _repeat(b" x\r\n", before=b"X-A: b\r\n"),
    "folded empty lines": _repeat(b" \r\n", before=b"X-A: b\r\n"),
    "lines that are no fields": _repeat(b"x\r\n"),
    "control headers": _repeat(b"X-LM-Override-Track-Opens: true\r\n"),
    "malformed control headers": _repeat(b"X-LM-Override-Track-Opens : true\r\n"),
    "control headers between others": _repeat(b"X-LM-Override-Track-Opens: true\r\nX-A: b\r\n", after=b"\r\n" + _LINK),
    "a long control header": _repeat(b" \r\n", before=b"X-LM-Override-Track-Opens:\r\n", after=b" true\r\n\r\n"),
    "Content-Types": _repeat(_HTML),
    "Content-Types of a part": _repeat(_HTML, before=_MIXED + b"\r\n--b\r\n"),
    "colons": _repeat(b":"),
    "a field name": _repeat(b"x"),
    "signatures": _repeat(b"DKIM-Signature: a\r\n"),
    "NUL": _repeat(b"\0"),
    "bytes over 127": _repeat(b"\xff\xfe", before=_HTML + b"\r\n"),
    # Parameters.
    ";": _repeat(b";", before=b"Content-Type: text/html"),
    "; and blanks": _repeat(b"; ", before=b"Content-Type: text/html"),
    '"': _repeat(b'"', before=b"Content-Type: text/html; charset="),
    'a="': _repeat(b'a="', before=b"Content-Type: text/html; "),
    'a="b;': _repeat(b'; a="b', before=b"Content-Type: text/html"),
    "backslashes": _repeat(b"\\", before=b'Content-Type: text/html; charset="', after=b'"\r\n\r\nx'),
    "backslashes without end": _repeat(b"\\", before=b'Content-Type: text/html; charset="'),
    "a backslash without end": _repeat(b"x", before=b'Content-Type: text/html; charset="', after=b"\\"),
    'backslashes and "': _repeat(b'\\"', before=b'Content-Type: text/html; charset="'),
    "=": _repeat(b"=", before=b"Content-Type: text/html; a"),
    "blanks": _repeat(b" ", before=b"Content-Type: text/html;", after=b"charset=utf-8\r\n\r\nx"),
    "folds": _repeat(b"\r\n ", before=b"Content-Type: text/html;", after=b"charset=utf-8\r\n\r\nx"),
    "comments": _repeat(b"(a)", before=b"Content-Type: text/html "),
    "(": _repeat(b"(", before=b"Content-Type: text/html ", after=b"; charset=utf-8\r\n\r\nx"),
    "( and )": lambda size: b"Content-Type: text/html " + b"(" * (size // 2) + b")" * (size // 2) + b"\r\n\r\nx",
    "parameters": _numbered(b"; a%=b", before=b"Content-Type: text/html"),
    "boundaries": _repeat(b"; boundary=b", before=b"Content-Type: multipart/mixed", after=b"\r\n\r\n" + _PART),
    "sections": _numbered(b"; boundary*%=b", before=b"Content-Type: multipart/mixed", after=b"\r\n\r\n" + _PART),
    "section 0 again": _repeat(b"; boundary*0=b", before=b"Content-Type: multipart/mixed", after=b"\r\n\r\n" + _PART),
    "escaped sections": _numbered(b"; name*%*=%41", before=b"Content-Type: text/html", after=b"\r\n\r\n" + _LINK),
    "long numbers of sections": lambda size: b"Content-Type: text/html; name*" + b"9" * size + b"=x\r\n\r\n" + _LINK,
    "escapes": _repeat(b"%41", before=b"Content-Type: text/html; name*=utf-8''", after=b"\r\n\r\nx"),
    "' in a charset": _repeat(b"'", before=b"Content-Type: text/html; charset*=", after=b"\r\n\r\n" + _LINK),
    "a long charset": _repeat(b"-_", before=b"Content-Type: text/html; charset=", after=b"\r\n\r\n" + _LINK),
    "a long boundary": lambda size: (
        b"Content-Type: multipart/mixed; boundary=%(b)s\r\n\r\n--%(b)s\r\n\r\nx\r\n--%(b)s--\r\n"
        % {b"b": b"x" * (size // 3)}
    ),
    "a long boundary, used often": lambda size: (
        b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n" % (b"x" * 1000)
        + b"--%sy\r\n" % (b"x" * 999) * (size // 1000)
    ),
    "a long type": _repeat(b"x/", before=b"Content-Type: "),
    "a long encoding": _repeat(b"x", before=_HTML + b"Content-Transfer-Encoding: ", after=b"\r\n\r\n" + _LINK),
    "a long disposition": _repeat(b"; filename=x", before=_HTML + b"Content-Disposition: inline", after=b"\r\n\r\n"),
    # List-Unsubscribe.
    "<": _repeat(b"<", before=b"List-Unsubscribe: ", after=_LIST_END),
    "<x>,": _numbered(b"<https://a.example/%>, ", before=b"List-Unsubscribe: ", after=_LIST_END),
    "http:// in List-Unsubscribe": _repeat(b"http://", before=b"List-Unsubscribe: ", after=_LIST_END),
    "encoded words": _repeat(b"=?utf-8?q?a?= ", before=b"List-Unsubscribe: ", after=_LIST_END),
    "encoded words of many charsets": _numbered(b"=?x-%?b?YQ==?=\r\n ", before=b"List-Unsubscribe: ", after=_LIST_END),
    "a long encoded word": _repeat(b"=3C", before=b"List-Unsubscribe: =?utf-8?q?", after=b"?=" + _LIST_END),
    "encoded words, broken": _repeat(b"=?utf-8?b?A?=", before=b"List-Unsubscribe: ", after=_LIST_END),
    "blanks behind an encoded word": _repeat(b" ", before=b"List-Unsubscribe: =?utf-8?q?a?=", after=_LIST_END),
    "comments in List-Unsubscribe": _repeat(b"(", before=b"List-Unsubscribe: ", after=_LIST_END),
    "List-Unsubscribe and links": lambda size: (
        _numbered(b"<https://a.example/%>, ", before=b"List-Unsubscribe: ")(size // 2)
        + b"\r\n"
        + _numbered(b"<a href=https://a.example/%>\r\n", before=_HTML + b"\r\n")(size // 2)
    ),
    "List-Unsubscribe and other links": lambda size: (
        _numbered(b"<https://a.example/%>, ", before=b"List-Unsubscribe: ")(size // 2)
        + b"\r\n"
        + _numbered(b"<a href=https://b.example/%>\r\n", before=_HTML + b"\r\n")(size // 2)
    ),
    # Quoted-printable.
    "= in quoted-printable": _repeat(b"=", before=_QUOTED),
    "=3D": _repeat(b"=3D", before=_QUOTED),
    "=3C": _repeat(b"=3C", before=_QUOTED),
    "soft breaks": _repeat(b"=\r\n", before=_QUOTED),
    "soft breaks in a link": _repeat(b"=\r\n", before=_QUOTED + b'<a href=3D"https://shop.example/', after=b'">'),
    "blanks in quoted-printable": _repeat(b" ", before=_QUOTED),
    "blanks and line ends": _repeat(b" \t \r\n", before=_QUOTED),
    "links in quoted-printable": _numbered(b'<a href=3D"https://sho=\r\np.example/%">x</a>\r\n', before=_QUOTED),
    "links in one quoted line": _numbered(b'<a href=3D"https://shop.example/%">x</a>', before=_QUOTED),
    "links of escapes": _repeat(b"<a=20=\r\nhref=3D=68ttps:=2F=2Fx.y/>", before=_QUOTED),
    "a long line before a link": _repeat(b"x", before=_QUOTED, after=_LINK),
    # Base64.
    "base64": _base64(_LINK, 76),
    "base64, lines of four": _base64(_LINK, 4, eol=b"\n"),
    "base64, one line": _base64(_LINK, 1 << 30),
    "base64, one link": _base64(b"x", 76),
    "base64 of =": _repeat(b"=", before=_BASE64),
    "base64 of line ends": _repeat(b"\r\n", before=_BASE64),
    "base64 of blocks": _repeat(b"PGE+\r\n", before=_BASE64),
    "base64 of padded blocks": _repeat(b"YQ==\r\n", before=_BASE64),
    "base64 of junk": _repeat(b"!?\r\n", before=_BASE64),
    # Lines and links.
    "links": _numbered(b'<a href="https://shop.example/%">x</a>\r\n', before=_HTML + b"\r\n"),
    "links in one line": _numbered(b'<a href="https://shop.example/%">x</a>', before=_HTML + b"\r\n"),
    "links that cannot be decoded": _repeat(b'<a href="https://shop.example/\xff">\r\n', before=_HTML + b"\r\n"),
    "lines of 998": _repeat(b"x" * 998 + b"\r\n" + _LINK, before=_HTML + b"\r\n"),
    "lines of 990 with a link": _repeat(b"x" * 945 + _LINK, before=_HTML + b"\r\n"),
    "one tag": _repeat(b" a=b", before=_HTML + b"\r\n<a", after=b' href="https://shop.example/">'),
    "one tag without blanks": _repeat(b"/a", before=_HTML + b"\r\n<a", after=b'/href="https://shop.example/">'),
    "plain links": _numbered(b"https://shop.example/%\r\n", before=b"\r\n"),
    "plain links in one line": _numbered(b"https://shop.example/% ", before=b"\r\n"),
    "plain quotes": _repeat(b"> ", before=b"\r\n", after=b"https://shop.example/"),
    "plain brackets": _repeat(b"(", before=b"\r\nhttps://shop.example/"),
    "plain links, flowed": _numbered(
        b"> https://shop.example/% \r\n", before=b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n"
    ),
    "inline PGP, behind blanks": _repeat(b">\t ", before=_HTML + b"\r\n", after=b"x-----BEGIN PGP "),
    "inline PGP, nearly": _repeat(b"-----BEGIN PG\r\n", before=_HTML + b"\r\n"),
}  # fmt: skip


def everything(raw: bytes) -> None:
    """Scan, track, untrack and revert a message; check what must hold for any."""
    document = scan_message(raw)
    tracked = ON.track(document)
    assert revert_message(tracked.raw, tracked.edits) == raw
    assert ON.track(document, OFF).raw == strip_control_headers(raw)
    untracked = untrack_message(tracked.raw, domain=DOMAIN)
    assert b"https://track.example/c/A" not in untracked


def seconds(raw: bytes) -> float:
    start = process_time()
    everything(raw)
    return process_time() - start


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_message_takes_no_longer_than_its_size(kind: str) -> None:
    small, large = (HOSTILE[kind](size) for size in (SIZE // TIMES_THE_INPUT, SIZE))
    # Not a test of speed: quadratic work shows in each of four attempts, a busy machine does not.
    assert any(seconds(large) < max(TIMES_THE_WORK * seconds(small), 0.1) for _ in range(4))


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_message_is_tracked_once(kind: str) -> None:
    tracked = ON.track(HOSTILE[kind](4000))
    assert ON.track(tracked.raw, tracked.decision).raw == tracked.raw
