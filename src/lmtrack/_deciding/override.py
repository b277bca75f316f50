"""One message's own wish, read from a JSON `settings` object or from its headers; what cannot be read is off.

The names and the two flags are Lettermint's (https://lettermint.co/docs/platform/emails/tracking/introduction).
Its pages show only the header value `false`; the other spellings are our choice, because senders write them and each
means one thing. `bool()` would read every one of them as true.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias, TypeGuard

from lmtrack._headers import find_body, iter_fields, unfold
from lmtrack.errors import InvalidOverride

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

Flag: TypeAlias = Literal["opens", "clicks"]

INVALID: Final = "override_invalid"
CONFLICT: Final = "override_conflict"

_SETTINGS: Final[dict[Flag, str]] = {"opens": "track_opens", "clicks": "track_clicks"}
_HEADERS: Final[dict[Flag, str]] = {"opens": "Track-Opens", "clicks": "Track-Clicks"}
_VALUES: Final = {
    "true": True,
    "1": True,
    "yes": True,
    "on": True,
    "false": False,
    "0": False,
    "no": False,
    "off": False,
}
_BLANKS: Final = " \t"  # RFC 5322 section 2.2.2: WSP; a form feed or a no-break space is none
_NAME: Final = re.compile(r"[!-9;-~]++")  # RFC 5322 section 3.6.8: ftext


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One message's wish, per flag; None leaves the answer to the route.

    Attributes:
        track_opens: True, False or None. False too if the wish for opens could not be read.
        track_clicks: The same for clicks.
        problems: What could not be read, as `"<flag>:override_invalid"` or `"<flag>:override_conflict"`, opens first.
            Only `parse_settings` and `parse_headers` find problems. A flag with one is off, whatever else is said.

    Raises:
        TypeError: A flag is no bool and not None.

    Example:
        >>> Override(track_opens=False)
        Override(track_opens=False, track_clicks=None, problems=())
    """

    track_opens: bool | None = None
    track_clicks: bool | None = None
    problems: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        for value, name in ((self.track_opens, "track_opens"), (self.track_clicks, "track_clicks")):
            if value is not None and not isinstance(value, bool):
                raise TypeError(f"{name} must be a bool or None, not {type(value).__name__}; see parse_settings")


def wish_of(override: Override, flag: Flag, /) -> bool | str | None:
    """Give what is said about one flag: the code of its problem, or the wish itself."""
    for code in (INVALID, CONFLICT):
        if f"{flag}:{code}" in override.problems:
            return code
    return override.track_opens if flag == "opens" else override.track_clicks


def make_override(wishes: Mapping[Flag, bool | str | None], /) -> Override:
    """Build an `Override` from what `wish_of` gives for each flag; a problem's code makes that flag False."""
    values = {flag: False if isinstance(wish, str) else wish for flag, wish in wishes.items()}
    override = Override(track_opens=values["opens"], track_clicks=values["clicks"])
    problems = tuple(f"{flag}:{wish}" for flag, wish in wishes.items() if isinstance(wish, str))
    object.__setattr__(override, "problems", problems)  # frozen: this is part of its construction
    return override


def parse_settings(settings: Mapping[str, object] | None, /, *, strict: bool = True) -> Override:
    """Read the JSON `settings` object of one message; None and an empty object are no wish.

    Members are real booleans or null; keys other than `track_opens` and `track_clicks` belong to other features. A
    nested `settings` means that the whole request was handed over, so neither flag can be read.

    Args:
        settings: The object as `json.loads` gives it.
        strict: False turns a flag that cannot be read off and says so in `Override.problems`.

    Raises:
        InvalidOverride: A member is no boolean and no null, `settings` is no mapping, or it holds a `settings` of its
            own (only if `strict`).
        TypeError: `strict` is no bool.

    Example:
        >>> parse_settings({"track_opens": False})
        Override(track_opens=False, track_clicks=None, problems=())
        >>> parse_settings({"track_opens": "false"}, strict=False)
        Override(track_opens=False, track_clicks=None, problems=('opens:override_invalid',))
    """
    _check_strict(strict)
    if settings is None:
        return Override()
    if not isinstance(settings, Mapping):
        return _unreadable("settings", "must be an object or null", strict=strict)
    if "settings" in settings:
        return _unreadable("settings", "holds another settings object; pass the inner one", strict=strict)
    wishes: dict[Flag, bool | str | None] = {}
    for flag, key in _SETTINGS.items():
        value = settings.get(key)
        if value is None or isinstance(value, bool):
            wishes[flag] = value
        elif strict:
            raise InvalidOverride(key, f"must be true, false or null, not {type(value).__name__}")
        else:
            wishes[flag] = INVALID
    return make_override(wishes)


