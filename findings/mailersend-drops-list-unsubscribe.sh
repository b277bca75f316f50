#!/usr/bin/env bash
# A library should send a field that its service's API has, or refuse it. MailerSend's API and its JavaScript library
# 3.4.0 have `list_unsubscribe`; in Python, `EmailRequest` of mailersend 2.2.0 accepts the field and drops it, as it
# drops any name that it does not know (0.6.0 sent everything). The cost: bulk mail without List-Unsubscribe, which
# Gmail and Yahoo require of large senders; and if `settings` is misspelt, the account decides about tracking.
# Seen (the names that are posted): list_unsubscribe from JavaScript; neither it nor the misspelt "setings" from Python.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check mailersend==2.2.0
npm init -y >npm.log && npm install --silent --no-audit --no-fund mailersend@3.4.0 >>npm.log 2>&1
cat >seen.py <<'PY'
import json
from unittest.mock import patch

import requests
from mailersend import MailerSendClient
from mailersend.models.email import EmailRequest


def keep(self, request, **_kwargs):
    print("Python", *sorted(json.loads(request.body)))
    raise InterruptedError


letter = {
    "from": {"email": "letters@example.com"}, "to": [{"email": "ann@example.org"}],
    "subject": "Lamps", "html": "<p>Lamps</p>",
    "list_unsubscribe": "https://shop.example/leave/1", "setings": {"track_opens": False},
}
with patch.object(requests.Session, "send", keep):
    try:
        MailerSendClient(api_key="k").emails.send(EmailRequest(**letter))
    except InterruptedError:
        pass
PY
cat >seen.js <<'JS'
const { EmailParams, MailerSend, Recipient, Sender } = require("mailersend")

const mailer = new MailerSend({ apiKey: "k" })
mailer.email.post = async (_path, body) => {
  console.log("JavaScript", Object.keys(JSON.parse(JSON.stringify(body))).sort().join(" "))
}
mailer.email.send(
  new EmailParams().setFrom(new Sender("letters@example.com")).setTo([new Recipient("ann@example.org")])
    .setSubject("Lamps").setHtml("<p>Lamps</p>").setListUnsubscribe("https://shop.example/leave/1"),
)
JS
{ env/bin/python seen.py; node seen.js; } | tee seen
diff seen - <<'SEEN'
Python from html subject to
JavaScript from html list_unsubscribe subject to
SEEN
