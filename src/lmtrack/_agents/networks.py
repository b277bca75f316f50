"""Networks by name: read lists of them once, then find all that hold an address or are an autonomous system.

A list becomes a map of the whole address space: where it begins to say something else, and what it says from there on.
One bisection finds everything that any of the lists says about an address. Packed addresses compare as their numbers
do, so no address becomes an `int` on the way.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal, NamedTuple, final, get_args

from lmtrack._agents.addresses import IPV4_IN_IPV6, pack_address, read_ipv4, read_ipv6
from lmtrack._agents.tables.email_networks import PUBLISHED
from lmtrack._agents.verdict import Evidence, Signal
from lmtrack._checks import check_type, plain_str

Scope = Literal["open", "click", "both"]

# Apple's list is that of iCloud Private Relay: people surf from it, so it is never held against anyone.
APPLE_EGRESS: Final = "apple_egress"
# What an address said that is not on that list, while the list was there.
NOT_APPLE_EGRESS: Final = "not_apple_egress"


class Found(NamedTuple):
    """What a list says about the IP addresses in it.

    Attributes:
        tag: The list's name.
        evidence: How strong it is as evidence of a machine: 0 not at all (`apple_egress`), 1 weak, 2 medium, 3 strong.
        scope: For which requests.
        signal: The code that it adds to a verdict.
        vendor: Who runs the network; None if the list does not say.
    """

    tag: str
    evidence: Literal[0, 1, 2, 3]
    scope: Scope
    signal: Signal
    vendor: str | None


class _Map(NamedTuple):
    """`found[n]` holds from `starts[n - 1]` to the next start; neighbours differ, so equal maps are equal values."""

    starts: tuple[bytes, ...]
    found: tuple[tuple[Found, ...], ...]


_NOTHING: Final = _Map((), ((),))


@final
@dataclass(frozen=True, slots=True, repr=False)
class Networks:
    """Lists of networks, made by `load_networks`, `join_networks` and `shipped_networks`; pass it on as it is.

    Two are equal if they say the same about every address and every autonomous system.

    Attributes:
        tags: The names of the lists in it that have at least one entry.
    """

    v4: _Map
    v6: _Map
    asns: tuple[tuple[int, tuple[Found, ...]], ...]
    by_asn: dict[int, tuple[Found, ...]] = field(init=False, compare=False)
    by_source: dict[str, Found] = field(init=False, compare=False)
    scanners: frozenset[str] = field(init=False, compare=False)
    tags: frozenset[str] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        by_asn = dict(self.asns)
        said = {*self.v4.found, *self.v6.found, *by_asn.values()}
        every = {found for together in said for found in together}
        tags = [found.tag for found in every]
        object.__setattr__(self, "by_asn", by_asn)
        # A tag names what a list says, unless two lists of that name say different things.
        by_source = {one.tag if tags.count(one.tag) == 1 else _in_full(one): one for one in every}
        object.__setattr__(self, "by_source", by_source)
        scanners = (source for source, one in by_source.items() if one.evidence == 3)
        object.__setattr__(self, "scanners", frozenset(scanners))
        object.__setattr__(self, "tags", frozenset(tags))

    def __repr__(self) -> str:
        return f"<Networks: {', '.join(sorted(self.tags)) or 'none'}>"

    def __reduce__(self) -> tuple[type[Networks], tuple[_Map, _Map, tuple[tuple[int, tuple[Found, ...]], ...]]]:
        return Networks, (self.v4, self.v6, self.asns)

    def find(self, ip: str, /) -> tuple[Found, ...] | None:
        """Return what the lists say about an address, strongest first; None if it is not an address.

        Raises:
            TypeError: `ip` is not a `str`.

        Example:
            >>> [found.tag for found in shipped_networks().find("::ffff:40.92.0.1")]
            ['microsoft_eop']
        """
        packed = pack_address(ip)
        return None if packed is None else find_packed(self, packed)

    def sources_of(self, found: Iterable[Found], /) -> tuple[str, ...]:
        """Return names for what these lists said, to keep instead of the address; `find_sources` reads them.

        Example:
            >>> networks = shipped_networks()
            >>> networks.sources_of(networks.find("40.92.0.1"))
            ('microsoft_eop',)
        """
        return tuple(dict.fromkeys(one.tag if one.tag in self.by_source else _in_full(one) for one in found))

    def find_sources(self, sources: Iterable[str], /) -> tuple[Found, ...]:
        """Return what the lists with these names say; a name that no current list has says nothing."""
        return tuple(self.by_source[source] for source in sources if source in self.by_source)

    def find_asn(self, asn: int, /) -> tuple[Found, ...]:
        """Return what the lists say about an autonomous system, strongest first.

        Raises:
            TypeError: `asn` is not an `int`.

        Example:
            >>> [found.tag for found in shipped_networks().find_asn(22843)]
            ['proofpoint']
        """
        if type(asn) is not int:
            raise TypeError(f"asn must be an int, not {type(asn).__name__}")
        return self.by_asn.get(asn, ())


def _in_full(found: Found) -> str:
    return f"{found.tag}:{found.evidence}:{found.scope}:{found.signal}:{found.vendor or ''}"


def find_packed(networks: Networks, packed: bytes, /) -> tuple[Found, ...]:
    """Return what the lists say about an address that is packed already."""
    starts, found = networks.v4 if len(packed) == 4 else networks.v6
    return found[bisect_right(starts, packed)]


def load_networks(text: str, /, *, tag: str, evidence: Evidence = 2, scope: Scope = "both") -> Networks:
    r"""Read a list: a network (`198.51.100.0/24`), an IP address or an autonomous system (`AS64496`) on each line.

    Blank lines and comments (from `#` on) are skipped. Rows with more fields are read as geofeeds (RFC 8805:
    `network,country,region,city,`), the form of Apple's egress list. Entries may overlap. IPv6 entries of IPv4 networks
    (`::ffff:198.51.100.0/120`) mean the IPv4 networks. A network wider than /8 is refused.

    Args:
        text: The list's text; nothing is downloaded here.
        tag: A name for the list: a lower-case letter, then lower-case letters, digits and `_`, at most 64 in all. Use
            `apple_egress` for Apple's list: it makes an open by Mail Privacy Protection certain, and is never evidence
            of a machine, whatever `evidence` says.
        evidence: How strongly the list suggests a machine: 1 weakly, 2 moderately, 3 strongly.
        scope: Whether the list says something about opens, clicks or both; mail clients fetch images through clouds
            too.

    Raises:
        TypeError: An argument has the wrong type.
        ValueError: A line is none of these, and the text says which; the tag, evidence or scope is not as above.

    Example:
        >>> networks = load_networks("198.51.100.0/24  # the lab\nAS64496", tag="lab", evidence=3, scope="click")
        >>> networks.find("198.51.100.7")[0].evidence
        3
    """
    text, tag = plain_str(text, "text"), plain_str(tag, "tag")
    check_type(str, scope=scope)
    if not _TAG.fullmatch(tag):
        raise ValueError("tag must be a lower-case letter, then lower-case letters, digits and _, at most 64 in all")
    if type(evidence) is not int:
        raise TypeError(f"evidence must be an int, not {type(evidence).__name__}")
    if evidence not in get_args(Evidence):
        raise ValueError("evidence must be 1, 2 or 3")
    if scope not in get_args(Scope):
        raise ValueError("scope must be 'open', 'click' or 'both'")
    if tag == APPLE_EGRESS:
        return _load(text, Found(tag, 0, scope, Signal.NET_APPLE_EGRESS, None))
    return _load(text, Found(tag, evidence, scope, Signal.NET_LISTED, None))


def join_networks(*networks: Networks) -> Networks:
    """Join lists of networks; for an IP address in several lists, all entries are found.

    Raises:
        TypeError: One of them is not a `Networks`.

    Example:
        >>> lab = load_networks("198.51.100.0/24", tag="lab")
        >>> join_networks(shipped_networks(), lab).find("198.51.100.7") == lab.find("198.51.100.7")
        True
    """
    for one in networks:
        if not isinstance(one, Networks):
            raise TypeError(f"networks must be made by load_networks, not {type(one).__name__}")
    by_asn: dict[int, tuple[Found, ...]] = {}
    for one in networks:
        for asn, found in one.asns:
            by_asn[asn] = _union(by_asn.get(asn, ()), found)
    return Networks(
        _join([one.v4 for one in networks]),
        _join([one.v6 for one in networks]),
        tuple(sorted(by_asn.items())),
    )


@cache  # of a constant
def shipped_networks() -> Networks:
    """Return the networks that come with the package: those that mail gateways and large clouds publish.

    `networks=None` means these networks everywhere. To add your own, use `join_networks`.

    Example:
        >>> "barracuda_egd" in shipped_networks().tags
        True
    """
    return join_networks(
        *(_load(row.entries, Found(row.tag, row.evidence, row.scope, row.signal, row.vendor)) for row in PUBLISHED)
    )


_TAG: Final = re.compile(r"[a-z][a-z0-9_]{0,63}")
_ASN: Final = re.compile(r"as(?:n:?)?([0-9]{1,10})", re.IGNORECASE | re.ASCII)
_ASN_MAX: Final = 2**32 - 1  # RFC 6793

_BLANKS: Final = " \t\r"

# How many addresses follow the first one, by the prefix as it is written; without one it is a single address.
# Nothing wider than /8 is one operator's: a list that holds it would judge everyone.
_WIDEST: Final = 8
_MORE_V4: Final = {"": 0, **{f"/{bits}": 2 ** (32 - bits) - 1 for bits in range(_WIDEST, 33)}}
_MORE_V6: Final = {"": 0, **{f"/{bits}": 2 ** (128 - bits) - 1 for bits in range(_WIDEST, 129)}}
_SIZES_V4: Final = frozenset(_MORE_V4.values())

_WRAPPED: Final = frozenset(int.from_bytes(prefix, "big") for prefix in IPV4_IN_IPV6)


def _load(text: str, found: Found) -> Networks:
    v4: dict[int, int] = {}
    v6: dict[int, int] = {}
    asns: set[int] = set()
    # Not `splitlines`, which ends lines at ten other characters as well.
    for number, line in enumerate(text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n"), 1):
        # First as if it were neither indented nor commented: a list can have many thousand lines.
        address, slash, rest = line.partition("/")
        if _add(address, slash + (_before_country(rest) if "," in rest else rest), v4, v6):
            continue
        content = line.partition("#")[0].strip(_BLANKS)
        if content:
            entry = _before_country(content)
            address, slash, rest = entry.partition("/")
            if not _add(address, slash + rest, v4, v6):
                asns.add(_read_asn(entry, number))
    return Networks(_make_map(v4, 4, found), _make_map(v6, 16, found), tuple((asn, (found,)) for asn in sorted(asns)))


def _add(address: str, prefix: str, v4: dict[int, int], v6: dict[int, int]) -> bool:
    """Add the first and the last address of a network; say whether it is one."""
    is_v6 = ":" in address
    packed = read_ipv6(address) if is_v6 else read_ipv4(address)
    more = (_MORE_V6 if is_v6 else _MORE_V4).get(prefix)
    if packed is None or more is None:
        return False
    ends, start = (v6 if is_v6 else v4), int.from_bytes(packed, "big")
    if is_v6 and start >> 32 in _WRAPPED and more < 2**32:
        ends, start = v4, start % 2**32
        if more not in _SIZES_V4:
            return False
    if start & more:
        return False  # a slip of the pen: 40.93.0.0/15 begins at 40.92.0.0
    if ends.get(start, -1) < start + more:
        ends[start] = start + more
    return True


def _before_country(entry: str) -> str:
    """Return the first field of a geofeed's row, or the entry as it is: a list of addresses would lose all but one."""
    first, _, rest = entry.partition(",")
    country = rest.partition(",")[0].strip(_BLANKS)
    return first.rstrip(_BLANKS) if not country or (len(country) == 2 and country.isalpha()) else entry


