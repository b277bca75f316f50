"""The key ring: one secret signs, older ones still verify.

Each secret is derived once by itsdangerous, and its HMAC is started once; a tag then costs two copies of a SHA-256
state, half of what `hmac.digest` costs. No state leaves the process: a ring is pickled as its secrets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import final

from itsdangerous import Signer

from lmtrack._checks import plain_bytes

TagMaker = Callable[[bytes], bytes]

TAG_OCTETS = 16  # RFC 2104 section 5: not less than half of the hash, not less than 80 bits

# RFC 2104 section 3 asks for at least the length of the hash and calls anything shorter weak; a random secret of
# 16 octets has the strength of the tag, so less would be the weakest link.
_SECRET_OCTETS_MIN = 16

_SALT = b"lmtrack.token.v1"
_BLOCK_OCTETS = 64  # SHA-256's


@final
@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """A key ring, made by `make_keys`; hand it on as it is, its attributes are no public API.

    Two rings of the same secrets in the same order and for the same tenant are equal.
    Its repr shows how many keys it holds. Its pickle holds the secrets: guard it as you guard them.
    """

    _secrets: tuple[bytes, ...]
    _tenant: bytes
    hint: int = field(init=False, compare=False)
    make_tag: TagMaker = field(init=False, compare=False)
    makers_by_hint: dict[int, tuple[TagMaker, ...]] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        makers = [_tag_maker(derive_key(secret, self._tenant)) for secret in self._secrets]
        # By hint, newest first: two keys can share one (1 in 256), and then both are tried.
        by_hint: dict[int, tuple[TagMaker, ...]] = {}
        for make_tag in makers:
            hint = make_tag(b"kid")[0]
            by_hint[hint] = (*by_hint.get(hint, ()), make_tag)
        object.__setattr__(self, "hint", makers[0](b"kid")[0])
        object.__setattr__(self, "make_tag", makers[0])
        object.__setattr__(self, "makers_by_hint", by_hint)

    def __repr__(self) -> str:
        return f"<Keys: 1 current, {len(self._secrets) - 1} previous>"

    def __reduce__(self) -> tuple[type[Keys], tuple[tuple[bytes, ...], bytes]]:
        return Keys, (self._secrets, self._tenant)


def make_keys(current: bytes, previous: Iterable[bytes] = (), *, tenant: bytes = b"") -> Keys:
    """Make the key ring that signs with `current` and verifies with `current` and all of `previous`.

    To rotate, put a new secret in front and move the old one to `previous`, newest first. Keep it there as long as its
    links shall work: dropping it turns every link it signed into a dead one, for good.
    A tenant's tokens verify under that tenant's ring only, with the same secrets. Make a ring once and keep it.

    Args:
        current: The secret that signs; at least 16 octets, better 32 random ones.
        previous: Secrets that only verify; they cost nothing when reading.
        tenant: Whose tokens these are; empty for none.

    Raises:
        TypeError: A secret or the tenant is not `bytes`.
        ValueError: A secret is shorter than 16 octets, or stands there twice.

    >>> make_keys(b"secret of the year 2026", [b"secret of the year 2025"])
    <Keys: 1 current, 1 previous>
    """
    if isinstance(previous, (bytes, str)):
        raise TypeError("previous must be a sequence of bytes, not one secret")
    secrets = tuple([plain_bytes(secret, "a secret") for secret in (current, *previous)])
    if min(map(len, secrets)) < _SECRET_OCTETS_MIN:
        raise ValueError(f"a secret must have at least {_SECRET_OCTETS_MIN} octets")
    tenant = plain_bytes(tenant, "tenant")
    # Compared when derived: HMAC fills a secret up with zero octets and hashes a long one, so two that look
    # different can be the same key.
    if len({derive_key(secret, tenant) for secret in secrets}) < len(secrets):
        raise ValueError("a secret stands in the ring twice")
    return Keys(secrets, tenant)


def derive_key(secret: bytes, tenant: bytes) -> bytes:
    """Derive the signing key from a secret, as itsdangerous does it for our salt and the tenant."""
    salt = _SALT + b"\0" + tenant if tenant else _SALT
    return Signer(secret, salt=salt, key_derivation="hmac", digest_method=sha256).derive_key()


def _tag_maker(key: bytes) -> TagMaker:
    block = key.ljust(_BLOCK_OCTETS, b"\0")  # a derived key has 32 octets
    copy_inner = sha256(bytes(octet ^ 0x36 for octet in block)).copy  # RFC 2104 section 2: ipad
    copy_outer = sha256(bytes(octet ^ 0x5C for octet in block)).copy  # and opad

    def make_tag(body: bytes) -> bytes:
        inner = copy_inner()
        inner.update(body)
        outer = copy_outer()
        outer.update(inner.digest())
        return outer.digest()[:TAG_OCTETS]

    return make_tag
