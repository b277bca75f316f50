"""Track the mail that Django sends: an email backend, and the same for services that are reached through an API.

A message is tracked only if the code that makes it gives it an id: the attribute `lmtrack_id`, or the header
`X-Lmtrack-ID`, which survives the queues that lose attributes and is always removed. Mail without one, such as Django's
own password resets, is sent as Django writes it.

Everything is set in one place, and checked when the backend is made:

    LMTRACK = {
        "DOMAIN": TrackingDomain(...),           # or the dotted path of one
        "ROUTE": Route(...),                     # or a function that returns one for a message; or its path
        "CONSENT": "shop.mail.consent_of",       # returns a Consent or ConsentRecord for an address
        "CAMPAIGN": "shop.mail.campaign_of",     # optional: returns a Campaign or None for a message
        "OPTIONS": {"policy": LinkPolicy(...)},  # optional: of `prepare_message`
        "ACCOUNT_OFF": True,                     # optional: tracking is off in the account of the service behind an API
    }
"""

from __future__ import annotations

import copy
import email
import email.message
import email.policy
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.apps import AppConfig
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends import smtp
from django.core.mail.backends.base import BaseEmailBackend
from django.dispatch import Signal
from django.utils.module_loading import import_string

from lmtrack._deciding.override import PREFIX, find_controls
from lmtrack._mime.envelope import read_envelope
from lmtrack.html import track_html
from lmtrack.message import prepare_message, track_message
from lmtrack.resolver import (
    Consent,
    ConsentRecord,
    Decision,
    Reason,
    Route,
    TrackingMode,
    parse_headers,
    resolve,
    resolve_shared,
)
from lmtrack.services import service_settings
from lmtrack.urls import TrackingDomain

if TYPE_CHECKING:
    from uuid import UUID

    from lmtrack.html import Campaign
    from lmtrack.resolver import Override

__all__ = ["EmailBackend", "LmtrackConfig", "Tracking", "mail_tracked", "track_before_sending", "track_parts"]

_ID_HEADER: Final = "x-lmtrack-id"
_REQUIRED: Final = ("DOMAIN", "ROUTE", "CONSENT")
_KNOWN: Final = frozenset((*_REQUIRED, "CAMPAIGN", "OPTIONS", "ACCOUNT_OFF"))
# Of `prepare_message`; the others are settings of their own.
_OPTIONS: Final = frozenset(("policy", "destination", "destinations", "pixel_position", "text_links"))

# Sent for each message that has an id, before it goes out: `mail`, `message_id` and `decision` (keep its `to_dict()`).
mail_tracked: Final = Signal()


class _Settings(NamedTuple):
    """The setting `LMTRACK`, read."""

    domain: TrackingDomain
    route: Callable[[Any], Route]
    consent: Callable[[str], Consent | ConsentRecord]
    campaign: Callable[[Any], Campaign | None]
    options: dict[str, Any]
    account_off: bool


class LmtrackConfig(AppConfig):
    """For `INSTALLED_APPS`: a mistake in the settings then shows when Django starts, not at the first mail."""

    name: str = "lmtrack.contrib.django"
    label: str = "lmtrack"
    verbose_name: str = "lmtrack"

    def ready(self) -> None:
        """Check the settings.

        Raises:
            ImproperlyConfigured: `LMTRACK` is not there, or something in it is wrong.
        """
        _read_settings()


