"""One message's own override, read from a JSON `settings` object or from its headers; what cannot be read is off.

The names and the two flags are Lettermint's (https://lettermint.co/docs/platform/emails/tracking/introduction).
Its pages show only the header value `false`; the other spellings are our choice, because senders write them and each
means one thing. `bool()` would read every one of them as true.

A misspelt name is an override too: someone wrote `track_open` or `Track_Opens` to protect a message. No SDK checks
names at run time, so a near miss turns both flags off and says which name it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set as AbstractSet
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, TypeGuard

from lmtrack._checks import exact_bytes, exact_str, plain_str
from lmtrack._headers import FIELD_NAME, AnyMessage, HeaderField, find_body, iter_fields, unfold
from lmtrack.errors import InvalidOverride

if TYPE_CHECKING:
    from collections.abc import Iterator

Flag: TypeAlias = Literal["opens", "clicks"]
Source: TypeAlias = Literal["settings", "headers"]

INVALID: Final = "override_invalid"
CONFLICT: Final = "override_conflict"

_SETTINGS: Final[dict[Flag, str]] = {"opens": "track_opens", "clicks": "track_clicks"}
_HEADERS: Final[dict[Flag, str]] = {"opens": "Track-Opens", "clicks": "Track-Clicks"}
PREFIX: Final = "X-LM-Override-"  # Lettermint's
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
_KEYS: Final = frozenset((*_SETTINGS.values(), "settings"))
_BLANKS: Final = " \t"  # RFC 5322 section 2.2.2: WSP; a form feed or a no-break space is not one
_NOT_LETTERS: Final = re.compile(r"[^a-z]++")
# What a near miss is: its letters hold the first word and one of the others, or are one of the last.
_TRACK: Final = "track"
_TRACKED: Final = ("open", "click", "link")
_WHOLE: Final = frozenset(("track", "tracking", "opens", "clicks"))
# Our choice: more and longer names tell nobody more, and evidence keeps them.
_UNREAD_LIMIT: Final = 16
_UNREAD_LIMIT_BYTES: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One message's own override of the route, per flag; None leaves the answer to the route.

    Attributes:
        track_opens: True, False or None. False too if the override for opens could not be read.
        track_clicks: The same for clicks.
        problems: What could not be read, as `"<flag>:override_invalid"` or `"<flag>:override_conflict"`, opens first.
            Only `parse_settings` and `parse_headers` find problems. A flag with a problem is off, whatever other
            overrides say.
        unread: The misspelt names among them, each at most 128 bytes; at most 16.
        source: Where it was read from, `"settings"` or `"headers"`, for the evidence; None if it was made in code.

    Raises:
        TypeError: A flag is not a bool and not None.

    Example:
        >>> Override(track_opens=False)
        Override(track_opens=False, track_clicks=None, problems=(), unread=())
    """

    track_opens: bool | None = None
    track_clicks: bool | None = None
    problems: tuple[str, ...] = field(default=(), init=False)
    unread: tuple[str, ...] = field(default=(), init=False)
    source: Source | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for value, name in ((self.track_opens, "track_opens"), (self.track_clicks, "track_clicks")):
            if value is not None and not isinstance(value, bool):
                raise TypeError(f"{name} must be a bool or None, not {type(value).__name__}; see parse_settings")


def answer_of(override: Override, flag: Flag, /) -> bool | str | None:
    """Return what is said about one flag: the code of its problem, or the answer itself."""
    for code in (INVALID, CONFLICT):
        if f"{flag}:{code}" in override.problems:
            return code
    return override.track_opens if flag == "opens" else override.track_clicks


def answers_of(override: Override, /) -> dict[Flag, bool | str | None]:
    """Return what `answer_of` returns, for each flag."""
    return {flag: answer_of(override, flag) for flag in _SETTINGS}


