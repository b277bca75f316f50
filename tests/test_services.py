"""What an e-mail service is told; the names are those of its own SDK, API model or of django-anymail's backend."""

from __future__ import annotations

import json
import pickle
from importlib import import_module
from typing import Any, TypeAlias, get_args

import pytest

from lmtrack import Consent, Override, Route, TrackingMode, Unsupported, resolve, service_headers, service_settings
from lmtrack.services import Service

Anything: TypeAlias = Any  # what a type checker would refuse

SERVICES: tuple[Service, ...] = get_args(Service)
BOTH = Route(track_opens=True, track_clicks=True)
ON = resolve(BOTH, consent=Consent.GRANTED)
OFF = resolve(Route())
CLICKS = resolve(BOTH, Override(track_opens=False), consent=Consent.GRANTED)

NO = "DISABLED"
SETTINGS: dict[Service, tuple[dict[str, object], dict[str, object]]] = {  # clicks alone; off
    "lettermint": (
        {"settings": {"track_opens": False, "track_clicks": True}},
        {"settings": {"track_opens": False, "track_clicks": False}},
    ),
    "postmark": ({"TrackOpens": False, "TrackLinks": "HtmlAndText"}, {"TrackOpens": False, "TrackLinks": "None"}),
    "mailgun": (
        {"o:tracking-opens": "no", "o:tracking-clicks": "yes"},
        {"o:tracking-opens": "no", "o:tracking-clicks": "no"},
    ),
    "sendgrid": (
        {"tracking_settings": {"open_tracking": {"enable": False}, "click_tracking": {"enable": True}}},
        {"tracking_settings": {"open_tracking": {"enable": False}, "click_tracking": {"enable": False}}},
    ),
    "ses": (
        {
            "ConfigurationOverrides": {
                "Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "ENABLED"}
            }
        },
        {
            "ConfigurationOverrides": {
                "Tracking": {"OpenTrackingEnabled": "DISABLED", "ClickTrackingEnabled": "DISABLED"}
            }
        },
    ),
    "sparkpost": (
        {"options": {"open_tracking": False, "click_tracking": True}},
        {"options": {"open_tracking": False, "click_tracking": False}},
    ),
    "mailjet": (
        {"TrackOpens": "disabled", "TrackClicks": "enabled"},
        {"TrackOpens": "disabled", "TrackClicks": "disabled"},
    ),
    "mailersend": (
        {"settings": {"track_opens": False, "track_clicks": True}},
        {"settings": {"track_opens": False, "track_clicks": False}},
    ),
    "mandrill": (
        {"message": {"track_opens": False, "track_clicks": True}},
        {"message": {"track_opens": False, "track_clicks": False}},
    ),
    "anymail": ({"track_opens": False, "track_clicks": True}, {"track_opens": False, "track_clicks": False}),
}
HEADERS: dict[Service, tuple[dict[str, str], dict[str, str]]] = {
    "lettermint": (
        {"X-LM-Override-Track-Opens": "false", "X-LM-Override-Track-Clicks": "true"},
        {"X-LM-Override-Track-Opens": "false", "X-LM-Override-Track-Clicks": "false"},
    ),
    "postmark": (
        {"X-PM-TrackOpens": "false", "X-PM-TrackLinks": "HtmlAndText"},
        {"X-PM-TrackOpens": "false", "X-PM-TrackLinks": "None"},
    ),
    "mailgun": (
        {"X-Mailgun-Track-Opens": "no", "X-Mailgun-Track-Clicks": "yes"},
        {"X-Mailgun-Track-Opens": "no", "X-Mailgun-Track-Clicks": "no"},
    ),
    "sendgrid": (
        {
            "X-SMTPAPI": '{"filters":{"opentrack":{"settings":{"enable":0}},"clicktrack":{"settings":{"enable":1}}}}',
        },
        {
            "X-SMTPAPI": '{"filters":{"opentrack":{"settings":{"enable":0}},"clicktrack":{"settings":{"enable":0}}}}',
        },
    ),
    "sparkpost": (
        {"X-MSYS-API": '{"options":{"open_tracking":false,"click_tracking":true}}'},
        {"X-MSYS-API": '{"options":{"open_tracking":false,"click_tracking":false}}'},
    ),
    "mailjet": (
        {"X-Mailjet-TrackOpen": "0", "X-Mailjet-TrackClick": "1"},
        {"X-Mailjet-TrackOpen": "0", "X-Mailjet-TrackClick": "0"},
    ),
    "mandrill": ({"X-MC-Track": "clicks_all"}, {}),
}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_told_the_decision_or_off(service: Service) -> None:
    clicks, off = SETTINGS[service]
    assert service_settings(CLICKS, service=service, tracker="service", account_off=True) == clicks
    for decision in (ON, CLICKS, OFF):  # we rewrote the mail
        assert service_settings(decision, service=service, tracker="lmtrack", account_off=True) == off
    for sign, verb in ((OFF, off), (CLICKS, clicks)):
        if service == "postmark":
            with pytest.raises(Unsupported):
                service_settings(sign, service=service, tracker="service")
        else:
            assert service_settings(sign, service=service, tracker="service") == verb
    assert json.loads(json.dumps(clicks)) == clicks


