from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given, strategies as st

from lmtrack._agents.addresses import client_key, pack_address, truncate_ip

SECRET = b"a fixed secret.."
ANY = "0.0.0.0"  # noqa: S104 - nothing is bound
DAY = date(2026, 8, 1)

V4 = st.ip_addresses(v=4)
V6 = st.ip_addresses(v=6)
WRAPPINGS = st.sampled_from(["::ffff:{}", "::FFFF:{}", "0:0:0:0:0:ffff:{}", "64:ff9b::{}", "::ffff:{}%eth0"])
# What looks like an address, until one looks closely.
NEAR_ADDRESSES = st.one_of(
    V4.map(str),
    V6.map(str),
    V6.map(lambda ip: ip.exploded.upper()),
    st.builds(lambda form, ip: form.format(ip), WRAPPINGS, V4.map(str)),
    st.lists(
        st.sampled_from([*"0123456789abcfF:.%/[]-x \n\0", "::", "1.2.3.4", "255", "256", "eth0"]), max_size=12
    ).map("".join),
    # Groups and gaps of any number, where counting them goes wrong.
    st.lists(st.sampled_from(["", "", "0", "a", "FFFF", "12345", "1.2.3.4", "g"]), min_size=2, max_size=11).map(
        ":".join
    ),
    st.text(max_size=20),
)


def oracle(ip: str) -> bytes | None:
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return None
    packed = address.packed
    wrapped = packed[:12] in (bytes(10) + b"\xff\xff", b"\x00\x64\xff\x9b" + bytes(8))
    return packed[12:] if len(packed) == 16 and wrapped else packed


@pytest.mark.parametrize(
    ("ip", "short"),
    [
        ("198.51.100.7", "198.51.100.0"),
        ("255.255.255.255", "255.255.255.0"),
        (ANY, ANY),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("2001:DB8:0001:2::", "2001:db8:1::"),
        ("2001:db8:1:ffff:ffff:ffff:ffff:ffff", "2001:db8:1::"),
        ("::1", "::"),
        ("::ffff:198.51.100.7", "198.51.100.0"),
        ("::ffff:c633:6407", "198.51.100.0"),
        ("64:ff9b::198.51.100.7", "198.51.100.0"),
        ("64:ff9b:1::198.51.100.7", "64:ff9b:1::"),
        ("2002:c633:6407::1", "198.51.100.0"),
        ("fe80::1%eth0", "fe80::"),
        ("::ffff:198.51.100.7%2", "198.51.100.0"),
        ("::198.51.100.7", "::"),
    ],
)
def test_the_first_bits_of_an_address_are_kept(ip: str, short: str) -> None:
    assert truncate_ip(ip) == short


@pytest.mark.parametrize(
    "ip",
    [
        "",
        "unknown",
        "-",
        "198.51.100.7:443",
        "[::1]",
        "[::1]:443",
        "198.051.100.7",
        "198.51.100.07",
        "198.51.100",
        "198.51.100.7.1",
        "198.51.100.256",
        "3325256711",
        "0xc6.51.100.7",
        " 198.51.100.7",
        "198.51.100.7\n",
        "198.51.100.7/24",
        "198.51.100.7, 203.0.113.9",
        "198.51.100.7%eth0",
        "١٩٨.51.100.7",
        "198.51.100.7\0",
        "\ud800",
        "::1%",
        "::1%a%b",
        "::1%a/64",
        "%eth0",
        ":::1",
        "1::2::3",
        "::12345",
        "::ffff:198.51.100.07",
        "9" * 10_000,
        ":" * 10_000,
    ],
)
def test_what_is_no_address_has_no_first_bits(ip: str) -> None:
    assert truncate_ip(ip) is None
    assert pack_address(ip) is None


@pytest.mark.parametrize(
    ("v4", "v6", "short4", "short6"),
    [
        (32, 128, "198.51.100.7", "2001:db8:1:2:3:4:5:6"),
        (0, 0, ANY, "::"),
        (16, 64, "198.51.0.0", "2001:db8:1:2::"),
        (31, 127, "198.51.100.6", "2001:db8:1:2:3:4:5:6"),
        (9, 33, "198.0.0.0", "2001:db8::"),
    ],
)
def test_the_caller_says_how_many_bits(v4: int, v6: int, short4: str, short6: str) -> None:
    assert truncate_ip("198.51.100.7", v4=v4, v6=v6) == short4
    assert truncate_ip("2001:db8:1:2:3:4:5:6", v4=v4, v6=v6) == short6


@pytest.mark.parametrize(
    ("bits", "error", "text"),
    [
        ({"v4": -1}, ValueError, "v4 must be 0 to 32"),
        ({"v4": 33}, ValueError, "v4 must be 0 to 32"),
        ({"v6": -1}, ValueError, "v6 must be 0 to 128"),
        ({"v6": 129}, ValueError, "v6 must be 0 to 128"),
        ({"v4": True}, TypeError, "v4 must be an int, not bool"),
        ({"v6": "48"}, TypeError, "v6 must be an int, not str"),
        ({"v6": 48.0}, TypeError, "v6 must be an int, not float"),
    ],
)
def test_a_number_of_bits_out_of_range_is_refused_for_both_families(
    bits: dict[str, int], error: type[Exception], text: str
) -> None:
    for ip in ("198.51.100.7", "::1", "nonsense"):
        with pytest.raises(error, match=f"^{text}$"):
            truncate_ip(ip, **bits)


