#!/usr/bin/env bash
# A queue should send the message that it gets. The email backend of django-post_office 3.12.0 renders subject, text and
# HTML of a finished message as Django templates, with an empty context, so a merge field that the next service should
# fill, such as {{unsubscribe_url}}, becomes nothing (ui/django-post_office#478). It also keeps only one alternative,
# the HTML, and drops the AMP part. The cost: unsubscribe links that lead nowhere, without an error. django-mailer 2.3.2
# sends what it gets.
# Seen: from post_office, href="" and no AMP part; from django-mailer, both as they were.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check django-post_office==3.12.0 django-mailer==2.3.2 Django==5.2.19
cat >seen.py <<'PY'
import django
from django.conf import settings

memory = "django.core.mail.backends.locmem.EmailBackend"
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    EMAIL_BACKEND=memory,
    INSTALLED_APPS=["django.contrib.contenttypes", "post_office", "mailer"],
    MAILER_EMAIL_BACKEND=memory,
    POST_OFFICE={"BACKENDS": {"default": memory}, "DEFAULT_PRIORITY": "now"},
    TEMPLATES=[
        {"BACKEND": "django.template.backends.django.DjangoTemplates"},
        {"BACKEND": "post_office.template.backends.post_office.PostOfficeTemplates", "NAME": "post_office"},
    ],
)
django.setup()

from django.core import mail
from django.core.management import call_command
from mailer.engine import send_all

call_command("migrate", verbosity=0)
mail.outbox = []
for backend in ("post_office.EmailBackend", "mailer.backend.DbBackend"):
    letter = mail.EmailMultiAlternatives(
        "Lamps", "Lamps", "letters@shop.example", ["ann@reader.example"], connection=mail.get_connection(backend)
    )
    letter.attach_alternative("<!doctype html><html amp4email></html>", "text/x-amp-html")
    letter.attach_alternative('<a href="{{unsubscribe_url}}">Leave</a>', "text/html")
    letter.send()
    send_all()
    [sent] = mail.outbox
    print(backend, *(f"{kind}: {content[:30]}" for content, kind in sent.alternatives))
    mail.outbox = []
PY
env/bin/python seen.py 2>&1 | tee seen
diff seen - <<'SEEN'
post_office.EmailBackend text/html: <a href="">Leave</a>
mailer.backend.DbBackend text/x-amp-html: <!doctype html><html amp4email text/html: <a href="{{unsubscribe_url}}">
SEEN
