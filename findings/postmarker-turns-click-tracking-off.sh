#!/usr/bin/env bash
# What a program does not mention should stay as the account says. postmarker 1.0 sends `TrackLinks: "None"` with every
# message that says nothing about links. That is the API's word for "do not track", and it overrides the server's
# setting; for opens, the library sends null, which changes nothing. The cost: opens are counted, clicks are not, and no
# one is told.
# Seen: {'TrackOpens': None, 'TrackLinks': 'None'}, from `emails.send` as well as from `emails.Email(...).send`.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check postmarker==1.0
cat >seen.py <<'PY'
import json
from unittest.mock import patch

import requests
from postmarker.core import PostmarkClient


def keep(self, request, **_kwargs):
    body = json.loads(request.body)
    print({name: body[name] for name in ("TrackOpens", "TrackLinks")})
    raise InterruptedError


letter = {"From": "letters@shop.example", "To": "ann@reader.example", "Subject": "Lamps", "HtmlBody": "<p>Lamps</p>"}
client = PostmarkClient(server_token="t")
with patch.object(requests.Session, "send", keep):
    for send in (client.emails.send, lambda **letter: client.emails.Email(**letter).send()):
        try:
            send(**letter)
        except InterruptedError:
            pass
PY
env/bin/python seen.py | tee seen
diff seen - <<'SEEN'
{'TrackOpens': None, 'TrackLinks': 'None'}
{'TrackOpens': None, 'TrackLinks': 'None'}
SEEN
