"""The key ring: one secret signs, older ones still verify.

Each secret is derived once by itsdangerous, and its HMAC is started once; a tag then costs two copies of a SHA-256
state, half of what `hmac.digest` costs. No state leaves the process: a ring is pickled as its secrets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import FrozenInstanceError
from hashlib import sha256
from typing import final

from itsdangerous import Signer

from lmtrack._checks import exact_bytes, exact_str, plain_bytes, wrong_type

TagMaker = Callable[[bytes], bytes]

TAG_OCTETS = 16  # RFC 2104 section 5: not less than half of the hash, not less than 80 bits

# RFC 2104 section 3 asks for at least the length of the hash and calls anything shorter weak; a random secret of
# 16 bytes has the strength of the tag, so less would be the weakest link.
_SECRET_OCTETS_MIN = 16

# Bytes of a random secret may be anything, but text with a line end in it is a key file that was read as one key. Two
# keys taken for one have killed every link of a sender.
_LINES = re.compile(rb"(?=[^\r\n]*+[\r\n])[\t\r\n -~]++")
_KEY = re.compile(rb"[!-~]++")
_FILE_NAME = re.compile(rb"\.(?:key|keys|pem|txt|env)\Z")  # no spelling of random bytes has a dot

_SALT = b"lmtrack.token.v1"
_BLOCK_OCTETS = 64  # SHA-256's


@final
class Keys:
    """A key ring, made by `make_keys` or `read_keys`; pass it on as it is; its attributes are not public API.

    Two rings with the same secrets in the same order and for the same tenant are equal. The repr shows only how many
    keys a ring has. This class is not a dataclass, because `asdict` on a value that contains a ring would show the
    secrets. A pickle contains the secrets, so guard it as you guard them.
    """

    __slots__ = ("_secrets", "_tenant", "hint", "make_tag", "makers_by_hint")

    _secrets: tuple[bytes, ...]
    _tenant: bytes
    hint: int
    make_tag: TagMaker
    makers_by_hint: dict[int, tuple[TagMaker, ...]]

    def __init__(self, secrets: tuple[bytes, ...], tenant: bytes) -> None:
        makers = [_tag_maker(derive_key(secret, tenant)) for secret in secrets]
        # By hint, newest first: two keys can share one (1 in 256), and then both are tried.
        by_hint: dict[int, tuple[TagMaker, ...]] = {}
        for make_tag in makers:
            hint = make_tag(b"kid")[0]
            by_hint[hint] = (*by_hint.get(hint, ()), make_tag)
        values = (secrets, tenant, makers[0](b"kid")[0], makers[0], by_hint)
        for name, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError("a key ring cannot be changed; make a new one with make_keys")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError("a key ring cannot be changed; make a new one with make_keys")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Keys):
            return NotImplemented
        return (self._secrets, self._tenant) == (other._secrets, other._tenant)

    def __hash__(self) -> int:
        return hash((self._secrets, self._tenant))

    def __repr__(self) -> str:
        return f"<Keys: 1 current, {len(self._secrets) - 1} previous>"

    def __reduce__(self) -> tuple[type[Keys], tuple[tuple[bytes, ...], bytes]]:
        return Keys, (self._secrets, self._tenant)


def make_keys(current: bytes, previous: Iterable[bytes] = (), *, tenant: bytes = b"") -> Keys:
    """Make the key ring that signs with `current` and verifies with `current` and all of `previous`.

    To rotate, pass a new secret and move the old one to `previous`, newest first. Keep it there for as long as its
    links must keep working: dropping it breaks every link that it signed, for good. A tenant's tokens verify only with
    that tenant's ring, even if the secrets are the same. Make a ring once and keep it.

    Args:
        current: The secret that signs; at least 16 bytes, preferably 32 random ones.
        previous: Secrets that only verify; they cost nothing when reading.
        tenant: Whose tokens these are; empty for none.

    Raises:
        TypeError: A secret or the tenant is not `bytes`.
        ValueError: A secret is shorter than 16 bytes, is in the ring twice, or is text with a line break in it: the
            content of a key file, for which there is `read_keys`.

    >>> make_keys(b"secret of the year 2026", [b"secret of the year 2025"])
    <Keys: 1 current, 1 previous>
    """
    if isinstance(previous, (bytes, str)):
        raise TypeError("previous must be a sequence of bytes, not one secret")
    secrets = tuple([plain_bytes(secret, "a secret") for secret in (current, *previous)])
    if min(map(len, secrets)) < _SECRET_OCTETS_MIN:
        raise ValueError(f"a secret must have at least {_SECRET_OCTETS_MIN} bytes")
    if any(map(_LINES.fullmatch, secrets)):
        raise ValueError("a secret must not contain a line break; read a key file with read_keys")
    tenant = plain_bytes(tenant, "tenant")
    # Compared when derived: HMAC fills a secret up with zero bytes and hashes a long one, so two that look
    # different can be the same key.
    if len({derive_key(secret, tenant) for secret in secrets}) < len(secrets):
        raise ValueError("a secret is in the ring twice")
    return Keys(secrets, tenant)


def read_keys(text: str | bytes, /, *, tenant: bytes = b"") -> Keys:
    r"""Read a key ring from the content of a key file or variable: one key per line; the first signs, all verify.

    A key is the characters of its line, exactly: nothing is decoded. Empty lines are ignored. This is the only format
    that the `lmtrack` command writes and reads.

    Args:
        text: What the file or the variable holds.
        tenant: Whose tokens these are; empty for none.

    Raises:
        TypeError: `text` or `tenant` has the wrong type.
        ValueError: There is no key, one is not printable ASCII without spaces or is a file name, or `make_keys` would
            refuse the ring. The message says which key it is and never shows it.

    >>> read_keys("the-new-key-of-2027\nthe-old-key-of-2026\n")
    <Keys: 1 current, 1 previous>
    """
    if isinstance(text, str):
        raw = exact_str(text).encode(errors="surrogatepass")
    elif isinstance(text, bytes):
        raw = exact_bytes(text)
    else:
        raise wrong_type("text", "a str or bytes", text)
    keys = [line for line in raw.replace(b"\r\n", b"\n").split(b"\n") if line]
    for number, key in enumerate(keys, start=1):
        if not _KEY.fullmatch(key):
            raise ValueError(f"key {number} is not printable ASCII without spaces; lmtrack keys makes one")
        if _FILE_NAME.search(key):
            raise ValueError(f"key {number} looks like a file name; pass what is in the file")
    if not keys:
        raise ValueError("no key in it")
    current, *previous = keys
    return make_keys(current, previous, tenant=tenant)


def derive_key(secret: bytes, tenant: bytes) -> bytes:
    """Derive the signing key from a secret, as itsdangerous does it for our salt and the tenant."""
    salt = _SALT + b"\0" + tenant if tenant else _SALT
    return Signer(secret, salt=salt, key_derivation="hmac", digest_method=sha256).derive_key()


def _tag_maker(key: bytes) -> TagMaker:
    block = key.ljust(_BLOCK_OCTETS, b"\0")  # a derived key has 32 bytes
    copy_inner = sha256(bytes(octet ^ 0x36 for octet in block)).copy  # RFC 2104 section 2: ipad
    copy_outer = sha256(bytes(octet ^ 0x5C for octet in block)).copy  # and opad

    def make_tag(body: bytes) -> bytes:
        inner = copy_inner()
        inner.update(body)
        outer = copy_outer()
        outer.update(inner.digest())
        return outer.digest()[:TAG_OCTETS]

    return make_tag
