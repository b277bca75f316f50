#!/usr/bin/env bash
# One service should have one name for the field that switches tracking off. The email API of Azure Communication
# Services and its Python library 1.1.0 call it `userEngagementTrackingDisabled`; its JavaScript library 1.1.0 calls it
# `disableUserEngagementTracking`, and drops the API's own name without an error. Python sends the other name to the API
# as it is. The cost: with the wrong name, readers who refused are tracked.
# Seen (the API's field in the request): true only for the name that belongs to the language.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check azure-communication-email==1.1.0
npm init -y >npm.log && npm install --silent --no-audit --no-fund @azure/communication-email@1.1.0 >>npm.log 2>&1
cat >seen.py <<'PY'
import base64
import json

from azure.communication.email import EmailClient
from azure.core.credentials import AzureKeyCredential
from azure.core.pipeline.transport import HttpTransport


class Keep(HttpTransport):
    """Keep the request instead of sending it."""

    def send(self, request, **_kwargs):
        self.body = json.loads(request.body)
        raise InterruptedError

    def open(self): ...
    def close(self): ...
    def __exit__(self, *_args): ...


for name in ("userEngagementTrackingDisabled", "disableUserEngagementTracking"):
    transport = Keep()
    key = AzureKeyCredential(base64.b64encode(b"k" * 32).decode())
    client = EmailClient("https://mail.example", key, transport=transport)
    message = {
        "senderAddress": "letters@shop.example",
        "recipients": {"to": [{"address": "ann@reader.example"}]},
        "content": {"subject": "Lamps", "html": "<p>Lamps</p>"},
        name: True,
    }
    try:
        client.begin_send(message)
    except InterruptedError:
        print("Python", name, transport.body.get("userEngagementTrackingDisabled"))
PY
cat >seen.js <<'JS'
const { EmailClient } = require("@azure/communication-email")

async function ask(name) {
  let body
  const httpClient = { sendRequest: async (request) => { body = JSON.parse(request.body); throw new Error("kept") } }
  const key = Buffer.from("k".repeat(32)).toString("base64")
  const client = new EmailClient("https://mail.example", { key }, { httpClient, retryOptions: { maxRetries: 0 } })
  const message = {
    senderAddress: "letters@shop.example",
    recipients: { to: [{ address: "ann@reader.example" }] },
    content: { subject: "Lamps", html: "<p>Lamps</p>" },
    [name]: true,
  }
  await client.beginSend(message).catch(() => {})
  console.log("JavaScript", name, body.userEngagementTrackingDisabled)
}
ask("userEngagementTrackingDisabled").then(() => ask("disableUserEngagementTracking"))
JS
{ env/bin/python seen.py; node seen.js; } | tee seen
diff seen - <<'SEEN'
Python userEngagementTrackingDisabled True
Python disableUserEngagementTracking None
JavaScript userEngagementTrackingDisabled undefined
JavaScript disableUserEngagementTracking true
SEEN
