#!/usr/bin/env bash
# Importing a mail library should change nothing for others. Importing Flask-Mail 0.10.0 tells the standard library that
# UTF-8 needs no transfer encoding, for everyone in the process: a mail with letters beyond ASCII that yagmail 0.16.0
# wrote as ASCII text before is not ASCII afterwards, and `smtplib.SMTP.sendmail(str)`, which yagmail calls, refuses it.
# Seen: "ASCII True", "ASCII False", "UnicodeEncodeError".
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv && venv/bin/pip install --quiet flask-mail==0.10.0 yagmail==0.16.0 2>pip.log
venv/bin/python - >seen <<'PY'
import smtplib

import yagmail


def letter():
    mailer = yagmail.SMTP("letters@shop.example", "x", host="127.0.0.1", port=1)
    return mailer.prepare_send("ann@reader.example", "New lamps", ["<p>Grüße, Ann!</p>"], prettify_html=False)[1]


print("ASCII", letter().isascii())
import flask_mail  # this line changes what follows

text = letter()
print("ASCII", text.isascii())
server = smtplib.SMTP()
server.ehlo_or_helo_if_needed = lambda: None
try:
    server.sendmail("letters@shop.example", ["ann@reader.example"], text)
except UnicodeEncodeError as error:
    print(type(error).__name__)
PY
cat seen
diff seen - <<'SEEN'
ASCII True
ASCII False
UnicodeEncodeError
SEEN
