from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from lmtrack._headers import iter_fields
from lmtrack._mime.headers import MessageHeaders, read_controls, read_message_headers, unsubscribe_key

PREFIX = "X-LM-Override-"


def read(raw: bytes) -> MessageHeaders:
    return read_message_headers(iter_fields(raw))


@pytest.mark.parametrize(
    "field",
    [
        b"DKIM-Signature: v=1",
        b"dkim-SIGNATURE:",
        b"ARC-Seal: i=1",
        b"ARC-Message-Signature: i=1",
        b"ARC-Authentication-Results: i=1",
        b"Content-MD5: x",
        b"DomainKey-Signature: x",
        b"X-Google-DKIM-Signature: v=1",
        b"DKIM-Signature : v=1",
    ],
)
def test_a_signature_is_found(field: bytes) -> None:
    assert read(b"Subject: x\r\n" + field + b"\r\n\r\nbody").signed


@pytest.mark.parametrize(
    "field", [b"Authentication-Results: dkim=pass", b"X-DKIM: no", b"Received: x", b"Subject: ARC-Seal: "]
)
def test_what_only_speaks_of_one_is_none(field: bytes) -> None:
    assert not read(field + b"\r\n\r\nDKIM-Signature: v=1").signed


@pytest.mark.parametrize(
    ("value", "urls"),
    [
        (b"<https://a.example/u>", {"https://a.example/u"}),
        (
            b"<mailto:x@a.example>, <https://a.example/u?x=1> (comment)",
            {"mailto:x@a.example", "https://a.example/u"},
        ),
        (b"<https://a.example/\r\n very/long>", {"https://a.example/very/long"}),
        (b" =?utf-8?q?=3Chttps=3A//a=2Eexample/u=3E?=", {"https://a.example/u"}),
        (b" =?utf-8?b?%%%?=", set()),
        (b" =?utf-8?q?=3Chttps=3A//a.example/=5Fu_v=3E?=", {"https://a.example/_uv"}),
        (b" =?utf-8?b?A?=", set()),
        (b" =?\xff?q?x?=", set()),
        (b" =?x-unknown?q?=3Ca=3E?=", {"a"}),
        (b" =?utf-8?Q?=3Chttps=3A//a?=\r\n =?utf-8?B?LmV4YW1wbGUvdT4=?=", {"https://a.example/u"}),
        (b" =?utf-8?b?PGh0dHBzOi8vYS5leGFtcGxlL3U+?=", {"https://a.example/u"}),
        (b" =?iso-8859-1?q?=3Cmailto=3A=FC=3E?=", {"mailto:\xfc"}),
        (b" =?utf-8?b?A?= <https://a.example/u>", {"https://a.example/u"}),
        (b" <https://m\xc3\xbcller.example/\xc3\xbc>", {"https://xn--mller-kva.example/%C3%BC"}),
        (b" <https://a.example/\xfc>", {"https://a.example/%C3%BC"}),
        (b"https://a.example/u", {"https://a.example/u"}),
        (b'"HTTP://a.example/1", https://a.example/2', {"https://a.example/1", "https://a.example/2"}),
        (b"", set()),
    ],
)
def test_the_urls_of_list_unsubscribe_are_read(value: bytes, urls: set[str]) -> None:
    assert read(b"List-Unsubscribe: " + value + b"\r\n\r\n").unsubscribe == urls


def test_all_such_fields_count() -> None:
    raw = b"list-unsubscribe: <https://a.example/1>\r\nList-Unsubscribe: <https://a.example/2>\r\n\r\n"
    assert read(raw).unsubscribe == {"https://a.example/1", "https://a.example/2"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example", "https://a.example/"),
        ("HTTPS://A.Example/x", "https://a.example/x"),
        ("https://a.example/x#top", "https://a.example/x"),
        ("https://a.example?x=1", "https://a.example/?x=1"),
        ("https://a.example/%c3%bc?q=\xe9", "https://a.example/\xfc?q=%C3%A9"),
        ("https://a.example/leave?u=1", "http://a.example/leave?u=2#x"),
        ("https://a.example/leave", "https://a.example/leave?u=2"),
        ("https://a.example/?action=leave&u=1", "https://a.example/?u=2;action="),
        ("https://a.example/b/index.php?leave=1", "https://a.example/b/index.php?leave=2"),
        ("https://M\xdcLLER.example:8080/", "https://xn--mller-kva.example:8080/"),
    ],
)
def test_urls_that_lead_to_the_same_place_are_one(one: str, other: str) -> None:
    assert unsubscribe_key(one) == unsubscribe_key(other)


