#!/usr/bin/env bash
# The text part of a message should show a URL as the HTML shows it. Programs that turn HTML into Markdown escape
# underscores in text, and markdownify 1.2.3 and turndown 7.2.5 do so within URLs too: ".../c/ab_cd" becomes
# ".../c/ab\_cd". The cost: no mail client renders a text part as Markdown, so the link has a backslash in it and its
# token is refused. html2text 2025.4.15 and inscriptis 2.7.6 leave the URL as it is, and so does
# `escape_underscores=False` in markdownify.
# Seen: a backslash in the lines of markdownify (by default) and turndown, in no other line.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check markdownify==1.2.3 html2text==2025.4.15 inscriptis==2.7.6
npm init -y >npm.log && npm install --silent --no-audit --no-fund turndown@7.2.5 >>npm.log 2>&1
cat >seen.py <<'PY'
import html2text
import inscriptis
import markdownify

page = "<p>Or copy https://track.example/c/ab_cd</p>"
print("markdownify", markdownify.markdownify(page).strip())
print("markdownify, off", markdownify.markdownify(page, escape_underscores=False).strip())
print("html2text", html2text.html2text(page).strip())
print("inscriptis", inscriptis.get_text(page).strip())
PY
cat >seen.js <<'JS'
const Turndown = require("turndown")
console.log("turndown", new Turndown().turndown("<p>Or copy https://track.example/c/ab_cd</p>"))
JS
{ env/bin/python seen.py; node seen.js; } | tee seen
diff seen - <<'SEEN'
markdownify Or copy https://track.example/c/ab\_cd
markdownify, off Or copy https://track.example/c/ab_cd
html2text Or copy https://track.example/c/ab_cd
inscriptis Or copy https://track.example/c/ab_cd
turndown Or copy https://track.example/c/ab\_cd
SEEN
