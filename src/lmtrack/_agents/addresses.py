"""IP addresses as requests carry them: read, shortened, or replaced by a key; None for a text that is not one.

They are read here rather than by `socket`, whose answers differ: WebAssembly builds of Python know no IPv6, PyPy stops
at a NUL, and C libraries disagree about leading zeros. `ipaddress` agrees with this module and takes several times as
long. Some IPv6 addresses only wrap an IPv4 address. They are unwrapped first, so that one client has one address
whatever the server or the load balancer makes of it.
"""

from __future__ import annotations

import hmac
import re
from datetime import date, datetime
from typing import Final

from lmtrack._checks import plain_bytes, plain_str, plain_str_or_none

# A list names these networks by the same rule, see `networks`.
IPV4_IN_IPV6: Final = frozenset(
    {
        bytes.fromhex("0000 0000 0000 0000 0000 ffff"),  # IPv4-mapped, RFC 4291 section 2.5.5.2
        bytes.fromhex("0064 ff9b 0000 0000 0000 0000"),  # through a translator, RFC 6052 section 2.1
    }
)
# 6to4 writes the whole IPv4 address into the first 48 bits (RFC 3056 section 2): a truncated one would hold all of it.
_6TO4: Final = bytes.fromhex("2002")

# RFC 6943 section 3.1.1, strict form: no leading zero, which some programs read as octal.
_DECIMAL: Final = {str(value): value for value in range(256)}
# RFC 4291 section 2.2, with nothing left out. Linear: each piece ends at a colon, which it cannot take.
_GROUPS: Final = re.compile(":".join([r"[0-9A-Fa-f]{1,4}"] * 8)).fullmatch
_COLUMNS: Final = "%4s" * 8

_SALT: Final = b"lmtrack.client.v1\0"  # no other use of the same secret authenticates a text that starts so
_SECRET_OCTETS_MIN: Final = 16  # as for the keys of tokens
_KEY_OCTETS: Final = 16  # 2 ** 64 clients a day until two of them are likely to share one


def pack_address(ip: str, /) -> bytes | None:
    """Return the 4 bytes of an IPv4 address or the 16 of an IPv6 address; None for anything else.

    A zone id (`fe80::1%eth0`) is dropped.

    Raises:
        TypeError: `ip` is not a `str`.
    """
    ip = plain_str(ip, "ip")
    if ":" not in ip:
        return read_ipv4(ip)
    if "%" in ip:
        ip, _, zone = ip.partition("%")
        if not zone or "%" in zone or "/" in zone:
            return None
    packed = read_ipv6(ip)
    # Both networks begin with a zero byte, and hardly any other address does.
    if packed is None or packed[0] or packed[:12] not in IPV4_IN_IPV6:
        return packed
    return packed[12:]


def read_ipv4(text: str, /) -> bytes | None:
    """Return the 4 bytes of an IPv4 address; None for anything else, leading zeros included."""
    try:
        first, second, third, fourth = text.split(".", 4)
        return bytes((_DECIMAL[first], _DECIMAL[second], _DECIMAL[third], _DECIMAL[fourth]))
    except (ValueError, KeyError):  # not four parts; not a number
        return None


def read_ipv6(text: str, /) -> bytes | None:
    """Return the 16 bytes of an IPv6 address without a zone id; None for anything else."""
    if "." in text:  # section 2.2, third form: the last two groups as an IPv4 address
        text, _, dotted = text.rpartition(":")
        low = read_ipv4(dotted)
        if low is None:
            return None
        text = f"{text}:{low[:2].hex()}:{low[2:].hex()}"
    head, gap, tail = text.partition("::")
    if gap:  # second form: it stands for as many zeros as there is room for, and for one at least
        missing = 8 - (head.count(":") + 1 if head else 0) - (tail.count(":") + 1 if tail else 0)
        if missing < 1:
            return None
        text = f"{head}:{'0:' * missing}{tail}" if head else f"{'0:' * missing}{tail}"
        text = text if tail else text[:-1]
    if _GROUPS(text) is None:
        return None
    return bytes.fromhex((_COLUMNS % tuple(text.split(":"))).replace(" ", "0"))


