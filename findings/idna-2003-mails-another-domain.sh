#!/usr/bin/env bash
# A domain with an ß should be that domain. Since IDNA 2008 (RFC 5891, in 2010), straße.example is a name of its own,
# xn--strae-oqa.example, and browsers, nodemailer 10.6.1 and httpx 0.28.1 go there. Python's "idna" codec still follows
# IDNA 2003 and makes strasse.example of it: Django 5.2.19 (and 6.1.3) addresses messages to that domain, and Werkzeug
# 3.1.9 redirects to it. The cost: the message and its personal links go to the owner of another domain, or bounce, and
# a click ends on another site.
# Seen: strasse.example from Django and Werkzeug, xn--strae-oqa.example from nodemailer, httpx and Node's `URL`.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check Django==5.2.19 Werkzeug==3.1.9 httpx==0.28.1
npm init -y >npm.log && npm install --silent --no-audit --no-fund nodemailer@10.6.1 >>npm.log 2>&1
cat >seen.py <<'PY'
import httpx
from django.conf import settings
from django.core.mail import EmailMessage
from werkzeug.utils import redirect

settings.configure()
address, url = "ann@straße.example", "https://straße.example/lamps"
letter = EmailMessage("Lamps", "Lamps", "letters@shop.example", [address])
print("Django", letter.message()["To"])
print("Werkzeug", redirect(url).get_wsgi_headers({"wsgi.url_scheme": "https", "HTTP_HOST": "a.example"})["Location"])
print("httpx", httpx.URL(url).raw_host.decode())
PY
cat >seen.js <<'JS'
const transport = require("nodemailer").createTransport({ streamTransport: true })
transport.sendMail({ from: "letters@shop.example", to: "ann@straße.example", text: "Lamps" })
  .then((sent) => console.log("nodemailer", ...sent.envelope.to))
console.log("URL", new URL("https://straße.example/lamps").host)
JS
{ env/bin/python seen.py; node seen.js; } | tee seen
diff seen - <<'SEEN'
Django ann@strasse.example
Werkzeug https://strasse.example/lamps
httpx xn--strae-oqa.example
URL xn--strae-oqa.example
nodemailer ann@xn--strae-oqa.example
SEEN