def make_override(
    answers: Mapping[Flag, bool | str | None], /, *, unread: Iterable[str] = (), source: Source | None = None
) -> Override:
    """Build an `Override` from what `answer_of` returns for each flag; a problem's code makes that flag False."""
    values = {flag: False if isinstance(answer, str) else answer for flag, answer in answers.items()}
    override = Override(track_opens=values["opens"], track_clicks=values["clicks"])
    problems = tuple(f"{flag}:{answer}" for flag, answer in answers.items() if isinstance(answer, str))
    for name, value in (("problems", problems), ("unread", tuple(unread)[:_UNREAD_LIMIT]), ("source", source)):
        object.__setattr__(override, name, value)  # frozen: this is part of its construction
    return override


def layer_overrides(*overrides: Override) -> Override:
    """Combine levels, such as account, batch and message: for each flag, the last override that sets it wins.

    Overrides passed to `resolve` side by side must agree; levels need not. A problem on any level is kept, because what
    the unreadable override said cannot be known.

    Raises:
        TypeError: One of them is not an `Override`.

    Example:
        >>> account, message = Override(track_opens=True, track_clicks=True), Override(track_opens=False)
        >>> layer_overrides(account, message)
        Override(track_opens=False, track_clicks=True, problems=(), unread=())
    """
    answers: dict[Flag, bool | str | None] = dict.fromkeys(_SETTINGS)
    unread: dict[str, None] = {}
    sources: set[Source | None] = set()
    for override in overrides:
        if not isinstance(override, Override):
            raise TypeError(f"each level must be an Override, not {type(override).__name__}")
        said = answers_of(override)
        for flag, answer in said.items():
            kept = answers[flag]
            if isinstance(kept, str) or isinstance(answer, str):
                answers[flag] = combine({code for code in (kept, answer) if isinstance(code, str)})
            elif answer is not None:
                answers[flag] = answer
        unread |= dict.fromkeys(override.unread)
        if any(answer is not None for answer in said.values()):
            sources.add(override.source)
    return make_override(answers, unread=unread, source=next(iter(sources)) if len(sources) == 1 else None)


def parse_settings(settings: Mapping[str, object] | None, /, *, strict: bool = True) -> Override:
    """Read the JSON `settings` object of one message; None and an empty object leave everything to the route.

    Members are real booleans or null; keys other than `track_opens` and `track_clicks` belong to other features. A
    misspelt one, such as `track_open`, `trackOpens` or `open_tracking`, is an override that cannot be read. A nested
    `settings` means that the whole request was passed, so neither flag can be read.

    Args:
        settings: The object as `json.loads` returns it.
        strict: False turns a flag that cannot be read off and says so in `Override.problems`; a misspelt name turns
            off both.

    Raises:
        InvalidOverride: A member is neither a boolean nor null, a key is misspelt, `settings` is not a mapping, or it
            holds its own `settings` (only if `strict`). The error names all wrong members at once.
        TypeError: `strict` is not a bool.

    Example:
        >>> parse_settings({"track_opens": False})
        Override(track_opens=False, track_clicks=None, problems=(), unread=())
        >>> parse_settings({"track_open": False}, strict=False).unread
        ('track_open',)
    """
    _check_strict(strict)
    if settings is None:
        return make_override(dict.fromkeys(_SETTINGS), source="settings")
    if not isinstance(settings, Mapping):
        bad = {"settings": "must be an object or null"}
        return _finish(dict.fromkeys(_SETTINGS, INVALID), bad, source="settings", strict=strict)
    bad = {}
    answers: dict[Flag, bool | str | None] = {}
    for flag, key in _SETTINGS.items():
        value = settings.get(key)
        answers[flag] = value if value is None or isinstance(value, bool) else INVALID
        if answers[flag] is INVALID:
            bad[key] = f"must be true, false or null, not {type(value).__name__}"
    if "settings" in settings:
        answers = dict.fromkeys(_SETTINGS, INVALID)
        bad["settings"] = "holds another settings object; pass the inner one"
    keys = (key.decode("latin-1") if isinstance(key, bytes) else key for key in settings if key not in _KEYS)
    misspelt = [key for key in keys if isinstance(key, str) and _is_near_miss(key)]
    return _finish(answers, bad, misspelt, source="settings", strict=strict)


