"""The fields inside a token: its kind, numbers, message ids, destinations. Each value has one packed form.

Whoever reads a body has verified its tag. Still nothing is read that the packing half would not have written, so that
a token has one spelling even for those who hold the key.
"""

from __future__ import annotations

import re
import struct
import zlib
from binascii import unhexlify
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal, NamedTuple
from uuid import UUID

from lmtrack._checks import exact_str, plain_str, wrong_type
from lmtrack._token_values import ClickToken, OpenToken, TrackingMode
from lmtrack._url.destination import LIMIT_OCTETS, check_destination
from lmtrack.errors import MalformedToken, WrongPurpose

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION: Final = 1

Purpose = Literal["open", "click", "withdraw", "unsubscribe"]

HEADER: Final = struct.Struct(">BBI")  # version << 4 | kind, key hint, issued-at

# Looking a member up in its enum costs five times as much as a global.
INDIVIDUAL: Final = TrackingMode.INDIVIDUAL
AGGREGATE: Final = TrackingMode.AGGREGATE


class TokenKind(NamedTuple):
    """What a number in the header means.

    Attributes:
        number: The number, 1 to 15.
        purpose: Which reader takes it.
        mode: The tracking mode. An aggregate kind holds no recipient. A way out is one person's own act.
        inline: Whether it holds the URL of a click.
    """

    number: int
    purpose: Purpose
    mode: TrackingMode
    inline: bool = False


KINDS: Final = {
    kind.number: kind
    for kind in (
        TokenKind(1, "open", INDIVIDUAL),
        TokenKind(2, "click", INDIVIDUAL),
        TokenKind(3, "click", INDIVIDUAL, inline=True),
        TokenKind(4, "withdraw", INDIVIDUAL),
        TokenKind(5, "open", AGGREGATE),
        TokenKind(6, "click", AGGREGATE),
        TokenKind(7, "click", AGGREGATE, inline=True),
        TokenKind(8, "open", TrackingMode.DELIVERABILITY),
        TokenKind(9, "unsubscribe", INDIVIDUAL),
    )
}


# By the first byte of the body.
_OPENS: Final = {VERSION << 4 | kind.number: kind.mode for kind in KINDS.values() if kind.purpose == "open"}
_CLICKS: Final = {VERSION << 4 | kind.number: kind.mode for kind in KINDS.values() if kind.purpose == "click"}
_INLINE: Final = frozenset(VERSION << 4 | kind.number for kind in KINDS.values() if kind.inline)

_unpack_header: Final = HEADER.unpack_from
_from_timestamp: Final = datetime.fromtimestamp
_FIELDS: Final = HEADER.size  # where the fields behind the header begin
# A tuple subclass's own __new__ takes twice as long.
_new_tuple: Final = tuple.__new__

NUMBER_MAX = 65535  # our choice: no message has more recipients or links; three bytes at most

# RFC 9562 section 4, lower case. Possessive, which is a tenth faster; there is nothing to come back to.
_UUID = re.compile(r"[0-9a-f]{8}+-[0-9a-f]{4}+-[0-9a-f]{4}+-[0-9a-f]{4}+-[0-9a-f]{12}+").fullmatch
_UUID_PARTS = struct.Struct("4s6s6s").unpack  # the outer groups, and the three of four digits
_PLAIN_ID = re.compile(r"[!-?A-~]{1,64}").fullmatch  # printable ASCII but `@`
_UUID_OCTETS = 16
_NO_UUID = b"\x80"  # stands before another id of 16 characters; no character of an id

_DEFLATED = b"\0"  # stands before a deflated destination; no URL begins with it
_DEFLATE_GAIN_MIN = 16  # bytes; a smaller gain is not worth the reader's time

# Our choice. Deflating takes longer than all the rest of making a token. Of 6,660 distinct URLs below 96 bytes
# in the mail corpus 34 would gain, 20 bytes each; from here on it is every sixth, from 112 bytes four in five.
_DEFLATE_FROM_OCTETS = 96

# zlib: a window of 4,096 bytes reaches back over the longest URL, and 2,048 symbols fit a block. The output is that
# of the default window; its 256 KB of memory cost more than the work.
_WINDOW_BITS = 12
_MEMORY_LEVEL = 5
ONE_OCTET = tuple(bytes((value,)) for value in range(0x80))


