"""A key for DKIM, made here so that none has to be kept."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from random import Random  # noqa: TID251 - seeded, in tests only


@cache
def dkim_key() -> tuple[bytes, bytes]:
    """Return a private RSA key of 1,024 bits (PEM) and the DNS record that publishes it."""
    random = Random(2026)  # noqa: S311 - it signs nothing but tests
    p, q = _prime(random, 512), _prime(random, 512)
    n, e = p * q, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    private = _sequence(*map(_integer, (0, n, e, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))))
    public = _sequence(
        bytes.fromhex("300d06092a864886f70d0101010500"), _der(3, b"\0" + _sequence(_integer(n), _integer(e)))
    )
    pem = b"-----BEGIN RSA PRIVATE KEY-----\n" + b64encode(private) + b"\n-----END RSA PRIVATE KEY-----\n"
    return pem, b"v=DKIM1; k=rsa; p=" + b64encode(public)


def _prime(random: Random, bits: int) -> int:
    while True:
        n = random.getrandbits(bits) | (3 << (bits - 2)) | 1
        if all(n % small for small in (3, 5, 7, 11, 13, 17, 19, 23)) and all(
            pow(a, n - 1, n) == 1 for a in (2, 3, 5, 7)
        ):
            return n


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, size]) + content if size < 128 else bytes([tag, 0x80 | len(octets)]) + octets + content


def _integer(value: int) -> bytes:
    return _der(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _sequence(*members: bytes) -> bytes:
    return _der(0x30, b"".join(members))
