"""Every exception lmtrack raises for what others sent; a caller's own mistake is ValueError or TypeError.

Their texts contain no token, key, address or URL. Data that a caller needs is in attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

from itsdangerous import BadData, BadSignature, BadTimeSignature, SignatureExpired

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from lmtrack._token_values import ClickToken, OpenToken

__all__ = [
    "BadDestination",
    "BadSlot",
    "BadToken",
    "BadTokenSignature",
    "BadValue",
    "InvalidOverride",
    "LmtrackError",
    "MalformedToken",
    "MissingValue",
    "TokenExpired",
    "TokenNotYetValid",
    "TokenRevoked",
    "UnknownKey",
    "UnknownVersion",
    "Unsupported",
    "WrongPurpose",
]


class LmtrackError(Exception):
    """Base of every lmtrack error."""


class InvalidOverride(LmtrackError, ValueError):  # noqa: N818 - named by the decision a caller makes
    """A per-message override could not be read (strict parsing only).

    Attributes:
        problems: What is wrong with each setting or header that could not be read, by its name.
        fields: The names of all settings or headers that could not be read.
        field: The first of these names.
    """

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems: dict[str, str] = dict(problems)
        self.fields: tuple[str, ...] = tuple(self.problems)
        self.field: str = self.fields[0]
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "; ".join(f"{field}: {problem}" for field, problem in self.problems.items())


class Unsupported(LmtrackError):  # noqa: N818 - the same
    """An email service cannot do what a decision asks for one message, or does not guarantee it.

    Attributes:
        service: The service.
        flag: `opens` or `clicks`.
    """

    def __init__(self, service: str, flag: str, problem: str) -> None:
        self.service = service
        self.flag = flag
        super().__init__(service, flag, problem)

    def __str__(self) -> str:
        return "{}: {} {}".format(*self.args)


class BadToken(LmtrackError, BadData):  # noqa: N818 - named by the decision, as its leaves are
    """A token was refused; each subclass is one case that a caller can handle.

    Also an `itsdangerous.BadData`, so a handler written for itsdangerous catches it.

    Attributes:
        reason: Stable code of the subclass, for counters and logs.
        scanner: True if the text is one of our tokens with its letters changed, as mail scanners fetch them, so the
            request came from a machine: rotated by 13 places, and, where a whole URL was read (`read_tracking_url`,
            `handle_request`), also the URL rotated with it, or all letters of the token in one case.
    """

    reason: ClassVar[str] = "bad_token"
    _text: ClassVar[str] = "the token was refused"

    def __init__(self, *, scanner: bool = False) -> None:
        super().__init__(self._text)
        self.scanner = scanner

    def __reduce__(self) -> tuple[Callable[..., BadToken], tuple[object, ...], dict[str, object]]:
        # The default calls the leaf with the text alone, and a leaf wants its data. This one skips __init__.
        return _uninitialised, (type(self), self.args), self.__dict__


def _uninitialised(leaf: type[BadToken], args: tuple[object, ...]) -> BadToken:
    return leaf.__new__(leaf, *args)


class MalformedToken(BadToken):
    """The text does not have the form of a token, or a signed payload breaks the format."""

    reason = "malformed"
    _text = "the text is not a token"


class UnknownVersion(BadToken):
    """The token has a version this release does not read.

    Attributes:
        version: The version in the header, 0 to 15.
    """

    reason = "unknown_version"
    _text = "the token has an unknown version"

    def __init__(self, version: int, *, scanner: bool = False) -> None:
        super().__init__(scanner=scanner)
        self.version = version


class UnknownKey(BadToken, BadSignature):
    """No key of the ring can have signed the token: it is made up, or its key was dropped."""

    reason = "unknown_key"
    _text = "no key of the ring signed the token"


class BadTokenSignature(BadToken, BadSignature):
    """The signature does not match: the token was changed or made up.

    A dropped key's tokens get this error in one case of 256: if a key in the ring has the same hint.
    """

    reason = "bad_signature"
    _text = "the token's signature does not match"


class WrongPurpose(BadToken):
    """The token is ours, but of a different kind from the one asked for.

    Attributes:
        kind: The kind in the verified header, 0 to 15.
    """

    reason = "wrong_purpose"
    _text = "the token was made for another purpose"

    def __init__(self, kind: int, *, scanner: bool = False) -> None:
        super().__init__(scanner=scanner)
        self.kind = kind


class TokenExpired(BadToken, SignatureExpired):
    """The token is ours and too old: a click still redirects, nothing is recorded.

    Attributes:
        token: The verified payload. The error's text and repr do not contain it.
        date_signed: When the token was made, as itsdangerous names it.
    """

    reason = "expired"
    _text = "the token has expired"

    def __init__(self, token: OpenToken | ClickToken) -> None:
        super().__init__()
        self.token = token
        self.date_signed: datetime | None = token.issued_at  # as declared by itsdangerous


class TokenNotYetValid(BadToken, BadTimeSignature):
    """The token is ours and was made further in the future than the leeway covers: some clock is wrong."""

    reason = "not_yet_valid"
    _text = "the token is not valid yet"


class TokenRevoked(BadToken):
    """The token is ours and was made no later than `issued_after`: a click still redirects, nothing is recorded.

    Attributes:
        token: The verified payload. The error's text and repr do not contain it.
    """

    reason = "revoked"
    _text = "the token was revoked"

    def __init__(self, token: OpenToken | ClickToken) -> None:
        super().__init__()
        self.token = token


class BadDestination(BadToken, ValueError):  # noqa: N818 - the same
    """A URL cannot be the destination of a click; raised when signing and when reading.

    Attributes:
        problem: Which rule it breaks: `too_long`, `surrogate`, `character`, `scheme`, `userinfo`, `ipv6`, `host`,
            `ambiguous_host` or `port`.
    """

    reason = "bad_destination"
    _text = "the URL cannot be the destination of a click"

    def __init__(self, problem: str) -> None:
        super().__init__()
        self.problem = problem

    def __str__(self) -> str:
        return f"{self._text}: {self.problem}"


class BadSlot(LmtrackError, ValueError):  # noqa: N818 - named by the decision a caller makes
    """A slot's marker is in a place where no value can be written safely; found when the template is scanned.

    Attributes:
        slot: The slot's name.
        place: What the marker is in: "a style sheet", "an unquoted attribute".
        line: The line of the template in which the marker begins, counted from 1.
        advice: What to do about it.
    """

    def __init__(self, slot: str, place: str, line: int, advice: str) -> None:
        self.slot = slot
        self.place = place
        self.line = line
        self.advice = advice
        super().__init__(slot, place, line, advice)

    def __str__(self) -> str:
        return f"slot {self.slot!r} in line {self.line} is in {self.place}: {self.advice}"


class MissingValue(LmtrackError, KeyError):  # noqa: N818 - the same
    """A template has a slot for which there is neither a value nor a default.

    Attributes:
        slot: The slot's name.
    """

    def __init__(self, slot: str) -> None:
        self.slot = slot
        super().__init__(slot)

    def __str__(self) -> str:
        return f"there is no value and no default for slot {self.slot!r}"


class BadValue(LmtrackError, ValueError):  # noqa: N818 - the same
    """A recipient's value cannot be written in the place of its slot; the value itself is not part of the error.

    Attributes:
        slot: The slot's name.
        place: What the value would be written in: "text", "the path of a URL".
        problem: What is wrong with the value: "it holds U+0000".
    """

    def __init__(self, slot: str, place: str, problem: str) -> None:
        self.slot = slot
        self.place = place
        self.problem = problem
        super().__init__(slot, place, problem)

    def __str__(self) -> str:
        return f"the value of slot {self.slot!r} cannot be written in {self.place}: {self.problem}"
