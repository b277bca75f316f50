"""The names that services are told, against their own SDKs and API models; the session `senders` installs those."""

from __future__ import annotations

import gzip
import json
from dataclasses import fields, is_dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from lmtrack import Consent, Route, resolve, service_headers, service_settings

ON = resolve(Route(track_opens=True, track_clicks=True), consent=Consent.GRANTED)


def told(service: Any, *path: str) -> dict[str, object]:  # noqa: ANN401 - one of the names
    """What the service is told, below some members."""
    found: Any = service_settings(ON, service=service, tracker="service", account_off=True)
    for name in path:
        found = found[name]
    return dict(found)


def test_lettermint() -> None:  # lettermint 3.2
    types = pytest.importorskip("lettermint._generated.types")
    settings = [
        value
        for name, value in vars(types).items()
        if isinstance(value, type) and {"track_opens", "track_clicks"} <= getattr(value, "__annotations__", {}).keys()
    ]
    assert settings
    for value in settings:
        assert {*told("lettermint", "settings")} <= {*value.__annotations__}


def test_postmark() -> None:  # postmarker 1.0
    emails = pytest.importorskip("postmarker.models.emails")
    names = emails.EmailManager.send.__code__.co_varnames
    assert {*told("postmark")} <= {*names}


def test_sendgrid() -> None:  # sendgrid 6.12
    mail = pytest.importorskip("sendgrid.helpers.mail")
    settings = mail.TrackingSettings(
        click_tracking=mail.ClickTracking(enable=True), open_tracking=mail.OpenTracking(enable=True)
    )
    assert settings.get() == told("sendgrid", "tracking_settings")


def test_ses() -> None:  # botocore 1.44, the model of SES API v2
    botocore = pytest.importorskip("botocore")
    (path,) = (Path(botocore.__file__).parent / "data" / "sesv2").glob("*/service-2.json.gz")
    shapes = json.loads(gzip.decompress(path.read_bytes()))["shapes"]
    shape, value = "SendEmailRequest", told("ses")
    while isinstance(value, dict):
        ((name, inner), *_) = value.items()
        assert {*value} <= {*shapes[shape]["members"]}
        shape, value = shapes[shape]["members"][name]["shape"], inner  # type: ignore[assignment] # down the request
    assert value in shapes[shape]["enum"]


def test_sparkpost() -> None:  # sparkpost 1.3
    transmissions = pytest.importorskip("sparkpost.transmissions")
    source = Path(transmissions.__file__).read_text(encoding="utf-8")
    for name in told("sparkpost", "options"):
        assert f"'options/{name}'" in source
    (header,) = service_headers(ON, service="sparkpost", tracker="service")
    message = Path(transmissions.__file__).parent / "django" / "message.py"  # the one header by SMTP that an SDK reads
    assert f"extra_headers['{header}']" in message.read_text(encoding="utf-8")


def test_mailjet() -> None:  # mailjet-rest 1.9, types of Send API v3.1
    types = pytest.importorskip("mailjet_rest.types")
    messages = [value for value in vars(types).values() if "TrackOpens" in getattr(value, "__annotations__", {})]
    assert messages
    for message in messages:
        assert {*told("mailjet")} <= {*message.__annotations__}
        assert "enabled" in str(get_type_hints(message, include_extras=True)["TrackOpens"])
        assert "disabled" in str(get_type_hints(message, include_extras=True)["TrackOpens"])


def test_mailersend() -> None:  # mailersend 2.2
    models = pytest.importorskip("mailersend.models.email")
    settings = models.EmailTrackingSettings
    names = {field.name for field in fields(settings)} if is_dataclass(settings) else {*settings.model_fields}
    assert {*told("mailersend", "settings")} <= names


def test_mandrill() -> None:  # mailchimp_transactional 1.4 types nothing; django-anymail's backend has the names
    if find_spec("anymail") is None:
        pytest.skip("django-anymail is not installed")
    source = Path(find_spec("anymail.backends.mandrill").origin or "").read_text(encoding="utf-8")  # type: ignore[union-attr]
    for name in told("mandrill", "message"):
        assert f'["message"]["{name}"]' in source
