#!/usr/bin/env bash
# A minifier should keep what changes the page. minify-html 0.18.1 removes comments by default, and Outlook's conditional
# comments are comments: the VML button that Outlook shows instead of the link is gone, and so is its link.
# `keep_comments=True` is the only switch; there is none for conditional comments alone.
# Seen: "default False", "keep_comments True" (is the Outlook link still there?).
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv env
env/bin/pip install --quiet --disable-pip-version-check minify-html==0.18.1
env/bin/python -c '
import minify_html
page = """<p>Sale</p><!--[if mso]><v:rect href="https://shop.example/sale"></v:rect><![endif]-->"""
print("default", "shop.example/sale" in minify_html.minify(page))
print("keep_comments", "shop.example/sale" in minify_html.minify(page, keep_comments=True))
' | tee seen
diff seen - <<'SEEN'
default False
keep_comments True
SEEN
