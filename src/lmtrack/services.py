"""Pass a decision to an email service that tracks by itself: what goes into its API request or its SMTP headers.

A service knows only on and off. It is told on only for `INDIVIDUAL`, and off wherever this library tracks: two trackers
in one email count everyone twice, and the service would track those who refused. What a service cannot guarantee is
`Unsupported`, never a silent "on".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias, get_args

from lmtrack._checks import check_type
from lmtrack.errors import Unsupported
from lmtrack.resolver import Decision, TrackingMode

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["service_headers", "service_settings"]

Service: TypeAlias = Literal[
    "lettermint",
    "postmark",
    "mailgun",
    "sendgrid",
    "ses",
    "sparkpost",
    "mailjet",
    "mailersend",
    "mandrill",
    "anymail",
]
Tracker: TypeAlias = Literal["service", "lmtrack"]


class _Switch(NamedTuple):
    """How a service is told about one flag.

    Attributes:
        path: The names that lead to the value: of JSON members, or of a header and the JSON members in its value.
        on: What tracks this message.
        off: What does not; None where there is nothing to say.
        off_holds: Whether it holds against the account's own setting.
    """

    path: tuple[str, ...]
    on: object
    off: object
    off_holds: bool = True


_Switches: TypeAlias = tuple[_Switch, _Switch]  # opens, clicks

# Each row was read in the service's documentation in November 2026; `tests/test_services.py` checks the names against
# its own SDK or API model, or against django-anymail's backend for it.
_SETTINGS: Final[Mapping[str, _Switches]] = {
    # lettermint.co/docs/api-reference/sending
    "lettermint": (
        _Switch(("settings", "track_opens"), on=True, off=False),
        _Switch(("settings", "track_clicks"), on=True, off=False),
    ),
    # postmarkapp.com/developer/api/email-api: a server that tracks opens does so whatever a message says
    "postmark": (
        _Switch(("TrackOpens",), on=True, off=False, off_holds=False),
        _Switch(("TrackLinks",), on="HtmlAndText", off="None"),
    ),
    # Mailgun's messages API, parameters `o:...`
    "mailgun": (
        _Switch(("o:tracking-opens",), on="yes", off="no"),
        _Switch(("o:tracking-clicks",), on="yes", off="no"),
    ),
    # docs of Twilio SendGrid, POST /v3/mail/send
    "sendgrid": (
        _Switch(("tracking_settings", "open_tracking", "enable"), on=True, off=False),
        _Switch(("tracking_settings", "click_tracking", "enable"), on=True, off=False),
    ),
    # SES API v2, TrackingConfigurationOverrides: for one message, against account and configuration set
    "ses": (
        _Switch(("ConfigurationOverrides", "Tracking", "OpenTrackingEnabled"), on="ENABLED", off="DISABLED"),
        _Switch(("ConfigurationOverrides", "Tracking", "ClickTrackingEnabled"), on="ENABLED", off="DISABLED"),
    ),
    # developers.sparkpost.com/api/transmissions
    "sparkpost": (
        _Switch(("options", "open_tracking"), on=True, off=False),
        _Switch(("options", "click_tracking"), on=True, off=False),
    ),
    # dev.mailjet.com, Send API v3.1, a message
    "mailjet": (
        _Switch(("TrackOpens",), on="enabled", off="disabled"),
        _Switch(("TrackClicks",), on="enabled", off="disabled"),
    ),
    # developers.mailersend.com/api/v1/email.html
    "mailersend": (
        _Switch(("settings", "track_opens"), on=True, off=False),
        _Switch(("settings", "track_clicks"), on=True, off=False),
    ),
    # mailchimp.com/developer/transactional, messages/send
    "mandrill": (
        _Switch(("message", "track_opens"), on=True, off=False),
        _Switch(("message", "track_clicks"), on=True, off=False),
    ),
    # anymail.dev: attributes of a Django message
    "anymail": (
        _Switch(("track_opens",), on=True, off=False),
        _Switch(("track_clicks",), on=True, off=False),
    ),
}
# SES knows the name of a configuration set, MailerSend documents no header for tracking, anymail speaks no SMTP.
_HEADERS: Final[Mapping[str, _Switches]] = {
    "lettermint": (
        _Switch(("X-LM-Override-Track-Opens",), on="true", off="false"),
        _Switch(("X-LM-Override-Track-Clicks",), on="true", off="false"),
    ),
    "postmark": (
        _Switch(("X-PM-TrackOpens",), on="true", off="false", off_holds=False),
        _Switch(("X-PM-TrackLinks",), on="HtmlAndText", off="None"),
    ),
    "mailgun": (
        _Switch(("X-Mailgun-Track-Opens",), on="yes", off="no"),
        _Switch(("X-Mailgun-Track-Clicks",), on="yes", off="no"),
    ),
    "sendgrid": (
        _Switch(("X-SMTPAPI", "filters", "opentrack", "settings", "enable"), on=1, off=0),
        _Switch(("X-SMTPAPI", "filters", "clicktrack", "settings", "enable"), on=1, off=0),
    ),
    "sparkpost": (
        _Switch(("X-MSYS-API", "options", "open_tracking"), on=True, off=False),
        _Switch(("X-MSYS-API", "options", "click_tracking"), on=True, off=False),
    ),
    # dev.mailjet.com/docs/smtp_relay/custom_headers
    "mailjet": (
        _Switch(("X-Mailjet-TrackOpen",), on="1", off="0"),
        _Switch(("X-Mailjet-TrackClick",), on="1", off="0"),
    ),
    # Mandrill's "How to Use SMTP Headers": a list of what is on; no word for off is documented
    "mandrill": (
        _Switch(("X-MC-Track",), on="opens", off=None, off_holds=False),
        _Switch(("X-MC-Track",), on="clicks_all", off=None, off_holds=False),
    ),
}


def service_settings(
    decision: Decision, /, *, service: Service, tracker: Tracker, account_off: bool = False
) -> dict[str, object]:
    """Return the fields that tell an email service's API whether to track one message; merge them into the request.

    Args:
        decision: What may be tracked.
        service: The service, or `"anymail"` for the attributes of a Django message.
        tracker: Who tracks. With `"lmtrack"` (the message was rewritten here), the service is told not to track,
            whatever the decision. With `"service"`, the service is told the decision; `AGGREGATE` and `DELIVERABILITY`,
            which no service has, count as off.
        account_off: Whether the service's own setting for the account, server or domain is off. If it is, the service
            need not guarantee "off" for one message.

    Raises:
        Unsupported: The service cannot do what the decision asks for one message, or does not guarantee "off"; `.flag`
            says for which flag.
        TypeError: `decision` is not a `Decision`, or `account_off` not a bool.
        ValueError: `service` or `tracker` is not one of those listed.

    >>> from lmtrack.resolver import Consent, Route, resolve
    >>> decision = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.DENIED)
    >>> service_settings(decision, service="lettermint", tracker="service")
    {'settings': {'track_opens': False, 'track_clicks': False}}
    """
    return _say(_SETTINGS, decision, service, tracker, account_off=account_off)


def service_headers(
    decision: Decision, /, *, service: Service, tracker: Tracker, account_off: bool = False
) -> dict[str, str]:
    """Return these settings as header fields, for a message that is sent over SMTP; add them after tracking.

    Each value is one line of ASCII. The fields of SendGrid and SparkPost contain JSON: merge your own JSON into it,
    because a second field with that name is not read.

    Args:
        decision: What may be tracked.
        service: The service.
        tracker: Who tracks, as for `service_settings`.
        account_off: Whether the service's own setting is off.

    Raises:
        Unsupported: The service cannot do what the decision asks by a header, or does not guarantee "off"; `.flag` says
            for which flag.
        TypeError: `decision` is not a `Decision`, or `account_off` not a bool.
        ValueError: `service` or `tracker` is not one of those listed.

    >>> from lmtrack.resolver import Consent, Route, resolve
    >>> decision = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)
    >>> service_headers(decision, service="lettermint", tracker="lmtrack")
    {'X-LM-Override-Track-Opens': 'false', 'X-LM-Override-Track-Clicks': 'false'}
    """
    said = _say(_HEADERS, decision, service, tracker, account_off=account_off)
    return {
        name: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        for name, value in said.items()
    }


def _say(
    table: Mapping[str, _Switches], decision: Decision, service: str, tracker: str, /, *, account_off: bool
) -> dict[str, Any]:  # JSON
    check_type(Decision, decision=decision)
    check_type(bool, account_off=account_off)
    for name, given, known in (("service", service, get_args(Service)), ("tracker", tracker, get_args(Tracker))):
        if given not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}")
    said: dict[str, Any] = {}
    modes = {"opens": decision.opens, "clicks": decision.clicks}
    for (flag, mode), switch in zip(modes.items(), table.get(service, (None, None)), strict=True):
        on = tracker == "service" and mode is TrackingMode.INDIVIDUAL
        if not on and (switch is None or not switch.off_holds) and not account_off:
            raise Unsupported(service, flag, "cannot be turned off with certainty for one message")
        if on and switch is None:
            raise Unsupported(service, flag, "cannot be turned on for one message")
        value = switch and (switch.on if on else switch.off)
        if switch is not None and value is not None:
            _put(said, switch.path, value)
    return said


def _put(said: dict[str, Any], path: tuple[str, ...], value: object, /) -> None:
    """Put a value where a path of names leads; a text that is there already becomes a list of two."""
    *outer, last = path
    for outer_name in outer:
        said = said.setdefault(outer_name, {})
    said[last] = f"{said[last]},{value}" if last in said else value
