from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given, strategies as st

from lmtrack._url.reader import (
    Address,
    Authority,
    address_of,
    browser_url,
    effective_port,
    host_of,
    join,
    plain_host,
    plain_path,
    read_authority,
    read_url,
    remote_url,
    remote_urls,
)

SIGNS = [
    "http",
    "https",
    "HTTP",
    ":",
    "//",
    "/",
    "\\",
    "?",
    "#",
    "@",
    ".",
    "..",
    "%2e",
    "a",
    "b.example",
    "[",
    "]",
    "::1",
]
SIGNS += [":80", ":443", " ", "\t", "\n", "é", "。", "\x00", "%", "%zz", "\ud800", "file", "ann"]
URLS = st.lists(st.sampled_from(SIGNS), max_size=10).map("".join) | st.text(max_size=20)


@given(URLS)
@example("")
@example("http:")
@example("a//b")
def test_the_parts_of_a_url_make_the_url(text: str) -> None:
    scheme, authority, path, query, fragment = read_url(text)
    written = text[: len(scheme)] + ":" if scheme else ""
    written += "" if authority is None else f"//{authority}"
    written += path + ("" if query is None else f"?{query}") + ("" if fragment is None else f"#{fragment}")
    assert written == text


@given(st.lists(st.sampled_from(["https://", "a.example", ":80", "/x", "/", "?q", "#f", "ann@", "b"]), max_size=6))
def test_plain_urls_are_read_as_the_standard_library_reads_them(pieces: list[str]) -> None:
    text = "".join(pieces)
    ours, theirs = read_url(text), urlsplit(text)
    assert (ours.scheme, ours.authority or "", ours.path, ours.query or "", ours.fragment or "") == tuple(theirs)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a.example", (None, "a.example", None)),
        ("a.example:", (None, "a.example", "")),
        ("ann:x@a.example:80", ("ann:x", "a.example", "80")),
        ("a@b@c", ("a@b", "c", None)),
        ("[::1]", (None, "[::1]", None)),
        ("[::1]:80", (None, "[::1]", "80")),
        ("ann@[::1]:80", ("ann", "[::1]", "80")),
        ("[::1]x", (None, "[", ":1]x")),
        ("[::1", (None, "[", ":1")),
        ("", (None, "", None)),
    ],
)
def test_an_authority_is_user_host_and_port(text: str, parts: tuple[str | None, str, str | None]) -> None:
    assert read_authority(text) == Authority(*parts)


@pytest.mark.parametrize(
    ("scheme", "port", "written"),
    [
        ("https", None, ""),
        ("https", "", ""),
        ("https", "443", ""),
        ("https", "00443", ""),
        ("https", "80", "80"),
        ("http", "080", ""),
        ("http", "443", "443"),
        ("ftp", "21", "21"),
        ("https", "0", "0"),
        ("https", "000", "0"),
        ("https", "X443", "X443"),
    ],
)
def test_a_port_has_one_spelling(scheme: str, port: str | None, written: str) -> None:
    assert effective_port(scheme, port) == written


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("shop.example", "shop.example"),
        ("SHOP.example.", "shop.example"),
        ("shop%2Eexample", "shop.example"),
        ("ｓhop。example", "shop.example"),
        ("m\u00fcller.example", "xn--mller-kva.example"),
        ("sh\u00adop.example", "shop.example"),
        ("[2001:DB8::1]", "[2001:db8::1]"),
        ("", ""),
        ("a b", ""),
        ("a/b", ""),
        ("a%00b", ""),
        ("ü" * 64, ""),
        ("x" * 1001, ""),
        ("x" * 253, "x" * 253),
        ("x" * 254, ""),
        ("a" + "." * 999, "a"),
        ("a" + "." * 1000, ""),
    ],
)
def test_a_host_has_one_spelling(text: str, host: str) -> None:
    assert plain_host(text) == host
    assert plain_host(host) == host
    assert host_of(f"https://ann@{text}:80/x") == host or "/" in text


def test_the_longest_label_has_63_characters() -> None:
    assert plain_host("ü" * 63).startswith("xn--")
    assert plain_host("ü" * 64) == plain_host("a." + "ü" * 64) == ""


def test_a_url_without_a_host_has_none() -> None:
    assert host_of("mailto:ann@a.example") == host_of("https:///x") == host_of("") == ""


SEGMENTS = st.sampled_from(["a", "b;c", "", ".", "..", "...", "%2e", ".%2E", "d%2fe", "://"])


@given(st.lists(SEGMENTS, max_size=4), st.booleans(), st.sampled_from(["", "?q", "#f", "?q#f"]))
def test_a_reference_resolves_as_the_standard_library_says(segments: list[str], rooted: bool, end: str) -> None:
    reference = ("/" if rooted else "") + "/".join(segments) + end
    plain = re.sub(r"%2[eE]", ".", reference)
    # What the standard library takes for an authority or a scheme, and the empty segments that it drops.
    if plain.startswith("//") or "//" in plain or ":" in plain or not plain or plain[0] == "#":
        return
    base = read_url("https://base.example/x/y/z?old#older")
    assert join(base, plain) == urljoin("https://base.example/x/y/z?old", plain)
    assert join(base, reference) == join(base, plain)


