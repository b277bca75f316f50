from __future__ import annotations

import codecs
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given, strategies as st

from lmtrack import (
    BadToken,
    BadTokenSignature,
    MalformedToken,
    TokenExpired,
    TokenNotYetValid,
    TokenRevoked,
    TrackingDomain,
    WrongPurpose,
    click_url,
    make_click_token,
    make_keys,
    make_open_token,
    make_withdraw_token,
    open_url,
    withdraw_url,
)
from lmtrack.endpoint import read_tracking_url
from lmtrack.tokens import ClickToken, OpenToken, UnsubscribeToken, WithdrawToken

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
ISSUED = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEYS = make_keys(b"a fixed key of tests, 32 octets.", [b"the key of the year before, 2025"])
DOMAIN = TrackingDomain("https://track.example", KEYS)
BASES = ["https://track.example", "https://track.example/t", "https://track.example:8443/mail/t.x", "http://localhost"]
ID = "01890a5d-ac96-774b-bcce-b302099a8057"

OPEN = make_open_token(KEYS, ID, now=ISSUED)
CLICK = make_click_token(KEYS, ID, 3, url="https://shop.example/lamps?a=1", now=ISSUED)
WITHDRAW = make_withdraw_token(KEYS, ID, now=ISSUED)
TOKENS = {"o": OPEN, "c": CLICK, "w": WITHDRAW}
KINDS = {"o": OpenToken, "c": ClickToken, "w": WithdrawToken}

every_kind = pytest.mark.parametrize("kind", "ocw")
every_base = pytest.mark.parametrize("base", BASES)


def read(target: str, domain: TrackingDomain = DOMAIN) -> OpenToken | ClickToken | WithdrawToken | UnsubscribeToken:
    return read_tracking_url(target, domain=domain, now=NOW)


def refusal(target: str, domain: TrackingDomain = DOMAIN) -> BadToken:
    with pytest.raises(BadToken) as caught:
        read(target, domain)
    return caught.value


# What is read


@pytest.mark.parametrize("make", [open_url, click_url, withdraw_url])
@every_base
def test_url_that_was_made_is_read_by_the_reader_of_its_kind(
    base: str, make: Callable[[TrackingDomain, str], str]
) -> None:
    domain = TrackingDomain(base, KEYS)
    kind = make(domain, "")[-2]
    token = read(make(domain, TOKENS[kind]), domain)
    assert type(token) is KINDS[kind]
    assert token.message_id == ID
    assert read(f"{base}/{kind}/{TOKENS[kind]}".partition("//")[2].partition("/")[2], domain) == token
    assert read(f"/{kind}/{TOKENS[kind]}", domain) == token


@pytest.mark.parametrize(
    "start",
    [
        "https://track.example",
        "HTTPS://Track.Example",
        "https://track.example:443",
        "https://track.example:00443",
        "https://track.example:",
        "https://track.example.",
        "http://track.example",
        "http://track.example:80",
        "https://track.example/",
        "https://track.example//",
        "//track.example",
        "//track.example:443",
        "https://ann@track.example",
        "https:/track.example",
        "https:///track.example",
        "https:\\\\track.example",
        "/\\track.example",
        "https://track%2Eexample",
        "https://ｔrack。example",
        "https://track.\texample",
        " https://track.example",
        "",
        "/",
        "//",
        "/t",
        "/t/",
        "/%74",
        "t",
    ],
)
@every_kind
def test_host_and_base_path_are_forgiven_what_proxies_do_to_them(start: str, kind: str) -> None:
    domain = TrackingDomain("https://track.example/t", KEYS)
    assert type(read(f"{start}/{kind}/{TOKENS[kind]}", domain)) is KINDS[kind]