def truncate_ip(ip: str, /, *, v4: int = 24, v6: int = 48) -> str | None:
    """Keep the first bits of an IP address and set the rest to zero; None if it is not an IP address.

    An IPv4 address in an IPv6 address (mapped, NAT64 or 6to4) is shortened as the IPv4 address that it is, and a zone
    id is dropped. An address with a port, in brackets or with leading zeros is not accepted.

    Args:
        ip: The address.
        v4: How many bits of an IPv4 address stay, 0 to 32.
        v6: How many bits of an IPv6 address stay, 0 to 128; a household often has a /48 to itself.

    Raises:
        TypeError: `ip` is not a `str`, or a number of bits is not an `int`.
        ValueError: A number of bits is out of range.

    Example:
        >>> truncate_ip("198.51.100.7")
        '198.51.100.0'
        >>> truncate_ip("2001:db8:1:2::3")
        '2001:db8:1::'
    """
    for name, bits, limit in (("v4", v4, 32), ("v6", v6, 128)):
        if type(bits) is not int:
            raise TypeError(f"{name} must be an int, not {type(bits).__name__}")
        if not 0 <= bits <= limit:
            raise ValueError(f"{name} must be 0 to {limit}")
    from ipaddress import ip_address  # noqa: PLC0415 - to write the text only, and a fifth of the classifier's import

    packed = pack_address(ip)
    if packed is None:
        return None
    if len(packed) == 16 and packed.startswith(_6TO4):
        packed = packed[2:6]
    dropped = len(packed) * 8 - (v4 if len(packed) == 4 else v6)
    kept = int.from_bytes(packed, "big") >> dropped << dropped
    return str(ip_address(kept.to_bytes(len(packed), "big")))


def client_key(ip: str, user_agent: str | None, /, *, secret: bytes, day: date) -> str:
    """Return a key that stands for one IP address and agent on one day, so that the address need not be kept.

    The key is the same for one client on one day, however its address is written; keys of different days or secrets
    cannot be connected. A key is the first half of an HMAC-SHA256, in hexadecimal: whoever has the secret can try all
    addresses, so delete the secret when the days it was used for are over, or pass a fresh one each day.

    Args:
        ip: The address; any other text is used as it is.
        user_agent: The User-Agent header; None is the same as an empty one.
        secret: At least 16 bytes. The secret that signs tokens may be used, because different keys are derived from it.
        day: The day that the key is for, in a time zone of your choice.

    Raises:
        TypeError: An argument has the wrong type; a `datetime` is not a day.
        ValueError: The secret is shorter than 16 bytes.

    Example:
        >>> client_key("198.51.100.7", "Mozilla/5.0", secret=b"an example secret", day=date(2026, 8, 1))
        '3a1ad0f93f7470807277064af95ab094'
    """
    ip, user_agent = plain_str(ip, "ip"), plain_str_or_none(user_agent, "user_agent")
    secret = plain_bytes(secret, "secret")
    packed = pack_address(ip)
    if len(secret) < _SECRET_OCTETS_MIN:
        raise ValueError(f"secret must have at least {_SECRET_OCTETS_MIN} bytes")
    if not isinstance(day, date) or isinstance(day, datetime):
        raise TypeError(f"day must be a date, not {type(day).__name__}")
    address = ip.encode("utf-8", "surrogatepass") if packed is None else packed
    agent = (user_agent or "").encode("utf-8", "surrogatepass")
    # Lengths make the parts unmistakable; 0 marks what is not an address, which could have 4 bytes too.
    shape = bytes((0 if packed is None else len(packed),)) + len(address).to_bytes(8, "big")
    body = _SALT + day.isoformat().encode() + shape + address + agent
    return hmac.digest(secret, body, "sha256")[:_KEY_OCTETS].hex()
