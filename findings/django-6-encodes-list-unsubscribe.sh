#!/usr/bin/env bash
# A newer Django should write the header List-Unsubscribe as the older one did. Django 5.2.19 puts a long one on a line
# of its own. Django 6.1.3 builds messages with Python's newer email classes, which write a URL of 78 characters or
# more, brackets included, as encoded words of RFC 2047. Those are not allowed in this header, so programs see no URL
# (cpython#85725). The cost: after the upgrade the unsubscribe button is gone, and only for long URLs, not for those in
# most tests.
# Seen, on the same Python 3.14.2: from 5.2.19 the URL twice; from 6.1.3 the short one, and for the long one
# "=?utf-8?q?=3Chttps=3A//...", in which mailparser 3.14.2 and postal-mime 4.0.0 find no URL.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
for version in 5.2.19 6.1.3; do
  env/bin/pip install --quiet --disable-pip-version-check --target "site-$version" --no-deps \
    --ignore-requires-python "django==$version" asgiref==3.9.1 sqlparse==0.5.3
done
npm init -y >npm.log
npm install --silent --no-audit --no-fund pyodide@314.0.8 mailparser@3.14.2 postal-mime@4.0.0 >>npm.log 2>&1
cat >seen.mjs <<'JS'
import mailparser from "mailparser"
import PostalMime from "postal-mime"
import { loadPyodide } from "pyodide"

for (const version of ["5.2.19", "6.1.3"]) {
  const python = await loadPyodide()
  python.FS.mkdir("/site")
  python.FS.mount(python.FS.filesystems.NODEFS, { root: `site-${version}` }, "/site")
  python.runPython(`
import sys
sys.path.append("/site")
import django
from django.conf import settings
from django.core.mail import EmailMessage
settings.configure()
assert django.__version__ == "${version}"

def write(token):
    headers = {"List-Unsubscribe": f"<https://shop.example/leave/{token}>"}
    return EmailMessage("Lamps", "Hello", "letters@shop.example", ["ann@reader.example"], headers=headers).message()
`)
  for (const length of [16, 64]) {
    const message = python.runPython(`write("a" * ${length}).as_bytes().decode()`)
    const header = message.match(/List-Unsubscribe:\s*(\S*)/)[1]
    const read = (await mailparser.simpleParser(message)).headers.get("list").unsubscribe.url
    const value = (await PostalMime.parse(message)).headers.find(({ key }) => key === "list-unsubscribe").value
    console.log(version, length, header.slice(0, 28), read ? "URL" : "none", /^<https:/.test(value) ? "URL" : "none")
  }
}
JS
node --no-deprecation seen.mjs | tee seen
diff seen - <<'SEEN'
5.2.19 16 <https://shop.example/leave/ URL URL
5.2.19 64 <https://shop.example/leave/ URL URL
6.1.3 16 <https://shop.example/leave/ URL URL
6.1.3 64 =?utf-8?q?=3Chttps=3A//shop= none none
SEEN