def test_others_are_not() -> None:
    assert unsubscribe_key("https://a.example/x") != unsubscribe_key("https://a.example/X")
    assert unsubscribe_key("https://a.example/x%2f") != unsubscribe_key("https://a.example/x/")
    assert unsubscribe_key("https://a.example/?leave=1") != unsubscribe_key("https://a.example/?utm_source=news")
    assert unsubscribe_key("https://a.example/?leave=1") != unsubscribe_key("https://a.example/")
    assert unsubscribe_key("https://a.example/index.php?p=1") != unsubscribe_key("https://a.example/index.php")
    assert unsubscribe_key("mailto:X@a.example") == "mailto:X@a.example"
    assert unsubscribe_key("https://\xfc..example") == "https://\xfc..example/"
    assert unsubscribe_key("https://" + "\xfc" * 300) == "https://" + "\xfc" * 300 + "/"


@given(st.from_regex(r"https?://[Aa]\.example(:8)?(/([lL]eave|%4C|\xe9)?)?(\?[a&=;]*)?(#x)?", fullmatch=True))
def test_a_key_is_its_own_key_and_a_quick_look_misses_none(url: str) -> None:
    key = unsubscribe_key(url)
    assert unsubscribe_key(key) == key
    headers = read(f"List-Unsubscribe: <{url}>\r\n\r\n".encode())
    assert headers.is_unsubscribe(url)
    assert headers.is_unsubscribe(key)
    assert not headers.is_unsubscribe("https://b.example/")


def test_control_headers_are_found_whatever_their_form() -> None:
    raw = (
        b"Subject: x\r\nX-LM-Override-Track-Opens: false\r\nx-lm-override-TRACK-CLICKS:\r\n false\r\n"
        b"X-LM-Override-TLS: 1\r\nX-LM-Override-Track-Click: 1\r\nX-LM-Tag: stays\r\n"
        b"X-LM-Override-Track-Opens : no\r\nTo: y\r\n\r\nX-LM-Override-Track-Opens: in the body\r\n"
    )
    controls = read_controls(raw, PREFIX)
    assert [edit.old for edit in controls.removals] == [
        b"X-LM-Override-Track-Opens: false\r\n",
        b"x-lm-override-TRACK-CLICKS:\r\n false\r\n",
        b"X-LM-Override-Track-Click: 1\r\n",
        b"X-LM-Override-Track-Opens : no\r\n",
    ]
    assert all(raw[edit.offset :].startswith(edit.old) and edit.new == b"" for edit in controls.removals)
    assert controls.override.track_clicks is False


@pytest.mark.parametrize(
    ("signature", "names"),
    [
        (b"DKIM-Signature: v=1; h=from:X-LM-Override-Track-Opens:to; b=x", {"opens"}),
        (b"DKIM-Signature: v=1; b=x; h = From :\r\n\tx-lm-override-track-clicks\r\n :to", {"clicks"}),
        (b"dkim-signature: h=X-LM-Override-Track-Opens:X-LM-Override-Track-Clicks", {"opens", "clicks"}),
        (b"ARC-Message-Signature: i=1; h=X-LM-Override-Track-Opens", {"opens"}),
        (b"DomainKey-Signature: h=x-lm-override-track-opens; q=dns", {"opens"}),
        (b"X-Google-DKIM-Signature: H=x-lm-override-track-opens", {"opens"}),
        (b"DKIM-Signature: v=1; h=from; bh=x-lm-override-track-opens", set()),
        (b"DKIM-Signature: v=1; b=h=x-lm-override-track-opens", set()),
        (b"X-Other: h=x-lm-override-track-opens", set()),
    ],
)
def test_control_headers_that_a_signature_covers_stay(signature: bytes, names: set[str]) -> None:
    raw = signature + b"\r\nX-LM-Override-Track-Opens: no\r\nX-LM-Override-Track-Clicks: no\r\n\r\n"
    removed = {edit.old.partition(b":")[0].decode()[20:].lower() for edit in read_controls(raw, PREFIX).removals}
    assert removed == {"opens", "clicks"} - names
    assert len(read_controls(raw, PREFIX, keep_covered=False).removals) == 2


def test_a_prefix_of_ones_own_is_possible() -> None:
    assert len(read_controls(b"X-My-Track-Opens: no\r\n\r\n", "X-My-").removals) == 1
    with pytest.raises(ValueError, match="prefix"):
        read_controls(b"", "")
