from __future__ import annotations

import codecs
import encodings.aliases

import pytest
from hypothesis import given, strategies as st

from lmtrack._mime.charsets import MULTI_BYTE, NOT_ASCII, SINGLE_BYTE, codec_named, codec_of, is_unsafe, read_content

TABLES = {**SINGLE_BYTE, **MULTI_BYTE, **NOT_ASCII}
MARKUP = "<>\"'&/="


@pytest.mark.parametrize("codec", sorted({**SINGLE_BYTE, **MULTI_BYTE}))
def test_ascii_means_ascii_in_every_charset_that_is_edited(codec: str) -> None:
    assert codecs.lookup(codec).name == codec
    assert bytes(range(128)).decode(codec) == bytes(range(128)).decode("ascii")


@pytest.mark.parametrize("codec", sorted(SINGLE_BYTE))
def test_single_octet_charsets_round_trip(codec: str) -> None:
    for octet in range(256):
        text = bytes((octet,)).decode(codec, "replace")
        assert len(text) == 1
        assert text == "\ufffd" or text.encode(codec) == bytes((octet,))


@pytest.mark.parametrize("codec", sorted(MULTI_BYTE))
def test_no_second_octet_looks_like_markup(codec: str) -> None:
    for first in range(0x80, 0x100):
        for second in MARKUP.encode():
            try:
                text = bytes((first, second)).decode(codec)
            except UnicodeDecodeError:
                continue
            assert text[-1] == chr(second)


@pytest.mark.parametrize(
    "label",
    [
        *("utf-16", "UTF-16LE", "utf16", "utf_32", "utf-32be", "utf-7", "unicode", "csUnicode", "ucs-2", "UCS-4"),
        *("iso-10646-ucs-2", "unicode-1-1-utf-7", "x-imap4-modified-utf7", "iso-2022-jp", "ISO-2022-KR", "csISO2022JP"),
        *(
            "iso2022_jp_2",
            "hz",
            "hz-gb-2312",
            "johab",
            "cp1361",
            "ebcdic-cp-us",
            "cp037",
            "ibm500",
            "IBM-1047",
            "cp1140",
        ),
        *("'utf-16'", ' "utf-7" ', "scsu"),
        *("x-UTF-16LE-BOM", "X-UTF-32BE-BOM", "x-utf-7", "x-unicode-2-0-utf-7", "unicode-2-0-utf-7", "JIS_Encoding"),
        *("cp1200", "windows-1201", "cp12000", "cp65000", "cp50220", "cp50229", "cp52936"),
    ],
)
def test_charsets_that_cannot_be_edited_in_place_are_known(label: str) -> None:
    assert is_unsafe(label, b"<p>text</p>")


@pytest.mark.parametrize(
    "label",
    [
        *(None, "utf-8", "us-ascii", "iso-8859-1", "cp1252", "cp858", "ibm437", "x-unknown", "gb18030", "shift_jis"),
        *("unicode-1-1-utf-8", "unicode-2-0-utf-8", "x-unicode20utf8", "unicode11utf8", "cp12012", "cp65001"),
        "jisx0201",
    ],
)
def test_all_others_can(label: str | None) -> None:
    assert not is_unsafe(label, b"<p>text</p>")


@pytest.mark.parametrize(
    "content",
    [
        "<p>".encode("utf-16"),
        "<p>".encode("utf-16-be"),
        "\ufeff<p>".encode("utf-32"),
        "\ufeffx".encode("utf-32-be"),
        "<p>\u65e5\u672c".encode("iso-2022-jp"),
        b"<p>\x1b(Jx",
    ],
)
def test_content_gives_such_a_charset_away(content: bytes) -> None:
    assert is_unsafe("utf-8", content)
    assert is_unsafe(None, content)


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        *(("utf8", "utf-8"), ("'UTF-8'", "utf-8"), ("utf-8-sig", "utf-8"), ("latin1", "iso8859-1")),
        *(("windows-1252", "cp1252"), ("iso-8859-8-i", "iso8859-8"), ("cp-850", "cp850"), ("x-sjis", "shift_jis")),
        *(("ks_c_5601-1987", "cp949"), ("unicode-1-1-utf-8", "utf-8"), ("windows-874", "cp874")),
        *(("x-unknown", None), ("rot13", None), ("hex", None), ("base64", None), ("utf-16", None), ("a\0b", None)),
        *(("", None), ("x" * 41, None), ("\ud800", None), ("shift_jis_2004", None)),
    ],
)
def test_labels_name_codecs(label: str, codec: str | None) -> None:
    assert codec_of(label) == codec


def test_ascii_is_read_as_such_whatever_the_label() -> None:
    assert read_content(b"abc", "gb18030") == ("abc", None, "gb18030", True)


def test_the_label_is_believed_if_it_is_exact() -> None:
    assert read_content("\u00e9".encode("cp1252"), "windows-1252").text == "\u00e9"
    assert read_content("\u00e9".encode(), "windows-1252").text == "\u00c3\u00a9"
    assert read_content("\u4e2d".encode("gbk"), "gbk") == ("\u4e2d", "gbk", "gbk", True)


