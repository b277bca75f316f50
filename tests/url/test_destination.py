from __future__ import annotations

import pickle
from hashlib import sha256
from unicodedata import normalize
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, strategies as st

from lmtrack._url import destination as _destination
from lmtrack._url.destination import LIMIT_OCTETS, ascii_host, check_destination, is_destination
from lmtrack.errors import BadDestination, BadToken
from strategies import destinations, near_destinations

GOOD = [
    "http://a",
    "https://shop.example",
    "https://shop.example/",
    "https://shop.example?q",
    "https://shop.example#part",
    "https://shop.example/a/../b//c?x=1&y=[2]#z",
    "https://shop.example/@user?mail=a@b.test",
    "https://shop.example:/",
    "https://shop.example:0/",
    "https://shop.example:65535",
    "https://shop.example:00000443/",
    "HTTPS://Shop.Example/",
    "hTtP://a_b.test/",
    "http://a..b/",
    "http://X/",
    "http://a.test./",
    "http://1.2.3.4/",
    "http://xn--bcher-kva.example/",
    "http://[::1]",
    "http://[2001:DB8::1]:8080/",
    "http://[::ffff:1.2.3.4]/",
    "http://%61.test/",
    "http://b%C3%BCcher.example/",
    "https://bücher.example/größe?q=ü#ß",
    "https://BÜCHER.example/",
    "https://i❤️.example/",
    "https://ａ.example/",
    "https://ＡＢ.example/",
    "https://中文。example/",
    "https://a.test/\u00a0\u3000\u2028",
    "https://a.test/<>\"'{}|^`",
]

