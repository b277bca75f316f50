from __future__ import annotations

import re
from email.message import Message

import pytest
from hypothesis import given, strategies as st

from lmtrack._mime.part_headers import FieldValue, read_field

PLAIN = {"charset": "utf-8"}


@pytest.mark.parametrize(
    ("written", "value", "parameters"),
    [
        ("text/html", "text/html", {}),
        (" TEXT/HTML ", "text/html", {}),
        ("text/html; charset=utf-8", "text/html", PLAIN),
        ("text/html;charset=utf-8;", "text/html", PLAIN),
        ("text/html ;; CHARSET = utf-8 ; ", "text/html", PLAIN),
        ('text/html; charset="utf-8"', "text/html", PLAIN),
        ('text/html; charset="utf\\-8"', "text/html", PLAIN),
        ("text/html; charset='utf-8'", "text/html", {"charset": "'utf-8'"}),
        ("text/html;\r\n\tcharset=utf-8", "text/html", PLAIN),
        ("text/html (a (nested \\) one)); charset=(before)utf-8(after)", "text/html", PLAIN),
        ("(first) text/html", "text/html", {}),
        ('text/html; charset=utf-8; charset="utf-8"', "text/html", PLAIN),
        ("multipart/mixed; boundary=----=_Part_1.2:3/4?", "multipart/mixed", {"boundary": "----=_Part_1.2:3/4?"}),
        ('multipart/mixed; boundary="a; b=c"', "multipart/mixed", {"boundary": "a; b=c"}),
        ('attachment; filename=""', "attachment", {"filename": ""}),
        ("a/b; name*=utf-8'en'a%20b%C3%A9", "a/b", {"name": "a b\u00c3\u00a9"}),
        ("a/b; name*0=a; name*1=b", "a/b", {"name": "ab"}),
        ("a/b; name*1=b; name*0=a", "a/b", {"name": "ab"}),
        ("a/b; name*0*=utf-8''a%3D; name*1=%3D; name*2*=%3d", "a/b", {"name": "a=%3D="}),
        ("a/b; name*0*=no-marks; name*1*=%41", "a/b", {"name": "no-marksA"}),
        ("a/b; name=\u00fcber.txt", "a/b", {"name": "\u00fcber.txt"}),
    ],
)
def test_a_clear_field_is_taken_apart(written: str, value: str, parameters: dict[str, str]) -> None:
    assert read_field(written) == FieldValue(value, parameters, clear=True)


@pytest.mark.parametrize(
    "written",
    [
        "",
        ";charset=utf-8",
        "text/html charset=utf-8",
        'text/html; charset="utf-8',
        'text/html; charset="utf-8" more',
        'text/html; charset="utf-8\\',
        "text/html; charset=utf 8",
        "text/html; charset=",
        "text/html; charset",
        "text/html; =utf-8",
        "text/html; charset=a; charset=b",
        "text/html (unfinished",
        "text/html; (unfinished",
        "text/html; charset=a (unfinished",
        "text/html; charset (unfinished = a",
        "text/html; charset= (unfinished",
        "multipart/mixed; boundary*0=a; boundary*2=c",
        "multipart/mixed; boundary*1=a",
        "multipart/mixed; boundary*0=a; boundary*0=b",
        "multipart/mixed; boundary=a; boundary*0=b",
        'multipart/mixed;boundary="a"\r\n\tcharset=utf-8',
        '"text/html"',
    ],
)
def test_a_field_that_readers_differ_about_is_not_clear(written: str) -> None:
    assert not read_field(written).clear


def test_what_could_be_read_is_given_all_the_same() -> None:
    assert read_field('text/html; name=a b; charset="utf-8') == FieldValue(
        "text/html", {"name": "a", "charset": "utf-8"}, clear=False
    )


TOKENS = st.text(st.sampled_from("abcXYZ019-_.+"), min_size=1, max_size=12)
QUOTED = st.text(st.sampled_from('ab ;=()/:\\"<>@,?'), min_size=1, max_size=12)


@given(st.dictionaries(TOKENS.map(str.lower), QUOTED, max_size=4))
def test_written_by_the_standard_library_it_reads_back(parameters: dict[str, str]) -> None:
    message = Message()
    message.add_header("Content-Type", "text/html")
    for name, value in parameters.items():
        message.set_param(name, value)  # an empty value it would leave out
    read = read_field(message["Content-Type"])
    assert read.clear
    assert read.parameters == parameters


@given(st.text(st.sampled_from("ab/;=\"\\()*'% \t\r\n01\u00e9"), max_size=60))
def test_any_text_gives_a_value(written: str) -> None:
    read = read_field(written)
    assert all(isinstance(value, str) for value in read.parameters.values())


@given(st.text(st.sampled_from('ab/;="\\ \t'), max_size=40))
def test_a_clear_field_means_the_same_to_the_standard_library(written: str) -> None:
    read = read_field("text/plain;" + written)
    message = Message()
    message["Content-Type"] = "text/plain;" + written
    if read.clear and not re.search(r"\\[^\"\\]", written):  # it unescapes these two signs only
        assert {name: message.get_param(name) for name in read.parameters} == read.parameters


@given(
    st.from_regex(
        r'[A-Za-z/.+-]{1,4}(;(\r?\n)?[ \t]{0,2}[A-Za-z*0-9-]{1,3}=([A-Za-z=_.+/:\'?-]{1,4}|"[^"\\]{0,4}"))?',
        fullmatch=True,
    )
)
def test_the_quick_way_reads_as_the_long_one(text: str) -> None:
    assert read_field(text) == read_field(text + " (comment)")