def parse_headers(
    headers: AnyMessage | Mapping[str, object] | Iterable[tuple[str, object]] | bytes,
    /,
    *,
    strict: bool = False,
    prefix: str = PREFIX,
) -> Override:
    r"""Read the override headers of one message, `X-LM-Override-Track-Opens` and `X-LM-Override-Track-Clicks`.

    Names and values are ASCII and case does not matter. `true`, `1`, `yes`, `on` and `false`, `0`, `no`, `off` are
    understood, with whitespace and folds around them; anything else is invalid, including an empty value and a boolean,
    because a header is text. Repeated headers must agree. A misspelt name under the prefix, such as `Track-Open` or
    `Track_Clicks`, turns both flags off. A header that mail clients disagree about (`X-LM-Override-Track-Opens : true`)
    is invalid whatever its value. Prefer raw bytes: the stdlib parser keeps only a defect of such a line, and a
    `Message` with one is invalid on both flags.

    Args:
        headers: A stdlib message of any policy, a mapping or pairs of name and value, or a raw message or its header
            block.
        strict: True raises where False turns the flag off and says so in `Override.problems`.
        prefix: What comes before `Track-Opens` and `Track-Clicks`.

    Raises:
        InvalidOverride: Headers are invalid or contradict each other (only if `strict`). The error names all such
            headers at once.
        TypeError: `headers` is something else, for example a str, or an option has the wrong type.
        ValueError: `prefix` is empty or cannot be part of a header name.

    Example:
        >>> parse_headers(b"Subject: Your code\r\nX-LM-Override-Track-Opens: No\r\n\r\n123456")
        Override(track_opens=False, track_clicks=None, problems=(), unread=())
    """
    _check_strict(strict)
    prefix = checked_prefix(prefix)
    names: dict[str, Flag] = {(prefix + name).lower(): flag for flag, name in _HEADERS.items()}
    if _has_losses(headers):
        bad = {prefix + _HEADERS["opens"]: "may be lost: the header block is malformed"}
        return _finish(dict.fromkeys(_HEADERS, INVALID), bad, source="headers", strict=strict)
    said: dict[Flag, set[bool | str]] = {flag: set() for flag in _HEADERS}
    misspelt: list[str] = []
    for header in _read_fields(headers, prefix):
        if header.written.isascii() and (flag := names.get(header.name.lower())):
            said[flag].add(_read_value(header.value) if header.certain else INVALID)
        elif _is_misspelt(header, prefix):
            misspelt.append(header.written)
        else:
            for name in _cut_short(header, prefix):
                said[names[name]].add(INVALID)
    answers: dict[Flag, bool | str | None] = {flag: combine(values) for flag, values in said.items()}
    bad = {
        prefix + _HEADERS[flag]: "contradicts another one" if answer == CONFLICT else "must be true or false"
        for flag, answer in answers.items()
        if isinstance(answer, str)
    }
    return _finish(answers, bad, misspelt, source="headers", strict=strict)


def find_controls(raw: bytes, prefix: str, /) -> Iterator[HeaderField]:
    """Return the fields of a raw header block that `parse_headers` reads as overrides, malformed and misspelt ones too.

    Other fields under the prefix, such as `X-LM-Override-TLS`, belong to someone else.
    """
    for field_ in iter_fields(raw):
        header = _of_field(raw, field_)
        if _is_misspelt(header, prefix) or _cut_short(header, prefix):  # the two names are as near as a name can be
            yield field_


def combine(said: AbstractSet[bool | str], /) -> bool | str | None:
    """Make one wish of several about one flag: a problem wins, a contradiction is a problem, nothing said is None."""
    if INVALID in said:
        return INVALID
    if CONFLICT in said or len(said) > 1:
        return CONFLICT
    return next(iter(said), None)


class _Header(NamedTuple):
    name: str  # ASCII, name characters only
    written: str  # all that is in the place of the name, from there on
    value: object  # None where it is not read, as the header is not certain
    certain: bool

    @property
    def broken(self) -> bool:  # a blank ends the name
        return self.written[len(self.name) :].startswith((" ", "\t"))


def _of_field(raw: bytes, found: HeaderField, /) -> _Header:
    if found.certain:
        return _Header(found.name, found.name, found.value, certain=True)
    line = raw[found.start : found.end].partition(b":")[0]
    written = line[max(line.find(found.name.encode()), 0) :].decode(errors="replace")
    return _Header(found.name, written, value=None, certain=False)