@pytest.mark.parametrize("ip", [None, b"198.51.100.7", 3325256711, ipaddress.ip_address("198.51.100.7")])
def test_an_address_is_a_str(ip: object) -> None:
    with pytest.raises(TypeError, match=f"^ip must be a str, not {type(ip).__name__}$"):
        pack_address(ip)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=f"^ip must be a str, not {type(ip).__name__}$"):
        truncate_ip(ip)  # type: ignore[arg-type]


@given(NEAR_ADDRESSES)
@example("::1%")
@example("1.2.3.4%1")
@example("::%\x00")
@example("64:ff9b::1.2.3.4")
@example("198.51.100.7\0")
@example("1:2:3:4:5:6:7::")
@example("::2:3:4:5:6:7:8")
@example("1:2:3:4::5:6:7:8")
@example("1:2:3:4:5:6:1.2.3.4")
@example("1:2:3:4:5:6:7:1.2.3.4")
@example("1.2.3.4::")
def test_addresses_are_read_as_the_standard_library_reads_them(ip: str) -> None:
    assert pack_address(ip) == oracle(ip)


@given(V4 | V6, st.integers(0, 32), st.integers(0, 128))
def test_shortening_is_the_network_that_the_standard_library_gives(
    given_ip: ipaddress.IPv4Address | ipaddress.IPv6Address, v4: int, v6: int
) -> None:
    ip = given_ip
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.sixtofour or ipaddress.ip_address(oracle(str(ip)) or b"")
    network = ipaddress.ip_network((ip, v4 if ip.version == 4 else v6), strict=False)
    short = truncate_ip(str(given_ip), v4=v4, v6=v6)
    assert short == str(network.network_address)


@given(NEAR_ADDRESSES)
def test_shortening_twice_changes_nothing(ip: str) -> None:
    short = truncate_ip(ip)
    assert short is None or truncate_ip(short) == short


@given(V4)
def test_all_spellings_of_an_ipv4_address_are_shortened_alike(ip: ipaddress.IPv4Address) -> None:
    spellings = {f"{ip}", f"::ffff:{ip}", f"64:ff9b::{ip}", f"2002:{ip.packed[:2].hex()}:{ip.packed[2:].hex()}::1"}
    assert len({truncate_ip(spelling) for spelling in spellings}) == 1


def key(ip: str = "198.51.100.7", agent: str | None = "Mozilla/5.0", secret: bytes = SECRET, day: date = DAY) -> str:
    return client_key(ip, agent, secret=secret, day=day)


def test_a_client_key_stays_what_it_is() -> None:
    # Callers store it for a day: a change would make two clients of one.
    body = b"lmtrack.client.v1\x002026-08-01\x04" + bytes([0, 0, 0, 0, 0, 0, 0, 4, 198, 51, 100, 7]) + b"Mozilla/5.0"
    assert key() == hmac.new(SECRET, body, hashlib.sha256).hexdigest()[:32]
    assert re.fullmatch(r"[0-9a-f]{32}", key())
    unknown = b"lmtrack.client.v1\x002026-08-01\x00" + bytes([0, 0, 0, 0, 0, 0, 0, 7]) + b"unknown" + b"Mozilla/5.0"
    assert key(ip="unknown") == hmac.new(SECRET, unknown, hashlib.sha256).hexdigest()[:32]


def test_a_client_key_tells_addresses_agents_secrets_and_days_apart() -> None:
    keys = [
        key(),
        key(ip="198.51.100.8"),
        key(agent="Mozilla/5.0 "),
        key(agent=None),
        key(secret=SECRET + b"x"),
        key(day=date(2026, 8, 2)),
        key(ip="c633:6407::"),
        key(ip="unknown"),
    ]
    assert len(set(keys)) == len(keys)


def test_a_client_key_is_the_same_for_all_spellings_of_an_address() -> None:
    assert key(ip="::ffff:198.51.100.7") == key(ip="::FFFF:c633:6407%eth0") == key()
    assert key(ip="2001:DB8::0:1") == key(ip="2001:db8::1")


def test_no_agent_is_an_empty_agent() -> None:
    assert key(agent=None) == key(agent="")


@given(NEAR_ADDRESSES, NEAR_ADDRESSES, st.text(max_size=5), st.text(max_size=5))
@example("a", "ab", "bc", "c")
@example("\xc6\x33d\x07", "198.51.100.7", "", "")
@example("\ud800", "\ud801", "\ud800", "\ud800")
def test_a_client_key_is_equal_only_for_the_same_client(ip: str, other: str, agent: str, other_agent: str) -> None:
    same = (pack_address(ip) or ip, agent) == (pack_address(other) or other, other_agent)
    assert (key(ip, agent) == key(other, other_agent)) == same


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"ip": None}, TypeError, "ip must be a str, not NoneType"),
        ({"agent": b"x"}, TypeError, "user_agent must be a str or None, not bytes"),
        ({"secret": "a text of 16 char"}, TypeError, "secret must be bytes, not str"),
        ({"secret": b"fifteen octets."}, ValueError, "secret must have at least 16 bytes"),
        ({"day": "2026-08-01"}, TypeError, "day must be a date, not str"),
        ({"day": datetime(2026, 8, 1, tzinfo=UTC)}, TypeError, "day must be a date, not datetime"),
    ],
)
def test_a_client_key_is_made_of_the_right_things(change: dict[str, object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=f"^{text}$"):
        key(**change)  # type: ignore[arg-type]