class Tracking(BaseEmailBackend):
    """Goes in front of any email backend that sends what `mail.message()` returns.

    `class Files(Tracking, filebased.EmailBackend): pass` tracks what that backend writes.
    """

    def __init__(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - those of the backend behind
        _read_settings()
        super().__init__(*args, **options)

    def send_messages(self, email_messages: Iterable[Any]) -> int:
        """Track each message that has an id, and send all.

        Raises:
            ImproperlyConfigured: `LMTRACK` has a mistake in it; or the backend behind it does not send what
                `mail.message()` returns, so the messages went out without being tracked.
        """
        given = _read_settings()
        mails = [_settled(mail, given, type(self)) for mail in email_messages]
        sent: int | None = super().send_messages(mails)
        settled = [mail.message for mail in mails if isinstance(mail.message, _Settled)]
        if sent and settled and not any(message.was_asked for message in settled):
            raise ImproperlyConfigured(
                f"{type(self).__name__} never calls message(), so nothing was tracked: "
                "for a service with its own API, use lmtrack.contrib.django.track_parts"
            )
        return sent or 0


class EmailBackend(Tracking, smtp.EmailBackend):
    """Django's SMTP backend, tracking."""


def track_parts(mail: Any, /) -> None:  # noqa: ANN401 - a Django message
    """Track the HTML of a message in place, for backends that read `body` and `alternatives` and never make a message.

    An anymail backend is told not to track it again, unless `ACCOUNT_OFF` says that its account does not. In a message
    without an id, only the override headers are removed.

    Raises:
        ImproperlyConfigured: `LMTRACK` is not there, or something in it is wrong.
    """
    given = _read_settings()
    message_id = _id_of(mail)
    override = parse_headers([(str(name), str(value)) for name, value in mail.extra_headers.items()])
    mail.extra_headers = _without_controls(mail.extra_headers)
    if message_id is None:
        return
    recipients = _addresses(mail)
    decision = _decide(given, mail, recipients, override)
    if len(recipients) > 1:
        decision = decision.lower(Reason.SHARED_BODY, opens=TrackingMode.AGGREGATE, clicks=TrackingMode.AGGREGATE)
    track = partial(
        track_html,
        domain=given.domain,
        message_id=message_id,
        campaign=given.campaign(mail),
        **{name: value for name, value in given.options.items() if name != "text_links"},
    )
    # Clients show the last alternative that they can, and a service takes one page.
    pages = [index for index, part in enumerate(getattr(mail, "alternatives", None) or ()) if part[1] == "text/html"]
    if pages:
        result = track(mail.alternatives[pages[-1]][0], decision)
        mail.alternatives = [
            part._replace(content=result.html) if index == pages[-1] else part
            for index, part in enumerate(mail.alternatives)
        ]
        decision = result.decision or decision
    elif mail.content_subtype == "html":
        result = track(mail.body, decision)
        mail.body, decision = result.html, result.decision or decision
    else:
        decision = decision.lower(Reason.NO_HTML, opens=TrackingMode.OFF, clicks=TrackingMode.OFF)
    if not given.account_off:
        for name, value in service_settings(decision, service="anymail", tracker="lmtrack").items():
            setattr(mail, name, value)
    mail_tracked.send(track_parts, mail=mail, message_id=message_id, decision=decision)


def track_before_sending(sender: object, message: Any, **_: object) -> None:  # noqa: ANN401, ARG001 - anymail's names
    """Call `track_parts` for each message of anymail: a receiver of its signal `pre_send`."""
    track_parts(message)


class _Settled(email.message.EmailMessage):
    """What `mail.message()` returns in the place of a message: it can be read, and as bytes it is what was tracked."""

    raw: bytes | None = None
    was_asked = False

    def __call__(self, **_: object) -> _Settled:
        """Stand in for `mail.message`, which takes a policy since Django 6."""
        self.was_asked = True
        return self

    def as_bytes(self, *args: Any, **options: Any) -> bytes:  # noqa: ANN401 - whatever the standard library takes
        """Return the tracked bytes, however the message should be written."""
        return super().as_bytes(*args, **options) if self.raw is None else self.raw


def _settled(mail: Any, given: _Settings, sender: type, /) -> Any:  # noqa: ANN401 - a Django message
    """Return what to send in place of a message."""
    message_id = _id_of(mail)
    headers = _without_controls(mail.extra_headers)
    if not mail.recipients() or (message_id is None and len(headers) == len(mail.extra_headers)):
        return mail
    sent = copy.copy(mail)
    sent.extra_headers = headers
    if message_id is None:
        return sent
    message = mail.message()
    recipients = _addresses(mail)
    override = parse_headers(message)
    for name in {name for name in message if name.lower() == _ID_HEADER}:
        del message[name]
    prepared = prepare_message(
        message,
        _decide(given, mail, recipients, override),
        domain=given.domain,
        message_id=message_id,
        sender="",
        recipients=recipients,
        campaign=given.campaign(mail),
        **given.options,
    )
    settled: _Settled = email.message_from_bytes(prepared.raw, _Settled, policy=email.policy.SMTP)  # type: ignore[assignment]
    settled.raw = prepared.raw
    sent.message = settled
    mail_tracked.send(sender, mail=mail, message_id=message_id, decision=prepared.tracked.decision)
    return sent


def _addresses(mail: Any, /) -> tuple[str, ...]:  # noqa: ANN401 - a Django message
    recipients = [str(recipient) for recipient in mail.recipients()]
    return read_envelope(email.message.Message(), sender="", recipients=recipients).recipients


def _decide(given: _Settings, mail: Any, recipients: Iterable[str], override: Override, /) -> Decision:  # noqa: ANN401
    """One body goes to all recipients, so the lowest of their decisions holds."""
    route = given.route(mail)
    return resolve_shared([resolve(route, override, consent=given.consent(address)) for address in recipients])


def _id_of(mail: Any, /) -> str | UUID | None:  # noqa: ANN401 - a Django message
    """Return the message's id, from its attribute or its header.

    Raises:
        ValueError: It has two that differ.
    """
    ids = {str(value) for name, value in mail.extra_headers.items() if name.lower() == _ID_HEADER}
    own = getattr(mail, "lmtrack_id", None)
    if own is not None:
        ids.add(str(own))
    if len(ids) > 1:
        raise ValueError("the message has two ids: in lmtrack_id and X-Lmtrack-ID, or in two headers")
    return ids.pop() if ids else None


def _without_controls(headers: Mapping[str, object], /) -> dict[str, object]:
    """Leave out the id and the override headers, malformed and misspelt ones too."""
    return {
        name: value
        for name, value in headers.items()
        if name.lower() != _ID_HEADER and not any(find_controls(f"{name}: \r\n".encode(), PREFIX))
    }


def _read_settings() -> _Settings:
    """Read and check the setting `LMTRACK`.

    Raises:
        ImproperlyConfigured: It is not there, or something in it is wrong; the text says what.
    """
    given = getattr(settings, "LMTRACK", None)
    if not isinstance(given, Mapping):
        raise ImproperlyConfigured("LMTRACK must be a dict with DOMAIN, ROUTE and CONSENT")
    if missing := [name for name in _REQUIRED if name not in given]:
        raise ImproperlyConfigured(f"LMTRACK has no {' and no '.join(missing)}")
    if unknown := sorted(str(name) for name in given if name not in _KNOWN):
        raise ImproperlyConfigured(f"LMTRACK does not know {', '.join(unknown)}; it knows {', '.join(sorted(_KNOWN))}")
    domain, route, consent, campaign = (_imported(given, name) for name in (*_REQUIRED, "CAMPAIGN"))
    if not isinstance(domain, TrackingDomain):
        raise ImproperlyConfigured("LMTRACK['DOMAIN'] must be a TrackingDomain, or the dotted path of one")
    if not isinstance(route, Route) and not callable(route):
        raise ImproperlyConfigured(
            "LMTRACK['ROUTE'] must be a Route, a function that returns one, or the dotted path of either"
        )
    if not callable(consent):
        raise ImproperlyConfigured(
            "LMTRACK['CONSENT'] must be a function that returns a Consent for an address, or its dotted path"
        )
    if campaign is not None and not callable(campaign):
        raise ImproperlyConfigured(
            "LMTRACK['CAMPAIGN'] must be a function that returns a Campaign for a message, or its dotted path"
        )
    account_off = given.get("ACCOUNT_OFF", False)
    if not isinstance(account_off, bool):
        raise ImproperlyConfigured("LMTRACK['ACCOUNT_OFF'] must be True or False")
    return _Settings(
        domain,
        route if callable(route) else lambda _: route,
        consent,
        (lambda _: None) if campaign is None else campaign,
        _checked_options(given.get("OPTIONS", {}), domain),
        account_off,
    )


def _imported(given: Mapping[str, object], name: str, /) -> object:
    value = given.get(name)
    if not isinstance(value, str):
        return value
    try:
        return import_string(value)
    except ImportError as error:
        raise ImproperlyConfigured(f"LMTRACK[{name!r}] cannot be imported: {error}") from error


def _checked_options(options: object, domain: TrackingDomain, /) -> dict[str, Any]:
    """Try the options on an empty message: `track_message` says what is wrong with one."""
    if not isinstance(options, Mapping) or not _OPTIONS.issuperset(options):
        raise ImproperlyConfigured(f"LMTRACK['OPTIONS'] must be a dict of {', '.join(sorted(_OPTIONS))}")
    try:
        track_message(b"", resolve(Route()), domain=domain, message_id="check", **options)
    except (TypeError, ValueError) as error:
        raise ImproperlyConfigured(f"LMTRACK['OPTIONS']: {error}") from error
    return dict(options)
