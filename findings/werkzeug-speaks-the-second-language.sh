#!/usr/bin/env bash
# A browser that asks for Swiss German, then French, should get the German page: RFC 4647 (3.4) shortens de-CH to de before
# it looks at the next. Werkzeug 3.1.9 (Flask, Quart) shortens only if no tag fits as it is (pallets/werkzeug#2732), and
# accept-language-parser 1.5.0 only if it is `loose`, so French wins: an unsubscribe page in the reader's second language.
# Seen: French from those two; German from Django 5.2.19, from WebOb 1.8.11's `lookup` and from negotiator 1.1.0.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check Werkzeug==3.1.9 WebOb==1.8.11 Django==5.2.19
npm init -y >npm.log
npm install --silent --no-audit --no-fund accept-language-parser@1.5.0 negotiator@1.1.0 >>npm.log 2>&1
env/bin/python -c '
import django
from django.conf import settings
from django.test import RequestFactory
from django.utils.translation import get_language_from_request
from webob.acceptparse import create_accept_language_header
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request
settings.configure(LANGUAGES=[("en", "English"), ("fr", "French"), ("de", "German")])
django.setup()
wanted, pages = "de-CH,fr;q=0.9,en;q=0.8", ["en", "fr", "de"]
request = Request(EnvironBuilder(headers={"Accept-Language": wanted}).get_environ())
print("werkzeug", request.accept_languages.best_match(pages))
print("webob", create_accept_language_header(wanted).lookup(pages, default="en"))
print("django", get_language_from_request(RequestFactory().get("/", headers={"Accept-Language": wanted})))
' >seen
node -e '
const wanted = "de-CH,fr;q=0.9,en;q=0.8", pages = ["en", "fr", "de"]
console.log("accept-language-parser", require("accept-language-parser").pick(pages, wanted))
console.log("negotiator", new (require("negotiator"))({ headers: { "accept-language": wanted } }).language(pages))
' >>seen
cat seen
diff seen - <<'SEEN'
werkzeug fr
webob de
django de
accept-language-parser fr
negotiator de
SEEN