@pytest.mark.parametrize(
    ("base", "reference", "url"),
    [
        ("https://a.example", "b", "https://a.example/b"),
        ("https://a.example", "?b", "https://a.example/?b"),
        ("https://a.example/x?y", "#z", "https://a.example/x?y#z"),
        ("https://a.example/x?y", "", "https://a.example/x?y"),
        ("https://a.example/x?y", "?z", "https://a.example/x?z"),
        ("https://a.example/x/", "X/../b", "https://a.example/x/b"),
        ("https://a.example/x/y", "%2e%2E/b", "https://a.example/b"),
        ("https://a.example/x/yy/z", "../b", "https://a.example/x/b"),
        ("https://a.example/x/yy/zz/q", "../../b", "https://a.example/x/b"),
        ("https://a.example/x/", "../../b", "https://a.example/b"),
        ("https://a.example/x//", "../b", "https://a.example/x/b"),
        ("https://a.example/go/", "https://b.example//c", "https://a.example/go/https://b.example//c"),
        ("https://a.example/x/", "../../../b", "https://a.example/b"),
        ("https://a.example/x/y", "/./b/..", "https://a.example/"),
    ],
)
def test_a_reference_keeps_what_it_does_not_resolve(base: str, reference: str, url: str) -> None:
    assert join(read_url(base), reference) == url


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("https://a.example/x", "https://a.example/x"),
        (" HTTPS:\\\\a.example\\x?y\\z ", "https://a.example/x?y\\z"),
        ("ht\ttps:a.example", "https://a.example"),
        ("//a.example", "https://a.example"),
        ("\\\\a.example", "https://a.example"),
        ("///a.example/x", "https://a.example/x"),
        ("//", None),
        ("x", None),
        ("", None),
        ("mailto:a@b.example", None),
        ("file:///x", None),
        ("file://a.example/x", "file://a.example/x"),
        ("file:////a.example/x", "file://a.example/x"),
        ("https:", None),
        ("https://a.example\\X\\y?z\\?w", "https://a.example/X/y?z\\?w"),
        ("//Xa.example", "https://Xa.example"),
        ("\x00https://a.example/\x1f", "https://a.example/"),
        ("\u00a0https://a.example/", None),
        ("file:a.example/x", None),
        ("file:/x", None),
    ],
)
def test_a_client_asks_another_machine_for(value: str, url: str | None) -> None:
    assert remote_url(value) == url


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("b", "https://a.example/x/b"),
        ("\\b", "https://a.example/b"),
        ("?b\\c", "https://a.example/x/y?b\\c"),
        ("b#c", "https://a.example/x/b#c"),
        ("#c", None),
        ("", None),
    ],
)
def test_a_document_with_a_base_asks_another_machine_for(value: str, url: str | None) -> None:
    assert remote_url(value, "https://a.example/x/y") == url
    assert remote_urls(value, [read_url("https://a.example/x/y")]) == ([] if url is None else [url])


@pytest.mark.parametrize(
    ("url", "parts"),
    [
        ("https://A.example:80/x", ("a.example", "/x", "", True)),
        ("https://ann@a.example/x", ("a.example", "/x", "", False)),
        ("https://a.example?q", ("a.example", "", "q", False)),
        ("https://a.example/x?", ("a.example", "/x", "", False)),
        ("https://a.example/x#f", ("a.example", "/x", "", False)),
        ("https://?q", ("", "", "q", False)),
    ],
)
def test_an_address_is_host_path_query_and_whether_it_has_more(url: str, parts: tuple[str, str, str, bool]) -> None:
    assert address_of(url) == Address(url, *parts)


def test_a_scheme_without_slashes_is_a_path_to_some() -> None:
    base = read_url("https://a.example/y/")
    assert remote_urls("https:x", [base]) == ["https://x", "https://a.example/y/x"]
    assert remote_urls("http:x", [base]) == ["http://x"]
    assert remote_urls("x", []) == []


def test_a_url_that_several_bases_give_is_told_once() -> None:
    base, other = read_url("https://a.example/y/"), read_url("https://b.example/")
    assert remote_urls("x", [base, base]) == ["https://a.example/y/x"]
    assert remote_urls("x", [other, base, other]) == ["https://b.example/x", "https://a.example/y/x"]


@pytest.mark.parametrize(
    ("path", "plain"), [("", "/"), ("/a//b/./c/../d/", "/a/b/d/"), ("/%61/%2e%2e/b", "/b"), ("/..", "/")]
)
def test_a_path_has_one_spelling(path: str, plain: str) -> None:
    assert plain_path(path) == plain


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://a.example/a b.pdf", "https://a.example/a%20b.pdf"),
        ("https://a.example/?q=a b#c d", "https://a.example/?q=a%20b#c%20d"),
        ("https://a.example/a\tb\nc", "https://a.example/abc"),
        ("https://a.example/a\u00a0b", "https://a.example/a\u00a0b"),
        ("https://a.example/%20", "https://a.example/%20"),
        ("https://a b.example/", "https://a b.example/"),
        ("https://ann b@a.example/", "https://ann b@a.example/"),
        ("https:a b", "https:a b"),
        ("a b", "a b"),
        ("https://a.example/\x00", "https://a.example/\x00"),
        ("https://a.example/", "https://a.example/"),
    ],
)
def test_browsers_ask_for_a_url_with_blanks_like_this(url: str, asked: str) -> None:
    assert browser_url(url) == asked


@given(URLS, URLS)
def test_any_text_is_read_in_every_way_without_an_error(text: str, base: str) -> None:
    browser_url(text)
    plain_path(text)
    host_of(text)
    for url in remote_urls(text, [read_url(base)] if remote_url(base) == base else []):
        assert re.match(r"(?:https?|ftp|file)://", url)
        read_authority(read_url(url).authority or "")