def pack_number(value: int, name: str) -> bytes:
    """Pack 0 to 65,535 as a little-endian base-128 number (LEB128) of as few bytes as it takes.

    Raises:
        TypeError: `value` is not an `int`.
        ValueError: `value` is out of range.
    """
    if type(value) is int and 0 <= value < 0x80:
        return ONE_OCTET[value]
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} must be an int, not {type(value).__name__}")
    if not 0 <= value <= NUMBER_MAX:
        raise ValueError(f"{name} must be 0 to {NUMBER_MAX}")
    if value < 0x80:  # an IntEnum, say
        return ONE_OCTET[value]
    if value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    return bytes((value & 0x7F | 0x80, value >> 7 & 0x7F | 0x80, value >> 14))


def pack_numbers(first: int, count: int, /) -> list[bytes]:
    """Pack a range of numbers, of which each is one that `pack_number` takes."""
    small = ONE_OCTET[first : first + count]
    return [*small, *(pack_number(number, "a number") for number in range(first + len(small), first + count))]


def unpack_number(body: bytes, position: int) -> tuple[int, int]:
    """Return the number that begins at `position`, and the position after it.

    Raises:
        MalformedToken: It is cut off, too great, or longer than it need be.
    """
    if position < len(body) and body[position] < 0x80:
        return body[position], position + 1
    value = 0
    for size, octet in enumerate(body[position : position + 3]):
        value |= (octet & 0x7F) << 7 * size
        if octet < 0x80:
            if value > NUMBER_MAX or octet == 0:
                break
            return value, position + size + 1
    raise MalformedToken


def pack_id(message_id: str | UUID, name: str = "message_id") -> bytes:
    """Pack a message id: the 16 bytes of a UUID, else its characters; `name` is for errors.

    Raises:
        TypeError: It is neither `str` nor `uuid.UUID`.
        ValueError: It is not 1 to 64 characters U+0021 to U+007E without `@` and `%40`.
    """
    if type(message_id) is not str:
        if isinstance(message_id, UUID):
            return message_id.bytes
        if not isinstance(message_id, str):
            raise wrong_type(name, "a str or a uuid.UUID", message_id)
        message_id = exact_str(message_id)
    if _UUID(message_id):
        return unhexlify(message_id.replace("-", ""))
    # An address in a URL's spelling is one as well; readers take it, because early releases signed it.
    if not _PLAIN_ID(message_id) or "%40" in message_id:
        rule = "must be 1 to 64 printable ASCII characters without spaces and without @"
        hint = ": your own id for the message, not its Message-ID header" if message_id.startswith("<") else ""
        raise ValueError(f"{name} {rule}{hint}")
    field = message_id.encode()
    return _NO_UUID + field if len(field) == _UUID_OCTETS else field


def unpack_id(field: bytes) -> str:
    """Return the message id of its packed form; a UUID in its canonical lower-case text.

    Raises:
        MalformedToken: `pack_id` returns this for no id.
    """
    if len(field) == _UUID_OCTETS:
        first, middle, last = _UUID_PARTS(field)
        return f"{first.hex()}-{middle.hex('-', 2)}-{last.hex()}"
    if len(field) == _UUID_OCTETS + 1 and field.startswith(_NO_UUID):
        field = field[1:]
    text = field.decode("latin-1")
    if not _PLAIN_ID(text) or _UUID(text):  # a UUID in letters would be its second spelling
        raise MalformedToken
    return text


def pack_url(url: str, *, deflate: bool = True) -> bytes:
    """Pack a destination: UTF-8 as it is, or deflated where that is allowed and saves at least 16 bytes.

    Aggregate tokens are not deflated: two hosts of a fleet must make the same token for a campaign, and zlib and
    zlib-ng deflate 56 of 1,000 long URLs differently.

    Raises:
        BadDestination: A click may not go there.
        TypeError: `url` is not a `str`.
    """
    url = plain_str(url, "a URL")
    check_destination(url)
    return pack_checked_url(url, deflate=deflate)