def parse_headers(
    headers: Message[Any, Any] | Iterable[tuple[str, object]] | bytes,  # any header type of any policy
    /,
    *,
    strict: bool = False,
    prefix: str = "X-LM-Override-",
) -> Override:
    r"""Read the override headers of one message, `X-LM-Override-Track-Opens` and `X-LM-Override-Track-Clicks`.

    Names and values are ASCII and case does not matter. `true`, `1`, `yes`, `on` and `false`, `0`, `no`, `off` are
    understood, with blanks and folds around them; all else, an empty value too, is invalid. Repeated headers have to
    agree. A header that mail programs disagree about (`X-LM-Override-Track-Opens : true`) is
    invalid whatever its value. Prefer raw bytes: of such a line the stdlib parser leaves only a defect behind, and a
    `Message` with one is invalid on both flags.

    Args:
        headers: A stdlib message of any policy, pairs of name and value, or a raw message or its header block.
        strict: True raises where False turns the flag off and says so in `Override.problems`.
        prefix: What stands before `Track-Opens` and `Track-Clicks`.

    Raises:
        InvalidOverride: A header is invalid or contradicts another (only if `strict`).
        TypeError: `headers` is something else, for example a str or a dict, or an option has the wrong type.
        ValueError: `prefix` is empty or cannot be part of a header name.

    Example:
        >>> parse_headers(b"Subject: Your code\r\nX-LM-Override-Track-Opens: No\r\n\r\n123456")
        Override(track_opens=False, track_clicks=None, problems=())
    """
    _check_strict(strict)
    _check_prefix(prefix)
    names: dict[str, Flag] = {(prefix + name).lower(): flag for flag, name in _HEADERS.items()}
    if _has_losses(headers):
        return _unreadable(prefix + _HEADERS["opens"], "may be lost: the header block is malformed", strict=strict)
    said: dict[Flag, set[bool | str]] = {flag: set() for flag in _HEADERS}
    for header in _read(headers, prefix):
        for name, flag in names.items():
            written = header.name.lower()
            if written == name and header.certain:
                said[flag].add(_read_value(header.value))
            elif not header.certain and (
                written.startswith(name) or (header.broken and len(written) >= len(prefix) and name.startswith(written))
            ):
                said[flag].add(INVALID)
    wishes: dict[Flag, bool | str | None] = {flag: combine(values) for flag, values in said.items()}
    for flag, wish in wishes.items():
        if strict and isinstance(wish, str):
            problem = "contradicts another one" if wish == CONFLICT else "must be true or false"
            raise InvalidOverride(prefix + _HEADERS[flag], problem)
    return make_override(wishes)


def combine(said: AbstractSet[bool | str], /) -> bool | str | None:
    """Make one wish of several about one flag: a problem wins, a contradiction is a problem, nothing said is None."""
    if INVALID in said:
        return INVALID
    if CONFLICT in said or len(said) > 1:
        return CONFLICT
    return next(iter(said), None)


class _Header(NamedTuple):
    name: str  # ASCII, name characters only
    value: object
    certain: bool
    broken: bool  # a blank ends the name


def _read(headers: object, prefix: str) -> Iterator[_Header]:
    if isinstance(headers, bytes):
        # Most header blocks hold no override at all; this search is a hundred times faster than taking them apart.
        if prefix.lower().encode() in headers[: find_body(headers)[0]].lower():
            for found in iter_fields(headers):
                colon = found.start + len(found.name)
                yield _Header(
                    found.name, found.value, found.certain, broken=headers[colon : colon + 1] in {b" ", b"\t"}
                )
    elif _is_message(headers):
        # Values as they were read or set: `items` decodes encoded words, and what it gives depends on the policy.
        yield from _read_pairs(headers.raw_items())
    elif isinstance(headers, Iterable) and not isinstance(headers, str | bytearray | memoryview | Mapping):
        yield from _read_pairs(headers)
    else:
        raise TypeError(f"headers must be a Message, bytes or pairs of name and value, not {type(headers).__name__}")


def _is_message(headers: object) -> TypeGuard[Message[Any, Any]]:  # any header type of any policy
    from email.message import Message  # noqa: PLC0415 - a third of the time the first decision would take

    return isinstance(headers, Message)


def _has_losses(headers: object) -> bool:
    """Whether the stdlib parser ended the header block early, or dropped a line: an override may be lost."""
    if isinstance(headers, bytes) or not _is_message(headers):
        return False
    from email.errors import (  # noqa: PLC0415 - with the message
        FirstHeaderLineIsContinuationDefect,
        InvalidHeaderDefect,
        MisplacedEnvelopeHeaderDefect,
        MissingHeaderBodySeparatorDefect,
    )

    losses = (
        FirstHeaderLineIsContinuationDefect,
        InvalidHeaderDefect,
        MisplacedEnvelopeHeaderDefect,
        MissingHeaderBodySeparatorDefect,
    )
    return any(isinstance(defect, losses) for defect in headers.defects)


def _read_pairs(pairs: Iterable[object]) -> Iterator[_Header]:
    for pair in pairs:
        if not isinstance(pair, tuple | list) or len(pair) != 2 or not isinstance(pair[0], str):
            raise TypeError("each header must be a tuple of its name, a str, and its value")
        found = _NAME.search(pair[0])  # what surrounds it makes the name malformed, and the header uncertain
        name = found[0] if found else ""
        broken = found is not None and pair[0][found.end() :].startswith((" ", "\t"))
        yield _Header(name, pair[1], certain=name == pair[0], broken=broken)


def _read_value(value: object) -> bool | str:
    if not isinstance(value, str):
        return INVALID
    text = unfold(value).strip(_BLANKS)
    # Beyond ASCII, `lower` turns other letters into ours (U+0130, U+212A).
    return _VALUES.get(text.lower(), INVALID) if text.isascii() else INVALID


def _unreadable(field_name: str, problem: str, *, strict: bool) -> Override:
    if strict:
        raise InvalidOverride(field_name, problem)
    return make_override(dict.fromkeys(_SETTINGS, INVALID))


def _check_strict(strict: object) -> None:
    if not isinstance(strict, bool):
        raise TypeError(f"strict must be a bool, not {type(strict).__name__}")


def _check_prefix(prefix: object) -> None:
    if not isinstance(prefix, str):
        raise TypeError(f"prefix must be a str, not {type(prefix).__name__}")
    if not _NAME.fullmatch(prefix):
        raise ValueError("prefix must be one or more header name characters: printable ASCII, no blank, no colon")
