"""The backend for Django behind the queues and template libraries of its users (session `senders` of nox)."""

from __future__ import annotations

import os
from base64 import encodebytes
from dataclasses import replace
from email.mime.image import MIMEImage
from typing import TYPE_CHECKING, Any, Final

import pytest

if os.environ.get("LMTRACK_SENDERS") != "1":  # noqa: TID251 - the session says so
    pytest.skip("sending libraries: nox -s senders", allow_module_level=True)

import django
from django.conf import settings

from lmtrack import Consent, Route, prepare_message
from sender_newsletter import (
    ANN,
    CID,
    DOMAIN,
    HTML,
    LEAVE_FIELDS,
    NAME,
    PAGES,
    PDF,
    PNG,
    SHOP,
    SUBJECT,
    TEXT,
    check_sender,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from lmtrack.message import Prepared

    # Makes a mail, with this id if it is to be tracked, and sends it.
    HandOver = Callable[[str | None], object]


MODERN: Final = django.VERSION >= (6, 1)
BACKEND: Final = "lmtrack.contrib.django.EmailBackend"
TEMPLATE: Final = (
    f"{{% block subject %}}{SUBJECT}{{% endblock %}}{{% block plain %}}{TEXT}{{% endblock %}}"
    f"{{% block html %}}{HTML}{{% endblock %}}"
)
TEMPLATES: Final = {
    "templated_email/letter.email": TEMPLATE,
    "newsletter/message/message_subject.txt": "{{ message.title }}",
    "newsletter/message/message.txt": TEXT,
    "newsletter/message/message.html": HTML,
}
OPTIONS: Final[dict[str, Any]] = {
    "INSTALLED_APPS": [
        "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sites", "post_office", "mailer",
        "djcelery_email", "sorl.thumbnail", "newsletter", "lmtrack.contrib.django.LmtrackConfig",
    ],
    "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
    "TEMPLATES": [{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", TEMPLATES)]},
    }],
    "POST_OFFICE": {"BACKENDS": {"default": BACKEND}, "DEFAULT_PRIORITY": "now"},
    "MAILER_EMAIL_BACKEND": BACKEND, "MAILER_EMPTY_QUEUE_SLEEP": 0, "MAILER_USE_FILE_LOCK": False,
    "CELERY_EMAIL_BACKEND": BACKEND,
    "CELERY_EMAIL_TASK_CONFIG": {"ignore_result": True},
    "NEWSLETTER_THUMBNAIL": "sorl-thumbnail",
    "EMAIL_HOST": "127.0.0.1", "EMAIL_BACKEND": BACKEND, "SITE_ID": 1, "USE_TZ": True,
    "LMTRACK": {
        "DOMAIN": DOMAIN, "ROUTE": Route(track_opens=True, track_clicks=True, require_consent=True),
        "CONSENT": lambda address: Consent.of(True if address == ANN else None),
    },
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def project(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A project with the apps and their tables."""
    folder = tmp_path_factory.mktemp("project")
    database = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "db.sqlite3")}
    settings.configure(**OPTIONS, DATABASES={"default": database}, MEDIA_ROOT=str(folder / "files"))
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - with the settings

    call_command("migrate", verbosity=0, run_syncdb=True)


def letter(mail: Any = None, **headers: str) -> Any:  # noqa: ANN401 - a mail of Django
    """The newsletter; or with its files, a mail that has its text already."""
    from django.core.mail import EmailMultiAlternatives  # noqa: PLC0415 - with the settings

    if mail is None:
        mail = EmailMultiAlternatives(SUBJECT, TEXT, SHOP, [ANN], headers=LEAVE_FIELDS | headers)
        mail.attach_alternative(HTML, "text/html")
    image = MIMEImage(PNG, "png")
    image.add_header("Content-ID", CID)
    image.add_header("Content-Disposition", "inline", filename="lamp.png")
    mail.attach(image)
    mail.attach("Lampen.pdf", PDF, "application/pdf")
    return mail


def check(monkeypatch: pytest.MonkeyPatch, hand_over: HandOver, *, inline: bool = True) -> None:
    """Send with an id through our backend and without one through Django's, and compare what arrives."""
    from lmtrack.contrib.django import Tracking  # noqa: PLC0415 - with the settings

    kept: list[Prepared] = []

    def keep(*args: Any, **options: Any) -> Prepared:  # noqa: ANN401 - those of the function
        kept.append(prepare_message(*args, **options))
        return kept[-1]

    def send(port: int, tracked: bool) -> Prepared | None:
        settings.EMAIL_PORT = port
        with monkeypatch.context() as patch:
            if not tracked:
                patch.delattr(Tracking, "send_messages")
                hand_over(None)
                return None
            patch.setattr("lmtrack.contrib.django.prepare_message", keep)
            hand_over("letter-4471")
        return replace(kept[0], sender=SHOP)  # Django reads it from the mail

    check_sender(send, inline=inline, now=None)
    assert len(kept) == 1


def id_header(message_id: str | None) -> dict[str, str]:
    return {} if message_id is None else {"X-Lmtrack-ID": message_id}


def test_the_backend_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def hand_over(message_id: str | None) -> None:
        mail = letter()
        mail.lmtrack_id = message_id
        mail.send()

    check(monkeypatch, hand_over)


def test_post_office_keeps_the_header(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.files.base import ContentFile  # noqa: PLC0415 - with the settings
    from post_office import mail as post  # noqa: PLC0415

    shown = {"Content-ID": CID, "Content-Disposition": "inline", "Content-Transfer-Encoding": "base64"}

    def hand_over(message_id: str | None) -> None:
        files = {
            # It writes a part that has headers as it is, so the encoding is the caller's.
            "lamp.png": {"file": ContentFile(encodebytes(PNG)), "mimetype": "image/png", "headers": shown},
            "Lampen.pdf": ContentFile(PDF),
        }
        post.send(
            [ANN], SHOP, subject=SUBJECT, message=TEXT, html_message=HTML, priority="now", attachments=files,
            headers=LEAVE_FIELDS | id_header(message_id),
        )  # fmt: skip

    check(monkeypatch, hand_over)


def test_mailer_keeps_attributes_and_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    from mailer import engine  # noqa: PLC0415 - with the settings
    from mailer.backend import DbBackend  # noqa: PLC0415

    def hand_over(message_id: str | None) -> None:
        DbBackend().send_messages([letter(**id_header(message_id))])
        engine.send_all()

    check(monkeypatch, hand_over)


@pytest.mark.skipif(MODERN, reason="django-celery-email 3.0.0 fails with Django 6.1 by itself")
def test_celery_email_keeps_the_header(monkeypatch: pytest.MonkeyPatch) -> None:
    from celery import current_app  # noqa: PLC0415 - only here
    from djcelery_email.backends import CeleryEmailBackend  # noqa: PLC0415 - with the settings

    current_app.conf.task_always_eager = True

    def hand_over(message_id: str | None) -> None:
        CeleryEmailBackend().send_messages([letter(**id_header(message_id))])

    # It keeps name, bytes and type of a part: no image keeps its Content-ID, so it has no inline images.
    check(monkeypatch, hand_over, inline=False)


def test_templated_email_makes_a_mail_that_takes_an_id(monkeypatch: pytest.MonkeyPatch) -> None:
    from templated_email import get_templated_mail  # noqa: PLC0415 - with the settings

    def hand_over(message_id: str | None) -> None:
        mail = letter(get_templated_mail("letter", context={}, from_email=SHOP, to=[ANN], headers=LEAVE_FIELDS))
        mail.lmtrack_id = message_id
        mail.send()

    check(monkeypatch, hand_over)


def test_newsletter_hands_out_each_mail_with_its_subscription(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.core.files.base import ContentFile  # noqa: PLC0415 - with the settings
    from newsletter.models import Message, Newsletter, Submission, Subscription  # noqa: PLC0415

    class TrackedSubmission(Submission):  # type: ignore[misc]
        lmtrack_id: str | None = None
        extra_headers = LEAVE_FIELDS  # it has the page of its own list there

        class Meta:
            proxy, app_label = True, "newsletter"

        def get_message(self, subscription: object) -> Any:  # noqa: ANN401 - a mail of Django
            mail = super().get_message(subscription)
            mail.lmtrack_id = self.lmtrack_id
            return mail

    letters = Newsletter.objects.create(title=NAME, slug="letters", email=SHOP, sender=NAME)
    Subscription.objects.create(newsletter=letters, email_field=ANN, subscribed=True)
    message = Message.objects.create(title=SUBJECT, slug="lamps", newsletter=letters)
    # Files are all that it attaches: no part gets a Content-ID, so it has no inline images.
    message.attachments.create(file=ContentFile(PDF, "Lampen.pdf"))

    def hand_over(message_id: str | None) -> None:
        submission = TrackedSubmission.from_message(message)
        submission.lmtrack_id = message_id
        submission.submit()

    check(monkeypatch, hand_over, inline=False)


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
