from __future__ import annotations

import pickle
from copy import copy, deepcopy
from dataclasses import FrozenInstanceError
from hashlib import sha256
from typing import Any

import pytest

from lmtrack.errors import BadTokenSignature, UnknownKey
from lmtrack.tokens import make_keys, make_open_token, read_open_token
from token_oracle import ID, KEYS, NOW, OLD_SECRET, SECRET, hint_of, refused


def test_previous_keys_read_and_dropped_keys_do_not() -> None:
    old = make_open_token(make_keys(OLD_SECRET), ID, now=NOW)
    rotated = make_keys(SECRET, [OLD_SECRET])
    assert read_open_token(rotated, old, now=NOW).message_id == ID
    assert make_open_token(rotated, ID, now=NOW) == make_open_token(KEYS, ID, now=NOW)
    refused(old, leaf=UnknownKey)


def test_another_tenant_does_not_read() -> None:
    token = make_open_token(make_keys(SECRET, tenant=b"one"), ID, now=NOW)
    for tenant in (b"", b"two", b"one\0", b"\0one"):
        with pytest.raises((UnknownKey, BadTokenSignature)):
            read_open_token(make_keys(SECRET, tenant=tenant), token, now=NOW)


def colliding_secrets(count: int) -> list[bytes]:
    """Secrets whose derived keys have the hint of `SECRET`."""
    candidates = (b"colliding secret number %d" % number for number in range(100_000))
    return [secret for secret, _ in zip((s for s in candidates if hint_of(s) == hint_of()), range(count), strict=False)]


def test_keys_with_one_hint_all_read() -> None:
    secrets = colliding_secrets(2)
    ring = make_keys(SECRET, secrets)
    for secret in (SECRET, *secrets):
        assert read_open_token(ring, make_open_token(make_keys(secret), ID, now=NOW), now=NOW).message_id == ID
    refused(make_open_token(make_keys(secrets[0]), ID, now=NOW), leaf=BadTokenSignature)


def test_newest_of_the_keys_with_one_hint_is_tried_first() -> None:
    ring = make_keys(SECRET, colliding_secrets(2))
    assert ring.makers_by_hint[hint_of()][0](b"body") == KEYS.make_tag(b"body")


def test_keys_show_no_secret() -> None:
    keys = make_keys(SECRET, [OLD_SECRET], tenant=b"tenant-7")
    assert repr(keys) == str(keys) == "<Keys: 1 current, 1 previous>"


def test_keys_are_equal_by_their_secrets_and_tenant() -> None:
    keys = make_keys(SECRET, [OLD_SECRET], tenant=b"t")
    assert keys == make_keys(SECRET, (OLD_SECRET,), tenant=b"t")
    assert hash(keys) == hash(make_keys(SECRET, [OLD_SECRET], tenant=b"t"))
    assert keys != make_keys(OLD_SECRET, [SECRET], tenant=b"t")
    assert keys != make_keys(SECRET, [OLD_SECRET])
    assert keys != make_keys(SECRET, tenant=b"t")
    assert len({hash(make_keys(SECRET, tenant=b"%d" % number)) for number in range(9)}) > 1


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_keys_survive_pickling_and_copying(protocol: int) -> None:
    keys = make_keys(SECRET, [OLD_SECRET], tenant=b"t")
    for again in (pickle.loads(pickle.dumps(keys, protocol)), copy(keys), deepcopy(keys)):  # noqa: S301 - our own bytes
        assert again == keys
        assert make_open_token(again, ID, now=NOW) == make_open_token(keys, ID, now=NOW)


def test_keys_are_frozen() -> None:
    rule = r"^a key ring cannot be changed; make a new one with make_keys$"
    with pytest.raises(FrozenInstanceError, match=rule):
        KEYS.hint = 0
    with pytest.raises(FrozenInstanceError, match=rule):
        del KEYS.hint


def test_short_secrets_are_value_errors() -> None:
    make_keys(b"x" * 16)
    with pytest.raises(ValueError, match="16"):
        make_keys(b"x" * 15)
    with pytest.raises(ValueError, match="16"):
        make_keys(SECRET, [b""])


@pytest.mark.parametrize(
    "previous",
    [
        [SECRET],
        [OLD_SECRET, OLD_SECRET],
        [SECRET + b"\0"],  # HMAC fills a key up with zero bytes: this is the same key
        [b"x" * 65, sha256(b"x" * 65).digest()],  # and hashes a long one
    ],
)
def test_one_secret_twice_is_a_value_error(previous: list[bytes]) -> None:
    with pytest.raises(ValueError, match=r"^a secret is in the ring twice$"):
        make_keys(SECRET, previous)


@pytest.mark.parametrize("secret", ["secret of the year 2026, 32 bytes", None, bytearray(32), 32])
def test_secrets_of_another_type_are_type_errors(secret: Any) -> None:  # noqa: ANN401 - wrong on purpose
    rule = f"must be bytes, not {type(secret).__name__}"
    with pytest.raises(TypeError, match=f"^a secret {rule}"):
        make_keys(secret)
    with pytest.raises(TypeError, match=f"^a secret {rule}"):
        make_keys(SECRET, [secret])
    with pytest.raises(TypeError, match=f"^tenant {rule}"):
        make_keys(SECRET, tenant=secret)


@pytest.mark.parametrize("previous", [OLD_SECRET, "old secret"])
def test_one_previous_secret_that_is_no_sequence_is_a_type_error(previous: Any) -> None:  # noqa: ANN401 - wrong on purpose
    with pytest.raises(TypeError, match=r"^previous must be a sequence of bytes, not one secret$"):
        make_keys(SECRET, previous)
