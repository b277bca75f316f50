from __future__ import annotations

from base64 import b32encode, b64encode, urlsafe_b64encode
from hashlib import sha512
from html import escape
from urllib.parse import unquote

import pytest
from hypothesis import given, strategies as st

from lmtrack import rewrite_html
from lmtrack._linking.secrets import decoded, is_secret_parameter, is_sensitive, is_sensitive_name, looks_random
from lmtrack.links import LinkPolicy, SkipReason, skip_reason, slots_reason
from secret_urls import DOCUMENTED, RUN, WORDS

SHOP = "https://shop.example"


@pytest.mark.parametrize(("package", "path"), RUN + DOCUMENTED, ids=[package for package, _ in RUN + DOCUMENTED])
def test_links_with_a_secret_are_found_as_packages_write_them(package: str, path: str) -> None:
    url = path if path.startswith("http") else SHOP + path
    assert skip_reason(url, LinkPolicy()) is SkipReason.SENSITIVE, package
    assert skip_reason(url, LinkPolicy(track_sensitive=True)) is None
    # The quick look at all links of a page says so too.
    page = f'<a href="{escape(url)}">x</a>'
    assert rewrite_html(page, click_url=lambda _: "https://t.example/0").html is page
    # Behind a redirect it is as secret as before.
    wrapped = f"{SHOP}/go?to={url.replace('%', '%25').replace('&', '%26').replace('#', '%23').replace('?', '%3F')}"
    assert skip_reason(wrapped, LinkPolicy()) is SkipReason.SENSITIVE


@pytest.mark.parametrize("path", WORDS)
def test_words_are_no_secret(path: str) -> None:
    assert skip_reason(SHOP + path, LinkPolicy()) is None


@pytest.mark.parametrize(
    "query",
    [
        "?first_name=Ann", "?firstName=Ann", "?user[last_name]=Smith", "?user[surname]=Smith", "?fname=%C3%86rø",
        "?username=ann7", "?vorname=Ann",
        "?name=Ann+Smith", "?name=Ann%20M%C3%BCller", "?name=Jean-Luc+Picard", "?phone=%2B31+20+123+4567",
        "?tel=0201234567", "?mobile_number=(020)123-4567", "?dob=1980-01-02", "?birthday=2.1.1980", "?birthdate=1980",
        "?street=Main+St+5", "?address_line1=5+Main+St", "#phone=0201234567",
        "?ssn=078-05-1120", "?iban=DE89370400440532013000", "?passport_number=C01X00T47",
    ],
)  # fmt: skip
def test_what_tells_of_a_person_is_sensitive(query: str) -> None:
    assert is_sensitive(f"{SHOP}/{query}")


@given(
    st.sampled_from(["ann@post.example", "ann@b.example", "jos\u00e9@post.example", "very.long+tag@mail.post.example"]),
    st.sampled_from(["{}", "email={}", '{{"email":"{}"}}', "17|{}", '{{"u":17,"mail":"{}","c":"spring"}}']),
    st.sampled_from([b64encode, urlsafe_b64encode]),
    st.booleans(),
    st.sampled_from(["/?d={}", "/u/{}", "/u/{}/x?y=1", "/#d={}", "/?a=b&d={}&c=d"]),
)
def test_an_address_in_base64_is_sensitive(address: str, form: str, encode: object, padded: bool, place: str) -> None:
    assert callable(encode)
    written = encode(form.format(address).encode()).decode()
    text = written.replace("=", "%3D").replace("+", "%2B") if padded else written.rstrip("=").replace("+", "%2B")
    if address.isascii() or form == "{}":
        url = SHOP + place.format(text)
        assert is_sensitive(url) or not address.isascii()


@pytest.mark.parametrize(
    "text",
    [
        "wh~@post.example",  # "-" for a sign of the address itself, and "_"
        "list=170;ann@o\u00fc.example",
        "list=17;ann@post.example",
        "list=17;ann@post.example/",
        "list=17;ann@post.exampl",
        "list=1700;ann@post.de",
    ],
)
@pytest.mark.parametrize("behind", ["", "/x", "/xy", "/xyz", "-"])
def test_an_address_in_base64_is_found_with_whatever_is_written_behind(text: str, behind: str) -> None:
    assert is_sensitive(f"{SHOP}/u/{_base64url(text.encode())}{behind}")


def test_base64_of_a_text_with_an_at_sign_but_no_address_is_none() -> None:
    assert not is_sensitive(f"{SHOP}/u/{_base64url(b'two lamps @ 17 euros')}")