@pytest.mark.parametrize(
    "end",
    [
        "?x=1",
        "?",
        "#x",
        "?x=https://other.example/o/abc#y",
        "/",
        "//",
        "/?utm_source=letter",
        ".",
        ")",
        "&gt;"[:1],
        '">',
        ">.",
        "\u201d",
        "\xe2\x80\x9d",
        "\udce2",
        "%22%3E",
        "%E2%80%9D",
        "%20",
        "%0D%0A",
        "%00",
        "%3Futm_source=letter",
        "%23top",
        "&utm_source=letter",
        "%26amp;utm_source=letter",
        ";jsessionid=1",
        "=",
        ".." * 9000,
        "-",
        "_",
        "__",
        "_)",
        "-_",
        "/x",
        ".png",
        ",x",
        "%5F",
        "%C2%A0next",
        "=20",
        "%3Cbr%3E",
        "<br>",
        "|https://x.example",
        "%7Chttps%3A%2F%2Fx.example",
        "%E2%80%A8next",
        "\u2028next",
        "*",
    ],
)
@every_kind
def test_what_follows_a_token_and_could_not_be_part_of_it_is_ignored(end: str, kind: str) -> None:
    assert type(read(f"https://track.example/{kind}/{TOKENS[kind]}{end}")) is KINDS[kind]
    assert type(read(f"/{kind}/{TOKENS[kind]}{end}")) is KINDS[kind]


@pytest.mark.parametrize("suffix", [".gif", ".GIF", ".gif?x", ".gif/", ".gif).", "%2Egif", ".gif.gif", ".gif.tvs"])
def test_an_open_may_be_called_an_image_and_nothing_else_may(suffix: str) -> None:
    assert type(read(f"/o/{OPEN}{suffix}")) is OpenToken
    assert type(refusal(f"/c/{CLICK}{suffix}")) is MalformedToken
    assert type(refusal(f"/w/{WITHDRAW}{suffix}")) is MalformedToken


@given(st.sampled_from("ocw"), st.sampled_from(BASES), st.data())
def test_any_escapes_of_a_path_are_undone_once(kind: str, base: str, data: st.DataObject) -> None:
    domain = TrackingDomain(base, KEYS)
    origin, _, path = f"{base}/{kind}/{TOKENS[kind]}".partition("//")
    host, _, path = path.partition("/")
    escaped = data.draw(st.lists(st.booleans(), min_size=len(path), max_size=len(path)))
    written = "".join(f"%{ord(c):02x}" if escape else c for c, escape in zip(path, escaped, strict=True))
    assert type(read(f"{origin}//{host}/{written}", domain)) is KINDS[kind]
    assert type(read(f"/{written}", domain)) is KINDS[kind]


@pytest.mark.parametrize("base", ["https://track.example/o", "https://track.example/c/o", "https://track.example/w/c"])
@every_kind
def test_base_path_may_look_like_a_kind(base: str, kind: str) -> None:
    domain = TrackingDomain(base, KEYS)
    assert type(read(f"{base}/{kind}/{TOKENS[kind]}", domain)) is KINDS[kind]
    assert type(read(f"/{kind}/{TOKENS[kind]}", domain)) is KINDS[kind]


# What is refused


@pytest.mark.parametrize(
    "start",
    [
        "https://other.example",
        "https://track.example.evil.example",
        "https://track.example@evil.example",
        "https://track.example:8443",
        "https://track.example:0",
        "https://track.example:x",
        "https://xtrack.example",
        "https://[track.example]",
        "https://[::1]",
        "https://",
        "ftp://track.example",
        "//other.example",
        "//evil.example//track.example",
        "/x",
        "/t/x",
        "/x/t",
        "https://track.example/https://track.example",
    ],
)
@every_kind
def test_another_host_or_path_is_refused(start: str, kind: str) -> None:
    error = refusal(f"{start}/{kind}/{TOKENS[kind]}", TrackingDomain("https://track.example/t", KEYS))
    assert type(error) is MalformedToken
    assert not error.scanner


