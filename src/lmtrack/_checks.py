"""Check arguments by name, and turn text and bytes of a subclass into plain ones.

A subclass of `str` is text to whoever passes it, but its methods may do anything: a `markupsafe.Markup` escapes what is
joined or formatted with it, our tags included. So every door makes text an exact `str` before it is used, and bytes
exact `bytes`. An error names the argument and the type, never the value.
"""

from __future__ import annotations

from typing import Final

# Where our own results keep what a caller meant when the result itself was passed.
_CONTENT: Final = ("html", "text", "raw")


class NotText:
    """Base of results, which hold text but are not text: in an f-string, the repr of one would go into the mail."""

    __slots__ = ()

    def __str__(self) -> str:
        """Refuse; `repr` shows what is in a result."""
        content = next(attribute for attribute in _CONTENT if hasattr(type(self), attribute))
        raise TypeError(f"a {type(self).__name__} is not text: use its {content}")


def check_type(expected: type, /, **values: object) -> None:
    """Refuse a value of the wrong type by its name.

    Raises:
        TypeError: A value is not an instance of `expected`.
    """
    for name, value in values.items():
        if not isinstance(value, expected):
            article = "an" if expected.__name__[0] in "AEIOUaeiou" else "a"
            raise wrong_type(name, f"{article} {expected.__name__}", value)


def plain_str(value: object, name: str, /) -> str:
    """Return text as an exact `str`; the same object if it is one.

    Raises:
        TypeError: `value` is not a str.

    >>> class Shouted(str):
    ...     def __str__(self):
    ...         return self.upper()
    >>> plain_str(Shouted("a"), "text")
    'a'
    """
    if type(value) is str:
        return value
    if isinstance(value, str):
        return exact_str(value)
    raise wrong_type(name, "a str", value)


def exact_str(text: str, /) -> str:
    """Return as an exact `str` what is known to be text."""
    return str.__str__(text)  # `str(text)` would ask the subclass


def plain_str_or_none(value: object, name: str, /) -> str | None:
    """Return text as an exact `str`, and None as it is.

    Raises:
        TypeError: `value` is neither a str nor None.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return exact_str(value)
    raise wrong_type(name, "a str or None", value)


def plain_bytes(value: object, name: str, /) -> bytes:
    """Return bytes as exact `bytes`; the same object if they are.

    Raises:
        TypeError: `value` is not bytes; a bytearray or memoryview, which can change under a reader, is not.

    >>> plain_bytes(bytearray(b"a"), "raw")
    Traceback (most recent call last):
        ...
    TypeError: raw must be bytes, not bytearray: pass bytes(raw)
    """
    if type(value) is bytes:
        return value
    if isinstance(value, bytes):
        return exact_bytes(value)
    raise wrong_type(name, "bytes", value)


def exact_bytes(octets: bytes, /) -> bytes:
    """Return as exact `bytes` what is known to be bytes; the same object if they are."""
    return bytes.__getitem__(octets, slice(None))  # `bytes(octets)` would ask the subclass


def wrong_type(name: str, wanted: str, value: object, /) -> TypeError:
    """Make the error for an argument of the wrong type; it says what to pass where that is known."""
    kind = type(value)
    hint = ""
    if wanted == "bytes" and kind in {bytearray, memoryview}:
        hint = f": pass bytes({name})"
    elif wanted == "bytes" and hasattr(kind, "as_bytes"):  # a message object, in any library's class
        hint = f": pass message_bytes({name})"
    elif kind.__module__.partition(".")[0] == "lmtrack":
        hint = "".join(f": pass its {attribute}" for attribute in _CONTENT if hasattr(kind, attribute))
    return TypeError(f"{name} must be {wanted}, not {kind.__name__}{hint}")