@pytest.mark.parametrize("service", HEADERS)
def test_a_service_is_told_the_same_by_headers(service: Service) -> None:
    clicks, off = HEADERS[service]
    assert service_headers(CLICKS, service=service, tracker="service", account_off=True) == clicks
    assert service_headers(OFF, service=service, tracker="service", account_off=True) == off
    for name, value in (clicks | off).items():
        assert f"{name}: {value}".isascii()
        assert f"{name}: {value}".isprintable()
    assert all(type(value) is str for value in clicks.values())


def test_both_flags_on_are_both_told() -> None:
    assert service_headers(ON, service="mandrill", tracker="service") == {"X-MC-Track": "opens,clicks_all"}
    assert service_settings(ON, service="postmark", tracker="service") == {
        "TrackOpens": True,
        "TrackLinks": "HtmlAndText",
    }
    for service in SERVICES:
        on = service_settings(ON, service=service, tracker="service")
        assert on != service_settings(ON, service=service, tracker="lmtrack", account_off=True)


@pytest.mark.parametrize("mode", [TrackingMode.AGGREGATE, TrackingMode.DELIVERABILITY])
def test_modes_that_no_service_knows_are_off(mode: TrackingMode) -> None:
    route = Route(track_opens=True, track_clicks=True, require_consent=True, without_consent=mode)
    decision = resolve(route)
    assert decision.opens is mode
    for service in SERVICES:
        told = service_settings(decision, service=service, tracker="service", account_off=True)
        assert told == SETTINGS[service][1]


@pytest.mark.parametrize(
    ("service", "decision", "flag"),
    [
        ("postmark", OFF, "opens"),  # a server that tracks opens does so whatever a mail says
        ("postmark", CLICKS, "opens"),
        ("mandrill", OFF, "opens"),
        ("mandrill", resolve(BOTH, Override(track_clicks=False), consent=Consent.GRANTED), "clicks"),
        *((service, decision, "opens") for service in ("ses", "mailersend", "anymail") for decision in (ON, OFF)),
        *((service, CLICKS, "opens") for service in ("ses", "mailersend", "anymail")),
    ],
)
def test_what_a_service_does_not_promise_is_never_a_silent_on(service: Service, decision: Any, flag: str) -> None:  # noqa: ANN401
    with pytest.raises(Unsupported, match=rf"^{service}: {flag} cannot be turned o") as caught:
        service_headers(decision, service=service, tracker="service")
    assert (caught.value.service, caught.value.flag) == (service, flag)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 - our own bytes
    if decision is OFF:  # the account answers for it
        assert not {"true", "1", "yes", "opens"} & {
            *service_headers(decision, service=service, tracker="service", account_off=True).values()
        }
    elif service not in HEADERS:
        with pytest.raises(Unsupported, match="cannot be turned on"):
            service_headers(decision, service=service, tracker="service", account_off=True)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"service": "resend"}, ValueError),
        ({"service": None}, ValueError),
        ({"service": ["ses"]}, ValueError),
        ({"tracker": "both"}, ValueError),
        ({"account_off": 1}, TypeError),
        ({"account_off": None}, TypeError),
    ],
)
def test_other_choices_are_the_callers_mistake(changed: dict[str, Anything], error: type[Exception]) -> None:
    arguments: Anything = {"service": "ses", "tracker": "service"} | changed
    for tell in (service_settings, service_headers):
        with pytest.raises(error):
            tell(OFF, **arguments)
        with pytest.raises(TypeError, match=r"^decision must be a Decision, not bool$"):
            tell(False, service="ses", tracker="service")  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            tell(OFF, service="ses")  # type: ignore[call-arg]


# django-anymail 15.2 (November 2026) has written the same for seven of them.

PAYLOADS = {
    "mailersend": "MailerSendPayload",
    "mailgun": "MailgunPayload",
    "mailjet": "MailjetPayload",
    "mandrill": "MandrillPayload",
    "postmark": "PostmarkPayload",
    "sendgrid": "SendGridPayload",
    "sparkpost": "SparkPostPayload",
}


@pytest.mark.parametrize("service", PAYLOADS)
@pytest.mark.parametrize("decision", [ON, CLICKS, OFF])
def test_settings_are_those_that_anymail_writes(service: Service, decision: Any) -> None:  # noqa: ANN401
    pytest.importorskip("anymail")
    backend = import_module(f"anymail.backends.{service}")
    payload = object.__new__(getattr(backend, PAYLOADS[service]))
    payload.data = {"Globals": {}} if service == "mailjet" else {"message": {}} if service == "mandrill" else {}
    payload.set_track_opens(decision.track_opens)
    payload.set_track_clicks(decision.track_clicks)
    written = payload.data["Globals"] if service == "mailjet" else payload.data
    assert service_settings(decision, service=service, tracker="service", account_off=True) == written


def test_the_attributes_are_those_that_anymail_reads() -> None:
    base = pytest.importorskip("anymail.backends.base")
    names = {name for name, *_ in base.BasePayload.anymail_message_attrs}
    assert {*service_settings(ON, service="anymail", tracker="service")} <= names
