from __future__ import annotations

import pickle
import re
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, example, given, strategies as st

from lmtrack import (
    TrackingDomain,
    click_url,
    make_click_token,
    make_keys,
    make_open_token,
    make_unsubscribe_token,
    make_withdraw_token,
    open_url,
    unsubscribe_url,
    withdraw_url,
)
from lmtrack._url.destination import is_destination
from lmtrack._url.reader import remote_url

KEYS = make_keys(b"a fixed key of tests, 32 octets.")


@pytest.mark.parametrize(
    ("base_url", "kept"),
    [
        ("https://track.example", "https://track.example"),
        ("https://track.example/", "https://track.example"),
        ("https://track.example/mail/t/", "https://track.example/mail/t"),
        ("https://track.example:8443/t", "https://track.example:8443/t"),
        ("HTTPS://Track.Example/T", "https://track.example/T"),
        ("https://xn--mller-kva.example", "https://xn--mller-kva.example"),
        ("https://192.0.2.1", "https://192.0.2.1"),
        ("https://[2001:db8::1]:8443/t", "https://[2001:db8::1]:8443/t"),
        ("https://track.example/a.b/~c_d-e", "https://track.example/a.b/~c_d-e"),
        ("https://track.example/.well-known/...", "https://track.example/.well-known/..."),
        ("http://localhost", "http://localhost"),
        ("http://LOCALHOST:8000/t", "http://localhost:8000/t"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_a_domain_keeps_its_base_without_one_trailing_slash(base_url: str, kept: str) -> None:
    assert TrackingDomain(base_url, KEYS).base_url == kept


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "track.example",
        "//track.example",
        "http://track.example",
        "http://127.0.0.2",
        "http://localhost.example",
        "ftp://track.example",
        "https://",
        "https:///t",
        "https://track.example?x",
        "https://track.example/?",
        "https://track.example/t?x=1",
        "https://track.example#x",
        "https://track.example/#",
        "https://ann@track.example",
        "https://ann:secret@track.example/t",
        "https://track.example:99999",
        "https://track.example:x",
        "https://[::1",
        "https://[::1%25eth0]",
        "https://[v1.x]",
        "https://müller.example",
        "https://track.example/ü",
        "https://track.example//",
        "https://track.example//t",
        "https://track.example/t//",
        "https://track.example/a/../b",
        "https://track.example/./b",
        "https://track.example/b/..",
        "https://track.example/%63",
        "https://track.example/a b",
        "https://track.example/a'b",
        'https://track.example/a"b',
        "https://track.example/a&b",
        'https://tr"ack.example',
        "https://tr'ack.example",
        "https://tr&amp;ack.example",
        "https://tr=ack.example",
        "https://tr`ack.example",
        "https://track_.example",
        "https://track.example\n",
        " https://track.example",
        "https://track.example\\t",
        "https://track.example/" + "x" * 2048,
    ],
)
def test_a_domain_refuses_what_is_no_plain_https_base(base_url: str) -> None:
    with pytest.raises(ValueError, match=r"^(base_url must |the path of base_url may )"):
        TrackingDomain(base_url, KEYS)


@pytest.mark.parametrize("base_url", [None, b"https://track.example", 5])
def test_a_base_is_a_str(base_url: object) -> None:
    with pytest.raises(TypeError, match=f"^base_url must be a str, not {type(base_url).__name__}$"):
        TrackingDomain(base_url, KEYS)  # type: ignore[arg-type]


@pytest.mark.parametrize("keys", [None, b"a fixed key of tests, 32 octets.", [b"x"]])
def test_keys_are_what_make_keys_gives(keys: object) -> None:
    with pytest.raises(TypeError, match=f"^keys must be made by make_keys, not {type(keys).__name__}$"):
        TrackingDomain("https://track.example", keys)  # type: ignore[arg-type]


def test_a_domain_is_a_value_that_shows_no_key() -> None:
    domain = TrackingDomain("https://track.example/t/", KEYS)
    assert repr(domain) == "TrackingDomain(base_url='https://track.example/t')"
    assert domain == TrackingDomain(base_url="https://track.example/t", keys=KEYS)
    assert hash(domain) == hash(TrackingDomain("https://track.example/t", KEYS))
    assert domain != TrackingDomain("https://track.example/t", make_keys(b"another key of the same size..."))
    assert domain != TrackingDomain("https://track.example/T", KEYS)
    copy = pickle.loads(pickle.dumps(domain))  # noqa: S301 - our own bytes
    assert copy == domain
    with pytest.raises(AttributeError):
        domain.base_url = "https://other.example"  # type: ignore[misc]


def test_urls_are_base_kind_and_token() -> None:
    domain = TrackingDomain("https://track.example/t/", KEYS)
    assert open_url(domain, "abc") == "https://track.example/t/o/abc"
    assert click_url(domain, "abc") == "https://track.example/t/c/abc"
    assert withdraw_url(domain, "abc") == "https://track.example/t/w/abc"


def test_a_way_out_takes_no_token_of_another_kind() -> None:
    domain = TrackingDomain("https://track.example", KEYS)
    stop, leave = make_withdraw_token(KEYS, "p-1"), make_unsubscribe_token(KEYS, "p-1")
    assert withdraw_url(domain, stop) == f"https://track.example/w/{stop}"
    assert unsubscribe_url(domain, leave) == f"https://track.example/u/{leave}"
    with pytest.raises(ValueError, match=r"^token must be made by make_withdraw_token; this one is for unsubscribe$"):
        withdraw_url(domain, leave)
    for other in (stop, make_open_token(KEYS, "m-1"), make_click_token(KEYS, "m-1", 0)):
        with pytest.raises(ValueError, match=r"^token must be made by make_unsubscribe_token; this one is for "):
            unsubscribe_url(domain, other)
    for unknown in ("f" + stop[1:], "{{ token }}"):  # of a later version, and a merge field
        assert unsubscribe_url(domain, unknown) == f"https://track.example/u/{unknown}"


@pytest.mark.parametrize("make", [open_url, click_url, withdraw_url])
def test_urls_are_made_of_a_domain_and_a_str(make: object) -> None:
    assert callable(make)
    with pytest.raises(TypeError, match=r"^domain must be a TrackingDomain, not str$"):
        make("https://track.example", "abc")
    with pytest.raises(TypeError, match=r"^token must be a str, not NoneType$"):
        make(TrackingDomain("https://track.example", KEYS), None)


@pytest.mark.parametrize(
    ("base", "url", "token"),
    [
        ("https://track.example", "https://track.example/c/abc", "abc"),
        ("https://track.example", "HTTPS://TRACK.example/c/abc", "abc"),
        ("https://track.example", "https://track.example:443/c/abc", "abc"),
        ("https://track.example:443", "https://track.example/c/abc", "abc"),
        ("https://track.example", "https://track.example:00443/c/abc", "abc"),
        ("https://track.example", "https://track.example:/c/abc", "abc"),
        ("http://localhost:80/t", "http://localhost/t/c/abc", "abc"),
        ("http://localhost:8000", "http://localhost:8000/c/abc", "abc"),
        ("HTTPS://Track.example/T", "https://track.example/T/c/abc", "abc"),
        ("https://[2001:db8::A]", "https://[2001:DB8::a]/c/abc", "abc"),
        ("https://track.example", "https://track.example/c/", ""),
        ("https://track.example", "https://track.example/c/abc?x#y", "abc"),
        ("https://track.example", "https://track.example/o/abc", None),
        ("https://track.example", "https://track.example/c", None),
        ("https://track.example", "https://track.example/C/abc", None),
        ("https://track.example", "https://track.example/x/c/abc", None),
        ("https://track.example", "https://track.example", None),
        ("https://track.example", "https://track.example?/c/abc", None),
        ("https://track.example", "https://track.example#/c/abc", None),
        ("https://track.example", "http://track.example/c/abc", "abc"),
        ("https://track.example", "https://track.example:0/c/abc", None),
        ("https://track.example", "https://track.example:8443/c/abc", None),
        ("https://track.example:8443", "https://track.example/c/abc", None),
        ("https://track.example", "https://ann@track.example/c/abc", "abc"),
        ("https://ss.example", "https://\u00df.example/c/abc", None),  # in capitals they are one name
        ("https://track.example", "https://track.example.evil.example/c/abc", None),
        ("https://track.example", "https://track.example\\c/abc", "abc"),
        ("https://track.example", " https://track.example/c/abc", "abc"),
        ("https://track.example", "//track.example/c/abc", "abc"),
        ("https://track.example", "/c/abc", None),
        ("https://track.example", "", None),
        ("https://track.example/t", "https://track.example/c/abc", None),
        ("https://track.example/t", "https://track.example/tt/c/abc", None),
        ("https://track.example/t", "https://track.example/T/c/abc", None),
        ("https://track.example", "https://track.example:" + "9" * 5000 + "/c/abc", None),
    ],
)
def test_a_domain_knows_its_own_urls(base: str, url: str, token: str | None) -> None:
    domain = TrackingDomain(base, KEYS)
    assert domain.token_in(url, "c") == token
    assert domain.holds(url) is (token is not None or "/o/" in url)


@given(st.text(max_size=60), st.sampled_from(["", "/t"]), st.sampled_from("cowu"))
def test_a_url_below_a_kind_is_ours_whatever_stands_there(tail: str, path: str, kind: str) -> None:
    domain = TrackingDomain("https://track.example" + path, KEYS)
    url = f"https://track.example{path}/{kind}/{tail}"
    assume(not re.search(r"(?:^|[/\\\\])(?:\.|%2e)", tail, re.IGNORECASE) and tail.isprintable())
    assert domain.token_in(url, kind) is not None
    assert [other for other in "cowu" if domain.token_in(url, other) is not None] == [kind]


PIECES = ["https", "HTTPS", "http", "://", "://", "track.example", "Track.EXAMPLE", "ann@", ":443", ":0443", ":", ":80"]
PIECES += ["/", "/c/", "/o/", "/w/", "/C/", "abc", "?", "#", "/c/x", "\\", " ", "é", ".evil", "http://x/", "/t"]


@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join) | st.text())
@example("HTTPS://Track.EXAMPLE:0443/w/x\ny")
@example("https://evil.example\\@track.example/c/x")
def test_what_a_domain_holds_a_browser_would_ask_its_host_for(url: str) -> None:
    domain = TrackingDomain("https://track.example/t", KEYS)
    if domain.holds(url):
        parts = urlsplit(remote_url(url) or "")
        assert (parts.hostname or "").rstrip(".") == "track.example"
        assert parts.path.replace("//", "/").startswith(("/t/c/", "/t/o/", "/t/w/", "/t/u/"))


@given(st.text(max_size=30) | st.from_regex(r"https://[a-z.:\[\]0-9@&'\"]{1,12}(/[a-z.]{0,4}){0,3}", fullmatch=True))
def test_a_base_that_is_taken_stands_in_an_attribute_as_it_is_and_is_a_destination(base_url: str) -> None:
    try:
        domain = TrackingDomain(base_url, KEYS)
    except ValueError:
        return
    assert not set(domain.base_url) & set("\"'<>&` \t\n\r=?#@\\")
    assert is_destination(click_url(domain, "abc"))
    assert domain.token_in(click_url(domain, "abc"), "c") == "abc"