BAD = [
    ("", "scheme"),
    ("/path", "scheme"),
    ("//shop.example/", "scheme"),
    ("shop.example", "scheme"),
    ("ftp://shop.example/", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("data:text/html,x", "scheme"),
    ("mailto:a@b.test", "scheme"),
    ("http:/shop.example", "scheme"),
    ("http:shop.example", "scheme"),
    ("httpſ://shop.example/", "scheme"),
    (" https://shop.example/", "character"),
    ("https://shop.example/ ", "character"),
    ("https://shop.example/a b", "character"),
    ("https://shop.example/\r\nSet-Cookie:x", "character"),
    ("https://shop.example/\x00", "character"),
    ("ht\ttps://shop.example/", "character"),
    ("https://shop.example/\x7f", "character"),
    ("https://shop.example/\x80", "character"),
    ("https://shop.example/\x9f", "character"),
    ("https://shop.example\\@other.test/", "character"),
    ("https:\\\\shop.example/", "character"),
    ("https://shop.example/\\", "character"),
    ("https://shop.example/\ud800", "surrogate"),
    ("https://user@shop.example/", "userinfo"),
    ("https://user:secret@shop.example/", "userinfo"),
    ("https://@shop.example/", "userinfo"),
    ("https://shop.example:80@other.test/", "userinfo"),
    ("https://", "host"),
    ("https:///path", "host"),
    ("https://?q", "host"),
    ("https://#part", "host"),
    ("https://:80", "host"),
    ("https://.", "host"),
    ("https://../", "host"),
    ("https://a℀b.test/", "host"),
    ("https://a／b.test/", "host"),
    ("https://a？b.test/", "host"),
    ("https://a＃b.test/", "host"),
    ("https://a＠b.test/", "host"),
    ("https://a：80/", "host"),
    ("https://a\u00a0b.test/", "host"),
    ("https://a<b.test/", "host"),
    ("https://a]b.test/", "host"),
    ("https://a<\u0338b.test/", "host"),
    ("https://%2f.test/", "host"),
    ("https://a%2Fb.test/", "host"),
    ("https://a%40b.test/", "host"),
    ("https://a%00.test/", "host"),
    ("https://a%2541.test/", "host"),
    ("https://a%.test/", "host"),
    ("https://a%zz.test/", "host"),
    ("https://a%ff.test/", "host"),
    ("https://%EF%BC%8F.test/", "host"),
    ("https://ü..test/", "host"),
    ("https://。/", "host"),
    ("https://\u00ad/", "host"),
    ("https://" + "ü" * 64 + ".test/", "host"),
    ("https://straße.example/", "ambiguous_host"),
    ("https://STRAẞE.example/", "ambiguous_host"),
    ("https://οδος.example/", "ambiguous_host"),
    ("https://ꭰ.example/", "ambiguous_host"),
    ("https://Ꭰ.example/", "ambiguous_host"),
    ("https://ᲀ.example/", "ambiguous_host"),
    ("https://\u1c89.example/", "ambiguous_host"),
    ("https://\U00016eb8.example/", "ambiguous_host"),
    ("https://a\u180fb.example/", "ambiguous_host"),
    ("https://a\u2064b.example/", "ambiguous_host"),
    ("https://a\U000e0100.example/", "ambiguous_host"),
    ("https://a\u200cb.example/", "ambiguous_host"),
    ("https://a\u200db.example/", "ambiguous_host"),
    ("https://stra%C3%9Fe.example/", "ambiguous_host"),
    ("https://𝛓.example/", "ambiguous_host"),
    ("https://🄰.example/", "ambiguous_host"),
    ("https://[::1", "ipv6"),
    ("https://[]/", "ipv6"),
    ("https://[::1]x/", "ipv6"),
    ("https://[1.2.3.4]/", "ipv6"),
    ("https://[::1::2]/", "ipv6"),
    ("https://[v1.a]/", "ipv6"),
    ("https://[fe80::1%25eth0]/", "ipv6"),
    ("https://[fe80::1%eth0]/", "ipv6"),
    ("https://[::１]/", "ipv6"),
    ("https://shop.example:65536/", "port"),
    ("https://shop.example:80:80/", "port"),
    ("https://shop.example:８0/", "port"),
    ("https://shop.example:²/", "port"),
    ("https://shop.example:-1/", "port"),
    ("https://shop.example:+80/", "port"),
    ("https://shop.example:8_0/", "port"),
    ("https://[::1]:65536/", "port"),
]


@pytest.mark.parametrize("url", GOOD)
def test_destination_is_accepted(url: str) -> None:
    check_destination(url)
    assert is_destination(url)


@pytest.mark.parametrize(("url", "problem"), BAD)
def test_destination_is_refused_with_its_rule(url: str, problem: str) -> None:
    assert not is_destination(url)
    with pytest.raises(BadDestination) as caught:
        check_destination(url)
    assert caught.value.problem == problem
    assert caught.value.reason == "bad_destination"


@pytest.mark.parametrize("filler", ["a", "ü", "❤", "%", "\u3000"])
def test_destination_is_limited_in_octets(filler: str) -> None:
    octets = len(filler.encode())
    start = "https://Shop.example/"  # not one of the common forms, which end earlier
    longest = start + "x" * ((LIMIT_OCTETS - len(start)) % octets) + filler * ((LIMIT_OCTETS - len(start)) // octets)
    assert len(longest.encode()) == LIMIT_OCTETS
    check_destination(longest)
    with pytest.raises(BadDestination) as caught:
        check_destination(longest + "x")
    assert caught.value.problem == "too_long"


@pytest.mark.parametrize("url", ["https://a.test/" + "x" * 10**7, "x" * 10**7, "https://" + "ü." * 10**6])
def test_ten_megabytes_are_refused(url: str) -> None:
    with pytest.raises(BadDestination):
        check_destination(url)


@pytest.mark.parametrize("url", [b"https://shop.example/", None, 1])
def test_other_types_are_a_type_error(url: object) -> None:
    with pytest.raises(TypeError):
        check_destination(url)  # type: ignore[arg-type] # the test's purpose
    with pytest.raises(TypeError):
        is_destination(url)  # type: ignore[arg-type] # the test's purpose


def test_refusal_is_a_value_error_and_a_bad_token_that_says_nothing_of_the_url() -> None:
    with pytest.raises(BadDestination) as caught:
        check_destination("https://secret:word@shop.example/")
    error = caught.value
    assert isinstance(error, ValueError)
    assert isinstance(error, BadToken)
    assert str(error) == "the URL cannot be the destination of a click: userinfo"
    assert "secret" not in repr(error)
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is BadDestination
    assert (again.problem, again.reason, again.scanner, str(again)) == (
        "userinfo",
        "bad_destination",
        False,
        str(error),
    )


@given(destinations())
def test_generated_destination_is_accepted(url: str) -> None:
    check_destination(url)


@given(st.text() | near_destinations())
@example("https://a.test\\b")
@example("https://a.test:99999")
def test_any_text_is_accepted_or_refused(url: str) -> None:
    if is_destination(url):
        check_destination(url)
        return
    with pytest.raises(BadDestination) as caught:
        check_destination(url)
    assert caught.value.problem in {problem for _, problem in BAD} | {"too_long"}


@given(st.from_regex(_destination._COMMON.__self__, fullmatch=True))  # type: ignore[attr-defined] # a bound method
def test_fast_pattern_accepts_nothing_the_rules_refuse(url: str) -> None:
    if "\\" not in url:
        assert _destination._problem(url) is None


@given(destinations() | near_destinations())
def test_standard_library_reads_the_same_parts(url: str) -> None:
    if not is_destination(url):
        return
    parts = urlsplit(url)
    assert parts.scheme in {"http", "https"}
    assert parts.hostname
    assert parts.username is None
    assert parts.port is None or 0 <= parts.port <= 65535
    authority = url.split("://", 1)[1]
    for mark in "/?#":
        authority = authority.split(mark, 1)[0]
    assert parts.netloc == authority


@given(near_destinations())
def test_accepted_host_has_one_ascii_form(url: str) -> None:
    if not is_destination(url):
        return
    host = urlsplit(url).hostname
    assert host is not None
    if not host.isascii():
        encoded = ascii_host(host).decode()
        assert not set(encoded) & set("/?#@:")
        assert encoded == normalize("NFKC", host).lower().encode("idna").decode()


def test_letters_that_stand_for_others_have_the_same_ascii_form_on_every_python() -> None:
    letters = map(chr, range(0x80, 0x11_0000))
    mapped = [letter for letter in letters if normalize("NFKC", letter) != letter or letter.lower() != letter]
    forms = [(ord(one), ascii_host(f"x{one}y")) for one in mapped if is_destination(f"https://x{one}y.example/")]
    assert ascii_host("\u023a") == b"xn--cgj"
    # A new Unicode that adds to these changes the digest: then its letters go into the table of what is ambiguous.
    assert (len(forms), sha256(repr(forms).encode()).hexdigest()[:16]) == (4592, "025c819cbcfa0286")


@pytest.mark.parametrize("mark", ["/", "?", "#", "@", ":"])
def test_no_code_point_hides_a_delimiter_in_the_host(mark: str) -> None:
    hiding = [chr(point) for point in range(0x80, 0x11_0000) if mark in normalize("NFKC", chr(point))]
    assert hiding
    assert not any(is_destination(f"https://a{character}b.test/") for character in hiding)


@pytest.mark.parametrize("url", [b"x" * 3000, ["x"] * 3000])
def test_what_is_no_str_is_the_callers_mistake_however_long(url: object) -> None:
    with pytest.raises(TypeError, match=f"^a URL must be a str, not {type(url).__name__}$"):
        check_destination(url)  # type: ignore[arg-type]