@pytest.mark.parametrize(
    "target",
    [
        "",
        "/",
        "*",
        "//",
        "https://",
        "https://track.example",
        "track.example:443",
        "/o",
        "/o/",
        "/o//",
        "/x/",
        "/o?/o/",
        "?",
        "%",
        "/%6",
    ],
)
def test_what_is_no_tracking_url_is_refused(target: str) -> None:
    assert type(refusal(target)) is MalformedToken


@pytest.mark.parametrize("port", ["", ":443", ":8443"])
def test_a_port_of_the_domain_is_compared(port: str) -> None:
    domain = TrackingDomain(f"https://track.example{port}", KEYS)
    for asked in ["", ":443", ":8443", ":08443"]:
        same = (port or ":443") == (asked or ":443").replace(":0", ":")
        target = f"https://track.example{asked}/o/{OPEN}"
        if same:
            assert read(target, domain)
        else:
            refusal(target, domain)


@pytest.mark.parametrize(
    "path",
    [
        "/o/{}x",
        "/o/x{}",
        "/o/%20{}",
        "/x/{}",
    ],
)
def test_the_token_itself_is_forgiven_nothing(path: str) -> None:
    assert not refusal(path.format(OPEN)).scanner


@given(st.integers(0, len(OPEN) - 1), st.characters())
def test_a_changed_character_of_a_token_is_refused(position: int, character: str) -> None:
    assume(OPEN[position] != character)
    changed = f"{OPEN[:position]}{character}{OPEN[position + 1 :]}"
    refusal(f"/o/{changed}")


def test_token_of_another_kind_key_or_time_is_refused_by_its_reason() -> None:
    assert type(refusal(f"/o/{CLICK}")) is WrongPurpose
    assert type(refusal(f"/c/{WITHDRAW}")) is WrongPurpose
    assert type(refusal(f"/w/{OPEN}")) is WrongPurpose
    assert type(refusal(f"/o/{OPEN[:-5]}AAAAA")) is BadTokenSignature
    with pytest.raises(TokenExpired) as expired:
        read_tracking_url(f"/c/{CLICK}", domain=DOMAIN, max_age=timedelta(hours=1), now=NOW)
    assert isinstance(expired.value.token, ClickToken)
    with pytest.raises(TokenRevoked) as revoked:
        read_tracking_url(f"/o/{OPEN}", domain=DOMAIN, issued_after=ISSUED, now=NOW)
    assert isinstance(revoked.value.token, OpenToken)
    with pytest.raises(TokenRevoked) as revoked:
        read_tracking_url(f"/c/{CLICK}", domain=DOMAIN, issued_after=ISSUED, now=NOW)
    assert isinstance(revoked.value.token, ClickToken)
    for target in (f"/o/{OPEN}", f"/c/{CLICK}"):
        with pytest.raises(TokenNotYetValid):
            read_tracking_url(target, domain=DOMAIN, now=ISSUED - timedelta(days=1))
    assert read_tracking_url(f"/o/{OPEN}", domain=DOMAIN, max_age=None, now=NOW + timedelta(days=999))
    assert read_tracking_url(
        f"/w/{WITHDRAW}", domain=DOMAIN, max_age=timedelta(0), issued_after=NOW, now=NOW + timedelta(days=999)
    )


@pytest.mark.parametrize("target", [f"/o/{OPEN}", f"/w/{WITHDRAW}", "/nothing"])
def test_arguments_are_checked_whatever_the_url_says(target: str) -> None:
    with pytest.raises(ValueError, match="aware"):
        read_tracking_url(target, domain=DOMAIN, now=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ValueError, match="aware"):
        read_tracking_url(target, domain=DOMAIN, issued_after=datetime(2026, 1, 1), now=NOW)  # noqa: DTZ001
    with pytest.raises(ValueError, match="negative"):
        read_tracking_url(target, domain=DOMAIN, max_age=timedelta(-1), now=NOW)
    with pytest.raises(TypeError, match=r"^domain must be a TrackingDomain, not str$"):
        read_tracking_url(target, domain="https://track.example")  # type: ignore[arg-type]


