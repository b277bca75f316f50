"""Decode the bytes of a part so that its links can be read and every byte can be found again.

Labels lie, so nothing here trusts one: a part is read by its label only if writing the characters down again gives the
same bytes. Else each byte beyond ASCII becomes a character of its own that means nothing (a lone surrogate), and a
link with such characters is read by itself, strictly by the label, then strictly as UTF-8.

Editing in place needs a charset in which the bytes of ASCII always mean ASCII. UTF-16, UTF-32, UTF-7, the ISO-2022
family, HZ and EBCDIC are not among those. In the others the second byte of a character may be an ASCII letter or a
bracket, but none of `< > " ' & / =`; in Johab it may, so it is refused too.

What labels mean is one table for every Python, because its own grows from release to release. A label is looked up by
its letters and digits alone, as programs spell the rest in every way (`iso_8859-1`, `ISO8859-1`). The rows are the
aliases of Python 3.15 (`encodings.aliases`, read on 2026-11-30), the labels of the WHATWG Encoding standard
(section 4.2) that mean the same, and those of old mailers (`cp-850`, `x-sjis`). Until 3.14 Python reads
`ks_c_5601-1987`, which Outlook writes for Korean, as EUC-KR; from 3.15 on as cp949, which holds all of EUC-KR and the
other 8,822 syllables, as browsers always have. Encoded words (RFC 2047) in a header are read by the same table.
"""

from __future__ import annotations

import re
from binascii import Error, a2b_base64, a2b_qp
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# By the names that Python gives the codecs. One byte per character, ASCII in its place.
SINGLE_BYTE: Final = {
    "ascii": "646 ansix341968 ansix341986 ascii cp367 csascii ibm367 iso646irv1991 iso646us isoir6 us usascii",
    "cp437": "437 cp437 cspc8codepage437 ibm437",
    "cp720": "cp720",
    "cp737": "cp737",
    "cp775": "775 cp775 cspc775baltic ibm775",
    "cp850": "850 cp850 cspc850multilingual ibm850",
    "cp852": "852 cp852 cspcp852 ibm852",
    "cp855": "855 cp855 csibm855 ibm855",
    "cp856": "cp856",
    "cp857": "857 cp857 csibm857 ibm857",
    "cp858": "858 ccsid00858 cp00858 cp858 csibm00858 csibm858 ibm00858 ibm858 pcmultilingual850euro",
    "cp860": "860 cp860 csibm860 ibm860",
    "cp861": "861 cp861 cpis csibm861 ibm861",
    "cp862": "862 cp862 cspc862latinhebrew ibm862",
    "cp863": "863 cp863 csibm863 ibm863",
    "cp865": "865 cp865 csibm865 ibm865",
    "cp866": "866 cp866 csibm866 ibm866",
    "cp869": "869 cp869 cpgr csibm869 ibm869",
    "cp874": "874 cp874 cswindows874 dos874 ms874 windows874",
    "cp1125": "1125 cp1125 cp866u ibm1125 ruscii",
    "cp1250": "1250 cp1250 cswindows1250 windows1250",
    "cp1251": "1251 cp1251 cswindows1251 windows1251",
    "cp1252": "1252 cp1252 cswindows1252 windows1252",
    "cp1253": "1253 cp1253 cswindows1253 windows1253",
    "cp1254": "1254 cp1254 cswindows1254 windows1254",
    "cp1255": "1255 cp1255 cswindows1255 windows1255",
    "cp1256": "1256 cp1256 cswindows1256 windows1256",
    "cp1257": "1257 cp1257 cswindows1257 windows1257",
    "cp1258": "1258 cp1258 cswindows1258 windows1258",
    "hp-roman8": "cp1051 cshproman8 hproman8 ibm1051 r8 roman8",
    "iso8859-1": "8859 cp819 csisolatin1 ibm819 iso8859 iso88591 iso885911987 isoir100 l1 latin latin1",
    "iso8859-2": "csisolatin2 iso88592 iso885921987 isoir101 l2 latin2",
    "iso8859-3": "csisolatin3 iso88593 iso885931988 isoir109 l3 latin3",
    "iso8859-4": "csisolatin4 iso88594 iso885941988 isoir110 l4 latin4",
    "iso8859-5": "csisolatincyrillic cyrillic iso88595 iso885951988 isoir144",
    "iso8859-6": "arabic asmo708 csisolatinarabic ecma114 iso88596 iso885961987 isoir127",
    "iso8859-7": "csisolatingreek ecma118 elot928 greek greek8 iso88597 iso885971987 isoir126",
    "iso8859-8": "csiso88598e csiso88598i csisolatinhebrew hebrew iso88598 iso885981988 iso88598e iso88598i isoir138",
    "iso8859-9": "csisolatin5 iso88599 iso885991989 isoir148 l5 latin5",
    "iso8859-10": "csisolatin6 iso885910 iso8859101992 isoir157 l6 latin6",
    "iso8859-11": "iso885911 iso8859112001 thai",
    "iso8859-13": "csiso885913 iso885913 l7 latin7",
    "iso8859-14": "csiso885914 iso885914 iso8859141998 isoceltic isoir199 l8 latin8",
    "iso8859-15": "csiso885915 iso885915 l9 latin9",
    "iso8859-16": "csiso885916 iso885916 iso8859162001 isoir226 l10 latin10",
    "koi8-r": "cskoi8r koi8r",
    "koi8-t": "koi8t",
    "koi8-u": "cskoi8u koi8u",
    "kz1048": "cskz1048 kz1048 rk1048 strk10482002",
    "mac-cyrillic": "maccyrillic xmaccyrillic",
    "mac-greek": "macgreek",
    "mac-iceland": "maciceland",
    "mac-latin2": "maccenteuro maccentraleurope maclatin2",
    "mac-roman": "csmacintosh mac macintosh macroman xmacroman",
    "mac-turkish": "macturkish",
    "ptcp154": "cp154 csptcp154 cyrillicasian pt154 ptcp154",
    "tis-620": "cstis620 isoir166 tis620 tis6200 tis62025290 tis62025291",
}
# More than one byte, ASCII in its place, and each character has one spelling whatever comes before it.
MULTI_BYTE: Final = {
    "utf-8": "cp65001 csutf8 u8 unicode11utf8 utf utf8 utf8sig utf8ucs2 utf8ucs4 xunicode20utf8",
    "gb2312": "chinese csgb2312 csiso58gb231280 euccn eucgb2312cn gb2312 gb23121980 gb231280 isoir58 xmacsimpchinese",
    "gbk": "936 cp936 csgbk gbk ms936 windows936 xgbk",
    "gb18030": "csgb18030 gb18030 gb180302000",
    "big5": "big5 big5tw csbig5 xmactradchinese xxbig5",
    "big5hkscs": "big5hkscs csbig5hkscs hkscs",
    "cp950": "950 cp950 ms950",
    "shift_jis": "csshiftjis shiftjis sjis xmacjapanese xsjis",
    "cp932": "932 cp932 cswindows31j ms932 mskanji windows31j",
    "euc_jp": "cseucpkdfmtjapanese eucjp ujis xeucjp",
    "euc_kr": "cseuckr euckr xmackorean",
    "cp949": "949 cp949 csksc56011987 isoir149 korean ksc5601 ksc56011987 ksc56011989 ksx1001 ms949 uhc windows949",
}
# Bytes of ASCII may mean something else.
NOT_ASCII: Final = {
    "cp037": "037 cp037 csibm037 ebcdiccpca ebcdiccpnl ebcdiccpus ebcdiccpwt ibm037 ibm039",
    "cp273": "273 cp273 csibm273 ibm273",
    "cp424": "424 cp424 csibm424 ebcdiccphe ibm424",
    "cp500": "500 cp500 csibm500 ebcdiccpbe ebcdiccpch ibm500",
    "cp875": "cp875",
    "cp1026": "1026 cp1026 csibm1026 ibm1026",
    "cp1140": "1140 ccsid01140 cp01140 cp1140 csibm01140 ebcdicus37euro ibm01140 ibm1140",
    "hz": "hz hzgb hzgb2312",
    "iso2022_jp": "csiso2022jp iso2022jp",
    "iso2022_jp_1": "iso2022jp1",
    "iso2022_jp_2": "csiso2022jp2 iso2022jp2",
    "iso2022_jp_3": "iso2022jp3",
    "iso2022_jp_2004": "iso2022jp2004",
    "iso2022_jp_ext": "iso2022jpext",
    "iso2022_kr": "csiso2022kr iso2022kr",
    "johab": "cp1361 johab ms1361",
    "utf-7": "csunicode11utf7 csutf7 u7 unicode11utf7 utf7",
    "utf-16": "csutf16 u16 utf16 csunicode iso10646ucs2 ucs2 unicode",
    "utf-16-be": "csutf16be unicodebigunmarked utf16be",
    "utf-16-le": "csutf16le unicodelittleunmarked utf16le",
    "utf-32": "csutf32 u32 utf32",
    "utf-32-be": "csutf32be utf32be",
    "utf-32-le": "csutf32le utf32le",
}

