#!/usr/bin/env bash
# Click tracking should change links to web pages and nothing else. django-mail-analytics 1.0.9 changes every `href`,
# also those of mailto: and tel: and of places in the same message, but its own view redirects only to http and https,
# and everything else to the home page. The cost: readers who want to write, to phone or to jump to a chapter end up on
# the home page, and these clicks are not recorded; the links to web pages, which a test follows, work.
# Seen, for a web page, mailto:, tel: and #: the web page, and three times the home page; one click is recorded.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check django-mail-analytics==1.0.9 django==5.2.19 wrapt==2.5.2 \
  hashids==1.3.1
cat >seen.py <<'PY'
import html
import re

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "seen.sqlite3"}},
    EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django_mail_analytics"],
    MAIL_ANALYTICS={"SCHEME": "https", "DOMAIN": "shop.example"},
    ROOT_URLCONF="django_mail_analytics.urls",
    SECRET_KEY="k" * 50,
)
django.setup()
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django_mail_analytics.models import MailRecipientAction

call_command("migrate", verbosity=0)
links = ["https://shop.example/lamps", "mailto:help@shop.example", "tel:+15550100", "#lamps"]
body = "".join(f'<a href="{link}">Lamps</a>' for link in links)
message = mail.EmailMultiAlternatives("Lamps", "Hello", "letters@shop.example", ["ann@reader.example"])
message.attach_alternative(f"<body>{body}</body>", "text/html")
message.send()
sent = mail.outbox[0].alternatives[0][0]
for link, url in zip(links, re.findall(r'href="(.*?)"', sent), strict=True):
    answer = Client().get(html.unescape(url).removeprefix("https://shop.example"))
    print(link, "->", answer.headers["Location"])
print(MailRecipientAction.objects.count(), "recorded")
PY
env/bin/python seen.py | tee seen
diff seen - <<'SEEN'
https://shop.example/lamps -> https://shop.example/lamps
mailto:help@shop.example -> https://shop.example/
tel:+15550100 -> https://shop.example/
#lamps -> https://shop.example/
1 recorded
SEEN
