#!/usr/bin/env bash
# A task should get the arguments that it is called with, or refuse them. Django 6's own tasks refuse most of what JSON
# has no type for, but 6.1.3 turns bytes that are UTF-8 into text, and refuses others. kombu 5.7.0, which writes the
# tasks of Celery, gives bytes back. The cost: when a program moves from Celery to Django's tasks, a finished message
# becomes text, which smtplib sends only if it is ASCII. So tests in English pass, the first message with an accent is
# not sent, and one in Latin-1 is not even queued.
# Seen, for a message in ASCII, in UTF-8 and in Latin-1: from Django a str that is sent, a str that is not sent, and a
# ValueError; from kombu three times bytes.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check kombu==5.7.0
env/bin/pip install --quiet --disable-pip-version-check --target site --no-deps --ignore-requires-python \
  django==6.1.3 asgiref==3.9.1 sqlparse==0.5.3
npm init -y >npm.log && npm install --silent --no-audit --no-fund pyodide@314.0.8 >>npm.log 2>&1
cat >messages.py <<'PY'
messages = [
    f"Subject: Lamps\r\n\r\n{greeting}, Ann\r\n".encode(charset)
    for greeting, charset in (("Hello", "ascii"), ("Olá", "utf-8"), ("Olá", "latin-1"))
]
PY
cat >seen.mjs <<'JS'
import { readFileSync } from "node:fs"
import { loadPyodide } from "pyodide"

const python = await loadPyodide()
python.FS.mkdir("/site")
python.FS.mount(python.FS.filesystems.NODEFS, { root: "site" }, "/site")
python.runPython(readFileSync("messages.py", "utf8"))
python.runPython(`
import smtplib
import sys

sys.path.append("/site")
import django
from django.conf import settings

settings.configure(TASKS={"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}})
django.setup()
from django.tasks import task


class Server(smtplib.SMTP):
    def answer(self, *_):
        return 250, b""

    ehlo_or_helo_if_needed = mail = rcpt = data = answer


@task
def send(message):
    pass


assert django.__version__ == "6.1.3"
for message in messages:
    try:
        (queued,) = send.enqueue(message).args
    except ValueError as error:
        print("Django", type(error).__name__)
        continue
    try:
        Server().sendmail("letters@shop.example", ["ann@reader.example"], queued)
        print("Django", type(queued).__name__, "sent")
    except UnicodeEncodeError as error:
        print("Django", type(queued).__name__, type(error).__name__)
`)
JS
cat >seen.py <<'PY'
from kombu.utils.json import dumps, loads
from messages import messages

for message in messages:
    print("kombu", type(loads(dumps(message))).__name__)
PY
{ node --no-deprecation seen.mjs; env/bin/python seen.py; } | tee seen
diff seen - <<'SEEN'
Django str sent
Django str UnicodeEncodeError
Django ValueError
kombu bytes
kombu bytes
kombu bytes
SEEN
