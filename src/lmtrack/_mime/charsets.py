"""Which characters the bytes of a part are, so that a link in it can be read and every byte be counted again.

Labels lie, so nothing here trusts one: a part is read by its label only if writing the characters down again gives the
same bytes. Else each byte beyond ASCII becomes a character of its own that means nothing (a lone surrogate), and a
link with such characters is read by itself, strictly by the label, then strictly as UTF-8.

Editing in place needs a charset in which the bytes of ASCII always mean ASCII. UTF-16, UTF-32, UTF-7, the ISO-2022
family, HZ and EBCDIC are none of those. In the others the second byte of a character may be an ASCII letter or a
bracket, but none of `< > " ' & / =`; in Johab it may, so it is refused too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._mime.charset_labels import NOT_ASCII, codec_named

if TYPE_CHECKING:
    from collections.abc import Iterable

# Charsets in which an byte of ASCII may be part of something else; matched against the label as it stands, so that
# an unknown member of a family is refused too. The last lines are Microsoft's code pages for some of them (UTF-16,
# UTF-32, UTF-7, ISO-2022, HZ) and EBCDIC.
_UNSAFE: Final = re.compile(
    r"""
      (?:cs|x-)?utf-?_?(?:16|32|7) | (?:cs|x-)?unicode(?!-?[12]-?[01]-?utf-?8) | (?:cs)?ucs-?[24] | iso-?10646
    | x-imap | unicode-1-1-utf-7 | (?:cs|x-)?iso-?_?2022 | (?:x-)?hz | (?:x-)?johab | cp_?-?1361 | ms1361
    | scsu | bocu | (?:cs)?jis_?(?:encoding)?\Z
    | (?:cp|windows)-?(?:120[01]|1200[01]|65000|502[0-9][0-9]|52936)(?![0-9])
    | (?:cs)?ebcdic | (?:cp|ibm)-?0*(?:37|424|500|875|1026|1047|11[34][0-9]|2[789][0-9])(?![0-9])
    """,
    re.VERBOSE,
)
# What gives such a charset away under another label: the byte order marks of UTF-16 and UTF-32, a tag with NULs between
# its letters, and the escape sequences that ISO-2022 switches with (RFC 1468, RFC 1557, RFC 1922).
_BYTE_ORDER_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
_WIDE_TAG: Final = re.compile(rb"<\x00[!-~]\x00|\x00<\x00[!-~]|<\x00\x00\x00|\x00\x00\x00<")
_SWITCH: Final = re.compile(rb"\x1b(?:\$|\([^B])")
_OCTET: Final = re.compile("[\udc80-\udcff]")


class View(NamedTuple):
    """A part's content as characters.

    Attributes:
        text: The characters. Encoded again they are the bytes they were read from.
        codec: What each character's bytes are counted with; None where each is one byte.
        label: The codec the part's label names; None if it names none we know.
        explained: False if bytes beyond ASCII stand in the text as lone surrogates.
    """

    text: str
    codec: str | None
    label: str | None
    explained: bool = True

    def octets_before(self, offsets: Iterable[int], /) -> list[int]:
        """Return the byte each of these characters begins at; they must ascend. Linear in the whole."""
        if self.codec is None:
            return list(offsets)
        counted: list[int] = []
        last = octet = 0
        for offset in offsets:
            octet += len(self.text[last:offset].encode(self.codec))
            last = offset
            counted.append(octet)
        return counted

    def repair(self, value: str, /) -> str | None:
        """Read a piece of the text that may hold unexplained bytes; None if they cannot be read."""
        if not _OCTET.search(value):
            return value
        try:
            octets = value.encode("ascii", "surrogateescape")
        except UnicodeEncodeError:  # beside characters from references: there are no bytes for the whole
            return None
        for codec in (self.label, "utf-8"):
            try:
                if codec is not None:
                    return octets.decode(codec)
            except UnicodeDecodeError:
                continue
        return None

    def shown(self) -> str:
        """Return the text to show to people, as long as the text is: unexplained bytes are U+FFFD."""
        return self.text if self.explained else _OCTET.sub("\ufffd", self.text)


def is_unsafe(label: str | None, content: bytes, /) -> bool:
    """Return whether the label names, or the content shows, a charset that cannot be edited in place."""
    if label is not None and _UNSAFE.match(_plain(label)):
        return True
    # Hardly a text holds one of the two signs, and to look for a sign takes a hundredth of what an expression takes.
    return (
        content.startswith(_BYTE_ORDER_MARKS)
        or (b"\x00" in content and _WIDE_TAG.search(content) is not None)
        or (b"\x1b" in content and _SWITCH.search(content) is not None)
    )


def read_content(content: bytes, label: str | None, /) -> View:
    """Read a part's content by its label, or byte by byte where that is not exact."""
    codec = codec_of(label) if label is not None else None
    if content.isascii():
        return View(content.decode("ascii"), None, codec)
    # Without a label, or with the default that says nothing, UTF-8 is what it can only be.
    for candidate in (codec,) if codec not in {None, "ascii"} else ("utf-8",):
        try:
            text = content.decode(candidate or "utf-8")
        except UnicodeDecodeError:
            continue
        if len(text) == len(content):
            return View(text, None, codec)
        if candidate == "utf-8" or text.encode(candidate or "utf-8", "replace") == content:
            return View(text, candidate, codec)
    return View(content.decode("ascii", "surrogateescape"), None, codec, explained=False)


def codec_of(label: str, /) -> str | None:
    """Return the codec that a label names; None if it names none in which a part can be edited in place."""
    codec = codec_named(_plain(label))
    return None if codec in NOT_ASCII else codec


def _plain(label: str, /) -> str:
    """A label without the quotes and blanks that some mailers put around it."""
    return label.strip("\"' \t\r\n").lower()
