#!/usr/bin/env bash
# Wrapping with `break_long_words=False` should keep URLs whole. Hyphens have a switch of their own, on by default: a line
# may end after a hyphen between letters, which slugs and base64url contain. html2text 2025.4.15 wraps like that, even with
# `protect_links` (Alir3z4/html2text#425), and so does Jinja2 3.1.6's `wordwrap`: the reader's link ends with its line.
# Seen (is the URL in one piece?): only with `body_width = 0` or `break_on_hyphens=False`.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check html2text==2025.4.15 Jinja2==3.1.6
env/bin/python -c '
import textwrap
import html2text, jinja2
url = "https://shop.example/lamps-for-everyone"
text = f"Here are our new lamps for reading at night: {url}"
page = f"<p>{text}</p><p>Here is a lamp that you may have <a href=\"{url}\">missed</a>.</p>"
protecting, whole = html2text.HTML2Text(), html2text.HTML2Text()
protecting.protect_links, whole.body_width = True, 0
print("html2text", url in html2text.html2text(page))
print("html2text, protect_links", url in protecting.handle(page))
print("html2text, body_width 0", url in whole.handle(page))
print("textwrap", url in textwrap.fill(text, 72, break_long_words=False))
print("textwrap, no hyphens", url in textwrap.fill(text, 72, break_long_words=False, break_on_hyphens=False))
print("jinja", url in jinja2.Template("{{ text | wordwrap(72, break_long_words=false) }}").render(text=text))
print(textwrap.fill(text, 72, break_long_words=False))
' | tee seen
diff seen - <<'SEEN'
html2text False
html2text, protect_links False
html2text, body_width 0 True
textwrap False
textwrap, no hyphens True
jinja False
Here are our new lamps for reading at night: https://shop.example/lamps-
for-everyone
SEEN
