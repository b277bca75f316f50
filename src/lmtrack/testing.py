"""For senders' own suites: assertions about the mail that a program sends, and hypothesis strategies to test it.

The assertions are plain functions for any test runner; under pytest they are fixtures too. The strategies need
hypothesis, which comes with `lmtrack[testing]`; nothing else here does. `docs/howto/test-your-mails.md` shows both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import Message
from typing import Final, NoReturn

from lmtrack._checking.terminal_text import difference_lines, finding_lines, printable
from lmtrack._checks import plain_bytes, plain_str
from lmtrack._headers import AnyMessage, is_message, iter_fields, unfold
from lmtrack._testing.agents import user_agents
from lmtrack._testing.mails import messages
from lmtrack._testing.pages import html_documents
from lmtrack._testing.settings import consents, decisions, override_headers, overrides, routes
from lmtrack.audit import (
    AuditOutcome,
    audit_html,
    audit_message,
    compare_messages,
    compare_renderings,
    lint_unsubscribe,
)
from lmtrack.message import message_bytes
from lmtrack.resolver import Decision
from lmtrack.urls import TrackingDomain

__all__ = [
    "assert_same_for_everyone",
    "assert_unsubscribe_ok",
    "assert_untracked",
    "consents",
    "decisions",
    "html_documents",
    "messages",
    "override_headers",
    "overrides",
    "routes",
    "user_agents",
]

_SAID: Final = {
    AuditOutcome.AGGREGATE: "the email is counted, if only for the whole campaign (allow_aggregate=True lets it pass)",
    AuditOutcome.NOT_PROVABLE: "nothing proves that the email is untracked: some of it cannot be read",
    AuditOutcome.TRACKED: "the email is tracked",
}
# Which message it is, for a test that makes many.
_NAMED: Final = ("to", "subject")
_MOST: Final = 20  # our choice: more findings than one screen shows help nobody


def assert_untracked(
    mail: str | bytes | AnyMessage,
    /,
    *,
    domains: Sequence[TrackingDomain | str] = (),
    known_trackers: Sequence[str] = (),
    allow_aggregate: bool = False,
) -> None:
    """Assert that nothing in an email reveals who reads it, or that anyone does.

    It also fails if this cannot be proved, because something is encrypted, damaged or empty. An email may be passed in
    three forms, each with its own type.

    Args:
        mail: HTML as str, a raw message as bytes, or a message object (for a Django message, `mail.message()`).
        domains: Your own tracking domains and hosts, as `audit_html` takes them.
        known_trackers: Hosts of others that track.
        allow_aggregate: Whether the email may contain our tokens that are the same for every recipient of a campaign.

    Raises:
        AssertionError: It is tracked, or nothing proves that it is not; the text says what, where and why.
        TypeError: An argument has the wrong type.
        ValueError: A raw message is given as str or HTML as bytes, or a host is not one.

    Example:
        >>> assert_untracked("<p>Hello</p>")
        >>> pixel = "<img src='https://t.example/o/4471' width=1 height=1>"
        >>> assert_untracked(pixel, domains=["t.example"])  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        AssertionError: the email is tracked
        ...
    """
    __tracebackhide__ = True  # pytest shows the test instead
    if not isinstance(allow_aggregate, bool):
        raise TypeError(f"allow_aggregate must be a bool, not {type(allow_aggregate).__name__}")
    text = _source_of(mail)
    if not text.strip():
        raise AssertionError("the email is empty, which proves nothing")
    if isinstance(text, str):
        audit = audit_html(text, domains=domains, known_trackers=known_trackers)
    else:
        audit = audit_message(text, domains=domains, known_trackers=known_trackers)
    if audit.outcome is AuditOutcome.CLEAN or (allow_aggregate and audit.outcome is AuditOutcome.AGGREGATE):
        return
    _fail(_SAID[audit.outcome], _names(text), finding_lines(audit.findings[:_MOST]), left=len(audit.findings) - _MOST)


def assert_same_for_everyone(
    mails: Sequence[str] | Sequence[bytes | AnyMessage], /, *, allow: Sequence[str | re.Pattern[str]] = ()
) -> None:
    """Assert that the same email, made for several recipients, has the same URLs for all of them.

    A URL that differs may reveal who requests it. This needs no list of trackers.

    Args:
        mails: Two or more, made for different recipients: all HTML (str), or all messages (bytes or objects).
        allow: URLs that are personal on purpose, as `compare_messages` takes them.

    Raises:
        AssertionError: Something differs that is not expected to; the text says what and where.
        TypeError: An argument has the wrong type.
        ValueError: There are fewer than two emails, or a raw message is given as str or HTML as bytes.

    Example:
        >>> mails = [f"<a href='https://shop.example/?who={person}'>Shop</a>" for person in ("ann", "bob")]
        >>> assert_same_for_everyone(mails)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        AssertionError: the email differs from recipient to recipient
        ...
    """
    __tracebackhide__ = True
    if isinstance(mails, str | bytes) or not isinstance(mails, Sequence):
        raise TypeError("mails must be a sequence of emails, not one")
    read = [_source_of(mail) for mail in mails]
    pages, raws = [one for one in read if isinstance(one, str)], [one for one in read if isinstance(one, bytes)]
    if pages and raws:
        raise TypeError("mails must all be HTML, or all be messages")
    if not all(one.strip() for one in read):
        raise AssertionError("an email is empty, which proves nothing")
    found = compare_renderings(pages, allow=allow) if pages else compare_messages(raws, allow=allow)
    differences = [difference for difference in found if not difference.expected]
    if differences:
        lines, left = difference_lines(differences[:_MOST]), len(differences) - _MOST
        _fail("the email differs from recipient to recipient", _names(read[0]), lines, left=left)


def assert_unsubscribe_ok(
    message: bytes | AnyMessage,
    /,
    *,
    domains: Sequence[TrackingDomain | str] = (),
    decision: Decision | None = None,
) -> None:
    r"""Assert that people can unsubscribe: with one click in a mail client (RFC 8058), and through an untracked link.

    Args:
        message: A raw message as bytes, or a message object (for a Django message, `mail.message()`).
        domains: Your own tracking domains and hosts, which no such link may go through.
        decision: The decision for this message; if it allows individual tracking, the message also needs a link to
            withdraw consent.

    Raises:
        AssertionError: Something is missing or wrong; the text says what, where and why.
        TypeError: An argument has the wrong type.
        ValueError: HTML is given, or a host is not one.

    Example:
        >>> raw = b"From: letters@shop.example\r\nSubject: Lamps\r\n\r\nHello\r\n"
        >>> assert_unsubscribe_ok(raw)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        AssertionError: people cannot leave the list as they should
        ...
    """
    __tracebackhide__ = True
    raw = _source_of(message)
    if isinstance(raw, str):
        raise TypeError("message must be bytes or a message object, not str")
    findings = lint_unsubscribe(raw, domains=domains, decision=decision)
    if findings:
        lines, left = finding_lines(findings[:_MOST]), len(findings) - _MOST
        _fail("people cannot leave the list as they should", _names(raw), lines, left=left)


def _source_of(mail: object, /) -> str | bytes:
    """Return HTML as str or a message as bytes; taken for the other, either would prove nothing."""
    if isinstance(mail, str):
        mail = plain_str(mail, "an email")
        if is_message(mail.encode("utf-8", "surrogatepass")):
            raise ValueError("str is HTML, but this begins as a raw message; pass bytes or the message object")
        return mail
    if isinstance(mail, bytes):
        mail = plain_bytes(mail, "an email")
        if mail and not is_message(mail):
            raise ValueError("bytes are a raw message, but this does not begin as one; pass HTML as str")
        return mail
    if isinstance(mail, Message):
        return message_bytes(mail, keep_bcc=True)
    hint = " (for a Django message, pass mail.message())" if callable(getattr(mail, "message", None)) else ""
    raise TypeError(f"an email must be str, bytes or an email.message.Message, not {type(mail).__name__}{hint}")


def _names(mail: str | bytes, /) -> list[str]:
    """Say which email it is."""
    fields = iter_fields(mail) if isinstance(mail, bytes) else ()
    return [
        f"  {field.name}: {printable(unfold(field.value).strip())}" for field in fields if field.name.lower() in _NAMED
    ]


def _fail(said: str, names: list[str], lines: list[str], /, *, left: int) -> NoReturn:
    __tracebackhide__ = True
    more = [f"  and {left} more"] if left > 0 else []
    raise AssertionError("\n".join([said, *names, *lines, *more]))
