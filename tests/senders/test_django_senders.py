"""The backend for Django behind the queues and template libraries of its users (session `senders` of nox)."""

from __future__ import annotations

import os
import re
from typing import Any, Final

import pytest

if os.environ.get("LMTRACK_SENDERS") != "1":  # noqa: TID251 - the session says so
    pytest.skip("sending libraries: nox -s senders", allow_module_level=True)

import django
from django.conf import settings

from lmtrack import Consent, Route
from sender_newsletter import ANN, DOMAIN, HTML, LEAVE, LEAVE_FIELDS, PAGES, SHOP, SUBJECT, TEXT, check_tracked, receive

MODERN: Final = django.VERSION >= (6, 1)
BACKEND: Final = "lmtrack.contrib.django.EmailBackend"
TEMPLATE: Final = (
    f"{{% block subject %}}{SUBJECT}{{% endblock %}}{{% block plain %}}{TEXT}{{% endblock %}}"
    f"{{% block html %}}{HTML}{{% endblock %}}"
)
OPTIONS: Final[dict[str, Any]] = {
    "INSTALLED_APPS": [
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sites", "post_office", "mailer",
        "djcelery_email", "lmtrack.contrib.django.LmtrackConfig",
    ],
    "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
    "TEMPLATES": [{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {"templated_email/letter.email": TEMPLATE})]},
    }],
    "POST_OFFICE": {"BACKENDS": {"default": BACKEND}, "DEFAULT_PRIORITY": "now"},
    "MAILER_EMAIL_BACKEND": BACKEND, "MAILER_EMPTY_QUEUE_SLEEP": 0, "MAILER_USE_FILE_LOCK": False,
    "CELERY_EMAIL_BACKEND": BACKEND,
    "CELERY_EMAIL_TASK_CONFIG": {"ignore_result": True},
    "EMAIL_HOST": "127.0.0.1", "EMAIL_BACKEND": BACKEND, "SITE_ID": 1, "USE_TZ": True,
    "LMTRACK": {
        "DOMAIN": DOMAIN, "ROUTE": Route(track_opens=True, track_clicks=True, require_consent=True),
        "CONSENT": lambda address: Consent.of(True if address == ANN else None),
    },
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def project(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A project with the apps and their tables."""
    file = tmp_path_factory.mktemp("project") / "db.sqlite3"
    settings.configure(**OPTIONS, DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}})
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - with the settings

    call_command("migrate", verbosity=0, run_syncdb=True)


def letter(**headers: str) -> Any:  # noqa: ANN401 - a mail of Django
    from django.core.mail import EmailMultiAlternatives  # noqa: PLC0415 - with the settings

    mail = EmailMultiAlternatives(SUBJECT, TEXT, SHOP, [ANN], headers=LEAVE_FIELDS | headers)
    mail.attach_alternative(HTML, "text/html")
    mail.attach("Lampen.pdf", b"%PDF-1.4\n", "application/pdf")
    return mail


def arrived(send: Any) -> bytes:  # noqa: ANN401 - what sends
    def on(port: int) -> None:
        settings.EMAIL_PORT = port
        send()

    [mail] = receive(on)
    assert b"lmtrack-id" not in mail.content.lower()
    return bytes(mail.content)


def test_the_backend_by_itself() -> None:
    mail = letter()
    mail.lmtrack_id = "letter-4471"
    check_tracked(arrived(mail.send), now=None)


def test_post_office_keeps_the_header() -> None:
    from post_office import mail as post  # noqa: PLC0415 - with the settings

    def send() -> None:
        post.send(
            [ANN], SHOP, subject=SUBJECT, message=TEXT, html_message=HTML, priority="now",
            headers=LEAVE_FIELDS | {"X-Lmtrack-ID": "letter-4471"},
        )  # fmt: skip

    check_tracked(arrived(send), now=None)


def test_mailer_keeps_attributes_and_headers() -> None:
    from mailer import engine  # noqa: PLC0415 - with the settings
    from mailer.backend import DbBackend  # noqa: PLC0415

    def send() -> None:
        DbBackend().send_messages([letter(**{"X-Lmtrack-ID": "letter-4471"})])
        engine.send_all()

    check_tracked(arrived(send), now=None)


@pytest.mark.skipif(MODERN, reason="django-celery-email 3.0.0 fails with Django 6.1 by itself")
def test_celery_email_keeps_the_header() -> None:
    from celery import current_app  # noqa: PLC0415 - only here
    from djcelery_email.backends import CeleryEmailBackend  # noqa: PLC0415 - with the settings

    current_app.conf.task_always_eager = True
    check_tracked(
        arrived(lambda: CeleryEmailBackend().send_messages([letter(**{"X-Lmtrack-ID": "letter-4471"})])), now=None
    )


def test_templated_email_makes_a_mail_that_takes_an_id() -> None:
    from templated_email import get_templated_mail  # noqa: PLC0415 - with the settings

    mail = get_templated_mail("letter", context={}, from_email=SHOP, to=[ANN], headers=LEAVE_FIELDS)
    mail.lmtrack_id = "letter-4471"
    raw = arrived(mail.send)
    assert len(re.findall(rb"https://track\.example/c/", raw.replace(b"=\r\n", b""))) == len(PAGES)
    assert f"\r\nList-Unsubscribe: {LEAVE}\r\n".encode() in raw


def test_anymail_gets_the_page_and_is_told_not_to_track() -> None:
    pytest.importorskip("anymail")
    from anymail.backends.test import EmailBackend  # noqa: PLC0415 - with the settings
    from anymail.signals import pre_send  # noqa: PLC0415

    from lmtrack.contrib.django import track_before_sending  # noqa: PLC0415

    pre_send.connect(track_before_sending)
    mail = letter()
    mail.lmtrack_id = "letter-4471"
    options = {"alias": "default"} if MODERN else {}
    assert EmailBackend(**options).send_messages([mail]) == 1
    given = mail.anymail_test_params
    assert given["html_body"].count("https://track.example/c/") == len(PAGES)
    assert (given["track_clicks"], given["track_opens"]) == (False, False)
    pre_send.disconnect(track_before_sending)