@pytest.mark.parametrize("target", [None, b"/o/x", 5])
def test_a_target_is_a_str(target: object) -> None:
    with pytest.raises(TypeError, match=f"^url_or_path must be a str, not {type(target).__name__}$"):
        read_tracking_url(target, domain=DOMAIN)  # type: ignore[arg-type]


# Copies of scanners


def rot13(text: str) -> str:
    return codecs.encode(text, "rot13")


@every_kind
@every_base
def test_copy_turned_by_13_tells_a_scanner_however_much_of_the_url_is_turned(base: str, kind: str) -> None:
    domain = TrackingDomain(base, KEYS)
    token = TOKENS[kind]
    path = f"{base}/{kind}/{token}".partition("//")[2].partition("/")[2]
    origin = base[: base.index("/", 8)] if "/" in base[8:] else base
    ending = ".gif?x=1" if kind == "o" else "?x=1"
    for target in [
        f"{base}/{kind}/{rot13(token)}{rot13(ending)}",
        f"/{kind}/{rot13(token)}",
        f"{origin}/{rot13(path + ending)}",
        f"/{rot13(path + ending)}",
        f"/{rot13(f'{kind}/{token}')}",
        rot13(f"{base}/{kind}/{token}{ending}"),
        rot13(f"{base}/{kind}/{quote(token).replace('a', '%61')}"),
    ]:
        assert refusal(target, domain).scanner, target


def test_turned_copy_of_another_host_or_key_tells_nothing() -> None:
    assert not refusal(rot13(f"https://other.example/o/{OPEN}")).scanner
    assert not refusal(rot13(f"/x/{OPEN}")).scanner
    assert not refusal(rot13(f"/o/{make_open_token(make_keys(b'a key of somebody else'), ID)}")).scanner


@every_kind
@every_base
def test_copy_in_one_case_tells_a_scanner(base: str, kind: str) -> None:
    domain = TrackingDomain(base, KEYS)
    token = TOKENS[kind]
    path = f"{base}/{kind}/{token}".partition("//")[2].partition("/")[2]
    for target in [
        f"{base}/{kind}/{token.lower()}",
        f"/{kind}/{token.upper()}",
        f"/{path}".lower(),
        f"/{path}".upper(),
        f"/{kind}/{token}".upper() + "?x=1",
        f"{base}/{kind}/{token}".upper(),
        f"{base}/{kind}/{token}".lower(),
    ]:
        assert refusal(target, domain).scanner, target


@pytest.mark.parametrize(
    "token",
    [
        "a" * 52,
        "A" * 52,
        "0" * 52,
        "x" * 5000,
        OPEN.lower()[:30],
        f"{OPEN.lower()[:15]}{'1' * 40}",
        OPEN[:40].lower() + OPEN[40:],
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        make_open_token(make_keys(b"a key of somebody else"), ID, now=ISSUED).lower(),
        make_open_token(KEYS, ID, now=datetime(2090, 1, 1, tzinfo=UTC)).lower(),
        # Of another version: no spelling of its first letter is one of ours.
        urlsafe_b64encode(b"\x29" + urlsafe_b64decode(OPEN)[1:]).decode().lower(),
    ],
)
def test_text_that_is_no_folded_token_of_ours_tells_nothing(token: str) -> None:
    for kind in "ocw":
        assert not refusal(f"/{kind}/{token}").scanner
        assert not refusal(f"/{kind.upper()}/{token}").scanner


def test_copy_in_one_case_is_told_by_the_time_of_the_request() -> None:
    far = datetime(2090, 1, 1, tzinfo=UTC)
    token = make_open_token(KEYS, ID, now=far)
    for target in (f"/o/{token.lower()}", f"/o/{token}".upper()):
        with pytest.raises(BadToken) as caught:
            read_tracking_url(target, domain=DOMAIN, now=far)
        assert caught.value.scanner
        assert not refusal(target).scanner


