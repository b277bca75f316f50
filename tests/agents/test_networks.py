from __future__ import annotations

import ipaddress
import pickle
import random  # noqa: TID251 - seeded, in tests only
from typing import TYPE_CHECKING, get_args

import pytest
from hypothesis import example, given, strategies as st

from lmtrack._agents.networks import Networks, Scope, join_networks, load_networks, shipped_networks
from lmtrack._agents.tables.email_networks import PUBLISHED
from lmtrack._agents.verdict import Evidence, Signal

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Few and close together, so that networks overlap, touch and lie in each other.
ADDRESSES = st.one_of(
    st.integers(0, 40).map(lambda number: f"198.51.100.{number}"),
    st.sampled_from(["0.0.0.0", "255.255.255.255", "198.51.99.255", "198.51.101.0", "127.0.0.1"]),  # noqa: S104
    st.integers(0, 40).map(lambda number: f"2001:db8::{number:x}"),
    st.sampled_from(["::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7::", "::1:0:0:0"]),
    st.integers(0, 40).map(lambda number: f"::ffff:198.51.100.{number}"),
    st.integers(0, 40).map(lambda number: f"64:ff9b::198.51.100.{number}"),
)


@st.composite
def entries(draw: st.DrawFn) -> str:
    address: str = draw(ADDRESSES)
    if draw(st.booleans()):
        return address
    bits = 128 if ":" in address else 32
    prefix = draw(st.integers(bits - 6, bits) | st.sampled_from([8, 9, bits // 2]))
    network = ipaddress.ip_network((address, prefix), strict=False)
    return str(network)


LISTS = st.lists(entries(), max_size=8)
TAGS = st.sampled_from(["lab", "office", "cloud", "apple_egress"])
NETWORKS = st.builds(
    lambda lines, asns, tag, evidence, scope: load_networks(
        "\n".join([*lines, *(f"AS{asn}" for asn in asns)]), tag=tag, evidence=evidence, scope=scope
    ),
    LISTS,
    st.lists(st.integers(1, 3), max_size=2),
    TAGS,
    st.sampled_from(get_args(Evidence)),
    st.sampled_from(get_args(Scope)),
)


def tags(networks: Networks, ip: str) -> list[str]:
    found = networks.find(ip)
    assert found is not None
    return [one.tag for one in found]


def holds(lines: list[str], ip: str) -> bool:
    """Ask the standard library, one network after the other."""
    wanted = unwrapped(ipaddress.ip_address(ip))
    for line in lines:
        network = ipaddress.ip_network(line)
        first, last = unwrapped(network.network_address), unwrapped(network.broadcast_address)
        if isinstance(wanted, ipaddress.IPv4Address):
            if isinstance(first, ipaddress.IPv4Address) and isinstance(last, ipaddress.IPv4Address):
                # Not a network of IPv6 that begins in one range of wrapped addresses and ends in another.
                inside = first <= wanted <= last and int(last) - int(first) < network.num_addresses
                if inside and network.num_addresses <= 2**32:
                    return True
        elif wanted in network:
            return True
    return False


def unwrapped(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if isinstance(ip, ipaddress.IPv6Address) and int(ip) >> 32 in (0xFFFF, 0x64FF9B << 64):
        return ipaddress.IPv4Address(int(ip) % 2**32)
    return ip


def test_a_network_holds_its_first_and_its_last_address_and_no_more() -> None:
    networks = load_networks("198.51.100.8/29\n2001:db8::/126", tag="lab")
    assert [tags(networks, f"198.51.100.{last}") for last in (7, 8, 15, 16)] == [[], ["lab"], ["lab"], []]
    assert [tags(networks, f"2001:db8::{last}") for last in (0, 3, 4)] == [["lab"], ["lab"], []]


def test_what_is_found_says_how_much_and_for_what() -> None:
    networks = load_networks("198.51.100.0/24", tag="lab", evidence=3, scope="click")
    (found,) = networks.find("198.51.100.7") or ()
    assert found == ("lab", 3, "click", Signal.NET_LISTED, None)


def test_a_list_is_medium_evidence_about_opens_and_clicks_unless_it_is_said() -> None:
    assert load_networks("AS64496", tag="lab").find_asn(64496) == (("lab", 2, "both", Signal.NET_LISTED, None),)


def test_networks_that_touch_are_one() -> None:
    halves = load_networks("198.51.100.0/25\n198.51.100.128/25\n198.51.100.0/26\n198.51.100.7", tag="lab")
    assert halves == load_networks("198.51.100.0/24", tag="lab")


def test_a_list_may_hold_comments_blank_lines_and_any_line_end() -> None:
    text = "\ufeff# networks of the lab\r\n\r\n  198.51.100.7 # the printer\r\n\t203.0.113.0/24\t\r\n \n#\n2001:db8::1"
    networks = load_networks(text, tag="lab")
    held = ("198.51.100.7", "203.0.113.255", "2001:db8::1")
    assert [tags(networks, ip) for ip in held] == [["lab"]] * 3
    assert networks == load_networks("\n".join((held[0], "203.0.113.0/24", held[2])), tag="lab")


@pytest.mark.parametrize("written", ["asn:64496", "ASN:64496", "AS64496", "as64496", "asn64496", " AS64496 # lab"])
def test_autonomous_systems_may_be_listed(written: str) -> None:
    networks = load_networks(written, tag="lab")
    assert [found.tag for found in networks.find_asn(64496)] == ["lab"]
    assert networks.find_asn(64497) == ()
    assert networks.find_asn(-1) == networks.find_asn(2**70) == ()


def test_the_largest_as_number_may_be_listed() -> None:
    assert load_networks("AS4294967295", tag="lab").find_asn(2**32 - 1)


@pytest.mark.parametrize(
    "row",
    [
        "198.51.100.0/24,GB,GB-EN,London,",
        "198.51.100.0/24,GB,GB-ENG,London,SW1A",
        "198.51.100.0/24,,,,",
        "198.51.100.0/24,",
        "198.51.100.0/24,GB",
        " 198.51.100.0/24 , GB ,GB-EN,London, # until August",
        '198.51.100.0/24,US,US-DC,"Washington, D.C.",',
        "198.51.100.0/24,DE,DE-NW,Köln,\r",
    ],
)
def test_rows_of_a_geofeed_are_read(row: str) -> None:
    assert load_networks(row, tag="lab") == load_networks("198.51.100.0/24", tag="lab")


BAD_LINES = [
    "198.51.100.7/24",
    "198.51.100.0/33",
    "198.51.100.0/-1",
    "198.51.100.0/024",
    "198.51.100.0/",
    "198.51.100.0/2 4",
    "198.51.100.0 /24",
    "198.51.100.0/255.255.255.0",
    "198.51.100.0-198.51.100.9",
    "198.51.100.0/24/24",
    "198.51.100.0/24 the lab",
    "198.51.100",
    "198.51.100.007",
    "2001:db8::1/64",
    "2001:db8::/129",
    "fe80::1%eth0",
    "[::1]",
    "3325256711",
    "/24",
    "lab",
    "AS",
    "AS-1",
    "AS4294967296",
    "AS99999999999",
    "AS٣",
    "asn",
    "cidr,country,region,city,",
    ",GB,GB-EN,London,",
    "198.51.100.0/24,198.51.101.0/24",
    "198.51.100.7,203.0.113.9",
    "198.51.100.0/24;GB",
    "198.51.100.0/24,GBR,GB-EN,London,",
    "198.51.100.0/24,1,",
    "198.51.100.7\x0b203.0.113.9",
    "198.51.100.7\0",
    "\ud800",
    "\ud800::",
    "9" * 10_000,
]


@pytest.mark.parametrize("line", BAD_LINES)
def test_a_line_that_says_something_else_is_named_by_its_number(line: str) -> None:
    with pytest.raises(ValueError, match=r"^line 3: expected an address, a network .* or a geofeed row$") as caught:
        load_networks(f"# lab\n198.51.100.0/24\n{line}\n198.51.100.0/33", tag="lab")
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"text": b"198.51.100.0/24"}, TypeError, "text must be a str, not bytes"),
        ({"text": None}, TypeError, "text must be a str, not NoneType"),
        ({"tag": None}, TypeError, "tag must be a str, not NoneType"),
        ({"tag": ""}, ValueError, "tag must be a lower-case letter, .*"),
        ({"tag": "Lab"}, ValueError, "tag must be a lower-case letter, .*"),
        ({"tag": "10.0.0.1"}, ValueError, "tag must be a lower-case letter, .*"),
        ({"tag": "lab\n"}, ValueError, "tag must be a lower-case letter, .*"),
        ({"tag": "x" * 65}, ValueError, "tag must be a lower-case letter, .*"),
        ({"evidence": "2"}, TypeError, "evidence must be an int, not str"),
        ({"evidence": True}, TypeError, "evidence must be an int, not bool"),
        ({"evidence": 0}, ValueError, "evidence must be 1, 2 or 3"),
        ({"evidence": 4}, ValueError, "evidence must be 1, 2 or 3"),
        ({"scope": None}, TypeError, "scope must be a str, not NoneType"),
        ({"scope": "all"}, ValueError, "scope must be 'open', 'click' or 'both'"),
    ],
)
def test_a_list_is_loaded_with_the_right_things(change: dict[str, object], error: type[Exception], text: str) -> None:
    given = {"text": "198.51.100.0/24", "tag": "lab", **change}
    with pytest.raises(error, match=f"^{text}$"):
        load_networks(given.pop("text"), **given)  # type: ignore[arg-type]