@pytest.mark.parametrize("label", [None, "us-ascii", "x-unknown"])
def test_without_a_label_that_says_something_it_is_utf8(label: str | None) -> None:
    assert read_content("\ufeff\u00e9".encode(), label).text == "\ufeff\u00e9"


@pytest.mark.parametrize(("content", "label"), [(b"\xe9<", None), (b"\xe9<", "utf-8"), (b"\x81\x20", "cp1252")])
def test_octets_that_nothing_explains_stand_for_themselves(content: bytes, label: str | None) -> None:
    view = read_content(content, label)
    assert not view.explained
    assert view.text.encode("ascii", "surrogateescape") == content
    assert "\ufffd" in view.shown()
    assert len(view.shown()) == len(view.text)


def test_a_spelling_that_would_not_come_back_is_not_read() -> None:
    # Two spellings of one character: Python writes the other.
    content = b"<\x87\x90>"  # NEC row 13; Python writes what JIS X 0208 has
    assert content.decode("cp932").encode("cp932") != content
    view = read_content(content, "cp932")
    assert not view.explained
    assert view.octets_before([1, 3]) == [1, 3]


def test_a_piece_is_read_by_the_label_then_as_utf8() -> None:
    view = read_content(b"\xff \xc3\xa9 \xe9", "utf-8")
    assert view.repair("plain") == "plain"
    assert view.repair(view.text[2:4]) == "\u00e9"
    assert view.repair(view.text[5:]) is None
    assert view.repair("\u4e2d" + view.text[5:]) is None
    assert read_content(b"\x81 \xc3\xa9", "cp1252").repair("\udcc3\udca9") == "\u00c3\u00a9"
    assert read_content(b"\xff\xc3\xa9", None).repair("\udcc3\udca9") == "\u00e9"


LABELS = st.sampled_from([None, "utf-8", "us-ascii", "cp1252", "gb18030", "shift_jis", "big5", "euc-kr", "x-unknown"])
TEXTS = st.text(st.sampled_from("<a> \u00e9\u20ac\u4e2d\u65e5\uac00\U0001f600"), max_size=20)


@given(TEXTS | st.binary(max_size=40), LABELS, st.data())
def test_counting_octets_finds_every_character_again(
    source: str | bytes, label: str | None, data: st.DataObject
) -> None:
    codec = codec_of(label or "utf-8") or "utf-8"
    content = source.encode(codec, "replace") if isinstance(source, str) else source
    view = read_content(content, label)
    offsets = sorted(data.draw(st.lists(st.integers(0, len(view.text)), max_size=4)))
    counted = view.octets_before([*offsets, len(view.text)])
    assert counted[-1] == len(content)
    codec = view.codec or view.label or "ascii"
    for offset, octet in zip(offsets, counted, strict=False):
        if view.explained and view.codec:
            assert content[octet:].decode(codec) == view.text[offset:]
        else:
            assert octet == offset


@pytest.mark.parametrize("codec", sorted(TABLES))
def test_a_row_is_named_as_python_names_the_codec(codec: str) -> None:
    assert codecs.lookup(codec).name == codec
    assert codec_named(codec) == codec


def test_no_label_names_two_codecs() -> None:
    labels = [label for row in TABLES.values() for label in row.split()]
    assert sorted(labels) == sorted(set(labels))


def test_the_table_knows_every_label_that_this_python_knows() -> None:
    for label in (*encodings.aliases.aliases, *encodings.aliases.aliases.values()):
        try:
            codec = codecs.lookup(label).name
        except LookupError:  # of another system: mbcs
            continue
        if codec in TABLES and codec_named(label) != "cp949":  # euc_kr until 3.14, see there
            assert (label, codec_named(label)) == (label, codec)


# WHATWG Encoding, section 4.2: the labels of its encoding EUC-KR, which is what Python calls cp949.
@pytest.mark.parametrize(
    "label",
    [
        *("csksc56011987", "iso-ir-149", "korean", "ks_c_5601-1987", "ks_c_5601-1989", "ksc5601", "ksc_5601"),
        *("windows-949", "KS_C_5601-1987", "ks-c-5601-1987"),
    ],
)
def test_korean_labels_mean_the_same_on_every_python(label: str) -> None:
    assert codec_named(label) == "cp949"
    assert b"\x81\x41".decode("cp949") == "\uac02"  # not in EUC-KR


@pytest.mark.parametrize(
    "label", ["", "-", "x-unknown", "rot13", "hex", "mbcs", "utf-9", "latin1\u00e9", "\ud800", "x" * 41]
)
def test_other_labels_name_nothing(label: str) -> None:
    assert codec_named(label) is None


@pytest.mark.parametrize("label", ["iso_8859-1", "ISO8859-1", "iso-8859-1", "iso 8859 1", "'latin-1'"])
def test_a_label_is_known_by_its_letters_and_digits(label: str) -> None:
    assert codec_named(label) == "iso8859-1"
