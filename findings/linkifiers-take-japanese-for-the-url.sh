#!/usr/bin/env bash
# A link in Japanese, Chinese or Korean text should end where the URL ends. No space follows a URL there, and nothing
# but ASCII belongs to it (RFC 3986). GitHub's Markdown lets a URL run up to the next space and trims only ASCII
# punctuation: cmarkgfm 2025.10.22, comrak 0.0.16, mistune 3.4.0, marked 18.2.1, remark-gfm 4.0.1, linkifyjs 4.4.0,
# linkify-it-py 2.2.0 and Django 5.2.19's `urlize` put the rest of the sentence into the link. linkify-it 6.1.0, which
# the Python port is behind, and autolinker 4.1.5 stop at a full stop or a bracket, but not at a letter. The cost:
# clicks in these languages answer with an error, while those in English tests work. Known upstream, for example as
# nfrasser/linkifyjs#82.
# Seen behind the URL, for a full stop, a bracket, hiragana and a Korean particle: what each tool added, or "ok".
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check cmarkgfm==2025.10.22 comrak==0.0.16 mistune==3.4.0 \
  django==5.2.19 linkify-it-py==2.2.0
npm init -y >npm.log
npm install --silent --no-audit --no-fund marked@18.2.1 remark@15.0.1 remark-gfm@4.0.1 remark-html@16.0.1 \
  linkify-it@6.1.0 linkifyjs@4.4.0 autolinker@4.1.5 >>npm.log 2>&1
cat >texts.json <<'JSON'
[
  "詳しくは https://track.example/c/tUv8。では、また。",
  "「 https://track.example/c/tUv8」です",
  "こちら https://track.example/c/tUv8をご覧ください",
  "지금 https://track.example/c/tUv8에서 확인하세요"
]
JSON
cat >seen.py <<'PY'
import json
import re
import sys
from urllib.parse import unquote

import cmarkgfm
import comrak
import mistune
from django.utils.html import urlize
from linkify_it import LinkifyIt

sys.stdout.reconfigure(encoding="utf-8")
with open("texts.json", encoding="utf-8") as file:
    texts = json.load(file)
extensions = comrak.ExtensionOptions()
extensions.autolink = True
tools = {
    "cmarkgfm": cmarkgfm.github_flavored_markdown_to_html,
    "comrak": lambda text: comrak.render_markdown(text, extension_options=extensions),
    "mistune": mistune.create_markdown(plugins=["url"]),
    "django": urlize,
    "linkify-it-py": lambda text: f'href="{LinkifyIt().match(text)[0].url}"',
}
for name, tool in tools.items():
    urls = [unquote(re.search(r'href="([^"]*)"', tool(text))[1]) for text in texts]
    print(name, *(url.removeprefix("https://track.example/c/tUv8") or "ok" for url in urls))
PY
cat >seen.mjs <<'JS'
import { readFileSync } from "node:fs"
import * as autolinker from "autolinker"
import * as linkifyIt from "linkify-it"
import { find } from "linkifyjs"
import { marked } from "marked"
import { remark } from "remark"
import gfm from "remark-gfm"
import html from "remark-html"

const Autolinker = autolinker.Autolinker ?? autolinker.default
const LinkifyIt = linkifyIt.default ?? linkifyIt.LinkifyIt
const texts = JSON.parse(readFileSync("texts.json", "utf8"))
const tools = {
  marked: (text) => marked(text),
  "remark-gfm": (text) => String(remark().use(gfm).use(html).processSync(text)),
  linkifyjs: (text) => `href="${find(text)[0].href}"`,
  "linkify-it": (text) => `href="${new LinkifyIt().match(text)[0].url}"`,
  autolinker: (text) => (Autolinker.default ?? Autolinker).link(text),
}
for (const [name, tool] of Object.entries(tools)) {
  const urls = texts.map((text) => decodeURI(tool(text).match(/href="([^"]*)"/)[1]))
  console.log(name, ...urls.map((url) => url.replace("https://track.example/c/tUv8", "") || "ok"))
}
JS
{ env/bin/python seen.py; node seen.mjs; } | tee seen
diff seen - <<'SEEN'
cmarkgfm 。では、また。 」です をご覧ください 에서
comrak 。では、また。 」です をご覧ください 에서
mistune 。では、また。 」です をご覧ください 에서
django 。では、また。 」です をご覧ください 에서
linkify-it-py 。では、また。 」です をご覧ください 에서
marked 。では、また。 」です をご覧ください 에서
remark-gfm 。では、また。 」です をご覧ください 에서
linkifyjs 。では、また。 」です をご覧ください 에서
linkify-it ok ok をご覧ください 에서
autolinker ok ok をご覧ください 에서
SEEN