def test_the_list_of_apple_is_evidence_of_no_machine() -> None:
    networks = load_networks("198.51.100.0/24", tag="apple_egress", evidence=3)
    assert networks.find("198.51.100.7") == (("apple_egress", 0, "both", Signal.NET_APPLE_EGRESS, None),)


@pytest.mark.parametrize(
    "ip", ["198.51.100.7", "::ffff:198.51.100.7", "64:ff9b::c633:6407", "::ffff:198.51.100.7%eth0"]
)
@pytest.mark.parametrize(
    "line",
    [
        "198.51.100.0/24",
        "::ffff:198.51.100.0/120",
        "64:ff9b::198.51.100.0/120",
        "::ffff:198.51.100.7",
        "::ffff:198.0.0.0/104",
        "64:ff9b::198.0.0.0/104",
        "198.0.0.0/8",
    ],
)
def test_an_ipv4_address_is_the_same_however_it_is_wrapped(ip: str, line: str) -> None:
    assert tags(load_networks(line, tag="lab"), ip) == ["lab"]


@pytest.mark.parametrize(
    "line", ["0.0.0.0/0", "198.0.0.0/7", "::/0", "2000::/3", "::ffff:0:0/96", "64:ff9b::c600:0/103"]
)
def test_a_network_that_holds_everyone_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"^line 1: expected an address, a network of /8 or longer "):
        load_networks(line, tag="lab")