@pytest.mark.parametrize(
    "path",
    [
        "/reset/abcdefghijklmn1",  # 15 in a row with a digit
        "/reset/ab-123456789012",  # a number of 12 digits
        "/magic-login-abc123456789012",
        "/i/1bdbb006-b37a-4535-89eb-06abadd03148/confirm_email",
        "/?key=%8F%3A%9B%12%C4%7E%A1",  # bytes that are no text look random as they are written
        "/go?item=3f2504e04f8911d39a0c0305&to=/login?x=3f2504e04f8911d39a0c0305",
    ],
)
def test_a_secret_is_found_at_the_edges_of_the_rules(path: str) -> None:
    assert is_sensitive(SHOP + path)


@pytest.mark.parametrize("size", [12, 16, 20, 32, 64])
@pytest.mark.parametrize(
    "word", ["reset", "confirm-email", "verify", "activate", "magic_link", "inviteUser", "log-in", "password"]
)
def test_random_segments_are_found_and_words_are_not(size: int, word: str) -> None:
    seeds = [sha512(b"%d" % number).digest()[:size] for number in range(200)]
    tokens = [write(seed) for write in (bytes.hex, _base64url, _base32) for seed in seeds]
    missed = [token for token in tokens if not is_sensitive(f"{SHOP}/{word}/{token}")]
    assert len(missed) <= 6, missed  # 1 %: a token in which nothing changes by chance
    assert not is_sensitive(f"{SHOP}/{word}/a-page-about-{'-'.join(['lamps'] * size)}-{2000 + size}")


def _base64url(octets: bytes) -> str:
    return urlsafe_b64encode(octets).decode().rstrip("=")


def _base32(octets: bytes) -> str:
    return b32encode(octets).decode().rstrip("=").lower()


@pytest.mark.parametrize(
    ("value", "random"),
    [
        ("SplxlOBeZQQYbYS6WxSbIA", True), ("3f2504e0", True), ("8F3K-2LQ9-ZX71", True), ("482913", True),
        ("k3j9x2m4q8w7", True), ("a" * 32, True), ("lamps", False), ("SUMMER25", False), ("25summer", False),
        ("LampsAndChairs", False), ("spring-sale-2026", False), ("2026", False), ("", False), ("é", False),
        ("iphone15", False), ("v2.14.3", False), ("covid19test", False),
        ("948291", True), ("summer5winter26", True), ("summer25winter26", False),
    ],
)  # fmt: skip
def test_a_value_looks_random_or_not(value: str, random: bool) -> None:
    assert looks_random(value) is random


@pytest.mark.parametrize("name", ["code", "KEY", "pass", "session", "ticket", "sid", "code2"])
def test_ambiguous_nouns_need_a_random_value(name: str) -> None:
    assert is_secret_parameter(name, "3f2504e04f89")
    assert not is_secret_parameter(name, "lamps")
    assert is_secret_parameter(f"reset_{name}", "lamps")


def test_a_name_of_more_than_128_letters_is_not_taken_apart() -> None:
    assert is_secret_parameter("auth" * 31 + "code", "lamps")
    assert not is_secret_parameter("auth" * 29 + "sso" * 3 + "code", "lamps")


@pytest.mark.parametrize("name", ["reset_link", "magicLink", "password_url", "confirm_url", "token",
                                  "otp_code", "first_name", "email", "phone",
                                  "activation_link", "login_url", "api_key"])  # fmt: skip
def test_merge_fields_by_name_are_sensitive(name: str) -> None:
    assert is_sensitive_name(name)
    assert slots_reason([name], LinkPolicy()) is SkipReason.SENSITIVE
    assert slots_reason([name], LinkPolicy(track_sensitive=True)) is None


@pytest.mark.parametrize("name", ["order_id", "action_url", "path", "product", "author", "campaign", "city", "preset"])
def test_other_merge_fields_are_not(name: str) -> None:
    assert slots_reason([name], LinkPolicy()) is None


@pytest.mark.parametrize("name", ["unsubscribe_url", "unsub", "optOutLink", "opt_out", "abmelden_link", "UNSUBSCRIBE"])
def test_merge_fields_by_name_are_ways_out(name: str) -> None:
    assert slots_reason([name], LinkPolicy()) is SkipReason.UNSUBSCRIBE
    assert slots_reason([name], LinkPolicy(track_unsubscribe=True)) is None


def test_a_slot_that_the_policy_names_is_listed() -> None:
    assert slots_reason(["id", "code2"], LinkPolicy(skip_slots=["id"])) is SkipReason.LISTED


_ESCAPES = ["%", "%C3", "%A9", "%E2%82", "%AC", "%25", "%2", "%zz", "%ff", "a", "/", "\u00e9", "\U0001f600"]


@given(st.lists(st.sampled_from(_ESCAPES), max_size=8).map("".join))
def test_escapes_are_undone_as_the_standard_library_does(text: str) -> None:
    try:
        expected = unquote(text, errors="strict")
    except UnicodeDecodeError:
        expected = unquote(text, "latin-1")
    assert decoded(text) == expected
