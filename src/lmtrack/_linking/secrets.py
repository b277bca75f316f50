"""Decide whether a URL contains a secret, which must not be copied into a token: anyone who has a token can read it.

A bearer secret (whoever has the link has the account), or a person: an address, a name, a phone number, a date of
birth. Each rule is a shape or a table; `tests/secret_urls.py` has the links of some 30 packages, as those
packages write them.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from lmtrack._linking.words import (
    PERSON_ADDRESSES,
    PERSON_BIRTHS,
    PERSON_NAMES,
    PERSON_NUMBERS,
    PERSON_PHONES,
    SECRET_ACTIONS,
    SECRET_ALWAYS,
    SECRET_CODE_SEGMENTS,
    SECRET_COMMANDS,
    SECRET_EXPIRIES,
    SECRET_LONG_ENDS,
    SECRET_MAYBE,
    SECRET_NOUNS,
    SECRET_PAGES,
    SECRET_SEGMENT_ENDS,
    SECRET_SEGMENTS,
    SECRET_SEGMENTS_ALONE,
    SECRET_SEGMENTS_SPLIT,
    SECRET_WORDS,
)
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable

# An email address in a decoded URL. Begun at the `@`, so that a long local part costs nothing. A profile (`/@name`)
# and a picture for fine screens (`logo@2x.png`) are not.
MAIL_ADDRESS: Final = re.compile(r"(?<=[\w+~-])@(?![1-9]x\.)(?:[\w-]++\.)+[^\W\d_]{2}")
# Base64 of printable ASCII, three signs at a time: of four characters the first is I to f, and the second has one of
# these, as bytes below 0x80 and above 0x1F make it. Random text passes this once in some ten thousand times.
_BASE64_TEXT: Final = compile_pattern(
    r"(?<![A-Za-z0-9+_-]) (?: [I-Za-f][C-HS-Xi-ny-z0-3][A-Za-z0-9+/_-]{2} ){3}+ [A-Za-z0-9+/_-]*+", re.VERBOSE
)

# Signed values, wherever they stand, whatever they are called.
_SIGNED: Final = compile_pattern(
    r"""
    # JSON Web Token, signed, unsigned or encrypted: RFC 7519 section 3; a header is a JSON object, so it begins so.
      eyJ[A-Za-z0-9_-]{8,}+ \. [A-Za-z0-9_-]*+ \. [A-Za-z0-9_-]*+
    # PASETO, versions 1 to 4.
    | (?<![A-Za-z0-9]) v[1-4]\.(?:local|public)\. [A-Za-z0-9_-]{32}
    # Fernet: version 0x80 and the leading zeros of a time.
    | gAAAAA[A-Za-z0-9_-]{60}
    # Stripe's invoices, portals and checkouts, and keys like its own.
    | (?<![A-Za-z0-9]) live_ [A-Za-z0-9]{20}
    # Rails' MessageVerifier, signed_id and message encryptor: base64, two dashes, a digest in hexadecimal or a tag.
    | [A-Za-z0-9+/_=-]{16} -- (?: [0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128} ) (?![A-Za-z0-9])
    # django.core.signing: value, time in base 62, signature of SHA-256 (or SHA-1, before Django 3.1).
    | (?: : [A-Za-z0-9]{6} )? : (?: [A-Za-z0-9_-]{43} | [A-Za-z0-9_-]{27} ) (?![A-Za-z0-9_-])
    # itsdangerous: payload, time (of four bytes till 2106), signature of SHA-1, SHA-256 or SHA-512.
    | [A-Za-z0-9_-] \. [A-Za-z0-9_-]{6} \.
      (?: [A-Za-z0-9_-]{27} | [A-Za-z0-9_-]{43} | [A-Za-z0-9_-]{86} ) (?![A-Za-z0-9_.-])
    | (?<![A-Za-z0-9_.-]) (?: Im|Ik|Il|In|eyJ|W|[MN][A-D] ) [A-Za-z0-9_-]++ \.
      (?: [A-Za-z0-9_-]{27} | [A-Za-z0-9_-]{43} | [A-Za-z0-9_-]{86} ) (?![A-Za-z0-9_.-])
    """,
    re.VERBOSE,
)

# Akamai sets the parts of its tokens apart by `~`.
_PARAMETER: Final = re.compile(r"[?&;#~]([^?&;#~=]*+)=([^?&;#~]*+)")
_NAME_SEPARATORS: Final = re.compile(r"[^a-z0-9]+")
_SECRET_ENDS: Final = tuple(sorted(SECRET_NOUNS))
_ALWAYS_SECRET: Final = tuple(sorted(SECRET_ALWAYS))
_LONG_ENDS: Final = tuple(sorted(SECRET_LONG_ENDS))
_LONGEST_WORD: Final = max(map(len, SECRET_WORDS))
_LONGEST_NAME: Final = 128  # our choice: no program calls a parameter anything longer, and taking names apart is slow

_ENDING_LONG: Final = 7  # letters of a word that may end a longer name (`user[last_name]`); `pref_name` is not `fname`
_PHONE: Final = re.compile(r"(?:[0-9][^0-9A-Za-z]*+){6}")
_PERSON_NUMBER: Final = 6  # digits; our choice: fewer are a year or a model
_TWO_NAMES: Final = re.compile(r"[^\W\d_a-z][^\W\d_]+(?:[ +'-]+[^\W\d_a-z][^\W\d_]+)+")

# A segment says what is behind it in one of its words; `passwordReset` is two.
_SEGMENT_WORDS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SEGMENT_STARTS: Final = tuple(sorted(SECRET_SEGMENTS - SECRET_SEGMENTS_ALONE))
_SPLIT_STARTS: Final = tuple(sorted(SECRET_SEGMENTS_SPLIT))
_SEGMENT_ENDS: Final = tuple(sorted(SECRET_SEGMENT_ENDS))
_SHORTEST_SECRET: Final = 15  # Moodle's and LimeSurvey's; most have more
_LONG: Final = compile_pattern(rf"[A-Za-z0-9._~:=+-]{{{_SHORTEST_SECRET},}}+")
_DATE: Final = re.compile(r"(?<![0-9])(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9](?![0-9])")  # of a release, say
_PIECES: Final = re.compile(r"[A-Za-z0-9]++")
_FEW_CHANGES: Final = 3
# What says where a reader came from: Google's, Meta's, Microsoft's and Mailchimp's marks are random, and no secrets.
_COUNTS: Final = re.compile(r"utm_|(?:g|fb|ms|dc|tw|yc)clid\Z|[gw]braid\Z|mc_[ce]id\Z|_hs|_ga|click", re.IGNORECASE)
# A fragment stays in the browser, so a random one is a key: of 128 or 256 bits, in base64 (MEGA, Send, Bitwarden) or
# base58 (PrivateBin).
_FRAGMENT_KEY: Final = compile_pattern(r"[\#/!] ([A-Za-z0-9_-]{22} (?:[A-Za-z0-9_-]{21,22})?+ ) =?+ \Z", re.VERBOSE)
_CHUNKS: Final = re.compile(r"[0-9]+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


def is_sensitive(url: str, /) -> bool:
    """Return whether a URL holds a secret or a person's data.

    >>> is_sensitive("https://shop.example/reset/Zk3x9Qp2Lm8w7RtV"), is_sensitive("https://shop.example/?code=SUMMER25")
    (True, False)
    """
    # Twice, because a URL inside a parameter of a redirect is encoded twice.
    text = decoded(decoded(url))
    if ("@" in text and MAIL_ADDRESS.search(text)) or _SIGNED.search(text):
        return True
    if "=" in url:
        pairs = _PARAMETER.findall(url)
        if text != url:
            pairs += [(decoded(name), decoded(value)) for name, value in pairs]
            pairs += _PARAMETER.findall(text)
        pairs = list(dict.fromkeys(pairs))
        if any(is_sensitive_parameter(name, value) for name, value in pairs) or _holds_secret_value(text, pairs):
            return True
    if "#" in text and _is_fragment_a_key(text.partition("#")[2]):
        return True
    return _holds_secret_segment(text) or any(map(_is_address_inside, _BASE64_TEXT.findall(text)))


def is_sensitive_parameter(name: str, value: str, /) -> bool:
    """Return whether a parameter holds a secret or tells of a person.

    >>> is_sensitive_parameter("code", "SplxlOBeZQQYbYS6"), is_sensitive_parameter("phone", "android")
    (True, False)
    """
    return is_secret_parameter(name, value) or is_personal_parameter(name, value)


def is_secret_parameter(name: str, value: str, /) -> bool:
    """Return whether a parameter holds a secret: its name ends in a clear noun, or is made of the tables' words.

    A noun that means other things, too, and stands alone needs a value that looks random.
    """
    plain = _plain_name(name)
    if plain.endswith(_ALWAYS_SECRET):
        return True
    if not plain.endswith(_SECRET_ENDS) or len(plain) > _LONGEST_NAME:
        return False
    if plain in SECRET_MAYBE:
        return looks_random(value)
    reached = [0]  # where a word may begin
    for end in range(len(plain)):
        if any(plain[start:end] in SECRET_WORDS for start in reached[-_LONGEST_WORD:]):
            reached.append(end)
    return any(plain[start:] in SECRET_NOUNS for start in reached[-_LONGEST_WORD:])


def is_personal_parameter(name: str, value: str, /) -> bool:
    """Return whether a parameter says what a person is called, was born, lives, is rung up on or is counted as."""
    plain = _plain_name(name)
    if plain in PERSON_NAMES or plain.endswith(_NAME_ENDS):
        return any(map(str.isalpha, value))
    if plain in PERSON_PHONES or plain.endswith(_PHONE_ENDS):
        return _PHONE.search(value) is not None
    if plain in PERSON_BIRTHS or plain.endswith(_BIRTH_ENDS):
        return sum(map(str.isdigit, value)) >= 4
    if plain in PERSON_NUMBERS:
        return sum(map(str.isdigit, value)) >= _PERSON_NUMBER
    if plain in PERSON_ADDRESSES:
        return any(map(str.isdigit, value)) and any(map(str.isalpha, value))
    return plain == "name" and _TWO_NAMES.fullmatch(value) is not None


_NAME_ENDS, _PHONE_ENDS, _BIRTH_ENDS = (
    tuple(sorted(word for word in words if len(word) >= _ENDING_LONG))
    for words in (PERSON_NAMES, PERSON_PHONES, PERSON_BIRTHS)
)


def is_sensitive_name(name: str, /) -> bool:
    """Return whether a merge field of this name fills a URL with a secret or with what identifies a person.

    >>> is_sensitive_name("reset_link"), is_sensitive_name("first_name"), is_sensitive_name("order_id")
    (True, True, False)
    """
    return _plain_name(name) in _PERSONAL_FIELDS or _is_name_sensitive(name)


def may_be_sensitive(name: str, /) -> bool:
    """Return whether a parameter of this name is sensitive with some value, or makes another one so.

    >>> may_be_sensitive("code"), may_be_sensitive("utm_source")
    (True, False)
    """
    plain = _plain_name(name)
    return plain in SECRET_EXPIRIES or plain.endswith(_LONG_ENDS) or _is_name_sensitive(name)


def _is_name_sensitive(name: str, /) -> bool:
    plain = _plain_name(name)
    if plain in _PERSON_WHOLE or plain.endswith(_PERSON_ENDS):
        return True
    return is_secret_parameter(name, _RANDOM_VALUE) or _says_secret(name)


_PERSON_WHOLE: Final = PERSON_NAMES | PERSON_PHONES | PERSON_BIRTHS | PERSON_NUMBERS | PERSON_ADDRESSES | {"name"}
_PERSON_ENDS: Final = _NAME_ENDS + _PHONE_ENDS + _BIRTH_ENDS
_PERSONAL_FIELDS: Final = frozenset(("email", "emailaddress", "mail", "recipient", "recipientemail", "useremail"))
_RANDOM_VALUE: Final = "3f2504e04f8911d39a0c"


def looks_random(text: str, /) -> bool:
    """Return whether a value looks random: it changes between digits, capitals and small letters all the time.

    Words, dates and names of sales do not: "SUMMER25" changes once. Six digits in a row are a one-time code.

    >>> looks_random("8F3K2LQ9"), looks_random("SUMMER25"), looks_random("sort-by-price-2026")
    (True, False, False)
    """
    return _is_random(text, length=5, digits=6)


def _is_random(text: str, /, *, length: int, digits: int) -> bool:
    """Return whether a text changes often enough for its length, or holds a long number or one huge word."""
    pieces = [_CHUNKS.findall(piece) for piece in _PIECES.findall(text)]
    changes = sum(len(chunks) - 1 for chunks in pieces)
    if changes >= _FEW_CHANGES and length * changes >= sum(len(chunk) for chunks in pieces for chunk in chunks):
        return True
    return any(
        len(chunk) >= (digits if chunk[0] <= "9" else 2 * _SHORTEST_SECRET) for chunks in pieces for chunk in chunks
    )


def _plain_name(name: str, /) -> str:
    return _NAME_SEPARATORS.sub("", name.lower()).rstrip("0123456789")


def _holds_secret_segment(text: str, /) -> bool:
    """Return whether a long random segment follows one that says so, in the path or in a fragment (`#/`)."""
    said = before_code = page = False
    before = ""
    for segment in text.split("/")[3:]:
        plain = segment.partition("?")[0]
        word = plain.lower().replace("_", "-")
        if (said and _is_secret_segment(plain)) or (before_code and looks_random(plain)):
            return True
        if page and any(map(str.isalpha, plain)) and _is_secret_segment(plain):
            return True
        if word in SECRET_ACTIONS and _is_secret_segment(before):
            return True
        if _says_secret(plain):
            # In one segment with the word, as Slack writes it, the secret is the last part.
            last = plain.rpartition("-")[2]
            if _is_random(last, length=4, digits=12) and _is_secret_segment(last):
                return True
            said, before_code = True, word in SECRET_CODE_SEGMENTS
        page, before = page or word in SECRET_PAGES, plain
    return False


def _is_fragment_a_key(fragment: str, /) -> bool:
    key = _FRAGMENT_KEY.search(f"#{fragment}")
    return key is not None and _is_random(key[1], length=4, digits=len(key[1]))


def _holds_secret_value(text: str, pairs: Iterable[tuple[str, str]], /) -> bool:
    """Return whether a long random value has a name that says so, or any name behind what says so.

    That is a segment of the path, a parameter that says what to do, or one that says until when the URL works.
    """
    said = any(_announces(name, value) for name, value in pairs)
    return any(
        _is_secret_segment(value)
        and not _COUNTS.match(name)
        and (
            said
            or _says_secret(name)
            or _plain_name(name).endswith(_LONG_ENDS)
            or any(map(_says_secret, _segments_before(text, value)))
        )
        for name, value in pairs
    )


def _announces(name: str, value: str, /) -> bool:
    plain = _plain_name(name)
    if plain in SECRET_EXPIRIES:
        return sum(map(str.isdigit, value)) >= 10  # seconds since 1970, or a date with a time: not a day of a sale
    return plain in SECRET_COMMANDS and _says_secret(value)


def _segments_before(text: str, value: str, /) -> list[str]:
    return [segment.partition("?")[0] for segment in text[: text.rfind(f"={value}")].split("/")[3:]]


def _says_secret(segment: str, /) -> bool:
    segment = segment[:_LONGEST_NAME]
    if not segment.isascii():
        segment = normalize("NFKD", segment).encode("ascii", "ignore").decode()  # without accents
    if segment.lower().replace("_", "-").startswith(_SPLIT_STARTS):
        return True
    for written in _SEGMENT_WORDS.findall(segment):
        word = written.lower()
        if word.startswith(_SEGMENT_STARTS) or word.endswith(_SEGMENT_ENDS) or word in SECRET_SEGMENTS_ALONE:
            return True
    return False


def _is_secret_segment(segment: str, /) -> bool:
    """Return whether a segment has 15 characters that look random, or 15 in a row with a digit among them."""
    return any(
        _is_random(long, length=7, digits=12)
        or any(len(piece) >= _SHORTEST_SECRET and any(map(str.isdigit, piece)) for piece in _PIECES.findall(long))
        for long in _LONG.findall(_DATE.sub("", segment))
    )


def _is_address_inside(text: str, /) -> bool:
    whole = text[:-1] if len(text) % 4 == 1 else text  # one character too many is not a byte
    octets = a2b_base64(whole.replace("-", "+").replace("_", "/") + "=" * (-len(whole) % 4))
    return b"@" in octets and MAIL_ADDRESS.search(octets.decode("latin-1")) is not None


def decoded(text: str, /) -> str:
    """Undo percent escapes; bytes that are not UTF-8 are Latin-1, as old sites write them."""
    if "%" not in text:
        return text
    from urllib.parse import unquote, unquote_to_bytes  # noqa: PLC0415 - 2 ms of every import

    if text.isascii():  # as nearly all are; faster, and the same
        octets = unquote_to_bytes(text)
        try:
            return octets.decode()
        except UnicodeDecodeError:
            return octets.decode("latin-1")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return unquote(text, "latin-1")