def test_copy_in_one_case_is_told_five_minutes_before_its_time() -> None:
    times = (datetime(2040, 1, 1, tzinfo=UTC) + timedelta(hours=number, seconds=number) for number in range(9999))
    # Capitals are the earliest spelling of a time, so no other is of one before.
    made, token = next((time, text) for time in times if (text := make_open_token(KEYS, ID, now=time))[3:8].isupper())
    for early, told in ((300, True), (301, False)):
        with pytest.raises(BadToken) as caught:
            read_tracking_url(f"/o/{token.upper()}", domain=DOMAIN, now=made - timedelta(seconds=early))
        assert caught.value.scanner is told


def test_letters_of_one_case_tell_nothing_while_chance_could_have_made_them() -> None:
    header = OPEN[:8].lower()
    letters = sum(map(str.isalpha, header))
    for count in (19, 20):
        token = header + "a" * (count - letters) + "1" * 20
        assert refusal(f"/o/{token}").scanner is (count == 20)


def test_a_wrong_kind_in_one_case_would_be_none_of_ours() -> None:
    error = refusal(f"/o/{OPEN[:-6].lower()}{'A' * 6}")
    assert not error.scanner


@given(st.uuids(), st.integers(0, 65535), st.integers(0, 2**31), st.sampled_from([str.lower, str.upper]))
def test_folded_copy_is_told_for_nearly_every_token(
    message_id: object, recipient: int, seconds: int, fold: Callable[[str], str]
) -> None:
    issued = datetime.fromtimestamp(seconds, UTC)
    token = make_open_token(KEYS, str(message_id), recipient=recipient, now=issued)
    folded = fold(token)
    assume(sum(map(str.isalpha, token)) >= 20)
    with pytest.raises(BadToken) as caught:
        read_tracking_url(f"/o/{folded}", domain=DOMAIN, now=issued)
    assert caught.value.scanner


# Anything at all

WORDS = [
    "https://",
    "HTTP://",
    "track.example",
    "/",
    "/t",
    "/o/",
    "/c/",
    "/w/",
    "/b/",
    "/C/",
    "//",
    ":",
    ":443",
    "@",
    "?",
    "#",
    "%",
    "%2",
    "%2F",
    "%zz",
    ".gif",
    ".tvs",
    ".",
    "\ud800",
    "é",
    "[",
    "]",
    "[::1]",
    "\\",
    "-",
    "_",
    "0",
]
PIECES = st.sampled_from([OPEN, CLICK, WITHDRAW, rot13(OPEN), OPEN.lower(), CLICK.upper(), "\0", "\n", " ", *WORDS])
TARGETS = st.lists(PIECES | st.text(max_size=3), max_size=8).map("".join)


@given(TARGETS, st.sampled_from(BASES))
@example("/%ff/o/", BASES[0])
@example("https://[::1", BASES[0])
@example("//[", BASES[0])
def test_any_text_gives_a_token_that_stands_in_it_or_a_bad_token(target: str, base: str) -> None:
    domain = TrackingDomain(base, KEYS)
    try:
        token = read(target, domain)
    except BadToken as error:
        said = f"{error} {error!r}"
    else:
        said = repr(token)
        kind = next(kind for kind, type_ in KINDS.items() if type(token) is type_)
        assert f"/{kind}/" in re.sub("%2f", "/", "/" + target, flags=re.IGNORECASE).replace("//", "/")
        assert TOKENS[kind] in target
    assert not any(token in said for token in TOKENS.values())


@pytest.mark.parametrize("filler", ["/", "%2F", "%", "?", "a", "A", "/o/", "//o", ".", "\u00e9", "track.example/"])
def test_a_megabyte_of_anything_is_read_in_linear_time(filler: str) -> None:
    for start in ["", "/o/", f"/o/{OPEN}", "https://track.example/"]:
        try:
            read(start + filler * (1_000_000 // len(filler)))
        except BadToken:
            continue