def _read_asn(entry: str, number: int) -> int:
    asn = _ASN.fullmatch(entry)
    if asn is None or int(asn[1]) > _ASN_MAX:
        wanted = "an address, a network of /8 or longer without bits after its prefix, an AS number or a geofeed row"
        raise ValueError(f"line {number}: expected {wanted}")
    return int(asn[1])


def _make_map(ends: dict[int, int], octets: int, found: Found) -> _Map:
    """Merge what overlaps or touches."""
    edges: list[int] = []
    for start in sorted(ends):
        beyond = ends[start] + 1
        if not edges or start > edges[-1]:
            edges += start, beyond
        elif beyond > edges[-1]:
            edges[-1] = beyond
    if edges and edges[-1] == 1 << octets * 8:
        edges.pop()  # up to the last address
    starts = tuple(edge.to_bytes(octets, "big") for edge in edges)
    return _Map(starts, tuple((found,) if number % 2 else () for number in range(len(edges) + 1)))


def _join(maps: list[_Map]) -> _Map:
    """Join by halves, so that many lists cost hardly more than two of the same size."""
    if len(maps) < 2:
        return maps[0] if maps else _NOTHING
    half = len(maps) // 2
    sides = _join(maps[:half]), _join(maps[half:])
    changes = sorted((start, side) for side in (0, 1) for start in sides[side].starts)
    reached = [0, 0]
    starts: list[bytes] = []
    found: list[tuple[Found, ...]] = [()]
    unions: dict[tuple[tuple[Found, ...], tuple[Found, ...]], tuple[Found, ...]] = {}
    for number, (start, side) in enumerate(changes):
        reached[side] += 1
        if number + 1 < len(changes) and changes[number + 1][0] == start:
            continue  # both change here
        pair = sides[0].found[reached[0]], sides[1].found[reached[1]]
        if pair not in unions:
            unions[pair] = _union(*pair)
        if unions[pair] != found[-1]:
            starts.append(start)
            found.append(unions[pair])
    return _Map(tuple(starts), tuple(found))


def _union(one: Iterable[Found], other: Iterable[Found]) -> tuple[Found, ...]:
    return tuple(sorted({*one, *other}, key=lambda found: (-found.evidence, *map(str, found))))