def _is_misspelt(header: _Header, prefix: str, /) -> bool:
    return header.name.lower().startswith(prefix.lower()) and _is_near_miss(header.written[len(prefix) :])


def _cut_short(header: _Header, prefix: str, /) -> list[str]:
    """Return the names that a malformed one may have begun: parsers end it at its blank, or at what follows."""
    if header.certain or not header.broken or len(header.name) < len(prefix):
        return []
    names = ((prefix + name).lower() for name in _HEADERS.values())
    return [name for name in names if name.startswith(header.name.lower())]


def _is_near_miss(name: str, /) -> bool:
    """Decide whether a name that is neither of the two was meant to be one of them."""
    if not name.isascii():
        return True
    letters = _NOT_LETTERS.sub("", name.lower())
    return letters in _WHOLE or (_TRACK in letters and any(word in letters for word in _TRACKED))


def _read_fields(headers: object, prefix: str) -> Iterator[_Header]:
    if isinstance(headers, bytes):
        headers = exact_bytes(headers)
        # Most header blocks hold no override at all; this search is a hundred times faster than taking them apart.
        if prefix.lower().encode() in headers[: find_body(headers)[0]].lower():
            yield from (_of_field(headers, found) for found in iter_fields(headers))
    elif _is_message(headers):
        # Values as they were read or set: `items` decodes encoded words, and what it gives depends on the policy.
        yield from _read_pairs(headers.raw_items())
    elif isinstance(headers, Mapping):
        yield from _read_pairs(headers.items())
    elif isinstance(headers, Iterable) and not isinstance(headers, str | bytearray | memoryview):
        yield from _read_pairs(headers)
    else:
        raise TypeError(
            f"headers must be a Message, bytes, a mapping or pairs of name and value, not {type(headers).__name__}"
        )


def _is_message(headers: object) -> TypeGuard[AnyMessage]:
    from email.message import Message  # noqa: PLC0415 - a third of the time the first decision would take

    return isinstance(headers, Message)


def _has_losses(headers: object) -> bool:
    """Return whether the stdlib parser ended the header block early, or dropped a line: an override may be lost."""
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
        written = exact_str(pair[0])
        found = FIELD_NAME.search(written)  # what surrounds it makes the name malformed, and the header uncertain
        if found:
            yield _Header(found[0], written[found.start() :], pair[1], certain=found[0] == written)


def _read_value(value: object) -> bool | str:
    if not isinstance(value, str):
        return INVALID
    # Beyond ASCII, `lower` turns one character into a letter of ours, U+212A into a k, and no value has a k.
    return _VALUES.get(unfold(exact_str(value)).strip(_BLANKS).lower(), INVALID)


def _finish(
    answers: Mapping[Flag, bool | str | None],
    bad: Mapping[str, str],
    misspelt: Iterable[str] = (),
    *,
    source: Source,
    strict: bool,
) -> Override:
    unread = list(dict.fromkeys(map(_shown, misspelt)))[:_UNREAD_LIMIT]
    if strict and (bad or unread):
        raise InvalidOverride({**bad, **dict.fromkeys(unread, "is misspelt, so it is unclear what it turns off")})
    return make_override(dict.fromkeys(answers, INVALID) if unread else answers, unread=unread, source=source)


def _shown(name: str, /) -> str:
    """Write a misspelt name so that it can be kept as evidence: short, and without an address."""
    if "@" in name:
        return "(a name with an address)"
    return name.encode(errors="backslashreplace")[:_UNREAD_LIMIT_BYTES].decode(errors="ignore")


def _check_strict(strict: object) -> None:
    if not isinstance(strict, bool):
        raise TypeError(f"strict must be a bool, not {type(strict).__name__}")


def checked_prefix(prefix: object, /) -> str:
    """Return what the names of override headers begin with.

    Raises:
        TypeError: It is not a str.
        ValueError: It is empty or cannot be part of a header name.
    """
    prefix = plain_str(prefix, "prefix")
    if not FIELD_NAME.fullmatch(prefix):
        raise ValueError("prefix must be one or more header name characters: printable ASCII, no space, no colon")
    return prefix