def test_a_network_of_ipv6_holds_no_ipv4_address() -> None:
    assert tags(load_networks("::/8", tag="lab"), "198.51.100.7") == []
    assert tags(load_networks("64:ff9b::/64\n64:ff9b::/120", tag="lab"), "198.51.100.7") == []
    assert tags(load_networks("64:ff9b::/64\n64:ff9b::/120", tag="lab"), "0.0.0.7") == ["lab"]


@pytest.mark.parametrize(
    "ip", ["", "unknown", "198.51.100.7:443", "[::1]", "198.051.100.7", "\0", "\ud800", "1" * 10_000]
)
def test_what_is_no_address_is_found_as_none(ip: str) -> None:
    assert shipped_networks().find(ip) is None


def test_addresses_and_systems_have_their_types() -> None:
    with pytest.raises(TypeError, match=r"^ip must be a str, not NoneType$"):
        shipped_networks().find(None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^asn must be an int, not str$"):
        shipped_networks().find_asn("AS8075")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^asn must be an int, not bool$"):
        shipped_networks().find_asn(True)


def test_all_lists_that_hold_an_address_are_found_the_strongest_first() -> None:
    networks = join_networks(
        load_networks("198.51.100.0/24\nAS64496", tag="weak", evidence=1),
        load_networks("198.51.0.0/16\nAS64496", tag="strong", evidence=3),
        load_networks("198.51.100.7", tag="apple_egress"),
        load_networks("198.0.0.0/8", tag="medium", evidence=2, scope="open"),
    )
    assert tags(networks, "198.51.100.7") == ["strong", "medium", "weak", "apple_egress"]
    assert tags(networks, "198.51.100.8") == ["strong", "medium", "weak"]
    assert tags(networks, "198.51.0.1") == ["strong", "medium"]
    assert tags(networks, "198.52.0.0") == ["medium"]
    assert [found.tag for found in networks.find_asn(64496)] == ["strong", "weak"]
    assert networks.tags == {"strong", "medium", "weak", "apple_egress"}


def test_only_networks_can_be_joined() -> None:
    with pytest.raises(TypeError, match=r"^networks must be made by load_networks, not str$"):
        join_networks("198.51.100.0/24")  # type: ignore[arg-type]


def test_nothing_joined_finds_nothing() -> None:
    nothing = join_networks()
    assert nothing == load_networks("", tag="lab") == load_networks("# nothing", tag="other")
    assert (nothing.find("198.51.100.7"), nothing.find_asn(64496), nothing.tags) == ((), (), frozenset())
    assert repr(nothing) == "<Networks: none>"


def test_networks_are_values_that_show_their_names_only() -> None:
    networks = join_networks(load_networks("198.51.100.0/24", tag="lab"), load_networks("AS64496", tag="office"))
    same = join_networks(
        load_networks("asn:64496", tag="office"), load_networks("198.51.100.128/25\n198.51.100.0/25", tag="lab")
    )
    assert networks == same
    assert hash(networks) == hash(same)
    assert networks != load_networks("198.51.100.0/24", tag="lab")
    assert repr(networks) == "<Networks: lab, office>"
    with pytest.raises(AttributeError):
        networks.tags = frozenset()  # type: ignore[misc]
    assert not hasattr(networks, "__dict__")


def test_shipped_networks_find_gateways_and_no_more() -> None:
    networks = shipped_networks()
    assert networks is shipped_networks()
    assert networks.tags == {row.tag for row in PUBLISHED}
    assert networks.find("40.93.255.255") == (("microsoft_eop", 3, "both", Signal.NET_SCANNER, "Microsoft"),)
    assert networks.find("2a01:111:f403::25") == (("microsoft_eop", 3, "both", Signal.NET_SCANNER, "Microsoft"),)
    assert networks.find("209.222.82.9") == (("barracuda_egd", 3, "both", Signal.NET_SCANNER, "Barracuda"),)
    assert networks.find("40.94.29.84") == (("microsoft_safelinks", 3, "click", Signal.NET_SCANNER, "Microsoft"),)
    assert networks.find_asn(16417) == (("cisco_ironport", 2, "both", Signal.NET_SCANNER_PROBABLE, "Cisco"),)
    assert networks.find_asn(8075) == (("microsoft_cloud", 1, "click", Signal.NET_CLOUD, "Microsoft"),)
    assert all(networks.find_asn(asn) == networks.find_asn(8075) for asn in (8068, 8070, 8074, 12076))
    # Outlook on the web fetches images from here, so these must stay unlisted.
    assert networks.find("52.96.0.1") == networks.find("13.107.6.152") == ()


def test_shipped_networks_say_all_that_the_collected_facts_say(shared: Path) -> None:
    facts = (shared / "ranges" / "email-networks.csv").read_text().splitlines()[1:]
    strengths = {"weak": 1, "medium": 2, "strong": 3}
    scopes = {"open+click": "both", "click": "click"}
    collected = sorted(
        (source.replace("asn:", "AS"), scopes[scope], strengths[evidence], operator.removesuffix("_observed"))
        for source, scope, evidence, operator, _ in (line.split(",", 4) for line in facts)
    )
    shipped = {(entry, row.scope, row.evidence, row.tag) for row in PUBLISHED for entry in row.entries.split()}
    # The one fact that has changed since: from this range nobody browses.
    assert set(collected) - shipped == {("40.94.0.0/16", "click", 2, "microsoft_safelinks")}


def test_rows_name_their_source() -> None:
    assert all(row.source and row.read and row.vendor for row in PUBLISHED)


@given(LISTS, ADDRESSES)
@example(["64:ff9b::/95"], "64:ff9b::1.2.3.4")
@example(["ff00::/8", "255.0.0.0/8"], "255.255.255.255")
def test_one_list_holds_what_the_standard_library_says(lines: list[str], ip: str) -> None:
    assert tags(load_networks("\n".join(lines), tag="lab"), ip) == ["lab"] * holds(lines, ip)


@given(st.lists(NETWORKS, max_size=5), ADDRESSES, st.integers(0, 4))
def test_joined_lists_say_what_each_says(lists: list[Networks], ip: str, asn: int) -> None:
    joined = join_networks(*lists)
    assert set(joined.find(ip) or ()) == {found for one in lists for found in one.find(ip) or ()}
    assert set(joined.find_asn(asn)) == {found for one in lists for found in one.find_asn(asn)}
    assert joined.tags == frozenset().union(*(one.tags for one in lists))


@given(st.lists(NETWORKS, max_size=5), st.randoms())
def test_neither_order_nor_grouping_nor_repetition_matters(lists: list[Networks], shuffle: random.Random) -> None:
    joined = join_networks(*lists)
    shuffled = lists * 2
    shuffle.shuffle(shuffled)
    half = len(shuffled) // 3
    assert join_networks(join_networks(*shuffled[:half]), *shuffled[half:]) == joined


@given(LISTS, st.randoms())
def test_the_order_of_lines_does_not_matter(lines: list[str], shuffle: random.Random) -> None:
    shuffled = lines * 2
    shuffle.shuffle(shuffled)
    assert load_networks("\n".join(shuffled), tag="lab") == load_networks("\n".join(lines), tag="lab")


@given(NETWORKS)
def test_networks_come_back_from_a_pickle(networks: Networks) -> None:
    copy = pickle.loads(pickle.dumps(networks))  # noqa: S301 - our own bytes
    assert copy == networks
    assert copy.tags == networks.tags
    assert copy.by_asn == networks.by_asn


@given(st.lists(entries() | st.sampled_from(BAD_LINES) | st.text(max_size=10), max_size=5).map("\n".join))
def test_any_text_is_a_list_or_a_value_error(text: str) -> None:
    try:
        networks = load_networks(text, tag="lab")
    except ValueError:
        return
    assert networks.tags <= {"lab"}


@pytest.mark.parametrize("name", ["apple-egress-ipv6-merged", "amazon-ipv4-merged", "microsoft-ipv4-merged"])
def test_published_lists_are_read_as_the_standard_library_reads_them(shared: Path, name: str) -> None:
    lines = (shared / "ranges" / f"{name}.txt").read_text().split()
    networks = load_networks("\n".join(lines), tag="lab")
    choose = random.Random(name).sample  # noqa: S311 - no secret
    parsed = [ipaddress.ip_network(line) for line in lines]
    edges = {edge for network in parsed for edge in (int(network[0]), int(network[-1]))}
    make: Callable[[int], object] = type(parsed[0][0])
    for edge in choose(sorted(edges), 300):
        for number in (edge - 1, edge, edge + 1):
            address = make(number)
            assert tags(networks, str(address)) == ["lab"] * any(address in network for network in parsed)


@given(st.lists(NETWORKS, max_size=4), ADDRESSES)
def test_the_sources_of_an_address_stand_for_it(lists: list[Networks], ip: str) -> None:
    networks = join_networks(*lists)
    found = networks.find(ip)
    assert found is not None
    assert networks.find_sources(networks.sources_of(found)) == found


def test_a_source_is_the_name_of_a_list() -> None:
    networks = join_networks(shipped_networks(), load_networks("40.92.0.0/16\nAS64496", tag="lab"))
    found = networks.find("40.92.0.1")
    assert found is not None
    assert networks.sources_of(found) == ("microsoft_eop", "lab")
    assert networks.find_sources(("lab", "a list of last year")) == found[1:]
