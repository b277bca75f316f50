"""Read from a message object whom it is from and whom it goes to, as `smtplib.SMTP.send_message` does.

Addresses come from header values as they were set or parsed, whatever the policy: `email.utils.getaddresses` reads them
in another way in each Python, and takes a name that was an encoded word with a comma in it for two addresses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lmtrack._checks import plain_str
from lmtrack._mime.fields import parse_addresses, read_addresses
from lmtrack._pattern import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from email.message import Message

# An address that an SMTP command can hold (RFC 5321 section 4.1.2): no blank, bracket or comma but in a quoted string.
_ADDRESS: Final = compile_pattern(
    r"""(?: " (?: [^"\\\x00-\x1f\x7f] | \\[^\x00-\x1f\x7f] )*+ " @ )?+ [^\x00-\x20\x7f<>,;"\ud800-\udfff]++""",
    re.VERBOSE,
)


class Envelope(NamedTuple):
    """Who sends and who gets a message.

    Attributes:
        sender: The address without a name; empty for a bounce.
        recipients: Addresses without names, each mailbox once, in the order of To, Cc and Bcc.
    """

    sender: str
    recipients: tuple[str, ...]


def read_envelope(message: Message, /, *, sender: str | None, recipients: Iterable[str] | None) -> Envelope:
    """Read the addresses of a message; the Resent fields count instead if it is sent again (RFC 5322 section 3.6.6).

    Args:
        message: Any message object.
        sender: The sender, if it is known from elsewhere; else that of the field Sender or, without one, From.
        recipients: The recipients, if they are known from elsewhere; else those of To, Cc and Bcc.

    Raises:
        TypeError: An address is not a str.
        ValueError: The message was sent again twice, so which fields are the newest cannot be told; there is no sender
            or no recipient; an address holds a character that no server would take.
    """
    fields: dict[str, list[object]] = {}
    for name, value in message.raw_items():
        fields.setdefault(name.lower(), []).append(value)
    resent = len(fields.get("resent-date", ()))
    if resent > 1 and (sender is None or recipients is None):
        raise ValueError("the message has more than one block of Resent fields: pass sender and recipients")
    prefix = "resent-" if resent else ""
    senders = _senders(fields, prefix, sender)
    if not senders:
        raise ValueError("the message has no sender: set its From field, or pass sender")
    mailboxes: dict[str, str] = {}
    for address in _recipients(fields, prefix, recipients):
        local, at, host = address.rpartition("@")
        mailboxes.setdefault(f"{local}{at}{host.lower()}", address)  # case counts before the `@` (RFC 5321 section 2.4)
    if not mailboxes:
        raise ValueError("the message has no recipient: set its To field, or pass recipients")
    _check("the sender", filter(None, senders[:1]))
    _check("a recipient", mailboxes.values())
    return Envelope(senders[0], tuple(mailboxes.values()))


def _senders(fields: Mapping[str, list[object]], prefix: str, sender: str | None, /) -> list[str]:
    """Return the addresses of the sender that is given, an empty one for a bounce, or of the field that has it."""
    if sender is None:
        field = f"{prefix}sender" if f"{prefix}sender" in fields else f"{prefix}from"
        return _field_addresses(fields, [field])
    written = plain_str(sender, "sender")
    return parse_addresses("sender", written) if written else [""]


def _recipients(fields: Mapping[str, list[object]], prefix: str, recipients: Iterable[str] | None, /) -> list[str]:
    if recipients is None:
        return _field_addresses(fields, [f"{prefix}{name}" for name in ("to", "cc", "bcc")])
    if isinstance(recipients, str):
        raise TypeError("recipients must be a sequence of str, not a str")
    given = [plain_str(each, "a recipient") for each in recipients]
    return [address for each in given for address in parse_addresses("a recipient", each)]


def _check(whose: str, addresses: Iterable[str], /) -> None:
    if not all(map(_ADDRESS.fullmatch, addresses)):
        what = "a space, a control character, a bracket, a comma or a byte that is not a character"
        raise ValueError(f"the address of {whose} is empty, or contains {what}")


def _field_addresses(fields: Mapping[str, list[object]], names: Iterable[str], /) -> list[str]:
    return [address for name in names for value in fields.get(name, ()) for address in read_addresses(name, value)]
