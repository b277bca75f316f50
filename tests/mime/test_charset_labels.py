from __future__ import annotations

import codecs
import encodings.aliases

import pytest

from lmtrack._mime.charset_labels import MULTI_BYTE, NOT_ASCII, SINGLE_BYTE, codec_named

TABLES = {**SINGLE_BYTE, **MULTI_BYTE, **NOT_ASCII}


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
