from __future__ import annotations

from email.message import Message
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, strategies as st

from lmtrack._agents.header_rules import came_through_gateway, is_ahead, read_headers, sends_fetch_metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0"
SAFARI = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/{}.1 Safari/605.1.15"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/{}.1 Mobile/15E148 Safari/604.1"
)


class Shouted(str):
    """A text whose `str()` is another."""

    __slots__ = ()

    def __str__(self) -> str:
        return self.upper()


MESSAGE = Message()
MESSAGE["Referer"] = "https://example.org/"


@pytest.mark.parametrize(
    "headers",
    [
        {"REFERER": "https://example.org/"},
        [("referer", "https://example.org/")],
        ((b"Referer", b"https://example.org/"),),
        iter([["ReFeReR", b"https://example.org/"]]),
        MESSAGE,
    ],
)
def test_names_are_read_in_any_case_and_any_form(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
    assert read_headers(headers) == {"referer": "https://example.org/"}


def test_a_value_of_a_subclass_becomes_plain_text() -> None:
    headers: dict[str, str] = {Shouted("Referer"): Shouted("https://example.org/")}
    read = read_headers(headers)
    assert read == {"referer": "https://example.org/"}
    assert {type(text) for pair in read.items() for text in pair} == {str}


def test_only_what_a_rule_looks_at_is_read_and_of_a_name_that_comes_again_the_first() -> None:
    given = [("X-Forwarded-For", "192.0.2.1"), ("Purpose", "prefetch"), ("PURPOSE", "other"), ("Cookie", "a=b")]
    assert read_headers(given) == {"purpose": "prefetch"}


def test_what_is_no_header_is_left_out() -> None:
    nonsense: Any = [None, 3, "ab", ("one",), ("a", "b", "c"), (None, "x"), ("Purpose", 7), (b"\xff", b"\xff"), {}]
    assert read_headers(nonsense) == {"purpose": ""}


@pytest.mark.parametrize("headers", [7, "Purpose: prefetch", b"Purpose: prefetch"])
def test_other_types_are_refused(headers: Any) -> None:  # noqa: ANN401 - wrong on purpose
    with pytest.raises(TypeError):
        read_headers(headers)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sec-purpose", "prefetch"),
        ("sec-purpose", "prefetch;prerender"),
        ("purpose", "Prefetch"),
        ("x-moz", "prefetch"),
        ("x-purpose", "preview"),
        ("sec-purpose", "prerender"),
        ("purpose", "preview"),
        ("x-purpose", "prefetch"),
    ],
)
def test_a_browser_says_that_it_fetches_ahead(name: str, value: str) -> None:
    assert is_ahead({name: value})


@pytest.mark.parametrize("read", [{}, {"purpose": "navigate"}, {"x-purpose": "fetch"}, {"referer": "prefetch"}])
def test_other_purposes_are_not_ahead(read: dict[str, str]) -> None:
    assert not is_ahead(read)


@pytest.mark.parametrize(
    "host",
    [
        "linkprotect.cudasvc.com",
        "urldefense.proofpoint.com",
        "urldefense.com",
        "protect-eu.mimecast.com",
        "url.protect-us.mimecast.com",
        "secure-web.cisco.com",
        "eur01.safelinks.protection.outlook.com",
        "NAM02.SafeLinks.Protection.Outlook.COM",
        "atpscan.global.hornetsecurity.com",
        "seclinks.cloud-security.net",
    ],
)
def test_a_gateways_link_page_is_known_by_its_host(host: str) -> None:
    for end in ("", "/", "/?url=https%3A", ":443/", "#x"):
        assert came_through_gateway({"referer": f"https://{host}{end}"})


@pytest.mark.parametrize(
    "referer",
    [
        "",
        "urldefense.com",
        "https://",
        "https://notsurldefense.com/",
        "https://xurldefense.com/",
        "https://urldefense.com.example.org/",
        "https://example.org/urldefense.com",
        "https://example.org?urldefense.com",
        "https://urldefense.com@example.org/",
        "https://www.mimecast.com/",
        "https://protect-.mimecast.com.example/",
        "https://[::1",
    ],
)
def test_other_referers_are_no_gateways(referer: str) -> None:
    assert not came_through_gateway({"referer": referer})
    assert not came_through_gateway({})


@pytest.mark.parametrize(
    ("form", "old", "new"), [(CHROME, 89, 90), (FIREFOX, 94, 95), (SAFARI, 16, 17), (IPHONE, 16, 17)]
)
def test_fetch_metadata_come_from_recent_browsers(form: str, old: int, new: int) -> None:
    assert not sends_fetch_metadata(form.format(old))
    assert sends_fetch_metadata(form.format(new))


@pytest.mark.parametrize(
    "agent",
    [
        "",
        "Mozilla/5.0",
        "Mozilla/5.0 (Linux; U; Android 4.0.3; en-gb) AppleWebKit/534.30 (KHTML, like Gecko) Version/40.0",
        IPHONE.replace("Version/{}.1", "CriOS/140.0"),
    ],
)
def test_nothing_is_expected_of_other_browsers(agent: str) -> None:
    assert not sends_fetch_metadata(agent)


@given(st.lists(st.tuples(st.text() | st.binary() | st.none(), st.text() | st.binary() | st.integers())))
def test_any_pairs_can_be_read(pairs: list[tuple[Any, Any]]) -> None:
    read = read_headers(pairs)
    assert came_through_gateway(read) in (True, False)
    assert is_ahead(read) in (True, False)