_CODECS: Final = {
    label: codec
    for table in (SINGLE_BYTE, MULTI_BYTE, NOT_ASCII)
    for codec, labels in table.items()
    for label in labels.split()
}
_MARKS: Final = re.compile(r"[^a-z0-9]+")
_LONGEST_LABEL: Final = 40  # RFC 2978 section 2.3


def codec_named(label: str, /) -> str | None:
    """Return the codec that a label names; None if it names none of those above."""
    if len(label) > _LONGEST_LABEL or not label.isascii():
        return None
    return _CODECS.get(_MARKS.sub("", label.lower()))


# Charsets in which a byte of ASCII may be part of something else; matched against the label as it is, so that
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
BYTE_ORDER_MARKS: Final = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")
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
        content.startswith(BYTE_ORDER_MARKS)
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


# Section 2; between two of them blanks do not count (section 6.2). RFC 2231 section 5 adds a language to the charset.
_WORD: Final = re.compile(r"=\?([^?*\s]++)(?:\*[^?\s]*+)?\?([bBqQ])\?([^?\s]*+)\?=")
_BETWEEN: Final = re.compile(r"(?<=\?=)[ \t\r\n]++(?==\?)")


def read_words(text: str, /) -> str:
    """Decode the encoded words of a text; in an unknown charset they are UTF-8 or Latin-1."""
    return _WORD.sub(_decoded, _BETWEEN.sub("", text)) if "=?" in text else text


def as_text(octets: bytes, /) -> str:
    """Read bytes of a header as they are: UTF-8 (RFC 6532), else Latin-1."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _decoded(word: re.Match[str], /) -> str:
    octets = word[3].encode("utf-8")
    try:
        octets = a2b_qp(octets, header=True) if word[2] in "qQ" else a2b_base64(octets + b"==")
    except Error:  # one letter too many
        return ""
    codec = codec_named(word[1].lower())
    try:
        return octets.decode(codec) if codec else as_text(octets)
    except UnicodeDecodeError:
        return as_text(octets)