def pack_checked_url(url: str, /, *, deflate: bool) -> bytes:
    """Pack a destination that has been checked, as `pack_url` does."""
    plain = url.encode()
    return _deflated(plain) if deflate and len(plain) >= _DEFLATE_FROM_OCTETS else plain


def pack_checked_urls(urls: Iterable[str], /) -> list[bytes]:
    """Pack many destinations that have been checked, each deflated if that saves enough."""
    return [plain if len(plain) < _DEFLATE_FROM_OCTETS else _deflated(plain) for plain in map(str.encode, urls)]


def _deflated(plain: bytes, /) -> bytes:
    """Deflate a destination if that saves enough."""
    deflater = zlib.compressobj(zlib.Z_BEST_COMPRESSION, zlib.DEFLATED, -_WINDOW_BITS, _MEMORY_LEVEL)
    packed = _DEFLATED + deflater.compress(plain) + deflater.flush()
    return packed if len(packed) <= len(plain) - _DEFLATE_GAIN_MIN else plain


def unpack_url(field: bytes) -> str:
    """Return the destination of its packed form, by the same rules as when it was signed.

    Raises:
        BadDestination: A click may not go there.
        MalformedToken: The field is not UTF-8, or not what deflating a destination gives.
    """
    if field.startswith(_DEFLATED):
        plain = _inflate(field[1:])
        # zlib builds deflate differently, so packing again and comparing would refuse tokens of another build.
        if len(field) > len(plain) - _DEFLATE_GAIN_MIN:
            raise MalformedToken
        field = plain
    try:
        url = field.decode()
    except UnicodeDecodeError:
        raise MalformedToken from None
    check_destination(url)
    return url


def _inflate(packed: bytes) -> bytes:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = inflater.decompress(packed, LIMIT_OCTETS + 1)
    except zlib.error:
        raise MalformedToken from None
    # `eof` is true only when the last block ended within the limit; then nothing may follow it.
    if not inflater.eof or inflater.unused_data:
        raise MalformedToken
    return plain


def unpack_open(body: bytes, /) -> OpenToken:
    """Read the body of an open token.

    Raises:
        MalformedToken: A field is not as the packing half writes it.
        WrongPurpose: The token was made for another purpose.
    """
    first, _, seconds = _unpack_header(body)
    mode = _OPENS.get(first)
    if mode is None:
        raise WrongPurpose(first & 0xF)
    recipient, position = (0, _FIELDS) if mode is AGGREGATE else unpack_number(body, _FIELDS)
    issued_at = _from_timestamp(seconds, UTC)
    return _new_tuple(OpenToken, (unpack_id(body[position:]), recipient, mode, issued_at))


def unpack_click(body: bytes, /) -> ClickToken:
    """Read the body of a click token; its URL is checked by the destination rules again.

    Raises:
        BadDestination: The URL was signed under rules that no longer apply.
        MalformedToken: A field is not as the packing half writes it.
        WrongPurpose: The token was made for another purpose.
    """
    first, _, seconds = _unpack_header(body)
    mode = _CLICKS.get(first)
    if mode is None:
        raise WrongPurpose(first & 0xF)
    recipient, position = (0, _FIELDS) if mode is AGGREGATE else unpack_number(body, _FIELDS)
    link_index, position = unpack_number(body, position)
    url = None
    if first in _INLINE:
        size, position = unpack_number(body, position)
        end = position + size
        if end > len(body):
            raise MalformedToken
        url = unpack_url(body[end:])
        body = body[:end]
    issued_at = _from_timestamp(seconds, UTC)
    return _new_tuple(ClickToken, (unpack_id(body[position:]), recipient, mode, issued_at, link_index, url))


def unpack_way_out(body: bytes, purpose: Purpose, /) -> tuple[str, int, datetime]:
    """Read the body of a withdraw or unsubscribe token: its message id, recipient and issue time.

    Raises:
        MalformedToken: A field is not as the packing half writes it.
        WrongPurpose: The token was made for another purpose.
    """
    first, _, seconds = _unpack_header(body)
    kind = KINDS.get(first & 0xF)
    if kind is None or kind.purpose != purpose:
        raise WrongPurpose(first & 0xF)
    recipient, position = unpack_number(body, _FIELDS)
    return unpack_id(body[position:]), recipient, _from_timestamp(seconds, UTC)
